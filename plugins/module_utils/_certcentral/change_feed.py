# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What CertCentral's status changes come to as events: what to ask for, what is new, what was told already.

CertCentral tells which orders changed within the last so many seconds, and not when
(docs/development/reference/certcentral.md 4.5). So each look overlaps the one before, and what both show is told once.
Nothing is read or written here. It rests on this:

- Nothing is lost while an answer is whole and reaches back to `since`, when the last look asked: Look.begin <= since. A
  look asks for OVERLAP more than that, for changes that show late and for clocks that differ. Otherwise there is a gap.
- Nothing is told twice while all is remembered that a look can show: 7 days and the OVERLAP, from when it was told.
- Nothing is told from before the first start, as what the 7 days before it show counts as told.
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

# How far back one answer of CertCentral reaches at most (4.5).
REACH = timedelta(days=7)
# How far a look reaches behind the one before.
OVERLAP = timedelta(minutes=10)
# Whole seconds are cut off of both ends of a look.
_ROUNDING = timedelta(seconds=1)
# How long an answer may take: asked for at once, so that it need not be asked for again. Of a lookback of 7 days it is
# left out, or the first look would come too late for them.
_SPARE = timedelta(minutes=1)
_SCHEMA = 2
# Older ones could be asked for by date, in slices of 7 days; that is left to whoever reads the whole account.
_FAR_BACK = "what CertCentral tells, of 7 days at most, does not reach back to the last look"
_CUT = "CertCentral says that there are more changes than it told"
_CLOCK = "the clock stands before the time of the last look: how long ago that was is not known"
# One status of an order, with the certificate that it had then.
Status = tuple[str, "int | None"]


class StateError(Exception):
    """The file is not what an event source remembered, or it is that of another one."""


@dataclass(frozen=True)
class Poll:
    """A question for the changes of the last so many seconds. asked, answered: by our clock, in UTC.

    is_whole: whether its answer has all of them.
    """

    asked: datetime
    seconds: int
    answered: datetime
    is_whole: bool = True

    @property
    def begin(self) -> datetime:
        """All from then on is in the answer, which counts its seconds back from when it is made."""
        return self.answered - timedelta(seconds=self.seconds)

    @property
    def earliest(self) -> datetime:
        """Nothing from before is in the answer."""
        return self.asked - timedelta(seconds=self.seconds)

    def answered_at(self, now: datetime, is_whole: bool = True) -> Poll:
        """The same, now that the answer is there."""
        return replace(self, answered=max(self.asked, now), is_whole=is_whole)


@dataclass(frozen=True)
class _Reported:
    """A status that was told, and by a look that was answered at that second since 1970."""

    status: Status
    at: int


class Memory:
    """What was told, of one service; all times in UTC and whole seconds.

    since: up to then all is told, or told to be missing. told: what was told of each order, in that order.
    is_new: whether the first look is still to come, which has to ask for the 7 days as well, for `begin`.
    """

    def __init__(self, service: str, since: datetime, reported: dict[int, list[_Reported]] | None) -> None:
        self._service = service
        self._since = since
        self._reported = reported or {}
        self.is_new = reported is None

    @classmethod
    def new(cls, service: str, now: datetime, lookback: timedelta) -> Memory:
        """One that begins so long ago."""
        return cls(service, now - min(lookback, REACH - _SPARE), None)

    @classmethod
    def read(cls, text: str, service: str) -> Memory:
        """What `text` wrote. Raises StateError."""
        try:
            data = json.loads(text)
            if data["schema_version"] != _SCHEMA:
                raise StateError("it was written by another version of the event source")
            if data["service"] != service:
                raise StateError(f"it is about another service than {service}")
            return cls(service, _moment(data["since"]), _reported(data["told"]))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise StateError("it is not what an event source has written") from None

    def text(self) -> str:
        """What a restart goes on from; some 50 characters for each change of 7 days."""
        reported = {
            order_id: [[*one.status, one.at] for one in several] for order_id, several in self._reported.items()
        }
        data = {
            "schema_version": _SCHEMA,
            "service": self._service,
            "since": utc_text(self._since),
            "told": None if self.is_new else reported,
        }
        return json.dumps(data, separators=(",", ":")) + "\n"

    def set_back(self, step: timedelta) -> None:
        """The clock was set back since the last look; where that is not known, it is a gap if it shows at all."""
        self._since -= step

    # -- what to ask for ---------------------------------------------------------------------------------------------

    def poll(self, now: datetime, late: timedelta = timedelta()) -> Poll:
        """What to ask for now, where the answer before was so late that `reaches` said no."""
        # At the first look nothing else says what is from before the start.
        spare = timedelta() if self.is_new else _SPARE
        length = now - self._wanted() + max(spare, late) + _ROUNDING
        if self._is_future(now) and not self.is_new:
            length = REACH
        return Poll(now, int(max(1, min(length, REACH).total_seconds())), now)

    def reaches(self, poll: Poll) -> bool:
        """Whether asking for more could not help: it was long enough in spite of the time that the answer took."""
        return poll.begin <= self._wanted() or poll.seconds == REACH.total_seconds()

    def gap(self, poll: Poll) -> str:
        """Why changes may be lost, empty where none are."""
        if self._is_future(poll.asked):
            return _CLOCK
        if not poll.is_whole:
            return _CUT
        return _FAR_BACK if poll.begin > self._since else ""

    def _wanted(self) -> datetime:
        return self._since if self.is_new else self._since - OVERLAP

    def _is_future(self, now: datetime) -> bool:
        return now < self._since - OVERLAP

    # -- what is new -------------------------------------------------------------------------------------------------

    def begin(self, week: Iterable[StatusChange], changes: Iterable[StatusChange], poll: Poll) -> None:
        """From here on all of `week` is known that is not in `changes`, which the first look has to tell."""
        self.is_new = False
        news = Counter((change.order_id, _status(change)) for change in changes)
        for change in week:
            key = change.order_id, _status(change)
            if news[key]:
                news[key] -= 1
            else:
                self._keep(change, poll.earliest)

    def fresh(self, changes: Sequence[StatusChange], poll: Poll) -> list[StatusChange]:
        """Those that were not told yet, in their order."""
        rows = Counter(change.order_id for change in changes)
        known = {order_id: Counter(self._known(order_id, count, poll)) for order_id, count in rows.items()}
        fresh = []
        for change in changes:
            left = known[change.order_id]
            if left[_status(change)]:
                left[_status(change)] -= 1
            else:
                fresh.append(change)
        return fresh

    def _known(self, order_id: int, rows: int, poll: Poll) -> Iterable[Status]:
        """What was told of an order, as far as its rows in a look may show it again.

        One row is the order as it stands: known where that is what was told last. Told were issued and
        reissue_pending: then issued is new, and reissue_pending is not.
        Several rows are its changes, in an order that nobody knows: each is known as often as it was told within the
        look. Told were issued and reissue_pending: of three rows reissue_pending, issued, issued one issued is new.
        """
        reported = self._reported.get(order_id, [])
        if rows > 1:
            return [one.status for one in reported if one.at >= poll.earliest.timestamp()]
        # What one look told of it is in no certain order either.
        last = itertools.takewhile(lambda one: one.at == reported[-1].at, reversed(reported))
        return [one.status for one in last]

    def note(self, change: StatusChange, poll: Poll) -> None:
        """It is told."""
        self._keep(change, poll.answered)

    def _keep(self, change: StatusChange, moment: datetime) -> None:
        reported = _Reported(_status(change), int(moment.timestamp()))
        self._reported.setdefault(change.order_id, []).append(reported)

    def pass_over(self, poll: Poll) -> None:
        """The gap is told. A look that goes on from here after an error does not tell it again, if it comes soon."""
        if poll.is_whole:
            self._since = self._missed(poll)

    def done(self, poll: Poll) -> None:
        """All of a look is told. What no look can show again is forgotten, whichever way the clock was set."""
        self._since = poll.asked
        now, kept = poll.asked.timestamp(), (REACH + OVERLAP).total_seconds()
        for order_id, several in list(self._reported.items()):
            self._reported[order_id] = [one for one in several if abs(now - one.at) <= kept]
            if not self._reported[order_id]:
                del self._reported[order_id]

    def _missed(self, poll: Poll) -> datetime:
        """Until when changes may be missing, with a margin for looks that follow."""
        return poll.begin + OVERLAP if poll.is_whole else poll.answered

    # -- what an event says ------------------------------------------------------------------------------------------

    def gap_event(self, poll: Poll) -> dict[str, Any]:
        """That changes may be lost, and when they may have been."""
        after, before = sorted([self._since, self._missed(poll)])
        return _event(
            "gap",
            self._id("gap"),
            reason=self.gap(poll),
            missed_after=utc_text(after),
            missed_before=utc_text(before),
        )

    def event(self, change: StatusChange, poll: Poll, order: Order | None, today: date) -> dict[str, Any]:
        """A change, with what the list says of the order where that was read."""
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
        """The same for an event that is told again after a kill: what it rests on is what was saved."""
        said = json.dumps([self._service, utc_text(self._since), *parts])
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def _event(kind: str, event_id: str, **facts: Any) -> dict[str, Any]:
    # A rulebook hands events to playbooks as extra variables, whose text Ansible takes for templates.
    return {"certcentral": inert_within({"event": kind, "gap": kind == "gap", "event_id": event_id, **facts})}


def _status(change: StatusChange) -> Status:
    return change.status, change.certificate_id


def _reported(data: Any) -> dict[int, list[_Reported]] | None:
    if data is None:
        return None
    return {
        int(order_id): [_Reported((str(status), _integer(number)), _second(at)) for status, number, at in several]
        for order_id, several in data.items()
    }


def _moment(text: Any) -> datetime:
    moment = utc(text)
    # There has to be a date some days earlier and later.
    if moment is None or not 1970 < moment.year < 9000:
        raise ValueError(text)
    return moment


def _second(at: Any) -> int:
    return int(datetime.fromtimestamp(at, timezone.utc).timestamp())


def _integer(number: Any) -> int | None:
    return None if number is None else int(number)
