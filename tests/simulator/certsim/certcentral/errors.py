# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CertCentral's errors. Recorded and documented ones: docs/development/reference/certcentral.md 1.2 and 1.3.

What no source gives is invented here, marked INVENTED, and no client may branch on it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from certsim.exchange import Answer, encode

#: Headers recorded on every answer (docs/development/reference/certcentral.md 1.2).
HEADERS = {
    "content-type": "application/json",
    "cache-control": "private,no-cache",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
}


class ApiError(Exception):
    """A call is answered with an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def answer(self, shape: str = "list") -> Answer:
        """Return the error in its envelope, or in another shape (docs/development/reference/certcentral.md 1.2, 10)."""
        error = {"code": self.code, "message": self.message}
        if shape == "text":
            return Answer(
                self.status, f"{self.code}: {self.message}".encode(), {**HEADERS, "content-type": "text/plain"}
            )
        bodies: dict[str, Any] = {
            "list": {"errors": [error]},
            "object": {"errors": error},
            "several": {"errors": [error, {"code": "see_also", "message": "A second error."}]},
            "plain": {"error": self.code, "message": self.message},
        }
        return Answer(self.status, encode(bodies[shape]), dict(HEADERS))


class NoAddress(ApiError):
    """404 of something that is not the service: a gateway, or another service at a wrong address."""

    def __init__(self, content: str, content_type: str) -> None:
        super().__init__(HTTPStatus.NOT_FOUND, "", "")
        self.content = content
        self.content_type = content_type

    def answer(self, shape: str = "list") -> Answer:  # noqa: ARG002  its own shape
        """Return the answer of whatever it is."""
        return Answer(self.status, self.content.encode(), {"content-type": self.content_type})


def invalid_key() -> ApiError:
    """REC, docs/development/reference/certcentral.md 1.2."""
    code = "access_denied|access_denied_invalid_key"
    return ApiError(HTTPStatus.FORBIDDEN, code, "Access denied due to access_denied_invalid_key.")


def not_a_simulated_key() -> ApiError:
    """INVENTED: the code is the recorded one, the message is the simulator's own."""
    message = "The simulator takes only keys that begin with sim-; this one was not looked at."
    return ApiError(HTTPStatus.FORBIDDEN, "access_denied|access_denied_invalid_key", message)


def missing_permission() -> ApiError:
    """DOC, docs/development/reference/certcentral.md 1.3; the message is INVENTED after that of a bad key."""
    code = "access_denied|missing_permission"
    return ApiError(HTTPStatus.FORBIDDEN, code, "Access denied due to missing_permission.")


def invalid_approver() -> ApiError:
    """CLI, docs/development/reference/certcentral.md 1.3, where its status is UNCERTAIN; the message is INVENTED."""
    code = "access_denied|invalid_approver"
    return ApiError(HTTPStatus.FORBIDDEN, code, "Access denied due to invalid_approver.")


def no_order() -> ApiError:
    """DOC, docs/development/reference/certcentral.md 1.3; the message is INVENTED."""
    return ApiError(HTTPStatus.NOT_FOUND, "not_found|order", "The specified order was not found.")


def no_certificate() -> ApiError:
    """INVENTED after the one of orders."""
    return ApiError(HTTPStatus.NOT_FOUND, "not_found|certificate", "The specified certificate was not found.")


def no_request() -> ApiError:
    """INVENTED after the one of orders."""
    return ApiError(HTTPStatus.NOT_FOUND, "not_found|request", "The specified request was not found.")


def no_note() -> ApiError:
    """INVENTED after the one of orders."""
    return ApiError(HTTPStatus.NOT_FOUND, "not_found|note", "The specified note was not found.")


def no_domain() -> ApiError:
    """INVENTED after the one of orders."""
    return ApiError(HTTPStatus.NOT_FOUND, "not_found|domain", "The specified domain was not found.")


def nothing_of(kind: str) -> ApiError:
    """INVENTED after the one of orders."""
    return ApiError(HTTPStatus.NOT_FOUND, f"not_found|{kind}", f"The specified {kind} was not found.")


def no_route() -> ApiError:
    """DOC, docs/development/reference/certcentral.md 1.3."""
    return ApiError(HTTPStatus.NOT_FOUND, "not_found|route", "The specified route was not found.")


def not_found() -> ApiError:
    """DOC, docs/development/reference/certcentral.md 1.3: generic, or a malformed URL; the message is INVENTED."""
    return ApiError(HTTPStatus.NOT_FOUND, "not_found", "Not found.")


#: The answers of an address that is not the service's, by the name of a fault's ``answer``.
WRONG_ADDRESS: dict[str, ApiError] = {
    "route": no_route(),
    "not_found": not_found(),
    "html": NoAddress("<html><head><title>404 Not Found</title></head><body>nothing here</body></html>", "text/html"),
    "json": NoAddress('{"message":"no Route matched with those values"}', "application/json"),
    "text": NoAddress("default backend - 404", "text/plain"),
    "empty": NoAddress("", "text/plain"),
}


def wrong_method() -> ApiError:
    """INVENTED."""
    message = "The method is not allowed for this route."
    return ApiError(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", message)


def bad_format() -> ApiError:
    """DOC, docs/development/reference/certcentral.md 1.3; the message is INVENTED."""
    return ApiError(HTTPStatus.BAD_REQUEST, "bad_request_format", "The request body could not be read.")


def invalid_value(name: str) -> ApiError:
    """DOC, docs/development/reference/certcentral.md 1.3."""
    return ApiError(HTTPStatus.BAD_REQUEST, f"invalid_value:{name}", f"{name} contains an invalid value.")


def note_required() -> ApiError:
    """INVENTED after the older v1 API, docs/development/reference/certcentral.md 1.3."""
    return ApiError(HTTPStatus.BAD_REQUEST, "required_param:note", "Note is required")


def text_required() -> ApiError:
    """INVENTED after the older v1 API's error of a missing note, docs/development/reference/certcentral.md 1.3."""
    return ApiError(HTTPStatus.BAD_REQUEST, "required_param:text", "Text is required")


def time_frame_required() -> ApiError:
    """INVENTED after the older v1 API's error of a missing note, docs/development/reference/certcentral.md 1.3."""
    return ApiError(HTTPStatus.BAD_REQUEST, "required_param:minutes", "A time frame is required")


def time_frame_too_long() -> ApiError:
    """DOC, docs/development/reference/certcentral.md 1.3; the message is INVENTED."""
    return ApiError(HTTPStatus.BAD_REQUEST, "time_frame_too_long", "The time frame is longer than 7 days.")


def refused(status: int, code: str, message: str) -> ApiError:
    """INVENTED: no source documents how a transition is refused (docs/development/reference/certcentral.md 1.3)."""
    return ApiError(status, code, message)


def too_many_requests() -> ApiError:
    """DOC, docs/development/reference/certcentral.md 1.3."""
    message = "Service unavailable, please limit request volume"
    return ApiError(HTTPStatus.TOO_MANY_REQUESTS, "request_limit_exceeded", message)


def imposed(status: int) -> ApiError:
    """Return the error for a status that a fault imposes; but for 429 and 403, it is INVENTED."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return too_many_requests()
    if status == HTTPStatus.FORBIDDEN:
        return missing_permission()
    return ApiError(status, "simulated_fault", f"A fault of the simulator answered {status}.")
