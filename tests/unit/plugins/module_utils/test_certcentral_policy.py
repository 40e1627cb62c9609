# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be done with an order: the table that is documented, rule by rule, and what holds for any order at all."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils import _certcentral_policy as policy
from ansible_collections.certops.orders.plugins.module_utils._certcentral import DETAILS, ORIGIN, ROW, Order
from ansible_collections.certops.orders.plugins.module_utils._orders import CHANGED, INELIGIBLE, UNCHANGED, Decision

TODAY = date(2026, 3, 1)
ALL_SEEN = frozenset([DETAILS, ROW, ORIGIN])
UNHEARD_OF = ("", "on_hold", "Canceled", "PENDING", "issued ")
WORDS = {"write": CHANGED, "nothing": UNCHANGED, "refuse": INELIGIBLE}

# reference/certcentral.md 2.3, the older spelling of rejected, and the status that the console shows (2.2).
REFERENCE = [
    "needs_approval",
    "pending",
    "processing",
    "waiting_pickup",
    "needs_csr",
    "approved",
    "issued",
    "reissue_pending",
    "expired",
    "renewed",
    "revoked",
    "rejected",
    "denied",
    "canceled",
]


def an_order(status: str = "issued", **facts: Any) -> Order:
    """Return an order of which everything is known: migrated, not marked, about to expire."""
    known: dict[str, Any] = {
        "is_renewed": False,
        "renewed_order_id": 0,
        "valid_till": TODAY + timedelta(days=30),
        "is_migrated": True,
        "seen": ALL_SEEN,
    }
    return Order(123, status, **{**known, **facts})


def decide(
    order: Order, target: str, *, today: date = TODAY, cancel_reissue: bool = False, require_migrated: bool = True
) -> Decision:
    return policy.decide(order, target, today=today, cancel_reissue=cancel_reissue, require_migrated=require_migrated)


def documented() -> dict[str, dict[str, str]]:
    """Return the table of the docstring: status -> target -> what is said there."""
    lines = inspect.cleandoc(policy.decide.__doc__ or "").splitlines()
    first, second, third = (number for number, line in enumerate(lines) if re.fullmatch(r"=+( +=+)+", line))
    spans = [match.span() for match in re.finditer("=+", lines[first])]

    def cells(line: str) -> list[str]:
        return [line[start:end].strip() for start, end in spans]

    # What stands between the columns would belong to no cell.
    gaps = [line[end : end + 2] for line in lines[first + 1 : third] for _start, end in spans]
    assert not "".join(gaps).strip(), "a cell is wider than its column"
    (_status, *targets) = cells(lines[first + 1])
    return {cells(line)[0]: dict(zip(targets, cells(line)[1:])) for line in lines[second + 1 : third]}


TABLE = documented()
CELLS = [
    pytest.param(status, word, id=f"{row}{'' if status == row else '=' + repr(status)}")
    for row, word in ((row, words) for row, words in TABLE.items())
    for status in (UNHEARD_OF if row == "any other" else (row,))
]


# -- the table ---------------------------------------------------------------------------------------------------------


def test_the_table_names_every_status_that_the_reference_and_the_code_know() -> None:
    in_code = {
        policy.CANCELED,
        *policy._CANCELABLE,
        *policy._MARKABLE,
        *policy._INSTEAD_OF_CANCEL,
        *policy._NOT_MARKABLE,
    }

    assert set(TABLE) - {"any other"} == in_code == set(REFERENCE)
    assert list(TABLE)[-1] == "any other"
    assert all(tuple(row) == policy.TARGETS for row in TABLE.values())


@pytest.mark.parametrize(("status", "row"), CELLS)
def test_canceling_does_what_the_table_says(status: str, row: dict[str, str]) -> None:
    without, _or, with_reissue = row["canceled"].partition(", or ")
    for marked in (True, False, None):
        order = an_order(status, is_renewed=marked)

        assert decide(order, "canceled").outcome == WORDS[without]
        assert decide(order, "canceled", cancel_reissue=True).outcome == WORDS[with_reissue or without]


@pytest.mark.parametrize(("status", "row"), CELLS)
def test_marking_does_what_the_table_says(status: str, row: dict[str, str]) -> None:
    word = row["renewed"]

    assert decide(an_order(status), "renewed").outcome == WORDS[word]
    # The bullet below the table: "nothing" in every status where the order is marked already.
    assert decide(an_order(status, is_renewed=True), "renewed").outcome == UNCHANGED
    if word == "write":
        assert decide(an_order(status, valid_till=TODAY + timedelta(days=91)), "renewed").outcome == INELIGIBLE
        for unproven in (False, None):
            order = an_order(status, is_migrated=unproven)
            assert decide(order, "renewed").outcome == INELIGIBLE
            assert decide(order, "renewed", require_migrated=False).outcome == CHANGED


@pytest.mark.parametrize(("status", "row"), CELLS)
def test_taking_the_mark_away_does_what_the_table_says(status: str, row: dict[str, str]) -> None:
    word = row["not_renewed"]

    assert decide(an_order(status, is_renewed=True), "not_renewed").outcome == WORDS[word]
    if status != "renewed":
        # The bullet below the table: "nothing" in every status where the order is not marked.
        for unmarked in (False, None):
            assert decide(an_order(status, is_renewed=unmarked), "not_renewed").outcome == UNCHANGED
    if word == "write":
        truly = an_order(status, is_renewed=True, renewed_order_id=42)
        assert decide(truly, "not_renewed").outcome == INELIGIBLE


# -- canceling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["pending", "waiting_pickup"])
def test_an_order_that_has_not_been_issued_will_be_canceled(status: str) -> None:
    assert decide(an_order(status), "canceled") == Decision(CHANGED, after={"status": "canceled"})


def test_dropping_a_reissue_leaves_the_order_issued_and_says_so() -> None:
    decision = decide(an_order("reissue_pending"), "canceled", cancel_reissue=True)

    assert (decision.outcome, decision.after) == (CHANGED, {"status": "issued"})
    assert (decision.done, decision.reason) == ("freed from its reissue", "it stays issued")


@pytest.mark.parametrize(
    ("status", "next_step"),
    [
        ("issued", "Revoke"),
        ("needs_approval", "Reject the request"),
        ("reissue_pending", "Set cancel_reissue"),
        ("processing", "Wait until it is pending"),
        ("needs_csr", "Wait until it is pending"),
        ("approved", "Wait until it is pending"),
        ("renewed", "Revoke"),
        ("expired", "Nothing is left"),
        ("revoked", "Nothing is left"),
        ("rejected", "Nothing is left"),
        ("denied", "Nothing is left"),
        ("on_hold", "console"),
    ],
)
def test_who_cannot_cancel_is_told_the_status_and_what_to_do_instead(status: str, next_step: str) -> None:
    decision = decide(an_order(status), "canceled")

    assert (decision.outcome, decision.reason) == (INELIGIBLE, f"its status is {status}")
    assert next_step in decision.next_step
    assert decision.explanation == f"{decision.reason}. {decision.next_step}"


def test_an_order_without_a_status_is_refused_for_that() -> None:
    assert decide(an_order(""), "canceled").reason == "its status is not known"


# -- marking -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["issued", "expired"])
@pytest.mark.parametrize(
    ("days", "outcome"),
    [(91, INELIGIBLE), (90, CHANGED), (1, CHANGED), (0, CHANGED), (-1, CHANGED), (-400, CHANGED), (4000, INELIGIBLE)],
)
def test_the_mark_is_possible_from_90_days_before_expiry_and_ever_after(status: str, days: int, outcome: str) -> None:
    decision = decide(an_order(status, valid_till=TODAY + timedelta(days=days)), "renewed")

    assert decision.outcome == outcome
    assert decision.after == ({"is_renewed": True} if outcome == CHANGED else {})


def test_who_marks_too_early_is_told_the_date_and_to_come_back() -> None:
    decision = decide(an_order(valid_till=date(2026, 6, 1)), "renewed")

    assert decision.reason == "its certificate expires in 92 days, on 2026-06-01"
    assert decision.next_step == "Ask again once it is within 90 days of expiring"


@pytest.mark.parametrize("require_migrated", [True, False])
def test_without_a_date_of_expiry_the_details_are_read_and_then_it_is_refused(require_migrated: bool) -> None:
    row = an_order(valid_till=None, seen=frozenset([ROW]))
    details = replace(row, seen=frozenset([ROW, DETAILS]))

    assert decide(row, "renewed", require_migrated=require_migrated).need == DETAILS
    decision = decide(details, "renewed", require_migrated=require_migrated)
    assert (decision.outcome, decision.need) == (INELIGIBLE, "")
    assert "expires" in decision.reason


@pytest.mark.parametrize(
    ("is_migrated", "require_migrated", "outcome", "reason"),
    [
        (True, True, CHANGED, ""),
        (False, True, INELIGIBLE, "it is not a migrated order"),
        (None, True, INELIGIBLE, "CertCentral does not tell whether it is a migrated order"),
        (True, False, CHANGED, ""),
        (False, False, CHANGED, ""),
        (None, False, CHANGED, ""),
    ],
)
def test_only_a_migrated_order_is_marked_unless_that_is_waived(
    is_migrated: bool | None, require_migrated: bool, outcome: str, reason: str
) -> None:
    decision = decide(an_order(is_migrated=is_migrated), "renewed", require_migrated=require_migrated)

    assert (decision.outcome, decision.reason) == (outcome, reason)


@pytest.mark.parametrize("status", ["revoked", "rejected", "denied", "canceled"])
def test_a_final_order_cannot_be_marked_and_that_is_the_end_of_it(status: str) -> None:
    decision = decide(an_order(status), "renewed")

    assert (decision.outcome, decision.reason) == (INELIGIBLE, f"its status is {status}")
    assert "final" in decision.next_step


def test_a_pending_reissue_has_to_be_ended_before_the_mark() -> None:
    assert "cancel_reissue" in decide(an_order("reissue_pending"), "renewed").next_step


# -- taking the mark away ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("renewed_order_id", "outcome"), [(0, CHANGED), (42, INELIGIBLE)])
def test_only_a_mark_that_was_set_by_hand_is_taken_away(renewed_order_id: int, outcome: str) -> None:
    decision = decide(an_order(is_renewed=True, renewed_order_id=renewed_order_id), "not_renewed")

    assert decision.outcome == outcome
    if outcome == INELIGIBLE:
        assert decision.reason == "order 42 has truly renewed it"
        assert "by hand" in decision.next_step
    else:
        assert decision.after == {"is_renewed": False}


def test_a_successor_that_cannot_be_read_may_be_one() -> None:
    decision = decide(an_order(is_renewed=True, renewed_order_id=None), "not_renewed")

    assert (decision.outcome, decision.reason) == (
        INELIGIBLE,
        "it does not say whether a newer order has renewed it",
    )


@pytest.mark.parametrize(
    ("valid_till", "status"),
    [
        (TODAY + timedelta(days=1), "issued"),
        (TODAY, "issued"),
        (TODAY - timedelta(days=1), "expired"),
        (None, "issued"),
    ],
)
def test_an_order_whose_status_is_the_mark_gets_its_former_status_back(valid_till: date | None, status: str) -> None:
    decision = decide(an_order("renewed", valid_till=valid_till), "not_renewed")

    assert decision.after == {"is_renewed": False, "status": status}


@pytest.mark.parametrize("is_renewed", [True, False, None])
def test_the_status_renewed_is_a_mark_whatever_the_field_says(is_renewed: bool | None) -> None:
    order = an_order("renewed", is_renewed=is_renewed)

    assert decide(order, "renewed").outcome == UNCHANGED
    assert decide(order, "not_renewed").outcome == CHANGED


# -- asking for more ---------------------------------------------------------------------------------------------------


def needs(order: Order, target: str, answers: dict[str, dict[str, Any]], **options: Any) -> tuple[list[str], Decision]:
    """Return what the policy asks for, one after the other, and its decision; `answers` are the facts it then gets."""
    asked: list[str] = []
    while (decision := decide(order, target, **options)).need:
        assert decision.need not in asked, "asked twice"
        asked.append(decision.need)
        order = replace(order, seen=order.seen | {decision.need}, **answers.get(decision.need, {}))
    return asked, decision


@pytest.mark.parametrize("target", ["renewed", "not_renewed"])
@pytest.mark.parametrize(("first", "other"), [(ROW, DETAILS), (DETAILS, ROW)])
def test_an_answer_that_leaves_the_mark_out_sends_to_the_other_answer(target: str, first: str, other: str) -> None:
    order = an_order(is_renewed=None, renewed_order_id=None, is_migrated=None, seen=frozenset([first]))

    asked, decision = needs(order, target, {other: {"is_renewed": target == "renewed"}})

    assert (asked, decision.outcome) == ([other], UNCHANGED)


def test_a_row_with_nothing_in_it_costs_details_then_the_origin_to_mark() -> None:
    row = Order(1, "issued", seen=frozenset([ROW]))

    asked, decision = needs(row, "renewed", {DETAILS: {"valid_till": TODAY}, ORIGIN: {"is_migrated": True}})

    assert (asked, decision.outcome) == ([DETAILS, ORIGIN], CHANGED)


def test_details_with_nothing_in_them_cost_the_row_then_the_origin_to_mark() -> None:
    details = Order(1, "expired", valid_till=TODAY, seen=frozenset([DETAILS]))

    asked, decision = needs(details, "renewed", {})

    assert (asked, decision.outcome) == ([ROW, ORIGIN], INELIGIBLE)


def test_the_origin_is_not_asked_where_another_reason_refuses_already() -> None:
    for order in (
        an_order("revoked", is_migrated=None, seen=frozenset([ROW])),
        an_order(valid_till=TODAY + timedelta(days=91), is_migrated=None, seen=frozenset([ROW])),
        an_order(is_renewed=True, is_migrated=None, seen=frozenset([ROW])),
    ):
        assert needs(order, "renewed", {})[0] == []


def test_the_origin_is_not_asked_where_nobody_wants_to_know() -> None:
    order = an_order(is_migrated=None, seen=frozenset([ROW]))

    assert needs(order, "renewed", {}, require_migrated=False)[0] == []
    assert needs(order, "not_renewed", {})[0] == []


def test_the_successor_is_looked_up_only_where_there_is_a_mark_to_take_away() -> None:
    row: dict[str, Any] = {"renewed_order_id": None, "seen": frozenset([ROW])}

    marked = needs(an_order(is_renewed=True, **row), "not_renewed", {DETAILS: {"renewed_order_id": 42}})
    assert (marked[0], marked[1].outcome) == ([DETAILS], INELIGIBLE)
    assert needs(an_order(is_renewed=False, **row), "not_renewed", {})[0] == []
    assert needs(an_order("canceled", is_renewed=True, **row), "not_renewed", {})[0] == []


def test_canceling_never_needs_more_than_the_status() -> None:
    for status in (*REFERENCE, *UNHEARD_OF):
        assert decide(Order(1, status, seen=frozenset([ROW])), "canceled").need == ""


# -- whatever comes ----------------------------------------------------------------------------------------------------

statuses = st.one_of(st.sampled_from(REFERENCE), st.text(max_size=12))
days = st.integers(min_value=-4000, max_value=4000)
orders = st.builds(
    Order,
    id=st.integers(min_value=1),
    status=statuses,
    is_renewed=st.sampled_from([True, False, None]),
    renewed_order_id=st.sampled_from([None, 0, 42]),
    valid_till=st.one_of(st.none(), days.map(lambda number: TODAY + timedelta(days=number))),
    is_migrated=st.sampled_from([True, False, None]),
    seen=st.sets(st.sampled_from([DETAILS, ROW, ORIGIN])).map(frozenset),
)
targets = st.sampled_from(policy.TARGETS)
thorough = settings(deadline=None, max_examples=400, database=None, derandomize=True)


def settled(order: Order, target: str, cancel_reissue: bool, require_migrated: bool) -> tuple[Order, Decision]:
    """Return the order with everything read that the policy asks for, and the decision."""
    for _need in range(4):
        decision = decide(order, target, cancel_reissue=cancel_reissue, require_migrated=require_migrated)
        if not decision.need:
            return order, decision
        assert decision.need not in order.seen, "asked for what has been read"
        order = replace(order, seen=order.seen | {decision.need})
    raise AssertionError("the policy goes on asking")


@thorough
@given(orders, targets, st.booleans(), st.booleans())
def test_any_order_at_all_gets_a_decision_after_three_questions_at_most(
    order: Order, target: str, cancel_reissue: bool, require_migrated: bool
) -> None:
    _order, decision = settled(order, target, cancel_reissue, require_migrated)

    assert decision.outcome in (CHANGED, UNCHANGED, INELIGIBLE)
    assert bool(decision.after) == (decision.outcome == CHANGED)
    assert decision.outcome == CHANGED or decision.reason
    assert bool(decision.next_step) == (decision.outcome == INELIGIBLE)


@thorough
@given(orders, targets, st.booleans(), st.booleans())
def test_the_same_order_gets_the_same_decision(
    order: Order, target: str, cancel_reissue: bool, require_migrated: bool
) -> None:
    before = replace(order)

    assert settled(order, target, cancel_reissue, require_migrated) == settled(
        order, target, cancel_reissue, require_migrated
    )
    assert order == before


@thorough
@given(orders, st.booleans(), st.booleans())
def test_only_three_statuses_are_ever_canceled(order: Order, cancel_reissue: bool, require_migrated: bool) -> None:
    _order, decision = settled(order, "canceled", cancel_reissue, require_migrated)

    if decision.outcome == CHANGED:
        assert order.status in ("pending", "waiting_pickup", *(["reissue_pending"] if cancel_reissue else []))


@thorough
@given(orders, st.sampled_from(["renewed", "not_renewed"]), st.booleans(), st.booleans())
def test_the_mark_is_only_touched_where_there_is_a_certificate(
    order: Order, target: str, cancel_reissue: bool, require_migrated: bool
) -> None:
    _order, decision = settled(order, target, cancel_reissue, require_migrated)

    if decision.outcome == CHANGED:
        assert order.status in ("issued", "expired", "renewed")
        assert bool(order.is_marked) == (target == "not_renewed")


@thorough
@given(orders, targets, st.booleans(), st.booleans())
def test_once_a_change_was_made_there_is_nothing_left_to_do(
    order: Order, target: str, cancel_reissue: bool, require_migrated: bool
) -> None:
    order, decision = settled(order, target, cancel_reissue, require_migrated)

    if decision.outcome == CHANGED:
        changed = replace(order, **decision.after)
        assert changed.facts == {**order.facts, **decision.after}
        assert settled(changed, target, cancel_reissue, require_migrated)[1].outcome == UNCHANGED


# -- the file itself ---------------------------------------------------------------------------------------------------


def test_the_policy_knows_no_clock_no_network_and_no_ansible() -> None:
    tree = ast.parse(Path(policy.__file__).read_text(encoding="utf-8"))
    for_types = [
        node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    hidden = {id(part) for node in for_types for part in ast.walk(node)}
    imports = {
        name
        for node in ast.walk(tree)
        if id(node) not in hidden
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else ["." * node.level + (node.module or "")]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}

    assert imports <= {"__future__", "datetime", "typing", "._orders"}
    assert not called & {"now", "today", "utcnow", "time", "monotonic"}
