# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of a flow: their options, and reads that fail without a failure of the flow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.options import CERTCENTRAL_OPTIONS, OptionError
from ansible_collections.certops.orders.plugins.module_utils._common.providers import CERTCENTRAL, SERVERTASTIC
from ansible_collections.certops.orders.plugins.module_utils._flows import services as services_module
from ansible_collections.certops.orders.plugins.module_utils._flows.services import (
    PAGE_FRESH_FOR,
    Services,
    connection_options,
    open_services,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._flows.book import (
    DIGEST,
    TOKEN,
    Book,
    connections,
    opened,
    order,
)

OPTION = "certcentral_connection"


@pytest.mark.parametrize("given", [None, {}, {"region": None}, {"retries": None, "timeout": None}])
def test_an_option_that_is_not_set_has_its_default(given: Any) -> None:
    found = connection_options({OPTION: given}, CERTCENTRAL)
    assert found == {name: option.get("default") for name, option in CERTCENTRAL_OPTIONS.items()}
    assert connection_options({}, CERTCENTRAL) == found


def test_an_option_that_is_set_counts_even_where_it_is_empty_or_false() -> None:
    given = {"validate_certs": False, "retries": 0, "api_key": ""}
    found = connection_options({OPTION: given}, CERTCENTRAL)
    assert {name: found[name] for name in given} == given


@pytest.mark.parametrize(("provider", "name"), [(CERTCENTRAL, "api_kye"), (SERVERTASTIC, "region"), (CERTCENTRAL, "x")])
def test_an_unknown_option_is_refused_by_its_name(provider: str, name: str) -> None:
    option = f"{provider}_connection"
    with pytest.raises(OptionError, match=rf"{option}\.{name}"):
        connection_options({option: {name: "1", "timeout": 5}}, provider)


@pytest.mark.parametrize(("certcentral", "servertastic"), [(True, True), (True, False), (False, True), (False, False)])
def test_only_what_a_flow_uses_is_opened_and_nothing_is_sent(
    book: Callable[..., Book], certcentral: bool, servertastic: bool
) -> None:
    service = book()
    params = {**connections(service), "servertastic_tokens": [TOKEN]}
    uses = {CERTCENTRAL: certcentral, SERVERTASTIC: servertastic}
    providers = [provider for provider, is_used in uses.items() if is_used]
    with open_services(params, Context(), providers, writes=True) as services:
        assert (services.certcentral is not None, services.servertastic is not None) == (certcentral, servertastic)
        assert services.digests == ({DIGEST} if servertastic else set())
        for is_open, client in ((certcentral, services.digicert), (servertastic, services.reseller)):
            if not is_open:
                with pytest.raises(OptionError, match="connection"):
                    client()
    assert service.journal == []


def test_orders_are_read_as_rows_and_one_that_does_not_exist_has_none(book: Callable[..., Book]) -> None:
    with opened(book(order(1), order(2))) as services:
        assert [row["order_id"] for row in services.orders([2, 1, 9])] == [2, 1]
        assert [row["order_id"] for row in services.pages([1])] == [1]
        assert services.orders([]) == []
        assert services.messages == []


def test_a_read_that_fails_has_no_row_and_its_reason(book: Callable[..., Book]) -> None:
    service = book(order(1))
    service.refuses = ("GET ",)
    with opened(service) as services:
        assert services.orders([1]) == []
        assert services.reviews([DIGEST]) == []
        assert len(services.messages) == 2


@contextmanager
def after_a_plan(service: Book, *order_ids: int, keeps_pages: bool = True) -> Iterator[Services]:
    """The services after a plan has read pages of orders."""
    with opened(service) as services:
        services.keeps_pages = keeps_pages
        services.read_orders(order_ids, details=True)
        services.keeps_pages = False
        service.journal.clear()
        yield services


def test_pages_that_a_plan_has_just_read_are_not_read_again_before_an_end(book: Callable[..., Book]) -> None:
    service = book(order(1), order(2))
    with after_a_plan(service, 1, 2) as services:
        assert {row["order_id"] for row in services.recent_pages([2, 1])} == {1, 2}
        assert service.sent == []
        # A page counts once, and what is read to verify a change is read in any case.
        for read in (services.recent_pages, services.pages):
            assert len(read([1])) == 1
        assert service.sent == ["GET /order/certificate/1"] * 2


@pytest.mark.parametrize("asked", [[1, 2], [1, 9]])
def test_where_one_page_is_not_known_all_are_read(book: Callable[..., Book], asked: list[int]) -> None:
    service = book(order(1), order(2))
    with after_a_plan(service, 1) as services:
        # A row of the list is no page.
        services.read_orders([2])
        service.journal.clear()
        assert [row["order_id"] for row in services.recent_pages(asked)] == [one for one in asked if one != 9]
        assert sorted(service.sent) == [f"GET /order/certificate/{one}" for one in asked]


def test_pages_of_a_plan_that_nobody_approved_do_not_count(book: Callable[..., Book]) -> None:
    service = book(order(1))
    with after_a_plan(service, 1, keeps_pages=False) as services:
        assert len(services.recent_pages([1])) == 1
        assert service.sent == ["GET /order/certificate/1"]


@pytest.mark.parametrize(("age", "is_read"), [(PAGE_FRESH_FOR, False), (PAGE_FRESH_FOR + 0.1, True)])
def test_a_page_that_is_older_is_read_again_before_an_end(
    book: Callable[..., Book], monkeypatch: pytest.MonkeyPatch, age: float, is_read: bool
) -> None:
    service, clock = book(order(1)), [5.0]
    monkeypatch.setattr(services_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with after_a_plan(service, 1) as services:
        clock[0] += age
        assert len(services.recent_pages([1])) == 1
        assert service.sent == (["GET /order/certificate/1"] if is_read else [])


@pytest.mark.parametrize("tokens", [[TOKEN], []])
def test_reviews_are_found_by_tokens_of_the_task_or_of_the_account(book: Callable[..., Book], tokens: Any) -> None:
    service = book()
    with opened(service, tokens=tokens) as services:
        (row,) = services.reviews([DIGEST])
        assert (row["order_digest"], row["order_status"]) == (DIGEST, "Queued")
        assert services.reviews([]) == []
        assert services.cost()["requests"] == len(service.journal)
    assert any("showtokens" in line for line in service.sent) is not bool(tokens)


def test_the_cost_is_that_of_both(book: Callable[..., Book]) -> None:
    with opened(book(order(1))) as services:
        services.orders([1])
        services.reviews([DIGEST])
        assert services.cost() == {"requests": 2, "retries": 0, "waited": 0.0}
