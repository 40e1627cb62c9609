# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from outside made safe to show, and results made free of secrets."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import (
    CHANGED,
    OUTCOMES,
    UNCHANGED,
    Decision,
    OrderResult,
)
from ansible_collections.certops.orders.plugins.module_utils._common.text import plural, printable, scrub
from ansible_collections.certops.orders.plugins.module_utils._common.values import id_of, is_id, whole_number
from ansible_collections.certops.orders.tests.unit.plugins.properties import examples


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain text, ümlaut, 証明書, \N{PILE OF POO}", "plain text, ümlaut, 証明書, \N{PILE OF POO}"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x00\x07\x1b[31m\x7f\x85", "\\x00\\x07\\x1b[31m\\x7f\\x85"),
        ("\u202a\u202b\u202c\u202d\u202e", "\\u202a\\u202b\\u202c\\u202d\\u202e"),
        ("\u2066\u2067\u2068\u2069\u200e\u200f\u061c", "\\u2066\\u2067\\u2068\\u2069\\u200e\\u200f\\u061c"),
        ("\u200b\u200d\ufeff\u00ad", "\\u200b\\u200d\\ufeff\\xad"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\ud800 \udfff", "\\ud800 \\udfff"),
        ("\ue000", "\\ue000"),
        ("\U000e0041", "\\U000e0041"),
        (7, "7"),
        (None, "None"),
    ],
)
def test_printable(text: object, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(), max_size=600))
def test_nothing_printable_moves_a_cursor_or_turns_a_line(text: str) -> None:
    shown = printable(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert len(shown) <= 503


def test_printable_is_cut() -> None:
    assert printable("x" * 500) == "x" * 500
    assert printable("x" * 501) == "x" * 500 + "..."
    assert printable("abcdef", 3) == "abc..."
    assert printable("abc", 3) == "abc"
    assert len(printable("\n" * 1000, 10)) == 13


SECRET = "s3cret"


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (SECRET, "********"),
        (f"a {SECRET} b {SECRET}", "a ******** b ********"),
        ("nothing here", "nothing here"),
        ([SECRET, [SECRET]], ["********", ["********"]]),
        ((SECRET, 1), ["********", 1]),
        ({"a": {"b": [SECRET]}}, {"a": {"b": ["********"]}}),
        # Keys are words of our own: a key that reads like one must not turn a failure into a success.
        ({SECRET: SECRET}, {SECRET: "********"}),
        ({1: None, "x": True, "y": 1.5}, {1: None, "x": True, "y": 1.5}),
    ],
)
def test_scrub(value: Any, left: Any) -> None:
    assert scrub(value, [SECRET]) == left


def test_the_longer_secret_is_masked_first() -> None:
    """Else the rest of it would stay."""
    assert scrub("abcdef", ["abc", "abcdef"]) == "********"


@pytest.mark.parametrize("secrets", [[], [""]])
def test_no_secret_hides_nothing(secrets: list[str]) -> None:
    assert scrub({"a": ["b", ""]}, secrets) == {"a": ["b", ""]}


def test_scrub_leaves_what_it_got_alone() -> None:
    value = {"a": [SECRET]}
    scrub(value, [SECRET])
    assert value == {"a": [SECRET]}


_text = st.text(max_size=5)
_json = st.recursive(
    st.none() | st.integers() | _text | st.just(f"x{SECRET}y"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=12,
)


@examples(50)
@given(_json)
def test_scrub_reaches_everywhere(value: Any) -> None:
    assert SECRET not in json.dumps(scrub(value, [SECRET]))


def test_a_decision_explains_itself() -> None:
    assert Decision().outcome == UNCHANGED
    assert Decision(reason="it is issued", next_step="Revoke it").explanation == "it is issued. Revoke it"
    assert Decision(reason="it is issued").explanation == "it is issued"
    assert Decision().explanation == ""


def test_a_result_as_it_is_returned() -> None:
    assert OrderResult(7, CHANGED, {"status": "pending"}, {"status": "canceled"}, "why").shown() == {
        "order_id": 7,
        "outcome": "changed",
        "before": {"status": "pending"},
        "after": {"status": "canceled"},
        "reason": "why",
    }
    bare = OrderResult(7, "failed", failure={"code": "x"}).shown()
    assert (bare["before"], bare["after"], bare["failure"]) == ({}, {}, {"code": "x"})


def test_what_is_no_order_is_returned_by_its_own_key_and_with_what_else_names_it() -> None:
    result = OrderResult(8, CHANGED, identity={"request_id": 8, "order_id": 7, "type": "revoke"})

    assert list(result.shown("request_id").items())[:4] == [
        *(("request_id", 8), ("order_id", 7)),
        *(("type", "revoke"), ("outcome", "changed")),
    ]
    # The requested value is shown as it was requested.
    assert OrderResult("0A", CHANGED, identity={"serial_number": "0a"}).shown("serial_number")["serial_number"] == "0A"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_change_is_what_is_called_so_was_acknowledged_or_counts(outcome: str) -> None:
    assert OrderResult(7, outcome).is_change is (outcome == CHANGED)
    assert OrderResult(7, outcome, acknowledged=True).is_change is True
    assert OrderResult(7, outcome, counts=True).is_change is True


def test_a_decision_defaults_to_one_write_that_ends_in_a_change() -> None:
    assert (Decision(CHANGED).ends, Decision(CHANGED).steps) == (CHANGED, ())


def test_the_outcomes_are_the_interface() -> None:
    assert (
        *("changed", "unchanged", "pending_approval", "ineligible"),
        *("missing", "failed", "unknown", "not_attempted"),
    ) == OUTCOMES


@pytest.mark.parametrize(("count", "text"), [(0, "0 orders"), (1, "1 order"), (2, "2 orders")])
def test_plural(count: int, text: str) -> None:
    assert plural(count, "order") == text


@pytest.mark.parametrize(
    ("value", "number", "found"),
    [
        (7, 7, 7),
        (0, 0, None),
        (-7, -7, None),
        (True, None, None),
        (7.0, None, None),
        (None, None, None),
        ([7], None, None),
        ("7", None, 7),
        ("07", None, None),
        ("7 ", None, None),
        ("\N{ARABIC-INDIC DIGIT SEVEN}", None, None),
        ("1" * 19, None, int("1" * 19)),
        ("1" * 20, None, None),
    ],
)
def test_an_id_is_a_number_from_one_on_and_true_is_none(value: Any, number: int | None, found: int | None) -> None:
    assert whole_number(value) == number
    assert is_id(value) is (number is not None and number > 0)
    assert id_of(value) == found
