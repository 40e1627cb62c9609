# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the handler of a call works with, and how it reads and answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from certsim.certcentral import errors
from certsim.certcentral.view import View
from certsim.exchange import Answer, Call, encode
from certsim.switches import Switches

if TYPE_CHECKING:
    from certsim.certcentral.accounts import Account, ApiKey
    from certsim.certcentral.model import Order

_BOOLS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Context:
    """One call of one key, on its account, at one moment."""

    call: Call
    key: ApiKey
    account: Account
    switches: Switches
    now: datetime

    def switch(self, name: str) -> Any:
        """Return the value of one of CertCentral's switches."""
        return self.switches[f"certcentral.{name}"]

    def view(self) -> View:
        """Return how orders show now."""
        return View(self.switches, self.now)

    def stamp(self) -> str:
        """Return the time of now as the API writes it."""
        return self.now.isoformat(timespec="seconds")

    def refusal(self, code: str, message: str) -> errors.ApiError:
        """Return the error of a refused transition."""
        return errors.refused(HTTPStatus(int(self.switch("refusal_status"))), code, message)

    def order(self, reference: str) -> Order:
        """Return the order of an id, or raise ApiError: it does not exist for this key."""
        order = self.account.book.get(int(reference)) if is_id(reference) else None
        if order is None or not self.key.sees(order):
            raise errors.no_order()
        return order

    def parameters(self, *allowed: str) -> dict[str, str]:
        """Return the query; an unknown or a repeated parameter raises ApiError."""
        found: dict[str, str] = {}
        for name, value in self.call.query:
            if name not in allowed or name in found:
                raise errors.invalid_value(name)
            found[name] = value
        return found

    def body(self, *allowed: str) -> dict[str, Any]:
        """Return the body; what is no JSON object, or has a key that is unknown, raises ApiError."""
        document = json_object(self.call.body)
        for name in document:
            if name not in allowed:
                raise errors.invalid_value(name)
        return document

    def no_body(self) -> None:
        """Refuse a body that says anything."""
        if self.call.body.strip():
            self.body()

    def total(self, count: int) -> int:
        """Return how many things a list announces where it has so many."""
        style = self.switch("page_total")
        return count + 5 if style == "too_large" else min(count, 1) if style == "too_small" else count

    def empty(self, name: str, rows: list[Any]) -> dict[str, Any]:
        """Return a list under its name; one without results shows as certcentral.empty_list says."""
        return {name: rows} if rows or self.switch("empty_list") == "empty_array" else {}


Handler = Callable[..., Answer]


def json_object(body: bytes) -> dict[str, Any]:
    """Return a body that is a JSON object, or raise ApiError."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise errors.bad_format() from error
    if not isinstance(document, dict):
        raise errors.bad_format()
    return document


def text(document: Mapping[str, Any], name: str) -> str | None:
    """Return a value that is text or not there, or raise ApiError."""
    value = document.get(name)
    if name in document and not isinstance(value, str):
        raise errors.invalid_value(name)
    return value


def boolean(document: Mapping[str, Any], name: str) -> bool:
    """Return a value that is true, false or not there, or raise ApiError."""
    value = document.get(name, False)
    if not isinstance(value, bool):
        raise errors.invalid_value(name)
    return value


def parameter(parameters: Mapping[str, str], name: str) -> bool:
    """Return a boolean parameter of the query, or raise ApiError."""
    value = _BOOLS.get(parameters.get(name, "false"))
    if value is None:
        raise errors.invalid_value(name)
    return value


def number(name: str, value: str, least: int = 0, most: int | None = None) -> int:
    """Return a whole number of the query within bounds, or raise ApiError."""
    # int() alone would take "+1", " 1" and digits of other scripts.
    if not is_id(value) or int(value) < least or (most is not None and int(value) > most):
        raise errors.invalid_value(name)
    return int(value)


def is_id(given: str) -> bool:
    """Tell whether text is a whole number; 18 digits are room for any id."""
    return given.isascii() and given.isdecimal() and len(given) <= 18


def answer(body: Any, status: int = HTTPStatus.OK, *, effect: bool = False) -> Answer:
    """Return an answer with a body."""
    return Answer(status, encode(body), dict(errors.HEADERS), effect)


def done(*, effect: bool) -> Answer:
    """Return an answer without one."""
    return Answer(HTTPStatus.NO_CONTENT, effect=effect)
