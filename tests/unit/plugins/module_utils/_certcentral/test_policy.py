# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be done with an order: the table that is documented, rule by rule, and what holds for any order at all."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral import policy
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    CERTIFICATES,
    DETAILS,
    ORIGIN,
    REQUESTS,
    ROW,
    Certificate,
    Domain,
    Order,
    Request,
    User,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.readers import (
    Annotated,
    NamedDomains,
    RenewalSettings,
    RequestsToDecide,
    Revocable,
)
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import (
    CHANGED,
    INELIGIBLE,
    PENDING_APPROVAL,
    UNCHANGED,
    Decision,
)
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import ORDER_STATUSES
from ansible_collections.certops.orders.tests.unit.plugins.properties import examples

TODAY = date(2026, 3, 1)
ALL_SOURCES = frozenset([DETAILS, ROW, ORIGIN])
UNHEARD_OF = ("", "on_hold", "Canceled", "PENDING", "issued ")
WORDS = {"write": CHANGED, "nothing": UNCHANGED, "refuse": INELIGIBLE}


def an_order(status: str = "issued", **facts: Any) -> Order:
    """Return an order of which everything is known: migrated, not marked, about to expire."""
    known: dict[str, Any] = {
        "is_renewed": False,
        "renewed_order_id": 0,
        "valid_till": TODAY + timedelta(days=30),
        "is_migrated": True,
        "seen": ALL_SOURCES,
    }
    return Order(123, status, **{**known, **facts})


def decide(
    order: Order,
    target: str,
    *,
    today: date = TODAY,
    cancel_reissue: bool = False,
    require_migrated: bool = True,
    only_reissue: bool = False,
) -> Decision:
    return policy.decide(
        order,
        target,
        today=today,
        cancel_reissue=cancel_reissue,
        require_migrated=require_migrated,
        only_reissue=only_reissue,
    )


def numbers_in(text: str) -> list[int]:
    """The ids that a reason names."""
    return [int(number) for number in re.findall(r"\d+", text)]


def documented() -> dict[str, dict[str, str]]:
    """Return the table of the docstring: status -> target -> the text there."""
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

    assert set(TABLE) - {"any other"} == in_code == set(ORDER_STATUSES)
    assert list(TABLE)[-1] == "any other"
    assert all(tuple(row) == policy.TARGETS for row in TABLE.values())


@pytest.mark.parametrize(("status", "row"), CELLS)
def test_canceling_matches_the_table(status: str, row: dict[str, str]) -> None:
    without, _or, with_reissue = row["canceled"].partition(", or ")
    for marked in (True, False, None):
        order = an_order(status, is_renewed=marked)

        assert decide(order, "canceled").outcome == WORDS[without]
        assert decide(order, "canceled", cancel_reissue=True).outcome == WORDS[with_reissue or without]


@pytest.mark.parametrize(("status", "row"), CELLS)
def test_marking_matches_the_table(status: str, row: dict[str, str]) -> None:
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
def test_removing_the_mark_matches_the_table(status: str, row: dict[str, str]) -> None:
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


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("pending", INELIGIBLE),
        ("waiting_pickup", INELIGIBLE),
        ("reissue_pending", CHANGED),
        ("issued", UNCHANGED),
        ("canceled", UNCHANGED),
        ("processing", INELIGIBLE),
    ],
)
def test_where_only_a_reissue_may_end_no_order_is_canceled(status: str, outcome: str) -> None:
    decision = decide(an_order(status), "canceled", cancel_reissue=True, only_reissue=True)

    assert decision.outcome == outcome
    assert decision.after != {"status": "canceled"}


def test_dropping_a_reissue_leaves_the_order_issued_and_reports_it() -> None:
    decision = decide(an_order("reissue_pending"), "canceled", cancel_reissue=True)

    assert (decision.outcome, decision.after) == (CHANGED, {"status": "issued"})
    assert "issued" in decision.done


@pytest.mark.parametrize(
    ("status", "named"),
    [
        ("issued", "digicert_certificate_revoke"),
        ("needs_approval", "digicert_request"),
        ("reissue_pending", "cancel_reissue"),
        ("processing", ""),
        ("needs_csr", "console"),
        ("approved", ""),
        ("renewed", "digicert_certificate_revoke"),
        ("expired", ""),
        ("revoked", ""),
        ("rejected", ""),
        ("denied", ""),
        ("on_hold", "console"),
    ],
)
def test_a_refused_cancellation_names_the_status_and_the_next_step(status: str, named: str) -> None:
    decision = decide(an_order(status), "canceled")

    assert decision.outcome == INELIGIBLE
    assert decision.reason.endswith(f" {status}")
    assert decision.next_step
    assert named in decision.next_step
    assert decision.explanation == f"{decision.reason}. {decision.next_step}"


# -- marking -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["issued", "expired"])
@pytest.mark.parametrize(
    ("days", "outcome"),
    [(91, INELIGIBLE), (90, CHANGED), (1, CHANGED), (0, CHANGED), (-1, CHANGED), (-400, CHANGED), (4000, INELIGIBLE)],
)
def test_the_mark_is_possible_from_90_days_before_expiry_on(status: str, days: int, outcome: str) -> None:
    decision = decide(an_order(status, valid_till=TODAY + timedelta(days=days)), "renewed")

    assert decision.outcome == outcome
    assert decision.after == ({"is_renewed": True} if outcome == CHANGED else {})


def test_marking_too_early_reports_the_first_possible_date() -> None:
    decision = decide(an_order(valid_till=date(2026, 6, 1)), "renewed")

    assert "92" in decision.reason
    assert "2026-06-01" in decision.reason
    assert "90" in decision.next_step


@pytest.mark.parametrize("require_migrated", [True, False])
def test_without_a_date_of_expiry_the_details_are_read_and_then_it_is_refused(require_migrated: bool) -> None:
    row = an_order(valid_till=None, seen=frozenset([ROW]))
    details = replace(row, seen=frozenset([ROW, DETAILS]))

    assert decide(row, "renewed", require_migrated=require_migrated).required_fact == DETAILS
    decision = decide(details, "renewed", require_migrated=require_migrated)
    assert (decision.outcome, decision.required_fact) == (INELIGIBLE, "")
    assert "console" in decision.next_step


@pytest.mark.parametrize(
    ("is_migrated", "require_migrated", "outcome"),
    [
        (True, True, CHANGED),
        (False, True, INELIGIBLE),
        (None, True, INELIGIBLE),
        (True, False, CHANGED),
        (False, False, CHANGED),
        (None, False, CHANGED),
    ],
)
def test_only_a_migrated_order_is_marked_unless_that_is_waived(
    is_migrated: bool | None, require_migrated: bool, outcome: str
) -> None:
    decision = decide(an_order(is_migrated=is_migrated), "renewed", require_migrated=require_migrated)

    assert (decision.outcome, "migrated" in decision.reason) == (outcome, outcome == INELIGIBLE)


@pytest.mark.parametrize("status", ["revoked", "rejected", "denied", "canceled"])
def test_a_final_order_cannot_be_marked_and_that_is_the_end_of_it(status: str) -> None:
    decision = decide(an_order(status), "renewed")

    assert decision.outcome == INELIGIBLE
    assert decision.reason.endswith(f" {status}")
    assert decision.next_step


def test_a_pending_reissue_has_to_be_ended_before_the_mark() -> None:
    assert "cancel_reissue" in decide(an_order("reissue_pending"), "renewed").next_step


# -- taking the mark away ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("renewed_order_id", "outcome"), [(0, CHANGED), (42, INELIGIBLE)])
def test_only_a_mark_that_was_set_by_hand_is_taken_away(renewed_order_id: int, outcome: str) -> None:
    decision = decide(an_order(is_renewed=True, renewed_order_id=renewed_order_id), "not_renewed")

    assert decision.outcome == outcome
    if outcome == INELIGIBLE:
        assert "order 42" in decision.reason
        assert decision.next_step
    else:
        assert decision.after == {"is_renewed": False}


def test_a_successor_that_cannot_be_read_may_be_one() -> None:
    decision = decide(an_order(is_renewed=True, renewed_order_id=None), "not_renewed")

    assert decision.outcome == INELIGIBLE
    assert "console" in decision.next_step


@pytest.mark.parametrize(("ends", "shows"), [(TODAY, {"is_renewed": False}), (TODAY - timedelta(days=1), {})])
def test_how_an_annual_plan_shows_without_its_mark_proves_nothing(ends: date, shows: Any) -> None:
    order = an_order("renewed", valid_till=TODAY - timedelta(days=1), order_valid_till=ends)

    assert decide(order, "not_renewed").shows == shows


@pytest.mark.parametrize(
    ("valid_till", "status"),
    [
        (TODAY + timedelta(days=1), "issued"),
        (TODAY, "issued"),
        (TODAY - timedelta(days=1), "expired"),
        (None, "issued"),
    ],
)
def test_an_order_with_status_renewed_gets_its_former_status_back(valid_till: date | None, status: str) -> None:
    decision = decide(an_order("renewed", valid_till=valid_till), "not_renewed")

    assert decision.after == {"is_renewed": False, "status": status}


@pytest.mark.parametrize("is_renewed", [True, False, None])
def test_the_status_renewed_is_a_mark_whatever_the_field_contains(is_renewed: bool | None) -> None:
    order = an_order("renewed", is_renewed=is_renewed)

    assert decide(order, "renewed").outcome == UNCHANGED
    assert decide(order, "not_renewed").outcome == CHANGED


# -- asking for more ---------------------------------------------------------------------------------------------------


def needs(order: Order, target: str, answers: dict[str, dict[str, Any]], **options: Any) -> tuple[list[str], Decision]:
    """Return what the policy asks for, one after the other, and its decision; `answers` are the facts it then gets."""
    asked: list[str] = []
    while (decision := decide(order, target, **options)).required_fact:
        assert decision.required_fact not in asked, "asked twice"
        asked.append(decision.required_fact)
        order = replace(order, seen=order.seen | {decision.required_fact}, **answers.get(decision.required_fact, {}))
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


def test_the_origin_is_not_read_where_require_migrated_is_off() -> None:
    order = an_order(is_migrated=None, seen=frozenset([ROW]))

    assert needs(order, "renewed", {}, require_migrated=False)[0] == []
    assert needs(order, "not_renewed", {})[0] == []


def test_the_successor_is_read_only_where_there_is_a_mark_to_remove() -> None:
    row: dict[str, Any] = {"renewed_order_id": None, "seen": frozenset([ROW])}

    marked = needs(an_order(is_renewed=True, **row), "not_renewed", {DETAILS: {"renewed_order_id": 42}})
    assert (marked[0], marked[1].outcome) == ([DETAILS], INELIGIBLE)
    assert needs(an_order(is_renewed=False, **row), "not_renewed", {})[0] == []
    assert needs(an_order("canceled", is_renewed=True, **row), "not_renewed", {})[0] == []


def test_canceling_never_needs_more_than_the_status() -> None:
    for status in (*ORDER_STATUSES, *UNHEARD_OF):
        # Its own page is read only where the row of a list leaves the status out.
        assert decide(Order(1, status, seen=frozenset([ROW])), "canceled").required_fact == (
            "" if status else "details"
        )
        assert decide(Order(1, status, seen=frozenset([DETAILS])), "canceled").required_fact == ""


# -- whatever comes ----------------------------------------------------------------------------------------------------

statuses = st.one_of(st.sampled_from(ORDER_STATUSES), st.text(max_size=12))
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
thorough = examples(400)


def settled(order: Order, target: str, cancel_reissue: bool, require_migrated: bool) -> tuple[Order, Decision]:
    """Return the order with everything read that the policy asks for, and the decision."""
    for _need in range(4):
        decision = decide(order, target, cancel_reissue=cancel_reissue, require_migrated=require_migrated)
        if not decision.required_fact:
            return order, decision
        assert decision.required_fact not in order.seen, "asked for what has been read"
        order = replace(order, seen=order.seen | {decision.required_fact})
    raise AssertionError("the policy requires facts without end")


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
def test_only_three_statuses_are_canceled(order: Order, cancel_reissue: bool, require_migrated: bool) -> None:
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


# -- revoking ----------------------------------------------------------------------------------------------------------

READ = frozenset([DETAILS, CERTIFICATES, REQUESTS])
PRIMARY: dict[str, Any] = {"certificate_id": 5, "serial_number": "0A", "common_name": "www.example.com"}
DUPLICATE = Certificate(6, "0B", "issued", "api.example.com", ("api.example.com",))


def revocable(
    status: str = "issued", key: Any = None, certificate: Certificate | None = None, **facts: Any
) -> Revocable:
    """Return an order of which everything is known, with a primary certificate and a duplicate; or one of its own."""
    known: dict[str, Any] = {"valid_till": TODAY + timedelta(days=30), "seen": READ, "others": (DUPLICATE,), **PRIMARY}
    return Revocable(Order(123, status, **{**known, **facts}), key, certificate)


def of_one(status: str = "issued", certificate: str = "issued", **facts: Any) -> Revocable:
    """Return the duplicate alone."""
    return revocable(status, 6, replace(DUPLICATE, status=certificate), **facts)


def revocation(subject: Revocable, *, skip_approval: bool = False, cancel_reissue: bool = False) -> Decision:
    return policy.decide_revocation(subject, today=TODAY, skip_approval=skip_approval, cancel_reissue=cancel_reissue)


def asks(number: int = 55, kind: str = "revoke", status: str = "pending", certificate_id: int | None = None) -> Request:
    return Request(number, kind, status, order_id=123, certificate_id=certificate_id)


# What revoking a whole order comes to: without and with cancel_reissue.
REVOCATIONS: list[tuple[str, str, str]] = [
    ("needs_approval", "refuse", "refuse"),
    ("pending", "refuse", "refuse"),
    ("processing", "refuse", "refuse"),
    ("waiting_pickup", "refuse", "refuse"),
    ("needs_csr", "refuse", "refuse"),
    ("approved", "refuse", "refuse"),
    ("issued", "revoke", "revoke"),
    ("reissue_pending", "refuse", "drop, revoke"),
    ("expired", "refuse", "refuse"),
    ("renewed", "revoke", "revoke"),
    ("revoked", "nothing", "nothing"),
    ("rejected", "refuse", "refuse"),
    ("denied", "refuse", "refuse"),
    ("canceled", "refuse", "refuse"),
    *((status, "refuse", "refuse") for status in UNHEARD_OF),
]
STEPS = {"revoke": ("revoke",), "drop, revoke": ("drop_reissue", "revoke")}


def test_the_table_of_revocations_names_every_status_that_the_reference_and_the_code_know() -> None:
    assert [status for status, _without, _with in REVOCATIONS] == [*ORDER_STATUSES, *UNHEARD_OF]
    assert {*policy._INSTEAD_OF_REVOKE, "issued", "renewed", "reissue_pending", "revoked"} == set(ORDER_STATUSES)


@each("one", [False, True])
@each("waits", [False, True])
@each("skip_approval", [False, True])
@each(("status", "without", "with_reissue"), REVOCATIONS)
def test_revoking_matches_the_table(
    status: str, without: str, with_reissue: str, skip_approval: bool, waits: bool, one: bool
) -> None:
    requests = (asks(),) if waits else ()
    subject = of_one(status, requests=requests) if one else revocable(status, requests=requests)
    for cancel_reissue, word in ((False, without), (True, with_reissue)):
        decision = revocation(subject, skip_approval=skip_approval, cancel_reissue=cancel_reissue)

        if word == "nothing":
            assert decision.outcome == UNCHANGED
            assert "revoked" in decision.reason
        elif waits and status in ("issued", "renewed", "reissue_pending"):
            # A second request is never filed, whatever the permissions of the key.
            assert decision.outcome == PENDING_APPROVAL
            assert "request 55" in decision.reason
            assert "digicert_request" in decision.next_step
        elif word == "refuse":
            assert decision.outcome == INELIGIBLE
            assert decision.next_step
            assert status in decision.reason
        else:
            assert (decision.outcome, decision.steps) == (CHANGED, STEPS[word])
            assert decision.ends == (CHANGED if skip_approval else PENDING_APPROVAL)
            assert decision.after["revocation_requested"] is not skip_approval


def test_revoking_an_order_at_once_lists_every_certificate_that_ends() -> None:
    decision = revocation(revocable(), skip_approval=True)

    assert decision.after["status"] == "revoked"
    assert [(one["certificate_id"], one["status"]) for one in decision.after["certificates"]] == [
        (5, "revoked"),
        (6, "revoked"),
    ]


@pytest.mark.parametrize(
    ("status", "one", "after"),
    [
        ("issued", False, {"revocation_requested": True}),
        ("renewed", False, {"revocation_requested": True}),
        # The reissue was dropped before, which leaves the order issued; a certificate's own status does not change.
        ("reissue_pending", False, {"revocation_requested": True, "status": "issued"}),
        ("reissue_pending", True, {"revocation_requested": True}),
    ],
)
def test_asking_for_a_revocation_revokes_nothing_yet(status: str, one: bool, after: dict[str, Any]) -> None:
    subject = of_one(status) if one else revocable(status)
    assert revocation(subject, cancel_reissue=True).after == after


@pytest.mark.parametrize("status", ["issued", "renewed", "expired"])
@pytest.mark.parametrize(
    ("days", "outcome"), [(1, CHANGED), (0, CHANGED), (-1, INELIGIBLE), (-400, INELIGIBLE), (None, CHANGED)]
)
def test_what_has_expired_by_its_date_is_not_revoked_any_more(status: str, days: int | None, outcome: str) -> None:
    valid_till = None if days is None else TODAY + timedelta(days=days)
    decision = revocation(revocable(status, valid_till=valid_till))

    assert decision.outcome == (INELIGIBLE if status == "expired" else outcome)
    if decision.outcome == INELIGIBLE:
        assert "expired" in decision.reason
        # Nothing can be reissued, so there is no setting to change.
        assert "digicert_order_renewal" not in decision.next_step


EXPIRED = TODAY - timedelta(days=1)


@pytest.mark.parametrize("status", ["issued", "renewed", "expired"])
@pytest.mark.parametrize("ends", [TODAY, TODAY + timedelta(days=139)])
@pytest.mark.parametrize("flag", [True, False, None])
def test_an_annual_plan_without_a_valid_certificate_can_be_reissued_and_not_revoked(
    status: str, ends: date, flag: bool | None
) -> None:
    facts: dict[str, Any] = {"valid_till": EXPIRED, "order_valid_till": ends, "is_multi_year_plan": flag}
    facts["others"] = (replace(DUPLICATE, valid_till=EXPIRED),)
    decision = revocation(revocable(status, **facts))

    assert decision.outcome == INELIGIBLE
    assert str(ends) in decision.next_step
    assert "digicert_order_renewal" in decision.next_step
    assert revocation(revocable(status, **{**facts, "seen": frozenset([DETAILS])})).required_fact == CERTIFICATES


@pytest.mark.parametrize("status", ["issued", "renewed", "expired"])
@pytest.mark.parametrize("key", [None, 6])
def test_a_valid_duplicate_can_be_revoked_although_the_primary_certificate_has_expired(
    status: str, key: int | None
) -> None:
    valid = replace(DUPLICATE, valid_till=TODAY)
    facts = {"valid_till": EXPIRED, "order_valid_till": TODAY + timedelta(days=9), "others": (valid,)}

    assert revocation(revocable(status, key, valid if key else None, **facts)).outcome == CHANGED
    # An order that is over has none.
    over = {**facts, "order_valid_till": EXPIRED}
    assert revocation(revocable(status, key, valid if key else None, **over)).outcome == INELIGIBLE


def test_an_order_past_its_last_day_is_reported_as_expired() -> None:
    decision = revocation(revocable("issued", valid_till=TODAY - timedelta(days=1)))
    assert "expired" in decision.reason


def test_a_single_certificate_that_has_expired_by_its_own_date_is_not_revoked_any_more() -> None:
    expired = replace(DUPLICATE, valid_till=TODAY - timedelta(days=1))
    assert revocation(revocable("issued", 6, expired)).outcome == INELIGIBLE


@pytest.mark.parametrize("status", ["pending", "canceled", "rejected", "reissue_pending"])
def test_the_date_matters_only_where_something_was_issued(status: str) -> None:
    past = {"valid_till": TODAY - timedelta(days=1)}
    assert revocation(revocable(status, **past)) == revocation(revocable(status))


def test_the_certificates_are_read_only_where_something_would_be_revoked() -> None:
    for status in (*ORDER_STATUSES, *UNHEARD_OF):
        unread = revocable(status, seen=frozenset([DETAILS]))
        decision = revocation(unread)
        assert decision.required_fact == (CERTIFICATES if status in ("issued", "renewed") else "")
        waiting = revocation(revocable(status, seen=frozenset([DETAILS, REQUESTS]), requests=(asks(),)))
        assert waiting.required_fact == ""
    dropped = revocation(revocable("reissue_pending", seen=frozenset([DETAILS])), cancel_reissue=True)
    assert dropped.required_fact == CERTIFICATES


@each("one", [False, True])
@each("status", [*ORDER_STATUSES, *UNHEARD_OF])
def test_what_waiting_requests_are_for_is_read_only_where_something_would_be_revoked(status: str, one: bool) -> None:
    def need(request: Request) -> str:
        sources = frozenset([DETAILS, CERTIFICATES] if one else [DETAILS])
        subject = (
            of_one(status, requests=(request,), seen=sources)
            if one
            else revocable(status, requests=(request,), seen=sources)
        )
        return revocation(subject).required_fact

    matters = status in ("issued", "renewed", "reissue_pending")
    assert need(asks()) == need(asks(status="submitted")) == (REQUESTS if matters else "")
    # Those that wait for nothing, or ask for something else, are not considered.
    for other in (asks(status="approved"), asks(status="rejected"), asks(kind="reissue")):
        assert need(other) != REQUESTS


def test_the_needs_are_those_that_readers_know() -> None:
    source = inspect.getsource(policy.decide_revocation)
    assert set(re.findall(r'required_fact="(\w+)"', source)) == {CERTIFICATES, REQUESTS}


def test_for_a_single_certificate_the_list_is_read_before_the_decision() -> None:
    for status in (*ORDER_STATUSES, *UNHEARD_OF):
        unread = Revocable(Order(123, status, seen=frozenset([DETAILS])), 6)
        assert revocation(unread).required_fact == CERTIFICATES


def test_of_the_present_certificate_of_a_revoked_order_no_list_is_read() -> None:
    order = Order(123, "revoked", certificate_id=6, serial_number="0A", seen=frozenset([DETAILS]))
    for key in (6, "0A"):
        assert revocation(Revocable(order, key)).outcome == UNCHANGED
    assert revocation(Revocable(order, 7)).required_fact == CERTIFICATES


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("issued", CHANGED),
        ("renewed", CHANGED),
        ("revoked", UNCHANGED),
        ("pending", INELIGIBLE),
        ("rejected", INELIGIBLE),
        ("", INELIGIBLE),
    ],
)
def test_a_single_certificate_is_decided_by_its_own_status(status: str, outcome: str) -> None:
    decision = revocation(of_one(certificate=status), skip_approval=True)

    assert decision.outcome == outcome
    if outcome == INELIGIBLE:
        assert status in decision.reason
        assert decision.next_step
    if outcome == CHANGED:
        assert decision.after["certificates"] == [{**DUPLICATE.shown(), "status": "revoked"}]


@pytest.mark.parametrize(
    ("request_", "one", "whole"),
    [
        (asks(certificate_id=6), True, False),
        (asks(certificate_id=5), False, False),
        (asks(certificate_id=None), True, True),
        (asks(status="submitted"), True, True),
        (asks(status="approved"), False, False),
        (asks(status="rejected"), False, False),
        (asks(kind="reissue"), False, False),
    ],
)
def test_which_request_is_for_what_is_revoked(request_: Request, one: bool, whole: bool) -> None:
    assert (revocation(of_one(requests=(request_,))).outcome == PENDING_APPROVAL) is one
    assert (revocation(revocable(requests=(request_,))).outcome == PENDING_APPROVAL) is whole


def test_what_was_revoked_rejected_or_never_issued_does_not_end_with_an_order() -> None:
    others = tuple(
        replace(DUPLICATE, id=number, status=status)
        for number, status in enumerate(["issued", "revoked", "rejected", "pending", "expired"], 10)
    )
    subject = revocable(others=others)

    assert [one.id for one in subject.certificates] == [5, 10, 14]
    assert [one.id for one in revocable(others=others, certificate_status="revoked").certificates] == [10, 14]


@pytest.mark.parametrize(
    ("request_", "ends"),
    [
        (None, CHANGED),
        (asks(status="approved"), CHANGED),
        (asks(), PENDING_APPROVAL),
        (asks(status="submitted"), PENDING_APPROVAL),
    ],
)
@pytest.mark.parametrize("skip_approval", [True, False])
def test_what_the_answer_to_a_revocation_means(request_: Request | None, ends: str, skip_approval: bool) -> None:
    subject = revocable()
    decided = revocation(subject, skip_approval=skip_approval)
    filed = policy.revocation_filed(subject, decided, request_)

    assert (filed.outcome, filed.ends, filed.steps) == (CHANGED, ends, decided.steps)
    assert numbers_in(filed.reason) == ([55] if ends == PENDING_APPROVAL else [])
    assert filed.after["revocation_requested"] is (ends == PENDING_APPROVAL)
    assert (filed.after.get("status") == "revoked") is (ends == CHANGED)


# -- requests ----------------------------------------------------------------------------------------------------------


def settle(*requests: Request, target: str = "approved", may_revoke: bool = False) -> Decision:
    return policy.decide_request(RequestsToDecide(123, requests), target, may_revoke=may_revoke)


@pytest.mark.parametrize(
    ("status", "target", "outcome"),
    [
        ("pending", "approved", CHANGED),
        ("pending", "rejected", CHANGED),
        ("submitted", "approved", CHANGED),
        ("submitted", "rejected", CHANGED),
        ("approved", "approved", UNCHANGED),
        ("rejected", "rejected", UNCHANGED),
        ("approved", "rejected", INELIGIBLE),
        ("rejected", "approved", INELIGIBLE),
        ("", "approved", INELIGIBLE),
        ("on_hold", "rejected", INELIGIBLE),
    ],
)
def test_a_request_is_settled_where_it_waits(status: str, target: str, outcome: str) -> None:
    decision = settle(asks(kind="reissue", status=status), target=target)

    assert decision.outcome == outcome
    assert decision.after == ({"status": target} if outcome == CHANGED else {})
    assert numbers_in(decision.reason) == [55]
    if outcome == INELIGIBLE:
        assert status in decision.reason
        assert decision.next_step


@pytest.mark.parametrize(
    ("target", "may_revoke", "outcome"),
    [("approved", False, INELIGIBLE), ("approved", True, CHANGED), ("rejected", False, CHANGED)],
)
def test_a_revocation_is_approved_only_where_that_is_meant(target: str, may_revoke: bool, outcome: str) -> None:
    decision = settle(asks(), target=target, may_revoke=may_revoke)

    assert decision.outcome == outcome
    assert ("confirm" in decision.next_step) is (outcome == INELIGIBLE)
    assert settle(asks(status="approved"), target="approved").outcome == UNCHANGED


def test_an_order_without_any_request_has_nothing_to_settle() -> None:
    decision = settle()
    assert (decision.outcome, numbers_in(decision.reason)) == (INELIGIBLE, [])
    assert decision.next_step


def test_of_several_that_wait_one_has_to_be_named() -> None:
    decision = settle(asks(1, "new_request"), asks(2, "reissue"), asks(3, status="approved"))
    assert (decision.outcome, numbers_in(decision.reason)) == (INELIGIBLE, [1, 2])
    assert "request_id" in decision.next_step


def test_of_several_requests_the_one_that_waits_is_meant_or_else_the_last() -> None:
    waits = settle(asks(9, status="rejected"), asks(2, "reissue"))
    assert (waits.outcome, numbers_in(waits.reason)) == (CHANGED, [2])
    last = settle(asks(9, status="approved"), asks(2, "reissue", "rejected"))
    assert (last.outcome, numbers_in(last.reason)) == (UNCHANGED, [9])


# -- domains -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "active", "outcome", "ids"),
    [
        ([True], True, UNCHANGED, []),
        ([False], False, UNCHANGED, []),
        ([False], True, CHANGED, []),
        ([True], False, CHANGED, []),
        ([None], True, INELIGIBLE, []),
        ([None], False, INELIGIBLE, []),
        ([True, True], True, UNCHANGED, []),
        # The ids of domains between which the operator has to choose.
        ([True, True], False, INELIGIBLE, [1, 2]),
        ([True, False], True, INELIGIBLE, [1, 2]),
        ([None, True], True, INELIGIBLE, [1, 2]),
    ],
)
def test_a_domain_is_switched_where_it_is_the_one(
    states: list[bool | None], active: bool, outcome: str, ids: list[int]
) -> None:
    domains = tuple(Domain(number, "example.com", state) for number, state in enumerate(states, 1))
    decision = policy.decide_domain(NamedDomains(domains), active=active)

    assert (decision.outcome, numbers_in(decision.reason)) == (outcome, ids)
    wanted = {"state": "active" if active else "inactive"}
    assert decision.after == (wanted if outcome == CHANGED else {})
    assert bool(decision.reason) is (outcome != CHANGED)
    assert bool(decision.next_step) is (outcome == INELIGIBLE)
    assert ("domain_id" in decision.next_step) is bool(ids)


# -- renewal settings --------------------------------------------------------------------------------------------------


def settings_of(status: str = "issued", **facts: Any) -> RenewalSettings:
    return RenewalSettings(Order(123, status, seen=frozenset([DETAILS]), **facts))


WANTED: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({}, {"renewal_emails": True}, {}),
    ({}, {"renewal_emails": False}, {"renewal_emails": False}),
    ({"disable_renewal_notifications": True}, {"renewal_emails": False}, {}),
    ({"disable_renewal_notifications": True}, {"renewal_emails": True}, {"renewal_emails": True}),
    ({}, {"auto_reissue": False}, {}),
    ({"auto_reissue": True}, {"auto_reissue": False}, {"auto_reissue": False}),
    ({"auto_reissue": False}, {"auto_reissue": True}, {"auto_reissue": True}),
    ({}, {"custom_renewal_message": ""}, {}),
    ({"custom_renewal_message": "x"}, {"custom_renewal_message": ""}, {"custom_renewal_message": ""}),
    ({"custom_renewal_message": "x"}, {"custom_renewal_message": "x"}, {}),
    (
        {"custom_renewal_message": "x", "auto_reissue": True},
        {"renewal_emails": False, "auto_reissue": True, "custom_renewal_message": "y"},
        {"renewal_emails": False, "custom_renewal_message": "y"},
    ),
]


@each(("facts", "wanted", "after"), WANTED)
@each("auto_renew", [True, False, None])
def test_only_what_differs_is_set(
    facts: dict[str, Any], wanted: dict[str, Any], after: dict[str, Any], auto_renew: bool | None
) -> None:
    decision = policy.decide_renewal(settings_of(auto_renew=auto_renew, **facts), wanted)

    assert (decision.outcome, decision.after) == (CHANGED if after else UNCHANGED, after)
    assert decision.steps == tuple(after)
    # No call switches auto-renew off, so the reason names the place where it can be done.
    assert ("console" in decision.reason) is bool(auto_renew)
    assert bool(decision.reason) is bool(auto_renew or not after)


@pytest.mark.parametrize("status", [*ORDER_STATUSES, *UNHEARD_OF])
def test_what_has_ended_does_not_renew_any_more(status: str) -> None:
    decision = policy.decide_renewal(settings_of(status), {"renewal_emails": False})
    ended = status in ("canceled", "rejected", "denied", "revoked")
    assert decision.outcome == (INELIGIBLE if ended else CHANGED)


# -- notes and keys ----------------------------------------------------------------------------------------------------


def test_a_note_is_added_once() -> None:
    assert policy.decide_note(Annotated(123, has_note=False)) == Decision(
        CHANGED, after={"has_note": True}, repeatable=False
    )
    assert policy.decide_note(Annotated(123, has_note=True)).outcome == UNCHANGED


@pytest.mark.parametrize(
    ("roles", "read_only", "allowed"),
    [
        (("Administrator",), "", True),
        (("View Only",), "", False),
        (("View Only", "Finance Manager"), "", True),
        ((), "", None),
        (("Administrator",), "DIGICERT_READ_ONLY", False),
        ((), "DIGICERT_READ_ONLY", False),
    ],
)
def test_whether_a_key_may_write(roles: tuple[str, ...], read_only: str, allowed: bool | None) -> None:
    assert policy.may_write(User(12, "robot", roles), read_only) is allowed


# -- whatever else comes -----------------------------------------------------------------------------------------------

any_requests = st.lists(
    st.builds(
        Request,
        id=st.integers(min_value=1),
        type=st.sampled_from(["revoke", "reissue", "new_request", ""]),
        status=st.one_of(st.sampled_from(["pending", "submitted", "approved", "rejected"]), st.text(max_size=5)),
        certificate_id=st.sampled_from([None, 5, 6]),
    ),
    max_size=4,
).map(tuple)
certificates = st.builds(
    Certificate,
    id=st.sampled_from([None, 5, 6]),
    serial_number=st.sampled_from(["", "0A"]),
    status=statuses,
    common_name=st.just("www.example.com"),
    domains=st.just(("www.example.com",)),
)
revocables = st.builds(
    Revocable,
    order=st.builds(
        Order,
        id=st.integers(min_value=1),
        status=statuses,
        valid_till=st.one_of(st.none(), days.map(lambda number: TODAY + timedelta(days=number))),
        seen=st.sets(st.sampled_from([DETAILS, CERTIFICATES, REQUESTS])).map(frozenset),
        certificate_id=st.sampled_from([None, 5]),
        certificate_status=st.one_of(st.just(""), statuses),
        requests=any_requests,
        others=st.lists(certificates, max_size=3).map(tuple),
    ),
    key=st.sampled_from([None, 6]),
)


@thorough
@given(revocables, certificates, st.booleans(), st.booleans())
def test_any_revocation_at_all_gets_a_decision_after_one_question_of_each_kind_at_most(
    subject: Revocable, certificate: Certificate, skip_approval: bool, cancel_reissue: bool
) -> None:
    decision = revocation(subject, skip_approval=skip_approval, cancel_reissue=cancel_reissue)
    while decision.required_fact:
        assert decision.required_fact in {CERTIFICATES, REQUESTS} - subject.order.seen
        order = replace(subject.order, seen=subject.order.seen | {decision.required_fact})
        found = certificate if subject.key and decision.required_fact == CERTIFICATES else subject.certificate
        subject = replace(subject, order=order, certificate=found)
        decision = revocation(subject, skip_approval=skip_approval, cancel_reissue=cancel_reissue)

    assert decision.outcome in (CHANGED, UNCHANGED, INELIGIBLE, PENDING_APPROVAL)
    assert bool(decision.steps) == bool(decision.after) == (decision.outcome == CHANGED)
    assert decision.outcome == CHANGED or decision.reason
    assert bool(decision.next_step) == (decision.outcome in (INELIGIBLE, PENDING_APPROVAL))
    if decision.outcome == CHANGED:
        assert subject.order.status in ("issued", "renewed", "reissue_pending")
        assert ("drop_reissue" in decision.steps) == (subject.order.status == "reissue_pending")
        assert subject.facts.keys() >= decision.after.keys()


@thorough
@given(any_requests, st.sampled_from(["approved", "rejected"]), st.booleans())
def test_any_requests_at_all_get_a_decision(requests: tuple[Request, ...], target: str, may_revoke: bool) -> None:
    decision = settle(*requests, target=target, may_revoke=may_revoke)

    assert decision.outcome in (CHANGED, UNCHANGED, INELIGIBLE)
    assert bool(decision.next_step) == (decision.outcome == INELIGIBLE)
    if decision.outcome == CHANGED:
        waiting = [request for request in requests if request.is_undecided]
        assert len(waiting) == 1
        assert target == "rejected" or may_revoke or waiting[0].type != "revoke"


@thorough
@given(
    statuses,
    st.sampled_from([True, False, None]),
    st.fixed_dictionaries(
        {},
        optional={
            "renewal_emails": st.booleans(),
            "auto_reissue": st.booleans(),
            "custom_renewal_message": st.text(max_size=5),
        },
    ),
)
def test_any_renewal_settings_at_all_settle_after_one_change(
    status: str, switch: bool | None, wanted: dict[str, Any]
) -> None:
    subject = settings_of(status, disable_renewal_notifications=switch, auto_reissue=switch, auto_renew=switch)
    decision = policy.decide_renewal(subject, wanted)

    if decision.outcome == CHANGED:
        settings = {**subject.facts, **decision.after}
        after = settings_of(
            status,
            disable_renewal_notifications=not settings["renewal_emails"],
            auto_reissue=settings["auto_reissue"],
            custom_renewal_message=settings["custom_renewal_message"],
        )
        assert policy.decide_renewal(after, wanted).outcome == UNCHANGED


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages() -> None:
    later = TODAY + timedelta(days=139)
    expired = {"valid_till": EXPIRED, "others": ()}
    every = [*ORDER_STATUSES, "on_hold", ""]

    def status(target: str, order: Order, **options: Any) -> str:
        return decide(order, target, **options).explanation

    def revoke(subject: Revocable, *, accept: bool = False, **options: bool) -> str:
        options = {"skip_approval": False, "cancel_reissue": False, **options}
        return policy.decide_revocation(subject, today=TODAY, accept_unknown=accept, **options).explanation

    def domain(*states: bool | None, active: bool = True) -> str:
        domains = tuple(Domain(number, "example.com", state) for number, state in enumerate(states, 1))
        return policy.decide_domain(NamedDomains(domains), active=active).explanation

    def renewal(order: RenewalSettings, **wanted: Any) -> str:
        return policy.decide_renewal(order, wanted).explanation

    messages = {
        **{f"cancel, {one or 'no status'}": status("canceled", an_order(one)) for one in every},
        "cancel only the reissue": status("canceled", an_order("reissue_pending"), cancel_reissue=True),
        "cancel only the reissue, done": decide(an_order("reissue_pending"), "canceled", cancel_reissue=True).done,
        "cancel only the reissue, no reissue": status("canceled", an_order(), cancel_reissue=True),
        **{f"mark renewed, {one or 'no status'}": status("renewed", an_order(one)) for one in every},
        "mark renewed, already marked": status("renewed", an_order(is_renewed=True)),
        "mark renewed, no expiry date": status("renewed", an_order(valid_till=None)),
        "mark renewed, too early": status("renewed", an_order(valid_till=later)),
        "mark renewed, not migrated": status("renewed", an_order(is_migrated=False)),
        "mark renewed, origin unknown": status("renewed", an_order(is_migrated=None)),
        "mark not renewed, not marked": status("not_renewed", an_order()),
        "mark not renewed, canceled": status("not_renewed", an_order("canceled", is_renewed=True)),
        "mark not renewed, renewed by an order": status("not_renewed", an_order(is_renewed=True, renewed_order_id=42)),
        "mark not renewed, successor unknown": status("not_renewed", an_order(is_renewed=True, renewed_order_id=None)),
        **{f"revoke, {one or 'no status'}": revoke(revocable(one)) for one in every},
        "revoke, expired by date": revoke(revocable(**expired)),
        "revoke, expired, reissue possible": revoke(revocable(**expired, order_valid_till=later)),
        "revoke, request waits": revoke(revocable(requests=(asks(),))),
        "revoke, request filed": policy.revocation_filed(revocable(), Decision(), asks()).explanation,
        "revoke, certificates unknown": revoke(revocable(unknown="certificate 0B has no names")),
        "revoke, certificates unknown, accepted": revoke(revocable(unknown="certificate 0B has no names"), accept=True),
        "revoke a certificate, pending": revoke(of_one(certificate="pending")),
        "revoke a certificate, revoked": revoke(of_one(certificate="revoked")),
        "revoke a certificate, expired": revoke(revocable("issued", 6, replace(DUPLICATE, valid_till=EXPIRED))),
        "approve a request": settle(asks(kind="reissue")).explanation,
        "approve a request, already approved": settle(asks(status="approved")).explanation,
        "approve a request, already rejected": settle(asks(status="rejected")).explanation,
        "approve a request, revocation, not confirmed": settle(asks()).explanation,
        "approve a request, the order has none": settle().explanation,
        "approve a request, the order has several": settle(asks(1, "new_request"), asks(2, "reissue")).explanation,
        "activate a domain, already active": domain(True),
        "activate a domain, several": domain(True, False),
        "activate a domain, state unknown": domain(None),
        "deactivate a domain, already inactive": domain(False, active=False),
        "set renewal, already set": renewal(settings_of(), auto_reissue=False),
        "set renewal, auto-renew on": renewal(settings_of(auto_renew=True), auto_reissue=True),
        "set renewal, canceled": renewal(settings_of("canceled"), auto_reissue=True),
        "add a note, already there": policy.decide_note(Annotated(123, has_note=True)).explanation,
    }
    # A change that is allowed has no reason.
    check_messages("certcentral policy", {situation: text for situation, text in messages.items() if text})
