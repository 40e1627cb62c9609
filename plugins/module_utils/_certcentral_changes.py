# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What CertCentral's status changes come to as events: what to ask for, what is new, what was told already.

CertCentral tells which orders changed within the last so many seconds, and not when (reference/certcentral.md 4.5). So
each look overlaps the one before, and what both show is told once. Nothing is read or written here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ._orders import utc, utc_text
from ._plan import inert

if TYPE_CHECKING:
    from ._certcentral_objects import Order, StatusChange

# How far back CertCentral tells of changes (4.5).
REACH = timedelta(days=7)
# How far a look reaches behind the end of the one before: for changes that show late, and for clocks that differ.
OVERLAP = timedelta(minutes=10)
# What the two ends of a look may be off by, by rounding and by the time that a request takes.
_SLACK = timedelta(minutes=1)
_SCHEMA = 1
_FAR_BACK = (
    "the last look is longer ago than the 7 days that CertCentral tells of: changes between the two times are lost"
)
_CLOCK = "the clock stands before the time of the last look: what changed cannot be told from what was told already"

# One status of an order, with the certificate that it had then.
Status = tuple[str, "int | None"]


class StateError(Exception):
    """The file is not what an event source remembered, or it is that of another one."""


@dataclass(frozen=True)
class Look:
    """What to ask for: so many seconds back from `at`. gap: why changes may be lost, empty where none are."""

    at: datetime
    seconds: int
    gap: str = ""

    @property
    def start(self) -> datetime:
        return self.at - timedelta(seconds=self.seconds)


@dataclass
class _Told:
    """The last statuses of an order that were told, oldest first, and when the last of them was."""

    at: datetime
    statuses: list[Status]


class Memory:
    """What was told, of one service; all times in UTC and whole seconds.

    begin: nothing from before is told. since: up to when all is told.
    """

    def __init__(self, service: str, begin: datetime, since: datetime, told: dict[int, _Told] | None = None) -> None:
        self._service = service
        self._begin = begin
        self._since = since
        self._told = told or {}

    @classmethod
    def new(cls, service: str, now: datetime, lookback: timedelta) -> Memory:
        """One that begins so long ago; of the 7 days a minute goes, or the first look would come too late for them."""
        begin = now - min(lookback, REACH - _SLACK)
        return cls(service, begin, begin)

    @classmethod
    def read(cls, text: str, service: str) -> Memory:
        """What `text` wrote. Raises StateError."""
        try:
            data = json.loads(text)
            if data["schema_version"] != _SCHEMA:
                raise StateError("it was written by another version of the event source")
            if data["service"] != service:
                raise StateError(f"it is about another service than {service}")
            told = {
                int(order_id): _Told(_moment(at), [(str(status), _integer(number)) for status, number in statuses])
                for order_id, (at, statuses) in data["told"].items()
            }
            return cls(service, _moment(data["begin"]), _moment(data["since"]), told)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise StateError("it is not what an event source has written") from None

    def text(self) -> str:
        told = {str(order_id): [utc_text(told.at), told.statuses] for order_id, told in self._told.items()}
        data = {
            "schema_version": _SCHEMA,
            "service": self._service,
            "begin": utc_text(self._begin),
            "since": utc_text(self._since),
            "told": told,
        }
        return json.dumps(data, separators=(",", ":")) + "\n"

    def look(self, now: datetime) -> Look:
        """What to ask for now."""
        longest = int(REACH.total_seconds())
        if now < self._since - OVERLAP:
            return Look(now, longest, _CLOCK)
        if now - self._since > REACH:
            return Look(now, longest, _FAR_BACK)
        start = max(self._since - OVERLAP, self._begin)
        # Whole seconds were cut off of both ends.
        return Look(now, max(1, min(longest, int((now - start).total_seconds()) + 1)))

    def fresh(self, changes: Iterable[StatusChange]) -> list[StatusChange]:
        """Those that were not told yet, in their order."""
        rows = list(changes)
        listed: dict[int, list[StatusChange]] = {}
        for change in rows:
            listed.setdefault(change.order_id, []).append(change)
        known = {order_id: self._known(order_id, mine) for order_id, mine in listed.items()}
        fresh = []
        for change in rows:
            known[change.order_id] -= 1
            if known[change.order_id] < 0:
                fresh.append(change)
        return fresh

    def _known(self, order_id: int, rows: list[StatusChange]) -> int:
        """How many of an order's rows, oldest first, are the last ones that were told of it; old ones drop out."""
        told = self._statuses(order_id)
        listed = [_status(row) for row in rows]
        return next(
            count for count in range(min(len(told), len(listed)), -1, -1) if told[len(told) - count :] == listed[:count]
        )

    def note(self, change: StatusChange, look: Look) -> None:
        """It is told."""
        told = self._told.setdefault(change.order_id, _Told(look.at, []))
        told.at = look.at
        told.statuses.append(_status(change))

    def done(self, look: Look) -> None:
        """All of a look is told; what no other look can show again is forgotten."""
        self._since = look.at
        self._forget(self._since - OVERLAP)

    def pass_over(self, look: Look) -> None:
        """The gap is told, and not to be told again."""
        self._since = look.start
        self._begin = min(self._begin, self._since)
        for told in self._told.values():
            told.at = min(told.at, look.at)
        self._forget(look.start)

    def _forget(self, start: datetime) -> None:
        """What was told so long before a look begins is not what it shows."""
        self._told = {order_id: told for order_id, told in self._told.items() if told.at >= start - _SLACK}

    def gap_event(self, look: Look) -> dict[str, Any]:
        """That changes may be lost, and when they may have been."""
        missed = sorted([self._since, look.start])
        return _event(
            "gap",
            self._id("gap"),
            reason=look.gap,
            missed_after=utc_text(missed[0]),
            missed_before=utc_text(missed[1]),
        )

    def event(self, change: StatusChange, look: Look, order: Order | None, today: date) -> dict[str, Any]:
        """A change, with what the list says of the order where that was read."""
        return _event(
            "status_change",
            self._id(change.order_id, *_status(change), len(self._statuses(change.order_id))),
            order_id=change.order_id,
            status=change.status,
            certificate_id=change.certificate_id,
            changed_after=utc_text(look.start),
            changed_before=utc_text(look.at),
            order=None if order is None else order.shown(today),
        )

    def _statuses(self, order_id: int) -> list[Status]:
        return self._told[order_id].statuses if order_id in self._told else []

    def _id(self, *parts: Any) -> str:
        """The same for an event that is told again after a kill: what it rests on is what was saved."""
        said = json.dumps([self._service, utc_text(self._since), *parts])
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def _event(kind: str, event_id: str, **facts: Any) -> dict[str, Any]:
    return {"certcentral": _inert({"event": kind, "gap": kind == "gap", "event_id": event_id, **facts})}


def _inert(value: Any) -> Any:
    """A rulebook hands events to playbooks as extra variables, whose text Ansible takes for templates."""
    if isinstance(value, dict):
        return {key: _inert(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_inert(item) for item in value]
    return inert(value) if isinstance(value, str) else value


def _status(change: StatusChange) -> Status:
    return change.status, change.certificate_id


def _moment(text: Any) -> datetime:
    moment = utc(text)
    if moment is None:
        raise ValueError(text)
    return moment


def _integer(number: Any) -> int | None:
    return None if number is None else int(number)
