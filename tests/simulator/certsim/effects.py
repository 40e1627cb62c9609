# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When calls take effect, and which state a read shows: late effects and stale reads."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from certsim.exchange import Answer, Call, OrderId, Provider
from certsim.journal import Entry

#: How many past states of a service are kept at most.
_PAST_STATES = 100


@dataclass(slots=True)
class _Postponed:
    """A call that takes effect at a time (``due``), or after so many more requests (``requests``)."""

    provider: Provider
    call: Call
    entry: Entry
    due: datetime | None
    requests: int

    def is_about(self, provider: Provider, order_id: OrderId | None) -> bool:
        """Return whether a request is one of those that are counted: of the same order, or of no single one."""
        return provider is self.provider and (
            None in (order_id, self.entry.order_id) or order_id == self.entry.order_id
        )


def _may_write(call: Call) -> bool:
    """Return whether a call can change anything: copies of the state take time. Servertastic cancels by GET."""
    return call.method != "GET" or "/order/cancel" in call.path


class Effects:
    """Handles calls: at once, later, or on the state of the past."""

    def __init__(self) -> None:
        self._postponed: list[_Postponed] = []
        self._past: dict[str, deque[Any]] = {}
        #: Whether past states are kept, which costs time: only while a fault wants them.
        self.keeps_past = False

    def clear(self) -> None:
        """Forget what is postponed, and the past."""
        self._postponed.clear()
        self._past.clear()

    def has_past(self, provider: Provider) -> bool:
        """Return whether a write was made since past states are kept."""
        return bool(self._past.get(provider.name))

    def handle(self, provider: Provider, call: Call, entry: Entry) -> Answer:
        """Answer a call at once, and note its effect."""
        before = copy.deepcopy(provider.holding()) if self.keeps_past and _may_write(call) else None
        answer = provider.handle(call)
        entry.effect = answer.effect
        if not self.keeps_past:
            self._past.pop(provider.name, None)
        elif answer.effect and before is not None:
            self._past.setdefault(provider.name, deque(maxlen=_PAST_STATES)).append(before)
        return answer

    def handle_in_the_past(self, provider: Provider, call: Call, writes: int) -> Answer:
        """Answer a read from the state before the last so many writes, or the oldest that is kept."""
        past, today = self._past[provider.name], provider.holding()
        provider.begin(copy.deepcopy(past[-min(writes, len(past))]))
        try:
            return provider.handle(call)
        finally:
            provider.begin(today)

    def postpone(self, provider: Provider, call: Call, entry: Entry, params: Mapping[str, Any], now: datetime) -> None:
        """Let a call take effect after ``after_requests`` more requests or, where that is 0, ``after_seconds``."""
        requests = params["after_requests"]
        due = None if requests else now + timedelta(seconds=params["after_seconds"])
        self._postponed.append(_Postponed(provider, call, entry, due, requests))

    def settle(self, now: datetime, provider: Provider | None = None, order_id: OrderId | None = None) -> None:
        """Carry out what is due; with a provider, a request about an order (or about none) has just arrived."""
        waiting, self._postponed = self._postponed, []
        for each in waiting:
            counts = provider is not None and each.due is None and each.is_about(provider, order_id)
            if (each.due is not None and now >= each.due) or (counts and each.requests == 0):
                self.handle(each.provider, each.call, each.entry)
                continue
            each.requests -= counts
            self._postponed.append(each)
