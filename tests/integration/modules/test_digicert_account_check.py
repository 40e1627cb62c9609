# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An account is compared with what is expected: each switch of the simulator shows, and nothing else does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._account_check import FACTS
from ansible_collections.certops.orders.plugins.module_utils._http import Context
from ansible_collections.certops.orders.plugins.module_utils._run import guarded
from ansible_collections.certops.orders.plugins.modules import digicert_account_check as module
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.integration.support import HERE, Controller, Simulator, seed
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import validated

PLAYBOOK = (HERE.parents[1] / "playbooks" / "check_account.yml").read_text(encoding="utf-8")
PAGE = HERE.parents[1] / "docs" / "check_account.md"
OTHER_PLACE = {"id": 5, "name": "Elsewhere", "is_active": True}
# One order or more for every fact that can be read.
ORDERS: list[dict[str, Any]] = [
    {"id": 1101, "status": "pending", "common_name": "shop.example.com", "container": OTHER_PLACE},
    {"id": 1102, "status": "needs_approval", "common_name": "hr.example.com"},
    {"id": 1201, "status": "issued", "common_name": "www.example.com", "dns_names": ["www.example.com", "example.com"],
     "valid_till_in_days": 150, "duplicates": [{"common_name": "a.example.com"}, {"common_name": "b.example.com"}]},
    {"id": 1202, "status": "issued", "common_name": "mail.example.com", "valid_till_in_days": 100,
     "reissues": [{"common_name": "mail.example.com"}, {"common_name": "mail.example.com"}]},
    {"id": 1203, "status": "issued", "product": "ssl_dv_geotrust", "common_name": "dv.example.com",
     "valid_till_in_days": 60},
    {"id": 1204, "status": "issued", "common_name": "plan.example.com", "valid_till_in_days": -20,
     "order_valid_till_in_days": 200},
    {"id": 1301, "status": "issued", "origin": "migrated", "valid_till_in_days": 30, "common_name": "old.example.com"},
    {"id": 1302, "status": "issued", "origin": "migrated", "valid_till_in_days": 20, "is_renewed": True,
     "common_name": "marked.example.com"},
    {"id": 1303, "status": "expired", "valid_till_in_days": -30, "common_name": "gone.example.com"},
    {"id": 1401, "status": "canceled", "common_name": "never.example.com", "notes": ["No longer needed"]},
]
# Switches that can be seen by reading, with every value that is not the default.
SEEN = [
    (f"certcentral.{fact.name}", value)
    for fact in FACTS
    if fact.has_switch
    for value in [*(fact.handled or ()), *{"origin_filter": ("ignored", "empty"), "error_body": ("text",),
                                          "ignore_filters": ("status", "common_name,valid_till", "all")}.get(
        fact.name, ())]
    if value != "mixed"
]
CONTRADICTED = [("certcentral.origin_filter", "ignored"), ("certcentral.origin_filter", "empty"),
                ("certcentral.error_body", "text")]


def check(sim: Simulator, **arguments: Any) -> dict[str, Any]:
    """The result of the module, without a process of Ansible."""
    given = {"api_key": "sim-readonly", "api_url": sim.api_url, "rate_limit": "none", "retries": 0, **arguments}
    params, errors = validated(module, given)
    assert errors == []
    return guarded(module.run, params, Context())


@pytest.fixture
def account(sim: Simulator) -> Simulator:
    """The account of ORDERS, with a change of late."""
    sim.reset(seed(*ORDERS))
    return sim


def test_an_account_like_the_simulator_is_as_expected(account: Simulator) -> None:
    result = check(account)
    assert "failed" not in result
    assert {fact["fact"] for fact in result["facts"] if fact["result"] != "as_expected"} == set()
    assert (result["switches"], result["contradictions"]) == ([], [])
    requests = account.journal()
    assert {request["method"] for request in requests} == {"GET"}
    assert len(requests) == result["api"]["requests"] <= 40


@each(("switch", "value"), SEEN)
def test_each_switch_is_seen_and_no_other(account: Simulator, switch: str, value: str) -> None:
    account.set({switch: value})
    result = check(account)
    assert result["switches"] == [f"{switch}={value}"]
    contradicted = [switch.partition(".")[2]] if (switch, value) in CONTRADICTED else []
    assert result["contradictions"] == contradicted
    assert ("do not use" in result["msg"]) == bool(contradicted)
    assert result["api"]["requests"] <= 40
