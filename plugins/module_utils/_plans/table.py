# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The plan as a table of text lines for the approver. Pure: no I/O, no clock, no Ansible.

All texts of services pass through `printable`, so that none of them can add a line. Lines with an order begin with two
spaces and the action, and no text of a service stands at that place.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._common.actions import ACTIONS
from .._common.names import dns_name
from .._common.providers import PROVIDERS
from .._common.text import plural, printable
from .._role_options.checks import approved_variables, option_name
from .._role_options.variables import VARIABLES
from .actions import (
    LAPSE,
    is_irreversible,
    shown,
    shown_order,
    writes,
)
from .document import canonical, digest
from .text import listed

# Characters of a line. Only names that must be complete make a longer one.
WIDTH = 160
# Orders of a group with a row of their own.
ROWS = 50
_LEAST_REASON, _MOST_NAME, _MOST_ORGANIZATION = 40, 36, 20
# Of a name that must be complete: no DNS name is longer than 253.
_WHOLE_NAME = 1000
# The groups in the sequence of the table, irreversible ones apart.
_LABELS = {
    name: action.heading or action.label for name, action in sorted(ACTIONS.items(), key=lambda one: one[1].place)
}
_COLUMNS = ("ACTION", "ORDER", "NAMES", "EXPIRES", "ORGANIZATION", "SERVER", "REASON")
# Columns that are left out where no order has a value.
_OPTIONAL_COLUMNS = (3, 4, 5)
_REASON = 6
# Options of a request whose role variable has another name.
_VARIABLE_OF_OPTION = {"waiver": "probe_waiver"}
# Options that decide what becomes of an order: shown with their default as well.
_ALWAYS_SHOWN = {"decommission_domain": ("on_issued", "include_subdomains", "probe")}

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class TableOptions:
    """The facts that a table shows in addition to the plan.

    request: the options that the plan was made from. guards: max_changes, max_revocations and expected_changes, and
    not_before and not_after. violations: what `approval.guards` refuses. path: of the plan file, empty for none.
    needs_approval: whether another run applies the plan; the variables for that run are shown then.
    """

    request: Mapping[str, Any] = field(default_factory=dict)
    guards: Mapping[str, Any] = field(default_factory=dict)
    violations: Sequence[str] = ()
    path: str = ""
    needs_approval: bool = True


def plan_result(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan for the result of a task, with its canonical text, and the SHA-256 of the text."""
    text = canonical(plan)
    return {"plan": plan, "text": text, "sha256": digest(text)}


def table(plan: Mapping[str, Any], options: TableOptions | None = None) -> list[str]:
    """Return the lines of a plan for the approver: where and how, all servers, all orders, counts, the next step."""
    options = options or TableOptions()
    groups = _groups(plan["entries"])
    lines = [*_header(plan), *_settings(plan["kind"], options)]
    lines += _servers(plan)
    return [*lines, *_orders(groups), "", *_counts(plan["entries"], groups), *_next_step(plan, options)]


def _servers(plan: Mapping[str, Any]) -> list[str]:
    """All servers, each with its names where they are known. Without a limit: no other part of the table has them."""
    names: Mapping[str, Sequence[str]] = plan.get("servers", {})
    lines = ["", f"Servers to retire ({len(plan['hosts'])}):"]
    for host in plan["hosts"]:
        own = [_word(name, _WHOLE_NAME) for name in names.get(host, ())] or ["(no names)"]
        lines += _filled(own, f"  {_word(host, 253)}: ", ", ") if host in names else [f"  {_word(host, 253)}"]
    return lines if plan["hosts"] else []


# -- header ------------------------------------------------------------------------------------------------------------


def _header(plan: Mapping[str, Any]) -> list[str]:
    facts = [
        ("account", "no CertCentral account" if plan["account_id"] is None else plan["account_id"]),
        ("API host", printable(plan["api_host"] or "none", 200)),
        ("created", plan["created_at"]),
        ("valid until", plan["expires_at"]),
    ]
    if plan["names"]:
        # All of them: the approver approves each one.
        facts.insert(2, (f"names ({len(plan['names'])})", [_word(name, _WHOLE_NAME) for name in plan["names"]]))
    facts += [("note", printable(text, 2000)) for text in plan.get("notes", ())]
    return [f"Plan {plan['kind']}", *_aligned(facts)]


def _settings(kind: str, options: TableOptions) -> list[str]:
    """The options that are not the default or are always shown, and the guards, by the names of the role variables."""
    prefix = option_name(kind, "")
    variables = VARIABLES.get(prefix[:-1], {})
    always = [f"{prefix}{name}" for name in (_ALWAYS_SHOWN.get(kind, ()) if options.request else ())]
    given = {variable: variables[variable] for variable in always}
    given.update((prefix + _VARIABLE_OF_OPTION.get(name, name), value) for name, value in options.request.items())
    # Only variables of the role: the request also has facts of the run. The names are in the header.
    set_options = [
        (variable, _option_text(value))
        for variable, value in given.items()
        if variable in always
        or (variable in variables and value not in (variables[variable], None, "", []) and variable != f"{prefix}names")
    ]
    guards = [
        (variable, "not set" if value is None else printable(value, 50))
        for variable, value in ((option_name(kind, name), value) for name, value in options.guards.items())
        # Not every role can revoke. A window that is not set is no guard.
        if value != "" and (variable in variables or value != VARIABLES["order_plan"].get(variable))
    ]
    return [
        *(["", "Options (all others have their default):", *_aligned(set_options)] if set_options else []),
        *(["", "Guards:", *_aligned(guards)] if guards else []),
    ]


def _option_text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return listed([_short_digest(str(one)) for one in value])
    return printable(shown(value), 200)


def _short_digest(text: str) -> str:
    for name, provider in PROVIDERS.items():
        if provider.shown_digits and provider.order_pattern.fullmatch(text.lower()):
            return f"{text[: provider.shown_digits]} ({name})"
    return text


def _aligned(facts: Sequence[tuple[str, Any]]) -> list[str]:
    """A line for each fact, and more lines where its value is a list of words."""
    width = max((len(name) for name, _value in facts), default=0)
    lines: list[str] = []
    for name, value in facts:
        lines += _filled(value if isinstance(value, list) else [value], f"  {name:{width}}  ", ", ")
    return lines


# -- orders ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Group:
    """Entries of one action. label: for display, with a mark where the action is irreversible."""

    label: str
    is_irreversible: bool
    entries: list[Entry]


def _groups(entries: Sequence[Entry]) -> list[_Group]:
    """The entries by action: what is irreversible first, what is only reported last."""
    groups = []
    for irreversible in (True, False):
        for action, label in _LABELS.items():
            selected = [one for one in entries if one["action"] == action and is_irreversible(one) is irreversible]
            if selected:
                drops = ", drop the pending reissue" if irreversible and action == LAPSE else ""
                mark = " (irreversible)" if irreversible else ""
                groups.append(_Group(f"{label}{drops}{mark}", irreversible, selected))
    return groups


def _orders(groups: Sequence[_Group]) -> list[str]:
    if not groups:
        return []
    # In one set of columns, so that all groups are aligned.
    cells = [[_cells(entry) for entry in group.entries[:ROWS]] for group in groups]
    every = [_COLUMNS, *(row for rows in cells for row in rows)]
    columns = [
        number for number in range(_REASON) if number not in _OPTIONAL_COLUMNS or any(row[number] for row in every[1:])
    ]
    widths = {number: max(len(row[number]) for row in every) for number in columns}
    lines = ["", *_row(_COLUMNS, widths)]
    for group, rows in zip(groups, cells):
        lines += ["", f"{group.label}: {plural(len(group.entries), 'order')}"]
        for entry, row in zip(group.entries, rows):
            lines += _row(row, widths)
            lines += _all_names(entry, row) if group.is_irreversible else []
        lines += _further(group)
    return lines


def _cells(entry: Entry) -> tuple[str, ...]:
    name, others = entry["name"] or "(no name)", _other_names(entry)
    state = entry["state"]
    drops = "; the pending reissue is dropped first" if entry.get("drop_reissue") else ""
    return (
        entry["action"],
        _order(entry),
        (_word(name, _MOST_NAME) if entry["name"] else name) + (f" +{len(others)}" if others else ""),
        printable(state.get("valid_till") or "", 10),
        # One space only, so that the text cannot pass for two columns.
        " ".join(printable(entry.get("organization") or "", _MOST_ORGANIZATION).split()),
        printable(state.get("served") or "", 20).replace("_", " "),
        printable(entry["reason"], 500) + drops,
    )


def _order(entry: Entry) -> str:
    # The first digits of a digest can look like an order id.
    is_digest = PROVIDERS[entry["provider"]].shown_digits is not None
    return f"{entry['provider']} {shown_order(entry)}" if is_digest else shown_order(entry)


def _other_names(entry: Entry) -> list[str]:
    """The names of an order apart from the one that stands for it, which can be spelled differently."""
    return [name for name in entry["domains"] if name not in (entry["name"], dns_name(entry["name"]))]


def _row(cells: Sequence[str], widths: Mapping[int, int]) -> list[str]:
    """The line of an order, and more lines where the reason is long."""
    start = "  " + "".join(f"{cells[number]:{width}}  " for number, width in widths.items())
    reason = textwrap.wrap(cells[_REASON], max(_LEAST_REASON, WIDTH - len(start)), break_on_hyphens=False) or [""]
    return [f"{start}{reason[0]}".rstrip(), *(f"{'':{len(start)}}{more}" for more in reason[1:])]


def _all_names(entry: Entry, row: Sequence[str]) -> list[str]:
    """All names of an order, as further lines, where its row does not show them: nothing ends without being shown."""
    names = _whole_names(entry)
    return [] if names == [row[_COLUMNS.index("NAMES")]] else _filled(names, "    names: ", ", ")


def _whole_names(entry: Entry) -> list[str]:
    own = [entry["name"]] if entry["name"] and dns_name(entry["name"]) not in entry["domains"] else []
    return [_word(name, _WHOLE_NAME) for name in (*own, *entry["domains"])] or ["(no name)"]


def _further(group: _Group) -> list[str]:
    """The orders of a group without a row: all of them with their names, or their number where nothing ends."""
    rest = group.entries[ROWS:]
    if not rest:
        return []
    if not group.is_irreversible:
        return [f"  ... and {len(rest)} more"]
    lines: list[str] = []
    waiting: list[str] = []
    for entry in rest:
        names = _whole_names(entry)
        text = f"{_order(entry)} {', '.join(names)}"
        if len(text) <= WIDTH - 8:
            waiting.append(text)
            continue
        lines += _filled(waiting, "    ", "; ") + _filled(names, f"    {_order(entry)} ", ", ")
        waiting = []
    return [f"  ... and {len(rest)} more, each with its names:", *lines, *_filled(waiting, "    ", "; ")]


def _filled(words: Iterable[str], start: str, joint: str) -> list[str]:
    """Lines of whole words, up to WIDTH characters where a word is not longer; start: of the first line."""
    lines: list[str] = []
    line = ""
    for word in words:
        if line and len(line) + len(joint) + len(word) > WIDTH:
            lines.append(line + joint.rstrip())
            line = f"{'':{len(start)}}{word}"
        else:
            line = f"{line}{joint}{word}" if line else f"{start}{word}"
    return [*lines, line] if line else lines


def _word(text: str, limit: int) -> str:
    """A name for display, in quotes where it has characters that could pass for the end of the name."""
    word = printable(text, limit)
    if any(char.isspace() or char in "\"',;()" for char in word):
        word = word.replace('"', "'")
        return f'"{word}"'
    return word


# -- the end -----------------------------------------------------------------------------------------------------------


def _counts(entries: Sequence[Entry], groups: Sequence[_Group]) -> Iterator[str]:
    yield f"Plan: {plural(len(writes(entries)), 'change')} among {plural(len(entries), 'order')}"
    for group in groups:
        yield f"{len(group.entries):7d}  {group.label}"
    unresolved = sum(entry["state"].get("served") == "unresolved" for entry in writes(entries))
    if unresolved:
        yield f"{unresolved:7d}  of the revocations have a name that does not resolve from this controller"


def _next_step(plan: Mapping[str, Any], options: TableOptions) -> Iterator[str]:
    """What the guards refuse, the digest, and the variables that apply the plan."""
    if options.violations:
        yield from ("", "With these guards, the plan will be refused:")
        yield from (f"  - {printable(text, 1000)}" for text in options.violations)
    sha256 = digest(canonical(plan))
    yield from ("", f"SHA-256: {sha256}")
    if not writes(plan["entries"]) and not plan["hosts"]:
        yield "There is nothing to apply."
    elif options.needs_approval:
        yield "To apply this plan, run the same playbook with these variables:"
        yield from _apply_variables(plan, sha256, options.path)


def _apply_variables(plan: Mapping[str, Any], sha256: str, path: str) -> Iterator[str]:
    """One line for each variable, which can be copied as it is; then what is different in some cases."""
    variables = approved_variables(plan["kind"])
    phase = option_name(plan["kind"], "phase")
    # Only the playbook decommission_server knows the names of each server. It sets the phase of the role itself.
    of_playbook = phase == "decommission_domain_phase" and plan.get("servers")
    yield f"  {'decommission_server_phase' if of_playbook else phase}=apply"
    yield f"  {variables['sha256']}={sha256}"
    if path:
        yield f"  {variables['path']}={printable(path, 1000)}"
    else:
        yield f"  {variables['plan']}=(the text of the plan)"
        yield "The text is in the result of the task, and set_stats passes it to the next job of a workflow."
        yield f"On the command line, set {variables['path']} and plan again."
    if of_playbook:
        yield f"Without the playbook decommission_server, set {phase} instead of decommission_server_phase."
