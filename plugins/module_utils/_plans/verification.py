# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Verification: whether a later read of the orders shows the changes of a plan. Pure: no I/O, no clock, no Ansible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._common.options import OptionError, domain_name
from .._common.providers import PROVIDERS, order_of
from .._common.text import inert_within
from .actions import (
    CANCEL,
    DROP,
    ENDED_STATUSES,
    LAPSE,
    MARK,
    REJECT,
    REVOKE,
    UNMARK,
    WRITING,
    entry_key,
    orders_of,
    shown,
)
from .outcomes import DONE, LEFT, PENDING_APPROVAL, UNCONFIRMED, UNKNOWN
from .text import inert

# -- after the changes -------------------------------------------------------------------------------------------------


def verified(records: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the records, or entries, whose orders do not show their action.

    rows: rows of digicert_order_info, with or without details, and of servertastic_order_info; for several rows of one
    order the last value counts.
    """
    known = _by_order(rows)
    return [one for one in records if not _shows_action(one, known.get(one["order"], {}))]


def _by_order(rows: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        order = order_of(row)
        before = found.get(order, {})
        # The renewed mark can be in the list, in the details, or in both.
        marks = [one["is_renewed"] for one in (row, before) if one.get("is_renewed") is not None]
        found[order] = {**before, **row, **({"is_renewed": marks[0]} if marks else {})}
    return found


def _shows_action(entry: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Return whether the row of an order shows the result of the action of an entry."""
    provider = PROVIDERS[entry["provider"]]
    action, status = entry["action"], str(row.get(provider.status_key) or "")
    if provider.ended:
        return status.lower() == provider.ended
    if action == REJECT:
        request = _requests(row).get(entry.get("request_id"))
        return request["status"] == "rejected" if request else status in ("rejected", "denied")
    if action == DROP:
        # The latest reissue request decides. After the rejection the order is issued again.
        reissues = [request for request in _requests(row).values() if request["type"] == "reissue"]
        dropped = not reissues or max(reissues, key=lambda one: one["request_id"])["status"] == "rejected"
        return dropped and status in ("issued", "renewed", "expired")
    if action == UNMARK and row.get("is_renewed") is None:
        # An omitted field means "not marked" only if the order was read with details.
        return "requests" in row
    if action in (MARK, UNMARK):
        return row.get("is_renewed") is (action == MARK)
    if action == LAPSE:
        return row.get("disable_renewal_notifications") is True and not row.get("auto_reissue")
    return status == {CANCEL: "canceled", REVOKE: "revoked"}.get(action, status)


def _requests(row: Mapping[str, Any]) -> dict[Any, Mapping[str, Any]]:
    return {request["request_id"]: request for request in row.get("requests") or ()}


def unverified(records: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]] = ()) -> dict[str, list[Any]]:
    """Return by provider the orders that must be read to verify their records. rows: the rows that were read so far.

    The status of an order is the same after its reissue was dropped and after it was issued, so such an order must be
    read with details, unless this run dropped the reissue. A provider that shows changes late can verify only those of
    earlier runs.
    """
    selected = [one for one in records if one["action"] in WRITING and one["outcome"] in (DONE, UNKNOWN, LEFT)]
    known = _by_order(rows)
    open_records = [
        one
        for one in selected
        if not _shows_action(one, known.get(one["order"], {}))
        or (one["outcome"] != DONE and one["action"] in (DROP, LAPSE) and "requests" not in known[one["order"]])
    ]
    return {
        name: orders_of(
            one
            for one in open_records
            if one["provider"] == name and (provider.shows_changes or one["outcome"] == LEFT)
        )
        for name, provider in PROVIDERS.items()
    }


def reconciled(
    records: Iterable[Mapping[str, Any]],
    rows: Iterable[Mapping[str, Any]],
    *,
    earlier: bool = False,
    unreadable: str = "",
) -> list[dict[str, Any]]:
    """Return the records with the outcomes that a fresh read of the orders shows.

    earlier: whether the records are of orders that this run did not change, because they changed after the approval. An
    order that shows its action was then changed by an earlier run or by another user. If earlier is false, a change
    that the rows do not show has the outcome unknown. unreadable: why rows are missing, if the read failed.
    """
    selected, rows = list(records), list(rows)
    missing = {entry_key(one) for one in verified(selected, rows)}
    pending = {str(row.get("order_id")): _revocation_request(row) for row in rows if _revocation_request(row)}
    return [
        _verified_record(one, entry_key(one) not in missing, pending.get(one["order"], 0), earlier, unreadable)
        for one in selected
    ]


def _revocation_request(row: Mapping[str, Any]) -> int:
    """Return the id of the first revocation request of an order that waits for approval, 0 if there is none."""
    waits = (one["request_id"] for one in row.get("pending_requests") or () if one["type"] == "revoke")
    return int(next(waits, 0))


def _verified_record(
    one: Mapping[str, Any], is_shown: bool, request_id: int, earlier: bool, unreadable: str
) -> dict[str, Any]:
    if one["action"] not in WRITING:
        return dict(one)
    if earlier:
        if is_shown:
            return {**one, "outcome": DONE, "reason": "an earlier run or another user already made the change"}
        if one["action"] == REVOKE and request_id:
            why = f"revocation request {request_id}, which was filed before this run, waits for approval"
            return {**one, "outcome": PENDING_APPROVAL, "reason": why, "request_id": request_id}
        return dict(one)
    if not PROVIDERS[one["provider"]].shows_changes:
        return dict(one)
    if one["outcome"] == DONE and not is_shown:
        why = f"the service acknowledged the change, but it could not be verified: {unreadable}" if unreadable else ""
        return {**one, "outcome": UNKNOWN, "reason": why or UNCONFIRMED}
    if one["outcome"] == UNKNOWN and is_shown:
        return {**one, "outcome": DONE, "reason": "a later read shows the change"}
    return dict(one)


def changed_since(entry: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Return how an order differs from its plan entry directly before it is ended, an empty string if it does not.

    row: as in `sheet`, read directly before. An order that has ended in the planned way is no difference, because the
    run sends nothing for it. The planned names of a revocation include the names of duplicates and earlier
    certificates, so the row may have fewer.
    """
    state, request = entry["state"], entry.get("request_id")
    # The request is settled by its id alone, so it must be one of this order, whatever its status is.
    if entry["action"] == REJECT and request is not None and request not in _requests(row):
        return f"request {request} is not a request of it"
    status = str(row.get(PROVIDERS[entry["provider"]].status_key) or "")
    if status.lower() in ENDED_STATUSES.get(entry["action"], ()):
        return ""
    names = {inert(_dns_spelling(name)) for name in (row.get("domain_name"), *(row.get("domains") or ())) if name}
    planned = {_dns_spelling(name) for name in entry["domains"]}
    facts = (("status", status), ("product", row.get("product_name_id")), ("is_migrated", row.get("is_migrated")))
    found = [(name, state[name], now) for name, now in facts if name in state and now is not None]
    differs = [
        f"its {name} was {shown(before)} and is {shown(now)}"
        for name, before, now in found
        if before != inert_within(now)
    ]
    # A planner can list the common name among the names, also where it is not a domain name.
    missing_names = planned - names - {inert(_dns_spelling(row.get("common_name") or ""))}
    if names - planned or (missing_names and entry["action"] != REVOKE):
        differs.append(
            f"its names were {', '.join(sorted(planned)) or 'none'} and are {', '.join(sorted(names)) or 'none'}"
        )
    serials = state.get("certificates")
    if serials is not None and row.get("serial_number") not in serials:
        differs.append(f"its current certificate, {row.get('serial_number') or 'none'}, is not in the plan")
    return "; ".join(differs)


def _dns_spelling(name: Any) -> str:
    """Return a name as DNS spells it, or in lower case if it is not a domain name."""
    lower = str(name).strip().lower().rstrip(".")
    try:
        return lower if lower.isascii() else domain_name(lower, "")
    except OptionError:
        return lower
