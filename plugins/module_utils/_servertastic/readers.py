# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Reads Servertastic orders for a run, together with their earlier requests; see `Reader` in _runtime/protocols.py."""

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

# Seconds between two reads of the request log, and the maximum number of reads, for the reply to another job.
_POLL = 0.5
_POLLS = 30


class Reviews:
    """Reads orders by the digests of their tokens, with one review for each order.

    log: the request log, None if the task uses none.
    requested: the last request of each order by digest, from the options of the task.
    replacement: digest of the order that replaces the others, empty for none.
    sent: the requests of this task by digest. They take precedence over `log` and `requested`.
    warnings: the warnings for the result of the task.
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
        # The state of each order after its last review.
        self.last: dict[str, Subject] = {}

    @property
    def transport(self) -> Transport:
        return self._servertastic.transport

    def account_label(self) -> str:
        return f"the service at {urlsplit(self.transport.connection.base_url).hostname}"

    def read(self, digests: Sequence[str]) -> dict[str, Subject]:
        if len(digests) > 1:
            return {}
        found = {digest: self._read_one(digest) for digest in digests}
        self.last.update({digest: subject for digest, subject in found.items() if subject})
        return {digest: subject for digest, subject in found.items() if subject}

    def waiting(self, now: datetime) -> dict[str, str]:
        """The requests that wait for an approval or may have been made, as texts for the result, by digest.

        now: in UTC. A request from the options stays in the result until a review proves that it no longer waits.
        """
        read = {digest: subject.claim for digest, subject in self.last.items() if subject.claim}
        claims = {**self._requested, **read, **self.sent}
        return {digest: claim.text for digest, claim in claims.items() if self._waits(digest, claim, now)}

    def _waits(self, digest: str, claim: Claim, now: datetime) -> bool:
        subject = self.last.get(digest)
        if subject is None:
            return True
        if subject.review.state == CANCELLED or window_is_over(subject.review, now):
            return False
        return subject.review.state == ISSUED or not claim.counts(now)

    def fetch_fact(self, required_fact: str, _subjects: Sequence[Subject]) -> dict[str, Subject]:
        raise ValueError(f"unknown fact: {required_fact}")

    def _read_one(self, digest: str) -> Subject | None:
        review = self._review(digest)
        if review is None:
            return None
        successor = None
        if self._replacement and self._replacement != digest:
            successor = self._review(self._replacement)
        return Subject(review, self._claim(digest), successor, digest in self.sent)

    def _claim(self, digest: str) -> Claim | None:
        """The last claim of an order. If another job may be about to get a reply for it, wait for up to 15 seconds."""
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
    """The digests of the orders that the options of a task select, in the order of the options, with duplicates.

    Digests (option order_digests) and all orders of an account (option tokens) need the list of the account's tokens,
    which a digest does not reveal. Raises ApiError, Stopped or OptionError.
    """
    known = servertastic.tokens
    if params["order_token"] is not None or params["order_tokens"] is not None:
        tokens = params["order_tokens"] if params["order_tokens"] is not None else [params["order_token"]]
        return [known.add(token) for token in tokens]
    wanted = [digest_of(text) for text in params["order_digests"] or ()]
    if params["order_digests"] is not None and not wanted:
        return []
    listed = servertastic.show_tokens()
    if params["order_digests"] is None:
        kinds = ("unused", "used") if params["tokens"] == "all" else (params["tokens"],)
        return [digest for kind in kinds for digest in listed[kind]]
    return wanted


def claims_of(given: Mapping[str, Any]) -> dict[str, Claim]:
    """Parse the option requested_at: the requests that a former run returned, by digest. Raises OptionError."""
    claims = {digest_of(str(digest)): Claim.of_text(str(text or "")) for digest, text in given.items()}
    if any(claim is None for claim in claims.values()):
        raise OptionError(
            "requested_at must map order digests to times such as 2026-01-31T12:00:00Z, as an earlier run returned them"
        )
    return {digest: claim for digest, claim in claims.items() if claim}


def unusable(log: RequestLog, error: OSError | UnsafeFile) -> ApiError:
    """The error for a request log that cannot be read or written before a cancellation is sent."""
    return ApiError(
        f"nothing was sent, because the request log {log.path} cannot be used ({why(error)}): check request_log",
        code="request_log",
    )


def why(error: OSError | UnsafeFile) -> str:
    """The cause of a file error for messages, without the path."""
    return str(error.strerror) if isinstance(error, OSError) else str(error)
