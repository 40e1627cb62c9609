# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What was requested already, so that a scheduled job does not ask for it every night.

A file of JSON lines, one for each thing that happened to a request. It remembers digests and times, no secrets.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import _files
from ._orders import utc

# A request is claimed before it is sent, and confirmed once it is acknowledged; a refusal takes the claim back.
CLAIMED = "claimed"
CONFIRMED = "confirmed"
WITHDRAWN = "withdrawn"


class RequestLog:
    """Requests by digest; safe beside other processes that use the same file. Raises OSError or UnsafeFile."""

    def __init__(self, path: str) -> None:
        self.path = path
        # As it was read last: many orders look, and it changes only where one is sent.
        self._read: tuple[str, dict[str, dict[str, datetime]]] = ("", {})

    def known(self, kind: str) -> dict[str, datetime]:
        """When each request of a kind that stands was made last, in UTC."""
        if not Path(self.path).parent.is_dir():
            # Said now, and not when it is too late.
            raise FileNotFoundError(errno.ENOENT, "its folder does not exist")
        text = _files.read_text(self.path)
        if text != self._read[0]:
            self._read = (text, {})
        standing = self._read[1]
        if kind not in standing:
            standing[kind] = _standing(text, kind)
        return standing[kind]

    def claim(self, kind: str, digest: str, known: datetime | None) -> bool:
        """Note that a request is about to be sent.

        known: when the last one was made, as far as the caller knows. False where there is a newer one, by another
        job that runs at the same time: then it must not be sent.
        """
        with _files.locked(self.path) as file:
            standing = _standing(file.read(), kind).get(digest)
            if standing is not None and (known is None or standing > known):
                return False
            file.append(_line(CLAIMED, kind, digest))
        return True

    def confirm(self, kind: str, digest: str) -> None:
        """The request was acknowledged."""
        _files.append_line(self.path, _line(CONFIRMED, kind, digest))

    def withdraw(self, kind: str, digest: str) -> None:
        """The request was refused, or never sent: it can be made again."""
        _files.append_line(self.path, _line(WITHDRAWN, kind, digest))


def _line(event: str, kind: str, digest: str) -> str:
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": now, "event": event, "kind": kind, "order_digest": digest})


def _standing(text: str, kind: str) -> dict[str, datetime]:
    made: dict[str, list[datetime]] = {}
    for entry in _entries(text):
        digest, event, time = str(entry.get("order_digest")), entry.get("event"), utc(str(entry.get("time") or ""))
        if entry.get("kind") != kind:
            continue
        times = made.setdefault(digest, [])
        if event == CLAIMED and time is not None:
            times.append(time)
        elif event == WITHDRAWN and times:
            # The one before it, which was made again, stands.
            times.pop()
    return {digest: times[-1] for digest, times in made.items() if times}


def _entries(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            # The last line of a run that was killed while it wrote.
            continue
        if isinstance(entry, dict):
            yield entry
