#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: digicert_domain_info
short_description: Gather information about DigiCert CertCentral domains
version_added: 0.9.0
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
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: 1 domain found
domains:
  description: The domains, in the order of CertCentral. Empty if the domain O(domain_id) does not exist.
  returned: success
  type: list
  elements: dict
  contains:
    domain_id:
      description: ID of the domain.
      type: int
      returned: always
      sample: 4321
    name:
      description: Name of the domain, in lower case.
      type: str
      returned: always
      sample: shop.example.com
    is_active:
      description: Whether the domain is active. V(none) if CertCentral does not return it.
      type: bool
      returned: always
      sample: true
    date_created:
      description: Time at which the domain was added, in ISO 8601 format and UTC.
      type: str
      returned: always
      sample: "2026-01-15T08:30:00Z"
    organization_id:
      description: ID of the organization that the domain belongs to.
      type: int
      returned: always
      sample: 111111
    organization_name:
      description: Name of the organization.
      type: str
      returned: always
      sample: Example Corp
    container_id:
      description: ID of the container (division) that the domain is in.
      type: int
      returned: always
      sample: 1
    container_name:
      description: Name of the container.
      type: str
      returned: always
      sample: Example Corp
    validations:
      description:
        - Validations of the domain.
        - C(validated_until) is a time in ISO 8601 format and UTC, or empty.
      type: list
      elements: dict
      returned: always
      sample:
        - type: ov
          status: active
          validated_until: "2027-01-15T08:30:00Z"
    dcv_method:
      description: Method of the domain control validation.
      type: str
      returned: always
      sample: dns-txt-token
    dcv_expiration:
      description: For each validation type, the last day in UTC on which the domain control validation is valid.
      type: dict
      returned: always
      sample:
        ov: "2027-01-15"
api:
  description: Statistics about the requests to the service.
  returned: when the arguments are valid
  type: dict
  contains:
    requests:
      description: Number of requests that were sent, including retries.
      type: int
      returned: always
      sample: 3
    retries:
      description: Number of retries.
      type: int
      returned: always
      sample: 0
    waited:
      description: Time in seconds spent waiting for the rate limit and before retries, summed over all workers.
      type: float
      returned: always
      sample: 0.0
failure:
  description: Details of the first error.
  returned: when the task fails, except when Ansible rejects an option with O(execute_on=target)
  type: dict
  contains:
    http_status:
      description: HTTP status code of the response. V(none) if there was no response.
      type: int
      returned: always
      sample: 403
    code:
      description:
        - Error code of CertCentral, or one of this collection if CertCentral was not the cause.
        - V(none) if the response has no error code.
      type: str
      returned: always
      sample: access_denied|access_denied_invalid_key
    message:
      description: The error message.
      type: str
      returned: always
      sample: CertCentral refused to list domains (HTTP 403, access_denied|access_denied_invalid_key)
    order_id:
      description: ID of the order. V(none) if the error does not concern a single order.
      type: int
      returned: always
      sample: 123456789
    retries:
      description: Number of retries of the request.
      type: int
      returned: always
      sample: 0
    waited:
      description: Time in seconds spent waiting before the retries.
      type: float
      returned: always
      sample: 0.0
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import connect
from ansible_collections.certops.orders.plugins.module_utils._certcentral.filters import covers
from ansible_collections.certops.orders.plugins.module_utils._common.errors import NotFound
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    CERTCENTRAL_OPTIONS,
    EXECUTE_ON,
    OptionError,
    domain_names,
    ids,
)
from ansible_collections.certops.orders.plugins.module_utils._common.text import plural
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._runtime.info_runner import (
    info_result,
    until_stopped,
    warned,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import CertCentral
    from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import Domain
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

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
    """List the domains; returns the result of the task."""
    name = domain_names(params, "name", "")[0] if params["name"] is not None else ""
    if params["include_subdomains"] and not name:
        raise OptionError("include_subdomains requires name: set name to the parent of the subdomains")
    if params["domain_id"] is not None:
        ids(params, "domain_id", "")
    with connect(params, context, writes=False) as certcentral:

        def gather(_work: Any) -> dict[str, Any]:
            # It is not known how the search of the service works in detail, so a search without a result is followed by
            # a read of the whole list. The search is not used for international names, which have two spellings.
            is_searched = name and "xn--" not in name and not params["include_subdomains"]
            searches = [name, ""] if is_searched else [""]
            selected: list[dict[str, Any]] = []
            while searches and not selected:
                domains = until_stopped(_fetched(certcentral, params, searches.pop(0)), context.stop)
                selected = [domain.shown() for domain in domains if _is_selected(domain, name, params)]
            return warned(
                {"msg": f"{plural(len(selected), 'domain')} found", "domains": selected}, certcentral.warnings
            )

        return info_result(context, certcentral.transport, gather)


def _fetched(certcentral: CertCentral, params: Mapping[str, Any], search: str) -> Iterable[Domain]:
    if params["domain_id"] is None:
        return certcentral.domains(params["container_id"], is_active=params["is_active"], search=search)
    try:
        return [certcentral.domain(params["domain_id"])]
    except NotFound:
        return []


def _is_selected(domain: Domain, name: str, params: Mapping[str, Any]) -> bool:
    if name and not covers((domain.name,), name, params["include_subdomains"]):
        return False
    if params["container_id"] is not None and domain.container and domain.container.id != params["container_id"]:
        return False
    return params["is_active"] in (None, domain.is_active)


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
