# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Domain names in Unicode and in punycode are one name: pure functions that convert between the two spellings.

The collection works with the spelling of DNS: A-labels (RFC 5890), lower case, no dot at the end. Names are converted
where they come in, from a service or from an option. Only the library idna converts, with the mapping of UTS 46:
Python's own codec knows the rules of 2003, by which some names become other names.
"""

from __future__ import annotations

try:
    # A dependency of requests.
    import idna as _idna
except ImportError:
    _idna = None  # type: ignore[assignment]
_A_LABEL = "xn--"
LIBRARY_MISSING = (
    "the Python library idna, which requests brings, is needed for names in Unicode: install it, or write the name in "
    "punycode, such as xn--mnchen-3ya.example"
)


def is_convertible(text: str) -> bool:
    """Whether a name or a pattern is in ASCII, or can be converted: without the library idna no other can."""
    return text.isascii() or _idna is not None


def dns_name(text: str) -> str:
    """A name in the spelling of DNS; one that has no such spelling only in lower case. It need not be a name."""
    plain = text.strip()
    if not plain.isascii():
        # Not in lower case first: Python ends a Greek word in another sigma than UTS 46 does.
        plain = to_ascii(plain) or plain
    return plain.lower().rstrip(".")


def to_ascii(text: str) -> str:
    """A name, or a label of one, in A-labels; empty where that is not possible. Labels in ASCII stay as they are."""
    try:
        labels = _idna.uts46_remap(text, std3_rules=False).split(".")
        return ".".join(label if label.isascii() else _idna.alabel(label).decode("ascii") for label in labels)
    except (UnicodeError, AttributeError):
        return ""


def in_unicode(name: str) -> str:
    """A name in the spelling of DNS as people write it; A-labels that stand for nothing stay."""
    return ".".join(map(_u_label, name.split("."))) if _A_LABEL in name else name


def spellings(name: str) -> tuple[str, ...]:
    """A name in the spelling of DNS and, where that is another one, in Unicode."""
    return tuple(dict.fromkeys((name, in_unicode(name))))


def every_spelling(text: str) -> list[str]:
    """A text as it is and, where it is a name that has them, in its other spellings."""
    forms = (text, to_ascii(text) if not text.isascii() else "", in_unicode(text.lower()))
    return list(dict.fromkeys(form for form in forms if form and (form == text or form != text.lower())))


def _u_label(label: str) -> str:
    if not label.startswith(_A_LABEL):
        return label
    try:
        return _idna.ulabel(label)
    except (UnicodeError, AttributeError):
        return label
