# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user sets for a role is taken, or refused by name."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    KEY,
    Controller,
    Run,
    Simulator,
    describe,
    mentions,
)

ROOT = Path(__file__).resolve().parents[3]
PENDING, OTHER, SHOP = 1, 2, 3
BOOK: dict[str, Any] = {
    "switches": {"rate.enabled": False},
    "orders": [
        {"id": PENDING, "status": "pending", "common_name": "www.example.com", "created_days_ago": 40},
        {"id": OTHER, "status": "pending", "common_name": "api.example.com", "created_days_ago": 50},
        {"id": SHOP, "status": "pending", "common_name": "www.shop.example.co.uk", "created_days_ago": 60},
    ],
    "domains": [{"id": 1, "name": "example.com"}, {"id": 2, "name": "shop.example.co.uk"}],
}
GATEWAY = {"hosts": "gateway", "gather_facts": False}


@pytest.fixture
def desk(controller: Controller, sim: Simulator) -> Controller:
    sim.reset(BOOK)
    controller.env["DIGICERT_API_KEY"] = KEY
    return controller


def role(name: str, **variables: Any) -> dict[str, Any]:
    """A task that runs a role; its variables without their prefix."""
    return {
        "name": f"Run {name}",
        "ansible.builtin.include_role": {"name": f"certops.orders.{name}"},
        "vars": {f"{name}_{option}": value for option, value in variables.items()},
    }


def rescued(task: Mapping[str, Any], number: int) -> dict[str, Any]:
    debug = {"name": f"Refusal {number}", "ansible.builtin.debug": {"var": "ansible_failed_result"}}
    return {"name": f"Try {number}", "block": [task], "rescue": [debug]}


def refusal(run: Run, number: int) -> str:
    return str(run[f"Refusal {number}"].result["ansible_failed_result"]["msg"])


def planned(run: Run) -> dict[str, str]:
    """The last plan of a run, as actions by order."""
    assert run.rc == 0, run.output
    plan = run.all("Make or apply the plan")[-1].result["plan"]
    return {entry["order"]: entry["action"] for entry in plan["entries"]}


# -- names -------------------------------------------------------------------------------------------------------------


def test_a_misspelled_variable_is_refused_wherever_it_is_set(desk: Controller, sim: Simulator) -> None:
    given = {"names": ["www.example.com"]}
    tasks = [
        rescued(role("decommission_domain", **given, protect=["*.example.com"]), 0),
        rescued(role("cancel_stale_orders", exlude="*.example.com"), 1),
        rescued(role("mark_renewed_orders", max_change=1), 2),
        rescued(role("order_report", dir=str(desk.home / "reports"), format="html"), 3),
        rescued(role("order_plan", kind="mine", entrys=[]), 4),
    ]
    # What cannot be evaluated is not evaluated: names are compared, and never values.
    more = {"decommission_domain_kept_name": "{{ of_nothing_that_there_is }}"}
    (desk.desk / "group_vars").mkdir()
    desk.write("group_vars/all.yml", json.dumps(more))

    run = desk.playbook(json.dumps([{**GATEWAY, "tasks": tasks}]))

    assert run.rc == 0, run.output
    # Each with the variable that it is nearest to.
    assert mentions(refusal(run, 0), "decommission_domain_protect", "decommission_domain_protected")
    assert mentions(refusal(run, 0), "decommission_domain_kept_name", "decommission_domain_kept_names")
    assert mentions(refusal(run, 1), "cancel_stale_orders_exlude", "cancel_stale_orders_exclude")
    assert mentions(refusal(run, 2), "mark_renewed_orders_max_change")
    assert mentions(refusal(run, 3), "order_report_format", "order_report_formats")
    assert mentions(refusal(run, 4), "order_plan_entrys", "order_plan_entries")
    assert sim.journal() == []


def test_what_the_roles_leave_behind_is_known_when_they_are_used_again(desk: Controller) -> None:
    reports = str(desk.home / "reports")
    stale = role("cancel_stale_orders", report_dir=reports)
    domain = role("decommission_domain", names="www.example.com", report_dir=reports)
    marks = role("mark_renewed_orders", report_dir=reports)
    # As AWX hands artifacts of the job that planned to the one behind it.
    artifacts = {
        f"{kind}_plan{part}": ""
        for kind in ("decommission_domain", "cancel_stale_orders", "mark_renewed_orders", "mark_renewed_orders_undo")
        for part in ("", "_path", "_sha256")
    }
    tasks = [stale, domain, marks, role("order_report", dir=reports), stale]
    variables = {**artifacts, "awx_job_id": 4711}

    run = desk.playbook(json.dumps([{**GATEWAY, "tasks": tasks}]), variables=variables, timeout=600)

    assert run.rc == 0, run.output
    assert len(run.all("Make or apply the plan")) == 4


# -- values ------------------------------------------------------------------------------------------------------------


def test_lists_and_numbers_are_text_on_the_command_line(desk: Controller) -> None:
    play = [{"import_playbook": "certops.orders.decommission_domain"}]

    def run(*arguments: str) -> dict[str, str]:
        return planned(desk.playbook(json.dumps(play), args=[part for one in arguments for part in ("-e", one)]))

    names = "decommission_domain_names=www.example.com,api.example.com"
    assert run(names) == {str(PENDING): "cancel", str(OTHER): "cancel"}
    assert run(names, "decommission_domain_protected=www.*", "decommission_domain_expected_changes=") == {
        str(PENDING): "leave",
        str(OTHER): "cancel",
    }
    assert run("decommission_domain_names='www.example.com\nwww.shop.example.co.uk'") == {
        str(PENDING): "cancel",
        str(SHOP): "cancel",
    }

    refused = desk.playbook(
        json.dumps(play),
        variables={"decommission_domain_names": "a.example, b!.example"},
        env={"DIGICERT_API_KEY": KEY},
    )
    assert refused.rc == 2
    (failed,) = (task for task in refused.tasks if task.failed)
    assert mentions(failed.result["msg"], "decommission_domain_names", 2, "b!.example")


FIRST_COMMAND = re.compile(r"```sh\n(ansible-playbook [^\n]*)\n```")


@pytest.mark.parametrize("name", ["decommission_domain", "mark_renewed_orders", "cancel_stale_orders", "order_report"])
def test_the_first_command_of_its_readme_works_as_printed(name: str, desk: Controller) -> None:
    (command,) = FIRST_COMMAND.findall((ROOT / "roles" / name / "README.md").read_text())[:1]
    program, playbook, *arguments = shlex.split(command)
    assert (program, playbook) == ("ansible-playbook", f"certops.orders.{name}")

    run = desk.playbook(json.dumps([{"import_playbook": playbook}]), args=arguments)

    assert run.rc == 0, run.output
    assert run.effects == []


# -- names that reach too far, and patterns that protect nothing -------------------------------------------------------


def test_subdomains_are_decommissioned_only_below_a_domain_of_the_account(desk: Controller, sim: Simulator) -> None:
    below = {"include_subdomains": True}
    tasks = [
        rescued(role("decommission_domain", names="co.uk", **below), 0),
        rescued(role("decommission_domain", names=["example.com", "example.co.uk"], **below), 1),
        role(
            "decommission_domain", names="shop.example.co.uk", **below, protected="pay.example.com, *.pya.example.com"
        ),
    ]

    run = desk.playbook(json.dumps([{**GATEWAY, "tasks": tasks}]))

    assert planned(run) == {str(SHOP): "cancel"}
    variables = ("decommission_domain_names", "decommission_domain_include_subdomains")
    assert mentions(refusal(run, 0), *variables, "co.uk")
    assert mentions(refusal(run, 1), *variables, "example.co.uk")
    # The others were refused.
    (plan,) = (task for task in run.all("Make or apply the plan") if not task.failed)
    (lone,) = plan.result["plan"]["notes"]
    assert mentions(lone, "decommission_domain_protected", "pay.example.com", "*.pya.example.com")
    assert any(line.endswith(lone) for line in plan.table)
    requests = [describe(request) for request in sim.journal()]
    # One read more for each, and nothing of the account where a name is refused. An end rests on the order's own page.
    assert requests == [*(3 * ["user", "domains"]), "list ", f"read {SHOP}"]


# -- reports -----------------------------------------------------------------------------------------------------------


def test_a_report_on_orders_that_were_read_before_reads_nothing(desk: Controller, sim: Simulator) -> None:
    reports = desk.home / "reports"
    tasks = [
        {"name": "Find", "certops.orders.digicert_order_info": {"status": ["pending"]}, "register": "mine"},
        role("order_report", dir=str(reports), orders_from="mine", formats="json", title="Pending"),
        rescued(role("order_report", dir=str(reports), orders_from="of_nobody"), 0),
    ]

    run = desk.playbook(json.dumps([{**GATEWAY, "tasks": tasks}]))

    assert run.rc == 0, run.output
    report = json.loads((reports / "orders-report.json").read_text())
    assert (report["title"], report["at_a_glance"]["orders"]) == ("Pending", 3)
    assert [path.name for path in reports.iterdir()] == ["orders-report.json"]
    assert [describe(request) for request in sim.journal()] == ["list "]
    assert mentions(refusal(run, 0), "order_report_orders_from", "of_nobody")
