# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What a module's run gets from its caller, and how a run is stopped."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from .errors import Stopped

# How long a sleep goes on at most once the run is stopped, in seconds.
_BLINK = 0.1


class Stop:
    """Ends a run early: sleeps wake up and no further write is sent.

    Without any lock, as a signal's handler sets it, which may interrupt whoever holds one.
    """

    def __init__(self, parent: int | None = None, pipe: int | None = None) -> None:
        """parent: the process that wants the run; pipe: where its answer goes; None where nobody has to be there."""
        self._reason = ""
        self._parent = parent
        self._pipe = pipe

    def __bool__(self) -> bool:
        return bool(self.reason)

    @property
    def reason(self) -> str:
        # Whoever kills Ansible, as ansible-runner does to cancel a job, does not reach its workers.
        if self._parent and not self._reason and (os.getppid() != self._parent or _is_closed(self._pipe)):
            self._reason = "Ansible, which wanted it, has ended"
        return self._reason

    def set(self, reason: str) -> None:
        self._reason = self._reason or reason

    def pause(self, seconds: float) -> None:
        """Sleep. Raises Stopped where the run is stopped meanwhile."""
        until = time.monotonic() + seconds
        while not self.reason and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _BLINK))
        if self.reason:
            raise Stopped(self.reason)


def _is_closed(pipe: int | None) -> bool:
    """Whether the other end of a pipe or a connection is closed; never of a file."""
    if pipe is None:
        return False
    poll = select.poll()
    poll.register(pipe, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _pipe, events in poll.poll(0))


@dataclass
class Context:
    """What a door hands to a run.

    environ: the variables of the process that options fall back to; task_environ: those that the task sets itself,
    which come first. state_dir: a private folder that all forks of the run share.
    notify: shows a line to the operator at once. secrets: what must not appear in any result; runs add to it.
    task: its name. variables: of the play, where the door knows them.
    """

    check_mode: bool = False
    diff: bool = False
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    task_environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    state_dir: str | None = None
    notify: Callable[[str], None] = lambda _line: None
    stop: Stop = field(default_factory=Stop)
    secrets: list[str] = field(default_factory=list, repr=False)
    task: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
