# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders, accounts and mails, found at once by what names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certsim.exchange import NoSuchOrder, SeedError
from certsim.fields import digest
from certsim.servertastic.accounts import Account
from certsim.servertastic.model import Mail, Order


@dataclass(slots=True)
class Book:
    """All that the service has."""

    accounts: dict[str, Account] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    _orders: dict[str, Order] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)
    _keys: dict[str, Account] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Order]:
        """Yield the orders in the order of their seed."""
        return iter(self._orders.values())

    def by_token(self, token: str) -> Order | None:
        """Return the order of this token."""
        return self._orders.get(token)

    def by_key(self, api_key: str) -> Account | None:
        """Return the account of this key."""
        return self._keys.get(api_key)

    def find(self, name: str) -> Order:
        """Return the order of this reseller_order_id or token, or raise NoSuchOrder."""
        order = self._orders.get(self._tokens.get(name, name))
        if order is None:
            raise NoSuchOrder(f"no order {name}")
        return order

    def of(self, account: Account) -> list[Order]:
        """Return an account's orders."""
        return [order for order in self if order.account == account.username]

    def next_place(self) -> int:
        """Return a place of which no order has the default token or id."""
        place = len(self._orders) + 1
        while f"STR_{place}_{place}" in self._tokens or f"sim-token-{place}" in self._orders:
            place += 1
        return place

    def open(self, accounts: Mapping[str, Account]) -> None:
        """Take in accounts, or raise SeedError where two share a key."""
        for account in accounts.values():
            if account.api_key in self._keys:
                raise SeedError(f"the key {account.api_key} is there twice")
            self.accounts[account.username] = account
            self._keys[account.api_key] = account

    def add(self, orders: Iterable[Order]) -> None:
        """Take in orders, or raise SeedError where two share a token or an id."""
        for order in orders:
            if order.token in self._orders:
                raise SeedError(f"the token {order.token} is there twice")
            if order.reseller_order_id in self._tokens:
                raise SeedError(f"order {order.reseller_order_id} is there twice")
            self.put(order)
            if order.requested_at is not None:
                self.send(order, order.requested_at)

    def put(self, order: Order) -> None:
        """Store an order, also in place of the one that it has been."""
        self._orders[order.token] = order
        self._tokens[order.reseller_order_id] = order.token

    def send(self, order: Order, at: datetime) -> None:
        """Mail an order's administrative contact, who is to approve its cancellation."""
        number = len(self.mails) + 1
        code = digest(f"approval {number}", order.token, 16).lower()
        self.mails.append(Mail(number, at, str(order.admin_contact["email"]), order.token, code))
