#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: servertastic_account_info
short_description: Gather information about a Servertastic account
version_added: 0.9.0
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
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: the account has 420 points
points:
  description: Number of points that were purchased and not spent. V(none) if Servertastic does not return it.
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
      description: Order ID of Servertastic.
      type: str
      returned: always
      sample: STR_1001_1
    order_status:
      description: Status of the order.
      type: str
      returned: always
      sample: Queued
    domain_name:
      description: Domain name of the order, in lower case.
      type: str
      returned: always
      sample: www.example.com
    product_code:
      description: Product code.
      type: str
      returned: always
      sample: RapidSSL-12
    order_date:
      description: Time at which the order was placed, in ISO 8601 format and UTC.
      type: str
      returned: always
      sample: "2026-01-14T10:00:00Z"
    expiry_date:
      description: Last day of the validity of the certificate. Empty before the order is issued.
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
  description: The audit log of the points, in the order of Servertastic.
  returned: with O(audit)
  type: list
  elements: dict
  contains:
    time:
      description: Time of the entry, in ISO 8601 format and UTC.
      type: str
      returned: always
      sample: "2026-01-14T10:00:00Z"
    points:
      description: Number of points that were added. Negative if points were spent.
      type: float
      returned: always
      sample: 42.0
    total:
      description: Number of points after the entry. V(none) if Servertastic does not return it.
      type: float
      returned: always
      sample: 420.0
    description:
      description: Description of the entry.
      type: str
      returned: always
      sample: Order cancelled
    reseller_order_id:
      description: Order ID of Servertastic.
      type: str
      returned: always
      sample: STR_1001_1
    order_digest:
      description: SHA-256 digest of the order token. Empty if the entry has no token.
      type: str
      returned: always
      sample: 1f0c9a7e52d5f1f0a3f4b6c7d8e9fa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f
    order_ref:
      description: The first 8 digits of the C(order_digest), for display only.
      type: str
      returned: always
      sample: 1f0c9a7e
api:
  description: Statistics about the requests to the service.
  returned: when the arguments are valid
  type: dict
  contains:
    requests:
      description: Number of requests that were sent, including retries.
      type: int
      returned: always
      sample: 3
    retries:
      description: Number of retries.
      type: int
      returned: always
      sample: 0
    waited:
      description: Time in seconds spent waiting for the rate limit and before retries, summed over all workers.
      type: float
      returned: always
      sample: 0.0
failure:
  description: Details of the first error.
  returned: when the task fails, except when Ansible rejects an option with O(execute_on=target)
  type: dict
  contains:
    http_status:
      description: HTTP status code of the response. V(none) if there was no response.
      type: int
      returned: always
      sample: 401
    code:
      description:
        - Error code of Servertastic, or one of this collection if Servertastic was not the cause.
        - V(none) if the response has no error code.
      type: str
      returned: always
      sample: "401"
    message:
      description: The error message.
      type: str
      returned: always
      sample: Servertastic refused to read the account (HTTP 401)
    order_id:
      description: The C(order_ref) of the order. V(none) if the error does not concern a single order.
      type: str
      returned: always
      sample: 1f0c9a7e
    retries:
      description: Number of retries of the request.
      type: int
      returned: always
      sample: 0
    waited:
      description: Time in seconds spent waiting before the retries.
      type: float
      returned: always
      sample: 0.0
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._common.options import EXECUTE_ON, SERVERTASTIC_OPTIONS
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._runtime.info_runner import info_result
from ansible_collections.certops.orders.plugins.module_utils._servertastic.client import connect
from ansible_collections.certops.orders.plugins.module_utils._servertastic.results import account_result

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

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
        return info_result(context, servertastic.transport, lambda _work: account_result(servertastic, params["audit"]))


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
