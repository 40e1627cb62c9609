# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Client of the DigiCert CertCentral Services API v2.

Only this file has the URLs and parameters of the API; models.py parses its JSON. The client neither decides whether a
change is allowed (policy.py) nor repeats a request (the transport). Section numbers in comments refer to
docs/development/reference/certcentral.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import ApiError, Denied, NotFound, Refused, Unreadable
from .._common.providers import CERTCENTRAL, PROVIDERS
from .._http.connection import connection
from .._http.transport import open_transport
from .models import (
    DETAILS,
    ORIGIN,
    ROW,
    Account,
    Certificate,
    Domain,
    Note,
    Order,
    Request,
    StatusChange,
    User,
    merged,
    read_account,
    read_certificate,
    read_domain,
    read_notes,
    read_order,
    read_request,
    read_status_change,
    read_user,
)
from .paging import PAGE, SERVICE, Item, Page, may_go_on, rows_of, total_of, walk_pages

if TYPE_CHECKING:
    from .._common.context import Context
    from .._common.outcomes import Decision
    from .._http.retry import RateLimitBudget
    from .._http.transport import Transport

# Base URLs by region (docs/development/reference/certcentral.md 1.1).
REGIONS = {"us": "https://www.digicert.com/services/v2", "eu": "https://certcentral.digicert.eu/services/v2"}
# Requests/seconds of both rolling windows (docs/development/reference/certcentral.md 1.4).
RATE_LIMIT = "100/5, 1000/180"
# Error codes of a 404 which mean that the object of the path does not exist (1.3). Every other 404, such as
# not_found|route or not_found, means a wrong address.
_NO_ORDER = ("not_found|order",)
_NO_CERTIFICATE = ("not_found|certificate", "not_found|order")
_NO_REQUEST = ("not_found|request",)
_NO_DOMAIN = ("not_found|domain",)
# The path values for on and off are not known (4.6). The client uses the first pair that the service accepts, and every
# caller reads the order again to verify the setting.
RENEWAL_EMAILS = (("on", "off"), ("enable", "disable"), ("enabled", "disabled"), ("true", "false"), ("1", "0"))
# The last parameter makes the expiration of domain control a time; without it, it is a date in Mountain Time (5).
_DOMAIN_DETAILS = (
    ("include_validation", "true"),
    ("include_dcv", "true"),
    ("include_dcv_expiration_time", "true"),
)


class CertCentral:
    """One method for each API call, and the reads of orders that a run needs (see `Reader` in _runtime/protocols.py).

    An object can be shared by threads. Every method that sends a request raises ApiError or Stopped.
    """

    # Fetching the details costs a request for each order. ROW and ORIGIN are fetched for many orders at once.
    ONE_BY_ONE = frozenset([DETAILS])

    def __init__(self, transport: Transport) -> None:
        self._http = transport
        # The ids of orders whose origin was read, and of those that the origin filter returned as migrated.
        self._origin_read_ids: set[int] = set()
        self._migrated_ids: set[int] = set()
        # None until _with_origin has tested the filter.
        self._origin_filter_works: bool | None = None
        # The pair of RENEWAL_EMAILS that the service has accepted, None before the first success.
        self._renewal_emails: tuple[str, str] | None = None
        # Warnings for the result of the task: lists with fewer items than they announced.
        self.warnings: list[str] = []

    def __enter__(self) -> CertCentral:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    @property
    def transport(self) -> Transport:
        return self._http

    # -- calls, one method each ------------------------------------------------------------------------------------

    def order(self, order_id: int) -> Order:
        """Read one order: GET /order/certificate/{id} (2.1). Raises NotFound."""
        what = f"read order {order_id}"
        data = self._http.read(what, ("order", "certificate", order_id), absent=_NO_ORDER)
        order = read_order(data, DETAILS)
        # Never decide on, or write to, another order than the requested one.
        if order is None or order.id != order_id:
            raise _unexpected_answer(what)
        return order

    def page(
        self, filters: Sequence[tuple[str, object]], *, limit: int = PAGE, offset: int = 0
    ) -> tuple[list[Order], int | None]:
        """Read one page of the list of orders, oldest order first: GET /order/certificate (3).

        filters: (name, value) pairs; several values of one name are alternatives. limit, offset: in orders.
        Returns the orders, and the total of the list, None if the answer has none.
        """
        # A fixed sort order keeps the offsets of pages stable: new orders are added at the end.
        query = [*_filters(filters), ("sort", "order_id"), ("limit", limit), ("offset", offset)]
        return self._read_page("orders", ("order", "certificate"), query, lambda row: read_order(row, ROW))

    def pages(self, filters: Sequence[tuple[str, object]] = (), *, limit: int = PAGE) -> Iterator[Order]:
        """Yield every order that the service returns for the filters, each once; arguments as for `page`."""
        # An order can drop out of a filtered list while its pages are read, which moves later rows up. Only then must
        # pages overlap: an order never leaves the account.
        fetch = partial(self._orders_at, filters, limit)
        yield from walk_pages(fetch, overlap=bool(filters), limit=limit, short=partial(self._warn_incomplete, "orders"))

    def _orders_at(self, filters: Sequence[tuple[str, object]], limit: int, offset: int) -> Page[Order]:
        return self.page(filters, limit=limit, offset=offset)

    def _warn_incomplete(self, name: str, count: int, total: int) -> None:
        """Add a warning that a list ended before its announced total was read."""
        warning = f"the list of {name} is incomplete: {SERVICE} announces {total} and returns {count}; try again later"
        # Repeated reads of one list must not repeat the warning.
        if warning not in self.warnings:
            self.warnings.append(warning)

    def status_changes(self, seconds: int) -> tuple[list[StatusChange], bool]:
        """Read the recent status changes of orders: GET /order/certificate/status-changes (4.5).

        seconds: how far back, 7 days at most. Returns the changes, and whether the answer is complete: False if it
        announces more rows than it has. Whether this list has pages is not known.
        """
        path = ("order", "certificate", "status-changes")
        data = self._read_list("list status changes", path, [("seconds", seconds)])
        rows, total = rows_of(data, "orders"), total_of(data)
        return [change for change in map(read_status_change, rows) if change], total is None or total <= len(rows)

    def change_status(
        self,
        order: Order,
        _decision: Decision,
        *,
        target: str,
        note: str | None,
        fresh_until: float,
        budget: RateLimitBudget,
    ) -> None:
        """Change the status of an order: PUT /order/certificate/{id}/status (4.1, 9).

        target: canceled, renewed or not_renewed, in lower case. note: required for canceled.
        fresh_until, budget: see `Transport.write`, also for every other change in this class.
        """
        what = f"set order {order.id} to {target}"
        answer = self._http.write(
            what,
            "PUT",
            ("order", "certificate", order.id, "status"),
            # An empty note is left out: a note is required for canceled only.
            {"status": target, **({"note": note} if note else {})},
            fresh_until=fresh_until,
            budget=budget,
            absent=_NO_ORDER,
        )
        _expect_empty(what, answer)

    def revoke(
        self,
        path: Sequence[object],
        what: str,
        *,
        reason: str,
        comments: str,
        skip_approval: bool,
        fresh_until: float,
        budget: RateLimitBudget,
    ) -> Request | None:
        """Revoke an order or one certificate, or file a request to revoke (4.2).

        PUT /order/certificate/{id}/revoke or PUT /certificate/{certificate}/revoke.
        path: from `order_path` or `certificate_path`. what: the action for messages, such as "revoke order 123".
        Returns the filed request, None if the service revoked at once.
        """
        body = {"comments": comments, "revocation_reason": reason, "skip_approval": skip_approval}
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_CERTIFICATE)
        answer = write(what, "PUT", (*path, "revoke"), body)
        request = read_request(answer)
        # The answer is empty after a revocation, and a request otherwise (4.2). Reject anything else.
        if answer and not request:
            _expect_empty(what, answer)
        # Whether the service stores `comment` or `comments` is not known (4.2). The answer repeats the stored text.
        kept = str(answer.get("comments") or "").split() == comments.split()
        return request and replace(request, is_comment_kept=kept)

    def reissues(self, order_id: int) -> list[Certificate]:
        """Read the reissues of an order: GET /order/certificate/{id}/reissue (4.7). Raises NotFound."""
        return self._certificates(order_id, "reissue")

    def duplicates(self, order_id: int) -> list[Certificate]:
        """Read the duplicates of an order: GET /order/certificate/{id}/duplicate (4.7). Raises NotFound."""
        return self._certificates(order_id, "duplicate")

    def _certificates(self, order_id: int, kind: str) -> list[Certificate]:
        path = ("order", "certificate", order_id, kind)
        # The default omits archived certificates, but a revocation of the order ends them too (4.7).
        archived = [("show_archived", "true")]
        data = self._read_list(f"list the {kind}s of order {order_id}", path, archived, absent=_NO_ORDER)
        return [read_certificate(item) for item in rows_of(data, "certificates")]

    def request(self, request_id: int) -> Request:
        """Read one request: GET /request/{id} (4.3). Raises NotFound."""
        what = f"read request {request_id}"
        request = read_request(self._http.read(what, ("request", request_id), absent=_NO_REQUEST))
        if request is None or request.id != request_id:
            raise _unexpected_answer(what)
        return request

    def requests(self, status: str | None = None) -> Iterator[Request]:
        """Yield the requests of one status or of all, each once: GET /request (4.3).

        The service can ignore the status filter, so the caller must filter again. There is no filter by type, because
        its spelling of types is not known.
        """
        # No source describes pages of this list (4.3). The first request has no limit and no offset, and further
        # requests follow only if the total announces more rows.
        filters = [("filters[status]", status)] if status else []
        size = PAGE

        def page(offset: int) -> Page[Request]:
            nonlocal size
            query = [*filters, *([("limit", size), ("offset", offset)] if offset else [])]
            # Without a total the list counts as complete.
            rows, total = self._read_page("requests", ("request",), query, read_request)
            # The first answer shows the page size of the service, which becomes the limit of further requests.
            size = size if offset else max(1, len(rows))
            return rows, offset + len(rows) if total is None else total

        yield from walk_pages(page, overlap=True, short=partial(self._warn_incomplete, "requests"))

    def settle_request(
        self,
        request: Request,
        *,
        status: str,
        comment: str | None,
        fresh_until: float,
        budget: RateLimitBudget,
    ) -> None:
        """Approve or reject a request: PUT /request/{id}/status (4.3). status: approved or rejected."""
        what = f"set request {request.id} to {status}"
        body = {"status": status, **({"processor_comment": comment} if comment else {})}
        path = ("request", request.id, "status")
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_REQUEST)
        _expect_empty(what, write(what, "PUT", path, body))

    def notes(self, order_id: int) -> tuple[Note, ...]:
        """Read the notes of an order: GET /order/certificate/{id}/note (4.4). Raises NotFound."""
        path = ("order", "certificate", order_id, "note")
        data = self._read_list(f"list the notes of order {order_id}", path, absent=_NO_ORDER)
        # Raises if `notes` is not a list, which read_notes would take for an order without notes.
        rows_of(data, "notes")
        return read_notes(data)

    def add_note(self, order_id: int, text: str, *, fresh_until: float, budget: RateLimitBudget) -> None:
        """Add a note to an order: POST /order/certificate/{id}/note (4.4)."""
        path = ("order", "certificate", order_id, "note")
        what = f"add a note to order {order_id}"
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_ORDER)
        write(what, "POST", path, {"text": text})

    def set_renewal_emails(self, order_id: int, on: bool, *, fresh_until: float, budget: RateLimitBudget) -> None:
        """Switch renewal e-mails: PUT /order/certificate/{id}/renewal-emails/{status} (4.6).

        Tries each pair of RENEWAL_EMAILS until the service accepts one, and remembers that pair.
        """
        what = f"turn {'on' if on else 'off'} the renewal emails of order {order_id}"
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_ORDER)
        # After the first success, only the accepted pair is used.
        spellings = [self._renewal_emails] if self._renewal_emails else list(RENEWAL_EMAILS)
        for spelling in spellings:
            path = ("order", "certificate", order_id, "renewal-emails", spelling[0 if on else 1])
            try:
                answer = write(what, "PUT", path, None)
            except Denied:
                # The key lacks the permission, so another spelling cannot help.
                raise
            except Refused:
                # A refusal can mean a wrong spelling or another problem; report the last one.
                if spelling == spellings[-1]:
                    raise
            else:
                _expect_empty(what, answer)
                self._renewal_emails = spelling
                return

    def set_auto_reissue(self, order_id: int, on: bool, *, fresh_until: float, budget: RateLimitBudget) -> None:
        """Switch the automatic reissue: PUT /order/certificate/{id}/auto-reissue (4.6)."""
        what = f"turn {'on' if on else 'off'} the automatic reissue of order {order_id}"
        path = ("order", "certificate", order_id, "auto-reissue")
        # The API takes 0 or 1, not a boolean.
        body = {"auto_reissue": int(on)}
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_ORDER)
        _expect_empty(what, write(what, "PUT", path, body))

    def set_renewal_message(self, order_id: int, text: str, *, fresh_until: float, budget: RateLimitBudget) -> None:
        """Set the text of renewal e-mails: PUT /order/certificate/{id}/custom-renewal-message (4.6)."""
        what = f"set the renewal message of order {order_id}"
        path = ("order", "certificate", order_id, "custom-renewal-message")
        body = {"custom_renewal_message": text}
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_ORDER)
        _expect_empty(what, write(what, "PUT", path, body))

    def domain(self, domain_id: int) -> Domain:
        """Read one domain: GET /domain/{id} (5). Raises NotFound."""
        what = f"read domain {domain_id}"
        domain = read_domain(self._http.read(what, ("domain", domain_id), _DOMAIN_DETAILS, absent=_NO_DOMAIN))
        if domain is None or domain.id != domain_id:
            raise _unexpected_answer(what)
        return domain

    def domains(
        self, container_id: int | None = None, *, is_active: bool | None = None, search: str = ""
    ) -> Iterator[Domain]:
        """Yield the domains of one container or of all, in one state or in any, each once: GET /domain (5).

        search: a text for the search filter of the service. Whether it finds parts of names, and whether the filters
        always work, is not known (5). So the caller must filter again, and an empty result proves nothing.
        """
        # container_id is a parameter of its own, and the other two are filters (5).
        filters: list[tuple[str, object]] = [] if container_id is None else [("container_id", container_id)]
        filters += [] if is_active is None else [("filters[status]", "active" if is_active else "inactive")]
        filters += [("filters[search]", search)] if search else []

        def page(offset: int) -> Page[Domain]:
            query = [*_DOMAIN_DETAILS, *filters, ("limit", PAGE), ("offset", offset)]
            return self._read_page("domains", ("domain",), query, read_domain)

        yield from walk_pages(page, overlap=True, short=partial(self._warn_incomplete, "domains"))

    def set_domain(self, domain: Domain, *, active: bool, fresh_until: float, budget: RateLimitBudget) -> None:
        """Activate or deactivate a domain: PUT /domain/{id}/activate, PUT /domain/{id}/deactivate (5)."""
        verb = "activate" if active else "deactivate"
        what = f"{verb} domain {domain.name}"
        path = ("domain", domain.id, verb)
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_DOMAIN)
        _expect_empty(what, write(what, "PUT", path, None))

    def me(self) -> User:
        """Read the user of the API key: GET /user/me (6)."""
        return read_user(self._http.read("read the user of the API key", ("user", "me")))

    def account(self) -> Account:
        """Read the account of the API key: GET /account (6)."""
        return read_account(self._http.read("read the account", ("account",)))

    def readable_account(self) -> dict[str, Any]:
        """The facts of the account; empty for a restricted key, which cannot read it: the user has the account id."""
        try:
            return self.account().shown()
        except Denied:
            return {}

    def _read_page(
        self,
        name: str,
        path: Sequence[object],
        query: Sequence[tuple[str, object]],
        read: Callable[[Any], Item | None],
    ) -> Page[Item]:
        """Read one page of the list `name`: its items without the rows that `read` cannot parse, and its total."""
        data = self._read_list(f"list {name}", path, query)
        return [item for item in map(read, rows_of(data, name)) if item], total_of(data)

    def _read_list(
        self,
        what: str,
        path: Sequence[object],
        query: Sequence[tuple[str, object]] = (),
        *,
        absent: Sequence[str] = (),
    ) -> dict[str, Any]:
        """GET a list. An empty answer may be [] instead of an object, like the organization of a DV order (2.1)."""
        return self._http.read(what, path, query, absent=absent, may_be_list=True)

    # -- reads of a run: the protocol `Reader` ---------------------------------------------------------------------

    def read(self, order_ids: Sequence[int], *, for_mark: bool = False) -> dict[int, Order]:
        """Read orders by id: list rows for several ids, the details for one. Orders that do not exist are left out.

        for_mark: read a single order with the origin filter first. A mark needs the origin of the order, and this saves
        a second request.
        """
        if len(order_ids) > 1:
            return self._read_rows(order_ids)
        # The filter returns the order only if it is migrated. Otherwise read the order by its id.
        if for_mark:
            migrated = self._read_migrated(order_ids)
            if migrated:
                return migrated
        try:
            return {order_id: self.order(order_id) for order_id in order_ids}
        except NotFound:
            return {}

    def fetch_fact(self, required_fact: str, orders: Sequence[Order]) -> dict[int, Order]:
        """Read one more fact of orders, and return the completed orders by id.

        required_fact: DETAILS, ROW or ORIGIN.
        """
        if required_fact == ORIGIN:
            return self._with_origin(orders)
        if required_fact == ROW:
            rows = self._read_rows([order.id for order in orders])
            return {order.id: merged(order, rows.get(order.id), ROW) for order in orders}
        if required_fact == DETAILS:
            return {order.id: merged(self.order(order.id), order, DETAILS) for order in orders}
        raise ValueError(f"unknown fact: {required_fact}")

    def account_id(self) -> int | None:
        """The id of the account of the API key, None if the service does not answer with one."""
        try:
            return self.me().account_id
        except ApiError:
            return None

    def account_label(self) -> str:
        """The account of the API key for messages. A failed read does not fail the task."""
        account = self.account_id()
        return f"account {account}" if account else "the account of the API key"

    def _read_rows(self, order_ids: Sequence[int], **filters: str) -> dict[int, Order]:
        """Read the list rows of these ids, by id."""
        pairs: list[tuple[str, object]] = [("id", order_id) for order_id in order_ids]
        wanted, limit = set(order_ids), len(order_ids)
        rows, total = self.page([*pairs, *filters.items()], limit=limit)
        # The service can ignore the id filter (3), so drop other orders, and read a second page if one may exist.
        found = {row.id: row for row in rows if row.id in wanted}
        if len(found) < len(wanted) and may_go_on(len(rows), 0, total, limit):
            more, _total = self.page([*pairs, *filters.items()], limit=limit, offset=len(rows))
            found.update({row.id: row for row in more if row.id in wanted})
        return found

    def _read_migrated(self, order_ids: Sequence[int]) -> dict[int, Order]:
        """Read which of these orders the origin filter returns as migrated (2.2), and remember the answer."""
        migrated = self._read_rows(order_ids, origin="migrated")
        self._origin_read_ids.update(order_ids)
        self._migrated_ids.update(migrated)
        return migrated

    def _with_origin(self, orders: Sequence[Order]) -> dict[int, Order]:
        """Set is_migrated of these orders; None if the origin filter does not work for this account (2.2)."""
        unread = [order.id for order in orders if order.id not in self._origin_read_ids]
        if unread:
            self._read_migrated(unread)
        migrated = [order.id for order in orders if order.id in self._migrated_ids]
        if migrated and self._origin_filter_works is None:
            # Test the filter once: a service that ignores the filter returns a migrated order for either origin.
            self._origin_filter_works = not self._read_rows(migrated, origin="certcentral")
        works = self._origin_filter_works
        # An order that the filter does not return as migrated is not migrated, whether the filter works or not.
        return {
            order.id: replace(
                order,
                is_migrated=order.id in self._migrated_ids if works or order.id not in self._migrated_ids else None,
                seen=order.seen | {ORIGIN},
            )
            for order in orders
        }


def connect(params: Mapping[str, Any], context: Context, *, writes: bool) -> CertCentral:
    """Create a client from the options of a task.

    writes: whether the task sends changes. Raises OptionError or LibraryMissing.
    """
    settings = connection(
        params,
        context.environ,
        task_environ=context.task_environ,
        prefix=PROVIDERS[CERTCENTRAL].prefix,
        regions=REGIONS,
        rate_limit=RATE_LIMIT,
        writes=writes,
    )
    # Register the key for redaction before the first request.
    context.secrets.append(settings.api_key)
    return CertCentral(open_transport(SERVICE, settings, context, {"X-DC-DEVKEY": settings.api_key}, _advise))


def _advise(status: int, codes: Sequence[str]) -> str:
    """The next step after the service refused the API key, empty if the cause is another one (1.2, 1.3)."""
    # The service answers 403 with this code for an invalid key. A proxy may answer 401 (1.2).
    if status == 401 or any(code.startswith("access_denied|access_denied_invalid_key") for code in codes):
        return (
            "check api_key (or DIGICERT_API_KEY in the environment), and whether the key was revoked; check region or "
            "api_url, because a key is valid only in the region (us or eu) where it was created"
        )
    if "access_denied|missing_permission" in codes:
        return "the role of the API key or of its user does not permit this action: use a key with another role"
    return ""


def _filters(filters: Sequence[tuple[str, object]]) -> Iterator[tuple[str, object]]:
    """Query parameters of list filters: filters[x]=a, or filters[x][0]=a&filters[x][1]=b for several values (3)."""
    values: dict[str, list[object]] = {}
    for name, value in filters:
        values.setdefault(name, []).append(value)
    for name, alternatives in values.items():
        if len(alternatives) == 1:
            yield f"filters[{name}]", alternatives[0]
        else:
            yield from ((f"filters[{name}][{index}]", value) for index, value in enumerate(alternatives))


def order_path(order_id: int) -> tuple[object, ...]:
    """The path of an order with all its certificates, for `revoke`."""
    return ("order", "certificate", order_id)


def certificate_path(certificate: int | str) -> tuple[object, ...]:
    """The path of one certificate, by its id or serial number, for `revoke`."""
    return ("certificate", certificate)


def _expect_empty(what: str, answer: Mapping[str, Any]) -> None:
    """Raise Unreadable unless the answer to a change is empty, as the API documents it."""
    if answer:
        raise Unreadable(f"{SERVICE} gave an unexpected answer to the request to {what}", 200, "unreadable")


def _unexpected_answer(what: str) -> Unreadable:
    """The error for an answer without the requested object."""
    message = f"{SERVICE} gave an unexpected answer to the request to {what}: the answer does not contain this object"
    return Unreadable(message, 200, "unreadable")
