# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`nox -s benchmark`: what the collection costs in seconds, requests and memory, beside what users write today.

Everything is measured in this one run, on this machine, against the simulator. The targets are those of the design;
one that is missed makes the exit status 1. The figures are written to tests/output/benchmark.json as well.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "simulator")]

from demo.sandbox import Finished, Interrupted, Sandbox  # noqa: E402

from certsim.testing import Simulator  # noqa: E402

KEY = "sim-benchmark"
FIRST = 200_000_000
LATENCY = 0.15
WORKERS = 8
MEGABYTE = 1_000_000

# What design.md, section 5, and issue 2 ask for.
MOST_OF_URI = 0.05
MOST_PER_HOST = 0.03
LEAST_RATE = 100.0
LEAST_RATE_WITH_LATENCY = 40.0
LEAST_USE_OF_LIMIT = 0.95
MOST_REQUESTS_CONVERGED = 101
MOST_MEMORY = 150.0
# Of a plan and its apply together, beside the modules that do the same.
MOST_RESULTS = 25
MOST_CPU_OF_MODULES = 3.0
MOST_SIZE = 100_000
# Of a plan for many names, beside one read of the whole account.
MOST_CPU_OF_READ = 1.0


# What is measured


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
    """One run of ansible-playbook.

    seconds: of the whole run. play: without what Ansible takes to start and to end.
    requests, writes: by the service's journal.
    memory: of all its processes together, see Meter. largest: of the largest process among them, Ansible itself or a
    worker, by the system's own count. Both at the peak, in megabytes (a million bytes).
    cpu: of all its processes, in seconds. results, size: the task results, and their length as JSON.
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
        playbook: str,
        orders: int,
        *arguments: str,
        variables: Mapping[str, Any] | None = None,
        latency: float = 0.0,
        rate_limit: str = "none",
    ) -> Row:
        """Run one playbook, and keep its row."""
        self.simulator.set({"latency": latency})
        self.simulator.clear_journal()
        before = _cpu()
        finished, meter = self._play(playbook, variables or {}, *arguments, rate_limit=rate_limit)
        cpu = _cpu() - before
        journal = self.simulator.journal()
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

    def _play(
        self, playbook: str, variables: Mapping[str, Any], *arguments: str, rate_limit: str = "none"
    ) -> tuple[Finished, Meter]:
        given = self._sandbox.folder / "variables.json"
        given.write_text(json.dumps(variables), encoding="utf-8")
        additions = {
            "DIGICERT_API_URL": self.simulator.api_url,
            "DIGICERT_API_KEY": KEY,
            "DIGICERT_RATE_LIMIT": rate_limit,
            "BENCHMARK_COST": str(self._cost),
        }
        meter = Meter()
        command = ["-e", f"@{given}", *arguments, playbook]
        finished = self._sandbox.ansible_playbook(command, additions, HERE, meter)
        if finished.status:
            raise SystemExit(f"{playbook} failed:\n{finished.output[-3000:]}")
        return finished, meter


def _cpu() -> float:
    """Seconds of processor time of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ids(count: int, first: int = FIRST) -> list[int]:
    return list(range(first, first + count))


# The sections


def orders(bench: Bench) -> None:
    """One order at a time and many at once, beside what users write today.

    The share of the uri pair's time is asked for without latency: with it, what both wait for counts most.
    """
    print_heading("Orders to be canceled, on localhost", ROW_HEADING)
    for latency, (few, some, many) in ((0.0, (10, 100, 1000)), (LATENCY, (5, 10, 400))):
        rows = {}
        for name, playbook, count in (
            ("uri GET + uri PUT, in loops", "uri.yml", few),
            ("our module, in a loop", "loop.yml", some),
            ("our module, a list", "bulk.yml", many),
        ):
            bench.seed({"pending": count})
            rows[playbook] = bench.run(name, playbook, count, variables={"order_ids": ids(count)}, latency=latency)
            bench.report.exactly(
                f"{name}, {milliseconds(latency)}: each order written once", count, rows[playbook].writes
            )
        bench.run(
            "the same list again, converged", "bulk.yml", many, variables={"order_ids": ids(many)}, latency=latency
        )
        bulk, what = rows["bulk.yml"], f"a list of {many}, {milliseconds(latency)}: orders a second"
        if latency:
            bench.report.least(f"{what}, {WORKERS} workers", LEAST_RATE_WITH_LATENCY, bulk.rate, ".0f")
        else:
            ratio = rows["loop.yml"].each / rows["uri.yml"].each
            bench.report.most(
                "an order in a loop: share of the time that the uri pair takes", MOST_OF_URI, ratio, ".3f"
            )
            bench.report.least(what, LEAST_RATE, bulk.rate, ".0f")


def hosts(bench: Bench) -> None:
    """A task for each of 100 hosts, beside `debug`; three times by turns, and the median of the differences."""
    count, forks, rounds = 100, 20, 3
    print_heading(f"One order each on {count} hosts, -f {forks}", ROW_HEADING)
    where = ["-i", bench.inventory(count, 1), "-f", str(forks)]
    differences = []
    for _turn in range(rounds):
        bench.seed({"pending": count})
        nothing = bench.run("debug", "hosts_debug.yml", count, *where)
        ours = bench.run("our module", "hosts.yml", count, *where)
        # Of the whole runs: what our module's plugins cost before the play is theirs as well.
        differences.append((ours.seconds - nothing.seconds) / count)
    bench.report.most(
        f"{count} hosts, -f {forks}: seconds per host above debug", MOST_PER_HOST, median(differences), ".4f"
    )


def budget(bench: Bench) -> None:
    """Requests, by the service's journal, against the budget of design section 5."""
    print_heading("Requests", ROW_HEADING)
    cases: tuple[tuple[str, int, int, int, dict[str, Any]], ...] = (
        # name, orders, of which have to change, requests of the budget, variables
        ("one order to cancel", 1, 1, 1 + 1, {}),
        ("one order to mark renewed", 1, 1, 1 + 1 + 1, {"status": "renewed"}),
        ("1000 orders to cancel", 1000, 1000, 10 + 1000, {}),
        ("1000 orders, 150 to cancel", 1000, 150, 10 + 150, {}),
        ("the same, verified", 1000, 150, 10 + 150 + 2, {"verify": True}),
        ("250 orders to mark renewed", 250, 250, 3 + 1 + 250 + 3, {"status": "renewed"}),
        ("the same, verified", 250, 250, 3 + 1 + 250 + 3 + 3, {"status": "renewed", "verify": True}),
        ("1000 orders, converged", 1000, 0, 10, {}),
    )
    for name, count, changing, allowed, variables in cases:
        marks = variables.get("status") == "renewed"
        statuses = {"issued": count} if marks else {"pending": changing, "canceled": count - changing}
        bench.seed(statuses, migrated=marks)
        row = bench.run(name, "bulk.yml", count, variables={"order_ids": ids(count), **variables})
        bench.report.exactly(
            f"{name}: requests (of which writes)", f"{allowed} ({changing})", f"{row.requests} ({row.writes})"
        )


def pacing(bench: Bench) -> None:
    """3000 requests within both windows: by one task, and by 20 forks on 300 hosts that know nothing of each other."""
    each, count = 9, 300
    everywhere = ["-i", bench.inventory(count, each), "-f", "20"]
    _pace(bench, "one task, 2970 orders", 20, "bulk.yml", 2970, variables={"order_ids": ids(2970)})
    # Forks cost time of their own: so fast that two processors can still send what the windows allow.
    _pace(bench, f"{count} hosts, -f 20", 5, "hosts.yml", each * count, *everywhere)


def _pace(bench: Bench, name: str, scale: int, playbook: str, count: int, *arguments: str, **options: Any) -> None:
    """One run within CertCentral's windows, whose seconds are divided by scale."""
    windows = ((100, 5 / scale), (1000, 180 / scale))
    limit = ", ".join(f"{requests}/{seconds:g}" for requests, seconds in windows)
    print_heading(f"3000 requests within CertCentral's limits, time {scale} times faster ({limit})", ROW_HEADING)
    bench.seed({"pending": count}, {"rate.enabled": True, "rate.time_scale": scale})
    row = bench.run(name, playbook, count, *arguments, rate_limit=limit, **options)
    journal = bench.simulator.journal()
    refused = Counter(entry["status"] for entry in journal)[429]
    bench.report.exactly(f"pacing, {name}: answers 429", 0, refused)
    share = fastest(row.requests, windows) / _seconds_between(journal[0], journal[-1])
    bench.report.least(f"pacing, {name}: share of the allowed rate that is used", LEAST_USE_OF_LIMIT, share, ".3f")


def fastest(requests: int, windows: Sequence[tuple[int, float]]) -> float:
    """The seconds from the first to the last of so many requests, where each is sent as soon as it is allowed."""
    sent: list[float] = []
    for number in range(requests):
        sent.append(max([0.0, *(sent[number - count] + seconds for count, seconds in windows if number >= count)]))
    return sent[-1]


def _seconds_between(first: Mapping[str, Any], last: Mapping[str, Any]) -> float:
    began, ended = (datetime.fromisoformat(entry["at_real"]) for entry in (first, last))
    return (ended - began).total_seconds()


def account(bench: Bench) -> None:
    """A third of a large account, asked for and converged."""
    total, asked = 30_000, 10_000
    print_heading(f"{asked} orders of an account of {total}, converged", ROW_HEADING)
    bench.seed({"canceled": total})
    row = bench.run(f"{asked} of {total}", "bulk.yml", asked, variables={"order_ids": ids(asked)})
    bench.report.most(f"{asked} of {total} orders, converged: requests", MOST_REQUESTS_CONVERGED, row.requests, "d")
    # The worker that runs the task is one of Ansible's processes, so it has at most as much as the largest.
    bench.report.most("the same: memory of the largest process at its peak, MB", MOST_MEMORY, row.largest, ".0f")


def flows(bench: Bench) -> None:
    """A plan and its apply, beside the modules that do the same; processor time above that of an empty playbook."""
    rounds = 3
    print_heading("Decommission a domain: plan and apply", ROW_HEADING)
    for count in (1, 300):
        ratios: list[float] = []
        results: list[int] = []
        sizes: list[int] = []
        for _turn in range(rounds):
            rows = {}
            for name, playbook in (
                ("an empty playbook", "empty.yml"),
                ("two digicert_order_info, digicert_order_status", "modules.yml"),
                ("decommission_domain", "flow.yml"),
            ):
                bench.seed({"pending": count}, name="gone.example.com")
                given = {"order_ids": ids(count), "folder": str(bench.folder / f"{count}-{len(ratios)}")}
                rows[playbook] = bench.run(name, playbook, count, variables=given)
            nothing = rows["empty.yml"].cpu
            ratios.append((rows["flow.yml"].cpu - nothing) / (rows["modules.yml"].cpu - nothing))
            results.append(rows["flow.yml"].results)
            sizes.append(rows["flow.yml"].size)
            bench.report.exactly(f"{count} orders: each written once", count, rows["flow.yml"].writes)
        what = f"plan and apply, {count} orders"
        bench.report.most(f"{what}: task results", MOST_RESULTS, max(results), "d")
        bench.report.most(f"{what}: CPU beside that of the modules", MOST_CPU_OF_MODULES, median(ratios), ".2f")
        bench.report.most(f"{what}: characters of all results", MOST_SIZE, max(sizes), "d")
    _many_names(bench, rounds)


def _many_names(bench: Bench, rounds: int) -> None:
    """A plan for 200 names of an account of 10,000 orders, beside a read of the account."""
    names, total = [f"host{number}.example.com" for number in range(200)], 10_000
    ratios: list[float] = []
    rows: dict[str, Row] = {}
    for turn in range(rounds):
        for name, playbook in (("digicert_order_info", "info.yml"), ("200 names", "names.yml")):
            bench.seed({"canceled": total})
            given = {"names": names, "folder": str(bench.folder / f"names-{turn}")}
            rows[playbook] = bench.run(name, playbook, total, variables=given)
        ratios.append(rows["names.yml"].cpu / rows["info.yml"].cpu)
    what = f"a plan for {len(names)} names, {total} orders"
    bench.report.most(f"{what}: CPU beside one read of all orders", MOST_CPU_OF_READ, median(ratios), ".2f")
    bench.report.most(f"{what}: requests", 12, rows["names.yml"].requests, "d")


SECTIONS: dict[str, Callable[[Bench], None]] = {
    each.__name__: each for each in (orders, hosts, budget, pacing, account, flows)
}


# What is shown

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


def milliseconds(latency: float) -> str:
    return f"{latency * 1000:.0f} ms"


def row_text(row: Row) -> str:
    return (
        f"{row.name:34}{milliseconds(row.latency):>8}{row.orders:>8}{row.play:>8.2f}{row.each:>10.4f}{row.rate:>10.1f}"
        f"{row.requests:>10}{row.writes:>8}{row.memory:>6.0f}"
    )


def target_text(target: Target) -> str:
    met = "ok" if target.is_met else "NOT OK"
    return f"{target.what:78}{target.target:>14}{target.measured:>14}  {met}"


def show(targets: Iterable[Target]) -> None:
    print_heading("Targets", f"{'':78}{'target':>14}{'measured':>14}        ")
    for target in targets:
        print_line(target_text(target))


LEGEND = """
latency    of each answer of the service
s          of the play, without what Ansible itself takes to start and to end
requests   that reached the service, by its journal
MB         memory of ansible-playbook and all its processes together at the peak (PSS, a million bytes)"""


def write(path: Path, report: Report) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.platform(), "processors": os.cpu_count()}
    rows = [{**asdict(row), "each": row.each, "rate": row.rate} for row in report.rows]
    content = {"machine": machine, "rows": rows, "targets": [asdict(target) for target in report.targets]}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def benchmark(sandbox: Sandbox, sections: Iterable[str], output: Path) -> int:
    """Run sections; returns the exit status."""
    began = time.monotonic()
    with Simulator() as simulator:
        bench = Bench(sandbox, simulator)
        for section in sections:
            SECTIONS[section](bench)
        print_line(LEGEND)
        show(bench.report.targets)
        write(output, bench.report)
    missed = sum(not target.is_met for target in bench.report.targets)
    print_line()
    print_line(
        f"{missed or 'no'} target{'' if missed == 1 else 's'} missed, in {time.monotonic() - began:.0f} s; see {output}"
    )
    return 1 if missed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "tests" / "output" / "benchmark.json")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(SECTIONS)} (all if none is named)")
    options = parser.parse_args()
    for unknown in sorted({*options.sections} - {*SECTIONS}):
        parser.error(f"there is no section {unknown}")
    with Sandbox() as sandbox:
        try:
            return benchmark(sandbox, options.sections or SECTIONS, options.output)
        except Exception:
            # A terminal's Ctrl-C ends the simulator too, so that anything may have failed before we noticed.
            try:
                sandbox.check()
            except Interrupted as interrupted:
                print(f"\ninterrupted by {interrupted}, everything is stopped", file=sys.stderr)
                return interrupted.exit_status
            raise


if __name__ == "__main__":
    sys.exit(main())
