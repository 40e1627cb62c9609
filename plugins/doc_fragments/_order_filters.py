# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    # The specification is ORDER_FILTERS of _options.
    DOCUMENTATION = r"""
options:
  status:
    description:
      - Only orders of one of these statuses, as CertCentral spells them, such as V(issued), V(expired), V(pending),
        V(needs_approval), V(waiting_pickup), V(reissue_pending), V(revoked), V(rejected) or V(canceled).
      - A status that no order can have, such as V(cancelled), is refused with the nearest one.
      - CertCentral narrows by it, unless one of them is not documented for its list.
    type: list
    elements: str
  domain:
    description:
      - Only orders that cover this name, as common name or as any other, exactly; a wildcard is a name of its own.
        Names in Unicode and in punycode are the same.
      - Every order is looked at here, as it is not known at which names CertCentral's own filter looks.
    type: str
  include_subdomains:
    description:
      - Those that cover a name below O(domain) as well, wildcards among them. Needs O(domain).
    type: bool
    default: false
  common_name:
    description:
      - Only orders of this common name, exactly, except for case. CertCentral narrows by it, unless it is a name in
        Unicode or in punycode, as it is not known which of them CertCentral compares.
    type: str
  search:
    description:
      - Only orders in whose common name or e-mail addresses CertCentral finds this. It alone decides. A name in Unicode
        is looked for in punycode as well, and the other way round; a part of a label has no other spelling.
    type: str
  expires_before:
    description:
      - Only orders whose certificate expires before this day, such as V(2026-12-31), or has expired.
    type: str
  expires_within_days:
    description:
      - Only orders whose certificate has not expired, and expires within so many days from today, in UTC.
    type: int
  is_renewed:
    description:
      - Only orders that count as renewed, or only those that do not.
    type: bool
  origin:
    description:
      - Only orders that were migrated from a legacy console, or only those that were placed in CertCentral. It alone
        decides.
    type: str
    choices: [migrated, certcentral]
  container_id:
    description:
      - Only orders of this container (division). CertCentral narrows by it.
    type: int
  organization_id:
    description:
      - Only orders of this organization. CertCentral narrows by it.
    type: int
  product_name_id:
    description:
      - Only orders of this product, such as V(ssl_plus). CertCentral narrows by it.
    type: str
  product_type:
    description:
      - Only orders of this kind of product, such as V(ssl_certificate), V(dv_ssl_certificate) or
        V(client_certificate).
    type: str
  created_before:
    description:
      - Only orders that were placed before this day or time, in UTC where it does not say, such as V(2026-12-31) or
        V(2026-12-31T12:00:00Z).
    type: str
"""
