#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_account_check
short_description: Check what a DigiCert CertCentral account shows of facts that no documentation settles
version_added: 0.1.0
description:
  - Reads a sample of an account and compares the form of the answers with what this collection was tested with.
  - Each fact is as expected, different in a way that the collection is tested with, contradicted, or not tested, where
    the account has no order that shows it, or a read failed.
  - The result contains no names, no ids and no keys, so that it can be attached to an issue.
  - The playbook C(certops.orders.check_account) prints and writes the result, and fails where a fact is
    contradicted. This module does not fail for that reason, see RV(contradictions).
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
attributes:
  check_mode:
    support: full
    details:
      - Only reads, so that check mode makes no difference.
  diff_mode:
    support: N/A
    details:
      - Changes nothing.
  idempotent:
    support: N/A
    details:
      - Changes nothing.
notes:
  - Sends 40 requests at most, retries included. A key whose role is View Only is enough.
  - Facts about changes, such as the answer to a refused change, cannot be read and are not checked.
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The key is taken from DIGICERT_API_KEY in the environment where none is given.

- name: Check what the account shows
  certops.orders.digicert_account_check:
  register: check

- name: Show the simulator's settings that behave like this account
  ansible.builtin.debug:
    var: check.switches
"""

RETURN = r"""
msg:
  description: How many facts came out how, and what not to use.
  returned: always
  type: str
  sample: "36 facts: 0 contradicted, 1 different and handled, 31 as expected, 4 not tested"
facts:
  description: Every fact, always in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    fact:
      description: A short name of the fact.
      type: str
      returned: always
      sample: plan_flag
    description:
      description: What it is about.
      type: str
      returned: always
      sample: annual plans are flagged
    section:
      description: The section about it in C(docs/development/reference/certcentral.md) of the project.
      type: str
      returned: always
      sample: "8"
    expected:
      description: What the collection expects.
      type: str
      returned: always
      sample: absent
    seen:
      description: What was seen, empty where it is not tested.
      type: str
      returned: always
      sample: shown
    result:
      description: Whether this is V(as_expected), V(different), V(contradiction) or V(untested).
      type: str
      returned: always
      sample: different
    switch:
      description: The setting of the simulator that behaves like this, empty where the default does or none is known.
      type: str
      returned: always
      sample: certcentral.plan_flag=shown
    avoid:
      description: What not to use, empty where the fact is not contradicted.
      type: str
      returned: always
      sample: ""
switches:
  description:
    - The settings that make the simulator behave like this account, for its option C(--set).
    - What the simulator does by default is left out.
  returned: success
  type: list
  elements: str
  sample: [certcentral.plan_flag=shown]
lines:
  description: The facts as a table for people, and what not to use.
  returned: success
  type: list
  elements: str
  sample: ["plan_flag  expected: absent  seen: shown  different  certcentral.plan_flag=shown"]
contradictions:
  description: The facts that are contradicted, by name.
  returned: success
  type: list
  elements: str
  sample: []
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
      sample: CertCentral refused to read the key's user (HTTP 403, access_denied|access_denied_invalid_key)
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
from ansible_collections.certops.orders.plugins.module_utils._certcentral_account_check import (
    CONTRADICTION,
    judged,
    lines,
    summary,
    with_result,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral_account_probe import Probe
from ansible_collections.certops.orders.plugins.module_utils._info import told_info
from ansible_collections.certops.orders.plugins.module_utils._module import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._options import CERTCENTRAL_OPTIONS, EXECUTE_ON

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._http import Context, Transport

SPEC: dict[str, Any] = {
    "argument_spec": {**CERTCENTRAL_OPTIONS, **EXECUTE_ON},
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Check an account; returns the result of the task."""
    with connect(params, context, writes=False) as certcentral:
        return told_info(context, certcentral.transport, lambda _work: _checked(certcentral.transport))


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
