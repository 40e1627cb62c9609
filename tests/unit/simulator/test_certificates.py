# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Duplicates, reissues, and the fields about them: docs/development/reference/certcentral.md 2.1, 4.7."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import LIFE, Api, code

from certsim.testing import Simulator, SimulatorError


def certificates(api: Api, order_id: int, kind: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.read(f"/order/certificate/{order_id}/{kind}", **params).get("certificates", [])
    return found


def test_duplicates(sim: Simulator, life: Api) -> None:
    first, second, third = certificates(life, 41, "duplicate")
    primary = life.get(41).json()["certificate"]
    assert [each["status"] for each in (first, second, third)] == ["issued", "issued", "pending"]
    assert (first["common_name"], first["valid_till"]) == (primary["common_name"], primary["valid_till"])
    assert (second["dns_names"], second["days_remaining"]) == (["other.corp.example"], 10)
    assert len({primary["id"], first["id"], second["id"], third["id"]}) == 4
    assert first["serial_number"] not in (primary["serial_number"], second["serial_number"])
    assert not {"serial_number", "thumbprint", "valid_from", "valid_till", "days_remaining"} & set(third)
    assert first["csr"].startswith("-----BEGIN CERTIFICATE REQUEST-----\n")
    assert {"thumbprint", "valid_from", "date_created", "key_size", "archived", "user_id"} <= set(first)
    before = sim.order(41)["duplicates"]
    sim.reset(LIFE)
    assert sim.order(41)["duplicates"] == before


@pytest.mark.parametrize(("value", "found"), [(None, 1), ("false", 1), ("0", 1), ("true", 2), ("1", 2)])
def test_archived_reissues(life: Api, value: str | None, found: int) -> None:
    assert len(certificates(life, 41, "reissue", **({} if value is None else {"show_archived": value}))) == found


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("reissue?show_archived=perhaps", "show_archived"),
        ("reissue?colour=red", "colour"),
        ("duplicate?show_archived=perhaps", "show_archived"),
        ("duplicate?colour=red", "colour"),
    ],
)
def test_strict_query(life: Api, path: str, name: str) -> None:
    assert code(life.request("GET", f"/order/certificate/41/{path}")) == (400, f"invalid_value:{name}")


@pytest.mark.parametrize("kind", ["reissue", "duplicate"])
def test_no_such_order(sim: Simulator, life: Api, kind: str) -> None:
    for api, order_id in ((life, 999), (Api(sim, "sim-emea"), 41)):
        assert code(api.request("GET", f"/order/certificate/{order_id}/{kind}")) == (404, "not_found|order")


@pytest.mark.parametrize("kind", ["reissue", "duplicate"])
@pytest.mark.parametrize(
    ("value", "shown"), [("key_absent", {}), ("empty_array", {"certificates": []}), ("bare_array", [])]
)
def test_empty_certificates(sim: Simulator, life: Api, kind: str, value: str, shown: object) -> None:
    sim.set(certcentral__empty_certificates=value)
    assert life.read(f"/order/certificate/44/{kind}") == shown


@pytest.mark.parametrize("value", [True, False])
def test_reissue_list_has_primary(sim: Simulator, life: Api, value: bool) -> None:
    sim.set(certcentral__reissue_list_has_primary=value)
    primary = life.get(44).json()["certificate"]
    assert [each["id"] for each in certificates(life, 44, "reissue")] == ([primary["id"]] if value else [])
    assert all(each["status"] == "issued" for each in certificates(life, 44, "reissue"))
    assert certificates(life, 48, "reissue") == []


@pytest.mark.parametrize("kind", ["reissue", "duplicate"])
@pytest.mark.parametrize("switch", ["duplicate_list", "reissue_list"])
@pytest.mark.parametrize("value", ["whole", "repeats_primary", "short", "empty"])
def test_lists_of_certificates_that_are_not_what_they_should_be(
    sim: Simulator, life: Api, kind: str, switch: str, value: str
) -> None:
    whole = [each["id"] for each in certificates(life, 41, kind, show_archived="true")]
    primary = life.get(41).json()["certificate"]["id"]
    sim.set({f"certcentral.{switch}": value})

    listed = [each["id"] for each in certificates(life, 41, kind, show_archived="true")]

    assert len(whole) > 1
    wrong = {"repeats_primary": [primary] * len(whole), "short": whole[:-1], "empty": []}
    assert listed == (wrong.get(value, whole) if switch == f"{kind}_list" else whole)
    # What the order announces stays.
    assert life.get(41).json()[f"{kind}s_count"] == len(whole)


@pytest.mark.parametrize("kind", ["reissue", "duplicate"])
@pytest.mark.parametrize("value", ["all", "null", "absent"])
def test_copy_names(sim: Simulator, life: Api, kind: str, value: str) -> None:
    sim.set(certcentral__copy_names=value)
    for shown in certificates(life, 41, kind):
        assert shown.get("dns_names", "none") == (
            {"null": None, "absent": "none"}[value] if value != "all" else shown["dns_names"]
        )
        assert ("common_name" in shown) is (value != "absent")


@pytest.mark.parametrize("value", ["primary", "all"])
@pytest.mark.parametrize(("field", "name"), [("id", "certificate_id"), ("serial_number", "serial_number")])
def test_certificate_filters_find(sim: Simulator, life: Api, value: str, field: str, name: str) -> None:
    sim.set(certcentral__certificate_filters_find=value)
    order = sim.order(41)
    assert life.ids(filters={name: order[name]}) == [41]
    for copy in (order["duplicates"][0], order["reissues"][1]):
        assert life.ids(filters={name: copy[field]}) == ([41] if value == "all" else [])
    assert life.ids(filters={name: [order[name], sim.order(44)[name]]}) == [41, 44]


def test_an_order_is_found_by_its_primary_certificate_only(sim: Simulator, life: Api) -> None:
    duplicate = sim.order(41)["duplicates"][0]
    assert code(life.get(duplicate["serial_number"])) == (404, "not_found|order")
    assert code(life.get(duplicate["thumbprint"])) == (404, "not_found|order")


def test_counts(life: Api) -> None:
    for shown in (life.get(41).json(), life.row(41)):
        assert (shown["has_duplicates"], shown["duplicates_count"]) == (True, 3)
        assert (shown["has_reissues"], shown["reissues_count"]) == (True, 2)
    for shown in (life.get(44).json(), life.row(44)):
        assert (shown["has_duplicates"], shown["duplicates_count"]) == (False, 0)
        assert (shown["has_reissues"], shown["reissues_count"]) == (False, 0)


def test_multi_year_plan(sim: Simulator, life: Api) -> None:
    sim.patch(44, is_multi_year_plan=True, order_valid_till="2031-05-06")
    for shown in (life.get(44).json(), life.row(44)):
        assert (shown["is_multi_year_plan"], shown["order_valid_till"]) == ("1", "2031-05-06")
    for shown in (life.get(41).json(), life.row(41)):
        assert not {"is_multi_year_plan", "order_valid_till"} & set(shown)


def test_csr(sim: Simulator, life: Api) -> None:
    first = life.get(44).json()["certificate"]["csr"]
    assert first.startswith("-----BEGIN CERTIFICATE REQUEST-----\n")
    assert life.get(44).json()["certificate"]["csr"] == first != life.get(48).json()["certificate"]["csr"]
    sim.patch(44, csr="-----BEGIN X-----")
    assert life.get(44).json()["certificate"]["csr"] == "-----BEGIN X-----"
    sim.patch(48, status="needs_csr")
    assert "csr" not in life.get(48).json()["certificate"]
    assert "csr" not in life.row(44)["certificate"]


def test_status_of_the_certificate(sim: Simulator, life: Api) -> None:
    found = [life.get(order_id).json()["certificate"].get("status") for order_id in (41, 43, 44, 45, 48)]
    assert found == ["issued", None, None, "revoked", None]
    sim.patch(44, certificate_status="revoked")
    assert life.get(44).json()["certificate"]["status"] == "revoked"


def test_state_is_a_seed(sim: Simulator, life: Api) -> None:
    life.write("/order/certificate/44/revoke", {"comments": "gone", "revocation_reason": "superseded"})
    life.write(f"/certificate/{sim.order(41)['duplicates'][0]['id']}/revoke", {"skip_approval": True})
    life.request("POST", "/order/certificate/44/note", json={"text": "A note"})
    sim.patch(44, auto_renew=10, auto_reissue=1, custom_renewal_message="Hello", is_multi_year_plan=True, csr="PEM")
    state = sim.state()["certcentral"]
    sim.reset(state)
    assert sim.state()["certcentral"] == state


@pytest.mark.parametrize(
    "order",
    [
        {"duplicates": [{"colour": "red"}]},
        {"duplicates": [{"status": "expired"}]},
        {"reissues": [{"id": "one"}]},
        {"reissues": "one"},
        {"auto_renew": "on"},
        {"order_valid_till": "soon"},
        {"requests": [{"id": 440}]},
        {"requests": [{"id": 531}, {"id": 531}]},
    ],
)
def test_bad_orders_are_refused(sim: Simulator, life: Api, order: dict[str, Any]) -> None:
    before = sim.state()["certcentral"]
    with pytest.raises(SimulatorError, match="400"):
        sim.add(id=53, **order)
    with pytest.raises(SimulatorError, match="400"):
        sim.reset({**LIFE, "orders": [*LIFE["orders"], {"id": 53, **order}]})
    assert sim.state()["certcentral"] == before
    assert life.get(53).status_code == 404
