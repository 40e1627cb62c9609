# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Servertastic's reseller API: the only file that knows its URLs, parameters and JSON.

Facts are from docs/development/reference/servertastic.md, cited by section. Nothing is decided here and nothing
repeated. Tokens and keys travel in the query, so that each becomes a secret to redact before it is used, see `Tokens`.
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

# None is documented (docs/development/reference/servertastic.md 2); this is only polite.
RATE_LIMIT = "5/1"
# Case has changed over the years (4).
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
_SPELLED = {status.lower(): status for status in _STATUSES}
_HOST = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+", re.ASCII)
_BETWEEN = re.compile(r"[\s,;|]+")
_STATUS = re.compile(r"[0-9]{3}")
_ERRORS = ("error", "errors")


class Servertastic:
    """The calls, for any number of threads. Each raises ApiError or Stopped."""

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
        """GET order/review.json (4). Raises NotFound for a token that is not known there."""
        what = f"review order {order_ref(digest)}"
        token = self._tokens.of(digest)
        try:
            data = self._checked(what, self._http.read(what, ("order", "review.json"), [("order_token", token)]))
        except Denied as error:
            # An unknown token is HTTP 401, in the service's own error object (3.2): a gateway's has no such code.
            if error.http_status == 401 and error.code == "401":
                raise NotFound(error.message, error.http_status, error.code) from None
            raise
        return _review(digest, token, data)

    def cancel(self, digest: str, *, fresh_until: float, budget: RateLimitBudget) -> str:
        """GET order/cancel.json (5), which is never sent twice; returns what the service says of it."""
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
        data = self._checked(what, answer)
        if "success" not in data:
            raise Unreadable(f"{SERVICE} answered with something unexpected when asked to {what}", 200, "unreadable")
        return self._http.clean(str(data["success"]))

    def modified_orders(self, since: datetime) -> list[Listed]:
        """GET order/modifiedorders.json (3.1); since is told in GMT."""
        stamp = since.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        data = self._account("list modified orders", ("order", "modifiedorders.json"), [("date", stamp)])
        return _orders(data.get("orders"), "order")

    def expiring_orders(self, days: int) -> list[Listed]:
        """GET order/expiring.json (3.1)."""
        data = self._account("list expiring orders", ("order", "expiring.json"), [("days", days)])
        return _orders(data.get("orders"), "order")

    def show_tokens(self) -> dict[str, dict[str, str]]:
        """GET order/showtokens.json (3.1): the reference of every order by its digest, as used and as unused."""
        data = self._account("list tokens", ("order", "showtokens.json"), [])
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
        """GET account/review.json (3.1)."""
        data = self._account("read the account", ("account", "review.json"), [])
        active = _orders(data.get("active_orders"), "active_order")
        completed = _orders(data.get("completed_orders"), "completed_order")
        return Account(_number(data.get("purchased_points")), tuple(active), tuple(completed))

    def points_audit(self) -> list[Adjustment]:
        """GET account/pointsaudit.json (3.1), the only call that ties a refund to an order."""
        data = self._account("read the points audit", ("account", "pointsaudit.json"), [])
        return [self._adjustment(item) for item in _items(data.get("record"), "record")]

    def _checked(self, what: str, data: dict[str, Any]) -> dict[str, Any]:
        """An answer that is no error: there are some under HTTP 200 (3.2). Raises ApiError."""
        if not any(name in data for name in _ERRORS):
            return data
        several = [(self._http.clean(code), self._http.clean(message)) for code, message in problems(data)]
        codes = [code for code, _message in several if code]
        code = next(iter(codes), "")
        # The gravest of several: what may have been done is not taken for a refusal.
        status = max(map(int, codes)) if codes and all(map(_STATUS.fullmatch, codes)) else None
        said = "; ".join(", ".join(part for part in problem if part) for problem in several)
        text = f"{SERVICE} refused to {what} (an error under HTTP 200{', ' if said else ''}{said})"
        if status is None or status >= 500:
            raise ServerError(text, status or 200, code or None)
        if status == 404:
            raise WrongAddress(text, status, code, address=self._http.connection.base_url)
        advice = _advise(status, [code])
        raise (Denied if status in (401, 403) else Refused)(f"{text}; {advice}" if advice else text, status, code)

    def _adjustment(self, item: Mapping[str, Any]) -> Adjustment:
        given = item.get("OrderToken")
        token = given.strip() if isinstance(given, str) and TOKEN_PATTERN.fullmatch(given.strip()) else ""

        def text(name: str) -> str:
            return printable(_without(token, item.get(name) or ""))

        return Adjustment(
            time=utc_text(moment(item.get("Timestamp"))),
            points=_number(item.get("PointsAdjustment")) or 0.0,
            total=_number(item.get("NewPointsTotal")),
            description=text("Description"),
            reseller_order_id=text("OrderReference"),
            order_digest=self._tokens.secret(token) if token else "",
        )

    def _account(self, what: str, path: Sequence[str], query: Iterable[tuple[str, object]]) -> dict[str, Any]:
        key = self._http.connection.api_key
        if not key:
            raise OptionError(f"to {what} takes api_key, or SERVERTASTIC_API_KEY in the environment")
        return self._checked(what, self._http.read(what, path, [("api_key", key), *query]))


def connect(params: Mapping[str, Any], context: Context, *, writes: bool, key_required: bool = False) -> Servertastic:
    """A client for a task's options. Raises OptionError or LibraryMissing."""
    wire = connection(
        params,
        context.environ,
        task_environ=context.task_environ,
        prefix="SERVERTASTIC",
        regions={},
        rate_limit=RATE_LIMIT,
        writes=writes,
        key_required=key_required,
    )
    if wire.api_key:
        context.secrets.extend({wire.api_key, quote(wire.api_key, safe="")})
    return Servertastic(open_transport(SERVICE, wire, context, {}, _advise), Tokens(context.secrets))


def moment(value: Any) -> datetime | None:
    """A time of the service, which says no zone and means GMT, as far as is known (4)."""
    text = str(value or "").strip()
    return utc(text[:-1] + "Z" if text.endswith("z") else text)


def _advise(status: int, _codes: Sequence[str]) -> str:
    """The next step after a refusal of a key or a token (3.2); a refused cancellation may be a 403 as well."""
    if status == 401:
        return (
            "check the order token or api_key (or SERVERTASTIC_API_KEY in the environment), and that api_url is the "
            "address of the account that it is for"
        )
    return ""


def _review(digest: str, token: str, data: Mapping[str, Any]) -> Review:
    contact = data.get("admin_contact")
    contact = contact if isinstance(contact, dict) else {}

    def text(name: str) -> str:
        # The token may be echoed anywhere.
        value = data.get(name)
        return printable(_without(token, value)) if value not in (None, [], {}) else ""

    domain_name = printable(dns_name(_without(token, data.get("domain_name") or "")))
    return Review(
        order_digest=digest,
        status=_SPELLED.get(text("order_status").strip().lower(), text("order_status")),
        reseller_order_id=text("reseller_order_id"),
        provider_order_id=text("provider_order_id"),
        product_code=text("st_product_code"),
        domain_name=domain_name,
        admin_email=printable(_without(token, contact.get("email") or "")),
        completed_at=_completed_at(data.get("modifications")),
        expiry_date=_expiry(data),
        further_info=text("order_state_further_info"),
        reseller_unique_reference=text("reseller_unique_reference"),
        management_host=_host(_without(token, data.get("invite_url") or data.get("review_url"))),
        domains=tuple(sorted({domain_name, *_names(token, data.get("additional_sans"))} - {""})),
        san_count=_count(data.get("san_count")),
    )


def _names(token: str, value: Any) -> set[str]:
    """The names of a list, or of a text: which of them it is, and what stands between them, is not known (4)."""
    several = value if isinstance(value, list) else _BETWEEN.split(value) if isinstance(value, str) else []
    return {printable(dns_name(_without(token, name))) for name in several if isinstance(name, str)}


def _count(value: Any) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _completed_at(modifications: Any) -> datetime | None:
    """The first of its completions: whether a reissue adds another one is not known (4)."""
    events = _items(modifications, "modification")
    completed = (item for item in events if str(item.get("event_name") or "").strip().lower() == COMPLETED_EVENT)
    times = [time for time in (moment(item.get("timestamp")) for item in completed) if time]
    return min(times) if times else None


def _expiry(data: Mapping[str, Any]) -> date | None:
    """The old key, or the newest of the list that the newer answers have (4)."""
    several = [item.get("expiration_date") for item in _items(data.get("certificate_list"), "certificate_info")]
    days = [time.date() for time in map(moment, [data.get("expiry_date"), *several]) if time]
    return max(days) if days else None


def _without(token: str, value: Any) -> str:
    """A text of the service that does not hold the token, as it is or as a URL spells it."""
    text = str(value)
    for spelled in {token, quote(token, safe=""), quote(token)} - {""}:
        text = text.replace(spelled, "********")
    return text


def _host(url: str) -> str:
    """The host of the order management page: its path holds the token, and is not told."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return f"https://{host}/" if parts.scheme in ("http", "https") and _HOST.fullmatch(host) else ""


def _orders(wrapped: Any, name: str) -> list[Listed]:
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
    """A list of objects: under a wrapper key, bare, or one object alone, as XML turned into JSON comes (3.3)."""
    inner = wrapped.get(name, wrapped) if isinstance(wrapped, dict) else wrapped
    several = inner if isinstance(inner, list) else [inner]
    return [item for item in several if isinstance(item, dict) and item]


def _number(value: Any) -> float | None:
    """A number, which some answers spell as a string."""
    try:
        number = None if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number is not None and abs(number) < 1e15 else None
