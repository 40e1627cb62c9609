#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_order_status
short_description: Cancel a DigiCert CertCentral order, or mark it renewed or not renewed
version_added: 0.1.0
description:
  - Sets the status of one CertCentral order, or of thousands, and only where it is not so already.
  - V(canceled) ends an order that has not been issued. V(renewed) marks an order that was migrated from a legacy
    console and has been renewed in CertCentral, so that it stops being listed as due. V(not_renewed) takes that mark
    away.
  - Every order is read first. A change that CertCentral does not allow is refused before anything is sent, with the
    reason and the next step that is allowed. Canceling an order is final.
  - Runs inside the controller process, so that the API key never leaves it; see O(execute_on).
options:
  status:
    description:
      - V(canceled) is possible from C(pending) and C(waiting_pickup), and with O(cancel_reissue) from
        C(reissue_pending).
      - V(renewed) is possible for a migrated order, C(issued) or C(expired), from 90 days before its certificate
        expires.
      - V(not_renewed) is possible for an order that was marked by hand, not for one that a newer order has truly
        renewed.
    type: str
    choices: [canceled, renewed, not_renewed]
    required: true
  note:
    description:
      - A message about the change for those who look at the order in CertCentral, required with O(status=canceled).
      - It is sent only with a change, and never compared. It is sent on one line, with control characters escaped.
    type: str
  require_migrated:
    description:
      - With O(status=renewed), make sure that an order is a migrated one, by the origin filter of CertCentral's list.
      - An order that is not migrated, or of which that cannot be known, cannot be marked.
    type: bool
    default: true
  cancel_reissue:
    description:
      - With O(status=canceled), drop the reissue of an order that is C(reissue_pending). The order itself stays, and
        is C(issued) again.
      - An order that is C(issued) then counts as done, since this is what dropping a reissue leaves behind.
      - If V(false), an order that is C(reissue_pending) cannot be canceled.
    type: bool
    default: false
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._order_ids
  - certops.orders._changes
  - certops.orders._verify
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
attributes:
  check_mode:
    support: full
    details:
      - Makes the same reads and the same decisions, and sends no change.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - An order counts as renewed by its C(is_renewed), or by a status of that name. A reissue that was dropped
        leaves the order C(issued).
notes:
  - A run of N orders of which K have to change costs N/100 + 1 requests to read them, plus K to change them, plus
    N/100 for O(require_migrated) with O(status=renewed), plus K/100 for O(verify), plus one for each order whose row
    in the list lacks a fact that decides. One more names the account where an order is missing. CertCentral allows
    1000 requests in 3 minutes.
  - A key of the role View Only can read, but not change anything.
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The key is taken from DIGICERT_API_KEY in the environment where none is given.

- name: Cancel a pending order
  certops.orders.digicert_order_status:
    order_id: 123456789
    status: canceled
    note: CHG0031337, the server was retired

- name: Cancel many, leaving those that were issued meanwhile
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

- name: Mark migrated orders renewed, so that they are no longer listed as due
  certops.orders.digicert_order_status:
    order_ids: [123456789, 123456790]
    status: renewed
    verify: true

- name: Undo the mark, so that the order can truly be renewed
  certops.orders.digicert_order_status:
    order_id: 123456790
    status: not_renewed

- name: Drop an unfinished reissue, keeping the certificate that is in use
  certops.orders.digicert_order_status:
    order_id: 123456791
    status: canceled
    cancel_reissue: true
    note: Reissue no longer needed

# In a play over the servers being decommissioned: a list and one task for all, not a task for each host.
- name: Cancel what is pending for the servers that go away
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

# With a vaulted key and defaults for all modules of the collection.
- name: Tidy the account of the European instance
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/certops.orders.digicert:
      region: eu
      api_key: "{{ vaulted_digicert_key }}"
  tasks:
    - name: Cancel an order that is waiting for its recipient
      certops.orders.digicert_order_status:
        order_id: 223456789
        status: canceled
        note: The colleague has left
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
from ansible_collections.certops.orders.plugins.module_utils._certcentral.policy import (
    CANCELED,
    TARGETS,
)
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    BULK,
    CERTCENTRAL_OPTIONS,
    EXECUTE_ON,
    ORDER_IDS,
    WATCHED,
    ids,
    text_of,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_OPTIONS,
        **EXECUTE_ON,
        **BULK,
        **WATCHED,
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
    """Set the status of the orders asked for; returns the result of the task."""
    order_ids = ids(params, "order_id", "order_ids")
    note = text_of(params, "note", required=params["status"] == CANCELED)
    choices = {name: params[name] for name in ("status", "cancel_reissue", "require_migrated")}
    with connect(params, context, writes=True) as certcentral:
        return operations.set_status(certcentral, order_ids, note=note, **choices, options=params, context=context)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
