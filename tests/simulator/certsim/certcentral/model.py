# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An order as it truly is, whatever the API shows of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

CERTCENTRAL = "certcentral"
MIGRATED = "migrated"

#: An order can be marked renewed from so long before its certificate's expiry (reference/certcentral.md 9).
MARK_WINDOW = timedelta(days=90)


@dataclass(slots=True)
class Certificate:
    """The primary certificate, or what is asked for; what needs an issuance is None before it."""

    common_name: str
    dns_names: list[str]
    emails: list[str]
    id: int | None = None
    serial_number: str | None = None
    thumbprint: str | None = None
    valid_from: date | None = None
    valid_till: date | None = None
    status: str | None = None


@dataclass(slots=True)
class Order:
    """One order; reference/certcentral.md 2.1 describes the fields that have its names."""

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
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_renewed(self) -> bool:
        """Whether the order is marked renewed, or another order renewed it."""
        return self.marked or self.renewed_order_id != 0

    def status_on(self, today: date) -> str:
        """Return the status on a day: an issued order expires by itself."""
        till = self.certificate.valid_till
        if self.status == "issued" and till is not None and till < today:
            return "expired"
        return self.status

    def set_mark(self, marked: bool, now: datetime) -> None:
        """Set or take off the renewed mark."""
        self.marked = marked
        self.mark_changed = now

    def add_note(self, text: str) -> None:
        """Append to the order's notes."""
        self.notes.append({"id": len(self.notes) + 1, "text": text})
