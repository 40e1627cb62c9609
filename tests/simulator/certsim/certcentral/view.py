# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the API shows orders: reference/certcentral.md 2.1 (detail), 2.2 (marks) and 3 (rows of a list)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from certsim.certcentral.model import Order
from certsim.switches import Switches

_FLAGS: dict[str, Callable[[bool], object]] = {
    "bool": bool,
    "string": lambda value: "1" if value else "0",
    "int": int,
}


class View:
    """Orders as they show at one moment, under the switches as they are."""

    def __init__(self, switches: Switches, now: datetime) -> None:
        self._switches = switches
        self._now = now
        self._today = now.date()
        self._flag = _FLAGS[switches["certcentral.bool_style"]]
        self._lag = timedelta(seconds=switches["certcentral.mark_lag_seconds"])
        self._mark_as = switches["certcentral.renewed_shows_as"]
        self._sparse = switches["certcentral.list_row"] == "sparse"

    def status(self, order: Order) -> str:
        """Return the status that shows."""
        if self._mark_as != "flag" and self._shows_mark(order):
            return "renewed"
        return order.status_on(self._today)

    def is_renewed(self, order: Order) -> bool:
        """Return the flag that shows."""
        return order.renewed_order_id != 0 or (self._mark_as != "status" and self._shows_mark(order))

    def mark_or_renewal(self, order: Order) -> bool:
        """Tell whether the order counts as renewed at this moment, however that shows."""
        return order.renewed_order_id != 0 or self._shows_mark(order)

    def detail(self, order: Order, *, include_caa_status: bool = False) -> dict[str, Any]:
        """Return the answer to GET /order/certificate/{id}."""
        shown = self._common(order, "detail")
        certificate = shown["certificate"]
        certificate.update(_present("thumbprint", order.certificate.thumbprint))
        certificate.update(emails=order.certificate.emails, **_present("status", order.certificate.status))
        if order.organization is not None:
            certificate["organization"] = {"id": order.organization["id"]}
            shown["organization"] = order.organization
        shown.update(
            is_renewal=self._flag(order.renewal_of_order_id != 0),
            product=order.product,
            user=order.user,
            requests=order.requests,
            additional_emails=order.additional_emails,
        )
        shown.update(_present("notes", order.notes or None))
        shown.update(_present("renewal_of_order_id", order.renewal_of_order_id or None))
        if order.renewed_order_id or self._switches["certcentral.renewed_order_id_when_none"] == "zero":
            shown["renewed_order_id"] = order.renewed_order_id
        if include_caa_status and order.status == "pending":
            shown["caa_status_message"] = "CAA records allow issuance."
        return {**shown, **order.extra}

    def row(self, order: Order) -> dict[str, Any]:
        """Return the order as GET /order/certificate lists it."""
        shown = self._common(order, "list")
        product = order.product
        shown["product"] = {"name_id": product["name_id"], "name": product["name"], "type": product["type"]}
        organization = self._row_organization(order)
        if organization is not None:
            shown["organization"] = organization
        if self._sparse:
            shown.pop("is_renewed", None)
            for name in ("valid_from", "valid_till", "days_remaining"):
                shown["certificate"].pop(name, None)
        return shown

    def _row_organization(self, order: Order) -> object:
        if order.product["validation_type"] == "dv":
            style = self._switches["certcentral.dv_organization"]
            if style != "object":
                return [] if style == "empty_list" else None
        if order.organization is None:
            return None
        return {"id": order.organization["id"], "name": order.organization["name"]}

    def _common(self, order: Order, place: str) -> dict[str, Any]:
        flag = self._flag
        shown: dict[str, Any] = {
            "id": order.id,
            "certificate": self._certificate(order),
            "status": self.status(order),
            "date_created": order.date_created.isoformat(timespec="seconds"),
            "validity_years": order.validity_years,
            "order_validity": {"years": order.validity_years},
            "container": order.container,
            "product_name_id": order.product["name_id"],
            "disable_renewal_notifications": flag(order.disable_renewal_notifications),
            "has_duplicates": flag(False),
        }
        shown.update(_present("custom_fields", order.custom_fields or None))
        renewed = self.is_renewed(order)
        hidden = not renewed and self._switches["certcentral.is_renewed_omitted_when_false"]
        if self._switches["certcentral.is_renewed_in"] in ("both", place) and not hidden:
            shown["is_renewed"] = flag(renewed)
        return shown

    def _certificate(self, order: Order) -> dict[str, Any]:
        """Return the fields that rows and detail share; those that need an issuance are omitted before it."""
        certificate = order.certificate
        shown: dict[str, Any] = {
            "common_name": certificate.common_name,
            "dns_names": certificate.dns_names,
            "signature_hash": "sha256",
        }
        if certificate.id is not None:
            shown["id"] = certificate.id
        if certificate.serial_number is not None:
            shown["serial_number"] = certificate.serial_number
        if certificate.valid_from is not None:
            shown["valid_from"] = certificate.valid_from.isoformat()
        if certificate.valid_till is not None:
            shown["valid_till"] = certificate.valid_till.isoformat()
            shown["days_remaining"] = (certificate.valid_till - self._today).days
        return shown

    def _shows_mark(self, order: Order) -> bool:
        """Return the mark, or its opposite while its last change lags behind."""
        lagging = order.mark_changed is not None and self._now < order.mark_changed + self._lag
        return order.marked is not lagging


def _present(name: str, value: Any) -> dict[str, Any]:
    """Return a field, or nothing: the API omits rather than sends null (reference/certcentral.md 2.1)."""
    return {} if value is None else {name: value}
