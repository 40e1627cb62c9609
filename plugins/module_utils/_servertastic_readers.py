# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""How a run reads Servertastic orders, and what it remembers of them; see `Reader` in _run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ._errors import ApiError, NotFound
from ._files import UnsafeFile
from ._orders import utc_text
from ._servertastic import digest_of
from ._servertastic_policy import ISSUED, Subject, window_is_over

if TYPE_CHECKING:
    from ._http import Transport
    from ._request_log import RequestLog
    from ._servertastic import Review, Servertastic

# What a request log remembers: the mail to an admin contact, and a cancellation at once.
REQUEST = "request"
CANCEL = "cancel"


class Reviews:
    """Orders by the digests of their tokens, each reviewed by itself.

    requested: when a request was made, by digest, as the task hands it in; what it sends itself is added. sent: the
    digests of those. replacement: digest of the order that replaces them.
    """

    ONE_BY_ONE: frozenset[str] = frozenset()

    def __init__(
        self,
        servertastic: Servertastic,
        log: RequestLog | None,
        requested: dict[str, datetime],
        replacement: str = "",
    ) -> None:
        self._servertastic = servertastic
        self._log = log
        self.requested = requested
        self.sent: set[str] = set()
        self._replacement = replacement
        # The last review of each.
        self.last: dict[str, Subject] = {}

    @property
    def transport(self) -> Transport:
        return self._servertastic.transport

    def whose(self) -> str:
        return f"the service at {urlsplit(self.transport.connection.base_url).hostname}"

    def read(self, digests: Sequence[str]) -> dict[str, Subject]:
        if len(digests) > 1:
            return {}
        found = {digest: self._one(digest) for digest in digests}
        self.last.update({digest: subject for digest, subject in found.items() if subject})
        return {digest: subject for digest, subject in found.items() if subject}

    def waiting(self, now: datetime) -> dict[str, str]:
        """When the requests were made that wait for an approval, by digest; ISO 8601 in UTC. now: in UTC.

        One that was handed in stays until it is known that its order waits no longer.
        """
        known = {digest: subject.requested_at for digest, subject in self.last.items()}
        waiting = {digest: time for digest, time in {**known, **self.requested}.items() if time is not None}
        over = {
            digest
            for digest, subject in self.last.items()
            if subject.review.state != ISSUED or window_is_over(subject.review, now)
        }
        return {digest: utc_text(time) for digest, time in waiting.items() if digest not in over}

    def learn(self, need: str, _subjects: Sequence[Subject]) -> dict[str, Subject]:
        raise ValueError(f"nobody knows how to read {need}")

    def _one(self, digest: str) -> Subject | None:
        review = self._review(digest)
        if review is None:
            return None
        successor = None
        if self._replacement and self._replacement != digest:
            successor = self._review(self._replacement)
        requested = self._remembered(REQUEST).get(digest) or self.requested.get(digest)
        cancelled = self._remembered(CANCEL).get(digest)
        return Subject(review, requested, cancelled, successor, digest in self.sent)

    def _review(self, digest: str) -> Review | None:
        if digest not in self._servertastic.tokens:
            return None
        try:
            return self._servertastic.review(digest)
        except NotFound:
            return None

    def _remembered(self, kind: str) -> dict[str, datetime]:
        if self._log is None:
            return {}
        try:
            return self._log.known(kind)
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


def unusable(log: RequestLog, error: OSError | UnsafeFile) -> ApiError:
    why = error.strerror if isinstance(error, OSError) else str(error)
    return ApiError(f"nothing was sent, as the request log {log.path} cannot be used ({why})", code="request_log")
