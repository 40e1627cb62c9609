# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_unseen
short_description: Find the orders that have to be read to see whether a plan was carried out
version_added: 0.1.0
description:
  - Leaves out what the rows that were read so far show already.
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
    default: []
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Read what was changed
  certops.orders.digicert_order_info:
    order_ids: "{{ (run.records | certops.orders.order_plan_unseen).certcentral }}"
"""

RETURN = r"""
_value:
  description: What to read.
  type: dict
  contains:
    certcentral:
      description: The ids of orders.
      type: list
      elements: int
    servertastic:
      description: The digests of orders.
      type: list
      elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._plans.verification import unseen


def order_plan_unseen(
    records: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]] = ()
) -> dict[str, list[Any]]:
    """The orders to read, by provider."""
    return unseen(records, rows)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_plan_unseen": order_plan_unseen}
