# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_decommission
short_description: Plan what is to become of the orders of names that go away
version_added: 0.1.0
description:
  - Says one thing of every order that covers one of the names, an action with its reason. What also covers names that
    stay, is a wildcard, is protected, or is no TLS certificate, is left to a person; so is whatever is not known.
positional: _input, wishes
extends_documentation_fragment:
  - certops.orders._decommission
options:
  _input:
    description:
      - Orders as M(certops.orders.digicert_order_info) returns them, all of the account, or those that
        P(certops.orders.decommission_reads#filter) has found.
    type: list
    elements: dict
    required: true
  now:
    description:
      - The time, such as V(2026-12-31T12:00:00Z); in UTC where it does not say.
    type: str
    required: true
  reviews:
    description:
      - Orders as M(certops.orders.servertastic_order_info) returns them.
    type: list
    elements: dict
    default: []
  details:
    description:
      - Those that P(certops.orders.decommission_reads#filter) names as C(details) and C(origin), read whole, or with
        their origin.
    type: list
    elements: dict
    default: []
  certificates:
    description:
      - What the revocation of those that P(certops.orders.decommission_reads#filter) names as C(certificates) would
        end, as M(certops.orders.digicert_certificate_revoke) returns it in check mode.
    type: list
    elements: dict
    default: []
  served:
    description:
      - What M(certops.orders.served_certificate_info) found in a loop over what
        P(certops.orders.decommission_probes#filter) tells.
    type: list
    elements: dict
    default: []
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Read the account
  certops.orders.digicert_order_info:
  register: account

- name: Show what is to become of the shop's orders
  ansible.builtin.debug:
    msg: "{{ account.orders | certops.orders.plan_decommission(wishes, now=now(utc=true) | string) }}"
  vars:
    wishes:
      names: [shop.example.com]
      include_subdomains: true
"""

RETURN = r"""
_value:
  description:
    - Entries of a plan, see the role C(certops.orders.order_plan), one for every order that covers a name that goes
      away.
    - Each has C(provider), C(order), C(name), C(domains), C(action), C(reason) and C(state).
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._common.values import utc
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission import plan, unresolved, verdicts
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission_request import parse_request
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission_rules import ReadFacts
from ansible_collections.certops.orders.plugins.plugin_utils._filters import refusing


def plan_decommission(
    orders: list[Mapping[str, Any]],
    wishes: Mapping[str, Any],
    *,
    now: str,
    reviews: Sequence[Mapping[str, Any]] = (),
    details: Sequence[Mapping[str, Any]] = (),
    certificates: Sequence[Mapping[str, Any]] = (),
    served: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Entries of a plan for the orders that cover names which go away."""
    with refusing():
        moment = utc(str(now))
        if moment is None:
            raise ValueError("now must be a time such as 2026-12-31T12:00:00Z")
        seen = ReadFacts(
            now=moment,
            details=details,
            certificates=certificates,
            served=verdicts(served),
            unresolved=unresolved(served),
        )
        return plan(orders, reviews, parse_request(wishes), seen)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"plan_decommission": plan_decommission}
