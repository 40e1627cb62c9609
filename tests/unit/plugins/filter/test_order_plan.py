# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters are thin wrappers; what they decide is tested with the plan and its outcomes."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins import filter as filters
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._plans.test_plans import entry

NAMES = sorted(file.stem for folder in filters.__path__ for file in Path(folder).glob("order_plan_*.py"))


def load(name: str) -> Callable[..., Any]:
    module = importlib.import_module(f"{filters.__name__}.{name}")
    (found,) = module.FilterModule().filters().items()
    assert found[0] == name
    return found[1]  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", NAMES)
def test_a_filter_is_documented_under_its_own_name(name: str) -> None:
    module = importlib.import_module(f"{filters.__name__}.{name}")
    assert yaml.safe_load(module.DOCUMENTATION)["name"] == name
    assert f"certops.orders.{name}" in module.EXAMPLES
    assert "_value" in yaml.safe_load(module.RETURN)
    assert callable(load(name))


def test_agreed_names_its_parts() -> None:
    agreed = load("order_plan_agreed")
    told = agreed([entry(1), entry(2)], [entry(1), entry(3)])
    assert {part: [one["order"] for one in several] for part, several in told.items()} == {
        "execute": ["1"],
        "changed": ["2"],
        "new": ["3"],
    }
    with pytest.raises(AnsibleFilterError, match="order 1 "):
        agreed([entry(1), entry(1)], [])


@pytest.mark.parametrize("number", [2, "2", " 2 "])
def test_guards_take_numbers_from_the_command_line(number: Any) -> None:
    guards = load("order_plan_guards")
    assert guards([entry(1), entry(2)], number, "0", number) == []
    (violation,) = guards([entry(1), entry(2)], 1, 0, "")
    assert "order_plan_max_changes" in violation
    assert guards([entry(1)]) == []


@pytest.mark.parametrize("number", ["many", -1, True, 1.5, None, "\u0663"])
def test_what_is_no_number_is_no_guard(number: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="order_plan_max_changes"):
        load("order_plan_guards")([], number)


def test_a_window() -> None:
    window = load("order_plan_window")
    assert window("2026-11-22T10:42:07Z") == ""
    assert "order_plan_not_after" in window("2026-11-22T10:42:07Z", None, "2026-11-22")
    closed = window("2026-11-22T10:42:07Z", None, "2026-11-22", "decommission_domain")
    assert "decommission_domain_not_after" in closed
    with pytest.raises(AnsibleFilterError):
        window("now")
    with pytest.raises(AnsibleFilterError, match="order_plan_not_before"):
        window("2026-11-22T10:42:07Z", "later")


def test_a_note_takes_whatever_a_job_id_is() -> None:
    assert load("order_plan_note")("why", None, 4711, "a" * 64) == "why; AWX job 4711; plan aaaaaaaaaaaa"


def test_a_run_from_its_beginning_to_its_summary() -> None:
    carried_on = load("order_plan_carried_on")
    entries = [entry(1), entry(2), entry(3)]
    (first, others) = load("order_plan_batches")(entries)
    assert load("order_plan_going_on")(first["entries"], []) == {"orders": [1], "requests": []}
    run = carried_on({})
    assert run == {"records": [], "proven": False, "stopped": ""}

    done = {"orders": [{"order_id": 1, "outcome": "changed", "reason": ""}]}
    run = carried_on(run, first["entries"], [done], time="2026-11-22T10:42:07Z")
    run = carried_on(run, stopped="the window has closed")
    run = carried_on(run, others["entries"], [])

    assert load("order_plan_unseen")(run["records"]) == {"certcentral": [1], "servertastic": []}
    assert load("order_plan_unseen")(run["records"], [{"order_id": 1, "status": "canceled"}])["certcentral"] == []
    records = load("order_plan_looked_at")(run["records"], [{"order_id": 1, "status": "canceled"}])
    assert load("order_plan_outcomes")(entries, but=records) == []
    told = load("order_plan_summary")(records)
    counts = {outcome: count for outcome, count in told["result"]["counts"].items() if count}
    assert counts == {"total": 3, "not_attempted": 2, "done": 1}
    assert "the window has closed" in told["result"]["msg"]
