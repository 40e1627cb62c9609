# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_successors
short_description: Plan which migrated orders to mark renewed
version_added: 0.1.0
description:
  - Finds migrated CertCentral orders that another order has renewed without either of them showing it, and marks whose
    reason is gone.
  - A successor is a TLS order, issued and not expired, of the same organization, whose names contain all of the old
    one's, and which ends later. An order counts until its own last day (C(order_valid_till)), provided that its
    certificate is valid now; the certificates of annual plans expire earlier. Names in Unicode and in punycode are the
    same, and V(*.example.com) contains V(*.example.com) and not V(www.example.com).
  - A mark is taken away where a successor was revoked, or was ordered later and canceled, and no other order has ever
    renewed it, be it expired since. One that CertCentral shows as truly renewed is left alone, and so is a mark for
    which no reason is known.
  - Orders of which the organization is not known, such as those for DV certificates in a list, are left alone. So are
    those of which the list does not tell when they expire, or whether they were migrated.
positional: _input
options:
  _input:
    description:
      - All orders of the account, as M(certops.orders.digicert_order_info) returns them with C(include_origin).
    type: list
    elements: dict
    required: true
  pages:
    description:
      - The orders that P(certops.orders.successors_reads#filter) names, read whole. What was to be read and is not
        among them is left to a person.
    type: list
    elements: dict
    default: []
  undo_expired:
    description:
      - Whether marks of orders that have expired are taken away, too.
    type: bool
    default: false
seealso:
  - plugin: certops.orders.successors_reads
    plugin_type: filter
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Read the account
  certops.orders.digicert_order_info:
    include_origin: true
  register: account

- name: Show what would be marked
  ansible.builtin.debug:
    msg: "{{ account.orders | certops.orders.plan_successors }}"
"""

RETURN = r"""
_value:
  description:
    - Entries of a plan, see the role C(certops.orders.order_plan), one for every order that is meant, by order. Each
      has C(provider), C(order), C(name), C(domains), C(action), C(reason) and C(state).
    - C(action) is C(mark_renewed), C(unmark_renewed) or C(leave).
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._planners.renewed_marks import plan
from ansible_collections.certops.orders.plugins.plugin_utils._filters import refusing


def plan_successors(
    orders: list[Mapping[str, Any]], pages: list[Mapping[str, Any]] | tuple[()] = (), undo_expired: bool = False
) -> list[dict[str, Any]]:
    """Entries of a plan for the migrated orders whose mark is not as it should be."""
    with refusing():
        return plan(orders, pages, undo_expired=undo_expired)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"plan_successors": plan_successors}
