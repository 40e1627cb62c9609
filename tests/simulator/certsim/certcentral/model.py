# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An order as it truly is, whatever the API shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

CERTCENTRAL = "certcentral"
MIGRATED = "migrated"

#: How long before its certificate expires an order can be marked (docs/development/reference/certcentral.md 9).
MARK_WINDOW = timedelta(days=90)

#: Requests of these statuses wait for a decision (docs/development/reference/certcentral.md 2.3).
WAITING = frozenset(("pending", "submitted"))


@dataclass(slots=True)
class Certificate:
    """A certificate of an order, or what is asked for; what needs an issuance is None before it.

    The status of the primary one is None while it is simply issued (docs/development/reference/certcentral.md 2.1);
    a duplicate or a reissue always has one.
    """

    common_name: str
    dns_names: list[str]
    emails: list[str]
    id: int | None = None
    serial_number: str | None = None
    thumbprint: str | None = None
    valid_from: date | None = None
    valid_till: date | None = None
    status: str | None = None
    date_created: datetime | None = None
    csr: str | None = None
    archived: bool = False

    @property
    def is_issued(self) -> bool:
        """Whether it was issued and is not revoked; it may have expired."""
        return self.id is not None and self.status in (None, "issued")

    def is_expired(self, today: date) -> bool:
        """Return whether its validity is over."""
        return self.valid_till is not None and self.valid_till < today


@dataclass(slots=True)
class Order:
    """One order; docs/development/reference/certcentral.md 2.1 describes the fields that have its names."""

    id: int
    status: str
    origin: str
    account_id: int
    date_created: datetime
    certificate: Certificate
    product: dict[str, Any]
    organization: dict[str, Any] | None
    container: dict[str, Any]
    user: dict[str, Any]
    validity_years: int
    marked: bool = False
    mark_changed: datetime | None = None
    renewed_order_id: int = 0
    renewal_of_order_id: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    additional_emails: list[str] = field(default_factory=list)
    custom_fields: list[dict[str, Any]] = field(default_factory=list)
    disable_renewal_notifications: bool = False
    auto_renew: int = 0
    auto_reissue: int = 0
    custom_renewal_message: str = ""
    duplicates: list[Certificate] = field(default_factory=list)
    reissues: list[Certificate] = field(default_factory=list)
    order_valid_till: date | None = None
    is_multi_year_plan: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    #: When its status changed since the start, and to what; oldest first.
    changes: list[tuple[datetime, str]] = field(default_factory=list)

    @property
    def is_renewed(self) -> bool:
        """Whether the order is marked renewed, or another order renewed it."""
        return self.marked or self.renewed_order_id != 0

    def status_on(self, today: date) -> str:
        """Return the status on a day: an issued order expires by itself, with its certificate or with its plan."""
        if self.status == "issued" and self.certificate.is_expired(today) and not self.can_be_reissued(today):
            return "expired"
        return self.status

    def can_be_reissued(self, today: date) -> bool:
        """Whether it is a running plan, longer than its certificate (docs/development/reference/certcentral.md 8)."""
        return self.is_plan and self.order_valid_till is not None and self.order_valid_till >= today

    @property
    def is_plan(self) -> bool:
        """Whether the order ends later than its certificate."""
        ends, till = self.order_valid_till, self.certificate.valid_till
        return ends is not None and till is not None and ends > till

    def certificates(self) -> list[Certificate]:
        """Return the primary certificate, the duplicates and the reissues."""
        return [self.certificate, *self.duplicates, *self.reissues]

    def waiting_requests(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the requests, or those of one type, that wait for a decision."""
        return [each for each in self.requests if each["status"] in WAITING and kind in (None, each["type"])]

    def set_status(self, status: str, now: datetime) -> None:
        """Change the status, and remember when."""
        self.status = status
        self.changes.append((now, status))

    def set_mark(self, marked: bool, now: datetime) -> None:
        """Set or take off the renewed mark."""
        self.marked = marked
        self.mark_changed = now

    def add_note(self, text: str, now: datetime, author: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Append to the order's notes, and return the note; without an author it is the order's user's."""
        note = {
            "id": max((each["id"] for each in self.notes), default=0) + 1,
            "text": text,
            "date_created": now.isoformat(timespec="seconds"),
            "user": dict(author or self.user),
        }
        self.notes.append(note)
        return note
