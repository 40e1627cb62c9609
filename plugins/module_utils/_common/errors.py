# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What can go wrong between us and a service, sorted by what it means for a write."""

from __future__ import annotations

from typing import Any


class LibraryMissing(Exception):
    """A Python library that the collection needs is not installed where the task runs, or too old.

    library: its name; trace: the traceback of the import. message: what is the matter; is_old: whether it is there,
    and too old.
    """

    def __init__(self, library: str, trace: str, message: str = "") -> None:
        super().__init__(library)
        self.library = library
        self.trace = trace
        self.is_old = bool(message)
        self.message = message or f"the Python library {library} is missing"


class Stopped(Exception):
    """A signal, or a rule of the run, stopped it before this request was sent."""


class StaleRead(Exception):
    """A write was not sent, because the read that it rests on has become too old."""


class ApiError(Exception):
    """A request that did not succeed.

    message: for people, free of secrets and of control characters.
    http_status, code: what the service answered, None where there was no answer.
    retries, waited: what was spent on this request, waited in seconds.
    """

    # Whether asking again can help, where asking again is harmless.
    passing = False
    # Whether a write that ended so may have taken effect.
    ambiguous = False

    def __init__(self, message: str, http_status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.http_status = http_status
        self.code = code
        self.retries = 0
        self.waited = 0.0

    def failure(self, order_id: Any = None) -> dict[str, Any]:
        """The machine-readable form, as a task returns it."""
        return {
            "http_status": self.http_status,
            "code": self.code,
            "message": self.message,
            "order_id": order_id,
            "retries": self.retries,
            "waited": round(self.waited, 3),
        }


class NotSent(ApiError):
    """The connection failed: the service has not seen the request."""

    passing = True


class Untrusted(NotSent):
    """The service's certificate does not verify; asking again will not change that."""

    passing = False


class LostReply(ApiError):
    """The request was sent and no answer came: it may have taken effect or not."""

    passing = True
    ambiguous = True


class ServerError(LostReply):
    """The service answered with a 5xx: it may have acted or not."""

    def __init__(self, message: str, http_status: int | None = None, code: str | None = None) -> None:
        super().__init__(message, http_status, code)
        # 501, 505 and the like do not pass by themselves.
        self.passing = http_status in (500, 502, 503, 504)


class Unreadable(LostReply):
    """An answer came that cannot be read: no JSON, cut, too large, or not of the documented shape."""

    passing = False


class RateLimited(ApiError):
    """The service answered 429; it has not acted.

    retry_after: the seconds that it asked to wait, None where it did not say.
    """

    retry_after: float | None = None


class Refused(ApiError):
    """The service understood the request and said no (a 4xx), or pointed elsewhere (a 3xx, never followed)."""


class Denied(Refused):
    """401 or 403: the key is not valid here, or may not do this."""


class NotFound(Refused):
    """The service itself said that it has no such thing, or not for this key."""


class WrongAddress(Refused):
    """404 that does not say that the object is missing: the path, or the whole address, is not that of the service.

    codes: every error code of the answer. said: what was refused and how, without the next step.
    """

    def __init__(
        self,
        message: str,
        http_status: int | None = None,
        code: str | None = None,
        *,
        codes: tuple[str, ...] = (),
        address: str = "",
    ) -> None:
        where = f" (now {address})" if address else ""
        step = f"the answer does not say that it does not exist: the address may be wrong, check api_url{where}"
        super().__init__(f"{message}; {step}", http_status, code)
        self.said = message
        self.codes = codes
