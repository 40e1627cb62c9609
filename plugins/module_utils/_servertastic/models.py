# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The objects of the Servertastic API. Sections refer to docs/development/reference/servertastic.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from .._common.values import utc_text

SERVICE = "Servertastic"
# An issued order can be canceled for this time after the event COMPLETED_EVENT of its history (4).
WINDOW = timedelta(days=30)
COMPLETED_EVENT = "order completed"


@dataclass(frozen=True)
class Review:
    """An order, as GET order/review.json returns it (4). A field is blank if the answer lacks it. Times are in UTC.

    order_digest: the SHA-256 of the order token in hexadecimal, which identifies the order without the secret.
    completed_at: when the order was first issued, according to its history.
    management_host: the address of the order management page without its path.
    domains: the names in the answer, in lower case. san_count: the number of names besides domain_name.
    """

    order_digest: str
    status: str
    reseller_order_id: str = ""
    provider_order_id: str = ""
    product_code: str = ""
    domain_name: str = ""
    admin_email: str = ""
    completed_at: datetime | None = None
    expiry_date: date | None = None
    further_info: str = ""
    reseller_unique_reference: str = ""
    management_host: str = ""
    domains: tuple[str, ...] = ()
    san_count: int | None = None

    @property
    def order_ref(self) -> str:
        return order_ref(self.order_digest)

    @property
    def state(self) -> str:
        """The status in lower case, for comparisons (4)."""
        return self.status.strip().lower()

    @property
    def window_closes(self) -> datetime | None:
        """The end of the 30 days in which an issued order can be canceled, None if unknown."""
        try:
            return None if self.completed_at is None else self.completed_at + WINDOW
        except OverflowError:
            return None

    def shown(self) -> dict[str, Any]:
        """The result of servertastic_order_info for the order."""
        return {
            "order_digest": self.order_digest,
            "order_ref": self.order_ref,
            "reseller_order_id": self.reseller_order_id,
            "provider_order_id": self.provider_order_id,
            "reseller_unique_reference": self.reseller_unique_reference,
            "order_status": self.status,
            "product_code": self.product_code,
            "domain_name": self.domain_name,
            "domains": list(self.domains),
            "san_count": self.san_count,
            "admin_email": self.admin_email,
            "completed_at": utc_text(self.completed_at),
            "window_closes": utc_text(self.window_closes),
            "expiry_date": "" if self.expiry_date is None else self.expiry_date.isoformat(),
        }


@dataclass(frozen=True)
class Listed:
    """An order in a list of the account (3.1). The lists do not contain order tokens."""

    reseller_order_id: str
    status: str
    domain_name: str
    product_code: str
    order_date: str
    expiry_date: str

    def shown(self) -> dict[str, Any]:
        return {
            "reseller_order_id": self.reseller_order_id,
            "order_status": self.status,
            "domain_name": self.domain_name,
            "product_code": self.product_code,
            "order_date": self.order_date,
            "expiry_date": self.expiry_date,
        }


@dataclass(frozen=True)
class Adjustment:
    """A record of the points audit (3.1).

    points: the change, negative for points that were spent. total: the points after it.
    order_digest: empty if the record has no valid order token.
    """

    time: str
    points: float
    total: float | None
    description: str
    reseller_order_id: str
    order_digest: str

    def shown(self) -> dict[str, Any]:
        return {
            "time": self.time,
            "points": self.points,
            "total": self.total,
            "description": self.description,
            "reseller_order_id": self.reseller_order_id,
            "order_digest": self.order_digest,
            "order_ref": order_ref(self.order_digest),
        }


@dataclass(frozen=True)
class Account:
    """An account, as GET account/review.json returns it (3.1)."""

    points: float | None
    active_orders: tuple[Listed, ...]
    completed_orders: tuple[Listed, ...]


def order_ref(digest: str) -> str:
    """The short name of an order: the first 8 digits of its digest. For display only, as it may not be unique."""
    return digest[:8]
