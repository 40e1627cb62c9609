# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: retired_servers
short_description: Collect the names of servers that are retired
version_added: 0.1.0
description:
  - Takes of each host what its variable C(decommission_server_names) says, a list of names, or else its name in the
    inventory. A host of which that is no domain name, and a name that is none, is an error.
  - Names come from the inventory only. What a server shows or serves adds none.
positional: _input, hosts
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  hosts:
    description: The hosts that are to be retired.
    type: list
    elements: str
    required: true
  if_true:
    description: A variable that is true for those of the hosts that count; without it all of them do.
    type: str
  subdomains:
    description: Whether names below a name go with it, and then stay with it as well.
    type: bool
    default: false
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Say which names go away
  ansible.builtin.debug:
    msg: "{{ (hostvars | certops.orders.retired_servers(groups.retire)).names }}"
"""

RETURN = r"""
_value:
  description: What goes and what stays.
  type: dict
  contains:
    names:
      description: The names that go away, as DNS spells them, sorted; but for those that a host which stays has, too.
      type: list
      elements: str
    stays:
      description: The names of the hosts that do not count; with O(subdomains), also patterns of what is below them.
      type: list
      elements: str
    hosts:
      description: The hosts that count.
      type: list
      elements: str
    left:
      description: The hosts that do not count.
      type: list
      elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError, domain_name


def retired_servers(
    hostvars: Mapping[str, Any], hosts: Sequence[str], if_true: str = "", subdomains: bool = False
) -> dict[str, list[str]]:
    """The names of the hosts that count, and those of the others."""
    names = {host: _names(host, hostvars[host].get("decommission_server_names")) for host in hosts}
    left = [host for host in hosts if if_true and hostvars[host].get(if_true) is not True]
    stays = {name for host in left for name in names[host]}
    goes = {name for host in hosts for name in names[host]} - stays
    below = {f"*.{name}" for name in stays} if subdomains else set()
    counts = sorted({*hosts}.difference(left))
    return {"names": sorted(goes), "stays": sorted(stays | below), "hosts": counts, "left": sorted(left)}


def _names(host: str, given: Any) -> list[str]:
    """The names of one host."""
    several = [host] if given is None else given
    is_list = isinstance(several, (list, tuple)) and all(isinstance(name, str) for name in several)
    if not (is_list and several):
        raise AnsibleFilterError(f"decommission_server_names of {host} must be a list of names that is not empty")
    try:
        names = [domain_name(name, "decommission_server_names") for name in several]
    except OptionError as error:
        raise AnsibleFilterError(f"{host}: {error}") from None
    if given is None and ("." not in host or host.replace(".", "").isdigit()):
        raise AnsibleFilterError(f"{host} is not a domain name: set its names in decommission_server_names")
    return names


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"retired_servers": retired_servers}
