#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_order_note
short_description: Add a note to DigiCert CertCentral orders
version_added: 0.1.0
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
  description: What was done, in one sentence.
  returned: always
  type: str
  sample: order 123456789 was annotated
orders:
  description: The orders, in the order in which they were asked for; see O(orders_detail).
  returned: when the arguments are valid
  type: list
  elements: dict
  contains:
    order_id:
      description: The order.
      type: int
      returned: always
      sample: 123456789
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
        has_note:
          description: Whether it has the note.
          type: bool
          returned: when its notes were read
          sample: false
    after:
      description: The same after the task, in check mode what it would be; empty where it is not known.
      type: dict
      returned: always
      sample:
        has_note: true
    reason:
      description: Why, where there is something to say; with the next step where the change is not possible.
      type: str
      returned: always
      sample: ""
    failure:
      description: As RV(failure), for this order.
      type: dict
      returned: when the order failed, or its state is unknown
summary:
  description:
    - How many orders there were, C(total), and how many of each outcome. What was given twice counts once.
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
    before: "order 123456789: has_note: false\\n"
    after: "order 123456789: has_note: true\\n"
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
      sample: CertCentral refused to add a note to order 123456789 (HTTP 403, access_denied|access_denied_invalid_key)
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
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._certcentral import connect
from ansible_collections.certops.orders.plugins.module_utils._certcentral_policy import decide_note
from ansible_collections.certops.orders.plugins.module_utils._certcentral_readers import NotedOrders
from ansible_collections.certops.orders.plugins.module_utils._certcentral_writes import Annotating
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
        "text": {"type": "str", "required": True},
    },
    "mutually_exclusive": [("order_id", "order_ids")],
    "required_one_of": [("order_id", "order_ids")],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Add the note to the orders asked for; returns the result of the task."""
    asked, text = ids(params, "order_id", "order_ids"), text_of(params, "text", required=True) or ""
    settings = Settings.of(params, "annotated")
    with connect(params, context, writes=True) as certcentral:
        reader, write = NotedOrders(certcentral, text), Annotating(certcentral, text)
        watching = observers(params, context, settings, len(set(asked)), certcentral.account_id, text)
        return Run(reader, reader.read, decide_note, write, settings, context, watching).result(asked)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
