# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servertastic as the machinery sees it: its calls, and the state behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from certsim.clock import Clock
from certsim.exchange import KEY_PREFIX, Answer, Call, SeedError
from certsim.faults import FaultKind
from certsim.servertastic import account_calls, errors, faults, orders, outbox
from certsim.servertastic.accounts import describe_account, read_accounts
from certsim.servertastic.book import Book
from certsim.servertastic.build import build_order, describe_order, patched
from certsim.servertastic.context import DEBUG, Context, Handler
from certsim.servertastic.model import fingerprint
from certsim.servertastic.switches import SWITCHES
from certsim.switches import Switch, Switches

_SECTION = frozenset(("accounts", "defaults", "orders"))
_TOKEN, _KEY = "order_token", "api_key"

#: JSON by a suffix on either segment (docs/development/reference/servertastic.md 1, 3.3); /v2: newer generation.
_PATH = re.compile(r"(?:/v2)?/(\w+)(\.json)?/(\w+)(\.json)?/?")

#: What is journaled as it is. Any other value, name or piece of a path may be a secret, be it a misplaced one.
_PLAIN = frozenset(("date", "days"))
_HARMLESS_VALUE = re.compile(r"[0-9: -]{0,20}")
_HARMLESS_NAME = re.compile(r"[a-z_]{1,30}")
_HARMLESS_PIECE = re.compile(r"v2|[a-z]{0,20}(\.json|\.xml)?")
_MANAGEMENT = "token"


@dataclass(frozen=True, slots=True)
class _Route:
    """One call: which of the two secrets it wants, and its further arguments (True: required)."""

    handler: Handler
    secret: str
    arguments: Mapping[str, bool]
    posted: bool = False


_ROUTES: dict[tuple[str, str], _Route] = {
    ("order", "review"): _Route(orders.review, _TOKEN, {}),
    ("order", "cancel"): _Route(orders.cancel, _TOKEN, {}, posted=True),
    ("order", "modifiedorders"): _Route(orders.modified_orders, _KEY, {"date": True}),
    ("order", "expiring"): _Route(orders.expiring, _KEY, {"days": False}),
    ("order", "showtokens"): _Route(orders.show_tokens, _KEY, {}),
    ("account", "review"): _Route(account_calls.review, _KEY, {}),
    ("account", "pointsaudit"): _Route(account_calls.points_audit, _KEY, {}),
}


class Servertastic:
    """A provider: see ``certsim.exchange.Provider``."""

    name = outbox.NAME
    prefix = ""
    # None is documented (docs/development/reference/servertastic.md 2).
    rate_limited = False
    switches: Sequence[Switch] = SWITCHES
    fault_kinds: Sequence[FaultKind] = faults.KINDS

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._held = Book()

    def read_seed(self, section: Mapping[str, Any]) -> Book:
        """Return the state that a seed's section describes, or raise SeedError."""
        unknown = sorted(set(section) - _SECTION)
        if unknown:
            raise SeedError(f"servertastic: unknown key {', '.join(unknown)}; there are {', '.join(sorted(_SECTION))}")
        now = self._clock.now()
        try:
            names = [account["username"] for account in section.get("accounts") or [] if "username" in account]
            defaults = {"account": (names or ["reseller"])[0], **(section.get("defaults") or {})}
            seeds = enumerate(section.get("orders") or [], start=1)
            found = [build_order({**defaults, **seed}, place, now) for place, seed in seeds]
            accounts = read_accounts(section, found, now)
        except (TypeError, AttributeError, KeyError) as error:
            raise SeedError(f"seed of servertastic: {type(error).__name__}: {error}") from error
        book = Book(defaults=defaults)
        book.open(accounts)
        book.add(found)
        return book

    def begin(self, state: Book) -> None:
        """Replace all state."""
        self._held = state

    def holding(self) -> Book:
        """Return all state."""
        return self._held

    def caller(self, call: Call) -> str | None:
        """Return the name of the account whose API key the call carries."""
        account = self._held.by_key(_values(call).get(_KEY, ""))
        return None if account is None else account.username

    def order_id(self, call: Call) -> str | None:
        """Return the reseller_order_id of the order whose token the call carries."""
        order = self._held.by_token(_values(call).get(_TOKEN, ""))
        return None if order is None else order.reseller_order_id

    def journaled(self, call: Call) -> Call:
        """Return the call with a fingerprint in the place of each value that may be a secret."""
        body = urlencode(_hidden(_form(call)), safe=":").encode()
        return replace(call, path=_hidden_path(call.path), query=_hidden(call.query), body=body)

    def handle(self, call: Call) -> Answer:
        """Answer a call."""
        try:
            return self._route(call)
        except errors.ApiError as error:
            under_200 = self._switches["servertastic.error_http_status"] == "200"
            beside = DEBUG if self._switches["servertastic.debug_key"] else {}
            return error.answer(beside, under_200=under_200, shape=str(self._switches["servertastic.error_shape"]))

    def error(self, status: int) -> Answer:
        """Return the service's error for a status that the machinery imposes."""
        return errors.imposed(status).answer()

    def orders(self) -> list[dict[str, Any]]:
        """Return the true state of every order."""
        return [describe_order(order) for order in self._book()]

    def resources(self) -> dict[str, list[dict[str, Any]]]:
        """Return the true state of every account, and every mail that was sent."""
        book = self._book()
        return {
            "accounts": [describe_account(account) for account in book.accounts.values()],
            "outbox": [outbox.describe_mail(mail, book) for mail in book.mails],
        }

    def follow_link(self, code: str, choice: str | None) -> Answer:
        """Answer the administrative contact who opens the link of a mail, or has chosen there."""
        return outbox.follow(self._book(), self._switches, self._clock.now(), code, choice)

    def order(self, order_id: str) -> dict[str, Any]:
        """Return the true state of the order of a reseller_order_id or a token."""
        return describe_order(self._book().find(order_id))

    def add_order(self, seed: Mapping[str, Any]) -> dict[str, Any]:
        """Add an order behind the clients' backs; its account pays for it."""
        book = self._book()
        order = build_order({**book.defaults, **seed}, book.next_place(), self._clock.now())
        if order.account not in book.accounts:
            raise SeedError(f"account {order.account} is not declared")
        book.add([order])
        book.accounts[order.account].spend(order)
        return describe_order(order)

    def patch_order(self, order_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change an order behind the clients' backs, and nothing else: no points, no mails."""
        book = self._book()
        order = book.find(order_id)
        changed = build_order(patched(order, changes), 1, self._clock.now())
        if (changed.token, changed.reseller_order_id) != (order.token, order.reseller_order_id):
            raise SeedError("an order keeps its token and its reseller_order_id")
        if changed.account not in book.accounts:
            raise SeedError(f"account {changed.account} is not declared")
        book.put(changed)
        return describe_order(changed)

    def _book(self) -> Book:
        """Return the state as time has made it."""
        outbox.settle(self._held, self._switches, self._clock.now())
        return self._held

    def _route(self, call: Call) -> Answer:
        match = _PATH.fullmatch(call.path)
        route = _ROUTES.get((match[1], match[3])) if match is not None and (match[2] or match[4]) else None
        if route is None:
            raise errors.no_call()
        posts = route.posted and self._switches["servertastic.post_cancel"] == "accepted"
        if call.method != "GET" and not (posts and call.method == "POST"):
            raise errors.wrong_verb(int(self._switches["servertastic.wrong_verb_status"]))
        arguments = _arguments(call, route, strict=self._switches["servertastic.unknown_arguments"] == "refused")
        secret = arguments[route.secret]
        if not secret.startswith(KEY_PREFIX):
            raise errors.not_simulated(int(self._switches["servertastic.unknown_token_status"]), route.secret)
        faults.raise_error(call.fault, call, secret)
        return route.handler(Context(call, arguments, self._book(), self._switches, self._clock.now()))


def _arguments(call: Call, route: _Route, *, strict: bool) -> dict[str, str]:
    """Return a call's arguments, or raise ApiError. strict: refuse those that it does not have."""
    found: dict[str, str] = {}
    for name, value in [*call.query, *_form(call)]:
        is_known = name in (route.secret, *route.arguments)
        if strict and (name in found or not is_known):
            raise errors.unknown_argument(_hidden_name(name))
        if is_known:
            found[name] = value
    wanted = [route.secret, *(name for name, required in route.arguments.items() if required)]
    for name in wanted:
        if not found.get(name):
            raise errors.required(name)
    return found


def _form(call: Call) -> list[tuple[str, str]]:
    """Return the arguments in a body that is a form."""
    return parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)


def _values(call: Call) -> dict[str, str]:
    return dict([*call.query, *_form(call)])


def _hidden_name(name: str) -> str:
    return name if _HARMLESS_NAME.fullmatch(name) else fingerprint(name)


def _hidden(arguments: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (
            _hidden_name(name),
            value if name in _PLAIN and _HARMLESS_VALUE.fullmatch(value) else fingerprint(value),
        )
        for name, value in arguments
    ]


def _hidden_path(path: str) -> str:
    pieces = path.split("/")
    # The address of an order's management page ends with its token (docs/development/reference/servertastic.md 4).
    secret = pieces[1:2] == [_MANAGEMENT]
    return "/".join(
        fingerprint(piece) if (secret and place > 1) or not _HARMLESS_PIECE.fullmatch(piece) else piece
        for place, piece in enumerate(pieces)
    )
