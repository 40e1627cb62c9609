# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option execute_on: which task keywords are allowed around a module, and where the module then runs."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    HERE,
    ISSUED,
    KEY,
    MARKED,
    MIGRATED,
    PENDING,
    PENDING_THREE,
    PENDING_TOO,
    SECRET_KEY,
    Controller,
    Simulator,
    assert_failure,
    mentions,
    pending,
    seed,
)

MODULE = HERE.parents[1] / "plugins" / "modules" / "digicert_order_status.py"


def vaulted(controller: Controller, text: str) -> str:
    """Text as an inline vault value; the password is in the file `password`."""
    controller.write("password", "correct horse\n")
    command = [str(Path(sys.executable).with_name("ansible-vault")), "encrypt_string", "--vault-password-file"]
    return subprocess.run(
        [*command, str(controller.desk / "password"), text],
        env=controller.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        check=True,
    ).stdout.rstrip()


# The keywords of a task around the module


def test_async_is_refused(controller: Controller, execute_on: str) -> None:
    run = controller.play(
        f"""
        - name: Later
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Some time
          async: 60
          poll: 1
        - name: Some time
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Some time
          async: 60
          poll: 0
        """,
        execute_on=execute_on,
    )
    for name in ("Later", "Some time"):
        assert "async" in run.bad(name).msg
    assert run.requests == []


def test_delegation_needs_execute_on_target(controller: Controller) -> None:
    run = controller.play(
        f"""
        - name: To another host
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Delegated
          delegate_to: server1
        - name: To another host by a template
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Delegated
          delegate_to: "{{{{ groups['decommissioned'][1] }}}}"
        - name: To localhost
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Delegated
          delegate_to: localhost
        - name: To localhost by another name and a template
          certops.orders.digicert_order_status:
            order_id: {PENDING_TOO}
            status: canceled
            note: Delegated
          delegate_to: "{{{{ '127.0.0.' ~ 1 }}}}"
        """
    )
    for name in ("To another host", "To another host by a template"):
        refused = run.bad(name)
        assert refused.sent == []
        assert mentions(refused.msg, "execute_on", "target")
    assert run.good("To localhost").effects == [f"set {PENDING} canceled"]
    assert run.good("To localhost by another name and a template").effects == [f"set {PENDING_TOO} canceled"]
    assert not controller.calls.exists()


def test_execute_on_target_runs_on_the_host_that_is_delegated_to(controller: Controller) -> None:
    run = controller.play(
        f"""
        - name: By the gateway
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Delegated
          delegate_to: gateway
        - name: By the server, which cannot be reached
          certops.orders.digicert_order_status:
            order_id: {PENDING_TOO}
            status: canceled
            note: Alone
          ignore_unreachable: true
        """,
        execute_on="target",
        hosts="server1",
    )
    assert run.good("By the gateway").effects == [f"set {PENDING} canceled"]
    assert run["By the server, which cannot be reached"].event == "unreachable"
    assert run["By the server, which cannot be reached"].sent == []
    # Which also shows that a connection that is opened leaves a trace.
    assert "192.0.2.1" in controller.calls.read_text()


def test_a_plan_is_not_made_on_a_target(controller: Controller) -> None:
    run = controller.play(
        """
        - name: There
          certops.orders.order_plan: {state: planned, kind: mine, entries: [], execute_on: target}
        - name: There, by a role
          certops.orders.order_plan: {role: {name: order_plan}, kind: mine, execute_on: target}
        - name: Here
          certops.orders.order_plan: {state: planned, kind: mine, entries: [], execute_on: controller}
        """
    )
    for name in ("There", "There, by a role"):
        assert_failure(run.bad(name), code="invalid_option")
        assert mentions(run.bad(name).msg, "execute_on", "HTTPS_PROXY")
        assert "Unsupported" not in run.bad(name).msg
    assert run["Here"].result["plan"]["entries"] == []
    assert not controller.calls.exists()


def test_servers_that_cannot_be_reached_are_not_needed(controller: Controller) -> None:
    run = controller.play(
        """
        - name: Cancel its orders
          certops.orders.digicert_order_status:
            order_ids: "{{ digicert_order_ids }}"
            status: canceled
            note: "{{ inventory_hostname }} is gone"
            ineligible: skip
          become: true
          become_user: nobody-of-this-name
        """,
        hosts="decommissioned",
    )
    assert {task.host: task.event for task in run.tasks} == {"server1": "ok", "server2": "ok", "server3": "ok"}
    assert run.effects == [f"set {PENDING} canceled", f"set {PENDING_TOO} canceled"]
    assert controller.sim.order(PENDING)["notes"][0]["text"] == "server1 is gone"
    assert not controller.calls.exists()


def test_an_option_with_a_typo_is_named(controller: Controller, execute_on: str) -> None:
    run = controller.play(
        f"""
        - name: Typo
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Oops
            worker: 3
        """,
        execute_on=execute_on,
    )
    typo = run.bad("Typo")
    # The option, and those that there are.
    assert mentions(typo.msg, "worker", "api_key", "workers")
    assert typo.sent == []


def test_arguments_may_be_a_string(controller: Controller, execute_on: str) -> None:
    run = controller.play(
        f"""
        - name: In the old style
          certops.orders.digicert_order_status: order_ids={PENDING},{PENDING_TOO} status=canceled note="Old style"
        """,
        execute_on=execute_on,
    )
    assert run.good("In the old style").summary["changed"] == 2


def test_aliases_work_and_warnings_of_old_options_are_shown(controller: Controller) -> None:
    # No module of the collection has such options yet; the test module plugins/action/aged.py has them. The sentences
    # are those of ansible-core.
    run = controller.play(
        """
        - name: Alias
          aged: {id: 1}
        - name: Deprecated alias
          aged: {number: 2}
        - name: Deprecated option
          aged: {order_id: 3, comments: x}
        - name: Two names
          aged: {order_id: 4, id: 4}
        - name: Wrong as well
          aged: {number: many}
        """,
        quiet=False,
    )
    warned = {
        task.name: (
            [warning["msg"].partition(".")[0] for warning in task.result.get("deprecations", [])],
            task.result.get("warnings", []),
        )
        for task in run.tasks
    }
    assert warned == {
        "Alias": ([], []),
        "Deprecated alias": (["Alias 'number' is deprecated"], []),
        "Deprecated option": (["Param 'comments' is deprecated"], []),
        "Two names": ([], ["Both option order_id and its alias id are set."]),
        "Wrong as well": (["Alias 'number' is deprecated"], []),
    }
    assert [task.order_id for task in run.tasks[:4]] == [1, 2, 3, 4]
    assert run.bad("Wrong as well")
    assert run.output.count("Both option order_id and its alias id are set.") == 1


# Where options come from


def test_key_and_url_come_from_the_environment_of_process_play_and_task(
    controller: Controller, other_sim: Simulator
) -> None:
    run = controller.play(
        f"""
        - name: As set by the play
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Where am I?
        - name: As set by the task
          certops.orders.digicert_order_status:
            order_id: {PENDING_TOO}
            status: canceled
            note: Where am I?
          environment:
            DIGICERT_API_URL: "{{{{ other }}}}"
            DIGICERT_API_KEY: sim-admin
        - name: As set by the block
          environment:
            - DIGICERT_API_KEY: sim-readonly
          block:
            - name: In the block
              certops.orders.digicert_order_status:
                order_id: {PENDING_TOO}
                status: canceled
                note: Where am I?
        """,
        keywords="environment: {DIGICERT_API_KEY: '{{ key_of_play }}'}",
        variables={"other": other_sim.api_url, "key_of_play": SECRET_KEY},
    )
    play, task = run.good("As set by the play"), run.good("As set by the task")
    assert {request["key"] for request in play.requests} == {SECRET_KEY}
    assert task.changed
    assert task.sent == []
    assert [request["key"] for request in other_sim.journal()] == [KEY, KEY]
    assert {request["key"] for request in run.bad("In the block").requests} == {"sim-readonly"}


def test_the_environment_of_a_task_reaches_the_target(controller: Controller, other_sim: Simulator) -> None:
    run = controller.playbook(
        f"""
        - hosts: gateway
          gather_facts: false
          tasks:
            - name: Through the gateway
              certops.orders.digicert_order_status:
                order_id: {PENDING}
                status: canceled
                note: From there
                execute_on: target
                api_key: {KEY}
              environment:
                DIGICERT_API_URL: {other_sim.api_url}
        """
    )
    assert run.good("Through the gateway").changed
    # Our own DIGICERT_API_URL does not count there.
    assert run.requests == []
    assert len(other_sim.journal()) == 2


def test_execute_on_target_needs_the_key_on_the_task(controller: Controller) -> None:
    run = controller.playbook(
        f"""
        - hosts: gateway
          gather_facts: false
          ignore_errors: true
          tasks:
            - name: No key
              certops.orders.digicert_order_status:
                order_id: {PENDING}
                status: canceled
                note: Which key?
                execute_on: target
            - name: An empty key
              certops.orders.digicert_order_status:
                order_id: {PENDING}
                status: canceled
                note: Which key?
                execute_on: "{{{{ 'target' }}}}"
                api_key: "{{{{ nothing | default('') }}}}"
            - name: A key in the environment, which Ansible would print
              certops.orders.digicert_order_status:
                order_id: {PENDING}
                status: canceled
                note: Which key?
                execute_on: target
                api_key: {KEY}
              environment:
                DIGICERT_API_KEY: {KEY}
        """
    )
    for task in run.tasks[:2]:
        assert_failure(task, code="invalid_option")
        assert mentions(task.msg, "api_key")
    assert_failure(run.bad("A key in the environment, which Ansible would print"), code="invalid_option")
    assert run.requests == []


def test_defaults_for_the_group_with_a_vaulted_key(controller: Controller, execute_on: str) -> None:
    key = textwrap.indent(vaulted(controller, KEY), " " * 10)
    run = controller.playbook(
        f"""
- hosts: gateway
  gather_facts: false
  vars:
    key_of_vault: {key.strip()}
  module_defaults:
    group/certops.orders.digicert:
      api_url: {controller.sim.api_url}
      execute_on: {execute_on}
      rate_limit: none
      api_key: {key.strip()}
  tasks:
    - name: By default
      certops.orders.digicert_order_status:
        order_id: {PENDING}
        status: canceled
        note: From the vault
    - name: By a variable
      certops.orders.digicert_order_status:
        order_id: {PENDING_TOO}
        status: canceled
        note: From the vault
        api_key: "{{{{ key_of_vault }}}}"
    - name: On the task
      certops.orders.digicert_order_status:
        order_id: {PENDING_THREE}
        status: canceled
        note: From the vault
        api_key: {key.strip()}
        """,
        env={"DIGICERT_API_KEY": None, "DIGICERT_API_URL": None},
        args=["--vault-password-file", str(controller.desk / "password")],
    )
    assert run.rc == 0, run.output
    assert [task.changed for task in run.tasks] == [True, True, True]
    assert {request["key"] for request in run.requests} == {KEY}


# What is shown while it runs, and when it is stopped


def lines_of_terminal(descriptor: int) -> Iterator[tuple[float, str]]:
    """The lines that a terminal gets until it is closed, and when."""
    rest = b""
    with contextlib.suppress(OSError):
        while chunk := os.read(descriptor, 4096):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from ((time.monotonic(), line.decode()) for line in lines)


def test_a_wait_is_reported_while_it_lasts(controller: Controller) -> None:
    controller.sim.fault("status", status=429, headers={"Retry-After": "2"})
    # Into a pipe, Ansible itself writes late.
    ours, theirs = os.openpty()
    process = controller.start(
        f"""
        - hosts: gateway
          gather_facts: false
          tasks:
            - name: Cancel
              certops.orders.digicert_order_status:
                order_id: {PENDING}
                status: canceled
                note: Patience
        """,
        stdout=theirs,
    )
    os.close(theirs)
    lines = list(lines_of_terminal(ours))
    os.close(ours)
    assert process.wait() == 0
    reported_at = next(at for at, line in lines if "digicert_order_status" in line and mentions(line, 429, 2))
    done_at = next(at for at, line in lines if line.startswith("changed: [gateway]"))
    assert 1.5 < done_at - reported_at < 10


# SIGKILL is what ends a job that does not end by itself; it does not reach workers that have sessions of their own.
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_change_is_sent_after_a_signal(controller: Controller, sim: Simulator, how: signal.Signals) -> None:
    sim.reset(seed(*pending(1, 400)))
    # Slow enough that a busy machine's signal arrives after few of the 400, whenever it does.
    sim.set(latency=0.4)
    process = controller.start(
        """
        - hosts: gateway
          gather_facts: false
          tasks:
            - name: Cancel
              certops.orders.digicert_order_status:
                order_ids: "{{ range(1, 401) | list }}"
                status: canceled
                note: Stop me
                workers: 4
        """
    )
    try:
        end = time.monotonic() + 20
        while len(sim.journal()) < 20 and time.monotonic() < end:
            time.sleep(0.05)
        before = len(sim.journal())
        # As a terminal's Ctrl+C: to all processes.
        os.killpg(process.pid, how)
        process.communicate(timeout=30)
        # The process at the top does not wait for what its worker has under way.
        time.sleep(1.5)
        sent = len(sim.journal())
        time.sleep(1.5)
        # That is finished, and no more.
        assert len(sim.journal()) == sent
        assert 20 <= before <= sent <= before + 40
        # A killed process does not read the answer to a request in flight.
        answered = [request["status"] for request in sim.journal()[1:] if request["status"] is not None]
        assert answered == [204] * len(answered)
        assert sent - 1 - len(answered) <= (4 if how == signal.SIGKILL else 0)
    finally:
        process.kill()
        process.wait()


def test_no_change_is_sent_after_the_connection_to_a_target_has_ended(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*pending(1, 400)))
    sim.set(latency=0.4)
    process = controller.start(
        f"""
        - hosts: gateway
          gather_facts: false
          tasks:
            - name: Cancel
              certops.orders.digicert_order_status:
                order_ids: "{{{{ range(1, 401) | list }}}}"
                status: canceled
                note: Stop me
                workers: 4
                execute_on: target
                api_key: {KEY}
                api_url: {sim.api_url}
        """
    )
    try:
        end = time.monotonic() + 20
        while len(sim.journal()) < 20 and time.monotonic() < end:
            time.sleep(0.05)
        before = len(sim.journal())
        # Ansible and its worker, which is the module's connection here; not the module.
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if str(controller.desk / "playbook.yml") in (folder / "cmdline").read_text():
                    os.kill(int(folder.name), signal.SIGKILL)
        process.communicate(timeout=30)
        time.sleep(1.5)
        sent = len(sim.journal())
        time.sleep(1.5)
        assert len(sim.journal()) == sent
        assert 20 <= before <= sent <= before + 40
        assert {request["status"] for request in sim.journal()[1:]} == {204}
    finally:
        process.kill()
        process.wait()


# What is missing


def test_a_missing_library_is_named(controller: Controller) -> None:
    hidden = controller.desk / "hidden"
    hidden.mkdir()
    (hidden / "requests.py").write_text("raise ImportError('hidden by the test')\n")
    here = controller.play(
        f"""
        - name: Without requests
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: How?
        """,
        more_env={"PYTHONPATH": str(hidden)},
    )
    controller.script("lonely_python", f'exec {sys.executable} -S "$@"')
    there = controller.play(
        f"""
        - name: Without requests
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: How?
          vars:
            ansible_python_interpreter: {controller.desk}/lonely_python
        """,
        execute_on="target",
    )
    for run in (here, there):
        task = run.bad("Without requests")
        assert mentions(task.msg, "requests")
        assert task.failure["code"] == "library_missing"


# What the documentation shows


def examples() -> list[str]:
    """The module's EXAMPLES as they stand, one text each."""
    tree = ast.parse(MODULE.read_text(encoding="utf-8"))
    text = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES"
    )
    return [block for block in text.split("\n\n") if "- name:" in block]


# What the examples' orders are before them, and what each example's task changes.
EXAMPLE_SEED = seed(
    {"id": 123456789, "status": "pending"},
    {"id": 123456790, "status": "issued", "origin": "migrated", "valid_till_in_days": 50},
    {"id": 123456791, "status": "reissue_pending"},
    {"id": 223456789, "status": "waiting_pickup"},
    *pending(501, 2),
    {"id": 503, "status": "issued"},
    *({"id": order_id, "status": "pending"} for order_id in (PENDING, PENDING_TOO)),
    {"id": ISSUED, "status": "issued"},
)
BEFORE_EXAMPLE = {
    "Mark migrated orders as renewed": {"id": 123456789, "status": "expired", "origin": "migrated"},
}
DONE_BY_EXAMPLE = {
    "Cancel a pending order": ["set 123456789 canceled"],
    "Cancel many": ["set 501 canceled", "set 502 canceled"],
    "Mark migrated orders as renewed": ["set 123456789 renewed", "set 123456790 renewed"],
    "Remove the mark": ["set 123456790 not_renewed"],
    "Cancel a pending reissue": ["set 123456791 canceled"],
    "Cancel the pending orders of all servers": [f"set {PENDING} canceled", f"set {PENDING_TOO} canceled"],
    "Cancel an order that is waiting": ["set 223456789 canceled"],
}


def test_every_example_of_the_documentation_works_as_it_stands(controller: Controller, sim: Simulator) -> None:
    sim.reset(EXAMPLE_SEED)
    found = examples()
    plays = [example for example in found if "\n  hosts:" in example]
    tasks = ["- hosts: localhost\n  gather_facts: false\n  tasks:"]
    for example in found:
        if example not in plays:
            patches = [json.dumps(patch) for name, patch in BEFORE_EXAMPLE.items() if f"- name: {name}" in example]
            tasks += [f"    - certsim: {{patch: {patch}}}" for patch in patches]
            tasks.append(textwrap.indent(example, " " * 4))
    vault = f"vaulted_digicert_key: {vaulted(controller, KEY)}\n"
    run = controller.playbook(
        "\n\n".join([*tasks, *plays]),
        args=["-e", f"@{controller.write('vault.yml', vault)}", "--vault-password-file", f"{controller.desk}/password"],
        variables={"stale_order_ids": [501, 502, 503, 504], "change_ticket": "CHG0031337"},
    )
    assert run.rc == 0, run.output
    done: dict[str, Any] = {}
    for task in run.tasks:
        done.setdefault(task.name, []).extend(task.effects)
    for name, effects in DONE_BY_EXAMPLE.items():
        assert [done[whole] for whole in done if whole.startswith(name)] == [effects], name
    assert mentions(run["Show what was canceled"].msg, 2, 4)
    assert sim.order(PENDING)["notes"][-1]["text"] == "Server retired, CHG0031337"
    # The servers to decommission got no request.
    assert not controller.calls.exists()
    # And no example was forgotten.
    assert sum("certops.orders.digicert_order_status:" in example for example in found) == len(DONE_BY_EXAMPLE)


def test_read_only_applies_on_controller_and_target_whatever_the_task_sets(
    controller: Controller, execute_on: str
) -> None:
    run = controller.play(
        f"""
        - name: Read only
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {ISSUED}]
            status: canceled
            note: Try
            ineligible: skip
        - name: The task overrides it
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Try harder
          environment:
            DIGICERT_READ_ONLY: "0"
        - name: Nothing to change
          certops.orders.digicert_order_status:
            order_id: {MARKED}
            status: renewed
        - name: Check mode
          certops.orders.digicert_order_status:
            order_id: {MIGRATED}
            status: renewed
          check_mode: true
        """,
        execute_on=execute_on,
        more_env={"DIGICERT_READ_ONLY": "1"},
    )
    for name in ("Read only", "The task overrides it", "Check mode"):
        assert_failure(run.bad(name), code="read_only")
        assert "DIGICERT_READ_ONLY" in run[name].msg
    assert not run.good("Nothing to change").changed
    assert run.writes == []


def test_read_only_of_a_task_is_enough(controller: Controller, execute_on: str) -> None:
    run = controller.play(
        f"""
        - name: Read only
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Try
          environment:
            DIGICERT_READ_ONLY: "1"
        """,
        execute_on=execute_on,
    )
    assert_failure(run.bad("Read only"), code="read_only")
    assert run.writes == []
