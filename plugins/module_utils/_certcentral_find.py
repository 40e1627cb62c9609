# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Finding orders: by id, or by what they have in common; for the module, the inventory and whoever else asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any, Callable

from ._certcentral import PAGE
from ._certcentral_objects import DETAILS, ORIGIN, read_common_name
from ._certcentral_select import STATUSES, Criteria, matches, server_filters
from ._errors import NotFound, Stopped, Unreadable
from ._info import until_stopped, warned
from ._options import OptionError, domain_name, known_words
from ._orders import plural

if TYPE_CHECKING:
    from ._certcentral import CertCentral
    from ._certcentral_objects import Order
    from ._http import Stop
    from ._work import Map

# How many ids a list is asked for at a time.
IDS = 100
# How many orders a message names at most.
_NAMED = 20
# What no order is called: a search filter that is applied finds nothing.
_NO_SUCH = "%no-order-has-this-in-its-name-or-addresses"
_OTHER = {"migrated": "certcentral", "certcentral": "migrated"}
# What selects orders, beside their ids; domain and its subdomains are one.
FILTERS = (
    "status",
    "domain",
    "common_name",
    "search",
    "expires_before",
    "expires_within_days",
    "is_renewed",
    "origin",
    "container_id",
    "organization_id",
    "product_name_id",
    "product_type",
    "created_before",
)


def criteria(params: Mapping[str, Any], now: datetime) -> Criteria:
    """The criteria of a task's options; now: in UTC. Raises OptionError."""
    before, within = _day(params, "expires_before"), params["expires_within_days"]
    if within is not None and within < 0:
        raise OptionError("expires_within_days must not be negative")
    if before is not None and within is not None:
        raise OptionError("expires_before and expires_within_days cannot be used together")
    for option in ("container_id", "organization_id"):
        if params[option] is not None and params[option] < 1:
            raise OptionError(f"{option} must be positive")
    if params["include_subdomains"] and not params["domain"]:
        raise OptionError("include_subdomains needs domain: set the domain whose subdomains are meant")
    last = before - timedelta(days=1) if before and before > date.min else before
    if within is not None:
        last = now.date() + timedelta(days=min(within, 36500))
    return Criteria(
        status=frozenset(known_words(params["status"] or (), STATUSES, "status")),
        domain=domain_name(params["domain"], "domain") if params["domain"] else "",
        include_subdomains=params["include_subdomains"],
        common_name=read_common_name((params["common_name"] or "").strip()),
        search=(params["search"] or "").strip(),
        expires_from=now.date() if within is not None else None,
        expires_to=last,
        is_renewed=params["is_renewed"],
        container_id=params["container_id"],
        organization_id=params["organization_id"],
        product_name_id=params["product_name_id"] or "",
        product_type=params["product_type"] or "",
        created_before=_moment(params, "created_before"),
        origin=params["origin"] or "",
    )


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
                several = self._certcentral.learn(ORIGIN, list(several.values()))
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
            return self._certcentral.learn(DETAILS, [order])[order.id]
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


def _day(params: Mapping[str, Any], option: str) -> date | None:
    if not params[option]:
        return None
    try:
        return date.fromisoformat(params[option].strip())
    except ValueError:
        raise OptionError(f"{option} must be a day such as 2026-12-31") from None


def _moment(params: Mapping[str, Any], option: str) -> datetime | None:
    """A day, at its beginning, or an ISO 8601 time; UTC where it does not say."""
    text = (params[option] or "").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)
    except ValueError:
        raise OptionError(f"{option} must be a day or a time such as 2026-12-31 or 2026-12-31T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
