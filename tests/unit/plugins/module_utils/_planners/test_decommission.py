# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of orders for decommissioned names: rule by rule, and what holds for any account at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral import policy as _certcentral_policy
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    CERTIFICATES,
    DETAILS,
    ORIGIN,
    REQUESTS,
    ROW,
    Certificate,
    Named,
    Order,
    Request,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.readers import (
    RenewalSettings,
    RequestsToDecide,
    Revocable,
)
from ansible_collections.certops.orders.plugins.module_utils._common import names as common_names
from ansible_collections.certops.orders.plugins.module_utils._common.names import dns_name
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import CHANGED, PENDING_APPROVAL
from ansible_collections.certops.orders.plugins.module_utils._planners import decommission as policy
from ansible_collections.certops.orders.plugins.module_utils._planners import (
    decommission_request as planners_decommission_request,
)
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission import (
    plan,
    to_probe,
    verdicts,
)
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission_facts import Ending
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission_request import (
    Decommission,
    parse_request,
)
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission_rules import ReadFacts
from ansible_collections.certops.orders.plugins.module_utils._plans import actions as plans_actions
from ansible_collections.certops.orders.plugins.module_utils._plans import approval as plans_approval
from ansible_collections.certops.orders.plugins.module_utils._plans import document as _plan
from ansible_collections.certops.orders.plugins.module_utils._plans.actions import KEEP, LAPSE, REVOKE
from ansible_collections.certops.orders.plugins.module_utils._servertastic import policy as _servertastic_policy
from ansible_collections.certops.orders.plugins.module_utils._servertastic.models import WINDOW, Review
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import check_messages, known
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._planners.readings import (
    answered,
    origin,
    row,
    whole,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import ORDER_STATUSES
from ansible_collections.certops.orders.tests.unit.plugins.properties import assert_occur, examples

TODAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
SHOP, WWW, WILD, BASE = "shop.example.com", "www.example.com", "*.example.com", "example.com"
BOOKS = "xn--bcher-kva.example"
WRITES = ("cancel", "reject_request", "drop_reissue", "lapse", "revoke", "mark_renewed")
ACTIONS = (*WRITES, "keep", "leave", "nothing")
ALL_KINDS = (KEEP, LAPSE, REVOKE)
NEW_REQUEST = Request(55, "new_request", "pending")
UNISSUED = ("needs_approval", "pending", "waiting_pickup", "processing", "needs_csr", "approved")
READ_ALL = frozenset([ROW, DETAILS, ORIGIN, CERTIFICATES, REQUESTS])


def an_order(status: str = "issued", *names: str, **facts: Any) -> Order:
    """Return an order of the shop, or of `names`: a TLS certificate for another 30 days, all switches off."""
    domains = names or (SHOP,)
    known: dict[str, Any] = {
        "id": 7,
        "is_renewed": False,
        "valid_till": TODAY + timedelta(days=-30 if status == "expired" else 30),
        "common_name": domains[0],
        "dns_names": domains,
        "serial_number": "" if status in UNISSUED else "0A",
        "product_type": "ssl_certificate",
        "has_duplicates": False,
        "has_reissues": False,
        "disable_renewal_notifications": False,
        "auto_renew": False,
        "auto_reissue": False,
        "is_migrated": False,
        "requests": (NEW_REQUEST,) if status == "needs_approval" else (),
    }
    return Order(**{**known, "status": status, **facts})


def ends_of(order: Order, *more: tuple[str, ...], **changes: Any) -> Ending:
    """Return what a revocation would end; more: names of the order's other certificates, changes: of its fields."""
    others = tuple(
        Certificate(70 + at, f"{at:02X}F", "issued", "", tuple(sorted(map(dns_name, names))))
        for at, names in enumerate(more, 1)
    )
    subject = Revocable(replace(order, others=others, seen=READ_ALL))
    decision = _certcentral_policy.decide_revocation(subject, today=TODAY, skip_approval=False, cancel_reissue=True)
    if decision.outcome != CHANGED:
        # It is refused before its certificates are read.
        return replace(Ending(order.id, requests=subject.requests, reason=decision.reason), **changes)
    ending = Ending(order.id, subject.order, subject.certificates, subject.requests, decision.reason)
    return replace(ending, **changes)


def to_read(orders: Iterable[Order], criteria: Decommission, details: Iterable[Order] = ()) -> dict[str, list[int]]:
    return policy.to_read(orders, criteria, TODAY, details)


def make_criteria(*names: str, **options: Any) -> Decommission:
    return parse_request({"names": list(names or [SHOP]), **options})


def planned(orders: Iterable[Order], criteria: Decommission, **facts: Any) -> list[dict[str, Any]]:
    reviews = facts.pop("reviews", ())
    return plan(orders, reviews, criteria, ReadFacts(**{"now": NOW, **facts}))


def entry_of(order: Order, criteria: Decommission, *more: tuple[str, ...], **facts: Any) -> dict[str, Any]:
    """Return the entry of an order of which everything has been read that has to be, and that nothing serves."""
    asked = to_read([row(order)], criteria)
    details = [whole(order)] if asked["details"] else []
    details += [origin(order)] if asked["origin"] else []
    ends = [ends_of(order, *more)] if asked["certificates"] else []
    known: dict[str, Any] = {"details": details, "certificates": ends, "served": {str(order.id): "not_served"}}
    (entry,) = planned([row(order)], criteria, **{**known, **facts})
    return entry


def action_and_reason(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["action"], entry["reason"]


def because(situation: str) -> str:
    """Return the reason of a plan entry as tests/messages.yml has it, see test_messages."""
    return known()["decommission plan"][situation]


# -- the request -------------------------------------------------------------------------------------------------------


def test_only_names_are_needed_and_the_rest_is_careful() -> None:
    criteria = parse_request({"names": [SHOP]})

    assert criteria == Decommission(frozenset([SHOP]))
    assert (criteria.on_issued, criteria.probe, criteria.mark_renewed) == (KEEP, True, False)
    assert (criteria.include_subdomains, criteria.waiver) == (False, "")
    assert (criteria.shared, criteria.protected, criteria.names_in_use, criteria.replacements) == (
        frozenset(),
        (),
        frozenset(),
        frozenset(),
    )
    assert criteria.product_types == {"ssl_certificate", "dv_ssl_certificate"}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Shop.Example.COM", SHOP),
        (" shop.example.com. ", SHOP),
        ("bücher.example", BOOKS),
        ("BÜCHER.example", BOOKS),
        ("*.example.com", WILD),
        ("intranet", "intranet"),
    ],
)
def test_names_are_spelled_as_dns_does(written: str, name: str) -> None:
    assert parse_request({"names": [written]}).names == {name}
    assert parse_request({"names": (written,), "names_in_use": [written]}).names_in_use == {name}


def test_ids_are_compared_as_text() -> None:
    criteria = make_criteria(shared=[7, " 8 ", "AB" * 32], replacements=[9], product_types=["x"])

    assert criteria.shared == {"7", "8", "ab" * 32}
    assert (criteria.replacements, criteria.product_types) == ({"9"}, {"x"})


@each(
    ("options", "option"),
    [
        ({"names": []}, "names"),
        ({"names": None}, "names"),
        ({"names": 5}, "names"),
        ({"names": {SHOP: 1}}, "names"),
        ({"names": [True]}, "names"),
        ({"names": [None]}, "names"),
        ({"names": [1.5]}, "names"),
        ({"names": [""]}, "names"),
        ({"names": ["not a name"]}, "names"),
        ({"names": ["{{ lookup('pipe', 'id') }}"]}, "names"),
        ({"names": [f"{SHOP}:443"]}, "names"),
        ({"names": [f"https://{SHOP}/"]}, "names"),
        ({"names": [f"x@{SHOP}"]}, "names"),
        ({"names": ["-x.example.com"]}, "names"),
        ({"names": ["*"]}, "names"),
        ({"names": ["*.*.example.com"]}, "names"),
        ({"names": ["com"], "include_subdomains": True}, "names"),
        ({"names": [SHOP, "*.com"], "include_subdomains": True}, "names"),
        ({"on_issued": "burn"}, "on_issued"),
        ({"on_issued": None}, "on_issued"),
        ({"on_issued": ["revoke"]}, "on_issued"),
        ({"on_isued": "keep", "shred": []}, "on_isued"),
        ({"_parents": []}, "_parents"),
        ({"scope": []}, "scope"),
        ({"shared": None}, "shared"),
        ({"protected": None}, "protected"),
        ({"product_types": None}, "product_types"),
        ({"product_types": [""]}, "product_types"),
        ({"names_in_use": ["shpo.example.com"]}, "names_in_use"),
        ({"probe": False}, "waiver"),
        ({"probe": False, "waiver": "  "}, "waiver"),
        ({"probe": False, "waiver": True}, "waiver"),
        ({"probe": False, "waiver": None}, "waiver"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], option: str) -> None:
    with pytest.raises(ValueError, match=f"decommission_domain_(probe_)?{option}"):
        parse_request({"names": [SHOP], **options})


def test_a_request_needs_names() -> None:
    with pytest.raises(ValueError, match="decommission_domain_names"):
        parse_request({})


LISTS = ("names", "protected", "shared", "product_types", "names_in_use", "replacements")


@each("option", LISTS)
@each("text", ["false", "a,b", f"{WWW},{SHOP}", "localhost", "7", "", "ssl_certificate"])
def test_a_text_is_not_taken_apart_where_a_list_belongs(option: str, text: str) -> None:
    """A role's variable from `-e` is a text still: a protection taken for its letters would protect nothing."""
    with pytest.raises(ValueError, match=f"decommission_domain_{option}"):
        parse_request({"names": [SHOP], option: text})


@pytest.mark.parametrize("switch", ["include_subdomains", "mark_renewed", "probe"])
@pytest.mark.parametrize("text", ["false", "no", "true", "", None, 0, 1])
def test_a_text_is_not_taken_for_a_switch(switch: str, text: Any) -> None:
    """`-e decommission_domain_include_subdomains=false` is the text "false", which counts as true."""
    with pytest.raises(ValueError, match=f"decommission_domain_{switch}"):
        parse_request({"names": [SHOP], "waiver": "the service is gone", switch: text})


@pytest.mark.parametrize("option", ["shared", "replacements"])
@pytest.mark.parametrize(
    "text", ["abcdef01", "AB" * 31, "0", "-7", "07", "7.0", "#7", "order 7", "0x7", "st-tok-s3cret", "7,8"]
)
def test_an_id_that_names_no_order_is_refused_and_not_repeated(option: str, text: str) -> None:
    """An unrecognized replacement would be planned like any other order; a token in its place is a secret."""
    with pytest.raises(ValueError, match=option) as refusal:
        make_criteria(**{option: ["8", text]})
    assert text not in str(refusal.value)


def test_a_waiver_counts_without_a_probe_or_where_a_name_does_not_resolve() -> None:
    assert make_criteria(waiver=" why not ").waiver == "why not"
    for verdict in ("served", "unknown"):
        left = entry_of(an_order(), make_criteria(on_issued=REVOKE, waiver="why not"), served={"7": verdict})
        assert (left["action"], "why not" in left["reason"]) == ("leave", False)
    assert make_criteria(probe=False, waiver=" it is gone ").waiver == "it is gone"


@pytest.mark.parametrize(
    ("name", "exactly", "below"),
    [
        (SHOP, True, True),
        ("a.shop.example.com", False, True),
        ("a.b.shop.example.com", False, True),
        ("*.shop.example.com", False, True),
        ("ashop.example.com", False, False),
        (BASE, False, False),
        (WWW, False, False),
        (WILD, False, False),
        ("shop.example.com.evil.test", False, False),
        ("", False, False),
    ],
)
def test_which_names_go(name: str, exactly: bool, below: bool) -> None:
    assert make_criteria().is_decommissioned(name) is exactly
    assert make_criteria(include_subdomains=True).is_decommissioned(name) is below


@pytest.mark.parametrize(
    ("name", "touched"),
    [(SHOP, True), (WILD, True), ("*.shop.example.com", False), ("*.com", False), ("*.", False), ("*", False)],
)
def test_a_wildcard_touches_the_names_one_label_below_it(name: str, touched: bool) -> None:
    assert make_criteria().affects(name) is touched


def test_a_decommissioned_wildcard_is_affected_and_its_names_are_not() -> None:
    assert make_criteria(WILD).affects(WILD)
    assert not make_criteria(WILD).affects(WWW)
    assert not make_criteria(WILD, include_subdomains=True).affects(WWW)
    assert not make_criteria(BASE).affects(WILD)
    assert make_criteria(BASE, include_subdomains=True).affects(WILD)


# -- protected patterns ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("shop.example.com.", SHOP),
        (" shop.example.com ", SHOP),
        ("SHOP.example.COM", SHOP),
        ("SHOP.EXAMPLE.MX", "shop.example.mx"),
        ("*.EXAMPLE.com", SHOP),
        ("sh?p.*", SHOP),
        ("[s]hop.example.[!d]om", SHOP),
        ("bücher.example", BOOKS),
        ("BÜCHER.Example.", BOOKS),
        ("*.bücher.example", f"a.{BOOKS}"),
        ("bücher。example", BOOKS),
    ],
)
@pytest.mark.parametrize("shared", [[], [7]])
def test_a_protected_pattern_may_be_spelled_like_the_name_to_decommission(
    pattern: str, name: str, shared: list[int]
) -> None:
    entry = entry_of(an_order("pending", name), make_criteria(name, protected=[pattern], shared=shared))

    assert action_and_reason(entry)[0] == "leave"
    assert name in entry["reason"]


@pytest.mark.parametrize("name", ["BÜCHER.example", "bücher.example.", "XN--BCHER-KVA.example", f" {BOOKS} "])
def test_an_order_may_spell_a_protected_name_otherwise(name: str) -> None:
    order = row(an_order("pending", SHOP, id=9, dns_names=(SHOP, name)))

    (entry,) = planned([order], make_criteria(shared=[9], protected=["bücher.example"]))

    assert action_and_reason(entry) == ("leave", because("a protected name").replace(SHOP, BOOKS))


@pytest.mark.parametrize(
    "pattern",
    [
        ".",
        "..",
        ".example.com",
        "pay..example.com",
        "pay.example.com:8443",
        "https://pay.example.com",
        "pay.example.com/",
        "pay example.com",
        "pay@example.com",
        "pay.example.com,db.example.com",
        "bü*.example",
        "[ü]cher.example",
        "[pay.example.com",
        "pay].example.com",
        "!pay.example.com",
        "{{ protected }}",
    ],
)
def test_a_pattern_that_would_protect_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="decommission_domain_protected"):
        make_criteria(protected=[WWW, pattern])


def test_a_protected_pattern_in_unicode_needs_the_library_idna(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_names, "_idna", None)
    assert make_criteria(protected=[WWW]).protected
    with pytest.raises(ValueError, match=r"decommission_domain_protected: .*idna"):
        make_criteria(protected=[WWW, "b\u00fccher.example"])


@pytest.mark.parametrize(
    "pattern", [WWW, "www.*", "w*.example.com", "?ww.example.com", "[a-z]ww.example.com", "*", "*.example.com", "*.com"]
)
@pytest.mark.parametrize("status", ["pending", "issued"])
def test_a_shared_wildcard_never_beats_a_protected_name_below_it(pattern: str, status: str) -> None:
    """Revoked with its order, the wildcard would be gone from the protected server as well."""
    criteria = make_criteria(on_issued=REVOKE, shared=["7"], protected=[pattern], probe=False, waiver="x")

    entry = entry_of(an_order(status, WILD), criteria)

    assert entry["action"] == "leave"
    assert f"({pattern})" in entry["reason"]


@pytest.mark.parametrize("pattern", [BASE, "example.*"])
def test_a_shared_wildcard_never_beats_the_protected_name_above_it(pattern: str) -> None:
    """Most authorities put the name above into a wildcard's certificate, and not each list contains it."""
    assert entry_of(an_order("pending", WILD), make_criteria(shared=[7], protected=[pattern]))["action"] == "leave"


@pytest.mark.parametrize(
    "pattern",
    [
        *("a.b.example.com", "www.example.org", "example.net", "w.*.example.com", "*.test"),
        *("*a.b.example.com", "www.other.*"),
    ],
)
def test_a_shared_wildcard_is_ended_where_nothing_below_it_is_protected(pattern: str) -> None:
    assert entry_of(an_order("pending", WILD), make_criteria(shared=[7], protected=[pattern]))["action"] == "cancel"


thorough = examples(250)
LABELS = ("a", "b", "ab", "ba", "a-b", "abc", "0")
pattern_texts = st.text(alphabet="ab.*?[]!-c", min_size=1, max_size=12)
parents = st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=3).map(".".join)
patterns_near = st.builds(
    lambda before, parent, cut, after: before + parent[cut:] + after,
    st.text(alphabet="ab.*?[]!", max_size=6),
    parents,
    st.integers(min_value=0, max_value=5),
    st.sampled_from(["", "", "*", "?", "[ab]", "]"]),
)


@examples(3000)
@given(st.one_of(pattern_texts, patterns_near), parents)
def test_a_pattern_that_matches_a_name_below_a_wildcard_is_detected(pattern: str, parent: str) -> None:
    try:
        pattern = planners_decommission_request._pattern(pattern)
    except ValueError:
        return
    if any(fnmatchcase(f"{label}.{parent}", pattern) for label in LABELS):
        assert planners_decommission_request._may_match_below(pattern, parent)


# -- which orders ------------------------------------------------------------------------------------------------------


def test_orders_are_found_by_any_of_their_names_and_sorted_by_id() -> None:
    orders = [
        an_order("issued", WWW, SHOP, id=9),
        an_order("issued", WWW, id=8),
        an_order("pending", SHOP, id=3),
        an_order("issued", WILD, id=10),
        an_order("issued", id=2, common_name="Jane Doe", dns_names=()),
    ]

    assert [one["order"] for one in planned(map(row, orders), make_criteria())] == ["3", "9", "10"]
    assert planned([row(replace(orders[0], common_name="", dns_names=()))], make_criteria()) == []


def test_an_entry_contains_the_order_and_the_state_of_the_decision() -> None:
    order = an_order("pending", SHOP, valid_till=None, product_name_id="ssl_plus")

    assert planned([row(order)], make_criteria(), details=[whole(order)]) == [
        {
            "provider": "certcentral",
            "order": "7",
            "name": SHOP,
            "domains": [SHOP],
            "action": "cancel",
            "reason": because("a pending order"),
            "state": {"status": "pending", "valid_till": "", "product": "ssl_plus"},
        }
    ]


@each(
    ("common_name", "shown"),
    [
        ("", SHOP),
        ("SHOP.example.com", "SHOP.example.com"),
        ("b\u00fccher.example", BOOKS),
        # What is no domain name stays as it is.
        ("J\u00fcrgen Doe", "J\u00fcrgen Doe"),
    ],
)
def test_an_entry_is_named_after_the_common_name_and_has_its_organization(common_name: str, shown: str) -> None:
    order = an_order(common_name=common_name, dns_names=(SHOP,), product_name_id="ssl_plus", organization=RETAIL)
    (entry,) = planned([row(order)], make_criteria())
    assert (entry["name"], entry["organization"]) == (shown, "Retail")
    # Only the state of an end has the product.
    assert set(entry["state"]) == {"status", "valid_till"}
    for nameless in (Named(1, ""), None):
        assert "organization" not in planned([row(replace(order, organization=nameless))], make_criteria())[0]


@pytest.mark.parametrize("order_id", [0, -1])
def test_an_order_without_an_id_is_refused(order_id: int) -> None:
    """What is no number at all is no order to the client."""
    for doing in (lambda rows: to_read(rows, make_criteria()), lambda rows: planned(rows, make_criteria())):
        with pytest.raises(ValueError, match="order_id"):
            doing([row(an_order(id=order_id))])


@pytest.mark.parametrize(
    ("status", "facts", "kinds", "details", "certificates", "origins"),
    [
        ("needs_approval", {}, ALL_KINDS, True, False, False),
        ("issued", {}, (KEEP,), False, False, False),
        ("issued", {}, (LAPSE,), True, False, False),
        ("issued", {"has_duplicates": True}, (LAPSE,), True, True, False),
        ("issued", {"has_reissues": True}, (LAPSE,), True, True, False),
        ("issued", {"has_duplicates": None}, (LAPSE,), True, True, False),
        ("issued", {}, (REVOKE,), False, True, False),
        ("reissue_pending", {}, (KEEP,), True, False, False),
        ("reissue_pending", {}, (LAPSE,), True, False, False),
        ("reissue_pending", {}, (REVOKE,), False, True, False),
        ("renewed", {}, (LAPSE,), True, False, False),
        ("renewed", {}, (REVOKE,), False, True, False),
        ("renewed", {"valid_till": TODAY - timedelta(days=1)}, ALL_KINDS, False, False, False),
        ("expired", {}, ALL_KINDS, False, False, True),
        ("expired", {"is_renewed": True}, ALL_KINDS, False, False, False),
        ("pending", {}, ALL_KINDS, True, False, False),
        ("waiting_pickup", {}, ALL_KINDS, True, False, False),
        ("pending", {"serial_number": "0A"}, ALL_KINDS, False, False, False),
        ("reissue_pending", {"valid_till": TODAY - timedelta(days=1)}, (KEEP,), False, False, False),
        ("reissue_pending", {"valid_till": TODAY}, (KEEP,), True, False, False),
        ("issued", {"names_known": False}, ALL_KINDS, True, None, False),
        ("processing", {"names_known": False}, ALL_KINDS, True, False, False),
        ("revoked", {"names_known": False}, ALL_KINDS, False, False, False),
        ("revoked", {}, ALL_KINDS, False, False, False),
        ("on_hold", {}, ALL_KINDS, False, False, False),
    ],
)
def test_what_has_to_be_read_further(
    status: str, facts: dict[str, Any], kinds: tuple[str, ...], details: bool, certificates: bool | None, origins: bool
) -> None:
    order = row(an_order(status, **facts))
    for kind in kinds:
        for marks in (True, False):
            assert to_read([order, order], make_criteria(on_issued=kind, mark_renewed=marks)) == {
                "details": [7] if details else [],
                "certificates": [7] if certificates or (certificates is None and kind == REVOKE) else [],
                "origin": [7] if origins and marks else [],
            }


@each(("days", "details"), [(-1, []), (0, []), (1, [7])])
def test_an_expired_order_with_an_expiry_in_the_future_is_read_before_it_is_marked(
    days: int, details: list[int]
) -> None:
    order = an_order("expired", valid_till=TODAY + timedelta(days=days))
    assert to_read([row(order)], make_criteria(mark_renewed=True))["details"] == details


def test_no_details_are_read_of_an_order_that_needs_manual_review() -> None:
    assert to_read([row(an_order("pending", SHOP, WWW, id=6)), row(an_order("pending"))], make_criteria()) == {
        "details": [7],
        "certificates": [],
        "origin": [],
    }
    for names, facts, options in (
        ((SHOP, WWW), {}, {}),
        ((WILD,), {}, {}),
        ((SHOP,), {"product_type": "code_signing_certificate"}, {}),
        ((SHOP,), {"common_name": "intranet"}, {}),
        ((SHOP,), {}, {"replacements": [7]}),
        ((SHOP,), {}, {"protected": [SHOP], "shared": [7]}),
    ):
        for status in ("needs_approval", "issued", "reissue_pending", "expired"):
            for kind in (LAPSE, REVOKE):
                criteria = make_criteria(on_issued=kind, mark_renewed=True, **options)
                assert not any(to_read([row(an_order(status, *names, **facts))], criteria).values())


# -- what keeps an order out -------------------------------------------------------------------------------------------


@each("status", [*ORDER_STATUSES, "on_hold", ""])
@each("kind", ALL_KINDS)
@each(
    ("names", "options", "mentioned"),
    [
        ((SHOP, WWW), {}, WWW),
        ((SHOP, "a.test", "b.test", "c.test", "d.test"), {}, "a.test, b.test, c.test and 1 more"),
        ((SHOP, "a.shop.example.com"), {}, "a.shop.example.com"),
        ((WILD,), {}, WILD),
        ((WILD, WWW), {}, WWW),
        ((SHOP, "{{ 7 * 7 }}"), {}, "{{ 7 * 7 }}"),
        ((SHOP,), {"protected": [SHOP]}, f"({SHOP})"),
        ((SHOP, WWW), {"protected": ["www.*"], "shared": ["7"]}, "(www.*)"),
        ((SHOP, "*.shop.example.com"), {"include_subdomains": True}, "*.shop.example.com"),
        ((WILD,), {"names": [WILD]}, WILD),
        ((SHOP,), {"replacements": [7]}, "replacement"),
        ((SHOP,), {"replacements": [7], "shared": [7]}, "replacement"),
    ],
)
def test_an_order_that_covers_more_always_needs_manual_review(
    status: str, kind: str, names: tuple[str, ...], options: dict[str, Any], mentioned: str
) -> None:
    criteria = parse_request({"names": [SHOP], "on_issued": kind, "mark_renewed": True, **options})
    order = an_order(status, *names, is_migrated=True)

    entry = entry_of(order, criteria, details=[whole(order), origin(order)], certificates=[ends_of(order)])

    assert entry["action"] == "leave"
    assert mentioned in entry["reason"]


@pytest.mark.parametrize("names", [(SHOP, WWW), (WILD,), (SHOP, WILD)])
def test_an_order_that_is_listed_may_go_all_the_same(names: tuple[str, ...]) -> None:
    assert entry_of(an_order("pending", *names), make_criteria(shared=[7]))["action"] == "cancel"
    assert entry_of(an_order("pending", *names), make_criteria(shared=["77"]))["action"] == "leave"
    assert entry_of(an_order("issued", *names), make_criteria(shared=["7"], on_issued=REVOKE))["action"] == "revoke"


@each("shared", [[], [7]])
@each("status", ["pending", "issued", "needs_approval"])
@each(
    "name",
    [
        "shop.example.com:443",
        "jane@shop.example.com",
        "a b.shop.example.com",
        ".shop.example.com",
        "*.*.shop.example.com",
        "a.*.shop.example.com",
        "f*.shop.example.com",
        "{{ 7 }}.shop.example.com",
        "\\u202e.shop.example.com",
        "http://x.shop.example.com",
        "ü*.shop.example.com",
        "2001:db8::1",
        "*",
        "",
    ],
)
def test_a_name_that_is_none_keeps_its_order_out(name: str, status: str, shared: list[int]) -> None:
    """Below a name to decommission it would count as one of those, and no pattern would protect what is meant by it."""
    order = an_order(status)
    read = [whole(replace(order, dns_names=(SHOP, name)))]
    criteria = make_criteria(include_subdomains=True, on_issued=REVOKE, shared=shared, protected=["pay.example.com"])

    (entry,) = planned(read, criteria, certificates=[ends_of(order)], served={"7": "not_served"})

    assert action_and_reason(entry) == (
        "leave",
        because("a name that is not a domain name").replace("x@shop.example.com", name),
    )


@pytest.mark.parametrize(
    ("kind", "is_ended"),
    [
        ("ssl_certificate", True),
        ("dv_ssl_certificate", True),
        ("code_signing_certificate", False),
        ("client_certificate", False),
        ("SSL_CERTIFICATE", False),
        ("", False),
    ],
)
def test_only_tls_products_go_by_default(kind: str, is_ended: bool) -> None:
    order = an_order("pending", product_type=kind)
    entry = entry_of(order, make_criteria())

    assert entry["action"] == ("cancel" if is_ended else "leave")
    assert is_ended or kind in entry["reason"]
    # A list of ids is about names, not about products.
    assert entry_of(order, make_criteria(shared=[7]))["action"] == entry["action"]
    assert entry_of(order, make_criteria(product_types=[]))["action"] == "leave"
    assert not kind or entry_of(order, make_criteria(product_types=[kind]))["action"] == "cancel"


@pytest.mark.parametrize("extra", [WWW, WILD, "*.shop.example.com", "x@shop.example.com"])
@pytest.mark.parametrize("kind", [LAPSE, REVOKE])
def test_names_of_a_duplicate_or_a_reissue_count(extra: str, kind: str) -> None:
    order = an_order(has_duplicates=True)

    entry = entry_of(order, make_criteria(on_issued=kind), (SHOP, extra))

    assert (entry["action"], entry["domains"]) == ("leave", sorted([SHOP, extra]))
    assert extra in entry["reason"]
    assert entry_of(order, make_criteria(on_issued=kind, shared=[7]), (WWW,))["action"] == kind
    guarded = make_criteria(on_issued=kind, shared=[7], protected=[WWW])
    left = entry_of(order, guarded, (WWW,))
    assert (left["action"], f"({WWW})" in left["reason"]) == ("leave", True)


@pytest.mark.parametrize("status", ["pending", "issued"])
@pytest.mark.parametrize("shared", [[], [7]])
def test_a_common_name_without_a_dot_may_be_a_server_that_stays(status: str, shared: list[int]) -> None:
    """`domains` leaves it out; that of a TLS order is the name of a host all the same."""
    order = an_order(status, common_name="intranet", dns_names=(SHOP,))
    assert order.domains == (SHOP,)

    entry = entry_of(order, make_criteria(on_issued=REVOKE, shared=shared))

    assert action_and_reason(entry) == ("leave", because("a common name that is not a domain name"))


@pytest.mark.parametrize("common_name", ["", SHOP, "SHOP.example.com."])
def test_a_common_name_among_the_names_changes_nothing(common_name: str) -> None:
    order = an_order("pending")
    listed = replace(row(order), common_name=common_name)

    assert planned([listed], make_criteria(), details=[whole(order)])[0]["action"] == "cancel"


@pytest.mark.parametrize(
    ("changes", "later"),
    [
        ({"dns_names": (SHOP, WWW)}, {}),
        ({}, {"dns_names": (SHOP, WWW)}),
        ({"dns_names": (SHOP, WWW)}, {"dns_names": (), "common_name": ""}),
        ({"common_name": "intranet"}, {}),
        ({"common_name": "intranet"}, {"common_name": ""}),
        ({}, {"common_name": "intranet"}),
        ({"product_type": "client_certificate"}, {}),
        ({}, {"product_type": "client_certificate"}),
    ],
)
def test_neither_reading_lifts_a_guard_of_the_other(changes: dict[str, Any], later: dict[str, Any]) -> None:
    order = an_order("needs_approval")
    listed, page = replace(order, **changes), replace(order, **later)

    (entry,) = planned([row(listed)], make_criteria(), details=[whole(page)])

    assert entry["action"] == "leave"
    assert set(entry["domains"]) == {*listed.domains, *page.domains}


# -- repeated rows -----------------------------------------------------------------------------------------------------


# -- what a list leaves out --------------------------------------------------------------------------------------------


def short(order: Order, *names: str) -> Order:
    """Return the row of an order that has these names only, and shows that there may be more."""
    return row(replace(order, dns_names=names, names_known=False))


@pytest.mark.parametrize("status", ["pending", "waiting_pickup", "needs_approval", "reissue_pending", "issued"])
@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("listed", [(), (SHOP,)])
def test_a_name_that_a_list_leaves_out_is_protected_all_the_same(
    status: str, kind: str, listed: tuple[str, ...]
) -> None:
    """row_names_null.json and row_fewer_names.json."""
    order = an_order(status, SHOP, "pay.example.com")
    criteria = make_criteria(SHOP, "pay.example.com", on_issued=kind, protected=["pay.example.com"])
    lists = [short(order, *listed)]

    assert to_read(lists, criteria)["details"] == [7]
    (entry,) = planned(
        lists, criteria, details=[whole(order)], certificates=[ends_of(order)], served={"7": "not_served"}
    )
    assert action_and_reason(entry) == ("leave", because("a protected name").replace(SHOP, "pay.example.com"))


@pytest.mark.parametrize("status", ["pending", "needs_approval", "reissue_pending", "issued"])
@pytest.mark.parametrize("kind", [LAPSE, REVOKE])
def test_no_end_rests_on_a_row(status: str, kind: str) -> None:
    order = an_order(status)
    (entry,) = planned([row(order)], make_criteria(on_issued=kind), served={"7": "not_served"})

    assert entry["action"] == "leave"


@pytest.mark.parametrize("status", ["pending", "needs_approval", "reissue_pending", "issued"])
@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("accepted", [[], [8], ["7"]])
def test_a_page_that_leaves_names_out_ends_nothing_unless_that_is_accepted(
    status: str, kind: str, accepted: list[Any]
) -> None:
    order = an_order(status, names_known=False)
    criteria = make_criteria(on_issued=kind, accept_unknown=accepted)
    facts = {"details": [whole(order)], "certificates": [ends_of(order)], "served": {"7": "not_served"}}
    (entry,) = planned([row(order)], criteria, **facts)

    if (status, kind) == ("issued", KEEP):
        assert entry["action"] == "keep"
    elif accepted == ["7"]:
        assert entry["action"] in WRITES
        assert entry["state"]["unknown"] == "accepted"
        assert "decommission_domain_accept_unknown" in entry["reason"]
        guarded = make_criteria(on_issued=kind, accept_unknown=accepted, protected=[SHOP])
        assert planned([row(order)], guarded, **facts)[0]["action"] == "leave"
    else:
        assert entry["action"] == "leave"


def test_an_order_listed_without_names_may_cover_a_name_to_decommission() -> None:
    order = an_order("pending", WWW, SHOP)
    alone = an_order("pending", SHOP, id=8, common_name="")
    other = an_order("pending", WWW, id=9)
    over = an_order("revoked", WWW, id=10, names_known=False)
    client = an_order("pending", WWW, id=11, names_known=False, product_type="client_certificate")
    expired = an_order("expired", WWW, id=12, names_known=False)
    unsaid = an_order("pending", WWW, id=13, names_known=False, product_type="")
    lists = [short(order, WWW), short(alone), short(other), row(over), row(client), row(expired), row(unsaid)]

    assert to_read(lists, make_criteria())["details"] == [7, 8, 9, 13]
    # A page that shows no name to decommission is not read again.
    assert to_read([short(other)], make_criteria(), [whole(other)])["details"] == []
    entries = planned(lists, make_criteria(), details=map(whole, [order, alone, other]))
    assert [(entry["order"], entry["action"]) for entry in entries] == [("7", "leave"), ("8", "cancel")]
    # Its certificates are asked for once its page has shown that it is one of those to end.
    issued = an_order("issued", SHOP, common_name="")
    assert to_read([short(issued)], make_criteria(on_issued=REVOKE))["certificates"] == []
    assert to_read([short(issued)], make_criteria(on_issued=REVOKE), [whole(issued)]) == {
        "details": [],
        "certificates": [7],
        "origin": [],
    }


def test_the_names_of_an_entry_are_those_of_the_own_page() -> None:
    """A row without all names may have wrong ones; none of either may be one that stays."""
    order = an_order("pending", SHOP, "pay.example.com")
    wrong = short(order, SHOP, WWW)
    criteria = make_criteria(SHOP, "pay.example.com", WWW)

    assert planned([wrong], criteria, details=[whole(order)])[0]["domains"] == ["pay.example.com", SHOP]
    assert planned([wrong], make_criteria(SHOP, "pay.example.com"), details=[whole(order)])[0]["action"] == "leave"


@pytest.mark.parametrize("kind", [LAPSE, REVOKE])
@pytest.mark.parametrize("accepted", [[], [7]])
def test_certificates_that_are_announced_and_not_listed(kind: str, accepted: list[int]) -> None:
    """duplicates_repeat_primary.json and duplicates_short.json: what the module calls ineligible is left."""
    order = an_order(has_duplicates=True, duplicates_count=2)
    whole_order = replace(order, unknown="it has 2 duplicates, of which CertCentral lists 0", seen=READ_ALL)
    subject = Revocable(whole_order)
    decision = _certcentral_policy.decide_revocation(subject, today=TODAY, skip_approval=False, cancel_reissue=True)
    ends = Ending(7, whole_order, subject.certificates, reason=decision.explanation)
    criteria = make_criteria(on_issued=kind, accept_unknown=accepted)

    (entry,) = planned([row(order)], criteria, details=[whole(order)], certificates=[ends], served={"7": "not_served"})

    assert decision.outcome == "ineligible"
    if accepted:
        assert (entry["action"], entry["state"]["unknown"]) == (kind, "accepted")
        # The acceptance adds to what is approved, and replaces nothing of it.
        approved = {"auto_renew": False} if kind == LAPSE else {"certificates": ["0A"], "served": "not_served"}
        assert {**entry["state"], **approved} == entry["state"]
    else:
        assert entry["action"] == "leave"
    guarded = make_criteria(on_issued=kind, accept_unknown=[7], protected=[SHOP])
    assert planned([row(order)], guarded, details=[whole(order)], certificates=[ends])[0]["action"] == "leave"


def test_the_product_on_the_own_page_decides() -> None:
    order = an_order("issued")
    ends = ends_of(replace(order, product_type="client_certificate"))

    (entry,) = planned([row(order)], make_criteria(on_issued=REVOKE), certificates=[ends], served={"7": "not_served"})
    assert action_and_reason(entry) == ("leave", because("another kind of product"))


@pytest.mark.parametrize("known", [True, False])
def test_no_expired_order_is_marked_that_may_cover_a_name_that_stays(known: bool) -> None:
    order = an_order("expired", is_migrated=True, names_known=False)
    criteria = make_criteria(mark_renewed=True)

    assert to_read([row(order)], criteria) == {"details": [7], "certificates": [], "origin": [7]}
    page = whole(replace(order, names_known=known))
    (entry,) = planned([row(order)], criteria, details=[page, origin(order)])
    assert entry["action"] == ("mark_renewed" if known else "leave")


def both_ways(rows: Sequence[Any], doing: Callable[[Sequence[Any]], Any]) -> Any:
    """Return what comes of rows, which is the same in any order and with any of them repeated."""
    answer = doing(rows)
    assert doing(rows[::-1]) == answer
    assert doing([*rows, *rows]) == answer
    return answer


@pytest.mark.parametrize(
    "other",
    [
        {"status": "pending", "common_name": WWW, "dns_names": (WWW,)},
        {"status": "issued"},
        {"status": "pending", "product_type": "client_certificate"},
        {"status": ""},
    ],
)
@pytest.mark.parametrize("shared", [[], [7]])
def test_an_order_that_is_listed_twice_and_not_alike_is_left(other: dict[str, Any], shared: list[int]) -> None:
    """A list that shifts between two pages may show an order before and after a change."""
    first = an_order("pending")
    rows = [row(first), row(replace(first, **other))]
    criteria = make_criteria(shared=shared)

    (entry,) = both_ways(rows, lambda several: planned(several, criteria, details=[whole(first)]))

    agrees = other == {"status": ""}
    assert entry["action"] == ("cancel" if agrees else "leave")
    assert set(entry["domains"]) == {name for one in rows for name in one.domains}


def test_nothing_more_is_read_of_an_order_that_is_left_anyhow() -> None:
    order = an_order()
    rows = [row(order), row(replace(order, has_duplicates=True))]

    for kind in (LAPSE, REVOKE):
        criteria = make_criteria(on_issued=kind)
        assert not any(both_ways(rows, lambda several, criteria=criteria: to_read(several, criteria)).values())
        assert action_and_reason(planned(rows, criteria)[0]) == ("leave", because("rows of one order that differ"))


def test_one_row_of_three_that_contradicts_is_not_outvoted() -> None:
    order = an_order("pending")
    rows = [row(replace(order, status="issued")), row(order), row(replace(order, has_duplicates=None))]

    for several in (rows, rows[1:] + rows[:1], rows[2:] + rows[:2]):
        assert action_and_reason(planned(several, make_criteria())[0]) == (
            "leave",
            because("rows of one order that differ"),
        )


def test_a_row_that_leaves_something_out_changes_no_entry() -> None:
    """What an approved plan rests on is compared word for word."""
    order = an_order("pending", valid_till=None)
    (alone,) = planned([row(order)], make_criteria())

    assert planned([row(order), row(order)], make_criteria()) == [alone]
    assert planned([row(order), row(replace(order, has_duplicates=None))], make_criteria()) == [alone]


def test_what_is_left_out_contradicts_nothing() -> None:
    order = an_order("needs_approval")
    pages = [whole(order), replace(origin(order), has_duplicates=None, disable_renewal_notifications=None)]

    (entry,) = both_ways(pages, lambda several: planned([row(order)], make_criteria(), details=several))

    assert entry["action"] == "reject_request"


def test_pages_and_certificates_that_contradict_one_another_are_left() -> None:
    order = an_order("needs_approval")
    pages = [whole(order), whole(replace(order, requests=(Request(56, "new_request", "pending"),)))]
    (entry,) = both_ways(pages, lambda several: planned([row(order)], make_criteria(), details=several))
    assert action_and_reason(entry) == ("leave", because("rows of one order that differ"))
    # Only a page has requests, and to have none is then a fact.
    pages = [whole(order), whole(replace(order, requests=()))]
    (entry,) = both_ways(pages, lambda several: planned([row(order)], make_criteria(), details=several))
    assert action_and_reason(entry) == ("leave", because("rows of one order that differ"))

    issued, criteria = an_order(), make_criteria(on_issued=REVOKE)
    ends = [ends_of(issued), ends_of(issued, (SHOP,))]
    (entry,) = both_ways(
        ends, lambda several: planned([row(issued)], criteria, certificates=several, served={"7": "not_served"})
    )
    assert action_and_reason(entry) == ("leave", because("rows of one order that differ"))
    assert both_ways(ends, lambda several: to_probe(several, [], criteria)) == []


def test_versions_that_agree_in_other_words_and_the_names_of_those_that_do_not() -> None:
    marked = [row(an_order("renewed", is_renewed=mark)) for mark in (True, False)]
    (entry,) = both_ways(marked, lambda several: planned(several, make_criteria()))
    assert entry["action"] == "keep"
    named = [row(an_order("pending", SHOP, name)) for name in (WWW, "api.example.com")]
    (entry,) = both_ways(named, lambda several: planned(several, make_criteria()))
    assert (entry["action"], entry["domains"]) == ("leave", ["api.example.com", SHOP, WWW])


def test_its_own_page_is_newer_than_the_list() -> None:
    (entry,) = planned([row(an_order("needs_approval"))], make_criteria(), details=[whole(an_order("issued"))])

    assert (entry["action"], entry["state"]["status"]) == ("keep", "issued")


# -- by status ---------------------------------------------------------------------------------------------------------


@each("kind", ALL_KINDS)
@each(
    ("status", "action"),
    [
        ("pending", "cancel"),
        ("waiting_pickup", "cancel"),
        ("expired", "nothing"),
        ("revoked", "nothing"),
        ("rejected", "nothing"),
        ("denied", "nothing"),
        ("canceled", "nothing"),
        ("processing", "leave"),
        ("needs_csr", "leave"),
        ("approved", "leave"),
        ("on_hold", "leave"),
        ("Canceled", "leave"),
        ("PENDING", "leave"),
        ("issued ", "leave"),
        ("", "leave"),
    ],
)
def test_what_is_not_issued_ends_the_same_way_whatever_becomes_of_issued_orders(
    kind: str, status: str, action: str
) -> None:
    entry = entry_of(an_order(status), make_criteria(on_issued=kind))

    assert entry["action"] == action
    assert entry["state"]["status"] == status


def test_no_status_at_all_is_not_known() -> None:
    (entry,) = planned([row(an_order(answered(7, status=None).status))], make_criteria())

    assert action_and_reason(entry) == ("leave", because("no status"))


def test_every_status_of_the_reference_has_a_rule() -> None:
    for status in ORDER_STATUSES:
        unknown = because("an unknown status").replace("on_hold", status)
        assert entry_of(an_order(status), make_criteria())["reason"] != unknown


@pytest.mark.parametrize("status", ["pending", "waiting_pickup", "needs_approval"])
def test_an_order_that_has_a_certificate_is_not_ended_as_one_that_has_none(status: str) -> None:
    """One that was never issued has no serial number (docs/development/reference/certcentral.md 2.1)."""
    entry = entry_of(an_order(status, serial_number="0A"), make_criteria())

    assert action_and_reason(entry) == (
        "leave",
        because("a pending order with a certificate").replace("pending", status),
    )


@pytest.mark.parametrize(
    ("requests", "found"),
    [
        ((NEW_REQUEST,), ""),
        ((replace(NEW_REQUEST, status="submitted"),), ""),
        ((Request(55, "renewal", "pending"),), ""),
        ((Request(50, "revoke", "rejected"), NEW_REQUEST), ""),
        ((), "none"),
        ((replace(NEW_REQUEST, status="approved"),), "none"),
        ((Request(55, "revoke", "pending"),), "55 (revoke)"),
        ((Request(55, "reissue", "pending"),), "55 (reissue)"),
        ((Request(55, "duplicate", "pending"),), "55 (duplicate)"),
        ((Request(55, "", "pending"),), "55 ()"),
        ((Request(0, "new_request", "pending"),), "0 (new_request)"),
        ((NEW_REQUEST, Request(56, "new_request", "pending")), "55 (new_request), 56 (new_request)"),
        ((NEW_REQUEST, Request(56, "revoke", "submitted")), "55 (new_request), 56 (revoke)"),
    ],
)
def test_only_one_request_for_a_new_order_is_rejected(requests: tuple[Request, ...], found: str) -> None:
    """The requester of a revocation had a reason, a stolen key perhaps; ours is not to keep the certificate."""
    entry = entry_of(an_order("needs_approval", requests=requests), make_criteria())
    first = entry_of(an_order("needs_approval", requests=(replace(NEW_REQUEST, id=1),)), make_criteria())
    assert first["request_id"] == 1

    if found:
        assert action_and_reason(entry) == ("leave", because("no request to reject").replace("none", found))
        assert "request_id" not in entry
    else:
        assert action_and_reason(entry) == ("reject_request", because("a request to reject"))
        assert entry["request_id"] == 55


@pytest.mark.parametrize("requests", [None, [], "55", [None]])
def test_unlisted_requests_are_not_rejected(requests: Any) -> None:
    action_and_reason = answered(7, DETAILS, requests=requests).requests
    order = an_order("needs_approval", requests=action_and_reason)

    (entry,) = planned([row(order)], make_criteria(), details=[whole(order)])

    assert entry["action"] == "leave"


@pytest.mark.parametrize("details", [[], [origin(an_order("needs_approval"))], [whole(an_order(id=8))]])
def test_without_its_own_page_no_request_is_rejected(details: list[Order]) -> None:
    (entry,) = planned([row(an_order("needs_approval"))], make_criteria(), details=details)

    assert action_and_reason(entry) == ("leave", because("an order that needs approval, without details"))


# -- issued orders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "action", "drops"),
    [
        ("issued", KEEP, "keep", False),
        ("issued", LAPSE, "lapse", False),
        ("issued", REVOKE, "revoke", False),
        ("reissue_pending", KEEP, "drop_reissue", False),
        ("reissue_pending", LAPSE, "lapse", True),
        ("reissue_pending", REVOKE, "revoke", True),
        ("renewed", KEEP, "keep", False),
        ("renewed", LAPSE, "lapse", False),
        ("renewed", REVOKE, "revoke", False),
    ],
)
def test_what_becomes_of_an_issued_order(status: str, kind: str, action: str, drops: bool) -> None:
    entry = entry_of(an_order(status), make_criteria(on_issued=kind))

    assert (entry["action"], entry.get("drop_reissue", False)) == (action, drops)
    assert entry["state"]["status"] == status


@each("status", ["issued", "renewed"])
@each(("days", "expired"), [(-1, True), (-400, True), (0, False), (1, False), (90, False), (None, False)])
@each("kind", ALL_KINDS)
def test_a_status_that_lags_behind_hides_no_expired_certificate(
    status: str, days: int | None, expired: bool, kind: str
) -> None:
    """The filter value issued also returns expired ones (2.3)."""
    valid_till = None if days is None else TODAY + timedelta(days=days)
    entry = entry_of(an_order(status, is_migrated=True, valid_till=valid_till), make_criteria(on_issued=kind))

    assert entry["action"] == ("nothing" if expired else kind)


@pytest.mark.parametrize(
    ("ends", "is_plan", "actions"),
    [
        (1, True, ("keep", "lapse", "leave")),
        (0, True, ("keep", "lapse", "leave")),
        (-1, True, ("nothing",) * 3),
        # What it is called decides nothing.
        (200, False, ("keep", "lapse", "leave")),
        (200, None, ("keep", "lapse", "leave")),
        (-1, None, ("nothing",) * 3),
        (None, True, ("nothing",) * 3),
    ],
)
@pytest.mark.parametrize("status", ["issued", "renewed", "expired"])
def test_an_annual_plan_may_outlive_its_certificate(
    ends: int | None, is_plan: bool | None, actions: tuple[str, ...], status: str
) -> None:
    """Its certificate is expired for five days, and the plan stays active for so many more."""
    till = None if ends is None else TODAY + timedelta(days=ends)
    facts = {"valid_till": TODAY - timedelta(days=5), "is_multi_year_plan": is_plan, "order_valid_till": till}

    entries = [entry_of(an_order(status, **facts), make_criteria(on_issued=kind)) for kind in ALL_KINDS]

    assert tuple(entry["action"] for entry in entries) == actions
    for entry in (entries[0], entries[2]) if actions[2] != "nothing" else ():
        assert str(till) in entry["reason"]
        assert "decommission_domain_on_issued" in entry["reason"]


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_an_annual_plan_with_an_expired_certificate_stays_active(kind: str) -> None:
    """A certificate that expired on 2026-11-01 in an order that ends on 2027-04-15, which is called nothing."""
    response = {
        "status": "issued",
        "is_renewed": False,
        "date_created": "2026-03-02T09:00:00+00:00",
        "order_valid_till": "2027-04-15",
        "certificate": {
            "id": 20310,
            "serial_number": "000000000000000000000000000007EF",
            "common_name": "f.field.example",
            "dns_names": ["f.field.example"],
            "valid_from": "2026-04-15",
            "valid_till": "2026-11-01",
            "days_remaining": -27,
        },
        "product": {"name_id": "ssl_multi_domain", "name": "Multi-Domain SSL", "type": "ssl_certificate"},
    }
    today, criteria = date(2026, 11, 28), make_criteria("f.field.example", on_issued=kind)
    listed, itself = (answered(2031, source, **response) for source in (ROW, DETAILS))
    assert policy.to_read([listed], criteria, today)["certificates"] == ([] if kind == KEEP else [2031])
    now = datetime(2026, 11, 28, 12, 0, tzinfo=timezone.utc)

    (entry,) = planned([listed], criteria, now=now, details=[itself], certificates=[ends_of(itself)])

    assert entry["action"] == {"keep": "keep", "lapse": "lapse", "revoke": "leave"}[kind]


def test_an_expired_order_of_which_it_is_not_known_whether_it_can_be_reissued_is_read_and_else_left() -> None:
    order = an_order("expired", valid_till=None, order_valid_till=TODAY + timedelta(days=9), is_migrated=True)

    assert to_read([row(order)], make_criteria(mark_renewed=True))["details"] == [7]
    (entry,) = planned([row(order)], make_criteria(mark_renewed=True))
    assert action_and_reason(entry)[0] == "leave"
    page = whole(replace(order, valid_till=TODAY - timedelta(days=3)))
    (entry,) = planned([row(order)], make_criteria(), details=[page])
    assert action_and_reason(entry)[0] == "keep"


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_an_expired_certificate_with_a_pending_reissue_is_left(kind: str) -> None:
    entry = entry_of(an_order("reissue_pending", valid_till=TODAY - timedelta(days=1)), make_criteria(on_issued=kind))

    assert action_and_reason(entry) == ("leave", because("an expired certificate with a pending reissue"))


# -- lapsing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("emails_off", "auto_reissue", "auto_renew", "action"),
    [
        (False, False, False, "lapse"),
        (False, True, False, "lapse"),
        (True, True, False, "lapse"),
        (True, False, False, "nothing"),
        (False, False, True, "lapse"),
        (True, True, True, "lapse"),
        (True, False, True, "leave"),
    ],
)
def test_an_order_is_set_to_expire_once_and_auto_renew_needs_manual_review(
    emails_off: bool, auto_reissue: bool, auto_renew: bool, action: str
) -> None:
    switches = {"auto_reissue": auto_reissue, "auto_renew": auto_renew}
    entry = entry_of(an_order(disable_renewal_notifications=emails_off, **switches), make_criteria(on_issued=LAPSE))

    assert entry["action"] == action
    assert ("AUTO-RENEW IS ON" in entry["reason"]) is auto_renew
    assert entry["state"].get("auto_renew") == (auto_renew if action == "lapse" else None)


@pytest.mark.parametrize("auto_renew", [True, False])
def test_a_reissue_is_dropped_even_where_everything_is_switched_off(auto_renew: bool) -> None:
    order = an_order("reissue_pending", disable_renewal_notifications=True, auto_renew=auto_renew)
    entry = entry_of(order, make_criteria(on_issued=LAPSE))

    assert (entry["action"], entry["drop_reissue"]) == ("lapse", True)
    assert ("AUTO-RENEW IS ON" in entry["reason"]) is auto_renew


@pytest.mark.parametrize("emails_off", [True, False, None])
@pytest.mark.parametrize("read", [[], [origin(an_order())], [whole(an_order(id=8))]])
def test_an_order_with_unread_renewal_switches_is_not_reported_as_expiring(
    emails_off: bool | None, read: list[Order]
) -> None:
    """A list does not contain auto-renew, which would buy it again."""
    order = an_order(disable_renewal_notifications=emails_off)

    (entry,) = planned([row(order)], make_criteria(on_issued=LAPSE), details=read)

    assert action_and_reason(entry) == ("leave", because("an order to let expire, without details"))


@pytest.mark.parametrize("unclear", [{"has_duplicates": True}, {"has_reissues": True}, {"has_reissues": None}])
@pytest.mark.parametrize("where", [row, whole])
def test_an_order_is_set_to_expire_only_where_all_its_certificates_are_known(
    unclear: dict[str, Any], where: Any
) -> None:
    order = an_order()
    unclear_order = replace(order, **unclear)
    listed, page = (unclear_order, order) if where is row else (order, unclear_order)
    # What one of them leaves out, the other contains.
    known = None in unclear.values()
    nameless = ends_of(order, certificates=(replace(ONE, domains=()),))

    for certificates, is_known in (([], known), ([nameless], known), ([ends_of(order)], True)):
        (entry,) = planned(
            [row(listed)], make_criteria(on_issued=LAPSE), details=[whole(page)], certificates=certificates
        )
        assert action_and_reason(entry)[0] == ("lapse" if is_known else "leave")
        assert is_known or entry["reason"] == because("an order to let expire, with unknown certificates")


# -- revoking ----------------------------------------------------------------------------------------------------------

WAIVED = {"probe": False, "waiver": "the data centre is gone"}


@each("status", ["issued", "reissue_pending", "renewed"])
@each(
    ("verdict", "situation"),
    [
        ("not_served", "a certificate that is not served"),
        ("served", "a certificate that is served"),
        *(
            (verdict, "an unknown probe result")
            for verdict in ("unknown", "", "Served", "NOT_SERVED", "not served", "timeout", None, True, False)
        ),
    ],
)
def test_only_certificates_verified_as_not_served_are_revoked(status: str, verdict: Any, situation: str) -> None:
    entry = entry_of(an_order(status), make_criteria(on_issued=REVOKE), served={"7": verdict})

    is_revoked = verdict == "not_served"
    assert action_and_reason(entry) == ("revoke" if is_revoked else "leave", because(situation))
    assert ("drop_reissue" in entry) is (is_revoked and status == "reissue_pending")
    assert entry["state"].get("served") == ("not_served" if is_revoked else None)


@pytest.mark.parametrize("served", [{}, {"8": "not_served"}, {7: "not_served"}])
def test_no_verdict_or_that_of_another_order_is_none(served: Any) -> None:
    entry = entry_of(an_order(), make_criteria(on_issued=REVOKE), served=served)

    assert action_and_reason(entry) == ("leave", because("an unknown probe result"))


@pytest.mark.parametrize("served", [{}, {"7": "unknown"}, {"7": "not_served"}])
def test_a_waiver_is_the_reason_and_no_probe_result_is_claimed(served: dict[str, str]) -> None:
    entry = entry_of(an_order(has_duplicates=True), make_criteria(on_issued=REVOKE, **WAIVED), (SHOP,), served=served)

    assert entry["action"] == "revoke"
    assert WAIVED["waiver"] in entry["reason"]
    assert entry["state"] == {
        "status": "issued",
        "valid_till": "2026-03-31",
        "certificates": ["01F", "0A"],
        "served": "waived",
        "product": "",
    }


HIDES = {"served": {"7": "unresolved"}, "unresolved": {"7": [SHOP]}}


def test_a_name_that_does_not_resolve_is_shown_to_the_approver_and_blocks_nothing() -> None:
    entry = entry_of(an_order(), make_criteria(on_issued=REVOKE), **HIDES)

    assert action_and_reason(entry) == ("revoke", because("a name that does not resolve"))
    assert (entry["state"]["served"], entry["state"]["unresolved"]) == ("unresolved", [SHOP])


def test_without_an_approval_a_name_that_does_not_resolve_needs_the_waiver() -> None:
    options = {"on_issued": REVOKE, "unapproved": True}
    left = entry_of(an_order(), make_criteria(**options), **HIDES)
    waived = entry_of(an_order(), make_criteria(**options, waiver="the shop was never public"), **HIDES)

    assert left["action"] == "leave"
    assert SHOP in left["reason"]
    assert "decommission_domain_probe_waiver" in left["reason"]
    assert waived["action"] == "revoke"
    assert "the shop was never public" in waived["reason"]
    # It is no leave to revoke what is served, or may be.
    for verdict in ("served", "unknown"):
        assert entry_of(an_order(), make_criteria(**options, waiver="x"), served={"7": verdict})["action"] == "leave"
    # And nothing is needed where all names resolve.
    assert entry_of(an_order(), make_criteria(**options))["action"] == "revoke"


@pytest.mark.parametrize(("unapproved", "action"), [(False, "revoke"), (True, "leave")])
def test_a_name_of_servertastic_that_does_not_resolve_is_treated_alike(unapproved: bool, action: str) -> None:
    review = a_review("Completed", SHOP, completed_at=NOW - timedelta(days=3))
    criteria, verdicts_by_order = make_criteria(on_issued=REVOKE, unapproved=unapproved), {DIGEST: "unresolved"}

    (entry,) = planned([], criteria, reviews=[review], served=verdicts_by_order, unresolved={DIGEST: [SHOP]})

    assert entry["action"] == action
    assert SHOP in entry["reason"]
    assert entry["state"].get("unresolved") == (None if unapproved else [SHOP])


def test_which_names_do_not_resolve_is_collected_by_order() -> None:
    probes = [
        {"item": {"order": "7"}, "results": [{"name": "b.x", "verdict": "unresolved"}]},
        {"item": {"order": "7"}, "results": [{"name": name, "verdict": "unresolved"} for name in ("a.x", "b.x")]},
        {"item": {"order": "8"}, "results": [{"name": "c.x", "verdict": "not_served"}]},
        {"item": {"order": "9"}, "failed": True, "msg": "no"},
        {"skipped": True},
    ]

    assert both_ways(probes, policy.unresolved) == {"7": ["a.x", "b.x"]}


def test_no_waiver_overrides_a_served_certificate() -> None:
    entry = entry_of(an_order(), make_criteria(on_issued=REVOKE, **WAIVED), served={"7": "served"})

    assert action_and_reason(entry) == ("leave", because("a certificate that is served"))


def test_a_revocation_approved_after_a_probe_is_not_applied_without_one() -> None:
    approved = entry_of(an_order(), make_criteria(on_issued=REVOKE))
    fresh = entry_of(an_order(), make_criteria(on_issued=REVOKE, **WAIVED))

    execute, changed, new = plans_approval.agreed([approved], [fresh])

    assert (execute, new) == ([], [])
    assert "waived" in changed[0]["reason"]


ENDS = ends_of(an_order())
ONE = ENDS.certificates[0]


@pytest.mark.parametrize(
    "certificates",
    [
        [],
        [replace(ENDS, order_id=8)],
        [Ending(7)],
        [replace(ENDS, order=None)],
        *(
            [replace(ENDS, certificates=several)]
            for several in (
                (),
                (replace(ONE, serial_number=""),),
                (ONE, replace(ONE, serial_number="")),
                (ONE, replace(ONE, domains=())),
            )
        ),
    ],
)
@pytest.mark.parametrize("options", [{}, WAIVED])
def test_what_a_revocation_would_end_has_to_be_known(certificates: Any, options: dict[str, Any]) -> None:
    """A certificate with unknown names may be one for names that stay."""
    entry = entry_of(an_order(), make_criteria(on_issued=REVOKE, **options), certificates=certificates)

    assert action_and_reason(entry) == ("leave", because("certificates that cannot be read"))


def test_the_reason_contains_the_read_error() -> None:
    entry = entry_of(an_order(), make_criteria(on_issued=REVOKE), certificates=[Ending(7, reason="it is not there")])

    assert action_and_reason(entry)[0] == "leave"
    assert "it is not there" in entry["reason"]


@pytest.mark.parametrize("status", ["issued", "reissue_pending"])
def test_a_revocation_that_waits_for_its_approval_is_not_asked_for_again(status: str) -> None:
    """Without `skip_approval` a revocation ends as a request, and the order stays issued: that has to converge."""
    order = an_order(status, requests=(Request(60, "revoke", "pending"),))
    ends = ends_of(order)
    assert [request.id for request in ends.requests] == [60]

    entry = entry_of(order, make_criteria(on_issued=REVOKE))

    assert action_and_reason(entry) == ("leave", because("a revocation that waits for approval"))
    assert entry["request_id"] == 60


@pytest.mark.parametrize(
    ("listed", "read"), [("issued", "reissue_pending"), ("reissue_pending", "issued"), ("renewed", "revoked")]
)
def test_an_order_that_changed_between_two_reads_is_not_revoked(listed: str, read: str) -> None:
    ends = [replace(ENDS, order=an_order(read))]

    assert action_and_reason(entry_of(an_order(listed), make_criteria(on_issued=REVOKE), certificates=ends)) == (
        "leave",
        because("rows of one order that differ"),
    )


def test_a_mark_may_show_in_one_answer_and_not_in_another() -> None:
    ends = [replace(ENDS, order=an_order("renewed"))]

    assert entry_of(an_order(), make_criteria(on_issued=REVOKE), certificates=ends)["action"] == "revoke"


# -- what to probe -----------------------------------------------------------------------------------------------------


def test_every_name_and_certificate_is_probed() -> None:
    order = an_order(common_name="SHOP.example.com", has_duplicates=True)
    rows = [ends_of(order, (WWW, SHOP), ("Bücher.example",)), ends_of(replace(order, id=3))]

    assert both_ways(rows, lambda several: to_probe(several, [], make_criteria(on_issued=REVOKE))) == [
        {"order": "3", "names": [SHOP], "serial_numbers": ["0A"]},
        {"order": "7", "names": [SHOP, WWW, BOOKS], "serial_numbers": ["01F", "02F", "0A"]},
    ]


@pytest.mark.parametrize("options", [{}, {"on_issued": LAPSE}, {"on_issued": REVOKE, **WAIVED}])
def test_no_probe_where_it_decides_nothing(options: dict[str, Any]) -> None:
    assert to_probe([ends_of(an_order())], [a_review()], make_criteria(**options)) == []


@pytest.mark.parametrize("certificates", [(), (replace(ONE, serial_number=""),), (replace(ONE, domains=()),)])
def test_no_probe_without_known_serial_numbers_and_names(certificates: tuple[Certificate, ...]) -> None:
    ends = replace(ENDS, certificates=certificates)

    assert to_probe([ends, Ending(8)], [], make_criteria(on_issued=REVOKE)) == []


def test_one_certificate_without_a_serial_number_hides_no_other() -> None:
    ends = replace(ENDS, certificates=(replace(ONE, serial_number=""), ONE))

    assert to_probe([ends], [], make_criteria(on_issued=REVOKE))[0]["serial_numbers"] == ["0A"]


@pytest.mark.parametrize(
    ("probes", "verdict"),
    [
        (["not_served"], "not_served"),
        (["not_served", "not_served"], "not_served"),
        (["served"], "served"),
        (["not_served", "served"], "served"),
        (["unknown", "served", "not_served"], "served"),
        (["not_served", "unknown"], "unknown"),
        (["not_served", ""], "unknown"),
        (["unresolved"], "unresolved"),
        (["not_served", "unresolved"], "unresolved"),
        (["unresolved", "unknown"], "unknown"),
        (["unresolved", "served"], "served"),
        ([""], "unknown"),
        (["sure"], "unknown"),
        ([None], "unknown"),
    ],
)
def test_of_several_probes_the_worst_counts(probes: list[Any], verdict: str) -> None:
    results = [{"item": {"order": "7"}, "verdict": verdict_of_probe} for verdict_of_probe in probes]

    assert both_ways(results, verdicts) == {"7": verdict}


def test_a_failed_or_skipped_probe_is_unknown() -> None:
    assert verdicts([{"item": {"order": 7}, "failed": True}, {"skipped": True}]) == {"7": "unknown"}


# -- marks -------------------------------------------------------------------------------------------------------------


@each("kind", ALL_KINDS)
@each(
    ("wanted", "is_migrated", "is_renewed", "action"),
    [
        (True, True, False, "mark_renewed"),
        # Neither the list nor its own page shows a mark.
        (True, True, None, "mark_renewed"),
        (True, True, True, "nothing"),
        (True, False, False, "nothing"),
        (True, None, False, "nothing"),
        (False, True, False, "nothing"),
    ],
)
@each("status", ["expired", "issued"])
def test_an_expired_migrated_order_is_marked_where_that_is_wanted(
    status: str, kind: str, wanted: bool, is_migrated: bool | None, is_renewed: bool | None, action: str
) -> None:
    facts = {"is_migrated": is_migrated, "is_renewed": is_renewed, "valid_till": TODAY - timedelta(days=1)}

    assert entry_of(an_order(status, **facts), make_criteria(on_issued=kind, mark_renewed=wanted))["action"] == action


@each(
    ("listed", "shown", "seen", "action"),
    [
        (None, None, frozenset([ROW, DETAILS, ORIGIN]), "mark_renewed"),
        (False, False, frozenset([ROW, DETAILS, ORIGIN]), "mark_renewed"),
        (True, True, frozenset([ROW, DETAILS, ORIGIN]), "nothing"),
        # Either can omit the mark, and the page is newer.
        (True, None, frozenset([ROW, DETAILS, ORIGIN]), "nothing"),
        (None, True, frozenset([ROW, DETAILS, ORIGIN]), "nothing"),
        (True, False, frozenset([ROW, DETAILS, ORIGIN]), "mark_renewed"),
        # A list can omit the mark of a marked order.
        (None, None, frozenset([ROW, ORIGIN]), "nothing"),
    ],
)
def test_an_order_is_marked_only_if_its_details_show_no_mark(
    listed: bool | None, shown: bool | None, seen: frozenset[str], action: str
) -> None:
    order = an_order("expired", is_migrated=True, is_renewed=listed, valid_till=TODAY)
    page = replace(order, is_renewed=shown, seen=seen)
    (entry,) = planned([row(order)], make_criteria(mark_renewed=True), details=[page])
    assert entry["action"] == action


@pytest.mark.parametrize("days", [None, 1, 200])
def test_an_order_without_a_date_of_expiry_is_not_marked(days: int | None) -> None:
    valid_till = None if days is None else TODAY + timedelta(days=days)
    order = an_order("expired", is_migrated=True, valid_till=valid_till)

    assert entry_of(order, make_criteria(mark_renewed=True))["action"] == "nothing"


def test_without_its_origin_no_order_is_marked() -> None:
    (entry,) = planned([row(an_order("expired", is_migrated=True))], make_criteria(mark_renewed=True))

    assert entry["action"] == "nothing"


# -- names that stay in use --------------------------------------------------------------------------------------------

SUCCESSOR = an_order(id=99)
ENDINGS = {
    "cancel": (an_order("pending"), {}),
    "reject_request": (an_order("needs_approval"), {}),
    "drop_reissue": (an_order("reissue_pending"), {}),
    "lapse": (an_order("reissue_pending"), {"on_issued": LAPSE}),
    "revoke": (an_order("reissue_pending"), {"on_issued": REVOKE}),
    "mark_renewed": (an_order("expired", is_migrated=True), {"mark_renewed": True}),
}


def with_successors(order: Order, criteria: Decommission, *successors: Order, **facts: Any) -> dict[str, Any]:
    """Return the entry of an order that is read whole and that nothing serves, beside those that replace it."""
    known: dict[str, Any] = {
        "details": [replace(order, seen=frozenset([ROW, DETAILS, ORIGIN]))],
        "certificates": [ends_of(order)],
        "served": {"7": "not_served"},
    }
    entries = planned([row(order), *successors], criteria, **{**known, **facts})
    (entry,) = (entry for entry in entries if entry["order"] == "7")
    return entry


@each("action", ENDINGS)
@each(
    ("changes", "good"),
    [
        ({}, True),
        ({"dns_names": (WILD,), "common_name": WILD}, True),
        ({"status": "renewed"}, True),
        ({"valid_till": TODAY}, True),
        ({"status": "pending"}, False),
        ({"status": "reissue_pending"}, False),
        ({"status": "revoked"}, False),
        ({"status": "expired"}, False),
        ({"valid_till": TODAY - timedelta(days=1)}, False),
        ({"valid_till": None}, False),
        # A multi-year plan stays active, and its certificate does not.
        (
            {
                "valid_till": TODAY - timedelta(days=1),
                "order_valid_till": TODAY + timedelta(days=300),
                "is_multi_year_plan": True,
            },
            False,
        ),
        ({"dns_names": (WWW,), "common_name": WWW}, False),
        ({"dns_names": ("*.shop.example.com",), "common_name": ""}, False),
        ({"id": 98}, False),
    ],
)
def test_nothing_of_a_living_name_is_ended_unless_an_issued_replacement_covers_it(
    action: str, changes: dict[str, Any], good: bool
) -> None:
    order, options = ENDINGS[action]
    criteria = make_criteria(names_in_use=[SHOP], replacements=[99], **options)

    entry = with_successors(order, criteria, row(replace(SUCCESSOR, **changes)))

    assert entry["action"] == (action if good else "leave")
    assert entry["state"].get("replaced_by") == (["99"] if good else None)
    if not good:
        assert SHOP in entry["reason"]
        assert ("99" in entry["reason"]) is ("id" in changes)
        assert not {"drop_reissue", "request_id"} & set(entry)
    # It is the name alone that makes the difference.
    assert with_successors(order, make_criteria(**options))["action"] == action


@pytest.mark.parametrize(
    ("names", "options", "replaced", "good"),
    [
        ((WILD,), {"names_in_use": [SHOP]}, (SHOP,), True),
        ((WILD,), {"names_in_use": [SHOP]}, (WWW,), False),
        ((WILD,), {"names": [WILD, BASE], "names_in_use": [BASE]}, (WILD,), False),
        ((WILD,), {"names": [WILD, BASE], "names_in_use": [BASE]}, (BASE,), True),
        ((WWW, SHOP), {"names": [WWW, SHOP], "names_in_use": [SHOP]}, (SHOP,), True),
        ((WWW, SHOP), {"names": [WWW, SHOP], "names_in_use": [SHOP, WWW]}, (SHOP,), False),
        ((WWW, SHOP), {"names": [WWW, SHOP], "names_in_use": [SHOP, WWW]}, (WILD,), True),
        ((WWW,), {"names": [WWW, SHOP], "names_in_use": [SHOP]}, (), True),
        ((SHOP,), {"names": [SHOP, WILD], "names_in_use": [WILD]}, (WWW,), False),
        ((SHOP,), {"names": [SHOP, WILD], "names_in_use": [WILD]}, (WILD,), True),
        (("a.shop.example.com",), {"include_subdomains": True, "names_in_use": [SHOP]}, (SHOP,), False),
        (("a.shop.example.com",), {"include_subdomains": True, "names_in_use": [SHOP]}, ("*.shop.example.com",), True),
        (("a.shop.example.com",), {"include_subdomains": True, "names_in_use": ["a.shop.example.com"]}, (SHOP,), False),
        (("b.shop.example.com",), {"include_subdomains": True, "names_in_use": ["a.shop.example.com"]}, (), True),
    ],
)
def test_what_covers_a_living_name(
    names: tuple[str, ...], options: dict[str, Any], replaced: tuple[str, ...], good: bool
) -> None:
    criteria = parse_request({"names": [SHOP], "shared": [7], "replacements": [99], **options})
    successor = an_order("issued", *(replaced or ("other.test",)), id=99)

    assert with_successors(an_order("pending", *names), criteria, row(successor))["action"] == (
        "cancel" if good else "leave"
    )


def test_a_wildcard_ends_with_its_order_whatever_stays_elsewhere() -> None:
    below = "*.shop.example.com"
    for stays in (WWW, "intranet"):
        criteria = make_criteria(below, stays, names_in_use=[stays], shared=[7])
        assert entry_of(an_order("pending", below), criteria)["action"] == "cancel"
        assert (
            entry_of(an_order("pending", SHOP), make_criteria(stays, SHOP, names_in_use=[stays]))["action"] == "cancel"
        )


def test_a_wildcard_may_be_decommissioned_while_a_name_below_it_stays() -> None:
    criteria = make_criteria(WILD, names_in_use=[WWW], shared=[7], replacements=[99])

    assert with_successors(an_order("pending", WILD), criteria, row(SUCCESSOR))["action"] == "leave"
    assert (
        with_successors(an_order("pending", WILD), criteria, row(an_order("issued", WWW, id=99)))["action"] == "cancel"
    )


def test_one_missing_replacement_stops_the_names_that_stay_and_nothing_else() -> None:
    """One of two ids was mistyped: the intended order cannot be distinguished from any other, and would be ended."""
    criteria = make_criteria(SHOP, WWW, names_in_use=[SHOP], replacements=[99, 999])
    orders = [an_order("pending"), an_order("pending", WWW, id=8), SUCCESSOR]

    entries = planned(map(row, orders), criteria, details=map(whole, orders[:2]))

    assert [entry["action"] for entry in entries] == ["leave", "cancel", "leave"]
    assert SHOP in entries[0]["reason"]
    assert "999" in entries[0]["reason"]
    assert entries[2]["reason"] == because("a replacement")


@pytest.mark.parametrize("changes", [{"status": "revoked"}, {"dns_names": (SHOP, WWW)}])
def test_a_replacement_with_contradicting_rows_replaces_nothing(changes: dict[str, Any]) -> None:
    criteria = make_criteria(names_in_use=[SHOP], replacements=[99])
    rows = [row(an_order("pending")), row(SUCCESSOR), row(replace(SUCCESSOR, **changes))]

    assert [one["action"] for one in both_ways(rows, lambda several: planned(several, criteria))] == ["leave", "leave"]


@each("kind", ALL_KINDS)
@each("status", ORDER_STATUSES)
def test_a_replacement_is_never_touched(status: str, kind: str) -> None:
    criteria = make_criteria(on_issued=kind, mark_renewed=True, replacements=[7], shared=[7], **WAIVED)

    entry = with_successors(an_order(status, is_migrated=True), criteria)

    assert action_and_reason(entry) == ("leave", because("a replacement"))


# -- Servertastic ------------------------------------------------------------------------------------------------------

DIGEST, OTHER = "ab" * 32, "cd" * 32
OPEN = NOW - WINDOW + timedelta(days=1)
LATEST = datetime.max.replace(tzinfo=timezone.utc)
NOT_ISSUED = ("Order Placed", "Awaiting Customer Verification", "Awaiting Provider Approval", "Queued")
CONTACT = "admin@example.com"


def a_review(status: str = "Completed", name: str = SHOP, **facts: Any) -> Review:
    known: dict[str, Any] = {
        "order_digest": DIGEST,
        "completed_at": OPEN,
        "admin_email": CONTACT,
        "expiry_date": TODAY + timedelta(days=300),
    }
    return Review(**{**known, "status": status, "domain_name": name, **facts})


def servertastic(review: Review, criteria: Decommission, verdict: str | None = "not_served") -> dict[str, Any]:
    served = {} if verdict is None else {review.order_digest: verdict}
    (entry,) = planned([], criteria, reviews=[review], served=served)
    return entry


@each("kind", ALL_KINDS)
@each("respell", [str, str.lower, str.upper, lambda text: f" {text} "])
@each(
    ("status", "action"),
    [
        *((status, "cancel") for status in NOT_ISSUED),
        ("Cancelled", "nothing"),
        ("Roll Back", "leave"),
        ("Servertastic Review", "leave"),
        ("Fulfilled", "leave"),
    ],
)
def test_what_becomes_of_an_order_that_is_not_issued(
    kind: str, respell: Callable[[str], str], status: str, action: str
) -> None:
    entry = servertastic(a_review(respell(status)), make_criteria(on_issued=kind), None)

    assert entry["action"] == action
    assert "contact" not in entry


def test_no_state_at_all_is_left() -> None:
    (entry,) = planned([], make_criteria(), reviews=[a_review("")])

    assert entry["action"] == "leave"


@pytest.mark.parametrize(
    ("kind", "options", "verdict", "action"),
    [
        (KEEP, {}, "not_served", "keep"),
        (LAPSE, {}, "not_served", "keep"),
        (REVOKE, {}, "not_served", "revoke"),
        *((REVOKE, {}, verdict, "leave") for verdict in ("served", "unknown", "", "NOT_SERVED", None)),
        *((REVOKE, WAIVED, verdict, "revoke") for verdict in ("unknown", None)),
        (REVOKE, WAIVED, "served", "leave"),
    ],
)
def test_what_becomes_of_an_issued_order_of_servertastic(
    kind: str, options: dict[str, Any], verdict: str | None, action: str
) -> None:
    entry = servertastic(a_review(), make_criteria(on_issued=kind, **options), verdict)

    assert entry["action"] == action
    # The last day on which the admin contact can approve the cancellation.
    assert "2026-03-02" in entry["reason"]
    assert (WAIVED["waiver"] in entry["reason"]) is (bool(options) and action == "revoke")
    assert (entry["contact"], CONTACT in entry["reason"]) == (CONTACT, False)
    if action == "revoke":
        assert entry["state"]["served"] == ("waived" if options else "not_served")


def test_the_entry_of_an_order_of_servertastic() -> None:
    assert servertastic(a_review("Queued", "SHOP.example.com"), make_criteria()) == {
        "provider": "servertastic",
        "order": DIGEST,
        "name": SHOP,
        "domains": [SHOP],
        "action": "cancel",
        "reason": known()["decommission plan of Servertastic"]["an order that is not issued"],
        "state": {"status": "Queued", "window_closes": "2026-03-02T12:00:00Z"},
    }


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("completed_at", [None, NOW - WINDOW, NOW - WINDOW - timedelta(days=1), LATEST])
def test_an_issued_order_with_a_closed_or_unknown_window_is_left(kind: str, completed_at: datetime | None) -> None:
    entry = servertastic(a_review(completed_at=completed_at), make_criteria(on_issued=kind))

    assert action_and_reason(entry) == ("leave", known()["decommission plan of Servertastic"]["a closed window"])


@pytest.mark.parametrize("code", ["SmarterMail-Pro", "SMARTERTRACK", "smarterstats-1", "smartertools", "SmarterBundle"])
@pytest.mark.parametrize("status", [*NOT_ISSUED, "Completed"])
def test_products_of_smartertools_are_left(code: str, status: str) -> None:
    entry = servertastic(a_review(status, product_code=code), make_criteria(on_issued=REVOKE))

    assert entry["action"] == "leave"
    assert code in entry["reason"]


@each("status", [*NOT_ISSUED, "Completed", "Cancelled"])
@each(
    ("name", "options", "mentioned"),
    [
        (WILD, {}, WILD),
        (WILD, {"shared": [DIGEST], "protected": [WWW]}, f"({WWW})"),
        (SHOP, {"shared": [DIGEST], "protected": ["shop.*"]}, "(shop.*)"),
        ("*.shop.example.com", {"include_subdomains": True}, "*.shop.example.com"),
        ("x@shop.example.com", {"names": [BASE], "include_subdomains": True}, "x@shop.example.com"),
        (SHOP, {"replacements": [DIGEST]}, "replacement"),
    ],
)
def test_guards_hold_for_servertastic(status: str, name: str, options: dict[str, Any], mentioned: str) -> None:
    criteria = parse_request({"names": [SHOP], "on_issued": REVOKE, **options})

    entry = servertastic(a_review(status, name), criteria)

    assert entry["action"] == "leave"
    assert mentioned in entry["reason"]
    if "replacements" not in options:
        assert to_probe([], [a_review(status, name)], criteria) == []


@pytest.mark.parametrize("status", ["Queued", "Completed"])
@pytest.mark.parametrize(
    ("facts", "situation"),
    [
        ({"domains": (SHOP, WWW), "san_count": 1}, "another name"),
        ({"domains": (SHOP,), "san_count": 1}, "a name that Servertastic does not return"),
        ({"domains": (SHOP,), "san_count": 2}, "names that Servertastic does not return"),
    ],
)
def test_an_order_of_servertastic_with_more_names_is_left(status: str, facts: dict[str, Any], situation: str) -> None:
    entry = servertastic(a_review(status, **facts), make_criteria(on_issued=REVOKE))

    assert action_and_reason(entry) == ("leave", known()["decommission plan of Servertastic"][situation])
    assert entry["domains"] == list(facts["domains"])


def test_an_order_of_servertastic_is_ended_only_with_all_of_its_names() -> None:
    review = a_review(domains=(SHOP, WWW), san_count=1)

    assert to_probe([], [review], make_criteria(SHOP, WWW, on_issued=REVOKE))[0]["names"] == [SHOP, WWW]
    assert servertastic(a_review("Queued", domains=(SHOP, WWW)), make_criteria(SHOP, WWW))["action"] == "cancel"
    # It is found by any of them.
    assert servertastic(a_review("Queued", domains=(SHOP, WWW)), make_criteria(WWW))["action"] == "leave"


def test_a_wildcard_of_servertastic_that_is_listed_may_go() -> None:
    assert servertastic(a_review("Queued", WILD), make_criteria(shared=[DIGEST]))["action"] == "cancel"
    issued, criteria = a_review("Completed", WILD), make_criteria(shared=[DIGEST], on_issued=REVOKE)
    assert [probe["order"] for probe in to_probe([], [issued], criteria)] == [DIGEST]


@pytest.mark.parametrize("name", ["SHOP.Example.com", f"{SHOP}."])
def test_where_an_issued_order_of_servertastic_may_be_served(name: str) -> None:
    reviews = [a_review(name=name), a_review("Queued", order_digest=OTHER), a_review(name=WWW, order_digest="ef" * 32)]

    probes = both_ways(reviews, lambda several: to_probe([], several, make_criteria(on_issued=REVOKE)))

    assert probes == [{"order": DIGEST, "names": [SHOP], "serial_numbers": []}]


def test_orders_of_servertastic_without_a_name_or_digest_cover_nothing() -> None:
    reviews = [a_review("Order Placed", ""), a_review(order_digest="")]

    assert planned([], make_criteria(), reviews=reviews) == []


@pytest.mark.parametrize("other", [a_review("Queued"), a_review(completed_at=OPEN + timedelta(days=1))])
def test_an_order_of_servertastic_with_contradicting_reviews_is_left(other: Review) -> None:
    reviews = [other, a_review()]
    criteria = make_criteria(on_issued=REVOKE)

    (entry,) = both_ways(reviews, lambda several: planned([], criteria, reviews=several, served={DIGEST: "not_served"}))

    assert action_and_reason(entry) == ("leave", because("rows of one order that differ"))
    assert to_probe([], reviews, criteria) == []
    assert len(planned([], criteria, reviews=reviews[:1] * 2)) == 1


@pytest.mark.parametrize(
    ("status", "facts", "not_issued", "issued"),
    [
        ("Completed", {}, True, True),
        ("Completed", {"expiry_date": None}, True, True),
        ("Completed", {"expiry_date": TODAY - timedelta(days=1)}, False, False),
        ("Queued", {}, True, False),
        ("Awaiting Provider Approval", {}, True, False),
        ("Order Placed", {}, False, False),
        ("Cancelled", {}, False, False),
        ("Roll Back", {}, False, False),
        ("Completed", {"domain_name": WWW}, False, False),
        ("Completed", {"domain_name": ""}, False, False),
        ("Completed", {"domain_name": WILD}, True, True),
    ],
)
def test_what_is_not_issued_yet_replaces_nothing_that_is(
    status: str, facts: dict[str, Any], not_issued: bool, issued: bool
) -> None:
    """Servertastic's have to be placed before another is cancelled; a certificate in use needs one that is issued."""
    criteria = make_criteria(on_issued=REVOKE, names_in_use=[SHOP], replacements=[OTHER])
    successor = a_review(status, **{"order_digest": OTHER, **facts})

    def becomes(orders: Any = (), reviews: Any = ()) -> str:
        served = {"7": "not_served", DIGEST: "not_served"}
        entries = planned(
            orders, criteria, reviews=[*reviews, successor], certificates=[ends_of(an_order())], served=served
        )
        (entry,) = (one for one in entries if one["order"] in ("7", DIGEST))
        assert entry["state"].get("replaced_by") == ([OTHER] if entry["action"] != "leave" else None)
        return str(entry["action"])

    assert becomes(reviews=[a_review("Queued")]) == ("cancel" if not_issued else "leave")
    assert becomes(reviews=[a_review()]) == ("revoke" if issued else "leave")
    assert becomes([row(an_order())]) == ("revoke" if issued else "leave")


# -- the modules' own policies agree -----------------------------------------------------------------------------------


def refused(order: Order, entry: Mapping[str, Any]) -> str:
    """Why the module that carries an entry out would not do it, nothing where it would."""
    action, drops = entry["action"], entry.get("drop_reissue", False)
    known = replace(order, seen=READ_ALL, renewed_order_id=0)
    if action in ("cancel", "drop_reissue", "mark_renewed"):
        target = "renewed" if action == "mark_renewed" else "canceled"
        options = {"cancel_reissue": action == "drop_reissue", "require_migrated": True}
        decision = _certcentral_policy.decide(known, target, today=TODAY, **options)
    elif action == "reject_request":
        settleable = RequestsToDecide(order.id, tuple(one for one in order.requests if one.id == entry["request_id"]))
        decision = _certcentral_policy.decide_request(settleable, "rejected", may_revoke=False)
    elif action == "revoke":
        decision = _certcentral_policy.decide_revocation(
            Revocable(known), today=TODAY, skip_approval=False, cancel_reissue=drops
        )
    else:
        assert action == "lapse"
        decision = _certcentral_policy.decide_renewal(
            RenewalSettings(known), {"renewal_emails": False, "auto_reissue": False}
        )
    if decision.outcome == CHANGED and not decision.required_fact:
        return ""
    # What already expires, except for its reissue, has nothing more to be switched off.
    return "" if action == "lapse" and drops and decision.outcome == "unchanged" else str(decision)


@each("status", [*ORDER_STATUSES, "on_hold", ""])
@each("kind", ALL_KINDS)
@each("days", [None, -400, -1, 0, 30, 90, 200])
def test_what_is_planned_is_what_the_modules_would_do(status: str, kind: str, days: int | None) -> None:
    valid_till = None if days is None else TODAY + timedelta(days=days)
    for order_till in (None, TODAY + timedelta(days=300)):
        for is_renewed in (None, False, True):
            facts = {"valid_till": valid_till, "order_valid_till": order_till, "is_renewed": is_renewed}
            order = an_order(status, is_migrated=True, is_multi_year_plan=bool(order_till), **facts)
            entry = entry_of(order, make_criteria(on_issued=kind, mark_renewed=True))
            assert entry["action"] not in WRITES or refused(order, entry) == ""


@each("status", [*NOT_ISSUED, "Completed", "COMPLETED", "Cancelled", "Roll Back", "Servertastic Review", "", "?"])
@each("kind", ALL_KINDS)
@each("hours", [None, -31 * 24, -30 * 24, -30 * 24 + 1, -1, 0])
def test_what_is_planned_is_what_servertastics_module_would_do(status: str, kind: str, hours: int | None) -> None:
    for code in ("RapidSSL-12", "SmarterMail-1"):
        for name in (SHOP, ""):
            completed = None if hours is None else NOW + timedelta(hours=hours)
            review = a_review(status, name, completed_at=completed, product_code=code)
            for entry in planned([], make_criteria(on_issued=kind), reviews=[review], served={DIGEST: "not_served"}):
                criteria = _servertastic_policy.CancelRequest(
                    issued="request" if entry["action"] == "revoke" else "fail", without_replacement=True
                )
                decision = _servertastic_policy.decide(_servertastic_policy.Subject(review), criteria, now=NOW)
                if entry["action"] in WRITES:
                    assert decision.outcome == CHANGED
                    assert decision.ends == (PENDING_APPROVAL if entry["action"] == "revoke" else CHANGED)


# -- whatever comes ----------------------------------------------------------------------------------------------------

GOING = (SHOP, "a.shop.example.com", BASE, WILD, BOOKS, "other.test")
NAMES = (
    *GOING,
    WWW,
    "Shop.Example.com",
    "bücher.example",
    "b.a.shop.example.com",
    "*.shop.example.com",
    "db.other.test",
    "pay.shop.example.com",
    f"{BOOKS}.example.com",
)
HOSTILE = (
    "{{ 7 * 7 }}",
    "<script>",
    "=cmd()",
    "*",
    "*.",
    ".",
    "..",
    "[!",
    "a\\u202e.shop.example.com",
    ".shop.example.com",
    "*.*",
    "shop.example.com:443",
    "x@shop.example.com",
    "2001:db8::1",
    "None",
)
PATTERNS = (
    "www.*",
    "*.other.test",
    WWW,
    "*.shop.*",
    "[!a].example.com",
    "*.EXAMPLE.com",
    "bücher.example",
    "pay.*",
    "*",
)
names = st.one_of(st.sampled_from(NAMES), st.sampled_from(HOSTILE), st.text(max_size=8))
several_names = st.lists(names, max_size=4).map(tuple)
# Most orders are such that something may become of them: else the properties would hold for want of any write.
plain_names = st.sampled_from([(), (), (SHOP,), (SHOP, "a.shop.example.com"), ("other.test", SHOP)])
LIVELY = ("pending", "needs_approval", "issued", "issued", "issued", "reissue_pending", "expired", "renewed")
statuses = st.sampled_from([*LIVELY, *LIVELY, *ORDER_STATUSES, "on_hold", "", "Issued"])
days = st.integers(min_value=-400, max_value=400).map(lambda number: TODAY + timedelta(days=number))
maybe = st.sampled_from([False, False, True, None])
some_requests = st.lists(
    st.builds(
        Request,
        id=st.integers(min_value=0, max_value=99),
        type=st.sampled_from(["new_request", "new_request", "reissue", "renewal", "revoke", "duplicate", ""]),
        status=st.sampled_from(["pending", "submitted", "approved", "rejected", "?"]),
    ),
    max_size=3,
    unique_by=lambda one: one.id,
).map(tuple)


@dataclass(frozen=True)
class Held:
    """An order as the service holds it, with what else is true of it.

    more: names of its duplicates and reissues. verdict: the result of a probe, None where it fails.
    readable: whether its own page and its certificates can be read.
    """

    order: Order
    more: tuple[tuple[str, ...], ...]
    verdict: str | None
    readable: bool

    @property
    def covers(self) -> set[str]:
        return {*self.order.domains, *(name.lower() for several in self.more for name in several)}

    @property
    def ends(self) -> Ending:
        return ends_of(self.order, *self.more)


def held(order: Order, more: tuple[tuple[str, ...], ...], verdict: str | None, readable: bool) -> Held:
    # An order with others shows that, or leaves it open.
    claims = {"has_duplicates": True if order.has_duplicates else None} if more else {}
    return Held(replace(order, **claims), more, verdict, readable)


others = st.one_of(st.just(()), st.just(()), st.lists(several_names, min_size=1, max_size=2).map(tuple))
probe_verdicts = st.sampled_from(["not_served", "not_served", "unresolved", "served", "unknown", None])
noisy = st.builds(
    held,
    order=st.builds(
        Order,
        id=st.integers(min_value=1, max_value=10**9),
        status=statuses,
        is_renewed=maybe,
        valid_till=st.one_of(days, st.none()),
        order_valid_till=st.one_of(days, st.none()),
        is_multi_year_plan=maybe,
        common_name=st.one_of(st.sampled_from([SHOP, SHOP, WILD, "intranet"]), names),
        dns_names=st.one_of(plain_names, plain_names, several_names),
        serial_number=st.sampled_from(["", "0A"]),
        is_migrated=maybe,
        product_type=st.sampled_from(["ssl_certificate"] * 7 + ["dv_ssl_certificate", "client_certificate", ""]),
        has_duplicates=maybe,
        has_reissues=maybe,
        disable_renewal_notifications=st.booleans(),
        auto_renew=st.booleans(),
        auto_reissue=st.booleans(),
        requests=st.one_of(st.just((NEW_REQUEST,)), some_requests),
    ),
    more=others,
    verdict=probe_verdicts,
    readable=st.sampled_from([True, True, True, False]),
)
# An order that is not kept out by its names or its product.
quiet = st.builds(
    held,
    order=st.builds(
        an_order,
        st.sampled_from(LIVELY),
        id=st.integers(min_value=1, max_value=10**9),
        valid_till=days,
        is_migrated=st.booleans(),
        disable_renewal_notifications=st.booleans(),
        auto_renew=st.booleans(),
        requests=st.one_of(st.just((NEW_REQUEST,)), st.just(())),
    ),
    more=st.one_of(st.just(()), st.just(((SHOP,),))),
    verdict=probe_verdicts,
    readable=st.just(True),
)
accounts = st.lists(st.one_of(quiet, quiet, noisy), min_size=1, max_size=5, unique_by=lambda one: one.order.id)


def criteria_for(ids: Sequence[str]) -> st.SearchStrategy[Decommission]:
    """Return any request about the orders with these ids."""
    plainly: dict[str, st.SearchStrategy[Any]] = {
        "names": st.lists(st.sampled_from(GOING), max_size=2).map(lambda more: [SHOP, *more]),
        "on_issued": st.sampled_from(ALL_KINDS),
        "mark_renewed": st.booleans(),
    }
    some_ids = st.lists(st.sampled_from(["4", *ids]), max_size=3)
    more: dict[str, st.SearchStrategy[Any]] = {
        "include_subdomains": st.booleans(),
        "product_types": st.sampled_from([["ssl_certificate"], ["ssl_certificate", "client_certificate"], []]),
        "shared": some_ids,
        "protected": st.lists(st.sampled_from(PATTERNS), max_size=2),
        "names_in_use": st.sampled_from([[], [SHOP]]),
        "replacements": some_ids,
        "probe": st.booleans(),
    }
    anything = st.fixed_dictionaries(plainly, optional=more)
    given_words = st.one_of(st.fixed_dictionaries(plainly), anything)
    return given_words.map(lambda options: parse_request({**options, "waiver": "it is gone"}))


situations = accounts.flatmap(
    lambda account: st.tuples(st.just(account), criteria_for([str(one.order.id) for one in account]))
)


def read(account: Sequence[Held], criteria: Decommission, twice: bool = False) -> ReadFacts:
    """Return what a planning run reads beside the list, as far as it can be read."""
    times = 2 if twice else 1
    asked = to_read([row(one.order) for one in account], criteria)
    readable = [one for one in account if one.readable] * times
    certificates = [one.ends for one in readable if one.order.id in asked["certificates"]]
    verdict = {str(one.order.id): one.verdict for one in account}
    probed = [
        {"item": probe, **({"verdict": verdict[probe["order"]]} if verdict[probe["order"]] else {"failed": True})}
        for probe in to_probe(certificates, [], criteria)
    ]
    details = [
        *(whole(one.order) for one in readable if one.order.id in asked["details"]),
        *(origin(one.order) for one in readable if one.order.id in asked["origin"]),
    ]
    return ReadFacts(now=NOW, details=details, certificates=certificates, served=verdicts(probed * times))


def of_account(account: Iterable[Held], criteria: Decommission, twice: bool = False) -> list[dict[str, Any]]:
    several = list(account)
    rows = [row(one.order) for one in several] * (2 if twice else 1)
    return plan(rows, [], criteria, read(several, criteria, twice))


def applied(account: Iterable[Held], entries: Iterable[Mapping[str, Any]]) -> list[Held]:
    """Return the account after a plan has been carried out."""
    actions = {entry["order"]: entry for entry in entries}
    return [replace(one, order=_after(one.order, actions.get(str(one.order.id), {}))) for one in account]


def _after(order: Order, entry: Mapping[str, Any]) -> Order:
    if entry.get("drop_reissue"):
        order = replace(order, status="issued")
    changes: dict[str, dict[str, Any]] = {
        "cancel": {"status": "canceled"},
        "reject_request": {"status": "rejected"},
        "drop_reissue": {"status": "issued"},
        "lapse": {"disable_renewal_notifications": True, "auto_reissue": False},
        "revoke": {"status": "revoked"},
        "mark_renewed": {"is_renewed": True},
    }
    return replace(order, **changes.get(entry.get("action", ""), {}))


def going(name: str, criteria: Decommission) -> bool:
    """Whether a name is decommissioned, implemented independently of the policy."""
    labels = name.split(".")
    above = {name}
    if criteria.include_subdomains:
        above |= {".".join(labels[number:]) for number in range(1, len(labels))}
    return bool(above & criteria.names)


def spelled(name: str) -> str:
    return BOOKS if name == "bücher.example" else name


def is_protected(name: str, criteria: Decommission) -> bool:
    """Whether a name, or one of those that a wildcard covers, is protected, in other words than the policy's."""
    below = [name]
    if name.startswith("*."):
        below += [name[2:], *(f"{label}.{name[2:]}" for label in ("www", "pay", "shop", "a", "b", "db", "bücher"))]
    return any(fnmatchcase(one, pattern) for one in below for pattern in criteria.protected)


@pytest.mark.exhaustive
def test_the_properties_meet_every_action() -> None:
    assert_occur(
        ACTIONS,
        situations,
        lambda one: {entry["action"] for entry in of_account(*one)},
        least=thorough.max_examples,
    )


@thorough
@given(situations)
def test_no_write_touches_an_order_with_a_protected_or_foreign_name(
    situation: tuple[list[Held], Decommission],
) -> None:
    account, criteria = situation
    orders = {str(one.order.id): one for one in account}
    for entry in of_account(account, criteria):
        if entry["action"] not in WRITES:
            continue
        one = orders[entry["order"]]
        # A reissue that is dropped, an order that was never issued and a mark end no duplicate.
        ends = entry["action"] == "revoke" or (entry["action"] == "lapse" and one.order.has_duplicates is not False)
        covered = {spelled(name) for name in (one.covers if ends else one.order.domains)}
        assert set(entry["domains"]) == covered
        assert not [name for name in covered if is_protected(name, criteria)]
        assert one.order.product_type in criteria.product_types
        assert entry["order"] not in criteria.replacements
        if entry["order"] not in criteria.shared:
            assert all(going(name, criteria) and not name.startswith("*.") for name in covered)


@thorough
@given(situations)
def test_any_account_gets_one_entry_of_every_order_that_is_touched(
    situation: tuple[list[Held], Decommission],
) -> None:
    account, criteria = situation
    entries = of_account(account, criteria)

    touched = {one.order.id for one in account if any(criteria.affects(spelled(name)) for name in one.order.domains)}
    assert [int(entry["order"]) for entry in entries] == sorted(touched)
    assert json.loads(json.dumps(entries)) == entries
    # A plan takes each of them as it is, hostile names and all.
    assert len(_plan.entries_of(entries)) == len(entries)
    for entry in entries:
        assert entry["action"] in ACTIONS
        assert entry["reason"]
        assert ("request_id" in entry) is (entry["action"] == "reject_request")
        assert "drop_reissue" not in entry or entry["action"] in ("lapse", "revoke")


@thorough
@given(situations)
def test_only_requested_writes_are_planned_and_only_certificates_not_served_are_revoked(
    situation: tuple[list[Held], Decommission],
) -> None:
    account, criteria = situation
    orders = {str(one.order.id): one for one in account}
    for entry in of_account(account, criteria):
        one, action = orders[entry["order"]], entry["action"]
        assert action not in ("lapse", "revoke") or action == criteria.on_issued
        assert action != "mark_renewed" or (criteria.mark_renewed and one.order.is_migrated)
        if action == "revoke":
            assert one.readable
            assert one.verdict in ("not_served", "unresolved") or not criteria.probe
        if action == "reject_request":
            assert [entry["request_id"]] == [request.id for request in one.order.undecided]
        if action == "cancel":
            assert one.order.status in ("pending", "waiting_pickup")
        if action in WRITES:
            assert refused(one.order, entry) == ""


@thorough
@given(situations, st.randoms(use_true_random=False))
def test_neither_the_order_of_the_input_nor_duplicates_make_a_difference(
    situation: tuple[list[Held], Decommission], random: Any
) -> None:
    account, criteria = situation
    shuffled = list(account)
    random.shuffle(shuffled)

    assert of_account(shuffled, criteria) == of_account(account, criteria)
    assert of_account(shuffled, criteria, twice=True) == of_account(account, criteria)
    assert to_read([row(one.order) for one in shuffled] * 2, criteria) == to_read(
        [row(one.order) for one in account], criteria
    )


@thorough
@given(accounts, st.data())
def test_two_tellings_of_an_order_make_no_write_that_one_of_them_forbids(account: list[Held], data: Any) -> None:
    """The same order as two rows that differ: whatever comes first, it is never ended."""
    criteria = data.draw(criteria_for([str(one.order.id) for one in account]))
    first = account[0]
    other = replace(first, order=replace(data.draw(st.one_of(quiet, noisy)).order, id=first.order.id))
    rows = [row(one.order) for one in (*account, other)]
    differs = any(
        getattr(first.order, name) != getattr(other.order, name)
        for name in ("status", "domains", "product_type", "common_name")
        if getattr(first.order, name) and getattr(other.order, name)
    )

    entries = plan(rows, [], criteria, read(account, criteria))

    assert plan(rows[::-1], [], criteria, read(account, criteria)) == entries
    for entry in entries:
        if entry["order"] == str(first.order.id) and differs:
            assert entry["action"] == "leave"


@thorough
@given(situations)
def test_a_plan_that_was_applied_leaves_nothing_to_do(situation: tuple[list[Held], Decommission]) -> None:
    account, criteria = situation
    later = of_account(applied(account, of_account(account, criteria)), criteria)

    assert [entry for entry in later if entry["action"] in WRITES] == []


@thorough
@given(situations)
def test_what_is_asked_for_is_all_that_a_plan_needs(situation: tuple[list[Held], Decommission]) -> None:
    account = [replace(one, readable=True) for one in situation[0]]
    criteria = situation[1]
    asked = to_read([row(one.order) for one in account], criteria)
    ends = {str(one.order.id): one.ends for one in account}

    entries = of_account(account, criteria)

    assert not (asked["origin"] and not criteria.mark_renewed)
    assert {int(entry["order"]) for entry in entries} >= {one for ids in asked.values() for one in ids}
    for entry in entries:
        if entry["reason"].startswith(because("certificates that cannot be read")):
            # It was read, and the service returns nothing, or returns a certificate without a name or number.
            certificates = ends[entry["order"]].certificates
            assert not certificates or not all(one.serial_number and one.domains for one in certificates)
            assert int(entry["order"]) in asked["certificates"]


limits = st.fixed_dictionaries(
    {
        "max_changes": st.integers(min_value=0, max_value=5),
        "max_revocations": st.integers(min_value=0, max_value=3),
        "expected_changes": st.one_of(st.none(), st.integers(min_value=0, max_value=5)),
    }
)


@thorough
@given(situations, accounts, limits, st.data())
def test_apply_makes_only_planned_changes_and_never_more_than_the_maximum(
    situation: tuple[list[Held], Decommission], later: list[Held], most: dict[str, Any], data: Any
) -> None:
    account, criteria = situation
    # Some orders are as they were, some have changed, some are new, some are gone.
    changed = [replace(one, order=replace(one.order, id=old.order.id)) for one, old in zip(later, account)]
    kept = [data.draw(st.sampled_from([old, new])) for old, new in zip(account, changed)]
    approved, fresh = of_account(account, criteria), of_account([*kept, *account[len(kept) + 1 :]], criteria)

    execute, left, new = plans_approval.agreed(approved, fresh)

    approved_by_order = {entry["order"]: entry for entry in _plan.entries_of(approved)}
    for entry in execute:
        then = approved_by_order[entry["order"]]
        assert entry in _plan.entries_of(fresh)
        assert (entry["action"], entry["domains"]) == (then["action"], then["domains"])
        assert entry.get("request_id") == then.get("request_id")
        assert then.get("drop_reissue", False) or not entry.get("drop_reissue", False)
    assert {entry["order"] for entry in (*execute, *left)} == {
        entry["order"] for entry in plans_actions.writes(approved)
    }
    assert not {entry["order"] for entry in new} & {entry["order"] for entry in (*execute, *left)}
    if not plans_approval.guards(execute, most):
        assert len(plans_actions.writes(execute)) <= most["max_changes"]
        assert sum(entry["action"] == "revoke" for entry in execute) <= most["max_revocations"]
        assert most["expected_changes"] in (None, len(execute))


review_lists = st.lists(
    st.builds(
        Review,
        order_digest=st.text("0123456789abcdef", min_size=64, max_size=64),
        status=st.sampled_from([*NOT_ISSUED, "Completed", "Completed", "COMPLETED", "Cancelled", "Roll Back", "", "?"]),
        domain_name=st.one_of(st.sampled_from([SHOP, SHOP, WILD]), names.map(str.lower)),
        admin_email=st.text(max_size=8),
        completed_at=st.one_of(
            st.none(), st.integers(min_value=-70 * 24, max_value=24).map(lambda hours: NOW + timedelta(hours=hours))
        ),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one.order_digest,
)
review_situations = review_lists.flatmap(
    lambda several: st.tuples(st.just(several), criteria_for([one.order_digest for one in several]))
)


def of_reviews(several: Sequence[Review], criteria: Decommission, verdict: str = "not_served") -> list[dict[str, Any]]:
    probes = [{"item": probe, "verdict": verdict} for probe in to_probe([], several, criteria)]
    return planned([], criteria, reviews=several, served=verdicts(probes))


@thorough
@given(review_situations, st.randoms(use_true_random=False), st.sampled_from(["not_served", "not_served", "unknown"]))
def test_any_orders_of_servertastic_get_an_entry_and_no_guarded_one_a_write(
    situation: tuple[list[Review], Decommission], random: Any, verdict: str
) -> None:
    several, criteria = situation
    entries = of_reviews(several, criteria, verdict)
    shuffled = [*several, several[0]]
    random.shuffle(shuffled)

    assert of_reviews(shuffled, criteria, verdict) == entries
    assert json.loads(json.dumps(entries)) == entries
    assert len(_plan.entries_of(entries)) == len(entries)
    by_digest = {one.order_digest: one for one in several}
    for entry in entries:
        one, action = by_digest[entry["order"]], entry["action"]
        assert action in ("cancel", "revoke", "keep", "leave", "nothing")
        assert entry["reason"]
        if action in WRITES:
            name = spelled(one.domain_name)
            assert not is_protected(name, criteria)
            assert entry["order"] in criteria.shared or (going(name, criteria) and not name.startswith("*."))
            assert entry["order"] not in criteria.replacements
            assert (action == "revoke") is (one.state == "completed")
            assert action != "revoke" or (criteria.on_issued == REVOKE and one.window_closes is not None)
            assert action != "revoke" or verdict == "not_served" or not criteria.probe


@thorough
@given(review_situations)
def test_orders_of_servertastic_that_were_cancelled_are_not_planned_again(
    situation: tuple[list[Review], Decommission],
) -> None:
    several, criteria = situation
    ended = {entry["order"] for entry in of_reviews(several, criteria) if entry["action"] in WRITES}
    later = [replace(one, status="Cancelled") if one.order_digest in ended else one for one in several]

    assert not any(entry["action"] in WRITES for entry in of_reviews(later, criteria))


# -- the scope ---------------------------------------------------------------------------------------------------------

RETAIL, LABS = Named(1, "Retail"), Named(2, "Labs")


@each(
    ("order", "action", "is_read"),
    [
        (an_order("pending", organization=RETAIL), "cancel", True),
        (an_order("pending", organization=LABS), "leave", False),
        # Only the page of a DV order can have its organization, and an order is read before it ends anyway.
        (an_order("pending"), "leave", True),
        (an_order("issued", organization=RETAIL), "revoke", True),
        (an_order("issued", organization=LABS), "leave", False),
        (an_order("expired", organization=LABS), "nothing", False),
        (an_order("revoked", organization=LABS), "nothing", False),
        (an_order("processing", organization=LABS), "leave", False),
        # An annual plan whose certificate has expired can be reissued.
        (
            an_order("expired", organization=LABS, order_valid_till=TODAY + timedelta(days=100)),
            "leave",
            False,
        ),
        (
            an_order("expired", organization=LABS, order_valid_till=TODAY - timedelta(days=1)),
            "nothing",
            False,
        ),
    ],
)
def test_an_order_outside_of_the_scope_is_not_changed_and_shown_while_it_serves(
    order: Order, action: str, is_read: bool
) -> None:
    criteria = make_criteria(on_issued=REVOKE, organizations=["retail"])
    asked = to_read([row(order)], criteria)
    assert bool(asked["details"] or asked["certificates"]) is is_read
    entry = entry_of(order, criteria)
    assert entry["action"] == action
    assert ("decommission_domain_organizations" in entry["reason"]) is (action == "leave")


def test_the_page_of_an_order_can_show_that_it_is_outside() -> None:
    criteria = make_criteria(containers=[1])
    listed, read = row(an_order("pending", container=None)), whole(an_order("pending", container=LABS))
    assert to_read([listed], criteria)["details"] == [7]
    (entry,) = planned([listed], criteria, details=[read])
    assert entry["action"] == "leave"
    (entry,) = planned([listed], criteria, details=[replace(read, container=RETAIL)])
    assert entry["action"] == "cancel"
    # The list and the page must both be inside.
    (entry,) = planned([replace(listed, container=LABS)], criteria, details=[replace(read, container=RETAIL)])
    assert entry["action"] == "leave"
    # What the page has shown decides about the further reads.
    issued, page = row(an_order(container=None)), whole(an_order(container=LABS))
    assert to_read([issued], make_criteria(containers=[1], on_issued=REVOKE), [page])["certificates"] == []


@each(("listed", "found", "action"), [(RETAIL, LABS, "leave"), (LABS, RETAIL, "leave"), (None, RETAIL, "revoke")])
def test_the_page_that_a_revocation_rests_on_is_in_the_scope_as_well(
    listed: Named | None, found: Named, action: str
) -> None:
    order = an_order("issued", organization=listed)
    ends = [ends_of(replace(order, organization=found))]
    entry = entry_of(order, make_criteria(on_issued=REVOKE, organizations=["retail"]), certificates=ends)
    assert entry["action"] == action


def test_an_order_outside_of_the_scope_is_still_a_replacement() -> None:
    criteria = make_criteria(names_in_use=[SHOP], replacements=[8], organizations=["retail"])
    old, new = an_order("pending", organization=RETAIL), an_order("issued", id=8, organization=LABS)
    first, second = planned(map(row, (old, new)), criteria, details=[whole(old)])
    assert (first["action"], first["state"]["replaced_by"]) == ("cancel", ["8"])
    assert second["action"] == "leave"


def test_with_a_scope_no_servertastic_order_is_changed_or_probed() -> None:
    reviews = [
        Review(digest * 64, status, domain_name=SHOP)
        for digest, status in (("a", "Queued"), ("b", "Completed"), ("c", "Cancelled"))
    ]
    criteria = make_criteria(on_issued=REVOKE, containers=["emea"])
    entries = planned([], criteria, reviews=reviews)
    assert [entry["action"] for entry in entries] == ["leave", "leave", "nothing"]
    assert "decommission_domain_containers" in entries[0]["reason"]
    assert to_probe([], reviews, criteria) == []


# -- messages ----------------------------------------------------------------------------------------------------------


def refusal(**options: Any) -> str:
    with pytest.raises(ValueError, match=" ") as error:
        parse_request({"names": [SHOP], **options})
    return str(error.value)


def test_messages_about_options() -> None:
    with pytest.raises(ValueError, match=" ") as no_id:
        planned([row(an_order(id=0))], make_criteria())
    messages = {
        "no names": refusal(names=[]),
        "a text instead of a list": refusal(names=SHOP),
        "an empty name": refusal(names=[SHOP, ""]),
        "a top-level domain with subdomains": refusal(names=["com"], include_subdomains=True),
        "an unknown value of on_issued": refusal(on_issued="burn"),
        "a text instead of a boolean": refusal(probe="false"),
        "no probe and no waiver": refusal(probe=False),
        "a waiver that is not a text": refusal(waiver=None),
        "an unknown option": refusal(on_isued="keep"),
        "an id that is not an order id": refusal(shared=["st-tok-s3cret"]),
        "a pattern that matches no name": refusal(protected=["pay..example.com"]),
        "a name in use that is not among the names": refusal(names_in_use=["shpo.example.com"]),
        "an order without an id": str(no_id.value),
    }
    check_messages("decommission options", messages)


def test_messages_of_a_plan() -> None:
    revoke, let_expire = make_criteria(on_issued=REVOKE), make_criteria(on_issued=LAPSE)
    pending, issued, expired = an_order("pending"), an_order(), an_order("expired", is_migrated=True)
    past = TODAY - timedelta(days=5)
    reissuable = an_order(valid_till=past, order_valid_till=TODAY + timedelta(days=200))
    duplicated, unnamed = an_order(has_duplicates=True), replace(pending, names_known=False)
    unlisted = replace(expired, names_known=False)
    incomplete = replace(ends_of(issued), order=replace(issued, unknown="some are not listed"))
    accepted, accepting = (
        make_criteria(on_issued=REVOKE, accept_unknown=[7]),
        make_criteria(on_issued=LAPSE, accept_unknown=[7]),
    )
    missing = Ending(7, reason="the order does not exist")
    stays = make_criteria(names_in_use=[SHOP], replacements=[99])

    def listed(order: Order, criteria: Decommission) -> dict[str, Any]:
        return planned([row(order)], criteria)[0]

    def hidden(number: int) -> dict[str, Any]:
        return {**HIDES, "unresolved": {"7": [f"n{one}.example.com" for one in range(number)]}}

    entries = {
        "a pending order": entry_of(pending, make_criteria()),
        "a pending order with a certificate": entry_of(replace(pending, serial_number="0A"), make_criteria()),
        "a pending order without details": listed(pending, make_criteria()),
        "a pending order with unknown names": entry_of(unnamed, make_criteria()),
        "a pending order with accepted unknown names": entry_of(unnamed, make_criteria(accept_unknown=[7])),
        "a request to reject": entry_of(an_order("needs_approval"), make_criteria()),
        "no request to reject": entry_of(an_order("needs_approval", requests=()), make_criteria()),
        "an order that needs approval, without details": listed(an_order("needs_approval"), make_criteria()),
        "an order that was canceled": entry_of(an_order("canceled"), make_criteria()),
        "an order that is processed": entry_of(an_order("processing"), make_criteria()),
        "an order that needs a CSR": entry_of(an_order("needs_csr"), make_criteria()),
        "an order that was approved": entry_of(an_order("approved"), make_criteria()),
        "an unknown status": entry_of(an_order("on_hold"), make_criteria()),
        "no status": entry_of(an_order(""), make_criteria()),
        "an expired order": entry_of(expired, make_criteria()),
        "an expired order with unknown names": planned(
            [row(unlisted)], make_criteria(mark_renewed=True), details=[whole(unlisted), origin(unlisted)]
        )[0],
        "an expired order to mark": entry_of(expired, make_criteria(mark_renewed=True)),
        "an expired certificate, to keep": entry_of(reissuable, make_criteria()),
        "an expired certificate, to revoke": entry_of(reissuable, revoke),
        "an expired certificate without dates": listed(
            replace(reissuable, status="expired", valid_till=None), make_criteria()
        ),
        "an expired certificate with a pending reissue": entry_of(
            an_order("reissue_pending", valid_till=past), make_criteria()
        ),
        "an issued order to keep": entry_of(issued, make_criteria()),
        "a reissue to drop": entry_of(an_order("reissue_pending"), make_criteria()),
        "an order to let expire": entry_of(issued, let_expire),
        "an order to let expire, with auto-renew": entry_of(an_order(auto_renew=True), let_expire),
        "an order that expires": entry_of(an_order(disable_renewal_notifications=True), let_expire),
        "an order that expires, with auto-renew": entry_of(
            an_order(disable_renewal_notifications=True, auto_renew=True), let_expire
        ),
        "an order to let expire, without details": listed(issued, let_expire),
        "an order to let expire, with unknown certificates": entry_of(duplicated, let_expire, certificates=[]),
        "an order to let expire, with accepted unknown certificates": entry_of(duplicated, accepting, certificates=[]),
        "a certificate that is not served": entry_of(issued, revoke),
        "a certificate that is served": entry_of(issued, revoke, served={"7": "served"}),
        "an unknown probe result": entry_of(issued, revoke, served={}),
        "no probe": entry_of(issued, make_criteria(on_issued=REVOKE, **WAIVED)),
        "a name that does not resolve": entry_of(issued, revoke, **HIDES),
        "a name that does not resolve, waived": entry_of(
            issued, make_criteria(on_issued=REVOKE, waiver="the shop was never public"), **HIDES
        ),
        "a name that does not resolve, without an approval": entry_of(
            issued, make_criteria(on_issued=REVOKE, unapproved=True), **HIDES
        ),
        "unknown names that do not resolve": entry_of(issued, revoke, **hidden(0)),
        "three names that do not resolve": entry_of(issued, revoke, **hidden(3)),
        "five names that do not resolve": entry_of(issued, revoke, **hidden(5)),
        "certificates that cannot be read": entry_of(issued, revoke, certificates=[]),
        "certificates that cannot be read, with a reason": entry_of(issued, revoke, certificates=[missing]),
        "certificates that are not all known": entry_of(issued, revoke, certificates=[incomplete]),
        "certificates that are not all known, accepted": entry_of(issued, accepted, certificates=[incomplete]),
        "a revocation that waits for approval": entry_of(
            replace(issued, requests=(Request(60, "revoke", "pending"),)), revoke
        ),
        "rows of one order that differ": planned([row(pending), row(issued)], make_criteria())[0],
        "a protected name": entry_of(pending, make_criteria(protected=[SHOP])),
        "a name that is not a domain name": entry_of(an_order("pending", SHOP, "x@shop.example.com"), make_criteria()),
        "a common name that is not a domain name": entry_of(
            an_order("pending", common_name="intranet", dns_names=(SHOP,)), make_criteria()
        ),
        "another name": entry_of(an_order("pending", SHOP, WWW), make_criteria()),
        "several other names": entry_of(
            an_order("pending", SHOP, "a.test", "b.test", "c.test", "d.test"), make_criteria()
        ),
        "a wildcard": entry_of(an_order("pending", WILD), make_criteria()),
        "another kind of product": entry_of(an_order("pending", product_type="client_certificate"), make_criteria()),
        "no kind of product": entry_of(an_order("pending", product_type=""), make_criteria()),
        "a replacement": entry_of(pending, make_criteria(replacements=[7])),
        "an expired order outside of the scope": entry_of(expired, make_criteria(organizations=["retail"])),
        "a name in use without a replacement": with_successors(
            pending, stays, row(replace(SUCCESSOR, status="pending"))
        ),
        "a name in use with an unknown replacement": with_successors(pending, stays),
    }
    check_messages("decommission plan", {situation: entry["reason"] for situation, entry in entries.items()})


def test_messages_of_a_plan_of_servertastic() -> None:
    revoke = make_criteria(on_issued=REVOKE)
    unresolved = {"served": {DIGEST: "unresolved"}, "unresolved": {DIGEST: [SHOP]}}

    def hidden(criteria: Decommission) -> dict[str, Any]:
        return planned([], criteria, reviews=[a_review()], **unresolved)[0]

    entries = {
        "an order that is not issued": servertastic(a_review("Queued"), make_criteria()),
        "a canceled order": servertastic(a_review("Cancelled"), make_criteria()),
        "a state that cannot be canceled": servertastic(a_review("Roll Back"), make_criteria()),
        "no state": servertastic(a_review(""), make_criteria()),
        "a product of SmarterTools": servertastic(a_review("Queued", product_code="SmarterMail-Pro"), make_criteria()),
        "a closed window": servertastic(a_review(completed_at=None), make_criteria()),
        "an issued order to keep": servertastic(a_review(), make_criteria()),
        "a certificate that is not served": servertastic(a_review(), revoke),
        "a certificate that is served": servertastic(a_review(), revoke, "served"),
        "an unknown probe result": servertastic(a_review(), revoke, "unknown"),
        "no probe": servertastic(a_review(), make_criteria(on_issued=REVOKE, **WAIVED)),
        "a name that does not resolve": hidden(revoke),
        "a name that does not resolve, without an approval": hidden(make_criteria(on_issued=REVOKE, unapproved=True)),
        "another name": servertastic(a_review(domains=(SHOP, WWW), san_count=1), revoke),
        "a name that Servertastic does not return": servertastic(a_review(domains=(SHOP,), san_count=1), revoke),
        "names that Servertastic does not return": servertastic(a_review(domains=(SHOP,), san_count=2), revoke),
        "a replacement": servertastic(a_review("Queued"), make_criteria(replacements=[DIGEST])),
    }
    check_messages(
        "decommission plan of Servertastic", {situation: entry["reason"] for situation, entry in entries.items()}
    )
