# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_window
short_description: Say why nothing may be changed at this time
version_added: 0.1.0
description:
  - Compares a time with a window in which changes are allowed.
positional: _input
options:
  _input:
    description: The time, ISO 8601 in UTC.
    type: str
    required: true
  not_before:
    description: When the window opens, ISO 8601, in UTC where it does not say; empty for always.
    type: str
    default: ""
  not_after:
    description: When it closes; empty for never.
    type: str
    default: ""
  kind:
    description: The kind of the plan, so that a message can name the variable of its role.
    type: str
    default: ""
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show whether the window is open
  ansible.builtin.debug:
    msg: "{{ now(utc=true, fmt='%Y-%m-%dT%H:%M:%SZ') | certops.orders.order_plan_window('2026-12-01', '2026-12-02') }}"
"""

RETURN = r"""
_value:
  description: Why not, empty where changes are allowed.
  type: str
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.module_utils._plans.approval import moment_of, window
from ansible_collections.certops.orders.plugins.module_utils._plans.errors import PlanError


def order_plan_window(now: Any, not_before: Any = "", not_after: Any = "", kind: str = "") -> str:
    """Why nothing may be changed now."""
    moment = moment_of(now)
    if moment is None:
        raise AnsibleFilterError("now must be a time such as 2026-12-31T22:00:00Z")
    try:
        return window(moment, str(not_before or ""), str(not_after or ""), kind=kind) or ""
    except PlanError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_plan_window": order_plan_window}
