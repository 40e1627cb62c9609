# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Finding orders: by id, or by what they have in common; for the module, the inventory and whoever else asks."""

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

# How many ids a list is asked for at a time.
IDS = 100
# How many orders a message names at most.
_NAMED = 20
# What no order is called: a search filter that is applied finds nothing.
_NO_SUCH = "%no-order-has-this-in-its-name-or-addresses"
_OTHER = {"migrated": "certcentral", "certcentral": "migrated"}


class Finder:
    """Finds orders for one task; raises ApiError or Stopped.

    work: a map over threads. details: read every order that is meant whole. include_origin: find out which are
    migrated.
    """

    def __init__(
        self, certcentral: CertCentral, work: Map, stop: Stop, *, details: bool = False, include_origin: bool = False
    ) -> None:
        self._certcentral = certcentral
        self._work = work
        self._stop = stop
        self._details = details
        self._include_origin = include_origin
        # The orders of the list whose own pages were asked for, and are not there.
        self.missing: list[int] = []

    def by_ids(self, order_ids: Sequence[int]) -> tuple[list[Order], list[int]]:
        """The orders of these ids, in their order and each once, and the ids of which there is no order."""
        wanted = list(dict.fromkeys(order_ids))
        found: dict[int, Order] = {}
        for start in until_stopped(range(0, len(wanted), IDS), self._stop):
            chunk = wanted[start : start + IDS]
            several = {} if self._details or len(chunk) == 1 else self._certcentral.read(chunk)
            # A list that leaves an order out does not prove that there is none.
            for alone in self._each(self._alone, [(one,) for one in chunk if one not in several]):
                several.update(alone)
            if self._include_origin and several:
                several = self._certcentral.fetch_fact(ORIGIN, list(several.values()))
            found.update(several)
        return [found[one] for one in wanted if one in found], [one for one in wanted if one not in found]

    def matching(self, wanted: Criteria) -> Iterator[Order]:
        """The orders that are meant, oldest first, each once."""
        proven = False
        migrated = self._migrated(wanted)
        rows = until_stopped(self._certcentral.pages(server_filters(wanted)), self._stop)
        for page in _pages_of(rows):
            if not proven:
                self._prove(page, wanted)
                proven = True
            for order in self._meant(page, wanted):
                if migrated is None and not wanted.origin:
                    yield order
                else:
                    is_migrated = wanted.origin == "migrated" if migrated is None else order.id in migrated
                    yield replace(order, is_migrated=is_migrated, seen=order.seen | {ORIGIN})
        if not proven:
            self._prove([], wanted)

    def _meant(self, page: Sequence[Order], wanted: Criteria) -> Iterator[Order]:
        judged = [(order, matches(order, wanted)) for order in page]
        unread = [order for order, meant in judged if meant is None or (meant and self._details)]
        whole = {order.id: order for order in self._each(self._whole, [(order,) for order in unread]) if order}
        self.missing += [order.id for order in unread if order.id not in whole]
        for order, meant in judged:
            now = whole.get(order.id) if meant is None or (meant and self._details) else order
            # What its own page says may be newer than the row.
            if now and meant is not False and (now is order or matches(now, wanted)):
                yield now

    def _each(self, read: Callable[[Any], Any], several: Sequence[tuple[Any, ...]]) -> list[Any]:
        """What is read one at a time. Raises Stopped where not everything was."""
        found = self._work(read, several)
        if self._stop and several:
            raise Stopped(self._stop.reason)
        return found

    def _whole(self, order: Order) -> Order | None:
        if self._stop:
            return None
        try:
            return self._certcentral.fetch_fact(DETAILS, [order])[order.id]
        except NotFound:
            return None

    def _alone(self, order_id: int) -> dict[int, Order]:
        return {} if self._stop else self._certcentral.read([order_id])

    def _migrated(self, wanted: Criteria) -> set[int] | None:
        """The ids of all migrated orders, where they are asked for and are not simply those that are meant."""
        if not self._include_origin or wanted.origin:
            return None
        ids = {order.id for order in until_stopped(self._certcentral.pages([("origin", "migrated")]), self._stop)}
        self._prove_origin(sorted(ids)[:1], "migrated")
        return ids

    def _prove(self, page: Sequence[Order], wanted: Criteria) -> None:
        """Make sure that filters are applied whose answer cannot be checked: some have been ignored (3)."""
        if wanted.origin:
            self._prove_origin([order.id for order in page[:1]], wanted.origin)
        if wanted.search and page and self._certcentral.page([("search", _NO_SUCH)], limit=1)[0]:
            raise Unreadable(
                "CertCentral does not apply the search filter for this account, so nobody knows which orders are "
                "meant; use domain or common_name instead",
                200,
                "filter_ignored",
            )

    def _prove_origin(self, some: Sequence[int], origin: str) -> None:
        other = _OTHER[origin]
        if some:
            rows, _total = self._certcentral.page([("id", some[0]), ("origin", other)], limit=1)
            works = some[0] not in [row.id for row in rows]
        else:
            # None of this origin: then there are some of the other, unless there are none at all.
            works = bool(self._certcentral.page([("origin", other)], limit=1)[0])
            works = works or not self._certcentral.page([], limit=1)[0]
        if not works:
            raise Unreadable(
                "CertCentral does not apply the origin filter for this account, so nobody knows which orders are "
                "migrated",
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
    """The result of a module about orders. today: the date in UTC.

    missing: the ids of those that could not be read, and warnings: both are read after the last order has come.
    is_list: whether the missing ones were not asked for by id, so that the message names them.
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
    """Which orders could not be read, for a message."""
    ids = ", ".join(map(str, missing[:_NAMED]))
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return f"no page of {'order' if len(missing) == 1 else 'orders'} {ids}{more}: left out of the result"


def unread_expiry(order_ids: Sequence[int]) -> str:
    """That the expiry of these orders, at least one, cannot be read: how many, which, and what follows."""
    several = ", ".join(map(str, order_ids[:_NAMED])) + (", ..." if len(order_ids) > _NAMED else "")
    return (
        f"the expiry of {plural(len(order_ids), 'order')} cannot be read, and is left empty: {several}; filters by "
        "expiry do not find them, check them in the CertCentral console"
    )


def _pages_of(orders: Iterator[Order]) -> Iterator[list[Order]]:
    while page := list(islice(orders, PAGE)):
        yield page
