# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The rules of a decommission: the action for one order and its reason, one function for each kind of order.

Pure: no I/O, no clock, no Ansible. A fact that is not known leads to manual review, never to a change.
"""

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

# Only the rejection of such a request ends an order that was never issued
# (docs/development/reference/certcentral.md 2.1).
_ENDING_REQUESTS = ("new_request", "renewal")
# The next step of the operator, by the status of an order that cannot be ended in that status.
_ADVICE = {
    "processing": "it is processing; plan again once it is pending",
    "needs_csr": "it waits for its CSR; cancel it in the CertCentral console, or plan again once it is pending",
    "approved": "it is approved; plan again once it is pending or issued",
}
# Prefixes of Servertastic product codes, in lower case (docs/development/reference/servertastic.md 5).
_NOT_CANCELABLE_PRODUCTS = ("smartermail", "smarterstats", "smartertrack", "smartertools", "smarterbundle")
_LET_EXPIRE = "set decommission_domain_on_issued to lapse to let it expire"
# An order that also covers other names can be reissued without the names to decommission
# (docs/development/reference/certcentral.md 8).
_HINT = "a reissue without the name revokes the older certificates"
# The reason where two reads of one order in the same run do not agree: the order changes at this moment.
READ_DIFFERENTLY = "it was read more than once, and not alike each time; plan again"


# -- the plan ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReadFacts:
    """The facts that were read in addition to the list of orders.

    now: the current time in UTC. details: orders of digicert_order_info with details, or with their origin.
    certificates: rows of digicert_certificate_revoke in check mode. served: the verdict of served_certificate_info by
    order. unresolved: by order, the names that do not resolve from this controller.
    """

    now: datetime
    details: Iterable[Mapping[str, Any]] = ()
    certificates: Iterable[Mapping[str, Any]] = ()
    served: Mapping[str, str] = field(default_factory=dict)
    unresolved: Mapping[str, Sequence[str]] = field(default_factory=dict)


# The action, its reason, and additional keys of the plan entry.
_Choice = tuple[str, str, dict[str, Any]]


def decide(
    row: Mapping[str, Any],
    order: Mapping[str, Any],
    ends: Mapping[str, Any],
    names: Sequence[str],
    request: Decommission,
    facts: ReadFacts,
) -> _Choice:
    """Decide the action for one CertCentral order; returns the action, its reason and additional keys of the entry.

    row: the order as the list has it. order: the row merged with the order's details, if they were read. ends: the row
    of digicert_certificate_revoke in check mode, empty if it was not read. names: all known names of the order.
    """
    # The row and the details can differ in the product or the common name. Both versions must pass.
    why = why_manual_review(row, names, request) or why_manual_review(order, names, request)
    if why:
        return LEAVE, why, {}
    status = order_status(order)
    # Before the issuance an order has no serial number. With one, the status is wrong or out of date.
    if status in (*CANCELABLE, "needs_approval") and order.get("serial_number"):
        return LEAVE, f"it is {status}, and has a certificate all the same", {}
    if status in CANCELABLE:
        return _end_if_known(order, request, CANCEL, f"it is {status}, so that it can be cancelled")
    if status == "needs_approval":
        return _needs_approval(order, request)
    if status in ("issued", "reissue_pending"):
        return _issued(order, ends, request, facts)
    # An annual plan can be reissued after its certificate has expired, so without the dates it may still be in use.
    if status == "expired" and renews_after_expiry(order) is None:
        return LEAVE, f"its certificate has expired, and whether {valid_until(order)} is not known", {}
    if status == "expired":
        return _expired(order, request)
    if status in ENDED:
        return NOTHING, f"it is {status}", {}
    return LEAVE, _ADVICE.get(status, f"its status, {status or 'none'}, is not known"), {}


def _expired(order: Mapping[str, Any], request: Decommission) -> _Choice:
    """Decide for an expired order: set the renewed mark on a migrated order, so that it is no longer listed as due."""
    days = order.get("days_remaining")
    # An omitted field means "not renewed" only in the details; lists can omit the field of a marked order.
    unmarked = order.get("is_renewed") is False or (order.get("is_renewed") is None and is_page(order))
    due = order.get("is_migrated") is True and unmarked and days is not None and days <= 0
    if not request.mark_renewed or not due:
        return NOTHING, "its certificate has expired", {}
    if not names_known(order):
        return LEAVE, "its certificate has expired, and not all of its names are known", {}
    return MARK, "it is a migrated order that has expired and is listed as due", {}


def _end_if_known(order: Mapping[str, Any], request: Decommission, action: str, reason: str, **more: Any) -> _Choice:
    """Return the action that ends an order, or manual review if the details or some names of the order are not known.

    A row of the list is not enough, because a list can leave out names that must stay protected.
    """
    if not is_page(order):
        return LEAVE, f"it is {order['status']}, and its own page could not be read", {}
    if names_known(order):
        return action, reason, more
    if str(order["order_id"]) not in request.accept_unknown:
        return LEAVE, f"it is {order['status']}, and its own page does not tell all of its names", {}
    return _accepted(action, reason, "not all of its names are known", more)


def _accepted(action: str, reason: str, why: str, more: Mapping[str, Any]) -> _Choice:
    """Return an action although facts are not known, because the user accepts that for this order."""
    # The state records the acceptance, so that the approver approves it, and the run sends the module option for it.
    state = {**more.get("state", {}), "unknown": ACCEPTED}
    return action, f"{reason}; {why}, which decommission_domain_accept_unknown accepts", {**more, "state": state}


def _needs_approval(order: Mapping[str, Any], request: Decommission) -> _Choice:
    """Decide for an order that waits for an approval: reject its only request, if that request is for the order."""
    if not is_page(order):
        return LEAVE, "it needs approval, and could not be read whole", {}
    pending = order["pending_requests"] or []
    if len(pending) == 1 and pending[0]["type"] in _ENDING_REQUESTS and pending[0]["request_id"] > 0:
        reason = "it needs approval, so that its request can be rejected"
        return _end_if_known(order, request, REJECT, reason, request_id=pending[0]["request_id"])
    # Rejecting a request to reissue or to revoke does not end the order.
    found = ", ".join(f"{one['request_id']} ({one['type']})" for one in pending) or "none"
    return LEAVE, f"it needs approval, and what waits is not just one request for a new order: {found}", {}


def _issued(order: Mapping[str, Any], ends: Mapping[str, Any], request: Decommission, facts: ReadFacts) -> _Choice:
    """Decide for an issued order, by the option decommission_domain_on_issued (revoke, lapse or keep)."""
    # A pending reissue would issue a new certificate, so each change first drops the reissue.
    drop = {"drop_reissue": True} if order["status"] == "reissue_pending" else {}
    days = order.get("days_remaining")
    is_over = days is not None and days < 0
    if drop and is_over:
        return LEAVE, "its certificate has expired, and a reissue is under way: drop the reissue, or wait for it", {}
    if is_over and request.on_issued in (REVOKE, KEEP):
        # The certificate cannot be revoked any more, but the order can be reissued until its own last day.
        why = f"its certificate has expired, and {valid_until(order)}: {_LET_EXPIRE}"
        return (LEAVE if request.on_issued == REVOKE else KEEP), why, {}
    if request.on_issued == REVOKE:
        return _revocation(order, ends, request, facts, drop)
    if request.on_issued == LAPSE:
        return _lapse(order, ends, request, drop)
    if drop:
        return _end_if_known(order, request, DROP, "a reissue is under way; the order then stays issued")
    return KEEP, "it is issued: revoke it, or let it lapse, once nothing serves it any more", {}


def _revocation(
    order: Mapping[str, Any],
    ends: Mapping[str, Any],
    request: Decommission,
    facts: ReadFacts,
    drop: Mapping[str, Any],
) -> _Choice:
    """Decide whether an issued order can be revoked: its certificates must be known and no longer served."""
    before = ends.get("before") or {}
    if before.get("revocation_requested"):
        return LEAVE, "its revocation was asked for already; somebody has to approve the request, or reject it", {}
    certificates = certificates_of(ends)
    serials = sorted({str(one.get("serial_number") or "") for one in certificates})
    accepts = str(order["order_id"]) in request.accept_unknown
    # A revocation ends every certificate of the order, with duplicates and earlier reissues. A certificate without
    # a serial number cannot be compared again before the revocation, so no option accepts it.
    named = all(one.get("domains") for one in certificates)
    if not certificates or "" in serials or not (named or accepts):
        why = str(ends.get("reason") or "")
        return LEAVE, "what its revocation would end could not be read" + (f": {why}" if why else ""), {}
    known = before.get("certificates_known") is True and names_known(order) and named
    if not known and not accepts:
        return LEAVE, str(ends.get("reason") or "not all of its names are known"), {}
    # The module read the order later than the list. The status must still be the same.
    if before.get("status") not in (("reissue_pending",) if drop else ("issued", "renewed")):
        return LEAVE, READ_DIFFERENTLY, {}
    key = str(order["order_id"])
    verdict = facts.served.get(key)
    if verdict == SERVED:
        return LEAVE, "a certificate of it is still served", {}
    if request.probe and verdict not in (NOT_SERVED, UNRESOLVED):
        return LEAVE, "it is not known whether a certificate of it is still served", {}
    hidden = unresolved_names(key, request, facts)
    # A name that does not resolve here can be in use in an internal network. Without an approver, or a waiver of the
    # user, the order is not revoked.
    if hidden and request.unapproved and not request.waiver:
        return LEAVE, _needs_approver(hidden), {}
    probed = "none of its certificates is served" if request.probe else _probe_waived(request)
    # The serial numbers are a part of what is approved: a certificate issued later changes the entry.
    reason = f"it is issued, with {plural(len(certificates), 'certificate')}; {probed}{_caveat(hidden, request)}"
    more = {**drop, "state": {"certificates": serials, **served_state(hidden, request)}}
    if known:
        return REVOKE, reason, more
    return _accepted(REVOKE, reason, "what it ends is not all known", more)


def _probe_waived(request: Decommission) -> str:
    return f"nobody looked whether it is served: {request.waiver}"


def served_state(hidden: Sequence[str], request: Decommission) -> dict[str, Any]:
    """Return how it was verified that no certificate is served, as a part of the state that is approved.

    If a later run has a weaker verification, the state differs from the approved one and the entry is not carried out.
    """
    if hidden:
        return {"served": UNRESOLVED, "unresolved": list(hidden)}
    return {"served": NOT_SERVED if request.probe else WAIVED}


def unresolved_names(key: str, request: Decommission, facts: ReadFacts) -> list[str]:
    """Return the names of an order that could not be probed, because they do not resolve from this controller.

    key: the order id, or the digest of a Servertastic order.
    """
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


def _needs_approver(hidden: Sequence[str]) -> str:
    return (
        f"{_does_not_resolve(hidden)}, and the phase all is approved by nobody: have a plan approved, with "
        "decommission_domain_phase plan and then apply, or say in decommission_domain_probe_waiver why it is not in use"
    )


def _lapse(
    order: Mapping[str, Any], ends: Mapping[str, Any], request: Decommission, drop: Mapping[str, Any]
) -> _Choice:
    """Decide whether an issued order can expire: turn off its notices and its automatic reissue."""
    # Only the details of an order have the renewal settings.
    if "auto_renew" not in order:
        return LEAVE, "it could not be read whole", {}
    certificates = certificates_of(ends)
    known = (ends.get("before") or {}).get("certificates_known") is True and all(
        one.get("domains") for one in certificates
    )
    # Duplicates and earlier reissues can have other names, which must not lose their certificate.
    unknown = "" if has_one_certificate(order) or (certificates and known) else "its duplicates and reissues"
    if unknown and str(order["order_id"]) not in request.accept_unknown:
        return LEAVE, f"{unknown} could not be read, which may be for other names", {}
    # The API has no call that turns off auto_renew (docs/development/reference/certcentral.md 4.6).
    renews = bool(order["auto_renew"])
    caveat = "; AUTO-RENEW IS ON, and only a person can switch it off, in the CertCentral console" if renews else ""
    if drop or order.get("disable_renewal_notifications") is not True or order.get("auto_reissue") is not False:
        reason, more = f"it is issued, and need not be renewed{caveat}", {**drop, "state": {"auto_renew": renews}}
        if unknown and names_known(order):
            return _accepted(LAPSE, reason, f"not all of {unknown} are known", more)
        return _end_if_known(order, request, LAPSE, reason, **more)
    if caveat:
        return LEAVE, f"it lapses by itself but for one thing{caveat}", {}
    return NOTHING, "it lapses by itself", {}


# -- manual review -----------------------------------------------------------------------------------------------------


def why_manual_review(order: Mapping[str, Any], names: Sequence[str], request: Decommission) -> str:
    """Return why a CertCentral order needs manual review in any status, an empty string if it does not.

    order: the row or the details of the order. names: all known names of the order, as DNS spells them.
    """
    key, product = str(order["order_id"]), str(order.get("product_type") or "")
    if key in request.replacements:
        return "it is named as a replacement"
    # A common name that is not among the names is not a DNS name, for example the name of an organization.
    common = dns_name(str(order.get("common_name") or ""))
    if common and common not in names and product in request.product_types:
        return "its common name is no domain name, and who uses it is not known"
    why = why_names_stay(key, names, request)
    if not why and product not in request.product_types:
        return f"it is a {product or 'product of no known kind'}, and no TLS certificate"
    return why


def why_names_stay(key: str, names: Sequence[str], request: Decommission) -> str:
    """Return why the names of an order forbid to end it, an empty string if they do not.

    key: the order id, or the digest of a Servertastic order. names: all known names, as DNS spells them.
    """
    # Protected names win over every other option.
    for name in names:
        pattern = request.protector(name)
        if pattern:
            return f"it covers {name}, which is protected ({pattern})"
    not_dns = [name for name in names if not is_dns_name(name)]
    if not_dns:
        return f"it covers {not_dns[0]}, which is no domain name, and who uses it is not known"
    # The user accepts by id that the order also ends for other names and for wildcards.
    if key in request.shared:
        return ""
    # Hosts that are in no list can use a wildcard certificate, so a wildcard always needs manual review.
    wildcards = [name for name in names if name.startswith("*.")]
    others = [name for name in names if not request.is_decommissioned(name) and name not in wildcards]
    if others:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        return f"it also covers {', '.join(others[:3])}{more}, which {'stays' if len(others) == 1 else 'stay'}; {_HINT}"
    return f"it covers the wildcard {wildcards[0]}; what uses it is not known" if wildcards else ""


def decide_servertastic(review: Mapping[str, Any], request: Decommission, facts: ReadFacts) -> tuple[str, str]:
    """Decide the action for one Servertastic order; returns the action and its reason.

    review: a row of servertastic_order_info. The states are those of docs/development/reference/servertastic.md 5.
    """
    state = review_state(review)
    if state == CANCELLED:
        return NOTHING, "it is cancelled"
    if str(review.get("product_code") or "").lower().startswith(_NOT_CANCELABLE_PRODUCTS):
        return LEAVE, f"{review['product_code']} is a product of SmarterTools, which cannot be cancelled"
    if state in NOT_ISSUED:
        return CANCEL, f"it is {review['order_status']}, so that it is cancelled at once"
    if state != COMPLETED:
        return LEAVE, f"it is {review['order_status'] or 'in no known state'}; contact Servertastic"
    # An issued order can be canceled until 30 days after its completion.
    closes = utc(review.get("window_closes") or "")
    if closes is None or closes <= facts.now:
        return LEAVE, "it was issued more than 30 days ago, or nobody knows when; only Servertastic can cancel it"
    until = f"until {closes:%Y-%m-%d} its admin contact can approve its cancellation"
    if request.on_issued != REVOKE:
        return KEEP, f"it is issued; {until}"
    # The serial number of the certificate is not known, so any certificate served under the name can be this one.
    verdict = facts.served.get(review["order_digest"])
    if verdict == SERVED or (request.probe and verdict not in (NOT_SERVED, UNRESOLVED)):
        return LEAVE, f"something is still served under its name, or nobody knows; {until}"
    hidden = unresolved_names(review["order_digest"], request, facts)
    if hidden and request.unapproved and not request.waiver:
        return LEAVE, f"{_needs_approver(hidden)}; {until}"
    probed = "nothing is served under its name" if request.probe else _probe_waived(request)
    return REVOKE, f"it is issued, and {probed}{_caveat(hidden, request)}; {until}"
