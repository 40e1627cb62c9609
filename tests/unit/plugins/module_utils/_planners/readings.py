# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One order as each request to CertCentral has it: as a list does, as its own page does, and with its origin."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    DETAILS,
    ORIGIN,
    ROW,
    Order,
    read_order,
)

# Facts of an order's own page or of the lists of its certificates only.
_ONLY_DETAILS = (
    *("certificate_status", "thumbprint", "csr", "renewal_of_order_id", "auto_renew", "auto_reissue"),
    *("custom_renewal_message", "requests", "notes", "others", "unknown"),
)
_UNREAD: dict[str, Any] = {field.name: field.default for field in fields(Order) if field.name in _ONLY_DETAILS}


def row(order: Order) -> Order:
    """Return an order as a list has it."""
    return replace(order, **_UNREAD, is_migrated=None, seen=frozenset([ROW]))


def whole(order: Order) -> Order:
    """Return an order as its own page has it."""
    return replace(order, is_migrated=None, seen=frozenset([ROW, DETAILS]))


def origin(order: Order) -> Order:
    """Return an order as a list has it, with its origin."""
    return replace(row(order), is_migrated=order.is_migrated, seen=frozenset([ROW, ORIGIN]))


def answered(order_id: int, source: str = ROW, **facts: Any) -> Order:
    """Return the order that the client makes of an answer. facts: of the JSON."""
    order = read_order({"id": order_id, **facts}, source)
    assert order
    return order
