# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""How long to wait before a request is repeated, and how long in all."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime

LONGEST_BACKOFF = 60.0
# How often to try again at most while the longest of the windows passes.
_POLLS_PER_WINDOW = 15


class RateLimitBudget:
    """The seconds that are left to wait for a service which answers 429."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.spent = 0.0

    def spend(self, seconds: float) -> bool:
        """Whether so long a wait is still within bounds; if so it is taken off."""
        if self.spent + seconds > self._seconds:
            return False
        self.spent += seconds
        return True


def backoff(attempt: int) -> float:
    """Seconds to wait before another attempt, jittered; `attempt` counts from 0."""
    return random.uniform(0.5, 1.0) * min(LONGEST_BACKOFF, 2.0**attempt)  # noqa: S311


def throttle_delay(retry_after: float | None, throttled: int, windows: Sequence[tuple[int, float]]) -> float:
    """Seconds to send nothing after a 429, jittered.

    retry_after: seconds that the service asks for; None where it does not say. throttled: how many 429s came before
    for the same request. windows: the rate limit, as (requests, seconds).

    Without Retry-After the wait doubles from the length of the shortest window (5 s,
    docs/development/reference/certcentral.md 1.4) to a small part of the longest: other jobs may have used that up, and
    no answer tells when it has room again.
    """
    if retry_after is not None:
        # At least 1 s, also for "Retry-After: 0", which would be repeated without an end.
        return max(1.0, retry_after) * random.uniform(1.0, 1.05)  # noqa: S311
    lengths = [seconds for _limit, seconds in windows] or [5.0, 180.0]
    shortest = min(lengths)
    longest = min(LONGEST_BACKOFF, max(2 * shortest, max(lengths) / _POLLS_PER_WINDOW))
    return min(longest, shortest * 2.0**throttled) * random.uniform(1.0, 1.5)  # noqa: S311


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a Retry-After header, a number or a date (RFC 9110 10.2.3); None where it says nothing usable."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
