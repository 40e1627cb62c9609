# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The variables of the roles: which of them are known, and how lists and numbers are written. Pure.

Ansible does not refuse a role variable that it does not know, so that a misspelled name is silently without effect. And
it does not convert a variable to the type of its argument spec: `-e name=text` and the surveys of AWX give text where a
list or a number is meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from .._common.options import OptionError, domain_name
from .._common.text import printable
from .._common.values import whole_number
from .variables import VARIABLES

# What a role sets for the tasks behind it, beside its options; it is still set where the role is used once more.
OUTPUTS: dict[str, tuple[str, ...]] = {
    "order_plan": ("order_plan_outcomes", "order_plan_result"),
    "order_report": ("order_report_changed", "order_report_files", "order_report_headline"),
    "decommission_server": ("decommission_server_left",),
}
# Of the playbook of that name, which is no role.
PLAYBOOK_VARIABLES: dict[str, tuple[str, ...]] = {
    "decommission_server": tuple(
        f"decommission_server_{name}"
        for name in (
            *("hosts", "names", "phase", "serial", "connect", "connect_timeout"),
            *("teardown_tasks", "before_tasks", "after_tasks"),
        )
    ),
}
# For a role that is not of this collection the limits are those of order_plan.
_PLANNING = ("decommission_domain", "mark_renewed_orders", "cancel_stale_orders")
_UNDO = "_undo"
_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)


@dataclass(frozen=True)
class Shape:
    """How an option of a role may be written.

    is_list: several elements. is_number: of whole numbers from `least` to `most`, otherwise of text. is_domain: of
    domain names. has_spaces: an element may hold spaces, so that only lines and commas separate elements of a text.
    choices: the elements that there are. is_secret: an error must not show the element.
    """

    is_list: bool = True
    is_number: bool = False
    is_domain: bool = False
    has_spaces: bool = False
    is_secret: bool = False
    least: int = 0
    most: int | None = None
    choices: tuple[str, ...] = ()


_WORDS, _LINES = Shape(), Shape(has_spaces=True)
_DOMAINS, _TOKENS = Shape(is_domain=True), Shape(is_secret=True)
_PORTS = Shape(is_number=True, least=1, most=65535)
_COUNT, _POSITIVE = Shape(is_list=False, is_number=True), Shape(is_list=False, is_number=True, least=1)
_LIMITS = {"max_changes": _COUNT, "expected_changes": _COUNT}
# The options of each role that are lists or numbers, without the prefix; they are `raw` in its argument specs.
SHAPES: dict[str, dict[str, Shape]] = {
    "decommission_domain": {
        **_LIMITS,
        "names": _DOMAINS,
        "product_types": _WORDS,
        # What is no id may be a token.
        "shared": _TOKENS,
        "accept_unknown": _WORDS,
        "protected": _WORDS,
        "stays": _WORDS,
        "hosts": _LINES,
        "lives_on": _DOMAINS,
        "replacements": _TOKENS,
        "probe_ports": _PORTS,
        "probe_timeout": _POSITIVE,
        "servertastic_tokens": _TOKENS,
        "max_revocations": _COUNT,
    },
    "mark_renewed_orders": _LIMITS,
    "cancel_stale_orders": {
        **_LIMITS,
        "older_than_days": _POSITIVE,
        "include": _WORDS,
        "exclude": _WORDS,
        "statuses": Shape(choices=("pending", "waiting_pickup", "needs_approval")),
        "product_types": _WORDS,
        "predecessor_days": _COUNT,
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
    },
}


# -- names -------------------------------------------------------------------------------------------------------------


def known_variables(role: str) -> set[str]:
    """The variables that a role has: its options, of every entry point, and what it sets. role: or the playbook."""
    return {*VARIABLES.get(role, ()), *OUTPUTS.get(role, ()), *PLAYBOOK_VARIABLES.get(role, ())}


def check_names(role: str, names: Iterable[str]) -> None:
    """Refuse variables that begin with a role's name and that it does not have; values do not matter.

    role: or the playbook. names: of variables. Those that begin with the role's name and two underscores are its own.
    Raises OptionError with each such variable and the nearest known name.
    """
    prefix, known = f"{role}_", known_variables(role)
    strange = sorted(
        name for name in set(names) - known if name.startswith(prefix) and not name.startswith(f"{role}__")
    )
    if not strange:
        return
    what = "playbook" if role in PLAYBOOK_VARIABLES else "role"
    unknown = "; ".join(_unknown(name, prefix, known) for name in strange)
    raise OptionError(
        f"{unknown}. The {what} certops.orders.{role} refuses variables that begin with {prefix} and that it does not "
        "know, since a misspelled one would have no effect. Correct the name, or rename a variable of your own"
    )


def _unknown(name: str, prefix: str, known: Iterable[str]) -> str:
    # Without the prefix, which would make every name look like every other.
    nearest = get_close_matches(name[len(prefix) :], sorted(one[len(prefix) :] for one in known), 1, 0.5)
    meant = f" (the nearest is {prefix}{nearest[0]})" if nearest else ""
    return f"{printable(name, 200)} is not known{meant}"


def option_name(kind: str, option: str) -> str:
    """The full name of an option that a user sets for a kind of plan: that of the role that calls order_plan."""
    role = kind[: -len(_UNDO)] if kind.endswith(_UNDO) else kind
    return f"{role if role in _PLANNING else 'order_plan'}_{option}"


# -- values ------------------------------------------------------------------------------------------------------------


def normalized(role: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a role that are lists or numbers, as lists and numbers.

    given: the values of all options in SHAPES, by their names without the prefix. Nothing, or an empty text, is not
    set: the default holds. Raises OptionError, which names the variable and the element.
    """
    shapes = SHAPES.get(role, {})
    if set(given) != set(shapes):
        raise OptionError(
            f"role {role}: the options {sorted(set(given) ^ set(shapes))} are not those that are declared"
        )
    return {name: _normalized(f"{role}_{name}", given[name], shape, role) for name, shape in shapes.items()}


def _normalized(variable: str, given: Any, shape: Shape, role: str) -> Any:
    is_set = given is not None and not (isinstance(given, str) and not given.strip())
    if not is_set:
        default = VARIABLES[role].get(variable)
        return list(default or ()) if shape.is_list else default
    if not shape.is_list:
        return _element(variable, "", given, shape)
    elements = _elements(given, shape)
    return [_element(variable, f"element {place}, ", one, shape) for place, one in enumerate(elements, 1)]


def _elements(given: Any, shape: Shape) -> Sequence[Any]:
    """The elements of a list, of a text that names several, or the one that it is."""
    if isinstance(given, (list, tuple)):
        return given
    if not isinstance(given, str):
        return [given]
    if given.strip().startswith("["):
        # A list as JSON is text on the command line. A pattern may begin with a bracket as well.
        try:
            several = json.loads(given)
        except ValueError:
            several = None
        if isinstance(several, list):
            return several
    between = r"[,\r\n]" if shape.has_spaces else r"[,\s]"
    return [one.strip() for one in re.split(between, given) if one.strip()]


def _element(variable: str, place: str, given: Any, shape: Shape) -> Any:
    if shape.is_number:
        return _number(variable, place, given, shape)
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise OptionError(f"{variable}: {place}{_shown(given, shape)}, is not text")
    text = str(given).strip()
    if not text:
        raise OptionError(f"{variable}: {place or 'it '}is empty")
    if shape.choices and text not in shape.choices:
        raise OptionError(f"{variable}: {place}{_shown(text, shape)}, is not one of {', '.join(shape.choices)}")
    if shape.is_domain:
        try:
            domain_name(text, variable)
        except OptionError:
            shown = _shown(text, shape)
            raise OptionError(f"{variable}: {place}{shown}, is not a domain name such as www.example.com") from None
    return text


def _number(variable: str, place: str, given: Any, shape: Shape) -> int:
    is_text = isinstance(given, str) and _NUMBER.fullmatch(given.strip())
    number = int(given) if is_text else whole_number(given)
    if number is None or number < shape.least or (shape.most is not None and number > shape.most):
        until = f"from {shape.least} to {shape.most}" if shape.most is not None else f"of {shape.least} or more"
        raise OptionError(f"{variable}: {place}{_shown(given, shape)}, is not a whole number {until}")
    return number


def _shown(value: Any, shape: Shape) -> str:
    return "which is not shown here" if shape.is_secret else f"'{printable(value, 80)}'"
