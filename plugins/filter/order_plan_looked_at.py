# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_looked_at
short_description: Correct records of a plan by a look at the account
version_added: 0.1.0
description:
  - A change that the account does not show is of unknown outcome. What has changed since a plan was approved, and is
    as it should be, was done by an earlier run.
positional: _input
options:
  _input:
    description: Records of entries.
    type: list
    elements: dict
    required: true
  rows:
    description:
      - Orders as M(certops.orders.digicert_order_info) and M(certops.orders.servertastic_order_info) return them.
    type: list
    elements: dict
    required: true
  earlier:
    description:
      - Whether these are of orders that this run left alone, since they have changed since the plan was approved.
    type: bool
    default: false
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show what the account says
  ansible.builtin.debug:
    msg: "{{ run.records | certops.orders.order_plan_looked_at(account.orders) }}"
"""

RETURN = r"""
_value:
  description: The records, see P(certops.orders.order_plan_outcomes#filter).
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._plans.verification import looked_at


def order_plan_looked_at(
    records: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], earlier: bool = False
) -> list[dict[str, Any]]:
    """Records after a look at the account."""
    return looked_at(records, rows, earlier=earlier)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_plan_looked_at": order_plan_looked_at}
