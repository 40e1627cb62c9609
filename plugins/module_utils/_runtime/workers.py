# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Worker threads for a run, and the orderly end of a run after a signal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from .._common.context import Stop

    # Calls a function with each tuple of arguments and returns the return values in the same order. After the first
    # error no further call is begun, and the error is raised.
    Map = Callable[[Callable[..., Any], Sequence["tuple[Any, ...]"]], "list[Any]"]

# The interval at which the main thread wakes up while it waits for the workers, in seconds.
_WAKE_INTERVAL = 0.5


def in_turn(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """A Map without threads."""
    return [function(*one) for one in arguments]


@contextmanager
def pool(workers: int) -> Iterator[Map]:
    """Yield a Map with this number of worker threads; without threads for fewer than 2."""
    if workers < 2:
        yield in_turn
        return
    with ThreadPoolExecutor(workers) as threads:

        def threaded(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
            calls = _Calls(function, arguments)
            futures: list[Future[None]] = []
            try:
                for _thread in range(min(workers, len(arguments))):
                    _submit(threads, calls.make, futures)
                # With a time-out: a signal that arrives just before the main thread starts to wait would not wake it.
                while wait(futures, timeout=_WAKE_INTERVAL).not_done:
                    pass
            except BaseException as error:
                # Such as the time-out of a task. The threads must not go on with what is left.
                calls.errors[-1] = error
                raise
            if calls.errors:
                raise calls.errors[min(calls.errors)]
            return calls.results

        yield threaded


class _Calls:
    """The calls of one Map, which several threads make. errors: by the place of the call, -1 for the main thread."""

    def __init__(self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> None:
        self.results: list[Any] = [None] * len(arguments)
        self.errors: dict[int, BaseException] = {}
        self._function, self._arguments = function, arguments
        # The threads take the places from one iterator, which needs fewer locks than a future for each place.
        self._places = iter(range(len(arguments)))

    def make(self) -> None:
        """Make calls until none is left, or until an error."""
        for place in self._places:
            if self.errors:
                return
            try:
                self.results[place] = self._function(*self._arguments[place])
            except BaseException as error:  # noqa: BLE001 - raised in the main thread
                self.errors[place] = error


def _submit(threads: ThreadPoolExecutor, work: Callable[[], None], futures: list[Future[None]]) -> None:
    """Start one more thread. Where the system permits no further one, those that run do the work."""
    try:
        futures.append(threads.submit(work))
    except RuntimeError:
        if not futures:
            raise


# SIG_IGN: a signal that is ignored (nohup) stays so. None: a handler that Python did not set and cannot restore.
_NOT_TRAPPED = (signal.SIG_IGN, None)


@contextmanager
def signals_stop(stop: Stop) -> Iterator[None]:
    """Let SIGINT and SIGTERM stop the run: requests under way are finished, the other orders are not attempted."""
    # Python sets signal handlers only in the main thread.
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(number: int, _frame: Any) -> None:
        stop.set(f"the run was stopped by {signal.Signals(number).name}")

    trapped = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) not in _NOT_TRAPPED]
    before = {number: signal.signal(number, handler) for number in trapped}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
