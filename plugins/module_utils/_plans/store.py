# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Files of plans and re-order sheets: readable by the owner only, and written completely or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Callable

from .._files.secure import UnsafeFile, beside, locked, make_folder, read_text, replace, replace_all
from .document import (
    GOOD_FOR,
    MOST_TEXT,
    approved_digest,
    canonical,
    check_times,
    digest,
    parsed,
    same_but_for_times,
)
from .errors import PlanError
from .times import time_of

# Digits of the digest in the name of a kept plan.
_DIGITS = 12


def content(path: str) -> str:
    """Return the text of a file, empty if there is none. Raises OSError, UnsafeFile, or PlanError for a large file."""
    file = Path(path)
    if os.path.lexists(file) and file.lstat().st_size > MOST_TEXT:
        raise PlanError(f"the file {path} is larger than {MOST_TEXT >> 20} MiB")
    return read_text(path)


@dataclass(frozen=True)
class Saved:
    """A plan that was saved.

    plan: what the file has, or would have in check mode. changed: whether that is a change. kept: the path of the plan
    that the file had before and that is still valid, empty if there is none.
    """

    plan: dict[str, Any]
    changed: bool
    kept: str = ""


def keep(path: str, plan: dict[str, Any], now: datetime, *, dry: bool) -> Saved:
    """Save a plan, unless the file has the same plan and that is still valid. now: in UTC. dry: save nothing.

    An existing plan can already be approved. If it is the same except for its times, it stays; if it is another one, it
    is kept beside the file, see `kept_path`. Raises OSError, UnsafeFile or PlanError.
    """
    if dry:
        return _saved(plan, path, _valid_plan(path, now))
    make_folder(Path(path).parent)
    # The lock is a separate file, because the plan file is replaced while other processes wait for the lock.
    with locked(beside(path)):
        existing = _valid_plan(path, now)
        saved = _saved(plan, path, existing)
        if saved.changed:
            # First: a reader of the new file must find the earlier plan.
            if existing and content(saved.kept) != canonical(existing):
                replace(saved.kept, canonical(existing))
            replace(path, canonical(plan))
            _remove_expired(path, now)
    return saved


def _saved(plan: dict[str, Any], path: str, existing: dict[str, Any] | None) -> Saved:
    if existing is None:
        return Saved(plan, changed=True)
    if same_but_for_times(existing, plan):
        return Saved(existing, changed=False)
    return Saved(plan, changed=True, kept=kept_path(path, digest(canonical(existing))))


def _valid_plan(path: str, now: datetime) -> dict[str, Any] | None:
    """Return the plan of a file, of any kind and account, None if there is none that is valid now."""
    try:
        plan = parsed(content(path))
        check_times(plan, now)
    except PlanError:
        return None
    return plan


def kept_path(path: str, sha256: str) -> str:
    """Return where a plan is kept after another plan has replaced it at its path. sha256: of the plan."""
    file = Path(path)
    return str(file.with_name(f"{_stem(file)}.{sha256[:_DIGITS]}.json"))


def _stem(file: Path) -> str:
    return file.name[: -len(".json")] if file.name.endswith(".json") else file.name


def find(path: str, sha256: str | None) -> tuple[str, str]:
    """Return the path and the text of an approved plan: the file, or else the plan that is kept beside it.

    sha256: the digest that was approved, None for the file. The caller checks the text (`read`). Raises OSError,
    UnsafeFile, or PlanError if neither is the approved plan.
    """
    text = content(path)
    if sha256 is None:
        if not text:
            raise PlanError(f"the plan file {path} does not exist: make a plan first", "plan_file")
        return path, text
    approved = approved_digest(sha256)
    # A file as it was written needs no parsing here. One with other white space is the same plan.
    found = approved if digest(text) == approved else _digest_of(text)
    kept = kept_path(path, approved)
    if found == approved:
        return path, text
    other = content(kept)
    if _digest_of(other) == approved:
        return kept, other
    if not text:
        raise PlanError(
            f"the plan file {path} does not exist, nor does {kept} with the approved plan: make a plan first",
            "plan_file",
        )
    if found:
        raise PlanError(
            f"the plan at {path} was not approved: its SHA-256 is {found}, and the approved one is {approved}, which "
            f"is not at {kept} either. Pass the approved plan, or have this plan approved",
            "plan_sha256",
        )
    # Why it is not a plan is found by `read`.
    return path, text


def _digest_of(text: str) -> str:
    """Return the digest of a plan as it is approved, an empty string if the text is not a plan."""
    try:
        return digest(canonical(parsed(text)))
    except PlanError:
        return ""


def _remove_expired(path: str, now: datetime) -> None:
    """Remove the kept plans of a file that expired long ago, and nothing else: their digest is in their name."""
    name = re.compile(rf"{re.escape(_stem(Path(path)))}\.([0-9a-f]{{{_DIGITS}}})\.json")
    for file in list(Path(path).absolute().parent.iterdir()):
        digits = name.fullmatch(file.name)
        if digits and _expired_long_ago(file, digits[1], now):
            file.unlink(missing_ok=True)


def _expired_long_ago(file: Path, digits: str, now: datetime) -> bool:
    """Return whether a file is a plan with these first digits of its digest, and expired 72 hours ago or earlier."""
    try:
        plan = parsed(content(str(file)))
    except (OSError, UnsafeFile, PlanError):
        return False
    return digest(canonical(plan)).startswith(digits) and time_of(plan["expires_at"]) + GOOD_FOR <= now


def save_new(
    folder: str, texts: Mapping[str, str], *, dry: bool, is_same: Callable[[str, str], bool], sha256: str
) -> list[str]:
    """Save texts as files of a folder, without those that exist already. dry: save nothing (check mode).

    texts: by file name. is_same: whether an existing file has what a text has; where not, the text is saved beside it,
    see `kept_path`, under the digest of the plan. Returns the paths of the new files. Raises OSError, UnsafeFile or
    PlanError.
    """
    base = Path(folder)
    new: dict[str, str] = {}
    for name, text in texts.items():
        existing, place = content(str(base / name)), name
        if existing and not is_same(existing, text):
            place = kept_path(name, sha256)
            existing = content(str(base / place))
        if not existing:
            new[place] = text
    if new and not dry:
        make_folder(base)
        replace_all(base, new)
    return [str(base / name) for name in new]


def save_outcomes(path: str, records: Iterable[Mapping[str, Any]]) -> None:
    """Save the outcomes of a run as a JSON list, one in a line. Raises OSError or UnsafeFile."""
    make_folder(Path(path).parent)
    replace(path, "[\n" + ",\n".join(map(canonical, records)) + "\n]\n")
