# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Strings of a plan: inert for template engines, and short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._common.text import inert_text, printable
from .errors import PlanError


def inert(value: Any) -> str:
    """Return a string without braces and backslashes, so that it is never a template. Raises PlanError."""
    if not isinstance(value, str):
        raise PlanError(f"{printable(value, 50)} is not a text")
    return inert_text(value)


_NAMES_SHOWN = 20


def listed(names: Sequence[str]) -> str:
    """Return the first 20 names for display, and the number of the others."""
    text = ", ".join(printable(name, 253) for name in names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{text} and {more} more" if more > 0 else text
