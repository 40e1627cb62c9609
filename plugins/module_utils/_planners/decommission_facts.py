# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The facts that a decommission reads from an order: names, certificates, status and last day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from .._common.names import dns_name
from .._common.options import OptionError, domain_name

CANCELABLE = ("pending", "waiting_pickup")
ENDED = ("revoked", "rejected", "denied", "canceled")
# Servertastic's states (docs/development/reference/servertastic.md 5), in lower case.
_UNCONFIGURED = "order placed"
NOT_ISSUED = (_UNCONFIGURED, "awaiting customer verification", "awaiting provider approval", "queued")
COMPLETED, CANCELLED = "completed", "cancelled"
SERVED, NOT_SERVED, UNRESOLVED, WAIVED = "served", "not_served", "unresolved", "waived"


def is_page(order: Mapping[str, Any]) -> bool:
    """Return whether an order was read with details, which lists do not have."""
    return "pending_requests" in order


def names_known(order: Mapping[str, Any]) -> bool:
    """Return whether the row has all names of the order."""
    return order.get("domains_known") is True


def has_one_certificate(order: Mapping[str, Any]) -> bool:
    return order.get("has_duplicates") is False and order.get("has_reissues") is False


def is_dns_name(name: str) -> bool:
    try:
        return domain_name(name, "") == name
    except OptionError:
        return False


def names_of(order: Mapping[str, Any]) -> list[str]:
    return [dns_name(str(name)) for name in order.get("domains") or ()]


def display_name(name: str) -> str:
    """Return a name for display: in the spelling of the service, but a Unicode name in the spelling of DNS."""
    spelled = dns_name(name)
    return name if name.isascii() or not spelled.isascii() else spelled


def names_of_review(review: Mapping[str, Any]) -> list[str]:
    return sorted({dns_name(review["domain_name"]), *names_of(review)})


def certificates_of(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the certificates that a revocation of the order ends, from a row of digicert_certificate_revoke."""
    return list((row.get("before") or {}).get("certificates") or ())


def order_status(order: Mapping[str, Any]) -> str:
    """Return the status of an order without a renewed mark, and expired as soon as its certificate has expired.

    A mark can show as the status `renewed`, and the status of an expired order can still be `issued`
    (docs/development/reference/certcentral.md 2.2, 2.3).
    """
    status, days = str(order.get("status") or ""), order.get("days_remaining")
    if status not in ("issued", "renewed", "expired"):
        return status
    has_expired = status == "expired" or (days is not None and days < 0)
    return "expired" if has_expired and not renews_after_expiry(order) else "issued"


def renews_after_expiry(order: Mapping[str, Any]) -> bool | None:
    """Return whether an order can be reissued after its certificate has expired, as an annual plan; None if unknown.

    The function compares dates only, because it is not known whether is_multi_year_plan is set for annual plans
    (docs/development/reference/certcentral.md 8).
    """
    ends, till, days = (order.get(name) for name in ("order_valid_till", "valid_till", "days_remaining"))
    if not ends:
        return False
    try:
        days_after_certificate = (date.fromisoformat(str(ends)[:10]) - date.fromisoformat(str(till)[:10])).days
    except ValueError:
        return None
    return None if days is None else days_after_certificate > 0 and days_after_certificate + days >= 0


def valid_until(order: Mapping[str, Any]) -> str:
    return f"the order can be reissued until {order.get('order_valid_till')}"


def review_state(review: Mapping[str, Any]) -> str:
    return str(review.get("order_status") or "").strip().lower()
