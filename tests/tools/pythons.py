# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Pythons this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

# A version manager's folder of stand-ins: each exists for every version it knows but runs for the active ones only.
SHIMS = "shims"

# ensurepip is in the list because ansible-test makes its own virtual environments.
PROBE = "import ensurepip, os, sys, venv; print('%d.%d' % sys.version_info[:2], os.path.realpath(sys.executable))"


@cache
def find(version: str) -> str | None:
    """The real path of a Python `version` ("3.12") that runs, or None."""
    for candidate in _candidates(version):
        found, _space, path = _output([str(candidate), "-c", PROBE]).strip().partition(" ")
        if found == version:
            return path
    return None


def first(versions: Iterable[str]) -> str | None:
    """The first of `versions` that this machine has."""
    return next((version for version in versions if find(version)), None)


def link(versions: Iterable[str], folder: Path) -> Path:
    """Make `folder` one for PATH in which each of `versions` is the real one, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for version in versions:
        (folder / f"python{version}").symlink_to(find(version) or "missing")
    return folder


def path_without_shims() -> list[str]:
    """The folders of PATH that hold real programs only."""
    return [folder for folder in os.get_exec_path() if Path(folder).name != SHIMS]


def _candidates(version: str) -> Iterator[Path]:
    folders = [Path(folder) for folder in os.get_exec_path()]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    folders += sorted(pyenv.glob(f"{version}.*/bin"), reverse=True)
    for folder in folders:
        program = folder / f"python{version}"
        if program.is_file():
            yield program


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
