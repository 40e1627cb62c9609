# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users read about a plan, by situation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.plugins.module_utils._plans.actions import ACTIONS, CERTCENTRAL, WRITING
from ansible_collections.certops.orders.plugins.module_utils._plans.approval import agreed, guards, window
from ansible_collections.certops.orders.plugins.module_utils._plans.document import canonical, digest, make
from ansible_collections.certops.orders.plugins.module_utils._plans.errors import PlanError
from ansible_collections.certops.orders.plugins.module_utils._plans.outcomes import (
    OUTCOMES,
    after_batch,
    message,
    new_run,
    summary,
)
from ansible_collections.certops.orders.plugins.module_utils._plans.reorder_sheets import has_sheet
from ansible_collections.certops.orders.plugins.module_utils._plans.store import find, keep
from ansible_collections.certops.orders.plugins.module_utils._plans.table import TableOptions, table
from ansible_collections.certops.orders.plugins.module_utils._plans.verification import changed_since, reconciled
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._plans.test_outcomes import (
    TIME,
    account_row,
    came_to,
    done,
    record,
    request,
    row,
    waits,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._plans.test_plans import (
    A_DIGEST,
    CHANGED,
    HIDDEN,
    NO_PLANS,
    NOW,
    entry,
    plan_of,
    read_back,
    served,
    token,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._plans.test_table import (
    RETIRED,
    RETIRED_OPTIONS,
)

OTHER_SHA256 = 64 * "a"


def refusal(call: Callable[..., Any], *arguments: Any, **more: Any) -> str:
    with pytest.raises(PlanError) as error:
        call(*arguments, **more)
    return str(error.value)


def test_messages_about_a_document() -> None:
    plan = plan_of(entry(), hosts=["web1"])
    deep: Any = {}
    for _level in range(100000):
        deep = {"a": deep}
    messages = {
        **{situation: refusal(read_back, given) for situation, given in NO_PLANS.items()},
        "a dictionary that is too deep": refusal(read_back, deep),
        "a text instead of a SHA-256": refusal(read_back, plan, "approved"),
        "another SHA-256": refusal(read_back, plan, OTHER_SHA256).replace(digest(canonical(plan)), 64 * "b"),
        "another kind": refusal(read_back, plan, kind="cancel_stale_orders"),
        "another account": refusal(read_back, plan, account_id=7),
        "another API": refusal(read_back, plan, api_host="www.digicert.eu"),
        "made in the future": refusal(read_back, plan, now=NOW - timedelta(hours=1)),
        "expired": refusal(read_back, plan, now=NOW + timedelta(hours=72)),
        "another server": refusal(read_back, plan, hosts=["web1", "web2"]),
        "another name": refusal(read_back, plan, names=["c.example"]),
        "a name of another server": refusal(read_back, plan, servers={"web1": ["a.example"]}),
        "servers that are not a dictionary": refusal(read_back, {**plan, "servers": ["web1"]}),
        "names of a server that are not a list": refusal(read_back, {**plan, "servers": {"web1": "a.example"}}),
    }
    while deep:
        # Python itself cannot delete such a deep one at once.
        deep = deep["a"]
    check_messages("plan document", messages)


def test_messages_about_an_approval() -> None:
    reasons = {
        situation: agreed([approved], [fresh] if fresh else [])[1][0]["reason"]
        for situation, (approved, fresh) in CHANGED.items()
    }
    reasons["an order that was not approved"] = agreed([], [entry()])[2][0]["reason"]
    check_messages("plan approval", reasons)


def test_messages_of_guards() -> None:
    cancellations = [entry(number) for number in range(1, 27)]
    marks = [entry(number, "mark_renewed") for number in range(101, 105)]
    revocations = [entry(number, "revoke") for number in range(201, 203)]

    def guard(*entries: dict[str, Any], kind: str = "decommission_domain", **limits: int) -> str:
        (violation,) = guards(entries, {"max_changes": 30, "max_revocations": 5, **limits}, kind=kind)
        return violation

    messages = {
        "one change too many": guard(entry(), max_changes=0),
        "too many changes": guard(*marks, max_changes=3, kind="mark_renewed_orders"),
        "one revocation too many": guard(revocations[0], max_revocations=0),
        "too many revocations": guard(*revocations, max_revocations=1),
        "another number than expected": guard(*cancellations, expected_changes=25),
        "many irreversible changes": guard(*cancellations, kind="cancel_stale_orders"),
        "many irreversible changes among others": guard(*cancellations, *marks, kind="order_plan"),
    }
    check_messages("plan guards", messages)


def test_messages_of_a_window() -> None:
    messages = {
        "before the window": window(NOW, "2026-11-22T10:43", None) or "",
        "after the window": window(NOW, None, "2026-11-22") or "",
        "at the end of the window": window(NOW, None, "2026-11-22T10:42:07") or "",
        "not_before that is not a time": refusal(window, NOW, "soon", None),
        "not_after that is not a time": refusal(window, NOW, None, "soon"),
        "a window that never opens": refusal(window, NOW, "2026-11-23", "2026-11-22"),
    }
    check_messages("plan window", messages)


def test_messages_of_a_table() -> None:
    every_action = [entry(number, action) for number, action in enumerate(ACTIONS[CERTCENTRAL], start=1)]
    every = plan_of(*every_action, served("unresolved", HIDDEN) | {"order": "99"}, notes=["a note"])
    dropped = entry(2, "revoke", drop_reissue=True, domains=["www2.example.com", "b.example", "a.example"])
    messages = {
        "every action": "\n".join(table(every)),
        "names and a reissue": "\n".join(table(plan_of(dropped, token(name="", domains=[])))),
        "servers": "\n".join(table(plan_of(entry(), hosts=["web1", "web2"]))),
        "one server": "\n".join(table(plan_of(entry(), servers={"web1": ["a.example"]}))),
        "no orders": "\n".join(table(make("cancel_stale_orders", None, "", [], [], NOW))),
        "all columns, options and guards": "\n".join(table(RETIRED, RETIRED_OPTIONS)),
        "applied without an approval": "\n".join(table(RETIRED, TableOptions(needs_approval=False))),
        "marks to remove": "\n".join(table(plan_of(entry(3, "unmark_renewed"), kind="mark_renewed_orders_undo"))),
        "another role": "\n".join(table(plan_of(entry(), kind="retire"), TableOptions(path="/plans/1.json"))),
    }
    check_messages("plan table", messages)


def test_messages_of_outcomes() -> None:
    unresolved = entry(1, "revoke", state={"status": "issued", "unresolved": [HIDDEN]})
    unknown = after_batch(new_run(), [entry(1)], [{"orders": []}], time=TIME, check_mode=False)
    messages = {
        "no result of a task": came_to(entry(), {})["reason"],
        "no result of an order": unknown["records"][0]["reason"],
        "a name that did not resolve": came_to(unresolved, {"orders": [row(reason="the request waits")]})["reason"],
        "the first change failed": unknown["stopped"],
    }
    check_messages("plan outcomes", messages)


def test_messages_of_a_result() -> None:
    failed = {**record(3, outcome="failed"), "reason": "the service refused the key"}
    every_change = [done(number, action) for number, action in enumerate(WRITING, start=1)]
    every_outcome = [record(number, outcome=outcome) for number, outcome in enumerate(OUTCOMES, start=1)]
    every_plan = [record(number, action, "planned") for number, action in enumerate(WRITING, start=1)]
    kept = [record(1, "keep", "left"), record(2, "leave", "left"), record(3, "wait", "waiting")]
    before = record(1), record(2, outcome="unchanged")
    results: dict[str, tuple[Sequence[dict[str, Any]], Sequence[str], str]] = {
        "every change": (every_change, (), ""),
        "one change": ([done(1)], (), ""),
        "a change and a report": ([done(1)], (), "/reports/r.html"),
        "every outcome": (every_outcome, (), "/reports/r.html"),
        "revocations that wait": ([waits(1, 15041), waits(2, 15042), waits(3, 15043)], (), ""),
        "a revocation that waits": ([waits(1, 15041), done(2, "revoke"), done(3)], (), ""),
        "a revocation that waits without an id": ([waits(1)], (), ""),
        "a cancellation that waits at Servertastic": ([waits(A_DIGEST)], (), ""),
        "approvals at both services": ([waits(1, 15041), waits(A_DIGEST), waits(A_DIGEST)], (), ""),
        "failures": ([done(1), record(2, outcome="not_attempted"), failed], (), ""),
        "nothing but manual review": (kept, (), ""),
        "all was done before": (before, (), "/reports/r.html"),
        "one was done before": (before[:1], (), ""),
        "a plan": ([*every_plan, *kept], (), ""),
        "a plan of one change": (every_plan[:1], (), ""),
        "no orders": ([], (), ""),
        "guards": ([], ["reason 1", "reason 2"], "/reports/r.html"),
    }
    check_messages(
        "plan result",
        {
            situation: message(summary(records)["outcomes"], violations, report=report)
            for situation, (records, violations, report) in results.items()
        },
    )


def test_messages_of_plan_files(tmp_path: Path) -> None:
    path = str(tmp_path / "plan.json")
    nothing = refusal(find, path, OTHER_SHA256)
    keep(path, plan_of(entry()), NOW, dry=False)
    messages = {
        "no file": refusal(find, f"{path}.none", None),
        "no file and no kept plan": nothing,
        "another plan": refusal(find, path, OTHER_SHA256).replace(digest(canonical(plan_of(entry()))), 64 * "b"),
    }
    check_messages("plan files", {name: text.replace(str(tmp_path), "/plans") for name, text in messages.items()})


def test_messages_of_verification() -> None:
    revoked = record(4, "revoke", "left")
    pending_revocation = account_row(4, pending_requests=[request(1, "revoke", "pending")])
    certificates = entry(1, "revoke", state={"certificates": ["0A"]})
    pending = entry(1, state={"status": "pending", "product": "ssl_plus", "is_migrated": False})
    reasons = {
        "changed by an earlier run": reconciled(
            [record(1, outcome="left")], [account_row(1, "canceled")], earlier=True
        ),
        "a revocation that waits": reconciled([revoked], [pending_revocation], earlier=True),
        "a change that is not visible": reconciled([record(1)], [account_row(1, "pending")]),
        "a lost change that is visible": reconciled([record(1, outcome="unknown")], [account_row(1, "canceled")]),
    }
    names = pending["domains"]

    def difference(**facts: Any) -> str:
        return changed_since(pending, {"status": "pending", "domains": names, **facts})

    differences = {
        "another status": difference(status="issued"),
        "another product": difference(product_name_id="ssl_ev"),
        "another origin": difference(is_migrated=True),
        "another name": difference(domains=[*names, "pay.example.com"]),
        "no names": difference(domains=[]),
        "several names instead of none, and another status": changed_since(
            {**pending, "domains": []}, {"status": "issued", "domains": ["b.example.com", "a.example.com"]}
        ),
        "a name instead of several": changed_since(
            {**pending, "domains": ["b.example.com", "a.example.com"]}, {"status": "pending", "domains": names}
        ),
        "another certificate": changed_since(certificates, {"serial_number": "0B", "domains": names}),
        "no certificate": changed_since(certificates, {"domains": names}),
    }
    check_messages("plan verification", {**{name: one["reason"] for name, (one,) in reasons.items()}, **differences})


def test_messages_of_reorder_sheets() -> None:
    messages = {
        "no details": has_sheet(entry(), saved=False)["reason"],
        "an order that changed": has_sheet(entry(), saved=False, differs="its status was pending and is issued")[
            "reason"
        ],
    }
    check_messages("re-order sheets", messages)
