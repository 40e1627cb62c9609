# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests and the decisions about them: docs/development/reference/certcentral.md 4.3."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import Api, code

from certsim.testing import Simulator

ALL = [410, 420, 430, 431, 440, 450, 460, 470, 471, 480, 490, 500, 510, 520]


def ids(api: Api, **params: Any) -> list[int]:
    return [request["id"] for request in api.read("/request", **params).get("requests", [])]


def decide(api: Api, request_id: object, status: object, **more: object) -> int:
    return api.write(f"/request/{request_id}/status", {"status": status, **more}).status_code


def test_a_request(life: Api) -> None:
    shown = life.read("/request/471")
    assert {name: shown[name] for name in ("id", "type", "status", "comments")} == {
        "id": 471,
        "type": "duplicate",
        "status": "pending",
        "comments": "One more",
    }
    assert (shown["order"]["id"], shown["order"]["status"]) == (47, "issued")
    assert shown["requester"] == {"id": 7, "first_name": "Ada", "last_name": "Example", "email": "ada@example.com"}
    assert shown["date"]
    assert not {"processor", "processor_comment", "date_processed"} & set(shown)


def test_the_detail_shows_less_of_it(life: Api) -> None:
    order = life.get(47).json()
    assert [set(request) for request in order["requests"]] == [
        {"id", "date", "type", "status"},
        {"id", "date", "type", "status", "comments"},
    ]
    assert (order["has_pending_request"], life.get(44).json()["has_pending_request"]) == (True, False)


def test_list(life: Api) -> None:
    assert ids(life) == ALL
    for status, found in (("pending", [420, 431, 471]), ("submitted", [500, 510]), ("rejected", [520])):
        assert ids(life, **{"filters[status]": status}) == found


@pytest.mark.parametrize(("value", "applied"), [("works", True), ("ignored", False)])
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"filters[type]": "reissue"}, [431]),
        ({"filters[type]": "new request", "filters[status]": "pending"}, [420]),
        ({"filters[status][0]": "submitted", "filters[status][1]": "rejected"}, [500, 510, 520]),
        ({"filters[container_id]": "2"}, [500]),
        ({"filters[search]": "multi.corp"}, [410]),
    ],
)
def test_filters(
    sim: Simulator, life: Api, filters: dict[str, str], found: list[int], value: str, applied: bool
) -> None:
    """The documented filters, which may be ignored (docs/development/reference/certcentral.md 4.3)."""
    sim.set(certcentral__other_filters=value)
    assert ids(life, sort="date", **filters) == (found if applied else ALL)


@pytest.mark.parametrize(("value", "shown"), [("underscore", "new_request"), ("space", "new request")])
def test_request_type_spelling(sim: Simulator, life: Api, value: str, shown: str) -> None:
    sim.set(certcentral__request_type_spelling=value)
    assert life.read("/request/420")["type"] == life.get(42).json()["requests"][0]["type"] == shown


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/request?filters[status]=open", "status"),
        ("/request?filters[colour]=red", "filters[colour]"),
        ("/request?status=pending", "status"),
        ("/request?colour=red", "colour"),
        ("/request?limit=0", "limit"),
        ("/request?limit=1001", "limit"),
        ("/request?offset=x", "offset"),
        ("/request?limit=1&limit=2", "limit"),
        ("/request/420?colour=red", "colour"),
    ],
)
def test_strict_query(life: Api, path: str, name: str) -> None:
    assert code(life.request("GET", path)) == (400, f"invalid_value:{name}")


@pytest.mark.parametrize("reference", ["999", "abc", "42", "-1", "9" * 30])
def test_no_such_request(life: Api, reference: str) -> None:
    assert code(life.request("GET", f"/request/{reference}")) == (404, "not_found|request")
    assert decide(life, reference, "approved") == 404


def test_containers(sim: Simulator, life: Api) -> None:
    emea = Api(sim, "sim-emea")
    assert ids(emea) == [500] != ids(life)
    assert code(emea.request("GET", "/request/420")) == (404, "not_found|request")


@pytest.mark.parametrize(
    ("request_id", "order_id", "decision", "status"),
    [
        (420, 42, "approved", "pending"),
        (420, 42, "rejected", "rejected"),
        (510, 51, "approved", "pending"),
        (510, 51, "rejected", "rejected"),
        (431, 43, "approved", "reissue_pending"),
        (431, 43, "rejected", "issued"),
        (471, 47, "approved", "issued"),
        (471, 47, "rejected", "issued"),
    ],
)
def test_decisions(sim: Simulator, life: Api, request_id: int, order_id: int, decision: str, status: str) -> None:
    answer = life.write(f"/request/{request_id}/status", {"status": decision, "processor_comment": "So be it"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert sim.journal()[-1]["effect"] is True
    assert life.get(order_id).json()["status"] == status
    shown = life.read(f"/request/{request_id}")
    assert (shown["status"], shown["processor_comment"]) == (decision, "So be it")
    assert (shown["processor"]["id"], bool(shown["date_processed"])) == (7, True)
    assert life.get(order_id).json()["has_pending_request"] is False


def test_a_rejected_reissue_is_rejected(sim: Simulator, life: Api) -> None:
    assert decide(life, 431, "rejected") == 204
    assert [each["status"] for each in sim.order(43)["reissues"]] == ["rejected"]
    assert "processor_comment" not in life.read("/request/431")


def test_no_decision_brings_a_canceled_order_back(sim: Simulator, life: Api) -> None:
    sim.set(certcentral__cancel_needs_approval="accepted")
    assert life.put(42, "canceled", "x").status_code == 204
    assert decide(life, 420, "approved") == 204
    assert life.get(42).json()["status"] == "canceled"


def test_waiting_requests_change_among_themselves(sim: Simulator, life: Api) -> None:
    assert decide(life, 420, "submitted") == 204
    assert (sim.journal()[-1]["effect"], life.read("/request/420")["status"]) == (True, "submitted")
    assert decide(life, 420, "submitted") == 204
    assert sim.journal()[-1]["effect"] is False
    assert life.get(42).json()["status"] == "needs_approval"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "status"),
        ({"status": "canceled"}, "status"),
        ({"status": "APPROVED"}, "status"),
        ({"status": ["approved"]}, "status"),
        ({"status": "approved", "processor_comment": 5}, "processor_comment"),
        ({"status": "approved", "comment": "x"}, "comment"),
    ],
)
def test_strict_body(sim: Simulator, life: Api, body: object, name: str) -> None:
    assert code(life.write("/request/420/status", body)) == (400, f"invalid_value:{name}")
    assert sim.order(42)["requests"][0]["status"] == "pending"


def test_a_view_only_key_decides_nothing(sim: Simulator, life: Api) -> None:
    assert decide(Api(sim, "sim-readonly"), 420, "approved") == 403
    assert life.read("/request/420")["status"] == "pending"


@pytest.mark.parametrize(("value", "status"), [(True, 400), (False, 204)])
@pytest.mark.parametrize("decision", ["approved", "rejected", "pending"])
def test_error_on_double_decision(sim: Simulator, life: Api, value: bool, status: int, decision: str) -> None:
    sim.set(certcentral__error_on_double_decision=value)
    before = sim.state()["certcentral"]
    assert decide(life, 440, decision) == status
    assert sim.state()["certcentral"] == before
    assert sim.journal()[-1]["effect"] is False


@pytest.mark.parametrize(("value", "own"), [("accepted", 204), ("refused", 403)])
def test_approve_own_request(sim: Simulator, life: Api, value: str, own: int) -> None:
    sim.set(certcentral__approve_own_request=value)
    answer = life.write("/request/420/status", {"status": "approved"})
    assert answer.status_code == own
    if own == 403:
        assert code(answer) == (403, "access_denied|invalid_approver")
    assert decide(life, 431, "rejected") == 204
    assert decide(Api(sim, "sim-approver"), 510, "approved") == 204
    assert life.read("/request/510")["processor"]["email"] == "approver@example.com"


@pytest.mark.parametrize("value", ["paged", "whole", "whole_without_page"])
def test_request_list_paging(sim: Simulator, life: Api, value: str) -> None:
    sim.set(certcentral__request_list_paging=value, certcentral__request_page_limit=5)
    shown = life.read("/request")
    paged = value == "paged"
    assert len(shown["requests"]) == (5 if paged else len(ALL))
    page = {"total": len(ALL), "limit": 5 if paged else len(ALL), "offset": 0}
    assert shown.get("page") == (None if value == "whole_without_page" else page)
    answer = life.request("GET", "/request", params={"limit": 4, "offset": 12})
    if paged:
        assert answer.json()["page"] == {"total": len(ALL), "limit": 4, "offset": 12}
        assert [request["id"] for request in answer.json()["requests"]] == [510, 520]
    else:
        assert code(answer) == (400, "invalid_value:limit")


@pytest.mark.parametrize("value", [1, 3, 1000])
def test_request_page_limit(sim: Simulator, life: Api, value: int) -> None:
    sim.set(certcentral__request_page_limit=value)
    assert ids(life) == ALL[:value]
    assert ids(life, offset=1) == ALL[1 : value + 1]
    assert life.request("GET", "/request", params={"limit": value + 1}).status_code == 400


@pytest.mark.parametrize(("value", "key"), [("key_absent", False), ("empty_array", True), ("bare_array", False)])
def test_empty_list(sim: Simulator, life: Api, value: str, key: bool) -> None:
    sim.set(certcentral__empty_list=value)
    assert ("requests" in life.read("/request", offset=500)) is key
