# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens are found by the digests that a plan names orders by, all of them or none."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.filter import order_plan_tokens as module

TOKENS = ["st-tok-one", " st-tok-two\n", "st-tok-three"]
DIGESTS = [hashlib.sha256(token.strip().encode()).hexdigest() for token in TOKENS]
ONE = DIGESTS[0]


def called(tokens: Any, digests: Any) -> Any:
    ((name, found),) = module.FilterModule().filters().items()
    assert name == "order_plan_tokens"
    return found(tokens, digests)


def test_it_is_documented_under_its_own_name() -> None:
    documentation = yaml.safe_load(module.DOCUMENTATION)

    assert documentation["name"] == "order_plan_tokens"
    assert {*documentation["options"]} == {"_input", "digests"}
    assert yaml.safe_load(module.RETURN)["_value"]["elements"] == "str"


@pytest.mark.parametrize(
    ("digests", "found"),
    [
        ([DIGESTS[2], ONE], [TOKENS[2], TOKENS[0]]),
        ([DIGESTS[1]], [TOKENS[1]]),
        (DIGESTS, TOKENS),
        ([], []),
        ([ONE, "ab" * 32], []),
        ([ONE[:8]], []),
        ([ONE.upper()], []),
        (["st-tok-one"], []),
    ],
)
def test_all_tokens_are_found_in_the_order_of_their_digests_or_none(digests: list[str], found: list[str]) -> None:
    assert called(TOKENS, digests) == found
    assert called([*TOKENS, *TOKENS], digests) == found


def test_of_no_tokens_none_is_found() -> None:
    assert called([], [ONE]) == []
    # A text is no list: its letters are the tokens of nothing.
    assert called("st-tok-one", [ONE]) == []


@pytest.mark.parametrize(
    ("tokens", "digests"),
    [(None, [ONE]), (["st-tok-secret", 7], [ONE]), (["st-tok-secret\udc80"], [ONE]), (TOKENS, None), (TOKENS, [[ONE]])],
)
def test_what_cannot_be_looked_for_is_refused_and_no_token_told(tokens: Any, digests: Any) -> None:
    with pytest.raises(AnsibleFilterError) as refusal:
        called(tokens, digests)

    assert "st-tok" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__
