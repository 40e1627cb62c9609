# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes as a run writes them, step by step, as HTTP conversations."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import CertCentral
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    CERTIFICATES,
    Certificate,
    Domain,
    Order,
    Request,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.readers import (
    Annotated,
    NamedDomains,
    RenewalSettings,
    RequestsToDecide,
    Revocable,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.writers import (
    DomainWriter,
    NoteWriter,
    RenewalWriter,
    RequestWriter,
    RevocationWriter,
    auto_renew_warning,
    comment_lost,
    with_auto_renew_warning,
)
from ansible_collections.certops.orders.plugins.module_utils._common.errors import Refused
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import CHANGED, PENDING_APPROVAL, Decision
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import Conversation, sending

ORDER = Order(123, "issued", certificate_id=5, serial_number="0A", seen=frozenset([CERTIFICATES]))
BODY = {"comments": "retired", "revocation_reason": "superseded", "skip_approval": False}
FILED = {"id": 55, "type": "revoke", "status": "pending"}


def revoking(client: CertCentral, skip_approval: bool = False) -> RevocationWriter:
    return RevocationWriter(client, reason="superseded", comments="retired", skip_approval=skip_approval)


def decided(*steps: str) -> Decision:
    return Decision(CHANGED, after={"x": 1}, steps=steps, ends=PENDING_APPROVAL)


# -- revoking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("certificate", "path"),
    [
        (None, "order/certificate/123/revoke"),
        (Certificate(6, "0B", "issued", "", ()), "certificate/6/revoke"),
        (Certificate(None, "0B", "issued", "", ()), "certificate/0B/revoke"),
    ],
)
def test_what_is_revoked(
    certificate: Certificate | None, path: str, service: Conversation, client: CertCentral
) -> None:
    subject = Revocable(ORDER, certificate and 6, certificate)
    service.put(path, BODY, 201, FILED)
    result = revoking(client)(subject, decided("revoke"), **sending())

    assert result is not None
    assert (result.ends, result.steps) == (PENDING_APPROVAL, ("revoke",))
    assert "request 55" in result.reason
    assert result.after == {"revocation_requested": True}


@pytest.mark.parametrize(
    ("skip_approval", "status", "answer"),
    [(True, 204, None), (False, 204, None), (False, 201, {**FILED, "status": "approved"})],
)
def test_a_revocation_that_took_place_at_once(
    skip_approval: bool, status: int, answer: Any, service: Conversation, client: CertCentral
) -> None:
    service.put("order/certificate/123/revoke", {**BODY, "skip_approval": skip_approval}, status, answer)
    result = revoking(client, skip_approval)(Revocable(ORDER), decided("revoke"), **sending())

    assert result is not None
    assert (result.ends, result.after["status"], result.after["revocation_requested"]) == (CHANGED, "revoked", False)


@pytest.mark.parametrize("status", ["rejected", "on_hold"])
def test_a_request_that_neither_waits_nor_was_approved_is_a_refusal(
    status: str, service: Conversation, client: CertCentral
) -> None:
    service.put("order/certificate/123/revoke", BODY, 201, {**FILED, "status": status})
    with pytest.raises(Refused) as caught:
        revoking(client)(Revocable(ORDER), decided("revoke"), **sending())
    assert (caught.value.http_status, caught.value.code) == (201, status)


def test_a_reissue_is_dropped_by_the_status_of_its_order_without_a_result(
    service: Conversation, client: CertCentral
) -> None:
    service.put("order/certificate/123/status", {"status": "canceled", "note": "retired"})
    assert revoking(client)(Revocable(ORDER), decided("drop_reissue"), **sending()) is None


@pytest.mark.parametrize("certificate", [None, Certificate(6, "0B", "issued", "", ())])
def test_a_refusal_names_what_was_to_be_revoked(
    certificate: Certificate | None, service: Conversation, client: CertCentral
) -> None:
    path, words = (
        ("certificate/6", "certificate 6 of order 123") if certificate else ("order/certificate/123", "order 123")
    )
    service.put(f"{path}/revoke", BODY, 400)
    with pytest.raises(Refused, match=f"revoke {words} "):
        revoking(client)(Revocable(ORDER, certificate and 6, certificate), decided("revoke"), **sending())


# -- renewal settings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "value", "path", "body"),
    [
        ("renewal_emails", False, "renewal-emails/off", None),
        ("renewal_emails", True, "renewal-emails/on", None),
        ("auto_reissue", False, "auto-reissue", {"auto_reissue": 0}),
        ("custom_renewal_message", "x", "custom-renewal-message", {"custom_renewal_message": "x"}),
    ],
)
def test_a_renewal_setting_is_one_call(
    step: str, value: Any, path: str, body: Any, service: Conversation, client: CertCentral
) -> None:
    after = {"renewal_emails": 1, "auto_reissue": 1, "custom_renewal_message": "y", step: value}
    service.put(f"order/certificate/123/{path}", body)
    RenewalWriter(client)(RenewalSettings(ORDER), Decision(CHANGED, after=after, steps=(step,)), **sending())


def test_orders_that_live_on_are_named_in_a_warning() -> None:
    (warning,) = with_auto_renew_warning({"orders": []}, {4, 1})["warnings"]
    assert re.findall(r"\d+", warning) == ["1", "4"]
    assert with_auto_renew_warning({"warnings": ["first"]}, {1})["warnings"][0] == "first"


def test_where_none_is_still_valid_the_result_is_left_as_it_is() -> None:
    result = {"orders": [{"order_id": 1}]}
    assert with_auto_renew_warning(result, set()) is result


# -- requests, domains, notes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("comment", [None, "fine"])
def test_a_request_is_settled(comment: str | None, service: Conversation, client: CertCentral) -> None:
    waits, done = Request(55, "revoke", "pending"), Request(56, "reissue", "approved")
    service.put("request/55/status", {"status": "rejected", **({"processor_comment": comment} if comment else {})})
    RequestWriter(client, "rejected", comment)(RequestsToDecide(123, (waits, done)), Decision(CHANGED), **sending())


def test_without_a_request_nothing_is_sent(client: CertCentral) -> None:
    RequestWriter(client, "rejected", None)(RequestsToDecide(123, ()), Decision(CHANGED), **sending())


@pytest.mark.parametrize(("active", "verb"), [(True, "activate"), (False, "deactivate")])
def test_a_domain_is_switched(active: bool, verb: str, service: Conversation, client: CertCentral) -> None:
    service.put(f"domain/4/{verb}", None)
    subject = NamedDomains((Domain(4, "example.com", not active),))
    DomainWriter(client, active)(subject, Decision(CHANGED), **sending())


def test_a_note_is_added(service: Conversation, client: CertCentral) -> None:
    service.post("order/certificate/123/note", {"text": "retired"}, 201, {"id": 1})
    NoteWriter(client, "retired")(Annotated(123, has_note=False), Decision(CHANGED), **sending())


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages(service: Conversation, client: CertCentral) -> None:
    service.put("order/certificate/123/revoke", BODY, 201, {**FILED, "status": "rejected"})
    with pytest.raises(Refused) as rejected:
        revoking(client)(Revocable(ORDER), decided("revoke"), **sending())

    check_messages(
        "certcentral writers",
        {
            "revoke, request rejected": rejected.value.message,
            "revoke, comment lost": comment_lost({}, [(123, 55), (7, 56)])["warnings"][0],
            "auto-renew on": auto_renew_warning([4, 1]),
            "auto-renew on, one order": auto_renew_warning([7]),
        },
    )
