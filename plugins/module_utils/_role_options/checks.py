# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Checks the variables of the roles: refuses unknown names, and converts lists and numbers. Pure functions.

Ansible does not refuse an unknown role variable, so a misspelled name has no effect and causes no error. Ansible also
does not convert a variable to the type in the argument spec: `-e name=text` and the surveys of AWX set text instead of
a list or a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from .._common.options import OptionError, domain_name
from .._common.text import printable
from .._common.values import whole_number
from .variables import VARIABLES

# The variables that a role sets for later tasks. They are still set when the same play uses the role again.
OUTPUTS: dict[str, tuple[str, ...]] = {
    "order_plan": ("order_plan_outcomes", "order_plan_result", "order_plan_changes", "order_plan_summary"),
    "order_report": ("order_report_changed", "order_report_files", "order_report_headline"),
    "decommission_server": ("decommission_server_left",),
}
# Those of them that decide what is done next, and that no job of a workflow passes on.
_DECIDING = ("order_plan_outcomes", "order_plan_result", "decommission_server_left")
# The variables of the playbook of this name, which is not a role.
PLAYBOOK_VARIABLES: dict[str, tuple[str, ...]] = {
    "decommission_server": tuple(
        f"decommission_server_{name}"
        for name in (
            *("hosts", "names", "phase", "serial", "connect", "connect_timeout"),
            *("teardown_tasks", "before_tasks", "after_tasks"),
        )
    ),
}
# The roles with options of their own for the limits of a plan; other roles use those of order_plan.
_PLANNING = ("decommission_domain", "mark_renewed_orders", "cancel_stale_orders")
_UNDO = "_undo"
_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)


@dataclass(frozen=True)
class Shape:
    """The permitted values of a role option.

    is_list: a list, otherwise a single value. is_number: whole numbers from `least` to `most`, otherwise text.
    is_domain: domain names. has_spaces: elements can contain spaces, so that only newlines and commas separate the
    elements of a text. choices: the permitted elements. is_secret: an error must not show the element. required: what a
    list that must not be empty has, for the message.
    """

    is_list: bool = True
    is_number: bool = False
    is_domain: bool = False
    has_spaces: bool = False
    is_secret: bool = False
    least: int = 0
    most: int | None = None
    choices: tuple[str, ...] = ()
    required: str = ""


_WORDS, _LINES = Shape(), Shape(has_spaces=True)
_DOMAINS, _TOKENS = Shape(is_domain=True), Shape(is_secret=True)
_PORTS = Shape(is_number=True, least=1, most=65535)
_COUNT, _POSITIVE = Shape(is_list=False, is_number=True), Shape(is_list=False, is_number=True, least=1)
# A hundred years: no date can be computed with a much larger number.
_DAYS = Shape(is_list=False, is_number=True, most=36500)
_LIMITS = {"max_changes": _COUNT, "expected_changes": _COUNT}
# The scope of a plan. Names of organizations can contain spaces.
SCOPE = {"organizations": _LINES, "containers": _LINES}
# The options of each role that are lists or numbers, without the prefix. Their type in the argument specs is `raw`.
SHAPES: dict[str, dict[str, Shape]] = {
    "decommission_domain": {
        **_LIMITS,
        "names": replace(_DOMAINS, required="the domain names to decommission, separated by commas or newlines"),
        "product_types": _WORDS,
        # An element that is not an order id can be an order token.
        "shared": _TOKENS,
        "accept_unknown": _WORDS,
        "protected": _WORDS,
        "kept_names": _WORDS,
        "hosts": _LINES,
        "names_in_use": _DOMAINS,
        "replacements": _TOKENS,
        "probe_ports": _PORTS,
        "probe_timeout": _POSITIVE,
        "servertastic_tokens": _TOKENS,
        "max_revocations": _COUNT,
        **SCOPE,
    },
    "mark_renewed_orders": {**_LIMITS, **SCOPE},
    "cancel_stale_orders": {
        **_LIMITS,
        **SCOPE,
        "older_than_days": replace(_DAYS, least=1),
        "include": _WORDS,
        "exclude": _WORDS,
        "statuses": Shape(choices=("pending", "waiting_pickup", "needs_approval")),
        "product_types": _WORDS,
        "predecessor_days": _DAYS,
        "limit": Shape(is_list=False, is_number=True, least=1, most=25),
    },
    "order_plan": {
        **_LIMITS,
        "names": _LINES,
        "hosts": _LINES,
        "notes": _LINES,
        "max_revocations": _COUNT,
        "batch_size": _POSITIVE,
        "servertastic_tokens": _TOKENS,
    },
    "order_report": {"formats": Shape(choices=("html", "json", "csv"))},
    "awx_setup": {
        "galaxy_credentials": _LINES,
        "server_credentials": _LINES,
        "instance_groups": _LINES,
        "notification_templates": _LINES,
        "unattended": Shape(
            choices=(
                *("decommission_domain", "decommission_server", "mark_renewed_orders"),
                *("undo_renewed_marks", "cancel_stale_orders"),
            )
        ),
        "approval_timeout": _COUNT,
        "job_timeout": _COUNT,
        "labels": _LINES,
        "requesters": _LINES,
        "approvers": _LINES,
        "operators": _LINES,
    },
}


# -- names -------------------------------------------------------------------------------------------------------------


def known_variables(role: str) -> set[str]:
    """Return the variables of a role or playbook: the options of all entry points, and those that it sets."""
    return {*VARIABLES.get(role, ()), *OUTPUTS.get(role, ()), *PLAYBOOK_VARIABLES.get(role, ())}


def check_names(role: str, names: Iterable[str]) -> None:
    """Refuse unknown variables that begin with the name of a role or playbook.

    names: of all variables. Names with two underscores after the name of the role are internal to it and ignored.
    Raises OptionError with each unknown variable and the most similar known name.
    """
    prefix, known = f"{role}_", known_variables(role)
    unknown_names = sorted(
        name for name in set(names) - known if name.startswith(prefix) and not name.startswith(f"{role}__")
    )
    if not unknown_names:
        return
    what = "playbook" if role in PLAYBOOK_VARIABLES else "role"
    unknown = ", ".join(_unknown(name, prefix, known) for name in unknown_names)
    raise OptionError(
        f"the {what} certops.orders.{role} has no variable {unknown}. An unknown name that begins with {prefix} is an "
        "error, because a misspelled variable would have no effect: correct the name, or rename a variable of your own"
    )


def check_extra(role: str, names: Iterable[str]) -> None:
    """Refuse extra variables that would replace what a role or playbook sets itself, and its checks with it.

    names: of all extra variables, which take precedence over every fact. Raises OptionError with each such variable.
    """
    reserved = sorted(
        name for name in names if name.startswith(f"{role}__") or (name in _DECIDING and name.startswith(f"{role}_"))
    )
    if reserved:
        raise OptionError(
            f"{', '.join(printable(name, 200) for name in reserved)} must not be set as an extra variable: "
            f"certops.orders.{role} sets it itself, and its checks would have no effect. Remove it"
        )


def _unknown(name: str, prefix: str, known: Iterable[str]) -> str:
    # Compared without the prefix, which would make all names similar.
    nearest = get_close_matches(name[len(prefix) :], sorted(one[len(prefix) :] for one in known), 1, 0.5)
    hint = f" (did you mean {prefix}{nearest[0]}?)" if nearest else ""
    return f"{printable(name, 200)}{hint}"


def option_name(kind: str, option: str) -> str:
    """Return the variable that sets an option for a kind of plan: that of its role, or else that of order_plan.

    option: empty for the prefix of the variables.
    """
    role = kind[: -len(_UNDO)] if kind.endswith(_UNDO) else kind
    has_own = role in _PLANNING and (not option or f"{role}_{option}" in VARIABLES[role])
    return f"{role if has_own else 'order_plan'}_{option}"


def approved_variables(kind: str) -> dict[str, str]:
    """Return the variables that hold an approved plan of a kind, by the options path, plan and sha256 of order_plan."""
    if option_name(kind, "") == "order_plan_":
        return {"path": "order_plan_path", "plan": "order_plan_document", "sha256": "order_plan_sha256"}
    return {"path": f"{kind}_plan_path", "plan": f"{kind}_plan", "sha256": f"{kind}_plan_sha256"}


# -- values ------------------------------------------------------------------------------------------------------------


def normalized(role: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a role in SHAPES, converted to lists and numbers.

    given: the values of all these options, by their names without the prefix. None and an empty text mean that the
    option is not set: the default applies. Raises OptionError, which names the variable and the element.
    """
    shapes = SHAPES.get(role, {})
    if set(given) != set(shapes):
        raise OptionError(
            f"role {role}: the options {sorted(set(given) ^ set(shapes))} do not match the declared options"
        )
    return {name: _normalized(f"{role}_{name}", given[name], shape, role) for name, shape in shapes.items()}


def check_required(role: str, given: Mapping[str, Any]) -> None:
    """Refuse a list of a role that must not be empty. Raises OptionError, which names the variable.

    given: as for `normalized`. AWX passes the answer of a required question that the user has emptied as none.
    """
    for name, shape in SHAPES.get(role, {}).items():
        value = given.get(name)
        is_empty = value is None or (isinstance(value, (list, tuple)) and not value)
        if shape.required and (is_empty or (isinstance(value, str) and not value.strip(" ,\t\r\n"))):
            raise OptionError(f"{role}_{name} is empty: set it to {shape.required}")


def _normalized(variable: str, given: Any, shape: Shape, role: str) -> Any:
    is_set = given is not None and not (isinstance(given, str) and not given.strip())
    if not is_set:
        default = VARIABLES[role].get(variable)
        return list(default or ()) if shape.is_list else default
    if not shape.is_list:
        return _element(variable, "the value", given, shape)
    elements = _elements(given, shape)
    if isinstance(given, str) and not elements and not given.strip().startswith("["):
        # An empty list can mean no limit at all, which a mistake must not.
        raise OptionError(f"{variable} has separators only: name its elements, or remove it")
    return [_element(variable, f"element {place}", one, shape) for place, one in enumerate(elements, 1)]


def _elements(given: Any, shape: Shape) -> Sequence[Any]:
    """The elements of a list, or of a text that contains several; any other value is a single element."""
    if isinstance(given, (list, tuple)):
        return given
    if not isinstance(given, str):
        return [given]
    if given.strip().startswith("["):
        # A JSON list from the command line; but a pattern can also begin with a bracket.
        try:
            several = json.loads(given)
        except ValueError:
            several = None
        if isinstance(several, list):
            return several
    separator = r"[,\r\n]" if shape.has_spaces else r"[,\s]"
    return [one.strip() for one in re.split(separator, given) if one.strip()]


def _element(variable: str, place: str, given: Any, shape: Shape) -> Any:
    """Check and convert one element; place: its position for messages. Raises OptionError."""
    if shape.is_number:
        return _number(variable, place, given, shape)
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise OptionError(f"{variable}: {place}{_shown(given, shape)} must be text")
    text = str(given).strip()
    if not text:
        raise OptionError(f"{variable}: {place} must not be empty")
    if shape.choices and text not in shape.choices:
        raise OptionError(f"{variable}: {place}{_shown(text, shape)} must be one of {', '.join(shape.choices)}")
    if shape.is_domain:
        try:
            domain_name(text, variable)
        except OptionError:
            shown = _shown(text, shape)
            raise OptionError(f"{variable}: {place}{shown} must be a domain name such as www.example.com") from None
    return text


def _number(variable: str, place: str, given: Any, shape: Shape) -> int:
    is_text = isinstance(given, str) and _NUMBER.fullmatch(given.strip())
    number = int(given) if is_text else whole_number(given)
    if number is None or number < shape.least or (shape.most is not None and number > shape.most):
        until = f"between {shape.least} and {shape.most}" if shape.most is not None else f"of {shape.least} or more"
        raise OptionError(f"{variable}: {place}{_shown(given, shape)} must be a whole number {until}")
    return number


def _shown(value: Any, shape: Shape) -> str:
    return " (not shown, as it can be a secret)" if shape.is_secret else f", '{printable(value, 80)}',"
