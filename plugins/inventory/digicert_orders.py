# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: digicert_orders
short_description: DigiCert CertCentral orders as inventory
version_added: 0.9.0
description:
  - Creates a host for every CertCentral order, or for every domain that the orders cover. The host variables contain
    the data of the orders.
  - The name of the inventory source must end with C(digicert_orders.yml) or C(digicert_orders.yaml).
  - Ansible does not evaluate a value from CertCentral that looks like a template. Texts of letters of any script,
    digits, spaces and C(_.:@/+,-&!?;) are plain texts, also where AWX shows them. The plugin marks each text with
    another ASCII character as unsafe, such as a parenthesis, a bracket, a brace or a straight quote, because an
    expression could use it.
  - Names that are not strict host names do not become hosts. The plugin never sets C(ansible_host).
options:
  plugin:
    description:
      - The name of this plugin.
    type: str
    required: true
    choices: [certops.orders.digicert_orders]
  host_per:
    description:
      - V(order) creates a host for every order, with a name such as C(order-123456789). Its variables are the values
        that M(certops.orders.digicert_order_info) returns, with the prefix C(digicert_), such as C(digicert_status) and
        C(digicert_domains).
      - V(domain) creates a host for every name that the orders cover. C(digicert_orders) is a list of the orders that
        cover the name, in the form that M(certops.orders.digicert_order_info) returns. C(digicert_order_ids) is the
        list of their IDs. Names that are not strict host names, such as wildcards, do not become hosts. The variable
        C(digicert_skipped_names) of the group C(all) contains the number of these names.
    type: str
    choices: [order, domain]
    default: order
  details:
    description:
      - Whether to read every order in full, with its requests, notes and renewal settings. This needs one API request
        for each order.
    type: bool
    default: false
  include_origin:
    description:
      - Whether to find out which orders were migrated from a legacy console. The variables of an order then contain the
        answer.
    type: bool
    default: false
  max_orders:
    description:
      - The maximum number of orders. If more orders match the filters, the source fails with an error, and creates no
        hosts. So a play never takes some of the orders for all of them.
      - Set filters to get fewer orders, or increase the value. Ansible needs about 11 KB of memory and half a
        millisecond for each order.
    type: int
    default: 10000
extends_documentation_fragment:
  - certops.orders._certcentral_inventory
  - certops.orders._order_filters
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
notes:
  - If a source fails, Ansible also shows why the plugins for other formats did not accept the file. The first message
    is the one of this plugin. With C(enable_plugins=certops.orders.digicert_orders) in the section C(inventory) of
    C(ansible.cfg), it is the only one. Use this setting only if all inventories of the run are sources of this plugin,
    because Ansible then reads no other format.
  - With C(any_unparsed_is_failed=true) in the same section, the run fails if a source fails.
  - Without filters, the inventory has every order that the key can read. An account with more than 10,000 orders needs
    filters or a larger O(max_orders).
seealso:
  - module: certops.orders.digicert_order_info
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# my.digicert_orders.yml, with the API key in the environment variable DIGICERT_API_KEY.
# The orders that expire within 60 days, grouped by product and container.
plugin: certops.orders.digicert_orders
status: [issued]
expires_within_days: 60
is_renewed: false
keyed_groups:
  - key: digicert_product_name_id
    prefix: product
  - key: digicert_container_name
    prefix: container
groups:
  urgent: digicert_days_remaining < 14
compose:
  owner: digicert_organization_name

# ansible.cfg: show only the messages of this plugin. Ansible then reads no inventories in other formats.
# [inventory]
# enable_plugins = certops.orders.digicert_orders

# domains.digicert_orders.yml
# A host for example.com and every name below it, with a cache that is valid for one hour.
# plugin: certops.orders.digicert_orders
# host_per: domain
# domain: example.com
# include_subdomains: true
# status: [issued, pending]
# groups:
#   several_orders: digicert_orders | length > 1
# cache: true
# cache_plugin: ansible.builtin.jsonfile
# cache_connection: ~/.cache/certops
# cache_timeout: 3600
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timezone
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from ansible import constants, template
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import connect
from ansible_collections.certops.orders.plugins.module_utils._certcentral.filters import criteria
from ansible_collections.certops.orders.plugins.module_utils._certcentral.search import Finder, found, without_page
from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError, LibraryMissing, Stopped
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    CERTCENTRAL_OPTIONS,
    ORDER_FILTERS,
    OptionError,
)
from ansible_collections.certops.orders.plugins.module_utils._common.text import scrub
from ansible_collections.certops.orders.plugins.module_utils._runtime.observers import ReadProgress
from ansible_collections.certops.orders.plugins.module_utils._runtime.workers import pool, signals_stop
from ansible_collections.certops.orders.plugins.plugin_utils._masking import mask

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import Order

# A fully qualified host name by RFC 1123. Only such a name from CertCentral becomes the name of a host; an IP address
# and "localhost" do not match.
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"(?=.{{4,253}}\Z)(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}", re.ASCII)
_WORKERS = 8
# ansible-core before 2.19 does not know trust: it takes every text for a template that is not marked as unsafe.
_PLAIN: Callable[[str], str] = getattr(template, "trust_as_template", str)
_FILE_NAMES = ("digicert_orders.yml", "digicert_orders.yaml")
# Orders have few different statuses, products, organizations and days. What is made of them is kept and shared.
_shared = lru_cache(maxsize=4096)
# A text that does nothing, even if a task makes an expression of it: it has no call, filter, string, list or power.
# Jinja has no operator with &, ! without =, ?, ; or a character outside ASCII. Letters of any script are names to it.
_HARMLESS = re.compile(r"(?:\*\.)?[A-Za-z0-9_.:@/+,&!?; \x80-\U0010ffff-]*")
# The setting that makes a file an inventory source of this plugin, at the beginning of a line.
_SETTING = re.compile(rf"^plugin:\s*['\"]?{re.escape('certops.orders.digicert_orders')}\b", re.MULTILINE)
_MOST_READ = 65536
# The options that have a default in the environment.
_FROM_ENVIRONMENT = ("api_key", "api_url", "ca_path", "rate_limit")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "certops.orders.digicert_orders"

    def verify_file(self, path: str) -> bool:
        if not super().verify_file(path):
            return False
        if path.endswith(_FILE_NAMES):
            return True
        if _names_this_plugin(path):
            # What ansible-core itself says of such a file does not tell what to do.
            new_name = f"{Path(path).stem}.{_FILE_NAMES[0]}"
            self.display.error(
                f"{self.NAME}: the name of the inventory source {path} must end with {' or '.join(_FILE_NAMES)}: "
                f"rename it, for example to {new_name}"
            )
        return False

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        unknown = sorted(set(config) - set(self._options))
        if unknown:
            # Without this check, a misspelled filter would have no effect: the inventory would contain every order.
            raise AnsibleParserError(f"{self.NAME}: unknown option: {', '.join(map(str, unknown))}")
        # A copy, which it empties: the cache can still need the list.
        self._populate(list(self._orders(config, path, cache)))

    def _orders(self, config: Mapping[str, Any], path: str, cache: bool) -> list[dict[str, Any]]:
        """The orders as digicert_order_info returns them, from the cache if that is enabled and valid."""
        wanted = self.get_option("cache")
        # The cache key depends on the options, the account and the address, as a digest, which contains no secret.
        values = {name: str(value) for name, value in config.items()}
        environment = [os.environ.get(name) for name in ("DIGICERT_API_KEY", "DIGICERT_API_URL")]
        identity = json.dumps([values, environment], sort_keys=True)
        key = f"{self.get_cache_key(path)}_{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
        if wanted and cache and key in self._cache:
            cached: list[dict[str, Any]] = self._cache[key]
            return cached
        orders = self._fetch(config)
        if wanted:
            self._cache[key] = orders
        return orders

    def _fetch(self, config: Mapping[str, Any]) -> list[dict[str, Any]]:
        context = Context(environ=os.environ, state_dir=constants.DEFAULT_LOCAL_TMP, notify=self.display.v)
        try:
            params = self._params(config)
            now = datetime.now(timezone.utc)
            wanted = criteria(params, now)
            with (
                connect(params, context, writes=False) as certcentral,
                signals_stop(context.stop),
                pool(_WORKERS) as work,
            ):
                find = partial(Finder, certcentral, work, context.stop, progress=ReadProgress(context.notify))
                rows, pages = find(include_origin=self.get_option("include_origin")), find(details=True)
                matching: Iterable[Order] = _at_most(self.get_option("max_orders"), rows.matching(wanted))
                if self.get_option("details"):
                    # Not before the number of orders is known, as this takes a request for each of them.
                    matching = pages.select(list(matching), wanted)
                result = found(matching, now.date())
                orders: list[dict[str, Any]] = result["orders"]
            warnings = [*certcentral.warnings, *result.get("warnings", [])]
            self._warn([*rows.missing, *pages.missing], warnings, context.secrets)
            return orders
        except (OptionError, ApiError, Stopped) as error:
            raise AnsibleParserError(scrub(f"{self.NAME}: {error}", context.secrets)) from None
        except LibraryMissing as error:
            raise AnsibleParserError(f"{self.NAME}: {error.message}") from None
        finally:
            mask(context.secrets)

    def _warn(self, missing: list[int], warnings: list[str], secrets: list[str]) -> None:
        """Show warnings, also about orders that the inventory lacks: these are not an error."""
        lacking = [without_page(missing)] if missing else []
        for warning in [*lacking, *warnings]:
            self.display.warning(scrub(f"{self.NAME}: {warning}", secrets))

    def _params(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The options as a module gets them: those that the source does not set are left to the environment."""
        if self.get_option("max_orders") < 1:
            raise OptionError("max_orders must be positive")
        params = {name: self.get_option(name) for name in (*CERTCENTRAL_OPTIONS, *ORDER_FILTERS)}
        params.update(dict.fromkeys(name for name in _FROM_ENVIRONMENT if name not in config))
        # ansible-core before 2.19 passes on an inline !vault value encrypted; str() decrypts it.
        return {**params, "api_key": str(params["api_key"]) if params["api_key"] else None}

    def _populate(self, orders: list[dict[str, Any]]) -> None:
        """Add the hosts of the orders, and empty the list."""
        self._constructed = {name: self.get_option(name) for name in ("compose", "groups", "keyed_groups", "strict")}
        today = datetime.now(timezone.utc).date()
        fresh = (_inert(_on(today, order)) for order in _released(orders))
        if self.get_option("host_per") == "order":
            for order in fresh:
                self._add(f"order-{order['order_id']}", {_variable(name): value for name, value in order.items()})
            return
        skipped = set()
        for name, several in _by_domain(fresh):
            if _HOST.fullmatch(name):
                ids = [order["order_id"] for order in several]
                self._add(name, {"digicert_orders": several, "digicert_order_ids": ids})
            else:
                skipped.add(name)
        self.inventory.set_variable("all", "digicert_skipped_names", len(skipped))
        self.display.v(f"{self.NAME}: {len(skipped)} names were left out, because they are not valid host names")

    def _add(self, host: str, variables: dict[str, Any]) -> None:
        """Add a host. variables: inert."""
        self.inventory.add_host(host)
        # Not with set_variable for each of them: from ansible-core 2.19 on, it copies every text to note its origin,
        # which takes most of the time and memory for a large account.
        self.inventory.hosts[host].vars.update(variables)
        options = self._constructed
        self._set_composite_vars(options["compose"], variables, host, strict=options["strict"])
        self._add_host_to_composed_groups(options["groups"], variables, host, strict=options["strict"])
        self._add_host_to_keyed_groups(options["keyed_groups"], variables, host, strict=options["strict"])


def _names_this_plugin(path: str) -> bool:
    """Whether a file is an inventory source of this plugin, whatever its name is. Never fails."""
    if not path.endswith((".yml", ".yaml")):
        return False
    try:
        with Path(path).open(encoding="utf-8") as file:
            return bool(_SETTING.search(file.read(_MOST_READ)))
    except (OSError, UnicodeDecodeError):
        return False


def _inert(value: Any) -> Any:
    """A value in which Ansible evaluates nothing: each text that could do something is unsafe, or not trusted.

    A template needs a brace. But a task can put a text into a condition, which ansible-core before 2.19 evaluates once
    more: without the mark, a quote in the name of an organization would end the string there. AWX keeps and shows the
    mark, as a dictionary, so all other texts are plain: those that are trusted, from ansible-core 2.19 on.
    """
    # Texts first, because there are most of them.
    if isinstance(value, str):
        return _inert_text(value)
    if isinstance(value, list):
        return [_inert(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _inert(one) for name, one in value.items()}
    return value


@_shared
def _inert_text(text: str) -> str:
    return _PLAIN(text) if _HARMLESS.fullmatch(text) else _unsafe(text)


@_shared
def _variable(name: str) -> str:
    """The name of the variable with a value of an order."""
    return f"digicert_{name}"


def _unsafe(text: str) -> str:
    if _PLAIN is not str:
        # It has no mark of trust. ansible-core 2.23 is to deprecate wrap_var.
        return text
    from ansible.utils.unsafe_proxy import wrap_var

    marked: str = wrap_var(text)
    return marked


def _at_most(most: int, orders: Iterable[Order]) -> Iterator[Order]:
    """The orders. Raises OptionError at the first one that is more than max_orders permits."""
    for number, order in enumerate(orders, start=1):
        if number > most:
            raise OptionError(
                f"more than {most} orders match, and max_orders is {most}, so this source creates no hosts: set "
                "filters such as status or expires_within_days, or increase max_orders"
            )
        yield order


def _released(orders: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The orders, which leave the list one by one, so that each can be freed when its host has been made."""
    orders.reverse()
    while orders:
        yield orders.pop()


def _on(today: date, order: dict[str, Any]) -> dict[str, Any]:
    """An order with days_remaining as of today, as the order can come from the cache."""
    till = order["valid_till"]
    return {**order, "days_remaining": (date.fromisoformat(till) - today).days if till else None}


def _by_domain(orders: Iterable[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each domain name with the orders that cover it, sorted by name."""
    names: dict[str, list[dict[str, Any]]] = {}
    for order in orders:
        for name in order["domains"]:
            # A dictionary for each host: YAML would show a shared one as an anchor.
            names.setdefault(name, []).append({**order})
    yield from sorted(names.items())
