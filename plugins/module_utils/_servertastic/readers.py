# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""How a run reads Servertastic orders, and what it remembers of them; see `Reader` in _run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .._common.errors import ApiError, NotFound
from .._common.options import OptionError
from .._files.secure import UnsafeFile
from .policy import CANCELLED, ISSUED, Subject, window_is_over
from .request_log import Claim
from .tokens import digest_of

if TYPE_CHECKING:
    from .._common.context import Stop
    from .._http.transport import Transport
    from .client import Servertastic
    from .models import Review
    from .request_log import RequestLog

# How often, in seconds, and how many times at most, the log is read for the answer to another job's request.
_POLL = 0.5
_POLLS = 30


class Reviews:
    """Orders by the digests of their tokens, each reviewed by itself.

    requested: the last request of each order, by digest, as the task hands it in. sent: those of this task, which
    count before what is handed in or logged. replacement: digest of the order that replaces them. warnings: what the
    task has to warn of.
    """

    ONE_BY_ONE: frozenset[str] = frozenset()

    def __init__(
        self,
        servertastic: Servertastic,
        log: RequestLog | None,
        requested: Mapping[str, Claim],
        replacement: str = "",
        stop: Stop | None = None,
    ) -> None:
        self._servertastic = servertastic
        self._log = log
        self._requested = requested
        self._stop = stop
        self._replacement = replacement
        self.sent: dict[str, Claim] = {}
        self.warnings: list[str] = []
        # The last review of each.
        self.last: dict[str, Subject] = {}

    @property
    def transport(self) -> Transport:
        return self._servertastic.transport

    def account_label(self) -> str:
        return f"the service at {urlsplit(self.transport.connection.base_url).hostname}"

    def read(self, digests: Sequence[str]) -> dict[str, Subject]:
        if len(digests) > 1:
            return {}
        found = {digest: self._one(digest) for digest in digests}
        self.last.update({digest: subject for digest, subject in found.items() if subject})
        return {digest: subject for digest, subject in found.items() if subject}

    def waiting(self, now: datetime) -> dict[str, str]:
        """The requests that wait for an approval, or may have been made, by digest, as results return them.

        now: in UTC. One that was handed in stays until it is known that its order waits no longer.
        """
        known = {digest: subject.claim for digest, subject in self.last.items() if subject.claim}
        claims = {**self._requested, **known, **self.sent}
        return {digest: claim.text for digest, claim in claims.items() if self._waits(digest, claim, now)}

    def _waits(self, digest: str, claim: Claim, now: datetime) -> bool:
        subject = self.last.get(digest)
        if subject is None:
            return True
        if subject.review.state == CANCELLED or window_is_over(subject.review, now):
            return False
        return subject.review.state == ISSUED or not claim.counts(now)

    def fetch_fact(self, required_fact: str, _subjects: Sequence[Subject]) -> dict[str, Subject]:
        raise ValueError(f"nobody knows how to read {required_fact}")

    def _one(self, digest: str) -> Subject | None:
        review = self._review(digest)
        if review is None:
            return None
        successor = None
        if self._replacement and self._replacement != digest:
            successor = self._review(self._replacement)
        return Subject(review, self._claim(digest), successor, digest in self.sent)

    def _claim(self, digest: str) -> Claim | None:
        """The last claim of an order; waits a little for the answer that another job may be about to get."""
        if digest in self.sent:
            return self.sent[digest]
        claim = self._logged(digest)
        for _attempt in range(_POLLS):
            if self._stop is None or claim is None or not claim.is_in_flight(datetime.now(timezone.utc)):
                break
            self._stop.pause(_POLL)
            claim = self._logged(digest)
        return claim or self._requested.get(digest)

    def _review(self, digest: str) -> Review | None:
        if digest not in self._servertastic.tokens:
            return None
        try:
            return self._servertastic.review(digest)
        except NotFound:
            return None

    def _logged(self, digest: str) -> Claim | None:
        if self._log is None:
            return None
        try:
            return self._log.known().get(digest)
        except (OSError, UnsafeFile) as error:
            raise unusable(self._log, error) from None


def asked_digests(params: Mapping[str, Any], servertastic: Servertastic) -> list[str]:
    """The digests of the orders that a task asks for, in its order; duplicates stay.

    Raises ApiError, Stopped or OptionError.
    Digests of the task are resolved by the account's tokens, where it has them; so are all of it, by `tokens`.
    """
    known = servertastic.tokens
    if params["order_token"] is not None or params["order_tokens"] is not None:
        several = params["order_tokens"] if params["order_tokens"] is not None else [params["order_token"]]
        return [known.add(token) for token in several]
    wanted = [digest_of(text) for text in params["order_digests"] or ()]
    if params["order_digests"] is not None and not wanted:
        return []
    shown = servertastic.show_tokens()
    if params["order_digests"] is None:
        kinds = ("unused", "used") if params["tokens"] == "all" else (params["tokens"],)
        return [digest for kind in kinds for digest in shown[kind]]
    return wanted


def claims_of(given: Mapping[str, Any]) -> dict[str, Claim]:
    """The requests that a former run returned as `requested_at`. Raises OptionError."""
    claims = {digest_of(str(digest)): Claim.of_text(str(text or "")) for digest, text in given.items()}
    if any(claim is None for claim in claims.values()):
        raise OptionError(
            "requested_at takes times such as 2026-01-31T12:00:00Z by order_digest, as a former run returned them"
        )
    return {digest: claim for digest, claim in claims.items() if claim}


def unusable(log: RequestLog, error: OSError | UnsafeFile) -> ApiError:
    return ApiError(
        f"nothing was sent, as the request log {log.path} cannot be used ({why(error)})", code="request_log"
    )


def why(error: OSError | UnsafeFile) -> str:
    return str(error.strerror) if isinstance(error, OSError) else str(error)
