# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_summary
short_description: Sum up what became of a plan
version_added: 0.1.0
description:
  - Counts the records, and says whether the run has failed, and why, in one sentence.
positional: _input
options:
  _input:
    description: Records of entries.
    type: list
    elements: dict
    required: true
  violations:
    description: Why nothing at all was done.
    type: list
    elements: str
    default: []
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show how it went
  ansible.builtin.debug:
    msg: "{{ (run.records | certops.orders.order_plan_summary).result.msg }}"
"""

RETURN = r"""
_value:
  description: How it went.
  type: dict
  contains:
    outcomes:
      description: The records for a report, see P(certops.orders.order_plan_outcomes#filter); digests are cut.
      type: list
      elements: dict
    result:
      description: The rest.
      type: dict
      contains:
        counts:
          description: How many there are, C(total), and how many of each outcome.
          type: dict
        failed:
          description: Whether something failed, is unknown, or was not attempted.
          type: bool
        msg:
          description: All of it in one sentence.
          type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._plans.outcomes import summary


def order_plan_summary(records: Sequence[Mapping[str, Any]], violations: Sequence[str] = ()) -> dict[str, Any]:
    """How a run went."""
    return summary(records, violations)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_plan_summary": order_plan_summary}
