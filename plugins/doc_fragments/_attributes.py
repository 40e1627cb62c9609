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
    description: Indicates that this module has an action plugin. The module runs on the controller by default.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: none
    details:
      - The module handles the items of a list in parallel. Use a list instead of C(async).
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the service.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: partial
    details:
      - Delegation to a host other than localhost needs O(execute_on=target). Otherwise the task fails.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that nothing else changes the orders in the meantime.
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

    # Modules that only read.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module does not change anything.
  diff_mode:
    support: N/A
    details:
      - This module does not change anything.
  idempotent:
    support: N/A
    details:
      - This module does not change anything.
"""

    # Modules that change orders, requests or domains.
    CHANGE_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - Check mode makes the same reads and the same decisions as a normal run. It sends no change.
  diff_mode:
    support: full
  idempotent:
    support: full
"""
