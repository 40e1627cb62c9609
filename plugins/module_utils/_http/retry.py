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
from typing import TYPE_CHECKING

from .._common.errors import ApiError, RateLimited

if TYPE_CHECKING:
    from .connection import Connection

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


class Repetitions:
    """Decides whether a request is repeated after an error, and after what delay.

    budget: bounds the waits after answers with 429; `retries` of the connection bounds those after transient errors.
    is_write: whether the request changes something. once: whether it may be sent only once.
    count, waited: all repetitions and their seconds, for the failure of the result.
    """

    def __init__(self, connection: Connection, budget: RateLimitBudget, *, is_write: bool, once: bool) -> None:
        self._connection = connection
        self._budget = budget
        self._is_write = is_write
        self._once = once
        self._retries = self._throttled = 0
        self.count = 0
        self.waited = 0.0

    def delay(self, error: ApiError) -> float | None:
        """Return the seconds to wait before the next attempt, None if the error is final."""
        if isinstance(error, RateLimited):
            seconds = throttle_delay(error.retry_after, self._throttled, self._connection.windows)
            self._throttled += 1
            # If the budget is used up, the answer with 429 is the error.
            return seconds if self._budget.spend(seconds) else None
        # `passing`: a status, or a network error, that another attempt can cure.
        again = error.passing and self._retries < self._connection.retries and not self._once
        # After a lost reply the change may have been made: the caller has to read before it is sent again.
        if not again or (self._is_write and error.ambiguous):
            return None
        seconds = backoff(self._retries)
        self._retries += 1
        return seconds

    def add(self, seconds: float) -> None:
        """Count a repetition. seconds: the delay before it."""
        self.count += 1
        self.waited += seconds


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
