# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The engine of plans: make a plan from a request or from given entries, and apply an approved one.

Both return the result of a task. They raise ApiError, OptionError, Stopped, PlanError, OSError or UnsafeFile where
nothing can be planned; what happens to single orders afterwards is an outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._common.errors import ApiError
from .._common.options import OptionError
from .._common.providers import PROVIDERS
from .._common.text import scrub
from .._plans.approval import GUARDS, LIMITS, window
from .._plans.document import make, orders_of, read
from .._plans.errors import PlanError
from .._plans.outcomes import REFUSED, outcomes, summary
from .._plans.store import find, keep
from .._plans.table import TableOptions, plan_result, table
from .._runtime.results import RUNNER
from . import kinds
from .apply import Apply, ApplyOptions, refusals
from .changes import ChangeOptions
from .services import open_services

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .._common.context import Context
    from .kinds import Planned
    from .services import Services


def planned(params: Mapping[str, Any], context: Context, now: datetime) -> dict[str, Any]:
    """Make a plan, and write it where the task names a file. now: in UTC."""
    # Neither stands in the plan: what is not valid, or would keep it from being applied, is found out when planning.
    window(now, params["not_before"], params["not_after"], kind=params["kind"])
    # A window that opens later is none of it.
    closed = window(now, None, params["not_after"], kind=params["kind"])
    with _open(params, context, writes=False) as services:
        found, plan = _fresh(params, services, now, writes=False)
        result = {**_with_plan(found, plan, services), **services.warnings()}
    result["violations"] = refusals(plan["entries"], plan["entries"], _options(params, is_approved=True), closed)
    result.update(_saved(params, context, plan, now))
    _show_table(params, context, result)
    path = result["path"]
    if path and context.diff:
        after = "".join(f"{line}\n" for line in result["table"])
        before = "" if result["changed"] else after
        result["diff"] = {"before": before, "after": after, "before_header": path, "after_header": path}
    return result


def _saved(params: Mapping[str, Any], context: Context, plan: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Save a plan where the task names a file. Returns the keys of the result that this changes."""
    if not params["path"]:
        return {}
    # A rehearsal changes nothing, its plan included.
    saved = keep(params["path"], plan, now, dry=context.check_mode or params["rehearse"])
    if saved.kept:
        verb = "would be" if context.check_mode or params["rehearse"] else "is"
        context.inform(f"the plan that was at {params['path']} is still valid, and {verb} kept at {saved.kept}")
    return {**plan_result(saved.plan), "changed": saved.changed and not params["rehearse"], "path": params["path"]}


def applied(params: Mapping[str, Any], context: Context, now: datetime) -> dict[str, Any]:
    """Plan once more, and apply what was approved; without an approved plan, the plan of now. now: in UTC."""
    window(now, params["not_before"], params["not_after"], kind=params["kind"])
    is_approved = _is_approved(params)
    with _open(params, context, writes=True) as services:
        # An approved plan is compared with these pages. Without one, a later read has to be compared.
        services.keeps_pages = is_approved
        found, fresh = _fresh(params, services, now, writes=True, approved=_approved_orders(params, is_approved))
        services.keeps_pages = False
        result = _with_plan(found, fresh, services)
        if is_approved:
            # Read after the account was: account, names and servers of this run decide whether it is meant.
            try:
                approved = approved_plan(params, fresh, now)
            except PlanError as error:
                return _concluded({**result, **_refused(fresh, error)})
        else:
            result["violations"] = refusals(fresh["entries"], fresh["entries"], _options(params, is_approved), None)
            result.update(_saved(params, context, fresh, now))
            _show_table(params, context, result)
            approved = dict(result)
        given = {name: params[name] for name in ("audit_log", "ticket", "progress")}
        change = ChangeOptions(**given, servertastic=params["servertastic"] or {})
        run = Apply(services, approved["plan"], fresh, approved["sha256"], _options(params, is_approved), change)
        done = run.result()
        warnings = services.warnings(done.pop("warnings"))
        changed = done.pop("changed") or (not is_approved and approved["changed"])
        result.update(done, changed=changed, sha256=approved["sha256"], path=approved["path"], **warnings)
        result["api"] = services.cost()
    return _concluded(result)


def _concluded(result: dict[str, Any]) -> dict[str, Any]:
    """The result of a task that applied a plan, or refused to: it fails where one of its outcomes does."""
    failed = {"failed": True} if result["result"]["failed"] else {}
    return {**result, "msg": result["result"]["msg"], **failed}


def _is_approved(params: Mapping[str, Any]) -> bool:
    """Whether the task names an approved plan. Raises OptionError unless it does, or says that there is none.

    A variable that is empty by mistake must never mean that no approval is needed.
    """
    named = [name for name in ("plan", "path") if params[name] not in (None, "", {})]
    if params["without_approval"]:
        approved = [name for name in ("plan", "sha256") if params[name] not in (None, "", {})]
        if approved:
            raise OptionError(f"without_approval and {approved[0]} are mutually exclusive: set one of them")
        return False
    if len(named) > 1:
        raise OptionError("path and plan are mutually exclusive: set one of them")
    if not (named and params["sha256"]):
        raise OptionError(
            "state=applied needs the approved plan: set path or plan, and sha256 to its digest (without_approval=true "
            "applies a plan without an approval)"
        )
    return True


def approved_plan(params: Mapping[str, Any], fresh: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The approved plan, with its digest, checked for the account, names and servers of a fresh one. Raises PlanError.

    `path` of the result is the file of the plan, which can be kept beside the `path` of the task; empty without one.
    """
    path, given = _found(params)
    target = {name: fresh[name] for name in ("kind", "account_id", "api_host", "names", "hosts")}
    plan = read(given, params["sha256"], now=now, servers=fresh.get("servers"), **target)
    return {**plan_result(plan), "path": path}


def _open(params: Mapping[str, Any], context: Context, *, writes: bool) -> AbstractContextManager[Services]:
    request = params["request"]
    if request is None:
        providers = _providers_of(params["entries"] or ()) if writes else set()
    else:
        providers = kinds.providers(request, params["servertastic_tokens"] or ())
    # ansible-runner limits the length of a result; those of the operations stay in this process.
    environ = {name: value for name, value in context.environ.items() if name != RUNNER}
    context = replace(context, environ=environ)
    return open_services(params, context, providers, writes=writes)


def _providers_of(entries: Sequence[Mapping[str, Any]]) -> set[str]:
    """The providers of entries that are not checked yet."""
    return {name for name in PROVIDERS if any(entry.get("provider") == name for entry in entries)}


def _found(params: Mapping[str, Any]) -> tuple[str, Any]:
    """The path of the approved plan, empty without one, and the plan as text or dictionary. Raises PlanError."""
    return find(params["path"], params["sha256"]) if params["path"] else ("", params["plan"])


def _approved_orders(params: Mapping[str, Any], is_approved: bool) -> list[str] | None:
    """The orders of the approved plan, where its kind plans them; None without one.

    Why a plan is not approved is found out by `approved_plan`.
    """
    if not is_approved or params["kind"] != kinds.UNDO:
        return None
    try:
        return orders_of(_found(params)[1], params["sha256"])
    except PlanError:
        return None


def _fresh(
    params: Mapping[str, Any],
    services: Services,
    now: datetime,
    *,
    writes: bool,
    approved: Sequence[str] | None = None,
) -> tuple[Planned, dict[str, Any]]:
    """What is planned now, and the plan. approved: the orders of the approved plan, None if there is none."""
    if params["request"] is None:
        account = {"account_id": params["account_id"], "api_host": params["api_host"]}
        found = kinds.Planned(params["entries"] or [], account, params["names"], params["notes"])
    elif params["kind"] not in kinds.KINDS:
        raise OptionError(f"kind must be one of {', '.join(kinds.KINDS)} if request is set")
    else:
        try:
            found = kinds.plan(params["kind"], params["request"], services, now, writes=writes, approved=approved)
        except ValueError as error:
            raise OptionError(f"{params['kind']}: {error}") from None
    for message in found.messages:
        services.context.inform(message)
    account_id, api_host = found.account.get("account_id"), str(found.account.get("api_host") or "")
    more: dict[str, Any] = {"hosts": params["hosts"], "servers": params["servers"], "notes": found.notes}
    plan = make(params["kind"], account_id, api_host, found.names, found.entries, now, **more)
    return found, plan


def _with_plan(found: Planned, plan: dict[str, Any], services: Services) -> dict[str, Any]:
    summed_up = summary(outcomes(plan["entries"]))
    return {
        **plan_result(plan),
        **summed_up,
        "msg": summed_up["result"]["msg"],
        "changed": False,
        "path": "",
        "account": dict(found.account),
        "orders": list(found.orders),
        "api": services.cost(),
    }


def _show_table(params: Mapping[str, Any], context: Context, result: dict[str, Any]) -> None:
    """Add the table of the plan to a result, and print it."""
    options = TableOptions(
        request=params["request"] or {},
        guards={name: params[name] for name in GUARDS},
        violations=result["violations"],
        path=result["path"],
        needs_approval=params["state"] == "planned",
    )
    result["table"] = scrub(table(result["plan"], options), context.secrets)
    if params["print"]:
        context.show(result["table"])


def _refused(plan: Mapping[str, Any], error: PlanError) -> dict[str, Any]:
    why = str(error)
    records = outcomes(plan["entries"], otherwise=REFUSED, reason=why)
    nothing = {"execute": 0, "changed": 0, "new": 0}
    failure = ApiError(why, code=error.code).failure()
    return {"violations": [why], "agreed": nothing, **summary(records, [why]), "sha256": "", "failure": failure}


def _options(params: Mapping[str, Any], is_approved: bool) -> ApplyOptions:
    return ApplyOptions(
        kind=params["kind"],
        limits={name: params[name] for name in LIMITS},
        approved=is_approved,
        report_dir=params["reorder_sheets_dir"] or "",
        text=params["note"],
        **{name: params[name] for name in ("not_before", "not_after", "batch_size", "job", "rehearse")},
    )
