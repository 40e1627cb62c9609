# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Finds codes and messages in the body of an error answer. Pure functions.

CertCentral documents a list of errors, but also returns an object instead of the list, and {"error", "message"}
(docs/development/reference/certcentral.md 1.2, 10). Servertastic returns one error object
(docs/development/reference/servertastic.md 3.2). Gateways and proxies in between have formats of their own, such as
plain text and HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

# A code and a message; either can be empty.
Problem = tuple[str, str]
_CODES = ("code", "error_code", "errorCode")
# `description` is used by the older API of CertCentral, others by OAuth 2.0 and RFC 9457 (problem details).
_MESSAGES = ("message", "description", "error_description", "detail", "title", "reason", "msg")
_WRAPPERS = ("errors", "error", "fault")
# The maximum depth of errors in a body.
_MAX_DEPTH = 6
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^<>]*>", re.DOTALL | re.IGNORECASE)


def problems(data: Any) -> list[Problem]:
    """Return every error of a parsed JSON body once, in the order of the body."""
    return list(dict.fromkeys(problem for problem in _problems(data, "", 0) if any(problem)))


def text_of(page: str) -> str:
    """The text of a body that is not JSON, on one line, without HTML tags."""
    return " ".join(html.unescape(_TAGS.sub(" ", page)).split())


def _problems(data: Any, name: str, depth: int) -> Iterator[Problem]:
    """The errors in a part of a body; name: the field of that part, used as code if the part has none."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(data, list):
        for item in data:
            yield from _problems(item, name, depth + 1)
    elif isinstance(data, dict):
        yield from _of_object(data, name, depth)
    elif isinstance(data, (str, int, float)) and not isinstance(data, bool) and str(data).strip():
        yield name, str(data).strip()


def _of_object(data: dict[Any, Any], name: str, depth: int) -> Iterator[Problem]:
    code, message = _first_text(data, _CODES), _first_text(data, _MESSAGES)
    wrapped = [(key, data[key]) for key in _WRAPPERS if key in data]
    # {"error": "bad_request", "message": "..."}: the text of `error` is the code.
    if not code and message and isinstance(data.get("error"), str):
        code, wrapped = data["error"].strip(), [(key, value) for key, value in wrapped if key != "error"]
    if code or message:
        yield code or name, message
    for _key, value in wrapped:
        yield from _problems(value, "", depth + 1)
    if not (code or message or wrapped):
        # Errors by field: {"note": ["is required"]}.
        for key, value in data.items():
            yield from _problems(value, str(key), depth + 1)


def _first_text(data: dict[Any, Any], names: tuple[str, ...]) -> str:
    """The first value under one of these names that is a text or a whole number; empty if there is none."""
    for name in names:
        value = data.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""
