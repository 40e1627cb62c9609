# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin by itself, as conversations with CertCentral; whole runs are among the integration tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants, template
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.doc_fragments import constructed, inventory_cache
from ansible.utils.display import Display
from jinja2 import Environment, TemplateSyntaxError, lexer, nodes

from ansible_collections.certops.orders.plugins.doc_fragments import _certcentral_inventory, _order_filters
from ansible_collections.certops.orders.plugins.inventory import digicert_orders as plugin
from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError, LibraryMissing, Stopped
from ansible_collections.certops.orders.plugins.module_utils._common.options import CERTCENTRAL_OPTIONS, ORDER_FILTERS
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    KEY,
    VIEW_ONLY,
    Call,
    Conversation,
    a_row,
    asks,
    in_days,
    json_answer,
)

NAME = plugin.InventoryModule.NAME
PAGE = "sort=order_id&limit=1000&offset=0"
VARIABLES = ("DIGICERT_API_KEY", "DIGICERT_API_URL", "DIGICERT_RATE_LIMIT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
Parse = Callable[..., InventoryData]


def options() -> dict[str, Any]:
    """All options of the plugin, its fragments' included, which Ansible's loader would put together."""
    documented: dict[str, Any] = dict(yaml.safe_load(plugin.DOCUMENTATION)["options"])
    for fragment in (_certcentral_inventory, _order_filters, constructed, inventory_cache):
        documented.update(yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"])
    return documented


def listing(*orders: Any, query: str = PAGE, total: int | None = None) -> Call:
    found = {"orders": list(orders)} if orders else {}
    return asks(f"/order/certificate?{query}", {**found, "page": {"total": len(orders) if total is None else total}})


def an_order(number: int, *names: str, till: int | None = 30, **facts: Any) -> dict[str, Any]:
    certificate: dict[str, Any] = {"common_name": names[0], "dns_names": list(names)} if names else {}
    if till is not None:
        certificate["valid_till"] = in_days(till)
    return {**a_row(number), "certificate": certificate, **facts}


@pytest.fixture
def converse() -> Iterator[Callable[..., Conversation]]:
    """Start services that expect certain calls."""
    services: list[Conversation] = []

    def start(*calls: Call) -> Conversation:
        services.append(Conversation(*calls))
        return services[-1]

    yield start
    for service in services:
        service.close()
    for service in services:
        service.ends()


@pytest.fixture
def parse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parse:
    """Parse a source that asks a service, as Ansible's manager of inventories does."""
    constants.config.initialize_plugin_configuration_definitions("inventory", NAME, options())
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def run(service: Conversation | None = None, *, flush: bool = False, **config: Any) -> InventoryData:
        here = {"api_key": KEY, "api_url": service.url, "rate_limit": "none"} if service else {}
        source = tmp_path / "my.digicert_orders.yml"
        content = {"plugin": NAME, **here, **config}
        source.write_text(json.dumps({name: value for name, value in content.items() if value is not ...}))
        module = plugin.InventoryModule()
        module._load_name = NAME
        module._redirected_names = []
        inventory = InventoryData()
        assert module.verify_file(str(source))
        module.parse(inventory, DataLoader(), str(source), cache=not flush)
        if config.get("cache"):
            module.update_cache_if_changed()
        inventory.reconcile_inventory()
        return inventory

    return run


def variables_of(inventory: InventoryData) -> dict[str, Mapping[str, Any]]:
    """What each host was given, without what Ansible adds."""
    return {
        name: {key: value for key, value in host.vars.items() if not key.startswith("inventory_")}
        for name, host in inventory.hosts.items()
    }


# -- hosts -------------------------------------------------------------------------------------------------------------


def test_a_host_for_every_order(converse: Any, parse: Parse) -> None:
    rows = [an_order(1, "www.example.com", "Example.com"), an_order(2, status="pending", till=None)]
    hosts = variables_of(parse(converse(listing(*rows))))
    assert list(hosts) == ["order-1", "order-2"]
    assert hosts["order-1"]["digicert_domains"] == ["example.com", "www.example.com"]
    assert (hosts["order-1"]["digicert_days_remaining"], hosts["order-2"]["digicert_days_remaining"]) == (30, None)
    assert all(name.startswith("digicert_") for variables in hosts.values() for name in variables)


def test_orders_with_an_unreadable_expiry_cause_a_warning(
    converse: Any, parse: Parse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _self, text, *_more, **_options: warnings.append(text))
    odd = {**a_row(2), "certificate": {"common_name": "b.example.com", "valid_till": "soon"}}
    inventory = parse(converse(listing(an_order(1, "a.example.com"), odd)))
    assert variables_of(inventory)["order-2"]["digicert_valid_till"] == ""
    (warning,) = warnings
    assert "1 order" in warning
    assert ": 2;" in warning


def test_a_host_for_every_domain(converse: Any, parse: Parse) -> None:
    rows = [an_order(2, "www.example.com", "*.example.com", "b.example.com"), an_order(1, "www.example.com")]
    inventory = parse(converse(listing(*rows)), host_per="domain")
    hosts = variables_of(inventory)
    assert {name: variables["digicert_order_ids"] for name, variables in hosts.items()} == {
        "b.example.com": [2],
        "www.example.com": [2, 1],
    }
    assert [one["order_id"] for one in hosts["www.example.com"]["digicert_orders"]] == [2, 1]
    assert inventory.groups["all"].vars["digicert_skipped_names"] == 1


def test_a_name_in_unicode_is_one_host_with_the_same_in_punycode(converse: Any, parse: Parse) -> None:
    rows = [an_order(1, "MÜNCHEN.example.com"), an_order(2, "xn--mnchen-3ya.example.com"), an_order(3, "b.example.com")]
    for asked in ("münchen.example.com", "xn--mnchen-3ya.example.com"):
        inventory = parse(converse(listing(*rows)), host_per="domain", domain=asked)
        ids = {name: variables["digicert_order_ids"] for name, variables in variables_of(inventory).items()}
        assert ids == {"xn--mnchen-3ya.example.com": [1, 2]}
        assert inventory.groups["all"].vars["digicert_skipped_names"] == 0


@pytest.mark.parametrize(
    "name",
    [
        "www.example.com",
        "a.example",
        "1.example.com",
        "xn--mller-kva.example.com",
        "a-b.c-d.example",
        f"{'x' * 63}.example.com",
        ".".join(["x" * 61] * 4),
    ],
)
def test_what_is_a_strict_host_name(name: str) -> None:
    assert plugin._HOST.fullmatch(name)


@each(
    "name",
    [
        *("", "a", "a.b", "localhost", "all", "*.example.com", "127.0.0.1", "10.1", "::1", "[::1]", "fe80::1%eth0"),
        *("_dmarc.example.com", "-a.example.com", "a-.example.com", "a..example.com", ".example.com", "example.com."),
        *("a@example.com", "a b.example.com", "a.example.com:22", "a[1:3].example.com", "a,b.example.com"),
        *(
            "WWW.example.com",
            "m\u00fcller.example.com",
            "www.example.\u0663\u0663",
            "www.example.com\n",
            "\nwww.example.com",
        ),
        *("{{ x }}.example.com", "a/b.example.com", "$x.example.com", "www.example.com\x00", "www.example.com "),
        *(f"{'x' * 64}.example.com", ".".join(["x" * 62] * 4) + ".xx"),
    ],
)
def test_what_is_none(name: str) -> None:
    assert not plugin._HOST.fullmatch(name)


HOSTILE = "{{ lookup('pipe', 'exit 1') }}"


@pytest.mark.parametrize("host_per", ["order", "domain"])
def test_template_syntax_in_data_stays_text(converse: Any, parse: Parse, host_per: str) -> None:
    row = an_order(1, HOSTILE, "www.example.com", organization={"id": 7, "name": HOSTILE})
    fact = "digicert_" if host_per == "order" else "digicert_orders[0]."
    inventory = parse(
        converse(listing(row)),
        host_per=host_per,
        strict=True,
        compose={"owner": f"{fact}organization_name ~ '!'"},
        groups={"same": f"{fact}common_name == {fact}organization_name"},
        keyed_groups=[{"key": f"{fact}common_name", "prefix": "cn"}],
    )
    ((host, variables),) = variables_of(inventory).items()
    assert host == {"order": "order-1", "domain": "www.example.com"}[host_per]
    assert variables["owner"] == f"{HOSTILE}!"
    assert HOSTILE in repr(variables) or HOSTILE.replace("'", "\\'") in repr(variables)
    assert "same" in inventory.groups
    (group,) = [name for name in inventory.groups if name.startswith("cn")]
    assert group.replace("_", "").isalnum()


def test_an_expression_that_is_wrong_ends_a_strict_source(converse: Any, parse: Parse) -> None:
    wrong = {"compose": {"x": "digicert_nonsense + 1"}}
    hosts = variables_of(parse(converse(listing(an_order(1, "www.example.com"))), **wrong))
    assert "x" not in hosts["order-1"]
    with pytest.raises(AnsibleError, match="Could not set x"):
        parse(converse(listing(an_order(1, "www.example.com"))), strict=True, **wrong)


# -- which orders ------------------------------------------------------------------------------------------------------


def test_filters_are_those_of_order_info(converse: Any, parse: Parse) -> None:
    rows = [an_order(1, "a.example.com"), an_order(2, "b.example.com", till=90), an_order(3, "c.example.org")]
    service = converse(listing(*rows, query=f"filters[status]=issued&{PAGE}"))
    wanted = {"status": ["issued"], "domain": "example.com", "include_subdomains": True, "expires_within_days": 60}
    assert list(variables_of(parse(service, **wanted))) == ["order-1"]


def test_orders_may_be_read_whole(converse: Any, parse: Parse) -> None:
    page = json_answer({**an_order(1, "www.example.com"), "notes": [{"id": 1, "text": "Look here"}], "auto_renew": 1})
    service = converse(listing(an_order(1, "www.example.com")), asks("/order/certificate/1", answer=page))
    variables = variables_of(parse(service, details=True))["order-1"]
    assert (variables["digicert_notes"], variables["digicert_auto_renew"]) == (["Look here"], True)


@pytest.mark.parametrize("details", [False, True])
def test_more_orders_than_max_orders_are_refused_before_details_are_read(
    converse: Any, parse: Parse, details: bool
) -> None:
    rows = [an_order(number, "www.example.com", status="pending") for number in (1, 2, 3)]
    with pytest.raises(AnsibleParserError, match="max_orders"):
        parse(converse(listing(*rows)), max_orders=2, details=details)


def test_max_orders_counts_the_orders_that_match(converse: Any, parse: Parse) -> None:
    rows = [an_order(1, "a.example.com"), an_order(2, "b.example.com"), an_order(3, "c.example.org")]
    config = {"domain": "example.com", "include_subdomains": True}
    assert list(parse(converse(listing(*rows)), max_orders=2, **config).hosts) == ["order-1", "order-2"]
    with pytest.raises(AnsibleParserError, match="max_orders"):
        parse(converse(listing(*rows)), max_orders=1, **config)


def test_hosts_share_equal_texts_and_the_names_of_variables(converse: Any, parse: Parse) -> None:
    """An account with 30,000 orders needs much less memory that way."""
    hosts = parse(converse(listing(an_order(1, "a.example.com"), an_order(2, "b.example.com")))).hosts
    first, second = (hosts[name].vars for name in ("order-1", "order-2"))
    assert first["digicert_valid_till"] is second["digicert_valid_till"]
    assert first["digicert_common_name"] is first["digicert_domains"][0]
    names = [{id(name) for name in variables if name.startswith("digicert_")} for variables in (first, second)]
    assert names[0] == names[1]


@pytest.mark.parametrize("host_per", ["order", "domain"])
def test_a_shared_text_is_as_inert_as_any_other(converse: Any, parse: Parse, host_per: str) -> None:
    rows = [an_order(number, "www.example.com", organization={"id": 7, "name": HOSTILE}) for number in (1, 2)]
    inventory = parse(converse(listing(*rows)), host_per=host_per)
    if host_per == "order":
        names = [variables["digicert_organization_name"] for variables in variables_of(inventory).values()]
    else:
        (variables,) = variables_of(inventory).values()
        names = [order["organization_name"] for order in variables["digicert_orders"]]
    for name in names:
        assert name == HOSTILE
        assert is_inert(name)


def is_inert(text: str) -> bool:
    """Whether a text that looks like a template is marked: as unsafe, or from ansible-core 2.19 on as not trusted."""
    if hasattr(template, "is_trusted_as_template"):
        return not template.is_trusted_as_template(text)
    return bool(getattr(text, "__UNSAFE__", False))


# As AWX shows them: without a mark.
PLAIN = [
    *("Müller GmbH", "AT&T Inc.", "Yahoo! Inc.", "Société Générale, Paris", "株式会社例", "भारत लिमिटेड", "บริษัท ตัวอย่าง"),
    *("O\u2019Reilly Media", "Smith & Sons \u2013 EMEA", "u\u0308ber", "\uff21\uff22\uff08\u682a\uff09"),
    *("Still in use? Ask the owner; then cancel", "ada@example.com", "https://example.com/a", ""),
    *("www.example.com", "*.example.com", "2027-03-31T12:00:00+00:00"),
]
# With a mark, because an expression could use a character of them.
MARKED = [
    *("Example (UK) Ltd", "lookup (a)", "range(9)", "O'Reilly", 'The "Shop"', "a[0]", "a{0}", "{{ a }}", "{# a #}"),
    *("a|b", "a~b", "9**9", "a*.b", "100%", "a=b", "a<b", "#jinja2: x", "$HOME", "`a`", "a\\b", "a^b"),
    *("a\nb", "a\tb", "a\0b", "a\x7fb", "a\n"),
]


@each("text", PLAIN)
def test_a_text_of_letters_of_any_script_is_plain(text: str) -> None:
    assert plugin._inert(text) == text
    assert not is_inert(plugin._inert(text))


@each("text", MARKED)
def test_a_text_that_an_expression_could_use_is_marked(text: str) -> None:
    assert plugin._inert(text) == text
    assert is_inert(plugin._inert(text))


# Of each kind of character one. A normal form of Unicode makes operators, quotes and digits of some.
CHARACTERS = [
    "",
    *map(chr, range(ord("0"))),
    *"9:;<=>?@A[\\]^_`a{|}~",
    *"\x7f\x85\xa0²\u0663\u2028\u2018\uff02\uff08\uff09",
]
SHAPES = ("a{}e{}", "a{}9{}", "{}a{}", "a{}{}9", "a{} is {}e", "a not{}in{}e")
# Jinja's nodes of what can run code, make a value, or take long.
ACTIVE = (nodes.Call, nodes.Filter, nodes.Pow, nodes.Concat, nodes.Dict, nodes.List)


def test_a_plain_text_does_nothing_as_a_template_or_as_a_condition() -> None:
    """ansible-core before 2.19 evaluates a text that a task puts into a condition."""
    environment = Environment()

    def acts(text: str) -> bool:
        try:
            condition = environment.parse(f"{{% if {text} %}}{{% endif %}}")
        except TemplateSyntaxError:
            return False
        texts = (isinstance(constant.value, str) for constant in condition.find_all(nodes.Const))
        # a.9 is an index as well.
        keys = (not isinstance(index.arg, nodes.Const) for index in condition.find_all(nodes.Getitem))
        return len(condition.body) != 1 or any(condition.find_all(ACTIVE)) or any(texts) or any(keys)

    assert all(map(acts, ("a(9)", "a|e", "'a'", '"a"', "a[e]", "[a]", "{}", "a~e", "a**9")))
    plain = [one for one in CHARACTERS if plugin._HARMLESS.fullmatch(one)]
    assert len(plain) > 20
    assert [text for shape in SHAPES for one in plain for two in plain if acts(text := shape.format(one, two))] == []
    starts = (environment.block_start_string, environment.variable_start_string, environment.comment_start_string)
    assert not any(map(plugin._HARMLESS.fullmatch, starts))
    assert environment.line_statement_prefix is environment.line_comment_prefix is None
    # Characters outside ASCII are parts of names or spaces to Jinja, or errors.
    others = "".join(map(chr, range(0x80, 0x110000)))
    assert plugin._HARMLESS.fullmatch(others)
    assert not lexer.operator_re.search(others)
    assert not lexer.string_re.search(others)


def test_every_option_is_documented_and_no_other() -> None:
    own = {"plugin", "host_per", "details", "include_origin", "max_orders"}
    # execute_on is a task's.
    connection = set(CERTCENTRAL_OPTIONS)
    assert connection <= set(options())
    assert set(ORDER_FILTERS) <= set(options())
    shared = {
        name
        for fragment in (constructed, inventory_cache)
        for name in yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"]
    }
    assert set(options()) == own | connection | set(ORDER_FILTERS) | shared
    for name, spec in {**CERTCENTRAL_OPTIONS, **ORDER_FILTERS}.items():
        documented = options()[name]
        assert documented["type"] == spec.get("type", "str"), name
        assert documented.get("default") == spec.get("default"), name
        assert documented.get("choices") == spec.get("choices"), name


# -- the cache ---------------------------------------------------------------------------------------------------------


def cached(tmp_path: Path) -> dict[str, Any]:
    return {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}


def test_what_was_read_is_not_read_again(converse: Any, parse: Parse, tmp_path: Path) -> None:
    service = converse(listing(an_order(1, "www.example.com")), listing(an_order(2, "www.example.com")))
    first = variables_of(parse(service, **cached(tmp_path)))
    assert variables_of(parse(service, **cached(tmp_path))) == first
    (file,) = (tmp_path / "cache").iterdir()
    assert KEY not in file.read_text(encoding="utf-8") + file.name
    # Where Ansible has to flush it, it is read anew.
    assert list(variables_of(parse(service, flush=True, **cached(tmp_path)))) == ["order-2"]
    assert list(variables_of(parse(service, **cached(tmp_path)))) == ["order-2"]


def test_other_filters_are_another_answer(converse: Any, parse: Parse, tmp_path: Path) -> None:
    first, second = an_order(1, "www.example.com"), an_order(2, "www.example.com", status="pending")
    service = converse(listing(first, second), listing(second, query=f"filters[status]=pending&{PAGE}"))
    for _round in range(2):
        assert len(parse(service, **cached(tmp_path)).hosts) == 2
        assert list(parse(service, status=["pending"], **cached(tmp_path)).hosts) == ["order-2"]


def test_what_is_cached_is_shown_as_of_today() -> None:
    order = {"order_id": 1, "valid_till": "2026-03-31", "days_remaining": 999}
    assert plugin._on(date(2026, 3, 1), order)["days_remaining"] == 30
    assert plugin._on(date(2026, 4, 2), order)["days_remaining"] == -2
    assert plugin._on(date(2026, 3, 1), {**order, "valid_till": None})["days_remaining"] is None
    assert order["days_remaining"] == 999


# -- the key -----------------------------------------------------------------------------------------------------------


def test_a_key_from_the_environment_is_sent_only_to_the_url_of_the_environment(
    converse: Any, parse: Parse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGICERT_API_KEY", KEY)
    away = converse()
    with pytest.raises(AnsibleParserError, match=r"api_url.*DIGICERT_API_KEY") as caught:
        parse(away, api_key=...)
    assert KEY not in str(caught.value)
    assert away.journal == []
    with pytest.raises(AnsibleParserError, match=r"ca_path.*DIGICERT_API_KEY"):
        parse(None, ca_path="/etc/ssl/certs")

    service = converse(listing(an_order(1, "www.example.com")))
    monkeypatch.setenv("DIGICERT_API_URL", service.url)
    monkeypatch.setenv("DIGICERT_RATE_LIMIT", "none")
    assert list(parse(None).hosts) == ["order-1"]
    assert service.journal[0].headers["X-DC-DEVKEY"] == KEY


def test_a_source_with_its_own_key_comes_before_the_environment(
    converse: Any, parse: Parse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGICERT_API_KEY", "another-key-0123456789")
    monkeypatch.setenv("DIGICERT_API_URL", "http://127.0.0.1:9/services/v2")
    service = converse(listing())
    parse(service, api_key=f" {KEY}\n")
    assert service.journal[0].headers["X-DC-DEVKEY"] == KEY


# -- failures ----------------------------------------------------------------------------------------------------------


def test_refusals_are_reported_without_the_key(converse: Any, parse: Parse) -> None:
    service = converse(asks(f"/order/certificate?{PAGE}", answer=VIEW_ONLY))
    with pytest.raises(AnsibleParserError) as caught:
        parse(service)
    assert NAME in str(caught.value)
    assert "HTTP 403" in str(caught.value)
    assert KEY not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("config", "option"),
    [
        ({"expires_before": "soon"}, "expires_before"),
        ({"expires_within_days": -1}, "expires_within_days"),
        ({"timeout": 0}, "timeout"),
        ({"max_orders": 0}, "max_orders"),
        ({"api_key": ""}, "api_key"),
        ({"api_key": None, "api_url": None}, "api_key"),
    ],
)
def test_wrong_options_are_reported_before_any_request(
    converse: Any, parse: Parse, config: dict[str, Any], option: str
) -> None:
    with pytest.raises(AnsibleParserError, match=option):
        parse(converse(), **config)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LibraryMissing("requests", ""), "requests"),
        (Stopped("SIGTERM came"), "SIGTERM came"),
    ],
)
def test_what_ends_it_otherwise(
    converse: Any, parse: Parse, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fails(*_arguments: Any, **_keywords: Any) -> None:
        raise error

    monkeypatch.setattr(plugin, "connect", fails)
    with pytest.raises(AnsibleParserError, match=words):
        parse(converse())


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("digicert_orders.yml", True),
        ("my.digicert_orders.yaml", True),
        ("digicert_orders.yml.bak", False),
        ("orders.yml", False),
        ("digicert_orders.json", False),
    ],
)
def test_which_files_are_ours(tmp_path: Path, name: str, is_ours: bool) -> None:
    path = tmp_path / name
    assert not plugin.InventoryModule().verify_file(str(path))
    path.write_text("")
    assert plugin.InventoryModule().verify_file(str(path)) is is_ours


def test_a_source_of_another_plugin_is_not_ours(converse: Any, parse: Parse) -> None:
    with pytest.raises(AnsibleParserError, match="Incorrect plugin name"):
        parse(converse(), plugin="certops.orders.other")


def test_messages(converse: Any, parse: Parse, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(Display, "v", lambda _self, text, *_more, **_options: lines.append(text))

    def refusal(*calls: Call, **config: Any) -> str:
        with pytest.raises(AnsibleParserError) as caught:
            parse(converse(*calls), **config)
        return str(caught.value.message)

    def failing(error: Exception) -> str:
        def fails(*_arguments: Any, **_keywords: Any) -> None:
            raise error

        with monkeypatch.context() as patched:
            patched.setattr(plugin, "connect", fails)
            return refusal()

    def left_out() -> str:
        parse(converse(listing(an_order(1, "www.example.com", "*.example.com", "a_b.example"))), host_per="domain")
        return lines[-1]

    check_messages(
        "inventory plugin",
        {
            "unknown option": refusal(statuss=["issued"]),
            "option out of range": refusal(timeout=0),
            "more orders than permitted": refusal(listing(*map(a_row, (1, 2, 3))), max_orders=2),
            "API key refused": failing(ApiError("CertCentral refused to list orders (HTTP 403)", 403)),
            "requests is missing": failing(LibraryMissing("requests", "")),
            "names left out": left_out(),
        },
    )


NOT_OURS = ["plugin: amazon.aws.aws_ec2", "plugin: certops.orders.digicert_orders_2", "all: {}", "# plugin: x", "\xff"]


@pytest.mark.parametrize(
    ("name", "text", "is_told"),
    [
        *(("certcentral.yml", f"---\nplugin: {quote}{NAME}{quote}\n", True) for quote in ("", "'", '"')),
        *(("certcentral.yml", text, False) for text in NOT_OURS),
        ("certcentral.ini", f"plugin: {NAME}", False),
        ("my.digicert_orders.yml", f"plugin: {NAME}", False),
    ],
)
def test_a_source_of_another_name_is_told_how_to_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, is_told: bool
) -> None:
    hosts: list[str] = []
    module = plugin.InventoryModule()
    monkeypatch.setattr(module.display, "error", hosts.append, raising=False)
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    assert module.verify_file(str(tmp_path / name)) is (name == "my.digicert_orders.yml")
    assert [("certcentral.digicert_orders.yml" in message) for message in hosts] == [True] * is_told
