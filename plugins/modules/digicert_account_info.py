#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_account_info
short_description: Gather information about a DigiCert CertCentral account and API key
version_added: 0.1.0
description:
  - Returns the user that the API key acts as, the roles of that user, the account, and the rate limits in use.
  - Use this module with O(require_write=true) before tasks that change something. A read-only API key then fails before
    anything is changed.
options:
  require_write:
    description:
      - Whether to fail if the API key is known to be unable to change anything. This is the case if its only role is
        View Only, or if E(DIGICERT_READ_ONLY) is set.
    type: bool
    default: false
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
  - certops.orders._attributes.info_module
notes:
  - The module sends two API requests.
  - It is not known whether CertCentral returns the role of the API key or the role of its user. CertCentral can refuse
    a change although O(require_write=true) succeeds. The task that makes the change then fails.
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: Make sure that the API key can change something
  certops.orders.digicert_account_info:
    require_write: true
  register: preflight

- name: Show the user and the account
  ansible.builtin.debug:
    msg: "{{ preflight.user.username }} of account {{ preflight.account.account_id }}"
"""

RETURN = r"""
msg:
  description: Whose key it is, in one sentence.
  returned: always
  type: str
  sample: the key acts as automation (Orders) of account 100001
user:
  description: Whom the key acts as.
  returned: success, and where O(require_write) fails
  type: dict
  contains:
    user_id:
      description: The user.
      type: int
      returned: always
      sample: 7
    username:
      description: The user's name.
      type: str
      returned: always
      sample: automation
    status:
      description: The user's status.
      type: str
      returned: always
      sample: active
    roles:
      description: The access roles.
      type: list
      elements: str
      returned: always
      sample: [Orders]
    container_ids:
      description: The containers (divisions) that the key is restricted to, none where it is not.
      type: list
      elements: int
      returned: always
      sample: [5]
may_write:
  description: Whether the key may change something, none where that is not known.
  returned: success, and where O(require_write) fails
  type: bool
  sample: true
account:
  description: The account; more than its id only where the key may read it.
  returned: success, and where O(require_write) fails
  type: dict
  contains:
    account_id:
      description: The account.
      type: int
      returned: always
      sample: 100001
    organization_id:
      description: Its primary organization.
      type: int
      returned: always
      sample: 111111
    organization_name:
      description: The name of that.
      type: str
      returned: always
      sample: Example Corp
    root_container_id:
      description: Its topmost container.
      type: int
      returned: always
      sample: 1
    type:
      description: The kind of account.
      type: str
      returned: always
      sample: retail
limits:
  description: The rate limits that are kept, see O(rate_limit); an empty list for none.
  returned: success, and where O(require_write) fails
  type: list
  elements: dict
  contains:
    requests:
      description: So many requests are sent at most
      type: int
      returned: always
      sample: 100
    seconds:
      description: in any stretch of so many seconds.
      type: float
      returned: always
      sample: 5.0
api_url:
  description: Where CertCentral was asked.
  returned: success, and where O(require_write) fails
  type: str
  sample: https://www.digicert.com/services/v2
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
from ansible_collections.certops.orders.plugins.module_utils._certcentral_policy import may_write
from ansible_collections.certops.orders.plugins.module_utils._errors import ApiError, Denied
from ansible_collections.certops.orders.plugins.module_utils._info import told_info
from ansible_collections.certops.orders.plugins.module_utils._module import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._options import CERTCENTRAL_OPTIONS, EXECUTE_ON

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._certcentral import CertCentral
    from ansible_collections.certops.orders.plugins.module_utils._http import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_OPTIONS,
        **EXECUTE_ON,
        "require_write": {"type": "bool", "default": False},
    },
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Find out whose key it is; returns the result of the task."""
    with connect(params, context, writes=False) as certcentral:
        return told_info(context, certcentral.transport, lambda _work: _told(certcentral, params["require_write"]))


def _told(certcentral: CertCentral, require_write: bool) -> dict[str, Any]:
    user = certcentral.me()
    try:
        account = certcentral.account().shown()
    except Denied:
        # A restricted key; the account's id is known from the user.
        account = {}
    connection = certcentral.transport.connection
    allowed = may_write(user, connection.read_only)
    roles = ", ".join(user.roles) or "no role told"
    result: dict[str, Any] = {
        "msg": f"the key acts as {user.username} ({roles}) of account {user.account_id}",
        "user": user.shown(),
        "may_write": allowed,
        "account": {**account, "account_id": user.account_id or account.get("account_id")},
        "limits": [{"requests": most, "seconds": seconds} for most, seconds in connection.windows],
        "api_url": connection.base_url,
    }
    if require_write and allowed is False:
        why = f"{connection.read_only} is set" if connection.read_only else f"its role is {roles}"
        result["msg"] += f"; it may not change anything, as {why}"
        failure = ApiError(result["msg"], code="read_only").failure()
        result.update(failed=True, failure=failure)
    return result


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
