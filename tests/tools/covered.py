# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say at the end of `make test` what it covered.

Usage: covered.py REPORT FOLDER, where REPORT is nox's `--report` and FOLDER holds what the sessions noted
about their Python and ansible-core.
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


def note(folder: Path, session: str, text: str, skipped: Sequence[str] = ()) -> None:
    """Remember `text` about `session` for the report, and why tests of it were skipped, a reason for each."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / session).write_text(json.dumps({"text": text, "skipped": list(skipped)}), encoding="utf-8")


def skips(results: Path) -> list[str]:
    """Why tests were skipped, by what pytest has written with --junitxml: a reason for each test."""
    root = ElementTree.parse(results).getroot()
    return [str(skipped.get("message")) for skipped in root.iter("skipped")]


def line(session: dict[str, Any], noted: dict[str, Any]) -> str:
    name, skipped = session["signatures"][0], Counter(noted["skipped"])
    about = [noted["text"], *(f"{count} skipped, {reason}" for reason, count in skipped.items())]
    if session["result"] != "success":
        about.insert(0, session.get("reason") or "")
    told = "; ".join(filter(None, about))
    return f"{name:20} {WORDS[session['result']]:8} {session.get('duration', 0):5.0f} s  {told}".rstrip()


def main(report: str, folder: str) -> int:
    try:
        sessions = json.loads(Path(report).read_text(encoding="utf-8"))["sessions"]
    except FileNotFoundError:
        # nox has said why it could not even begin.
        sessions = [{"signatures": ["nox"], "result": "failed"}]
    tests = 0
    print("\nCovered:")
    for session in sessions:
        file = Path(folder) / session["signatures"][0]
        noted = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"text": "", "skipped": []}
        tests += len(noted["skipped"])
        print("  " + line(session, noted))
    print()
    count = Counter(WORDS[session["result"]] for session in sessions)
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    within = f"; within them {tests} test{'s' if tests > 1 else ''} skipped" if tests else ""
    print(f"{count['ok']} passed, {count['FAILED']} failed{skipped}{within}")
    # A run that only skipped is no success.
    return 0 if count["ok"] and not count["FAILED"] else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
