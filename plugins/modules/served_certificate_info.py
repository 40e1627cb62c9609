#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: served_certificate_info
short_description: Gather information about certificates that are served
version_added: 0.9.0
description:
  - Connects to names, and compares the serial numbers of the certificates that are served with O(serial_numbers). Use
    this module before a revocation, to make sure that no server uses the certificate any more.
  - The module connects to every address of a name. A certificate is V(served) if at least one address serves it. If the
    module cannot read the certificates of an address, and no other address serves the certificate, the verdict is
    V(unknown). Do not revoke a certificate with the verdict V(unknown).
  - The module makes a TLS handshake and sends no application data. It does not validate the certificates, so that it
    also finds certificates that have expired, or that a private certificate authority has issued.
options:
  names:
    description:
      - The names to connect to, at most 500. To check an order, list all names that its certificates were issued for.
      - The module cannot connect to a wildcard, or to a name that is not a host name, such as an IP address. The
        verdict for such a name is V(unknown).
    type: list
    elements: str
    required: true
  serial_numbers:
    description:
      - The serial numbers of the certificates to look for, in hexadecimal digits. Colons, leading zeros and case do not
        matter. To check an order, list the serial numbers of its certificate, and of all its duplicates and reissues.
      - If the list is empty, the result contains the certificates that are served, and a name that serves a certificate
        never has the verdict V(not_served).
    type: list
    elements: str
    default: []
  ports:
    description:
      - The ports to connect to on every address.
      - On V(25) and V(587), the module uses SMTP with STARTTLS. On V(443), V(465), V(636), V(853), V(990), V(993),
        V(995), V(5061) and V(8443), it expects TLS from the first byte. Other ports are refused.
    type: list
    elements: int
    default: [443]
  timeout:
    description:
      - Maximum time in seconds for one name on one port, from resolving the name to the last handshake. All addresses
        of the name share this time.
      - The value must be between 1 and 300.
    type: int
    default: 10
  workers:
    description:
      - Maximum number of names to connect to in parallel.
      - The value must be between 1 and 32.
    type: int
    default: 8
extends_documentation_fragment:
  - certops.orders._attributes
  - certops.orders._attributes.info_module
attributes:
  async:
    details:
      - The module connects to the names of a list in parallel. Use a list instead of C(async).
  delegation:
    details:
      - The module always runs on the controller. Delegation to a host other than localhost is refused.
requirements:
  - cryptography (on the controller, where ansible-core installs it)
  - idna (on the controller, only for Unicode names, the Python library requests installs it)
notes:
  - The result shows what the controller can see. If the controller resolves names differently from the users of the
    names, or if a firewall refuses its connections, V(not_served) is valid only for the controller. If the controller
    cannot resolve a name at all, the verdict is V(unresolved).
  - The module never connects to loopback, link-local, multicast, reserved and unspecified addresses, or to the
    addresses of cloud metadata services, because the owner of a name controls its addresses. The verdict for such an
    address is V(unknown). The module connects to private addresses. It connects to exactly the address that it has
    checked.
  - The module does not use a proxy.
  - The module connects to at most 16 addresses of a name. If a name has more addresses, it can only be V(served) or
    V(unknown).
  - The module connects to each address twice, because a server that has a certificate for an RSA key and another one
    for an ECDSA key serves only one of them on a connection. If a server supports only TLS 1.3, the module cannot ask
    for the second certificate.
  - The verdict is V(unknown) for servers with old protocol versions that OpenSSL on the controller does not allow, and
    for servers that do not complete a handshake without a client certificate.
seealso:
  - module: certops.orders.digicert_certificate_revoke
  - module: certops.orders.digicert_order_info
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Check whether a certificate is still served
  certops.orders.served_certificate_info:
    names:
      - www.example.com
      - shop.example.com
    serial_numbers:
      - "0A1B2C3D4E5F60718293A4B5C6D7E8F9"
  register: probe

- name: Stop unless the certificate is not served
  ansible.builtin.assert:
    that: probe.verdict == 'not_served'
    fail_msg: "{{ probe.results | rejectattr('verdict', 'eq', 'not_served') | map(attribute='reason') | join('; ') }}"

- name: Check the mail ports as well
  certops.orders.served_certificate_info:
    names: [mail.example.com]
    ports: [443, 25, 465, 587, 993]
    serial_numbers: ["0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9"]
    timeout: 20

- name: List the certificates that are served
  certops.orders.served_certificate_info:
    names: [www.example.com]
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: "2 checks: 1 served, 1 not_served"
verdict:
  description:
    - V(served) if one of the certificates is served under any of the names.
    - Otherwise V(unknown) if the check of any name has no definite result.
    - Otherwise V(unresolved) if any name does not resolve on the controller.
    - Otherwise V(not_served). Only with this verdict is it safe to revoke the certificates.
  returned: success
  type: str
  sample: served
results:
  description: The result for each name and port, in the order of O(names).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name, as used in DNS (A-label).
      type: str
      returned: always
      sample: www.example.com
    port:
      description: The port.
      type: int
      returned: always
      sample: 443
    verdict:
      description:
        - V(served) if an address serves one of the certificates.
        - V(unresolved) if the resolver of the controller reports that the name does not exist or has no address. With
          split DNS, the name can still be in use where other resolvers know it.
        - V(not_served) if every address refuses the connection or serves another certificate.
        - V(unknown) in all other cases, for example after a temporary resolver error, a timeout, or a failed handshake.
      type: str
      returned: always
      sample: served
    reason:
      description: A short reason for the verdict.
      type: str
      returned: always
      sample: 192.0.2.7 serves A1B2C3D4E5F60718293A4B5C6D7E8F9
    serial_numbers:
      description: Serial numbers of the certificates that are served, in hexadecimal without leading zeros, sorted.
      type: list
      elements: str
      returned: always
      sample: [A1B2C3D4E5F60718293A4B5C6D7E8F9]
    addresses:
      description: IP addresses of the name, including those that were not connected to.
      type: list
      elements: str
      returned: always
      sample: ["192.0.2.7", "2001:db8::7"]
failure:
  description: Details of the error.
  returned: when the task fails
  type: dict
  contains:
    http_status:
      description: Always V(none).
      type: int
      returned: always
      sample: null
    code:
      description: V(invalid_option), V(library_missing), or V(stopped) after a signal.
      type: str
      returned: always
      sample: invalid_option
    message:
      description: The error message.
      type: str
      returned: always
      sample: "timeout must be between 1 and 300"
    order_id:
      description: Always V(none).
      type: int
      returned: always
      sample: null
    retries:
      description: Always V(0).
      type: int
      returned: always
      sample: 0
    waited:
      description: Always V(0).
      type: float
      returned: always
      sample: 0.0
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._common.options import MOST_WORKERS, within
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._runtime.workers import signals_stop
from ansible_collections.certops.orders.plugins.module_utils._tls_probe.probe import probe

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        "names": {"type": "list", "elements": "str", "required": True},
        "serial_numbers": {"type": "list", "elements": "str", "default": []},
        "ports": {"type": "list", "elements": "int", "default": [443]},
        "timeout": {"type": "int", "default": 10},
        "workers": {"type": "int", "default": 8},
    },
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Probe the names; returns the result of the task."""
    workers, timeout = within(params, "workers", 1, MOST_WORKERS), within(params, "timeout", 1, 300)
    with signals_stop(context.stop):
        found = probe(
            params["names"],
            params["ports"],
            params["serial_numbers"],
            timeout=timeout,
            workers=workers,
            stop=context.stop,
        )
    return {"changed": False, **found}


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
