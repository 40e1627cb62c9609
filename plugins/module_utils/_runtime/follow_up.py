# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The reads after the writes: wait for approvals (option wait), and verify acknowledged changes (option verify)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import ApiError, Stopped
from .._common.outcomes import CHANGED, FAILED, PENDING_APPROVAL, UNCHANGED, UNKNOWN, Decision, OrderResult
from .._common.text import plural
from .write_attempt import SETTLED, shows, shows_all

if TYPE_CHECKING:
    from .._common.context import Context
    from .ledger import Ledger
    from .results import Settings
    from .workers import Map

# How many orders are read together, by the runner and for the verification.
CHUNK = 100
# The failure code of an order whose change an earlier run may have made without getting a reply.
UNCONFIRMED = "unconfirmed"


class FollowUp:
    """The reads of a run after its writes; both methods update the results in the ledger.

    work: a map over worker threads. read: returns the orders of several keys.
    fresh: reads an order and returns it with its decision; None if it does not exist.
    decided: returns an order that was read, with its decision. The last three raise ApiError or Stopped.
    """

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        context: Context,
        work: Map,
        *,
        read: Callable[[Sequence[Any]], dict[Any, Any]],
        fresh: Callable[[Any], tuple[Any, Decision] | None],
        decided: Callable[[Any], tuple[Any, Decision]],
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._context = context
        self._map = work
        self._read = read
        self._fresh = fresh
        self._decided = decided

    def wait(self) -> None:
        """Read the orders that are not settled every `poll` seconds, until all are, or `wait` seconds are over."""
        waiting = [key for key, result in self._ledger.results.items() if self._is_awaited(result)]
        until = time.monotonic() + self._settings.wait
        if waiting:
            several = plural(len(waiting), self._settings.noun)
            self._context.notify(
                f"waiting for {several} to be {self._settings.done}, for at most {self._settings.wait:.0f} s"
            )
        try:
            while waiting and time.monotonic() < until:
                self._context.stop.pause(min(self._settings.poll, until - time.monotonic()))
                settled = self._map(self._is_settled, [(key,) for key in waiting])
                waiting = [key for key, is_settled in zip(waiting, settled) if not is_settled]
        except Stopped:
            # The results of the waiting orders keep their outcome, such as pending_approval.
            pass
        # With `confirm`, a change that was acknowledged must also show in a read.
        for key in waiting:
            if self._ledger.results[key].outcome == CHANGED:
                self._ledger.record(self._ledger.not_shown(self._ledger.results[key], None))

    def _is_awaited(self, result: OrderResult) -> bool:
        """Whether the order waits for an approval or, with `confirm`, for its change to show."""
        if result.outcome == PENDING_APPROVAL:
            return True
        return self._settings.confirm and (result.acknowledged or result.outcome == UNKNOWN)

    def _is_settled(self, key: Any) -> bool:
        """Read an order; True once its final result is recorded."""
        result = self._ledger.results[key]
        try:
            now = self._fresh(key)
        except (ApiError, Stopped):
            # The next read may succeed.
            return False
        if result.outcome != PENDING_APPROVAL:
            # Only with `confirm`: the change was acknowledged, or its result is unknown.
            if not now or not shows(now[0].facts, result.before or {}, result.expected or result.after or {}):
                return False
            why = (
                result.reason
                if result.acknowledged
                else "the service did not acknowledge the change, but a new read shows it"
            )
            if result.failure and result.failure["code"] == UNCONFIRMED:
                # This run sent nothing: an earlier run made the change, so this task has not changed the order.
                why = "an earlier run made the change, which a new read shows"
                self._ledger.record(replace(result, outcome=UNCHANGED, after=now[0].facts, reason=why, failure=None))
                return True
            self._ledger.record(
                replace(result, outcome=CHANGED, after=now[0].facts, reason=why, failure=None, counts=True)
            )
            return True
        if now and now[1].outcome in (PENDING_APPROVAL, UNKNOWN):
            return False
        if now and now[1].outcome == UNCHANGED:
            outcome = CHANGED if result.is_change else UNCHANGED
            self._ledger.record(
                replace(result, outcome=outcome, after=now[0].facts, reason="it was approved in the meantime")
            )
        else:
            why = "it no longer waits for an approval, but was not approved"
            failure = ApiError(why, code="not_approved").failure(self._settings.order_id(key, result.identity))
            after = now[0].facts if now else None
            self._ledger.record(replace(result, outcome=FAILED, after=after, reason=why, failure=failure))
        return True

    def verify(self) -> None:
        """Read the changed orders again; a change that the read does not show is recorded as unknown."""
        changed = [
            key for key, result in self._ledger.results.items() if result.acknowledged and result.outcome != FAILED
        ]
        for start in range(0, len(changed), CHUNK):
            keys = changed[start : start + CHUNK]
            try:
                # An order that is not found here is read alone by _verified.
                found = self._read(keys) if len(keys) > 1 else {}
            except (ApiError, Stopped) as read_error:
                verified = [self._ledger.unverified(self._ledger.results[key], read_error) for key in keys]
            else:
                verified = self._map(self._verified, [(self._ledger.results[key], found.get(key)) for key in keys])
            self._ledger.results.update(zip(keys, verified))
            for result in verified:
                if result.outcome == UNKNOWN:
                    self._ledger.notify(result)

    def _verified(self, done: OrderResult, state: Any) -> OrderResult:
        """The result of an acknowledged change after a read; state: the order in it, None to read the order alone."""
        try:
            now = self._fresh(done.key) if state is None else self._decided(state)
        except (ApiError, Stopped) as read_error:
            return self._ledger.unverified(done, read_error)
        if now and now[1].outcome == UNCHANGED and done.outcome == PENDING_APPROVAL:
            return replace(done, outcome=CHANGED, after=now[0].facts, reason="it was approved in the meantime")
        if now and _is_verified(now[0].facts, now[1], done):
            return replace(done, after=now[0].facts)
        return self._ledger.not_shown(done, now[0].facts if now else None)


def _is_verified(facts: Mapping[str, Any], found: Decision, done: OrderResult) -> bool:
    """Whether a read shows a change: one of its facts if nothing is left to do for the order, else all of them."""
    before, after = done.before or {}, done.after or {}
    return shows(facts, before, after) if found.outcome in SETTLED else shows_all(facts, before, after)
