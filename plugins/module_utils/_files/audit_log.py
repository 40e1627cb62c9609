# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The audit log: an entry on disk before every change, and another one with its result.

The file contains JSON lines and is only appended to: `begun` each time before a change is sent, `completed` once its
result is known. Both contain the id of the change and the ids of the order, so that each line can be read alone. A
change without `completed` needs manual review: the run was killed, or the disk was full.
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
    """Appends the entries of one run to a file.

    facts: the values of every `begun` entry of the run, such as the task and the ticket.
    """

    def __init__(self, path: str, facts: Mapping[str, Any]) -> None:
        self.path = path
        self._facts = {"host": socket.gethostname(), "user": _user(), **facts}

    def begin(self, change: str, **facts: Any) -> None:
        """Write that a change is about to be sent. After OSError or UnsafeFile, the change must not be sent."""
        self._append(BEGUN, change, {**self._facts, **facts})

    def complete(self, change: str, **facts: Any) -> None:
        """Write the result of a change. Raises OSError or UnsafeFile."""
        self._append(COMPLETED, change, facts)

    def check(self) -> None:
        """Raise the OSError or UnsafeFile that `begin` would raise, without writing anything."""
        _files.check_append(self.path)

    def _append(self, event: str, change: str, facts: Mapping[str, Any]) -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        _files.append_line(self.path, json.dumps({"time": now, "event": event, "id": change, **facts}))


def new_change() -> str:
    """Return a new id for a change, unique among all runs."""
    return uuid.uuid4().hex


def entries(text: str) -> list[dict[str, Any]]:
    """Return the changes of an audit log, oldest first, each with `completed`; invalid lines are ignored.

    For a change that was begun several times, the time is that of the first line, and `attempts` is their number.
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
    """Event, change id and the other values of a line; empty ones for an invalid line."""
    try:
        facts = json.loads(line)
    except (ValueError, RecursionError):
        # Such as the last line of a run that was killed during a write.
        return "", "", {}
    if not isinstance(facts, dict):
        return "", "", {}
    return str(facts.pop("event", "")), str(facts.pop("id", "")), facts


def _user() -> str:
    """The user of the process, from the system, as the caller can set the environment variables."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        # In a container, the user id can be without a name.
        return str(os.geteuid())


def caller_supplied(variables: Mapping[str, Any]) -> dict[str, str]:
    """Return the facts about an AWX job from its extra variables. A caller can set these variables as well."""
    names = [f"{prefix}_{name}" for prefix in ("awx", "tower") for name in _AWX]
    return {name: printable(variables[name]) for name in names if variables.get(name) not in (None, "")}


# Extra variables of every AWX job, with the prefix awx_ or tower_.
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
