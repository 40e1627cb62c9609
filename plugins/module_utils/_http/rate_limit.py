# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Keeping inside a service's rate limits, together with every thread and every fork of a run.

A slot counts from the grant of a request until a window's length after its *answer*: the service counted the request
at some time before it answered, so whatever the network's delays are, its rolling window never sees more than ours.
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

# How often to look again while every slot is held by a request under way, in seconds.
_POLL_INTERVAL = 0.02
# Nothing that is right lies further ahead, in seconds.
_FAR = 24 * 3600.0


def state_file(folder: str | None, *identity: object) -> str | None:
    """The file that the processes of a run share for one key and limit, named by a digest of all of it."""
    if not folder:
        return None
    digest = hashlib.sha256(repr(identity).encode()).hexdigest()[:24]
    return str(Path(folder) / f"certops-orders-pace-{digest}")


class Slot:
    """The leave to send one request, from Pacer.acquire."""

    def __init__(self, pacer: Pacer | None, stamp: float, waited: float) -> None:
        self._pacer = pacer
        self._stamp = stamp
        self.waited = waited

    def done(self) -> None:
        """The answer came, or will not come: the windows count from now."""
        if self._pacer:
            # What the service answered counts for more than a book that cannot be kept: the slot frees itself.
            with suppress(OSError):
                self._pacer._replace(self._stamp, time.monotonic())

    def cancel(self) -> None:
        """Nothing was sent: give the slot back."""
        if self._pacer:
            with suppress(OSError):
                self._pacer._replace(self._stamp, None)


class Pacer:
    """Grants slots inside all windows.

    windows: (requests, seconds) pairs; empty for no pacing.
    hold: seconds after which a slot that was never given back counts as answered (a fork that was killed).
    path: the file that the forks of a run share; None for this process alone.
    """

    def __init__(self, windows: tuple[tuple[int, float], ...], hold: float, path: str | None = None) -> None:
        self.windows = windows
        self._hold = hold
        self._longest = max((seconds for _limit, seconds in windows), default=0.0)
        self._book = _SharedBook(path) if path else _Book()

    def acquire(self, pause: Callable[[float], None]) -> Slot:
        """Wait until a request may be sent; `pause` sleeps, and may raise to give up.

        Raises OSError where the shared file cannot be used.
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
        """The service asked for a pause: grant nothing for so many seconds, in any fork."""
        if self.windows:
            with self._book.open() as page:
                page.closed_until = max(page.closed_until, time.monotonic() + seconds)

    def _try(self) -> tuple[float | None, float]:
        with self._book.open() as page:
            now = time.monotonic()
            wait = page.closed_until - now
            if wait > 0:
                # Spread those who wait, so that they do not come back as one burst.
                return None, wait + random.uniform(0, 0.1 * wait)  # noqa: S311
            page.forget(now - self._longest)
            stamps = page.stamps
            for limit, seconds in self.windows:
                if len(stamps) >= limit and stamps[-limit] > now - seconds:
                    return None, self._delay(stamps[-limit] + seconds - now, seconds)
            stamp = now + self._hold
            insort(stamps, stamp)
            return stamp, 0.0

    def _delay(self, wait: float, seconds: float) -> float:
        # A stamp in the future belongs to a request under way, whose slot may come free much sooner.
        return max(0.0005, wait) if wait <= seconds else _POLL_INTERVAL

    def _replace(self, stamp: float, with_stamp: float | None) -> None:
        with self._book.open() as page:
            if stamp in page.stamps:
                page.stamps.remove(stamp)
            if with_stamp is not None:
                insort(page.stamps, with_stamp)


class _Page:
    """The slots in use, oldest first, and until when the service wants to be left alone (monotonic seconds)."""

    def __init__(self, closed_until: float = 0.0, stamps: array[float] | None = None) -> None:
        self.closed_until = closed_until
        self.stamps: array[float] = stamps if stamps is not None else array("d")

    def forget(self, before: float) -> None:
        old = 0
        while old < len(self.stamps) and self.stamps[old] <= before:
            old += 1
        del self.stamps[:old]


class _Book:
    """A page for the threads of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._page = _Page()

    @contextmanager
    def open(self) -> Iterator[_Page]:
        with self._lock:
            yield self._page


class _SharedBook:
    """A page in a small file, for all forks of a run; monotonic time is the same in every process of a machine."""

    _HEAD = struct.Struct("d")

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._path = path

    @contextmanager
    def open(self) -> Iterator[_Page]:
        # Opened anew each time: a lock belongs to an open file, which forks would share.
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with self._lock:
            descriptor = os.open(self._path, flags, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                page = self._read(descriptor)
                yield page
                self._write(descriptor, page)
            finally:
                os.close(descriptor)

    def _read(self, descriptor: int) -> _Page:
        raw = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        stamps: array[float] = array("d")
        size = len(raw) - self._HEAD.size
        if size < 0 or size % stamps.itemsize:
            return _Page()
        stamps.frombytes(raw[self._HEAD.size :])
        closed_until: float = self._HEAD.unpack_from(raw)[0]
        # A fork that was killed while it wrote, or a spoilt disk, must not make the others wait for ever.
        latest = time.monotonic() + _FAR
        if stamps and not (all(map(le, stamps, stamps[1:])) and stamps[-1] <= latest):
            stamps = array("d", sorted(stamp for stamp in stamps if stamp <= latest))
        return _Page(closed_until if closed_until <= latest else 0.0, stamps)

    def _write(self, descriptor: int, page: _Page) -> None:
        raw = self._HEAD.pack(page.closed_until) + page.stamps.tobytes()
        os.pwrite(descriptor, raw, 0)
        os.ftruncate(descriptor, len(raw))
