# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that plays a script over real sockets: each scene answers one request, in order, or misbehaves.

A request that no scene is left for, and a scene that was never played, fail the test.
"""

from __future__ import annotations

import json as jsonlib
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Callable

# A scene gets the connection after a request was read from it, and returns the one to go on with, or None to close.
Scene = Callable[[socket.socket], "socket.socket | None"]


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return jsonlib.loads(self.body)


class Service:
    """Plays its scenes to every client; `requests` are those of all connections, in order."""

    def __init__(self, *scenes: Scene, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._scenes = deque(scenes)
        self._surprises = 0
        self._tls = tls
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/v2"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._closing = False

    def __enter__(self) -> Service:
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive(), "a scene did not end"
        if not kind:
            assert not self._surprises, f"unexpected: {self.requests[-self._surprises :]}"
            assert not self._scenes, f"{len(self._scenes)} scenes were never played"

    @property
    def asked(self) -> list[str]:
        return [f"{request.method} {request.target}" for request in self.requests]

    def _listen(self) -> None:
        while not self._closing:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        current: socket.socket | None = connection
        try:
            if self._scenes and self._scenes[0] in _DEAF:
                self._scenes.popleft()(connection)
                return
            if self._tls:
                current = self._tls.wrap_socket(connection, server_side=True)
            while current and (request := self._read(current)):
                answering, current = current, self._next(request)(current)
                if not current:
                    answering.close()
        except OSError:
            # The client left; what the test asserts is what it made of that.
            pass
        finally:
            if current:
                current.close()
            connection.close()

    def _read(self, connection: socket.socket) -> Request | None:
        # What ends the test can only end what it knows: wrapping a socket in TLS makes it another one.
        self._open.append(connection)
        return _read(connection)

    def _next(self, request: Request) -> Scene:
        with self._lock:
            self.requests.append(request)
            if self._scenes:
                return self._scenes.popleft()
            self._surprises += 1
            return close


def _read(connection: socket.socket) -> Request | None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            return None
        head += byte
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    method, target, _version = first.split(" ")
    headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
    body = b""
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Request(method, target, headers, body)


# Scenes that do not wait for a request.
_DEAF: list[Scene] = []

# -- scenes ----------------------------------------------------------------------------------------------------------


def answer(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Scene:
    """A whole, well-formed answer; the connection stays open."""
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if status != 204:
        lines.append(f"Content-Length: {len(body)}")
    return raw("\r\n".join([*lines, "", ""]).encode("latin-1") + body, stay=True)


def json(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Scene:
    return answer(status, jsonlib.dumps(data).encode(), {"Content-Type": "application/json", **(headers or {})})


def fault(status: int, code: str = "some_code", message: str = "Some message.", **headers: str) -> Scene:
    """An error in CertCentral's envelope; header names with an underscore for each hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return json({"errors": [{"code": code, "message": message}]}, status, named)


def raw(data: bytes, stay: bool = False) -> Scene:
    """These bytes; then the connection ends unless it is to stay."""

    def scene(connection: socket.socket) -> socket.socket | None:
        connection.sendall(data)
        return connection if stay else None

    return scene


def close(_connection: socket.socket) -> None:
    """The connection ends without an answer."""


def reset(connection: socket.socket) -> None:
    """The connection is reset after the request was read."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hang_up(connection: socket.socket) -> None:
    """The connection is reset as soon as something comes: a request was on its way, and was not read."""
    connection.recv(1)
    reset(connection)


def greet(words: bytes) -> Scene:
    """These bytes, whatever comes, like a service with another protocol."""

    def scene(connection: socket.socket) -> None:
        connection.recv(5)
        connection.sendall(words)

    _DEAF.append(scene)
    return scene


def then_reset(data: bytes) -> Scene:
    def scene(connection: socket.socket) -> None:
        connection.sendall(data)
        # Let the client read it first: a reset throws away what still waits to be read.
        threading.Event().wait(0.05)
        reset(connection)

    return scene


def hang(connection: socket.socket) -> None:
    """No answer, until the client closes."""
    while connection.recv(1):
        pass


def drip(head: bytes, drop: bytes) -> Scene:
    """`head` at once, then a drop now and again until the client closes."""

    def scene(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(drop)
            threading.Event().wait(0.02)

    return scene


def flood(head: bytes, wave: bytes, waves: int, tail: bytes = b"") -> Scene:
    def scene(connection: socket.socket) -> None:
        connection.sendall(head)
        for _wave in range(waves):
            connection.sendall(wave)
        connection.sendall(tail)

    return scene


def tunnel(tls: ssl.SSLContext) -> Scene:
    """As a proxy and the service behind it in one: grant the CONNECT, then start TLS."""

    def scene(connection: socket.socket) -> socket.socket:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return tls.wrap_socket(connection, server_side=True)

    return scene


_DEAF.append(hang_up)
