# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The audit log: a line on disk before every change, and another once it is known what became of it.

JSON lines that only ever grow: `begun` before each time that a change is sent, `completed` after it, both with the id
of the change and what names its order, so that no line needs another one to be understood. A change that was begun and
never completed is one to look at: the run was killed, or the disk was full.
"""

from __future__ import annotations

import json
import os
import pwd
import socket
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .._common.text import printable
from . import secure as _files

BEGUN = "begun"
COMPLETED = "completed"


class AuditLog:
    """Appends to the file of one run.

    facts: what is the same for every line of the run, such as the task and the ticket.
    """

    def __init__(self, path: str, facts: Mapping[str, Any]) -> None:
        self.path = path
        self._facts = {"host": socket.gethostname(), "user": _user(), **facts}

    def begin(self, change: str, **facts: Any) -> None:
        """Note that a change is about to be sent. Raises OSError or UnsafeFile: then it must not be sent."""
        self._append(BEGUN, change, {**self._facts, **facts})

    def complete(self, change: str, **facts: Any) -> None:
        """Note what became of it. Raises OSError or UnsafeFile."""
        self._append(COMPLETED, change, facts)

    def check(self) -> None:
        """Raise the OSError or UnsafeFile that `begin` would, and write nothing."""
        _files.check_append(self.path)

    def _append(self, event: str, change: str, facts: Mapping[str, Any]) -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        _files.append_line(self.path, json.dumps({"time": now, "event": event, "id": change, **facts}))


def new_change() -> str:
    """An id for a change, unique among all runs."""
    return uuid.uuid4().hex


def entries(text: str) -> list[dict[str, Any]]:
    """The changes of an audit log, oldest first, each with `completed`; lines that are none are left out.

    Of a change that was begun several times, the first line counts for its time and `attempts` says how often.
    """
    changes: dict[str, dict[str, Any]] = {}
    for line in text.splitlines():
        event, change, facts = _parsed(line)
        if event == BEGUN:
            known = changes.setdefault(change, {"id": change, **facts, "completed": False, "attempts": 0})
            known["attempts"] += 1
        elif event == COMPLETED and change in changes:
            time = facts.pop("time", None)
            changes[change].update(facts, completed=True, completed_time=time)
    return list(changes.values())


def _parsed(line: str) -> tuple[str, str, dict[str, Any]]:
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError):
        # The last line of a run that was killed while it wrote.
        return "", "", {}
    if not isinstance(facts, dict):
        return "", "", {}
    return str(facts.pop("event", "")), str(facts.pop("id", "")), facts


def _user() -> str:
    """Whom the process runs as, by the system and not by the environment, which anybody can set."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        # In a container, any user id will do.
        return str(os.geteuid())


def caller_supplied(variables: Mapping[str, Any]) -> dict[str, str]:
    """What AWX says of a job, from its extra variables, which a caller can set as well."""
    names = [f"{prefix}_{name}" for prefix in ("awx", "tower") for name in _AWX]
    return {name: printable(variables[name]) for name in names if variables.get(name) not in (None, "")}


# Extra variables that AWX gives to every job, with either prefix.
_AWX = (
    "job_id",
    "job_template_name",
    "schedule_name",
    "user_name",
    "user_email",
    "workflow_job_id",
    "workflow_job_name",
    "workflow_job_template_id",
    "workflow_user_name",
)
