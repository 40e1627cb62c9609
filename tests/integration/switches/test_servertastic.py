# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unknown behavior of Servertastic is a switch of the simulator: the modules are right under every setting."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.integration.servertastic_support import (
    ACCOUNT,
    INFO,
    KEY,
    cancel,
    cancels,
    desk,
    digest,
    effects,
    issued,
    named,
    only,
    order,
    outcomes,
    sim_task,
    task,
    token,
)
from ansible_collections.certops.orders.tests.integration.support import Run, Simulator, Task, assert_failure
from certsim.testing import SimulatorError

BOOL = ("false", "true")
REFUSED = ("refused", "accepted")
SHAPES = ("wrapped", "list", "single_object")
# The first value is the default.
SWITCHES = {
    "account_review_has_completed": ("true", "false"),
    "admin_contact_shown": ("true", "false"),
    "approval_lag_seconds": ("300", "0"),
    "approval_link_days": ("0", "1"),
    "audit_lag_seconds": ("0", "3600"),
    "blank_fields": ("empty_string", "null", "absent"),
    "cancel_of_cancelled": REFUSED,
    "cancel_roll_back": REFUSED,
    "cancel_servertastic_review": REFUSED,
    "certificate_list": ("present", "empty", "null_expiration", "absent"),
    "debug_key": BOOL,
    "echo_token_in_review": BOOL,
    "empty_lists": ("empty_list", "key_absent", "empty_string"),
    "error_http_status": ("as_code", "200"),
    "error_shape": ("object", "list", "several", "plain"),
    "modifications_shape": SHAPES,
    "modifications_shown": ("true", "false"),
    "orders_shape": SHAPES,
    "points_as_string": BOOL,
    "post_cancel": REFUSED,
    "refusal_status": ("403", "400", "404", "409", "422"),
    "reissue_adds_completed": BOOL,
    "repeat_cancel_request": ("re_mails", "silent", "refused"),
    "request_shown_in": ("nowhere", "further_info", "modification"),
    "review_lag_seconds": ("300", "0", "200"),
    "roll_back_refunds": ("true", "false"),
    "servertastic_review_refunds": ("true", "false"),
    "showtokens_shape": SHAPES,
    "status_case": ("as_documented", "lower", "mixed"),
    "success_text": ("same", "distinct"),
    "timestamps_zone": ("utc_none", "iso", "plus_one_none"),
    "unknown_arguments": ("ignored", "refused"),
    "unknown_token_status": ("401", "400", "403", "404"),
    "window_counts": ("request", "approval"),
    "window_from": ("first", "last"),
    "wrong_verb_status": ("405", "404"),
}
# Those that only the lists of an account know, and those that only reviews and cancellations know.
OF_LISTS = ("account_review_has_completed", "orders_shape", "showtokens_shape", "points_as_string", "empty_lists")
OF_ORDERS = (
    "admin_contact_shown",
    "approval_lag_seconds",
    "approval_link_days",
    "audit_lag_seconds",
    "cancel_of_cancelled",
    "cancel_roll_back",
    "cancel_servertastic_review",
    "post_cancel",
    "refusal_status",
    "reissue_adds_completed",
    "repeat_cancel_request",
    "request_shown_in",
    "roll_back_refunds",
    "servertastic_review_refunds",
    "success_text",
    "window_counts",
    "window_from",
    "wrong_verb_status",
)
CASES: dict[str, dict[str, str]] = {
    "defaults": {},
    **{f"{name}={value}": {f"servertastic.{name}": value} for name, values in SWITCHES.items() for value in values[1:]},
    "reissues count, from the last one": {
        "servertastic.reissue_adds_completed": "true",
        "servertastic.window_from": "last",
    },
    "held orders can be cancelled, without a refund": {
        "servertastic.cancel_roll_back": "accepted",
        "servertastic.cancel_servertastic_review": "accepted",
        "servertastic.roll_back_refunds": "false",
        "servertastic.servertastic_review_refunds": "false",
    },
    "all the worst": {
        "servertastic.admin_contact_shown": "false",
        "servertastic.blank_fields": "absent",
        "servertastic.certificate_list": "absent",
        "servertastic.debug_key": "true",
        "servertastic.echo_token_in_review": "true",
        "servertastic.empty_lists": "key_absent",
        "servertastic.error_http_status": "200",
        "servertastic.modifications_shape": "single_object",
        "servertastic.orders_shape": "single_object",
        "servertastic.points_as_string": "true",
        "servertastic.showtokens_shape": "single_object",
        "servertastic.status_case": "lower",
        "servertastic.timestamps_zone": "plus_one_none",
        "servertastic.unknown_token_status": "404",
    },
}


def concerns(case: str, switches: tuple[str, ...]) -> bool:
    return case.partition("=")[0] in switches


def matters(case: str, *switches: str) -> bool:
    """Whether an act is played: under switches that it depends on, by default, and under several at once."""
    return "=" not in case or concerns(case, switches)


LISTS = [case for case in CASES if not concerns(case, OF_ORDERS)]
SHORT_LISTS = [case for case in LISTS if matters(case, "debug_key", *OF_LISTS)]
ORDERS = [case for case in CASES if not concerns(case, OF_LISTS)]
TWICE = [
    case
    for case in ORDERS
    if matters(case, "cancel_of_cancelled", "review_lag_seconds", "refusal_status", "error_http_status", "post_cancel")
]
APPROVED = [case for case in ORDERS if matters(case, "approval_lag_seconds", "modifications_shown", "status_case")]
ELSEWHERE = [
    case
    for case in ORDERS
    if matters(case, "repeat_cancel_request", "request_shown_in", "success_text", "modifications_shown")
]

AT_ONCE = ("unused", "queued")
# The last one is at the edge, where the service refuses.
ASKED = ("issued", "late")
EDGE = "edge"
NEVER = ("old", "reissued", "rolled_back", "reviewed", "licence")
NOWHERE = digest("nowhere")[:8]
SEED: dict[str, Any] = {
    "servertastic": {
        "accounts": [
            {"username": "reseller", "api_key": KEY, "points": 1000},
            {"username": "solo", "api_key": "sim-solo", "points": 7},
            {"username": "empty", "api_key": "sim-empty", "points": 0},
        ],
        "orders": [
            order("unused"),
            order("queued", "Queued"),
            order("customer", "Awaiting Customer Verification"),
            issued("issued", reissued_days_ago=[3]),
            issued("late", 29.5),
            issued(EDGE, 30.02),
            issued("old", 30.1),
            issued("reissued", 40, reissued_days_ago=[3], expires_in_days=50),
            issued("approved", requested_days_ago=0.002, approved_days_ago=0.001),
            issued("asked", requested_days_ago=1),
            order("cancelled", "Cancelled"),
            order("rolled_back", "Roll Back"),
            order("reviewed", "Servertastic Review"),
            issued("licence", st_product_code="SmarterMail-100"),
            issued("alone", 2, account="solo", modifications=[{"event_name": "Order Completed", "days_ago": 2}]),
        ],
    }
}
EVERYONE = [each["reseller_order_id"] for each in SEED["servertastic"]["orders"]]


def story(case: str, log: str) -> list[str]:
    """A case, as tasks; what changes something is asked for twice."""

    def named_task(what: str, arguments: dict[str, Any], module: str) -> str:
        return task(f"{case}: {what}", arguments, module)

    tasks = [sim_task(f"{case}: begin", reset=True, switches=CASES[case])]
    if case in LISTS:
        tasks += [
            named_task("tokens", {"tokens": "all"}, INFO),
            named_task("modified", {"modified_since": "2020-01-01"}, INFO),
        ]
    if case in SHORT_LISTS:
        tasks += [
            named_task("expiring", {"expiring_within_days": 60}, INFO),
            named_task("account", {"audit": True}, ACCOUNT),
        ]
        for key in ("sim-solo", "sim-empty"):
            url = {"api_key": key, "api_url": "{{ lookup('env', 'SERVERTASTIC_API_URL') }}"}
            tasks += [
                named_task(f"tokens of {key}", {"tokens": "all", **url}, INFO),
                named_task(f"expiring of {key}", {"expiring_within_days": 3650, **url}, INFO),
                named_task(f"account of {key}", {"audit": True, **url}, ACCOUNT),
            ]
    if case in ORDERS:
        several = (*AT_ONCE, *ASKED, EDGE, "alone", *NEVER, "cancelled", "nowhere")
        options = {"issued": "request", "ineligible": "skip", "missing": "ok", "request_log": log, "workers": 4}
        tasks += [
            cancel(f"{case}: cancel", *several, **options),
            cancel(f"{case}: cancel again", *several, **options),
        ]
    if case in TWICE:
        tasks += [cancel(f"{case}: one", "customer"), cancel(f"{case}: one again", "customer")]
    if case in APPROVED:
        tasks += [cancel(f"{case}: approved", "approved", issued="skip")]
    if case in ELSEWHERE:
        tasks += [
            cancel(f"{case}: asked", "asked", issued="request"),
            cancel(f"{case}: asked again", "issued", issued="request", request_again=True, request_log=log),
        ]
    if case in ORDERS:
        tasks += [
            sim_task(f"{case}: later", advance="301s"),
            cancel(f"{case}: cancel later", *AT_ONCE, "approved", *(["customer"] * (case in TWICE)), issued="skip"),
        ]
    return tasks


@pytest.fixture(scope="module")
def stories(process: Simulator) -> Run:
    """Run all stories, one after the other, in one playbook."""
    with desk(process, SEED) as made:
        tasks = []
        for number, case in enumerate(CASES):
            tasks += story(case, str(made.desk / f"log{number}.jsonl"))
        return made.run(*tasks, timeout=300)


def test_no_switch_is_forgotten(process: Simulator) -> None:
    process.reset({})
    there = {name: value for name, value in process.switches().items() if name.startswith("servertastic.")}
    assert set(there) == {f"servertastic.{name}" for name in SWITCHES}
    for name, (default, *others) in SWITCHES.items():
        assert str(there[f"servertastic.{name}"]).lower() in (default, f"{default}.0")
        for value in others:
            process.set({f"servertastic.{name}": value})
        with pytest.raises(SimulatorError) as raised:
            process.set({f"servertastic.{name}": "no such value"})
        # A new value of an old switch, too, is to be thought of.
        known = str(raised.value)
        assert [value for value in (default, *others) if value not in known and "number" not in known] == []
    assert set(OF_LISTS) | set(OF_ORDERS) <= set(SWITCHES)
    process.reset({})


def expected(case: str) -> dict[str, str]:
    """The outcomes of the orders of a story, where the service shows the true state."""
    outcomes_due = {
        **dict.fromkeys(AT_ONCE, "changed"),
        **dict.fromkeys((*ASKED, "alone"), "pending_approval"),
        **dict.fromkeys(NEVER, "ineligible"),
        EDGE: "failed",
        "cancelled": "unchanged",
        NOWHERE: "missing",
    }
    if case == "modifications_shown=false":
        # The time of their issuance is unknown.
        outcomes_due.update(dict.fromkeys((*ASKED, EDGE, "alone"), "ineligible"))
    if CASES[case].get("servertastic.unknown_token_status", "401") != "401":
        # This may mean anything; 404 is that of a wrong address as well.
        outcomes_due[NOWHERE] = "failed"
    return outcomes_due


@each("case", ORDERS)
def test_every_order_comes_to_what_it_should(stories: Run, case: str) -> None:
    done, again = stories[f"{case}: cancel"], stories[f"{case}: cancel again"]
    wanted = expected(case)
    assert outcomes(done) == wanted
    assert done.changed
    asked = [name for name, outcome in wanted.items() if outcome == "pending_approval"]
    assert effects(done) == sorted(f"cancel {name}" for name in (*AT_ONCE, *asked))
    # The one at the edge is asked for, as it might be our clock that is wrong.
    edge = [EDGE] if wanted[EDGE] == "failed" else []
    assert cancels(done) == dict.fromkeys((*AT_ONCE, *asked, *edge), 1)
    assert set(done.requested_at) == {digest(name) for name in asked}
    for one in done.orders:
        if named(one) == EDGE and edge:
            status = CASES[case].get("servertastic.refusal_status", "403")
            assert (one["failure"]["code"], one["failure"]["http_status"]) == (status, int(status))

    # The second run sends no mail and cancels nothing, whatever shows by then.
    assert outcomes(again) == {**wanted, **dict.fromkeys(AT_ONCE, "unchanged")}
    assert not again.changed
    assert effects(again) == []
    assert cancels(again) == dict.fromkeys(edge, 1)
    assert set(again.requested_at) == set(done.requested_at)


@each("case", ORDERS)
def test_five_minutes_later_it_shows(stories: Run, case: str) -> None:
    later = stories.good(f"{case}: cancel later")
    settled = {*AT_ONCE, "approved", *(["customer"] if case in TWICE else [])}
    assert {named(one) for one in later.orders if one["before"]["order_status"] == "Cancelled"} == settled
    assert set(outcomes(later).values()) == {"unchanged"}
    assert cancels(later) == {}


@each("case", TWICE)
def test_without_a_log_what_cannot_be_known_does_no_harm(stories: Run, case: str) -> None:
    first, again = stories[f"{case}: one"], stories[f"{case}: one again"]
    assert outcomes(first) == {"customer": "changed"}
    if case == "review_lag_seconds=0":
        assert outcomes(again) == {"customer": "unchanged"}
        assert cancels(again) == {}
    elif case == "cancel_of_cancelled=accepted":
        # It still shows its old state.
        assert outcomes(again) == {"customer": "changed"}
    else:
        assert outcomes(again) == {"customer": "failed"}
    assert effects(again) == []


@each("case", APPROVED)
def test_what_was_approved(stories: Run, case: str) -> None:
    approved = stories[f"{case}: approved"]
    hidden = case == "modifications_shown=false"
    assert outcomes(approved) == {"approved": "ineligible" if hidden else "unchanged"}
    status = "Cancelled" if case == "approval_lag_seconds=0" else "Completed"
    assert only(approved)["before"]["order_status"] == status
    assert cancels(approved) == {}


@each("case", ELSEWHERE)
def test_what_was_asked_for_elsewhere(stories: Run, case: str) -> None:
    for name in ("asked", "asked again"):
        done = stories[f"{case}: {name}"]
        if case == "modifications_shown=false":
            assert set(outcomes(done).values()) == {"ineligible"}
            continue
        # Nothing that is documented shows that it was asked for: whether there is another mail is the service's choice.
        assert len(cancels(done)) == 1
        if case == "repeat_cancel_request=refused":
            assert_failure(done, code="403", http_status=403)
            assert not done.changed
        else:
            assert set(outcomes(done).values()) == {"pending_approval"}
            assert bool(effects(done)) == (case != "repeat_cancel_request=silent")


@each("case", ORDERS)
def test_refunds_and_contacts_are_reported_as_far_as_they_show(stories: Run, case: str) -> None:
    orders = {named(one): one for one in stories[f"{case}: cancel"].orders}
    late = case == "audit_lag_seconds=3600"
    assert {orders[name]["refund"] for name in AT_ONCE} == {"pending" if late else "credited"}
    assert orders["old"]["refund"] == "none" or case == "modifications_shown=false"
    assert orders["rolled_back"]["refund"] == orders["reviewed"]["refund"] == "unknown"
    assert orders["cancelled"]["refund"] == "credited"
    asked = orders["issued"]
    if case != "modifications_shown=false":
        assert asked["refund"] == "pending"
    hidden = case in ("admin_contact_shown=false", "all the worst")
    assert asked["admin_email"] == ("" if hidden else "admin@issued.example.com")
    assert orders["unused"]["domain_name"] == orders["unused"]["admin_email"] == ""
    # As it is documented, however it is spelt.
    assert orders["queued"]["before"]["order_status"] == "Queued"
    assert orders["reviewed"]["before"]["order_status"] == "Servertastic Review"


@each("case", LISTS)
def test_the_lists_of_an_account_are_read_in_every_shape(stories: Run, case: str) -> None:
    def task_of(name: str) -> Task:
        return stories.good(f"{case}: {name}")

    mine = [name for name in EVERYONE if name != "alone"]
    tokens = {named(one): one for one in task_of("tokens").orders}
    assert sorted(tokens) == sorted(mine)
    assert tokens["unused"]["order_status"] == "Order Placed"
    assert tokens["queued"]["provider_order_id"]
    assert tokens["queued"]["reseller_unique_reference"]
    # Where neither the old key nor the new one is sent, it is not known.
    assert tokens["issued"]["expiry_date"]
    assert tokens["unused"]["expiry_date"] == ""
    assert bool(tokens["issued"]["window_closes"]) == (case != "modifications_shown=false")
    assert sorted(map(named, task_of("modified").orders)) == sorted(mine)


@each("case", SHORT_LISTS)
def test_the_account_and_lists_of_one_and_of_none_are_read_in_every_shape(stories: Run, case: str) -> None:
    def task_of(name: str) -> Task:
        return stories.good(f"{case}: {name}")

    mine = [name for name in EVERYONE if name != "alone"]
    assert [named(one) for one in task_of("expiring").orders] == ["reissued"]

    account = task_of("account")
    assert isinstance(account.points, float)
    assert account.points == 1000
    assert "queued" in map(named, account.active_orders)
    completed = [named(one) for one in account.completed_orders]
    assert ("issued" in completed) == (case != "account_review_has_completed=false")
    assert {entry["reseller_order_id"] for entry in account.audit} == set(mine)
    assert {-100.0, 100.0} == {entry["points"] for entry in account.audit}

    assert [named(one) for one in task_of("tokens of sim-solo").orders] == ["alone"]
    assert [named(one) for one in task_of("expiring of sim-solo").orders] == ["alone"]
    assert len(task_of("account of sim-solo").audit) == 1
    assert task_of("account of sim-solo").points == 7
    for name in ("tokens", "expiring"):
        assert task_of(f"{name} of sim-empty").orders == []
    empty = task_of("account of sim-empty")
    assert (empty.points, empty.audit, empty.active_orders, empty.completed_orders) == (0, [], [], [])


def test_no_token_shows_under_any_switch(stories: Run) -> None:
    for done in stories.tasks:
        returned = json.dumps({name: value for name, value in done.result.items() if name != "invocation"})
        assert [name for name in (*EVERYONE, "nowhere") if token(name) in returned] == [], done.name


# -- what becomes of a link -------------------------------------------------------------------------------------------

DEAD_LINKS = {
    "window_counts": ({"servertastic.window_counts": "approval"}, "late"),
    "approval_link_days": ({"servertastic.approval_link_days": 1}, "issued"),
}


@pytest.mark.parametrize("name", DEAD_LINKS)
def test_an_approval_that_comes_too_late(process: Simulator, name: str) -> None:
    switches, which = DEAD_LINKS[name]
    with desk(process, {**SEED, "switches": switches}) as made:
        options = {"issued": "request", "request_log": str(made.log)}
        asked = made.run(cancel("Ask", which, **options)).good("Ask")
        mail = process.outbox()[-1]
        process.advance("36h")
        with pytest.raises(SimulatorError, match="410"):
            process.approve(mail)
        run = made.run(cancel("Ask again", which, **options), sim_task("Later", advance="6m"), cancel("Wait", which))
    assert outcomes(asked) == {which: "pending_approval"}
    assert outcomes(run.good("Ask again")) == {which: "pending_approval"}
    assert cancels(run) == {}
    assert_failure(run.bad("Wait"), code="ineligible")
