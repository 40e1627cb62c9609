# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""served_certificate_info: from options to verdicts, over real connections to this machine."""

from __future__ import annotations

import json
import runpy
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Callable

import pytest
import trustme
import yaml
from ansible.module_utils import basic

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.plugins.module_utils._tls_probe import handshake as _served
from ansible_collections.certops.orders.plugins.module_utils._tls_probe import probe as _probe
from ansible_collections.certops.orders.plugins.modules import served_certificate_info
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.serving import (
    AGREES,
    GREETS,
    OFFERS,
    Names,
    Server,
    Talk,
    mail,
    sends,
    serial_of,
    silent,
    tls,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import (
    documentation,
    failure_of,
    undocumented,
    validated,
)

HERE = "127.0.0.1"
ELSEWHERE = "127.0.0.2"


class Net:
    """Names and servers; this machine stands in for all others, and whatever port is free for those asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at_the_end: ExitStack) -> None:
        self.names = Names(monkeypatch)
        self._at_the_end = at_the_end
        self._ports: dict[tuple[str, int], int] = {}
        connect = _served._connect

        def connect_here(address: Any, port: int, deadline: Any) -> socket.socket:
            return connect(address, self._ports.get((str(address), port), 1), deadline)

        monkeypatch.setattr(_served, "_connect", connect_here)
        monkeypatch.setattr(_probe, "address_refusal", lambda _address: "")

    def serve(self, talk: Talk, host: str = HERE, port: int = 443) -> Server:
        server = Server(talk, host)
        self._at_the_end.callback(server.close)
        self._ports[host, port] = server.port
        return server


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Iterator[Net]:
    with ExitStack() as at_the_end:
        yield Net(monkeypatch, at_the_end)


@pytest.fixture(scope="module")
def certificate() -> trustme.LeafCert:
    return trustme.CA().issue_cert("www.example.com")


@pytest.fixture(scope="module")
def other() -> trustme.LeafCert:
    return trustme.CA().issue_cert("www.example.com")


def play(context: Context | None = None, **arguments: Any) -> dict[str, Any]:
    params, errors = validated(served_certificate_info, arguments)
    assert errors == []
    result = guarded(served_certificate_info.run, params, context or Context())
    assert not list(undocumented(result, documentation(served_certificate_info)))
    assert result["changed"] is False
    return result


def padded(certificate: trustme.LeafCert) -> str:
    """Return the serial number as CertCentral writes it."""
    digits = f"{serial_of(certificate):040x}"
    return ":".join(digits[at : at + 2] for at in range(0, 40, 2))


# -- verdicts ---------------------------------------------------------------------------------------------------------


def test_every_name_on_every_port_gets_its_verdict(
    net: Net, certificate: trustme.LeafCert, other: trustme.LeafCert
) -> None:
    net.names.are(www=[HERE], new=[ELSEWHERE], both=[ELSEWHERE, HERE], slow=["127.0.0.3"], broken=["127.0.0.4"])
    net.serve(tls(certificate))
    net.serve(tls(other), ELSEWHERE)
    net.serve(silent, "127.0.0.3")
    net.serve(sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "127.0.0.4")
    net.serve(mail(tls(certificate), GREETS, OFFERS, AGREES), ELSEWHERE, 25)
    asked = [f"{name}.example.com" for name in ("www", "new", "both", "slow", "broken", "gone")]

    result = play(names=[*asked, "*.example.com"], serial_numbers=[padded(certificate)], ports=[443, 25], timeout=2)
    verdicts = {(one["name"].partition(".")[0], one["port"]): one["verdict"] for one in result["results"]}

    assert verdicts == {
        ("www", 443): "served",
        ("www", 25): "not_served",
        ("new", 443): "not_served",
        ("new", 25): "served",
        ("both", 443): "served",
        ("both", 25): "served",
        ("slow", 443): "unknown",
        ("slow", 25): "not_served",
        ("broken", 443): "unknown",
        ("broken", 25): "not_served",
        ("gone", 443): "unresolved",
        ("gone", 25): "unresolved",
        ("*", 443): "unknown",
        ("*", 25): "unknown",
    }
    assert [one["name"] for one in result["results"]] == [name for name in (*asked, "*.example.com") for _port in "12"]
    assert result["verdict"] == "served"
    counts = ("14", "4 served", "4 unknown", "2 unresolved", "4 not_served")
    assert all(count in result["msg"] for count in counts)
    assert all(one["reason"] for one in result["results"])


def test_the_result_for_a_name(net: Net, certificate: trustme.LeafCert, other: trustme.LeafCert) -> None:
    net.names.are(www=[HERE, ELSEWHERE])
    net.serve(tls(other))
    net.serve(tls(certificate), ELSEWHERE)
    numbers = sorted([serial_of(certificate), serial_of(other)])

    result = play(Context(check_mode=True, diff=True), names=["WWW.example.com."], serial_numbers=[padded(certificate)])
    assert result == {
        "changed": False,
        "msg": result["msg"],
        "verdict": "served",
        "results": [
            {
                "name": "www.example.com",
                "port": 443,
                "verdict": "served",
                "reason": result["results"][0]["reason"],
                "serial_numbers": [f"{number:X}" for number in numbers],
                "addresses": [HERE, ELSEWHERE],
            }
        ],
    }
    # The reason names the address and the certificate that decide.
    assert all(
        text in only["reason"] for only in result["results"] for text in (ELSEWHERE, f"{serial_of(certificate):X}")
    )


def test_without_serial_numbers_it_returns_the_served_certificates(net: Net, certificate: trustme.LeafCert) -> None:
    net.names.are(www=[HERE])
    net.serve(tls(certificate))

    result = play(names=["www.example.com", "gone.example.com"])
    assert [one["serial_numbers"] for one in result["results"]] == [[f"{serial_of(certificate):X}"], []]
    assert [one["verdict"] for one in result["results"]] == ["unknown", "unresolved"]
    assert result["verdict"] == "unknown"


def test_a_name_given_twice_is_probed_once(net: Net, certificate: trustme.LeafCert) -> None:
    net.names.are(www=[HERE])
    server = net.serve(tls(certificate))

    result = play(names=["www.example.com", "WWW.EXAMPLE.COM"], ports=[443, 443], workers=1)
    assert len(result["results"]) == 1
    assert server.calls == 2


def test_addresses_that_are_refused_are_not_connected_to(
    net: Net, certificate: trustme.LeafCert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    names = Names(monkeypatch)
    names.are(www=[HERE])
    server = net.serve(tls(certificate))
    connected: list[Any] = []
    monkeypatch.setattr(_served, "_connect", lambda *arguments: connected.append(arguments))

    (one,) = play(names=["www.example.com"], serial_numbers=[padded(certificate)])["results"]
    assert one["verdict"] == "unknown"
    assert "127.0.0.1" in one["reason"]
    assert one["addresses"] == [HERE]
    assert connected == []
    assert server.calls == 0


# -- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {"names": []},
        {"names": [f"a{number}.example.com" for number in range(501)]},
        {"ports": [22]},
        {"ports": []},
        {"serial_numbers": ["my certificate"]},
        {"serial_numbers": [""]},
        {"timeout": 0},
        {"timeout": 301},
        {"workers": 0},
        {"workers": 33},
    ],
)
def test_a_wrong_option_is_refused_before_any_probe(net: Net, arguments: dict[str, Any]) -> None:
    result = play(**{"names": ["www.example.com"], **arguments})

    assert failure_of(result)["code"] == "invalid_option"
    assert all(option in result["msg"] for option in arguments)
    assert net.names.asked == []


def test_a_signal_ends_it(net: Net) -> None:
    context = Context()

    def stops() -> list[str]:
        context.stop.set("the run was stopped by SIGTERM")
        return []

    net.names.are(www=stops)
    result = play(context, names=["www.example.com", "next.example.com"], workers=1)

    assert failure_of(result)["code"] == "stopped"
    assert "SIGTERM" in result["msg"]
    assert "next.example.com." not in net.names.asked


def test_missing_cryptography_is_reported(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_served, "_CRYPTOGRAPHY_TRACE", "Traceback: no module named cryptography")
    result = play(names=["www.example.com"])

    assert failure_of({**result, "exception": ""})["code"] == "library_missing"
    assert result["library"] == "cryptography"
    assert net.names.asked == []


# -- what every module owes -------------------------------------------------------------------------------------------


def test_the_documentation_has_exactly_the_options_of_the_spec() -> None:
    documented = {
        name: {key: option[key] for key in ("type", "elements", "default", "required") if key in option}
        for name, option in yaml.safe_load(served_certificate_info.DOCUMENTATION)["options"].items()
    }
    assert documented == served_certificate_info.SPEC["argument_spec"]
    assert served_certificate_info.SPEC["supports_check_mode"] is True


def test_every_example_has_arguments_that_the_module_takes() -> None:
    name = "certops.orders.served_certificate_info"
    tasks = [task for task in yaml.safe_load(served_certificate_info.EXAMPLES) if name in task]
    assert len(tasks) == 3
    for task in tasks:
        assert validated(served_certificate_info, task[name])[1] == []


Run = Callable[[], Any]


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run as a program, which ends."""

    def play_out(run: Run, **arguments: Any) -> dict[str, Any]:
        given = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", given)
        # From ansible-core 2.19 on.
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            run()
        printed: dict[str, Any] = json.loads(capsys.readouterr().out)
        return printed

    return play_out


def test_it_is_a_module(net: Net, exits: Callable[..., dict[str, Any]]) -> None:
    printed = exits(served_certificate_info.main, names=["gone.example.com"])
    assert printed["verdict"] == "unresolved"
    assert net.names.asked


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_it_is_a_program(exits: Callable[..., dict[str, Any]]) -> None:
    printed = exits(lambda: runpy.run_module(served_certificate_info.__name__, run_name="__main__"), names=[])
    assert printed["failed"] is True
    assert printed["failure"]["code"] == "invalid_option"
