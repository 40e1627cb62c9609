# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Files of plans and re-order sheets: readable by the owner only, and written completely or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from .._files.secure import beside, locked, read_text, replace
from .document import MOST_TEXT, canonical, read, same_but_for_times
from .errors import PlanError


def content(path: str) -> str:
    """Return the text of a file, empty if there is none. Raises OSError, UnsafeFile, or PlanError for a large file."""
    file = Path(path)
    if os.path.lexists(file) and file.lstat().st_size > MOST_TEXT:
        raise PlanError(f"the file {path} is larger than {MOST_TEXT >> 20} MiB")
    return read_text(path)


def keep(path: str, plan: dict[str, Any], now: datetime, *, dry: bool) -> tuple[dict[str, Any], bool]:
    """Save a plan, unless the file has the same plan and that is still valid. dry: save nothing (check mode).

    An existing plan is kept, because its digest may already be approved. Returns the plan that the file has, or would
    have, and whether this is a change. Raises OSError, UnsafeFile or PlanError.
    """
    if dry:
        existing = _valid_copy(path, plan, now)
        return existing or plan, not existing
    _make_folder(Path(path).parent)
    # The lock is a separate file, because the plan file is replaced while other processes wait for the lock.
    with locked(beside(path)):
        existing = _valid_copy(path, plan, now)
        if not existing:
            replace(path, canonical(plan))
    return existing or plan, not existing


def _valid_copy(path: str, plan: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """Return the plan of the file if it is the same except for its times and still valid, else None."""
    try:
        there = read(content(path), None, plan["kind"], plan["account_id"], plan["api_host"], now)
    except PlanError:
        return None
    return there if same_but_for_times(there, plan) else None


def save_new(folder: str, texts: Mapping[str, str], *, dry: bool) -> list[str]:
    """Save texts as files of a folder, without those that exist already. dry: save nothing (check mode).

    texts: by file name. Returns the paths of the new files. Raises OSError, UnsafeFile or PlanError.
    """
    base = Path(folder)
    paths = {str(base / name): text for name, text in texts.items()}
    new = [path for path in paths if not content(path)]
    if new and not dry:
        _make_folder(base)
        for path in new:
            replace(path, paths[path])
    return new


def _make_folder(folder: Path) -> None:
    # mkdir(parents=True) would create the parents with the default mode, readable by other users.
    for part in (*reversed(folder.absolute().parents), folder.absolute()):
        if not part.exists():
            part.mkdir(mode=0o700, exist_ok=True)
