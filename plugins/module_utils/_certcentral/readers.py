# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Readers of the states that a run changes, other than plain orders; see `Reader` in _runtime/protocols.py.

These readers send at least one request for each key: list rows lack the facts that the policy needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Callable, Union

from .._common.errors import NotFound, Refused, Unreadable
from .models import CERTIFICATES, NEVER_ISSUED, REQUESTS, Certificate, Domain, Order, Request, with_certificates

if TYPE_CHECKING:
    from .._http.transport import Transport
    from .client import CertCentral

# The id or the serial number of a certificate.
CertificateKey = Union[int, str]


@dataclass(frozen=True)
class Revocable:
    """The state of an order, or of one certificate of an order, that is to be revoked.

    key: id or serial number of the certificate, None for the whole order.
    certificate: the certificate of `key`, None until the certificates of the order are read.
    """

    order: Order
    key: CertificateKey | None = None
    certificate: Certificate | None = None

    @property
    def name(self) -> str:
        return self.certificate.common_name if self.certificate else self.order.name

    @property
    def identity(self) -> dict[str, Any]:
        waits = {"revocation_request_id": self.requests[0].id if self.requests else None}
        if self.key is None:
            return waits
        known = self.certificate
        ids = {"certificate_id": known.id, "serial_number": known.serial_number} if known else {}
        return {"order_id": self.order.id, **ids, **waits}

    @property
    def status(self) -> str:
        return self.certificate.status if self.certificate else self.order.status

    @property
    def is_primary_of_revoked(self) -> bool:
        """Whether `key` is the primary certificate of a revoked order, which needs no further read."""
        primary = self.order.primary
        named = primary is not None and self.key in (primary.id, primary.serial_number)
        return named and self.order.status == "revoked"

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that a revocation would end."""
        if self.key is not None:
            certificates: tuple[Certificate, ...] = (self.certificate,) if self.certificate else ()
        else:
            certificates = self.order.certificates
        return tuple(one for one in certificates if one.status not in ("revoked", *NEVER_ISSUED))

    @property
    def unknown(self) -> str:
        """Why `certificates` may be incomplete, empty if they are complete, as for a single certificate."""
        return self.order.unknown if self.key is None else ""

    @property
    def requests(self) -> tuple[Request, ...]:
        """The open requests to revoke this subject or the whole order."""
        # A request for the whole order has no certificate id.
        certificate_ids = (None, self.certificate.id) if self.certificate else (None,)
        return tuple(request for request in self.filed if request.certificate_id in certificate_ids)

    @property
    def filed(self) -> tuple[Request, ...]:
        """The open requests to revoke the order or a part of it. Only a request itself names its certificate (4.3)."""
        return tuple(request for request in self.order.undecided if request.type == "revoke")

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"status": self.status, "revocation_requested": bool(self.requests)}
        if CERTIFICATES in self.order.seen:
            facts["certificates"] = [one.shown() for one in self.certificates]
            facts["domains"] = sorted({name for one in self.certificates for name in one.domains})
            facts["certificates_known"] = not self.unknown
            facts["product_type"] = self.order.product_type
            facts["product_name_id"] = self.order.product_name_id
        return facts


@dataclass(frozen=True)
class RequestsToDecide:
    """The requests of which one is to be approved or rejected: a single request, or all requests of an order."""

    order_id: int | None
    requests: tuple[Request, ...]
    common_name: str = ""

    @property
    def undecided(self) -> tuple[Request, ...]:
        return tuple(request for request in self.requests if request.is_undecided)

    @property
    def request(self) -> Request | None:
        """The request to decide on: the newest one that waits, otherwise the newest one."""
        candidates = self.undecided or self.requests
        return max(candidates, key=lambda request: request.id) if candidates else None

    @property
    def name(self) -> str:
        return self.common_name

    @property
    def identity(self) -> dict[str, Any]:
        if self.request is None:
            return {"order_id": self.order_id}
        return {"request_id": self.request.id, "order_id": self.order_id, "type": self.request.type}

    @property
    def facts(self) -> dict[str, Any]:
        return {"status": self.request.status if self.request else "none"}


@dataclass(frozen=True)
class NamedDomains:
    """All domains with one name, or the domain with one id."""

    domains: tuple[Domain, ...]

    @property
    def name(self) -> str:
        return self.domains[0].name

    @property
    def identity(self) -> dict[str, Any]:
        return self.domains[0].identity if len(self.domains) == 1 else {"name": self.name}

    @property
    def facts(self) -> dict[str, Any]:
        return self.domains[0].facts if len({domain.is_active for domain in self.domains}) == 1 else {"state": "both"}


@dataclass(frozen=True)
class RenewalSettings:
    """The settings that decide whether an order renews automatically (4.6)."""

    order: Order

    @property
    def name(self) -> str:
        return self.order.name

    @property
    def identity(self) -> dict[str, Any]:
        return {}

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "status": self.order.status,
            "renewal_emails": not self.order.disable_renewal_notifications,
            "auto_reissue": bool(self.order.auto_reissue),
            "custom_renewal_message": self.order.custom_renewal_message or "",
            "auto_renew": bool(self.order.auto_renew),
        }


@dataclass(frozen=True)
class Annotated:
    """Whether an order has the requested note."""

    order_id: int
    has_note: bool

    @property
    def name(self) -> str:
        return ""

    @property
    def identity(self) -> dict[str, Any]:
        return {}

    @property
    def facts(self) -> dict[str, Any]:
        return {"has_note": self.has_note}


class _OneByOne:
    """Base class of readers with a request for each key. A run calls such a reader in parallel, with one key each."""

    # These facts cost requests for each order, too.
    ONE_BY_ONE = frozenset([CERTIFICATES, REQUESTS])

    def __init__(self, certcentral: CertCentral) -> None:
        self._certcentral = certcentral

    @property
    def transport(self) -> Transport:
        return self._certcentral.transport

    def account_label(self) -> str:
        return self._certcentral.account_label()

    def read(self, keys: Sequence[Any]) -> dict[Any, Any]:
        """Read the states by key. Keys that do not exist are left out."""
        # The first call has many keys. The empty answer makes the run read each key alone, in parallel.
        if len(keys) > 1:
            return {}
        try:
            found = {key: self._read_one(key) for key in keys}
        except NotFound:
            return {}
        return {key: state for key, state in found.items() if state is not None}

    def fetch_fact(self, required_fact: str, _states: Sequence[Any]) -> dict[Any, Any]:
        raise ValueError(f"unknown fact: {required_fact}")

    def _read_one(self, key: Any) -> Any:
        raise NotImplementedError


class Orders(_OneByOne):
    """Reads the renewal settings of orders, which only the details have.

    auto_renewing: the ids of the orders that were read with auto-renew on.
    """

    def __init__(self, certcentral: CertCentral) -> None:
        super().__init__(certcentral)
        self.auto_renewing: set[int] = set()

    def _read_one(self, key: Any) -> RenewalSettings:
        order = self._certcentral.order(key)
        if order.auto_renew:
            self.auto_renewing.add(order.id)
        return RenewalSettings(order)


class RevocableOrders(_OneByOne):
    """Reads orders that are to be revoked with all their certificates.

    last: what was read of each order, by order id. progress: called for each order.
    """

    def __init__(self, certcentral: CertCentral, progress: Callable[[str], None] = lambda _noun: None) -> None:
        super().__init__(certcentral)
        self.last: dict[int, Revocable] = {}
        self._progress = progress

    def _read_one(self, key: Any) -> Revocable | None:
        self._progress("order page")
        self.last[key] = Revocable(self._certcentral.order(key))
        return self.last[key]

    def fetch_fact(self, required_fact: str, states: Sequence[Any]) -> dict[Any, Any]:
        fetch_fact = {CERTIFICATES: self._with_certificates, REQUESTS: self._with_requests}.get(required_fact)
        if fetch_fact is None:
            return super().fetch_fact(required_fact, states)
        found = {self._key(state): fetch_fact(state) for state in states}
        self.last.update(found)
        return found

    def _with_requests(self, state: Revocable) -> Revocable:
        """Read each open request by its id, to get the certificate that it is about."""
        try:
            known = {request.id: self._certcentral.request(request.id) for request in state.filed}
        except NotFound as error:
            # The order exists, and NotFound would report the order as missing.
            raise Refused(error.message, error.http_status, error.code) from None
        requests = tuple(_merged_request(request, known.get(request.id)) for request in state.order.requests)
        order = replace(state.order, requests=requests, seen=state.order.seen | {REQUESTS})
        return replace(state, order=order)

    def _key(self, state: Revocable) -> Any:
        return state.order.id if state.key is None else state.key

    def _with_certificates(self, state: Revocable) -> Revocable:
        """Read the reissues and duplicates of an order."""
        order = state.order
        try:
            reissues, duplicates = self._certcentral.reissues(order.id), self._certcentral.duplicates(order.id)
        except NotFound as error:
            # The order was just read, and NotFound would report the order as missing.
            raise Refused(error.message, error.http_status, error.code) from None
        order = with_certificates(order, reissues, duplicates)
        return replace(state, order=order)


class RevocableCertificates(RevocableOrders):
    """Reads single certificates by id or serial number.

    order_id: the order of the certificates, None to search it in the list of orders. The list may find an order by its
    primary certificate only (2.1, 3).
    """

    def __init__(self, certcentral: CertCentral, order_id: int | None) -> None:
        super().__init__(certcentral)
        self._order_id = order_id

    def _read_one(self, key: Any) -> Revocable | None:
        order_id = self._order_id or self._find(key)
        return Revocable(self._certcentral.order(order_id), key) if order_id else None

    def _find(self, key: CertificateKey) -> int | None:
        """The id of the order of a certificate, None if the list finds none. Raises Unreadable if ambiguous."""
        name = "certificate_id" if isinstance(key, int) else "serial_number"
        rows, _total = self._certcentral.page([(name, key)], limit=2)
        exact = [row.id for row in rows if key in (row.certificate_id, row.serial_number)]
        if len(exact) == 1:
            return exact[0]
        if len(rows) > 1:
            why = (
                f"CertCentral does not apply the filter {name} for this account, so the order of the certificate "
                "cannot be found: set order_id"
            )
            raise Unreadable(why, 200, "filter_ignored")
        # The list may find the order by a duplicate. _with_certificates verifies that the order has the certificate.
        return rows[0].id if rows else None

    def _with_certificates(self, state: Revocable) -> Revocable:
        state = super()._with_certificates(state)
        for certificate in state.order.certificates:
            if state.key in (certificate.id, certificate.serial_number):
                return replace(state, certificate=certificate)
        if state.order.unknown:
            why = f"order {state.order.id} does not list certificate {state.key}, but {state.order.unknown}"
            raise Unreadable(why, 200, "certificates_unknown")
        raise NotFound(f"order {state.order.id} has no certificate {state.key}", 404, "not_found")


class RequestsById(_OneByOne):
    """Reads requests by request id."""

    def _read_one(self, key: Any) -> RequestsToDecide:
        request = self._certcentral.request(key)
        return RequestsToDecide(request.order_id, (request,))


class RequestsByOrder(_OneByOne):
    """Reads the requests of orders by order id."""

    def _read_one(self, key: Any) -> RequestsToDecide:
        order = self._certcentral.order(key)
        return RequestsToDecide(order.id, order.requests, order.name)


class NotedOrders(_OneByOne):
    """Reads whether orders have a note. White space is not compared: the service may change it (4.4)."""

    def __init__(self, certcentral: CertCentral, text: str) -> None:
        super().__init__(certcentral)
        self._text = _normalized(text)

    def _read_one(self, key: Any) -> Annotated:
        notes = self._certcentral.notes(key)
        return Annotated(key, any(_normalized(note.text) == self._text for note in notes))


class DomainsById(_OneByOne):
    """Reads domains by id."""

    def _read_one(self, key: Any) -> NamedDomains:
        return NamedDomains((self._certcentral.domain(key),))


class DomainsByName(_OneByOne):
    """Reads domains by name from the complete list of the account: a search may miss domains of a name (5)."""

    def __init__(self, certcentral: CertCentral) -> None:
        super().__init__(certcentral)
        self._absent: set[str] = set()

    def read(self, keys: Sequence[Any]) -> dict[Any, Any]:
        # A complete list lacked these names, so do not read it again for each of them.
        if self._absent.issuperset(keys):
            return {}
        found: dict[str, list[Domain]] = {}
        for domain in self._certcentral.domains():
            if domain.name in keys:
                found.setdefault(domain.name, []).append(domain)
        absent = set(keys) - set(found)
        if absent and self._certcentral.warnings and len(keys) == 1:
            # An incomplete list does not prove that the domain does not exist.
            raise Unreadable("; ".join(self._certcentral.warnings), 200, "list_incomplete")
        self._absent.update(absent if not self._certcentral.warnings else ())
        return {name: NamedDomains(tuple(domains)) for name, domains in found.items()}


def _merged_request(listed: Request, itself: Request | None) -> Request:
    """Merge a request from the details of its order with the request itself, which names its certificate."""
    if itself is None:
        return listed
    return replace(itself, type=itself.type or listed.type, status=itself.status or listed.status)


def _normalized(text: str) -> str:
    return " ".join(text.split())
