# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the API shows orders: docs/development/reference/certcentral.md 2.1 (detail), 2.2 (marks) and 3 (list rows)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from certsim.certcentral.copies import csr_of
from certsim.certcentral.model import Certificate, Order
from certsim.switches import Switches

_FLAGS: dict[str, Callable[[bool], object]] = {
    "bool": bool,
    "string": lambda value: "1" if value else "0",
    "int": int,
}

_REQUEST_IN_DETAIL = ("id", "date", "type", "status", "comments")
_KEY_SIZE = 2048
#: The shapes are documented (docs/development/reference/certcentral.md 2.1), the values INVENTED.
_PLATFORM = {
    "id": -1,
    "name": "OTHER",
    "install_url": "http://www.digicert.example/ssl-certificate-installation.htm",
    "csr_url": "http://www.digicert.example/csr-creation.htm",
}
_CA = {"id": "DF3689F672CCB90C", "name": "Example Simulated TLS CA"}
_RECEIPT = 700_000_000
#: Orders that still need a certificate request.
_WITHOUT_CSR = frozenset(("needs_csr", "waiting_pickup"))


class View:
    """Orders as they show at one moment, under the switches as they are."""

    def __init__(self, switches: Switches, now: datetime) -> None:
        self._switches = switches
        self._now = now
        self._today = now.date()
        self._flag = _FLAGS[switches["certcentral.bool_style"]]
        self._lag = timedelta(seconds=switches["certcentral.mark_lag_seconds"])
        self._mark_as = switches["certcentral.renewed_shows_as"]
        self.unknown_status_filter: str = switches["certcentral.unknown_status_filter"]
        self._sparse = switches["certcentral.list_row"] == "sparse"
        self._list_names: str = switches["certcentral.list_names"]
        self._copy_names: str = switches["certcentral.copy_names"]

    def status(self, order: Order) -> str:
        """Return the status that shows."""
        status = order.status_on(self._today)
        if status == "issued" and order.certificate.is_expired(self._today):
            # A plan that stays active without a valid certificate.
            status = self._switches["certcentral.status_of_reissuable"]
        if self._mark_as != "flag" and status in ("issued", "expired") and self._shows_mark(order):
            return "renewed"
        return status

    def is_renewed(self, order: Order) -> bool:
        """Return the flag that shows."""
        return order.renewed_order_id != 0 or (self._mark_as != "status" and self._shows_mark(order))

    def mark_or_renewal(self, order: Order) -> bool:
        """Return whether the order counts as renewed at this moment, however that shows."""
        return order.renewed_order_id != 0 or self._shows_mark(order)

    def findable(self, order: Order) -> list[Certificate]:
        """Return the certificates by which a list finds the order."""
        if self._switches["certcentral.certificate_filters_find"] == "all":
            return order.certificates()
        return [order.certificate]

    def flag(self, value: bool) -> object:
        """Return a boolean as the API shows it."""
        return self._flag(value)

    def detail(self, order: Order, *, include_caa_status: bool = False) -> dict[str, Any]:
        """Return the answer to GET /order/certificate/{id}."""
        shown = self._common(order, "detail")
        shown["certificate"].update(self._detailed_certificate(order))
        shown.update(_present("organization", order.organization))
        shown.update(
            is_renewal=self._flag(order.renewal_of_order_id != 0),
            product=order.product,
            user=order.user,
            requests=[
                {**_only(_REQUEST_IN_DETAIL, request), "type": self.request_type(request)} for request in order.requests
            ],
            price=_price(order),
            currency="USD",
            additional_emails=order.additional_emails,
            has_pending_request=self._flag(bool(order.waiting_requests())),
        )
        shown.update(self._renewal_settings(order))
        if order.notes and self._switches["certcentral.notes_in_detail"]:
            shown["notes"] = [{"id": note["id"], "text": note["text"]} for note in order.notes]
        shown.update(_present("renewal_of_order_id", order.renewal_of_order_id or None))
        if order.renewed_order_id or self._switches["certcentral.renewed_order_id_when_none"] == "zero":
            shown["renewed_order_id"] = order.renewed_order_id
        if include_caa_status and order.status == "pending":
            # By domain (docs/development/reference/certcentral.md 10); what stands there is INVENTED.
            names = order.certificate.dns_names or [order.certificate.common_name]
            shown["caa_status_message"] = dict.fromkeys(names, "CAA records allow issuance.")
        return {**shown, **order.extra}

    def request_type(self, request: dict[str, Any]) -> str:
        """Return the type as shown; an old sample has a space (docs/development/reference/certcentral.md 4.3)."""
        kind = str(request["type"])
        return kind.replace("_", " ") if self._switches["certcentral.request_type_spelling"] == "space" else kind

    def copy(self, order: Order, certificate: Certificate, kind: str) -> dict[str, Any]:
        """Return a certificate as the list of an order's ``duplicate`` or ``reissue`` shows it."""
        created = (certificate.date_created or order.date_created).isoformat(timespec="seconds")
        shown = {
            **self._copied(certificate),
            **_present("thumbprint", certificate.thumbprint),
            "status": certificate.status or "issued",
            "date_created": created,
            "csr": csr_of(order.id, certificate),
            "key_size": _KEY_SIZE,
            # A number in the one list and text in the other (docs/development/reference/certcentral.md 4.7).
            "archived": str(int(certificate.archived)) if kind == "duplicate" else int(certificate.archived),
            "user_id": order.user["id"],
            "receipt_id": _RECEIPT + order.id,
        }
        if kind == "reissue":
            shown.pop("valid_from", None)
            user = order.user
            shown.update(
                email=user.get("email", ""), firstname=user.get("first_name", ""), lastname=user.get("last_name", "")
            )
            shown.update({} if certificate.serial_number is None else {"date_issued": created})
        return shown

    def row(self, order: Order) -> dict[str, Any]:
        """Return the order as GET /order/certificate lists it."""
        shown = self._common(order, "list")
        shown["disable_renewal_notifications"] = self._flag(order.disable_renewal_notifications)
        shown["number_of_sans"] = len(order.certificate.dns_names)
        shown["certificate"].update(self._row_names(shown["certificate"]["dns_names"]))
        if self._list_names == "absent":
            del shown["certificate"]["dns_names"]
        shown["price"] = _price(order)
        shown["certificate"]["cert_validity"] = {"years": order.validity_years}
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

    def _row_names(self, names: list[str]) -> dict[str, Any]:
        wrong = {"fewer": names[:-1], "null": None, "text": " ".join(names)}
        return {"dns_names": wrong.get(self._list_names, names)}

    def _copied(self, certificate: Certificate) -> dict[str, Any]:
        shown = self._certificate(certificate)
        if self._copy_names == "null":
            return {**shown, "dns_names": None}
        if self._copy_names == "absent":
            return {name: value for name, value in shown.items() if name not in ("common_name", "dns_names")}
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
            "certificate": {**self._requested_id(order), **self._certificate(order.certificate)},
            "status": self.status(order),
            "date_created": order.date_created.isoformat(timespec="seconds"),
            "validity_years": order.validity_years,
            "order_validity": {"years": order.validity_years},
            "container": order.container,
            "product_name_id": order.product["name_id"],
            "has_duplicates": flag(bool(order.duplicates)),
            "has_reissues": flag(bool(order.reissues)),
            "duplicates_count": len(order.duplicates),
            "reissues_count": len(order.reissues),
        }
        if order.order_valid_till is not None:
            shown["order_valid_till"] = order.order_valid_till.isoformat()
        if order.is_multi_year_plan or (order.is_plan and self._switches["certcentral.plan_flag"] == "shown"):
            # A string, and omitted otherwise (docs/development/reference/certcentral.md 2.1).
            shown["is_multi_year_plan"] = "1"
        shown.update(_present("custom_fields", order.custom_fields or None))
        renewed = self.is_renewed(order)
        hidden = not renewed and self._switches["certcentral.is_renewed_omitted_when_false"]
        if self._switches["certcentral.is_renewed_in"] in ("both", place) and not hidden:
            shown["is_renewed"] = flag(renewed)
        return shown

    def _requested_id(self, order: Order) -> dict[str, Any]:
        """Return the id that a certificate has before its issuance, where it has one then."""
        return {"id": 800_000_000 + order.id} if self._switches["certcentral.certificate_id_before_issue"] else {}

    def _renewal_settings(self, order: Order) -> dict[str, Any]:
        """Return what PUT .../renewal-emails and the like set; the row's own flag stays in rows."""
        settings = {
            "auto_renew": order.auto_renew,
            "auto_reissue": order.auto_reissue,
            "custom_renewal_message": order.custom_renewal_message,
            "disable_renewal_notifications": order.disable_renewal_notifications,
        }
        if self._switches["certcentral.renewal_fields_when_off"] == "absent":
            settings = {name: value for name, value in settings.items() if value}
        return {name: self._flag(value) if isinstance(value, bool) else value for name, value in settings.items()}

    def _detailed_certificate(self, order: Order) -> dict[str, Any]:
        """Return what the detail shows of the primary certificate beyond a row's fields."""
        certificate = order.certificate
        # All but the thumbprint shows before the issuance, too (docs/development/reference/certcentral.md 2.1).
        shown: dict[str, Any] = {
            "emails": certificate.emails,
            **_present("thumbprint", certificate.thumbprint),
            "server_platform": dict(_PLATFORM),
            "key_size": _KEY_SIZE,
            "ca_cert": dict(_CA),
            "date_created": order.date_created.isoformat(timespec="seconds"),
        }
        if certificate.serial_number is not None:
            shown["date_issued"] = order.date_created.isoformat(timespec="seconds")
        if certificate.csr is not None or order.status not in _WITHOUT_CSR:
            shown["csr"] = csr_of(order.id, certificate)
        if order.organization is not None:
            shown["organization"] = {"id": order.organization["id"]}
        return {**shown, **_present("status", _certificate_status(order))}

    def _certificate(self, certificate: Certificate) -> dict[str, Any]:
        """Return the fields that rows and detail share; those that need an issuance are omitted before it."""
        shown: dict[str, Any] = {
            "common_name": self._name(certificate.common_name),
            "dns_names": [self._name(name) for name in certificate.dns_names],
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

    def _name(self, name: str) -> str:
        """Return a name as it shows; one that has no other spelling stays."""
        style = self._switches["certcentral.idn_names"]
        try:
            if style == "punycode" and not name.isascii():
                return name.encode("idna").decode("ascii")
            if style == "unicode" and "xn--" in name:
                return name.encode("ascii").decode("idna")
        except UnicodeError:
            return name
        return name

    def _shows_mark(self, order: Order) -> bool:
        """Return the mark, or its opposite while its last change lags behind."""
        lagging = order.mark_changed is not None and self._now < order.mark_changed + self._lag
        return order.marked is not lagging


def _certificate_status(order: Order) -> str | None:
    """Return the status of the primary certificate, if it is shown (docs/development/reference/certcentral.md 2.1)."""
    if order.certificate.status is not None:
        return order.certificate.status
    if order.status == "revoked":
        return "revoked"
    return "issued" if any(each.is_issued for each in order.reissues) else None


def _only(names: tuple[str, ...], given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) is not None}


def _present(name: str, value: Any) -> dict[str, Any]:
    """Return a field, or nothing: the API omits, it sends no null (docs/development/reference/certcentral.md 2.1)."""
    return {} if value is None else {name: value}


def _price(order: Order) -> int:
    """Return what an order cost: INVENTED, and the same each time."""
    return 175 * order.validity_years
