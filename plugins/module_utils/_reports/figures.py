# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The figures of an account that the page and the metrics of a report have. Pure: no I/O, no clock, no Ansible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .data import Report, day, moment
from .listing import UNKNOWN

# Days from the report on within which an order is due.
HORIZONS = (7, 30, 60, 90)
# The statuses of an order that has no certificate yet. A pending reissue is not among them: its order is old.
_PENDING = ("pending", "needs_approval", "waiting_pickup", "processing", "needs_csr")
# By what orders are grouped: the columns of an order, the first one that has a value decides.
GROUPINGS: Mapping[str, Sequence[str]] = {
    "organization": ("organization_name", "organization_id"),
    "container": ("container_name", "container_id"),
    "product": ("product_name", "product_name_id"),
}
_OWN_COLUMNS = ("order_id", "common_name", "status", "serial_number", "auto_renew")
_DUE = (*_OWN_COLUMNS, *GROUPINGS)


@dataclass(frozen=True)
class Group:
    """The orders of an organization, a container or a product. due: how many are due within each of HORIZONS."""

    name: str
    orders: int
    due: tuple[int, ...]


def due_without_successor(report: Report) -> list[dict[str, Any]]:
    """Return the orders in use that expire within the last of HORIZONS without a successor, the soonest first.

    These are those of the report itself, where successors were searched; otherwise the orders that are not renewed. A
    row has order_id, common_name, status, serial_number, expires (a date), days_remaining, organization, container,
    product, and auto_renew. What is not known is empty or None.
    """
    if report.due_without_successor is not None:
        known = [_known(report, row) for row in report.due_without_successor]
        dated = [row for row in known if row["days_remaining"] is not None]
        due = [row for row in dated if 0 <= row["days_remaining"] <= HORIZONS[-1]]
        return sorted(due, key=lambda row: (row["days_remaining"], str(row["order_id"]).zfill(12)))
    rows = report.overview(len(report.orders)).soonest
    found = [{**_due(row), "days_remaining": days_left(report, row.get("valid_till"))} for row in rows]
    return [row for row in found if row["days_remaining"] <= HORIZONS[-1]]


def _known(report: Report, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the report without the word that stands for what is not known, and with days from its day on."""
    empty = {**dict.fromkeys(GROUPINGS, ""), "auto_renew": None}
    shown = {name: empty.get(name) if row.get(name) == UNKNOWN else row.get(name) for name in _DUE}
    return {**shown, "expires": str(row.get("expires"))[:10], "days_remaining": days_left(report, row.get("expires"))}


def _due(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: row.get(name) for name in _OWN_COLUMNS}
    return {**shown, "expires": str(row.get("valid_till"))[:10], **{name: _group(row, name) for name in GROUPINGS}}


def days_left(report: Report, valid_till: Any) -> int | None:
    """Return the days from the day of the report to a date, negative for a date before it; None without a date."""
    till = day(valid_till)
    return None if till is None else (till - report.generated_at.date()).days


def due_within(rows: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    """Return how many rows of `due_without_successor` are due within each of HORIZONS."""
    days = [row["days_remaining"] for row in rows]
    return tuple(sum(left <= horizon for left in days) for horizon in HORIZONS)


def groups(report: Report, due: Iterable[Mapping[str, Any]], grouping: str) -> list[Group]:
    """Return the orders of the account by one of GROUPINGS, those with the most due orders first.

    due: the rows of `due_without_successor`. The name of the group of orders without a value is empty. Without any
    value there are no groups.
    """
    counted = Counter(_group(row, grouping) for row in report.orders)
    if set(counted) <= {""}:
        return []
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for row in due:
        rows.setdefault(row[grouping], []).append(row)
    found = [Group(name, count, due_within(rows.get(name, ()))) for name, count in counted.items()]
    return sorted(found, key=lambda group: (*(-count for count in reversed(group.due)), -group.orders, group.name))


def _group(row: Mapping[str, Any], grouping: str) -> str:
    return next((str(row[name]) for name in GROUPINGS[grouping] if row.get(name) not in (None, "")), "")


def oldest_pending(report: Report) -> timedelta:
    """Return the age of the oldest order that waits for its certificate, zero if there is none."""
    placed = [moment(row.get("date_created")) for row in report.orders if row.get("status") in _PENDING]
    first: datetime = min((one for one in placed if one), default=report.generated_at)
    return max(report.generated_at - first, timedelta())
