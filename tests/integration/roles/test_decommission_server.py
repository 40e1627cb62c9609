# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers go away: planned at once, torn down in batches, and only the orders of those that are gone are retired."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._plans import document as _plan
from ansible_collections.certops.orders.tests.integration.roles.decommission_support import REFUSES, book, world
from ansible_collections.certops.orders.tests.integration.support import (
    Controller,
    Run,
    Simulator,
    describe,
    mentions,
    report_names,
)

PENDING, SHARED, BELOW, FAILS, LOST, VANISHED, OTHER = 11, 12, 13, 21, 22, 23, 31
BOOK = book(
    {"id": PENDING, "status": "pending", "common_name": "shop.example.com"},
    {
        "id": SHARED,
        "status": "pending",
        "common_name": "www.example.com",
        "dns_names": ["www.example.com", "both.example.com"],
    },
    {"id": BELOW, "status": "needs_approval", "common_name": "img.cdn.example.com"},
    {"id": FAILS, "status": "pending", "common_name": "fails.example.com"},
    {"id": LOST, "status": "pending", "common_name": "below.lost.cdn.example.com"},
    {"id": VANISHED, "status": "pending", "common_name": "vanishes.example.com"},
    {"id": OTHER, "status": "pending", "common_name": "stays.example.com"},
)
ALL = (PENDING, SHARED, BELOW, FAILS, LOST, VANISHED)
# Each of them with the names that go with it; in the order of the inventory, two of them a batch.
SERVERS: dict[str, dict[str, Any]] = {
    "shop.example.com": {},
    "web1": {"decommission_server_names": ["www.example.com", "both.example.com"]},
    "cdn": {"decommission_server_names": ["cdn.example.com"]},
    "fails.example.com": {"decommission_server_names": ["fails.example.com", "both.example.com"]},
    "lost": {"decommission_server_names": ["lost.cdn.example.com"]},
    "vanishes": {"decommission_server_names": ["VANISHES.example.com."]},
}
# As the plan has them: sorted, and as DNS spells them.
NAMES_OF = {
    "shop.example.com": ["shop.example.com"],
    "web1": ["both.example.com", "www.example.com"],
    "cdn": ["cdn.example.com"],
    "fails.example.com": ["both.example.com", "fails.example.com"],
    "lost": ["lost.cdn.example.com"],
    "vanishes": ["vanishes.example.com"],
}
NAMES = [
    "both.example.com",
    "cdn.example.com",
    "fails.example.com",
    "lost.cdn.example.com",
    "shop.example.com",
    "vanishes.example.com",
    "www.example.com",
]
TEARDOWN = """
- name: Take it away, or fail as this server does
  ansible.builtin.shell: echo "{{ inventory_hostname }}" >> "{{ torn }}"; {{ teardown | default('true') }}

- name: Connect to it once more
  ansible.builtin.ping:
  vars:
    ansible_connection: "{{ later | default('local') }}"
"""
FROM_HERE = """
- name: Have it taken away
  ansible.builtin.shell: echo "{{ inventory_hostname }}" >> "{{ torn }}"
  delegate_to: localhost
"""
BEFORE = """
- name: Come first
  ansible.builtin.debug:
    msg: "first, {{ decommission_server_phase | default('plan') }}"
"""
AFTER = """
- name: Come last
  ansible.builtin.debug:
    msg:
      result: "{{ order_plan_result }}"
      files: "{{ order_report_files | default({}) }}"
      left: "{{ decommission_server_left }}"
"""
OUTCOMES = "- {hosts: localhost, gather_facts: false, tasks: [{debug: {var: order_plan_outcomes}, name: Outcomes}]}"


class Servers:
    """A controller that runs the playbook for an inventory of servers, each time in a process of its own.

    Variables are those of the role decommission_domain, named without their prefix; more, any others.
    """

    def __init__(self, controller: Controller, sim: Simulator) -> None:
        self.controller = controller
        self.sim = sim
        self.servers = {name: dict(variables) for name, variables in SERVERS.items()}
        self.everywhere: dict[str, Any] = {}
        self.plan_path = controller.home / "plans" / "retire.json"
        self.report_dir = controller.home / "report"
        self.torn = controller.desk / "torn"
        self.sha256 = ""
        self.files = {
            f"decommission_server_{place}_tasks": str(controller.write(f"{place}.yml", tasks))
            for place, tasks in (("before", BEFORE), ("teardown", TEARDOWN), ("after", AFTER))
        }

    def __call__(
        self, phase: str, *, more: Mapping[str, Any] | None = None, args: Sequence[str] = (), **options: Any
    ) -> Run:
        given = {
            "include_subdomains": True,
            "plan_path": str(self.plan_path),
            "plan_sha256": self.sha256,
            "report_dir": str(self.report_dir),
            "ticket": "CHG0031337",
            **options.pop("variables", {}),
        }
        variables = {
            **{f"decommission_domain_{name}": value for name, value in given.items() if value is not None},
            "decommission_server_hosts": "leaving",
            "decommission_server_phase": phase,
            "decommission_server_serial": 2,
            "decommission_server_connect_timeout": 1,
            "torn": str(self.torn),
            **self.files,
            **(more or {}),
        }
        self.sim.clear_journal()
        self.torn.unlink(missing_ok=True)
        run = self.controller.playbook(
            OUTCOMES,
            inventory=self.inventory(),
            args=[*args, "certops.orders.decommission_server"],
            variables={name: value for name, value in variables.items() if value is not None},
            quiet=False,
            timeout=300,
            **options,
        )
        # How ansible-core 2.16 reports the connection to a server that is this machine; ssh is not reported.
        warned = [line for line in run.output.splitlines() if "WARNING" in line and "Reset is not" not in line]
        assert not warned, run.output
        return run

    def inventory(self) -> str:
        """Every server is this machine; one that is lost, or vanishes later, refuses connections."""
        common = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "ansible_host": "127.0.0.1",
            "ansible_port": 1,
            "ansible_ssh_executable": str(self.controller.desk / "no_ssh"),
        }
        leaving = {"hosts": self.servers, "vars": common}
        retire = {"hosts": {"stays.example.com": None}, "vars": common}
        return json.dumps({"all": {"vars": self.everywhere, "children": {"leaving": leaving, "retire": retire}}})

    def approve(self, **options: Any) -> Run:
        """Make the plan, and take its digest for the next run."""
        run = self("plan", **options)
        assert run.rc == 0, run.output
        self.sha256 = run["Make or apply the plan"].result["sha256"]
        return run

    @property
    def batches(self) -> list[str]:
        """The servers whose teardown began, in its order."""
        return self.torn.read_text().split() if self.torn.exists() else []

    @property
    def writes(self) -> list[str]:
        return sorted(describe(request) for request in self.sim.journal() if request["method"] != "GET")


@pytest.fixture
def servers(controller: Controller, sim: Simulator) -> Servers:
    sim.reset(BOOK)
    return Servers(controller, sim)


def outcomes(run: Run) -> dict[int, str]:
    found: Sequence[dict[str, Any]] = run["Outcomes"].result["order_plan_outcomes"]
    return {int(one["order"]): one["outcome"] for one in found}


def refusals(run: Run, rc: int = 2) -> list[str]:
    """What failed, and was not rescued, on the controller."""
    assert run.rc == rc, run.output
    return [str(task.result["msg"]) for task in run.tasks if task.failed and task.host == "localhost"]


def codes(run: Run) -> set[str]:
    """The codes of all failures of a run, also of those that did not end it by themselves."""
    return {task.result["failure"]["code"] for task in run.tasks if task.result.get("failure")}


def problems(run: Run) -> list[str]:
    """The mistakes in the options that a run ended with."""
    (failed,) = (task for task in run.tasks if task.failed)
    assert (run.rc, failed.name) == (2, "Validate the options, the task files and the names")
    messages: list[str] = failed.result["msg"]
    return messages


def made(run: Run) -> dict[str, Any]:
    """The plan that a run made last."""
    plan: dict[str, Any] = run.all("Make or apply the plan")[-1].result["plan"]
    return plan


def test_a_plan_is_for_the_names_of_all_and_touches_no_server(servers: Servers, controller: Controller) -> None:
    servers.servers["lost"]["ansible_connection"] = "ssh"

    run = servers.approve(env={"DIGICERT_API_KEY": "sim-readonly"})

    assert made(run)["names"] == NAMES
    assert made(run)["hosts"] == sorted(SERVERS)
    assert made(run)["servers"] == NAMES_OF
    shown = {f"{server}: {', '.join(names)}" for server, names in NAMES_OF.items()}
    assert shown <= {line.strip() for line in run["Make or apply the plan"].table}
    report = json.loads((servers.report_dir / "decommission_domain-plan.json").read_text())
    assert (report["hosts"], report["servers"]) == (sorted(SERVERS), NAMES_OF)
    assert {int(entry["order"]): entry["action"] for entry in made(run)["entries"]} == {
        **dict.fromkeys(ALL, "cancel"),
        BELOW: "reject_request",
    }
    assert servers.writes == []
    assert (servers.batches, controller.calls.exists()) == ([], False)
    assert run["Come first"].msg == "first, plan"
    assert run.all("Come last") == []
    assert any(mentions(line, servers.sha256) for line in run["Make or apply the plan"].table)
    assert sorted(path.name for path in servers.report_dir.iterdir()) == report_names("plan", servers.sha256)
    # A variable that only a server sets, whatever its value, does not begin its teardown.
    servers.servers["web1"]["decommission_server_phase"] = "apply"
    again = servers("plan", more={"decommission_server_phase": None})
    assert (again.rc, servers.batches, servers.writes) == (0, [], [])
    assert not again["Make or apply the plan"].changed


def test_a_plan_that_would_be_refused_ends_the_run_before_anything_is_torn_down(servers: Servers) -> None:
    servers.approve()
    # How the playbook is run, the codes of what failed, and what the message names.
    refused: tuple[tuple[dict[str, Any], set[str], tuple[Any, ...]], ...] = (
        ({"variables": {"plan_sha256": 64 * "0"}}, {"plan_sha256"}, (64 * "0",)),
        ({"variables": {"max_changes": 5}}, set(), (6, "decommission_domain_max_changes", 5)),
        ({"env": {"DIGICERT_API_KEY": "sim-readonly"}}, {"read_only"}, ()),
        ({"variables": {"plan_sha256": ""}}, {"invalid_option"}, ("apply",)),
        (
            {"variables": {"plan_sha256": 64 * "1"}, "more": {"order_plan_fail": False}},
            {"plan_sha256"},
            (64 * "1",),
        ),
    )

    for options, failures, named in refused:
        run = servers("apply", **options)
        assert codes(run) == failures
        assert mentions(refusals(run)[-1], *named)
        assert (servers.batches, servers.writes) == ([], [])
        assert not run.all("Outcomes")

    check = servers("apply", args=["--check"])
    assert (check.rc, servers.batches, servers.writes) == (0, [], [])
    assert set(outcomes(check).values()) == {"planned"}


def test_only_the_certificates_of_removed_servers_are_ended_and_the_rest_after_the_repair(servers: Servers) -> None:
    servers.approve()
    ailing = {
        "fails.example.com": ("teardown", "false"),
        "lost": ("ansible_connection", "ssh"),
        "vanishes": ("later", "ssh"),
    }
    for server, (variable, value) in ailing.items():
        servers.servers[server][variable] = value

    run = servers("apply")

    # Two at a time, the next ones whatever came of those before; one that cannot be reached does not begin.
    assert [sorted(servers.batches[:2]), sorted(servers.batches[2:4]), servers.batches[4:]] == [
        ["shop.example.com", "web1"],
        ["cdn", "fails.example.com"],
        ["vanishes"],
    ]
    assert servers.controller.calls.exists()
    # Of names that stay, those that a server which is gone has too, and those below a name that is gone.
    assert servers.writes == [f"set {PENDING} canceled", f"settle {BELOW}0 rejected"]
    assert made(run)["names"] == ["cdn.example.com", "shop.example.com", "www.example.com"]
    assert made(run)["hosts"] == ["cdn", "shop.example.com", "web1"]
    # A name that stays is not retired with a server that is gone either.
    assert made(run)["servers"] == {
        **{server: NAMES_OF[server] for server in ("cdn", "shop.example.com")},
        "web1": ["www.example.com"],
    }
    last = run["Come last"].msg
    assert last["left"] == [*ailing]
    assert not last["result"]["failed"]
    assert json.loads(Path(last["files"]["json"]).read_text())["phase"] == "apply"
    # An exit status of 4 is Ansible's for a run that has lost a server on its way.
    (refusal,) = refusals(run, rc=4)
    assert mentions(refusal, 3, 6, *ailing)

    for server, (variable, _value) in ailing.items():
        del servers.servers[server][variable]
    mended = servers("apply")

    assert mended.rc == 0, mended.output
    assert sorted(servers.batches) == sorted(SERVERS)
    assert outcomes(mended) == dict.fromkeys(ALL, "done")
    assert servers.writes == sorted(f"set {order} canceled" for order in (SHARED, FAILS, LOST, VANISHED))
    assert mended["Come last"].msg["left"] == []
    assert servers.sim.order(OTHER)["status"] == "pending"

    again = servers("apply")
    assert (again.rc, servers.writes) == (0, [])
    assert outcomes(again) == dict.fromkeys(ALL, "done")


MISSING = "/nowhere/tasks.yml"
# The variables, and the ones that the message names.
MISTAKES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "names": ({"decommission_domain_names": ["www.example.com"]}, ("decommission_domain_names",)),
    "phase": ({"decommission_domain_phase": "apply"}, ("decommission_domain_phase",)),
    "rehearse": ({"decommission_domain_rehearse": False}, ("decommission_domain_rehearse",)),
    "kept_names": ({"decommission_domain_kept_names": []}, ("decommission_domain_kept_names",)),
    "hosts": ({"decommission_domain_hosts": []}, ("decommission_domain_hosts",)),
    "servers": ({"decommission_domain_servers": {}}, ("decommission_domain_servers",)),
    # Of the role that the role calls: they would replace what is passed to it.
    "engine_rehearse": ({"order_plan_rehearse": False}, ("order_plan_rehearse",)),
    "engine_phase": ({"order_plan_phase": "all"}, ("order_plan_phase",)),
    "engine_document": ({"order_plan_document": "{}"}, ("order_plan_document",)),
    "engine_guard": ({"order_plan_max_revocations": 500}, ("order_plan_max_revocations",)),
    "word": ({"decommission_server_phase": "destroy"}, ("decommission_server_phase", "destroy")),
    "no_hosts": ({"decommission_server_hosts": "leaving:!leaving"}, ("decommission_server_hosts", "leaving:!leaving")),
    "empty": ({"decommission_server_hosts": " "}, ("decommission_server_hosts",)),
    "no_teardown": (
        {"decommission_server_teardown_tasks": None},
        ("decommission_server_teardown_tasks", "decommission_server_phase"),
    ),
    "relative": ({"decommission_server_teardown_tasks": "teardown.yml"}, ("decommission_server_teardown_tasks",)),
    "missing": ({"decommission_server_teardown_tasks": MISSING}, ("decommission_server_teardown_tasks", MISSING)),
    "no_before": ({"decommission_server_before_tasks": MISSING}, ("decommission_server_before_tasks", MISSING)),
    "no_after": ({"decommission_server_after_tasks": MISSING}, ("decommission_server_after_tasks", MISSING)),
    "no_domain": ({}, ("decommission_server_names", "7.7.7.7")),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_be_meant_ends_the_run_before_anything_is_torn_down(mistake: str, servers: Servers) -> None:
    more, named = MISTAKES[mistake]
    if mistake == "no_domain":
        servers.servers["7.7.7.7"] = {}

    run = servers("apply", more=more, variables={"plan_sha256": 64 * "0"})

    # One message, which is about this mistake only.
    (message,) = problems(run)
    assert mentions(message, *named)
    assert ("7.7.7.7" in message) == (mistake == "no_domain")
    assert (servers.batches, servers.sim.journal()) == ([], [])


@pytest.mark.parametrize("limit", [False, True])
@pytest.mark.parametrize("variable", ["decommission_server__planned", "decommission_server__known"])
def test_no_fact_of_the_playbook_can_be_replaced(variable: str, limit: bool, servers: Servers) -> None:
    fact = {"problems": [], "names": NAMES, "servers": NAMES_OF} if variable.endswith("planned") else []
    more = {variable: fact, "decommission_server__all": sorted(SERVERS), "decommission_server_phase": "bogus"}

    run = servers("apply", more=more, args=["--limit", "web1"] if limit else [])

    failed = [task for task in run.tasks if task.failed]
    assert failed
    assert all(mentions(task.result["msg"], variable, "decommission_server__all") for task in failed)
    assert run.rc == 2
    assert (servers.batches, servers.sim.journal()) == ([], [])


def test_each_mistake_has_a_message_of_its_own_and_is_found_by_the_plan(servers: Servers) -> None:
    for server in ("web1", "cdn"):
        servers.servers[server] = {}
    files = {
        name: str(servers.controller.write(f"{name}.yml", text))
        for name, text in (
            ("teardown_tasks", "- hosts: all\n  tasks: [{ansible.builtin.ping: }]"),
            ("before_tasks", "- ansible.builtin.ping:\n- name: Shut down\n  community.nowhere.server: {state: absent}"),
            ("after_tasks", "- ansible.builtin.debug: {msg: a: b}"),
        )
    }

    run = servers("plan", more={f"decommission_server_{name}": path for name, path in files.items()})

    teardown, before, after, *hosts = problems(run)
    assert mentions(teardown, "decommission_server_teardown_tasks", files["teardown_tasks"])
    assert mentions(before, "decommission_server_before_tasks", "Shut down", "community.nowhere.server")
    assert mentions(after, "decommission_server_after_tasks", "line 1")
    assert [server for server in ("cdn", "web1") for message in hosts if mentions(message, server)] == ["cdn", "web1"]
    assert len(hosts) == 2
    assert (servers.sim.journal(), servers.plan_path.exists()) == ([], False)


def test_what_is_done_at_once_has_to_be_confirmed(servers: Servers) -> None:
    run = servers("all")

    assert "confirm" in refusals(run)[-1]
    assert (servers.batches, servers.writes) == ([], [])


def test_servers_without_a_plan_are_not_torn_down(servers: Servers) -> None:
    shop = "shop.example.com"
    servers.approve()

    for phase in ("plan", "apply"):
        limited = servers(phase, args=["--limit", shop])
        assert limited.rc == 2, limited.output
        assert mentions(limited.bad("Check that the server is planned").msg, shop)
        assert (servers.batches, servers.sim.journal()) == ([], [])

    # What the inventory sets for the servers, the play that goes through them does not see.
    servers.everywhere["decommission_server_hosts"] = "leaving"
    others = servers("apply", more={"decommission_server_hosts": None})
    assert mentions(others.bad("Check that the server is planned").msg, "stays.example.com")
    assert (others.rc, servers.batches, servers.writes) == (2, [], [])

    # With the controller, those that are left out count as left.
    several = servers("apply", args=["--limit", f"localhost,{shop}"])
    assert mentions(refusals(several)[-1], 5, 6)
    assert (servers.batches, servers.writes) == ([shop], [f"set {PENDING} canceled"])


# What has been added to the inventory since the approval, the code that it is refused with, and for what.
ADDED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a server": ("stays.example.com", {}, "plan_hosts", "stays.example.com"),
    "a server of an approved name": ("web2", {"decommission_server_names": ["www.example.com"]}, "plan_hosts", "web2"),
    "a name": (
        "web1",
        {"decommission_server_names": ["www.example.com", "stays.example.com"]},
        "plan_names",
        "stays.example.com",
    ),
    "an approved name of another server": (
        "shop.example.com",
        {"decommission_server_names": ["shop.example.com", "www.example.com"]},
        "plan_servers",
        "shop.example.com (www.example.com)",
    ),
}


@pytest.mark.parametrize("way", ["a file", "an artifact"])
@pytest.mark.parametrize("added", ADDED)
def test_what_joined_after_the_approval_is_not_torn_down_nor_anything_else(
    added: str, way: str, servers: Servers
) -> None:
    by_file = way == "a file"
    planned = servers.approve(variables={} if by_file else {"plan_path": None})
    given = {} if by_file else {"plan_path": None, "plan": planned["Make or apply the plan"].result["text"]}
    server, variables, code, extra = ADDED[added]
    servers.servers[server] = variables

    run = servers("apply", variables=given)

    assert codes(run) == {code}
    assert mentions(refusals(run)[-1], extra)
    assert (servers.batches, servers.writes) == ([], [])
    assert {request["method"] for request in servers.sim.journal()} == {"GET"}
    assert not run.all("Tear the server down")
    assert not run.all("Outcomes")

    # The next step that it names helps.
    servers.approve()
    approved = servers("apply")
    assert approved.rc == 0, approved.output
    assert sorted(servers.batches) == sorted(servers.servers)


def test_servers_that_dropped_out_after_the_approval_hold_up_none_of_the_others(servers: Servers) -> None:
    servers.approve()
    late = {server: servers.servers.pop(server) for server in ("web1", "cdn")}

    run = servers("apply")

    assert run.rc == 0, run.output
    assert sorted(servers.batches) == sorted(servers.servers)
    assert servers.writes == sorted(f"set {order} canceled" for order in (PENDING, FAILS, LOST, VANISHED))
    assert servers.sim.order(SHARED)["status"] == "pending"

    # They were approved, and may still come.
    servers.servers.update(late)
    again = servers("apply")
    assert again.rc == 0, again.output
    assert servers.writes == [f"set {SHARED} canceled", f"settle {BELOW}0 rejected"]


def test_a_plan_for_names_alone_tears_nothing_down(servers: Servers) -> None:
    """The role and the playbook make plans of one kind."""
    servers.approve()
    path = servers.plan_path
    plan = json.loads(path.read_text())
    del plan["servers"]
    text = _plan.canonical({**plan, "hosts": []})
    path.write_text(text)

    run = servers("apply", variables={"plan_sha256": _plan.digest(text)})

    assert codes(run) == {"plan_hosts"}
    assert mentions(refusals(run)[-1], "cdn", "fails.example.com", "lost")
    assert (servers.batches, servers.writes) == ([], [])


def test_at_once_where_that_is_confirmed_and_what_comes_last_comes_whatever_fails(servers: Servers) -> None:
    confirmed = {"confirm": True, "include_subdomains": False}
    servers.everywhere["teardown"] = "false"

    refused = servers("all", variables=confirmed)

    assert mentions(refusals(refused)[-1], 6)
    assert sorted(servers.batches) == sorted(SERVERS)
    last_report = refused["Come last"].msg
    assert (last_report["result"]["failed"], last_report["files"], last_report["left"]) == (True, {}, sorted(SERVERS))
    assert servers.writes == []

    # None of them can be reached, and none has to be.
    servers.controller.write("teardown.yml", FROM_HERE)
    for server in servers.servers.values():
        server["ansible_connection"] = "ssh"
    servers.sim.fault("status", method="PUT", status=403, times=-1)
    run = servers("all", variables=confirmed, more={"decommission_server_connect": False})

    assert mentions(refusals(run)[-1], 1, "failed")
    assert sorted(servers.batches) == sorted(SERVERS)
    assert not servers.controller.calls.exists()
    last = run["Come last"].msg
    assert last["result"]["failed"]
    assert last["left"] == []
    assert json.loads(Path(last["files"]["json"]).read_text())["phase"] == "apply"


SERVED, CLOSED = 41, 42
HERE, SERIAL = "10.0.0.1", "0A11"


def test_served_certificates_are_probed_after_their_server_is_retired(servers: Servers) -> None:
    servers.sim.reset(
        book(
            {"id": SERVED, "status": "issued", "common_name": "www.example.com", "serial_number": SERIAL},
            {"id": CLOSED, "status": "issued", "common_name": "shop.example.com"},
        )
    )
    servers.servers = {name: servers.servers[name] for name in ("shop.example.com", "web1")}
    revoke = {"on_issued": "revoke", "max_revocations": 2}
    # Nothing is probed before that: names that do not resolve, as here, would prove nothing.
    plan = servers.approve(variables=revoke)
    with world(servers.controller, {HERE: SERIAL}) as names:
        retired = names.names({"www.example.com": HERE, "shop.example.com": REFUSES})
        run = servers("apply", variables=revoke, env=retired)

    entries = {int(entry["order"]): entry for entry in made(plan)["entries"]}
    assert {order: entry["action"] for order, entry in entries.items()} == dict.fromkeys((SERVED, CLOSED), "revoke")
    for entry in entries.values():
        assert entry["state"]["served"] == "waived"
    assert run.rc == 0, run.output
    assert outcomes(run) == {SERVED: "left", CLOSED: "pending_approval"}
    now = {int(entry["order"]): entry["action"] for entry in made(run)["entries"]}
    assert now == {SERVED: "leave", CLOSED: "revoke"}
    assert servers.writes == [f"revoke {CLOSED}"]
