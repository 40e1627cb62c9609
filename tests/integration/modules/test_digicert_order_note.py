# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A note is added once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    ISSUED,
    NOWHERE,
    PENDING,
    PENDING_TOO,
    Controller,
    Simulator,
    assert_failure,
    seed,
)


def note(name: str, text: str, **arguments: Any) -> str:
    return f"- {json.dumps({'name': name, 'certops.orders.digicert_order_note': {'text': text, **arguments}})}\n"


@pytest.mark.story("digicert_order_note")
def test_a_note_is_added_once_and_white_space_does_not_count(controller: Controller, sim: Simulator) -> None:
    run = controller.play(
        note("Add", " CHG0031337,  the server was retired ", order_ids=[PENDING, PENDING_TOO])
        + note("Again", "CHG0031337, the server was retired", order_ids=[PENDING, PENDING_TOO, ISSUED])
        + note("Another", "CHG0031338", order_id=PENDING),
    )
    add = run.good("Add")
    assert add.effects == [f"note {PENDING}", f"note {PENDING_TOO}"]
    assert len(add.requests) == 4
    assert {request["body"]["text"] for request in add.requests if request["body"]} == {
        "CHG0031337,  the server was retired"
    }
    assert run.good("Again").effects == [f"note {ISSUED}"]
    assert [one["outcome"] for one in run["Again"].orders] == ["unchanged", "unchanged", "changed"]
    another = run.good("Another")
    assert another.sent == [f"notes of {PENDING}", f"note {PENDING}"]
    assert str(PENDING) in another.msg
    assert another.orders[0]["before"] == {"has_note": False}
    assert [each["text"] for each in sim.order(PENDING)["notes"]] == [
        "CHG0031337,  the server was retired",
        "CHG0031338",
    ]


def test_a_manual_note_with_other_white_space_counts(controller: Controller, sim: Simulator) -> None:
    texts = ["Server\tretired", "Server\nretired", "Server\u00a0retired", " Server  retired\r\n"]
    sim.reset(seed(*({"id": number, "notes": [text]} for number, text in enumerate(texts, start=1))))
    run = controller.play(note("Add", "Server retired", order_ids=list(range(1, len(texts) + 1))))
    assert run.good("Add").writes == []


def test_a_text_of_several_lines_is_added_once(controller: Controller, sim: Simulator) -> None:
    run = controller.play(
        note("Add", "one\ntwo\u202e", order_id=PENDING)
        + note("Again", "one\ntwo\u202e", order_id=PENDING)
        + note("Blank", " \n", order_id=PENDING)
        + note("Nowhere", "Hello?", order_id=NOWHERE)
    )
    assert run.good("Add").requests[1]["body"] == {"text": r"one\ntwo\u202e"}
    assert run.good("Again").writes == []
    assert_failure(run.bad("Blank"), code="invalid_option")
    assert_failure(run.bad("Nowhere"), code="missing")
    assert len(sim.order(PENDING)["notes"]) == 1


def test_a_reply_that_was_lost_adds_no_second_note(controller: Controller, sim: Simulator) -> None:
    sim.fault("reset_after", order_id=PENDING, method="POST")
    sim.fault("hang_after", order_id=PENDING_TOO, method="POST")
    run = controller.play(note("Add", "Once", order_ids=[PENDING, PENDING_TOO], timeout=1))
    assert run.good("Add").summary["changed"] == 2
    assert run["Add"].writes == [f"note {PENDING}", f"note {PENDING_TOO}"]
    assert [len(sim.order(order_id)["notes"]) for order_id in (PENDING, PENDING_TOO)] == [1, 1]
