#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_domain
short_description: Activate or deactivate DigiCert CertCentral domains
version_added: 0.9.0
description:
  - Activates or deactivates domains of the account. A domain that already has the wanted state stays unchanged.
  - No certificates can be ordered for an inactive domain. Existing certificates stay unchanged.
options:
  name:
    description:
      - The name of the domain. An account can have several domains of the same name, with different organizations. If
        this is the case, the domain is V(ineligible). Use O(domain_id) to select one of them.
      - Exactly one of O(name), O(names), O(domain_id) and O(domain_ids) is required.
    type: str
  names:
    description:
      - The names of the domains.
    type: list
    elements: str
  domain_id:
    description:
      - The ID of the domain.
    type: int
  domain_ids:
    description:
      - The IDs of the domains.
    type: list
    elements: int
  state:
    description:
      - V(active) activates the domains. V(inactive) deactivates them.
    type: str
    choices: [active, inactive]
    required: true
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._changes
  - certops.orders._verify
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
  - certops.orders._attributes.change_module
notes:
  - To read domains by name, the module sends one API request for every 1000 domains of the account. To read domains by
    ID, it sends one API request for each domain. Each change needs one more API request.
seealso:
  - module: certops.orders.digicert_domain_info
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: Deactivate a domain that is retired
  certops.orders.digicert_domain:
    name: shop.example.com
    state: inactive

- name: Activate one of several domains of the same name
  certops.orders.digicert_domain:
    domain_id: 4321
    state: active
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: domain shop.example.com was deactivated
domains:
  description:
    - The result for each domain, in the order of the arguments.
    - O(orders_detail) limits the results that are returned.
  returned: when the arguments are valid
  type: list
  elements: dict
  contains:
    domain_id:
      description: ID of the domain.
      type: int
      returned: when known, and when no other domain has the same name
      sample: 4321
    name:
      description: Name of the domain.
      type: str
      returned: when known
      sample: shop.example.com
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
        state:
          description:
            - V(active) or V(inactive).
            - V(both) if several domains have this name and their states differ.
            - V(unknown) if CertCentral does not return the state.
          type: str
          returned: when the state was read
          sample: active
    after:
      description:
        - The state after the change, with the same keys. In check mode, the state that the change would lead to.
        - Empty if the state is not known.
      type: dict
      returned: always
      sample:
        state: inactive
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
    before: "domain shop.example.com: state: active\n"
    after: "domain shop.example.com: state: inactive\n"
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
      sample: CertCentral refused to read domain 4321 (HTTP 403, access_denied|access_denied_invalid_key)
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
    domain_names,
    ids,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_CHANGE,
        "name": {"type": "str"},
        "names": {"type": "list", "elements": "str"},
        "domain_id": {"type": "int"},
        "domain_ids": {"type": "list", "elements": "int"},
        "state": {"type": "str", "choices": ["active", "inactive"], "required": True},
    },
    "mutually_exclusive": [("name", "names", "domain_id", "domain_ids")],
    "required_one_of": [("name", "names", "domain_id", "domain_ids")],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Set the state of the domains; returns the result of the task."""
    by_id, active = params["domain_id"] is not None or params["domain_ids"] is not None, params["state"] == "active"
    domains = ids(params, "domain_id", "domain_ids") if by_id else domain_names(params, "name", "names")
    with connect(params, context, writes=True) as certcentral:
        return operations.set_domains(certcentral, domains, by_id=by_id, active=active, options=params, context=context)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
