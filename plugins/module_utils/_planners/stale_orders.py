# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Plan to end stale orders, which were placed long ago and never issued. Pure: no I/O, no clock, no Ansible.

The output is one plan entry for each stale order, with an action and a reason. Where a fact is not known, the action is
manual review.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from .._certcentral.models import DETAILS
from .._common.names import LIBRARY_MISSING, is_convertible, matches_pattern, pattern_forms
from .._common.text import plural
from .._common.values import is_id, utc, utc_text, whole_number
from .._plans.actions import CANCEL, CERTCENTRAL, LEAVE, REJECT, TLS_PRODUCTS, WAIT, writes
from .scope import OPTIONS as SCOPE_OPTIONS
from .scope import Scope, reviewed, scope_of

if TYPE_CHECKING:
    from .._certcentral.models import Order

# The statuses of stale orders, for example after a failed automation.
STALE = ("pending", "waiting_pickup", "needs_approval")
OLDER_THAN_DAYS = 30
# A renewal is still needed if the renewed order expires within this many days, or expired within them.
PREDECESSOR_DAYS = 60
# Maximum age of an order in days, 100 years.
MOST_DAYS = 36500
# Maximum of limit: the number of orders that a run without an approval may end without expected_changes.
MOST_LIMIT = 25
# The requests of an order that was never issued (docs/development/reference/certcentral.md 2.1). A request to revoke is
# different: it may report a compromised key and needs manual review at any age.
_REJECTABLE = ("new_request", "renewal", "duplicate")
# An order with one of these statuses needs no renewal.
_ENDED = ("revoked", "canceled", "rejected", "denied")
_CHANGED_MEANWHILE = "the order changed while it was read: plan again"


@dataclass(frozen=True)
class StaleCriteria:
    """The criteria of stale orders. `parse_request` makes and checks them.

    today: the date in UTC. older_than_days: calendar days since the order was placed. include, exclude: patterns of
    names, each in all spellings that are compared. predecessor_days: a renewal is needed if the order that it renews
    expires at most this many days from today, before or after. limit: maximum number of orders to end, the oldest
    first; None for no limit. scope: the orders that may be ended.
    """

    today: date
    older_than_days: int = OLDER_THAN_DAYS
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    statuses: tuple[str, ...] = STALE
    product_types: tuple[str, ...] = TLS_PRODUCTS
    predecessor_days: int = PREDECESSOR_DAYS
    limit: int | None = None
    scope: Scope = field(default_factory=Scope)


# -- the request -------------------------------------------------------------------------------------------------------


def parse_request(options: Mapping[str, Any]) -> StaleCriteria:
    """Read the criteria from the options of the role: the fields of StaleCriteria, with `now` for `today`.

    The options of the scope are `organizations` and `containers`.

    now: a time or a date, as a string or an object, in UTC if it has no time zone. Raises ValueError.
    """
    known = {one.name for one in fields(StaleCriteria)} - {"today", "scope"} | {"now", *SCOPE_OPTIONS}
    unknown = sorted(str(name) for name in set(options) - known)
    if unknown:
        raise ValueError(f"{_variable(unknown[0])} is not an option of the role cancel_stale_orders")
    statuses = _texts(options, "statuses", STALE)
    if not statuses or not set(statuses) <= set(STALE):
        raise ValueError(
            f"{_variable('statuses')} must contain at least one of {', '.join(STALE)}, and no other status"
        )
    return StaleCriteria(
        today=_today(options.get("now")),
        older_than_days=_days(options, "older_than_days", OLDER_THAN_DAYS, 1),
        include=_patterns(options, "include", ("*",)),
        exclude=_patterns(options, "exclude", ()),
        statuses=statuses,
        product_types=_texts(options, "product_types", TLS_PRODUCTS),
        predecessor_days=_days(options, "predecessor_days", PREDECESSOR_DAYS, 0),
        limit=None if options.get("limit") is None else _days(options, "limit", MOST_LIMIT, 1, MOST_LIMIT),
        scope=scope_of(options, "cancel_stale_orders"),
    )


def _variable(option: str) -> str:
    """Return the variable of the role cancel_stale_orders that sets an option."""
    return f"cancel_stale_orders_{option}"


def _today(now: Any) -> date:
    moment = utc(str(now).strip()) if isinstance(now, (str, date)) else None
    if moment is None:
        raise ValueError("now must be a time such as 2026-12-31T12:00:00Z")
    return moment.date()


def _days(options: Mapping[str, Any], name: str, default: int, least: int, most: int = MOST_DAYS) -> int:
    value = whole_number(options.get(name, default))
    if value is None or not least <= value <= most:
        raise ValueError(f"{_variable(name)} must be a whole number from {least} to {most}")
    return value


def _texts(options: Mapping[str, Any], name: str, default: Sequence[str]) -> tuple[str, ...]:
    value = options.get(name, default)
    if isinstance(value, str) or not isinstance(value, Sequence):
        # To Python a string is a sequence of letters.
        raise ValueError(f"{_variable(name)} must be a list of texts")
    if not all(isinstance(one, str) and one.strip() for one in value):
        raise ValueError(f"{_variable(name)} must be a list of texts that are not empty")
    return tuple(one.strip() for one in value)


def _patterns(options: Mapping[str, Any], name: str, default: Sequence[str]) -> tuple[str, ...]:
    texts = _texts(options, name, default)
    if not all(map(is_convertible, texts)):
        raise ValueError(f"{_variable(name)}: {LIBRARY_MISSING}")
    values = [form for pattern in texts for form in pattern_forms(pattern)]
    if "" in values:
        raise ValueError(f"{_variable(name)} contains a pattern that is only a dot")
    return tuple(dict.fromkeys(values))


# -- names -------------------------------------------------------------------------------------------------------------


def _names(*versions: Order) -> list[str]:
    """Return all names of the versions of an order, the common name first."""
    names = (name for one in versions for name in (one.common_name, *one.domains))
    return list(dict.fromkeys(name for name in names if name.strip()))


def _is_selected(names: Sequence[str], criteria: StaleCriteria) -> bool:
    """Return whether a name matches the included patterns and no name matches the excluded ones."""
    return matches_pattern(names or [""], criteria.include) and not matches_pattern(names, criteria.exclude)


# -- what has to be read -----------------------------------------------------------------------------------------------


def search(criteria: StaleCriteria) -> dict[str, Any]:
    """Return the options of digicert_order_info that find every order that can be stale."""
    first = date.min
    if (criteria.today - first).days > criteria.older_than_days:
        first = criteria.today - timedelta(days=criteria.older_than_days)
    return {"status": list(criteria.statuses), "created_before": first.isoformat()}


def to_read(orders: Iterable[Order], criteria: StaleCriteria) -> list[int]:
    """Return the ids of the orders that must be read with details before they can be planned.

    orders: the list of the account. Raises ValueError if an order has no valid id.
    """
    kinds = ("", *criteria.product_types)
    return [
        order_id
        for order_id, rows in _candidates(orders, criteria)
        if any(row.product_type in kinds for row in rows) and criteria.scope.verdict(*rows).is_inside is not False
    ]


def outside(orders: Iterable[Order], criteria: StaleCriteria, details: Iterable[Order] = ()) -> int:
    """Return how many stale orders are outside of the scope. details: the orders of `to_read`, read with details."""
    if not criteria.scope:
        return 0
    pages = _by_id(details)
    stale = _candidates(orders, criteria)
    return sum(criteria.scope.verdict(*rows, *pages.get(number, ())).is_inside is False for number, rows in stale)


def predecessors(details: Iterable[Order]) -> list[int]:
    """Return the ids of the orders that these renew. They must be read for their dates of expiry."""
    return sorted({order.renewal_of_order_id for order in details if order.renewal_of_order_id})


def _candidates(orders: Iterable[Order], criteria: StaleCriteria) -> list[tuple[int, tuple[Order, ...]]]:
    """Return the rows of each stale order by id. An order can have several different rows."""
    return [
        (order_id, rows)
        for order_id, rows in sorted(_by_id(orders).items())
        if any(row.status in criteria.statuses and _age(row, criteria) > criteria.older_than_days for row in rows)
        and (_is_selected(_names(*rows), criteria) or _may_be_selected(rows, criteria))
    ]


def _may_be_selected(rows: Sequence[Order], criteria: StaleCriteria) -> bool:
    """Return whether an order may be selected by a name that the list leaves out."""
    unknown = any(not row.names_known for row in rows)
    return unknown and not matches_pattern(_names(*rows), criteria.exclude)


def _by_id(orders: Iterable[Order]) -> dict[int, tuple[Order, ...]]:
    """Return the different versions of each order by id, sorted so that the order of the input does not matter."""
    known: dict[int, tuple[Order, ...]] = {}
    for order in orders:
        if not is_id(order.id):
            raise ValueError("an order has no valid order_id")
        versions = known.setdefault(order.id, (order,))
        if order not in versions:
            known[order.id] = tuple(sorted((*versions, order), key=repr))
    return known


def _age(row: Order, criteria: StaleCriteria) -> int:
    """Return the days since the order was placed, -1 if not known, which is never stale."""
    return -1 if row.date_created is None else (criteria.today - row.date_created.date()).days


# -- the plan ----------------------------------------------------------------------------------------------------------


def plan(
    orders: Iterable[Order],
    criteria: StaleCriteria,
    *,
    details: Iterable[Order] = (),
    renewed: Iterable[Order] = (),
) -> list[dict[str, Any]]:
    """Return a plan entry for every stale order, sorted by order id, and none for an excluded order.

    An order outside of the scope has no entry, and one of which that is not known goes to manual review.
    details: the orders of `to_read`, read with details. renewed: the orders of `predecessors`. Raises ValueError if an
    order has no valid id.
    """
    pages, predecessors_by_id = _by_id(one for one in details if DETAILS in one.seen), _by_id(renewed)
    entries = []
    for order_id, rows in _candidates(orders, criteria):
        read = pages.get(order_id, ())
        # The list can leave names out, so the names of the details count as well.
        names, verdict = _names(*rows, *read), criteria.scope.verdict(*rows, *read)
        if _is_selected(names, criteria) and verdict.is_inside is not False:
            entries.append(reviewed(_entry(rows, read, names, predecessors_by_id, criteria), verdict.why))
    return _limited(entries, criteria.limit)


def _limited(entries: Sequence[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    """Return the entries, where only the oldest orders up to the limit are ended; the others wait for a later run."""
    ending = sorted(writes(entries), key=_seniority)
    late = {entry["order"] for entry in ending[limit:]} if limit is not None else set()
    why = f"cancel_stale_orders_limit is {limit}, and older orders are ended first"
    return [_waiting(entry, why) if entry["order"] in late else entry for entry in entries]


def _seniority(entry: Mapping[str, Any]) -> tuple[datetime, int]:
    # The fallback is never used: an order without a date is not stale.
    return utc(entry["state"]["date_created"]) or datetime.max.replace(tzinfo=timezone.utc), int(entry["order"])


def _waiting(entry: Mapping[str, Any], why: str) -> dict[str, Any]:
    rest = {name: value for name, value in entry.items() if name != "request_id"}
    return {**rest, "action": WAIT, "reason": f"{entry['reason']}; {why}"}


def _entry(
    rows: Sequence[Order],
    read: Sequence[Order],
    names: Sequence[str],
    predecessors_by_id: Mapping[int, tuple[Order, ...]],
    criteria: StaleCriteria,
) -> dict[str, Any]:
    """Return the plan entry of one order.

    rows: the order as the list has it. read: with details. names: all known names. predecessors_by_id: the orders that
    stale orders renew. More than one version of an order means that it changed meanwhile.
    """
    row = rows[0]
    state = {"status": row.status, "date_created": utc_text(row.date_created)}
    entry = {
        "provider": CERTCENTRAL,
        "order": str(row.id),
        "name": names[0] if names else "",
        "domains": _domains(*rows, *read),
        "state": state,
        **({"organization": row.organization.name} if row.organization and row.organization.name else {}),
    }
    if len(rows) != 1:
        return {**entry, **_manual_review(_CHANGED_MEANWHILE)}
    old = f"the order has the status {row.status} and was placed {plural(_age(row, criteria), 'day')} ago"
    kinds = {one.product_type for one in (row, *read)} - {""}
    unknown = sorted(kinds - set(criteria.product_types))
    if unknown:
        return {
            **entry,
            **_manual_review(f"{old}, but its product type, {unknown[0]}, is not in {_variable('product_types')}"),
        }
    if len(read) != 1 or not _is_as_listed(row, read[0]):
        return {**entry, **_manual_review(_CHANGED_MEANWHILE)}
    page = read[0]
    renews = page.renewal_of_order_id or 0
    predecessor = predecessors_by_id.get(renews, ())
    expiries = _expiries(predecessor[0]) if len(predecessor) == 1 else {}
    days = {f"predecessor_{name}": day.isoformat() for name, day in expiries.items()}
    entry["state"] = {**state, "product": page.product_name_id, "renewal_of_order_id": renews, **days}
    why = (
        _missing_facts(kinds, names, criteria)
        or ("" if page.names_known else "its details do not contain all of its names")
        or _still_needed(page, predecessor, expiries, criteria)
    )
    if why:
        return {**entry, **_manual_review(f"{old}, but {why}")}
    # The names of the details end with the order. More names of the row were compared with the patterns above.
    return {**entry, "domains": _domains(page), **_ending(page, old)}


def _domains(*versions: Order) -> list[str]:
    return sorted({name for one in versions for name in one.domains if name})


def _manual_review(reason: str) -> dict[str, Any]:
    return {"action": LEAVE, "reason": reason}


def _is_as_listed(row: Order, page: Order) -> bool:
    return row.status == page.status and utc_text(row.date_created) == utc_text(page.date_created)


def _missing_facts(kinds: Iterable[str], names: Sequence[str], criteria: StaleCriteria) -> str:
    """Return which required fact the order does not have, empty if it has all."""
    if not kinds:
        return "its product type is not known"
    if criteria.exclude and not names:
        return f"its names are not known and could match {_variable('exclude')}"
    return ""


def _still_needed(
    page: Order, predecessor: Sequence[Order], expiries: Mapping[str, date], criteria: StaleCriteria
) -> str:
    """Return why an order is still needed as a renewal, empty if it is not."""
    renews = page.renewal_of_order_id
    if not renews:
        renewal = any(request.type == "renewal" for request in page.requests)
        return "it renews an order that is not known" if renewal else ""
    if "valid_till" not in expiries:
        return f"it renews order {renews}, whose expiry date is not known"
    days = [(day - criteria.today).days for day in expiries.values()]
    near = [one for one in days if abs(one) <= criteria.predecessor_days]
    if near and predecessor[0].status not in _ENDED:
        return f"it renews order {renews}, which {_expires(min(near, key=abs))}"
    return ""


def _expires(days: int) -> str:
    if days < 0:
        return f"expired {plural(-days, 'day')} ago"
    return f"expires in {plural(days, 'day')}" if days else "expires today"


def _expiries(predecessor: Order) -> dict[str, date]:
    """Return the dates of expiry of the certificate and of the order, as far as they are known."""
    days = {"valid_till": predecessor.valid_till, "order_valid_till": predecessor.order_valid_till}
    return {name: day for name, day in days.items() if day}


def _ending(page: Order, old: str) -> dict[str, Any]:
    """Return the action that ends a stale order, or manual review if another request is pending."""
    pending = page.undecided
    found = ", ".join(f"{request.id} ({request.type})" for request in pending) or "none"
    known = all(request.type in _REJECTABLE for request in pending)
    if page.status != "needs_approval":
        if known:
            return {"action": CANCEL, "reason": old}
        return _manual_review(f"{old}, but a cancellation would also end other requests: {found}")
    if len(pending) != 1 or not known or pending[0].id < 1:
        return _manual_review(f"{old}, but its pending requests are not exactly one request for a certificate: {found}")
    return {"action": REJECT, "reason": old, "request_id": pending[0].id}
