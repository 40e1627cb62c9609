# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Plan what to do with every order that covers names to decommission. Pure: no I/O, no clock, no Ansible.

The input is orders as digicert_order_info and servertastic_order_info return them. The output is one plan entry for
each order that covers one of the names, with an action and a reason. Where a fact is not known, the action is manual
review.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from .._common.names import dns_name
from .._common.text import plural
from .._common.values import is_id
from .._plans.actions import CANCEL, CERTCENTRAL, DROP, KEEP, LAPSE, LEAVE, MARK, REJECT, REVOKE, SERVERTASTIC
from .decommission_facts import (
    CANCELABLE,
    COMPLETED,
    ENDED,
    NOT_ISSUED,
    NOT_SERVED,
    SERVED,
    UNRESOLVED,
    certificates_of,
    display_name,
    has_one_certificate,
    names_known,
    names_of,
    names_of_review,
    order_status,
    renews_after_expiry,
    review_state,
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
)

# The actions that end a certificate or prevent that a new one is issued. They need a replacement for each name that
# stays in use.
_ENDING = (CANCEL, REJECT, DROP, REVOKE, LAPSE, MARK)


# -- the reads ---------------------------------------------------------------------------------------------------------


def to_read(
    orders: Iterable[Mapping[str, Any]], request: Decommission, details: Iterable[Mapping[str, Any]] = ()
) -> dict[str, list[int]]:
    """Return the ids of the CertCentral orders that must be read further before they can be planned.

    orders: the list of the account. details: orders that were already read with details; they can show that more must
    be read. Returns a dictionary with three lists of order ids: `details`, orders to read with digicert_order_info;
    `certificates`, orders whose certificates to read with digicert_certificate_revoke in check mode, which includes the
    details; `origin`, expired orders for which to read whether they were migrated.
    """
    reads: dict[str, list[int]] = {"details": [], "certificates": [], "origin": []}
    pages = _merged_by(details, "order_id")
    for order_id, row in _covering(orders, request).items():
        page = pages.get(order_id, _UNREAD)
        order, names = _with_details(row[0], page[0]), _all_names(row, page, _UNREAD)
        is_affected = any(map(request.affects, names))
        # Rows that contradict each other, and orders that need manual review already, need no further reads.
        if not row[1] or (is_affected and why_manual_review(order, names, request)):
            continue
        status = order_status(order)
        if not is_affected:
            # The list left names out. Only the details show whether the order covers a name to decommission.
            reads["details"] += [] if page[0] else [order_id]
            continue
        # In these statuses a certificate exists that an action can revoke or let expire.
        is_live = status in ("issued", "reissue_pending")
        if not page[0] and _needs_page(order, status, request):
            reads["details"].append(order_id)
        # A duplicate, or the certificate before a reissue, can be for other names.
        if is_live and (request.on_issued == REVOKE or (request.on_issued == LAPSE and not has_one_certificate(order))):
            reads["certificates"].append(order_id)
        # Only migrated orders can have the renewed mark (docs/development/reference/certcentral.md 9).
        if status == "expired" and request.mark_renewed and not order.get("is_renewed"):
            reads["origin"].append(order_id)
    return reads


def _needs_page(order: Mapping[str, Any], status: str, request: Decommission) -> bool:
    """Return whether the order's details must be read: a row of the list is not enough to end an order."""
    days = order.get("days_remaining")
    # With a serial number such an order goes to manual review, see decommission_rules.decide.
    if status in (*CANCELABLE, "needs_approval"):
        return not order.get("serial_number")
    if status in ("issued", "reissue_pending"):
        is_over = days is not None and days < 0
        # keep (report only) changes an order only where it drops a pending reissue.
        drops = request.on_issued == KEEP and order.get("status") == "reissue_pending" and not is_over
        # A revocation reads the details together with the certificates. Only the details have the renewal settings.
        return request.on_issued == LAPSE or drops or not names_known(order)
    if status == "expired":
        # Without dates it is not known whether the order can be reissued. The decision about a mark needs the present
        # mark, an expiry in the past and all names.
        lacks = order.get("is_renewed") is None or days is None or days > 0 or not names_known(order)
        return renews_after_expiry(order) is None or (request.mark_renewed and not order.get("is_renewed") and lacks)
    return status not in ENDED and not names_known(order)


def check_reach(domains: Iterable[Mapping[str, Any]], request: Decommission) -> None:
    """Raise ValueError if subdomains are included for a name that is not in a domain of the account.

    domains: all domains of the account, rows of digicert_domain_info. The check catches a misspelled name, or a name
    such as a public suffix that has domains of other owners below it.
    """
    # names_of converts each name to the spelling of DNS.
    known = set(names_of({"domains": [row["name"] for row in domains if row.get("name")]}))
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


def notes(
    orders: Iterable[Mapping[str, Any]], reviews: Iterable[Mapping[str, Any]], request: Decommission
) -> list[str]:
    """Return notes for the approver of a plan: patterns of protected names that match no name of the account.

    orders, reviews: all orders of the account. A pattern without a match may be misspelled.
    """
    names = {
        name for row in orders for name in (*names_of(row), *names_of({"domains": [row.get("common_name") or ""]}))
    }
    names.update(name for review in reviews for name in names_of_review(review))
    # One request for each pattern, so that each one is matched alone.
    each = {pattern: replace(request, protected=(pattern,), stays=()) for pattern in request.protected}
    unmatched = [pattern for pattern, alone in each.items() if not any(map(alone.protector, names))]
    if not unmatched:
        return []
    return [f"patterns of decommission_domain_protected that match no name of any order: {', '.join(unmatched)}"]


def to_probe(
    certificates: Iterable[Mapping[str, Any]], reviews: Iterable[Mapping[str, Any]], request: Decommission
) -> list[dict[str, Any]]:
    """Return the probes to run before a revocation, each with `order`, `names` and the `serial_numbers` to find.

    certificates: rows of digicert_certificate_revoke in check mode. reviews: rows of servertastic_order_info.
    Servertastic returns no serial numbers, so for its orders the list is empty and any served certificate counts.
    """
    if request.on_issued != REVOKE or not request.probe:
        return []
    probes = []
    for order_id, (row, agrees) in sorted(_merged_by(certificates, "order_id").items()):
        certificates_to_end = certificates_of(row)
        serials = sorted({str(one.get("serial_number") or "") for one in certificates_to_end} - {""})
        names = sorted({name for one in certificates_to_end for name in names_of(one)})
        if agrees and serials and names:
            probes.append({"order": str(order_id), "names": names, "serial_numbers": serials})
    for digest, (review, agrees) in _reviews_covering(reviews, request).items():
        names = names_of_review(review)
        if agrees and review_state(review) == COMPLETED and not why_names_stay(digest, names, request):
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
    orders: Iterable[Mapping[str, Any]],
    reviews: Iterable[Mapping[str, Any]],
    request: Decommission,
    facts: ReadFacts,
) -> list[dict[str, Any]]:
    """Return a plan entry for every CertCentral and Servertastic order that covers a name to decommission.

    orders: all CertCentral orders of the account. reviews: all Servertastic orders. A row of the CertCentral list can
    leave names out, so the names of the details and of the certificates count as well. Raises ValueError.
    """
    rows, all_reviews = list(orders), list(reviews)
    replacements_by_name = _names_replaced(rows, all_reviews, request, facts.now)
    known = {str(row["order_id"]) for row in rows} | {str(review.get("order_digest")) for review in all_reviews}
    # A replacement that is not in the account may be a typing error, see _unless_in_use.
    not_found = sorted(request.replacements - known)
    # pages: the orders with details. ends: the rows of digicert_certificate_revoke.
    pages, ends = _merged_by(facts.details, "order_id"), _merged_by(facts.certificates, "order_id")
    entries = [
        _certcentral(read, pages.get(order_id, _UNREAD), ends.get(order_id, _UNREAD), request, facts)
        for order_id, read in _covering(rows, request).items()
        if any(map(request.affects, _all_names(read, pages.get(order_id, _UNREAD), ends.get(order_id, _UNREAD))))
    ]
    entries += [_servertastic(read, request, facts) for read in _reviews_covering(all_reviews, request).values()]
    return [_unless_in_use(entry, request, replacements_by_name, not_found) for entry in entries]


# The merged row of an order, and whether all rows of the order that were read agree.
_Read = tuple[Mapping[str, Any], bool]
_UNREAD: _Read = ({}, True)


def covering(orders: Iterable[Mapping[str, Any]], request: Decommission) -> list[Mapping[str, Any]]:
    """Return all rows of the CertCentral orders that cover, or may cover, a name to decommission, sorted by order id.

    Raises ValueError if such an order has no valid order_id.
    """
    # All rows of such an order, because a row with other values shows that the order changes at this moment.
    read: dict[int, list[Mapping[str, Any]]] = {}
    ids = set()
    for row in orders:
        read.setdefault(row["order_id"], []).append(row)
        if any(map(request.affects, names_of(row))) or _may_be_affected(row, request):
            ids.add(row["order_id"])
    if not all(map(is_id, ids)):
        raise ValueError("an order has no valid order_id")
    return [row for order_id in sorted(ids) for row in read[order_id]]


def _may_be_affected(row: Mapping[str, Any], request: Decommission) -> bool:
    """Return whether the row leaves names out and the order can still have a valid certificate."""
    product = str(row.get("product_type") or "")
    return (
        row.get("domains_known") is False
        # An order that has ended or expired is not changed for a name that the list does not show.
        and order_status(row) not in (*ENDED, "expired")
        # The product type can be omitted.
        and product in ("", *request.product_types)
    )


def _covering(orders: Iterable[Mapping[str, Any]], request: Decommission) -> dict[int, _Read]:
    """Return the merged rows of `covering`, by order id."""
    return _merged_by(covering(orders, request), "order_id")


def _certcentral(row: _Read, page: _Read, ends: _Read, request: Decommission, facts: ReadFacts) -> dict[str, Any]:
    """Return the plan entry of one CertCentral order.

    row, page, ends: the order in the list, its details, and its row of digicert_certificate_revoke in check mode.
    """
    order = _with_details(row[0], _with_details(page[0], _details_of(ends[0])))
    names = _all_names(row, page, ends)
    action, reason, more = decide(row[0], order, ends[0], names, request, facts)
    # Contradictory rows win over each other result, so that no action depends on an arbitrary row.
    if not (row[1] and page[1] and ends[1]):
        action, reason, more = LEAVE, READ_DIFFERENTLY, {}
    if action in (CANCEL, REJECT):
        # The names of the details are those that end with the order. Names of the row were checked in `decide`.
        names = sorted(set(names_of(page[0])))
    state = {"status": order["status"], "valid_till": order["valid_till"], **more.pop("state", {})}
    # The product is verified again directly before the order is ended (changed_since).
    if action in _ENDING and action != MARK:
        state["product"] = str(order.get("product_name_id") or "")
    organization = str(order.get("organization_name") or "")
    return {
        "provider": CERTCENTRAL,
        "order": str(order["order_id"]),
        "name": display_name(str(order.get("common_name") or (names or [""])[0])),
        "domains": names,
        "action": action,
        "reason": reason,
        "state": state,
        **more,
        **({"organization": organization} if organization else {}),
    }


def _all_names(row: _Read, page: _Read, ends: _Read) -> list[str]:
    """Return all names of an order: those of its row, of its details and of its certificates."""
    rows = (row[0], page[0], *certificates_of(ends[0]))
    return sorted({name for one in rows for name in names_of(one)})


def _details_of(ends: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of an order's details that a row of digicert_certificate_revoke has as well."""
    before = ends.get("before") or {}
    return {name: before[name] for name in ("product_type", "product_name_id") if name in before}


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
    below = [one for one in request.lives_on if wildcard_parent and wildcard_parent in (one, parent_name(one))]
    return [name, *below] if request.is_replaced(name) else below


def _names_replaced(
    orders: Iterable[Mapping[str, Any]],
    reviews: Iterable[Mapping[str, Any]],
    request: Decommission,
    now: datetime,
) -> dict[str, dict[str, bool]]:
    """Return by name the replacement orders that cover it, each with whether it is issued.

    A CertCentral replacement counts only if it is issued and valid, a Servertastic one if it is at least placed.
    """
    found: dict[str, dict[str, bool]] = {}
    rows = _merged_by((row for row in orders if str(row["order_id"]) in request.replacements), "order_id")
    for order_id, (row, agrees) in rows.items():
        days = row.get("days_remaining")
        # Without a known date of expiry an order does not count as a replacement.
        if agrees and order_status(row) == "issued" and days is not None and days >= 0:
            for name in names_of(row):
                found.setdefault(name, {})[str(order_id)] = True
    named = (one for one in reviews if one.get("order_digest") in request.replacements and one.get("domain_name"))
    for digest, (review, agrees) in _merged_by(named, "order_digest").items():
        expires = str(review.get("expiry_date") or "")
        # Dates are ISO 8601 text, which sorts by time. An order without a date of expiry counts as valid.
        is_issued = review_state(review) == COMPLETED and not (expires and expires < now.date().isoformat())
        # The first of these states is an order that is not configured, which will not be issued by itself.
        if agrees and (is_issued or review_state(review) in NOT_ISSUED[1:]):
            for name in names_of_review(review):
                found.setdefault(name, {})[digest] = is_issued
    return found


# -- Servertastic ------------------------------------------------------------------------------------------------------


def _reviews_covering(reviews: Iterable[Mapping[str, Any]], request: Decommission) -> dict[str, _Read]:
    """Return the Servertastic orders that cover a name to decommission, by digest and sorted by digest."""
    named = [one for one in reviews if one.get("order_digest") and one.get("domain_name")]
    digests = {one["order_digest"] for one in named if any(map(request.affects, names_of_review(one)))}
    found = _merged_by((one for one in named if one["order_digest"] in digests), "order_digest")
    return {digest: found[digest] for digest in sorted(found)}


def _servertastic(read: _Read, request: Decommission, facts: ReadFacts) -> dict[str, Any]:
    """Return the plan entry of one Servertastic order."""
    review, agrees = read
    names, digest = names_of_review(review), review["order_digest"]
    is_replacement = digest in request.replacements
    why = IS_REPLACEMENT if is_replacement else why_names_stay(digest, names, request)
    # Servertastic returns how many additional names an order can have, but not all of these names.
    unlisted = (review.get("san_count") or 0) - (len(names) - 1)
    if not why and unlisted > 0:
        why = f"the order can have {plural(unlisted, 'more name')}, which Servertastic does not return"
    if not why and not agrees:
        why = READ_DIFFERENTLY
    action, reason = (LEAVE, why) if why else decide_servertastic(review, request, facts)
    # The admin contact must approve the cancellation of an issued order, so the report shows the address.
    contact = str(review.get("admin_email") or "") if review_state(review) == COMPLETED else ""
    served = served_state(unresolved_names(digest, request, facts), request) if action == REVOKE else {}
    return {
        "provider": SERVERTASTIC,
        "order": digest,
        "name": dns_name(review["domain_name"]),
        "domains": names,
        "action": action,
        "reason": reason,
        "state": {"status": review["order_status"], "window_closes": review.get("window_closes") or "", **served},
        **({"contact": contact} if contact else {}),
    }


# -- reading rows ------------------------------------------------------------------------------------------------------


def _merged_by(rows: Iterable[Mapping[str, Any]], key: str) -> dict[Any, _Read]:
    """Return the rows merged by the value of a key. An order can be in a list more than once, as pages shift."""
    read: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        read.setdefault(row[key], []).append(row)
    return {one: _merged_rows(rows_of_order) for one, rows_of_order in read.items()}


def _merged_rows(rows: Sequence[Mapping[str, Any]]) -> _Read:
    """Merge the rows of one order, with the names of all rows, and return whether their other values agree."""
    if len(rows) == 1:
        return rows[0], True
    merged: dict[str, Any] = {}
    agrees = True
    # One row with all names is enough, so domains_known is merged separately and is never a contradiction.
    known = any(names_known(row) for row in rows)
    rows = [{name: value for name, value in row.items() if name != "domains_known"} for row in rows]
    # Sorted, so that the result does not depend on the order of the input.
    for row in sorted(rows, key=lambda one: repr(sorted(one.items()))):
        before = _non_empty(merged)
        agrees = agrees and all(before.get(name, value) == value for name, value in _non_empty(row).items())
        merged = _with_details(merged, row)
    domains = sorted({str(name) for row in rows for name in row.get("domains") or ()})
    return {**merged, "domains": domains, "domains_known": known}, agrees


def _with_details(row: Mapping[str, Any], page: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the values of the details. A true has_duplicates or has_reissues of the row stays true."""
    more = {name: True for name in ("has_duplicates", "has_reissues") if row.get(name)}
    return {**page, **row, **_non_empty(page), **more}


def _non_empty(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a row that are not empty. An empty value means that the service omitted the field."""
    return {name: value for name, value in row.items() if value not in (None, "")}
