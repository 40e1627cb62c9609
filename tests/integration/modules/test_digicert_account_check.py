# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An account is compared with what is expected: each switch of the simulator shows, and nothing else does."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._certcentral import (
    account_probe as _certcentral_account_probe,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.account_check import FACTS
from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.plugins.modules import digicert_account_check as module
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.integration.support import HERE, Controller, Simulator, seed
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import validated

PAGE = HERE.parents[1] / "docs" / "check_account.md"
OTHER_PLACE = {"id": 5, "name": "Elsewhere", "is_active": True}
# One order or more for every fact that can be read.
ORDERS: list[dict[str, Any]] = [
    {"id": 1101, "status": "pending", "common_name": "shop.example.com", "container": OTHER_PLACE},
    {"id": 1102, "status": "needs_approval", "common_name": "hr.example.com"},
    {
        "id": 1201,
        "status": "issued",
        "common_name": "www.example.com",
        "dns_names": ["www.example.com", "example.com"],
        "valid_till_in_days": 150,
        "duplicates": [{"common_name": "a.example.com"}, {"common_name": "b.example.com"}],
    },
    {
        "id": 1202,
        "status": "issued",
        "common_name": "mail.example.com",
        "valid_till_in_days": 100,
        "reissues": [{"common_name": "mail.example.com"}, {"common_name": "mail.example.com"}],
    },
    {
        "id": 1203,
        "status": "issued",
        "product": "ssl_dv_geotrust",
        "common_name": "dv.example.com",
        "valid_till_in_days": 60,
    },
    {
        "id": 1204,
        "status": "issued",
        "common_name": "plan.example.com",
        "valid_till_in_days": -20,
        "order_valid_till": str(datetime.now(timezone.utc).date() + timedelta(days=200)),
    },
    {"id": 1301, "status": "issued", "origin": "migrated", "valid_till_in_days": 30, "common_name": "old.example.com"},
    {
        "id": 1302,
        "status": "issued",
        "origin": "migrated",
        "valid_till_in_days": 20,
        "is_renewed": True,
        "common_name": "marked.example.com",
    },
    {"id": 1303, "status": "expired", "valid_till_in_days": -30, "common_name": "gone.example.com"},
    {"id": 1401, "status": "canceled", "common_name": "never.example.com", "notes": ["No longer needed"]},
]
MORE_VALUES = {
    "origin_filter": ("ignored", "empty"),
    "error_body": ("text",),
    "ignore_filters": ("status", "is_renewed", "id", "common_name,valid_till", "all"),
}
# Every switch that shows in reads, with every value that is not the default.
DETECTED = [
    (fact.name, value)
    for fact in FACTS
    if fact.has_switch
    for value in (*(fact.handled or ()), *MORE_VALUES.get(fact.name, ()))
    if value != "mixed"
]
CONTRADICTED = [("origin_filter", "ignored"), ("origin_filter", "empty"), ("error_body", "text")]


def check(sim: Simulator, **arguments: Any) -> dict[str, Any]:
    """The result of the module, without a process of Ansible."""
    given = {"api_key": "sim-readonly", "api_url": sim.api_url, "rate_limit": "none", "retries": 0, **arguments}
    params, errors = validated(module, given)
    assert errors == []
    return guarded(module.run, params, Context())


def started(sim: Simulator, **switches: str) -> None:
    """Start the account of ORDERS anew, with two changes of late of one order that has no certificate."""
    sim.reset(seed(*ORDERS))
    sim.set({f"certcentral.{name}": value for name, value in switches.items()})
    for status in ("pending", "rejected"):
        sim.patch(1102, status=status)
    sim.clear_journal()


def test_an_account_like_the_simulator_is_as_expected(sim: Simulator) -> None:
    started(sim)
    result = check(sim)
    assert "failed" not in result
    assert {fact["fact"]: fact["seen"] for fact in result["facts"] if fact["result"] != "as_expected"} == {}
    assert (result["switches"], result["contradictions"]) == ([], [])
    requests = sim.journal()
    assert {request["method"] for request in requests} == {"GET"}
    assert len(requests) == result["api"]["requests"] <= 40


@each(("switch", "value"), DETECTED)
def test_each_switch_is_detected_and_no_other(sim: Simulator, switch: str, value: str) -> None:
    started(sim, **{switch: value})
    result = check(sim)
    assert result["switches"] == [f"certcentral.{switch}={value}"]
    assert result["contradictions"] == ([switch] if (switch, value) in CONTRADICTED else [])
    # The message has what to avoid for each contradiction.
    avoided = [fact["avoid"] for fact in result["facts"] if fact["avoid"]]
    assert len(avoided) == len(result["contradictions"])
    assert [text for text in avoided if text not in result["msg"]] == []
    assert result["api"]["requests"] <= 40


def test_reads_that_fail_leave_facts_untested(sim: Simulator) -> None:
    started(sim)
    sim.fault("status", status=500, path="/order/certificate$", times=-1)
    result = check(sim)
    assert "failed" not in result
    assert {fact["fact"] for fact in result["facts"] if fact["result"] == "untested"} > {"origin_filter", "list_row"}
    assert (result["switches"], result["contradictions"]) == ([], [])


@each("most", [1, 2, 9, 20, 33])
def test_no_more_is_sent_than_may_be(sim: Simulator, most: int) -> None:
    started(sim)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_certcentral_account_probe, "MAX_REQUESTS", most)
        result = check(sim)
    assert "failed" not in result
    assert len(sim.journal()) == result["api"]["requests"] == most
    assert (result["switches"], result["contradictions"]) == ([], [])


def test_an_empty_account_shows_little_and_contradicts_nothing(sim: Simulator) -> None:
    sim.reset(seed())
    result = check(sim)
    assert "failed" not in result
    assert (result["switches"], result["contradictions"]) == ([], [])


# The settings whose output the documentation shows.
SHOWN = {
    "as expected": {},
    "handled": {"plan_flag": "shown", "is_renewed_in": "list", "error_body": "object"},
    "contradicted": {"origin_filter": "ignored"},
}


@pytest.mark.story("digicert_account_check")
@each(("title", "switches"), SHOWN.items())
def test_the_playbook_prints_and_writes_what_the_documentation_shows(
    sim: Simulator, controller: Controller, title: str, switches: dict[str, str]
) -> None:
    started(sim, **switches)
    path = controller.desk / f"{title}.txt"
    run = controller.playbook(
        "- import_playbook: certops.orders.check_account",
        env={"DIGICERT_API_KEY": "sim-readonly"},
        variables={"check_account_path": str(path)},
    )
    assert (run.rc == 0) == (title != "contradicted"), run.output
    assert run.writes == []
    assert len(run.requests) <= 40
    text = path.read_text(encoding="utf-8")
    for name, value in switches.items():
        assert f"certcentral.{name}={value}" in text
    assert ("undo_renewed_marks" in text) == (title == "contradicted")
    secrets = ["sim-", "100001", "example", *(str(order["id"]) for order in ORDERS)]
    assert [secret for secret in secrets if secret in text] == []
    # The page has the lines of facts that are as expected once, in the first example.
    if switches:
        text = re.sub(r"(?<=^as expected \()(\d+\):\n)(?:  .*\n)+", r"\1  ...\n", text, flags=re.MULTILINE)
    assert text in PAGE.read_text(encoding="utf-8"), text
