# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The actions of a plan, per provider, and the entries that have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

CERTCENTRAL, SERVERTASTIC = "certcentral", "servertastic"
CANCEL, REJECT, DROP = "cancel", "reject_request", "drop_reissue"
MARK, UNMARK, LAPSE, REVOKE = "mark_renewed", "unmark_renewed", "lapse", "revoke"
# In the order in which they are carried out, what cannot be undone last.
WRITING = (REJECT, CANCEL, DROP, MARK, UNMARK, LAPSE, REVOKE)
KEEP, LEAVE, NOTHING, WAIT = REPORT_ONLY = ("keep", "leave", "nothing", "wait")
# What cannot be undone; a reissue may be dropped on the way to another action as well.
IRREVERSIBLE = (REJECT, CANCEL, DROP, REVOKE)
# Kinds of CertCentral products that are TLS certificates; the others belong to people and code.
TLS_PRODUCTS = ("ssl_certificate", "dv_ssl_certificate")
# At Servertastic an issued order is revoked by cancelling it, which its admin contact has to approve.
ACTIONS = {CERTCENTRAL: (*WRITING, *REPORT_ONLY), SERVERTASTIC: (CANCEL, REVOKE, *REPORT_ONLY)}
# In the state of an entry, as its `unknown`: not all of the order's names or certificates are known, and it is ended
# all the same.
ACCEPTED = "accepted"
# The actions that are one of two writes where a reissue has to be dropped first.
DROPPING = (LAPSE, REVOKE)


def entry_key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["provider"], entry["order"]


def sort_key(entry: Mapping[str, Any]) -> tuple[str, int, str]:
    # Ids as numbers, digests as they are.
    return entry["provider"], len(entry["order"]), entry["order"]


def order_label(entry: Mapping[str, Any]) -> str:
    return f"order {shown_order(entry)}"


def shown_order(entry: Mapping[str, Any]) -> str:
    """An order as it is told to people: its id, or the first digits of its digest."""
    return str(entry["order"])[:8] if entry["provider"] == SERVERTASTIC else str(entry["order"])


def writes(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The entries that change something."""
    return [entry for entry in entries if entry["action"] in WRITING]


def shown(value: Any) -> str:
    """A fact for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)


def is_irreversible(entry: Mapping[str, Any]) -> bool:
    """Whether an entry, carried out, cannot be undone; marks and renewal settings can be set back."""
    return entry["action"] in IRREVERSIBLE or bool(entry.get("drop_reissue"))


def accepts_unknown(entry: Mapping[str, Any]) -> bool:
    return bool(entry["state"].get("unknown") == ACCEPTED)


def orders_of(entries: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The ids of entries' orders, or their digests, as modules take them."""
    return [int(entry["order"]) if entry["provider"] == CERTCENTRAL else entry["order"] for entry in entries]


def requests_of(entries: Iterable[Mapping[str, Any]]) -> list[int]:
    """The ids of entries' requests, where they have any."""
    return [entry["request_id"] for entry in entries if entry.get("request_id") is not None]
