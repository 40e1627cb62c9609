# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    # The specification is ORDER_TOKENS.
    DOCUMENTATION = r"""
options:
  order_token:
    description:
      - The token of the order. The token is a secret. It is not the C(reseller_order_id).
    type: str
  order_tokens:
    description:
      - The tokens of the orders. The module handles an order only once if the list contains it twice, and reports it
        twice.
    type: list
    elements: str
  order_digests:
    description:
      - The SHA-256 digests of the tokens of the orders, as 64 hexadecimal digits. RV(orders[].order_digest) returns
        these digests. A digest is not a secret, so that a plan can contain it.
      - Requires O(api_key), with which the module finds the tokens.
    type: list
    elements: str
"""
