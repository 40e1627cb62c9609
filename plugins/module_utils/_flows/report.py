# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The files of a report: check before a change that they can be written, and write them.

A flow writes each report under two names: the latest one of its kind and phase, which the next run replaces, and one
with the digest of the plan, and after an apply with the time, which stays.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from .._certcentral.client import connect
from .._common.errors import ApiError, unexpected
from .._common.options import OptionError
from .._common.text import scrub
from .._common.values import utc_text
from .._files.secure import UnsafeFile, check_append, expanded, file_problem, has_mode, make_folder, read_text, replace
from .._plans.actions import shown_order
from .._reports.data import Report, ReportError, moment, of_account, registered_orders, report_of, to_csv, to_json
from .._reports.html import to_html
from .._role_options.checks import option_name
from .._runtime.info_runner import info_result
from .account_orders import account_orders, filters_of, with_due
from .metrics import checked_path, write_metrics

if TYPE_CHECKING:
    from .._common.context import Context

FORMATS: Mapping[str, Callable[[Report], str]] = {"html": to_html, "json": to_json, "csv": to_csv}
# The option `report` of a task with a flow.
OPTIONS: dict[str, dict[str, Any]] = {
    "dir": {"type": "path", "required": True},
    "basename": {"type": "str", "default": ""},
    "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": list(FORMATS)},
    "title": {"type": "str", "default": ""},
    "contacts": {"type": "bool", "default": False},
    "orders_from": {"type": "str", "default": ""},
}
_BASENAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
# The failure code of a report that cannot be written.
CODE = "report_file"


@dataclass(frozen=True)
class Target:
    """Where a report is written.

    folder: an absolute path. basename: the name of the files without the format. formats: keys of FORMATS. option: the
    variable that sets the folder, for messages. dry: write nothing (check mode).
    """

    folder: str
    basename: str
    formats: Sequence[str] = tuple(FORMATS)
    option: str = "order_report_dir"
    dry: bool = False

    def paths(self, basename: str) -> dict[str, str]:
        """The path of each format. basename: that of the target, or another one."""
        return {one: f"{self.folder}/{basename}.{one}" for one in self.formats}


@dataclass(frozen=True)
class Written:
    """What `write` did.

    files: the path of each format; of several names, the last one. headline: the report in one sentence. changed:
    whether the content of a file changed. diffs: one for each changed text file, in the form that Ansible shows.
    """

    files: Mapping[str, str]
    headline: str
    changed: bool
    diffs: Sequence[Mapping[str, str]] = field(default_factory=tuple)


def target(folder: str, basename: str, formats: Iterable[str], *, option: str, dry: bool) -> Target:
    """Return where a report is written. Raises OptionError for a name that is not valid."""
    if not _BASENAME.fullmatch(basename):
        raise OptionError(
            f"order_report_basename, or basename, must consist of letters, digits, dots, hyphens and underscores, and "
            f"begin with a letter, a digit or an underscore: {basename[:100]!r} does not"
        )
    if "\0" in folder:
        raise OptionError(f"{option} contains a NUL character, which is not allowed in a path: correct it")
    return Target(str(expanded(folder, option).resolve()), basename, tuple(formats), option, dry)


def check_folder(where: Target) -> None:
    """Create the folder of a report, and check that its files can be written. Raises ApiError."""
    try:
        if not where.dry:
            make_folder(Path(where.folder))
        _check_writable(Path(where.folder))
        if Path(where.folder).exists():
            for path in where.paths(where.basename).values():
                check_append(path)
    except (OSError, UnsafeFile) as error:
        raise ApiError(
            f"the report cannot be written to {where.folder}, and no order was changed: {file_problem(error)}. Correct "
            f"the folder, or set {where.option} to another one",
            code=CODE,
        ) from None


def write(report: Report, where: Target, *, more: Sequence[str] = (), diff: bool = False) -> Written:
    """Make the texts of a report, and write those that differ from the files.

    more: further names of the same files. diff: whether the result has diffs. Raises OSError or UnsafeFile.
    """
    files = where.paths((where.basename, *more)[-1])
    # The page links to the files that stay, which are beside the latest ones.
    names = {one: Path(path).name for one, path in files.items()}
    texts = {one: to_html(report, names) if one == "html" else FORMATS[one](report) for one in where.formats}
    if not where.dry:
        make_folder(Path(where.folder))
    changed, diffs = False, []
    for basename in (where.basename, *more):
        for one, path in where.paths(basename).items():
            before = read_text(path)
            if before == texts[one] and has_mode(path, 0o600):
                continue
            changed = True
            # The diff of a page would have more markup than content.
            if diff and one != "html" and basename == where.basename:
                headers = {"before_header": path, "after_header": path}
                diffs.append({"before": before, "after": texts[one], **headers})
            if not where.dry:
                replace(path, texts[one])
    return Written(files, report.headline, changed, diffs)


def _notify(written: Written, context: Context) -> None:
    """Show the operator what is in the report, and where it is."""
    verb = "would write" if context.check_mode else "report"
    for line in (written.headline, *(f"{verb}: {path}" for path in written.files.values())):
        context.notify(line)


def _check_writable(folder: Path) -> None:
    """Raise OSError where a folder, or the nearest one above it that exists, cannot be written to."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


# -- a report on an account, or of given data --------------------------------------------------------------------------


def account_report(params: Mapping[str, Any], context: Context, now: datetime) -> dict[str, Any]:
    """Write a report of the task's data, or of the account; returns the result of the task.

    params: the options of order_report. now: in UTC. Raises OptionError, ApiError, Stopped, OSError or UnsafeFile.
    """
    if not params["print"]:
        context = context.quiet()
    where = target(
        params["dir"], params["basename"], params["formats"], option="order_report_dir", dry=context.check_mode
    )
    metrics_path = checked_path(params["metrics_path"], code=CODE)
    generated_at = params["generated_at"] or utc_text(now)
    try:
        if params["data"] is None and moment(generated_at) is None:
            raise ReportError(
                f"order_report_generated_at, or generated_at, is not an ISO 8601 time: {generated_at[:50]!r}"
            )
        result = _data(params, context, now)
        if result.get("failed"):
            return result
        data, measured = result.pop("data"), result.pop("measured", None)
        if params["data"] is None:
            facts = {name: params[name] for name in ("title", "ticket", "job")}
            of_orders = {name: result.pop(name) for name in _OF_ORDERS if name in result}
            data = of_account(data, result.pop("orders"), generated_at, **facts, **of_orders)
        report = report_of(scrub(data, context.secrets), contacts=params["contacts"])
        written = write(report, where, diff=context.diff)
    except ReportError as error:
        raise ApiError(f"the report cannot be made: {error}", code="report_data") from None
    _notify(written, context)
    result.update(changed=written.changed, msg=written.headline, headline=written.headline, files=dict(written.files))
    if metrics_path:
        # The metrics are of the account, also where filters select the orders of the report.
        if measured:
            orders, due = (tuple(measured[name]) for name in ("orders", "due_without_successor"))
            report = replace_fields(report, orders=orders, due_without_successor=due)
        has_new = write_metrics(metrics_path, report, where.folder, dry=where.dry)
        result.update(metrics_path=metrics_path, changed=written.changed or has_new)
    if context.diff:
        result["diff"] = list(written.diffs)
    return result


def _data(params: Mapping[str, Any], context: Context, now: datetime) -> dict[str, Any]:
    """A result with `data` and `orders` of the task, or those of the account, or a failed one."""
    orders = given_orders(params, context)
    filters = filters_of(params)
    if filters and not (params["data"] is None and orders is None):
        raise OptionError(
            "filters (order_report_filters of the role) selects orders of the account that the module reads: do not "
            "set it together with data, orders or orders_from"
        )
    if params["data"] is not None:
        data = params["data"] if orders is None else {**params["data"], "orders": orders}
        return {"data": data, "api": dict(_NO_REQUESTS)}
    if orders is not None:
        return {"data": {}, "orders": orders, "api": dict(_NO_REQUESTS)}
    if params["execute_on"] != "controller":
        raise OptionError(
            "order_report reads the account on the controller only, because it writes the files there. Where only the "
            "host reaches CertCentral, read the orders by digicert_order_info with execute_on: target, register the "
            "result, and name its variable in orders_from (order_report_orders_from of the role)"
        )
    with connect(params, context, writes=False) as certcentral:
        return info_result(
            context, certcentral.transport, lambda work: account_orders(params, certcentral, work, context, now)
        )


# What a report has of selected orders, and of those that are due.
_OF_ORDERS = ("filters", "listed", "due_without_successor")
_NO_REQUESTS: Mapping[str, Any] = {"requests": 0, "retries": 0, "waited": 0.0}


def given_orders(params: Mapping[str, Any], context: Context) -> Sequence[Mapping[str, Any]] | None:
    """The orders that a task hands over, by `orders`, or by the name of a variable in `orders_from`; None for none.

    Raises ReportError where the variable has no orders.
    """
    if not params["orders_from"]:
        orders: Sequence[Mapping[str, Any]] | None = params["orders"]
        return orders
    # A variable of many orders takes ansible-core minutes to hand over, so it is read here.
    return registered_orders(context.variables.get(params["orders_from"]), params["orders_from"])


# -- the report of a flow ----------------------------------------------------------------------------------------------

Flow = Callable[[Mapping[str, Any], "Context", datetime], "dict[str, Any]"]


def reported(flow: Flow, params: Mapping[str, Any], context: Context, now: datetime) -> dict[str, Any]:
    """Run a flow, `planned` or `applied` of the engine, and write its report where the task has `report`.

    Returns the result of the flow without the orders of the account, and with `report`. A report that cannot be written
    is found out before the flow begins; where that is different afterwards, the result stays and has failed.
    now: in UTC. Raises what the flow raises, and ApiError or OptionError where the report cannot be written.
    """
    options = params["report"]
    if not options or params["rehearse"]:
        result = flow(params, context, now)
        result.pop("orders", None)
        return result
    phase = _phase(params)
    option = f"{option_name(params['kind'], 'report_dir')} (of the role order_plan: order_plan_report_dir)"
    basename = options["basename"] or f"{params['kind']}-{phase}"
    where = target(options["dir"], basename, options["formats"], option=option, dry=context.check_mode)
    try:
        orders = given_orders({"orders": None, **options}, context)
    except ReportError as error:
        raise OptionError(str(error)) from None
    check_folder(where)
    result = flow(params, context, now)
    read = result.pop("orders", ())
    try:
        found = {"orders": orders} if orders is not None else with_due(read, now.date())
        data = flow_data(params, result, now=datetime.now(timezone.utc), **found)
        report = report_of(scrub(data, context.secrets), contacts=options["contacts"])
        more = [] if options["basename"] else [lasting_name(where, phase, result["sha256"], now)]
        written = write(report, where, more=more)
    except (OSError, UnsafeFile) as error:
        return {**result, **_failed(f"the report cannot be written: {file_problem(error)}", result)}
    except ReportError as error:
        return {**result, **_failed(f"the report cannot be made: {error}", result)}
    except Exception as error:  # noqa: BLE001 - what the flow changed must be in the result
        return {**result, **_failed(f"the report cannot be made: {unexpected(error)}", result)}
    if context.check_mode and params["print"]:
        # Without check mode the path is in the message of the result.
        _notify(written, context)
    shown = {"files": dict(written.files), "headline": written.headline, "changed": written.changed}
    return {**result, "report": shown}


def flow_data(
    params: Mapping[str, Any],
    result: Mapping[str, Any],
    orders: Iterable[Mapping[str, Any]],
    *,
    now: datetime,
    due_without_successor: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The data of the report of a flow. result: of the flow. orders: of the account. now: in UTC.

    due_without_successor: see Report.
    """
    return {
        "title": params["report"]["title"] or params["kind"],
        "generated_at": utc_text(now),
        "phase": "plan" if params["state"] == "planned" else "apply",
        "kind": params["kind"],
        "account": result["account"],
        "ticket": params["ticket"],
        "job": params["job"],
        "names": result["plan"]["names"],
        "hosts": result["plan"]["hosts"],
        "servers": result["plan"].get("servers", {}),
        "plan_sha256": result["sha256"],
        "violations": result.get("violations", []),
        "entries": _with_dropped(result["outcomes"], result["plan"].get("entries", ())),
        "orders": list(orders),
        "due_without_successor": due_without_successor,
    }


def _with_dropped(records: Iterable[dict[str, Any]], entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add to the outcomes which of them drop a reissue as well, which is irreversible."""
    dropping = {(entry["provider"], shown_order(entry)) for entry in entries if entry.get("drop_reissue")}
    return [{**one, "drop_reissue": True} if (one["provider"], one["order"]) in dropping else one for one in records]


def _phase(params: Mapping[str, Any]) -> str:
    """The phase of the role order_plan."""
    if params["state"] == "planned":
        return "plan"
    return "all" if params["without_approval"] else "apply"


def lasting_name(where: Target, phase: str, sha256: str, now: datetime) -> str:
    """A name that no other report gets: a plan is the same until its digest changes, but each apply is another one."""
    time = [] if phase == "plan" else [f"{now:%Y%m%dT%H%M%SZ}"]
    name = "-".join([where.basename, *time, *([sha256[:12]] if sha256 else [])])
    if phase == "plan":
        return name
    # Two runs can begin in one second.
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(one for one in names if not any(map(os.path.lexists, where.paths(one).values())))


def _failed(why: str, result: Mapping[str, Any]) -> dict[str, Any]:
    message = f"{result['result']['msg']}; {why}"
    failure = {**ApiError(message, code=CODE).result(), "changed": result["changed"]}
    return {**failure, "result": {**result["result"], "failed": True, "msg": message}}
