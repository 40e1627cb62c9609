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
      - The CertCentral API key. Leading and trailing white space is removed.
      - If this option is not set, the module uses the value of E(DIGICERT_API_KEY).
      - An API key from the environment is sent only to a built-in O(region), or to the address in E(DIGICERT_API_URL)
        of the same environment. The C(environment) keyword of a task cannot redirect an API key that comes from the
        environment of the Ansible process.
    type: str
  region:
    description:
      - The CertCentral instance that hosts the account.
    type: str
    choices: [us, eu]
    default: us
  api_url:
    description:
      - The base URL of the service, for example V(https://gateway.example.com/services/v2). Use it for a simulator or a
        gateway. It overrides O(region).
      - If this option is not set, the module uses the value of E(DIGICERT_API_URL).
      - If you set this option on the task, set O(api_key) on the task as well.
      - Plain HTTP is accepted only for a loopback address.
    type: str
  validate_certs:
    description:
      - Whether to validate the TLS certificate of the service.
      - V(false) is always accepted for a loopback address that is reached without a proxy. For any other address,
        modules that can make changes refuse V(false), and all modules refuse V(false) if the API key comes from the
        environment. Use O(ca_path) instead.
    type: bool
    default: true
  ca_path:
    description:
      - Path of a file or directory with the CA certificates to trust. They replace the CA certificates that the Python
        library requests uses by default.
      - If this option is not set, the module uses the value of E(REQUESTS_CA_BUNDLE) or E(CURL_CA_BUNDLE).
      - If you set this option on the task, set O(api_key) on the task as well.
    type: path
  timeout:
    description:
      - Maximum duration of one API request in seconds, from connecting to receiving the last byte of the response. The
        resolution of the host name does not count.
      - The value must be between 1 and 3600.
    type: int
    default: 30
  retries:
    description:
      - How often to repeat an API request that failed with a transient error. The pauses between attempts grow and have
        a random part.
      - The value must be between 0 and 20.
      - If the response to a change is lost, the module waits and reads the order again, at most O(retries) plus one
        times. These waits grow, and take at most 15 seconds in total for up to 100 orders. The module sends the change
        again only if such a read does not show it. The module never sends a note or a revocation request again.
      - If no read shows the change, the outcome is V(unknown), because the change can still take effect.
    type: int
    default: 3
  rate_limit:
    description:
      - The rate limits to stay within, as C(requests/seconds). Separate several limits by commas. V(none) turns off
        rate limiting.
      - All forks of a run share the limits.
      - If this option is not set, the module uses the value of E(DIGICERT_RATE_LIMIT). If that is not set either, it
        uses CertCentral's own limits, V(100/5, 1000/180).
    type: str
  rate_limit_timeout:
    description:
      - Maximum time in seconds to wait, for each order, when CertCentral answers that there are too many API requests
        (HTTP status 429).
      - Waiting to stay within O(rate_limit) does not count.
    type: int
    default: 300
  execute_on:
    description:
      - V(controller) runs the module inside the controller process. The API key does not leave the controller, and the
        Python library requests is needed only there. C(become) has no effect. Delegation to another host is refused.
      - V(target) runs the module on the host of the task. Use it if the service can be reached only from that host. The
        API key is sent to that host, so set O(api_key) on the task. The Python library requests is needed on that host.
      - If Ansible is stopped, a run with V(controller) sends no further change. A run with V(target) sends no further
        change after its connection to the host has ended. SSH can keep that connection open until the run is complete.
    type: str
    choices: [controller, target]
    default: controller
requirements:
  - requests (where the module runs, see O(execute_on))
notes:
  - If E(DIGICERT_READ_ONLY) is set to C(1), every change fails before it is sent.
  - The module takes proxies from E(HTTPS_PROXY) and E(NO_PROXY). It does not read C(.netrc), and it does not follow
    redirects.
"""
