# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    # The connection of _certcentral for an inventory source, which Ansible itself takes from the environment as well.
    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The API key of CertCentral, as text or C(!vault). White space around it is removed.
      - A key from the environment goes only to a built-in O(region), or to E(DIGICERT_API_URL) of the same environment.
    type: str
    env:
      - name: DIGICERT_API_KEY
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
      - Set in the inventory source it needs O(api_key) there as well.
      - Plain http is accepted for a loopback address only.
    type: str
    env:
      - name: DIGICERT_API_URL
  validate_certs:
    description:
      - Whether the service's TLS certificate must verify.
      - V(false) is refused with a key from the environment, except for a loopback address without a proxy. Use
        O(ca_path) instead.
    type: bool
    default: true
  ca_path:
    description:
      - A file or folder of CA certificates to trust instead of those that C(requests) brings.
      - Set in the inventory source it needs O(api_key) there as well.
    type: path
    env:
      - name: REQUESTS_CA_BUNDLE
      - name: CURL_CA_BUNDLE
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
    type: int
    default: 3
  rate_limit:
    description:
      - The rate limits to stay within, as requests/seconds, several separated by commas, or V(none).
      - CertCentral's own limits where not set, V(100/5, 1000/180).
    type: str
    env:
      - name: DIGICERT_RATE_LIMIT
  rate_limit_timeout:
    description:
      - Seconds to wait at most, for each request, when CertCentral answers that there are too many.
      - Waiting to stay within O(rate_limit) does not count.
    type: int
    default: 300
requirements:
  - requests
notes:
  - Proxies are taken from E(HTTPS_PROXY) and E(NO_PROXY). C(.netrc) is not read and redirects are not followed.
"""
