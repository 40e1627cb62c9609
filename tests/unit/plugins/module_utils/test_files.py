# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines are appended whole, for the owner alone, through no link, and beside other processes."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from ansible_collections.certops.orders.plugins.module_utils import _files
from ansible_collections.certops.orders.plugins.module_utils._files import UnsafeFile, append_line


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

    with pytest.raises(UnsafeFile, match="others may write"):
        append_line(str(log), "one")

    assert log.read_text() == ""


def test_a_file_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").touch()
    me = os.geteuid()
    monkeypatch.setattr(_files.os, "geteuid", lambda: me + 1)

    with pytest.raises(UnsafeFile, match="another user"):
        append_line(str(tmp_path / "log"), "one")


def test_what_is_no_plain_file_is_not_used(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UnsafeFile, match="not a plain file"):
        append_line(str(tmp_path / "pipe"), "one")


def test_a_write_that_is_cut_short_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
