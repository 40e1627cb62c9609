# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection under a call, down to its transport, and the faults played on it."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.types import Receive, Scope, Send

from certsim.exchange import Answer, encode
from certsim.faults import FaultKind, Stage

_MIB = 1 << 20
_RESET_AT_ONCE = struct.pack("ii", 1, 0)
_ONE_DAY = 86400.0
_JSON = "application/json"
#: When a call takes effect that does so later: after so many more requests of its order (and such as are of no single
#: order) that do not see it yet or, where that is 0, so many virtual seconds.
_LATER = {"after_seconds": 2.0, "after_requests": 0}


class Wire:
    """Sends answers on one connection, properly or otherwise."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, on_status: Callable[[int], None]) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._on_status = on_status

    @property
    def transport(self) -> asyncio.Transport:
        """The transport that our protocol class put into the scope."""
        transport: asyncio.Transport = self._scope["state"]["transport"]
        return transport

    async def pause(self, seconds: float) -> bool:
        """Wait, and return whether the client (or the server's shutdown) ended the connection meanwhile."""
        try:
            await asyncio.wait_for(self._disconnected(), seconds)
        except TimeoutError:
            return False
        return True

    async def start(self, status: int, headers: dict[str, str]) -> None:
        """Send the status line and the headers."""
        self._on_status(status)
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    def announce(self, status: int) -> None:
        """Announce which status is about to be sent by other means than ``start``."""
        self._on_status(status)

    async def chunk(self, content: bytes, *, more: bool) -> None:
        """Send a piece of the body."""
        await self._send({"type": "http.response.body", "body": content, "more_body": more})

    async def reply(self, answer: Answer) -> None:
        """Send a whole answer."""
        await self.start(answer.status, _sized(answer))
        await self.chunk(answer.content, more=False)

    async def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
        await self.abandon()

    async def abandon(self) -> None:
        """Drop the connection, and wait until the server knows it is gone."""
        self.transport.abort()
        await self._disconnected()

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _sized(answer: Answer) -> dict[str, str]:
    # A 204 has no length (RFC 9110, 8.6).
    if answer.status == HTTPStatus.NO_CONTENT:
        return answer.headers
    return {**answer.headers, "content-length": str(len(answer.content))}


async def read_body(receive: Receive) -> bytes:
    """Read a request's body to its end."""
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _status(wire: Wire, params: dict[str, Any], answer: Answer) -> None:
    body = params["body"]
    if body is not None:
        answer.content = body.encode() if isinstance(body, str) else encode(body)
    answer.headers = {**answer.headers, **{name: str(value) for name, value in params["headers"].items()}}
    await wire.reply(answer)


async def _as_it_is(wire: Wire, _params: dict[str, Any], answer: Answer) -> None:
    await wire.reply(answer)


async def _html(wire: Wire, params: dict[str, Any], _answer: Answer) -> None:
    await wire.reply(Answer(params["status"], params["body"].encode(), {"content-type": "text/html"}))


async def _truncated_json(wire: Wire, _params: dict[str, Any], answer: Answer) -> None:
    whole = answer.content or encode({"status": "accepted"})
    await wire.reply(Answer(HTTPStatus.OK, whole[: len(whole) // 2], {"content-type": _JSON}))


async def _not_json(wire: Wire, params: dict[str, Any], _answer: Answer) -> None:
    await wire.reply(Answer(HTTPStatus.OK, params["body"].encode(), {"content-type": _JSON}))


async def _deep_json(wire: Wire, params: dict[str, Any], _answer: Answer) -> None:
    depth = params["depth"]
    await wire.reply(Answer(HTTPStatus.OK, b"[" * depth + b"]" * depth, {"content-type": _JSON}))


async def _huge_body(wire: Wire, params: dict[str, Any], _answer: Answer) -> None:
    await wire.start(HTTPStatus.OK, {"content-type": _JSON})
    for _time in range(params["mib"]):
        if wire.transport.is_closing():
            return
        await wire.chunk(b" " * _MIB, more=True)
    await wire.chunk(b"{}", more=False)


async def _gzip_bomb(wire: Wire, params: dict[str, Any], _answer: Answer) -> None:
    # Gzip members may follow one another (RFC 1952, 2.2): one packed MiB is repeated.
    content = gzip.compress(b" " * _MIB) * params["mib"] + gzip.compress(b"{}")
    await wire.reply(Answer(HTTPStatus.OK, content, {"content-type": _JSON, "content-encoding": "gzip"}))


async def _reset(wire: Wire, _params: dict[str, Any], _answer: Answer) -> None:
    await wire.reset()


async def _hang(wire: Wire, params: dict[str, Any], _answer: Answer) -> None:
    if not await wire.pause(params["seconds"]):
        await wire.abandon()


async def _drip(wire: Wire, params: dict[str, Any], answer: Answer) -> None:
    await wire.start(answer.status, _sized(answer))
    for byte in answer.content:
        await wire.chunk(bytes((byte,)), more=True)
        if await wire.pause(1 / params["bytes_per_second"]):
            return
    await wire.chunk(b"", more=False)


async def _drip_headers(wire: Wire, params: dict[str, Any], answer: Answer) -> None:
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in _sized(answer).items()]
    wire.announce(answer.status)
    head = "\r\n".join([*lines, "connection: close", "", ""]).encode("latin-1")
    for byte in head:
        wire.transport.write(bytes((byte,)))
        if await wire.pause(1 / params["bytes_per_second"]):
            return
    wire.transport.write(answer.content)
    wire.transport.close()
    await wire.pause(_ONE_DAY)


async def _redirect(wire: Wire, params: dict[str, Any], _answer: Answer) -> None:
    await wire.reply(Answer(params["status"], b"", {"location": params["location"]}))


async def _close_idle(wire: Wire, params: dict[str, Any], answer: Answer) -> None:
    await wire.reply(answer)
    asyncio.get_running_loop().call_later(params["seconds"], wire.transport.close)


Play = Callable[[Wire, dict[str, Any], Answer], Awaitable[None]]

_HTML = "<html><head><title>Service Unavailable</title></head><body><h1>Service Unavailable</h1></body></html>"

#: Every neutral kind and how it is played. The answer given to a player is the service's answer
#: to the call (AFTER), or its error for ``params["status"]`` where the call does not take effect.
PLAYS: dict[str, tuple[FaultKind, Play]] = {
    kind.name: (kind, play)
    for kind, play in (
        (
            FaultKind(
                "status",
                Stage.BEFORE,
                "An HTTP status, with the service's own error body or the one given (text or JSON).",
                {"status": 500, "body": None, "headers": {}},
            ),
            _status,
        ),
        (
            FaultKind(
                "error_after",
                Stage.AFTER,
                "The call takes effect, then an error status is answered.",
                {"status": 500, "body": None, "headers": {}},
            ),
            _status,
        ),
        (FaultKind("html", Stage.BEFORE, "An HTML page, as a CDN sends.", {"status": 503, "body": _HTML}), _html),
        (FaultKind("truncated_json", Stage.AFTER, "200 and the first half of the JSON."), _truncated_json),
        (FaultKind("not_json", Stage.AFTER, "200, called JSON, that is none.", {"body": "OK"}), _not_json),
        (FaultKind("deep_json", Stage.AFTER, "200 and nested arrays.", {"depth": 100_000}), _deep_json),
        (FaultKind("huge_body", Stage.AFTER, "200 and a chunked body of many MiB.", {"mib": 100}), _huge_body),
        (FaultKind("gzip_bomb", Stage.AFTER, "200 and many MiB, gzipped small.", {"mib": 100}), _gzip_bomb),
        (FaultKind("reset_before", Stage.BEFORE, "A TCP reset before the call takes effect."), _reset),
        (FaultKind("reset_after", Stage.AFTER, "A TCP reset after the call took effect."), _reset),
        (FaultKind("hang", Stage.BEFORE, "No answer; closed after the seconds.", {"seconds": _ONE_DAY}), _hang),
        (FaultKind("hang_after", Stage.AFTER, "Takes effect, then as hang.", {"seconds": _ONE_DAY}), _hang),
        (FaultKind("drip", Stage.AFTER, "The body, byte by byte.", {"bytes_per_second": 10.0}), _drip),
        (
            FaultKind("drip_headers", Stage.AFTER, "The headers, byte by byte.", {"bytes_per_second": 10.0}),
            _drip_headers,
        ),
        (
            FaultKind(
                "error_late",
                Stage.LATER,
                "An error status now; the call takes effect later.",
                {"status": 504, "body": None, "headers": {}, **_LATER},
            ),
            _status,
        ),
        (FaultKind("reset_late", Stage.LATER, "A TCP reset now; the call takes effect later.", _LATER), _reset),
        (
            FaultKind(
                "hang_late",
                Stage.LATER,
                "As hang; the call takes effect later.",
                {"seconds": _ONE_DAY, **_LATER},
            ),
            _hang,
        ),
        (
            FaultKind(
                "stale",
                Stage.PAST,
                "A read shows the state before the last writes (of the API's calls since it was armed; it has no "
                "effect before there is one).",
                {"writes": 1},
                method="GET",
                path=r"^(?!.*/order/cancel)",
            ),
            _as_it_is,
        ),
        (
            FaultKind(
                "redirect", Stage.BEFORE, "A redirect.", {"location": "http://127.0.0.1:9/elsewhere", "status": 302}
            ),
            _redirect,
        ),
        (
            FaultKind(
                "close_idle",
                Stage.AFTER,
                "The answer, then the kept-alive connection is closed without notice.",
                {"seconds": 0.05},
            ),
            _close_idle,
        ),
    )
}
