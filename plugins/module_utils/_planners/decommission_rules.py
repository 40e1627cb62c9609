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
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from .._common.names import dns_name
from .._common.text import plural
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
    Ending,
    has_one_certificate,
    is_dns_name,
    is_page,
    order_status,
    renews_after_expiry,
    valid_until,
)

if TYPE_CHECKING:
    from .._certcentral.models import Order
    from .._servertastic.models import Review
    from .decommission_request import Decommission

# Only the rejection of such a request ends an order that was never issued
# (docs/development/reference/certcentral.md 2.1).
_ENDING_REQUESTS = ("new_request", "renewal")
# The next step of the operator, by the status of an order that cannot be ended in that status.
_ADVICE = {
    "processing": "the order is processing: plan again when it is pending",
    "needs_csr": "the order needs a CSR: cancel it in the CertCentral console, or plan again when it is pending",
    "approved": "the order is approved: plan again when it is pending or issued",
}
# Prefixes of Servertastic product codes, in lower case (docs/development/reference/servertastic.md 5).
_NOT_CANCELABLE_PRODUCTS = ("smartermail", "smarterstats", "smartertrack", "smartertools", "smarterbundle")
_LET_EXPIRE = "set decommission_domain_on_issued to lapse to let it expire"
# An order that also covers other names can be reissued without the names to decommission
# (docs/development/reference/certcentral.md 8).
_HINT = (
    "reissue it without the decommissioned names (this revokes the older certificates), or list it in "
    "decommission_domain_shared to end it"
)
# The next step where names or certificates of an order are not known.
_CHECK = "check them in the CertCentral console, then list the order in decommission_domain_accept_unknown"
IS_REPLACEMENT = "the order is listed in decommission_domain_replacements"
# The reason where two reads of one order in the same run do not agree: the order changes at this moment.
READ_DIFFERENTLY = "the order was read more than once, with different values: plan again"


# -- the plan ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReadFacts:
    """The facts that were read in addition to the list of orders.

    now: the current time in UTC. details: orders with details, or with their origin. certificates: what a revocation
    would end. served: the verdict of served_certificate_info by order. unresolved: by order, the names that do not
    resolve from this controller.
    """

    now: datetime
    details: Iterable[Order] = ()
    certificates: Iterable[Ending] = ()
    served: Mapping[str, str] = field(default_factory=dict)
    unresolved: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.date()


# The action, its reason, and additional keys of the plan entry.
_Choice = tuple[str, str, dict[str, Any]]


def decide(
    row: Order, order: Order, ends: Ending, names: Sequence[str], request: Decommission, facts: ReadFacts
) -> _Choice:
    """Decide the action for one CertCentral order; returns the action, its reason and additional keys of the entry.

    row: the order as the list has it. order: the row merged with the order's details, if they were read. ends: what a
    revocation would end, as far as it was read. names: all known names of the order.
    """
    # The page that a revocation rests on was read last.
    outside = request.scope.verdict(row, order, *([ends.order] if ends.order else [])).why
    if outside:
        return _outside(order, outside, facts.today)
    # The row and the details can differ in the product or the common name. Both versions must pass.
    why = why_manual_review(row, names, request) or why_manual_review(order, names, request)
    if why:
        return LEAVE, why, {}
    status = order_status(order, facts.today)
    # Before the issuance an order has no serial number. With one, the status is wrong or out of date.
    if status in (*CANCELABLE, "needs_approval") and order.serial_number:
        return LEAVE, f"the order is {status}, but it has a certificate: check it in the CertCentral console", {}
    if status in CANCELABLE:
        return _end_if_known(order, request, CANCEL, f"the order is {status} and can be canceled")
    if status == "needs_approval":
        return _needs_approval(order, request)
    if status in ("issued", "reissue_pending"):
        return _issued(order, ends, request, facts)
    # An annual plan can be reissued after its certificate has expired, so without the dates it may still be in use.
    if status == "expired" and renews_after_expiry(order, facts.today) is None:
        return LEAVE, f"the certificate has expired, and it is not known whether {valid_until(order)}", {}
    if status == "expired":
        return _expired(order, request, facts.today)
    if status in ENDED:
        return NOTHING, f"the order is {status}", {}
    return LEAVE, _ADVICE.get(status, f"the status of the order, {status or 'none'}, is not known"), {}


def _outside(order: Order, why: str, today: date) -> _Choice:
    """Decide for an order outside of the scope: the approver must know of it as long as it can serve a name."""
    status = order_status(order, today)
    if status in ENDED:
        return NOTHING, f"the order is {status}", {}
    if status == "expired" and renews_after_expiry(order, today) is False:
        return NOTHING, "the certificate has expired", {}
    return LEAVE, why, {}


def _expired(order: Order, request: Decommission, today: date) -> _Choice:
    """Decide for an expired order: set the renewed mark on a migrated order, so that it is no longer listed as due."""
    days = order.days_remaining(today)
    # An omitted field means "not renewed" only in the details; lists can omit the field of a marked order.
    unmarked = order.is_marked is False or (order.is_marked is None and is_page(order))
    due = order.is_migrated is True and unmarked and days is not None and days <= 0
    if not request.mark_renewed or not due:
        return NOTHING, "the certificate has expired", {}
    if not order.names_known:
        return LEAVE, "the certificate has expired, and not all names of the order are known", {}
    return MARK, "the order is migrated and expired, and is still listed as due for renewal", {}


def _end_if_known(order: Order, request: Decommission, action: str, reason: str, **more: Any) -> _Choice:
    """Return the action that ends an order, or manual review if the details or some names of the order are not known.

    A row of the list is not enough, because a list can leave out names that must stay protected.
    """
    if not is_page(order):
        return LEAVE, f"the order is {order.status}, and its details could not be read: plan again", {}
    if order.names_known:
        return action, reason, more
    if str(order.id) not in request.accept_unknown:
        return LEAVE, f"the order is {order.status}, and its details do not have all names: {_CHECK}", {}
    return _accepted(action, reason, "not all names are known", more)


def _accepted(action: str, reason: str, why: str, more: Mapping[str, Any]) -> _Choice:
    """Return an action although facts are not known, because the user accepts that for this order."""
    # The state records the acceptance, so that the approver approves it, and the run sends the module option for it.
    state = {**more.get("state", {}), "unknown": ACCEPTED}
    return action, f"{reason}; {why}, as accepted by decommission_domain_accept_unknown", {**more, "state": state}


def _needs_approval(order: Order, request: Decommission) -> _Choice:
    """Decide for an order that waits for an approval: reject its only request, if that request is for the order."""
    if not is_page(order):
        return LEAVE, "the order needs approval, and its details could not be read: plan again", {}
    pending = order.undecided
    if len(pending) == 1 and pending[0].type in _ENDING_REQUESTS and pending[0].id > 0:
        reason = "the order needs approval, and its request can be rejected"
        return _end_if_known(order, request, REJECT, reason, request_id=pending[0].id)
    # Rejecting a request to reissue or to revoke does not end the order.
    found = ", ".join(f"{one.id} ({one.type})" for one in pending) or "none"
    why = f"its pending requests are not exactly one request for a new order ({found})"
    return LEAVE, f"the order needs approval, but {why}: decide on them in the CertCentral console", {}


def _issued(order: Order, ends: Ending, request: Decommission, facts: ReadFacts) -> _Choice:
    """Decide for an issued order, by the option decommission_domain_on_issued (revoke, lapse or keep)."""
    # A pending reissue would issue a new certificate, so each change first drops the reissue.
    drop = {"drop_reissue": True} if order.status == "reissue_pending" else {}
    days = order.days_remaining(facts.today)
    is_over = days is not None and days < 0
    if drop and is_over:
        return LEAVE, "the certificate has expired, and a reissue is pending: drop the reissue, or wait for it", {}
    if is_over and request.on_issued in (REVOKE, KEEP):
        # The certificate cannot be revoked any more, but the order can be reissued until its own last day.
        why = f"the certificate has expired, but {valid_until(order)}: {_LET_EXPIRE}"
        return (LEAVE if request.on_issued == REVOKE else KEEP), why, {}
    if request.on_issued == REVOKE:
        return _revocation(order, ends, request, facts, drop)
    if request.on_issued == LAPSE:
        return _lapse(order, ends, request, drop)
    if drop:
        return _end_if_known(order, request, DROP, "a reissue is pending and is dropped; the order stays issued")
    why = "when no server uses its certificate any more, set decommission_domain_on_issued to revoke or lapse"
    return KEEP, f"the order is issued: {why}", {}


def _revocation(
    order: Order,
    ends: Ending,
    request: Decommission,
    facts: ReadFacts,
    drop: Mapping[str, Any],
) -> _Choice:
    """Decide whether an issued order can be revoked: its certificates must be known and no longer served."""
    if ends.requests:
        # In the entry, so that every report has the id until the request is decided.
        request_id = ends.requests[0].id
        why = (
            f"revocation request {request_id} waits for approval: an approver must approve or reject it in CertCentral"
        )
        return LEAVE, why, {"request_id": request_id}
    serials = sorted({one.serial_number for one in ends.certificates})
    key = str(order.id)
    accepts = key in request.accept_unknown
    # A revocation ends every certificate of the order, with duplicates and earlier reissues. A certificate without
    # a serial number cannot be compared again before the revocation, so no option accepts it.
    named = all(one.domains for one in ends.certificates)
    if not ends.order or not ends.certificates or "" in serials or not (named or accepts):
        why = f": {ends.reason}" if ends.reason else ""
        return LEAVE, f"the certificates that a revocation would end could not be read{why}", {}
    known = ends.are_certificates_known and order.names_known and named
    if not known and not accepts:
        return LEAVE, ends.reason or f"not all names or certificates of the order are known: {_CHECK}", {}
    # These were read later than the list. The status must still be the same.
    if ends.order.status not in (("reissue_pending",) if drop else ("issued", "renewed")):
        return LEAVE, READ_DIFFERENTLY, {}
    verdict = facts.served.get(key)
    if verdict == SERVED:
        return LEAVE, "a certificate of the order is still served: remove it from the server, then plan again", {}
    if request.probe and verdict not in (NOT_SERVED, UNRESOLVED):
        why = "the probe did not show whether a certificate of the order is still served"
        return LEAVE, f"{why}: check that this controller can reach its names, then plan again", {}
    hidden = unresolved_names(key, request, facts)
    # A name that does not resolve here can be in use in an internal network. Without an approver, or a waiver of the
    # user, the order is not revoked.
    if hidden and request.unapproved and not request.waiver:
        return LEAVE, _needs_approver(hidden), {}
    probed = "no certificate is served" if request.probe else _probe_waived(request)
    # The serial numbers are a part of what is approved: a certificate issued later changes the entry.
    reason = (
        f"the order is issued with {plural(len(ends.certificates), 'certificate')}; {probed}{_caveat(hidden, request)}"
    )
    more = {**drop, "state": {"certificates": serials, **served_state(hidden, request)}}
    if known:
        return REVOKE, reason, more
    return _accepted(REVOKE, reason, "not all names or certificates are known", more)


def _probe_waived(request: Decommission) -> str:
    return f"the certificates were not probed ({request.waiver})"


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
    return sorted(map(dns_name, facts.unresolved.get(key) or ())) or ["a name of the order"]


def _does_not_resolve(hidden: Sequence[str]) -> str:
    more = f" and {len(hidden) - 3} more" if len(hidden) > 3 else ""
    return f"{', '.join(hidden[:3])}{more} {'does' if len(hidden) == 1 else 'do'} not resolve from this controller"


def _caveat(hidden: Sequence[str], request: Decommission) -> str:
    if not hidden:
        return ""
    use = "the name is" if len(hidden) == 1 else "the names are"
    unused = f"approve the revocation only if {use} not in use, for example in an internal network"
    return f"; {_does_not_resolve(hidden)}" + (f" ({request.waiver})" if request.waiver else f": {unused}")


def _needs_approver(hidden: Sequence[str]) -> str:
    return (
        f"{_does_not_resolve(hidden)}, and decommission_domain_phase all has no approval: use the phases plan and "
        "apply, or set decommission_domain_probe_waiver to the reason why the revocation is safe"
    )


def _lapse(order: Order, ends: Ending, request: Decommission, drop: Mapping[str, Any]) -> _Choice:
    """Decide whether an issued order can expire: turn off its notices and its automatic reissue."""
    # Only the details of an order have the renewal settings.
    if not is_page(order):
        return LEAVE, "the details of the order could not be read: plan again", {}
    certificates = ends.certificates
    known = ends.are_certificates_known and all(one.domains for one in certificates)
    # Duplicates and earlier reissues can have other names, which must not lose their certificate.
    unknown = "" if has_one_certificate(order) or (certificates and known) else "duplicates and reissues"
    if unknown and str(order.id) not in request.accept_unknown:
        return LEAVE, f"the {unknown} of the order could not be read, and may have other names: {_CHECK}", {}
    # The API has no call that turns off auto_renew (docs/development/reference/certcentral.md 4.6).
    renews = bool(order.auto_renew)
    caveat = "; AUTO-RENEW IS ON, and only the CertCentral console can turn it off" if renews else ""
    if drop or order.disable_renewal_notifications is not True or order.auto_reissue is not False:
        reason, more = (
            f"the order is issued; turn off its renewal notices and its automatic reissue{caveat}",
            {**drop, "state": {"auto_renew": renews}},
        )
        if unknown and order.names_known:
            return _accepted(LAPSE, reason, f"not all {unknown} are known", more)
        return _end_if_known(order, request, LAPSE, reason, **more)
    if caveat:
        return LEAVE, f"the renewal notices and the automatic reissue are off{caveat}", {}
    return NOTHING, "the order expires without a renewal", {}


# -- manual review -----------------------------------------------------------------------------------------------------


def why_manual_review(order: Order, names: Sequence[str], request: Decommission) -> str:
    """Return why a CertCentral order needs manual review in any status, an empty string if it does not.

    order: the row or the details of the order. names: all known names of the order, as DNS spells them.
    """
    key, product = str(order.id), order.product_type
    if key in request.replacements:
        return IS_REPLACEMENT
    # A common name that is not among the names is not a DNS name, for example the name of an organization.
    common = dns_name(order.common_name)
    if common and common not in names and product in request.product_types:
        return "the common name of the order is not a domain name, and its use is not known"
    why = why_names_stay(key, names, request)
    if not why and product not in request.product_types:
        return f"the product type of the order, {product or 'none'}, is not in decommission_domain_product_types"
    return why


def why_names_stay(key: str, names: Sequence[str], request: Decommission) -> str:
    """Return why the names of an order forbid to end it, an empty string if they do not.

    key: the order id, or the digest of a Servertastic order. names: all known names, as DNS spells them.
    """
    # Protected names win over every other option.
    for name in names:
        pattern = request.protector(name)
        if pattern:
            return f"the order covers {name}, which is protected ({pattern})"
    not_dns = [name for name in names if not is_dns_name(name)]
    if not_dns:
        return f"the order covers {not_dns[0]}, which is not a domain name, and its use is not known"
    # The user accepts by id that the order also ends for other names and for wildcards.
    if key in request.shared:
        return ""
    # Hosts that are in no list can use a wildcard certificate, so a wildcard always needs manual review.
    wildcards = [name for name in names if name.startswith("*.")]
    others = [name for name in names if not request.is_decommissioned(name) and name not in wildcards]
    if others:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        stay = "stays" if len(others) == 1 else "stay"
        return f"the order also covers {', '.join(others[:3])}{more}, which {stay} in use: {_HINT}"
    if not wildcards:
        return ""
    used = "and the servers that use it are not known: list the order in decommission_domain_shared to end it"
    return f"the order covers the wildcard {wildcards[0]}, {used}"


def why_outside_scope(review: Review, request: Decommission) -> str:
    """Return why the scope forbids to change a Servertastic order, an empty string if it does not."""
    if not request.scope or review.state == CANCELLED:
        return ""
    # Only CertCentral has organizations and containers.
    return f"a Servertastic order is always outside the scope of {request.scope.variables}"


def decide_servertastic(review: Review, request: Decommission, facts: ReadFacts) -> tuple[str, str]:
    """Decide the action for one Servertastic order; returns the action and its reason.

    The states are those of docs/development/reference/servertastic.md 5.
    """
    state = review.state
    if state == CANCELLED:
        return NOTHING, "the order is already canceled"
    if review.product_code.lower().startswith(_NOT_CANCELABLE_PRODUCTS):
        return LEAVE, f"{review.product_code} is a SmarterTools product, which cannot be canceled"
    if state in NOT_ISSUED:
        return CANCEL, f"the order is {review.status} and can be canceled"
    if state != COMPLETED:
        return LEAVE, f"the status of the order is {review.status or 'not known'}: contact Servertastic"
    # An issued order can be canceled until 30 days after its completion.
    closes = review.window_closes
    if closes is None or closes <= facts.now:
        return (
            LEAVE,
            "the order was issued more than 30 days ago, or at an unknown time: only Servertastic can cancel it",
        )
    until = f"its admin contact can approve a cancellation until {closes:%Y-%m-%d}"
    if request.on_issued != REVOKE:
        return KEEP, f"the order is issued; {until}"
    # The serial number of the certificate is not known, so any certificate served under the name can be this one.
    verdict = facts.served.get(review.order_digest)
    if verdict == SERVED:
        return LEAVE, f"a certificate is still served under its name: remove it, then plan again; {until}"
    if request.probe and verdict not in (NOT_SERVED, UNRESOLVED):
        return LEAVE, f"the probe did not show whether a certificate is served under its name: plan again; {until}"
    hidden = unresolved_names(review.order_digest, request, facts)
    if hidden and request.unapproved and not request.waiver:
        return LEAVE, f"{_needs_approver(hidden)}; {until}"
    probed = "no certificate is served under its name" if request.probe else _probe_waived(request)
    return REVOKE, f"the order is issued, and {probed}{_caveat(hidden, request)}; {until}"
