# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account and the user of a key, as a conversation with CertCentral."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.modules import digicert_account_info as module
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    HTML,
    VIEW_ONLY,
    Call,
    asks,
    error,
    json_answer,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Converse, failure_of, play

asked_who = partial(play, module, retries=0)
ACCOUNT = {"id": 4711, "primary_organization_name": "Example Corp", "cert_central_type": "retail"}


def me(*roles: str, **more: Any) -> Call:
    named = [{"id": number, "name": role} for number, role in enumerate(roles)]
    return asks("/user/me", {"id": 5, "username": "robot", "account_id": 4711, "access_roles": named, **more})


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_account_label_of_a_key(conversation: Converse, check_mode: bool) -> None:
    service = conversation(me("Administrator"), asks("/account", ACCOUNT))
    result = asked_who(service, check_mode=check_mode, rate_limit="100/5, 1000/180")
    assert all(text in result["msg"] for text in ("robot", "Administrator", "4711"))
    assert (result["changed"], result["may_write"]) == (False, True)
    assert result["user"]["username"] == "robot"
    assert (result["account"]["account_id"], result["account"]["organization_name"]) == (4711, "Example Corp")
    assert result["limits"] == [{"requests": 100, "seconds": 5.0}, {"requests": 1000, "seconds": 180.0}]
    assert result["api_url"] == service.url


def test_a_restricted_key_knows_its_account_by_its_user(conversation: Converse) -> None:
    result = asked_who(conversation(me(), asks("/account", answer=VIEW_ONLY)))
    assert (result["account"], result["may_write"]) == ({"account_id": 4711}, None)


def test_the_account_id_is_read_where_the_user_has_none(conversation: Converse) -> None:
    result = asked_who(conversation(me("A", account_id=None), asks("/account", ACCOUNT)))
    assert result["account"]["account_id"] == 4711


@pytest.mark.parametrize("require_write", [True, False])
@pytest.mark.parametrize(
    ("roles", "environ", "allowed", "cause"),
    [
        (["View Only"], {}, False, "View Only"),
        (["Administrator"], {"DIGICERT_READ_ONLY": "1"}, False, "DIGICERT_READ_ONLY"),
        (["Administrator"], {}, True, ""),
        ([], {}, None, ""),
    ],
)
def test_a_key_that_may_not_write_fails_only_where_it_has_to(
    conversation: Converse, roles: list[str], environ: Any, allowed: bool | None, cause: str, require_write: bool
) -> None:
    service = conversation(me(*roles), asks("/account", ACCOUNT))
    result = asked_who(service, environ=environ, require_write=require_write)
    assert result["may_write"] is allowed
    if require_write and cause:
        assert failure_of(result)["code"] == "read_only"
        assert cause in result["msg"]
    else:
        assert "failed" not in result


def test_a_key_that_is_not_valid(conversation: Converse) -> None:
    invalid = error(403, "access_denied|access_denied_invalid_key", "Access denied.")
    result = asked_who(conversation(asks("/user/me", answer=invalid)))
    assert (failure_of(result)["http_status"], result["changed"]) == (403, False)


@pytest.mark.parametrize("answer", [HTML, error(500), error(404), json_answer([])])
def test_an_account_that_cannot_be_read(conversation: Converse, answer: Any) -> None:
    assert failure_of(asked_who(conversation(me("A"), asks("/account", answer=answer))))["message"]


def test_messages(conversation: Converse) -> None:
    def message(*roles: str, environ: Any = None, **options: Any) -> str:
        return asked_who(conversation(me(*roles), asks("/account", ACCOUNT)), environ=environ, **options)["msg"]

    check_messages(
        "digicert_account_info",
        {
            "key with a role": message("Administrator"),
            "key without a role": message(),
            "changes required, role View Only": message("View Only", require_write=True),
            "changes required, DIGICERT_READ_ONLY": message(
                "Administrator", environ={"DIGICERT_READ_ONLY": "1"}, require_write=True
            ),
        },
    )
