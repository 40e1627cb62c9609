# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_outcomes
short_description: Tell what became of the entries of a plan
version_added: 0.1.0
description:
  - Turns entries, and the results of the modules that were run for them, into records for a report.
positional: _input
options:
  _input:
    description: The entries.
    type: list
    elements: dict
    required: true
  results:
    description:
      - What the modules returned that were run for them, in their order. One that was skipped does not count.
    type: list
    elements: dict
    default: []
  otherwise:
    description: What became of an entry that changes something and that no result tells of.
    type: str
    default: planned
  reason:
    description: Why, where that is not the reason of the entry.
    type: str
    default: ""
  time:
    description: When they were run, ISO 8601 in UTC.
    type: str
    default: ""
  check_mode:
    description: Whether nothing was really done.
    type: bool
    default: false
  but:
    description: Records of entries that are left out.
    type: list
    elements: dict
    default: []
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show a plan as a report would
  ansible.builtin.debug:
    msg: "{{ planned.plan.entries | certops.orders.order_plan_outcomes }}"
"""

RETURN = r"""
_value:
  description: A record of each entry, in their order.
  type: list
  elements: dict
  contains:
    provider:
      description: Of the entry.
      type: str
    order:
      description: Of the entry.
      type: str
    name:
      description: Of the entry.
      type: str
    domains:
      description: Of the entry.
      type: list
      elements: str
    action:
      description: Of the entry.
      type: str
    outcome:
      description:
        - V(planned), V(done), V(unchanged), V(pending_approval), V(refused), V(left), V(failed), V(unknown) or
          V(not_attempted), or V(waiting) for a later run.
      type: str
    reason:
      description: Why.
      type: str
    before:
      description: What the order said before, for people.
      type: str
    after:
      description: What it says now.
      type: str
    contact:
      description: Who has to do something, where that is known.
      type: str
    time:
      description: When it was done, ISO 8601 in UTC, empty where nothing was.
      type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._plans.outcomes import outcomes


def order_plan_outcomes(
    entries: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]] = (), **more: Any
) -> list[dict[str, Any]]:
    """Records of entries."""
    return outcomes(entries, results, **more)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_plan_outcomes": order_plan_outcomes}
