# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domains: docs/development/reference/certcentral.md 5."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import LIFE, Api, code

from certsim.testing import Simulator

BRIEF = {"id", "is_active", "name", "date_created", "organization", "container"}


def ids(api: Api, **params: Any) -> list[int]:
    return [domain["id"] for domain in api.read("/domain", **params).get("domains", [])]


def test_list(life: Api) -> None:
    answer = life.read("/domain")
    assert answer["page"] == {"total": 3, "limit": 1000, "offset": 0}
    assert [(each["id"], each["name"], each["is_active"]) for each in answer["domains"]] == [
        (61, "corp.example", True),
        (62, "corp.example", False),
        (63, "emea.example", True),
    ]
    assert {frozenset(each) for each in answer["domains"]} == {frozenset(BRIEF)}
    assert [each["organization"]["is_active"] for each in answer["domains"]] == ["1", "1", "1"]
    assert answer["domains"][1]["organization"]["name"] == "Other Corp"


def test_pages_and_containers(sim: Simulator, life: Api) -> None:
    assert ids(life, limit=2) == [61, 62]
    assert ids(life, limit=2, offset=2) == [63]
    assert ids(life, container_id=2) == [63]
    assert ids(Api(sim, "sim-emea")) == [63]
    assert code(Api(sim, "sim-emea").request("GET", "/domain/61")) == (404, "not_found|domain")


@pytest.mark.parametrize(
    ("params", "more"),
    [
        ({}, set()),
        ({"include_validation": "true"}, {"validations"}),
        ({"includeValidation": "true"}, {"validations"}),
        ({"include_dcv": "1"}, {"dcv_method", "dcv_expiration"}),
        ({"include_dcv": "true", "include_validation": "false"}, {"dcv_method", "dcv_expiration"}),
        ({"include_dcv": "True", "include_dcv_expiration_time": "true"}, {"dcv_method", "dcv_expiration"}),
    ],
)
def test_one_domain(life: Api, params: dict[str, str], more: set[str]) -> None:
    shown = life.read("/domain/61", **params)
    assert set(shown) == BRIEF | more
    assert shown == life.read("/domain", **params)["domains"][0]
    if "validations" in more:
        (validation,) = shown["validations"]
        assert set(validation) == {"type", "name", "description", "date_created", "validated_until", "status"}
    if "dcv_method" in more:
        assert set(shown["dcv_expiration"]) == {"ev", "ov"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/domain?limit=1001", "limit"),
        ("/domain?limit=0", "limit"),
        ("/domain?offset=-1", "offset"),
        ("/domain?container_id=x", "container_id"),
        ("/domain?filters[name]=corp.example", "filters[name]"),
        ("/domain?filters[status]=open", "status"),
        ("/domain?include_validation=perhaps", "include_validation"),
        ("/domain/61?container_id=1", "container_id"),
    ],
)
def test_strict_query(life: Api, path: str, name: str) -> None:
    assert code(life.request("GET", path)) == (400, f"invalid_value:{name}")


@pytest.mark.parametrize(("value", "applied"), [("works", True), ("ignored", False)])
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"filters[status]": "active"}, [61, 63]),
        ({"filters[status]": "inactive"}, [62]),
        ({"filters[validation]": "ov"}, [61, 62]),
        ({"filters[dcv_method]": "email", "filters[include_validation_reuse_status]": "true"}, [61, 62, 63]),
        ({"filters[search]": "emea"}, [63]),
        ({"filters[search]": "corp.example", "filters[status]": "inactive", "sort": "name"}, [62]),
    ],
)
def test_filters(
    sim: Simulator, life: Api, filters: dict[str, str], found: list[int], value: str, applied: bool
) -> None:
    """The documented filters, which may be ignored (docs/development/reference/certcentral.md 5)."""
    sim.set(certcentral__other_filters=value)
    assert ids(life, **filters) == (found if applied else [61, 62, 63])


def test_the_time_zone_of_an_expiration(sim: Simulator, life: Api) -> None:
    """A day in Mountain Time, or a time where that is asked for (docs/development/reference/certcentral.md 5)."""
    late = {"ov": "2027-01-15T03:00:00+00:00", "ev": "2027-01-15"}
    sim.reset({"domains": [{"id": 61, "name": "corp.example", "dcv_expiration": late}]})
    asked = {"include_dcv": "true"}
    assert life.read("/domain/61", **asked)["dcv_expiration"] == {"ov": "2027-01-14", "ev": "2027-01-15"}
    shown = life.read("/domain/61", include_dcv_expiration_time="true", **asked)["dcv_expiration"]
    assert shown == {"ov": "2027-01-15T03:00:00+00:00", "ev": "2027-01-15T18:00:00+00:00"}


@pytest.mark.parametrize(("order", "active"), [(("deactivate", "activate"), False), (("activate", "deactivate"), True)])
def test_activate_and_deactivate(sim: Simulator, life: Api, order: tuple[str, str], active: bool) -> None:
    domain_id = 62 if active else 61
    for word in order:
        answer = life.write(f"/domain/{domain_id}/{word}")
        assert (answer.status_code, answer.content, sim.journal()[-1]["effect"]) == (204, b"", True)
        assert sim.journal()[-1]["order_id"] is None
        assert (
            life.read(f"/domain/{domain_id}")["is_active"] is sim.domain(domain_id)["is_active"] is (word == "activate")
        )
    assert sim.domain(63)["is_active"] is True


@pytest.mark.parametrize("reference", ["999", "abc", "corp.example"])
def test_no_such_domain(life: Api, reference: str) -> None:
    assert code(life.request("GET", f"/domain/{reference}")) == (404, "not_found|domain")
    assert code(life.write(f"/domain/{reference}/activate")) == (404, "not_found|domain")


def test_who_may_not(sim: Simulator, life: Api) -> None:
    assert Api(sim, "sim-readonly").write("/domain/61/deactivate").status_code == 403
    assert Api(sim, "sim-emea").write("/domain/61/deactivate").status_code == 404
    assert code(life.write("/domain/61/deactivate", {"now": True})) == (400, "invalid_value:now")
    assert code(life.request("PUT", "/domain/61/deactivate", data=b"x")) == (400, "bad_request_format")
    assert life.write("/domain/61/deactivate", {}).status_code == 204


@pytest.mark.parametrize(("value", "status"), [(True, 400), (False, 204)])
@pytest.mark.parametrize(("domain_id", "word"), [(61, "activate"), (62, "deactivate")])
def test_error_on_double_activation(
    sim: Simulator, life: Api, value: bool, status: int, domain_id: int, word: str
) -> None:
    sim.set(certcentral__error_on_double_activation=value)
    before = sim.domain(domain_id)
    assert life.write(f"/domain/{domain_id}/{word}").status_code == status
    assert (sim.domain(domain_id), sim.journal()[-1]["effect"]) == (before, False)


@pytest.mark.parametrize(("value", "key"), [("key_absent", False), ("empty_array", True), ("bare_array", False)])
def test_empty_list(sim: Simulator, life: Api, value: str, key: bool) -> None:
    sim.set(certcentral__empty_list=value)
    assert ("domains" in life.read("/domain", container_id=9)) is key


@pytest.mark.parametrize(("value", "shown"), [("bool", True), ("string", "1"), ("int", 1)])
def test_bool_style(sim: Simulator, life: Api, value: str, shown: object) -> None:
    sim.set(certcentral__bool_style=value)
    assert life.read("/domain/61")["is_active"] == shown
    assert life.read("/domain/61")["organization"]["is_active"] == "1"


def test_state_and_accounts(sim: Simulator, life: Api) -> None:
    life.write("/domain/61/deactivate")
    domains = sim.state()["certcentral"]["domains"]
    sim.reset({**LIFE, "domains": domains})
    assert sim.state()["certcentral"]["domains"] == domains
    keys = {"sim-two": {"account_id": 2}}
    sim.reset({"accounts": [{"id": 1}, {"id": 2}], "keys": keys, "domains": [{"id": 5, "name": "a.example"}]})
    assert (ids(life), ids(Api(sim, "sim-two"))) == ([5], [])
