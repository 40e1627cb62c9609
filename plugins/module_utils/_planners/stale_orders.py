# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Which orders were left behind, and can be got rid of? Pure: no I/O, no clock, no Ansible.

Works on orders as digicert_order_info returns them, and says one thing of each that was left behind: an entry of a
plan, with an action and a reason. What is not known for certain is left to a person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta, timezone
from fnmatch import fnmatchcase
from typing import Any

from .._common.names import LIBRARY_MISSING, in_unicode, is_convertible, to_ascii
from .._common.text import plural
from .._common.values import is_id, utc, whole_number
from .._plans.actions import CANCEL, CERTCENTRAL, LEAVE, REJECT, TLS_PRODUCTS, WAIT, writes

# What an automation that failed leaves behind.
STALE = ("pending", "waiting_pickup", "needs_approval")
OLDER_THAN_DAYS = 30
# A renewal is not left behind where what it renews expires so soon, or has expired so recently.
PREDECESSOR_DAYS = 60
# No order is older than a hundred years.
MOST_DAYS = 36500
# What a run without an approval may end without confirming the exact number.
MOST_LIMIT = 25
# The requests of an order that was never issued. One to revoke is somebody's alarm, whatever its age (2.1).
_REJECTABLE = ("new_request", "renewal", "duplicate")
# What has ended needs no renewal.
_ENDED = ("revoked", "canceled", "rejected", "denied")
_AGAIN = "it has changed meanwhile; plan again"
_WILD = "*?[]"


@dataclass(frozen=True)
class StaleCriteria:
    """Which orders count; made by `wishes_of`, which checks them.

    today: the date in UTC. older_than_days: days of the calendar since an order was placed.
    include, exclude: patterns of names, each in every form in which it is compared.
    predecessor_days: how near to today what an order renews expires, before it or after it, so that it is needed.
    limit: how many orders may be ended, the oldest of them; None for all.
    """

    today: date
    older_than_days: int = OLDER_THAN_DAYS
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    statuses: tuple[str, ...] = STALE
    product_types: tuple[str, ...] = TLS_PRODUCTS
    predecessor_days: int = PREDECESSOR_DAYS
    limit: int | None = None


# -- what is wished ----------------------------------------------------------------------------------------------------


def parse_request(options: Mapping[str, Any]) -> StaleCriteria:
    """What a role, or whoever else, wishes: the fields of Wishes, with `now` for today. Raises ValueError.

    now: a time or a day, as text or as itself, in UTC where it does not say.
    """
    known = {field.name for field in fields(StaleCriteria)} - {"today"} | {"now"}
    strange = sorted(str(name) for name in set(options) - known)
    if strange:
        raise ValueError(f"nobody knows {strange[0]}")
    statuses = _texts(options, "statuses", STALE)
    if not statuses or not set(statuses) <= set(STALE):
        raise ValueError(f"statuses has to name some of {', '.join(STALE)}")
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


def _today(now: Any) -> date:
    moment = utc(str(now).strip()) if isinstance(now, (str, date)) else None
    if moment is None:
        raise ValueError("now has to be a time such as 2026-12-31T12:00:00Z")
    return moment.date()


def _days(options: Mapping[str, Any], name: str, default: int, least: int, most: int = MOST_DAYS) -> int:
    value = whole_number(options.get(name, default))
    if value is None or not least <= value <= most:
        raise ValueError(f"{name} has to be a whole number from {least} to {most}")
    return value


def _texts(options: Mapping[str, Any], name: str, default: Sequence[str]) -> tuple[str, ...]:
    value = options.get(name, default)
    if isinstance(value, str) or not isinstance(value, Sequence):
        # A text would be taken apart into its letters, none of which means what it says.
        raise ValueError(f"{name} has to be a list")
    if not all(isinstance(one, str) and one.strip() for one in value):
        raise ValueError(f"{name} has to be a list of texts, none of them empty")
    return tuple(one.strip() for one in value)


def _patterns(options: Mapping[str, Any], name: str, default: Sequence[str]) -> tuple[str, ...]:
    texts = _texts(options, name, default)
    if not all(map(is_convertible, texts)):
        raise ValueError(f"{name}: {LIBRARY_MISSING}")
    several = [form for pattern in texts for form in _forms(pattern)]
    if "" in several:
        raise ValueError(f"{name} has a pattern of nothing but a dot")
    return tuple(dict.fromkeys(several))


# -- names -------------------------------------------------------------------------------------------------------------


def _forms(text: str) -> tuple[str, ...]:
    """A name, or a pattern of names, as it is compared: as DNS spells it, and as people do."""
    composed = unicodedata.normalize("NFKC", text).replace("\u3002", ".").strip().rstrip(".")
    plain, in_ascii = composed.lower(), ".".join(map(_in_ascii, composed.split("."))).lower()
    return tuple(dict.fromkeys([plain, in_ascii, in_unicode(plain), in_unicode(in_ascii)]))


def _in_ascii(label: str) -> str:
    """A part of a name as DNS spells it; as it is where it cannot be spelled so, as a part of a pattern may be."""
    if label.isascii() or any(sign in label for sign in _WILD):
        return label
    return to_ascii(label) or label


def _names(*rows: Mapping[str, Any]) -> list[str]:
    """Every name that an order has, its common name first."""
    several = [name for row in rows for name in (row["common_name"], *(row["domains"] or ()))]
    return list(dict.fromkeys(name for name in several if isinstance(name, str) and name.strip()))


def _among(names: Iterable[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(form, pattern) for name in names for form in _forms(name) for pattern in patterns)


def _is_meant(names: Sequence[str], criteria: StaleCriteria) -> bool:
    """Whether one of the names is among the patterns, and none of them among the others."""
    return _among(names or [""], criteria.include) and not _among(names, criteria.exclude)


# -- what has to be read -----------------------------------------------------------------------------------------------


def search(criteria: StaleCriteria) -> dict[str, Any]:
    """What to ask digicert_order_info for: it finds every order that can be stale, and few others."""
    first = date.min
    if (criteria.today - first).days > criteria.older_than_days:
        first = criteria.today - timedelta(days=criteria.older_than_days)
    return {"status": list(criteria.statuses), "created_before": first.isoformat()}


def to_read(orders: Iterable[Mapping[str, Any]], criteria: StaleCriteria) -> list[int]:
    """The orders that have to be read whole before they can be planned."""
    kinds = ("", *criteria.product_types)
    return [
        order_id
        for order_id, rows in _candidates(orders, criteria)
        if any((row["product_type"] or "") in kinds for row in rows)
    ]


def predecessors(details: Iterable[Mapping[str, Any]]) -> list[int]:
    """The orders that those renew, which have to be read to know when they expire."""
    return sorted({int(order["renewal_of_order_id"]) for order in details if order["renewal_of_order_id"]})


def _candidates(
    orders: Iterable[Mapping[str, Any]], criteria: StaleCriteria
) -> list[tuple[int, tuple[Mapping[str, Any], ...]]]:
    """What a list tells of each order that was left behind, by id; of an order that it tells twice, both."""
    return [
        (order_id, rows)
        for order_id, rows in sorted(_by_id(orders).items())
        if any(row["status"] in criteria.statuses and _age(row, criteria) > criteria.older_than_days for row in rows)
        and (_is_meant(_names(*rows), criteria) or _may_be_meant(rows, criteria))
    ]


def _may_be_meant(rows: Sequence[Mapping[str, Any]], criteria: StaleCriteria) -> bool:
    """Whether it is a name that a list leaves out by which an order is meant, as far as is known."""
    unknown = any(row.get("domains_known") is False for row in rows)
    return unknown and not _among(_names(*rows), criteria.exclude)


def _by_id(orders: Iterable[Mapping[str, Any]]) -> dict[int, tuple[Mapping[str, Any], ...]]:
    """What is told of each order, in no order that the input could change; what is told twice alike counts once."""
    known: dict[int, tuple[Mapping[str, Any], ...]] = {}
    for order in orders:
        order_id = order["order_id"]
        if not is_id(order_id):
            raise ValueError("an order has no order_id")
        rows = known.get(order_id, ())
        known[order_id] = rows if order in rows else tuple(sorted((*rows, order), key=_spelling))
    return known


def _spelling(row: Mapping[str, Any]) -> str:
    return repr(sorted(row.items()))


def _age(row: Mapping[str, Any], criteria: StaleCriteria) -> int:
    """Days since it was placed; -1 where it does not say, which is never old."""
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
    """An entry of a plan for every order that was left behind, by id; none for one that is excluded.

    details: the orders of `to_read`, read whole. renewed: those of `predecessors`.
    """
    page, older = _by_id(details), _by_id(renewed)
    entries = []
    for order_id, rows in _candidates(orders, criteria):
        read = page.get(order_id, ())
        # A list may leave names out.
        names = _names(*rows, *read)
        if _is_meant(names, criteria):
            entries.append(_entry(rows, read, names, older, criteria))
    return _limited(entries, criteria.limit)


def _limited(entries: Sequence[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    """The entries, of which so many end an order, the oldest; the others wait for a later run."""
    ending = sorted(writes(entries), key=_seniority)
    late = {entry["order"] for entry in ending[limit:]} if limit is not None else set()
    why = f"cancel_stale_orders_limit is {limit}, and so many older orders come first"
    return [_waiting(entry, why) if entry["order"] in late else entry for entry in entries]


def _seniority(entry: Mapping[str, Any]) -> tuple[datetime, int]:
    # An order that does not say when it was placed is never stale.
    return _placed(entry["state"]) or datetime.max.replace(tzinfo=timezone.utc), int(entry["order"])


def _waiting(entry: Mapping[str, Any], why: str) -> dict[str, Any]:
    kept = {name: value for name, value in entry.items() if name != "request_id"}
    return {**kept, "action": WAIT, "reason": f"{entry['reason']}; {why}"}


def _entry(
    rows: Sequence[Mapping[str, Any]],
    read: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    older: Mapping[int, tuple[Mapping[str, Any], ...]],
    criteria: StaleCriteria,
) -> dict[str, Any]:
    row = rows[0]
    state = {"status": row["status"], "date_created": row["date_created"]}
    entry = {
        "provider": CERTCENTRAL,
        "order": str(row["order_id"]),
        "name": names[0] if names else "",
        "domains": _domains(*rows, *read),
        "state": state,
    }
    if len(rows) != 1:
        return {**entry, **_left(_AGAIN)}
    old = f"it is {row['status']}, and was ordered {plural(_age(row, criteria), 'day')} ago"
    kinds = {one["product_type"] or "" for one in (row, *read)} - {""}
    strange = sorted(kinds - set(criteria.product_types))
    if strange:
        return {**entry, **_left(f"{old}, but it is a {strange[0]}, which is not among product_types")}
    if len(read) != 1 or not _is_as_listed(row, read[0]):
        return {**entry, **_left(_AGAIN)}
    page = read[0]
    renews = page["renewal_of_order_id"] or 0
    predecessor = older.get(renews, ())
    expiries = _expiries(predecessor[0]) if len(predecessor) == 1 else {}
    product = str(page.get("product_name_id") or "")
    entry["state"] = {**state, "product": product, "renewal_of_order_id": renews, **expiries}
    why = _unclear(kinds, names, criteria) or _unnamed(page) or _renews(page, predecessor, expiries, criteria)
    if why:
        return {**entry, **_left(f"{old}, but {why}")}
    # What its own page tells is what ends; a row that tells of more was compared with the patterns.
    return {**entry, "domains": _domains(page), **_ending(page, old)}


def _domains(*rows: Mapping[str, Any]) -> list[str]:
    return sorted({name for row in rows for name in row["domains"] or () if name})


def _unnamed(page: Mapping[str, Any]) -> str:
    """Whether an order's own page leaves names out, one of which may keep it from being ended."""
    return "" if page.get("domains_known") is True else "its own page does not tell all of its names"


def _left(reason: str) -> dict[str, Any]:
    return {"action": LEAVE, "reason": reason}


def _is_as_listed(row: Mapping[str, Any], page: Mapping[str, Any]) -> bool:
    return bool(row["status"] == page["status"] and _placed(row) == _placed(page))


def _unclear(kinds: Iterable[str], names: Sequence[str], criteria: StaleCriteria) -> str:
    """What an order does not say of itself and had to, empty where it says enough."""
    if not kinds:
        return "it does not say what product it is"
    if criteria.exclude and not names:
        return "it does not say its names, so that nobody knows whether it is excluded"
    return ""


def _renews(
    page: Mapping[str, Any],
    predecessor: Sequence[Mapping[str, Any]],
    expiries: Mapping[str, str],
    criteria: StaleCriteria,
) -> str:
    """Why an order is needed after all, empty where it is not."""
    renews = page["renewal_of_order_id"]
    if not renews:
        renewal = any(request["type"] == "renewal" for request in page["requests"])
        return "it is a renewal that does not say of which order" if renewal else ""
    if "predecessor_valid_till" not in expiries:
        return f"it renews order {renews}, of which it is not known when it expires"
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
    """When an order's certificate expires, and a multi-year plan, as far as it says."""
    found = {}
    for name in ("valid_till", "order_valid_till"):
        moment = utc(predecessor[name]) if isinstance(predecessor[name], str) else None
        if moment:
            found[f"predecessor_{name}"] = moment.date().isoformat()
    return found


def _ending(page: Mapping[str, Any], old: str) -> dict[str, Any]:
    """What ends an order that nobody needs, unless somebody's request waits that is not about having it."""
    waiting = page["pending_requests"]
    found = ", ".join(f"{one['request_id']} ({one['type']})" for one in waiting) or "none"
    known = all(one["type"] in _REJECTABLE for one in waiting)
    if page["status"] != "needs_approval":
        if known:
            return {"action": CANCEL, "reason": old}
        return _left(f"{old}, but a request waits that a cancellation would end: {found}")
    if len(waiting) != 1 or not known or waiting[0]["request_id"] < 1:
        return _left(f"{old}, but not exactly one request to have it waits for an approval: {found}")
    return {"action": REJECT, "reason": old, "request_id": waiting[0]["request_id"]}
