# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Finds orders by id or by criteria, for modules, the inventory plugin and the planners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import NotFound, Stopped, Unreadable
from .._common.text import plural
from .._runtime.info_runner import until_stopped, warned
from .filters import Criteria, matches, server_filters
from .models import DETAILS, ORIGIN
from .paging import PAGE

if TYPE_CHECKING:
    from .._common.context import Stop
    from .._runtime.workers import Map
    from .client import CertCentral
    from .models import Order

# The maximum number of ids in one list request.
IDS = 100
# The maximum number of orders that a message names.
_MOST_NAMED = 20
# A text that no order has. The service applies the search filter if it finds no order with this text.
_NO_SUCH_TEXT = "%no-order-has-this-in-its-name-or-addresses"
_OTHER_ORIGIN = {"migrated": "certcentral", "certcentral": "migrated"}


class Finder:
    """Finds orders for one task. Its methods raise ApiError or Stopped.

    work: a map over threads. details: read the details of every result, not only the list row.
    include_origin: find out which orders are migrated.
    progress: is called with a noun for each order or order page that was read.
    missing: the ids of orders that `matching` found in the list, but that have no details.
    """

    def __init__(
        self,
        certcentral: CertCentral,
        work: Map,
        stop: Stop,
        *,
        details: bool = False,
        include_origin: bool = False,
        progress: Callable[[str], None] = lambda _noun: None,
    ) -> None:
        self._certcentral = certcentral
        self._work = work
        self._stop = stop
        self._details = details
        self._include_origin = include_origin
        self._progress = progress
        self.missing: list[int] = []

    def by_ids(self, order_ids: Sequence[int]) -> tuple[list[Order], list[int]]:
        """Find orders by id.

        Returns the orders in the sequence of `order_ids`, each once, and the ids that have no order.
        """
        wanted = list(dict.fromkeys(order_ids))
        found: dict[int, Order] = {}
        for start in until_stopped(range(0, len(wanted), IDS), self._stop):
            chunk = wanted[start : start + IDS]
            several = {} if self._details or len(chunk) == 1 else self._certcentral.read(chunk)
            # A list without an order does not prove that the order does not exist: read it alone.
            for alone in self._read_each(self._read_alone, [(one,) for one in chunk if one not in several]):
                several.update(alone)
            if self._include_origin and several:
                several = self._certcentral.fetch_fact(ORIGIN, list(several.values()))
            found.update(several)
        return [found[one] for one in wanted if one in found], [one for one in wanted if one not in found]

    def matching(self, wanted: Criteria) -> Iterator[Order]:
        """Yield the orders that meet the criteria, oldest first, each once.

        Raises Unreadable if the service ignores a filter that `matches` cannot check.
        """
        tested = False
        migrated = self._migrated_ids(wanted)
        rows = until_stopped(self._certcentral.pages(server_filters(wanted)), self._stop)
        for page in _pages_of(self._counted(rows)):
            # Test the filters with the first page, before the first order is returned.
            if not tested:
                self._test_filters(page, wanted)
                tested = True
            for order in self._matches_of(page, wanted):
                if migrated is None and not wanted.origin:
                    yield order
                else:
                    is_migrated = wanted.origin == "migrated" if migrated is None else order.id in migrated
                    yield replace(order, is_migrated=is_migrated, seen=order.seen | {ORIGIN})
        if not tested:
            self._test_filters([], wanted)

    def select(self, orders: Iterable[Order], wanted: Criteria) -> Iterator[Order]:
        """Yield those of some listed orders that meet the criteria, with details if these are read or necessary.

        Only `matching` can apply the criteria search and origin.
        """
        for page in _pages_of(iter(orders)):
            yield from self._matches_of(page, wanted)

    def _counted(self, rows: Iterable[Order]) -> Iterator[Order]:
        for order in rows:
            self._progress("order")
            yield order

    def _matches_of(self, page: Sequence[Order], wanted: Criteria) -> Iterator[Order]:
        """Yield the orders of a page that meet the criteria, and read the details of orders if necessary."""
        checked = [(order, matches(order, wanted)) for order in page]
        unread = [order for order, is_match in checked if is_match is None or (is_match and self._lacks_details(order))]
        details = {
            order.id: order for order in self._read_each(self._read_details, [(order,) for order in unread]) if order
        }
        self.missing += [order.id for order in unread if order.id not in details]
        for order, is_match in checked:
            latest = details.get(order.id) if is_match is None or (is_match and self._lacks_details(order)) else order
            # The details can be newer than the list row, so check them again.
            if latest and is_match is not False and (latest is order or matches(latest, wanted)):
                yield latest

    def _lacks_details(self, order: Order) -> bool:
        return self._details and DETAILS not in order.seen

    def _read_each(self, read: Callable[[Any], Any], several: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Read several orders in parallel, with one request each. Raises Stopped if the run was stopped meanwhile."""
        found = self._work(read, several)
        if self._stop and several:
            raise Stopped(self._stop.reason)
        return found

    def _read_details(self, order: Order) -> Order | None:
        if self._stop:
            return None
        self._progress("order page")
        try:
            return self._certcentral.fetch_fact(DETAILS, [order])[order.id]
        except NotFound:
            return None

    def _read_alone(self, order_id: int) -> dict[int, Order]:
        return {} if self._stop else self._certcentral.read([order_id])

    def _migrated_ids(self, wanted: Criteria) -> set[int] | None:
        """The ids of all migrated orders, None if they are not requested or the criteria already have an origin."""
        if not self._include_origin or wanted.origin:
            return None
        ids = {order.id for order in until_stopped(self._certcentral.pages([("origin", "migrated")]), self._stop)}
        self._test_origin_filter(sorted(ids)[:1], "migrated")
        return ids

    def _test_filters(self, page: Sequence[Order], wanted: Criteria) -> None:
        """Test that the service applies the filters that `matches` cannot check (3). Raises Unreadable."""
        if wanted.origin:
            self._test_origin_filter([order.id for order in page[:1]], wanted.origin)
        if wanted.search and page and self._certcentral.page([("search", _NO_SUCH_TEXT)], limit=1)[0]:
            raise Unreadable(
                "CertCentral does not apply the search filter for this account, so the matching orders are unknown: "
                "use domain or common_name instead of search",
                200,
                "filter_ignored",
            )

    def _test_origin_filter(self, order_ids: Sequence[int], origin: str) -> None:
        """Test that the service applies the origin filter. some: one id of this origin, empty if there is none."""
        other = _OTHER_ORIGIN[origin]
        if order_ids:
            rows, _total = self._certcentral.page([("id", order_ids[0]), ("origin", other)], limit=1)
            works = order_ids[0] not in [row.id for row in rows]
        else:
            # Without orders of this origin, the other origin has orders, unless the account has no orders at all.
            works = bool(self._certcentral.page([("origin", other)], limit=1)[0])
            works = works or not self._certcentral.page([], limit=1)[0]
        if not works:
            raise Unreadable(
                "CertCentral does not apply the origin filter for this account, so the migrated orders are unknown: "
                "do not set origin or include_origin",
                200,
                "filter_ignored",
            )


def found(
    orders: Iterable[Order],
    today: date,
    missing: Sequence[int] = (),
    warnings: Sequence[str] = (),
    *,
    is_list: bool = False,
) -> dict[str, Any]:
    """The result of a module that returns orders. today: the date in UTC.

    missing: the ids of orders that do not exist. warnings: of the client. Both may grow while `orders` is consumed.
    is_list: whether `missing` are listed orders without details, which the message then names.
    """
    shown, unread = [], []
    for order in orders:
        shown.append(order.shown(today))
        unread += [order.id] if order.has_unread_expiry else []
    msg = f"{plural(len(shown), 'order')} found"
    if is_list and missing:
        msg += f"; {without_page(missing)}"
    several = [*warnings, *([unread_expiry(unread)] if unread else [])]
    return warned({"msg": msg, "orders": shown, "missing": list(missing)}, several)


def without_page(missing: Sequence[int]) -> str:
    """The message about orders in a list that have no details. missing: their ids."""
    ids = ", ".join(map(str, missing[:_MOST_NAMED]))
    more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
    orders = f"{'order' if len(missing) == 1 else 'orders'} {ids}{more}"
    return f"no details found for {orders}: not in the result"


def unread_expiry(order_ids: Sequence[int]) -> str:
    """The warning about orders whose expiry cannot be parsed. order_ids: at least one."""
    several = ", ".join(map(str, order_ids[:_MOST_NAMED])) + (", ..." if len(order_ids) > _MOST_NAMED else "")
    return (
        f"the expiry date of {plural(len(order_ids), 'order')} cannot be read, and is empty in the result: {several}; "
        "filters by expiry date do not find these orders, so check them in the CertCentral console"
    )


def _pages_of(orders: Iterator[Order]) -> Iterator[list[Order]]:
    """Group orders into lists of up to PAGE."""
    while page := list(islice(orders, PAGE)):
        yield page
