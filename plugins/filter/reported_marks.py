# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: reported_marks
short_description: Tell which orders a report says were marked renewed
version_added: 0.1.0
description:
  - Reads the JSON file that the role C(certops.orders.order_report) has written for a run that applied a plan. All that
    is taken from it are the ids of the orders whose entries have the action C(mark_renewed) and the outcome C(done).
  - A report of another account or API host, of another schema version, or of a run that only planned is refused.
positional: _input
options:
  _input:
    description:
      - The text of the file.
    type: str
    required: true
  account_id:
    description:
      - The account whose marks are to be turned back.
    type: int
    required: true
  api_host:
    description:
      - The host of its API.
    type: str
    required: true
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show what a run has marked
  ansible.builtin.debug:
    msg: >-
      {{ lookup('ansible.builtin.file', '/var/lib/certops/mark_renewed_orders-apply.json')
      | certops.orders.reported_marks(account_id=100001, api_host='www.digicert.com') }}
"""

RETURN = r"""
_value:
  description: The ids of the orders, in ascending order.
  type: list
  elements: int
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.module_utils._planners.undo_marks import ReportRefused, marked_by


def reported_marks(text: str, account_id: int, api_host: str) -> list[int]:
    """The ids of the orders that a report says were marked renewed."""
    try:
        return marked_by(text, account_id, api_host)
    except ReportRefused as error:
        raise AnsibleFilterError(f"mark_renewed_orders_undo_report cannot be used: {error}") from None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"reported_marks": reported_marks}
