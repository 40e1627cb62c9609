# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Cancelling as a run writes it; see `Write` in _run."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ._errors import ApiError, StaleRead, Stopped
from ._files import UnsafeFile
from ._servertastic import moment
from ._servertastic_readers import CANCEL, REQUEST, unusable

if TYPE_CHECKING:
    from datetime import datetime

    from ._http import Patience
    from ._orders import Decision
    from ._request_log import RequestLog
    from ._servertastic import Servertastic
    from ._servertastic_policy import Subject
    from ._servertastic_readers import Reviews


class Cancelling:
    """Cancels an order, or asks for it, and remembers that before it does."""

    def __init__(self, servertastic: Servertastic, log: RequestLog | None, reader: Reviews) -> None:
        self._servertastic = servertastic
        self._log = log
        self._reader = reader

    def __call__(self, subject: Subject, decision: Decision, *, fresh_until: float, patience: Patience) -> None:
        digest = subject.review.order_digest
        kind = REQUEST if decision.steps == ("request",) else CANCEL
        known = subject.requested_at if kind == REQUEST else subject.cancelled_at
        self._claim(kind, digest, known)
        try:
            self._servertastic.cancel(digest, fresh_until=fresh_until, patience=patience)
        except (StaleRead, Stopped):
            self._withdraw(kind, digest)
            raise
        except ApiError as error:
            if error.ambiguous:
                self._remember(kind, digest, decision)
            else:
                self._withdraw(kind, digest)
            raise
        self._remember(kind, digest, decision)
        if self._log is not None:
            with suppress(OSError, UnsafeFile):
                self._log.confirm(kind, digest)

    def _remember(self, kind: str, digest: str, decision: Decision) -> None:
        # One whose reply was lost as well: it may have been made.
        sent_at = moment(decision.after.get("requested_at"))
        if kind == REQUEST and sent_at:
            self._reader.requested[digest] = sent_at
            self._reader.sent.add(digest)

    def _claim(self, kind: str, digest: str, known: datetime | None) -> None:
        if self._log is None:
            return
        try:
            claimed = self._log.claim(kind, digest, known)
        except (OSError, UnsafeFile) as error:
            raise unusable(self._log, error) from None
        if not claimed:
            # Another job was faster: what it has done is seen by a fresh read.
            raise StaleRead(f"order {digest[:8]} was requested by another job meanwhile")

    def _withdraw(self, kind: str, digest: str) -> None:
        # Where that cannot be written the claim stands, which only keeps it from being sent again.
        if self._log is not None:
            with suppress(OSError, UnsafeFile):
                self._log.withdraw(kind, digest)
