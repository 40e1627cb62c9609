# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The results of a run by order, and the rules by which a result stops the run early."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._common.errors import ApiError, Stopped
from .._common.outcomes import FAILED, MISSING, NOT_ATTEMPTED, UNKNOWN, Decision, OrderResult
from .results import fails

if TYPE_CHECKING:
    from .._common.context import Stop
    from .observers import Observer
    from .protocols import Reader
    from .results import Settings

# The run stops after the service refused the key for this number of orders in a row.
DENIALS = 3


class Ledger:
    """The results of a run by key; safe for any number of threads.

    reader: names the account in messages. stop: is set if a result stops the run. observers: are notified of every
    result.
    """

    def __init__(self, reader: Reader, settings: Settings, stop: Stop, observers: Sequence[Observer]) -> None:
        self.results: dict[Any, OrderResult] = {}
        self._reader = reader
        self._settings = settings
        self._stop = stop
        self._observers = observers
        self._account = ""
        self._account_lock = threading.Lock()
        self._lock = threading.Lock()

    def problem(self, key: Any, problem: Exception | None, state: Any = None, *, after: Any = None) -> OrderResult:
        """The result of an order whose request failed (ApiError) or was never sent (another problem, or None)."""
        if isinstance(problem, ApiError):
            return self.result(key, FAILED, state, after or state, problem.message, problem)
        return self.result(key, NOT_ATTEMPTED, state, state, self._stop.reason)

    def missing(self, keys: Iterable[Any]) -> None:
        """Record orders that do not exist."""
        for key in keys:
            self.record(self.absent(key))

    def absent(self, key: Any) -> OrderResult:
        """The result of an order that does not exist; may send a request to name the account."""
        return self.result(
            key,
            MISSING,
            None,
            None,
            f"it does not exist in {self._account_label()}, or the API key has no access to it",
        )

    def _account_label(self) -> str:
        # A lock of its own: other threads can record results while this one waits for the answer.
        with self._account_lock:
            try:
                self._account = self._account or self._reader.account_label()
            except Stopped:
                return "the account of the API key"
            return self._account

    def leave(self, keys: Iterable[Any]) -> None:
        """Record orders as not attempted, because the run was stopped."""
        for key in keys:
            self.record(self.problem(key, Stopped(self._stop.reason)))

    def record(self, result: OrderResult, counts: bool = True) -> None:
        """Record a result and notify the observers; counts: whether the rules that stop a run apply to it."""
        with self._lock:
            self.results[result.key] = result
            if counts and result.outcome != NOT_ATTEMPTED:
                self._stop_rules(result)
        self.notify(result)

    def notify(self, result: OrderResult) -> None:
        """Notify the observers of a result."""
        for observer in self._observers:
            observer.settled(result)

    def _stop_rules(self, result: OrderResult) -> None:
        denied = self._settings.one_key and result.failure and result.failure["http_status"] in (401, 403)
        self._stop.denials = self._stop.denials + 1 if denied else 0
        if self._stop.denials >= DENIALS:
            self._stop.set(
                f"the service refused the API key for {DENIALS} {self._settings.noun}s in a row: check the API key"
            )
        elif self._settings.stop_on_failure and fails(result, self._settings):
            self._stop.set(f"another {self._settings.noun} failed before, and stop_on_failure is set")

    def result(
        self, key: Any, outcome: str, before: Any, after: Any, reason: str = "", error: Any = None
    ) -> OrderResult:
        """A result from what is known about an order; nothing is recorded.

        before, after: the order as it was read, None if it was not read. error: an ApiError for the failure.
        """
        known = before or after
        # A later read can have an id that did not exist before, such as of a request.
        identity = _ids(after.identity if after else {}, before.identity if before else {})
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

    def changed(self, key: Any, before: Any, state: Any, decision: Decision) -> OrderResult:
        """The result of a change that was made, or would be in check mode; state: the order in the last read."""
        result = self.result(key, decision.ends, before, before, decision.reason)
        identity = _ids(state.identity, result.identity, decision.identity)
        return replace(result, after={**state.facts, **decision.after}, done=decision.done, identity=identity)

    def unverified(self, done: OrderResult, read_error: ApiError | Stopped) -> OrderResult:
        """The result of an acknowledged change after which the order could not be read."""
        why = f"the service acknowledged the change, but it could not be verified: {read_error}"
        error = read_error if isinstance(read_error, ApiError) else ApiError(why, code="not_verified")
        failure = error.failure(self._settings.order_id(done.key, done.identity))
        return replace(done, outcome=UNKNOWN, after=None, reason=why, failure=failure)

    def not_shown(self, done: OrderResult, facts: Mapping[str, Any] | None) -> OrderResult:
        """The result of an acknowledged change that a fresh read does not show; facts: of that read."""
        check = f"check the {self._settings.noun} before you run the task again"
        why = f"the service acknowledged the change, but a new read does not show it: {check}"
        failure = ApiError(why, code="not_verified").failure(self._settings.order_id(done.key, done.identity))
        return replace(done, outcome=UNKNOWN, after=facts, reason=why, failure=failure)


def _ids(*identities: Mapping[str, Any]) -> dict[str, Any]:
    """All ids; of several the last one that is known."""
    ids: dict[str, Any] = {}
    for identity in identities:
        ids.update({name: value for name, value in identity.items() if value is not None or name not in ids})
    return ids
