# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_carried_on
short_description: Carry the state of a run on by one portion of its plan
version_added: 0.1.0
description:
  - Adds the records of the portion, and says whether the run may go on. It may not where the first change that it
    made was not seen in the account, or where a module stopped.
positional: _input
options:
  _input:
    description: The run so far, an empty dictionary at its beginning.
    type: dict
    required: true
  entries:
    description: The entries of the portion.
    type: list
    elements: dict
    default: []
  results:
    description: What the modules returned that were run for them, nothing where the run had been stopped.
    type: list
    elements: dict
    default: []
  time:
    description: When they were run, ISO 8601 in UTC.
    type: str
    default: ""
  check_mode:
    description: Whether nothing was really done.
    type: bool
    default: false
  stopped:
    description: Why nothing more may be changed, where that is found out elsewhere.
    type: str
    default: ""
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Begin
  ansible.builtin.set_fact:
    so_far: "{{ {} | certops.orders.order_plan_carried_on }}"
"""

RETURN = r"""
_value:
  description: The run now.
  type: dict
  contains:
    records:
      description: Records of all entries so far, see P(certops.orders.order_plan_outcomes#filter).
      type: list
      elements: dict
    proven:
      description: Whether a change of this run has been seen in the account.
      type: bool
    stopped:
      description: Why nothing more may be changed, empty where it may.
      type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._plans.outcomes import begun, carried_on


def order_plan_carried_on(
    run: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]] = (),
    results: Sequence[Mapping[str, Any]] = (),
    *,
    time: str = "",
    check_mode: bool = False,
    stopped: str = "",
) -> dict[str, Any]:
    """The run after one more portion."""
    so_far = {**begun(), **run}
    so_far["stopped"] = so_far["stopped"] or stopped
    return carried_on(so_far, entries, results, time=time, check_mode=check_mode)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_plan_carried_on": order_plan_carried_on}
