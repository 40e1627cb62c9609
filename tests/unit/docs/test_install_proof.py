# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof of install: a core that it skipped is named with the reason, and is a failure where all are required."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.tools import install_proof
from ansible_collections.certops.orders.tests.tools.install_proof import Result

OLD, NEW, PRERELEASE = "ansible-core~=2.16.0", "ansible-core~=2.21.0", "ansible-core>=2.22.0b1,<2.23"
PROVED = Result("2.21.5", "3.13", 27, 8, 26)
PIP = "pip ended with 1\nERROR: Could not find a version\nERROR: No matching distribution found"


def run_main(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, results: Sequence[Result], *options: str
) -> tuple[int, str]:
    """Run the program with these results of its cores; returns its exit status and the file it wrote."""
    left = iter(results)
    monkeypatch.setattr(install_proof, "prove", lambda _core, _folder, tarball: (next(left), tarball))
    output = tmp_path / "output" / "install_proof.txt"
    cores = [f"{result.core}=3.13" for result in results]
    status = install_proof.main(["--output", str(output), *options, *cores])
    return status, output.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("results", "options", "status"),
    [
        ([PROVED, Result(OLD, "3.10", skipped=PIP)], [], 0),
        ([PROVED, Result(OLD, "3.10", skipped=PIP)], ["--require-all"], 1),
        ([Result(OLD, "", skipped="needs Python 3.10"), PROVED], ["--require-all"], 1),
        ([PROVED, Result(PRERELEASE, "3.13", skipped=PIP)], ["--require-all"], 0),
        ([PROVED, PROVED], ["--require-all"], 0),
        ([Result(OLD, "3.10", skipped=PIP)], [], 1),
        ([Result(PRERELEASE, "3.13", skipped=PIP)], ["--require-all"], 1),
    ],
)
def test_a_skipped_core_is_a_failure_where_all_are_required(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, results: list[Result], options: list[str], status: int
) -> None:
    assert run_main(monkeypatch, tmp_path, results, *options)[0] == status


def test_the_failure_names_each_skipped_core_and_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = [Result(OLD, "3.10", skipped=PIP), PROVED, Result(NEW, "", skipped="needs Python 3.13,3.12")]

    run_main(monkeypatch, tmp_path, results, "--require-all")

    errors = capsys.readouterr().err
    assert f"{OLD} was skipped: {PIP}\n" in errors
    assert f"{NEW} was skipped: needs Python 3.13,3.12\n" in errors


def test_the_table_has_the_summary_and_the_messages_of_pip_follow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _status, written = run_main(monkeypatch, tmp_path, [Result(OLD, "3.10", skipped=PIP), PROVED])

    lines = written.splitlines()
    assert lines[1].split() == [*f"{OLD} skipped: pip ended with 1".split(), "3.10"]
    assert lines[2].split() == ["2.21.5", "3.13", "27", "8", "26"]
    assert written.endswith(f"{OLD} skipped: {PIP}\n")


def test_the_last_messages_of_pip_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    messages = [*(f"line {number}" for number in range(100)), "x" * 10_000]

    def run(command: Sequence[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        failed = "install" in command
        return subprocess.CompletedProcess(command, int(failed), "\n".join(messages) + "\n" if failed else "")

    monkeypatch.setattr(install_proof.subprocess, "run", run)
    version = ".".join(platform.python_version_tuple()[:2])
    monkeypatch.setattr(install_proof.pythons, "first", lambda _versions: version)
    monkeypatch.setattr(install_proof.pythons, "find", lambda _version: Path("python"))

    result, tarball = install_proof.prove(f"{OLD}={version}", tmp_path / "0", None)

    kept = [message[: install_proof.LONGEST_LINE] for message in messages[-install_proof.LAST_LINES :]]
    assert result == Result(OLD, version, skipped="\n".join(["pip ended with 1", *kept]))
    assert tarball is None


def test_a_core_without_a_python_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(install_proof.pythons, "first", lambda _versions: None)

    result, _tarball = install_proof.prove(f"{OLD}=3.10,3.11", tmp_path / "0", None)

    assert result == Result(OLD, "", skipped="needs Python 3.10,3.11")
