# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_going_on
short_description: Find the entries whose first steps came to a good end
version_added: 0.1.0
description:
  - Some actions take several steps. Only what came through one goes on to the next.
positional: _input
options:
  _input:
    description: The entries.
    type: list
    elements: dict
    required: true
  results:
    description: What the modules returned that were run for them so far.
    type: list
    elements: dict
    required: true
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Revoke where the reissue was dropped
  certops.orders.digicert_certificate_revoke:
    order_ids: "{{ (entries | certops.orders.order_plan_going_on([dropped])).orders }}"
    comments: The server was retired
    confirm: true
"""

RETURN = r"""
_value:
  description: What goes on.
  type: dict
  contains:
    orders:
      description: The ids of the orders, or the digests.
      type: list
    requests:
      description: The ids of their requests, where they have any.
      type: list
      elements: int
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._plans.outcomes import going_on


def order_plan_going_on(
    entries: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]
) -> dict[str, list[Any]]:
    """What goes on to the next step."""
    return going_on(entries, results)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_plan_going_on": order_plan_going_on}
