#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_request
short_description: Approve or reject DigiCert CertCentral requests
version_added: 0.1.0
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
  description: What was done, in one sentence.
  returned: always
  type: str
  sample: order 123456789 was rejected
requests:
  description: The requests, in the order in which they were asked for; see O(orders_detail).
  returned: when the arguments are valid
  type: list
  elements: dict
  contains:
    request_id:
      description: The request.
      type: int
      returned: where there is one, or it was asked for
      sample: 1234567890
    order_id:
      description: The order that it is for.
      type: int
      returned: where it is known
      sample: 123456789
    type:
      description: What it asks for, such as V(new_request), V(reissue), V(duplicate), V(revoke) or V(renewal).
      type: str
      returned: where there is one
      sample: new_request
    outcome:
      description:
        - V(changed), V(unchanged) (it was so already), V(ineligible) (this change is not possible in its state),
          V(missing), V(failed), V(unknown) (a change was sent, and no read shows what came of it) or
          V(not_attempted) (the run was stopped before it).
          V(pending_approval) does not occur with this module.
      type: str
      returned: always
      sample: changed
    before:
      description: What it said before; empty where it could not be read.
      type: dict
      returned: always
      contains:
        status:
          description: The status of the request, V(none) where an order has none.
          type: str
          returned: when it was read
          sample: pending
    after:
      description: The same after the task, in check mode what it would be; empty where it is not known.
      type: dict
      returned: always
      sample:
        status: rejected
    reason:
      description: Why, where there is something to say; with the next step where the change is not possible.
      type: str
      returned: always
      sample: ""
    failure:
      description: As RV(failure), for this request.
      type: dict
      returned: when the request failed, or its state is unknown
summary:
  description:
    - How many requests there were, C(total), and how many of each outcome. What was given twice counts once.
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
diff:
  description: What was changed, before and after.
  returned: in diff mode, when the arguments are valid
  type: dict
  sample:
    before: "order 123456789 (www.example.com): status: pending\\n"
    after: "order 123456789 (www.example.com): status: rejected\\n"
failure:
  description: The first thing that failed, for a program to read.
  returned: when the task fails, except where Ansible finds an option wrong with O(execute_on=target)
  type: dict
  contains:
    http_status:
      description: The HTTP status that CertCentral answered with, none where there was no answer.
      type: int
      returned: always
      sample: 403
    code:
      description: CertCentral's error code, or a word of the collection's own; none where the answer has none.
      type: str
      returned: always
      sample: access_denied|access_denied_invalid_key
    message:
      description: What happened.
      type: str
      returned: always
      sample: CertCentral refused to read request 1234567890 (HTTP 403, access_denied|access_denied_invalid_key)
    order_id:
      description: The order, none where it concerns no single one.
      type: int
      returned: always
      sample: 123456789
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
from functools import partial
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._certcentral import connect
from ansible_collections.certops.orders.plugins.module_utils._certcentral_policy import decide_request
from ansible_collections.certops.orders.plugins.module_utils._certcentral_readers import OrderSettleables, Settleables
from ansible_collections.certops.orders.plugins.module_utils._certcentral_writes import Settling
from ansible_collections.certops.orders.plugins.module_utils._module import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._observers import observers
from ansible_collections.certops.orders.plugins.module_utils._options import (
    BULK,
    CERTCENTRAL_OPTIONS,
    EXECUTE_ON,
    ORDER_IDS,
    WATCHED,
    ids,
    text_of,
)
from ansible_collections.certops.orders.plugins.module_utils._results import Settings
from ansible_collections.certops.orders.plugins.module_utils._run import Run

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._http import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_OPTIONS,
        **EXECUTE_ON,
        **BULK,
        **WATCHED,
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
    """Decide on the requests asked for; returns the result of the task."""
    target, comment = params["status"], text_of(params, "comment", required=False)
    by_order = params["order_id"] is not None or params["order_ids"] is not None
    noun = "order" if by_order else "request"
    asked = ids(params, f"{noun}_id", f"{noun}_ids")
    settings = Settings.of(params, target, noun=noun, key=f"{noun}_id", listed="requests")
    with connect(params, context, writes=True) as certcentral:
        reader = OrderSettleables(certcentral) if by_order else Settleables(certcentral)
        policy = partial(decide_request, target=target, may_revoke=params["confirm"] or context.check_mode)
        write = Settling(certcentral, target, comment)
        watching = observers(params, context, settings, len(set(asked)), certcentral.account_id, comment)
        return Run(reader, reader.read, policy, write, settings, context, watching).result(asked)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
