# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module of CertCentral promises, each of them held to it: one that has no row in ROWS fails the suite.

The modules are hosts of one play, each with a key and with objects of its own, so that they need not wait for one
another, and that every request in the journal is known by its key.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import yaml

from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.integration.faults.kinds import DONE, KINDS, REFUSED, REPEATED, SLOW, Kind
from ansible_collections.certops.orders.tests.integration.support import (
    HERE,
    SECRET_KEY,
    Controller,
    Run,
    Simulator,
    Task,
    assert_failure,
    machine,
    mentions,
    seed,
)

MODULES = HERE.parents[1] / "plugins" / "modules"
# In a path or among arguments, the place of the id of the object of a task. A request's is ten times its order's.
ID = "{id}"
NOTE = "The server was retired"
TICKET = "CHG0031337"


class Row(NamedTuple):
    """A typical task of a module.

    task: its arguments. read: the path of its first request. write: that of its change; nothing where it only reads.
    listed: the key of its list. outcome: what its object comes to. subject: the object before it, an order or a domain.
    after: the fields of its object when it is done.
    more: further tasks, for whatever else the module can return.
    key: what its host's key has besides the user.
    """

    task: dict[str, Any]
    read: str
    write: str = ""
    listed: str = ""
    outcome: str = "changed"
    subject: Mapping[str, Any] = MappingProxyType({"status": "issued"})
    after: Mapping[str, Any] = MappingProxyType({})
    more: tuple[dict[str, Any], ...] = ()
    key: Mapping[str, Any] = MappingProxyType({})


ORDER = "/order/certificate/{id}"
ROWS = {
    # It reads whatever the key sees, and the other hosts change their orders meanwhile.
    "digicert_account_check": Row(
        {}, "/order/certificate/status-changes", key=MappingProxyType({"container_ids": [4711]})
    ),
    "digicert_account_info": Row({}, "/user/me", more=({"rate_limit": "100/5"}, {"require_write": True})),
    "digicert_certificate_revoke": Row(
        {"order_id": ID, "comments": NOTE, "reason": "superseded", "confirm": True},
        ORDER,
        f"{ORDER}/revoke",
        "orders",
        "pending_approval",
        {"status": "issued", "duplicates": [{"common_name": "copy.example.com"}]},
        {"revocation_requested": True},
        (
            {"order_id": "{id}1", "comments": NOTE, "confirm": True, "skip_approval": True},
            {"certificate_id": "9000{id}2", "comments": NOTE, "confirm": True},
            {"certificate_id": 4711, "comments": NOTE, "confirm": True},
        ),
    ),
    "digicert_domain": Row(
        {"domain_id": ID, "state": "inactive"},
        "/domain/{id}",
        "/domain/{id}/deactivate",
        "domains",
        after={"state": "inactive"},
        more=(
            {"name": "d{id}1.example", "state": "inactive"},
            {"name": "nowhere.example", "state": "active"},
        ),
    ),
    "digicert_domain_info": Row({"domain_id": ID}, "/domain/{id}", listed="domains", more=({},)),
    "digicert_order_info": Row(
        {"order_id": ID, "details": True},
        ORDER,
        listed="orders",
        subject={"status": "needs_approval", "notes": ["Look here"]},
        more=({"order_ids": ["{id}1", "{id}2", 4711], "include_origin": True},),
    ),
    "digicert_order_note": Row(
        {"order_id": ID, "text": NOTE},
        f"{ORDER}/note",
        f"{ORDER}/note",
        "orders",
        after={"has_note": True},
        # An answer of some length, which a slow service takes long for.
        subject={"status": "issued", "notes": ["Look here"]},
    ),
    "digicert_order_renewal": Row(
        {"order_id": ID, "auto_reissue": False},
        ORDER,
        f"{ORDER}/auto-reissue",
        "orders",
        subject={"status": "issued", "auto_reissue": 1, "is_multi_year_plan": True},
        after={"auto_reissue": False},
        more=({"order_id": "{id}1", "renewal_emails": False, "custom_renewal_message": NOTE},),
    ),
    "digicert_order_status": Row(
        {"order_id": ID, "status": "canceled", "note": NOTE},
        ORDER,
        f"{ORDER}/status",
        "orders",
        subject={"status": "pending"},
        after={"status": "canceled"},
    ),
    "digicert_request": Row(
        {"order_id": ID, "status": "rejected", "comment": NOTE},
        ORDER,
        "/request/{id}0/status",
        "requests",
        subject={"status": "needs_approval"},
        after={"status": "rejected"},
        more=({"request_id": "{id}10", "status": "rejected"}, {"request_id": 4711, "status": "rejected"}),
    ),
    "digicert_request_info": Row({"order_id": ID}, ORDER, listed="requests", more=({}, {"request_id": "{id}10"})),
}
WRITING = [name for name, row in ROWS.items() if row.write]
READING = [name for name in ROWS if name not in WRITING]

WEATHER = {
    **KINDS,
    # Some answers are two bytes long: the second one comes well after the time-out of 1 s.
    "slow body": Kind({"kind": "drip", "bytes_per_second": 0.4}, ("reply_lost", None, 2), **DONE),
    "429": Kind({"kind": "status", "status": 429}, ("request_limit_exceeded", 429, 1), **REFUSED),
    "429 with Retry-After": Kind(
        {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
        ("request_limit_exceeded", 429, 2),
        ("changed", 2),
        ("failed", 2),
    ),
    # Nothing would end this, were it done.
    "429 with Retry-After 0": Kind(
        {"kind": "status", "status": 429, "headers": {"Retry-After": "0"}},
        ("request_limit_exceeded", 429, 2),
        ("changed", 2),
        ("failed", 2),
    ),
    "an error with the key": Kind({"kind": "echo_key"}, ("access_denied", 400, 1), **REFUSED),
    "a key of the past": Kind({"kind": "invalid_key"}, ("access_denied|access_denied_invalid_key", 403, 1), **REFUSED),
}
# Their change is sent once, whatever the reply.
SENT_ONCE = ("digicert_certificate_revoke", "digicert_order_note")
# On the target, where each task is a process: a sample.
THERE = ["an error with the key", "reset after"]

# -- objects, and plays over them ------------------------------------------------------------------------------------


def place(name: str, of: list[str]) -> int:
    """From 1."""
    return 1 + of.index(name)


def number(module: str, variant: int = 0, weather: str = "") -> int:
    """The id of the object of a task; those that begin with its digits are spare ones."""
    return int(f"{place(module, list(ROWS)):02}{variant}{place(weather, list(WEATHER)) if weather else 0:02}") + 100000


def filled(value: Any, at: int | str) -> Any:
    """Arguments or a path with an id, as it would be written in a playbook."""
    if isinstance(value, str):
        text = value.replace(ID, str(at))
        return int(text) if text.isdigit() else text
    if isinstance(value, Mapping):
        return {name: filled(item, at) for name, item in value.items()}
    return [filled(item, at) for item in value] if isinstance(value, (list, tuple)) else value


def objects(module: str, at: int) -> dict[str, list[dict[str, Any]]]:
    """An order and a domain of one id; that one of them is not needed does no harm."""
    subject = {**ROWS[module].subject, "id": at}
    if subject["status"] == "issued":
        subject["certificate_id"] = int(f"9000{at}")
    return {"orders": [subject], "domains": [{"id": at, "name": f"d{at}.example"}]}


def key_of(host: str) -> str:
    return f"{SECRET_KEY}-{host}"


def started(sim: Simulator, hosts: list[str], things: list[tuple[str, int]]) -> None:
    """Start the simulator anew, with the objects of (module, id) and a key for each host."""
    found = [objects(*thing) for thing in things]
    sim.reset(
        {
            **seed(*(order for each in found for order in each["orders"])),
            "domains": [domain for each in found for domain in each["domains"]],
            "keys": {key_of(host): {"user": "ada", **ROWS[host.partition("-")[0]].key} for host in hosts},
        }
    )


class HostResults:
    """What came of a play over many hosts at once, by host and task."""

    def __init__(self, run: Run) -> None:
        self.tasks: dict[tuple[str, str], Task] = {}
        self.log: dict[str, list[dict[str, Any]]] = {}
        waiting: dict[str, list[dict[str, Any]]] = {}
        for task in run.tasks:
            # A host's requests are known by its key; what it has sent since its last task belongs to this one.
            for request in task.requests:
                waiting.setdefault(request["key"], []).append(request)
            task.requests = waiting.pop(key_of(task.host), [])
            self.tasks[task.host, task.name] = task

    def one(self, host: str, name: str) -> Task:
        return self.tasks[host, name]


def play(controller: Controller, execute_on: str, books: Mapping[str, list[dict[str, Any]]]) -> Run:
    """Run the tasks of every host; books: by host.

    The most verbose output of a run contains no host's key, nor do its files.
    """
    gateway = json.loads((controller.desk / "inventory.yml").read_text())["all"]["hosts"]["gateway"]
    for host, tasks in books.items():
        controller.write(f"{host}.yml", json.dumps(tasks))
    defaults = {
        "api_key": "{{ the_key }}",
        "api_url": controller.sim.api_url,
        "rate_limit": "none",
        "rate_limit_timeout": 2,
        "execute_on": execute_on,
    }
    play = {
        "hosts": "all",
        "gather_facts": False,
        "strategy": "free",
        "ignore_errors": True,
        "module_defaults": {"group/certops.orders.digicert": defaults},
        "tasks": [
            {"name": "Include", "ansible.builtin.include_tasks": f"{controller.desk}/{{{{ inventory_hostname }}}}.yml"}
        ],
    }
    hosts = {host: {**gateway, "the_key": key_of(host)} for host in books}
    run = controller.playbook(
        json.dumps([play]),
        inventory=json.dumps({"all": {"hosts": hosts}}),
        env={"DIGICERT_API_KEY": None},
        args=["-f", "24" if execute_on == "controller" else "3", "-vvvv"],
        timeout=240,
    )
    assert run.rc == 0, run.output
    assert SECRET_KEY not in run.output
    assert [
        path for path in controller.home.rglob("*") if path.is_file() and SECRET_KEY in path.read_text("latin-1")
    ] == []
    for task in run.tasks:
        assert SECRET_KEY not in json.dumps(task.result), task.name
    return run


def log_of(controller: Controller, module: str) -> Path:
    return controller.desk / f"{module}.jsonl"


# -- the tasks of a module, run once on the controller and once on the target ------------------------------------------


def life(controller: Controller, module: str, execute_on: str) -> list[dict[str, Any]]:
    """Check mode, change, and repetition; and the failures of the module's tasks."""
    row, at = ROWS[module], number(module)
    name = f"certops.orders.{module}"
    task = {name: filled(row.task, at)}
    nowhere = {name: filled(row.task, 4711)}
    log = {"audit_log": str(log_of(controller, module)), "ticket": TICKET} if row.write else {}
    logged = {name: {**task[name], **log}}
    tasks = [
        {"name": "Predict", **task, "check_mode": True, "diff": True},
        {"name": "Read only", **task, "environment": {"DIGICERT_READ_ONLY": "1"}},
        {"name": "Do", **logged, "diff": True},
        {"name": "Again", **logged},
    ]
    if execute_on == "target":
        return tasks if row.write else [tasks[0], tasks[2]]
    keys = [
        {"name": title, name: {**task[name], "api_key": key, "api_url": controller.sim.api_url}}
        for title, key in (("Former", "sim-expired"), ("Auditor", "sim-readonly"))
    ]
    more = [{"name": f"More {index}", name: filled(args, at), "diff": True} for index, args in enumerate(row.more)]
    return [
        *keys,
        *tasks,
        {"name": "Do again", **task, "diff": True},
        {"name": "Nowhere", **nowhere},
        {"name": "A wrong option", name: {**task[name], "work": 1}},
        *more,
    ]


@pytest.fixture(scope="module")
def runs(process: Simulator) -> dict[str, HostResults]:
    results = {}
    for execute_on in ("controller", "target"):
        spare = [(module, int(f"{number(module)}{digit}")) for module in ROWS for digit in (1, 2)]
        started(process, list(ROWS), [*((module, number(module)) for module in ROWS), *spare])
        with machine(process) as controller:
            results[execute_on] = HostResults(
                play(controller, execute_on, {module: life(controller, module, execute_on) for module in ROWS})
            )
            for module in WRITING:
                lines = log_of(controller, module).read_text(encoding="utf-8").splitlines()
                results[execute_on].log[module] = [json.loads(line) for line in lines]
    return results


WITH_DIFF = ("Predict", "Do", "More")
EVERYWHERE = [(execute_on, module) for execute_on in ("controller", "target") for module in ROWS]


def objects_of(task: Task) -> list[dict[str, Any]]:
    listed = ROWS[task.host].listed
    # The reason, and the id of a request that the service creates, are those of the real run.
    created = {"reason": "", **({"revocation_request_id": None} if task.host == "digicert_certificate_revoke" else {})}
    return [{**one, **created} for one in task.result[listed]] if listed else []


def test_every_module_has_a_row() -> None:
    assert {path.stem for path in MODULES.glob("digicert_*.py")} == set(ROWS)


@each(("execute_on", "module"), EVERYWHERE)
def test_check_mode_sends_no_change_and_foretells_the_real_run(
    runs: dict[str, HostResults], execute_on: str, module: str
) -> None:
    check, do = runs[execute_on].one(module, "Predict"), runs[execute_on].one(module, "Do")
    assert not check.failed, check.result
    assert not do.failed, do.result
    assert check.writes == []
    assert shape(check.shown) == shape(do.shown)
    assert objects_of(check) == objects_of(do)
    assert check.changed == do.changed
    assert check.result.get("diff") == do.result.get("diff")


@each(("execute_on", "module"), EVERYWHERE)
def test_it_does_what_it_is_for_once(runs: dict[str, HostResults], execute_on: str, module: str) -> None:
    row, do = ROWS[module], runs[execute_on].one(module, "Do")
    again = runs[execute_on].one(module, "Again" if row.write else "Predict")
    assert do.changed == bool(row.write)
    assert len(do.writes) == len(do.effects) == bool(row.write)
    assert [path_of(request) for request in do.requests if request["effect"]] == [
        path for path in [filled(row.write, number(module))] if path
    ]
    assert len(do.requests) == do.api["requests"]
    assert not again.failed
    assert not again.changed
    assert again.writes == []
    if row.write:
        (done,), (unchanged,) = do.result[row.listed], again.result[row.listed]
        assert done["outcome"] == row.outcome
        assert row.after.items() <= done["after"].items()
        assert unchanged["outcome"] in ("unchanged", row.outcome)
        assert unchanged["before"] == unchanged["after"]
    else:
        assert again.shown == do.shown


@each(("execute_on", "module"), EVERYWHERE)
def test_a_key_comes_from_the_defaults_of_the_group_and_shows_nowhere(
    runs: dict[str, HostResults], execute_on: str, module: str
) -> None:
    # That it shows nowhere is asserted by play.
    do = runs[execute_on].one(module, "Do")
    assert {request["key"] for request in do.requests} == {key_of(module)}


@each(("execute_on", "module"), [one for one in EVERYWHERE if one[0] == "controller" or ROWS[one[1]].write])
def test_read_only_refuses_every_change_and_no_read(runs: dict[str, HostResults], execute_on: str, module: str) -> None:
    task = runs[execute_on].one(module, "Read only")
    assert task.writes == []
    assert not task.changed
    if ROWS[module].write:
        assert_failure(task, code="read_only")
        assert "DIGICERT_READ_ONLY" in task.msg
    else:
        assert not task.failed


@each(("execute_on", "module"), [one for one in EVERYWHERE if ROWS[one[1]].write])
def test_every_change_is_in_the_audit_log_before_and_after(
    runs: dict[str, HostResults], execute_on: str, module: str
) -> None:
    row, do = ROWS[module], runs[execute_on].one(module, "Do")
    begun, completed = runs[execute_on].log[module]
    (one,) = do.result[row.listed]
    assert (begun["event"], completed["event"]) == ("begun", "completed")
    assert begun["id"] == completed["id"]
    assert (begun["account"], begun["ticket"]) == (100001, TICKET)
    assert begun["note"] in ([NOTE] if NOTE in row.task.values() else [None])
    for name in ("order_id", "request_id", "domain_id"):
        assert begun.get(name) == one.get(name)
    assert begun["before"] == one["before"]
    assert row.after.items() <= begun["after"].items()
    assert (completed["outcome"], completed["after"]) == (row.outcome, one["after"])
    # One request reads the account.
    assert do.sent.count("user") == 1


@each("module", ROWS)
def test_keys_without_permission_are_reported(runs: dict[str, HostResults], module: str) -> None:
    former, auditor = (runs["controller"].one(module, name) for name in ("Former", "Auditor"))
    assert_failure(former, code="access_denied|access_denied_invalid_key", http_status=403)
    if ROWS[module].write:
        assert_failure(auditor, code="access_denied|missing_permission", http_status=403)
    else:
        assert not auditor.failed
    assert not former.changed
    assert not auditor.changed


@each("module", ROWS)
def test_a_missing_object_and_an_unknown_option_are_reported(runs: dict[str, HostResults], module: str) -> None:
    nowhere, wrong = (runs["controller"].one(module, name) for name in ("Nowhere", "A wrong option"))
    assert nowhere.writes == wrong.sent == []
    assert not nowhere.changed
    if ROWS[module].write:
        assert_failure(nowhere, code="missing")
        assert mentions(nowhere.msg, 4711, 100001)
    else:
        assert not nowhere.failed
        assert nowhere.result.get(ROWS[module].listed, []) == []
    assert_failure(wrong, code="invalid_option")
    assert mentions(wrong.msg, "work")


# -- bad weather -----------------------------------------------------------------------------------------------------

READ, ONCE, ALWAYS = 1, 2, 3
VARIANTS = {READ: list(ROWS), ONCE: WRITING, ALWAYS: WRITING}


def path_of(request: Mapping[str, Any]) -> str:
    return str(request["path"].rpartition("/services/v2")[2])


def storm(controller: Controller, module: str, variant: int, names: list[str]) -> list[dict[str, Any]]:
    """Arm the faults of a module's objects; returns the task that meets them."""
    row = ROWS[module]
    for name in names:
        at, kind = number(module, variant, name), WEATHER[name]
        # There is but one user: here each kind strikes the next task, and no more.
        times = kind.read[2] if ID not in row.read else -1 if variant != ONCE else 1
        path = f"/services/v2{filled(row.read if variant == READ else row.write, at)}$"
        method = "GET" if variant == READ else "POST" if row.read == row.write else "PUT"
        controller.sim.fault(**{**kind.fault, "times": times}, path=path, method=method)
    loop = [
        {"id": number(module, variant, name), "seconds": 1 if name in (*SLOW, "slow body") else 30} for name in names
    ]
    arguments = filled(row.task, "{{ item.id }}")
    return [
        {
            "name": "Storm",
            f"certops.orders.{module}": {**arguments, "retries": 1, "timeout": "{{ item.seconds }}"},
            "loop": loop,
            "diff": True,
        }
    ]


def hosts_of(execute_on: str) -> dict[str, tuple[str, int, list[str]]]:
    """Module, variant and weather of each host of the storm."""
    names = {variant: list(WEATHER) for variant in VARIANTS}
    if execute_on == "target":
        names = {READ: THERE[:1], ONCE: THERE[1:], ALWAYS: []}
    return {
        f"{module}-{variant}": (module, variant, names[variant])
        for variant, modules in VARIANTS.items()
        for module in modules
        if names[variant]
    }


@pytest.fixture(scope="module")
def storms(process: Simulator) -> dict[str, dict[int, Task]]:
    """What came of every kind of weather, by execute_on and the object's id."""
    items = {}
    for execute_on in ("controller", "target"):
        hosts = hosts_of(execute_on)
        things = [
            (module, number(module, variant, name)) for module, variant, names in hosts.values() for name in names
        ]
        started(process, list(hosts), things)
        with machine(process) as controller:
            books = {host: storm(controller, *of) for host, of in hosts.items()}
            run = play(controller, execute_on, books)
        items[execute_on] = {task.item["id"]: task for task in run.tasks if task.is_item}
        for host, (module, variant, names) in hosts.items():
            requests = [request for request in run.requests if request["key"] == key_of(host)]
            for name in names:
                at = number(module, variant, name)
                task = items[execute_on][at]
                own = re.compile(rf"/({at}|{at}0)(/|$)")
                task.requests = [request for request in requests if own.search(request["path"])]
                if ID not in ROWS[module].read:
                    # One after the other, as the tasks were.
                    task.requests, requests = requests[: task.api["requests"]], requests[task.api["requests"] :]
    return items


STRUCK = [
    (execute_on, module, variant, name)
    for execute_on in ("controller", "target")
    for module, variant, names in hosts_of(execute_on).values()
    for name in names
]
STRUCK_READS = [(execute_on, module, name) for execute_on, module, variant, name in STRUCK if variant == READ]
STRUCK_WRITES = [case for case in STRUCK if case[2] != READ]


@each(("execute_on", "module", "name"), STRUCK_READS)
def test_a_failed_read_is_reported_and_changes_nothing(
    storms: dict[str, dict[int, Task]], execute_on: str, module: str, name: str
) -> None:
    task = storms[execute_on][number(module, READ, name)]
    code, http_status, requests = WEATHER[name].read
    assert_failure(task, code=code, http_status=http_status)
    assert task.failure["retries"] == requests - 1
    assert task.writes == []
    assert len(task.requests) == requests
    assert not task.changed


@each(("execute_on", "module", "variant", "name"), STRUCK_WRITES)
def test_a_change_hit_by_a_fault_is_reported_correctly_and_made_once(
    storms: dict[str, dict[int, Task]], execute_on: str, module: str, variant: int, name: str
) -> None:
    row, task = ROWS[module], storms[execute_on][number(module, variant, name)]
    kind = WEATHER[name]
    outcome, writes = kind.once if variant == ONCE else kind.always
    if module in SENT_ONCE and (kind.once, kind.always) == tuple(REPEATED.values()):
        outcome, writes = "unknown", 1
    (one,) = task.result[row.listed]
    assert one["outcome"] == (row.outcome if outcome == "changed" else outcome), task.result
    assert len(task.writes) == writes
    assert len(task.effects) == (outcome == "changed")
    assert task.changed == bool(task.effects)
    if outcome == "changed":
        assert not task.failed
        assert row.after.items() <= one["after"].items()
        return
    code, http_status, _requests = WEATHER[name].read
    assert_failure(task, code=code, http_status=http_status)
    assert one["after"] == ({} if outcome == "unknown" else one["before"])
    assert not row.after.items() <= one["after"].items()


@each(("execute_on", "module", "variant", "name"), STRUCK_WRITES)
def test_no_change_is_sent_again_without_a_read(
    storms: dict[str, dict[int, Task]], execute_on: str, module: str, variant: int, name: str
) -> None:
    if WEATHER[name].read[1] == 429:
        # The service has answered that it did nothing.
        return
    methods = [request["method"] for request in storms[execute_on][number(module, variant, name)].requests]
    assert all("GET" in pair for pair in zip(methods, methods[1:]))


# -- what the documentation says -------------------------------------------------------------------------------------

# What a `returned` says about the whole result. Further down, all keys of one condition come together or not at all.
RETURNED = {
    "always": lambda _task, _diff: True,
    "success": lambda task, _diff: not task.failed,
    "success, and when O(require_write) fails": lambda task, _diff: (
        not task.failed or task.failure["code"] == "read_only"
    ),
    "when the arguments are valid": lambda task, _diff: not task.failed or task.failure["code"] != "invalid_option",
    "in diff mode, when the arguments are valid": lambda task, diff: (
        diff and (not task.failed or task.failure["code"] != "invalid_option")
    ),
    "when the task fails, except when Ansible rejects an option with O(execute_on=target)": lambda task, _diff: (
        task.failed
    ),
}
TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "dict": (dict,),
    "float": (float, int),
    "int": (int,),
    "list": (list,),
    "str": (str,),
}
# What Ansible adds to every result, or shows by itself.
OF_ANSIBLE = ("changed", "failed", "invocation", "exception", "warnings", "deprecations", "item")
# Whose keys are not words of ours.
OPEN = ("dcv_expiration",)


def literal(module: str, name: str) -> str:
    """A text that stands in a module's file, such as RETURN."""
    tree = ast.parse((MODULES / f"{module}.py").read_text(encoding="utf-8"))
    return next(
        str(ast.literal_eval(node.value))
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name
    )


def shape(value: Any) -> Any:
    """Only the keys of a result."""
    if isinstance(value, Mapping):
        return {name: shape(item) for name, item in value.items()}
    return [shape(item) for item in value[:1]] if isinstance(value, list) else None


class Checker:
    """Compares results with a RETURN, and remembers which of its keys were verified."""

    def __init__(self, documented: dict[str, Any]) -> None:
        self.documented = documented
        self.verified: set[str] = set()

    def task(self, task: Task, diff: bool) -> None:
        returned = {name: value for name, value in task.result.items() if name not in OF_ANSIBLE}
        returned = {name: value for name, value in returned.items() if not name.startswith(("_ansible_", "ansible_"))}
        due = {name for name, spec in self.documented.items() if RETURNED[spec["returned"]](task, diff)}
        assert set(returned) == due
        for name, value in returned.items():
            self._value(name, self.documented[name], value)

    def _value(self, where: str, spec: Mapping[str, Any], value: Any) -> None:
        self.verified.add(where)
        if value is None:
            assert re.search(r"\bnone\b", str(spec["description"])), f"{where} is none, and this is not documented"
            return
        assert isinstance(value, TYPES[spec["type"]]), f"{where} is {value!r}"
        assert spec["type"] == "bool" or not isinstance(value, bool), f"{where} is {value!r}"
        parts = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
        for part in parts:
            if not isinstance(part, dict):
                assert isinstance(part, TYPES[spec["elements"]]), f"{where} has {part!r}"
            elif "contains" in spec:
                self._parts(where, spec["contains"], part)
            elif where.rpartition(".")[2] not in OPEN:
                self._as_in_the_sample(where, spec, part)

    def _parts(self, where: str, contains: Mapping[str, Any], returned: Mapping[str, Any]) -> None:
        assert set(returned) <= set(contains), where
        conditions: dict[str, set[str]] = {}
        for name, spec in contains.items():
            conditions.setdefault(spec["returned"], set()).add(name)
        for condition, names in conditions.items():
            there = names & set(returned)
            # What is known of one thing is known of each fact by itself.
            by_itself = "known" in condition
            whole = there == names or (not there and condition != "always")
            assert whole or by_itself, f"{where}: of {condition!r} only {there}"
        for name, value in returned.items():
            spec = contains[name]
            if name == "after":
                # The same as before, which is not written twice.
                spec = {**contains["before"], "description": spec["description"]}
            elif name == "failure":
                spec = self.documented["failure"]
            self._value(f"{where}.{name}", spec, value)

    @staticmethod
    def _as_in_the_sample(where: str, spec: Mapping[str, Any], returned: Mapping[str, Any]) -> None:
        sample = spec["sample"][0] if isinstance(spec["sample"], list) and spec["sample"] else spec["sample"]
        # Such as pending_requests, of which there are none most of the time.
        assert not sample or set(returned) == set(sample), where

    def unverified(self) -> set[str]:
        return set(_paths("", self.documented)) - self.verified


def _paths(where: str, contains: Mapping[str, Any]) -> Iterator[str]:
    for name, spec in contains.items():
        yield f"{where}{name}"
        yield from _paths(f"{where}{name}.", spec.get("contains", {}))


@pytest.fixture(scope="module")
def documents(process: Simulator) -> dict[str, Any]:
    """What ansible-doc makes of the modules' documentation, or the error that it makes."""
    command = [str(Path(sys.executable).with_name("ansible-doc")), "--metadata-dump", "--no-fail-on-errors"]
    with machine(process) as controller:
        dump = subprocess.run(
            [*command, "-t", "module", "certops.orders"],
            env=controller.env,
            cwd=controller.desk,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
    dumped = json.loads(dump.stdout)["all"]["module"]
    return {name.rpartition(".")[2]: document for name, document in dumped.items()}


@each("module", ROWS)
def test_the_attributes_that_are_documented_are_true(
    runs: dict[str, HostResults], documents: dict[str, Any], module: str
) -> None:
    assert "doc" in documents[module], documents[module]
    attributes, writes = documents[module]["doc"]["attributes"], bool(ROWS[module].write)
    # What these are about is shown above, for all of them; a module that does not change anything has no diff.
    assert {name: attributes[name]["support"] for name in ("action", "async", "delegation", "check_mode")} == {
        "action": "full",
        "async": "none",
        "delegation": "partial",
        "check_mode": "full",
    }
    assert attributes["action_group"]["membership"] == ["certops.orders.digicert"]
    for name in ("diff_mode", "idempotent"):
        assert attributes[name]["support"] == ("full" if writes else "N/A"), name
    for results in runs.values():
        assert ("diff" in results.one(module, "Do").result) == writes
        assert not writes or "diff" not in results.one(module, "Again").result
    if writes:
        assert runs["controller"].one(module, "Do again").diff == {"before": "", "after": ""}


@each("module", ROWS)
def test_what_is_returned_is_what_is_documented(
    runs: dict[str, HostResults], storms: dict[str, dict[int, Task]], module: str
) -> None:
    checker = Checker(yaml.safe_load(literal(module, "RETURN")))
    for results in runs.values():
        for (host, name), task in results.tasks.items():
            if host == module and name != "Include":
                checker.task(task, diff=name.startswith(WITH_DIFF))
    for by_id in storms.values():
        for task in by_id.values():
            if task.host.startswith(f"{module}-"):
                checker.task(task, diff=True)
    assert checker.unverified() == set()
