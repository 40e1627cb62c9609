# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders out of seeds, and back: the form that seeds, the control interface and its state share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from certsim.certcentral.copies import build_copies, describe_copy
from certsim.certcentral.days import add_years, day, described_day, last_day
from certsim.certcentral.model import CERTCENTRAL, MIGRATED, Certificate, Order
from certsim.clock import parse_instant
from certsim.exchange import SeedError
from certsim.fields import digest, mapping, whole_number

#: Products of the demo and of generated orders; a seed may give any other as a name or in full.
PRODUCTS: dict[str, dict[str, str]] = {
    name_id: {"name_id": name_id, "name": name, "type": kind, "validation_type": validation}
    for name_id, name, kind, validation in (
        ("ssl_plus", "Standard SSL", "ssl_certificate", "ov"),
        ("ssl_multi_domain", "Multi-Domain SSL", "ssl_certificate", "ov"),
        ("ssl_wildcard", "WildCard SSL", "ssl_certificate", "ov"),
        ("ssl_ev_plus", "EV SSL", "ssl_certificate", "ev"),
        ("ssl_dv_geotrust", "GeoTrust DV SSL", "dv_ssl_certificate", "dv"),
        ("private_ssl_plus", "Private SSL", "ssl_certificate", "ov"),
        ("client_premium", "Client Premium", "client_certificate", "ov"),
    )
}

_FIELDS = frozenset(
    (
        "id",
        "status",
        "origin",
        "account_id",
        "date_created",
        "created_days_ago",
        "common_name",
        "dns_names",
        "emails",
        "certificate_id",
        "serial_number",
        "thumbprint",
        "valid_from",
        "valid_till",
        "valid_till_in_days",
        "certificate_status",
        "product",
        "organization",
        "container",
        "user",
        "validity_years",
        "is_renewed",
        "renewed_order_id",
        "renewal_of_order_id",
        "requests",
        "notes",
        "additional_emails",
        "custom_fields",
        "disable_renewal_notifications",
        "auto_renew",
        "auto_reissue",
        "custom_renewal_message",
        "duplicates",
        "reissues",
        "order_valid_till",
        "is_multi_year_plan",
        "csr",
        "extra",
    )
)

#: Days until expiry of orders that were issued at some time, where the seed gives no date.
_ISSUED_FOR = {"issued": 150, "reissue_pending": 150, "revoked": 150, "expired": -10}

#: Since this day an order for a public TLS certificate is by default a plan of a year or more, whose certificates live
#: for so many days at most (docs/development/reference/certcentral.md 8).
_PLANS_SINCE = date(2026, 2, 24)
_LIFETIME = timedelta(days=199)
_PUBLIC_TLS = ("ssl_certificate", "dv_ssl_certificate")

_ORGANIZATION = {"id": 111111, "name": "Example Corp", "display_name": "Example Corp", "is_active": True}
_CONTAINER = {"id": 1, "name": "Example Corp", "is_active": True}
_USER = {"id": 7, "first_name": "Ada", "last_name": "Example", "email": "ada@example.com"}


def build_order(seed: Mapping[str, Any], now: datetime, *, plans: bool = True) -> Order:
    """Return the order that a seed describes; what it leaves out is filled in, the same each time.

    Args:
        seed: its fields.
        now: the virtual time.
        plans: whether a new order for a public TLS certificate is an annual plan where the seed gives no end of it.

    Raises:
        SeedError: a field is unknown, missing, or of a wrong form.
    """
    unknown = sorted(set(seed) - _FIELDS)
    if unknown:
        raise SeedError(f"order {seed.get('id')}: unknown field {', '.join(unknown)}")
    try:
        return _build(seed, now, plans)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise SeedError(f"order {seed.get('id')}: {type(error).__name__}: {error}") from error


def describe_order(order: Order, today: date) -> dict[str, Any]:
    """Return an order in the form of a seed, with the status that it has today."""
    certificate = order.certificate
    return {
        "id": order.id,
        "status": order.status_on(today),
        "origin": order.origin,
        "account_id": order.account_id,
        "date_created": order.date_created.isoformat(timespec="seconds"),
        "common_name": certificate.common_name,
        "dns_names": certificate.dns_names,
        "emails": certificate.emails,
        "certificate_id": certificate.id,
        "serial_number": certificate.serial_number,
        "thumbprint": certificate.thumbprint,
        "valid_from": described_day(certificate.valid_from),
        "valid_till": described_day(certificate.valid_till),
        "certificate_status": certificate.status,
        "product": order.product,
        "organization": order.organization,
        "container": order.container,
        "user": order.user,
        "validity_years": order.validity_years,
        "is_renewed": order.is_renewed,
        "renewed_order_id": order.renewed_order_id,
        "renewal_of_order_id": order.renewal_of_order_id,
        "requests": order.requests,
        "notes": order.notes,
        "additional_emails": order.additional_emails,
        "custom_fields": order.custom_fields,
        "disable_renewal_notifications": order.disable_renewal_notifications,
        "auto_renew": order.auto_renew,
        "auto_reissue": order.auto_reissue,
        "custom_renewal_message": order.custom_renewal_message,
        "duplicates": [describe_copy(each) for each in order.duplicates],
        "reissues": [describe_copy(each) for each in order.reissues],
        "order_valid_till": described_day(order.order_valid_till),
        "is_multi_year_plan": order.is_multi_year_plan,
        "csr": certificate.csr,
        "extra": order.extra,
    }


def _build(seed: Mapping[str, Any], now: datetime, plans: bool) -> Order:
    order_id = whole_number(seed["id"])
    status = str(seed.get("status", "issued"))
    years = whole_number(seed.get("validity_years", 1))
    product = _product(seed.get("product", "ssl_plus"))
    origin = _origin(seed.get("origin", CERTCENTRAL))
    plans = plans and origin == CERTCENTRAL and status != "expired" and _is_public_tls(product)
    certificate = _certificate(seed, order_id, status, plans, now)
    renewed_order_id = whole_number(seed.get("renewed_order_id") or 0)
    created = _created(seed, certificate, now)
    user = mapping(seed.get("user", _USER)) or dict(_USER)
    return Order(
        id=order_id,
        status=status,
        origin=origin,
        account_id=whole_number(seed["account_id"]),
        date_created=created,
        certificate=certificate,
        product=product,
        organization=mapping(seed.get("organization", _ORGANIZATION)),
        container=mapping(seed.get("container", _CONTAINER)) or dict(_CONTAINER),
        user=user,
        validity_years=years,
        marked=bool(seed.get("is_renewed", False)) and not renewed_order_id,
        renewed_order_id=renewed_order_id,
        renewal_of_order_id=whole_number(seed.get("renewal_of_order_id") or 0),
        requests=_requests(order_id, seed.get("requests") or _usual_requests(status), now),
        notes=_notes(seed.get("notes", []), created, user),
        additional_emails=list(seed.get("additional_emails", [])),
        custom_fields=[dict(each) for each in seed.get("custom_fields", [])],
        disable_renewal_notifications=bool(seed.get("disable_renewal_notifications", False)),
        auto_renew=whole_number(seed.get("auto_renew", 0)),
        auto_reissue=whole_number(seed.get("auto_reissue", 0)),
        custom_renewal_message=str(seed.get("custom_renewal_message") or ""),
        duplicates=build_copies("duplicates", seed, certificate, created, now),
        reissues=build_copies("reissues", seed, certificate, created, now),
        order_valid_till=_order_valid_till(seed, certificate, years, plans),
        is_multi_year_plan=bool(seed.get("is_multi_year_plan", False)),
        extra=dict(seed.get("extra", {})),
    )


def _certificate(seed: Mapping[str, Any], order_id: int, status: str, plans: bool, now: datetime) -> Certificate:
    common_name = str(seed.get("common_name", f"host-{order_id}.corp.example"))
    certificate = Certificate(
        common_name=common_name,
        dns_names=[str(name) for name in seed.get("dns_names", _host_names(common_name))],
        emails=[str(email) for email in seed.get("emails", [])],
        status=seed.get("certificate_status"),
        csr=seed.get("csr"),
    )
    till = _valid_till(seed, status, now)
    if till is not None:
        certificate.valid_till = till
        years = whole_number(seed.get("validity_years", 1))
        first = till - _LIFETIME + timedelta(days=1)
        is_new = plans and _PLANS_SINCE <= first <= now.date()
        certificate.valid_from = day(seed.get("valid_from")) or (
            first if is_new else till - timedelta(days=365 * years)
        )
        certificate.id = whole_number(seed.get("certificate_id") or 900_000_000 + order_id)
        certificate.serial_number = str(seed.get("serial_number") or digest("serial", order_id, 32))
        certificate.thumbprint = str(seed.get("thumbprint") or digest("thumbprint", order_id, 40))
    return certificate


def _order_valid_till(seed: Mapping[str, Any], certificate: Certificate, years: int, plans: bool) -> date | None:
    """Return the last day of the order where that is given, or where it is a plan by its certificate's validity."""
    if "order_valid_till" in seed or not plans:
        return day(seed.get("order_valid_till"))
    first, last = certificate.valid_from, certificate.valid_till
    if first is None or last is None or first < _PLANS_SINCE or last - first >= _LIFETIME:
        return None
    return max(last, add_years(first, years))


def _is_public_tls(product: Mapping[str, Any]) -> bool:
    return product["type"] in _PUBLIC_TLS and not str(product["name_id"]).startswith("private_")


def _host_names(common_name: str) -> list[str]:
    """Return the common name where it is not the name of a user or a mailbox."""
    return [] if "@" in common_name or " " in common_name else [common_name]


def _valid_till(seed: Mapping[str, Any], status: str, now: datetime) -> date | None:
    given = last_day(seed, now)
    if given is not None:
        return given
    days = _ISSUED_FOR.get(status)
    return None if days is None else now.date() + timedelta(days=days)


def _created(seed: Mapping[str, Any], certificate: Certificate, now: datetime) -> datetime:
    if seed.get("date_created") is not None:
        return parse_instant(seed["date_created"])
    if seed.get("created_days_ago") is not None:
        return now - timedelta(days=whole_number(seed["created_days_ago"]))
    if certificate.valid_from is not None:
        return datetime.combine(certificate.valid_from, time(9), UTC) - timedelta(days=1)
    return now - timedelta(days=3)


def _requests(order_id: int, given: list[Any], now: datetime) -> list[dict[str, Any]]:
    """Return an order's requests, filled in; their ids follow from the order's."""
    at = now.isoformat(timespec="seconds")
    return [
        {"id": order_id * 10 + number, "date": at, "type": "new_request", "status": "approved", **request}
        for number, request in enumerate(given)
    ]


def _usual_requests(status: str) -> list[dict[str, Any]]:
    """Return the requests that an order of this status has (docs/development/reference/certcentral.md 2.1)."""
    first_status = {"needs_approval": "pending", "rejected": "rejected"}.get(status, "approved")
    requests = [{"type": "new_request", "status": first_status}]
    if status == "reissue_pending":
        requests.append({"type": "reissue", "status": "pending"})
    return requests


def _notes(given: list[Any], created: datetime, user: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an order's notes, filled in: they were taken by the order's user when it was created."""
    at = created.isoformat(timespec="seconds")
    return [
        {"id": number, "date_created": at, "user": user, **(note if isinstance(note, Mapping) else {"text": str(note)})}
        for number, note in enumerate(given, start=1)
    ]


def _product(given: object) -> dict[str, Any]:
    if isinstance(given, Mapping):
        name_id = str(given["name_id"])
        return {"name": name_id, "type": "ssl_certificate", "validation_type": "ov", **given}
    name_id = str(given)
    unknown = {"name_id": name_id, "name": name_id, "type": "ssl_certificate", "validation_type": "ov"}
    return dict(PRODUCTS.get(name_id, unknown))


def _origin(given: object) -> str:
    if given not in (CERTCENTRAL, MIGRATED):
        raise ValueError(f"origin is {CERTCENTRAL} or {MIGRATED}, not {given!r}")
    return str(given)
