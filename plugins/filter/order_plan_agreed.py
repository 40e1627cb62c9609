# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_agreed
short_description: Find what stands both in an approved plan and in a fresh planning
version_added: 0.1.0
description:
  - Compares provider, order, action, state and what is dropped on the way. What has changed since it was approved is
    told, and left alone.
positional: _input
options:
  _input:
    description: The entries of the approved plan.
    type: list
    elements: dict
    required: true
  fresh:
    description: The entries of a planning of now.
    type: list
    elements: dict
    required: true
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show what may be done
  ansible.builtin.debug:
    msg: "{{ (approved.plan.entries | certops.orders.order_plan_agreed(fresh.plan.entries)).execute }}"
"""

RETURN = r"""
_value:
  description: The entries that change something.
  type: dict
  contains:
    execute:
      description: Fresh entries that were approved so.
      type: list
      elements: dict
    changed:
      description: Approved entries that would not be planned so any more, with the reason.
      type: list
      elements: dict
    new:
      description: Fresh entries that nobody has approved.
      type: list
      elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.module_utils._plans.approval import agreed
from ansible_collections.certops.orders.plugins.module_utils._plans.errors import PlanError


def order_plan_agreed(
    approved: Sequence[Mapping[str, Any]], fresh: Sequence[Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """What may be done, what has changed since, and what is new."""
    try:
        execute, changed, new = agreed(approved, fresh)
    except PlanError as error:
        raise AnsibleFilterError(str(error)) from None
    return {"execute": execute, "changed": changed, "new": new}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_plan_agreed": order_plan_agreed}
