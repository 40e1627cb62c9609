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
from pathlib import Path
from typing import Any

WORDS = {"success": "ok", "failed": "FAILED", "aborted": "FAILED", "skipped": "skipped"}


def note(folder: Path, session: str, text: str) -> None:
    """Remember `text` about `session` for the report."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / session).write_text(text, encoding="utf-8")


def line(session: dict[str, Any], folder: Path) -> str:
    name = session["signatures"][0]
    noted = folder / name
    about = noted.read_text(encoding="utf-8") if noted.exists() else ""
    if session["result"] != "success":
        about = "; ".join(filter(None, [session.get("reason"), about]))
    return f"{name:20} {WORDS[session['result']]:8} {session.get('duration', 0):5.0f} s  {about}".rstrip()


def main(report: str, folder: str) -> int:
    try:
        sessions = json.loads(Path(report).read_text(encoding="utf-8"))["sessions"]
    except FileNotFoundError:
        # nox has said why it could not even begin.
        sessions = [{"signatures": ["nox"], "result": "failed"}]
    print("\nCovered:")
    for session in sessions:
        print("  " + line(session, Path(folder)))
    print()
    count = Counter(WORDS[session["result"]] for session in sessions)
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['ok']} passed, {count['FAILED']} failed{skipped}")
    # A run that only skipped is no success.
    return 0 if count["ok"] and not count["FAILED"] else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
