# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes a report of what modules say of an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.module_utils._reports.data import (
    ReportError,
    of_account,
    registered_orders,
)

DOCUMENTATION = r"""
name: order_report_of_account
short_description: A report on an account at a glance
version_added: 0.1.0
author:
  - The certops.orders authors (@certops)
description:
  - Puts together what modules say of an account and its orders, as a report that shows them at a glance.
positional: _input, orders
options:
  _input:
    description: The result of M(certops.orders.digicert_account_info).
    type: dict
    required: true
  orders:
    description:
      - The orders, as M(certops.orders.digicert_order_info) returns them, or with O(orders_from) its result.
    type: raw
    required: true
  generated_at:
    description: The time of the report, ISO 8601 in UTC. It also says from when on expiries are counted.
    type: str
    required: true
  title:
    description: What the report is called.
    type: str
    default: ""
  ticket:
    description: The change record that it belongs to.
    type: str
    default: ""
  job:
    description: The job that made it.
    type: str
    default: ""
  orders_from:
    description: The name of the variable whose value O(orders) is, where that is the result of a task.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Ask whose key it is
  certops.orders.digicert_account_info:
  register: account

- name: Read all orders
  certops.orders.digicert_order_info:
  register: found

- name: Say what is due
  ansible.builtin.debug:
    msg: "{{ (report | certops.orders.order_report_texts).headline }}"
  vars:
    now: "{{ now(utc=true).strftime('%Y-%m-%dT%H:%M:%SZ') }}"
    report: "{{ account | certops.orders.order_report_of_account(found.orders, generated_at=now) }}"
"""

RETURN = r"""
_value:
  description: The report, see the role P(certops.orders.order_report#role).
  type: dict
"""


def order_report_of_account(
    account: Any,
    orders: Any,
    generated_at: str,
    title: str = "",
    ticket: str = "",
    job: str = "",
    orders_from: str = "",
) -> dict[str, Any]:
    if not isinstance(account, Mapping):
        raise AnsibleFilterError("a report on the account needs the result of digicert_account_info")
    if orders_from:
        try:
            orders = registered_orders(orders, orders_from)
        except ReportError as error:
            raise AnsibleFilterError(str(error)) from None
    return of_account(account, orders, generated_at, title=title, ticket=ticket, job=str(job))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_report_of_account": order_report_of_account}
