# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Which action a decommission plans for one order, and why: the rules, one function for each kind of order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._common.names import dns_name
from .._common.text import plural
from .._common.values import utc
from .._plans.actions import ACCEPTED, CANCEL, DROP, KEEP, LAPSE, LEAVE, MARK, NOTHING, REJECT, REVOKE
from .decommission_facts import (
    CANCELABLE,
    CANCELLED,
    COMPLETED,
    ENDED,
    NOT_ISSUED,
    NOT_SERVED,
    SERVED,
    UNRESOLVED,
    WAIVED,
    certificates_of,
    has_one_certificate,
    is_dns_name,
    is_page,
    names_known,
    order_status,
    renews_after_expiry,
    review_state,
    valid_until,
)

if TYPE_CHECKING:
    from .decommission_request import Decommission

# The only requests whose rejection ends an order that was never issued (docs/development/reference/certcentral.md 2.1).
_ENDING_REQUESTS = ("new_request", "renewal")
# What a person has to do, by the status of an order that cannot be retired as it is.
_LATER = {
    "processing": "it is processing; plan again once it is pending",
    "needs_csr": "it waits for its CSR; cancel it in the CertCentral console, or plan again once it is pending",
    "approved": "it is approved; plan again once it is pending or issued",
}
_NEVER_CANCELLED = ("smartermail", "smarterstats", "smartertrack", "smartertools", "smarterbundle")
_LET_EXPIRE = "set decommission_domain_on_issued to lapse to let it expire"
_HINT = "a reissue without the name revokes the older certificates"
READ_DIFFERENTLY = "it was read more than once, and not alike each time; plan again"


# -- the plan ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReadFacts:
    """What was read beside the list of orders.

    details: pages of orders, and rows with their origin. certificates: rows of digicert_certificate_revoke in check
    mode. served: by order, as `verdict` of served_certificate_info. unresolved: by order, its names that do not resolve
    from this controller. now: in UTC.
    """

    now: datetime
    details: Iterable[Mapping[str, Any]] = ()
    certificates: Iterable[Mapping[str, Any]] = ()
    served: Mapping[str, str] = field(default_factory=dict)
    unresolved: Mapping[str, Sequence[str]] = field(default_factory=dict)


# An action, its reason, and what else an entry has.
_Choice = tuple[str, str, dict[str, Any]]


def decide(
    row: Mapping[str, Any],
    order: Mapping[str, Any],
    ends: Mapping[str, Any],
    names: Sequence[str],
    request: Decommission,
    facts: ReadFacts,
) -> _Choice:
    """row: as a list tells the order. order: with what its own page says, where that was read."""
    why = why_manual_review(row, names, request) or why_manual_review(order, names, request)
    if why:
        return LEAVE, why, {}
    status = order_status(order)
    if status in (*CANCELABLE, "needs_approval") and order.get("serial_number"):
        return LEAVE, f"it is {status}, and has a certificate all the same", {}
    if status in CANCELABLE:
        return _if_known(order, request, CANCEL, f"it is {status}, so that it can be cancelled")
    if status == "needs_approval":
        return _rejecting(order, request)
    if status in ("issued", "reissue_pending"):
        return _issued(order, ends, request, facts)
    if status == "expired" and renews_after_expiry(order) is None:
        return LEAVE, f"its certificate has expired, and whether {valid_until(order)} is not known", {}
    if status == "expired":
        return _expired(order, request)
    if status in ENDED:
        return NOTHING, f"it is {status}", {}
    return LEAVE, _LATER.get(status, f"its status, {status or 'none'}, is not known"), {}


def _expired(order: Mapping[str, Any], request: Decommission) -> _Choice:
    days = order.get("days_remaining")
    # Where neither the list nor its own page tells of a mark there is none.
    unmarked = order.get("is_renewed") is False or (order.get("is_renewed") is None and is_page(order))
    due = order.get("is_migrated") is True and unmarked and days is not None and days <= 0
    if not request.mark_renewed or not due:
        return NOTHING, "its certificate has expired", {}
    if not names_known(order):
        return LEAVE, "its certificate has expired, and not all of its names are known", {}
    return MARK, "it is a migrated order that has expired and is listed as due", {}


def _if_known(order: Mapping[str, Any], request: Decommission, action: str, reason: str, **more: Any) -> _Choice:
    """An end, or why it is left: no end rests on less than the order's own page with all of its names."""
    if not is_page(order):
        return LEAVE, f"it is {order['status']}, and its own page could not be read", {}
    if names_known(order):
        return action, reason, more
    if str(order["order_id"]) not in request.accept_unknown:
        return LEAVE, f"it is {order['status']}, and its own page does not tell all of its names", {}
    return _accepted(action, reason, "not all of its names are known", more)


def _accepted(action: str, reason: str, why: str, more: Mapping[str, Any]) -> _Choice:
    state = {**more.get("state", {}), "unknown": ACCEPTED}
    return action, f"{reason}; {why}, which decommission_domain_accept_unknown accepts", {**more, "state": state}


def _rejecting(order: Mapping[str, Any], request: Decommission) -> _Choice:
    if not is_page(order):
        return LEAVE, "it needs approval, and could not be read whole", {}
    waiting = order["pending_requests"] or []
    if len(waiting) == 1 and waiting[0]["type"] in _ENDING_REQUESTS and waiting[0]["request_id"] > 0:
        reason = "it needs approval, so that its request can be rejected"
        return _if_known(order, request, REJECT, reason, request_id=waiting[0]["request_id"])
    found = ", ".join(f"{one['request_id']} ({one['type']})" for one in waiting) or "none"
    return LEAVE, f"it needs approval, and what waits is not just one request for a new order: {found}", {}


def _issued(order: Mapping[str, Any], ends: Mapping[str, Any], request: Decommission, facts: ReadFacts) -> _Choice:
    drop = {"drop_reissue": True} if order["status"] == "reissue_pending" else {}
    days = order.get("days_remaining")
    is_over = days is not None and days < 0
    if drop and is_over:
        return LEAVE, "its certificate has expired, and a reissue is under way: drop the reissue, or wait for it", {}
    if is_over and request.on_issued in (REVOKE, KEEP):
        # There is nothing to revoke, and yet a new certificate can be issued for its names at any time.
        why = f"its certificate has expired, and {valid_until(order)}: {_LET_EXPIRE}"
        return (LEAVE if request.on_issued == REVOKE else KEEP), why, {}
    if request.on_issued == REVOKE:
        return _revoking(order, ends, request, facts, drop)
    if request.on_issued == LAPSE:
        return _letting_expire(order, ends, request, drop)
    if drop:
        return _if_known(order, request, DROP, "a reissue is under way; the order then stays issued")
    return KEEP, "it is issued: revoke it, or let it lapse, once nothing serves it any more", {}


def _revoking(
    order: Mapping[str, Any],
    ends: Mapping[str, Any],
    request: Decommission,
    facts: ReadFacts,
    drop: Mapping[str, Any],
) -> _Choice:
    before = ends.get("before") or {}
    if before.get("revocation_requested"):
        return LEAVE, "its revocation was asked for already; somebody has to approve the request, or reject it", {}
    dying = certificates_of(ends)
    serials = sorted({str(one.get("serial_number") or "") for one in dying})
    accepts = str(order["order_id"]) in request.accept_unknown
    named = all(one.get("domains") for one in dying)
    if not dying or "" in serials or not (named or accepts):
        why = str(ends.get("reason") or "")
        return LEAVE, "what its revocation would end could not be read" + (f": {why}" if why else ""), {}
    known = before.get("certificates_known") is True and names_known(order) and named
    if not known and not accepts:
        return LEAVE, str(ends.get("reason") or "not all of its names are known"), {}
    if before.get("status") not in (("reissue_pending",) if drop else ("issued", "renewed")):
        return LEAVE, READ_DIFFERENTLY, {}
    key = str(order["order_id"])
    verdict = facts.served.get(key)
    if verdict == SERVED:
        return LEAVE, "a certificate of it is still served", {}
    if request.probe and verdict not in (NOT_SERVED, UNRESOLVED):
        return LEAVE, "it is not known whether a certificate of it is still served", {}
    hidden = unresolved_names(key, request, facts)
    if hidden and request.unapproved and not request.waiver:
        return LEAVE, _not_approved(hidden), {}
    probed = "none of its certificates is served" if request.probe else _not_probed(request)
    reason = f"it is issued, with {plural(len(dying), 'certificate')}; {probed}{_caveat(hidden, request)}"
    more = {**drop, "state": {"certificates": serials, **served_state(hidden, request)}}
    if known:
        return REVOKE, reason, more
    return _accepted(REVOKE, reason, "what it ends is not all known", more)


def _not_probed(request: Decommission) -> str:
    return f"nobody looked whether it is served: {request.waiver}"


def served_state(hidden: Sequence[str], request: Decommission) -> dict[str, Any]:
    """What was approved after somebody had looked is not done where nobody did, or where a name resolves no more."""
    if hidden:
        return {"served": UNRESOLVED, "unresolved": list(hidden)}
    return {"served": NOT_SERVED if request.probe else WAIVED}


def unresolved_names(key: str, request: Decommission, facts: ReadFacts) -> list[str]:
    """The names of an order of which it is not known what they serve, as they do not resolve from this controller."""
    if not request.probe or facts.served.get(key) != UNRESOLVED:
        return []
    return sorted(map(dns_name, facts.unresolved.get(key) or ())) or ["one of its names"]


def _does_not_resolve(hidden: Sequence[str]) -> str:
    more = f" and {len(hidden) - 3} more" if len(hidden) > 3 else ""
    return f"{', '.join(hidden[:3])}{more} {'does' if len(hidden) == 1 else 'do'} not resolve from this controller"


def _caveat(hidden: Sequence[str], request: Decommission) -> str:
    if not hidden:
        return ""
    waived = (
        f" ({request.waiver})" if request.waiver else ", as behind split DNS: approve this only where it is not in use"
    )
    return f"; {_does_not_resolve(hidden)}{waived}"


def _not_approved(hidden: Sequence[str]) -> str:
    return (
        f"{_does_not_resolve(hidden)}, and the phase all is approved by nobody: have a plan approved, with "
        "decommission_domain_phase plan and then apply, or say in decommission_domain_probe_waiver why it is not in use"
    )


def _letting_expire(
    order: Mapping[str, Any], ends: Mapping[str, Any], request: Decommission, drop: Mapping[str, Any]
) -> _Choice:
    if "auto_renew" not in order:
        return LEAVE, "it could not be read whole", {}
    dying = certificates_of(ends)
    known = (ends.get("before") or {}).get("certificates_known") is True and all(one.get("domains") for one in dying)
    unknown = "" if has_one_certificate(order) or (dying and known) else "its duplicates and reissues"
    if unknown and str(order["order_id"]) not in request.accept_unknown:
        return LEAVE, f"{unknown} could not be read, which may be for other names", {}
    renews = bool(order["auto_renew"])
    caveat = "; AUTO-RENEW IS ON, and only a person can switch it off, in the CertCentral console" if renews else ""
    if drop or order.get("disable_renewal_notifications") is not True or order.get("auto_reissue") is not False:
        reason, more = f"it is issued, and need not be renewed{caveat}", {**drop, "state": {"auto_renew": renews}}
        if unknown and names_known(order):
            return _accepted(LAPSE, reason, f"not all of {unknown} are known", more)
        return _if_known(order, request, LAPSE, reason, **more)
    if caveat:
        return LEAVE, f"it lapses by itself but for one thing{caveat}", {}
    return NOTHING, "it lapses by itself", {}


# -- who is kept out ---------------------------------------------------------------------------------------------------


def why_manual_review(order: Mapping[str, Any], names: Sequence[str], request: Decommission) -> str:
    """Why a CertCentral order is left to a person whatever its status, empty where it is not."""
    key, product = str(order["order_id"]), str(order.get("product_type") or "")
    if key in request.replacements:
        return "it is named as a replacement"
    common = dns_name(str(order.get("common_name") or ""))
    if common and common not in names and product in request.product_types:
        return "its common name is no domain name, and who uses it is not known"
    why = why_names_stay(key, names, request)
    if not why and product not in request.product_types:
        return f"it is a {product or 'product of no known kind'}, and no TLS certificate"
    return why


def why_names_stay(key: str, names: Sequence[str], request: Decommission) -> str:
    for name in names:
        pattern = request.protector(name)
        if pattern:
            return f"it covers {name}, which is protected ({pattern})"
    strange = [name for name in names if not is_dns_name(name)]
    if strange:
        return f"it covers {strange[0]}, which is no domain name, and who uses it is not known"
    if key in request.shared:
        return ""
    wild = [name for name in names if name.startswith("*.")]
    stays = [name for name in names if not request.goes(name) and name not in wild]
    if stays:
        more = f" and {len(stays) - 3} more" if len(stays) > 3 else ""
        return f"it also covers {', '.join(stays[:3])}{more}, which {'stays' if len(stays) == 1 else 'stay'}; {_HINT}"
    return f"it covers the wildcard {wild[0]}; what uses it is not known" if wild else ""


def decide_servertastic(review: Mapping[str, Any], request: Decommission, facts: ReadFacts) -> tuple[str, str]:
    state = review_state(review)
    if state == CANCELLED:
        return NOTHING, "it is cancelled"
    if str(review.get("product_code") or "").lower().startswith(_NEVER_CANCELLED):
        return LEAVE, f"{review['product_code']} is a product of SmarterTools, which cannot be cancelled"
    if state in NOT_ISSUED:
        return CANCEL, f"it is {review['order_status']}, so that it is cancelled at once"
    if state != COMPLETED:
        return LEAVE, f"it is {review['order_status'] or 'in no known state'}; contact Servertastic"
    closes = utc(review.get("window_closes") or "")
    if closes is None or closes <= facts.now:
        return LEAVE, "it was issued more than 30 days ago, or nobody knows when; only Servertastic can cancel it"
    until = f"until {closes:%Y-%m-%d} its admin contact can approve its cancellation"
    if request.on_issued != REVOKE:
        return KEEP, f"it is issued; {until}"
    verdict = facts.served.get(review["order_digest"])
    if verdict == SERVED or (request.probe and verdict not in (NOT_SERVED, UNRESOLVED)):
        return LEAVE, f"something is still served under its name, or nobody knows; {until}"
    hidden = unresolved_names(review["order_digest"], request, facts)
    if hidden and request.unapproved and not request.waiver:
        return LEAVE, f"{_not_approved(hidden)}; {until}"
    probed = "nothing is served under its name" if request.probe else _not_probed(request)
    return REVOKE, f"it is issued, and {probed}{_caveat(hidden, request)}; {until}"
