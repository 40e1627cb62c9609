# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: decommission_probes
short_description: Tell where to look before certificates may be revoked
version_added: 0.1.0
description:
  - For each order that may be revoked, the names to connect to and the serial numbers to look for, as
    M(certops.orders.served_certificate_info) takes them.
positional: _input, wishes
extends_documentation_fragment:
  - certops.orders._decommission
options:
  _input:
    description:
      - Orders as M(certops.orders.digicert_certificate_revoke) returns them in check mode.
    type: list
    elements: dict
    required: true
  reviews:
    description:
      - Orders as M(certops.orders.servertastic_order_info) returns them. What their serial numbers are is not known.
    type: list
    elements: dict
    default: []
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Find out what a revocation would end
  certops.orders.digicert_certificate_revoke:
    order_ids: [123456789]
  check_mode: true
  register: ends

- name: Look whether any of it is still served
  certops.orders.served_certificate_info:
    names: "{{ item.names }}"
    serial_numbers: "{{ item.serial_numbers }}"
  loop: "{{ ends.orders | certops.orders.decommission_probes({'names': ['shop.example.com'], 'on_issued': 'revoke'}) }}"
  register: served
"""

RETURN = r"""
_value:
  description: Where to look.
  type: list
  elements: dict
  contains:
    order:
      description: The id of the order, or its digest.
      type: str
    names:
      description: Every name that its certificates were ever issued for.
      type: list
      elements: str
    serial_numbers:
      description: Their serial numbers; empty where they are not known, and whatever is served may be one of them.
      type: list
      elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._planners.decommission import to_probe
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission_request import parse_request
from ansible_collections.certops.orders.plugins.plugin_utils._filters import refusing


def decommission_probes(
    certificates: list[Mapping[str, Any]], wishes: Mapping[str, Any], reviews: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """The names and serial numbers to look for, for each order."""
    with refusing():
        return to_probe(certificates, reviews, parse_request(wishes))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"decommission_probes": decommission_probes}
