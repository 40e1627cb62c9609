# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Which migrated orders have been renewed by another order, without either of them showing it? Pure.

Works on orders as digicert_order_info returns them, with their origin: no I/O, no clock, no Ansible. Facts are from
docs/development/reference/certcentral.md, cited by section. What is not known is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .._common.names import dns_name
from .._common.values import is_id, utc, whole_number
from .._plans.actions import CERTCENTRAL, LEAVE, MARK, TLS_PRODUCTS, UNMARK

# An order can be marked renewed from so many days before its certificate expires (9).
MARK_WINDOW_DAYS = 90
# In these an order can carry the mark, which may itself show as a status (2.2, 4.1).
MARKABLE = ("issued", "expired", "renewed")
# Issued orders, marked themselves or not.
_LIVING = ("issued", "renewed")
_GONE = ("canceled", "revoked")
# With these, an order has renewed nothing so far (2.3). Of any other status it may have.
_NEVER_ISSUED = ("needs_approval", "pending", "processing", "waiting_pickup", "needs_csr", "rejected", "denied")


def plan(
    orders: Iterable[Mapping[str, Any]], pages: Iterable[Mapping[str, Any]] = (), *, undo_expired: bool = False
) -> list[dict[str, Any]]:
    """An entry of a plan for every migrated order whose mark is not as it should be, by order.

    Marked is what a successor has renewed. A mark is taken away where the successor was canceled or revoked, and no
    other order has ever renewed it: a mark that somebody has set for another reason is left alone.

    pages: orders of `to_read`, read whole. undo_expired: whether marks of orders that have expired are taken away, too.
    Raises KeyError, TypeError or ValueError where something is no order.
    """
    whole = {page["order_id"]: page for page in pages}
    entries = []
    for case in _Account(_with_names(orders, whole)).cases(undo_expired):
        told = _decided(case, whole.get(case.old.id, case.page))
        if told:
            entries.append(_entry(case, *told))
    return entries


def to_read(orders: Iterable[Mapping[str, Any]], *, undo_expired: bool = False) -> list[int]:
    """The orders that have to be read whole before they can be planned, as lists do not tell all that decides.

    Those are marked orders whose mark would be taken away, as only an order's own page tells whether it was truly
    renewed; and those that would be marked, where the list does not tell whether they are, or leaves names out.
    """
    account = _Account(orders)
    unclear = {case.old.id for case in account.cases(undo_expired) if case.is_marked is not False and case.page is None}
    return sorted(unclear | account.unnamed())


def _with_names(
    orders: Iterable[Mapping[str, Any]], pages: Mapping[int, Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """The orders, with the names of their own pages where the list leaves some out."""
    for row in orders:
        page = pages.get(row["order_id"]) if row.get("domains_known") is False else None
        yield {**row, **{name: page.get(name) for name in ("domains", "domains_known")}} if page else row


@dataclass(frozen=True, eq=False)
class _Order:
    """An order, as far as it matters here. end: its last day; placed: when it was ordered; None where not known.

    days, days_left: how many are left to its certificate, and to an order that outlives it.
    """

    row: Mapping[str, Any]
    id: int
    status: str
    names: frozenset[str]
    organization: int | None
    end: date | None
    placed: datetime | None
    days: int | None
    days_left: int | None

    @property
    def is_marked(self) -> bool | None:
        return True if self.status == "renewed" else boolean(self.row.get("is_renewed"))

    @property
    def is_living(self) -> bool:
        return self.status in _LIVING and self.days is not None and self.days >= 0

    @property
    def has_expired(self) -> bool:
        """Whether it is over: an order whose certificate has expired can be reissued until its own last day."""
        is_over = self.status == "expired" or (self.days is not None and self.days < 0)
        return is_over and (self.days_left is None or self.days_left < 0)

    @property
    def counts(self) -> bool:
        """Whether it can be a successor, or have one; an unknown organization is never the same as another."""
        return self.row.get("product_type") in TLS_PRODUCTS and self.organization is not None and bool(self.names)

    @property
    def names_known(self) -> bool:
        return self.row.get("domains_known") is not False

    @property
    def is_due(self) -> bool:
        return self.days is not None and self.days <= MARK_WINDOW_DAYS

    @property
    def can_carry_a_mark(self) -> bool:
        return self.row.get("is_migrated") is True and self.status in MARKABLE and self.end is not None


@dataclass(frozen=True)
class _Case:
    """A migrated order, and what another one has to do with its mark.

    successor: the order that has renewed it, or had, and then `is_gone`. doubt: why nobody knows whether the mark is
    right. page: the order, where it was read whole to begin with.
    """

    old: _Order
    successor: _Order
    is_gone: bool = False
    doubt: str = ""

    @property
    def is_marked(self) -> bool | None:
        return self.old.is_marked

    @property
    def page(self) -> Mapping[str, Any] | None:
        return self.old.row if "renewed_order_id" in self.old.row else None


class _Others:
    """The orders that have all names of a set, of one organization; those of each kind with the latest first."""

    def __init__(self, orders: Sequence[_Order], torn: set[int]) -> None:
        sure = [order for order in orders if order.id not in torn]
        # An order that was told twice and differently renews nothing, but may have renewed.
        had = [order for order in orders if order.status not in (*_GONE, *_NEVER_ISSUED) or order.id in torn]
        self._living = _latest(order for order in sure if order.is_living)
        self._had = _latest(had)
        self._revoked = _latest(order for order in sure if order.status == "revoked")
        canceled = [(order.placed, order.id, order) for order in sure if order.status == "canceled" and order.placed]
        self._canceled = [order for _placed, _id, order in sorted(canceled, key=lambda one: one[:2], reverse=True)]
        self._endless = sorted((order for order in had if order.end is None), key=lambda order: order.id)

    def renewing(self, old: _Order) -> _Order | None:
        """The order that renews it, the one that ends last."""
        return _later(self._living, old)

    def had_renewed(self, old: _Order) -> _Order | None:
        """An order that was issued and not canceled or revoked, though it may have expired since."""
        return _later(self._had, old)

    def of_unknown_end(self, old: _Order) -> _Order | None:
        return next((order for order in self._endless if order.id != old.id), None)

    def gone(self, old: _Order) -> _Order | None:
        """The order that was to renew it, and was revoked, or canceled before it was issued."""
        revoked = _later(self._revoked, old)
        if revoked:
            return revoked
        # It was never issued, so it has no end, and is the later one where it was placed later.
        last = self._canceled[0] if self._canceled else None
        return last if last and last.placed and old.placed and last.placed > old.placed else None


class _Account:
    """All orders, so that those with the same names are found without looking at each one for each other one."""

    def __init__(self, orders: Iterable[Mapping[str, Any]]) -> None:
        versions: dict[int, list[_Order]] = {}
        for row in orders:
            order = _read(row)
            several = versions.setdefault(order.id, [])
            if all(one.row != row for one in several):
                several.append(order)
        self._orders = [order for number in sorted(versions) for order in versions[number]]
        self._torn = {number for number, several in versions.items() if len(several) > 1}
        self._groups: dict[tuple[int | None, frozenset[str]], list[_Order]] = {}
        for order in self._orders:
            if order.counts:
                self._groups.setdefault((order.organization, order.names), []).append(order)
        self._with_name: dict[tuple[int | None, str], set[tuple[int | None, frozenset[str]]]] = {}
        for group in self._groups:
            for name in group[1]:
                self._with_name.setdefault((group[0], name), set()).add(group)
        self._others: dict[tuple[int | None, frozenset[str]], _Others] = {}

    def cases(self, undo_expired: bool) -> Iterator[_Case]:
        """The migrated orders that could be marked, or whose mark could be taken away, by their ids."""
        for old in self._orders:
            if old.counts and old.names_known and old.can_carry_a_mark and old.id not in self._torn:
                case = self._case(old, undo_expired)
                if case:
                    yield case

    def unnamed(self) -> set[int]:
        """The orders that could be marked, or be marked wrongly, of which the list does not tell all names."""
        return {
            old.id
            for old in self._orders
            if not old.names_known
            and old.can_carry_a_mark
            and (old.is_marked or old.is_due)
            and old.id not in self._torn
        }

    def _case(self, old: _Order, undo_expired: bool) -> _Case | None:
        others = self._others_of(old)
        living = others.renewing(old)
        if living:
            return _Case(old, living) if old.is_due and not old.is_marked else None
        gone = others.gone(old)
        if not gone or old.is_marked is False or others.had_renewed(old) or (old.has_expired and not undo_expired):
            return None
        endless = others.of_unknown_end(old)
        doubt = f"order {endless.id} may have renewed it, and does not say when it ends" if endless else ""
        return _Case(old, gone, is_gone=True, doubt=doubt)

    def _others_of(self, old: _Order) -> _Others:
        group = (old.organization, old.names)
        if group not in self._others:
            # The rarest name first, as the rest can only take away from what has it.
            having = sorted((self._with_name[old.organization, name] for name in old.names), key=len)
            wider = having[0].intersection(*having[1:])
            self._others[group] = _Others([order for one in wider for order in self._groups[one]], self._torn)
        return self._others[group]


def _read(row: Mapping[str, Any]) -> _Order:
    order_id, names, placed = row["order_id"], row["domains"], row.get("date_created")
    if not is_id(order_id):
        raise ValueError("an order_id is no positive number")
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"order {order_id}: domains is no list of texts")
    days, end, till = whole_number(row.get("days_remaining")), _end(row), _day(row.get("valid_till"))
    return _Order(
        row=row,
        id=order_id,
        status=str(row.get("status") or ""),
        names=frozenset(map(dns_name, names)),
        organization=whole_number(row.get("organization_id")) or None,
        end=end,
        placed=utc(placed) if isinstance(placed, str) else None,
        days=days,
        days_left=(end - till).days + days if end and till and end > till and days is not None else None,
    )


def _end(row: Mapping[str, Any]) -> date | None:
    """When it ends: an annual plan outlives its certificate (8). None where one of the two days is not known."""
    ends = [_day(row.get("valid_till"))]
    if row.get("order_valid_till"):
        ends.append(_day(row["order_valid_till"]))
    known = [end for end in ends if end]
    return max(known) if len(known) == len(ends) else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def boolean(value: Any) -> bool | None:
    """True or false, None for anything else."""
    return value if isinstance(value, bool) else None


def _latest(orders: Iterable[_Order]) -> list[_Order]:
    known = [(order.end, order.id, order) for order in orders if order.end]
    return [order for _end_of_it, _id, order in sorted(known, key=lambda one: one[:2], reverse=True)]


def _later(latest: Sequence[_Order], old: _Order) -> _Order | None:
    """The first of them that is another order, where it ends later."""
    other = next((order for order in latest if order.id != old.id), None)
    return other if other and other.end and old.end and other.end > old.end else None


def _decided(case: _Case, page: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """The action, and what keeps it from being done where that has to be told; nothing where there is nothing to do.

    page: the order, read whole; None where it was not.
    """
    action = UNMARK if case.is_gone else MARK
    if case.is_marked is False and page is None:
        return action, ""
    if page is None:
        return LEAVE, "nobody has read it whole"
    now = _read(page)
    on_page = now.is_marked
    changed = (now.status, _day(page.get("valid_till"))) != (case.old.status, _day(case.old.row.get("valid_till")))
    if changed or (None not in (case.is_marked, on_page) and case.is_marked is not on_page):
        return LEAVE, "it changed while the account was read"
    if bool(case.is_marked or on_page) is not case.is_gone:
        return None
    true_renewal = whole_number(page.get("renewed_order_id"))
    if true_renewal is None and case.is_gone:
        return LEAVE, "it does not say whether an order has truly renewed it"
    if true_renewal:
        return None
    return (LEAVE, case.doubt) if case.doubt else (action, "")


def _entry(case: _Case, action: str, why_left: str) -> dict[str, Any]:
    successor = case.successor
    end = successor.end.isoformat() if successor.end else ""
    if case.is_gone:
        reason = f"order {successor.id}, which was to renew it, is {successor.status}"
    else:
        reason = f"order {successor.id}, which ends on {end}, has renewed it"
    facts = {"successor": successor.id, "successor_status": successor.status, "successor_ends": end}
    return entry(case.old.row, action, f"{reason}, but {why_left}" if why_left else reason, facts)


def entry(row: Mapping[str, Any], action: str, reason: str, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An entry of a plan. facts: those that the action rests on, beside the order's own."""
    return {
        "provider": CERTCENTRAL,
        "order": str(int(row["order_id"])),
        "name": str(row.get("common_name") or ""),
        "domains": sorted({name if name.isascii() else dns_name(name) for name in row["domains"]}),
        "action": action,
        "reason": reason,
        "state": {
            "status": str(row.get("status") or ""),
            "valid_till": str(row.get("valid_till") or ""),
            **(facts or {}),
        },
    }
