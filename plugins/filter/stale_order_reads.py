# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: stale_order_reads
short_description: Tell what has to be read to plan which stale orders to get rid of
version_added: 0.1.0
description:
  - Tells what to search for, which of the orders that were found have to be read whole, and which orders those renew.
positional: _input
extends_documentation_fragment:
  - certops.orders._stale_orders
options:
  _input:
    description:
      - Orders as M(certops.orders.digicert_order_info) returns them. An empty list is enough for what to search for.
    type: list
    elements: dict
    required: true
  details:
    description:
      - Those of them that were read whole.
    type: list
    elements: dict
    default: []
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Find what may be stale
  certops.orders.digicert_order_info:
    status: "{{ search.status }}"
    created_before: "{{ search.created_before }}"
  vars:
    search: "{{ ([] | certops.orders.stale_order_reads(now='2026-11-22', older_than_days=90)).search }}"
  register: found

- name: Read it whole
  certops.orders.digicert_order_info:
    order_ids: "{{ (found.orders | certops.orders.stale_order_reads(now='2026-11-22', older_than_days=90)).details }}"
    details: true
  register: whole

- name: Read what it renews
  certops.orders.digicert_order_info:
    order_ids: "{{ ([] | certops.orders.stale_order_reads(now='2026-11-22', details=whole.orders)).predecessors }}"
"""

RETURN = r"""
_value:
  description: What to read.
  type: dict
  contains:
    search:
      description: Options of M(certops.orders.digicert_order_info) that find every order which can be stale.
      type: dict
      contains:
        status:
          description: The statuses.
          type: list
          elements: str
        created_before:
          description: The first day on which an order was placed that is not stale.
          type: str
    details:
      description: The ids of the orders whose own pages have to be read.
      type: list
      elements: int
    predecessors:
      description: The ids of the orders that the orders of O(details) renew.
      type: list
      elements: int
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._planners.stale_orders import (
    parse_request,
    predecessors,
    search,
    to_read,
)
from ansible_collections.certops.orders.plugins.plugin_utils._filters import refusing


def stale_order_reads(
    orders: Iterable[Mapping[str, Any]], *, details: Iterable[Mapping[str, Any]] = (), **wished: Any
) -> dict[str, Any]:
    """What has to be read before a plan can be made."""
    with refusing():
        wishes = parse_request(wished)
        return {
            "search": search(wishes),
            "details": to_read(orders, wishes),
            "predecessors": predecessors(details),
        }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"stale_order_reads": stale_order_reads}
