# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CertCentral as the machinery sees it: its routes, and the state behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certsim.certcentral import (
    certificates,
    changes,
    directory,
    domain_routes,
    errors,
    faults,
    identity,
    notes,
    orders,
    renewal,
    requests,
    revocation,
)
from certsim.certcentral.accounts import Account, ApiKey, read_accounts, read_keys
from certsim.certcentral.book import OrderBook
from certsim.certcentral.build import build_order, describe_order
from certsim.certcentral.context import Context, Handler, is_id
from certsim.certcentral.domains import Domain, build_domain, describe_domain
from certsim.certcentral.generate import generate
from certsim.certcentral.model import Order
from certsim.certcentral.switches import SWITCHES
from certsim.clock import Clock
from certsim.exchange import KEY_PREFIX, Answer, Call, NoSuchLink, NoSuchOrder, SeedError
from certsim.faults import FaultKind
from certsim.switches import Switch, Switches

_KEY_HEADER = "x-dc-devkey"
_SECTION = frozenset(("account", "accounts", "keys", "defaults", "orders", "generate", "domains"))
_PATH = re.compile(r"/order/certificate/([^/]+)(?:/[^/]+){0,2}/?")

#: Every path, and who answers its methods; what the path names is passed to the handler. A slash at the end may follow
#: (docs/development/reference/certcentral.md 1.1).
_ROUTES: tuple[tuple[str, dict[str, Handler]], ...] = (
    (r"/user/me", {"GET": identity.user_me}),
    (r"/account", {"GET": identity.account}),
    (r"/order/certificate", {"GET": orders.list_orders}),
    (r"/order/certificate/status-changes", {"GET": changes.list_changes}),
    (r"/order/certificate/([^/]+)", {"GET": orders.get_order}),
    (r"/order/certificate/([^/]+)/status", {"PUT": orders.update_status}),
    (r"/order/certificate/([^/]+)/revoke", {"PUT": revocation.revoke_order}),
    (r"/order/certificate/([^/]+)/reissue", {"GET": certificates.list_reissues}),
    (r"/order/certificate/([^/]+)/duplicate", {"GET": certificates.list_duplicates}),
    (r"/order/certificate/([^/]+)/note", {"GET": notes.list_notes, "POST": notes.add_note}),
    (r"/order/certificate/([^/]+)/note/([^/]+)", {"GET": notes.get_note}),
    (r"/order/certificate/([^/]+)/renewal-emails/([^/]+)", {"PUT": renewal.set_emails}),
    (r"/order/certificate/([^/]+)/custom-renewal-message", {"PUT": renewal.set_message}),
    (r"/order/certificate/([^/]+)/auto-reissue", {"PUT": renewal.set_auto_reissue}),
    (r"/certificate/([^/]+)/revoke", {"PUT": revocation.revoke_certificate}),
    (r"/certificate/([^/]+)/download/format/([^/]+)", {"GET": certificates.download}),
    (r"/certificate/([^/]+)/download/platform/([^/]+)", {"GET": certificates.download_for_platform}),
    (r"/certificate/download/order/([^/]+)/format/([^/]+)", {"GET": certificates.download_of_order}),
    (r"/container", {"GET": directory.list_containers}),
    (r"/container/([^/]+)", {"GET": directory.get_container}),
    (r"/organization", {"GET": directory.list_organizations}),
    (r"/organization/([^/]+)", {"GET": directory.get_organization}),
    (r"/request", {"GET": requests.list_requests}),
    (r"/request/([^/]+)", {"GET": requests.get_request}),
    (r"/request/([^/]+)/status", {"PUT": requests.decide}),
    (r"/domain", {"GET": domain_routes.list_domains}),
    (r"/domain/([^/]+)", {"GET": domain_routes.get_domain}),
    (r"/domain/([^/]+)/activate", {"PUT": domain_routes.activate}),
    (r"/domain/([^/]+)/deactivate", {"PUT": domain_routes.deactivate}),
)


@dataclass(frozen=True, slots=True)
class _State:
    """What a seed becomes."""

    keys: dict[str, ApiKey]
    defaults: dict[str, Any]
    accounts: dict[int, Account]


class CertCentral:
    """A provider: see ``certsim.exchange.Provider``."""

    name = "certcentral"
    prefix = "/services/v2"
    rate_limited = True
    switches: Sequence[Switch] = SWITCHES
    fault_kinds: Sequence[FaultKind] = faults.KINDS

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._state = _State({}, {}, {})
        self._routes = [(re.compile(path), methods) for path, methods in _ROUTES]

    def read_seed(self, section: Mapping[str, Any]) -> _State:
        """Return the state that a seed's section describes, or raise SeedError."""
        unknown = sorted(set(section) - _SECTION)
        if unknown:
            raise SeedError(f"seed: unknown key {', '.join(unknown)}; there are {', '.join(sorted(_SECTION))}")
        try:
            accounts = read_accounts(section)
            keys = read_keys(section.get("keys"), tuple(accounts))
            home = {"account_id": next(iter(accounts))}
            defaults = {**home, **(section.get("defaults") or {})}
            seeds = [*(section.get("orders") or []), *_generated(section)]
            found = [self._built({**defaults, **seed}) for seed in seeds]
            domains = [build_domain({**home, **seed}, self._clock.now()) for seed in section.get("domains") or []]
        except (TypeError, AttributeError, KeyError) as error:
            raise SeedError(f"seed of certcentral: {type(error).__name__}: {error}") from error
        _check(found, accounts)
        _check_domains(domains, accounts)
        for number, account in accounts.items():
            account.book = OrderBook(each for each in found if each.account_id == number)
            account.domains = {each.id: each for each in domains if each.account_id == number}
        return _State(keys, defaults, accounts)

    def begin(self, state: _State) -> None:
        """Replace all state."""
        self._state = state

    def holding(self) -> _State:
        """Return all state."""
        return self._state

    def caller(self, call: Call) -> str | None:
        """Return the key, which is a label and no secret where it begins with sim-; else nothing."""
        key = call.headers.get(_KEY_HEADER, "")
        return key if key.startswith(KEY_PREFIX) else None

    def order_id(self, call: Call) -> int | None:
        """Return the order that the path names by its id."""
        match = _PATH.fullmatch(call.path)
        return int(match[1]) if match is not None and is_id(match[1]) else None

    def journaled(self, call: Call) -> Call:
        """Return the call as it is: the key is in a header, and those are not journaled."""
        return call

    def handle(self, call: Call) -> Answer:
        """Answer a call."""
        try:
            key = self._authenticate(call)
            if call.fault is not None:
                faults.raise_error(call.fault, key)
            return self._route(call, key)
        except errors.ApiError as error:
            return error.answer(self._switches["certcentral.error_body"])

    def error(self, status: int) -> Answer:
        """Return the service's error for a status that the machinery imposes."""
        return errors.imposed(status).answer(self._switches["certcentral.error_body"])

    def orders(self) -> list[dict[str, Any]]:
        """Return the true state of every order."""
        today = self._clock.now().date()
        return [describe_order(order, today) for book in self._books() for order in book]

    def resources(self) -> dict[str, list[dict[str, Any]]]:
        """Return the true state of every domain."""
        domains = [each for account in self._state.accounts.values() for each in account.domains.values()]
        return {"domains": [describe_domain(each) for each in domains]}

    def follow_link(self, code: str, _choice: str | None) -> Answer:
        """Know no link: mails of CertCentral are not simulated."""
        raise NoSuchLink(f"no link {code}")

    def order(self, order_id: str) -> dict[str, Any]:
        """Return the true state of one order."""
        _book, order = self._find(order_id)
        return describe_order(order, self._clock.now().date())

    def add_order(self, seed: Mapping[str, Any]) -> dict[str, Any]:
        """Add an order behind the clients' backs."""
        order = self._built({**self._state.defaults, **seed})
        if any(book.get(order.id) for book in self._books()):
            raise SeedError(f"order {order.id} exists already")
        order.set_status(order.status, self._clock.now())
        return self._put(order)

    def patch_order(self, order_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change an order behind the clients' backs."""
        book, order = self._find(order_id)
        if changes.get("id", order.id) != order.id:
            raise SeedError("an order keeps its id")
        # What time and a successor make of an order is not stored with it.
        stored = {"status": order.status, "is_renewed": order.marked}
        before = {**describe_order(order, self._clock.now().date()), **stored}
        for cause, derived in (("common_name", "dns_names"), ("status", "requests")):
            if cause in changes:
                del before[derived]
        changed = self._built({**before, **changes})
        changed.mark_changed, changed.changes = order.mark_changed, order.changes
        if changed.status != order.status:
            changed.set_status(changed.status, self._clock.now())
        self._book(changed)
        book.remove(order)
        return self._put(changed)

    def _built(self, seed: Mapping[str, Any]) -> Order:
        return build_order(seed, self._clock.now(), plans=self._switches["certcentral.annual_plans"])

    def _put(self, order: Order) -> dict[str, Any]:
        self._book(order).put(order)
        return describe_order(order, self._clock.now().date())

    def _book(self, order: Order) -> OrderBook:
        _check([order], self._state.accounts)
        book = self._state.accounts[order.account_id].book
        for request in order.requests:
            found = book.by_request(request["id"])
            if found is not None and found[0].id != order.id:
                raise SeedError(f"request {request['id']} is one of order {found[0].id} already")
        return book

    def _books(self) -> list[OrderBook]:
        return [account.book for account in self._state.accounts.values()]

    def _find(self, order_id: str) -> tuple[OrderBook, Order]:
        for book in self._books():
            order = book.get(int(order_id)) if is_id(order_id) else None
            if order is not None:
                return book, order
        raise NoSuchOrder(f"no order {order_id}")

    def _authenticate(self, call: Call) -> ApiKey:
        """Return the caller's key (docs/development/reference/certcentral.md 1.1 and 1.2)."""
        given = call.headers.get(_KEY_HEADER)
        if given is not None and not given.startswith(KEY_PREFIX):
            raise errors.not_a_simulated_key()
        key = self._state.keys.get(given or "")
        if key is None or key.expired:
            raise errors.invalid_key()
        if key.view_only and call.method != "GET":
            raise errors.missing_permission()
        return key

    def _route(self, call: Call, key: ApiKey) -> Answer:
        path = call.path.removesuffix("/")
        for pattern, methods in self._routes:
            match = pattern.fullmatch(path)
            if match is not None:
                if call.method not in methods:
                    raise errors.wrong_method()
                account = self._state.accounts[key.account_id]
                context = Context(call, key, account, self._switches, self._clock.now())
                return methods[call.method](context, *match.groups())
        raise errors.no_route()


def _generated(section: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(generate(section["generate"])) if section.get("generate") else []


def _check(found: list[Order], accounts: Mapping[int, Account]) -> None:
    """Refuse orders or requests of one id, and orders of an account that is not declared."""
    seen: set[int] = set()
    requested: set[int] = set()
    for order in found:
        if order.id in seen:
            raise SeedError(f"order {order.id} is there twice")
        if order.account_id not in accounts:
            raise SeedError(f"order {order.id}: account {order.account_id} is not declared")
        seen.add(order.id)
        for request in order.requests:
            if request["id"] in requested:
                raise SeedError(f"order {order.id}: request {request['id']} is there twice")
            requested.add(request["id"])


def _check_domains(found: list[Domain], accounts: Mapping[int, Account]) -> None:
    """Refuse domains of one id, and those of an account that is not declared."""
    seen: set[int] = set()
    for domain in found:
        if domain.id in seen:
            raise SeedError(f"domain {domain.id} is there twice")
        if domain.account_id not in accounts:
            raise SeedError(f"domain {domain.id}: account {domain.account_id} is not declared")
        seen.add(domain.id)
