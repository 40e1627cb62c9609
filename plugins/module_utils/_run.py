# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The one loop of every module that changes orders: read, decide, announce, write, verify, tell.

Knows no provider: a client reads, a policy decides, a call writes, and this file keeps the promises that lie between
them: no write on an old read, no write twice, no write after a stop, and a result that tells the truth.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Protocol

from ._errors import ApiError, LibraryMissing, NotFound, Refused, StaleRead, Stopped
from ._http import backoff
from ._options import OptionError, refuse_nul
from ._orders import (
    CHANGED,
    FAILED,
    MISSING,
    NOT_ATTEMPTED,
    PENDING_APPROVAL,
    UNCHANGED,
    UNKNOWN,
    Decision,
    OrderResult,
    plural,
    scrub,
)
from ._results import Settings, fails, refuse_too_many, told
from ._work import in_turn, pool, signals_stop

if TYPE_CHECKING:
    from ._http import Context, Patience, Transport
    from ._observers import Observer
    from ._work import Map

# How many orders are read, and then written, at a time.
CHUNK = 100
# No write rests on a read that is older, in seconds.
FRESH_FOR = 60.0
# So many orders in a row for which the key was refused end the run.
DENIALS = 3
# How often an order is read by itself, each time too slowly for a write, before it is given up.
SLOW_READS = 10


class State(Protocol):
    """An order as a client returns it."""

    @property
    def name(self) -> str:
        """What people know it by, such as its common name."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a change can alter."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What names it in a result, beside the key that was asked for."""


class Reader(Protocol):
    """The part of a client that a run needs; each raises ApiError or Stopped.

    ONE_BY_ONE: the needs that cost a request for each order.
    """

    ONE_BY_ONE: frozenset[str]

    @property
    def transport(self) -> Transport:
        """Where requests are counted, and the connection is."""

    def read(self, keys: Sequence[Any]) -> dict[Any, Any]:
        """The orders found, of several keys those that come together; a single key left out does not exist."""

    def learn(self, need: str, orders: Sequence[Any]) -> dict[Any, Any]:
        """The same orders with the fact that a Decision needs."""

    def whose(self) -> str:
        """The account that was asked, for messages."""


class Write(Protocol):
    def __call__(self, state: Any, decision: Decision, /, *, fresh_until: float, patience: Patience) -> Decision | None:
        """Send one change, that of the decision's only step; raises ApiError, StaleRead or Stopped.

        Returns what it came to, where that is not what was decided.
        """


class Run:
    """One task's work on its orders; `result` may be called once."""

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
        self._results: dict[Any, OrderResult] = {}
        self._patience: dict[Any, Patience] = {}
        self._denials = 0
        self._map: Map = in_turn
        self._asked_account = ""
        self._account_lock = threading.Lock()
        self._lock = threading.Lock()

    def result(self, asked: Sequence[Any]) -> dict[str, Any]:
        """Do it, and say what came of it: a module's result, with `failed` where the task has to fail."""
        keys = list(dict.fromkeys(asked))
        refuse_too_many(keys, self._settings, self._context)
        with signals_stop(self._stop), pool(min(self._settings.workers, len(keys))) as self._map:
            for start in range(0, len(keys), CHUNK):
                self._chunk(keys[start : start + CHUNK])
            if self._settings.wait and not self._context.check_mode:
                self._await()
            if self._settings.verify and not self._context.check_mode:
                self._verify()
        result = told(asked, self._results, self._settings, self._context, self._reader.transport)
        warnings = [warning for observer in self._observers for warning in observer.warnings]
        warnings += result.get("warnings", [])
        return {**result, "warnings": warnings} if warnings else result

    # -- one chunk -------------------------------------------------------------------------------------------------

    def _chunk(self, keys: list[Any]) -> None:
        """Read, decide and write; what became stale while others were written is read again together."""
        at_once, slow = len(keys), 0
        while keys and not self._stop:
            keys, later = keys[:at_once], keys[at_once:]
            read_at = time.monotonic()
            judged = self._judge(self._look(keys))
            to_write = []
            for key, (state, decision) in judged.items():
                if decision.outcome == CHANGED:
                    to_write.append((key, state, decision, read_at))
                else:
                    self._record(self._result(key, decision.outcome, state, state, decision.explanation))
            throttled = self._throttled(to_write)
            changes = self._map(self._change, to_write)
            stale = [change for change, settled in zip(to_write, changes) if not settled]
            # Where nothing could be sent, reading so many takes longer than a read stays fresh.
            hopeless = bool(stale) and len(stale) == len(to_write)
            # A wait for a service that answers 429 has a bound of its own.
            slow = slow + 1 if hopeless and at_once == 1 and self._throttled(to_write) == throttled else 0
            if slow == SLOW_READS:
                self._give_up(stale)
                stale, slow = [], 0
            at_once = max(1, at_once // 2) if hopeless else at_once
            keys = [key for key, *_rest in stale] + later
        self._leave(keys)

    def _throttled(self, to_write: Iterable[tuple[Any, Any, Decision, float]]) -> float:
        """How long these changes have waited in all as the service answered 429, in seconds."""
        return sum(self._patience[key].spent for key, *_rest in to_write if key in self._patience)

    def _give_up(self, stale: Iterable[tuple[Any, Any, Decision, float]]) -> None:
        for key, state, *_rest in stale:
            why = f"each time, more than {FRESH_FOR:.0f} s went by between reading it and being able to change it"
            self._record(self._problem(key, ApiError(why, code="stale"), state))

    def _look(self, keys: list[Any]) -> dict[Any, Any]:
        """The orders that can be read; the others are settled."""
        try:
            found = self._read(keys)
        except (ApiError, Stopped) as error:
            for key in keys:
                # One request was refused, not as many as there are orders in it.
                self._record(self._problem(key, error), counts=key == keys[0])
            return {}
        if len(keys) == 1:
            self._missing(set(keys) - set(found))
            return found
        # A list that leaves an order out does not prove that there is none.
        for alone in self._map(self._look_alone, [(key,) for key in keys if key not in found]):
            found.update(alone)
        return {key: found[key] for key in keys if key in found}

    def _look_alone(self, key: Any) -> dict[Any, Any]:
        if self._stop:
            self._leave([key])
            return {}
        try:
            found = self._reader.read([key])
        except (ApiError, Stopped) as error:
            self._record(self._problem(key, error))
            return {}
        self._missing({key} - set(found))
        return found

    def _judge(self, states: dict[Any, Any]) -> dict[Any, tuple[Any, Decision]]:
        """The decision for each order, after reading what it needs; what cannot be read is settled."""
        judged: dict[Any, tuple[Any, Decision]] = {}
        undecided = states
        while undecided:
            needs: dict[str, dict[Any, Any]] = {}
            for key, state in undecided.items():
                decision = self._decide(state)
                if decision.need:
                    needs.setdefault(decision.need, {})[key] = state
                else:
                    judged[key] = (state, decision)
            undecided = {}
            for need, several in needs.items():
                undecided.update(self._learn(need, several))
        return {key: judged[key] for key in states if key in judged}

    def _learn(self, need: str, states: dict[Any, Any]) -> dict[Any, Any]:
        parts = [{key: states[key]} for key in states] if need in self._reader.ONE_BY_ONE else [states]
        learned: dict[Any, Any] = {}
        for part in self._map(self._learn_part, [(need, part) for part in parts]):
            learned.update(part)
        return learned

    def _learn_part(self, need: str, states: dict[Any, Any]) -> dict[Any, Any]:
        if self._stop:
            self._leave(states)
            return {}
        try:
            return self._reader.learn(need, list(states.values()))
        except NotFound:
            self._missing(set(states))
        except (ApiError, Stopped) as error:
            for key, state in states.items():
                self._record(self._problem(key, error, state))
        return {}

    # -- one write -------------------------------------------------------------------------------------------------

    def _change(self, key: Any, state: Any, decision: Decision, read_at: float) -> bool:
        """Make one change; False where the read has become too old and nothing was sent."""
        try:
            result = self._blocked(key, state, decision) or self._attempts(key, state, decision, read_at)
        except BaseException:
            # Nothing foresees this: the other threads must not go on as if it had not happened.
            self._stop.set("an unforeseen error ended the run")
            raise
        if result:
            self._record(result)
        return result is not None

    def _blocked(self, key: Any, state: Any, decision: Decision) -> OrderResult | None:
        """What keeps a change from being sent at all."""
        if self._stop:
            return self._problem(key, Stopped(self._stop.reason))
        if self._reader.transport.connection.read_only:
            forbids = self._reader.transport.connection.read_only
            return self._problem(key, ApiError(f"{forbids} is set: no change is sent", code="read_only"), state)
        return replace(self._changed(key, state, state, decision), counts=True) if self._context.check_mode else None

    def _attempts(self, key: Any, before: Any, decision: Decision, read_at: float) -> OrderResult | None:
        """Send until it is acknowledged, refused, or its fate is read; None where the read became too old first.

        A change is sent again only after a fresh read which shows that it has not been made.
        """
        state, lost, counts = before, None, False
        problem: Exception | None = None
        retries = self._reader.transport.connection.retries
        for attempt in range(retries + 1):
            decision, acknowledged, problem = self._send(key, state, decision, read_at)
            counts = counts or acknowledged
            if problem is None:
                return replace(self._changed(key, before, state, decision), acknowledged=True)
            if not (lost or counts or _needs_a_look(problem)):
                return None if isinstance(problem, StaleRead) else self._problem(key, problem, before)
            lost = problem if _is_ambiguous(problem) else lost
            read_at = time.monotonic()
            seen = self._look_again(key, before, decision, lost or problem, lost=lost is not None, counts=counts)
            if isinstance(seen, OrderResult):
                return replace(seen, counts=seen.counts or counts)
            if lost and _steps(seen[1]) < _steps(decision):
                counts = True
            state, decision = seen
            if not (_is_ambiguous(problem) or isinstance(problem, StaleRead)):
                break
            if attempt < retries:
                self._rest(attempt)
                self._reader.transport.counters.add(retries=1)
        if not isinstance(problem, ApiError) and not lost:
            code = "stale" if isinstance(problem, StaleRead) else "stopped"
            problem = ApiError(f"only a part of the change was made: {problem}", code=code)
        failed = self._problem(key, problem if isinstance(problem, ApiError) else lost, before, after=state)
        return replace(failed, counts=counts)

    def _send(
        self, key: Any, state: Any, decision: Decision, read_at: float
    ) -> tuple[Decision, bool, Exception | None]:
        """Send a decision's writes: what it came to, whether one was acknowledged, and what went wrong."""
        with self._lock:
            patience = self._patience.setdefault(key, self._reader.transport.patience())
        acknowledged = False
        for step in decision.steps or ("",):
            try:
                for observer in self._observers:
                    observer.announced(key, state, decision)
                one = replace(decision, steps=(step,)) if step else decision
                told = self._write(state, one, fresh_until=read_at + FRESH_FOR, patience=patience)
            except (ApiError, StaleRead, Stopped) as problem:
                return decision, acknowledged, problem
            acknowledged = True
            decision = replace(told, steps=decision.steps) if told else decision
        return decision, acknowledged, None

    def _look_again(
        self, key: Any, before: Any, sent: Decision, problem: Any, *, lost: bool, counts: bool
    ) -> OrderResult | tuple[Any, Decision]:
        """After a reply that was lost, or a refusal: what has become of the order, or its state where nothing has.

        counts: whether a part of the change was acknowledged.
        """
        try:
            now = self._fresh(key)
        except (ApiError, Stopped) as unread:
            why = f"{problem}; and it could not be read again: {unread}"
            if lost or counts:
                unknown = self._result(key, UNKNOWN, before, None, why, problem)
                return replace(unknown, expected=sent.expected) if lost and not sent.repeatable else unknown
            return self._result(key, FAILED, before, before, why, problem)
        if now is None:
            if isinstance(problem, NotFound) and not counts:
                return self._absent(key)
            why = f"{problem}; and it is no longer there"
            return self._result(key, UNKNOWN if lost or counts else FAILED, before, None, why, problem)
        state, decision = now
        if lost and not sent.repeatable and not _shows(state.facts, before.facts, sent.expected):
            why = f"{problem}; a fresh read does not show it yet, and it is never sent twice"
            return replace(self._result(key, UNKNOWN, before, None, why, problem), expected=sent.expected)
        if decision.outcome == CHANGED:
            return state, decision
        if decision.outcome not in _SETTLED:
            return self._result(key, FAILED, before, state, f"{problem}; and now {decision.explanation}", problem)
        at_once = sent.ends == PENDING_APPROVAL and decision.outcome == UNCHANGED and state.facts != before.facts
        if counts or (lost and (at_once or _shows(state.facts, before.facts, sent.expected))):
            outcome = decision.outcome if decision.outcome != UNCHANGED else CHANGED
            why = "the reply was lost, and a fresh read shows the change" if lost else ""
            return replace(self._result(key, outcome, before, state, why), counts=True)
        return self._result(key, decision.outcome, state, state, "it was changed by someone else meanwhile")

    def _fresh(self, key: Any) -> tuple[Any, Decision] | None:
        """The order and the decision as of now; None where it does not exist. Raises ApiError or Stopped."""
        state = self._read([key]).get(key)
        return None if state is None else self._decided(state)

    def _decided(self, state: Any) -> tuple[Any, Decision]:
        """An order with what its decision needs. Raises ApiError or Stopped."""
        decision = self._decide(state)
        while decision.need:
            (state,) = self._reader.learn(decision.need, [state]).values()
            decision = self._decide(state)
        return state, decision

    def _rest(self, attempt: int) -> None:
        try:
            self._stop.pause(backoff(attempt))
        except Stopped:
            # The next attempt meets the stop, which settles the order.
            return

    # -- waiting ---------------------------------------------------------------------------------------------------

    def _await(self) -> None:
        """Look at what is yet to come about, again and again, until it has, or the time is over."""
        waiting = [key for key, result in self._results.items() if self._is_awaited(result)]
        until = time.monotonic() + self._settings.wait
        if waiting:
            several = plural(len(waiting), self._settings.noun)
            self._context.say(f"waiting for {several} to be {self._settings.done}, {self._settings.wait:.0f} s at most")
        try:
            while waiting and time.monotonic() < until:
                self._stop.pause(min(self._settings.poll, until - time.monotonic()))
                settled = self._map(self._look_whether_settled, [(key,) for key in waiting])
                waiting = [key for key, is_settled in zip(waiting, settled) if not is_settled]
        except Stopped:
            # What waits goes on waiting, and the result says so.
            pass
        for key in waiting:
            if self._results[key].outcome == CHANGED:
                self._record(self._unseen(self._results[key], None))

    def _is_awaited(self, result: OrderResult) -> bool:
        if result.outcome == PENDING_APPROVAL:
            return True
        return self._settings.confirm and (result.acknowledged or result.outcome == UNKNOWN)

    def _look_whether_settled(self, key: Any) -> bool:
        result = self._results[key]
        try:
            now = self._fresh(key)
        except (ApiError, Stopped):
            # The next look may fare better; until then it waits, as far as is known.
            return False
        if result.outcome != PENDING_APPROVAL:
            if not now or not _shows(now[0].facts, result.before or {}, result.expected or result.after or {}):
                return False
            why = result.reason if result.acknowledged else "the reply was lost, and a fresh read shows the change"
            self._record(replace(result, outcome=CHANGED, after=now[0].facts, reason=why, failure=None, counts=True))
            return True
        if now and now[1].outcome == PENDING_APPROVAL:
            return False
        if now and now[1].outcome == UNCHANGED:
            outcome = CHANGED if result.is_change else UNCHANGED
            self._record(replace(result, outcome=outcome, after=now[0].facts, reason="it was approved meanwhile"))
        else:
            why = "it no longer waits for an approval, and was not approved"
            failure = ApiError(why, code="not_approved").failure(self._settings.order_id(key, result.identity))
            after = now[0].facts if now else None
            self._record(replace(result, outcome=FAILED, after=after, reason=why, failure=failure))
        return True

    # -- verifying -------------------------------------------------------------------------------------------------

    def _verify(self) -> None:
        """Read what was changed once more; a change that cannot be seen is reported as unknown."""
        changed = [key for key, result in self._results.items() if result.acknowledged and result.outcome != FAILED]
        for start in range(0, len(changed), CHUNK):
            keys = changed[start : start + CHUNK]
            try:
                found = self._read(keys) if len(keys) > 1 else {}
            except (ApiError, Stopped) as unread:
                verified = [self._unverified(self._results[key], unread) for key in keys]
            else:
                verified = self._map(self._verified, [(self._results[key], found.get(key)) for key in keys])
            self._results.update(zip(keys, verified))
            for result in verified:
                if result.outcome == UNKNOWN:
                    self._tell(result)

    def _verified(self, done: OrderResult, state: Any) -> OrderResult:
        try:
            now = self._fresh(done.key) if state is None else self._decided(state)
        except (ApiError, Stopped) as unread:
            return self._unverified(done, unread)
        if now and now[1].outcome == UNCHANGED and done.outcome == PENDING_APPROVAL:
            return replace(done, outcome=CHANGED, after=now[0].facts, reason="it was approved meanwhile")
        if now and now[1].outcome in _SETTLED and _shows(now[0].facts, done.before or {}, done.after or {}):
            return replace(done, after=now[0].facts)
        return self._unseen(done, now[0].facts if now else None)

    def _unseen(self, done: OrderResult, facts: Mapping[str, Any] | None) -> OrderResult:
        why = "the change was acknowledged, but a fresh read does not show it"
        failure = ApiError(why, code="not_verified").failure(self._settings.order_id(done.key, done.identity))
        return replace(done, outcome=UNKNOWN, after=facts, reason=why, failure=failure)

    # -- what became of an order -----------------------------------------------------------------------------------

    def _problem(self, key: Any, problem: Exception | None, state: Any = None, *, after: Any = None) -> OrderResult:
        """The result of an order whose request failed, or was never sent."""
        if isinstance(problem, ApiError):
            return self._result(key, FAILED, state, after or state, problem.message, problem)
        return self._result(key, NOT_ATTEMPTED, state, state, self._stop.reason)

    def _missing(self, keys: Iterable[Any]) -> None:
        for key in keys:
            self._record(self._absent(key))

    def _absent(self, key: Any) -> OrderResult:
        return self._result(key, MISSING, None, None, f"it does not exist in {self._whose()}, or not for this key")

    def _whose(self) -> str:
        # Not the lock of the results: others go on while this waits for an answer.
        with self._account_lock:
            try:
                self._asked_account = self._asked_account or self._reader.whose()
            except Stopped:
                return "this key's account"
            return self._asked_account

    def _leave(self, keys: Iterable[Any]) -> None:
        for key in keys:
            self._record(self._problem(key, Stopped(self._stop.reason)))

    def _record(self, result: OrderResult, counts: bool = True) -> None:
        with self._lock:
            self._results[result.key] = result
            if counts and result.outcome != NOT_ATTEMPTED:
                self._stop_rules(result)
        self._tell(result)

    def _tell(self, result: OrderResult) -> None:
        for observer in self._observers:
            observer.settled(result)

    def _stop_rules(self, result: OrderResult) -> None:
        denied = self._settings.one_key and result.failure and result.failure["http_status"] in (401, 403)
        self._denials = self._denials + 1 if denied else 0
        if self._denials >= DENIALS:
            self._stop.set(f"the service refused the key for {DENIALS} {self._settings.noun}s in a row")
        elif self._settings.stop_on_failure and fails(result, self._settings):
            self._stop.set(f"{_a(self._settings.noun)} failed before it and stop_on_failure is set")

    def _result(
        self, key: Any, outcome: str, before: Any, after: Any, reason: str = "", error: Any = None
    ) -> OrderResult:
        known = before or after
        identity = known.identity if known else {}
        return OrderResult(
            key,
            outcome,
            before.facts if before else None,
            after.facts if after else None,
            reason,
            error.failure(self._settings.order_id(key, identity)) if isinstance(error, ApiError) else None,
            known.name if known else "",
            identity=identity,
        )

    def _changed(self, key: Any, before: Any, state: Any, decision: Decision) -> OrderResult:
        """The result of a change that was made, or would be; `state` is what it was read as last."""
        result = self._result(key, decision.ends, before, before, decision.reason)
        return replace(result, after={**state.facts, **decision.after}, done=decision.done)

    def _unverified(self, done: OrderResult, unread: ApiError | Stopped) -> OrderResult:
        why = f"the change was acknowledged, but could not be verified: {unread}"
        error = unread if isinstance(unread, ApiError) else ApiError(why, code="not_verified")
        failure = error.failure(self._settings.order_id(done.key, done.identity))
        return replace(done, outcome=UNKNOWN, after=None, reason=why, failure=failure)


# Nothing is left to do, by us at least.
_SETTLED = (UNCHANGED, PENDING_APPROVAL)


def _is_ambiguous(problem: Exception) -> bool:
    return isinstance(problem, ApiError) and problem.ambiguous


def _needs_a_look(problem: Exception) -> bool:
    """Whether the order may have changed, by us or, where it was refused, by someone else."""
    return _is_ambiguous(problem) or isinstance(problem, Refused)


def _shows(facts: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether an order looks as our change would have left it: it may need no change now for quite another reason.

    One fact will do: what else comes with a change is foretold, not known.
    """
    return any(facts.get(fact) == value for fact, value in after.items() if before.get(fact) != value)


def _steps(decision: Decision) -> int:
    return len(decision.steps) or 1


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def guarded(
    run: Callable[[Mapping[str, Any], Context], dict[str, Any]], params: Mapping[str, Any], context: Context
) -> dict[str, Any]:
    """A module's `run`, for a door: what keeps it from beginning becomes a failed result, and no secret is left."""
    try:
        refuse_nul(params)
        result = run(params, context)
    except OptionError as error:
        failure = ApiError(str(error), code="invalid_option").failure()
        result = {"failed": True, "changed": False, "msg": str(error), "failure": failure}
    except ApiError as error:
        result = {"failed": True, "changed": False, "msg": error.message, "failure": error.failure()}
    except Stopped as error:
        failure = ApiError(str(error), code="stopped").failure()
        result = {"failed": True, "changed": False, "msg": str(error), "failure": failure}
    except LibraryMissing as error:
        code = "library_too_old" if error.is_old else "library_missing"
        result = {"failed": True, "changed": False, "failure": ApiError(error.message, code=code).failure()}
        # The words for one that is missing are Ansible's.
        result.update({"msg": error.message} if error.is_old else {"library": error.library, "exception": error.trace})
    scrubbed: dict[str, Any] = scrub(result, context.secrets)
    return scrubbed
