# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CertCentral client as HTTP conversations: the calls in order; one unexpected or left over fails the test."""

from __future__ import annotations

import contextlib
import json
import re
import stat
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral import client as _certcentral
from ansible_collections.certops.orders.plugins.module_utils._certcentral import paging as certcentral_paging
from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import (
    CertCentral,
    certificate_path,
    connect,
    order_path,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    DETAILS,
    ORIGIN,
    ROW,
    Account,
    Certificate,
    Domain,
    Note,
    Order,
    Request,
    StatusChange,
    User,
)
from ansible_collections.certops.orders.plugins.module_utils._common import context as common_context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import (
    ApiError,
    Denied,
    NotFound,
    RateLimited,
    Refused,
    ServerError,
    Unreadable,
    WrongAddress,
)
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import Decision
from ansible_collections.certops.orders.plugins.module_utils._http import rate_limit as _pacing
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import (
    BASE,
    DEFAULTS,
    KEY,
    PARAMS,
    Conversation,
    absent,
    row,
    rows,
    sending,
)
from ansible_collections.certops.orders.tests.unit.plugins.properties import examples

# The details without it still contain the rest (2.1).
UNSAID: dict[str, Any] = {
    "renewal_of_order_id": 0,
    "disable_renewal_notifications": False,
    "auto_renew": False,
    "auto_reissue": False,
    "custom_renewal_message": "",
    "names_known": False,
}


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
        *(7, "issued", False, 9, date(2026, 12, 31), "www.example.com", None, frozenset([DETAILS])),
        certificate_id=5,
        **UNSAID,
    )


def test_an_order_with_almost_no_fields(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", {"id": 7})
    # Details leave out what does not apply; whether it is renewed is then not known.
    assert client.order(7) == Order(7, "", None, 0, None, "", None, frozenset([DETAILS]), **UNSAID)


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


@pytest.mark.parametrize(("fields", "read"), TRAPS)
def test_type_traps(fields: dict[str, Any], read: dict[str, Any], service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", {"id": 7, "status": "issued", **fields})
    order = client.order(7)
    assert {name: getattr(order, name) for name in read} == read


@pytest.mark.parametrize(
    "answer", [{}, {"id": 8}, {"id": None}, {"id": True}, {"id": "x"}, {"id": 7.5}, {"errors": []}]
)
def test_another_order_than_asked_is_not_taken_for_it(answer: Any, service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", answer)
    with pytest.raises(Unreadable, match="read order 7"):
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
    # A row does not have renewed_order_id, so that it stays unknown.
    assert orders == [
        Order(1, "pending", True, None, None, "a", None, frozenset([ROW]), names_known=False),
        Order(2, "pending", None, None, None, "", None, frozenset([ROW]), names_known=False),
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
    orders, stated = client.page([])
    assert ([order.id for order in orders], stated) == (ids, total)


@pytest.mark.parametrize("orders", [{"1": {"id": 1}}, "none", 7, True])
def test_a_page_that_is_no_list(orders: Any, service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate", {"orders": orders}, query={"sort": "order_id", "limit": "1000", "offset": "0"})
    with pytest.raises(Unreadable, match=r"\borders\b"):
        client.page([])


# -- all pages -------------------------------------------------------------------------------------------------------


class Listing:
    """A service whose orders, or other things, come and go while they are read.

    change: what happens to them between two pages. cap: its largest page. name: what it lists.
    """

    def __init__(
        self,
        numbers: Iterable[int],
        *,
        change: Callable[[Listing], None] = lambda _listing: None,
        cap: int = 1000,
        sends_total: bool = True,
        heeds_offset: bool = True,
        name: str = "orders",
    ) -> None:
        self.numbers = list(numbers)
        self.always = set(self.numbers)
        self.totals: list[int] = []
        self.asked: list[int] = []
        self._change = change
        self._cap = cap
        self._sends_total = sends_total
        self._heeds_offset = heeds_offset
        self._name = name

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        query = dict(parse_qsl(urlsplit(request.url).query))
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 1000)), self._cap)
        if self.asked:
            self._change(self)
        self.always &= set(self.numbers)
        self.asked.append(offset)
        assert len(self.asked) < 1000, "it never ends"
        start = offset if self._heeds_offset else 0
        shown: dict[str, Any] = {self._name: [row(number) for number in self.numbers[start : start + limit]]}
        if self._sends_total:
            shown["page"] = {"total": self.totals.pop(0) if self.totals else len(self.numbers)}
        return 200, {}, json.dumps(shown)

    def reply(self, offset: int) -> tuple[list[Request], int | None]:
        """The same without any HTTP, as _walk asks for it."""
        body = json.loads(self.answer(SimpleNamespace(url=f"?offset={offset}&limit={self._cap}"))[2])
        total = body["page"]["total"] if self._sends_total else None
        return [Request(one["id"], "", "") for one in body[self._name]], total


def ids_read(listing: Listing, path: str, ask: Callable[[CertCentral], Iterable[Any]]) -> list[int]:
    with responses.RequestsMock() as mock:
        mock.add_callback("GET", f"{BASE}/{path}", listing.answer)
        with connect({**PARAMS, "api_key": KEY}, common_context.Context(), writes=False) as client:
            return [one.id for one in ask(client)]


def read_all(listing: Listing, limit: int = 10, filters: Sequence[tuple[str, object]] = ()) -> list[int]:
    return ids_read(listing, "order/certificate", lambda client: client.pages(filters, limit=limit))


ISSUED = [("status", "issued")]
either = pytest.mark.parametrize("filters", [(), ISSUED], ids=["all", "filtered"])


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (9, 1), (10, 2), (11, 2), (20, 3), (21, 3), (95, 10)])
def test_every_order_with_no_request_too_many(count: int, requests: int) -> None:
    """A full page is followed by one more request, whatever the total."""
    listing = Listing(range(count))
    assert read_all(listing) == list(range(count))
    assert len(listing.asked) == requests


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (999, 1), (1000, 2), (1001, 2), (2000, 3), (2001, 3)])
def test_a_whole_account_costs_one_request_for_each_thousand(count: int, requests: int) -> None:
    listing = Listing(range(count))
    assert read_all(listing, 1000) == list(range(count))
    assert len(listing.asked) == requests


@pytest.mark.parametrize(
    ("count", "requests"), [(0, 1), (1, 1), (1000, 2), (1001, 2), (1999, 3), (2000, 3), (30000, 31)]
)
def test_a_filtered_list_costs_hardly_more(count: int, requests: int) -> None:
    """Each page begins with the last row of the one before."""
    listing = Listing(range(count))
    assert [one.id for one in certcentral_paging.walk_pages(listing.reply, overlap=True)] == list(range(count))
    assert len(listing.asked) == requests


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (9, 2), (10, 2), (25, 4)])
def test_a_service_that_sends_no_total(count: int, requests: int) -> None:
    listing = Listing(range(count), sends_total=False)
    assert read_all(listing) == list(range(count))
    assert len(listing.asked) == requests


def test_a_filtered_list_without_a_total() -> None:
    assert read_all(Listing(range(35), sends_total=False), filters=ISSUED) == list(range(35))


@either
@pytest.mark.parametrize("sends_total", [True, False])
def test_a_service_that_ignores_the_offset(sends_total: bool, filters: Any) -> None:
    listing = Listing(range(35), sends_total=sends_total, heeds_offset=False)
    assert read_all(listing, filters=filters) == list(range(10))
    assert len(listing.asked) <= (22 if filters else 3)


@either
def test_a_service_with_smaller_pages_than_asked(filters: Any) -> None:
    assert read_all(Listing(range(35), cap=4), filters=filters) == list(range(35))
    assert read_all(Listing(range(5), cap=1), filters=filters) == list(range(5))


@either
def test_a_service_that_repeats_itself(filters: Any) -> None:
    assert read_all(Listing([1, 1, 2, 2, 3, *range(4, 30), 5]), filters=filters) == list(range(1, 30))


def flood(listing: Listing) -> None:
    if len(listing.asked) > 30:
        listing.numbers[:0] = range(10000 + 100 * len(listing.asked), 10100 + 100 * len(listing.asked))


def test_a_list_that_changes_faster_than_it_can_be_read_is_reported() -> None:
    with pytest.raises(ApiError) as caught:
        read_all(Listing(range(400), change=flood), filters=ISSUED)
    assert caught.value.code == "list_moves"


@either
def test_orders_that_come_while_they_are_read(filters: Any) -> None:
    def grow(listing: Listing) -> None:
        if len(listing.numbers) < 38:
            listing.numbers.append(len(listing.numbers))

    assert read_all(Listing(range(35), change=grow), filters=filters) == list(range(38))


@either
def test_orders_that_go_while_they_are_read_hide_no_other(filters: Any) -> None:
    """A status filter lets go of what was read: those behind move up, past the place that is read next."""

    def drop(listing: Listing) -> None:
        if len(listing.asked) % 2:
            del listing.numbers[:7]

    listing = Listing(range(100), change=drop)
    read = read_all(listing, filters=filters)
    assert listing.always <= set(read)
    assert len(listing.numbers) < 50


def test_an_order_removed_while_another_is_added_hides_none() -> None:
    """The total is the same, so that only the row that is read twice shows that those behind it have moved up."""

    def replace_first(listing: Listing) -> None:
        if len(listing.asked) < 12:
            listing.numbers = [*listing.numbers[1:], listing.numbers[-1] + 1]

    listing = Listing(range(95), change=replace_first)
    read = read_all(listing, filters=ISSUED)
    assert listing.always <= set(read)
    assert len(read) == len(set(read))
    assert len(listing.asked) < 40


def test_more_orders_that_go_than_a_page_holds() -> None:
    """It has to go back by several pages, which bring nothing new if the removed rows were still to come."""

    def drop_the_last(listing: Listing) -> None:
        if len(listing.asked) == 5:
            del listing.numbers[-30:]

    assert read_all(Listing(range(100), change=drop_the_last)) == list(range(70))


@either
@pytest.mark.parametrize("totals", [[100, 5] * 400, [100, 0] * 400, [30, 29] * 400, list(range(800, 0, -1))])
def test_a_total_that_keeps_changing_does_not_read_without_end(totals: list[int], filters: Any) -> None:
    listing = Listing(range(10))
    listing.totals = list(totals)
    assert read_all(listing, filters=filters) == list(range(10))
    assert len(listing.asked) < 60


Change = tuple[list[int], int]


def changes(removed: int) -> st.SearchStrategy[list[Change]]:
    """So many go between two pages at most."""
    return st.lists(st.tuples(st.lists(st.integers(0, 80), max_size=removed), st.integers(0, 8)), max_size=12)


def changing(script: list[Change], comes: bool) -> Callable[[Listing], None]:
    """Between two pages so many go and, where something comes, so many are new at the end."""
    todo = iter(script)
    fresh = iter(range(1000, 2000))

    def change(listing: Listing) -> None:
        removed, more = next(todo, ([], 0))
        listing.numbers = [number for number in listing.numbers if number not in removed]
        listing.numbers += [next(fresh) for _one in range(more if comes else 0)]

    return change


@examples(300)
@given(count=st.integers(0, 60), cap=st.integers(4, 12), script=changes(8), overlap=st.booleans())
def test_orders_that_stay_are_read_once_whatever_is_removed_meanwhile(
    count: int, cap: int, script: list[Change], overlap: bool
) -> None:
    listing = Listing(range(count), change=changing(script, comes=False), cap=cap)
    read = [one.id for one in certcentral_paging.walk_pages(listing.reply, overlap=overlap)]

    assert len(read) == len(set(read))
    assert listing.always <= set(read)


@examples(1000)
@given(count=st.integers(0, 60), cap=st.integers(4, 12), script=changes(4))
def test_orders_that_stay_in_a_filtered_list_are_read_once_whatever_changes_meanwhile(
    count: int, cap: int, script: list[Change]
) -> None:
    listing = Listing(range(count), change=changing(script, comes=True), cap=cap)
    read = [one.id for one in certcentral_paging.walk_pages(listing.reply, overlap=True)]

    assert len(read) == len(set(read))
    assert listing.always <= set(read)


def test_a_gap_is_kept_where_more_orders_are_removed_while_it_is_read_again() -> None:
    script: list[Change] = [([0, 1], 4), ([2, 4, 5, 7, 8], 5)]
    listing = Listing(range(15), change=changing(script, comes=True), cap=10)
    read = [one.id for one in certcentral_paging.walk_pages(listing.reply, overlap=True)]

    assert listing.always <= set(read)


def test_pages_hand_the_filters_on(service: Conversation, client: CertCentral) -> None:
    query = {"filters[status]": "issued", "sort": "order_id", "limit": "2"}
    service.get("order/certificate", rows(row(1), row(2), total=3), query={**query, "offset": "0"})
    # A filtered list is read with an overlap of one.
    service.get("order/certificate", rows(row(2), row(3), total=3), query={**query, "offset": "1"})
    service.get("order/certificate", rows(row(3), total=3), query={**query, "offset": "2"})
    assert [order.id for order in client.pages(ISSUED, limit=2)] == [1, 2, 3]


def test_pages_pass_errors_on(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate", "<html>", 503, {"sort": "order_id", "limit": "1000", "offset": "0"})
    with pytest.raises(ServerError):
        list(client.pages())


# -- a change --------------------------------------------------------------------------------------------------------


def change(client: CertCentral, target: str, note: str | None) -> None:
    client.change_status(Order(7, "pending"), Decision(), target=target, note=note, **sending())


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
    """Such as a gateway's 200 with an error in it: a fresh read has to decide."""
    service.put("order/certificate/7/status", {"status": "renewed"}, 200, {"errors": [{"code": "odd"}]})
    with pytest.raises(Unreadable) as caught:
        change(client, "renewed", None)

    assert caught.value.ambiguous


def test_an_unknown_required_fact_is_a_programming_error(client: CertCentral) -> None:
    with pytest.raises(ValueError, match="colour"):
        client.fetch_fact("colour", [Order(7, "pending")])


def test_a_change_that_is_refused(service: Conversation, client: CertCentral) -> None:
    service.put("order/certificate/7/status", {"status": "renewed"}, 403)
    with pytest.raises(Denied, match="set order 7 to renewed"):
        change(client, "renewed", None)


# -- a revocation ----------------------------------------------------------------------------------------------------

ASKED = {"comments": "retired", "revocation_reason": "superseded", "skip_approval": False}
FILED = {"id": 55, "date": "2026-03-01T10:00:00-07:00", "type": "revoke", "status": "pending", "comments": "retired"}


def revoke(client: CertCentral, path: Sequence[object], *, skip_approval: bool = False) -> Request | None:
    options: dict[str, Any] = {"reason": "superseded", "comments": "retired", "skip_approval": skip_approval}
    return client.revoke(path, "revoke order 7", **options, **sending())


@pytest.mark.parametrize(
    ("path", "url"),
    [
        (order_path(7), "order/certificate/7/revoke"),
        (certificate_path(5), "certificate/5/revoke"),
        (certificate_path("0A1B"), "certificate/0A1B/revoke"),
        (certificate_path("../x"), "certificate/..%2Fx/revoke"),
    ],
)
def test_a_revocation_that_has_to_be_approved(
    path: Sequence[object], url: str, service: Conversation, client: CertCentral
) -> None:
    service.put(url, ASKED, 201, FILED)
    assert revoke(client, path) == Request(55, "revoke", "pending", "2026-03-01T17:00:00Z", comments="retired")


def test_a_revocation_without_approval(service: Conversation, client: CertCentral) -> None:
    service.put("order/certificate/7/revoke", {**ASKED, "skip_approval": True})
    assert revoke(client, order_path(7), skip_approval=True) is None


@pytest.mark.parametrize("answer", [{"errors": []}, {"id": None, "status": "pending"}, {"id": "x"}])
def test_a_revocation_with_an_answer_that_is_no_request_is_not_acknowledged(
    answer: Any, service: Conversation, client: CertCentral
) -> None:
    service.put("order/certificate/7/revoke", ASKED, 201, answer)
    with pytest.raises(Unreadable, match="revoke order 7") as caught:
        revoke(client, order_path(7))
    assert caught.value.ambiguous


# -- reissues and duplicates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reissue", "duplicate"])
def test_the_other_certificates_of_an_order(kind: str, service: Conversation, client: CertCentral) -> None:
    ask = {"reissue": client.reissues, "duplicate": client.duplicates}[kind]
    listed = [{"id": 5, "serial_number": "0a:1b", "status": "approved"}, {}, "x", {"serial_number": "0c"}]
    archived = {"show_archived": "true"}
    nothing = Certificate(None, "", "issued", "", ())
    service.get(f"order/certificate/7/{kind}", {"certificates": listed}, query=archived)
    # A row that cannot be read is a certificate of which nothing is known.
    assert ask(7) == [
        Certificate(5, "0A1B", "issued", "", ()),
        *(nothing, nothing),
        Certificate(None, "0C", "issued", "", ()),
    ]
    service.get(f"order/certificate/7/{kind}", {}, query=archived)
    assert ask(7) == []
    service.get(f"order/certificate/7/{kind}", {"certificates": {"id": 5}}, query=archived)
    with pytest.raises(Unreadable, match=r"\bcertificates\b"):
        ask(7)


# -- requests --------------------------------------------------------------------------------------------------------


def test_a_request(service: Conversation, client: CertCentral) -> None:
    service.get("request/55", {**FILED, "order": {"id": 7}, "certificate": {"id": "5"}})
    asked = client.request(55)
    assert (asked.id, asked.order_id, asked.certificate_id, asked.status) == (55, 7, 5, "pending")


@pytest.mark.parametrize("answer", [{}, {"id": 56}, {"id": "x"}])
def test_another_request_than_asked_is_not_taken_for_it(
    answer: Any, service: Conversation, client: CertCentral
) -> None:
    service.get("request/55", answer)
    with pytest.raises(Unreadable, match="read request 55"):
        client.request(55)


def test_requests_in_one_answer(service: Conversation, client: CertCentral) -> None:
    service.get("request", {"requests": [row(1), None, row(2)], "page": {"total": 2}})
    assert [one.id for one in client.requests()] == [1, 2]


def test_requests_of_one_status_in_pages(service: Conversation, client: CertCentral) -> None:
    def page(*numbers: int) -> dict[str, Any]:
        return {"requests": [row(number) for number in numbers], "page": {"total": 5}}

    # As many at once as the service gives by itself, whatever a later page brings.
    service.get("request", page(1, 2, 3), query={"filters[status]": "pending"})
    service.get("request", page(3, 4), query={"filters[status]": "pending", "limit": "3", "offset": "2"})
    service.get("request", page(4, 5), query={"filters[status]": "pending", "limit": "3", "offset": "3"})
    assert [one.id for one in client.requests("pending")] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("cap", [1, 2, 3, 7, 29, 30])
@pytest.mark.parametrize("sends_total", [True, False])
def test_requests_in_pages_of_any_size(cap: int, sends_total: bool) -> None:
    listing = Listing(range(1, 31), cap=cap, sends_total=sends_total, name="requests")
    assert ids_read(listing, "request", CertCentral.requests) == list(range(1, 31 if sends_total else cap + 1))


def test_a_first_page_of_requests_that_is_empty_although_there_are_some_is_the_end(
    service: Conversation, client: CertCentral
) -> None:
    service.get("request", {"page": {"total": 3}})
    assert list(client.requests()) == []


def test_requests_without_a_total_are_one_answer(service: Conversation, client: CertCentral) -> None:
    service.get("request", {"requests": [row(1), row(2)]})
    assert [one.id for one in client.requests()] == [1, 2]


@pytest.mark.parametrize(
    ("heeds_offset", "sends_total", "requests"),
    [(True, True, 1), (True, False, 3), (False, True, 1), (False, False, 22)],
)
def test_requests_whatever_the_service_makes_of_pages(heeds_offset: bool, sends_total: bool, requests: int) -> None:
    listing = Listing(range(1, 31), heeds_offset=heeds_offset, sends_total=sends_total, name="requests")
    assert ids_read(listing, "request", CertCentral.requests) == list(range(1, 31))
    assert len(listing.asked) <= requests


@pytest.mark.parametrize(
    ("comment", "body"),
    [
        (None, {"status": "approved"}),
        ("", {"status": "approved"}),
        ("fine", {"status": "approved", "processor_comment": "fine"}),
    ],
)
def test_a_request_is_settled(comment: str | None, body: Any, service: Conversation, client: CertCentral) -> None:
    service.put("request/55/status", body)
    client.settle_request(Request(55, "revoke", "pending"), status="approved", comment=comment, **sending())


def test_a_request_that_is_settled_with_an_odd_answer_is_not_acknowledged(
    service: Conversation, client: CertCentral
) -> None:
    service.put("request/55/status", {"status": "rejected"}, 200, {"errors": [{"code": "odd"}]})
    with pytest.raises(Unreadable, match="set request 55 to rejected"):
        client.settle_request(Request(55, "revoke", "pending"), status="rejected", comment=None, **sending())


# -- notes -----------------------------------------------------------------------------------------------------------


def test_notes(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7/note", {"notes": [{"id": "3", "text": "a\u202eb"}, "x", {"text": None}]})
    assert client.notes(7) == (Note(3, "a\\u202eb"), Note(None, ""))
    service.get("order/certificate/7/note", {})
    assert client.notes(7) == ()
    service.get("order/certificate/7/note", {"notes": "none"})
    with pytest.raises(Unreadable, match=r"\bnotes\b"):
        client.notes(7)
    service.get("order/certificate/7/note", absent(), 404)
    with pytest.raises(NotFound):
        client.notes(7)


def test_a_note_is_added_whatever_the_service_answers(service: Conversation, client: CertCentral) -> None:
    service.post("order/certificate/7/note", {"text": "retired"}, 201, {"id": 3, "text": "retired"})
    client.add_note(7, "retired", **sending())
    service.post("order/certificate/7/note", {"text": "retired"}, 204)
    client.add_note(7, "retired", **sending())


# -- renewal settings ------------------------------------------------------------------------------------------------


def emails(service: Conversation, spelling: str, status: int = 204, answer: Any = None) -> None:
    service.put(f"order/certificate/7/renewal-emails/{spelling}", None, status, answer)


def test_the_first_spelling_that_is_not_refused_counts_from_then_on(service: Conversation, client: CertCentral) -> None:
    for refused, status in (("off", 400), ("disable", 404), ("disabled", 405)):
        emails(service, refused, status)
    emails(service, "false")
    client.set_renewal_emails(7, False, **sending())
    # Known now, for every order and both ways.
    emails(service, "true")
    client.set_renewal_emails(7, True, **sending())
    emails(service, "false", 400)
    with pytest.raises(Refused, match=r"\border 7\b"):
        client.set_renewal_emails(7, False, **sending())


def test_the_last_refusal_is_reported_where_every_spelling_is_refused(
    service: Conversation, client: CertCentral
) -> None:
    for on, _off in _certcentral.RENEWAL_EMAILS:
        emails(service, on, 404)
    with pytest.raises(WrongAddress, match=r"\border 7\b"):
        client.set_renewal_emails(7, True, **sending())


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Denied), (403, Denied), (429, RateLimited), (500, ServerError), (503, ServerError)]
)
def test_no_other_spelling_is_tried_where_it_was_not_the_spelling(
    status: int, kind: type[Exception], service: Conversation, client: CertCentral
) -> None:
    emails(service, "on", status)
    with pytest.raises(kind):
        client.set_renewal_emails(7, True, **sending())


def test_a_spelling_with_an_odd_answer_is_not_remembered(service: Conversation, client: CertCentral) -> None:
    emails(service, "on", 200, {"errors": [{"code": "odd"}]})
    with pytest.raises(Unreadable):
        client.set_renewal_emails(7, True, **sending())
    emails(service, "on", 400)
    emails(service, "enable")
    client.set_renewal_emails(7, True, **sending())


@pytest.mark.parametrize(("on", "number"), [(True, 1), (False, 0)])
def test_the_automatic_reissue_is_switched(on: bool, number: int, service: Conversation, client: CertCentral) -> None:
    service.put("order/certificate/7/auto-reissue", {"auto_reissue": number})
    client.set_auto_reissue(7, on, **sending())


@pytest.mark.parametrize("text", ["No longer needed", ""])
def test_the_renewal_message_is_set(text: str, service: Conversation, client: CertCentral) -> None:
    service.put("order/certificate/7/custom-renewal-message", {"custom_renewal_message": text})
    client.set_renewal_message(7, text, **sending())


# -- domains ---------------------------------------------------------------------------------------------------------

SHOW = {"include_validation": "true", "include_dcv": "true", "include_dcv_expiration_time": "true"}


def test_a_domain(service: Conversation, client: CertCentral) -> None:
    service.get("domain/4", {"id": 4, "name": "Example.com", "is_active": "1"}, query=SHOW)
    assert client.domain(4) == Domain(4, "example.com", True, dcv_expiration={})


@pytest.mark.parametrize("answer", [{}, {"id": 5}, {"id": True}])
def test_another_domain_than_asked_is_not_taken_for_it(answer: Any, service: Conversation, client: CertCentral) -> None:
    service.get("domain/4", answer, query=SHOW)
    with pytest.raises(Unreadable, match="read domain 4"):
        client.domain(4)


@pytest.mark.parametrize(("container_id", "asked"), [(None, {}), (9, {"container_id": "9"})])
def test_domains(container_id: int | None, asked: Any, service: Conversation, client: CertCentral) -> None:
    page = {**SHOW, **asked, "limit": "1000"}
    service.get("domain", {"domains": [row(1), row(2)], "page": {"total": 3}}, query={**page, "offset": "0"})
    service.get("domain", {"domains": [row(2), row(3)], "page": {"total": 3}}, query={**page, "offset": "1"})
    assert [one.id for one in client.domains(container_id)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ({"is_active": True}, {"filters[status]": "active"}),
        ({"is_active": False}, {"filters[status]": "inactive"}),
        ({"search": "shop.example"}, {"filters[search]": "shop.example"}),
    ],
)
def test_domains_are_asked_for_by_the_documented_filters(
    wanted: Any, asked: Any, service: Conversation, client: CertCentral
) -> None:
    query = {**SHOW, **asked, "limit": "1000", "offset": "0"}
    service.get("domain", {"domains": [row(1)], "page": {"total": 1}}, query=query)
    assert [one.id for one in client.domains(**wanted)] == [1]


def test_a_list_that_is_an_empty_list_is_empty(service: Conversation, client: CertCentral) -> None:
    """[] where an object is expected: of lists it means none, of anything else it is not an answer."""
    page = {"limit": "1000", "offset": "0"}
    service.get("order/certificate", [], query={"sort": "order_id", **page})
    assert list(client.pages()) == []
    service.get("order/certificate/status-changes", [], query={"seconds": "60"})
    assert client.status_changes(60) == ([], True)
    for kind, asked in (("reissue", client.reissues), ("duplicate", client.duplicates)):
        service.get(f"order/certificate/7/{kind}", [], query={"show_archived": "true"})
        assert list(asked(7)) == []
    service.get("order/certificate/7/note", [])
    assert list(client.notes(7)) == []
    service.get("request", [])
    assert list(client.requests()) == []
    service.get("domain", [], query={**SHOW, **page})
    assert list(client.domains()) == []
    service.get("order/certificate/7", [])
    with pytest.raises(Unreadable):
        client.order(7)
    service.get("request", [[]])
    with pytest.raises(Unreadable):
        list(client.requests())


def test_no_domains(service: Conversation, client: CertCentral) -> None:
    service.get("domain", {"page": {"total": 0}}, query={**SHOW, "limit": "1000", "offset": "0"})
    assert list(client.domains()) == []


def test_domains_that_move_up_while_they_are_read() -> None:
    def replace_first(listing: Listing) -> None:
        listing.numbers = [*listing.numbers[1:], listing.numbers[-1] + 1][: len(listing.numbers)]

    listing = Listing(range(1, 1500), change=replace_first, name="domains", cap=100)
    read = ids_read(listing, "domain", CertCentral.domains)
    assert listing.always <= set(read)


@pytest.mark.parametrize(("active", "verb"), [(True, "activate"), (False, "deactivate")])
def test_a_domain_is_switched(active: bool, verb: str, service: Conversation, client: CertCentral) -> None:
    service.put(f"domain/4/{verb}", None)
    client.set_domain(Domain(4, "example.com", None), active=active, **sending())
    service.put(f"domain/4/{verb}", None, 400)
    with pytest.raises(Refused, match=f"{verb} domain example.com"):
        client.set_domain(Domain(4, "example.com", None), active=active, **sending())


# -- the account -----------------------------------------------------------------------------------------------------


def test_me(service: Conversation, client: CertCentral) -> None:
    roles = [{"id": 102, "name": "View Only"}, {"id": 1, "name": "A\u202eB"}, "x", {}]
    service.get("user/me", {"account_id": "12", "username": "some\nbody", "access_roles": roles})
    assert client.me() == User(12, "some\\nbody", ("View Only", "A\\u202eB"))


@pytest.mark.parametrize("data", [{}, {"account_id": None, "username": None, "access_roles": {"id": 1}}])
def test_me_without_a_face(data: Any, service: Conversation, client: CertCentral) -> None:
    service.get("user/me", data)
    assert client.me() == User(None, "", ())


def test_the_account(service: Conversation, client: CertCentral) -> None:
    names = {"primary_organization_id": "8", "primary_organization_name": "A\nB", "cert_central_type": "retail"}
    service.get("account", {"id": "12", **names, "root_container_id": 3})
    assert client.account() == Account(12, 8, "A\\nB", 3, "retail")


def test_the_account_label(service: Conversation, client: CertCentral) -> None:
    service.get("user/me", {"account_id": 12})
    assert client.account_label() == "account 12"
    # Without an id, a label all the same.
    service.get("user/me", {})
    unknown = client.account_label()
    service.get("user/me", "<html>", 403)
    assert client.account_label() == unknown


# -- reading for a run -----------------------------------------------------------------------------------------------


def test_reading_one_is_reading_its_page(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", row(7))
    assert client.read([7])[7].seen == {DETAILS}
    service.get("order/certificate/8", absent(), 404)
    assert client.read([8]) == {}


def test_reading_one_passes_other_refusals_on(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", {}, 403)
    with pytest.raises(Denied):
        client.read([7])


def test_reading_several_is_one_list(service: Conversation, client: CertCentral) -> None:
    # Unasked ids, garbage and an order twice are among the answer; one that was asked for is not.
    service.list(rows(row(9), row(1), None, row("7"), row(7, "issued")), 7, 8, 9)
    # More rows than were asked for: the one that is lacking may be on the next page.
    service.list(rows(row(8, "issued"), row(3)), 7, 8, 9, offset=4)
    found = client.read([7, 8, 9])
    assert sorted(found) == [7, 8, 9]
    assert {order.id for order in found.values()} == {7, 8, 9}


def test_reading_one_for_a_mark_asks_the_list_of_migrated_orders_first(
    service: Conversation, client: CertCentral
) -> None:
    service.list(rows(row(7)), 7, origin="migrated")
    assert client.read([7], for_mark=True)[7].seen == {ROW}
    # Which is then known: only whether the filter works has to be asked.
    service.list({}, 7, origin="certcentral")
    assert client.fetch_fact(ORIGIN, [Order(7, "issued")])[7].is_migrated is True


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
    fetched = client.fetch_fact(ORIGIN, orders(7, 8, 9))

    assert {number: order.is_migrated for number, order in fetched.items()} == {7: True, 8: True, 9: False}
    assert all(order.seen == {ROW, ORIGIN} for order in fetched.values())
    # That it works need not be asked again, nor what was fetched.
    service.list(rows(row(10)), 10, 11, origin="migrated")
    fetched = client.fetch_fact(ORIGIN, orders(7, 10, 11))
    assert [fetched[number].is_migrated for number in (7, 10, 11)] == [True, True, False]


def test_the_origin_filter_is_ignored(service: Conversation, client: CertCentral) -> None:
    everything = rows(row(7), row(8))
    service.list(everything, 7, 8, origin="migrated")
    service.list(everything, 7, 8, origin="certcentral")
    fetched = client.fetch_fact(ORIGIN, orders(7, 8))

    assert [order.is_migrated for order in fetched.values()] == [None, None]
    assert all(ORIGIN in order.seen for order in fetched.values())
    service.list(rows(row(9)), 9, origin="migrated")
    assert client.fetch_fact(ORIGIN, orders(9))[9].is_migrated is None


def test_all_filters_are_ignored(service: Conversation, client: CertCentral) -> None:
    others = rows(row(1), row(2))
    service.list(others, 7, 8, origin="migrated")
    service.list(others, 7, 8, offset=2, origin="migrated")
    assert [order.is_migrated for order in client.fetch_fact(ORIGIN, orders(7, 8)).values()] == [False, False]


def test_no_order_is_migrated(service: Conversation, client: CertCentral) -> None:
    service.list({}, 7, 8, origin="migrated")
    assert [order.is_migrated for order in client.fetch_fact(ORIGIN, orders(7, 8)).values()] == [False, False]
    # Nothing is known of the filter yet.
    service.list(rows(row(9)), 9, origin="migrated")
    service.list({}, 9, origin="certcentral")
    assert client.fetch_fact(ORIGIN, orders(9))[9].is_migrated is True


def test_fetching_the_origin_passes_errors_on(service: Conversation, client: CertCentral) -> None:
    service.list(rows(row(7)), 7, origin="migrated")
    query = {"filters[id]": "7", "filters[origin]": "certcentral", "sort": "order_id", "limit": "1", "offset": "0"}
    service.get("order/certificate", {}, 500, query)
    with pytest.raises(ApiError):
        client.fetch_fact(ORIGIN, orders(7))


def test_fetching_the_details(service: Conversation, client: CertCentral) -> None:
    known = Order(7, "pending", True, None, date(2026, 1, 2), "www", True, frozenset([ROW, ORIGIN]))
    service.get("order/certificate/7", row(7, "issued", renewed_order_id=9))
    fetched = client.fetch_fact(DETAILS, [known])[7]

    # The newer answer rules, and what only the row knew stays.
    sources = frozenset([ROW, ORIGIN, DETAILS])
    unset = {**UNSAID, "custom_renewal_message": None}
    assert fetched == Order(7, "issued", True, 9, date(2026, 1, 2), "www", True, sources, **unset)


def test_fetching_the_details_of_a_missing_order(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/7", absent(), 404)
    with pytest.raises(NotFound):
        client.fetch_fact(DETAILS, orders(7))


def test_fetching_the_rows(service: Conversation, client: CertCentral) -> None:
    known = [Order(number, "expired", None, 0, None, "", None, frozenset([DETAILS])) for number in (7, 8)]
    service.list(rows(row(7, "issued", is_renewed="1", certificate={"valid_till": "2026-12-31"})), 7, 8)
    fetched = client.fetch_fact(ROW, known)

    assert fetched[7] == Order(7, "expired", True, 0, date(2026, 12, 31), "", None, frozenset([DETAILS, ROW]))
    # Asked for in vain, which is not to be asked again.
    assert fetched[8] == Order(8, "expired", None, 0, None, "", None, frozenset([DETAILS, ROW]))


def test_what_was_known_is_not_overruled_by_the_row(service: Conversation, client: CertCentral) -> None:
    known = Order(7, "expired", False, 3, date(2026, 1, 1), "", True, frozenset([DETAILS]))
    service.list(rows(row(7, is_renewed=True, certificate={"valid_till": "2020-01-01"})), 7)
    fetched = client.fetch_fact(ROW, [known])[7]
    assert (fetched.is_renewed, fetched.renewed_order_id, fetched.valid_till, fetched.is_migrated) == (
        *(False, 3, date(2026, 1, 1)),
        True,
    )


# -- connecting ------------------------------------------------------------------------------------------------------


def test_connect_takes_the_environment_of_the_context_and_notes_the_secret() -> None:
    context = common_context.Context(environ={"DIGICERT_API_KEY": f"{KEY}\n"})
    with connect(DEFAULTS, context, writes=True) as client:
        wire = client.transport.connection
    assert (wire.base_url, wire.api_key, wire.windows) == (BASE, KEY, ((100, 5.0), (1000, 180.0)))
    assert context.secrets == [KEY]
    assert client.transport.service == "CertCentral"


def test_connect_refuses_what_options_refuse() -> None:
    with pytest.raises(OptionError):
        connect(DEFAULTS, common_context.Context(), writes=True)


def _paced(folder: Path, sequence: Sequence[dict[str, Any]]) -> set[str]:
    for params in sequence:
        context = common_context.Context(state_dir=str(folder))
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
    assert _pacing.state_file(None, "x") is None


def test_leaving_the_client_closes_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    with connect({**PARAMS, "api_key": KEY}, common_context.Context(), writes=False) as client:
        monkeypatch.setattr(client.transport, "close", lambda: closed.append(True))
    assert closed == [True]


# -- what changed lately -----------------------------------------------------------------------------------------------


def test_status_changes(service: Conversation, client: CertCentral) -> None:
    rows = [
        {"order_id": 7, "certificate_id": 5, "status": "issued"},
        {"order_id": "8", "certificate_id": 0, "status": "rejected"},
        {"order_id": 9, "certificate_id": None, "status": "re\x1bjected"},
        {"order_id": 10, "status": "canceled"},
        {"order_id": 0, "status": "canceled"},
        {"order_id": 11, "status": ""},
        "something",
    ]
    service.get("order/certificate/status-changes", {"orders": rows}, query={"seconds": "604800"})

    changes = [
        StatusChange(7, "issued", 5),
        StatusChange(8, "rejected"),
        StatusChange(9, "re\\x1bjected"),
        StatusChange(10, "canceled"),
    ]
    assert client.status_changes(604800) == (changes, True)


@pytest.mark.parametrize(("total", "is_whole"), [(1, True), (0, True), ("2", False), (2, False), (None, True)])
def test_whether_these_are_all_status_changes(
    service: Conversation, client: CertCentral, total: Any, is_whole: bool
) -> None:
    answer = {"orders": [{"order_id": 7, "status": "issued"}], "page": {"total": total}}
    service.get("order/certificate/status-changes", answer, query={"seconds": "1"})

    assert client.status_changes(1) == ([StatusChange(7, "issued")], is_whole)


@pytest.mark.parametrize("answer", [{}, {"orders": []}])
def test_no_status_changes(service: Conversation, client: CertCentral, answer: Any) -> None:
    service.get("order/certificate/status-changes", answer, query={"seconds": "1"})

    assert client.status_changes(1) == ([], True)


def test_status_changes_that_are_no_list(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/status-changes", {"orders": {"order_id": 7}}, query={"seconds": "1"})

    with pytest.raises(Unreadable, match=r"\borders\b"):
        client.status_changes(1)


# -- totals that are wrong ---------------------------------------------------------------------------------------------


def warned(
    listing: Listing, limit: int = 1000, filters: Sequence[tuple[str, object]] = ()
) -> tuple[list[int], list[str]]:
    with responses.RequestsMock() as mock:
        mock.add_callback("GET", f"{BASE}/order/certificate", listing.answer)
        with connect({**PARAMS, "api_key": KEY}, common_context.Context(), writes=False) as client:
            return [one.id for one in client.pages(filters, limit=limit)], client.warnings


@either
def test_a_total_smaller_than_what_came_does_not_end_a_list(filters: Any) -> None:
    """page_total_too_small.json: all 2000, and one more request."""
    listing = Listing(range(1, 2001))
    listing.totals = [1] * 9
    assert warned(listing, filters=filters) == (list(range(1, 2001)), [])
    assert listing.asked == ([0, 999, 1998, 1999] if filters else [0, 1000, 2000])


@pytest.mark.parametrize(("count", "requests"), [(1, 1), (2, 2), (3, 2), (999, 2), (1000, 2), (1001, 3)])
def test_a_total_that_is_always_1_costs_one_request_more(count: int, requests: int) -> None:
    listing = Listing(range(count))
    listing.totals = [1] * 9
    assert warned(listing) == (list(range(count)), [])
    assert len(listing.asked) == requests


@either
@pytest.mark.parametrize("count", [0, 1, 7, 999, 1000, 1001])
def test_a_total_larger_than_what_came_is_a_warning(count: int, filters: Any) -> None:
    listing = Listing(range(count))
    listing.totals = [count + 5] * 30
    came, warnings = warned(listing, filters=filters)
    assert came == list(range(count))
    (warning,) = warnings
    assert re.findall(r"\d+", warning) == [str(count + 5), str(count)]


def test_rows_that_cannot_be_read_are_a_warning(service: Conversation, client: CertCentral) -> None:
    query = {"sort": "order_id", "limit": "1000"}
    service.get("order/certificate", rows(row(1), {"id": "odd"}, total=2), query={**query, "offset": "0"})
    service.get("order/certificate", rows({"id": "odd"}, total=2), query={**query, "offset": "1"})
    assert [order.id for order in client.pages()] == [1]
    (warning,) = client.warnings
    assert re.findall(r"\d+", warning) == ["2", "1"]


def test_a_read_by_ids_that_returned_them_all_is_one_request(service: Conversation, client: CertCentral) -> None:
    # However many there are by the total.
    for total in (1, 2, 9):
        service.list(rows(row(7), row(8), total=total), 7, 8)
        assert sorted(client.read([7, 8])) == [7, 8]
    # Fewer than were asked for, and no sign that there are more.
    service.list(rows(row(7), total=1), 7, 8)
    assert sorted(client.read([7, 8])) == [7]


# -- messages ----------------------------------------------------------------------------------------------------------


class Announced:
    """A transport that keeps what a call announces ("read order 7"), and gives one answer to all of them."""

    def __init__(self, answer: Any) -> None:
        self.what = ""
        self._answer = answer

    def read(self, what: str, *_path: Any, **_options: Any) -> Any:
        self.what = what
        return self._answer

    write = read


def test_messages(service: Conversation, client: CertCentral) -> None:
    def what(call: Callable[[CertCentral], Any]) -> str:
        transport: Any = Announced({})
        with contextlib.suppress(Unreadable):
            call(CertCentral(transport))
        return transport.what

    def unreadable(call: Callable[[CertCentral], Any], answer: Any) -> str:
        transport: Any = Announced(answer)
        with pytest.raises(Unreadable) as caught:
            call(CertCentral(transport))
        return caught.value.message

    with pytest.raises(ApiError) as moving:
        read_all(Listing(range(400), change=flood), filters=ISSUED)
    listing = Listing(range(7))
    listing.totals = [12] * 30
    service.get("user/me", {"account_id": 12})
    service.get("user/me", {})
    request, domain = Request(55, "revoke", "pending"), Domain(4, "example.com", None)
    calls: dict[str, Callable[[CertCentral], Any]] = {
        "read an order": lambda api: api.order(7),
        "list orders": lambda api: api.page([]),
        "list status changes": lambda api: api.status_changes(60),
        "cancel": lambda api: change(api, "canceled", "x"),
        "mark renewed": lambda api: change(api, "renewed", None),
        "list reissues": lambda api: api.reissues(7),
        "list duplicates": lambda api: api.duplicates(7),
        "read a request": lambda api: api.request(55),
        "list requests": lambda api: list(api.requests()),
        "approve a request": lambda api: api.settle_request(request, status="approved", comment=None, **sending()),
        "list notes": lambda api: api.notes(7),
        "add a note": lambda api: api.add_note(7, "x", **sending()),
        "renewal e-mails on": lambda api: api.set_renewal_emails(7, True, **sending()),
        "renewal e-mails off": lambda api: api.set_renewal_emails(7, False, **sending()),
        "automatic reissue on": lambda api: api.set_auto_reissue(7, True, **sending()),
        "automatic reissue off": lambda api: api.set_auto_reissue(7, False, **sending()),
        "renewal message": lambda api: api.set_renewal_message(7, "x", **sending()),
        "read a domain": lambda api: api.domain(4),
        "list domains": lambda api: list(api.domains()),
        "activate a domain": lambda api: api.set_domain(domain, active=True, **sending()),
        "deactivate a domain": lambda api: api.set_domain(domain, active=False, **sending()),
        "read the user": lambda api: api.me(),
        "read the account": lambda api: api.account(),
    }
    check_messages(
        "certcentral client",
        {
            **{f"action, {name}": what(call) for name, call in calls.items()},
            "another order than requested": unreadable(calls["read an order"], {"id": 8}),
            "cancel, unexpected answer": unreadable(calls["cancel"], {"odd": 1}),
            "list of orders invalid": unreadable(calls["list orders"], {"orders": 7}),
            "list of orders changes": moving.value.message,
            "list of orders incomplete": warned(listing)[1][0],
            "account": client.account_label(),
            "account unknown": client.account_label(),
            "key invalid": _certcentral._advise(401, []),
            "permission missing": _certcentral._advise(403, ["access_denied|missing_permission"]),
        },
    )
