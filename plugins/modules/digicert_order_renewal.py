#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_order_renewal
short_description: Manage the renewal settings of DigiCert CertCentral orders
version_added: 0.9.0
description:
  - Sets the renewal e-mails, the automatic reissue and the custom renewal message of orders. Settings that already have
    the wanted value stay unchanged. Use this module to let an order expire.
  - The module cannot turn off auto-renew, because no API call for it is known. If auto-renew is on, the module returns
    a warning. Turn off auto-renew in the CertCentral console.
options:
  renewal_emails:
    description:
      - Whether CertCentral sends e-mails before the order expires.
      - At least one of O(renewal_emails), O(auto_reissue) and O(custom_renewal_message) is required.
    type: bool
  auto_reissue:
    description:
      - Whether CertCentral automatically reissues the certificate of a multi-year plan before the certificate expires.
    type: bool
  custom_renewal_message:
    description:
      - Additional text for the renewal e-mails. The module sends it on one line. An empty string removes the text.
    type: str
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._order_ids
  - certops.orders._changes
  - certops.orders._verify
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
  - certops.orders._attributes.change_module
notes:
  - The module always reads changed orders again, as with O(verify=true), because CertCentral does not document the
    values that turn the renewal e-mails on and off. If a setting does not show in that read, the outcome is V(unknown).
  - For each order, the module sends one API request to read it, one for each setting that changes, and one to read it
    again.
  - An order that is canceled, rejected or revoked does not renew automatically. It is V(ineligible).
seealso:
  - module: certops.orders.digicert_order_status
  - module: certops.orders.digicert_order_note
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: Let an order expire
  certops.orders.digicert_order_renewal:
    order_id: 123456789
    renewal_emails: false
    auto_reissue: false
  register: renewal

- name: Name the responsible team in the renewal e-mails
  certops.orders.digicert_order_renewal:
    order_ids: [123456789, 123456790]
    renewal_emails: true
    custom_renewal_message: The platform team renews this order, see the handbook
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: order 123456789 was updated
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
          sample: issued
        renewal_emails:
          description: Whether renewal emails are enabled.
          type: bool
          returned: when the order was read
          sample: true
        auto_reissue:
          description: Whether CertCentral reissues the certificates of the order automatically.
          type: bool
          returned: when the order was read
          sample: false
        custom_renewal_message:
          description: Additional text of the renewal emails.
          type: str
          returned: when the order was read
          sample: ""
        auto_renew:
          description:
            - Whether CertCentral renews the order automatically.
            - This can only be changed in the CertCentral console.
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
        status: issued
        renewal_emails: false
        auto_reissue: false
        custom_renewal_message: ""
        auto_renew: false
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
    before: "order 123456789 (www.example.com): status: issued, renewal_emails: true, auto_reissue: false\n"
    after: "order 123456789 (www.example.com): status: issued, renewal_emails: false, auto_reissue: false\n"
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
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    CERTCENTRAL_CHANGE,
    ORDER_IDS,
    ids,
    text_of,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

_SETTINGS = ("renewal_emails", "auto_reissue", "custom_renewal_message")
SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_CHANGE,
        **ORDER_IDS,
        "renewal_emails": {"type": "bool"},
        "auto_reissue": {"type": "bool"},
        "custom_renewal_message": {"type": "str"},
    },
    "mutually_exclusive": [("order_id", "order_ids")],
    "required_one_of": [("order_id", "order_ids"), _SETTINGS],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Set the renewal settings of the orders; returns the result of the task."""
    order_ids = ids(params, "order_id", "order_ids")
    wanted = {name: params[name] for name in _SETTINGS if params[name] is not None}
    if "custom_renewal_message" in wanted:
        wanted["custom_renewal_message"] = text_of(params, "custom_renewal_message", required=False) or ""
    with connect(params, context, writes=True) as certcentral:
        return operations.set_renewal(certcentral, order_ids, wanted=wanted, options=params, context=context)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
