# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What is to become of every order that covers names which go away? Pure: no I/O, no clock, no Ansible.

Works on orders as digicert_order_info and servertastic_order_info return them, and says one thing of each that covers
one of the names: an entry of a plan, with an action and a reason. Where anything is not known, the order is left to a
person.
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
    READ_DIFFERENTLY,
    ReadFacts,
    decide,
    decide_servertastic,
    served_state,
    unresolved_names,
    why_manual_review,
    why_names_stay,
)

# What ends a certificate, or keeps one from being issued again: not done where a name lives on without a replacement.
_ENDING = (CANCEL, REJECT, DROP, REVOKE, LAPSE, MARK)


# -- what has to be read -----------------------------------------------------------------------------------------------


def to_read(
    orders: Iterable[Mapping[str, Any]], request: Decommission, details: Iterable[Mapping[str, Any]] = ()
) -> dict[str, list[int]]:
    """Which CertCentral orders have to be read further before they can be planned.

    details: pages that have been read already, which may show that more has to be. Returns, as `details`, the orders
    whose own pages have to be read, since an end rests on them (a revocation's is read with its certificates); as
    `certificates`, those whose certificates have to be read; as `origin`, those that may have been migrated.
    """
    wanted: dict[str, list[int]] = {"details": [], "certificates": [], "origin": []}
    pages = _each_once(details, "order_id")
    for order_id, row in _covering(orders, request).items():
        page = pages.get(order_id, _UNREAD)
        order, names = _whole(row[0], page[0]), _all_names(row, page, _UNREAD)
        touches = any(map(request.touches, names))
        if not row[1] or (touches and why_manual_review(order, names, request)):
            continue
        status = order_status(order)
        if not touches:
            # Only its own page tells whether it covers one of the names.
            wanted["details"] += [] if page[0] else [order_id]
            continue
        is_live = status in ("issued", "reissue_pending")
        if not page[0] and _needs_page(order, status, request):
            wanted["details"].append(order_id)
        # A duplicate, or what it was before a reissue, may be for other names.
        if is_live and (request.on_issued == REVOKE or (request.on_issued == LAPSE and not has_one_certificate(order))):
            wanted["certificates"].append(order_id)
        if status == "expired" and request.mark_renewed and not order.get("is_renewed"):
            wanted["origin"].append(order_id)
    return wanted


def _needs_page(order: Mapping[str, Any], status: str, request: Decommission) -> bool:
    """Whether the row of a list does not say enough: no end rests on it, nor anything on names that it leaves out."""
    days = order.get("days_remaining")
    if status in (*CANCELABLE, "needs_approval"):
        return not order.get("serial_number")
    if status in ("issued", "reissue_pending"):
        is_over = days is not None and days < 0
        drops = request.on_issued == KEEP and order.get("status") == "reissue_pending" and not is_over
        return request.on_issued == LAPSE or drops or not names_known(order)
    if status == "expired":
        lacks = order.get("is_renewed") is None or days is None or days > 0 or not names_known(order)
        return renews_after_expiry(order) is None or (request.mark_renewed and not order.get("is_renewed") and lacks)
    return status not in ENDED and not names_known(order)


def check_reach(domains: Iterable[Mapping[str, Any]], request: Decommission) -> None:
    """Refuse to retire all that is below a name which is not the account's own. Raises ValueError.

    domains: all of the account, rows of digicert_domain_info.
    """
    known = set(names_of({"domains": [row["name"] for row in domains if row.get("name")]}))
    outside = [name for name in sorted(request.names) if not _is_at_or_below(name.replace("*.", "", 1), known)]
    if request.include_subdomains and outside:
        raise ValueError(
            f"decommission_domain_names has {', '.join(outside[:20])}: with decommission_domain_include_subdomains each"
            " name has to be a domain of the CertCentral account, as far as the key can read it, or to lie below one. "
            "Correct the name, set decommission_domain_include_subdomains to false, or, for Servertastic alone, "
            "decommission_domain_certcentral to false"
        )


def _is_at_or_below(name: str, domains: Collection[str]) -> bool:
    while name and name not in domains:
        name = parent_name(name)
    return bool(name)


def notes(
    orders: Iterable[Mapping[str, Any]], reviews: Iterable[Mapping[str, Any]], request: Decommission
) -> list[str]:
    """What the approver of a plan has to know beside its entries.

    orders, reviews: all of the account. A pattern that matches none of their names may be misspelled.
    """
    names = {
        name for row in orders for name in (*names_of(row), *names_of({"domains": [row.get("common_name") or ""]}))
    }
    names.update(name for review in reviews for name in names_of_review(review))
    each = {pattern: replace(request, protected=(pattern,), stays=()) for pattern in request.protected}
    lone = [pattern for pattern, alone in each.items() if not any(map(alone.protector, names))]
    return [f"decommission_domain_protected matches no name of any order: {', '.join(lone)}"] if lone else []


def to_probe(
    certificates: Iterable[Mapping[str, Any]], reviews: Iterable[Mapping[str, Any]], request: Decommission
) -> list[dict[str, Any]]:
    """Where to look before certificates may be revoked: `order`, `names`, and the `serial_numbers` to look for.

    certificates: rows of digicert_certificate_revoke in check mode. reviews: of servertastic_order_info; what their
    certificates' serial numbers are is not known, so that whatever is served there may be one of them.
    """
    if request.on_issued != REVOKE or not request.probe:
        return []
    probes = []
    for order_id, (row, agrees) in sorted(_each_once(certificates, "order_id").items()):
        dying = certificates_of(row)
        serials = sorted({str(one.get("serial_number") or "") for one in dying} - {""})
        names = sorted({name for one in dying for name in names_of(one)})
        if agrees and serials and names:
            probes.append({"order": str(order_id), "names": names, "serial_numbers": serials})
    for digest, (review, agrees) in _reviews_covering(reviews, request).items():
        names = names_of_review(review)
        if agrees and review_state(review) == COMPLETED and not why_names_stay(digest, names, request):
            probes.append({"order": digest, "names": names, "serial_numbers": []})
    return probes


def verdicts(probes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What served_certificate_info found in a loop over what `to_probe` tells, by order.

    Where somebody looked more than once, each look has to say that nothing is served.
    """
    found: dict[str, set[str]] = {}
    for probe in probes:
        if "item" in probe:
            found.setdefault(str(probe["item"]["order"]), set()).add(str(probe.get("verdict") or ""))
    return {order: _verdict(verdicts_found) for order, verdicts_found in found.items()}


def _verdict(verdicts_found: set[str]) -> str:
    if SERVED in verdicts_found:
        return SERVED
    if verdicts_found and verdicts_found <= {NOT_SERVED, UNRESOLVED}:
        return UNRESOLVED if UNRESOLVED in verdicts_found else NOT_SERVED
    return "unknown"


def unresolved(probes: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The names that served_certificate_info could not resolve, in the same loop, by order."""
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
    """An entry for every order, of CertCentral and of Servertastic, that covers a name which goes away.

    A row of CertCentral's that leaves names out may hide such an order, so that its own page says whether it is one.
    """
    rows, all_reviews = list(orders), list(reviews)
    replaced = _replaced(rows, all_reviews, request, facts.now)
    known = {str(row["order_id"]) for row in rows} | {str(review.get("order_digest")) for review in all_reviews}
    lost = sorted(request.replacements - known)
    pages, ends = _each_once(facts.details, "order_id"), _each_once(facts.certificates, "order_id")
    entries = [
        _certcentral(read, pages.get(order_id, _UNREAD), ends.get(order_id, _UNREAD), request, facts)
        for order_id, read in _covering(rows, request).items()
        if any(map(request.touches, _all_names(read, pages.get(order_id, _UNREAD), ends.get(order_id, _UNREAD))))
    ]
    entries += [_servertastic(read, request, facts) for read in _reviews_covering(all_reviews, request).values()]
    return [_unless_needed(entry, request, replaced, lost) for entry in entries]


# What was read of an order, and whether that agrees where it was read more than once.
_Read = tuple[Mapping[str, Any], bool]
_UNREAD: _Read = ({}, True)


def covering(orders: Iterable[Mapping[str, Any]], request: Decommission) -> list[Mapping[str, Any]]:
    """All rows of the CertCentral orders that cover a name which goes away, or may do so, by id. Raises ValueError."""
    read: dict[int, list[Mapping[str, Any]]] = {}
    ids = set()
    for row in orders:
        read.setdefault(row["order_id"], []).append(row)
        if any(map(request.touches, names_of(row))) or _may_touch(row, request):
            ids.add(row["order_id"])
    if not all(map(is_id, ids)):
        raise ValueError("an order has no order_id")
    return [row for order_id in sorted(ids) for row in read[order_id]]


def _may_touch(row: Mapping[str, Any], request: Decommission) -> bool:
    """Whether a row does not tell all names of an order that goes on."""
    product = str(row.get("product_type") or "")
    return (
        row.get("domains_known") is False
        and order_status(row) not in (*ENDED, "expired")
        and product in ("", *request.product_types)
    )


def _covering(orders: Iterable[Mapping[str, Any]], request: Decommission) -> dict[int, _Read]:
    """The CertCentral orders that cover a name which goes away, by id, in the order of these."""
    return _each_once(covering(orders, request), "order_id")


def _certcentral(row: _Read, page: _Read, ends: _Read, request: Decommission, facts: ReadFacts) -> dict[str, Any]:
    order = _whole(row[0], _whole(page[0], _page_of(ends[0])))
    names = _all_names(row, page, ends)
    action, reason, more = decide(row[0], order, ends[0], names, request, facts)
    if not (row[1] and page[1] and ends[1]):
        action, reason, more = LEAVE, READ_DIFFERENTLY, {}
    if action in (CANCEL, REJECT):
        # What its own page tells is what goes; a row that tells of more was looked at above.
        names = sorted(set(names_of(page[0])))
    state = {"status": order["status"], "valid_till": order["valid_till"], **more.pop("state", {})}
    if action in _ENDING and action != MARK:
        state["product"] = str(order.get("product_name_id") or "")
    return {
        "provider": CERTCENTRAL,
        "order": str(order["order_id"]),
        "name": display_name(str(order.get("common_name") or (names or [""])[0])),
        "domains": names,
        "action": action,
        "reason": reason,
        "state": state,
        **more,
    }


def _all_names(row: _Read, page: _Read, ends: _Read) -> list[str]:
    """Every name that anything tells of an order: its row, its own page, its certificates."""
    rows = (row[0], page[0], *certificates_of(ends[0]))
    return sorted({name for one in rows for name in names_of(one)})


def _page_of(ends: Mapping[str, Any]) -> dict[str, Any]:
    """What digicert_certificate_revoke tells of an order's own page, once it has read its certificates as well."""
    before = ends.get("before") or {}
    return {name: before[name] for name in ("product_type", "product_name_id") if name in before}


def _unless_needed(
    entry: dict[str, Any], request: Decommission, replaced: Mapping[str, Mapping[str, bool]], lost: Sequence[str]
) -> dict[str, Any]:
    """The entry, or that it is left where a name of it lives on and nothing replaces it yet.

    lost: replacements that nobody has read, each of which may be the one that is meant.
    """
    alive = sorted({alive for name in entry["domains"] for alive in _alive_under(name, request)})
    if entry["action"] not in _ENDING or not alive:
        return entry
    # One that is placed is enough where nothing has been issued yet that would go
    # (docs/development/reference/servertastic.md 0).
    placed = entry["provider"] == SERVERTASTIC and entry["action"] == CANCEL
    by = {name: [key for key, is_issued in _covered_by(name, replaced) if is_issued or placed] for name in alive}
    lacking = [name for name in alive if not by[name]]
    if lacking or lost:
        why = "no replacement covers it: order that first, have it issued, and name it"
        if lost:
            why = f"{lost[0]}, which is named as a replacement, is not found"
        reason = f"{(lacking or alive)[0]} lives on, and {why}"
        rest = {name: value for name, value in entry.items() if name not in ("drop_reissue", "request_id")}
        return {**rest, "action": LEAVE, "reason": reason}
    replaced_by = sorted({key for several in by.values() for key in several})
    return {**entry, "state": {**entry["state"], "replaced_by": replaced_by}}


def _covered_by(name: str, replaced: Mapping[str, Mapping[str, bool]]) -> list[tuple[str, bool]]:
    """The replacements that cover a name, by themselves or by a wildcard, each with whether it is issued."""
    return [*replaced.get(name, {}).items(), *replaced.get(f"*.{parent_name(name)}", {}).items()]


def _alive_under(name: str, request: Decommission) -> list[str]:
    """The names that live on which a name of an order covers."""
    wild = name[2:] if name.startswith("*.") else ""
    below = [one for one in request.lives_on if wild and wild in (one, parent_name(one))]
    return [name, *below] if request.lives(name) else below


def _replaced(
    orders: Iterable[Mapping[str, Any]],
    reviews: Iterable[Mapping[str, Any]],
    request: Decommission,
    now: datetime,
) -> dict[str, dict[str, bool]]:
    """The names that replacements cover, each with the orders that do, and whether these are issued.

    One of CertCentral's has to be issued and valid, one of Servertastic's to be placed at least.
    """
    found: dict[str, dict[str, bool]] = {}
    rows = _each_once((row for row in orders if str(row["order_id"]) in request.replacements), "order_id")
    for order_id, (row, agrees) in rows.items():
        days = row.get("days_remaining")
        if agrees and order_status(row) == "issued" and days is not None and days >= 0:
            for name in names_of(row):
                found.setdefault(name, {})[str(order_id)] = True
    named = (one for one in reviews if one.get("order_digest") in request.replacements and one.get("domain_name"))
    for digest, (review, agrees) in _each_once(named, "order_digest").items():
        expires = str(review.get("expiry_date") or "")
        is_issued = review_state(review) == COMPLETED and not (expires and expires < now.date().isoformat())
        if agrees and (is_issued or review_state(review) in NOT_ISSUED[1:]):
            for name in names_of_review(review):
                found.setdefault(name, {})[digest] = is_issued
    return found


# -- Servertastic ------------------------------------------------------------------------------------------------------


def _reviews_covering(reviews: Iterable[Mapping[str, Any]], request: Decommission) -> dict[str, _Read]:
    """The Servertastic orders of a name that goes away, by digest."""
    named = [one for one in reviews if one.get("order_digest") and one.get("domain_name")]
    digests = {one["order_digest"] for one in named if any(map(request.touches, names_of_review(one)))}
    found = _each_once((one for one in named if one["order_digest"] in digests), "order_digest")
    return {digest: found[digest] for digest in sorted(found)}


def _servertastic(read: _Read, request: Decommission, facts: ReadFacts) -> dict[str, Any]:
    review, agrees = read
    names, digest = names_of_review(review), review["order_digest"]
    why = "it is named as a replacement" if digest in request.replacements else why_names_stay(digest, names, request)
    untold = (review.get("san_count") or 0) - (len(names) - 1)
    if not why and untold > 0:
        why = f"it can have {plural(untold, 'name')} more, of which Servertastic does not say whether they are used"
    if not why and not agrees:
        why = READ_DIFFERENTLY
    action, reason = (LEAVE, why) if why else decide_servertastic(review, request, facts)
    contact = str(review.get("admin_email") or "") if review_state(review) == COMPLETED else ""
    sure = served_state(unresolved_names(digest, request, facts), request) if action == REVOKE else {}
    return {
        "provider": SERVERTASTIC,
        "order": digest,
        "name": dns_name(review["domain_name"]),
        "domains": names,
        "action": action,
        "reason": reason,
        "state": {"status": review["order_status"], "window_closes": review.get("window_closes") or "", **sure},
        **({"contact": contact} if contact else {}),
    }


# -- reading rows ------------------------------------------------------------------------------------------------------


def _each_once(rows: Iterable[Mapping[str, Any]], key: str) -> dict[Any, _Read]:
    """What is told of each order. What is told twice alike counts once."""
    read: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        read.setdefault(row[key], []).append(row)
    return {one: _united(several) for one, several in read.items()}


def _united(rows: Sequence[Mapping[str, Any]]) -> _Read:
    """One row for several of an order, with the names of all, and whether they agree in what they do say."""
    if len(rows) == 1:
        return rows[0], True
    united: dict[str, Any] = {}
    agrees = True
    known = any(names_known(row) for row in rows)
    rows = [{name: value for name, value in row.items() if name != "domains_known"} for row in rows]
    # In no order that the input could change.
    for row in sorted(rows, key=lambda one: repr(sorted(one.items()))):
        before = _stated(united)
        agrees = agrees and all(before.get(name, value) == value for name, value in _stated(row).items())
        united = _whole(united, row)
    domains = sorted({str(name) for row in rows for name in row.get("domains") or ()})
    return {**united, "domains": domains, "domains_known": known}, agrees


def _whole(row: Mapping[str, Any], page: Mapping[str, Any]) -> dict[str, Any]:
    """A row with what a page says, except that whoever says that there is more than one certificate is believed."""
    more = {name: True for name in ("has_duplicates", "has_reissues") if row.get(name)}
    return {**page, **row, **_stated(page), **more}


def _stated(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says; what is none, or empty, is left out by the service or by whoever asked it."""
    return {name: value for name, value in row.items() if value not in (None, "")}
