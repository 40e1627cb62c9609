# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that only read Servertastic, as conversations; and what every module of its side owes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from functools import partial
from types import ModuleType
from typing import Any

import pytest
import yaml

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context, Stop
from ansible_collections.certops.orders.plugins.modules import (
    servertastic_account_info,
    servertastic_order_cancel,
    servertastic_order_info,
)
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.modules import playing, servertastic_playing
from ansible_collections.certops.orders.tests.unit.plugins.modules import test_every_module as every
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    HANGS_UP,
    HTML,
    THROTTLED,
    Answer,
    json_answer,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Converse, failure_of, only
from ansible_collections.certops.orders.tests.unit.plugins.modules.servertastic_playing import (
    KEY,
    NEW,
    OTHER,
    TOKEN,
    UNKNOWN_TOKEN,
    a_record,
    a_review,
    ago,
    digest,
    iso,
    of_account,
    ref,
    refuses,
    reviews,
    shows_tokens,
    stamp,
)

MODULES = {
    module.__name__.rpartition(".")[2]: module
    for module in (servertastic_account_info, servertastic_order_cancel, servertastic_order_info)
}
every_module = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
info = partial(servertastic_playing.play, servertastic_order_info)
account = partial(servertastic_playing.play, servertastic_account_info)
validated = partial(playing.validated, servertastic_order_info)
ROW = {
    "reseller_order_id": "STR_1001_1",
    "order_status": "Completed",
    "order_date": "2026-01-14 10:00:00",
    "domain_name": "WWW.example.com",
    "order_points": "42",
    "expiry_date": "2027-01-15",
    "st_product_code": "RapidSSL-12",
}
LISTED = {
    "reseller_order_id": "STR_1001_1",
    "order_status": "Completed",
    "order_date": "2026-01-14T10:00:00Z",
    "domain_name": "www.example.com",
    "expiry_date": "2027-01-15",
    "product_code": "RapidSSL-12",
}


# -- orders ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check_mode", [True, False])
def test_an_order_is_reviewed(conversation: Converse, check_mode: bool) -> None:
    completed = ago(3).replace(microsecond=0)
    history = [{"timestamp": stamp(completed), "event_name": "Order Completed"}]
    service = conversation(
        reviews(
            "completed", modifications={"modification": history}, certificate_list=[{"expiration_date": "2027-01-15"}]
        )
    )

    result = info(service, order_token=TOKEN, check_mode=check_mode)

    assert result == {
        "changed": False,
        "msg": result["msg"],
        "orders": [
            {
                "order_digest": digest(),
                "order_ref": ref(),
                "reseller_order_id": "STR_1001_1",
                "provider_order_id": "77001",
                "reseller_unique_reference": "",
                "order_status": "Completed",
                "product_code": "RapidSSL-12",
                "domain_name": "www.example.com",
                "domains": ["www.example.com"],
                "san_count": None,
                "admin_email": "admin@example.com",
                "completed_at": iso(completed),
                "window_closes": iso(completed + timedelta(days=30)),
                "expiry_date": "2027-01-15",
            }
        ],
        "missing": [],
        "api": {"requests": 1, "retries": 0, "waited": 0.0},
    }


def test_unknown_tokens_are_reported_as_missing(conversation: Converse) -> None:
    service = conversation(reviews(), reviews(token=NEW, answer=UNKNOWN_TOKEN), reviews("Cancelled", token=OTHER))

    result = info(service, order_tokens=[TOKEN, NEW, OTHER, TOKEN])

    assert [order["order_ref"] for order in result["orders"]] == [ref(), ref(OTHER)]
    assert (result["missing"], "failed" in result) == ([digest(NEW)], False)


@pytest.mark.parametrize(
    ("tokens", "found"), [("all", [NEW, TOKEN, OTHER]), ("unused", [NEW]), ("used", [TOKEN, OTHER])]
)
def test_all_orders_of_the_account(conversation: Converse, tokens: str, found: list[str]) -> None:
    service = conversation(shows_tokens(used=(TOKEN, OTHER), unused=(NEW,)), *[reviews(token=one) for one in found])

    result = info(service, tokens=tokens, api_key=KEY)

    assert [order["order_digest"] for order in result["orders"]] == [digest(one) for one in found]


def test_orders_by_digest(conversation: Converse) -> None:
    service = conversation(shows_tokens(used=(TOKEN, OTHER)), reviews(token=OTHER))

    assert only(info(service, order_digests=[digest(OTHER)], api_key=KEY))["order_ref"] == ref(OTHER)


def test_a_digest_without_an_order_is_reported_as_missing(conversation: Converse) -> None:
    """As a token of no order is."""
    service = conversation(shows_tokens(used=(TOKEN,)), reviews())

    result = info(service, order_digests=[digest(), digest(OTHER)], api_key=KEY)

    assert result["missing"] == [digest(OTHER)]
    assert only(result)["order_ref"] == ref()


@pytest.mark.parametrize(
    ("since", "asked"),
    [
        ("2026-01-31", "2026-01-31 00:00:00"),
        ("2026-01-31T12:00:00Z", "2026-01-31 12:00:00"),
        ("2026-01-31 12:00:00+02:00", "2026-01-31 10:00:00"),
    ],
)
def test_what_was_modified(conversation: Converse, since: str, asked: str) -> None:
    data = {"success": "Modified Orders", "orders": {"order": [ROW]}, "data_accuracy": "5 minutes"}
    service = conversation(of_account("order/modifiedorders", data, query=f"&date={asked}"))

    result = info(service, modified_since=since, api_key=KEY)

    assert (result["orders"], result["missing"]) == ([LISTED], [])


@pytest.mark.parametrize("days", [0, 60])
def test_what_expires(conversation: Converse, days: int) -> None:
    data = {"success": "Expiring Orders", "orders": {"order": ROW}}
    service = conversation(of_account("order/expiring", data, query=f"&days={days}"))

    assert info(service, expiring_within_days=days, api_key=KEY)["orders"] == [LISTED]


@pytest.mark.parametrize(
    "arguments",
    [
        {"tokens": "all"},
        {"order_digests": [digest()]},
        {"order_digests": []},
        {"modified_since": "2026-01-31"},
        {"expiring_within_days": 7},
    ],
)
def test_what_is_asked_of_the_account_takes_a_key(conversation: Converse, arguments: dict[str, Any]) -> None:
    result = info(conversation(), **arguments)

    assert failure_of(result)["code"] == "invalid_option"
    assert "SERVERTASTIC_API_KEY" in result["msg"]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ({"modified_since": "yesterday"}, "modified_since"),
        ({"modified_since": ""}, "modified_since"),
        ({"expiring_within_days": -1}, "expiring_within_days"),
        ({"expiring_within_days": 3651}, "expiring_within_days"),
        ({"order_token": TOKEN, "workers": 0}, "workers"),
        ({"order_token": "two words"}, "token"),
    ],
)
def test_what_is_out_of_bounds_is_refused(conversation: Converse, arguments: dict[str, Any], option: str) -> None:
    result = info(conversation(), api_key=KEY, **arguments)

    assert failure_of(result)["code"] == "invalid_option"
    assert option in result["msg"]


def test_one_question_at_a_time() -> None:
    assert validated({})[1]
    assert validated({"order_token": TOKEN, "tokens": "all"})[1]
    assert validated({"modified_since": "2026-01-31", "expiring_within_days": 7})[1]


@pytest.mark.parametrize(
    "answer", [HTML, HANGS_UP, THROTTLED, refuses(403), refuses(500, http=200), Answer(200, b"[]")]
)
@pytest.mark.parametrize(
    ("arguments", "call"),
    [
        ({"order_token": TOKEN}, reviews()),
        ({"tokens": "all"}, shows_tokens()),
        ({"expiring_within_days": 7}, of_account("order/expiring", query="&days=7")),
    ],
)
def test_what_cannot_be_read_is_a_failure(
    conversation: Converse, answer: Answer, arguments: dict[str, Any], call: Any
) -> None:
    result = info(conversation(call.gets(answer)), api_key=KEY, rate_limit_timeout=0, **arguments)

    assert failure_of(result)["message"]
    assert "orders" not in result


def test_a_signal_ends_it(conversation: Converse) -> None:
    stop = Stop()
    stop.set("the run was stopped by SIGTERM")

    result = info(conversation(), order_token=TOKEN, context=Context(stop=stop))

    assert failure_of(result)["code"] == "stopped"
    assert "SIGTERM" in result["msg"]


def test_many_orders_are_reviewed_in_parallel_and_returned_in_order() -> None:
    tokens = [f"sim-{number}" for number in range(60)]

    class Reseller(servertastic_playing.Service):
        def answer(self, request: Any) -> Answer:
            return json_answer(a_review(token=request.target.partition("=")[2]))

    service = Reseller()
    try:
        result = info(service, order_tokens=tokens, workers=8)
    finally:
        service.close()

    assert [order["order_digest"] for order in result["orders"]] == [digest(token) for token in tokens]


@pytest.mark.parametrize("echoed", [TOKEN, servertastic_playing.quote(TOKEN, safe="")])
def test_an_echoed_token_shows_nowhere(conversation: Converse, echoed: str) -> None:
    names = ("reseller_order_id", "provider_order_id", "st_product_code", "domain_name", "reseller_unique_reference")
    service = conversation(
        reviews(echoed, **dict.fromkeys(names, echoed), admin_contact={"email": echoed}, expiry_date=echoed)
    )

    info(service, order_token=TOKEN)


def test_a_reference_may_not_forge_a_line(conversation: Converse) -> None:
    result = info(conversation(reviews(reseller_unique_reference="a\x1b[2J\u202e")), order_token=TOKEN)

    assert only(result)["reseller_unique_reference"] == "a\\x1b[2J\\u202e"


# -- the account -------------------------------------------------------------------------------------------------------

REVIEWED = {
    "success": "Reseller Overview",
    "purchased_points": "420",
    "active_orders": {"active_order": [ROW, ROW]},
    "completed_orders": {"completed_order": ROW},
}


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_account_is_returned(conversation: Converse, check_mode: bool) -> None:
    result = account(conversation(of_account("account/review", REVIEWED)), api_key=KEY, check_mode=check_mode)

    assert result == {
        "changed": False,
        "msg": result["msg"],
        "points": 420.0,
        "active_orders": [LISTED, LISTED],
        "completed_orders": [LISTED],
        "api": {"requests": 1, "retries": 0, "waited": 0.0},
    }


def test_the_audit_is_returned_on_request(conversation: Converse) -> None:
    when = datetime(2026, 1, 14, 10, 0, tzinfo=timezone.utc)
    service = conversation(
        of_account("account/review", {"success": "Reseller Overview"}),
        servertastic_playing.audits(
            a_record(Timestamp=stamp(when)), a_record("-42", OrderToken="", Description="Test")
        ),
    )

    result = account(service, api_key=KEY, audit=True)

    assert (result["points"], result["active_orders"]) == (None, [])
    assert result["audit"] == [
        {
            "time": "2026-01-14T10:00:00Z",
            "points": 42.0,
            "total": 420.0,
            "description": "Order cancelled ********",
            "reseller_order_id": "STR_1001_1",
            "order_digest": digest(),
            "order_ref": ref(),
        },
        {**result["audit"][1], "points": -42.0, "order_digest": "", "order_ref": "", "description": "Test"},
    ]


@pytest.mark.parametrize("field", ["Description", "OrderReference"])
@pytest.mark.parametrize("spelled", [NEW, servertastic_playing.quote(NEW, safe="")])
def test_no_token_of_the_audit_is_shown(conversation: Converse, field: str, spelled: str) -> None:
    records = [a_record(token=TOKEN, **{"Description": "", field: f"instead of {spelled}"}), a_record(token=NEW)]
    service = conversation(of_account("account/review", REVIEWED), servertastic_playing.audits(*records))

    account(service, api_key=KEY, audit=True)


def test_the_account_takes_a_key(conversation: Converse) -> None:
    assert failure_of(account(conversation()))["code"] == "invalid_option"


def test_a_key_from_the_environment_is_sent_only_to_the_url_of_the_environment(conversation: Converse) -> None:
    result = account(conversation(), environ={"SERVERTASTIC_API_KEY": KEY})

    assert failure_of(result)["code"] == "invalid_option"
    assert "SERVERTASTIC_API_KEY" in result["msg"]


@pytest.mark.parametrize("answer", [HTML, HANGS_UP, refuses(401), refuses(403, f"Forbidden: {KEY}"), Answer(200, b"{")])
@pytest.mark.parametrize("audit", [True, False])
def test_an_account_that_cannot_be_read_is_a_failure(conversation: Converse, answer: Answer, audit: bool) -> None:
    calls = [of_account("account/review", REVIEWED)] if audit else []
    failing = servertastic_playing.audits(answer=answer) if audit else of_account("account/review", answer=answer)

    result = account(conversation(*calls, failing), api_key=KEY, audit=audit)

    assert failure_of(result)["order_id"] is None
    assert "points" not in result


# -- every module ------------------------------------------------------------------------------------------------------


@every_module
def test_the_documentation_has_exactly_the_options_of_the_spec(module: ModuleType) -> None:
    documented = {
        name: {key: option[key] for key in ("type", "elements", "default", "choices") if key in option}
        for name, option in every.documented_options(module).items()
    }
    specified = {
        name: {key: value for key, value in option.items() if key != "no_log"}
        for name, option in module.SPEC["argument_spec"].items()
    }

    assert documented == specified
    assert module.SPEC["supports_check_mode"] is True


@every_module
def test_secret_options_are_declared_no_log(module: ModuleType) -> None:
    options = module.SPEC["argument_spec"]
    secret = {"api_key", "order_token", "order_tokens", "replacement_order_token"} & set(options)

    assert {name for name, option in options.items() if option.get("no_log")} == secret
    # Ansible would warn of these names, unless no_log is false.
    assert all(options[name]["no_log"] is False for name in ("tokens",) if name in options)


@every_module
def test_every_example_has_arguments_that_the_module_takes(module: ModuleType) -> None:
    name = f"certops.orders.{module.__name__.rpartition('.')[2]}"
    ours = [task[name] for task in every.example_tasks(yaml.safe_load(module.EXAMPLES)) if name in task]
    stand_in: dict[str, Any] = {"list": ["0"], "dict": {}}

    assert ours
    for arguments in ours:
        given = {
            option: stand_in.get(module.SPEC["argument_spec"][option]["type"], value) if "{{" in str(value) else value
            for option, value in arguments.items()
        }
        assert playing.validated(module, given)[1] == []


@every_module
def test_the_documentation_contains_the_facts_of_the_article(module: ModuleType) -> None:
    documentation = json.dumps(yaml.safe_load(module.DOCUMENTATION))

    assert "reseller_order_id" in documentation or module is servertastic_account_info
    if module is servertastic_order_cancel:
        for words in ("30 days", "re-instated", "manual review", "admin contact", "refund", "order management page"):
            assert words in documentation


@every_module
def test_the_entry_point_refuses_an_unknown_option(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "colour" in every.exits(module.main, monkeypatch, capsys, colour="red", order_token=TOKEN)["msg"]


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages(conversation: Converse) -> None:
    check_messages(
        "servertastic_order_info",
        {"modified_since invalid": info(conversation(), api_key=KEY, modified_since="yesterday")["msg"]},
    )
