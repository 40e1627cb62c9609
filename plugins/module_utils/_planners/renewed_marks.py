# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Plan the renewed marks of migrated orders that another order has renewed, or no longer renews.

Pure: no I/O, no clock, no Ansible. The input is the orders of the account with their origin. Numbers in parentheses are
sections of docs/development/reference/certcentral.md. Where a fact is not known, no mark is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from .._certcentral.models import DETAILS, ORIGIN
from .._common.values import is_id
from .._plans.actions import CERTCENTRAL, KEEP, LEAVE, MARK, TLS_PRODUCTS, UNMARK
from .._plans.text import listed

if TYPE_CHECKING:
    from .._certcentral.models import Order

# An order can be marked renewed from this many days before its certificate expires (9).
MARK_WINDOW_DAYS = 90
# The statuses in which an order can have the mark. The mark can show as the status renewed (2.2, 4.1).
MARKABLE = ("issued", "expired", "renewed")
_REISSUED = "reissue_pending"
# The statuses of orders that wait for their certificate, or for another one.
_WAITING = ("needs_approval", "pending", "processing", "waiting_pickup", "needs_csr", _REISSUED)
# The statuses of issued orders, with or without the mark.
_ISSUED = ("issued", "renewed")
_ENDED = ("canceled", "revoked")
# An order with one of these statuses has not renewed another order yet (2.3). With any other status it may have.
_NEVER_ISSUED = ("needs_approval", "pending", "processing", "waiting_pickup", "needs_csr", "rejected", "denied")


def plan(
    orders: Iterable[Order],
    today: date,
    pages: Iterable[Order] = (),
    *,
    undo_expired: bool = False,
    with_unmarked: bool = False,
) -> list[dict[str, Any]]:
    """Return a plan entry for every migrated order whose mark must change, sorted by order id.

    An order is marked if a successor has renewed it. A mark is removed only if the successor was canceled or revoked
    and no other order has ever renewed the order; marks that a user set for another reason stay.

    today: the date in UTC. pages: the orders of `to_read`, read with details. undo_expired: whether to remove the marks
    of expired orders as well. with_unmarked: whether to return an entry without a change, with the reason, for each due
    migrated order that has no mark and gets none. Raises ValueError if an order has no valid id.
    """
    whole = {page.id: page for page in pages if DETAILS in page.seen}
    account = _Account(orders, today, whole)
    entries, decided = [], set()
    for case in account.cases(undo_expired):
        decision = _decide(case, whole.get(case.old.id, case.page))
        if decision:
            decided.add(case.old.id)
            entries.append(_entry(case, *decision))
    if not with_unmarked:
        return entries
    unmarked = _Unmarked(account, whole)
    entries += [unmarked.entry(old) for old in unmarked.orders() if old.id not in decided]
    return sorted(entries, key=lambda one: int(one["order"]))


def to_read(orders: Iterable[Order], today: date, *, undo_expired: bool = False) -> list[int]:
    """Return the ids of the orders that must be read with details before they can be planned.

    These are orders whose mark would be removed, because only the details show whether an order was renewed in
    CertCentral; and orders that would be marked, if the list omits the mark or some names.
    """
    account = _Account(orders, today, {})
    unclear = {case.old.id for case in account.cases(undo_expired) if case.is_marked is not False and case.page is None}
    return sorted(unclear | account.unnamed())


@dataclass(frozen=True)
class _Order:
    """An order, with the facts that decide about marks.

    names, names_known: those of its details, if they were read because the list leaves names out. end: the last day of
    the order, None if not known. days: days until the certificate expires, negative after that. days_left: days until
    the order ends, None if not after its certificate.
    """

    order: Order
    names: frozenset[str]
    names_known: bool
    end: date | None
    days: int | None
    days_left: int | None

    @property
    def id(self) -> int:
        return self.order.id

    @property
    def status(self) -> str:
        return self.order.status

    @property
    def organization(self) -> int | None:
        return (self.order.organization.id if self.order.organization else None) or None

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
        return self.order.product_type in TLS_PRODUCTS and self.organization is not None and bool(self.names)

    @property
    def is_due(self) -> bool:
        return self.days is not None and self.days <= MARK_WINDOW_DAYS

    @property
    def is_long_ended(self) -> bool:
        """Whether the order has ended, and its certificate expired before the window in which it was due."""
        return self.has_expired and self.days is not None and self.days < -MARK_WINDOW_DAYS

    @property
    def is_migrated(self) -> bool:
        return ORIGIN in self.order.seen and bool(self.order.is_migrated)

    @property
    def can_carry_a_mark(self) -> bool:
        return self.is_migrated and self.status in MARKABLE and self.end is not None


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
        return self.old.order.is_marked

    @property
    def page(self) -> Order | None:
        return self.old.order if DETAILS in self.old.order.seen else None


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
            (order.order.date_created, order.id, order)
            for order in consistent
            if order.status == "canceled" and order.order.date_created
        ]
        self._canceled = [order for _placed, _id, order in sorted(canceled, key=lambda one: one[:2], reverse=True)]
        self._without_end = sorted((order for order in issued_once if order.end is None), key=lambda order: order.id)
        self._waiting = sorted((order for order in orders if order.status in _WAITING), key=lambda order: -order.id)

    def renewing_order(self, old: _Order) -> _Order | None:
        """Return the issued order that renews `old`: the one that ends last."""
        return _later(self._issued_orders, old)

    def shorter_order(self, old: _Order) -> _Order | None:
        """Return the other issued order that ends last, if it does not end later than `old`."""
        return next((order for order in self._issued_orders if order.id != old.id), None)

    def waiting_order(self, old: _Order) -> _Order | None:
        """Return the newest other order that waits for its certificate, or for another one."""
        return next((order for order in self._waiting if order.id != old.id), None)

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
        last, placed = self._canceled[0] if self._canceled else None, old.order.date_created
        return last if last and placed and last.order.date_created and last.order.date_created > placed else None


class _Account:
    """All orders of the account, indexed by organization and names, so that no order is compared with all others."""

    def __init__(self, orders: Iterable[Order], today: date, pages: Mapping[int, Order]) -> None:
        versions: dict[int, list[_Order]] = {}
        for one in orders:
            order = _with_facts(one, today, pages)
            versions_of_order = versions.setdefault(order.id, [])
            if order not in versions_of_order:
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
        self._organizations: dict[str, list[int]] | None = None

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
            and (old.order.is_marked or old.is_due)
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
        if not is_known or old.order.product_type not in TLS_PRODUCTS:
            return None
        # Without an organization there are no candidates.
        renewing = self.candidates(old.organization, old.names).renewing_order(old)
        if renewing:
            return renewing.id
        return None if possible.one_for(old) else 0

    def _case(self, old: _Order, undo_expired: bool) -> _Case | None:
        candidates = self.candidates(old.organization, old.names)
        renewing = candidates.renewing_order(old)
        if renewing:
            return _Case(old, renewing) if old.is_due and not old.order.is_marked else None
        ended = candidates.ended_successor(old)
        if not ended or old.order.is_marked is False or candidates.had_renewed(old):
            return None
        if old.has_expired and not undo_expired:
            return None
        without_end = candidates.without_known_end(old)
        doubt = (
            f"order {without_end.id}, whose end date is not known, may have renewed the order" if without_end else ""
        )
        return _Case(old, ended, successor_has_ended=True, doubt=doubt)

    def candidates(self, organization: int | None, names: frozenset[str]) -> _Candidates:
        """Return the orders of an organization that have all of some names."""
        group = (organization, names)
        if group not in self._candidates:
            # The rarest name first, so that the intersection starts with the smallest set.
            groups_by_name = sorted((self._with_name.get((organization, name), set()) for name in names), key=len)
            groups = groups_by_name[0].intersection(*groups_by_name[1:])
            self._candidates[group] = _Candidates(
                [order for one in groups for order in self._groups[one]], self._inconsistent
            )
        return self._candidates[group]

    def organizations_with(self, name: str) -> Iterable[int]:
        """Return the organizations that have an order with a name, sorted. name: of an order that counts."""
        if self._organizations is None:
            self._organizations = {}
            for organization, one in self._with_name:
                if organization is not None:
                    self._organizations.setdefault(one, []).append(organization)
        return sorted(self._organizations[name])


def _with_facts(order: Order, today: date, pages: Mapping[int, Order]) -> _Order:
    """Return an order of the list with what follows from its dates. pages: the orders that were read with details."""
    if not is_id(order.id):
        raise ValueError("order_id must be a positive number")
    named = order if order.names_known else pages.get(order.id, order)
    till = order.valid_till
    # An annual plan ends after its certificate (8). A date that cannot be read may be any.
    end = max(till, order.order_valid_till or till) if till and not order.has_unread_expiry else None
    return _Order(
        order,
        names=frozenset(named.domains),
        names_known=named.names_known,
        end=end,
        days=order.days_remaining(today),
        days_left=(end - today).days if end and till and end > till else None,
    )


def _latest(orders: Iterable[_Order]) -> list[_Order]:
    known = [(order.end, order.id, order) for order in orders if order.end]
    return [order for _end_of_it, _id, order in sorted(known, key=lambda one: one[:2], reverse=True)]


def _later(latest: Sequence[_Order], old: _Order) -> _Order | None:
    """Return the first other order of the list if it ends later than `old`, else None."""
    other = next((order for order in latest if order.id != old.id), None)
    return other if other and other.end and old.end and other.end > old.end else None


def _decide(case: _Case, page: Order | None) -> tuple[str, str] | None:
    """Return the action and the doubt that leads to manual review, or None if no change is necessary.

    page: the order read with details, None if it was not read.
    """
    action = UNMARK if case.successor_has_ended else MARK
    if case.is_marked is False and page is None:
        return action, ""
    if page is None:
        return LEAVE, "the details of the order were not read: plan again"
    on_page = page.is_marked
    # The details were read after the list. If they contradict it, the order changes at this moment.
    changed = (page.status, page.valid_till) != (case.old.status, case.old.order.valid_till)
    if changed or (None not in (case.is_marked, on_page) and case.is_marked is not on_page):
        return LEAVE, "the order changed while the account was read: plan again"
    if bool(case.is_marked or on_page) is not case.successor_has_ended:
        return None
    # With a successor in CertCentral, is_renewed is a fact and not a mark (2.2).
    if page.renewed_order_id is None and case.successor_has_ended:
        return LEAVE, "it is not known whether another order has renewed the order in CertCentral"
    if page.renewed_order_id:
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
    found = entry(case.old.order, action, f"{reason}, but {doubt}" if doubt else reason, facts)
    return {**found, "domains": sorted(case.old.names)}


def entry(order: Order, action: str, reason: str, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a plan entry. facts: additional facts for the state that the action depends on."""
    return {
        "provider": CERTCENTRAL,
        "order": str(order.id),
        "name": order.common_name,
        "domains": list(order.domains),
        "action": action,
        "reason": reason,
        "state": {
            "status": order.status,
            "valid_till": order.valid_till.isoformat() if order.valid_till else "",
            **(facts or {}),
        },
        **({"organization": order.organization.name} if order.organization and order.organization.name else {}),
    }


# -- due orders that are not marked ------------------------------------------------------------------------------------


class _Unmarked:
    """The migrated orders that are due, not marked, and not to be marked now: each with the reason."""

    def __init__(self, account: _Account, pages: Mapping[int, Order]) -> None:
        self._account = account
        self._possible = _Possible(account)
        self._pages = pages

    def orders(self) -> Iterator[_Order]:
        """Yield these orders, each once. Those that ended long ago are not due any more."""
        last = None
        for old in self._account.orders:
            if old.id != last and self._is_due(old) and not self._is_renewed(old):
                yield old
                last = old.id

    def _is_due(self, old: _Order) -> bool:
        if not old.is_migrated or old.status not in (*MARKABLE, _REISSUED):
            return False
        may_be_due = old.is_due or (old.days is None and old.status != "expired")
        return may_be_due and not old.is_long_ended

    def _is_renewed(self, old: _Order) -> bool:
        page = self._pages.get(old.id, old.order)
        return bool(old.order.is_marked or page.is_marked or page.renewed_order_id)

    def entry(self, old: _Order) -> dict[str, Any]:
        """Return the entry of an order: manual review if a fact is not known, or another order may have renewed it."""
        unknown = self._unknown_fact(old) or ("" if old.status == _REISSUED else self._doubt(old))
        reason = unknown or self._why_no_successor(old)
        if old.order.is_marked is None and old.id not in self._pages:
            # Its page is not worth a request: the mark of an order without a successor stays.
            reason += "; the list does not show whether the order is marked"
        found = entry(old.order, LEAVE if unknown else KEEP, reason)
        return {**found, "domains": sorted(old.names)}

    def _unknown_fact(self, old: _Order) -> str:
        """Return which fact is not known that decides whether the order has a successor, empty if there is none."""
        if self._account.is_inconsistent(old):
            return "the order changed while the account was read: plan again"
        if not old.order.product_type:
            return "the product type of the order is not known"
        if old.order.product_type not in TLS_PRODUCTS:
            return ""
        if not old.names_known or not old.names:
            return "not all names of the order are known"
        if old.organization is None:
            return "the organization of the order is not known, so that its successor is not known either"
        if old.end is None:
            return "the last day of the order is not known"
        return ""

    def _doubt(self, old: _Order) -> str:
        """Return which order may have renewed an order or a part of it, empty if there is none."""
        if not old.counts:
            return ""
        unclear = self._possible.one_for(old)
        if unclear:
            return f"order {unclear.id}, of which not all facts are known, may have renewed the order"
        for other in self._account.organizations_with(min(old.names)):
            renewing = self._account.candidates(other, old.names).renewing_order(old)
            if renewing and other != old.organization:
                return f"order {renewing.id}, which has all names of the order, is of another organization"
        for name in sorted(old.names):
            renewing = self._account.candidates(old.organization, frozenset([name])).renewing_order(old)
            if renewing:
                lacking = sorted(old.names - renewing.names)
                return f"order {renewing.id}, which has the name {name}, does not have {listed(lacking)}"
        return ""

    def _why_no_successor(self, old: _Order) -> str:
        if old.order.product_type not in TLS_PRODUCTS:
            return f"the product type of the order, {old.order.product_type}, is not one of a TLS certificate"
        if old.status == _REISSUED:
            return "a reissue of the order is pending"
        candidates = self._account.candidates(old.organization, old.names)
        waiting = candidates.waiting_order(old)
        if waiting:
            return f"order {waiting.id}, which has all names of the order, is {waiting.status} and not issued"
        ended = candidates.ended_successor(old)
        if ended:
            return f"order {ended.id}, which was placed to renew the order, is {ended.status}"
        shorter = candidates.shorter_order(old)
        if shorter:
            return f"order {shorter.id}, which has all names of the order, does not end later: it ends on {shorter.end}"
        return "no other order has renewed the order"


# -- the successors of any order ---------------------------------------------------------------------------------------


def successors(orders: Iterable[Order], today: date, order_ids: Iterable[int]) -> dict[int, int | None]:
    """Return the order that has renewed each of some orders, by the rule for marks: 0 for none, None if not known.

    orders: of the account, as for `plan`; at least those which have a name in common with one of `order_ids`, or names
    that are not known. today: in UTC. It is not known whether an order has a successor if a fact that decides is not
    known: of the order itself, or of another order that may have renewed it. Marks are not taken into account.
    """
    account, wanted = _Account(orders, today, {}), set(order_ids)
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
            if order.status not in _ISSUED or is_expired or order.order.product_type not in ("", *TLS_PRODUCTS):
                continue
            is_clear = order.counts and order.names_known and order.end and not account.is_inconsistent(order)
            for name in order.names:
                self._all.setdefault(name, []).append(order)
                if not is_clear:
                    self._unclear.setdefault(name, []).append(order)
            if not order.names and not order.names_known:
                self._nameless.append(order)

    def one_for(self, old: _Order) -> _Order | None:
        """Return one of them that may have renewed an order, None if there is none."""
        # Two unknown organizations do not count as the same, so any other order may be the successor.
        by_name = self._unclear if old.organization else self._all
        several = [order for name in sorted(old.names) for order in by_name.get(name, ())]
        return next((order for order in (*several, *self._nameless) if _may_renew(order, old)), None)


def _may_renew(order: _Order, old: _Order) -> bool:
    if order.id == old.id or (order.end and old.end and order.end <= old.end):
        return False
    return old.names <= order.names or not order.names_known
