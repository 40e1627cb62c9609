# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of fault, and how faults are armed, aimed and counted."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from simulator_client import SEED, Api, code

from certsim.testing import Simulator, SimulatorError

ALL = sorted(order["id"] for order in SEED["orders"])


def cancel(api: Api, **options: Any) -> requests.Response:
    """Cancel order 11, with a deadline."""
    body = {"status": "canceled", "note": "x"}
    return api.request("PUT", "/order/certificate/11/status", json=body, **options)


def outcome(sim: Simulator) -> tuple[str, int | None, bool, str]:
    """Return the journal's entry of the last request, and what became of order 11."""
    entry = sim.journal()[-1]
    return entry["fault"], entry["status"], entry["effect"], sim.order(11)["status"]


def test_status(sim: Simulator, api: Api) -> None:
    sim.fault("status", status=502)
    answer = cancel(api)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "application/json")
    assert outcome(sim) == ("status", 502, False, "pending")


@pytest.mark.parametrize("headers", [{}, {"Retry-After": 2}])
def test_status_429(sim: Simulator, api: Api, headers: dict[str, Any]) -> None:
    sim.fault("status", status=429, headers=headers)
    answer = api.get(11)
    assert code(answer) == (429, "request_limit_exceeded")
    assert answer.headers.get("Retry-After") == ("2" if headers else None)


@pytest.mark.parametrize(("body", "content"), [("gone", b"gone"), ({"a": 1}, b'{"a":1}'), ("", b"")])
def test_status_with_a_body(sim: Simulator, api: Api, body: object, content: bytes) -> None:
    sim.fault("status", status=500, body=body)
    assert api.get(11).content == content


def test_html(sim: Simulator, api: Api) -> None:
    sim.fault("html", status=403)
    answer = cancel(api)
    assert (answer.status_code, answer.headers["content-type"], answer.content[:6]) == (403, "text/html", b"<html>")
    assert outcome(sim) == ("html", 403, False, "pending")


@pytest.mark.parametrize(("kind", "params"), [("truncated_json", {}), ("not_json", {})])
def test_unreadable_answers(sim: Simulator, api: Api, kind: str, params: dict[str, Any]) -> None:
    sim.fault(kind, times=2, **params)
    assert api.get(11).headers["content-type"] == "application/json"
    answer = cancel(api)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        answer.json()
    assert outcome(sim) == (kind, 200, True, "canceled")


def test_deep_json(sim: Simulator, api: Api) -> None:
    sim.fault("deep_json", depth=5)
    assert api.get(11).json() == [[[[[]]]]]
    sim.fault("deep_json")
    assert len(api.get(11).content) == 200_000


def test_huge_body(sim: Simulator, api: Api) -> None:
    sim.fault("huge_body", mib=3)
    answer = api.get(11)
    assert answer.headers["transfer-encoding"] == "chunked"
    assert len(answer.content) == 3 * 1024 * 1024 + 2


def test_huge_body_to_a_client_that_leaves(sim: Simulator, api: Api) -> None:
    sim.fault("huge_body")
    with api.request("GET", "/user/me", stream=True) as answer:
        assert answer.raw.read(10) == b" " * 10
    assert api.get(11).status_code == 200


def test_gzip_bomb(sim: Simulator, api: Api) -> None:
    sim.fault("gzip_bomb", mib=20)
    answer = api.get(11)
    assert int(answer.headers["content-length"]) < 100_000
    assert len(answer.content) == 20 * 1024 * 1024 + 2


@pytest.mark.parametrize(("kind", "effect"), [("reset_before", False), ("reset_after", True)])
def test_reset(sim: Simulator, api: Api, kind: str, effect: bool) -> None:
    sim.fault(kind)
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        cancel(api)
    assert outcome(sim) == (kind, None, effect, "canceled" if effect else "pending")


def test_error_after(sim: Simulator, api: Api) -> None:
    sim.fault("error_after", status=504)
    assert cancel(api).status_code == 504
    assert outcome(sim) == ("error_after", 504, True, "canceled")


@pytest.mark.parametrize(("kind", "effect"), [("hang", False), ("hang_after", True)])
def test_hang(sim: Simulator, api: Api, kind: str, effect: bool) -> None:
    sim.fault(kind, times=2, seconds=0.5)
    with pytest.raises(requests.ReadTimeout):
        cancel(api, timeout=0.2)
    assert outcome(sim) == (kind, None, effect, "canceled" if effect else "pending")
    with pytest.raises(requests.ConnectionError):
        api.get(11)


def test_drip(sim: Simulator, api: Api) -> None:
    expected = api.request("GET", "/user/me").content
    sim.fault("drip", bytes_per_second=1000)
    begin = time.monotonic()
    assert api.request("GET", "/user/me").content == expected
    assert time.monotonic() - begin >= len(expected) / 1000


def test_drip_headers(sim: Simulator, api: Api) -> None:
    sim.fault("drip_headers", bytes_per_second=500)
    begin = time.monotonic()
    assert cancel(api).status_code == 204
    assert time.monotonic() - begin > 0.05
    assert outcome(sim) == ("drip_headers", 204, True, "canceled")
    sim.fault("drip_headers", bytes_per_second=1)
    with pytest.raises(requests.ReadTimeout):
        api.request("GET", "/order/certificate/11", timeout=0.2)


def test_redirect(sim: Simulator, api: Api) -> None:
    sim.fault("redirect", location="http://127.0.0.1:1/", status=307)
    answer = cancel(api)
    assert (answer.status_code, answer.headers["location"]) == (307, "http://127.0.0.1:1/")
    assert outcome(sim) == ("redirect", 307, False, "pending")


def test_close_idle(sim: Simulator) -> None:
    sim.fault("close_idle", seconds=0.02)
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=0))
    headers = {"X-DC-DEVKEY": "sim-admin"}
    answer = session.get(f"{sim.api_url}/user/me", headers=headers, stream=True, timeout=5)
    connection = answer.raw.connection
    assert connection is not None
    assert answer.json()
    assert "connection" not in answer.headers
    connection.sock.settimeout(2)
    assert connection.sock.recv(1) == b""
    session.close()


@pytest.mark.parametrize("sort", ["order_id", "-date_created"])
def test_shift_pages_add_repeats_an_order(sim: Simulator, api: Api, sort: str) -> None:
    sim.fault("shift_pages")
    first, second = api.ids(limit=10, sort=sort), api.ids(limit=10, offset=10, sort=sort)
    assert first[-1] == second[0]
    assert len(sim.state()["certcentral"]["orders"]) == len(ALL) + 1


def test_shift_pages_remove_loses_an_order(sim: Simulator, api: Api) -> None:
    sim.fault("shift_pages", change="remove")
    ids = api.ids(limit=10) + api.ids(limit=10, offset=10) + api.ids(limit=10, offset=20)
    assert len(ids) == len(ALL) - 1
    assert api.get(11).status_code == 404


@pytest.mark.parametrize("filters", [{}, {"status": "issued", "origin": "migrated"}])
def test_shift_pages_replace_keeps_the_total(sim: Simulator, api: Api, filters: dict[str, str]) -> None:
    before = api.orders(filters=filters).json()
    sim.fault("shift_pages", change="replace")
    first = api.orders(filters=filters, limit=3).json()
    rest = api.orders(filters=filters, offset=3).json()
    ids = [order["id"] for order in before["orders"]]
    assert first["page"]["total"] == rest["page"]["total"] == len(ids)
    # The fourth is on neither page, and nothing shows that.
    assert [order["id"] for page in (first, rest) for order in page["orders"]] == [*ids[:3], *ids[4:], 32]
    assert api.get(ids[0]).status_code == 404
    assert sim.order(32)["status"] == before["orders"][0]["status"]


def test_shift_pages_sort_turns_a_page_round(sim: Simulator, api: Api) -> None:
    sim.fault("shift_pages", change="sort", skip=1)
    assert api.ids(limit=10) == ALL[:10]
    assert api.ids(limit=10, offset=10) == ALL[::-1][10:20]


def test_list_extra(sim: Simulator, api: Api) -> None:
    sim.fault("list_extra", count=2)
    assert api.ids(filters={"id": [20, 21]}) == [20, 21, 11, 12]
    assert api.ids(filters={"id": [20, 21]}) == [20, 21]


@pytest.mark.parametrize(("params", "left"), [({}, [21, 22]), ({"ids": [21, 22]}, [20]), ({"count": 3}, [])])
def test_list_drop(sim: Simulator, api: Api, params: dict[str, Any], left: list[int]) -> None:
    sim.fault("list_drop", **params)
    assert api.ids(filters={"id": [20, 21, 22]}) == left


def test_list_faults_wait_for_a_list(sim: Simulator, api: Api) -> None:
    sim.fault("list_drop")
    assert api.get(11).status_code == 200
    assert api.ids(filters={"id": 11}) == []


def test_echo_key(sim: Simulator, api: Api) -> None:
    sim.fault("echo_key", status=500, times=-1)
    answer = api.get(11)
    assert answer.status_code == 500
    assert "sim-admin" in answer.text
    assert "not-simulated" not in Api(sim, "not-simulated").get(11).text


def test_invalid_key_from_the_nth_request_on(sim: Simulator, api: Api) -> None:
    sim.fault("invalid_key", skip=2)
    assert [api.get(11).status_code for _time in range(5)] == [200, 200, 403, 403, 403]
    assert code(api.get(11)) == (403, "access_denied|access_denied_invalid_key")


def test_aim_and_count(sim: Simulator, api: Api) -> None:
    sim.fault("status", status=500, method="put")
    sim.fault("status", status=501, path=r"/user/me$")
    sim.fault("status", status=502, order_id=20, skip=1, times=2)
    assert api.get(11).status_code == 200
    assert [api.get(20).status_code for _time in range(4)] == [200, 502, 502, 200]
    assert api.request("GET", "/user/me").status_code == 501
    assert cancel(api).status_code == 500
    assert sim.faults() == []
    assert cancel(api).status_code == 204


def test_order_of_faults(sim: Simulator, api: Api) -> None:
    sim.fault("status", status=500)
    sim.fault("status", status=503)
    assert [api.get(11).status_code for _time in range(3)] == [500, 503, 200]


def test_faults_can_be_cleared(sim: Simulator, api: Api) -> None:
    sim.fault("status", times=-1)
    assert sim.faults()[0]["kind"] == "status"
    assert [api.get(11).status_code for _time in range(3)] == [500, 500, 500]
    sim.clear_faults()
    assert api.get(11).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "no_such"},
        {"kind": "status", "colour": "red"},
        {"kind": "status", "status": "500"},
        {"kind": "status", "status": 99},
        {"kind": "html", "times": 0},
        {"kind": "html", "skip": -1},
        {"kind": "html", "path": "("},
        {"kind": "hang", "seconds": "long"},
        {"kind": "hang", "seconds": -1},
        {"kind": "drip", "bytes_per_second": 0},
        {"kind": "shift_pages", "change": "shuffle"},
    ],
)
def test_bad_faults_are_refused(sim: Simulator, fault: dict[str, Any]) -> None:
    with pytest.raises(SimulatorError, match="400"):
        sim.fault(**fault)
    assert sim.faults() == []


@pytest.mark.parametrize(
    ("answer", "kind", "content"),
    [
        (
            "route",
            "application/json",
            b'{"errors":[{"code":"not_found|route","message":"The specified route was not found."}]}',
        ),
        ("not_found", "application/json", b'{"errors":[{"code":"not_found","message":"Not found."}]}'),
        ("html", "text/html", b"<html><head><title>404 Not Found</title></head><body>nothing here</body></html>"),
        ("json", "application/json", b'{"message":"no Route matched with those values"}'),
        ("text", "text/plain", b"default backend - 404"),
        ("empty", "text/plain", b""),
    ],
)
def test_wrong_address(sim: Simulator, api: Api, answer: str, kind: str, content: bytes) -> None:
    sim.fault("wrong_address", answer=answer)
    reply = cancel(api)
    assert (reply.status_code, reply.headers["content-type"], reply.content) == (404, kind, content)
    assert outcome(sim) == ("wrong_address", 404, False, "pending")
    # Without end, as an address stays wrong.
    assert api.get(11).status_code == 404
