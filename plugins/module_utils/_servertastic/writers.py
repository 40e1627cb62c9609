# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Cancelling as a run writes it; see `Write` in _run."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Callable

from .._common.errors import ApiError, StaleRead, Stopped
from .._files.secure import UnsafeFile
from .client import moment
from .models import order_ref
from .readers import unusable, why
from .request_log import CANCEL, REQUEST, Claim, RequestLog

if TYPE_CHECKING:
    from .._common.outcomes import Decision
    from .._http.retry import RateLimitBudget
    from .client import Servertastic
    from .policy import Subject
    from .readers import Reviews


class CancelWriter:
    """Cancels an order, or asks for it, and remembers that before it does."""

    def __init__(self, servertastic: Servertastic, log: RequestLog | None, reader: Reviews) -> None:
        self._servertastic = servertastic
        self._log = log
        self._reader = reader

    def __call__(self, subject: Subject, decision: Decision, *, fresh_until: float, budget: RateLimitBudget) -> None:
        digest = subject.review.order_digest
        kind = REQUEST if decision.steps == ("request",) else CANCEL
        self._claim(kind, digest, subject.claim)
        try:
            self._servertastic.cancel(digest, fresh_until=fresh_until, budget=budget)
        except (StaleRead, Stopped):
            self._note(RequestLog.withdraw, kind, digest)
            raise
        except ApiError as error:
            if error.ambiguous:
                self._remember(kind, digest, decision, is_confirmed=False)
                self._note(RequestLog.lose, kind, digest)
            else:
                self._note(RequestLog.withdraw, kind, digest)
            raise
        self._remember(kind, digest, decision, is_confirmed=True)
        self._note(RequestLog.confirm, kind, digest)

    def _remember(self, kind: str, digest: str, decision: Decision, *, is_confirmed: bool) -> None:
        # A request is remembered with the time that the result returns.
        made_at = moment(decision.after.get("requested_at")) or datetime.now(timezone.utc)
        self._reader.sent[digest] = Claim(kind, made_at, is_confirmed, is_lost=not is_confirmed)

    def _claim(self, kind: str, digest: str, known: Claim | None) -> None:
        if self._log is None:
            return
        try:
            claimed = self._log.claim(kind, digest, known)
        except (OSError, UnsafeFile) as error:
            raise unusable(self._log, error) from None
        if not claimed:
            # Another job was faster: what it has done is seen by a fresh read.
            raise StaleRead(f"order {order_ref(digest)} was requested by another job meanwhile")

    def _note(self, event: Callable[[RequestLog, str, str], None], kind: str, digest: str) -> None:
        """Add what became of a claim to the log; where that fails, the next run cannot know it."""
        if self._log is None:
            return
        try:
            event(self._log, kind, digest)
        except (OSError, UnsafeFile) as error:
            self._reader.warnings.append(
                f"the request log {self._log.path} could not be updated ({why(error)}), so that later runs that use it "
                f"do not know what became of the cancellation of order {order_ref(digest)}"
            )
