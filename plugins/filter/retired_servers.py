# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: retired_servers
short_description: Collect the names of servers that are retired
description:
  - This filter is private to the collection and can change at any time.
  - For the playbook C(certops.orders.decommission_server). The names of a host are the list in its variable
    C(decommission_server_names), or else its name in the inventory. A host without a domain name, and a name that is
    not a domain name, are errors.
  - Names come from the inventory only. What a server serves adds no name.
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
    description:
      - A variable that is true for those of the hosts that were torn down. Without it, all hosts count as torn down.
    type: str
  subdomains:
    description: Whether names below a name are retired with it, and remain with it as well.
    type: bool
    default: false
  options:
    description:
      - The options of the playbook, C(phase), C(hosts), C(teardown_tasks), C(before_tasks) and C(after_tasks), and
        C(reserved), the variables that are set and that the playbook sets itself. They are checked, and all errors are
        returned instead of raised.
    type: dict
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Show the names that are retired
  ansible.builtin.debug:
    msg: "{{ (hostvars | certops.orders.retired_servers(groups.retire)).names }}"
"""

RETURN = r"""
_value:
  description: The names and servers that are retired, and those that remain.
  type: dict
  contains:
    names:
      description: The names that are retired, in the spelling of DNS, sorted; without those that a remaining host has.
      type: list
      elements: str
    kept_names:
      description:
        - The names of the hosts that were not torn down; with O(subdomains), also patterns for the names below them.
      type: list
      elements: str
    hosts:
      description: The hosts that were torn down.
      type: list
      elements: str
    servers:
      description: For each host in RV(_value.hosts), those of its names that are retired.
      type: dict
    left:
      description: The hosts that were not torn down.
      type: list
      elements: str
    problems:
      description: With O(options), one message for each error; the other values are empty if there is one.
      type: list
      elements: str
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError, domain_name
from ansible_collections.certops.orders.plugins.module_utils._common.text import printable
from ansible_collections.certops.orders.plugins.plugin_utils._task_files import NotTasks, check_task_file

_NAMES = "decommission_server_names"
_PHASES = ("plan", "apply", "all")
_TASKS = ("teardown_tasks", "before_tasks", "after_tasks")
# What to set instead of a variable of decommission_domain that the playbook sets itself.
_INSTEAD = {
    "decommission_domain_names": f"set {_NAMES} for each server",
    "decommission_domain_phase": "set decommission_server_phase",
    "decommission_domain_hosts": "set decommission_server_hosts",
    "decommission_domain_servers": f"set decommission_server_hosts, and {_NAMES} for each server",
}


def retired_servers(
    hostvars: Mapping[str, Any],
    hosts: Sequence[str],
    if_true: str = "",
    subdomains: bool = False,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The names of the hosts that were torn down, and those of the others."""
    problems = [] if options is None else list(_problems(options, hosts))
    names: dict[str, list[str]] = {}
    for host in hosts:
        try:
            names[host] = _names(host, hostvars[host].get(_NAMES))
        except OptionError as error:
            if options is None:
                raise AnsibleFilterError(str(error)) from None
            problems.append(str(error))
    if problems:
        return {"names": [], "kept_names": [], "hosts": [], "servers": {}, "left": [], "problems": problems}
    left = [host for host in hosts if if_true and hostvars[host].get(if_true) is not True]
    kept = {name for host in left for name in names[host]}
    below = {f"*.{name}" for name in kept} if subdomains else set()
    servers = {host: sorted({*names[host]} - kept) for host in sorted({*hosts}.difference(left))}
    return {
        "names": sorted({name for several in servers.values() for name in several}),
        "kept_names": sorted(kept | below),
        "hosts": [*servers],
        "servers": servers,
        "left": sorted(left),
        "problems": [],
    }


def _names(host: str, given: Any) -> list[str]:
    """The names of one host. Raises OptionError."""
    several = [host] if given is None else given
    is_list = isinstance(several, (list, tuple)) and all(isinstance(name, str) for name in several)
    if not (is_list and several):
        raise OptionError(f"{_NAMES} of {host} must be a list of names that is not empty")
    try:
        names = [domain_name(name, _NAMES) for name in several]
    except OptionError as error:
        raise OptionError(f"{host}: {error}") from None
    if given is None and ("." not in host or host.replace(".", "").isdigit()):
        raise OptionError(f"{host} is not a domain name: set its names in {_NAMES}")
    return names


def _problems(options: Mapping[str, Any], hosts: Sequence[str]) -> Iterator[str]:
    """One message for each option of the playbook that is not valid. hosts: those that its pattern matches."""
    for variable in sorted(options["reserved"]):
        instead = _INSTEAD.get(variable, "remove it")
        yield f"{variable} is set, and the playbook certops.orders.decommission_server sets it itself: {instead}"
    phase = options["phase"]
    if phase not in _PHASES:
        yield f"decommission_server_phase is {_shown(phase)}, and must be one of {', '.join(_PHASES)}"
    if not options["hosts"]:
        yield "decommission_server_hosts is empty: set it to a group, a host, or a pattern of hosts"
    elif not hosts:
        pattern = _shown(options["hosts"])
        yield (
            f"decommission_server_hosts is {pattern}, and matches no host of the inventory: set it to a group, a host, "
            "or a pattern of hosts"
        )
    if phase in _PHASES[1:] and not options["teardown_tasks"]:
        yield (
            f"decommission_server_teardown_tasks is not set, and decommission_server_phase is {phase}: set it to the "
            "absolute path of a file of tasks that tears down one server"
        )
    for name in _TASKS:
        if not options[name]:
            continue
        try:
            check_task_file(options[name])
        except NotTasks as error:
            given = f"decommission_server_{name} is {_shown(options[name])}"
            yield f"{given}, which {error}: set it to the absolute path of a file of tasks"


def _shown(value: Any) -> str:
    return f"'{printable(value, 300)}'"


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"retired_servers": retired_servers}
