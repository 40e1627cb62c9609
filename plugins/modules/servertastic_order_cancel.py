#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: servertastic_order_cancel
short_description: Cancel Servertastic orders, in each state as it can be
version_added: 0.1.0
description:
  - Cancels SSL/TLS orders of the reseller Servertastic, by their tokens. What that takes depends on the state of each.
  - An order that has not been issued is cancelled at once. For one that was issued up to 30 days ago, its admin contact
    gets a mail, and has to approve. One that was issued before can only be cancelled by Servertastic, without a refund.
  - Every order is reviewed first, and what cannot be cancelled is refused before anything is sent. A cancelled order
    can never be re-instated.
  - A new order for the same domain has to be placed before the old one is cancelled, or it is held for a manual review;
    see O(replacement_order_token).
options:
  order_token:
    description:
      - The token of the order, which is a secret. It is not the C(reseller_order_id).
      - Exactly one of O(order_token), O(order_tokens) and O(order_digests) is required.
    type: str
  order_tokens:
    description:
      - The tokens of the orders. One that is given twice is handled once and reported twice.
    type: list
    elements: str
  order_digests:
    description:
      - The orders by the SHA-256 of their tokens, hexadecimal and in full, as RV(orders[].order_digest) returns it. A
        plan can hold these, and no secret. Needs O(api_key), with which the tokens are found.
    type: list
    elements: str
  issued:
    description:
      - What to do with an order that was issued up to 30 days ago.
      - V(fail) refuses, with the explanation.
      - V(request) sends the request, whose mail the admin contact has to approve. The outcome is V(pending_approval).
      - V(skip) leaves it as it is.
    type: str
    choices: [fail, request, skip]
    default: fail
  replacement_order_token:
    description:
      - The token of the order that replaces it. The old one is cancelled only if this one is for the same domain, and
        is placed. With O(order_token) only.
    type: str
  replacement:
    description:
      - V(none) says that no order replaces it, since the domain is not needed any more. Without this, or
        O(replacement_order_token), an order that has a domain is refused.
    type: str
    choices: [required, none]
    default: required
  request_log:
    description:
      - A file that remembers what was requested, and when, by the SHA-256 of tokens, so that a job which runs every
        night does not send a mail every night. Jobs may share it. It is written before a request is sent, and again
        once Servertastic has acknowledged it.
      - A request in it that was never acknowledged, since its run was killed or got no answer, may have been made or
        not, and one that is dated in the future proves nothing. Such an order is V(unknown), and the task fails, until
        a review shows the order cancelled, or O(request_again) is set.
      - It is created for its owner alone, and must be a plain file of the user that runs the task which nobody else can
        write to.
    type: path
  requested_at:
    description:
      - What a former run returned as RV(requested_at), where no file survives between the runs. Times with the word
        C(unconfirmed) behind them, and times in the future, are treated as O(request_log) describes.
    type: dict
  request_again:
    description:
      - Send a request, or a cancellation, although one was made or may have been made, since the mail was lost, for
        one. It is sent for every order of the task that is not cancelled yet, so name only those that are meant.
    type: bool
    default: false
  wait:
    description:
      - Wait until a review shows that it is cancelled, for O(wait_timeout) at most. What still waits for an approval
        then stays V(pending_approval), which is no failure; what should be cancelled and does not show it is
        V(unknown).
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds to wait at most. Servertastic takes some 5 minutes to show a cancellation; an approval takes as long as
        people take.
    type: int
    default: 600
  poll_interval:
    description:
      - Seconds between two looks. Servertastic's own data is 5 minutes old, so at least 60, except for a loopback
        address.
    type: int
    default: 60
extends_documentation_fragment:
  - certops.orders._servertastic
  - certops.orders._changes
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_servertastic
attributes:
  check_mode:
    support: full
    details:
      - Makes the same reads and the same decisions, and sends no change.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - For issued orders by O(request_log) or O(requested_at), since Servertastic does not tell what was requested.
notes:
  - An order costs one request to review, one to cancel, and one to review each time that it is waited for. A
    replacement costs one more, O(order_digests) one, and RV(orders[].refund) one for the account where there is
    O(api_key).
  - The call that cancels is a GET. It is never sent twice; after a lost reply the order is reviewed, and what does not
    show is V(unknown), also in later runs that use the same O(request_log) or O(requested_at).
  - Where another job has just started a request for the same order, its answer is waited for, up to 15 seconds.
  - Refunds of direct customers, and restarting an order, are only possible on the order management page.
seealso:
  - module: certops.orders.servertastic_order_info
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The address is taken from SERVERTASTIC_API_URL in the environment, the key from SERVERTASTIC_API_KEY.

- name: Cancel an order that has not been issued, as the name goes away
  certops.orders.servertastic_order_cancel:
    order_token: "{{ vaulted_order_token }}"
    replacement: none

- name: Cancel the old order once the new one is placed
  certops.orders.servertastic_order_cancel:
    order_token: "{{ vaulted_order_token }}"
    replacement_order_token: "{{ vaulted_new_order_token }}"
    wait: true

- name: Cancel what a plan names, asking the admin contacts of what was issued, once
  certops.orders.servertastic_order_cancel:
    order_digests: "{{ plan.servertastic }}"
    replacement: none
    issued: request
    request_log: /var/lib/certops/requests.jsonl
    ineligible: skip
  register: cancelled

- name: Say who has to approve what
  ansible.builtin.debug:
    msg: "{{ item.domain_name }}: {{ item.reason }}"
  loop: "{{ cancelled.orders | selectattr('outcome', 'eq', 'pending_approval') }}"
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
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    BULK,
    EXECUTE_ON,
    ORDER_TOKENS,
    SERVERTASTIC_OPTIONS,
    WATCHED,
    within,
)
from ansible_collections.certops.orders.plugins.module_utils._http.connection import is_loopback
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._servertastic import operations
from ansible_collections.certops.orders.plugins.module_utils._servertastic.client import connect
from ansible_collections.certops.orders.plugins.module_utils._servertastic.policy import Wishes
from ansible_collections.certops.orders.plugins.module_utils._servertastic.readers import (
    asked_digests,
    claims_of,
)
from ansible_collections.certops.orders.plugins.module_utils._servertastic.request_log import RequestLog

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

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
        wait = within(params, "wait_timeout", 1, 2592000)
        shortest = 1 if is_loopback(servertastic.transport.connection.base_url) else 60
        replacement = params["replacement_order_token"]
        wishes = Wishes(
            params["issued"],
            servertastic.tokens.add(replacement) if replacement else "",
            params["replacement"] == "none",
            params["request_again"],
        )
        return operations.cancel(
            servertastic,
            asked_digests(params, servertastic),
            wishes=wishes,
            log=log,
            requested=requested,
            wait=wait if params["wait"] else 0,
            poll=within(params, "poll_interval", shortest, 86400),
            confirm=params["wait"],
            options=params,
            context=context,
        )


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
