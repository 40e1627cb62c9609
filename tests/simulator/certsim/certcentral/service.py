# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CertCentral as the machinery sees it: its routes, and the state behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from certsim.certcentral import errors, faults, listing, rules
from certsim.certcentral.accounts import DEFAULT_ACCOUNT, ApiKey, read_keys
from certsim.certcentral.book import OrderBook
from certsim.certcentral.build import build_order, describe_order
from certsim.certcentral.generate import generate
from certsim.certcentral.model import Order
from certsim.certcentral.switches import SWITCHES, parse_filter_names
from certsim.certcentral.view import View
from certsim.clock import Clock
from certsim.exchange import KEY_PREFIX, Answer, Call, NoSuchOrder, SeedError, encode
from certsim.faults import FaultKind
from certsim.switches import Switch, Switches

_KEY_HEADER = "x-dc-devkey"
_SECTION = frozenset(("account", "accounts", "keys", "defaults", "orders", "generate"))
_REFERENCE = re.compile(r"[0-9A-Fa-f]+")
_PATH = re.compile(r"/order/certificate/([^/]+)(?:/[^/]+)?/?")


@dataclass(frozen=True, slots=True)
class _State:
    """What a seed becomes."""

    keys: dict[str, ApiKey]
    defaults: dict[str, Any]
    books: dict[int, OrderBook]


class CertCentral:
    """A provider: see ``certsim.exchange.Provider``."""

    name = "certcentral"
    prefix = "/services/v2"
    switches: Sequence[Switch] = SWITCHES
    fault_kinds: Sequence[FaultKind] = faults.KINDS

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._state = _State({}, {}, {})
        self._routes = (
            (re.compile(r"/user/me"), {"GET": self._user_me}),
            (re.compile(r"/order/certificate/?"), {"GET": self._list_orders}),
            (re.compile(r"/order/certificate/([^/]+)"), {"GET": self._get_order}),
            (re.compile(r"/order/certificate/([^/]+)/status"), {"PUT": self._update_status}),
        )

    def load(self, section: Mapping[str, Any]) -> None:
        """Replace all state by that of a seed's section; a SeedError leaves it as it was."""
        unknown = sorted(set(section) - _SECTION)
        if unknown:
            raise SeedError(f"seed: unknown key {', '.join(unknown)}; there are {', '.join(sorted(_SECTION))}")
        try:
            account_ids = _account_ids(section)
            keys = read_keys(section.get("keys"), account_ids)
            defaults = {"account_id": account_ids[0], **(section.get("defaults") or {})}
            seeds = [*(section.get("orders") or []), *_generated(section)]
            orders = [build_order({**defaults, **seed}, self._clock.now()) for seed in seeds]
        except (TypeError, AttributeError, KeyError) as error:
            raise SeedError(f"seed of certcentral: {type(error).__name__}: {error}") from error
        _check(orders, account_ids)
        books = {number: OrderBook(each for each in orders if each.account_id == number) for number in account_ids}
        self._state = _State(keys, defaults, books)

    def caller(self, call: Call) -> str | None:
        """Return the key, which is a label and no secret where it begins with sim-; else nothing."""
        key = call.headers.get(_KEY_HEADER, "")
        return key if key.startswith(KEY_PREFIX) else None

    def order_id(self, call: Call) -> int | None:
        """Return the order that the path names by its id."""
        match = _PATH.fullmatch(call.path)
        return int(match[1]) if match is not None and _is_id(match[1]) else None

    def handle(self, call: Call) -> Answer:
        """Answer a call."""
        try:
            key = self._authenticate(call)
            if call.fault is not None:
                faults.raise_error(call.fault, key)
            return self._route(call, key)
        except errors.ApiError as error:
            return error.answer()

    def error(self, status: int) -> Answer:
        """Return the service's error for a status that the machinery imposes."""
        return errors.imposed(status).answer()

    def orders(self) -> list[dict[str, Any]]:
        """Return the true state of every order."""
        today = self._clock.now().date()
        return [describe_order(order, today) for book in self._state.books.values() for order in book]

    def order(self, order_id: str) -> dict[str, Any]:
        """Return the true state of one order."""
        _book, order = self._find(order_id)
        return describe_order(order, self._clock.now().date())

    def add_order(self, seed: Mapping[str, Any]) -> dict[str, Any]:
        """Add an order behind the clients' backs."""
        order = build_order({**self._state.defaults, **seed}, self._clock.now())
        if any(book.get(order.id) for book in self._state.books.values()):
            raise SeedError(f"order {order.id} exists already")
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
        changed = build_order({**before, **changes}, self._clock.now())
        changed.mark_changed = order.mark_changed
        self._book(changed)
        book.remove(order)
        return self._put(changed)

    def _put(self, order: Order) -> dict[str, Any]:
        self._book(order).put(order)
        return describe_order(order, self._clock.now().date())

    def _book(self, order: Order) -> OrderBook:
        _check([order], tuple(self._state.books))
        return self._state.books[order.account_id]

    def _find(self, order_id: str) -> tuple[OrderBook, Order]:
        for book in self._state.books.values():
            order = book.get(int(order_id)) if _is_id(order_id) else None
            if order is not None:
                return book, order
        raise NoSuchOrder(f"no order {order_id}")

    def _authenticate(self, call: Call) -> ApiKey:
        """Return the caller's key (reference/certcentral.md 1.1 and 1.2)."""
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
        for pattern, methods in self._routes:
            match = pattern.fullmatch(call.path)
            if match is not None:
                if call.method not in methods:
                    raise errors.wrong_method()
                return methods[call.method](call, key, *match.groups())
        raise errors.no_route()

    def _user_me(self, call: Call, key: ApiKey) -> Answer:
        _allow_parameters(call)
        return _json(key.profile())

    def _get_order(self, call: Call, key: ApiKey, reference: str) -> Answer:
        _allow_parameters(call, "include_caa_status")
        order = self._visible(key, reference, prints=True)
        return _json(self._view().detail(order, include_caa_status=bool(call.query)))

    def _update_status(self, call: Call, key: ApiKey, reference: str) -> Answer:
        _allow_parameters(call)
        order = self._visible(key, reference)
        change = rules.read_change(call.body, self._switches)
        effect = rules.apply_change(order, change, self._switches, self._clock.now())
        return Answer(HTTPStatus.NO_CONTENT, effect=effect)

    def _list_orders(self, call: Call, key: ApiKey) -> Answer:
        query = listing.read_query(call.query)
        book = self._state.books[key.account_id]
        view = self._view()
        page, total = self._select(book, query, key, view, backwards=faults.reverses(call.fault))
        shown = faults.bend_page(call.fault, page, book)
        total += len(shown) - len(page)
        body: dict[str, Any] = {"page": {"total": total, "limit": query.limit, "offset": query.offset}}
        if shown or self._switches["certcentral.empty_list"] == "empty_array":
            body["orders"] = [view.row(order) for order in shown]
        faults.shift_pages(call.fault, page, book, self._clock.now())
        return _json(body)

    def _select(
        self, book: OrderBook, query: listing.ListQuery, key: ApiKey, view: View, *, backwards: bool
    ) -> tuple[list[Order], int]:
        """Return the page that is asked for, and how many orders all pages have."""
        filters = {name: values for name, values in query.filters.items() if not self._ignores(name)}
        window = slice(query.offset, query.offset + query.limit)
        ids = filters.pop("id", None)
        tests = [listing.predicate(name, values, view, self._clock.now()) for name, values in filters.items()]
        if key.container_ids is not None:
            tests.append(key.sees)
        if "origin" in filters and self._switches["certcentral.origin_filter"] == "empty":
            return [], 0
        if not (ids or tests or query.sort or backwards):
            return book.page(query.offset, query.limit), len(book)
        if ids is None:
            orders = [order for order in book if all(test(order) for test in tests)]
        else:
            found = (book.get(order_id) for order_id in listing.ids_of(ids))
            orders = [order for order in found if order is not None and all(test(order) for test in tests)]
        orders = listing.sort_orders(orders, query.sort, view)
        if backwards:
            orders.reverse()
        return orders[window], len(orders)

    def _ignores(self, name: str) -> bool:
        if name == "origin" and self._switches["certcentral.origin_filter"] == "ignored":
            return True
        return name in parse_filter_names(self._switches["certcentral.ignore_filters"])

    def _visible(self, key: ApiKey, reference: str, *, prints: bool = False) -> Order:
        """Return the order of an id, or (prints) of its certificate's serial number or thumbprint."""
        book = self._state.books[key.account_id]
        order = book.get(int(reference)) if _is_id(reference) else None
        if order is None and prints and _REFERENCE.fullmatch(reference):
            order = book.by_print(reference)
        if order is None or not key.sees(order):
            raise errors.no_order()
        return order

    def _view(self) -> View:
        return View(self._switches, self._clock.now())


def _json(body: Any) -> Answer:
    return Answer(HTTPStatus.OK, encode(body), dict(errors.HEADERS))


def _allow_parameters(call: Call, *allowed: str) -> None:
    for name, _value in call.query:
        if name not in allowed:
            raise errors.invalid_value(name)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def _account_ids(section: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the declared accounts' ids; the first one is the default of keys and orders."""
    accounts = section.get("accounts") or [section.get("account") or {"id": DEFAULT_ACCOUNT}]
    return tuple(account["id"] for account in accounts)


def _generated(section: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(generate(section["generate"])) if section.get("generate") else []


def _check(orders: list[Order], account_ids: tuple[int, ...]) -> None:
    """Refuse orders of one id, and those of an account that is not declared."""
    seen: set[int] = set()
    for order in orders:
        if order.id in seen:
            raise SeedError(f"order {order.id} is there twice")
        if order.account_id not in account_ids:
            raise SeedError(f"order {order.id}: account {order.account_id} is not declared")
        seen.add(order.id)
