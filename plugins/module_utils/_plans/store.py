# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Plans and re-order sheets on disk: for their owner alone, whole or not at all. Knows nothing of Ansible."""

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
    """What is in a file, nothing where there is none. Raises OSError, UnsafeFile, or PlanError where it is too long."""
    file = Path(path)
    if os.path.lexists(file) and file.lstat().st_size > MOST_TEXT:
        raise PlanError(f"{path} is larger than {MOST_TEXT >> 20} MiB")
    return read_text(path)


def keep(path: str, plan: dict[str, Any], now: datetime, *, dry: bool) -> tuple[dict[str, Any], bool]:
    """Save a plan, unless one that says the same and is still good is there already; dry: save nothing.

    Returns the plan that is there then, or would be, and whether that is a change. Raises OSError, UnsafeFile or
    PlanError.
    """
    if dry:
        standing = _standing(path, plan, now)
        return standing or plan, not standing
    _make_folder(Path(path).parent)
    # Not the file itself, which is replaced under whoever waits for it.
    with locked(beside(path)):
        standing = _standing(path, plan, now)
        if not standing:
            replace(path, canonical(plan))
    return standing or plan, not standing


def _standing(path: str, plan: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """The plan that is there already, where it says the same and is still good."""
    try:
        there = read(content(path), None, plan["kind"], plan["account_id"], plan["api_host"], now)
    except PlanError:
        return None
    return there if same_but_for_times(there, plan) else None


def save_new(folder: str, texts: Mapping[str, str], *, dry: bool) -> list[str]:
    """Save texts under their names, but for those that have a file already; dry: save nothing.

    Returns the paths of the new ones. Raises OSError, UnsafeFile, or PlanError.
    """
    place = Path(folder)
    paths = {str(place / name): text for name, text in texts.items()}
    new = [path for path in paths if not content(path)]
    if new and not dry:
        _make_folder(place)
        for path in new:
            replace(path, paths[path])
    return new


def _make_folder(folder: Path) -> None:
    # Those above it as well, and all of them for their owner alone.
    for part in (*reversed(folder.absolute().parents), folder.absolute()):
        if not part.exists():
            part.mkdir(mode=0o700, exist_ok=True)
