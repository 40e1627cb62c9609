# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The waits after lost replies, before the orders are read again."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Callable

from .._common.errors import Stopped

# The maximum sum of the waits of one chunk, in seconds.
LONGEST_WAIT = 15.0


class Waits:
    """The waits of one chunk before the orders with lost replies are read again; safe for any number of threads.

    pause: sleeps for a number of seconds; raises Stopped if the run is stopped.
    delay: returns the length of a wait by its number, counted from 0, in seconds.
    most: the maximum number of waits for one order.
    """

    def __init__(self, pause: Callable[[float], None], delay: Callable[[int], float], most: int) -> None:
        self._pause = pause
        self._delay = delay
        self._most = most
        self._left = LONGEST_WAIT
        self._lock = threading.Lock()

    def next(self, number: int) -> float:
        """Return the length of the wait with this number, in seconds, and deduct it from the sum that is left."""
        with self._lock:
            seconds = min(self._delay(number), self._left)
            self._left -= seconds
        return seconds

    def sleep(self, seconds: float) -> None:
        """Wait. A stop ends the wait without an error, as the order has to be read in any case."""
        with suppress(Stopped):
            self._pause(seconds)

    def are_over(self, number: int) -> bool:
        """Whether there is no further wait with this number. The first two always exist, if only with 0 seconds."""
        return number >= self._most or (self._left <= 0 and number > 1)
