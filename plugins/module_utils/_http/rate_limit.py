# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Keeps the requests of all threads and all forks of a run within the rate limits of a service.

A request occupies a slot from its grant until the length of the window has passed after its *answer*. The service
counted the request at some time before it answered. So whatever the delays of the network are, the rolling window of
the service never contains more requests than the window here.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import struct
import threading
import time
from array import array
from bisect import insort
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from operator import le
from pathlib import Path
from typing import Callable

# The interval between two tries while requests under way occupy every slot, in seconds.
_POLL_INTERVAL = 0.02
# A time in the shared file that is further in the future is damaged data, in seconds.
_MAX_FUTURE = 24 * 3600.0


def state_file(folder: str | None, *identity: object) -> str | None:
    """The path of the file that the processes of a run share; None without a folder.

    identity: what the limit applies to, such as address, key and windows; the file name contains only a digest of it.
    """
    if not folder:
        return None
    digest = hashlib.sha256(repr(identity).encode()).hexdigest()[:24]
    return str(Path(folder) / f"certops-orders-pace-{digest}")


class Slot:
    """The permission to send one request, from Pacer.acquire.

    stamp: the entry of this slot in the shared state. waited: how long the request waited for the slot, in seconds.
    """

    def __init__(self, pacer: Pacer | None, stamp: float, waited: float) -> None:
        self._pacer = pacer
        self._stamp = stamp
        self.waited = waited

    def done(self) -> None:
        """Record that the answer came, or will not come: the windows count from now."""
        if self._pacer:
            # An unusable file must not hide the answer of the service. The slot expires after `hold` seconds.
            with suppress(OSError):
                self._pacer._replace(self._stamp, time.monotonic())

    def cancel(self) -> None:
        """Release the slot at once, as nothing was sent."""
        if self._pacer:
            with suppress(OSError):
                self._pacer._replace(self._stamp, None)


class Pacer:
    """Grants slots within all windows.

    windows: (requests, seconds) pairs; empty for no limit.
    hold: seconds after which a slot that was never released counts as answered, such as after a fork was killed.
    path: the file that the forks of a run share; None for the threads of this process only.
    """

    def __init__(self, windows: tuple[tuple[int, float], ...], hold: float, path: str | None = None) -> None:
        self.windows = windows
        self._hold = hold
        self._longest = max((seconds for _limit, seconds in windows), default=0.0)
        self._storage = _SharedFile(path) if path else _Memory()

    def acquire(self, pause: Callable[[float], None]) -> Slot:
        """Wait until a request may be sent.

        pause: sleeps for a number of seconds; an exception that it raises ends the wait.
        Raises OSError if the shared file cannot be used.
        """
        if not self.windows:
            return Slot(None, 0.0, 0.0)
        waited = 0.0
        while True:
            stamp, delay = self._try()
            if stamp is not None:
                return Slot(self, stamp, waited)
            pause(delay)
            waited += delay

    def hold_off(self, seconds: float) -> None:
        """Grant no slot for this number of seconds, in any thread or fork: the service asked for a pause."""
        if self.windows:
            with self._storage.open() as state:
                state.closed_until = max(state.closed_until, time.monotonic() + seconds)

    def _try(self) -> tuple[float | None, float]:
        """A new stamp, or None and the seconds until the next try."""
        with self._storage.open() as state:
            now = time.monotonic()
            wait = state.closed_until - now
            if wait > 0:
                # The jitter keeps waiting threads and forks from sending all their requests at once afterwards.
                return None, wait + random.uniform(0, 0.1 * wait)  # noqa: S311
            state.drop_until(now - self._longest)
            stamps = state.stamps
            for limit, seconds in self.windows:
                # The window is full if the request `limit` places back is still inside it.
                if len(stamps) >= limit and stamps[-limit] > now - seconds:
                    return None, self._delay(stamps[-limit] + seconds - now, seconds)
            # The time of the answer is not known yet: until it is, the slot counts as answered after `hold` seconds.
            stamp = now + self._hold
            insort(stamps, stamp)
            return stamp, 0.0

    def _delay(self, wait: float, seconds: float) -> float:
        # A stamp in the future belongs to a request under way, which may be answered much sooner: try again soon.
        return max(0.0005, wait) if wait <= seconds else _POLL_INTERVAL

    def _replace(self, stamp: float, with_stamp: float | None) -> None:
        """Replace the stamp of a slot, or remove it (None)."""
        with self._storage.open() as state:
            if stamp in state.stamps:
                state.stamps.remove(stamp)
            if with_stamp is not None:
                insort(state.stamps, with_stamp)


class _State:
    """The state of a rate limit, all times in monotonic seconds.

    closed_until: before this time no slot is granted, as the service asked for a pause.
    stamps: a time for each occupied slot, sorted: when its answer came, or the latest time when it can come.
    """

    def __init__(self, closed_until: float = 0.0, stamps: array[float] | None = None) -> None:
        self.closed_until = closed_until
        self.stamps: array[float] = stamps if stamps is not None else array("d")

    def drop_until(self, before: float) -> None:
        """Remove the stamps that no window contains any more."""
        old = 0
        while old < len(self.stamps) and self.stamps[old] <= before:
            old += 1
        del self.stamps[:old]


class _Memory:
    """The state for the threads of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = _State()

    @contextmanager
    def open(self) -> Iterator[_State]:
        with self._lock:
            yield self._state


class _SharedFile:
    """The state in a small file, for all forks of a run.

    The file contains numbers of 8 bytes: closed_until, then the stamps. Monotonic time is the same in every process of
    a host, so the forks can compare their stamps.
    """

    _HEAD = struct.Struct("d")

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._path = path

    @contextmanager
    def open(self) -> Iterator[_State]:
        # The file is opened for every access: a lock belongs to an open file, which the forks would inherit and share.
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with self._lock:
            descriptor = os.open(self._path, flags, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                state = self._read(descriptor)
                yield state
                self._write(descriptor, state)
            finally:
                os.close(descriptor)

    def _read(self, descriptor: int) -> _State:
        """The state in the file; an empty one if the file is new or its length is wrong."""
        raw = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        stamps: array[float] = array("d")
        size = len(raw) - self._HEAD.size
        if size < 0 or size % stamps.itemsize:
            return _State()
        stamps.frombytes(raw[self._HEAD.size :])
        closed_until: float = self._HEAD.unpack_from(raw)[0]
        # After a fork was killed during a write, or a disk error, the others must not wait without end.
        latest = time.monotonic() + _MAX_FUTURE
        if stamps and not (all(map(le, stamps, stamps[1:])) and stamps[-1] <= latest):
            stamps = array("d", sorted(stamp for stamp in stamps if stamp <= latest))
        return _State(closed_until if closed_until <= latest else 0.0, stamps)

    def _write(self, descriptor: int, state: _State) -> None:
        raw = self._HEAD.pack(state.closed_until) + state.stamps.tobytes()
        # In place: a reader waits for the lock.
        os.pwrite(descriptor, raw, 0)
        os.ftruncate(descriptor, len(raw))
