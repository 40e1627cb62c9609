# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes a page, JSON and a table of a report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.certops.orders.plugins.module_utils._reports.data import (
    Report,
    ReportError,
    registered_orders,
    report_of,
    to_csv,
    to_json,
)
from ansible_collections.certops.orders.plugins.module_utils._reports.html import to_html

DOCUMENTATION = r"""
name: order_report_texts
short_description: A report on orders as HTML, JSON and CSV
version_added: 0.1.0
author:
  - The certops.orders authors (@certops)
description:
  - Makes one page of a report that loads nothing and runs nothing. It lists every entry; of the orders of the account
    it shows numbers and the 100 that expire next. Whatever is in the report is escaped.
  - Makes JSON with all entries and orders, and what was counted of them. It is plain ASCII, with a line for each entry
    and order.
  - Makes a table of the entries, or of the orders where there are no entries. A cell that a spreadsheet would take for
    a formula gets an apostrophe in front.
positional: _input
options:
  _input:
    description:
      - The report, as O(certops.orders.order_report#role:main:order_report_data) of the role
        P(certops.orders.order_report#role) describes it.
    type: dict
    required: true
  formats:
    description: What is made.
    type: list
    elements: str
    choices: [html, json, csv]
    default: [html, json, csv]
  contacts:
    description: Whether contact data and the names of people are shown.
    type: bool
    default: false
  orders:
    description:
      - The orders of the account, where they are not in the report itself, or with O(orders_from) the result of
        M(certops.orders.digicert_order_info). What a task has registered is best handed
        over here, as a variable made of 10,000 orders takes ansible-core 2.16 minutes.
    type: raw
  orders_from:
    description: The name of the variable whose value O(orders) is, where that is the result of a task.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Keep the page alone
  ansible.builtin.copy:
    content: "{{ (report | certops.orders.order_report_texts(formats=['html'])).html }}"
    dest: /var/lib/certops/orders.html
    mode: "0600"

- name: Say what became of it
  ansible.builtin.debug:
    msg: "{{ (report | certops.orders.order_report_texts(formats=[])).headline }}"
"""

RETURN = r"""
_value:
  description: The texts.
  type: dict
  contains:
    headline:
      description: All of it in one sentence, without a full stop.
      type: str
      sample: "3 orders: 1 for manual review, 2 done"
    html:
      description: The page.
      type: str
      returned: if asked for
    json:
      description: The JSON.
      type: str
      returned: if asked for
    csv:
      description: The table, with all cells quoted.
      type: str
      returned: if asked for
"""

_FORMATS: dict[str, Callable[[Report], str]] = {"html": to_html, "json": to_json, "csv": to_csv}


def order_report_texts(
    data: Any,
    formats: Iterable[str] = tuple(_FORMATS),
    contacts: bool = False,
    orders: Any = None,
    orders_from: str = "",
) -> dict[str, str]:
    try:
        if orders_from:
            orders = registered_orders(orders, orders_from)
        report = report_of(data if orders is None else {**data, "orders": orders}, contacts)
        texts = {kind: _FORMATS[kind](report) for kind in formats}
    except ReportError as error:
        raise AnsibleFilterError(f"the report cannot be made: {error}") from error
    except KeyError as error:
        raise AnsibleFilterError(f"order_report_formats can contain {', '.join(_FORMATS)}, but not {error}") from error
    # Not a template, whatever the names in it look like.
    return {name: wrap_var(text) for name, text in {**texts, "headline": report.headline}.items()}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_report_texts": order_report_texts}
