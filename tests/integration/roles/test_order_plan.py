# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan is made by one run, approved, and carried out by another, which does what both agree on, and no more."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._plans import document as _plan
from ansible_collections.certops.orders.tests.integration.servertastic_support import date_back
from ansible_collections.certops.orders.tests.integration.support import (
    Controller,
    Run,
    Simulator,
    describe,
    mentions,
    report_names,
    seed,
    without_time,
)

ACCOUNT = {"account_id": 100001, "api_host": "certsim"}
CANCEL, CANCEL_TOO, REJECT, DROP, MARK, UNMARK, LAPSE, REVOKE, KEEP = 11, 12, 21, 31, 41, 42, 51, 61, 71
BOOK = seed(
    {"id": CANCEL, "status": "pending", "common_name": "one.example.com"},
    {"id": CANCEL_TOO, "status": "pending", "common_name": "two.example.com"},
    {"id": REJECT, "status": "needs_approval"},
    {"id": DROP, "status": "reissue_pending"},
    {"id": MARK, "status": "issued", "origin": "migrated", "valid_till_in_days": 30},
    {"id": UNMARK, "status": "issued", "origin": "migrated", "valid_till_in_days": 30, "is_renewed": True},
    {"id": LAPSE, "status": "issued", "auto_reissue": 1, "is_multi_year_plan": True},
    {"id": REVOKE, "status": "reissue_pending"},
    {"id": KEEP, "status": "issued"},
)
# What is to be done with an order, and the states from which it is.
WANTED = {
    CANCEL: ("cancel", "pending"),
    CANCEL_TOO: ("cancel", "pending"),
    REJECT: ("reject_request", "needs_approval"),
    DROP: ("drop_reissue", "reissue_pending"),
    MARK: ("mark_renewed", "issued"),
    UNMARK: ("unmark_renewed", "issued"),
    LAPSE: ("lapse", "issued"),
    REVOKE: ("revoke", "reissue_pending issued"),
    KEEP: ("keep", "issued"),
}
# One of each, distinguished by the reaction of the service.
EFFECTS = [
    f"auto-reissue {LAPSE} 0",
    f"emails {LAPSE} off",
    f"note {LAPSE}",
    f"revoke {REVOKE}",
    f"set {CANCEL} canceled",
    f"set {CANCEL_TOO} canceled",
    f"set {DROP} canceled",
    f"set {MARK} renewed",
    f"set {REVOKE} canceled",
    f"set {UNMARK} not_renewed",
    f"settle {REJECT}0 rejected",
]


def planned(sim: Simulator, *orders: int, wanted: Mapping[int, tuple[str, str]] | None = None) -> list[dict[str, Any]]:
    """Plan as a role would, by the account as it is."""
    meant = wanted or WANTED
    return [_planned(sim.order(order), *meant[order]) for order in orders or meant]


def _planned(order: Mapping[str, Any], action: str, states: str) -> dict[str, Any]:
    status = order["status"]
    over = {
        "mark_renewed": order["is_renewed"],
        "unmark_renewed": not order["is_renewed"],
        "lapse": order["disable_renewal_notifications"] and not order["auto_reissue"],
    }
    done = status not in states.split() or over.get(action, False)
    drops = {"drop_reissue": True} if action == "revoke" and status == "reissue_pending" else {}
    return {
        "provider": "certcentral",
        "order": str(order["id"]),
        "name": order["common_name"],
        "domains": [order["common_name"]],
        "action": "nothing" if done else action,
        "reason": f"it is {status}",
        "state": {"status": status},
        **({} if done else drops),
    }


def report_of(plans: Plans, phase: str) -> dict[str, Any]:
    """The report that a phase has left."""
    report: dict[str, Any] = json.loads((plans.report_dir / f"decommission_domain-{phase}.json").read_text())
    return report


def outcomes_of(report: Mapping[str, Any]) -> dict[str, str]:
    return {entry["order"]: entry["outcome"] for entry in report["entries"]}


class Plans:
    """A controller that runs the role, each time in a process of its own."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.path = controller.home / "plans" / "plan.json"
        self.report_dir = controller.home / "report"
        self.sha256 = ""

    def __call__(self, phase: str, entries: Sequence[Mapping[str, Any]], **options: Any) -> Run:
        variables = {"fresh": list(entries), **options.pop("more", {})}
        return self.controller.playbook(
            self.playbook(phase, **options.pop("variables", {})), variables=variables, **options
        )

    def playbook(self, phase: str, **variables: Any) -> str:
        given = {
            "order_plan_kind": "decommission_domain",
            "order_plan_account": ACCOUNT,
            "order_plan_phase": phase,
            "order_plan_path": str(self.path),
            "order_plan_sha256": self.sha256,
            "order_plan_entries": "{{ fresh }}",
            "order_plan_max_revocations": 1,
            "order_plan_note": "The server was retired",
            "order_plan_ticket": "CHG0031337",
            "order_plan_report_dir": str(self.report_dir),
            "order_plan_fail": False,
            **variables,
        }
        play = {
            "hosts": "gateway",
            "gather_facts": False,
            "tasks": [
                {
                    "name": "Order plan",
                    "ansible.builtin.include_role": {"name": "certops.orders.order_plan"},
                    "vars": {name: value for name, value in given.items() if value is not None},
                },
                {"name": "Outcomes", "ansible.builtin.debug": {"var": "order_plan_outcomes"}},
                {"name": "Result", "ansible.builtin.debug": {"var": "order_plan_result"}},
            ],
        }
        return json.dumps([play])

    def approve(self, entries: Sequence[Mapping[str, Any]], **options: Any) -> Run:
        """Make the plan, and take its digest for the next run."""
        run = self("plan", entries, **options)
        assert run.rc == 0, run.output
        self.sha256 = run["Make or apply the plan"].result["sha256"]
        return run


def outcomes(run: Run) -> dict[str, str]:
    assert run.rc == 0, run.output
    return {one["order"]: one["outcome"] for one in records(run)}


def records(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run["Outcomes"].result["order_plan_outcomes"]
    return found


def result(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run["Result"].result["order_plan_result"]
    return found


@pytest.fixture
def plans(controller: Controller, sim: Simulator) -> Plans:
    sim.reset(BOOK)
    return Plans(controller)


def journal_of_writes(sim: Simulator) -> list[str]:
    """What was asked to be changed, in its order."""
    return [describe(request) for request in sim.journal() if request["method"] != "GET"]


def effects(sim: Simulator) -> Counter[str]:
    return Counter(describe(request) for request in sim.journal() if request["effect"])


# -- planning ----------------------------------------------------------------------------------------------------------


def test_planning_prompts_for_nothing_and_prints_the_plan_to_approve(plans: Plans, sim: Simulator) -> None:
    run = plans.approve(planned(sim), env={"DIGICERT_API_KEY": "sim-readonly", "ANSIBLE_SHOW_CUSTOM_STATS": "1"})

    assert sim.journal() == []
    assert outcomes(run) == {str(order): "left" if order == KEEP else "planned" for order in WANTED}
    shown = run["Make or apply the plan"].result["table"]
    assert "\n".join(shown) in run.output
    assert any(mentions(line, 8, 9) for line in shown)
    assert mentions("\n".join(shown), plans.sha256, plans.path)
    # Each order has a line with its name and the reason, and each action a count.
    assert any(
        line.split()[:3] == ["cancel", str(CANCEL), "one.example.com"] for line in shown if "it is pending" in line
    )
    assert [line.split()[0] for line in shown if re.match(r" +\d+ ", line)] == ["1", "2", *(6 * ["1"])]
    stats = run.output.partition("CUSTOM STATS")[2]
    assert f'"decommission_domain_plan_sha256": "{plans.sha256}"' in stats
    assert f'"decommission_domain_plan_path": "{plans.path}"' in stats
    assert stat.S_IMODE(plans.path.stat().st_mode) == 0o600
    assert _plan.digest(plans.path.read_text()) == plans.sha256


def test_an_unchanged_plan_is_not_rewritten(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim))
    approved = plans.sha256

    again = plans.approve(list(reversed(planned(sim))))

    assert not again["Make or apply the plan"].result["changed"]
    assert plans.sha256 == approved
    plans.approve(planned(sim, CANCEL))
    assert plans.sha256 != approved


def test_too_large_a_plan_is_reported_and_written(plans: Plans, sim: Simulator) -> None:
    run = plans.approve(planned(sim), variables={"order_plan_max_changes": 3})

    (why,) = run["Make or apply the plan"].result["violations"]
    assert mentions(why, 8, "decommission_domain_max_changes", 3)
    assert f"  - {why}" in run.output.splitlines()


def test_a_plan_is_not_printed_where_a_program_reads_the_output(plans: Plans, sim: Simulator) -> None:
    run = plans.approve(planned(sim, CANCEL), variables={"order_plan_print": False})

    table = run["Make or apply the plan"].table
    assert any(mentions(line, CANCEL, "one.example.com") for line in table)
    assert not set(table[1:]) & set(run.output.splitlines()) - {""}


@pytest.mark.parametrize("form", ["plan", "text"])
def test_a_plan_without_a_file_is_handed_on_whole(form: str, plans: Plans, sim: Simulator) -> None:
    run = plans.approve(planned(sim, CANCEL), variables={"order_plan_path": ""}, env={"ANSIBLE_SHOW_CUSTOM_STATS": "1"})
    (line,) = re.findall(r"RUN: (\{.*\})$", run.output, re.MULTILINE)
    made = run["Make or apply the plan"].result
    assert json.loads(line) == {
        "decommission_domain_plan": made["text"],
        "decommission_domain_plan_sha256": made["sha256"],
        # What a notification shows, and what a workflow needs to know whether it has to ask for an approval.
        "order_plan_changes": 1,
        "order_plan_summary": f"{made['result']['msg']} (plan {made['sha256']})",
    }
    # As the next job of a workflow gets it.
    more = {"handed_on": made[form]}

    run = plans(
        "apply",
        planned(sim, CANCEL),
        variables={"order_plan_path": "", "order_plan_document": "{{ handed_on }}"},
        more=more,
    )

    assert outcomes(run) == {str(CANCEL): "done"}


# -- applying ----------------------------------------------------------------------------------------------------------


@pytest.mark.story("order_plan")
def test_it_applies_the_approved_plan_and_verifies_the_first_change_before_the_second(
    plans: Plans, sim: Simulator
) -> None:
    plans.approve(planned(sim))

    run = plans("apply", planned(sim), more={"awx_job_id": 4711})

    came_to = {str(order): "done" for order in WANTED} | {str(KEEP): "left", str(REVOKE): "pending_approval"}
    assert outcomes(run) == came_to
    assert not result(run)["failed"]
    assert sorted(effects(sim)) == sorted(EFFECTS)
    assert set(effects(sim).values()) == {1}
    # What cannot be undone comes last.
    turns = [int(write.split()[1]) for write in journal_of_writes(sim)]
    assert turns[0] == REJECT * 10
    assert sorted(turns[1:3]) == [CANCEL, CANCEL_TOO]
    assert turns[3:] == [DROP, MARK, UNMARK, LAPSE, LAPSE, LAPSE, REVOKE, REVOKE]
    requests = [describe(request) for request in sim.journal()]
    first, second = requests.index(f"settle {REJECT}0 rejected"), requests.index(f"set {CANCEL} canceled")
    assert f"read {REJECT}" in requests[first + 1 : second]
    # All orders are read once more, in one request; a revocation that waits shows nothing there.
    assert requests[-1] == f"list {REJECT},{CANCEL},{CANCEL_TOO},{DROP},{MARK},{UNMARK},{LAPSE}"
    note = f"The server was retired; CHG0031337; AWX job 4711; plan {plans.sha256[:12]}"
    assert [one["text"] for one in sim.order(CANCEL)["notes"]] == [note]
    assert [one["text"] for one in sim.order(LAPSE)["notes"]] == [note]
    assert [request["comments"] for request in sim.order(REVOKE)["requests"] if request["type"] == "revoke"] == [note]

    again = plans("apply", planned(sim))

    assert outcomes(again) == came_to
    assert sorted(effects(sim)) == sorted(EFFECTS)
    assert set(effects(sim).values()) == {1}


def test_it_saves_what_it_takes_to_order_again(plans: Plans, sim: Simulator) -> None:
    sim.patch(REVOKE, csr="-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n")
    several = (CANCEL, REJECT, REVOKE, MARK)
    plans.approve(planned(sim, *several))

    plans("apply", planned(sim, *several))

    files = sorted(plans.report_dir.glob("reorder-*"))
    assert [file.name for file in files] == [f"reorder-certcentral-{order}.json" for order in (CANCEL, REJECT, REVOKE)]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    sheet = json.loads(files[2].read_text())
    assert sheet["order_id"] == REVOKE
    assert sheet["csr"].startswith("-----BEGIN CERTIFICATE REQUEST-----")
    assert sheet["domains"] == [sim.order(REVOKE)["common_name"]]
    assert {"product_name", "organization_name", "plan_sha256", "ticket"} <= set(sheet)


def test_each_phase_leaves_its_report(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim, CANCEL, KEEP))
    plans("apply", planned(sim, CANCEL, KEEP))

    names = {without_time(file.name) for file in plans.report_dir.glob("decommission_domain-*")}
    assert names == {name for phase in ("plan", "apply") for name in report_names(phase, plans.sha256)}
    reports = {phase: report_of(plans, phase) for phase in ("plan", "apply")}
    assert {phase: one["phase"] for phase, one in reports.items()} == {"plan": "plan", "apply": "apply"}
    assert {phase: outcomes_of(one) for phase, one in reports.items()} == {
        "plan": {str(CANCEL): "planned", str(KEEP): "left"},
        "apply": {str(CANCEL): "done", str(KEEP): "left"},
    }
    assert {one["plan_sha256"] for one in reports.values()} == {plans.sha256}


def test_the_report_shows_the_account_where_its_orders_are_given(plans: Plans, sim: Simulator) -> None:
    book = json.loads(plans.playbook("plan", order_plan_orders_from="account", order_plan_report_title="The end"))
    read = {"name": "Read", "certops.orders.digicert_order_info": {}, "register": "account"}
    book[0]["tasks"].insert(0, read)

    run = plans.controller.playbook(json.dumps(book), variables={"fresh": planned(sim, CANCEL)})

    assert run.rc == 0, run.output
    report = report_of(plans, "plan")
    assert report["title"] == "The end"
    assert report["at_a_glance"]["orders"] == len(WANTED)


def test_without_a_sheet_nothing_is_ended(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim, CANCEL))
    (plans.report_dir / f"reorder-certcentral-{CANCEL}.json").mkdir()

    run = plans("apply", planned(sim, CANCEL))

    assert result(run)["failed"]
    assert result(run)["counts"]["failed"] == 1
    assert f"reorder-certcentral-{CANCEL}.json" in run["Make or apply the plan"].msg
    assert journal_of_writes(sim) == []


@pytest.mark.parametrize("in_the_way", ["the folder is a file", "its parent is a file", "a report is a folder"])
def test_a_report_that_cannot_be_written_is_found_out_before_the_first_change(
    plans: Plans, sim: Simulator, in_the_way: str
) -> None:
    plans.approve(planned(sim))
    file = plans.controller.home / "file"
    file.touch()
    folder = {"the folder is a file": file, "its parent is a file": file / "report"}.get(in_the_way, plans.report_dir)
    if folder == plans.report_dir:
        (folder / "decommission_domain-apply.json").mkdir()

    run = plans("apply", planned(sim), variables={"order_plan_report_dir": str(folder)})

    assert run.rc == 2
    refused = run.bad("Make or apply the plan")
    assert refused.failure["code"] == "report_file"
    assert mentions(refused.msg, folder, "decommission_domain_report_dir")
    assert sim.journal() == []


def test_changed_orders_are_reported_and_left_and_new_ones_are_not_changed(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim, CANCEL, MARK, KEEP))
    sim.patch(CANCEL, status="issued")

    run = plans("apply", planned(sim, CANCEL, CANCEL_TOO, MARK, KEEP))

    by_order = {one["order"]: one["outcome"] for one in records(run)}
    assert by_order == {str(CANCEL): "left", str(CANCEL_TOO): "left", str(MARK): "done", str(KEEP): "left"}
    # The reason of the fresh plan, and that it differs from the approved one.
    reasons = {one["order"]: one["reason"] for one in records(run)}
    assert reasons[str(KEEP)] == "it is issued"
    for order, fresh in ((CANCEL, "it is issued"), (CANCEL_TOO, "it is pending")):
        assert fresh in reasons[str(order)]
        assert reasons[str(order)] != fresh
    assert journal_of_writes(sim) == [f"set {MARK} renewed"]


def test_an_order_ended_elsewhere_counts_as_done(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim, CANCEL, MARK))
    sim.patch(CANCEL, status="canceled")

    run = plans("apply", planned(sim, CANCEL, MARK))

    assert outcomes(run) == {str(CANCEL): "done", str(MARK): "done"}
    assert {one["order"]: one["reason"] for one in records(run)}[str(CANCEL)] != "it is pending"
    assert journal_of_writes(sim) == [f"set {MARK} renewed"]


def an_old_plan(plans: Plans, entries: Sequence[Mapping[str, Any]], hours: float, **more: Any) -> None:
    """Put a plan in place as it was written so many hours ago."""
    place = {"kind": "decommission_domain", **ACCOUNT, **more}
    now = datetime.now(timezone.utc) - timedelta(hours=hours)
    text = _plan.canonical(_plan.make(names=[], entries=entries, now=now, **place))
    plans.path.parent.mkdir()
    plans.path.touch(mode=0o600)
    plans.path.write_text(text)
    plans.sha256 = _plan.digest(text)


@pytest.mark.parametrize(
    ("hours", "more", "code", "named"),
    [
        (73, {}, "plan_expired", ()),
        (-1, {}, "plan_future", ()),
        (1, {"account_id": 7}, "plan_account_id", (7, 100001)),
        (1, {"api_host": "www.digicert.eu"}, "plan_api_host", ("www.digicert.eu", "certsim")),
        (1, {"kind": "cancel_stale_orders"}, "plan_kind", ("cancel_stale_orders", "decommission_domain")),
    ],
)
def test_a_plan_for_another_time_or_place_is_not_carried_out(
    hours: float, more: Mapping[str, Any], code: str, named: tuple[Any, ...], plans: Plans, sim: Simulator
) -> None:
    an_old_plan(plans, planned(sim, CANCEL), hours, **more)

    run = plans("apply", planned(sim, CANCEL, KEEP))

    assert outcomes(run) == {str(CANCEL): "refused", str(KEEP): "left"}
    assert run["Make or apply the plan"].failure["code"] == code
    assert mentions(result(run)["msg"], *named)
    assert result(run)["failed"]
    assert sim.journal() == []


def test_another_plan_than_the_approved_one_is_not_carried_out(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim, CANCEL))
    approved = plans.sha256
    plans.approve(planned(sim, CANCEL, CANCEL_TOO))
    plans.sha256 = approved
    kept_plan(plans, approved).unlink()

    run = plans("apply", planned(sim, CANCEL, CANCEL_TOO))

    assert set(outcomes(run).values()) == {"refused"}
    assert run["Make or apply the plan"].failure["code"] == "plan_sha256"
    assert result(run)["failed"]
    assert sim.journal() == []


def kept_plan(plans: Plans, sha256: str) -> Path:
    """Where a plan is kept after another one was written to its path."""
    return plans.path.with_name(f"plan.{sha256[:12]}.json")


def test_an_approved_plan_is_applied_after_another_one_was_written_to_its_path(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim, CANCEL))
    approved, text = plans.sha256, plans.path.read_text()
    plans("plan", planned(sim, CANCEL, CANCEL_TOO), args=["--check"])
    assert sorted(file.name for file in plans.path.parent.glob("*.json")) == ["plan.json"]
    plans.approve(planned(sim, CANCEL, CANCEL_TOO))
    assert plans.sha256 != approved
    assert kept_plan(plans, approved).read_text() == text
    assert stat.S_IMODE(kept_plan(plans, approved).stat().st_mode) == 0o600
    plans.sha256 = approved

    run = plans("apply", planned(sim, CANCEL, CANCEL_TOO))

    assert outcomes(run) == {str(CANCEL): "done", str(CANCEL_TOO): "left"}
    assert (result(run)["sha256"], result(run)["path"]) == (approved, str(kept_plan(plans, approved)))
    assert journal_of_writes(sim) == [f"set {CANCEL} canceled"]


def test_a_revocation_that_waits_keeps_its_request_in_every_report(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim, REVOKE))

    first = plans("apply", planned(sim, REVOKE))
    again = plans("apply", planned(sim, REVOKE))

    (filed,) = [one["id"] for one in sim.order(REVOKE)["requests"] if one["type"] == "revoke"]
    for run in (first, again):
        assert [(one["outcome"], one["request_id"]) for one in records(run)] == [("pending_approval", filed)]
        assert mentions(result(run)["msg"], filed)
        assert report_of(plans, "apply")["entries"][0]["outcome"] == "pending_approval"


@pytest.mark.parametrize(
    ("variables", "option", "named"),
    [
        ({"order_plan_max_changes": 2}, "decommission_domain_max_changes", (3, 2)),
        ({"order_plan_max_revocations": 0}, "decommission_domain_max_revocations", (1, 0)),
        ({"order_plan_expected_changes": 4}, "decommission_domain_expected_changes", (3, 4)),
        ({"order_plan_report_dir": ""}, "report_dir", ()),
    ],
)
def test_a_guard_keeps_everything_from_being_done(
    variables: Mapping[str, Any], option: str, named: tuple[Any, ...], plans: Plans, sim: Simulator
) -> None:
    several = (CANCEL, CANCEL_TOO, REVOKE)
    plans.approve(planned(sim, *several))

    run = plans("apply", planned(sim, *several), variables={**variables, "order_plan_fail": True})

    assert run.rc == 2
    msg = run.bad("Fail if a change failed").result["msg"]
    assert option in msg
    assert mentions(msg, *named)
    assert sim.journal() == []


def test_no_extra_variable_replaces_the_result_of_a_refused_plan(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim, CANCEL))
    role = {"continue": False, "deliver": False, "print": False, "fail": False}
    report: dict[str, Any] = {"changed": False, "files": {}, "headline": ""}
    done = {"outcomes": [], "result": {"failed": False, "msg": "ok"}, "report": report, "role": role}
    refused = {"order_plan_max_changes": 0, "order_plan_fail": True}

    run = plans("apply", planned(sim, CANCEL), variables=refused, more={"order_plan__done": done})

    assert run.rc == 2
    assert mentions(run.bad("Make or apply the plan").result["msg"], "order_plan__done")
    assert sim.journal() == []


@pytest.mark.parametrize(
    ("phase", "variables", "named"),
    [
        ("all", {}, "confirm"),
        ("apply", {"order_plan_sha256": ""}, "apply"),
        ("apply", {"order_plan_path": ""}, "apply"),
    ],
)
def test_what_cannot_be_meant_fails_at_once(
    phase: str, variables: Mapping[str, Any], named: str, plans: Plans, sim: Simulator
) -> None:
    plans.sha256 = 64 * "0"

    run = plans(phase, planned(sim, CANCEL), variables=dict(variables))

    assert run.rc == 2
    assert named in run.bad("Make or apply the plan").result["msg"]
    assert sim.journal() == []


def test_at_once_where_that_is_confirmed(plans: Plans, sim: Simulator) -> None:
    run = plans("all", planned(sim, CANCEL), variables={"order_plan_confirm": True})

    assert outcomes(run) == {str(CANCEL): "done"}
    assert plans.path.exists()


def test_nothing_is_changed_outside_of_the_window(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim, CANCEL, CANCEL_TOO))

    run = plans("apply", planned(sim, CANCEL, CANCEL_TOO), variables={"order_plan_not_before": "2999-01-01"})

    assert set(outcomes(run).values()) == {"not_attempted"}
    assert "not_before" in result(run)["msg"]
    assert result(run)["failed"]
    assert journal_of_writes(sim) == []


def test_a_window_that_is_not_valid_fails_when_planning(plans: Plans, sim: Simulator) -> None:
    run = plans("plan", planned(sim, CANCEL), variables={"order_plan_not_before": "tomorrow"})

    assert run.rc == 2
    assert "not_before" in run.bad("Make or apply the plan").result["msg"]
    assert sim.journal() == []


def test_where_the_first_change_fails_no_second_one_is_tried(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim, CANCEL, CANCEL_TOO, MARK))
    sim.fault("status", method="PUT", status=403, times=-1)

    run = plans("apply", planned(sim, CANCEL, CANCEL_TOO, MARK), variables={"order_plan_fail": True})

    assert run.rc == 2
    assert journal_of_writes(sim) == [f"set {CANCEL} canceled"]
    assert outcomes_of(report_of(plans, "apply")) == {
        str(CANCEL): "failed",
        **dict.fromkeys(map(str, (CANCEL_TOO, MARK)), "not_attempted"),
    }
    # The message has the counts, and names the first order that failed.
    assert mentions(run.bad("Fail if a change failed").result["msg"], 3, 1, 2, CANCEL)


def test_one_that_was_never_changed_proves_nothing(plans: Plans, sim: Simulator) -> None:
    sim.add(id=13, status="pending")
    wanted = {**WANTED, 13: ("cancel", "pending")}
    several = planned(sim, CANCEL, CANCEL_TOO, 13, wanted=wanted)
    plans.approve(several)
    sim.patch(CANCEL, status="processing")

    # Planned a moment before it was patched.
    run = plans("apply", several)

    assert outcomes(run) == {str(CANCEL): "refused", str(CANCEL_TOO): "done", "13": "done"}
    requests = [describe(request) for request in sim.journal()]
    assert (
        f"read {CANCEL_TOO}"
        in requests[requests.index(f"set {CANCEL_TOO} canceled") : requests.index("set 13 canceled")]
    )


def test_check_mode_changes_nothing_and_predicts_the_result(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim))

    run = plans("apply", planned(sim), args=["--check"])

    assert outcomes(run) == {str(order): "left" if order == KEEP else "planned" for order in WANTED}
    assert journal_of_writes(sim) == []
    assert [file.name for file in plans.report_dir.iterdir() if "-plan" not in file.name] == []


def test_check_mode_of_planning_writes_no_file(plans: Plans, sim: Simulator) -> None:
    plans.approve(planned(sim), args=["--check", "--diff"])

    assert not plans.path.exists()


# -- interrupted -------------------------------------------------------------------------------------------------------


def kill_all_of(pid: int) -> None:
    """Kill a process and all below it: a worker of Ansible has a session of its own."""
    parents = {}
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    doomed = {pid}
    while more := {one for one, parent in parents.items() if parent in doomed} - doomed:
        doomed |= more
    for one in doomed:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def interrupted(plans: Plans, sim: Simulator, orders: Sequence[int], kind: str) -> bool:
    """Apply, and kill it at its next change, if it makes one."""
    for method in ("PUT", "POST"):
        sim.fault(kind, method=method)
    process = plans.controller.start(plans.playbook("apply"), variables={"fresh": planned(sim, *orders)})
    try:
        while len(sim.faults()) == 2 and process.poll() is None:
            time.sleep(0.05)
        return len(sim.faults()) < 2
    finally:
        kill_all_of(process.pid)
        output = process.communicate(timeout=60)[0]
        sim.clear_faults()
        assert "fatal" not in output, output


def test_killed_at_every_change_it_converges_with_one_effect_each(plans: Plans, sim: Simulator) -> None:
    several = [order for order in WANTED if order != KEEP]
    plans.approve(planned(sim, *several))

    # Just before a change takes effect, and then after each of them, before the answer comes.
    assert interrupted(plans, sim, several, "hang")
    assert effects(sim) == Counter()
    killed = 0
    while interrupted(plans, sim, several, "hang_after"):
        killed += 1
        assert effects(sim).total() == killed
    assert killed == len(EFFECTS)

    run = plans("apply", planned(sim, *several))

    assert outcomes(run) == {str(order): "done" for order in several} | {str(REVOKE): "pending_approval"}
    assert effects(sim) == Counter(EFFECTS)


# -- what comes from a service -----------------------------------------------------------------------------------------

HOSTILE = """
- hosts: gateway
  gather_facts: false
  tasks:
    - name: Read
      certops.orders.digicert_order_info:
        order_ids: [11]
      register: account
    - name: Plan
      ansible.builtin.set_fact:
        entries:
          - provider: certcentral
            order: "{{ account.orders[0].order_id | string }}"
            name: "{{ account.orders[0].common_name }}"
            domains: "{{ account.orders[0].domains + [account.orders[0].common_name] }}"
            action: cancel
            reason: "it is {{ account.orders[0].common_name }}"
            state: {name: "{{ account.orders[0].common_name }}", status: "{{ account.orders[0].status }}"}
    - name: Role
      ansible.builtin.include_role:
        name: certops.orders.order_plan
      vars:
        order_plan_kind: decommission_domain
        order_plan_entries: "{{ entries }}"
        order_plan_phase: all
        order_plan_confirm: true
        order_plan_report_dir: "{{ report_dir }}"
    - name: Outcomes
      ansible.builtin.debug:
        var: order_plan_outcomes
"""


def test_a_hostile_name_stays_a_text(controller: Controller, sim: Simulator) -> None:
    trap = controller.home / "trapped"
    name = f"{{{{ lookup('pipe', 'touch {trap}') }}}}"
    sim.reset(seed({"id": 11, "status": "pending", "common_name": name}))

    run = controller.playbook(HOSTILE, variables={"report_dir": str(controller.home / "report")})

    assert run.rc == 0, run.output
    assert not trap.exists()
    assert [one["outcome"] for one in records(run)] == ["done"]
    assert records(run)[0]["name"] == f"(( lookup('pipe', 'touch {trap}') ))"
    sheet = json.loads((controller.home / "report" / "reorder-certcentral-11.json").read_text())
    assert sheet["common_name"].startswith("(( lookup")


# -- names and servers -------------------------------------------------------------------------------------------------


def test_what_the_approved_plan_does_not_name_is_not_reached(controller: Controller, sim: Simulator) -> None:
    sim.reset(BOOK)
    plans = Plans(controller)
    entries = planned(sim, CANCEL)
    named = {"order_plan_names": ["one.example.com", "two.example.com"], "order_plan_hosts": ["web1", "web2"]}
    plan = plans.approve(entries, variables=named)["Make or apply the plan"].result["plan"]
    assert (plan["names"], plan["hosts"]) == (named["order_plan_names"], named["order_plan_hosts"])
    report = plans.report_dir / "decommission_domain-plan.html"
    assert "web1, web2" in report.read_text()

    more = {"order_plan_hosts": ["web1", "db"]}, {"order_plan_names": ["one.example.com", "three.example.com"]}
    for given, (code, extra) in zip(more, (("plan_hosts", "db"), ("plan_names", "three.example.com"))):
        sim.clear_journal()
        refused = plans("apply", entries, variables={**named, **given})
        assert {one["outcome"] for one in records(refused)} == {"refused"}
        assert refused["Make or apply the plan"].failure["code"] == code
        assert mentions(records(refused)[0]["reason"], extra)
        assert not [request for request in sim.journal() if request["method"] != "GET"]

    fewer = {"order_plan_hosts": ["web2"], "order_plan_names": ["one.example.com"]}
    run = plans("apply", entries, variables=fewer)
    assert [one["outcome"] for one in records(run)] == ["done"], run.output
    assert sim.order(CANCEL)["status"] == "canceled"


# -- Servertastic ------------------------------------------------------------------------------------------------------


def at_servertastic(
    controller: Controller, sim: Simulator
) -> tuple[Plans, list[dict[str, Any]], dict[str, str], dict[str, Any]]:
    """Plans for two orders of Servertastic: their entries, and the environment and variables to carry them out."""
    orders = [
        {"token": "sim-a", "reseller_order_id": "a", "status": "Queued", "domain_name": "www.shop.example"},
        {"token": "sim-b", "reseller_order_id": "b", "status": "Queued", "domain_name": "api.shop.example"},
    ]
    sim.reset({**BOOK, "servertastic": {"orders": orders}})
    entries = [
        {
            "provider": "servertastic",
            "order": _plan.digest(order["token"]),
            "name": order["domain_name"],
            "domains": [order["domain_name"]],
            "action": "cancel",
            "reason": "it is Queued",
            "state": {"status": "Queued"},
        }
        for order in orders
    ]
    env = {"SERVERTASTIC_API_KEY": "sim-reseller", "SERVERTASTIC_API_URL": sim.servertastic_url}
    variables = {"order_plan_servertastic": {"replacement": "none"}}
    return Plans(controller), entries, env, variables


def test_orders_of_servertastic_are_cancelled_by_their_digests_and_once(controller: Controller, sim: Simulator) -> None:
    plans, entries, env, variables = at_servertastic(controller, sim)
    plans.approve(entries)

    for outcome in ("done", "unchanged"):
        # The service shows what was cancelled some minutes later, so that the planning is the same.
        run = plans("apply", entries, env=env, variables=variables)

        assert [one["outcome"] for one in records(run)] == [outcome, outcome], run.output
        assert {len(one["order"]) for one in records(run)} == {8}
    assert {order["status"] for order in sim.st_orders().values()} == {"Cancelled"}
    assert sum(request["path"].endswith("order/cancel.json") for request in sim.journal()) == 2
    assert len(list(plans.report_dir.glob("reorder-servertastic-*.json"))) == 2

    sim.advance("10m")
    canceled = [{**entry, "action": "nothing", "state": {"status": "Cancelled"}} for entry in entries]
    run = plans("apply", canceled, env=env, variables=variables)
    assert [one["outcome"] for one in records(run)] == ["done", "done"]


@pytest.mark.parametrize("fault", ["html", "reset_before", "hang", "hang_after"])
def test_what_servertastic_never_acknowledged_is_unknown_until_it_shows_or_is_asked_for_again(
    controller: Controller, sim: Simulator, fault: str
) -> None:
    """A 503, a reset, and a kill before and after it takes effect; reviews show that some minutes later."""
    plans, entries, env, variables = at_servertastic(controller, sim)
    plans.approve(entries)
    sim.fault(fault, path=r"order/cancel\.json", order_id="a")
    if "hang" in fault:
        process = controller.start(plans.playbook("apply", **variables), variables={"fresh": entries}, env=env)
        try:
            while sim.faults() and process.poll() is None:
                time.sleep(0.05)
        finally:
            kill_all_of(process.pid)
            process.communicate(timeout=60)
        date_back(plans.report_dir / "servertastic-requests.jsonl")
    else:
        first = plans("apply", entries, env=env, variables=variables)
        assert {one["name"]: one["outcome"] for one in records(first)}["www.shop.example"] == "unknown", first.output

    again = plans("apply", entries, env=env, variables=variables)

    by_name = {one["name"]: one for one in records(again)}
    assert by_name["www.shop.example"]["outcome"] == "unknown", again.output
    assert "request_again" in by_name["www.shop.example"]["reason"]
    assert result(again)["failed"]
    assert sum(one["path"].endswith("order/cancel.json") and one["order_id"] == "a" for one in sim.journal()) == 1

    if fault == "hang_after":
        sim.advance("10m")
        entries[0] = {**entries[0], "action": "nothing", "state": {"status": "Cancelled"}}
    else:
        variables = {"order_plan_servertastic": {"replacement": "none", "request_again": True}}
    last = plans("apply", entries, env=env, variables=variables)

    assert {one["outcome"] for one in records(last)} <= {"done", "unchanged"}, last.output
    assert {order["status"] for order in sim.st_orders().values()} == {"Cancelled"}
