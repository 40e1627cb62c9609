# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The task order_plan of a role: its options are the variables of the role, and its result is what the role needs next.

A role of plans is one task with this module. In the tasks of a role, each variable would be a template of its own, and
Ansible compiles each template again in each task: that took more time than the plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Callable

from .._common.options import OptionError
from .._common.text import printable
from .._files.secure import expanded
from .._plans.approval import GUARDS, LIMITS
from .._role_options.checks import (
    SCOPE,
    SHAPES,
    approved_variables,
    check_extra,
    check_names,
    check_required,
    normalized,
)
from .._role_options.variables import VARIABLES
from . import kinds

ENGINE = "order_plan"
ROLES = (ENGINE, "decommission_domain", "mark_renewed_orders", "cancel_stale_orders")
# The option `role` of the task.
OPTIONS: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "choices": list(ROLES), "required": True},
    "deliver_tasks": {"type": "str", "default": ""},
    "fail": {"type": "bool", "default": True},
}
_STATES = {"plan": "planned", "apply": "applied", "all": "applied"}
# To Python, 1 equals True.
_TRUE = (True, "true", "yes", "on", "1", "y", "t")
_FALSE = (False, "false", "no", "off", "0", "n", "f")
_UNSET: tuple[Any, ...] = (None, "", {}, [])


class _Variables:
    """The variables of a role, and beneath them those of order_plan that the role has no option for."""

    def __init__(self, role: str, variables: Mapping[str, Any], template: Callable[[Any], Any]) -> None:
        self.role = role
        self._variables = variables
        self._template = template

    def name(self, option: str) -> str:
        own = f"{self.role}_{option}"
        return own if own in VARIABLES[self.role] else f"{ENGINE}_{option}"

    def value(self, variable: str) -> Any:
        """The value of a variable, with all templates resolved; the default of the role where it is not set."""
        found = self._template(self._variables[variable]) if variable in self._variables else None
        return self._default(variable) if found is None else found

    def _default(self, variable: str) -> Any:
        return VARIABLES[self.role].get(variable, VARIABLES[ENGINE].get(variable))

    def __getitem__(self, option: str) -> Any:
        return self.value(self.name(option))

    def flag(self, option: str) -> bool:
        return self.is_true(self.name(option))

    def is_true(self, variable: str) -> bool:
        """Whether a variable that switches something is true. Raises OptionError: no mistake may switch a guard off."""
        value = self.value(variable)
        word = value.strip().lower() if isinstance(value, str) else value
        if word in ("", None):
            return bool(self._default(variable))
        if word not in (*_TRUE, *_FALSE):
            raise OptionError(f"{variable} must be true or false")
        return word in _TRUE

    def shaped(self, role: str) -> dict[str, Any]:
        """The options of a role that are lists or numbers, converted. Raises OptionError."""
        given = {option: self.value(f"{role}_{option}") for option in SHAPES[role]}
        check_required(role, given)
        return normalized(role, given)

    def check(self, extra: Iterable[str]) -> None:
        """Refuse unknown variables, and what would have no effect, or switch checks off. Raises OptionError."""
        for role in dict.fromkeys((self.role, ENGINE)):
            check_extra(role, extra)
            check_names(role, self._variables)
        # Guards that a role has under its own name: what is set for another role must not be ignored silently.
        for option in GUARDS if self.role != ENGINE else ():
            variable, own = f"{ENGINE}_{option}", self.name(option)
            if variable != own and self.value(variable) not in (VARIABLES[ENGINE][variable], self.value(own)):
                raise OptionError(f"{variable} has no effect in the role certops.orders.{self.role}: set {own} instead")


def arguments(
    given: Mapping[str, Any],
    variables: Mapping[str, Any],
    template: Callable[[Any], Any],
    extra: Collection[str] = (),
) -> dict[str, Any]:
    """Return the arguments of a task: with `role`, those that the variables of the role mean.

    given: the arguments of the task. variables: those of the task, without resolved templates. template: resolves the
    templates of a value. extra: the names of the extra variables. Raises OptionError, which names the variable.
    """
    role = given.get("role")
    # Anything else is refused by the validation of the arguments.
    name = role.get("name") if isinstance(role, Mapping) else None
    if not isinstance(role, Mapping) or name not in ROLES:
        return dict(given)
    of_role = _Variables(name, variables, template)
    of_role.check(extra)
    options = {**of_role.shaped(ENGINE), **(of_role.shaped(name) if name != ENGINE else {})}
    kind = given.get("kind") or (of_role["kind"] if name == ENGINE else name)
    phase = of_role["phase"]
    found = {
        **_planned(of_role, kind, options, phase),
        **_limits(of_role, options),
        **_approval(of_role, kind, phase),
        **_written(of_role, kind, options),
        "kind": kind,
        "role": {"name": name, "deliver_tasks": of_role["deliver_tasks"], "fail": of_role.flag("fail")},
    }
    # No entries are a plan without changes.
    is_set = {option: value for option, value in found.items() if option == "entries" or value not in _UNSET}
    return {**is_set, **{option: value for option, value in given.items() if option != "role"}}


def _planned(of_role: _Variables, kind: str, options: Mapping[str, Any], phase: str) -> dict[str, Any]:
    """What is planned: a request, or the entries of the role order_plan."""
    common = {name: options[name] for name in ("hosts", "servertastic_tokens")} | {"servers": of_role["servers"]}
    request = _REQUESTS[kind](of_role, options, phase) if of_role.role != ENGINE else of_role["request"]
    if request:
        return {**common, "request": request}
    account = of_role["account"] or {}
    if not isinstance(account, Mapping):
        raise OptionError(f"{of_role.name('account')} must be a dictionary")
    return {
        **common,
        "entries": of_role["entries"] or [],
        "account_id": account.get("account_id"),
        "api_host": account.get("api_host"),
        "names": options["names"],
        "notes": options["notes"],
    }


def _limits(of_role: _Variables, options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: options[name] for name in (*LIMITS, "batch_size")},
        "not_before": of_role["not_before"],
        "not_after": of_role["not_after"],
        # Either variable is enough: a rehearsal changes nothing.
        "rehearse": of_role.flag("rehearse") or of_role.is_true(f"{ENGINE}_rehearse"),
    }


def _approval(of_role: _Variables, kind: str, phase: str) -> dict[str, Any]:
    """The state, and the approved plan. Raises OptionError where the phase lacks what it needs."""
    if phase not in _STATES:
        raise OptionError(f"{of_role.name('phase')} must be one of {', '.join(_STATES)}")
    if phase == "all" and not of_role.flag("confirm"):
        confirm = of_role.name("confirm")
        raise OptionError(
            f"{of_role.name('phase')}=all applies a plan without an approval: set {confirm}=true to confirm"
        )
    names = approved_variables(ENGINE if of_role.role == ENGINE else kind)
    path, plan, sha256 = (of_role.value(names[option]) for option in ("path", "plan", "sha256"))
    found = {"state": _STATES[phase], "path": path, "without_approval": phase == "all"}
    if phase != "apply":
        return found
    if sha256 in _UNSET or (path in _UNSET and plan in _UNSET):
        # The table of the plan shows these names, also where the role order_plan made a plan of such a kind.
        shown = approved_variables(kind)
        raise OptionError(
            f"{of_role.name('phase')}=apply needs the approved plan and its SHA-256 digest: set {shown['sha256']}, and "
            f"{shown['path']} or {shown['plan']}"
        )
    return {**found, "sha256": sha256, "plan": plan if path in _UNSET else None}


def _written(of_role: _Variables, kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Notes, the report and the other files."""
    folder = of_role["report_dir"]
    report = {
        "dir": folder,
        "title": _TITLES[kind](options) if of_role.role != ENGINE else of_role["report_title"],
        "contacts": of_role.flag("contacts"),
        "orders_from": of_role["orders_from"],
    }
    # A variable of the role order_report, which counts for the reports of plans as well. With an empty list, the folder
    # gets the re-order sheets only.
    formats = normalized("order_report", {"formats": of_role.value("order_report_formats")})
    job = of_role["job"] or of_role.value("awx_job_id") or of_role.value("tower_job_id")
    return {
        **{name: of_role[name] for name in ("note", "ticket", "audit_log", "print")},
        "reorder_sheets_dir": folder,
        "report": {**{name: report[name] for name in report if report[name] not in _UNSET}, **formats}
        if folder
        else None,
        "job": "" if job is None else str(job),
        "servertastic": _servertastic(of_role, folder),
    }


def _servertastic(of_role: _Variables, folder: Any) -> dict[str, Any]:
    option = of_role.name("report_dir")
    try:
        # In check mode the folder may not exist yet, and then there is no log to read.
        path = expanded(str(folder), option)
        has_log = folder and (not of_role.value("ansible_check_mode") or path.is_dir())
    except OSError as error:
        raise OptionError(f"{option} is {printable(folder, 400)}, which cannot be used: {error.strerror}") from None
    default = {"request_log": f"{folder}/servertastic-requests.jsonl" if has_log else ""}
    # No order replaces those of a domain that is not in use any more.
    more = {"replacement": "none"} if of_role.role == "decommission_domain" else {}
    own = of_role["servertastic"] or {}
    if not isinstance(own, Mapping):
        raise OptionError(f"{of_role.name('servertastic')} must be a dictionary")
    return {**default, **more, **own}


# -- the request of each kind, and the title of its report -------------------------------------------------------------


def _decommission_domain(of_role: _Variables, options: Mapping[str, Any], phase: str) -> dict[str, Any]:
    flags = ("include_subdomains", "mark_renewed", "probe", "certcentral", "servertastic_account")
    lists = [name for name in SHAPES[of_role.role] if name not in _OF_MODULE]
    return {
        **{name: options[name] for name in lists},
        **{name: of_role.flag(name) for name in flags},
        "on_issued": of_role["on_issued"],
        "waiver": of_role["probe_waiver"],
        "unapproved": phase == "all",
    }


def _cancel_stale_orders(of_role: _Variables, options: Mapping[str, Any], _phase: str) -> dict[str, Any]:
    return {name: options[name] for name in SHAPES[of_role.role] if name not in _OF_MODULE}


def _mark_renewed_orders(of_role: _Variables, options: Mapping[str, Any], _phase: str) -> dict[str, Any]:
    return {"undo_expired": of_role.flag("undo_expired"), **_scope(options)}


def _undo_marks(of_role: _Variables, options: Mapping[str, Any], _phase: str) -> dict[str, Any]:
    return {"report": of_role["undo_report"], "folder": of_role["report_dir"], **_scope(options)}


def _scope(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in SCOPE}


def _decommission_title(options: Mapping[str, Any]) -> str:
    names = options["names"]
    return f"Decommissioning of {', '.join(names) if len(names) < 4 else f'{len(names)} names'}"


# Lists and numbers that are options of the module, and not part of a request.
_OF_MODULE = (*LIMITS, "hosts", "servertastic_tokens")
_REQUESTS: dict[str, Callable[[_Variables, Mapping[str, Any], str], dict[str, Any]]] = {
    "decommission_domain": _decommission_domain,
    "cancel_stale_orders": _cancel_stale_orders,
    "mark_renewed_orders": _mark_renewed_orders,
    kinds.UNDO: _undo_marks,
}
_TITLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "decommission_domain": _decommission_title,
    "cancel_stale_orders": lambda _options: "Stale certificate orders",
    "mark_renewed_orders": lambda _options: "Orders to mark renewed",
    kinds.UNDO: lambda _options: "Renewed marks to remove",
}


# -- the result --------------------------------------------------------------------------------------------------------


def result_for_role(result: Mapping[str, Any], params: Mapping[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Return the result of the task for the tasks of the role that follow it.

    What failed after the plan was made fails the role at its end, when its report was delivered; but a rehearsal that
    found a plan which cannot be applied ends the run here.
    """
    role = params["role"]
    if not role or "result" not in result:
        return dict(result)
    fails = bool(role["fail"] and result["result"]["failed"])
    report = result.get("report")
    delivers = bool(role["deliver_tasks"] and report and not check_mode)
    final = {name: value for name, value in result.items() if name != "failed" or (params["rehearse"] and fails)}
    facts = {"sha256": result["sha256"], "path": result["path"], "outcomes_path": result.get("outcomes_path", "")}
    final.update(
        result={**result["result"], **facts},
        # Empty where there is no report: tasks that deliver one must not find that of an earlier run.
        report=report or {"files": {}, "headline": "", "changed": False},
        role={
            "continue": delivers or fails,
            "deliver": delivers,
            "deliver_tasks": role["deliver_tasks"],
            # The tasks that deliver a report print more than the table has, which an approver reads last.
            "print": delivers and params["state"] == "planned" and params["print"],
            "fail": fails,
        },
        ansible_stats={"data": _stats(result, params), "per_host": False, "aggregate": False},
    )
    return final


def _stats(result: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """What the notifications of a job can show, and the next job of a workflow gets.

    That is the number of changes, which decides whether an approval is needed, the digest, and where the plan is, or
    the plan itself. The plan is one text, so that any tool can verify its digest.
    """
    sha256, kind = result["sha256"], params["kind"]
    msg = result["result"]["msg"]
    summary = {"order_plan_summary": f"{msg} (plan {sha256})" if sha256 else msg}
    if params["state"] != "planned":
        return summary
    place = {f"{kind}_plan_path": result["path"]} if result["path"] else {f"{kind}_plan": result["text"]}
    changes = result["result"]["counts"]["planned"]
    return {**summary, "order_plan_changes": changes, f"{kind}_plan_sha256": sha256, **place}
