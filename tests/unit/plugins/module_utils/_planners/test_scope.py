# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which orders a scope lets a plan change; an order of which that is not known is never changed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import Named, Order, Several
from ansible_collections.certops.orders.plugins.module_utils._planners.scope import (
    Scope,
    narrowed,
    notes,
    reviewed,
    scope_of,
)
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import check_messages

ROLE = "cancel_stale_orders"
RETAIL, LABS = Named(1, "Retail"), Named(2, "Labs")
EMEA, APAC = Named(3, "EMEA"), Named(4, "APAC")


def scope(**options: Any) -> Scope:
    return scope_of(options, ROLE)


def an_order(order_id: int = 7, organization: Named | None = RETAIL, container: Named | None = EMEA) -> Order:
    return Order(order_id, status="pending", organization=organization, container=container)


def an_entry(order_id: int = 7, action: str = "cancel", **more: Any) -> dict[str, Any]:
    return {"provider": "certcentral", "order": str(order_id), "action": action, "reason": "it is old", **more}


# -- the options -------------------------------------------------------------------------------------------------------


@each(
    ("given", "wanted"),
    [
        (None, Several()),
        ([], Several()),
        (["1"], Several(frozenset([1]))),
        ([1, " 2 "], Several(frozenset([1, 2]))),
        (["Retail", "x Ltd."], Several(names=frozenset(["retail", "x ltd."]))),
        (("1", "LABS"), Several(frozenset([1]), frozenset(["labs"]))),
    ],
)
def test_an_element_is_an_id_or_a_name(given: Any, wanted: Several) -> None:
    assert scope(organizations=given) == Scope(organizations=wanted)
    assert scope(containers=given) == Scope(containers=wanted)
    assert bool(scope(containers=given)) is bool(given)


@each("option", ["organizations", "containers"])
@each("given", ["Retail", 7, {"Retail": 1}, [True], [None], [1.5], [["Retail"]], [""], [" "], ["Retail", "0"]])
def test_what_is_not_a_list_of_ids_and_names_is_refused(option: str, given: Any) -> None:
    with pytest.raises(ValueError, match=f"cancel_stale_orders_{option} must"):
        scope(**{option: given})


# -- the verdict -------------------------------------------------------------------------------------------------------


@each(
    ("options", "order", "is_inside"),
    [
        ({}, an_order(), True),
        ({}, an_order(organization=None, container=None), True),
        ({"organizations": [1]}, an_order(), True),
        ({"organizations": ["retail"]}, an_order(), True),
        ({"organizations": ["2", "RETAIL"]}, an_order(), True),
        ({"organizations": [2]}, an_order(), False),
        ({"organizations": ["Labs"]}, an_order(), False),
        # A part of a name is another name.
        ({"organizations": ["Ret"]}, an_order(), False),
        ({"organizations": [1]}, an_order(organization=None), None),
        ({"organizations": [1]}, an_order(organization=Named(None, "Retail")), None),
        ({"organizations": ["retail"]}, an_order(organization=Named(1, "")), None),
        # What is known is enough, or not enough, by itself.
        ({"organizations": ["retail"]}, an_order(organization=Named(None, "Retail")), True),
        ({"organizations": ["labs"]}, an_order(organization=Named(None, "Retail")), False),
        ({"organizations": [1]}, an_order(organization=Named(1, "")), True),
        ({"organizations": ["labs", 3]}, an_order(organization=Named(None, "Retail")), None),
        ({"containers": [3]}, an_order(), True),
        ({"containers": ["apac"]}, an_order(), False),
        ({"containers": [3]}, an_order(container=None), None),
        ({"containers": [3]}, an_order(organization=None), True),
        # Of both, the order must be in one of each.
        ({"organizations": [1], "containers": [3]}, an_order(), True),
        ({"organizations": [1], "containers": [4]}, an_order(), False),
        ({"organizations": [2], "containers": [3]}, an_order(), False),
        ({"organizations": [1], "containers": [3]}, an_order(container=None), None),
        ({"organizations": [1], "containers": [4]}, an_order(organization=None), False),
    ],
)
def test_an_order_is_inside_outside_or_not_known_to_be_either(
    options: dict[str, Any], order: Order, is_inside: bool | None
) -> None:
    verdict = scope(**options).verdict(order)
    assert verdict.is_inside is is_inside
    assert bool(verdict.why) is (is_inside is not True)


@each(
    ("versions", "is_inside"),
    [
        ((), None),
        ((an_order(organization=None), an_order()), True),
        ((an_order(), an_order(organization=LABS)), False),
        ((an_order(organization=None), an_order(organization=LABS)), False),
        ((an_order(organization=None), an_order(organization=None)), None),
    ],
)
def test_what_one_read_lacks_another_one_can_have_and_a_contradiction_is_outside(
    versions: tuple[Order, ...], is_inside: bool | None
) -> None:
    assert scope(organizations=[1]).verdict(*versions).is_inside is is_inside
    assert scope(organizations=[1]).verdict(*reversed(versions)).is_inside is is_inside


NAMED = st.none() | st.builds(Named, st.none() | st.integers(1, 3), st.sampled_from(["", "A", "b", "C"]))
WANTED = st.lists(st.sampled_from(["1", "2", "a", "B"]), max_size=2)


@given(WANTED, WANTED, st.lists(st.tuples(NAMED, NAMED), min_size=1, max_size=3))
def test_no_order_is_changed_unless_each_read_allows_it_or_lacks_it(
    organizations: list[str], containers: list[str], facts: list[tuple[Named | None, Named | None]]
) -> None:
    wanted = scope(organizations=organizations, containers=containers)
    order = [an_order(organization=one, container=two) for one, two in facts]
    entries, left_out = narrowed([an_entry(request_id=5)], order, wanted)
    if left_out or entries[0]["action"] != "cancel":
        return
    for texts, values in ((organizations, [one for one, _two in facts]), (containers, [two for _one, two in facts])):
        shown = [{str(value.id), value.name.lower()} for value in values if value]
        assert not texts or any(known & {text.lower() for text in texts} for known in shown)


# -- the entries -------------------------------------------------------------------------------------------------------


def test_entries_outside_are_left_out_and_counted_and_unknown_ones_go_to_manual_review() -> None:
    orders = [an_order(1), an_order(2, organization=LABS), an_order(3, organization=None)]
    entries = [an_entry(number, request_id=50 + number, drop_reissue=True) for number in (1, 2, 3, 4)]

    kept, left_out = narrowed(entries, orders, scope(organizations=["Retail"]))

    assert [(one["order"], one["action"]) for one in kept] == [("1", "cancel"), ("3", "leave"), ("4", "leave")]
    assert left_out == 1
    assert kept[0] == entries[0]
    assert not {"request_id", "drop_reissue"} & set(kept[1])


def test_without_a_scope_every_entry_stays() -> None:
    entries = [an_entry(1), an_entry(2)]
    assert narrowed(entries, [], scope()) == (entries, 0)


def test_what_needs_no_change_needs_no_review() -> None:
    assert reviewed(an_entry(action="nothing"), "its organization is not known")["action"] == "nothing"


# -- notes -------------------------------------------------------------------------------------------------------------


@each(
    ("options", "named"),
    [
        ({}, []),
        ({"organizations": ["1", "Labs"]}, []),
        ({"organizations": ["Reatil"]}, ["cancel_stale_orders_organizations", "reatil"]),
        ({"organizations": ["retail", "12", "x", "y"]}, ["cancel_stale_orders_organizations", "12, x, y"]),
        ({"containers": ["EMEA", "labs"]}, ["cancel_stale_orders_containers", "labs"]),
    ],
)
def test_an_organization_that_no_order_has_is_noted(options: dict[str, Any], named: list[str]) -> None:
    found = notes(scope(**options), [an_order(), an_order(8, LABS, None), an_order(9, None, None)])
    assert len(found) == bool(named)
    assert all(text in found[0] for text in named)


def test_messages() -> None:
    one, both = scope(organizations=["Retail"]), scope(organizations=["Reatil", "12"], containers=["EMEA"])
    messages = {
        "another organization": one.verdict(an_order(organization=LABS)).why,
        "an organization without a name": scope(organizations=[1]).verdict(an_order(7, Named(2, ""))).why,
        "no organization": one.verdict(an_order(organization=None)).why,
        "another container": scope(containers=[4]).verdict(an_order()).why,
        "a reviewed entry": reviewed(an_entry(), one.verdict(an_order(organization=None)).why)["reason"],
        "misspelled": notes(both, [an_order()])[0],
        "one order outside": notes(one, [an_order()], 1)[0],
        "orders outside of both": notes(both, [an_order()], 12)[1],
    }
    for name, value in (("a text", "Retail"), ("a flag", [True]), ("empty", [""]), ("zero", [0])):
        with pytest.raises(ValueError, match="cancel_stale_orders_organizations") as error:
            scope(organizations=value)
        messages[f"refused: {name}"] = str(error.value)
    check_messages("scope", messages)
