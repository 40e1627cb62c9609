# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every switch of the simulator that concerns a module beside digicert_order_status: it is right under every value.

An act is a few tasks on objects of their own. Under each value of a switch the acts that it concerns are played, and
what came of them is compared with what they come to by default, or with what OTHERWISE holds for this value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.integration.events.test_event_source import SWITCHES as OF_EVENTS
from ansible_collections.certops.orders.tests.integration.support import SEED as ORDER_BOOK
from ansible_collections.certops.orders.tests.integration.support import Run, Simulator, Task, machine
from ansible_collections.certops.orders.tests.integration.switches.test_annual_plans import SWITCHES as OF_PLANS
from ansible_collections.certops.orders.tests.integration.switches.test_idn import SWITCHES as OF_NAMES
from ansible_collections.certops.orders.tests.integration.switches.test_order_status import SWITCHES as OF_ORDER_STATUS
from ansible_collections.certops.orders.tests.integration.switches.test_what_is_known import SWITCHES as OF_LISTS

# The first value is the default.
SWITCHES = {
    "certcentral.account_readable": ("true", "false"),
    "certcentral.approve_own_request": ("accepted", "refused"),
    "certcentral.auto_approve_revocation": ("false", "true"),
    "certcentral.certificate_filters_find": ("primary", "all"),
    "certcentral.container_visibility": ("ids", "objects"),
    "certcentral.empty_certificates": ("empty_array", "key_absent", "bare_array"),
    "certcentral.error_body": ("list", "object", "several", "plain", "text"),
    "certcentral.error_on_double_activation": ("false", "true"),
    "certcentral.error_on_double_decision": ("true", "false"),
    "certcentral.error_on_double_revoke": ("true", "false"),
    "certcentral.note_text": ("as_sent", "trimmed"),
    "certcentral.notes_in_detail": ("true", "false"),
    "certcentral.other_filters": ("works", "ignored"),
    "certcentral.page_total": ("exact", "too_small", "too_large"),
    "certcentral.reissue_list_has_primary": ("false", "true"),
    "certcentral.renewal_email_refusal": ("404", "400"),
    "certcentral.renewal_email_values": ("on_off", "enable_disable", "enabled_disabled", "true_false", "1_0"),
    "certcentral.renewal_fields_when_off": ("shown", "absent"),
    "certcentral.renewal_settings_of_ended_orders": ("refused", "accepted"),
    "certcentral.request_list_paging": ("paged", "whole", "whole_without_page"),
    "certcentral.request_page_limit": ("1000", "1", "4", "7"),
    "certcentral.request_type_spelling": ("underscore", "space"),
    "certcentral.revocation_reasons": ("snake_case", "any", "common_only"),
    "certcentral.revoke_expired": ("refused", "accepted"),
    "certcentral.revoke_last_certificate": ("order_stays", "order_revoked"),
    "certcentral.revoke_while_pending": ("second_request", "refused"),
    "certcentral.skip_approval": ("accepted", "refused"),
    # Ignored by default; the simulator of these tests refuses whatever is not documented.
    "certcentral.unknown_parameters": ("refused", "ignored"),
    "certcentral.unknown_status_filter": ("matches", "refused", "empty"),
    "certcentral.user_me_roles": ("key", "user"),
}
# Those whose other value brings a warning, which no story here may have: they have tests of their own.
ELSEWHERE = frozenset(["certcentral.revocation_comment"])  # modules/test_digicert_certificate_revoke.py
# Those that concern digicert_order_status as well, which has a story of its own for them.
SHARED = (
    "bool_style",
    "dv_organization",
    "empty_list",
    "ignore_filters",
    "is_renewed_in",
    "is_renewed_omitted_when_false",
    "list_row",
    "origin_filter",
    "refusal_status",
    "renewed_order_id_when_none",
    "renewed_shows_as",
)
CASES: dict[str, dict[str, str]] = {
    "defaults": {},
    **{f"{name.partition('.')[2]}={value}": {name: value} for name, values in SWITCHES.items() for value in values[1:]},
    **{
        f"{name}={value}": {f"certcentral.{name}": value}
        for name in SHARED
        for value in OF_ORDER_STATUS[f"certcentral.{name}"][1:]
    },
    "the fourth spelling, refused with 400": {
        "certcentral.renewal_email_values": "true_false",
        "certcentral.renewal_email_refusal": "400",
    },
}

DUE, DUE_MARKED, LATE, PLAIN, ENDED = 11, 12, 13, 14, 15
WHOLE, WITH_COPY, ONLY_ONE, REVOKED, LOST, MARKED = 21, 22, 23, 24, 25, 26
WAITS, WAITS_TOO, DECIDED = 31, 32, 33
NOTED, EMAILS, EMAILS_TOO, SETTINGS = 41, 42, 43, 44
COPY = 2222
SERIAL = "0A1B2C3D4E5F"
BOOK: dict[str, Any] = {
    **ORDER_BOOK,
    "keys": {"sim-auditor": {"user": "auditor", "roles": ["View Only"], "view_only": True}},
    "orders": [
        {"id": DUE, "status": "issued", "valid_till_in_days": 20, "container": {"id": 3, "name": "Shop"}},
        {"id": DUE_MARKED, "origin": "migrated", "valid_till_in_days": 20, "is_renewed": True},
        {"id": LATE, "status": "expired", "valid_till_in_days": -5, "origin": "migrated"},
        {"id": PLAIN, "status": "pending", "product": "ssl_dv_geotrust", "common_name": "shop.example.com"},
        {"id": ENDED, "status": "canceled"},
        {"id": WHOLE, "status": "issued"},
        {
            "id": WITH_COPY,
            "status": "issued",
            "serial_number": SERIAL,
            "duplicates": [{"id": COPY, "common_name": "copy.example.com"}],
            "reissues": [{"status": "revoked"}],
        },
        {"id": ONLY_ONE, "status": "issued", "certificate_id": 2323},
        {"id": REVOKED, "status": "revoked"},
        {"id": LOST, "status": "issued"},
        {"id": MARKED, "status": "issued", "origin": "migrated", "is_renewed": True},
        {"id": WAITS, "status": "needs_approval"},
        {"id": WAITS_TOO, "status": "needs_approval"},
        {"id": DECIDED, "status": "rejected"},
        {"id": NOTED, "status": "issued", "notes": ["  Already   there "]},
        {"id": EMAILS, "status": "issued"},
        {"id": EMAILS_TOO, "status": "issued"},
        {"id": SETTINGS, "status": "issued", "auto_reissue": 1, "custom_renewal_message": "Ask Ada"},
    ],
    "domains": [
        {"id": 5, "name": "shop.example.com"},
        {"id": 6, "name": "www.example.com", "is_active": False, "container": {"id": 3, "name": "Shop"}},
    ],
}
ORDERS = [order["id"] for order in BOOK["orders"]]
REVOKE = {"comments": "Switched", "confirm": True}

# An act: the module, and the arguments of each of its tasks.
ACTS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "user of a key": ("account_info", [{}, {"require_write": True}]),
    "user of an auditor's key": ("account_info", [{"require_write": True, "api_key": "sim-auditor"}]),
    "find all": ("order_info", [{}]),
    "find by status": (
        "order_info",
        [{"status": status} for status in (["needs_approval"], ["expired"], ["issued"], ["expired", "needs_approval"])],
    ),
    "find what is due": (
        "order_info",
        [{"expires_within_days": 30, "is_renewed": renewed} for renewed in (True, False)],
    ),
    "find what is renewed": ("order_info", [{"is_renewed": True}]),
    "find by product": (
        "order_info",
        [
            {"product_name_id": "ssl_dv_geotrust", "organization_id": 111111},
            {"container_id": 3},
            {"common_name": "SHOP.example.com"},
        ],
    ),
    "find nothing": ("order_info", [{"domain": "nowhere.example"}, {"container_id": 4711}]),
    "find by search": ("order_info", [{"search": "shop.example"}]),
    "find by origin": ("order_info", [{"origin": "migrated"}, {"order_ids": [DUE, LATE], "include_origin": True}]),
    "read whole": ("order_info", [{"order_ids": [NOTED, SETTINGS, EMAILS], "details": True}]),
    "list requests": (
        "request_info",
        [{}, {"status": "pending"}, {"status": "submitted"}, {"status": "pending", "type": ["new_request"]}],
    ),
    "list domains": (
        "domain_info",
        [{}, {"is_active": False}, {"container_id": 3}, {"container_id": 4711}, {"name": "shop.example.com"}],
    ),
    "read one that is not there": ("order_info", [{"order_ids": [NOTED, 4711]}]),
    "switch a domain": ("domain", [{"names": ["shop.example.com", "www.example.com"], "state": "inactive"}] * 2),
    "approve": ("request", [{"order_id": WAITS, "status": "approved"}] * 2),
    "reject": ("request", [{"order_ids": [WAITS_TOO, DECIDED], "status": "rejected"}] * 2),
    "revoke": ("certificate_revoke", [{"order_id": WHOLE, **REVOKE}] * 2),
    "revoke at once": ("certificate_revoke", [{"order_ids": [WHOLE, REVOKED], "skip_approval": True, **REVOKE}] * 2),
    "revoke what was marked": ("certificate_revoke", [{"order_id": MARKED, "skip_approval": True, **REVOKE}] * 2),
    "revoke for a reason": (
        "certificate_revoke",
        [
            {"order_id": LOST, "reason": "key_compromise", **REVOKE},
            {"order_id": WHOLE, "reason": "superseded", **REVOKE},
        ],
    ),
    "revoke what is late": ("certificate_revoke", [{"order_id": LATE, **REVOKE}]),
    "revoke the only one": ("certificate_revoke", [{"certificate_id": 2323, "skip_approval": True, **REVOKE}] * 2),
    "revoke a copy": (
        "certificate_revoke",
        [
            {"certificate_id": COPY, **REVOKE},
            {"certificate_id": COPY, "order_id": WITH_COPY, **REVOKE},
        ],
    ),
    "revoke by serial number": (
        "certificate_revoke",
        [{"serial_number": SERIAL, "skip_approval": True, **REVOKE}, {"serial_number": SERIAL, **REVOKE}],
    ),
    "revoke an order with copies": ("certificate_revoke", [{"order_id": WITH_COPY, **REVOKE}]),
    "note": (
        "order_note",
        [{"order_ids": [NOTED, WHOLE], "text": text} for text in ("Already there", "A  new note ", "A new note")],
    ),
    "renewal e-mails": (
        "order_renewal",
        [{"order_ids": [EMAILS, EMAILS_TOO], "renewal_emails": on} for on in (False, False, True, True)],
    ),
    "renewal settings": (
        "order_renewal",
        [{"order_id": SETTINGS, "auto_reissue": False, "custom_renewal_message": ""}] * 2,
    ),
    "renewal of what has ended": ("order_renewal", [{"order_ids": [ENDED, REVOKED], "auto_reissue": True}]),
}
FIND = [name for name in ACTS if name.startswith("find")]
CHANGE = [name for name, (module, _tasks) in ACTS.items() if not module.endswith("_info")]
REVOCATIONS = [name for name in CHANGE if name.startswith("revoke")]
RENEWED = ["find what is due", "find what is renewed"]
COPIES = ["revoke a copy", "revoke an order with copies"]
TWO_RUNS = ["revoke", "revoke at once", "revoke the only one"]
# Which acts a switch concerns; where none are named, those that can see it.
CONCERNS: dict[str, list[str]] = {
    "account_readable": ["user of a key"],
    "approve_own_request": ["approve", "reject"],
    "auto_approve_revocation": REVOCATIONS,
    "certificate_filters_find": ["revoke a copy", "revoke by serial number", "revoke the only one"],
    "container_visibility": ["user of a key"],
    "empty_certificates": COPIES,
    "error_body": ["revoke a copy", "renewal of what has ended", "read one that is not there", "renewal e-mails"],
    "error_on_double_activation": ["switch a domain"],
    "error_on_double_decision": ["approve", "reject"],
    "error_on_double_revoke": TWO_RUNS,
    "note_text": ["note"],
    "notes_in_detail": ["note", "read whole"],
    "other_filters": ["list requests", "list domains", "switch a domain"],
    "page_total": [*FIND, "list requests", "list domains", "switch a domain"],
    "reissue_list_has_primary": COPIES,
    "renewal_email_refusal": ["renewal e-mails"],
    "renewal_email_values": ["renewal e-mails"],
    "renewal_fields_when_off": ["renewal e-mails", "renewal settings", "read whole"],
    "renewal_settings_of_ended_orders": ["renewal of what has ended"],
    "request_list_paging": ["list requests"],
    "request_page_limit": ["list requests"],
    "request_type_spelling": ["list requests", "approve", "revoke"],
    "revocation_reasons": ["revoke for a reason"],
    "revoke_expired": ["revoke what is late"],
    "revoke_last_certificate": ["revoke the only one"],
    "revoke_while_pending": TWO_RUNS,
    "skip_approval": REVOCATIONS,
    "unknown_parameters": ["find all", "list requests", "list domains", "switch a domain", "revoke"],
    "unknown_status_filter": ["find by status"],
    "user_me_roles": ["user of a key", "user of an auditor's key"],
    # Those that are shared.
    "bool_style": [*RENEWED, "read whole", "list domains", "switch a domain", "renewal e-mails", "renewal settings"],
    "dv_organization": ["find by product"],
    "empty_list": ["find nothing", "list requests", "list domains", "note"],
    "ignore_filters": [*FIND, "revoke the only one", "revoke by serial number"],
    "is_renewed_in": RENEWED,
    "is_renewed_omitted_when_false": RENEWED,
    "list_row": [*FIND, "revoke the only one", "revoke by serial number"],
    "origin_filter": ["find by origin"],
    "refusal_status": ["revoke what is late", "renewal of what has ended", "reject", "renewal e-mails"],
    "renewed_order_id_when_none": ["read whole"],
    "renewed_shows_as": [*RENEWED, "find by status", "revoke what was marked", "renewal e-mails"],
}


def acts_of(case: str) -> list[str]:
    if case == "defaults":
        return list(ACTS)
    return CONCERNS.get(case.partition("=")[0], ["renewal e-mails"])


def outcome(task: Task) -> Any:
    """What came of a task, short enough to be compared."""
    if task.failed and task.failure["code"] not in ("ineligible", "missing"):
        return f"{task.failure['http_status']} {task.failure['code']}, {len(task.effects)} changes"
    for name, key in (("orders", "order_id"), ("requests", "request_id"), ("domains", "name")):
        if name in task.result:
            return [one.get("outcome") or one[key] for one in task.result[name]]
    return [task.may_write, task.account.get("organization_id")]


IDENTITIES = {"requests": sorted(order * 10 for order in ORDERS)}
CHANGED, UNCHANGED, PENDING = ["changed"], ["unchanged"], ["pending_approval"]
TWICE = [CHANGED, UNCHANGED]
BY_DEFAULT: dict[str, list[Any]] = {
    "user of a key": [[True, 111111], [True, 111111]],
    "user of an auditor's key": ["None read_only, 0 changes"],
    "find all": [ORDERS],
    "find by status": [
        [WAITS, WAITS_TOO],
        [LATE],
        [DUE, DUE_MARKED, WHOLE, WITH_COPY, ONLY_ONE, LOST, MARKED, NOTED, EMAILS, EMAILS_TOO, SETTINGS],
        [LATE, WAITS, WAITS_TOO],
    ],
    "find what is due": [[DUE_MARKED], [DUE]],
    "find what is renewed": [[DUE_MARKED, MARKED]],
    "find by product": [[PLAIN], [DUE], [PLAIN]],
    "find nothing": [[], []],
    "find by search": [[PLAIN]],
    "find by origin": [[DUE_MARKED, LATE, MARKED], [DUE, LATE]],
    "read whole": [[NOTED, SETTINGS, EMAILS]],
    "list requests": [
        IDENTITIES["requests"],
        [WAITS * 10, WAITS_TOO * 10],
        [],
        [WAITS * 10, WAITS_TOO * 10],
    ],
    "list domains": [
        ["shop.example.com", "www.example.com"],
        ["www.example.com"],
        ["www.example.com"],
        [],
        ["shop.example.com"],
    ],
    "read one that is not there": [[NOTED]],
    "switch a domain": [["changed", "unchanged"], ["unchanged", "unchanged"]],
    "approve": TWICE,
    "reject": [["changed", "unchanged"], ["unchanged", "unchanged"]],
    "revoke": [PENDING, PENDING],
    "revoke at once": [["changed", "unchanged"], ["unchanged", "unchanged"]],
    "revoke what was marked": TWICE,
    "revoke for a reason": [PENDING, PENDING],
    "revoke what is late": [["ineligible"]],
    "revoke the only one": TWICE,
    "revoke a copy": [["missing"], PENDING],
    "revoke by serial number": TWICE,
    "revoke an order with copies": [PENDING],
    "note": [["unchanged", "changed"], ["changed", "changed"], ["unchanged", "unchanged"]],
    "renewal e-mails": [["changed", "changed"], ["unchanged", "unchanged"]] * 2,
    "renewal settings": TWICE,
    "renewal of what has ended": [["ineligible", "ineligible"]],
}
NOT_AN_APPROVER = "403 access_denied|invalid_approver, 0 changes"
IGNORED = "200 filter_ignored, 0 changes"
# By case and act.
OTHERWISE: dict[str, dict[str, list[Any]]] = {
    "account_readable=false": {"user of a key": [[True, None], [True, None]]},
    "approve_own_request=refused": {"approve": [NOT_AN_APPROVER, NOT_AN_APPROVER]},
    "auto_approve_revocation=true": {
        "revoke": TWICE,
        "revoke for a reason": [CHANGED, CHANGED],
        "revoke a copy": [["missing"], CHANGED],
        "revoke an order with copies": [CHANGED],
    },
    "certificate_filters_find=all": {"revoke a copy": [PENDING, PENDING]},
    "revocation_reasons=common_only": {
        "revoke for a reason": ["400 invalid_value:revocation_reason, 0 changes", PENDING],
    },
    "skip_approval=refused": {
        "revoke at once": [NOT_AN_APPROVER, NOT_AN_APPROVER],
        "revoke what was marked": [NOT_AN_APPROVER, NOT_AN_APPROVER],
        "revoke the only one": [NOT_AN_APPROVER, NOT_AN_APPROVER],
        "revoke by serial number": [NOT_AN_APPROVER, PENDING],
    },
    # A body that is not valid JSON does not mean that the object is missing.
    "error_body=text": {"read one that is not there": ["404 None, 0 changes"]},
    "user_me_roles=user": {"user of an auditor's key": [[True, 111111]]},
    # The module cannot verify the search, nor which orders are migrated, and a certificate's order is not found.
    "ignore_filters=all": {
        "find by search": [IGNORED],
        "find by origin": [IGNORED, [DUE, LATE]],
        "revoke the only one": [IGNORED, IGNORED],
        "revoke by serial number": [IGNORED, IGNORED],
    },
    "ignore_filters=origin": {"find by origin": [IGNORED, [DUE, LATE]]},
    "origin_filter=ignored": {"find by origin": [IGNORED, [DUE, LATE]]},
    "origin_filter=empty": {"find by origin": [IGNORED, [DUE, LATE]]},
    # The status is the one that CertCentral returns.
    "renewed_shows_as=status": {},
    "renewed_shows_as=both": {},
}
for style in ("status", "both"):
    OTHERWISE[f"renewed_shows_as={style}"]["find by status"] = [
        *BY_DEFAULT["find by status"][:2],
        [each for each in BY_DEFAULT["find by status"][2] if each not in (DUE_MARKED, MARKED)],
        BY_DEFAULT["find by status"][3],
    ]


def story(case: str, switches: Mapping[str, str]) -> str:
    tasks: list[dict[str, Any]] = []
    spoiled = True
    for act in acts_of(case):
        module, several = ACTS[act]
        if spoiled:
            tasks.append({"name": f"{case}: begin", "certsim": {"reset": True, "switches": switches}})
        for index, arguments in enumerate(several):
            task = {**arguments, **({"api_url": "{{ api_url }}"} if "api_key" in arguments else {})}
            tasks.append({"name": f"{case}: {act} {index}", f"certops.orders.digicert_{module}": task})
        spoiled = act in CHANGE
    return "\n".join(f"- {json.dumps(task)}" for task in tasks)


@pytest.fixture(scope="module")
def stories(process: Simulator) -> dict[str, Task]:
    process.reset(BOOK)
    with machine(process) as controller:
        controller.write("seed.json", json.dumps(BOOK))
        run: Run = controller.play(
            "\n".join(story(case, switches) for case, switches in CASES.items()),
            variables={"api_url": process.api_url},
            timeout=240,
            quiet=False,
        )
    # A total that is too large is the only thing to warn of.
    assert [line for line in run.output.splitlines() if "WARNING" in line and "CertCentral" not in line] == []
    warned = {task.name.partition(":")[0] for task in run.tasks if task.result.get("warnings")}
    assert warned == {"page_total=too_large"}
    return {task.name: task for task in run.tasks}


def test_no_switch_is_forgotten(sim: Simulator) -> None:
    known = sim.switches()
    ours = {name for name in known if name.startswith("certcentral.")}
    assert {*SWITCHES, *ELSEWHERE, *OF_ORDER_STATUS, *OF_EVENTS, *OF_PLANS, *OF_NAMES, *OF_LISTS} == ours
    assert not set(SWITCHES) & set(OF_ORDER_STATUS)
    assert {name.partition(".")[2] for name in SWITCHES} <= set(CONCERNS)
    assert {name: str(known[name]).lower() for name in SWITCHES} == {
        name: values[0] for name, values in SWITCHES.items()
    }


PLAYED = [(case, act) for case in CASES for act in acts_of(case)]


@each(("case", "act"), PLAYED)
def test_every_act_comes_to_what_it_should(stories: dict[str, Task], case: str, act: str) -> None:
    tasks = [stories[f"{case}: {act} {index}"] for index in range(len(ACTS[act][1]))]
    expected = OTHERWISE.get(case, {}).get(act, BY_DEFAULT[act])
    assert [outcome(task) for task in tasks] == expected, [task.result for task in tasks]


@each(("case", "act"), [played for played in PLAYED if played[1] in CHANGE])
def test_changed_is_true_and_nothing_is_changed_twice(stories: dict[str, Task], case: str, act: str) -> None:
    tasks = [stories[f"{case}: {act} {index}"] for index in range(len(ACTS[act][1]))]
    for task in tasks:
        assert task.changed == bool(task.effects), task.result
    arguments = ACTS[act][1]
    for first, second, again in zip(tasks, tasks[1:], [one == other for one, other in zip(arguments, arguments[1:])]):
        assert not again or "failed" in (first.event, second.event) or second.writes == []
