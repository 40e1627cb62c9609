# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Converts domain names between Unicode and punycode. Pure functions.

The collection works with names as DNS spells them: A-labels (RFC 5890), lower case, no dot at the end. Names from a
service or from an option are converted as soon as they are read. Only the library idna converts, with the mapping of
UTS 46: the codec of Python follows the rules of 2003 (IDNA2003), which turn some names into different names.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

try:
    # requests depends on it.
    import idna as _idna
except ImportError:
    _idna = None  # type: ignore[assignment]
_A_LABEL = "xn--"
# The wildcard characters of a shell-style pattern. A label with one of them has no DNS spelling.
_WILD = "*?[]"
LIBRARY_MISSING = (
    "a name in Unicode needs the Python library idna, which is not installed: install it, or write the name in "
    "punycode, such as xn--mnchen-3ya.example"
)


def is_convertible(text: str) -> bool:
    """Whether a name or a pattern is in ASCII, or the library idna is installed, which converts others."""
    return text.isascii() or _idna is not None


def dns_name(text: str) -> str:
    """Return a name as DNS spells it; a text that cannot be converted only in lower case. Never fails."""
    plain = text.strip()
    if not plain.isascii():
        # Before `lower`: at the end of a Greek word, Python makes a different sigma than UTS 46.
        plain = to_ascii(plain) or plain
    return plain.lower().rstrip(".")


def to_ascii(text: str) -> str:
    """Return a name, or a label, in A-labels; empty if that is not possible. Labels in ASCII stay as they are."""
    try:
        labels = _idna.uts46_remap(text, std3_rules=False).split(".")
        return ".".join(label if label.isascii() else _idna.alabel(label).decode("ascii") for label in labels)
    except (UnicodeError, AttributeError):
        return ""


def in_unicode(name: str) -> str:
    """Return a DNS name in Unicode; A-labels that cannot be converted stay as they are."""
    return ".".join(map(_u_label, name.split("."))) if _A_LABEL in name else name


def spellings(name: str) -> tuple[str, ...]:
    """Return a DNS name and, if it differs, the same name in Unicode."""
    return tuple(dict.fromkeys((name, in_unicode(name))))


def every_spelling(text: str) -> list[str]:
    """Return a text and, if it is a name with other spellings, those as well."""
    forms = (text, to_ascii(text) if not text.isascii() else "", in_unicode(text.lower()))
    return list(dict.fromkeys(form for form in forms if form and (form == text or form != text.lower())))


def pattern_forms(text: str) -> tuple[str, ...]:
    """Return the spellings of a name or a pattern that are compared: in DNS spelling and in Unicode, in lower case."""
    if text.isascii() and _A_LABEL not in text.lower():
        # Most names: the steps below would not change them, and an account has many.
        return (text.strip().rstrip(".").lower(),)
    composed = unicodedata.normalize("NFKC", text).replace("\u3002", ".").strip().rstrip(".")
    lower, in_ascii = composed.lower(), ".".join(map(_in_ascii, composed.split("."))).lower()
    return tuple(dict.fromkeys([lower, in_ascii, in_unicode(lower), in_unicode(in_ascii)]))


def matches_pattern(names: Iterable[str], patterns: Sequence[str]) -> bool:
    """Whether one of the names matches one of the shell-style patterns. patterns: as `pattern_forms` returns them."""
    return any(fnmatchcase(form, pattern) for name in names for form in pattern_forms(name) for pattern in patterns)


def _in_ascii(label: str) -> str:
    """Return a label in DNS spelling, or unchanged if it has none, for example a label with a wildcard character."""
    if label.isascii() or any(sign in label for sign in _WILD):
        return label
    return to_ascii(label) or label


def _u_label(label: str) -> str:
    if not label.startswith(_A_LABEL):
        return label
    try:
        return _idna.ulabel(label)
    except (UnicodeError, AttributeError):
        return label
