# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CertCentral on a loopback port, twice: as a conversation given call by call, and as a small account.

Both answer over real HTTP, so that a module, run in whatever way, is tested down to the bytes it sends.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

KEY = "key-0123456789abcdef"
BASE = "/services/v2"


def in_days(number: int) -> str:
    return str(datetime.now(timezone.utc).date() + timedelta(days=number))


# -- calls -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """cut: the connection breaks before the body is complete; with no status, before anything was sent."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    cut: bool = False


def json_answer(data: Any, status: int = 200, **headers: str) -> Answer:
    extra = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, json.dumps(data).encode(), (*Answer.headers, *extra))


def error(status: int, code: str = "", message: str = "", **headers: str) -> Answer:
    """Return an error as CertCentral spells it (docs/development/reference/certcentral.md 1.2)."""
    return json_answer({"errors": [{"code": code, "message": message}]}, status, **headers)


DONE = Answer(204, headers=())
HANGS_UP = Answer(0, cut=True)
HTML = Answer(
    503, b"<html><body>Request unsuccessful. Incapsula incident</body></html>", (("Content-Type", "text/html"),)
)
THROTTLED = error(429, "request_limit_exceeded", "Service unavailable, please limit request volume")
VIEW_ONLY = error(403, "access_denied|missing_permission", "Access denied.")
NO_SUCH_REQUEST = error(404, "not_found|request", "The specified request could not be found.")
NO_SUCH_DOMAIN = error(404, "not_found|domain", "The specified domain could not be found.")
NO_SUCH_ORDER = error(404, "not_found|order", "The specified order could not be found.")


@dataclass(frozen=True)
class Call:
    """One request that is expected, and its answer; `target` as a user writes it, not quoted."""

    method: str
    target: str
    body: Any = None
    answer: Answer = DONE

    def gets(self, answer: Answer) -> Call:
        return replace(self, answer=answer)

    def __str__(self) -> str:
        return f"{self.method} {self.target}" + (f" {json.dumps(self.body)}" if self.body is not None else "")


def reads(order_id: int, answer: Answer | None = None, **facts: Any) -> Call:
    """GET an order; by default it is there, with these facts."""
    return Call("GET", f"/order/certificate/{order_id}", answer=answer or json_answer(an_order(order_id, **facts)))


def lists(
    order_ids: Sequence[int], *rows: Any, origin: str = "", answer: Answer | None = None, offset: int = 0
) -> Call:
    """GET a list by id; `rows` are what it returns, orders or ids."""
    names = [f"filters[id][{number}]" for number in range(len(order_ids))] if len(order_ids) > 1 else ["filters[id]"]
    query = [f"{name}={order_id}" for name, order_id in zip(names, order_ids)]
    query += [f"filters[origin]={origin}"] if origin else []
    query += ["sort=order_id", f"limit={len(order_ids)}", f"offset={offset}"]
    found = [a_row(row) if isinstance(row, int) else row for row in rows]
    page = {"page": {"total": len(found), "limit": len(order_ids), "offset": 0}}
    # REC: with no results the key is missing entirely (docs/development/reference/certcentral.md 3).
    listed = json_answer({**({"orders": found} if found else {}), **page})
    return Call("GET", f"/order/certificate?{'&'.join(query)}", answer=answer or listed)


def sets(order_id: int, status: str, note: str | None = None, answer: Answer = DONE) -> Call:
    """PUT a status."""
    body = {"status": status, **({"note": note} if note else {})}
    return Call("PUT", f"/order/certificate/{order_id}/status", body, answer)


def asks(target: str, data: Any = None, answer: Answer | None = None) -> Call:
    """GET whatever else; `target` as a user writes it."""
    return Call("GET", target, answer=answer or json_answer({} if data is None else data))


def changes(target: str, body: Any = None, answer: Answer = DONE, method: str = "PUT") -> Call:
    return Call(method, target, body, answer)


def asks_who() -> Call:
    return Call("GET", "/user/me", answer=json_answer({"id": 5, "username": "robot", "account_id": 4711}))


def an_order(order_id: int, status: str = "issued", **facts: Any) -> dict[str, Any]:
    """Return an order's own page (docs/development/reference/certcentral.md 2.1): issued, about to expire, unmarked."""
    certificate = {"common_name": f"www{order_id}.example.com", "valid_till": in_days(30)}
    if facts.get("valid_till", ...) is None:
        del certificate["valid_till"]
    elif "valid_till" in facts:
        certificate["valid_till"] = facts["valid_till"]
    rest = {name: value for name, value in facts.items() if name != "valid_till" and value is not None}
    lacks_mark = facts.get("is_renewed", ...) is None
    mark = {} if lacks_mark else {"is_renewed": False}
    return {"id": order_id, "status": status, "certificate": certificate, **mark, **rest}


def a_row(order_id: int, status: str = "issued", **facts: Any) -> dict[str, Any]:
    """Return an order's list row, which never names a newer order (docs/development/reference/certcentral.md 3)."""
    row = an_order(order_id, status, **facts)
    row.pop("renewed_order_id", None)
    return {**row, "organization": []}


# -- services ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    body: Any
    headers: dict[str, str] = field(repr=False)


class Service:
    """A server on a loopback port that keeps a journal of what it was sent."""

    def __init__(self) -> None:
        self.journal: list[Request] = []
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{BASE}"

    @property
    def sent(self) -> list[str]:
        return [f"{request.method} {request.target}" for request in self.journal]

    @property
    def writes(self) -> list[str]:
        return [line for line in self.sent if not line.startswith("GET ")]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def receive(self, request: Request) -> Answer:
        with self._lock:
            self.journal.append(request)
            return self.answer(request)

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError


class Conversation(Service):
    """Expects certain calls in their order; any other, or one that is not made, fails the test at its end.

    A list among the calls is of those that may come in any order.
    """

    def __init__(self, *calls: Call | list[Call]) -> None:
        self._expected = [list(call) if isinstance(call, list) else [call] for call in calls]
        self.wrong: list[str] = []
        super().__init__()

    def answer(self, request: Request) -> Answer:
        received = Call(request.method, request.target, request.body)
        now = self._expected[0] if self._expected else []
        for call in now:
            if str(call) == str(received):
                now.remove(call)
                if not now:
                    self._expected.pop(0)
                return call.answer
        expected = " or ".join(str(call) for call in now) or "the end"
        self.wrong.append(f"came {received}, expected {expected}")
        # No status that a client would try again.
        return error(418, "unexpected", "this call was not expected")

    def ends(self) -> None:
        """Fail where it did not follow the given calls."""
        missing = [f"never came: {call}" for calls in self._expected for call in calls]
        assert not self.wrong + missing, "\n".join(self.wrong + missing)


class Account(Service):
    """A few rules of CertCentral's, for runs too long to be given call by call.

    lacks: fields that rows leave out. filters_ids: whether lists obey the filter by id. view_only: what the key may.
    """

    def __init__(self, orders: Iterable[dict[str, Any]], *, migrated: Iterable[int] = ()) -> None:
        self.orders = {order["id"]: order for order in orders}
        self.migrated = set(migrated)
        self.lacks: tuple[str, ...] = ()
        self.filters_ids = True
        self.view_only = False
        super().__init__()

    def answer(self, request: Request) -> Answer:
        parts = urlsplit(request.target)
        steps = parts.path.strip("/").split("/")
        if parts.path == "/user/me":
            return asks_who().answer
        if steps == ["order", "certificate"]:
            return self._list(parse_qsl(parts.query))
        order = self.orders.get(int(steps[2]))
        if order is None:
            return NO_SUCH_ORDER
        if request.method == "PUT":
            return VIEW_ONLY if self.view_only else self._set(order, request.body["status"])
        return json_answer(order)

    def _list(self, query: list[tuple[str, str]]) -> Answer:
        ids = {int(value) for name, value in query if name.startswith("filters[id]")}
        origin = dict(query).get("filters[origin]")
        rows = [
            {name: value for name, value in order.items() if name not in (*self.lacks, "renewed_order_id")}
            for number, order in sorted(self.orders.items())
            if (number in ids or not self.filters_ids)
            and (origin is None or (number in self.migrated) == (origin == "migrated"))
        ]
        limit = int(dict(query)["limit"])
        if limit > 1000:
            return error(400, "invalid_value:limit", "limit contains an invalid value.")
        rows = rows[:limit] if self.filters_ids else rows
        return json_answer(
            {**({"orders": rows} if rows else {}), "page": {"total": len(rows), "limit": limit, "offset": 0}}
        )

    def _set(self, order: dict[str, Any], status: str) -> Answer:
        if status == "canceled" and order["status"] in ("pending", "waiting_pickup"):
            order["status"] = "canceled"
        elif status == "canceled" and order["status"] == "reissue_pending":
            order["status"] = "issued"
        elif status == "renewed" and order["id"] in self.migrated and not order["is_renewed"]:
            order["is_renewed"] = True
        elif status == "not_renewed" and order["is_renewed"]:
            order["is_renewed"] = False
        else:
            return error(400, "invalid_value:status", "status contains an invalid value.")
        return DONE


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: Service) -> None:
        self.service = service
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One segment for an answer: the other side would wait for the second.
    wbufsize = -1
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        target = unquote_plus(self.path)
        server: Any = self.server
        answer = server.service.receive(
            Request(self.command, target[len(BASE) :], json.loads(raw) if raw else None, dict(self.headers.items()))
        )
        if answer.cut:
            self.close_connection = True
        if answer.status:
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)

    do_GET = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815

    def log_message(self, *_arguments: Any) -> None:
        pass
