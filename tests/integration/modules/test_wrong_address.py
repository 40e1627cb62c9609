# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A 404 that is not about the object is a wrong address, from any server: never missing, also with missing: ok."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.modules.test_inventory import Listing, source
from ansible_collections.certops.orders.tests.integration.support import (
    Controller,
    Run,
    Simulator,
    machine,
    mentions,
    seed,
)

ANSWERS = ("route", "not_found", "html", "json", "text", "empty")
ONE, TWO, ISSUED, ENDED = 11, 12, 13, 14
BOOK = seed(
    {"id": ONE, "status": "pending"},
    {"id": TWO, "status": "pending"},
    {"id": ISSUED, "status": "issued"},
    {"id": ENDED, "status": "canceled"},
    domains=[{"id": 5, "name": "shop.example.com"}],
)
CANCEL = {"status": "canceled", "note": "Retired", "missing": "ok"}
# Each of them would take an order, or whatever it is, for missing. `paths`: what answers 404, everything by default.
TASKS: dict[str, tuple[str, dict[str, Any], str]] = {
    "one": ("order_status", {"order_id": ONE, **CANCEL}, ""),
    "bulk": ("order_status", {"order_ids": [ONE, TWO], **CANCEL}, ""),
    "bulk, the list": ("order_status", {"order_ids": [ONE, TWO], **CANCEL}, r"/order/certificate$"),
    "bulk, one left out": ("order_status", {"order_ids": [ENDED, 4711], **CANCEL}, r"/order/certificate/4711"),
    "marks": ("order_status", {"order_ids": [ONE, ISSUED], "status": "renewed", "missing": "ok"}, ""),
    "revoke": ("certificate_revoke", {"order_id": ISSUED, "comments": "x", "confirm": True, "missing": "ok"}, ""),
    "a certificate": (
        "certificate_revoke",
        {"certificate_id": 4, "comments": "x", "confirm": True, "missing": "ok"},
        "",
    ),
    "note": ("order_note", {"order_id": ONE, "text": "x", "missing": "ok"}, ""),
    "renewal": ("order_renewal", {"order_id": ONE, "auto_reissue": False, "missing": "ok"}, ""),
    "request": ("request", {"request_id": 110, "status": "rejected", "missing": "ok"}, ""),
    "request of an order": ("request", {"order_id": ONE, "status": "rejected", "missing": "ok"}, ""),
    "domain": ("domain", {"domain_id": 5, "state": "inactive", "missing": "ok"}, ""),
    "domain by name": ("domain", {"name": "shop.example.com", "state": "inactive", "missing": "ok"}, ""),
    "order info": ("order_info", {"order_id": ONE}, ""),
    "order info, several": ("order_info", {"order_ids": [ONE, TWO]}, ""),
    "order info, details": ("order_info", {"details": True}, r"/order/certificate/"),
    "order info, all": ("order_info", {}, ""),
    "request info": ("request_info", {"request_id": 110}, ""),
    "request info of an order": ("request_info", {"order_id": ONE}, ""),
    "domain info": ("domain_info", {"domain_id": 5}, ""),
    "account info": ("account_info", {}, ""),
}


@pytest.fixture(scope="module")
def run(process: Simulator) -> Run:
    process.reset(BOOK)
    tasks: list[dict[str, Any]] = []
    with machine(process) as controller:
        for answer in ANSWERS:
            for name, (module, arguments, path) in TASKS.items():
                struck = {"kind": "wrong_address", "answer": answer, **({"path": path} if path else {})}
                tasks.append({"name": "arm", "certsim": {"clear_faults": True, "fault": struck}})
                tasks.append({"name": f"{name}: {answer}", f"certops.orders.digicert_{module}": arguments})
        tasks.append({"name": "disarm", "certsim": {"clear_faults": True}})
        return controller.play("\n".join(f"- {json.dumps(task)}" for task in tasks), timeout=240)


@pytest.mark.parametrize("name", TASKS)
def test_nothing_is_missing(run: Run, process: Simulator, name: str) -> None:
    for answer in ANSWERS:
        task = run.bad(f"{name}: {answer}")
        assert task.failure["http_status"] == 404
        assert not task.changed
        assert task.effects == []
        assert "api_url" in task.failure["message"], answer
        assert process.api_url in task.failure["message"], answer
        outcomes = [
            one.get("outcome") for kind in ("orders", "requests", "domains") for one in task.result.get(kind, [])
        ]
        assert "missing" not in outcomes
        assert task.result.get("summary", {}).get("missing", 0) == 0


@pytest.mark.parametrize("answer", ["route", "html"])
def test_an_inventory_is_not_empty_but_fails(controller: Controller, sim: Simulator, answer: str) -> None:
    sim.reset(BOOK)
    sim.fault("wrong_address", answer=answer)
    listing = Listing(controller, source(controller))
    assert "api_url" in listing.complaint
    assert "order-11" not in listing.stdout


def test_an_inventory_warns_of_orders_without_a_page_and_of_a_list_that_is_not_complete(
    controller: Controller, sim: Simulator
) -> None:
    sim.reset(BOOK)
    sim.set({"certcentral.page_total": "too_large"})
    body = {"errors": [{"code": "not_found|order", "message": "The specified order was not found."}]}
    sim.fault("status", status=404, body=body, order_id=TWO, times=-1)
    listing = Listing(controller, source(controller, details=True))
    assert listing.rc == 0
    assert mentions(listing.complaint, TWO)
    assert mentions(listing.complaint, 9, 4)
    assert "order-11" in listing.stdout
    assert "order-12" not in listing.stdout


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"status": ["cancelled"]}, ("status", "cancelled", "canceled")),
        ({"include_subdomains": True}, ("include_subdomains", "domain")),
    ],
)
def test_an_inventory_refuses_filters_that_cannot_be_meant(
    controller: Controller, sim: Simulator, config: dict[str, Any], named: tuple[str, ...]
) -> None:
    sim.reset(BOOK)
    listing = Listing(controller, source(controller, **config))
    assert mentions(listing.complaint, *named)
    assert listing.requests == []


def test_a_wrong_total_hides_nothing_and_is_reported(controller: Controller, sim: Simulator) -> None:
    sim.reset(BOOK)
    tasks = []
    for total in ("too_small", "too_large"):
        tasks.append({"name": "set", "certsim": {"switches": {"certcentral.page_total": total}}})
        for module in ("order_info", "request_info", "domain_info"):
            tasks.append({"name": f"{module} {total}", f"certops.orders.digicert_{module}": {}})
    run = controller.play("\n".join(f"- {json.dumps(task)}" for task in tasks), quiet=False)
    for module, key, count in (
        ("order_info", "orders", 4),
        ("request_info", "requests", 4),
        ("domain_info", "domains", 1),
    ):
        small, large = run.good(f"{module} too_small"), run.good(f"{module} too_large")
        assert len(small.result[key]) == len(large.result[key]) == count
        assert "warnings" not in small.result
        assert mentions(" ".join(large.warnings), count + 5, key, count)
