# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The HTML page of a report: one file without scripts or network access, for light and dark mode, phones and print.

What is on the page is decided here; page.html.j2 has the markup, and page.css the style.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .._common.providers import PROVIDERS
from .._common.text import plural
from .._common.values import utc_text
from .data import ACTIONS, IRREVERSIBLE, Entry, Overview, Report, day, plain
from .figures import GROUPINGS, HORIZONS, days_left, due_within, due_without_successor, groups, oldest_pending
from .listing import UNKNOWN

if TYPE_CHECKING:
    from jinja2 import Template

# The orders that expire next, and the organizations, containers or products, that the page lists.
SOONEST = 100
_MOST_GROUPS = 50
_MOST_STATUSES = 9
# The rows of each section that the page lists. The CSV and JSON files have all of them.
MOST = {"irreversible": 10_000, "changes": 10_000, "review": 2_000, "unchanged": 200, "selected": 2_000}
# Maximum other names to show for an entry. The JSON report has all of them.
_MAX_NAMES = 20
# The browser lays out a table only when it becomes visible, so many rows are several tables.
_ROWS_PER_TABLE = 200
_PHASES: Mapping[str, tuple[str, str]] = {
    "report": ("Overview", "No order was changed."),
    "plan": ("Plan", "No order has been changed yet."),
    "apply": ("Applied", "These are the results of the plan."),
}
_SECTIONS: Mapping[str, str] = {
    "irreversible": "Irreversible changes",
    "changes": "Other changes",
    "review": "Manual review",
    "unchanged": "Unchanged",
}
_GUARDS: Mapping[str, tuple[str, str]] = {
    "plan": ("Guards would stop this plan", "If the plan is applied with the same options, no order will be changed:"),
    "apply": ("No order was changed", "The checks before the first change stopped this run:"),
}


class State(NamedTuple):
    """What became of entries, for display. badge: on each entry. tone: the color, in addition to the words."""

    title: str
    badge: str
    tone: str
    note: str


# The states of entries, the most urgent first, see Entry.state.
STATES: Mapping[str, State] = {
    "left": State("Manual review", "manual review", "warn", "The operator must decide on these orders."),
    "failed": State("Failed", "failed", "bad", "The change of these orders failed."),
    "unknown": State(
        "Outcome unknown",
        "outcome unknown",
        "bad",
        "The change was sent, but its outcome is not known: check these orders.",
    ),
    "refused": State("Refused", "refused", "bad", "A rule or a guard does not allow the change."),
    "pending_approval": State(
        "Requested, waiting for approval",
        "requested, not approved",
        "open",
        "The change was requested only. Until an approver approves it, these orders and certificates stay as they are.",
    ),
    "not_attempted": State("Not attempted", "not attempted", "calm", "The run stopped before it changed these orders."),
    "planned": State("Planned", "planned", "info", "These changes are planned."),
    "done": State("Done", "done", "good", "This run changed these orders."),
    "waiting": State(
        "Waiting for a later run", "later run", "calm", "A limit postpones these changes: run the role again."
    ),
    "kept": State("Kept", "kept", "calm", "These orders are reported only."),
    "done_before": State("Done before this run", "done before", "calm", "An earlier run changed these orders."),
    "unchanged": State("No change needed", "unchanged", "calm", "These orders needed no change."),
}
# The tone of a status. Others, such as expired, revoked and canceled, are history and need no attention.
_STATUS_TONES: Mapping[str, str] = {
    **dict.fromkeys(("issued", "renewed", "complete"), "good"),
    **dict.fromkeys(("pending", "needs_approval", "waiting_pickup", "processing", "reissue_pending"), "warn"),
    **dict.fromkeys(("needs_csr", "approved"), "warn"),
}
# The tone of the days that are left.
_DAYS_TONES = ((7, "bad"), (30, "warn"), (90, "info"))


def to_html(report: Report, files: Mapping[str, str] | None = None) -> str:
    """Return the complete HTML page.

    files: the names of the CSV and JSON files beside the page, by format, for links.
    """
    style = _file("page.css").partition("*/\n")[2]
    phase, explained = _PHASES[report.phase]
    sections = _sections(report)
    account = _account(report) if report.orders else {}
    return template().render(
        report=report,
        style=style,
        # The policy allows this style sheet only, and no style that is injected through report data.
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        phase=phase,
        phase_tone=_phase_tone(report),
        lead=f"{report.headline[:1].upper()}{report.headline[1:]}. {explained}",
        files={name: file for name, file in (files or {}).items() if name != "html"},
        facts=_facts(report),
        guards=_GUARDS.get(report.phase, _GUARDS["apply"]),
        sections=sections,
        states=STATES,
        account=account,
        contents=_contents(sections, account),
    )


@cache
def template() -> Template:
    """Return the compiled template of the page.

    Compiling it takes longer than filling it. What starts several tasks can do it once, before they have processes.
    """
    # Jinja is on every controller, where reports are written. What else uses this package may run without it.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, finalize=_printable, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = "{:,}".format
    return environment.from_string(_file("page.html.j2"))


def _printable(value: Any) -> Any:
    """Make each value that the template shows one printable line, except markup of the template itself."""
    return value if hasattr(value, "__html__") else plain(str(value))


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


# -- the head of the page ----------------------------------------------------------------------------------------------


def _phase_tone(report: Report) -> str:
    if report.phase == "apply":
        return "bad" if report.violations or {"failed", "unknown"} & set(report.counts) else "good"
    return {"report": "calm", "plan": "info"}[report.phase]


def _facts(report: Report) -> list[tuple[str, str | list[str], str]]:
    """Return label, text and class of each fact that is known; a fact with several texts has a list of them."""
    times = sorted(entry.moment for entry in report.entries if entry.moment)
    # All servers without a limit: the reader may be the approver of their removal.
    facts: list[tuple[str, str | list[str], str]] = [
        ("Created", utc_text(report.generated_at), "time"),
        ("Changed", f"{times[0]:%H:%M:%S} to {times[-1]:%H:%M:%S} UTC" if times else "", ""),
        ("Account", "" if report.account_id is None else str(report.account_id), ""),
        ("Service", report.api_host, ""),
        ("Ticket", report.ticket, ""),
        ("Job", report.job, ""),
        (plural(len(report.names), "name"), _some(report.names), "wide"),
        (plural(len(report.hosts), "server"), _servers(report), "wide"),
        ("Filters", _filters(report.filters or {}), "wide"),
        ("Plan (SHA-256)", report.plan_sha256, "wide code"),
    ]
    return [fact for fact in facts if fact[1]]


def _filters(filters: Mapping[str, Any]) -> str:
    """The filters that select the orders of the report, by their options."""
    return "; ".join(f"{name}: {_filter_text(value)}" for name, value in filters.items())


def _filter_text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return _some(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _servers(report: Report) -> list[str]:
    """The servers, each with its names where they are known."""
    return [
        f"{host} ({', '.join(report.servers[host]) or 'no names'})" if host in report.servers else host
        for host in report.hosts
    ]


def _contents(sections: Sequence[Mapping[str, Any]], account: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return anchor, title and number of each section."""
    found = [(section["key"], section["title"], f"{section['count']:,}") for section in sections]
    if account:
        found += [(*account["list"], f"{account['count']:,}")]
        found += [("by-status", "Orders by status", f"{account['total']:,}")]
        found += [("expiries", "Expiries by month", f"{account['overview'].expiring:,}")]
        found += [(f"by-{by['key']}", f"By {by['key']}", f"{by['count']:,}") for by in account["groups"]]
    return found


# -- entries -----------------------------------------------------------------------------------------------------------


def section_of(entry: Entry) -> str:
    """Return the section in which an entry is listed."""
    if entry.state == "left":
        return "review"
    if entry.state in ("kept", "unchanged", "waiting", "done_before"):
        return "unchanged"
    return "irreversible" if entry.drop_reissue or entry.action in IRREVERSIBLE else "changes"


def _sections(report: Report) -> list[dict[str, Any]]:
    by_section: dict[str, dict[str, list[Entry]]] = {}
    for entry in report.entries:
        by_section.setdefault(section_of(entry), {}).setdefault(entry.state, []).append(entry)
    orders = {str(row.get("order_id")): row for row in report.orders}
    return [_section(report, key, by_section[key], orders) for key in _SECTIONS if key in by_section]


def _section(
    report: Report, key: str, by_state: Mapping[str, Sequence[Entry]], orders: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return a section with its entries by state, as many as the page lists. orders: those of the account by id."""
    count, left = sum(map(len, by_state.values())), MOST[key]
    parts = []
    for state in (one for one in STATES if one in by_state):
        rows = [_row(report, entry, orders) for entry in by_state[state][:left]]
        left -= len(rows)
        parts.append({"state": state, "count": len(by_state[state]), "tables": _tables(rows)})
    return {"key": key, "title": _SECTIONS[key], "count": count, "parts": parts, "rest": max(count - MOST[key], 0)}


def _tables(rows: Sequence[Any]) -> list[Sequence[Any]]:
    return [rows[start : start + _ROWS_PER_TABLE] for start in range(0, len(rows), _ROWS_PER_TABLE)]


def _row(report: Report, entry: Entry, orders: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    others = [name for name in entry.domains if name != entry.name]
    known = " ".join(part for part in (_provider(entry.provider), entry.order) if part)
    row = orders.get(entry.order, {}) if entry.provider == "certcentral" else {}
    when = f"{entry.moment:%H:%M:%S} UTC" if entry.moment else ""
    request = f"request {entry.request_id}" if entry.request_id else ""
    return {
        # An entry without a name shows its order instead.
        "name": entry.name or known,
        "order": known if entry.name else "",
        "also": f"with {_some(others)}" if others else "",
        "expires": _expiry(report, row),
        "action": ACTIONS[entry.action] + (" and drop the reissue" if entry.drop_reissue else ""),
        "change": " \u2192 ".join(dict.fromkeys(part for part in (entry.before, entry.after) if part)),
        "reason": entry.reason,
        "last": ", ".join(part for part in (request, entry.contact, when) if part),
    }


def _provider(word: str) -> str:
    return PROVIDERS[word].label if word in PROVIDERS else word


def _expiry(report: Report, row: Mapping[str, Any]) -> dict[str, str]:
    """Return date, days left and tone of an order, empty without a date. The dates of ended orders have no color."""
    valid_till = row.get("valid_till") or row.get("expires")
    till, days = day(valid_till), days_left(report, valid_till)
    if till is None or days is None:
        return {}
    text = "today" if days == 0 else plural(abs(days), "day") + (" ago" if days < 0 else "")
    tone = next((tone for limit, tone in _DAYS_TONES if days <= limit), "calm")
    is_history = status_tone(str(row.get("status"))) == "calm"
    verb = "expired" if days < 0 else "expires"
    return {"date": till.isoformat(), "verb": verb, "days": text, "tone": "calm" if is_history else tone}


def status_tone(status: str) -> str:
    """Return the tone of a status."""
    return _STATUS_TONES.get(status, "calm")


# -- the account -------------------------------------------------------------------------------------------------------


def _account(report: Report) -> dict[str, Any]:
    """Return what the page has of the orders: those that filters select, or those of the account which are due."""
    overview, due = report.overview(0), due_without_successor(report)
    is_selection, is_known = report.filters is not None, report.due_without_successor is not None
    due_words = "due without a successor" if is_known else "due and not marked renewed"
    listed = sorted(report.listed, key=lambda row: _urgency(report, row)) if is_selection else due
    most = MOST["selected"] if is_selection else SOONEST
    pending = oldest_pending(report)
    by = [(key, groups(report, due, key)) for key in GROUPINGS]
    return {
        "overview": overview,
        "total": overview.total,
        "is_selection": is_selection,
        "list": ("selected", "Selected orders") if is_selection else ("due", due_words.capitalize()),
        "tables": _tables([_order_row(report, row) for row in listed[:most]]),
        "count": len(listed),
        "rest": max(len(listed) - most, 0),
        "due_words": due_words,
        "within": list(zip(HORIZONS, due_within(due), ("bad", "warn", "info", "calm"))),
        "pending": plural(pending.days, "day") if pending else "",
        "statuses": _statuses(overview),
        "months": _months(overview),
        "groups": [{"key": key, "groups": found[:_MOST_GROUPS], "count": len(found)} for key, found in by if found],
        "horizons": HORIZONS,
    }


def _urgency(report: Report, row: Mapping[str, Any]) -> tuple[int, int]:
    """The key that sorts orders: what expires next is first, then what has no date, and last what expired long ago."""
    days = days_left(report, row["expires"])
    return (1, 0) if days is None else (0, days) if days >= 0 else (2, -days)


def _order_row(report: Report, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an order for display, without the word for what is not known. row: with some of DUE_COLUMNS."""
    known = {name: "" if value == UNKNOWN else value for name, value in row.items()}
    requester = known.get("requester") if report.contacts else ""
    return {
        **known,
        "expiry": _expiry(report, row),
        "tone": status_tone(str(row["status"])),
        "more": [
            "renews automatically" if known["auto_renew"] else "",
            f"successor: {row['successor']}" if "successor" in row else "",
            f"requester: {requester}" if requester else "",
        ],
    }


def _statuses(overview: Overview) -> list[dict[str, Any]]:
    """Return a bar for each of the most frequent statuses: its length in percent of the longest one."""
    rows = [(status or "(none)", count, status_tone(status)) for status, count in overview.statuses]
    if len(rows) > _MOST_STATUSES:
        rest = rows[_MOST_STATUSES - 1 :]
        rows = [*rows[: _MOST_STATUSES - 1], (f"{len(rest)} more", sum(count for _one, count, _two in rest), "calm")]
    top = max(count for _status, count, _tone in rows)
    return [
        {"status": status, "count": count, "tone": tone, "width": _percent(count, top)} for status, count, tone in rows
    ]


def _months(overview: Overview) -> list[dict[str, Any]]:
    """Return two bars for each month, one behind the other: orders that are not renewed, and those that are."""
    top = max(month.total for month in overview.months) or 1
    return [
        {
            "month": f"{month.first:%b %Y}",
            "due": month.due,
            "renewed": month.renewed,
            "due_width": _percent(month.due, top),
            "renewed_width": _percent(month.renewed, top),
        }
        for month in overview.months
    ]


def _percent(count: int, top: int) -> float:
    return round(100 * count / top, 1)


def _some(names: Iterable[str]) -> str:
    names = list(names)
    rest = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {rest} more" if rest > 0 else "")
