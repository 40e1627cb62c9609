# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""One change of one order, from its first request to its outcome, as a state machine without I/O and clock."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from .._common.errors import ApiError, NotFound, Refused, StaleRead
from .._common.outcomes import CHANGED, PENDING_APPROVAL, UNCHANGED, UNKNOWN, Decision

if TYPE_CHECKING:
    from .protocols import State

# The outcomes that leave nothing to do for this collection.
SETTLED = (UNCHANGED, PENDING_APPROVAL)


class Reply(Enum):
    """What is known about the last request."""

    ACKNOWLEDGED = "acknowledged"
    # A 4xx or a redirect, which is never followed: the service has not acted.
    REFUSED = "refused"
    # A time-out, a reset, a 5xx or an unreadable answer: the service may have acted, or may still act.
    LOST = "lost"
    # A failed connection, a 429, a stop or an audit log that cannot be written: the service has not acted.
    NOT_SENT = "not sent"
    # Not sent, because the read that the write is based on became too old.
    STALE = "stale"


class Reread(Enum):
    """What a fresh read shows after the last request."""

    # All facts that the change produces; or nothing is left to do, and one such fact or an approval shows.
    DONE = "done"
    # Nothing is left to do, but none of the facts that the change produces.
    SETTLED = "settled"
    # The change, or a part of it, is still to be made; or the policy waits for the effect of a lost request.
    UNDONE = "undone"
    # The change cannot be made any more, and the read does not show all of its facts.
    IMPOSSIBLE = "impossible"
    # The order does not exist, or the key has no access to it.
    GONE = "gone"
    # The read failed.
    UNREADABLE = "unreadable"


class Verdict(Enum):
    """What follows from the reply and the read: an outcome, or the next step."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    MISSING = "missing"
    UNKNOWN = "unknown"
    # Send the change again, based on the fresh read.
    SEND = "send"
    # Wait, and read the order again.
    WAIT = "wait"


def reply_of(problem: Exception | None) -> Reply:
    """Classify the exception of a request; None for a request that was acknowledged."""
    if problem is None:
        return Reply.ACKNOWLEDGED
    if isinstance(problem, StaleRead):
        return Reply.STALE
    if isinstance(problem, ApiError) and problem.ambiguous:
        return Reply.LOST
    return Reply.REFUSED if isinstance(problem, Refused) else Reply.NOT_SENT


class WriteAttempt:
    """The state of one change: its requests, their replies and the reads after them.

    In the table below, "lost" means that the reply to any request of the change was lost, not only to the last one: an
    early request can take effect after a later one was refused. "Partly" means that one step of several was
    acknowledged, or shows in a read. "May be sent" is false as soon as a request of a write that is not idempotent (a
    note, a request to revoke, a cancellation at Servertastic) may have arrived: such a write is never sent again.
    "More" means that attempts and waits are left.

    ============  ==========================  ==============================================================
    last reply    a fresh read shows          what follows
    ============  ==========================  ==============================================================
    acknowledged  (no read)                   changed
    not sent      (no read)                   failed, or not_attempted; after a loss or partly: as refused
    stale         (no read)                   a new read and decision; after a loss or partly: read, then as below
    refused       done, settled               unchanged (another client made the change); partly: changed
    refused       undone, impossible          failed
    refused       gone                        missing after a 404, else failed; partly: unknown
    refused       unreadable                  failed; partly: unknown
    stale         undone                      sent again if there is more, else failed
    lost          (before the read)           a wait, which grows; at most 15 s in total for a chunk; then the read
    lost          done                        changed, even if another client changed the order meanwhile
    lost          undone, may be sent         sent again if there is more, else unknown
    lost          undone                      a wait and another read if there is more, else unknown
    lost          settled, impossible         unknown
    lost          gone, unreadable            unknown
    ============  ==========================  ==============================================================

    before, decision: the order and the decision that the change is based on.
    state, found: the order in the last read, and the decision of the policy for it.
    read_at: when `state` was read, in monotonic seconds.
    problem: the exception of the last request; None if it was acknowledged.
    lost: the error of the last request whose reply was lost, as long as its effect is unknown.
    partly: see above. tries: how often the change was sent. resend: whether the last verdict was SEND.
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
        # The step of the request in `lost`; "" for a change without named steps.
        self._lost_step = ""
        # The steps that are not idempotent and may have arrived.
        self._sent_once: set[str] = set()

    @property
    def reply(self) -> Reply:
        """What is known about the last request."""
        return reply_of(self.problem)

    @property
    def needs_read(self) -> bool:
        """Whether the order may have changed: by this change or, if it was refused, by another client."""
        return self.lost is not None or self.partly or self.reply is Reply.REFUSED

    def sent(self, step: str, problem: Exception | None) -> None:
        """Record the reply to one step.

        problem: the exception of the request; None if it was acknowledged.
        """
        self.problem = problem
        if self._lost_step not in self._steps or (problem is None and self._lost_step == step):
            # The lost step is no longer to be made, as a read has shown, or a repetition was acknowledged.
            self.lost = None
        if self.reply in (Reply.NOT_SENT, Reply.STALE):
            return
        # The request may have arrived, even if it was refused.
        if not self.decision.repeatable or step in self.decision.once:
            self._sent_once.add(step)
        if self.reply is Reply.LOST and isinstance(problem, ApiError):
            self.lost, self._lost_step = problem, step
        self.partly = self.partly or problem is None

    def reread(self, state: State, decision: Decision) -> Reread:
        """Record a fresh read and the decision of the policy for it; return what the read shows."""
        sent, self.state, self.found = self.decision, state, decision
        if decision.outcome == CHANGED:
            # Fewer steps are left than before the loss: the lost request made a part of the change.
            self.partly = self.partly or (self.lost is not None and _step_count(decision) < _step_count(sent))
            self.decision = decision
            return Reread.UNDONE
        if shows_all(state.facts, self.before.facts, sent.expected):
            return Reread.DONE
        if decision.outcome == UNKNOWN and self.lost and sent.ends == CHANGED:
            # The policy knows of this request, which was not acknowledged (UNKNOWN): its effect may still show.
            return Reread.UNDONE
        if decision.outcome not in SETTLED:
            self.partly = self.partly or (
                self.lost is not None and shows(state.facts, self.before.facts, sent.expected)
            )
            return Reread.IMPOSSIBLE
        # The change asks for an approval, and the order was approved before this read.
        approved = sent.ends == PENDING_APPROVAL and decision.outcome == UNCHANGED and state.facts != self.before.facts
        # One fact is sufficient: the other facts of a change are predictions of the policy.
        return Reread.DONE if approved or shows(state.facts, self.before.facts, sent.expected) else Reread.SETTLED

    def verdict(self, reread: Reread, *, more: bool) -> Verdict:
        """What follows from the last reply and a fresh read, see the table; more: attempts and waits are left."""
        return self._after_loss(reread, more) if self.lost else self._without_loss(reread, more)

    def _after_loss(self, reread: Reread, more: bool) -> Verdict:
        if reread is Reread.DONE:
            return Verdict.CHANGED
        if reread is not Reread.UNDONE or not more:
            return Verdict.UNKNOWN
        # A request that was refused or never sent after the loss is not repeated; the lost one can still take effect.
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
        """Whether the change may be sent again: the order is the same, and no step to be sent once may have arrived."""
        return self._sent_once.isdisjoint(self._steps) and self.state.identity == self.before.identity

    @property
    def _steps(self) -> tuple[str, ...]:
        """The steps that are still to be made; one without a name for a change of one step."""
        return self.decision.steps or ("",)

    @property
    def is_sent_once(self) -> bool:
        """Whether a step that is not idempotent may have arrived, which is never sent again."""
        return bool(self._sent_once)


def shows(facts: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a read shows at least one fact that the change produces and that was different before."""
    return any(facts.get(fact) == value for fact, value in after.items() if before.get(fact) != value)


def shows_all(facts: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a read shows all facts that the change produces, at least one of which was different before."""
    return shows(facts, before, after) and all(facts.get(fact) == value for fact, value in after.items())


def _step_count(decision: Decision) -> int:
    return len(decision.steps) or 1
