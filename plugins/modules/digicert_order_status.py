#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_order_status
short_description: Set the status of DigiCert CertCentral orders
version_added: 0.9.0
description:
  - Cancels orders, marks orders as renewed, or removes that mark. Canceling an order is irreversible.
  - The module handles one order or thousands of orders. Orders that already have the wanted status stay unchanged.
  - The module reads every order before it changes the order. It refuses a change that CertCentral does not allow before
    it sends anything, with the reason and an allowed next step.
  - By default, the module runs inside the controller process, and the API key does not leave the controller, see
    O(execute_on).
options:
  status:
    description:
      - The status to set.
      - V(canceled) cancels an order that has not been issued. The order must have the status V(pending) or
        V(waiting_pickup). With O(cancel_reissue), the status V(reissue_pending) is allowed as well.
      - V(renewed) marks an order that was migrated from a legacy console and has been renewed in CertCentral, so that
        CertCentral no longer lists it as due for renewal. The order must be migrated, and must have the status
        V(issued) or V(expired). Its certificate must expire within 90 days, or have expired.
      - V(not_renewed) removes the mark. This is possible if the mark was set manually. It is not possible if a newer
        order has renewed the order.
    type: str
    choices: [canceled, renewed, not_renewed]
    required: true
  note:
    description:
      - A message about the change, for readers of the order in CertCentral. Required with O(status=canceled).
      - The module sends it on one line, with control characters escaped, only together with a change. It does not
        compare the message with earlier messages.
    type: str
  require_migrated:
    description:
      - Whether to make sure with O(status=renewed) that an order is a migrated order. The module uses the origin filter
        of CertCentral's list of orders.
      - If V(true), an order that is not migrated, or for which this is not known, is V(ineligible).
    type: bool
    default: true
  cancel_reissue:
    description:
      - Whether to cancel the pending reissue of an order with the status V(reissue_pending). Applies to
        O(status=canceled). The order itself is not canceled, and has the status V(issued) again.
      - If V(true), an order with the status V(issued) stays unchanged, because this is the status after a reissue was
        canceled.
      - If V(false), an order with the status V(reissue_pending) is V(ineligible).
    type: bool
    default: false
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._order_ids
  - certops.orders._changes
  - certops.orders._verify
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
  - certops.orders._attributes.change_module
attributes:
  idempotent:
    details:
      - An order counts as renewed if its C(is_renewed) is true, or if its status is V(renewed). An order whose reissue
        was canceled has the status V(issued).
notes:
  - "A run with N orders, of which K have to change, sends this number of API requests: N/100 and 1 more to read the
    orders, K to change them, N/100 and 1 more for O(require_migrated) with O(status=renewed), K/100 for O(verify), each
    rounded up, and one for each order whose row in the list lacks a deciding fact. If an order is missing, one more API
    request reads the account."
  - CertCentral allows 1000 API requests in 3 minutes.
  - An API key with the role View Only can read orders, but cannot change anything.
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: Cancel a pending order
  certops.orders.digicert_order_status:
    order_id: 123456789
    status: canceled
    note: CHG0031337, the server was retired

- name: Cancel many orders, and skip orders that were issued in the meantime
  certops.orders.digicert_order_status:
    order_ids: "{{ stale_order_ids }}"
    status: canceled
    note: Left over from a failed automation
    ineligible: skip
    missing: ok
    orders_detail: changed
  register: cleanup

- name: Show what was canceled
  ansible.builtin.debug:
    msg: "{{ cleanup.summary.changed }} of {{ cleanup.summary.total }} orders were canceled"

- name: Mark migrated orders as renewed, so that they are no longer listed as due
  certops.orders.digicert_order_status:
    order_ids: [123456789, 123456790]
    status: renewed
    verify: true

- name: Remove the mark, so that the order can be renewed in CertCentral
  certops.orders.digicert_order_status:
    order_id: 123456790
    status: not_renewed

- name: Cancel a pending reissue, and keep the certificate in use
  certops.orders.digicert_order_status:
    order_id: 123456791
    status: canceled
    cancel_reissue: true
    note: Reissue no longer needed

# A play for the servers that are retired: one task with a list for all servers, not one task for each server.
- name: Cancel the pending orders of retired servers
  hosts: decommissioned
  gather_facts: false
  tasks:
    - name: Cancel the pending orders of all servers
      certops.orders.digicert_order_status:
        order_ids: "{{ ansible_play_hosts | map('extract', hostvars, 'digicert_order_ids') | flatten }}"
        status: canceled
        note: "Server retired, {{ change_ticket }}"
        ineligible: skip
      run_once: true

# An API key from Ansible Vault, and defaults for all CertCentral modules of the collection.
- name: Cancel an order in the European instance
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/certops.orders.digicert:
      region: eu
      api_key: "{{ vaulted_digicert_key }}"
  tasks:
    - name: Cancel an order that is waiting for pickup
      certops.orders.digicert_order_status:
        order_id: 223456789
        status: canceled
        note: The recipient has left the company
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: order 123456789 was canceled
orders:
  description:
    - The result for each order, in the order of the arguments.
    - O(orders_detail) limits the results that are returned.
  returned: when the arguments are valid
  type: list
  elements: dict
  contains:
    order_id:
      description: ID of the order.
      type: int
      returned: always
      sample: 123456789
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
          description: Status of the order, as returned by CertCentral.
          type: str
          returned: when the order was read
          sample: pending
        is_renewed:
          description: Whether the order is renewed or marked as renewed.
          type: bool
          returned: when the order was read
          sample: false
    after:
      description:
        - The state after the change, with the same keys. In check mode, the state that the change would lead to.
        - Empty if the state is not known.
      type: dict
      returned: always
      sample:
        status: canceled
        is_renewed: false
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
    before: "order 123456789 (www.example.com): status: pending, is_renewed: false\n"
    after: "order 123456789 (www.example.com): status: canceled, is_renewed: false\n"
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
      sample: CertCentral refused to read order 123456789 (HTTP 403, access_denied|access_denied_invalid_key)
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
from ansible_collections.certops.orders.plugins.module_utils._certcentral.policy import CANCELED, TARGETS
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
        "status": {"type": "str", "choices": list(TARGETS), "required": True},
        "note": {"type": "str"},
        "require_migrated": {"type": "bool", "default": True},
        "cancel_reissue": {"type": "bool", "default": False},
    },
    "mutually_exclusive": [("order_id", "order_ids")],
    "required_one_of": [("order_id", "order_ids")],
    "required_if": [("status", CANCELED, ["note"])],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Set the status of the orders; returns the result of the task."""
    order_ids = ids(params, "order_id", "order_ids")
    note = text_of(params, "note", required=params["status"] == CANCELED)
    choices = {name: params[name] for name in ("status", "cancel_reissue", "require_migrated")}
    with connect(params, context, writes=True) as certcentral:
        return operations.set_status(certcentral, order_ids, note=note, **choices, options=params, context=context)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
