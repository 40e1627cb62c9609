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

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Any

from ._names import LIBRARY_MISSING, dns_name, is_convertible, spellings
from ._options import OptionError, domain_name
from ._orders import ORDER_ID, is_id, plural, utc
from ._plan import (
    ACCEPTED,
    CANCEL,
    CERTCENTRAL,
    DROP,
    KEEP,
    LAPSE,
    LEAVE,
    MARK,
    NOTHING,
    REJECT,
    REVOKE,
    SERVERTASTIC,
    TLS_PRODUCTS,
)

# The only requests whose rejection ends an order that was never issued (reference/certcentral.md 2.1).
_ENDING_REQUESTS = ("new_request", "renewal")

_CANCELABLE = ("pending", "waiting_pickup")
_OVER = ("revoked", "rejected", "denied", "canceled")
# What a person has to do, by the status of an order that cannot be retired as it is.
_LATER = {
    "processing": "it is processing; plan again once it is pending",
    "needs_csr": "it waits for its CSR; cancel it in the CertCentral console, or plan again once it is pending",
    "approved": "it is approved; plan again once it is pending or issued",
}
# Servertastic's states (reference/servertastic.md 5), in lower case.
_UNCONFIGURED = "order placed"
_NOT_ISSUED = (_UNCONFIGURED, "awaiting customer verification", "awaiting provider approval", "queued")
_COMPLETED, _CANCELLED = "completed", "cancelled"
_NEVER_CANCELLED = ("smartermail", "smarterstats", "smartertrack", "smartertools", "smarterbundle")
# What ends a certificate, or keeps one from being issued again: not done where a name lives on without a replacement.
_ENDING = (CANCEL, REJECT, DROP, REVOKE, LAPSE, MARK)
_SERVED, _NOT_SERVED, _UNRESOLVED, _WAIVED = "served", "not_served", "unresolved", "waived"
_ID = re.compile(rf"{ORDER_ID.pattern}|[0-9a-f]{{64}}")
_PATTERN = re.compile(r"(?:[a-z0-9_*?.-]|\[!?[a-z0-9_.-]+\])+")
_GLOB = re.compile(r"[*?\[\]]")
_LET_EXPIRE = "set decommission_domain_on_issued to lapse to let it expire"
_HINT = "a reissue without the name revokes the older certificates"
_AGAIN = "it was read more than once, and not alike each time; plan again"


# -- what is wished ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wishes:
    """What goes away, and how.

    names: in lower case, as DNS spells them. on_issued: KEEP, LAPSE or REVOKE. product_types: of CertCentral. shared:
    ids of orders, and digests, that may go although they cover names that stay, or wildcards. accept_unknown: ids of
    orders that may be ended although not all of their names or certificates are known. protected: patterns of names
    whose orders are never touched; stays: more of them, which the user has not written and may match nothing.
    lives_on: those of the names whose certificates are replaced and not just ended; replacements: ids and digests of
    the orders that replace them. waiver: why a certificate may be revoked although nobody looked whether it is served,
    or although a name of it does not resolve and nobody approves that. unapproved: whether nobody approves the plan.
    """

    names: frozenset[str]
    include_subdomains: bool = False
    on_issued: str = KEEP
    product_types: frozenset[str] = frozenset(TLS_PRODUCTS)
    shared: frozenset[str] = frozenset()
    accept_unknown: frozenset[str] = frozenset()
    protected: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    lives_on: frozenset[str] = frozenset()
    replacements: frozenset[str] = frozenset()
    mark_renewed: bool = False
    probe: bool = True
    waiver: str = ""
    unapproved: bool = False
    _parents: frozenset[str] = field(default=frozenset(), init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_parents", frozenset(_parent(name) for name in self.names))

    def goes(self, name: str) -> bool:
        """Whether a name goes away."""
        return self._is_among(name, self.names)

    def touches(self, name: str) -> bool:
        """Whether a name of an order covers one that goes away, as a wildcard does."""
        return self.goes(name) or (name.startswith("*.") and name[2:] in self._parents)

    def lives(self, name: str) -> bool:
        """Whether a name goes on being used with another certificate, be it a wildcard."""
        return self._is_among(name, self.lives_on) or f"*.{_parent(name)}" in self.lives_on

    def protector(self, name: str) -> str:
        """The pattern that protects a name, or one that a wildcard covers; nothing where none does.

        A pattern such as b*cher.example is meant for names as they are read, so that either spelling counts, and one
        such as *.pay.example.com for pay.example.com as well.
        """
        spelled, patterns = spellings(name), (*self.protected, *self.stays)
        return next((pattern for pattern in patterns if any(_protects(pattern, one) for one in spelled)), "")

    def _is_among(self, name: str, names: frozenset[str]) -> bool:
        if name in names:
            return True
        above = name if self.include_subdomains else ""
        while above:
            above = _parent(above)
            if above in names:
                return True
        return False


def wishes_of(wished: Mapping[str, Any]) -> Wishes:
    """What a role wishes, with names as DNS spells them. Raises ValueError, which says what is wrong.

    Lists and truths have to be just that: a text is a list of letters to Python, and "false" is true.
    """
    unknown = sorted(str(name) for name in set(wished) - {one.name for one in fields(Wishes) if one.init})
    if unknown:
        raise ValueError(f"{unknown[0]} is not known here")
    names = _names(wished, "names")
    if not names:
        raise ValueError("names has to have one name at least")
    subdomains = _truth(wished, "include_subdomains", False)
    broad = sorted(name for name in names if "." not in name.replace("*.", "", 1))
    if subdomains and broad:
        raise ValueError(f"names has {broad[0]}, below which is everybody's: name what goes away")
    on_issued = wished.get("on_issued", KEEP)
    if on_issued not in (KEEP, LAPSE, REVOKE):
        raise ValueError(f"on_issued is {KEEP}, {LAPSE} or {REVOKE}")
    probe, waiver = _truth(wished, "probe", True), wished.get("waiver", "")
    if not isinstance(waiver, str):
        raise ValueError("waiver has to be a text, which says why")
    if not probe and not waiver.strip():
        raise ValueError("without a probe certificates may be revoked that are still served: say in waiver why")
    wishes = Wishes(
        names=names,
        include_subdomains=subdomains,
        on_issued=str(on_issued),
        product_types=frozenset(_texts(wished, "product_types", TLS_PRODUCTS)),
        shared=_ids(wished, "shared"),
        accept_unknown=_ids(wished, "accept_unknown"),
        protected=tuple(_pattern(text) for text in _texts(wished, "protected")),
        stays=tuple(_pattern(text) for text in _texts(wished, "stays")),
        lives_on=_names(wished, "lives_on"),
        replacements=_ids(wished, "replacements"),
        mark_renewed=_truth(wished, "mark_renewed", False),
        probe=probe,
        waiver=waiver.strip(),
        unapproved=_truth(wished, "unapproved", False),
    )
    # A slip of the pen would let a name be ended that is meant to live on.
    strange = sorted(one for one in wishes.lives_on if not wishes.goes(one) and f"*.{_parent(one)}" not in names)
    if strange:
        raise ValueError(f"lives_on has {strange[0]}, which is not among names")
    return wishes


def _texts(wished: Mapping[str, Any], option: str, default: Iterable[str] = ()) -> list[str]:
    given = wished.get(option, default)
    several = list(given) if isinstance(given, (list, tuple)) else None
    if several is None or not all(isinstance(one, (str, int)) and not isinstance(one, bool) for one in several):
        raise ValueError(f"{option} has to be a list of texts")
    texts = [str(one).strip() for one in several]
    if not all(texts):
        raise ValueError(f"{option} has to be a list of texts, none of them empty")
    return texts


def _ids(wished: Mapping[str, Any], option: str) -> frozenset[str]:
    """Ids and digests. What is none of these names no order, and may be a token, so that it is not told."""
    several = [text.lower() for text in _texts(wished, option)]
    if not all(map(_ID.fullmatch, several)):
        raise ValueError(f"{option} has what is neither an order's id nor its order_digest in full")
    return frozenset(several)


def _names(wished: Mapping[str, Any], option: str) -> frozenset[str]:
    try:
        return frozenset(domain_name(text, option) for text in _texts(wished, option))
    except OptionError as error:
        raise ValueError(str(error)) from None


def _truth(wished: Mapping[str, Any], option: str, default: bool) -> bool:
    given = wished.get(option, default)
    if given is not True and given is not False:
        raise ValueError(f"{option} has to be true or false")
    return bool(given)


def _pattern(text: str) -> str:
    """A pattern of names, spelled as names are. Raises ValueError."""
    if not is_convertible(text):
        raise ValueError(f"protected: {LIBRARY_MISSING}")
    labels = text.rstrip(".").split(".")
    try:
        spelled = ".".join(label.lower() if label.isascii() else domain_name(label, "protected") for label in labels)
    except OptionError:
        spelled = ""
    if "" in labels or not _PATTERN.fullmatch(spelled) or not _can_match(spelled):
        raise ValueError(
            "protected has a pattern of no name: write *.example.com for what is below example.com, and a label either "
            "with letters of its own or with *"
        )
    return spelled


def _can_match(pattern: str) -> bool:
    try:
        fnmatchcase("", pattern)
    except re.error:
        # Older Pythons have no matches for a range such as [z-a], but an error.
        return False
    return True


def _protects(pattern: str, name: str) -> bool:
    # Most wildcards are issued for the name above as well, whether that is told or not.
    wild = name[2:] if name.startswith("*.") else ""
    return any(
        fnmatchcase(name, form) or bool(wild and (fnmatchcase(wild, form) or _may_match_below(form, wild)))
        for form in (pattern, *([pattern[2:]] if pattern.startswith("*.") else []))
    )


def _may_match_below(pattern: str, parent: str) -> bool:
    """Whether a pattern may match a name one label below `parent`, which a wildcard covers."""
    found = [match.start() for match in _GLOB.finditer(pattern)]
    if not found:
        return _parent(pattern) == parent
    head, tail, below = pattern[: found[0]], pattern[found[-1] + 1 :], f".{parent}"
    if tail.endswith(below):
        return "." not in tail[: -len(below)] and "." not in head
    return below.endswith(tail) and ("." not in head or parent.startswith(_parent(head)))


def _parent(name: str) -> str:
    return name.partition(".")[2]


# -- what has to be read -----------------------------------------------------------------------------------------------


def to_read(
    orders: Iterable[Mapping[str, Any]], wishes: Wishes, details: Iterable[Mapping[str, Any]] = ()
) -> dict[str, list[int]]:
    """Which CertCentral orders have to be read further before they can be planned.

    details: pages that have been read already, which may show that more has to be. Returns, as `details`, the orders
    whose own pages have to be read, since an end rests on them (a revocation's is read with its certificates); as
    `certificates`, those whose certificates have to be read; as `origin`, those that may have been migrated.
    """
    wanted: dict[str, list[int]] = {"details": [], "certificates": [], "origin": []}
    pages = _each_once(details, "order_id")
    for order_id, row in _covering(orders, wishes).items():
        page = pages.get(order_id, _UNREAD)
        order, names = _whole(row[0], page[0]), _all_names(row, page, _UNREAD)
        touches = any(map(wishes.touches, names))
        if not row[1] or (touches and _kept_out(order, names, wishes)):
            continue
        status = _status(order)
        if not touches:
            # Only its own page tells whether it covers one of the names.
            wanted["details"] += [] if page[0] else [order_id]
            continue
        is_live = status in ("issued", "reissue_pending")
        if not page[0] and _needs_page(order, status, wishes):
            wanted["details"].append(order_id)
        # A duplicate, or what it was before a reissue, may be for other names.
        if is_live and (wishes.on_issued == REVOKE or (wishes.on_issued == LAPSE and not _is_alone(order))):
            wanted["certificates"].append(order_id)
        if status == "expired" and wishes.mark_renewed and not order.get("is_renewed"):
            wanted["origin"].append(order_id)
    return wanted


def _needs_page(order: Mapping[str, Any], status: str, wishes: Wishes) -> bool:
    """Whether the row of a list does not say enough: no end rests on it, nor anything on names that it leaves out."""
    days = order.get("days_remaining")
    if status in (*_CANCELABLE, "needs_approval"):
        return not order.get("serial_number")
    if status in ("issued", "reissue_pending"):
        is_over = days is not None and days < 0
        drops = wishes.on_issued == KEEP and order.get("status") == "reissue_pending" and not is_over
        return wishes.on_issued == LAPSE or drops or not _names_known(order)
    if status == "expired":
        lacks = order.get("is_renewed") is None or days is None or days > 0 or not _names_known(order)
        return _goes_on(order) is None or (wishes.mark_renewed and not order.get("is_renewed") and lacks)
    return status not in _OVER and not _names_known(order)


def check_reach(domains: Iterable[Mapping[str, Any]], wishes: Wishes) -> None:
    """Refuse to retire all that is below a name which is not the account's own. Raises ValueError.

    domains: all of the account, rows of digicert_domain_info.
    """
    known = set(_names_of({"domains": [row["name"] for row in domains if row.get("name")]}))
    outside = [name for name in sorted(wishes.names) if not _is_at_or_below(name.replace("*.", "", 1), known)]
    if wishes.include_subdomains and outside:
        raise ValueError(
            f"decommission_domain_names has {', '.join(outside[:20])}: with decommission_domain_include_subdomains each"
            " name has to be a domain of the CertCentral account, as far as the key can read it, or to lie below one. "
            "Correct the name, set decommission_domain_include_subdomains to false, or, for Servertastic alone, "
            "decommission_domain_certcentral to false"
        )


def _is_at_or_below(name: str, domains: Collection[str]) -> bool:
    while name and name not in domains:
        name = _parent(name)
    return bool(name)


def notes(orders: Iterable[Mapping[str, Any]], reviews: Iterable[Mapping[str, Any]], wishes: Wishes) -> list[str]:
    """What the approver of a plan has to know beside its entries.

    orders, reviews: all of the account. A pattern that matches none of their names may be misspelled.
    """
    names = {
        name for row in orders for name in (*_names_of(row), *_names_of({"domains": [row.get("common_name") or ""]}))
    }
    names.update(name for review in reviews for name in _names_of_review(review))
    each = {pattern: replace(wishes, protected=(pattern,), stays=()) for pattern in wishes.protected}
    lone = [pattern for pattern, alone in each.items() if not any(map(alone.protector, names))]
    return [f"decommission_domain_protected matches no name of any order: {', '.join(lone)}"] if lone else []


def to_probe(
    certificates: Iterable[Mapping[str, Any]], reviews: Iterable[Mapping[str, Any]], wishes: Wishes
) -> list[dict[str, Any]]:
    """Where to look before certificates may be revoked: `order`, `names`, and the `serial_numbers` to look for.

    certificates: rows of digicert_certificate_revoke in check mode. reviews: of servertastic_order_info; what their
    certificates' serial numbers are is not known, so that whatever is served there may be one of them.
    """
    if wishes.on_issued != REVOKE or not wishes.probe:
        return []
    probes = []
    for order_id, (row, agrees) in sorted(_each_once(certificates, "order_id").items()):
        dying = _certificates(row)
        serials = sorted({str(one.get("serial_number") or "") for one in dying} - {""})
        names = sorted({name for one in dying for name in _names_of(one)})
        if agrees and serials and names:
            probes.append({"order": str(order_id), "names": names, "serial_numbers": serials})
    for digest, (review, agrees) in _reviews_covering(reviews, wishes).items():
        names = _names_of_review(review)
        if agrees and _state(review) == _COMPLETED and not _kept_names(digest, names, wishes):
            probes.append({"order": digest, "names": names, "serial_numbers": []})
    return probes


def verdicts(looks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What served_certificate_info found in a loop over what `to_probe` tells, by order.

    Where somebody looked more than once, each look has to say that nothing is served.
    """
    found: dict[str, set[str]] = {}
    for look in looks:
        if "item" in look:
            found.setdefault(str(look["item"]["order"]), set()).add(str(look.get("verdict") or ""))
    return {order: _verdict(said) for order, said in found.items()}


def _verdict(said: set[str]) -> str:
    if _SERVED in said:
        return _SERVED
    if said and said <= {_NOT_SERVED, _UNRESOLVED}:
        return _UNRESOLVED if _UNRESOLVED in said else _NOT_SERVED
    return "unknown"


def unresolved(looks: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The names that served_certificate_info could not resolve, in the same loop, by order."""
    found: dict[str, set[str]] = {}
    for look in looks:
        names = {str(one["name"]) for one in look.get("results") or () if one.get("verdict") == _UNRESOLVED}
        if "item" in look and names:
            found.setdefault(str(look["item"]["order"]), set()).update(names)
    return {order: sorted(names) for order, names in found.items()}


# -- the plan ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
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


def plan(
    orders: Iterable[Mapping[str, Any]], reviews: Iterable[Mapping[str, Any]], wishes: Wishes, seen: Seen
) -> list[dict[str, Any]]:
    """An entry for every order, of CertCentral and of Servertastic, that covers a name which goes away.

    A row of CertCentral's that leaves names out may hide such an order, so that its own page says whether it is one.
    """
    rows, looked = list(orders), list(reviews)
    replaced = _replaced(rows, looked, wishes, seen.now)
    known = {str(row["order_id"]) for row in rows} | {str(review.get("order_digest")) for review in looked}
    lost = sorted(wishes.replacements - known)
    pages, ends = _each_once(seen.details, "order_id"), _each_once(seen.certificates, "order_id")
    entries = [
        _certcentral(told, pages.get(order_id, _UNREAD), ends.get(order_id, _UNREAD), wishes, seen)
        for order_id, told in _covering(rows, wishes).items()
        if any(map(wishes.touches, _all_names(told, pages.get(order_id, _UNREAD), ends.get(order_id, _UNREAD))))
    ]
    entries += [_servertastic(told, wishes, seen) for told in _reviews_covering(looked, wishes).values()]
    return [_unless_needed(entry, wishes, replaced, lost) for entry in entries]


# What was read of an order, and whether that agrees where it was read more than once.
_Told = tuple[Mapping[str, Any], bool]
_UNREAD: _Told = ({}, True)


def covering(orders: Iterable[Mapping[str, Any]], wishes: Wishes) -> list[Mapping[str, Any]]:
    """All rows of the CertCentral orders that cover a name which goes away, or may do so, by id. Raises ValueError."""
    told: dict[int, list[Mapping[str, Any]]] = {}
    ids = set()
    for row in orders:
        told.setdefault(row["order_id"], []).append(row)
        if any(map(wishes.touches, _names_of(row))) or _may_touch(row, wishes):
            ids.add(row["order_id"])
    if not all(map(is_id, ids)):
        raise ValueError("an order has no order_id")
    return [row for order_id in sorted(ids) for row in told[order_id]]


def _may_touch(row: Mapping[str, Any], wishes: Wishes) -> bool:
    """Whether a row does not tell all names of an order that goes on."""
    product = str(row.get("product_type") or "")
    return (
        row.get("domains_known") is False
        and _status(row) not in (*_OVER, "expired")
        and product in ("", *wishes.product_types)
    )


def _covering(orders: Iterable[Mapping[str, Any]], wishes: Wishes) -> dict[int, _Told]:
    """The CertCentral orders that cover a name which goes away, by id, in the order of these."""
    return _each_once(covering(orders, wishes), "order_id")


def _certcentral(row: _Told, page: _Told, ends: _Told, wishes: Wishes, seen: Seen) -> dict[str, Any]:
    order = _whole(row[0], _whole(page[0], _page_of(ends[0])))
    names = _all_names(row, page, ends)
    action, reason, more = _decided(row[0], order, ends[0], names, wishes, seen)
    if not (row[1] and page[1] and ends[1]):
        action, reason, more = LEAVE, _AGAIN, {}
    if action in (CANCEL, REJECT):
        # What its own page tells is what goes; a row that tells of more was looked at above.
        names = sorted(set(_names_of(page[0])))
    state = {"status": order["status"], "valid_till": order["valid_till"], **more.pop("state", {})}
    if action in _ENDING and action != MARK:
        state["product"] = str(order.get("product_name_id") or "")
    return {
        "provider": CERTCENTRAL,
        "order": str(order["order_id"]),
        "name": _shown_name(str(order.get("common_name") or (names or [""])[0])),
        "domains": names,
        "action": action,
        "reason": reason,
        "state": state,
        **more,
    }


def _all_names(row: _Told, page: _Told, ends: _Told) -> list[str]:
    """Every name that anything tells of an order: its row, its own page, its certificates."""
    rows = (row[0], page[0], *_certificates(ends[0]))
    return sorted({name for one in rows for name in _names_of(one)})


def _page_of(ends: Mapping[str, Any]) -> dict[str, Any]:
    """What digicert_certificate_revoke tells of an order's own page, once it has read its certificates as well."""
    before = ends.get("before") or {}
    return {name: before[name] for name in ("product_type", "product_name_id") if name in before}


# An action, its reason, and what else an entry has.
_Said = tuple[str, str, dict[str, Any]]


def _decided(
    row: Mapping[str, Any],
    order: Mapping[str, Any],
    ends: Mapping[str, Any],
    names: Sequence[str],
    wishes: Wishes,
    seen: Seen,
) -> _Said:
    """row: as a list tells the order. order: with what its own page says, where that was read."""
    why = _kept_out(row, names, wishes) or _kept_out(order, names, wishes)
    if why:
        return LEAVE, why, {}
    status = _status(order)
    if status in (*_CANCELABLE, "needs_approval") and order.get("serial_number"):
        return LEAVE, f"it is {status}, and has a certificate all the same", {}
    if status in _CANCELABLE:
        return _if_known(order, wishes, CANCEL, f"it is {status}, so that it can be cancelled")
    if status == "needs_approval":
        return _rejecting(order, wishes)
    if status in ("issued", "reissue_pending"):
        return _issued(order, ends, wishes, seen)
    if status == "expired" and _goes_on(order) is None:
        return LEAVE, f"its certificate has expired, and whether {_until(order)} is not known", {}
    if status == "expired":
        return _expired(order, wishes)
    if status in _OVER:
        return NOTHING, f"it is {status}", {}
    return LEAVE, _LATER.get(status, f"its status, {status or 'none'}, is not known"), {}


def _expired(order: Mapping[str, Any], wishes: Wishes) -> _Said:
    days = order.get("days_remaining")
    # Where neither the list nor its own page tells of a mark there is none.
    unmarked = order.get("is_renewed") is False or (order.get("is_renewed") is None and _is_read(order))
    due = order.get("is_migrated") is True and unmarked and days is not None and days <= 0
    if not wishes.mark_renewed or not due:
        return NOTHING, "its certificate has expired", {}
    if not _names_known(order):
        return LEAVE, "its certificate has expired, and not all of its names are known", {}
    return MARK, "it is a migrated order that has expired and is listed as due", {}


def _if_known(order: Mapping[str, Any], wishes: Wishes, action: str, reason: str, **more: Any) -> _Said:
    """An end, or why it is left: no end rests on less than the order's own page with all of its names."""
    if not _is_read(order):
        return LEAVE, f"it is {order['status']}, and its own page could not be read", {}
    if _names_known(order):
        return action, reason, more
    if str(order["order_id"]) not in wishes.accept_unknown:
        return LEAVE, f"it is {order['status']}, and its own page does not tell all of its names", {}
    return _accepted(action, reason, "not all of its names are known", more)


def _accepted(action: str, reason: str, why: str, more: Mapping[str, Any]) -> _Said:
    state = {**more.get("state", {}), "unknown": ACCEPTED}
    return action, f"{reason}; {why}, which decommission_domain_accept_unknown accepts", {**more, "state": state}


def _is_read(order: Mapping[str, Any]) -> bool:
    return "pending_requests" in order


def _names_known(order: Mapping[str, Any]) -> bool:
    return order.get("domains_known") is True


def _rejecting(order: Mapping[str, Any], wishes: Wishes) -> _Said:
    if not _is_read(order):
        return LEAVE, "it needs approval, and could not be read whole", {}
    waiting = order["pending_requests"] or []
    if len(waiting) == 1 and waiting[0]["type"] in _ENDING_REQUESTS and waiting[0]["request_id"] > 0:
        reason = "it needs approval, so that its request can be rejected"
        return _if_known(order, wishes, REJECT, reason, request_id=waiting[0]["request_id"])
    found = ", ".join(f"{one['request_id']} ({one['type']})" for one in waiting) or "none"
    return LEAVE, f"it needs approval, and what waits is not just one request for a new order: {found}", {}


def _issued(order: Mapping[str, Any], ends: Mapping[str, Any], wishes: Wishes, seen: Seen) -> _Said:
    drop = {"drop_reissue": True} if order["status"] == "reissue_pending" else {}
    days = order.get("days_remaining")
    is_over = days is not None and days < 0
    if drop and is_over:
        return LEAVE, "its certificate has expired, and a reissue is under way: drop the reissue, or wait for it", {}
    if is_over and wishes.on_issued in (REVOKE, KEEP):
        # There is nothing to revoke, and yet a new certificate can be issued for its names at any time.
        why = f"its certificate has expired, and {_until(order)}: {_LET_EXPIRE}"
        return (LEAVE if wishes.on_issued == REVOKE else KEEP), why, {}
    if wishes.on_issued == REVOKE:
        return _revoking(order, ends, wishes, seen, drop)
    if wishes.on_issued == LAPSE:
        return _lapsing(order, ends, wishes, drop)
    if drop:
        return _if_known(order, wishes, DROP, "a reissue is under way; the order then stays issued")
    return KEEP, "it is issued: revoke it, or let it lapse, once nothing serves it any more", {}


def _revoking(
    order: Mapping[str, Any], ends: Mapping[str, Any], wishes: Wishes, seen: Seen, drop: Mapping[str, Any]
) -> _Said:
    before = ends.get("before") or {}
    if before.get("revocation_requested"):
        return LEAVE, "its revocation was asked for already; somebody has to approve the request, or reject it", {}
    dying = _certificates(ends)
    serials = sorted({str(one.get("serial_number") or "") for one in dying})
    accepts = str(order["order_id"]) in wishes.accept_unknown
    named = all(one.get("domains") for one in dying)
    if not dying or "" in serials or not (named or accepts):
        why = str(ends.get("reason") or "")
        return LEAVE, "what its revocation would end could not be read" + (f": {why}" if why else ""), {}
    known = before.get("certificates_known") is True and _names_known(order) and named
    if not known and not accepts:
        return LEAVE, str(ends.get("reason") or "not all of its names are known"), {}
    if before.get("status") not in (("reissue_pending",) if drop else ("issued", "renewed")):
        return LEAVE, _AGAIN, {}
    key = str(order["order_id"])
    verdict = seen.served.get(key)
    if verdict == _SERVED:
        return LEAVE, "a certificate of it is still served", {}
    if wishes.probe and verdict not in (_NOT_SERVED, _UNRESOLVED):
        return LEAVE, "it is not known whether a certificate of it is still served", {}
    hidden = _unresolved(key, wishes, seen)
    if hidden and wishes.unapproved and not wishes.waiver:
        return LEAVE, _not_approved(hidden), {}
    looked = "none of its certificates is served" if wishes.probe else _nobody_looked(wishes)
    reason = f"it is issued, with {plural(len(dying), 'certificate')}; {looked}{_caveat(hidden, wishes)}"
    more = {**drop, "state": {"certificates": serials, **_how_sure(hidden, wishes)}}
    if known:
        return REVOKE, reason, more
    return _accepted(REVOKE, reason, "what it ends is not all known", more)


def _nobody_looked(wishes: Wishes) -> str:
    return f"nobody looked whether it is served: {wishes.waiver}"


def _how_sure(hidden: Sequence[str], wishes: Wishes) -> dict[str, Any]:
    """What was approved after somebody had looked is not done where nobody did, or where a name resolves no more."""
    if hidden:
        return {"served": _UNRESOLVED, "unresolved": list(hidden)}
    return {"served": _NOT_SERVED if wishes.probe else _WAIVED}


def _unresolved(key: str, wishes: Wishes, seen: Seen) -> list[str]:
    """The names of an order of which it is not known what they serve, as they do not resolve from this controller."""
    if not wishes.probe or seen.served.get(key) != _UNRESOLVED:
        return []
    return sorted(map(dns_name, seen.unresolved.get(key) or ())) or ["one of its names"]


def _does_not_resolve(hidden: Sequence[str]) -> str:
    more = f" and {len(hidden) - 3} more" if len(hidden) > 3 else ""
    return f"{', '.join(hidden[:3])}{more} {'does' if len(hidden) == 1 else 'do'} not resolve from this controller"


def _caveat(hidden: Sequence[str], wishes: Wishes) -> str:
    if not hidden:
        return ""
    waived = (
        f" ({wishes.waiver})" if wishes.waiver else ", as behind split DNS: approve this only where it is not in use"
    )
    return f"; {_does_not_resolve(hidden)}{waived}"


def _not_approved(hidden: Sequence[str]) -> str:
    return (
        f"{_does_not_resolve(hidden)}, and the phase all is approved by nobody: have a plan approved, with "
        "decommission_domain_phase plan and then apply, or say in decommission_domain_probe_waiver why it is not in use"
    )


def _lapsing(order: Mapping[str, Any], ends: Mapping[str, Any], wishes: Wishes, drop: Mapping[str, Any]) -> _Said:
    if "auto_renew" not in order:
        return LEAVE, "it could not be read whole", {}
    dying = _certificates(ends)
    known = (ends.get("before") or {}).get("certificates_known") is True and all(one.get("domains") for one in dying)
    unknown = "" if _is_alone(order) or (dying and known) else "its duplicates and reissues"
    if unknown and str(order["order_id"]) not in wishes.accept_unknown:
        return LEAVE, f"{unknown} could not be read, which may be for other names", {}
    renews = bool(order["auto_renew"])
    loud = "; AUTO-RENEW IS ON, and only a person can switch it off, in the CertCentral console" if renews else ""
    if drop or order.get("disable_renewal_notifications") is not True or order.get("auto_reissue") is not False:
        reason, more = f"it is issued, and need not be renewed{loud}", {**drop, "state": {"auto_renew": renews}}
        if unknown and _names_known(order):
            return _accepted(LAPSE, reason, f"not all of {unknown} are known", more)
        return _if_known(order, wishes, LAPSE, reason, **more)
    if loud:
        return LEAVE, f"it lapses by itself but for one thing{loud}", {}
    return NOTHING, "it lapses by itself", {}


# -- who is kept out ---------------------------------------------------------------------------------------------------


def _kept_out(order: Mapping[str, Any], names: Sequence[str], wishes: Wishes) -> str:
    """Why a CertCentral order is left to a person whatever its status, empty where it is not."""
    key, product = str(order["order_id"]), str(order.get("product_type") or "")
    if key in wishes.replacements:
        return "it is named as a replacement"
    common = dns_name(str(order.get("common_name") or ""))
    if common and common not in names and product in wishes.product_types:
        return "its common name is no domain name, and who uses it is not known"
    why = _kept_names(key, names, wishes)
    if not why and product not in wishes.product_types:
        return f"it is a {product or 'product of no known kind'}, and no TLS certificate"
    return why


def _kept_names(key: str, names: Sequence[str], wishes: Wishes) -> str:
    for name in names:
        pattern = wishes.protector(name)
        if pattern:
            return f"it covers {name}, which is protected ({pattern})"
    strange = [name for name in names if not _is_a_name(name)]
    if strange:
        return f"it covers {strange[0]}, which is no domain name, and who uses it is not known"
    if key in wishes.shared:
        return ""
    wild = [name for name in names if name.startswith("*.")]
    stays = [name for name in names if not wishes.goes(name) and name not in wild]
    if stays:
        more = f" and {len(stays) - 3} more" if len(stays) > 3 else ""
        return f"it also covers {', '.join(stays[:3])}{more}, which {'stays' if len(stays) == 1 else 'stay'}; {_HINT}"
    return f"it covers the wildcard {wild[0]}; what uses it is not known" if wild else ""


def _unless_needed(
    entry: dict[str, Any], wishes: Wishes, replaced: Mapping[str, Mapping[str, bool]], lost: Sequence[str]
) -> dict[str, Any]:
    """The entry, or that it is left where a name of it lives on and nothing replaces it yet.

    lost: replacements that nobody has read, each of which may be the one that is meant.
    """
    alive = sorted({alive for name in entry["domains"] for alive in _alive_under(name, wishes)})
    if entry["action"] not in _ENDING or not alive:
        return entry
    # One that is placed is enough where nothing has been issued yet that would go (reference/servertastic.md 0).
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
    return [*replaced.get(name, {}).items(), *replaced.get(f"*.{_parent(name)}", {}).items()]


def _alive_under(name: str, wishes: Wishes) -> list[str]:
    """The names that live on which a name of an order covers."""
    wild = name[2:] if name.startswith("*.") else ""
    below = [one for one in wishes.lives_on if wild and wild in (one, _parent(one))]
    return [name, *below] if wishes.lives(name) else below


def _replaced(
    orders: Iterable[Mapping[str, Any]], reviews: Iterable[Mapping[str, Any]], wishes: Wishes, now: datetime
) -> dict[str, dict[str, bool]]:
    """The names that replacements cover, each with the orders that do, and whether these are issued.

    One of CertCentral's has to be issued and valid, one of Servertastic's to be placed at least.
    """
    found: dict[str, dict[str, bool]] = {}
    rows = _each_once((row for row in orders if str(row["order_id"]) in wishes.replacements), "order_id")
    for order_id, (row, agrees) in rows.items():
        days = row.get("days_remaining")
        if agrees and _status(row) == "issued" and days is not None and days >= 0:
            for name in _names_of(row):
                found.setdefault(name, {})[str(order_id)] = True
    named = (one for one in reviews if one.get("order_digest") in wishes.replacements and one.get("domain_name"))
    for digest, (review, agrees) in _each_once(named, "order_digest").items():
        expires = str(review.get("expiry_date") or "")
        is_issued = _state(review) == _COMPLETED and not (expires and expires < now.date().isoformat())
        if agrees and (is_issued or _state(review) in _NOT_ISSUED[1:]):
            for name in _names_of_review(review):
                found.setdefault(name, {})[digest] = is_issued
    return found


# -- Servertastic ------------------------------------------------------------------------------------------------------


def _reviews_covering(reviews: Iterable[Mapping[str, Any]], wishes: Wishes) -> dict[str, _Told]:
    """The Servertastic orders of a name that goes away, by digest."""
    named = [one for one in reviews if one.get("order_digest") and one.get("domain_name")]
    digests = {one["order_digest"] for one in named if any(map(wishes.touches, _names_of_review(one)))}
    found = _each_once((one for one in named if one["order_digest"] in digests), "order_digest")
    return {digest: found[digest] for digest in sorted(found)}


def _servertastic(told: _Told, wishes: Wishes, seen: Seen) -> dict[str, Any]:
    review, agrees = told
    names, digest = _names_of_review(review), review["order_digest"]
    why = "it is named as a replacement" if digest in wishes.replacements else _kept_names(digest, names, wishes)
    untold = (review.get("san_count") or 0) - (len(names) - 1)
    if not why and untold > 0:
        why = f"it can have {plural(untold, 'name')} more, of which Servertastic does not say whether they are used"
    if not why and not agrees:
        why = _AGAIN
    action, reason = (LEAVE, why) if why else _of_servertastic(review, wishes, seen)
    contact = str(review.get("admin_email") or "") if _state(review) == _COMPLETED else ""
    sure = _how_sure(_unresolved(digest, wishes, seen), wishes) if action == REVOKE else {}
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


def _of_servertastic(review: Mapping[str, Any], wishes: Wishes, seen: Seen) -> tuple[str, str]:
    state = _state(review)
    if state == _CANCELLED:
        return NOTHING, "it is cancelled"
    if str(review.get("product_code") or "").lower().startswith(_NEVER_CANCELLED):
        return LEAVE, f"{review['product_code']} is a product of SmarterTools, which cannot be cancelled"
    if state in _NOT_ISSUED:
        return CANCEL, f"it is {review['order_status']}, so that it is cancelled at once"
    if state != _COMPLETED:
        return LEAVE, f"it is {review['order_status'] or 'in no known state'}; contact Servertastic"
    closes = utc(review.get("window_closes") or "")
    if closes is None or closes <= seen.now:
        return LEAVE, "it was issued more than 30 days ago, or nobody knows when; only Servertastic can cancel it"
    until = f"until {closes:%Y-%m-%d} its admin contact can approve its cancellation"
    if wishes.on_issued != REVOKE:
        return KEEP, f"it is issued; {until}"
    verdict = seen.served.get(review["order_digest"])
    if verdict == _SERVED or (wishes.probe and verdict not in (_NOT_SERVED, _UNRESOLVED)):
        return LEAVE, f"something is still served under its name, or nobody knows; {until}"
    hidden = _unresolved(review["order_digest"], wishes, seen)
    if hidden and wishes.unapproved and not wishes.waiver:
        return LEAVE, f"{_not_approved(hidden)}; {until}"
    looked = "nothing is served under its name" if wishes.probe else _nobody_looked(wishes)
    return REVOKE, f"it is issued, and {looked}{_caveat(hidden, wishes)}; {until}"


# -- reading rows ------------------------------------------------------------------------------------------------------


def _each_once(rows: Iterable[Mapping[str, Any]], key: str) -> dict[Any, _Told]:
    """What is told of each order. What is told twice alike counts once."""
    told: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        told.setdefault(row[key], []).append(row)
    return {one: _united(several) for one, several in told.items()}


def _united(rows: Sequence[Mapping[str, Any]]) -> _Told:
    """One row for several of an order, with the names of all, and whether they agree in what they do say."""
    if len(rows) == 1:
        return rows[0], True
    united: dict[str, Any] = {}
    agrees = True
    known = any(_names_known(row) for row in rows)
    rows = [{name: value for name, value in row.items() if name != "domains_known"} for row in rows]
    # In no order that the input could change.
    for row in sorted(rows, key=lambda one: repr(sorted(one.items()))):
        before = _said(united)
        agrees = agrees and all(before.get(name, value) == value for name, value in _said(row).items())
        united = _whole(united, row)
    domains = sorted({str(name) for row in rows for name in row.get("domains") or ()})
    return {**united, "domains": domains, "domains_known": known}, agrees


def _whole(row: Mapping[str, Any], page: Mapping[str, Any]) -> dict[str, Any]:
    """A row with what a page says, except that whoever says that there is more than one certificate is believed."""
    more = {name: True for name in ("has_duplicates", "has_reissues") if row.get(name)}
    return {**page, **row, **_said(page), **more}


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says; what is none, or empty, is left out by the service or by whoever asked it."""
    return {name: value for name, value in row.items() if value not in (None, "")}


def _is_alone(order: Mapping[str, Any]) -> bool:
    return order.get("has_duplicates") is False and order.get("has_reissues") is False


def _is_a_name(name: str) -> bool:
    try:
        return domain_name(name, "") == name
    except OptionError:
        return False


def _names_of(order: Mapping[str, Any]) -> list[str]:
    return [dns_name(str(name)) for name in order.get("domains") or ()]


def _shown_name(name: str) -> str:
    """A name for people: as the service spells it, but one in Unicode as DNS does, as all names of a plan."""
    spelled = dns_name(name)
    return name if name.isascii() or not spelled.isascii() else spelled


def _names_of_review(review: Mapping[str, Any]) -> list[str]:
    return sorted({dns_name(review["domain_name"]), *_names_of(review)})


def _certificates(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The certificates that end with an order, as digicert_certificate_revoke tells them."""
    return list((row.get("before") or {}).get("certificates") or ())


def _status(order: Mapping[str, Any]) -> str:
    """What an order is, where a mark that shows as a status, or a status that lags behind, hides that."""
    status, days = str(order.get("status") or ""), order.get("days_remaining")
    if status not in ("issued", "renewed", "expired"):
        return status
    is_over = status == "expired" or (days is not None and days < 0)
    return "expired" if is_over and not _goes_on(order) else "issued"


def _goes_on(order: Mapping[str, Any]) -> bool | None:
    """Whether an order whose certificate has expired can be reissued, as an annual plan can; None if not known.

    Only the dates decide: whether such an order is called a multi-year plan is not known (reference/certcentral.md 8).
    """
    ends, till, days = (order.get(name) for name in ("order_valid_till", "valid_till", "days_remaining"))
    if not ends:
        return False
    try:
        lasts = (date.fromisoformat(str(ends)[:10]) - date.fromisoformat(str(till)[:10])).days
    except ValueError:
        return None
    return None if days is None else lasts > 0 and lasts + days >= 0


def _until(order: Mapping[str, Any]) -> str:
    return f"the order can be reissued until {order.get('order_valid_till')}"


def _state(review: Mapping[str, Any]) -> str:
    return str(review.get("order_status") or "").strip().lower()
