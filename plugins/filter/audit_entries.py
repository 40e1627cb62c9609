# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads an audit log back."""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.module_utils._files.audit_log import entries

DOCUMENTATION = r"""
name: audit_entries
short_description: Parse an audit log of the modules of this collection
version_added: 0.9.0
author:
  - The certops.orders authors (@certops)
description:
  - Converts the text of an audit log, see O(certops.orders.digicert_order_status#module:audit_log), to a list of
    changes, oldest first.
  - Review every change that was begun and not completed. Its run ended before the outcome was known.
positional: _input
options:
  _input:
    description: The text of the audit log.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the changes with an unknown outcome
  ansible.builtin.debug:
    msg: "{{ item.time }} order {{ item.order_id }} of account {{ item.account }} ({{ item.ticket }})"
  loop: >-
    {{ lookup('ansible.builtin.file', '/var/log/certops/orders.jsonl') | certops.orders.audit_entries
       | rejectattr('completed') }}
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
_value:
  description: The changes, oldest first.
  type: list
  elements: dict
  contains:
    id:
      description: An ID of the change, unique among all runs.
      type: str
    time:
      description: When it was first sent, in UTC.
      type: str
      sample: "2026-11-22T10:42:00.123Z"
    attempts:
      description: How often it was sent.
      type: int
    completed:
      description: Whether the outcome is known.
      type: bool
    completed_time:
      description: When the outcome was known.
      type: str
      returned: when completed
    outcome:
      description: The outcome, as in the result of the module.
      type: str
      returned: when completed
    reason:
      description: The reason, empty if there is none.
      type: str
      returned: when completed
    order_id:
      description: The order.
      type: int
    name:
      description: The common name of the order.
      type: str
    account:
      description: The ID of the account of the API key, if it is known.
      type: int
    before:
      description: The state of the order before the change.
      type: dict
    after:
      description: The state after the change, or the intended state if the change was not completed.
      type: dict
    note:
      description: The note of the change.
      type: str
    ticket:
      description: The change record of the task.
      type: str
    task:
      description: The name of the task.
      type: str
    host:
      description: The host that the task ran on.
      type: str
    user:
      description: The user that it ran as.
      type: str
    caller_supplied:
      description: The job, its user and its workflow, as AWX passes them. The user of a job can set these values.
      type: dict
"""


def audit_entries(text: Any) -> list[dict[str, Any]]:
    if not isinstance(text, str):
        raise AnsibleFilterError(
            "audit_entries needs the text of an audit log, as the lookup ansible.builtin.file returns it"
        )
    return entries(text)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"audit_entries": audit_entries}
