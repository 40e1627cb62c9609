# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is served at a name, by real handshakes with real servers, good ones and bad ones."""

from __future__ import annotations

import errno
import importlib.util
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable

import pytest
import trustme
from cryptography import x509

from ansible_collections.certops.orders.plugins.module_utils._common.errors import LibraryMissing
from ansible_collections.certops.orders.plugins.module_utils._tls_probe import handshake as _served
from ansible_collections.certops.orders.plugins.module_utils._tls_probe.handshake import (
    MAX_ADDRESSES,
    Observation,
    Prober,
)
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.serving import (
    AGREES,
    ECDSA,
    GREETS,
    OFFERS,
    RSA,
    Names,
    Server,
    Talk,
    drips,
    mail,
    resets,
    sends,
    serial_of,
    silent,
    tls,
)

NAME = "www.example.com"
HERE, THERE = "127.0.0.1", "127.0.0.2"
# Of a test that waits for the end of its time, in seconds.
SHORT = 0.4

Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def rsa(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert(NAME, key_type=RSA)


@pytest.fixture(scope="module")
def ecdsa(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert(NAME, key_type=ECDSA)


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as at_the_end:

        def start(talk: Talk, host: str = HERE, port: int = 0) -> Server:
            server = Server(talk, host, port)
            at_the_end.callback(server.close)
            return server

        yield start


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names(monkeypatch)
    names.are(www=[HERE])
    return names


def observe(port: int, *, seconds: float = 10.0, **more: Any) -> list[Observation]:
    refuse = more.pop("refuse", lambda _address: "")
    return Prober(seconds, refuse).observe(NAME, port, **more)


def problem(sights: list[Observation]) -> str:
    """Return why nothing was read at the only address."""
    (sight,) = sights
    assert not sight.serials
    assert not sight.refuses
    assert sight.problem
    return sight.problem


@pytest.fixture
def closed_port() -> int:
    with socket.create_server((HERE, 0)) as unused:
        return int(unused.getsockname()[1])


# -- certificates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
@pytest.mark.usefixtures("names")
def test_a_certificate_is_read_and_nothing_is_sent(serve: Serve, request: pytest.FixtureRequest, kind: str) -> None:
    certificate = request.getfixturevalue(kind)
    server = serve(tls(certificate))

    assert observe(server.port) == [Observation(HERE, (serial_of(certificate),))]
    server.close()
    assert server.calls == 2
    assert server.shown == [NAME]
    assert server.received == [b""]


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.usefixtures("names")
def test_both_certificates_of_a_server_are_read(
    serve: Serve, rsa: trustme.LeafCert, ecdsa: trustme.LeafCert, newest: ssl.TLSVersion
) -> None:
    server = serve(tls(rsa, ecdsa, maximum_version=newest))
    (sight,) = observe(server.port)

    assert set(sight.serials) == {serial_of(rsa), serial_of(ecdsa)}
    assert sight.problem == ""


@pytest.mark.usefixtures("names")
def test_the_same_certificate_read_twice_is_one(
    serve: Serve, rsa: trustme.LeafCert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_served, "_ECDSA_ONLY", "aRSA")
    assert observe(serve(tls(rsa)).port) == [Observation(HERE, (serial_of(rsa),))]


@pytest.mark.usefixtures("names")
def test_a_server_with_tls_1_3_only_is_read(serve: Serve, rsa: trustme.LeafCert) -> None:
    server = serve(tls(rsa, minimum_version=ssl.TLSVersion.TLSv1_3))
    assert observe(server.port) == [Observation(HERE, (serial_of(rsa),))]


@pytest.mark.usefixtures("names")
def test_an_expired_untrusted_certificate_for_another_name_is_read(serve: Serve) -> None:
    certificate = trustme.CA().issue_cert("other.example")
    assert observe(serve(tls(certificate)).port) == [Observation(HERE, (serial_of(certificate),))]


@pytest.mark.usefixtures("names")
def test_what_may_hide_behind_a_second_handshake_is_a_problem(serve: Serve, rsa: trustme.LeafCert) -> None:
    good = tls(rsa)

    def tires(server: Server, connection: socket.socket) -> None:
        (good if server.calls == 1 else silent)(server, connection)

    (sight,) = observe(serve(tires).port, seconds=SHORT)
    assert sight.serials == (serial_of(rsa),)
    assert sight.problem


@pytest.mark.usefixtures("names")
def test_one_that_refuses_to_be_asked_again_is_a_problem(
    serve: Serve, rsa: trustme.LeafCert, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(tls(rsa))
    connect = _served._connect

    def once(*arguments: Any) -> socket.socket:
        if server.calls:
            server.close()
        return connect(*arguments)

    monkeypatch.setattr(_served, "_connect", once)
    (sight,) = observe(server.port)
    assert (sight.serials, sight.refuses) == ((serial_of(rsa),), False)
    assert sight.problem


@pytest.mark.parametrize("error", [ValueError("no"), x509.InvalidVersion("no", 7), _served.UnsupportedAlgorithm("no")])
@pytest.mark.usefixtures("names")
def test_a_certificate_that_cannot_be_read(
    serve: Serve, rsa: trustme.LeafCert, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(_certificate: bytes) -> None:
        raise error

    monkeypatch.setattr(_served.x509, "load_der_x509_certificate", fails)
    assert problem(observe(serve(tls(rsa)).port))


# -- servers that do not answer as they should -------------------------------------------------------------------------


@pytest.mark.usefixtures("names")
def test_connection_refused(closed_port: int) -> None:
    assert observe(closed_port) == [Observation(HERE, refuses=True)]


@pytest.mark.parametrize(
    "talk",
    [sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), sends(b""), sends(b"\x15\x03\x03\x00\x02\x02\x28"), resets],
    ids=["http", "closed", "alert", "reset"],
)
@pytest.mark.usefixtures("names")
def test_a_failed_handshake_is_a_problem(serve: Serve, talk: Talk) -> None:
    found = problem(observe(serve(talk).port))
    assert "TLS handshake" in found
    assert "_ssl" not in found


@pytest.mark.usefixtures("names")
def test_a_server_that_requires_a_client_certificate_is_a_problem(serve: Serve, rsa: trustme.LeafCert) -> None:
    strict = tls(rsa, verify_mode=ssl.CERT_REQUIRED, maximum_version=ssl.TLSVersion.TLSv1_2)
    assert problem(observe(serve(strict).port))


@pytest.mark.parametrize(
    "talk",
    [
        silent,
        # A record of 16 KiB that begins a handshake, byte by byte.
        drips(b"\x16\x03\x03\x40\x00\x02\x00\x3f\x00\x03\x03"),
    ],
    ids=["silent", "dripping"],
)
@pytest.mark.usefixtures("names")
def test_the_deadline_is_one_for_all(serve: Serve, talk: Talk) -> None:
    server = serve(talk)
    began = time.monotonic()
    assert problem(observe(server.port, seconds=SHORT))
    assert SHORT * 0.9 <= time.monotonic() - began < SHORT + 2


class Stubborn:
    """A socket of which connecting fails."""

    def __init__(self, error: OSError) -> None:
        self.error = error
        self.closed = False

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def connect(self, _address: Any) -> None:
        raise self.error

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    "error",
    [socket.timeout("timed out"), OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH)), OSError()],
    ids=["timeout", "network", "no text"],
)
@pytest.mark.usefixtures("names")
def test_an_address_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    stubborn = Stubborn(error)
    monkeypatch.setattr(_served.socket, "socket", lambda *_arguments: stubborn)

    assert problem(observe(443))
    assert stubborn.closed


# -- names and addresses -----------------------------------------------------------------------------------------------


def test_a_name_that_does_not_exist(names: Names) -> None:
    names.are(www=socket.gaierror(_served._NO_SUCH_NAME[1], "No address associated with hostname"))
    assert observe(443) == []
    assert names.asked == ["www.example.com.", "www.example.com"]


@pytest.mark.parametrize("spelling", ["www.example.com.", "www.example.com"])
def test_a_name_that_cannot_be_resolved_now(names: Names, spelling: str) -> None:
    names.known[spelling] = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    assert problem(observe(443))


def test_a_resolver_that_hangs_is_left_behind(names: Names) -> None:
    hangs = threading.Event()
    names.are(www=lambda: [HERE] if hangs.wait(10) else [])
    began = time.monotonic()
    try:
        assert problem(observe(443, seconds=0.1))
        assert time.monotonic() - began < 2
    finally:
        hangs.set()


def test_the_time_for_resolving_counts(names: Names, serve: Serve) -> None:
    names.are(www=lambda: time.sleep(SHORT) or [HERE])
    began = time.monotonic()

    assert problem(observe(serve(silent).port, seconds=2 * SHORT))
    assert time.monotonic() - began < 2 * SHORT + 1


@pytest.mark.usefixtures("names")
def test_without_any_time_left_no_address_is_connected_to(serve: Serve, rsa: trustme.LeafCert) -> None:
    server = serve(tls(rsa))
    seconds = 0.3
    sights = observe(server.port, seconds=seconds, refuse=lambda _address: time.sleep(seconds) or "")

    assert problem(sights)
    assert server.calls == 0


def test_every_address_is_probed_once(
    names: Names, serve: Serve, rsa: trustme.LeafCert, ecdsa: trustme.LeafCert
) -> None:
    names.known = {"www.example.com.": [HERE], "www.example.com": [HERE, THERE]}
    server = serve(tls(rsa))
    serve(tls(ecdsa), THERE, server.port)

    assert observe(server.port) == [Observation(HERE, (serial_of(rsa),)), Observation(THERE, (serial_of(ecdsa),))]
    assert server.calls == 2


def test_ipv6(names: Names, serve: Serve, rsa: trustme.LeafCert) -> None:
    names.are(www=["::1"])
    try:
        server = serve(tls(rsa), "::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    assert observe(server.port) == [Observation("::1", (serial_of(rsa),))]


def test_an_address_that_does_not_answer_leaves_time_for_the_next(
    names: Names, serve: Serve, rsa: trustme.LeafCert
) -> None:
    names.are(www=[HERE, THERE])
    server = serve(silent)
    serve(tls(rsa), THERE, server.port)

    first, second = observe(server.port, seconds=1)
    assert problem([first])
    assert second == Observation(THERE, (serial_of(rsa),))


def test_an_address_that_is_refused_is_not_connected_to(names: Names, serve: Serve, rsa: trustme.LeafCert) -> None:
    names.are(www=[HERE, THERE])
    server = serve(tls(rsa))
    other = serve(tls(rsa), THERE, server.port)
    sights = observe(server.port, refuse=lambda address: "never" if str(address) == HERE else "")

    assert sights == [Observation(HERE, problem="never"), Observation(THERE, (serial_of(rsa),))]
    assert server.calls == 0
    assert other.calls == 2


def test_the_address_that_was_checked_is_the_one_connected_to(
    names: Names, serve: Serve, rsa: trustme.LeafCert
) -> None:
    # A name that leads elsewhere each time it is asked for.
    answers = iter([[THERE], [THERE], [HERE], [HERE]])
    names.known = dict.fromkeys(("www.example.com.", "www.example.com"), lambda: next(answers))
    server = serve(tls(rsa), THERE)
    checked: list[str] = []

    sights = observe(server.port, refuse=lambda address: checked.append(str(address)) or "")
    assert sights == [Observation(THERE, (serial_of(rsa),))]
    assert checked == [THERE]
    assert len(names.asked) == 2


def test_of_too_many_addresses_some_are_left_out(names: Names, closed_port: int) -> None:
    names.are(www=[f"127.0.1.{number}" for number in range(MAX_ADDRESSES + 2)])
    *near, left_out = observe(closed_port)

    assert [sight.refuses for sight in near] == [True] * MAX_ADDRESSES
    assert problem([left_out])
    assert not left_out.address


# -- mail --------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("names")
def test_a_mail_server_is_asked_for_tls(serve: Serve, rsa: trustme.LeafCert) -> None:
    server = serve(mail(tls(rsa), GREETS, OFFERS, AGREES))

    assert observe(server.port, starttls=True) == [Observation(HERE, (serial_of(rsa),))]
    server.close()
    assert server.words == [b"EHLO [127.0.0.1]\r\n", b"STARTTLS\r\n"] * 2
    assert server.received == [b""]


def test_a_mail_server_on_ipv6(names: Names, serve: Serve, rsa: trustme.LeafCert) -> None:
    names.are(www=["::1"])
    try:
        server = serve(mail(tls(rsa), GREETS, OFFERS, AGREES), "::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    assert observe(server.port, starttls=True) == [Observation("::1", (serial_of(rsa),))]
    assert server.words[0] == b"EHLO [IPv6:::1]\r\n"


# What a mail server can do instead of a TLS handshake.
MAIL_SERVERS: dict[str, Talk] = {
    "refuses": sends(b"554 go away\r\n"),
    "sends control characters": sends(b"\x1b[2J\r\n"),
    "closes the connection": sends(b"220-half a greet"),
    "does not offer STARTTLS": mail(silent, GREETS, b"250 HELP\r\n"),
    "refuses STARTTLS": mail(silent, GREETS, OFFERS, b"454 not now\r\n"),
    "sends text after STARTTLS": mail(silent, GREETS, OFFERS, AGREES + b"250 and more\r\n"),
    "sends a long line": sends(b"220-" + b"x" * 20_000),
    "sends many lines": sends(b"220-x\r\n" * 3_000),
    "resets the connection": mail(resets, GREETS),
}


@pytest.mark.parametrize("talk", [silent, drips(b"220-x"), drips(b"220-x\r\n220-x")], ids=["silent", "a line", "lines"])
@pytest.mark.usefixtures("names")
def test_a_slow_mail_server(serve: Serve, talk: Talk) -> None:
    server = serve(talk)
    began = time.monotonic()

    assert problem(observe(server.port, starttls=True, seconds=SHORT))
    assert time.monotonic() - began < SHORT + 2


@pytest.mark.usefixtures("names")
def test_a_mail_server_without_tls(serve: Serve) -> None:
    talk = mail(silent, GREETS, OFFERS, AGREES, b"250 what was that?\r\n")
    assert problem(observe(serve(talk).port, starttls=True))


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages(names: Names, serve: Serve, rsa: trustme.LeafCert, monkeypatch: pytest.MonkeyPatch) -> None:
    def connecting(error: OSError) -> str:
        with monkeypatch.context() as patched:
            patched.setattr(_served.socket, "socket", lambda *_arguments: Stubborn(error))
            return problem(observe(443))

    def unparsable() -> str:
        with monkeypatch.context() as patched:
            patched.setattr(_served.x509, "load_der_x509_certificate", lambda _certificate: int("no"))
            return problem(observe(serve(tls(rsa)).port))

    def resolved(answer: Any, seconds: float = 10.0) -> str:
        names.are(www=answer)
        found = observe(443, seconds=seconds, refuse=lambda _address: "not permitted")[-1].problem
        names.are(www=[HERE])
        return found

    def second_connection() -> str:
        server = serve(tls(rsa))
        connect = _served._connect
        with monkeypatch.context() as patched:
            patched.setattr(
                _served,
                "_connect",
                lambda *more: connect(*more) if not server.calls else (server.close(), connect(*more))[1],
            )
            return observe(server.port)[0].problem

    hangs = threading.Event()
    late = observe(443, seconds=0.3, refuse=lambda _address: time.sleep(0.3) or "")
    messages = {
        "handshake timed out": problem(observe(serve(silent).port, seconds=SHORT)),
        "handshake reset": problem(observe(serve(resets).port)),
        "certificate cannot be parsed": unparsable(),
        "connection timed out": connecting(socket.timeout("timed out")),
        "network unreachable": connecting(OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))),
        "unknown error": connecting(OSError()),
        "second connection refused": second_connection(),
        "no time left": problem(late),
        "temporary error of DNS": resolved(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")),
        "resolver does not answer": resolved(lambda: [HERE] if hangs.wait(10) else [], 0.1),
        "too many addresses": resolved([f"127.0.1.{number}" for number in range(MAX_ADDRESSES + 2)]),
        "mail server is silent": problem(observe(serve(silent).port, starttls=True, seconds=SHORT)),
    }
    hangs.set()
    for situation, talk in MAIL_SERVERS.items():
        messages[f"mail server {situation}"] = problem(observe(serve(talk).port, starttls=True))
    check_messages("served certificates, handshake", messages)


# -- the library -------------------------------------------------------------------------------------------------------


def test_without_cryptography_nothing_is_probed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    file = Path(str(_served.__file__))
    spec = importlib.util.spec_from_file_location(f"{_served.__name__}_bare", file)
    assert spec
    assert spec.loader
    bare = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, bare)
    spec.loader.exec_module(bare)

    with pytest.raises(LibraryMissing) as missing:
        bare.Prober(1.0, lambda _address: "")
    assert missing.value.library == "cryptography"
    assert "cryptography" in missing.value.trace
