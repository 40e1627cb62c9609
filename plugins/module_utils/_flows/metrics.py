# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The file with the metrics of a report, which the textfile collector of a Prometheus exporter reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .._common.errors import ApiError
from .._files.secure import UnsafeFile, check_append, expanded, file_problem, has_mode, read_text, replace
from .._reports.metrics import Run, account_of, last_of_each_kind, run_of, run_of_json, to_metrics

if TYPE_CHECKING:
    from .._reports.data import Report

# An exporter has a user of its own. The file has only counts, see to_metrics.
_MODE = 0o644
# The latest reports of runs that applied a plan, with and without an approval.
_REPORTS = ("*-apply.json", "*-all.json")


def checked_path(path: str | None, *, code: str) -> str:
    """Return the path of the metrics as an absolute one, empty for none.

    code: of the failure. Raises OptionError for a path that is not valid, ApiError where the file cannot be written.
    """
    if not path:
        return ""
    absolute = str(expanded(path, "order_report_metrics_path").absolute())
    try:
        # The folder belongs to the exporter: it is not created, because its user could not read it.
        check_append(absolute)
    except (OSError, UnsafeFile) as error:
        raise ApiError(
            f"the metrics cannot be written: {file_problem(error)}. Correct the directory, or set "
            "order_report_metrics_path, or metrics_path, to another file",
            code=code,
        ) from None
    return absolute


def write_metrics(path: str, report: Report, folder: str, *, dry: bool) -> bool:
    """Write the metrics of a report, and of the last runs of its account with a report in the same folder.

    dry: write nothing. Returns whether the file changed. Raises OSError or UnsafeFile.
    """
    own = run_of(report)
    earlier = [run for run in _runs_in(Path(folder)) if run.account == account_of(report)]
    runs = last_of_each_kind([*earlier, *([own] if own else [])])
    text = to_metrics(report, runs)
    if read_text(path) == text and has_mode(path, _MODE):
        return False
    if not dry:
        replace(path, text, mode=_MODE)
    return True


def _runs_in(folder: Path) -> list[Run]:
    """Return the runs whose reports are in a folder. A file that is no such report is left out."""
    found = []
    for path in sorted(path for pattern in _REPORTS for path in folder.glob(pattern)):
        try:
            found.append(run_of_json(read_text(str(path))))
        except (OSError, UnsafeFile):
            continue
    return [run for run in found if run]
