# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transport in bad weather, over real sockets: and the right meaning of each failure for a write."""

from __future__ import annotations

import gzip
import itertools
import ssl
import threading
import time
import tracemalloc
import warnings
import zlib
from pathlib import Path
from typing import Any, Callable

import pytest
import trustme

from ansible_collections.certops.orders.plugins.module_utils._common.errors import (
    Denied,
    LostReply,
    NotSent,
    Refused,
    Unreadable,
    Untrusted,
)
from ansible_collections.certops.orders.plugins.module_utils._http import session as http_session
from ansible_collections.certops.orders.plugins.module_utils._http import transport as _http
from ansible_collections.certops.orders.tests.messages import known
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.scripted import (
    Scene,
    Service,
    answer,
    close,
    drip,
    flood,
    greet,
    hang,
    hang_up,
    json,
    raw,
    reset,
    then_reset,
    tunnel,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import KEY, Wire, all_that_shows

Connect = Callable[..., Wire]

ORDER = {"id": 7, "status": "pending"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
# Long enough for loopback on a busy machine, short enough to wait for.
TIMEOUT = 0.6


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    return _server_tls(authority, "127.0.0.1", "certcentral.test")


def _server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


# -- answers that do not come, or not whole --------------------------------------------------------------------------

LOST: dict[str, tuple[Scene, str]] = {
    "closed before the answer": (close, "answer incomplete"),
    "reset before the answer": (reset, "answer incomplete"),
    "reset before the request was read": (hang_up, "answer incomplete"),
    "closed in the status line": (raw(b"HTTP/1.1 20"), "answer incomplete"),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "answer incomplete"),
    "reset in the headers": (then_reset(b"HTTP/1.1 200 OK\r\nContent-Le"), "answer incomplete"),
    "too many headers": (raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n"), "answer incomplete"),
    "an endless header": (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000), "answer incomplete"),
    "two lengths": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n{}"), "answer incomplete"),
    "reset in the body": (then_reset(HEAD + b'{"id": 7'), "answer incomplete"),
    "reset in the chunks": (then_reset(CHUNKED + b"8\r\n" + b'{"id": 7'), "answer incomplete"),
    "closed in the chunks": (raw(CHUNKED + b"8\r\n" + b'{"id":'), "answer incomplete"),
    "chunks without a size": (raw(CHUNKED + b"zz\r\n" + b'{"id": 7}'), "answer incomplete"),
    "nothing at all": (hang, "answer timed out"),
    "dripping headers": (drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), "answer timed out"),
    "a dripping status line": (drip(b"HTTP/1.1 200 O", b"K"), "answer timed out"),
    "a dripping body": (drip(HEAD.replace(b"100", b"1000000"), b"x"), "answer timed out"),
    "dripping chunks": (drip(CHUNKED, b"1\r\nx\r\n"), "answer timed out"),
    "endless preliminaries": (drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "answer timed out"),
}


@pytest.mark.parametrize(("scene", "situation"), LOST.values(), ids=LOST)
def test_a_write_with_a_lost_reply_is_sent_once_and_is_ambiguous(
    scene: Scene, situation: str, connect: Connect
) -> None:
    with Service(scene) as service:
        wire = connect(service.url, timeout=TIMEOUT, retries=3)
        started = time.monotonic()
        with pytest.raises(LostReply) as caught:
            wire.write()
        assert time.monotonic() - started < 10 * TIMEOUT

    assert caught.value.ambiguous
    why = known()["http diagnosis"][situation].replace(" 5 s", f" {TIMEOUT} s")
    assert caught.value.message.endswith(why)
    assert service.connections == 1
    assert wire.cost["requests"] == 1
    assert KEY not in all_that_shows(caught.value)
    # What requests and urllib3 raised knows URL, proxy and headers; it must not travel along.
    assert caught.value.__context__ is caught.value.__cause__ is None


@pytest.mark.parametrize("name", ["closed before the answer", "reset in the body", "nothing at all", "a dripping body"])
def test_a_read_with_a_lost_reply_is_repeated(name: str, connect: Connect) -> None:
    with Service(LOST[name][0], json(ORDER)) as service:
        assert connect(service.url, timeout=TIMEOUT).read() == ORDER


def test_the_message_names_the_request(connect: Connect) -> None:
    with Service(close) as service, pytest.raises(LostReply) as caught:
        connect(service.url).write()

    assert caught.value.failure(7) == {
        "http_status": None,
        "code": "reply_lost",
        "message": caught.value.message,
        "order_id": 7,
        "retries": 0,
        "waited": 0,
    }
    assert "set order 7 to canceled" in caught.value.message


def test_a_body_that_is_cut_is_no_answer(connect: Connect) -> None:
    """Old versions of urllib3 do not compare a body with its Content-Length: the JSON then does not end."""
    with Service(raw(HEAD + b'{"id": 7')) as service, pytest.raises(LostReply) as caught:
        connect(service.url, retries=0).read()

    assert caught.value.ambiguous


def test_a_time_out_does_not_poison_the_next_request(connect: Connect) -> None:
    with Service(hang, json(ORDER)) as service:
        wire = connect(service.url, timeout=TIMEOUT, retries=0)
        with pytest.raises(LostReply):
            wire.read()
        assert wire.read() == ORDER


def test_each_request_has_the_whole_deadline(connect: Connect) -> None:
    slow = _slowly(json(ORDER), TIMEOUT * 0.6)
    with Service(slow, slow, slow) as service:
        wire = connect(service.url, timeout=TIMEOUT, retries=0)
        for _turn in range(3):
            assert wire.read() == ORDER

    assert service.connections == 1


def _slowly(scene: Scene, seconds: float) -> Scene:
    def slow(connection: Any) -> Any:
        threading.Event().wait(seconds)
        return scene(connection)

    return slow


# -- answers that are too much ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("send", ["read", "write"])
def test_an_answer_of_100_mib_is_given_up_at_64(send: str, connect: Connect) -> None:
    mebibyte = b"100000\r\n" + b" " * 2**20 + b"\r\n"
    sent = itertools.count()

    def pour(connection: Any) -> None:
        connection.sendall(CHUNKED)
        for _wave in range(100):
            connection.sendall(mebibyte)
            next(sent)

    with Service(pour) as service:
        wire = connect(service.url, timeout=20, retries=3)
        with pytest.raises(Unreadable, match="64 MiB") as caught:
            getattr(wire, send)()

    assert caught.value.ambiguous
    assert next(sent) < 100
    assert len(service.requests) == 1


@pytest.mark.exhaustive
def test_an_answer_of_just_64_mib_is_read(connect: Connect) -> None:
    body = b'{"a": "' + b"x" * (64 * 2**20 - 9) + b'"}'
    assert len(body) == _http.MAX_BODY
    with Service(answer(200, body)) as service:
        assert len(connect(service.url, timeout=20).read()["a"]) == 64 * 2**20 - 9


def test_an_answer_without_a_length_is_bounded_as_well(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "MAX_BODY", 2**20)
    with Service(flood(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 2**20, 2)) as service, pytest.raises(Unreadable) as caught:
        connect(service.url).read()

    assert "1 MiB" in caught.value.message


def _bomb(layers: int) -> bytes:
    body = b" " * 200 * 2**20
    for _layer in range(layers):
        body = gzip.compress(body, 9)
    return body


@pytest.mark.exhaustive
@pytest.mark.parametrize("status", [200, 302, 500])
@pytest.mark.parametrize(("encoding", "layers"), [("gzip", 1), ("gzip, gzip", 2), ("gzip,gzip,gzip", 3)])
def test_a_gzip_bomb_is_given_up_before_it_is_unpacked(
    encoding: str, layers: int, status: int, connect: Connect
) -> None:
    with Service(answer(status, _bombs(layers), {"Content-Encoding": encoding, "Location": "/x"})) as service:
        wire = connect(service.url, timeout=20, retries=0)
        tracemalloc.start()
        try:
            with pytest.raises(Unreadable) as caught:
                wire.write()
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert caught.value.ambiguous
    assert peak < 2.5 * _http.MAX_BODY


@pytest.mark.parametrize(
    "body",
    [answer(403, _bomb(1), {"Content-Encoding": "gzip"}), answer(403, b"?", {"Content-Encoding": "br"})],
    ids=["bomb", "unasked encoding"],
)
def test_a_refusal_is_one_even_where_its_body_cannot_be_read(body: bytes, connect: Connect) -> None:
    with Service(body) as service, pytest.raises(Denied) as caught:
        connect(service.url, timeout=20).write()

    assert (caught.value.http_status, caught.value.ambiguous) == (403, False)


_bombs_made: dict[int, bytes] = {}


def _bombs(layers: int) -> bytes:
    if layers not in _bombs_made:
        _bombs_made[layers] = _bomb(layers)
    return _bombs_made[layers]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"this is no gzip"),
        ("deflate", b"\xff\xff\xff"),
        ("br", b"whatever"),
        ("zstd", b"whatever"),
        ("compress", b"whatever"),
        ("made-up", b'{"id": 7}'),
        ("x-gzip", b'{"id": 7}'),
    ],
)
def test_an_encoding_that_cannot_be_read(encoding: str, body: bytes, connect: Connect) -> None:
    with Service(answer(200, body, {"Content-Encoding": encoding})) as service:
        wire = connect(service.url)
        with pytest.raises(Unreadable) as caught:
            wire.write()

    assert caught.value.ambiguous
    offered = {part.strip() for part in service.requests[0].headers["accept-encoding"].split(",")}
    assert offered <= {"gzip", "deflate", "identity"}


@pytest.mark.parametrize("encoding", ["deflate", "GZIP", "identity"])
def test_an_encoding_that_can_be_read(encoding: str, connect: Connect) -> None:
    body = b'{"id": 7}'
    packed = {"deflate": zlib.compress(body), "identity": body}.get(encoding) or gzip.compress(body)
    with Service(answer(200, packed, {"Content-Encoding": encoding})) as service:
        assert connect(service.url).read() == {"id": 7}


# -- connections that fail -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".invalid", "127.0.0.1:1"])
def test_an_unreachable_host_got_no_request(host: str, connect: Connect) -> None:
    wire = connect(f"https://{host}/v2", retries=0)
    with pytest.raises(NotSent) as caught:
        wire.write()

    assert not caught.value.ambiguous
    assert caught.value.code == "connection_failed"


@pytest.mark.parametrize("url", ["https://[::1]evil.example/v2", "ftp://127.0.0.1/v2", "https://.../v2"])
def test_a_url_that_is_none_is_no_lost_reply(url: str, connect: Connect) -> None:
    """Options refuse such; should one get through, a write must not be called ambiguous, nor repeated."""
    wire = connect(url)
    with pytest.raises(NotSent) as caught:
        wire.write()

    assert not caught.value.ambiguous
    assert KEY not in all_that_shows(caught.value)


# -- TLS -------------------------------------------------------------------------------------------------------------


def test_a_certificate_that_verifies_against_the_given_bundle(
    tls: ssl.SSLContext, ca_path: str, connect: Connect
) -> None:
    with Service(json(ORDER), json(ORDER), tls=tls) as service:
        wire = connect(service.url, verify=ca_path)
        assert wire.read() == ORDER
        assert wire.read() == ORDER

    assert service.connections == 1


@pytest.mark.parametrize("send", ["read", "write"])
def test_a_certificate_of_an_unknown_authority(send: str, tls: ssl.SSLContext, connect: Connect) -> None:
    with Service(tls=tls) as service:
        wire = connect(service.url)
        with pytest.raises(Untrusted) as caught:
            getattr(wire, send)()

    assert caught.value.code == "certificate_not_trusted"
    assert "ca_path" in caught.value.message
    assert not caught.value.ambiguous
    # Asking again does not change it.
    assert service.connections == 1


def test_a_certificate_for_another_host(authority: trustme.CA, ca_path: str, connect: Connect) -> None:
    with Service(tls=_server_tls(authority, "somebody.else")) as service, pytest.raises(Untrusted):
        connect(service.url, verify=ca_path).write()

    assert service.requests == []


def test_the_bundle_of_the_process_is_not_used_behind_our_back(
    tls: ssl.SSLContext, ca_path: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, ca_path)
    with Service(tls=tls) as service, pytest.raises(Untrusted):
        connect(service.url).read()

    assert service.requests == []


def test_the_bundle_of_the_process_does_not_override_ours(
    tls: ssl.SSLContext, ca_path: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    with Service(json(ORDER), tls=tls) as service:
        assert connect(service.url, verify=ca_path).read() == ORDER


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_verification_can_be_switched_off(tls: ssl.SSLContext, connect: Connect) -> None:
    with Service(json(ORDER), tls=tls) as service:
        assert connect(service.url, verify=False).read() == ORDER


# urllib3 1.26 leaves the socket to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("content", ["", "no certificate", None])
def test_a_bundle_that_is_none(content: str | None, tls: ssl.SSLContext, connect: Connect, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    with Service(tls=tls) as service, pytest.raises(NotSent) as caught:
        connect(service.url, verify=str(bundle), retries=0).write()

    assert service.requests == []
    assert not caught.value.ambiguous


def test_tls_1_1_is_refused(tls: ssl.SSLContext, ca_path: str, connect: Connect) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        tls.minimum_version = ssl.TLSVersion.TLSv1
        tls.maximum_version = ssl.TLSVersion.TLSv1_1
    tls.set_ciphers("ALL:@SECLEVEL=0")
    with Service(tls=tls) as service:
        with pytest.raises(NotSent, match="TLS") as caught:
            connect(service.url, verify=ca_path, retries=0).write()
        assert not caught.value.ambiguous

    assert service.requests == []
    assert http_session._tls(True).minimum_version == ssl.TLSVersion.TLSv1_2


def test_tls_1_2_is_accepted(tls: ssl.SSLContext, ca_path: str, connect: Connect) -> None:
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with Service(json(ORDER), tls=tls) as service:
        assert connect(service.url, verify=ca_path).read() == ORDER


@pytest.mark.parametrize("scene", [close, reset, hang])
def test_over_tls_a_lost_answer_is_ambiguous_as_well(
    scene: Scene, tls: ssl.SSLContext, ca_path: str, connect: Connect
) -> None:
    with Service(scene, tls=tls) as service:
        wire = connect(service.url, verify=ca_path, timeout=TIMEOUT)
        with pytest.raises(LostReply) as caught:
            wire.write()

    assert caught.value.ambiguous
    assert len(service.requests) == 1


def test_over_tls_a_dripping_body_meets_the_deadline(tls: ssl.SSLContext, ca_path: str, connect: Connect) -> None:
    with Service(drip(HEAD, b"x"), tls=tls) as service, pytest.raises(LostReply, match=r"0\.6 s"):
        connect(service.url, verify=ca_path, timeout=TIMEOUT, retries=0).read()


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_service_without_tls_got_no_request(words: bytes, connect: Connect) -> None:
    with Service(greet(words)) as service:
        wire = connect(service.url.replace("http:", "https:"), retries=0, timeout=TIMEOUT)
        with pytest.raises(NotSent) as caught:
            wire.write()

    assert not caught.value.ambiguous


# -- proxies ---------------------------------------------------------------------------------------------------------


def _by_proxy(service: Service, **options: Any) -> dict[str, Any]:
    return {"proxy": f"http://me:pass-word@127.0.0.1:{service.port}", **options}


CERTCENTRAL = "https://certcentral.test/v2"


def test_requests_go_through_the_proxy(tls: ssl.SSLContext, ca_path: str, connect: Connect) -> None:
    with Service(tunnel(tls), json(ORDER), answer(204)) as service:
        wire = connect(CERTCENTRAL, **_by_proxy(service, verify=ca_path))
        assert wire.read() == ORDER
        wire.write()

    assert service.asked == [
        "CONNECT certcentral.test:443",
        "GET /v2/order/certificate/7",
        "PUT /v2/order/certificate/7/status",
    ]
    # The proxy sees its own credentials and not our key.
    assert "proxy-authorization" in service.requests[0].headers
    assert "x-dc-devkey" not in service.requests[0].headers


def test_a_proxy_with_no_scheme_is_an_http_proxy(tls: ssl.SSLContext, ca_path: str, connect: Connect) -> None:
    with Service(tunnel(tls), json(ORDER)) as service:
        wire = connect(CERTCENTRAL, verify=ca_path, proxy=f"127.0.0.1:{service.port}")
        assert wire.read() == ORDER


PROXY_TROUBLE: dict[str, Scene] = {
    "refuses": answer(403, b"<html>no</html>"),
    "wants credentials": answer(407, b"", {"Proxy-Authenticate": "Basic"}),
    "cannot reach the service": answer(502, b""),
    "closes": close,
    "resets": reset,
    "hangs": hang,
    "drips": drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "another protocol": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
}


@pytest.mark.parametrize("scene", PROXY_TROUBLE.values(), ids=PROXY_TROUBLE)
def test_a_proxy_that(scene: Scene, connect: Connect) -> None:
    with Service(scene) as service:
        wire = connect(CERTCENTRAL, **_by_proxy(service, retries=0, timeout=TIMEOUT))
        with pytest.raises(NotSent) as caught:
            wire.write()

    assert not caught.value.ambiguous
    assert service.asked == ["CONNECT certcentral.test:443"]
    assert "pass-word" not in all_that_shows(caught.value)
    assert KEY not in all_that_shows(caught.value)


def test_a_proxy_that_refuses_is_named(connect: Connect) -> None:
    with Service(PROXY_TROUBLE["refuses"]) as service, pytest.raises(NotSent) as caught:
        connect(CERTCENTRAL, **_by_proxy(service, retries=0)).read()

    for name in (f"127.0.0.1:{service.port}", "certcentral.test:443", "HTTPS_PROXY", "NO_PROXY"):
        assert name in caught.value.message


def test_a_proxy_that_cannot_be_reached(connect: Connect, dead_end: int) -> None:
    wire = connect(CERTCENTRAL, proxy=f"http://me:pass-word@127.0.0.1:{dead_end}", retries=1)
    with pytest.raises(NotSent, match="HTTPS_PROXY") as caught:
        wire.write()

    assert caught.value.retries == 1
    assert "pass-word" not in all_that_shows(caught.value)


@pytest.mark.parametrize("before", [[], [json(ORDER)]], ids=["new connection", "used connection"])
@pytest.mark.parametrize("scene", [close, reset, hang, raw(b"HTTP/1.1 2"), then_reset(HEAD)])
def test_a_write_that_is_lost_behind_a_proxy_is_not_taken_for_a_proxy_that_failed(
    scene: Scene, before: list[Scene], tls: ssl.SSLContext, ca_path: str, connect: Connect
) -> None:
    """urllib3 raises ProxyError for any connection by a proxy that breaks; the write may well have been made."""
    with Service(tunnel(tls), *before, scene) as service:
        wire = connect(CERTCENTRAL, **_by_proxy(service, verify=ca_path, timeout=TIMEOUT, retries=3))
        for _scene in before:
            wire.read()
        with pytest.raises(LostReply) as caught:
            wire.write()

    assert caught.value.ambiguous
    assert [request.method for request in service.requests].count("PUT") == 1
    assert "pass-word" not in all_that_shows(caught.value)


def test_a_certificate_that_does_not_verify_behind_a_proxy(tls: ssl.SSLContext, connect: Connect) -> None:
    with Service(tunnel(tls)) as service, pytest.raises(Untrusted):
        connect(CERTCENTRAL, **_by_proxy(service)).write()


def test_a_service_behind_a_proxy_that_drips_meets_the_deadline(
    tls: ssl.SSLContext, ca_path: str, connect: Connect
) -> None:
    with Service(tunnel(tls), drip(HEAD, b"x")) as service, pytest.raises(LostReply, match=r"0\.6 s"):
        connect(CERTCENTRAL, **_by_proxy(service, verify=ca_path, timeout=TIMEOUT, retries=0)).read()


def test_a_redirect_behind_a_proxy_is_not_followed(tls: ssl.SSLContext, ca_path: str, connect: Connect) -> None:
    moved = answer(307, b"", {"Location": "https://evil.example/"})
    with Service(tunnel(tls), moved) as service, pytest.raises(Refused):
        connect(CERTCENTRAL, **_by_proxy(service, verify=ca_path)).write()

    assert len(service.requests) == 2
