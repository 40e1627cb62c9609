# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders in volume: the same ones for the same parameters."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from certsim.certcentral.build import PRODUCTS
from certsim.exchange import SeedError

_DEFAULTS: dict[str, Any] = {
    "count": 1000,
    "first_id": 200_000_000,
    "seed": 7,
    "mix": {"issued": 0.7, "expired": 0.1, "pending": 0.1, "canceled": 0.05, "revoked": 0.05},
    "migrated": 0.3,
    "renewed": 0.1,
}
_MARKABLE = {"issued", "expired"}


def generate(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield order seeds with ids that follow one another.

    Args:
        spec: ``count``, ``first_id``, ``seed`` of the random numbers, ``mix`` (weight of each status),
            ``migrated`` and ``renewed`` (share of migrated ones, and of marked ones among the
            migrated that can be marked).

    Raises:
        SeedError: a parameter is unknown or of a wrong form.
    """
    unknown = sorted(set(spec) - set(_DEFAULTS))
    if unknown:
        raise SeedError(f"generate has no parameter {', '.join(unknown)}; it has {', '.join(_DEFAULTS)}")
    chosen = {**_DEFAULTS, **spec}
    try:
        # The same orders each time are the purpose; nothing here is a secret.
        chance = random.Random(chosen["seed"])
        statuses = chance.choices(list(chosen["mix"]), list(chosen["mix"].values()), k=chosen["count"])
        for number, status in enumerate(statuses):
            yield _order(chosen["first_id"] + number, status, chance, chosen)
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise SeedError(f"generate: {error}") from error


def _order(order_id: int, status: str, chance: random.Random, chosen: Mapping[str, Any]) -> dict[str, Any]:
    migrated = chance.random() < chosen["migrated"]
    marked = chance.random() < chosen["renewed"]
    days = chance.randint(1, 397)
    order: dict[str, Any] = {
        "id": order_id,
        "status": status,
        "origin": "migrated" if migrated else "certcentral",
        "product": chance.choice(tuple(PRODUCTS)),
        "common_name": f"host-{order_id}.corp.example",
    }
    if status == "expired":
        order["valid_till_in_days"] = -days
    elif status in ("issued", "reissue_pending", "revoked"):
        order["valid_till_in_days"] = days
        marked = marked and days <= 90
    order["is_renewed"] = migrated and marked and status in _MARKABLE
    return order
