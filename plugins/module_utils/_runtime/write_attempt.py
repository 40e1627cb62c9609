# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""One change of one order, from its first request to its outcome, as a state machine. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from .._common.errors import ApiError, NotFound, Refused, StaleRead
from .._common.outcomes import CHANGED, PENDING_APPROVAL, UNCHANGED, UNKNOWN, Decision

if TYPE_CHECKING:
    from .protocols import State

# Nothing is left to do, by us at least.
SETTLED = (UNCHANGED, PENDING_APPROVAL)


class Reply(Enum):
    """What came of the last request."""

    ACKNOWLEDGED = "acknowledged"
    # A 4xx, or a redirect, which is never followed: the service has not acted.
    REFUSED = "refused"
    # A time-out, a reset, a 5xx, an answer that cannot be read: the service may have acted, or may act yet.
    LOST = "lost"
    # A connection that failed, a 429, a stop, an audit log that cannot be written: the service has not acted.
    NOT_SENT = "not sent"
    # Not sent either, as the read that it rests on became too old.
    STALE = "stale"


class Reread(Enum):
    """What a fresh read shows after that."""

    # The facts that the change leaves, and nothing more to do.
    DONE = "done"
    # Nothing to do any more, but not the facts that the change leaves.
    SETTLED = "settled"
    # The change is still to be made, or a part of it; or the policy waits for the effect of our own lost request.
    UNDONE = "undone"
    # The change cannot be made any more, and its facts do not show.
    IMPOSSIBLE = "impossible"
    # The order does not exist, or not for this key.
    GONE = "gone"
    # The read failed.
    UNREADABLE = "unreadable"


class Verdict(Enum):
    """What follows from both: an outcome, or the next thing to do."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    MISSING = "missing"
    UNKNOWN = "unknown"
    # Send it again, on the read that was just made.
    SEND = "send"
    # Wait, and read again.
    WAIT = "wait"


def reply_of(problem: Exception | None) -> Reply:
    if problem is None:
        return Reply.ACKNOWLEDGED
    if isinstance(problem, StaleRead):
        return Reply.STALE
    if isinstance(problem, ApiError) and problem.ambiguous:
        return Reply.LOST
    return Reply.REFUSED if isinstance(problem, Refused) else Reply.NOT_SENT


class WriteAttempt:
    """A change of one order on its way.

    "Lost" below means that the reply to any request of it was lost, not only to the last one: an early request may
    take effect after a later one was refused. "Partly" means that one step of several was acknowledged, or is seen.
    A write that is not idempotent (a note, a request to revoke, a cancel at Servertastic) is sent once: as soon as a
    request of it may have arrived, "may be sent" is no longer so. "More" means that attempts and waits are left.

    ============  ==========================  ==============================================================
    last reply    a fresh read shows          what follows
    ============  ==========================  ==============================================================
    acknowledged  (is not made)               changed
    not sent      (is not made)               failed, or not_attempted; after a loss or partly: as refused
    stale         (is not made)               decided anew; after a loss or partly: read, and as below
    refused       done, settled               unchanged ("changed by someone else meanwhile"); partly: changed
    refused       undone, impossible          failed
    refused       gone                        missing where it was a 404, else failed; partly: unknown
    refused       unreadable                  failed; partly: unknown
    stale         undone                      sent again while there is more, else failed
    lost          (comes first)               wait: growing, once for each chunk, 15 s at most in all; then read
    lost          done                        changed, whoever else changed the order meanwhile
    lost          undone, may be sent         sent again while there is more, else unknown
    lost          undone                      wait and read again while there is more, then unknown
    lost          settled, impossible         unknown
    lost          gone, unreadable            unknown
    ============  ==========================  ==============================================================

    before, decision: what the change rests on. read_at: when `state` was read, in monotonic seconds.
    state, found: as it was read last, and what the policy made of that. problem: of the last request. lost: the problem
    of the last request whose reply was lost, as long as its fate is open. partly: see above. tries: how often it was
    sent. resend: whether the last verdict was to send it again.
    """

    def __init__(self, key: Any, before: State, decision: Decision, read_at: float) -> None:
        self.key = key
        self.before = before
        self.state = before
        self.decision = self.found = decision
        self.read_at = read_at
        self.problem: Exception | None = None
        self.lost: ApiError | None = None
        self.partly = False
        self.tries = 0
        self.resend = False
        self._lost_step = ""
        self._sent_once: set[str] = set()

    @property
    def reply(self) -> Reply:
        return reply_of(self.problem)

    @property
    def needs_read(self) -> bool:
        """Whether the order may have changed: by us or, where it was refused, by someone else."""
        return self.lost is not None or self.partly or self.reply is Reply.REFUSED

    def sent(self, step: str, problem: Exception | None) -> None:
        """Note what came of sending one step."""
        self.problem = problem
        if self._lost_step not in self._steps or (problem is None and self._lost_step == step):
            # A read has shown that step, or it was acknowledged by now.
            self.lost = None
        if self.reply in (Reply.NOT_SENT, Reply.STALE):
            return
        if not self.decision.repeatable or step in self.decision.once:
            self._sent_once.add(step)
        if self.reply is Reply.LOST and isinstance(problem, ApiError):
            self.lost, self._lost_step = problem, step
        self.partly = self.partly or problem is None

    def reread(self, state: State, decision: Decision) -> Reread:
        """Note what a fresh read shows, and what the policy makes of it."""
        sent, self.state, self.found = self.decision, state, decision
        if decision.outcome == CHANGED:
            self.partly = self.partly or (self.lost is not None and _steps(decision) < _steps(sent))
            self.decision = decision
            return Reread.UNDONE
        if shows_all(state.facts, self.before.facts, sent.expected):
            return Reread.DONE
        if decision.outcome == UNKNOWN and self.lost and sent.ends == CHANGED:
            # The policy knows of our own request, which was not acknowledged: its effect may show yet.
            return Reread.UNDONE
        if decision.outcome not in SETTLED:
            self.partly = self.partly or (
                self.lost is not None and shows(state.facts, self.before.facts, sent.expected)
            )
            return Reread.IMPOSSIBLE
        approved = sent.ends == PENDING_APPROVAL and decision.outcome == UNCHANGED and state.facts != self.before.facts
        # One fact will do here: what else comes with a change is foretold, not known.
        return Reread.DONE if approved or shows(state.facts, self.before.facts, sent.expected) else Reread.SETTLED

    def verdict(self, reread: Reread, *, more: bool) -> Verdict:
        """What follows from the last reply and a fresh read; see the table."""
        return self._after_loss(reread, more) if self.lost else self._without_loss(reread, more)

    def _after_loss(self, reread: Reread, more: bool) -> Verdict:
        if reread is Reread.DONE:
            return Verdict.CHANGED
        if reread is not Reread.UNDONE or not more:
            return Verdict.UNKNOWN
        sends = self.reply in (Reply.LOST, Reply.STALE) and self._may_be_sent()
        return Verdict.SEND if sends else Verdict.WAIT

    def _without_loss(self, reread: Reread, more: bool) -> Verdict:
        if reread in (Reread.DONE, Reread.SETTLED):
            return Verdict.CHANGED if self.partly else Verdict.UNCHANGED
        if reread is Reread.UNDONE and self.reply is Reply.STALE and more:
            return Verdict.SEND
        if reread in (Reread.GONE, Reread.UNREADABLE) and self.partly:
            return Verdict.UNKNOWN
        is_missing = reread is Reread.GONE and isinstance(self.problem, NotFound)
        return Verdict.MISSING if is_missing else Verdict.FAILED

    def _may_be_sent(self) -> bool:
        """Whether nothing that would be sent now is sent once only and has been; nor would go to something else."""
        return self._sent_once.isdisjoint(self._steps) and self.state.identity == self.before.identity

    @property
    def _steps(self) -> tuple[str, ...]:
        return self.decision.steps or ("",)

    @property
    def is_sent_once(self) -> bool:
        """Whether something of it may never be sent again."""
        return bool(self._sent_once)


def shows(facts: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether one of the facts that a change leaves, and that were not so before, is seen."""
    return any(facts.get(fact) == value for fact, value in after.items() if before.get(fact) != value)


def shows_all(facts: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether all of the facts that a change leaves are seen, and at least one was not so before."""
    return shows(facts, before, after) and all(facts.get(fact) == value for fact, value in after.items())


def _steps(decision: Decision) -> int:
    return len(decision.steps) or 1
