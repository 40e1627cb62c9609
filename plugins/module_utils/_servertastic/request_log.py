# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The request log: a file that stops a scheduled job from sending the same request every night.

The API does not show a pending request (docs/development/reference/servertastic.md 5). The file has JSON lines, one for
each event of a request, with digests and times, and without secrets.

====================================  ============================================================================
events of one request                 meaning
====================================  ============================================================================
claimed, confirmed                    The service acknowledged the request: it was made.
claimed, lost                         The request was sent, but no reply came: it may have been made.
claimed                               The run ended between the claim and the reply: it may have been made.
claimed, withdrawn                    The service refused the request, or it was never sent: it was not made.
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

# The events of a request. A claim is written before the request is sent.
CLAIMED = "claimed"
CONFIRMED = "confirmed"
LOST = "lost"
WITHDRAWN = "withdrawn"
# The kinds of requests: a mail to the admin contact, and an immediate cancellation.
REQUEST = "request"
CANCEL = "cancel"
# Tolerance for the clocks of hosts that share a log. A claim that is later than this is in the future.
_CLOCK_TOLERANCE = timedelta(minutes=5)
# A claim younger than this can belong to a job that still waits for the reply.
_IN_FLIGHT = timedelta(seconds=15)
# Added to the time of a claim that the service did not acknowledge.
_UNCONFIRMED = " unconfirmed"


@dataclass(frozen=True)
class Claim:
    """A record that a run was about to send a request.

    kind: REQUEST or CANCEL. made_at: in UTC. is_confirmed: whether the service acknowledged the request.
    is_lost: whether the run recorded that no reply came.
    """

    kind: str
    made_at: datetime
    is_confirmed: bool = True
    is_lost: bool = False

    @property
    def is_request(self) -> bool:
        return self.kind == REQUEST

    def counts(self, now: datetime) -> bool:
        """Whether the claim proves that the request was made. now: in UTC."""
        return self.is_confirmed and not self.is_future(now)

    def is_future(self, now: datetime) -> bool:
        """Whether the time of the claim is in the future, so that the claim proves nothing. now: in UTC."""
        return self.made_at - now > _CLOCK_TOLERANCE

    def is_in_flight(self, now: datetime) -> bool:
        """Whether another job may still wait for the reply. now: in UTC."""
        return not (self.is_confirmed or self.is_lost) and abs(now - self.made_at) < _IN_FLIGHT

    @property
    def text(self) -> str:
        """The claim in a result: '2026-12-31T12:00:00Z', or '2026-12-31T12:00:00Z unconfirmed'."""
        return utc_text(self.made_at) + ("" if self.is_confirmed else _UNCONFIRMED)

    @classmethod
    def of_text(cls, text: str) -> Claim | None:
        """Parse a text of the property `text` as a claim of the kind REQUEST; None if it has no valid time."""
        # Python 3.9 parses T and Z in upper case only.
        time = text.strip().upper()
        is_confirmed = not time.endswith(_UNCONFIRMED.upper())
        made_at = utc(time if is_confirmed else time[: -len(_UNCONFIRMED)].rstrip())
        return None if made_at is None else cls(REQUEST, made_at, is_confirmed, is_lost=not is_confirmed)


class RequestLog:
    """A request log file, which several processes can use at the same time.

    path: of the file; its folder must exist. Every method raises OSError or UnsafeFile.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        # The text of the last read and its claims: the file is read for every order, but rarely changes.
        self._read: tuple[str, dict[str, Claim]] = ("", {})

    def known(self) -> dict[str, Claim]:
        """The last claim of each order by digest, without withdrawn claims."""
        if not Path(self.path).parent.is_dir():
            # Fail before anything is sent, not when the claim is written.
            raise FileNotFoundError(errno.ENOENT, "the folder does not exist")
        text = _files.read_text(self.path)
        if text != self._read[0]:
            self._read = (text, _last_claims(text))
        return self._read[1]

    def claim(self, kind: str, digest: str, known: Claim | None) -> bool:
        """Record that a request is about to be sent.

        kind: REQUEST or CANCEL. known: the last claim of the order that the caller has read.
        Returns False, and records nothing, if another job has claimed the order since then: the caller must not send.
        """
        with _files.locked(self.path) as file:
            last = _last_claims(file.read()).get(digest)
            if last is not None and last != known:
                return False
            file.append(_line(CLAIMED, kind, digest))
        return True

    def confirm(self, kind: str, digest: str) -> None:
        """Record that the service acknowledged the request."""
        _files.append_line(self.path, _line(CONFIRMED, kind, digest))

    def lose(self, kind: str, digest: str) -> None:
        """Record that the request was sent, but no reply came."""
        _files.append_line(self.path, _line(LOST, kind, digest))

    def withdraw(self, kind: str, digest: str) -> None:
        """Record that the request was refused or never sent, so that it can be sent again."""
        _files.append_line(self.path, _line(WITHDRAWN, kind, digest))


def _line(event: str, kind: str, digest: str) -> str:
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": now, "event": event, "kind": kind, "order_digest": digest})


def _last_claims(text: str) -> dict[str, Claim]:
    """The last claim of each order by digest, from the text of the file."""
    claims_by_digest: dict[str, list[Claim]] = {}
    for entry in _entries(text):
        kind, event, time = entry.get("kind"), entry.get("event"), utc(str(entry.get("time") or ""))
        if kind not in (REQUEST, CANCEL):
            continue
        claims = claims_by_digest.setdefault(str(entry.get("order_digest")), [])
        if event == CLAIMED and time is not None:
            claims.append(Claim(kind, time, is_confirmed=False))
            continue
        last = next((number for number in reversed(range(len(claims))) if claims[number].kind == kind), None)
        if last is None:
            continue
        if event == WITHDRAWN:
            # The claim before it, if there is one, is valid again.
            del claims[last]
        elif event in (CONFIRMED, LOST):
            claims[last] = replace(claims[last], is_confirmed=event == CONFIRMED, is_lost=event == LOST)
    return {digest: claims[-1] for digest, claims in claims_by_digest.items() if claims}


def _entries(text: str) -> Iterator[dict[str, Any]]:
    """Parse the lines of the file, without lines that are not JSON objects."""
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            # An incomplete line of a run that was killed during the write.
            continue
        if isinstance(entry, dict):
            yield entry
