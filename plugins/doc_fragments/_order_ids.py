# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    # The specification is ORDER_IDS.
    DOCUMENTATION = r"""
options:
  order_id:
    description:
      - The ID of the CertCentral order.
      - O(order_id) and O(order_ids) are mutually exclusive.
    type: int
  order_ids:
    description:
      - The IDs of the CertCentral orders. A list needs fewer API requests than a loop.
      - The module handles an order only once if the list contains it twice, and reports it twice.
      - If the list is empty, the module does nothing.
      - In modules that change orders, the failure of one order does not stop the other orders. The task fails at the
        end, and the result contains every order.
    type: list
    elements: int
"""
