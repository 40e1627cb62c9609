# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down every task's result, and the requests that reached the simulator during it.

One JSON object a line, in the file that TEST_RECORD names. With several hosts at a time, a request is written down with
whichever result comes next; the line "stats" at the end has what was left over.
"""

from __future__ import annotations

import http.client
import json
import os
import resource
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import filter_loader


def control(method: str, path: str, body: object = None) -> Any:
    """Ask the simulator's control interface."""
    connection = http.client.HTTPConnection(urlsplit(os.environ["TEST_SIMULATOR"]).netloc, timeout=30)
    try:
        headers = {"X-Sim-Token": os.environ["TEST_SIMULATOR_TOKEN"]}
        connection.request(method, f"/_sim{path}", None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    if response.status >= 400:
        raise RuntimeError(f"{method} /_sim{path}: {response.status} {answer.decode()}")
    return json.loads(answer) if answer else None


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._known = self._count()

    def v2_playbook_on_start(self, _playbook: Any) -> None:
        # Ansible forks a process for each task, which would import the collection's filters anew: a third of its time.
        filter_loader.get("certops.orders.audit_entries")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._record("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002
        self._record("failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._record("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._record("unreachable", result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._record("ok", result, item=True)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._record("failed", result, item=True)

    def v2_playbook_on_stats(self, stats: Any) -> None:  # noqa: ARG002
        # The largest of the workers, in KiB: they are the only processes that this one has waited for.
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self._write({"event": "stats", "requests": self._news(), "worker_kib": memory})

    def _record(self, event: str, outcome: Any, item: bool = False) -> None:
        # ansible-core 2.19 gave the attributes names without an underscore.
        host, task, result = (
            getattr(outcome, name, None) or getattr(outcome, f"_{name}") for name in ("host", "task", "result")
        )
        record = {
            "event": event,
            "item": item,
            "host": host.get_name(),
            "task": task.name,
            "result": dict(result),
        }
        if task.action == "certsim":
            # The task may have emptied the journal.
            self._known = self._count()
            record["requests"] = []
        else:
            record["requests"] = self._news()
        self._write(record)

    def _news(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = control("GET", f"/journal?since={self._known}")["entries"]
        self._known += len(entries)
        return entries

    @staticmethod
    def _count() -> int:
        return len(control("GET", "/journal")["entries"])

    def _write(self, record: dict[str, Any]) -> None:
        with Path(os.environ["TEST_RECORD"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, default=str) + "\n")
