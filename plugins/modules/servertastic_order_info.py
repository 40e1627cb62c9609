#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: servertastic_order_info
short_description: Gather information about Servertastic orders
version_added: 0.9.0
description:
  - Returns Servertastic orders in one normalized form, without their secrets. Select the orders by token, by digest, or
    from the lists of the account.
  - Exactly one of O(order_token), O(order_tokens), O(order_digests), O(tokens), O(modified_since) and
    O(expiring_within_days) is required. A token is not the C(reseller_order_id).
options:
  tokens:
    description:
      - Return the orders of the account. V(unused) returns the orders whose tokens have not been configured, V(used)
        the orders whose tokens have been configured, and V(all) both.
      - Requires O(api_key). This needs one API request for each order.
    type: str
    choices: [unused, used, all]
  modified_since:
    description:
      - Return the orders that were modified since this day or time, for example V(2026-12-31). A time without a time
        zone is in UTC.
      - Requires O(api_key). Servertastic does not return the tokens of these orders.
    type: str
  expiring_within_days:
    description:
      - Return the orders that expire within this number of days. The value must be between 0 and 3650.
      - Requires O(api_key). Servertastic does not return the tokens of these orders.
    type: int
  workers:
    description:
      - Maximum number of API requests to send in parallel.
      - The value must be between 1 and 32.
    type: int
    default: 8
extends_documentation_fragment:
  - certops.orders._servertastic
  - certops.orders._order_tokens
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_servertastic
  - certops.orders._attributes.info_module
notes:
  - The data of Servertastic can be up to 5 minutes old.
seealso:
  - module: certops.orders.servertastic_order_cancel
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The base URL comes from the environment variable SERVERTASTIC_API_URL, and the API key from SERVERTASTIC_API_KEY.

- name: Read an order
  certops.orders.servertastic_order_info:
    order_token: "{{ vaulted_order_token }}"
  register: order

- name: List the digests of all orders that were placed
  certops.orders.servertastic_order_info:
    tokens: used
  register: placed

- name: List the orders that expire within 60 days
  certops.orders.servertastic_order_info:
    expiring_within_days: 60
  register: expiring
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: 1 order found
orders:
  description: The orders that were found.
  returned: success
  type: list
  elements: dict
  contains:
    order_digest:
      description: SHA-256 digest of the order token. It identifies the order without disclosing the token.
      type: str
      returned: when the order token is known
      sample: 1f0c9a7e52d5f1f0a3f4b6c7d8e9fa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f
    order_ref:
      description: The first 8 digits of the C(order_digest), for display only.
      type: str
      returned: when the order token is known
      sample: 1f0c9a7e
    reseller_order_id:
      description: Order ID of Servertastic.
      type: str
      returned: always
      sample: STR_1001_1
    provider_order_id:
      description: Order ID of the certificate authority.
      type: str
      returned: when the order token is known
      sample: "77001"
    reseller_unique_reference:
      description: Reference that was set when the order was created.
      type: str
      returned: when the order token is known
      sample: CHG0031337
    order_status:
      description: Status of the order, as documented by Servertastic.
      type: str
      returned: always
      sample: Completed
    product_code:
      description: Product code.
      type: str
      returned: always
      sample: RapidSSL-12
    domain_name:
      description: Domain name of the order, in lower case. Empty before the order is configured.
      type: str
      returned: always
      sample: www.example.com
    domains:
      description: All domain names of the order that Servertastic returns, in lower case and sorted.
      type: list
      elements: str
      returned: when the order token is known
      sample: [shop.example.com, www.example.com]
    san_count:
      description:
        - Number of names that the order can have in addition to the domain name.
        - V(none) if Servertastic does not return it.
      type: int
      returned: when the order token is known
      sample: 1
    admin_email:
      description:
        - Email address of the contact who has to approve the cancellation of an issued order.
        - Empty if Servertastic does not return it.
      type: str
      returned: when the order token is known
      sample: admin@example.com
    completed_at:
      description:
        - Time at which the order was issued for the first time, in ISO 8601 format and UTC.
        - Empty if the history of the order does not contain it.
      type: str
      returned: when the order token is known
      sample: "2026-01-15T08:30:00Z"
    window_closes:
      description: Time until which an issued order can be canceled, 30 days after RV(orders[].completed_at).
      type: str
      returned: when the order token is known
      sample: "2026-02-14T08:30:00Z"
    order_date:
      description: Time at which the order was placed, in ISO 8601 format and UTC.
      type: str
      returned: with O(modified_since) or O(expiring_within_days)
      sample: "2026-01-14T10:00:00Z"
    expiry_date:
      description: Last day of the validity of the certificate. Empty before the order is issued.
      type: str
      returned: always
      sample: "2027-01-15"
missing:
  description: The C(order_digest) of each token that Servertastic does not find.
  returned: success
  type: list
  elements: str
  sample: []
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
      sample: Servertastic refused to list the order tokens (HTTP 401)
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

from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    EXECUTE_ON,
    MOST_WORKERS,
    ORDER_TOKENS,
    SERVERTASTIC_OPTIONS,
    OptionError,
    within,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._runtime.info_runner import info_result
from ansible_collections.certops.orders.plugins.module_utils._servertastic.client import connect, moment
from ansible_collections.certops.orders.plugins.module_utils._servertastic.readers import asked_digests
from ansible_collections.certops.orders.plugins.module_utils._servertastic.results import (
    listed_results,
    reviewed_results,
)

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

_SELECTORS = (*ORDER_TOKENS, "tokens", "modified_since", "expiring_within_days")
SPEC: dict[str, Any] = {
    "argument_spec": {
        **SERVERTASTIC_OPTIONS,
        **EXECUTE_ON,
        **ORDER_TOKENS,
        # The value selects a list of tokens. It is not a secret.
        "tokens": {"type": "str", "choices": ["unused", "used", "all"], "no_log": False},
        "modified_since": {"type": "str"},
        "expiring_within_days": {"type": "int"},
        "workers": {"type": "int", "default": 8},
    },
    "mutually_exclusive": [_SELECTORS],
    "required_one_of": [_SELECTORS],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Find the orders; returns the result of the task."""
    workers = within(params, "workers", 1, MOST_WORKERS)
    since = moment(params["modified_since"])
    if params["modified_since"] is not None and since is None:
        raise OptionError("modified_since must be a date or a time such as 2026-12-31 or 2026-12-31T12:00:00Z")
    days = params["expiring_within_days"]
    if days is not None:
        within(params, "expiring_within_days", 0, 3650)
    with connect(params, context, writes=False, key_required=_needs_key(params)) as servertastic:

        def gather(work: Any) -> dict[str, Any]:
            if since is not None:
                return listed_results(servertastic.modified_orders(since))
            if days is not None:
                return listed_results(servertastic.expiring_orders(days))
            return reviewed_results(servertastic, asked_digests(params, servertastic), work, context.stop)

        return info_result(context, servertastic.transport, gather, workers)


def _needs_key(params: Mapping[str, Any]) -> bool:
    return params["order_token"] is None and params["order_tokens"] is None


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
