# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The actions that a plan can have for each provider, and helper functions for plan entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

CERTCENTRAL, SERVERTASTIC = "certcentral", "servertastic"
CANCEL, REJECT, DROP = "cancel", "reject_request", "drop_reissue"
MARK, UNMARK, LAPSE, REVOKE = "mark_renewed", "unmark_renewed", "lapse", "revoke"
# The actions that change an order, in the order in which a run carries them out.
WRITING = (REJECT, CANCEL, DROP, MARK, UNMARK, LAPSE, REVOKE)
# keep: the order stays as it is. leave: manual review. nothing: no change is necessary. wait: a later run changes it.
KEEP, LEAVE, NOTHING, WAIT = REPORT_ONLY = ("keep", "leave", "nothing", "wait")
# The actions that cannot be undone. Other actions can drop a reissue as well, see is_irreversible.
IRREVERSIBLE = (REJECT, CANCEL, DROP, REVOKE)
# CertCentral product types of TLS certificates. The other types are for persons and for code signing.
TLS_PRODUCTS = ("ssl_certificate", "dv_ssl_certificate")
# At Servertastic the revocation of an issued order is a cancellation that the admin contact must approve.
ACTIONS = {CERTCENTRAL: (*WRITING, *REPORT_ONLY), SERVERTASTIC: (CANCEL, REVOKE, *REPORT_ONLY)}
# The value of `unknown` in the state of an entry: the user accepts that the order ends although not all of its names or
# certificates are known.
ACCEPTED = "accepted"
# The actions that need two writes if a pending reissue must be dropped first.
DROPPING = (LAPSE, REVOKE)


def entry_key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["provider"], entry["order"]


def sort_key(entry: Mapping[str, Any]) -> tuple[str, int, str]:
    # Ids sort as numbers: a shorter one is smaller. All digests have the same length.
    return entry["provider"], len(entry["order"]), entry["order"]


def order_label(entry: Mapping[str, Any]) -> str:
    return f"order {shown_order(entry)}"


def shown_order(entry: Mapping[str, Any]) -> str:
    """Return an order for display: the order id, or the first 8 digits of the digest."""
    return str(entry["order"])[:8] if entry["provider"] == SERVERTASTIC else str(entry["order"])


def writes(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the entries whose action changes an order."""
    return [entry for entry in entries if entry["action"] in WRITING]


def shown(value: Any) -> str:
    """Return a value for display: yes or no for a boolean, none for an empty value."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)


def is_irreversible(entry: Mapping[str, Any]) -> bool:
    """Return whether the change of an entry cannot be undone. Marks and renewal settings can be set back."""
    return entry["action"] in IRREVERSIBLE or bool(entry.get("drop_reissue"))


def accepts_unknown(entry: Mapping[str, Any]) -> bool:
    """Return whether the user accepts unknown names or certificates of the order, see ACCEPTED."""
    return bool(entry["state"].get("unknown") == ACCEPTED)


def orders_of(entries: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Return the order ids as integers, or the digests, as the modules accept them."""
    return [int(entry["order"]) if entry["provider"] == CERTCENTRAL else entry["order"] for entry in entries]


def requests_of(entries: Iterable[Mapping[str, Any]]) -> list[int]:
    """Return the request ids of the entries that have one."""
    return [entry["request_id"] for entry in entries if entry.get("request_id") is not None]
