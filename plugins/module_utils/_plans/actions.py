# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The actions that a plan can have for each provider, and helper functions for plan entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._common import actions
from .._common.actions import CANCEL, DROP, KEEP, LAPSE, LEAVE, MARK, NOTHING, REJECT, REVOKE, UNMARK, WAIT
from .._common.providers import CERTCENTRAL, PROVIDERS, SERVERTASTIC

__all__ = [
    "ACCEPTED",
    "ACTIONS",
    "CANCEL",
    "CERTCENTRAL",
    "DROP",
    "DROPPING",
    "ENDED_STATUSES",
    "IRREVERSIBLE",
    "KEEP",
    "LAPSE",
    "LEAVE",
    "MARK",
    "NOTHING",
    "REJECT",
    "REPORT_ONLY",
    "REVOKE",
    "SERVERTASTIC",
    "TLS_PRODUCTS",
    "UNMARK",
    "WAIT",
    "WRITING",
    "accepts_unknown",
    "entry_key",
    "is_irreversible",
    "order_label",
    "orders_of",
    "requests_of",
    "shown",
    "shown_order",
    "sort_key",
    "writes",
]

# The actions that change an order, in the order in which a run carries them out, and those that do not.
WRITING = tuple(name for name, action in actions.ACTIONS.items() if action.changed)
REPORT_ONLY = tuple(name for name, action in actions.ACTIONS.items() if not action.changed)
# The actions that cannot be undone. Other actions can drop a reissue as well, see is_irreversible.
IRREVERSIBLE = tuple(name for name, action in actions.ACTIONS.items() if action.is_irreversible)
# CertCentral product types of TLS certificates. The other types are for persons and for code signing.
TLS_PRODUCTS = ("ssl_certificate", "dv_ssl_certificate")
ACTIONS = {name: provider.actions for name, provider in PROVIDERS.items()}
# The value of `unknown` in the state of an entry: the user accepts that the order ends although not all of its names or
# certificates are known.
ACCEPTED = "accepted"
# The actions that need two writes if a pending reissue must be dropped first.
DROPPING = tuple(name for name, action in actions.ACTIONS.items() if action.drops_reissue)
# The statuses of an order, in lower case, after an action has ended it.
ENDED_STATUSES = {name: action.ended for name, action in actions.ACTIONS.items() if action.ended}


def entry_key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["provider"], entry["order"]


def sort_key(entry: Mapping[str, Any]) -> tuple[str, int, str]:
    # Ids sort as numbers: a shorter one is smaller. All digests have the same length.
    return entry["provider"], len(entry["order"]), entry["order"]


def order_label(entry: Mapping[str, Any]) -> str:
    return f"order {shown_order(entry)}"


def shown_order(entry: Mapping[str, Any]) -> str:
    """Return an order for display: the order id, or the first digits of the digest."""
    return str(entry["order"])[: PROVIDERS[entry["provider"]].shown_digits]


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
    return [PROVIDERS[entry["provider"]].order_type(entry["order"]) for entry in entries]


def requests_of(entries: Iterable[Mapping[str, Any]]) -> list[int]:
    """Return the request ids of the entries that have one."""
    return [entry["request_id"] for entry in entries if entry.get("request_id") is not None]
