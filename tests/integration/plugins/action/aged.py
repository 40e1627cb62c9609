# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""aged: an action plugin made by controller_action, with an alias, a deprecated alias and a deprecated option."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ansible_collections.certops.orders.plugins.plugin_utils._controller_action import controller_action

_COLLECTION = "certops.orders"
SPEC = {
    "argument_spec": {
        "order_id": {
            "type": "int",
            "aliases": ["id", "number"],
            "deprecated_aliases": [{"name": "number", "version": "9.0.0", "collection_name": _COLLECTION}],
        },
        "comments": {"type": "str", "removed_in_version": "9.0.0", "removed_from_collection": _COLLECTION},
    },
}


def run(params: dict[str, Any], _context: Any) -> dict[str, Any]:
    return {"changed": False, "msg": "done", "order_id": params["order_id"]}


ActionModule = controller_action(SimpleNamespace(SPEC=SPEC, run=run, __name__="tests.aged"))
