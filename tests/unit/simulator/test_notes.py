# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The notes of an order: docs/development/reference/certcentral.md 4.4."""

from __future__ import annotations

import pytest
import requests
from simulator_client import Api, code

from certsim.testing import Simulator

PATH = "/order/certificate/44/note"


def note(api: Api, body: object, path: str = PATH) -> requests.Response:
    return api.request("POST", path, json=body)


def test_notes(sim: Simulator, life: Api) -> None:
    first = note(life, {"text": "First"})
    assert (first.status_code, sim.journal()[-1]["effect"]) == (201, True)
    assert sim.journal()[-1]["order_id"] == 44
    assert {name: first.json()[name] for name in ("id", "text")} == {"id": 1, "text": "First"}
    assert first.json()["user"]["email"] == "admin@example.com"
    assert first.json()["date_created"]
    second = note(Api(sim, "sim-approver"), {"text": "Second"}).json()
    assert life.read(PATH) == {"notes": [second, first.json()]}
    assert life.read(f"{PATH}/1") == first.json()
    assert sim.journal()[-1]["order_id"] == 44
    assert life.get(44).json()["notes"] == [{"id": 1, "text": "First"}, {"id": 2, "text": "Second"}]


def test_the_newest_comes_first(sim: Simulator, life: Api) -> None:
    sim.patch(44, notes=[{"text": "New", "date_created": "2026-03-01"}, {"text": "Old", "date_created": "2025-01-01"}])
    assert note(life, {"text": "Newest"}).json()["id"] == 3
    assert [each["text"] for each in life.read(PATH)["notes"]] == ["Newest", "New", "Old"]


def test_a_cancellation_leaves_a_note(life: Api) -> None:
    assert life.put(48, "canceled", "No longer needed").status_code == 204
    (left,) = life.read("/order/certificate/48/note")["notes"]
    assert (left["text"], left["user"]["id"]) == ("No longer needed", 7)


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": " \n"}])
def test_text_is_required(sim: Simulator, life: Api, body: object) -> None:
    assert code(note(life, body)) == (400, "required_param:text")
    assert sim.order(44)["notes"] == []


@pytest.mark.parametrize(("body", "name"), [({"text": 5}, "text"), ({"text": "x", "note": "y"}, "note")])
def test_strict_body(life: Api, body: object, name: str) -> None:
    assert code(note(life, body)) == (400, f"invalid_value:{name}")
    assert code(life.request("POST", PATH, data=b"[]")) == (400, "bad_request_format")
    assert code(life.request("GET", PATH, params={"colour": "red"})) == (400, "invalid_value:colour")


def test_what_does_not_exist(sim: Simulator, life: Api) -> None:
    assert code(life.request("GET", f"{PATH}/9")) == (404, "not_found|note")
    assert code(note(life, {"text": "x"}, "/order/certificate/999/note")) == (404, "not_found|order")
    emea = Api(sim, "sim-emea")
    assert code(note(emea, {"text": "x"})) == (404, "not_found|order")
    assert code(note(Api(sim, "sim-readonly"), {"text": "x"})) == (403, "access_denied|missing_permission")


@pytest.mark.parametrize(("value", "shown"), [("key_absent", {}), ("empty_array", {"notes": []})])
def test_empty_list(sim: Simulator, life: Api, value: str, shown: object) -> None:
    sim.set(certcentral__empty_list=value)
    assert life.read(PATH) == shown


@pytest.mark.parametrize(("value", "kept"), [("as_sent", " a  b\n"), ("trimmed", "a  b")])
def test_note_text(sim: Simulator, life: Api, value: str, kept: str) -> None:
    sim.set(certcentral__note_text=value)
    assert note(life, {"text": " a  b\n"}).json()["text"] == kept
    assert sim.order(44)["notes"][0]["text"] == kept


@pytest.mark.parametrize("value", [True, False])
def test_notes_in_detail(sim: Simulator, life: Api, value: bool) -> None:
    sim.set(certcentral__notes_in_detail=value)
    note(life, {"text": "x"})
    assert ("notes" in life.get(44).json()) is value
    assert len(life.read(PATH)["notes"]) == 1
