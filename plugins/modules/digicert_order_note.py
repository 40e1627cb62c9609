#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_order_note
short_description: Add a note to DigiCert CertCentral orders
version_added: 0.9.0
description:
  - Adds a note to orders that do not have the note yet, for example to store a change record with the order.
options:
  text:
    description:
      - The text of the note. The module sends it on one line, with control characters escaped.
      - If an order already has a note with the same words, it stays unchanged. Differences in white space do not
        matter.
    type: str
    required: true
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._order_ids
  - certops.orders._changes
  - certops.orders._verify
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
  - certops.orders._attributes.change_module
notes:
  - For each order, the module sends one API request to read the notes, and one to add a note.
  - If CertCentral does not find the notes of an order, the outcome is V(missing). The order does not exist, or is not
    visible to the API key.
  - The module sends a note only once. If the response is lost, and the note does not show within some seconds, the
    outcome is V(unknown). As soon as the note shows, another run makes no change.
seealso:
  - module: certops.orders.digicert_order_info
    description: Read the notes of an order.
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: Add the change record to the orders
  certops.orders.digicert_order_note:
    order_ids: [123456789, 123456790]
    text: CHG0031337, the server was retired
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: order 123456789 was annotated
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
        has_note:
          description: Whether the order has the note.
          type: bool
          returned: when the notes of the order were read
          sample: false
    after:
      description:
        - The state after the change, with the same keys. In check mode, the state that the change would lead to.
        - Empty if the state is not known.
      type: dict
      returned: always
      sample:
        has_note: true
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
    before: "order 123456789: has_note: false\n"
    after: "order 123456789: has_note: true\n"
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
      sample: CertCentral refused to add a note to order 123456789 (HTTP 403, access_denied|access_denied_invalid_key)
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
        "text": {"type": "str", "required": True},
    },
    "mutually_exclusive": [("order_id", "order_ids")],
    "required_one_of": [("order_id", "order_ids")],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Add the note to the orders; returns the result of the task."""
    order_ids, text = ids(params, "order_id", "order_ids"), text_of(params, "text", required=True) or ""
    with connect(params, context, writes=True) as certcentral:
        return operations.add_note(certcentral, order_ids, text=text, options=params, context=context)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
