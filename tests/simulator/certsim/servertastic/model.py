# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An order as it truly is, whatever the API shows of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

#: docs/development/reference/servertastic.md 4, order_status values.
ORDER_PLACED = "Order Placed"
COMPLETED = "Completed"
CANCELLED = "Cancelled"
ROLL_BACK = "Roll Back"
SERVERTASTIC_REVIEW = "Servertastic Review"
IN_VALIDATION = ("Awaiting Customer Verification", "Awaiting Provider Approval", "Queued")
STATUSES = (ORDER_PLACED, *IN_VALIDATION, COMPLETED, CANCELLED, ROLL_BACK, SERVERTASTIC_REVIEW)

#: These are cancelled at once (docs/development/reference/servertastic.md 5).
NOT_ISSUED = frozenset((ORDER_PLACED, *IN_VALIDATION))

#: An issued order can be cancelled for so long (docs/development/reference/servertastic.md 5).
CANCEL_WINDOW = timedelta(days=30)

#: Names and ids of events. Only the name of a completion is documented; the rest is INVENTED.
PLACED_EVENT = "Order Placed"
COMPLETED_EVENT = "Order Completed"
REISSUED_EVENT = "Order Reissued"
CANCELLED_EVENT = "Order Cancelled"
REQUESTED_EVENT = "Cancellation Requested"
EVENT_IDS = {PLACED_EVENT: 1, COMPLETED_EVENT: 2, REISSUED_EVENT: 3, CANCELLED_EVENT: 4, REQUESTED_EVENT: 5}

#: Products that can never be cancelled (docs/development/reference/servertastic.md 5).
_SMARTERTOOLS = ("smartermail", "smarterstats", "smartertrack", "smartertools", "smarterbundle")


def fingerprint(secret: str) -> str:
    """Return what stands for an order token or an API key wherever it may show."""
    return f"sha256:{hashlib.sha256(secret.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


@dataclass(slots=True)
class Modification:
    """One line of an order's history; a timestamp that a seed gives as other text shows as it is."""

    event_id: int
    event_name: str
    timestamp: datetime | str


@dataclass(slots=True)
class Order:
    """One order; docs/development/reference/servertastic.md 4 describes the fields that have its names."""

    token: str
    reseller_order_id: str
    account: str
    status: str
    st_product_code: str
    points: int
    ordered_at: datetime
    placed_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    reissued_at: list[datetime]
    modifications: list[Modification]
    provider_order_id: str
    reseller_unique_reference: str
    domain_name: str
    additional_sans: list[str]
    server_count: int
    invite_url: str
    end_customer_email: str
    organisation_info: dict[str, Any]
    admin_contact: dict[str, Any]
    tech_contact: dict[str, Any]
    approver_email_address: str
    dv_auth_method: str
    expiry_date: datetime | None
    further_info: str
    requested_at: datetime | None = None
    approved_at: datetime | None = None
    stale: Stale | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_configured(self) -> bool:
        """Whether it was placed, and so has a domain and contacts."""
        return self.placed_at is not None

    @property
    def is_smartertools(self) -> bool:
        """Whether it is a licence of SmarterTools."""
        return self.st_product_code.lower().startswith(_SMARTERTOOLS)

    @property
    def changed_at(self) -> datetime:
        """When it last changed."""
        times = (self.placed_at, self.completed_at, self.cancelled_at, *self.reissued_at)
        events = (each.timestamp for each in self.modifications if isinstance(each.timestamp, datetime))
        return max([self.ordered_at, *(each for each in times if each is not None), *events])

    def record(self, event: str, at: datetime) -> None:
        """Append to the history."""
        self.modifications.append(Modification(EVENT_IDS[event], event, at))

    def cancel(self, at: datetime, *, visible_at_once: bool) -> None:
        """Cancel the order, for good."""
        known = replace(self, modifications=[*self.modifications], stale=None)
        self.stale = None if visible_at_once else Stale(at, known)
        self.status = CANCELLED
        self.cancelled_at = at
        self.requested_at = self.approved_at = None
        self.record(CANCELLED_EVENT, at)


@dataclass(frozen=True, slots=True)
class Stale:
    """What the service's database has of an order until it is synchronised with the provider."""

    since: datetime
    known: Order


@dataclass(slots=True)
class Mail:
    """A mail that asks an administrative contact to approve a cancellation."""

    id: int
    at: datetime
    to: str
    token: str
    code: str
    answered: str | None = None
