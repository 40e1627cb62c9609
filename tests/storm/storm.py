# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The storm: many random task runs, each judged by the model. See README.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

# What Python puts first is this folder, in which the package's name is this file.
_TESTS = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(_TESTS), str(_TESTS / "simulator"), str(_TESTS.parents[3])]

from storm import stage as staging  # noqa: E402


def main() -> int:
    """Run the storm; the exit status shows whether a promise was broken."""
    parser = argparse.ArgumentParser(description="Random task runs against the simulator, in process.")
    parser.add_argument("--runs", type=int, default=10_000, help="task runs (a story has several)")
    parser.add_argument("--seed", default="1", help="any text; the same seed gives the same storm")
    parser.add_argument("--faults", type=float, default=0.3, help="share of requests that a fault strikes")
    parser.add_argument("--story", help="play this one story of the seed (its number), and show it")
    parser.add_argument("--show", type=int, default=2, help="stories to show for each kind of violation")
    parser.add_argument("--whole", action="store_true", help="do not make the shown stories smaller")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        stage = staging.Stage(Path(folder) / "story", staging.Rates(fault=arguments.faults))
        if arguments.story is not None:
            story = stage.play(staging.invent(f"{arguments.seed}.{arguments.story}"))
            print(staging.described(story))
            return int(bool(story.violations))
        return _storm(stage, arguments)


def _storm(stage: staging.Stage, arguments: argparse.Namespace) -> int:
    began, number = time.monotonic(), 0
    kinds: Counter[tuple[str, str]] = Counter()
    modules: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    while counts["runs"] < arguments.runs:
        story = stage.play(staging.invent(f"{arguments.seed}.{number}"))
        number += 1
        modules[story.task.module] += len(story.runs)
        if counts["runs"] // 1000 < (counts["runs"] + len(story.runs)) // 1000:
            print(f"{counts['runs']} runs, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        counts.update(_counted(story))
        for kind in sorted({each.kind for each in story.violations}):
            kinds[story.task.module, kind] += 1
            if kinds[story.task.module, kind] <= arguments.show:
                shown = story if arguments.whole else staging.shrink(stage, story, kind)
                print(f"--- {story.task.module}: {kind}\n{staging.described(shown)}\n", flush=True)
    print(
        f"seed {arguments.seed}: {counts['runs']} runs ({counts['stormy']} stormy, {counts['killed']} killed) in "
        f"{number} stories, {counts['requests']} requests in storms, {counts['struck']} of them struck by a fault, "
        f"{time.monotonic() - began:.0f} s"
    )
    print(f"runs by module: {dict(modules.most_common())}")
    for (module, kind), count in kinds.most_common():
        print(f"{count:6} stories: {module}: {kind}")
    if not kinds:
        print("every promise was kept")
    return int(bool(kinds))


def _counted(story: staging.Story) -> Counter[str]:
    stormy = [run for run in story.runs if not run.is_calm]
    exchanges = [exchange for run in stormy for exchange in run.exchanges]
    return Counter(
        runs=len(story.runs),
        stormy=len(stormy),
        killed=sum(run.was_killed for run in story.runs),
        requests=len(exchanges),
        struck=sum(exchange.entry.fault is not None for exchange in exchanges),
    )


if __name__ == "__main__":
    sys.exit(main())
