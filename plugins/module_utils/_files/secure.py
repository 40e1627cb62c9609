# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Files that we write: for their owner alone, through no symbolic link, locked, and on disk."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path


class UnsafeFile(Exception):
    """A file that is not ours to trust: of another owner, a link, no plain file, or open to others' writing."""

    def __init__(self, reason: str, filename: str) -> None:
        super().__init__(reason)
        self.filename = filename


_SAFE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def append_line(path: str, line: str) -> None:
    """Add a line and see it on disk; safe beside other processes that append.

    Raises OSError or UnsafeFile.
    """
    with locked(path) as file:
        file.append(line)


def check_append(path: str) -> None:
    """Raise the OSError or UnsafeFile that `append_line` would, as far as that can be told without writing anything."""
    try:
        with _opened(path, os.O_RDWR | os.O_APPEND | _SAFE):
            return
    except FileNotFoundError:
        folder = Path(path).parent
        if not folder.is_dir():
            raise
        if os.access(folder, os.W_OK | os.X_OK):
            return
        why = errno.EROFS if os.statvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES
        raise OSError(why, os.strerror(why), path) from None


def read_text(path: str) -> str:
    """What is in a file, nothing where there is none. Raises OSError or UnsafeFile."""
    try:
        with _opened(path, os.O_RDONLY | _SAFE) as descriptor:
            return _LockedFile(descriptor).read()
    except FileNotFoundError:
        return ""


def replace(path: str, text: str) -> None:
    """Put a text where a file is, whole or not at all, for its owner alone, and see it on disk.

    Whoever holds the file meanwhile holds what it was: lock another one. Raises OSError or UnsafeFile.
    """
    # What is not ours to trust is not ours to replace.
    read_text(path)
    folder = Path(path).parent
    # For its owner alone from the start.
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{Path(path).name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        # A signal may come when it has its name already.
        Path(temporary).unlink(missing_ok=True)
        raise
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def beside(path: str) -> str:
    """The file to lock for one that is replaced."""
    return str(Path(path).with_name(f".{Path(path).name}.lock"))


@contextlib.contextmanager
def locked(path: str, wait: bool = True) -> Iterator[_LockedFile]:
    """A file of lines that nobody else changes meanwhile, made where there is none.

    wait: for whoever holds it; otherwise that is a BlockingIOError. Raises OSError or UnsafeFile.
    """
    with _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _SAFE) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield _LockedFile(descriptor)


class _LockedFile:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self) -> str:
        parts, offset = [], 0
        while part := os.pread(self._descriptor, 1 << 20, offset):
            parts.append(part)
            offset += len(part)
        return b"".join(parts).decode("utf-8", "replace")

    def append(self, line: str) -> None:
        """Add a line and see it on disk."""
        size = os.fstat(self._descriptor).st_size
        # A process that was killed while it wrote leaves a line without an end.
        mend = b"\n" if size and os.pread(self._descriptor, 1, size - 1) != b"\n" else b""
        _write_whole(self._descriptor, mend + line.encode() + b"\n")
        os.fsync(self._descriptor)


@contextlib.contextmanager
def _opened(path: str, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags, 0o600)
    try:
        _check(os.fstat(descriptor), path)
        yield descriptor
    finally:
        os.close(descriptor)


def _check(status: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeFile("it is not a plain file", path)
    if status.st_uid != os.geteuid():
        raise UnsafeFile("it belongs to another user", path)
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnsafeFile("others may write to it", path)


def _write_whole(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
