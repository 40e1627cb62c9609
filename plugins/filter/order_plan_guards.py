# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_guards
short_description: Say why the entries of a plan are too many to be carried out
version_added: 0.1.0
description:
  - Counts the changes, and the revocations among them. More than 25 changes have to be expected by their exact
    number.
positional: _input
options:
  _input:
    description: The entries of the plan.
    type: list
    elements: dict
    required: true
  max_changes:
    description: How many changes there may be at most.
    type: int
    default: 25
  max_revocations:
    description: How many of them may be revocations.
    type: int
    default: 0
  expected_changes:
    description: Exactly how many changes there have to be, nothing where it is not set.
    type: int
  phase:
    description: With V(all) nobody approves the plan, so that many irreversible changes need O(expected_changes).
    type: str
    choices: [plan, apply, all]
    default: all
  kind:
    description: What plans, such as V(decommission_domain), which tells how the options are called.
    type: str
    default: ""
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show why the plan would not be carried out
  ansible.builtin.debug:
    msg: "{{ planned.plan.entries | certops.orders.order_plan_guards(max_changes=10) }}"
"""

RETURN = r"""
_value:
  description: Why, a sentence for each guard; nothing where the plan can be carried out.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.module_utils._plans.approval import guards
from ansible_collections.certops.orders.plugins.module_utils._role_options.checks import option_name


def order_plan_guards(
    entries: Sequence[Mapping[str, Any]],
    max_changes: Any = 25,
    max_revocations: Any = 0,
    expected_changes: Any = None,
    phase: str = "all",
    kind: str = "",
) -> list[str]:
    """Why entries are too many; a number may come as text, as from the command line."""
    limits = {
        "max_changes": _number(option_name(kind, "max_changes"), max_changes),
        "max_revocations": _number(option_name(kind, "max_revocations"), max_revocations),
        "expected_changes": None
        if expected_changes in (None, "")
        else _number(option_name(kind, "expected_changes"), expected_changes),
    }
    return guards(entries, limits, kind=kind, approved=phase != "all")


def _number(name: str, value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise AnsibleFilterError(f"{name} must be a whole number, 0 or more")
    return int(text)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"order_plan_guards": order_plan_guards}
