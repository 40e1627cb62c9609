# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The parts of results that only Servertastic has: refunds, requests that wait, and steps of the operator."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import ApiError, NotFound, Stopped
from .._common.outcomes import CHANGED, INELIGIBLE, PENDING_APPROVAL, UNCHANGED
from .._common.text import plural
from .models import order_ref
from .policy import CANCELLED, refund, window_is_over

if TYPE_CHECKING:
    from .._common.context import Stop
    from .._runtime.workers import Map
    from .client import Servertastic
    from .models import Adjustment, Listed, Review
    from .readers import Reviews

# Outcomes for which the points audit is read; for every other outcome the refund is "unknown".
_WITH_REFUND = (CHANGED, UNCHANGED, PENDING_APPROVAL, INELIGIBLE)


def with_cancel_results(
    result: dict[str, Any], reader: Reviews, servertastic: Servertastic, now: datetime
) -> dict[str, Any]:
    """Add to the result of a run: refunds, and requested_at, which is an option of the next run. now: in UTC."""
    orders = result["orders"]
    audit = _audit(servertastic) if any(order["outcome"] in _WITH_REFUND for order in orders) else None
    for order in orders:
        digest = order["order_digest"]
        subject = reader.last.get(digest)
        too_late = subject is not None and window_is_over(subject.review, now)
        order["order_ref"] = order_ref(digest)
        order["refund"] = (
            refund(order["outcome"], digest, too_late, audit) if order["outcome"] in _WITH_REFUND else "unknown"
        )
    extended = {**result, "requested_at": reader.waiting(now), "api": servertastic.transport.counters.shown()}
    if len(orders) == 1:
        extended["msg"] += _manual_steps(orders[0])
    if reader.warnings:
        extended["warnings"] = [*result.get("warnings", []), *reader.warnings]
    return extended


def longest_waiting(digests: Collection[str]) -> int:
    """The maximum length of `requested_at` in characters, if all these orders wait."""
    return len(json.dumps(dict.fromkeys(digests, "2026-01-31T12:00:00Z unconfirmed")))


def _manual_steps(order: dict[str, Any]) -> str:
    """The message about steps that need the order management page (docs/development/reference/servertastic.md 0)."""
    is_cancelled = str(order["after"].get("order_status", "")).lower() == CANCELLED
    if order["refund"] == "credited" or not (is_cancelled or order["outcome"] == PENDING_APPROVAL):
        return ""
    at = f" at {order['management_host']}" if order.get("management_host") else ""
    when = "" if is_cancelled else "after the approval, "
    return (
        f"; {when}Servertastic credits the points of a reseller, and a direct customer requests the refund or restarts "
        f"the order on the order management page{at}"
    )


def _audit(servertastic: Servertastic) -> list[Adjustment] | None:
    """The points audit, None if it cannot be read, which does not fail a cancellation."""
    if not servertastic.has_key:
        return None
    try:
        return servertastic.points_audit()
    except (ApiError, Stopped):
        return None


def reviewed(
    servertastic: Servertastic,
    digests: Sequence[str],
    work: Map,
    stop: Stop,
    progress: Callable[[str], None] = lambda _noun: None,
) -> dict[str, Review | None]:
    """Read orders by digest: each once, in the order of `digests`; None for an order without a known token.

    work: a map over threads. progress: called for each order. Raises ApiError or Stopped.
    """

    def review(digest: str) -> Review | None:
        if stop:
            raise Stopped(stop.reason)
        if digest not in servertastic.tokens:
            return None
        progress("Servertastic order")
        try:
            return servertastic.review(digest)
        except NotFound:
            return None

    digests = list(dict.fromkeys(digests))
    return dict(zip(digests, work(review, [(digest,) for digest in digests])))


def reviewed_results(servertastic: Servertastic, digests: Sequence[str], work: Map, stop: Stop) -> dict[str, Any]:
    """The result of servertastic_order_info for orders by digest, see `reviewed`."""
    reviews = reviewed(servertastic, digests, work, stop)
    orders = [found.shown() for found in reviews.values() if found]
    missing = [digest for digest, found in reviews.items() if found is None]
    return {"msg": f"{plural(len(orders), 'order')} found", "orders": orders, "missing": missing}


def listed_results(listed: Sequence[Listed]) -> dict[str, Any]:
    """The result of servertastic_order_info for a list of the account."""
    orders = [one.shown() for one in listed]
    return {"msg": f"{plural(len(orders), 'order')} found", "orders": orders, "missing": []}


def account_result(servertastic: Servertastic, audit: bool) -> dict[str, Any]:
    """The result of servertastic_account_info. audit: whether to add the points audit. Raises ApiError or Stopped."""
    account = servertastic.account()
    points = "an unknown number of" if account.points is None else f"{account.points:.2f}".rstrip("0").rstrip(".")
    result: dict[str, Any] = {
        "msg": f"the account has {points} points",
        "points": account.points,
        "active_orders": [one.shown() for one in account.active_orders],
        "completed_orders": [one.shown() for one in account.completed_orders],
    }
    if audit:
        result["audit"] = [one.shown() for one in servertastic.points_audit()]
    return result
