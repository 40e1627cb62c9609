# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan is one text, whatever way it came; only what was approved and still holds is carried out."""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._plans import actions as plans_actions
from ansible_collections.certops.orders.plugins.module_utils._plans import document as _plan
from ansible_collections.certops.orders.plugins.module_utils._plans.approval import agreed, guards, window
from ansible_collections.certops.orders.plugins.module_utils._plans.batches import batches, note
from ansible_collections.certops.orders.plugins.module_utils._plans.document import (
    canonical,
    digest,
    make,
    read,
    same_but_for_times,
)
from ansible_collections.certops.orders.plugins.module_utils._plans.errors import PlanError
from ansible_collections.certops.orders.plugins.module_utils._plans.text import inert
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import known

NOW = datetime(2026, 11, 22, 10, 42, 7, 999, tzinfo=timezone.utc)
PLACE: dict[str, Any] = {"kind": "decommission_domain", "account_id": 100001, "api_host": "www.digicert.com"}
A_DIGEST = digest("sim-token")


def entry(order: object = 1, action: str = "cancel", **more: Any) -> dict[str, Any]:
    given = {
        "provider": "certcentral",
        "order": str(order),
        "name": f"www{str(order)[:4]}.example.com",
        "domains": [f"www{str(order)[:4]}.example.com"],
        "action": action,
        "reason": "it is pending",
        "state": {"status": "pending"},
    }
    return {**given, **more}


def token(action: str = "cancel", **more: Any) -> dict[str, Any]:
    return entry(A_DIGEST, action, provider="servertastic", **more)


def plan_of(*entries: Mapping[str, Any], now: datetime = NOW, **more: Any) -> dict[str, Any]:
    return make(**{**PLACE, "names": ["b.example", "a.example", "a.example"], **more}, entries=entries, now=now)


def read_back(given: Any, sha256: str | None = None, now: datetime = NOW, **more: Any) -> dict[str, Any]:
    return read(given, sha256, now=now, **{**PLACE, **more})


# -- making and reading ------------------------------------------------------------------------------------------------


def test_a_plan_contains_service_times_and_sorted_entries() -> None:
    assert plan_of(entry(10), entry(9, "keep"), token()) == {
        "schema_version": 1,
        **PLACE,
        "names": ["a.example", "b.example"],
        "hosts": [],
        "entries": [entry(9, "keep"), entry(10), token()],
        "created_at": "2026-11-22T10:42:07Z",
        "expires_at": "2026-11-25T10:42:07Z",
    }


def test_its_servers_are_listed_once_each_and_are_part_of_the_approval() -> None:
    plan = plan_of(entry(), hosts=["web2", "db.example.com", "web2", "Web2"])

    assert plan["hosts"] == ["Web2", "db.example.com", "web2"]
    assert '"hosts":["Web2","db.example.com","web2"]' in canonical(plan)
    assert read_back(canonical(plan), digest(canonical(plan))) == plan
    assert not same_but_for_times(plan, plan_of(entry(), hosts=["web2"]))


def test_its_servers_have_their_names_which_are_in_what_is_approved() -> None:
    servers = {"web2": ["b.example", "a.example", "b.example"], "db": [], "web1": ("{{ x }}",)}
    plan = plan_of(entry(), hosts=["web2", "cache"], servers=servers)

    assert plan["servers"] == {"db": [], "web1": ["(( x ))"], "web2": ["a.example", "b.example"]}
    assert plan["hosts"] == ["cache", "db", "web1", "web2"]
    assert read_back(canonical(plan), digest(canonical(plan)), servers=servers) == plan
    assert not same_but_for_times(plan, plan_of(entry(), hosts=plan["hosts"], servers={**servers, "db": ["a.example"]}))
    # A plan without names of servers has one text.
    assert "servers" not in plan_of(entry(), hosts=["web1"], servers={})
    assert read_back({**BASE, "servers": {}}) == BASE


@pytest.mark.parametrize("given", [None, [], "web1", {"web1": "a.example"}, {"web1": None}, {"web1": [7]}, {"": {}}])
def test_servers_of_another_form_are_refused(given: Any) -> None:
    with pytest.raises(PlanError) as refused:
        read_back({**BASE, "servers": given})
    assert refused.value.code == "plan_invalid"


def test_its_text_is_one_line_of_plain_ascii() -> None:
    text = canonical(plan_of(entry(reason="it is f\u00fcr\u202eevil\n")))

    assert text.isascii()
    assert text.isprintable()
    assert " " not in re.sub(r'"(?:[^"\\]|\\.)*"', "", text)
    assert text.startswith('{"account_id":100001,"api_host":"www.digicert.com","created_at":"2026-11-22T10:42:07Z"')


def test_times_of_other_zones_are_shown_in_utc() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=9)))
    assert plan_of(now=there) == plan_of()


@pytest.mark.parametrize("account_id", [100001, "100001"])
def test_an_account_that_became_a_text_is_the_same(account_id: Any) -> None:
    assert plan_of(account_id=account_id)["account_id"] == 100001
    assert read_back(plan_of(), account_id=account_id)


@pytest.mark.parametrize("account_id", [None, ""])
def test_there_may_be_no_account(account_id: Any) -> None:
    plan = plan_of(account_id=account_id)
    assert plan["account_id"] is None
    assert read_back(plan, account_id=None) == plan


@pytest.mark.parametrize("form", [dict, canonical, lambda plan: json.dumps(plan, indent=2) + "\n"])
def test_it_is_the_same_plan_whichever_way_it_comes(form: Any) -> None:
    plan = plan_of(entry(1, drop_reissue=False), entry(2, "revoke", drop_reissue=True), entry(3, request_id=7))
    sha256 = digest(canonical(plan))

    assert read_back(form(plan), f" {sha256.upper()}\n") == plan
    assert read_back(form(plan)) == plan


def test_what_would_open_a_template_is_spelled_otherwise() -> None:
    plan = plan_of(
        entry(name="{{{ x }}", reason="{% if %}", state={"{#": ["{{"]}, contact="{{"), api_host="{a{", hosts=["{{ h }}"]
    )

    (one,) = plan["entries"]
    assert (one["name"], one["reason"]) == ("((( x ))", "(% if %)")
    assert (one["state"], one["contact"]) == ({"(#": ["(("]}, "((")
    assert (plan["api_host"], plan["hosts"]) == ("(a(", ["(( h ))"])
    # It is so already.
    assert read_back(plan, api_host="{a{", hosts=["{{ h }}"]) == plan


@pytest.mark.parametrize(
    "text",
    [
        "{{ x }}",
        "'{{ x }}'",
        '["{{ x }}"]',
        "'{' '{ x }}'",
        r"'\x7b\x7b x }}'",
        r"'\173\173 x }}'",
        r"'\N{LEFT CURLY BRACKET}{ x }}'",
        r'"\u007b\u007b x }}"',
    ],
)
def test_no_decoding_makes_a_template_of_a_text(text: str) -> None:
    """Jinja's native types take a text for Python where they can, ansible-core before 2.19 for Python or JSON."""
    plain = inert(text)
    decoded = [plain]
    for decode in (ast.literal_eval, json.loads):
        with contextlib.suppress(ValueError, SyntaxError):
            decoded.append(str(decode(plain)))

    assert not [one for one in decoded if "{" in one or "\\" in one]


BASE = plan_of(entry(), entry(2, "keep"))
LATER = {"created_at": "2026-11-22T10:42:07Z", "expires_at": "2026-12-22T10:42:07Z"}
DEEP = json.loads("[" * 60 + "]" * 60)


# By situation, as in tests/messages.yml.
NO_PLANS: dict[str, Any] = {
    "neither text nor dictionary": 7,
    "a value that JSON does not have": {"a": object()},
    "no schema version": {},
    "another schema version": {**BASE, "schema_version": 2},
    "a boolean as schema version": {**BASE, "schema_version": True},
    "an unknown key": {**BASE, "colour": "red"},
    "no names": {name: value for name, value in BASE.items() if name != "names"},
    "names that are not a list": {**BASE, "names": "a"},
    "a name that is not a text": {**BASE, "names": [1]},
    "no hosts": {name: value for name, value in BASE.items() if name != "hosts"},
    "hosts that are not a list": {**BASE, "hosts": "a"},
    "entries that are not a list": {**BASE, "entries": {}},
    "no time": {**BASE, "created_at": "today"},
    "another kind of kind": {**BASE, "kind": "Kind"},
    "an invalid account": {**BASE, "account_id": -1},
    "valid for too long": {**BASE, **LATER},
    "an order twice": {**BASE, "entries": [entry(), entry(action="revoke")]},
    "an unknown action": {**BASE, "entries": [entry(action="delete")]},
    "an action of another provider": {**BASE, "entries": [token("lapse")]},
    "an entry that is not a dictionary": {**BASE, "entries": ["x"]},
    "an entry with an unknown key": {**BASE, "entries": [entry(colour="red")]},
    "an entry without a reason": {**BASE, "entries": [entry(reason=None)]},
    "an unknown provider": {**BASE, "entries": [entry(provider="godaddy")]},
    "an invalid order id": {**BASE, "entries": [entry("0")]},
    "an invalid digest": {**BASE, "entries": [{**token(), "order": "abc"}]},
    "domains that are not a list": {**BASE, "entries": [entry(domains="a")]},
    "a state that is not a dictionary": {**BASE, "entries": [entry(state=[])]},
    "a fraction in a state": {**BASE, "entries": [entry(state={"a": 1.5})]},
    "a state that is too deep": {**BASE, "entries": [entry(state={"a": DEEP})]},
    "a text as drop_reissue": {**BASE, "entries": [entry(drop_reissue="yes")]},
    "drop_reissue with another action": {**BASE, "entries": [entry(drop_reissue=True)]},
    "an invalid request id": {**BASE, "entries": [entry(request_id=0)]},
    "notes that are not a list": {**BASE, "notes": "one"},
}
CODES = {
    "no schema version": "plan_schema",
    "another schema version": "plan_schema",
    "a boolean as schema version": "plan_schema",
    "an order twice": "plan_twice",
    "an unknown action": "plan_action",
    "an action of another provider": "plan_action",
}


@each(
    ("given", "situation"),
    [
        *((given, situation) for situation, given in NO_PLANS.items()),
        (None, "neither text nor dictionary"),
        ({"a": float("nan")}, "a value that JSON does not have"),
        ({**BASE, "account_id": True}, "an invalid account"),
        ({**BASE, "expires_at": BASE["created_at"]}, "valid for too long"),
        ({**BASE, "entries": [entry(request_id=True)]}, "an invalid request id"),
        ({**BASE, "entries": [{**entry(), "order": 1}]}, "a name that is not a text"),
    ],
)
def test_what_is_no_plan_is_refused(given: Any, situation: str) -> None:
    with pytest.raises(PlanError) as refused:
        read_back(given)
    assert refused.value.code == CODES.get(situation, "plan_invalid")
    assert str(refused.value) == known()["plan document"][situation]


@each(
    "given",
    [
        *("", "{", "9" * 5000, "[1]", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100000),
        *({**BASE, "hosts": [None]}, {**BASE, "expires_at": None}),
    ],
)
def test_what_is_no_json_of_a_plan_is_refused(given: Any) -> None:
    with pytest.raises(PlanError) as refused:
        read_back(given)
    assert refused.value.code == "plan_invalid"


def test_a_dictionary_that_is_too_deep_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _level in range(100000):
        deep = {"a": deep}
    with pytest.raises(PlanError):
        read_back(deep)
    while deep:
        # Python itself cannot take so deep a one away at once.
        deep = deep["a"]


def test_a_text_that_is_too_long_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_plan, "MOST_TEXT", 1 << 20)
    with pytest.raises(PlanError, match="1 MiB"):
        read_back(" " * ((1 << 20) + 1))


def test_another_plan_than_the_approved_one_is_refused() -> None:
    for sha256 in (digest(canonical(plan_of(entry(1)))), ""):
        with pytest.raises(PlanError) as refused:
            read_back(plan_of(entry(2)), sha256)
        assert refused.value.code == "plan_sha256"


@pytest.mark.parametrize(
    ("place", "shown", "code"),
    [
        ({"kind": "cancel_stale_orders"}, ("decommission_domain", "cancel_stale_orders"), "plan_kind"),
        ({"account_id": 7}, ("100001", "7"), "plan_account_id"),
        ({"account_id": None}, ("100001", "none"), "plan_account_id"),
        ({"api_host": "evil\x1b"}, ("www.digicert.com", "evil\\x1b"), "plan_api_host"),
    ],
)
def test_a_plan_for_another_place_is_refused(place: dict[str, Any], shown: tuple[str, ...], code: str) -> None:
    with pytest.raises(PlanError) as refused:
        read_back(plan_of(), **place)
    assert refused.value.code == code
    assert all(value in str(refused.value) for value in shown)


@pytest.mark.parametrize(
    ("hours", "code"),
    [(0, ""), (-0.05, ""), (71.99, ""), (-0.1, "plan_future"), (72, "plan_expired"), (1000, "plan_expired")],
)
def test_a_plan_is_good_for_three_days(hours: float, code: str) -> None:
    now = NOW + timedelta(hours=hours)
    if not code:
        assert read_back(plan_of(), now=now)
        return
    with pytest.raises(PlanError) as refused:
        read_back(plan_of(), now=now)
    assert refused.value.code == code


@pytest.mark.parametrize("names", [[], ["a.example"], ["b.example", "a.example"]])
@pytest.mark.parametrize("hosts", [[], ["web2"], ("web2", "web1", "web2")])
def test_what_has_dropped_out_since_the_approval_does_no_harm(names: Sequence[str], hosts: Sequence[str]) -> None:
    plan = plan_of(entry(), hosts=["web1", "web2"])
    assert read_back(plan, names=names, hosts=hosts) == plan


MANY_HOSTS = [f"web{number:02d}" for number in range(25)]


@pytest.mark.parametrize(
    ("more", "shown", "code"),
    [
        ({"hosts": ["web2", "db", "cache"]}, ": cache, db;", "plan_hosts"),
        # Another spelling may be another server.
        ({"hosts": ["Web1"]}, ": Web1;", "plan_hosts"),
        ({"hosts": MANY_HOSTS}, f": {', '.join(MANY_HOSTS[:20])} and 5 more;", "plan_hosts"),
        ({"hosts": ["{{ evil }}\x1b"]}, ": (( evil ))\\x1b;", "plan_hosts"),
        ({"names": ["a.example", "c.example"]}, ": c.example;", "plan_names"),
        ({"hosts": ["db"], "names": ["c.example"]}, ": db;", "plan_hosts"),
        # A server is not known by its names.
        ({"hosts": ["a.example"], "names": ["a.example"]}, ": a.example;", "plan_hosts"),
    ],
)
def test_what_was_added_since_the_approval_is_refused(more: dict[str, Any], shown: str, code: str) -> None:
    with pytest.raises(PlanError, match=re.escape(shown)) as refused:
        read_back(plan_of(entry(), hosts=["web1", "web2"]), **more)
    assert refused.value.code == code


SERVERS = {"web1": ["a.example"], "web2": ["b.example"]}


@pytest.mark.parametrize(
    "now", [{}, {"web1": []}, {"web1": ["A.example."]}, {"web2": ["b.example"]}, {**SERVERS, "web1": ()}]
)
def test_names_that_left_their_server_since_the_approval_do_no_harm(now: dict[str, Sequence[str]]) -> None:
    plan = plan_of(entry(), servers=SERVERS)
    assert read_back(plan, names=["a.example", "b.example"], servers=now) == plan


@pytest.mark.parametrize(
    ("now", "shown", "code"),
    [
        # Both names and both servers are approved, but not together.
        ({"web1": ["a.example", "b.example"]}, ": web1 (b.example);", "plan_servers"),
        ({"web1": ["b.example"], "web2": ["a.example"]}, ": web1 (b.example), web2 (a.example);", "plan_servers"),
        ({"web3": ["a.example"]}, ": web3;", "plan_hosts"),
        ({"web3": []}, ": web3;", "plan_hosts"),
        ({"cache": ["a.example"]}, ": cache (a.example);", "plan_servers"),
        ({"web1": ["{{ evil }}\x1b"]}, ": web1 ((( evil ))\\x1b);", "plan_servers"),
    ],
)
def test_a_name_that_moved_to_another_server_is_refused(now: dict[str, Any], shown: str, code: str) -> None:
    with pytest.raises(PlanError, match=re.escape(shown)) as refused:
        read_back(plan_of(entry(), hosts=["cache"], servers=SERVERS), names=["a.example", "b.example"], servers=now)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("more", "code"), [({"hosts": ["web1"]}, "plan_hosts"), ({"names": ["c.example"]}, "plan_names")]
)
def test_a_plan_without_servers_or_names_is_for_none(more: dict[str, Any], code: str) -> None:
    with pytest.raises(PlanError) as refused:
        read_back(plan_of(entry(), names=[]), **more)
    assert refused.value.code == code


def test_plans_that_differ_only_in_their_times_are_equal() -> None:
    assert same_but_for_times(plan_of(entry()), plan_of(entry(), now=NOW + timedelta(days=9)))
    assert not same_but_for_times(plan_of(entry()), plan_of(entry(2)))


# -- properties --------------------------------------------------------------------------------------------------------

texts = st.text(max_size=30)
facts = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def some_entries(draw: Any) -> list[dict[str, Any]]:
    ids = draw(st.lists(st.integers(1, 40), unique=True, max_size=12))
    entries = [draw(an_entry(order)) for order in ids]
    if draw(st.booleans()):
        entries.append(draw(an_entry(A_DIGEST)))
    return entries


@st.composite
def an_entry(draw: Any, order: Any) -> dict[str, Any]:
    there = order == A_DIGEST
    action = draw(
        st.sampled_from(
            ("cancel", *plans_actions.REPORT_ONLY) if there else (*plans_actions.WRITING, *plans_actions.REPORT_ONLY)
        )
    )
    more: dict[str, Any] = {"provider": "servertastic"} if there else {}
    if action in ("lapse", "revoke"):
        more["drop_reissue"] = draw(st.booleans())
    if action == "reject_request" and draw(st.booleans()):
        more["request_id"] = draw(st.integers(1, 9))
    state = draw(st.dictionaries(texts, facts, max_size=3))
    words = {"name": draw(texts), "domains": draw(st.lists(texts, max_size=3)), "reason": draw(texts)}
    return entry(order, action, state=state, **words, **more)


@given(some_entries(), st.lists(texts), st.lists(texts))
def test_reading_a_plan_gives_the_same_text(entries: list[dict[str, Any]], names: list[str], hosts: list[str]) -> None:
    text = canonical(make(**PLACE, names=names, entries=entries, now=NOW, hosts=hosts))

    assert canonical(read_back(text, digest(text), names=names, hosts=hosts)) == text
    assert canonical(read_back(json.loads(text), digest(text))) == text
    # What opens a template stands nowhere, not even between texts.
    assert not re.search(r"\{[{%#]", text)


@given(some_entries(), st.randoms())
def test_the_order_of_entries_does_not_matter(entries: list[dict[str, Any]], chance: Any) -> None:
    shuffled = list(entries)
    chance.shuffle(shuffled)

    assert plan_of(*shuffled) == plan_of(*entries)
    assert batches(shuffled) == batches(entries)


def without(entry: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in names}


@given(some_entries(), some_entries())
def test_nothing_is_done_that_the_approved_plan_lacks(
    approved: list[dict[str, Any]], fresh: list[dict[str, Any]]
) -> None:
    plan = plan_of(*approved)["entries"]

    execute, changed, new = agreed(plan, fresh)

    planned = {(one["order"], one["action"]) for one in plan if one["action"] in plans_actions.WRITING}
    assert {(one["order"], one["action"]) for one in execute} <= planned
    # Each approved change is either applied or reported.
    assert sorted(one["order"] for one in (*execute, *changed)) == sorted(order for order, _action in planned)
    assert not {one["order"] for one in new} & {order for order, _action in planned}
    assert all(one in _plan.entries_of(fresh) for one in execute)


@given(some_entries())
def test_a_planning_agrees_with_itself(entries: list[dict[str, Any]]) -> None:
    execute, changed, new = agreed(plan_of(*entries)["entries"], entries)

    assert execute == plans_actions.writes(plan_of(*entries)["entries"])
    assert (changed, new) == ([], [])


@given(some_entries(), st.integers(1, 5), st.integers(1, 5))
def test_each_change_is_in_one_batch(entries: list[dict[str, Any]], size: int, first: int) -> None:
    found = batches(entries, size, first=first)

    ids = [one["order"] for batch in found for one in batch["entries"]]
    assert sorted(ids) == sorted(one["order"] for one in entries if one["action"] in plans_actions.WRITING)
    assert all(len(batch["entries"]) <= max(size, first) for batch in found)
    assert all(len(batch["entries"]) <= first for batch in found[:1])
    for batch in found:
        kinds = {(one["provider"], one["action"], one.get("drop_reissue", False)) for one in batch["entries"]}
        assert kinds == {(batch["provider"], batch["action"], batch["drop_reissue"])}
        assert len(batch["requests"]) in (0, len(batch["entries"]))
    turns = [(one["provider"] != "certcentral", plans_actions.WRITING.index(one["action"])) for one in found]
    assert turns == sorted(turns)


# -- agreeing ----------------------------------------------------------------------------------------------------------

REVOKED = entry(1, "revoke", state={"status": "issued", "valid_till": "2027-01-01"})
DROPPED = entry(1, "revoke", state={"status": "reissue_pending", "valid_till": "2027-01-01"}, drop_reissue=True)


# By situation, as in tests/messages.yml: the approved entry and the fresh one.
CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "an order that is not found": (REVOKED, None),
    "another action": (REVOKED, entry(1, "keep", reason="the order is issued")),
    "a reissue that was not approved": (REVOKED, DROPPED),
    "another state": (REVOKED, {**REVOKED, "state": {"status": True, "n": None}}),
    "a number that became a boolean": ({**REVOKED, "state": {"a": 1}}, {**REVOKED, "state": {"a": True}}),
    "another name": (entry(1, domains=["a.example.com"]), entry(1, domains=["a.example.com", "b.example.com"])),
    "another request": (entry(1, "reject_request", request_id=1), entry(1, "reject_request", request_id=2)),
}


@pytest.mark.parametrize("situation", CHANGED)
def test_changed_entries_are_reported(situation: str) -> None:
    approved, fresh = CHANGED[situation]

    execute, changed, new = agreed([approved], [fresh] if fresh else [])

    assert execute == []
    assert [one["reason"] for one in changed] == [known()["plan approval"][situation]]
    assert new == []


def test_a_reissue_that_an_interrupted_run_has_dropped_changes_nothing() -> None:
    assert agreed([DROPPED], [REVOKED])[0] == [REVOKED]
    # Unless something else has changed as well.
    assert agreed([DROPPED], [{**REVOKED, "state": {"status": "issued", "valid_till": ""}}])[0] == []


@pytest.mark.parametrize(
    ("drops", "before", "after"),
    [
        (True, "reissue_pending", "expired"),
        (True, "expired", "issued"),
        (False, "reissue_pending", "issued"),
        (False, "expired", "issued"),
    ],
)
def test_another_status_is_expected_only_where_a_reissue_was_dropped(drops: bool, before: str, after: str) -> None:
    approved = entry(1, "revoke", drop_reissue=drops, state={"status": before})
    assert agreed([approved], [entry(1, "revoke", state={"status": after})])[0] == []


@pytest.mark.parametrize(("length", "shown"), [(100, 100 * "a"), (101, f"{100 * 'a'}...")])
def test_a_long_fact_is_cut(length: int, shown: str) -> None:
    (changed,) = agreed([entry(state={"n": 1})], [entry(state={"n": length * "a"})])[1]
    assert changed["reason"].endswith(f" {shown}")


def test_a_probe_waived_at_approval_may_have_been_made_since() -> None:
    waived = {**REVOKED, "state": {**REVOKED["state"], "served": "waived"}}
    probed = {**REVOKED, "state": {**REVOKED["state"], "served": "not_served"}}

    assert agreed([waived], [probed])[0] == [probed]
    # What was approved because of a probe is not applied without one.
    assert agreed([probed], [waived])[0] == []


def served(verdict: str, *names: str) -> dict[str, Any]:
    more = {"unresolved": list(names)} if names else {}
    return {**REVOKED, "state": {**REVOKED["state"], "served": verdict, **more}}


HIDDEN, OTHER_HIDDEN = "shop.example", "www.example"


@pytest.mark.parametrize(
    ("approved", "now", "done"),
    [
        (served("unresolved", HIDDEN), served("unresolved", HIDDEN), True),
        # More is known since.
        (served("unresolved", HIDDEN, OTHER_HIDDEN), served("unresolved", HIDDEN), True),
        (served("unresolved", HIDDEN), served("not_served"), True),
        (served("waived"), served("unresolved", HIDDEN), True),
        # Less is.
        (served("not_served"), served("unresolved", HIDDEN), False),
        (served("unresolved", HIDDEN), served("unresolved", OTHER_HIDDEN), False),
        (served("unresolved", HIDDEN), served("unresolved", HIDDEN, OTHER_HIDDEN), False),
        (served("unresolved", HIDDEN), served("waived"), False),
        (served("unresolved", HIDDEN), REVOKED, False),
    ],
)
def test_names_that_do_not_resolve_are_part_of_the_approval(
    approved: dict[str, Any], now: dict[str, Any], done: bool
) -> None:
    execute, changed, _new = agreed([approved], [now])

    assert [one["order"] for one in execute] == ([now["order"]] if done else [])
    assert bool(changed) is not done


def test_descriptive_fields_are_not_compared() -> None:
    fresh = entry(reason="another", name="other.example", contact="it@example.com")
    assert agreed([entry()], [fresh])[0] == [fresh]


def test_unapproved_entries_are_reported() -> None:
    execute, changed, new = agreed([entry(1, "keep"), entry(2, "nothing")], [entry(1), entry(3), entry(4, "leave")])

    assert (execute, changed) == ([], [])
    assert [one["order"] for one in new] == ["1", "3"]
    assert all(one["reason"].endswith("it is pending") for one in new)


# -- guarding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "revoked", "limits", "violated"),
    [
        (0, 0, {}, []),
        (25, 0, {}, []),
        (26, 0, {}, ["max_changes", "expected_changes"]),
        (26, 0, {"max_changes": 30}, ["expected_changes"]),
        (26, 0, {"max_changes": 30, "expected_changes": 26}, []),
        (26, 0, {"max_changes": 30, "expected_changes": 25}, ["expected_changes"]),
        (1, 0, {"max_changes": 0}, ["max_changes"]),
        (1, 0, {"expected_changes": 0}, ["expected_changes"]),
        (0, 1, {}, ["max_revocations"]),
        (0, 2, {"max_revocations": 1}, ["max_revocations"]),
        (1, 2, {"max_revocations": 2}, []),
    ],
)
def test_guards(count: int, revoked: int, limits: dict[str, int], violated: list[str]) -> None:
    entries = [entry(number + 1) for number in range(count)]
    entries += [entry(number + 1000, "revoke") for number in range(revoked)] + [entry(9999, "keep")]

    violations = guards(entries, {"max_changes": 25, "max_revocations": 0, **limits})

    assert [re.findall(r"order_plan_(\w+)", violation)[0] for violation in violations] == violated
    # What is approved needs no number, and one that is set is compared all the same.
    approved = guards(entries, {"max_changes": 25, "max_revocations": 0, **limits}, approved=True)
    assert (
        approved
        == violations[: len(violations) - ("expected_changes" in violated and "expected_changes" not in limits)]
    )


def test_what_can_be_undone_needs_no_number() -> None:
    limits = {"max_changes": 5000, "max_revocations": 0}
    marks = [entry(number, "mark_renewed") for number in range(1, 41)]
    to_expire = [entry(number, "lapse") for number in range(101, 141)]
    ends = [entry(number) for number in range(201, 226)]
    dropped = {**entry(301, "lapse"), "drop_reissue": True}

    assert guards(marks, limits, kind="mark_renewed_orders") == []
    assert guards([*marks, *to_expire, *ends], limits) == []
    (violation,) = guards([*marks, *ends, dropped], limits, kind="mark_renewed_orders_undo")
    assert "mark_renewed_orders_expected_changes" in violation
    assert "66" in violation


def test_notes_are_a_part_of_the_plan() -> None:
    plain, noted = (plan_of(entry(1), notes=notes) for notes in ([], ["one {{ two }}"]))

    assert "notes" not in plain
    assert noted["notes"] == ["one (( two ))"]
    assert not same_but_for_times(plain, noted)
    assert read_back(canonical(noted), digest(canonical(noted))) == noted


@pytest.mark.parametrize(
    ("not_before", "not_after", "situation"),
    [
        (None, "", ""),
        ("2026-11-22T10:42:07Z", None, ""),
        ("2026-11-22T12:42:07+02:00", None, ""),
        ("2026-11-22 10:42", "2026-11-22T10:43:00z", ""),
        ("2026-11-22T10:43", None, "before the window"),
        (None, "2026-11-22", "after the window"),
        (None, "2026-11-22T10:42:07", "at the end of the window"),
    ],
)
def test_a_window(not_before: str | None, not_after: str | None, situation: str) -> None:
    assert window(NOW, not_before, not_after) == (known()["plan window"][situation] if situation else None)


def test_a_window_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    moment, text = NOW.replace(microsecond=0), "2026-11-22T10:42:07Z"
    assert window(moment, text, None) is None
    assert window(moment, None, text) == known()["plan window"]["at the end of the window"]


@pytest.mark.parametrize(
    ("not_before", "not_after", "situation"),
    [
        ("soon", None, "not_before that is not a time"),
        (None, "9999-12-31T23:59:59-23:00", "not_after that is not a time"),
        ("2026-11-23", "2026-11-22", "a window that never opens"),
        ("2026-11-22", "2026-11-22", "a window that never opens"),
    ],
)
def test_no_window(not_before: str | None, not_after: str | None, situation: str) -> None:
    with pytest.raises(PlanError) as refused:
        window(NOW, not_before, not_after)
    assert str(refused.value) == known()["plan window"][situation]


def test_a_batch_contains_only_entries_of_one_call() -> None:
    entries = [
        token(),
        entry(5, "revoke"),
        entry(6, "revoke", drop_reissue=True),
        *(entry(number) for number in range(10, 15)),
        entry(2, "reject_request", request_id=20),
        entry(3, "reject_request", request_id=30),
        entry(4, "reject_request"),
        entry(7, "leave"),
    ]

    found = batches(entries, 3)

    assert [(batch["action"], batch["orders"], batch["requests"]) for batch in found] == [
        ("reject_request", [2], [20]),
        ("reject_request", [3], [30]),
        ("reject_request", [4], []),
        ("cancel", [10, 11, 12], []),
        ("cancel", [13, 14], []),
        ("revoke", [5], []),
        ("revoke", [6], []),
        ("cancel", [A_DIGEST], []),
    ]
    left = batches(entries, 9, first=9, without=[entry(number, "cancel") for number in range(10, 14)])
    assert [14] in [batch["orders"] for batch in left]
    assert batches([entry(1, "keep")]) == []


def test_the_first_batch_is_one_order_and_the_others_are_of_a_hundred() -> None:
    assert [len(one["entries"]) for one in batches(entry(number) for number in range(1, 103))] == [1, 100, 1]


def test_orders_are_revoked_apart_of_which_not_all_is_known() -> None:
    accepted = {"status": "issued", "unknown": plans_actions.ACCEPTED}
    revoked = [entry(1, "revoke", state=accepted), entry(2, "revoke"), entry(3, "revoke", state=accepted)]

    found = batches([*revoked, entry(4, "revoke", state={"unknown": "names"})], first=9)

    assert [(one["accept_unknown"], one["orders"]) for one in found] == [(False, [2, 4]), (True, [1, 3])]


@pytest.mark.parametrize(
    ("value", "shown"), [(True, "yes"), (False, "no"), (None, "none"), ("", "none"), (0, "0"), ("a", "a")]
)
def test_a_value_for_display(value: Any, shown: str) -> None:
    assert plans_actions.shown(value) == shown


def test_an_order_for_display() -> None:
    assert plans_actions.order_label(entry(1234567890)) == "order 1234567890"
    assert plans_actions.order_label(token()) == f"order {A_DIGEST[:8]}"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (
            ("The server was retired", "CHG1", "4711", 64 * "a"),
            "The server was retired; CHG1; AWX job 4711; plan aaaaaaaaaaaa",
        ),
        (("", " ", "", 64 * "a"), "plan aaaaaaaaaaaa"),
        (("two\nlines\u202e", "", "", ""), "two\\nlines\\u202e"),
        ((2000 * "a", "", "", ""), 2000 * "a"),
        ((2001 * "a", "", "", ""), f"{2000 * 'a'}..."),
    ],
)
def test_a_note_names_the_plan(parts: tuple[str, str, str, str], text: str) -> None:
    assert note(*parts) == text
