# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolling rate windows per caller, on the real clock, accounted when a request arrives."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from functools import lru_cache

from certsim import switches as sw
from certsim.clock import real_now


@lru_cache
def parse_limits(value: str) -> tuple[tuple[int, float], ...]:
    """Read ``"100/5,1000/180"`` as (count, seconds) pairs.

    Raises:
        ValueError: value has another form, or a number is not positive.
    """
    windows = []
    for part in value.split(","):
        count, slash, seconds = part.strip().partition("/")
        if not slash or int(count) <= 0 or not 0 < float(seconds) < math.inf:
            raise ValueError(f"{value!r} is not of the form COUNT/SECONDS,COUNT/SECONDS")
        windows.append((int(count), float(seconds)))
    return tuple(windows)


SWITCHES = (
    sw.boolean("rate.enabled", default=True, doc="Whether rate limits apply.", reference="certcentral 1.4"),
    sw.text(
        "rate.limits",
        default="100/5,1000/180",
        values="COUNT/SECONDS,...",
        check=parse_limits,
        doc="The rolling windows of each key: at most COUNT requests in SECONDS.",
        reference="certcentral 1.4",
    ),
    sw.number(
        "rate.time_scale",
        default=1.0,
        above=0.0,
        doc="The windows' seconds are divided by this, for fast tests.",
        reference="(simulator only)",
    ),
    sw.choice(
        "rate.retry_after",
        ("none", "seconds", "date"),
        default="none",
        doc="Whether and how a 429 carries a Retry-After header.",
        reference="certcentral 1.4",
    ),
    sw.boolean(
        "rate.count_refused",
        default=False,
        doc="Whether requests refused by a limit count in its windows.",
        reference="certcentral 1.4",
    ),
)


class Limiter:
    """Counts the requests of each caller in every window."""

    def __init__(self, switches: sw.Switches, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._switches = switches
        self._monotonic = monotonic
        self._arrivals: dict[tuple[str, int, float], deque[float]] = {}

    def clear(self) -> None:
        """Forget every request counted."""
        self._arrivals.clear()

    def admit(self, caller: str) -> float | None:
        """Account a request of caller that arrives now.

        Returns:
            None when it is within the limits, else the real seconds until the next one would be.
        """
        if not self._switches["rate.enabled"]:
            return None
        now = self._monotonic()
        scale = self._switches["rate.time_scale"]
        windows = [
            (self._arrivals.setdefault((caller, count, seconds), deque()), count, seconds / scale)
            for count, seconds in parse_limits(self._switches["rate.limits"])
        ]
        wait = max(_wait(arrivals, count, length, now) for arrivals, count, length in windows)
        if wait == 0 or self._switches["rate.count_refused"]:
            for arrivals, _count, _length in windows:
                arrivals.append(now)
        return wait or None

    def retry_after(self, wait: float) -> str | None:
        """Return the value of the Retry-After header for a wait in seconds, or None for no header."""
        style = self._switches["rate.retry_after"]
        if style == "none":
            return None
        seconds = math.ceil(wait)
        if style == "seconds":
            return str(seconds)
        # An HTTP date has whole seconds: one more keeps it from lying before the window's end.
        return format_datetime(real_now() + timedelta(seconds=seconds + 1), usegmt=True)


def _wait(arrivals: deque[float], count: int, length: float, now: float) -> float:
    while arrivals and arrivals[0] <= now - length:
        arrivals.popleft()
    if len(arrivals) < count:
        return 0.0
    return arrivals[len(arrivals) - count] + length - now
