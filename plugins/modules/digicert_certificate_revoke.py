#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_certificate_revoke
short_description: Revoke certificates of DigiCert CertCentral orders
version_added: 0.9.0
description:
  - Revokes all certificates of an order, or single certificates. A revocation is irreversible.
  - With most API keys, CertCentral does not revoke at once. It creates a revocation request, which an approver has to
    approve. The outcome is then V(pending_approval), and nothing is revoked yet. If a revocation request is already
    pending, the module does not create another one.
  - Certificates that are already revoked stay unchanged.
  - Before the module revokes an order, it reads the reissues and duplicates of the order, including archived ones. The
    result and the diff list every certificate and every name that the revocation affects, also in check mode. If
    CertCentral lists fewer certificates than the order announces, the module does not revoke the order, see
    O(accept_unknown_certificates).
options:
  certificate_id:
    description:
      - The ID of a single certificate.
      - Exactly one of O(order_id), O(order_ids), O(certificate_id), O(certificate_ids), O(serial_number) and
        O(serial_numbers) is required. As an exception, O(order_id) can be combined with single certificates to name
        their order.
      - As far as is known, CertCentral finds the order of a certificate only by the current certificate of that order.
        For a duplicate, or for a certificate that was reissued in the meantime, set O(order_id) as well.
    type: int
  certificate_ids:
    description:
      - The IDs of single certificates.
    type: list
    elements: int
  serial_number:
    description:
      - The serial number of a single certificate, in hexadecimal digits. Colons and case do not matter.
    type: str
  serial_numbers:
    description:
      - The serial numbers of single certificates.
    type: list
    elements: str
  reason:
    description:
      - The revocation reason, as it appears in the certificate revocation list (CRL).
    type: str
    choices: [unspecified, key_compromise, affiliation_change, superseded, cessation_of_operation]
    default: unspecified
  comments:
    description:
      - A message for the approver. The module sends it on one line, only together with a change. It does not compare
        the message with earlier messages.
      - The module also uses it as the note when it cancels a reissue, see O(cancel_reissue).
    type: str
    required: true
  skip_approval:
    description:
      - Whether to revoke without an approval. Only the API key of an approver can do this. CertCentral then does not
        store O(comments).
    type: bool
    default: false
  cancel_reissue:
    description:
      - Whether to cancel a pending reissue before the revocation. A pending reissue blocks the revocation of the order.
      - If V(false), an order with the status V(reissue_pending) is V(ineligible).
    type: bool
    default: false
  accept_unknown_certificates:
    description:
      - Whether to revoke an order although not all certificates that the revocation affects are known.
      - If V(false), an order is V(ineligible) if CertCentral lists fewer certificates than the order announces by
        C(duplicates_count), C(reissues_count), C(has_duplicates) and C(has_reissues), or if it lists a certificate
        without readable names.
      - V(true) is meant for a compromised key, for which there is a deadline. First compare the certificates in the
        CertCentral console.
    type: bool
    default: false
  confirm:
    description:
      - Confirms the revocation, which is irreversible. V(true) is required, except in check mode.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait for the approval, for at most O(wait_timeout) seconds.
      - An order whose request is still pending after that time has the outcome V(pending_approval), and the task does
        not fail. If a request is rejected in the meantime, the task fails.
    type: bool
    default: false
  wait_timeout:
    description:
      - Maximum time in seconds to wait for the approval. The value must be between 1 and 604800.
    type: int
    default: 3600
  poll_interval:
    description:
      - Time in seconds between two polls. The value must be between 1 and 3600.
      - Each poll sends one API request for every order that waits.
    type: int
    default: 30
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._order_ids
  - certops.orders._changes
  - certops.orders._verify
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
  - certops.orders._attributes.change_module
attributes:
  idempotent:
    details:
      - A certificate that is already revoked stays unchanged, regardless of who revoked it. A pending revocation
        request also stays unchanged.
notes:
  - For each order, the module sends three API requests to read the order, its reissues and its duplicates, and one to
    revoke it. An order that is already revoked needs one API request, and an order with a pending revocation request
    needs two. One more is needed to find the order of a certificate.
  - If you revoke a single certificate, its order stays active, unless CertCentral is set up otherwise.
  - The module sends a revocation or a revocation request only once. If the response is lost, and the effect does not
    show within some seconds, the outcome is V(unknown). As soon as the effect shows, another run makes no change.
seealso:
  - module: certops.orders.digicert_order_status
    description: Cancel orders that have not been issued.
  - module: certops.orders.digicert_request
    description: Approve the revocation request.
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: Show what the revocation of an order would affect
  certops.orders.digicert_certificate_revoke:
    order_id: 123456789
    reason: cessation_of_operation
    comments: CHG0031337, the server was retired
  check_mode: true
  diff: true

- name: Request the revocation of an order, and wait for the approval for up to an hour
  certops.orders.digicert_certificate_revoke:
    order_id: 123456789
    reason: cessation_of_operation
    comments: CHG0031337, the server was retired
    confirm: true
    wait: true
  register: revocation

- name: Show the reason if the approval is still pending
  ansible.builtin.debug:
    msg: "{{ revocation.orders[0].reason }}"
  when: revocation.orders[0].outcome == 'pending_approval'

- name: Revoke a duplicate with an exposed key at once, and keep the rest of the order
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
    revocation_request_id:
      description: ID of the revocation request, from this run or an earlier one. V(none) if there is none.
      type: int
      returned: when the order was read
      sample: 1234567892
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
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    CERTCENTRAL_CHANGE,
    ORDER_IDS,
    OptionError,
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
        **CERTCENTRAL_CHANGE,
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
    """Revoke the orders or certificates; returns the result of the task."""
    key, requested = operations.revocable(params)
    comments = text_of(params, "comments", required=True) or ""
    if not (params["confirm"] or context.check_mode):
        raise OptionError("a revocation is irreversible: set confirm: true to confirm the revocation")
    wait, poll = within(params, "wait_timeout", 1, 604800), within(params, "poll_interval", 1, 3600)
    choices = {name: params[name] for name in ("order_id", "reason", "skip_approval", "cancel_reissue")}
    with connect(params, context, writes=True) as certcentral:
        return operations.revoke(
            certcentral,
            requested,
            key=key,
            **choices,
            comments=comments,
            accept_unknown=params["accept_unknown_certificates"],
            wait=wait if params["wait"] else 0,
            poll=poll,
            options=params,
            context=context,
        )


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
