# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The waits before the orders of a chunk whose replies were lost are read again."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Callable

from .._common.errors import Stopped

# How long the waits for what came of lost replies take at most, all those of a chunk together, in seconds.
LONGEST_WAIT = 15.0


class Waits:
    """The waits of one chunk before the orders whose replies were lost are read again: they grow, and are bounded.

    pause: sleeps, and raises Stopped where the run is stopped. delay: the seconds of the wait of a number, from 0 on.
    most: how often one order is waited for.
    """

    def __init__(self, pause: Callable[[float], None], delay: Callable[[int], float], most: int) -> None:
        self._pause = pause
        self._delay = delay
        self._most = most
        self._left = LONGEST_WAIT
        self._lock = threading.Lock()

    def next(self, number: int) -> float:
        """How long the wait of this number takes, in seconds; it is taken off what is left."""
        with self._lock:
            seconds = min(self._delay(number), self._left)
            self._left -= seconds
        return seconds

    def sleep(self, seconds: float) -> None:
        """Wait; a stop ends it, and is no error: what was sent has to be read all the same."""
        with suppress(Stopped):
            self._pause(seconds)

    def are_over(self, number: int) -> bool:
        """Whether there is no wait of this number any more; the second one there always is."""
        return number >= self._most or (self._left <= 0 and number > 1)
