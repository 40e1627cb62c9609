# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A control node in small: starts jobs by ansible-runner as AWX does, and keeps of them what AWX keeps.

python control.py FOLDER [NAME...] runs the jobs of these names that wait in FOLDER/waiting (JSON files, see `Job`);
without names all of them, one after the other, unless another process does so already. What came of each it leaves in
FOLDER/kept/NAME. The private data of a job, its credentials among them, lie in FOLDER/private while it runs.

SIGTERM cancels the job that runs: its worker is sent SIGTERM, and SIGKILL where it has not ended after `grace` seconds.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner
from injection import inject

HERE = Path(__file__).resolve().parent
RUNNER = "/runner"
# The place of an execution environment's own collections.
INSTALLED = "/opt/collections"


@dataclass(frozen=True)
class Job:
    """The settings of a job template, and the settings of the place where it runs.

    project: the folder with the playbook; it cannot be written to. collections: as in ANSIBLE_COLLECTIONS_PATH.
    types: the credential types by name. credentials: their `type` and `inputs`. cell: whether the worker runs in
    namespaces of its own (cell.sh), as a user that the system does not know.
    grace: seconds from SIGTERM to SIGKILL. timeout: of the job, in seconds; 0 for none.
    """

    id: int
    project: str
    playbook: str
    collections: str
    types: Mapping[str, Any]
    credentials: Sequence[Mapping[str, Any]] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    cell: bool = True
    user: int = 12345
    grace: float = 5.0
    timeout: int = 0


class Kept:
    """What AWX keeps of a job: events, artifacts, its environment without the secrets."""

    def __init__(self, folder: Path, safe_env: Mapping[str, str]) -> None:
        self._events = (folder / "events.jsonl").open("w", encoding="utf-8")
        self._file = folder / "job.json"
        self._safe_env = safe_env
        self._facts: dict[str, Any] = {"artifacts": {}, "job_env": {}, "explanation": ""}

    def event(self, event: dict[str, Any]) -> bool:
        """Keep an event; returns that the engine need not."""
        self._events.write(json.dumps(event) + "\n")
        artifacts = event.get("event_data", {}).get("artifact_data")
        if artifacts:
            self._facts["artifacts"] = artifacts
        return False

    def status(self, status: Mapping[str, Any], runner_config: Any) -> None:
        if status["status"] == "starting":
            self._facts["job_env"] = {**runner_config.env, **self._safe_env}
        self._facts["explanation"] = status.get("job_explanation", self._facts["explanation"])

    def close(self, **facts: Any) -> None:
        self._events.close()
        self._file.write_text(json.dumps({**self._facts, **facts}), encoding="utf-8")


class Worker:
    """The process `ansible-runner worker`, and whatever it runs in."""

    def __init__(self, job: Job, folder: Path, results: Path) -> None:
        self._grace = job.grace
        self._job = job
        self._folder = folder
        self._asked = 0.0
        path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
        program = [str(Path(sys.executable).with_name("ansible-runner")), "worker", "--private-data-dir"]
        if job.cell:
            cell = [str(HERE / "cell.sh"), str(folder), str(job.user), path, self._binds(), *program, RUNNER]
            command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *cell]
            environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        else:
            home, temporary = folder / "home", folder / "tmp"
            home.mkdir()
            temporary.mkdir()
            (folder / "runner").mkdir()
            (folder / "runner" / "project").symlink_to(job.project, target_is_directory=True)
            command = [*program, str(folder / "runner")]
            environment = {"PATH": path, "HOME": str(home), "TMPDIR": str(temporary), "LC_ALL": "C.UTF-8"}
        with results.open("wb") as output, (folder / "errors").open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=errors,
                env=environment,
                cwd="/",
                # No terminal, whichever process started this one.
                start_new_session=True,
            )

    def cancel(self) -> None:
        """Ask the worker to end, and see to it that it does."""
        if self._asked:
            return
        self._asked = time.monotonic()
        self._send(signal.SIGTERM)
        killer = threading.Timer(self._grace, self._send, [signal.SIGKILL])
        killer.daemon = True
        killer.start()

    def wait(self) -> float:
        """Wait for its end; returns how many seconds that took since it was asked to, 0 where it was not."""
        self.process.wait()
        return time.monotonic() - self._asked if self._asked else 0.0

    def left(self) -> list[str] | None:
        """What it has left behind: files outside of its private data, and processes; None where its cell was killed."""
        if self._job.cell:
            file = self._folder / "left"
            return file.read_text(encoding="utf-8").splitlines() if file.exists() else None
        return [
            f"file /{path.relative_to(self._folder)}"
            for part in ("home", "tmp")
            for path in sorted((self._folder / part).rglob("*"))
        ]

    def errors(self) -> str:
        return (self._folder / "errors").read_text(encoding="utf-8", errors="replace")

    def _send(self, number: signal.Signals) -> None:
        # unshare lets SIGTERM pass by, so that it is for the first process of the cell; without that all of it ends.
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with suppress(OSError, IndexError):
            os.kill(int(children.read_text("ascii").split()[0]) if self._job.cell else self.process.pid, number)

    def _binds(self) -> str:
        pairs = {self._job.project: f"{RUNNER}/project"}
        for prefix in (sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parents[1])):
            if not prefix.startswith("/usr"):
                pairs[prefix] = prefix
        name = "ansible_collections/certops/orders"
        pairs[os.path.realpath(Path(self._job.collections) / name)] = f"{INSTALLED}/{name}"
        return "\n".join(f"{source}={target}" for source, target in pairs.items())


def prepare(job: Job, folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Write a job's private data as AWX does; returns its environment, and what of it has to be hidden."""
    (folder / "env").mkdir(parents=True)
    (folder / "inventory").mkdir()
    injected = inject(job.types, job.credentials, folder)
    numbers = {"id": job.id, "template_id": 1, "launch_type": "scheduled", "user_name": "admin"}
    variables = {f"{brand}_job_{name}": value for brand in ("awx", "tower") for name, value in numbers.items()}
    _write(folder / "env" / "extravars", json.dumps({**variables, **job.variables}))
    _write(folder / "env" / "cmdline", " ".join(["-u", "root", *job.arguments, *injected.args]))
    _write(folder / "env" / "settings", json.dumps({"job_timeout": job.timeout, "fact_cache_type": ""}))
    host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory = {"all": {"hosts": ["localhost"]}, "_meta": {"hostvars": {"localhost": host}}}
    script = _write(folder / "inventory" / "hosts", f"#! /usr/bin/env python3\nprint({json.dumps(inventory)!r})\n")
    script.chmod(stat.S_IRUSR | stat.S_IXUSR)
    own = INSTALLED if job.cell else job.collections
    environment = {
        "ANSIBLE_FORCE_COLOR": "True",
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
        "ANSIBLE_COLLECTIONS_PATH": f"{RUNNER}/requirements_collections:~/.ansible/collections:{own}",
        "AWX_PRIVATE_DATA_DIR": str(folder),
        "AWX_HOST": "https://awx.example.com",
        "JOB_ID": str(job.id),
        "INVENTORY_ID": "1",
        "PROJECT_REVISION": "0" * 40,
        "MAX_EVENT_RES": "700000",
    }
    return {**environment, **injected.env}, injected.safe_env


def run(job: Job, private: Path, kept_folder: Path, current: list[Worker], on_cancel: Callable[..., None]) -> None:
    """Transmit, work, process; then nothing is left of the private data."""
    began = time.monotonic()
    data, results = private / "data", private / "results"
    environment, safe_env = prepare(job, data)
    kept = Kept(kept_folder, safe_env)
    worker = Worker(job, private, results)
    current.append(worker)
    assert worker.process.stdin is not None
    options = {"private_data_dir": str(data), "ident": str(job.id)}
    try:
        with worker.process.stdin as stream:
            ansible_runner.interface.run(
                streamer="transmit",
                _output=stream,
                playbook=job.playbook,
                envvars=environment,
                suppress_env_files=True,
                **options,
            )
    except BrokenPipeError:
        # Its results say why.
        pass
    # ansible-runner has taken the signal for itself.
    signal.signal(signal.SIGTERM, on_cancel)
    ended_after = worker.wait()
    with results.open("rb") as stream:
        processed = ansible_runner.interface.run(
            streamer="process",
            _input=stream,
            quiet=True,
            event_handler=kept.event,
            status_handler=kept.status,
            **options,
        )
    kept.close(
        status=processed.status,
        rc=_number(data / "artifacts" / str(job.id) / "rc"),
        worker_rc=worker.process.returncode,
        ended_after=ended_after,
        left=worker.left(),
        errors=worker.errors(),
        seconds=time.monotonic() - began,
    )


def main() -> int:
    folder = Path(sys.argv[1]).resolve()
    current: list[Worker] = []
    cancelled = threading.Event()

    def cancel(_number: int, _frame: Any) -> None:
        cancelled.set()
        for worker in current[-1:]:
            worker.cancel()

    signal.signal(signal.SIGTERM, cancel)
    with (folder / "lock").open("w") as lock:
        names = sys.argv[2:]
        if not names:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return 0
            names = sorted(path.stem for path in (folder / "waiting").glob("*.json"))
        for name in names:
            if not cancelled.is_set():
                launch(folder, name, current, cancel)
    return 0


def launch(folder: Path, name: str, current: list[Worker], on_cancel: Callable[..., None]) -> None:
    """Run a job that waits, in private data of its own."""
    private = Path(tempfile.mkdtemp(prefix="awx_", dir=folder / "private"))
    try:
        taken = (folder / "waiting" / f"{name}.json").rename(private / "job.json")
        kept = folder / "kept" / name
        kept.mkdir()
        run(Job(**json.loads(taken.read_text(encoding="utf-8"))), private, kept, current, on_cancel)
    finally:
        shutil.rmtree(private)


def _write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    return path


def _number(path: Path) -> int | None:
    return int(path.read_text("ascii")) if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
