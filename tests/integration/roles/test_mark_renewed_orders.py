# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has a successor is marked, marks without a successor are removed, and a run can be undone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    Controller,
    Run,
    Simulator,
    describe,
    mentions,
    seed,
)

OLD, NEW, OLD_EXPIRED, MARKED, REVOKED, TRULY, TRULY_REVOKED, LONELY, BY_HAND, FAR, FAR_NEW, DV, DV_NEW = range(11, 24)


def migrated(order_id: int, name: str, days: int, **facts: Any) -> dict[str, Any]:
    status = "issued" if days >= 0 else "expired"
    known = {"status": status, "origin": "migrated", "valid_till_in_days": days, "common_name": name}
    return {"id": order_id, **known, **facts}


def newer(order_id: int, *names: str, **facts: Any) -> dict[str, Any]:
    known = {"status": "issued", "valid_till_in_days": 300, "common_name": names[0], "dns_names": list(names)}
    return {"id": order_id, **known, **facts}


BOOK = seed(
    migrated(OLD, "shop.example.com", 30),
    newer(NEW, "shop.example.com", "www.example.com"),
    migrated(OLD_EXPIRED, "www.example.com", -10),
    migrated(MARKED, "mail.example.com", 20, is_renewed=True),
    newer(REVOKED, "mail.example.com", status="revoked", certificate_status="revoked"),
    migrated(TRULY, "truly.example.com", 20, renewed_order_id=TRULY_REVOKED),
    newer(TRULY_REVOKED, "truly.example.com", status="revoked", renewal_of_order_id=TRULY),
    migrated(LONELY, "lonely.example.com", 30),
    migrated(BY_HAND, "hand.example.com", 30, is_renewed=True),
    migrated(FAR, "far.example.com", 200),
    newer(FAR_NEW, "far.example.com"),
    migrated(DV, "dv.example.com", 30, product="ssl_dv_geotrust", organization=None),
    newer(DV_NEW, "dv.example.com", product="ssl_dv_geotrust", organization=None),
)
# What planning reads: the account of the key, which orders were migrated, whether that is true, and all orders.
READS = ["user", "list  migrated", f"list {OLD} certcentral", "list "]
CHANGES = [f"set {OLD} renewed", f"set {OLD_EXPIRED} renewed", f"set {MARKED} not_renewed"]


class Marks:
    """A controller on which the playbooks are run, each time in a process of its own."""

    def __init__(self, controller: Controller, sim: Simulator) -> None:
        self.controller = controller
        self.sim = sim
        self.reports = controller.home / "reports"
        self.sha256 = ""
        # The report of the last run that marked something.
        self.applied = self.report("apply")

    def __call__(self, phase: str, *, playbook: str = "mark_renewed_orders", **options: Any) -> Run:
        """Run a playbook by its name. `variables` are without the role's name in front."""
        undo = "undo_" if playbook == "undo_renewed_marks" else ""
        given = {
            "phase": phase,
            f"{undo}plan_path": str(self.controller.home / "plans" / f"{playbook}.json"),
            f"{undo}plan_sha256": self.sha256,
            "report_dir": str(self.reports),
            "note": "Renewed in CertCentral",
            **({"undo_report": str(self.applied)} if undo else {}),
            **options.pop("variables", {}),
        }
        play = [
            {"import_playbook": f"certops.orders.{playbook}"},
            {
                "hosts": "localhost",
                "gather_facts": False,
                "tasks": [
                    {"name": name.capitalize(), "ansible.builtin.debug": {"var": f"order_plan_{name}"}}
                    for name in ("outcomes", "result")
                ],
            },
        ]
        self.sim.clear_journal()
        if phase != "plan" and not undo:
            self.applied = self.report(phase)
        variables = {f"mark_renewed_orders_{name}": value for name, value in given.items() if value is not None}
        return self.controller.playbook(json.dumps(play), variables=variables, **options)

    def approve(self, **options: Any) -> Run:
        """Plan, and take the plan's digest for the next run."""
        run = self("plan", **options)
        assert run.rc == 0, run.output
        self.sha256 = run["Make or apply the plan"].result["sha256"]
        return run

    def undo(self, phase: str, **options: Any) -> Run:
        if phase == "plan":
            return self.approve(playbook="undo_renewed_marks", **options)
        return self(phase, playbook="undo_renewed_marks", **options)

    def report(self, phase: str, kind: str = "mark_renewed_orders") -> Path:
        return self.reports / f"{kind}-{phase}.json"

    @property
    def asked(self) -> list[str]:
        return [describe(request) for request in self.sim.journal()]

    @property
    def writes(self) -> list[str]:
        return sorted(describe(request) for request in self.sim.journal() if request["method"] != "GET")

    @property
    def marked(self) -> set[int]:
        orders = self.sim.state()["certcentral"]["orders"]
        return {order["id"] for order in orders if order["is_renewed"]}


@pytest.fixture
def marks(controller: Controller, sim: Simulator) -> Marks:
    sim.reset(BOOK)
    return Marks(controller, sim)


def entries(run: Run) -> dict[int, str]:
    assert run.rc == 0, run.output
    return {int(one["order"]): one["action"] for one in run["Make or apply the plan"].result["plan"]["entries"]}


def outcomes(run: Run) -> dict[int, str]:
    assert run.rc == 0, run.output
    return {int(one["order"]): one["outcome"] for one in run["Outcomes"].result["order_plan_outcomes"]}


PLANNED = {OLD: "mark_renewed", OLD_EXPIRED: "mark_renewed", MARKED: "unmark_renewed"}
# Due orders that are not marked: one without a successor, and one whose organization the service does not return.
UNMARKED = {LONELY: "keep", DV: "leave"}
DONE = {**dict.fromkeys(PLANNED, "done"), **dict.fromkeys(UNMARKED, "left")}
# What a plan has after these changes: nothing renews the order whose mark was removed.
AFTERWARDS = {**UNMARKED, MARKED: "keep"}


# -- planning and applying ---------------------------------------------------------------------------------------------


def test_planning_writes_nothing_and_needs_a_view_only_key(marks: Marks) -> None:
    run = marks.approve(env={"DIGICERT_API_KEY": "sim-readonly", "ANSIBLE_SHOW_CUSTOM_STATS": "1"})

    assert entries(run) == {**PLANNED, **UNMARKED}
    assert outcomes(run) == {**DONE, **dict.fromkeys(PLANNED, "planned")}
    assert run["Result"].result["order_plan_result"]["counts"]["planned"] == len(PLANNED)
    # And whether the marks that would be taken away are true renewals.
    assert marks.asked[:4] == READS
    assert sorted(marks.asked[4:]) == [f"read {MARKED}", f"read {TRULY}"]
    shown = run["Make or apply the plan"].result["table"]
    assert any(mentions(line, OLD, NEW) for line in shown)
    assert any(mentions(line, MARKED, REVOKED, "revoked") for line in shown)
    stats = run.output.partition("CUSTOM STATS")[2]
    assert f'"mark_renewed_orders_plan_sha256": "{marks.sha256}"' in stats
    assert json.loads(marks.report("plan").read_text())["summary"] == {"total": 5, "planned": 3, "left": 2}
    result = run["Result"].result["order_plan_result"]
    assert result["path"].endswith("plans/mark_renewed_orders.json")
    assert result["sha256"] == marks.sha256


def test_a_view_only_key_applies_nothing(marks: Marks) -> None:
    marks.approve()

    run = marks("apply", env={"DIGICERT_API_KEY": "sim-readonly"})

    assert run.rc == 2
    assert run.bad("Make or apply the plan").failure["code"] == "read_only"
    assert marks.writes == []


@pytest.mark.story("mark_renewed_orders")
def test_what_was_approved_is_done_and_the_second_run_finds_nothing(marks: Marks) -> None:
    marks.approve()

    run = marks("apply")

    assert outcomes(run) == DONE
    assert marks.writes == CHANGES
    assert marks.marked == {OLD, OLD_EXPIRED, TRULY, BY_HAND}
    assert "Renewed in CertCentral; plan " in marks.sim.order(OLD)["notes"][0]["text"]
    assert json.loads(marks.report("apply").read_text())["summary"] == {"total": 5, "done": 3, "left": 2}

    again = marks.approve()

    assert entries(again) == AFTERWARDS
    counts = again["Result"].result["order_plan_result"]["counts"]
    assert (counts["total"], counts["left"]) == (3, 3)
    assert marks.asked == [*READS, f"read {TRULY}"]
    assert outcomes(marks("apply")) == dict.fromkeys(AFTERWARDS, "left")
    assert marks.writes == []


def test_check_mode_changes_nothing(marks: Marks) -> None:
    marks.approve()

    run = marks("apply", args=["--check", "--diff"])

    assert outcomes(run) == {**DONE, **dict.fromkeys(PLANNED, "planned")}
    assert marks.writes == []


def test_all_at_once_where_that_is_confirmed(marks: Marks) -> None:
    assert marks("all").rc == 2
    assert marks.writes == []

    assert outcomes(marks("all", variables={"confirm": True})) == DONE
    assert marks.writes == CHANGES


def test_many_marks_need_no_number(marks: Marks) -> None:
    many = range(1001, 1041)
    orders = [
        one
        for number in many
        for one in (
            migrated(number, f"host{number}.example.com", 30),
            newer(number + 1000, f"host{number}.example.com"),
        )
    ]
    marks.sim.reset({**BOOK, "orders": orders})

    run = marks("all", variables={"confirm": True, "max_changes": 5000})

    assert outcomes(run) == dict.fromkeys(many, "done")
    assert len(marks.writes) == len(many)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        # The fresh plan only reports the order.
        ({"order": NEW, "status": "revoked"}, ()),
        ({"order": NEW, "status": "reissue_pending"}, ()),
        ({"order": NEW, "valid_till_in_days": 250}, ("successor_ends",)),
        ({"order": OLD, "valid_till_in_days": 40}, ("valid_till",)),
        ({"order": OLD, "status": "expired", "valid_till_in_days": -1}, ("status", "issued", "expired")),
    ],
)
def test_what_changed_since_it_was_approved_is_left(
    change: Mapping[str, Any], named: tuple[str, ...], marks: Marks
) -> None:
    marks.approve()
    orders = [
        {**one, **{name: value for name, value in change.items() if name != "order"}}
        if one["id"] == change["order"]
        else one
        for one in BOOK["orders"]
    ]
    marks.sim.reset({**BOOK, "orders": orders})

    run = marks("apply")

    assert outcomes(run)[OLD] == "left"
    reasons = {int(one["order"]): one["reason"] for one in run["Outcomes"].result["order_plan_outcomes"]}
    assert mentions(reasons[OLD], *named)
    assert (entries(run)[OLD] == "mark_renewed") == bool(named)
    assert f"set {OLD} renewed" not in marks.writes
    assert outcomes(run)[MARKED] == "done"


def test_a_better_successor_that_has_come_since_is_a_change(marks: Marks) -> None:
    marks.approve()
    marks.sim.add(**newer(30, "shop.example.com", valid_till_in_days=350))

    run = marks("apply")

    assert outcomes(run) == {**DONE, OLD: "left"}


def test_a_guard_keeps_everything_from_being_done(marks: Marks) -> None:
    marks.approve()

    run = marks("apply", variables={"max_changes": 2})

    assert run.rc == 2
    assert mentions(run.bad("Fail if a change failed").result["msg"], 3, "mark_renewed_orders_max_changes", 2)
    assert marks.writes == []


# -- the scope ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [{"containers": ["EMEA"]}, {"organizations": "Labs"}], ids=str)
def test_only_orders_of_the_scope_are_marked_and_their_successors_can_be_anywhere(
    scope: Mapping[str, Any], marks: Marks
) -> None:
    emea, labs = {"id": 2, "name": "EMEA"}, {"id": 111112, "name": "Labs"}
    marks.sim.reset(
        seed(
            migrated(OLD, "shop.example.com", 30, container=emea, organization=labs),
            newer(NEW, "shop.example.com", organization=labs),
            migrated(OLD_EXPIRED, "www.example.com", -10),
            newer(FAR_NEW, "www.example.com"),
            migrated(LONELY, "lonely.example.com", 30, container=emea, organization=labs),
        )
    )
    planned = {OLD: "mark_renewed", LONELY: "keep"}

    run = marks.approve(variables=scope)

    assert entries(run) == planned
    (variable,) = (f"mark_renewed_orders_{name}" for name in scope)
    made = run["Make or apply the plan"].result
    assert [mentions(note, 1, variable) for note in made["plan"]["notes"]] == [True]
    assert sum(variable in line for line in made["table"]) == 2
    assert outcomes(marks("apply", variables=scope)) == {OLD: "done", LONELY: "left"}
    assert marks.writes == [f"set {OLD} renewed"]

    other = {name: ["Other"] for name in scope}
    assert entries(marks.undo("plan", variables=other)) == {}
    assert entries(marks.undo("plan", variables=scope)) == {OLD: "unmark_renewed"}


# -- taking marks away -------------------------------------------------------------------------------------------------


def test_a_successor_that_is_revoked_later_takes_its_marks_with_it(marks: Marks) -> None:
    marks("all", variables={"confirm": True})
    marks.sim.patch(NEW, status="revoked", certificate_status="revoked")

    run = marks.approve()

    # The other one has expired, and its mark may be another role's.
    assert entries(run) == {**UNMARKED, OLD: "unmark_renewed", MARKED: "keep"}
    assert sorted(marks.asked[4:]) == [f"read {OLD}", f"read {TRULY}"]
    assert outcomes(marks("apply")) == {**dict.fromkeys(AFTERWARDS, "left"), OLD: "done"}
    assert marks.writes == [f"set {OLD} not_renewed"]
    assert marks.marked == {OLD_EXPIRED, TRULY, BY_HAND}
    unmarked = {**AFTERWARDS, OLD: "keep"}
    assert entries(marks.approve()) == unmarked

    assert entries(marks.approve(variables={"undo_expired": True})) == {**unmarked, OLD_EXPIRED: "unmark_renewed"}
    assert outcomes(marks("apply", variables={"undo_expired": True})) == {
        **dict.fromkeys(unmarked, "left"),
        OLD_EXPIRED: "done",
    }
    assert marks.marked == {TRULY, BY_HAND}


@pytest.mark.parametrize(("days", "planned"), [(-1, True), (-400, False)])
def test_an_order_that_was_canceled_was_to_renew_what_is_older(days: int, planned: bool, marks: Marks) -> None:
    marks.sim.reset(
        seed(
            migrated(OLD, "shop.example.com", 30, is_renewed=True, created_days_ago=335),
            {"id": NEW, "status": "canceled", "common_name": "shop.example.com", "created_days_ago": -days},
        )
    )

    assert entries(marks.approve()) == ({OLD: "unmark_renewed"} if planned else {})


def test_one_that_is_truly_renewed_after_planning_is_left(marks: Marks) -> None:
    marks.approve()
    marks.sim.patch(MARKED, renewed_order_id=REVOKED)

    run = marks("apply")

    assert outcomes(run) == {**DONE, MARKED: "left"}
    assert f"set {MARKED} not_renewed" not in marks.writes


# -- how the service shows it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "switches",
    [
        {"certcentral.renewed_shows_as": "status", "certcentral.renewed_order_id_when_none": "absent"},
        {"certcentral.renewed_shows_as": "both"},
        {"certcentral.is_renewed_in": "detail"},
        {"certcentral.is_renewed_in": "list", "certcentral.is_renewed_omitted_when_false": True},
    ],
    ids=str,
)
def test_however_the_service_shows_marks(switches: Mapping[str, Any], marks: Marks) -> None:
    marks.sim.reset({**BOOK, "switches": {**BOOK["switches"], **switches}})

    # Where only its page shows the mark that a user has set, the order is listed too, and left as it is.
    more = {BY_HAND: "keep"} if switches.get("certcentral.is_renewed_in") == "detail" else {}
    assert entries(marks.approve()) == {**PLANNED, **UNMARKED, **more}
    assert outcomes(marks("apply")) == {**DONE, **dict.fromkeys(more, "left")}
    assert marks.marked == {OLD, OLD_EXPIRED, TRULY, BY_HAND}
    assert entries(marks.approve()) == {**AFTERWARDS, **more}
    assert outcomes(marks.undo("all", variables={"confirm": True})) == {OLD: "done", OLD_EXPIRED: "done"}
    assert marks.marked == {TRULY, BY_HAND}


def test_a_hostile_name_stays_a_text(marks: Marks) -> None:
    trap = marks.controller.home / "trapped"
    name = f"{{{{ lookup('pipe', 'touch {trap}') }}}}"
    names = {"common_name": name, "dns_names": ["shop.example.com"]}
    marks.sim.reset(seed(migrated(OLD, name, 30, **names), newer(NEW, "shop.example.com", **names)))

    assert entries(marks.approve()) == {OLD: "mark_renewed"}
    assert outcomes(marks("apply")) == {OLD: "done"}
    report = marks.applied.read_text()
    marks.applied.write_text(json.dumps({**json.loads(report), "title": name}))
    assert outcomes(marks.undo("all", variables={"confirm": True})) == {OLD: "done"}
    assert not trap.exists()
    assert "lookup" in report


# -- turning a run back ------------------------------------------------------------------------------------------------


def test_a_run_is_turned_back_and_nothing_else(marks: Marks) -> None:
    marks("all", variables={"confirm": True})

    env = {"DIGICERT_API_KEY": "sim-readonly", "ANSIBLE_SHOW_CUSTOM_STATS": "1"}
    run = marks.undo("plan", env=env)

    assert entries(run) == {OLD: "unmark_renewed", OLD_EXPIRED: "unmark_renewed"}
    assert marks.asked[:2] == ["user", f"list {OLD},{OLD_EXPIRED}"]
    assert sorted(marks.asked[2:]) == [f"read {OLD}", f"read {OLD_EXPIRED}"]
    stats = run.output.partition("CUSTOM STATS")[2]
    assert f'"mark_renewed_orders_undo_plan_sha256": "{marks.sha256}"' in stats
    # For a workflow that asks for an approval only if there are changes, and for notifications.
    assert '"order_plan_changes": 2,' in stats
    assert '"order_plan_summary": "planned: 2 changes' in stats
    assert '"mark_renewed_orders_undo_plan_path": "' in stats

    run = marks.undo("apply")

    assert outcomes(run) == {OLD: "done", OLD_EXPIRED: "done"}
    assert marks.writes == [f"set {OLD} not_renewed", f"set {OLD_EXPIRED} not_renewed"]
    assert marks.marked == {TRULY, BY_HAND}
    assert json.loads(marks.report("apply", "mark_renewed_orders_undo").read_text())["summary"] == {
        "total": 2,
        "done": 2,
    }

    run = marks.undo("plan")

    assert entries(run) == {OLD: "nothing", OLD_EXPIRED: "nothing"}
    assert outcomes(marks.undo("apply")) == {OLD: "unchanged", OLD_EXPIRED: "unchanged"}
    assert marks.writes == []


def test_in_a_folder_of_several_runs_the_newest_marks_are_found_and_those_of_a_plan(marks: Marks) -> None:
    marks.approve()
    sha256 = marks.sha256
    marks("apply")
    # The next night: the latest report of this kind is of a run that marked nothing.
    marks.approve()
    marks("apply")

    run = marks.undo("plan")
    assert entries(run) == {}
    assert sha256[:12] in json.dumps(run["Make or apply the plan"].result["plan"]["notes"])
    undone = {OLD: "unmark_renewed", OLD_EXPIRED: "unmark_renewed"}
    assert entries(marks.undo("plan", variables={"undo_report": "newest"})) == undone
    assert entries(marks.undo("plan", variables={"undo_report": sha256})) == undone
    assert outcomes(marks.undo("apply", variables={"undo_report": sha256})) == {OLD: "done", OLD_EXPIRED: "done"}


def test_an_approved_undo_is_of_its_own_run_whatever_ran_since(marks: Marks) -> None:
    marks("all", variables={"confirm": True})
    marks.undo("plan", variables={"undo_report": "newest"})
    # While the approval is waited for, other runs replace the reports.
    for report in marks.reports.glob("mark_renewed_orders-*.json"):
        report.unlink()

    done = marks.undo("apply", variables={"undo_report": "newest"})

    assert outcomes(done) == {OLD: "done", OLD_EXPIRED: "done"}


def test_orders_renewed_or_revoked_since_need_manual_review(marks: Marks) -> None:
    marks("all", variables={"confirm": True})
    marks.sim.patch(OLD, renewed_order_id=NEW)
    marks.sim.patch(OLD_EXPIRED, status="revoked", certificate_status="revoked")

    run = marks.undo("plan")

    assert entries(run) == {OLD: "leave", OLD_EXPIRED: "leave"}
    assert outcomes(marks.undo("apply")) == {OLD: "left", OLD_EXPIRED: "left"}
    assert marks.writes == []


def test_a_plan_of_marks_is_none_to_turn_them_back(marks: Marks) -> None:
    marks.approve()
    sha256 = marks.sha256
    marks("apply")

    marks.sha256 = sha256
    given = {"undo_plan_path": str(marks.controller.home / "plans" / "mark_renewed_orders.json")}
    run = marks.undo("apply", variables=given)

    assert run.rc == 2
    assert run["Make or apply the plan"].failure["code"] == "plan_kind"
    assert mentions(run.bad("Fail if a change failed").result["msg"], "mark_renewed_orders")
    assert marks.writes == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"account": {"account_id": 7, "api_host": "www.digicert.com"}}, (7,)),
        ({"account": {"account_id": 100001, "api_host": "www.digicert.com"}}, ("www.digicert.com",)),
        ({"phase": "plan"}, ()),
        ({"schema_version": 2}, (2,)),
    ],
)
def test_a_report_that_is_not_meant_is_refused(change: Mapping[str, Any], named: tuple[Any, ...], marks: Marks) -> None:
    marks("all", variables={"confirm": True})
    report = json.loads(marks.applied.read_text())
    marks.applied.write_text(json.dumps({**report, **change}))

    run = marks.undo("apply", variables={"undo_plan_sha256": 64 * "0"})

    assert run.rc == 2
    failed = [task for task in run.tasks if task.failed]
    assert [task.name for task in failed] == ["Make or apply the plan"]
    assert mentions(failed[0].result["msg"], *named)
    assert marks.writes == []


# -- arguments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("playbook", "variables", "variable"),
    [
        ("mark_renewed_orders", {"phase": "now"}, "mark_renewed_orders_phase"),
        ("mark_renewed_orders", {"max_changes": "many"}, "mark_renewed_orders_max_changes"),
        ("undo_renewed_marks", {"undo_report": None}, "mark_renewed_orders_undo_report"),
        ("undo_renewed_marks", {"phase": "now"}, "mark_renewed_orders_phase"),
    ],
)
def test_arguments_are_checked_first(playbook: str, variables: Mapping[str, Any], variable: str, marks: Marks) -> None:
    run = marks("plan", playbook=playbook, variables=dict(variables))

    assert run.rc == 2
    assert variable in next(task for task in run.tasks if task.failed).result["msg"]
    assert marks.asked == []


def test_an_account_of_ten_thousand_orders(marks: Marks) -> None:
    """All of one organization: a request for every thousand orders, and for every thousand migrated ones."""
    many = [
        order
        for number in range(1, 10_000, 2)
        for order in (
            migrated(number, f"host{number % 50}.example.com", 30, is_renewed=number > 20),
            newer(number + 1, f"host{number % 50}.example.com"),
        )
    ]
    marks.sim.reset(seed(*many))

    run = marks.approve(timeout=300)

    assert entries(run) == dict.fromkeys(range(1, 21, 2), "mark_renewed")
    assert len(marks.asked) <= 2 + 11 + 6 + 1
