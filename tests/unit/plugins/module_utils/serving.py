# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers to shake hands with: TLS, mail, and broken ones."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Any, Callable

import pytest
import trustme
from cryptography import x509

Talk = Callable[["Server", socket.socket], None]
RSA, ECDSA = trustme.KeyType.RSA, trustme.KeyType.ECDSA


class Server:
    """Listens on an address, and talks with everybody who connects until it is closed.

    received: what came after a handshake, of each connection. words: what came before it. shown: the names that were
    asked for.
    """

    def __init__(self, talk: Talk, host: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, reuse_port=False)
        self._talk = talk
        self.port: int = self._listener.getsockname()[1]
        self.received: list[bytes] = []
        self.words: list[bytes] = []
        self.shown: list[str | None] = []
        self.calls = 0
        self.closed = threading.Event()
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self.closed.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _serve(self) -> None:
        while not self.closed.is_set():
            try:
                connection, _from = self._listener.accept()
            except OSError:
                return
            self.calls += 1
            thread = threading.Thread(target=self._one, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _one(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        # The client may have closed.
        with connection, suppress(OSError):
            self._talk(self, connection)


def tls(*certificates: trustme.LeafCert, **settings: Any) -> Talk:
    """Shake hands, and read whether anything comes after it; settings: of the context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for certificate in certificates:
        certificate.configure_cert(context)
    for name, value in settings.items():
        setattr(context, name, value)

    def talk(server: Server, connection: socket.socket) -> None:
        asked: list[str | None] = []
        # Of one context there are several connections at a time; they all ask for the same name.
        context.sni_callback = lambda _socket, name, _context: asked.append(name)
        with context.wrap_socket(connection, server_side=True) as secured:
            server.shown += asked
            try:
                server.received.append(secured.recv(1024))
            except ConnectionResetError:
                # It closed silently, and has not read our session tickets.
                server.received.append(b"")

    return talk


def mail(after: Talk, *answers: bytes) -> Talk:
    """Serve SMTP: a greeting, then an answer to each line; after the last one `after` goes on."""

    def talk(server: Server, connection: socket.socket) -> None:
        connection.sendall(answers[0])
        for answer in answers[1:]:
            line = connection.recv(1024)
            server.words.append(line)
            connection.sendall(answer)
        after(server, connection)

    return talk


GREETS = b"220 mail.example.com ESMTP\r\n"
OFFERS = b"250-mail.example.com\r\n250-SIZE 1000\r\n250-StartTLS\r\n250 HELP\r\n"
AGREES = b"220 go ahead\r\n"


def sends(words: bytes) -> Talk:
    def talk(_server: Server, connection: socket.socket) -> None:
        connection.sendall(words)
        # A close with something unread would be a reset, which destroys what was sent.
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1024):
            pass

    return talk


def resets(_server: Server, connection: socket.socket) -> None:
    connection.recv(1024)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def silent(server: Server, _connection: socket.socket) -> None:
    server.closed.wait(10)


def drips(*drops: bytes, every: float = 0.05) -> Talk:
    """Send something that never ends; no wait is ever long."""

    def talk(server: Server, connection: socket.socket) -> None:
        for drop in drops:
            connection.sendall(drop)
        while not server.closed.is_set():
            time.sleep(every)
            connection.sendall(drops[-1][-1:])

    return talk


def serial_of(certificate: trustme.LeafCert) -> int:
    return x509.load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes()).serial_number


class Names:
    """Stands in for the system's resolver: addresses, or failures, by spelling; others do not exist."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.known: dict[str, list[str] | Exception | Callable[[], Any]] = {}
        self.asked: list[str] = []
        monkeypatch.setattr(socket, "getaddrinfo", self._getaddrinfo)

    def are(self, **known: list[str] | Exception | Callable[[], Any]) -> None:
        """Names of one label under example.com."""
        self.known.update({f"{name}.example.com.": answer for name, answer in known.items()})

    def _getaddrinfo(self, host: str, port: None, **_more: Any) -> list[Any]:
        self.asked.append(host)
        answer = self.known.get(host, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))
            for address in answer or []
        ]
