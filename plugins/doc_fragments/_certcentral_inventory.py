# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    # The options of _certcentral for an inventory source. Ansible itself reads their environment variables.
    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - The CertCentral API key, as plain text or with the C(!vault) tag. Leading and trailing white space is removed.
      - An API key from the environment is sent only to a built-in O(region), or to the address in E(DIGICERT_API_URL)
        of the same environment.
    type: str
    env:
      - name: DIGICERT_API_KEY
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
      - If you set this option in the inventory source, set O(api_key) in the inventory source as well.
      - Plain HTTP is accepted only for a loopback address.
    type: str
    env:
      - name: DIGICERT_API_URL
  validate_certs:
    description:
      - Whether to validate the TLS certificate of the service.
      - V(false) is always accepted for a loopback address that is reached without a proxy. For any other address, the
        plugin refuses V(false) if the API key comes from the environment. Use O(ca_path) instead.
    type: bool
    default: true
  ca_path:
    description:
      - Path of a file or directory with the CA certificates to trust. They replace the CA certificates that the Python
        library requests uses by default.
      - If you set this option in the inventory source, set O(api_key) in the inventory source as well.
    type: path
    env:
      - name: REQUESTS_CA_BUNDLE
      - name: CURL_CA_BUNDLE
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
    type: int
    default: 3
  rate_limit:
    description:
      - The rate limits to stay within, as C(requests/seconds). Separate several limits by commas. V(none) turns off
        rate limiting.
      - If this option is not set, the plugin uses CertCentral's own limits, V(100/5, 1000/180).
    type: str
    env:
      - name: DIGICERT_RATE_LIMIT
  rate_limit_timeout:
    description:
      - Maximum time in seconds to wait, for each API request, when CertCentral answers that there are too many API
        requests (HTTP status 429).
      - Waiting to stay within O(rate_limit) does not count.
    type: int
    default: 300
requirements:
  - requests
notes:
  - The plugin takes proxies from E(HTTPS_PROXY) and E(NO_PROXY). It does not read C(.netrc), and it does not follow
    redirects.
"""
