# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The orders of one account, found by id at once and by serial number or thumbprint as well."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator

from certsim.certcentral.model import Order


class OrderBook:
    """Orders indexed; an account of 30,000 is never scanned for one of them."""

    def __init__(self, orders: Iterable[Order] = ()) -> None:
        self._by_id: dict[int, Order] = {}
        self._by_print: dict[str, Order] = {}
        for order in orders:
            self._index(order)
        self._ids = sorted(self._by_id)

    def __len__(self) -> int:
        """Return the number of orders."""
        return len(self._ids)

    def __iter__(self) -> Iterator[Order]:
        """Yield the orders by ascending id."""
        return (self._by_id[order_id] for order_id in self._ids)

    def get(self, order_id: int) -> Order | None:
        """Return the order of this id."""
        return self._by_id.get(order_id)

    def by_print(self, text: str) -> Order | None:
        """Return the order whose primary certificate has this serial number or thumbprint (hexadecimal)."""
        return self._by_print.get(text.upper())

    def page(self, offset: int, limit: int) -> list[Order]:
        """Return some orders by ascending id."""
        return [self._by_id[order_id] for order_id in self._ids[offset : offset + limit]]

    def put(self, order: Order) -> None:
        """Add an order, or replace the one of its id."""
        if order.id in self._by_id:
            self._forget_prints(self._by_id[order.id])
        else:
            insort(self._ids, order.id)
        self._index(order)

    def remove(self, order: Order) -> None:
        """Take an order out."""
        self._forget_prints(order)
        del self._by_id[order.id]
        self._ids.remove(order.id)

    def first_id(self) -> int:
        """Return the lowest id, or 1 where there is none."""
        return self._ids[0] if self._ids else 1

    def _index(self, order: Order) -> None:
        self._by_id[order.id] = order
        for text in (order.certificate.serial_number, order.certificate.thumbprint):
            if text is not None:
                self._by_print[text.upper()] = order

    def _forget_prints(self, order: Order) -> None:
        for text in (order.certificate.serial_number, order.certificate.thumbprint):
            if text is not None:
                self._by_print.pop(text.upper(), None)
