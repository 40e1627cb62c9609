# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs started as AWX starts them, and what is kept of them."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from certsim.testing import Simulator

HERE = Path(__file__).resolve().parent
CONTROL = HERE / "control.py"
CRON_CELL = HERE / "cron_cell.sh"
ROOT = HERE.parents[1]
# The project that AWX gets, and what the role gives it as credential types.
PROJECT = ROOT / "docs" / "awx_project"
TYPES = ROOT / "roles" / "awx_setup" / "vars" / "main.yml"
# Of no use as a name of anything else, so that a search finds them in all files a run leaves behind.
KEY, READ_KEY, RESELLER_KEY, TOKEN = "sim-Zq7Yx2Wv9Kj4", "sim-Hd3Rn6Pb8Ts5", "sim-Qm4Tz8Lx1Rb6", "sim-tok-Vc9Jw2Fy7Ng5"
SECRETS = (KEY, READ_KEY, RESELLER_KEY, TOKEN)
# What ansible-runner makes nothing of a result beyond.
MOST = 700_000
TIMEOUT = 120.0
# What ansible-core makes in any home.
EVERY_HOME = {f"file /{home}/.ansible{folder}" for home in ("home", "home/runner") for folder in ("", "/tmp")}
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def why_no_cell() -> str:
    """Why a worker cannot have namespaces of its own on this machine; nothing where it can."""
    missing = [program for program in ("unshare", "setpriv", "chroot") if not shutil.which(program)]
    if missing:
        return f"this machine has no {' and no '.join(missing)}"
    if os.geteuid() != 0:
        return "it needs root"
    tried = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "mount", "-t", "tmpfs", "certops", "/mnt"]
    if subprocess.run(tried, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode:
        return "root may not mount anything here, as in most containers"
    return ""


NO_CELL = why_no_cell()
needs_cell = pytest.mark.skipif(bool(NO_CELL), reason=f"no private namespace for the worker: {NO_CELL}")


class Kept:
    """What AWX would have of a job once it has ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts: dict[str, Any] = json.loads((folder / "job.json").read_text(encoding="utf-8"))
        lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
        self.events: list[dict[str, Any]] = [json.loads(line) for line in lines]

    @property
    def stdout(self) -> str:
        return "\n".join(event["stdout"] for event in self.events if event.get("stdout"))

    @property
    def end(self) -> tuple[str, int | None]:
        return self.facts["status"], self.facts["rc"]

    @property
    def artifacts(self) -> dict[str, Any]:
        artifacts: dict[str, Any] = self.facts["artifacts"]
        return artifacts

    @property
    def results(self) -> list[tuple[str, dict[str, Any]]]:
        """Each task's name with its result, from the events that have one."""
        return [
            (event["event_data"]["task"], event["event_data"]["res"])
            for event in self.events
            if "res" in event.get("event_data", {})
        ]

    def result(self, task: str) -> dict[str, Any]:
        """The only result of the task of this name."""
        found = [result for name, result in self.results if name == task]
        assert len(found) == 1, f"{len(found)} results of {task!r} in:\n{self.stdout}"
        return found[0]

    def changed_orders(self) -> list[int]:
        """Each change at CertCentral in the results of modules, by its order; one that is in two events is there twice.

        A plan has its changes in `outcomes`, in check mode as planned; every other module has them in `orders`.
        """
        results = [
            event["event_data"].get("res", {})
            for event in self.events
            if event["event"] in ("runner_on_ok", "runner_on_failed")
        ]
        orders = [order for result in results for order in result.get("orders", []) if isinstance(order, dict)]
        of_plans = [each for result in results if result.get("changed") for each in result.get("outcomes", [])]
        return sorted(
            [
                *(order["order_id"] for order in orders if order.get("outcome") == "changed"),
                *(
                    int(each["order"])
                    for each in of_plans
                    if each["provider"] == "certcentral" and each["outcome"] in ("done", "planned")
                ),
            ]
        )


class Awx:
    """A place where jobs are launched by control.py, in a process of its own with next to no environment."""

    def __init__(self, folder: Path, sim: Simulator, types: Mapping[str, Any]) -> None:
        self.folder = folder
        self.sim = sim
        self._types = types
        for name in ("waiting", "kept", "private", "tmp"):
            (folder / name).mkdir()
        self.project = folder / "project"
        shutil.copytree(PROJECT, self.project)
        # A file of the job, which is gone with it, where it has a file system of its own.
        self.reports = str(folder / "reports") if NO_CELL else "/tmp/certops-reports"
        # As /runner/project is where AWX puts a project.
        self.deliver = str(self.project / "tasks" / "deliver.yml") if NO_CELL else "/runner/project/tasks/deliver.yml"
        self._number = 100

    def playbook(self, name: str, *tasks: Mapping[str, Any], title: str = "Test") -> str:
        """Put a playbook for localhost into the project; returns its name. title: of its play."""
        play = {"name": title, "hosts": "localhost", "gather_facts": False, "tasks": tasks}
        (self.project / f"{name}.yml").write_text(json.dumps([play]), encoding="utf-8")
        return name

    def certcentral(self, key: str = KEY, **inputs: Any) -> dict[str, Any]:
        """A credential of CertCentral, by default without a pace."""
        known = {"api_key": key, "api_url": self.sim.api_url, "rate_limit": "none"}
        return {"type": "DigiCert CertCentral", "inputs": {**known, **inputs}}

    def servertastic(self, key: str = RESELLER_KEY, **inputs: Any) -> dict[str, Any]:
        """A credential of Servertastic."""
        known = {"api_key": key, "api_url": f"{self.sim.servertastic_url}/v2", "rate_limit": "none"}
        return {"type": "Servertastic", "inputs": {**known, **inputs}}

    def queue(self, playbook: str, variables: Mapping[str, Any] | None = None, *arguments: str, **settings: Any) -> str:
        """Let a job wait to be launched; returns its name. settings: those of control.Job."""
        self._number += 1
        job = {
            "id": self._number,
            "project": str(self.project),
            "playbook": f"{playbook}.yml",
            "collections": os.environ["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)[0],
            "types": self._types,
            "credentials": [self.certcentral()],
            "variables": dict(variables or {}),
            "arguments": arguments,
            "cell": not NO_CELL,
            **settings,
        }
        name = f"{self._number}"
        path = self.folder / "waiting" / f"{name}.json"
        path.touch(0o600)
        path.write_text(json.dumps(job), encoding="utf-8")
        return name

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start what launches a job that waits."""
        return subprocess.Popen(
            [sys.executable, str(CONTROL), str(self.folder), name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": SYSTEM_PATH, "TMPDIR": str(self.folder / "tmp"), "LC_ALL": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
        )

    def finish(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it has ended; it prints nothing."""
        try:
            output = process.communicate(timeout=TIMEOUT)[0]
        finally:
            process.kill()
            process.wait()
        assert (process.returncode, output.decode()) == (0, ""), output.decode()

    def kept(self, name: str) -> Kept:
        return Kept(self.folder / "kept" / name)

    def run(self, playbook: str, variables: Mapping[str, Any] | None = None, *arguments: str, **settings: Any) -> Kept:
        """Launch a job and wait for its end."""
        name = self.queue(playbook, variables, *arguments, **settings)
        self.finish(self.start(name))
        return self.kept(name)

    @contextmanager
    def running(self, *names: str) -> Iterator[list[subprocess.Popen[bytes]]]:
        """Launch waiting jobs, each by a process of its own, all at once."""
        processes = [self.start(name) for name in names]
        try:
            yield processes
        finally:
            for process in processes:
                self.finish(process)

    def written(self) -> list[str]:
        """What has changed something at the services, sorted."""
        return sorted(f"{entry['method']} {entry['path']}" for entry in self.sim.journal() if entry["effect"])

    def assert_masked(self) -> None:
        """No secret is in any file that is left, as it is or in base64."""
        hidden = [
            form for secret in SECRETS for form in (secret.encode(), base64.b64encode(secret.encode()).strip(b"="))
        ]
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        assert files
        assert [(str(file), form) for file in files for form in hidden if form in file.read_bytes()] == []

    def assert_nothing_left(self, *jobs: Kept, was_killed: bool = False) -> None:
        """No processes, no private data, no temporary files but reports.

        was_killed: Ansible had no time to clear its own away, in the home that is gone with the job.
        """
        for name in ("private", "tmp", "waiting"):
            assert list((self.folder / name).iterdir()) == []
        assert processes_with(str(self.folder)) == []
        for job in jobs:
            assert was_killed or job.facts["left"] is not None
            lines = job.facts["left"] or ()
            left = {line for line in lines if not line.startswith(f"file {self.reports}")} - EVERY_HOME
            if was_killed:
                # The last one is a socket that ansible-core 2.20 and newer speak through with their workers.
                mortal = ("process ", *(f"{each}/" for each in EVERY_HOME), "file /tmp/pymp-")
                left = {line for line in left if not line.startswith(mortal)}
            assert left == set(), left
            assert was_killed or job.facts["errors"] == ""


def credential_types() -> dict[str, Any]:
    """The credential types that roles/awx_setup makes, by name."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
    described = yaml.load(TYPES.read_text(encoding="utf-8"), Loader)
    return {each["name"]: each for each in described["awx_setup__credential_types"]}


def find_cron() -> str | None:
    return shutil.which("cron", path=os.pathsep.join([os.environ["PATH"], SYSTEM_PATH]))


needs_cron = pytest.mark.skipif(not find_cron(), reason="no schedule: this machine has no cron (Debian's package cron)")


class Scheduled:
    """Jobs that wait for the next minute of Debian's cron, in the foreground, with one line, for every minute."""

    def __init__(self, awx: Awx) -> None:
        self.awx = awx
        options = {"phase": "all", "confirm": True, "note": "Renewed", "report_dir": awx.reports}
        options["deliver_tasks"] = awx.deliver
        variables = {f"mark_renewed_orders_{name}": value for name, value in options.items()}
        self._names = [awx.queue("mark_renewed_orders", variables, *more) for more in (("--check",), (), ())]
        self._output = awx.folder / "cron.output"
        self._environment = awx.folder / "cron.environment"
        table = awx.folder / "crontab"
        launch = f"{sys.executable} {CONTROL} {awx.folder} >>{self._output} 2>&1"
        table.write_text(f'MAILTO=""\n* * * * * root env >{self._environment}; {launch}\n', encoding="utf-8")
        # However this process ends, cron ends with it.
        cell = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"]
        self._process = subprocess.Popen(
            [*cell, str(CRON_CELL), str(table), str(find_cron())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": SYSTEM_PATH},
            cwd="/",
            start_new_session=True,
        )

    def wait(self) -> list[Kept]:
        """Wait until all jobs have ended, and end cron; returns them."""

        def is_done() -> bool:
            assert self._process.poll() is None, "cron has ended"
            kept = self.awx.folder / "kept" / self._names[-1] / "job.json"
            return kept.exists() and not list((self.awx.folder / "private").iterdir())

        until(is_done)
        self.stop()
        return [self.awx.kept(name) for name in self._names]

    def output(self) -> str:
        """The output that cron received from its commands; there is none where it never did."""
        return self._output.read_text(encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """What cron has launched it with."""
        lines = self._environment.read_text(encoding="utf-8").splitlines()
        return {name: value for name, _equals, value in (line.partition("=") for line in lines)}

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def processes_with(text: str) -> list[int]:
    """Other processes that have a text in their command line or environment; none where the system has no /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if text.encode() in environment and folder.name != str(os.getpid()):
            found.append(int(folder.name))
    return found


def kill_all_with(text: str) -> None:
    """Kill all other processes that have a text, which no other process has, in their command line or environment."""

    def is_quiet() -> bool:
        found = processes_with(text)
        for number in found:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        return not found

    until(is_quiet)


def engine_in_cell(launched: subprocess.Popen[bytes]) -> int:
    """The process that is `ansible-runner worker`: what launches has a child, unshare, and that has cell.sh."""
    number = launched.pid
    for _step in ("unshare", "cell.sh", "ansible-runner"):
        (number,) = map(int, Path(f"/proc/{number}/task/{number}/children").read_text("ascii").split())
    return number


def until(condition: Any, budget: float = TIMEOUT) -> None:
    end = time.monotonic() + budget
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)
