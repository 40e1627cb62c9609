# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The outcome of each plan entry, from the results of the modules. Pure: no I/O, no clock, no Ansible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._common.actions import ACTIONS
from .._common.providers import PROVIDERS, order_of
from .._common.text import plural
from .actions import (
    KEEP,
    LAPSE,
    NOTHING,
    WAIT,
    WRITING,
    entry_key,
    order_label,
    orders_of,
    requests_of,
    shown,
    shown_order,
)
from .text import inert, listed

# The outcomes of an entry.
PLANNED, DONE, UNCHANGED, PENDING_APPROVAL = "planned", "done", "unchanged", "pending_approval"
REFUSED, LEFT, FAILED, UNKNOWN, NOT_ATTEMPTED = "refused", "left", "failed", "unknown", "not_attempted"
WAITING = "waiting"
OUTCOMES = (LEFT, FAILED, UNKNOWN, REFUSED, PENDING_APPROVAL, NOT_ATTEMPTED, PLANNED, DONE, WAITING, UNCHANGED)
# The outcomes that make the run fail at its end.
_FAILING = (FAILED, UNKNOWN, NOT_ATTEMPTED)
# The outcome of an entry, by the outcome that a module returns for the order.
_OUTCOME_OF_MODULE = {
    "changed": DONE,
    "unchanged": UNCHANGED,
    "pending_approval": PENDING_APPROVAL,
    "ineligible": REFUSED,
    "missing": FAILED,
    "failed": FAILED,
    "unknown": UNKNOWN,
    "not_attempted": NOT_ATTEMPTED,
}
UNCONFIRMED = "the service acknowledged the change, but a later read does not show it: check the order"
# Lists of a revocation that are too long for a report.
_LONG_FACTS = ("certificates", "domains")
# What a change is called before and after it.
_TO_DO = {name: action.to_do for name, action in ACTIONS.items()}
_CHANGED = {name: action.changed for name, action in ACTIONS.items()}
# The outcomes of the second sentence of a message, the most urgent first.
_OTHER_OUTCOMES = {
    FAILED: "failed",
    UNKNOWN: "with an unknown outcome",
    NOT_ATTEMPTED: "not attempted",
    REFUSED: "refused",
    LEFT: "for manual review",
    WAITING: "waiting for a later run",
    KEEP: "kept (report only)",
    "already done": "already done",
    UNCHANGED: "unchanged",
}
_GOOD = (DONE, UNCHANGED, PENDING_APPROVAL, PLANNED)


def outcomes(
    entries: Iterable[Mapping[str, Any]],
    results: Iterable[Mapping[str, Any]] = (),
    *,
    otherwise: str = PLANNED,
    reason: str = "",
    time: str = "",
    check_mode: bool = False,
    but: Iterable[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Return a record with the outcome of each entry, for the report.

    results: the results of the modules that ran for the entries, in the order of the tasks; skipped ones are ignored.
    otherwise: the outcome of an entry with a change that is in no result; reason: the reason for it, by default that of
    the entry. time: the time of the run, ISO 8601. check_mode: whether the modules ran in check mode. but: records of
    entries to leave out.
    """
    excluded = {entry_key(one) for one in but}
    steps = [(_rows(result), _failure(result)) for result in results if not result.get("skipped")]
    records = []
    for entry in (one for one in entries if entry_key(one) not in excluded):
        rows = [row for row in (_row(entry, *step) for step in steps) if row]
        if entry["action"] not in WRITING:
            records.append(_record(entry, {NOTHING: UNCHANGED, WAIT: WAITING}.get(entry["action"], LEFT)))
        elif rows:
            records.append(_carried_out(entry, rows, time, check_mode))
        else:
            records.append(_record(entry, otherwise, reason or entry["reason"], contact=str(entry.get("contact", ""))))
    return records


def _rows(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the rows of a module's result by order id, by digest, and by request id."""
    rows: dict[str, Mapping[str, Any]] = {}
    for row in result.get("orders") or result.get("requests") or ():
        order = order_of(row)
        if order:
            rows.setdefault(order, row)
        if row.get("request_id") is not None:
            rows.setdefault(f"request {row['request_id']}", row)
    return rows


def _failure(result: Mapping[str, Any]) -> str:
    """Return why a module returned no rows, an empty string if it did."""
    if result.get("orders") is not None or result.get("requests") is not None:
        return ""
    return str(result.get("msg") or "the task failed")


def _row(entry: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], failure: str) -> Mapping[str, Any] | None:
    # A module that failed before its first order returns no rows: the failure is the outcome of each entry.
    row = rows.get(entry["order"]) or rows.get(f"request {entry.get('request_id')}")
    return {"outcome": "failed", "reason": failure} if row is None and failure else row


def _carried_out(
    entry: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], time: str, check_mode: bool
) -> dict[str, Any]:
    """Return the record of an entry from the rows of its module calls: the first failure decides."""
    outcomes_of_rows = [_OUTCOME_OF_MODULE[row["outcome"]] for row in rows]
    bad = [number for number, outcome in enumerate(outcomes_of_rows) if outcome not in _GOOD]
    reasons = [str(row.get("reason") or "") for row in rows]
    if bad:
        outcome, reasons = outcomes_of_rows[bad[0]], reasons[bad[0] : bad[0] + 1]
    elif PENDING_APPROVAL in outcomes_of_rows:
        outcome = PENDING_APPROVAL
    else:
        outcome = DONE if DONE in outcomes_of_rows else UNCHANGED
    renews_automatically = any((row.get("after") or {}).get("auto_renew") for row in rows)
    if entry["action"] == LAPSE and outcome in _GOOD and renews_automatically:
        # Only the CertCentral console can turn off auto_renew, so the order needs manual review.
        outcome = LEFT
    # In check mode the modules report the change that they would make.
    if check_mode and outcome in (DONE, PENDING_APPROVAL):
        outcome = PLANNED
    before, after = _difference(rows)
    filed = next((row["revocation_request_id"] for row in rows if row.get("revocation_request_id")), None)
    return _record(
        {"request_id": filed, **entry},
        outcome,
        "; ".join(part for part in (*reasons, _unresolved_names(entry)) if part and any(reasons)) or entry["reason"],
        before=before,
        after=after,
        contact=next((str(row["admin_email"]) for row in rows if row.get("admin_email")), ""),
        time="" if outcome in (PLANNED, NOT_ATTEMPTED) else time,
    )


def _unresolved_names(entry: Mapping[str, Any]) -> str:
    """Return the names that did not resolve when the revocation was planned; the planned reason already has them."""
    # A plan that was written by hand can have any value.
    found = entry["state"].get("unresolved")
    names = [str(name) for name in found] if isinstance(found, list) else []
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"names that do not resolve from this controller: {', '.join(names[:3])}{more}" if names else ""


def _difference(rows: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the facts that changed, before and after; all facts if none changed.

    A fact that only one of the two reads has did not change: it was not read.
    """
    facts = []
    for row in rows:
        before, after = row.get("before") or {}, row.get("after") or {}
        names = [name for name in before if name in after] if before and after else [*before, *after]
        facts += [(name, shown(before.get(name)), shown(after.get(name))) for name in names if name not in _LONG_FACTS]
    records = [(name, was, now) for name, was, now in facts if was != now] or facts
    before_text, after_text = (
        (f"{name}: {was}" for name, was, _now in records),
        (f"{name}: {now}" for name, _was, now in records),
    )
    return "; ".join(before_text), "; ".join(after_text)


def _record(entry: Mapping[str, Any], outcome: str, reason: str | None = None, **more: str) -> dict[str, Any]:
    """Return the record of an entry. All strings of services are made inert, so that no template is evaluated."""
    own: dict[str, Any] = {"before": _facts(entry["state"]), "after": "", "contact": "", "time": "", **more}
    if outcome == LEFT and not more.get("contact"):
        own["contact"] = str(entry.get("contact", ""))
    record = {
        "provider": entry["provider"],
        "order": entry["order"],
        "name": entry["name"],
        "domains": list(entry["domains"]),
        "action": entry["action"],
        "outcome": outcome,
        "reason": inert(entry["reason"] if reason is None else reason),
        **{name: inert(value) for name, value in own.items()},
    }
    return {**record, **({"request_id": entry["request_id"]} if entry.get("request_id") else {})}


def _facts(state: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {shown(value)}" for name, value in state.items() if not isinstance(value, (list, dict)))


def continuing(entries: Iterable[Mapping[str, Any]], results: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return `orders` and `requests` of the entries whose first steps succeeded, as the modules accept them."""
    planned = list(entries)
    records = outcomes(planned, results)
    good = [entry for entry, one in zip(planned, records) if one["outcome"] in _GOOD]
    return {"orders": orders_of(good), "requests": requests_of(good)}


def new_run() -> dict[str, Any]:
    """Return the state of a run before its first change.

    records: the outcomes of the entries so far. proven: whether one change of the run has succeeded. stopped: why no
    further change is allowed, empty if changes are allowed.
    """
    return {"records": [], "proven": False, "stopped": ""}


def after_batch(
    run: Mapping[str, Any],
    entries: Iterable[Mapping[str, Any]],
    results: Iterable[Mapping[str, Any]],
    *,
    time: str,
    check_mode: bool,
) -> dict[str, Any]:
    """Return the state of a run after one more batch. If the first change of the run does not succeed, the run stops.

    results, time, check_mode: as in `outcomes`; results is empty if the run was stopped before the batch.
    """
    # An entry without a result has an unknown outcome, unless the batch did not run.
    why = run["stopped"] or "the module returned no result for the order: check it"
    records = outcomes(
        entries,
        results,
        otherwise=NOT_ATTEMPTED if run["stopped"] else UNKNOWN,
        reason=why,
        time=time,
        check_mode=check_mode,
    )
    return {
        "records": [*run["records"], *records],
        "proven": run["proven"] or any(one["outcome"] in (DONE, PENDING_APPROVAL, PLANNED) for one in records),
        "stopped": run["stopped"] or _stop_reason(records, run["proven"]),
    }


def _stop_reason(records: Sequence[Mapping[str, Any]], proven: bool) -> str:
    """Return why the run must stop after these records, an empty string if it can continue."""
    # A module has stopped by itself, for example after a signal.
    for one in records:
        if one["outcome"] == NOT_ATTEMPTED:
            return str(one["reason"])
    for one in records:
        if one["outcome"] in (FAILED, UNKNOWN) and not proven:
            return f"the run stopped because its first change did not succeed: {order_label(one)}: {one['reason']}"
    return ""


# -- the result of a run -----------------------------------------------------------------------------------------------


def summary(records: Iterable[Mapping[str, Any]], violations: Sequence[str] = ()) -> dict[str, Any]:
    """Return the summary of a run: `outcomes`, the records for the report, and `result` with `counts`, `failed`, `msg`.

    violations: the reasons why the run made no change at all.
    """
    records = [{**one, "order": shown_order(one)} for one in records]
    counted = Counter(one["outcome"] for one in records)
    counts = {"total": len(records), **{outcome: counted[outcome] for outcome in OUTCOMES}}
    failed = bool(violations) or any(counts[outcome] for outcome in _FAILING)
    result = {"counts": counts, "failed": failed, "msg": message(records, violations)}
    return {"outcomes": records, "result": result}


def message(records: Sequence[Mapping[str, Any]], violations: Sequence[str] = (), *, report: str = "") -> str:
    """Return what happened to the orders of a run in at most two sentences, without a full stop at the end.

    The first sentence has what was changed, is planned, or waits for an approval; the second one has the other
    outcomes, the first failure and the report. records, violations: as in `summary`, with orders for display. report:
    the path of the report, empty for none.
    """
    where = [f"report: {report}"] if report else []
    if violations:
        return "; ".join([f"no order was changed: {'; '.join(violations)}", *where])
    if not records:
        return "; ".join(["nothing to do: there are no orders", *where])
    if all(map(_was_done_before, records)):
        all_orders = f"all {len(records)} orders are" if len(records) > 1 else f"{order_label(records[0])} is"
        return "; ".join([f"nothing to do: {all_orders} already in the planned state", *where])
    first = [*_planned_changes(records), *_changes(records), *_approvals(records)]
    second = [part for part in (_other_outcomes(records), _failures(records), *where) if part]
    text = "; ".join(first or [_no_changes(records)])
    more = "; ".join(second)
    return f"{text}. {more[0].upper()}{more[1:]}" if more else text


def shortened(records: Iterable[Mapping[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    """Return the most important facts of records for the result of a task, the most urgent ones first.

    Failures have their reason as well. limit: the maximum number of records, None for all of them.
    """
    # Sorted by outcome; the order within an outcome stays. Manual review is a failure of no run, so it comes later.
    urgent = (*_FAILING, REFUSED, PENDING_APPROVAL, DONE, PLANNED)
    ranked = sorted(records, key=lambda one: urgent.index(one["outcome"]) if one["outcome"] in urgent else len(urgent))
    return [_in_short(one) for one in ranked[:limit]]


def _in_short(one: Mapping[str, Any]) -> dict[str, Any]:
    names = ("provider", "order", "action", "outcome", "request_id", "reason")
    wanted = names if one["outcome"] in (*_FAILING, REFUSED) else names[:-1]
    return {name: one[name] for name in wanted if name in one}


def _was_done_before(one: Mapping[str, Any]) -> bool:
    """Return whether the order was in the planned state before this run."""
    # Only a change of this run has a time.
    return one["outcome"] == UNCHANGED or (one["outcome"] == DONE and not one["time"])


def _by_action(records: Iterable[Mapping[str, Any]], labels: Mapping[str, str], always: Iterable[str] = ()) -> str:
    """Return the number of records for each action, without actions that have none."""
    counts = Counter(one["action"] for one in records)
    return ", ".join(f"{counts[action]} {labels[action]}" for action in WRITING if counts[action] or action in always)


def _no_changes(records: Sequence[Mapping[str, Any]]) -> str:
    return f"no changes among {plural(len(records), 'order')}"


def _planned_changes(records: Sequence[Mapping[str, Any]]) -> list[str]:
    several = [one for one in records if one["outcome"] == PLANNED]
    if not several:
        return []
    changes = f"{plural(len(several), 'change')} among {plural(len(records), 'order')}"
    return [f"planned: {changes} ({_by_action(several, _TO_DO)})"]


def _changes(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what this run changed. Zero revocations are counted if a revocation waits for an approval."""
    several = [one for one in records if one["outcome"] == DONE and not _was_done_before(one)]
    waits = [one["action"] for one in records if one["outcome"] == PENDING_APPROVAL]
    text = _by_action(several, _CHANGED, waits)
    return [text] if text else []


def _approvals(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return which requests wait, and for whom."""
    parts = []
    for name, provider in PROVIDERS.items():
        waits = [one for one in records if one["outcome"] == PENDING_APPROVAL and one["provider"] == name]
        ids = [str(one[provider.waiting_key]) for one in waits if one.get(provider.waiting_key)]
        if waits:
            text = provider.waiting[len(waits) > 1]
            parts.append(text.format(count=len(waits), orders=f" ({listed(ids)})" if ids else ""))
    return [*parts, "the certificates are still valid"] if parts else []


def _other_outcomes(records: Sequence[Mapping[str, Any]]) -> str:
    """Return the number of records by outcome, without those of the first sentence."""
    counts = Counter(
        "already done" if one["outcome"] == DONE else KEEP if one["action"] == KEEP else one["outcome"]
        for one in records
        if one["outcome"] not in (PLANNED, PENDING_APPROVAL) and (one["outcome"] != DONE or _was_done_before(one))
    )
    return ", ".join(f"{counts[name]} {label}" for name, label in _OTHER_OUTCOMES.items() if counts[name])


def _failures(records: Sequence[Mapping[str, Any]]) -> str:
    failing = [one for outcome in _FAILING for one in records if one["outcome"] == outcome]
    if not failing:
        return ""
    more = f" (and {len(failing) - 1} more of {plural(len(records), 'order')})" if len(failing) > 1 else ""
    return f"first failure: {order_label(failing[0])}: {failing[0]['reason']}{more}"
