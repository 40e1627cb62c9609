# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Evaluates answers of CertCentral: which of the uncertain service facts apply to an account. No I/O.

Section numbers refer to docs/development/reference/certcentral.md. The result has only words of this file and numbers,
never a part of an answer, so it contains no names, ids or keys of the account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Callable, NamedTuple

from .._http.error_bodies import problems
from .models import boolean, integer

AS_EXPECTED, DIFFERENT, CONTRADICTION, UNTESTED = "as_expected", "different", "contradiction", "untested"
# The documented values of the status filter (2.2).
STATUSES = ("pending", "issued", "rejected", "revoked", "waiting_pickup", "reissue_pending", "canceled")
# Statuses of orders without a certificate.
_NOT_ISSUED = ("pending", "needs_approval", "processing", "waiting_pickup", "needs_csr")
# Prefixes of the names of headers about rate limits.
_RATE_HEADERS = ("retry-after", "ratelimit", "x-ratelimit", "x-rate-limit", "rate-limit")
# The features to avoid if a fact is contradicted, for several facts.
_MARKS = "renewed marks (mark_renewed_orders, undo_renewed_marks, digicert_order_status with status renewed)"
_MISSING = "missing: ok, and lists that contain missing orders, because an order that does not exist is a failure"
Row = Mapping[str, Any]


class Answer(NamedTuple):
    """An answer of the service.

    status: the HTTP status, 0 without an answer. headers: their names in lower case. data: the JSON, None if invalid.
    """

    status: int = 0
    headers: frozenset[str] = frozenset()
    data: Any = None

    def rows(self, name: str) -> list[Row]:
        """The rows of the list `name`, empty if the answer is not a list."""
        found = self.data.get(name) if isinstance(self.data, dict) else None
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def total(self) -> int | None:
        page = self.data.get("page") if isinstance(self.data, dict) else None
        return integer(page.get("total")) if isinstance(page, dict) else None


NO_ANSWER = Answer()


class Filtered(NamedTuple):
    """A list under one filter.

    order_id: an order that the list should contain. fits: a test that every row should pass.
    """

    answer: Answer
    order_id: int
    fits: Callable[[Row], bool]


@dataclass
class Observed:
    """The answers of the service. A missing answer is NO_ANSWER, None or empty.

    limit: the maximum number of rows in `sample`. beyond: the page after the total. last: the last row of the total.
    missing, no_route, nothing: an order, an address and a list that do not exist.
    ended: a list of issued orders with expired certificates. unusual_status: a list by an undocumented status.
    without_copies: a list of duplicates without any. by_copy: a list by the serial number of a duplicate.
    """

    today: date
    user: Row = field(default_factory=dict)
    account: Answer = NO_ANSWER
    sample: Answer = NO_ANSWER
    limit: int = 0
    beyond: Answer = NO_ANSWER
    last: Answer = NO_ANSWER
    renewed: Answer = NO_ANSWER
    not_renewed: Answer = NO_ANSWER
    migrated: Answer = NO_ANSWER
    certcentral: Answer = NO_ANSWER
    ended: Answer = NO_ANSWER
    unusual_status: Answer = NO_ANSWER
    missing: Answer = NO_ANSWER
    no_route: Answer = NO_ANSWER
    nothing: Answer = NO_ANSWER
    filters: dict[str, Filtered] = field(default_factory=dict)
    details: dict[int, Row] = field(default_factory=dict)
    # The lists of duplicates and reissues, each with its order (list row and details merged).
    duplicates: tuple[Row, Answer] | None = None
    reissues: tuple[Row, Answer] | None = None
    without_copies: Answer = NO_ANSWER
    by_copy: tuple[int, Answer] | None = None
    notes: tuple[int, Answer] | None = None
    changes: Answer = NO_ANSWER
    requests: Answer = NO_ANSWER
    requests_in_pages: Answer = NO_ANSWER
    requests_of_status: tuple[str, Answer] | None = None

    @property
    def rows(self) -> list[Row]:
        """All list rows, each order once."""
        lists = (self.sample, self.renewed, self.ended)
        return list({row.get("id"): row for answer in lists for row in answer.rows("orders")}.values())

    @property
    def orders(self) -> list[Row]:
        """All list rows, completed with the fields of the details that were read."""
        return [{**self.details.get(_id(row), {}), **row} for row in self.rows]


def _id(row: Row) -> int:
    return integer(row.get("id")) or 0


def _ids(answer: Answer) -> set[int]:
    return {_id(row) for row in answer.rows("orders")}


def certificate(row: Row) -> Row:
    """The certificate of an order, empty if it has none."""
    found = row.get("certificate")
    return found if isinstance(found, dict) else {}


def _day(value: Any) -> date | None:
    try:
        return date(*map(int, str(value)[:10].split("-")))
    except (TypeError, ValueError):
        return None


def _flag(value: bool) -> str:
    return "true" if value else "false"


# -- readers: each returns the observed value of a fact, empty if the account does not show it --------------------


def _container_visibility(reads: Observed) -> str:
    shown = reads.user.get("container_visibility")
    if not isinstance(shown, list) or not shown:
        return ""
    return "objects" if all(isinstance(item, dict) for item in shown) else "ids"


def _account_readable(reads: Observed) -> str:
    return {200: "true", 403: "false"}.get(reads.account.status, "")


def _rate_headers(reads: Observed) -> str:
    if not reads.sample.is_good:
        return ""
    answers = (reads.account, reads.sample, reads.missing, reads.nothing)
    return "some" if any(name.startswith(_RATE_HEADERS) for each in answers for name in each.headers) else "none"


def _page_total(reads: Observed) -> str:
    """Compare the total with the rows: rows after the total, or none at its end, prove that the total is wrong."""
    rows, total = len(reads.sample.rows("orders")), reads.sample.total
    if not rows or total is None:
        return ""
    if total < rows or reads.beyond.rows("orders"):
        return "too_small"
    if rows < reads.limit:
        return "too_large" if total > rows and reads.last.is_good and not reads.last.rows("orders") else "exact"
    return "too_large" if reads.last.is_good and not reads.last.rows("orders") else "exact"


def _is_renewed_filter_ignored(reads: Observed) -> bool:
    """Whether an order is in the lists of both values of the filter."""
    return bool(_ids(reads.renewed) & _ids(reads.not_renewed))


def _renewed_ids(reads: Observed) -> set[int]:
    """The ids of orders that count as renewed, by the flag, the status or the filter (2.2)."""
    shown = {_id(row) for row in reads.orders if boolean(row.get("is_renewed")) or row.get("status") == "renewed"}
    return shown if _is_renewed_filter_ignored(reads) else shown | _ids(reads.renewed)


def _list_row(reads: Observed) -> str:
    issued = [row for row in reads.rows if row.get("status") == "issued"]
    if not issued:
        return ""
    if any("valid_till" in certificate(row) for row in issued):
        return "full"
    return "other" if any("is_renewed" in row for row in reads.rows) else "sparse"


def _is_renewed_in(reads: Observed) -> str:
    if _list_row(reads) == "sparse":
        # Sparse rows lack other fields too, so a missing is_renewed proves nothing.
        return ""
    found = [reads.details[_id(row)] for row in reads.rows if _id(row) in reads.details]
    in_list = any("is_renewed" in row for row in reads.rows)
    in_detail = any("is_renewed" in detail for detail in found)
    if in_list and in_detail:
        return "both"
    if in_list:
        return "list" if found else ""
    if in_detail:
        return "detail"
    # False may be omitted, so only a renewed order proves that the field does not exist.
    return "nowhere" if _renewed_ids(reads) & set(reads.details) else ""


def _is_renewed_omitted(reads: Observed) -> str:
    renewed = _renewed_ids(reads)
    places: Sequence[Sequence[Row]] = (reads.rows, list(reads.details.values()))
    for rows in places:
        plain = [row for row in rows if _id(row) not in renewed]
        if any("is_renewed" in row for row in plain):
            return "false"
        if plain and any("is_renewed" in row for row in rows):
            return "true"
    return ""


def _renewed_shows_as(reads: Observed) -> str:
    renewed = _renewed_ids(reads)
    # A real renewal names the newer order and has the flag in any case. Only marks are of interest here.
    marked = [
        row
        for row in reads.orders
        if _id(row) in renewed and _id(row) in reads.details and not integer(row.get("renewed_order_id"))
    ]
    by_status = [row for row in marked if row.get("status") == "renewed"]
    if by_status:
        return "both" if any(boolean(row.get("is_renewed")) for row in by_status) else "status"
    return "flag" if any(boolean(row.get("is_renewed")) for row in marked) else ""


def _renewed_order_id(reads: Observed) -> str:
    found = [detail.get("renewed_order_id") for detail in reads.details.values()]
    if any(value is not None and not integer(value) for value in found):
        return "zero"
    return "absent" if any(value is None for value in found) else ""


def _bool_style(reads: Observed) -> str:
    names = ("is_renewed", "has_duplicates", "has_reissues", "is_renewal", "has_pending_request")
    objects = [*reads.rows, *reads.details.values()]
    kinds = {type(each[name]) for each in objects for name in names if each.get(name) is not None}
    words = {bool: "bool", str: "string", int: "int"}
    return words.get(kinds.pop(), "other") if len(kinds) == 1 else "mixed" if kinds else ""


def _dv_organization(reads: Observed) -> str:
    def is_dv(row: Row) -> bool:
        product = row.get("product")
        name = str(product.get("name_id") if isinstance(product, dict) else "")
        return "_dv" in name or row.get("organization") == []

    # Use list rows only: the details of a DV order can have an organization.
    shown = [row.get("organization") for row in reads.rows if is_dv(row)]
    if not shown:
        return ""
    if [] in shown:
        return "empty_list"
    return "object" if any(isinstance(each, dict) for each in shown) else "absent"


def _list_names(reads: Observed) -> str:
    words = set()
    for row in reads.rows:
        whole = certificate(reads.details.get(_id(row), {})).get("dns_names")
        if not isinstance(whole, list) or not whole:
            continue
        shown = certificate(row).get("dns_names", "")
        if shown is None:
            words.add("null")
        elif isinstance(shown, list):
            words.add("fewer" if len(shown) < len(whole) else "all")
        else:
            words.add("text" if shown else "absent")
    # An order with a single name can show all its names while others do not, so `all` is last.
    return next((word for word in ("null", "text", "absent", "fewer", "all") if word in words), "")


def _plan_flag(reads: Observed) -> str:
    def is_plan(row: Row) -> bool:
        order, own = _day(row.get("order_valid_till")), _day(certificate(row).get("valid_till"))
        return bool(order and own and order > own + timedelta(days=1))

    plans = [row.get("is_multi_year_plan") for row in reads.orders if is_plan(row)]
    return ("shown" if all(map(boolean, plans)) else "absent") if plans else ""


def _status_of_reissuable(reads: Observed) -> str:
    words = set()
    for row in reads.rows:
        order, own = _day(row.get("order_valid_till")), _day(certificate(row).get("valid_till"))
        # A day of tolerance for time zones.
        if order and own and order > reads.today and own < reads.today - timedelta(days=1):
            words.add(str(row.get("status")))
    return next((word for word in ("expired", "issued") if word in words), "")


def _certificate_id_before_issue(reads: Observed) -> str:
    found = [certificate(row) for row in reads.rows if row.get("status") in _NOT_ISSUED]
    found = [each for each in found if not each.get("serial_number")]
    return _flag(any(each.get("id") for each in found)) if found else ""


def _renewal_fields(reads: Observed) -> str:
    found = [detail.get("auto_renew") for detail in reads.details.values()]
    if any(value is None for value in found):
        return "absent"
    return "shown" if any(not integer(value) for value in found) else ""


def _notes_in_detail(reads: Observed) -> str:
    if any(detail.get("notes") for detail in reads.details.values()):
        return "true"
    return "false" if reads.notes and reads.notes[1].rows("notes") else ""


def _ignored_filters(reads: Observed) -> str:
    """The filters that return orders which do not match them."""
    tried = {name: not all(map(each.fits, each.answer.rows("orders"))) for name, each in _answered(reads)}
    if reads.renewed.is_good and reads.not_renewed.is_good and (_ids(reads.renewed) or _ids(reads.not_renewed)):
        tried["is_renewed"] = _is_renewed_filter_ignored(reads)
    if reads.nothing.is_good and reads.sample.rows("orders"):
        tried["id"] = bool(reads.nothing.rows("orders"))
    if not tried:
        return ""
    ignored = sorted(name for name, is_ignored in tried.items() if is_ignored)
    return "all" if len(ignored) == len(tried) > 2 else ",".join(ignored) or "none"


def _blind_filters(reads: Observed) -> str:
    """The filters that do not return the order from which their value was taken."""
    ignored = _ignored_filters(reads).split(",")
    tried = {
        name: each.order_id in _ids(each.answer)
        # If the page is full, the order can be on the next page.
        or len(each.answer.rows("orders")) >= reads.limit
        for name, each in _answered(reads)
        if name not in ignored and ignored != ["all"]
    }
    return ",".join(sorted(name for name, finds in tried.items() if not finds)) or "none" if tried else ""


def _answered(reads: Observed) -> Iterator[tuple[str, Filtered]]:
    return ((name, each) for name, each in reads.filters.items() if each.answer.is_good)


def _origin_filter(reads: Observed) -> str:
    answers = (reads.migrated, reads.certcentral)
    if not (reads.sample.rows("orders") and all(each.is_good for each in answers)) or _ignored_filters(reads) == "all":
        return ""
    migrated, others = map(_ids, answers)
    if migrated & others:
        return "ignored"
    return "works" if migrated | others else "empty"


def _unknown_status_filter(reads: Observed) -> str:
    ignored = _ignored_filters(reads).split(",")
    if "status" in ignored or "all" in ignored:
        return ""
    if reads.unusual_status.status == 400:
        return "refused"
    if not reads.unusual_status.is_good:
        return ""
    if reads.unusual_status.rows("orders"):
        return "matches"
    return "empty" if any(row.get("status") == "expired" for row in reads.sample.rows("orders")) else ""


def _empty_list(reads: Observed) -> str:
    return _shape_of_empty_list(reads.nothing, "orders")


def _empty_certificates(reads: Observed) -> str:
    return _shape_of_empty_list(reads.without_copies, "certificates")


def _shape_of_empty_list(answer: Answer, name: str) -> str:
    """The shape of a list without rows. name: the key of the rows."""
    if not answer.is_good or answer.rows(name):
        return ""
    if answer.data == []:
        return "bare_array"
    if not isinstance(answer.data, dict):
        return "other"
    return "key_absent" if name not in answer.data else "empty_array" if answer.data[name] == [] else "other"


def _error_body(reads: Observed) -> str:
    data = reads.missing.data
    if not 400 <= reads.missing.status < 500:
        return ""
    if not isinstance(data, dict):
        return "text"
    errors = data.get("errors")
    if isinstance(errors, list):
        return "list" if len(errors) == 1 else "several"
    if isinstance(errors, dict):
        return "object"
    return "plain" if {"error", "message"} <= set(data) else "other"


def _missing_order(reads: Observed) -> str:
    """Whether the 404 of a missing order names the order, on which the client relies (1.3)."""
    if not reads.missing.status or reads.missing.is_good or _error_body(reads) == "text":
        return ""
    is_named = "not_found|order" in (code for code, _message in problems(reads.missing.data))
    return "not_found|order" if is_named and reads.missing.status == 404 else "another answer"


def _missing_route(reads: Observed) -> str:
    """Whether the 404 of a wrong address can be mistaken for that of a missing object (1.3)."""
    if not reads.no_route.status:
        return ""
    codes = [code for code, _message in problems(reads.no_route.data)]
    is_object = bool(codes) and all(code in ("not_found|order", "not_found|certificate") for code in codes)
    return "another answer" if is_object or reads.no_route.is_good else "a refusal that names no object"


def _shape_of_copies(copies: tuple[Row, Answer] | None, name: str) -> str:
    """Compare a list of duplicates or reissues with its order. name: the field of the order that counts them."""
    if not copies or not copies[1].is_good:
        return ""
    order, answer = copies
    found, count = [item.get("id") for item in answer.rows("certificates")], integer(order.get(name)) or 0
    if not found:
        return "empty"
    if all(number == certificate(order).get("id") for number in found):
        return "repeats_primary"
    return "short" if len(found) < count else "whole"


def _duplicate_list(reads: Observed) -> str:
    return _shape_of_copies(reads.duplicates, "duplicates_count")


def _reissue_list(reads: Observed) -> str:
    return _shape_of_copies(reads.reissues, "reissues_count")


def _reissue_list_has_primary(reads: Observed) -> str:
    if not reads.reissues or _reissue_list(reads) in ("", "empty", "repeats_primary"):
        return ""
    order, answer = reads.reissues
    return _flag(certificate(order).get("id") in [item.get("id") for item in answer.rows("certificates")])


def _copy_names(reads: Observed) -> str:
    lists = [each[1].rows("certificates") for each in (reads.duplicates, reads.reissues) if each]
    found = [item for rows in lists for item in rows]
    if not found:
        return ""
    if any("dns_names" in item and item["dns_names"] is None for item in found):
        return "null"
    return "all" if any("common_name" in item or "dns_names" in item for item in found) else "absent"


def _certificate_filters(reads: Observed) -> str:
    if not reads.by_copy or not reads.by_copy[1].is_good or "serial_number" in _ignored_filters(reads).split(","):
        return ""
    if _ignored_filters(reads) == "all":
        return ""
    order_id, answer = reads.by_copy
    return "all" if order_id in _ids(answer) else "primary"


def _status_changes_rows(reads: Observed) -> str:
    found = [row.get("order_id") for row in reads.changes.rows("orders")]
    return ("each" if len(found) > len(set(found)) else "latest") if found else ""


def _status_changes_certificate(reads: Observed) -> str:
    found = [row for row in reads.changes.rows("orders") if not row.get("certificate_id")]
    if not found:
        return ""
    values = [row.get("certificate_id", "absent") for row in found]
    return "null" if None in values else "zero" if 0 in values else "absent" if "absent" in values else "other"


def _request_list_paging(reads: Observed) -> str:
    if not reads.requests.rows("requests"):
        return ""
    if "page" not in (reads.requests.data or {}):
        return "whole_without_page"
    return {200: "paged", 400: "whole"}.get(reads.requests_in_pages.status, "")


def _request_type_spelling(reads: Observed) -> str:
    types = [str(row.get("type")) for row in reads.requests.rows("requests")]
    return "space" if any(" " in each for each in types) else "underscore" if any("_" in each for each in types) else ""


def _other_filters(reads: Observed) -> str:
    if not reads.requests_of_status or not reads.requests_of_status[1].is_good:
        return ""
    status, answer = reads.requests_of_status
    return "works" if all(row.get("status") == status for row in answer.rows("requests")) else "ignored"


# -- evaluation --------------------


class Fact(NamedTuple):
    """A service fact that an account can show.

    name: of the simulator's switch if has_switch. section: of docs/development/reference/certcentral.md.
    read: returns the observed value. expected: the value that the collection assumes.
    handled: other values with which the collection is tested; None for any value.
    avoid: the features to avoid with every other value.
    """

    name: str
    text: str
    section: str
    read: Callable[[Observed], str]
    expected: str
    handled: tuple[str, ...] | None = ()
    avoid: str = "the digicert_* modules, until the difference is understood"
    has_switch: bool = True


FACTS = (
    Fact("container_visibility", "containers of the user", "6", _container_visibility, "ids", ("objects",)),
    Fact("account_readable", "the account can be read", "6", _account_readable, "true", ("false",)),
    Fact("rate_headers", "headers about the rate limit", "1.4", _rate_headers, "none", None, "", has_switch=False),
    Fact("page_total", "total of a list", "3", _page_total, "exact", ("too_small", "too_large")),
    Fact("list_row", "rows of a list have the dates and is_renewed", "3", _list_row, "full", ("sparse",), _MARKS),
    Fact("is_renewed_in", "answers that contain is_renewed", "2.2", _is_renewed_in, "both", ("list", "detail"), _MARKS),
    Fact(
        "is_renewed_omitted_when_false",
        "is_renewed is omitted if false",
        "2.2",
        _is_renewed_omitted,
        "false",
        ("true",),
        _MARKS,
    ),
    Fact(
        "renewed_shows_as",
        "fields that show a renewed mark",
        "2.2",
        _renewed_shows_as,
        "flag",
        ("status", "both"),
        _MARKS,
    ),
    Fact(
        "renewed_order_id_when_none",
        "renewed_order_id without a successor",
        "2.1",
        _renewed_order_id,
        "absent",
        ("zero",),
        _MARKS,
    ),
    Fact("bool_style", "form of boolean values", "2.1", _bool_style, "bool", ("string", "int", "mixed")),
    Fact(
        "dv_organization",
        "organization of DV orders in lists",
        "2.1",
        _dv_organization,
        "empty_list",
        ("object", "absent"),
    ),
    Fact(
        "list_names",
        "names in rows of a list",
        "3",
        _list_names,
        "all",
        ("fewer", "null", "absent", "text"),
        "decommission_domain",
    ),
    Fact("plan_flag", "flag of annual plans", "8", _plan_flag, "absent", ("shown",), "decommission_domain"),
    Fact(
        "status_of_reissuable",
        "status of a plan whose certificate has expired",
        "8",
        _status_of_reissuable,
        "issued",
        ("expired",),
        "decommission_domain",
    ),
    Fact(
        "certificate_id_before_issue",
        "certificate id before the issuance",
        "2.1",
        _certificate_id_before_issue,
        "false",
        ("true",),
        "cancel_stale_orders",
    ),
    Fact(
        "renewal_fields_when_off",
        "renewal settings that are off",
        "2.1",
        _renewal_fields,
        "shown",
        ("absent",),
        "digicert_order_renewal",
    ),
    Fact(
        "notes_in_detail",
        "notes in the detail of an order",
        "2.1",
        _notes_in_detail,
        "true",
        ("false",),
        "digicert_order_note",
    ),
    Fact("ignore_filters", "filters of the list that are ignored", "3", _ignored_filters, "none", None, ""),
    Fact(
        "blind_filters",
        "filters of the list that do not find a matching order",
        "3",
        _blind_filters,
        "none",
        (),
        "these filters, in digicert_order_info, in the inventory plugin and in decommission_domain",
        has_switch=False,
    ),
    Fact(
        "origin_filter",
        "origin filter of the list",
        "2.2",
        _origin_filter,
        "works",
        (),
        f"{_MARKS}, because the migrated orders are unknown",
    ),
    Fact(
        "unknown_status_filter",
        "status filter with a value that is not documented",
        "2.2",
        _unknown_status_filter,
        "matches",
        ("refused", "empty"),
    ),
    Fact("empty_list", "list without results", "3", _empty_list, "key_absent", ("empty_array", "bare_array")),
    Fact("error_body", "form of an error", "1.2", _error_body, "list", ("object", "several", "plain"), _MISSING),
    Fact(
        "missing_order",
        "404 of an order that does not exist",
        "1.3",
        _missing_order,
        "not_found|order",
        (),
        _MISSING,
        has_switch=False,
    ),
    Fact(
        "missing_route",
        "404 of an address that does not exist",
        "1.3",
        _missing_route,
        "a refusal that names no object",
        (),
        "missing: ok, because a wrong api_url looks like a missing order",
        has_switch=False,
    ),
    Fact(
        "duplicate_list",
        "list of duplicates",
        "4.7",
        _duplicate_list,
        "whole",
        ("repeats_primary", "short", "empty"),
        "digicert_certificate_revoke",
    ),
    Fact(
        "reissue_list",
        "list of reissues",
        "4.7",
        _reissue_list,
        "whole",
        ("repeats_primary", "short", "empty"),
        "digicert_certificate_revoke",
    ),
    Fact(
        "reissue_list_has_primary",
        "the list of reissues has the present certificate",
        "4.7",
        _reissue_list_has_primary,
        "false",
        ("true",),
    ),
    Fact(
        "copy_names",
        "names in lists of reissues and duplicates",
        "4.7",
        _copy_names,
        "all",
        ("null", "absent"),
        "decommission_domain",
    ),
    Fact(
        "empty_certificates",
        "list of duplicates without any",
        "4.7",
        _empty_certificates,
        "empty_array",
        ("key_absent", "bare_array"),
        "digicert_certificate_revoke",
    ),
    Fact(
        "certificate_filters_find", "certificates that the filters find", "3", _certificate_filters, "primary", ("all",)
    ),
    Fact(
        "status_changes_rows",
        "rows of the list of changes",
        "4.5",
        _status_changes_rows,
        "latest",
        ("each",),
        "the event source certcentral_orders",
    ),
    Fact(
        "status_changes_certificate_when_none",
        "changes of orders without a certificate",
        "4.5",
        _status_changes_certificate,
        "absent",
        ("null", "zero"),
        "the event source certcentral_orders",
    ),
    Fact(
        "request_list_paging",
        "pages of the list of requests",
        "4.3",
        _request_list_paging,
        "paged",
        ("whole", "whole_without_page"),
        "digicert_request_info without an id",
    ),
    Fact("request_type_spelling", "types of requests", "4.3", _request_type_spelling, "underscore", ("space",)),
    Fact("other_filters", "status filter of the list of requests", "4.3", _other_filters, "works", ("ignored",)),
)


def judged(reads: Observed) -> list[dict[str, str]]:
    """Evaluate all facts: the expected and the observed value, the result, and the switch of the simulator."""
    return [_evaluated(fact, fact.read(reads)) for fact in FACTS]


def _evaluated(fact: Fact, found: str) -> dict[str, str]:
    if not found:
        result = UNTESTED
    elif found == fact.expected:
        result = AS_EXPECTED
    else:
        is_handled = fact.handled is None or found in fact.handled
        result = DIFFERENT if is_handled else CONTRADICTION
    is_switch = fact.has_switch and result in (DIFFERENT, CONTRADICTION) and found not in ("other", "mixed", "nowhere")
    return {
        "fact": fact.name,
        "description": fact.text,
        "section": fact.section,
        "expected": fact.expected,
        "seen": found,
        "result": result,
        "switch": f"certcentral.{fact.name}={found}" if is_switch else "",
        "avoid": fact.avoid if result == CONTRADICTION else "",
    }


def with_result(facts: Iterable[Mapping[str, str]], result: str) -> list[Mapping[str, str]]:
    """The facts with this result."""
    return [fact for fact in facts if fact["result"] == result]


def summary(facts: Sequence[Mapping[str, str]]) -> str:
    """The number of facts by result, and the features to avoid, as one message."""
    avoid = [f"{fact['fact']}: do not use {fact['avoid']}" for fact in with_result(facts, CONTRADICTION)]
    return "; ".join([_counts(facts), *avoid])


def lines(facts: Sequence[Mapping[str, str]]) -> list[str]:
    """The facts as a text table, grouped by result, contradictions first."""
    columns = ("fact", "expected", "seen", "switch")
    head = dict(zip(columns, ("FACT", "EXPECTED", "OBSERVED", "SWITCH OF THE SIMULATOR")))
    widths = [max(len(row[column]) for row in [head, *facts]) + 2 for column in columns]
    table: list[str] = []
    for result, title in reversed(_RESULT_WORDS):
        found = with_result(facts, result)
        if not found:
            continue
        table.append(f"{title} ({len(found)}):")
        for row in [head, *found]:
            cells = [row[column].ljust(width) for column, width in zip(columns, widths)]
            table.append(f"  {''.join(cells)}".rstrip())
        table += [f"  {row['fact']}: do not use {row['avoid']}" for row in found if row["avoid"]]
    return [*table, _counts(facts)]


def _counts(facts: Sequence[Mapping[str, str]]) -> str:
    counts = [(len(with_result(facts, result)), word) for result, word in reversed(_RESULT_WORDS)]
    return f"{len(facts)} facts: {', '.join(f'{count} {word}' for count, word in counts)}"


# The results in words, in the reverse order of the table.
_RESULT_WORDS = (
    (UNTESTED, "not tested"),
    (AS_EXPECTED, "as expected"),
    (DIFFERENT, "different and handled"),
    (CONTRADICTION, "contradicted"),
)
