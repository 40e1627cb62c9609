# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines are appended whole, for the owner alone, through no link, and beside other processes; and read so."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.plugins.module_utils._files import secure as _files
from ansible_collections.certops.orders.plugins.module_utils._files.secure import (
    UnsafeFile,
    append_line,
    beside,
    check_append,
    locked,
    read_text,
    replace,
)


def test_lines_are_added_at_the_end_of_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    log = tmp_path / "log"
    old = os.umask(0)
    try:
        append_line(str(log), "one")
        append_line(str(log), "two")
    finally:
        os.umask(old)

    assert log.read_text() == "one\ntwo\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_what_was_added_is_on_disk_before_the_call_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    synced: list[str] = []
    monkeypatch.setattr(_files.os, "fsync", lambda _descriptor: synced.append(log.read_text()))

    append_line(str(log), "one")

    assert synced == ["one\n"]


def test_a_line_without_an_end_does_not_swallow_the_next(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("whole\ncut off in the mid")

    append_line(str(log), "next")

    assert log.read_text() == "whole\ncut off in the mid\nnext\n"


def test_checking_whether_a_line_can_be_added_leaves_no_trace(tmp_path: Path) -> None:
    log = tmp_path / "log"

    check_append(str(log))
    assert not list(tmp_path.iterdir())

    append_line(str(log), "one")
    log.chmod(0o640)
    before = log.stat()
    check_append(str(log))
    assert log.stat() == before


def test_a_file_in_the_current_folder_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    check_append("log")

    assert not list(tmp_path.iterdir())


def _spoil(how: str, folder: Path) -> Path:
    """Return a path that no line can be added to."""
    log = folder / "log"
    if how == "no folder":
        return folder / "none" / "log"
    if how == "no folder but a file":
        log.touch()
        return log / "log"
    if how == "a folder":
        log.mkdir()
    elif how == "a link to nothing":
        log.symlink_to(folder / "elsewhere")
    elif how == "a pipe":
        os.mkfifo(log)
    else:
        log.touch()
        log.chmod(0o666)
    return log


@pytest.mark.parametrize(
    "how", ["no folder", "no folder but a file", "a folder", "a link to nothing", "a pipe", "open to others"]
)
def test_the_check_reports_the_same_error_as_adding_a_line(how: str, tmp_path: Path) -> None:
    path = str(_spoil(how, tmp_path))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises((OSError, UnsafeFile)) as foretold:
        check_append(path)
    assert sorted(tmp_path.rglob("*")) == before

    with pytest.raises((OSError, UnsafeFile)) as met:
        append_line(path, "one")

    assert str(foretold.value) == str(met.value)


@pytest.mark.parametrize(("flag", "why"), [(0, "Permission denied"), (os.ST_RDONLY, "Read-only file system")])
def test_a_folder_that_takes_no_file_is_reported_by_the_check(
    flag: int, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # For root, whom nothing is forbidden, as well.
    monkeypatch.setattr(_files.os, "access", lambda path, mode: (path, mode) != (tmp_path, os.W_OK | os.X_OK))
    monkeypatch.setattr(_files.os, "statvfs", lambda _path: SimpleNamespace(f_flag=flag))

    with pytest.raises(OSError, match=why):
        check_append(str(tmp_path / "log"))

    (tmp_path / "log").touch()
    check_append(str(tmp_path / "log"))


@pytest.mark.parametrize("target", ["existing", "dangling"])
def test_a_link_is_not_followed(target: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    if target == "existing":
        elsewhere.write_text("precious")
    (tmp_path / "log").symlink_to(elsewhere)

    with pytest.raises(OSError, match="symbolic links"):
        append_line(str(tmp_path / "log"), "one")

    assert not elsewhere.exists() or elsewhere.read_text() == "precious"


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_to_is_not_used(mode: int, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    log.chmod(mode)

    with pytest.raises(UnsafeFile):
        append_line(str(log), "one")

    assert log.read_text() == ""


def test_a_file_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").touch()
    me = os.geteuid()
    monkeypatch.setattr(_files.os, "geteuid", lambda: me + 1)

    with pytest.raises(UnsafeFile):
        append_line(str(tmp_path / "log"), "one")


def test_what_is_no_plain_file_is_not_used(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UnsafeFile):
        append_line(str(tmp_path / "pipe"), "one")


def test_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(_files.os, "write", lambda descriptor, content: write(descriptor, bytes(content[:3])))

    append_line(str(tmp_path / "log"), "a longer line")

    assert (tmp_path / "log").read_text() == "a longer line\n"


def _append(path: str, name: int) -> None:
    for number in range(50):
        append_line(path, f"{name} {number} " + "x" * 5000)


def test_parallel_processes_do_not_mix_their_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    forks = [multiprocessing.get_context("fork").Process(target=_append, args=(str(log), name)) for name in range(4)]
    for fork in forks:
        fork.start()
    for fork in forks:
        fork.join()

    lines = log.read_text().splitlines()
    assert sorted(line.rpartition(" ")[0] for line in lines) == sorted(f"{a} {b}" for a in range(4) for b in range(50))
    assert {line.rpartition(" ")[2] for line in lines} == {"x" * 5000}


# -- reading, and a file that is held ----------------------------------------------------------------------------------


def test_what_is_not_there_has_nothing_in_it_and_is_not_made(tmp_path: Path) -> None:
    assert read_text(str(tmp_path / "log")) == ""
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_read_in_full(tmp_path: Path) -> None:
    text = "x" * (1 << 20) + "\u00fc" * (1 << 19) + "end\n"
    (tmp_path / "log").write_text(text, encoding="utf-8")

    assert read_text(str(tmp_path / "log")) == text


def test_what_is_no_text_is_read_nevertheless(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"a\xffb\n")

    assert read_text(str(tmp_path / "log")) == "a\ufffdb\n"


@pytest.mark.parametrize("target", ["existing", "dangling"])
def test_a_link_is_not_followed_for_reading(target: str, tmp_path: Path) -> None:
    if target == "existing":
        (tmp_path / "elsewhere").write_text("secret")
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="symbolic links"):
        read_text(str(tmp_path / "log"))


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_what_others_could_have_written_is_not_read(mode: int, tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    (tmp_path / "log").chmod(mode)

    with pytest.raises(UnsafeFile):
        read_text(str(tmp_path / "log"))


def test_what_others_can_only_read_is_read(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("one\n")
    (tmp_path / "log").chmod(0o644)

    assert read_text(str(tmp_path / "log")) == "one\n"


@pytest.mark.parametrize("use", [read_text, lambda path: append_line(path, "one")])
def test_a_pipe_or_a_folder_is_refused_and_not_waited_for(use: Callable[[str], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises((UnsafeFile, OSError)):
        use(str(tmp_path / "pipe"))
    with pytest.raises((UnsafeFile, OSError)):
        use(str(tmp_path))


def test_a_held_file_can_be_read_and_added_to(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with locked(str(log)) as file:
        assert file.read() == ""
        file.append("one")
        file.append("two")
        assert file.read() == "one\ntwo\n"

    assert log.read_text() == "one\ntwo\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_file_is_let_go_whatever_happens(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(KeyError), locked(str(tmp_path / "log")):
        raise KeyError
    (tmp_path / "log").chmod(0o666)
    with pytest.raises(UnsafeFile):
        read_text(str(tmp_path / "log"))
    (tmp_path / "log").chmod(0o600)

    with locked(str(tmp_path / "log")) as file:
        file.append("one")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def _hold(path: str, is_held: Any, let_go: Any) -> None:
    with locked(path) as file:
        is_held.set()
        let_go.wait(10)
        file.append("first")


def test_a_file_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    is_held, let_go = fork.Event(), fork.Event()
    holder = fork.Process(target=_hold, args=(str(tmp_path / "log"), is_held, let_go))
    writer = fork.Process(target=append_line, args=(str(tmp_path / "log"), "second"))
    holder.start()
    assert is_held.wait(10)
    writer.start()
    writer.join(0.3)
    assert writer.is_alive()
    # Reading does not wait: what matters is checked once more by the process that holds the lock.
    assert read_text(str(tmp_path / "log")) == ""
    let_go.set()
    holder.join()
    writer.join()

    assert (tmp_path / "log").read_text() == "first\nsecond\n"


def test_without_waiting_a_locked_file_is_reported(tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    with locked(log), pytest.raises(BlockingIOError), locked(log, wait=False):
        pass
    with locked(log, wait=False) as file:
        file.append("one")


# -- replacing ---------------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_as_a_whole_for_its_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / "state"
    old = os.umask(0)
    try:
        replace(str(state), "a longer text \u00fc")
        replace(str(state), "short \u00fc")
    finally:
        os.umask(old)

    assert state.read_text(encoding="utf-8") == "short \u00fc"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [state]


def test_a_concurrent_reader_reads_the_previous_content(tmp_path: Path) -> None:
    state = tmp_path / "state"
    replace(str(state), "before")
    with state.open() as reader:
        replace(str(state), "after")
        assert reader.read() == "before"


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_replacement_that_fails_leaves_what_was_there(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    replace(str(state), "before")

    def fail(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((_files.os, "fsync", fail) if failing == "fsync" else (Path, "replace", fail)))
    with pytest.raises(OSError, match="No space"):
        replace(str(state), "after")

    assert state.read_text() == "before"
    assert list(tmp_path.iterdir()) == [state]


def test_it_is_on_disk_with_its_folder_before_the_call_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        _files.os, "fsync", lambda descriptor: synced.append(str(Path(f"/proc/self/fd/{descriptor}").resolve()))
    )

    replace(str(tmp_path / "state"), "text")

    assert synced[0].startswith(f"{tmp_path}/.state.")
    assert synced[1:] == [str(tmp_path)]


def test_what_is_not_ours_to_trust_is_not_replaced(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    (tmp_path / "link").symlink_to(elsewhere)
    elsewhere.chmod(0o666)

    with pytest.raises(OSError, match="symbolic links"):
        replace(str(tmp_path / "link"), "text")
    with pytest.raises(UnsafeFile):
        replace(str(elsewhere), "text")

    assert elsewhere.read_text() == "precious"


def test_the_file_to_lock_is_another_one(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    with locked(beside(state)):
        replace(state, "text")

    assert sorted(file.name for file in tmp_path.iterdir()) == [".state.lock", "state"]
