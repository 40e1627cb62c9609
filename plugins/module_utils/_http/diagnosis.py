# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Explains why a request failed on the network, with the host and the next step."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .._common.errors import ApiError, LostReply, NotSent, Unreadable, Untrusted
from .libraries import urllib3
from .session import CONNECT_TIMEOUT

if TYPE_CHECKING:
    from .connection import Connection

# Error numbers of the system that are shown in a message, as they explain what is wrong with the network.
_NETWORK_ERRORS = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ECONNRESET, errno.EADDRNOTAVAIL)


def _causes(error: BaseException) -> list[BaseException]:
    """An exception and all that it wraps; requests and urllib3 wrap as argument, as `reason` or as context."""
    found: list[BaseException] = []
    todo: list[Any] = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            todo += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return found


def diagnose(error: Exception, sent: bool, connection: Connection) -> tuple[type[ApiError], str]:
    """Return the error class for a network exception, and the reason for the message.

    error: of requests, urllib3 or the system. sent: whether a part of the request may have been sent.
    The reason contains no text of the exception, which can contain secrets.
    """
    import ssl

    causes = _causes(error)

    def caused_by(*kinds: Any) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    timed_out = caused_by(urllib3.exceptions.TimeoutError, socket.timeout)
    # By name: before 1.26.9 the CertificateError of urllib3 is in another module.
    mismatch = any(type(cause).__name__ == "CertificateError" for cause in causes)
    if caused_by(ssl.SSLCertVerificationError) or mismatch:
        host = _host_and_port(connection.base_url)
        return Untrusted, f"the TLS certificate of {host} is not trusted; check ca_path, and the host name in api_url"
    if not sent:
        return NotSent, _no_connection(causes, timed_out, connection)
    if timed_out:
        return LostReply, f"no complete answer arrived within {connection.timeout:g} s (option timeout)"
    if caused_by(urllib3.exceptions.DecodeError):
        return Unreadable, "the compressed answer is damaged"
    return LostReply, "the connection was closed before the answer was complete"


def _no_connection(causes: Sequence[BaseException], timed_out: bool, connection: Connection) -> str:
    """Why the connection failed: host and port, what happened, and the next step."""
    import ssl

    def caused_by(*kinds: Any) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    service = _host_and_port(connection.base_url)
    if connection.proxy:
        proxy = _host_and_port(connection.proxy)
        peer, check = f"the proxy {proxy}", "check HTTPS_PROXY and NO_PROXY"
    else:
        peer, check = service, "check api_url and the network"
    # The proxy was reached, and it could not or would not connect to the service.
    tunnel = any(isinstance(cause, OSError) and "Tunnel connection failed" in str(cause) for cause in causes)
    if connection.proxy and tunnel:
        return f"{peer} refused the connection to {service}; {check}"
    if caused_by(socket.gaierror):
        return f"the host name of {peer} cannot be resolved; {check}, and DNS on this host"
    if caused_by(ConnectionRefusedError):
        return f"{peer} refused the connection; {check}"
    # In urllib3 1.26 NewConnectionError is a subclass of ConnectTimeoutError, but it is not a time-out.
    if timed_out and not (caused_by(urllib3.exceptions.NewConnectionError) and not caused_by(socket.timeout)):
        wait = min(CONNECT_TIMEOUT, connection.timeout)
        return f"the connection to {peer} timed out after {wait:g} s; {check}"
    if caused_by(ssl.SSLError):
        return f"the TLS connection to {service} failed; check ca_path, and that the service supports TLS 1.2 or newer"
    number = next((cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno), None)
    why = f" ({os.strerror(number)})" if number in _NETWORK_ERRORS else ""
    return f"the connection to {peer} failed{why}; {check}"


def _host_and_port(url: str) -> str:
    """Host and port of a URL, without user information, path and query."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def code_of(kind: type[ApiError]) -> str:
    """The code of a failure for an error class that `diagnose` returns."""
    return {NotSent: "connection_failed", Untrusted: "certificate_not_trusted", Unreadable: "unreadable"}.get(
        kind, "reply_lost"
    )
