# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which orders were left behind: age, names and predecessors, and what holds for any account at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral.filters import Criteria, matches
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import ROW, Named, Order, Request
from ansible_collections.certops.orders.plugins.module_utils._common import names as common_names
from ansible_collections.certops.orders.plugins.module_utils._planners.stale_orders import (
    STALE,
    StaleCriteria,
    outside,
    parse_request,
    plan,
    predecessors,
    search,
    to_read,
)
from ansible_collections.certops.orders.plugins.module_utils._plans import approval as plans_approval
from ansible_collections.certops.orders.plugins.module_utils._plans import document as _plan
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import check_messages, known
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._planners.readings import (
    answered,
    row,
    whole,
)
from ansible_collections.certops.orders.tests.unit.plugins.properties import assert_occur, examples

TODAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
WRITES = ("cancel", "reject_request")
NEW_REQUEST = Request(55, "new_request", "pending")


def make_criteria(**options: Any) -> StaleCriteria:
    """Return criteria for orders older than 90 days at noon, with other options where given."""
    return parse_request({"now": "2026-03-01T12:00:00Z", "older_than_days": 90, **options})


CRITERIA = make_criteria()


def because(situation: str) -> str:
    """Return the reason of a plan entry as tests/messages.yml has it, see test_messages."""
    return known()["stale orders plan"][situation]


def an_order(status: str = "pending", age: int | None = 91, **facts: Any) -> Order:
    """Return an order that was placed `age` days ago and renews nothing."""
    known: dict[str, Any] = {
        "id": 7,
        "date_created": None if age is None else NOON - timedelta(days=age),
        "common_name": "www.example.com",
        "product_type": "ssl_certificate",
        "renewal_of_order_id": 0,
        "requests": (NEW_REQUEST,) if status == "needs_approval" else (),
    }
    return Order(**{**known, "status": status, **facts})


def entries_of(order: Order, *older: Order, criteria: StaleCriteria = CRITERIA) -> list[dict[str, Any]]:
    return plan([row(order)], criteria, details=[whole(order)], renewed=map(row, older))


def entry_of(order: Order, *older: Order, criteria: StaleCriteria = CRITERIA) -> dict[str, Any]:
    (entry,) = entries_of(order, *older, criteria=criteria)
    return entry


def ids(orders: Iterable[Order], criteria: StaleCriteria = CRITERIA) -> list[int]:
    return to_read(map(row, orders), criteria)


def expiring(days: int | None, status: str = "issued", **facts: Any) -> Order:
    """Return order 4, whose certificate expires in so many days."""
    return an_order(status, id=4, valid_till=None if days is None else TODAY + timedelta(days=days), **facts)


# -- the criteria ------------------------------------------------------------------------------------------------------


def test_the_defaults_are_careful() -> None:
    assert parse_request({"now": "2026-03-01"}) == StaleCriteria(
        today=TODAY,
        older_than_days=30,
        include=("*",),
        exclude=(),
        statuses=("pending", "waiting_pickup", "needs_approval"),
        product_types=("ssl_certificate", "dv_ssl_certificate"),
        predecessor_days=60,
    )


@pytest.mark.parametrize(
    ("now", "today"),
    [
        ("2026-03-01", TODAY),
        ("2026-03-01T23:59:59Z", TODAY),
        ("2026-03-01T23:59:59", TODAY),
        ("2026-03-01 23:59:59", TODAY),
        (" 2026-03-01T12:00:00Z ", TODAY),
        ("2026-03-01T23:30:00-01:00", date(2026, 3, 2)),
        ("2026-03-01T00:30:00+01:00", date(2026, 2, 28)),
        (TODAY, TODAY),
        (NOON, TODAY),
        (NOON.replace(tzinfo=None), TODAY),
        (datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))), date(2026, 2, 28)),
        ("0001-01-01", date.min),
    ],
)
def test_now_without_a_zone_is_in_utc(now: Any, today: date) -> None:
    assert make_criteria(now=now).today == today


@pytest.mark.parametrize(
    "now",
    [
        None,
        "",
        "tomorrow",
        "2026-02-30",
        20260301,
        1.5,
        True,
        [],
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:00:00-14:00",
    ],
)
def test_what_is_no_time_is_refused(now: Any) -> None:
    with pytest.raises(ValueError, match="now"):
        make_criteria(now=now)


def test_a_request_needs_now() -> None:
    with pytest.raises(ValueError, match="now"):
        parse_request({"older_than_days": 90})


@pytest.mark.parametrize("days", [0, -1, -90, True, False, "90", "", "many", 90.0, None, [], 36501, 10**30])
def test_days_that_cannot_be_meant_are_refused(days: Any) -> None:
    with pytest.raises(ValueError, match=r"cancel_stale_orders_older_than_days .* 1 to 36500"):
        make_criteria(older_than_days=days)


@pytest.mark.parametrize("days", [-1, True, "60", 60.0, None, 36501])
def test_days_of_a_predecessor_that_cannot_be_meant_are_refused(days: Any) -> None:
    with pytest.raises(ValueError, match=r"cancel_stale_orders_predecessor_days .* 0 to 36500"):
        make_criteria(predecessor_days=days)


@each("name", ["include", "exclude", "statuses", "product_types"])
@each("value", ["www.*", "*", "", None, 7, True, {"www.*": 1}, {"www.*"}])
def test_a_text_is_not_taken_apart_where_a_list_belongs(name: str, value: Any) -> None:
    """An exclusion that was taken for its letters would exclude nothing."""
    with pytest.raises(ValueError, match=f"cancel_stale_orders_{name}"):
        make_criteria(**{name: value})


@pytest.mark.parametrize("name", ["include", "exclude", "statuses", "product_types"])
@pytest.mark.parametrize("element", ["", "  ", None, 7, True, ["www.*"]])
def test_what_is_no_text_has_no_place_in_a_list(name: str, element: Any) -> None:
    with pytest.raises(ValueError, match=f"cancel_stale_orders_{name}"):
        make_criteria(**{name: ["pending", element]})


@pytest.mark.parametrize("dots", [".", "..", "\u3002"])
def test_a_pattern_of_dots_is_refused(dots: str) -> None:
    with pytest.raises(ValueError, match="cancel_stale_orders_exclude"):
        make_criteria(exclude=[dots])


def test_a_pattern_in_unicode_needs_the_library_idna(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common_names, "_idna", None)
    assert make_criteria(exclude=["www.*"]).exclude
    with pytest.raises(ValueError, match=r"cancel_stale_orders_exclude: .*idna"):
        make_criteria(exclude=["www.*", "b\u00fccher.*"])


@pytest.mark.parametrize("statuses", [[], ["issued"], ["pending", "issued"], ["Pending"]])
def test_only_statuses_that_can_be_stale_are_accepted(statuses: list[str]) -> None:
    """No statuses at all would have every order of the account searched for."""
    with pytest.raises(ValueError, match=r"cancel_stale_orders_statuses .*pending, waiting_pickup, needs_approval"):
        make_criteria(statuses=statuses)


def test_an_unknown_criterion_is_refused() -> None:
    with pytest.raises(ValueError, match="exclued"):
        make_criteria(exclued=["www.*"])
    for field in ("today", "scope"):
        with pytest.raises(ValueError, match=f"cancel_stale_orders_{field} "):
            make_criteria(**{field: TODAY})


# -- which orders ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "stale"),
    [
        ("pending", True),
        ("waiting_pickup", True),
        ("needs_approval", True),
        ("processing", False),
        ("needs_csr", False),
        ("approved", False),
        ("issued", False),
        ("reissue_pending", False),
        ("expired", False),
        ("renewed", False),
        ("revoked", False),
        ("rejected", False),
        ("canceled", False),
        ("PENDING", False),
        ("", False),
    ],
)
def test_only_what_waits_can_be_stale(status: str, stale: bool) -> None:
    order = an_order(status)
    assert ids([order]) == ([7] if stale else [])
    assert len(entries_of(order)) == stale
    assert (status in STALE) is stale


def test_only_orders_with_requested_statuses_are_stale() -> None:
    orders = [an_order(status, id=number) for number, status in enumerate(STALE, start=1)]
    assert ids(orders, make_criteria(statuses=["waiting_pickup"])) == [2]
    assert ids(orders, make_criteria(statuses=["needs_approval", "pending", "pending"])) == [1, 3]


@pytest.mark.parametrize(
    ("age", "stale"), [(91, True), (92, True), (4000, True), (90, False), (89, False), (0, False), (-5, False)]
)
def test_what_is_older_than_so_many_days_is_stale(age: int, stale: bool) -> None:
    assert ids([an_order(age=age)]) == ([7] if stale else [])


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_days_are_days_of_the_calendar_in_utc(hour: int) -> None:
    order = an_order(date_created=datetime(2025, 12, 1, hour, 59, tzinfo=timezone.utc))
    assert "90 days" in entry_of(order, criteria=make_criteria(older_than_days=89))["reason"]
    assert ids([order]) == []


@pytest.mark.parametrize(
    ("placed", "stale"),
    [
        ("2025-12-01T00:30:00+01:00", True),
        ("2025-11-30T23:30:00-01:00", False),
        ("2025-11-30", True),
        ("2025-11-30 23:59:59", True),
        ("0001-01-01T00:00:00+00:00", True),
        ("0001-01-01T00:00:00+14:00", False),
        ("9999-12-31T23:59:59-14:00", False),
        ("9999-12-31", False),
        ("2025-11-31", False),
        ("long ago", False),
        ("-1", False),
        ("", False),
        (None, False),
        (20250101, False),
        (True, False),
        ([], False),
    ],
)
def test_an_order_without_a_date_of_placement_is_never_old(placed: Any, stale: bool) -> None:
    listed = replace(row(an_order()), date_created=answered(7, date_created=placed).date_created)
    assert to_read([listed], make_criteria(older_than_days=90)) == ([7] if stale else [])
    if placed != "2025-11-30T23:30:00-01:00":
        assert to_read([listed], make_criteria(older_than_days=1)) == ([7] if stale else [])


@each("older_than", [1, 30, 90, 36500])
@each("now", ["2026-03-01", "0001-01-01", "0050-01-01", "9999-12-31"])
@each("hours", [0, 1, 23, 24, 25, 47, 48])
def test_the_search_finds_what_is_stale_and_nothing_else(older_than: int, now: str, hours: int) -> None:
    stale_criteria = make_criteria(now=now, older_than_days=older_than)
    wanted = search(stale_criteria)
    assert wanted["status"] == list(STALE)
    before = datetime.fromisoformat(wanted["created_before"]).replace(tzinfo=timezone.utc)
    for status in ("pending", "issued"):
        if before < datetime.min.replace(tzinfo=timezone.utc) + timedelta(hours=24):
            continue
        order = an_order(status, date_created=before + timedelta(hours=24 - hours, minutes=-1), seen=frozenset([ROW]))
        criteria = Criteria(status=frozenset(wanted["status"]), created_before=before)
        assert matches(order, criteria) is (ids([order], stale_criteria) == [7])


@each(
    ("name", "include", "exclude", "meant"),
    [
        ("www.example.com", ["*"], [], True),
        ("www.example.com", [], [], False),
        ("www.example.com", ["*.example.com"], [], True),
        ("WWW.Example.com", ["www.EXAMPLE.*"], [], True),
        ("www.example.com", ["*.example.org", "www.*"], [], True),
        ("www.example.com", ["*.example.org"], [], False),
        ("www.example.com", ["*"], ["WWW.*"], False),
        ("www.example.com", ["*"], ["api.*", "*.com"], False),
        ("www.example.com", ["*"], ["api.*"], True),
        ("www.example.com", ["www.example.com"], ["www.example.com"], False),
        ("www.example.com", ["example.com"], [], False),
        ("www.example.com.", ["*"], ["www.example.com"], False),
        ("www.example.com", ["*"], ["www.example.com."], False),
        ("www.example.com", ["*"], [" www.example.com "], False),
        ("www.example.com", ["www.[e]xample.co?"], [], True),
        ("*.example.com", ["[*].example.com"], [], True),
        ("{{ 7 * 7 }}", ["*"], ["{{*"], False),
        # As DNS spells it, and as users do.
        ("xn--bcher-kva.example", ["*"], ["b\u00fccher.example"], False),
        ("xn--bcher-kva.example", ["*"], ["B\u00dcCHER.example."], False),
        ("xn--bcher-kva.example", ["*"], ["b\u00fc*"], False),
        ("xn--bcher-kva.example", ["*"], ["*\u00fccher*"], False),
        ("XN--BCHER-KVA.example", ["*"], ["b\u00fc*"], False),
        ("b\u00fccher.example", ["*"], ["xn--bcher-kva.example"], False),
        ("b\u00fccher.example", ["*"], ["xn--*"], False),
        ("bu\u0308cher.example", ["*"], ["b\u00fccher.*"], False),
        ("www.xn--bcher-kva.example", ["*.b\u00fccher.example"], [], True),
        ("www.xn--bcher-kva.example", ["w*.b\u00fccher.example"], [], True),
        ("b\u00fccher\u3002example", ["*"], ["xn--bcher-kva.example"], False),
        ("stra\u00dfe.example", ["*"], ["strasse.example"], True),
        ("xn--strae-oqa.example", ["stra\u00dfe.example"], [], True),
        ("xn--www-.example", ["www.example"], [], False),
        ("xn--.example", ["xn--.example"], [], True),
        ("xn--99999999999.example", ["*.example"], [], True),
        ("xn--\u00fc.example", ["*.example"], [], True),
        ("\ud800.example", ["*.example"], [], True),
    ],
)
def test_patterns_of_names_select(name: str, include: list[str], exclude: list[str], meant: bool) -> None:
    criteria = make_criteria(include=include, exclude=exclude)
    order = an_order(common_name=name)
    assert ids([order], criteria) == ([7] if meant else [])
    assert len(entries_of(order, criteria=criteria)) == meant


@pytest.mark.parametrize(
    ("include", "exclude", "meant"),
    [
        (["api.*"], [], True),
        (["*.org"], [], True),
        (["www.*"], [], True),
        (["shop.*"], [], False),
        (["*"], ["api.*"], False),
        (["*"], ["*.org"], False),
        (["www.*"], ["*.org"], False),
        (["*.org"], ["www.*"], False),
        (["*"], ["shop.*"], True),
    ],
)
def test_every_name_of_an_order_counts_and_one_hit_excludes(
    include: list[str], exclude: list[str], meant: bool
) -> None:
    order = an_order(dns_names=("api.example.com", "www.example.org"))
    criteria = make_criteria(include=include, exclude=exclude)
    assert ids([order], criteria) == ([7] if meant else [])
    assert len(entries_of(order, criteria=criteria)) == meant


@pytest.mark.parametrize("common_name", [None, "", " "])
@pytest.mark.parametrize("dns_names", [None, [], [""], [None]])
def test_an_order_without_names_is_no_trouble(common_name: Any, dns_names: Any) -> None:
    answer = answered(7, certificate={"common_name": common_name, "dns_names": dns_names})
    nameless = an_order(common_name=answer.common_name, dns_names=answer.dns_names)
    listed, read = row(nameless), whole(nameless)
    assert to_read([listed], CRITERIA) == [7]
    assert to_read([listed], make_criteria(include=["?*"])) == []
    (entry,) = plan([listed], CRITERIA, details=[read])
    assert (entry["name"], entry["domains"], entry["action"]) == ("", [], "cancel")
    (entry,) = plan([listed], make_criteria(exclude=["api.*"]), details=[read])
    assert entry["action"] == "leave"
    assert entry_of(an_order(), criteria=make_criteria(exclude=["api.*"]))["action"] == "cancel"


def test_names_found_only_on_the_own_page_count() -> None:
    order = an_order(common_name="")
    named = an_order(dns_names=("api.example.com",))
    listed, read = [row(order)], [whole(named)]

    (entry,) = plan(listed, CRITERIA, details=read)
    assert (entry["name"], entry["domains"]) == ("www.example.com", ["api.example.com", "www.example.com"])
    assert plan(listed, make_criteria(exclude=["api.*"]), details=read) == []
    assert plan(listed, make_criteria(exclude=["www.*"]), details=read) == []


def test_a_name_found_only_in_the_list_excludes_too() -> None:
    assert (
        plan([row(an_order())], make_criteria(exclude=["www.*"]), details=[whole(an_order(common_name="api.example"))])
        == []
    )


def test_a_name_found_only_in_the_list_includes_too_and_is_shown_unless_the_order_ends() -> None:
    other = whole(an_order(common_name="api.example"))

    (entry,) = plan([row(an_order())], make_criteria(include=["www.*"]), details=[other])
    assert (entry["action"], entry["domains"]) == ("cancel", ["api.example"])
    (entry,) = plan([row(an_order())], CRITERIA, details=[replace(other, status="issued")])
    assert (entry["action"], entry["domains"]) == ("leave", ["api.example", "www.example.com"])


@each(("organization", "shown"), [(Named(1, "Retail"), "Retail"), (Named(1, ""), None), (None, None)])
def test_an_entry_has_the_name_of_the_organization(organization: Named | None, shown: str | None) -> None:
    assert entry_of(an_order(organization=organization)).get("organization") == shown


def test_what_has_to_be_read_comes_by_id() -> None:
    assert ids([an_order(id=9), an_order("needs_approval", id=3), an_order("issued", id=1)]) == [3, 9]


def test_which_orders_they_renew() -> None:
    several = [
        an_order(renewal_of_order_id=9),
        an_order(renewal_of_order_id=4),
        an_order(renewal_of_order_id=9),
        an_order(renewal_of_order_id=0),
        an_order(renewal_of_order_id=None),
    ]
    assert predecessors(map(whole, several)) == [4, 9]


@pytest.mark.parametrize("kind", ["client_certificate", "code_signing_certificate", "Ssl_certificate", "new_kind"])
def test_another_kind_of_product_is_left_and_not_read(kind: str) -> None:
    order = an_order("waiting_pickup", product_type=kind)
    assert ids([order]) == []
    (entry,) = plan([row(order)], CRITERIA)
    assert entry["action"] == "leave"
    assert kind in entry["reason"]
    assert entry_of(order)["action"] == "leave"
    criteria = make_criteria(product_types=[kind])
    assert ids([order], criteria) == [7]
    assert entry_of(order, criteria=criteria)["action"] == "cancel"


def test_a_product_that_the_list_leaves_out_is_read() -> None:
    unsaid, client = an_order(product_type=""), an_order(product_type="client_certificate")
    assert ids([unsaid]) == [7]
    assert entry_of(unsaid)["action"] == "leave"
    (entry,) = plan([row(unsaid)], CRITERIA, details=[whole(client)])
    assert "client_certificate" in entry["reason"]
    (entry,) = plan([row(unsaid)], CRITERIA, details=[whole(an_order(product_type="dv_ssl_certificate"))])
    assert entry["action"] == "cancel"


# -- what becomes of them ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["pending", "waiting_pickup"])
def test_what_waits_is_cancelled(status: str) -> None:
    assert entry_of(an_order(status)) == {
        "provider": "certcentral",
        "order": "7",
        "name": "www.example.com",
        "domains": ["www.example.com"],
        "action": "cancel",
        "reason": because("a pending order").replace("pending", status),
        "state": {
            "status": status,
            "date_created": "2025-11-30T12:00:00Z",
            "product": "",
            "renewal_of_order_id": 0,
        },
    }


@pytest.mark.parametrize(
    ("requests", "action", "found"),
    [
        ((), "leave", "none"),
        ((NEW_REQUEST,), "reject_request", ""),
        ((replace(NEW_REQUEST, status="submitted"),), "reject_request", ""),
        ((replace(NEW_REQUEST, type="duplicate"),), "reject_request", ""),
        ((replace(NEW_REQUEST, status="rejected"),), "leave", "none"),
        ((NEW_REQUEST, Request(56, "duplicate", "pending")), "leave", "55 (new_request), 56 (duplicate)"),
        ((NEW_REQUEST, Request(56, "revoke", "pending")), "leave", "55 (new_request), 56 (revoke)"),
        ((replace(NEW_REQUEST, type="reissue"),), "leave", "55 (reissue)"),
        ((replace(NEW_REQUEST, type="New_request"),), "leave", "55 (New_request)"),
        ((replace(NEW_REQUEST, type=""),), "leave", "55 ()"),
        ((replace(NEW_REQUEST, id=0),), "leave", "0 (new_request)"),
        ((replace(NEW_REQUEST, id=-5),), "leave", "-5 (new_request)"),
    ],
)
def test_the_one_request_that_waits_is_rejected(requests: tuple[Request, ...], action: str, found: str) -> None:
    entry = entry_of(an_order("needs_approval", requests=requests))

    assert (entry["action"], entry.get("request_id")) == (action, 55 if action == "reject_request" else None)
    assert entry_of(an_order("needs_approval", requests=(replace(NEW_REQUEST, id=1),)))["request_id"] == 1
    why = because("no request to reject").replace("none", found) if found else because("a request to reject")
    assert entry["reason"] == why


@pytest.mark.parametrize("status", STALE)
@pytest.mark.parametrize("undecided", ["pending", "submitted"])
def test_somebodys_request_to_revoke_is_neither_rejected_nor_swept_away(status: str, undecided: str) -> None:
    """The requester of the revocation had a reason, a stolen key perhaps; that it waits for long makes it worse."""
    entry = entry_of(an_order(status, requests=(Request(55, "revoke", undecided),)))

    assert entry["action"] == "leave"
    assert "55 (revoke)" in entry["reason"]


@pytest.mark.parametrize("kind", ["new_request", "renewal", "duplicate"])
@pytest.mark.parametrize("decided", ["approved", "rejected"])
def test_what_was_decided_waits_no_more(kind: str, decided: str) -> None:
    order = an_order(renewal_of_order_id=4, requests=(Request(55, kind, decided), Request(56, "revoke", decided)))
    assert entry_of(order, expiring(400))["action"] == "cancel"


def test_a_renewal_that_waits_for_its_approval_is_rejected_like_any_other() -> None:
    asks = Request(55, "renewal", "pending")
    order = an_order("needs_approval", renewal_of_order_id=4, requests=(asks,))
    assert entry_of(order, expiring(400))["request_id"] == 55
    assert entry_of(order, expiring(30))["action"] == "leave"


@pytest.mark.parametrize("status", STALE)
@pytest.mark.parametrize("decided", ["pending", "approved"])
@pytest.mark.parametrize("nothing", [0, None])
def test_a_renewal_of_an_unknown_order_is_left(status: str, decided: str, nothing: int | None) -> None:
    order = an_order(status, renewal_of_order_id=nothing, requests=(Request(55, "renewal", decided),))
    entry = entry_of(order)
    assert (entry["action"], entry["reason"]) == (
        "leave",
        because("a renewal of an unknown order").replace("pending", status, 1),
    )


@pytest.mark.parametrize("listed", STALE)
@pytest.mark.parametrize("later", [*STALE, "issued", "processing", "canceled", ""])
def test_what_has_changed_meanwhile_is_left(listed: str, later: str) -> None:
    changed = an_order(later, requests=(NEW_REQUEST,))
    (entry,) = plan([row(an_order(listed))], CRITERIA, details=[whole(changed)])

    assert (entry["action"] == "leave") is (listed != later)
    assert (entry["reason"] == because("an order that changed")) is (listed != later)


@pytest.mark.parametrize("placed", ["2026-02-28T12:00:00Z", "2025-11-30T12:00:01Z", "", None, "long ago"])
def test_what_was_placed_at_another_time_is_left(placed: Any) -> None:
    later = replace(whole(an_order()), date_created=answered(7, date_created=placed).date_created)
    (entry,) = plan([row(an_order())], CRITERIA, details=[later])

    assert (entry["action"], entry["reason"]) == ("leave", because("an order that changed"))


def test_the_same_time_in_other_words_is_the_same() -> None:
    placed = answered(7, date_created="2025-11-30T13:00:00+01:00").date_created
    later = replace(whole(an_order()), date_created=placed)
    assert plan([row(an_order())], CRITERIA, details=[later])[0]["action"] == "cancel"


@pytest.mark.parametrize("details", [[], [whole(an_order(id=8))], [row(an_order())]])
def test_what_could_not_be_read_whole_is_left(details: list[Order]) -> None:
    (entry,) = plan([row(an_order())], CRITERIA, details=details)

    assert (entry["action"], entry["reason"]) == ("leave", because("an order that changed"))


def test_equal_rows_count_once() -> None:
    order, older = an_order(renewal_of_order_id=4), expiring(400)
    entries = plan([row(order)] * 2, CRITERIA, details=[whole(order)] * 3, renewed=[row(older)] * 2)
    assert entries == entries_of(order, older)
    assert entries[0]["action"] == "cancel"
    assert ids([order, order]) == [7]


def test_contradicting_rows_are_left() -> None:
    order, other = an_order(), an_order("needs_approval")
    rows = [row(order), row(other)]
    for listed, read in ((rows, [whole(order)]), ([row(order)], [whole(order), whole(other)])):
        first, second = (plan(turned, CRITERIA, details=read) for turned in (listed, listed[::-1]))
        assert first == second == plan(listed, CRITERIA, details=read[::-1])
        assert [(entry["action"], entry["reason"]) for entry in first] == [("leave", because("an order that changed"))]
    young, excluded = row(an_order(age=1)), row(an_order(common_name="api.example.com"))
    assert [entry["action"] for entry in plan([young, row(order)], CRITERIA, details=[whole(order)])] == ["leave"]
    assert plan([excluded, row(order)], make_criteria(exclude=["api.*"]), details=[whole(order)]) == []


def test_contradicting_rows_of_the_renewed_order_leave_it_unknown() -> None:
    entry = entry_of(an_order(renewal_of_order_id=4), expiring(400), expiring(10))
    assert (entry["action"], entry["reason"]) == ("leave", because("a renewal of an order without dates"))


@each("status", STALE)
@each(
    ("days", "shown"),
    [
        (0, "today"),
        (1, "1 day"),
        (59, "59 days"),
        (60, "60 days"),
        (61, ""),
        (400, ""),
        (-1, "1 day"),
        (-60, "60 days"),
        (-61, ""),
        (-400, ""),
    ],
)
def test_a_renewal_is_needed_where_what_it_renews_expires_around_now(status: str, days: int, shown: str) -> None:
    """One of something that is down already is wanted more, not less."""
    entry = entry_of(an_order(status, renewal_of_order_id=4), expiring(days))

    assert (entry["action"] == "leave") is bool(shown)
    assert shown in entry["reason"]
    assert ("order 4" in entry["reason"]) is bool(shown)


@pytest.mark.parametrize(("days", "near", "left"), [(10, 10, True), (11, 10, False), (-11, 10, False), (0, 0, True)])
def test_predecessor_days_can_be_set(days: int, near: int, left: bool) -> None:
    entry = entry_of(an_order(renewal_of_order_id=4), expiring(days), criteria=make_criteria(predecessor_days=near))
    assert (entry["action"] == "leave") is left


@each("status", ["issued", "reissue_pending", "renewed", "expired", "new_word", ""])
@each("marked", [True, False, None])
@each("days", [-10, 10])
def test_a_certificate_expires_whatever_the_state_of_its_order(status: str, marked: bool | None, days: int) -> None:
    """A reissue under way, or a mark, however it shows, does not keep the certificate from expiring."""
    older = expiring(days, status, is_renewed=marked)
    assert entry_of(an_order(renewal_of_order_id=4), older)["action"] == "leave"


@pytest.mark.parametrize("status", ["revoked", "canceled", "rejected", "denied"])
def test_nothing_needs_a_renewal_of_what_has_ended(status: str) -> None:
    assert entry_of(an_order(renewal_of_order_id=4), expiring(10, status))["action"] == "cancel"


def test_a_multi_year_plan_expires_twice() -> None:
    order = an_order(renewal_of_order_id=4)
    for days, plan_days, left in ((400, 10, True), (10, 400, True), (400, 500, False), (-400, -10, True)):
        older = expiring(days, order_valid_till=TODAY + timedelta(days=plan_days))
        assert (entry_of(order, older)["action"] == "leave") is left
    # Of two days that are near, the nearer one is shown.
    assert "10 days" in entry_of(order, expiring(-50, order_valid_till=TODAY + timedelta(days=10)))["reason"]
    older = expiring(None, order_valid_till=TODAY + timedelta(days=400))
    assert entry_of(order, older)["reason"] == because("a renewal of an order without dates")


@pytest.mark.parametrize("older", [(), (an_order("issued", id=5),), (expiring(None),), (expiring(None, "revoked"),)])
def test_a_renewal_of_what_is_not_known_is_left(older: tuple[Order, ...]) -> None:
    entry = entry_of(an_order(renewal_of_order_id=4), *older)

    assert (entry["action"], entry["reason"]) == ("leave", because("a renewal of an order without dates"))


@pytest.mark.parametrize("till", ["never", "2026-02-30", None, 20260401])
def test_a_day_that_is_none_is_not_known(till: Any) -> None:
    order = an_order(renewal_of_order_id=4)
    older = replace(row(expiring(400)), valid_till=answered(4, certificate={"valid_till": till}).valid_till)
    (entry,) = plan([row(order)], CRITERIA, details=[whole(order)], renewed=[older])
    assert entry["reason"] == because("a renewal of an order without dates")


@pytest.mark.parametrize("status", STALE)
@pytest.mark.parametrize("page_known", [True, False])
def test_an_order_is_not_ended_if_its_own_page_leaves_names_out(status: str, page_known: bool) -> None:
    order = an_order(status)
    listed = replace(order, names_known=False)
    page = replace(order, names_known=page_known)

    (entry,) = plan([row(listed)], CRITERIA, details=[whole(page)])

    if page_known:
        assert entry["action"] in WRITES
    else:
        assert entry["action"] == "leave"


@pytest.mark.parametrize(
    ("options", "planned"),
    [
        ({}, ["cancel"]),
        ({"exclude": ["pay.example.com"]}, []),
        ({"exclude": ["www.*"]}, []),
        ({"include": ["pay.*"]}, ["cancel"]),
        ({"include": ["other.test"]}, []),
    ],
)
def test_names_that_a_list_leaves_out_count(options: dict[str, Any], planned: list[str]) -> None:
    order = an_order(dns_names=("www.example.com", "pay.example.com"))
    lists = [row(replace(order, dns_names=(), names_known=False))]
    criteria = make_criteria(**options)

    assert to_read(lists, criteria) == ([] if options.get("exclude") == ["www.*"] else [7])
    entries = plan(lists, criteria, details=[whole(order)])
    assert [entry["action"] for entry in entries] == planned
    assert all(entry["domains"] == ["pay.example.com", "www.example.com"] for entry in entries)


def test_the_state_holds_what_the_action_rests_on() -> None:
    older = expiring(400, order_valid_till=TODAY + timedelta(days=500))
    assert entry_of(an_order(renewal_of_order_id=4), older)["state"] == {
        "status": "pending",
        "date_created": "2025-11-30T12:00:00Z",
        "product": "",
        "renewal_of_order_id": 4,
        "predecessor_valid_till": "2027-04-05",
        "predecessor_order_valid_till": "2027-07-14",
    }
    assert set(entry_of(an_order(renewal_of_order_id=4), expiring(400))["state"]) == {
        "status",
        "date_created",
        "product",
        "renewal_of_order_id",
        "predecessor_valid_till",
    }


@pytest.mark.parametrize("order_id", [0, -7])
def test_an_order_without_an_id_is_refused(order_id: int) -> None:
    """What is no number at all is no order to the client."""
    with pytest.raises(ValueError, match="order_id"):
        plan([row(an_order(id=order_id))], CRITERIA)


# -- whatever comes ----------------------------------------------------------------------------------------------------

thorough = examples(300)

names = st.one_of(
    st.sampled_from(
        ["www.example.com"] * 6
        + [
            "API.example.org.",
            "*.example.com",
            "xn--bcher-kva.example",
            "b\u00fccher.example",
            "{{ 7 * 7 }}",
            "=cmd()",
            "[",
        ]
    ),
    st.text(max_size=8),
)
patterns = st.lists(
    st.sampled_from(["*", "www.*", "*.ORG", "[", "[!a]*", "{{*", "b\u00fccher.*", "xn--*", "\u3002*"]), max_size=2
)
orders = st.builds(
    Order,
    id=st.integers(min_value=1, max_value=9),
    status=st.sampled_from(
        [*STALE, *STALE, "issued", "issued", "reissue_pending", "renewed", "revoked", "", "Pending"]
    ),
    date_created=st.one_of(
        st.none(), st.sampled_from([-5, 0, 1, 29, 91, 120, 201, 400]).map(lambda age: NOON - timedelta(days=age))
    ),
    common_name=names,
    dns_names=st.lists(names, max_size=2).map(tuple),
    product_type=st.sampled_from(["ssl_certificate"] * 5 + ["dv_ssl_certificate", "client_certificate", ""]),
    valid_till=st.one_of(
        st.none(), st.integers(min_value=-100, max_value=200).map(lambda number: TODAY + timedelta(days=number))
    ),
    renewal_of_order_id=st.one_of(st.just(0), st.integers(min_value=0, max_value=9)),
    requests=st.one_of(
        st.just((NEW_REQUEST,)),
        st.lists(
            st.builds(
                Request,
                id=st.integers(min_value=-1),
                type=st.sampled_from(["new_request", "renewal", "revoke", "reissue", ""]),
                status=st.sampled_from(["pending", "approved"]),
            ),
            max_size=2,
        ).map(tuple),
    ),
)
accounts = st.lists(orders, max_size=6, unique_by=lambda order: order.id)
some_criteria = st.builds(
    make_criteria,
    older_than_days=st.sampled_from([1, 30, 90, 200]),
    include=st.one_of(st.just(["*"]), st.just(["*"]), patterns),
    exclude=st.one_of(st.just([]), st.just([]), patterns),
    statuses=st.sampled_from([list(STALE), list(STALE), ["pending"], ["needs_approval", "waiting_pickup"]]),
    predecessor_days=st.sampled_from([60, 60, 0, 7]),
)


def planned(account: Iterable[Order], criteria: StaleCriteria) -> list[dict[str, Any]]:
    """Return the plan of a run that reads the list, then those orders whole, then what they renew."""
    account = list(account)
    asked = to_read(map(row, account), criteria)
    details = [whole(order) for order in account if order.id in asked]
    older = predecessors(details)
    renewed = [row(order) for order in account if order.id in older]
    return plan(map(row, account), criteria, details=details, renewed=renewed)


def applied(account: Iterable[Order], entries: Iterable[Mapping[str, Any]]) -> list[Order]:
    ends = {"cancel": "canceled", "reject_request": "rejected"}
    became = {entry["order"]: ends[entry["action"]] for entry in entries if entry["action"] in ends}
    return [replace(order, status=became.get(str(order.id), order.status)) for order in account]


@pytest.mark.exhaustive
def test_the_properties_meet_every_action() -> None:
    assert_occur(
        {*WRITES, "leave"},
        st.tuples(accounts, some_criteria),
        lambda one: {entry["action"] for entry in planned(*one)},
        least=thorough.max_examples,
    )


@thorough
@given(accounts, some_criteria)
def test_any_account_gets_a_plan(account: list[Order], criteria: StaleCriteria) -> None:
    entries = planned(account, criteria)

    assert set(ids(account, criteria)) <= {int(entry["order"]) for entry in entries}
    assert json.loads(json.dumps(entries)) == entries
    # As the role order_plan would take it.
    assert len(_plan.entries_of(entries)) == len(entries)
    for entry in entries:
        assert entry["action"] in (*WRITES, "leave")
        assert entry["reason"]
        assert ("request_id" in entry) is (entry["action"] == "reject_request")


@thorough
@given(accounts, some_criteria)
def test_no_write_meets_what_is_young_or_not_known_or_needed(account: list[Order], criteria: StaleCriteria) -> None:
    by_id = {order.id: order for order in account}
    for entry in planned(account, criteria):
        if entry["action"] not in WRITES:
            continue
        order = by_id[int(entry["order"])]
        assert order.status in criteria.statuses
        assert order.product_type in criteria.product_types
        assert (entry["action"] == "reject_request") is (order.status == "needs_approval")
        assert order.date_created is not None
        assert (TODAY - order.date_created.date()).days > criteria.older_than_days
        assert {request.type for request in order.undecided} <= {"new_request", "renewal", "duplicate"}
        if order.renewal_of_order_id:
            older = by_id[order.renewal_of_order_id]
            assert older.valid_till is not None
            assert older.status == "revoked" or abs((older.valid_till - TODAY).days) > criteria.predecessor_days


@thorough
@given(accounts)
def test_an_excluded_name_is_never_in_a_plan(account: list[Order]) -> None:
    """Whatever shares an order with it, and however it is spelled."""
    spelled = ("b\u00fccher.example", "xn--bcher-kva.example")
    for exclude in spelled:
        criteria = make_criteria(older_than_days=1, exclude=[exclude, "WWW.*"])
        for entry in planned(account, criteria):
            mine = [name.lower().rstrip(".") for name in (entry["name"], *entry["domains"])]
            assert not [name for name in mine if name in spelled or name.startswith("www.")]


@thorough
@given(accounts, some_criteria, st.randoms(use_true_random=False))
def test_the_order_of_the_input_makes_no_difference(account: list[Order], criteria: StaleCriteria, random: Any) -> None:
    # With the repeated rows of a list that shifts between pages, equal and not.
    account = [*account, *account[:1], *(replace(order, status="pending") for order in account[:2])]
    shuffled = list(account)
    random.shuffle(shuffled)

    assert planned(shuffled, criteria) == planned(account, criteria)


@thorough
@given(accounts, some_criteria)
def test_a_plan_that_was_applied_leaves_nothing_to_do(account: list[Order], criteria: StaleCriteria) -> None:
    """What one plan ends never sets another order free within the same plan: a second one finds nothing new."""
    first = planned(account, criteria)
    ended = {entry["order"] for entry in first if entry["action"] in WRITES}
    later = planned(applied(account, first), criteria)

    assert not ended & {entry["order"] for entry in later}
    assert [entry for entry in later if entry["action"] in WRITES] == []


# -- a limit -----------------------------------------------------------------------------------------------------------


def test_the_oldest_are_ended_and_the_others_wait() -> None:
    orders = [
        an_order("pending", 95, id=1),
        an_order("needs_approval", 120, id=2),
        an_order("pending", 100, id=3),
        an_order("pending", 100, id=4),
        # What is left to manual review takes no place.
        an_order("pending", 300, id=5, product_type="client_certificate"),
        an_order("needs_approval", 94, id=6),
    ]

    def planned(**options: Any) -> dict[str, str]:
        entries = plan(map(row, orders), make_criteria(**options), details=map(whole, orders))
        assert all("request_id" not in one for one in entries if one["action"] == "wait")
        return {one["order"]: one["action"] for one in entries}

    ended = {"1": "cancel", "2": "reject_request", "3": "cancel", "4": "cancel", "5": "leave", "6": "reject_request"}
    assert planned() == ended
    assert planned(limit=2) == {**ended, "1": "wait", "4": "wait", "6": "wait"}
    assert planned(limit=1) == {**ended, "1": "wait", "3": "wait", "4": "wait", "6": "wait"}
    assert planned(limit=5) == planned(limit=None) == planned()
    waiting, _another = (
        one
        for one in plan(map(row, orders), make_criteria(limit=3), details=map(whole, orders))
        if one["action"] == "wait"
    )
    assert "cancel_stale_orders_limit is 3" in waiting["reason"]
    _plan.entries_of([waiting])


@each("limit", [0, 26, -1, True, "many"])
def test_a_limit_is_from_1_to_25(limit: Any) -> None:
    with pytest.raises(ValueError, match=r"cancel_stale_orders_limit .* 1 to 25"):
        make_criteria(limit=limit)


def test_nights_with_a_limit_converge() -> None:
    orders = {number: an_order("pending", 91 + number, id=number) for number in range(1, 61)}
    nights = []
    while orders and len(nights) < 10:
        several = list(orders.values())
        entries = plan(map(row, several), make_criteria(limit=25), details=map(whole, several))
        assert not plans_approval.guards(entries, {"max_changes": 25, "max_revocations": 0})
        nights.append([int(one["order"]) for one in entries if one["action"] == "cancel"])
        for number in nights[-1]:
            del orders[number]

    assert [len(one) for one in nights] == [25, 25, 10]
    assert min(nights[0]) > max(nights[1]) > min(nights[1]) > max(nights[2])


# -- the scope ---------------------------------------------------------------------------------------------------------


@each(
    ("organization", "actions", "is_read"),
    [
        (Named(1, "Retail"), ["cancel"], True),
        (Named(2, "Labs"), [], False),
        (None, ["leave"], True),
    ],
)
def test_a_stale_order_outside_of_the_scope_is_counted_only(
    organization: Named | None, actions: list[str], is_read: bool
) -> None:
    criteria, order = make_criteria(organizations=["Retail"]), an_order(organization=organization)
    assert ids([order], criteria) == ([7] if is_read else [])
    assert [entry["action"] for entry in entries_of(order, criteria=criteria)] == actions
    assert outside([row(order)], criteria) == (not actions)
    assert outside([row(order)], CRITERIA) == 0


def test_a_scope_that_cannot_be_meant_names_its_variable() -> None:
    with pytest.raises(ValueError, match=r"^cancel_stale_orders_organizations must"):
        make_criteria(organizations="Retail")
    entry = entry_of(an_order(), criteria=make_criteria(organizations=["Retail"]))
    assert "cancel_stale_orders_organizations" in entry["reason"]


def test_the_limit_counts_orders_of_the_scope_only() -> None:
    criteria = make_criteria(containers=[1], limit=1)
    orders = [an_order(id=number, age=100 - number, container=Named(1 + number % 2, "")) for number in (1, 2, 3)]
    entries = plan(map(row, orders), criteria, details=map(whole, orders))
    assert [(entry["order"], entry["action"]) for entry in entries] == [("2", "cancel")]


def test_an_order_whose_page_shows_another_container_is_outside() -> None:
    criteria = make_criteria(containers=[1])
    listed, read = row(an_order()), whole(an_order(container=Named(2, "")))
    assert plan([listed], criteria, details=[read]) == []
    assert outside([listed], criteria, [read]) == 1
    # One version outside of the scope is enough.
    moved = row(an_order(container=Named(2, "")))
    assert plan([moved], criteria, details=[whole(an_order(container=Named(1, "")))]) == []


# -- messages ----------------------------------------------------------------------------------------------------------


def refusal(**options: Any) -> str:
    with pytest.raises(ValueError, match=" ") as error:
        make_criteria(**options)
    return str(error.value)


def test_messages_about_options() -> None:
    with pytest.raises(ValueError, match=" ") as no_id:
        plan([row(an_order(id=0))], CRITERIA)
    messages = {
        "no time": refusal(now="tomorrow"),
        "an unknown option": refusal(exclued=["www.*"]),
        "unknown statuses": refusal(statuses=["issued"]),
        "a number out of range": refusal(older_than_days=0),
        "a limit out of range": refusal(limit=26),
        "a text instead of a list": refusal(exclude="www.*"),
        "an empty pattern": refusal(exclude=[" "]),
        "a pattern of a dot": refusal(exclude=["."]),
        "an order without an id": str(no_id.value),
    }
    check_messages("stale orders options", messages)


def test_messages_of_a_plan() -> None:
    pending, approved = an_order(), an_order("needs_approval")
    renewal = an_order(renewal_of_order_id=4)
    unnamed = replace(pending, common_name="")
    entries = {
        "a pending order": entry_of(pending),
        "an order that waits for a limit": plan(
            [row(pending), row(an_order(age=95, id=8))],
            make_criteria(limit=1),
            details=[whole(pending), whole(an_order(age=95, id=8))],
        )[0],
        "a request to reject": entry_of(approved),
        "no request to reject": entry_of(replace(approved, requests=())),
        "a request that a cancellation would end": entry_of(an_order(requests=(Request(55, "revoke", "pending"),))),
        "an order that changed": plan([row(pending)], CRITERIA)[0],
        "another kind of product": entry_of(an_order(product_type="client_certificate")),
        "no kind of product": entry_of(an_order(product_type="")),
        "no names, with patterns to exclude": plan(
            [row(unnamed)], make_criteria(exclude=["api.*"]), details=[whole(unnamed)]
        )[0],
        "names that are not all known": entry_of(replace(pending, names_known=False)),
        "a renewal of an unknown order": entry_of(an_order(requests=(Request(55, "renewal", "approved"),))),
        "a renewal of an order without dates": entry_of(renewal),
        "a renewal of an order that expires soon": entry_of(renewal, expiring(59)),
        "a renewal of an order that expires today": entry_of(renewal, expiring(0)),
        "a renewal of an order that has expired": entry_of(renewal, expiring(-1)),
    }
    check_messages("stale orders plan", {situation: entry["reason"] for situation, entry in entries.items()})
