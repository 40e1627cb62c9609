# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The API key of CertCentral.
      - Taken from E(DIGICERT_API_KEY) where not set. White space around it is removed.
      - A key from the environment goes only to a built-in O(region), or to E(DIGICERT_API_URL) of the same environment.
        What a task's C(environment) sets does not lead the key of the process away.
    type: str
  region:
    description:
      - Which instance of CertCentral the account is on.
    type: str
    choices: [us, eu]
    default: us
  api_url:
    description:
      - The base URL of the service, for a simulator or a gateway, such as
        V(https://gateway.example.com/services/v2). Overrides O(region).
      - Taken from E(DIGICERT_API_URL) where not set. Set on the task it needs O(api_key) on the task as well.
      - Plain http is accepted for a loopback address only.
    type: str
  validate_certs:
    description:
      - Whether the service's TLS certificate must verify.
      - V(false) is refused by modules that can change anything, except for a loopback address without a proxy, and
        with a key from the environment. Use O(ca_path) instead.
    type: bool
    default: true
  ca_path:
    description:
      - A file or folder of CA certificates to trust instead of those that C(requests) brings.
      - Taken from E(REQUESTS_CA_BUNDLE) or E(CURL_CA_BUNDLE) where not set. Set on the task it needs O(api_key) on
        the task as well.
    type: path
  timeout:
    description:
      - Seconds that one request may take, from connecting to the last byte of the answer, 1 to 3600. Looking up the
        host's name is not counted.
    type: int
    default: 30
  retries:
    description:
      - How often a request is repeated that failed in a way which passes, with growing and jittered pauses, 0 to
        20 times.
      - After a change whose answer was lost, the order is read again, after as many growing waits and one more, which
        take 15 s at most in all for up to 100 orders. The change is repeated only where such a read does not show it,
        and a note or a request to revoke never is. What no read shows is C(unknown), as it may still take effect.
    type: int
    default: 3
  rate_limit:
    description:
      - The rate limits to stay within, as requests/seconds, several separated by commas, or V(none).
      - Shared by all forks of a run. Taken from E(DIGICERT_RATE_LIMIT) where not set, else CertCentral's own limits,
        V(100/5, 1000/180).
    type: str
  rate_limit_timeout:
    description:
      - Seconds to wait at most, for each order, when CertCentral answers that there are too many requests.
      - Waiting to stay within O(rate_limit) does not count.
    type: int
    default: 300
  execute_on:
    description:
      - V(controller) runs inside the controller process. The API key does not leave it, and C(requests) is needed
        there only. C(become) has no effect then, and C(delegate_to) another host is refused.
      - V(target) runs the module on the task's host, for a site whose only way out is a certain host. The key is
        sent to that host, so O(api_key) has to be set on the task, and C(requests) is needed there.
      - Where Ansible is stopped, a run on V(controller) sends no further change; one on V(target) sends none once the
        connection to the host has ended, which C(ssh) may keep open until the run is over.
    type: str
    choices: [controller, target]
    default: controller
requirements:
  - requests (where the task runs, see O(execute_on))
notes:
  - E(DIGICERT_READ_ONLY) set to C(1) in the environment makes every change fail before it is sent.
  - Proxies are taken from E(HTTPS_PROXY) and E(NO_PROXY). C(.netrc) is not read and redirects are not followed.
"""
