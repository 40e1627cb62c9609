# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The objects of the CertCentral API, and the parsing of its JSON, which no other file does.

Section numbers in comments refer to docs/development/reference/certcentral.md. A value is None if the answer lacks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from .._common.names import dns_name, to_ascii
from .._common.text import plural, printable
from .._common.values import utc, utc_text

# The parts of an order that can be read, the values of Order.seen: its details, its list row, its origin.
DETAILS = "details"
ROW = "row"
ORIGIN = "origin"
# Further parts that a revocation needs: all certificates, and the certificates of the open requests.
CERTIFICATES = "certificates"
REQUESTS = "requests"
# The statuses of a request that waits for a decision (2.3).
UNDECIDED = ("pending", "submitted")
# The statuses of a requested certificate that does not exist (2.3).
NEVER_ISSUED = ("pending", "rejected")
_PEM = re.compile(r"[A-Za-z0-9+/= \r\n-]{1,20000}")
# A common name with a dot, without spaces, @ and /: not the name of a person, and not a mailbox.
_HOSTNAME_LIKE = re.compile(r"[^\s@/]+\.[^\s@/]+")
# Some dates have no leading zeros, such as 2027-1-5.
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", re.DOTALL)
_HEX = re.compile(r"[0-9A-Fa-f]{1,128}")
# In any other status the certificate of an order may only be requested: a certificate id alone proves nothing (2.1).
_HAS_BEEN_ISSUED = ("issued", "renewed", "reissue_pending", "expired", "revoked")
# The product types with host names. Client and code signing certificates have none.
_FOR_SERVERS = ("ssl_certificate", "dv_ssl_certificate")


@dataclass(frozen=True)
class Named:
    """The organization or container of an order or a domain."""

    id: int | None
    name: str


@dataclass(frozen=True)
class Several:
    """Containers or organizations, by id or by name in lower case; without both, any of them."""

    ids: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, texts: Iterable[str]) -> Several:
        """Parse ids and names: a text of digits is an id. Raises ValueError, whose message begins with must."""
        stripped = [text.strip() for text in texts]
        if not all(stripped):
            raise ValueError("must not contain an empty element: remove it")
        numbers = {text: integer(text) for text in stripped}
        if 0 in numbers.values():
            raise ValueError("must not contain 0, which is not an ID: remove it")
        return cls(
            frozenset(number for number in numbers.values() if number is not None),
            frozenset(text.lower() for text, number in numbers.items() if number is None),
        )

    def __bool__(self) -> bool:
        return bool(self.ids or self.names)

    def has(self, one: Named | None) -> bool | None:
        """Whether these have a container or an organization; None if its id or its name is not known and decides."""
        if not self or (one and (one.id in self.ids or one.name.lower() in self.names)):
            return True
        is_unclear = one is None or (self.ids and one.id is None) or (self.names and not one.name)
        return None if is_unclear else False


@dataclass(frozen=True)
class Person:
    """The user who has placed an order (2.1). Texts are empty if the answer lacks them."""

    id: int | None
    name: str
    email: str


@dataclass(frozen=True)
class Request:
    """A request that waits for, or has, the decision of an approver (4.3).

    date: ISO 8601 in UTC. order_id, certificate_id: what the request is about, None if the answer lacks it.
    is_comment_kept: for a request that was just filed, whether the answer has the comment that was sent.
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
        """The request as a part of an order in results."""
        return {"request_id": self.id, "type": self.type, "status": self.status, "date": self.date}

    def shown(self) -> dict[str, Any]:
        """The request in results of digicert_request_info."""
        more = {"order_id": self.order_id, "requester": self.requester, "comments": self.comments}
        return {**self.brief(), **more}


@dataclass(frozen=True)
class Note:
    """A note on an order (4.4)."""

    id: int | None
    text: str


@dataclass(frozen=True)
class Certificate:
    """A certificate of an order: the primary certificate, a reissue or a duplicate (2.1, 4.7).

    domains: in lower case and sorted. has_names: False if the names have a shape that cannot be parsed.
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
        """Whether two rows are the same certificate, by serial number or thumbprint, otherwise by id."""
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
    """An order (2.1, 3). A value is None if the answer lacks it.

    is_migrated: whether the origin filter returns the order as migrated from a legacy console (2.2).
    seen: which of DETAILS, ROW, ORIGIN, CERTIFICATES and REQUESTS were read.
    renewed_order_id: the order that renewed this one, 0 if there is none.
    names_known: whether dns_names are complete, as far as the answer shows.
    has_readable_names: False if the answer has names in a shape that cannot be parsed.
    duplicates_count, reissues_count: the announced minimum, None if the answer cannot be parsed.
    unknown: why the certificates that were read may be incomplete, empty if they are complete.
    has_unread_expiry: whether valid_till or order_valid_till is None because the answer cannot be parsed.
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
    # Lists are documented without this field (3).
    requester: Person | None = None
    # Only the details have the following fields.
    certificate_status: str = ""
    thumbprint: str = ""
    csr: str = ""
    renewal_of_order_id: int | None = None
    auto_renew: bool | None = None
    auto_reissue: bool | None = None
    custom_renewal_message: str | None = None
    requests: tuple[Request, ...] = ()
    notes: tuple[Note, ...] | None = None
    # Reissues and duplicates without the primary certificate, from their own lists (4.7).
    others: tuple[Certificate, ...] = ()
    unknown: str = ""

    @property
    def is_marked(self) -> bool | None:
        """Whether the order counts as renewed: by is_renewed or by its status (2.2)."""
        return True if self.status == "renewed" else self.is_renewed

    @property
    def name(self) -> str:
        return self.common_name

    @property
    def identity(self) -> dict[str, Any]:
        return {}

    @property
    def facts(self) -> dict[str, Any]:
        """The facts that a change of the status can change, for results and diffs."""
        return {"status": self.status, "is_renewed": bool(self.is_marked)}

    # Cached, because planners compare the names of ten thousand orders, more than once.
    @cached_property
    def domains(self) -> tuple[str, ...]:
        """All host names of the order, in lower case and sorted, without names of persons and mailboxes."""
        return _domains(self.common_name, self.dns_names)

    def days_remaining(self, today: date) -> int | None:
        """The days until the certificate expires, negative after that; None if not known."""
        return None if self.valid_till is None else (self.valid_till - today).days

    def can_be_reissued(self, today: date) -> bool:
        """Whether the order is valid for longer than its certificate, like an annual plan, and is still valid (8)."""
        order_ends, certificate_ends = self.order_valid_till, self.valid_till
        return (
            order_ends is not None
            and order_ends >= today
            and (certificate_ends is None or order_ends > certificate_ends)
        )

    @property
    def undecided(self) -> tuple[Request, ...]:
        """The requests that wait for an approver."""
        return tuple(request for request in self.requests if request.is_undecided)

    @property
    def was_issued(self) -> bool:
        """Whether the order has or had a certificate. The certificate id does not prove it (2.1)."""
        return bool(self.status in _HAS_BEEN_ISSUED or self.serial_number or self.thumbprint or self.valid_till)

    @property
    def primary(self) -> Certificate | None:
        """The primary certificate, which is `pending` before issuance; None if it has no id and no serial number."""
        if self.certificate_id is None and not self.serial_number:
            return None
        # An answer omits the status of a certificate that is just issued (2.1).
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
        """The primary certificate, and the reissues and duplicates that were read, in any status."""
        return ((self.primary,) if self.primary else ()) + self.others

    @property
    def is_for_servers(self) -> bool:
        """Whether the certificates are for host names; True if the product type is not known."""
        return self.product_type in ("", *_FOR_SERVERS)

    def shown(self, today: date) -> dict[str, Any]:
        """The order in results of digicert_order_info and of the inventory plugin. today: the date in UTC.

        The keys that only the details have are added if the details were read.
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
            "days_remaining": self.days_remaining(today),
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
            "requester": self.requester.name if self.requester else "",
            "requester_email": self.requester.email if self.requester else "",
            "requester_id": self.requester.id if self.requester else None,
            "notes": None if self.notes is None else [note.text for note in self.notes],
        }


@dataclass(frozen=True)
class StatusChange:
    """A recent change of the status of an order (4.5). The service returns no time of the change."""

    order_id: int
    status: str
    certificate_id: int | None = None


@dataclass(frozen=True)
class Domain:
    """A domain of the account (5). label: its name in lower case, in the DNS spelling (A-labels)."""

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
        """The domain in results of digicert_domain_info."""
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
    """The user that an API key acts as (6).

    container_ids: the containers that the user is restricted to, None if there is no restriction.
    """

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
    """An account, as GET /account returns it (6)."""

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


# -- parsing JSON ----------------------------------------------------------------------------------------------------


def read_order(data: Any, source: str) -> Order | None:
    """Parse an order; None if it has no id.

    source: DETAILS for the answer of GET /order/certificate/{id} (2.1), ROW for a list row (3).
    """
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
        names_known=_lists_all_names(certificate, data.get("number_of_sans")),
        has_readable_names=_has_readable_names(certificate),
        duplicates_count=_announced_count(data, "duplicates"),
        reissues_count=_announced_count(data, "reissues"),
        disable_renewal_notifications=boolean(data.get("disable_renewal_notifications")),
        has_unread_expiry=_is_unparsed(certificate.get("valid_till")) or _is_unparsed(data.get("order_valid_till")),
        requester=_person(data.get("user")),
    )
    return _with_details(order, data, certificate) if source == DETAILS else order


def _with_details(order: Order, data: Mapping[str, Any], certificate: Mapping[str, Any]) -> Order:
    """Add the fields that only details have."""
    requests = (read_request(item, order.id) for item in _list(data.get("requests")))
    csr = certificate.get("csr")
    return replace(
        order,
        # Without a newer order the details omit the field, or have 0 (2.1). In a row, a missing field proves nothing.
        renewed_order_id=0 if data.get("renewed_order_id") in (None, "") else order.renewed_order_id,
        certificate_status=_certificate_status(certificate.get("status") or ""),
        thumbprint=serial(certificate.get("thumbprint")),
        csr=csr if isinstance(csr, str) and _PEM.fullmatch(csr) else "",
        renewal_of_order_id=integer(data.get("renewal_of_order_id")) or 0,
        # A missing setting is off, because details omit fields that do not apply. Old samples have 10 for on (2.1).
        disable_renewal_notifications=bool(order.disable_renewal_notifications),
        auto_renew=_switched_on(data.get("auto_renew")),
        auto_reissue=_switched_on(data.get("auto_reissue")),
        custom_renewal_message=printable(data.get("custom_renewal_message") or "", limit=10000),
        requests=tuple(request for request in requests if request),
        notes=read_notes(data) if "notes" in data else None,
    )


def read_status_change(data: Any) -> StatusChange | None:
    """Parse a row of the status changes (4.5); None if it lacks the order or the status."""
    row = _mapping(data)
    order_id, status = integer(row.get("order_id")), printable(row.get("status") or "")
    if not order_id or not status:
        return None
    # Before issuance there is no certificate. The id is then missing, null or 0 (4.5).
    return StatusChange(order_id, status, integer(row.get("certificate_id")) or None)


def read_request(data: Any, order_id: int | None = None) -> Request | None:
    """Parse a request; None if it has no id (2.1, 4.3). order_id: the order that lists the request in its details."""
    data = _mapping(data)
    request_id = integer(data.get("id"))
    if request_id is None:
        return None
    requester = _person(data.get("requester"))
    return Request(
        id=request_id,
        type=request_type(data.get("type")),
        status=printable(data.get("status") or ""),
        date=utc_text(_moment(data.get("date"))),
        order_id=integer(_mapping(data.get("order")).get("id")) or order_id,
        certificate_id=integer(_mapping(data.get("certificate")).get("id")),
        requester=requester.name if requester else "",
        comments=printable(data.get("comments") or ""),
    )


def read_notes(data: Mapping[str, Any]) -> tuple[Note, ...]:
    """Parse the notes of an order (4.4)."""
    notes = (item for item in _list(data.get("notes")) if isinstance(item, dict))
    return tuple(Note(integer(note.get("id")), _single_line(note.get("text") or "")) for note in notes)


def read_certificate(data: Any) -> Certificate:
    """Parse a reissue or a duplicate (4.7). If it cannot be parsed, it has neither an id nor a serial number."""
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
    """Add reissues and duplicates to an order, and set `unknown` if they may be incomplete (4.7).

    The list of duplicates can repeat the primary certificate instead of the duplicates, and lists can be too short. So
    the lists are compared with the counts that the order announces.
    """
    others = _distinct([*reissues, *duplicates], order.primary)
    completed = replace(order, others=tuple(others), seen=order.seen | {CERTIFICATES})
    lists = (("reissue", order.reissues_count, reissues), ("duplicate", order.duplicates_count, duplicates))
    for kind, count, listed in lists:
        reason = _why_incomplete(kind, count, len(_distinct(listed, order.primary)))
        if reason:
            return replace(completed, unknown=reason)
    # A certificate can be in both lists, so also compare the sum.
    announced = (order.reissues_count or 0) + (order.duplicates_count or 0)
    reason = _why_incomplete("reissue and duplicate", announced, len(others)) or _why_names_unknown(
        completed, [*reissues, *duplicates]
    )
    return replace(completed, unknown=reason)


def _why_incomplete(kind: str, announced: int | None, listed: int) -> str:
    """Why a list may be too short, empty if it is long enough."""
    if announced is None:
        return f"the number of {kind} certificates cannot be read"
    if listed < announced:
        several = plural(announced, f"{kind} certificate")
        return f"the order has {several}, and CertCentral lists {listed} besides the primary certificate"
    return ""


def _why_names_unknown(order: Order, listed: Sequence[Certificate]) -> str:
    """Why the names of the certificates may be incomplete, empty if they are complete."""
    for one in listed:
        if one.id is None and not one.serial_number and one.status not in NEVER_ISSUED:
            return "CertCentral lists a certificate without an ID and without a serial number"
    for one in (*order.certificates, *listed):
        # A revocation ends none of these, so their names do not matter.
        if one.status in ("revoked", *NEVER_ISSUED):
            continue
        label = one.serial_number or one.id
        if not one.has_names and order.is_for_servers:
            return f"the names of certificate {label} cannot be read"
        if not one.domains and (order.product_type in _FOR_SERVERS or not one.common_name):
            return f"certificate {label} has no names"
        kept = next((known for known in order.certificates if known.is_same(one)), one)
        if not set(kept.domains).issuperset(one.domains):
            return f"certificate {label} is listed twice with different names"
    return ""


def _distinct(listed: Sequence[Certificate], primary: Certificate | None) -> list[Certificate]:
    """Each certificate once, without the primary certificate and without rows that lack id and serial number."""
    found: list[Certificate] = []
    for one in listed:
        known = [*found, *([primary] if primary else [])]
        if (one.id is not None or one.serial_number) and not any(map(one.is_same, known)):
            found.append(one)
    return found


def read_domain(data: Any) -> Domain | None:
    """Parse a domain (5); None if it has no id."""
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
        label=dns_name(_to_a_labels(data.get("name") or "")),
        is_active=boolean(data.get("is_active")),
        date_created=utc_text(_moment(data.get("date_created"))),
        organization=_named(data.get("organization")),
        container=_named(data.get("container")),
        validations=tuple(validations),
        dcv_method=printable(data.get("dcv_method") or ""),
        dcv_expiration={printable(kind): _utc_day(day) for kind, day in expiration.items()},
    )


def read_user(data: Mapping[str, Any]) -> User:
    """Parse the answer of GET /user/me (6)."""
    roles = (role.get("name") for role in _list(data.get("access_roles")) if isinstance(role, dict))
    restricted = boolean(data.get("has_container_assignments"))
    # The list has ids or objects; no source settles which (6, 10).
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
    """Parse the answer of GET /account (6)."""
    return Account(
        id=integer(data.get("id")),
        organization_id=integer(data.get("primary_organization_id")),
        organization_name=printable(data.get("primary_organization_name") or ""),
        root_container_id=integer(data.get("root_container_id")),
        type=printable(data.get("cert_central_type") or ""),
    )


def merged(order: Order, other: Order | None, asked: str) -> Order:
    """Complete `order` with the values that only `other` has, and add `asked` to the parts that were read.

    other: a second answer about the same order, None if the service has none. The status of `order` stays.
    """
    if other is None:
        return replace(order, seen=order.seen | {asked})
    missing = {
        field.name: getattr(other, field.name)
        for field in fields(order)
        if getattr(order, field.name) in (None, "", ()) and field.name != "status"
    }
    return replace(order, **{**missing, "seen": order.seen | other.seen | {asked}})


def integer(value: Any) -> int | None:
    """Parse an integer, which can be text (2.1); None if it is not one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def boolean(value: Any) -> bool | None:
    """Parse a boolean, which can be true, 1, "1" or "true" (2.1); None if it is not one."""
    if isinstance(value, str):
        value = value.strip().lower()
    if value in (True, "1", "true"):
        return True
    return False if value in (False, "0", "false") else None


def serial(value: Any) -> str:
    """Parse a serial number or thumbprint to hexadecimal digits in upper case; empty if it is not one."""
    text = value.replace(":", "").strip() if isinstance(value, str) else ""
    return text.upper() if _HEX.fullmatch(text) else ""


def request_type(value: Any) -> str:
    """Parse the type of a request. An old sample has `new request` instead of `new_request` (4.3)."""
    return "_".join(printable(value or "").lower().split())


def _order_status(data: Mapping[str, Any], certificate: Mapping[str, Any]) -> str:
    """The status of an order. Old samples have `approved` for an issued order (2.3)."""
    status = printable(data.get("status") or "")
    has_certificate = serial(certificate.get("serial_number")) and _date(certificate.get("valid_till"))
    return "issued" if status == "approved" and has_certificate else status


def _certificate_status(value: Any) -> str:
    """The status of a certificate. Old samples have `approved` for an issued one (2.3)."""
    status = printable(value)
    return "issued" if status == "approved" else status


def _single_line(value: Any) -> str:
    return printable(" ".join(str(value).split()), limit=10000)


def _switched_on(value: Any) -> bool:
    return value not in (None, "", 0, "0", False, "false")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _named(value: Any) -> Named | None:
    """Parse an organization or container. List rows have [] for the organization of a DV order (2.1)."""
    if not isinstance(value, dict):
        return None
    return Named(integer(value.get("id")), printable(value.get("name") or ""))


def _person(value: Any) -> Person | None:
    """Parse a user, None if the answer has none."""
    user = _mapping(value)
    names = (str(name) for name in (user.get("first_name"), user.get("last_name")) if name)
    person = Person(integer(user.get("id")), printable(" ".join(names)), printable(user.get("email") or ""))
    return person if person != Person(None, "", "") else None


def _lists_all_names(certificate: Mapping[str, Any], count: Any) -> bool:
    """Whether an answer lists all names of a certificate. count: its number_of_sans, None if missing."""
    listed = certificate.get("dns_names")
    if not isinstance(listed, list) or not all(isinstance(name, str) and name for name in listed):
        return False
    if count is None:
        return True
    announced = integer(count)
    return announced is not None and len({name.lower() for name in listed}) >= announced


def _has_readable_names(certificate: Mapping[str, Any]) -> bool:
    """False if the answer has names in an unexpected shape. A certificate without names lacks the field (2.1)."""
    return "dns_names" not in certificate or _lists_all_names(certificate, None)


def _has(data: Mapping[str, Any], kind: str) -> bool | None:
    """Whether an order has duplicates or reissues, by either field; None if the answer has neither."""
    announced = _announced_count(data, kind)
    if announced:
        return True
    return None if announced is None else boolean(data.get(f"has_{kind}"))


def _announced_count(data: Mapping[str, Any], kind: str) -> int | None:
    """The minimum number of duplicates or reissues that an order announces, None if it cannot be parsed."""
    has, count = data.get(f"has_{kind}"), data.get(f"{kind}_count")
    flag, number = boolean(has), integer(count)
    if (flag is None and has is not None) or (number is None and count is not None) or (number or 0) < 0:
        return None
    return max(int(bool(flag)), number or 0)


def _names(value: Any) -> tuple[str, ...]:
    return tuple(_to_a_labels(name) for name in _list(value) if isinstance(name, str) and name)


def read_common_name(value: Any) -> str:
    """Parse a common name. A host name in Unicode becomes A-labels."""
    spelled = _to_a_labels(value or "")
    return spelled if _HOSTNAME_LIKE.fullmatch(spelled) else printable(value or "")


def _to_a_labels(value: Any) -> str:
    """A name, as A-labels if it is in Unicode and can be converted."""
    text = str(value)
    return printable(text if text.isascii() else to_ascii(text.strip()) or text)


def _domains(common_name: str, dns_names: tuple[str, ...]) -> tuple[str, ...]:
    """The host names of a certificate, in lower case and sorted."""
    names = set(map(dns_name, dns_names))
    if _HOSTNAME_LIKE.fullmatch(common_name):
        names.add(dns_name(common_name))
    return tuple(sorted(names))


def _date(value: Any) -> date | None:
    """Parse yyyy-MM-dd, with or without leading zeros, or the date of an ISO 8601 time (2.1)."""
    match = _DAY.fullmatch(str(value or "").strip())
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def _utc_day(value: Any) -> str:
    moment = _moment(value)
    return "" if moment is None else moment.date().isoformat()


def _is_unparsed(value: Any) -> bool:
    """Whether a date is present but cannot be parsed."""
    return value not in (None, "", []) and _date(value) is None


def _moment(value: Any) -> datetime | None:
    """Parse an ISO 8601 time, or "yyyy-MM-dd HH:mm:ss". A time without a time zone is taken as UTC (2.1, 6)."""
    text = str(value or "").strip()
    match = _DAY.fullmatch(text)
    if match is None:
        # Whether datetime.fromisoformat reads other forms, such as 20261231, depends on the version of Python.
        return None
    return utc(f"{match[1]}-{match[2]:0>2}-{match[3]:0>2}{text[match.end(3) :]}")


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()
