# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A domain is decommissioned, and what must stay stays: other names, what is served, what is too much or too soon."""

from __future__ import annotations

import json
import re
from collections import Counter
from math import ceil
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.roles.decommission_support import (
    NO_ADDRESS,
    REFUSES,
    RESELLER_KEY,
    RETIRED,
    STAYS,
    WHO,
    Retire,
    book,
    in_hours,
    on,
    order,
    sent,
    short,
    st_order,
    world,
    writes,
)
from ansible_collections.certops.orders.tests.integration.servertastic_support import digest
from ansible_collections.certops.orders.tests.integration.support import Controller, Simulator, mentions, words_of


@pytest.fixture
def retire(controller: Controller, sim: Simulator) -> Retire:
    return Retire(controller, sim)


# -- names -------------------------------------------------------------------------------------------------------------


def test_an_order_that_covers_other_names_needs_manual_review(retire: Retire, sim: Simulator) -> None:
    alone, foreign, wild, protected, over_protected, lives, replaces = range(1, 8)
    sim.reset(
        book(
            order(alone, "pending", "www"),
            order(foreign, "pending", "shop", dns_names=[on("shop"), f"www.{STAYS}"]),
            order(wild, "pending", "*"),
            order(protected, "pending", "card.pay"),
            order(over_protected, "pending", "*.pay"),
            order(lives, "pending", "api"),
            order(replaces, "issued", "api"),
            at_servertastic=[st_order("new", "Queued", on("api")), st_order("wild", "Queued", on("*"))],
        )
    )
    kept = {"protected": [f"C*.PAY.{RETIRED}"], "servertastic_account": True}
    both = [str(foreign), str(wild), str(protected), str(over_protected)]
    replaced = {"names_in_use": [f"API.{RETIRED}."], "replacements": [replaces]}

    first, lacking, shared, done = retire.steps(
        retire.step("plan", **kept),
        retire.step("plan", **kept, names_in_use=[on("api")]),
        retire.step("plan", **kept, **replaced, shared=[*both, digest("wild")]),
        retire.step("apply", **kept, **replaced, shared=[*both, digest("wild")]),
    )

    assert first.actions == {
        **dict.fromkeys(map(str, (foreign, wild, protected, over_protected)), "leave"),
        str(alone): "cancel",
        str(lives): "cancel",
        str(replaces): "keep",
        digest("new"): "cancel",
        digest("wild"): "leave",
    }
    reasons = first.reasons
    assert mentions(reasons[str(foreign)], f"www.{STAYS}")
    assert mentions(reasons[str(wild)], on("*"))
    assert reasons[digest("wild")] == reasons[str(wild)]
    assert mentions(reasons[str(protected)], on("card.pay"), f"c*.pay.{RETIRED}")
    assert mentions(reasons[str(over_protected)], on("*.pay"), f"c*.pay.{RETIRED}")
    assert lacking.actions[str(lives)] == lacking.actions[digest("new")] == "leave"
    assert lacking.reasons[str(lives)] == lacking.reasons[digest("new")]
    assert mentions(lacking.reasons[str(lives)], on("api"))
    assert lacking.actions[str(alone)] == "cancel"
    assert shared.actions == {
        **dict.fromkeys(map(str, (alone, foreign, lives)), "cancel"),
        # A wildcard covers names in use, and what replaces their certificate, as well.
        str(wild): "cancel",
        digest("wild"): "cancel",
        digest("new"): "cancel",
        str(protected): "leave",
        str(over_protected): "leave",
        str(replaces): "leave",
    }
    assert "replacement" in shared.reasons[str(replaces)]
    assert shared.reasons[str(protected)] == reasons[str(protected)]
    assert sorted(writes(done)) == sorted(
        [*(f"set {one} canceled" for one in (alone, foreign, wild, lives)), "cancel new", "cancel wild"]
    )


def test_at_servertastic_the_replacement_is_placed_first(retire: Retire, sim: Simulator) -> None:
    sim.reset(
        book(
            at_servertastic=[
                st_order("old", "Queued", on("api")),
                st_order("new", "Queued", on("api")),
                st_order("empty", "Order Placed", on("api")),
            ]
        )
    )
    there = {"certcentral": False, "servertastic_account": True, "names_in_use": [on("api")]}

    unplaced, placed = retire.steps(
        retire.step("plan", **there, replacements=[digest("empty")]),
        retire.step("plan", **there, replacements=[digest("new")]),
    )

    assert set(unplaced.actions.values()) == {"leave"}
    # One that is not configured has no name yet.
    assert placed.actions == {digest("old"): "cancel", digest("new"): "leave"}
    assert placed.plan["account_id"] is None
    assert not any(line in WHO for line in sent(placed))


# -- numbers and times -------------------------------------------------------------------------------------------------


def test_more_changes_than_confirmed_or_outside_the_window_are_not_made(retire: Retire, sim: Simulator) -> None:
    many = 26
    sim.reset(book(*(order(one, "pending", f"host{one}") for one in range(1, many + 1))))
    retire.variables["max_changes"] = 30
    # The option that each message has to name, and the variables.
    wrong: dict[str, dict[str, Any]] = {
        "decommission_domain_max_changes": {"max_changes": 25, "expected_changes": many},
        "decommission_domain_expected_changes": {"expected_changes": 25},
        "report_dir": {"report_dir": ""},
        "not_before": {"not_before": in_hours(1)},
        "not_after": {"not_after": in_hours(-1)},
    }

    plan, unconfirmed, *refused, done = retire.steps(
        retire.step("plan"),
        # These are applied without an approval.
        retire.step("all", confirm=True),
        *(retire.step("apply", **variables) for variables in wrong.values()),
        # An approved plan needs no number.
        retire.step("apply", expected_changes="", not_before=in_hours(-1), not_after=in_hours(1)),
    )

    assert plan["Make or apply the plan"].result["violations"] == []
    assert mentions(unconfirmed.refusal, "decommission_domain_expected_changes", many)
    assert writes(unconfirmed) == []
    for option, step in zip(wrong, refused):
        assert option in step.refusal
        assert writes(step) == []
    for step in refused[:2]:
        assert mentions(step.refusal, many, 25)
    # A guard refuses all of the plan; outside of the window its changes are not attempted.
    left = [bool(re.search("not.attempted", step.refusal)) for step in refused]
    assert left == [*(3 * [False]), *(2 * [True])]
    assert mentions(refused[-1].refusal, many)
    assert sorted(writes(done)) == sorted(f"set {one} canceled" for one in range(1, many + 1))
    # The first one is by itself.
    assert sent(done)[sent(done).index("set 1 canceled") + 1] == "read 1"


# -- what is served ----------------------------------------------------------------------------------------------------

SERVED, UNRESOLVED, CLOSED, OTHERS, NO_NAME, COPIED, FOREIGN, REISSUE = range(21, 29)
ITS_SERIAL, COPYS_SERIAL, ANOTHER_SERIAL = "0A11", "0B22", "0C33"
HERE, COPY, ANOTHER = "10.0.0.1", "10.0.0.2", "10.0.0.3"
SERVERS = {HERE: ITS_SERIAL, COPY: COPYS_SERIAL, ANOTHER: ANOTHER_SERIAL}
NAMES = {
    on("served"): HERE,
    on("closed"): REFUSES,
    on("others"): ANOTHER,
    on("no-name"): NO_ADDRESS,
    on("copied"): ANOTHER,
    on("copy"): COPY,
    on("again"): REFUSES,
    on("st-gone"): NO_ADDRESS,
    on("st-served"): ANOTHER,
}
CANDIDATES = (SERVED, UNRESOLVED, CLOSED, OTHERS, NO_NAME, COPIED, FOREIGN, REISSUE)
REVOKE = {"on_issued": "revoke", "servertastic_account": True}


def issued_ones() -> dict[str, Any]:
    there: dict[str, Any] = {"completed_days_ago": 10, "admin_contact": {"email": "admin@example.net"}}
    return book(
        order(SERVED, "issued", "served", serial_number=ITS_SERIAL),
        order(UNRESOLVED, "issued", "unresolved"),
        order(CLOSED, "issued", "closed"),
        order(OTHERS, "issued", "others"),
        order(NO_NAME, "issued", "no-name"),
        # Its own certificate is not served any more, and a duplicate of it is.
        order(COPIED, "issued", "copied", duplicates=[{"common_name": on("copy"), "serial_number": COPYS_SERIAL}]),
        order(FOREIGN, "issued", "foreign", duplicates=[{"common_name": f"www.{STAYS}", "serial_number": "0D44"}]),
        order(REISSUE, "reissue_pending", "again"),
        at_servertastic=[
            st_order("st_gone", "Completed", **there),
            st_order("st_served", "Completed", **there),
            st_order("st_late", "Completed", **{**there, "completed_days_ago": 31}),
        ],
    )


def test_what_is_still_served_is_never_revoked(retire: Retire, sim: Simulator, controller: Controller) -> None:
    sim.reset(issued_ones())
    with world(controller, SERVERS) as servers:
        (plan,) = retire.steps(retire.step("plan", **REVOKE), env=servers.names(NAMES))

        assert plan.actions == {
            **dict.fromkeys(map(str, (SERVED, UNRESOLVED, COPIED, FOREIGN)), "leave"),
            **dict.fromkeys(map(str, (CLOSED, OTHERS, NO_NAME, REISSUE)), "revoke"),
            digest("st_gone"): "revoke",
            digest("st_served"): "leave",
            digest("st_late"): "leave",
        }
        reasons = plan.reasons
        # That one is served, and that it is not known whether one is, are two reasons.
        assert reasons[str(SERVED)] == reasons[str(COPIED)] != reasons[str(UNRESOLVED)]
        assert mentions(reasons[str(FOREIGN)], f"www.{STAYS}")
        assert plan.entries[str(CLOSED)]["state"]["served"] == "not_served"
        assert len(plan.entries[str(CLOSED)]["state"]["certificates"]) == 1
        assert reasons[digest("st_served")] != reasons[digest("st_late")]
        assert plan.entries[str(REISSUE)]["drop_reissue"] is True
        # Three requests for each that may be revoked.
        reads = [f"{what} {one}" for one in CANDIDATES for what in ("read", "reissues of", "duplicates of")]
        at_servertastic = ["showtokens", "review st_gone", "review st_served", "review st_late"]
        assert sorted(sent(plan)) == sorted([*WHO, "list ", *reads, *at_servertastic])

        # One of them is served again before the plan is applied.
        again = {**NAMES, on("no-name"): HERE}
        sim.patch(NO_NAME, serial_number=ITS_SERIAL)
        refused, done = retire.steps(
            retire.step("apply", **REVOKE, max_revocations=4),
            retire.step("apply", **REVOKE, max_revocations=5),
            env=servers.names(again),
        )

    assert mentions(refused.refusal, 5, "decommission_domain_max_revocations", 4)
    assert writes(refused) == []
    assert done.outcomes[str(NO_NAME)] == "left"
    assert done.actions[str(NO_NAME)] == "leave"
    # The reason has the one of the fresh plan: its certificate is served.
    assert done.reasons[str(NO_NAME)] == reasons[str(SERVED)]
    assert reasons[str(SERVED)] in done.records[str(NO_NAME)]["reason"]
    pending = {name for name, outcome in done.outcomes.items() if outcome == "pending_approval"}
    assert pending == {*map(str, (CLOSED, OTHERS, REISSUE)), short("st_gone")}
    effects = [*(f"revoke {one}" for one in (CLOSED, OTHERS, REISSUE)), f"set {REISSUE} canceled", "cancel st_gone"]
    assert retire.effects == Counter(effects)
    assert [mail["to"] for mail in sim.outbox()] == ["admin@example.net"]


def test_a_name_that_does_not_resolve_is_approved_or_waived(
    retire: Retire, sim: Simulator, controller: Controller
) -> None:
    sim.reset(issued_ones())
    once = {**REVOKE, "confirm": True, "max_revocations": 9}
    with world(controller, SERVERS) as servers:
        plan, at_once, waived = retire.steps(
            retire.step("plan", **REVOKE),
            retire.step("all", **once, rehearse=True, plan_path=None),
            retire.step("all", **once, probe_waiver="They were never public", plan_path=None),
            env=servers.names(NAMES),
        )

    assert mentions(plan.reasons[str(NO_NAME)], on("no-name"))
    assert plan.entries[str(NO_NAME)]["state"]["served"] == "unresolved"
    assert plan.entries[str(NO_NAME)]["state"]["unresolved"] == [on("no-name")]
    # The approver sees how many revocations these are.
    hidden = sum(entry["state"].get("served") == "unresolved" for entry in plan.entries.values())
    table = plan["Make or apply the plan"].result["table"]
    assert any(line.split()[:1] == [str(hidden)] and "resolve" in line for line in table)
    # A failure for the time being is none of these.
    assert plan.actions[str(UNRESOLVED)] == "leave"
    assert at_once.actions[str(NO_NAME)] == at_once.actions[digest("st_gone")] == "leave"
    assert at_once.actions[str(CLOSED)] == "revoke"
    assert mentions(at_once.reasons[str(NO_NAME)], on("no-name"), "decommission_domain_probe_waiver")
    assert waived.outcomes[str(NO_NAME)] == waived.outcomes[short("st_gone")] == "pending_approval"
    assert waived.outcomes[str(UNRESOLVED)] == "left"
    record = waived.records[str(NO_NAME)]
    assert mentions(record["reason"], on("no-name"))
    assert f"revoke {NO_NAME}" in retire.effects


def test_without_a_probe_a_reason_is_required(retire: Retire, sim: Simulator) -> None:
    sim.reset(issued_ones())
    blind = {"on_issued": "revoke", "probe": False, "max_revocations": 7}
    why = "The whole network is gone"

    silent, plan, done = retire.steps(
        retire.step("plan", **blind),
        retire.step("plan", **blind, probe_waiver=why),
        retire.step("apply", **blind, probe_waiver=why),
    )

    assert "waiver" in silent.refusal
    revoked = [SERVED, UNRESOLVED, CLOSED, OTHERS, NO_NAME, COPIED, REISSUE]
    assert {name for name, action in plan.actions.items() if action == "revoke"} == set(map(str, revoked))
    assert why in plan.reasons[str(COPIED)]
    assert plan.entries[str(COPIED)]["state"]["served"] == "waived"
    assert len(plan.entries[str(COPIED)]["state"]["certificates"]) == 2
    assert why in words_of(plan["Make or apply the plan"].result["table"])
    assert retire.effects == Counter([*(f"revoke {one}" for one in revoked), f"set {REISSUE} canceled"])
    entries = {entry["order"]: entry for entry in retire.report("plan")["entries"]}
    assert why in entries[str(SERVED)]["reason"]
    assert {done.outcomes[str(one)] for one in revoked} == {"pending_approval"}


# -- let expire --------------------------------------------------------------------------------------------------------


def test_an_order_to_let_expire_stops_renewing_and_auto_renew_causes_a_warning(retire: Retire, sim: Simulator) -> None:
    plain, renews, expiring, only_renews, reissue = range(31, 36)
    off = {"disable_renewal_notifications": True, "auto_reissue": 0}
    sim.reset(
        book(
            order(plain, "issued", "www", auto_reissue=1, is_multi_year_plan=True),
            order(renews, "issued", "api", auto_renew=1),
            order(expiring, "issued", "old", **off),
            order(only_renews, "issued", "older", auto_renew=1, **off),
            order(reissue, "reissue_pending", "again"),
        )
    )
    options = {"on_issued": "lapse"}

    plan, done, anew = retire.steps(
        retire.step("plan", **options),
        retire.step("apply", **options),
        retire.step("plan", **options),
        variables={"awx_job_id": 4711},
        quiet=False,
    )

    assert plan.actions == {
        **dict.fromkeys(map(str, (plain, renews, reissue)), "lapse"),
        str(expiring): "nothing",
        str(only_renews): "leave",
    }
    # Written as a fact or as a word: auto_renew, auto-renew.
    loud = re.compile("auto.renew", re.IGNORECASE)
    for one in (renews, only_renews):
        assert loud.search(plan.reasons[str(one)])
        assert plan.reasons[str(one)] in words_of(plan["Make or apply the plan"].result["table"])
    assert not loud.search(plan.reasons[str(plain)])
    assert plan.output.count("WARNING") == 1
    # Older cores break the line of a warning.
    warning = " ".join(plan.output.partition("[WARNING]: ")[2].split())[:200]
    assert loud.search(warning)
    assert mentions(warning, renews)
    reads = [f"read {one}" for one in (plain, renews, expiring, only_renews, reissue)]
    assert sorted(sent(plan)) == sorted([*WHO, "list ", *reads])
    assert retire.effects == Counter(
        [
            *(f"note {one}" for one in (plain, renews, reissue)),
            *(f"emails {one} off" for one in (plain, renews, reissue)),
            *(f"auto-reissue {plain} 0", f"set {reissue} canceled"),
        ]
    )
    note = f"The shop has closed; CHG0031337; AWX job 4711; plan {plan['Make or apply the plan'].result['sha256'][:12]}"
    for one in (plain, renews):
        assert [added["text"] for added in sim.order(one)["notes"]] == [note]
    # What renews itself is not done with.
    assert done.outcomes == {
        str(plain): "done",
        str(reissue): "done",
        str(renews): "left",
        str(expiring): "unchanged",
        str(only_renews): "left",
    }
    assert sim.order(renews)["auto_renew"]
    assert set(anew.actions.values()) == {"nothing", "leave"}


# -- Servertastic ------------------------------------------------------------------------------------------------------


def test_orders_of_given_tokens_need_no_key_and_their_contact_is_shown_on_request(
    retire: Retire, sim: Simulator
) -> None:
    there: dict[str, Any] = {"completed_days_ago": 10, "admin_contact": {"email": "admin@example.net"}}
    sim.reset(
        book(
            at_servertastic=[
                st_order("queued", "Queued"),
                st_order("issued", "Completed", **there),
                st_order("kept", "Completed", f"www.{STAYS}", **there),
            ],
            # What was cancelled shows some minutes later.
            switches={"servertastic.review_lag_seconds": 300},
        )
    )
    tokens = {
        "certcentral": False,
        "servertastic_tokens": [f"sim-tok-{name}" for name in ("queued", "issued", "kept")],
        "on_issued": "revoke",
        "probe": False,
        "probe_waiver": "It is not served",
        "max_revocations": 1,
        "servertastic": {"wait": False},
    }
    env = {"SERVERTASTIC_API_KEY": None, "DIGICERT_API_KEY": None}

    plan, done, again = retire.steps(*(retire.step(phase, **tokens) for phase in ("plan", "apply", "apply")), env=env)

    assert plan.actions == {digest("queued"): "cancel", digest("issued"): "revoke"}
    assert sorted(sent(plan)) == ["review issued", "review kept", "review queued"]
    assert done.outcomes == {short("queued"): "done", short("issued"): "pending_approval"}
    assert again.outcomes == {short("queued"): "unchanged", short("issued"): "pending_approval"}
    assert retire.effects == Counter(["cancel queued", "cancel issued"])
    assert writes(again) == []
    assert {line.split()[0] for line in sent(plan) + sent(done) + sent(again)} == {"review", "cancel"}
    assert len(sim.outbox()) == 1
    texts = retire.left_behind
    assert any(path.endswith("servertastic-requests.jsonl") for path in texts)
    for where, text in {**texts, "output": plan.output}.items():
        assert "sim-tok-" not in text, where
        assert RESELLER_KEY not in text, where
    assert "admin@example.net" not in "".join(text for path, text in texts.items() if path.endswith((".html", ".csv")))
    assert "admin@example.net" not in json.dumps(retire.report("apply"))

    sim.advance("10m")
    account = {**tokens, "servertastic_tokens": [], "servertastic_account": True, "contacts": True}
    plan, done = retire.steps(retire.step("plan", **account), retire.step("apply", **account))

    assert plan.actions == {digest("queued"): "nothing", digest("issued"): "revoke"}
    assert done.outcomes == {short("queued"): "unchanged", short("issued"): "pending_approval"}
    assert len(sim.outbox()) == 1
    entries = {entry["order"]: entry for entry in retire.report("apply")["entries"]}
    assert entries[short("issued")]["contact"] == "admin@example.net"


# -- what it costs -----------------------------------------------------------------------------------------------------


def test_what_200_domains_cost(retire: Retire, sim: Simulator) -> None:
    # For 10,000 orders it is 1 and 11, as the last page is full: only the list grows.
    size, generated, first_id = 1500, 1490, 200_000_000
    mix = {"issued": 0.8, "expired": 0.1, "pending": 0.05, "canceled": 0.05}
    special = [
        {"id": 1 + one, "status": "needs_approval", "common_name": f"wait{one}.corp.example"} for one in range(4)
    ]
    live = [{"id": 11 + one, "status": "issued", "common_name": f"live{one}.corp.example"} for one in range(6)]
    sim.reset(
        book(*special, *live, generate={"count": generated, "first_id": first_id, "mix": mix, "seed": 7, "renewed": 0})
    )
    names = [f"host-{first_id + one}.corp.example" for one in range(196)] + [one["common_name"] for one in special]
    pending = [
        one
        for one in sim.state()["certcentral"]["orders"]
        if one["common_name"] in names
        and one["status"] == "pending"
        and one["product"]["type"] in ("ssl_certificate", "dv_ssl_certificate")
    ]
    changes = len(pending) + len(special)
    assert 5 < changes <= 25
    given = {"names": names, "include_subdomains": False, "mark_renewed": False}

    plan, apply, revocations = retire.steps(
        retire.step("plan", **given),
        retire.step("apply", **given),
        retire.step(
            "plan",
            names=[one["common_name"] for one in live],
            include_subdomains=False,
            on_issued="revoke",
            probe=False,
            probe_waiver="Gone",
        ),
    )

    planning = 1 + ceil(size / 1000)
    # One page for each end.
    assert len(plan.requests) == planning + changes
    assert len(revocations.requests) == planning + 3 * len(live)
    assert Counter(plan.actions.values())["cancel"] == len(pending)
    assert set(apply.outcomes.values()) == {"done", "left", "unchanged"}
    # The same again, whose pages are also those of the sheets; a write for each; what the two modules read before they
    # write; and the verification: the first change by itself, and all of them in one request.
    assert Counter(line.split()[0] for line in sent(apply)) == {
        "user": 1,
        "list": ceil(size / 1000) + 1 + 1,
        "read": changes,
        "request": len(special) + 1,
        "settle": len(special),
        "set": len(pending),
    }
