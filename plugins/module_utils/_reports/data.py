# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The data of a report: check it, redact personal data, count outcomes, and write JSON and CSV."""

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

from .._common import actions
from .._common.text import plural, printable
from .._common.values import id_of, utc, utc_text
from .listing import DUE_COLUMNS, UNKNOWN, compact

SCHEMA_VERSION = 1
PHASES = ("report", "plan", "apply")
# The outcomes of an entry with their labels, the most urgent first.
OUTCOMES: Mapping[str, str] = {
    "left": "for manual review",
    "failed": "failed",
    "unknown": "with an unknown outcome",
    "refused": "refused",
    "pending_approval": "waiting for approval",
    "not_attempted": "not attempted",
    "planned": "planned",
    "done": "done",
    "waiting": "waiting for a later run",
    "unchanged": "unchanged",
}
# The states of entries in the headline: the outcomes, and those that Entry.state has besides.
_IN_HEADLINE: Mapping[str, str] = {**OUTCOMES, "done_before": "already done", "kept": "kept (report only)"}
ACTIONS: Mapping[str, str] = {name: action.label for name, action in actions.ACTIONS.items()}
# The actions that change an order and cannot be undone, and those that can.
IRREVERSIBLE = tuple(name for name, action in actions.ACTIONS.items() if action.is_irreversible)
REVERSIBLE = tuple(name for name, action in actions.ACTIONS.items() if action.to_do and not action.is_irreversible)
HIDDEN_NAME = "(name hidden)"
HIDDEN_ADDRESS = "(address hidden)"
SOON_DAYS = 30
# The statuses of orders that have a certificate.
_IN_USE = ("issued", "reissue_pending", "renewed")
# The columns of an order without personal data. A report has the other columns only if contacts are requested.
_PUBLIC_COLUMNS = (
    *("order_id", "status", "is_renewed", "is_migrated", "common_name", "domains", "certificate_id", "serial_number"),
    *("date_created", "valid_from", "valid_till", "days_remaining", "order_valid_till", "is_multi_year_plan"),
    *("product_name_id", "product_name", "product_type", "organization_id", "organization_name", "container_id"),
    *("container_name", "has_duplicates", "has_reissues", "disable_renewal_notifications", "certificate_status"),
    *("thumbprint", "renewed_order_id", "renewal_of_order_id", "auto_renew", "auto_reissue", "successor"),
)
# Product types of certificates that are issued to a person; the common name is then the name of the person.
_PERSONAL_PRODUCTS = re.compile(r"client|smime|email|personal", re.IGNORECASE)
_MAILBOX = re.compile(r"[^\s@<>()\[\]\"',;:]+@[^\s@<>()\[\]\"',;:]+")
_MAX_LENGTH = 2000


class ReportError(ValueError):
    """The data is not a valid report. The message has the reason."""


@dataclass(frozen=True)
class Entry:
    """An entry of the report: what was planned for an order, or done with it. Personal data is redacted."""

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
    # Whether the change of another action drops a reissue first, which is irreversible.
    drop_reissue: bool = False
    # The request that was rejected, or that waits for approval; None if there is none.
    request_id: int | None = None

    @property
    def moment(self) -> datetime | None:
        return moment(self.time)

    @property
    def state(self) -> str:
        """The outcome, `kept` of an order that is reported only, or `done_before` of a change of an earlier run."""
        if self.outcome == "left" and self.action == "keep":
            return "kept"
        # Only a change of this run has a time.
        return "done_before" if self.outcome == "done" and not self.time else self.outcome


@dataclass(frozen=True)
class Month:
    """A calendar month, and how many certificates expire in it, by whether the order is renewed."""

    first: date
    due: int = 0
    renewed: int = 0

    @property
    def total(self) -> int:
        return self.due + self.renewed


@dataclass(frozen=True)
class Overview:
    """The orders of an account on the day of the report.

    statuses: pairs of a status and its number of orders, the most frequent first. months: the next 12 months as 13
    calendar months, the first and last of which are incomplete. later: certificates that expire after these months.
    expired: certificates of issued orders that have expired. soonest: the rows that expire and are not renewed, the
    soonest first.
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
    """A checked report. Personal data is redacted unless contacts are requested."""

    title: str
    generated_at: datetime
    phase: str
    account_id: int | None
    api_host: str
    ticket: str
    job: str
    names: tuple[str, ...]
    hosts: tuple[str, ...]
    # The names of each of the hosts, where they are known.
    servers: Mapping[str, tuple[str, ...]]
    plan_sha256: str
    entries: tuple[Entry, ...]
    orders: tuple[Mapping[str, Any], ...]
    contacts: bool
    # What selects the orders; None for all orders of the account. Then `listed` has a row with DUE_COLUMNS for each.
    filters: Mapping[str, Any] | None = None
    listed: tuple[Mapping[str, Any], ...] = ()
    # The orders in use that are due without a successor, with DUE_COLUMNS; None if that was not found out.
    due_without_successor: tuple[Mapping[str, Any], ...] | None = None
    # The kind of the plan, and the guards that stop its changes; empty for a report on an account.
    kind: str = ""
    violations: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """The number of entries by outcome, the most urgent first, without outcomes that have no entry."""
        counted = Counter(entry.outcome for entry in self.entries)
        return {outcome: counted[outcome] for outcome in OUTCOMES if counted[outcome]}

    @property
    def headline(self) -> str:
        """The report in one sentence."""
        if self.entries:
            counted = Counter(entry.state for entry in self.entries)
            parts = ", ".join(f"{counted[one]} {words}" for one, words in _IN_HEADLINE.items() if counted[one])
            return f"{plural(len(self.entries), 'order')}: {parts}"
        if self.filters is not None:
            return self._headline_of_selection()
        if not self.orders:
            return "no orders"
        overview = self.overview()
        due = f"{overview.within_30_days} due within {SOON_DAYS} days"
        return f"{plural(overview.total, 'order')} in the account, {due}"

    def _headline_of_selection(self) -> str:
        count = len(self.orders)
        matching = f"{plural(count, 'order')} {'matches' if count == 1 else 'match'} the filters"
        return f"{matching}, {len(self.due_without_successor or ())} without a successor"

    def overview(self, soonest: int = 100) -> Overview:
        return _overview(self.orders, self.generated_at.date(), soonest)


def report_of(data: Any, contacts: bool = False) -> Report:
    """Read the report data that a role has made. contacts: whether to keep personal data. Raises ReportError."""
    if not isinstance(data, Mapping):
        raise ReportError("the report data must be a dictionary")
    generated_at = moment(data.get("generated_at"))
    if generated_at is None:
        raise ReportError(f"generated_at is not an ISO 8601 time: {printable(data.get('generated_at'), 50)}")
    phase = _text(data, "phase") or "report"
    _check_choice("phase", phase, PHASES)
    rows = tuple(_dictionaries(data, "orders"))
    account = data.get("account") or {}
    redactor = _Redactor(rows, contacts)
    due, filters = data.get("due_without_successor"), data.get("filters")
    return Report(
        title=redactor.text(_text(data, "title")) or "Certificate orders",
        generated_at=generated_at,
        phase=phase,
        account_id=id_of(account.get("account_id")),
        api_host=_text(account, "api_host"),
        ticket=redactor.text(_text(data, "ticket")),
        job=redactor.text(_text(data, "job")),
        names=tuple(redactor.text(name) for name in _texts(data, "names")),
        hosts=tuple(redactor.text(host) for host in _texts(data, "hosts")),
        servers=_servers(data, redactor),
        plan_sha256=_text(data, "plan_sha256"),
        entries=tuple(_entry(entry, redactor) for entry in _dictionaries(data, "entries")),
        orders=tuple(redactor.row(row) for row in rows),
        contacts=contacts,
        filters=None if filters is None else _redacted_filters(filters, redactor),
        listed=tuple(redactor.due_row(row) for row in _dictionaries(data, "listed")),
        due_without_successor=(
            None
            if due is None
            else tuple(redactor.due_row(row) for row in _dictionaries(data, "due_without_successor"))
        ),
        kind=_text(data, "kind"),
        violations=tuple(redactor.text(reason) for reason in _texts(data, "violations")),
    )


def _redacted_filters(filters: Any, redactor: _Redactor) -> dict[str, Any]:
    if not isinstance(filters, Mapping):
        raise ReportError("filters must be a dictionary")
    return {str(name): redactor.value(filters[name]) for name in filters}


def _servers(data: Mapping[str, Any], redactor: _Redactor) -> dict[str, tuple[str, ...]]:
    servers = data.get("servers") or {}
    if not isinstance(servers, Mapping):
        raise ReportError("servers must be a dictionary")
    return {
        redactor.text(str(host)): tuple(redactor.text(name) for name in _texts(servers, host))
        for host in sorted(servers, key=str)
    }


def registered_orders(result: Any, variable: str) -> Sequence[Mapping[str, Any]]:
    """Return a copy of the orders of a registered result of digicert_order_info, as JSON has them.

    variable: its name. Raises ReportError.
    """
    named = f"order_report_orders_from is {printable(variable, 100)}"
    orders = result.get("orders") if isinstance(result, Mapping) else None
    rows: list[Any] = _copy_plain(orders, f"{named}: ") if isinstance(orders, (list, tuple)) else [None]
    if not all(isinstance(row, dict) for row in rows):
        raise ReportError(
            f"{named}, which is not a variable with orders: set it to the name of a variable that a task with "
            "certops.orders.digicert_order_info has registered"
        )
    return rows


def of_account(
    account: Mapping[str, Any], orders: Iterable[Mapping[str, Any]], generated_at: str, **more: Any
) -> dict[str, Any]:
    """Return the report data of an account without changes.

    account: the result of digicert_account_info. orders: the orders of digicert_order_info. more: title, ticket, job.
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
    """Return the report as JSON, in the format of docs/report_files.md.

    The text is ASCII, so that no control or bidirectional character reaches a viewer.
    """
    overview = report.overview()
    shown = {
        "schema_version": SCHEMA_VERSION,
        "title": report.title,
        "generated_at": utc_text(report.generated_at),
        "phase": report.phase,
        "kind": report.kind,
        "account": {"account_id": report.account_id, "api_host": report.api_host},
        "ticket": report.ticket,
        "job": report.job,
        "names": report.names,
        "hosts": report.hosts,
        "servers": report.servers,
        "plan_sha256": report.plan_sha256,
        "headline": report.headline,
        "violations": report.violations,
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
        **({} if report.filters is None else {"filters": report.filters}),
        "entries": [_columns_of(entry, report.contacts) for entry in report.entries],
        **_due_in_json(report),
        **compact(report.orders),
    }
    # One line for each entry and order: a diff of two reports shows the changed orders.
    return "{\n" + ",\n".join(f'"{key}":{_one_per_line(value)}' for key, value in shown.items()) + "\n}\n"


def _due_in_json(report: Report) -> dict[str, Any]:
    """Return what `orders` does not say of the orders without a successor: which they are, and `none` or `unknown`."""
    if report.due_without_successor is None:
        return {}
    columns = ("order_id", "successor")
    return {
        "due_without_successor": [{column: row[column] for column in columns} for row in report.due_without_successor]
    }


def _one_per_line(value: Any) -> str:
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
        return "[\n" + ",\n".join(map(_json, value)) + "\n]"
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), default=_copy_plain)


ENTRY_COLUMNS = (
    *("provider", "order", "name", "domains", "action", "outcome", "reason", "before", "after", "time"),
    "request_id",
)
ORDER_COLUMNS = (
    *("order_id", "status", "is_renewed", "common_name", "domains", "date_created", "valid_from", "valid_till"),
    *("product_name", "organization_name", "container_name"),
)


def to_csv(report: Report) -> str:
    """Return the entries as CSV, or the orders if there are no entries. No cell can be read as a formula.

    Orders that filters have selected have DUE_COLUMNS.
    """
    columns: Sequence[str]
    rows: Iterable[Mapping[str, Any]]
    if report.filters is not None and not report.entries:
        columns, rows = DUE_COLUMNS, report.listed
    elif report.entries or not report.orders:
        columns = (*ENTRY_COLUMNS, "contact") if report.contacts else ENTRY_COLUMNS
        rows = (_columns_of(entry, report.contacts) for entry in report.entries)
    else:
        columns, rows = ORDER_COLUMNS, report.orders
    text = io.StringIO()
    # All cells are quoted, so that the end of a cell does not depend on its content.
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return text.getvalue()


# Characters that start a formula in a spreadsheet, with their full-width forms.
_FORMULA_START = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20|%")
# A spreadsheet that splits cells at another character would find a formula in the middle of a cell.
_FORMULA_WITHIN = re.compile(r"([;,]\s*)(?=[=+@\uff1d\uff0b\uff20-])")


def cell(value: Any) -> str:
    """Return a value as the text of a CSV cell that is safe to open in a spreadsheet."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    joined = " ".join(map(str, value)) if isinstance(value, (list, tuple)) else "" if value is None else str(value)
    text = plain(joined)
    if isinstance(value, int):
        return text
    text = _FORMULA_WITHIN.sub(r"\1'", text)
    return f"'{text}" if joined.lstrip(" ").startswith(_FORMULA_START) or text.startswith(_FORMULA_START) else text


def plain(text: str) -> str:
    """Return a text as one printable line."""
    # Most texts are short and ASCII. This check makes a report of many orders faster.
    return text if len(text) <= _MAX_LENGTH and text.isascii() and text.isprintable() else printable(text, _MAX_LENGTH)


def moment(value: Any) -> datetime | None:
    """Parse an ISO 8601 time and return it in UTC, None if it is not valid."""
    return utc(str(value or "").strip())


def day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value or "")[:10])
    except ValueError:
        return None


class _Redactor:
    """Redacts personal data (mail addresses, names, contacts) unless contacts are requested."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], contacts: bool) -> None:
        self._contacts = contacts
        self._personal = set() if contacts else {str(row.get("order_id")) for row in rows if _is_personal(row)}

    def text(self, text: str) -> str:
        return text if self._contacts or "@" not in text else _MAILBOX.sub(HIDDEN_ADDRESS, text)

    def name(self, order: str, name: str) -> str:
        return HIDDEN_NAME if order in self._personal and name else self.text(name)

    def contact(self, text: str) -> str:
        return text if self._contacts else ""

    def value(self, value: Any) -> Any:
        """Redact the texts of a value of JSON."""
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def due_row(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        shown = {column: self.value(row.get(column)) for column in DUE_COLUMNS}
        shown["common_name"] = self.name(str(row.get("order_id")), _text(row, "common_name"))
        if not self._contacts and shown["requester"] != UNKNOWN:
            shown["requester"] = HIDDEN_NAME
        return shown

    def row(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._contacts:
            return {str(key): _copy_plain(row[key]) for key in row}
        shown = {key: row[key] for key in _PUBLIC_COLUMNS if key in row}
        shown["common_name"] = self.name(str(row.get("order_id")), _text(row, "common_name"))
        shown["domains"] = [self.text(name) for name in _texts(row, "domains")]
        return shown


def _copy_plain(value: Any, where: str = "") -> Any:
    """Return a copy of a value as JSON has it, with dates as texts. where: begins the message of a ReportError."""
    # Item by item: from ansible-core 2.19 on a value can be a lazy template, which a copy in C would not resolve.
    if isinstance(value, Mapping):
        return {str(key): _copy_plain(value[key], where) for key in value}
    if isinstance(value, (list, tuple)):
        return [_copy_plain(item, where) for item in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    # YAML has dates without quotes.
    if isinstance(value, date):
        return value.isoformat()
    raise ReportError(f"{where}an order has a value of the type {type(value).__name__}: make it a text")


def _is_personal(row: Mapping[str, Any]) -> bool:
    return bool(_PERSONAL_PRODUCTS.search(_text(row, "product_type")))


def _entry(entry: Mapping[str, Any], redactor: _Redactor) -> Entry:
    order = _text(entry, "order")
    _check_choice("outcome", _text(entry, "outcome"), OUTCOMES)
    _check_choice("action", _text(entry, "action"), ACTIONS)
    return Entry(
        provider=_text(entry, "provider"),
        order=redactor.text(order),
        name=redactor.name(order, _text(entry, "name")),
        domains=tuple(redactor.text(name) for name in _texts(entry, "domains")),
        action=_text(entry, "action"),
        outcome=_text(entry, "outcome"),
        reason=redactor.text(_text(entry, "reason")),
        before=redactor.text(_text(entry, "before")),
        after=redactor.text(_text(entry, "after")),
        contact=redactor.contact(_text(entry, "contact")),
        time=_text(entry, "time"),
        drop_reissue=entry.get("drop_reissue") is True,
        request_id=id_of(entry.get("request_id")),
    )


def _columns_of(entry: Entry, contacts: bool) -> dict[str, Any]:
    shown = {column: getattr(entry, column) for column in ENTRY_COLUMNS}
    if entry.request_id is None:
        del shown["request_id"]
    return {**shown, "contact": entry.contact} if contacts else shown


def _overview(rows: Iterable[Mapping[str, Any]], today: date, soonest: int) -> Overview:
    rows = tuple(rows)
    statuses = Counter(_text(row, "status") for row in rows)
    # An expired certificate can still have the status issued, so dates decide.
    in_use = [
        (till, row) for row in rows if row.get("status") in _IN_USE for till in [day(row.get("valid_till"))] if till
    ]
    valid = [(till, row) for till, row in in_use if till >= today]
    due = [(till, row) for till, row in valid if not _is_renewed(row)]
    due.sort(key=lambda item: (item[0], str(item[1].get("order_id")).zfill(12)))
    end = _a_year_after(today)
    counted = Counter((till.replace(day=1), _is_renewed(row)) for till, row in valid if till < end)
    months = [_months_after(today, number) for number in range(13)]
    return Overview(
        total=len(rows),
        statuses=tuple(sorted(statuses.items(), key=lambda item: (-item[1], item[0]))),
        months=tuple(Month(first, counted[first, False], counted[first, True]) for first in months),
        later=sum(till >= end for till, _other in valid),
        expired=len(in_use) - len(valid),
        within_30_days=sum(till <= today + timedelta(days=SOON_DAYS) for till, _other in due),
        soonest=tuple(row for _other, row in due[:soonest]),
    )


def _is_renewed(row: Mapping[str, Any]) -> bool:
    return row.get("is_renewed") is True or row.get("status") == "renewed"


def _months_after(today: date, number: int) -> date:
    years, month = divmod(today.month - 1 + number, 12)
    return date(today.year + years, month + 1, 1)


def _a_year_after(today: date) -> date:
    # A year after 29 February is 1 March.
    leap = today.month == 2 and today.day == 29
    return date(today.year + 1, 3, 1) if leap else today.replace(year=today.year + 1)


def _check_choice(what: str, word: str, words: Iterable[str]) -> None:
    if word not in words:
        raise ReportError(f"{what} is {printable(word, 50)!r}, but must be one of {', '.join(words)}")


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return "" if value is None else str(value)


def _texts(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(value) for value in _list(data, key))


def _dictionaries(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    items = _list(data, key)
    if not all(isinstance(item, Mapping) for item in items):
        raise ReportError(f"{key} must be a list of dictionaries")
    return items


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise ReportError(f"{key} must be a list")
    # Item by item, see _copy_plain.
    items = []
    for item in value:
        items.append(item)
    return items
