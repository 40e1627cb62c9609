# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters are thin wrappers; what they make is tested with the report."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.filter import order_report_of_account, order_report_texts

texts = order_report_texts.FilterModule().filters()["order_report_texts"]
of_account = order_report_of_account.FilterModule().filters()["order_report_of_account"]
DATA: dict[str, Any] = {"generated_at": "2026-11-22T10:42:05Z", "title": "{{ a }}"}


def test_it_makes_what_is_asked_for() -> None:
    assert set(texts(DATA)) == {"html", "json", "csv", "headline"}
    assert set(texts(DATA, formats=[])) == {"headline"}
    assert json.loads(texts(DATA, formats=["json"])["json"])["title"] == "{{ a }}"


@pytest.mark.parametrize(
    ("arguments", "mentioned"), [(({},), "generated_at"), ((DATA, ["pdf"]), "html, json, csv.*pdf")]
)
def test_what_is_wrong_is_said(arguments: Any, mentioned: str) -> None:
    with pytest.raises(AnsibleFilterError, match=mentioned):
        texts(*arguments)


def test_an_account_becomes_a_report() -> None:
    made = of_account({"account": {"account_id": 1}}, [], "2026-11-22T10:42:05Z", job=4711)
    assert (made["account"]["account_id"], made["job"]) == (1, "4711")
    assert json.loads(texts(made)["json"])["account"]["account_id"] == 1
    with pytest.raises(AnsibleFilterError, match="digicert_account_info"):
        of_account("x", [], "")
