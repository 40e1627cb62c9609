# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as the roles make it, of an account that does not exist: the one of the picture in the README."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.certops.orders.plugins.module_utils._reports.listing import due_row

NOW = datetime(2026, 11, 22, 10, 42, 5, tzinfo=timezone.utc)
DOMAIN = "northwind.example"
_STATUSES = {
    "issued": 60,
    "expired": 18,
    "pending": 7,
    "revoked": 4,
    "canceled": 4,
    "needs_approval": 3,
    "reissue_pending": 2,
    "rejected": 2,
    "waiting_pickup": 1,
}
_ORGANIZATIONS = {"Northwind Example": 6, "Northwind Retail Example": 3, "Northwind Labs Example": 1}
_CONTAINERS = {"Web": 5, "Build": 2, "Mail": 1}
_PRODUCTS = {"Standard SSL": 6, "Wildcard": 2, "Secure Site Pro": 1}
_WORDS = ("api", "auth", "blog", "build", "cdn", "docs", "hr", "mail", "media", "pay", "shop", "status", "vpn", "www")


def report(orders: int = 1200, planned: int = 0) -> dict[str, Any]:
    """The same data every time."""
    dice = random.Random(7)
    made = {
        "title": "Retire the build farm and the old shop",
        "generated_at": "2026-11-22T10:42:05Z",
        "phase": "apply",
        "kind": "decommission_domain",
        "account": {"account_id": 100001, "api_host": "www.digicert.com"},
        "ticket": "CHG0031337",
        "job": "4711",
        "names": [f"{name}.{DOMAIN}" for name in ("build-07", "ftp", "legacy", "shop")],
        "plan_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "entries": [*_entries(dice), *_planned(planned)],
        "orders": [_order(dice, number) for number in range(orders)],
    }
    return {**made, "due_without_successor": _due(made["orders"])}


def _due(orders: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The orders in use that are due within 90 days, without the renewed ones."""
    last = (NOW + timedelta(days=90)).date().isoformat()
    due = (order for order in orders if order["status"] in ("issued", "reissue_pending") and not order["is_renewed"])
    return [due_row(order, "none") for order in due if order["valid_till"] <= last]


def selection(orders: int = 450) -> dict[str, Any]:
    """The orders that filters have selected, among them pending and expired ones."""
    made = {**report(orders), "phase": "report", "entries": [], "names": [], "plan_sha256": "", "title": "Web"}
    listed = [due_row(order, "none") for order in made["orders"]]
    return {**made, "filters": {"status": ["pending", "issued", "expired"], "containers": ["Web"]}, "listed": listed}


def refused() -> dict[str, Any]:
    """A plan that the guards do not let through."""
    reasons = [
        "40 changes are planned, and decommission_domain_expected_changes is 30: set it to 40 to confirm",
        "40 changes are planned, and decommission_domain_max_changes is 25: set it to 40 to confirm",
    ]
    return {**report(planned=40), "phase": "plan", "entries": _planned(40), "violations": reasons}


def large(kind: str) -> dict[str, Any]:
    """An account of 21,084 issued orders, or a run that found as many orders unchanged."""
    made = report(0)
    if kind == "account":
        orders = [_order(random.Random(number), number) for number in range(21_084)]
        facts = {"status": "issued", "valid_till": (NOW + timedelta(days=5)).date().isoformat(), "is_renewed": False}
        orders = [{**order, **facts} for order in orders]
        return {**made, "phase": "report", "entries": [], "orders": orders, "due_without_successor": _due(orders)}
    unchanged = [entry for entry in made["entries"] if entry["outcome"] == "unchanged"]
    return {**made, "entries": [*made["entries"], *unchanged * (21_084 - len(unchanged))]}


def hostile(texts: list[str]) -> dict[str, Any]:
    """A report in which every text is one of these."""
    entries = [
        {**_entry(number, "left", "leave", text, text, text, text), "provider": text, "domains": texts}
        for number, text in enumerate(texts)
    ]
    orders = [
        {**_order(random.Random(1), number), "status": "issued", "valid_till": "2027-01-01", "common_name": text}
        for number, text in enumerate(texts)
    ]
    more = dict.fromkeys(("title", "ticket", "job", "plan_sha256"), "".join(texts))
    return {**report(0), **more, "names": texts, "entries": entries, "orders": orders}


def _order(dice: random.Random, number: int) -> dict[str, Any]:
    status = _one_of(dice, _STATUSES)
    name = f"{dice.choice(_WORDS)}-{number:04}.{DOMAIN}"
    days = None
    if status in ("issued", "reissue_pending"):
        days = int(dice.triangular(1, 397, 120))
    elif status in ("expired", "revoked"):
        days = -dice.randint(1, 600)
    return {
        "order_id": 100000000 + number,
        "status": status,
        "is_renewed": dice.random() < 0.12,
        "common_name": name,
        "domains": [name, f"www.{name}"],
        "valid_till": "" if days is None else (NOW + timedelta(days=days)).date().isoformat(),
        "date_created": (NOW - timedelta(days=dice.randint(1, 400))).isoformat().replace("+00:00", "Z"),
        "product_name": _one_of(dice, _PRODUCTS),
        "product_type": "ssl_certificate",
        "organization_name": _one_of(dice, _ORGANIZATIONS),
        "container_name": _one_of(dice, _CONTAINERS),
        "auto_renew": dice.random() < 0.2,
    }


def _one_of(dice: random.Random, weights: dict[str, int]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]


def _entry(
    number: int, outcome: str, action: str, name: str, reason: str, before: str = "", after: str = "", time: str = ""
) -> dict[str, Any]:
    return {
        "provider": "certcentral",
        "order": str(100000100 + number),
        "name": name,
        "domains": [name],
        "action": action,
        "outcome": outcome,
        "reason": reason,
        "before": before,
        "after": after,
        "contact": "",
        "time": time,
    }


def _entries(dice: random.Random) -> list[dict[str, Any]]:
    wildcard = "A wildcard covers more than the names that go"
    shared = f"It also covers api.{DOMAIN}, which stays; a reissue without shop.{DOMAIN} revokes the older certificates"
    renewing = "Auto-renew is on, and can be turned off only in CertCentral: do that before 2027-01-15"
    served = f"Its certificate is still served at intranet.{DOMAIN}:443"
    denied = "CertCentral refused to cancel the order (HTTP 403, access_denied)"
    left_over = "Pending for 45 days, left over from a failed automation"
    approval = "Revocation request 553 was made; an administrator must approve it in CertCentral"
    rows = [
        ("left", "leave", "*.lab", wildcard, "issued", ""),
        ("left", "leave", "www", shared, "issued", ""),
        ("left", "lapse", "pay", renewing, "issued", ""),
        ("refused", "revoke", "intranet", served, "issued", ""),
        ("failed", "cancel", "build-07", denied, "pending", ""),
        *(("done", "cancel", f"build-{number}", left_over, "pending", "canceled") for number in range(10, 24)),
        ("done", "drop_reissue", "shop", "A reissue was pending", "reissue_pending", "issued"),
        ("pending_approval", "revoke", "ftp", approval, "issued", ""),
        ("done", "lapse", "blog", "It covers names that stay", "auto_renew: yes", "auto_renew: no"),
        ("failed", "mark_renewed", "mail", "The reply was lost, and no read shows the mark", "is_renewed: no", ""),
        ("left", "keep", "docs", "The order is in use, and is reported only", "issued", ""),
        ("unchanged", "nothing", "old", "It is canceled already", "canceled", "canceled"),
    ]
    entries, when = [], NOW - timedelta(minutes=4)
    for number, (outcome, action, name, reason, before, after) in enumerate(rows):
        when += timedelta(seconds=dice.randint(2, 9))
        time = "" if outcome == "left" else when.isoformat().replace("+00:00", "Z")
        entries.append(_entry(number, outcome, action, f"{name}.{DOMAIN}", reason, before, after, time))
    entries[1]["domains"] += [f"api.{DOMAIN}", f"shop.{DOMAIN}"]
    return entries


def _planned(count: int) -> list[dict[str, Any]]:
    reason = "Pending for 45 days, left over from a failed automation"
    made = []
    for number in range(1000, 1000 + count):
        entry = _entry(number, "planned", "cancel", f"build-{number}.{DOMAIN}", reason, "pending", "canceled")
        made.append({**entry, "domains": [f"build-{number}.{DOMAIN}", f"www.build-{number}.{DOMAIN}"]})
    return made
