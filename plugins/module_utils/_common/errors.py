# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The errors of requests, classified by whether a write may have taken effect."""

from __future__ import annotations

from typing import Any


class LibraryMissing(Exception):
    """A Python library that the task needs is missing, or too old, on the host where the task runs.

    library: its name. trace: the traceback of the import. message: the reason. is_old: whether it is installed, but too
    old.
    """

    def __init__(self, library: str, trace: str, message: str = "") -> None:
        super().__init__(library)
        self.library = library
        self.trace = trace
        self.is_old = bool(message)
        self.message = message or f"the Python library {library} is not installed"


class Stopped(Exception):
    """A request was not sent, because a signal or a rule of the run stopped the run."""


class StaleRead(Exception):
    """A write was not sent, because the read that it is based on became too old."""


class ApiError(Exception):
    """A request that did not succeed.

    message: for the operator, without secrets and control characters.
    http_status, code: of the answer; None if there was none. `code` can also be a code of this collection.
    retries: how often the request was repeated. waited: the waits before that, in seconds.
    """

    # Whether the same request can succeed later; the caller knows whether it is safe to repeat it.
    passing = False
    # Whether a write may have taken effect in spite of this error.
    ambiguous = False

    def __init__(self, message: str, http_status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.http_status = http_status
        self.code = code
        self.retries = 0
        self.waited = 0.0

    def failure(self, order_id: Any = None) -> dict[str, Any]:
        """Return the value of `failure` in the result of a task."""
        return {
            "http_status": self.http_status,
            "code": self.code,
            "message": self.message,
            "order_id": order_id,
            "retries": self.retries,
            "waited": round(self.waited, 3),
        }

    def result(self) -> dict[str, Any]:
        """Return the result of a task that failed with this error."""
        return {"failed": True, "changed": False, "msg": self.message, "failure": self.failure()}


class NotSent(ApiError):
    """The connection failed: the service did not receive the request."""

    passing = True


class Untrusted(NotSent):
    """The certificate of the service cannot be verified; a retry would not help."""

    passing = False


class LostReply(ApiError):
    """The request was sent and no answer came: a write may have taken effect."""

    passing = True
    ambiguous = True


class ServerError(LostReply):
    """The service answered with a 5xx: a write may have taken effect."""

    def __init__(self, message: str, http_status: int | None = None, code: str | None = None) -> None:
        super().__init__(message, http_status, code)
        # Other statuses, such as 501 and 505, are permanent.
        self.passing = http_status in (500, 502, 503, 504)


class Unreadable(LostReply):
    """The answer cannot be read: it is not valid JSON, incomplete, too large, or not as documented."""

    passing = False


class RateLimited(ApiError):
    """The service answered with 429: it did not act.

    retry_after: the wait that the service asks for, in seconds; None if it does not.
    """

    retry_after: float | None = None


class Refused(ApiError):
    """The service refused the request (a 4xx), or redirected it (a 3xx, which is never followed): it did not act."""


class Denied(Refused):
    """401 or 403: the key is not valid for this service, or lacks a permission."""


class NotFound(Refused):
    """The service reported that the object does not exist, or not for this key."""


class WrongAddress(Refused):
    """A 404 without the error code for a missing object: the path or the whole address is probably wrong.

    codes: every error code of the answer. refusal: the message without the next step. address: the base URL in use.
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
        where = f" (in use: {address})" if address else ""
        step = f"this does not show that the object is missing. The address is probably wrong: check api_url{where}"
        super().__init__(f"{message}; {step}", http_status, code)
        self.refusal = message
        self.codes = codes


def unexpected(error: Exception) -> str:
    """Return the reason why a run stops after a defect. Without the text of the error, which can have any content."""
    return f"an unexpected error, {type(error).__name__}: check the order, and report the defect to the maintainers"
