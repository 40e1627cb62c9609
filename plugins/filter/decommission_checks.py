# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: decommission_checks
short_description: Check the names that go away, and find protected patterns that match nothing
version_added: 0.1.0
description:
  - Fails where everything below a name is to go away, and the name is no domain of the account and lies below none.
  - Returns what the approver of the plan has to know beside its entries.
positional: _input, wishes
extends_documentation_fragment:
  - certops.orders._decommission
options:
  _input:
    description:
      - All orders of the account as M(certops.orders.digicert_order_info) returns them.
    type: list
    elements: dict
    required: true
  domains:
    description:
      - All domains of the account as M(certops.orders.digicert_domain_info) returns them. Without them the names are
        not checked.
    type: list
    elements: dict
  reviews:
    description:
      - Orders as M(certops.orders.servertastic_order_info) returns them.
    type: list
    elements: dict
    default: []
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show what is protected and does not exist
  ansible.builtin.debug:
    msg: "{{ account.orders | certops.orders.decommission_checks(wishes) }}"
  vars:
    wishes: {names: [shop.example.com], protected: [pay.example.com]}
"""

RETURN = r"""
_value:
  description: A line for each finding.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._planners.decommission import check_reach, notes
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission_request import parse_request
from ansible_collections.certops.orders.plugins.plugin_utils._filters import refusing


def decommission_checks(
    orders: Sequence[Mapping[str, Any]],
    wishes: Mapping[str, Any],
    domains: Sequence[Mapping[str, Any]] | None = None,
    reviews: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """What the approver of a plan has to know; fails where the names reach too far."""
    with refusing():
        wished = parse_request(wishes)
        if domains is not None:
            check_reach(domains, wished)
        return notes(orders, reviews, wished)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"decommission_checks": decommission_checks}
