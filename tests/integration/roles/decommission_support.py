# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the integration tests of decommission_domain share: steps of one play, and a world in which names resolve."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import typing
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.certops.orders.plugins.module_utils._plans.store import find
from ansible_collections.certops.orders.tests.integration.servertastic_support import digest
from ansible_collections.certops.orders.tests.integration.support import (
    SECRET_KEY,
    Controller,
    Conversation,
    Run,
    Simulator,
    Task,
    describe,
)

RETIRED, STAYS = "gone.example.com", "stays.example.com"
# Of no use as a name of anything else, as SECRET_KEY.
RESELLER_KEY = "sim-Qm4Tz8Lx1Rb6"
# What the planner may ask of CertCentral before anything else.
WHO = ["user", "domains"]


def on(name: str) -> str:
    """A host below the name to decommission."""
    return f"{name}.{RETIRED}"


def order(order_id: int, status: str, name: str, **more: Any) -> dict[str, Any]:
    """An order of a seed, for a host below the name to decommission."""
    return {"id": order_id, "status": status, "common_name": on(name), **more}


def st_order(name: str, status: str, domain: str = "", **more: Any) -> dict[str, Any]:
    """A Servertastic order of a seed; its token contains its name."""
    domain_name = domain or on(name.replace("_", "-"))
    return {
        "token": f"sim-tok-{name}",
        "reseller_order_id": name,
        "status": status,
        "domain_name": domain_name,
        "account": "team",
        **more,
    }


def book(*orders: Mapping[str, Any], at_servertastic: Sequence[Mapping[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """A seed for both services."""
    switches = {"rate.enabled": False, "servertastic.review_lag_seconds": 0, **more.pop("switches", {})}
    return {
        "switches": switches,
        "keys": {SECRET_KEY: {"user": "secret"}, "sim-emea": {"user": "emea", "container_ids": [2]}},
        "orders": list(orders),
        # Subdomains are decommissioned only below one of these.
        "domains": [
            {"id": number, "name": name, "container": {"id": 2}}
            for number, name in enumerate(("example.com", "example.org", "example.net"), 1)
        ],
        "servertastic": {
            "accounts": [{"username": "team", "api_key": RESELLER_KEY, "points": 1000}],
            "orders": list(at_servertastic),
        },
        **more,
    }


class Step(Conversation):
    """What came of one step of a play."""

    def __init__(self, run: Run, title: str, tasks: Sequence[Task]) -> None:
        super().__init__([request for task in tasks for request in task.requests])
        self.title = title
        self.tasks = tasks
        self.output = run.output

    def __getitem__(self, name: str) -> Task:
        found = [task for task in self.tasks if task.name == name and task.event != "skipped"]
        assert len(found) == 1, f"{len(found)} results of {name!r} in {self.title!r} of:\n{self.output}"
        return found[0]

    @property
    def refusal(self) -> str:
        """The message of a task that ended the step."""
        (failed,) = (task for task in self.tasks if task.failed and not task.is_item)
        return str(failed.result["msg"])

    @property
    def refused_by(self) -> str:
        """The name of the task that ended the step."""
        (failed,) = (task for task in self.tasks if task.failed and not task.is_item)
        return failed.name

    @property
    def plan_code(self) -> str | None:
        """The code of the error why the approved plan cannot be used, None if it can be."""
        failure = self["Make or apply the plan"].result.get("failure") or {"code": None}
        return str(failure["code"]) if failure["code"] else None

    @property
    def succeeded(self) -> bool:
        return not any(task.failed for task in self.tasks)

    @property
    def plan(self) -> dict[str, Any]:
        """The plan that the step made itself; a large one is only in its file, or is kept beside it."""
        result = self["Make or apply the plan"].result
        plan: dict[str, Any] = result.get("plan") or json.loads(find(result["path"], result["sha256"])[1])
        return plan

    @property
    def entries(self) -> dict[str, dict[str, Any]]:
        """The entries of that, by their orders' ids or digests."""
        return {entry["order"]: entry for entry in self.plan["entries"]}

    @property
    def actions(self) -> dict[str, str]:
        return {name: entry["action"] for name, entry in self.entries.items()}

    @property
    def reasons(self) -> dict[str, str]:
        return {name: entry["reason"] for name, entry in self.entries.items()}

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """What became of each order, by its id or the first digits of its digest."""
        outcomes: Sequence[dict[str, Any]] = self["Outcomes"].result["order_plan_outcomes"]
        return {one["order"]: one for one in outcomes}

    @property
    def outcomes(self) -> dict[str, str]:
        return {name: one["outcome"] for name, one in self.records.items()}

    @property
    def msg(self) -> str:
        return str(self["Make or apply the plan"].result["msg"])


class Steps(list[Step]):
    """The steps of one run, in their order, and the whole of it."""

    def __init__(self, run: Run, steps: Sequence[Step]) -> None:
        super().__init__(steps)
        self.run = run


class Retire:
    """A machine that runs the role on an account, several times in one process where that is enough.

    Variables of the role are named without their prefix.
    """

    def __init__(self, controller: Controller, sim: Simulator) -> None:
        self.controller = controller
        self.sim = sim
        self.path = controller.home / "plans" / "plan.json"
        self.report_dir = controller.home / "report"
        self.sha256 = ""
        controller.env.update(
            DIGICERT_API_KEY=SECRET_KEY,
            SERVERTASTIC_API_URL=sim.servertastic_url,
            SERVERTASTIC_API_KEY=RESELLER_KEY,
            SERVERTASTIC_RATE_LIMIT="none",
            ANSIBLE_SHOW_CUSTOM_STATS="1",
        )
        self.variables: dict[str, Any] = {
            "names": [RETIRED],
            "include_subdomains": True,
            "plan_path": str(self.path),
            "plan_sha256": "{{ approved }}",
            "report_dir": str(self.report_dir),
            "note": "The shop has closed",
            "ticket": "CHG0031337",
        }

    def step(self, phase: str, *, env: Any = None, **variables: Any) -> list[dict[str, Any]]:
        """Tasks that run the role; where a plan was made, it is approved for the steps behind it. env: more of it."""
        given = {**self.variables, "phase": phase, **variables}
        role = {
            "name": "Retire",
            "ansible.builtin.include_role": {"name": "certops.orders.decommission_domain"},
            "vars": {f"decommission_domain_{name}": value for name, value in given.items() if value is not None},
        }
        outcomes = {"name": "Outcomes", "ansible.builtin.debug": {"var": "order_plan_outcomes"}}
        approve = {"name": "Approve", "ansible.builtin.set_fact": {"approved": "{{ order_plan_result.sha256 }}"}}
        block = {
            "name": f"STEP {phase}",
            "block": [role, outcomes, *([approve] if phase == "plan" else [])],
            "rescue": [{"name": "Rescued", "ansible.builtin.meta": "noop"}],
            "environment": dict(env or {}),
        }
        return [{"name": f"STEP {phase}", "ansible.builtin.debug": {"msg": phase}}, block]

    def patch(self, order_id: int, **changes: Any) -> list[dict[str, Any]]:
        """A task that changes an order behind the role's back; certsim's own requests are in no step."""
        return [{"name": "Behind its back", "certsim": {"patch": {"id": order_id, **changes}}}]

    def steps(self, *steps: Sequence[Mapping[str, Any]], **options: Any) -> Steps:
        """Run them in one process, and approve the plan that was made last, if one was made."""
        # Several steps take their time on a busy machine.
        run = self.controller.playbook(self.playbook(*steps), timeout=600, **options)
        assert run.rc == 0, run.output
        parts = _split(run)
        for step in parts:
            if step.title == "STEP plan" and step.succeeded:
                self.sha256 = step["Make or apply the plan"].result["sha256"]
        return Steps(run, parts)

    def playbook(self, *steps: Sequence[Mapping[str, Any]]) -> str:
        play = {
            "hosts": "gateway",
            "gather_facts": False,
            "vars": {"approved": self.sha256},
            "tasks": [task for step in steps for task in step],
        }
        return json.dumps([play])

    def plan(self, **options: Any) -> Step:
        (step,) = self.steps(self.step("plan", **options.pop("variables", {})), **options)
        assert step.succeeded, step.output
        return step

    def apply(self, **options: Any) -> Step:
        (step,) = self.steps(self.step("apply", **options.pop("variables", {})), **options)
        return step

    def report(self, phase: str) -> dict[str, Any]:
        report: dict[str, Any] = json.loads((self.report_dir / f"decommission_domain-{phase}.json").read_text())
        return report

    @property
    def effects(self) -> Counter[str]:
        """What has changed something, or sent a mail, since the start."""
        return Counter(named(request) for request in self.sim.journal() if request["effect"])

    @property
    def left_behind(self) -> dict[str, str]:
        """The text of everything that runs have written."""
        files = (path for path in self.controller.home.rglob("*") if path.is_file())
        return {str(path): path.read_text(encoding="utf-8", errors="replace") for path in files}


def _split(run: Run) -> list[Step]:
    starts = [at for at, task in enumerate(run.tasks) if task.name.startswith("STEP ")]
    ends = [*starts[1:], len(run.tasks)]
    return [Step(run, run.tasks[first].name, run.tasks[first:end]) for first, end in zip(starts, ends)]


def named(request: Mapping[str, Any]) -> str:
    """A request in short; of Servertastic, with the order's name: "cancel queued"."""
    if request["provider"] != "servertastic":
        return describe(request)
    return f"{request['path'].rpartition('/')[2].partition('.')[0]} {request['order_id'] or ''}".strip()


def writes(task: Conversation) -> list[str]:
    """The changes that a step requested, in order; Servertastic cancels by GET."""
    lines = ((request["method"], named(request)) for request in task.requests)
    return [line for method, line in lines if method != "GET" or line.startswith("cancel ")]


def sent(task: Conversation) -> list[str]:
    return [named(request) for request in task.requests]


def short(name: str) -> str:
    """How an order of Servertastic is shown: the first digits of its digest."""
    return digest(name)[:8]


def in_hours(hours: float) -> str:
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


# -- a world -----------------------------------------------------------------------------------------------------------

# In the child: names resolve to what the world says, and addresses of the world lead to servers on this machine. A name
# that the world does not know cannot be resolved just now.
SITE = """
import json, os, socket
WORLD = json.load(open(os.environ["TEST_WORLD"]))
ask, connect = socket.getaddrinfo, socket.socket.connect
def getaddrinfo(host, port, *more, **named):
    name = str(host).rstrip(".")
    if name == "localhost" or name.replace(".", "").isdigit():
        return ask(host, port, *more, **named)
    if name not in WORLD["names"]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    if not WORLD["names"][name]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (WORLD["names"][name], port or 0))]
def lead(self, address):
    return connect(self, ("127.0.0.1", WORLD["ports"][address[0]]) if address[0] in WORLD["ports"] else address)
socket.getaddrinfo, socket.socket.connect = getaddrinfo, lead
"""
NO_ADDRESS, REFUSES = "", "10.0.0.99"


class World:
    """Names, and the servers behind them. A name that is not given cannot be resolved."""

    def __init__(self, controller: Controller, serials: Mapping[str, str]) -> None:
        """serials: the serial number that each address serves."""
        self._folder = controller.desk / "site"
        self._folder.mkdir()
        (self._folder / "sitecustomize.py").write_text(SITE)
        self._servers = {address: _Server(serial, self._folder) for address, serial in serials.items()}
        # Taken, so that no other process gets it, and not listened on.
        self._taken = socket.socket()
        self._taken.bind(("127.0.0.1", 0))
        self._ports = {address: server.port for address, server in self._servers.items()}
        self._ports[REFUSES] = self._taken.getsockname()[1]
        self.env = {"PYTHONPATH": str(self._folder), "TEST_WORLD": str(self._folder / "world.json")}

    def names(self, names: Mapping[str, str]) -> dict[str, str]:
        """Let these names resolve to addresses, and return the environment that runs in this world."""
        Path(self.env["TEST_WORLD"]).write_text(json.dumps({"names": dict(names), "ports": self._ports}))
        return self.env

    def close(self) -> None:
        self._taken.close()
        for server in self._servers.values():
            server.close()


@contextmanager
def world(controller: Controller, serials: Mapping[str, str]) -> typing.Iterator[World]:
    made = World(controller, serials)
    try:
        yield made
    finally:
        made.close()


class _Server:
    """Shakes hands, with a certificate of this serial number."""

    def __init__(self, serial: str, folder: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(_certificate(int(serial, 16), folder / f"{serial}.pem"))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _from = self._listener.accept()
            except OSError:
                return
            connection.settimeout(10)
            # The client may have closed, or have asked for a kind of key that this one has not.
            with connection, suppress(OSError), self._context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1)


def _certificate(serial: int, path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "served.example.com")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), serial, now - timedelta(days=1), now + timedelta(days=9))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made)
    return path
