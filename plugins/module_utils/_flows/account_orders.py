# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The orders of a report on an account: all of them, or those that filters select, and which are due.

A report on selected orders reads the whole account as well, because the successor of an order can be anywhere in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from .._certcentral.filters import Criteria, criteria
from .._certcentral.search import Finder, unread_expiry, without_page
from .._common.options import ORDER_FILTERS, with_defaults
from .._planners import renewed_marks
from .._reports.listing import MARKED, NO_SUCCESSOR, UNKNOWN, WITHOUT_SUCCESSOR, due_row
from .._runtime.info_runner import warned
from .._runtime.observers import ReadProgress

if TYPE_CHECKING:
    from .._certcentral.client import CertCentral
    from .._certcentral.models import Order, User
    from .._common.context import Context
    from .._runtime.workers import Map

# An order of the account is due if its certificate expires within so many days: an order can be renewed, and be marked
# renewed, from then on (docs/development/reference/certcentral.md 9).
DUE_DAYS = renewed_marks.MARK_WINDOW_DAYS
# The statuses of orders whose certificate a server may still present.
_IN_USE = ("issued", "reissue_pending", "expired")


def filters_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """The filters that a task sets, without those that select nothing, such as the default of a flag."""
    return {name: value for name, value in (params["filters"] or {}).items() if _is_set(name, value)}


def _is_set(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value or name == "is_renewed"
    return value is not None and value not in ("", [])


def account_orders(
    params: Mapping[str, Any], certcentral: CertCentral, work: Map, context: Context, now: datetime
) -> dict[str, Any]:
    """Read the account, and return `data` of it, `orders`, and the other parts of a report on its orders.

    With filters and `metrics_path`, `measured` has the `orders` and `due_without_successor` of the whole account.
    params: `filters`, `details` and `metrics_path` of the task. now: in UTC. Raises OptionError, ApiError or Stopped.
    """
    filters, today = filters_of(params), now.date()
    wanted = criteria(with_defaults(_order_filters(filters), ORDER_FILTERS), now)
    user = certcentral.me()
    account_id = certcentral.readable_account().get("account_id")
    selection = _Selection(certcentral, work, context, today, details=params["details"])
    orders = selection.read(wanted, without_successor=filters.get("without_successor", False))
    data = {
        "account": {"account_id": user.account_id or account_id},
        "api_url": certcentral.transport.connection.base_url,
    }
    result: dict[str, Any] = {"data": data}
    rows = [order.shown(today) for order in orders]
    if filters:
        for row in rows:
            row["successor"] = selection.successors[row["order_id"]]
        result.update(filters=filters, listed=[due_row(row, row["successor"]) for row in rows])
    if filters and params["metrics_path"]:
        account = [order.shown(today) for order in selection.account]
        due = list(selection.due(selection.account, account, is_selection=False))
        result["measured"] = {"orders": account, "due_without_successor": due}
    result.update(orders=rows, due_without_successor=list(selection.due(orders, rows, is_selection=bool(filters))))
    return warned(result, [*certcentral.warnings, *selection.warnings, *_restriction(user, filters)])


def with_due(account: Sequence[Order], today: date) -> dict[str, Any]:
    """Return the rows of `orders`, those of an account, and of those that are due without a successor; of none None."""
    rows = [order.shown(today) for order in account]
    due = [(order, row) for order, row in zip(account, rows) if _is_due(order, today)]
    known = _successor_ids(account, [order for order, _row in due], today)
    several = [(order, row, _successor(order, known[order.id])) for order, row in due]
    without = [due_row(row, successor) for order, row, successor in several if _is_without(order, successor)]
    return {"orders": rows, "due_without_successor": without if account else None}


def _is_due(order: Order, today: date) -> bool:
    return order.valid_till is not None and 0 <= (order.valid_till - today).days <= DUE_DAYS


def _is_without(order: Order, successor: str) -> bool:
    return order.status in _IN_USE and successor in WITHOUT_SUCCESSOR


def _order_filters(filters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if name in ORDER_FILTERS}


def _restriction(user: User, filters: Mapping[str, Any]) -> list[str]:
    if not (filters and user.container_ids):
        return []
    several = ", ".join(map(str, user.container_ids))
    return [f"the API key is restricted to the containers {several}: a successor in another container is not found"]


class _Selection:
    """Reads the orders of an account, selects some of them, and finds their successors. Raises ApiError or Stopped.

    account: all orders, by the list. successors: by the id of an order, an id or a word as in `due_row`: of the
    selected orders, and of those due.
    """

    def __init__(self, certcentral: CertCentral, work: Map, context: Context, today: date, *, details: bool) -> None:
        progress = ReadProgress(context.notify)
        self._listing = Finder(certcentral, work, context.stop, progress=progress)
        self._whole = Finder(certcentral, work, context.stop, details=details, progress=progress)
        self._today = today
        self.account: list[Order] = []
        self.successors: dict[int, str] = {}
        self.warnings: list[str] = []

    def read(self, wanted: Criteria, *, without_successor: bool) -> list[Order]:
        """Read the account, and return the orders that meet the criteria, oldest first.

        without_successor: only those in use which have no successor, or of which that is not known.
        """
        self.account = account = list(self._listing.matching(Criteria()))
        unread = [order.id for order in account if order.has_unread_expiry]
        self.warnings += [unread_expiry(unread)] if unread else []
        # The requester is on the pages of orders only, so it is compared last.
        first = replace(wanted, requester="")
        if first.search or first.origin:
            orders = list(self._listing.matching(first))
        else:
            orders = list(self._listing.select(account, first))
        orders = self._with_successors(account, orders, without_successor)
        # Only now the pages, of as few orders as possible. A page can show a successor that the list does not.
        pages = list(self._whole.select(orders, wanted))
        if pages != orders:
            pages = self._with_successors(account, pages, without_successor)
        missing = [*self._listing.missing, *self._whole.missing]
        self.warnings += [without_page(missing)] if missing else []
        return pages

    def _with_successors(self, account: Sequence[Order], orders: list[Order], without_successor: bool) -> list[Order]:
        """Find the successors of orders, and return those that have none if only these are wanted."""
        latest = {order.id: order for order in orders}
        due = [order for order in account if _is_due(order, self._today)]
        known = _successor_ids([latest.get(order.id, order) for order in account], [*orders, *due], self._today)
        for order in (*due, *orders):
            self.successors[order.id] = _successor(order, known[order.id])
        if not without_successor:
            return orders
        return [order for order in orders if _is_without(order, self.successors[order.id])]

    def due(
        self, orders: Sequence[Order], rows: Sequence[Mapping[str, Any]], *, is_selection: bool
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of the orders without a successor: of a selection, or those of the account that are due."""
        for order, row in zip(orders, rows):
            is_listed = is_selection or _is_due(order, self._today)
            if is_listed and _is_without(order, self.successors[order.id]):
                yield due_row(row, self.successors[order.id])


def _successor_ids(account: Iterable[Order], orders: Iterable[Order], today: date) -> dict[int, int | None]:
    ids = {order.id for order in orders}
    account = list(account)
    names = {name for order in account if order.id in ids for name in order.domains}
    # A successor has all names of the order, so that most orders of an account need not be compared.
    related = [
        order for order in account if order.id in ids or not order.names_known or not names.isdisjoint(order.domains)
    ]
    return renewed_marks.successors(related, today, ids)


def _successor(order: Order, known: int | None) -> str:
    """The successor of an order, as in `due_row`. known: by the rule for marks."""
    if order.renewed_order_id or known:
        return str(order.renewed_order_id or known)
    if order.is_marked:
        return MARKED
    return NO_SUCCESSOR if known == 0 and order.is_marked is False else UNKNOWN
