#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_order_info
short_description: Gather information about DigiCert CertCentral orders
version_added: 0.1.0
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
  description: What was found, in one sentence.
  returned: always
  type: str
  sample: 2 orders found
orders:
  description: The orders.
  returned: success
  type: list
  elements: dict
  contains:
    order_id:
      description: The order.
      type: int
      returned: always
      sample: 123456789
    status:
      description: The status, as CertCentral spells it.
      type: str
      returned: always
      sample: issued
    is_renewed:
      description: Whether it counts as renewed, however CertCentral shows that; none where it does not say.
      type: bool
      returned: always
      sample: false
    is_migrated:
      description: Whether it was migrated from a legacy console.
      type: bool
      returned: with O(include_origin) or O(origin)
      sample: true
    common_name:
      description: The common name of its certificate.
      type: str
      returned: always
      sample: www.example.com
    domains:
      description: Every name that it covers, the common name among them where that is a domain, in lower case, sorted.
      type: list
      elements: str
      returned: always
      sample: [example.com, www.example.com]
    domains_known:
      description:
        - Whether RV(orders[].domains) has every name. V(false) where CertCentral does not list the names, or fewer than
          it counts; with O(details) they are taken from the order's own page.
      type: bool
      returned: always
      sample: true
    certificate_id:
      description: Its present certificate, none before it is issued.
      type: int
      returned: always
      sample: 900000001
    serial_number:
      description: That one's serial number, hexadecimal, empty before it is issued.
      type: str
      returned: always
      sample: 0A1B2C3D4E5F60718293A4B5C6D7E8F9
    date_created:
      description: When it was ordered, ISO 8601 in UTC.
      type: str
      returned: always
      sample: "2026-01-15T08:30:00Z"
    valid_from:
      description: The first day of its certificate, empty where there is none.
      type: str
      returned: always
      sample: "2026-01-15"
    valid_till:
      description: The last day of its certificate, empty where there is none.
      type: str
      returned: always
      sample: "2026-08-01"
    days_remaining:
      description: The days from today, in UTC, to that day; negative once it has expired, none where there is none.
      type: int
      returned: always
      sample: 42
    order_valid_till:
      description:
        - The last day of the order, empty where CertCentral does not say. The certificates of annual plans expire
          earlier, and until this day the order can be reissued.
      type: str
      returned: always
      sample: ""
    is_multi_year_plan:
      description:
        - Whether CertCentral calls it a multi-year plan. Whether it does so with annual plans is not known; compare
          C(order_valid_till) with C(valid_till) instead.
      type: bool
      returned: always
      sample: false
    product_name_id:
      description: The product, as it is called when it is ordered.
      type: str
      returned: always
      sample: ssl_plus
    product_name:
      description: The product, as people call it.
      type: str
      returned: always
      sample: Standard SSL
    product_type:
      description: The kind of product.
      type: str
      returned: always
      sample: ssl_certificate
    organization_id:
      description: The organization, none where CertCentral does not say, as in the list for a DV certificate.
      type: int
      returned: always
      sample: 111111
    organization_name:
      description: Its name.
      type: str
      returned: always
      sample: Example Corp
    container_id:
      description: The container (division) that the order is in.
      type: int
      returned: always
      sample: 1
    container_name:
      description: Its name.
      type: str
      returned: always
      sample: Example Corp
    has_duplicates:
      description: Whether it has duplicates, none where CertCentral does not say.
      type: bool
      returned: always
      sample: false
    has_reissues:
      description: Whether it has been reissued, none where CertCentral does not say.
      type: bool
      returned: always
      sample: false
    disable_renewal_notifications:
      description: Whether its renewal e-mails are off, none where CertCentral does not say.
      type: bool
      returned: always
      sample: false
    certificate_status:
      description: The status of its certificate, empty before it is issued.
      type: str
      returned: when its own page was read
      sample: issued
    thumbprint:
      description: The thumbprint of its certificate, hexadecimal.
      type: str
      returned: when its own page was read
      sample: 0A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D
    csr:
      description: The certificate signing request.
      type: str
      returned: when its own page was read
      sample: "-----BEGIN CERTIFICATE REQUEST----- ..."
    renewed_order_id:
      description: The newer order that has truly renewed it, 0 where there is none.
      type: int
      returned: when its own page was read
      sample: 0
    renewal_of_order_id:
      description: The older order that it renews, 0 where there is none.
      type: int
      returned: when its own page was read
      sample: 0
    auto_renew:
      description: Whether CertCentral renews it by itself.
      type: bool
      returned: when its own page was read
      sample: false
    auto_reissue:
      description: Whether CertCentral reissues the certificates of a multi-year plan by itself.
      type: bool
      returned: when its own page was read
      sample: false
    custom_renewal_message:
      description: What its renewal e-mails say in addition.
      type: str
      returned: when its own page was read
      sample: ""
    requests:
      description: Its requests, see M(certops.orders.digicert_request).
      type: list
      elements: dict
      returned: when its own page was read
      sample:
        - request_id: 1234567890
          type: new_request
          status: approved
          date: "2026-01-15T08:30:00Z"
    pending_requests:
      description: Those of them that wait for somebody's decision.
      type: list
      elements: dict
      returned: when its own page was read
      sample: []
    notes:
      description: Its notes, none where its page does not show them.
      type: list
      elements: str
      returned: when its own page was read
      sample: [CHG0031337]
missing:
  description:
    - The ids of O(order_id) or O(order_ids) of which there is no order, or not for this key.
    - Without those options, the orders of the list whose own page was read, for O(details) or because the row does not
      hold what decides, and which CertCentral does not find; they are not in RV(orders).
  returned: success
  type: list
  elements: int
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
      sample: CertCentral refused to list orders (HTTP 403, access_denied|access_denied_invalid_key)
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
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._certcentral import connect
from ansible_collections.certops.orders.plugins.module_utils._certcentral_find import FILTERS, Finder, criteria, found
from ansible_collections.certops.orders.plugins.module_utils._info import told_info
from ansible_collections.certops.orders.plugins.module_utils._module import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._options import (
    CERTCENTRAL_OPTIONS,
    EXECUTE_ON,
    MOST_WORKERS,
    ORDER_FILTERS,
    ORDER_IDS,
    OptionError,
    ids,
    within,
)

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._http import Context

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
    """Find the orders asked for; returns the result of the task."""
    now = datetime.now(timezone.utc)
    wanted, workers = criteria(params, now), within(params, "workers", 1, MOST_WORKERS)
    by_id = params["order_id"] is not None or params["order_ids"] is not None
    if by_id and any(params[name] is not None for name in FILTERS):
        raise OptionError("order_id and order_ids cannot be used together with filters")
    asked = ids(params, "order_id", "order_ids") if by_id else []
    with connect(params, context, writes=False) as certcentral:

        def gather(work: Any) -> dict[str, Any]:
            options = {name: params[name] for name in ("details", "include_origin")}
            finder = Finder(certcentral, work, context.stop, **options)
            orders, missing = finder.by_ids(asked) if by_id else (finder.matching(wanted), finder.missing)
            return found(orders, now.date(), missing, certcentral.warnings, is_list=not by_id)

        return told_info(context, certcentral.transport, gather, workers)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
