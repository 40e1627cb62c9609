# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Makes text safe to show: escapes it, removes secrets, and removes template syntax."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

# Braces are necessary for a template. A backslash is necessary for an escape of a brace, in Python or JSON: the native
# types of Jinja parse texts as Python, and so does ansible-core before 2.19. No host name contains any of them.
_INERT = str.maketrans({"{": "(", "}": ")", "\\": "/"})


def printable(text: object, limit: int = 500) -> str:
    """Return text from outside so that it is safe in a terminal, a log line and a diff.

    Control, bidirectional and other invisible format characters become escapes, and the text is cut at `limit`
    characters. Without this, a name or note from a service could imitate a line of output.
    """
    shown = str(text)
    # A short path for nearly every text, as there can be a hundred thousand.
    if len(shown) <= limit and shown.isascii() and shown.isprintable():
        return shown
    shown = "".join(_escaped(char) for char in shown[: limit + 1])
    return shown if len(shown) <= limit else shown[:limit] + "..."


def _escaped(char: str) -> str:
    # Cc control, Cf format (including bidirectional overrides), Cs lone surrogates, Co private use, Zl/Zp separators.
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return char.encode("unicode_escape").decode("ascii")
    return char


def scrub(value: Any, secrets: Iterable[str]) -> Any:
    """Return a value (str, list, dict, nested) without secrets in any text; dictionary keys are not from outside."""
    hidden = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
    return _scrubbed(value, hidden) if hidden else value


def _scrubbed(value: Any, hidden: list[str]) -> Any:
    if isinstance(value, str):
        # The last secret is the shortest.
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
    """Return a text with braces and backslashes replaced, so that it is no template, even after it is decoded."""
    # A plain text, without the tags of Ansible.
    plain = "".join((text,))
    # Nearly every text is returned as it is, as there can be a hundred thousand.
    return plain.translate(_INERT) if "{" in plain or "}" in plain or "\\" in plain else plain


def inert_within(value: Any) -> Any:
    """Return a value with `inert_text` applied to every text in it; dictionary keys are not from outside."""
    if isinstance(value, Mapping):
        return {key: inert_within(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [inert_within(item) for item in value]
    return inert_text(value) if isinstance(value, str) else value


def plural(count: int, noun: str) -> str:
    """'1 order', '2 orders'."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
