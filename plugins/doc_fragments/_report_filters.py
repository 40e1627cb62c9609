# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations

import json
from typing import Any

import yaml

from ansible_collections.certops.orders.plugins.doc_fragments._order_filters import ModuleDocFragment as OrderFilters

_WITHOUT_SUCCESSOR = """
description:
  - Only orders whose certificate is in use, and which no other order has renewed as far as is known. These are orders
    with the status V(issued), V(reissue_pending) or V(expired) that CertCentral does not count as renewed.
  - The successor of an order is an issued order of the same organization for TLS that covers all names of the order,
    and ends later. An order of which it is not known whether it has a successor is in the report. See C(successor) in
    the description of O(formats).
type: bool
default: false
"""


def _suboptions() -> dict[str, Any]:
    documented = yaml.safe_load(OrderFilters.DOCUMENTATION)["options"]
    referring = {
        name: {**option, "description": [f"See O(certops.orders.digicert_order_info#module:{name})."]}
        for name, option in documented.items()
    }
    return {**referring, "without_successor": yaml.safe_load(_WITHOUT_SUCCESSOR)}


class ModuleDocFragment:
    # The specification is ORDER_FILTERS and without_successor. JSON is YAML as well. The annotation is for yamllint of
    # ansible-test, which takes the value of a bare assignment for a literal.
    DOCUMENTATION: str = json.dumps(
        {
            "options": {
                "filters": {
                    "description": [
                        "Only report on the orders of the account that meet all of these criteria.",
                        "The module reads the list of the whole account in any case, because the successor of an order "
                        "can be anywhere in it. O(filters.search) and O(filters.origin) need a list of their own, too.",
                        "The filters cannot be combined with O(data), O(orders) or O(orders_from).",
                    ],
                    "type": "dict",
                    "suboptions": _suboptions(),
                },
            },
        }
    )
