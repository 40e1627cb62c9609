# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The observers of a run: the audit log and the progress lines."""

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

# The time until the first progress line, and between two lines, in seconds.
FIRST_LINE = 10.0
LINE_INTERVAL = 30.0


class Observer:
    """Is notified before every write and of every result.

    warnings: are added to the result of the task.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def announced(self, key: Hashable, state: State, decision: Decision) -> None:
        """A step of a change is about to be sent. If this method raises ApiError, the step is not sent."""

    def settled(self, result: OrderResult) -> None:
        """An order has a result. The method is called again if a later read changes the result.

        If this method raises ApiError in check mode, the run ends.
        """


class Auditor(Observer):
    """Writes an entry to the audit log before and after every change; without the first entry no change is sent.

    settings: of the run. account: returns the account of the key; it is called once, before the first change.
    note: the note of the task.
    """

    def __init__(self, log: AuditLog, settings: Settings, account: Callable[[], Any], note: str | None) -> None:
        super().__init__()
        self._log = log
        self._settings = settings
        self._account = account
        self._note = note
        self._known_account: list[Any] = []
        # The id of each change and the names of its order. Every entry has both, so that it can be read alone.
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
            missing = f"the result of {order} ({result.outcome}) is not in the audit log"
            self.warnings.append(f"{missing}: {_write_failure(self._log, error)}")


class AuditCheck(Observer):
    """The Auditor for check mode: fails as the Auditor would if the audit log cannot be written, but writes nothing."""

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
    return ApiError(
        f"no change was sent, because the audit log is not available: {_write_failure(log, error)}; check audit_log",
        code="audit_log",
    )


def _write_failure(log: AuditLog, error: Exception) -> str:
    """The reason for a message, such as "/x cannot be written (No space left on device)"."""
    why = error.strerror if isinstance(error, OSError) else str(error)
    return f"{log.path} cannot be written ({why})"


class Progress(Observer):
    """Shows the progress of a long run, with the number of results and an estimate of the time that is left.

    total: the number of orders. notify: shows a line to the operator at once. noun: the word for one order.
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
            # The message of the result replaces the last line.
            due = now >= self._next and len(self._outcomes) < self._total
            if due:
                self._next = now + LINE_INTERVAL
                self._notify(self._line(now - self._began))

    def _line(self, elapsed: float) -> str:
        done = len(self._outcomes)
        counts = Counter(self._outcomes.values())
        failed = counts[FAILED] + counts[UNKNOWN]
        left = elapsed / done * (self._total - done)
        progress = f"{done} of {plural(self._total, self._noun)} done, {counts[CHANGED]} changed, {failed} failed"
        return f"{progress}; about {_duration(left)} left"


class ReadProgress:
    """Shows the progress of a long read. Threads can share it. notify: shows a line to the operator at once."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._next = time.monotonic() + FIRST_LINE
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, noun: str) -> None:
        """Count one more object that was read. noun: the word for it."""
        with self._lock:
            self._counts[noun] += 1
            now = time.monotonic()
            if now >= self._next:
                self._next = now + LINE_INTERVAL
                self._notify(", ".join(f"{plural(count, noun)} read" for noun, count in self._counts.items()))


def observers(
    params: Mapping[str, Any],
    context: Context,
    settings: Settings,
    total: int,
    account: Callable[[], Any],
    note: str | None,
) -> list[Observer]:
    """Return the observers of a run by the options audit_log, ticket and progress.

    total: the number of orders. account: returns the account of the key. note: the note of the task.
    """
    result: list[Observer] = [Progress(total, context.notify, settings.noun)] if params["progress"] else []
    if params["audit_log"]:
        facts = {"task": printable(context.task), "ticket": params["ticket"]}
        log = AuditLog(params["audit_log"], {**facts, "caller_supplied": caller_supplied(context.variables)})
        result.append(AuditCheck(log) if context.check_mode else Auditor(log, settings, account, note))
    return result


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
