# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a key may go, and what else the connection options must hold to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import RATE_LIMIT, REGIONS
from ansible_collections.certops.orders.plugins.module_utils._certcentral.filters import STATUSES
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    CERTCENTRAL_OPTIONS,
    PATHS,
    OptionError,
    domain_name,
    domain_names,
    ids,
    known_words,
    refuse_nul,
    text_of,
)
from ansible_collections.certops.orders.plugins.module_utils._http.connection import (
    Connection,
    connection,
    parse_rate_limit,
)
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import known
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import KEY

MESSAGES = known()["http connection options"]
US = "https://www.digicert.com/services/v2"
EU = "https://certcentral.digicert.eu/services/v2"
IN_ENVIRONMENT = {"DIGICERT_API_KEY": KEY}
DEFAULTS = {name: option.get("default") for name, option in CERTCENTRAL_OPTIONS.items()}


def connected(
    environ: dict[str, str] | None = None,
    writes: bool = True,
    task_environ: dict[str, str] | None = None,
    **params: Any,
) -> Connection:
    """The resolved options; the key is in the environment unless the test removes it."""
    return connection(
        {**DEFAULTS, **params},
        IN_ENVIRONMENT if environ is None else environ,
        task_environ=task_environ or {},
        prefix="DIGICERT",
        regions=REGIONS,
        rate_limit=RATE_LIMIT,
        writes=writes,
    )


def refusal(
    environ: dict[str, str] | None = None,
    writes: bool = True,
    task_environ: dict[str, str] | None = None,
    **params: Any,
) -> str:
    with pytest.raises(OptionError) as caught:
        connected(environ, writes, task_environ, **params)
    assert KEY not in repr(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_nothing_but_a_key() -> None:
    assert connected() == Connection(
        base_url=US,
        api_key=KEY,
        verify=True,
        proxy="",
        timeout=30,
        retries=3,
        windows=((100, 5.0), (1000, 180.0)),
        rate_limit_timeout=300,
        read_only="",
    )


def test_each_option_arrives() -> None:
    wire = connected({}, api_key="k", region="eu", timeout=1, retries=0, rate_limit="1/2", rate_limit_timeout=0)
    assert wire == Connection(EU, "k", True, "", 1, 0, ((1, 2.0),), 0)


@pytest.mark.parametrize(
    ("option", "least", "most"), [("timeout", 1, 3600), ("retries", 0, 20), ("rate_limit_timeout", 0, 86400)]
)
def test_numbers_have_bounds(option: str, least: int, most: int) -> None:
    for number in (least, most):
        assert connected(**{option: number})
    for number in (least - 1, most + 1, True):
        assert refusal(**{option: number}).startswith(f"{option} ")


# -- the key ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("around", ["{}\n", " {}\r\n", "\t{} ", "\ufeff{}".replace("\ufeff", "\u00a0")])
def test_white_space_around_a_key_is_dropped(around: str) -> None:
    assert connected({}, api_key=around.format(KEY)).api_key == KEY
    assert connected({"DIGICERT_API_KEY": around.format(KEY)}).api_key == KEY


@pytest.mark.parametrize("inside", [" ", "\n", "\r\n", "\t", "\0", "\x7f", "ü", "\u202e", "\ufeff"])
def test_a_key_with_what_no_key_has_is_refused_and_not_shown(inside: str) -> None:
    for key in (f"{KEY}{inside}x", f"{KEY}{inside}{KEY}"):
        assert situation(refusal({}, api_key=key)) == "a key with a space"
        assert situation(refusal({"DIGICERT_API_KEY": key})) == "a key with a space"


@pytest.mark.parametrize("key", [None, "", " ", "\n"])
def test_no_key(key: str | None) -> None:
    assert situation(refusal({}, api_key=key)) == "no API key"
    assert situation(refusal({"DIGICERT_API_KEY": key or ""})) == "no API key"


def test_the_key_of_the_task_comes_first() -> None:
    assert connected(api_key="mine").api_key == "mine"


# -- a key is sent only where it belongs -----------------------------------------------------------------------------


def keyless(environ: dict[str, str] | None = None, required: bool = False, **params: Any) -> Connection:
    """A connection to a service that has no address of its own, and may need no key."""
    return connection(
        {**DEFAULTS, **params},
        environ or {},
        task_environ={},
        prefix="DIGICERT",
        regions={},
        rate_limit=RATE_LIMIT,
        writes=True,
        key_required=required,
    )


def situation(text: str) -> str:
    """The situation of the golden file that has this message."""
    (found,) = (name for name, message in MESSAGES.items() if message == text)
    return found


URL = "https://simulator.example"


@pytest.mark.parametrize("key", [None, "", " \n"])
def test_where_no_key_is_required_none_need_be_given(key: str | None) -> None:
    assert keyless(api_key=key, api_url=URL).api_key == ""
    with pytest.raises(OptionError, match=r"api_key.*DIGICERT_API_KEY"):
        keyless(required=True, api_key=key, api_url=URL)


def test_a_key_that_is_given_though_none_is_required_is_held_to_the_same_rules() -> None:
    assert keyless(api_key="k", api_url=URL).api_key == "k"
    with pytest.raises(OptionError, match=r"api_url.*DIGICERT_API_KEY"):
        keyless(IN_ENVIRONMENT, api_url=URL)
    with pytest.raises(OptionError, match="API key"):
        keyless(api_key="a b", api_url=URL)


def test_where_a_service_has_no_address_of_its_own_one_has_to_be_given() -> None:
    assert keyless({"DIGICERT_API_URL": URL}).base_url == URL
    with pytest.raises(OptionError, match=r"api_url.*DIGICERT_API_URL"):
        keyless()


@pytest.mark.parametrize("empty_key", [None, ""])
@pytest.mark.parametrize("url", ["https://evil.example", US, "http://127.0.0.1:8080"])
def test_the_environments_key_is_not_sent_to_a_tasks_url(url: str, empty_key: str | None) -> None:
    """A user who can set extra variables can set a task's options, also through module_defaults."""
    assert situation(refusal(api_url=url, api_key=empty_key)) == "api_url in the task, key of the environment"


def test_the_environments_key_is_not_trusted_to_a_tasks_ca(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    assert situation(refusal(ca_path=str(bundle))) == "ca_path in the task, key of the environment"
    assert connected({}, api_key="k", ca_path=str(bundle)).verify == str(bundle)


def test_the_environments_key_is_sent_to_a_region_and_to_the_environments_url() -> None:
    assert connected(region="eu").base_url == EU
    there = {**IN_ENVIRONMENT, "DIGICERT_API_URL": "https://here.example/v2"}
    assert connected(there).base_url == "https://here.example/v2"
    # The URL overrides the region.
    assert connected(there, region="eu").base_url == "https://here.example/v2"


def test_the_tasks_key_is_sent_to_the_tasks_url_or_the_environments() -> None:
    environ = {"DIGICERT_API_URL": "https://here.example"}
    assert connected(environ, api_key="k").base_url == "https://here.example"
    assert connected(environ, api_key="k", api_url="https://there.example").base_url == "https://there.example"


def test_another_providers_variables_are_nothing_to_us() -> None:
    assert situation(refusal({"SERVERTASTIC_API_KEY": "other"})) == "no API key"
    assert connected({**IN_ENVIRONMENT, "SERVERTASTIC_READ_ONLY": "1"}).read_only == ""


# -- addresses -------------------------------------------------------------------------------------------------------

GOOD_URLS = {
    "https://host.example": "https://host.example",
    "https://host.example/": "https://host.example",
    "https://host.example/services/v2/": "https://host.example/services/v2",
    " https://host.example/v2\n": "https://host.example/v2",
    "HTTPS://Host.example:8443/v2": "https://Host.example:8443/v2",
    "https://[2001:db8::1]:8443/v2": "https://[2001:db8::1]:8443/v2",
    "http://127.0.0.1:8080/services/v2": "http://127.0.0.1:8080/services/v2",
    "http://127.9.9.9": "http://127.9.9.9",
    "http://localhost:8080": "http://localhost:8080",
    "http://LOCALHOST": "http://LOCALHOST",
    "http://[::1]:8080": "http://[::1]:8080",
}
NO_URLS = [
    "http://localhost%00.evil.example",
    "http://127.0.0.1%2f@evil".replace("@", "."),
    "http://[::1%25eth0]",
    "host.example",
    "//host.example",
    "https://",
    "https:host.example",
    "https:///v2",
    "https://:443/v2",
    "ftp://host.example",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://host.example:port",
    "https://host.example:99999",
    "https://host.example:-1",
    "https://[::1",
    "https://::1]/",
    "https://[::1]evil.example/",
    "http://[::1]evil.example/",
    "http://[::1]:80:80/",
    "https://host example/",
    "https://host.example/a b",
    "https://host.example/\n.evil",
    "https://host\t.example/",
    "http://127.0.0.1\\.evil.example/",
    "https://host.example\\@evil.example/",
    "https://host\x00.example",
    "https://host\u2100.example",
]
LEAKY_URLS = [
    "https://user@host.example",
    "https://user:word@host.example",
    "https://@host.example",
    "http://localhost@evil.example",
    "http://localhost:80@evil.example/v2",
    "http://127.0.0.1@evil.example",
    "https://host.example?key=1",
    "https://host.example/v2?",
    "https://host.example/v2?#",
    "https://host.example/v2#",
    "https://host.example#fragment",
    "http://127.0.0.1#@evil.example/",
    "http://127.0.0.1?@evil.example/",
]
PLAIN_URLS = [
    "http://host.example",
    "http://www.digicert.com/services/v2",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://localhost.",
    "http://evil-localhost",
    "http://0.0.0.0",
    "http://[::]",
    "http://10.0.0.1",
    "http://127.1",
    "http://2130706433",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://128.0.0.1",
    "http://[::2]",
    "http://[2001:db8::127.0.0.1]",
    "http://\u24db\u24de\u24d2alhost",
]


@pytest.mark.parametrize(("url", "base_url"), GOOD_URLS.items())
def test_an_address_that_will_do(url: str, base_url: str) -> None:
    assert connected({}, api_key="k", api_url=url).base_url == base_url
    assert connected({**IN_ENVIRONMENT, "DIGICERT_API_URL": url}).base_url == base_url


@each(
    ("url", "why"),
    [
        *((url, "api_url is not a URL") for url in NO_URLS),
        *((url, "api_url with a query") for url in LEAKY_URLS),
        *((url, "api_url with http") for url in PLAIN_URLS),
    ],
)
def test_an_address_that_will_not(url: str, why: str) -> None:
    for writes in (True, False):
        assert situation(refusal({}, writes, api_key="k", api_url=url)) == why
        assert situation(refusal({**IN_ENVIRONMENT, "DIGICERT_API_URL": url}, writes)) == why


def test_a_refused_address_is_not_shown() -> None:
    assert "pass-word" not in refusal({}, api_key="k", api_url="https://me:pass-word@host.example")


# -- TLS -------------------------------------------------------------------------------------------------------------


def test_certificates_are_verified_for_all_that_can_write_but_to_loopback() -> None:
    for url in (None, "https://h"):
        text = refusal({}, api_key="k", api_url=url, validate_certs=False)
        assert situation(text) == "changes without verification"
    assert connected({}, writes=False, api_key="k", validate_certs=False).verify is False
    # Who can set an option of the task must not be able to read the environment's key on its way.
    text = refusal(writes=False, validate_certs=False)
    assert situation(text) == "no verification, key of the environment"
    for url in ("https://127.0.0.1:8443", "https://[::1]", "https://localhost", "http://127.0.0.1"):
        assert connected({}, api_key="k", api_url=url, validate_certs=False).verify is False


def test_a_loopback_address_behind_a_proxy_is_not_trusted_blindly() -> None:
    behind = {"HTTPS_PROXY": "http://p:1"}
    text = refusal(behind, api_key="k", api_url="https://127.0.0.1", validate_certs=False)
    assert situation(text) == "changes without verification"


@pytest.mark.parametrize("name", ["DIGICERT_API_URL", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_tasks_own_environment_does_not_lead_the_processs_key_away(name: str, tmp_path: Path) -> None:
    """Extra variables can reach an `environment:` as well."""
    value = "https://evil.example" if name == "DIGICERT_API_URL" else str(tmp_path)
    text = refusal(task_environ={name: value})
    assert situation(text.replace(name, "DIGICERT_API_URL")) == "address in the environment of the task"
    assert name in text
    # A key that comes from the same place is sent there.
    assert connected({}, task_environ={name: value, "DIGICERT_API_KEY": KEY}).api_key == KEY
    # So does one that the task has, and a place that the process names as well is no other place.
    assert connected({}, task_environ={name: value}, api_key=KEY).api_key == KEY
    assert connected({**IN_ENVIRONMENT, name: value}, task_environ={name: value}).api_key == KEY
    assert connected(task_environ={name: ""}).base_url == US


@pytest.mark.parametrize(("process", "task"), [("1", "0"), ("1", ""), ("0", "1"), ("", "1"), ("no", "yes")])
def test_either_environment_forbids_writes_and_neither_allows_what_the_other_forbids(process: str, task: str) -> None:
    environ = {**IN_ENVIRONMENT, "DIGICERT_READ_ONLY": process}
    assert connected(environ, task_environ={"DIGICERT_READ_ONLY": task}).read_only == "DIGICERT_READ_ONLY"


@pytest.mark.parametrize("proxy", ["http://h:notaport", "http:// x:1", "//x", "ht!tp://p:1", "http://"])
def test_an_invalid_proxy_url_is_reported(proxy: str) -> None:
    assert situation(refusal({**IN_ENVIRONMENT, "HTTPS_PROXY": proxy})) == "a proxy of another kind"


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_environments_ca_bundle(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    assert connected({**IN_ENVIRONMENT, name: str(bundle)}).verify == str(bundle)
    # A folder of certificates is a bundle as well.
    assert connected({**IN_ENVIRONMENT, name: str(tmp_path)}).verify == str(tmp_path)
    # Of the task's environment, not of this process.
    monkeypatch.setenv(name, str(bundle))
    assert connected().verify is True


def test_which_ca_bundle_comes_first(tmp_path: Path) -> None:
    names = ["task", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
    paths = {name: str(tmp_path / name) for name in names}
    for path in paths.values():
        Path(path).touch()
    environ = {name: paths[name] for name in names[1:]}
    assert connected(environ, api_key="k", ca_path=paths["task"]).verify == paths["task"]
    assert connected(environ, api_key="k").verify == paths["REQUESTS_CA_BUNDLE"]


def test_a_ca_bundle_that_is_not_there() -> None:
    for text in (
        refusal({}, api_key="k", ca_path="/nonexistent"),
        refusal({**IN_ENVIRONMENT, "REQUESTS_CA_BUNDLE": "/nonexistent"}),
    ):
        assert situation(text) == "a CA bundle that does not exist"


# -- proxies ---------------------------------------------------------------------------------------------------------

PROXIES: list[tuple[dict[str, str], str]] = [
    ({}, ""),
    ({"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
    ({"https_proxy": "http://p:1"}, "http://p:1"),
    ({"HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:1"}, "http://lower:1"),
    ({"https_proxy": "http://lower:1", "HTTPS_PROXY": "http://upper:1"}, "http://lower:1"),
    ({"HTTPS_PROXY": "http://upper:1", "https_proxy": ""}, ""),
    ({"ALL_PROXY": "http://all:1"}, "http://all:1"),
    ({"all_proxy": "http://all:1", "HTTPS_PROXY": "http://p:1"}, "http://p:1"),
    ({"HTTPS_PROXY": "https://p:1"}, "https://p:1"),
    ({"HTTPS_PROXY": "p:1"}, "p:1"),
    ({"HTTP_PROXY": "http://p:1"}, ""),
    ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "www.digicert.com"}, ""),
    ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".digicert.com"}, ""),
    ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.com, digicert.com"}, ""),
    ({"HTTPS_PROXY": "http://p:1", "no_proxy": "*"}, ""),
    ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "cert.com"}, "http://p:1"),
    ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "digicert.com", "no_proxy": ""}, "http://p:1"),
]


@pytest.mark.parametrize(("environ", "proxy"), PROXIES)
def test_the_proxy_of_the_environment(environ: dict[str, str], proxy: str) -> None:
    assert connected({**IN_ENVIRONMENT, **environ}).proxy == proxy


def test_plain_http_to_loopback_never_uses_a_proxy() -> None:
    environ = {"HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}
    assert connected(environ, api_key="k", api_url="http://127.0.0.1:8080").proxy == ""


@pytest.mark.parametrize("proxy", ["socks5://p:1", "socks5h://me:pass-word@p:1", "ftp://p:1", "://p"])
def test_a_proxy_of_another_kind_is_refused_and_not_passed_by(proxy: str) -> None:
    text = refusal({**IN_ENVIRONMENT, "ALL_PROXY": proxy})
    assert situation(text) == "a proxy of another kind"
    assert "pass-word" not in text
    # Where it is not used, it does not matter.
    assert connected({**IN_ENVIRONMENT, "ALL_PROXY": proxy, "NO_PROXY": "*"}).proxy == ""


# -- read only -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["1", "true", "True", "yes", "on", " 1 ", "2", "anything", "nope"])
def test_read_only(value: str) -> None:
    assert connected({**IN_ENVIRONMENT, "DIGICERT_READ_ONLY": value}).read_only == "DIGICERT_READ_ONLY"


@pytest.mark.parametrize("value", ["", " ", "0", "no", "NO", "false", "False", "off", " off\n"])
def test_not_read_only(value: str) -> None:
    assert connected({**IN_ENVIRONMENT, "DIGICERT_READ_ONLY": value}).read_only == ""


# -- the rate limit --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("none", ()),
        (" None ", ()),
        ("100/5", ((100, 5.0),)),
        ("100/5, 1000/180", ((100, 5.0), (1000, 180.0))),
        (" 100 / 5,1000/180 ", ((100, 5.0), (1000, 180.0))),
        ("1/0.25", ((1, 0.25),)),
        ("999999/999999", ((999999, 999999.0),)),
    ],
)
def test_a_rate_limit(text: str, windows: tuple[tuple[int, float], ...]) -> None:
    assert parse_rate_limit(text) == windows


@each(
    "text",
    [
        *("", " ", ",", "100", "100/", "/5", "100/5,", ",100/5", "100/5 1000/180", "100/5; 1000/180", "none, 100/5"),
        *("0/5", "100/0", "100/0.0", "-1/5", "100/-5", "1.5/5", "100/5s", "1e3/5", "100/1e9", "100/.5", "100/5."),
        *("1000000/5", "100/1000000", "inf/5", "100/inf", "100/nan", "\u0661/5", "0x10/5", "100//5", "100/5/6"),
    ],
)
def test_no_rate_limit(text: str) -> None:
    with pytest.raises(OptionError, match="rate_limit"):
        parse_rate_limit(text)


def test_where_the_rate_limit_comes_from() -> None:
    environ = {**IN_ENVIRONMENT, "DIGICERT_RATE_LIMIT": "2/3"}
    assert connected(environ).windows == ((2, 3.0),)
    assert connected(environ, rate_limit="4/5").windows == ((4, 5.0),)
    assert connected(environ, rate_limit="none").windows == ()
    assert situation(refusal({**IN_ENVIRONMENT, "DIGICERT_RATE_LIMIT": "fast"})) == "an invalid rate limit"


# -- what modules ask for --------------------------------------------------------------------------------------------


def test_ids() -> None:
    assert ids({"order_id": 7, "order_ids": None}, "order_id", "order_ids") == [7]
    assert ids({"order_id": None, "order_ids": [3, 1, 3]}, "order_id", "order_ids") == [3, 1, 3]
    assert ids({"order_id": None, "order_ids": []}, "order_id", "order_ids") == []


@pytest.mark.parametrize("number", [0, -1, True])
def test_ids_are_positive(number: int) -> None:
    with pytest.raises(OptionError, match=r"order_id\b"):
        ids({"order_id": number, "order_ids": None}, "order_id", "order_ids")
    with pytest.raises(OptionError, match=r"order_ids\b"):
        ids({"order_id": None, "order_ids": [1, number]}, "order_id", "order_ids")


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        (None, None),
        ("", None),
        (" \n", None),
        (" no longer needed\n", "no longer needed"),
        ("Übergabe an 証明書", "Übergabe an 証明書"),
        ("two\nlines", "two\\nlines"),
        ("\u202etxt.exe\x1b[2J and all that follows it", "\\u202etxt.exe\\x1b[2J and all that follows it"),
        ("\u2066" * 50, "\\u2066" * 50),
        ("\U000e0041" * 20, "\\U000e0041" * 20),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_a_text_for_the_service(text: str | None, sent: str | None) -> None:
    assert text_of({"note": text}, "note", required=False) == (sent.strip() if sent else None)


@pytest.mark.parametrize("text", [None, "", " \t\n"])
def test_a_text_that_is_required(text: str | None) -> None:
    with pytest.raises(OptionError, match="note"):
        text_of({"note": text}, "note", required=True)
    assert text_of({"note": "x"}, "note", required=True) == "x"


LONG = "x" * 63


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("www.example.com", "www.example.com"),
        (" WWW.Example.COM.\n", "www.example.com"),
        ("*.example.com", "*.example.com"),
        ("localhost", "localhost"),
        ("_dmarc.a-b.example", "_dmarc.a-b.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("B\u00fccher.example", "xn--bcher-kva.example"),
        ("*.b\u00fccher.example.", "*.xn--bcher-kva.example"),
        (f"{LONG}.example", f"{LONG}.example"),
    ],
)
def test_a_domain_name(text: str, name: str) -> None:
    assert domain_name(text, "name") == name


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", "..", "*", "*.", "a..b", ".a", "-a.example", "a.-b", "a b.example", "a.example\nb.example"),
        *("*a.example", "a.*.example", "**.example", "a/b", "a.example/", "https://a.example", "a.example:443", "a@b"),
        *(f"{LONG}x.example", f"\u00fc{LONG}.example", "\u00fc..example", "b\u00fc\u202ex.example", "\ud800.example"),
        *("{{ a }}.example", "a%2eexample", "a\x00.example", "\u2764\ufe0f b.example"),
    ],
)
def test_what_is_no_domain_name(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        domain_name(text, "names")

    # The refused text is not shown.
    assert str(caught.value) == known()["common options"]["a name with a space"]


@given(st.text(max_size=80) | st.text("aü.-*_ \u3002\u200d", max_size=12))
def test_whatever_is_given_as_a_domain_name_is_one_or_an_error(text: str) -> None:
    try:
        name = domain_name(text, "name")
    except OptionError:
        return
    assert name == domain_name(name, "name")
    assert name.isascii()
    assert name == name.lower()
    assert all(0 < len(label) < 64 for label in name.split("."))


def test_domain_names_are_one_or_several_in_their_order() -> None:
    assert domain_names({"name": "A.example", "names": None}, "name", "names") == ["a.example"]
    several = {"name": None, "names": ["b.example", "A.example.", "a.example"]}
    assert domain_names(several, "name", "names") == ["b.example", "a.example", "a.example"]
    assert domain_names({"name": None, "names": []}, "name", "names") == []


@pytest.mark.parametrize(("params", "option"), [({"name": "a b"}, "name"), ({"names": ["a", "a b"]}, "names")])
def test_a_domain_name_that_is_none_is_named_by_its_option(params: dict[str, Any], option: str) -> None:
    with pytest.raises(OptionError, match=rf"\b{option}\b"):
        domain_names({"name": None, "names": None, **params}, "name", "names")


# -- filter values, and paths ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("cancelled", "canceled"),
        ("Cancelled", "canceled"),
        ("ISSUED", "issued"),
        ("Waiting Pickup", "waiting_pickup"),
        ("need_approval", "needs_approval"),
        ("reissued_pending", "reissue_pending"),
        ("xyzzy", ""),
        ("", ""),
    ],
)
def test_a_word_that_nothing_can_have_is_refused_with_the_nearest(word: str, nearest: str) -> None:
    with pytest.raises(OptionError) as caught:
        known_words(["pending", word], STATUSES, "status")
    text = str(caught.value)
    assert repr(word) in text
    # The nearest one is named twice: by itself and in the list of all.
    words = re.findall(r"\w+", text.replace(repr(word), ""))
    assert [one for one in STATUSES if words.count(one) > 1] == ([nearest] if nearest else [])
    assert set(STATUSES) <= set(words)


def test_words_that_something_can_have_are_taken() -> None:
    assert known_words(STATUSES, STATUSES, "status") == list(STATUSES)
    assert known_words([], STATUSES, "status") == []


@pytest.mark.parametrize("option", PATHS)
def test_a_path_with_a_nul_is_refused(option: str) -> None:
    refuse_nul({"note": "a\0b", option: "/tmp/a", "order_id": 3})
    with pytest.raises(OptionError, match=option):
        refuse_nul({option: "/tmp/a\0b"})
