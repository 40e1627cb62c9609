# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that reach too far are refused, and patterns that protect nothing are reported."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import Domain, Order, read_domain
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission import check_reach, notes
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission_request import (
    Decommission,
    parse_request,
)
from ansible_collections.certops.orders.plugins.module_utils._servertastic.models import Review
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import check_messages


def make_criteria(*names: str, **more: Any) -> Decommission:
    return parse_request({"names": list(names or ["shop.example.com"]), **more})


def domains(*names: str) -> list[Domain]:
    found = [read_domain({"id": number, "name": name}) for number, name in enumerate(names, 1)]
    return [domain for domain in found if domain]


@each(
    ("names", "outside"),
    [
        (("co.uk",), "co.uk"),
        (("example.com", "com.example.com"), ""),
        (("a.b.example.com", "*.shop.example.com"), ""),
        (("notexample.com",), "notexample.com"),
        (("shop.example.org", "shop.example.com", "*.example.net"), "\\*.example.net, shop.example.org"),
        (("b\u00fccher.example",), ""),
    ],
)
def test_subdomains_are_decommissioned_only_below_a_domain_of_the_account(names: tuple[str, ...], outside: str) -> None:
    ours = domains("Example.COM", "other.co.uk", "xn--bcher-kva.example", "")

    # Without that nothing but the names themselves is reached.
    check_reach(ours, make_criteria(*names))
    if not outside:
        check_reach(ours, make_criteria(*names, include_subdomains=True))
        return
    with pytest.raises(ValueError, match=outside):
        check_reach(ours, make_criteria(*names, include_subdomains=True))


def test_an_account_without_domains_allows_no_subdomains() -> None:
    with pytest.raises(ValueError, match="decommission_domain_certcentral"):
        check_reach([], make_criteria(include_subdomains=True))


def test_of_many_names_outside_of_the_account_the_first_are_named() -> None:
    names = [f"n{number:02}.example.org" for number in range(21)]
    with pytest.raises(ValueError, match=r"n19\.example\.org") as refusal:
        check_reach([], make_criteria(*names, include_subdomains=True))
    assert "n20.example.org" not in str(refusal.value)


@each(
    ("pattern", "name", "protected"),
    [
        ("*.pay.example.com", "pay.example.com", True),
        ("*.pay.example.com", "www.pay.example.com", True),
        ("*.pay.example.com", "*.example.com", True),
        ("*.pay.example.com", "xpay.example.com", False),
        ("*.pay.example.com", "example.com", False),
        ("*pay.example.com", "pay.example.com", True),
        ("www.*.example.com", "a.example.com", False),
        ("op.example.com", "shop.example.com", False),
        ("????", "shop.example.com", False),
    ],
)
def test_a_pattern_of_all_below_a_name_protects_the_name(pattern: str, name: str, protected: bool) -> None:
    for option in ("protected", "kept_names"):
        assert make_criteria(**{option: [pattern]}).protector(name) == (pattern if protected else "")


def test_patterns_that_match_no_name_of_the_account_are_one_note() -> None:
    orders = [
        Order(1, "issued", common_name="www.example.com", dns_names=("www.example.com", "*.shop.example.com")),
        Order(2, "issued", common_name="MAIL.example.com"),
    ]
    reviews = [Review("ab" * 32, "Completed", domain_name="at.example.net")]
    found = ["www.*", "pay.shop.example.com", "mail.example.com", "*.at.example.net"]
    criteria = make_criteria(
        protected=[*found, "*.pya.example.com", "nowhere.example.com"], kept_names=["gone.example.com"]
    )

    (note,) = notes(orders, reviews, criteria)

    assert "*.pya.example.com, nowhere.example.com" in note
    assert not [pattern for pattern in found if pattern in note]
    assert notes(orders, reviews, make_criteria(protected=found)) == []
    # What the role adds is not what the user may have misspelled, and hides nothing of it.
    assert len(notes(orders, reviews, make_criteria(protected=["nowhere.example.com"], kept_names=["*"]))) == 1
    assert notes([], [], make_criteria()) == []


def test_messages() -> None:
    with pytest.raises(ValueError, match=" ") as outside:
        check_reach(domains("example.com"), make_criteria("co.uk", "shop.example.org", include_subdomains=True))
    messages = {
        "subdomains of a name outside the account": str(outside.value),
        "protected patterns without a match": notes([], [], make_criteria(protected=["pay.example.com", "*.test"]))[0],
    }
    check_messages("decommission checks", messages)
