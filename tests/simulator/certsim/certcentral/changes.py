# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which orders changed their status lately: docs/development/reference/certcentral.md 4.5."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from certsim.certcentral import context, errors
from certsim.certcentral.context import Context
from certsim.certcentral.days import MOUNTAIN
from certsim.certcentral.model import Order
from certsim.exchange import Answer

_UNITS = {"minutes": 60, "seconds": 1}
_LONGEST = 7 * 86400
_UPDATED = "status_last_updated"


def list_changes(call: Context) -> Answer:
    """GET /order/certificate/status-changes."""
    parameters, filters = call.query(*_UNITS, filters=(_UPDATED,))
    since, till = _window(call, parameters, filters.get(_UPDATED, []))
    # An order that changed again after the days that are asked for is left out.
    newest = till if filters else call.now
    till = min(till, call.now - timedelta(seconds=call.switch("status_changes_lag_seconds")))
    found = [
        (moment, order, status)
        for order in call.account.book
        if call.key.sees(order) and not any(moment > newest for moment, _status in _changes(call, order))
        for moment, status in _shown(call, order, since, till)
    ]
    found.sort(key=lambda change: change[0])
    if call.switch("status_changes_order") == "newest_first":
        found.reverse()
    elif call.switch("status_changes_order") == "highest_id_first":
        found.sort(key=lambda change: change[1].id, reverse=True)
    return context.answer(call.listed("orders", [_row(call, order, status) for _moment, order, status in found]))


def _window(call: Context, parameters: dict[str, str], updated: list[str]) -> tuple[datetime, datetime]:
    """Return the limits of the list of changes; both units add up (docs/development/reference/certcentral.md 4.5)."""
    if updated:
        begin, end = _range(updated[-1])
        first, last = _mountain(begin), _mountain(end)
        # A day counts to its end.
        last += timedelta(days=1, seconds=-1) if len(end) == len("2026-11-01") else timedelta()
    elif parameters:
        seconds = sum(context.number(name, value, 1) * _UNITS[name] for name, value in parameters.items())
        first, last = call.now - timedelta(seconds=min(seconds, 2 * _LONGEST)), call.now
    else:
        raise errors.time_frame_required()
    if last - first > timedelta(seconds=_LONGEST):
        raise errors.time_frame_too_long()
    return first, last


def _range(value: str) -> tuple[str, str]:
    first, dots, last = value.partition("...")
    if not dots:
        raise errors.invalid_value(_UPDATED)
    return first, last


def _mountain(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=MOUNTAIN).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise errors.invalid_value(_UPDATED) from error


def _shown(call: Context, order: Order, since: datetime, till: datetime) -> list[tuple[datetime, str]]:
    """Return the changes of one order that are listed."""
    changes = [change for change in _changes(call, order) if since <= change[0] <= till]
    if call.switch("status_changes_rows") == "each":
        return sorted(changes)
    return [(max(changes)[0], call.view().status(order))] if changes else []


def _changes(call: Context, order: Order) -> Iterator[tuple[datetime, str]]:
    yield from order.changes
    if call.switch("status_changes_of_marks") and order.mark_changed is not None:
        yield order.mark_changed, call.view().status(order)
    last_day = order.certificate.valid_till
    if order.is_plan and call.switch("status_of_reissuable") == "issued":
        last_day = order.order_valid_till
    if call.switch("status_changes_of_expiry") and last_day is not None and order.status == "issued":
        moment = datetime.combine(last_day + timedelta(days=1), time(), UTC)
        if moment <= call.now:
            yield moment, "expired"


def _row(call: Context, order: Order, status: str) -> dict[str, Any]:
    row: dict[str, Any] = {"order_id": order.id, "status": status}
    number = order.certificate.id
    if number is not None:
        row["certificate_id"] = number
    elif call.switch("status_changes_certificate_when_none") != "absent":
        row["certificate_id"] = {"null": None, "zero": 0}[call.switch("status_changes_certificate_when_none")]
    return row
