# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Sends cancellations for a run; see `Write` in _runtime/protocols.py."""

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
    """Cancels an order or requests its cancellation, and records the request in the log before it is sent."""

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
            # Not sent.
            self._log_event(RequestLog.withdraw, kind, digest)
            raise
        except ApiError as error:
            # After an ambiguous error, such as a lost reply, the service may have made the request.
            if error.ambiguous:
                self._keep_claim(kind, digest, decision, is_confirmed=False)
                self._log_event(RequestLog.lose, kind, digest)
            else:
                self._log_event(RequestLog.withdraw, kind, digest)
            raise
        self._keep_claim(kind, digest, decision, is_confirmed=True)
        self._log_event(RequestLog.confirm, kind, digest)

    def _keep_claim(self, kind: str, digest: str, decision: Decision, *, is_confirmed: bool) -> None:
        # Keep the time of the decision, which the result returns as requested_at.
        made_at = moment(decision.after.get("requested_at")) or datetime.now(timezone.utc)
        self._reader.sent[digest] = Claim(kind, made_at, is_confirmed, is_lost=not is_confirmed)

    def _claim(self, kind: str, digest: str, known: Claim | None) -> None:
        """Record that the request is about to be sent. Raises StaleRead if another job claimed the order first."""
        if self._log is None:
            return
        try:
            claimed = self._log.claim(kind, digest, known)
        except (OSError, UnsafeFile) as error:
            raise unusable(self._log, error) from None
        if not claimed:
            # The run reads the order and the log again after StaleRead, and then decides on the claim of the other job.
            raise StaleRead(f"another job requested the cancellation of order {order_ref(digest)} in the meantime")

    def _log_event(self, event: Callable[[RequestLog, str, str], None], kind: str, digest: str) -> None:
        """Record the result of a claim. A failure is only a warning, as the request was already sent or refused."""
        if self._log is None:
            return
        try:
            event(self._log, kind, digest)
        except (OSError, UnsafeFile) as error:
            self._reader.warnings.append(
                f"the request log {self._log.path} could not be updated ({why(error)}), so later runs do not know the "
                f"result of the cancellation of order {order_ref(digest)}: set requested_at in the next run to the "
                "value that this run returns"
            )
