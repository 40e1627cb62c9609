#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_order_info
short_description: Gather information about DigiCert CertCentral orders
version_added: 0.9.0
description:
  - Returns CertCentral orders in one normalized form. Select the orders by ID, or by filters.
  - The filters of CertCentral are not exact. The module uses them only to narrow the list where they cannot lose an
    order, and then checks every order exactly.
  - An order that moves within the list while the module reads its pages is neither lost nor returned twice.
  - The oldest orders come first. With O(order_ids), the orders come in the sequence of that list.
options:
  details:
    description:
      - Whether to read every returned order in full, with its requests, notes, CSR and renewal settings. This needs one
        API request for each order.
    type: bool
    default: false
  include_origin:
    description:
      - Whether to find out which orders were migrated from a legacy console. RV(orders[].is_migrated) returns the
        answer.
      - This needs the list of all migrated orders, or one API request for every 100 IDs, and one API request to make
        sure that CertCentral applies the filter.
    type: bool
    default: false
  workers:
    description:
      - Maximum number of API requests to send in parallel.
      - The value must be between 1 and 32.
    type: int
    default: 8
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._order_ids
  - certops.orders._order_filters
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
  - certops.orders._attributes.info_module
notes:
  - O(order_id) and O(order_ids) cannot be combined with filters.
  - The module sends one API request for every 1000 orders of a list. If CertCentral narrows the list (see the filters),
    consecutive pages overlap by one order, so that an order which leaves the list in the meantime hides no other order.
  - The module sends one more API request for each order that is read in full, because of O(details), or because its row
    in the list lacks a fact that a filter needs.
  - The module cannot check O(search) and O(origin) itself. It sends one more API request to make sure that CertCentral
    applies the filter. If CertCentral does not apply the filter, the task fails.
seealso:
  - module: certops.orders.digicert_order_status
  - module: certops.orders.digicert_certificate_revoke
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: Read an order in full
  certops.orders.digicert_order_info:
    order_id: 123456789
    details: true
  register: order

- name: Show the pending requests of the order
  ansible.builtin.debug:
    var: order.orders[0].pending_requests

- name: List the orders that cover a domain or its subdomains
  certops.orders.digicert_order_info:
    domain: shop.example.com
    include_subdomains: true
    status: [issued, pending, needs_approval, reissue_pending]
  register: covering

- name: List the orders that expire within 30 days and have not been renewed
  certops.orders.digicert_order_info:
    status: [issued]
    expires_within_days: 30
    is_renewed: false
  register: due

- name: List the orders of two departments for a part of the names, and who placed them
  certops.orders.digicert_order_info:
    status: [issued]
    name_pattern: ["*.shop.example.com", "shop-*"]
    containers: [Retail, "1234"]
    created_after: "2026-01-01"
    expires_after: "2026-06-01"
    details: true
  register: shops

- name: List stale pending orders
  certops.orders.digicert_order_info:
    status: [pending, waiting_pickup]
    created_before: "2026-06-01"
    product_type: ssl_certificate
  register: stale

- name: Cancel the stale orders
  certops.orders.digicert_order_status:
    order_ids: "{{ stale.orders | map(attribute='order_id') }}"
    status: canceled
    note: Left over from a failed automation
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: 2 orders found
orders:
  description: The orders that were found.
  returned: success
  type: list
  elements: dict
  contains:
    order_id:
      description: ID of the order.
      type: int
      returned: always
      sample: 123456789
    status:
      description: Status of the order, as returned by CertCentral.
      type: str
      returned: always
      sample: issued
    is_renewed:
      description:
        - Whether the order is renewed or marked as renewed.
        - V(none) if CertCentral does not return it.
      type: bool
      returned: always
      sample: false
    is_migrated:
      description: Whether the order was migrated from a legacy console.
      type: bool
      returned: with O(include_origin) or O(origin)
      sample: true
    common_name:
      description: Common name of the current certificate.
      type: str
      returned: always
      sample: www.example.com
    domains:
      description:
        - All domain names of the order, in lower case and sorted.
        - They include the common name if it is a domain name.
      type: list
      elements: str
      returned: always
      sample: [example.com, www.example.com]
    domains_known:
      description:
        - Whether RV(orders[].domains) is complete.
        - V(false) if CertCentral does not list the names, or lists fewer names than it counts. With O(details) the
          names are taken from the order's own page.
      type: bool
      returned: always
      sample: true
    certificate_id:
      description: ID of the current certificate. V(none) before the order is issued.
      type: int
      returned: always
      sample: 900000001
    serial_number:
      description: Serial number of the current certificate, in hexadecimal. Empty before the order is issued.
      type: str
      returned: always
      sample: 0A1B2C3D4E5F60718293A4B5C6D7E8F9
    date_created:
      description: Time at which the order was placed, in ISO 8601 format and UTC.
      type: str
      returned: always
      sample: "2026-01-15T08:30:00Z"
    valid_from:
      description: First day of the validity of the current certificate. Empty if there is no certificate.
      type: str
      returned: always
      sample: "2026-01-15"
    valid_till:
      description: Last day of the validity of the current certificate. Empty if there is no certificate.
      type: str
      returned: always
      sample: "2026-08-01"
    days_remaining:
      description:
        - Number of days from today, in UTC, to RV(orders[].valid_till). Negative after the certificate has expired.
        - V(none) if there is no certificate.
      type: int
      returned: always
      sample: 42
    order_valid_till:
      description:
        - Last day of the validity of the order. Empty if CertCentral does not return it.
        - With an annual plan, certificates expire earlier, and the order can be reissued until this day.
      type: str
      returned: always
      sample: ""
    is_multi_year_plan:
      description:
        - Whether CertCentral marks the order as a multi-year plan.
        - It is not known whether this includes annual plans. Compare RV(orders[].order_valid_till) with
          RV(orders[].valid_till) instead.
      type: bool
      returned: always
      sample: false
    product_name_id:
      description: Product identifier, as used in order requests.
      type: str
      returned: always
      sample: ssl_plus
    product_name:
      description: Display name of the product.
      type: str
      returned: always
      sample: Standard SSL
    product_type:
      description: Product type.
      type: str
      returned: always
      sample: ssl_certificate
    organization_id:
      description:
        - ID of the organization.
        - V(none) if CertCentral does not return it, for example in the list for DV certificates.
      type: int
      returned: always
      sample: 111111
    organization_name:
      description: Name of the organization.
      type: str
      returned: always
      sample: Example Corp
    container_id:
      description: ID of the container (division) that the order is in.
      type: int
      returned: always
      sample: 1
    container_name:
      description: Name of the container.
      type: str
      returned: always
      sample: Example Corp
    has_duplicates:
      description: Whether the order has duplicates. V(none) if CertCentral does not return it.
      type: bool
      returned: always
      sample: false
    has_reissues:
      description: Whether the order was reissued. V(none) if CertCentral does not return it.
      type: bool
      returned: always
      sample: false
    disable_renewal_notifications:
      description:
        - Whether renewal emails are disabled for the order.
        - V(none) if CertCentral does not return it.
      type: bool
      returned: always
      sample: false
    certificate_status:
      description: Status of the current certificate. Empty before the order is issued.
      type: str
      returned: when the order's own page was read
      sample: issued
    thumbprint:
      description: Thumbprint of the current certificate, in hexadecimal.
      type: str
      returned: when the order's own page was read
      sample: 0A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D
    csr:
      description: The certificate signing request in PEM format.
      type: str
      returned: when the order's own page was read
      sample: "-----BEGIN CERTIFICATE REQUEST----- ..."
    renewed_order_id:
      description: ID of the newer order that renews this order. V(0) if there is none.
      type: int
      returned: when the order's own page was read
      sample: 0
    renewal_of_order_id:
      description: ID of the older order that this order renews. V(0) if there is none.
      type: int
      returned: when the order's own page was read
      sample: 0
    auto_renew:
      description: Whether CertCentral renews the order automatically.
      type: bool
      returned: when the order's own page was read
      sample: false
    auto_reissue:
      description: Whether CertCentral reissues the certificates of a multi-year plan automatically.
      type: bool
      returned: when the order's own page was read
      sample: false
    custom_renewal_message:
      description: Additional text of the renewal emails.
      type: str
      returned: when the order's own page was read
      sample: ""
    requests:
      description: Requests of the order, see M(certops.orders.digicert_request).
      type: list
      elements: dict
      returned: when the order's own page was read
      sample:
        - request_id: 1234567890
          type: new_request
          status: approved
          date: "2026-01-15T08:30:00Z"
    pending_requests:
      description: The RV(orders[].requests) that are waiting for a decision.
      type: list
      elements: dict
      returned: when the order's own page was read
      sample: []
    requester:
      description: Name of the user who has placed the order. Empty if CertCentral does not return it.
      type: str
      returned: when the order's own page was read
      sample: Ada Example
    requester_email:
      description: E-mail address of this user.
      type: str
      returned: when the order's own page was read
      sample: ada@example.com
    requester_id:
      description: ID of this user. V(none) if CertCentral does not return it.
      type: int
      returned: when the order's own page was read
      sample: 7
    notes:
      description: Notes of the order. V(none) if the order's own page does not contain them.
      type: list
      elements: str
      returned: when the order's own page was read
      sample: [CHG0031337]
missing:
  description:
    - The values of O(order_id) or O(order_ids) for which no order exists, or none that the key is allowed to read.
    - Without these options, the IDs of listed orders that CertCentral did not find when their own page was read,
      because of O(details) or because the list lacks a required fact. These orders are not in RV(orders).
  returned: success
  type: list
  elements: int
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
      sample: CertCentral refused to list orders (HTTP 403, access_denied|access_denied_invalid_key)
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
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import connect
from ansible_collections.certops.orders.plugins.module_utils._certcentral.filters import FILTERS, criteria
from ansible_collections.certops.orders.plugins.module_utils._certcentral.search import Finder, found
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    CERTCENTRAL_OPTIONS,
    EXECUTE_ON,
    MOST_WORKERS,
    ORDER_FILTERS,
    ORDER_IDS,
    OptionError,
    ids,
    within,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._runtime.info_runner import info_result
from ansible_collections.certops.orders.plugins.module_utils._runtime.observers import ReadProgress

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_OPTIONS,
        **EXECUTE_ON,
        **ORDER_IDS,
        **ORDER_FILTERS,
        "details": {"type": "bool", "default": False},
        "include_origin": {"type": "bool", "default": False},
        "workers": {"type": "int", "default": 8},
    },
    "mutually_exclusive": [("order_id", "order_ids"), ("expires_before", "expires_within_days")],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Find the orders; returns the result of the task."""
    now = datetime.now(timezone.utc)
    filters, workers = criteria(params, now), within(params, "workers", 1, MOST_WORKERS)
    by_id = params["order_id"] is not None or params["order_ids"] is not None
    if by_id and any(params[name] is not None for name in FILTERS):
        used = next(name for name in FILTERS if params[name] is not None)
        raise OptionError(f"order_id and order_ids cannot be combined with filters such as {used}")
    order_ids = ids(params, "order_id", "order_ids") if by_id else []
    with connect(params, context, writes=False) as certcentral:

        def gather(work: Any) -> dict[str, Any]:
            options: dict[str, Any] = {name: params[name] for name in ("details", "include_origin")}
            options["progress"] = ReadProgress(context.notify)
            finder = Finder(certcentral, work, context.stop, **options)
            orders, missing = finder.by_ids(order_ids) if by_id else (finder.matching(filters), finder.missing)
            return found(orders, now.date(), missing, certcentral.warnings, is_list=not by_id)

        return info_result(context, certcentral.transport, gather, workers)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
