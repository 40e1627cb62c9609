# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes how many seconds the play took, without the start of Ansible, to the file that BENCHMARK_SECONDS names."""

from __future__ import annotations

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

    def v2_playbook_on_play_start(self, _play: Any) -> None:
        """The start."""
        self._began = time.monotonic()

    def v2_playbook_on_stats(self, _stats: Any) -> None:
        """The end."""
        Path(os.environ["BENCHMARK_SECONDS"]).write_text(str(time.monotonic() - self._began), encoding="ascii")
