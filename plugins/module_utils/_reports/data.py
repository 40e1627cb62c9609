# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""A report of what was planned and done, as data: checked, made safe to show, counted, and as JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from .._common.text import plural, printable
from .._common.values import id_of, utc, utc_text

SCHEMA_VERSION = 1
PHASES = ("report", "plan", "apply")
# What became of an entry, the most urgent first, as people call it.
OUTCOMES: Mapping[str, str] = {
    "left": "left to a person",
    "failed": "failed",
    "unknown": "of unknown outcome",
    "refused": "refused",
    "pending_approval": "waiting for approval",
    "not_attempted": "not attempted",
    "planned": "planned",
    "done": "done",
    "waiting": "waiting for a later run",
    "unchanged": "unchanged",
}
ACTIONS: Mapping[str, str] = {
    "cancel": "cancel",
    "reject_request": "reject the request",
    "drop_reissue": "drop the reissue",
    "lapse": "let it lapse",
    "revoke": "revoke",
    "mark_renewed": "mark as renewed",
    "unmark_renewed": "take the renewed mark back",
    "keep": "keep",
    "leave": "leave",
    "nothing": "nothing",
    "wait": "wait",
}
HIDDEN_NAME = "(name hidden)"
HIDDEN_ADDRESS = "(address hidden)"
SOON_DAYS = 30
# With these a certificate is in use, or can be.
_LIVE = ("issued", "reissue_pending", "renewed")
# Of an order's row what says nothing of people; the rest of it only where contacts are asked for.
_IMPERSONAL = (
    *("order_id", "status", "is_renewed", "is_migrated", "common_name", "domains", "certificate_id", "serial_number"),
    *("date_created", "valid_from", "valid_till", "days_remaining", "order_valid_till", "is_multi_year_plan"),
    *("product_name_id", "product_name", "product_type", "organization_id", "organization_name", "container_id"),
    *("container_name", "has_duplicates", "has_reissues", "disable_renewal_notifications", "certificate_status"),
    *("thumbprint", "renewed_order_id", "renewal_of_order_id", "auto_renew", "auto_reissue"),
)
# Products whose certificates are issued to a person, whose name is then the common name.
_PERSONAL_PRODUCTS = re.compile(r"client|smime|email|personal", re.IGNORECASE)
_MAILBOX = re.compile(r"[^\s@<>()\[\]\"',;:]+@[^\s@<>()\[\]\"',;:]+")
_LONG = 2000


class ReportError(ValueError):
    """What is given is no report; the text says why."""


@dataclass(frozen=True)
class Entry:
    """What was planned for an order, or done with it. Texts are as they were given, but for people's."""

    provider: str
    order: str
    name: str
    domains: tuple[str, ...]
    action: str
    outcome: str
    reason: str
    before: str
    after: str
    contact: str
    time: str

    @property
    def moment(self) -> datetime | None:
        return moment(self.time)


@dataclass(frozen=True)
class Month:
    """A calendar month, and how many certificates expire in it."""

    first: date
    due: int = 0
    renewed: int = 0

    @property
    def total(self) -> int:
        return self.due + self.renewed


@dataclass(frozen=True)
class Overview:
    """An account at a glance, for the day of the report.

    statuses: (status, orders), the most frequent first. months: the coming 12 months, in 13 calendar months of which
    the first and the last are not whole. soonest: rows of what expires and is not renewed, the soonest first.
    """

    total: int
    statuses: tuple[tuple[str, int], ...]
    months: tuple[Month, ...]
    later: int
    expired: int
    within_30_days: int
    soonest: tuple[Mapping[str, Any], ...]

    @property
    def expiring(self) -> int:
        return sum(month.total for month in self.months)


@dataclass(frozen=True)
class Report:
    """A report, checked; nothing of people is left in it where contacts are not asked for."""

    title: str
    generated_at: datetime
    phase: str
    account_id: int | None
    api_host: str
    ticket: str
    job: str
    names: tuple[str, ...]
    hosts: tuple[str, ...]
    plan_sha256: str
    entries: tuple[Entry, ...]
    orders: tuple[Mapping[str, Any], ...]
    contacts: bool

    @property
    def counts(self) -> dict[str, int]:
        """Entries by outcome, the most urgent first, without those that there are none of."""
        counted = Counter(entry.outcome for entry in self.entries)
        return {outcome: counted[outcome] for outcome in OUTCOMES if counted[outcome]}

    @property
    def headline(self) -> str:
        """All of it in one sentence."""
        if self.entries:
            parts = ", ".join(f"{count} {OUTCOMES[outcome]}" for outcome, count in self.counts.items())
            return f"{plural(len(self.entries), 'order')}: {parts}"
        if not self.orders:
            return "no orders"
        overview = self.overview()
        due = f"{overview.within_30_days} due within {SOON_DAYS} days"
        return f"{plural(overview.total, 'order')} in the account, {due}"

    def overview(self, soonest: int = 100) -> Overview:
        return _overview(self.orders, self.generated_at.date(), soonest)


def report_of(data: Any, contacts: bool = False) -> Report:
    """Read a report as roles make it. Raises ReportError."""
    if not isinstance(data, Mapping):
        raise ReportError("a report is a dictionary")
    generated_at = moment(data.get("generated_at"))
    if generated_at is None:
        raise ReportError(f"generated_at is no ISO 8601 time: {printable(data.get('generated_at'), 50)}")
    phase = _text(data, "phase") or "report"
    _known("phase", phase, PHASES)
    rows = tuple(_dictionaries(data, "orders"))
    account = data.get("account") or {}
    veil = _Veil(rows, contacts)
    return Report(
        title=veil.text(_text(data, "title")) or "Certificate orders",
        generated_at=generated_at,
        phase=phase,
        account_id=id_of(account.get("account_id")),
        api_host=_text(account, "api_host"),
        ticket=veil.text(_text(data, "ticket")),
        job=veil.text(_text(data, "job")),
        names=tuple(veil.text(name) for name in _texts(data, "names")),
        hosts=tuple(veil.text(host) for host in _texts(data, "hosts")),
        plan_sha256=_text(data, "plan_sha256"),
        entries=tuple(_entry(entry, veil) for entry in _dictionaries(data, "entries")),
        orders=tuple(veil.row(row) for row in rows),
        contacts=contacts,
    )


def registered_orders(result: Any, variable: str) -> Sequence[Mapping[str, Any]]:
    """The orders in the result of digicert_order_info that a task has registered as `variable`. Raises ReportError."""
    orders = result.get("orders") if isinstance(result, Mapping) else None
    if not isinstance(orders, Sequence) or isinstance(orders, str):
        raise ReportError(
            f"order_report_orders_from is {printable(variable, 100)}, which is no variable with orders: name the "
            "variable that a task with certops.orders.digicert_order_info has registered"
        )
    return orders


def of_account(
    account: Mapping[str, Any], orders: Iterable[Mapping[str, Any]], generated_at: str, **more: Any
) -> dict[str, Any]:
    """A report, as data, of an account at a glance.

    account: the result of digicert_account_info. orders: those of digicert_order_info. more: title, ticket, job.
    """
    return {
        "title": "",
        "generated_at": generated_at,
        "phase": "report",
        "account": {
            "account_id": (account.get("account") or {}).get("account_id"),
            "api_host": urlsplit(str(account.get("api_url") or "")).netloc,
        },
        "ticket": "",
        "job": "",
        "names": [],
        "hosts": [],
        "plan_sha256": "",
        "entries": [],
        "orders": list(orders),
        **more,
    }


def to_json(report: Report) -> str:
    """All of it, for a program. Plain ASCII, so that no text in it can play tricks where it is looked at."""
    overview = report.overview()
    shown = {
        "schema_version": SCHEMA_VERSION,
        "title": report.title,
        "generated_at": utc_text(report.generated_at),
        "phase": report.phase,
        "account": {"account_id": report.account_id, "api_host": report.api_host},
        "ticket": report.ticket,
        "job": report.job,
        "names": report.names,
        "hosts": report.hosts,
        "plan_sha256": report.plan_sha256,
        "headline": report.headline,
        "summary": {"total": len(report.entries), **report.counts},
        "at_a_glance": {
            "orders": overview.total,
            "by_status": dict(overview.statuses),
            "expiries": [
                {"month": f"{month.first:%Y-%m}", "not_renewed": month.due, "renewed": month.renewed}
                for month in overview.months
            ],
            "later": overview.later,
            "expired": overview.expired,
            "within_30_days": overview.within_30_days,
        },
        "entries": [_shown(entry, report.contacts) for entry in report.entries],
        "orders": report.orders,
    }
    # A line for each entry and order: small, and a diff of two reports shows what became different.
    return "{\n" + ",\n".join(f'"{key}": {_on_lines(value)}' for key, value in shown.items()) + "\n}\n"


def _on_lines(value: Any) -> str:
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
        return "[\n" + ",\n".join(json.dumps(item) for item in value) + "\n]"
    return json.dumps(value)


ENTRY_COLUMNS = ("provider", "order", "name", "domains", "action", "outcome", "reason", "before", "after", "time")
ORDER_COLUMNS = (
    *("order_id", "status", "is_renewed", "common_name", "domains", "date_created", "valid_from", "valid_till"),
    *("product_name", "organization_name", "container_name"),
)


def to_csv(report: Report) -> str:
    """The entries as a table, or the orders where there are no entries; no cell of it is taken for a formula."""
    rows: Iterable[Mapping[str, Any]]
    if report.entries or not report.orders:
        columns = (*ENTRY_COLUMNS, "contact") if report.contacts else ENTRY_COLUMNS
        rows = (_shown(entry, report.contacts) for entry in report.entries)
    else:
        columns, rows = ORDER_COLUMNS, report.orders
    text = io.StringIO()
    # Everything is quoted, so that where a cell ends does not depend on what is in it.
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


# What a spreadsheet takes for the start of a formula, its full-width forms among them.
_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20|%")
# A spreadsheet that splits at another character than ours would find one in the middle.
_FORMULA_WITHIN = re.compile(r"([;,]\s*)(?=[=+@\uff1d\uff0b\uff20-])")


def cell(value: Any) -> str:
    """A value as a cell of a table that may be opened in a spreadsheet."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    joined = " ".join(map(str, value)) if isinstance(value, (list, tuple)) else "" if value is None else str(value)
    text = plain(joined)
    if isinstance(value, int):
        return text
    text = _FORMULA_WITHIN.sub(r"\1'", text)
    return f"'{text}" if joined.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text


def plain(text: str) -> str:
    """Text of one line, with nothing invisible in it."""
    # Nearly everything is plain, and there may be a lot of it.
    return text if len(text) <= _LONG and text.isascii() and text.isprintable() else printable(text, _LONG)


def moment(value: Any) -> datetime | None:
    """A time in UTC, None where it is none."""
    return utc(str(value or "").strip())


def day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value or "")[:10])
    except ValueError:
        return None


class _Veil:
    """Hides what says something of people, unless contacts are asked for."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], contacts: bool) -> None:
        self._contacts = contacts
        self._personal = set() if contacts else {str(row.get("order_id")) for row in rows if _is_personal(row)}

    def text(self, text: str) -> str:
        return text if self._contacts or "@" not in text else _MAILBOX.sub(HIDDEN_ADDRESS, text)

    def name(self, order: str, name: str) -> str:
        return HIDDEN_NAME if order in self._personal and name else self.text(name)

    def contact(self, text: str) -> str:
        return text if self._contacts else ""

    def row(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._contacts:
            return {str(key): _copied(row[key]) for key in row}
        shown = {key: row[key] for key in _IMPERSONAL if key in row}
        shown["common_name"] = self.name(str(row.get("order_id")), _text(row, "common_name"))
        shown["domains"] = [self.text(name) for name in _texts(row, "domains")]
        return shown


def _copied(value: Any) -> Any:
    # Not by a copy of C's, which would take what ansible-core 2.19 has not yet filled in for the value.
    if isinstance(value, Mapping):
        return {str(key): _copied(value[key]) for key in value}
    return [_copied(item) for item in value] if isinstance(value, (list, tuple)) else value


def _is_personal(row: Mapping[str, Any]) -> bool:
    return bool(_PERSONAL_PRODUCTS.search(_text(row, "product_type")))


def _entry(entry: Mapping[str, Any], veil: _Veil) -> Entry:
    order = _text(entry, "order")
    _known("outcome", _text(entry, "outcome"), OUTCOMES)
    _known("action", _text(entry, "action"), ACTIONS)
    return Entry(
        provider=_text(entry, "provider"),
        order=veil.text(order),
        name=veil.name(order, _text(entry, "name")),
        domains=tuple(veil.text(name) for name in _texts(entry, "domains")),
        action=_text(entry, "action"),
        outcome=_text(entry, "outcome"),
        reason=veil.text(_text(entry, "reason")),
        before=veil.text(_text(entry, "before")),
        after=veil.text(_text(entry, "after")),
        contact=veil.contact(_text(entry, "contact")),
        time=_text(entry, "time"),
    )


def _shown(entry: Entry, contacts: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {column: getattr(entry, column) for column in ENTRY_COLUMNS}
    return {**shown, "contact": entry.contact} if contacts else shown


def _overview(rows: Iterable[Mapping[str, Any]], today: date, soonest: int) -> Overview:
    rows = tuple(rows)
    statuses = Counter(_text(row, "status") for row in rows)
    live = [(till, row) for row in rows if row.get("status") in _LIVE for till in [day(row.get("valid_till"))] if till]
    coming = [(till, row) for till, row in live if till >= today]
    due = [(till, row) for till, row in coming if not _is_renewed(row)]
    due.sort(key=lambda item: (item[0], str(item[1].get("order_id")).zfill(12)))
    end = _a_year_after(today)
    counted = Counter((till.replace(day=1), _is_renewed(row)) for till, row in coming if till < end)
    months = [_months_after(today, number) for number in range(13)]
    return Overview(
        total=len(rows),
        statuses=tuple(sorted(statuses.items(), key=lambda item: (-item[1], item[0]))),
        months=tuple(Month(first, counted[first, False], counted[first, True]) for first in months),
        later=sum(till >= end for till, _other in coming),
        expired=len(live) - len(coming),
        within_30_days=sum(till <= today + timedelta(days=SOON_DAYS) for till, _other in due),
        soonest=tuple(row for _other, row in due[:soonest]),
    )


def _is_renewed(row: Mapping[str, Any]) -> bool:
    return row.get("is_renewed") is True or row.get("status") == "renewed"


def _months_after(today: date, number: int) -> date:
    years, month = divmod(today.month - 1 + number, 12)
    return date(today.year + years, month + 1, 1)


def _a_year_after(today: date) -> date:
    # The day after 28 February stands for 29 February.
    leap = today.month == 2 and today.day == 29
    return date(today.year + 1, 3, 1) if leap else today.replace(year=today.year + 1)


def _known(what: str, word: str, words: Iterable[str]) -> None:
    if word not in words:
        raise ReportError(f"{what} is {printable(word, 50)!r}, and not one of {', '.join(words)}")


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return "" if value is None else str(value)


def _texts(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(value) for value in _list(data, key))


def _dictionaries(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    items = _list(data, key)
    if not all(isinstance(item, Mapping) for item in items):
        raise ReportError(f"{key} is no list of dictionaries")
    return items


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise ReportError(f"{key} is no list")
    # Item by item, see _copied.
    items = []
    for item in value:
        items.append(item)
    return items
