# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  certcentral_connection:
    description:
      - The connection to CertCentral. Each suboption that is not set has the value of the C(module_defaults) of the
        action group C(certops.orders.digicert), and else the value from the environment.
    type: dict
    suboptions:
      api_key:
        description:
          - See O(certops.orders.digicert_order_status#module:api_key).
        type: str
      region:
        description:
          - See O(certops.orders.digicert_order_status#module:region).
        type: str
        choices: [us, eu]
        default: us
      api_url:
        description:
          - See O(certops.orders.digicert_order_status#module:api_url).
        type: str
      validate_certs:
        description:
          - See O(certops.orders.digicert_order_status#module:validate_certs).
        type: bool
        default: true
      ca_path:
        description:
          - See O(certops.orders.digicert_order_status#module:ca_path).
        type: path
      timeout:
        description:
          - See O(certops.orders.digicert_order_status#module:timeout).
        type: int
        default: 30
      retries:
        description:
          - See O(certops.orders.digicert_order_status#module:retries).
        type: int
        default: 3
      rate_limit:
        description:
          - See O(certops.orders.digicert_order_status#module:rate_limit).
        type: str
      rate_limit_timeout:
        description:
          - See O(certops.orders.digicert_order_status#module:rate_limit_timeout).
        type: int
        default: 300
  servertastic_connection:
    description:
      - The connection to Servertastic. Each suboption that is not set has the value of the C(module_defaults) of the
        action group C(certops.orders.servertastic), and else the value from the environment.
    type: dict
    suboptions:
      api_key:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:api_key).
        type: str
      api_url:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:api_url).
        type: str
      validate_certs:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:validate_certs).
        type: bool
        default: true
      ca_path:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:ca_path).
        type: path
      timeout:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:timeout).
        type: int
        default: 30
      retries:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:retries).
        type: int
        default: 3
      rate_limit:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:rate_limit).
        type: str
      rate_limit_timeout:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:rate_limit_timeout).
        type: int
        default: 300
"""
