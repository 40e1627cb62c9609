# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the three filters of a decommissioning are told alike, they refuse alike."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.filter.decommission_probes import decommission_probes
from ansible_collections.certops.orders.plugins.filter.decommission_reads import decommission_reads
from ansible_collections.certops.orders.plugins.filter.plan_decommission import plan_decommission

SHOP = "shop.example.com"
FILTERS = {
    "decommission_probes": decommission_probes,
    "decommission_reads": decommission_reads,
    "plan_decommission": partial(plan_decommission, now="2026-03-01T12:00:00Z"),
}


@pytest.mark.parametrize(
    "wished",
    [{"names": []}, {"names": SHOP}, {"names": ["no name"]}, {"on_issued": "burn"}, {"probe": "false"}, {"nmaes": []}],
)
@pytest.mark.parametrize("call", FILTERS.values(), ids=FILTERS)
def test_what_cannot_be_wished_is_refused(call: Callable[..., Any], wished: dict[str, Any]) -> None:
    (option,) = wished
    with pytest.raises(AnsibleFilterError, match=option):
        call([], {"names": [SHOP], **wished})
