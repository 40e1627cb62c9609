# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The orders of a report as rows of a table, and in the short form of the JSON file. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

# The columns of a list of selected orders, and of the orders that are due without a successor.
DUE_COLUMNS = (
    *("order_id", "common_name", "status", "serial_number", "expires", "days_remaining", "organization", "container"),
    *("product", "requester", "auto_renew", "successor"),
)
# What a column has if the value is not known, for example because only the order's own page has it.
UNKNOWN = "unknown"
# The values of `successor` besides the ID of an order: no order; an order that CertCentral counts as renewed, but whose
# successor is not among the orders that were read.
NO_SUCCESSOR = "none"
MARKED = "marked renewed"
WITHOUT_SUCCESSOR = (NO_SUCCESSOR, UNKNOWN)
# The tables of the JSON file: the column of an order that is the key, and the columns that depend on it.
_TABLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "products": ("product_name_id", ("product_name", "product_type")),
    "organizations": ("organization_id", ("organization_name",)),
    "containers": ("container_id", ("container_name",)),
}


def due_row(order: Mapping[str, Any], successor: str) -> dict[str, Any]:
    """Return the row of an order with DUE_COLUMNS. order: as digicert_order_info returns it, with or without details.

    successor: the ID of an order, or one of NO_SUCCESSOR, UNKNOWN and MARKED.
    """
    name, email = order.get("requester") or "", order.get("requester_email") or ""
    auto_renew = order.get("auto_renew")
    return {
        **{column: order.get(column) for column in ("order_id", "common_name", "status", "serial_number")},
        "expires": order.get("valid_till"),
        "days_remaining": order.get("days_remaining"),
        "organization": _name_or_id(order, "organization"),
        "container": _name_or_id(order, "container"),
        "product": order.get("product_name") or order.get("product_name_id") or UNKNOWN,
        "requester": (f"{name} <{email}>" if name and email else name or email) or UNKNOWN,
        "auto_renew": UNKNOWN if auto_renew is None else auto_renew,
        "successor": successor,
    }


def _name_or_id(order: Mapping[str, Any], kind: str) -> str:
    return str(order.get(f"{kind}_name") or order.get(f"{kind}_id") or UNKNOWN)


def compact(orders: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the parts of the JSON file about its orders: order_defaults, the tables, and the orders in short form.

    A reader restores an order as `{**order_defaults, **(its rows of the tables), **order}`. Apart from that, an order
    leaves out days_remaining, and domains which are only the common name in lower case.
    """
    defaults = _defaults(orders)
    tables: dict[str, dict[str, Any]] = {name: {} for name in _TABLES}
    short = [_short(order, defaults, tables) for order in orders]
    return {"order_defaults": defaults, **tables, "orders": short}


# Columns that an order always has, even where it is the only one.
_ALWAYS = ("order_id", "status", "common_name", "domains", "date_created")
# Columns that only an order with a certificate has: the default is that there is none.
_OF_CERTIFICATE: Mapping[str, Any] = {
    "certificate_id": None,
    **dict.fromkeys(("serial_number", "valid_from", "valid_till", "order_valid_till", "thumbprint", "csr"), ""),
}


def _defaults(orders: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return for each column that all orders have the value of most of them. Lists have no default."""
    shared = set(orders[0]).intersection(*orders[1:]) if orders else set()
    of_tables = [column for _key, columns in _TABLES.values() for column in columns]
    defaults = {}
    for column in orders[0] if orders else ():
        if column in _OF_CERTIFICATE and column in shared:
            defaults[column] = _OF_CERTIFICATE[column]
        elif column in shared and column not in (*_ALWAYS, *of_tables, "days_remaining"):
            values = Counter(
                _comparable(value) for order in orders if not isinstance(value := order[column], (list, dict))
            )
            for (_is_bool, value), _count in values.most_common(1):
                defaults[column] = value
    return defaults


def _short(
    order: Mapping[str, Any], defaults: Mapping[str, Any], tables: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    left_out = {"days_remaining"}
    if order.get("domains") == [str(order.get("common_name") or "").lower()]:
        left_out.add("domains")
    for name, (key, columns) in _TABLES.items():
        if order.get(key) not in (None, ""):
            values = {column: order[column] for column in columns if column in order}
            # Two orders can have different names for one ID, as a name can change. Then the row keeps its own.
            if tables[name].setdefault(str(order[key]), values) == values:
                left_out.update(columns)
    return {
        column: value
        for column, value in order.items()
        if column not in left_out and not (column in defaults and _comparable(value) == _comparable(defaults[column]))
    }


def _comparable(value: Any) -> tuple[bool, Any]:
    # 1 and True are equal in Python but not in JSON.
    return isinstance(value, bool), value
