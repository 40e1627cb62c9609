# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a run reads what it is about to change, as HTTP conversations, and how that is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._certcentral import readers
from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import CertCentral
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    CERTIFICATES,
    DETAILS,
    REQUESTS,
    Certificate,
    Domain,
    Order,
    Request,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.readers import (
    Annotated,
    DomainsById,
    DomainsByName,
    NamedDomains,
    NotedOrders,
    Orders,
    RenewalSettings,
    RequestsById,
    RequestsByOrder,
    RequestsToDecide,
    Revocable,
    RevocableCertificates,
    RevocableOrders,
)
from ansible_collections.certops.orders.plugins.module_utils._common.errors import Denied, NotFound, Refused, Unreadable
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import Conversation, absent, row

PRIMARY = {"id": 5, "serial_number": "0A", "common_name": "www.example.com", "valid_till": "2026-03-31"}
REISSUE = {"id": 6, "serial_number": "0B", "common_name": "www.example.com", "status": "issued"}
DUPLICATE = {"id": 7, "serial_number": "0C", "common_name": "api.example.com", "dns_names": ["b.example.com"]}
ARCHIVED = {"show_archived": "true"}
OLD_REVOKED = {"id": 8, "serial_number": "0D", "status": "revoked", "common_name": "old.example.com"}


def an_order(service: Conversation, number: int = 123, **more: Any) -> None:
    service.get(f"order/certificate/{number}", row(number, "issued", **{"certificate": PRIMARY, **more}))


def others(service: Conversation, reissues: Any = (), duplicates: Any = (), number: int = 123) -> None:
    for kind, listed in (("reissue", reissues), ("duplicate", duplicates)):
        answer = {"certificates": list(listed)} if listed else {}
        service.get(f"order/certificate/{number}/{kind}", answer, query=ARCHIVED)


# -- one by one --------------------------------------------------------------------------------------------------------


def test_several_are_left_to_be_read_one_by_one(client: CertCentral) -> None:
    for reader in (Orders(client), RevocableOrders(client), RevocableCertificates(client, None), RequestsById(client)):
        assert reader.read([1, 2]) == {}
        assert reader.read([]) == {}


def test_what_does_not_exist_is_left_out_and_other_refusals_are_passed_on(
    service: Conversation, client: CertCentral
) -> None:
    service.get("order/certificate/123", absent(), 404)
    assert Orders(client).read([123]) == {}
    service.get("order/certificate/123", {}, 403)
    with pytest.raises(Denied):
        Orders(client).read([123])


def test_a_reader_hands_on_what_the_run_needs_of_the_client(service: Conversation, client: CertCentral) -> None:
    service.get("user/me", {"account_id": 12})
    assert Orders(client).account_label() == "account 12"
    assert Orders(client).transport is client.transport
    assert {CERTIFICATES, REQUESTS} == Orders(client).ONE_BY_ONE


@pytest.mark.parametrize("reader", [Orders, RevocableOrders, DomainsById, DomainsByName])
def test_an_unknown_required_fact_is_a_programming_error(reader: Any, client: CertCentral) -> None:
    with pytest.raises(ValueError, match="colour"):
        reader(client).fetch_fact("colour", [])


def test_a_reader_must_implement_reading_one(client: CertCentral) -> None:
    with pytest.raises(NotImplementedError):
        readers._OneByOne(client).read([1])


# -- orders to revoke --------------------------------------------------------------------------------------------------


def test_an_order_and_then_its_certificates(service: Conversation, client: CertCentral) -> None:
    reader = RevocableOrders(client)
    an_order(service, requests=[{"id": 55, "type": "revoke", "status": "pending"}])
    first = reader.read([123])[123]
    assert (first.name, first.identity, first.status) == ("www.example.com", {"revocation_request_id": 55}, "issued")
    assert first.facts == {"status": "issued", "revocation_requested": True}

    # The lists name the primary one as well, and each what is in the other.
    others(service, [PRIMARY, REISSUE, OLD_REVOKED], [REISSUE, DUPLICATE, {"serial_number": "0a"}])
    state = reader.fetch_fact(CERTIFICATES, [first])[123]

    assert state.order.seen == {DETAILS, CERTIFICATES}
    assert [one["certificate_id"] for one in state.facts["certificates"]] == [5, 6, 7]
    assert state.facts["domains"] == ["api.example.com", "b.example.com", "www.example.com"]
    assert [one.id for one in state.order.others] == [6, 8, 7]


def test_certificates_that_are_not_found_do_not_mean_that_the_order_is_missing(
    service: Conversation, client: CertCentral
) -> None:
    reader = RevocableOrders(client)
    an_order(service)
    state = reader.read([123])[123]
    service.get("order/certificate/123/reissue", absent(), 404, query=ARCHIVED)
    with pytest.raises(Refused) as caught:
        reader.fetch_fact(CERTIFICATES, [state])
    assert not isinstance(caught.value, NotFound)
    assert caught.value.http_status == 404


def test_an_order_without_any_certificate(service: Conversation, client: CertCentral) -> None:
    an_order(service, certificate={})
    others(service)
    reader = RevocableOrders(client)
    state = reader.fetch_fact(CERTIFICATES, [reader.read([123])[123]])[123]
    assert (state.certificates, state.facts["certificates"], state.facts["domains"]) == ((), [], [])


@pytest.mark.parametrize(
    ("primary", "listed", "others_"),
    [
        ({"id": 5}, {"id": 5, "serial_number": "0A"}, []),
        ({"serial_number": "0A"}, {"id": 5, "serial_number": "0A"}, []),
        ({"id": 5, "serial_number": "0A"}, {"id": 9, "serial_number": "0A"}, []),
        ({"id": 5}, {"serial_number": "0A"}, [None]),
        ({"serial_number": "0A"}, {"id": 5}, [5]),
        ({}, {"id": 5}, [5]),
    ],
)
def test_what_is_the_primary_one_again(
    primary: Any, listed: Any, others_: list[Any], service: Conversation, client: CertCentral
) -> None:
    an_order(service, certificate=primary)
    others(service, [listed])
    reader = RevocableOrders(client)
    state = reader.fetch_fact(CERTIFICATES, [reader.read([123])[123]])[123]
    assert [one.id for one in state.order.others] == others_


# -- single certificates -----------------------------------------------------------------------------------------------


def finds(service: Conversation, name: str, value: str, *found: Any) -> None:
    query = {f"filters[{name}]": value, "sort": "order_id", "limit": "2", "offset": "0"}
    service.get("order/certificate", {"orders": list(found)} if found else {}, query=query)


OTHER = {"id": 90, "status": "issued", "certificate": {"id": 91, "serial_number": "FF"}}
MINE = {"id": 123, "status": "issued", "certificate": PRIMARY}


@pytest.mark.parametrize(
    ("key", "name", "value", "found"),
    [
        (5, "certificate_id", "5", [MINE]),
        ("0A", "serial_number", "0A", [MINE]),
        # A filter that is loose, or ignored, but the right one is among what it brings.
        (5, "certificate_id", "5", [OTHER, MINE]),
        # The service may find an order by another than its primary certificate.
        (7, "certificate_id", "7", [MINE]),
        ("0C", "serial_number", "0C", [MINE]),
    ],
)
def test_the_order_of_a_certificate_is_found(
    key: Any, name: str, value: str, found: list[Any], service: Conversation, client: CertCentral
) -> None:
    finds(service, name, value, *found)
    an_order(service)
    state = RevocableCertificates(client, None).read([key])[key]
    assert (state.key, state.order.id, state.certificate) == (key, 123, None)
    identity = {"order_id": 123, "revocation_request_id": None}
    assert (state.name, state.identity, state.status) == ("www.example.com", identity, "issued")
    assert state.certificates == ()


@pytest.mark.parametrize("found", [[]])
def test_a_certificate_with_an_ambiguous_order(found: list[Any], service: Conversation, client: CertCentral) -> None:
    finds(service, "certificate_id", "5", *found)
    assert RevocableCertificates(client, None).read([5]) == {}


def test_the_order_of_a_certificate_may_be_named(service: Conversation, client: CertCentral) -> None:
    an_order(service)
    assert RevocableCertificates(client, 123).read(["0C"])["0C"].order.id == 123
    service.get("order/certificate/123", absent(), 404)
    assert RevocableCertificates(client, 123).read(["0C"]) == {}


@pytest.mark.parametrize(
    ("key", "status", "identity"),
    [
        (5, "issued", {"order_id": 123, "certificate_id": 5, "serial_number": "0A"}),
        ("0A", "issued", {"order_id": 123, "certificate_id": 5, "serial_number": "0A"}),
        (7, "issued", {"order_id": 123, "certificate_id": 7, "serial_number": "0C"}),
        ("0C", "issued", {"order_id": 123, "certificate_id": 7, "serial_number": "0C"}),
        (8, "revoked", {"order_id": 123, "certificate_id": 8, "serial_number": "0D"}),
    ],
)
def test_a_certificate_is_found_among_those_of_its_order(
    key: Any, status: str, identity: Any, service: Conversation, client: CertCentral
) -> None:
    reader = RevocableCertificates(client, 123)
    an_order(service)
    others(service, [OLD_REVOKED], [DUPLICATE])
    state = reader.fetch_fact(CERTIFICATES, [reader.read([key])[key]])[key]

    assert (state.identity, state.status) == ({**identity, "revocation_request_id": None}, status)
    # What is revoked already does not end with it.
    assert [one["certificate_id"] for one in state.facts["certificates"]] == (
        [] if key == 8 else [state.certificate.id]
    )
    assert state.name == state.certificate.common_name


@pytest.mark.parametrize("primary", [PRIMARY, {}])
def test_a_certificate_that_its_order_does_not_have(primary: Any, service: Conversation, client: CertCentral) -> None:
    reader = RevocableCertificates(client, 123)
    an_order(service, certificate=primary)
    others(service, [], [DUPLICATE])
    with pytest.raises(NotFound, match=r"\b123\b.*\b99\b") as caught:
        reader.fetch_fact(CERTIFICATES, [reader.read([99])[99]])
    assert caught.value.http_status == 404


def test_a_certificate_is_not_missing_because_a_filter_was_ignored(service: Conversation, client: CertCentral) -> None:
    finds(service, "certificate_id", "5", OTHER, {**OTHER, "id": 92})
    with pytest.raises(Unreadable):
        RevocableCertificates(client, None).read([5])


def test_which_requests_are_for_what() -> None:
    filed = tuple(
        Request(number, "revoke", "pending", certificate_id=certificate_id)
        for number, certificate_id in ((1, None), (2, 5), (3, 7))
    )
    order = Order(123, "issued", requests=(*filed, Request(4, "reissue", "pending"), Request(5, "revoke", "approved")))
    certificate = Certificate(7, "0C", "issued", "", ())
    subjects = {
        "the order": (Revocable(order), [1]),
        "a certificate": (Revocable(order, 7, certificate), [1, 3]),
        "one that is not found yet": (Revocable(order, 7), [1]),
        "one without an id": (Revocable(order, "0C", replace(certificate, id=None)), [1]),
    }
    for name, (subject, mine) in subjects.items():
        assert [one.id for one in subject.filed] == [1, 2, 3], name
        assert [one.id for one in subject.requests] == mine, name
        assert subject.facts["revocation_requested"], name


def test_a_request_for_one_certificate_asks_not_for_the_order() -> None:
    order = Order(123, "issued", requests=(Request(2, "revoke", "pending", certificate_id=5),))
    other = Certificate(7, "0C", "issued", "", ())
    assert Revocable(order).facts["revocation_requested"] is False
    assert Revocable(order, 7, other).facts["revocation_requested"] is False
    assert Revocable(order, 5, replace(other, id=5)).facts["revocation_requested"] is True


LISTED = [
    {"id": 9, "type": "revoke", "status": "rejected"},
    {"id": 55, "type": "revoke", "status": "pending"},
    {"id": 56, "type": "reissue", "status": "pending"},
    {"id": 57, "type": "revoke", "status": "submitted"},
]


def of_request(service: Conversation, number: int, status: str = "pending", **more: Any) -> None:
    service.get(f"request/{number}", {"id": number, "type": "revoke", "status": status, **more})


@pytest.mark.parametrize("key", [None, 7])
def test_what_the_waiting_requests_are_for_is_read_of_each(
    key: int | None, service: Conversation, client: CertCentral
) -> None:
    reader: Any = RevocableOrders(client) if key is None else RevocableCertificates(client, 123)
    an_order(service, requests=LISTED)
    others(service, [], [DUPLICATE])
    name = 123 if key is None else key
    state = reader.fetch_fact(CERTIFICATES, [reader.read([name])[name]])[name]
    assert [one.certificate_id for one in state.order.requests] == [None] * 4

    # Only those that wait, and ask for a revocation.
    of_request(service, 55, certificate={"id": 7})
    of_request(service, 57, "submitted", certificate={"id": 5})
    fetched = reader.fetch_fact(REQUESTS, [state])[name]

    assert [(one.id, one.certificate_id) for one in fetched.order.requests] == [
        (9, None),
        (55, 7),
        (56, None),
        (57, 5),
    ]
    assert fetched.order.seen == {DETAILS, CERTIFICATES, REQUESTS}
    assert (fetched.certificates, fetched.key) == (state.certificates, state.key)
    assert [one.id for one in fetched.requests] == ([] if key is None else [55])


def test_the_certificates_may_be_read_after_the_requests(service: Conversation, client: CertCentral) -> None:
    reader = RevocableOrders(client)
    an_order(service, requests=LISTED[:2])
    of_request(service, 55, certificate={"id": 7})
    others(service, [], [DUPLICATE])
    state = reader.fetch_fact(REQUESTS, [reader.read([123])[123]])[123]
    state = reader.fetch_fact(CERTIFICATES, [state])[123]
    assert state.order.seen == {DETAILS, CERTIFICATES, REQUESTS}
    assert [(one.id, one.certificate_id) for one in state.filed] == [(55, 7)]


def test_a_request_that_is_decided_on_meanwhile_waits_no_more(service: Conversation, client: CertCentral) -> None:
    reader = RevocableOrders(client)
    an_order(service, requests=LISTED[:2])
    of_request(service, 55, "approved")
    state = reader.fetch_fact(REQUESTS, [reader.read([123])[123]])[123]
    assert (state.filed, state.requests) == ((), ())


def test_a_request_that_cannot_be_read_is_not_guessed_at(service: Conversation, client: CertCentral) -> None:
    reader = RevocableOrders(client)
    an_order(service, requests=LISTED[:2])
    state = reader.read([123])[123]
    service.get("request/55", {}, 403)
    with pytest.raises(Denied):
        reader.fetch_fact(REQUESTS, [state])
    service.get("request/55", {"id": 56, "type": "revoke", "status": "pending"})
    with pytest.raises(Unreadable):
        reader.fetch_fact(REQUESTS, [state])


# -- requests ----------------------------------------------------------------------------------------------------------


def test_a_request_by_its_id(service: Conversation, client: CertCentral) -> None:
    service.get("request/55", {"id": 55, "type": "revoke", "status": "pending", "order": {"id": 123}})
    state = RequestsById(client).read([55])[55]
    assert state.identity == {"request_id": 55, "order_id": 123, "type": "revoke"}
    assert (state.name, state.facts) == ("", {"status": "pending"})
    service.get("request/55", absent("request"), 404)
    assert RequestsById(client).read([55]) == {}


def test_the_requests_of_an_order(service: Conversation, client: CertCentral) -> None:
    requests = [
        {"id": 9, "type": "new_request", "status": "approved"},
        {"id": 2, "type": "reissue", "status": "pending"},
    ]
    an_order(service, requests=requests)
    state = RequestsByOrder(client).read([123])[123]
    assert state.identity == {"request_id": 2, "order_id": 123, "type": "reissue"}
    assert (state.name, state.facts) == ("www.example.com", {"status": "pending"})
    assert [one.id for one in state.undecided] == [2]


def test_an_order_without_requests() -> None:
    state = RequestsToDecide(123, (), "www.example.com")
    assert (state.request, state.identity, state.facts) == (None, {"order_id": 123}, {"status": "none"})


# -- renewal settings and notes ----------------------------------------------------------------------------------------


def test_the_renewal_settings_of_an_order(service: Conversation, client: CertCentral) -> None:
    an_order(service, auto_renew=10, disable_renewal_notifications=True, custom_renewal_message="x")
    state = Orders(client).read([123])[123]
    assert (state.name, state.identity) == ("www.example.com", {})
    assert state.facts == {
        "status": "issued",
        "renewal_emails": False,
        "auto_reissue": False,
        "custom_renewal_message": "x",
        "auto_renew": True,
    }
    assert RenewalSettings(Order(1, "issued")).facts["custom_renewal_message"] == ""


@pytest.mark.parametrize(
    ("notes", "has_note"),
    [
        ([], False),
        (["another"], False),
        (["another", "server  was   retired "], True),
        (["Server was retired"], False),
        (["server was retired."], False),
    ],
)
def test_notes_are_compared_without_white_space(
    notes: list[str], has_note: bool, service: Conversation, client: CertCentral
) -> None:
    service.get("order/certificate/123/note", {"notes": [{"id": 1, "text": text} for text in notes]})
    state = NotedOrders(client, " server was retired").read([123])[123]
    assert state == Annotated(123, has_note)
    assert (state.name, state.identity, state.facts) == ("", {}, {"has_note": has_note})


def test_a_new_line_in_a_note_is_white_space(service: Conversation, client: CertCentral) -> None:
    service.get("order/certificate/123/note", {"notes": [{"id": 1, "text": "server\nretired"}]})
    assert NotedOrders(client, "server retired").read([123])[123].has_note


# -- domains -----------------------------------------------------------------------------------------------------------

DOMAIN = {"include_validation": "true", "include_dcv": "true", "include_dcv_expiration_time": "true"}


def lists_domains(service: Conversation, *domains: tuple[int, str, Any]) -> None:
    shown = [{"id": number, "name": name, "is_active": active} for number, name, active in domains]
    query = {**DOMAIN, "limit": "1000", "offset": "0"}
    service.get("domain", {"domains": shown, "page": {"total": len(shown)}} if shown else {}, query=query)


def test_a_domain_by_its_id(service: Conversation, client: CertCentral) -> None:
    service.get("domain/4", {"id": 4, "name": "example.com", "is_active": True}, query=DOMAIN)
    state = DomainsById(client).read([4])[4]
    assert (state.name, state.facts) == ("example.com", {"state": "active"})
    assert state.identity == {"domain_id": 4, "name": "example.com"}
    service.get("domain/4", absent("domain"), 404, DOMAIN)
    assert DomainsById(client).read([4]) == {}


def test_domains_by_name_are_one_list_however_many(service: Conversation, client: CertCentral) -> None:
    reader = DomainsByName(client)
    lists_domains(service, (1, "a.example", True), (2, "B.example", 0), (3, "other.example", 1), (4, "a.example", True))
    found = reader.read(["a.example", "b.example", "c.example"])

    assert {name: [one.id for one in state.domains] for name, state in found.items()} == {
        "a.example": [1, 4],
        "b.example": [2],
    }
    # The list was whole: what it lacked is not read again, whatever else is.
    assert reader.read(["c.example"]) == {}
    lists_domains(service, (2, "b.example", 1))
    assert reader.read(["b.example"])["b.example"].facts == {"state": "active"}


def test_no_domains_by_name(service: Conversation, client: CertCentral) -> None:
    lists_domains(service)
    assert DomainsByName(client).read(["a.example"]) == {}
    assert DomainsByName(client).read([]) == {}


@pytest.mark.parametrize(
    ("states", "facts"),
    [([True], "active"), ([False, False], "inactive"), ([True, False], "both"), ([None], "unknown")],
)
def test_domains_of_one_name(states: list[Any], facts: str) -> None:
    several = NamedDomains(tuple(Domain(number, "a.example", state) for number, state in enumerate(states)))
    assert several.facts == {"state": facts}
    one = {"domain_id": 0, "name": "a.example"}
    assert several.identity == (one if len(states) == 1 else {"name": "a.example"})


def test_dates_and_all_come_through_to_what_a_certificate_shows() -> None:
    order = Order(123, "issued", certificate_id=5, valid_till=date(2026, 3, 31), seen=frozenset([CERTIFICATES]))
    assert Revocable(order).facts["certificates"][0]["valid_till"] == "2026-03-31"


def test_a_domain_is_not_missing_where_the_list_is_not_complete(service: Conversation, client: CertCentral) -> None:
    answer = {"domains": [{"id": 1, "name": "a.example", "is_active": True}], "page": {"total": 2}}
    for offset in ("0", "1", "0", "1"):
        shown = answer if offset == "0" else {"page": {"total": 2}}
        service.get("domain", shown, query={**DOMAIN, "limit": "1000", "offset": offset})
    reader = DomainsByName(client)
    assert sorted(reader.read(["a.example", "b.example"])) == ["a.example"]
    with pytest.raises(Unreadable) as caught:
        reader.read(["b.example"])
    assert caught.value.code == "list_incomplete"


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages(service: Conversation, client: CertCentral) -> None:
    def refused(key: Any, order_id: int | None = None) -> str:
        reader = RevocableCertificates(client, order_id)
        with pytest.raises((NotFound, Unreadable)) as caught:
            reader.fetch_fact(CERTIFICATES, [reader.read([key])[key]])
        return caught.value.message

    finds(service, "certificate_id", "5", OTHER, {**OTHER, "id": 92})
    finds(service, "serial_number", "0A", OTHER, {**OTHER, "id": 92})
    an_order(service)
    others(service)
    an_order(service, duplicates_count=2)
    others(service, [], [DUPLICATE])
    check_messages(
        "certcentral readers",
        {
            "filter by certificate_id ignored": refused(5),
            "filter by serial_number ignored": refused("0A"),
            "certificate of another order": refused(99, 123),
            "certificate of an order with an incomplete list": refused(9, 123),
        },
    )
