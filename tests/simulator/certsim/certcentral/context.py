# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the handler of a call works with, and how it reads and answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
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

#: A filter of a list, ``filters[status]``, with a number (or, as PHP takes it, nothing) in a second pair of brackets.
FILTER = re.compile(r"filters\[(\w+)\](?:\[\d*\])?")

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

    @property
    def is_strict(self) -> bool:
        """Whether unknown parameters and body keys are refused (docs/development/reference/certcentral.md 10)."""
        return bool(self.switch("unknown_parameters") == "refused")

    def parameters(self, *allowed: str) -> dict[str, str]:
        """Return the parameters of the query that are known.

        An unknown, repeated or empty one is ignored, or raises ApiError where the simulator is strict.
        """
        return self.query(*allowed)[0]

    def query(self, *allowed: str, filters: Collection[str] = ()) -> tuple[dict[str, str], dict[str, list[str]]]:
        """Return the parameters of the query that are known, and the values of its filters; see ``parameters``."""
        found: dict[str, str] = {}
        wanted: dict[str, list[str]] = {}
        for name, value in self.call.query:
            match = FILTER.fullmatch(name)
            if match is not None and match[1] in filters and (value or self.is_strict):
                wanted.setdefault(match[1], []).append(value)
            elif self.is_strict and (name not in allowed or name in found):
                raise errors.invalid_value(name)
            elif name in allowed and (value or self.is_strict):
                found[name] = value
        return found, wanted

    def body(self, *allowed: str) -> dict[str, Any]:
        """Return the body; what is no JSON object raises ApiError, and so do unknown keys where it is strict."""
        document = json_object(self.call.body)
        unknown = [name for name in document if name not in allowed]
        if unknown and self.is_strict:
            raise errors.invalid_value(unknown[0])
        return {name: value for name, value in document.items() if name in allowed}

    def no_body(self) -> None:
        """Ignore a body, or refuse one with content where the simulator is strict."""
        if self.is_strict and self.call.body.strip():
            self.body()

    def total(self, count: int) -> int:
        """Return how many things a list announces where it has so many."""
        style = self.switch("page_total")
        return count + 5 if style == "too_large" else min(count, 1) if style == "too_small" else count

    def listed(self, name: str, rows: list[Any], page: Mapping[str, int] | None = None) -> Any:
        """Return a list under its name; one without results has the shape of the switch certcentral.empty_list."""
        style = self.switch("empty_list")
        if not rows and style == "bare_array":
            return []
        shown: dict[str, Any] = {name: rows} if rows or style == "empty_array" else {}
        return shown if page is None else {**shown, "page": {**page, "total": self.total(page["total"])}}


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
    # Clients of the real service send True as well (docs/development/reference/certcentral.md 10).
    value = _BOOLS.get(parameters.get(name, "false").lower())
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
    """Return whether text is a whole number; 18 digits are room for any id."""
    return given.isascii() and given.isdecimal() and len(given) <= 18


def answer(body: Any, status: int = HTTPStatus.OK, *, effect: bool = False) -> Answer:
    """Return an answer with a body."""
    return Answer(status, encode(body), dict(errors.HEADERS), effect)


def done(*, effect: bool) -> Answer:
    """Return an answer without one."""
    return Answer(HTTPStatus.NO_CONTENT, effect=effect)
