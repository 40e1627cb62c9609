# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the handler of a call works with, and how it reads and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from certsim.exchange import Answer, Call, encode
from certsim.servertastic import errors
from certsim.servertastic.view import View
from certsim.switches import Switches

if TYPE_CHECKING:
    from certsim.servertastic.accounts import Account
    from certsim.servertastic.book import Book
    from certsim.servertastic.model import Order

#: What the framework adds to an answer outside production mode (docs/development/reference/servertastic.md 3.3).
DEBUG = {"debug": {"source": "Routes.php:112 at call stage", "stages": {"success": ["get", "route", "negotiate"]}}}


@dataclass(frozen=True, slots=True)
class Context:
    """One call with its arguments, at one moment."""

    call: Call
    arguments: Mapping[str, str]
    book: Book
    switches: Switches
    now: datetime

    def switch(self, name: str) -> Any:
        """Return the value of one of Servertastic's switches."""
        return self.switches[f"servertastic.{name}"]

    def view(self) -> View:
        """Return how things show now."""
        return View(self.switches, self.now)

    def order(self) -> Order:
        """Return the order of the call's token, or raise ApiError."""
        order = self.book.by_token(self.arguments["order_token"])
        if order is None:
            raise errors.unknown_credential(int(self.switch("unknown_token_status")), "order_token")
        return order

    def account(self) -> Account:
        """Return the account of the call's API key, or raise ApiError."""
        account = self.book.by_key(self.arguments["api_key"])
        if account is None:
            raise errors.unknown_credential(int(self.switch("unknown_token_status")), "api_key")
        return account

    def known_orders(self) -> list[Order]:
        """Return the orders of the account of the call's API key as they are known, or raise ApiError."""
        view = self.view()
        return [view.known(order) for order in self.book.of(self.account())]

    def refusal(self, message: str) -> errors.ApiError:
        """Return the error of a refused cancellation."""
        return errors.refused(int(self.switch("refusal_status")), message)

    def answer(self, success: str, body: Mapping[str, Any] | None = None, *, effect: bool = False) -> Answer:
        """Return an answer whose first key is ``success`` (docs/development/reference/servertastic.md 3.1)."""
        debug = DEBUG if self.switch("debug_key") else {}
        content = encode({"success": success, **(body or {}), **debug})
        return Answer(HTTPStatus.OK, content, dict(errors.HEADERS), effect)


Handler = Callable[[Context], Answer]
