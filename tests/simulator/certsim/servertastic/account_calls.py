# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls about the account: docs/development/reference/servertastic.md 3.1."""

from __future__ import annotations

from typing import Any

from certsim.exchange import Answer
from certsim.servertastic.context import Context
from certsim.servertastic.model import CANCELLED, COMPLETED


def review(call: Context) -> Answer:
    """GET account/review."""
    view, account = call.view(), call.account()
    by_kind: dict[str, list[Any]] = {"active": [], "completed": []}
    for order in call.known_orders():
        if order.status != CANCELLED:
            by_kind["completed" if order.status == COMPLETED else "active"].append(view.row(order))
    body = {
        "purchased_points": view.purchased_points(account),
        **view.wrapped("active_orders", "active_order", by_kind["active"], "orders_shape"),
    }
    if call.switch("account_review_has_completed"):
        body.update(view.wrapped("completed_orders", "completed_order", by_kind["completed"], "orders_shape"))
    return call.answer("Reseller Overview", body)


def points_audit(call: Context) -> Answer:
    """GET account/pointsaudit: the only call that links a credit to an order token."""
    view = call.view()
    return call.answer("PointsAudit", view.bare("record", view.audit(call.account()), "orders_shape"))
