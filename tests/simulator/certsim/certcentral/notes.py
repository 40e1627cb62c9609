# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The notes of an order: docs/development/reference/certcentral.md 4.4."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from certsim.certcentral import context, errors
from certsim.certcentral.context import Context
from certsim.clock import parse_instant
from certsim.exchange import Answer


def add_note(call: Context, reference: str) -> Answer:
    """POST /order/certificate/{id}/note."""
    call.parameters()
    order = call.order(reference)
    text = context.text(call.body("text"), "text") or ""
    if not text.strip():
        raise errors.text_required()
    kept = text.strip() if call.switch("note_text") == "trimmed" else text
    return context.answer(order.add_note(kept, call.now, call.key.user_fields()), HTTPStatus.CREATED, effect=True)


def list_notes(call: Context, reference: str) -> Answer:
    """GET /order/certificate/{id}/note: the newest first."""
    call.parameters()
    notes = sorted(call.order(reference).notes, key=_age, reverse=True)
    return context.answer(call.listed("notes", notes))


def get_note(call: Context, reference: str, note_reference: str) -> Answer:
    """GET /order/certificate/{id}/note/{note id}."""
    call.parameters()
    for note in call.order(reference).notes:
        if str(note["id"]) == note_reference:
            return context.answer(note)
    raise errors.no_note()


def _age(note: dict[str, Any]) -> Any:
    return parse_instant(note["date_created"]), note["id"]
