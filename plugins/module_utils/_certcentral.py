# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""DigiCert CertCentral's Services API v2: the only file that knows its URLs, parameters and JSON.

Facts are from reference/certcentral.md, cited by section. Nothing is decided here and nothing repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

from ._errors import ApiError, NotFound, Unreadable
from ._http import Context, Patience, Transport
from ._options import connection
from ._orders import Decision, printable
from ._pacing import Pacer

SERVICE = "CertCentral"
# reference/certcentral.md 1.1
REGIONS = {"us": "https://www.digicert.com/services/v2", "eu": "https://certcentral.digicert.eu/services/v2"}
# reference/certcentral.md 1.4
RATE_LIMIT = "100/5, 1000/180"
# The largest page, reference/certcentral.md 3.
PAGE = 1000
# So many pages in a row that bring no new order end a list for good: a total that swings could go on for ever.
_BARREN = 20

# What has been read of an order: its own page, its row in a list.
DETAILS = "details"
ROW = "row"
ORIGIN = "origin"


@dataclass(frozen=True)
class Order:
    """What CertCentral says of an order (reference/certcentral.md 2.1, 3); None is "not said".

    is_migrated: whether the list's origin filter says that the order came from a legacy console; in no answer itself.
    seen: which of DETAILS, ROW and ORIGIN have been asked for.
    """

    id: int
    status: str
    is_renewed: bool | None = None
    renewed_order_id: int | None = None
    valid_till: date | None = None
    common_name: str = ""
    is_migrated: bool | None = None
    seen: frozenset[str] = frozenset()

    @property
    def is_marked(self) -> bool | None:
        """Whether the order counts as renewed, however the service shows it (reference/certcentral.md 2.2)."""
        return True if self.status == "renewed" else self.is_renewed

    @property
    def name(self) -> str:
        return self.common_name

    @property
    def identity(self) -> dict[str, Any]:
        return {}

    @property
    def facts(self) -> dict[str, Any]:
        """What a change can alter, as results and diffs show it."""
        return {"status": self.status, "is_renewed": bool(self.is_marked)}


@dataclass(frozen=True)
class User:
    """Whom a key acts as (reference/certcentral.md 6)."""

    account_id: int | None
    username: str
    roles: tuple[str, ...]


class CertCentral:
    """The calls, for any number of threads. Each raises ApiError or Stopped."""

    ONE_BY_ONE = frozenset([DETAILS])

    def __init__(self, transport: Transport) -> None:
        self._http = transport
        # Orders whose origin was asked for, and those of them that the list said are migrated.
        self._asked_origin: set[int] = set()
        self._claimed: set[int] = set()
        self._origin_filter_works: bool | None = None

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
        data = self._http.read(what, ("order", "certificate", order_id))
        order = _order(data, DETAILS)
        if order is None or order.id != order_id:
            raise Unreadable(f"{SERVICE} answered with something else when asked to {what}", 200, "unreadable")
        return order

    def page(
        self, filters: Sequence[tuple[str, object]], *, limit: int = PAGE, offset: int = 0
    ) -> tuple[list[Order], int | None]:
        """GET /order/certificate (3): one page, oldest order first, and how many there are in all if that is said.

        filters: (name, value) pairs; several values of one name are alternatives.
        """
        query = [*_filters(filters), ("sort", "order_id"), ("limit", limit), ("offset", offset)]
        data = self._http.read("list orders", ("order", "certificate"), query)
        # REC: with no results the key is missing entirely.
        rows = data.get("orders") or []
        if not isinstance(rows, list):
            raise Unreadable(f"{SERVICE} answered with something that is not a list of orders", 200, "unreadable")
        page = data.get("page")
        total = _integer(page.get("total")) if isinstance(page, dict) else None
        return [order for order in (_order(row, ROW) for row in rows) if order], total

    def pages(self, filters: Sequence[tuple[str, object]] = (), *, limit: int = PAGE) -> Iterator[Order]:
        """Every order that the filters let through, each once.

        Where the total shrinks while the pages are read, rows have moved up past the place that was read: it goes
        back by as many, and from there on through what it knows. Otherwise a page that brings no new order is the
        end, and so are many of them in a row, whatever the total says.
        """
        seen: set[int] = set()
        offset = furthest = known_total = barren = 0
        while True:
            rows, total = self.page(filters, limit=limit, offset=offset)
            fresh = [row for row in {row.id: row for row in rows}.values() if row.id not in seen]
            seen.update(row.id for row in fresh)
            yield from fresh
            back = 0 if total is None else min(offset, max(0, known_total - total))
            known_total = total or 0
            barren = 0 if fresh else barren + 1
            if barren > _BARREN or not (fresh or back or offset < furthest):
                return
            furthest = max(furthest, offset + len(rows))
            offset += -back if back else len(rows)
            if not back and (not rows or (total is not None and offset >= total)):
                return

    def change_status(
        self,
        order: Order,
        _decision: Decision,
        *,
        target: str,
        note: str | None,
        fresh_until: float,
        patience: Patience,
    ) -> None:
        """PUT /order/certificate/{id}/status (4.1, 9): canceled, renewed or not_renewed, in lower case."""
        what = f"set order {order.id} to {target}"
        answer = self._http.write(
            what,
            "PUT",
            ("order", "certificate", order.id, "status"),
            {"status": target, **({"note": note} if note else {})},
            fresh_until=fresh_until,
            patience=patience,
        )
        if answer:
            raise Unreadable(f"{SERVICE} answered with something unexpected when asked to {what}", 200, "unreadable")

    def me(self) -> User:
        """GET /user/me (6)."""
        data = self._http.read("read the key's user", ("user", "me"))
        roles = data.get("access_roles")
        names = [role.get("name") for role in roles if isinstance(role, dict)] if isinstance(roles, list) else []
        shown = tuple(printable(name) for name in names if name)
        return User(_integer(data.get("account_id")), printable(data.get("username") or ""), shown)

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

    def learn(self, need: str, orders: Sequence[Order]) -> dict[int, Order]:
        """The same orders with a fact more: `need` is one of DETAILS, ROW and ORIGIN."""
        if need == ORIGIN:
            return self._with_origin(orders)
        if need == ROW:
            rows = self._rows([order.id for order in orders])
            return {order.id: _merged(order, rows.get(order.id), ROW) for order in orders}
        if need == DETAILS:
            return {order.id: _merged(self.order(order.id), order, DETAILS) for order in orders}
        raise ValueError(f"nobody knows how to read {need}")

    def account_id(self) -> int | None:
        """The account that the key sees, None where that cannot be found out."""
        try:
            return self.me().account_id
        except ApiError:
            return None

    def whose(self) -> str:
        """The account that the key sees, for a message; a failure to find out is no failure of the task."""
        account = self.account_id()
        return f"account {account}" if account else "this key's account"

    def _rows(self, order_ids: Sequence[int], **filters: str) -> dict[int, Order]:
        pairs: list[tuple[str, object]] = [("id", order_id) for order_id in order_ids]
        rows, _total = self.page([*pairs, *filters.items()], limit=len(order_ids))
        wanted = set(order_ids)
        return {row.id: row for row in rows if row.id in wanted}

    def _migrated(self, order_ids: Sequence[int]) -> dict[int, Order]:
        claimed = self._rows(order_ids, origin="migrated")
        self._asked_origin.update(order_ids)
        self._claimed.update(claimed)
        return claimed

    def _with_origin(self, orders: Sequence[Order]) -> dict[int, Order]:
        unasked = [order.id for order in orders if order.id not in self._asked_origin]
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
    pacer = Pacer(wire.windows, wire.timeout, _state_file(context.state_dir, wire.base_url, wire.api_key, wire.windows))
    context.secrets.append(wire.api_key)
    return CertCentral(
        Transport(
            SERVICE,
            wire,
            headers={"X-DC-DEVKEY": wire.api_key},
            explain=_explain,
            pacer=pacer,
            stop=context.stop,
            say=context.say,
            secrets=[wire.api_key],
        )
    )


def _state_file(folder: str | None, *identity: object) -> str | None:
    """One file for each key and limit, named by a digest that does not tell the key."""
    if not folder:
        return None
    digest = hashlib.sha256(repr(identity).encode()).hexdigest()[:24]
    return str(Path(folder) / f"certops-orders-pace-{digest}")


def _explain(data: Any) -> tuple[str, str]:
    """(code, message) of an error body (1.2)."""
    errors = data.get("errors") if isinstance(data, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return str(first.get("code") or ""), str(first.get("message") or "")


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


def _order(data: Any, source: str) -> Order | None:
    """An order from a detail page or a list row; None where it has no id."""
    if not isinstance(data, dict):
        return None
    order_id = _integer(data.get("id"))
    if order_id is None:
        return None
    certificate = data.get("certificate")
    certificate = certificate if isinstance(certificate, dict) else {}
    successor = _integer(data.get("renewed_order_id"))
    if source == DETAILS and data.get("renewed_order_id") in (None, ""):
        # Only details have the field, and leave it out or say 0 where there is no newer order (2.1).
        successor = 0
    return Order(
        id=order_id,
        status=printable(data.get("status") or ""),
        is_renewed=_boolean(data.get("is_renewed")),
        renewed_order_id=successor,
        valid_till=_date(certificate.get("valid_till")),
        common_name=printable(certificate.get("common_name") or ""),
        seen=frozenset([source]),
    )


def _merged(order: Order, other: Order | None, asked: str) -> Order:
    """`order` with what only `other` knows."""
    if other is None:
        return replace(order, seen=order.seen | {asked})
    return replace(
        order,
        is_renewed=other.is_renewed if order.is_renewed is None else order.is_renewed,
        renewed_order_id=other.renewed_order_id if order.renewed_order_id is None else order.renewed_order_id,
        valid_till=order.valid_till or other.valid_till,
        is_migrated=other.is_migrated if order.is_migrated is None else order.is_migrated,
        seen=order.seen | other.seen | {asked},
    )


def _integer(value: Any) -> int | None:
    """An id, which some answers spell as a string (2.1)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _boolean(value: Any) -> bool | None:
    """true, 1 and "1" are all seen (2.1)."""
    if isinstance(value, str):
        value = value.strip().lower()
    if value in (True, "1", "true"):
        return True
    return False if value in (False, "0", "false") else None


def _date(value: Any) -> date | None:
    """yyyy-MM-dd, or the date of an ISO 8601 time (2.1)."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
