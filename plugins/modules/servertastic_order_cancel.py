#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: servertastic_order_cancel
short_description: Cancel Servertastic orders
version_added: 0.1.0
description:
  - Cancels SSL/TLS orders of the reseller Servertastic. A canceled order can never be re-instated.
  - An order that has not been issued is canceled at once.
  - For an order that was issued up to 30 days ago, Servertastic sends an e-mail to the admin contact of the order. The
    admin contact has to approve the cancellation. See O(issued).
  - An order that was issued more than 30 days ago can only be canceled by Servertastic, without a refund.
  - The module reads every order before it sends anything, and refuses orders that cannot be canceled.
  - If you need a new order for the same domain, place the new order before you cancel the old one. Otherwise
    Servertastic holds the new order for a manual review. See O(replacement_order_token).
  - Exactly one of O(order_token), O(order_tokens) and O(order_digests) is required. A token is not the
    C(reseller_order_id).
options:
  issued:
    description:
      - What to do with an order that was issued up to 30 days ago.
      - V(fail) refuses to cancel the order.
      - V(request) requests the cancellation. Servertastic sends an e-mail to the admin contact, who has to approve it.
        The outcome is V(pending_approval).
      - V(skip) leaves the order unchanged.
    type: str
    choices: [fail, request, skip]
    default: fail
  replacement_order_token:
    description:
      - The token of the order that replaces the canceled order. The module cancels the old order only if the new order
        is for the same domain and has been placed.
      - Requires O(order_token).
    type: str
  replacement:
    description:
      - V(none) confirms that no other order replaces the canceled order, because the domain is no longer needed.
      - V(required) refuses to cancel an order that has a domain, unless O(replacement_order_token) is set.
    type: str
    choices: [required, none]
    default: required
  request_log:
    description:
      - Path of a file in which the module records each request for a cancellation, with its time and the SHA-256 digest
        of the token. A scheduled job then does not send the same request, and the same e-mail, again. Several jobs can
        share the file. The module writes to the file before it sends a request, and again when Servertastic has
        acknowledged the request.
      - If a recorded request has no acknowledgment, it is not known whether the request was made, because its run was
        killed or received no response. A recorded request with a time in the future proves nothing. In both cases the
        outcome is V(unknown), and the task fails, until Servertastic shows the order as canceled, or O(request_again)
        is set.
      - The module creates the file with access for its owner only. An existing file must be a regular file that belongs
        to the user who runs the task, and no other user must be able to write to it.
    type: path
  requested_at:
    description:
      - The value of RV(requested_at) from an earlier run. Use this option if no file survives between the runs.
      - A time that is followed by the word C(unconfirmed), or that is in the future, is handled as described for
        O(request_log).
    type: dict
  request_again:
    description:
      - Whether to send a request or a cancellation again, although it was made or may have been made. Use V(true) if
        the e-mail was lost, for example.
      - This applies to every order of the task that is not canceled yet. Name only the orders for which you want to
        send it again.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until Servertastic shows the order as canceled, for at most O(wait_timeout) seconds.
      - An order that still waits for an approval after that time has the outcome V(pending_approval), and the task does
        not fail. An order that should be canceled and does not show it has the outcome V(unknown).
    type: bool
    default: false
  wait_timeout:
    description:
      - Maximum time in seconds to wait. The value must be between 1 and 2592000.
      - Servertastic needs about 5 minutes to show a cancellation. An approval can take much longer, because the admin
        contact gives it manually.
    type: int
    default: 600
  poll_interval:
    description:
      - Time in seconds between two polls. The value must be between 60 and 86400, because the data of Servertastic can
        be 5 minutes old. For a loopback address, values from 1 are allowed.
    type: int
    default: 60
extends_documentation_fragment:
  - certops.orders._servertastic
  - certops.orders._order_tokens
  - certops.orders._changes
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_servertastic
  - certops.orders._attributes.change_module
attributes:
  idempotent:
    details:
      - For issued orders, this requires O(request_log) or O(requested_at), because Servertastic does not return the
        requests that were made.
notes:
  - For each order, the module sends one API request to read it, one to cancel it, and one for each poll. One more is
    needed for O(replacement_order_token), for O(order_digests), and, if O(api_key) is set, for RV(orders[].refund).
  - The API call that cancels an order is a GET request. The module never sends it twice. If the response is lost, the
    module reads the order. If the cancellation does not show, the outcome is V(unknown), also in later runs that use
    the same O(request_log) or O(requested_at).
  - If another job has just started a request for the same order, the module waits up to 15 seconds for the result of
    that job.
  - Direct customers can only request a refund or restart an order on the order management page.
seealso:
  - module: certops.orders.servertastic_order_info
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The base URL comes from the environment variable SERVERTASTIC_API_URL, and the API key from SERVERTASTIC_API_KEY.

- name: Cancel an order that has not been issued, for a domain that is retired
  certops.orders.servertastic_order_cancel:
    order_token: "{{ vaulted_order_token }}"
    replacement: none

- name: Cancel the old order after the new order was placed
  certops.orders.servertastic_order_cancel:
    order_token: "{{ vaulted_order_token }}"
    replacement_order_token: "{{ vaulted_new_order_token }}"
    wait: true

- name: Cancel the orders of a plan, and request the cancellation of issued orders only once
  certops.orders.servertastic_order_cancel:
    order_digests: "{{ plan.servertastic }}"
    replacement: none
    issued: request
    request_log: /var/lib/certops/requests.jsonl
    ineligible: skip
  register: canceled

- name: Show the orders that wait for an approval
  ansible.builtin.debug:
    msg: "{{ item.domain_name }}: {{ item.reason }}"
  loop: "{{ canceled.orders | selectattr('outcome', 'eq', 'pending_approval') }}"
  loop_control:
    label: "{{ item.order_ref }}"
"""

RETURN = r"""
msg:
  description: What was done, in one sentence.
  returned: always
  type: str
  sample: order 1f0c9a7e was cancelled
orders:
  description: The orders, in the order in which they were asked for; see O(orders_detail).
  returned: when the arguments are valid
  type: list
  elements: dict
  contains:
    order_digest:
      description: The SHA-256 of its token, which names it without holding its secret.
      type: str
      returned: always
      sample: 1f0c9a7e52d5f1f0a3f4b6c7d8e9fa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f
    order_ref:
      description: The first 8 digits of that, for display only.
      type: str
      returned: always
      sample: 1f0c9a7e
    reseller_order_id:
      description: What Servertastic calls the order.
      type: str
      returned: when it was reviewed
      sample: STR_1001_1
    domain_name:
      description: Its domain, empty before it is configured.
      type: str
      returned: when it was reviewed
      sample: www.example.com
    product_code:
      description: Its product.
      type: str
      returned: when it was reviewed
      sample: RapidSSL-12
    outcome:
      description:
        - V(changed), V(unchanged) (it was so already), V(ineligible) (this change is not possible in its state),
          V(missing), V(failed), V(unknown) (a change was sent, by this run or an earlier one, and no read shows what
          came of it) or V(not_attempted) (the run was stopped before it).
          V(pending_approval) is an issued order whose admin contact has to approve, or has been asked before.
      type: str
      returned: always
      sample: changed
    before:
      description: What it said before; empty where it could not be read.
      type: dict
      returned: always
      contains:
        order_status:
          description: The status, as Servertastic documents it.
          type: str
          returned: when it was reviewed
          sample: Queued
        requested_at:
          description:
            - When the mail to the admin contact was asked for, as far as is remembered, where Servertastic acknowledged
              that; ISO 8601 in UTC.
          type: str
          returned: when it was reviewed
          sample: ""
    after:
      description: The same after the task, in check mode what it would be; empty where it is not known.
      type: dict
      returned: always
      sample:
        order_status: Cancelled
        requested_at: ""
    refund:
      description:
        - What has become of its points, by the points audit, V(credited), V(pending), V(none) (too late, for ever) or
          V(unknown), which is also what is said without O(api_key).
      type: str
      returned: always
      sample: credited
    admin_email:
      description: Who has to approve the cancellation of an issued order, empty where Servertastic does not say.
      type: str
      returned: when it was reviewed
      sample: admin@example.com
    window_closes:
      description: Until when an issued order can be cancelled, ISO 8601 in UTC, empty for others.
      type: str
      returned: when it was reviewed
      sample: ""
    management_host:
      description: Where its order management page is, without the path, which would hold the token.
      type: str
      returned: when it was reviewed
      sample: https://manage.example.com/
    reason:
      description: Why, where there is something to say; with the next step where the change is not possible.
      type: str
      returned: always
      sample: ""
    failure:
      description: As RV(failure), for this order.
      type: dict
      returned: when the order failed, or its state is unknown
requested_at:
  description:
    - The requests that wait for an approval, by C(order_digest), with their times. Behind the time of one that was
      never acknowledged stands the word C(unconfirmed). Hand it to O(requested_at) of the next run where no file
      survives in between.
  returned: when the arguments are valid
  type: dict
  sample: {}
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
    before: "order 1f0c9a7e (www.example.com): order_status: Queued, requested_at: \n"
    after: "order 1f0c9a7e (www.example.com): order_status: Cancelled, requested_at: \n"
failure:
  description: The first thing that failed, for a program to read.
  returned: when the task fails, except where Ansible finds an option wrong with O(execute_on=target)
  type: dict
  contains:
    http_status:
      description: The HTTP status that Servertastic answered with, none where there was no answer.
      type: int
      returned: always
      sample: 401
    code:
      description: Servertastic's error code, or a word of the collection's own; none where the answer has none.
      type: str
      returned: always
      sample: "401"
    message:
      description: What happened.
      type: str
      returned: always
      sample: Servertastic refused to review order 1f0c9a7e (HTTP 401)
    order_id:
      description: The C(order_ref) of the order, none where it concerns no single one.
      type: str
      returned: always
      sample: 1f0c9a7e
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
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._module import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._observers import observers
from ansible_collections.certops.orders.plugins.module_utils._options import (
    BULK,
    EXECUTE_ON,
    ORDER_TOKENS,
    SERVERTASTIC_OPTIONS,
    WATCHED,
    is_loopback,
    within,
)
from ansible_collections.certops.orders.plugins.module_utils._request_log import RequestLog
from ansible_collections.certops.orders.plugins.module_utils._results import Settings
from ansible_collections.certops.orders.plugins.module_utils._run import Run
from ansible_collections.certops.orders.plugins.module_utils._servertastic import connect, order_ref
from ansible_collections.certops.orders.plugins.module_utils._servertastic_policy import Wishes, decide
from ansible_collections.certops.orders.plugins.module_utils._servertastic_readers import (
    Reviews,
    asked_digests,
    claims_of,
)
from ansible_collections.certops.orders.plugins.module_utils._servertastic_tell import longest_waiting, told_cancelled
from ansible_collections.certops.orders.plugins.module_utils._servertastic_writes import Cancelling

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._http import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **SERVERTASTIC_OPTIONS,
        **EXECUTE_ON,
        **{name: option for name, option in BULK.items() if name != "verify"},
        **WATCHED,
        **ORDER_TOKENS,
        "issued": {"type": "str", "choices": ["fail", "request", "skip"], "default": "fail"},
        "replacement_order_token": {"type": "str", "no_log": True},
        "replacement": {"type": "str", "choices": ["required", "none"], "default": "required"},
        "request_log": {"type": "path"},
        "requested_at": {"type": "dict"},
        "request_again": {"type": "bool", "default": False},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 600},
        "poll_interval": {"type": "int", "default": 60},
    },
    "mutually_exclusive": [("order_token", "order_tokens", "order_digests")],
    "required_one_of": [("order_token", "order_tokens", "order_digests")],
    "required_by": {"replacement_order_token": ["order_token"]},
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Cancel the orders asked for; returns the result of the task."""
    requested = claims_of(params["requested_at"] or {})
    log = RequestLog(params["request_log"]) if params["request_log"] else None
    with connect(params, context, writes=True) as servertastic:
        poll = 1 if is_loopback(servertastic.transport.connection.base_url) else 60
        wait = within(params, "wait_timeout", 1, 2592000)
        replacement = params["replacement_order_token"]
        wishes = Wishes(
            params["issued"],
            servertastic.tokens.add(replacement) if replacement else "",
            params["replacement"] == "none",
            params["request_again"],
        )
        asked = asked_digests(params, servertastic)
        reader = Reviews(servertastic, log, requested, wishes.replacement, context.stop)
        settings = Settings.of(
            {**params, "verify": False},
            "cancelled",
            key="order_digest",
            label=order_ref,
            wait=wait if params["wait"] else 0,
            poll=within(params, "poll_interval", poll, 86400),
            confirm=params["wait"],
            one_key=False,
            besides=lambda result: told_cancelled(result, reader, servertastic, datetime.now(timezone.utc)),
            longer=longest_waiting({*asked, *requested}),
        )
        policy = partial(_decide_now, wishes=wishes)
        write = Cancelling(servertastic, log, reader)
        watching = observers(params, context, settings, len(set(asked)), reader.whose, None)
        return Run(reader, reader.read, policy, write, settings, context, watching).result(asked)


def _decide_now(subject: Any, wishes: Wishes) -> Any:
    return decide(subject, wishes, now=datetime.now(timezone.utc))


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
