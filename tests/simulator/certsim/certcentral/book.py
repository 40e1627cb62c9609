# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The orders of one account, found at once by id, by certificate and by request."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from typing import Any

from certsim.certcentral.model import Certificate, Order


class OrderBook:
    """Orders indexed; an account of 30,000 is never scanned for one of them."""

    def __init__(self, orders: Iterable[Order] = ()) -> None:
        self._by_id: dict[int, Order] = {}
        self._by_print: dict[str, Order] = {}
        self._by_certificate: dict[int | str, Order] = {}
        self._by_request: dict[int, Order] = {}
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

    def by_certificate(self, reference: int | str) -> tuple[Order, Certificate] | None:
        """Return the certificate of this id (a number) or serial number (text), and its order."""
        wanted = reference if isinstance(reference, int) else reference.upper()
        order = self._by_certificate.get(wanted)
        if order is None:
            return None
        return order, next(each for each in order.certificates() if wanted in _names(each))

    def by_request(self, request_id: int) -> tuple[Order, dict[str, Any]] | None:
        """Return the request of this id, and its order."""
        order = self._by_request.get(request_id)
        if order is None:
            return None
        return order, next(each for each in order.requests if each["id"] == request_id)

    def requests(self) -> Iterator[tuple[Order, dict[str, Any]]]:
        """Yield every request with its order, by ascending id."""
        for request_id in sorted(self._by_request):
            found = self.by_request(request_id)
            if found is not None:
                yield found

    def add_request(self, order: Order, request: dict[str, Any]) -> dict[str, Any]:
        """Add a request to an order, and return it with its id."""
        # Ten ids belong to each order, so that no order that is added later meets one of another's.
        own = range(order.id * 10, order.id * 10 + 10)
        free = (number for number in own if number not in self._by_request)
        number = next(free, None) or max(self._by_request, default=0) + 1
        request = {"id": number, **request}
        order.requests.append(request)
        self._by_request[number] = order
        return request

    def page(self, offset: int, limit: int) -> list[Order]:
        """Return some orders by ascending id."""
        return [self._by_id[order_id] for order_id in self._ids[offset : offset + limit]]

    def put(self, order: Order) -> None:
        """Add an order, or replace the one of its id."""
        if order.id in self._by_id:
            self._forget(self._by_id[order.id])
        else:
            insort(self._ids, order.id)
        self._index(order)

    def remove(self, order: Order) -> None:
        """Take an order out."""
        self._forget(order)
        del self._by_id[order.id]
        self._ids.remove(order.id)

    def first_id(self) -> int:
        """Return the lowest id, or 1 where there is none."""
        return self._ids[0] if self._ids else 1

    def last_id(self) -> int:
        """Return the highest id, or 0 where there is none."""
        return self._ids[-1] if self._ids else 0

    def _index(self, order: Order) -> None:
        self._by_id[order.id] = order
        for text in (order.certificate.serial_number, order.certificate.thumbprint):
            if text is not None:
                self._by_print[text.upper()] = order
        for certificate in order.certificates():
            for name in _names(certificate):
                self._by_certificate[name] = order
        for request in order.requests:
            self._by_request[request["id"]] = order

    def _forget(self, order: Order) -> None:
        for text in (order.certificate.serial_number, order.certificate.thumbprint):
            if text is not None:
                self._by_print.pop(text.upper(), None)
        for certificate in order.certificates():
            for name in _names(certificate):
                self._by_certificate.pop(name, None)
        for request in order.requests:
            self._by_request.pop(request["id"], None)


def _names(certificate: Certificate) -> list[int | str]:
    """Return what finds a certificate: its id and its serial number."""
    serial_number = certificate.serial_number
    return [
        *([] if certificate.id is None else [certificate.id]),
        *([] if serial_number is None else [serial_number.upper()]),
    ]
