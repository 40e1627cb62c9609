#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: servertastic_account_info
short_description: Gather information about a Servertastic account
version_added: 0.1.0
description:
  - Returns the points of the account, its orders, and the audit of its points. The audit is the only place where
    Servertastic connects a refund with an order.
options:
  audit:
    description:
      - Whether to return the audit of the points. This needs one more API request.
    type: bool
    default: false
extends_documentation_fragment:
  - certops.orders._servertastic
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_servertastic
  - certops.orders._attributes.info_module
seealso:
  - module: certops.orders.servertastic_order_info
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The base URL comes from the environment variable SERVERTASTIC_API_URL, and the API key from SERVERTASTIC_API_KEY.

- name: Read the account and the audit of its points
  certops.orders.servertastic_account_info:
    audit: true
  register: account

- name: Show the credits
  ansible.builtin.debug:
    msg: "{{ account.audit | selectattr('points', 'gt', 0) }}"
"""

RETURN = r"""
msg:
  description: How many points there are, in one sentence.
  returned: always
  type: str
  sample: the account has 420 points
points:
  description: The points that were purchased and not spent, none where Servertastic does not say.
  returned: success
  type: float
  sample: 420.0
active_orders:
  description: The orders that Servertastic lists as active.
  returned: success
  type: list
  elements: dict
  contains: &listed
    reseller_order_id:
      description: What Servertastic calls the order.
      type: str
      returned: always
      sample: STR_1001_1
    order_status:
      description: The status.
      type: str
      returned: always
      sample: Queued
    domain_name:
      description: The domain, in lower case.
      type: str
      returned: always
      sample: www.example.com
    product_code:
      description: The product.
      type: str
      returned: always
      sample: RapidSSL-12
    order_date:
      description: When it was ordered, ISO 8601 in UTC.
      type: str
      returned: always
      sample: "2026-01-14T10:00:00Z"
    expiry_date:
      description: The last day of its certificate, empty before it is issued.
      type: str
      returned: always
      sample: ""
completed_orders:
  description: The orders that Servertastic lists as completed.
  returned: success
  type: list
  elements: dict
  contains: *listed
audit:
  description: The audit of the points, in Servertastic's order.
  returned: with O(audit)
  type: list
  elements: dict
  contains:
    time:
      description: When, ISO 8601 in UTC.
      type: str
      returned: always
      sample: "2026-01-14T10:00:00Z"
    points:
      description: What was added, negative where they were spent.
      type: float
      returned: always
      sample: 42.0
    total:
      description: The points that there were afterwards, none where Servertastic does not say.
      type: float
      returned: always
      sample: 420.0
    description:
      description: What it was for.
      type: str
      returned: always
      sample: Order cancelled
    reseller_order_id:
      description: The order.
      type: str
      returned: always
      sample: STR_1001_1
    order_digest:
      description: The SHA-256 of its token, empty where it has none.
      type: str
      returned: always
      sample: 1f0c9a7e52d5f1f0a3f4b6c7d8e9fa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f
    order_ref:
      description: The first 8 digits of that, for display only.
      type: str
      returned: always
      sample: 1f0c9a7e
api:
  description: What it cost.
  returned: when the arguments are valid
  type: dict
  contains:
    requests:
      description: Requests that were sent, retries included.
      type: int
      returned: always
      sample: 3
    retries:
      description: Requests that were repeated.
      type: int
      returned: always
      sample: 0
    waited:
      description: Seconds waited to stay within the rate limit and before retries, added up over the workers.
      type: float
      returned: always
      sample: 0.0
failure:
  description: The first thing that failed, for a program to read.
  returned: when the task fails, except where Ansible finds an option wrong with O(execute_on=target)
  type: dict
  contains:
    http_status:
      description: The HTTP status that Servertastic answered with, none where there was no answer.
      type: int
      returned: always
      sample: 401
    code:
      description: Servertastic's error code, or a word of the collection's own; none where the answer has none.
      type: str
      returned: always
      sample: "401"
    message:
      description: What happened.
      type: str
      returned: always
      sample: Servertastic refused to read the account (HTTP 401)
    order_id:
      description: The C(order_ref) of the order, none where it concerns no single one.
      type: str
      returned: always
      sample: 1f0c9a7e
    retries:
      description: How often the request was repeated.
      type: int
      returned: always
      sample: 0
    waited:
      description: Seconds waited before it was repeated.
      type: float
      returned: always
      sample: 0.0
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._info import told_info
from ansible_collections.certops.orders.plugins.module_utils._module import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._options import EXECUTE_ON, SERVERTASTIC_OPTIONS
from ansible_collections.certops.orders.plugins.module_utils._servertastic import connect
from ansible_collections.certops.orders.plugins.module_utils._servertastic_tell import told_account

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._http import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **SERVERTASTIC_OPTIONS,
        **EXECUTE_ON,
        "audit": {"type": "bool", "default": False},
    },
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Read the account; returns the result of the task."""
    with connect(params, context, writes=False, key_required=True) as servertastic:
        return told_info(context, servertastic.transport, lambda _work: told_account(servertastic, params["audit"]))


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
