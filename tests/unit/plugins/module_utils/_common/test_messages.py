# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences of options, names, JSON texts and errors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.certops.orders.plugins.module_utils._certcentral.filters import STATUSES
from ansible_collections.certops.orders.plugins.module_utils._common import names
from ansible_collections.certops.orders.plugins.module_utils._common.context import Stop
from ansible_collections.certops.orders.plugins.module_utils._common.errors import LibraryMissing, WrongAddress
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    OptionError,
    domain_name,
    ids,
    known_words,
    refuse_nul,
    text_of,
    within,
)
from ansible_collections.certops.orders.plugins.module_utils._common.strict_json import NotStrict, read_object
from ansible_collections.certops.orders.tests.messages import check_messages

REFUSAL = "CertCentral refused to read order 7 (HTTP 404)"


def refusal(check: Callable[[], object]) -> str:
    """The message of the error that a check raises."""
    with pytest.raises((OptionError, NotStrict)) as caught:
        check()
    return str(caught.value)


def without_idna(check: Callable[[], object]) -> str:
    """The same where the library idna is not installed."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(names, "_idna", None)
        return refusal(check)


def test_messages_of_options() -> None:
    check_messages(
        "common options",
        {
            "order_id is 0": refusal(lambda: ids({"order_id": 0}, "order_id", "order_ids")),
            "order_ids contains 0": refusal(lambda: ids({"order_ids": [1, 0]}, "order_id", "order_ids")),
            "a name with a space": refusal(lambda: domain_name("a b", "names")),
            "a name in Unicode without idna": without_idna(lambda: domain_name("münchen.example", "names")),
            "a status with a similar one": refusal(lambda: known_words(["Waiting Pickup"], STATUSES, "status")),
            "a status without a similar one": refusal(lambda: known_words(["xyzzy"], STATUSES, "status")),
            "an empty note": refusal(lambda: text_of({"note": " "}, "note", required=True)),
            "a path with NUL": refusal(lambda: refuse_nul({"audit_log": "/tmp/a\0b"})),
            "workers out of range": refusal(lambda: within({"workers": 64}, "workers", 1, 32)),
        },
    )


def test_messages_of_json() -> None:
    check_messages(
        "strict JSON",
        {
            "too long": refusal(lambda: read_object("{}" + " " * (1 << 20), 1 << 20)),
            "too deep": refusal(lambda: read_object("[" * 100_000, 1 << 20)),
            "not JSON": refusal(lambda: read_object('{\n"a" 1}', 100)),
            "a list": refusal(lambda: read_object("[]", 100)),
            "a duplicate name": refusal(lambda: read_object('{"a": 1, "a": 2}', 100)),
            "NaN": refusal(lambda: read_object('{"a": NaN}', 100)),
        },
    )


def test_messages_of_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Stop(parent=1)
    monkeypatch.setattr("os.getppid", lambda: 2)
    check_messages(
        "common errors",
        {
            "library missing": LibraryMissing("requests", "").message,
            "404 without a code for the object": WrongAddress(REFUSAL, 404, address="https://host.example/v2").message,
            "the same with an unknown address": WrongAddress(REFUSAL, 404).message,
            "the parent process has ended": stop.reason,
        },
    )
