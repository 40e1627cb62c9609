#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_account_check
short_description: Compare a DigiCert CertCentral account with the service behavior that this collection expects
version_added: 0.9.0
description:
  - The documentation of CertCentral leaves some facts open. This module reads a sample of the account, and compares the
    form of the responses with the behavior that this collection was tested with.
  - Each fact is V(as_expected), V(different) in a way that the collection was tested with, a V(contradiction), or
    V(untested). A fact is V(untested) if the account has no order that shows it, or if a read failed.
  - The result contains no names, no IDs and no API keys, so that you can attach it to an issue.
  - A contradicted fact does not make this module fail, see RV(contradictions). The playbook
    C(certops.orders.check_account) prints and writes the result, and fails if a fact is contradicted.
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
  - certops.orders._attributes.info_module
notes:
  - The module sends at most 40 API requests, including retries. An API key with the role View Only is sufficient.
  - The module does not check facts about changes, such as the response to a refused change, because it only reads.
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: Check the account
  certops.orders.digicert_account_check:
  register: check

- name: Show the simulator settings that make the simulator behave like this account
  ansible.builtin.debug:
    var: check.switches
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: "36 facts: 0 contradicted, 1 different and handled, 31 as expected, 4 not tested"
facts:
  description: All facts that are checked, always in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    fact:
      description: Short name of the fact.
      type: str
      returned: always
      sample: plan_flag
    description:
      description: What the fact is about.
      type: str
      returned: always
      sample: flag of annual plans
    section:
      description: Section of C(docs/development/reference/certcentral.md) in the project that describes the fact.
      type: str
      returned: always
      sample: "8"
    expected:
      description: The behavior that the collection expects.
      type: str
      returned: always
      sample: absent
    seen:
      description: The behavior that was observed. Empty if RV(facts[].result) is V(untested).
      type: str
      returned: always
      sample: shown
    result:
      description:
        - V(as_expected) if the expected behavior was observed.
        - V(different) if another behavior was observed that the collection supports.
        - V(contradiction) if a behavior was observed that the collection does not support.
        - V(untested) if the account did not allow a check.
      type: str
      returned: always
      sample: different
    switch:
      description:
        - The setting of the simulator that reproduces the observed behavior.
        - Empty if it is the default of the simulator, or if there is no such setting.
      type: str
      returned: always
      sample: certcentral.plan_flag=shown
    avoid:
      description:
        - The features of the collection that must not be used with this account.
        - Empty unless RV(facts[].result) is V(contradiction).
      type: str
      returned: always
      sample: ""
switches:
  description:
    - The settings that make the simulator behave like this account, as values of its option C(--set).
    - Settings that are the default of the simulator are left out.
  returned: success
  type: list
  elements: str
  sample: [certcentral.plan_flag=shown]
lines:
  description: A table of the facts for display, with the features that must not be used.
  returned: success
  type: list
  elements: str
  sample: ["  plan_flag  absent  shown  certcentral.plan_flag=shown"]
contradictions:
  description: Names of the facts whose RV(facts[].result) is V(contradiction).
  returned: success
  type: list
  elements: str
  sample: []
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
      sample: CertCentral refused to read the user of the API key (HTTP 403, access_denied|access_denied_invalid_key)
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

from ansible_collections.certops.orders.plugins.module_utils._certcentral.account_check import (
    CONTRADICTION,
    judged,
    lines,
    summary,
    with_result,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.account_probe import Probe
from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import connect
from ansible_collections.certops.orders.plugins.module_utils._common.options import CERTCENTRAL_OPTIONS, EXECUTE_ON
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._runtime.info_runner import info_result

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
    from ansible_collections.certops.orders.plugins.module_utils._http.transport import Transport

SPEC: dict[str, Any] = {
    "argument_spec": {**CERTCENTRAL_OPTIONS, **EXECUTE_ON},
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Check an account; returns the result of the task."""
    with connect(params, context, writes=False) as certcentral:
        return info_result(context, certcentral.transport, lambda _work: _checked(certcentral.transport))


def _checked(transport: Transport) -> dict[str, Any]:
    facts = judged(Probe(transport).observed())
    return {
        "msg": summary(facts),
        "facts": facts,
        "lines": lines(facts),
        "switches": [fact["switch"] for fact in facts if fact["switch"]],
        "contradictions": [fact["fact"] for fact in with_result(facts, CONTRADICTION)],
    }


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
