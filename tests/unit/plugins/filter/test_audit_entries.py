# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter is a thin wrapper; what it reads is tested with the audit log."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.filter.audit_entries import FilterModule


def test_it_reads_the_text_of_a_log() -> None:
    audit_entries = FilterModule().filters()["audit_entries"]

    assert audit_entries('{"event": "begun", "id": "a", "order_id": 1}') == [
        {"id": "a", "order_id": 1, "completed": False, "attempts": 1}
    ]


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="audit_entries"):
        FilterModule().filters()["audit_entries"](["a list"])
