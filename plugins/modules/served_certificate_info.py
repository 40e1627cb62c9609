#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: served_certificate_info
short_description: Find out whether certificates are still served
version_added: 0.1.0
description:
  - Connects to names, and compares the serial numbers of the certificates that are served there with those asked for,
    so that no certificate is revoked which somebody still relies on.
  - Every address of a name is looked at. A certificate is served where one of them serves it. Where one of them cannot
    be looked at, it is not known whether it is served, which is no leave to revoke it.
  - Only shakes hands, and sends nothing after that. Certificates are not validated, as one that has expired or is of a
    private authority is served, too.
options:
  names:
    description:
      - The names to connect to, at most 500. All the names that the certificates were ever issued for.
      - A wildcard, and what is not a host name, such as an address, cannot be looked at, so that its verdict is
        V(unknown).
    type: list
    elements: str
    required: true
  serial_numbers:
    description:
      - The serial numbers of the certificates that are looked for, hexadecimal; colons, leading zeros and case do not
        matter. Those of an order are that of its certificate, and of all its duplicates and reissues.
      - Where there are none, the result only tells what is served, and nothing that serves anything is V(not_served).
    type: list
    elements: str
    default: []
  ports:
    description:
      - The ports to connect to on every address.
      - V(25) and V(587) are asked for STARTTLS by SMTP. V(443), V(465), V(636), V(853), V(990), V(993), V(995),
        V(5061) and V(8443) are expected to speak TLS at once. Others are refused.
    type: list
    elements: int
    default: [443]
  timeout:
    description:
      - Seconds that one name may take on one port, 1 to 300, from resolving it to the last handshake. Its addresses
        share them.
    type: int
    default: 10
  workers:
    description:
      - How many names are looked at in parallel, 1 to 32.
    type: int
    default: 8
extends_documentation_fragment:
  - certops.orders._attributes
attributes:
  async:
    details:
      - A list of names is looked at in parallel.
  check_mode:
    support: full
    details:
      - Only looks, so that check mode makes no difference.
  delegation:
    details:
      - Always runs on the controller, so that delegating is refused, except to localhost.
  diff_mode:
    support: N/A
    details:
      - Changes nothing.
  idempotent:
    support: N/A
    details:
      - Changes nothing.
requirements:
  - cryptography (on the controller, where ansible-core brings it)
  - idna (for names in Unicode; requests brings it)
notes:
  - What is seen is what the controller sees. Where it resolves names otherwise than those who use them do, or a
    firewall refuses its connections, V(not_served) is true only from where it stands. A name that it cannot resolve at
    all is V(unresolved).
  - Loopback, link-local, multicast, reserved and unspecified addresses, and those of the metadata services of clouds,
    are never connected to, since whoever owns a name decides where it leads; the verdict is V(unknown). The address
    that is connected to is the one that was checked. Private addresses are connected to.
  - No proxy is used.
  - Each address is connected to twice, as a server with certificates for RSA and for ECDSA keys shows one of them only.
    One that speaks nothing older than TLS 1.3 shows the other one to nobody who cannot say so.
  - Old servers, which speak nothing that the controller's OpenSSL takes for safe, are V(unknown), as are those that do
    not complete a handshake without a certificate of the client's.
seealso:
  - module: certops.orders.digicert_certificate_revoke
  - module: certops.orders.digicert_order_info
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Find out whether a certificate is still in use
  certops.orders.served_certificate_info:
    names:
      - www.example.com
      - shop.example.com
    serial_numbers:
      - "0A1B2C3D4E5F60718293A4B5C6D7E8F9"
  register: probe

- name: Stop here unless it certainly is not
  ansible.builtin.assert:
    that: probe.verdict == 'not_served'
    fail_msg: "{{ probe.results | rejectattr('verdict', 'eq', 'not_served') | map(attribute='reason') | join('; ') }}"

- name: Look at a mail server as well
  certops.orders.served_certificate_info:
    names: [mail.example.com]
    ports: [443, 25, 465, 587, 993]
    serial_numbers: ["0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9"]
    timeout: 20

- name: Tell what is served
  certops.orders.served_certificate_info:
    names: [www.example.com]
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: "2 looked at: 1 served, 1 not_served"
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
      sample: "ports must be of these, at least one: 25, 443"
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

from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError, Stopped
from ansible_collections.certops.orders.plugins.module_utils._common.options import MOST_WORKERS, OptionError, within
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main
from ansible_collections.certops.orders.plugins.module_utils._runtime.workers import pool, signals_stop
from ansible_collections.certops.orders.plugins.module_utils._tls_probe.handshake import Looker
from ansible_collections.certops.orders.plugins.module_utils._tls_probe.verdict import (
    MAX_NAMES,
    SMTP_PORTS,
    UNKNOWN,
    address_refusal,
    host_name,
    judged,
    ports,
    serial,
    summed_up,
    told,
)

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
    """Look at the names; returns the result of the task."""
    names = dict.fromkeys(map(host_name, params["names"]))
    if not 1 <= len(names) <= MAX_NAMES:
        raise OptionError(f"names must be 1 to {MAX_NAMES}")
    sought = {serial(text) for text in params["serial_numbers"]}
    jobs = [(*name, port) for name in names for port in ports(params["ports"])]
    workers = within(params, "workers", 1, MOST_WORKERS)
    looker = Looker(within(params, "timeout", 1, 300), refuse=address_refusal)

    def one(name: str, refusal: str, port: int) -> dict[str, Any]:
        if context.stop:
            raise Stopped(context.stop.reason)
        if refusal:
            return told(name, port, (UNKNOWN, refusal))
        sights = looker.look(name, port, starttls=port in SMTP_PORTS)
        return told(name, port, judged(sights, sought), sights)

    try:
        with signals_stop(context.stop), pool(min(workers, len(jobs))) as work:
            return {"changed": False, **summed_up(work(one, jobs))}
    except Stopped as stopped:
        failure = ApiError(str(stopped), code="stopped").failure()
        return {"changed": False, "failed": True, "msg": str(stopped), "failure": failure}


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
