# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Reads and writes private files: only for their owner, not through a symbolic link, locked, and synced to disk."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from .._common.options import OptionError
from .._common.text import printable


class UnsafeFile(Exception):
    """A file that is not safe to use: of another owner, not a regular file, or writable for others."""

    def __init__(self, reason: str, filename: str) -> None:
        super().__init__(reason)
        self.filename = filename


# O_NONBLOCK: to open a named pipe must not block.
_SAFE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def append_line(path: str, line: str) -> None:
    """Append a line and sync the file; other processes can append at the same time.

    Creates the file if it does not exist. Raises OSError or UnsafeFile.
    """
    with locked(path) as file:
        file.append(line)


def check_append(path: str) -> None:
    """Raise the OSError or UnsafeFile that `append_line` would raise, as far as that is known without a write."""
    try:
        with _opened(path, os.O_RDWR | os.O_APPEND | _SAFE):
            return
    except FileNotFoundError:
        folder = Path(path).parent
        if not folder.is_dir():
            raise
        # The file would be created: this requires write access to the folder.
        if os.access(folder, os.W_OK | os.X_OK):
            return
        why = errno.EROFS if os.statvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES
        raise OSError(why, os.strerror(why), path) from None


def read_text(path: str) -> str:
    """Return the content of a file; empty if it does not exist. Raises OSError or UnsafeFile."""
    try:
        with _opened(path, os.O_RDONLY | _SAFE) as descriptor:
            return _LockedFile(descriptor).read()
    except FileNotFoundError:
        return ""


def replace(path: str, text: str, *, mode: int = 0o600) -> None:
    """Replace the content of a file atomically, by default readable only for its owner, and sync it to disk.

    mode: the permissions of the file, whatever the umask is. A process that has opened or locked the old file keeps the
    old file, so lock another file (see `beside`). Raises OSError or UnsafeFile.
    """
    _replace(path, text, mode)
    _sync_folder(Path(path).parent)


def replace_all(folder: Path, texts: Mapping[str, str]) -> None:
    """Replace the content of several files of a folder, each as `replace` does. texts: by file name.

    All of them are on disk when this returns. Raises OSError or UnsafeFile.
    """
    for name, text in texts.items():
        _replace(str(folder / name), text, 0o600)
    _sync_folder(folder)


def _replace(path: str, text: str, mode: int) -> None:
    # Raises UnsafeFile: an unsafe file is not replaced.
    read_text(path)
    folder = Path(path).parent
    # mkstemp creates the file with mode 0600, and no other user can read a part of it.
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{Path(path).name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        # Also after a signal. The temporary file can be missing, if the signal came after it was renamed.
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Sync a folder to disk, without which the new name of a file is not on disk."""
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def has_mode(path: str, mode: int) -> bool:
    """Return whether a file exists and has exactly these permissions."""
    return os.path.lexists(path) and stat.S_IMODE(os.lstat(path).st_mode) == mode


def file_problem(error: OSError | UnsafeFile) -> str:
    """Return why a file cannot be used, with its path, for a message."""
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'} cannot be used: {error.strerror}"
    return f"{error.filename} is not used, because {error}"


def make_folder(folder: Path) -> None:
    """Create a folder, and those above it, that do not exist, with access for their owner only. Raises OSError."""
    # mkdir(parents=True) would create the parents with the default mode, readable by other users.
    for part in (*reversed(folder.absolute().parents), folder.absolute()):
        if not part.exists():
            part.mkdir(mode=0o700, exist_ok=True)


def expanded(path: str, option: str) -> Path:
    """Return a path with the home directory of a user for a tilde. option: that sets it. Raises OptionError."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = printable(path, 100)
        raise OptionError(
            f"{option} is {user}, and the home directory of this user is not known: set {option} to an absolute path"
        ) from None


def beside(path: str) -> str:
    """Return the path of the lock file for a file that is replaced."""
    return str(Path(path).with_name(f".{Path(path).name}.lock"))


@contextlib.contextmanager
def locked(path: str, wait: bool = True) -> Iterator[_LockedFile]:
    """Open a file of lines with an exclusive lock; create it if it does not exist.

    wait: whether to wait for another process that holds the lock; if not, BlockingIOError is raised then.
    Raises OSError or UnsafeFile.
    """
    with _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _SAFE) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield _LockedFile(descriptor)


class _LockedFile:
    """An open file of lines; the caller holds the lock that it needs."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self) -> str:
        parts, offset = [], 0
        while part := os.pread(self._descriptor, 1 << 20, offset):
            parts.append(part)
            offset += len(part)
        return b"".join(parts).decode("utf-8", "replace")

    def append(self, line: str) -> None:
        """Append a line and sync the file."""
        size = os.fstat(self._descriptor).st_size
        # A process that was killed during a write leaves a line without a newline at its end.
        newline = b"\n" if size and os.pread(self._descriptor, 1, size - 1) != b"\n" else b""
        _write_whole(self._descriptor, newline + line.encode() + b"\n")
        os.fsync(self._descriptor)


@contextlib.contextmanager
def _opened(path: str, flags: int) -> Iterator[int]:
    """Open and check a file. Raises OSError or UnsafeFile."""
    descriptor = os.open(path, flags, 0o600)
    try:
        _check(os.fstat(descriptor), path)
        yield descriptor
    finally:
        os.close(descriptor)


def _check(status: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeFile("it is not a regular file", path)
    if status.st_uid != os.geteuid():
        raise UnsafeFile("it belongs to another user", path)
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnsafeFile("users other than its owner can write to it", path)


def _write_whole(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
