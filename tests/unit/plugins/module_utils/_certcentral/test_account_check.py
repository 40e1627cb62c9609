# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that no switch of the simulator gives are contradictions, and nothing of an answer gets into the result."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._certcentral.account_check import (
    FACTS,
    Answer,
    Filtered,
    Observed,
    judged,
    lines,
    summary,
)
from ansible_collections.certops.orders.tests.messages import check_messages

NAME = "secret.example.com"
ISSUED = {"id": 7, "status": "issued", "certificate": {"valid_till": "2027-01-01"}}


def orders(*rows: dict[str, Any], total: int | None = None) -> Answer:
    page = {"total": len(rows) if total is None else total}
    return Answer(200, frozenset(), {"orders": list(rows), "page": page})


def observed_in(**answers: Any) -> Observed:
    return Observed(date(2026, 11, 28), limit=100, **answers)


def of(observed: Observed, name: str) -> dict[str, str]:
    return next(fact for fact in judged(observed) if fact["fact"] == name)


def test_nothing_is_known_without_answers() -> None:
    facts = judged(observed_in())
    assert {fact["result"] for fact in facts} == {"untested"}
    assert len(facts) == len({fact["fact"] for fact in facts}) == len(FACTS)


@pytest.mark.parametrize(
    ("answers", "name", "found"),
    [
        ({"missing": Answer(404, data={"errors": [{"code": "not_found|route"}]})}, "missing_order", "another answer"),
        ({"missing": Answer(410, data={"errors": [{"code": "not_found|order"}]})}, "missing_order", "another answer"),
        ({"no_route": Answer(404, data={"errors": [{"code": "not_found|order"}]})}, "missing_route", "another answer"),
        ({"no_route": Answer(200, data={})}, "missing_route", "another answer"),
        ({"missing": Answer(404, data={"fault": NAME})}, "error_body", "other"),
        ({"nothing": Answer(200, data={"orders": {}})}, "empty_list", "other"),
        ({"sample": orders({"id": 7}), "migrated": orders({"id": 7}), "certcentral": orders({"id": 7})},
         "origin_filter", "ignored"),
        ({"sample": orders({"id": 7}),
          "filters": {"status": Filtered(orders(), 7, lambda _row: True)}}, "blind_filters", "status"),
        ({"sample": orders(ISSUED), "renewed": orders(ISSUED), "details": {7: ISSUED}}, "is_renewed_in", "nowhere"),
    ],
)  # fmt: skip
def test_what_contradicts_names_what_not_to_use(answers: dict[str, Any], name: str, found: str) -> None:
    observed = observed_in(**answers)
    fact = of(observed, name)
    assert (fact["seen"], fact["result"]) == (found, "contradiction")
    assert fact["avoid"]
    facts = judged(observed)
    assert name in summary(facts)
    assert fact["avoid"] in summary(facts)
    assert any(fact["avoid"] in line for line in lines(facts))


def test_what_is_handled_names_the_switch() -> None:
    more = {"sample": orders({"id": 7}, total=6), "last": orders(total=6)}
    fact = of(observed_in(**more), "page_total")
    assert (fact["result"], fact["switch"], fact["avoid"]) == ("different", "certcentral.page_total=too_large", "")
    fact = of(observed_in(sample=orders({"id": 7}, {"id": 8}, total=1)), "page_total")
    assert (fact["result"], fact["switch"], fact["avoid"]) == ("different", "certcentral.page_total=too_small", "")


def test_headers_about_the_rate_limit_are_no_contradiction() -> None:
    answer = Answer(200, frozenset(["x-ratelimit-remaining"]), {})
    fact = of(observed_in(sample=answer), "rate_headers")
    assert (fact["seen"], fact["result"], fact["switch"]) == ("some", "different", "")


def test_nothing_of_an_answer_is_shown() -> None:
    row = {
        "id": NAME, "status": NAME, "is_renewed": NAME, "organization": NAME, "order_valid_till": NAME,
        "certificate": {"id": NAME, "common_name": NAME, "dns_names": NAME, "valid_till": NAME},
        "product": {"name_id": NAME}, "type": NAME,
    }  # fmt: skip
    answer = Answer(
        200, frozenset([NAME]), {"orders": [row], "requests": [row], "certificates": [row], "errors": NAME, NAME: NAME}
    )
    names = ("account", "sample", "renewed", "migrated", "missing", "no_route", "nothing", "changes", "requests")
    observed = observed_in(user={"container_visibility": [NAME]}, details={0: row}, **dict.fromkeys(names, answer))
    observed.duplicates = observed.reissues = (row, answer)
    facts = judged(observed)
    assert NAME not in json.dumps([facts, lines(facts), summary(facts)])


def test_messages() -> None:
    observed = observed_in(
        sample=orders({"id": 7}, total=6), last=orders(total=6), missing=Answer(404, data={"errors": [{"code": "x"}]})
    )
    facts = judged(observed)
    table = [" ".join(line.split()) for line in lines(facts)]
    # The first fact of each text.
    avoid = {fact.avoid: fact.name for fact in reversed(FACTS) if fact.avoid}
    check_messages(
        "account check",
        {
            "summary": summary(facts),
            "summary without a contradiction": summary(judged(observed_in())),
            "headings": table[1],
            **{f"title {number}": line for number, line in enumerate((line for line in table if "):" in line), 1)},
            "features to avoid": next(line for line in table if line.startswith("missing_order: ")),
            **{f"fact {fact.name}": fact.text for fact in FACTS},
            **{f"avoid, {name}": avoided for avoided, name in avoid.items()},
        },
    )
