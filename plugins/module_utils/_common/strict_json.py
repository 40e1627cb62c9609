# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Reads JSON from untrusted sources strictly, so that no two programs read the same text differently."""

from __future__ import annotations

import json
from typing import Any


class NotStrict(ValueError):
    """The error in a text, as the end of a sentence, such as "is nested too deeply"."""


def read_object(text: str, most: int) -> dict[str, Any]:
    """Parse a text that is a single JSON object; most: its maximum length in characters. Raises NotStrict."""
    if len(text) > most:
        raise NotStrict(f"is longer than {most >> 20} MiB")
    try:
        data = json.loads(text, object_pairs_hook=_object_without_duplicates, parse_constant=_refuse_constant)
    except RecursionError:
        raise NotStrict("is nested too deeply") from None
    except NotStrict:
        raise
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise NotStrict(f"is not valid JSON{where}") from None
    if not isinstance(data, dict):
        raise NotStrict("is JSON, but not an object")
    return data


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse duplicate names in an object: programs differ in which of the values they use."""
    data = dict(pairs)
    if len(data) != len(pairs):
        raise NotStrict("contains a duplicate name in an object")
    return data


def _refuse_constant(_word: str) -> None:
    """Refuse NaN and Infinity, which Python accepts by default."""
    raise NotStrict("contains NaN or Infinity, which JSON does not allow")
