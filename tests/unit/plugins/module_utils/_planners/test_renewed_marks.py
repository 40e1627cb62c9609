# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which migrated orders have a successor: clause by clause, and what holds for any account at all."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral import policy as certcentral
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    DETAILS,
    ORIGIN,
    ROW,
    Named,
    Order,
    read_order,
)
from ansible_collections.certops.orders.plugins.module_utils._planners.renewed_marks import (
    MARK_WINDOW_DAYS,
    plan,
    to_read,
)
from ansible_collections.certops.orders.plugins.module_utils._plans.actions import TLS_PRODUCTS
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import check_messages, known
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._planners.readings import answered
from ansible_collections.certops.orders.tests.unit.plugins.properties import assert_occur, examples

TODAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
SHOP = "shop.example.com"
WWW = "www.example.com"
US = Named(1, "Example")
OLD, NEW = 4, 9
EVERYTHING = frozenset([ROW, DETAILS, ORIGIN])


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def an_order(order_id: int, valid: int | None, *names: str, placed: int | None = -300, **facts: Any) -> Order:
    """Return an issued order of ours that ends `valid` days from now and was placed `placed` days from now."""
    known: dict[str, Any] = {
        "status": "issued",
        "is_renewed": False,
        "valid_till": None if valid is None else day(valid),
        "date_created": None if placed is None else NOON + timedelta(days=placed),
        "common_name": (names or (SHOP,))[0],
        "dns_names": names or (SHOP,),
        "product_type": "ssl_certificate",
        "organization": US,
        "is_migrated": False,
        "seen": frozenset([ROW, ORIGIN]),
    }
    return Order(order_id, **{**known, **facts})


def old(*names: str, valid: int = 30, **facts: Any) -> Order:
    return an_order(OLD, valid, *names, **{"is_migrated": True, **facts})


def new(*names: str, valid: int | None = 200, **facts: Any) -> Order:
    return an_order(NEW, valid, *names, **{"placed": -10, **facts})


def ended(*names: str, status: str = "revoked", **facts: Any) -> Order:
    return new(*names, **{"status": status, "valid": None if status == "canceled" else 200, **facts})


def page(order: Order, **facts: Any) -> Order:
    """Return an order as its own page shows it."""
    whole = replace(order, seen=order.seen | {DETAILS}, renewed_order_id=order.renewed_order_id or 0)
    return replace(whole, **facts)


def planned(*orders: Order, undo_expired: bool = False) -> list[dict[str, Any]]:
    """Plan as the role does: what has to be read whole is, and nothing else."""
    reads = to_read(orders, TODAY, undo_expired=undo_expired)
    pages = [page(order) for order in orders if order.id in reads]
    return plan(orders, TODAY, pages, undo_expired=undo_expired)


def actions(*orders: Order, undo_expired: bool = False) -> dict[int, str]:
    return {int(entry["order"]): entry["action"] for entry in planned(*orders, undo_expired=undo_expired)}


def because(situation: str) -> str:
    """Return the reason of a plan entry as tests/messages.yml has it, see test_messages."""
    return known()["renewed marks plan"][situation]


MARKED = {OLD: "mark_renewed"}
UNMARKED = {OLD: "unmark_renewed"}


# -- a successor -------------------------------------------------------------------------------------------------------


def test_an_order_with_a_successor_is_marked() -> None:
    assert planned(new(), old()) == [
        {
            "provider": "certcentral",
            "order": "4",
            "name": SHOP,
            "domains": [SHOP],
            "action": "mark_renewed",
            "reason": because("a successor"),
            "state": {
                "status": "issued",
                "valid_till": "2026-03-31",
                "successor": 9,
                "successor_status": "issued",
                "successor_ends": "2026-09-17",
            },
            "organization": "Example",
        }
    ]


@pytest.mark.parametrize(
    ("facts", "counts"),
    [
        ({}, True),
        ({"product_type": "dv_ssl_certificate"}, True),
        ({"product_type": "code_signing_certificate"}, False),
        ({"product_type": ""}, False),
        ({"status": "pending"}, False),
        ({"status": "needs_approval"}, False),
        ({"status": "processing"}, False),
        ({"status": "expired"}, False),
        ({"status": "rejected"}, False),
        ({"status": "canceled"}, False),
        ({"status": "revoked"}, False),
        ({"status": "Issued"}, False),
        ({"organization": Named(2, "Example")}, False),
        ({"organization": Named(1, "Other name")}, True),
        ({"organization": Named(None, "Example")}, False),
        ({"organization": None}, False),
        ({"valid": 31}, True),
        ({"valid": 30}, False),
        ({"valid": 29}, False),
        ({"valid": None}, False),
        ({"is_migrated": True}, True),
        ({"is_renewed": True}, True),
        ({"status": "renewed", "is_renewed": None}, True),
        ({"status": "reissue_pending"}, False),
        ({"organization": Named(0, "Example")}, False),
    ],
)
def test_every_clause_of_what_a_successor_is(facts: dict[str, Any], counts: bool) -> None:
    assert actions(old(), new(**facts)) == (MARKED if counts else {})


@pytest.mark.parametrize(
    ("names", "others", "counts"),
    [
        ((SHOP,), (SHOP,), True),
        ((SHOP,), (WWW, SHOP), True),
        ((SHOP, WWW), (WWW, SHOP), True),
        (("SHOP.example.com",), (SHOP,), True),
        ((SHOP, WWW), (SHOP,), False),
        ((SHOP,), (WWW,), False),
        ((SHOP,), ("*.example.com",), False),
        (("*.example.com",), (SHOP,), False),
        (("*.example.com",), ("*.example.com", "example.com"), True),
        ((SHOP, "{{ 7 * 7 }}"), (SHOP,), False),
    ],
)
def test_its_names_contain_all_of_the_old_ones(names: tuple[str, ...], others: tuple[str, ...], counts: bool) -> None:
    assert actions(old(*names), new(*others)) == (MARKED if counts else {})


def test_two_orders_with_a_part_of_the_names_each_are_no_successor() -> None:
    assert actions(old(SHOP, WWW), new(SHOP), replace(new(WWW), id=5)) == {}


def test_an_order_without_names_has_no_successor() -> None:
    nameless: dict[str, Any] = {"common_name": "Jane Doe", "dns_names": ()}

    assert actions(old(**nameless), new()) == {}
    assert actions(old(**nameless), new(**nameless)) == {}
    assert actions(old(is_renewed=True, **nameless), ended(**nameless)) == {}


def test_an_unknown_organization_is_not_the_same_as_another_unknown_one() -> None:
    assert actions(old(organization=None), new(organization=None)) == {}
    assert actions(old(organization=Named(None, "A")), new(organization=Named(None, "A"))) == {}


@pytest.mark.parametrize(("valid", "counts"), [(1, True), (0, True), (-1, False), (-20, False)])
def test_a_successor_that_has_expired_is_none(valid: int, counts: bool) -> None:
    """An expired order may still be listed as issued (2.3)."""
    assert actions(old(valid=-30, status="expired"), new(valid=valid)) == (MARKED if counts else {})


@pytest.mark.parametrize(
    ("is_plan", "valid", "plan_ends", "counts"),
    [
        (True, 20, 400, True),
        (True, 200, 400, True),
        (True, 20, 30, False),
        (True, 20, 31, True),
        (True, 20, None, False),
        (True, 200, None, True),
        # What it is called decides nothing.
        (False, 20, 400, True),
        (None, 20, 400, True),
        (None, 0, 31, True),
        (None, 20, 30, False),
        # Until its own end, provided that its certificate is valid now.
        (True, -1, 400, False),
        (None, -1, 400, False),
    ],
)
def test_an_annual_plan_ends_on_its_own_date(
    is_plan: bool | None, valid: int, plan_ends: int | None, counts: bool
) -> None:
    ends = None if plan_ends is None else day(plan_ends)
    successor = new(valid=valid, is_multi_year_plan=is_plan, order_valid_till=ends)

    assert actions(old(), successor) == (MARKED if counts else {})


@pytest.mark.parametrize("is_plan", [True, False, None])
@pytest.mark.parametrize(("plan_ends", "counts"), [(199, True), (200, False), (400, False)])
def test_an_old_annual_plan_stays_active_as_well(plan_ends: int, counts: bool, is_plan: bool | None) -> None:
    plan_of_old: dict[str, Any] = {"is_multi_year_plan": is_plan, "order_valid_till": day(plan_ends)}

    assert actions(old(**plan_of_old), new()) == (MARKED if counts else {})


def test_no_order_succeeds_itself_and_the_best_one_is_named() -> None:
    assert actions(old()) == {}
    several = [new(valid=100), replace(new(valid=300), id=5), replace(new(valid=300), id=6)]
    (entry,) = planned(old(), *several)
    assert "order 6" in entry["reason"]
    assert (entry["state"]["successor"], entry["state"]["successor_ends"]) == (6, day(300).isoformat())


# -- what can be marked ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "marked"),
    [
        ({}, True),
        ({"status": "expired", "valid": -400}, True),
        ({"status": "expired"}, True),
        ({"is_migrated": False}, False),
        ({"is_migrated": None}, False),
        ({"seen": frozenset([ROW])}, False),
        ({"is_renewed": True}, False),
        ({"is_renewed": None}, True),
        ({"status": "renewed", "is_renewed": None}, False),
        ({"status": "renewed", "is_renewed": False}, False),
        ({"product_type": "dv_ssl_certificate"}, True),
        ({"product_type": "client_certificate"}, False),
        ({"valid": 90}, True),
        ({"valid": 91}, False),
        ({"valid_till": None}, False),
        *(({"status": status}, False) for status in ("pending", "reissue_pending", "revoked", "canceled", "on_hold")),
    ],
)
def test_what_can_carry_the_mark(facts: dict[str, Any], marked: bool) -> None:
    assert actions(old(**facts), new()) == (MARKED if marked else {})


# -- taking the mark away ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["canceled", "revoked"])
@pytest.mark.parametrize("mark", [{"is_renewed": True}, {"status": "renewed", "is_renewed": None}])
def test_the_mark_is_removed_where_the_successor_ended(status: str, mark: dict[str, Any]) -> None:
    (entry,) = planned(old(**mark), ended(status=status))

    assert (entry["action"], entry["order"]) == ("unmark_renewed", "4")
    assert entry["reason"] == because("a revoked successor").replace("revoked", status)
    ends = "" if status == "canceled" else day(200).isoformat()
    facts = {"successor": 9, "successor_status": status, "successor_ends": ends}
    # Not whether it is marked: that is what the action changes.
    assert entry["state"] == {"status": old(**mark).status, "valid_till": day(30).isoformat(), **facts}


@pytest.mark.parametrize(
    ("facts", "is_removed"),
    [
        ({}, True),
        ({"valid": 30}, False),
        ({"valid": None}, False),
        ({"organization": Named(2, "Other")}, False),
        ({"product_type": "client_certificate"}, False),
        ({"dns_names": (WWW,), "common_name": WWW}, False),
        ({"status": "rejected"}, False),
        ({"status": "expired"}, False),
        ({"status": "canceled", "valid": None, "placed": -299}, True),
        ({"status": "canceled", "valid": None, "placed": -300}, False),
        ({"status": "canceled", "valid": None, "placed": -301}, False),
        ({"status": "canceled", "valid": None, "placed": None}, False),
        ({"status": "canceled", "valid": None, "organization": Named(2, "Other")}, False),
        ({"status": "canceled", "valid": None, "organization": None}, False),
        ({"status": "canceled", "valid": None, "dns_names": (WWW,), "common_name": WWW}, False),
        ({"status": "canceled", "valid": None, "dns_names": (WWW, SHOP)}, True),
    ],
)
def test_only_of_one_that_would_have_been_a_successor(facts: dict[str, Any], is_removed: bool) -> None:
    assert actions(old(is_renewed=True), ended(**facts)) == (UNMARKED if is_removed else {})


def test_a_mark_set_for_another_reason_stays() -> None:
    assert actions(old(is_renewed=True)) == {}
    assert actions(old(is_renewed=True), new(status="pending", valid=None)) == {}


def test_an_order_that_is_not_marked_has_no_mark_to_lose() -> None:
    assert actions(old(), ended()) == {}


@pytest.mark.parametrize("valid", [31, 200, 400])
def test_another_successor_keeps_the_mark(valid: int) -> None:
    another = replace(new(valid=valid), id=5)

    assert actions(old(is_renewed=True), ended(), another) == {}
    assert actions(old(), ended(), another) == MARKED


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"status": "reissue_pending"}, id="being reissued"),
        pytest.param({"status": "renewed", "is_renewed": None}, id="marked itself"),
    ],
)
def test_another_successor_keeps_the_mark_whatever_its_state(facts: dict[str, Any]) -> None:
    """Both are issued certificates that are still valid: the old order must not be listed as due again."""
    another = replace(new(), id=5, **facts)

    assert actions(old(is_renewed=True), ended(), another) == {}


@pytest.mark.parametrize("status", ["expired", "issued"])
def test_another_successor_that_has_lived_its_life_keeps_the_mark(status: str) -> None:
    """The old order was renewed, and what renewed it was not canceled or revoked: it has since expired."""
    another = an_order(5, -10, status=status)
    expired = old(valid=-300, status="expired", is_renewed=True)

    assert actions(expired, ended(), undo_expired=True) == UNMARKED
    assert actions(expired, ended(), another, undo_expired=True) == {}
    assert actions(expired, ended(), replace(another, valid_till=day(-300)), undo_expired=True) == UNMARKED


@pytest.mark.parametrize("status", ["needs_approval", "pending", "waiting_pickup", "processing", "rejected", "denied"])
def test_another_one_that_was_never_issued_does_not_keep_the_mark(status: str) -> None:
    assert actions(old(is_renewed=True), ended(), an_order(5, None, status=status)) == UNMARKED


@pytest.mark.parametrize("status", ["issued", "awaiting_attestation", "expired"])
def test_another_successor_without_an_end_date_needs_manual_review(status: str) -> None:
    (entry,) = planned(old(is_renewed=True), ended(), an_order(5, None, status=status))

    assert (entry["action"], entry["reason"]) == ("leave", because("another order without a last day"))
    (entry,) = planned(old(is_renewed=True), ended(), *(an_order(number, None, status=status) for number in (6, 5)))
    assert entry["reason"] == because("another order without a last day")


@pytest.mark.parametrize(
    "facts", [{"valid": -1}, {"valid": -1, "status": "expired"}, {"valid": 0, "status": "expired"}]
)
def test_the_mark_of_an_expired_order_stays_unless_that_is_asked_for(facts: dict[str, Any]) -> None:
    """The role decommission_domain marks expired orders of names that go away, and ends their newer orders."""
    expired = old(is_renewed=True, **facts)

    assert actions(expired, ended()) == {}
    assert plan([expired, ended()], TODAY) == []
    assert to_read([expired, ended()], TODAY) == []
    assert actions(expired, ended(), undo_expired=True) == UNMARKED
    assert actions(old(is_renewed=True, valid=0), ended()) == UNMARKED


def test_a_mark_on_an_order_long_before_expiry_is_removed_as_well() -> None:
    """It cannot be set so early, and a reissue can have made it last longer since."""
    assert actions(old(is_renewed=True, valid=120), ended()) == UNMARKED


def test_the_successor_that_ended_last_is_named() -> None:
    (entry,) = planned(old(is_renewed=True), ended(status="canceled"), replace(ended(), id=5))

    assert entry["reason"] == because("a revoked successor").replace("9", "5")
    placed = [replace(ended(status="canceled", placed=number), id=-number) for number in (-30, -20, -40)]
    (entry,) = planned(old(is_renewed=True), *placed)
    assert entry["state"]["successor"] == 20


def test_without_a_day_of_its_own_nothing_was_placed_later() -> None:
    """What is not known is left alone."""
    assert actions(old(is_renewed=True, placed=None, date_created=None), ended(status="canceled")) == {}


# -- facts of the own page only ----------------------------------------------------------------------------------------


def with_page(*pages: Order, marked: bool | None = True) -> list[dict[str, Any]]:
    return plan([old(is_renewed=marked), ended()], TODAY, pages)


def test_a_true_renewal_is_no_mark() -> None:
    """Where it shows another order that has renewed it, digicert_order_status refuses to take the mark away."""
    orders = [page(old(is_renewed=True), renewed_order_id=NEW), ended()]

    assert plan(orders, TODAY) == []
    # Read whole to begin with, it need not be read again.
    assert to_read(orders, TODAY) == []
    assert actions(old(is_renewed=True, renewed_order_id=NEW), ended()) == {}
    assert with_page(page(old(is_renewed=True), renewed_order_id=7)) == []


def test_a_true_renewal_needs_no_mark() -> None:
    truly = page(old(is_renewed=None), renewed_order_id=NEW)

    assert plan([truly, new()], TODAY) == []
    assert plan([replace(truly, is_renewed=False), new()], TODAY) == []


def test_only_what_decides_is_read() -> None:
    cases = {
        "marked, of which the successor is gone": [old(is_renewed=True), ended()],
        "the same as a status": [old(status="renewed"), ended()],
        "an unknown mark": [old(is_renewed=None), new()],
        "nor here": [old(is_renewed=None), ended()],
    }
    for case, orders in cases.items():
        assert to_read(orders, TODAY) == [OLD], case
    others = [[old(), new()], [old(is_renewed=True), new()], [old(is_renewed=None)], [old(is_renewed=True)]]
    for orders in others:
        assert to_read(orders, TODAY) == []


def test_names_that_a_list_leaves_out_are_read_on_its_own_page() -> None:
    """An order with another name is not renewed by one that lacks that name."""
    listed = old(names_known=False)
    for status in ("expired", "issued"):
        assert to_read([replace(listed, status=status), new()], TODAY) == [OLD]
    for others in (replace(listed, is_migrated=False), old(names_known=False, valid=300), ended(names_known=False)):
        assert to_read([others], TODAY) == []
    lists = [listed, new()]

    def page(*names: str, **facts: Any) -> Order:
        return replace(old(*names, **facts), seen=frozenset([ROW, DETAILS]), renewed_order_id=0)

    assert [entry["action"] for entry in plan(lists, TODAY, [page(SHOP)])] == ["mark_renewed"]
    assert plan(lists, TODAY, [page(SHOP, "pay.example.com")]) == []
    assert plan(lists, TODAY, [page(SHOP, names_known=False)]) == []
    assert plan(lists, TODAY) == []
    # What a list has is no page.
    assert plan(lists, TODAY, [old()]) == []


def test_an_order_that_was_not_read_needs_manual_review() -> None:
    (entry,) = with_page()

    assert (entry["action"], entry["order"]) == ("leave", "4")
    assert entry["reason"] == because("an order without details")
    (entry,) = plan([old(is_renewed=None), new()], TODAY)
    assert entry["action"] == "leave"


@pytest.mark.parametrize(
    "facts",
    [
        {"status": "revoked"},
        {"status": "reissue_pending"},
        {"status": "expired"},
        {"is_renewed": False},
        {"valid_till": day(60)},
        {"valid_till": None},
    ],
)
def test_an_order_that_changed_meanwhile_needs_manual_review(facts: dict[str, Any]) -> None:
    (entry,) = with_page(page(old(is_renewed=True), **facts))

    assert (entry["action"], entry["reason"]) == ("leave", because("an order that changed"))


@pytest.mark.parametrize("strange", [True, [], "nine", 9.5])
def test_a_page_with_an_unknown_renewed_order_id(strange: Any) -> None:
    answer = answered(OLD, DETAILS, renewed_order_id=strange).renewed_order_id
    (entry,) = with_page(page(old(is_renewed=True), renewed_order_id=answer))

    assert (entry["action"], entry["reason"]) == ("leave", because("an unknown renewal"))


def test_lists_and_pages_may_each_leave_the_mark_out() -> None:
    """Which of them contains it is not known (2.2); both leave it out where it is false at times."""
    assert [one["action"] for one in with_page(page(old(is_renewed=None)))] == ["unmark_renewed"]
    assert [one["action"] for one in with_page(page(old(is_renewed=True)), marked=None)] == ["unmark_renewed"]
    assert with_page(page(old(is_renewed=None)), marked=None) == []
    orders = [old(is_renewed=None), new()]
    assert plan(orders, TODAY, [page(old(is_renewed=True))]) == []
    assert [one["action"] for one in plan(orders, TODAY, [page(old(is_renewed=None))])] == ["mark_renewed"]


# -- odd input ---------------------------------------------------------------------------------------------------------

ODD: list[Any] = [None, "", "soon", "2026-13-45", 7, -1, 1.5, True, [], {}, "\u0663", "9999-12-31T99:00:00"]
# Where an answer has the facts that decide.
PLACES = {
    **dict.fromkeys(("order_valid_till", "date_created", "is_renewed", "status", "renewed_order_id"), ""),
    **dict.fromkeys(("valid_till", "common_name", "dns_names"), "certificate"),
    "organization": "",
    "is_multi_year_plan": "",
    "number_of_sans": "",
    "type": "product",
    "certificate": "",
}


def answer(order: Order, **facts: Any) -> dict[str, Any]:
    """Return the answer of CertCentral about an order."""
    return {
        "id": order.id,
        "status": order.status,
        "is_renewed": order.is_renewed,
        "date_created": order.date_created and order.date_created.isoformat(),
        "organization": {"id": 1, "name": "Example"},
        "product": {"type": order.product_type},
        "certificate": {
            "common_name": order.common_name,
            "dns_names": list(order.dns_names),
            "valid_till": order.valid_till and order.valid_till.isoformat(),
        },
        **facts,
    }


@each("odd", ODD)
@each("fact", PLACES)
def test_odd_values_are_what_is_not_known(fact: str, odd: Any) -> None:
    """No fact of an order can make planning fail; the texts of what is planned stay texts."""
    for one in (old(), old(is_renewed=True)):
        for other in (new(), ended(), ended(status="canceled")):
            for strange in (one, other):
                data, known = answer(strange), read_order(answer(one if strange is other else other), DETAILS)
                (data[PLACES[fact]] if PLACES[fact] else data)[fact] = odd
                read = read_order(data, DETAILS)
                assert read
                assert known
                changed = [replace(each, is_migrated=each.id == OLD, seen=EVERYTHING) for each in (read, known)]
                to_read(changed, TODAY, undo_expired=True)
                entries = plan(changed, TODAY, changed, undo_expired=True)
                assert json.loads(json.dumps(entries)) == entries


@pytest.mark.parametrize("text", ["", "soon", None, "2026-02-30", 20270101])
def test_what_is_no_day_is_never_later(text: Any) -> None:
    answer = answered(NEW, date_created=text, certificate={"valid_till": text})
    assert plan([old(), replace(new(), valid_till=answer.valid_till)], TODAY) == []
    assert to_read([old(is_renewed=True), replace(ended(), valid_till=answer.valid_till)], TODAY) == []
    placed = [old(is_renewed=True), replace(ended(status="canceled"), date_created=answer.date_created)]
    assert to_read(placed, TODAY) == []


@pytest.mark.parametrize("placed", ["2026-02-19T12:00:00", "2026-02-19T12:00:00+05:00", "2026-02-19"])
def test_a_time_without_a_zone_is_one_in_utc(placed: str) -> None:
    answer = answered(NEW, date_created=placed).date_created

    assert to_read([old(is_renewed=True), replace(ended(status="canceled"), date_created=answer)], TODAY) == [OLD]


@pytest.mark.parametrize("times", [2, 3])
def test_an_order_listed_twice_is_planned_once(times: int) -> None:
    orders = [old(), new()]

    assert plan(orders * times, TODAY) == plan(orders, TODAY)
    assert len(plan(orders, TODAY)) == 1


def test_contradicting_rows_decide_nothing() -> None:
    assert actions(old(), old(valid=31), new()) == {}
    assert actions(old(), new(), new(valid=300)) == {}
    assert actions(old(), new(), ended()) == {}
    assert actions(old(is_renewed=True), ended(), ended(valid=300)) == {}
    another = [replace(new(status=status), id=5) for status in ("revoked", "issued")]
    assert actions(old(is_renewed=True), ended(), *another) == {}


@pytest.mark.parametrize("name", ["{{ 7 * 7 }}", "=cmd()", "a\u202eb", "x" * 5000, "", " ", "\ud800"])
def test_hostile_names_are_names(name: str) -> None:
    names = {"common_name": name, "dns_names": (SHOP, WWW, name)}

    (entry,) = plan([old(**names), new(**names)], TODAY)

    assert entry["name"] == name
    assert set(entry["domains"]) == {SHOP, WWW, name.strip()}
    assert entry["reason"] == because("a successor")


# -- size --------------------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_ten_thousand_orders_that_share_their_names_take_about_a_second() -> None:
    """Of one organization. Half of them have one name, the others three of forty each, no two the same ones."""
    hosts = [f"host{number}.example.com" for number in range(40)]
    orders = [(old, new, old, ended)[number % 4](SHOP, is_renewed=number % 4 == 2) for number in range(5000)]
    orders += [old(*names) for names in list(combinations(hosts, 3))[:4999]]
    orders = [replace(order, id=number) for number, order in enumerate([*orders, new(*hosts)], start=1)]
    assert len(orders) == 10000

    begun = time.process_time()
    entries = plan(orders, TODAY)
    took = time.process_time() - begun

    # A quarter of the first half, and the whole of the second but for what has renewed it.
    assert len(entries) == 1250 + 4999
    assert {entry["action"] for entry in entries} == {"mark_renewed"}
    # Each with each would take minutes.
    assert took < 5


# -- whatever comes ----------------------------------------------------------------------------------------------------

thorough = examples(400)

names = st.one_of(st.sampled_from([SHOP, WWW, "*.example.com", "{{ 7 * 7 }}", "=cmd()"]), st.text(max_size=5))
more_names = st.one_of(st.just(()), st.just((WWW,)), st.lists(names, max_size=2).map(tuple))
few, many = [-200, -1, 0, 30, 60, 90, 120], [31, 61, 91, 200, 400]


def some_orders(
    statuses: list[str], migrated: list[bool | None], valid: list[int], names: st.SearchStrategy[Any]
) -> st.SearchStrategy[Order]:
    """Return orders most of which may have to do with one another: else the properties would hold for want of any."""
    ends = st.sampled_from([*map(day, valid), *map(day, valid), None])
    return st.builds(
        Order,
        id=st.integers(min_value=1, max_value=10**6),
        status=st.sampled_from(statuses),
        is_renewed=st.sampled_from([True, True, False, False, None]),
        valid_till=ends,
        order_valid_till=ends,
        is_multi_year_plan=st.sampled_from([True, None, None]),
        common_name=st.just(SHOP),
        dns_names=names,
        date_created=st.sampled_from([None, *(NOON + timedelta(days=number) for number in (-400, -300, -10, 0))]),
        renewed_order_id=st.sampled_from([0] * 6 + [7]),
        is_migrated=st.sampled_from(migrated),
        seen=st.sampled_from([frozenset([ROW, ORIGIN])] * 4 + [frozenset([ROW])]),
        product_type=st.sampled_from([*TLS_PRODUCTS * 4, "client_certificate", ""]),
        organization=st.sampled_from([US] * 8 + [Named(2, "Other"), Named(None, "?"), None]),
    )


olds = some_orders(["issued", "expired", "renewed"], [True], few, more_names)
news = some_orders(["issued", "issued", "revoked", "canceled", "reissue_pending"], [True, False], many, st.just((WWW,)))
others = some_orders(
    ["issued", "expired", "renewed", "revoked", "canceled", "pending", "", "Issued"],
    [True, False, None],
    few + many,
    st.lists(names, max_size=2).map(tuple),
).map(lambda order: replace(order, common_name=""))
orders = st.one_of(olds, news, olds, news, others)
accounts = st.lists(orders, min_size=1, max_size=7, unique_by=lambda order: order.id)


def applied(account: Iterable[Order], entries: Iterable[Mapping[str, Any]], *, as_status: bool) -> list[Order]:
    """Return the account after a plan has been carried out; the mark may show as a status (2.2)."""
    became = {entry["order"]: entry["action"] for entry in entries}
    return [_after(order, became.get(str(order.id), ""), as_status) for order in account]


def _after(order: Order, action: str, as_status: bool) -> Order:
    if action == "mark_renewed":
        return replace(order, is_renewed=True, status="renewed" if as_status else order.status)
    if action == "unmark_renewed":
        expired = order.valid_till is not None and order.valid_till < TODAY
        status = "expired" if expired else "issued"
        return replace(order, is_renewed=False, status=status if order.status == "renewed" else order.status)
    return order


def end_of(order: Order) -> date | None:
    """Return when an order ends, in other words than the policy's."""
    if order.valid_till is None or not order.order_valid_till:
        return order.valid_till
    return max(order.valid_till, order.order_valid_till)


def wider(order: Order, account: Iterable[Order]) -> list[Order]:
    """Return the TLS orders of the same organization that have all of an order's names."""
    return [
        other
        for other in account
        if other.id != order.id
        and other.organization
        and order.organization
        and order.organization.id is not None
        and other.organization.id == order.organization.id
        and other.product_type in TLS_PRODUCTS
        and set(order.domains) <= set(other.domains)
    ]


def ends_later(other: Order, order: Order) -> bool:
    one, another = end_of(other), end_of(order)
    return one is not None and another is not None and one > another


def writes(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in entries if entry["action"] != "leave"]


undo_expired = st.booleans()


@pytest.mark.exhaustive
def test_the_properties_meet_every_action() -> None:
    assert_occur(
        {"mark_renewed", "unmark_renewed"},
        st.tuples(accounts, undo_expired),
        lambda one: {entry["action"] for entry in planned(*one[0], undo_expired=one[1])},
        least=thorough.max_examples,
        # Manual review is too rare to wait for; the tables above have it.
        among={"mark_renewed", "unmark_renewed", "leave"},
    )


@thorough
@given(accounts, undo_expired)
def test_each_order_has_one_entry_with_its_id(account: list[Order], undo_expired: bool) -> None:
    """So that an order is never marked and unmarked by one plan."""
    entries = planned(*account, undo_expired=undo_expired)

    assert [int(entry["order"]) for entry in entries] == sorted({int(entry["order"]) for entry in entries})
    assert json.loads(json.dumps(entries)) == entries


@thorough
@given(accounts, undo_expired)
def test_only_migrated_orders_are_marked_and_only_with_a_successor(account: list[Order], undo_expired: bool) -> None:
    by_id = {order.id: order for order in account}
    for entry in writes(planned(*account, undo_expired=undo_expired)):
        order = by_id[int(entry["order"])]
        others = wider(order, account)
        assert order.is_migrated
        assert order.domains
        assert order.valid_till is not None
        assert entry["action"] == ("unmark_renewed" if order.is_marked else "mark_renewed")
        living = [
            other
            for other in others
            if other.status in ("issued", "renewed") and other.valid_till and other.valid_till >= TODAY
        ]
        assert any(ends_later(other, order) for other in living) is not bool(order.is_marked)
        if order.is_marked:
            assert not order.renewed_order_id
            assert undo_expired or (order.valid_till >= TODAY and order.status != "expired")
            once = [other for other in others if other.status in ("issued", "renewed", "expired", "reissue_pending")]
            assert not any(end_of(other) is None or ends_later(other, order) for other in once)
            successor = by_id[entry["state"]["successor"]]
            assert successor in others
            assert successor.status in ("canceled", "revoked")
        else:
            assert order.valid_till <= day(90)
            best = by_id[entry["state"]["successor"]]
            assert best in living
            assert ends_later(best, order)


@thorough
@given(accounts, undo_expired)
def test_what_has_a_successor_is_marked(account: list[Order], undo_expired: bool) -> None:
    """The other way round: nothing that should be marked is forgotten."""
    planned_for = {int(entry["order"]): entry["action"] for entry in planned(*account, undo_expired=undo_expired)}
    for order in account:
        can = order.is_migrated and ORIGIN in order.seen and order.status in ("issued", "expired") and order.domains
        due = can and order.valid_till and order.valid_till <= day(90) and order.is_renewed is not True
        if not due or order.product_type not in TLS_PRODUCTS or (order.is_renewed is None and order.renewed_order_id):
            continue
        living = [other for other in wider(order, account) if other.status in ("issued", "renewed")]
        if any(other.valid_till and other.valid_till >= TODAY and ends_later(other, order) for other in living):
            assert planned_for[order.id] == "mark_renewed"


@thorough
@given(accounts, undo_expired)
def test_the_module_would_refuse_nothing_of_it(account: list[Order], undo_expired: bool) -> None:
    by_id = {order.id: order for order in account}
    targets = {"mark_renewed": "renewed", "unmark_renewed": "not_renewed"}
    for entry in writes(planned(*account, undo_expired=undo_expired)):
        order = replace(by_id[int(entry["order"])], seen=frozenset([ROW, DETAILS, ORIGIN]))
        decision = certcentral.decide(
            order, targets[entry["action"]], today=TODAY, cancel_reissue=False, require_migrated=True
        )
        assert (decision.outcome, decision.required_fact) == ("changed", "")


def test_the_window_is_the_module_s() -> None:
    assert MARK_WINDOW_DAYS == certcentral.MARK_WINDOW_DAYS


@thorough
@given(accounts, st.randoms(use_true_random=False), undo_expired)
def test_the_order_of_the_input_makes_no_difference(account: list[Order], random: Any, undo_expired: bool) -> None:
    # Some are listed twice, and some of these differently.
    several = [*account, *account[:2], *(replace(order, status="revoked") for order in account[2:3])]
    shuffled = list(several)
    random.shuffle(shuffled)

    assert planned(*shuffled, undo_expired=undo_expired) == planned(*several, undo_expired=undo_expired)


@thorough
@given(accounts, st.booleans(), undo_expired)
def test_a_plan_that_was_applied_leaves_nothing_to_do(
    account: list[Order], as_status: bool, undo_expired: bool
) -> None:
    entries = planned(*account, undo_expired=undo_expired)
    after = planned(*applied(account, entries, as_status=as_status), undo_expired=undo_expired)

    assert writes(after) == []


# -- due orders that are not marked ------------------------------------------------------------------------------------


def unmarked(*orders: Order, undo_expired: bool = False) -> dict[int, dict[str, Any]]:
    """Return the entries of orders that are due and get no mark, by order; all entries are planned as the role does."""
    reads = to_read(orders, TODAY, undo_expired=undo_expired)
    pages = [page(order) for order in orders if order.id in reads]
    entries = plan(orders, TODAY, pages, undo_expired=undo_expired, with_unmarked=True)
    changes = plan(orders, TODAY, pages, undo_expired=undo_expired)
    assert [entry for entry in entries if entry in changes] == changes
    assert [int(entry["order"]) for entry in entries] == sorted({int(entry["order"]) for entry in entries})
    return {int(entry["order"]): entry for entry in entries if entry not in changes}


OTHER_US = Named(2, "Other")
# What the account has besides the due order, why the order has no mark, and whether that needs manual review.
WITHOUT_A_SUCCESSOR: dict[str, tuple[tuple[Order, ...], str]] = {
    "no other order": ((), "keep"),
    "a shorter order": ((new(valid=20),), "keep"),
    "a pending order": ((new(status="pending", valid=None),), "keep"),
    "an order with a pending reissue": ((new(status="reissue_pending"),), "keep"),
    "a revoked order": ((ended(),), "keep"),
    "an order of another organization": ((new(organization=OTHER_US),), "leave"),
    "an order without an organization": ((new(organization=None),), "leave"),
    "an order without an end": ((new(valid=None),), "leave"),
    "an order with other names": ((new(WWW),), "keep"),
    "an expired order": ((new(valid=-1),), "keep"),
}
BOTH = (SHOP, WWW)
# Facts of the due order itself.
OF_ITSELF: dict[str, tuple[Order, str]] = {
    "no organization": (old(organization=None), "leave"),
    "a client certificate": (old(product_type="client_certificate"), "keep"),
    "no product type": (old(product_type=""), "leave"),
    "unknown names": (old(names_known=False), "leave"),
    "no names": (old(common_name="Jane Doe", dns_names=()), "leave"),
    "no expiry date": (old(valid_till=None), "leave"),
    "an unread end": (old(has_unread_expiry=True), "leave"),
    "a pending reissue": (old(status="reissue_pending"), "keep"),
    "a mark that is not known": (old(is_renewed=None), "keep"),
}


def test_a_due_order_without_a_mark_is_listed_and_needs_review_only_if_it_may_be_renewed() -> None:
    for situation, (others, action) in WITHOUT_A_SUCCESSOR.items():
        found = unmarked(old(), *others)
        assert {number: entry["action"] for number, entry in found.items()} == {OLD: action}, situation
    assert unmarked(old(), new(organization=OTHER_US))[OLD] == {
        "provider": "certcentral",
        "order": "4",
        "name": SHOP,
        "domains": [SHOP],
        "action": "leave",
        "reason": because("unmarked: an order of another organization"),
        "state": {"status": "issued", "valid_till": "2026-03-31"},
        "organization": "Example",
    }


def test_the_facts_of_the_order_itself_can_be_the_reason() -> None:
    for situation, (order, action) in OF_ITSELF.items():
        assert {number: entry["action"] for number, entry in unmarked(order).items()} == {OLD: action}, situation


def test_an_order_with_a_part_of_its_names_needs_review() -> None:
    entry = unmarked(old(*BOTH), new(WWW))[OLD]
    assert (entry["action"], entry["domains"]) == ("leave", [SHOP, WWW])


def test_entries_with_and_without_a_mark_are_sorted_by_id_and_an_unknown_date_is_empty() -> None:
    due = [replace(old(WWW), id=10), replace(old(), id=2), replace(old("api.example.com", valid_till=None), id=3)]
    entries = plan([*due, new(WWW)], TODAY, with_unmarked=True)
    assert [(one["order"], one["action"], one["state"]["valid_till"]) for one in entries] == [
        ("2", "keep", "2026-03-31"),
        ("3", "leave", ""),
        ("10", "mark_renewed", "2026-03-31"),
    ]


def test_the_newest_order_that_waits_is_named() -> None:
    waiting = [replace(new(status="pending", valid=None), id=number) for number in (5, 7, 6)]
    assert "order 7," in unmarked(old(), *waiting)[OLD]["reason"]


def test_an_order_of_another_organization_needs_review_only_if_it_would_renew_this_one() -> None:
    assert unmarked(old(), new(organization=OTHER_US, valid=20))[OLD]["action"] == "keep"
    assert unmarked(old(status="reissue_pending"), new(organization=OTHER_US))[OLD]["action"] == "keep"


@pytest.mark.parametrize(
    ("order", "is_listed"),
    [
        (old(valid=90), True),
        (old(valid=91), False),
        (old(valid=0), True),
        (old(valid=-90, status="expired"), True),
        (old(valid=-91, status="expired"), False),
        (old(valid=-200, status="issued", order_valid_till=day(10)), True),
        (old(valid=-200, status="issued", order_valid_till=day(-1)), False),
        (old(valid_till=None, status="expired"), False),
        (old(is_renewed=True), False),
        (old(status="renewed", is_renewed=None), False),
        (old(is_migrated=False), False),
        (old(is_migrated=None), False),
        (old(seen=frozenset([ROW])), False),
        *((old(status=status), False) for status in ("pending", "revoked", "canceled", "rejected")),
    ],
)
def test_only_due_migrated_orders_without_a_mark_are_listed(order: Order, is_listed: bool) -> None:
    assert (OLD in unmarked(order)) is is_listed


def test_an_order_that_is_marked_or_renewed_is_not_listed() -> None:
    assert unmarked(old(), new()) == {}
    assert unmarked(old(is_renewed=True), ended()) == {}
    # The list does not show the mark, and the page of the order does.
    pages = [page(old(is_renewed=True))]
    assert plan([old(is_renewed=None), new()], TODAY, pages, with_unmarked=True) == []
    # A renewal in CertCentral, which only the page shows.
    pages = [page(old(is_renewed=None), renewed_order_id=NEW)]
    assert plan([old(is_renewed=None), ended()], TODAY, pages, with_unmarked=True) == []


def test_contradicting_rows_are_listed_once() -> None:
    several = [old(), old(valid=31)]
    assert [(entry["order"], entry["action"]) for entry in plan(several, TODAY, with_unmarked=True)] == [("4", "leave")]


@examples(100)
@given(accounts, undo_expired)
def test_the_list_of_orders_without_a_mark_changes_no_change(account: list[Order], undo_expired: bool) -> None:
    found = unmarked(*account, undo_expired=undo_expired)

    assert {entry["action"] for entry in found.values()} <= {"keep", "leave"}


# -- messages ----------------------------------------------------------------------------------------------------------


def refusal(**facts: Any) -> str:
    with pytest.raises(ValueError, match=" ") as error:
        plan([replace(old(), **facts)], TODAY)
    return str(error.value)


def test_messages() -> None:
    marked = old(is_renewed=True)
    entries = {
        "a successor": planned(old(), new()),
        "a revoked successor": planned(marked, ended()),
        "another order without a last day": planned(marked, ended(), an_order(5, None)),
        "an order without details": with_page(),
        "an order that changed": with_page(page(marked, status="revoked")),
        "an unknown renewal": with_page(page(marked, renewed_order_id=None)),
    }
    refusals = {"an order without an id": refusal(id=0)}
    reasons = {situation: entry["reason"] for situation, (entry,) in entries.items()}
    without = {situation: unmarked(old(), *others)[OLD] for situation, (others, _action) in WITHOUT_A_SUCCESSOR.items()}
    without["an order with a part of the names"] = unmarked(old(*BOTH), new(WWW))[OLD]
    itself = {situation: unmarked(order)[OLD] for situation, (order, _action) in OF_ITSELF.items()}
    itself["contradicting rows"] = plan([old(), old(valid=31)], TODAY, with_unmarked=True)[0]
    not_marked = {f"unmarked: {situation}": entry["reason"] for situation, entry in {**without, **itself}.items()}
    check_messages("renewed marks plan", {**reasons, **refusals, **not_marked})
