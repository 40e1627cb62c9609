# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls about orders: docs/development/reference/servertastic.md 3.1, 4 and 5."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from certsim.exchange import Answer
from certsim.servertastic import errors, rules
from certsim.servertastic.context import Context
from certsim.servertastic.model import CANCELLED, ORDER_PLACED, ROLL_BACK

_EXPIRING_DAYS = "60"
_DAYS_MOST = 36500


def review(call: Context) -> Answer:
    """GET order/review."""
    view = call.view()
    return call.answer("Review Order", view.review(view.known(call.order())))


def cancel(call: Context) -> Answer:
    """GET order/cancel: a GET that writes."""
    success, effect = rules.cancel(call, call.order())
    return call.answer(success, effect=effect)


def modified_orders(call: Context) -> Answer:
    """GET order/modifiedorders: those that changed at or after a date, which is in GMT."""
    view = call.view()
    orders, since = call.known_orders(), _date(call.arguments["date"])
    rows = [view.review(order) for order in orders if order.changed_at.replace(microsecond=0) >= since]
    # Its meaning is not documented: INVENTED.
    accuracy = {"data_accuracy": view.stamp(call.now)}
    return call.answer("Modified Orders", {**view.wrapped("orders", "order", rows, "orders_shape"), **accuracy})


def expiring(call: Context) -> Answer:
    """GET order/expiring: those that are issued and expire within some days."""
    view = call.view()
    orders, days = call.known_orders(), call.arguments.get("days", _EXPIRING_DAYS)
    if not (days.isascii() and days.isdecimal()) or int(days[:6]) > _DAYS_MOST:
        raise errors.invalid("days")
    end = call.now + timedelta(days=int(days))
    rows = [
        view.row(order)
        for order in orders
        if order.status not in (CANCELLED, ROLL_BACK)
        and order.expiry_date is not None
        and call.now <= order.expiry_date <= end
    ]
    return call.answer("Expiring Orders", view.wrapped("orders", "order", rows, "orders_shape"))


def show_tokens(call: Context) -> Answer:
    """GET order/showtokens: tokens of orders that are not configured, and of all others."""
    view = call.view()
    lists: dict[str, list[dict[str, str]]] = {"unused_tokens": [], "used_tokens": []}
    for order in call.known_orders():
        row = {"token": order.token, "reseller_unique_reference": order.reseller_unique_reference}
        lists["unused_tokens" if order.status == ORDER_PLACED else "used_tokens"].append(row)
    body: dict[str, Any] = {}
    for name, rows in lists.items():
        body.update(view.wrapped(name, "order_token", rows, "showtokens_shape"))
    return call.answer("Order tokens", body)


def _date(given: str) -> datetime:
    try:
        return datetime.strptime(given, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise errors.invalid("date") from error
