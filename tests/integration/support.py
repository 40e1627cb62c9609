# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the integration tests share: an order book, a machine to run playbooks on, and what came of a run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import typing
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

if sys.version_info < (3, 11):
    # certsim is for Python 3.11; its helper for tests is all that we import of it, and needs only this.
    typing.Self = typing.Any

from certsim.testing import Simulator

HERE = Path(__file__).resolve().parent
KEY = "sim-admin"
# Of no use as a name of anything else, so that a search finds it in all files a run leaves behind.
SECRET_KEY = "sim-Zq7Yx2Wv9Kj4"
FAILURE_KEYS = {"http_status", "code", "message", "order_id", "retries", "waited"}
RESULT_KEYS = {"changed", "msg", "orders", "summary", "api"}

# One order or more of every kind there is. Those that end alike are alike.
PENDING, PENDING_TOO, PENDING_THREE, WAITING_PICKUP = 1101, 1102, 1103, 1110
NEEDS_APPROVAL, PROCESSING, NEEDS_CSR, APPROVED = 1201, 1202, 1203, 1204
ISSUED, MIGRATED, MIGRATED_TOO, MIGRATED_FAR, MARKED, TRULY_RENEWED = 1301, 1302, 1303, 1304, 1305, 1306
ISSUED_NEAR = 1307
REISSUE, REISSUE_MIGRATED = 1401, 1402
EXPIRED, EXPIRED_MIGRATED, EXPIRED_MARKED = 1501, 1502, 1503
REVOKED, REJECTED, DENIED, CANCELED, NEW_WORD = 1601, 1602, 1603, 1604, 1605
NOWHERE = 9999

SEED: dict[str, Any] = {
    "switches": {"rate.enabled": False},
    "keys": {
        SECRET_KEY: {"user": "secret"},
        "sim-emea": {"user": "emea", "container_ids": [2]},
    },
    "orders": [
        {"id": PENDING, "status": "pending", "common_name": "www.example.com"},
        {"id": PENDING_TOO, "status": "pending", "common_name": "shop.example.com"},
        {"id": PENDING_THREE, "status": "pending", "product": "ssl_dv_geotrust"},
        {"id": WAITING_PICKUP, "status": "waiting_pickup", "product": "client_premium"},
        {"id": NEEDS_APPROVAL, "status": "needs_approval"},
        {"id": PROCESSING, "status": "processing"},
        {"id": NEEDS_CSR, "status": "needs_csr"},
        {"id": APPROVED, "status": "approved"},
        {"id": ISSUED, "status": "issued", "valid_till_in_days": 300, "renewal_of_order_id": TRULY_RENEWED},
        {"id": ISSUED_NEAR, "status": "issued", "valid_till_in_days": 30},
        {"id": MIGRATED, "status": "issued", "origin": "migrated", "valid_till_in_days": 30},
        {"id": MIGRATED_TOO, "status": "issued", "origin": "migrated", "valid_till_in_days": 88},
        {"id": MIGRATED_FAR, "status": "issued", "origin": "migrated", "valid_till_in_days": 200},
        {"id": MARKED, "status": "issued", "origin": "migrated", "valid_till_in_days": 20, "is_renewed": True},
        {
            "id": TRULY_RENEWED,
            "status": "issued",
            "origin": "migrated",
            "valid_till_in_days": 20,
            "renewed_order_id": ISSUED,
        },
        {"id": REISSUE, "status": "reissue_pending"},
        {"id": REISSUE_MIGRATED, "status": "reissue_pending", "origin": "migrated", "valid_till_in_days": 30},
        {"id": EXPIRED, "status": "expired", "valid_till_in_days": -5},
        {"id": EXPIRED_MIGRATED, "status": "expired", "origin": "migrated", "valid_till_in_days": -100},
        {
            "id": EXPIRED_MARKED,
            "status": "expired",
            "origin": "migrated",
            "valid_till_in_days": -10,
            "is_renewed": True,
        },
        {"id": REVOKED, "status": "revoked", "certificate_status": "revoked"},
        {"id": REJECTED, "status": "rejected"},
        {"id": DENIED, "status": "denied"},
        {"id": CANCELED, "status": "canceled"},
        {"id": NEW_WORD, "status": "awaiting_attestation"},
    ],
}
EVERY_ORDER = [order["id"] for order in SEED["orders"]]


def seed(*orders: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """SEED with other orders and, where given, other sections."""
    return {**SEED, "orders": list(orders), **more}


def pending(first: int, count: int) -> list[dict[str, Any]]:
    """Orders that can be canceled, with ids that follow one another."""
    return [{"id": number, "status": "pending"} for number in range(first, first + count)]


def simulator_python() -> str:
    """An interpreter that can run certsim."""
    chosen = os.environ.get("CERTSIM_PYTHON")
    if not chosen and sys.version_info < (3, 11):
        pytest.exit("certsim needs Python 3.11 or newer: name one that has its requirements in CERTSIM_PYTHON", 2)
    return chosen or sys.executable


@contextmanager
def simulator(*arguments: str, **keywords: Any) -> typing.Iterator[Simulator]:
    """A simulator process of its own; it refuses parameters that are not documented, which the service ignores."""
    strict = {"certcentral.unknown_parameters": "refused"}
    sim = Simulator(*arguments, **{**keywords, "switches": {**strict, **keywords.get("switches", {})}})
    with mock.patch.object(sys, "executable", simulator_python()):
        sim.start()
    try:
        yield sim
    finally:
        sim.stop()


# The short description of a request, by its method and its path.
_DESCRIPTIONS = {
    "GET /user/me": "user",
    "GET /account": "account",
    r"GET /order/certificate/(\d+)": "read {0}",
    r"PUT /order/certificate/(\d+)/status": "set {0} {body[status]}",
    r"PUT /order/certificate/(\d+)/revoke": "revoke {0}",
    r"PUT /certificate/(\w+)/revoke": "revoke certificate {0}",
    r"GET /order/certificate/(\d+)/(reissue|duplicate|note)": "{1}s of {0}",
    r"POST /order/certificate/(\d+)/note": "note {0}",
    r"PUT /order/certificate/(\d+)/renewal-emails/(\w+)": "emails {0} {1}",
    r"PUT /order/certificate/(\d+)/auto-reissue": "auto-reissue {0} {body[auto_reissue]}",
    r"PUT /order/certificate/(\d+)/custom-renewal-message": "message {0}",
    "GET /request": "requests",
    r"GET /request/(\d+)": "request {0}",
    r"PUT /request/(\d+)/status": "settle {0} {body[status]}",
    "GET /domain": "domains",
    r"GET /domain/(\d+)": "domain {0}",
    r"PUT /domain/(\d+)/(activate|deactivate)": "{1} {0}",
}


def describe(request: Mapping[str, Any]) -> str:
    """A request of the journal in short: "read 1", "list 1,2 migrated", "set 1 canceled", "revoke 1", "user"."""
    called = f"{request['method']} {request['path'].rpartition('/services/v2')[2]}"
    for pattern, words in _DESCRIPTIONS.items():
        match = re.fullmatch(pattern, called)
        if match:
            return words.format(*match.groups(), body=request["body"])
    if called != "GET /order/certificate":
        return called
    ids = ",".join(value for name, value in request["query"] if name.startswith("filters[id]"))
    origin = "".join(f" {value}" for name, value in request["query"] if name == "filters[origin]")
    return f"list {ids}{origin}"


def query(request: Mapping[str, Any]) -> dict[str, str]:
    """What a request of the journal asks for, without its sorting."""
    return {name: value for name, value in request["query"] if name != "sort"}


class Conversation:
    """Requests as the simulator's journal has them."""

    def __init__(self, requests: list[dict[str, Any]]) -> None:
        self.requests = requests

    @property
    def sent(self) -> list[str]:
        """All of them in short, in order of arrival."""
        return [describe(request) for request in self.requests]

    @property
    def writes(self) -> list[str]:
        """Those that ask for a change, sorted, as several are sent in parallel."""
        return sorted(describe(request) for request in self.requests if request["method"] != "GET")

    @property
    def effects(self) -> list[str]:
        """Those that did change something, sorted."""
        return sorted(describe(request) for request in self.requests if request["effect"])

    def about(self, order_id: int) -> list[str]:
        """Those that name this order in their path, in short."""
        return [describe(request) for request in self.requests if request["order_id"] == order_id]


class Task(Conversation):
    """What came of a task on one host."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        super().__init__(record["requests"])
        self.event: str = record["event"]
        self.is_item: bool = record["item"]
        self.host: str = record["host"]
        self.name: str = record["task"]
        self.result: dict[str, Any] = record["result"]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.result[name]
        except KeyError:
            raise AttributeError(f"the result of {self.name!r} has no {name!r}: {self.result}") from None

    @property
    def failed(self) -> bool:
        return self.event == "failed"

    @property
    def outcomes(self) -> dict[int, str]:
        return {order["order_id"]: order["outcome"] for order in self.result["orders"]}

    @property
    def shown(self) -> dict[str, Any]:
        """The result without what Ansible adds, and without the seconds."""
        added = {"failed", "invocation", "exception", "_ansible_no_log", "_ansible_parsed"}
        shown = {name: value for name, value in self.result.items() if name not in added}
        for part in ("api", "failure"):
            if part in shown:
                shown[part] = {**shown[part], "waited": bool(shown[part]["waited"])}
        return shown


@dataclass
class Run(Conversation):
    """What came of an ansible-playbook process."""

    rc: int
    output: str
    tasks: list[Task]
    worker_kib: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __getitem__(self, name: str) -> Task:
        """The only result of the task of this name."""
        found = self.all(name)
        assert len(found) == 1, f"{len(found)} results of {name!r} in:\n{self.output}"
        return found[0]

    def all(self, name: str) -> list[Task]:
        """The task's results on every host; where it loops, of every item."""
        found = [task for task in self.tasks if task.name == name]
        return [task for task in found if task.is_item] or found

    def good(self, name: str) -> Task:
        task = self[name]
        assert not task.failed, task.result
        return task

    def bad(self, name: str) -> Task:
        task = self[name]
        assert task.failed, task.result
        return task


class Controller:
    """A machine with a home of its own, where playbooks are run against a simulator.

    home: what the run itself writes. desk: what we put there for it, and what the test's callback writes down.

    The inventory has `gateway`, which works and passes no environment on, as a host over ssh would, and the group
    `decommissioned` of three servers that cannot be reached: an attempt is written to `calls`.
    """

    def __init__(self, folder: Path, sim: Simulator) -> None:
        self.home = folder / "home"
        self.desk = folder / "desk"
        self.sim = sim
        for needed in (self.home, self.desk, self.home / "tmp"):
            needed.mkdir()
        self.calls = self.desk / "ssh_calls"
        self.script("no_ssh", f'echo "$@" >> {self.calls}\nexit 255')
        self.script("bare_sh", 'exec env -i PATH="$PATH" HOME="$HOME" LC_ALL=C.UTF-8 /bin/sh "$@"')
        # While a task runs, Ansible asks each millisecond whether it has ended: a third of the time on a busy machine.
        self.write("ansible.cfg", "[defaults]\ninternal_poll_interval = 0.01\n")
        self.write("seed.json", json.dumps(SEED))
        self.write("inventory.yml", self._inventory())
        self.env = self._environment()

    def write(self, name: str, content: str) -> Path:
        path = self.desk / name
        path.write_text(content, encoding="utf-8")
        return path

    def script(self, name: str, content: str) -> Path:
        path = self.write(name, f"#!/bin/sh\n{content}\n")
        path.chmod(0o700)
        return path

    def play(
        self,
        tasks: str,
        *,
        execute_on: str = "controller",
        hosts: str = "gateway",
        keywords: str = "",
        api_key: str = KEY,
        **options: Any,
    ) -> Run:
        """Run tasks on `gateway`, each of them whatever the outcome of the others.

        execute_on: the option of the modules. keywords: more of the play, as YAML. Other options: see `playbook`.
        """
        defaults: dict[str, Any] = {"execute_on": execute_on}
        if execute_on == "target":
            # Nothing of our environment gets there.
            defaults.update(api_key=api_key, api_url=self.sim.api_url, rate_limit="none")
        play = [
            "- hosts: " + hosts,
            "  gather_facts: false",
            "  ignore_errors: true",
            "  module_defaults:",
            f"    group/certops.orders.digicert: {json.dumps(defaults)}",
            textwrap.indent(textwrap.dedent(keywords).strip("\n"), "  "),
            "  tasks:",
            textwrap.indent(textwrap.dedent(tasks).strip("\n"), "    "),
        ]
        run = self.playbook("\n".join(line for line in play if line), env={"DIGICERT_API_KEY": api_key}, **options)
        assert run.rc == 0, run.output
        return run

    def playbook(
        self,
        playbook: str,
        *,
        env: Mapping[str, str | None] | None = None,
        more_env: Mapping[str, str | None] | None = None,
        args: Sequence[str] = (),
        variables: Mapping[str, Any] | None = None,
        inventory: str | None = None,
        quiet: bool = True,
        timeout: float = 120,
    ) -> Run:
        """Run a playbook.

        env, more_env: variables over ours, None takes one away. quiet: that it has no warnings is asserted.
        """
        environment = {**(env or {}), **(more_env or {})}
        process = self.start(playbook, env=environment, args=args, variables=variables, inventory=inventory)
        try:
            output = process.communicate(timeout=timeout)[0]
        finally:
            process.kill()
            process.wait()
        run = self._make_run(process.returncode, output)
        if quiet:
            assert "WARNING" not in output, output
        assert "Traceback" not in output, output
        assert "ERROR!" not in output, output
        return run

    def start(
        self,
        playbook: str,
        *,
        env: Mapping[str, str | None] | None = None,
        args: Sequence[str] = (),
        variables: Mapping[str, Any] | None = None,
        inventory: str | None = None,
        stdout: int = subprocess.PIPE,
    ) -> subprocess.Popen[str]:
        """Start ansible-playbook, in a process group of its own."""
        path = self.write("playbook.yml", textwrap.dedent(playbook) + "\n")
        self.record.unlink(missing_ok=True)
        environment = {name: value for name, value in {**self.env, **(env or {})}.items() if value is not None}
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *("-i", str(self.write("hosts.yml", inventory) if inventory else self.desk / "inventory.yml")),
            *(("-e", json.dumps(variables)) if variables else ()),
            *args,
            str(path),
        ]
        return subprocess.Popen(
            command,
            cwd=self.desk,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )

    @property
    def record(self) -> Path:
        return self.desk / "record.jsonl"

    def _make_run(self, rc: int, output: str) -> Run:
        lines = self.record.read_text(encoding="utf-8").splitlines() if self.record.exists() else []
        records = [json.loads(line) for line in lines]
        stats = [record for record in records if record["event"] == "stats"]
        return Run(
            requests=[request for record in records for request in record["requests"]],
            rc=rc,
            output=output,
            tasks=[Task(record) for record in records if record["event"] != "stats"],
            worker_kib=stats[0]["worker_kib"] if stats else 0,
        )

    def _inventory(self) -> str:
        gateway = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "ansible_shell_executable": str(self.desk / "bare_sh"),
        }
        servers = {
            f"server{number}": {
                "ansible_connection": "ssh",
                "ansible_ssh_executable": str(self.desk / "no_ssh"),
                "ansible_host": "192.0.2.1",
                "ansible_python_interpreter": "/usr/bin/python3",
                "digicert_order_ids": [order_id],
            }
            for number, order_id in enumerate([PENDING, PENDING_TOO, ISSUED], start=1)
        }
        return json.dumps({"all": {"hosts": {"gateway": gateway}, "children": {"decommissioned": {"hosts": servers}}}})

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "TMPDIR": str(self.home / "tmp"),
            "ANSIBLE_CONFIG": str(self.desk / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_ACTION_PLUGINS": str(HERE / "plugins" / "action"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "plugins" / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_DEPRECATION_WARNINGS": "1",
            "ANSIBLE_DEVEL_WARNING": "0",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "TEST_RECORD": str(self.record),
            "TEST_SEED": str(self.desk / "seed.json"),
            "TEST_SIMULATOR": self.sim.url,
            "TEST_SIMULATOR_TOKEN": self.sim.token,
            "DIGICERT_API_KEY": KEY,
            "DIGICERT_API_URL": self.sim.api_url,
            "DIGICERT_RATE_LIMIT": "none",
        }


@contextmanager
def machine(sim: Simulator) -> typing.Iterator[Controller]:
    """A Controller that is gone afterwards; its path is short, as ansible-core keeps Unix sockets in its TMPDIR."""
    with tempfile.TemporaryDirectory(prefix="certops-", dir="/tmp") as folder:
        yield Controller(Path(folder), sim)


def mentions(text: object, *names: object) -> bool:
    """Whether a text has each of these as a word of its own: an id, an option, a domain name, a number."""
    return all(re.search(rf"(?<![\w.-]){re.escape(str(name))}(?!\w|\.\w)", str(text)) for name in names)


def report_names(phase: str, sha256: str, kind: str = "decommission_domain") -> list[str]:
    """The files that a phase of a flow leaves: its latest report, and the one that no later run replaces."""
    time = "" if phase == "plan" else "-TIME"
    names = (f"{kind}-{phase}", f"{kind}-{phase}{time}-{sha256[:12]}")
    return sorted(f"{name}.{form}" for name in names for form in ("html", "json", "csv"))


def without_time(name: str) -> str:
    """The name of a file with TIME for the time in it."""
    return re.sub(r"\d{8}T\d{6}Z", "TIME", name)


def words_of(lines: Sequence[str]) -> str:
    """The text of lines, wherever a sentence in them was wrapped."""
    return " ".join(" ".join(lines).split())


def assert_failure(task: Task, *, code: str | None = None, http_status: int | None = None) -> None:
    """A failure is reported in the documented form, and its text has no remains of Python in it."""
    assert task.failed, task.result
    assert set(task.failure) == FAILURE_KEYS
    assert (task.failure["code"], task.failure["http_status"]) == (code, http_status), task.failure
    for text in (task.msg, task.failure["message"]):
        assert text
        assert not re.search(r"Traceback|Error\(|Exception|object at 0x|\n", text), text
