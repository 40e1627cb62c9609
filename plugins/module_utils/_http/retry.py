# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The waits before a request is repeated, and the budget for waits after answers with 429."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime

# The longest wait without Retry-After, before jitter, in seconds.
LONGEST_BACKOFF = 60.0
# How many tries are made during the longest window of the rate limit.
_POLLS_PER_WINDOW = 15


class RateLimitBudget:
    """How long a read, or a change, may wait in total after answers with 429.

    seconds: the limit. spent: the seconds that were waited so far.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.spent = 0.0

    def spend(self, seconds: float) -> bool:
        """Deduct a wait and return True, or return False if the budget is too small for it."""
        if self.spent + seconds > self._seconds:
            return False
        self.spent += seconds
        return True


def backoff(attempt: int) -> float:
    """Return the seconds to wait before a retry, with jitter: up to 1, 2, 4, ..., 60; attempt: counted from 0."""
    return random.uniform(0.5, 1.0) * min(LONGEST_BACKOFF, 2.0**attempt)  # noqa: S311


def throttle_delay(retry_after: float | None, throttled: int, windows: Sequence[tuple[int, float]]) -> float:
    """Return the seconds to wait after a 429, with jitter.

    retry_after: the value of the header in seconds; None without a header. throttled: how many 429s the same request
    got before. windows: the rate limit, as (requests, seconds).

    Without Retry-After the wait doubles from the length of the shortest window (5 s,
    docs/development/reference/certcentral.md 1.4) to a small part of the longest window: other jobs may have used that
    window up, and no answer contains the time when it accepts requests again.
    """
    if retry_after is not None:
        # At least 1 s: after "Retry-After: 0" a request would be repeated without end.
        return max(1.0, retry_after) * random.uniform(1.0, 1.05)  # noqa: S311
    lengths = [seconds for _limit, seconds in windows] or [5.0, 180.0]
    shortest = min(lengths)
    longest = min(LONGEST_BACKOFF, max(2 * shortest, max(lengths) / _POLLS_PER_WINDOW))
    return min(longest, shortest * 2.0**throttled) * random.uniform(1.0, 1.5)  # noqa: S311


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return a Retry-After header, a number or date (RFC 9110 10.2.3), in seconds; None if missing or invalid."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
