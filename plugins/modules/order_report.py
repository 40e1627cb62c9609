#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: order_report
short_description: Write a report on certificate orders as HTML, JSON and CSV
version_added: 0.9.0
description:
  - Writes one HTML page that loads nothing and runs no script, a JSON file and a CSV file. The files have what was
    planned, done, refused and left for manual review, with the reasons, and an overview of the account.
  - Without O(data), O(orders) and O(orders_from), the module reads the account and all of its orders from CertCentral,
    and writes a report on them.
  - The files are accessible to their owner only, except that of O(metrics_path). The module writes a file only if its
    content differs, completely or not at all, and never through a symbolic link.
  - Mail addresses, and names on certificates that are for people, are hidden unless O(contacts=true).
options:
  dir:
    description:
      - Path of the directory for the files, on the controller. If the directory does not exist, the module creates it
        with access for its owner only.
    type: path
    required: true
  basename:
    description:
      - Name of the files without the extension. Letters, digits, dots, hyphens and underscores are accepted.
    type: str
    default: orders-report
  formats:
    description:
      - The files to write.
      - V(html) lists up to 10,000 irreversible changes, 10,000 other changes, 2,000 orders for manual review and 200
        unchanged orders. Of the orders of the account, it shows numbers, and the 100 orders that are due next without a
        successor, or with O(filters) up to 2,000 of the selected orders. It links to the other files.
      - V(json) has all entries and orders, as plain ASCII, with one line for each entry and order. An order leaves out
        what a reader can restore, so that the file stays small for a large account.
      - V(csv) has the entries, or the orders if there are no entries. A cell that a spreadsheet would read as a formula
        gets an apostrophe in front.
      - With O(filters), the columns of the CSV file are C(order_id), C(common_name), C(status), C(serial_number),
        C(expires), C(days_remaining), C(organization), C(container), C(product), C(requester), C(auto_renew) and
        C(successor).
      - C(successor) is the ID of the order that has renewed the order, C(none), C(marked renewed) if CertCentral counts
        the order as renewed and the other order was not found, or C(unknown) if the list lacks a fact that decides,
        such as the organization of DV certificates.
      - C(requester) and C(auto_renew) are C(unknown) without O(details), because the list of CertCentral does not have
        them.
    type: list
    elements: str
    choices: [html, json, csv]
    default: [html, json, csv]
  title:
    description:
      - Title of a report on the account. O(data) has its own title.
    type: str
    default: ""
  ticket:
    description:
      - The change record of a report on the account. O(data) has its own.
    type: str
    default: ""
  job:
    description:
      - The ID of the AWX job of a report on the account. O(data) has its own.
    type: str
    default: ""
  generated_at:
    description:
      - Time of a report on the account, in ISO 8601 format. The current time, if this option is not set. Expiry dates
        are counted from this time. O(data) has its own time.
      - The time is in the report. Without this option, a report on the account has different content in each run.
    type: str
    default: ""
  contacts:
    description:
      - Whether the report has contact data, notes, comments and CSRs.
    type: bool
    default: false
  orders:
    description:
      - The orders of the account, in the form in which M(certops.orders.digicert_order_info) returns them. They replace
        the orders in O(data). Without O(data), the report is on these orders.
    type: list
    elements: dict
  orders_from:
    description:
      - Name of the variable in which a task has registered the result of M(certops.orders.digicert_order_info). Use it
        instead of O(orders) for many orders, which Ansible takes minutes to pass on.
    type: str
    default: ""
  details:
    description:
      - Whether to read every reported order in full, for its requester and renewal settings, and its successor in
        CertCentral. This needs one API request for each order that meets the O(filters), or for each order of the
        account without them.
    type: bool
    default: false
  data:
    description:
      - The report itself, see O(certops.orders.order_report#role:main:order_report_data). The module then
        reads nothing.
    type: dict
  metrics_path:
    description:
      - Path of a file with metrics in the text format of Prometheus, on the controller. The textfile collector of a
        Prometheus exporter reads files whose names end in C(.prom). Without this option, no metrics are written.
      - The metrics are the time of the report, the orders by status, the orders that are due within 7, 30, 60 and 90
        days without a successor, the age of the oldest pending order, and the outcomes of the last run of each kind of
        plan. Runs are those whose JSON reports are in O(dir).
      - The metrics are of the whole account, also with O(filters). With O(data), O(orders) or O(orders_from), they are
        of the given orders.
      - The file has only counts, so it is accessible to all users, with mode 0644. It is replaced completely or not at
        all. The directory must exist.
    type: path
  print:
    description:
      - Whether to print the summary, the paths of the files, and the progress of a long read. The summary and the paths
        are then in the log also if the results of tasks are not shown. The result has both.
      - Set this option to V(false) if the output of Ansible must stay in the format of its callback plugin, for example
        JSON.
    type: bool
    default: true
    version_added: 0.9.0
  execute_on:
    description:
      - The module writes its files on the controller. With V(target), a task that would read the account is refused.
        Read the orders with M(certops.orders.digicert_order_info) and V(target) instead, and set O(orders_from).
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._report_filters
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying files.
    support: full
    details:
      - Check mode makes the same reads and returns the same values. It writes no file.
  delegation:
    support: none
    details:
      - Delegation to a host other than localhost is refused.
  diff_mode:
    support: full
    details:
      - The JSON and CSV files are compared, the HTML page is not.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: partial
    details:
      - Only with O(data) or O(generated_at), because the time is part of the report.
notes:
  - Without O(data), O(orders) and O(orders_from), the module sends two API requests, and one for every 1000 orders.
  - A report on the account lists the orders in use that are due within 90 days and have no successor, also without
    O(filters). A report on given orders lists those that do not count as renewed.
seealso:
  - module: certops.orders.digicert_order_info
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: Write a report on the account
  certops.orders.order_report:
    dir: /var/lib/certops/reports
    title: Certificate orders of the week
  register: report

- name: Write a report, and metrics for the textfile collector of a Prometheus exporter
  certops.orders.order_report:
    dir: /var/lib/certops/reports
    metrics_path: /var/lib/node_exporter/certops.prom

- name: Mail the report
  community.general.mail:
    to: certificates@example.com
    subject: "{{ report.headline }}"
    body: The report is attached.
    attach: "{{ report.files.values() | list }}"
  delegate_to: localhost

- name: Write a page and a CSV file of the orders that expire within 60 days and have no successor
  certops.orders.order_report:
    dir: /var/lib/certops/reports
    basename: due
    formats: [html, csv]
    filters:
      expires_within_days: 60
      without_successor: true
      containers: [Retail, "1234"]
    details: true
    contacts: true

- name: List orders by other means, here with their origin
  certops.orders.digicert_order_info:
    status: [issued]
    expires_within_days: 30
    include_origin: true
  register: due

- name: Write a page of these orders only
  certops.orders.order_report:
    dir: /var/lib/certops/reports
    basename: due-with-origin
    formats: [html]
    orders_from: due
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: 120 orders in the account, 7 due within 30 days
headline:
  description: The report in one sentence, without a full stop.
  returned: success
  type: str
  sample: 120 orders in the account, 7 due within 30 days
files:
  description: The paths of the files, by their format. In check mode, the paths of the files that would be written.
  returned: success
  type: dict
  sample:
    html: /var/lib/certops/reports/orders-report.html
    json: /var/lib/certops/reports/orders-report.json
    csv: /var/lib/certops/reports/orders-report.csv
metrics_path:
  description: The absolute path of the file with the metrics.
  returned: when O(metrics_path) is set, on success
  type: str
  sample: /var/lib/node_exporter/certops.prom
diff:
  description: The changes to the JSON and CSV files, as text before and after.
  returned: in diff mode, on success
  type: list
  elements: dict
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
      sample: null
    code:
      description:
        - Error code of CertCentral, or one of this collection if CertCentral was not the cause, for example
          V(report_file) or V(report_data).
        - V(none) if the response has no error code.
      type: str
      returned: always
      sample: report_data
    message:
      description: The error message.
      type: str
      returned: always
      sample: "the report cannot be made: entries must be a list"
    order_id:
      description: Always V(none).
      type: int
      returned: always
      sample: null
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

from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    CERTCENTRAL_OPTIONS,
    EXECUTE_ON,
    ORDER_FILTERS,
)
from ansible_collections.certops.orders.plugins.module_utils._files.secure import UnsafeFile, file_problem
from ansible_collections.certops.orders.plugins.module_utils._flows import report
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_OPTIONS,
        **EXECUTE_ON,
        "dir": {"type": "path", "required": True},
        "basename": {"type": "str", "default": "orders-report"},
        "formats": {
            "type": "list",
            "elements": "str",
            "choices": list(report.FORMATS),
            "default": list(report.FORMATS),
        },
        "title": {"type": "str", "default": ""},
        "ticket": {"type": "str", "default": ""},
        "job": {"type": "str", "default": ""},
        "generated_at": {"type": "str", "default": ""},
        "contacts": {"type": "bool", "default": False},
        "orders": {"type": "list", "elements": "dict"},
        "orders_from": {"type": "str", "default": ""},
        "filters": {
            "type": "dict",
            "options": {**ORDER_FILTERS, "without_successor": {"type": "bool", "default": False}},
        },
        "details": {"type": "bool", "default": False},
        "data": {"type": "dict"},
        "metrics_path": {"type": "path"},
        "print": {"type": "bool", "default": True},
    },
    "mutually_exclusive": [("orders", "orders_from")],
    "supports_check_mode": True,
}
# The files are written where the variables are, see _controller_action.py.
CONTROLLER_ONLY = True


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Make the report, and write it; returns the result of the task."""
    try:
        return report.account_report(params, context, datetime.now(timezone.utc))
    except (OSError, UnsafeFile) as error:
        return ApiError(f"the report cannot be written: {file_problem(error)}", code=report.CODE).result()


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
