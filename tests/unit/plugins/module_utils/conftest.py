# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clock that skips its waits, and the transport under test as its callers make it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

import pytest
import responses
import trustme

from ansible_collections.certops.orders.plugins.module_utils._certcentral import client as _certcentral
from ansible_collections.certops.orders.plugins.module_utils._common import context as common_context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import Stopped
from ansible_collections.certops.orders.plugins.module_utils._http import rate_limit as _pacing
from ansible_collections.certops.orders.plugins.module_utils._http import retry, session
from ansible_collections.certops.orders.plugins.module_utils._http import transport as _http
from ansible_collections.certops.orders.plugins.module_utils._http.connection import Connection
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import KEY, PARAMS, Conversation, Wire


class Clock:
    """Real time, and whatever was slept: the sleep itself takes none."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return time.monotonic() + self.skipped

    def skip(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.skipped += seconds


class SkippingStop(common_context.Stop):
    """A Stop whose pauses are noted, not slept."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def pause(self, seconds: float) -> None:
        if self:
            raise Stopped(self.reason)
        self._clock.skip(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Skip waits, in the modules that read the clock."""
    clock = Clock()
    namespace = SimpleNamespace(monotonic=clock.monotonic, time=time.time)
    for module in (_pacing, _http, session):
        monkeypatch.setattr(module, "time", namespace)
    return clock


@pytest.fixture
def longest_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every jitter its upper bound."""
    monkeypatch.setattr(retry.random, "uniform", lambda _low, high: high)


@pytest.fixture
def connect(clock: Clock) -> Iterator[Callable[..., Wire]]:
    """Return a function that makes a transport to a URL; options of Connection by name."""
    wires: list[Wire] = []

    def connected(url: str, pacer: _pacing.Pacer | None = None, **options: Any) -> Wire:
        stop = SkippingStop(clock)
        lines: list[str] = []
        connection = Connection(url, KEY, **{"timeout": 5.0, "retries": 3, **options})
        transport = _http.Transport(
            "CertCentral",
            connection,
            headers={"X-DC-DEVKEY": KEY},
            advise=_certcentral._advise,
            pacer=pacer or _pacing.Pacer(connection.windows, connection.timeout),
            stop=stop,
            notify=lines.append,
            secrets=[KEY],
        )
        wires.append(Wire(transport, stop, clock, lines))
        return wires[-1]

    yield connected
    for wire in wires:
        wire.transport.close()


@pytest.fixture
def service() -> Iterator[Conversation]:
    """Give CertCentral; at the end of the test every call must have been made, in this order."""
    registry = responses.registries.OrderedRegistry
    with responses.RequestsMock(registry=registry, assert_all_requests_are_fired=True) as mock:
        yield Conversation(mock)
        for call in mock.calls:
            assert call.request.headers["X-DC-DEVKEY"] == KEY
            assert KEY not in call.request.url


@pytest.fixture
def client(service: Conversation) -> Iterator[_certcentral.CertCentral]:  # noqa: ARG001  it has to listen first
    with _certcentral.connect({**PARAMS, "api_key": KEY}, common_context.Context(), writes=True) as client:
        yield client


@pytest.fixture
def dead_end() -> Iterator[int]:
    """Give a port that refuses every connection, for as long as the test runs."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_path(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own settings out, so that only what a test sets is there to be found."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
