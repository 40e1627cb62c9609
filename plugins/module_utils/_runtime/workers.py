# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""How a run works: several threads, waits, and a good end when it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from .._common.context import Stop

    # Calls a function with each tuple of arguments; returns what it returned, in their order.
    Map = Callable[[Callable[..., Any], Sequence["tuple[Any, ...]"]], "list[Any]"]

# How often the main thread looks up while others work, in seconds.
_WAKE_INTERVAL = 0.5


def in_turn(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    return [function(*one) for one in arguments]


@contextmanager
def pool(workers: int) -> Iterator[Map]:
    """A map over argument tuples, by threads where that helps."""
    if workers < 2:
        yield in_turn
        return
    with ThreadPoolExecutor(workers) as threads:

        def threaded(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
            futures = [threads.submit(function, *one) for one in arguments]
            # Not without an end: a signal that comes just before the main thread falls asleep does not wake it.
            while wait(futures, timeout=_WAKE_INTERVAL).not_done:
                pass
            return [future.result() for future in futures]

        yield threaded


_NOT_TRAPPED = (signal.SIG_IGN, None)


@contextmanager
def signals_stop(stop: Stop) -> Iterator[None]:
    """SIGINT and SIGTERM end the run in good order: what is under way is finished, the rest is not attempted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(number: int, _frame: Any) -> None:
        stop.set(f"the run was stopped by {signal.Signals(number).name}")

    # One that is ignored (nohup) stays so; None is a handler that Python did not set and cannot put back.
    trapped = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) not in _NOT_TRAPPED]
    before = {number: signal.signal(number, handler) for number in trapped}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
