# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders as inventory: what comes from outside stays text, and names that are no host names become no hosts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    KEY,
    SECRET_KEY,
    Controller,
    Conversation,
    Simulator,
    mentions,
    query,
    seed,
)

NAME = "certops.orders.digicert_orders"
WEB, SHOP, OLD, PENDING, STAFF, EMEA = range(301, 307)
BOOK: list[dict[str, Any]] = [
    {
        "id": WEB,
        "status": "issued",
        "common_name": "WWW.example.com",
        "dns_names": ["www.example.com", "example.com", "*.example.com"],
        "valid_till_in_days": 200,
        "notes": ["Look here"],
    },
    {
        "id": SHOP,
        "status": "issued",
        "common_name": "shop.example.com",
        "dns_names": ["shop.example.com", "www.example.com"],
        "valid_till_in_days": 10,
        "organization": {"id": 7, "name": "Example Shops"},
        "product": "ssl_ev_basic",
    },
    {
        "id": OLD,
        "status": "expired",
        "common_name": "old.example.org",
        "valid_till_in_days": -10,
        "origin": "migrated",
        "is_renewed": True,
    },
    {"id": PENDING, "status": "pending", "common_name": "new.example.com"},
    {"id": STAFF, "status": "issued", "product": "client_premium", "common_name": "Ada Lovelace"},
    {
        "id": EMEA,
        "status": "issued",
        "common_name": "emea.example.net",
        "valid_till_in_days": 40,
        "container": {"id": 2, "name": "EMEA", "is_active": True},
    },
]
EVERY = [order["id"] for order in BOOK]


@pytest.fixture
def desk(controller: Controller, sim: Simulator) -> Controller:
    """A machine, and a book of a few orders."""
    sim.reset(seed(*BOOK))
    return controller


def source(desk: Controller, name: str = "my", **config: Any) -> Path:
    """An inventory source."""
    return desk.write(f"{name}.digicert_orders.yml", json.dumps({"plugin": NAME, **config}))


class Listing(Conversation):
    """What ansible-inventory makes of a source."""

    def __init__(
        self, desk: Controller, path: Path, *arguments: str, env: Mapping[str, str | None] | None = None
    ) -> None:
        known = len(desk.sim.journal())
        environment = {**desk.env, **(env or {})}
        process = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(path), *(arguments or ("--list",))],
            cwd=desk.desk,
            env={name: value for name, value in environment.items() if value is not None},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        super().__init__(desk.sim.journal()[known:])
        self.rc, self.stdout, self.stderr = process.returncode, process.stdout, process.stderr
        assert "Traceback" not in process.stderr
        assert SECRET_KEY not in process.stdout + process.stderr
        assert self.writes == []

    @property
    def complaint(self) -> str:
        """The warning about the source, on one line."""
        return " ".join(self.stderr.split())

    @property
    def groups(self) -> dict[str, Any]:
        """All but the hosts' variables."""
        assert self.rc == 0, self.stderr
        assert self.stderr == ""
        return {name: group for name, group in json.loads(self.stdout).items() if name != "_meta"}

    @property
    def hosts(self) -> dict[str, dict[str, Any]]:
        """The variables of each host."""
        assert self.groups
        variables = plain(json.loads(self.stdout)["_meta"]["hostvars"])
        every = set(variables) | {host for group in self.groups.values() for host in group.get("hosts", ())}
        return {host: variables.get(host, {}) for host in sorted(every)}

    @property
    def order_ids(self) -> list[int]:
        return [variables["digicert_order_id"] for variables in self.hosts.values()]


def plain(value: Any) -> Any:
    """Without the marks of what is not to be trusted."""
    if isinstance(value, dict):
        return (
            value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else {k: plain(v) for k, v in value.items()}
        )
    return [plain(item) for item in value] if isinstance(value, list) else value


def refused(listing: Listing, *words: str) -> None:
    """The source fails, and the reason is reported."""
    assert json.loads(listing.stdout).get("_meta", {}).get("hostvars") in (None, {})
    assert f"{NAME}: " in listing.complaint
    for word in words:
        assert word in listing.complaint


# -- hosts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{}, {"details": True}, {"include_origin": True}])
def test_a_host_for_every_order_with_what_order_info_returns(desk: Controller, more: dict[str, bool]) -> None:
    listing = Listing(desk, source(desk, **more))
    run = desk.play(f"- {{name: Info, certops.orders.digicert_order_info: {json.dumps(more)}}}")
    orders = run.good("Info").result["orders"]

    assert [order["order_id"] for order in orders] == EVERY
    assert listing.hosts == {
        f"order-{order['order_id']}": {f"digicert_{name}": value for name, value in order.items()} for order in orders
    }
    assert sorted(listing.sent) == sorted(run["Info"].sent)
    assert ("digicert_notes" in listing.hosts[f"order-{WEB}"]) == ("details" in more)
    assert ("digicert_is_migrated" in listing.hosts[f"order-{OLD}"]) == ("include_origin" in more)


def test_a_host_for_every_name_that_can_be_one(desk: Controller) -> None:
    listing = Listing(desk, source(desk, host_per="domain"))
    covered = {host: variables["digicert_order_ids"] for host, variables in listing.hosts.items()}
    assert covered == {
        "emea.example.net": [EMEA],
        "example.com": [WEB],
        "new.example.com": [PENDING],
        "old.example.org": [OLD],
        "shop.example.com": [SHOP],
        "www.example.com": [WEB, SHOP],
    }
    assert listing.sent == ["list "]
    www = listing.hosts["www.example.com"]
    assert [order["order_id"] for order in www["digicert_orders"]] == [WEB, SHOP]
    assert www["digicert_orders"][1]["organization_name"] == "Example Shops"
    # "*.example.com".
    assert {variables["digicert_skipped_names"] for variables in listing.hosts.values()} == {1}


NO_HOSTS = [
    "*.example.com",
    "localhost",
    "127.0.0.1",
    "999.1.1.1",
    "[::1]",
    "::1",
    "fe80::1%eth0",
    "under_score.example.com",
    "-dash.example.com",
    "dash-.example.com",
    "two..example.com",
    ".example.com",
    "ada@example.com",
    "host:22",
    "www.example.com:8443",
    "www[1:9].example.com",
    "www.example.com ansible_host=192.0.2.1",
    "www.example.com,evil.example.com",
    "../../etc/passwd",
    "www.example.com/path",
    "${HOME}.example.com",
    "{{ 7 * 7 }}.example.com",
    "all",
    "x" * 64 + ".example.com",
    ".".join(["x" * 60] * 5),
]
# As certificates spell them, and as DNS does.
OTHERWISE = {
    "trailing.example.com.": "trailing.example.com",
    "müller.example.com": "xn--mller-kva.example.com",
    "\u0435xample.com": "xn--xample-2of.com",
}


def test_no_other_name_becomes_a_host(desk: Controller, sim: Simulator) -> None:
    good = ["a.b", "xn--mller-kva.example.com", "1.example.com", "a-b.example.com"]
    names = [*NO_HOSTS, *good, *OTHERWISE]
    sim.reset(seed({"id": 1, "status": "issued", "common_name": "first.example.com", "dns_names": names}))
    listing = Listing(desk, source(desk, host_per="domain"))
    (skipped,) = {variables["digicert_skipped_names"] for variables in listing.hosts.values()}
    # "a.b" has less than four characters.
    assert set(listing.hosts) == {*good[1:], *OTHERWISE.values(), "first.example.com"}
    assert skipped == len(listing.hosts["1.example.com"]["digicert_orders"][0]["domains"]) - len(listing.hosts)
    assert skipped == len(NO_HOSTS) + 1

    run = Listing(desk, source(desk, host_per="domain"), "--list", "-v")
    # With more verbosity the number of these is printed.
    assert mentions(" ".join(run.stdout.split()).partition(f"{NAME}: ")[2][:80], skipped)


def test_values_are_plain_where_awx_shows_them_and_inert_where_it_hands_them_on(
    desk: Controller, sim: Simulator
) -> None:
    """AWX keeps what ansible-inventory prints, and gives it to a job as an inventory script."""
    trap = desk.desk / "sprung"
    text = f"{{{{ lookup('pipe', 'touch {trap}') }}}}"
    hostile = {"id": 1, "status": "issued", "common_name": text, "dns_names": [text, "www.example.com"]}
    ordinary: dict[str, Any] = {
        "id": 2,
        "status": "issued",
        "organization": {"id": 8, "name": "Müller & Söhne GmbH, Straße 5"},
    }
    sim.reset(seed(*BOOK, hostile, ordinary))
    path = source(desk)
    listed = json.loads(Listing(desk, path, "--list", "--export").stdout)
    for host, variables in listed["_meta"]["hostvars"].items():
        assert host == "order-1" or "__ansible_unsafe" not in json.dumps(variables)
    assert listed["_meta"]["hostvars"]["order-2"]["digicert_organization_name"] == ordinary["organization"]["name"]

    script = desk.script("kept.sh", f"cat <<'END'\n{json.dumps(listed)}\nEND")
    shown = "[digicert_common_name, digicert_domains | join(' '), digicert_common_name ~ '!']"
    tasks = f"""
        - hosts: order-1
          gather_facts: false
          tasks:
            - name: Print
              ansible.builtin.debug:
                msg: "{{{{ {shown} }}}}"
        """
    run = desk.playbook(tasks, args=["-i", str(script)])
    assert run.good("Print").msg == [text, f"www.example.com {text}", f"{text}!"]
    assert not trap.exists()


def test_no_text_is_evaluated_by_a_condition_that_it_is_put_into(desk: Controller, sim: Simulator) -> None:
    """ansible-core before 2.19 evaluates such a condition twice, and needs no brace for the second time."""
    trap = desk.desk / "sprung"
    text = f"' or lookup('pipe', 'touch {trap}') or '"
    sim.reset(
        seed({"id": 1, "status": "issued", "common_name": "a.example.com", "organization": {"id": 7, "name": text}})
    )
    playbook = """
        - hosts: order-1
          gather_facts: false
          ignore_errors: true
          tasks:
            - name: Compare
              ansible.builtin.debug:
                msg: compared
              when: "'{{ digicert_organization_name }}' == 'x'"
            - name: Print
              ansible.builtin.debug:
                msg: "{{ digicert_organization_name }}"
        """
    run = desk.playbook(playbook, args=["-i", str(source(desk))], quiet=False)
    assert not trap.exists()
    assert run.good("Print").msg == text


def test_it_never_sets_connection_variables(desk: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK, {"id": 1, "status": "issued", "common_name": "192.0.2.1"}))
    for config in ({}, {"host_per": "domain"}, {"details": True, "include_origin": True}):
        for variables in Listing(desk, source(desk, **config)).hosts.values():
            assert all(name.startswith("digicert_") for name in variables)


# -- text with template syntax ---------------------------------------------------------------------------------------

SORTS = ("host_per=order", "host_per=domain")


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("cache", [False, True])
def test_template_syntax_in_data_stays_text(desk: Controller, sim: Simulator, sort: str, cache: bool) -> None:
    trap = desk.desk / "sprung"
    text = f"{{{{ lookup('pipe', 'touch {trap}') }}}}"
    sim.reset(
        seed(
            {
                "id": 1,
                "status": "issued",
                "common_name": text,
                "dns_names": [text, f"{{% set x = lookup('pipe', 'touch {trap}') %}}", "www.example.com"],
                "organization": {"id": 7, "name": text},
                "container": {"id": 9, "name": text, "is_active": True},
                "product": {"name_id": "ssl_plus", "name": text, "type": "ssl_certificate"},
                "custom_renewal_message": text,
                "notes": [text],
                "requests": [{"id": 5, "type": "new_request", "status": "approved", "comments": text}],
            }
        )
    )
    per_order = sort == SORTS[0]
    order = "" if per_order else "digicert_orders[0]."
    fact = "digicert_" if per_order else "digicert_orders[0]."
    config = {
        "host_per": "order" if per_order else "domain",
        "details": True,
        "strict": True,
        "compose": {
            "name_": f"{fact}common_name",
            "shout": f"{fact}organization_name ~ '!'",
            "names": f"{fact}domains | join(' ')",
            "all_": "digicert_orders" if order else "digicert_domains",
        },
        "groups": {"same": f"{fact}common_name == {fact}organization_name"},
        "keyed_groups": [
            {"key": f"{fact}common_name", "prefix": "cn"},
            {"key": f"{fact}domains", "prefix": "name"},
            {"key": f"{fact}container_name", "prefix": "", "parent_group": f"{{{{ {fact}organization_name }}}}"},
        ],
        **({"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "cache"} if cache else {}),
    }
    path = source(desk, **config)
    (host, variables), *others = Listing(desk, path).hosts.items()
    assert (host, others) == ("order-1" if per_order else "www.example.com", [])
    own = variables if per_order else {f"digicert_{k}": v for k, v in variables["digicert_orders"][0].items()}
    for name in ("common_name", "organization_name", "container_name", "product_name", "custom_renewal_message"):
        assert own[f"digicert_{name}"] == text, name
    assert own["digicert_notes"] == [text]
    assert variables["name_"] == text
    assert variables["shout"] == f"{text}!"
    assert text in variables["names"]

    run = desk.playbook(
        f"""
        - hosts: {host}
          gather_facts: false
          tasks:
            - name: Print
              ansible.builtin.debug:
                msg: "{{{{ [{fact}common_name, {fact}organization_name, {fact}domains, name_, shout, names, all_] }}}}"
            - name: Print again
              ansible.builtin.debug:
                var: hostvars[inventory_hostname]
            - name: Set
              ansible.builtin.set_fact:
                again: "{{{{ {fact}common_name }}}} and {{{{ names }}}}"
            - name: Loop
              ansible.builtin.debug:
                msg: "{{{{ item }}}} {{{{ again }}}}"
              loop: "{{{{ {fact}domains }}}}"
            - name: Groups
              ansible.builtin.debug:
                var: group_names
        """,
        args=["-i", str(path)],
    )
    assert run.rc == 0, run.output
    shown = run.good("Print").msg
    assert shown[:2] == [text, text]
    assert shown[3:5] == [text, f"{text}!"]
    groups = run.good("Groups").group_names
    assert "same" in groups
    assert all(group.replace("_", "").isalnum() for group in groups)
    assert not trap.exists()


# -- which orders ----------------------------------------------------------------------------------------------------

FILTERS: dict[str, tuple[dict[str, Any], list[int], dict[str, str]]] = {
    "status": ({"status": ["pending"]}, [PENDING], {"filters[status]": "pending"}),
    "several": ({"status": ["pending", "expired"]}, [OLD, PENDING], {}),
    "domain": ({"domain": "EXAMPLE.com"}, [WEB], {}),
    "subdomains": ({"domain": "example.com", "include_subdomains": True}, [WEB, SHOP, PENDING], {}),
    "common name": ({"common_name": "shop.example.com"}, [SHOP], {"filters[common_name]": "shop.example.com"}),
    "soon": ({"expires_within_days": 60}, [SHOP, EMEA], {}),
    "before": ({"expires_before": "2000-01-01"}, [], {}),
    "renewed": ({"is_renewed": True}, [OLD], {}),
    "not renewed": ({"is_renewed": False, "status": ["expired"]}, [], {}),
    "origin": ({"origin": "migrated"}, [OLD], {"filters[origin]": "migrated"}),
    "container": ({"container_id": 2}, [EMEA], {"filters[container_id]": "2"}),
    "organization": ({"organization_id": 7}, [SHOP], {"filters[organization_id]": "7"}),
    "product": ({"product_name_id": "client_premium"}, [STAFF], {"filters[product_name_id]": "client_premium"}),
    "kind": ({"product_type": "client_certificate"}, [STAFF], {}),
    "age": ({"created_before": "2000-01-01T12:00:00Z"}, [], {}),
    "several at once": ({"status": ["issued"], "is_renewed": False, "expires_within_days": 20}, [SHOP], {}),
}


@pytest.mark.parametrize("name", FILTERS)
def test_only_orders_that_are_meant(desk: Controller, name: str) -> None:
    config, expected, asked = FILTERS[name]
    listing = Listing(desk, source(desk, **config))
    assert listing.order_ids == expected
    assert asked.items() <= query(listing.requests[0]).items()


def test_groups_and_variables_made_of_orders(desk: Controller) -> None:
    path = source(
        desk,
        compose={"owner": "digicert_organization_name"},
        groups={"urgent": "digicert_days_remaining is not none and 0 <= digicert_days_remaining < 14"},
        keyed_groups=[
            {"key": "digicert_status", "prefix": "status"},
            {"key": "digicert_container_name", "prefix": "container"},
        ],
    )
    listing = Listing(desk, path)
    groups = {name: group.get("hosts") for name, group in listing.groups.items()}
    assert groups["urgent"] == [f"order-{SHOP}"]
    assert groups["status_pending"] == [f"order-{PENDING}"]
    assert groups["container_EMEA"] == [f"order-{EMEA}"]
    assert listing.hosts[f"order-{SHOP}"]["owner"] == "Example Shops"

    graph = Listing(desk, path, "--graph")
    assert graph.rc == 0
    assert f"|--@urgent:\n  |  |--order-{SHOP}\n" in graph.stdout
    one = Listing(desk, path, "--host", f"order-{SHOP}")
    assert plain(json.loads(one.stdout))["owner"] == "Example Shops"


def test_a_wrong_expression_is_reported_with_strict(desk: Controller) -> None:
    wrong = {"compose": {"x": "digicert_nonsense + 1"}}
    assert "x" not in Listing(desk, source(desk, **wrong)).hosts[f"order-{WEB}"]
    strict = Listing(desk, source(desk, strict=True, **wrong))
    assert "Could not set x for host" in strict.complaint


def test_a_play_over_orders_that_changes_them(desk: Controller, sim: Simulator) -> None:
    path = source(desk, status=["pending"], groups={"waiting": "digicert_status == 'pending'"})
    run = desk.playbook(
        """
        - hosts: waiting
          gather_facts: false
          tasks:
            - name: Cancel
              certops.orders.digicert_order_status:
                order_id: "{{ digicert_order_id }}"
                status: canceled
                note: "{{ inventory_hostname }} of {{ digicert_common_name }}"
        """,
        args=["-i", str(path)],
    )
    assert run.rc == 0, run.output
    assert run.good("Cancel").host == f"order-{PENDING}"
    assert run.effects == [f"set {PENDING} canceled"]
    assert sim.order(PENDING)["status"] == "canceled"
    assert run["Cancel"].requests[-1]["body"]["note"] == f"order-{PENDING} of new.example.com"


# -- the cache -------------------------------------------------------------------------------------------------------


def cached(**config: Any) -> dict[str, Any]:
    return {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": "cache", **config}


def files_of(desk: Controller) -> list[Path]:
    return sorted((desk.desk / "cache").iterdir())


@pytest.mark.parametrize("host_per", ["order", "domain"])
def test_what_was_read_is_not_read_again(desk: Controller, host_per: str) -> None:
    env = {"DIGICERT_API_KEY": SECRET_KEY}
    path = source(desk, **cached(host_per=host_per, details=True))
    first, second = (Listing(desk, path, env=env) for _round in range(2))
    assert len(first.sent) > 1
    assert second.sent == []
    assert second.hosts == first.hosts
    assert second.groups == first.groups
    (file,) = files_of(desk)
    text = file.read_text(encoding="utf-8")
    assert "www.example.com" in text
    assert SECRET_KEY not in text + file.name
    # ansible-inventory of 2.16 has no --flush-cache.
    known = len(desk.sim.journal())
    play = "- {hosts: localhost, gather_facts: false, tasks: []}"
    assert desk.playbook(play, env=env, args=["-i", str(path), "--flush-cache"]).rc == 0
    assert sorted(Conversation(desk.sim.journal()[known:]).sent) == sorted(first.sent)


def test_other_filters_are_another_answer(desk: Controller) -> None:
    ids = []
    for config in ({}, {"status": ["pending"]}, {"status": ["issued"]}, {"status": ["pending"], "details": True}):
        path = source(desk, **cached(**config))
        listing, again = Listing(desk, path), Listing(desk, path)
        assert listing.sent
        assert again.sent == []
        assert again.order_ids == listing.order_ids
        ids.append(listing.order_ids)
    assert ids == [EVERY, [PENDING], [WEB, SHOP, STAFF, EMEA], [PENDING]]
    # The first is still there.
    assert Listing(desk, source(desk, **cached())).order_ids == EVERY
    assert len(files_of(desk)) == 4


def test_groups_and_days_are_of_today_whatever_is_cached(desk: Controller) -> None:
    path = source(desk, **cached())
    days = Listing(desk, path).hosts[f"order-{SHOP}"]["digicert_days_remaining"]
    (file,) = files_of(desk)
    text = file.read_text(encoding="utf-8")
    aged, places = re.subn(rf"(days_remaining\W+){days}\b", r"\g<1>999", text)
    assert places >= 1
    file.write_text(aged, encoding="utf-8")
    again = Listing(desk, path)
    assert again.sent == []
    assert again.hosts[f"order-{SHOP}"]["digicert_days_remaining"] == days
    assert again.hosts[f"order-{PENDING}"]["digicert_days_remaining"] is None


def test_a_cache_grows_old(desk: Controller) -> None:
    path = source(desk, **cached(cache_timeout=1))
    assert Listing(desk, path).sent
    time.sleep(1.5)
    assert Listing(desk, path).sent


def test_a_failure_is_not_kept(desk: Controller, sim: Simulator) -> None:
    path = source(desk, **cached(retries=0))
    sim.fault("status", status=503, path="/order/certificate$")
    refused(Listing(desk, path), "503")
    assert Listing(desk, path).order_ids == EVERY


def test_without_a_cache_every_run_asks(desk: Controller) -> None:
    path = source(desk)
    assert [Listing(desk, path).sent for _round in range(2)] == [["list "]] * 2


# -- the key ---------------------------------------------------------------------------------------------------------


def test_a_key_from_the_environment_is_sent_only_to_the_url_of_the_environment(
    desk: Controller, other_sim: Simulator, tmp_path: Path
) -> None:
    env = {"DIGICERT_API_KEY": SECRET_KEY}
    away = Listing(desk, source(desk, api_url=other_sim.api_url), env=env)
    refused(away, "api_url", "DIGICERT_API_KEY")
    assert mentions(away.complaint, "api_key")
    same = Listing(desk, source(desk, api_url=desk.sim.api_url), env=env)
    refused(same, "api_url")
    bundle = tmp_path / "ca.pem"
    bundle.write_text("", encoding="utf-8")
    refused(Listing(desk, source(desk, ca_path=str(bundle)), env=env), "ca_path")
    assert other_sim.journal() == away.requests == same.requests == []

    here = Listing(desk, source(desk), env=env)
    assert here.order_ids == EVERY
    assert {request["key"] for request in here.requests} == {SECRET_KEY}


def test_a_source_with_its_own_key_may_set_the_url(desk: Controller, other_sim: Simulator) -> None:
    path = source(desk, api_key=f" {KEY} ", api_url=other_sim.api_url, status=["pending"])
    listing = Listing(desk, path, env={"DIGICERT_API_KEY": SECRET_KEY})
    assert listing.hosts
    assert listing.requests == []
    assert {request["key"] for request in other_sim.journal()} == {KEY}


def test_a_key_may_be_in_a_vault(desk: Controller) -> None:
    desk.write("password", "hunter2")
    command = [str(Path(sys.executable).with_name("ansible-vault")), "encrypt_string", "--vault-password-file"]
    encrypted = subprocess.run(
        [*command, "password", SECRET_KEY], cwd=desk.desk, env=desk.env, capture_output=True, text=True, check=True
    )
    key = textwrap.indent(encrypted.stdout.strip(), "  ").strip()
    text = f"plugin: {NAME}\napi_url: {desk.sim.api_url}\napi_key: {key}\n"
    path = desk.write("vault.digicert_orders.yml", text)
    env = {"DIGICERT_API_KEY": None, "DIGICERT_API_URL": None}
    listing = Listing(desk, path, "--list", "--vault-password-file", "password", env=env)
    assert listing.order_ids == EVERY
    assert {request["key"] for request in listing.requests} == {SECRET_KEY}
    assert "vault" in Listing(desk, path, env=env).complaint.lower()


def test_a_key_that_may_see_some_orders_sees_those(desk: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK, keys={"sim-emea": {"user": "emea", "container_ids": [2]}}))
    assert Listing(desk, source(desk), env={"DIGICERT_API_KEY": "sim-emea"}).order_ids == [EMEA]


# -- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["environment", "source"])
def test_a_wrong_key_is_reported(desk: Controller, where: str) -> None:
    wrong = f"{SECRET_KEY}-wrong"
    path = source(desk, **({"api_key": wrong} if where == "source" else {}))
    for verbosity in ((), ("-vvvv",)):
        listing = Listing(desk, path, "--list", *verbosity, env={"DIGICERT_API_KEY": wrong})
        assert mentions(listing.complaint, 403, "access_denied_invalid_key")
        assert listing.sent == ["list "]
    failed = Listing(desk, path, env={"DIGICERT_API_KEY": wrong, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"})
    assert failed.rc != 0
    assert "access_denied_invalid_key" in failed.complaint


# The options, and those that the message names.
WRONG: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "no day": ({"expires_before": "soon"}, ("expires_before",)),
    "no time": ({"created_before": "soon"}, ("created_before",)),
    "two limits": (
        {"expires_before": "2026-12-31", "expires_within_days": 3},
        ("expires_before", "expires_within_days"),
    ),
    "days of the past": ({"expires_within_days": -1}, ("expires_within_days",)),
    "no id": ({"container_id": 0}, ("container_id",)),
    "no name": ({"domain": "a b"}, ("domain",)),
    "no rate": ({"rate_limit": "fast"}, ("rate_limit",)),
    "no timeout": ({"timeout": 0}, ("timeout", "1", "3600")),
    "too many retries": ({"retries": 99}, ("retries", "0", "20")),
    "plain http": ({"api_key": KEY, "api_url": "http://example.com/services/v2"}, ("api_url",)),
    "unverified": ({"validate_certs": False, "region": "us"}, ("validate_certs",)),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_options_are_reported_before_any_request(desk: Controller, name: str) -> None:
    config, named = WRONG[name]
    env = {"DIGICERT_API_URL": None} if name == "unverified" else {}
    listing = Listing(desk, source(desk, **config), env=env)
    refused(listing, *named)
    assert mentions(listing.complaint, *named)
    assert listing.requests == []


def test_choices_and_types_are_those_of_ansible(desk: Controller) -> None:
    for config, word in (({"host_per": "certificate"}, "host_per"), ({"timeout": "soon"}, "timeout")):
        listing = Listing(desk, source(desk, **config))
        assert word in listing.complaint
        assert listing.requests == []


def test_a_missing_key_is_reported(desk: Controller) -> None:
    listing = Listing(desk, source(desk), env={"DIGICERT_API_KEY": None})
    refused(listing, "api_key", "DIGICERT_API_KEY")
    assert listing.requests == []


def test_a_source_of_another_name_is_left_to_others(desk: Controller) -> None:
    path = desk.write("other.yml", f"plugin: {NAME}\n")
    ours = (f"[ERROR]: {NAME}: the name of the inventory source {path} must end with", "other.digicert_orders.yml")
    listing = Listing(desk, path)
    assert listing.complaint.startswith(ours[0])
    assert ours[1] in listing.complaint
    # A sentence of ansible-core.
    assert "could not be verified by inventory plugin" in listing.complaint
    assert listing.requests == []
    alone = Listing(desk, path, env={"ANSIBLE_INVENTORY_ENABLED": NAME})
    assert alone.complaint.startswith(ours[0])
    assert ours[1] in alone.complaint
    assert "Failed to parse" not in alone.complaint
    # That nothing was parsed.
    assert alone.complaint.count("[WARNING]") == 1
    assert alone.requests == []
    yaml = desk.write("other.digicert_orders.yaml", json.dumps({"plugin": NAME, "status": ["pending"]}))
    assert Listing(desk, yaml).order_ids == [PENDING]
    assert Listing(desk, yaml, env={"ANSIBLE_INVENTORY_ENABLED": NAME}).order_ids == [PENDING]


def test_with_no_other_plugin_enabled_the_message_of_a_failure_is_the_only_one(desk: Controller) -> None:
    path = source(desk, rate_limit="fast")
    others = re.compile(r"with '?(?:auto|yaml|ini)'? plugin")
    assert others.search(Listing(desk, path).complaint)
    settings = desk.write("only.cfg", f"[inventory]\nenable_plugins = {NAME}\n")
    alone = Listing(desk, path, env={"ANSIBLE_CONFIG": str(settings)})
    refused(alone, "rate_limit")
    assert not others.search(alone.complaint)


# The fault, what the message names, and the number of requests.
BAD_WEATHER: dict[str, tuple[dict[str, Any], tuple[Any, ...], int]] = {
    "503": ({"kind": "status", "status": 503}, (503,), 2),
    "a web page": ({"kind": "html", "status": 200}, ("JSON",), 1),
    "a reset": ({"kind": "reset_after"}, ("connection",), 2),
    "no answer": ({"kind": "hang"}, (1,), 2),
    "too many requests": ({"kind": "status", "status": 429, "headers": {"Retry-After": "0"}}, (429,), 2),
    "a huge answer": ({"kind": "huge_body"}, (64,), 1),
}


@pytest.mark.parametrize("name", BAD_WEATHER)
def test_failures_of_the_service_are_reported(desk: Controller, sim: Simulator, name: str) -> None:
    fault, named, requests = BAD_WEATHER[name]
    sim.fault(**fault, times=-1, path="/order/certificate$")
    listing = Listing(desk, source(desk, retries=1, timeout=1, rate_limit_timeout=2))
    refused(listing)
    assert mentions(listing.complaint, *named)
    assert len(listing.requests) == requests


def test_bad_weather_that_passes_is_waited_out(desk: Controller, sim: Simulator) -> None:
    sim.fault("status", status=503, path="/order/certificate$")
    sim.fault("status", status=429, headers={"Retry-After": "0"}, path="/order/certificate$")
    assert Listing(desk, source(desk)).order_ids == EVERY


@pytest.mark.parametrize("more", [{}, {"details": True}, {"host_per": "domain"}])
def test_more_orders_than_max_orders_are_no_inventory(desk: Controller, more: dict[str, Any]) -> None:
    most = len(EVERY)
    assert Listing(desk, source(desk, max_orders=most, **more)).hosts
    listing = Listing(desk, source(desk, max_orders=most - 1, **more))
    refused(listing, f"max_orders is {most - 1}", "set filters", "increase max_orders")
    # No order was read in full in vain.
    assert listing.sent == ["list "]
    assert len(Listing(desk, source(desk, max_orders=1, status=["pending"], **more)).hosts) == 1


def test_an_empty_account_is_an_empty_inventory(desk: Controller, sim: Simulator) -> None:
    sim.reset(seed())
    for config in ({}, {"host_per": "domain"}):
        listing = Listing(desk, source(desk, **config))
        assert (listing.hosts, listing.sent) == ({}, ["list "])
