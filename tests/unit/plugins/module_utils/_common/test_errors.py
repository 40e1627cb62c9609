# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each kind of trouble means for a write: the table that the transport and the runner rest on."""

from __future__ import annotations

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common import errors as _errors
from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError

# kind: whether asking again can help, whether a write may have been made
MEANING = {
    "ApiError": (False, False),
    "NotSent": (True, False),
    "Untrusted": (False, False),
    "LostReply": (True, True),
    "Unreadable": (False, True),
    "RateLimited": (False, False),
    "Refused": (False, False),
    "Denied": (False, False),
    "NotFound": (False, False),
    "WrongAddress": (False, False),
}


@pytest.mark.parametrize(("name", "meaning"), MEANING.items())
def test_what_it_means(name: str, meaning: tuple[bool, bool]) -> None:
    error = getattr(_errors, name)("text")
    assert (error.passing, error.ambiguous) == meaning


@pytest.mark.parametrize(
    ("status", "passing"),
    [(500, True), (501, False), (502, True), (503, True), (504, True), (505, False), (599, False)],
)
def test_which_server_errors_pass(status: int, passing: bool) -> None:
    error = _errors.ServerError("text", status, "code")
    assert error.passing is passing
    assert error.ambiguous


def test_every_kind_is_in_the_table() -> None:
    kinds = [kind for kind in vars(_errors).values() if isinstance(kind, type) and issubclass(kind, ApiError)]
    assert {kind.__name__ for kind in kinds} == {*MEANING, "ServerError"}


def test_what_a_task_returns() -> None:
    error = ApiError("a message", 400, "a|code")
    error.retries, error.waited = 2, 1.23456
    assert str(error) == "a message"
    assert error.failure(7) == {
        "http_status": 400,
        "code": "a|code",
        "message": "a message",
        "order_id": 7,
        "retries": 2,
        "waited": 1.235,
    }
    assert ApiError("x").failure()["order_id"] is None


def test_denied_and_not_found_are_refusals() -> None:
    assert issubclass(_errors.Denied, _errors.Refused)
    assert issubclass(_errors.NotFound, _errors.Refused)
    assert issubclass(_errors.WrongAddress, _errors.Refused)
    assert not issubclass(_errors.WrongAddress, _errors.NotFound)


def test_a_stop_and_a_stale_read_are_no_api_errors() -> None:
    """They end a write that was never sent: code that handles ApiError must not report them as the service's."""
    assert not issubclass(_errors.Stopped, ApiError)
    assert not issubclass(_errors.StaleRead, ApiError)


def test_a_missing_library_keeps_its_name_and_trace() -> None:
    error = _errors.LibraryMissing("requests", "Traceback")
    assert (error.library, error.trace, str(error)) == ("requests", "Traceback", "requests")
    assert not error.is_old
    assert "requests" in error.message
