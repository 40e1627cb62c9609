#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_domain_info
short_description: Gather information about DigiCert CertCentral domains
version_added: 0.1.0
description:
  - Returns the domains of the account, with their validations and the expiry of each validation.
options:
  name:
    description:
      - Only return domains with this name.
    type: str
  include_subdomains:
    description:
      - Whether to also return domains below O(name). Requires O(name).
    type: bool
    default: false
  domain_id:
    description:
      - Only return the domain with this ID. This needs one API request, regardless of the size of the account.
      - Mutually exclusive with O(name) and O(container_id).
    type: int
  container_id:
    description:
      - Only return domains of this container (division).
    type: int
  is_active:
    description:
      - V(true) only returns active domains. V(false) only returns inactive domains.
    type: bool
extends_documentation_fragment:
  - certops.orders._certcentral
  - certops.orders._attributes
  - certops.orders._attributes.actiongroup_digicert
  - certops.orders._attributes.info_module
notes:
  - The module sends one API request for every 1000 domains of the account or container. Consecutive pages overlap by
    one domain.
  - With O(is_active), CertCentral only lists the domains in that state. With O(name) and without O(include_subdomains),
    the module first asks CertCentral to search for the name. If the search finds no domain of this name, the module
    reads the whole list.
seealso:
  - module: certops.orders.digicert_domain
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
# The API key comes from the environment variable DIGICERT_API_KEY if api_key is not set.

- name: List the active domains
  certops.orders.digicert_domain_info:
    is_active: true
  register: account

- name: Show when each validation expires
  ansible.builtin.debug:
    msg: "{{ item.name }} {{ item.validations | map(attribute='validated_until') | join(', ') }}"
  loop: "{{ account.domains }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
msg:
  description: What was found, in one sentence.
  returned: always
  type: str
  sample: 1 domain found
domains:
  description: The domains, in CertCentral's order; none where O(domain_id) does not exist.
  returned: success
  type: list
  elements: dict
  contains:
    domain_id:
      description: The domain.
      type: int
      returned: always
      sample: 4321
    name:
      description: Its name, in lower case.
      type: str
      returned: always
      sample: shop.example.com
    is_active:
      description: Whether it is active, none where CertCentral does not say.
      type: bool
      returned: always
      sample: true
    date_created:
      description: When it was added, ISO 8601 in UTC.
      type: str
      returned: always
      sample: "2026-01-15T08:30:00Z"
    organization_id:
      description: The organization that it belongs to.
      type: int
      returned: always
      sample: 111111
    organization_name:
      description: Its name.
      type: str
      returned: always
      sample: Example Corp
    container_id:
      description: The container (division) that it is in.
      type: int
      returned: always
      sample: 1
    container_name:
      description: Its name.
      type: str
      returned: always
      sample: Example Corp
    validations:
      description: Its validations; C(validated_until) is ISO 8601 in UTC, or empty.
      type: list
      elements: dict
      returned: always
      sample:
        - type: ov
          status: active
          validated_until: "2027-01-15T08:30:00Z"
    dcv_method:
      description: How its control is shown.
      type: str
      returned: always
      sample: dns-txt-token
    dcv_expiration:
      description: The last day, in UTC, for which its control was shown, for each kind of validation.
      type: dict
      returned: always
      sample:
        ov: "2027-01-15"
api:
  description: What it cost.
  returned: when the arguments are valid
  type: dict
  contains:
    requests:
      description: Requests that were sent, retries included.
      type: int
      returned: always
      sample: 3
    retries:
      description: Requests that were repeated.
      type: int
      returned: always
      sample: 0
    waited:
      description: Seconds waited to stay within the rate limit and before retries, added up over the workers.
      type: float
      returned: always
      sample: 0.0
failure:
  description: The first thing that failed, for a program to read.
  returned: when the task fails, except where Ansible finds an option wrong with O(execute_on=target)
  type: dict
  contains:
    http_status:
      description: The HTTP status that CertCentral answered with, none where there was no answer.
      type: int
      returned: always
      sample: 403
    code:
      description: CertCentral's error code, or a word of the collection's own; none where the answer has none.
      type: str
      returned: always
      sample: access_denied|access_denied_invalid_key
    message:
      description: What happened.
      type: str
      returned: always
      sample: CertCentral refused to list domains (HTTP 403, access_denied|access_denied_invalid_key)
    order_id:
      description: The order, none where it concerns no single one.
      type: int
      returned: always
      sample: 123456789
    retries:
      description: How often the request was repeated.
      type: int
      returned: always
      sample: 0
    waited:
      description: Seconds waited before it was repeated.
      type: float
      returned: always
      sample: 0.0
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._certcentral import connect
from ansible_collections.certops.orders.plugins.module_utils._certcentral_select import covers
from ansible_collections.certops.orders.plugins.module_utils._errors import NotFound
from ansible_collections.certops.orders.plugins.module_utils._info import told_info, until_stopped, warned
from ansible_collections.certops.orders.plugins.module_utils._module import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._options import (
    CERTCENTRAL_OPTIONS,
    EXECUTE_ON,
    OptionError,
    domain_names,
    ids,
)
from ansible_collections.certops.orders.plugins.module_utils._orders import plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ansible_collections.certops.orders.plugins.module_utils._certcentral import CertCentral
    from ansible_collections.certops.orders.plugins.module_utils._certcentral_objects import Domain
    from ansible_collections.certops.orders.plugins.module_utils._http import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        **CERTCENTRAL_OPTIONS,
        **EXECUTE_ON,
        "name": {"type": "str"},
        "include_subdomains": {"type": "bool", "default": False},
        "domain_id": {"type": "int"},
        "container_id": {"type": "int"},
        "is_active": {"type": "bool"},
    },
    "mutually_exclusive": [("domain_id", "name"), ("domain_id", "container_id")],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """List the domains asked for; returns the result of the task."""
    name = domain_names(params, "name", "")[0] if params["name"] is not None else ""
    if params["include_subdomains"] and not name:
        raise OptionError("include_subdomains needs name: set the domain whose subdomains are meant")
    if params["domain_id"] is not None:
        ids(params, "domain_id", "")
    with connect(params, context, writes=False) as certcentral:

        def gather(_work: Any) -> dict[str, Any]:
            # A search that finds nothing may only be another one than we take it for: the whole list tells. How it
            # takes the two spellings of an international name is not known.
            is_searched = name and "xn--" not in name and not params["include_subdomains"]
            searches = [name, ""] if is_searched else [""]
            meant: list[dict[str, Any]] = []
            while searches and not meant:
                domains = until_stopped(_asked(certcentral, params, searches.pop(0)), context.stop)
                meant = [domain.shown() for domain in domains if _is_meant(domain, name, params)]
            return warned({"msg": f"{plural(len(meant), 'domain')} found", "domains": meant}, certcentral.warnings)

        return told_info(context, certcentral.transport, gather)


def _asked(certcentral: CertCentral, params: Mapping[str, Any], search: str) -> Iterable[Domain]:
    if params["domain_id"] is None:
        return certcentral.domains(params["container_id"], is_active=params["is_active"], search=search)
    try:
        return [certcentral.domain(params["domain_id"])]
    except NotFound:
        return []


def _is_meant(domain: Domain, name: str, params: Mapping[str, Any]) -> bool:
    if name and not covers((domain.name,), name, params["include_subdomains"]):
        return False
    if params["container_id"] is not None and domain.container and domain.container.id != params["container_id"]:
        return False
    return params["is_active"] in (None, domain.is_active)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
