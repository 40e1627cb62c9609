# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CertCentral client as HTTP conversations: the calls in order; one unexpected or left over fails the test."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils import _certcentral, _http
from ansible_collections.certops.orders.plugins.module_utils._certcentral import (
    DETAILS,
    ORIGIN,
    ROW,
    CertCentral,
    Order,
    User,
    connect,
)
from ansible_collections.certops.orders.plugins.module_utils._errors import (
    ApiError,
    Denied,
    NotFound,
    ServerError,
    Unreadable,
)
from ansible_collections.certops.orders.plugins.module_utils._options import CERTCENTRAL_OPTIONS, OptionError
from ansible_collections.certops.orders.plugins.module_utils._orders import Decision
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import KEY

BASE = "https://www.digicert.com/services/v2"
LIST = f"{BASE}/order/certificate"
DEFAULTS = {name: option.get("default") for name, option in CERTCENTRAL_OPTIONS.items()}
PARAMS = {**DEFAULTS, "rate_limit": "none", "retries": 0}

Query = dict[str, str]


class Conversation:
    """What the service is going to be asked and what it answers."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self._mock = mock

    def get(self, path: str, answer: Any, status: int = 200, query: Query | None = None) -> None:
        matchers = [responses.matchers.query_param_matcher(query or {})]
        body = answer if isinstance(answer, (str, bytes)) else json.dumps(answer)
        self._mock.add("GET", f"{BASE}/{path}", body=body, status=status, match=matchers)

    def list(self, answer: Any, *ids: int, **filters: str) -> None:
        """Rows of these ids, and no other filters than these, are asked for."""
        shown = {f"filters[id][{index}]": str(number) for index, number in enumerate(ids)}
        if len(ids) == 1:
            shown = {"filters[id]": str(ids[0])}
        shown.update({f"filters[{name}]": value for name, value in filters.items()})
        query = {**shown, "sort": "order_id", "limit": str(len(ids)), "offset": "0"}
        self.get("order/certificate", answer, query=query)

    def put(self, path: str, body: Any, status: int = 204, answer: Any = None) -> None:
        matchers = [responses.matchers.json_params_matcher(body), responses.matchers.query_param_matcher({})]
        said = {} if answer is None else {"json": answer}
        self._mock.add("PUT", f"{BASE}/{path}", status=status, match=matchers, **said)


@pytest.fixture
def service() -> Iterator[Conversation]:
    registry = responses.registries.OrderedRegistry
    with responses.RequestsMock(registry=registry, assert_all_requests_are_fired=True) as mock:
        yield Conversation(mock)
        for call in mock.calls:
            assert call.request.headers["X-DC-DEVKEY"] == KEY
            assert KEY not in call.request.url


@pytest.fixture
def client(service: Conversation) -> Iterator[CertCentral]:  # noqa: ARG001  it has to listen first
    with connect({**PARAMS, "api_key": KEY}, _http.Context(), writes=True) as client:
        yield client


def rows(*orders: Any, **page: Any) -> dict[str, Any]:
    return {"orders": list(orders), **({"page": page} if page else {})}


def row(number: int, status: str = "pending", **more: Any) -> dict[str, Any]:
    return {"id": number, "status": status, **more}


# -- an order's own page ---------------------------------------------------------------------------------------------


def test_an_order(service: Conversation, client: CertCentral) -> None:
    service.get(
        "order/certificate/7",
        {
            "id": 7,
            "status": "issued",
            "is_renewed": False,
            "renewed_order_id": 9,
            "certificate": {"id": 5, "common_name": "www.example.com", "valid_till": "2026-12-31"},
            "organization": [],
        },
    )
    assert client.order(7) == Order(
        7, "issued", False, 9, date(2026, 12, 31), "www.example.com", None, frozenset([DETAILS])
    )


def test_an_order_that_says_almost_nothing(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", {"id": 7})
    # Details leave renewed_order_id out where there is no newer order; what they leave out else is not known.
    assert client.order(7) == Order(7, "", None, 0, None, "", None, frozenset([DETAILS]))


TRAPS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"id": "7"}, {"id": 7}),
    ({"id": " 7 "}, {"id": 7}),
    ({"is_renewed": True}, {"is_renewed": True}),
    ({"is_renewed": 1}, {"is_renewed": True}),
    ({"is_renewed": "1"}, {"is_renewed": True}),
    ({"is_renewed": "true"}, {"is_renewed": True}),
    ({"is_renewed": "True "}, {"is_renewed": True}),
    ({"is_renewed": 0}, {"is_renewed": False}),
    ({"is_renewed": "0"}, {"is_renewed": False}),
    ({"is_renewed": "false"}, {"is_renewed": False}),
    *(({"is_renewed": odd}, {"is_renewed": None}) for odd in (None, "", "yes", 2, -1, [], {}, [True])),
    ({"renewed_order_id": "9"}, {"renewed_order_id": 9}),
    ({"renewed_order_id": 0}, {"renewed_order_id": 0}),
    ({"renewed_order_id": "0"}, {"renewed_order_id": 0}),
    ({"renewed_order_id": None}, {"renewed_order_id": 0}),
    ({"renewed_order_id": ""}, {"renewed_order_id": 0}),
    *(({"renewed_order_id": odd}, {"renewed_order_id": None}) for odd in ("next", [9], {"id": 9}, True)),
    ({"certificate": None}, {"valid_till": None, "common_name": ""}),
    ({"certificate": []}, {"valid_till": None, "common_name": ""}),
    ({"certificate": "none"}, {"valid_till": None, "common_name": ""}),
    ({"certificate": {"common_name": None}}, {"common_name": ""}),
    ({"certificate": {"common_name": ["a"]}}, {"common_name": "['a']"}),
    ({"certificate": {"common_name": "a\n\u202eb"}}, {"common_name": "a\\n\\u202eb"}),
    ({"certificate": {"valid_till": "2026-12-31T10:00:00+00:00"}}, {"valid_till": date(2026, 12, 31)}),
    *(
        ({"certificate": {"valid_till": odd}}, {"valid_till": None})
        for odd in (None, "", "soon", "2026-02-30", "31.12.2026", 0, [], {})
    ),
    ({"status": None}, {"status": ""}),
    ({"status": "a\x1b[2J"}, {"status": "a\\x1b[2J"}),
    ({"status": 3}, {"status": "3"}),
    ({"organization": {"id": "12", "is_active": "1"}, "is_multi_year_plan": "1"}, {}),
]


@pytest.mark.parametrize(("said", "read"), TRAPS)
def test_type_traps(said: dict[str, Any], read: dict[str, Any], service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", {"id": 7, "status": "issued", **said})
    order = client.order(7)
    assert {name: getattr(order, name) for name in read} == read


@pytest.mark.parametrize(
    "answer", [{}, {"id": 8}, {"id": None}, {"id": True}, {"id": "x"}, {"id": 7.5}, {"errors": []}]
)
def test_another_order_than_asked_is_not_taken_for_it(answer: Any, service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", answer)
    with pytest.raises(Unreadable, match="answered with something else when asked to read order 7"):
        client.order(7)


def test_an_order_that_does_not_exist(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", {"errors": [{"code": "not_found|order", "message": "No."}]}, 404)
    with pytest.raises(NotFound) as caught:
        client.order(7)
    assert caught.value.code == "not_found|order"


@pytest.mark.parametrize(
    ("order", "marked"),
    [
        (Order(7, "renewed"), True),
        (Order(7, "renewed", is_renewed=False), True),
        (Order(7, "expired", is_renewed=True), True),
        (Order(7, "issued", is_renewed=False), False),
        (Order(7, "issued"), None),
    ],
)
def test_what_counts_as_renewed(order: Order, marked: bool | None) -> None:
    assert order.is_marked is marked
    assert order.facts == {"status": order.status, "is_renewed": bool(marked)}


def test_the_name_of_an_order() -> None:
    assert Order(7, "issued", common_name="www.example.com").name == "www.example.com"


# -- a page of a list ------------------------------------------------------------------------------------------------


def test_filters_are_spelled_as_documented(service: Conversation, client: CertCentral) -> None:
    service.get(
        "order/certificate",
        {},
        query={
            "filters[status][0]": "pending",
            "filters[status][1]": "waiting_pickup",
            "filters[valid_till]": "<2026-12-31",
            "filters[search]": "%example & co",
            "sort": "order_id",
            "limit": "1000",
            "offset": "0",
        },
    )
    filters = [("status", "pending"), ("valid_till", "<2026-12-31"), ("status", "waiting_pickup")]
    client.page([*filters, ("search", "%example & co")])


def test_a_page(service: Conversation, client: CertCentral) -> None:
    answer = rows(row(1, is_renewed="1", certificate={"common_name": "a"}, organization=[]), row(2), total="12")
    service.get("order/certificate", answer, query={"sort": "order_id", "limit": "2", "offset": "4"})
    orders, total = client.page([], limit=2, offset=4)

    assert total == 12
    # A row does not have renewed_order_id, so that nothing is said about it.
    assert orders == [
        Order(1, "pending", True, None, None, "a", None, frozenset([ROW])),
        Order(2, "pending", None, None, None, "", None, frozenset([ROW])),
    ]


@pytest.mark.parametrize(
    ("answer", "ids", "total"),
    [
        ({}, [], None),
        ({"page": {"total": 0, "limit": 0, "offset": 0}}, [], 0),
        ({"orders": None}, [], None),
        ({"orders": []}, [], None),
        ({"orders": [], "page": []}, [], None),
        ({"orders": [], "page": {"total": None}}, [], None),
        ({"orders": [], "page": {"total": "many"}}, [], None),
        ({"orders": [None, 7, "x", [], {}, {"id": None}, {"id": True}, {"status": "issued"}, {"id": "3"}]}, [3], None),
    ],
)
def test_a_page_that_is_not_as_it_should_be(
    answer: Any, ids: list[int], total: int | None, service: Conversation, client: CertCentral
) -> None:
    service.get("order/certificate", answer, query={"sort": "order_id", "limit": "1000", "offset": "0"})
    orders, said = client.page([])
    assert ([order.id for order in orders], said) == (ids, total)


@pytest.mark.parametrize("orders", [{"1": {"id": 1}}, "none", 7, True])
def test_a_page_that_is_no_list(orders: Any, service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate", {"orders": orders}, query={"sort": "order_id", "limit": "1000", "offset": "0"})
    with pytest.raises(Unreadable, match="not a list of orders"):
        client.page([])


# -- all pages -------------------------------------------------------------------------------------------------------


class Account:
    """A service with orders that come and go while they are read.

    change: what happens to the orders between two pages. cap: its largest page.
    """

    def __init__(
        self,
        orders: Iterable[int],
        *,
        change: Callable[[Account], None] = lambda _account: None,
        cap: int = 1000,
        says_total: bool = True,
        heeds_offset: bool = True,
    ) -> None:
        self.orders = list(orders)
        self.totals: list[int] = []
        self.asked: list[int] = []
        self._change = change
        self._cap = cap
        self._says_total = says_total
        self._heeds_offset = heeds_offset

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        query = dict(parse_qsl(urlsplit(request.url).query))
        offset, limit = int(query["offset"]), min(int(query["limit"]), self._cap)
        if self.asked:
            self._change(self)
        self.asked.append(offset)
        assert len(self.asked) < 1000, "it never ends"
        start = offset if self._heeds_offset else 0
        shown = rows(*(row(number) for number in self.orders[start : start + limit]))
        if self._says_total:
            shown["page"] = {"total": self.totals.pop(0) if self.totals else len(self.orders)}
        return 200, {}, json.dumps(shown)


def read_all(account: Account, limit: int = 10) -> list[int]:
    with responses.RequestsMock() as mock:
        mock.add_callback("GET", LIST, account.answer)
        with connect({**PARAMS, "api_key": KEY}, _http.Context(), writes=False) as client:
            return [order.id for order in client.pages(limit=limit)]


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (9, 1), (10, 1), (11, 2), (20, 2), (21, 3), (95, 10)])
def test_every_order_with_no_request_too_many(count: int, requests: int) -> None:
    account = Account(range(count))
    assert read_all(account) == list(range(count))
    assert len(account.asked) == requests


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (9, 2), (10, 2), (25, 4)])
def test_a_service_that_does_not_say_how_many(count: int, requests: int) -> None:
    account = Account(range(count), says_total=False)
    assert read_all(account) == list(range(count))
    assert len(account.asked) == requests


@pytest.mark.parametrize("says_total", [True, False])
def test_a_service_that_ignores_the_offset(says_total: bool) -> None:
    account = Account(range(35), says_total=says_total, heeds_offset=False)
    assert read_all(account) == list(range(10))
    assert len(account.asked) <= 3


def test_a_service_with_smaller_pages_than_asked() -> None:
    assert read_all(Account(range(35), cap=4)) == list(range(35))


def test_a_service_that_repeats_itself() -> None:
    assert read_all(Account([1, 1, 2, 2, 3, *range(4, 30), 5])) == list(range(1, 30))


def test_orders_that_come_while_they_are_read() -> None:
    def grow(account: Account) -> None:
        if len(account.orders) < 40:
            account.orders.append(len(account.orders))

    assert read_all(Account(range(35), change=grow)) == list(range(38))


def test_orders_that_go_while_they_are_read_hide_no_other() -> None:
    """A status filter lets go of what was read: those behind move up, past the place that is read next."""

    def drop(account: Account) -> None:
        if len(account.asked) % 2:
            del account.orders[:7]

    account = Account(range(100), change=drop)
    read = read_all(account)
    assert set(account.orders) <= set(read)
    assert len(account.orders) < 50


def test_more_orders_that_go_than_a_page_holds() -> None:
    """It has to go back by several pages, which bring nothing new if those that went were still to come."""

    def drop_the_last(account: Account) -> None:
        if len(account.asked) == 5:
            del account.orders[-30:]

    assert read_all(Account(range(100), change=drop_the_last)) == list(range(70))


@pytest.mark.parametrize("totals", [[100, 5] * 400, [100, 0] * 400, [30, 29] * 400, list(range(800, 0, -1))])
def test_a_total_that_swings_does_not_keep_us_for_ever(totals: list[int]) -> None:
    account = Account(range(10))
    account.totals = list(totals)
    assert read_all(account) == list(range(10))
    assert len(account.asked) < 60


@settings(max_examples=100, deadline=None)
@given(
    count=st.integers(0, 60),
    cap=st.integers(4, 12),
    changes=st.lists(st.lists(st.integers(0, 80), max_size=8), max_size=12),
)
def test_whatever_goes_meanwhile_what_stays_is_read_once(count: int, cap: int, changes: list[list[int]]) -> None:
    todo = iter(changes)

    def drop(account: Account) -> None:
        gone = set(next(todo, []))
        account.orders = [number for number in account.orders if number not in gone]

    account = Account(range(count), change=drop, cap=cap)
    read = read_all(account, limit=10)

    assert len(read) == len(set(read))
    assert set(account.orders) <= set(read)


def test_pages_hand_the_filters_on(service: Conversation, client: CertCentral) -> None:
    query = {"filters[status]": "issued", "sort": "order_id", "limit": "2"}
    service.get("order/certificate", rows(row(1), row(2), total=3), query={**query, "offset": "0"})
    service.get("order/certificate", rows(row(3), total=3), query={**query, "offset": "2"})
    assert [order.id for order in client.pages([("status", "issued")], limit=2)] == [1, 2, 3]


def test_pages_pass_errors_on(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate", "<html>", 503, {"sort": "order_id", "limit": "1000", "offset": "0"})
    with pytest.raises(ServerError):
        list(client.pages())


# -- a change --------------------------------------------------------------------------------------------------------


def change(client: CertCentral, target: str, note: str | None) -> None:
    until = _http.time.monotonic() + 60
    client.change_status(
        Order(7, "pending"), Decision(), target=target, note=note, fresh_until=until, patience=_http.Patience(0)
    )


@pytest.mark.parametrize(
    ("target", "note", "body"),
    [
        ("canceled", "no longer needed", {"status": "canceled", "note": "no longer needed"}),
        ("renewed", None, {"status": "renewed"}),
        ("not_renewed", "", {"status": "not_renewed"}),
        ("renewed", 'Über "x" {{ y }}', {"status": "renewed", "note": 'Über "x" {{ y }}'}),
    ],
)
def test_a_change(target: str, note: str | None, body: Any, service: Conversation, client: CertCentral) -> None:
    service.put("order/certificate/7/status", body)
    change(client, target, note)


def test_an_answer_that_should_have_been_empty_does_not_acknowledge_a_change(
    service: Conversation, client: CertCentral
) -> None:
    """Such as a gateway's 200 with an error in it: a fresh read has to tell."""
    service.put("order/certificate/7/status", {"status": "renewed"}, 200, {"errors": [{"code": "odd"}]})
    with pytest.raises(Unreadable) as caught:
        change(client, "renewed", None)

    assert caught.value.ambiguous


def test_a_need_that_nobody_knows_is_a_mistake_of_ours(client: CertCentral) -> None:
    with pytest.raises(ValueError, match="nobody knows how to read colour"):
        client.learn("colour", [Order(7, "pending")])


def test_a_change_that_is_refused(service: Conversation, client: CertCentral) -> None:
    service.put("order/certificate/7/status", {"status": "renewed"}, 403)
    with pytest.raises(Denied, match="refused to set order 7 to renewed"):
        change(client, "renewed", None)


# -- the account -----------------------------------------------------------------------------------------------------


def test_me(service: Conversation, client: CertCentral) -> None:
    roles = [{"id": 102, "name": "View Only"}, {"id": 1, "name": "A\u202eB"}, "x", {}]
    service.get("user/me", {"account_id": "12", "username": "some\nbody", "access_roles": roles})
    assert client.me() == User(12, "some\\nbody", ("View Only", "A\\u202eB"))


@pytest.mark.parametrize("said", [{}, {"account_id": None, "username": None, "access_roles": {"id": 1}}])
def test_me_without_a_face(said: Any, service: Conversation, client: CertCentral) -> None:
    service.get("user/me", said)
    assert client.me() == User(None, "", ())


def test_whose(service: Conversation, client: CertCentral) -> None:
    service.get("user/me", {"account_id": 12})
    assert client.whose() == "account 12"
    service.get("user/me", {})
    assert client.whose() == "this key's account"
    service.get("user/me", "<html>", 403)
    assert client.whose() == "this key's account"


# -- reading for a run -----------------------------------------------------------------------------------------------


def test_reading_one_is_reading_its_page(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", row(7))
    assert client.read([7])[7].seen == {DETAILS}
    service.get("order/certificate/8", {}, 404)
    assert client.read([8]) == {}


def test_reading_one_passes_other_refusals_on(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", {}, 403)
    with pytest.raises(Denied):
        client.read([7])


def test_reading_several_is_one_list(service: Conversation, client: CertCentral) -> None:
    # Unasked ids, garbage and an order twice are among the answer; one that was asked for is not.
    service.list(rows(row(9), row(1), None, row("7"), row(7, "issued")), 7, 8, 9)
    found = client.read([7, 8, 9])
    assert sorted(found) == [7, 9]
    assert {order.id for order in found.values()} == {7, 9}


def test_reading_one_for_a_mark_asks_the_list_of_migrated_orders_first(
    service: Conversation, client: CertCentral
) -> None:
    service.list(rows(row(7)), 7, origin="migrated")
    assert client.read([7], for_mark=True)[7].seen == {ROW}
    # Which is then known: only whether the filter works has to be asked.
    service.list({}, 7, origin="certcentral")
    assert client.learn(ORIGIN, [Order(7, "issued")])[7].is_migrated is True


def test_reading_one_for_a_mark_that_is_not_migrated(service: Conversation, client: CertCentral) -> None:
    service.list({}, 7, origin="migrated")
    service.get("order/certificate/7", row(7))
    assert client.read([7], for_mark=True)[7].seen == {DETAILS}


def test_reading_several_for_a_mark_is_one_list(service: Conversation, client: CertCentral) -> None:
    service.list(rows(row(7), row(8)), 7, 8)
    assert sorted(client.read([7, 8], for_mark=True)) == [7, 8]


def orders(*numbers: int) -> list[Order]:
    return [Order(number, "issued", seen=frozenset([ROW])) for number in numbers]


def test_the_origin_filter_works(service: Conversation, client: CertCentral) -> None:
    service.list(rows(row(7), row(8)), 7, 8, 9, origin="migrated")
    service.list({}, 7, 8, origin="certcentral")
    learned = client.learn(ORIGIN, orders(7, 8, 9))

    assert {number: order.is_migrated for number, order in learned.items()} == {7: True, 8: True, 9: False}
    assert all(order.seen == {ROW, ORIGIN} for order in learned.values())
    # That it works need not be asked again, nor what was learned.
    service.list(rows(row(10)), 10, 11, origin="migrated")
    learned = client.learn(ORIGIN, orders(7, 10, 11))
    assert [learned[number].is_migrated for number in (7, 10, 11)] == [True, True, False]


def test_the_origin_filter_is_ignored(service: Conversation, client: CertCentral) -> None:
    everything = rows(row(7), row(8))
    service.list(everything, 7, 8, origin="migrated")
    service.list(everything, 7, 8, origin="certcentral")
    learned = client.learn(ORIGIN, orders(7, 8))

    assert [order.is_migrated for order in learned.values()] == [None, None]
    assert all(ORIGIN in order.seen for order in learned.values())
    service.list(rows(row(9)), 9, origin="migrated")
    assert client.learn(ORIGIN, orders(9))[9].is_migrated is None


def test_all_filters_are_ignored(service: Conversation, client: CertCentral) -> None:
    others = rows(row(1), row(2))
    service.list(others, 7, 8, origin="migrated")
    assert [order.is_migrated for order in client.learn(ORIGIN, orders(7, 8)).values()] == [False, False]


def test_no_order_is_migrated(service: Conversation, client: CertCentral) -> None:
    service.list({}, 7, 8, origin="migrated")
    assert [order.is_migrated for order in client.learn(ORIGIN, orders(7, 8)).values()] == [False, False]
    # Nothing is known of the filter yet.
    service.list(rows(row(9)), 9, origin="migrated")
    service.list({}, 9, origin="certcentral")
    assert client.learn(ORIGIN, orders(9))[9].is_migrated is True


def test_learning_the_origin_passes_errors_on(service: Conversation, client: CertCentral) -> None:
    service.list(rows(row(7)), 7, origin="migrated")
    query = {"filters[id]": "7", "filters[origin]": "certcentral", "sort": "order_id", "limit": "1", "offset": "0"}
    service.get("order/certificate", {}, 500, query)
    with pytest.raises(ApiError):
        client.learn(ORIGIN, orders(7))


def test_learning_the_details(service: Conversation, client: CertCentral) -> None:
    known = Order(7, "pending", True, None, date(2026, 1, 2), "www", True, frozenset([ROW, ORIGIN]))
    service.get("order/certificate/7", row(7, "issued", renewed_order_id=9))
    learned = client.learn(DETAILS, [known])[7]

    # The newer answer rules, and what only the row knew stays.
    assert learned == Order(7, "issued", True, 9, date(2026, 1, 2), "", True, frozenset([ROW, ORIGIN, DETAILS]))


def test_learning_the_details_of_an_order_that_is_gone(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", {}, 404)
    with pytest.raises(NotFound):
        client.learn(DETAILS, orders(7))


def test_learning_the_rows(service: Conversation, client: CertCentral) -> None:
    known = [Order(number, "expired", None, 0, None, "", None, frozenset([DETAILS])) for number in (7, 8)]
    service.list(rows(row(7, "issued", is_renewed="1", certificate={"valid_till": "2026-12-31"})), 7, 8)
    learned = client.learn(ROW, known)

    assert learned[7] == Order(7, "expired", True, 0, date(2026, 12, 31), "", None, frozenset([DETAILS, ROW]))
    # Asked for in vain, which is not to be asked again.
    assert learned[8] == Order(8, "expired", None, 0, None, "", None, frozenset([DETAILS, ROW]))


def test_what_was_known_is_not_overruled_by_the_row(service: Conversation, client: CertCentral) -> None:
    known = Order(7, "expired", False, 3, date(2026, 1, 1), "", True, frozenset([DETAILS]))
    service.list(rows(row(7, is_renewed=True, certificate={"valid_till": "2020-01-01"})), 7)
    learned = client.learn(ROW, [known])[7]
    assert (learned.is_renewed, learned.renewed_order_id, learned.valid_till, learned.is_migrated) == (
        *(False, 3, date(2026, 1, 1)),
        True,
    )


# -- connecting ------------------------------------------------------------------------------------------------------


def test_connect_takes_the_environment_of_the_context_and_notes_the_secret() -> None:
    context = _http.Context(environ={"DIGICERT_API_KEY": f"{KEY}\n"})
    with connect(DEFAULTS, context, writes=True) as client:
        wire = client.transport.connection
    assert (wire.base_url, wire.api_key, wire.windows) == (BASE, KEY, ((100, 5.0), (1000, 180.0)))
    assert context.secrets == [KEY]
    assert client.transport.service == "CertCentral"


def test_connect_refuses_what_options_refuse() -> None:
    with pytest.raises(OptionError):
        connect(DEFAULTS, _http.Context(), writes=True)


def _paced(folder: Path, sequence: Sequence[dict[str, Any]]) -> set[str]:
    for params in sequence:
        context = _http.Context(state_dir=str(folder))
        with responses.RequestsMock() as mock, connect({**DEFAULTS, **params}, context, writes=True) as client:
            mock.add("GET", f"{client.transport.connection.base_url}/user/me", json={})
            client.me()
    return {file.name for file in folder.iterdir()}


def test_forks_of_a_run_share_a_file_for_each_key_and_limit(tmp_path: Path) -> None:
    mine = {"api_key": KEY}
    assert len(_paced(tmp_path, [mine, mine, {**mine, "timeout": 5, "retries": 1}])) == 1
    assert len(_paced(tmp_path, [{"api_key": "another"}, {**mine, "region": "eu"}, {**mine, "rate_limit": "1/1"}])) == 4
    for file in tmp_path.iterdir():
        assert KEY not in file.name
        assert KEY.encode() not in file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_without_pacing_or_a_folder_there_is_no_file(tmp_path: Path) -> None:
    assert _paced(tmp_path, [{"api_key": KEY, "rate_limit": "none"}]) == set()
    assert _certcentral._state_file(None, "x") is None


def test_leaving_the_client_closes_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    with connect({**PARAMS, "api_key": KEY}, _http.Context(), writes=False) as client:
        monkeypatch.setattr(client.transport, "close", lambda: closed.append(True))
    assert closed == [True]
