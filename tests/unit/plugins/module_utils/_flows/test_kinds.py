# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each kind of plan reads, and in which sequence; what it decides is tested with the planners."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._flows import kinds
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._flows.book import (
    DIGEST,
    NAME,
    Book,
    opened,
    order,
)

NOW = datetime.now(timezone.utc)
WHO = "GET /user/me"
LIST = "GET /order/certificate?"


def tls(order_id: int, status: str = "pending", **facts: Any) -> dict[str, Any]:
    more: dict[str, Any] = {
        "product": {"name_id": "ssl_plus", "type": "ssl_certificate"},
        "organization": {"id": 1, "name": "Example"},
        "date_created": (NOW - timedelta(days=200)).strftime("%Y-%m-%dT%H:%M:%S+00:00"),
    }
    page = order(order_id, status, **{**more, **facts})
    page["certificate"]["dns_names"] = [NAME]
    if status == "pending":
        for fact in ("id", "serial_number", "valid_till"):
            del page["certificate"][fact]
    return page


def plan(service: Book, kind: str, *, writes: bool = False, tokens: Any = (), **request: Any) -> kinds.Planned:
    with opened(service, tokens=tokens) as services:
        return kinds.plan(kind, request, services, NOW, writes=writes)


def actions(planned: kinds.Planned) -> dict[str, str]:
    return {one["order"]: one["action"] for one in planned.entries}


def reads(service: Book) -> list[str]:
    """Return the requests in sequence, lists without their filters."""
    assert service.writes == []
    return [LIST if line.startswith(LIST) else line.partition("?")[0] for line in service.sent]


@pytest.mark.parametrize(
    ("kind", "request_"),
    [
        ("decommission_domain", {"names": [NAME]}),
        ("cancel_stale_orders", {"older_than_days": 30}),
    ],
)
def test_a_pending_order_is_found_and_its_own_page_read(
    book: Callable[..., Book], kind: str, request_: dict[str, Any]
) -> None:
    service = book(tls(1))

    planned = plan(service, kind, **request_)

    assert actions(planned) == {"1": "cancel"}
    assert planned.account == {"account_id": 4711, "api_host": service.url.split("/")[2]}
    assert reads(service)[0] == WHO
    assert reads(service)[-1] == "GET /order/certificate/1"
    assert reads(service)[1:-1] == [LIST] * (len(service.sent) - 2)


def test_a_revocation_reads_the_certificates_and_probes_only_where_that_is_wanted(book: Callable[..., Book]) -> None:
    service = book(tls(1, "issued"))
    request = {"names": [NAME], "on_issued": "revoke", "probe": False, "waiver": "a test"}

    planned = plan(service, "decommission_domain", **request)

    assert actions(planned) == {"1": "revoke"}
    after = reads(service)[reads(service).index("GET /order/certificate/1") :]
    assert after == [
        "GET /order/certificate/1",
        "GET /order/certificate/1/reissue",
        "GET /order/certificate/1/duplicate",
    ]


def test_names_below_are_checked_against_the_domains_of_the_account_first(book: Callable[..., Book]) -> None:
    service = book(tls(1))
    with pytest.raises(ValueError, match=r"example\.com"):
        plan(service, "decommission_domain", names=["example.com"], include_subdomains=True)
    assert reads(service) == [WHO, "GET /domain"]


@pytest.mark.parametrize(
    ("tokens", "request_", "sent"),
    [
        (["sim-t0ken"], {}, ["GET /order/review.json"]),
        ([], {"servertastic_account": True}, ["GET /order/showtokens.json", "GET /order/review.json"]),
        ([], {}, []),
    ],
)
def test_orders_of_servertastic_are_those_of_the_task_or_of_the_account(
    book: Callable[..., Book], tokens: Any, request_: dict[str, Any], sent: list[str]
) -> None:
    service = book()
    planned = plan(service, "decommission_domain", tokens=tokens, names=[NAME], certcentral=False, **request_)
    assert reads(service) == sent
    assert actions(planned) == ({DIGEST: "cancel"} if sent else {})
    assert (planned.account, list(planned.names), planned.orders) == ({}, [NAME], [])


def test_marks_read_the_account_with_its_origin(book: Callable[..., Book]) -> None:
    later = {"certificate": {"common_name": NAME, "valid_till": str((NOW + timedelta(days=300)).date())}}
    service = book(tls(1, "issued"), tls(2, "issued", **later), migrated=[1])
    planned = plan(service, "mark_renewed_orders")
    assert reads(service)[0] == WHO
    assert any("filters[origin]" in line for line in service.sent)
    assert [order.id for order in planned.orders] == [1, 2]


RETAIL = {"organization": {"id": 2, "name": "Retail"}}


@pytest.mark.parametrize(
    ("kind", "request_", "found"),
    [
        ("decommission_domain", {"names": [NAME]}, {"1": "cancel", "2": "leave"}),
        ("cancel_stale_orders", {}, {"1": "cancel"}),
    ],
)
def test_a_scope_changes_no_other_order_and_does_not_read_its_page(
    book: Callable[..., Book], kind: str, request_: dict[str, Any], found: dict[str, str]
) -> None:
    service = book(tls(1), tls(2, **RETAIL))

    planned = plan(service, kind, organizations=["example", "Reatil"], **request_)

    assert actions(planned) == found
    assert "GET /order/certificate/2" not in reads(service)
    noted = [note for note in planned.notes if f"{kind}_organizations" in note]
    assert any("reatil" in note for note in noted)
    assert len(noted) == (1 if "2" in found else 2)


def test_a_scope_of_marks_still_finds_successors_of_other_containers(book: Callable[..., Book]) -> None:
    def dated(days: int) -> dict[str, Any]:
        return {"certificate": {"common_name": NAME, "valid_till": str((NOW + timedelta(days=days)).date())}}

    emea, apac = {"container": {"id": 3, "name": "EMEA"}}, {"container": {"id": 4, "name": "APAC"}}
    orders = [
        tls(1, "issued", **dated(20), **emea),
        tls(2, "issued", **dated(20), **apac),
        tls(3, "issued", **dated(300), **apac),
    ]

    planned = plan(book(*orders, migrated=[1, 2]), "mark_renewed_orders", containers=["emea"])

    assert actions(planned) == {"1": "mark_renewed"}
    assert planned.entries[0]["state"]["successor"] == 3
    assert ["mark_renewed_orders_containers" in note for note in planned.notes] == [True]


@pytest.mark.parametrize(
    ("kind", "request_", "option"),
    [
        ("decommission_domain", {"names": []}, "names"),
        ("decommission_domain", {"names": NAME}, "names"),
        ("decommission_domain", {"names": ["no name"]}, "names"),
        ("decommission_domain", {"names": [NAME], "on_issued": "burn"}, "on_issued"),
        ("decommission_domain", {"names": [NAME], "probe": "false"}, "probe"),
        ("decommission_domain", {"names": [NAME], "nmaes": []}, "nmaes"),
        ("cancel_stale_orders", {"older_than_days": "90"}, "older_than_days"),
        ("cancel_stale_orders", {"older_than_days": 0}, "older_than_days"),
        ("cancel_stale_orders", {"older_than_days": None}, "older_than_days"),
        ("cancel_stale_orders", {"include": "www.*"}, "include"),
        ("cancel_stale_orders", {"exclude": None}, "exclude"),
        ("cancel_stale_orders", {"statuses": []}, "statuses"),
        ("cancel_stale_orders", {"exlude": ["www.*"]}, "exlude"),
        ("cancel_stale_orders", {"organizations": "Retail"}, "organizations"),
        ("decommission_domain", {"names": [NAME], "containers": [""]}, "containers"),
        ("mark_renewed_orders", {"containers": ["0"]}, "containers"),
    ],
)
def test_a_request_that_is_not_valid_is_refused_before_anything_is_read(
    book: Callable[..., Book], kind: str, request_: dict[str, Any], option: str
) -> None:
    service = book(tls(1))
    with pytest.raises(ValueError, match=f"{kind}_{option}"):
        plan(service, kind, **request_)
    assert service.sent == []


def test_no_report_of_marks_is_refused(book: Callable[..., Book]) -> None:
    with pytest.raises((ValueError, OptionError)):
        plan(book(), "mark_renewed_orders_undo")


@pytest.mark.parametrize("writes", [True, False])
def test_a_key_that_may_only_read_can_plan_and_is_refused_where_the_plan_will_be_applied(
    book: Callable[..., Book], writes: bool
) -> None:
    service = book(tls(1))
    with opened(service, environ={"DIGICERT_READ_ONLY": "1"}) as services:
        if not writes:
            assert kinds.plan("cancel_stale_orders", {}, services, NOW, writes=False).entries
            return
        with pytest.raises(ApiError) as error:
            kinds.plan("cancel_stale_orders", {}, services, NOW, writes=True)
    assert error.value.code == "read_only"
    assert service.sent == [WHO]


def test_a_key_of_some_containers_is_announced(book: Callable[..., Book]) -> None:
    service = book(tls(1))
    service.user.update(has_container_assignments=True, container_visibility=[{"id": 2}, {"id": 3}])
    (message,) = plan(service, "cancel_stale_orders", older_than_days=30).messages
    assert "2, 3" in message


def test_a_read_that_fails_is_an_error(book: Callable[..., Book]) -> None:
    service = book(tls(1))
    service.refuses = (LIST,)
    with pytest.raises(ApiError):
        plan(service, "cancel_stale_orders")


def test_a_scope_of_undone_marks_that_is_not_valid_is_refused_by_the_variable_of_its_role(
    book: Callable[..., Book],
) -> None:
    service = book(tls(1))
    with pytest.raises(ValueError, match="mark_renewed_orders_organizations"):
        plan(service, "mark_renewed_orders_undo", organizations="Retail")
    assert service.sent == []
