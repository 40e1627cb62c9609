# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What CertCentral says, as objects: its JSON is read here and nowhere else.

Facts are from docs/development/reference/certcentral.md, cited by section. What an answer leaves out is None, "not
said".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from .._common.names import dns_name, to_ascii
from .._common.text import plural, printable
from .._common.values import utc, utc_text

# What has been read of an order: its own page, its row in a list.
DETAILS = "details"
ROW = "row"
ORIGIN = "origin"
# And of one whose certificates are to be revoked: all of them, and what waiting requests are for.
CERTIFICATES = "certificates"
REQUESTS = "requests"
# A request that nobody has decided on yet (4.3).
UNDECIDED = ("pending", "submitted")
# The statuses of a certificate that was asked for, and does not exist (2.3).
NEVER_ISSUED = ("pending", "rejected")
_PEM = re.compile(r"[A-Za-z0-9+/= \r\n-]{1,20000}")
_HOSTNAME_LIKE = re.compile(r"[^\s@/]+\.[^\s@/]+")
# Some dates come without their zeros: 2027-1-5.
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", re.DOTALL)
_HEX = re.compile(r"[0-9A-Fa-f]{1,128}")
# The certificate of an order of any other status may be no more than a request: an id alone proves nothing (2.1).
_HAS_BEEN_ISSUED = ("issued", "renewed", "reissue_pending", "expired", "revoked")
# Kinds of products that hold names of servers. A certificate of a person or for code has none.
_FOR_SERVERS = ("ssl_certificate", "dv_ssl_certificate")


@dataclass(frozen=True)
class Named:
    """An organization or a container, as orders and domains name it."""

    id: int | None
    name: str


@dataclass(frozen=True)
class Request:
    """A request that somebody approves or rejects (4.3); date is ISO 8601 in UTC.

    is_comment_kept: of one that was just filed, whether the answer has the comment that was sent.
    """

    id: int
    type: str
    status: str
    date: str = ""
    order_id: int | None = None
    certificate_id: int | None = None
    requester: str = ""
    comments: str = ""
    is_comment_kept: bool = True

    @property
    def name(self) -> str:
        return self.type

    @property
    def identity(self) -> dict[str, Any]:
        return {"request_id": self.id, "order_id": self.order_id, "type": self.type}

    @property
    def facts(self) -> dict[str, Any]:
        return {"status": self.status}

    @property
    def is_undecided(self) -> bool:
        return self.status in UNDECIDED

    def brief(self) -> dict[str, Any]:
        """As an order shows it."""
        return {"request_id": self.id, "type": self.type, "status": self.status, "date": self.date}

    def shown(self) -> dict[str, Any]:
        """As digicert_request_info returns it."""
        more = {"order_id": self.order_id, "requester": self.requester, "comments": self.comments}
        return {**self.brief(), **more}


@dataclass(frozen=True)
class Note:
    """A note on an order (4.4)."""

    id: int | None
    text: str


@dataclass(frozen=True)
class Certificate:
    """A certificate of an order: its primary one, a reissue or a duplicate (2.1, 4.7).

    has_names: False where its names have a shape that cannot be read.
    """

    id: int | None
    serial_number: str
    status: str
    common_name: str
    domains: tuple[str, ...]
    valid_till: date | None = None
    thumbprint: str = ""
    has_names: bool = True

    def is_same(self, other: Certificate) -> bool:
        """Whether two rows are of one certificate: its serial number or thumbprint decides, or else its id."""
        for mine, theirs in ((self.serial_number, other.serial_number), (self.thumbprint, other.thumbprint)):
            if mine and mine == theirs:
                return True
        if self.serial_number and other.serial_number:
            return False
        return self.id is not None and self.id == other.id

    def shown(self) -> dict[str, Any]:
        return {
            "certificate_id": self.id,
            "serial_number": self.serial_number,
            "status": self.status,
            "domains": list(self.domains),
            "valid_till": _text(self.valid_till),
        }


@dataclass(frozen=True)
class Order:
    """What CertCentral says of an order (2.1, 3); None is "not said".

    is_migrated: whether the list's origin filter says that the order came from a legacy console; in no answer itself.
    seen: which of DETAILS, ROW, ORIGIN, CERTIFICATES and REQUESTS have been asked for.
    names_known: whether dns_names are all names that it has, as far as the answer shows. has_readable_names: False
    where the answer has them in a shape that cannot be read.
    duplicates_count, reissues_count: how many the answer announces at least, None where that cannot be read.
    unknown: why the certificates that have been read may not be all that it has, empty where they are.
    has_unread_expiry: whether valid_till or order_valid_till is None because what the answer has cannot be read.
    """

    id: int
    status: str
    is_renewed: bool | None = None
    renewed_order_id: int | None = None
    valid_till: date | None = None
    common_name: str = ""
    is_migrated: bool | None = None
    seen: frozenset[str] = frozenset()
    dns_names: tuple[str, ...] = ()
    date_created: datetime | None = None
    valid_from: date | None = None
    order_valid_till: date | None = None
    certificate_id: int | None = None
    serial_number: str = ""
    product_name_id: str = ""
    product_name: str = ""
    product_type: str = ""
    organization: Named | None = None
    container: Named | None = None
    is_multi_year_plan: bool | None = None
    has_duplicates: bool | None = None
    has_reissues: bool | None = None
    names_known: bool = True
    has_readable_names: bool = True
    duplicates_count: int | None = 0
    reissues_count: int | None = 0
    disable_renewal_notifications: bool | None = None
    has_unread_expiry: bool = False
    # What only the order's own page has.
    certificate_status: str = ""
    thumbprint: str = ""
    csr: str = ""
    renewal_of_order_id: int | None = None
    auto_renew: bool | None = None
    auto_reissue: bool | None = None
    custom_renewal_message: str | None = None
    requests: tuple[Request, ...] = ()
    notes: tuple[Note, ...] | None = None
    # Reissues and duplicates beside the primary one, from lists of their own.
    others: tuple[Certificate, ...] = ()
    unknown: str = ""

    @property
    def is_marked(self) -> bool | None:
        """Whether the order counts as renewed, however the service shows it (2.2)."""
        return True if self.status == "renewed" else self.is_renewed

    @property
    def name(self) -> str:
        return self.common_name

    @property
    def identity(self) -> dict[str, Any]:
        return {}

    @property
    def facts(self) -> dict[str, Any]:
        """What a change of its status can alter, as results and diffs show it."""
        return {"status": self.status, "is_renewed": bool(self.is_marked)}

    @property
    def domains(self) -> tuple[str, ...]:
        """Every name that it covers, in lower case and sorted; a person's name or a mailbox is none."""
        return _domains(self.common_name, self.dns_names)

    def can_be_reissued(self, today: date) -> bool:
        """Whether the order outlives its certificate, as annual plans do, and has not ended (8)."""
        ends, till = self.order_valid_till, self.valid_till
        return ends is not None and ends >= today and (till is None or ends > till)

    @property
    def undecided(self) -> tuple[Request, ...]:
        """The requests that wait for somebody's decision."""
        return tuple(request for request in self.requests if request.is_undecided)

    @property
    def was_issued(self) -> bool:
        """Whether it has, or had, a certificate; a request for one may have an id as well (2.1)."""
        return bool(self.status in _HAS_BEEN_ISSUED or self.serial_number or self.thumbprint or self.valid_till)

    @property
    def primary(self) -> Certificate | None:
        """The order's present certificate, or the request for it, where that has an id.

        The status of a certificate is left out where it is simply issued (2.1).
        """
        if self.certificate_id is None and not self.serial_number:
            return None
        status = self.certificate_status or ("revoked" if self.status == "revoked" else "issued")
        if not self.was_issued:
            status = "pending"
        return Certificate(
            self.certificate_id,
            self.serial_number,
            status,
            self.common_name,
            self.domains,
            self.valid_till,
            self.thumbprint,
            self.has_readable_names,
        )

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The present certificate, reissues and duplicates, as far as they have been read, whatever their status."""
        return ((self.primary,) if self.primary else ()) + self.others

    @property
    def is_for_servers(self) -> bool:
        """Whether its certificates hold names of servers, as far as is known."""
        return self.product_type in ("", *_FOR_SERVERS)

    def shown(self, today: date) -> dict[str, Any]:
        """As digicert_order_info and the inventory return it; what only its own page has where that was read.

        today: the date in UTC.
        """
        row: dict[str, Any] = {
            "order_id": self.id,
            "status": self.status,
            "is_renewed": self.is_marked,
            "common_name": self.common_name,
            "domains": list(self.domains),
            "domains_known": self.names_known,
            "certificate_id": self.certificate_id if self.was_issued else None,
            "serial_number": self.serial_number,
            "date_created": utc_text(self.date_created),
            "valid_from": _text(self.valid_from),
            "valid_till": _text(self.valid_till),
            "days_remaining": None if self.valid_till is None else (self.valid_till - today).days,
            "order_valid_till": _text(self.order_valid_till),
            "is_multi_year_plan": bool(self.is_multi_year_plan),
            "product_name_id": self.product_name_id,
            "product_name": self.product_name,
            "product_type": self.product_type,
            "organization_id": self.organization.id if self.organization else None,
            "organization_name": self.organization.name if self.organization else "",
            "container_id": self.container.id if self.container else None,
            "container_name": self.container.name if self.container else "",
            "has_duplicates": self.has_duplicates,
            "has_reissues": self.has_reissues,
            "disable_renewal_notifications": self.disable_renewal_notifications,
        }
        if ORIGIN in self.seen:
            row["is_migrated"] = self.is_migrated
        if DETAILS in self.seen:
            row.update(self._details())
        return row

    def _details(self) -> dict[str, Any]:
        return {
            "certificate_status": self.primary.status if self.primary and self.was_issued else "",
            "thumbprint": self.thumbprint,
            "csr": self.csr,
            "renewed_order_id": self.renewed_order_id,
            "renewal_of_order_id": self.renewal_of_order_id,
            "auto_renew": self.auto_renew,
            "auto_reissue": self.auto_reissue,
            "custom_renewal_message": self.custom_renewal_message or "",
            "requests": [request.brief() for request in self.requests],
            "pending_requests": [request.brief() for request in self.undecided],
            "notes": None if self.notes is None else [note.text for note in self.notes],
        }


@dataclass(frozen=True)
class StatusChange:
    """An order whose status changed lately (4.5); when is not said."""

    order_id: int
    status: str
    certificate_id: int | None = None


@dataclass(frozen=True)
class Domain:
    """A domain of the account (5)."""

    id: int
    label: str
    is_active: bool | None
    date_created: str = ""
    organization: Named | None = None
    container: Named | None = None
    validations: tuple[Mapping[str, Any], ...] = ()
    dcv_method: str = ""
    dcv_expiration: Mapping[str, str] | None = None

    @property
    def name(self) -> str:
        return self.label

    @property
    def identity(self) -> dict[str, Any]:
        return {"domain_id": self.id, "name": self.label}

    @property
    def facts(self) -> dict[str, Any]:
        return {"state": {True: "active", False: "inactive", None: "unknown"}[self.is_active]}

    def shown(self) -> dict[str, Any]:
        """As digicert_domain_info returns it."""
        return {
            "domain_id": self.id,
            "name": self.label,
            "is_active": self.is_active,
            "date_created": self.date_created,
            "organization_id": self.organization.id if self.organization else None,
            "organization_name": self.organization.name if self.organization else "",
            "container_id": self.container.id if self.container else None,
            "container_name": self.container.name if self.container else "",
            "validations": [dict(validation) for validation in self.validations],
            "dcv_method": self.dcv_method,
            "dcv_expiration": dict(self.dcv_expiration or {}),
        }


@dataclass(frozen=True)
class User:
    """Whom a key acts as (6). container_ids: those that it is restricted to, None where it is not."""

    account_id: int | None
    username: str
    roles: tuple[str, ...]
    user_id: int | None = None
    status: str = ""
    container_ids: tuple[int, ...] | None = None

    def shown(self) -> dict[str, Any]:
        """As digicert_account_info returns it."""
        return {
            "user_id": self.user_id,
            "username": self.username,
            "status": self.status,
            "roles": list(self.roles),
            "container_ids": None if self.container_ids is None else list(self.container_ids),
        }


@dataclass(frozen=True)
class Account:
    """GET /account (6)."""

    id: int | None
    organization_id: int | None
    organization_name: str
    root_container_id: int | None
    type: str

    def shown(self) -> dict[str, Any]:
        """As digicert_account_info returns it."""
        return {
            "account_id": self.id,
            "organization_id": self.organization_id,
            "organization_name": self.organization_name,
            "root_container_id": self.root_container_id,
            "type": self.type,
        }


# -- reading JSON ----------------------------------------------------------------------------------------------------


def read_order(data: Any, source: str) -> Order | None:
    """An order from its own page (DETAILS) or a list's row (ROW); None where it has no id."""
    if not isinstance(data, dict):
        return None
    order_id = integer(data.get("id"))
    if order_id is None:
        return None
    certificate, product = _mapping(data.get("certificate")), _mapping(data.get("product"))
    order = Order(
        id=order_id,
        status=_order_status(data, certificate),
        is_renewed=boolean(data.get("is_renewed")),
        renewed_order_id=integer(data.get("renewed_order_id")),
        valid_till=_date(certificate.get("valid_till")),
        common_name=read_common_name(certificate.get("common_name")),
        seen=frozenset([source]),
        dns_names=_names(certificate.get("dns_names")),
        date_created=_moment(data.get("date_created")),
        valid_from=_date(certificate.get("valid_from")),
        order_valid_till=_date(data.get("order_valid_till")),
        certificate_id=integer(certificate.get("id")),
        serial_number=serial(certificate.get("serial_number")),
        product_name_id=printable(data.get("product_name_id") or product.get("name_id") or ""),
        product_name=printable(product.get("name") or ""),
        product_type=printable(product.get("type") or ""),
        organization=_named(data.get("organization")),
        container=_named(data.get("container")),
        is_multi_year_plan=boolean(data.get("is_multi_year_plan")),
        has_duplicates=_has(data, "duplicates"),
        has_reissues=_has(data, "reissues"),
        names_known=_lists_names(certificate, data.get("number_of_sans")),
        has_readable_names=_has_readable_names(certificate),
        duplicates_count=_announced(data, "duplicates"),
        reissues_count=_announced(data, "reissues"),
        disable_renewal_notifications=boolean(data.get("disable_renewal_notifications")),
        has_unread_expiry=_is_unread(certificate.get("valid_till")) or _is_unread(data.get("order_valid_till")),
    )
    return _with_details(order, data, certificate) if source == DETAILS else order


def _with_details(order: Order, data: Mapping[str, Any], certificate: Mapping[str, Any]) -> Order:
    requests = (read_request(item, order.id) for item in _list(data.get("requests")))
    csr = certificate.get("csr")
    return replace(
        order,
        # Only details have the field, and leave it out or say 0 where there is no newer order (2.1).
        renewed_order_id=0 if data.get("renewed_order_id") in (None, "") else order.renewed_order_id,
        certificate_status=_certificate_status(certificate.get("status") or ""),
        thumbprint=serial(certificate.get("thumbprint")),
        csr=csr if isinstance(csr, str) and _PEM.fullmatch(csr) else "",
        renewal_of_order_id=integer(data.get("renewal_of_order_id")) or 0,
        # Fields are left out where they do not apply (2.1), which for these is off; 10 is an old spelling of on.
        disable_renewal_notifications=bool(order.disable_renewal_notifications),
        auto_renew=_switched_on(data.get("auto_renew")),
        auto_reissue=_switched_on(data.get("auto_reissue")),
        custom_renewal_message=printable(data.get("custom_renewal_message") or "", limit=10000),
        requests=tuple(request for request in requests if request),
        notes=read_notes(data) if "notes" in data else None,
    )


def read_status_change(data: Any) -> StatusChange | None:
    """A row of the status changes (4.5); None where it has no order or status."""
    row = _mapping(data)
    order_id, status = integer(row.get("order_id")), printable(row.get("status") or "")
    if not order_id or not status:
        return None
    # Before it is issued there is no certificate, which might show as 0.
    return StatusChange(order_id, status, integer(row.get("certificate_id")) or None)


def read_request(data: Any, order_id: int | None = None) -> Request | None:
    """A request by itself, or among an order's; None where it has no id (2.1, 4.3)."""
    data = _mapping(data)
    request_id = integer(data.get("id"))
    if request_id is None:
        return None
    requester = _mapping(data.get("requester"))
    names = (requester.get("first_name"), requester.get("last_name"))
    return Request(
        id=request_id,
        type=request_type(data.get("type")),
        status=printable(data.get("status") or ""),
        date=utc_text(_moment(data.get("date"))),
        order_id=integer(_mapping(data.get("order")).get("id")) or order_id,
        certificate_id=integer(_mapping(data.get("certificate")).get("id")),
        requester=printable(" ".join(str(name) for name in names if name)),
        comments=printable(data.get("comments") or ""),
    )


def read_notes(data: Mapping[str, Any]) -> tuple[Note, ...]:
    notes = (item for item in _list(data.get("notes")) if isinstance(item, dict))
    return tuple(Note(integer(note.get("id")), _on_a_line(note.get("text") or "")) for note in notes)


def read_certificate(data: Any) -> Certificate:
    """A row of an order's reissues or duplicates (4.7); one that cannot be read has neither id nor serial number."""
    data = _mapping(data)
    certificate_id, serial_number = integer(data.get("id")), serial(data.get("serial_number"))
    common_name = read_common_name(data.get("common_name"))
    return Certificate(
        certificate_id,
        serial_number,
        _certificate_status(data.get("status") or "issued"),
        common_name,
        _domains(common_name, _names(data.get("dns_names"))),
        _date(data.get("valid_till")),
        serial(data.get("thumbprint")),
        _has_readable_names(data),
    )


def with_certificates(order: Order, reissues: Sequence[Certificate], duplicates: Sequence[Certificate]) -> Order:
    """An order with the certificates of these lists, and whether they are all that it announces (4.7).

    The list of duplicates sometimes repeats the primary certificate instead of them, and lists can be short.
    """
    others = _distinct([*reissues, *duplicates], order.primary)
    known = replace(order, others=tuple(others), seen=order.seen | {CERTIFICATES})
    lists = (("reissue", order.reissues_count, reissues), ("duplicate", order.duplicates_count, duplicates))
    for kind, count, listed in lists:
        why = _short(kind, count, len(_distinct(listed, order.primary)))
        if why:
            return replace(known, unknown=why)
    announced = (order.reissues_count or 0) + (order.duplicates_count or 0)
    why = _short("reissue or duplicate", announced, len(others)) or _nameless(known, [*reissues, *duplicates])
    return replace(known, unknown=why)


def _short(kind: str, announced: int | None, listed: int) -> str:
    if announced is None:
        return f"how many {kind}s it has cannot be read"
    if listed < announced:
        return f"it has {plural(announced, kind)}, of which CertCentral lists {listed} beside the present certificate"
    return ""


def _nameless(order: Order, listed: Sequence[Certificate]) -> str:
    """Why it is not known for which names its certificates are."""
    for one in listed:
        if one.id is None and not one.serial_number and one.status not in NEVER_ISSUED:
            return "CertCentral lists a certificate with neither an id nor a serial number"
    for one in (*order.certificates, *listed):
        if one.status in ("revoked", *NEVER_ISSUED):
            continue
        label = one.serial_number or one.id
        if not one.has_names and order.is_for_servers:
            return f"the names of certificate {label} cannot be read"
        if not one.domains and (order.product_type in _FOR_SERVERS or not one.common_name):
            return f"certificate {label} has no names"
        kept = next((known for known in order.certificates if known.is_same(one)), one)
        if not set(kept.domains).issuperset(one.domains):
            return f"certificate {label} is listed twice, with different names"
    return ""


def _distinct(listed: Sequence[Certificate], primary: Certificate | None) -> list[Certificate]:
    """Each certificate once, without the primary one and without rows that name none."""
    found: list[Certificate] = []
    for one in listed:
        known = [*found, *([primary] if primary else [])]
        if (one.id is not None or one.serial_number) and not any(map(one.is_same, known)):
            found.append(one)
    return found


def read_domain(data: Any) -> Domain | None:
    """A domain (5); None where it has no id."""
    data = _mapping(data)
    domain_id = integer(data.get("id"))
    if domain_id is None:
        return None
    validations = (
        {
            "type": printable(item.get("type") or ""),
            "status": printable(item.get("status") or ""),
            "validated_until": utc_text(_moment(item.get("validated_until"))),
        }
        for item in _list(data.get("validations"))
        if isinstance(item, dict)
    )
    expiration = _mapping(data.get("dcv_expiration"))
    return Domain(
        id=domain_id,
        label=dns_name(_spelled(data.get("name") or "")),
        is_active=boolean(data.get("is_active")),
        date_created=utc_text(_moment(data.get("date_created"))),
        organization=_named(data.get("organization")),
        container=_named(data.get("container")),
        validations=tuple(validations),
        dcv_method=printable(data.get("dcv_method") or ""),
        dcv_expiration={printable(kind): _utc_day(day) for kind, day in expiration.items()},
    )


def read_user(data: Mapping[str, Any]) -> User:
    """GET /user/me (6)."""
    roles = (role.get("name") for role in _list(data.get("access_roles")) if isinstance(role, dict))
    restricted = boolean(data.get("has_container_assignments"))
    # Whether ids or objects stand there is not known (6, 10).
    visible = (integer(_mapping(item).get("id", item)) for item in _list(data.get("container_visibility")))
    return User(
        account_id=integer(data.get("account_id")),
        username=printable(data.get("username") or ""),
        roles=tuple(printable(name) for name in roles if name),
        user_id=integer(data.get("id")),
        status=printable(data.get("status") or ""),
        container_ids=tuple(number for number in visible if number is not None) if restricted else None,
    )


def read_account(data: Mapping[str, Any]) -> Account:
    return Account(
        id=integer(data.get("id")),
        organization_id=integer(data.get("primary_organization_id")),
        organization_name=printable(data.get("primary_organization_name") or ""),
        root_container_id=integer(data.get("root_container_id")),
        type=printable(data.get("cert_central_type") or ""),
    )


def merged(order: Order, other: Order | None, asked: str) -> Order:
    """`order` with what only `other` knows, and the mark that `asked` was asked for."""
    if other is None:
        return replace(order, seen=order.seen | {asked})
    lacking = {
        field.name: getattr(other, field.name)
        for field in fields(order)
        if getattr(order, field.name) in (None, "", ()) and field.name != "status"
    }
    return replace(order, **{**lacking, "seen": order.seen | other.seen | {asked}})


def integer(value: Any) -> int | None:
    """An id, which some answers spell as a string (2.1)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def boolean(value: Any) -> bool | None:
    """true, 1 and "1" are all seen (2.1)."""
    if isinstance(value, str):
        value = value.strip().lower()
    if value in (True, "1", "true"):
        return True
    return False if value in (False, "0", "false") else None


def serial(value: Any) -> str:
    """A serial number or thumbprint: hexadecimal digits in upper case, empty where it is anything else."""
    text = value.replace(":", "").strip() if isinstance(value, str) else ""
    return text.upper() if _HEX.fullmatch(text) else ""


def request_type(value: Any) -> str:
    """A type of request; an old sample spells new_request with a space (4.3)."""
    return "_".join(printable(value or "").lower().split())


def _order_status(data: Mapping[str, Any], certificate: Mapping[str, Any]) -> str:
    """The older samples say approved of an order whose certificate is issued, too (2.3)."""
    status = printable(data.get("status") or "")
    has_certificate = serial(certificate.get("serial_number")) and _date(certificate.get("valid_till"))
    return "issued" if status == "approved" and has_certificate else status


def _certificate_status(value: Any) -> str:
    """The older samples say approved of what is issued (2.3)."""
    status = printable(value)
    return "issued" if status == "approved" else status


def _on_a_line(value: Any) -> str:
    return printable(" ".join(str(value).split()), limit=10000)


def _switched_on(value: Any) -> bool:
    return value not in (None, "", 0, "0", False, "false")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _named(value: Any) -> Named | None:
    """An organization or container; the list shows [] for the organization of a DV order (2.1)."""
    if not isinstance(value, dict):
        return None
    return Named(integer(value.get("id")), printable(value.get("name") or ""))


def _lists_names(certificate: Mapping[str, Any], count: Any) -> bool:
    """Whether an answer lists all names of a certificate. count: its number_of_sans, which may be left out."""
    listed = certificate.get("dns_names")
    if not isinstance(listed, list) or not all(isinstance(name, str) and name for name in listed):
        return False
    if count is None:
        return True
    announced = integer(count)
    return announced is not None and len({name.lower() for name in listed}) >= announced


def _has_readable_names(certificate: Mapping[str, Any]) -> bool:
    """False where the names are there in an unexpected shape; they are left out where there are none (2.1)."""
    return "dns_names" not in certificate or _lists_names(certificate, None)


def _has(data: Mapping[str, Any], kind: str) -> bool | None:
    """Whether an order has duplicates or reissues: either field may say so, None where neither does."""
    announced = _announced(data, kind)
    if announced:
        return True
    return None if announced is None else boolean(data.get(f"has_{kind}"))


def _announced(data: Mapping[str, Any], kind: str) -> int | None:
    """How many duplicates or reissues an order announces at least; None where that cannot be read."""
    has, count = data.get(f"has_{kind}"), data.get(f"{kind}_count")
    flag, number = boolean(has), integer(count)
    if (flag is None and has is not None) or (number is None and count is not None) or (number or 0) < 0:
        return None
    return max(int(bool(flag)), number or 0)


def _names(value: Any) -> tuple[str, ...]:
    return tuple(_spelled(name) for name in _list(value) if isinstance(name, str) and name)


def read_common_name(value: Any) -> str:
    """A common name as it is, but a domain name in Unicode in the spelling of DNS."""
    spelled = _spelled(value or "")
    return spelled if _HOSTNAME_LIKE.fullmatch(spelled) else printable(value or "")


def _spelled(value: Any) -> str:
    """A name as it is, but one in Unicode in the spelling of DNS, where it has one."""
    text = str(value)
    return printable(text if text.isascii() else to_ascii(text.strip()) or text)


def _domains(common_name: str, dns_names: tuple[str, ...]) -> tuple[str, ...]:
    names = set(map(dns_name, dns_names))
    if _HOSTNAME_LIKE.fullmatch(common_name):
        names.add(dns_name(common_name))
    return tuple(sorted(names))


def _date(value: Any) -> date | None:
    """yyyy-MM-dd, with or without leading zeros, or the date of an ISO 8601 time (2.1)."""
    match = _DAY.fullmatch(str(value or "").strip())
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def _utc_day(value: Any) -> str:
    moment = _moment(value)
    return "" if moment is None else moment.date().isoformat()


def _is_unread(value: Any) -> bool:
    """Whether there is a date that cannot be read."""
    return value not in (None, "", []) and _date(value) is None


def _moment(value: Any) -> datetime | None:
    """An ISO 8601 time, or "yyyy-MM-dd HH:mm:ss", of which we take that it is UTC (2.1, 6)."""
    text = str(value or "").strip()
    match = _DAY.fullmatch(text)
    if match is None:
        return utc(text)
    return utc(f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}{text[match.end(3) :]}")


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()
