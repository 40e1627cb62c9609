#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_domain
short_description: Activate or deactivate DigiCert CertCentral domains
version_added: 0.1.0
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
  description: What was done, in one sentence.
  returned: always
  type: str
  sample: domain shop.example.com was deactivated
domains:
  description: The domains, in the order in which they were asked for; see O(orders_detail).
  returned: when the arguments are valid
  type: list
  elements: dict
  contains:
    domain_id:
      description: The domain.
      type: int
      returned: where it is known, and only one has its name
      sample: 4321
    name:
      description: The name.
      type: str
      returned: where it is known
      sample: shop.example.com
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
        state:
          description: V(active), V(inactive), V(both) where domains of one name differ, V(unknown) if it is not said.
          type: str
          returned: when it was read
          sample: active
    after:
      description: The same after the task, in check mode what it would be; empty where it is not known.
      type: dict
      returned: always
      sample:
        state: inactive
    reason:
      description: Why, where there is something to say; with the next step where the change is not possible.
      type: str
      returned: always
      sample: ""
    failure:
      description: As RV(failure), for this domain.
      type: dict
      returned: when the domain failed, or its state is unknown
summary:
  description:
    - How many domains there were, C(total), and how many of each outcome. What was given twice counts once.
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
    before: "domain shop.example.com: state: active\\n"
    after: "domain shop.example.com: state: inactive\\n"
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
      sample: CertCentral refused to read domain 4321 (HTTP 403, access_denied|access_denied_invalid_key)
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
from ansible_collections.certops.orders.plugins.module_utils._certcentral_policy import decide_domain
from ansible_collections.certops.orders.plugins.module_utils._certcentral_readers import DomainsById, DomainsByName
from ansible_collections.certops.orders.plugins.module_utils._certcentral_writes import Activating
from ansible_collections.certops.orders.plugins.module_utils._module import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._observers import observers
from ansible_collections.certops.orders.plugins.module_utils._options import (
    BULK,
    CERTCENTRAL_OPTIONS,
    EXECUTE_ON,
    WATCHED,
    domain_names,
    ids,
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
DONE = {"active": "activated", "inactive": "deactivated"}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Set the state of the domains asked for; returns the result of the task."""
    active = params["state"] == "active"
    by_id = params["domain_id"] is not None or params["domain_ids"] is not None
    asked = ids(params, "domain_id", "domain_ids") if by_id else domain_names(params, "name", "names")
    key = "domain_id" if by_id else "name"
    settings = Settings.of(params, DONE[params["state"]], noun="domain", key=key, listed="domains")
    with connect(params, context, writes=True) as certcentral:
        reader = DomainsById(certcentral) if by_id else DomainsByName(certcentral)
        policy, write = partial(decide_domain, active=active), Activating(certcentral, active)
        watching = observers(params, context, settings, len(set(asked)), certcentral.account_id, None)
        return Run(reader, reader.read, policy, write, settings, context, watching).result(asked)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
