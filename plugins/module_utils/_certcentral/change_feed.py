# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Turns the status changes of CertCentral into events: the period of a poll, new changes, and reported changes.

CertCentral returns the orders that changed within a number of seconds, without the times of the changes
(docs/development/reference/certcentral.md 4.5). So each poll overlaps the poll before it, and a change that both
return is reported once. No I/O. The design has these properties:

- No change is lost as long as an answer is complete and reaches back to `since`, the start of the last poll, that is
  Poll.begin <= since. A poll requests OVERLAP more than that, for changes that appear late and for clocks that differ.
  If an answer does not reach back to `since`, there is a gap, which is reported as an event.
- No change is reported twice as long as the memory holds everything that a poll can return: the reports of the last 7
  days and OVERLAP.
- No change from before the first start is reported: what the 7 days before the start show counts as reported.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from .._common.text import inert_within
from .._common.values import utc, utc_text

if TYPE_CHECKING:
    from .models import Order, StatusChange

# The longest period of one answer of CertCentral (4.5).
REACH = timedelta(days=7)
# How far a poll reaches back behind the start of the poll before it.
OVERLAP = timedelta(minutes=10)
# Times and periods are whole seconds, which shortens both ends of a poll.
_ROUNDING = timedelta(seconds=1)
# The period is longer by this, for the time that the answer takes, so that a second request is rarely necessary. A
# lookback of 7 days is shorter by this, because the first poll cannot reach further back than 7 days.
_ANSWER_TIME = timedelta(minutes=1)
# The version of the state file.
_SCHEMA = 2
# The reasons of a gap. Older changes could be read by date in slices of 7 days (4.5), which the event source does not
# do.
_PERIOD_TOO_SHORT = "CertCentral returns the changes of at most 7 days, which do not reach back to the last poll"
_INCOMPLETE = "CertCentral announces more changes than it returned"
_CLOCK_SET_BACK = "the clock was set back to a time before the last poll, so the time since that poll is unknown"
# A status of an order, and the id of its certificate at that time.
Status = tuple[str, "int | None"]


class StateError(Exception):
    """The state file is invalid, or belongs to another service or version."""


@dataclass(frozen=True)
class Poll:
    """A request for the changes of the last `seconds`.

    asked, answered: the times of request and answer by the local clock, in UTC.
    is_whole: whether the answer is complete.
    """

    asked: datetime
    seconds: int
    answered: datetime
    is_whole: bool = True

    @property
    def begin(self) -> datetime:
        """The answer has every change from this time on: the service counts back at the latest from `answered`."""
        return self.answered - timedelta(seconds=self.seconds)

    @property
    def earliest(self) -> datetime:
        """The answer has no change from before this time: the service counts back at the earliest from `asked`."""
        return self.asked - timedelta(seconds=self.seconds)

    def answered_at(self, now: datetime, is_whole: bool = True) -> Poll:
        """The same poll with the time of its answer. now: in UTC."""
        return replace(self, answered=max(self.asked, now), is_whole=is_whole)


@dataclass(frozen=True)
class _Reported:
    """A status that was reported. at: when its poll was answered, in seconds since 1970."""

    status: Status
    at: int


class Memory:
    """What was reported about one service. All times are in UTC and in whole seconds.

    service: its base URL, to detect a state file of another service.
    since: every change up to this time was reported, or a gap was reported for it.
    reported: the reported statuses of each order, oldest first; None before the first poll.
    is_new: whether the first poll is still pending, which also needs the changes of the last 7 days, for `begin`.
    """

    def __init__(self, service: str, since: datetime, reported: dict[int, list[_Reported]] | None) -> None:
        self._service = service
        self._since = since
        self._reported = reported or {}
        self.is_new = reported is None

    @classmethod
    def new(cls, service: str, now: datetime, lookback: timedelta) -> Memory:
        """A memory for a first start, which reports the changes of the time `lookback` before `now`."""
        return cls(service, now - min(lookback, REACH - _ANSWER_TIME), None)

    @classmethod
    def read(cls, text: str, service: str) -> Memory:
        """Parse a state file, as `text` writes it. Raises StateError."""
        try:
            data = json.loads(text)
            if data["schema_version"] != _SCHEMA:
                raise StateError("another version of the event source wrote the file")
            if data["service"] != service:
                raise StateError(f"the file is for another service than {service}")
            return cls(service, _moment(data["since"]), _reported(data["told"]))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise StateError("the file has no valid state of the event source") from None

    def text(self) -> str:
        """The text of the state file, from which a restart continues: about 50 characters for each change of 7 days."""
        reported = {
            order_id: [[*one.status, one.at] for one in records] for order_id, records in self._reported.items()
        }
        data = {
            "schema_version": _SCHEMA,
            "service": self._service,
            "since": utc_text(self._since),
            "told": None if self.is_new else reported,
        }
        return json.dumps(data, separators=(",", ":")) + "\n"

    def set_back(self, step: timedelta) -> None:
        """Correct `since` after the clock was set back by `step` since the last poll.

        Without this call, a clock that was set back by more than OVERLAP is reported as a gap.
        """
        self._since -= step

    # -- the period of a poll ----------------------------------------------------------------------------------------

    def poll(self, now: datetime, late: timedelta = timedelta()) -> Poll:
        """The next poll. late: how long the answer before it took, if `reaches` returned False for it."""
        # The first poll must not reach back behind the start: nothing else shows which changes are older.
        margin = timedelta() if self.is_new else _ANSWER_TIME
        length = now - self._reach_back_to() + max(margin, late) + _ROUNDING
        # If the clock was set back, the time since the last poll is not known: request the longest period.
        if self._is_future(now) and not self.is_new:
            length = REACH
        return Poll(now, int(max(1, min(length, REACH).total_seconds())), now)

    def reaches(self, poll: Poll) -> bool:
        """Whether the period of a poll was long enough despite the time of the answer, or cannot be longer."""
        return poll.begin <= self._reach_back_to() or poll.seconds == REACH.total_seconds()

    def gap(self, poll: Poll) -> str:
        """Why changes may be lost, empty if none are."""
        if self._is_future(poll.asked):
            return _CLOCK_SET_BACK
        if not poll.is_whole:
            return _INCOMPLETE
        return _PERIOD_TOO_SHORT if poll.begin > self._since else ""

    def _reach_back_to(self) -> datetime:
        """The time that the next poll should reach back to."""
        return self._since if self.is_new else self._since - OVERLAP

    def _is_future(self, now: datetime) -> bool:
        return now < self._since - OVERLAP

    # -- new changes -------------------------------------------------------------------------------------------------

    def begin(self, week: Iterable[StatusChange], changes: Iterable[StatusChange], poll: Poll) -> None:
        """Record the changes from before the start as reported.

        week: the changes of the last 7 days. changes: those of the first poll, which are still to be reported.
        """
        self.is_new = False
        # Count the rows: an order can have the same status several times.
        unreported = Counter((change.order_id, _status(change)) for change in changes)
        for change in week:
            key = change.order_id, _status(change)
            if unreported[key]:
                unreported[key] -= 1
            else:
                self._add(change, poll.earliest)

    def fresh(self, changes: Sequence[StatusChange], poll: Poll) -> list[StatusChange]:
        """The changes of an answer that were not reported yet, in the order of the answer."""
        rows = Counter(change.order_id for change in changes)
        known = {order_id: Counter(self._known(order_id, count, poll)) for order_id, count in rows.items()}
        fresh = []
        for change in changes:
            reported = known[change.order_id]
            if reported[_status(change)]:
                reported[_status(change)] -= 1
            else:
                fresh.append(change)
        return fresh

    def _known(self, order_id: int, rows: int, poll: Poll) -> Iterable[Status]:
        """The reported statuses of an order that its rows in an answer can repeat.

        rows: the number of rows of the order in the answer. Whether an answer has one row for each order or for
        each change is not known (4.5).

        One row is the present status, which is known if it was reported last. Example: `issued` and then
        `reissue_pending` were reported. A row `issued` is new, and a row `reissue_pending` is known.

        Several rows are changes in an unknown order. Each is known as often as it was reported within the period of the
        poll. Example: `issued` and `reissue_pending` were reported. Of three rows `reissue_pending`, `issued`,
        `issued`, one `issued` is new.
        """
        reported = self._reported.get(order_id, [])
        if rows > 1:
            return [one.status for one in reported if one.at >= poll.earliest.timestamp()]
        # The statuses that one poll reported are in an unknown order too, so each of them counts as the last one.
        last = itertools.takewhile(lambda one: one.at == reported[-1].at, reversed(reported))
        return [one.status for one in last]

    def note(self, change: StatusChange, poll: Poll) -> None:
        """Record that a change was reported."""
        self._add(change, poll.answered)

    def _add(self, change: StatusChange, moment: datetime) -> None:
        reported = _Reported(_status(change), int(moment.timestamp()))
        self._reported.setdefault(change.order_id, []).append(reported)

    def pass_over(self, poll: Poll) -> None:
        """Record that a gap was reported, so that a poll soon after an error does not report the gap again."""
        if poll.is_whole:
            self._since = self._gap_end(poll)

    def done(self, poll: Poll) -> None:
        """Record that every change of a poll was reported, and drop records that no later poll can return."""
        self._since = poll.asked
        now, kept = poll.asked.timestamp(), (REACH + OVERLAP).total_seconds()
        for order_id, records in list(self._reported.items()):
            # abs(): also drop records that are far in the future, after the clock was set back.
            self._reported[order_id] = [one for one in records if abs(now - one.at) <= kept]
            if not self._reported[order_id]:
                del self._reported[order_id]

    def _gap_end(self, poll: Poll) -> datetime:
        """The end of the gap, with a margin for the next polls."""
        return poll.begin + OVERLAP if poll.is_whole else poll.answered

    # -- events ------------------------------------------------------------------------------------------------------

    def gap_event(self, poll: Poll) -> dict[str, Any]:
        """The event that changes may be lost, with the period of the gap."""
        after, before = sorted([self._since, self._gap_end(poll)])
        return _event(
            "gap",
            self._id("gap"),
            reason=self.gap(poll),
            missed_after=utc_text(after),
            missed_before=utc_text(before),
        )

    def event(self, change: StatusChange, poll: Poll, order: Order | None, today: date) -> dict[str, Any]:
        """The event of a change. order: the order from the list, None if it was not read. today: the date in UTC."""
        return _event(
            "status_change",
            self._id(change.order_id, *_status(change), len(self._reported.get(change.order_id, []))),
            order_id=change.order_id,
            status=change.status,
            certificate_id=change.certificate_id,
            changed_after=utc_text(poll.earliest),
            changed_before=utc_text(poll.answered),
            order=None if order is None else order.shown(today),
        )

    def _id(self, *parts: Any) -> str:
        """The id of an event.

        An event that is reported again after a crash gets the same id, because the id depends on the saved state only.
        """
        basis = json.dumps([self._service, utc_text(self._since), *parts])
        return hashlib.sha256(basis.encode()).hexdigest()[:32]


def _event(kind: str, event_id: str, **facts: Any) -> dict[str, Any]:
    # A rulebook passes events to playbooks as extra variables, in which Ansible evaluates templates.
    return {"certcentral": inert_within({"event": kind, "gap": kind == "gap", "event_id": event_id, **facts})}


def _status(change: StatusChange) -> Status:
    return change.status, change.certificate_id


def _reported(data: Any) -> dict[int, list[_Reported]] | None:
    if data is None:
        return None
    return {
        int(order_id): [_Reported((str(status), _integer(number)), _second(at)) for status, number, at in records]
        for order_id, records in data.items()
    }


def _moment(text: Any) -> datetime:
    moment = utc(text)
    # Days must be added to and subtracted from the time without an overflow.
    if moment is None or not 1970 < moment.year < 9000:
        raise ValueError(text)
    return moment


def _second(at: Any) -> int:
    return int(datetime.fromtimestamp(at, timezone.utc).timestamp())


def _integer(number: Any) -> int | None:
    return None if number is None else int(number)
