# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network without sockets: requests reach the simulator's application in this process.

Everything above the socket is real (requests, urllib3, http.client), so that deadlines, resets and reused connections
are what they are in production. A wait for bytes that do not come advances the virtual clock.
"""

from __future__ import annotations

import asyncio
import io
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import urllib3.util.connection

from certsim.journal import Entry
from certsim.server import ProviderApp
from certsim.world import World
from storm.clock import Clock

LOST = "lost"
#: What one exchange takes at least, in virtual seconds.
_ROUND_TRIP = 0.05
_REASONS = {200: "OK", 201: "Created", 204: "No Content", 302: "Found", 404: "Not Found", 429: "Too Many Requests"}
#: An answer under HTTP 200 of these faults cannot be read.
_GARBLED = ("truncated_json", "not_json", "deep_json", "huge_body", "gzip_bomb", "html")


class Killed(BaseException):
    """The process is killed: nothing after it runs."""


@dataclass
class Exchange:
    """One request that left the client, and what the client got to see of the answer.

    ``at``: monotonic seconds. ``received_status``: the HTTP status, or LOST where no whole answer came.
    """

    n: int
    at: float
    method: str
    path: str
    entry: Entry
    received_status: int | str = LOST

    @property
    def is_write(self) -> bool:
        """Whether it can change an order; Servertastic cancels by GET."""
        return self.method != "GET" or self.path.endswith("/order/cancel.json")

    @property
    def is_garbled(self) -> bool:
        """Whether the answer came and cannot be read."""
        return self.received_status == 200 and self.entry.fault in _GARBLED

    @property
    def is_ambiguous(self) -> bool:
        """Whether the client cannot know what came of it."""
        return (
            self.received_status == LOST
            or self.is_garbled
            or (isinstance(self.received_status, int) and self.received_status >= 500)
        )

    @property
    def is_refused(self) -> bool:
        """Whether the client read a refusal (4xx)."""
        return isinstance(self.received_status, int) and 400 <= self.received_status < 500

    @property
    def is_acknowledged(self) -> bool:
        """Whether the client read that it succeeded."""
        return isinstance(self.received_status, int) and self.received_status < 300 and not self.is_garbled

    def line(self) -> str:
        """Return the exchange for a story."""
        struck = f" [{self.entry.fault}]" if self.entry.fault else ""
        effect = " effect" if self.entry.effect else ""
        return f"{self.n:3} t={self.at - 1000:.1f} {self.method} {self.path}{struck} -> {self.received_status}{effect}"


class _Line:
    """What the application sends on one connection: bytes, and how it ends."""

    def __init__(self) -> None:
        self.status = 0
        self._head = b""
        self._body: list[bytes] = []
        self._raw: list[bytes] = []
        self._is_sized = False
        self._is_complete = False
        self._is_reset = False

    async def send(self, message: Any) -> None:
        """ASGI's ``send``."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message["headers"])
            self._is_sized = self.status == 204 or any(name == b"content-length" for name, _value in headers)
            lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Status')}".encode()]
            lines += [name + b": " + value for name, value in headers]
            lines += [] if self._is_sized else [b"transfer-encoding: chunked"]
            self._head = b"\r\n".join([*lines, b"", b""])
            return
        body = message.get("body", b"")
        if body:
            self._body.append(body if self._is_sized else b"%x\r\n%b\r\n" % (len(body), body))
        if not message.get("more_body"):
            self._is_complete = True
            self._body.append(b"" if self._is_sized else b"0\r\n\r\n")

    def content(self) -> bytes:
        """Return all bytes."""
        return b"".join([self._head, *self._body, *self._raw])

    def end(self) -> str:
        """Return how it ends: open (a whole answer), reset, or silence."""
        return "reset" if self._is_reset else "open" if self._is_complete else "silence"

    def received_status(self) -> int:
        """Return the status that the answer means: Servertastic's own errors may come under HTTP 200."""
        is_error = self.status == 200 and b"".join(self._body).startswith(b'{"error"')
        return 400 if is_error else self.status

    # What the simulator's wire asks of a transport.

    def get_extra_info(self, _name: str) -> _Line:
        return self

    def setsockopt(self, *_arguments: Any) -> None:
        """A reset is about to be sent."""
        self._is_reset = True

    def abort(self) -> None:
        """Drop the connection."""

    def close(self) -> None:
        """Close the connection."""

    def is_closing(self) -> bool:
        return False

    def write(self, content: bytes) -> None:
        """Send bytes beside ASGI."""
        self._raw.append(content)


class Network:
    """Connects requests to the simulator.

    ``before`` is asked before each request reaches it, ``after`` once it was handled; either may raise Killed.
    ``connecting`` may raise OSError for a connection that fails.
    """

    def __init__(self, world: World, clock: Clock) -> None:
        self.exchanges: list[Exchange] = []
        self.before: Callable[[str, str], None] = lambda _method, _path: None
        self.after: Callable[[Exchange], bool] = lambda _exchange: False
        self.connecting: Callable[[], None] = lambda: None
        self.is_dead = False
        self.clock = clock
        self._world = world
        self._loop = asyncio.new_event_loop()
        reader, self._writer = os.pipe()
        broken, end = os.pipe()
        os.close(end)
        self.descriptors = {"open": reader, "closed": broken}
        providers = sorted(world.providers.values(), key=lambda each: -len(each.prefix))
        self._apps = [(provider.prefix, ProviderApp(world, provider)) for provider in providers]

    def install(self) -> Callable[[], None]:
        """Take the place of all connections that urllib3 opens; return what puts them back."""
        real = urllib3.util.connection.create_connection
        urllib3.util.connection.create_connection = self._connect  # type: ignore[assignment]

        def restore() -> None:
            urllib3.util.connection.create_connection = real
            self._loop.close()
            for descriptor in (*self.descriptors.values(), self._writer):
                os.close(descriptor)

        return restore

    def _connect(self, *_arguments: Any, **_named: Any) -> _Socket:
        if self.is_dead:
            raise Killed
        self.connecting()
        return _Socket(self)

    def exchange(self, request: bytes) -> tuple[bytes, str]:
        """Send one whole request; return the answer's bytes, and how it ends."""
        if self.is_dead:
            raise Killed
        head, _blank, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _version = first.split(" ")
        path, _mark, query = target.partition("?")
        self.clock.sleep(_ROUND_TRIP)
        self.before(method, path)
        at, line = self.clock.monotonic(), _Line()
        self._serve(method, path, query, lines, body, line)
        exchange = Exchange(len(self.exchanges), at, method, path, self._world.journal.last())
        self.exchanges.append(exchange)
        is_closed = self.after(exchange)
        end = line.end()
        exchange.received_status = line.received_status() if end == "open" else LOST
        return line.content(), "closed" if is_closed and end == "open" else end

    def _serve(self, method: str, path: str, query: str, lines: list[str], body: bytes, line: _Line) -> None:
        app = next(app for prefix, app in self._apps if path.startswith(prefix))
        pairs = [line.split(": ", 1) for line in lines]
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Any:
            # A client that has sent its request waits; a longer wait for it is in vain.
            return next(messages, {"type": "http.disconnect"})

        scope: Any = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
            "state": {"transport": line},
        }
        self._loop.run_until_complete(app(scope, receive, line.send))


class _Socket:
    """What urllib3 and http.client need of a connected socket."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.timeout: float | None = None
        self.answer = io.BytesIO()
        self.end = "open"
        self._request = b""

    def fileno(self) -> int:
        # A closed connection is readable (its end), an open one without an answer is not.
        return self.network.descriptors["closed" if self.end == "closed" else "open"]

    def settimeout(self, seconds: float | None) -> None:
        self.timeout = seconds

    def setsockopt(self, *_arguments: Any) -> None:
        """Nothing to set."""

    def sendall(self, content: bytes) -> None:
        self._request += content
        head, blank, body = self._request.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        if blank and len(body) >= length:
            whole, self._request = self._request, b""
            answer, self.end = self.network.exchange(whole)
            self.answer = io.BytesIO(answer)

    def makefile(self, *_arguments: Any, **_named: Any) -> io.BufferedReader:
        return io.BufferedReader(_Answer(self))

    def shutdown(self, _how: int) -> None:
        """Nothing to end."""

    def close(self) -> None:
        """Nothing to free."""


class _Answer(io.RawIOBase):
    """The bytes of an answer, and then its end."""

    def __init__(self, connection: _Socket) -> None:
        self._socket = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self._socket.answer.readinto(buffer)
        if read:
            return read
        if self._socket.end == "reset":
            raise ConnectionResetError(104, "Connection reset by peer")
        if self._socket.end == "closed":
            return 0
        self._socket.network.clock.sleep(self._socket.timeout or 0.0)
        raise socket.timeout("timed out")
