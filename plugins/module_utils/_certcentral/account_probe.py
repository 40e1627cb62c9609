# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The requests of an account check. The file account_check.py evaluates the answers.

The client in client.py parses answers into objects. This file keeps the raw answers, because the check is about their
form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import ApiError
from .account_check import STATUSES, Answer, Filtered, Observed, Row, certificate
from .models import boolean, integer

if TYPE_CHECKING:
    from .._http.transport import Transport

# The maximum number of requests of a check, including retries.
MAX_REQUESTS = 40
# The maximum number of orders in the sample, which has the newest orders.
SAMPLE = 100
# The maximum number of orders with a request for their details.
_DETAILS = 8
_NEWEST_FIRST = ("sort", "-order_id")
_ORDERS = ("order", "certificate")
# In minutes.
_WEEK = 7 * 24 * 60


class Probe:
    """Sends the requests of an account check. If a request fails, the facts that depend on it stay untested."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport
        transport.max_requests = MAX_REQUESTS

    def observed(self) -> Observed:
        """Read all answers of the check. Raises ApiError if the key cannot read status changes, or Stopped."""
        reads = Observed(datetime.now(timezone.utc).date(), limit=SAMPLE)
        # Unlike the later requests, the first one raises: it shows whether the address and the key are valid.
        path, week = (*_ORDERS, "status-changes"), [("minutes", _WEEK)]
        reads.changes = Answer(200, data=self._http.read("list status changes", path, week, may_be_list=True))
        user = self._get("read the user of the API key", ("user", "me")).data
        reads.user = user if isinstance(user, dict) else {}
        reads.account = self._get("read the account", ("account",))
        self._lists(reads)
        self._missing_objects(reads)
        self._details(reads)
        self._filters(reads)
        self._copies(reads)
        self._requests(reads)
        return reads

    def _get(self, what: str, path: Sequence[object], query: Iterable[tuple[str, object]] = ()) -> Answer:
        """GET an answer, including a refusal; an empty Answer without a reply."""
        try:
            reply = self._http.probe(what, path, query)
        except ApiError:
            return Answer()
        try:
            data = json.loads(reply.body)
        except (ValueError, RecursionError):
            data = None
        return Answer(reply.status, frozenset(name.lower() for name in reply.headers), data)

    def _list(self, *filters: tuple[str, object], limit: int = SAMPLE, offset: int = 0) -> Answer:
        """GET /order/certificate. filters: pairs of name and value."""
        pairs = [(f"filters[{name}]", value) for name, value in filters]
        query = [*pairs, _NEWEST_FIRST, ("limit", limit), *([("offset", offset)] if offset else [])]
        return self._get("list orders", _ORDERS, query)

    def _lists(self, reads: Observed) -> None:
        """Read lists of orders: the sample, both ends of its total, and filters with comparable answers."""
        reads.sample = self._list()
        rows, total = len(reads.sample.rows("orders")), reads.sample.total
        if rows and total is not None and total >= rows:
            reads.last = self._list(limit=1, offset=total - 1)
            if rows == SAMPLE:
                reads.beyond = self._list(limit=1, offset=total)
        reads.renewed, reads.not_renewed = (self._list(("is_renewed", value)) for value in (1, 0))
        reads.migrated, reads.certcentral = (self._list(("origin", value)) for value in ("migrated", "certcentral"))
        reads.ended = self._list(("status", "issued"), ("valid_till", f"<{reads.today - timedelta(days=1)}"))
        reads.unusual_status = self._list(("status", "expired"))

    def _missing_objects(self, reads: Observed) -> None:
        """Read an order, a list and an address that do not exist."""
        taken = {row.get("id") for row in reads.rows}
        number = next(number for number in range(1, SAMPLE * 4) if number not in taken)
        reads.missing = self._get("read an order that does not exist", (*_ORDERS, number))
        reads.nothing = self._list(("id", number))
        reads.no_route = self._get("read an address that does not exist", ("order", "no-such-route"))
        if reads.missing.is_good:
            # The order exists, so the answers show nothing.
            reads.missing = reads.nothing = Answer()

    def _details(self, reads: Observed) -> None:
        """Read the details of some orders, and the notes of one of them if no details have notes."""
        for number in _chosen_ids(reads)[:_DETAILS]:
            answer = self._get("read an order", (*_ORDERS, number))
            if answer.is_good and isinstance(answer.data, dict):
                reads.details[number] = answer.data
        without = [number for number, detail in reads.details.items() if not detail.get("notes")]
        if without and len(without) == len(reads.details):
            # A canceled order most likely has a note, because the cancellation requires one (4.1).
            canceled = [number for number in without if reads.details[number].get("status") == "canceled"]
            number = (canceled or without)[0]
            reads.notes = number, self._get("list the notes of an order", (*_ORDERS, number, "note"))

    def _filters(self, reads: Observed) -> None:
        """Read a list under each filter of _FILTERS, with a value of an order of the sample."""
        rows = reads.sample.rows("orders")
        for name, values in _FILTERS.items():
            for row in rows:
                value = next((value for value in values(row) if _is_plain(value)), None)
                fits = _filter_test(name, value)
                # An ignored filter shows only if another order of the sample does not match the value.
                if value is not None and not all(map(fits, rows)):
                    reads.filters[name] = Filtered(self._list((name, value)), integer(row.get("id")) or 0, fits)
                    break

    def _copies(self, reads: Observed) -> None:
        """Read lists of duplicates and reissues, and search an order by the serial number of a duplicate."""
        orders = reads.orders
        for order in orders:
            counted = {kind: integer(order.get(f"{kind}s_count")) for kind in ("duplicate", "reissue")}
            # Without a count in the answer of the order, the list cannot be compared.
            if counted["duplicate"] and not reads.duplicates:
                reads.duplicates = order, self._certificates(order, "duplicate")
            if counted["reissue"] and not reads.reissues:
                reads.reissues = order, self._certificates(order, "reissue")
            if (
                counted["duplicate"] == 0
                and certificate(order).get("serial_number")
                and not reads.without_copies.status
            ):
                reads.without_copies = self._certificates(order, "duplicate")
        if reads.duplicates:
            order, answer = reads.duplicates
            own = certificate(order).get("serial_number")
            serials = [item.get("serial_number") for item in answer.rows("certificates")]
            other = next((serial for serial in serials if serial and serial != own), None)
            if own and other:
                reads.by_copy = integer(order.get("id")) or 0, self._list(("serial_number", other))

    def _certificates(self, order: Row, kind: str) -> Answer:
        """GET /order/certificate/{id}/duplicate or …/reissue, including archived certificates."""
        path = (*_ORDERS, order.get("id"), kind)
        return self._get(f"list the {kind}s of an order", path, [("show_archived", "true")])

    def _requests(self, reads: Observed) -> None:
        """Read the list of requests, as it is, in pages, and with the status filter."""
        reads.requests = self._get("list requests", ("request",))
        statuses = [str(row.get("status")) for row in reads.requests.rows("requests")]
        if statuses:
            reads.requests_in_pages = self._get("list requests", ("request",), [("limit", 1), ("offset", 0)])
        known = [status for status in ("pending", "approved", "rejected", "submitted") if status in statuses]
        if known and len(set(statuses)) > 1:
            answer = self._get("list requests", ("request",), [("filters[status]", known[0])])
            reads.requests_of_status = known[0], answer


def _chosen_ids(reads: Observed) -> list[int]:
    """The ids of the orders to read in detail: one of each kind, the most important kinds first."""
    rows = reads.rows
    kinds: tuple[Callable[[Row], Any], ...] = (
        lambda row: row.get("status") == "renewed" or boolean(row.get("is_renewed")),
        lambda row: row.get("id") in renewed,
        lambda row: row.get("status") == "issued" and row.get("id") not in renewed,
        lambda row: len(certificate(row).get("dns_names") or ()) > 1,
        lambda row: row.get("status") == "canceled",
        lambda row: integer(row.get("duplicates_count")),
        lambda row: row.get("status") == "pending",
        bool,
    )
    renewed = {row.get("id") for row in reads.renewed.rows("orders")}
    chosen: list[int] = []
    for kind in kinds:
        fresh = [integer(row.get("id")) for row in rows if kind(row)]
        found = [number for number in fresh if number and number not in chosen]
        # Take two renewed orders: not every renewed order has a mark.
        chosen += found[: 2 if kind is kinds[1] else 1]
    return chosen


def _is_plain(value: Any) -> bool:
    """Whether a value can be compared with answers after filtering. International names can have another spelling."""
    text = str(value or "")
    return bool(text) and text.isascii() and "xn--" not in text and "%" not in text


def _status_of(row: Row) -> list[Any]:
    return [row.get("status")] if row.get("status") in STATUSES else []


def _nested(part: str, name: str) -> Callable[[Row], list[Any]]:
    """A function that returns the values of a nested field of an order, such as certificate.common_name."""

    def values(row: Row) -> list[Any]:
        inner = row.get(part)
        return [inner[name]] if isinstance(inner, dict) and inner.get(name) else []

    return values


def _id_of_issued(row: Row) -> list[Any]:
    # Before issuance the id does not belong to a certificate (2.1).
    return [certificate(row).get("id")] if certificate(row).get("serial_number") else []


# For each tested filter, the values in an order to which the filter applies.
_FILTERS: dict[str, Callable[[Row], list[Any]]] = {
    "status": _status_of,
    "common_name": _nested("certificate", "common_name"),
    "serial_number": _nested("certificate", "serial_number"),
    "certificate_id": _id_of_issued,
    "valid_till": _nested("certificate", "valid_till"),
    "product_name_id": _nested("product", "name_id"),
    "container_id": _nested("container", "id"),
}


def _filter_test(name: str, value: Any) -> Callable[[Row], bool]:
    """A test whether an order matches a filter. An order without the value passes, because a list row can lack it."""
    if name == "status":
        # The value issued also finds expired orders (2.3), and a renewed order can have the status renewed (2.2).
        allowed = {value, "expired", "renewed"} if value == "issued" else {value}
        return lambda row: row.get("status") in allowed
    values = _FILTERS[name]
    wanted = str(value).lower()
    return lambda row: all(str(each).lower() == wanted for each in values(row))
