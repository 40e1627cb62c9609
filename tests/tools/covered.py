# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say at the end of `make test` what it covered.

Usage: covered.py REPORT FOLDER, where REPORT is nox's `--report` and FOLDER holds what the sessions noted
about their Python and ansible-core, and pytest's results.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

WORDS = {"success": "ok", "failed": "FAILED", "aborted": "FAILED", "skipped": "skipped"}


def note(folder: Path, session: str, text: str) -> None:
    """Remember `text` about `session` for the report."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / session).write_text(text, encoding="utf-8")


def results(folder: Path, session: str) -> Path:
    """Where pytest writes a session's results, for its --junitxml."""
    return folder / f"{session}.xml"


def told(path: Path) -> tuple[list[str], list[str]]:
    """By what pytest has written: why tests were skipped, a reason for each; and which failed, a line for each."""
    if not path.exists():
        return [], []
    skipped, failed = [], []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        skipped += [str(skip.get("message")) for skip in case.findall("skipped")]
        for problem in case.findall("failure") + case.findall("error"):
            message = (problem.get("message") or "").strip().split("\n")[0]
            failed.append(f"{case.get('classname')}::{case.get('name')}: {message}"[:300])
    return skipped, failed


def line(session: dict[str, Any], noted: str, skipped: Sequence[str]) -> str:
    about = [noted, *(f"{count} skipped, {reason}" for reason, count in Counter(skipped).items())]
    if session["result"] != "success":
        about.insert(0, session.get("reason") or "")
    text = "; ".join(filter(None, about))
    name = session["signatures"][0]
    return f"{name:20} {WORDS[session['result']]:8} {session.get('duration', 0):5.0f} s  {text}".rstrip()


def main(report: str, folder: str) -> int:
    try:
        sessions = json.loads(Path(report).read_text(encoding="utf-8"))["sessions"]
    except FileNotFoundError:
        # nox has said why it could not even begin.
        sessions = [{"signatures": ["nox"], "result": "failed"}]
    tests = 0
    print("\nCovered:")
    for session in sessions:
        name = session["signatures"][0]
        file = Path(folder) / name
        skipped, failed = told(results(Path(folder), name))
        tests += len(skipped)
        print("  " + line(session, file.read_text(encoding="utf-8") if file.exists() else "", skipped))
        for test in failed:
            print(f"    {test}")
    print()
    count = Counter(WORDS[session["result"]] for session in sessions)
    left_out = f", {count['skipped']} skipped" if count["skipped"] else ""
    within = f"; within them {tests} test{'s' if tests > 1 else ''} skipped" if tests else ""
    print(f"{count['ok']} passed, {count['FAILED']} failed{left_out}{within}")
    # A run that only skipped is no success.
    return 0 if count["ok"] and not count["FAILED"] else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
