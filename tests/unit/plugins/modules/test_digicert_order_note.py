# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notes on orders as a conversation with CertCentral: each is added once."""

from __future__ import annotations

from functools import partial

import pytest

from ansible_collections.certops.orders.plugins.modules import digicert_order_note as module
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    HANGS_UP,
    NO_SUCH_ORDER,
    VIEW_ONLY,
    Answer,
    Call,
    asks,
    asks_who,
    changes,
    json_answer,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Converse, failure_of, only, play

TEXT = "CHG0031337: replaced by order 2"
annotates = partial(play, module, order_id=1, text=TEXT)


def notes(*texts: str) -> Call:
    listed = {"notes": [{"id": number, "text": text} for number, text in enumerate(texts)]} if texts else {}
    return asks("/order/certificate/1/note", listed)


def adds(text: str = TEXT, answer: Answer | None = None) -> Call:
    return changes(
        "/order/certificate/1/note", {"text": text}, answer or json_answer({"id": 1, "text": text}, 201), "POST"
    )


def test_a_note_is_added_where_it_is_not_there(conversation: Converse) -> None:
    result = annotates(conversation(notes("another"), adds()))
    assert (result["changed"], only(result)["outcome"]) == (True, "changed")
    assert (only(result)["before"], only(result)["after"]) == ({"has_note": False}, {"has_note": True})


def test_adding_it_again_is_one_read(conversation: Converse) -> None:
    result = annotates(conversation(notes("another", TEXT)))
    assert (result["changed"], only(result)["outcome"]) == (False, "unchanged")


def test_check_mode_predicts(conversation: Converse) -> None:
    result = annotates(conversation(notes()), check_mode=True)
    assert (result["changed"], only(result)["after"]) == (True, {"has_note": True})


def test_a_note_is_sent_on_one_line_and_found_again(conversation: Converse) -> None:
    service = conversation(notes(), adds("two\\nlines"))
    assert annotates(service, text=" two\nlines\n")["changed"] is True
    assert annotates(conversation(notes("two\\nlines")), text=" two\nlines\n")["changed"] is False


@pytest.mark.parametrize("polls", [1, 2, 4])
def test_a_note_with_a_lost_reply_is_a_change_as_soon_as_it_shows(conversation: Converse, polls: int) -> None:
    then = [*[notes()] * (polls - 1), notes(TEXT)]
    result = annotates(conversation(notes(), adds(answer=HANGS_UP), *then), retries=3)
    assert (result["changed"], only(result)["outcome"]) == (True, "changed")


def test_a_note_with_a_lost_reply_that_never_shows_is_unknown_and_sent_once(conversation: Converse) -> None:
    service = conversation(notes(), adds(answer=HANGS_UP), *[notes()] * 4)
    result = annotates(service, retries=3)
    assert (result["changed"], result["failed"], only(result)["outcome"]) == (False, True, "unknown")
    assert len(service.writes) == 1


def test_a_read_only_key(conversation: Converse) -> None:
    result = annotates(conversation(notes(), adds(answer=VIEW_ONLY), notes()))
    assert (result["changed"], failure_of(result)["http_status"]) == (False, 403)


def test_an_order_that_does_not_exist(conversation: Converse) -> None:
    service = conversation(asks("/order/certificate/1/note", answer=NO_SUCH_ORDER), asks_who())
    assert failure_of(annotates(service))["code"] == "missing"


def test_an_empty_note_is_refused(conversation: Converse) -> None:
    result = annotates(conversation(), text=" \n")
    assert failure_of(result)["code"] == "invalid_option"
    assert "text" in result["msg"]
