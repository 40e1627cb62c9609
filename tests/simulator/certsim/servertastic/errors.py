# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servertastic's errors: docs/development/reference/servertastic.md 3.2 (their form) and 3.3 (the framework's habits).

No list of codes is published: every wording here is INVENTED, and no client may branch on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from certsim.exchange import Answer, encode

#: The documented form of an error, and the second error of an answer that has several.
OBJECT = "object"
SECOND = "a second error of the same call."
HEADERS = {"content-type": "application/json; charset=utf-8", "cache-control": "no-cache, must-revalidate"}


class ApiError(Exception):
    """A call is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        # The framework puts the standard reason of the status first (docs/development/reference/servertastic.md 3.3).
        super().__init__(f"{HTTPStatus(status).phrase}: {message}" if message else HTTPStatus(status).phrase)
        self.status = status

    def answer(
        self, beside: Mapping[str, object] | None = None, *, under_200: bool = False, shape: str = OBJECT
    ) -> Answer:
        """Return the error in its envelope with what stands beside it, and under HTTP 200 where asked."""
        error = {"code": int(self.status), "message": str(self)}
        second = {"code": int(self.status), "message": SECOND}
        envelopes: dict[str, dict[str, object]] = {
            OBJECT: {"error": error},
            "list": {"error": [error]},
            "several": {"errors": [error, second]},
            "plain": {"error": str(int(self.status)), "message": str(self)},
        }
        body = {**envelopes[shape], **(beside or {})}
        return Answer(HTTPStatus.OK if under_200 else self.status, encode(body), dict(HEADERS))


def not_simulated(status: int, name: str) -> ApiError:
    """The simulator's own: what may be a real secret is not evaluated."""
    return ApiError(status, f"the simulator takes only an {name} that begins with sim-; this one was not looked at.")


def unknown_credential(status: int, name: str) -> ApiError:
    """An order token or an API key is not known."""
    return ApiError(status, f"{name} is not valid.")


def required(name: str) -> ApiError:
    """An argument is missing (docs/development/reference/servertastic.md 3.3)."""
    return ApiError(HTTPStatus.BAD_REQUEST, f"{name} is required.")


def invalid(name: str) -> ApiError:
    """An argument is not of its form."""
    return ApiError(HTTPStatus.BAD_REQUEST, f"{name} is not valid.")


def unknown_argument(name: str) -> ApiError:
    """An argument is not one of the call's, or is given twice."""
    return ApiError(HTTPStatus.BAD_REQUEST, f"{name} is not an argument of this call.")


def no_call() -> ApiError:
    """There is no such call, or it was not asked for as JSON (docs/development/reference/servertastic.md 1, 3.3)."""
    return ApiError(HTTPStatus.NOT_FOUND, "")


def wrong_verb(status: int) -> ApiError:
    """A call was made with a verb that it does not have."""
    return ApiError(status, "")


def refused(status: int, message: str) -> ApiError:
    """A cancellation is refused."""
    return ApiError(status, message)


def imposed(status: int) -> ApiError:
    """A fault of the simulator imposes this status."""
    return ApiError(status, "a fault of the simulator answered.")
