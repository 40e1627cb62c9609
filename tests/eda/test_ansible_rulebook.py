# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example rulebooks, run by the real ansible-rulebook against the simulator; `nox -s eda` runs this."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable

import pytest

from certsim.testing import Simulator

# Where the collection under test is installed.
COLLECTIONS = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")
RULEBOOK = shutil.which("ansible-rulebook", path=str(Path(sys.executable).parent))
# Its rule engine runs in a Java virtual machine, 17 or newer.
JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")
# Of no use as a name of anything else, so that a search finds it in all files a run leaves behind.
KEY = "sim-Zq7Yx2Wv9Kj4"
HOSTILE = "{{ lookup('pipe', 'touch %s') }}.example"
# A cold Java virtual machine on a busy machine, and a playbook.
TIMEOUT = 120.0

pytestmark = [
    pytest.mark.skipif(not RULEBOOK, reason="ansible-rulebook is not installed: `nox -s eda` installs it"),
    pytest.mark.skipif(not JAVA, reason="ansible-rulebook needs Java 17 or newer, and this machine has no java"),
]

NOTIFY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Save the event
      ansible.builtin.copy:
        content: "{{ ansible_eda.event.certcentral | to_json }}"
        dest: "FOLDER/{{ lookup('pipe', 'date +%s.%N') }}.json"
        mode: "0600"
    - name: Take some time
      ansible.builtin.pause:
        seconds: "{{ certops_pause | default(0) }}"
"""
RULEBOOKS = Path(COLLECTIONS, "ansible_collections/certops/orders/extensions/eda/rulebooks")
SOURCE = RULEBOOKS.parent / "plugins/event_source/certcentral_orders.py"


class Desk:
    """A folder to run rulebooks in."""

    def __init__(self, folder: Path, sim: Simulator) -> None:
        # A folder of its own: ansible-rulebook copies all that lies beside a playbook.
        self.folder = folder / "rulebook"
        self.temporary = folder / "tmp"
        self.sim = sim
        self.notified_folder = folder / "notified"
        for made in (self.folder, self.temporary, self.notified_folder):
            made.mkdir()
        self.state = folder / "state.json"
        self.output = folder / "output"
        self.plan = folder / "plan.json"
        (self.folder / "hosts.yml").write_text("all:\n  hosts:\n    localhost:\n      ansible_connection: local\n")
        (self.folder / "notify.yml").write_text(NOTIFY.replace("FOLDER", str(self.notified_folder)))
        self.variables: dict[str, Any] = {
            "certops_state_file": str(self.state),
            "certops_interval": 0.5,
            "certops_notify": str(self.folder / "notify.yml"),
            "certops_plan_path": str(self.plan),
        }

    @contextmanager
    def running(
        self, rulebook: str, *options: str, end: signal.Signals = signal.SIGINT
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a rulebook of the collection until the block ends; then it has to end by itself when asked to."""
        (self.folder / "variables.yml").write_text(json.dumps(self.variables))
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "DIGICERT_"))},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS,
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "DIGICERT_API_KEY": KEY,
            "DIGICERT_API_URL": self.sim.api_url,
            "TMPDIR": str(self.temporary),
        }
        (self.folder / "ansible.cfg").touch()
        command = [str(RULEBOOK), "--rulebook", rulebook, "-i", "hosts.yml", "--vars", "variables.yml", "-vv"]
        with self.output.open("ab") as output:
            process = subprocess.Popen(
                [*command, "--print-events", *options],
                cwd=self.folder,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        try:
            yield process
            process.send_signal(end)
            process.wait(30)
        finally:
            process.kill()
            process.wait()

    def notified(self) -> list[dict[str, Any]]:
        """The events that the playbook received, in its order."""
        files = sorted(self.notified_folder.iterdir(), key=lambda file: float(file.stem))
        return [json.loads(file.read_text()) for file in files]

    def is_idle(self) -> bool:
        """Whether no playbook runs; ansible-runner keeps a job's environment in a folder of its own until it ends."""
        return not list(self.temporary.glob("eda*"))

    def await_(self, condition: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + TIMEOUT
        while not condition():
            assert process.poll() is None, self.output.read_text()[-5000:]
            assert time.monotonic() < end, self.output.read_text()[-5000:]
            time.sleep(0.2)

    def own_rulebook(self, name: str, old: str, new: str) -> str:
        """A rulebook of the collection with a change; returns its name."""
        text = (RULEBOOKS / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))
        return name

    def remembered(self) -> dict[str, Any]:
        memory: dict[str, Any] = json.loads(self.state.read_text())
        return memory

    def polls(self) -> int:
        """How often the source has polled."""
        return sum(entry["path"].endswith("/status-changes") for entry in self.sim.journal())


@pytest.fixture(scope="module")
def process() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder whose path is short, as ansible-core keeps Unix sockets in its TMPDIR."""
    with tempfile.TemporaryDirectory(prefix="certops-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def desk(tmp_path: Path, process: Simulator) -> Desk:
    keys = {KEY: {"user": "events", "view_only": True}}
    orders = [
        {"id": 1, "status": "pending", "common_name": HOSTILE % (tmp_path / "owned")},
        {"id": 2, "status": "pending"},
        {"id": 3, "status": "pending", "common_name": "www.example.com"},
        {"id": 4, "status": "issued", "origin": "migrated", "valid_till_in_days": 20, "common_name": "www.example.com"},
    ]
    process.reset({"keys": keys, "orders": orders, "switches": {"rate.enabled": False}})
    return Desk(tmp_path, process)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_owner_is_notified_once_of_each_rejected_order_across_a_restart(
    desk: Desk, tmp_path: Path, end: signal.Signals
) -> None:
    with desk.running("certops.orders.notify_of_rejected_orders", end=end) as rulebook:
        desk.await_(lambda: desk.polls() >= 3, rulebook)
        desk.sim.patch(1, status="rejected")
        desk.sim.patch(3, status="issued")
        desk.await_(lambda: len(desk.notified()) == 1 and desk.is_idle(), rulebook)
    while_away = desk.sim.patch(2, status="rejected")
    polls = desk.polls()
    with desk.running("certops.orders.notify_of_rejected_orders") as rulebook:
        desk.await_(lambda: len(desk.notified()) == 2 and desk.polls() > polls + 4 and desk.is_idle(), rulebook)

    first, second = desk.notified()
    assert (first["order_id"], first["status"], first["gap"]) == (1, "rejected", False)
    assert first["order"]["common_name"].startswith("(( lookup('pipe'")
    assert not (tmp_path / "owned").exists()
    assert (second["order_id"], second["order"]["common_name"]) == (2, while_away["common_name"])
    assert first["event_id"] != second["event_id"]
    # Nothing was written, and the key is nowhere.
    assert {entry["method"] for entry in desk.sim.journal()} == {"GET"}
    everything = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert desk.output in everything
    assert desk.state in everything
    assert [file for file in everything if KEY.encode() in file.read_bytes()] == []


BURST = range(101, 105)


def stopped_while_playbooks_wait(desk: Desk, rulebook: str, *options: str) -> set[int]:
    """Have a burst of orders rejected, stop during the first notification, and start again; returns their ids."""

    def notified() -> set[int]:
        return {event["order_id"] for event in desk.notified()}

    desk.variables["certops_pause"] = 3
    for number in BURST:
        desk.sim.add(id=number, status="pending")
    with desk.running(rulebook, *options, end=signal.SIGTERM) as process:
        desk.await_(lambda: desk.polls() >= 3, process)
        for number in BURST:
            desk.sim.patch(number, status="rejected")
        desk.await_(lambda: set(map(str, BURST)) <= set(desk.remembered()["told"]) and notified(), process)
    assert len(notified()) < len(BURST)
    # What ansible-runner leaves behind holds the key, as the guide says.
    (left,) = desk.temporary.glob("eda*/artifacts/*/command")
    assert KEY in left.read_text()
    shutil.rmtree(desk.temporary)
    desk.temporary.mkdir()
    desk.variables["certops_pause"] = 0
    polls = desk.polls()
    with desk.running(rulebook, *options) as process:
        desk.sim.patch(2, status="rejected")
        desk.await_(lambda: 2 in notified() and desk.polls() > polls + 4 and desk.is_idle(), process)
    return notified() - {2}


def test_a_stop_loses_what_ansible_rulebook_has_taken_and_not_begun(desk: Desk) -> None:
    notified = stopped_while_playbooks_wait(desk, "certops.orders.notify_of_rejected_orders")

    assert notified < set(BURST)


def test_a_stop_loses_nothing_with_feedback_and_persistence(desk: Desk) -> None:
    statuses = "        statuses: [rejected]\n"
    rulebook = desk.own_rulebook("notify_of_rejected_orders.yml", statuses, f"{statuses}        feedback: true\n")
    desk.variables["drools_db_file_path"] = str(desk.state.parent / "database")

    notified = stopped_while_playbooks_wait(desk, rulebook, "--persistence-id", "1", "--id", "1")

    assert notified == set(BURST)


def test_a_name_that_is_handed_on_is_no_template(desk: Desk, tmp_path: Path) -> None:
    # What a rulebook hands on is rendered by ansible-rulebook, which reads literals in the text.
    name = '\'{{ lookup("pipe", "touch %s") }}\'' % (tmp_path / "owned")
    (desk.folder / "notify.yml").write_text(
        NOTIFY.replace("ansible_eda.event.certcentral", "who").replace("FOLDER", str(desk.notified_folder))
    )
    action = '          name: "{{ certops_notify }}"\n'
    more = '          extra_vars:\n            who: "{{ event.certcentral.order.common_name }}"\n'
    rulebook = desk.own_rulebook("notify_of_rejected_orders.yml", action, action + more)
    with desk.running(rulebook) as process:
        desk.await_(lambda: desk.polls() >= 3, process)
        desk.sim.patch(2, status="rejected", common_name=name)
        desk.await_(lambda: desk.notified() and desk.is_idle(), process)

    (notified,) = desk.notified()
    assert "lookup" in str(notified)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("gap", [False, True])
def test_a_plan_is_made_when_an_order_is_issued_or_that_may_have_been_missed(desk: Desk, gap: bool) -> None:
    # A throttle can be no variable, and ten minutes are long.
    rulebook = desk.own_rulebook("plan_marks.yml", "10 minutes", "2 seconds")
    with desk.running(rulebook) as process:
        desk.await_(lambda: desk.polls() >= 3, process)
        desk.sim.patch(3, status="issued", valid_till_in_days=300)
        if not gap:
            desk.await_(lambda: desk.plan.exists() and desk.is_idle(), process)
    if gap:
        # It was emitted, and the stop within the throttle lost it.
        desk.state.write_text(json.dumps({**desk.remembered(), "since": "2026-01-01T00:00:00Z"}))
        with desk.running(rulebook) as process:
            desk.await_(lambda: desk.plan.exists() and desk.is_idle(), process)

    plan = json.loads(desk.plan.read_text())
    assert [(entry["order"], entry["action"]) for entry in plan["entries"] if entry["action"] != "leave"] == [
        ("4", "mark_renewed")
    ]
    assert {entry["method"] for entry in desk.sim.journal()} == {"GET"}


# No text of a number that is out of bounds: the schema cannot express these for text.
VALUES: list[Any] = [
    *(None, True, False, 0, 1, 60, 300, 300.0, 3.5, -1, 10**6),
    *("", " ", "3", " 3 ", "3.0", "3.5", "3e2", "-1", "3\n", "often", "true", "No", "YES ", "on", "us", "eu", "a"),
    *([], ["issued"], [""], ["issued", " "], [1], {}),
]


def test_the_schema_and_the_source_take_the_same() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    source = runpy.run_path(str(SOURCE))
    schema = json.loads((SOURCE.parent / "schemas/certcentral_orders.json").read_text())
    valid = jsonschema.Draft202012Validator(schema).is_valid
    given = {"state_file": "/var/lib/certops/state", "api_key": "sim-x", "api_url": "http://127.0.0.1:9"}

    def is_taken(args: dict[str, Any]) -> bool:
        try:
            params = source["_params"]({**args, "eda_feedback_queue": object()})
            source["_client"].connect(params, source["_context"].Context(environ={}), writes=False)
            source["_check_interval"](params["interval"], params["api_url"])
        except source["_options"].OptionError:
            return False
        return True

    # For the others the schema requires only text.
    names = set(schema["properties"]) - {*given, "ca_path", "rate_limit"}
    tried = [{**given, name: value} for name in sorted(names) for value in VALUES]
    assert [args for args in tried if is_taken(args) != valid(args)] == []
    assert {is_taken(args) for args in tried} == {True, False}
