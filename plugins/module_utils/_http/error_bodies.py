# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What the body of an error answer says, in every shape that services, gateways and proxies use. Pure.

CertCentral documents a list of errors; an object instead of the list, and {"error", "message"}, were met
(docs/development/reference/certcentral.md 1.2, 10). Servertastic has one error object
(docs/development/reference/servertastic.md 3.2). What stands between us and a service answers in shapes of its own,
text and HTML among them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

# A code, empty where there is none, and a message, likewise.
Problem = tuple[str, str]
_CODES = ("code", "error_code", "errorCode")
# `description` is what CertCentral's older API calls it; the others are those of OAuth 2.0 and of RFC 9457.
_MESSAGES = ("message", "description", "error_description", "detail", "title", "reason", "msg")
_WRAPPERS = ("errors", "error", "fault")
# How deep errors may be nested in a body.
_DEEPEST = 6
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^<>]*>", re.DOTALL | re.IGNORECASE)


def problems(data: Any) -> list[Problem]:
    """Every error of a JSON body, in its order and each once; data: the body as Python has it."""
    return list(dict.fromkeys(problem for problem in _problems(data, "", 0) if any(problem)))


def text_of(page: str) -> str:
    """The words of an answer that is not JSON, on one line: HTML without its tags."""
    return " ".join(html.unescape(_TAGS.sub(" ", page)).split())


def _problems(data: Any, name: str, depth: int) -> Iterator[Problem]:
    """The errors of a part of a body; name: under which it stands there, where that is a word of the service."""
    if depth > _DEEPEST:
        return
    if isinstance(data, list):
        for item in data:
            yield from _problems(item, name, depth + 1)
    elif isinstance(data, dict):
        yield from _of_object(data, name, depth)
    elif isinstance(data, (str, int, float)) and not isinstance(data, bool) and str(data).strip():
        yield name, str(data).strip()


def _of_object(data: dict[Any, Any], name: str, depth: int) -> Iterator[Problem]:
    code, message = _word(data, _CODES), _word(data, _MESSAGES)
    wrapped = [(key, data[key]) for key in _WRAPPERS if key in data]
    # {"error": "bad_request", "message": "..."}: a word that stands for the code.
    if not code and message and isinstance(data.get("error"), str):
        code, wrapped = data["error"].strip(), [(key, value) for key, value in wrapped if key != "error"]
    if code or message:
        yield code or name, message
    for _key, value in wrapped:
        yield from _problems(value, "", depth + 1)
    if not (code or message or wrapped):
        # By field: {"note": ["is required"]}.
        for key, value in data.items():
            yield from _problems(value, str(key), depth + 1)


def _word(data: dict[Any, Any], names: tuple[str, ...]) -> str:
    """The first value of these names that is a word or a number."""
    for name in names:
        value = data.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""
