# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The scope of a plan: the organizations and containers whose orders it may change. Pure: no I/O, no clock, no Ansible.

A scope narrows what may change, and never what is read: an order outside of it is still a successor, a replacement or
an order with names that stay in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from .._certcentral.models import Several
from .._common.text import plural
from .._plans.actions import LEAVE, NOTHING
from .._plans.text import listed

if TYPE_CHECKING:
    from .._certcentral.models import Named, Order

# The options of a scope, each with the fact of an order that it is compared with.
OPTIONS = {"organizations": "organization", "containers": "container"}
# The parameters of a change, which an entry without one must not carry.
_OF_CHANGE = ("drop_reissue", "request_id")


@dataclass(frozen=True)
class Scope:
    """The organizations and containers whose orders a plan may change: an order must be in one of each that is set.

    role: the role whose variables set the scope, for messages.
    """

    role: str = field(default="", compare=False)
    organizations: Several = field(default_factory=Several)
    containers: Several = field(default_factory=Several)

    def __bool__(self) -> bool:
        return bool(self.organizations or self.containers)

    @property
    def variables(self) -> str:
        """The variables that set the scope, for messages."""
        return " and ".join(self.variable(option) for option in OPTIONS if getattr(self, option))

    def variable(self, option: str) -> str:
        return f"{self.role}_{option}"

    def verdict(self, *versions: Order) -> Verdict:
        """Return whether an order may be changed, and why not. versions: everything that was read of the order."""
        found = Verdict(True, "")
        for option, fact in OPTIONS.items():
            wanted: Several = getattr(self, option)
            values: list[Named | None] = [getattr(one, fact) for one in versions]
            other = next((one for one in values if one and wanted.has(one) is False), None)
            if other:
                # One version outside of the scope is enough: the order may change at this moment.
                what = f"the {fact} of the order, {other.name or other.id},"
                return Verdict(False, f"{what} is outside the scope of {self.variable(option)}")
            # What one version leaves out, such as the row of a list, another one can have.
            if wanted and True not in map(wanted.has, values) and found.is_inside:
                what = f"the {fact} of the order is not known"
                found = Verdict(None, f"{what}, so that it is outside the scope of {self.variable(option)}")
        return found


class Verdict(NamedTuple):
    """Whether an order is in a scope, None if that is not known; and why it must not be changed, empty if it may."""

    is_inside: bool | None
    why: str


def scope_of(options: Mapping[str, Any], role: str) -> Scope:
    """Read the scope from the options of a role, `organizations` and `containers`. Raises ValueError.

    Both are lists of ids or names, as for the filters of digicert_order_info.
    """
    return Scope(role, *(_several(options.get(option), f"{role}_{option}") for option in OPTIONS))


def _several(given: Any, variable: str) -> Several:
    if given is None:
        return Several()
    # To Python a string is a sequence of letters.
    if not isinstance(given, (list, tuple)):
        raise ValueError(f"{variable} must be a list of IDs or names")
    if not all(isinstance(one, (str, int)) and not isinstance(one, bool) for one in given):
        raise ValueError(f"{variable} must be a list of IDs or names")
    try:
        return Several.of(map(str, given))
    except ValueError as error:
        raise ValueError(f"{variable} {error}") from None


def narrowed(
    entries: Iterable[Mapping[str, Any]], orders: Iterable[Order], scope: Scope
) -> tuple[list[dict[str, Any]], int]:
    """Return the entries without those outside of the scope, and how many these are.

    An order of which that is not known goes to manual review. orders: everything that was read of the orders.
    """
    every = list(map(dict, entries))
    if not scope:
        return every, 0
    versions = _by_id(orders)
    judged = [(entry, scope.verdict(*versions.get(entry["order"], ()))) for entry in every]
    kept = [reviewed(entry, verdict.why) for entry, verdict in judged if verdict.is_inside is not False]
    return kept, len(every) - len(kept)


def reviewed(entry: dict[str, Any], why: str) -> dict[str, Any]:
    """Return the entry as manual review. why: as in `Verdict`; the entry stays as it is if this is empty."""
    if not why or entry["action"] == NOTHING:
        return entry
    rest = {name: value for name, value in entry.items() if name not in _OF_CHANGE}
    return {**rest, "action": LEAVE, "reason": f"{entry['reason']}; {why}"}


def _by_id(orders: Iterable[Order]) -> dict[str, list[Order]]:
    found: dict[str, list[Order]] = {}
    for order in orders:
        found.setdefault(str(order.id), []).append(order)
    return found


def notes(scope: Scope, orders: Sequence[Order], left_out: int = 0) -> list[str]:
    """Return notes for the approver of a plan: what of the scope no order has, and how many orders are outside.

    orders: those that were read. An organization or a container that none of them has may be misspelled. left_out: the
    orders that the plan does not have because they are outside of the scope.
    """
    found = []
    for option, fact in OPTIONS.items():
        unmatched = _unmatched(getattr(scope, option), {getattr(order, fact) for order in orders})
        if unmatched:
            what = f"{scope.variable(option)} contains {listed(unmatched)}"
            found.append(f"{what}, which no order that was read has: correct a misspelled {fact}")
    if left_out:
        verb = "is" if left_out == 1 else "are"
        found.append(f"{plural(left_out, 'order')} outside the scope of {scope.variables} {verb} not in the plan")
    return found


def _unmatched(wanted: Several, values: Iterable[Named | None]) -> list[str]:
    known = [one for one in values if one]
    ids, names = {one.id for one in known}, {one.name.lower() for one in known}
    return [*map(str, sorted(wanted.ids - ids)), *sorted(wanted.names - names)]
