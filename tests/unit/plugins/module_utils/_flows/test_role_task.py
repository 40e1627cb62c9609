# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of a role are the options of its task, each of them, and its result is what the role does next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._flows.role_task import ROLES, arguments, result_for_role
from ansible_collections.certops.orders.plugins.module_utils._role_options.checks import SHAPES, Shape
from ansible_collections.certops.orders.plugins.module_utils._role_options.variables import VARIABLES
from ansible_collections.certops.orders.plugins.modules import order_plan
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import validated

SHA256 = 64 * "a"
UNDO = "mark_renewed_orders_undo"
# What each role needs; the phase that uses as many variables as possible.
NEEDED: dict[str, dict[str, Any]] = {
    "decommission_domain": {"decommission_domain_names": ["www.example.com"]},
    "order_plan": {"order_plan_kind": "mine"},
    "mark_renewed_orders": {},
    "cancel_stale_orders": {},
}
# Variables of reports, which count where there is one.
OF_REPORTS = ("contacts", "report_title", "orders_from")
# Valid values of variables whose default does not show their type.
VALUES: dict[str, Any] = {
    "phase": "apply",
    "account": {"account_id": 5},
    "entries": [{"provider": "certcentral"}],
    "request": {"names": ["www.example.com"]},
    "servers": {"web1": ["www.example.com"]},
    "servertastic": {"request_again": True},
}


def given(role: str, kind: str = "", **variables: Any) -> dict[str, Any]:
    """The arguments of the task of a role; every template is resolved."""
    task = {"role": {"name": role}, **({"kind": kind} if kind else {})}
    found = arguments(task, {**NEEDED[role], **variables}, lambda value: value)
    assert validated(order_plan, found)[1] == []
    return found


def other(role: str, variable: str) -> Any:
    """A valid value of a variable that is not its default."""
    default, option = VARIABLES[role][variable], variable[len(role) + 1 :]
    shape = SHAPES[role].get(option)
    if shape is not None:
        element = other_element(shape)
        return [element] if shape.is_list else element
    if option in VALUES:
        return VALUES[option]
    return not default if isinstance(default, bool) else "other"


def other_element(shape: Shape) -> Any:
    if shape.choices:
        return shape.choices[-1]
    if shape.is_number:
        return shape.least + 7
    return "other.example.com" if shape.is_domain else "other"


def approved(role: str, kind: str, **plan: str) -> dict[str, Any]:
    """Variables with an approved plan; plan: `path`, or `plan` (`document` for the role order_plan)."""
    prefix = "order_plan_" if role == "order_plan" else f"{kind or role}_plan_"
    texts = (
        {f"{role}_document" if role == "order_plan" else f"{kind or role}_plan": plan["plan"]} if "plan" in plan else {}
    )
    return {f"{prefix}sha256": SHA256, **({f"{prefix}path": plan["path"]} if "path" in plan else {}), **texts}


def kind_of(variable: str) -> str:
    return UNDO if variable.startswith(UNDO) and not variable.endswith("_undo_expired") else ""


def cases() -> Iterator[tuple[str, str]]:
    # Those of an approved plan, and of its absence, have tests of their own.
    apart = ("_confirm", "_document", "_plan")
    for role in ROLES:
        yield from ((role, variable) for variable in VARIABLES[role] if not variable.endswith(apart))


@pytest.mark.parametrize("role", ROLES)
def test_no_extra_variable_replaces_a_fact_that_a_role_sets(role: str) -> None:
    task = {"role": {"name": role}}
    for variable in (f"{role}__own", "order_plan__done", "order_plan_result", "order_plan_outcomes"):
        with pytest.raises(OptionError, match=rf"^{variable} "):
            arguments(task, NEEDED[role], lambda value: value, [f"{role}_phase", variable])
    # Artifacts of the job before are extra variables; the facts of an earlier use of the role are none.
    passed_on = ["order_plan_changes", "order_plan_summary", f"{role}_plan_sha256"]
    assert arguments(task, {**NEEDED[role], "order_plan__done": {}}, lambda value: value, passed_on)


@pytest.mark.parametrize(("role", "variable"), list(cases()))
def test_every_variable_of_a_role_has_an_effect(role: str, variable: str) -> None:
    kind = kind_of(variable)
    base = {f"{role}_confirm": True, **approved(role, kind, path="/plans/plan.json")}
    if variable.endswith(OF_REPORTS):
        base[f"{role}_report_dir"] = "/reports"

    def differs(phase: str) -> bool:
        start = {**base, f"{role}_phase": phase}
        return given(role, kind, **start) != given(role, kind, **{**start, variable: other(role, variable)})

    assert any(map(differs, ("plan", "apply", "all")))


@pytest.mark.parametrize(("role", "kind"), [*((role, "") for role in ROLES), ("mark_renewed_orders", UNDO)])
def test_an_approved_plan_is_in_a_file_or_in_a_variable(role: str, kind: str) -> None:
    phase = {f"{role}_phase": "apply"}
    by_path = given(role, kind, **phase, **approved(role, kind, path="/plans/plan.json", plan="{}"))
    assert (by_path["path"], by_path["sha256"], "plan" in by_path) == ("/plans/plan.json", SHA256, False)
    by_text = given(role, kind, **phase, **approved(role, kind, plan="{}"))
    assert (by_text["plan"], by_text["sha256"], "path" in by_text) == ("{}", SHA256, False)
    # What an earlier job has left counts for nothing where nothing is approved.
    planned = given(role, kind, **approved(role, kind, path="/plans/plan.json", plan="{}"))
    assert (planned["state"], planned["without_approval"], {"sha256", "plan"} & set(planned)) == (
        "planned",
        False,
        set(),
    )
    confirmed = {f"{role}_phase": "all", f"{role}_confirm": "yes"}
    assert given(role, kind, **confirmed)["without_approval"] is True


def test_the_defaults_of_a_role_are_those_of_the_module() -> None:
    found = given("cancel_stale_orders")
    assert (found["state"], found["kind"], found["batch_size"]) == ("planned", "cancel_stale_orders", 100)
    assert (found["request"]["older_than_days"], found["request"]["include"]) == (30, ["*"])
    assert not {"reorder_sheets_dir", "report", "path", "sha256", "plan", "expected_changes", "entries"} & set(found)
    # A plan without entries is a plan.
    assert given("order_plan")["entries"] == []


def test_text_is_as_good_as_lists_numbers_and_flags() -> None:
    found = given(
        "decommission_domain",
        decommission_domain_names="www.example.com, api.example.com",
        decommission_domain_max_changes="40",
        decommission_domain_expected_changes="",
        decommission_domain_probe="no",
        decommission_domain_include_subdomains="yes",
    )
    assert found["request"]["names"] == ["www.example.com", "api.example.com"]
    assert (found["request"]["probe"], found["request"]["include_subdomains"]) == (False, True)
    assert found["max_changes"] == 40
    assert "expected_changes" not in found


@pytest.mark.parametrize("variable", ["decommission_domain_rehearse", "order_plan_rehearse"])
def test_either_variable_rehearses(variable: str) -> None:
    assert given("decommission_domain", **{variable: True})["rehearse"] is True
    assert given("decommission_domain")["rehearse"] is False


@pytest.mark.parametrize("formats", [[], ["csv"]])
def test_a_report_has_the_formats_of_the_variable_even_if_there_are_none(formats: list[str]) -> None:
    found = given("decommission_domain", decommission_domain_report_dir="/reports", order_report_formats=formats)
    assert found["report"]["formats"] == formats


@pytest.mark.parametrize("value", [None, ""])
def test_a_switch_without_a_value_has_its_default(value: str | None) -> None:
    found = given("decommission_domain", decommission_domain_probe=value, decommission_domain_certcentral=value)
    assert (found["request"]["probe"], found["request"]["certcentral"]) == (True, True)


def test_options_that_a_role_does_not_have_are_those_of_order_plan() -> None:
    variables = {"order_plan_batch_size": "7", "order_plan_print": False, "awx_job_id": 4711}
    found = given("mark_renewed_orders", **variables)
    assert (found["batch_size"], found["print"], found["job"]) == (7, False, "4711")


@pytest.mark.parametrize("is_there", [True, False])
def test_check_mode_reads_no_request_log_where_there_is_no_folder(is_there: bool, tmp_path: Path) -> None:
    folder = tmp_path if is_there else tmp_path / "none"
    found = given("decommission_domain", decommission_domain_report_dir=str(folder), ansible_check_mode=True)
    log = f"{folder}/servertastic-requests.jsonl" if is_there else ""
    assert found["servertastic"] == {"request_log": log, "replacement": "none"}


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_folder_of_an_unknown_user_is_refused_with_its_variable(check_mode: bool) -> None:
    folder = "~nosuchuser/reports"
    with pytest.raises(OptionError, match=r"^cancel_stale_orders_report_dir .*~nosuchuser"):
        given("cancel_stale_orders", cancel_stale_orders_report_dir=folder, ansible_check_mode=check_mode)


def test_a_folder_whose_name_is_too_long_is_refused_with_its_variable() -> None:
    # Elsewhere, the folder is created, which fails.
    with pytest.raises(OptionError, match=r"^order_plan_report_dir .*nnn"):
        given("order_plan", order_plan_report_dir="/" + 300 * "n", ansible_check_mode=True)


REFUSED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a phase that there is not": ("cancel_stale_orders", "", {"cancel_stale_orders_phase": "al"}),
    "all at once, not confirmed": ("cancel_stale_orders", "", {"cancel_stale_orders_phase": "all"}),
    "apply without a plan": ("decommission_domain", "", {"decommission_domain_phase": "apply"}),
    "apply without a digest": (
        "mark_renewed_orders",
        UNDO,
        {"mark_renewed_orders_phase": "apply", f"{UNDO}_plan_path": "/plans/plan.json"},
    ),
    "entries of a kind of their own": ("order_plan", "", {"order_plan_phase": "apply"}),
    "entries of a kind of a role": (
        "order_plan",
        "",
        {"order_plan_kind": "decommission_domain", "order_plan_phase": "apply"},
    ),
    "a guard of another role": ("decommission_domain", "", {"order_plan_max_changes": 3}),
    "a variable that there is not": ("decommission_domain", "", {"decommission_domain_protect": "*"}),
    "a variable of the engine that there is not": ("mark_renewed_orders", "", {"order_plan_max_change": 3}),
    "a number that is none": ("cancel_stale_orders", "", {"cancel_stale_orders_limit": "many"}),
    "options that are none": ("order_plan", "", {"order_plan_servertastic": "wait"}),
    "an account that is none": ("order_plan", "", {"order_plan_account": '{"account_id": 1}'}),
    "a switch that is none": ("decommission_domain", "", {"decommission_domain_probe": "maybe"}),
    "separators only": ("mark_renewed_orders", "", {"mark_renewed_orders_organizations": " , "}),
}


def test_what_is_not_valid_is_refused_by_the_name_of_its_variable() -> None:
    messages = {}
    for situation, (role, kind, variables) in REFUSED.items():
        with pytest.raises(OptionError) as refusal:
            given(role, kind, **variables)
        messages[situation] = str(refusal.value)
    check_messages("_flows role_task", messages)


def test_a_task_of_its_own_stays_as_it_is() -> None:
    task = {"state": "planned", "kind": "mine", "entries": []}
    variables = {"decommission_domain_protect": "*", "order_plan_print": False}
    assert arguments(task, variables, lambda value: value) == task
    # Refused by the validation of the arguments.
    for role in ({"name": "nobody"}, "order_plan", {}):
        assert arguments({**task, "role": role}, variables, lambda value: value) == {**task, "role": role}


# -- the result --------------------------------------------------------------------------------------------------------


def finished(*, failed: bool = False, check_mode: bool = False, **params: Any) -> dict[str, Any]:
    role = {"name": "order_plan", "deliver_tasks": params.pop("deliver_tasks", ""), "fail": params.pop("fail", True)}
    result = {
        "sha256": params.pop("sha256", SHA256),
        "path": "",
        "text": "{}",
        "outcomes": [],
        "result": {"failed": failed, "msg": "m", "counts": {"planned": 3}},
    }
    files = {"html": "/r.html"} if params.pop("report", True) else None
    shown = {"report": {"files": files, "headline": "h", "changed": True}} if files else {}
    given_params = {"role": role, "state": "applied", "kind": "mine", "rehearse": False, "print": True, **params}
    return result_for_role({**result, **shown, "failed": failed}, given_params, check_mode=check_mode)


def test_what_failed_fails_the_role_at_its_end() -> None:
    assert "failed" not in finished(failed=True)
    assert finished(failed=True)["role"]["fail"]
    assert not finished(failed=True, fail=False)["role"]["fail"]
    assert not finished()["role"]["continue"]


def test_a_rehearsal_ends_the_run_at_once() -> None:
    assert finished(failed=True, rehearse=True)["failed"]
    assert "failed" not in finished(failed=True, rehearse=True, fail=False)


def test_a_task_that_made_no_plan_fails_itself() -> None:
    result = {"failed": True, "msg": "m"}
    assert result_for_role(result, {"role": {"name": "order_plan"}}, check_mode=False) == result


def test_only_a_report_that_was_written_is_delivered() -> None:
    tasks = {"deliver_tasks": "/deliver.yml"}
    assert finished(**tasks)["role"] == {"continue": True, "deliver": True, "print": False, "fail": False, **tasks}
    assert not finished(**tasks, check_mode=True)["role"]["deliver"]
    assert not finished(**tasks, report=False)["role"]["deliver"]
    # Tasks that follow must not find the report of an earlier run.
    assert finished(report=False)["report"] == {"files": {}, "headline": "", "changed": False}


def test_the_table_is_printed_again_after_a_report_of_a_plan_was_delivered() -> None:
    tasks = {"deliver_tasks": "/deliver.yml"}
    assert finished(**tasks, state="planned")["role"]["print"]
    assert not finished(state="planned")["role"]["print"]
    assert not finished(**tasks, state="planned", print=False)["role"]["print"]
    assert not finished(**tasks, state="planned", check_mode=True)["role"]["print"]


def test_the_next_job_gets_the_plan_and_the_number_of_its_changes() -> None:
    data = finished(state="planned")["ansible_stats"]["data"]
    summary = {"order_plan_summary": f"m (plan {SHA256})", "order_plan_changes": 3}
    assert data == {**summary, "mine_plan_sha256": SHA256, "mine_plan": "{}"}


def test_a_notification_has_the_summary_of_every_run() -> None:
    assert finished()["ansible_stats"]["data"] == {"order_plan_summary": f"m (plan {SHA256})"}
    # Nothing was read of a plan that cannot be applied.
    assert finished(sha256="")["ansible_stats"]["data"] == {"order_plan_summary": "m"}
