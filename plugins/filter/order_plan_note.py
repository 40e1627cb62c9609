# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_note
short_description: Make the note of an order that is changed by a plan
version_added: 0.1.0
description:
  - Puts a text, a change record, the job of AWX, and the first digits of the plan's SHA-256 on one line, free of
    control characters.
positional: _input
options:
  _input:
    description: Why the order is changed; may be empty.
    type: str
    required: true
  ticket:
    description: The change record.
    type: str
    default: ""
  job:
    description: The job of AWX.
    type: str
    default: ""
  sha256:
    description: The SHA-256 of the plan.
    type: str
    default: ""
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show a note
  ansible.builtin.debug:
    msg: "{{ 'The server was retired' | certops.orders.order_plan_note('CHG0031337', awx_job_id | default('')) }}"
"""

RETURN = r"""
_value:
  description: The note.
  type: str
  sample: The server was retired; CHG0031337; AWX job 4711; plan 1f0c9a7e52d5
"""

from typing import Any, Callable

from ansible_collections.certops.orders.plugins.module_utils._plans.batches import note


def order_plan_note(text: Any, ticket: Any = "", job: Any = "", sha256: Any = "") -> str:
    """The note of an order."""
    return note(*(str(part or "") for part in (text, ticket, job, sha256)))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_plan_note": order_plan_note}
