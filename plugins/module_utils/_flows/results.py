# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The last step of a flow: its result as a task returns it, after the report was written from all outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._files.secure import UnsafeFile
from .._plans.outcomes import message, shortened
from .._plans.store import save_outcomes
from .report import Target, lasting_name

if TYPE_CHECKING:
    from .._common.context import Context

# The orders that a result has in full. A larger result makes the callbacks and the database of a controller slow.
MOST_FULL = 50
# The outcomes that a result has at all, if all of them are in a file.
MOST_OUTCOMES = 500


def finished(result: Mapping[str, Any], params: Mapping[str, Any], context: Context, now: datetime) -> dict[str, Any]:
    """Return the result of a flow as its task returns it: with the path of its report in the message, and small.

    Up to 50 entries, a plan and its outcomes are returned in full. Above that, the plan is not returned, and what
    became of the orders is returned in short, see `_in_short`. `text` is returned of a new plan that is in no file.
    result: of `planned` or `applied`, with `report.files` if there is a report. now: in UTC.
    """
    final, records = dict(result), result["outcomes"]
    files = (result.get("report") or {}).get("files") or {}
    is_planned = params["state"] == "planned"
    if files:
        # A plan is made in spite of what would keep it from being applied.
        violations = () if is_planned else result["violations"]
        msg = message(records, violations, report=next(iter(files.values())))
        final.update(msg=msg, result={**result["result"], "msg": msg})
    if not is_planned or result.get("path"):
        final.pop("text", None)
    if len(records) <= MOST_FULL:
        return final
    final.pop("plan", None)
    return {**final, "outcomes": []} if is_planned else {**final, **_in_short(result, params, context, now)}


def _in_short(result: Mapping[str, Any], params: Mapping[str, Any], context: Context, now: datetime) -> dict[str, Any]:
    """Return `outcomes` in short, the most urgent ones first.

    With more than 500, all of them are in a file of the folder of the task, and `outcomes` has the first 500, and
    `outcomes_path` the path; without a folder, and in check mode, `outcomes` has all of them in short.
    """
    records = result["outcomes"]
    if len(records) <= MOST_OUTCOMES:
        return {"outcomes": shortened(records, None)}
    path = "" if context.check_mode or params["rehearse"] else _saved(result, params, context, now)
    return {"outcomes": shortened(records, MOST_OUTCOMES if path else None), "outcomes_path": path}


def _saved(result: Mapping[str, Any], params: Mapping[str, Any], context: Context, now: datetime) -> str:
    """Save all outcomes of a result. Returns the path, empty if there is no folder or it cannot be used."""
    if not params["reorder_sheets_dir"]:
        return ""
    where = Target(params["reorder_sheets_dir"], f"{params['kind']}-outcomes", ("json",))
    path = where.paths(lasting_name(where, "apply", result["sha256"] or "refused", now))["json"]
    try:
        save_outcomes(path, result["outcomes"])
    except (OSError, UnsafeFile) as error:
        # What was changed must be in the result in any case.
        context.inform(f"the outcomes cannot be written to {path}: {error}")
        return ""
    return path
