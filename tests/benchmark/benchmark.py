# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`nox -s benchmark`: what the collection costs in seconds, requests and memory, beside what users write today.

Everything is measured in this one run, on this machine, against the simulator. The targets are those of the design;
one that is missed makes the exit status 1. The figures are written to tests/output/benchmark.json as well. The section
`sides` writes docs/benchmarks.md, its chart and its figures.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "simulator")]

from demo.sandbox import Interrupted, Sandbox  # noqa: E402

from benchmark import page  # noqa: E402
from benchmark.cells import QUICK, WHOLE, Matrix, fastest, milliseconds  # noqa: E402
from benchmark.measure import ROW_HEADING, Bench, Report, Row, Target, ids, print_heading, print_line  # noqa: E402
from benchmark.sides import compare  # noqa: E402
from certsim.testing import Simulator  # noqa: E402

MEMORY = Path("/dev/shm")
LATENCY = 0.15
WORKERS = 8

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
    """A plan and its apply, beside the modules that do the same; processor time above that of an empty playbook.

    By turns, and the median of the ratios.
    """
    rounds = 7
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
    _many_names(bench, rounds=3)


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
# Beside those, which have targets.
COMPARISON = "sides"


# What is shown


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
MB         memory of ansible-playbook and all its processes together at the peak (PSS, a million bytes)
CPU        without what a disk costs, where /dev/shm exists: all files are written there"""


def machine() -> dict[str, Any]:
    """What the figures are of: date, hardware, versions, and what else the machine had to do before.

    memory: in gigabytes. load: the average of the last minute, in processes.
    """
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if sys.platform == "linux" else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "processors": os.cpu_count(),
        "memory": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "load": round(os.getloadavg()[0], 1),
        "system": f"{platform.system()}, {platform.machine()}",
        "python": platform.python_version(),
        **{name.replace("-", "_"): importlib.metadata.version(name) for name in ("ansible-core", "requests")},
    }


def write(path: Path, report: Report, about: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**asdict(row), "each": row.each, "rate": row.rate} for row in report.rows]
    content = {"machine": about, "rows": rows, "targets": [asdict(target) for target in report.targets]}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Comparison:
    """What the section `sides` compares, and the checkout whose page it writes."""

    matrix: Matrix
    checkout: Path
    has_chart: bool


def benchmark(sandbox: Sandbox, sections: Iterable[str], output: Path, comparison: Comparison) -> int:
    """Run sections; returns the exit status."""
    began, about = time.monotonic(), machine()
    with Simulator() as simulator:
        bench = Bench(sandbox, simulator)
        for section in sections:
            if section == COMPARISON:
                cells = compare(bench, comparison.matrix)
                results = page.Results(about, comparison.matrix.cell_seconds, cells)
                page.write(comparison.checkout, results, has_chart=comparison.has_chart)
            else:
                SECTIONS[section](bench)
        print_line(LEGEND)
        show(bench.report.targets)
        write(output, bench.report, about)
    missed = sum(not target.is_met for target in bench.report.targets)
    print_line()
    print_line(
        f"{missed or 'no'} target{'' if missed == 1 else 's'} missed, in {time.monotonic() - began:.0f} s; see {output}"
    )
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    known = [*SECTIONS, COMPARISON]
    parser.add_argument("--output", type=Path, default=ROOT / "tests" / "output" / "benchmark.json")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="where the page is written")
    parser.add_argument(
        "--cell-seconds",
        type=float,
        metavar="SECONDS",
        help=f"estimate what is expected to take longer (default: {WHOLE.cell_seconds:g}); few make poor estimates",
    )
    parser.add_argument("--quick", action="store_true", help="a small comparison; its page goes beside the output")
    parser.add_argument("--render", action="store_true", help="only write the page again, from its figures")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(known)} (all if none is named)")
    return parser


def main() -> int:
    parser = _parser()
    options = parser.parse_args()
    for unknown in sorted({*options.sections} - {*SECTIONS, COMPARISON}):
        parser.error(f"there is no section {unknown}")
    if options.render:
        page.write(options.checkout, page.load(options.checkout), has_chart=True)
        return 0
    matrix = QUICK if options.quick else WHOLE
    if options.cell_seconds is not None:
        matrix = replace(matrix, cell_seconds=options.cell_seconds)
    checkout = options.output.parent / "quick" if options.quick else options.checkout
    comparison = Comparison(matrix, checkout, has_chart=not options.quick)
    sections = options.sections or ([COMPARISON] if options.quick else [*SECTIONS, COMPARISON])
    # On a disk, a new file costs up to twenty times as much processor time after others were deleted.
    in_memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with Sandbox(in_memory) as sandbox:
        try:
            return benchmark(sandbox, sections, options.output, comparison)
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
