# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: role_options
short_description: Read lists and numbers of a role, and refuse variables that the role does not know
description:
  - This filter is private to the collection and can change at any time.
  - For the roles of this collection. Makes lists and numbers of their options, which may be text as well, and fails
    where that cannot be done, or where a variable begins with the name of the role and is none of its own.
  - For a playbook, extra variables that would replace its own facts are refused as well.
positional: _input, role, names
options:
  _input:
    description:
      - The values of the options of the role that are lists or numbers, by their names without the role's name.
    type: dict
    required: true
  role:
    description:
      - The role.
    type: str
    required: true
  names:
    description:
      - The names of all variables that there are. Their values are not read.
    type: list
    elements: str
    default: []
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show what becomes of a text
  ansible.builtin.debug:
    msg: "{{ ({'formats': 'html, csv'} | certops.orders.role_options('order_report')).formats }}"
"""

RETURN = r"""
_value:
  description: The options, by their names without the role's name, as lists and numbers.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._role_options.checks import (
    PLAYBOOK_VARIABLES,
    check_extra,
    check_names,
    check_required,
    normalized,
)


def role_options(given: Mapping[str, Any], role: str, names: Sequence[str] = ()) -> dict[str, Any]:
    """The options that are lists or numbers; fails where one cannot be read, or a name is not known."""
    try:
        if role in PLAYBOOK_VARIABLES:
            # Read when Ansible started, so that the loader reads no file. An extra variable can also replace `names`.
            check_extra(role, load_extra_vars(DataLoader()))
        check_names(role, names)
        # The names are only given once, before anything else is done.
        if names:
            check_required(role, given)
        return normalized(role, given)
    except OptionError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"role_options": role_options}
