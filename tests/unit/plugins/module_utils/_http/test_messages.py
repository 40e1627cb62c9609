# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences about connection options, failed connections, and requests that were refused or have to wait."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

import pytest
import urllib3

from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import RATE_LIMIT, REGIONS
from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError, LibraryMissing
from ansible_collections.certops.orders.plugins.module_utils._common.options import CERTCENTRAL_OPTIONS, OptionError
from ansible_collections.certops.orders.plugins.module_utils._http import libraries
from ansible_collections.certops.orders.plugins.module_utils._http import transport as _http
from ansible_collections.certops.orders.plugins.module_utils._http.connection import Connection, connection
from ansible_collections.certops.orders.plugins.module_utils._http.diagnosis import diagnose
from ansible_collections.certops.orders.plugins.module_utils._http.rate_limit import Pacer
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.scripted import (
    Service,
    answer,
    close,
    fault,
    json,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import KEY, Wire

Connect = Callable[..., Wire]

PROCESS = {"DIGICERT_API_KEY": KEY}
DEFAULTS = {name: option.get("default") for name, option in CERTCENTRAL_OPTIONS.items()}


def refusal(
    environ: Mapping[str, str],
    task_environ: Mapping[str, str] | None = None,
    regions: Mapping[str, str] | None = None,
    **params: Any,
) -> str:
    """The message for connection options that are refused."""
    with pytest.raises(OptionError) as caught:
        connection(
            {**DEFAULTS, **params},
            environ,
            task_environ=task_environ or {},
            prefix="DIGICERT",
            regions=REGIONS if regions is None else regions,
            rate_limit=RATE_LIMIT,
            writes=True,
        )
    return str(caught.value)


def test_messages_of_connection_options() -> None:
    elsewhere = "https://host.example"
    check_messages(
        "http connection options",
        {
            "no API key": refusal({}),
            "a key with a space": refusal({}, api_key="a b"),
            "no address": refusal(PROCESS, regions={}),
            "api_url in the task, key of the environment": refusal(PROCESS, api_url=elsewhere),
            "ca_path in the task, key of the environment": refusal(PROCESS, ca_path="/ca.pem"),
            "no verification, key of the environment": refusal(PROCESS, validate_certs=False),
            "address in the environment of the task": refusal(PROCESS, {"DIGICERT_API_URL": elsewhere}),
            "changes without verification": refusal({}, api_key=KEY, validate_certs=False),
            "api_url is not a URL": refusal({}, api_key=KEY, api_url="host.example"),
            "api_url with a query": refusal({}, api_key=KEY, api_url=f"{elsewhere}?key=1"),
            "api_url with http": refusal({}, api_key=KEY, api_url="http://host.example"),
            "a CA bundle that does not exist": refusal({}, api_key=KEY, ca_path="/nonexistent"),
            "a proxy of another kind": refusal({**PROCESS, "ALL_PROXY": "socks5://p:1"}),
            "timeout is 0": refusal(PROCESS, timeout=0),
            "an invalid rate limit": refusal(PROCESS, rate_limit="fast"),
        },
    )


# -- failed connections ------------------------------------------------------------------------------------------------

DIRECT = Connection("https://api.example/v2", KEY, timeout=5.0)
PROXIED = Connection("https://api.example/v2", KEY, timeout=5.0, proxy="http://me:pass-word@proxy.example:3128")
NO_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
UNREACHABLE = OSError(errno.EHOSTUNREACH, "No route to host")
TUNNEL = OSError("Tunnel connection failed: 403 Forbidden")


def why(error: Exception, sent: bool = False, settings: Connection = DIRECT) -> str:
    return diagnose(error, sent, settings)[1]


def test_messages_of_failed_connections() -> None:
    check_messages(
        "http diagnosis",
        {
            "certificate not trusted": why(ssl.SSLCertVerificationError("self-signed certificate")),
            "host name not found": why(NO_NAME),
            "connection refused": why(REFUSED),
            "connection timed out": why(socket.timeout("timed out")),
            "host unreachable": why(UNREACHABLE),
            "another error": why(OSError("odd")),
            "no common TLS version": why(ssl.SSLError("unsupported protocol")),
            "proxy not found": why(NO_NAME, settings=PROXIED),
            "proxy refused": why(REFUSED, settings=PROXIED),
            "proxy timed out": why(socket.timeout("timed out"), settings=PROXIED),
            "proxy refused the tunnel": why(TUNNEL, settings=PROXIED),
            "answer timed out": why(socket.timeout("timed out"), sent=True),
            "answer incomplete": why(http.client.IncompleteRead(b""), sent=True),
            "answer with damaged encoding": why(urllib3.exceptions.DecodeError(), sent=True),
        },
    )


# -- requests ----------------------------------------------------------------------------------------------------------


def failure(wire: Wire) -> str:
    """The message of a read that fails."""
    with pytest.raises(ApiError) as caught:
        wire.read()
    return caught.value.message


@pytest.mark.usefixtures("longest_draw")
def test_messages_of_requests(connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "MAX_BODY", 2**20)

    def answered(scene: Any) -> str:
        with Service(scene) as service:
            return failure(connect(service.url, retries=0)).replace(service.url, "https://host.example/v2")

    def announced(*scenes: Any, **options: Any) -> str:
        with Service(*scenes, json({}), json({})) as service:
            wire = connect(service.url, **options)
            wire.read()
            wire.read()
        return "\n".join(wire.lines)

    used_up = connect("https://host.example/v2")
    used_up.transport.max_requests = 0
    unusable = Pacer(((5, 5.0),), 5.0, str(tmp_path / "missing" / "pace"))
    two = json({"errors": [{"code": "a", "message": "First."}, {"code": "b", "message": "Second."}]}, 400)
    check_messages(
        "http requests",
        {
            "refused with a code": answered(fault(400, "invalid_value", "No.")),
            "refused with two errors": answered(two),
            "refused without an explanation": answered(answer(400, b"")),
            "refused with a web page": answered(answer(400, b"<html>Blocked by a <b>firewall</b></html>")),
            "refused with an empty web page": answered(answer(400, b"<html><br></html>")),
            "refused with many errors": answered(json({"errors": [{"code": f"c{n}"} for n in range(22)]}, 400)),
            "not found": answered(fault(404, "not_found|route", "The specified route was not found.")),
            "redirected": answered(fault(302, "moved", "Elsewhere.")),
            "failed": answered(fault(500, "server_error", "Try later.")),
            "connection closed": answered(close),
            "not JSON": answered(answer(200, b"<html>Maintenance</html>")),
            "too large": answered(answer(200, b" " * (2**20 + 1))),
            "unknown encoding": answered(answer(200, b"?", {"Content-Encoding": "br"})),
            "maximum number of requests": failure(used_up),
            "rate limit file": failure(connect("https://host.example/v2", unusable)),
            "next attempt after a failure": announced(fault(503), fault(503)),
            "next attempt after a 429": announced(fault(429, Retry_After="20")),
            "rate limit": announced(windows=((1, 50.0),)),
        },
    )


def test_messages_of_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/usr/bin/python3")

    def too_old(library: str, version: str) -> str:
        with pytest.MonkeyPatch.context() as versions:
            versions.setattr(f"{library}.__version__", version)
            with pytest.raises(LibraryMissing) as caught:
                libraries.require_libraries()
        return caught.value.message

    check_messages(
        "http libraries",
        {
            "requests is too old": too_old("requests", "2.25.0"),
            "urllib3 has no version": too_old("urllib3", ""),
        },
    )
