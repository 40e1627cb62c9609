# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bulk run of each module that changes orders, run as it is, without Ansible around it."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context, Stop
from ansible_collections.certops.orders.plugins.module_utils._common.errors import Stopped
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.plugins.modules import (
    digicert_certificate_revoke,
    digicert_domain,
    digicert_order_note,
    digicert_order_renewal,
    digicert_order_status,
    digicert_request,
    servertastic_order_cancel,
)
from ansible_collections.certops.orders.tests.integration.support import KEY, Simulator, seed

ORDERS = (1, 2, 3)
TOKENS = tuple(f"sim-{order}" for order in ORDERS)


class Bulk(NamedTuple):
    """A bulk run: its options, the orders that there are, and what the next run makes of each.

    fault: what strikes its changes. once: whether each is sent once only.
    """

    module: ModuleType
    options: dict[str, Any]
    orders: list[dict[str, Any]]
    outcome: str = "unchanged"
    fault: dict[str, str] = {"method": "PUT"}  # noqa: RUF012
    once: bool = False


def issued(**facts: Any) -> list[dict[str, Any]]:
    return [{"id": order, "status": "issued", "valid_till_in_days": 40, **facts} for order in ORDERS]


BULKS = {
    "canceled": Bulk(
        digicert_order_status,
        {"order_ids": list(ORDERS), "status": "canceled", "note": "Bulk", "verify": True},
        [{"id": order, "status": "pending"} for order in ORDERS],
    ),
    "renewed": Bulk(digicert_order_status, {"order_ids": list(ORDERS), "status": "renewed"}, issued(origin="migrated")),
    "note": Bulk(
        digicert_order_note, {"order_ids": list(ORDERS), "text": "Bulk"}, issued(), fault={"method": "POST"}, once=True
    ),
    "renewal": Bulk(
        digicert_order_renewal,
        {"order_ids": list(ORDERS), "renewal_emails": False, "auto_reissue": False},
        issued(auto_reissue=1),
    ),
    "revoked": Bulk(
        digicert_certificate_revoke,
        {
            "order_ids": list(ORDERS),
            "comments": "Bulk",
            "reason": "unspecified",
            "cancel_reissue": True,
            "confirm": True,
        },
        [{"id": order, "status": "reissue_pending", "valid_till_in_days": 40} for order in ORDERS],
        outcome="pending_approval",
        fault={"path": "/revoke$"},
        once=True,
    ),
    "rejected": Bulk(
        digicert_request,
        {"order_ids": list(ORDERS), "status": "rejected", "comment": "Bulk"},
        [{"id": order, "status": "needs_approval"} for order in ORDERS],
    ),
    "domains": Bulk(digicert_domain, {"domain_ids": list(ORDERS), "state": "inactive"}, []),
    "servertastic": Bulk(
        servertastic_order_cancel,
        {"order_tokens": list(TOKENS), "replacement": "none"},
        [],
        fault={"path": "/order/cancel"},
        once=True,
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
    domains = [{"id": order, "name": f"{order}.example.com"} for order in ORDERS]
    sim.reset(
        {
            **seed(*bulk.orders),
            "domains": domains,
            "servertastic": {"orders": st_orders},
            "switches": {"servertastic.review_lag_seconds": 0},
        }
    )


class Unhurried(Stop):
    """A Stop that does not sleep: what is late in the simulator comes after a number of requests."""

    def pause(self, _seconds: float) -> None:
        if self:
            raise Stopped(self.reason)


def run(sim: Simulator, bulk: Bulk, log: Path, **options: Any) -> dict[str, Any]:
    return guarded(bulk.module.run, {**params_of(bulk, sim, log), **options}, Context(stop=Unhurried()))


def effects(sim: Simulator) -> Counter[tuple[str, ...]]:
    """What was changed, by what names it: anything twice is there with a 2."""
    return Counter(
        (request["method"], request["path"], str(request["order_id"])) for request in sim.journal() if request["effect"]
    )


def killed(sim: Simulator, kind: str, request: int, target: Callable[..., Any], *arguments: Any) -> bool:
    """Call it in a process of its own, and kill that at a request; False where it has no such request."""
    sim.fault(kind, skip=request)
    process = multiprocessing.get_context("fork").Process(target=target, args=arguments)
    process.start()
    until = time.monotonic() + 60
    while process.is_alive() and sim.faults() and time.monotonic() < until:
        time.sleep(0.01)
    was_met = not sim.faults()
    process.kill()
    process.join(60)
    sim.clear_faults()
    return was_met
