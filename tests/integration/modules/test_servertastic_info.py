# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading Servertastic's orders and account, by real playbooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.certops.orders.tests.integration.servertastic_support import (
    ACCOUNT,
    INFO,
    KEY,
    ORDERS,
    Desk,
    a_time,
    cancel,
    desk,
    digest,
    issued,
    named,
    order,
    requests_of,
    seed,
    sim_task,
    task,
    token,
)
from ansible_collections.certops.orders.tests.integration.support import Simulator, Task, assert_failure, mentions

EVERYONE = [str(each["reseller_order_id"]) for each in ORDERS]
REVIEW_KEYS = {
    "order_digest",
    "order_ref",
    "reseller_order_id",
    "provider_order_id",
    "reseller_unique_reference",
    "order_status",
    "product_code",
    "domain_name",
    "admin_email",
    "completed_at",
    "window_closes",
    "domains",
    "san_count",
    "expiry_date",
}
LISTED_KEYS = {"reseller_order_id", "order_status", "domain_name", "product_code", "order_date", "expiry_date"}


@pytest.fixture
def table(process: Simulator) -> Iterator[Desk]:
    """Make a machine to run playbooks on, and a simulator that has SEED."""
    with desk(process) as made:
        yield made


def names(task: Task) -> list[str]:
    return [named(one) for one in task.orders]


@pytest.mark.story("servertastic_order_info")
def test_orders_by_their_tokens(table: Desk) -> None:
    wanted = ("queued", "nowhere", "issued", "queued", "unused")
    run = table.run(
        task("One", {"order_token": token("issued")}, INFO),
        task("Several", {"order_tokens": [token(name) for name in wanted]}, INFO, check_mode=True),
        task("Missing", {"order_token": token("nowhere")}, INFO),
        api_key="",
    )
    one = run.good("One")
    assert set(one.shown) == {"changed", "msg", "orders", "missing", "api"}
    assert not one.changed
    (shown,) = one.orders
    assert set(shown) == REVIEW_KEYS
    completed, closes = (a_time(shown[name]) for name in ("completed_at", "window_closes"))
    assert abs(datetime.now(timezone.utc) - completed - timedelta(days=10)) < timedelta(minutes=10)
    assert closes - completed == timedelta(days=30)
    assert {**shown, "completed_at": "", "window_closes": "", "expiry_date": shown["expiry_date"][:2]} == {
        "order_digest": digest("issued"),
        "order_ref": digest("issued")[:8],
        "reseller_order_id": "issued",
        "provider_order_id": str(70_000_001 + EVERYONE.index("issued")),
        "reseller_unique_reference": f"ref-{1 + EVERYONE.index('issued')}",
        "order_status": "Completed",
        "product_code": "RapidSSL",
        "domain_name": "issued.example.com",
        "domains": ["issued.example.com"],
        "san_count": 0,
        "admin_email": "admin@issued.example.com",
        "completed_at": "",
        "window_closes": "",
        "expiry_date": "20",
    }
    several = run.good("Several")
    assert names(several) == ["queued", "issued", "unused"]
    assert several.missing == [digest("nowhere")]
    assert sorted(requests_of(several)) == ["review a stranger", "review issued", "review queued", "review unused"]
    assert several.api["requests"] == 4
    unused = several.orders[2]
    assert {name for name, value in unused.items() if not value} == {
        *("provider_order_id", "domain_name", "admin_email", "completed_at", "window_closes", "expiry_date"),
        *("domains", "san_count"),
    }
    assert (run.good("Missing").orders, run["Missing"].missing) == ([], [digest("nowhere")])


def test_orders_of_the_account(table: Desk) -> None:
    plan = [digest("queued"), digest("unused").upper()]
    run = table.run(
        task("All", {"tokens": "all"}, INFO),
        task("Used", {"tokens": "used"}, INFO),
        task("Unused", {"tokens": "unused"}, INFO),
        task("By digests", {"order_digests": plan}, INFO),
        task("Of no order", {"order_digests": [digest("nowhere")]}, INFO),
        task("No digests", {"order_digests": []}, INFO),
        task("No tokens", {"order_tokens": []}, INFO),
    )
    unused = ["unused", "unused_licence"]
    assert sorted(names(run.good("All"))) == sorted(EVERYONE)
    assert requests_of(run["All"])[0] == "tokens"
    assert len(run["All"].requests) == 1 + len(EVERYONE)
    assert names(run.good("Unused")) == unused
    assert names(run.good("Used")) == [name for name in EVERYONE if name not in unused]
    assert names(run.good("By digests")) == ["queued", "unused"]
    assert len(run["By digests"].requests) == 3
    assert (run.good("Of no order").orders, run["Of no order"].missing) == ([], [digest("nowhere")])
    assert requests_of(run["Of no order"]) == ["tokens"]
    for name in ("No digests", "No tokens"):
        assert run.good(name).orders == run[name].requests == []


def test_orders_of_the_account_through_the_target(table: Desk) -> None:
    run = table.run(
        task("All", {"tokens": "unused"}, INFO),
        task("Expiring", {"expiring_within_days": 3650}, INFO),
        task("Account", {"audit": True}, ACCOUNT),
        execute_on="target",
    )
    assert names(run.good("All")) == ["unused", "unused_licence"]
    assert "issued" in names(run.good("Expiring"))
    assert run.good("Account").audit


def test_what_was_modified_since(table: Desk) -> None:
    now = datetime.now(timezone.utc)
    times = {
        "A day": f"{now - timedelta(days=7):%Y-%m-%d}",
        "A time": f"{now - timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}",
        "A time elsewhere": (now - timedelta(days=7)).astimezone(timezone(timedelta(hours=-11))).isoformat(),
        "A year": f"{now - timedelta(days=500):%Y-%m-%d}",
        "Tomorrow": f"{now + timedelta(days=1):%Y-%m-%d}",
        "No time": "yesterday",
    }
    run = table.run(
        *(task(name, {"modified_since": when}, INFO) for name, when in times.items()),
        cancel("Cancel one", "queued"),
        task("Just now", {"modified_since": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, INFO),
    )
    lately = names(run.good("A time"))
    assert {"queued", "unused", "fresh", "twice", "cancelled"} <= set(lately)
    assert {"issued", "old", "older", "late"}.isdisjoint(lately)
    assert names(run.good("A day")) == names(run.good("A time elsewhere")) == lately
    # The service is asked in GMT.
    asked = {name: dict(run[name].requests[0]["query"])["date"] for name in times if name != "No time"}
    assert asked["A time"] == asked["A time elsewhere"] == f"{now - timedelta(days=7):%Y-%m-%d %H:%M:%S}"
    assert sorted(names(run.good("A year"))) == sorted(EVERYONE)
    assert (run.good("Tomorrow").orders, run["Tomorrow"].missing) == ([], [])
    assert names(run.good("Just now")) == ["queued"]
    assert all(set(one) == LISTED_KEYS for one in run["A year"].orders)
    assert_failure(run.bad("No time"), code="invalid_option")
    assert run["No time"].requests == []


def test_what_expires_soon(process: Simulator) -> None:
    orders = [issued(f"in_{days}", 300, expires_in_days=days) for days in (0.5, 9.5, 59, 300)]
    with desk(process, seed(*orders, order("unused"), issued("past", 400, expires_in_days=-1))) as made:
        run = made.run(
            task("Ten", {"expiring_within_days": 10}, INFO),
            task("Sixty", {"expiring_within_days": 60}, INFO),
            task("Today", {"expiring_within_days": 0}, INFO),
            task("All", {"expiring_within_days": 3650}, INFO),
            task("Too many", {"expiring_within_days": 3651}, INFO),
            task("Too few", {"expiring_within_days": -1}, INFO),
        )
    assert names(run.good("Ten")) == ["in_0.5", "in_9.5"]
    assert names(run.good("Sixty")) == ["in_0.5", "in_9.5", "in_59"]
    assert names(run.good("Today")) == []
    assert len(run.good("All").orders) == 4
    (day, *_others) = [one["expiry_date"] for one in run["Sixty"].orders][2:]
    assert day == f"{datetime.now(timezone.utc) + timedelta(days=59):%Y-%m-%d}"
    for name in ("Too many", "Too few"):
        assert_failure(run.bad(name), code="invalid_option")
        assert run[name].requests == []


@pytest.mark.story("servertastic_account_info")
def test_the_account(table: Desk) -> None:
    run = table.run(
        task("Account", {}, ACCOUNT, check_mode=True),
        cancel("Cancel", "queued"),
        task("With its audit", {"audit": True}, ACCOUNT),
    )
    before, after = run.good("Account"), run.good("With its audit")
    assert requests_of(before) == ["account"]
    assert requests_of(after) == ["account", "audit"]
    assert set(before.shown) == {"changed", "msg", "points", "active_orders", "completed_orders", "api"}
    assert before.points == 1000
    assert mentions(before.msg, 1000)
    assert after.points == before.points + 100
    assert "queued" in map(named, before.active_orders)
    assert "queued" not in map(named, after.active_orders)
    assert "issued" in map(named, before.completed_orders)
    assert all(set(one) == LISTED_KEYS for one in [*after.active_orders, *after.completed_orders])
    last = after.audit[-1]
    assert {**last, "time": "", "description": ""} == {
        "time": "",
        "points": 100.0,
        "total": 1100.0,
        "description": "",
        "reseller_order_id": "queued",
        "order_digest": digest("queued"),
        "order_ref": digest("queued")[:8],
    }
    assert abs(a_time(last["time"]) - datetime.now(timezone.utc)) < timedelta(minutes=10)
    for done in run.tasks:
        assert "sim-" not in json.dumps({name: value for name, value in done.result.items() if name != "invocation"})


def test_options_that_need_a_key_are_refused_without_one(table: Desk) -> None:
    arguments = {
        "Tokens": {"tokens": "all"},
        "Digests": {"order_digests": [digest("queued")]},
        "Modified": {"modified_since": "2026-01-01"},
        "Expiring": {"expiring_within_days": 60},
    }
    run = table.run(
        *(task(name, options, INFO) for name, options in arguments.items()),
        task("Account", {}, ACCOUNT),
        task("Nothing", {}, INFO),
        task("Two things", {"tokens": "all", "expiring_within_days": 1}, INFO),
        api_key="",
    )
    for done in run.tasks:
        assert_failure(done, code="invalid_option")
    assert mentions(run["Account"].msg, "api_key", "SERVERTASTIC_API_KEY")
    assert run.requests == []


@pytest.mark.parametrize("status", ["401", "400", "403", "404"])
def test_a_key_or_a_token_that_is_not_known(table: Desk, status: str) -> None:
    bad_key = {"api_key": "sim-nobody", "api_url": table.sim.servertastic_url}
    run = table.run(
        sim_task("Switch", switches={"servertastic.unknown_token_status": status}),
        task("Account", bad_key, ACCOUNT),
        task("Tokens", {**bad_key, "tokens": "all"}, INFO),
        task("Digests", {**bad_key, "order_digests": [digest("queued")]}, INFO),
        task("Expiring", {**bad_key, "expiring_within_days": 1}, INFO),
        task("A token", {"order_tokens": [token("nowhere"), token("queued")]}, INFO),
        sim_task("Under 200", switches={"servertastic.error_http_status": "200"}),
        task("Account, under 200", bad_key, ACCOUNT),
        task("A token, under 200", {"order_tokens": [token("nowhere"), token("queued")]}, INFO),
    )
    for name in ("Account", "Tokens", "Digests", "Expiring", "Account, under 200"):
        assert_failure(run.bad(name), code=status, http_status=int(status))
    for name in ("A token", "A token, under 200"):
        # 404 is what an unknown call is answered with as well: the address may be wrong.
        if status == "401":
            assert (names(run.good(name)), run[name].missing) == (["queued"], [digest("nowhere")])
        else:
            assert_failure(run.bad(name), code=status, http_status=int(status))


def test_reads_are_repeated_after_what_passes(table: Desk) -> None:
    faults = {
        "500": {"kind": "status", "status": 500},
        "503": {"kind": "html"},
        "429": {"kind": "status", "status": 429, "headers": {"Retry-After": "0"}},
        "reset": {"kind": "reset_before"},
    }
    lasting = {
        "400 as HTML": ({"kind": "html", "status": 400}, None, 400),
        "redirect": ({"kind": "redirect"}, None, 302),
        "not JSON": ({"kind": "not_json"}, "unreadable", 200),
        "cut": ({"kind": "truncated_json"}, "unreadable", 200),
        "list": ({"kind": "deep_json"}, "unreadable", 200),
    }
    tasks = []
    for name, fault in faults.items():
        tasks += [sim_task(f"Arm {name}", fault=fault), task(name, {"order_token": token("queued")}, INFO)]
    for name, (fault, _code, _status) in lasting.items():
        tasks += [sim_task(f"Arm {name}", fault=fault), task(name, {"audit": True}, ACCOUNT)]
    run = table.run(*tasks)
    for name in faults:
        assert names(run.good(name)) == ["queued"]
        assert requests_of(run[name]) == ["review queued"] * 2
        assert run[name].api["retries"] == 1
    for name, (_fault, code, status) in lasting.items():
        assert_failure(run.bad(name), code=code, http_status=status)
        assert requests_of(run[name]) == ["account"]


def test_in_the_newer_generation_too(table: Desk) -> None:
    url = {"api_url": f"{table.sim.servertastic_url}/v2/", "api_key": KEY}
    run = table.run(task("Tokens", {**url, "tokens": "unused"}, INFO), task("Account", url, ACCOUNT))
    assert names(run.good("Tokens")) == ["unused", "unused_licence"]
    assert run.good("Account").points == 1000
    assert {request["path"].split("/")[1] for request in run.requests} == {"v2"}
