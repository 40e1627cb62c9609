# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What of an approved plan may be carried out now: the comparison with a fresh plan, guards, and the time window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .._common.text import plural, printable
from .._common.values import utc
from .._role_options.checks import option_name
from .actions import REVOKE, WRITING, entry_key, is_irreversible, shown, writes
from .document import canonical, entries_of
from .errors import PlanError
from .text import listed
from .times import time_text

# More irreversible changes than these have to be expected, by their exact number, where nobody has approved them.
MANY = 25


# -- before anything is done -------------------------------------------------------------------------------------------


def agreed(
    approved: Iterable[Mapping[str, Any]], fresh: Iterable[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """What may be done: what stands both in the approved plan's entries and in those of a fresh planning.

    Returns the fresh entries to execute; approved ones that have changed meanwhile, with a reason that says how; and
    fresh ones that nobody has approved. Only entries that change something are told.
    """
    theirs = {entry_key(entry): entry for entry in entries_of(approved)}
    ours = {entry_key(entry): entry for entry in entries_of(fresh)}
    execute, changed, new = [], [], []
    for key, entry in theirs.items():
        if entry["action"] not in WRITING:
            continue
        now = ours.get(key)
        why = _differs(entry, now)
        if why or now is None:
            changed.append({**entry, "reason": f"changed since it was approved: {why}"})
        else:
            execute.append(now)
    for key, entry in ours.items():
        if entry["action"] in WRITING and theirs.get(key, {}).get("action") not in WRITING:
            new.append({**entry, "reason": f"not in the approved plan: {entry['reason']}"})
    return execute, changed, new


def _differs(approved: Mapping[str, Any], now: Mapping[str, Any] | None) -> str:
    """In what a fresh planning differs from an approved entry, nothing where it does not."""
    if now is None:
        return "it is not found any more"
    if now["action"] != approved["action"]:
        return f"{approved['action']} was approved, and now it would be {now['action']}: {now['reason']}"
    drops, dropped = now.get("drop_reissue", False), approved.get("drop_reissue", False)
    if drops and not dropped:
        return "a reissue is under way, and dropping it was not approved"
    if now["domains"] != approved["domains"]:
        return f"it was for {listed(approved['domains'])}, and is for {listed(now['domains'])}"
    before, after = dict(approved["state"]), dict(now["state"])
    if dropped and not drops and before.get("status") == "reissue_pending" and after.get("status") == "issued":
        # A run that was interrupted has dropped the reissue.
        before["status"] = "issued"
    if _is_surer(before, after):
        # Somebody has looked since, or could resolve more names, which is more than was approved.
        for state in (before, after):
            state.pop("served", None)
            state.pop("unresolved", None)
    # As text, since Python takes 1 for true.
    facts = sorted(name for name in {*before, *after} if _exactly(before, name) != _exactly(after, name))
    if facts:
        return "; ".join(f"{name} was {_told(before, name)} and is {_told(after, name)}" for name in facts)
    if approved.get("request_id") != now.get("request_id"):
        return "another request waits for its approval"
    return ""


def _is_surer(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether more is known of what is served than when it was approved, or as much."""
    order = ("waived", "unresolved", "not_served")
    was, now = before.get("served"), after.get("served")
    if was not in order or now not in order:
        return False
    hidden = set(after.get("unresolved") or ()).difference(before.get("unresolved") or ())
    return order.index(now) > order.index(was) or (was == now and not hidden)


def _exactly(facts: Mapping[str, Any], name: str) -> str | None:
    return canonical(facts[name]) if name in facts else None


def _told(facts: Mapping[str, Any], name: str) -> str:
    return printable(shown(facts[name]), 100) if name in facts else "not said"


def guards(
    entries: Iterable[Mapping[str, Any]], limits: Mapping[str, Any], *, kind: str = "", approved: bool = False
) -> list[str]:
    """Why entries are too many, or too harmful, to be carried out; nothing where they are not.

    limits: max_changes, max_revocations, and expected_changes, None where it is not set. kind: of the plan, which tells
    what the options are called. approved: whether the plan was, or will be, approved before it is carried out.
    """
    changes = writes(entries)
    revocations = sum(entry["action"] == REVOKE for entry in changes)
    irreversible = sum(map(is_irreversible, changes))
    expected, count = limits.get("expected_changes"), len(changes)
    max_changes, max_revocations, exactly = (
        option_name(kind, name) for name in ("max_changes", "max_revocations", "expected_changes")
    )
    planned = f"{plural(count, 'change')} {'is' if count == 1 else 'are'} planned"
    reasons = []
    if count > limits["max_changes"]:
        reasons.append(f"{planned}, and {max_changes} is {limits['max_changes']}")
    if revocations > limits["max_revocations"]:
        what = (
            f"{plural(revocations, 'revocation')} {'is' if revocations == 1 else 'are'} planned, which is irreversible"
        )
        reasons.append(f"{what}, and {max_revocations} is {limits['max_revocations']}")
    if expected is not None and expected != count:
        reasons.append(f"{planned}, and {exactly} is {expected}, which has to be exact")
    if expected is None and irreversible > MANY and not approved:
        among = f" among {plural(count, 'change')}" if count > irreversible else ""
        what = f"{irreversible} irreversible changes{among} are planned"
        reasons.append(f"{what}, and {exactly} is not set: set it to {count} to confirm")
    return reasons


def window(now: datetime, not_before: str | None, not_after: str | None) -> str | None:
    """Why nothing may be changed at this time, None where it may. Raises PlanError.

    now: in UTC. not_before, not_after: ISO 8601, in UTC where they do not say; nothing for no limit.
    """
    opens, closes = _limit(not_before, "not_before"), _limit(not_after, "not_after")
    if opens and closes and opens >= closes:
        raise PlanError("the window never opens: not_after is not later than not_before")
    if opens and now < opens:
        return f"the window has not opened yet: it is {time_text(now)}, and not_before is {time_text(opens)}"
    if closes and now >= closes:
        return f"the window has closed: it is {time_text(now)}, and not_after is {time_text(closes)}"
    return None


def _limit(text: str | None, name: str) -> datetime | None:
    if not text:
        return None
    moment = moment_of(text)
    if moment is None:
        raise PlanError(f"{name} is no time such as 2026-12-31T22:00:00Z")
    return moment


def moment_of(value: Any) -> datetime | None:
    """An ISO 8601 time in UTC, None where it is none."""
    text = str(value).strip()
    return utc(text[:-1] + "Z" if text.endswith("z") else text)
