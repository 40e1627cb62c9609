# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens and keys of Servertastic travel in URLs: every failure there is, and a search for them in all that is left."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ansible_collections.certops.orders.tests.integration.servertastic_support import (
    ACCOUNT,
    CANCEL,
    INFO,
    Desk,
    desk,
    issued,
    order,
    seed,
    sim_task,
    task,
)
from ansible_collections.certops.orders.tests.integration.support import Simulator, Task

# Every token holds one mark and every key the other: whatever is done to the rest of a token, that shows.
MARK, KEY_MARK = "Zq7Yx2Wv", "Kj4Bn8Ds"
API_KEY = f"sim-{KEY_MARK}+/=&%7e"
NAMES = ("queued", "queued_too", "issued", "unused", "old", "shown", "replacing")
# And one for each strike of a fault.
STRUCK = [f"struck{number}" for number in range(120)]
TOKENS = {name: f"sim-{MARK}/{number}+{name}=&%7e~'" for number, name in enumerate([*NAMES, *STRUCK])}
UNKNOWN = f"sim-{MARK}/nowhere?"

SHOWN = TOKENS["shown"]
BOOK = seed(
    order("queued", "Queued"),
    order("queued_too", "Queued"),
    issued("issued"),
    order("unused"),
    issued("old", 50),
    # The service repeats its token wherever there is a place for it.
    issued(
        "shown",
        further_info=f"See /token/{quote(SHOWN, safe='')}",
        reseller_unique_reference=SHOWN,
        admin_contact={"email": f"{SHOWN}@example.com"},
        invite_url=f"https://orders.reseller.example/token/{quote(SHOWN, safe='')}?order_token={SHOWN}",
        extra={"order_token": SHOWN, "invite": {"url": SHOWN}},
    ),
    order("replacing", "Queued"),
    *(order(name, "Queued") for name in STRUCK),
    switches={"servertastic.echo_token_in_review": True, "servertastic.debug_key": True},
    accounts=[
        {
            "username": "team",
            "api_key": API_KEY,
            "audit": [
                {"adjustment": -100, "days_ago": 3, "order_token": SHOWN, "description": f"Order of {SHOWN}"},
                {
                    "adjustment": 100,
                    "days_ago": 2,
                    "order_token": SHOWN,
                    "description": f"Credit: https://orders.reseller.example/token/{quote(SHOWN, safe='')}",
                    "notes": SHOWN,
                },
            ],
        }
    ],
)
for one in BOOK["servertastic"]["orders"]:
    one["token"] = TOKENS[one["reseller_order_id"]]


def both_ways(token: str) -> str:
    """The secrets that a task holds, as they are and as they stand in a URL."""
    return " ".join(f"{secret} {quote(secret, safe='')}" for secret in sorted({API_KEY, token}))


# Where these stand, the secrets of the task come: in errors of the service, and of something before it.
ALL, QUOTED = "ALL OF THEM", "THE TOKEN"
PAGE = f"<html><a href='/order/cancel.json?order_token={QUOTED}'>{ALL}</a></html>"
FAULTS: dict[str, dict[str, Any]] = {
    **{f"echo {status}": {"kind": "echo_token", "status": status} for status in (400, 401, 403, 404, 409, 500, 503)},
    "error after": {"kind": "error_after", "status": 500},
    "error with all": {"kind": "status", "status": 400, "body": {"error": {"code": 400, "message": ALL}}},
    "code with all": {"kind": "status", "status": 400, "body": {"error": {"code": ALL, "message": ALL}}},
    "error under 200": {"kind": "status", "status": 200, "body": {"error": {"code": 403, "message": ALL}}},
    "code under 200": {"kind": "status", "status": 200, "body": {"error": {"code": ALL, "message": ALL}}},
    "something under 200": {"kind": "status", "status": 200, "body": {"oops": ALL}},
    "status with all": {"kind": "status", "status": 200, "body": {"success": ALL, "order_status": ALL}},
    "HTML": {"kind": "html", "body": PAGE},
    "HTML as 200": {"kind": "html", "status": 200, "body": PAGE},
    "HTML as 400": {"kind": "html", "status": 400, "body": PAGE},
    "cut": {"kind": "truncated_json"},
    "not JSON": {"kind": "not_json", "body": ALL},
    "deep": {"kind": "deep_json"},
    "huge": {"kind": "huge_body", "mib": 65},
    "bomb": {"kind": "gzip_bomb", "mib": 65},
    "reset before": {"kind": "reset_before"},
    "reset after": {"kind": "reset_after"},
    "hang": {"kind": "hang"},
    "hang after": {"kind": "hang_after"},
    "drip": {"kind": "drip", "bytes_per_second": 1.0},
    "drip headers": {"kind": "drip_headers", "bytes_per_second": 1.0},
    "redirect": {"kind": "redirect", "location": f"https://192.0.2.1/{QUOTED}?{API_KEY}"},
    "redirect of a write": {"kind": "redirect", "status": 307, "location": f"/token/{QUOTED}"},
    "too many": {"kind": "status", "status": 429, "headers": {"Retry-After": "30"}, "body": {"error": ALL}},
    "close": {"kind": "close_idle"},
}
# What a fault strikes, and the task that makes this call.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "review": (CANCEL, {"order_token": "{{ tokens.NAME }}", "replacement": "none"}),
    "cancel": (CANCEL, {"order_token": "{{ tokens.NAME }}", "replacement": "none"}),
    "showtokens": (CANCEL, {"order_digests": ["{{ tokens.NAME | hash('sha256') }}"], "replacement": "none"}),
    "pointsaudit": (ACCOUNT, {"audit": True}),
    "expiring": (INFO, {"expiring_within_days": 9}),
}
# Each call fails in these ways; in the others, only that which writes, and one that has the key.
EVERYWHERE = ("echo 400", "echo 500", "code under 200", "HTML as 200", "reset before")
# On the target, where each task is a process.
THERE = ("echo 400", "code under 200", "HTML", "reset after", "redirect")
LOGS = {"audit_log": "{{ audit_log }}", "request_log": "{{ request_log }}"}


def filled(value: Any, token: str) -> Any:
    """A fault with the secrets in it."""
    if isinstance(value, dict):
        return {name: filled(item, token) for name, item in value.items()}
    return (
        value.replace(ALL, both_ways(token)).replace(QUOTED, quote(token, safe="")) if isinstance(value, str) else value
    )


def strikes() -> tuple[list[str], list[dict[str, Any]]]:
    """A task for every fault in every call that it is tried in, each after one that arms it; and these faults."""
    tasks: list[str] = []
    armed: list[dict[str, Any]] = []
    for fault, parameters in FAULTS.items():
        for call, (module, arguments) in CALLS.items():
            if fault not in EVERYWHERE and call not in ("cancel", "pointsaudit"):
                continue
            options = {**arguments, "retries": 0, "timeout": 1, "rate_limit_timeout": 0}
            options.update(LOGS if module == CANCEL else {})
            variants = [("", options)]
            if fault in THERE and call in ("cancel", "showtokens"):
                variants.append((", there", {**options, **_THERE}))
            for suffix, what in variants:
                name, whom = f"{fault} of {call}{suffix}", STRUCK[len(armed)]
                arm = sim_task(f"{name}: begin", clear_faults=True, fault=f"{{{{ faults[{len(armed)}] }}}}")
                tasks += [arm, task(name, what, module, diff=True).replace("NAME", whom)]
                held = TOKENS[whom] if call in ("review", "cancel") else API_KEY
                armed.append({**filled(parameters, held), "path": call, "times": -1})
    return tasks, armed


def mistakes() -> list[str]:
    """Options that are wrong, and secrets where they do not belong."""
    one = {"order_token": "{{ tokens.queued }}", "replacement": "none"}
    several: dict[str, dict[str, Any]] = {
        "unknown": {**one, "order_token": "{{ unknown }}"},
        "several unknown": {"order_tokens": ["{{ unknown }}", "{{ unknown }}1"], "replacement": "none"},
        "a choice": {**one, "issued": "maybe"},
        "an option": {**one, "tokens": "{{ tokens.queued }}"},
        "a number": {**one, "timeout": "{{ tokens.queued }}"},
        "two kinds": {**one, "order_tokens": ["{{ tokens.issued }}"]},
        "no token": {**one, "order_token": "{{ tokens.queued }} and more"},
        "a line feed": {**one, "order_token": "{{ tokens.queued ~ '\\n' ~ tokens.issued }}"},
        "a wrong key": {**one, "api_key": "{{ the_key }} and more", "api_url": "{{ url }}"},
        "a key in the address": {**one, "api_url": "{{ url }}?api_key={{ the_key }}", "api_key": "{{ the_key }}"},
        "its own replacement": {"order_token": "{{ tokens.queued }}", "replacement_order_token": "{{ tokens.queued }}"},
        "another domain": {"order_token": "{{ tokens.queued }}", "replacement_order_token": "{{ tokens.replacing }}"},
        "no replacement": {"order_token": "{{ tokens.queued }}", "replacement_order_token": "{{ unknown }}"},
        "too late": {**one, "order_token": "{{ tokens.old }}"},
        "issued": {**one, "order_token": "{{ tokens.issued }}"},
        "connection refused": {**one, "api_url": "http://127.0.0.1:9", "api_key": "{{ the_key }}", "retries": 1},
        "connection refused with the key": {
            "order_digests": ["{{ tokens.queued | hash('sha256') }}"],
            "api_url": "http://127.0.0.1:9",
            "api_key": "{{ the_key }}",
            "retries": 0,
        },
        "no TLS there": {**one, "api_url": "{{ url | replace('http:', 'https:') }}", "api_key": "{{ the_key }}"},
        "no digest": {"order_digests": ["{{ tokens.queued }}"]},
        "requested by a token": {**one, "requested_at": {"{{ tokens.queued }}": "never"}},
        "a log that is a folder": {**one, "request_log": "/"},
        "a proxy": {**one, "api_url": "https://localhost:9", "api_key": "{{ the_key }}", "retries": 0},
    }
    tasks = [task(f"mistake: {name}", {"retries": 0, **options}, CANCEL) for name, options in several.items()]
    tasks += [
        task(f"mistake: {name}, there", {**_THERE, **several[name]}, CANCEL)
        for name in ("unknown", "no token", "a number", "too late", "connection refused")
    ]
    tasks.append(task("mistake: an unknown key", {"api_key": "{{ the_key }}x", "api_url": "{{ url }}"}, ACCOUNT))
    return tasks


_THERE = {"execute_on": "target", "api_url": "{{ url }}", "api_key": "{{ the_key }}"}


def successes() -> list[str]:
    """What works shows none either, though the service shows them everywhere."""
    whom = {"order_tokens": "{{ names | map('extract', tokens) | list }}", "replacement": "none", "issued": "request"}
    shown = {"order_token": "{{ tokens.shown }}", "replacement": "none", "issued": "request", "request_again": True}
    return [
        task("predict", whom, CANCEL, diff=True, check_mode=True),
        task("all", {**whom, "ineligible": "skip", **LOGS}, CANCEL, diff=True),
        task("shown", {**shown, **LOGS}, CANCEL, diff=True),
        task("shown, there", {**shown, **LOGS, **_THERE}, CANCEL, diff=True),
        task("orders", {"tokens": "all"}, INFO),
        task("modified", {"modified_since": "2020-01-01"}, INFO),
        task("account", {"audit": True}, ACCOUNT),
        task("paced", {"audit": True, "rate_limit": "100/1"}, ACCOUNT),
    ]


def test_no_failure_shows_a_token_or_a_key(process: Simulator) -> None:
    with desk(process, BOOK) as made:
        logs = {name: str(made.desk / f"{name}.jsonl") for name in ("audit_log", "request_log")}
        secrets = {"the_key": API_KEY, "tokens": TOKENS, "unknown": UNKNOWN}
        struck, faults = strikes()
        more = {"names": NAMES, "faults": faults, "url": process.servertastic_url}
        keys = made.write("keys.json", json.dumps({**secrets, **logs, **more}))
        search = rf"grep -rliE '{MARK[:-1]}[{MARK[-1]}]|{KEY_MARK[:-1]}[{KEY_MARK[-1]}]' {made.home} {made.desk}"
        run = made.play(
            "\n".join(
                [
                    *struck,
                    sim_task("begin", clear_faults=True),
                    *mistakes(),
                    *successes(),
                    task(
                        "leaks", {"_raw_params": f"{search} --exclude keys.json --exclude seed.json || true"}, "shell"
                    ),
                    task("paces", {"_raw_params": f"find {made.home} -name 'certops-orders-pace-*'"}, "shell"),
                ]
            ),
            api_key=API_KEY,
            args=["-vvvv", "-e", f"@{keys}"],
            quiet=False,
            timeout=300,
        )
        left = leaks(made)
    assert [each_task.name for each_task in run.tasks if not hidden(json.dumps(each_task.result))] == []
    assert [line for line in run.output.splitlines() if not hidden(line)] == []
    # While it ran, and after it.
    assert run.good("leaks").stdout == ""
    assert run.good("paces").stdout != ""
    assert left == []
    assert [line for line in run.output.splitlines() if "WARNING" in line] == []
    # What did not fail could not show anything, and the failures have messages of the collection.
    assert [each_task.name for each_task in run.tasks if not came_as_wanted(each_task)] == []
    assert [
        each_task.name for each_task in run.tasks if each_task.failed and "failure" not in each_task.result
    ] == EARLY
    assert "********" in run["echo 400 of cancel"].msg


# Ansible itself finds these wrong, before the module proper begins.
EARLY = ["mistake: a number, there"]
# An answer that comes slowly, or before the connection is closed, is none the worse.
HARMLESS = ("close of", "status with all of", "something under 200 of pointsaudit")


def came_as_wanted(done: Task) -> bool:
    if done.name.startswith("mistake: "):
        return done.failed
    is_strike = " of " in done.name and not done.name.endswith(": begin") and not done.name.startswith(HARMLESS)
    return done.failed or done.changed or not is_strike


def hidden(text: str) -> bool:
    return not re.search(f"{MARK}|{KEY_MARK}", text, re.IGNORECASE)


def leaks(made: Desk) -> list[str]:
    """Files of the machine that hold a secret, other than those that hand them in."""
    files = [path for folder in (made.home, made.desk) for path in Path(folder).rglob("*") if path.is_file()]
    handed_in = {made.desk / "keys.json", made.desk / "seed.json"}
    return [str(path) for path in files if path not in handed_in and not hidden(path.read_text(errors="replace"))]
