# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_batches
short_description: Put entries of a plan into portions that one module can take
version_added: 0.1.0
description:
  - What cannot be undone comes last. The first portion is of one entry, so that the first change of a run can be seen
    in the account before a second one is made.
positional: _input
options:
  _input:
    description: Entries of a plan; those that change nothing are left out.
    type: list
    elements: dict
    required: true
  size:
    description: How many entries a portion has at most.
    type: int
    default: 100
  first:
    description: How many the first one has at most.
    type: int
    default: 1
  told:
    description: Records of entries that are left out, as P(certops.orders.order_plan_outcomes#filter) makes them.
    type: list
    elements: dict
    default: []
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show in what order a plan is carried out
  ansible.builtin.debug:
    msg: "{{ planned.plan.entries | certops.orders.order_plan_batches | map(attribute='action') }}"
"""

RETURN = r"""
_value:
  description: The portions, in the order in which they are carried out.
  type: list
  elements: dict
  contains:
    provider:
      description: Of all entries of the portion.
      type: str
    action:
      description: Of all of them.
      type: str
    drop_reissue:
      description: Whether a reissue has to be dropped first.
      type: bool
    accept_unknown:
      description: Whether they are ended although not all of their names or certificates are known.
      type: bool
    entries:
      description: The entries.
      type: list
      elements: dict
    orders:
      description: The ids of their orders, or the digests.
      type: list
    requests:
      description: The ids of their requests, where they have any.
      type: list
      elements: int
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._plans.batches import batches


def order_plan_batches(
    entries: Sequence[Mapping[str, Any]], size: int = 100, first: int = 1, told: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Portions of entries."""
    return batches(entries, size, first=first, told=told)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_plan_batches": order_plan_batches}
