# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What became of the entries of a plan, from modules' results and from a look at the account. Pure, as the plan is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ._options import OptionError, domain_name
from ._orders import INELIGIBLE, plural
from ._plan import (
    CANCEL,
    CERTCENTRAL,
    DROP,
    LAPSE,
    MARK,
    NOTHING,
    REJECT,
    REVOKE,
    SERVERTASTIC,
    UNMARK,
    WAIT,
    WRITING,
    inert,
    orders_of,
    requests_of,
    shown,
    shown_order,
)

# What became of an entry.
PLANNED, DONE, UNCHANGED, PENDING_APPROVAL = "planned", "done", "unchanged", "pending_approval"
REFUSED, LEFT, FAILED, UNKNOWN, NOT_ATTEMPTED = "refused", "left", "failed", "unknown", "not_attempted"
WAITING = "waiting"
OUTCOMES = (LEFT, FAILED, UNKNOWN, REFUSED, PENDING_APPROVAL, NOT_ATTEMPTED, PLANNED, DONE, WAITING, UNCHANGED)
# Those that make a run fail at its end.
_FAILING = (FAILED, UNKNOWN, NOT_ATTEMPTED)
# What a module's outcome of one order comes to.
_COMES_TO = {
    "changed": DONE,
    "unchanged": UNCHANGED,
    "pending_approval": PENDING_APPROVAL,
    "ineligible": REFUSED,
    "missing": FAILED,
    "failed": FAILED,
    "unknown": UNKNOWN,
    "not_attempted": NOT_ATTEMPTED,
}
_UNCONFIRMED = "the change was acknowledged, but a look at the account did not confirm it"
# How an order shows, in lower case, that it has ended as an action ends it.
_ENDED = {CANCEL: ("canceled", "cancelled"), REJECT: ("rejected", "denied"), REVOKE: ("revoked", "cancelled")}
# Facts of a revocation that would fill pages.
_PARTS = ("certificates", "domains")
_GOOD = (DONE, UNCHANGED, PENDING_APPROVAL, PLANNED)


def _key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["provider"], entry["order"]


def _order(entry: Mapping[str, Any]) -> str:
    return f"order {shown_order(entry)}"


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
    """What became of entries, as a report tells it.

    results: of the modules that were run for them, in their order; one that was skipped may be among them.
    otherwise: the outcome of an entry that changes something and that no result tells of; reason: why, where that is
    not the entry's own reason. time: when they were run, ISO 8601. check_mode: whether nothing was really done.
    but: records of entries that are left out.
    """
    over = {_key(one) for one in but}
    steps = [(_rows(result), _failure(result)) for result in results if not result.get("skipped")]
    told = []
    for entry in (one for one in entries if _key(one) not in over):
        rows = [row for row in (_row(entry, *step) for step in steps) if row]
        if entry["action"] not in WRITING:
            told.append(_record(entry, {NOTHING: UNCHANGED, WAIT: WAITING}.get(entry["action"], LEFT)))
        elif rows:
            told.append(_carried_out(entry, rows, time, check_mode))
        else:
            told.append(_record(entry, otherwise, reason or entry["reason"], contact=str(entry.get("contact", ""))))
    return told


def _rows(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The rows of a module's result, by whatever names their orders."""
    rows: dict[str, Mapping[str, Any]] = {}
    for row in result.get("orders") or result.get("requests") or ():
        for name in ("order_digest", "order_id"):
            if row.get(name) is not None:
                rows.setdefault(str(row[name]), row)
        if row.get("request_id") is not None:
            rows.setdefault(f"request {row['request_id']}", row)
    return rows


def _failure(result: Mapping[str, Any]) -> str:
    """Why a module did not come as far as its orders, nothing where it did."""
    if result.get("orders") is not None or result.get("requests") is not None:
        return ""
    return str(result.get("msg") or "the task failed")


def _row(entry: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], failure: str) -> Mapping[str, Any] | None:
    row = rows.get(entry["order"]) or rows.get(f"request {entry.get('request_id')}")
    return {"outcome": "failed", "reason": failure} if row is None and failure else row


def _carried_out(
    entry: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], time: str, check_mode: bool
) -> dict[str, Any]:
    came_to = [_COMES_TO[row["outcome"]] for row in rows]
    bad = [number for number, outcome in enumerate(came_to) if outcome not in _GOOD]
    reasons = [str(row.get("reason") or "") for row in rows]
    if bad:
        outcome, reasons = came_to[bad[0]], reasons[bad[0] : bad[0] + 1]
    elif PENDING_APPROVAL in came_to:
        outcome = PENDING_APPROVAL
    else:
        outcome = DONE if DONE in came_to else UNCHANGED
    lives_on = any((row.get("after") or {}).get("auto_renew") for row in rows)
    if entry["action"] == LAPSE and outcome in _GOOD and lives_on:
        # Only a person can switch that off, and the reason says so.
        outcome = LEFT
    if check_mode and outcome in (DONE, PENDING_APPROVAL):
        outcome = PLANNED
    before, after = _difference(rows)
    return _record(
        entry,
        outcome,
        "; ".join(part for part in (*reasons, _hidden(entry)) if part and any(reasons)) or entry["reason"],
        before=before,
        after=after,
        contact=next((str(row["admin_email"]) for row in rows if row.get("admin_email")), ""),
        time="" if outcome in (PLANNED, NOT_ATTEMPTED) else time,
    )


def _hidden(entry: Mapping[str, Any]) -> str:
    """What was not known of a revocation when it was approved; its own reason says so already."""
    names = entry["state"].get("unresolved") or []
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}: does not resolve from this controller" if names else ""


def _difference(rows: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """What was otherwise before, and how it is now; where nothing changed, all that is told."""
    facts = [
        (name, shown((row.get("before") or {}).get(name)), shown((row.get("after") or {}).get(name)))
        for row in rows
        for name in {**(row.get("before") or {}), **(row.get("after") or {})}
        if name not in _PARTS
    ]
    told = [(name, was, now) for name, was, now in facts if was != now] or facts
    before, after = (f"{name}: {was}" for name, was, _now in told), (f"{name}: {now}" for name, _was, now in told)
    return "; ".join(before), "; ".join(after)


def _record(entry: Mapping[str, Any], outcome: str, reason: str | None = None, **more: str) -> dict[str, Any]:
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


def going_on(entries: Iterable[Mapping[str, Any]], results: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The entries whose first steps have come to a good end: their `orders`, as modules take them, and `requests`."""
    several = list(entries)
    told = outcomes(several, results)
    good = [entry for entry, one in zip(several, told) if one["outcome"] in _GOOD]
    return {"orders": orders_of(good), "requests": requests_of(good)}


def begun() -> dict[str, Any]:
    """A run that has changed nothing yet.

    records: what became of entries. proven: whether a change of it has been seen in the account. stopped: why nothing
    more may be changed, nothing where it may.
    """
    return {"records": [], "proven": False, "stopped": ""}


def carried_on(
    run: Mapping[str, Any],
    entries: Iterable[Mapping[str, Any]],
    results: Iterable[Mapping[str, Any]],
    *,
    time: str,
    check_mode: bool,
) -> dict[str, Any]:
    """A run after one more portion, whose first change has to be seen before a second one is made.

    results, time, check_mode: as in `outcomes`; no results where the run was stopped before.
    """
    why = run["stopped"] or "nobody tells what became of it"
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
        "stopped": run["stopped"] or _stops(records, run["proven"]),
    }


def _stops(records: Sequence[Mapping[str, Any]], proven: bool) -> str:
    for one in records:
        if one["outcome"] == NOT_ATTEMPTED:
            return str(one["reason"])
    for one in records:
        if one["outcome"] in (FAILED, UNKNOWN) and not proven:
            return f"the first change of the run did not succeed, {_order(one)}: {one['reason']}"
    return ""


# -- afterwards --------------------------------------------------------------------------------------------------------


def verified(records: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The records, or entries, whose orders are not as their action leaves them, or do not say.

    rows: of digicert_order_info, with or without details, and of servertastic_order_info; of several rows of one order
    the last counts.
    """
    known = _by_order(rows)
    return [one for one in records if not _is_as_left(one, known.get(one["order"], {}))]


def _by_order(rows: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        order = str(row.get("order_id", row.get("order_digest")))
        before = found.get(order, {})
        # Whether an order is marked stands in the list, in its page, or in both.
        marks = [one["is_renewed"] for one in (row, before) if one.get("is_renewed") is not None]
        found[order] = {**before, **row, **({"is_renewed": marks[0]} if marks else {})}
    return found


def _is_as_left(entry: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    action, status = entry["action"], str(row.get("status") or "")
    if entry["provider"] == SERVERTASTIC:
        return str(row.get("order_status") or "").lower() == "cancelled"
    if action == REJECT:
        request = _requests(row).get(entry.get("request_id"))
        return request["status"] == "rejected" if request else status in ("rejected", "denied")
    if action == DROP:
        reissues = [request for request in _requests(row).values() if request["type"] == "reissue"]
        dropped = not reissues or max(reissues, key=lambda one: one["request_id"])["status"] == "rejected"
        return dropped and status in ("issued", "renewed", "expired")
    if action == UNMARK and row.get("is_renewed") is None:
        # Neither the list nor its page says that it is marked, which some leave out where it is not.
        return "requests" in row
    if action in (MARK, UNMARK):
        return row.get("is_renewed") is (action == MARK)
    if action == LAPSE:
        return row.get("disable_renewal_notifications") is True and not row.get("auto_reissue")
    return status == {CANCEL: "canceled", REVOKE: "revoked"}.get(action, status)


def _requests(row: Mapping[str, Any]) -> dict[Any, Mapping[str, Any]]:
    return {request["request_id"]: request for request in row.get("requests") or ()}


def unseen(records: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]] = ()) -> dict[str, list[Any]]:
    """The orders to read, by provider, to find out whether they are as their action leaves them; rows: read so far.

    An order whose status is the same whether its reissue was dropped or issued has to be read whole, unless it was
    this run that dropped it. What Servertastic shows is minutes old, so it tells of earlier runs only.
    """
    several = [one for one in records if one["action"] in WRITING and one["outcome"] in (DONE, UNKNOWN, LEFT)]
    known = _by_order(rows)
    still = [
        one
        for one in several
        if not _is_as_left(one, known.get(one["order"], {}))
        or (one["outcome"] != DONE and one["action"] in (DROP, LAPSE) and "requests" not in known[one["order"]])
    ]
    slow = [one for one in still if one["provider"] == SERVERTASTIC and one["outcome"] == LEFT]
    return {
        CERTCENTRAL: orders_of(one for one in still if one["provider"] == CERTCENTRAL),
        SERVERTASTIC: orders_of(slow),
    }


def looked_at(
    records: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]], *, earlier: bool = False
) -> list[dict[str, Any]]:
    """Records after a look at the account.

    earlier: whether they are of orders with which this run did nothing, since they have changed since the plan was
    approved; what is as it should be was then done by an earlier run. Otherwise what cannot be seen is unknown.
    """
    several, rows = list(records), list(rows)
    missing = {_key(one) for one in verified(several, rows)}
    pending = {str(row.get("order_id")) for row in rows if _waits_for_revocation(row)}
    return [_after_a_look(one, _key(one) not in missing, one["order"] in pending, earlier) for one in several]


def _waits_for_revocation(row: Mapping[str, Any]) -> bool:
    return any(request["type"] == "revoke" for request in row.get("pending_requests") or ())


def _after_a_look(one: Mapping[str, Any], seen: bool, pending: bool, earlier: bool) -> dict[str, Any]:
    if one["action"] not in WRITING:
        return dict(one)
    if earlier:
        if seen:
            return {**one, "outcome": DONE, "reason": "it was done already, by an earlier run or by somebody else"}
        if one["action"] == REVOKE and pending:
            why = "its revocation was asked for already, and waits for an approval"
            return {**one, "outcome": PENDING_APPROVAL, "reason": why}
        return dict(one)
    if one["provider"] == SERVERTASTIC:
        # What it shows is minutes old.
        return dict(one)
    if one["outcome"] == DONE and not seen:
        return {**one, "outcome": UNKNOWN, "reason": _UNCONFIRMED}
    if one["outcome"] == UNKNOWN and seen:
        return {**one, "outcome": DONE, "reason": "a later read shows the change"}
    return dict(one)


def summary(records: Iterable[Mapping[str, Any]], violations: Sequence[str] = ()) -> dict[str, Any]:
    """How a run went: `outcomes`, the records for a report, and `result`: `counts`, `failed`, and `msg`, a sentence.

    violations: why nothing at all was done.
    """
    told = [
        {**{name: value for name, value in one.items() if name != "request_id"}, "order": shown_order(one)}
        for one in records
    ]
    counted = Counter(one["outcome"] for one in told)
    counts = {"total": len(told), **{outcome: counted[outcome] for outcome in OUTCOMES}}
    parts = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome])
    msg = f"{plural(len(told), 'order')}: {parts}" if told else "no orders"
    failing = [one for outcome in _FAILING for one in told if one["outcome"] == outcome]
    if failing:
        msg += f"; the first that failed: order {failing[0]['order']}: {failing[0]['reason']}"
    if violations:
        msg = f"nothing was changed: {'; '.join(violations)}"
    return {"outcomes": told, "result": {"counts": counts, "failed": bool(failing or violations), "msg": msg}}


def changed_since(entry: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """In what an order differs from what its entry rests on, just before it is ended; empty where it does not.

    row: as in `sheet`, read just now. An order that has ended meanwhile as it is to end is no difference, as nothing is
    sent for it. The names of a plan's revocation include those of other certificates.
    """
    state = entry["state"]
    theirs = entry["provider"] == SERVERTASTIC
    status = str(row.get("order_status" if theirs else "status") or "")
    if status.lower() in _ENDED.get(entry["action"], ()):
        return ""
    names = {inert(_spelled(name)) for name in (row.get("domain_name"), *(row.get("domains") or ())) if name}
    planned = {_spelled(name) for name in entry["domains"]}
    facts = (("status", status), ("product", row.get("product_name_id")), ("is_migrated", row.get("is_migrated")))
    found = [(name, state[name], now) for name, now in facts if name in state and now is not None]
    differs = [
        f"its {name} was {shown(before)} and is {shown(now)}"
        for name, before, now in found
        if before != inert_within(now)
    ]
    # Whoever plans may list the common name, which can be no domain name, among the names.
    gone = planned - names - {inert(_spelled(row.get("common_name") or ""))}
    if names - planned or (gone and entry["action"] != REVOKE):
        differs.append(
            f"its names were {', '.join(sorted(planned)) or 'none'} and are {', '.join(sorted(names)) or 'none'}"
        )
    serials = state.get("certificates")
    if serials is not None and row.get("serial_number") not in serials:
        differs.append(f"its present certificate, {row.get('serial_number') or 'none'}, is not among those of the plan")
    return "; ".join(differs)


def _spelled(name: Any) -> str:
    """A name as DNS spells it, or in lower case where it cannot be spelled so."""
    lower = str(name).strip().lower().rstrip(".")
    try:
        return lower if lower.isascii() else domain_name(lower, "")
    except OptionError:
        return lower


def sheets(
    entries: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]], *, ticket: str, sha256: str, time: str
) -> dict[str, tuple[str, str]]:
    """Re-order sheets for entries, by order, of those that are among the rows; see `sheet`."""
    known = {str(row.get("order_id") or row.get("order_digest")): row for row in rows}
    more = {"ticket": ticket, "sha256": sha256, "time": time}
    return {entry["order"]: sheet(known[entry["order"]], entry, **more) for entry in entries if entry["order"] in known}


def has_sheet(entry: Mapping[str, Any], saved: bool, differs: str = "") -> dict[str, Any]:
    """What came of saving a sheet, as a module tells of an order: it is one of the steps that are made for it.

    differs: what `changed_since` found.
    """
    key = "order_id" if entry["provider"] == CERTCENTRAL else "order_digest"
    outcome, reason = (UNCHANGED, "") if saved else (FAILED, "nothing was changed, as its details cannot be read")
    if differs:
        outcome, reason = INELIGIBLE, f"changed since it was planned: {differs}; nothing was changed, plan again"
    return {key: entry["order"], "outcome": outcome, "reason": reason}


def sheet(row: Mapping[str, Any], entry: Mapping[str, Any], *, ticket: str, sha256: str, time: str) -> tuple[str, str]:
    """A re-order sheet, as the name of a file and its text: what it takes to order again what was ended by mistake.

    row: of digicert_order_info with details, or of servertastic_order_info.
    """
    names = ("order_id", "order_ref", "order_digest", "reseller_order_id", "status", "order_status", "common_name")
    more = ("domain_name", "domains", "product_name_id", "product_name", "product_code", "organization_id")
    rest = ("organization_name", "container_id", "container_name", "valid_from", "valid_till", "order_valid_till")
    last = ("is_multi_year_plan", "serial_number", "renewal_of_order_id", "expiry_date", "csr")
    told = {
        "saved_at": time,
        "because": entry["action"],
        "ticket": ticket,
        "plan_sha256": sha256,
        "provider": entry["provider"],
        **{name: inert_within(row[name]) for name in (*names, *more, *rest, *last) if row.get(name) not in (None, "")},
    }
    # A digest's first digits, which people are shown, could be those of two orders.
    return f"reorder-{entry['provider']}-{entry['order']}.json", json.dumps(told, indent=1) + "\n"
