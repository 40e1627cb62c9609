# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Text that may be shown: escaped, scrubbed of secrets, and inert for template engines."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

# What a template needs, and what an escape needs that a reader of Python or JSON would turn into it; no name of a host
# has any. Jinja's native types read texts as Python, and so does ansible-core before 2.19.
_INERT = str.maketrans({"{": "(", "}": ")", "\\": "/"})


def printable(text: object, limit: int = 500) -> str:
    """Text from outside, made safe for a terminal, a log line and a diff.

    Control, bidirectional and other invisible format characters become escapes, and the text is cut at `limit`
    characters: a name or note from a service is data, and must not forge a line of output.
    """
    shown = str(text)
    # Nearly every text, of which there may be a hundred thousand.
    if len(shown) <= limit and shown.isascii() and shown.isprintable():
        return shown
    shown = "".join(_escaped(char) for char in shown[: limit + 1])
    return shown if len(shown) <= limit else shown[:limit] + "..."


def _escaped(char: str) -> str:
    # Cc control, Cf format (bidirectional overrides among them), Cs lone surrogates, Zl/Zp line separators.
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return char.encode("unicode_escape").decode("ascii")
    return char


def scrub(value: Any, secrets: Iterable[str]) -> Any:
    """`value` (str, list, dict, nested) with no secret left in any text; a dictionary's keys are words of our own."""
    hidden = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
    return _scrubbed(value, hidden) if hidden else value


def _scrubbed(value: Any, hidden: list[str]) -> Any:
    if isinstance(value, str):
        # The shortest one is the last.
        if len(value) < len(hidden[-1]):
            return value
        for secret in hidden:
            value = value.replace(secret, "********")
        return value
    if isinstance(value, Mapping):
        return {key: _scrubbed(item, hidden) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_scrubbed(item, hidden) for item in value]
    return value


def inert_text(text: str) -> str:
    """A text that is no template, and of which no decoding makes one: braces and backslashes are replaced."""
    return "".join(text).translate(_INERT)


def inert_within(value: Any) -> Any:
    """Data with every text in it as `inert_text` makes it; the keys of its dictionaries are ours."""
    if isinstance(value, Mapping):
        return {key: inert_within(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [inert_within(item) for item in value]
    return inert_text(value) if isinstance(value, str) else value


def plural(count: int, noun: str) -> str:
    """'1 order', '2 orders'."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
