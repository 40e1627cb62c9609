# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bulk run that is killed (-9) at any of its requests, before or after it takes effect, over both services.

The next run converges, and nothing has been done twice. The modules run as they are, each in a process of its own; that
of the roles, with Ansible around them, is in test_order_plan.py.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from ansible_collections.certops.orders.plugins.module_utils._audit import entries
from ansible_collections.certops.orders.plugins.module_utils._http import Context
from ansible_collections.certops.orders.plugins.module_utils._run import guarded
from ansible_collections.certops.orders.plugins.modules import (
    digicert_certificate_revoke,
    digicert_order_note,
    digicert_order_renewal,
    digicert_order_status,
    servertastic_order_cancel,
)
from ansible_collections.certops.orders.tests.integration.support import KEY, Simulator, seed

ORDERS = (1, 2, 3)
TOKENS = tuple(f"sim-{order}" for order in ORDERS)


class Bulk(NamedTuple):
    """A bulk run: its orders, and how often each effect is made, at least (by method and the end of the path)."""

    module: ModuleType
    options: dict[str, Any]
    orders: list[dict[str, Any]]
    outcome: str = "unchanged"


def issued(**facts: Any) -> list[dict[str, Any]]:
    return [{"id": order, "status": "issued", "valid_till_in_days": 40, **facts} for order in ORDERS]


BULKS = {
    "canceled": Bulk(
        digicert_order_status,
        {"order_ids": list(ORDERS), "status": "canceled", "note": "Killed", "verify": True},
        [{"id": order, "status": "pending"} for order in ORDERS],
    ),
    "renewed": Bulk(digicert_order_status, {"order_ids": list(ORDERS), "status": "renewed"}, issued(origin="migrated")),
    "note": Bulk(digicert_order_note, {"order_ids": list(ORDERS), "text": "Killed"}, issued()),
    "renewal": Bulk(
        digicert_order_renewal,
        {"order_ids": list(ORDERS), "renewal_emails": False, "auto_reissue": False},
        issued(auto_reissue=1),
    ),
    "revoked": Bulk(
        digicert_certificate_revoke,
        {
            "order_ids": list(ORDERS),
            "comments": "Killed",
            "reason": "unspecified",
            "cancel_reissue": True,
            "confirm": True,
        },
        [{"id": order, "status": "reissue_pending", "valid_till_in_days": 40} for order in ORDERS],
        outcome="pending_approval",
    ),
    "servertastic": Bulk(
        servertastic_order_cancel, {"order_tokens": list(TOKENS), "replacement": "none"}, [], outcome="unchanged"
    ),
}


def params_of(bulk: Bulk, sim: Simulator, log: Path) -> dict[str, Any]:
    """The options as Ansible hands them to a module."""
    spec = bulk.module.SPEC["argument_spec"]
    urls = {"DIGICERT": sim.api_url, "SERVERTASTIC": sim.servertastic_url}
    there = "SERVERTASTIC" if bulk.module is servertastic_order_cancel else "DIGICERT"
    given = {"api_key": KEY if there == "DIGICERT" else "sim-reseller", "api_url": urls[there], "workers": 1}
    defaults = {name: option.get("default") for name, option in spec.items()}
    return {**defaults, **given, "audit_log": str(log), **bulk.options}


def start_over(sim: Simulator, bulk: Bulk) -> None:
    st_orders = [{"token": token, "status": "Queued", "domain_name": "www.example.com"} for token in TOKENS]
    book = seed(*bulk.orders)
    sim.reset({**book, "servertastic": {"orders": st_orders}, "switches": {"servertastic.review_lag_seconds": 0}})


def killed(sim: Simulator, bulk: Bulk, params: dict[str, Any], kind: str, request: int) -> bool:
    """Run it in a process of its own, and kill that at a request; False where it has no such request."""
    sim.fault(kind, skip=request)
    process = multiprocessing.get_context("fork").Process(target=guarded, args=(bulk.module.run, params, Context()))
    process.start()
    until = time.monotonic() + 60
    while process.is_alive() and sim.faults() and time.monotonic() < until:
        time.sleep(0.01)
    was_met = not sim.faults()
    process.kill()
    process.join(60)
    sim.clear_faults()
    return was_met


def effects(sim: Simulator) -> Counter[tuple[str, ...]]:
    """What was changed, by what names it: anything twice is there with a 2."""
    return Counter(
        (request["method"], request["path"], str(request["order_id"])) for request in sim.journal() if request["effect"]
    )


@pytest.mark.parametrize("kind", ["hang", "hang_after"])
@pytest.mark.parametrize("name", list(BULKS))
def test_killed_at_every_request_it_converges_and_does_nothing_twice(
    sim: Simulator, tmp_path: Path, name: str, kind: str
) -> None:
    bulk = BULKS[name]
    start_over(sim, bulk)
    whole = guarded(bulk.module.run, params_of(bulk, sim, tmp_path / "whole.jsonl"), Context())
    assert not whole.get("failed"), whole["msg"]
    everything, requests = effects(sim), len(sim.journal())
    assert set(everything.values()) == {1}

    for request in range(requests):
        start_over(sim, bulk)
        log = tmp_path / f"{request}.jsonl"
        params = params_of(bulk, sim, log)
        assert killed(sim, bulk, params, kind, request)
        done = effects(sim)
        # What was done stands in the audit log.
        begun = entries(log.read_text()) if log.exists() else []
        assert sum(done.values()) <= sum(entry["attempts"] for entry in begun)

        result = guarded(bulk.module.run, params, Context())

        assert not result.get("failed"), result["msg"]
        assert effects(sim) == everything
        assert result["changed"] == (done != everything)
        again = guarded(bulk.module.run, params, Context())
        assert {order["outcome"] for order in again["orders"]} == {bulk.outcome}
        assert (again["changed"], effects(sim)) == (False, everything)
