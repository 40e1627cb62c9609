# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Plan what to do with every order that covers names to decommission. Pure: no I/O, no clock, no Ansible.

The output is one plan entry for each order that covers one of the names, with an action and a reason. Where a fact is
not known, the action is manual review.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from .._certcentral.models import DETAILS, Order
from .._common.names import dns_name
from .._common.text import plural
from .._common.values import is_id, utc_text
from .._plans.actions import CANCEL, CERTCENTRAL, DROP, KEEP, LAPSE, LEAVE, MARK, REJECT, REVOKE, SERVERTASTIC
from .decommission_facts import (
    CANCELABLE,
    COMPLETED,
    ENDED,
    NOT_ISSUED,
    NOT_SERVED,
    SERVED,
    UNRESOLVED,
    Ending,
    display_name,
    has_one_certificate,
    names_of_review,
    order_status,
    renews_after_expiry,
)
from .decommission_request import Decommission, parent_name
from .decommission_rules import (
    IS_REPLACEMENT,
    READ_DIFFERENTLY,
    ReadFacts,
    decide,
    decide_servertastic,
    served_state,
    unresolved_names,
    why_manual_review,
    why_names_stay,
    why_outside_scope,
)

if TYPE_CHECKING:
    from .._certcentral.models import Domain
    from .._servertastic.models import Review

# The actions that end a certificate or prevent that a new one is issued. They need a replacement for each name that
# stays in use.
_ENDING = (CANCEL, REJECT, DROP, REVOKE, LAPSE, MARK)


# -- the reads ---------------------------------------------------------------------------------------------------------


def to_read(
    orders: Iterable[Order], request: Decommission, today: date, details: Iterable[Order] = ()
) -> dict[str, list[int]]:
    """Return the ids of the CertCentral orders that must be read further before they can be planned.

    orders: the list of the account. today: the date in UTC. details: orders that were already read with details; they
    can show that more must be read. Returns a dictionary with three lists of order ids: `details`, orders to read with
    details; `certificates`, orders for which to read what a revocation would end, which includes the details; `origin`,
    expired orders for which to read whether they were migrated.
    """
    reads: dict[str, list[int]] = {"details": [], "certificates": [], "origin": []}
    pages = _merged_orders(details)
    for order_id, (row, agrees) in _covering(orders, request, today).items():
        page = pages.get(order_id, _UNREAD)[0]
        order, names = _with_details(row, page), _all_names(row, page)
        is_affected = any(map(request.affects, names))
        is_outside = request.scope.verdict(order).is_inside is False
        # Rows that contradict each other, and orders that need manual review already, need no further reads.
        if not agrees or (is_affected and (is_outside or why_manual_review(order, names, request))):
            continue
        status = order_status(order, today)
        if not is_affected:
            # The list left names out. Only the details show whether the order covers a name to decommission.
            reads["details"] += [] if page else [order_id]
            continue
        # In these statuses a certificate exists that an action can revoke or let expire.
        is_live = status in ("issued", "reissue_pending")
        if not page and _needs_page(order, status, request, today):
            reads["details"].append(order_id)
        # A duplicate, or the certificate before a reissue, can be for other names.
        if is_live and (request.on_issued == REVOKE or (request.on_issued == LAPSE and not has_one_certificate(order))):
            reads["certificates"].append(order_id)
        # Only migrated orders can have the renewed mark (docs/development/reference/certcentral.md 9).
        if status == "expired" and request.mark_renewed and not order.is_marked:
            reads["origin"].append(order_id)
    return reads


def _needs_page(order: Order, status: str, request: Decommission, today: date) -> bool:
    """Return whether the order's details must be read: a row of the list is not enough to end an order."""
    days = order.days_remaining(today)
    # With a serial number such an order goes to manual review, see decommission_rules.decide.
    if status in (*CANCELABLE, "needs_approval"):
        return not order.serial_number
    if status in ("issued", "reissue_pending"):
        is_over = days is not None and days < 0
        # keep (report only) changes an order only where it drops a pending reissue.
        drops = request.on_issued == KEEP and order.status == "reissue_pending" and not is_over
        # A revocation reads the details together with the certificates. Only the details have the renewal settings.
        return request.on_issued == LAPSE or drops or not order.names_known
    if status == "expired":
        # Without dates it is not known whether the order can be reissued. The decision about a mark needs the present
        # mark, an expiry in the past and all names.
        lacks = order.is_marked is None or days is None or days > 0 or not order.names_known
        marks = request.mark_renewed and not order.is_marked and lacks
        return renews_after_expiry(order, today) is None or marks
    return status not in ENDED and not order.names_known


def check_reach(domains: Iterable[Domain], request: Decommission) -> None:
    """Raise ValueError if subdomains are included for a name that is not in a domain of the account.

    domains: all domains of the account. The check catches a misspelled name, or a name such as a public suffix that has
    domains of other owners below it.
    """
    known = {domain.label for domain in domains} - {""}
    outside = [name for name in sorted(request.names) if not _is_at_or_below(name.replace("*.", "", 1), known)]
    if request.include_subdomains and outside:
        raise ValueError(
            f"decommission_domain_names contains {', '.join(outside[:20])}. With "
            "decommission_domain_include_subdomains, each name must be a domain of the CertCentral account that the "
            "API key can read, or a subdomain of one. Correct the names, set "
            "decommission_domain_include_subdomains to false, or, for Servertastic only, set "
            "decommission_domain_certcentral to false"
        )


def _is_at_or_below(name: str, domains: Collection[str]) -> bool:
    while name and name not in domains:
        name = parent_name(name)
    return bool(name)


def notes(orders: Iterable[Order], reviews: Iterable[Review], request: Decommission) -> list[str]:
    """Return notes for the approver of a plan: patterns of protected names that match no name of the account.

    orders, reviews: all orders of the account. A pattern without a match may be misspelled.
    """
    if not request.protected:
        return []
    names = {name for order in orders for name in (*order.domains, dns_name(order.common_name))}
    names.update(name for review in reviews for name in names_of_review(review))
    # One request for each pattern, so that each one is matched alone.
    each = {pattern: replace(request, protected=(pattern,), kept_names=()) for pattern in request.protected}
    unmatched = [pattern for pattern, alone in each.items() if not any(map(alone.protector, names))]
    if not unmatched:
        return []
    return [f"patterns of decommission_domain_protected that match no name of any order: {', '.join(unmatched)}"]


def to_probe(certificates: Iterable[Ending], reviews: Iterable[Review], request: Decommission) -> list[dict[str, Any]]:
    """Return the probes to run before a revocation, each with `order`, `names` and the `serial_numbers` to find.

    Servertastic returns no serial numbers, so for its orders the list is empty and any served certificate counts.
    """
    if request.on_issued != REVOKE or not request.probe:
        return []
    probes = []
    for order_id, (ends, agrees) in sorted(_merged_by(certificates, _order_id).items()):
        serials = sorted({one.serial_number for one in ends.certificates} - {""})
        if agrees and serials and ends.names:
            probes.append({"order": str(order_id), "names": sorted(ends.names), "serial_numbers": serials})
    for digest, (review, agrees) in _reviews_covering(reviews, request).items():
        names = names_of_review(review)
        # With a scope, no Servertastic order is changed.
        may_end = review.state == COMPLETED and not request.scope
        if agrees and may_end and not why_names_stay(digest, names, request):
            probes.append({"order": digest, "names": names, "serial_numbers": []})
    return probes


def verdicts(probes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the verdict of each order, from the results of served_certificate_info in a loop over `to_probe`.

    If an order was probed more than once, it is not served only if every probe found that it is not served.
    """
    found: dict[str, set[str]] = {}
    for probe in probes:
        if "item" in probe:
            found.setdefault(str(probe["item"]["order"]), set()).add(str(probe.get("verdict") or ""))
    return {order: _verdict(verdicts_found) for order, verdicts_found in found.items()}


def _verdict(verdicts_found: set[str]) -> str:
    if SERVED in verdicts_found:
        return SERVED
    # Any other verdict, or a failed probe, makes the result unknown.
    if verdicts_found and verdicts_found <= {NOT_SERVED, UNRESOLVED}:
        return UNRESOLVED if UNRESOLVED in verdicts_found else NOT_SERVED
    return "unknown"


def unresolved(probes: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return by order the names that served_certificate_info could not resolve, from the same results as `verdicts`."""
    found: dict[str, set[str]] = {}
    for probe in probes:
        names = {str(one["name"]) for one in probe.get("results") or () if one.get("verdict") == UNRESOLVED}
        if "item" in probe and names:
            found.setdefault(str(probe["item"]["order"]), set()).update(names)
    return {order: sorted(names) for order, names in found.items()}


def plan(
    orders: Iterable[Order], reviews: Iterable[Review], request: Decommission, facts: ReadFacts
) -> list[dict[str, Any]]:
    """Return a plan entry for every CertCentral and Servertastic order that covers a name to decommission.

    orders: all CertCentral orders of the account. reviews: all Servertastic orders. A row of the CertCentral list can
    leave names out, so the names of the details and of the certificates count as well. Raises ValueError.
    """
    rows, all_reviews = list(orders), list(reviews)
    replacements_by_name = _names_replaced(rows, all_reviews, request, facts.today)
    known = {str(row.id) for row in rows} | {review.order_digest for review in all_reviews}
    # A replacement that is not in the account may be a typing error, see _unless_in_use.
    not_found = sorted(request.replacements - known)
    pages, ends = _merged_orders(facts.details), _merged_by(facts.certificates, _order_id)
    entries = []
    for order_id, read in _covering(rows, request, facts.today).items():
        page, ending = pages.get(order_id, _UNREAD), ends.get(order_id, (Ending(order_id), True))
        names = _all_names(read[0], page[0], ending[0])
        if any(map(request.affects, names)):
            agrees = read[1] and page[1] and ending[1]
            entries.append(_certcentral(read[0], page[0], ending[0], names, agrees, request, facts))
    entries += [_servertastic(read, request, facts) for read in _reviews_covering(all_reviews, request).values()]
    return [_unless_in_use(entry, request, replacements_by_name, not_found) for entry in entries]


def covering(orders: Iterable[Order], request: Decommission, today: date) -> list[Order]:
    """Return all rows of the CertCentral orders that cover, or may cover, a name to decommission, sorted by order id.

    today: the date in UTC. Raises ValueError if such an order has no valid id.
    """
    # All rows of such an order, because a row with other values shows that the order changes at this moment.
    read = _grouped(orders, _id)
    ids = {
        order_id
        for order_id, rows in read.items()
        if any(any(map(request.affects, row.domains)) or _may_be_affected(row, request, today) for row in rows)
    }
    if not all(map(is_id, ids)):
        raise ValueError("an order has no valid order_id")
    return [row for order_id in sorted(ids) for row in read[order_id]]


def _may_be_affected(row: Order, request: Decommission, today: date) -> bool:
    """Return whether the row leaves names out and the order can still have a valid certificate."""
    return (
        not row.names_known
        # An order that has ended or expired is not changed for a name that the list does not show.
        and order_status(row, today) not in (*ENDED, "expired")
        # The product type can be omitted.
        and row.product_type in ("", *request.product_types)
    )


def _covering(orders: Iterable[Order], request: Decommission, today: date) -> dict[int, tuple[Order, bool]]:
    """Return the merged rows of `covering`, by order id."""
    return _merged_orders(covering(orders, request, today))


def _certcentral(
    row: Order,
    page: Order | None,
    ends: Ending,
    names: Sequence[str],
    agrees: bool,
    request: Decommission,
    facts: ReadFacts,
) -> dict[str, Any]:
    """Return the plan entry of one CertCentral order.

    row, page: the order in the list, and with details. agrees: whether everything that was read more than once agrees.
    """
    order = _with_details(row, page)
    if ends.order:
        product = {name: getattr(ends.order, name) for name in ("product_type", "product_name_id")}
        order = replace(order, **{name: value for name, value in product.items() if value})
    action, reason, more = decide(row, order, ends, names, request, facts)
    # Contradictory rows win over each other result, so that no action depends on an arbitrary row.
    if not agrees:
        action, reason, more = LEAVE, READ_DIFFERENTLY, {}
    if action in (CANCEL, REJECT) and page:
        # The names of the details are those that end with the order. Names of the row were checked in `decide`.
        names = page.domains
    valid_till = order.valid_till.isoformat() if order.valid_till else ""
    state = {"status": order.status, "valid_till": valid_till, **more.pop("state", {})}
    # The product is verified again directly before the order is ended (changed_since).
    if action in _ENDING and action != MARK:
        state["product"] = order.product_name_id
    return {
        "provider": CERTCENTRAL,
        "order": str(order.id),
        "name": display_name(order.common_name or (names or [""])[0]),
        "domains": list(names),
        "action": action,
        "reason": reason,
        "state": state,
        **more,
        **({"organization": order.organization.name} if order.organization and order.organization.name else {}),
    }


def _all_names(row: Order, page: Order | None, ends: Ending | None = None) -> list[str]:
    """Return all names of an order: those of its row, of its details and of its certificates."""
    return sorted({*row.domains, *(page.domains if page else ()), *(ends.names if ends else ())})


def _unless_in_use(
    entry: dict[str, Any],
    request: Decommission,
    replacements_by_name: Mapping[str, Mapping[str, bool]],
    not_found: Sequence[str],
) -> dict[str, Any]:
    """Return the entry, or the entry as manual review if a name of it stays in use and has no replacement yet.

    replacements_by_name: as returned by `_names_replaced`. not_found: ids of replacements that are not in the account;
    each of them can be the one that the user meant, so none of the entries is ended.
    """
    in_use = sorted({in_use for name in entry["domains"] for in_use in _names_in_use(name, request)})
    if entry["action"] not in _ENDING or not in_use:
        return entry
    # A Servertastic order that was not issued serves nothing, so a placed replacement is enough. Servertastic holds an
    # order that is placed after a cancellation for manual review (docs/development/reference/servertastic.md 0).
    placed = entry["provider"] == SERVERTASTIC and entry["action"] == CANCEL
    by = {
        name: [key for key, is_issued in _replacements_covering(name, replacements_by_name) if is_issued or placed]
        for name in in_use
    }
    lacking = [name for name in in_use if not by[name]]
    if lacking or not_found:
        why = "no issued replacement covers it: order one, and list it in decommission_domain_replacements"
        if not_found:
            why = f"the replacement {not_found[0]} was not found: correct decommission_domain_replacements"
        reason = f"{(lacking or in_use)[0]} stays in use, and {why}"
        # An entry without a change must not carry the parameters of the change.
        rest = {name: value for name, value in entry.items() if name not in ("drop_reissue", "request_id")}
        return {**rest, "action": LEAVE, "reason": reason}
    # A part of what is approved: another replacement changes the entry.
    replaced_by = sorted({key for rows_of_order in by.values() for key in rows_of_order})
    return {**entry, "state": {**entry["state"], "replaced_by": replaced_by}}


def _replacements_covering(name: str, replacements_by_name: Mapping[str, Mapping[str, bool]]) -> list[tuple[str, bool]]:
    """Return the replacements that cover a name, directly or by a wildcard, each with whether it is issued."""
    return [
        *replacements_by_name.get(name, {}).items(),
        *replacements_by_name.get(f"*.{parent_name(name)}", {}).items(),
    ]


def _names_in_use(name: str, request: Decommission) -> list[str]:
    """Return the names that stay in use and that a name of an order covers, as a wildcard does."""
    wildcard_parent = name[2:] if name.startswith("*.") else ""
    below = [one for one in request.names_in_use if wildcard_parent and wildcard_parent in (one, parent_name(one))]
    return [name, *below] if request.is_replaced(name) else below


def _names_replaced(
    orders: Iterable[Order], reviews: Iterable[Review], request: Decommission, today: date
) -> dict[str, dict[str, bool]]:
    """Return by name the replacement orders that cover it, each with whether it is issued.

    A CertCentral replacement counts only if it is issued and valid, a Servertastic one if it is at least placed.
    """
    found: dict[str, dict[str, bool]] = {}
    if not request.replacements:
        return found
    rows = _merged_orders(row for row in orders if str(row.id) in request.replacements)
    for order_id, (row, agrees) in rows.items():
        days = row.days_remaining(today)
        # Without a known date of expiry an order does not count as a replacement.
        if agrees and order_status(row, today) == "issued" and days is not None and days >= 0:
            for name in row.domains:
                found.setdefault(name, {})[str(order_id)] = True
    named = (one for one in reviews if one.order_digest in request.replacements and one.domain_name)
    for digest, (review, agrees) in _merged_by(named, _order_digest).items():
        # An order without a date of expiry counts as valid.
        is_issued = review.state == COMPLETED and not (review.expiry_date and review.expiry_date < today)
        # The first of these states is an order that is not configured, which will not be issued by itself.
        if agrees and (is_issued or review.state in NOT_ISSUED[1:]):
            for name in names_of_review(review):
                found.setdefault(name, {})[digest] = is_issued
    return found


# -- Servertastic ------------------------------------------------------------------------------------------------------


def _reviews_covering(reviews: Iterable[Review], request: Decommission) -> dict[str, tuple[Review, bool]]:
    """Return the Servertastic orders that cover a name to decommission, by digest and sorted by digest."""
    named = [one for one in reviews if one.order_digest and one.domain_name]
    digests = {one.order_digest for one in named if any(map(request.affects, names_of_review(one)))}
    found = _merged_by((one for one in named if one.order_digest in digests), _order_digest)
    return {digest: found[digest] for digest in sorted(found)}


def _servertastic(read: tuple[Review, bool], request: Decommission, facts: ReadFacts) -> dict[str, Any]:
    """Return the plan entry of one Servertastic order."""
    review, agrees = read
    names, digest = names_of_review(review), review.order_digest
    is_replacement = digest in request.replacements
    why = IS_REPLACEMENT if is_replacement else why_names_stay(digest, names, request)
    why = why or why_outside_scope(review, request)
    # Servertastic returns how many additional names an order can have, but not all of these names.
    unlisted = (review.san_count or 0) - (len(names) - 1)
    if not why and unlisted > 0:
        why = f"the order can have {plural(unlisted, 'more name')}, which Servertastic does not return"
    if not why and not agrees:
        why = READ_DIFFERENTLY
    action, reason = (LEAVE, why) if why else decide_servertastic(review, request, facts)
    # The admin contact must approve the cancellation of an issued order, so the report shows the address.
    contact = review.admin_email if review.state == COMPLETED else ""
    served = served_state(unresolved_names(digest, request, facts), request) if action == REVOKE else {}
    return {
        "provider": SERVERTASTIC,
        "order": digest,
        "name": dns_name(review.domain_name),
        "domains": names,
        "action": action,
        "reason": reason,
        "state": {"status": review.status, "window_closes": utc_text(review.window_closes), **served},
        **({"contact": contact} if contact else {}),
    }


# -- what was read more than once --------------------------------------------------------------------------------------

_T = TypeVar("_T", Order, "Review", Ending)
_UNREAD: tuple[Order | None, bool] = (None, True)
# What can differ between two versions of an order that do not contradict each other: which parts were read, what an
# answer shows of the names and counts, and an id that has no meaning before there is a certificate.
_MAY_DIFFER = (
    *("seen", "dns_names", "names_known", "has_readable_names", "has_unread_expiry"),
    *("duplicates_count", "reissues_count", "certificate_id"),
)


def _id(order: Order) -> int:
    return order.id


def _order_id(ends: Ending) -> int:
    return ends.order_id


def _order_digest(review: Review) -> str:
    return review.order_digest


def _merged_by(read: Iterable[_T], key: Callable[[_T], Any]) -> dict[Any, tuple[_T, bool]]:
    """Return what was read by the value of a key, merged, each with whether its versions agree."""
    return {value: _merged(versions) for value, versions in _grouped(read, key).items()}


def _grouped(read: Iterable[_T], key: Callable[[_T], Any]) -> dict[Any, list[_T]]:
    versions: dict[Any, list[_T]] = {}
    for one in read:
        versions.setdefault(key(one), []).append(one)
    return versions


def _merged(versions: Sequence[_T], may_differ: Collection[str] = ()) -> tuple[_T, bool]:
    """Merge the versions of one order, and return whether they agree; what a version leaves out contradicts nothing."""
    # Sorted, so that the result does not depend on the order of the input.
    several = sorted(versions, key=repr) if len(versions) > 1 else versions
    if all(one == several[0] for one in several):
        return several[0], True
    values: dict[str, Any] = {}
    agrees = True
    for known in map(_known, several):
        agrees = agrees and all(
            values.get(name, value) == value for name, value in known.items() if name not in may_differ
        )
        values.update(known)
    return replace(several[0], **values), agrees


def _merged_orders(orders: Iterable[Order]) -> dict[int, tuple[Order, bool]]:
    """Return the orders merged by id. An order can be in a list more than once, as pages shift."""
    return {order_id: _merged_order(versions) for order_id, versions in _grouped(orders, _id).items()}


def _merged_order(versions: Sequence[Order]) -> tuple[Order, bool]:
    """Merge the versions of one order, with the names of all, and return whether they agree otherwise."""
    if len(versions) == 1:
        return versions[0], True
    # A mark can show as the status, so that one version may have it as either.
    merged, agrees = _merged([replace(one, is_renewed=one.is_marked) for one in versions], _MAY_DIFFER)
    # Only details have requests, and having none is then a fact.
    requests = {one.requests for one in versions if DETAILS in one.seen}
    names = {one.domains for one in versions}
    whole = replace(
        merged,
        seen=frozenset(part for one in versions for part in one.seen),
        dns_names=tuple(sorted({name for several in names for name in several})),
        # One version with all names is enough.
        names_known=any(one.names_known for one in versions),
    )
    return whole, agrees and len(names) == 1 and len(requests) <= 1


def _with_details(row: Order, page: Order | None) -> Order:
    """Return a row with the values of the details. A true has_duplicates or has_reissues of the row stays true."""
    if page is None:
        return row
    more = {name: True for name in ("has_duplicates", "has_reissues") if getattr(row, name)}
    is_renewed = row.is_marked if page.is_marked is None else page.is_marked
    return replace(row, **{**_known(page), **more, "is_renewed": is_renewed, "seen": row.seen | page.seen})


def _known(one: _T) -> dict[str, Any]:
    """Return the fields that have a value: an empty one means that the service left the field out."""
    values = ((name, getattr(one, name)) for name in one.__dataclass_fields__)
    # False and 0 are values. A true value needs no comparison.
    return {name: value for name, value in values if value or value not in (None, "", ())}
