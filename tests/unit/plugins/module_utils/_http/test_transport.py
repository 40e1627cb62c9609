# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transport in ordinary weather: what is sent, what is repeated and what is not, what it costs and its messages.

Socket-level weather is in test_http_weather.py.
"""

from __future__ import annotations

import gzip
import os
import socket
import threading
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common import context as common_context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import (
    ApiError,
    Denied,
    LibraryMissing,
    NotFound,
    NotSent,
    RateLimited,
    Refused,
    ServerError,
    StaleRead,
    Stopped,
    Unreadable,
    WrongAddress,
)
from ansible_collections.certops.orders.plugins.module_utils._http import libraries, retry
from ansible_collections.certops.orders.plugins.module_utils._http import libraries as http_libraries
from ansible_collections.certops.orders.plugins.module_utils._http import retry as http_retry
from ansible_collections.certops.orders.plugins.module_utils._http import session as http_session
from ansible_collections.certops.orders.plugins.module_utils._http import transport as _http
from ansible_collections.certops.orders.plugins.module_utils._http.connection import Connection
from ansible_collections.certops.orders.plugins.module_utils._http.rate_limit import Pacer
from ansible_collections.certops.orders.tests.messages import known
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.scripted import (
    Service,
    answer,
    close,
    fault,
    json,
    reset,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import (
    KEY,
    Waits,
    Wire,
    all_that_shows,
    soon,
)

Connect = Callable[..., Wire]

ORDER = {"id": 7, "status": "pending"}
DONE = answer(204)

# -- what is sent ----------------------------------------------------------------------------------------------------


def test_a_run_ends_when_the_process_that_wanted_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = [7]
    monkeypatch.setattr(common_context.os, "getppid", lambda: parent[0])
    stop = common_context.Stop(7)

    assert not stop
    stop.pause(0)
    parent[0] = 1
    with pytest.raises(Stopped):
        stop.pause(10)
    ended = stop.reason
    # What came first is what ended it.
    stop.set("SIGTERM")
    assert stop.reason == ended


@pytest.mark.parametrize("two_ends", [os.pipe, lambda: tuple(end.detach() for end in socket.socketpair())])
def test_a_run_ends_when_its_output_is_closed(two_ends: Callable[[], tuple[int, int]]) -> None:
    theirs, ours = two_ends()
    stop = common_context.Stop(os.getppid(), pipe=ours)

    assert not stop
    os.close(theirs)
    assert stop
    os.close(ours)


def test_what_is_written_to_a_file_is_wanted(tmp_path: Path) -> None:
    with (tmp_path / "output").open("w") as file:
        assert not common_context.Stop(os.getppid(), pipe=file.fileno())


def test_a_read(connect: Connect) -> None:
    with Service(json(ORDER)) as service:
        assert connect(service.url).read() == ORDER

    (request,) = service.requests
    assert (request.method, request.target, request.body) == ("GET", "/v2/order/certificate/7", b"")
    assert request.headers["x-dc-devkey"] == KEY
    assert request.headers["accept"] == "application/json"
    assert "Ansible" in request.headers["user-agent"]
    assert "authorization" not in request.headers
    assert "content-type" not in request.headers


def test_a_write(connect: Connect) -> None:
    with Service(DONE) as service:
        assert connect(service.url).write() == {}

    (request,) = service.requests
    assert (request.method, request.target) == ("PUT", "/v2/order/certificate/7/status")
    assert request.json == {"status": "canceled", "note": "no longer needed"}
    assert request.headers["content-type"] == "application/json"


def test_a_write_may_be_answered_with_an_object(connect: Connect) -> None:
    with Service(json({"id": 3}, 201)) as service:
        assert connect(service.url).write() == {"id": 3}


def test_path_segments_and_query_values_are_quoted(connect: Connect) -> None:
    with Service(json({})) as service:
        connect(service.url).transport.read("x", ("a/b", "c?d#e", "%"), [("filters[id]", 1), ("note", "a&b=c ü")])

    assert service.requests[0].target == "/v2/a%2Fb/c%3Fd%23e/%25?filters%5Bid%5D=1&note=a%26b%3Dc+%C3%BC"


def test_one_connection_serves_request_after_request(connect: Connect) -> None:
    with Service(json(ORDER), DONE, fault(404, "not_found|order"), json(ORDER)) as service:
        wire = connect(service.url)
        wire.read()
        wire.write()
        with pytest.raises(WrongAddress):
            wire.read()
        wire.read()

    assert service.connections == 1


def test_each_thread_has_its_own_connection_and_close_ends_them_all(connect: Connect) -> None:
    with Service(json(ORDER), json(ORDER)) as service:
        wire = connect(service.url)
        wire.read()
        thread = threading.Thread(target=wire.read)
        thread.start()
        thread.join()
        assert service.connections == 2
        wire.transport.close()
        assert soon(lambda: all(not thread.is_alive() for thread in service._threads[1:]))


def test_a_compressed_answer_is_read(connect: Connect) -> None:
    packed = gzip.compress(b'{"id": 7}')
    with Service(answer(200, packed, {"Content-Encoding": "gzip"})) as service:
        assert connect(service.url).read() == {"id": 7}

    assert "gzip" in service.requests[0].headers["accept-encoding"]


def test_a_cookie_is_not_carried_to_the_next_request(connect: Connect) -> None:
    with Service(json(ORDER, headers={"Set-Cookie": "session=abc; Path=/"}), json(ORDER)) as service:
        wire = connect(service.url)
        wire.read()
        wire.read()

    assert [request.headers.get("cookie") for request in service.requests] == [None, None]


def test_netrc_adds_nothing(connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Service(json(ORDER)) as service:
        connect(service.url).read()

    assert "authorization" not in service.requests[0].headers


def test_proxies_of_the_process_are_not_used_behind_our_back(
    connect: Connect, dead_end: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead_end}")
    with Service(json(ORDER)) as service:
        assert connect(service.url).read() == ORDER


# -- what is repeated ------------------------------------------------------------------------------------------------

READS_REPEATED = [500, 502, 503, 504]
READS_FINAL = {
    301: Refused,
    302: Refused,
    400: Refused,
    401: Denied,
    403: Denied,
    404: WrongAddress,
    405: Refused,
    409: Refused,
    501: ServerError,
    505: ServerError,
    507: ServerError,
}


@pytest.mark.parametrize("status", READS_REPEATED)
def test_a_read_is_repeated_after(status: int, connect: Connect) -> None:
    with Service(fault(status), json(ORDER)) as service:
        wire = connect(service.url)
        assert wire.read() == ORDER

    assert len(wire.clock.waits) == 1
    assert 0.5 <= wire.clock.waits[0] <= 1
    assert wire.cost == {"requests": 2, "retries": 1, "waited": round(wire.clock.waits[0], 3)}


@pytest.mark.parametrize(("status", "kind"), READS_FINAL.items())
def test_a_read_is_not_repeated_after(status: int, kind: type[ApiError], connect: Connect) -> None:
    with Service(fault(status, "a_code", "No.")) as service:
        wire = connect(service.url)
        with pytest.raises(kind) as caught:
            wire.read()

    assert caught.value.__class__ is kind
    assert caught.value.http_status == status
    assert caught.value.retries == 0
    assert wire.cost == {"requests": 1, "retries": 0, "waited": 0}


@pytest.mark.parametrize("ending", [close, reset])
def test_a_read_is_repeated_after_a_lost_connection(ending: Any, connect: Connect) -> None:
    with Service(ending, json(ORDER)) as service:
        assert connect(service.url).read() == ORDER


@pytest.mark.usefixtures("longest_draw")
def test_a_read_is_repeated_so_often_and_no_more(connect: Connect) -> None:
    with Service(fault(503), fault(500), close, fault(502, "bad", "Gateway.")) as service:
        wire = connect(service.url, retries=3)
        with pytest.raises(ServerError) as caught:
            wire.read()

    # Twice as long each time.
    assert wire.clock.waits == [1, 2, 4]
    assert wire.cost == {"requests": 4, "retries": 3, "waited": 7}
    assert caught.value.failure(7) == {
        "http_status": 502,
        "code": "bad",
        "message": caught.value.message,
        "order_id": 7,
        "retries": 3,
        "waited": 7.0,
    }


def test_no_retries_asked_for(connect: Connect) -> None:
    with Service(fault(503)) as service, pytest.raises(ServerError):
        connect(service.url, retries=0).read()


def test_backoff_is_spread(connect: Connect) -> None:
    waits = set()
    for _run in range(5):
        with Service(fault(503), json(ORDER)) as service:
            wire = connect(service.url)
            wire.read()
            waits.update(wire.clock.waits)

    assert len(waits) == 5


def test_a_connection_that_fails_is_repeated_for_reads_and_writes(connect: Connect, dead_end: int) -> None:
    wire = connect(f"http://127.0.0.1:{dead_end}/v2", retries=2)
    for send in (wire.read, wire.write):
        with pytest.raises(NotSent) as caught:
            send()
        assert not caught.value.ambiguous
        assert caught.value.retries == 2
        assert caught.value.failure()["code"] == "connection_failed"

    assert wire.cost["retries"] == 4


def test_a_write_is_repeated_after_429(connect: Connect) -> None:
    with Service(fault(429), fault(429), DONE) as service:
        wire = connect(service.url, retries=0)
        wire.write()

    assert service.asked == ["PUT /v2/order/certificate/7/status"] * 3
    assert wire.cost["retries"] == 2


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 505])
def test_a_write_is_sent_once_when_answered_with(status: int, connect: Connect) -> None:
    with Service(fault(status)) as service:
        wire = connect(service.url)
        with pytest.raises(ServerError) as caught:
            wire.write()

    assert caught.value.ambiguous
    assert caught.value.http_status == status
    assert wire.cost == {"requests": 1, "retries": 0, "waited": 0}


@pytest.mark.parametrize(("status", "kind"), [(400, Refused), (401, Denied), (403, Denied), (404, WrongAddress)])
def test_a_refused_write_has_certainly_not_acted(status: int, kind: type[ApiError], connect: Connect) -> None:
    with Service(fault(status)) as service, pytest.raises(kind) as caught:
        connect(service.url).write()

    assert not caught.value.ambiguous


@pytest.mark.parametrize("ending", [close, reset])
def test_a_write_with_a_lost_reply_is_sent_once(ending: Any, connect: Connect) -> None:
    with Service(ending) as service:
        wire = connect(service.url)
        with pytest.raises(ApiError) as caught:
            wire.write()

    assert caught.value.ambiguous
    assert caught.value.http_status is None
    assert caught.value.code == "reply_lost"
    assert wire.cost["requests"] == 1


def test_a_write_on_a_stale_connection_is_sent_once(connect: Connect) -> None:
    """The connection of the read before it: whether the write arrived there is unknown."""
    with Service(json(ORDER), reset) as service:
        wire = connect(service.url)
        wire.read()
        with pytest.raises(ApiError) as caught:
            wire.write()

    assert caught.value.ambiguous
    assert service.connections == 1


@pytest.mark.parametrize("body", [b"<html>ok</html>", b'{"id": ', b"[]", b'"done"'])
def test_a_write_with_an_answer_that_cannot_be_read_is_sent_once(body: bytes, connect: Connect) -> None:
    with Service(answer(200, body)) as service, pytest.raises(Unreadable) as caught:
        connect(service.url).write()

    assert caught.value.ambiguous
    assert caught.value.http_status == 200


def test_after_a_429_another_trouble_is_counted_with_it(connect: Connect) -> None:
    with Service(fault(429), fault(500)) as service:
        wire = connect(service.url)
        with pytest.raises(ServerError) as caught:
            wire.write()

    assert caught.value.retries == 1 == wire.cost["retries"]
    assert caught.value.waited == sum(wire.clock.waits)


# -- 429 -------------------------------------------------------------------------------------------------------------


NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


def _in(seconds: float) -> str:
    return format_datetime(NOON + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7.4),
        (" 7 ", 7, 7.4),
        # "At once" is a second, or it would repeat without end.
        ("0", 1, 1.05),
        ("1", 1, 1.05),
        (_in(100), 100, 105.1),
        (_in(-100), 1, 1.05),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 1, 1.05),
        # Nothing usable: the shortest window, and up to half of it more.
        ("", 5, 7.5),
        ("soon", 5, 7.5),
        ("-5", 5, 7.5),
        ("1.5", 5, 7.5),
        ("٣", 5, 7.5),
        ("Wed, 99 Foo 2015 07:28:00 GMT", 5, 7.5),
    ],
)
def test_retry_after(header: str, least: float, most: float, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry.time, "time", NOON.timestamp)
    shown = header.encode().decode("latin-1")
    with Service(fault(429, Retry_After=shown), json(ORDER)) as service:
        wire = connect(service.url)
        wire.read()

    (wait,) = wire.clock.waits
    assert least <= wait <= most


@pytest.mark.usefixtures("longest_draw")
@pytest.mark.parametrize(
    ("windows", "waits"),
    [
        # Doubled from the shortest window, and half of it more; then a fifteenth of the longest one, or whoever is
        # refused once it is used up would sleep on long after it has room again.
        (((1000, 180.0), (100, 4.0)), [6, 12, 18, 18, 18]),
        (((1000, 180.0), (100, 5.0)), [7.5, 15, 18, 18, 18]),
        ((), [7.5, 15, 18, 18, 18]),
        (((100, 2.0),), [3, 6, 6, 6, 6]),
        (((10, 3600.0), (1, 2.0)), [3, 6, 12, 24, 48, 90, 90]),
    ],
)
def test_without_retry_after_the_waits_double_for_a_while(
    windows: tuple[tuple[int, float], ...], waits: list[float], connect: Connect
) -> None:
    with Service(*[fault(429)] * len(waits), json(ORDER)) as service:
        wire = connect(service.url, windows=windows, rate_limit_timeout=1000)
        wire.read()

    assert [round(wait, 1) for wait in wire.clock.waits if wait > 2] == waits


@pytest.mark.usefixtures("longest_draw")
def test_rate_limit_timeout_bounds_the_waits_of_one_request(connect: Connect) -> None:
    with Service(fault(429, "request_limit_exceeded", "Slow down."), fault(429), fault(429)) as service:
        wire = connect(service.url, rate_limit_timeout=25, retries=0)
        with pytest.raises(RateLimited) as caught:
            wire.read()

    # 30 s more were too long, 7.5 and 15 not.
    assert wire.clock.waits == [7.5, 15]
    assert (caught.value.http_status, caught.value.retries, caught.value.waited) == (429, 2, 22.5)
    assert not caught.value.ambiguous
    assert wire.cost == {"requests": 3, "retries": 2, "waited": 22.5}


@pytest.mark.usefixtures("longest_draw")
@pytest.mark.parametrize("asks", ["a read", "a write"])
@pytest.mark.parametrize("header", ["0", _in(-100)])
def test_a_retry_after_of_zero_without_end_is_given_up(header: str, asks: str, connect: Connect) -> None:
    with Service(*[fault(429, Retry_After=header)] * 20) as service:
        wire = connect(service.url, rate_limit_timeout=20, retries=0)
        with pytest.raises(RateLimited) as caught:
            wire.read() if asks == "a read" else wire.write(budget=20)

    # 19 waits of 1.05 s, all of them within 20 s.
    assert sum(wire.clock.waits) == pytest.approx(19.95)
    assert (caught.value.http_status, caught.value.retries) == (429, 19)
    assert wire.cost["requests"] == 20


def test_a_wait_that_is_too_long_is_not_begun(connect: Connect) -> None:
    with Service(fault(429, Retry_After="9" * 400)) as service:
        wire = connect(service.url)
        with pytest.raises(RateLimited):
            wire.read()

    assert wire.clock.waits == []


@pytest.mark.usefixtures("longest_draw")
def test_the_rate_limit_budget_of_a_write_is_the_one_of_its_caller(connect: Connect) -> None:
    """The caller reads again and repeats the write: all its attempts share one rate limit budget."""
    budget = http_retry.RateLimitBudget(10)
    with Service(fault(429), close, fault(429)) as service:
        wire = connect(service.url)
        with pytest.raises(ApiError) as lost:
            _write(wire, budget)
        with pytest.raises(RateLimited):
            _write(wire, budget)

    assert lost.value.ambiguous
    assert wire.clock.waits == [7.5]


def _write(wire: Wire, budget: http_retry.RateLimitBudget) -> None:
    until = wire.clock.monotonic() + 600
    wire.transport.write("x", "PUT", ("a",), {}, fresh_until=until, budget=budget)


def test_rate_limit_timeout_does_not_bound_other_retries(connect: Connect) -> None:
    with Service(fault(503), json(ORDER)) as service:
        assert connect(service.url, rate_limit_timeout=0).read() == ORDER


def test_waits_for_the_rate_limit_windows_do_not_use_the_budget(connect: Connect) -> None:
    with Service(json(ORDER), json(ORDER), json(ORDER)) as service:
        wire = connect(service.url, windows=((1, 50.0),), rate_limit_timeout=0)
        for _read in range(3):
            wire.read()

    assert 98 < sum(wire.clock.waits) <= 100
    assert wire.cost["retries"] == 0
    assert 98 < wire.cost["waited"] <= 100


def test_a_429_holds_off_everyone_with_the_same_pacer(connect: Connect, clock: Waits) -> None:
    pacer = Pacer(((100, 5.0),), 5.0)
    with Service(fault(429, Retry_After="40")) as service:
        wire = connect(service.url, pacer)
        wire.stop.set("enough")
        with pytest.raises(Stopped):
            wire.read()

    with Service(json(ORDER)) as service:
        other = connect(service.url, pacer)
        other.read()
    assert sum(clock.waits) >= 39


def test_a_429_that_is_not_waited_for_delays_no_other_request(connect: Connect, clock: Waits) -> None:
    pacer = Pacer(((100, 5.0),), 5.0)
    with Service(fault(429, Retry_After="400"), json(ORDER)) as service:
        wire = connect(service.url, pacer, rate_limit_timeout=10)
        with pytest.raises(RateLimited):
            wire.read()
        wire.read()

    assert clock.waits == []


# -- reads that a write rests on -------------------------------------------------------------------------------------


def test_a_write_on_an_old_read_is_not_sent(connect: Connect) -> None:
    with Service() as service:
        wire = connect(service.url)
        with pytest.raises(StaleRead):
            wire.write(fresh_for=-0.001)

    assert wire.cost["requests"] == 0


def test_a_read_that_grew_old_while_pacing_is_not_written_on_and_the_slot_is_given_back(connect: Connect) -> None:
    with Service(json(ORDER), json(ORDER)) as service:
        wire = connect(service.url, windows=((1, 50.0),))
        wire.read()
        with pytest.raises(StaleRead):
            wire.write(fresh_for=30)
        before = list(wire.clock.waits)
        wire.read()

    # The write had waited for the slot; the read that comes instead gets it at once.
    assert wire.clock.waits == before
    assert service.asked == ["GET /v2/order/certificate/7"] * 2


def test_a_read_that_grew_old_while_the_service_answered_429_is_not_written_on(connect: Connect) -> None:
    with Service(fault(429, Retry_After="61")) as service:
        wire = connect(service.url)
        with pytest.raises(StaleRead):
            wire.write(fresh_for=60)

    assert len(service.requests) == 1


def test_a_read_still_fresh_after_the_429_is_written_on(connect: Connect) -> None:
    with Service(fault(429, Retry_After="30"), DONE) as service:
        connect(service.url).write(fresh_for=60)


# -- stopping --------------------------------------------------------------------------------------------------------


def test_after_a_stop_reads_are_sent_and_writes_are_not(connect: Connect) -> None:
    with Service(json(ORDER), json(ORDER)) as service:
        wire = connect(service.url, windows=((2, 50.0),))
        wire.stop.set("SIGTERM")
        with pytest.raises(Stopped, match="SIGTERM"):
            wire.write()
        wire.read()
        wire.read()

    assert wire.cost["requests"] == 2
    assert wire.clock.waits == [], "the slot of the write was not given back"


def test_a_stop_wakes_who_sleeps() -> None:
    stop = common_context.Stop()
    woken: list[str] = []

    def sleep() -> None:
        with pytest.raises(Stopped) as caught:
            stop.pause(600)
        woken.append(str(caught.value))

    sleepers = [threading.Thread(target=sleep, daemon=True) for _sleeper in range(3)]
    for sleeper in sleepers:
        sleeper.start()
    stop.set("three refusals")
    stop.set("a later reason")
    for sleeper in sleepers:
        sleeper.join(5)

    assert woken == ["three refusals"] * 3
    assert stop
    assert stop.reason == "three refusals"


def test_without_a_stop_a_pause_just_ends() -> None:
    stop = common_context.Stop()
    stop.pause(0.001)
    assert not stop


@pytest.mark.parametrize("scene", [fault(503), fault(429)])
def test_a_stop_ends_the_wait_for_another_attempt(scene: Any, connect: Connect) -> None:
    with Service(scene) as service:
        wire = connect(service.url)
        wire.stop.set("SIGINT")
        with pytest.raises(Stopped, match="SIGINT"):
            wire.read()

    assert wire.cost == {"requests": 1, "retries": 0, "waited": 0}


# -- messages --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("longest_draw")
def test_waits_worth_it_are_announced(connect: Connect) -> None:
    with Service(fault(503), fault(503), fault(429, Retry_After="20"), json(ORDER)) as service:
        wire = connect(service.url)
        wire.read()

    # The first wait of 1 s is too short.
    assert [("HTTP 503" in line, "HTTP 429" in line, " 2 s" in line, " 21 s" in line) for line in wire.lines] == [
        (True, False, True, False),
        (False, True, False, True),
    ]


def test_waits_for_pacing_are_announced(connect: Connect) -> None:
    with Service(json(ORDER), json(ORDER)) as service:
        wire = connect(service.url, windows=((1, 50.0),))
        wire.read()
        wire.read()

    (line,) = wire.lines
    assert " 50 s" in line
    assert "read order 7" in line


def test_short_waits_are_not_announced(connect: Connect) -> None:
    with Service(fault(503), json(ORDER), json(ORDER)) as service:
        wire = connect(service.url, windows=((1, 1.9),))
        wire.read()
        wire.read()

    assert len(wire.clock.waits) >= 3
    assert wire.lines == []


@pytest.mark.parametrize(
    ("body", "shown", "code"),
    [
        (b'{"errors":[{"code":"a|b","message":"No."}]}', "a|b, No.", "a|b"),
        (b'{"errors":[{"code":"a|b"}]}', "a|b", "a|b"),
        (b'{"errors":[{"message":"No."}]}', "No.", None),
        (b'{"errors":[]}', "", None),
        (b'{"errors":"no"}', "no", None),
        (b'{"errors":["no"]}', "no", None),
        (b"[]", "", None),
        (b"", "", None),
        (b" \r\n", "", None),
        (b"<html>Incapsula</html>", "Incapsula", None),
        (b"<html><br></html>", "JSON", None),
        (b"\xff\xfe", "\ufffd\ufffd", None),
        (b"[" * 200_000, 100 * "[", None),
        (b'{"errors":[{"code":NaN}]}', '{"errors":[{"code":NaN}]}', None),
        # What comes from a service is data: it must not forge a line of output, nor turn one round.
        (
            b'{"errors":[{"code":"a\\nb","message":"ok\\r\\nchanged: [all] \\u202egnp \\ud800"}]}',
            "a\\nb, ok\\r\\nchanged: [all] \\u202egnp \\ud800",
            "a\\nb",
        ),
    ],
)
def test_the_message_of_a_refusal(body: bytes, shown: str, code: str | None, connect: Connect) -> None:
    with Service(answer(403, body)) as service, pytest.raises(Denied) as caught:
        connect(service.url).read()

    message = caught.value.message
    assert message == str(caught.value)
    assert shown in message
    assert "HTTP 403" in message
    # Where the answer has no text, the message ends with the status.
    assert message.endswith("(HTTP 403)") is (not shown)
    assert len(message) < 400
    assert caught.value.code == code


def test_a_long_message_is_cut(connect: Connect) -> None:
    with Service(fault(400, "c" * 1000, "m" * 100_000)) as service, pytest.raises(Refused) as caught:
        connect(service.url).read()

    assert len(caught.value.message) < 700
    assert len(str(caught.value.code)) <= 303


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Maintenance</html>",
        b"",
        b"[]",
        b"null",
        b"7",
        b'{"id": 7',
        b'{"id": Infinity}',
        b'{"id": "\xff"}',
        b"[" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
def test_a_read_that_brings_no_json_object(body: bytes, connect: Connect) -> None:
    with Service(answer(200, body, {"Content-Type": "text/html"})) as service, pytest.raises(Unreadable) as caught:
        connect(service.url).read()

    assert caught.value.failure(7) == {
        "http_status": 200,
        "code": "unreadable",
        "message": known()["http requests"]["not JSON"],
        "order_id": 7,
        "retries": 0,
        "waited": 0,
    }
    assert "Maintenance" not in all_that_shows(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "/elsewhere",
        "https://evil.example/",
        "http://[",
        "http://[::1",
        "//\xff\xfe",
        "gopher://x",
        "http://x:99999999/",
        "",
    ],
)
def test_a_redirect_is_refused_and_its_body_is_not_read(status: int, location: str, connect: Connect) -> None:
    moved = answer(status, b'{"errors":[{"code":"moved"}]}', {"Location": location})
    with Service(moved) as service:
        wire = connect(service.url)
        with pytest.raises(Refused, match="api_url") as caught:
            wire.write()

    assert caught.value.http_status == status
    assert not caught.value.ambiguous
    assert "evil" not in all_that_shows(caught.value)


# -- secrets ---------------------------------------------------------------------------------------------------------

ECHOES = {
    "refused": fault(403, f"bad_key|{KEY}", f"The key '{KEY}' is not valid."),
    "failed": fault(500, KEY, f"{KEY}{KEY}"),
    "at the cut": fault(400, "c", "m" * 290 + KEY),
    "throttled": fault(429, KEY, KEY, Retry_After="9999"),
    "moved": answer(302, b"", {"Location": f"https://evil.example/{KEY}"}),
    "html": answer(403, f"<html>{KEY}</html>".encode()),
    "garbage": answer(200, f"{KEY}".encode()),
    "header": answer(403, b"", {"X-Echo": KEY}),
    "lost": close,
}


@pytest.mark.parametrize("send", ["read", "write"])
@pytest.mark.parametrize("scene", ECHOES.values(), ids=ECHOES)
def test_no_error_shows_the_key_even_if_the_service_echoes_it(scene: Any, send: str, connect: Connect) -> None:
    with Service(scene) as service:
        wire = connect(service.url, retries=0)
        with pytest.raises(ApiError) as caught:
            getattr(wire, send)()

    shown = all_that_shows(caught.value)
    assert KEY not in shown
    assert KEY[:8] not in shown
    assert KEY not in "".join(wire.lines)


def test_no_announcement_shows_the_key(connect: Connect) -> None:
    with Service(fault(429, KEY, f"{KEY}\nfoo", Retry_After="20"), json(ORDER)) as service:
        wire = connect(service.url)
        wire.read()

    (line,) = wire.lines
    assert KEY not in line
    assert "********, ********\\nfoo" in line


def test_no_repr_shows_a_secret() -> None:
    connection = Connection("https://a.example/v2", KEY, proxy="http://me:pass-word@proxy:1")
    context = common_context.Context(environ={"DIGICERT_API_KEY": KEY}, secrets=[KEY])
    for shown in (repr(connection), str(connection), repr(context), str(context)):
        assert KEY not in shown
        assert "pass-word" not in shown


# -- without the library ---------------------------------------------------------------------------------------------


def test_requests_missing(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "_REQUESTS_TRACE", "Traceback ... No module named 'requests'")
    with pytest.raises(LibraryMissing) as caught:
        connect("https://a.example")

    assert caught.value.library == "requests"
    assert "No module named" in caught.value.trace


# -- small parts -----------------------------------------------------------------------------------------------------


def test_counters_add_up_over_threads() -> None:
    counters = _http.Counters()

    def work() -> None:
        for _turn in range(1000):
            counters.add(requests=1, retries=2, waited=0.25)

    threads = [threading.Thread(target=work) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counters.shown() == {"requests": 4000, "retries": 8000, "waited": 1000.0}


def test_the_rate_limit_budget_is_used_to_the_last_second_and_no_further() -> None:
    budget = http_retry.RateLimitBudget(10)
    assert budget.spend(6)
    assert not budget.spend(4.1)
    assert budget.spend(4)
    assert not budget.spend(0.1)


def test_a_context_notifies_nothing_by_default() -> None:
    context = common_context.Context()
    context.notify("a line")
    assert (context.check_mode, context.diff, context.state_dir, context.secrets, bool(context.stop)) == (
        False,
        False,
        None,
        [],
        False,
    )


def test_the_connect_timeout_is_capped_and_follows_a_shorter_one(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeouts = []

    def create(_address: Any, timeout: Any = None, *_rest: Any, **_named: Any) -> Any:
        timeouts.append(timeout)
        raise socket.timeout("timed out")

    monkeypatch.setattr("urllib3.util.connection.create_connection", create)
    for timeout in (30.0, 2.0):
        with pytest.raises(ApiError) as caught:
            connect("http://127.0.0.1:9/v2", timeout=timeout, retries=0).write()
        assert not caught.value.ambiguous
        assert f" {min(timeout, 10):g} s" in caught.value.message
    assert timeouts == [10.0, 2.0]


def test_a_deadline_that_has_passed_is_a_time_out() -> None:
    deadline = http_session._Deadline()
    assert deadline.left() == float("inf")
    deadline.until = _http.time.monotonic() - 1
    with pytest.raises(socket.timeout, match="deadline"):
        deadline.left()


def test_a_rate_limit_that_cannot_be_kept_sends_nothing(connect: Connect, tmp_path: Path) -> None:
    pacer = Pacer(((5, 5.0),), 5.0, str(tmp_path / "gone" / "pace"))
    with Service() as service, pytest.raises(ApiError) as caught:
        connect(service.url, pacer).write()

    assert (caught.value.code, caught.value.ambiguous) == ("rate_limit_file", False)


@pytest.mark.usefixtures("clock")
def test_a_pause_that_cannot_be_noted_ends_as_cleanly(connect: Connect, tmp_path: Path) -> None:
    """The folder is deleted while the request is under way."""
    folder = tmp_path / "run"
    folder.mkdir()
    pacer = Pacer(((5, 5.0),), 5.0, str(folder / "pace"))
    granted = pacer.acquire

    def acquire_once(pause: Any) -> Any:
        slot = granted(pause)
        (folder / "pace").unlink()
        folder.rmdir()
        return slot

    pacer.acquire = acquire_once  # type: ignore[method-assign]
    with Service(answer(429)) as service, pytest.raises(ApiError) as caught:
        connect(service.url, pacer).read()

    assert caught.value.code == "rate_limit_file"


# -- 404: the object, or the address --------------------------------------------------------------------------------

ORDER_ABSENT = ("not_found|order",)
# Status 404 each; only the first ones mean that there is no such order.
ABSENT = [
    b'{"errors":[{"code":"not_found|order","message":"The specified order was not found."}]}',
    b'{"errors":{"code":"not_found|order","message":"The specified order was not found."}}',
    b'{"errors":[{"code":"not_found|order"},{"code":"see_also","message":"A second error."}]}',
]
ELSEWHERE = [
    b'{"errors":[{"code":"not_found|route","message":"The specified route was not found."}]}',
    b'{"errors":[{"code":"not_found|order"},{"code":"not_found|route"}]}',
    b'{"errors":[{"code":"not_found"}]}',
    b'{"errors":[{"code":"not_found|product"}]}',
    b'{"errors":[{"message":"The order was not found."}]}',
    b'{"message":"no Route matched with those values"}',
    b"<html><head><title>404 Not Found</title></head><body>nothing here</body></html>",
    b"not_found|order",
    b"{}",
    b"[]",
    b"",
]


def _asked(wire: Wire, method: str) -> None:
    path = ("order", "certificate", 7)
    if method == "GET":
        wire.transport.read("read order 7", path, absent=ORDER_ABSENT)
    else:
        sending: dict[str, Any] = {
            "fresh_until": wire.clock.monotonic() + 60,
            "budget": http_retry.RateLimitBudget(1),
        }
        wire.transport.write("set order 7", "PUT", path, {}, absent=ORDER_ABSENT, **sending)


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("body", ABSENT)
def test_a_404_about_an_object_is_not_found(method: str, body: bytes, connect: Connect) -> None:
    with Service(answer(404, body)) as service, pytest.raises(NotFound) as caught:
        _asked(connect(service.url), method)

    assert (caught.value.http_status, caught.value.code) == (404, "not_found|order")
    assert "api_url" not in caught.value.message


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("body", ELSEWHERE)
def test_any_other_404_is_a_wrong_address(method: str, body: bytes, connect: Connect) -> None:
    with Service(answer(404, body)) as service, pytest.raises(WrongAddress) as caught:
        _asked(connect(service.url), method)

    assert not isinstance(caught.value, NotFound)
    assert f"{service.url})" in caught.value.message
    assert not caught.value.ambiguous


def test_a_404_of_a_request_that_names_no_object_is_never_an_absence(connect: Connect) -> None:
    with Service(answer(404, ABSENT[0])) as service, pytest.raises(WrongAddress):
        connect(service.url).transport.read("list orders", ("order", "certificate"))


# -- errors: everything is shown, with the next step ------------------------------------------------------------------


def test_every_error_of_an_answer_is_shown(connect: Connect) -> None:
    body = b'{"errors":[{"code":"a","message":"First."},{"code":"b","message":"Second."}]}'
    with Service(answer(400, body)) as service, pytest.raises(Refused) as caught:
        connect(service.url).read()

    assert caught.value.message == known()["http requests"]["refused with two errors"]
    assert caught.value.code == "a"


def test_of_very_many_errors_the_first_are_shown(connect: Connect) -> None:
    body = b'{"errors":[' + b",".join(b'{"code":"c%d"}' % number for number in range(500)) + b"]}"
    with Service(answer(500, body)) as service, pytest.raises(ServerError) as caught:
        connect(service.url, retries=0).read()

    assert "c19" in caught.value.message
    assert "480" in caught.value.message
    assert "c20" not in caught.value.message


@pytest.mark.parametrize("wrap", ["<p>{}</p>", "{}", "<p>" + "x" * 280 + " {}</p>", "a&lt;b {}"])
def test_no_page_shows_a_secret(wrap: str, connect: Connect) -> None:
    with Service(answer(400, wrap.format(KEY).encode())) as service, pytest.raises(Refused) as caught:
        connect(service.url).read()

    assert KEY[:8] not in all_that_shows(caught.value)


@pytest.mark.parametrize(
    ("status", "code", "step"),
    [
        (403, "access_denied|access_denied_invalid_key", "api_key"),
        (403, "access_denied|access_denied_invalid_key", "DIGICERT_API_KEY"),
        (403, "access_denied|access_denied_invalid_key", "region"),
        (401, "", "api_key"),
        (403, "access_denied|missing_permission", "role"),
    ],
)
def test_a_refused_key_names_the_next_step(status: int, code: str, step: str, connect: Connect) -> None:
    with Service(fault(status, code, "No.")) as service, pytest.raises(Denied) as caught:
        connect(service.url).read()

    assert step in caught.value.message.partition("No.")[2]


# -- connections: where to, and what happened -------------------------------------------------------------------------


def test_a_connection_that_is_refused(connect: Connect, dead_end: int) -> None:
    with pytest.raises(NotSent) as caught:
        connect(f"http://127.0.0.1:{dead_end}/v2", retries=0).read()

    assert caught.value.code == "connection_failed"
    assert f"127.0.0.1:{dead_end}" in caught.value.message
    assert "api_url" in caught.value.message


@pytest.mark.parametrize(
    ("error", "situation"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "host name not found"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "host name not found"),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (socket.timeout("timed out"), "connection timed out"),
        (OSError(113, "No route to host"), "host unreachable"),
        (OSError("odd"), "another error"),
    ],
)
@pytest.mark.parametrize("proxy", ["", "http://user:pass-word@proxy.example:3128"])
def test_what_became_of_a_connection(
    error: OSError, situation: str, proxy: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: Any, **_named: Any) -> Any:
        raise error

    monkeypatch.setattr("urllib3.util.connection.create_connection", fails)
    with pytest.raises(NotSent) as caught:
        connect("https://api.example/v2", retries=0, proxy=proxy).read()

    if not proxy:
        assert caught.value.message.endswith(known()["http diagnosis"][situation])
    assert ("proxy.example:3128" if proxy else "api.example:443") in caught.value.message
    assert ("HTTPS_PROXY" if proxy else "api_url") in caught.value.message
    assert "pass-word" not in all_that_shows(caught.value)


# -- libraries that are too old ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("library", "version", "fine"),
    [
        ("requests", "2.25.1", True),
        ("requests", "2.25.0", False),
        ("requests", "2.9", False),
        ("requests", "3.0.0a1", True),
        ("urllib3", "1.26.5", True),
        ("urllib3", "1.26.4", False),
        ("urllib3", "1.24", False),
        ("urllib3", "2.0.0a3", True),
        ("urllib3", "dev", False),
    ],
)
def test_a_library_that_is_too_old_is_refused_by_name(
    library: str, version: str, fine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{library}.__version__", version)
    if fine:
        http_libraries.require_libraries()
        return
    with pytest.raises(LibraryMissing) as caught:
        http_libraries.require_libraries()
    assert (caught.value.library, caught.value.is_old) == (library, True)
    oldest = ".".join(map(str, http_libraries.OLDEST[library]))
    assert library in caught.value.message
    assert oldest in caught.value.message
