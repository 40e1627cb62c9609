# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: decommission_reads
short_description: Find the orders that cover names which go away, and what else has to be read of them
version_added: 0.1.0
description:
  - Returns the orders that cover one of the names, and of which of them a list does not tell enough. An order of which
    a list does not tell all names may cover one of them, so that it is returned as well.
positional: _input, wishes
extends_documentation_fragment:
  - certops.orders._decommission
options:
  _input:
    description:
      - Orders as M(certops.orders.digicert_order_info) returns them.
    type: list
    elements: dict
    required: true
  details:
    description:
      - Those of them whose own pages have been read, which are not asked for again. They may show that more has to be
        read.
    type: list
    elements: dict
    default: []
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Read whole what has to be
  certops.orders.digicert_order_info:
    order_ids: "{{ (account.orders | certops.orders.decommission_reads({'names': ['shop.example.com']})).details }}"
    details: true
"""

RETURN = r"""
_value:
  description: The orders, and the ids of those that have to be read.
  type: dict
  contains:
    orders:
      description: The orders that cover one of the names, or may do so, by id.
      type: list
      elements: dict
    details:
      description: Those whose own pages have to be read, among them every one that may be ended.
      type: list
      elements: int
    certificates:
      description: Those of which all certificates have to be read.
      type: list
      elements: int
    origin:
      description: Those of which it has to be known whether they were migrated.
      type: list
      elements: int
    names:
      description: The names that go away, as DNS spells them.
      type: list
      elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._planners.decommission import covering, to_read
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission_request import parse_request
from ansible_collections.certops.orders.plugins.plugin_utils._filters import refusing


def decommission_reads(
    orders: list[Mapping[str, Any]], wishes: Mapping[str, Any], details: Sequence[Mapping[str, Any]] = ()
) -> dict[str, list[Any]]:
    """The orders that cover the names, and the ids of those that have to be read further."""
    with refusing():
        wished = parse_request(wishes)
        found = covering(orders, wished)
        return {
            "orders": [dict(row) for row in found],
            **to_read(found, wished, details),
            "names": sorted(wished.names),
        }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"decommission_reads": decommission_reads}
