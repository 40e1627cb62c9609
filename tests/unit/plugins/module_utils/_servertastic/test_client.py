# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of Servertastic over real sockets: what it asks, to the byte, and what it makes of what is answered."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from typing import Any, Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._common import context as common_context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import (
    ApiError,
    Denied,
    LostReply,
    NotFound,
    NotSent,
    RateLimited,
    Refused,
    ServerError,
    StaleRead,
    Stopped,
    Unreadable,
    WrongAddress,
)
from ansible_collections.certops.orders.plugins.module_utils._common.options import SERVERTASTIC_OPTIONS, OptionError
from ansible_collections.certops.orders.plugins.module_utils._common.values import utc_text
from ansible_collections.certops.orders.plugins.module_utils._http import retry as http_retry
from ansible_collections.certops.orders.plugins.module_utils._http import transport as _http
from ansible_collections.certops.orders.plugins.module_utils._http.connection import Connection
from ansible_collections.certops.orders.plugins.module_utils._servertastic import client as servertastic
from ansible_collections.certops.orders.plugins.module_utils._servertastic import models as servertastic_models
from ansible_collections.certops.orders.plugins.module_utils._servertastic.client import Servertastic, moment
from ansible_collections.certops.orders.plugins.module_utils._servertastic.models import (
    Account,
    Adjustment,
    Listed,
    order_ref,
)
from ansible_collections.certops.orders.plugins.module_utils._servertastic.tokens import Tokens, digest_of
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils import scripted
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.conftest import Clock, SkippingStop
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.scripted import Scene, Service
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import all_that_shows
from ansible_collections.certops.orders.tests.unit.plugins.modules.servertastic_playing import (
    KEY,
    NEW,
    TOKEN,
    a_record,
    a_review,
    digest,
    leaks,
    ref,
)
from ansible_collections.certops.orders.tests.unit.plugins.properties import examples

DEFAULTS = {name: option.get("default") for name, option in SERVERTASTIC_OPTIONS.items()}
QUOTED_TOKEN = "sim-0ld%2Ft0ken%2Bof%3D1"
QUOTED_KEY = "sim-k3y%2Fof%2Bthe%3Daccount"
CANCELLED = {"success": "Order cancelled - STR_1001_1"}


class Session:
    """A client for a URL, with what surrounds it; it knows the one token."""

    def __init__(self, url: str, clock: Clock, **options: Any) -> None:
        self.stop = SkippingStop(clock)
        self.lines: list[str] = []
        self.context = common_context.Context(stop=self.stop, notify=self.lines.append)
        params = {**DEFAULTS, "api_url": url, "api_key": KEY, "rate_limit": "none", "retries": 2, **options}
        self.client: Servertastic = servertastic.connect(params, self.context, writes=True)
        self.digest = self.client.tokens.add(TOKEN)

    def review(self) -> servertastic_models.Review:
        return self.client.review(self.digest)

    def cancel(self, fresh_for: float = 60.0, budget: float = 300.0) -> str:
        return self.client.cancel(
            self.digest,
            fresh_until=_http.time.monotonic() + fresh_for,
            budget=http_retry.RateLimitBudget(budget),
        )


@pytest.fixture
def connect(clock: Clock) -> Callable[..., Any]:
    """Return a function that connects to a service which plays the scenes."""

    @contextmanager
    def connected(*scenes: Scene, **options: Any) -> Iterator[tuple[Session, Service]]:
        with Service(*scenes) as service:
            session = Session(service.url, clock, **options)
            with session.client:
                yield session, service

    return connected


@pytest.fixture
def reviewed(connect: Any) -> Callable[..., servertastic_models.Review]:
    """Return a function that reviews an order with these facts; a fact of None is left out."""

    def review(status: str = "Queued", **facts: Any) -> servertastic_models.Review:
        with connect(scripted.json(a_review(status, **facts))) as (session, _service):
            return session.review()

    return review


def refusal(status: int, message: str = "Bad Request: no", http: int = 0) -> Scene:
    return scripted.json({"error": {"code": status, "message": message}}, http or status)


# -- what is asked -----------------------------------------------------------------------------------------------------

SINCE = datetime(2026, 1, 31, 14, 0, 5, tzinfo=timezone(timedelta(hours=2)))
CALLS = [
    (lambda it: it.review(), f"/v2/order/review.json?order_token={QUOTED_TOKEN}"),
    (lambda it: it.cancel(), f"/v2/order/cancel.json?order_token={QUOTED_TOKEN}"),
    (
        lambda it: it.client.modified_orders(SINCE),
        f"/v2/order/modifiedorders.json?api_key={QUOTED_KEY}&date=2026-01-31+12%3A00%3A05",
    ),
    (lambda it: it.client.expiring_orders(60), f"/v2/order/expiring.json?api_key={QUOTED_KEY}&days=60"),
    (lambda it: it.client.show_tokens(), f"/v2/order/showtokens.json?api_key={QUOTED_KEY}"),
    (lambda it: it.client.account(), f"/v2/account/review.json?api_key={QUOTED_KEY}"),
    (lambda it: it.client.points_audit(), f"/v2/account/pointsaudit.json?api_key={QUOTED_KEY}"),
]
every_call = pytest.mark.parametrize(
    ("call", "target"), CALLS, ids=[target.partition("?")[0] for _call, target in CALLS]
)
of_account = pytest.mark.parametrize(
    ("call", "target"), CALLS[2:], ids=[target.partition("?")[0] for _call, target in CALLS[2:]]
)


@every_call
def test_every_call_is_a_get_with_its_parameters_in_the_query(connect: Any, call: Any, target: str) -> None:
    with connect(scripted.json(CANCELLED)) as (session, service):
        call(session)

    (request,) = service.requests
    assert (request.method, request.target, request.body) == ("GET", target, b"")
    assert leaks(repr(dict(request.headers))) == []
    assert not {"authorization", "x-dc-devkey", "cookie", "content-type"} & set(request.headers)
    assert request.headers["accept"] == "application/json"


@of_account
def test_calls_of_the_account_take_a_key(connect: Any, call: Any, target: str) -> None:
    assert target
    with connect(api_key=None) as (session, _service):
        assert session.client.has_key is False
        with pytest.raises(OptionError, match=r"api_key.*SERVERTASTIC_API_KEY"):
            call(session)


def test_orders_take_no_key(connect: Any) -> None:
    with connect(scripted.json(a_review()), api_key=None) as (session, _service):
        assert session.review().status == "Queued"


def test_a_key_is_used_for_what_it_is_for(connect: Any) -> None:
    with connect() as (session, _service):
        assert session.client.has_key is True
        assert session.client.transport.connection.windows == ()


def test_the_default_pace_is_polite() -> None:
    params = {**DEFAULTS, "api_url": "https://api2.servertastic.com"}

    with servertastic.connect(params, common_context.Context(), writes=True) as client:
        assert client.transport.connection.windows == ((5, 1.0),)
        assert client.has_key is False


def test_a_url_is_required_and_a_key_only_on_request() -> None:
    with pytest.raises(OptionError, match="SERVERTASTIC_API_URL"):
        servertastic.connect({**DEFAULTS, "api_key": KEY}, common_context.Context(), writes=False)
    with pytest.raises(OptionError, match="SERVERTASTIC_API_KEY"):
        servertastic.connect(
            {**DEFAULTS, "api_url": "https://api2.servertastic.com"},
            common_context.Context(),
            writes=False,
            key_required=True,
        )


def test_address_and_key_come_from_the_environment() -> None:
    environ = {"SERVERTASTIC_API_URL": "https://api.servertastic.com/v2/", "SERVERTASTIC_API_KEY": f"{KEY}\n"}
    context = common_context.Context(environ={**environ, "SERVERTASTIC_RATE_LIMIT": "9/3"})

    with servertastic.connect(DEFAULTS, context, writes=True, key_required=True) as client:
        assert client.transport.connection.base_url == "https://api.servertastic.com/v2"
        assert client.transport.connection.api_key == KEY
        assert client.transport.connection.windows == ((9, 3.0),)
    assert set(context.secrets) == {KEY, QUOTED_KEY}


# -- a review ----------------------------------------------------------------------------------------------------------


def test_a_review_is_shown_in_full(reviewed: Any) -> None:
    history = [
        {"timestamp": "2026-01-14 10:00:00", "event_id": "1", "event_name": "Order Token Generated"},
        {"timestamp": "2026-01-15 08:30:00", "event_id": "9", "event_name": "Order Completed"},
    ]

    review = reviewed(
        "Completed",
        modifications={"modification": history},
        domain_name="WWW.Example.com",
        expiry_date="2027-01-15 23:59:59",
        order_state_further_info="fine",
        reseller_unique_reference="CHG7",
        additional_sans="Shop.example.com",
        san_count="1",
        debug={"unknown": "keys are ignored"},
    )

    assert review == servertastic_models.Review(
        order_digest=digest(),
        status="Completed",
        reseller_order_id="STR_1001_1",
        provider_order_id="77001",
        product_code="RapidSSL-12",
        domain_name="www.example.com",
        admin_email="admin@example.com",
        completed_at=datetime(2026, 1, 15, 8, 30, tzinfo=timezone.utc),
        expiry_date=date(2027, 1, 15),
        further_info="fine",
        reseller_unique_reference="CHG7",
        management_host="https://manage.example.com/",
        domains=("shop.example.com", "www.example.com"),
        san_count=1,
    )
    assert review.shown() == {
        "order_digest": digest(),
        "order_ref": ref(),
        "reseller_order_id": "STR_1001_1",
        "provider_order_id": "77001",
        "reseller_unique_reference": "CHG7",
        "order_status": "Completed",
        "product_code": "RapidSSL-12",
        "domain_name": "www.example.com",
        "domains": ["shop.example.com", "www.example.com"],
        "san_count": 1,
        "admin_email": "admin@example.com",
        "completed_at": "2026-01-15T08:30:00Z",
        "window_closes": "2026-02-14T08:30:00Z",
        "expiry_date": "2027-01-15",
    }


@pytest.mark.parametrize("blank", ["", None, [], {}])
def test_fields_may_be_blank(connect: Any, blank: Any) -> None:
    names = [name for name in a_review() if name not in ("success", "order_status")]
    with connect(scripted.json({"order_status": "Order Placed", **dict.fromkeys(names, blank)})) as (session, _service):
        review = session.review()

    assert review == servertastic_models.Review(order_digest=digest(), status="Order Placed")
    assert (review.window_closes, review.shown()["window_closes"]) == (None, "")


@pytest.mark.parametrize("data", [{}, {"success": "Review Order"}, {"orders": []}])
def test_an_answer_without_a_status_is_of_none_that_anything_could_be_done_with(connect: Any, data: Any) -> None:
    with connect(scripted.json(data)) as (session, _service):
        assert session.review().state == ""


@pytest.mark.parametrize(
    ("answered", "status"),
    [
        ("Order placed", "Order Placed"),
        ("ServerTastic Review", "Servertastic Review"),
        ("ROLL BACK", "Roll Back"),
        (" completed ", "Completed"),
        ("Invite Available", "Invite Available"),
        (7, "7"),
    ],
)
def test_a_status_is_spelled_as_documented_whatever_its_case(reviewed: Any, answered: Any, status: str) -> None:
    review = reviewed(answered)

    assert review.status == status
    assert review.state == status.lower()


EVENT = {"timestamp": "2026-01-15 08:30:00", "event_name": "Order Completed"}
LATER = {"timestamp": "2026-02-15 08:30:00", "event_name": "order completed "}
OTHER_EVENT = {"timestamp": "2026-01-01 00:00:00", "event_name": "Order Reissued"}
AT = datetime(2026, 1, 15, 8, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("modifications", "at"),
    [
        ({"modification": [OTHER_EVENT, EVENT]}, AT),
        ({"modification": EVENT}, AT),
        ([OTHER_EVENT, EVENT], AT),
        (EVENT, AT),
        ({"modification": [LATER, EVENT]}, AT),
        ({"modification": [EVENT, LATER]}, AT),
        ({"modification": [None, "x", 7, [], {}, EVENT]}, AT),
        ({"modification": [{**EVENT, "timestamp": "soon"}, EVENT]}, AT),
        ({"modification": [{**EVENT, "timestamp": "2026-01-15T10:30:00+02:00"}]}, AT),
        ({"modification": [{**EVENT, "timestamp": "2026-01-15T08:30:00Z"}]}, AT),
        ({"modification": [{**EVENT, "timestamp": ""}]}, None),
        ({"modification": [{"timestamp": EVENT["timestamp"]}]}, None),
        ({"modification": [{"event_name": "Order Completed"}]}, None),
        ({"modification": [{**EVENT, "event_name": "Order Completed soon"}]}, None),
        ({"modification": [OTHER_EVENT]}, None),
        ({"modification": []}, None),
        ({"modification": ""}, None),
        ({}, None),
        ([], None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_an_order_was_issued_at_the_earliest_completion_of_its_history(
    reviewed: Any, modifications: Any, at: datetime | None
) -> None:
    review = reviewed("Completed", modifications=modifications)

    assert review.completed_at == at
    assert review.window_closes == (at and at + timedelta(days=30))


@pytest.mark.parametrize(
    ("facts", "day"),
    [
        ({"expiry_date": "2027-01-15"}, date(2027, 1, 15)),
        ({"expiry_date": "2027-01-15 12:00:00"}, date(2027, 1, 15)),
        ({"certificate_list": [{"expiration_date": "2027-01-15"}]}, date(2027, 1, 15)),
        ({"certificate_list": [{"expiration_date": None}, {"expiration_date": "2027-01-15"}]}, date(2027, 1, 15)),
        ({"certificate_list": {"certificate_info": {"expiration_date": "2027-01-15"}}}, date(2027, 1, 15)),
        ({"expiry_date": "2026-01-15", "certificate_list": [{"expiration_date": "2027-01-15"}]}, date(2027, 1, 15)),
        ({"expiry_date": "", "certificate_list": []}, None),
        ({"expiry_date": "never", "certificate_list": [{"expiration_date": "0000-00-00"}]}, None),
    ],
)
def test_the_last_day_is_found_under_old_and_new_keys(reviewed: Any, facts: Any, day: date | None) -> None:
    assert reviewed(**facts).expiry_date == day


@pytest.mark.parametrize("contact", ["Ada", ["a@example.com"], {}, {"email": None}])
def test_a_contact_without_an_address_is_none(reviewed: Any, contact: Any) -> None:
    assert reviewed(admin_contact=contact).admin_email == ""


@pytest.mark.parametrize(
    "names",
    [
        {"invite_url": f"https://manage.example.com/token/{TOKEN}"},
        {"invite_url": None, "review_url": "https://manage.example.com/x"},
    ],
)
def test_of_the_management_page_only_the_host_is_kept(reviewed: Any, names: Any) -> None:
    assert reviewed(**names).management_host == "https://manage.example.com/"


TEXTS = (
    "order_status",
    "reseller_order_id",
    "provider_order_id",
    "st_product_code",
    "domain_name",
    "order_state_further_info",
    "reseller_unique_reference",
    "expiry_date",
)


@pytest.mark.parametrize("spelled", [TOKEN, QUOTED_TOKEN])
def test_an_echoed_token_is_not_kept(reviewed: Any, spelled: str) -> None:
    """It is not left to the code that shows a review: the audit log, for one, does so before any redaction."""
    echoes = dict.fromkeys(TEXTS, f"{spelled}.")

    review = reviewed(
        echoes.pop("order_status"),
        **echoes,
        admin_contact={"email": f"{spelled}@example.com"},
        invite_url=f"https://{spelled}@manage.example.com/{spelled}",
    )

    assert leaks(repr(review)) == []


def test_control_characters_of_the_service_are_escaped(reviewed: Any) -> None:
    forged = "\x1b[2J\u202e\n"
    review = reviewed(forged, **dict.fromkeys(TEXTS[1:], forged), admin_contact={"email": forged})

    assert not set("\x1b\u202e\n") & set("".join(str(value) for value in vars(review).values()))


@pytest.mark.parametrize("host", ["a\x1b(0.example.com", "a\u202eb.example.com", "a\x00.example.com"])
def test_an_invalid_host_is_shown_escaped(reviewed: Any, host: str) -> None:
    host = reviewed(invite_url=f"https://{host}/token/x").management_host

    assert set(host) <= set(string.ascii_letters + string.digits + "\\(:/.-")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
TIMES = st.datetimes().map(lambda time: time.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")) | st.datetimes().map(str)
EVENTS = st.fixed_dictionaries({"event_name": st.just("Order Completed") | JSON, "timestamp": TIMES | JSON})
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(TEXTS, JSON),
        "modifications": EVENTS | st.lists(EVENTS) | st.fixed_dictionaries({"modification": st.lists(EVENTS) | JSON}),
        "certificate_list": JSON,
        "admin_contact": JSON | st.fixed_dictionaries({"email": JSON}),
        "additional_sans": st.text() | JSON,
        "san_count": st.integers() | JSON,
        "invite_url": st.text() | JSON,
        "review_url": JSON,
    },
)


def issued_at(timestamp: str) -> dict[str, Any]:
    return {"modifications": [{"event_name": "Order Completed", "timestamp": timestamp}]}


@pytest.mark.parametrize(
    ("sans", "names"),
    [
        ("a.example.com,b.example.com", ["a.example.com", "b.example.com"]),
        ("A.example.com; b.example.com", ["a.example.com", "b.example.com"]),
        ("a.example.com\nb.example.com", ["a.example.com", "b.example.com"]),
        (["a.example.com", "b.example.com"], ["a.example.com", "b.example.com"]),
        (["a.example.com", {"name": "b.example.com"}, 7], ["a.example.com"]),
        ("", []),
        (None, []),
        ({"san": "a.example.com"}, []),
    ],
)
def test_additional_names_are_read_in_every_form_that_is_likely(reviewed: Any, sans: Any, names: list[str]) -> None:
    review = reviewed("Completed", domain_name="www.example.com", additional_sans=sans)

    assert list(review.domains) == [*names, "www.example.com"]


@pytest.mark.parametrize(
    ("answered", "count"), [(2, 2), ("2", 2), ("", None), (None, None), ("many", None), (-1, None)]
)
def test_how_many_additional_names_there_can_be(reviewed: Any, answered: Any, count: int | None) -> None:
    assert reviewed("Completed", san_count=answered).san_count == count


@examples(300)
@given(answer=ANSWERS)
@example(answer=issued_at("9999-12-31 23:59:59"))
@example(answer=issued_at("0001-01-01 00:00:00"))
def test_any_answer_can_be_shown(answer: dict[str, Any]) -> None:
    shown = servertastic._review(digest(), TOKEN, answer).shown()

    names, count = shown.pop("domains"), shown.pop("san_count")
    assert all(isinstance(value, str) for value in [*names, *shown.values()])
    assert count is None or count >= 0
    assert leaks(json.dumps(shown)) == []


# -- errors ------------------------------------------------------------------------------------------------------------

KINDS = [
    (400, Refused),
    (401, Denied),
    (403, Denied),
    (404, WrongAddress),
    (409, Refused),
    (500, ServerError),
    (503, ServerError),
]


def shown_secrets(error: BaseException, target: str) -> list[str]:
    """The sent secrets that an error shows: calls of the account send no token."""
    unsent = () if "order_token" in target else (TOKEN, QUOTED_TOKEN)
    return [secret for secret in leaks(all_that_shows(error)) if secret not in unsent]


@pytest.mark.parametrize(("status", "kind"), KINDS)
@pytest.mark.parametrize("http", [0, 200])
@every_call
def test_an_error_is_one_under_any_http_status(
    connect: Any, call: Any, target: str, status: int, kind: type[ApiError], http: int
) -> None:
    with (
        connect(refusal(status, f"No: {TOKEN} {QUOTED_KEY}", http), retries=0) as (session, _service),
        pytest.raises(ApiError) as raised,
    ):
        call(session)

    expected = NotFound if "order/review" in target and status == 401 else kind
    assert raised.value.__class__ is expected
    assert (raised.value.http_status, raised.value.code) == (status, str(status))
    assert shown_secrets(raised.value, target) == []


@pytest.mark.parametrize("http", [0, 200])
def test_the_text_of_an_error_is_reported(connect: Any, http: int) -> None:
    """No list of codes is published: its text is the only information for the operator."""
    with (
        connect(refusal(400, "Bad Request: order is too old", http)) as (session, _service),
        pytest.raises(Refused, match="order is too old"),
    ):
        session.cancel()


ONE, TWO = {"code": 400, "message": "order is too old"}, {"code": 403, "message": "and not yours"}
NESTED = {"code": "E17", "message": "no", "errors": [TWO]}
OLD = "order is too old"
SHAPES_OF_ERRORS = [
    pytest.param({"error": ONE}, "400", OLD, id="object"),
    pytest.param({"error": [ONE, TWO]}, "400, 403", f"{OLD}; and not yours", id="list"),
    pytest.param({"errors": [ONE, TWO, ONE]}, "400, 403", f"{OLD}; and not yours", id="several"),
    pytest.param({"errors": ONE}, "400", OLD, id="one under errors"),
    pytest.param({"error": "bad_request", "message": OLD}, "bad_request", OLD, id="plain"),
    pytest.param({"error": OLD}, "", OLD, id="text"),
    pytest.param({"errors": [OLD, "and not yours"]}, "", f"{OLD}; and not yours", id="texts"),
    pytest.param(ONE, "400", OLD, id="bare"),
    pytest.param([ONE, TWO], "400, 403", f"{OLD}; and not yours", id="bare list"),
    pytest.param({"error": NESTED}, "E17, 403", "no; and not yours", id="nested"),
]


@pytest.mark.parametrize(("body", "code", "words"), SHAPES_OF_ERRORS)
def test_every_shape_of_an_error_is_reported(connect: Any, body: Any, code: str, words: str) -> None:
    with connect(scripted.json(body, 400)) as (session, _service), pytest.raises(Refused) as raised:
        session.cancel()

    # The first one is the code; the message has them all.
    codes = code.split(", ")
    assert (raised.value.http_status, raised.value.code) == (400, codes[0] or None)
    assert [part for part in (*codes, *words.split("; ")) if part not in raised.value.message] == []


@pytest.mark.parametrize(("name", "value"), [("errors", [ONE, TWO]), ("error", [TWO]), ("errors", ONE)])
def test_several_refusals_under_200_are_one(connect: Any, name: str, value: Any) -> None:
    with connect(scripted.json({name: value})) as (session, _service), pytest.raises(Refused) as raised:
        session.cancel()

    assert raised.value.ambiguous is False
    assert "order is too old" in raised.value.message or value == [TWO]


def test_a_refusal_beside_a_server_error_is_ambiguous(connect: Any) -> None:
    body = {"errors": [ONE, {"code": 500, "message": "oops"}]}
    with connect(scripted.json(body)) as (session, _service), pytest.raises(ServerError) as raised:
        session.cancel()

    assert raised.value.ambiguous is True


@pytest.mark.parametrize("error", ["what", None, [], {}, {"code": None}, {"code": "E17"}, {"code": 7}, {"code": 12345}])
def test_a_malformed_error_is_ambiguous(connect: Any, error: Any) -> None:
    with connect(scripted.json({"error": error})) as (session, _service), pytest.raises(ServerError) as raised:
        session.cancel()

    assert raised.value.ambiguous is True
    assert raised.value.http_status == 200


@pytest.mark.parametrize("code", [TOKEN, QUOTED_TOKEN, f"{KEY} {QUOTED_KEY}", "\x1b[31m\u202e"])
@pytest.mark.parametrize("http", [400, 200])
@every_call
def test_a_code_is_data(connect: Any, call: Any, target: str, http: int, code: str) -> None:
    with (
        connect(scripted.json({"error": {"code": code, "message": "no"}}, http)) as (session, _service),
        pytest.raises(ApiError) as raised,
    ):
        call(session)

    assert shown_secrets(raised.value, target) == []
    assert not set("\x1b\u202e") & set(raised.value.message + str(raised.value.code))


UNREADABLE = [
    (scripted.answer(200, b"<html></html>"), Unreadable),
    (scripted.answer(200, b"[]"), Unreadable),
    (scripted.answer(200, b'"Order cancelled"'), Unreadable),
    (scripted.answer(200, b'{"success": NaN}'), Unreadable),
    (scripted.answer(503, b"<html></html>"), ServerError),
    (scripted.answer(403, b"<html></html>"), Denied),
    (scripted.answer(404, b""), WrongAddress),
    (scripted.answer(302, b"", {"Location": f"https://evil.example/?t={TOKEN}"}), Refused),
]


@pytest.mark.parametrize(("scene", "kind"), UNREADABLE)
@every_call
def test_what_is_no_json_is_a_clean_error(
    connect: Any, call: Any, target: str, scene: Scene, kind: type[ApiError]
) -> None:
    assert target
    with connect(scene, retries=0) as (session, _service), pytest.raises(kind) as raised:
        call(session)

    assert leaks(all_that_shows(raised.value)) == []


@pytest.mark.parametrize("message", ["Unauthorized: invalid order token", ""])
def test_an_unknown_token_is_not_found(connect: Any, message: str) -> None:
    with connect(refusal(401, message)) as (session, _service), pytest.raises(NotFound) as raised:
        session.review()

    assert raised.value.http_status == 401
    assert f"order {ref()}" in raised.value.message


@pytest.mark.parametrize("scene", [scripted.reset, scripted.close])
@every_call
def test_a_connection_that_breaks_shows_no_secret(connect: Any, call: Any, target: str, scene: Scene) -> None:
    assert target
    with connect(scene, retries=0) as (session, _service), pytest.raises(LostReply) as raised:
        call(session)

    assert leaks(all_that_shows(raised.value)) == []


@every_call
def test_no_connection_shows_no_secret(dead_end: int, clock: Clock, call: Any, target: str) -> None:
    assert target
    session = Session(f"http://127.0.0.1:{dead_end}/v2", clock, retries=1)
    with session.client, pytest.raises(NotSent) as raised:
        call(session)

    assert leaks(all_that_shows(raised.value) + "".join(session.lines)) == []


def test_messages_about_retries_show_no_secret(connect: Any, longest_draw: None) -> None:  # noqa: ARG001
    scenes = [refusal(503, f"{TOKEN} {QUOTED_TOKEN}")] * 4
    with connect(*scenes, retries=3) as (session, _service), pytest.raises(ServerError):
        session.review()

    assert session.lines
    assert leaks("".join(session.lines)) == []


def test_reads_are_repeated_where_what_failed_passes(connect: Any) -> None:
    with connect(scripted.reset, refusal(503), scripted.json(a_review())) as (session, _service):
        assert session.review().status == "Queued"
        assert session.client.transport.counters.retries == 2


# -- cancelling --------------------------------------------------------------------------------------------------------


def test_canceling_returns_the_message_of_the_service(connect: Any) -> None:
    with connect(scripted.json(CANCELLED)) as (session, _service):
        assert session.cancel() == "Order cancelled - STR_1001_1"


@pytest.mark.parametrize("spelled", [TOKEN, QUOTED_TOKEN])
def test_the_message_of_the_service_is_shown_without_the_token(connect: Any, spelled: str) -> None:
    with connect(scripted.json({"success": f"Order cancelled - {spelled}\x1b"})) as (session, _service):
        message = session.cancel()

    assert leaks(message) == []
    assert "\x1b" not in message


@pytest.mark.parametrize("body", [b"", b"{}", b'{"debug": {}}', b'{"order_status": "Cancelled"}', b" \n"])
def test_a_reply_without_success_is_ambiguous(connect: Any, body: bytes) -> None:
    with connect(scripted.answer(200, body)) as (session, _service), pytest.raises(Unreadable) as raised:
        session.cancel()

    assert raised.value.ambiguous is True


@pytest.mark.parametrize(
    ("scene", "kind"),
    [
        (scripted.reset, LostReply),
        (scripted.close, LostReply),
        (refusal(500), ServerError),
        (refusal(502), ServerError),
        (refusal(503), ServerError),
        (refusal(504), ServerError),
        (refusal(503, http=200), ServerError),
        (scripted.answer(200, b"<html>"), Unreadable),
        (scripted.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), LostReply),
        (refusal(400), Refused),
        (refusal(401), Denied),
        (refusal(403), Denied),
        (refusal(404), WrongAddress),
        (refusal(429, http=200), ApiError),
        (scripted.answer(307, b"", {"Location": "/v2/order/cancel.json"}), Refused),
    ],
)
def test_a_cancellation_is_never_sent_twice(connect: Any, scene: Scene, kind: type[ApiError]) -> None:
    with connect(scene, retries=5) as (session, service), pytest.raises(kind) as raised:
        session.cancel()

    assert len(service.requests) == 1
    assert leaks(all_that_shows(raised.value)) == []


def test_a_cancellation_on_a_connection_that_was_closed_meanwhile_is_never_sent_twice(connect: Any) -> None:
    """urllib3 itself would open a new one and send it again."""
    with connect(scripted.json(a_review()), scripted.reset, retries=5) as (session, service):
        session.review()
        with pytest.raises(LostReply):
            session.cancel()

    assert [request.target.partition("?")[0] for request in service.requests] == [
        "/v2/order/review.json",
        "/v2/order/cancel.json",
    ]


def test_a_cancellation_that_was_never_sent_is_not_sent_later(dead_end: int, clock: Clock) -> None:
    session = Session(f"http://127.0.0.1:{dead_end}/v2", clock, retries=5)
    with session.client, pytest.raises(NotSent):
        session.cancel()

    assert session.client.transport.counters.requests == 1


def test_after_429_a_cancellation_waits_and_wants_a_fresh_read(connect: Any, clock: Clock) -> None:
    throttled = scripted.json({"error": {"code": 429, "message": "slowly"}}, 429, {"Retry-After": "7"})
    with connect(throttled, retries=5) as (session, service), pytest.raises(StaleRead) as raised:
        session.cancel()

    cost = session.client.transport.counters.shown()
    assert len(service.requests) == 1
    assert leaks(all_that_shows(raised.value)) == []
    assert clock.waits == [pytest.approx(7, abs=0.5)]
    assert cost["waited"] == pytest.approx(7, abs=0.5)


def test_a_429_beyond_the_rate_limit_budget_is_a_failure(connect: Any) -> None:
    with connect(refusal(429)) as (session, _service), pytest.raises(RateLimited) as raised:
        session.cancel(budget=0)

    assert raised.value.ambiguous is False


def test_nothing_is_cancelled_on_an_old_read(connect: Any) -> None:
    with connect() as (session, _service), pytest.raises(StaleRead) as raised:
        session.cancel(fresh_for=-1)

    assert leaks(all_that_shows(raised.value)) == []


def test_nothing_is_cancelled_after_a_stop(connect: Any) -> None:
    with connect() as (session, _service):
        session.stop.set("a signal")
        with pytest.raises(Stopped):
            session.cancel()


# -- the account's lists -----------------------------------------------------------------------------------------------

ROW = {
    "reseller_order_id": "STR_1001_1",
    "order_status": "Completed",
    "order_date": "2026-01-14 10:00:00",
    "domain_name": "WWW.example.com",
    "order_points": "42",
    "expiry_date": "2027-01-15",
    "st_product_code": "RapidSSL-12",
}
LISTED = Listed("STR_1001_1", "Completed", "www.example.com", "RapidSSL-12", "2026-01-14T10:00:00Z", "2027-01-15")


def shapes(name: str) -> list[tuple[Any, int]]:
    """A list under its wrapper, bare, of one object, and of none, in all the ways that XML could turn into JSON."""
    return [
        ({name: [ROW, ROW]}, 2),
        ({name: [ROW]}, 1),
        ({name: ROW}, 1),
        ([ROW, ROW], 2),
        (ROW, 1),
        ({name: []}, 0),
        ({name: ""}, 0),
        ({name: None}, 0),
        ({name: [None, "x", [], {}, ROW]}, 1),
        ({}, 0),
        ([], 0),
        ("", 0),
        (None, 0),
    ]


@pytest.mark.parametrize(("orders", "count"), shapes("order"))
@pytest.mark.parametrize("call", [CALLS[2][0], CALLS[3][0]])
def test_lists_are_read_in_every_shape(connect: Any, call: Any, orders: Any, count: int) -> None:
    with connect(scripted.json({"success": "Orders", "orders": orders, "data_accuracy": "5"})) as (session, _service):
        assert call(session) == [LISTED] * count


def test_an_order_of_a_list_is_shown() -> None:
    assert LISTED.shown() == {
        "reseller_order_id": "STR_1001_1",
        "order_status": "Completed",
        "domain_name": "www.example.com",
        "product_code": "RapidSSL-12",
        "order_date": "2026-01-14T10:00:00Z",
        "expiry_date": "2027-01-15",
    }


def test_an_order_of_a_list_may_have_blank_fields(connect: Any) -> None:
    row = {**dict.fromkeys(ROW), "reseller_order_id": "1\x1b"}
    with connect(scripted.json({"orders": {"order": [row]}})) as (session, _service):
        assert session.client.expiring_orders(0) == [Listed("1\\x1b", "", "", "", "", "")]


@pytest.mark.parametrize(("active", "count"), shapes("active_order"))
def test_the_account_is_read_in_every_shape(connect: Any, active: Any, count: int) -> None:
    data = {"purchased_points": "420.5", "active_orders": active, "completed_orders": {"completed_order": ROW}}
    with connect(scripted.json(data)) as (session, _service):
        assert session.client.account() == Account(420.5, (LISTED,) * count, (LISTED,))


@pytest.mark.parametrize(
    ("answered", "points"),
    [(420, 420.0), ("420", 420.0), (-3.5, -3.5), (0, 0.0)]
    + [(value, None) for value in (None, "", "many", True, [], {}, 10**400, "nan", "inf", 1e300)],
)
def test_points_are_numbers(connect: Any, answered: Any, points: float | None) -> None:
    with connect(scripted.json({"purchased_points": answered})) as (session, _service):
        assert session.client.account() == Account(points, (), ())


def test_tokens_are_shown_by_their_digests(connect: Any) -> None:
    data = {
        "unused_tokens": {"order_token": {"token": NEW, "reseller_unique_reference": None}},
        "used_tokens": {"order_token": [{"token": f" {TOKEN}\n", "reseller_unique_reference": "CHG7\x1b"}]},
    }
    with connect(scripted.json(data)) as (session, _service):
        shown = session.client.show_tokens()
        assert digest(NEW) in session.client.tokens

    assert shown == {"unused": {digest(NEW): ""}, "used": {digest(): "CHG7\\x1b"}}
    assert leaks(repr(shown)) == []


@pytest.mark.parametrize("key", ["token", "order_token"])
def test_a_token_may_be_called_otherwise(connect: Any, key: str) -> None:
    with connect(scripted.json({"used_tokens": [{key: TOKEN}]})) as (session, _service):
        assert session.client.show_tokens() == {"unused": {}, "used": {digest(): ""}}


@pytest.mark.parametrize("token", [None, "", "two words", 7, ["x"], "x" * 201, "\u00fc"])
def test_what_is_no_token_is_left_out(connect: Any, token: Any) -> None:
    with connect(scripted.json({"used_tokens": {"order_token": [{"token": token}]}})) as (session, _service):
        assert session.client.show_tokens() == {"unused": {}, "used": {}}


def test_the_audit_is_shown_by_digests(connect: Any) -> None:
    record = a_record(Timestamp="2026-01-14 10:00:00")
    with connect(scripted.json({"success": "PointsAudit", "record": [record, {**record, "OrderToken": ""}]})) as (
        session,
        _service,
    ):
        tied, untied = session.client.points_audit()

    assert tied == Adjustment(
        time="2026-01-14T10:00:00Z",
        points=42.0,
        total=420.0,
        description="Order cancelled ********",
        reseller_order_id="STR_1001_1",
        order_digest=digest(),
    )
    assert tied.shown()["order_ref"] == ref()
    assert (untied.order_digest, untied.shown()["order_ref"]) == ("", "")


@pytest.mark.parametrize("record", [[a_record()], a_record(), {"record": a_record()}, {"record": [a_record()]}])
def test_the_audit_is_read_in_every_shape(connect: Any, record: Any) -> None:
    with connect(scripted.json({"record": record})) as (session, _service):
        (one,) = session.client.points_audit()

    assert one.order_digest == digest()


@pytest.mark.parametrize("record", ["", None, [], {}, 7])
def test_an_audit_may_be_empty(connect: Any, record: Any) -> None:
    with connect(scripted.json({"record": record})) as (session, _service):
        assert session.client.points_audit() == []


@pytest.mark.parametrize("spelled", [TOKEN, QUOTED_TOKEN])
@pytest.mark.parametrize("field", ["Description", "OrderReference"])
def test_a_token_in_its_own_record_is_not_shown(connect: Any, field: str, spelled: str) -> None:
    record: dict[str, Any] = {**a_record(Description=""), field: f"x {spelled} y"}
    with connect(scripted.json({"record": record})) as (session, _service):
        (one,) = session.client.points_audit()

    assert leaks(json.dumps(one.shown())) == []


def test_an_adjustment_of_no_number_is_none(connect: Any) -> None:
    record = a_record(PointsAdjustment="?", NewPointsTotal=None, Description=None, OrderReference=None, Timestamp=None)
    with connect(scripted.json({"record": record})) as (session, _service):
        (one,) = session.client.points_audit()

    assert one == Adjustment("", 0.0, None, "", "", digest())


# -- tokens, digests, times --------------------------------------------------------------------------------------------


def test_a_token_is_redacted_from_when_it_is_used_in_both_spellings() -> None:
    secrets: list[str] = []
    tokens = Tokens(secrets)

    assert tokens.add(f" {TOKEN}\n") == digest()
    assert [tokens.of(digest()), tokens.of(digest())] == [TOKEN, TOKEN]
    assert sorted(secrets) == sorted([TOKEN, QUOTED_TOKEN])
    assert (digest() in tokens, digest(NEW) in tokens, 7 in tokens) == (True, False, False)
    assert leaks(repr(tokens)) == []


@pytest.mark.parametrize("token", ["", " ", "a b", "\u00fc", "a\x00", "x" * 201])
def test_an_invalid_token_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(OptionError) as raised:
        Tokens([]).add(token)

    assert not token.strip() or token not in str(raised.value)


def test_a_token_of_any_characters_that_a_token_has_is_one() -> None:
    printable = "".join(map(chr, range(0x21, 0x7F)))
    secrets: list[str] = []
    tokens = Tokens(secrets)

    assert tokens.of(tokens.add(printable)) == printable
    assert quote(printable, safe="") in secrets


def test_a_digest_is_one_in_full() -> None:
    assert digest_of(f" {digest().upper()}\n") == digest()
    assert order_ref(digest()) == digest()[:8] == ref()
    for text in ("", digest()[:63], digest() + "0", "g" * 64, "\u0660" * 64):
        with pytest.raises(OptionError):
            digest_of(text)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-15 08:30:00", AT),
        ("2026-01-15T08:30:00", AT),
        ("2026-01-15T08:30:00Z", AT),
        ("2026-01-15T08:30:00z", AT),
        (" 2026-01-15T09:30:00+01:00 ", AT),
        ("2026-01-15", AT.replace(hour=0, minute=0)),
        (AT, AT),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("0000-00-00 00:00:00", None),
        ("Z", None),
        ("15/01/2026", None),
        ("", None),
        (None, None),
        (7, None),
        ([], None),
        ({}, None),
    ],
)
def test_a_time_without_a_zone_is_in_utc(text: Any, time: datetime | None) -> None:
    parsed = moment(text)

    assert parsed == time
    assert parsed is None or parsed.tzinfo is timezone.utc


@given(st.text() | TIMES)
def test_any_text_is_a_time_or_none(text: str) -> None:
    time = moment(text)

    assert time is None or moment(utc_text(time)) == time.replace(microsecond=0)


def test_no_time_is_shown_as_none() -> None:
    assert (utc_text(None), utc_text(AT)) == ("", "2026-01-15T08:30:00Z")


# -- messages ----------------------------------------------------------------------------------------------------------


class Announced:
    """A transport that keeps what a call announces ("read order 7"), and gives one answer to all of them."""

    def __init__(self, answer: Any, api_key: str = KEY) -> None:
        self.what = ""
        self.connection = Connection("https://api2.servertastic.com/v2", api_key)
        self._answer = answer

    def read(self, what: str, *_path: Any, **_options: Any) -> Any:
        self.what = what
        return self._answer

    write = read

    def clean(self, text: str) -> str:
        return text


def test_messages() -> None:
    def cancel(api: Servertastic) -> str:
        return api.cancel(digest(), fresh_until=0.0, budget=http_retry.RateLimitBudget(0))

    def messages_of(call: Callable[[Servertastic], Any], answer: Any, api_key: str = KEY) -> tuple[str, str]:
        """What the call announces, and the message of its error."""
        transport: Any = Announced(answer, api_key)
        tokens = Tokens([])
        tokens.add(TOKEN)
        try:
            call(Servertastic(transport, tokens))
        except (ApiError, OptionError) as error:
            return transport.what, str(error)
        return transport.what, ""

    calls: dict[str, Callable[[Servertastic], Any]] = {
        "read an order": lambda api: api.review(digest()),
        "cancel": cancel,
        "list modified orders": lambda api: api.modified_orders(SINCE),
        "list expiring orders": lambda api: api.expiring_orders(60),
        "list order tokens": lambda api: api.show_tokens(),
        "read the account": lambda api: api.account(),
        "read the points audit": lambda api: api.points_audit(),
    }
    refused: dict[int, Any] = {code: {"error": {"code": code, "message": "No."}} for code in (400, 401, 404, 500)}
    with pytest.raises(OptionError) as token:
        Tokens([]).add("two words")
    with pytest.raises(OptionError) as short:
        digest_of(digest()[:8])
    check_messages(
        "servertastic client",
        {
            **{f"action, {name}": messages_of(call, {"success": "OK"})[0] for name, call in calls.items()},
            "cancel, no success": messages_of(cancel, {"odd": 1})[1],
            **{f"cancel, error {code} under HTTP 200": messages_of(cancel, body)[1] for code, body in refused.items()},
            "cancel, error without details": messages_of(cancel, {"error": None})[1],
            "no key": messages_of(calls["read the account"], {}, "")[1],
            "order token invalid": str(token.value),
            "order digest invalid": str(short.value),
        },
    )
