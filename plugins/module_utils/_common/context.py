# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The arguments that a run gets from its caller, and the stop of a run."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Callable

from .errors import Stopped

# The longest time from a stop to the end of a sleep, in seconds.
_PAUSE_INTERVAL = 0.1


class Stop:
    """Stops a run early: a sleep ends, and no further write is sent.

    The class has no lock: a signal handler calls `set`, and can interrupt code that holds a lock.
    """

    def __init__(self, parent: int | None = None, pipe: int | None = None) -> None:
        """parent: the process id that must stay the parent. pipe: a descriptor that must stay open. None: no check."""
        # Orders in a row for which a service refused the key: of all changes of a task, which share the key.
        self.denials = 0
        self._reason = ""
        self._parent = parent
        self._pipe = pipe

    def __bool__(self) -> bool:
        return bool(self.reason)

    @property
    def reason(self) -> str:
        """Why the run was stopped; empty while it was not."""
        # A signal that kills Ansible, as when ansible-runner cancels a job, does not reach its worker processes.
        if self._parent and not self._reason and (os.getppid() != self._parent or _is_closed(self._pipe)):
            self._reason = "the Ansible process that started the run has ended"
        return self._reason

    def set(self, reason: str) -> None:
        """Stop the run; the first reason stays."""
        self._reason = self._reason or reason

    def pause(self, seconds: float) -> None:
        """Sleep. Raises Stopped if the run is stopped meanwhile, or was stopped before."""
        until = time.monotonic() + seconds
        while not self.reason and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _PAUSE_INTERVAL))
        if self.reason:
            raise Stopped(self.reason)


def _is_closed(pipe: int | None) -> bool:
    """Whether the other end of a pipe or a socket is closed; always false for a file."""
    if pipe is None:
        return False
    poll = select.poll()
    poll.register(pipe, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _pipe, events in poll.poll(0))


@dataclass
class Context:
    """The arguments of a run, apart from the options of the task.

    environ: the environment variables of the process, defaults for options. task_environ: those that the task sets,
    which take precedence. state_dir: a private folder that all forks of the run share.
    notify: shows a line to the operator at once. notices: the lines that `inform` keeps for the result of a task that
    prints nothing; None for a task that prints. show: shows several lines, such as a table. secrets: texts that must
    not appear in a result; a run adds to them. task: the name of the task. variables: those of the play; only the
    controller action knows them.
    """

    check_mode: bool = False
    diff: bool = False
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    task_environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    state_dir: str | None = None
    notify: Callable[[str], None] = lambda _line: None
    notices: list[str] | None = None
    show: Callable[[Sequence[str]], None] = lambda _lines: None
    stop: Stop = field(default_factory=Stop)
    secrets: list[str] = field(default_factory=list, repr=False)
    task: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def inform(self, line: str) -> None:
        """Show a line that the operator must not miss, or keep it for the result of a task that prints nothing."""
        (self.notify if self.notices is None else self.notices.append)(line)

    def quiet(self) -> Context:
        """Return this context for a task that prints nothing."""
        return replace(self, notify=lambda _line: None, notices=[])
