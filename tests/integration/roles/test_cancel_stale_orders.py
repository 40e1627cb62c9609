# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was left behind is found at a known cost, planned, and ended once that was approved; the rest stays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

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

CANCEL, CANCEL_TOO, YOUNG, EXCLUDED = 11, 12, 13, 14
REJECT, REVOKE_WAITS, CLIENT = 21, 22, 23
RENEWS_NEAR, RENEWS_FAR, RENEWS_EXPIRED, NEAR, FAR, EXPIRED = 31, 32, 33, 41, 42, 43
BOOK = seed(
    {"id": CANCEL, "status": "pending", "common_name": "one.example.com", "created_days_ago": 40},
    {"id": CANCEL_TOO, "status": "pending", "product": "ssl_dv_geotrust", "created_days_ago": 31},
    {"id": YOUNG, "status": "pending", "created_days_ago": 30},
    {
        "id": EXCLUDED,
        "status": "pending",
        "common_name": "two.example.com",
        "dns_names": ["two.example.com", "www.shop.example.com"],
        "created_days_ago": 40,
    },
    {"id": REJECT, "status": "needs_approval", "created_days_ago": 50},
    {
        "id": REVOKE_WAITS,
        "status": "needs_approval",
        "requests": [{"type": "revoke", "status": "pending"}],
        "created_days_ago": 50,
    },
    {"id": CLIENT, "status": "waiting_pickup", "product": "client_premium", "created_days_ago": 100},
    {"id": RENEWS_NEAR, "status": "pending", "renewal_of_order_id": NEAR, "created_days_ago": 40},
    {"id": RENEWS_FAR, "status": "pending", "renewal_of_order_id": FAR, "created_days_ago": 40},
    {"id": RENEWS_EXPIRED, "status": "pending", "renewal_of_order_id": EXPIRED, "created_days_ago": 40},
    {"id": NEAR, "status": "reissue_pending", "valid_till_in_days": 20, "created_days_ago": 345},
    {"id": FAR, "status": "issued", "valid_till_in_days": 300, "created_days_ago": 65},
    {"id": EXPIRED, "status": "expired", "valid_till_in_days": -20, "created_days_ago": 400},
)
ENDED = (CANCEL, CANCEL_TOO, REJECT, RENEWS_FAR)
LEFT = (REVOKE_WAITS, CLIENT, RENEWS_NEAR, RENEWS_EXPIRED)
READ = (CANCEL, CANCEL_TOO, REJECT, REVOKE_WAITS, RENEWS_NEAR, RENEWS_FAR, RENEWS_EXPIRED)
# The requests of a planning run, and no others.
PLANNING = ["user", "list ", *sorted(f"read {order}" for order in READ), f"list {NEAR},{FAR},{EXPIRED}"]
WRITES = sorted([*(f"set {order} canceled" for order in ENDED if order != REJECT), f"settle {REJECT}0 rejected"])


class Stale:
    """A controller that runs the role, each time in a process of its own."""

    def __init__(self, controller: Controller, sim: Simulator) -> None:
        self.controller = controller
        self.sim = sim
        self.path = controller.home / "plans" / "stale.json"
        self.report_dir = controller.home / "report"
        self.sha256 = ""

    def __call__(self, phase: str = "plan", *, variables: Mapping[str, Any] | None = None, **options: Any) -> Run:
        outcomes = {"name": "Outcomes", "ansible.builtin.debug": {"var": "order_plan_outcomes"}}
        return self.play([self.role({"phase": phase, **(variables or {})}), outcomes], **options)

    def role(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return a task that runs the role; its variables without their prefix."""
        given = {
            "plan_path": str(self.path),
            "plan_sha256": self.sha256,
            "exclude": ["*.SHOP.example.com."],
            "note": "Left over",
            "ticket": "CHG0031337",
            "report_dir": str(self.report_dir),
            **variables,
        }
        return {
            "name": "Stale orders",
            "ansible.builtin.include_role": {"name": "certops.orders.cancel_stale_orders"},
            "vars": {f"cancel_stale_orders_{name}": value for name, value in given.items()},
        }

    def play(self, tasks: Sequence[Mapping[str, Any]], **options: Any) -> Run:
        self.sim.clear_journal()
        play = {"hosts": "gateway", "gather_facts": False, "tasks": tasks}
        return self.controller.playbook(json.dumps([play]), **options)

    def approve(self, **options: Any) -> Run:
        """Make the plan, and take its digest for the next run."""
        run = self(**options)
        assert run.rc == 0, run.output
        self.sha256 = run["Make or apply the plan"].result["sha256"]
        return run

    @property
    def sent(self) -> list[str]:
        """What the last run asked for; what is asked for in parallel is sorted."""
        requests = [describe(request) for request in self.sim.journal()]
        first = requests.index("list ") + 1
        count = next(
            (at for at, one in enumerate(requests[first:]) if not one.startswith("read ")), len(requests) - first
        )
        return [*requests[:first], *sorted(requests[first : first + count]), *requests[first + count :]]

    @property
    def writes(self) -> list[str]:
        return sorted(describe(request) for request in self.sim.journal() if request["method"] != "GET")


@pytest.fixture
def stale(controller: Controller, sim: Simulator) -> Stale:
    sim.reset(BOOK)
    return Stale(controller, sim)


def records(run: Run) -> dict[int, dict[str, Any]]:
    assert run.rc == 0, run.output
    return {int(one["order"]): one for one in run["Outcomes"].result["order_plan_outcomes"]}


def planned_by(run: Run) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = run["Make or apply the plan"].result["plan"]["entries"]
    return entries


def outcomes(run: Run) -> dict[int, str]:
    return {order: one["outcome"] for order, one in records(run).items()}


def files(folder: Path) -> list[str]:
    return sorted(without_time(path.name) for path in folder.iterdir())


def test_planning_writes_nothing_and_asks_for_little(stale: Stale) -> None:
    run = stale.approve(env={"DIGICERT_API_KEY": "sim-readonly"})

    assert stale.sent == PLANNING
    found = records(run)
    assert {order: one["action"] for order, one in found.items()} == {
        CANCEL: "cancel",
        CANCEL_TOO: "cancel",
        REJECT: "reject_request",
        RENEWS_FAR: "cancel",
        **dict.fromkeys(LEFT, "leave"),
    }
    assert outcomes(run) == {**dict.fromkeys(ENDED, "planned"), **dict.fromkeys(LEFT, "left")}
    assert mentions(found[CANCEL]["reason"], "pending", 40)
    assert mentions(found[RENEWS_NEAR]["reason"], NEAR, 20)
    assert mentions(found[RENEWS_EXPIRED]["reason"], EXPIRED, 20)
    assert mentions(found[REVOKE_WAITS]["reason"], f"{REVOKE_WAITS}0", "revoke")
    assert "client_certificate" in found[CLIENT]["reason"]
    assert "product_types" in found[CLIENT]["reason"]
    sha256 = run["Make or apply the plan"].result["sha256"]
    assert files(stale.report_dir) == report_names("plan", sha256, "cancel_stale_orders")
    page = (stale.report_dir / "cancel_stale_orders-plan.html").read_text()
    assert page.count("<h1") == 1
    assert "one.example.com" in page
    assert "shop.example.com" not in page
    plan = json.loads(stale.path.read_text())
    assert (plan["kind"], plan["account_id"]) == ("cancel_stale_orders", 100001)
    assert plan["api_host"] == stale.sim.api_url.split("/")[2]


@pytest.mark.story("cancel_stale_orders")
def test_what_was_approved_is_ended_and_a_second_run_has_nothing_to_do(stale: Stale) -> None:
    stale.approve()

    run = stale("apply", variables={"audit_log": str(stale.controller.home / "audit.jsonl")})

    assert outcomes(run) == {**dict.fromkeys(ENDED, "done"), **dict.fromkeys(LEFT, "left")}
    assert stale.sent[: len(PLANNING)] == PLANNING
    assert stale.writes == WRITES
    assert {stale.sim.order(order)["status"] for order in ENDED} == {"canceled", "rejected"}
    notes = [one["text"] for one in stale.sim.order(CANCEL)["notes"]]
    assert notes == [f"Left over; CHG0031337; plan {stale.sha256[:12]}"]
    sheets = [f"reorder-certcentral-{order}.json" for order in sorted(ENDED)]
    reports = [name for phase in ("apply", "plan") for name in report_names(phase, stale.sha256, "cancel_stale_orders")]
    assert files(stale.report_dir) == sorted([*reports, *sheets])
    assert json.loads((stale.report_dir / sheets[0]).read_text())["common_name"] == "one.example.com"
    assert len((stale.controller.home / "audit.jsonl").read_text().splitlines()) == 2 * len(ENDED)

    again = stale("apply")

    assert outcomes(again) == {**dict.fromkeys(ENDED, "done"), **dict.fromkeys(LEFT, "left")}
    assert stale.writes == []
    # Nor is there anything to plan.
    afresh = stale()
    assert outcomes(afresh) == dict.fromkeys(LEFT, "left")
    reads = sorted(f"read {order}" for order in (REVOKE_WAITS, RENEWS_NEAR, RENEWS_EXPIRED))
    assert stale.sent == ["user", "list ", *reads, f"list {NEAR},{EXPIRED}"]


def test_an_account_without_anything_stale_costs_three_requests(stale: Stale) -> None:
    stale.sim.reset(seed({"id": YOUNG, "status": "pending", "created_days_ago": 30}))

    run = stale.approve()

    assert outcomes(run) == {}
    assert stale.sent == ["user", "list "]
    assert stale("apply").rc == 0
    assert stale.writes == []


def test_certcentral_narrows_the_list_where_it_can(stale: Stale) -> None:
    run = stale.approve(variables={"statuses": ["pending", "waiting_pickup"]})

    listed = next(request for request in stale.sim.journal() if describe(request) == "list ")
    asked = {value for name, value in listed["query"] if name.startswith("filters[status]")}
    assert asked == {"pending", "waiting_pickup"}
    assert REJECT not in records(run)
    assert CANCEL in records(run)


def test_check_mode_ends_nothing_and_predicts_the_result(stale: Stale) -> None:
    stale.approve()
    before = files(stale.report_dir)

    run = stale("apply", args=["--check", "--diff"])

    assert outcomes(run) == {**dict.fromkeys(ENDED, "planned"), **dict.fromkeys(LEFT, "left")}
    assert stale.writes == []
    assert files(stale.report_dir) == before


def test_more_than_the_maximum_stops_all_of_it(stale: Stale) -> None:
    stale.approve()

    run = stale("apply", variables={"max_changes": 3})

    assert run.rc == 2
    assert mentions(run.bad("Fail if a change failed").result["msg"], 4, "cancel_stale_orders_max_changes", 3)
    assert stale.writes == []
    # What was refused is reported all the same.
    report = json.loads((stale.report_dir / "cancel_stale_orders-apply.json").read_text())
    assert {one["outcome"] for one in report["entries"]} == {"refused", "left"}


@pytest.mark.parametrize(("expected", "rc"), [(3, 2), (4, 0), ("4", 0)])
def test_the_expected_number_is_exact(expected: Any, rc: int, stale: Stale) -> None:
    stale.approve()

    run = stale("apply", variables={"expected_changes": expected})

    assert run.rc == rc, run.output
    assert stale.writes == ([] if rc else WRITES)


def test_a_key_that_cannot_write_does_not_apply(stale: Stale) -> None:
    stale.approve()

    run = stale("apply", env={"DIGICERT_API_KEY": "sim-readonly"})

    assert run.rc == 2
    assert run.bad("Make or apply the plan").failure["code"] == "read_only"
    assert [describe(request) for request in stale.sim.journal()] == ["user"]


def test_what_has_changed_since_it_was_approved_is_left(stale: Stale) -> None:
    stale.approve()
    stale.sim.patch(CANCEL, status="issued", valid_till_in_days=300)
    # The renewed order was reissued: the approval rests on another day.
    stale.sim.patch(FAR, valid_till_in_days=310)
    stale.sim.patch(REJECT, requests=[{"id": 777, "type": "new_request", "status": "pending"}])
    stale.sim.add(id=19, status="pending", created_days_ago=40)

    run = stale("apply")

    found = records(run)
    assert stale.writes == [f"set {CANCEL_TOO} canceled"]
    assert [found[order]["outcome"] for order in (CANCEL, RENEWS_FAR, REJECT, 19)] == ["left"] * 4
    # Each has the difference as its reason, and no longer the reason of the plan.
    planned = {int(one["order"]): one["reason"] for one in planned_by(run)}
    assert CANCEL not in planned
    assert "predecessor_valid_till" in found[RENEWS_FAR]["reason"]
    assert found[REJECT]["reason"] != planned[REJECT]
    assert found[19]["reason"] != planned[19]


def test_a_renewal_that_is_wanted_by_now_is_left(stale: Stale) -> None:
    stale.approve()
    stale.sim.patch(FAR, valid_till_in_days=60)

    run = stale("apply")

    assert outcomes(run)[RENEWS_FAR] == "left"
    assert mentions(records(run)[RENEWS_FAR]["reason"], FAR, 60)
    assert f"set {RENEWS_FAR} canceled" not in stale.writes


def test_at_once_where_that_is_confirmed(stale: Stale) -> None:
    run = stale("all")
    assert run.rc == 2
    assert stale.writes == []

    run = stale("all", variables={"confirm": True})

    assert outcomes(run) == {**dict.fromkeys(ENDED, "done"), **dict.fromkeys(LEFT, "left")}
    assert stale.writes == WRITES


def test_nights_with_a_limit_converge(stale: Stale) -> None:
    night = {"confirm": True, "limit": "3"}

    first = stale("all", variables=night)
    assert stale.writes == sorted(
        [f"settle {REJECT}0 rejected", *(f"set {one} canceled" for one in (RENEWS_FAR, CANCEL))]
    )
    report = (stale.report_dir / "cancel_stale_orders-all.html").read_text()
    second = stale("all", variables=night)

    assert outcomes(first) == {
        **dict.fromkeys((REJECT, RENEWS_FAR, CANCEL), "done"),
        CANCEL_TOO: "waiting",
        **dict.fromkeys(LEFT, "left"),
    }
    assert mentions(records(first)[CANCEL_TOO]["reason"], "cancel_stale_orders_limit", 3)
    shown, planned = (
        first["Make or apply the plan"].result["table"],
        planned_by(first),
    )
    assert {entry["action"] for entry in planned if entry["order"] == str(CANCEL_TOO)} == {"wait"}
    assert any(line.split()[:2] == ["wait", str(CANCEL_TOO)] for line in shown)
    assert outcomes(second) == {CANCEL_TOO: "done", **dict.fromkeys(LEFT, "left")}
    assert stale.writes == [f"set {CANCEL_TOO} canceled"]
    assert "cancel_stale_orders_limit" in report


CHOICES: tuple[tuple[dict[str, Any], dict[int, str]], ...] = (
    ({"older_than_days": 45}, {REJECT: "reject_request", REVOKE_WAITS: "leave", CLIENT: "leave"}),
    (
        {"older_than_days": "45", "include": "", "limit": ""},
        {REJECT: "reject_request", REVOKE_WAITS: "leave", CLIENT: "leave"},
    ),
    ({"include": ["ONE.example.*"]}, {CANCEL: "cancel"}),
    ({"include": "*.example.com", "exclude": "one.*\n"}, {EXCLUDED: "cancel"}),
    ({"include": []}, {}),
    ({"statuses": ["waiting_pickup"], "product_types": ["client_certificate"]}, {CLIENT: "cancel"}),
    (
        {"include": ["host-3?.*"], "predecessor_days": 19},
        dict.fromkeys((RENEWS_NEAR, RENEWS_FAR, RENEWS_EXPIRED), "cancel"),
    ),
    (
        {"statuses": ["pending"], "product_types": ["dv_ssl_certificate"], "older_than_days": 29},
        {CANCEL_TOO: "cancel", **dict.fromkeys((CANCEL, YOUNG, RENEWS_NEAR, RENEWS_FAR, RENEWS_EXPIRED), "leave")},
    ),
)


def test_what_counts_can_be_chosen(stale: Stale) -> None:
    tasks: list[dict[str, Any]] = []
    for number, (variables, _planned) in enumerate(CHOICES):
        tasks.append(stale.role({**variables, "plan_path": "", "report_dir": ""}))
        tasks.append({"name": f"Choice {number}", "ansible.builtin.debug": {"var": "order_plan_outcomes"}})

    # Eight runs of the role take their time on a busy machine.
    run = stale.play(tasks, timeout=600)

    assert run.rc == 0, run.output
    for number, (_variables, planned) in enumerate(CHOICES):
        found = run[f"Choice {number}"].result["order_plan_outcomes"]
        assert {int(one["order"]): one["action"] for one in found} == planned
    # Orders of another kind are reported, and not read.
    last = [describe(request) for request in stale.sim.journal()][-3:]
    assert last == ["user", "list ", f"read {CANCEL_TOO}"]


# Variables that are refused, and what the message names.
REFUSED: tuple[tuple[dict[str, Any], tuple[Any, ...]], ...] = (
    ({"older_than_days": 0}, ("cancel_stale_orders_older_than_days", 0)),
    ({"older_than_days": -30}, ("cancel_stale_orders_older_than_days", -30)),
    ({"older_than_days": True}, ("cancel_stale_orders_older_than_days", True)),
    ({"older_than_days": "many"}, ("cancel_stale_orders_older_than_days", "many")),
    ({"predecessor_days": -1}, ("cancel_stale_orders_predecessor_days", -1)),
    ({"predecessor_days": True}, ("cancel_stale_orders_predecessor_days", True)),
    ({"exclude": {"names": "*.shop.example.com"}}, ("cancel_stale_orders_exclude", 1)),
    ({"include": ["*", ""]}, ("cancel_stale_orders_include", 2)),
    ({"limit": 0}, ("cancel_stale_orders_limit", 0, 1, 25)),
    ({"limit": "26"}, ("cancel_stale_orders_limit", 26, 1, 25)),
    ({"exclud": ["*.shop.example.com"]}, ("cancel_stale_orders_exclud", "cancel_stale_orders_exclude")),
    ({"statuses": []}, ("pending", "waiting_pickup")),
    ({"statuses": "pending, issued"}, ("cancel_stale_orders_statuses", 2, "issued", "pending")),
    # These two are words of ansible-core.
    ({"phase": "aply"}, ("cancel_stale_orders_phase", "aply")),
    ({"confirm": "perhaps"}, ("bool",)),
)


def test_what_cannot_be_meant_fails_before_anything_is_asked(stale: Stale) -> None:
    tasks: list[dict[str, Any]] = []
    for number, (variables, _named) in enumerate(REFUSED):
        debug = {"name": f"Refusal {number}", "ansible.builtin.debug": {"var": "ansible_failed_result"}}
        tasks.append({"block": [stale.role(variables)], "rescue": [debug]})

    run = stale.play(tasks)

    for number, (_variables, named) in enumerate(REFUSED):
        assert mentions(run[f"Refusal {number}"].result["ansible_failed_result"]["msg"], *named)
    assert stale.sim.journal() == []


def test_a_report_is_handed_on(stale: Stale) -> None:
    tasks = [{"name": "Hand on", "ansible.builtin.debug": {"var": "order_report_headline"}}]
    path = stale.controller.write("deliver.yml", json.dumps(tasks))

    run = stale(variables={"deliver_tasks": str(path)})

    assert run.good("Hand on").result["order_report_headline"]


def test_without_a_place_for_a_report_there_is_a_plan_and_nothing_is_ended(stale: Stale) -> None:
    nowhere = {"report_dir": ""}
    stale.approve(variables=nowhere)

    run = stale("apply", variables=nowhere)

    assert run.rc == 2
    assert "report_dir" in run.bad("Fail if a change failed").result["msg"]
    assert stale.writes == []
    assert not stale.report_dir.exists()


def test_the_collections_playbook_makes_the_plan(stale: Stale) -> None:
    variables = {
        "cancel_stale_orders_plan_path": str(stale.path),
        "cancel_stale_orders_report_dir": str(stale.report_dir),
        "cancel_stale_orders_include": ["one.*"],
    }
    play = "- import_playbook: certops.orders.cancel_stale_orders"
    run = stale.controller.playbook(play, variables=variables, more_env={"ANSIBLE_SHOW_CUSTOM_STATS": "1"})
    assert run.rc == 0, run.output
    stats = run.output.partition("CUSTOM STATS")[2]
    sha256 = run["Make or apply the plan"].result["sha256"]
    assert f'"cancel_stale_orders_plan_sha256": "{sha256}"' in stats
    assert f'"cancel_stale_orders_plan_path": "{stale.path}"' in stats
    assert [entry["order"] for entry in planned_by(run)] == [str(CANCEL)]
    assert any(mentions(line, CANCEL, "one.example.com") for line in run["Make or apply the plan"].result["table"])

    more = {"cancel_stale_orders_phase": "apply", "cancel_stale_orders_plan_sha256": sha256}
    run = stale.controller.playbook(play, variables={**variables, **more})

    assert run.rc == 0, run.output
    assert mentions(run["Make or apply the plan"].result["msg"], 1, "canceled")
    assert stale.writes == [f"set {CANCEL} canceled"]


def test_a_hostile_name_stays_a_text(stale: Stale) -> None:
    trap = stale.controller.home / "trapped"
    name = f"{{{{ lookup('pipe', 'touch {trap}') }}}}"
    orders = [
        {"id": CANCEL, "status": "pending", "created_days_ago": 40, "common_name": name},
        {
            "id": REVOKE_WAITS,
            "status": "waiting_pickup",
            "created_days_ago": 40,
            "product": {"name_id": "x", "type": name},
        },
    ]
    stale.sim.reset(seed(*orders))

    run = stale("all", variables={"confirm": True})

    assert outcomes(run) == {CANCEL: "done", REVOKE_WAITS: "left"}
    assert not trap.exists()
    assert "lookup('pipe'" in records(run)[CANCEL]["name"]
    assert "lookup('pipe'" in records(run)[REVOKE_WAITS]["reason"]


# -- the scope ---------------------------------------------------------------------------------------------------------


def test_only_orders_of_the_scope_are_ended(stale: Stale) -> None:
    emea, labs = {"id": 2, "name": "EMEA"}, {"id": 111112, "name": "Labs, Inc."}
    stale.sim.reset(
        seed(
            {"id": CANCEL, "status": "pending", "created_days_ago": 40, "container": emea, "organization": labs},
            {"id": CANCEL_TOO, "status": "pending", "created_days_ago": 40, "container": emea},
            {"id": REJECT, "status": "needs_approval", "created_days_ago": 40, "organization": labs},
        )
    )
    # A name with a comma needs a list.
    scope = {"containers": "emea, Misspelled", "organizations": ["labs, inc."]}

    run = stale.approve(variables=scope)

    assert {one["order"]: one["action"] for one in planned_by(run)} == {str(CANCEL): "cancel"}
    assert not {f"read {CANCEL_TOO}", f"read {REJECT}"} & set(stale.sent)
    made = run["Make or apply the plan"].result
    assert any(mentions(note, "cancel_stale_orders_containers", "misspelled") for note in made["plan"]["notes"])
    assert any(mentions(note, 2, "cancel_stale_orders_organizations") for note in made["plan"]["notes"])
    assert any(mentions(line, "cancel_stale_orders_containers", "emea") for line in made["table"])

    assert outcomes(stale("apply", variables=scope)) == {CANCEL: "done"}
    assert stale.writes == [f"set {CANCEL} canceled"]
