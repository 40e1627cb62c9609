# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_stale_orders
short_description: Plan which stale orders to get rid of
version_added: 0.1.0
description:
  - Says one thing of each order that has been V(pending), V(waiting_pickup) or V(needs_approval) for long. It is
    cancelled, its request is rejected, or it is left to a person.
  - A renewal is left to a person where what it renews expires soon, has just expired, or does not say when. So is an
    order of which something waits that is not about having it, such as a request to revoke.
  - P(certops.orders.stale_order_reads#filter) tells what has to be read before.
positional: _input
extends_documentation_fragment:
  - certops.orders._stale_orders
options:
  _input:
    description:
      - Orders as M(certops.orders.digicert_order_info) returns them.
    type: list
    elements: dict
    required: true
  details:
    description:
      - Those of them that have to be read whole. One that is not here is left to a person, since it has changed
        meanwhile.
    type: list
    elements: dict
    required: true
  renewed:
    description:
      - The orders that those renew.
    type: list
    elements: dict
    default: []
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# With found, whole and renewed as the filter stale_order_reads has them read.
- name: Show what would be got rid of
  ansible.builtin.debug:
    msg: >-
      {{ found.orders | certops.orders.plan_stale_orders(now=today, older_than_days=90, exclude=['*.example.org'],
      details=whole.orders, renewed=renewed.orders) }}
"""

RETURN = r"""
_value:
  description:
    - Entries of a plan, see the role C(certops.orders.order_plan), one for each stale order, by its id. None is of an
      order that is excluded.
  type: list
  elements: dict
  contains:
    provider:
      description: Where the order is.
      type: str
      sample: certcentral
    order:
      description: The id of the order, as text.
      type: str
      sample: "123456789"
    name:
      description: Its common name.
      type: str
      sample: www.example.com
    domains:
      description: Every name that it covers.
      type: list
      elements: str
      sample: [www.example.com]
    action:
      description: What is to be done, C(cancel), C(reject_request), C(leave) for a person, or C(wait) for a later run.
      type: str
      sample: cancel
    reason:
      description: Why.
      type: str
      sample: the order has the status pending and was placed 91 days ago
    state:
      description: What the action rests on.
      type: dict
      sample: {status: pending, date_created: "2026-01-15T08:30:00Z", renewal_of_order_id: 0}
    request_id:
      description: The request that is to be rejected.
      type: int
      returned: with C(reject_request)
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._planners.stale_orders import parse_request, plan
from ansible_collections.certops.orders.plugins.plugin_utils._filters import refusing


def plan_stale_orders(
    orders: Iterable[Mapping[str, Any]],
    *,
    details: Iterable[Mapping[str, Any]],
    renewed: Iterable[Mapping[str, Any]] = (),
    **wished: Any,
) -> list[dict[str, Any]]:
    """Entries of a plan for the orders that were left behind."""
    with refusing():
        wishes = parse_request(wished)
        return plan(orders, wishes, details=details, renewed=renewed)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"plan_stale_orders": plan_stale_orders}
