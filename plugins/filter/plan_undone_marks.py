# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_undone_marks
short_description: Plan to take renewed marks away that a report tells of
version_added: 0.1.0
description:
  - Takes the mark away where it still is. What was truly renewed since, or cannot carry a mark any more, is left to a
    person.
positional: _input
options:
  _input:
    description:
      - The ids of the orders, see P(certops.orders.reported_marks#filter).
    type: list
    elements: int
    required: true
  orders:
    description:
      - These orders, as M(certops.orders.digicert_order_info) returns them.
    type: list
    elements: dict
    required: true
  pages:
    description:
      - The same orders, read with C(details).
    type: list
    elements: dict
    required: true
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show what would be turned back
  ansible.builtin.debug:
    msg: "{{ [123456789] | certops.orders.plan_undone_marks(rows.orders, pages.orders) }}"
"""

RETURN = r"""
_value:
  description:
    - Entries of a plan, see the role C(certops.orders.order_plan), one for each id, by id. Each has C(provider),
      C(order), C(name), C(domains), C(action), C(reason) and C(state).
    - C(action) is C(unmark_renewed), C(leave) or C(nothing).
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._planners.undo_marks import plan_undo
from ansible_collections.certops.orders.plugins.plugin_utils._filters import refusing


def plan_undone_marks(
    order_ids: list[int], orders: list[Mapping[str, Any]], pages: list[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Entries of a plan that turns the marks of these orders back."""
    with refusing():
        return plan_undo(order_ids, orders, pages)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"plan_undone_marks": plan_undone_marks}
