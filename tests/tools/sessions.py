# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run nox sessions three at a time, each in one process.

Usage: sessions.py REPORTS, where REPORTS is the folder for nox's `--report` of each session. A session's output goes
to a log beside its report, and is printed when the session fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

# All that `make test-all` runs: first what `make test` does, whose failures are to be seen early, and then the longest
# first, so that no long one is left to run alone. Sanity on 2.19 is left to `nox -s "sanity(2.19)"`: it takes five
# minutes and lies between the other two.
SESSIONS = (
    "quick",
    "integration(2.21)",
    "integration(2.16)",
    "role_stories(others)",
    "awx",
    "role_stories(decommission)",
    "sanity(2.21)",
    "integration(2.19)",
    "awx_engine",
    "sanity(2.16)",
    "eda",
    "target",
    "unit(2.21)",
    "lint",
    "molecule",
    "simulator",
    "unit(2.16)",
    "unit(2.19)",
    "demo",
    "build-import-check",
    "storm_minute",
    "docs",
    "execution_environment",
    "browser",
    "extra-checks",
    "reuse",
    "generated",
)
# The unit tests that are not measured: matrices and all examples, which measured take three times as long.
UNMEASURED = ("-m", "exhaustive or hypothesis", "tests/unit/plugins")
ARGUMENTS = {
    # pylint takes most of the time of `ansible-test sanity`, and reads the same files with each core: here the newest
    # one, whose pylint knows more. The public workflows run it on every core.
    "sanity(2.16)": ("--skip-test=pylint",),
    # The others run in `quick`, on the same core.
    "unit(2.21)": UNMEASURED,
}
VARIABLES = {"quick": {"QUICK_COVERAGE": "1"}}
# For two CPUs, as each session waits now and then: for a server, a limit of requests, a download.
AT_A_TIME = 3
NOX = Path(sys.executable).with_name("nox")


class Ended(NamedTuple):
    """How a session ended. cpu: seconds of all CPUs, its processes together."""

    passed: bool
    seconds: float
    cpu: float


def run(session: str, reports: Path) -> Ended:
    """Run one session."""
    # pytest-xdist would start processes of its own for what has a core already.
    environment = {**os.environ, "PYTEST_XDIST_AUTO_NUM_WORKERS": "0", **VARIABLES.get(session, {})}
    command = [str(NOX), "--session", session, "--report", str(reports / f"{session}.json")]
    command += ["--", *ARGUMENTS.get(session, ())]
    begun = time.monotonic()
    with _log(reports, session).open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        # Of this one alone: others end meanwhile.
        _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(process.returncode == 0, time.monotonic() - begun, usage.ru_utime + usage.ru_stime)


def _log(reports: Path, session: str) -> Path:
    return reports / f"{session}.log"


def main(folder: str) -> int:
    reports = Path(folder)
    failed = 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        running = {pool.submit(run, session, reports): session for session in SESSIONS}
        for done, future in enumerate(as_completed(running), start=1):
            session = running[future]
            ended = future.result()
            if not ended.passed:
                failed += 1
                print(_log(reports, session).read_text(encoding="utf-8", errors="replace"))
            result = f"{'ok' if ended.passed else 'FAILED'}, {ended.seconds:.0f} s, {ended.cpu:.0f} s of CPU"
            print(f"{done:2} of {len(SESSIONS)}: {session} {result}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
