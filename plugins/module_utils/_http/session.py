# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The requests of one thread: a deadline for the whole request, TLS 1.2 or newer, no cookies, no redirects."""

from __future__ import annotations

import functools
import http.client
import io
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .libraries import requests, urllib3

if TYPE_CHECKING:
    import ssl

    from .connection import Connection

# The longest wait for a connection, in seconds; the option timeout can make it shorter.
CONNECT_TIMEOUT = 10.0
_HEADERS = {
    "User-Agent": "certops.orders (Ansible collection)",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}


class Session:
    """Sends the requests of one thread, with a deadline for each whole request.

    Requests go to an adapter of requests directly, not through requests.Session, which would add cookies of earlier
    answers and credentials of a .netrc file, and follow redirects. The classes below replace the connection classes of
    urllib3: requests and urllib3 know only a time-out for each read of the socket, and every read must be bounded by
    what is left until the deadline.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._deadline = _Deadline()
        self._adapter = _adapter(self._deadline, bool(connection.verify))
        proxy = connection.proxy
        # requests 2.25 takes the host of a proxy without a scheme for the scheme.
        self._proxies = {"https": proxy if "://" in proxy else f"http://{proxy}"} if proxy else {}

    def open(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> requests.Response:
        """Send a request and return the response with its body unread; the deadline applies to the body as well.

        url: with all parts quoted.
        """
        timeout = self._connection.timeout
        self._deadline.until = time.monotonic() + timeout
        self._deadline.sent = False
        request = requests.PreparedRequest()
        request.method, request.url, request.body = method, url, body
        request.headers = requests.structures.CaseInsensitiveDict({**_HEADERS, **headers})
        if body is not None or method != "GET":
            request.headers["Content-Length"] = str(len(body or b""))
        return self._adapter.send(
            request,
            stream=True,
            timeout=(min(CONNECT_TIMEOUT, timeout), timeout),
            verify=self._connection.verify,
            proxies=self._proxies,
        )

    @property
    def sent(self) -> bool:
        """Whether a part of the last request may have been sent to the service."""
        return self._deadline.sent

    def close(self) -> None:
        self._adapter.close()


class _Deadline:
    """The state of the request under way.

    until: when it must have ended, in monotonic seconds. sent: whether a part of it may have been sent.
    """

    until = float("inf")
    sent = False

    def left(self) -> float:
        """The seconds that are left, more than 0. Raises socket.timeout after the deadline."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise socket.timeout("the deadline of the request has passed")
        return left


class _BoundedSocket(io.RawIOBase):
    """Reads from a socket until the deadline at most.

    The read time-out of requests restarts with every byte: a service that sends single bytes slowly could keep a
    request open without end.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: _Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """A response whose status line, headers and body are read through _BoundedSocket."""

    def __init__(self, sock: socket.socket, *args: Any, deadline: _Deadline, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_BoundedSocket(self.fp.detach(), sock, deadline))


class _SentRecorder:
    """Records in a connection of urllib3 whether a request may have been sent.

    The exceptions of urllib3 do not tell: it raises ProxyError also for a connection through a proxy that breaks after
    the request was sent.
    """

    deadline: _Deadline

    def connect(self) -> None:
        # `request` connects first if there is no connection. Until that has succeeded, nothing was sent to the service,
        # as a CONNECT request goes only to the proxy.
        self.deadline.sent = False
        super().connect()  # type: ignore[misc]
        self.deadline.sent = True

    def request(self, *args: Any, **kwargs: Any) -> None:
        self.deadline.sent = True
        super().request(*args, **kwargs)  # type: ignore[misc]


def _pool_classes(deadline: _Deadline) -> dict[str, type]:
    """The pools of urllib3 by scheme, whose connections keep the deadline and set `deadline.sent`."""
    # A staticmethod, as Python 3.14 would otherwise bind it and pass the connection as first argument.
    response_class = staticmethod(functools.partial(_BoundedResponse, deadline=deadline))
    of_session: dict[str, Any] = {"deadline": deadline, "response_class": response_class}

    class HTTPPool(urllib3.HTTPConnectionPool):
        ConnectionCls = type("BoundedHTTP", (_SentRecorder, urllib3.connection.HTTPConnection), of_session)

    class HTTPSPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = type("BoundedHTTPS", (_SentRecorder, urllib3.connection.HTTPSConnection), of_session)

    return {"http": HTTPPool, "https": HTTPSPool}


def _adapter(deadline: _Deadline, verify: bool) -> requests.adapters.HTTPAdapter:
    """An adapter for requests with TLS 1.2 or newer, whose connections keep the deadline.

    verify: whether the certificate of the service is verified.
    """
    classes = _pool_classes(deadline)

    # Both pool managers, direct and through a proxy, need the TLS settings and the connection classes.
    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, ssl_context=_tls(verify), **kwargs)
            self.poolmanager.pool_classes_by_scheme = classes

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(proxy, ssl_context=_tls(verify), **kwargs)
            manager.pool_classes_by_scheme = classes
            return manager

    return Adapter()


def _tls(verify: bool) -> ssl.SSLContext:
    """A context for TLS 1.2 or newer; verify: whether it verifies the certificate of the service."""
    import ssl

    context = urllib3.util.ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verify else ssl.CERT_NONE)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
