# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Plan the renewed marks of migrated orders that another order has renewed, or no longer renews.

Pure: no I/O, no clock, no Ansible. The input is orders as digicert_order_info returns them, with their origin. Numbers
in parentheses are sections of docs/development/reference/certcentral.md. Where a fact is not known, no mark is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .._common.names import dns_name
from .._common.values import is_id, utc, whole_number
from .._plans.actions import CERTCENTRAL, LEAVE, MARK, TLS_PRODUCTS, UNMARK

# An order can be marked renewed from this many days before its certificate expires (9).
MARK_WINDOW_DAYS = 90
# The statuses in which an order can have the mark. The mark can show as the status renewed (2.2, 4.1).
MARKABLE = ("issued", "expired", "renewed")
# The statuses of issued orders, with or without the mark.
_ISSUED = ("issued", "renewed")
_ENDED = ("canceled", "revoked")
# An order with one of these statuses has not renewed another order yet (2.3). With any other status it may have.
_NEVER_ISSUED = ("needs_approval", "pending", "processing", "waiting_pickup", "needs_csr", "rejected", "denied")


def plan(
    orders: Iterable[Mapping[str, Any]], pages: Iterable[Mapping[str, Any]] = (), *, undo_expired: bool = False
) -> list[dict[str, Any]]:
    """Return a plan entry for every migrated order whose mark must change, sorted by order id.

    An order is marked if a successor has renewed it. A mark is removed only if the successor was canceled or revoked
    and no other order has ever renewed the order; marks that a user set for another reason stay.

    pages: the orders of `to_read`, read with details. undo_expired: whether to remove the marks of expired orders as
    well. Raises KeyError, TypeError or ValueError if a row is not an order.
    """
    whole = {page["order_id"]: page for page in pages}
    entries = []
    for case in _Account(_with_names(orders, whole)).cases(undo_expired):
        decision = _decide(case, whole.get(case.old.id, case.page))
        if decision:
            entries.append(_entry(case, *decision))
    return entries


def to_read(orders: Iterable[Mapping[str, Any]], *, undo_expired: bool = False) -> list[int]:
    """Return the ids of the orders that must be read with details before they can be planned.

    These are orders whose mark would be removed, because only the details show whether an order was renewed in
    CertCentral; and orders that would be marked, if the list omits the mark or some names.
    """
    account = _Account(orders)
    unclear = {case.old.id for case in account.cases(undo_expired) if case.is_marked is not False and case.page is None}
    return sorted(unclear | account.unnamed())


def _with_names(
    orders: Iterable[Mapping[str, Any]], pages: Mapping[int, Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """Yield the orders, with the names of the details where the list leaves names out."""
    for row in orders:
        page = pages.get(row["order_id"]) if row.get("domains_known") is False else None
        yield {**row, **{name: page.get(name) for name in ("domains", "domains_known")}} if page else row


@dataclass(frozen=True, eq=False)
class _Order:
    """The facts of an order that decide about marks.

    end: the last day of the order; placed: the time of the order, in UTC; None if not known. days: days until the
    certificate expires, negative after that. days_left: days until the order ends, None if not after its certificate.
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
    def is_issued(self) -> bool:
        return self.status in _ISSUED and self.days is not None and self.days >= 0

    @property
    def has_expired(self) -> bool:
        """Whether the order has ended: with an expired certificate it can still be reissued until its last day (8)."""
        certificate_expired = self.status == "expired" or (self.days is not None and self.days < 0)
        return certificate_expired and (self.days_left is None or self.days_left < 0)

    @property
    def counts(self) -> bool:
        """Whether the order can be or have a successor. Two unknown organizations do not count as the same."""
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
    """A migrated order, and the other order that decides about its mark.

    successor: the order that has renewed `old`; with successor_has_ended it was canceled or revoked. doubt: why it is
    not known whether the mark is correct, empty if it is known. page: the order, if the list had its details already.
    """

    old: _Order
    successor: _Order
    successor_has_ended: bool = False
    doubt: str = ""

    @property
    def is_marked(self) -> bool | None:
        return self.old.is_marked

    @property
    def page(self) -> Mapping[str, Any] | None:
        return self.old.row if "renewed_order_id" in self.old.row else None


class _Candidates:
    """The orders of one organization that have all names of a set; in each list the latest order comes first."""

    def __init__(self, orders: Sequence[_Order], inconsistent: set[int]) -> None:
        consistent = [order for order in orders if order.id not in inconsistent]
        # An order with two different rows does not count as a successor now, but it may have renewed the order before.
        issued_once = [
            order for order in orders if order.status not in (*_ENDED, *_NEVER_ISSUED) or order.id in inconsistent
        ]
        self._issued_orders = _latest(order for order in consistent if order.is_issued)
        self._issued_once = _latest(issued_once)
        self._revoked = _latest(order for order in consistent if order.status == "revoked")
        canceled = [
            (order.placed, order.id, order) for order in consistent if order.status == "canceled" and order.placed
        ]
        self._canceled = [order for _placed, _id, order in sorted(canceled, key=lambda one: one[:2], reverse=True)]
        self._without_end = sorted((order for order in issued_once if order.end is None), key=lambda order: order.id)

    def renewing_order(self, old: _Order) -> _Order | None:
        """Return the issued order that renews `old`: the one that ends last."""
        return _later(self._issued_orders, old)

    def had_renewed(self, old: _Order) -> _Order | None:
        """Return an order that was issued and not canceled or revoked; it may have expired since."""
        return _later(self._issued_once, old)

    def without_known_end(self, old: _Order) -> _Order | None:
        return next((order for order in self._without_end if order.id != old.id), None)

    def ended_successor(self, old: _Order) -> _Order | None:
        """Return the order that was to renew `old`, and was revoked, or canceled before it was issued."""
        revoked = _later(self._revoked, old)
        if revoked:
            return revoked
        # A canceled order was never issued and has no last day, so the times of the orders are compared.
        last = self._canceled[0] if self._canceled else None
        return last if last and last.placed and old.placed and last.placed > old.placed else None


class _Account:
    """All orders of the account, indexed by organization and names, so that no order is compared with all others."""

    def __init__(self, orders: Iterable[Mapping[str, Any]]) -> None:
        versions: dict[int, list[_Order]] = {}
        for row in orders:
            order = _read(row)
            versions_of_order = versions.setdefault(order.id, [])
            if all(one.row != row for one in versions_of_order):
                versions_of_order.append(order)
        self._orders = [order for number in sorted(versions) for order in versions[number]]
        self._inconsistent = {number for number, versions_of_order in versions.items() if len(versions_of_order) > 1}
        self._groups: dict[tuple[int | None, frozenset[str]], list[_Order]] = {}
        for order in self._orders:
            if order.counts:
                self._groups.setdefault((order.organization, order.names), []).append(order)
        self._with_name: dict[tuple[int | None, str], set[tuple[int | None, frozenset[str]]]] = {}
        for group in self._groups:
            for name in group[1]:
                self._with_name.setdefault((group[0], name), set()).add(group)
        self._candidates: dict[tuple[int | None, frozenset[str]], _Candidates] = {}

    def cases(self, undo_expired: bool) -> Iterator[_Case]:
        """Yield the migrated orders that may be marked, or whose mark may be removed, sorted by order id."""
        for old in self._orders:
            if old.counts and old.names_known and old.can_carry_a_mark and old.id not in self._inconsistent:
                case = self._case(old, undo_expired)
                if case:
                    yield case

    def unnamed(self) -> set[int]:
        """Return the ids of orders that may be marked, or marked wrongly, for which the list leaves names out."""
        return {
            old.id
            for old in self._orders
            if not old.names_known
            and old.can_carry_a_mark
            and (old.is_marked or old.is_due)
            and old.id not in self._inconsistent
        }

    @property
    def orders(self) -> Sequence[_Order]:
        return self._orders

    def is_inconsistent(self, order: _Order) -> bool:
        return order.id in self._inconsistent

    def successor(self, old: _Order, possible: _Possible) -> int | None:
        """Return the id of the order that has renewed `old`, 0 for none, None if that is not known."""
        is_known = bool(old.names) and old.names_known and old.end is not None and not self.is_inconsistent(old)
        if not is_known or old.row.get("product_type") not in TLS_PRODUCTS:
            return None
        renewing = self._candidates_for(old).renewing_order(old) if old.counts else None
        if renewing:
            return renewing.id
        return None if possible.has_one_for(old) else 0

    def _case(self, old: _Order, undo_expired: bool) -> _Case | None:
        candidates = self._candidates_for(old)
        renewing = candidates.renewing_order(old)
        if renewing:
            return _Case(old, renewing) if old.is_due and not old.is_marked else None
        ended = candidates.ended_successor(old)
        if not ended or old.is_marked is False or candidates.had_renewed(old) or (old.has_expired and not undo_expired):
            return None
        without_end = candidates.without_known_end(old)
        doubt = (
            f"order {without_end.id}, whose end date is not known, may have renewed the order" if without_end else ""
        )
        return _Case(old, ended, successor_has_ended=True, doubt=doubt)

    def _candidates_for(self, old: _Order) -> _Candidates:
        group = (old.organization, old.names)
        if group not in self._candidates:
            # The rarest name first, so that the intersection starts with the smallest set.
            groups_by_name = sorted((self._with_name[old.organization, name] for name in old.names), key=len)
            groups = groups_by_name[0].intersection(*groups_by_name[1:])
            self._candidates[group] = _Candidates(
                [order for one in groups for order in self._groups[one]], self._inconsistent
            )
        return self._candidates[group]


def _read(row: Mapping[str, Any]) -> _Order:
    order_id, names, placed = row["order_id"], row["domains"], row.get("date_created")
    if not is_id(order_id):
        raise ValueError("order_id must be a positive number")
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"order {order_id}: domains must be a list of texts")
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
    """Return the last day of an order; an annual plan ends after its certificate (8). None if a date is not known."""
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
    """Return a boolean as it is, None for any other value."""
    return value if isinstance(value, bool) else None


def _latest(orders: Iterable[_Order]) -> list[_Order]:
    known = [(order.end, order.id, order) for order in orders if order.end]
    return [order for _end_of_it, _id, order in sorted(known, key=lambda one: one[:2], reverse=True)]


def _later(latest: Sequence[_Order], old: _Order) -> _Order | None:
    """Return the first other order of the list if it ends later than `old`, else None."""
    other = next((order for order in latest if order.id != old.id), None)
    return other if other and other.end and old.end and other.end > old.end else None


def _decide(case: _Case, page: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """Return the action and the doubt that leads to manual review, or None if no change is necessary.

    page: the order read with details, None if it was not read.
    """
    action = UNMARK if case.successor_has_ended else MARK
    if case.is_marked is False and page is None:
        return action, ""
    if page is None:
        return LEAVE, "the details of the order were not read: plan again"
    now = _read(page)
    on_page = now.is_marked
    # The details were read after the list. If they contradict it, the order changes at this moment.
    changed = (now.status, _day(page.get("valid_till"))) != (case.old.status, _day(case.old.row.get("valid_till")))
    if changed or (None not in (case.is_marked, on_page) and case.is_marked is not on_page):
        return LEAVE, "the order changed while the account was read: plan again"
    if bool(case.is_marked or on_page) is not case.successor_has_ended:
        return None
    # With a successor in CertCentral, is_renewed is a fact and not a mark (2.2).
    true_renewal = whole_number(page.get("renewed_order_id"))
    if true_renewal is None and case.successor_has_ended:
        return LEAVE, "it is not known whether another order has renewed the order in CertCentral"
    if true_renewal:
        return None
    return (LEAVE, case.doubt) if case.doubt else (action, "")


def _entry(case: _Case, action: str, doubt: str) -> dict[str, Any]:
    successor = case.successor
    end = successor.end.isoformat() if successor.end else ""
    if case.successor_has_ended:
        reason = f"order {successor.id}, which was placed to renew the order, is {successor.status}"
    else:
        reason = f"order {successor.id}, which ends on {end}, has renewed the order"
    facts = {"successor": successor.id, "successor_status": successor.status, "successor_ends": end}
    return entry(case.old.row, action, f"{reason}, but {doubt}" if doubt else reason, facts)


def entry(row: Mapping[str, Any], action: str, reason: str, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a plan entry. facts: additional facts for the state that the action depends on."""
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
        **({"organization": str(row["organization_name"])} if row.get("organization_name") else {}),
    }


# -- the successors of any order ---------------------------------------------------------------------------------------


def successors(orders: Iterable[Mapping[str, Any]], order_ids: Iterable[int]) -> dict[int, int | None]:
    """Return the order that has renewed each of some orders, by the rule for marks: 0 for none, None if not known.

    orders: of the account, as for `plan`; at least those which have a name in common with one of `order_ids`, or names
    that are not known. It is not known whether an order has a successor if a fact that decides is not known: of the
    order itself, or of another order that may have renewed it. Marks are not taken into account.
    """
    account, wanted = _Account(orders), set(order_ids)
    possible = _Possible(account)
    found = {old.id: account.successor(old, possible) for old in account.orders if old.id in wanted}
    return {order_id: found.get(order_id) for order_id in wanted}


class _Possible:
    """The orders that may be a successor although a fact that decides is not known, by their names."""

    def __init__(self, account: _Account) -> None:
        self._all: dict[str, list[_Order]] = {}
        self._unclear: dict[str, list[_Order]] = {}
        self._nameless: list[_Order] = []
        for order in account.orders:
            is_expired = order.days is not None and order.days < 0
            if order.status not in _ISSUED or is_expired or order.row.get("product_type") not in ("", *TLS_PRODUCTS):
                continue
            is_clear = order.counts and order.names_known and order.end and not account.is_inconsistent(order)
            for name in order.names:
                self._all.setdefault(name, []).append(order)
                if not is_clear:
                    self._unclear.setdefault(name, []).append(order)
            if not order.names and not order.names_known:
                self._nameless.append(order)

    def has_one_for(self, old: _Order) -> bool:
        """Whether one of them may have renewed an order."""
        # Two unknown organizations do not count as the same, so any other order may be the successor.
        by_name = self._unclear if old.organization else self._all
        several = [order for name in old.names for order in by_name.get(name, ())]
        return any(_may_renew(order, old) for order in (*several, *self._nameless))


def _may_renew(order: _Order, old: _Order) -> bool:
    if order.id == old.id or (order.end and old.end and order.end <= old.end):
        return False
    return old.names <= order.names or not order.names_known
