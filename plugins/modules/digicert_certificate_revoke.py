#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_certificate_revoke
short_description: Revoke the certificates of DigiCert CertCentral orders
version_added: 0.1.0
description:
  - Revokes all certificates of an order, or single ones, and only what is not revoked already. This is for ever.
  - Most keys only file a request this way, which somebody has to approve. The outcome is then C(pending_approval), and
    nothing is revoked yet. Asked again while a request waits, no second one is filed.
  - Before an order is revoked, its reissues and duplicates are read, archived ones among them, and every certificate
    and name that ends with it is told, in check mode and in the diff as well. Where these are fewer than the order
    announces, it is not revoked, see O(accept_unknown_certificates).
options:
  certificate_id:
    description:
      - A single certificate.
      - Exactly one of O(order_id), O(order_ids), O(certificate_id), O(certificate_ids), O(serial_number) and
        O(serial_numbers) is required, except that O(order_id) may name the order of single certificates.
      - CertCentral finds the order of a certificate by its present one only, as far as is known. For a duplicate, or
        one that has been reissued since, give O(order_id) as well.
    type: int
  certificate_ids:
    description:
      - Single certificates.
    type: list
    elements: int
  serial_number:
    description:
      - A single certificate, by its serial number, hexadecimal; colons and case do not matter.
    type: str
  serial_numbers:
    description:
      - Single certificates, by their serial numbers.
    type: list
    elements: str
  reason:
    description:
      - Why, as it goes into the revocation list.
    type: str
    choices: [unspecified, key_compromise, affiliation_change, superseded, cessation_of_operation]
    default: unspecified
  comments:
    description:
      - A message for whoever approves it. It is sent only with a change, on one line, and never compared.
      - It is also the note with which a reissue is dropped, see O(cancel_reissue).
    type: str
    required: true
  skip_approval:
    description:
      - Revoke without an approval, which only the key of an approver can do. CertCentral then does not keep
        O(comments).
    type: bool
    default: false
  cancel_reissue:
    description:
      - Drop an unfinished reissue first, which blocks a revocation. An order in this state cannot be revoked otherwise.
    type: bool
    default: false
  accept_unknown_certificates:
    description:
      - Revoke an order although not everything that ends with it is known. By default it is V(ineligible) where
        CertCentral lists fewer certificates than the order announces by C(duplicates_count), C(reissues_count),
        C(has_duplicates) and C(has_reissues), or lists one without names that can be read.
      - For a compromised key, which has a deadline. Compare the certificates in the CertCentral console first.
    type: bool
    default: false
  confirm:
    description:
      - Has to be V(true), except in check mode, since a revocation is for ever.
    type: bool
    default: false
  wait:
    description:
      - Wait for the approval, for O(wait_timeout) at most. What is not approved by then stays C(pending_approval),
        which is no failure; what is rejected meanwhile is one.
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds to wait at most.
    type: int
    default: 3600
  poll_interval:
    description:
      - Seconds between two looks, 1 to 3600. Each costs a request for every order that waits.
    type: int
    default: 30
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._order_ids
  - certops.orders._changes
  - certops.orders._verify
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
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
      - Revoked is what says so, whoever did it. A request that waits is left to wait.
notes:
  - An order costs three requests to read, its own page, its reissues and its duplicates, and one to revoke it. One that
    is revoked already costs one, and one that waits for an approval two. Finding the order of a certificate costs one
    more.
  - Revoking a single certificate leaves the order active, unless the account is set otherwise.
  - A revocation, or the request for it, is sent once. Where the answer to it is lost, and it does not show within some
    seconds, the order is C(unknown); once it shows, another run leaves it alone.
seealso:
  - module: certops.orders.digicert_order_status
    description: For orders that have not been issued.
  - module: certops.orders.digicert_request
    description: To approve the request.
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The key is taken from DIGICERT_API_KEY in the environment where none is given.

- name: Show what would end with an order
  certops.orders.digicert_certificate_revoke:
    order_id: 123456789
    reason: cessation_of_operation
    comments: CHG0031337, the server was retired
  check_mode: true
  diff: true

- name: Ask for the revocation of an order, and wait up to an hour for the approval
  certops.orders.digicert_certificate_revoke:
    order_id: 123456789
    reason: cessation_of_operation
    comments: CHG0031337, the server was retired
    confirm: true
    wait: true
  register: revocation

- name: Say so where it still waits
  ansible.builtin.debug:
    msg: "{{ revocation.orders[0].reason }}"
  when: revocation.orders[0].outcome == 'pending_approval'

- name: Revoke at once a duplicate whose key was exposed, leaving the rest of the order
  certops.orders.digicert_certificate_revoke:
    order_id: 123456790
    serial_number: 0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9
    reason: key_compromise
    comments: Key found in a public repository
    skip_approval: true
    confirm: true
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: order 123456789 waits for an approval to be revoked
orders:
  description:
    - The result for each order, in the order of the arguments.
    - O(orders_detail) limits the results that are returned.
  returned: when the arguments are valid
  type: list
  elements: dict
  contains:
    order_id:
      description: ID of the order. For a single certificate, the ID of its order.
      type: int
      returned: when known
      sample: 123456789
    certificate_id:
      description: ID of the certificate.
      type: int
      returned: for single certificates, when known
      sample: 900000001
    serial_number:
      description: Serial number of the certificate, in hexadecimal.
      type: str
      returned: for single certificates, when known
      sample: 0A1B2C3D4E5F60718293A4B5C6D7E8F9
    outcome:
      description:
        - V(changed) if the certificates were revoked, or in check mode would be revoked.
        - V(unchanged) if they were already revoked.
        - V(pending_approval) if a revocation request exists, from this run or an earlier one, that an approver must
          decide on.
        - V(ineligible) if a revocation is not possible in the current state.
        - V(missing) if the service does not find the object.
        - V(failed) if an error occurred.
        - V(unknown) if a change was sent and no later read shows its effect.
        - V(not_attempted) if the run was stopped before.
      type: str
      returned: always
      sample: pending_approval
    before:
      description: The state before the change. Empty if it could not be read.
      type: dict
      returned: always
      contains:
        status:
          description: Status of the order, or of the single certificate.
          type: str
          returned: when the state was read
          sample: issued
        revocation_requested:
          description: Whether a revocation request is waiting for approval.
          type: bool
          returned: when the state was read
          sample: false
        certificates:
          description: All certificates that are revoked with the order, including reissues and duplicates.
          type: list
          elements: dict
          returned: when a revocation is necessary
          sample:
            - certificate_id: 900000001
              serial_number: 0A1B2C3D4E5F60718293A4B5C6D7E8F9
              status: issued
              domains: [www.example.com]
              valid_till: "2026-08-01"
        domains:
          description: All domain names of these certificates.
          type: list
          elements: str
          returned: when a revocation is necessary
          sample: [www.example.com]
        certificates_known:
          description:
            - Whether RV(orders[].before.certificates) has all certificates of the order, each with its domain names.
            - See O(accept_unknown_certificates).
          type: bool
          returned: when a revocation is necessary
          sample: true
        product_type:
          description: Product type of the order.
          type: str
          returned: when a revocation is necessary
          sample: ssl_certificate
        product_name_id:
          description: Product identifier of the order, as used in order requests.
          type: str
          returned: when a revocation is necessary
          sample: ssl_plus
    after:
      description:
        - The state after the change, with the same keys. In check mode, the state that the change would lead to.
        - Empty if the state is not known.
      type: dict
      returned: always
      sample:
        status: issued
        revocation_requested: true
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
    changed: 0
    unchanged: 1
    pending_approval: 1
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
    before: "order 123456789 (www.example.com): status: issued, domains: [www.example.com]\n"
    after: "order 123456789 (www.example.com): status: revoked, domains: [www.example.com]\n"
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
      sample: CertCentral refused to revoke order 123456789 (HTTP 403, access_denied|access_denied_invalid_key)
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
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import serial
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    BULK,
    CERTCENTRAL_OPTIONS,
    EXECUTE_ON,
    ORDER_IDS,
    WATCHED,
    OptionError,
    ids,
    text_of,
    within,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

REASONS = ("unspecified", "key_compromise", "affiliation_change", "superseded", "cessation_of_operation")
_SUBJECTS = ("order_ids", "certificate_id", "certificate_ids", "serial_number", "serial_numbers")
SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_OPTIONS,
        **EXECUTE_ON,
        **BULK,
        **WATCHED,
        **ORDER_IDS,
        "certificate_id": {"type": "int"},
        "certificate_ids": {"type": "list", "elements": "int"},
        "serial_number": {"type": "str"},
        "serial_numbers": {"type": "list", "elements": "str"},
        "reason": {"type": "str", "choices": list(REASONS), "default": "unspecified"},
        "comments": {"type": "str", "required": True},
        "skip_approval": {"type": "bool", "default": False},
        "cancel_reissue": {"type": "bool", "default": False},
        "accept_unknown_certificates": {"type": "bool", "default": False},
        "confirm": {"type": "bool", "default": False},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 3600},
        "poll_interval": {"type": "int", "default": 30},
    },
    "mutually_exclusive": [_SUBJECTS, ("order_id", "order_ids")],
    "required_one_of": [("order_id", *_SUBJECTS)],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Revoke what is asked for; returns the result of the task."""
    key, asked = _asked(params)
    comments = text_of(params, "comments", required=True) or ""
    if not (params["confirm"] or context.check_mode):
        raise OptionError("a revocation is for ever: set confirm: true to show that it is meant")
    wait, poll = within(params, "wait_timeout", 1, 604800), within(params, "poll_interval", 1, 3600)
    choices = {name: params[name] for name in ("order_id", "reason", "skip_approval", "cancel_reissue")}
    with connect(params, context, writes=True) as certcentral:
        return operations.revoke(
            certcentral,
            asked,
            key=key,
            **choices,
            comments=comments,
            accept_unknown=params["accept_unknown_certificates"],
            wait=wait if params["wait"] else 0,
            poll=poll,
            options=params,
            context=context,
        )


def _asked(params: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """What the orders or certificates are named by, and which ones. Raises OptionError."""
    if params["order_id"] is not None:
        ids(params, "order_id", "order_ids")
    for one, several in (("certificate_id", "certificate_ids"), ("serial_number", "serial_numbers")):
        if params[one] is None and params[several] is None:
            continue
        if one == "certificate_id":
            return one, ids(params, one, several)
        serials = [serial(text) for text in (params[several] if params[several] is not None else [params[one]])]
        if not all(serials):
            raise OptionError("a serial number has to be hexadecimal digits, with or without colons")
        return one, serials
    return "order_id", ids(params, "order_id", "order_ids")


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
