# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Which entries of an approved plan may be carried out now: comparison with a fresh plan, guards, time window.

Pure: no I/O, no clock, no Ansible.
"""

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

# A run without an approval may make this many irreversible changes. For more, the user must set expected_changes to the
# exact number of changes.
MANY = 25
# The guards that limit the changes of a plan, by the options of order_plan and the variables of the roles.
LIMITS: dict[str, dict[str, Any]] = {
    "max_changes": {"type": "int", "default": 25},
    "max_revocations": {"type": "int", "default": 0},
    "expected_changes": {"type": "int"},
}
# Those, and the window.
GUARDS: dict[str, dict[str, Any]] = {
    **LIMITS,
    "not_before": {"type": "str", "default": ""},
    "not_after": {"type": "str", "default": ""},
}


# -- before the first change -------------------------------------------------------------------------------------------


def agreed(
    approved: Iterable[Mapping[str, Any]], fresh: Iterable[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Compare the entries of the approved plan with those of a fresh plan. Raises PlanError.

    Returns three lists: the fresh entries to carry out, which are the same in both plans; the approved entries that
    have changed since the approval, with the difference as their reason; the fresh entries that were not approved.
    Entries without a change are left out.
    """
    approved_by_key = {entry_key(entry): entry for entry in entries_of(approved)}
    fresh_by_key = {entry_key(entry): entry for entry in entries_of(fresh)}
    execute, changed, new = [], [], []
    for key, entry in approved_by_key.items():
        if entry["action"] not in WRITING:
            continue
        # An order that the fresh plan does not have may be ended, or may not be readable by this key.
        now = fresh_by_key.get(key)
        why = _difference(entry, now)
        if why or now is None:
            changed.append({**entry, "reason": f"changed since the approval: {why}"})
        else:
            execute.append(now)
    # An order that the approved plan only reports is not approved for a change.
    for key, entry in fresh_by_key.items():
        if entry["action"] in WRITING and approved_by_key.get(key, {}).get("action") not in WRITING:
            new.append({**entry, "reason": f"not in the approved plan: {entry['reason']}"})
    return execute, changed, new


def _difference(approved: Mapping[str, Any], now: Mapping[str, Any] | None) -> str:
    """Return how the fresh entry differs from the approved one, an empty string if it does not.

    approved: the entry of the approved plan. now: the fresh entry of the same order, None if there is none. The reason,
    the contact and the name for display may differ.
    """
    if now is None:
        return "the order was not found"
    if now["action"] != approved["action"]:
        return f"the approved action was {approved['action']}, and is now {now['action']}: {now['reason']}"
    # An approved drop_reissue that is no longer necessary is no difference: the run then makes one change less.
    drops, dropped = now.get("drop_reissue"), approved.get("drop_reissue")
    if drops and not dropped:
        return "a reissue is pending, and dropping it was not approved"
    # Another set of names is another risk, also with the same action.
    if now["domains"] != approved["domains"]:
        return f"its names were {listed(approved['domains'])} and are {listed(now['domains'])}"
    before, after = dict(approved["state"]), dict(now["state"])
    if dropped and not drops and before.get("status") == "reissue_pending" and after.get("status") == "issued":
        # An interrupted run of this plan has dropped the reissue, so the changed status is expected.
        before["status"] = "issued"
    if _is_verified_better(before, after):
        # The fresh plan verified more than the approver accepted, so the remaining facts decide.
        for state in (before, after):
            del state["served"]
            state.pop("unresolved", None)
    # Compared as JSON text, because 1 == True in Python.
    facts = sorted(name for name in {*before, *after} if _canonical_fact(before, name) != _canonical_fact(after, name))
    if facts:
        return "; ".join(f"{name} was {_shown_fact(before, name)} and is {_shown_fact(after, name)}" for name in facts)
    # Rejecting another request would be a change that was not approved.
    if approved.get("request_id") != now.get("request_id"):
        return "another request waits for approval"
    return ""


def _is_verified_better(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Return whether the fresh plan verified at least as well as the approved one that no certificate is served."""
    # From the weakest verification to the strongest.
    strength = ("waived", "unresolved", "not_served")
    was, now = before.get("served"), after.get("served")
    if was not in strength or now not in strength:
        return False
    # With the same result, no additional name may be unresolved.
    newly_unresolved = set(after.get("unresolved") or ()).difference(before.get("unresolved") or ())
    return strength.index(now) > strength.index(was) or (was == now and not newly_unresolved)


def _canonical_fact(facts: Mapping[str, Any], name: str) -> str | None:
    return canonical(facts[name]) if name in facts else None


def _shown_fact(facts: Mapping[str, Any], name: str) -> str:
    return printable(shown(facts[name]), 100) if name in facts else "not set"


def guards(
    entries: Iterable[Mapping[str, Any]], limits: Mapping[str, Any], *, kind: str = "", approved: bool = False
) -> list[str]:
    """Return the reasons why the entries exceed the limits of the user, an empty list if they do not.

    limits: max_changes, max_revocations and expected_changes; the last is None if it is not set. kind: the kind of the
    plan, for the names of the role variables. approved: whether the plan was or will be approved before it is carried
    out.
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
        reasons.append(f"{planned}, and {max_changes} is {limits['max_changes']}: set it to {count} to confirm")
    if revocations > limits["max_revocations"]:
        what = f"{plural(revocations, 'irreversible revocation')} {'is' if revocations == 1 else 'are'} planned"
        limit = limits["max_revocations"]
        reasons.append(f"{what}, and {max_revocations} is {limit}: set it to {revocations} to confirm")
    # The number must be exact, also for fewer changes: it shows that the user knows the result.
    if expected is not None and expected != count:
        reasons.append(f"{planned}, and {exactly} is {expected}: set it to {count} to confirm")
    # An approver has already confirmed the number of changes.
    if expected is None and irreversible > MANY and not approved:
        among = f" among {plural(count, 'change')}" if count > irreversible else ""
        what = f"{irreversible} irreversible changes{among} are planned"
        reasons.append(f"{what}, and {exactly} is not set: set it to {count} to confirm")
    return reasons


def window(now: datetime, not_before: str | None, not_after: str | None, *, kind: str = "") -> str | None:
    """Return why no change is allowed at this time, None if changes are allowed. Raises PlanError.

    now: in UTC. not_before, not_after: ISO 8601 times, in UTC if they have no time zone; empty or None for no limit.
    not_after itself is outside the window. kind: the kind of the plan, for the names of the role variables.
    """
    before, after = option_name(kind, "not_before"), option_name(kind, "not_after")
    opens, closes = _parse_limit(not_before, before), _parse_limit(not_after, after)
    # A window that can never open is a mistake of the user, so it is an error and no refusal.
    if opens and closes and opens >= closes:
        raise PlanError(f"the maintenance window never opens: {after} must be later than {before}")
    if opens and now < opens:
        return f"the maintenance window opens later: it is {time_text(now)}, and {before} is {time_text(opens)}"
    if closes and now >= closes:
        return f"the maintenance window has closed: it is {time_text(now)}, and {after} is {time_text(closes)}"
    return None


def _parse_limit(text: str | None, name: str) -> datetime | None:
    if not text:
        return None
    moment = moment_of(text)
    if moment is None:
        raise PlanError(f"{name} must be a time such as 2026-12-31T22:00:00Z")
    return moment


def moment_of(value: Any) -> datetime | None:
    """Parse an ISO 8601 time and return it in UTC, None if it is not valid."""
    # `utc` accepts only an uppercase Z.
    text = str(value).strip()
    return utc(text[:-1] + "Z" if text.endswith("z") else text)
