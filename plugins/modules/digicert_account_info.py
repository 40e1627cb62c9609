#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_account_info
short_description: Gather information about a DigiCert CertCentral account and API key
version_added: 0.9.0
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
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: the API key acts as user automation (Orders) of account 100001
user:
  description: The user that the API key belongs to.
  returned: success, and when O(require_write) fails
  type: dict
  contains:
    user_id:
      description: ID of the user.
      type: int
      returned: always
      sample: 7
    username:
      description: Login name of the user.
      type: str
      returned: always
      sample: automation
    status:
      description: Status of the user.
      type: str
      returned: always
      sample: active
    roles:
      description: Access roles of the user.
      type: list
      elements: str
      returned: always
      sample: [Orders]
    container_ids:
      description: IDs of the containers (divisions) that the key is restricted to. V(none) if it is not restricted.
      type: list
      elements: int
      returned: always
      sample: [5]
may_write:
  description: Whether the key is allowed to make changes. V(none) if this is not known.
  returned: success, and when O(require_write) fails
  type: bool
  sample: true
account:
  description:
    - The account that the API key belongs to.
    - If the key is not allowed to read the account, only its ID is known.
  returned: success, and when O(require_write) fails
  type: dict
  contains:
    account_id:
      description: ID of the account.
      type: int
      returned: always
      sample: 100001
    organization_id:
      description: ID of the primary organization of the account.
      type: int
      returned: always
      sample: 111111
    organization_name:
      description: Name of the primary organization.
      type: str
      returned: always
      sample: Example Corp
    root_container_id:
      description: ID of the root container of the account.
      type: int
      returned: always
      sample: 1
    type:
      description: Type of the account.
      type: str
      returned: always
      sample: retail
limits:
  description: The rate limits that the module applies, see O(rate_limit). An empty list if there are none.
  returned: success, and when O(require_write) fails
  type: list
  elements: dict
  contains:
    requests:
      description: Maximum number of requests in each period.
      type: int
      returned: always
      sample: 100
    seconds:
      description: Length of the period in seconds.
      type: float
      returned: always
      sample: 5.0
api_url:
  description: Base URL of the CertCentral API.
  returned: success, and when O(require_write) fails
  type: str
  sample: https://www.digicert.com/services/v2
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

from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import connect
from ansible_collections.certops.orders.plugins.module_utils._certcentral.policy import may_write, why_read_only
from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError
from ansible_collections.certops.orders.plugins.module_utils._common.options import CERTCENTRAL_OPTIONS, EXECUTE_ON
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._runtime.info_runner import info_result

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import CertCentral
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_OPTIONS,
        **EXECUTE_ON,
        "require_write": {"type": "bool", "default": False},
    },
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Read the user and the account of the API key; returns the result of the task."""
    with connect(params, context, writes=False) as certcentral:
        return info_result(
            context, certcentral.transport, lambda _work: _account_result(certcentral, params["require_write"])
        )


def _account_result(certcentral: CertCentral, require_write: bool) -> dict[str, Any]:
    user = certcentral.me()
    account = certcentral.readable_account()
    connection = certcentral.transport.connection
    allowed = may_write(user, connection.read_only)
    roles = ", ".join(user.roles) or "role unknown"
    result: dict[str, Any] = {
        "msg": f"the API key acts as user {user.username} ({roles}) of account {user.account_id}",
        "user": user.shown(),
        "may_write": allowed,
        "account": {**account, "account_id": user.account_id or account.get("account_id")},
        "limits": [{"requests": most, "seconds": seconds} for most, seconds in connection.windows],
        "api_url": connection.base_url,
    }
    if require_write and allowed is False:
        result["msg"] += f"; the API key cannot make changes, because {why_read_only(user, connection.read_only)}"
        failure = ApiError(result["msg"], code="read_only").failure()
        result.update(failed=True, failure=failure)
    return result


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
