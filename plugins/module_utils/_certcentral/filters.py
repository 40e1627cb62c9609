# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Criteria that select orders: the filters sent to the service, and the exact check of its answers. No I/O.

The filters of the service are not exact: `issued` also returns expired orders, some filters can be ignored, and what
others compare is not documented (docs/development/reference/certcentral.md 2.3, 3). So only filters that cannot lose an
order are sent, and `matches` checks every row again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from .._common.names import LIBRARY_MISSING, every_spelling, is_convertible, matches_pattern, pattern_forms
from .._common.options import OptionError, domain_name, known_words
from .models import DETAILS, ROW, Several, read_common_name

if TYPE_CHECKING:
    from .models import Named, Order

# The statuses of orders in the documentation or in public clients (2.3).
STATUSES = (
    *("approved", "canceled", "denied", "expired", "issued", "needs_approval", "needs_csr", "pending", "processing"),
    *("reissue_pending", "rejected", "renewed", "revoked", "waiting_pickup"),
)
# The documented values of the status filter (docs/development/reference/certcentral.md 2.2).
_STATUS_FILTER = ("pending", "issued", "rejected", "revoked", "waiting_pickup", "reissue_pending", "canceled")
# The statuses of orders that have or had a certificate: a list row without an expiry is then incomplete.
_WITH_CERTIFICATE = ("issued", "expired", "renewed", "reissue_pending", "revoked")


@dataclass(frozen=True)
class Criteria:
    """The criteria that an order must meet. An empty value or None is no criterion.

    domain: one of the names of the order, in lower case. include_subdomains: or a name below this domain.
    name_patterns: as `pattern_forms` returns them; one of them matches a name or the common name of the order.
    expires_from, expires_to: the first and the last day on which the certificate expires.
    search: for the search filter of the service, in common names and e-mail addresses; `matches` cannot check it.
    created_from, created_before: times in UTC. The first one is included, the second one is not.
    requester: the id, the name or the e-mail address of the user who has placed the order, in lower case.
    origin: migrated or certcentral; `matches` cannot check it.
    """

    status: frozenset[str] = frozenset()
    domain: str = ""
    include_subdomains: bool = False
    common_name: str = ""
    name_patterns: tuple[str, ...] = ()
    search: str = ""
    expires_from: date | None = None
    expires_to: date | None = None
    is_renewed: bool | None = None
    container_id: int | None = None
    containers: Several = field(default_factory=Several)
    organization_id: int | None = None
    organizations: Several = field(default_factory=Several)
    product_name_id: str = ""
    product_type: str = ""
    requester: str = ""
    created_from: datetime | None = None
    created_before: datetime | None = None
    origin: str = ""


def server_filters(criteria: Criteria) -> list[tuple[str, object]]:
    """The filters of GET /order/certificate that cannot lose an order (docs/development/reference/certcentral.md 3).

    There is no filter by expiry, domain, mark, date of creation or requester. It is not known which expiry of a
    multi-year plan the service compares, whether domain_name compares every name, whether is_renewed finds a mark that
    shows as a status, and whether user_id compares the user who placed the order. There is no filter by the name of a
    container or an organization.
    """
    filters: list[tuple[str, object]] = [("status", status) for status in _statuses(criteria.status)]
    for name in ("container_id", "organization_id", "product_name_id", "origin"):
        value = getattr(criteria, name)
        if value:
            filters.append((name, value))
    for name, several in (("container_id", criteria.containers), ("organization_id", criteria.organizations)):
        # With a name among them, a filter by the ids would lose the orders that only the name finds.
        filters += [] if several.names else [(name, number) for number in sorted(several.ids)]
    # Whether the service compares names in Unicode or as A-labels, and whether it ignores case, is not known. So the
    # filter is sent only for a name with a single spelling.
    if criteria.common_name and len(every_spelling(criteria.common_name)) == 1:
        filters.append(("common_name", criteria.common_name))
    if criteria.search:
        filters += [("search", f"%{text}") for text in every_spelling(criteria.search)]
    return filters


def _statuses(wanted: frozenset[str]) -> list[str]:
    # The value issued also finds expired orders. A value that is not documented may find nothing, so send no filter.
    values = {"issued" if status == "expired" else status for status in wanted}
    return sorted(values) if values.issubset(_STATUS_FILTER) else []


def matches(order: Order, criteria: Criteria) -> bool | None:
    """Whether an order meets the criteria; None if its list row is not enough and the details must be read."""
    answers = [
        not criteria.status or order.status in criteria.status,
        not criteria.domain or _covers(order, criteria),
        not criteria.common_name or order.common_name.lower() == criteria.common_name.lower(),
        not criteria.name_patterns or _has_a_name_like(order, criteria.name_patterns),
        _equals(criteria.container_id, order.container and order.container.id, order),
        _equals(criteria.organization_id, order.organization and order.organization.id, order),
        _equals(criteria.product_name_id, order.product_name_id, order),
        _equals(criteria.product_type, order.product_type, order),
        _is_one_of(order.container, criteria.containers, order),
        _is_one_of(order.organization, criteria.organizations, order),
        _is_renewed(order, criteria.is_renewed),
        _expires(order, criteria.expires_from, criteria.expires_to),
        _was_created(order, criteria.created_from, criteria.created_before),
        _was_requested_by(order, criteria.requester),
    ]
    if False in answers:
        return False
    return None if None in answers else True


def covers(names: tuple[str, ...], domain: str, include_subdomains: bool = False) -> bool:
    """Whether one of the names is this domain or, with include_subdomains, a name below it, including `*.domain`."""
    return any(name == domain or (include_subdomains and name.endswith(f".{domain}")) for name in names)


def _covers(order: Order, criteria: Criteria) -> bool | None:
    if covers(order.domains, criteria.domain, criteria.include_subdomains):
        return True
    # A list row can lack names.
    return False if order.names_known else _unless_read(order)


def _has_a_name_like(order: Order, patterns: tuple[str, ...]) -> bool | None:
    if matches_pattern((order.common_name, *order.domains), patterns):
        return True
    # A list row can lack names.
    return False if order.names_known else _unless_read(order)


def _is_one_of(found: Named | None, wanted: Several, order: Order) -> bool | None:
    """Whether the container or the organization of an order is one of the wanted ones."""
    found_here = wanted.has(found)
    # A list row can lack the id, the name, or both.
    return _unless_read(order) if found_here is None else found_here


def _equals(wanted: object, found: object, order: Order) -> bool | None:
    if not wanted:
        return True
    if found in (None, ""):
        # A list row can lack the value, such as the organization of a DV order.
        return _unless_read(order)
    return found == wanted


def _is_renewed(order: Order, wanted: bool | None) -> bool | None:
    if wanted is None:
        return True
    # Either the details or the list row can lack is_renewed (2.2). It counts as false only if both were read.
    if order.is_marked is None and not {DETAILS, ROW} <= order.seen:
        return None
    return bool(order.is_marked) is wanted


def _expires(order: Order, first: date | None, last: date | None) -> bool | None:
    if first is None and last is None:
        return True
    if order.valid_till is None:
        return _unless_read(order) if order.status in _WITH_CERTIFICATE else False
    return (first is None or first <= order.valid_till) and (last is None or order.valid_till <= last)


def _was_created(order: Order, first: datetime | None, before: datetime | None) -> bool | None:
    if first is None and before is None:
        return True
    if order.date_created is None:
        return _unless_read(order)
    return (first is None or first <= order.date_created) and (before is None or order.date_created < before)


def _was_requested_by(order: Order, wanted: str) -> bool | None:
    if not wanted:
        return True
    person = order.requester
    if person and wanted in (str(person.id), person.name.lower(), person.email.lower()):
        return True
    # Lists are documented without the user (3).
    return False if person and person.id is not None and person.name and person.email else _unless_read(order)


def _unless_read(order: Order) -> bool | None:
    """The answer for a missing value: False if the details lack it too, None if they were not read."""
    return False if DETAILS in order.seen else None


# The options that select orders by criteria. include_subdomains belongs to domain.
FILTERS = (
    "status",
    "domain",
    "common_name",
    "name_pattern",
    "search",
    "expires_before",
    "expires_after",
    "expires_within_days",
    "is_renewed",
    "origin",
    "container_id",
    "containers",
    "organization_id",
    "organizations",
    "product_name_id",
    "product_type",
    "created_before",
    "created_after",
    "requester",
)


def criteria(params: Mapping[str, Any], now: datetime) -> Criteria:
    """Create criteria from the options of a task. now: in UTC. Raises OptionError."""
    before, days = params["expires_before"], params["expires_within_days"]
    if days is not None and days < 0:
        raise OptionError("expires_within_days must not be negative")
    if before and days is not None:
        raise OptionError("expires_before and expires_within_days cannot be used together")
    for one, several in (("container_id", "containers"), ("organization_id", "organizations")):
        if params[one] is not None and params[one] < 1:
            raise OptionError(f"{one} must be positive")
        if params[one] is not None and params[several] is not None:
            raise OptionError(f"{one} and {several} cannot be used together")
    if params["include_subdomains"] and not params["domain"]:
        raise OptionError("include_subdomains requires domain: set domain to the parent of the subdomains")
    first, last = _expiry(params, now.date())
    return Criteria(
        status=frozenset(known_words(params["status"] or (), STATUSES, "status")),
        domain=domain_name(params["domain"], "domain") if params["domain"] else "",
        include_subdomains=params["include_subdomains"],
        common_name=read_common_name((params["common_name"] or "").strip()),
        name_patterns=_patterns(params["name_pattern"] or ()),
        search=(params["search"] or "").strip(),
        expires_from=first,
        expires_to=last,
        is_renewed=params["is_renewed"],
        container_id=params["container_id"],
        containers=_several(params, "containers"),
        organization_id=params["organization_id"],
        organizations=_several(params, "organizations"),
        product_name_id=params["product_name_id"] or "",
        product_type=params["product_type"] or "",
        requester=" ".join((params["requester"] or "").lower().split()),
        created_from=_moment(params, "created_after"),
        created_before=_moment(params, "created_before"),
        origin=params["origin"] or "",
    )


def _expiry(params: Mapping[str, Any], today: date) -> tuple[date | None, date | None]:
    """The first and the last day of expiry that are wanted. today: in UTC. Raises OptionError."""
    first, last, days = _day(params, "expires_after"), _day(params, "expires_before"), params["expires_within_days"]
    if days is not None:
        # The limit of 100 years avoids an overflow.
        return max(first or today, today), today + timedelta(days=min(days, 36500))
    # expires_before excludes its day. date.min has no day before it.
    return first, last - timedelta(days=1) if last and last > date.min else last


def _patterns(texts: Sequence[str]) -> tuple[str, ...]:
    if not all(map(is_convertible, texts)):
        raise OptionError(f"name_pattern: {LIBRARY_MISSING}")
    forms = [form for text in texts for form in pattern_forms(text)]
    if "" in forms:
        raise OptionError("name_pattern must not contain an empty pattern: remove it, or use * for any name")
    return tuple(dict.fromkeys(forms))


def _several(params: Mapping[str, Any], option: str) -> Several:
    """Parse a list of ids and names: an element of digits is an id. Raises OptionError."""
    try:
        return Several.of(params[option] or ())
    except ValueError as error:
        raise OptionError(f"{option} {error}") from None


def _day(params: Mapping[str, Any], option: str) -> date | None:
    if not params[option]:
        return None
    try:
        return date.fromisoformat(params[option].strip())
    except ValueError:
        raise OptionError(f"{option} must be a date such as 2026-12-31") from None


def _moment(params: Mapping[str, Any], option: str) -> datetime | None:
    """Parse an option that is a day (its start counts) or an ISO 8601 time. Without a time zone it is in UTC."""
    text = (params[option] or "").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)
    except ValueError:
        raise OptionError(f"{option} must be a date or a time such as 2026-12-31 or 2026-12-31T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
