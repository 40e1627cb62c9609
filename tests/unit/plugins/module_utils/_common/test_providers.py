# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of providers: what plans read from it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.actions import ACTIONS
from ansible_collections.certops.orders.plugins.module_utils._common.providers import (
    CERTCENTRAL,
    PROVIDERS,
    SERVERTASTIC,
    order_of,
    rows_by_order,
)

DIGEST = "0a" * 32


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_has_actions_of_the_table(name: str) -> None:
    provider = PROVIDERS[name]
    assert set(provider.actions) <= set(ACTIONS)
    assert {"keep", "leave", "nothing", "wait"} <= set(provider.actions)
    # An ended order has a status that an action of the provider can have caused.
    assert not provider.ended or any(provider.ended in ACTIONS[one].ended for one in provider.actions)


@pytest.mark.parametrize(
    ("row", "order"),
    [
        ({"order_id": 1501, "status": "pending"}, "1501"),
        ({"order_digest": DIGEST, "reseller_order_id": "R-1"}, DIGEST),
        ({"order_id": None, "order_digest": DIGEST}, DIGEST),
        ({"request_id": 7}, ""),
        ({}, ""),
    ],
)
def test_the_order_of_a_row_is_spelled_as_in_a_plan(row: dict[str, Any], order: str) -> None:
    assert order_of(row) == order


def test_of_several_rows_of_an_order_the_last_one_counts() -> None:
    rows = [{"order_id": 1, "status": "pending"}, {"order_digest": DIGEST}, {"order_id": 1, "status": "canceled"}]
    assert rows_by_order(rows) == {"1": rows[2], DIGEST: rows[1]}


@pytest.mark.parametrize(
    ("name", "order", "fits"),
    [
        (CERTCENTRAL, "1501", True),
        (CERTCENTRAL, "0", False),
        (CERTCENTRAL, DIGEST, False),
        (SERVERTASTIC, DIGEST, True),
        (SERVERTASTIC, DIGEST.upper(), False),
        (SERVERTASTIC, "1501", False),
    ],
)
def test_only_the_spelling_of_a_provider_is_an_order_of_it(name: str, order: str, fits: bool) -> None:
    assert bool(PROVIDERS[name].order_pattern.fullmatch(order)) is fits
