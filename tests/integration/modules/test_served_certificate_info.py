# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is still served, through ansible-playbook; that this machine itself is never probed."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import Controller, assert_failure, mentions

# Those of the ports allowed that an ordinary user may listen on.
FREE_PORTS = (8443, 5061)


def probe(task: str, keywords: dict[str, Any] | None = None, **arguments: Any) -> str:
    module = {"certops.orders.served_certificate_info": arguments}
    return f"- {json.dumps({'name': task, **module, **(keywords or {})})}\n"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listen on this machine, where no connection may come."""
    for port in FREE_PORTS:
        with suppress(OSError):
            server = socket.create_server(("127.0.0.1", port))
            break
    else:
        pytest.skip("every port that could be listened on is taken")
    with server:
        server.setblocking(False)
        yield server


@pytest.mark.story("served_certificate_info")
def test_the_controller_itself_is_never_probed(controller: Controller, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    run = controller.play(
        probe("Localhost", names=["localhost"], ports=[port], serial_numbers=["0A1B"])
        + probe("Check", {"check_mode": True, "diff": True}, names=["LOCALHOST."], ports=[port])
        + probe("Numbers", names=["127.0.0.1", "2130706433", "0x7f.1", "::1"], ports=[port])
    )
    for name in ("Localhost", "Check"):
        task = run.good(name)
        (result,) = task.results
        assert (task.changed, task.verdict) == (False, "unknown")
        assert mentions(task.msg, 1, "unknown")
        assert (result["name"], result["port"], result["verdict"]) == ("localhost", port, "unknown")
        assert result["reason"]
        assert "127.0.0.1" in result["addresses"]
        assert result["serial_numbers"] == []
        assert not task.result.get("diff")
    numbers = run.good("Numbers")
    assert numbers.verdict == "unknown"
    # These are not names: another reason than that of a loopback address.
    assert {result["addresses"] == [] for result in numbers.results} == {True}
    (reason,) = {result["reason"] for result in numbers.results}
    assert reason != run["Localhost"].results[0]["reason"]
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert run.requests == []


def test_an_address_that_cannot_be_probed_is_unknown(controller: Controller) -> None:
    run = controller.play(probe("Wildcard", names=["*.example.com"], serial_numbers=["0A1B"], ports=[443, 587]))
    results = run.good("Wildcard").results

    assert [(result["port"], result["verdict"]) for result in results] == [(443, "unknown"), (587, "unknown")]
    assert run["Wildcard"].verdict == "unknown"


def test_what_cannot_be_asked_for_is_an_error(controller: Controller) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "No names": {"names": []},
        "A port": {"names": ["www.example.com"], "ports": [22]},
        "A serial number": {"names": ["www.example.com"], "serial_numbers": ["mine"]},
        "A number of YAML": {"names": ["www.example.com"], "serial_numbers": [1.5]},
        "No option": {"names": ["www.example.com"], "allow_loopback": True},
        "Nothing": {},
        "Too slow": {"names": ["www.example.com"], "timeout": 3600},
        "There": {"names": ["www.example.com"], "execute_on": "target"},
    }
    later = {"async": 10, "poll": 0}
    elsewhere = {"delegate_to": "server1"}
    run = controller.play(
        "".join(probe(name, **arguments) for name, arguments in wrong.items())
        + probe("Later", later, names=["www.example.com"])
        + probe("Elsewhere", elsewhere, names=["www.example.com"])
    )
    for name in (*wrong, "Later", "Elsewhere"):
        assert_failure(run.bad(name), code="invalid_option")
    assert not controller.calls.exists()
