# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this folder share: a key that must never be seen, and a look at all that an error shows."""

from __future__ import annotations

import json
import time
import traceback
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.certops.orders.plugins.module_utils import _http
from ansible_collections.certops.orders.plugins.module_utils._errors import ApiError

KEY = "sim-KEY-that-nobody-may-see"


class Waits(Protocol):
    waits: list[float]
    skipped: float

    def monotonic(self) -> float:
        """The time as the waits have moved it."""


@dataclass
class Wire:
    """A transport with what surrounds it."""

    transport: _http.Transport
    stop: _http.Stop
    clock: Waits
    lines: list[str]

    def read(self, **query: object) -> dict[str, Any]:
        return self.transport.read("read order 7", ("order", "certificate", 7), query.items())

    def write(self, fresh_for: float = 60.0, patience: float = 300.0) -> dict[str, Any]:
        return self.transport.write(
            "set order 7 to canceled",
            "PUT",
            ("order", "certificate", 7, "status"),
            {"status": "canceled", "note": "no longer needed"},
            fresh_until=self.clock.monotonic() + fresh_for,
            patience=_http.Patience(patience),
        )

    @property
    def cost(self) -> dict[str, Any]:
        return self.transport.counters.shown()


def all_that_shows(error: BaseException) -> str:
    """Every text that could reach a person, a log or a result from an exception, and from all that it drags along."""
    texts: list[str] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None:
            continue
        texts += [str(one), repr(one), repr(one.args), "".join(traceback.format_exception(type(one), one, None))]
        texts.append(repr(vars(one)))
        if isinstance(one, ApiError):
            texts.append(json.dumps(one.failure(7)))
        todo += [one.__cause__, one.__context__]
    return "\n".join(texts)


def soon(condition: Any, seconds: float = 5.0) -> bool:
    """Whether it comes true in time; for what another thread is about to do."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.002)
    return False
