# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users read where a filter cannot use its input, by situation."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.filter.audit_entries import audit_entries
from ansible_collections.certops.orders.plugins.filter.retired_servers import retired_servers
from ansible_collections.certops.orders.tests.messages import check_messages

NAMES = "decommission_server_names"


def refusal(call: Callable[..., Any], *arguments: Any, **more: Any) -> str:
    with pytest.raises(AnsibleFilterError) as error:
        call(*arguments, **more)
    return str(error.value)


def test_messages() -> None:
    messages = {
        "an audit log that is not a text": refusal(audit_entries, ["a list"]),
        "names of a server that are not a list": refusal(retired_servers, {"web1": {NAMES: "a.example"}}, ["web1"]),
        "a server that is not a domain name": refusal(retired_servers, {"web1": {}}, ["web1"]),
    }
    check_messages("filters", messages)
