# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The plan as a table of text lines for the approver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .._common.text import plural, printable
from .actions import (
    CANCEL,
    DROP,
    KEEP,
    LAPSE,
    LEAVE,
    MARK,
    NOTHING,
    REJECT,
    REPORT_ONLY,
    REVOKE,
    UNMARK,
    WAIT,
    WRITING,
    shown_order,
    writes,
)
from .document import canonical, digest
from .text import listed


def plan_result(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the task result for a plan: the plan, its canonical text, the SHA-256 of the text, and the table."""
    text, changes = canonical(plan), plural(len(writes(plan["entries"])), "change")
    return {
        "msg": f"the plan has {changes} among {plural(len(plan['entries']), 'order')}",
        "plan": plan,
        "text": text,
        "sha256": digest(text),
        "table": table(plan),
    }


# -- the table ---------------------------------------------------------------------------------------------------------


_ACTION_LABELS = {
    CANCEL: "cancel",
    REJECT: "reject the request",
    DROP: "drop the reissue, keep the order",
    LAPSE: "let expire",
    REVOKE: "REVOKE (irreversible)",
    MARK: "mark renewed",
    UNMARK: "remove the renewed mark",
    KEEP: "keep (report only)",
    LEAVE: "manual review",
    NOTHING: "nothing to do",
    WAIT: "wait for a later run",
}


def table(plan: Mapping[str, Any]) -> list[str]:
    """Return the lines of a plan for the approver: the counts of the actions, then all servers, then all orders."""
    entries: Sequence[Mapping[str, Any]] = plan["entries"]
    counts = Counter(entry["action"] for entry in entries)
    account = f"account {plan['account_id']}" if plan["account_id"] is not None else "no CertCentral account"
    lines = [
        f"Plan {plan['kind']}, {account}, {printable(plan['api_host'] or 'no host', 200)}",
        f"created {plan['created_at']}, valid until {plan['expires_at']}",
    ]
    if plan["names"]:
        lines.append(f"names: {listed(plan['names'])}")
    lines += [f"note: {printable(text, 2000)}" for text in plan.get("notes", ())]
    lines.append(f"{plural(len(writes(entries)), 'change')} among {plural(len(entries), 'order')}")
    lines += [f"{counts[action]:7d}  {_ACTION_LABELS[action]}" for action in (*WRITING, *REPORT_ONLY) if counts[action]]
    unresolved = sum(entry["state"].get("served") == "unresolved" for entry in writes(entries))
    if unresolved:
        lines.append(f"{unresolved:7d}  of the revocations have a name that does not resolve from this controller")
    if plan["hosts"]:
        # All of them without a limit, as no other part of the table has the servers.
        lines += ["", f"retire {plural(len(plan['hosts']), 'server')}:"]
        lines += [f"  {printable(host, 253)}" for host in plan["hosts"]]
    # Irreversible actions come first.
    for action in (*reversed(WRITING), *REPORT_ONLY):
        selected = [entry for entry in entries if entry["action"] == action]
        if selected:
            lines += ["", f"{action}:", *(_line(entry) for entry in selected)]
    return lines


def _line(entry: Mapping[str, Any]) -> str:
    others = [name for name in entry["domains"] if name != entry["name"]]
    name = printable(entry["name"] or "(no name)", 253)
    also = f" (also {listed(others)})" if others else ""
    drops = "; the pending reissue is dropped first" if entry.get("drop_reissue") else ""
    reason = printable(entry["reason"], 500)
    return f"  {entry['provider']} {shown_order(entry)}  {name}{also}: {reason}{drops}"
