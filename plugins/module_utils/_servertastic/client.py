# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Client of the Servertastic reseller API: only this file has the URLs, parameters and JSON of the API.

The client neither decides whether a change is allowed (policy.py) nor repeats a request (the transport). Order tokens
and the API key are query parameters, so each is registered as a secret before its first use, see `Tokens`. Section
numbers in comments refer to docs/development/reference/servertastic.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timezone
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from .._common.errors import Denied, NotFound, Refused, ServerError, Unreadable, WrongAddress
from .._common.names import dns_name
from .._common.options import OptionError
from .._common.providers import PROVIDERS, SERVERTASTIC
from .._common.text import printable
from .._common.values import utc, utc_text
from .._http.connection import connection
from .._http.error_bodies import problems
from .._http.transport import open_transport
from .models import COMPLETED_EVENT, SERVICE, Account, Adjustment, Listed, Review, order_ref
from .tokens import TOKEN_PATTERN, Tokens

if TYPE_CHECKING:
    from .._common.context import Context
    from .._http.retry import RateLimitBudget
    from .._http.transport import Transport

# Requests/seconds. No limit is documented (docs/development/reference/servertastic.md 2); this one is a courtesy.
RATE_LIMIT = "5/1"
# The values of order_status, which are compared without regard to case (4).
_STATUSES = (
    "Order Placed",
    "Awaiting Customer Verification",
    "Awaiting Provider Approval",
    "Queued",
    "Completed",
    "Cancelled",
    "Roll Back",
    "Servertastic Review",
)
# The documented spelling of each status, by the status in lower case.
_DOCUMENTED_SPELLING = {status.lower(): status for status in _STATUSES}
_HOST = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+", re.ASCII)
_SEPARATORS = re.compile(r"[\s,;|]+")
_STATUS = re.compile(r"[0-9]{3}")
# The keys of an error object (3.2).
_ERRORS = ("error", "errors")


class Servertastic:
    """One method for each API call. An object can be shared by threads.

    Every method that sends a request raises ApiError or Stopped. Methods about the account raise OptionError if the
    task has no API key.
    """

    def __init__(self, transport: Transport, tokens: Tokens) -> None:
        self._http = transport
        self._tokens = tokens

    def __enter__(self) -> Servertastic:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    @property
    def transport(self) -> Transport:
        return self._http

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    @property
    def has_key(self) -> bool:
        return bool(self._http.connection.api_key)

    def review(self, digest: str) -> Review:
        """Read one order: GET order/review.json (4). Raises NotFound for a token that the service does not know.

        digest: of an order token that `tokens` holds, here and in `cancel`.
        """
        what = f"read order {order_ref(digest)}"
        token = self._tokens.of(digest)
        try:
            data = self._raise_if_error(what, self._http.read(what, ("order", "review.json"), [("order_token", token)]))
        except Denied as error:
            # The service answers HTTP 401 with the code 401 for an unknown token. A proxy's 401 has no such code (3.2).
            if error.http_status == 401 and error.code == "401":
                raise NotFound(error.message, error.http_status, error.code) from None
            raise
        return _review(digest, token, data)

    def cancel(self, digest: str, *, fresh_until: float, budget: RateLimitBudget) -> str:
        """Cancel an order, or request the approval of its admin contact: GET order/cancel.json (5).

        The GET is not idempotent, so it is sent only once (2). fresh_until, budget: see `Transport.write`.
        Returns the text of the service for the success. The text does not prove that the order is canceled (5).
        """
        what = f"cancel order {order_ref(digest)}"
        answer = self._http.write(
            what,
            "GET",
            ("order", "cancel.json"),
            None,
            fresh_until=fresh_until,
            budget=budget,
            query=[("order_token", self._tokens.of(digest))],
            once=True,
        )
        data = self._raise_if_error(what, answer)
        if "success" not in data:
            message = f"{SERVICE} gave an unexpected answer to the request to {what}: the answer reports no success"
            raise Unreadable(message, 200, "unreadable")
        return self._http.clean(str(data["success"]))

    def modified_orders(self, since: datetime) -> list[Listed]:
        """List the orders that were modified since a time: GET order/modifiedorders.json (3.1)."""
        # The API takes the time in GMT without a time zone (3.1).
        stamp = since.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        data = self._read_account("list modified orders", ("order", "modifiedorders.json"), [("date", stamp)])
        return _orders(data.get("orders"), "order")

    def expiring_orders(self, days: int) -> list[Listed]:
        """List the orders that expire within a number of days: GET order/expiring.json (3.1)."""
        data = self._read_account("list expiring orders", ("order", "expiring.json"), [("days", days)])
        return _orders(data.get("orders"), "order")

    def show_tokens(self) -> dict[str, dict[str, str]]:
        """List all order tokens of the account: GET order/showtokens.json (3.1).

        Returns two mappings, "unused" and "used", of an order's digest to its reseller_unique_reference. `tokens` then
        holds the tokens.
        """
        data = self._read_account("list the order tokens", ("order", "showtokens.json"), [])
        found: dict[str, dict[str, str]] = {}
        for kind in ("unused", "used"):
            found[kind] = {}
            for item in _items(data.get(f"{kind}_tokens"), "order_token"):
                token = item.get("token") or item.get("order_token")
                if isinstance(token, str) and TOKEN_PATTERN.fullmatch(token.strip()):
                    digest = self._tokens.add(token)
                    found[kind][digest] = printable(item.get("reseller_unique_reference") or "")
        return found

    def account(self) -> Account:
        """Read the points and the orders of the account: GET account/review.json (3.1)."""
        data = self._read_account("read the account", ("account", "review.json"), [])
        active = _orders(data.get("active_orders"), "active_order")
        completed = _orders(data.get("completed_orders"), "completed_order")
        return Account(_number(data.get("purchased_points")), tuple(active), tuple(completed))

    def points_audit(self) -> list[Adjustment]:
        """Read the points audit: GET account/pointsaudit.json (3.1).

        Only this call connects a credit with the token of an order.
        """
        data = self._read_account("read the points audit", ("account", "pointsaudit.json"), [])
        return [self._adjustment(item) for item in _items(data.get("record"), "record")]

    def _raise_if_error(self, what: str, data: dict[str, Any]) -> dict[str, Any]:
        """Return the answer unless it is an error under HTTP 200 (3.2). Raises ApiError for an error."""
        if not any(name in data for name in _ERRORS):
            return data
        errors = [(self._http.clean(code), self._http.clean(message)) for code, message in problems(data)]
        codes = [code for code, _message in errors if code]
        code = next(iter(codes), "")
        # Of several errors the highest code counts: after a 5xx the change may have been made, unlike after a 4xx.
        status = max(map(int, codes)) if codes and all(map(_STATUS.fullmatch, codes)) else None
        details = "; ".join(", ".join(part for part in problem if part) for problem in errors)
        text = f"{SERVICE} refused to {what} (HTTP 200 with an error{': ' if details else ''}{details})"
        if status is None or status >= 500:
            raise ServerError(text, status or 200, code or None)
        if status == 404:
            raise WrongAddress(text, status, code, address=self._http.connection.base_url)
        advice = _advise(status, [code])
        raise (Denied if status in (401, 403) else Refused)(f"{text}; {advice}" if advice else text, status, code)

    def _adjustment(self, item: Mapping[str, Any]) -> Adjustment:
        """Parse a record of the points audit, and register the order token in it as a secret."""
        raw_token = item.get("OrderToken")
        token = raw_token.strip() if isinstance(raw_token, str) and TOKEN_PATTERN.fullmatch(raw_token.strip()) else ""

        def text(name: str) -> str:
            return printable(_redact(token, item.get(name) or ""))

        return Adjustment(
            time=utc_text(moment(item.get("Timestamp"))),
            points=_number(item.get("PointsAdjustment")) or 0.0,
            total=_number(item.get("NewPointsTotal")),
            description=text("Description"),
            reseller_order_id=text("OrderReference"),
            order_digest=self._tokens.secret(token) if token else "",
        )

    def _read_account(self, what: str, path: Sequence[str], query: Iterable[tuple[str, object]]) -> dict[str, Any]:
        """GET a call about the account, which needs the API key (2). Raises OptionError if there is none."""
        key = self._http.connection.api_key
        if not key:
            raise OptionError(f"no API key to {what}: set api_key, or SERVERTASTIC_API_KEY in the environment")
        return self._raise_if_error(what, self._http.read(what, path, [("api_key", key), *query]))


def connect(params: Mapping[str, Any], context: Context, *, writes: bool, key_required: bool = False) -> Servertastic:
    """Create a client from the options of a task.

    writes: whether the task sends changes. key_required: whether the task needs an API key.
    Raises OptionError or LibraryMissing.
    """
    settings = connection(
        params,
        context.environ,
        task_environ=context.task_environ,
        prefix=PROVIDERS[SERVERTASTIC].prefix,
        regions={},
        rate_limit=RATE_LIMIT,
        writes=writes,
        key_required=key_required,
    )
    # Redact the key also in its URL-encoded spelling: it is a query parameter.
    if settings.api_key:
        context.secrets.extend({settings.api_key, quote(settings.api_key, safe="")})
    return Servertastic(open_transport(SERVICE, settings, context, {}, _advise), Tokens(context.secrets))


def moment(value: Any) -> datetime | None:
    """Parse a time of the service, None if it has none. Times have no time zone and are taken as GMT (4)."""
    text = str(value or "").strip()
    # `utc` parses an upper case Z only.
    return utc(text[:-1] + "Z" if text.endswith("z") else text)


def _advise(status: int, _codes: Sequence[str]) -> str:
    """The next step after the service refused a key or a token, empty otherwise (3.2).

    There is none for a 403, which can also be a refused cancellation.
    """
    if status == 401:
        return (
            "check the order token or api_key (or SERVERTASTIC_API_KEY in the environment), and whether the token or "
            "key belongs to the service at api_url"
        )
    return ""


def _review(digest: str, token: str, data: Mapping[str, Any]) -> Review:
    """Parse the answer of order/review (4). token: removed from every text of the answer."""
    contact = data.get("admin_contact")
    contact = contact if isinstance(contact, dict) else {}

    def text(name: str) -> str:
        # Any field can contain the token.
        value = data.get(name)
        return printable(_redact(token, value)) if value not in (None, [], {}) else ""

    domain_name = printable(dns_name(_redact(token, data.get("domain_name") or "")))
    return Review(
        order_digest=digest,
        status=_DOCUMENTED_SPELLING.get(text("order_status").strip().lower(), text("order_status")),
        reseller_order_id=text("reseller_order_id"),
        provider_order_id=text("provider_order_id"),
        product_code=text("st_product_code"),
        domain_name=domain_name,
        admin_email=printable(_redact(token, contact.get("email") or "")),
        completed_at=_completed_at(data.get("modifications")),
        expiry_date=_expiry(data),
        further_info=text("order_state_further_info"),
        reseller_unique_reference=text("reseller_unique_reference"),
        management_host=_host(_redact(token, data.get("invite_url") or data.get("review_url"))),
        domains=tuple(sorted({domain_name, *_names(token, data.get("additional_sans"))} - {""})),
        san_count=_count(data.get("san_count")),
    )


def _names(token: str, value: Any) -> set[str]:
    """Parse additional_sans, which may be a list, or a text with an unknown separator (4)."""
    names = value if isinstance(value, list) else _SEPARATORS.split(value) if isinstance(value, str) else []
    return {printable(dns_name(_redact(token, name))) for name in names if isinstance(name, str)}


def _count(value: Any) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _completed_at(modifications: Any) -> datetime | None:
    """The time of the earliest event "Order Completed". Whether a reissue adds another event is not known (4)."""
    events = _items(modifications, "modification")
    completed = (item for item in events if str(item.get("event_name") or "").strip().lower() == COMPLETED_EVENT)
    times = [time for time in (moment(item.get("timestamp")) for item in completed) if time]
    return min(times) if times else None


def _expiry(data: Mapping[str, Any]) -> date | None:
    """The latest expiry in expiry_date (older answers) and certificate_list (newer answers) (4)."""
    dates = [item.get("expiration_date") for item in _items(data.get("certificate_list"), "certificate_info")]
    days = [time.date() for time in map(moment, [data.get("expiry_date"), *dates]) if time]
    return max(days) if days else None


def _redact(token: str, value: Any) -> str:
    """Replace the token in a text of the service, in its plain and its URL-encoded spelling."""
    text = str(value)
    for spelling in {token, quote(token, safe=""), quote(token)} - {""}:
        text = text.replace(spelling, "********")
    return text


def _host(url: str) -> str:
    """The address of the order management page without its path, which contains the token; empty if not a valid URL."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return f"https://{host}/" if parts.scheme in ("http", "https") and _HOST.fullmatch(host) else ""


def _orders(wrapped: Any, name: str) -> list[Listed]:
    """Parse a list of orders of the account (3.1)."""

    def text(item: Mapping[str, Any], key: str) -> str:
        return printable(item.get(key) or "")

    return [
        Listed(
            reseller_order_id=text(item, "reseller_order_id"),
            status=text(item, "order_status"),
            domain_name=printable(dns_name(str(item.get("domain_name") or ""))),
            product_code=text(item, "st_product_code"),
            order_date=utc_text(moment(item.get("order_date"))),
            expiry_date=utc_text(moment(item.get("expiry_date")))[:10],
        )
        for item in _items(wrapped, name)
    ]


def _items(wrapped: Any, name: str) -> list[Mapping[str, Any]]:
    """The objects of a list: under the key `name`, without that key, or a single object instead of a list of one.

    The service turns XML into JSON, which gives all three shapes (3.1, 3.3).
    """
    inner = wrapped.get(name, wrapped) if isinstance(wrapped, dict) else wrapped
    items = inner if isinstance(inner, list) else [inner]
    return [item for item in items if isinstance(item, dict) and item]


def _number(value: Any) -> float | None:
    """Parse a number, which can be text (3.1); None if it is not one."""
    try:
        number = None if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number is not None and abs(number) < 1e15 else None
