# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Plan to end stale orders, which were placed long ago and never issued. Pure: no I/O, no clock, no Ansible.

The input is orders as digicert_order_info returns them. The output is one plan entry for each stale order, with an
action and a reason. Where a fact is not known, the action is manual review.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta, timezone
from typing import Any

from .._common.names import LIBRARY_MISSING, is_convertible, matches_pattern, pattern_forms
from .._common.text import plural
from .._common.values import is_id, utc, whole_number
from .._plans.actions import CANCEL, CERTCENTRAL, LEAVE, REJECT, TLS_PRODUCTS, WAIT, writes

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
    first; None for no limit.
    """

    today: date
    older_than_days: int = OLDER_THAN_DAYS
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    statuses: tuple[str, ...] = STALE
    product_types: tuple[str, ...] = TLS_PRODUCTS
    predecessor_days: int = PREDECESSOR_DAYS
    limit: int | None = None


# -- the request -------------------------------------------------------------------------------------------------------


def parse_request(options: Mapping[str, Any]) -> StaleCriteria:
    """Read the criteria from the options of the role: the fields of StaleCriteria, with `now` for `today`.

    now: a time or a date, as a string or an object, in UTC if it has no time zone. Raises ValueError.
    """
    known = {field.name for field in fields(StaleCriteria)} - {"today"} | {"now"}
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


def _names(*rows: Mapping[str, Any]) -> list[str]:
    """Return all names of the rows of an order, the common name first."""
    values = [name for row in rows for name in (row["common_name"], *(row["domains"] or ()))]
    return list(dict.fromkeys(name for name in values if isinstance(name, str) and name.strip()))


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


def to_read(orders: Iterable[Mapping[str, Any]], criteria: StaleCriteria) -> list[int]:
    """Return the ids of the orders that must be read with details before they can be planned."""
    kinds = ("", *criteria.product_types)
    return [
        order_id
        for order_id, rows in _candidates(orders, criteria)
        if any((row["product_type"] or "") in kinds for row in rows)
    ]


def predecessors(details: Iterable[Mapping[str, Any]]) -> list[int]:
    """Return the ids of the orders that these renew. They must be read for their dates of expiry."""
    return sorted({int(order["renewal_of_order_id"]) for order in details if order["renewal_of_order_id"]})


def _candidates(
    orders: Iterable[Mapping[str, Any]], criteria: StaleCriteria
) -> list[tuple[int, tuple[Mapping[str, Any], ...]]]:
    """Return the rows of each stale order by id. An order can have several different rows."""
    return [
        (order_id, rows)
        for order_id, rows in sorted(_by_id(orders).items())
        if any(row["status"] in criteria.statuses and _age(row, criteria) > criteria.older_than_days for row in rows)
        and (_is_selected(_names(*rows), criteria) or _may_be_selected(rows, criteria))
    ]


def _may_be_selected(rows: Sequence[Mapping[str, Any]], criteria: StaleCriteria) -> bool:
    """Return whether an order may be selected by a name that the list leaves out."""
    unknown = any(row.get("domains_known") is False for row in rows)
    return unknown and not matches_pattern(_names(*rows), criteria.exclude)


def _by_id(orders: Iterable[Mapping[str, Any]]) -> dict[int, tuple[Mapping[str, Any], ...]]:
    """Return the different rows of each order by id, sorted so that the order of the input does not matter."""
    known: dict[int, tuple[Mapping[str, Any], ...]] = {}
    for order in orders:
        order_id = order["order_id"]
        if not is_id(order_id):
            raise ValueError("an order has no valid order_id")
        rows = known.get(order_id, ())
        known[order_id] = rows if order in rows else tuple(sorted((*rows, order), key=_spelling))
    return known


def _spelling(row: Mapping[str, Any]) -> str:
    return repr(sorted(row.items()))


def _age(row: Mapping[str, Any], criteria: StaleCriteria) -> int:
    """Return the days since the order was placed, -1 if not known, which is never stale."""
    placed = _placed(row)
    return -1 if placed is None else (criteria.today - placed.date()).days


def _placed(row: Mapping[str, Any]) -> datetime | None:
    return utc(row["date_created"]) if isinstance(row["date_created"], str) else None


# -- the plan ----------------------------------------------------------------------------------------------------------


def plan(
    orders: Iterable[Mapping[str, Any]],
    criteria: StaleCriteria,
    *,
    details: Iterable[Mapping[str, Any]] = (),
    renewed: Iterable[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Return a plan entry for every stale order, sorted by order id, and none for an excluded order.

    details: the orders of `to_read`, read with details. renewed: the orders of `predecessors`. Raises ValueError if an
    order has no valid order_id.
    """
    page, predecessors_by_id = _by_id(details), _by_id(renewed)
    entries = []
    for order_id, rows in _candidates(orders, criteria):
        read = page.get(order_id, ())
        # The list can leave names out, so the names of the details count as well.
        names = _names(*rows, *read)
        if _is_selected(names, criteria):
            entries.append(_entry(rows, read, names, predecessors_by_id, criteria))
    return _limited(entries, criteria.limit)


def _limited(entries: Sequence[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    """Return the entries, where only the oldest orders up to the limit are ended; the others wait for a later run."""
    ending = sorted(writes(entries), key=_seniority)
    late = {entry["order"] for entry in ending[limit:]} if limit is not None else set()
    why = f"cancel_stale_orders_limit is {limit}, and older orders are ended first"
    return [_waiting(entry, why) if entry["order"] in late else entry for entry in entries]


def _seniority(entry: Mapping[str, Any]) -> tuple[datetime, int]:
    # The fallback is never used: an order without a date is not stale.
    return _placed(entry["state"]) or datetime.max.replace(tzinfo=timezone.utc), int(entry["order"])


def _waiting(entry: Mapping[str, Any], why: str) -> dict[str, Any]:
    rest = {name: value for name, value in entry.items() if name != "request_id"}
    return {**rest, "action": WAIT, "reason": f"{entry['reason']}; {why}"}


def _entry(
    rows: Sequence[Mapping[str, Any]],
    read: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    predecessors_by_id: Mapping[int, tuple[Mapping[str, Any], ...]],
    criteria: StaleCriteria,
) -> dict[str, Any]:
    """Return the plan entry of one order.

    rows: the rows of the list. read: the rows with details. names: all known names. predecessors_by_id: the orders that
    stale orders renew.
    """
    row = rows[0]
    state = {"status": row["status"], "date_created": row["date_created"]}
    entry = {
        "provider": CERTCENTRAL,
        "order": str(row["order_id"]),
        "name": names[0] if names else "",
        "domains": _domains(*rows, *read),
        "state": state,
        **({"organization": row["organization_name"]} if row.get("organization_name") else {}),
    }
    if len(rows) != 1:
        return {**entry, **_manual_review(_CHANGED_MEANWHILE)}
    old = f"the order has the status {row['status']} and was placed {plural(_age(row, criteria), 'day')} ago"
    kinds = {one["product_type"] or "" for one in (row, *read)} - {""}
    unknown = sorted(kinds - set(criteria.product_types))
    if unknown:
        return {
            **entry,
            **_manual_review(f"{old}, but its product type, {unknown[0]}, is not in {_variable('product_types')}"),
        }
    if len(read) != 1 or not _is_as_listed(row, read[0]):
        return {**entry, **_manual_review(_CHANGED_MEANWHILE)}
    page = read[0]
    renews = page["renewal_of_order_id"] or 0
    predecessor = predecessors_by_id.get(renews, ())
    expiries = _expiries(predecessor[0]) if len(predecessor) == 1 else {}
    product = str(page.get("product_name_id") or "")
    entry["state"] = {**state, "product": product, "renewal_of_order_id": renews, **expiries}
    why = (
        _missing_facts(kinds, names, criteria)
        or _missing_names(page)
        or _still_needed(page, predecessor, expiries, criteria)
    )
    if why:
        return {**entry, **_manual_review(f"{old}, but {why}")}
    # The names of the details end with the order. More names of the row were compared with the patterns above.
    return {**entry, "domains": _domains(page), **_ending(page, old)}


def _domains(*rows: Mapping[str, Any]) -> list[str]:
    return sorted({name for row in rows for name in row["domains"] or () if name})


def _missing_names(page: Mapping[str, Any]) -> str:
    """Return why not all names are known, empty if they are. An unknown name may be an excluded one."""
    return "" if page.get("domains_known") is True else "its details do not contain all of its names"


def _manual_review(reason: str) -> dict[str, Any]:
    return {"action": LEAVE, "reason": reason}


def _is_as_listed(row: Mapping[str, Any], page: Mapping[str, Any]) -> bool:
    return bool(row["status"] == page["status"] and _placed(row) == _placed(page))


def _missing_facts(kinds: Iterable[str], names: Sequence[str], criteria: StaleCriteria) -> str:
    """Return which required fact the order does not have, empty if it has all."""
    if not kinds:
        return "its product type is not known"
    if criteria.exclude and not names:
        return f"its names are not known and could match {_variable('exclude')}"
    return ""


def _still_needed(
    page: Mapping[str, Any],
    predecessor: Sequence[Mapping[str, Any]],
    expiries: Mapping[str, str],
    criteria: StaleCriteria,
) -> str:
    """Return why an order is still needed as a renewal, empty if it is not."""
    renews = page["renewal_of_order_id"]
    if not renews:
        renewal = any(request["type"] == "renewal" for request in page["requests"])
        return "it renews an order that is not known" if renewal else ""
    if "predecessor_valid_till" not in expiries:
        return f"it renews order {renews}, whose expiry date is not known"
    days = [(date.fromisoformat(day) - criteria.today).days for day in expiries.values()]
    near = [one for one in days if abs(one) <= criteria.predecessor_days]
    if near and predecessor[0]["status"] not in _ENDED:
        return f"it renews order {renews}, which {_expires(min(near, key=abs))}"
    return ""


def _expires(days: int) -> str:
    if days < 0:
        return f"expired {plural(-days, 'day')} ago"
    return f"expires in {plural(days, 'day')}" if days else "expires today"


def _expiries(predecessor: Mapping[str, Any]) -> dict[str, str]:
    """Return the dates of expiry of the certificate and of the order, as far as they are known."""
    found = {}
    for name in ("valid_till", "order_valid_till"):
        moment = utc(predecessor[name]) if isinstance(predecessor[name], str) else None
        if moment:
            found[f"predecessor_{name}"] = moment.date().isoformat()
    return found


def _ending(page: Mapping[str, Any], old: str) -> dict[str, Any]:
    """Return the action that ends a stale order, or manual review if another request is pending."""
    pending = page["pending_requests"]
    found = ", ".join(f"{one['request_id']} ({one['type']})" for one in pending) or "none"
    known = all(one["type"] in _REJECTABLE for one in pending)
    if page["status"] != "needs_approval":
        if known:
            return {"action": CANCEL, "reason": old}
        return _manual_review(f"{old}, but a cancellation would also end other requests: {found}")
    if len(pending) != 1 or not known or pending[0]["request_id"] < 1:
        return _manual_review(f"{old}, but its pending requests are not exactly one request for a certificate: {found}")
    return {"action": REJECT, "reason": old, "request_id": pending[0]["request_id"]}
