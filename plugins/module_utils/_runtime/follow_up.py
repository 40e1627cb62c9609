# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""After the writes: wait until what needs an approval is settled, and verify what was acknowledged."""

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

# How many orders are verified by one read.
CHUNK = 100
# The code of an order of which an earlier run may have made the change, without ever getting an answer.
UNCONFIRMED = "unconfirmed"


class FollowUp:
    """What a run reads once more after its writes.

    read: the orders of several keys. fresh: an order and the decision for it as of now, None where it does not exist.
    decided: an order as it was read, with its decision. The last three raise ApiError or Stopped.
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
        """Look at what is yet to come about, again and again, until it has, or the time is over."""
        waiting = [key for key, result in self._ledger.results.items() if self._is_awaited(result)]
        until = time.monotonic() + self._settings.wait
        if waiting:
            several = plural(len(waiting), self._settings.noun)
            self._context.notify(
                f"waiting for {several} to be {self._settings.done}, {self._settings.wait:.0f} s at most"
            )
        try:
            while waiting and time.monotonic() < until:
                self._context.stop.pause(min(self._settings.poll, until - time.monotonic()))
                settled = self._map(self._is_settled, [(key,) for key in waiting])
                waiting = [key for key, is_settled in zip(waiting, settled) if not is_settled]
        except Stopped:
            # What waits goes on waiting, and the result says so.
            pass
        for key in waiting:
            if self._ledger.results[key].outcome == CHANGED:
                self._ledger.record(self._ledger.unverifiable(self._ledger.results[key], None))

    def _is_awaited(self, result: OrderResult) -> bool:
        if result.outcome == PENDING_APPROVAL:
            return True
        return self._settings.confirm and (result.acknowledged or result.outcome == UNKNOWN)

    def _is_settled(self, key: Any) -> bool:
        result = self._ledger.results[key]
        try:
            now = self._fresh(key)
        except (ApiError, Stopped):
            # The next look may fare better; until then it waits, as far as is known.
            return False
        if result.outcome != PENDING_APPROVAL:
            if not now or not shows(now[0].facts, result.before or {}, result.expected or result.after or {}):
                return False
            why = result.reason if result.acknowledged else "the reply was lost, and a fresh read shows the change"
            if result.failure and result.failure["code"] == UNCONFIRMED:
                # Nothing was sent by this run: it is a change of the one before.
                why = "what was not known before, a fresh read shows"
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
                replace(result, outcome=outcome, after=now[0].facts, reason="it was approved meanwhile")
            )
        else:
            why = "it no longer waits for an approval, and was not approved"
            failure = ApiError(why, code="not_approved").failure(self._settings.order_id(key, result.identity))
            after = now[0].facts if now else None
            self._ledger.record(replace(result, outcome=FAILED, after=after, reason=why, failure=failure))
        return True

    def verify(self) -> None:
        """Read what was changed once more; a change that cannot be seen is reported as unknown."""
        changed = [
            key for key, result in self._ledger.results.items() if result.acknowledged and result.outcome != FAILED
        ]
        for start in range(0, len(changed), CHUNK):
            keys = changed[start : start + CHUNK]
            try:
                found = self._read(keys) if len(keys) > 1 else {}
            except (ApiError, Stopped) as unread:
                verified = [self._ledger.unverified(self._ledger.results[key], unread) for key in keys]
            else:
                verified = self._map(self._verified, [(self._ledger.results[key], found.get(key)) for key in keys])
            self._ledger.results.update(zip(keys, verified))
            for result in verified:
                if result.outcome == UNKNOWN:
                    self._ledger.notify(result)

    def _verified(self, done: OrderResult, state: Any) -> OrderResult:
        try:
            now = self._fresh(done.key) if state is None else self._decided(state)
        except (ApiError, Stopped) as unread:
            return self._ledger.unverified(done, unread)
        if now and now[1].outcome == UNCHANGED and done.outcome == PENDING_APPROVAL:
            return replace(done, outcome=CHANGED, after=now[0].facts, reason="it was approved meanwhile")
        if now and _is_verified(now[0].facts, now[1], done):
            return replace(done, after=now[0].facts)
        return self._ledger.unverifiable(done, now[0].facts if now else None)


def _is_verified(facts: Mapping[str, Any], found: Decision, done: OrderResult) -> bool:
    """Whether a read shows a change that was made, whatever else has become of the order."""
    before, after = done.before or {}, done.after or {}
    return shows(facts, before, after) if found.outcome in SETTLED else shows_all(facts, before, after)
