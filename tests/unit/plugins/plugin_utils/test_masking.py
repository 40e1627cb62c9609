# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from ansible_collections.certops.orders.plugins.plugin_utils._masking import mask

MODULE = "ansible.module_utils.secrets"


def test_secrets_are_registered_where_ansible_core_hides_them(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[str] = []
    secrets = ModuleType(MODULE)
    secrets.register_secrets = registered.extend  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, MODULE, secrets)

    mask(["a key", "a token"])

    assert registered == ["a key", "a token"]


def test_an_older_ansible_core_needs_no_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, MODULE, None)

    mask(["a key"])
