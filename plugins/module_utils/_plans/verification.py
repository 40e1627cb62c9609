# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Whether a fresh read shows what a plan has done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._common.options import OptionError, domain_name
from .._common.text import inert_within
from .actions import (
    CANCEL,
    CERTCENTRAL,
    DROP,
    LAPSE,
    MARK,
    REJECT,
    REVOKE,
    SERVERTASTIC,
    UNMARK,
    WRITING,
    orders_of,
    shown,
)
from .outcomes import DONE, ENDED_STATUSES, LEFT, PENDING_APPROVAL, UNCONFIRMED, UNKNOWN, entry_key
from .text import inert

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
    missing = {entry_key(one) for one in verified(several, rows)}
    pending = {str(row.get("order_id")) for row in rows if _waits_for_revocation(row)}
    return [_after_a_look(one, entry_key(one) not in missing, one["order"] in pending, earlier) for one in several]


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
        return {**one, "outcome": UNKNOWN, "reason": UNCONFIRMED}
    if one["outcome"] == UNKNOWN and seen:
        return {**one, "outcome": DONE, "reason": "a later read shows the change"}
    return dict(one)


def changed_since(entry: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """In what an order differs from what its entry rests on, just before it is ended; empty where it does not.

    row: as in `sheet`, read just now. An order that has ended meanwhile as it is to end is no difference, as nothing is
    sent for it. The names of a plan's revocation include those of other certificates.
    """
    state = entry["state"]
    theirs = entry["provider"] == SERVERTASTIC
    status = str(row.get("order_status" if theirs else "status") or "")
    if status.lower() in ENDED_STATUSES.get(entry["action"], ()):
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
