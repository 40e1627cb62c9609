# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state machine of one change: every reply with every fresh read that can follow it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.errors import (
    ApiError,
    Denied,
    LostReply,
    NotFound,
    NotSent,
    RateLimited,
    Refused,
    ServerError,
    StaleRead,
    Stopped,
    Unreadable,
)
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import (
    CHANGED,
    INELIGIBLE,
    PENDING_APPROVAL,
    UNCHANGED,
    Decision,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.write_attempt import (
    Reply,
    Reread,
    Verdict,
    WriteAttempt,
    reply_of,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.service_of_things import Thing

CLOSE = Decision(CHANGED, after={"state": "closed"})
TWO_STEPS = Decision(CHANGED, after={"state": "closed"}, steps=("unbar", "close"), once=("close",))
DONE = Decision(UNCHANGED)

PROBLEMS: dict[str, Exception | None] = {
    "acknowledged": None,
    "refused": Refused("no", 400),
    "404": NotFound("no", 404),
    "lost": LostReply("gone"),
    "not sent": NotSent("no connection"),
    "stale": StaleRead("too old"),
}


def attempt(*problems: str, decision: Decision = CLOSE) -> WriteAttempt:
    """A change of one step that was sent so often."""
    one = WriteAttempt(1, Thing(1), decision, 0.0)
    for problem in problems:
        one.sent("", PROBLEMS[problem])
    return one


@pytest.mark.parametrize(
    ("problem", "reply"),
    [
        (None, Reply.ACKNOWLEDGED),
        (Refused("", 400), Reply.REFUSED),
        (Denied("", 403), Reply.REFUSED),
        (NotFound("", 404), Reply.REFUSED),
        (LostReply(""), Reply.LOST),
        (ServerError("", 503), Reply.LOST),
        (ServerError("", 501), Reply.LOST),
        (Unreadable("", 200), Reply.LOST),
        (NotSent(""), Reply.NOT_SENT),
        (RateLimited("", 429), Reply.NOT_SENT),
        (ApiError("", code="audit_log"), Reply.NOT_SENT),
        (Stopped("enough"), Reply.NOT_SENT),
        (StaleRead(""), Reply.STALE),
    ],
)
def test_every_problem_is_a_reply_of_one_kind(problem: Exception | None, reply: Reply) -> None:
    assert reply_of(problem) is reply


# By the replies so far, what a fresh read shows: with more attempts left, and without.
TABLE: dict[tuple[str, ...], dict[Reread, tuple[str, str]]] = {
    ("refused",): {
        Reread.DONE: ("unchanged", "unchanged"),
        Reread.SETTLED: ("unchanged", "unchanged"),
        Reread.UNDONE: ("failed", "failed"),
        Reread.IMPOSSIBLE: ("failed", "failed"),
        Reread.GONE: ("failed", "failed"),
        Reread.UNREADABLE: ("failed", "failed"),
    },
    ("404",): {Reread.GONE: ("missing", "missing"), Reread.UNDONE: ("failed", "failed")},
    ("lost",): {
        Reread.DONE: ("changed", "changed"),
        Reread.SETTLED: ("unknown", "unknown"),
        Reread.UNDONE: ("send", "unknown"),
        Reread.IMPOSSIBLE: ("unknown", "unknown"),
        Reread.GONE: ("unknown", "unknown"),
        Reread.UNREADABLE: ("unknown", "unknown"),
    },
    # The first may be late.
    ("lost", "refused"): {
        Reread.DONE: ("changed", "changed"),
        Reread.SETTLED: ("unknown", "unknown"),
        Reread.UNDONE: ("wait", "unknown"),
        Reread.IMPOSSIBLE: ("unknown", "unknown"),
        Reread.GONE: ("unknown", "unknown"),
        Reread.UNREADABLE: ("unknown", "unknown"),
    },
    ("lost", "404"): {Reread.GONE: ("unknown", "unknown"), Reread.UNDONE: ("wait", "unknown")},
    ("lost", "not sent"): {Reread.DONE: ("changed", "changed"), Reread.UNDONE: ("wait", "unknown")},
    ("lost", "stale"): {Reread.DONE: ("changed", "changed"), Reread.UNDONE: ("send", "unknown")},
    ("lost", "lost"): {Reread.DONE: ("changed", "changed"), Reread.UNDONE: ("send", "unknown")},
}
ROWS = [(replies, reread, *verdicts) for replies, row in TABLE.items() for reread, verdicts in row.items()]


@pytest.mark.parametrize(("replies", "reread", "with_more", "at_last"), ROWS)
def test_the_table(replies: tuple[str, ...], reread: Reread, with_more: str, at_last: str) -> None:
    assert attempt(*replies).verdict(reread, more=True) is Verdict(with_more)
    assert attempt(*replies).verdict(reread, more=False) is Verdict(at_last)


@pytest.mark.parametrize(("replies", "reread", "with_more", "at_last"), ROWS)
def test_what_is_sent_once_is_never_sent_again(
    replies: tuple[str, ...], reread: Reread, with_more: str, at_last: str
) -> None:
    once = attempt(*replies, decision=replace(CLOSE, repeatable=False))

    assert once.verdict(reread, more=True) is Verdict("wait" if with_more == "send" else with_more)
    assert once.verdict(reread, more=False) is Verdict(at_last)


@pytest.mark.parametrize("problem", ["not sent", "stale"])
def test_what_never_left_was_not_sent(problem: str) -> None:
    once = attempt(problem, decision=replace(CLOSE, repeatable=False))

    assert not once.needs_read
    assert not once.is_sent_once


@pytest.mark.parametrize("reread", list(Reread))
@pytest.mark.parametrize("more", [True, False])
@pytest.mark.parametrize("replies", list(TABLE))
def test_after_a_loss_it_is_never_a_failure_nor_unchanged(replies: tuple[str, ...], reread: Reread, more: bool) -> None:
    verdict = attempt(*replies).verdict(reread, more=more)

    assert "lost" not in replies or verdict in (Verdict.CHANGED, Verdict.UNKNOWN, Verdict.SEND, Verdict.WAIT)
    assert more or verdict not in (Verdict.SEND, Verdict.WAIT)


# -- of several steps --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "reread", "verdict"),
    [
        ("refused", Reread.DONE, "changed"),
        ("refused", Reread.SETTLED, "changed"),
        ("refused", Reread.UNDONE, "failed"),
        ("refused", Reread.IMPOSSIBLE, "failed"),
        ("refused", Reread.GONE, "unknown"),
        ("404", Reread.GONE, "unknown"),
        ("refused", Reread.UNREADABLE, "unknown"),
        ("not sent", Reread.UNDONE, "failed"),
        ("stale", Reread.UNDONE, "send"),
        ("lost", Reread.UNDONE, "wait"),
        ("lost", Reread.DONE, "changed"),
    ],
)
def test_after_a_first_step_that_was_acknowledged(problem: str, reread: Reread, verdict: str) -> None:
    one = WriteAttempt(1, Thing(1, "barred"), TWO_STEPS, 0.0)
    one.sent("unbar", None)
    one.sent("close", PROBLEMS[problem])

    assert (one.partly, one.needs_read) == (True, True)
    if reread is Reread.UNDONE:
        assert one.reread(Thing(1), replace(TWO_STEPS, steps=("close",))) is Reread.UNDONE
    assert one.verdict(reread, more=True) is Verdict(verdict)


def test_a_first_step_that_was_lost_may_be_sent_again_as_long_as_the_other_was_not() -> None:
    one = WriteAttempt(1, Thing(1, "barred"), TWO_STEPS, 0.0)
    one.sent("unbar", PROBLEMS["lost"])

    assert one.reread(Thing(1, "barred"), TWO_STEPS) is Reread.UNDONE
    assert one.verdict(Reread.UNDONE, more=True) is Verdict.SEND


@pytest.mark.parametrize("shown", [True, False])
def test_a_lost_reply_is_settled_once_its_step_is_verified_or_acknowledged(shown: bool) -> None:
    one = WriteAttempt(1, Thing(1, "barred"), TWO_STEPS, 0.0)
    one.sent("unbar", PROBLEMS["lost"])
    one.reread(Thing(1), replace(TWO_STEPS, steps=("close",)) if shown else TWO_STEPS)
    if not shown:
        one.sent("unbar", None)
    one.sent("close", PROBLEMS["refused"])

    assert (one.lost, one.partly) == (None, True)
    assert one.verdict(Reread.UNDONE, more=True) is Verdict.FAILED


# -- what a fresh read shows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "found", "reread"),
    [
        ({"state": "closed"}, DONE, Reread.DONE),
        ({"state": "closed"}, Decision(INELIGIBLE), Reread.DONE),
        ({"state": "settled"}, DONE, Reread.SETTLED),
        ({"state": "sealed"}, Decision(INELIGIBLE), Reread.IMPOSSIBLE),
        ({"state": "open"}, CLOSE, Reread.UNDONE),
        ({"state": "ajar"}, CLOSE, Reread.UNDONE),
    ],
)
def test_what_a_fresh_read_shows(facts: dict[str, Any], found: Decision, reread: Reread) -> None:
    assert attempt("lost").reread(Thing(1, **facts), found) is reread


def test_a_request_that_was_approved_at_once_is_done() -> None:
    asking = replace(CLOSE, after={"asked": True}, ends=PENDING_APPROVAL)

    assert attempt("lost", decision=asking).reread(Thing(1, asked=True), Decision(PENDING_APPROVAL)) is Reread.DONE
    assert attempt("lost", decision=asking).reread(Thing(1, "closed"), DONE) is Reread.DONE
    assert attempt("lost", decision=asking).reread(Thing(1), DONE) is Reread.SETTLED


def test_of_several_facts_all_have_to_show_where_the_order_can_be_changed_no_more() -> None:
    several = Decision(CHANGED, after={"state": "closed", "asked": True}, steps=("close", "ask"))
    ended = Decision(INELIGIBLE)

    def read(**facts: Any) -> tuple[Reread, bool]:
        one = WriteAttempt(1, Thing(1), several, 0.0)
        one.sent("close", PROBLEMS["lost"])
        return one.reread(Thing(1, **facts), ended), one.partly

    assert read(state="closed", asked=True) == (Reread.DONE, False)
    # One of them is a change all the same, of which the rest is not known.
    assert read(state="closed") == (Reread.IMPOSSIBLE, True)
    assert read(state="sealed") == (Reread.IMPOSSIBLE, False)


def test_nothing_is_sent_to_something_else_that_has_taken_its_place() -> None:
    one = attempt("lost")

    assert one.reread(Thing(1, order=7), CLOSE) is Reread.UNDONE
    assert one.verdict(Reread.UNDONE, more=True) is Verdict.WAIT
