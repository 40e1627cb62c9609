# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run nox sessions two at a time, each in one process.

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

# All that `make test-all` runs after `make test`, the longest first, so that no long one is left to run alone. Sanity
# on 2.19 is left to `nox -s "sanity(2.19)"`: it takes five minutes and lies between the other two.
SESSIONS = (
    "integration(2.21)",
    "integration(2.16)",
    "role_stories(others)",
    "role_stories(decommission)",
    "sanity(2.21)",
    "integration(2.19)",
    "molecule",
    "awx",
    "unit(2.21)",
    "awx_engine",
    "eda",
    "sanity(2.16)",
    "target",
    "lint",
    "build-import-check",
    "simulator",
    "unit(2.16)",
    "unit(2.19)",
    "demo",
    "storm_minute",
    "docs",
    "execution_environment",
    "browser",
    "extra-checks",
    "reuse",
    "generated",
)
# pylint takes most of the time of `ansible-test sanity`, and reads the same files with each core: here the newest one,
# whose pylint knows more. The public workflows run it on every core.
ARGUMENTS = {"sanity(2.16)": ("--skip-test=pylint",)}
AT_A_TIME = 2
NOX = Path(sys.executable).with_name("nox")


def run(session: str, reports: Path) -> tuple[bool, float]:
    """Run one session; returns whether it passed, and its seconds."""
    # pytest-xdist would start processes of its own for what has a core already.
    environment = {**os.environ, "PYTEST_XDIST_AUTO_NUM_WORKERS": "0"}
    command = [str(NOX), "--session", session, "--report", str(reports / f"{session}.json")]
    command += ["--", *ARGUMENTS.get(session, ())]
    begun = time.monotonic()
    with _log(reports, session).open("wb") as log:
        status = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False).returncode
    return status == 0, time.monotonic() - begun


def _log(reports: Path, session: str) -> Path:
    return reports / f"{session}.log"


def main(folder: str) -> int:
    reports = Path(folder)
    failed = 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        running = {pool.submit(run, session, reports): session for session in SESSIONS}
        for done, future in enumerate(as_completed(running), start=1):
            session = running[future]
            passed, seconds = future.result()
            if not passed:
                failed += 1
                print(_log(reports, session).read_text(encoding="utf-8", errors="replace"))
            print(f"{done:2} of {len(SESSIONS)}: {session} {'ok' if passed else 'FAILED'}, {seconds:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
