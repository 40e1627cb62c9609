# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  action:
    description: Has an action plugin, so that it runs on the controller by default.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: none
    details:
      - A list of orders is worked on in parallel.
  check_mode:
    description: Can run in C(check_mode) and predict what would change, without changing it.
  delegation:
    description: Can be used with C(delegate_to).
    support: partial
    details:
      - Has a meaning only with O(execute_on=target), and is refused otherwise, except for localhost.
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), when in diff mode.
  idempotent:
    description: Run again with the same arguments it changes nothing, as long as nobody else has changed the orders.
"""

    ACTIONGROUP_DIGICERT = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/certops.orders.digicert) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - certops.orders.digicert
"""

    ACTIONGROUP_SERVERTASTIC = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/certops.orders.servertastic) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - certops.orders.servertastic
"""
