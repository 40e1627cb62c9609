# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The loop of every module that changes orders: read, decide, notify the observers, write, verify, return the result.

The runner knows no provider: a client reads, a policy decides, and a function writes. The runner guarantees that no
write is based on an old read, that no change is made twice, that no write is sent after a stop, and that the result
reports what is known to have happened.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import ApiError, NotFound, StaleRead, Stopped, unexpected
from .._common.outcomes import CHANGED, FAILED, UNCHANGED, UNKNOWN, Decision, OrderResult
from .._http.retry import backoff
from .follow_up import CHUNK, UNCONFIRMED, FollowUp
from .ledger import Ledger
from .results import Settings, refuse_too_many, task_result
from .waiting import Waits
from .workers import in_turn, pool, signals_stop
from .write_attempt import SETTLED, Reply, Reread, Verdict, WriteAttempt

if TYPE_CHECKING:
    from .._common.context import Context
    from .._http.retry import RateLimitBudget
    from .observers import Observer
    from .protocols import Reader, Write
    from .workers import Map

    # An order to be changed: key, state, decision, and the time of the read in monotonic seconds.
    Judged = tuple[Any, Any, Decision, float]

# The maximum age of the read that a write is based on, in seconds.
FRESH_FOR = 60.0
# An order fails after this number of reads, each of it alone, that were too old before the write could be sent.
SLOW_READS = 10


class Run:
    """One run of a module on the orders of its task; `result` may be called once.

    reader: the client. read: returns the orders of several keys; a single key that it leaves out does not exist.
    decide: the policy; returns the decision for an order as it was read. write: sends one step of a change.
    observers: are notified before every write and of every result.
    """

    def __init__(
        self,
        reader: Reader,
        read: Callable[[Sequence[Any]], dict[Any, Any]],
        decide: Callable[[Any], Decision],
        write: Write,
        settings: Settings,
        context: Context,
        observers: Sequence[Observer] = (),
    ) -> None:
        self._reader = reader
        self._read = read
        self._decide = decide
        self._write = write
        self._settings = settings
        self._context = context
        self._observers = observers
        self._stop = context.stop
        self._ledger = Ledger(reader, settings, context.stop, observers)
        # By key: an order keeps its budget over all attempts of its change.
        self._budgets: dict[Any, RateLimitBudget] = {}
        self._map: Map = in_turn
        # The keys of orders for which a change was, or may have been, sent.
        self._begun: set[Any] = set()
        self._lock = threading.Lock()

    def result(self, asked: Sequence[Any]) -> dict[str, Any]:
        """Change the orders and return the result of the module, with `failed` if the task has to fail.

        asked: the keys of the task; duplicates are changed once and listed as often as they are given.
        Raises OptionError if there are too many keys for a result.
        """
        # An order that is named twice must not get two changes, such as two notes.
        keys = list(dict.fromkeys(asked))
        refuse_too_many(keys, self._settings, self._context)
        try:
            with signals_stop(self._stop), pool(min(self._settings.workers, len(keys))) as self._map:
                self._change_all(keys)
        except ApiError:
            raise
        except Exception as error:
            # What was changed before must be reported.
            if not self._begun:
                raise
            self._leave_after(error, keys)
        result = task_result(asked, self._ledger.results, self._settings, self._context, self._reader.transport)
        warnings = [warning for observer in self._observers for warning in observer.warnings]
        warnings += result.get("warnings", [])
        return {**result, "warnings": warnings} if warnings else result

    def _change_all(self, keys: list[Any]) -> None:
        try:
            # In chunks, so that no change rests on a read that is older than FRESH_FOR.
            for start in range(0, len(keys), CHUNK):
                self._chunk(keys[start : start + CHUNK])
            if not self._context.check_mode:
                # In check mode nothing was sent that could be verified.
                self._follow_up()
        except BaseException as error:
            # Also the time-out of a task. The pool waits for its threads, which must not send more changes meanwhile.
            if not isinstance(error, ApiError):
                self._stop_on_bug()
            raise

    def _leave_after(self, error: Exception, keys: Iterable[Any]) -> None:
        """Record the orders that have no result after an unexpected error."""
        for key in keys:
            if key in self._ledger.results:
                continue
            if key in self._begun:
                failure = ApiError(unexpected(error), code=UNCONFIRMED)
                self._ledger.record(self._ledger.result(key, UNKNOWN, None, None, failure.message, failure))
            else:
                self._ledger.leave([key])

    def _follow_up(self) -> None:
        """Wait for approvals and verify the changes, as far as the task asks for it."""
        follow_up = FollowUp(
            self._ledger,
            self._settings,
            self._context,
            self._map,
            read=self._read,
            fresh=self._fresh,
            decided=self._decided,
        )
        if self._settings.wait:
            follow_up.wait()
        if self._settings.verify:
            follow_up.verify()

    # -- one chunk -------------------------------------------------------------------------------------------------

    def _chunk(self, keys: list[Any]) -> None:
        """Read, decide and write for one chunk of keys.

        Changes whose read became too old while others were written are read again together. If every read of a pass
        became too old before its write, the next pass reads half as many orders, down to one.
        """
        at_once, slow = len(keys), 0
        retries = self._reader.transport.connection.retries
        waits = Waits(self._stop.pause, backoff, most=retries + 1)
        while keys and not self._stop:
            keys, later = keys[:at_once], keys[at_once:]
            # Before the read: the age of its oldest answer counts.
            read_at = time.monotonic()
            judged = self._judge(self._read_chunk(keys))
            to_write = []
            for key, (state, decision) in judged.items():
                if decision.outcome == CHANGED:
                    to_write.append((key, state, decision, read_at))
                else:
                    self._ledger.record(self._unsent(key, state, decision))
            throttled = self._throttled(to_write)
            stale = self._write_all(to_write, waits)
            # No change could be sent in time: to read so many orders takes longer than FRESH_FOR.
            all_stale = bool(stale) and len(stale) == len(to_write)
            # A pass that waited after a 429 does not count as slow: rate_limit_timeout bounds these waits.
            slow = slow + 1 if all_stale and at_once == 1 and self._throttled(to_write) == throttled else 0
            if slow == SLOW_READS:
                self._give_up(stale)
                stale, slow = [], 0
            at_once = max(1, at_once // 2) if all_stale else at_once
            keys = [key for key, *_rest in stale] + later
        # The run was stopped: the rest of the chunk is not attempted.
        self._ledger.leave(keys)

    def _throttled(self, to_write: Iterable[tuple[Any, Any, Decision, float]]) -> float:
        """The seconds that these changes have waited in total after answers with 429."""
        return sum(self._budgets[key].spent for key, *_rest in to_write if key in self._budgets)

    def _give_up(self, stale: Iterable[tuple[Any, Any, Decision, float]]) -> None:
        """Record orders as failed whose reads were always too old for a write."""
        for key, state, *_rest in stale:
            slow = f"more than {FRESH_FOR:.0f} s passed between each read and the change, {SLOW_READS} times"
            why = f"no change was sent, because {slow}: run the task again later"
            self._ledger.record(self._ledger.problem(key, ApiError(why, code="stale"), state))

    def _read_chunk(self, keys: list[Any]) -> dict[Any, Any]:
        """Read orders and return those that were found; a result is recorded for each of the others."""
        try:
            found = self._read(keys)
        except (ApiError, Stopped) as error:
            for key in keys:
                # One failed request counts once for the rules that stop a run, however many orders it asked for.
                self._ledger.record(self._ledger.problem(key, error), counts=key == keys[0])
            return {}
        if len(keys) == 1:
            # One order is read by its own page, whose 404 is an answer of the service.
            self._ledger.missing(set(keys) - set(found))
            return found
        # A list that lacks an order does not prove that the order does not exist: read each such order alone.
        for alone in self._map(self._read_one, [(key,) for key in keys if key not in found]):
            found.update(alone)
        return {key: found[key] for key in keys if key in found}

    def _read_one(self, key: Any) -> dict[Any, Any]:
        """The order by its key; empty if it was not found, with its result recorded."""
        if self._stop:
            self._ledger.leave([key])
            return {}
        try:
            found = self._reader.read([key])
        except (ApiError, Stopped) as error:
            self._ledger.record(self._ledger.problem(key, error))
            return {}
        self._ledger.missing({key} - set(found))
        return found

    def _judge(self, states: dict[Any, Any]) -> dict[Any, tuple[Any, Decision]]:
        """Return each order with its decision.

        A policy can require further facts (Decision.required_fact): those are fetched, for all orders that lack the
        same fact together, and the policy decides again. A result is recorded for each order whose facts cannot be
        read.
        """
        judged: dict[Any, tuple[Any, Decision]] = {}
        undecided = states
        while undecided:
            missing_facts: dict[str, dict[Any, Any]] = {}
            for key, state in undecided.items():
                decision = self._decide(state)
                if decision.required_fact:
                    # Collected, as one request can fetch a fact for many orders.
                    missing_facts.setdefault(decision.required_fact, {})[key] = state
                else:
                    judged[key] = (state, decision)
            undecided = {}
            for fact, several in missing_facts.items():
                undecided.update(self._fetch_facts(fact, several))
        # In the order of the task, which the fetches may have changed.
        return {key: judged[key] for key in states if key in judged}

    def _fetch_facts(self, fact: str, states: dict[Any, Any]) -> dict[Any, Any]:
        """The orders with one more fact; by several threads if the fact costs a request for each order."""
        parts = [{key: states[key]} for key in states] if fact in self._reader.ONE_BY_ONE else [states]
        fetched: dict[Any, Any] = {}
        for part in self._map(self._fetch_part, [(fact, part) for part in parts]):
            fetched.update(part)
        return fetched

    def _fetch_part(self, fact: str, states: dict[Any, Any]) -> dict[Any, Any]:
        if self._stop:
            self._ledger.leave(states)
            return {}
        try:
            return self._reader.fetch_fact(fact, list(states.values()))
        except NotFound:
            # The orders were deleted, or moved out of sight of the API key, after the first read.
            self._ledger.missing(set(states))
        except (ApiError, Stopped) as error:
            for key, state in states.items():
                self._ledger.record(self._ledger.problem(key, error, state))
        return {}

    # -- the writes ------------------------------------------------------------------------------------------------

    def _write_all(self, to_write: list[Judged], waits: Waits) -> list[Judged]:
        """Make the changes of a chunk; return those whose read became too old before anything was sent.

        The orders with lost replies are read again together at the end, so that one wait serves all of them.
        """
        attempts = self._map(self._change, [(one, waits) for one in to_write])
        stale = [judged for judged, one in zip(to_write, attempts) if one and not one.lost]
        self._read_again([one for one in attempts if one and one.lost], waits)
        return stale

    def _change(self, judged: Judged, waits: Waits) -> WriteAttempt | None:
        """Send one change; return None once its result is recorded, else the attempt (reply lost, or read too old)."""
        key, state, decision, read_at = judged
        try:
            blocked = self._blocked(key, state, decision)
            if blocked:
                self._ledger.record(blocked)
                return None
            attempt = WriteAttempt(key, state, decision, read_at)
            is_open = self._advance(attempt)
            if is_open and attempt.lost and self._settings.stop_on_failure:
                # stop_on_failure: find out whether this change failed before the next one is sent.
                self._read_again([attempt], waits)
                is_open = False
        except BaseException:
            self._stop_on_bug()
            raise
        return attempt if is_open else None

    def _unsent(self, key: Any, state: Any, decision: Decision) -> OrderResult:
        """The result of an order whose decision is not to send a change."""
        why = decision.explanation
        # UNKNOWN: an earlier run may have made the change and never got a reply.
        if decision.outcome != UNKNOWN:
            return self._ledger.result(key, decision.outcome, state, state, why)
        unknown = self._ledger.result(key, UNKNOWN, state, None, why, ApiError(why, code=UNCONFIRMED))
        return replace(unknown, expected=decision.expected)

    def _blocked(self, key: Any, state: Any, decision: Decision) -> OrderResult | None:
        """The result of a change that must not be sent: after a stop, in read-only mode or in check mode; else None."""
        if self._stop:
            return self._ledger.problem(key, Stopped(self._stop.reason))
        if self._reader.transport.connection.read_only:
            forbids = self._reader.transport.connection.read_only
            return self._ledger.problem(
                key,
                ApiError(f"no change is sent, because {forbids} is set in the environment", code="read_only"),
                state,
            )
        return (
            replace(self._ledger.changed(key, state, state, decision), counts=True)
            if self._context.check_mode
            else None
        )

    def _advance(self, attempt: WriteAttempt) -> bool:
        """Send a change until its result is recorded; True while it is open.

        A change is open if a reply was lost, or if it was not sent because the read became too old.
        """
        retries = self._reader.transport.connection.retries
        while True:
            self._send(attempt)
            if attempt.reply is Reply.ACKNOWLEDGED:
                done = self._ledger.changed(attempt.key, attempt.before, attempt.state, attempt.decision)
                self._ledger.record(replace(done, acknowledged=True))
                return False
            if attempt.lost:
                # The caller waits before it reads the order again.
                return True
            if not attempt.needs_read:
                # Nothing was sent: the result is final, unless a new read and decision can help.
                if attempt.reply is not Reply.STALE:
                    self._ledger.record(self._ledger.problem(attempt.key, attempt.problem, attempt.before))
                return attempt.reply is Reply.STALE
            # A refusal: another client may have made the change, or a state may have changed that forbids it.
            result = self._reread(attempt, more=attempt.tries <= retries)
            if result:
                self._ledger.record(result)
                return False
            self._reader.transport.counters.add(retries=1)

    def _send(self, attempt: WriteAttempt) -> None:
        """Send the steps of a decision, up to the first that fails."""
        key, decision = attempt.key, attempt.decision
        # The steps of a change, and its later attempts, share one budget for answers with 429.
        with self._lock:
            budget = self._budgets.setdefault(key, self._reader.transport.budget())
        attempt.tries += 1
        self._begun.add(key)
        for step in decision.steps or ("",):
            try:
                # The audit log is written here. If that fails, the step is not sent.
                for observer in self._observers:
                    observer.announced(key, attempt.state, attempt.decision)
                one = replace(attempt.decision, steps=(step,)) if step else attempt.decision
                made = self._write(attempt.state, one, fresh_until=attempt.read_at + FRESH_FOR, budget=budget)
            except (ApiError, StaleRead, Stopped) as problem:
                attempt.sent(step, problem)
                return
            attempt.sent(step, None)
            # The service may have done something else than was decided, such as to wait for an approval.
            attempt.decision = replace(made, steps=decision.steps) if made else attempt.decision

    def _read_again(self, attempts: list[WriteAttempt], waits: Waits) -> None:
        """Wait, read orders whose replies were lost, and send a change again if that is safe, until none is open."""
        number = 0
        while attempts:
            # Growing: the effect of a lost request can become visible late.
            seconds = waits.next(number)
            number += 1
            self._reader.transport.counters.add(waited=seconds)
            waits.sleep(seconds)
            more = not waits.are_over(number) and not self._stop
            # A single attempt can come from a thread of the pool (stop_on_failure), which must not wait for the pool.
            run = self._map if len(attempts) > 1 else in_turn
            still_open = run(self._resolve, [(one, more) for one in attempts])
            attempts = [one for one, is_open in zip(attempts, still_open) if is_open]

    def _resolve(self, attempt: WriteAttempt, more: bool) -> bool:
        """Read an order whose reply was lost, and send its change again if that is safe; True while it is open."""
        try:
            result = self._reread(attempt, more=more)
            if result:
                self._ledger.record(result)
                return False
            if not attempt.resend:
                return True
            self._reader.transport.counters.add(retries=1)
            return self._advance(attempt)
        except BaseException:
            self._stop_on_bug()
            raise

    def _stop_on_bug(self) -> None:
        # The other threads must not send more changes after an unforeseen error.
        self._stop.set("an unexpected error ended the run")

    def _reread(self, attempt: WriteAttempt, *, more: bool) -> OrderResult | None:
        """Read an order again; return its result, or None if the change has to be sent, or the order read, again."""
        # A change that is sent again after this read has to follow it within FRESH_FOR.
        attempt.read_at = time.monotonic()
        read_error: Exception | None = None
        try:
            now = self._fresh(attempt.key)
            reread = Reread.GONE if now is None else attempt.reread(*now)
        except (ApiError, Stopped) as error:
            read_error, reread = error, Reread.UNREADABLE
        verdict = attempt.verdict(reread, more=more)
        attempt.resend = verdict is Verdict.SEND
        if verdict in (Verdict.SEND, Verdict.WAIT):
            return None
        if verdict is Verdict.MISSING:
            return self._ledger.absent(attempt.key)
        return replace(self._outcome(attempt, verdict, reread, read_error), counts=self._counts(attempt, verdict))

    @staticmethod
    def _counts(attempt: WriteAttempt, verdict: Verdict) -> bool:
        """Whether the result is `changed` for Ansible: a change that was made in part is, whatever its outcome."""
        return attempt.partly or verdict is Verdict.CHANGED

    def _outcome(
        self, attempt: WriteAttempt, verdict: Verdict, reread: Reread, read_error: Exception | None
    ) -> OrderResult:
        """The result of a change that was refused, sent too late, or whose reply was lost."""
        key, before, state, found = attempt.key, attempt.before, attempt.state, attempt.found
        settled = found.outcome if found.outcome in SETTLED else UNCHANGED
        if verdict is Verdict.UNCHANGED:
            return self._ledger.result(key, settled, state, state, "another client made the change in the meantime")
        if verdict is Verdict.CHANGED:
            why = "the service did not acknowledge the change, but a new read shows it" if attempt.lost else ""
            if found.outcome not in SETTLED:
                # The change shows, but the order cannot be changed any more: the reason reports both.
                why = "; ".join(part for part in (why, f"now {found.explanation}") if part)
                return self._ledger.result(key, attempt.decision.ends, before, state, why)
            return self._ledger.result(key, settled if settled != UNCHANGED else CHANGED, before, state, why)
        problem = self._problem_of(attempt)
        why = f"{problem}{_found_instead(attempt, reread, read_error)}"
        if verdict is Verdict.FAILED:
            after = {Reread.GONE: None, Reread.UNREADABLE: before}.get(reread, state)
            return self._ledger.result(key, FAILED, before, after, why, problem)
        return replace(
            self._ledger.result(key, UNKNOWN, before, None, why, problem), expected=attempt.decision.expected
        )

    @staticmethod
    def _problem_of(attempt: WriteAttempt) -> ApiError:
        """The error for the failure of a result: of the last request, or else of the one whose reply was lost."""
        if isinstance(attempt.problem, ApiError):
            return attempt.problem
        if attempt.lost:
            return attempt.lost
        is_stale = attempt.reply is Reply.STALE
        why = f"the rest was not sent within {FRESH_FOR:.0f} s after the read" if is_stale else attempt.problem
        return ApiError(f"only a part of the change was made: {why}", code="stale" if is_stale else "stopped")

    def _fresh(self, key: Any) -> tuple[Any, Decision] | None:
        """Read an order and decide for it again; None if it does not exist. Raises ApiError or Stopped."""
        state = self._read([key]).get(key)
        return None if state is None else self._decided(state)

    def _decided(self, state: Any) -> tuple[Any, Decision]:
        """An order, with all facts that the policy requires, and its decision. Raises ApiError or Stopped."""
        decision = self._decide(state)
        while decision.required_fact:
            (state,) = self._reader.fetch_fact(decision.required_fact, [state]).values()
            decision = self._decide(state)
        return state, decision


def _found_instead(attempt: WriteAttempt, reread: Reread, read_error: Exception | None) -> str:
    """What a fresh read shows instead of the change; a text to append to the reason of a result."""
    lost = attempt.lost
    earlier = "; an earlier request was not acknowledged" if lost and attempt.problem is not lost else ""
    if reread is Reread.UNREADABLE:
        return f"{earlier}; a new read failed: {read_error}"
    if reread is Reread.GONE:
        return f"{earlier}; a new read does not find it"
    now = "" if reread is Reread.UNDONE else f"; now {attempt.found.explanation}"
    if lost and attempt.is_sent_once:
        why = "a new read does not show the change yet, and this request is not repeated"
        return f"{earlier}{now}; {why}: check the result before you run the task again"
    if lost and not now:
        why = "a new read does not show the change yet, but the change may still take effect"
        return f"{earlier}; {why}: run the task again later"
    return f"{earlier}{now}"
