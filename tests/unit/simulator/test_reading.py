# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET of one order, the list, and /user/me: docs/development/reference/certcentral.md 2, 3 and 6."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import chain
from typing import Any

import pytest
from simulator_client import SEED, Api, code

from certsim.testing import Simulator

ALL = sorted(order["id"] for order in SEED["orders"])


def test_detail_of_an_issued_order(sim: Simulator, api: Api) -> None:
    order = api.get(20).json()
    certificate = order["certificate"]
    assert order["status"] == "issued"
    assert certificate["days_remaining"] == 40
    assert date.fromisoformat(certificate["valid_till"]) == date.fromisoformat(sim.now()[:10]) + timedelta(days=40)
    assert {"id", "serial_number", "thumbprint", "valid_from"} <= set(certificate)
    assert "status" not in certificate
    assert order["is_renewed"] is False
    assert order["organization"]["name"]
    assert "origin" not in order


def test_pending_order_lacks_what_an_issuance_brings(api: Api) -> None:
    for shown in (api.get(11).json(), api.row(11)):
        assert not {"id", "serial_number", "thumbprint", "valid_from", "valid_till"} & set(shown["certificate"])


def test_nothing_is_null(api: Api) -> None:
    assert all("null" not in api.get(order_id).text for order_id in ALL)
    assert "null" not in api.orders().text


def test_order_by_serial_number_and_thumbprint(api: Api) -> None:
    certificate = api.get(20).json()["certificate"]
    for reference in (certificate["serial_number"], certificate["thumbprint"], certificate["thumbprint"].lower()):
        assert api.get(reference).json()["id"] == 20
    assert code(api.put(certificate["serial_number"], "canceled", "x")) == (404, "not_found|order")


def test_successor_knows_and_is_known(api: Api) -> None:
    assert (api.get(25).json()["renewed_order_id"], api.get(25).json()["is_renewed"]) == (26, True)
    assert (api.get(26).json()["renewal_of_order_id"], api.get(26).json()["is_renewal"]) == (25, True)
    assert "renewed_order_id" not in api.row(25)


def test_issued_orders_expire_by_themselves(sim: Simulator, api: Api) -> None:
    assert api.get(27).json()["status"] == "expired"
    sim.advance("41d")
    assert api.get(20).json()["status"] == "expired"
    assert api.get(20).json()["certificate"]["days_remaining"] == -1


def test_unknown_status_passes_through(api: Api) -> None:
    assert api.get(31).json()["status"] == "quantum_review"


def test_caa_status(api: Api) -> None:
    assert "caa_status_message" in api.get(11, include_caa_status="true").json()
    assert "caa_status_message" not in api.get(11).json()


@pytest.mark.parametrize("path", ["/order/certificate", "/order/certificate/"])
def test_list_defaults(api: Api, path: str) -> None:
    answer = api.request("GET", path).json()
    assert answer["page"] == {"total": len(ALL), "limit": 1000, "offset": 0}
    assert [order["id"] for order in answer["orders"]] == ALL


def test_pages(api: Api) -> None:
    walked = [api.ids(limit=8, offset=offset) for offset in (0, 8, 16, 24)]
    assert [len(page) for page in walked] == [8, 8, 5, 0]
    assert list(chain.from_iterable(walked)) == ALL
    assert api.orders(limit=8, offset=8).json()["page"] == {"total": len(ALL), "limit": 8, "offset": 8}


def test_list_without_results_has_no_orders(api: Api) -> None:
    assert api.orders(filters={"id": 999}).json() == {"page": {"total": 0, "limit": 1000, "offset": 0}}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"id": 20}, [20]),
        ({"id": [30, 11, 999, 11]}, [11, 30]),
        ({"id": [11, 20], "status": "pending"}, [11]),
        ({"status": ["canceled", "rejected"]}, [16, 17]),
        ({"status": "expired"}, [23, 27]),
        ({"status": "issued"}, [20, 21, 22, 23, 24, 25, 26, 27, 28]),
        ({"status": "no_such"}, []),
        ({"origin": "migrated"}, [18, 21, 22, 23, 24, 25, 29]),
        ({"origin": "certcentral", "status": "pending"}, [11, 30]),
        ({"is_renewed": "1"}, [24, 25]),
        ({"is_renewed": "0", "origin": "migrated"}, [18, 21, 22, 23, 29]),
        ({"container_id": 2}, [30]),
        ({"product_name_id": "ssl_dv_geotrust"}, [28]),
        ({"common_name": "own.corp.example"}, [20]),
        ({"common_name": "corp.example"}, []),
        ({"common_name": "%OWN"}, [20]),
        ({"domain_name": "own.corp.example"}, [20]),
        ({"email": "mail@example.com"}, [12]),
        ({"search": "%pending"}, [11]),
        ({"certificate_id": 900000020}, [20]),
        ({"disable_renewal_notifications": "1"}, []),
        ({"organization_id": 111111, "id": 11}, [11]),
        ({"organization_id": 5}, []),
        ({"user_id": 7, "id": 11}, [11]),
        ({"metadata_id": 5}, []),
        ({"valid_till": "<NOW"}, [23, 27]),
        ({"valid_till": ">NOW", "origin": "certcentral"}, [19, 20, 26, 28]),
        ({"valid_till": "null"}, [11, 12, 13, 14, 15, 16, 17, 30, 31]),
    ],
)
def test_filters(api: Api, filters: dict[str, Any], found: list[int]) -> None:
    assert api.ids(filters=filters) == found


def test_filter_by_serial_number(api: Api) -> None:
    assert api.ids(filters={"serial_number": api.get(20).json()["certificate"]["serial_number"]}, limit=1) == [20]


def test_an_empty_serial_number_is_nobodys(api: Api) -> None:
    assert api.ids(filters={"serial_number": ""}) == []


def test_filter_by_range_of_days(sim: Simulator, api: Api) -> None:
    today = date.fromisoformat(sim.now()[:10])
    day = {days: (today + timedelta(days=days)).isoformat() for days in (20, 30, 40, 50, 91)}
    assert api.ids(filters={"valid_till": f"{day[30]}...{day[50]}"}) == [18, 20, 24, 25]
    assert api.ids(filters={"valid_till": [day[40], day[20]]}) == [20, 29]
    assert api.ids(filters={"valid_till": f">{day[91]}"}) == [19, 26, 28]
    assert 11 in api.ids(filters={"date_created": f"<{today.isoformat()}"})


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("order_id", 11),
        ("-order_id", 31),
        ("-valid_till", 26),
        ("valid_till,-order_id", 31),
        ("status,order_id", 16),
        ("-common_name", 11),
        ("product_name", 28),
        ("validity_years,-order_id", 31),
        ("-date_created,order_id", 26),
    ],
)
def test_sort(api: Api, sort: str, first: int) -> None:
    assert api.ids(sort=sort)[0] == first


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"sort": "colour"}, "sort"),
        ({"page": "2"}, "page"),
        ({"filters[colour]": "red"}, "colour"),
        ({"filters[id][]": "11"}, "filters[id][]"),
        ({"filters[id]": ["11", "12"]}, "filters[id]"),
        ({"filters[id]": "eleven"}, "id"),
        ({"filters[is_renewed]": "true"}, "is_renewed"),
        ({"filters[valid_till]": "soon"}, "valid_till"),
        ({"filters[valid_till]": "2026-01-01..."}, "valid_till"),
        ({"filters[origin]": "mars"}, "origin"),
    ],
)
def test_strict_query(api: Api, params: dict[str, Any], name: str) -> None:
    assert code(api.request("GET", "/order/certificate", params=params)) == (400, f"invalid_value:{name}")


@pytest.mark.parametrize("path", ["/user/me", "/order/certificate/11"])
def test_strict_query_elsewhere(api: Api, path: str) -> None:
    assert code(api.request("GET", path, params={"colour": "red"})) == (400, "invalid_value:colour")


@pytest.mark.parametrize("path", ["/", "/orders", "/order/certificate/11/statuses", "/order/certificate/11/status/x"])
def test_unknown_route(api: Api, path: str) -> None:
    assert code(api.request("GET", path)) == (404, "not_found|route")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/order/certificate"),
        ("DELETE", "/order/certificate/11"),
        ("GET", "/order/certificate/11/status"),
        ("POST", "/order/certificate/11/status"),
        ("PUT", "/user/me"),
    ],
)
def test_wrong_method(api: Api, method: str, path: str) -> None:
    assert code(api.request(method, path)) == (405, "method_not_allowed")


def test_user_me(sim: Simulator, api: Api) -> None:
    assert api.request("GET", "/user/me").json()["access_roles"] == [{"id": 100, "name": "Orders"}]
    assert Api(sim, "sim-readonly").request("GET", "/user/me").json()["access_roles"][0]["name"] == "View Only"
    assert Api(sim, "sim-emea").request("GET", "/user/me").json()["container_visibility"] == [2]
    assert api.read("/user/me")["container"] == {"id": 1, "name": "Container 1", "parent_id": 0}


@pytest.mark.parametrize(("value", "shown"), [("ids", [2]), ("objects", [{"id": 2, "name": "Container 2"}])])
def test_container_visibility(sim: Simulator, value: str, shown: object) -> None:
    sim.set(certcentral__container_visibility=value)
    assert Api(sim, "sim-emea").read("/user/me")["container_visibility"] == shown


def test_headers(api: Api) -> None:
    assert api.get(11).headers["content-type"] == "application/json"
    assert not [name for name in api.get(11).headers if "rate" in name.lower()]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("as_ordered", ["xn--bcher-kva.example", "*.bücher.example", "www.example.com"]),
        ("unicode", ["bücher.example", "*.bücher.example", "www.example.com"]),
        ("punycode", ["xn--bcher-kva.example", "*.xn--bcher-kva.example", "www.example.com"]),
    ],
)
def test_idn_names(sim: Simulator, api: Api, value: str, names: list[str]) -> None:
    ordered = ["xn--bcher-kva.example", "*.bücher.example", "www.example.com"]
    sim.patch(20, common_name=ordered[0], dns_names=ordered)
    sim.set(certcentral__idn_names=value)
    for shown in (api.get(20).json(), api.row(20)):
        assert (shown["certificate"]["common_name"], shown["certificate"]["dns_names"]) == (names[0], names)
