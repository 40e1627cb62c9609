# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""DigiCert CertCentral's Services API v2: the only file that knows its URLs, parameters and JSON.

Facts are from docs/development/reference/certcentral.md, cited by section. Nothing is decided here and nothing
repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import ApiError, Denied, NotFound, Refused, Unreadable
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

# docs/development/reference/certcentral.md 1.1
REGIONS = {"us": "https://www.digicert.com/services/v2", "eu": "https://certcentral.digicert.eu/services/v2"}
# docs/development/reference/certcentral.md 1.4
RATE_LIMIT = "100/5, 1000/180"
# The error codes of a 404 which say that the object of a path is missing (1.3); not_found|route, or not_found alone,
# is that of a wrong address.
_NO_ORDER = ("not_found|order",)
_NO_CERTIFICATE = ("not_found|certificate", "not_found|order")
_NO_REQUEST = ("not_found|request",)
_NO_DOMAIN = ("not_found|domain",)
# How the path spells "on" and "off" is not known (4.6): the first pair that is not refused counts, and every caller
# reads the order again to see that it did what it says.
RENEWAL_EMAILS = (("on", "off"), ("enable", "disable"), ("enabled", "disabled"), ("true", "false"), ("1", "0"))
# Without the last one the expiry of domain control is a date in Mountain Time (5).
_DOMAIN_DETAILS = (
    ("include_validation", "true"),
    ("include_dcv", "true"),
    ("include_dcv_expiration_time", "true"),
)


class CertCentral:
    """The calls, for any number of threads. Each raises ApiError or Stopped."""

    ONE_BY_ONE = frozenset([DETAILS])

    def __init__(self, transport: Transport) -> None:
        self._http = transport
        # Orders whose origin was asked for, and those of them that the list said are migrated.
        self._origin_was_read: set[int] = set()
        self._claimed: set[int] = set()
        self._origin_filter_works: bool | None = None
        self._renewal_emails: tuple[str, str] | None = None
        # What a task has to warn of: lists that came without some of what they announced.
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
        """GET /order/certificate/{id} (2.1). Raises NotFound."""
        what = f"read order {order_id}"
        data = self._http.read(what, ("order", "certificate", order_id), absent=_NO_ORDER)
        order = read_order(data, DETAILS)
        if order is None or order.id != order_id:
            raise _unexpected(what)
        return order

    def page(
        self, filters: Sequence[tuple[str, object]], *, limit: int = PAGE, offset: int = 0
    ) -> tuple[list[Order], int | None]:
        """GET /order/certificate (3): one page, oldest order first, and how many there are in all if that is said.

        filters: (name, value) pairs; several values of one name are alternatives.
        """
        query = [*_filters(filters), ("sort", "order_id"), ("limit", limit), ("offset", offset)]
        return self._page("orders", ("order", "certificate"), query, lambda row: read_order(row, ROW))

    def pages(self, filters: Sequence[tuple[str, object]] = (), *, limit: int = PAGE) -> Iterator[Order]:
        """Every order that the filters let through, each once.

        An order can leave a filtered list while its pages are read, but not the account.
        """
        fetch = partial(self._orders_at, filters, limit)
        yield from walk_pages(fetch, overlap=bool(filters), limit=limit, short=partial(self._fell_short, "orders"))

    def _orders_at(self, filters: Sequence[tuple[str, object]], limit: int, offset: int) -> Page[Order]:
        return self.page(filters, limit=limit, offset=offset)

    def _fell_short(self, name: str, came: int, total: int) -> None:
        """Note that a list ended before everything that it announced had come."""
        warning = f"{SERVICE} announces {total} {name} and lists {came}: the list is not complete; read it again later"
        if warning not in self.warnings:
            self.warnings.append(warning)

    def status_changes(self, seconds: int) -> tuple[list[StatusChange], bool]:
        """GET /order/certificate/status-changes (4.5): of the last so many seconds, 7 days of them at most.

        Returns them, and whether that is all of them as far as the answer says: whether it comes in pages is not known.
        """
        path = ("order", "certificate", "status-changes")
        data = self._list("list what changed lately", path, [("seconds", seconds)])
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
        """PUT /order/certificate/{id}/status (4.1, 9): canceled, renewed or not_renewed, in lower case."""
        what = f"set order {order.id} to {target}"
        answer = self._http.write(
            what,
            "PUT",
            ("order", "certificate", order.id, "status"),
            {"status": target, **({"note": note} if note else {})},
            fresh_until=fresh_until,
            budget=budget,
            absent=_NO_ORDER,
        )
        _expect_nothing(what, answer)

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
        """PUT /order/certificate/{id}/revoke, PUT /certificate/{certificate}/revoke (4.2); see `whole` and `single`.

        Returns the request that was filed, None where nobody has to approve it.
        """
        body = {"comments": comments, "revocation_reason": reason, "skip_approval": skip_approval}
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_CERTIFICATE)
        answer = write(what, "PUT", (*path, "revoke"), body)
        request = read_request(answer)
        if answer and not request:
            _expect_nothing(what, answer)
        # Which of two spellings of the field is kept is not known: the answer echoes what was.
        kept = str(answer.get("comments") or "").split() == comments.split()
        return request and replace(request, is_comment_kept=kept)

    def reissues(self, order_id: int) -> list[Certificate]:
        """GET /order/certificate/{id}/reissue (4.7)."""
        return self._certificates(order_id, "reissue")

    def duplicates(self, order_id: int) -> list[Certificate]:
        """GET /order/certificate/{id}/duplicate (4.7)."""
        return self._certificates(order_id, "duplicate")

    def _certificates(self, order_id: int, kind: str) -> list[Certificate]:
        path = ("order", "certificate", order_id, kind)
        # Archived ones are left out otherwise (4.7), and a revocation of the order ends them all the same.
        archived = [("show_archived", "true")]
        data = self._list(f"list the {kind}s of order {order_id}", path, archived, absent=_NO_ORDER)
        return [read_certificate(item) for item in rows_of(data, "certificates")]

    def request(self, request_id: int) -> Request:
        """GET /request/{id} (4.3). Raises NotFound."""
        what = f"read request {request_id}"
        request = read_request(self._http.read(what, ("request", request_id), absent=_NO_REQUEST))
        if request is None or request.id != request_id:
            raise _unexpected(what)
        return request

    def requests(self, status: str | None = None) -> Iterator[Request]:
        """GET /request (4.3), of one status or of all, each once; where the filter is ignored, of others, too.

        The filter of types is not used: their spelling there is not known. A page is asked for only where the answer
        says that there is more.
        """
        filters = [("filters[status]", status)] if status else []
        size = PAGE

        def page(offset: int) -> Page[Request]:
            nonlocal size
            query = [*filters, *([("limit", size), ("offset", offset)] if offset else [])]
            rows, total = self._page("requests", ("request",), query, read_request)
            # Its own size of a page, as far as it has been seen.
            size = size if offset else max(1, len(rows))
            return rows, offset + len(rows) if total is None else total

        yield from walk_pages(page, overlap=True, short=partial(self._fell_short, "requests"))

    def settle_request(
        self,
        request: Request,
        *,
        status: str,
        comment: str | None,
        fresh_until: float,
        budget: RateLimitBudget,
    ) -> None:
        """PUT /request/{id}/status (4.3): approved or rejected."""
        what = f"set request {request.id} to {status}"
        body = {"status": status, **({"processor_comment": comment} if comment else {})}
        path = ("request", request.id, "status")
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_REQUEST)
        _expect_nothing(what, write(what, "PUT", path, body))

    def notes(self, order_id: int) -> tuple[Note, ...]:
        """GET /order/certificate/{id}/note (4.4). Raises NotFound."""
        path = ("order", "certificate", order_id, "note")
        data = self._list(f"list the notes of order {order_id}", path, absent=_NO_ORDER)
        rows_of(data, "notes")
        return read_notes(data)

    def add_note(self, order_id: int, text: str, *, fresh_until: float, budget: RateLimitBudget) -> None:
        """POST /order/certificate/{id}/note (4.4)."""
        path = ("order", "certificate", order_id, "note")
        what = f"add a note to order {order_id}"
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_ORDER)
        write(what, "POST", path, {"text": text})

    def set_renewal_emails(self, order_id: int, on: bool, *, fresh_until: float, budget: RateLimitBudget) -> None:
        """PUT /order/certificate/{id}/renewal-emails/{status} (4.6), in the spelling that is not refused."""
        what = f"switch the renewal e-mails of order {order_id} {'on' if on else 'off'}"
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_ORDER)
        spellings = [self._renewal_emails] if self._renewal_emails else list(RENEWAL_EMAILS)
        for spelling in spellings:
            path = ("order", "certificate", order_id, "renewal-emails", spelling[0 if on else 1])
            try:
                answer = write(what, "PUT", path, None)
            except Denied:
                raise
            except Refused:
                if spelling == spellings[-1]:
                    raise
            else:
                _expect_nothing(what, answer)
                self._renewal_emails = spelling
                return

    def set_auto_reissue(self, order_id: int, on: bool, *, fresh_until: float, budget: RateLimitBudget) -> None:
        """PUT /order/certificate/{id}/auto-reissue (4.6)."""
        what = f"switch the automatic reissue of order {order_id} {'on' if on else 'off'}"
        path = ("order", "certificate", order_id, "auto-reissue")
        body = {"auto_reissue": int(on)}
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_ORDER)
        _expect_nothing(what, write(what, "PUT", path, body))

    def set_renewal_message(self, order_id: int, text: str, *, fresh_until: float, budget: RateLimitBudget) -> None:
        """PUT /order/certificate/{id}/custom-renewal-message (4.6)."""
        what = f"set the renewal message of order {order_id}"
        path = ("order", "certificate", order_id, "custom-renewal-message")
        body = {"custom_renewal_message": text}
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_ORDER)
        _expect_nothing(what, write(what, "PUT", path, body))

    def domain(self, domain_id: int) -> Domain:
        """GET /domain/{id} (5). Raises NotFound."""
        what = f"read domain {domain_id}"
        domain = read_domain(self._http.read(what, ("domain", domain_id), _DOMAIN_DETAILS, absent=_NO_DOMAIN))
        if domain is None or domain.id != domain_id:
            raise _unexpected(what)
        return domain

    def domains(
        self, container_id: int | None = None, *, is_active: bool | None = None, search: str = ""
    ) -> Iterator[Domain]:
        """GET /domain (5), each once: of one container or of all, in one state or in any.

        search: what names have in common. Whether it finds parts of names is not known, nor whether filters are always
        applied: others may come, too, and a search that finds nothing does not prove that there is none.
        """
        filters: list[tuple[str, object]] = [] if container_id is None else [("container_id", container_id)]
        filters += [] if is_active is None else [("filters[status]", "active" if is_active else "inactive")]
        filters += [("filters[search]", search)] if search else []

        def page(offset: int) -> Page[Domain]:
            query = [*_DOMAIN_DETAILS, *filters, ("limit", PAGE), ("offset", offset)]
            return self._page("domains", ("domain",), query, read_domain)

        yield from walk_pages(page, overlap=True, short=partial(self._fell_short, "domains"))

    def set_domain(self, domain: Domain, *, active: bool, fresh_until: float, budget: RateLimitBudget) -> None:
        """PUT /domain/{id}/activate, PUT /domain/{id}/deactivate (5)."""
        verb = "activate" if active else "deactivate"
        what = f"{verb} domain {domain.name}"
        path = ("domain", domain.id, verb)
        write = partial(self._http.write, fresh_until=fresh_until, budget=budget, absent=_NO_DOMAIN)
        _expect_nothing(what, write(what, "PUT", path, None))

    def me(self) -> User:
        """GET /user/me (6)."""
        return read_user(self._http.read("read the key's user", ("user", "me")))

    def account(self) -> Account:
        """GET /account (6)."""
        return read_account(self._http.read("read the account", ("account",)))

    def _page(
        self,
        name: str,
        path: Sequence[object],
        query: Sequence[tuple[str, object]],
        read: Callable[[Any], Item | None],
    ) -> Page[Item]:
        data = self._list(f"list {name}", path, query)
        return [item for item in map(read, rows_of(data, name)) if item], total_of(data)

    def _list(
        self,
        what: str,
        path: Sequence[object],
        query: Sequence[tuple[str, object]] = (),
        *,
        absent: Sequence[str] = (),
    ) -> dict[str, Any]:
        """GET a list; an empty one may come as [] where an object is expected, as an empty organization does (2.1)."""
        return self._http.read(what, path, query, absent=absent, may_be_list=True)

    # -- reading for a run -----------------------------------------------------------------------------------------

    def read(self, order_ids: Sequence[int], *, for_mark: bool = False) -> dict[int, Order]:
        """Orders by id: a list's rows for several, the order itself for one; what is not found is left out.

        for_mark: read a single order through the list of migrated ones, which then need not be asked again.
        """
        if len(order_ids) > 1:
            return self._rows(order_ids)
        if for_mark:
            claimed = self._migrated(order_ids)
            if claimed:
                return claimed
        try:
            return {order_id: self.order(order_id) for order_id in order_ids}
        except NotFound:
            return {}

    def fetch_fact(self, required_fact: str, orders: Sequence[Order]) -> dict[int, Order]:
        """The same orders with a fact more: `need` is one of DETAILS, ROW and ORIGIN."""
        if required_fact == ORIGIN:
            return self._with_origin(orders)
        if required_fact == ROW:
            rows = self._rows([order.id for order in orders])
            return {order.id: merged(order, rows.get(order.id), ROW) for order in orders}
        if required_fact == DETAILS:
            return {order.id: merged(self.order(order.id), order, DETAILS) for order in orders}
        raise ValueError(f"nobody knows how to read {required_fact}")

    def account_id(self) -> int | None:
        """The account that the key sees, None where that cannot be found out."""
        try:
            return self.me().account_id
        except ApiError:
            return None

    def account_label(self) -> str:
        """The account that the key sees, for a message; a failure to find out is no failure of the task."""
        account = self.account_id()
        return f"account {account}" if account else "this key's account"

    def _rows(self, order_ids: Sequence[int], **filters: str) -> dict[int, Order]:
        """The rows of these ids; where not all came and the page does not look like the last one, of a second page."""
        pairs: list[tuple[str, object]] = [("id", order_id) for order_id in order_ids]
        wanted, limit = set(order_ids), len(order_ids)
        rows, total = self.page([*pairs, *filters.items()], limit=limit)
        found = {row.id: row for row in rows if row.id in wanted}
        if len(found) < len(wanted) and may_go_on(len(rows), 0, total, limit):
            more, _total = self.page([*pairs, *filters.items()], limit=limit, offset=len(rows))
            found.update({row.id: row for row in more if row.id in wanted})
        return found

    def _migrated(self, order_ids: Sequence[int]) -> dict[int, Order]:
        claimed = self._rows(order_ids, origin="migrated")
        self._origin_was_read.update(order_ids)
        self._claimed.update(claimed)
        return claimed

    def _with_origin(self, orders: Sequence[Order]) -> dict[int, Order]:
        unasked = [order.id for order in orders if order.id not in self._origin_was_read]
        if unasked:
            self._migrated(unasked)
        claimed = [order.id for order in orders if order.id in self._claimed]
        if claimed and self._origin_filter_works is None:
            # A service that ignores the filter lists every order under either origin.
            self._origin_filter_works = not self._rows(claimed, origin="certcentral")
        works = self._origin_filter_works
        return {
            order.id: replace(
                order,
                is_migrated=order.id in self._claimed if works or order.id not in self._claimed else None,
                seen=order.seen | {ORIGIN},
            )
            for order in orders
        }


def connect(params: Mapping[str, Any], context: Context, *, writes: bool) -> CertCentral:
    """A client for a task's options. Raises OptionError or LibraryMissing."""
    wire = connection(
        params,
        context.environ,
        task_environ=context.task_environ,
        prefix="DIGICERT",
        regions=REGIONS,
        rate_limit=RATE_LIMIT,
        writes=writes,
    )
    context.secrets.append(wire.api_key)
    return CertCentral(open_transport(SERVICE, wire, context, {"X-DC-DEVKEY": wire.api_key}, _advise))


def _advise(status: int, codes: Sequence[str]) -> str:
    """The next step after a refusal of the key (1.2, 1.3)."""
    if status == 401 or any(code.startswith("access_denied|access_denied_invalid_key") for code in codes):
        return (
            "check api_key (or DIGICERT_API_KEY in the environment), whether it was revoked, and region or api_url: "
            "a key is valid only in the region (us, eu) where it was made"
        )
    if "access_denied|missing_permission" in codes:
        return "the role of the key or of its user does not allow this: use a key with the role that it needs"
    return ""


def _filters(filters: Sequence[tuple[str, object]]) -> Iterator[tuple[str, object]]:
    """filters[x]=a, or filters[x][0]=a&filters[x][1]=b where a name has several values (3)."""
    values: dict[str, list[object]] = {}
    for name, value in filters:
        values.setdefault(name, []).append(value)
    for name, several in values.items():
        if len(several) == 1:
            yield f"filters[{name}]", several[0]
        else:
            yield from ((f"filters[{name}][{index}]", value) for index, value in enumerate(several))


def order_path(order_id: int) -> tuple[object, ...]:
    """The path of all certificates of an order, for `revoke`."""
    return ("order", "certificate", order_id)


def certificate_path(certificate: int | str) -> tuple[object, ...]:
    """The path of one certificate, by its id or serial number, for `revoke`."""
    return ("certificate", certificate)


def _expect_nothing(what: str, answer: Mapping[str, Any]) -> None:
    if answer:
        raise Unreadable(f"{SERVICE} answered with something unexpected when asked to {what}", 200, "unreadable")


def _unexpected(what: str) -> Unreadable:
    return Unreadable(f"{SERVICE} answered with something else when asked to {what}", 200, "unreadable")
