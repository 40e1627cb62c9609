#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_request_info
short_description: Gather information about DigiCert CertCentral requests
version_added: 0.9.0
description:
  - Returns the requests of the account, for example the requests that wait for an approval.
options:
  request_id:
    description:
      - Only return the request with this ID.
      - Mutually exclusive with O(order_id).
    type: int
  order_id:
    description:
      - Only return the requests of this order. This needs one API request, regardless of the size of the account.
    type: int
  status:
    description:
      - Only return requests with this status.
    type: str
    choices: [submitted, pending, approved, rejected]
  type:
    description:
      - Only return requests of these types, for example V(new_request), V(reissue), V(duplicate), V(revoke) or
        V(renewal).
    type: list
    elements: str
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
  - certops.orders._attributes.info_module
seealso:
  - module: certops.orders.digicert_request
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: List the pending requests
  certops.orders.digicert_request_info:
    status: pending
  register: pending

- name: List the pending revocation requests
  certops.orders.digicert_request_info:
    status: pending
    type: [revoke]
  register: revocations
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: 1 request found
requests:
  description:
    - The requests, in the order of CertCentral.
    - Empty if the request O(request_id) or the order O(order_id) does not exist.
  returned: success
  type: list
  elements: dict
  contains:
    request_id:
      description: ID of the request.
      type: int
      returned: always
      sample: 1234567890
    type:
      description: Type of the request.
      type: str
      returned: always
      sample: new_request
    status:
      description: Status of the request. V(pending) and V(submitted) requests are waiting for a decision.
      type: str
      returned: always
      sample: pending
    date:
      description: Time at which the request was made, in ISO 8601 format and UTC.
      type: str
      returned: always
      sample: "2026-01-15T08:30:00Z"
    order_id:
      description: ID of the order that the request belongs to. V(none) if CertCentral does not return it.
      type: int
      returned: always
      sample: 123456789
    requester:
      description: Name of the user who made the request.
      type: str
      returned: always
      sample: Ada Example
    comments:
      description: Comments on the request.
      type: str
      returned: always
      sample: ""
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
      sample: CertCentral refused to list requests (HTTP 403, access_denied|access_denied_invalid_key)
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
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import request_type
from ansible_collections.certops.orders.plugins.module_utils._common.errors import NotFound
from ansible_collections.certops.orders.plugins.module_utils._common.options import CERTCENTRAL_OPTIONS, EXECUTE_ON, ids
from ansible_collections.certops.orders.plugins.module_utils._common.text import plural
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._runtime.info_runner import (
    info_result,
    until_stopped,
    warned,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import CertCentral
    from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import Request
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_OPTIONS,
        **EXECUTE_ON,
        "request_id": {"type": "int"},
        "order_id": {"type": "int"},
        "status": {"type": "str", "choices": ["submitted", "pending", "approved", "rejected"]},
        "type": {"type": "list", "elements": "str"},
    },
    "mutually_exclusive": [("request_id", "order_id")],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """List the requests; returns the result of the task."""
    for name in ("request_id", "order_id"):
        if params[name] is not None:
            ids(params, name, "")
    with connect(params, context, writes=False) as certcentral:

        def gather(_work: Any) -> dict[str, Any]:
            requests = until_stopped(_fetched(certcentral, params), context.stop)
            selected = [request.shown() for request in requests if _is_selected(request, params)]
            return warned(
                {"msg": f"{plural(len(selected), 'request')} found", "requests": selected}, certcentral.warnings
            )

        return info_result(context, certcentral.transport, gather)


def _fetched(certcentral: CertCentral, params: Mapping[str, Any]) -> Iterable[Request]:
    try:
        if params["request_id"] is not None:
            return [certcentral.request(params["request_id"])]
        if params["order_id"] is not None:
            return certcentral.order(params["order_id"]).requests
    except NotFound:
        return []
    return certcentral.requests(params["status"])


def _is_selected(request: Request, params: Mapping[str, Any]) -> bool:
    # The filter of the service may return other requests as well.
    types = [request_type(one) for one in params["type"] or ()]
    return params["status"] in (None, request.status) and (not types or request.type in types)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
