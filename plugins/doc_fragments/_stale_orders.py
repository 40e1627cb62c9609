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
      - The time, ISO 8601, in UTC where it does not say.
    type: str
    required: true
  older_than_days:
    description:
      - An order is stale where it was placed more than so many days of the calendar ago, in UTC. At least 1.
    type: int
    default: 30
  include:
    description:
      - Patterns of names, such as V(*.example.com). An order counts where its common name or one of its other names
        matches one of them.
      - V(*) stands for any characters, dots among them, V(?) for one, V([ab]) for one of these. Capitals make no
        difference, nor does whether a name is written as DNS spells it or as people do.
    type: list
    elements: str
    default: ["*"]
  exclude:
    description:
      - Patterns of names. An order of which any name matches one of them does not count.
    type: list
    elements: str
    default: []
  statuses:
    description:
      - The statuses that can be stale.
    type: list
    elements: str
    choices: [pending, waiting_pickup, needs_approval]
    default: [pending, waiting_pickup, needs_approval]
  product_types:
    description:
      - The kinds of products that count. Other stale orders are left to a person.
    type: list
    elements: str
    default: [ssl_certificate, dv_ssl_certificate]
  predecessor_days:
    description:
      - A renewal is left to a person where what it renews expires within so many days, or expired within so many days.
    type: int
    default: 60
  limit:
    description:
      - How many orders may be ended, from 1 to 25, the oldest of them. The others get the action V(wait).
    type: int
"""
