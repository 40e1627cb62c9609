# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of a plan: what ends is there with all of its names, and no text of a service can add a line to it.

Complete tables are in tests/messages.yml, see test_messages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._plans.actions import ACTIONS, CERTCENTRAL, is_irreversible
from ansible_collections.certops.orders.plugins.module_utils._plans.approval import guards
from ansible_collections.certops.orders.plugins.module_utils._plans.document import canonical, digest
from ansible_collections.certops.orders.plugins.module_utils._plans.table import ROWS, WIDTH, TableOptions, table
from ansible_collections.certops.orders.plugins.module_utils._role_options.checks import known_variables
from ansible_collections.certops.orders.plugins.module_utils._role_options.variables import VARIABLES
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._plans.test_plans import (
    HIDDEN,
    MANY_HOSTS,
    entry,
    plan_of,
    served,
    token,
)
from ansible_collections.certops.orders.tests.unit.plugins.properties import examples

LIMITS: dict[str, Any] = {"max_changes": 3, "max_revocations": 0, "expected_changes": None}
# A plan with every column, and how it was made.
RETIRED = plan_of(
    entry(11, organization="Example Corp", state={"status": "pending", "valid_till": ""}),
    entry(
        12,
        "revoke",
        name="WWW12.example.com",
        domains=["www12.example.com", "b.example", "a.example"],
        organization="Example Corp",
        state={"status": "issued", "valid_till": "2027-03-01", "served": "not_served"},
        reason="no certificate of the order is served",
    ),
    token("revoke", state={"status": "Completed", "served": "waived"}),
    entry(13, "lapse", state={"status": "issued", "valid_till": "2026-12-24"}),
    hosts=["web1", "web2"],
    notes=["patterns that match no name: pay.example"],
)
RETIRED_OPTIONS = TableOptions(
    request={
        "names": ["a.example", "b.example"],
        "on_issued": "revoke",
        "include_subdomains": True,
        "probe": False,
        "waiver": "The network is gone",
        "shared": ["12", 64 * "b"],
        "protected": [],
        "probe_ports": [443],
        "unapproved": False,
    },
    guards={**LIMITS, "not_before": "", "not_after": "2026-11-23T04:00:00Z"},
    violations=guards(RETIRED["entries"], LIMITS, kind="decommission_domain", approved=True),
    path="/var/lib/certops/plans/web.json",
)


def rows(lines: Sequence[str], action: str = r"\w+") -> list[str]:
    """The first lines of the orders with an action."""
    return [line for line in lines if re.match(rf"  {action}  +(servertastic [0-9a-f]{{8}}|\d+)  ", line)]


def headings(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if re.fullmatch(r"\S.*: \d+ orders?", line)]


def test_groups_of_irreversible_actions_come_first_and_are_marked() -> None:
    plan = plan_of(
        *(entry(number, action) for number, action in enumerate(ACTIONS[CERTCENTRAL], start=1)),
        entry(99, "lapse", drop_reissue=True),
        token(),
    )
    lines = table(plan)

    assert headings(lines) == [
        "revoke (irreversible): 1 order",
        "cancel (irreversible): 2 orders",
        "reject the request (irreversible): 1 order",
        "drop the reissue, keep the order (irreversible): 1 order",
        "let expire, drop the pending reissue (irreversible): 1 order",
        "let expire: 1 order",
        "remove the renewed mark: 1 order",
        "mark renewed: 1 order",
        "manual review: 1 order",
        "keep (report only): 1 order",
        "wait for a later run: 1 order",
        "nothing to do: 1 order",
    ]
    assert len(rows(lines)) == len(plan["entries"])
    # The counts are of the same groups.
    counts = [line.split(maxsplit=1) for line in lines if re.match(r" +\d+  ", line)]
    assert [f"{label}: {count} order{'' if count == '1' else 's'}" for count, label in counts] == headings(lines)


def test_columns_are_aligned_in_all_groups_and_left_out_where_they_are_empty() -> None:
    (head,) = (line for line in table(RETIRED) if line.startswith("  ACTION"))
    assert head.split() == ["ACTION", "ORDER", "NAMES", "EXPIRES", "ORGANIZATION", "SERVER", "REASON"]
    revoked, other, canceled, expires = rows(table(RETIRED))
    assert [line[head.index("REASON") :][:4] for line in (revoked, other, canceled, expires)] == [
        "no c",
        *(3 * ["it i"]),
    ]
    assert [line[head.index("EXPIRES") :][:10] for line in (revoked, expires)] == ["2027-03-01", "2026-12-24"]
    assert [line[head.index("SERVER") :][:10] for line in (revoked, other)] == ["not served", "waived    "]
    assert canceled[head.index("ORGANIZATION") :].startswith("Example Corp")

    (head,) = (line for line in table(plan_of(entry())) if line.startswith("  ACTION"))
    assert head.split() == ["ACTION", "ORDER", "NAMES", "REASON"]


@pytest.mark.parametrize("action", ["mark_renewed", "lapse", "keep", "leave", "nothing"])
def test_other_groups_are_cut(action: str) -> None:
    lines = table(plan_of(*(entry(number, action) for number in range(1, ROWS + 124))))

    assert len(rows(lines, action)) == ROWS
    assert lines[lines.index(rows(lines, action)[-1]) + 1] == "  ... and 123 more"
    assert len(rows(table(plan_of(*(entry(number, action) for number in range(1, ROWS + 1)))), action)) == ROWS


def test_a_row_of_an_order_that_does_not_end_has_one_name() -> None:
    names = [f"n{number:02d}.example" for number in range(25)]
    (row,) = rows(table(plan_of(entry(1, "keep", name="n00.example", domains=names))))

    assert row.split()[:4] == ["keep", "1", "n00.example", "+24"]
    assert names[1] not in row


def test_names_of_an_order_that_ends_are_below_it() -> None:
    lines = table(plan_of(entry(1, name="B.example", domains=["b.example", "a.example"])))

    (row,) = rows(lines)
    assert row.split()[:4] == ["cancel", "1", "B.example", "+1"]
    assert lines[lines.index(row) + 1] == "    names: a.example, b.example"


def test_long_reasons_are_wrapped_below_their_column() -> None:
    reason = " ".join(f"word{number}" for number in range(60))
    lines = table(plan_of(entry(1, "leave", reason=reason)))

    (row,) = rows(lines)
    start, first = row.index("word0"), lines.index(row)
    below = [line for line in lines[first + 1 :] if line.startswith(" " * start)]
    assert " ".join([row[start:], *(line.strip() for line in below)]) == reason
    assert max(map(len, lines)) <= WIDTH


def test_every_server_is_shown() -> None:
    lines = table(plan_of(entry(1), hosts=[*MANY_HOSTS, "evil\n\x1b[2J"]))

    first = lines.index("  evil\\n\\x1b[2J")
    assert lines[first - 2] == ""
    assert "26" in lines[first - 1]
    assert lines[first + 1 : first + 26] == [f"  {host}" for host in MANY_HOSTS]
    assert lines[first + 26] == ""


def test_a_server_has_its_names_beside_it() -> None:
    servers = {"web1": ["b.example", "a.example"], "web2": MANY_HOSTS, "db": [], "evil\n": ["\x1b[2J"]}

    lines = table(plan_of(entry(1), hosts=["cache"], servers=servers))

    first = lines.index("  cache")
    assert "5" in lines[first - 1]
    assert lines[first + 1 : first + 4] == ["  db: (no names)", "  evil\\n: \\x1b[2J", "  web1: a.example, b.example"]
    # Nothing of it is cut.
    words = " ".join(" ".join(lines[first + 4 :]).split())
    assert words.startswith(f"web2: {', '.join(MANY_HOSTS)}")


def test_notes_and_names_that_do_not_resolve_are_shown() -> None:
    lines = table(plan_of(served("unresolved", HIDDEN), notes=["one {{ two }}"]))

    assert any(line.split()[:1] == ["1"] and "resolve" in line for line in lines)
    assert any(line.endswith("one (( two ))") for line in lines)


def test_the_options_have_the_names_of_the_role_and_short_digests() -> None:
    lines = table(RETIRED, RETIRED_OPTIONS)

    shown = dict(line.split(maxsplit=1) for line in lines if re.match(r"  decommission_domain_\w+  ", line))
    assert {name.partition("decommission_domain_")[2]: value for name, value in shown.items()} == {
        "on_issued": "revoke",
        "include_subdomains": "yes",
        "probe": "no",
        "probe_waiver": "The network is gone",
        "shared": "12, bbbbbbbb (servertastic)",
        "max_changes": "3",
        "max_revocations": "0",
        "expected_changes": "not set",
        "not_after": "2026-11-23T04:00:00Z",
    }
    assert 9 * "b" not in "\n".join(lines)
    # Roles that cannot revoke have no limit for it.
    marks = table(plan_of(entry(1, "mark_renewed"), kind="mark_renewed_orders"), TableOptions(guards=LIMITS))
    assert "max_revocations" not in "\n".join(marks)
    assert any(line.split() == ["mark_renewed_orders_max_changes", "3"] for line in marks)


WEB1 = {"web1": ["www.example.com"]}


@pytest.mark.parametrize(
    ("kind", "more", "path", "variables"),
    [
        ("decommission_domain", {}, "", ["phase=apply", "plan_sha256={}", "plan=(the text of the plan)"]),
        # The playbook names the servers with their names.
        (
            "decommission_domain",
            {"servers": WEB1},
            "/p.json",
            ["decommission_server_phase=apply", "plan_sha256={}", "plan_path=/p.json"],
        ),
        ("decommission_domain", {"hosts": ["web1"]}, "/p.json", ["phase=apply", "plan_sha256={}", "plan_path=/p.json"]),
        ("cancel_stale_orders", {}, "/p.json", ["phase=apply", "plan_sha256={}", "plan_path=/p.json"]),
        ("cancel_stale_orders", {}, "", ["phase=apply", "plan_sha256={}", "plan=(the text of the plan)"]),
        ("mark_renewed_orders_undo", {}, "/p.json", ["phase=apply", "undo_plan_sha256={}", "undo_plan_path=/p.json"]),
        (
            "mark_renewed_orders_undo",
            {},
            "",
            ["phase=apply", "undo_plan_sha256={}", "undo_plan=(the text of the plan)"],
        ),
        ("retire", {"servers": WEB1}, "/p.json", ["phase=apply", "sha256={}", "path=/p.json"]),
        ("retire", {}, "", ["phase=apply", "sha256={}", "document=(the text of the plan)"]),
    ],
)
def test_the_variables_that_apply_the_plan(kind: str, more: dict[str, Any], path: str, variables: list[str]) -> None:
    plan = plan_of(entry(), kind=kind, **more)
    sha256 = digest(canonical(plan))
    role = {"mark_renewed_orders_undo": "mark_renewed_orders", "retire": "order_plan"}.get(kind, kind)

    lines = table(plan, TableOptions(path=path))

    shown = [line.strip() for line in lines if re.match(r"  \w+=", line)]
    assert shown == [
        text if text.startswith("decommission_server_") else f"{role}_{text}"
        for text in (variable.format(sha256) for variable in variables)
    ]
    # What is copied must be known, by the role or the playbook.
    known = {variable for name in (*VARIABLES, "decommission_server") for variable in known_variables(name)}
    assert {line.partition("=")[0] for line in shown} < known
    assert known.issuperset(re.findall(rf"\b(?:{role}|decommission_server)_\w+", "\n".join(lines[len(lines) - 5 :])))
    assert f"SHA-256: {sha256}" in lines
    # A plan that is applied now needs no approval.
    assert not any("=apply" in line for line in table(plan, TableOptions(path=path, needs_approval=False)))


def test_without_a_file_the_table_names_where_the_plan_is() -> None:
    before, last = table(plan_of(entry(), kind="mark_renewed_orders_undo"))[-2:]

    assert "set_stats" in before
    assert "mark_renewed_orders_undo_plan_path" in last
    assert "set_stats" not in "\n".join(table(plan_of(entry()), TableOptions(path="/p.json")))


def test_the_phase_without_the_playbook_is_named_below_the_variables() -> None:
    last = table(plan_of(entry(), servers=WEB1), TableOptions(path="/p.json"))[-1]

    assert "decommission_domain_phase" in last
    assert "=" not in last


def test_every_name_of_the_plan_is_in_the_header() -> None:
    names = [f"n{number:03d}.example" for number in range(120)]
    lines = table(plan_of(entry(), names=[*names, "evil, x"]))

    (first,) = (number for number, line in enumerate(lines) if line.startswith("  names (121)  "))
    created = next(number for number, line in enumerate(lines) if line.startswith("  created "))
    words = " ".join(line.strip() for line in lines[first:created])
    assert words == f'names (121)  "evil, x", {", ".join(names)}'
    # The comma at the end of a line is in addition.
    assert max(map(len, lines[first:created])) <= WIDTH + 1


def test_the_options_that_decide_what_becomes_of_an_order_are_always_shown() -> None:
    def options(kind: str, **request: Any) -> dict[str, str]:
        lines = table(plan_of(entry(), kind=kind), TableOptions(request={"names": ["a.example"], **request}))
        return dict(line.split(maxsplit=1) for line in lines if re.match(r"  \w+_\w+  ", line) and "reject" not in line)

    expected = {"on_issued": "keep", "include_subdomains": "no", "probe": "yes"}
    expected = {f"decommission_domain_{name}": value for name, value in expected.items()}
    assert options("decommission_domain") == expected
    assert options("decommission_domain", on_issued="keep", include_subdomains=False, probe=True) == expected
    revoked = options("decommission_domain", on_issued="revoke")
    assert revoked == {**expected, "decommission_domain_on_issued": "revoke"}
    assert options("cancel_stale_orders") == {}
    # Given entries are not planned from options.
    assert "Options" not in "\n".join(table(plan_of(entry())))


def test_a_plan_without_a_change_is_not_to_be_applied() -> None:
    assert not any("=apply" in line for line in table(plan_of(entry(1, "keep"))))
    # Its servers are torn down.
    assert any("=apply" in line for line in table(plan_of(entry(1, "keep"), hosts=["web1"])))


def test_what_the_guards_refuse_stands_before_the_digest() -> None:
    lines = table(RETIRED, RETIRED_OPTIONS)

    refused = [line for line in lines if line.startswith("  - ")]
    assert refused == [f"  - {violation}" for violation in RETIRED_OPTIONS.violations]
    assert [re.findall(r"decommission_domain_\w+", line) for line in refused] == [
        ["decommission_domain_max_changes"],
        ["decommission_domain_max_revocations"],
    ]
    (sha256,) = (line for line in lines if line.startswith("SHA-256"))
    assert lines.index(refused[-1]) < lines.index(sha256)


# -- properties --------------------------------------------------------------------------------------------------------

LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=60)
NAME = st.builds(".".join, st.lists(LABEL, min_size=1, max_size=4)).map(lambda name: name[:253])
# What a service or a user could have written anywhere.
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "a\n  revoke  9  evil.example",
            "  revoke  9  evil.example  it is pending",
            "x\u2028  cancel  9  y  z",
            "\r\x1b[2K  cancel  9  y  z",
            "Plan: 0 changes among 0 orders",
            'a", "b',
            "a; 9 evil.example",
        ]
    ),
)


@st.composite
def plans(draw: st.DrawFn, names: st.SearchStrategy[str], texts: st.SearchStrategy[str]) -> dict[str, Any]:
    """Plans with up to twice as many orders as have rows, most of one action."""
    count = draw(st.sampled_from([0, 1, 3, ROWS, ROWS + 1, 2 * ROWS]))
    common = draw(st.sampled_from(["revoke", "cancel", "mark_renewed", "lapse"]))
    several = draw(st.lists(st.lists(names, max_size=6), min_size=1, max_size=4))
    entries = []
    for number in range(count):
        action = draw(st.sampled_from(ACTIONS[CERTCENTRAL])) if number % 10 == 0 else common
        domains = [f"n{number}.example", *several[number % len(several)]] if number % 7 else several[0]
        more = {"drop_reissue": True} if action in ("lapse", "revoke") and number % 3 == 0 else {}
        name = domains[0] if domains else ""
        entries.append(entry(1000 + number, action, name=name, domains=domains, reason=draw(texts), **more))
    return plan_of(*entries)


@examples(60)
@given(plans(NAME, st.just("it is pending")))
def test_every_order_that_ends_is_shown_with_all_of_its_names(plan: dict[str, Any]) -> None:
    lines = table(plan)

    # Each order's own part of the table: from its id up to the next line with an id.
    words = " ".join(line.replace("names:", "") for line in lines).replace(",", " ").replace(";", " ").split()
    place = {word: index for index, word in enumerate(words) if re.fullmatch(r"1\d{3}", word)}
    starts = sorted(place.values())
    for one in plan["entries"]:
        if is_irreversible(one):
            start = place[one["order"]]
            end = next((other for other in starts if other > start), len(words))
            assert set(one["domains"]) <= set(words[start:end])


@examples(60)
@given(plans(HOSTILE, HOSTILE))
def test_no_text_can_forge_a_line(plan: dict[str, Any]) -> None:
    lines = table(plan)

    for line in lines:
        assert line.splitlines() in ([line], [])
        assert "\x1b" not in line
    shown = [tuple(re.split(" +", line.strip(), maxsplit=2)[:2]) for line in rows(lines)]
    known = {(one["action"], one["order"]) for one in plan["entries"]}
    assert set(shown) <= known
    assert len(shown) == len({order for _action, order in shown})
    assert sum(line.startswith("Plan: ") for line in lines) == 1
    for one in rows(lines):
        assert len(one) <= WIDTH + 10
