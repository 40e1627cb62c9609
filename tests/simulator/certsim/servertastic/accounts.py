# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts with their API key and points, and the audit of those points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certsim.exchange import KEY_PREFIX, SeedError
from certsim.fields import instant, whole_number
from certsim.servertastic.model import CANCELLED, Order

DEFAULT_ACCOUNT = {"username": "reseller", "api_key": "sim-reseller"}

_POINTS = 1000
_FIELDS = frozenset(("username", "api_key", "points", "audit"))
_RECORD_FIELDS = frozenset(
    ("at", "days_ago", "adjustment", "description", "order_date", "order_reference", "order_token", "notes")
)

# INVENTED.
_SPENT = "Order token generated"
_CREDITED = "Order cancelled"


@dataclass(slots=True)
class Record:
    """One change of an account's points."""

    at: datetime
    adjustment: int
    description: str
    order_date: datetime | None = None
    order_reference: str = ""
    order_token: str = ""
    notes: str = ""


@dataclass(slots=True)
class Account:
    """A reseller's account; ``opening`` is what it had before the first record of its audit."""

    username: str
    api_key: str
    opening: int
    audit: list[Record] = field(default_factory=list)

    @property
    def points(self) -> int:
        """The points that there truly are."""
        return self.opening + sum(record.adjustment for record in self.audit)

    def spend(self, order: Order) -> None:
        """Take an order's points: when its token is generated (docs/development/reference/servertastic.md 3.1)."""
        self._note(order, order.ordered_at, -order.points, _SPENT)

    def credit(self, order: Order, at: datetime) -> None:
        """Give an order's points back."""
        self._note(order, at, order.points, _CREDITED)

    def _note(self, order: Order, at: datetime, adjustment: int, description: str) -> None:
        record = Record(at, adjustment, description, order.ordered_at, order.reseller_order_id, order.token)
        self.audit.append(record)
        self.audit.sort(key=lambda each: each.at)


def read_accounts(section: Mapping[str, Any], orders: Iterable[Order], now: datetime) -> dict[str, Account]:
    """Return the accounts of a seed by username; what their audit does not contain follows from their orders.

    Raises:
        SeedError: an account or a field of it is not usable.
    """
    found = list(orders)
    accounts: dict[str, Account] = {}
    for spec in section.get("accounts") or [DEFAULT_ACCOUNT]:
        account = _read_account(spec, found, now)
        if account.username in accounts:
            raise SeedError(f"account {account.username} is there twice")
        accounts[account.username] = account
    homeless = sorted({order.account for order in found} - set(accounts))
    if homeless:
        raise SeedError(f"orders of accounts that the seed does not declare: {', '.join(homeless)}")
    return accounts


def describe_account(account: Account) -> dict[str, Any]:
    """Return an account in the form of a seed."""
    return {
        "username": account.username,
        "api_key": account.api_key,
        "points": account.points,
        "audit": [_describe_record(record) for record in account.audit],
    }


def _read_account(spec: Mapping[str, Any], orders: list[Order], now: datetime) -> Account:
    username = str(spec.get("username", DEFAULT_ACCOUNT["username"]))
    unknown = sorted(set(spec) - _FIELDS)
    if unknown:
        raise SeedError(f"account {username}: unknown field {', '.join(unknown)}")
    api_key = str(spec.get("api_key", f"{KEY_PREFIX}{username}"))
    if not api_key.startswith(KEY_PREFIX):
        raise SeedError(f"account {username}: its key does not begin with {KEY_PREFIX}: real keys do not belong here")
    account = Account(username, api_key, 0)
    try:
        if spec.get("audit") is None:
            _follow(account, [order for order in orders if order.account == username])
        else:
            account.audit = [_read_record(record, now) for record in spec["audit"]]
        account.opening = whole_number(spec.get("points", _POINTS)) - account.points
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise SeedError(f"account {username}: {type(error).__name__}: {error}") from error
    return account


def _follow(account: Account, orders: list[Order]) -> None:
    """Write the audit that orders leave behind: each was paid, and credited where it was cancelled."""
    for order in orders:
        account.spend(order)
        if order.status == CANCELLED and order.cancelled_at is not None:
            account.credit(order, order.cancelled_at)


def _read_record(given: Mapping[str, Any], now: datetime) -> Record:
    unknown = sorted(set(given) - _RECORD_FIELDS)
    if unknown:
        raise ValueError(f"unknown field {', '.join(unknown)} of a record")
    at = instant({"record_at": given.get("at"), "record_days_ago": given.get("days_ago")}, "record", now)
    token = str(given.get("order_token", ""))
    if token and not token.startswith(KEY_PREFIX):
        raise ValueError(f"an order token does not begin with {KEY_PREFIX}: real tokens do not belong here")
    return Record(
        at=now if at is None else at,
        adjustment=whole_number(given["adjustment"]),
        description=str(given.get("description", "")),
        order_date=instant({"order_at": given.get("order_date")}, "order", now),
        order_reference=str(given.get("order_reference", "")),
        order_token=token,
        notes=str(given.get("notes", "")),
    )


def _describe_record(record: Record) -> dict[str, Any]:
    return {
        "at": record.at.isoformat(),
        "adjustment": record.adjustment,
        "description": record.description,
        "order_date": None if record.order_date is None else record.order_date.isoformat(),
        "order_reference": record.order_reference,
        "order_token": record.order_token,
        "notes": record.notes,
    }
