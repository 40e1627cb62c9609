# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revoking orders and single certificates: docs/development/reference/certcentral.md 4.2."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import Api, code

from certsim.testing import Simulator

NOW = {"skip_approval": True}


def revoke(api: Api, order_id: object, **body: object) -> int:
    return api.write(f"/order/certificate/{order_id}/revoke", body).status_code


def revoke_one(api: Api, reference: object, **body: object) -> int:
    return api.write(f"/certificate/{reference}/revoke", body).status_code


def statuses(sim: Simulator, order_id: int) -> list[Any]:
    order = sim.order(order_id)
    copies = [each["status"] for each in order["duplicates"] + order["reissues"]]
    return [order["status"], order["certificate_status"], *copies]


UNTOUCHED = ["issued", None, "issued", "issued", "pending", "issued", "revoked"]
ALL_REVOKED = ["revoked", "revoked", "revoked", "revoked", "pending", "revoked", "revoked"]


def test_revoke_an_order_at_once(sim: Simulator, life: Api) -> None:
    answer = life.write("/order/certificate/41/revoke", {**NOW, "comments": "gone"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert sim.journal()[-1]["effect"] is True
    assert statuses(sim, 41) == ALL_REVOKED
    shown = life.get(41).json()
    assert (shown["status"], shown["certificate"]["status"]) == ("revoked", "revoked")
    assert len(shown["requests"]) == 1


def test_revoke_an_order_by_request(sim: Simulator, life: Api) -> None:
    answer = life.write("/order/certificate/41/revoke", {"comments": "gone", "revocation_reason": "superseded"})
    assert answer.status_code == 201
    assert sim.journal()[-1]["effect"] is True
    request = answer.json()
    assert request.pop("date")
    assert request == {
        "id": 411,
        "type": "revoke",
        "status": "pending",
        "requester": {"id": 7, "first_name": "Ada", "last_name": "Example", "email": "admin@example.com"},
        "comments": "gone",
    }
    assert statuses(sim, 41) == UNTOUCHED
    assert life.get(41).json()["requests"][-1]["comments"] == "gone"
    assert life.write("/request/411/status", {"status": "approved"}).status_code == 204
    assert statuses(sim, 41) == ALL_REVOKED


def test_a_rejected_request_revokes_nothing(sim: Simulator, life: Api) -> None:
    assert revoke(life, 41) == 201
    assert life.write("/request/411/status", {"status": "rejected"}).status_code == 204
    assert statuses(sim, 41) == UNTOUCHED
    assert "comments" not in life.read("/request/411")


@pytest.mark.parametrize("by", ["id", "serial_number"])
@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("kind", "n", "place"), [(None, 0, 1), ("duplicates", 1, 3), ("reissues", 0, 5)])
def test_revoke_one_certificate(
    sim: Simulator, life: Api, by: str, at_once: bool, kind: str | None, n: int, place: int
) -> None:
    order = sim.order(41)
    reference = order[{"id": "certificate_id"}.get(by, by)] if kind is None else order[kind][n][by]
    answer = life.write(f"/certificate/{str(reference).lower()}/revoke", {"skip_approval": at_once})
    if not at_once:
        assert (answer.status_code, answer.json()["status"]) == (201, "pending")
        shown = life.read("/request/411")
        assert shown["certificate"]["id"] == (order["certificate_id"] if kind is None else order[kind][n]["id"])
        assert statuses(sim, 41) == UNTOUCHED
        answer = life.write("/request/411/status", {"status": "approved"})
    assert answer.status_code == 204
    expected = list(UNTOUCHED)
    expected[place] = "revoked"
    assert statuses(sim, 41) == expected


@pytest.mark.parametrize("order_id", [42, 43, 46, 48, 49, 52])
@pytest.mark.parametrize("body", [{}, NOW])
def test_orders_that_are_not_revoked(sim: Simulator, life: Api, order_id: int, body: dict[str, bool]) -> None:
    before = sim.order(order_id)
    assert revoke(life, order_id, **body) == 400
    sim.set(certcentral__refusal_status=409)
    assert revoke(life, order_id, **body) == 409
    assert sim.order(order_id) == before


def test_certificates_that_are_not_revoked(sim: Simulator, life: Api) -> None:
    pending = sim.order(41)["duplicates"][2]["id"]
    of_a_reissue = sim.order(43)["certificate_id"]
    expired = sim.order(46)["certificate_id"]
    assert [revoke_one(life, each, **NOW) for each in (pending, of_a_reissue, expired)] == [400, 400, 400]
    sim.advance("11d")
    assert revoke_one(life, sim.order(41)["duplicates"][1]["id"], **NOW) == 400
    assert statuses(sim, 41) == UNTOUCHED


@pytest.mark.parametrize("reference", ["999", "abc", "zz", "9" * 30])
def test_no_such_certificate(life: Api, reference: str) -> None:
    assert code(life.write(f"/certificate/{reference}/revoke", NOW)) == (404, "not_found|certificate")


def test_no_such_order(sim: Simulator, life: Api) -> None:
    assert code(life.write("/order/certificate/999/revoke", NOW)) == (404, "not_found|order")
    emea = Api(sim, "sim-emea")
    assert code(emea.write("/order/certificate/44/revoke", NOW)) == (404, "not_found|order")
    assert revoke_one(emea, sim.order(44)["certificate_id"], **NOW) == 404
    assert revoke_one(emea, sim.order(50)["certificate_id"], **NOW) == 204
    assert revoke(Api(sim, "sim-readonly"), 44, **NOW) == 403


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"comments": 5}, "comments"),
        ({"comments": None}, "comments"),
        ({"skip_approval": "true"}, "skip_approval"),
        ({"skip_approval": 1}, "skip_approval"),
        ({"revocation_reason": 1}, "revocation_reason"),
        ({"reason": "superseded"}, "reason"),
    ],
)
def test_strict_body(sim: Simulator, life: Api, body: object, name: str) -> None:
    for path in ("/order/certificate/44", f"/certificate/{sim.order(44)['certificate_id']}"):
        assert code(life.write(f"{path}/revoke", body)) == (400, f"invalid_value:{name}")
        assert code(life.request("PUT", f"{path}/revoke", data=b"{")) == (400, "bad_request_format")
        assert life.request("PUT", f"{path}/revoke", params={"a": 1}, json={}).status_code == 400
    assert sim.order(44)["status"] == "issued"


def test_a_request_for_a_certificate_that_was_removed(sim: Simulator, life: Api) -> None:
    assert revoke_one(life, sim.order(41)["duplicates"][0]["id"]) == 201
    sim.patch(41, duplicates=[])
    assert life.write("/request/411/status", {"status": "approved"}).status_code == 204
    assert statuses(sim, 41) == ["issued", None, "issued", "revoked"]


def test_more_requests_than_an_order_has_ids(life: Api) -> None:
    assert [revoke(life, 44) for _time in range(12)] == [201] * 12
    ids = [request["id"] for request in life.read("/request")["requests"]]
    assert len(set(ids)) == len(ids) == 14 + 12


@pytest.mark.parametrize("value", ["comments", "comment"])
@pytest.mark.parametrize("sent", ["comments", "comment"])
def test_revocation_comment(sim: Simulator, life: Api, value: str, sent: str) -> None:
    """Which of the two spellings is kept; the answer echoes what is (docs/development/reference/certcentral.md 4.2)."""
    sim.set(certcentral__revocation_comment=value)
    answer = life.write("/order/certificate/44/revoke", {sent: "gone"})
    assert answer.json().get("comments") == ("gone" if sent == value else None)
    assert life.get(44).json()["requests"][-1].get("comments") == ("gone" if sent == value else None)


@pytest.mark.parametrize(("value", "status"), [("accepted", 204), ("refused", 403)])
def test_skip_approval(sim: Simulator, life: Api, value: str, status: int) -> None:
    sim.set(certcentral__skip_approval=value)
    answer = life.write("/order/certificate/44/revoke", NOW)
    assert answer.status_code == status
    if status == 403:
        assert code(answer) == (403, "access_denied|invalid_approver")
        assert revoke(life, 44) == 201
    assert revoke_one(life, sim.order(41)["certificate_id"], **NOW) == status


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        ("snake_case", {"unspecified", "superseded", "key_compromise"}),
        ("any", {"unspecified", "superseded", "key_compromise", "keyCompromise"}),
        ("common_only", {"unspecified", "superseded"}),
    ],
)
def test_revocation_reasons(sim: Simulator, life: Api, value: str, allowed: set[str]) -> None:
    sim.set(certcentral__revocation_reasons=value)
    for reason in ("unspecified", "superseded", "key_compromise", "keyCompromise"):
        answer = life.write("/order/certificate/44/revoke", {"revocation_reason": reason})
        assert answer.status_code == (201 if reason in allowed else 400)
        if reason not in allowed:
            assert code(answer) == (400, "invalid_value:revocation_reason")


@pytest.mark.parametrize(("value", "status"), [("second_request", 201), ("refused", 400)])
def test_revoke_while_pending(sim: Simulator, life: Api, value: str, status: int) -> None:
    sim.set(certcentral__revoke_while_pending=value)
    one, other = (each["id"] for each in sim.order(41)["duplicates"][:2])
    assert revoke_one(life, one) == 201
    assert revoke_one(life, one) == status
    assert revoke_one(life, other) == 201
    assert revoke(life, 41) == 201
    assert revoke(life, 41) == status
    assert revoke_one(life, sim.order(41)["certificate_id"]) == status
    assert revoke(life, 41, **NOW) == (204 if status == 201 else 400)


@pytest.mark.parametrize(("value", "status"), [(True, 400), (False, 204)])
@pytest.mark.parametrize("body", [{}, NOW])
def test_error_on_double_revoke(sim: Simulator, life: Api, value: bool, status: int, body: dict[str, bool]) -> None:
    sim.set(certcentral__error_on_double_revoke=value)
    before = sim.state()["certcentral"]
    assert revoke(life, 45, **body) == status
    assert revoke_one(life, sim.order(45)["duplicates"][0]["id"], **body) == status
    assert revoke_one(life, sim.order(41)["reissues"][1]["id"], **body) == status
    assert sim.state()["certcentral"] == before
    assert sim.journal()[-1]["effect"] is False


@pytest.mark.parametrize(("value", "status"), [("order_stays", "issued"), ("order_revoked", "revoked")])
def test_revoke_last_certificate(sim: Simulator, life: Api, value: str, status: str) -> None:
    sim.set(certcentral__revoke_last_certificate=value)
    order = sim.order(41)
    several = [order["certificate_id"], *(each["id"] for each in order["duplicates"][:2] + order["reissues"][:1])]
    for certificate_id in several:
        assert sim.order(41)["status"] == "issued"
        assert revoke_one(life, certificate_id, **NOW) == 204
    assert sim.order(41)["status"] == status
    assert life.get(41).json()["certificate"]["status"] == "revoked"


def test_an_order_without_a_live_certificate_can_be_revoked(sim: Simulator, life: Api) -> None:
    assert revoke_one(life, sim.order(44)["certificate_id"], **NOW) == 204
    assert revoke(life, 44, **NOW) == 204
    assert sim.order(44)["status"] == "revoked"


@pytest.mark.parametrize(("value", "status"), [("refused", 400), ("accepted", 204)])
def test_revoke_expired(sim: Simulator, life: Api, value: str, status: int) -> None:
    sim.set(certcentral__revoke_expired=value)
    assert revoke_one(life, sim.order(46)["certificate_id"], **NOW) == status
    assert revoke(life, 46, **NOW) == status


@pytest.mark.parametrize(("value", "status", "order"), [(False, "pending", "issued"), (True, "approved", "revoked")])
def test_auto_approve_revocation(sim: Simulator, life: Api, value: bool, status: str, order: str) -> None:
    sim.set(certcentral__auto_approve_revocation=value)
    answer = life.write("/order/certificate/44/revoke", {})
    assert (answer.status_code, answer.json()["status"]) == (201, status)
    assert life.get(44).json()["requests"][-1]["status"] == status
    assert sim.order(44)["status"] == order
