#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_order_renewal
short_description: Manage the renewal settings of DigiCert CertCentral orders
version_added: 0.1.0
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
  description: What was done, in one sentence.
  returned: always
  type: str
  sample: order 123456789 was set
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
        status:
          description: The status, as CertCentral spells it.
          type: str
          returned: when the order was read
          sample: issued
        renewal_emails:
          description: Whether its renewal e-mails are on.
          type: bool
          returned: when the order was read
          sample: true
        auto_reissue:
          description: Whether it is reissued by itself.
          type: bool
          returned: when the order was read
          sample: false
        custom_renewal_message:
          description: What its e-mails say in addition.
          type: str
          returned: when the order was read
          sample: ""
        auto_renew:
          description: Whether it is renewed by itself, which only a person can change.
          type: bool
          returned: when the order was read
          sample: false
    after:
      description: The same after the task, in check mode what it would be; empty where it is not known.
      type: dict
      returned: always
      sample:
        status: issued
        renewal_emails: false
        auto_reissue: false
        custom_renewal_message: ""
        auto_renew: false
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
    before: "order 123456789 (www.example.com): status: issued, renewal_emails: true, auto_reissue: false\\n"
    after: "order 123456789 (www.example.com): status: issued, renewal_emails: false, auto_reissue: false\\n"
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
      sample: CertCentral refused to read order 123456789 (HTTP 403, access_denied|access_denied_invalid_key)
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
from ansible_collections.certops.orders.plugins.module_utils._certcentral_policy import decide_renewal
from ansible_collections.certops.orders.plugins.module_utils._certcentral_readers import Orders
from ansible_collections.certops.orders.plugins.module_utils._certcentral_writes import (
    SettingRenewal,
    lives_on,
    told_living,
)
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

_SETTINGS = ("renewal_emails", "auto_reissue", "custom_renewal_message")
SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_OPTIONS,
        **EXECUTE_ON,
        **BULK,
        **WATCHED,
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
    """Set what is asked for; returns the result of the task."""
    asked = ids(params, "order_id", "order_ids")
    wanted = {name: params[name] for name in _SETTINGS if params[name] is not None}
    if "custom_renewal_message" in wanted:
        wanted["custom_renewal_message"] = text_of(params, "custom_renewal_message", required=False) or ""
    with connect(params, context, writes=True) as certcentral:
        reader, policy, write = Orders(certcentral), partial(decide_renewal, wanted=wanted), SettingRenewal(certcentral)
        settings = Settings.of(
            params,
            "set",
            verify=True,
            besides=lambda result: lives_on(result, reader.live_on),
            longer=len(told_living(asked)),
        )
        watching = observers(params, context, settings, len(set(asked)), certcentral.account_id, None)
        return Run(reader, reader.read, policy, write, settings, context, watching).result(asked)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
