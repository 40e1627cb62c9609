# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  now:
    description:
      - The current time in ISO 8601 format. A time without a time zone is in UTC.
    type: str
    required: true
  older_than_days:
    description:
      - An order is stale if it was placed more than this number of calendar days ago, in UTC. The value must be at
        least 1.
    type: int
    default: 30
  include:
    description:
      - Patterns of names, such as V(*.example.com). Only orders are handled whose common name or another name matches a
        pattern.
      - V(*) matches any characters, including dots. V(?) matches one character, and V([ab]) one of the listed
        characters. Case does not matter. A Unicode name and its punycode form are the same name.
    type: list
    elements: str
    default: ["*"]
  exclude:
    description:
      - Patterns of names. Orders with a name that matches a pattern are not handled.
    type: list
    elements: str
    default: []
  statuses:
    description:
      - The statuses of stale orders.
    type: list
    elements: str
    choices: [pending, waiting_pickup, needs_approval]
    default: [pending, waiting_pickup, needs_approval]
  product_types:
    description:
      - The types of products to handle. Stale orders of other types need a manual review.
    type: list
    elements: str
    default: [ssl_certificate, dv_ssl_certificate]
  predecessor_days:
    description:
      - A renewal needs a manual review if the order that it renews expires within this number of days, or expired
        within this number of days.
    type: int
    default: 60
  limit:
    description:
      - Maximum number of orders to end, from 1 to 25. The oldest orders come first. The other orders get the action
        V(wait).
    type: int
"""
