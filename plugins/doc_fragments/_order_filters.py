# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    # The specification is ORDER_FILTERS.
    DOCUMENTATION = r"""
options:
  status:
    description:
      - Only return orders with one of these statuses. Use the spelling of CertCentral, for example V(issued),
        V(expired), V(pending), V(needs_approval), V(waiting_pickup), V(reissue_pending), V(revoked), V(rejected) or
        V(canceled).
      - A status that no order can have, such as V(cancelled), is an error. The message suggests the nearest status.
      - CertCentral applies this filter, except if the list contains a status that CertCentral does not document for its
        list of orders.
    type: list
    elements: str
  domain:
    description:
      - Only return orders that cover exactly this name, as the common name or as another name. A wildcard is a name of
        its own. A Unicode name and its punycode form are the same name.
      - The module checks every order for this filter itself, because it is not known which names CertCentral's own
        filter compares.
    type: str
  include_subdomains:
    description:
      - Whether to also return orders that cover a name below O(domain), including wildcards. Requires O(domain).
    type: bool
    default: false
  common_name:
    description:
      - Only return orders with exactly this common name. Case does not matter.
      - CertCentral applies this filter, except for a Unicode or punycode name, because it is not known which of the two
        forms CertCentral compares.
    type: str
  name_pattern:
    description:
      - Only return orders with a name, or a common name, that matches one of these shell-style patterns, for example
        V(*.shop.example.com) or V(www-[0-9]*). V(*) stands for any characters, also for dots. Case does not matter.
      - A name is compared in Unicode and in its punycode form.
      - The module checks every order for this filter itself.
    type: list
    elements: str
  search:
    description:
      - Only return orders for which CertCentral finds this text in the common name or in the e-mail addresses. Only
        CertCentral evaluates this filter.
      - A Unicode name is also searched for in its punycode form, and the other way round. This does not apply to a part
        of a label.
    type: str
  expires_before:
    description:
      - Only return orders with a certificate that expires before this day, or has already expired. An example is
        V(2026-12-31).
      - Mutually exclusive with O(expires_within_days).
    type: str
  expires_after:
    description:
      - Only return orders with a certificate that expires on this day or later. An example is V(2026-12-31).
    type: str
  expires_within_days:
    description:
      - Only return orders with a certificate that has not expired, and expires within this number of days from today in
        UTC.
    type: int
  is_renewed:
    description:
      - V(true) only returns orders that count as renewed. V(false) only returns orders that do not.
    type: bool
  origin:
    description:
      - V(migrated) only returns orders that were migrated from a legacy console. V(certcentral) only returns orders
        that were placed in CertCentral.
      - Only CertCentral evaluates this filter.
    type: str
    choices: [migrated, certcentral]
  container_id:
    description:
      - Only return orders of this container (division). CertCentral applies this filter.
    type: int
  containers:
    description:
      - Only return orders of one of these containers. An element is the ID of a container or its exact name. Case does
        not matter. An element of digits is an ID.
      - CertCentral applies this filter if all elements are IDs.
      - Mutually exclusive with O(container_id).
    type: list
    elements: str
  organization_id:
    description:
      - Only return orders of this organization. CertCentral applies this filter.
    type: int
  organizations:
    description:
      - Only return orders of one of these organizations, see O(containers).
      - The list of CertCentral has no organization for DV certificates. Each such order that meets all other criteria
        needs one more API request.
      - Mutually exclusive with O(organization_id).
    type: list
    elements: str
  product_name_id:
    description:
      - Only return orders of this product, for example V(ssl_plus). CertCentral applies this filter.
    type: str
  product_type:
    description:
      - Only return orders of this type of product, for example V(ssl_certificate), V(dv_ssl_certificate) or
        V(client_certificate).
    type: str
  created_before:
    description:
      - Only return orders that were placed before this day or time, for example V(2026-12-31) or
        V(2026-12-31T12:00:00Z). A time without a time zone is in UTC.
    type: str
  created_after:
    description:
      - Only return orders that were placed on this day or at this time, or later. The format is that of
        O(created_before).
    type: str
  requester:
    description:
      - Only return orders that this user has placed. Set the ID of the user, the full name, or the e-mail address. Case
        does not matter.
      - The list of CertCentral does not have the user. Each order that meets all other criteria needs one more API
        request, so use this filter together with others.
    type: str
"""
