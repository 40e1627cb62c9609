# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renewal settings as a conversation with CertCentral."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._runtime import results as _results
from ansible_collections.certops.orders.plugins.modules import digicert_order_renewal as module
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    HANGS_UP,
    VIEW_ONLY,
    Answer,
    Call,
    changes,
    error,
    reads,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Converse, failure_of, only, play

silences = partial(play, module, order_id=1)
QUIET: dict[str, Any] = {"disable_renewal_notifications": True}
WRONG = error(400, "invalid_value")


def emails(spelling: str = "off", answer: Answer | None = None) -> Call:
    call = changes(f"/order/certificate/1/renewal-emails/{spelling}")
    return call.gets(answer) if answer else call


def reissue(number: int) -> Call:
    return changes("/order/certificate/1/auto-reissue", {"auto_reissue": number})


def message(text: str) -> Call:
    return changes("/order/certificate/1/custom-renewal-message", {"custom_renewal_message": text})


def test_a_setting_is_made_and_verified(conversation: Converse) -> None:
    result = silences(conversation(reads(1), emails(), reads(1, **QUIET)), renewal_emails=False)
    assert (result["changed"], only(result)["outcome"]) == (True, "changed")
    assert only(result)["before"]["renewal_emails"] is True
    assert only(result)["after"]["renewal_emails"] is False
    assert "warnings" not in result


def test_setting_it_again_is_one_read(conversation: Converse) -> None:
    result = silences(conversation(reads(1, **QUIET)), renewal_emails=False)
    assert (result["changed"], only(result)["outcome"]) == (False, "unchanged")


def test_check_mode_predicts(conversation: Converse) -> None:
    result = silences(conversation(reads(1)), renewal_emails=False, auto_reissue=True, check_mode=True)
    after = only(result)["after"]
    assert (result["changed"], after["renewal_emails"], after["auto_reissue"]) == (True, False, True)


def test_only_what_differs_is_sent_each_by_itself(conversation: Converse) -> None:
    before = {"auto_reissue": 1, "custom_renewal_message": "Call Bob"}
    service = conversation(
        reads(1, **before),
        emails(),
        message("No longer needed"),
        reads(1, auto_reissue=1, custom_renewal_message="No longer needed", **QUIET),
    )
    wanted = {"renewal_emails": False, "auto_reissue": True, "custom_renewal_message": " No longer needed "}
    assert silences(service, **wanted)["changed"] is True


def test_the_message_is_taken_away_by_an_empty_one(conversation: Converse) -> None:
    service = conversation(reads(1, custom_renewal_message="x"), message(""), reads(1))
    assert silences(service, custom_renewal_message="")["changed"] is True


def test_a_spelling_that_is_refused_is_followed_by_another(conversation: Converse) -> None:
    service = conversation(reads(1), emails("off", WRONG), emails("disable"), reads(1, **QUIET))
    assert silences(service, renewal_emails=False)["changed"] is True


def test_a_call_that_is_acknowledged_and_changes_nothing_is_found_out(conversation: Converse) -> None:
    result = silences(conversation(reads(1), emails(), reads(1)), renewal_emails=False)
    assert only(result)["outcome"] == "unknown"
    assert failure_of(result)["code"] == "not_verified"


@pytest.mark.parametrize("took_effect", [True, False])
def test_a_setting_is_verified_by_a_read_after_a_lost_reply(conversation: Converse, took_effect: bool) -> None:
    then = [reads(1, auto_reissue=1)] if took_effect else [reads(1), reissue(1), reads(1, auto_reissue=1)]
    result = silences(conversation(reads(1), reissue(1).gets(HANGS_UP), *then), auto_reissue=True)
    assert (result["changed"], only(result)["outcome"]) == (True, "changed")


def test_a_failed_second_setting_keeps_the_first_one_in_the_result(conversation: Converse) -> None:
    service = conversation(reads(1), emails(), reissue(1).gets(VIEW_ONLY), reads(1, **QUIET))
    result = silences(service, renewal_emails=False, auto_reissue=True)
    assert (result["changed"], only(result)["outcome"]) == (True, "failed")
    assert only(result)["after"]["renewal_emails"] is False


def test_an_order_that_has_ended_is_refused(conversation: Converse) -> None:
    result = silences(conversation(reads(1, status="canceled")), renewal_emails=False)
    assert (failure_of(result)["code"], only(result)["before"]["status"]) == ("ineligible", "canceled")


@pytest.mark.parametrize("quiet", [QUIET, {}])
def test_an_order_that_renews_by_itself_is_warned_of(conversation: Converse, quiet: Any) -> None:
    calls = [] if quiet else [emails(), reads(1, auto_renew=1, **QUIET)]
    result = silences(conversation(reads(1, auto_renew=1, **quiet), *calls), renewal_emails=False)
    (warning,) = result["warnings"]
    assert "order 1" in warning
    # The reason of the order names the place as well.
    assert "console" in warning
    assert "console" in only(result)["reason"]


def test_the_warning_does_not_depend_on_which_orders_are_listed(conversation: Converse) -> None:
    service = conversation(reads(1, auto_renew=1, **QUIET))
    assert silences(service, renewal_emails=False, orders_detail="none")["warnings"]


def test_so_many_that_a_warning_of_all_of_them_would_not_fit_are_refused(conversation: Converse) -> None:
    ids = list(range(10**8, 10**8 + 22800))
    result = play(
        module, conversation(), order_ids=ids, renewal_emails=False, environ={"AWX_ISOLATED_DATA_DIR": "/runner"}
    )
    assert failure_of(result)["code"] == "invalid_option"
    # The number depends on the length of the warning.
    assert re.search(r"\b227\d\d\b", result["msg"])


def test_the_warning_is_counted_where_a_result_has_to_fit(
    conversation: Converse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_results, "LONGEST", 700)
    service = conversation(reads(1, auto_renew=1, **QUIET))
    result = silences(service, renewal_emails=False, environ={"AWX_ISOLATED_DATA_DIR": "/runner"})
    of_the_order, of_the_cut = result["warnings"]
    assert "order 1" in of_the_order
    assert "ansible-runner" in of_the_cut
