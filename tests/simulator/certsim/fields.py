# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of a seed, read: each function raises ValueError where the value is not of its form."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from certsim.clock import parse_instant


def whole_number(given: Any) -> int:
    """Return a whole number."""
    if isinstance(given, bool) or not isinstance(given, int):
        raise ValueError(f"{given!r} is no whole number")
    return given


def number(given: Any) -> float:
    """Return a number."""
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not math.isfinite(given):
        raise ValueError(f"{given!r} is no number")
    return float(given)


def mapping(given: Any) -> dict[str, Any] | None:
    """Return a copy of a mapping."""
    return None if given is None else dict(given)


def instant(seed: Mapping[str, Any], name: str, now: datetime) -> datetime | None:
    """Return a time that is given as ``<name>_at`` or, before it, as ``<name>_days_ago`` (a number)."""
    days_ago, at = seed.get(f"{name}_days_ago"), seed.get(f"{name}_at")
    if days_ago is not None:
        return now - timedelta(days=number(days_ago))
    return None if at is None else parse_instant(at)


def digest(kind: str, number: int | str, length: int) -> str:
    """Return hexadecimal digits that are the same each time."""
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:length].upper()
