# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contents of error bodies of every shape: all codes and all messages, once each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._http.error_bodies import problems, text_of
from ansible_collections.certops.orders.tests.unit.plugins.properties import examples

SHAPES: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "a list": ({"errors": [{"code": "a|b", "message": "No."}]}, [("a|b", "No.")]),
    "an object": (
        {"errors": {"code": "invalid_value:status", "message": "status contains an invalid value."}},
        [("invalid_value:status", "status contains an invalid value.")],
    ),
    "several": ({"errors": [{"code": "a", "message": "A."}, {"code": "b"}]}, [("a", "A."), ("b", "")]),
    "one twice": ({"errors": [{"code": "a"}, {"code": "a"}]}, [("a", "")]),
    "error and message": (
        {"error": "bad_request", "message": "the request could not be read"},
        [("bad_request", "the request could not be read")],
    ),
    "an error object": ({"error": {"code": 401, "message": "Unauthorized"}}, [("401", "Unauthorized")]),
    "a message": ({"message": "no Route matched with those values"}, [("", "no Route matched with those values")]),
    "a message beside errors": (
        {"message": "Validation failed", "errors": [{"code": "a", "message": "A."}]},
        [("", "Validation failed"), ("a", "A.")],
    ),
    "by field": ({"errors": {"note": ["is required", "is short"]}}, [("note", "is required"), ("note", "is short")]),
    "texts": ({"errors": ["one", "two"]}, [("", "one"), ("", "two")]),
    "a text": ({"errors": "no"}, [("", "no")]),
    "an error alone": ({"error": "invalid_token"}, [("", "invalid_token")]),
    "OAuth": ({"error": "invalid_token", "error_description": "expired"}, [("invalid_token", "expired")]),
    "the older API": ({"errors": [{"code": "required_param:note", "description": "Note is required"}]}, []),
    "problem details": ({"title": "Not Found", "status": 404, "detail": "no such path"}, [("", "no such path")]),
    "a bare list": ([{"code": "a", "message": "A."}], [("a", "A.")]),
    "a bare text": ("down", [("", "down")]),
    "empty words": ({"errors": [{"code": "", "message": " "}]}, []),
    "nothing": ({}, []),
    "null": (None, []),
    "no errors": ({"errors": []}, []),
}
SHAPES["the older API"] = (SHAPES["the older API"][0], [("required_param:note", "Note is required")])


@pytest.mark.parametrize(("data", "expected"), SHAPES.values(), ids=SHAPES)
def test_every_shape(data: Any, expected: list[tuple[str, str]]) -> None:
    assert problems(data) == expected


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (
            "<html><head><title>404 Not Found</title></head><body>nothing here</body></html>",
            "404 Not Found nothing here",
        ),
        ("<style>p {color: red}</style><!-- no --><p>Service&nbsp;&amp; more\n</p>", "Service & more"),
        ("default backend - 404\r\n", "default backend - 404"),
        ("1 < 2", "1 < 2"),
        ("", ""),
    ],
)
def test_the_words_of_a_page(page: str, words: str) -> None:
    assert text_of(page) == words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "errors", "code", "message", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@examples(100)
@given(JSON)
def test_whatever_a_body_holds_it_is_texts_that_come_out(data: Any) -> None:
    for code, message in problems(json.loads(json.dumps(data))):
        assert isinstance(code, str)
        assert isinstance(message, str)
        assert code or message
