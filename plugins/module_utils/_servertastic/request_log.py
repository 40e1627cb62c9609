# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What was requested already, so that a scheduled job does not ask for it every night.

A file of JSON lines, one for each event of a request. It holds digests and times, no secrets.

====================================  ============================================================================
events of one request                 what is known
====================================  ============================================================================
claimed, confirmed                    the service acknowledged it: the request was made
claimed, lost                         it was sent and no answer came: it may have been made
claimed                               the run ended, or was killed, between the claim and the answer: the same
claimed, withdrawn                    the service refused it, or it never left: it was not made
====================================  ============================================================================
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from .._common.values import utc, utc_text
from .._files import secure as _files

# A request is claimed before it is sent, and confirmed once it is acknowledged; a refusal takes the claim back.
CLAIMED = "claimed"
CONFIRMED = "confirmed"
LOST = "lost"
WITHDRAWN = "withdrawn"
# The kinds of requests: a mail to the admin contact, and a cancellation at once.
REQUEST = "request"
CANCEL = "cancel"
# Hosts that share a log have clocks that differ. What is dated later than this was not made yet.
_SKEW = timedelta(minutes=5)
# A claim this young may belong to a job that is waiting for its answer right now.
_IN_FLIGHT = timedelta(seconds=15)
_UNCONFIRMED = " unconfirmed"


@dataclass(frozen=True)
class Claim:
    """A request that was about to be sent.

    made_at: in UTC. is_confirmed: whether the service acknowledged it. is_lost: whether its run noted that it did not.
    """

    kind: str
    made_at: datetime
    is_confirmed: bool = True
    is_lost: bool = False

    @property
    def is_request(self) -> bool:
        return self.kind == REQUEST

    def counts(self, now: datetime) -> bool:
        """Whether it proves that the request was made. now: in UTC."""
        return self.is_confirmed and not self.is_future(now)

    def is_future(self, now: datetime) -> bool:
        return self.made_at - now > _SKEW

    def is_in_flight(self, now: datetime) -> bool:
        """Whether another job may still be waiting for the answer."""
        return not (self.is_confirmed or self.is_lost) and abs(now - self.made_at) < _IN_FLIGHT

    @property
    def text(self) -> str:
        """As a result returns it: '2026-12-31T12:00:00Z', with a word more where it is not confirmed."""
        return utc_text(self.made_at) + ("" if self.is_confirmed else _UNCONFIRMED)

    @classmethod
    def of_text(cls, text: str) -> Claim | None:
        """The request that `text` stands for; None where that is no time."""
        # Python 3.9 reads a T and a Z in upper case alone.
        time = text.strip().upper()
        is_confirmed = not time.endswith(_UNCONFIRMED.upper())
        made_at = utc(time if is_confirmed else time[: -len(_UNCONFIRMED)].rstrip())
        return None if made_at is None else cls(REQUEST, made_at, is_confirmed, is_lost=not is_confirmed)


class RequestLog:
    """The last request of each order, by digest; safe beside other processes that use the same file.

    Every method raises OSError or UnsafeFile.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        # As it was read last: it is read for every order, and changes only where one is sent.
        self._read: tuple[str, dict[str, Claim]] = ("", {})

    def known(self) -> dict[str, Claim]:
        """The last claim of each order that was not withdrawn."""
        if not Path(self.path).parent.is_dir():
            # Said now, and not when it is too late.
            raise FileNotFoundError(errno.ENOENT, "its folder does not exist")
        text = _files.read_text(self.path)
        if text != self._read[0]:
            self._read = (text, _standing(text))
        return self._read[1]

    def claim(self, kind: str, digest: str, known: Claim | None) -> bool:
        """Note that a request is about to be sent.

        known: the last claim of this order, as the caller has read it. False where it is another one by now, by a job
        that runs at the same time: then nothing must be sent.
        """
        with _files.locked(self.path) as file:
            standing = _standing(file.read()).get(digest)
            if standing is not None and standing != known:
                return False
            file.append(_line(CLAIMED, kind, digest))
        return True

    def confirm(self, kind: str, digest: str) -> None:
        """The request was acknowledged."""
        _files.append_line(self.path, _line(CONFIRMED, kind, digest))

    def lose(self, kind: str, digest: str) -> None:
        """The request was sent, and no answer came."""
        _files.append_line(self.path, _line(LOST, kind, digest))

    def withdraw(self, kind: str, digest: str) -> None:
        """The request was refused, or never sent: it can be made again."""
        _files.append_line(self.path, _line(WITHDRAWN, kind, digest))


def _line(event: str, kind: str, digest: str) -> str:
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": now, "event": event, "kind": kind, "order_digest": digest})


def _standing(text: str) -> dict[str, Claim]:
    made: dict[str, list[Claim]] = {}
    for entry in _entries(text):
        kind, event, time = entry.get("kind"), entry.get("event"), utc(str(entry.get("time") or ""))
        if kind not in (REQUEST, CANCEL):
            continue
        claims = made.setdefault(str(entry.get("order_digest")), [])
        if event == CLAIMED and time is not None:
            claims.append(Claim(kind, time, is_confirmed=False))
            continue
        last = next((number for number in reversed(range(len(claims))) if claims[number].kind == kind), None)
        if last is None:
            continue
        if event == WITHDRAWN:
            # The one before it, which was made again, stands.
            del claims[last]
        elif event in (CONFIRMED, LOST):
            claims[last] = replace(claims[last], is_confirmed=event == CONFIRMED, is_lost=event == LOST)
    return {digest: claims[-1] for digest, claims in made.items() if claims}


def _entries(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            # The last line of a run that was killed while it wrote.
            continue
        if isinstance(entry, dict):
            yield entry
