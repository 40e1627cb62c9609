# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: successors_reads
short_description: Tell which orders have to be read whole before their renewed marks can be planned
version_added: 0.1.0
description:
  - Those whose mark would be taken away, as only an order's own page tells whether it was truly renewed; and those that
    would be marked, where the list does not tell whether they are marked already.
positional: _input
options:
  _input:
    description:
      - All orders of the account, as M(certops.orders.digicert_order_info) returns them with C(include_origin).
    type: list
    elements: dict
    required: true
  undo_expired:
    description:
      - Whether marks of orders that have expired are taken away, too.
    type: bool
    default: false
seealso:
  - plugin: certops.orders.plan_successors
    plugin_type: filter
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Read the account
  certops.orders.digicert_order_info:
    include_origin: true
  register: account

- name: Read whole what has to be
  certops.orders.digicert_order_info:
    order_ids: "{{ reads }}"
    details: true
  register: whole
  when: reads | length > 0
  vars:
    reads: "{{ account.orders | certops.orders.successors_reads }}"
"""

RETURN = r"""
_value:
  description: The ids of the orders, in ascending order.
  type: list
  elements: int
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._planners.renewed_marks import to_read
from ansible_collections.certops.orders.plugins.plugin_utils._filters import refusing


def successors_reads(orders: list[Mapping[str, Any]], undo_expired: bool = False) -> list[int]:
    """The ids of the orders that have to be read whole."""
    with refusing():
        return to_read(orders, undo_expired=undo_expired)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"successors_reads": successors_reads}
