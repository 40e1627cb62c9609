#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: servertastic_order_cancel
short_description: Cancel Servertastic orders
version_added: 0.9.0
description:
  - Cancels SSL/TLS orders of the reseller Servertastic. A canceled order can never be re-instated.
  - An order that has not been issued is canceled at once.
  - For an order that was issued up to 30 days ago, Servertastic sends an e-mail to the admin contact of the order. The
    admin contact has to approve the cancellation. See O(issued).
  - An order that was issued more than 30 days ago can only be canceled by Servertastic, without a refund.
  - The module reads every order before it sends anything, and refuses orders that cannot be canceled.
  - If you need a new order for the same domain, place the new order before you cancel the old one. Otherwise
    Servertastic holds the new order for a manual review. See O(replacement_order_token).
  - Exactly one of O(order_token), O(order_tokens) and O(order_digests) is required. A token is not the
    C(reseller_order_id).
options:
  issued:
    description:
      - What to do with an order that was issued up to 30 days ago.
      - V(fail) refuses to cancel the order.
      - V(request) requests the cancellation. Servertastic sends an e-mail to the admin contact, who has to approve it.
        The outcome is V(pending_approval).
      - V(skip) leaves the order unchanged.
    type: str
    choices: [fail, request, skip]
    default: fail
  replacement_order_token:
    description:
      - The token of the order that replaces the canceled order. The module cancels the old order only if the new order
        is for the same domain and has been placed.
      - Requires O(order_token).
    type: str
  replacement:
    description:
      - V(none) confirms that no other order replaces the canceled order, because the domain is no longer needed.
      - V(required) refuses to cancel an order that has a domain, unless O(replacement_order_token) is set.
    type: str
    choices: [required, none]
    default: required
  request_log:
    description:
      - Path of a file in which the module records each request for a cancellation, with its time and the SHA-256 digest
        of the token. A scheduled job then does not send the same request, and the same e-mail, again. Several jobs can
        share the file. The module writes to the file before it sends a request, and again when Servertastic has
        acknowledged the request.
      - If a recorded request has no acknowledgment, it is not known whether the request was made, because its run was
        killed or received no response. A recorded request with a time in the future proves nothing. In both cases the
        outcome is V(unknown), and the task fails, until Servertastic shows the order as canceled, or O(request_again)
        is set.
      - The module creates the file with access for its owner only. An existing file must be a regular file that belongs
        to the user who runs the task, and no other user must be able to write to it.
    type: path
  requested_at:
    description:
      - The value of RV(requested_at) from an earlier run. Use this option if no file survives between the runs.
      - A time that is followed by the word C(unconfirmed), or that is in the future, is handled as described for
        O(request_log).
    type: dict
  request_again:
    description:
      - Whether to send a request or a cancellation again, although it was made or may have been made. Use V(true) if
        the e-mail was lost, for example.
      - This applies to every order of the task that is not canceled yet. Name only the orders for which you want to
        send it again.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until Servertastic shows the order as canceled, for at most O(wait_timeout) seconds.
      - An order that still waits for an approval after that time has the outcome V(pending_approval), and the task does
        not fail. An order that should be canceled and does not show it has the outcome V(unknown).
    type: bool
    default: false
  wait_timeout:
    description:
      - Maximum time in seconds to wait. The value must be between 1 and 2592000.
      - Servertastic needs about 5 minutes to show a cancellation. An approval can take much longer, because the admin
        contact gives it manually.
    type: int
    default: 600
  poll_interval:
    description:
      - Time in seconds between two polls. The value must be between 60 and 86400, because the data of Servertastic can
        be 5 minutes old. For a loopback address, values from 1 are allowed.
    type: int
    default: 60
extends_documentation_fragment:
  - certops.orders._servertastic
  - certops.orders._order_tokens
  - certops.orders._changes
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_servertastic
  - certops.orders._attributes.change_module
attributes:
  idempotent:
    details:
      - For issued orders, this requires O(request_log) or O(requested_at), because Servertastic does not return the
        requests that were made.
notes:
  - For each order, the module sends one API request to read it, one to cancel it, and one for each poll. One more is
    needed for O(replacement_order_token), for O(order_digests), and, if O(api_key) is set, for RV(orders[].refund).
  - The API call that cancels an order is a GET request. The module never sends it twice. If the response is lost, the
    module reads the order. If the cancellation does not show, the outcome is V(unknown), also in later runs that use
    the same O(request_log) or O(requested_at).
  - If another job has just started a request for the same order, the module waits up to 15 seconds for the result of
    that job.
  - Direct customers can only request a refund or restart an order on the order management page.
seealso:
  - module: certops.orders.servertastic_order_info
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The base URL comes from the environment variable SERVERTASTIC_API_URL, and the API key from SERVERTASTIC_API_KEY.

- name: Cancel an order that has not been issued, for a domain that is retired
  certops.orders.servertastic_order_cancel:
    order_token: "{{ vaulted_order_token }}"
    replacement: none

- name: Cancel the old order after the new order was placed
  certops.orders.servertastic_order_cancel:
    order_token: "{{ vaulted_order_token }}"
    replacement_order_token: "{{ vaulted_new_order_token }}"
    wait: true

# The orders of a plan are canceled by the role that made the plan.
- name: Cancel orders by their digests, and request the cancellation of issued orders only once
  certops.orders.servertastic_order_cancel:
    order_digests: "{{ selected_digests }}"
    replacement: none
    issued: request
    request_log: /var/lib/certops/requests.jsonl
    ineligible: skip
  register: canceled

- name: Show the orders that wait for an approval
  ansible.builtin.debug:
    msg: "{{ item.domain_name }}: {{ item.reason }}"
  loop: "{{ canceled.orders | selectattr('outcome', 'eq', 'pending_approval') }}"
  loop_control:
    label: "{{ item.order_ref }}"
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: order 1f0c9a7e was canceled
orders:
  description:
    - The result for each order, in the order of the arguments.
    - O(orders_detail) limits the results that are returned.
  returned: when the arguments are valid
  type: list
  elements: dict
  contains:
    order_digest:
      description: SHA-256 digest of the order token. It identifies the order without disclosing the token.
      type: str
      returned: always
      sample: 1f0c9a7e52d5f1f0a3f4b6c7d8e9fa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f
    order_ref:
      description: The first 8 digits of the C(order_digest), for display only.
      type: str
      returned: always
      sample: 1f0c9a7e
    reseller_order_id:
      description: Order ID of Servertastic.
      type: str
      returned: when the order was reviewed
      sample: STR_1001_1
    domain_name:
      description: Domain name of the order. Empty before the order is configured.
      type: str
      returned: when the order was reviewed
      sample: www.example.com
    product_code:
      description: Product code.
      type: str
      returned: when the order was reviewed
      sample: RapidSSL-12
    outcome:
      description:
        - V(changed) if the order was canceled, or in check mode would be canceled.
        - V(unchanged) if the order was already canceled.
        - V(pending_approval) if the admin contact of an issued order has to approve the cancellation, which was
          requested by this run or an earlier one.
        - V(ineligible) if a cancellation is not possible in the current state.
        - V(missing) if the service does not find the object.
        - V(failed) if an error occurred.
        - V(unknown) if a change was sent, by this run or an earlier one, and no later read shows its effect.
        - V(not_attempted) if the run was stopped before.
      type: str
      returned: always
      sample: changed
    before:
      description: The state before the change. Empty if it could not be read.
      type: dict
      returned: always
      contains:
        order_status:
          description: Status of the order, as documented by Servertastic.
          type: str
          returned: when the order was reviewed
          sample: Queued
        requested_at:
          description:
            - Time at which the approval email to the admin contact was requested, in ISO 8601 format and UTC.
            - Empty if no request is recorded that Servertastic has acknowledged.
          type: str
          returned: when the order was reviewed
          sample: ""
    after:
      description:
        - The state after the change, with the same keys. In check mode, the state that the change would lead to.
        - Empty if the state is not known.
      type: dict
      returned: always
      sample:
        order_status: Cancelled
        requested_at: ""
    refund:
      description:
        - Refund of the points of the order, according to the audit log of the points.
        - V(credited) if the points were credited.
        - V(pending) if they are not credited yet.
        - V(none) if the order can no longer be canceled, so that the points will not be credited.
        - V(unknown) in all other cases. Without O(api_key), V(credited) and V(pending) are not possible.
      type: str
      returned: always
      sample: credited
    admin_email:
      description:
        - Email address of the contact who has to approve the cancellation of an issued order.
        - Empty if Servertastic does not return it.
      type: str
      returned: when the order was reviewed
      sample: admin@example.com
    window_closes:
      description:
        - Time until which an issued order can be canceled, in ISO 8601 format and UTC.
        - Empty if the order is not issued.
      type: str
      returned: when the order was reviewed
      sample: ""
    management_host:
      description: Base URL of the order management page. The path is left out because it contains the token.
      type: str
      returned: when the order was reviewed
      sample: https://manage.example.com/
    reason:
      description:
        - The reason for the outcome. If the change is not possible, also the next step.
        - Empty if there is nothing to report.
      type: str
      returned: always
      sample: ""
    failure:
      description: Details of the error, with the same keys as RV(failure).
      type: dict
      returned: when the outcome is V(failed) or V(unknown)
requested_at:
  description:
    - The requests that are waiting for an approval, as a dictionary of C(order_digest) and time.
    - The word C(unconfirmed) after a time means that Servertastic did not acknowledge the request.
    - Pass it to O(requested_at) of the next run if no O(request_log) is kept between the runs.
  returned: when the arguments are valid
  type: dict
  sample: {}
summary:
  description:
    - Number of results with each outcome, and their C(total).
    - An item that is given more than once is counted once.
  returned: when the arguments are valid
  type: dict
  sample:
    total: 2
    changed: 1
    unchanged: 1
    pending_approval: 0
    ineligible: 0
    missing: 0
    failed: 0
    unknown: 0
    not_attempted: 0
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
diff:
  description: The changes, as text before and after.
  returned: in diff mode, when the arguments are valid
  type: dict
  sample:
    before: "order 1f0c9a7e (www.example.com): order_status: Queued, requested_at: \n"
    after: "order 1f0c9a7e (www.example.com): order_status: Cancelled, requested_at: \n"
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
      sample: Servertastic refused to read order 1f0c9a7e (HTTP 401)
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
    BULK,
    CANCELLATION,
    EXECUTE_ON,
    ORDER_TOKENS,
    SERVERTASTIC_OPTIONS,
    WATCHED,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._servertastic import operations
from ansible_collections.certops.orders.plugins.module_utils._servertastic.client import connect
from ansible_collections.certops.orders.plugins.module_utils._servertastic.policy import CancelRequest
from ansible_collections.certops.orders.plugins.module_utils._servertastic.readers import asked_digests

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **SERVERTASTIC_OPTIONS,
        **EXECUTE_ON,
        **{name: option for name, option in BULK.items() if name != "verify"},
        **WATCHED,
        **ORDER_TOKENS,
        "issued": {"type": "str", "choices": ["fail", "request", "skip"], "default": "fail"},
        "replacement_order_token": {"type": "str", "no_log": True},
        **CANCELLATION,
    },
    "mutually_exclusive": [("order_token", "order_tokens", "order_digests")],
    "required_one_of": [("order_token", "order_tokens", "order_digests")],
    "required_by": {"replacement_order_token": ["order_token"]},
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Cancel the orders; returns the result of the task."""
    with connect(params, context, writes=True) as servertastic:
        settings = operations.cancel_settings(servertastic, params)
        replacement = params["replacement_order_token"]
        request = CancelRequest(
            params["issued"],
            servertastic.tokens.add(replacement) if replacement else "",
            params["replacement"] == "none",
            params["request_again"],
        )
        return operations.cancel(
            servertastic,
            asked_digests(params, servertastic),
            request=request,
            **settings,
            options=params,
            context=context,
        )


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
