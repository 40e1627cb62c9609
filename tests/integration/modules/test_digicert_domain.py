# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domains are found, and switched off and on; the two modules of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    Controller,
    Simulator,
    assert_failure,
    mentions,
    query,
    seed,
)

SHOP, WWW, TWICE, TWICE_TOO, OFF_TWICE, OFF_TWICE_TOO = range(1, 7)
SECOND = {"id": 222222, "name": "Other Ltd"}
CONTAINER = {"id": 3, "name": "Shop"}
BOOK: list[dict[str, Any]] = [
    {"id": SHOP, "name": "Shop.example.com"},
    {"id": WWW, "name": "www.shop.example.com", "is_active": False, "container": CONTAINER},
    {"id": TWICE, "name": "twice.example"},
    {"id": TWICE_TOO, "name": "twice.example", "is_active": False, "organization": SECOND},
    {"id": OFF_TWICE, "name": "off.example", "is_active": False},
    {"id": OFF_TWICE_TOO, "name": "off.example", "is_active": False, "organization": SECOND, "validations": []},
]
SEVERAL = ["shop.example.com", "twice.example", "nowhere.example"]


def domain(title: str, /, module: str = "domain", **arguments: Any) -> str:
    return f"- {json.dumps({'name': title, f'certops.orders.digicert_{module}': arguments})}\n"


def info(title: str, /, **arguments: Any) -> str:
    return domain(title, "domain_info", **arguments)


@pytest.mark.story("digicert_domain")
def test_a_domain_is_switched_off_and_on_once(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(domains=BOOK))
    run = controller.play(
        domain("Off", name="SHOP.example.com.", state="inactive")
        + domain("Off again", names=["shop.example.com"], state="inactive")
        + domain("On", domain_id=SHOP, state="active")
        + domain("On again", domain_ids=[SHOP, SHOP], state="active"),
    )
    off = run.good("Off")
    assert off.sent == ["domains", f"deactivate {SHOP}"]
    assert off.requests[1]["body"] is None
    assert mentions(off.msg, "shop.example.com")
    assert off.domains == [
        {
            "domain_id": SHOP,
            "name": "shop.example.com",
            "outcome": "changed",
            "before": {"state": "active"},
            "after": {"state": "inactive"},
            "reason": "",
        }
    ]
    assert (run.good("Off again").changed, run["Off again"].sent) == (False, ["domains"])
    assert run.good("On").sent == [f"domain {SHOP}", f"activate {SHOP}"]
    assert (run.good("On again").changed, run["On again"].sent) == (False, [f"domain {SHOP}"])
    assert sim.domain(SHOP)["is_active"]


def test_domains_of_one_name(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(domains=BOOK))
    run = controller.play(
        domain("Which one", name="twice.example", state="inactive")
        + domain("Both are", name="off.example", state="inactive")
        + domain("By id", domain_id=TWICE, state="inactive")
        + domain("Now both are", name="twice.example", state="inactive")
        + domain(
            "Several", names=["shop.example.com", "twice.example", "nowhere.example"], state="inactive", verify=True
        )
        + domain("Nowhere", name="nowhere.example", state="active", missing="ok")
        + domain("No name", name="no domain", state="active")
        + domain("Nothing", state="active")
        + domain("Two ways", name="a.example", domain_id=1, state="active")
    )
    which = run.bad("Which one")
    assert_failure(which, code="ineligible")
    assert mentions(which.msg, TWICE, TWICE_TOO, "domain_id")
    assert which.domains[0]["before"] == {"state": "both"}
    assert "domain_id" not in which.domains[0]
    assert not run.good("Both are").changed
    assert run.good("By id").effects == [f"deactivate {TWICE}"]
    assert not run.good("Now both are").changed
    several = run.bad("Several")
    assert [one["outcome"] for one in several.domains] == ["changed", "unchanged", "missing"]
    assert several.changed
    assert_failure(several, code="missing")
    assert several.effects == [f"deactivate {SHOP}"]
    # The list is read once for all three, once more to verify, and the account is named.
    assert sorted(several.sent) == [f"deactivate {SHOP}", "domains", "domains", "user"]
    assert run.good("Nowhere").domains[0]["outcome"] == "missing"
    for name in ("No name", "Nothing", "Two ways"):
        assert_failure(run.bad(name), code="invalid_option")
        assert run[name].sent == []


def test_a_lost_reply_is_verified_by_a_read(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(domains=BOOK))
    sim.fault("reset_after", path=f"/domain/{SHOP}/", method="PUT")
    sim.fault("reset_before", path=f"/domain/{WWW}/", method="PUT")
    run = controller.play(
        domain("Off", name="shop.example.com", state="inactive") + domain("On", domain_id=WWW, state="active")
    )
    assert run.good("Off").sent == ["domains", f"deactivate {SHOP}", "domains"]
    assert run["Off"].changed
    assert run.good("On").sent == [f"domain {WWW}", f"activate {WWW}", f"domain {WWW}", f"activate {WWW}"]


@pytest.mark.story("digicert_domain_info")
def test_domains_are_found(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(domains=BOOK, keys={"sim-emea": {"container_ids": [3]}}))
    run = controller.play(
        info("All")
        + info("By name", name="Shop.example.com")
        + info("Below", name="shop.example.com", include_subdomains=True)
        + info("Off", is_active=False)
        + info("On, of that name", name="twice.example", is_active=True)
        + info("Of a container", container_id=3)
        + info("One", domain_id=WWW)
        + info("None", domain_id=4711)
        + info("Of the key's container", api_key="sim-emea", api_url=sim.api_url)
        + info("Both", domain_id=1, name="a.example")
    )
    found = {task.name: [one["domain_id"] for one in task.domains] for task in run.tasks[:-1]}
    assert found == {
        "All": [SHOP, WWW, TWICE, TWICE_TOO, OFF_TWICE, OFF_TWICE_TOO],
        "By name": [SHOP],
        "Below": [SHOP, WWW],
        "Off": [WWW, TWICE_TOO, OFF_TWICE, OFF_TWICE_TOO],
        "On, of that name": [TWICE],
        "Of a container": [WWW],
        "One": [WWW],
        "None": [],
        "Of the key's container": [WWW],
    }
    assert {len(task.sent) for task in run.tasks[:-1]} == {1}
    assert query(run["Of a container"].requests[0])["container_id"] == "3"
    (one,) = run["By name"].domains
    assert (one["name"], one["organization_id"], one["container_id"]) == ("shop.example.com", 111111, 1)
    assert [validation["type"] for validation in one["validations"]] == ["ov"]
    assert set(one["dcv_expiration"]) == {"ev", "ov"}
    assert run["All"].domains[-1]["validations"] == []
    assert_failure(run.bad("Both"), code="invalid_option")


def test_many_domains_cost_a_request_for_each_thousand(controller: Controller, sim: Simulator) -> None:
    many = [{"id": number, "name": f"d{number}.example"} for number in range(1, 2201)]
    sim.reset(seed(domains=many))
    run = controller.play(
        info("All")
        + domain("Off", names=["d1.example", "d2200.example", "nowhere.example"], state="inactive", missing="ok")
    )
    assert [one["domain_id"] for one in run.good("All").domains] == list(range(1, 2201))
    assert len(run["All"].requests) == 3
    off = run.good("Off")
    assert off.effects == ["deactivate 1", "deactivate 2200"]
    assert off.sent.count("domains") == 3
