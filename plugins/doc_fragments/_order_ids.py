# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    # The specification is ORDER_IDS of _options.
    DOCUMENTATION = r"""
options:
  order_id:
    description:
      - The CertCentral order.
      - O(order_id) and O(order_ids) exclude each other.
    type: int
  order_ids:
    description:
      - The CertCentral orders. A list costs less than a loop.
      - An order that is given twice is handled once and reported twice. An empty list is fine, and nothing is done.
      - With a module that changes orders, one that fails does not stop the others; the task fails at the end and still
        reports every order.
    type: list
    elements: int
"""
