# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: order_plan_tokens
short_description: Find the tokens of Servertastic's orders by the digests that a plan names them by
version_added: 0.1.0
description:
  - Returns the tokens of exactly these orders. Where one is missing it returns none at all, as all of them have then to
    be found by the API key.
positional: _input, digests
options:
  _input:
    description: Order tokens, which are secrets.
    type: list
    elements: str
    required: true
  digests:
    description: The SHA-256 of the tokens that are looked for, hexadecimal and in full.
    type: list
    elements: str
    required: true
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Cancel by token what a plan names by its digest
  certops.orders.servertastic_order_cancel:
    order_tokens: "{{ vaulted_order_tokens | certops.orders.order_plan_tokens(digests) }}"
    replacement: none
"""

RETURN = r"""
_value:
  description: The tokens, in the order of the digests.
  type: list
  elements: str
"""

import hashlib
from collections.abc import Sequence
from typing import Callable

from ansible.errors import AnsibleFilterError


def order_plan_tokens(tokens: Sequence[str], digests: Sequence[str]) -> list[str]:
    """The tokens that the digests stand for."""
    try:
        known = {hashlib.sha256(token.strip().encode()).hexdigest(): token for token in tokens}
        return [known[digest] for digest in digests] if all(digest in known for digest in digests) else []
    except (AttributeError, TypeError, UnicodeError):
        # What it fails at may be a token.
        raise AnsibleFilterError("order_plan_servertastic_tokens must be a list of order tokens") from None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"order_plan_tokens": order_plan_tokens}
