# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The query of GET /order/certificate: docs/development/reference/certcentral.md 3."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from certsim.certcentral import context, errors
from certsim.certcentral.model import Order
from certsim.certcentral.switches import FILTER_NAMES
from certsim.certcentral.view import View

MAX_LIMIT = 1000

Predicate = Callable[[Order], bool]

#: The documented values of the status filter (docs/development/reference/certcentral.md 2.2).
_STATUSES = frozenset(
    ("pending", "issued", "rejected", "revoked", "waiting_pickup", "reissue_pending", "canceled"),
)
_NULL = "null"


@dataclass(slots=True)
class ListQuery:
    """The query, read; ``filters`` has every value of each filter."""

    limit: int = MAX_LIMIT
    offset: int = 0
    sort: list[tuple[str, bool]] = field(default_factory=list)
    filters: dict[str, list[str]] = field(default_factory=dict)


def read_query(pairs: Iterable[tuple[str, str]], *, is_strict: bool) -> ListQuery:
    """Read the query; a malformed parameter raises ApiError.

    Unknown, repeated and empty parameters are ignored, or raise ApiError in strict mode
    (docs/development/reference/certcentral.md 10).
    """
    query = ListQuery()
    seen: set[str] = set()
    for name, value in pairs:
        # Empty brackets, as PHP numbers them by itself, are in no documentation.
        if is_strict and (name in seen or name.endswith("[]")):
            raise errors.invalid_value(name)
        if not (value or is_strict):
            continue
        seen.add(name)
        if name == "limit":
            query.limit = context.number(name, value, 1, MAX_LIMIT)
        elif name == "offset":
            query.offset = context.number(name, value)
        elif name == "sort":
            query.sort = _sort_keys(value)
        elif is_strict or _is_filter(name):
            query.filters.setdefault(_filter_name(name), []).append(value)
    return query


def ids_of(values: Iterable[str]) -> list[int]:
    """Return the ids of an id filter, ascending and each once."""
    return sorted({context.number("id", value) for value in values})


def predicate(name: str, values: list[str], view: View, now: datetime) -> Predicate:
    """Return the test of one filter: any of its values suffices. A bad value raises ApiError."""
    if name == "certificate_id":
        numbers = {context.number(name, value) for value in values}
        return lambda order: any(each.id in numbers for each in view.findable(order))
    if name == "serial_number":
        serials = {value.upper() for value in values}
        return lambda order: any(
            each.serial_number is not None and each.serial_number.upper() in serials for each in view.findable(order)
        )
    if name in _NUMBERS:
        read, wanted = _NUMBERS[name], {context.number(name, value) for value in values}
        return lambda order: not wanted.isdisjoint(read(order))
    if name in _FLAGS:
        flag, flags = _FLAGS[name], {_flag(name, value) for value in values}
        return lambda order: flag(order, view) in flags
    if name in _DAYS:
        day, tests = _DAYS[name], [_day_test(name, value, now) for value in values]
        return lambda order: any(test(day(order)) for test in tests)
    if name in _TEXTS:
        texts, matches = _TEXTS[name], [_text_test(value) for value in values]
        return lambda order: any(match(text) for text in texts(order) for match in matches)
    words, allowed = _WORDS[name], _words(name, values, view)
    return lambda order: words(order, view) in allowed


def sort_orders(orders: list[Order], keys: list[tuple[str, bool]], view: View) -> list[Order]:
    """Return orders sorted by the keys of a query; they come by ascending id."""
    for name, descending in reversed(keys):
        read = _SORT_KEYS[name]
        orders = sorted(orders, key=lambda order: read(order, view), reverse=descending)
    return orders


def _domain_names(order: Order) -> list[str]:
    return [order.certificate.common_name, *order.certificate.dns_names]


def _all_emails(order: Order) -> list[str]:
    return [*order.certificate.emails, *order.additional_emails, str(order.user.get("email", ""))]


_NUMBERS: dict[str, Callable[[Order], Iterable[int | None]]] = {
    "id": lambda order: (order.id,),
    "organization_id": lambda order: ((order.organization or {}).get("id"),),
    "user_id": lambda order: (order.user.get("id"),),
    "container_id": lambda order: (order.container.get("id"),),
    "metadata_id": lambda order: [each.get("metadata_id") for each in order.custom_fields],
}
_FLAGS: dict[str, Callable[[Order, View], bool]] = {
    "is_renewed": lambda order, view: view.mark_or_renewal(order),
    "disable_renewal_notifications": lambda order, _view: order.disable_renewal_notifications,
}
_DAYS: dict[str, Callable[[Order], date | None]] = {
    "valid_till": lambda order: order.certificate.valid_till,
    "date_created": lambda order: order.date_created.date(),
}
_TEXTS: dict[str, Callable[[Order], list[str]]] = {
    "common_name": lambda order: [order.certificate.common_name],
    "domain_name": _domain_names,
    "email": _all_emails,
    "search": lambda order: [order.certificate.common_name, *_all_emails(order)],
}
_WORDS: dict[str, Callable[[Order, View], str | None]] = {
    "status": lambda order, view: view.status(order),
    "product_name_id": lambda order, _view: order.product["name_id"],
    "origin": lambda order, _view: order.origin,
}
# Orders without the value come first, as the empty text or the first day does.
_SORT_KEYS: dict[str, Callable[[Order, View], Any]] = {
    "order_id": lambda order, _view: order.id,
    "date_created": lambda order, _view: order.date_created,
    "common_name": lambda order, _view: order.certificate.common_name,
    "status": lambda order, view: view.status(order),
    "validity_years": lambda order, _view: order.validity_years,
    "product_name": lambda order, _view: order.product["name"],
    "valid_till": lambda order, _view: order.certificate.valid_till or date.min,
}


def _is_filter(parameter: str) -> bool:
    match = context.FILTER.fullmatch(parameter)
    return match is not None and match[1] in FILTER_NAMES


def _filter_name(parameter: str) -> str:
    match = context.FILTER.fullmatch(parameter)
    if match is None:
        raise errors.invalid_value(parameter)
    if match[1] not in FILTER_NAMES:
        raise errors.invalid_value(match[1])
    return match[1]


def _sort_keys(value: str) -> list[tuple[str, bool]]:
    keys = []
    for part in value.split(","):
        name = part.removeprefix("-")
        if name not in _SORT_KEYS:
            raise errors.invalid_value("sort")
        keys.append((name, part.startswith("-")))
    return keys


def _flag(name: str, value: str) -> bool:
    if value not in ("0", "1"):
        raise errors.invalid_value(name)
    return value == "1"


def _words(name: str, values: list[str], view: View) -> set[str | None]:
    words: set[str | None] = set(values)
    if name == "origin" and not words <= {"migrated", "certcentral"}:
        raise errors.invalid_value(name)
    return _statuses(words, view.unknown_status_filter) if name == "status" else words


def _statuses(words: set[str | None], unknown: str) -> set[str | None]:
    """Return the statuses that a filter's values stand for."""
    if unknown == "refused" and not words <= _STATUSES:
        raise errors.invalid_value("status")
    found = words & _STATUSES if unknown == "empty" else words
    # The filter value issued finds expired orders as well (docs/development/reference/certcentral.md 2.3).
    return found | {"expired"} if "issued" in found else found


def _text_test(value: str) -> Callable[[str], bool]:
    """Return a test that ignores case; a leading % matches the rest anywhere."""
    wanted = value.lower()
    if wanted.startswith("%"):
        return lambda text: wanted[1:] in text.lower()
    return lambda text: wanted == text.lower()


def _day_test(name: str, value: str, now: datetime) -> Callable[[date | None], bool]:
    """Return the test for ``a...b``, ``<day``, ``>day``, ``>NOW``, ``null`` or a day."""
    if value == _NULL:
        return lambda day: day is None
    if "..." in value:
        first, _dots, last = value.partition("...")
        start, end = _day(name, first, now), _day(name, last, now)
        return lambda day: day is not None and start <= day <= end
    limit = _day(name, value.lstrip("<>"), now)
    if value.startswith("<"):
        return lambda day: day is not None and day < limit
    if value.startswith(">"):
        return lambda day: day is not None and day > limit
    return lambda day: day == limit


def _day(name: str, value: str, now: datetime) -> date:
    if value == "NOW":
        return now.date()
    try:
        return datetime.fromisoformat(value).date()
    except ValueError as error:
        raise errors.invalid_value(name) from error
