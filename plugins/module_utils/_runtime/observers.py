# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Those who watch a run: the audit log, and a line now and then that says how far it is."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import ApiError
from .._common.outcomes import CHANGED, FAILED, UNKNOWN
from .._common.text import plural, printable
from .._files.audit_log import AuditLog, caller_supplied, new_change
from .._files.secure import UnsafeFile

if TYPE_CHECKING:
    from .._common.context import Context
    from .._common.outcomes import Decision, OrderResult
    from .protocols import State
    from .results import Settings

# How long a run is silent at first, and between two lines, in seconds.
FIRST_LINE = 10.0
RHYTHM = 30.0


class Observer:
    """Sees every write before it is sent, and what became of every order.

    warnings: for the result of the task.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def announced(self, key: Hashable, state: State, decision: Decision) -> None:
        """A change is about to be sent. An ApiError that is raised here keeps it from being sent."""

    def settled(self, result: OrderResult) -> None:
        """Nothing more will be done for this order; once more where that is found out to be otherwise.

        An ApiError that is raised here in check mode ends the run.
        """


class Auditor(Observer):
    """Writes every change into an audit log, before and after; without the line before, it is not sent.

    settings: of the run. account: finds out, once, which account the key sees.
    """

    def __init__(self, log: AuditLog, settings: Settings, account: Callable[[], Any], note: str | None) -> None:
        super().__init__()
        self._log = log
        self._settings = settings
        self._account = account
        self._note = note
        self._known_account: list[Any] = []
        # The id of each change, and what names its order: every line has both, so that each can be read by itself.
        self._changes: dict[Hashable, tuple[str, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def announced(self, key: Hashable, state: State, decision: Decision) -> None:
        with self._lock:
            change, _names = self._changes.get(key, ("", {}))
            change = change or new_change()
            if not self._known_account:
                self._known_account.append(self._account())
        before = dict(state.facts)
        names = {"name": state.name, **state.identity, self._settings.key: key}
        try:
            self._log.begin(
                change,
                account=self._known_account[0],
                **names,
                before=before,
                after={**before, **decision.after},
                note=self._note,
            )
        except (OSError, UnsafeFile) as error:
            raise _unwritable(self._log, error) from None
        self._changes[key] = (change, names)

    def settled(self, result: OrderResult) -> None:
        if result.key not in self._changes:
            return
        change, names = self._changes[result.key]
        try:
            self._log.complete(
                change,
                account=self._known_account[0],
                **names,
                outcome=result.outcome,
                after=None if result.after is None else dict(result.after),
                reason=result.reason,
            )
        except (OSError, UnsafeFile) as error:
            order = f"{self._settings.noun} {self._settings.label(result.key)}"
            self.warnings.append(f"{order} is {result.outcome}, but {_trouble(self._log, error)}")


class Rehearsal(Observer):
    """Stands for the Auditor in check mode: refuses what that would refuse, and writes nothing."""

    def __init__(self, log: AuditLog) -> None:
        super().__init__()
        self._log = log

    def settled(self, result: OrderResult) -> None:
        if result.is_change:
            try:
                self._log.check()
            except (OSError, UnsafeFile) as error:
                raise _unwritable(self._log, error) from None


def _unwritable(log: AuditLog, error: Exception) -> ApiError:
    return ApiError(f"nothing was sent, as {_trouble(log, error)}", code="audit_log")


def _trouble(log: AuditLog, error: Exception) -> str:
    why = error.strerror if isinstance(error, OSError) else str(error)
    return f"the audit log {log.path} cannot be written ({why})"


class Progress(Observer):
    """Says how far a long run is.

    total: how many orders there are, or what `noun` says. notify: shows a line at once.
    """

    def __init__(self, total: int, notify: Callable[[str], None], noun: str = "order") -> None:
        super().__init__()
        self._total = total
        self._noun = noun
        self._notify = notify
        self._began = time.monotonic()
        self._next = self._began + FIRST_LINE
        self._outcomes: dict[Hashable, str] = {}
        self._lock = threading.Lock()

    def settled(self, result: OrderResult) -> None:
        with self._lock:
            self._outcomes[result.key] = result.outcome
            now = time.monotonic()
            due = now >= self._next and len(self._outcomes) < self._total
            if due:
                self._next = now + RHYTHM
                self._notify(self._line(now - self._began))

    def _line(self, elapsed: float) -> str:
        done = len(self._outcomes)
        counts = Counter(self._outcomes.values())
        failed = counts[FAILED] + counts[UNKNOWN]
        left = elapsed / done * (self._total - done)
        told = f"{done} of {plural(self._total, self._noun)} done, {counts[CHANGED]} changed, {failed} failed"
        return f"{told}; about {_duration(left)} left"


def observers(
    params: Mapping[str, Any],
    context: Context,
    settings: Settings,
    total: int,
    account: Callable[[], Any],
    note: str | None,
) -> list[Observer]:
    """Those who watch a run, by the options audit_log, ticket and progress."""
    watching: list[Observer] = [Progress(total, context.notify, settings.noun)] if params["progress"] else []
    if params["audit_log"]:
        facts = {"task": printable(context.task), "ticket": params["ticket"]}
        log = AuditLog(params["audit_log"], {**facts, "caller_supplied": caller_supplied(context.variables)})
        watching.append(Rehearsal(log) if context.check_mode else Auditor(log, settings, account, note))
    return watching


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
