# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""One thread's HTTP session: a deadline for the whole request, TLS 1.2 or newer, no cookie, no redirect."""

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

CONNECT_TIMEOUT = 10.0


class Session:
    """A requests.Session of one thread that keeps a deadline for the whole of a request."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._deadline = _Deadline()
        self._session = requests.Session()
        # Even where it does not follow, requests reads a redirect's whole body and parses where it points to.
        self._session.get_redirect_target = lambda _response: None  # type: ignore[assignment]
        # .netrc would add an Authorization header; proxies and CA bundle are given with each request.
        self._session.trust_env = False
        self._session.headers["User-Agent"] = "certops.orders (Ansible collection)"
        self._session.headers["Accept-Encoding"] = "gzip, deflate"
        adapter = _adapter(self._deadline, bool(connection.verify))
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def open(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> requests.Response:
        timeout = self._connection.timeout
        self._deadline.until = time.monotonic() + timeout
        self._deadline.sent = False
        proxy = self._connection.proxy
        # Without a scheme requests 2.25 takes the host for one.
        proxies = {"https": proxy if "://" in proxy else f"http://{proxy}"} if proxy else {}
        # A cookie that one answer sets must not follow the key about.
        self._session.cookies.clear()
        return self._session.request(
            method,
            url,
            headers=dict(headers),
            data=body,
            timeout=(min(CONNECT_TIMEOUT, timeout), timeout),
            allow_redirects=False,
            stream=True,
            verify=self._connection.verify,
            proxies=proxies,
        )

    @property
    def sent(self) -> bool:
        """Whether anything of the last request may have left for the service."""
        return self._deadline.sent

    def close(self) -> None:
        self._session.close()


class _Deadline:
    """When the request under way must have ended, in monotonic seconds, and whether it is on its way by now."""

    until = float("inf")
    sent = False

    def left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise socket.timeout("the deadline of the request has passed")
        return left


class _BoundedSocket(io.RawIOBase):
    """A socket's bytes, each wait for which ends with the deadline: the read time-out of requests restarts with each
    byte, so that a service which drips would hold us for ever."""

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
    def __init__(self, sock: socket.socket, *args: Any, deadline: _Deadline, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_BoundedSocket(self.fp.detach(), sock, deadline))


def _adapter(deadline: _Deadline, verify: bool) -> requests.adapters.HTTPAdapter:
    """An adapter for requests with TLS 1.2 or newer, whose connections keep the deadline and note what was sent."""
    # Static, or Python 3.14 would hand the connection to it as well.
    response_class = staticmethod(functools.partial(_BoundedResponse, deadline=deadline))

    class Noting:
        # Only here is it certain: urllib3 says ProxyError, too, where a connection by a proxy breaks after the request.
        def connect(self) -> None:
            deadline.sent = False
            super().connect()  # type: ignore[misc]
            deadline.sent = True

        def request(self, *args: Any, **kwargs: Any) -> None:
            deadline.sent = True
            super().request(*args, **kwargs)  # type: ignore[misc]

    class BoundedHTTP(Noting, urllib3.connection.HTTPConnection):
        pass

    class BoundedHTTPS(Noting, urllib3.connection.HTTPSConnection):
        pass

    BoundedHTTP.response_class = BoundedHTTPS.response_class = response_class  # type: ignore[assignment]

    class HTTPPool(urllib3.HTTPConnectionPool):
        ConnectionCls = BoundedHTTP

    class HTTPSPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = BoundedHTTPS

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, ssl_context=_tls(verify), **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": HTTPPool, "https": HTTPSPool}

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(proxy, ssl_context=_tls(verify), **kwargs)
            manager.pool_classes_by_scheme = {"http": HTTPPool, "https": HTTPSPool}
            return manager

    return Adapter()


def _tls(verify: bool) -> ssl.SSLContext:
    import ssl

    context = urllib3.util.ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verify else ssl.CERT_NONE)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
