# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print at the end of `make test` and `make test-all` what they covered.

Usage: covered.py REPORTS FOLDER, where REPORTS holds the `--report` of each nox session and FOLDER what the sessions
noted about their Python and ansible-core, and the results of pytest.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

NOTE = "note.txt"
WORDS = {"success": "ok", "failed": "FAILED", "aborted": "FAILED", "skipped": "skipped"}


def note(folder: Path, session: str, text: str) -> None:
    """Keep `text` about `session` for the report."""
    (folder / session).mkdir(parents=True, exist_ok=True)
    (folder / session / NOTE).write_text(text, encoding="utf-8")


def results(folder: Path, session: str, part: str = "") -> Path:
    """Where pytest writes the results of a session, or of a part of it, for its --junitxml."""
    return folder / session / f"{part or 'tests'}.xml"


def read_results(folder: Path, session: str) -> tuple[list[str], list[str], int]:
    """From what pytest has written: the reason of each skipped test, a line for each that failed, and how many ran."""
    skipped, failed, count = [], [], 0
    for path in sorted((folder / session).glob("*.xml")):
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            count += 1
            skipped += [str(skip.get("message")) for skip in case.findall("skipped")]
            for problem in case.findall("failure") + case.findall("error"):
                message = (problem.get("message") or "").strip().split("\n")[0]
                failed.append(f"{case.get('classname')}::{case.get('name')}: {message}"[:300])
    return skipped, failed, count


def line(session: dict[str, Any], noted: str, skipped: Sequence[str], count: int) -> str:
    """One session: how it ended, its seconds, and what it ran."""
    about = [noted, f"{count} tests" if count else ""]
    about += [f"{number} skipped, {reason}" for reason, number in Counter(skipped).items()]
    if session["result"] != "success":
        about.insert(0, session.get("reason") or "")
    text = "; ".join(filter(None, about))
    name = session["signatures"][0]
    return f"{name:22} {WORDS[session['result']]:8} {session.get('duration', 0):5.0f} s  {text}".rstrip()


def read_reports(folder: Path) -> list[dict[str, Any]]:
    """What nox reported of each session, in the order in which they ended."""
    reports = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    found = [each for path in reports for each in json.loads(path.read_text(encoding="utf-8"))["sessions"]]
    # nox has printed why it could not even begin.
    return found or [{"signatures": ["nox"], "result": "failed"}]


def main(reports: str, folder: str) -> int:
    sessions = read_reports(Path(reports))
    tests = 0
    print("\nCovered:")
    for session in sessions:
        name = session["signatures"][0]
        noted = Path(folder) / name / NOTE
        skipped, failed, count = read_results(Path(folder), name)
        tests += len(skipped)
        print("  " + line(session, noted.read_text(encoding="utf-8") if noted.exists() else "", skipped, count))
        for test in failed:
            print(f"    {test}")
    print()
    count_of = Counter(WORDS[session["result"]] for session in sessions)
    left_out = f", {count_of['skipped']} skipped" if count_of["skipped"] else ""
    within = f"; within them {tests} test{'s' if tests > 1 else ''} skipped" if tests else ""
    print(f"{count_of['ok']} passed, {count_of['FAILED']} failed{left_out}{within}")
    # A run that only skipped is no success.
    return 0 if count_of["ok"] and not count_of["FAILED"] else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
