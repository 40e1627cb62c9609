# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The facts that a decommission reads from an order: certificates, status and last day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._certcentral.models import DETAILS
from .._common.names import dns_name
from .._common.options import OptionError, domain_name

if TYPE_CHECKING:
    from datetime import date

    from .._certcentral.models import Certificate, Order, Request
    from .._servertastic.models import Review

CANCELABLE = ("pending", "waiting_pickup")
ENDED = ("revoked", "rejected", "denied", "canceled")
# Servertastic's states (docs/development/reference/servertastic.md 5), in lower case.
_UNCONFIGURED = "order placed"
NOT_ISSUED = (_UNCONFIGURED, "awaiting customer verification", "awaiting provider approval", "queued")
COMPLETED, CANCELLED = "completed", "cancelled"
SERVED, NOT_SERVED, UNRESOLVED, WAIVED = "served", "not_served", "unresolved", "waived"


@dataclass(frozen=True)
class Ending:
    """What a revocation of an order would end, as far as it could be read.

    order: with its certificates, None if those could not be read. certificates: those that the revocation would end.
    requests: those that wait and ask for this revocation. reason: why it is not possible, or may end more.
    """

    order_id: int
    order: Order | None = None
    certificates: tuple[Certificate, ...] = ()
    requests: tuple[Request, ...] = ()
    reason: str = ""

    @property
    def are_certificates_known(self) -> bool:
        return self.order is not None and not self.order.unknown

    @property
    def names(self) -> set[str]:
        return {name for one in self.certificates for name in one.domains}


def is_page(order: Order) -> bool:
    """Return whether an order was read with details, which lists do not have."""
    return DETAILS in order.seen


def has_one_certificate(order: Order) -> bool:
    return order.has_duplicates is False and order.has_reissues is False


def is_dns_name(name: str) -> bool:
    try:
        return domain_name(name, "") == name
    except OptionError:
        return False


def display_name(name: str) -> str:
    """Return a name for display: in the spelling of the service, but a Unicode name in the spelling of DNS."""
    spelled = dns_name(name)
    return name if name.isascii() or not spelled.isascii() else spelled


def names_of_review(review: Review) -> list[str]:
    return sorted(set(map(dns_name, (review.domain_name, *review.domains))))


def order_status(order: Order, today: date) -> str:
    """Return the status of an order without a renewed mark, and expired as soon as its certificate has expired.

    A mark can show as the status `renewed`, and the status of an expired order can still be `issued`
    (docs/development/reference/certcentral.md 2.2, 2.3).
    """
    if order.status not in ("issued", "renewed", "expired"):
        return order.status
    days = order.days_remaining(today)
    has_expired = order.status == "expired" or (days is not None and days < 0)
    return "expired" if has_expired and not renews_after_expiry(order, today) else "issued"


def renews_after_expiry(order: Order, today: date) -> bool | None:
    """Return whether an order can be reissued after its certificate has expired, as an annual plan; None if unknown.

    The function compares dates only, because it is not known whether is_multi_year_plan is set for annual plans
    (docs/development/reference/certcentral.md 8).
    """
    if order.order_valid_till and not order.valid_till:
        return None
    return order.can_be_reissued(today)


def valid_until(order: Order) -> str:
    return f"the order can be reissued until {order.order_valid_till}"
