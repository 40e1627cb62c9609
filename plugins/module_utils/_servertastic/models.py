# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What Servertastic's API returns, as typed data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from .._common.values import utc_text

SERVICE = "Servertastic"
# An issued order can be cancelled for so long, counted from this event (section 4).
WINDOW = timedelta(days=30)
COMPLETED_EVENT = "order completed"


@dataclass(frozen=True)
class Review:
    """GET order/review.json (4); blank is "not said". Times are in UTC.

    order_digest: the SHA-256 of its token, hexadecimal, which names the order without holding its secret.
    completed_at: when it was issued first, by its history. invite_host: of the order management page.
    domains: every name that it covers, as far as it says, in lower case. san_count: how many beside domain_name.
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
        """The status for comparing: old answers spell it in other cases (4)."""
        return self.status.strip().lower()

    @property
    def window_closes(self) -> datetime | None:
        """Until when an issued order can be cancelled."""
        try:
            return None if self.completed_at is None else self.completed_at + WINDOW
        except OverflowError:
            return None

    def shown(self) -> dict[str, Any]:
        """As servertastic_order_info returns it."""
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
    """An order as the account's lists have it (3.1), which do not tell its token."""

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
    """A record of the points audit (3.1). points: what was added, negative where they were spent."""

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
    """GET account/review.json (3.1)."""

    points: float | None
    active_orders: tuple[Listed, ...]
    completed_orders: tuple[Listed, ...]


def order_ref(digest: str) -> str:
    """What people call an order: the first 8 digits of its digest, for display only."""
    return digest[:8]
