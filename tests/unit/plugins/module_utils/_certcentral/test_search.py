# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding orders, as HTTP conversations: what is asked, what is made of it, and what is refused to be believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._certcentral import paging as certcentral_paging
from ansible_collections.certops.orders.plugins.module_utils._certcentral import search as _certcentral_find
from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import CertCentral
from ansible_collections.certops.orders.plugins.module_utils._certcentral.filters import (
    FILTERS,
    Criteria,
    Several,
    criteria,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import DETAILS, ORIGIN, ROW, Order
from ansible_collections.certops.orders.plugins.module_utils._certcentral.search import Finder, found, without_page
from ansible_collections.certops.orders.plugins.module_utils._common.context import Stop
from ansible_collections.certops.orders.plugins.module_utils._common.errors import (
    Denied,
    ServerError,
    Stopped,
    Unreadable,
)
from ansible_collections.certops.orders.plugins.module_utils._common.options import ORDER_FILTERS, OptionError
from ansible_collections.certops.orders.plugins.module_utils._runtime.workers import in_turn
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import Conversation, absent, row, rows

NOW = datetime(2026, 3, 1, 23, 30, tzinfo=timezone.utc)
TODAY = NOW.date()
SEARCH = "%no-order-has-this-in-its-name-or-addresses"


def finder(client: CertCentral, stop: Stop | None = None, **options: bool) -> Finder:
    return Finder(client, in_turn, stop or Stop(), **options)


def ids_of(orders: Any) -> list[int]:
    return [order.id for order in orders]


def a_list(service: Conversation, answer: Any, *, limit: int = 1000, offset: int = 0, **filters: Any) -> None:
    shown = {f"filters[{name}]": str(value) for name, value in filters.items()}
    query = {**shown, "sort": "order_id", "limit": str(limit), "offset": str(offset)}
    service.get("order/certificate", answer, query=query)


def whole(*orders: Any) -> dict[str, Any]:
    return rows(*orders, total=len(orders))


# -- by their ids ------------------------------------------------------------------------------------------------------


def test_several_are_one_list_and_keep_the_order_asked(service: Conversation, client: CertCentral) -> None:
    service.list(whole(row(1), row(2), row(3)), 3, 1, 2)
    orders, missing = finder(client).by_ids([3, 1, 2, 3])
    assert (ids_of(orders), missing) == ([3, 1, 2], [])
    assert all(order.seen == {ROW} for order in orders)


def test_an_order_that_a_list_leaves_out_is_read_by_itself(service: Conversation, client: CertCentral) -> None:
    service.list(whole(row(1)), 1, 2, 3)
    service.get("order/certificate/2", row(2))
    service.get("order/certificate/3", absent(), 404)
    orders, missing = finder(client).by_ids([1, 2, 3])
    assert (ids_of(orders), missing) == ([1, 2], [3])


def test_a_single_one_is_its_own_page(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", row(7))
    orders, missing = finder(client).by_ids([7, 7])
    assert (ids_of(orders), missing, orders[0].seen) == ([7], [], {DETAILS})


def test_a_single_one_that_does_not_exist(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", absent(), 404)
    assert finder(client, include_origin=True).by_ids([7]) == ([], [7])


def test_no_ids_are_no_request(client: CertCentral) -> None:
    assert finder(client).by_ids([]) == ([], [])


def test_with_details_each_is_its_own_page(service: Conversation, client: CertCentral) -> None:
    for number in (2, 1):
        service.get(f"order/certificate/{number}", row(number))
    orders, missing = finder(client, details=True).by_ids([2, 1])
    assert (ids_of(orders), missing) == ([2, 1], [])
    assert all(order.seen == {DETAILS} for order in orders)


def test_more_than_a_hundred_are_more_than_one_list(service: Conversation, client: CertCentral) -> None:
    numbers = list(range(1, 202))
    service.list(whole(*map(row, numbers[:100])), *numbers[:100])
    service.list(whole(*map(row, numbers[100:200])), *numbers[100:200])
    service.get("order/certificate/201", row(201))
    orders, missing = finder(client).by_ids(numbers)
    assert (ids_of(orders), missing) == (numbers, [])


def test_the_origin_is_found_out_on_request(service: Conversation, client: CertCentral) -> None:
    service.list(whole(row(1), row(2)), 1, 2)
    service.list(whole(row(1)), 1, 2, origin="migrated")
    service.list({}, 1, origin="certcentral")
    orders, _missing = finder(client, include_origin=True).by_ids([1, 2])
    assert [order.shown(TODAY)["is_migrated"] for order in orders] == [True, False]


def test_a_failure_is_no_missing_order(service: Conversation, client: CertCentral) -> None:
    service.list(whole(row(1)), 1, 2)
    service.get("order/certificate/2", {}, 403)
    with pytest.raises(Denied):
        finder(client).by_ids([1, 2])


def test_a_stop_between_two_lists_ends_it(service: Conversation, client: CertCentral) -> None:
    stop = Stop()
    numbers = list(range(1, 102))
    service.list(whole(*map(row, numbers[:99])), *numbers[:100])
    service.get("order/certificate/100", row(100))

    def work(function: Any, arguments: Any) -> list[Any]:
        done = in_turn(function, arguments)
        stop.set("SIGTERM")
        return done

    with pytest.raises(Stopped, match="SIGTERM"):
        Finder(client, work, stop).by_ids(numbers)


def test_a_stop_makes_no_order_missing(service: Conversation, client: CertCentral) -> None:
    stop = Stop()
    service.list(whole(row(1)), 1, 2)

    def work(function: Any, arguments: Any) -> list[Any]:
        stop.set("SIGTERM")
        return in_turn(function, arguments)

    with pytest.raises(Stopped, match="SIGTERM"):
        Finder(client, work, stop).by_ids([1, 2])


# -- by what they have in common ---------------------------------------------------------------------------------------


def test_all_of_them(service: Conversation, client: CertCentral) -> None:
    a_list(service, whole(row(1), row(2)))
    orders = list(finder(client).matching(Criteria()))
    assert ids_of(orders) == [1, 2]
    assert "is_migrated" not in orders[0].shown(TODAY)


def test_rows_outside_the_criteria_cost_nothing_and_undecided_rows_cost_their_page(
    service: Conversation, client: CertCentral
) -> None:
    mine, other = {"product": {"type": "ssl"}}, {"product": {"type": "client"}}
    a_list(service, whole(row(1, **other), row(2), row(3, **mine), row(4), row(5)))
    service.get("order/certificate/2", row(2, **mine))
    service.get("order/certificate/4", row(4, **other))
    # It is still unknown: then it does not match.
    service.get("order/certificate/5", row(5))
    orders = list(finder(client).matching(Criteria(product_type="ssl")))
    assert [(order.id, DETAILS in order.seen) for order in orders] == [(2, True), (3, False)]


def test_an_order_that_vanishes_before_its_page_is_read(service: Conversation, client: CertCentral) -> None:
    a_list(service, whole(row(1), row(2)))
    service.get("order/certificate/1", absent(), 404)
    service.get("order/certificate/2", row(2, product={"type": "ssl"}))
    found = finder(client)
    assert ids_of(found.matching(Criteria(product_type="ssl"))) == [2]
    assert found.missing == [1]


def test_a_page_that_cannot_be_read_fails_the_whole(service: Conversation, client: CertCentral) -> None:
    a_list(service, whole(row(1)))
    service.get("order/certificate/1", {}, 500)
    with pytest.raises(ServerError):
        list(finder(client).matching(Criteria(product_type="ssl")))


def test_with_details_only_what_is_meant_is_read_and_by_its_newer_page_it_is_judged_again(
    service: Conversation, client: CertCentral
) -> None:
    a_list(service, whole(row(1, "issued"), row(2, "revoked"), row(3, "issued"), row(4, "issued")), status="issued")
    service.get("order/certificate/1", row(1, "issued", auto_renew=1))
    service.get("order/certificate/3", row(3, "revoked"))
    service.get("order/certificate/4", absent(), 404)
    found = finder(client, details=True)
    orders = list(found.matching(Criteria(status=frozenset(["issued"]))))
    # One that is no longer meant is left out; one without a page is named.
    assert (ids_of(orders), found.missing) == ([1], [4])
    assert orders[0].shown(TODAY)["auto_renew"] is True


def test_orders_come_page_by_page(service: Conversation, client: CertCentral) -> None:
    numbers = range(1, 1002)
    a_list(service, rows(*map(row, numbers[:1000]), total=1001))
    orders = finder(client).matching(Criteria())
    assert next(orders).id == 1
    a_list(service, rows(row(1001), total=1001), offset=1000)
    assert ids_of(orders) == list(numbers[1:])


def test_a_stop_between_orders_ends_it(service: Conversation, client: CertCentral) -> None:
    a_list(service, whole(*map(row, range(1, 4))))
    stop = Stop()
    stop.set("SIGINT")
    with pytest.raises(Stopped, match="SIGINT"):
        list(finder(client, stop).matching(Criteria()))


def test_a_stop_leaves_no_order_out(service: Conversation, client: CertCentral) -> None:
    stop = Stop()
    a_list(service, whole(row(1), row(2)))

    def work(function: Any, arguments: Any) -> list[Any]:
        stop.set("SIGTERM")
        return in_turn(function, arguments)

    with pytest.raises(Stopped, match="SIGTERM"):
        list(Finder(client, work, stop, details=True).matching(Criteria()))


# -- filters that cannot be checked ------------------------------------------------------------------------------------


def test_a_search_is_believed_where_the_filter_is_applied(service: Conversation, client: CertCentral) -> None:
    a_list(service, whole(row(1)), search="%example")
    a_list(service, {}, limit=1, search=SEARCH)
    assert ids_of(finder(client).matching(Criteria(search="example"))) == [1]


def test_a_search_that_is_ignored_is_refused(service: Conversation, client: CertCentral) -> None:
    a_list(service, whole(row(1)), search="%example")
    a_list(service, whole(row(1)), limit=1, search=SEARCH)
    with pytest.raises(Unreadable, match=r"\bsearch\b") as caught:
        list(finder(client).matching(Criteria(search="example")))
    assert caught.value.code == "filter_ignored"


def test_a_search_that_finds_nothing_proves_itself(service: Conversation, client: CertCentral) -> None:
    a_list(service, {}, search="%example")
    assert list(finder(client).matching(Criteria(search="example"))) == []


@pytest.mark.parametrize(("origin", "other"), [("migrated", "certcentral"), ("certcentral", "migrated")])
def test_an_origin_is_believed_where_the_filter_is_applied(
    origin: str, other: str, service: Conversation, client: CertCentral
) -> None:
    a_list(service, whole(row(1), row(2)), origin=origin)
    a_list(service, {}, limit=1, id=1, origin=other)
    orders = list(finder(client, include_origin=True).matching(Criteria(origin=origin)))
    assert [(order.id, order.is_migrated) for order in orders] == [(1, origin == "migrated"), (2, origin == "migrated")]
    assert all(ORIGIN in order.seen for order in orders)


def test_an_origin_that_is_ignored_is_refused(service: Conversation, client: CertCentral) -> None:
    a_list(service, whole(row(1)), origin="migrated")
    a_list(service, whole(row(1)), limit=1, id=1, origin="certcentral")
    with pytest.raises(Unreadable, match=r"\borigin\b") as caught:
        list(finder(client).matching(Criteria(origin="migrated")))
    assert caught.value.code == "filter_ignored"


def test_another_order_in_the_probe_does_not_make_the_filter_ignored(
    service: Conversation, client: CertCentral
) -> None:
    """The filter by id may be the one that is ignored."""
    a_list(service, whole(row(2)), origin="migrated")
    a_list(service, whole(row(1)), limit=1, id=2, origin="certcentral")
    assert ids_of(finder(client).matching(Criteria(origin="migrated"))) == [2]


@pytest.mark.parametrize(
    ("others", "any_at_all", "works"), [(True, None, True), (False, False, True), (False, True, False)]
)
def test_none_of_an_origin_is_believed_where_there_are_some_of_the_other_or_none_at_all(
    others: bool, any_at_all: bool | None, works: bool, service: Conversation, client: CertCentral
) -> None:
    a_list(service, {}, origin="migrated")
    a_list(service, whole(row(1)) if others else {}, limit=1, origin="certcentral")
    if any_at_all is not None:
        a_list(service, whole(row(1)) if any_at_all else {}, limit=1)
    if works:
        assert list(finder(client).matching(Criteria(origin="migrated"))) == []
    else:
        with pytest.raises(Unreadable) as caught:
            list(finder(client).matching(Criteria(origin="migrated")))
        assert caught.value.code == "filter_ignored"


def test_the_origin_of_all_is_one_list_more(service: Conversation, client: CertCentral) -> None:
    a_list(service, whole(row(2), row(9)), origin="migrated")
    a_list(service, {}, limit=1, id=2, origin="certcentral")
    a_list(service, whole(row(1), row(2)))
    orders = list(finder(client, include_origin=True).matching(Criteria()))
    assert [(order.id, order.is_migrated) for order in orders] == [(1, False), (2, True)]


def test_the_origin_of_all_is_not_guessed_where_the_filter_is_ignored(
    service: Conversation, client: CertCentral
) -> None:
    a_list(service, whole(row(1), row(2)), origin="migrated")
    a_list(service, whole(row(1)), limit=1, id=1, origin="certcentral")
    with pytest.raises(Unreadable) as caught:
        list(finder(client, include_origin=True).matching(Criteria()))
    assert caught.value.code == "filter_ignored"


def test_the_origin_of_all_where_none_is_migrated(service: Conversation, client: CertCentral) -> None:
    a_list(service, {}, origin="migrated")
    a_list(service, whole(row(1)), limit=1, origin="certcentral")
    a_list(service, whole(row(1)))
    assert [order.is_migrated for order in finder(client, include_origin=True).matching(Criteria())] == [False]


# -- a task's options --------------------------------------------------------------------------------------------------

NONE: dict[str, Any] = {name: option.get("default") for name, option in ORDER_FILTERS.items()}


def test_every_option_is_a_filter() -> None:
    assert {*FILTERS, "include_subdomains"} == set(ORDER_FILTERS)


def test_no_options_are_no_criteria() -> None:
    assert criteria(NONE, NOW) == Criteria()
    assert criteria({**NONE, **dict.fromkeys(("domain", "common_name", "search", "origin"), "")}, NOW) == Criteria()


OPTIONS: list[tuple[Mapping[str, Any], Criteria]] = [
    ({"status": ["issued", "expired", "issued"]}, Criteria(status=frozenset(["issued", "expired"]))),
    ({"domain": " WWW.Example.com. "}, Criteria(domain="www.example.com")),
    ({"domain": "b\u00fccher.example"}, Criteria(domain="xn--bcher-kva.example")),
    (
        {"domain": "*.example.com", "include_subdomains": True},
        Criteria(domain="*.example.com", include_subdomains=True),
    ),
    ({"common_name": " Jane Doe "}, Criteria(common_name="Jane Doe")),
    ({"search": " example "}, Criteria(search="example")),
    ({"expires_before": "2026-12-31"}, Criteria(expires_to=date(2026, 12, 30))),
    ({"expires_before": " 2026-12-31 "}, Criteria(expires_to=date(2026, 12, 30))),
    ({"expires_within_days": 0}, Criteria(expires_from=TODAY, expires_to=TODAY)),
    ({"expires_within_days": 30}, Criteria(expires_from=TODAY, expires_to=TODAY + timedelta(days=30))),
    ({"expires_within_days": 10**9}, Criteria(expires_from=TODAY, expires_to=TODAY + timedelta(days=36500))),
    ({"is_renewed": False}, Criteria(is_renewed=False)),
    ({"origin": "migrated"}, Criteria(origin="migrated")),
    (
        {"container_id": 3, "organization_id": 12, "product_name_id": "ssl_plus", "product_type": "ssl_certificate"},
        Criteria(container_id=3, organization_id=12, product_name_id="ssl_plus", product_type="ssl_certificate"),
    ),
    *(
        ({"created_before": text}, Criteria(created_before=datetime(2026, 3, 1, 12, tzinfo=timezone.utc)))
        for text in ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00z", " 2026-03-01T12:00 ", "2026-03-01T13:00:00+01:00")
    ),
    ({"created_before": "2026-03-01"}, Criteria(created_before=datetime(2026, 3, 1, tzinfo=timezone.utc))),
    ({"created_before": " "}, Criteria()),
    ({"created_after": "2026-03-01"}, Criteria(created_from=datetime(2026, 3, 1, tzinfo=timezone.utc))),
    ({"expires_after": "2026-12-31"}, Criteria(expires_from=date(2026, 12, 31))),
    (
        {"expires_after": "2026-12-31", "expires_before": "2027-01-31"},
        Criteria(expires_from=date(2026, 12, 31), expires_to=date(2027, 1, 30)),
    ),
    (
        {"expires_after": str(TODAY + timedelta(days=20)), "expires_within_days": 30},
        Criteria(expires_from=TODAY + timedelta(days=20), expires_to=TODAY + timedelta(days=30)),
    ),
    (
        {"expires_after": str(TODAY - timedelta(days=20)), "expires_within_days": 30},
        Criteria(expires_from=TODAY, expires_to=TODAY + timedelta(days=30)),
    ),
    ({"name_pattern": [" WWW.* ", "www.*"]}, Criteria(name_patterns=("www.*",))),
    (
        {"name_pattern": ["www.b\u00fccher.*"]},
        Criteria(name_patterns=("www.b\u00fccher.*", "www.xn--bcher-kva.*")),
    ),
    ({"containers": ["3", " Retail ", "4"]}, Criteria(containers=Several(frozenset([3, 4]), frozenset(["retail"])))),
    ({"organizations": ["Example Corp"]}, Criteria(organizations=Several(names=frozenset(["example corp"])))),
    ({"requester": " Ada  Example "}, Criteria(requester="ada example")),
]


@pytest.mark.parametrize(("options", "wanted"), OPTIONS)
def test_options_become_criteria(options: Mapping[str, Any], wanted: Criteria) -> None:
    assert criteria({**NONE, **options}, NOW) == wanted


@pytest.mark.parametrize(
    "options",
    [
        {"expires_within_days": -1},
        {"expires_within_days": 1, "expires_before": "2026-12-31"},
        {"container_id": 0},
        {"organization_id": -1},
        {"expires_before": "soon"},
        {"expires_before": "2026-02-30"},
        {"expires_before": "2026-12-31T00:00:00Z"},
        {"created_before": "yesterday"},
        {"created_before": "{{ now }}"},
        {"domain": "not a name"},
        {"domain": "https://example.com/"},
        {"include_subdomains": True},
        {"status": ["isued"]},
        {"containers": ["3", " "]},
        {"organizations": ["0"]},
        {"containers": ["3"], "container_id": 3},
        {"organizations": ["3"], "organization_id": 3},
        {"name_pattern": ["www.*", "."]},
        {"created_after": "yesterday"},
        {"expires_after": "soon"},
    ],
)
def test_an_invalid_option_is_named(options: Mapping[str, Any]) -> None:
    with pytest.raises(OptionError) as caught:
        criteria({**NONE, **options}, NOW)
    assert all(name in str(caught.value) for name in options)


def test_the_first_of_all_days_is_a_day() -> None:
    assert criteria({**NONE, "expires_before": "0001-01-01"}, NOW)


# -- results of a module -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("numbers", [[], [1], [1, 2]])
def test_the_result_of_a_search(numbers: list[int]) -> None:
    result = found((Order(number, "issued") for number in numbers), TODAY, missing=[9])
    assert [order["order_id"] for order in result["orders"]] == numbers
    assert result["missing"] == [9]


@pytest.mark.parametrize("count", [0, 1, 3, 21])
def test_orders_with_an_unreadable_expiry_are_counted_in_a_warning(count: int) -> None:
    unread = [Order(number, "issued", has_unread_expiry=True) for number in range(1, count + 1)]
    result = found([Order(99, "issued"), *unread], TODAY, missing=[])
    assert len(result["orders"]) == count + 1
    if not count:
        assert "warnings" not in result
        return
    (warning,) = result["warnings"]
    # Their number, and the ids of the first 20.
    assert re.findall(r"\d+", warning) == [str(count), *map(str, range(1, min(count, 20) + 1))]
    assert ("..." in warning) is (count > 20)


def test_a_page_of_orders_is_as_large_as_a_page_of_the_list() -> None:
    assert certcentral_paging.PAGE == 1000
    assert [len(page) for page in _certcentral_find._pages_of(iter([Order(1, "")] * 2001))] == [1000, 1000, 1]


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages(service: Conversation, client: CertCentral) -> None:
    def result(count: int, **more: Any) -> dict[str, Any]:
        return found([Order(number, "issued", **more) for number in range(1, count + 1)], TODAY)

    def ignored(**wanted: str) -> str:
        with pytest.raises(Unreadable) as caught:
            list(finder(client).matching(Criteria(**wanted)))
        return caught.value.message

    def invalid(**options: Any) -> str:
        with pytest.raises(OptionError) as caught:
            criteria({**NONE, **options}, NOW)
        return str(caught.value)

    a_list(service, whole(row(1)), search="%example")
    a_list(service, whole(row(1)), limit=1, search=SEARCH)
    a_list(service, whole(row(1)), origin="migrated")
    a_list(service, whole(row(1)), limit=1, id=1, origin="certcentral")
    check_messages(
        "certcentral search",
        {
            "none found": result(0)["msg"],
            "one found": result(1)["msg"],
            "two found": result(2)["msg"],
            "one without details": found([], TODAY, missing=[9], is_list=True)["msg"],
            "22 without details": without_page(range(1, 23)),
            "one with an unreadable expiry": result(1, has_unread_expiry=True)["warnings"][0],
            "21 with an unreadable expiry": result(21, has_unread_expiry=True)["warnings"][0],
            "search filter ignored": ignored(search="example"),
            "origin filter ignored": ignored(origin="migrated"),
            "expires_within_days negative": invalid(expires_within_days=-1),
            "expires_before and expires_within_days": invalid(expires_within_days=1, expires_before="2026-12-31"),
            "container_id 0": invalid(container_id=0),
            "include_subdomains without domain": invalid(include_subdomains=True),
            "expires_before invalid": invalid(expires_before="soon"),
            "created_before invalid": invalid(created_before="yesterday"),
            "containers and container_id": invalid(containers=["3"], container_id=3),
            "containers empty": invalid(containers=[" "]),
            "organizations 0": invalid(organizations=["0"]),
            "name_pattern empty": invalid(name_pattern=["."]),
        },
    )
