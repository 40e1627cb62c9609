# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the cost of a play to the JSON file that BENCHMARK_COST names.

seconds: without the start of Ansible. results: the number of task results, also of skipped tasks. size: the length of
all results as JSON, in characters.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Ansible finds it beside the playbooks."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "stopwatch"

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()
        self._results = self._size = 0

    def v2_playbook_on_play_start(self, _play: Any) -> None:
        """The start; of the first play, if there are several."""
        if not self._results:
            self._began = time.monotonic()

    def v2_runner_on_ok(self, result: Any, **_options: Any) -> None:
        """One more result."""
        self._results += 1
        self._size += len(json.dumps(result._result, default=str))

    v2_runner_on_failed = v2_runner_on_skipped = v2_runner_on_ok

    def v2_playbook_on_stats(self, _stats: Any) -> None:
        """The end."""
        cost = {"seconds": time.monotonic() - self._began, "results": self._results, "size": self._size}
        Path(os.environ["BENCHMARK_COST"]).write_text(json.dumps(cost), encoding="ascii")
