# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Which reports have the renewed marks that are to be removed: a file, those of a plan, or the newest with marks.

In a folder that several runs share, only the lasting name of a report says which run it is of. The latest report of a
kind is replaced by the next run, also by one that marked nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._common.options import OptionError
from .._common.text import printable
from .._files.secure import expanded
from .._planners.undo_marks import OtherReport, ReportRefused, marked_by, run_of
from .._plans.document import MOST_TEXT

OPTION = "mark_renewed_orders_undo_report"
NEWEST = "newest"
_KIND = "mark_renewed_orders"
_DIGEST = re.compile(r"[0-9a-f]{12,64}")
# A lasting name as `report` makes it: kind, phase, time, the first digits of the plan's digest, and a number if two
# runs began in the same second.
_LASTING = re.compile(r"(?P<kind>\w+)-(?:apply|all)-(?P<time>\d{8}T\d{6}Z)-(?P<digest>[0-9a-f]{12})(?:-\d+)?\.json")


@dataclass(frozen=True)
class Source:
    """The reports that can have the marks.

    paths: their files; of `newest`, the newest first. given: the value of the option.
    """

    given: str
    paths: Sequence[Path]

    @property
    def is_digest(self) -> bool:
        return bool(_DIGEST.fullmatch(self.given))


def find(given: str, folder: str) -> Source:
    """Return the reports that the option names, before anything is read of the account. Raises OptionError.

    given: `newest`, a plan's digest or its first 12 digits, or the path of a report. folder: that of the reports.
    """
    if not given.strip():
        raise OptionError(
            f"{OPTION} is empty: set it to {NEWEST}, to the SHA-256 digest of the plan that set the marks, or to the "
            "path of a JSON report"
        )
    source = Source(given.strip(), ())
    if source.given != NEWEST and not source.is_digest:
        path = expanded(source.given, OPTION)
        _text(path)
        return Source(source.given, [path])
    if not folder:
        raise OptionError(
            f"{OPTION} is {source.given}, which needs the folder of the reports: set {_KIND}_report_dir, or set "
            f"{OPTION} to the path of a JSON report"
        )
    paths = list(_lasting(expanded(folder, f"{_KIND}_report_dir"), source.given[:12] if source.is_digest else ""))
    if not paths:
        what = f"of the plan {source.given}" if source.is_digest else "of a run that applied marks"
        raise OptionError(
            f"{OPTION} is {source.given}, and the folder {folder} has no JSON report {what}: correct the value, or set "
            f"{_KIND}_report_dir to the folder of that run"
        )
    return Source(source.given, paths)


def marked(source: Source, account_id: Any, api_host: str) -> tuple[list[int], list[str]]:
    """Return the sorted ids of the orders that were marked, and notes for the approver. Raises OptionError.

    account_id, api_host: the account of this run.
    """
    if source.given == NEWEST:
        return _newest(source, account_id, api_host)
    order_ids: set[int] = set()
    for path in source.paths:
        text = _text(path)
        try:
            order_ids.update(marked_by(text, account_id, api_host))
            digest = run_of(text)[0]
        except ReportRefused as error:
            raise OptionError(f"{OPTION} cannot be used: {path}: {error}") from None
        # The name of the file has the first digits only.
        if source.is_digest and not digest.startswith(source.given):
            raise OptionError(f"{OPTION} is {source.given}, and {path} is the report of the plan {digest or 'none'}")
    notes = [] if order_ids else [_nothing(source, account_id, api_host)]
    return sorted(order_ids), notes


def _newest(source: Source, account_id: Any, api_host: str) -> tuple[list[int], list[str]]:
    found = _with_marks(source.paths, account_id, api_host)
    if found is None:
        folder = source.paths[0].parent
        raise OptionError(
            f"{OPTION} is {NEWEST}, and no report in {folder} is of a run that marked an order of this account: set it "
            "to the path of a JSON report"
        )
    path, order_ids = found
    return order_ids, [f"the marks are those of the report {path}{_of_run(_text(path))}"]


def _with_marks(paths: Sequence[Path], account_id: Any, api_host: str) -> tuple[Path, list[int]] | None:
    """The first report that has marks of this account, with their orders; None if there is none.

    Raises OptionError for a report that cannot be read: its marks may be the newest ones.
    """
    for path in paths:
        try:
            order_ids = marked_by(_text(path), account_id, api_host)
        except OtherReport:
            # A folder can have reports of other accounts and of other versions of the collection.
            continue
        except ReportRefused as error:
            raise OptionError(f"{OPTION} cannot be used: {path}: {error}") from None
        if order_ids:
            return path, order_ids
    return None


def _nothing(source: Source, account_id: Any, api_host: str) -> str:
    """Why there is nothing to undo, and which report has marks."""
    path = source.paths[-1]
    others = [one for one in _lasting(path.parent, "") if one not in source.paths]
    try:
        found = _with_marks(others, account_id, api_host)
    except OptionError as error:
        hint = f"which report has marks is not known: {error}"
    else:
        hint = f"the newest report with marks is {found[0]}" if found else "no other report in its folder has marks"
    return f"nothing to undo: {path}{_of_run(_text(path))} is the report of a run that marked no order; {hint}"


def _of_run(text: str) -> str:
    digest, time = run_of(text)
    return f" ({printable(time, 30)}, plan {digest[:12] or 'not known'})"


def _lasting(folder: Path, digest: str) -> Iterator[Path]:
    """The lasting reports of runs that applied a plan, the newest first.

    digest: the first digits of that of the plan; without it, the runs of this role only.
    """
    names = [(match, path) for path in folder.glob("*.json") for match in [_LASTING.fullmatch(path.name)] if match]
    wanted = [
        (match["time"], path.name, path)
        for match, path in names
        if (match["digest"] == digest if digest else match["kind"] == _KIND)
    ]
    for _time, _name, path in sorted(wanted, reverse=True):
        yield path


def _text(path: Path) -> str:
    """The text of a report. Raises OptionError."""
    try:
        # One character more than a report may have is enough to refuse it.
        with path.open(encoding="utf-8") as opened:
            return opened.read(MOST_TEXT + 1)
    except OSError as error:
        raise OptionError(f"{OPTION} cannot be used: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OptionError(f"{OPTION} cannot be used: {path} is not a text in UTF-8") from None
