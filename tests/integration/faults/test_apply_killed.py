# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that applies an approved plan over both services is killed (-9) at each of its requests.

The next run with the same approved plan converges, sends nothing twice, and reports every change. The engine runs
without Ansible around it, the killed one in a process of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._files.audit_log import entries
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.plugins.modules import order_plan
from ansible_collections.certops.orders.tests.integration.faults.bulks import Unhurried, killed
from ansible_collections.certops.orders.tests.integration.support import KEY, Simulator, describe, seed

SHOP = "shop.example.com"
# By id: one order of every action that a request can lead to.
CANCEL, REJECT, ISSUED, REISSUED, EXPIRED = 1, 2, 3, 4, 5
NEW, FRESH = "sim-new", "sim-fresh"


def start_over(sim: Simulator) -> None:
    orders = [
        {"id": CANCEL, "status": "pending"},
        {"id": REJECT, "status": "needs_approval"},
        {"id": ISSUED, "status": "issued", "valid_till_in_days": 90, "auto_reissue": 1},
        {"id": REISSUED, "status": "reissue_pending", "valid_till_in_days": 90},
        {"id": EXPIRED, "status": "expired", "origin": "migrated", "valid_till_in_days": -20},
    ]
    reseller = [
        {"token": NEW, "status": "Queued", "domain_name": SHOP},
        {
            "token": FRESH,
            "status": "Completed",
            "completed_days_ago": 2,
            "domain_name": SHOP,
        },
    ]
    sim.reset(
        {
            **seed(*({**order, "common_name": SHOP} for order in orders)),
            "servertastic": {"orders": reseller},
            "switches": {"rate.enabled": False, "servertastic.review_lag_seconds": 0},
        }
    )


def params_of(sim: Simulator, folder: Path, on_issued: str, **options: Any) -> dict[str, Any]:
    """Return the options as Ansible hands them to the module."""
    defaults = {name: option.get("default") for name, option in order_plan.SPEC["argument_spec"].items()}
    request = {"names": [SHOP], "on_issued": on_issued, "mark_renewed": True, "probe": False, "waiver": "a test"}
    certcentral = {"api_key": KEY, "api_url": sim.api_url, "rate_limit": "none"}
    reseller = {"api_key": "sim-reseller", "api_url": sim.servertastic_url, "rate_limit": "none"}
    return {
        **defaults,
        "kind": "decommission_domain",
        "request": {**request, "servertastic_account": True},
        "names": [SHOP],
        "certcentral_connection": certcentral,
        "servertastic_connection": reseller,
        "max_revocations": 5,
        "note": "Decommissioned",
        "reorder_sheets_dir": str(folder / "sheets"),
        "audit_log": str(folder / "audit.jsonl"),
        "progress": False,
        "servertastic": {"replacement": "none", "request_log": str(folder / "requests.jsonl")},
        "servertastic_tokens": [],
        **options,
    }


def run(params: Mapping[str, Any]) -> dict[str, Any]:
    return guarded(order_plan.run, params, Context(stop=Unhurried()))


def approved(sim: Simulator, folder: Path, on_issued: str) -> dict[str, Any]:
    """Start over, plan, and return the options that apply this plan; the journal is empty."""
    start_over(sim)
    folder.mkdir()
    planned = run(params_of(sim, folder, on_issued, state="planned"))
    assert not planned.get("failed"), planned["msg"]
    sim.clear_journal()
    return params_of(sim, folder, on_issued, state="applied", plan=planned["text"], sha256=planned["sha256"])


def effects(sim: Simulator) -> Counter[str]:
    """Return what was changed: anything twice is there with a 2."""
    return Counter(_named(request) for request in sim.journal() if request["effect"])


def sent(sim: Simulator) -> Counter[str]:
    """Return the requests that are not idempotent: notes, requests to revoke, and cancellations at Servertastic."""
    requests = [_named(request) for request in sim.journal() if _asks_for_a_change(request)]
    return Counter(line for line in requests if any(word in line for word in ("note ", "revoke ", "/order/cancel")))


def _named(request: Mapping[str, Any]) -> str:
    return f"{describe(request)}, {request['order_id']}"


def _asks_for_a_change(request: Mapping[str, Any]) -> bool:
    return request["method"] != "GET" or "/order/cancel" in request["path"]


def outcomes(result: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    return {(one["order"], one["action"]): one["outcome"] for one in result["outcomes"]}


def boundaries(requests: Sequence[Mapping[str, Any]], on_issued: str) -> Iterator[tuple[str, int]]:
    """Yield where to kill: after each request took effect, and before each change does.

    What does not differ between the two ways to end an issued order is tested with one of them.
    """
    for number, request in enumerate(requests):
        if on_issued == "revoke" or (_asks_for_a_change(request) and request["order_id"] in (ISSUED, REISSUED)):
            yield "hang_after", number
            if _asks_for_a_change(request):
                yield "hang", number


def is_open(kind: str, last: Mapping[str, Any]) -> bool:
    """Whether no read can show if this request arrived: a cancellation that did not, or that only sends a mail."""
    return "/order/cancel" in last["path"] and (kind == "hang" or last["order_id"] == "STR_2_2")


def waiting(result: Mapping[str, Any]) -> Counter[str]:
    """Return what is not sent as the run stopped at its first change, which is unknown."""
    stopped = [one for one in result["outcomes"] if one["outcome"] == "not_attempted"]
    return Counter({"GET /order/cancel.json, STR_2_2": len(stopped)}) if stopped else Counter()


@pytest.mark.parametrize("on_issued", ["revoke", "lapse"])
def test_killed_at_every_request_the_same_plan_converges_and_sends_nothing_twice(
    sim: Simulator, tmp_path: Path, on_issued: str
) -> None:
    params = approved(sim, tmp_path / "whole", on_issued)
    whole = run(params)
    assert not whole.get("failed"), whole["msg"]
    everything, once, expected, requests = effects(sim), sent(sim), outcomes(whole), sim.journal()
    again = run(params)
    assert (again["changed"], outcomes(again), effects(sim)) == (False, expected, everything)
    assert {*expected.values()} <= {"done", "pending_approval", "left"}
    assert {*everything.values(), *once.values()} == {1}

    for kind, number in boundaries(requests, on_issued):
        at = f"{kind}-{number}"
        params = approved(sim, tmp_path / at, on_issued)
        assert killed(sim, kind, number, run, params), at
        done, last = effects(sim), sim.journal()[-1]
        # What was done is in the audit log.
        log = Path(params["audit_log"])
        begun = entries(log.read_text()) if log.exists() else []
        assert done.total() <= sum(entry["attempts"] for entry in begun), at

        result = run(params)

        if is_open(kind, last):
            # Whether it was sent cannot be read: it is unknown, is not sent again, and the operator decides.
            assert "unknown" in outcomes(result).values(), at
            assert result["result"]["failed"], at
            assert sent(sim) == once - waiting(result), at
            if kind == "hang":
                params["servertastic"]["request_again"] = True
                result = run(params)
                assert (outcomes(result), effects(sim)) == (expected, everything), at
            else:
                assert effects(sim) == everything, at
            continue
        assert (outcomes(result), result["result"]["failed"]) == (expected, False), at
        assert effects(sim) == everything, at
        assert result["changed"] == (done != everything), at
        # A request that was killed on its way is in the journal, and was sent by the next run.
        assert sent(sim) == once if kind == "hang_after" else set(sent(sim)) == set(once), at
