# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual time for the plugins and the simulator alike: the only place where time is patched."""

from __future__ import annotations

import datetime as real_datetime
import sys
import time as real_time
from collections.abc import Callable, Iterable
from typing import Any

START = real_datetime.datetime(2026, 11, 28, 12, 0, tzinfo=real_datetime.timezone.utc)
_PATCHED = ("ansible_collections.certops.orders.plugins.", "certsim.")


class Clock:
    """Stands still but for ``sleep``; stands for the module ``time`` wherever ``install`` puts it."""

    def __init__(self) -> None:
        self._elapsed = 0.0

    def restart(self) -> None:
        """Go back to the start."""
        self._elapsed = 0.0

    def monotonic(self) -> float:
        """Return seconds, as ``time.monotonic`` does."""
        return 1000.0 + self._elapsed

    def time(self) -> float:
        """Return seconds since 1970, as ``time.time`` does."""
        return START.timestamp() + self._elapsed

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self._elapsed += max(0.0, seconds)

    def now(self) -> real_datetime.datetime:
        """Return the time in UTC."""
        return START + real_datetime.timedelta(seconds=self._elapsed)

    def __getattr__(self, name: str) -> Any:
        return getattr(real_time, name)


def install(clock: Clock) -> Callable[[], None]:
    """Give the virtual clock to every loaded module of the plugins and of the simulator; return what takes it away."""

    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real_datetime.datetime)

    class Datetime(real_datetime.datetime, metaclass=Meta):
        @classmethod
        def now(cls, tz: real_datetime.tzinfo | None = None) -> Any:
            now = clock.now()
            return now.astimezone(tz) if tz else now.replace(tzinfo=None)

    patched: list[tuple[Any, str, Any]] = []
    for module in _modules():
        for name, real, virtual in (("time", real_time, clock), ("datetime", real_datetime.datetime, Datetime)):
            if getattr(module, name, None) is real:
                setattr(module, name, virtual)
                patched.append((module, name, real))

    def restore() -> None:
        for module, name, real in patched:
            setattr(module, name, real)

    return restore


def _modules() -> Iterable[Any]:
    return [module for name, module in sorted(sys.modules.items()) if name.startswith(_PATCHED)]
