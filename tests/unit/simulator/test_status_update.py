# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PUT /order/certificate/{id}/status: docs/development/reference/certcentral.md 4.1 and 9."""

from __future__ import annotations

import pytest
from simulator_client import Api, code

from certsim.testing import Simulator

REFUSED = 400


@pytest.mark.parametrize("order_id", [11, 12])
def test_cancel(sim: Simulator, api: Api, order_id: int) -> None:
    answer = api.put(order_id, "canceled", "no longer needed")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    assert api.get(order_id).json()["status"] == "canceled"
    assert api.get(order_id).json()["notes"] == [{"id": 1, "text": "no longer needed"}]
    assert sim.order(order_id)["status"] == "canceled"


@pytest.mark.parametrize("order_id", [13, 14, 15, 16, 17, 18, 20, 23, 27, 31])
def test_cancel_is_refused_in_other_states(sim: Simulator, api: Api, order_id: int) -> None:
    before = sim.order(order_id)
    assert api.put(order_id, "canceled", "x").status_code == REFUSED
    assert sim.order(order_id) == before


def test_cancel_of_a_reissue_drops_only_the_reissue(api: Api) -> None:
    assert api.put(19, "canceled", "not this one").status_code == 204
    order = api.get(19).json()
    assert order["status"] == "issued"
    assert [(each["type"], each["status"]) for each in order["requests"]] == [
        ("new_request", "approved"),
        ("reissue", "rejected"),
    ]
    assert api.read(f"/request/{order['requests'][1]['id']}")["processor_comment"] == "not this one"
    assert "notes" not in order


def test_cancel_of_a_reissue_that_was_approved(sim: Simulator, api: Api) -> None:
    sim.patch(19, reissues=[{"status": "pending"}])
    assert api.write("/request/191/status", {"status": "approved"}).status_code == 204
    assert api.put(19, "canceled", "not this one").status_code == 204
    assert [each["status"] for each in sim.order(19)["requests"]] == ["approved", "rejected"]
    assert [each["status"] for each in sim.order(19)["reissues"]] == ["rejected"]


@pytest.mark.parametrize("note", [None, "", "  "])
def test_cancel_wants_a_note(sim: Simulator, api: Api, note: str | None) -> None:
    assert code(api.put(11, "canceled", note)) == (400, "required_param:note")
    assert sim.order(11)["status"] == "pending"


@pytest.mark.parametrize("order_id", [21, 23, 29])
def test_mark_renewed(sim: Simulator, api: Api, order_id: int) -> None:
    assert api.put(order_id, "renewed").status_code == 204
    assert api.get(order_id).json()["is_renewed"] is True
    assert api.row(order_id)["is_renewed"] is True
    assert "renewed_order_id" not in api.get(order_id).json()
    assert api.put(order_id, "not_renewed", "a mistake").status_code == 204
    assert api.get(order_id).json()["is_renewed"] is False
    assert [note["text"] for note in sim.order(order_id)["notes"]] == ["a mistake"]


@pytest.mark.parametrize("order_id", [11, 16, 17, 18, 20, 22, 27, 31])
def test_mark_is_refused(sim: Simulator, api: Api, order_id: int) -> None:
    assert api.put(order_id, "renewed").status_code == REFUSED
    assert sim.order(order_id)["is_renewed"] is False


def test_window_opens_with_time(sim: Simulator, api: Api) -> None:
    assert api.put(22, "renewed").status_code == REFUSED
    sim.advance("1d")
    assert api.put(22, "renewed").status_code == 204


def test_unmark_is_refused_where_not_marked(api: Api) -> None:
    assert api.put(21, "not_renewed").status_code == REFUSED


def test_unmark_is_refused_where_truly_renewed(sim: Simulator, api: Api) -> None:
    assert api.put(25, "not_renewed").status_code == REFUSED
    assert sim.order(25)["renewed_order_id"] == 26


@pytest.mark.parametrize("status", ["CANCELED", "cancelled", "Renewed", "issued", "", None, 1, ["canceled"]])
def test_status_is_case_sensitive_and_strict(sim: Simulator, api: Api, status: object) -> None:
    assert code(api.put(11, status, "x")) == (400, "invalid_value:status")
    assert sim.order(11)["status"] == "pending"


def test_note_is_text(api: Api) -> None:
    assert code(api.put(11, "canceled", 5)) == (400, "invalid_value:note")


def test_unknown_keys_are_ignored(api: Api) -> None:
    assert api.put(11, "canceled", "x", send_emails=True).status_code == 204


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"canceled"', b"<order/>", b"\xff", b"[" * 100_000])
def test_malformed_body(api: Api, body: bytes) -> None:
    answer = api.request("PUT", "/order/certificate/11/status", data=body)
    assert code(answer) == (400, "bad_request_format")


@pytest.mark.parametrize("order_id", ["999", "0", "-11", "abc", "11.0", "1e1", "9" * 30])
def test_order_that_does_not_exist(api: Api, order_id: str) -> None:
    assert code(api.put(order_id, "canceled", "x")) == (404, "not_found|order")
