# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of playbooks and scripts against the simulator, and what each of them costs."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.sandbox import Finished, Sandbox

from certsim.testing import Simulator

from .cells import milliseconds

HERE = Path(__file__).resolve().parent
KEY = "sim-benchmark"
FIRST = 200_000_000
MEGABYTE = 1_000_000


class Meter:
    """Watches a process and all that descends from it; sees nothing where the system has no /proc.

    peak: their memory together at its peak, in bytes. It is their proportional share (PSS), in which what several
    processes share, as forks do, counts once.
    """

    def __init__(self) -> None:
        self.peak = 0
        self._next = 0.0

    def __call__(self, pid: int) -> None:
        if time.monotonic() < self._next:
            return
        # Measuring costs time, too.
        self._next = time.monotonic() + 0.1
        family = generation = [pid]
        while generation:
            generation = [child for parent in generation for child in _children(parent)]
            family = family + generation
        self.peak = max(self.peak, sum(_share(each) for each in family))


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    return []


def _share(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


@dataclass(frozen=True)
class Row:
    """One run of ansible-playbook, or of a script.

    seconds: of the whole run. play: without what Ansible takes to start and to end; all of a script.
    requests, writes: by the service's journal.
    memory: of all its processes together, see Meter. largest: of the largest process among them, Ansible itself or a
    worker, by the system's own count. Both at the peak, in megabytes (a million bytes).
    cpu: of all its processes, in seconds. results, size: the task results, and their length as JSON; none of a script.
    """

    name: str
    latency: float
    orders: int
    seconds: float
    play: float
    requests: int
    writes: int
    memory: float
    largest: float
    cpu: float
    results: int
    size: int

    @property
    def each(self) -> float:
        return self.play / self.orders

    @property
    def rate(self) -> float:
        return self.orders / self.play


@dataclass(frozen=True)
class Target:
    """What was asked for, what came of it."""

    what: str
    target: str
    measured: str
    is_met: bool


@dataclass
class Report:
    rows: list[Row] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def most(self, what: str, limit: float, measured: float, form: str) -> None:
        self.targets.append(Target(what, f"<= {limit:{form}}", f"{measured:{form}}", measured <= limit))

    def least(self, what: str, limit: float, measured: float, form: str) -> None:
        self.targets.append(Target(what, f">= {limit:{form}}", f"{measured:{form}}", measured >= limit))

    def exactly(self, what: str, wanted: object, measured: object) -> None:
        self.targets.append(Target(what, str(wanted), str(measured), wanted == measured))


class Bench:
    """Runs playbooks against the simulator and keeps what they cost."""

    def __init__(self, sandbox: Sandbox, simulator: Simulator) -> None:
        self.simulator = simulator
        self.report = Report()
        self._sandbox = sandbox
        self._cost = sandbox.folder / "cost.json"

    def seed(
        self,
        statuses: Mapping[str, int],
        switches: Mapping[str, object] | None = None,
        *,
        migrated: bool = False,
        name: str = "",
    ) -> None:
        """Fill the account with orders from FIRST on, and set switches; no limits unless they set some.

        name: the common name of all orders, where it matters.
        """
        wanted = [status for status, count in statuses.items() for _turn in range(count)]
        orders = [
            {
                "id": FIRST + number,
                "status": status,
                "origin": "migrated" if migrated else "certcentral",
                **({"valid_till_in_days": 30} if status == "issued" else {}),
                **({"common_name": name} if name else {}),
            }
            for number, status in enumerate(wanted)
        ]
        self.simulator.reset({"keys": {KEY: {"user": "benchmark", "roles": ["Orders"]}}, "orders": orders})
        self.simulator.set({"rate.enabled": False, **(switches or {})})

    def run(
        self,
        name: str,
        program: str,
        orders: int,
        *arguments: str,
        variables: Mapping[str, Any] | None = None,
        latency: float = 0.0,
        rate_limit: str = "none",
    ) -> Row:
        """Run one playbook, or one Python script, and keep its row."""
        self.simulator.set({"latency": latency})
        self.simulator.clear_journal()
        before = _cpu()
        finished, meter = self._start(program, variables or {}, *arguments, rate_limit=rate_limit)
        cpu = _cpu() - before
        journal = self.simulator.journal()
        cost: dict[str, Any] = {"seconds": finished.seconds, "results": 0, "size": 0}
        if self._cost.exists():
            cost = json.loads(self._cost.read_text("ascii"))
        row = Row(
            name=name,
            latency=latency,
            orders=orders,
            seconds=finished.seconds,
            play=cost["seconds"],
            requests=len(journal),
            writes=sum(entry["method"] != "GET" for entry in journal),
            memory=meter.peak / MEGABYTE,
            largest=finished.largest / MEGABYTE,
            cpu=cpu,
            results=cost["results"],
            size=cost["size"],
        )
        self.report.rows.append(row)
        print_line(row_text(row))
        return row

    @property
    def folder(self) -> Path:
        """A folder for files of playbooks."""
        return self._sandbox.folder

    def inventory(self, hosts: int, orders_each: int) -> str:
        """An inventory in which every host has its own orders; returns its path."""
        listed = {
            f"host-{number:03}": {"order_ids": ids(orders_each, FIRST + number * orders_each)}
            for number in range(hosts)
        }
        path = self._sandbox.folder / f"hosts-{hosts}-{orders_each}.json"
        path.write_text(json.dumps({"all": {"hosts": listed}}), encoding="utf-8")
        return str(path)

    def _start(
        self, program: str, variables: Mapping[str, Any], *arguments: str, rate_limit: str = "none"
    ) -> tuple[Finished, Meter]:
        given = self._sandbox.folder / "variables.json"
        given.write_text(json.dumps(variables), encoding="utf-8")
        self._cost.unlink(missing_ok=True)
        additions = {
            "DIGICERT_API_URL": self.simulator.api_url,
            "DIGICERT_API_KEY": KEY,
            "DIGICERT_RATE_LIMIT": rate_limit,
            "BENCHMARK_COST": str(self._cost),
        }
        meter = Meter()
        if program.endswith(".py"):
            finished = self._sandbox.run([sys.executable, program, str(given)], additions, HERE, meter)
        else:
            command = ["-e", f"@{given}", *arguments, program]
            finished = self._sandbox.ansible_playbook(command, additions, HERE, meter)
        if finished.status:
            raise SystemExit(f"{program} failed:\n{finished.output[-3000:]}")
        return finished, meter


def _cpu() -> float:
    """Seconds of processor time of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ids(count: int, first: int = FIRST) -> list[int]:
    return list(range(first, first + count))


# What is shown of a run

ROW_HEADING = (
    f"{'':34}{'latency':>8}{'orders':>8}{'s':>8}{'s/order':>10}{'orders/s':>10}{'requests':>10}{'writes':>8}{'MB':>6}"
)


def print_line(text: str = "") -> None:
    print(text, flush=True)


def print_heading(*lines: str) -> None:
    print_line()
    for line in lines:
        print_line(line)
    print_line("-" * len(lines[-1]))


def row_text(row: Row) -> str:
    return (
        f"{row.name:34}{milliseconds(row.latency):>8}{row.orders:>8}{row.play:>8.2f}{row.each:>10.4f}{row.rate:>10.1f}"
        f"{row.requests:>10}{row.writes:>8}{row.memory:>6.0f}"
    )
