#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_request
short_description: Approve or reject DigiCert CertCentral requests
version_added: 0.9.0
description:
  - Approves or rejects a pending request. A request asks for an order, a reissue, a duplicate or a revocation. The
    approval of a revocation request revokes certificates, which is irreversible, see O(confirm).
  - To end an order with the status V(needs_approval), reject its request.
options:
  request_id:
    description:
      - The ID of the request.
      - Exactly one of O(request_id), O(request_ids), O(order_id) and O(order_ids) is required.
    type: int
  request_ids:
    description:
      - The IDs of the requests.
    type: list
    elements: int
  order_id:
    description:
      - The ID of the order whose pending request to approve or reject. If the order has several pending requests, it is
        V(ineligible). Use O(request_id) to select one of them.
    type: int
  order_ids:
    description:
      - The IDs of the orders whose pending requests to approve or reject.
    type: list
    elements: int
  status:
    description:
      - V(approved) approves the request. V(rejected) rejects the request.
      - If the opposite decision has already been made, the request is V(ineligible).
      - The approval of a revocation request requires O(confirm).
    type: str
    choices: [approved, rejected]
    required: true
  comment:
    description:
      - A message about the decision. The module sends it on one line, only together with a change. It does not compare
        the message with earlier messages.
    type: str
  confirm:
    description:
      - Confirms the approval of a revocation request, because a revocation is irreversible. V(true) is required for
        such an approval, except in check mode.
    type: bool
    default: false
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._changes
  - certops.orders._verify
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
  - certops.orders._attributes.change_module
notes:
  - For each request or order, the module sends one API request to read it, and one to approve or reject it.
  - CertCentral can refuse the decision of an approver who has created the request.
seealso:
  - module: certops.orders.digicert_request_info
  - module: certops.orders.digicert_order_status
    description: Cancel orders that have been approved but not issued.
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: Reject the request of an order that needs approval
  certops.orders.digicert_request:
    order_id: 123456789
    status: rejected
    comment: CHG0031337, the server was retired

- name: Reject the pending requests of several orders, and skip requests that were decided in the meantime
  certops.orders.digicert_request:
    order_ids: [123456789, 123456790]
    status: rejected
    ineligible: skip

- name: Approve a revocation request that digicert_certificate_revoke has created
  certops.orders.digicert_request:
    request_id: 1234567891
    status: approved
    comment: Agreed with the owner
    confirm: true
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: order 123456789 was rejected
requests:
  description:
    - The result for each request, in the order of the arguments.
    - O(orders_detail) limits the results that are returned.
  returned: when the arguments are valid
  type: list
  elements: dict
  contains:
    request_id:
      description: ID of the request.
      type: int
      returned: when known
      sample: 1234567890
    order_id:
      description: ID of the order that the request belongs to.
      type: int
      returned: when known
      sample: 123456789
    type:
      description: Type of the request, for example V(new_request), V(reissue), V(duplicate), V(revoke), or V(renewal).
      type: str
      returned: when known
      sample: new_request
    outcome:
      description:
        - V(changed) if the change was made, or in check mode would be made.
        - V(unchanged) if the requested state was already there.
        - V(ineligible) if the change is not possible in the current state.
        - V(missing) if the service does not find the object.
        - V(failed) if an error occurred.
        - V(unknown) if a change was sent and no later read shows its effect.
        - V(not_attempted) if the run was stopped before.
        - V(pending_approval) is never returned by this module.
      type: str
      returned: always
      sample: changed
    before:
      description: The state before the change. Empty if it could not be read.
      type: dict
      returned: always
      contains:
        status:
          description: Status of the request. V(none) if the order has no request.
          type: str
          returned: when the request was read
          sample: pending
    after:
      description:
        - The state after the change, with the same keys. In check mode, the state that the change would lead to.
        - Empty if the state is not known.
      type: dict
      returned: always
      sample:
        status: rejected
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
    before: "order 123456789 (www.example.com): status: pending\n"
    after: "order 123456789 (www.example.com): status: rejected\n"
failure:
  description: Details of the first error.
  returned: when the task fails, except when Ansible rejects an option with O(execute_on=target)
  type: dict
  contains:
    http_status:
      description: HTTP status code of the response. V(none) if there was no response.
      type: int
      returned: always
      sample: 403
    code:
      description:
        - Error code of CertCentral, or one of this collection if CertCentral was not the cause.
        - V(none) if the response has no error code.
      type: str
      returned: always
      sample: access_denied|access_denied_invalid_key
    message:
      description: The error message.
      type: str
      returned: always
      sample: CertCentral refused to read request 1234567890 (HTTP 403, access_denied|access_denied_invalid_key)
    order_id:
      description: ID of the order. V(none) if the error does not concern a single order.
      type: int
      returned: always
      sample: 123456789
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

from ansible_collections.certops.orders.plugins.module_utils._certcentral import operations
from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import connect
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    CERTCENTRAL_CHANGE,
    ORDER_IDS,
    ids,
    text_of,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_CHANGE,
        **ORDER_IDS,
        "request_id": {"type": "int"},
        "request_ids": {"type": "list", "elements": "int"},
        "status": {"type": "str", "choices": ["approved", "rejected"], "required": True},
        "comment": {"type": "str"},
        "confirm": {"type": "bool", "default": False},
    },
    "mutually_exclusive": [("request_id", "request_ids", "order_id", "order_ids")],
    "required_one_of": [("request_id", "request_ids", "order_id", "order_ids")],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Approve or reject the requests; returns the result of the task."""
    by_order = params["order_id"] is not None or params["order_ids"] is not None
    identifiers = ids(params, "order_id", "order_ids") if by_order else ids(params, "request_id", "request_ids")
    comment = text_of(params, "comment", required=False)
    with connect(params, context, writes=True) as certcentral:
        return operations.settle_requests(
            certcentral,
            identifiers,
            by_order=by_order,
            status=params["status"],
            comment=comment,
            may_revoke=params["confirm"] or context.check_mode,
            options=params,
            context=context,
        )


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
