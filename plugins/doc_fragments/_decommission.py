# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

"""Options that the filters of the role decommission_domain share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wishes:
    description:
      - The names to decommission, and how. Every value must have its documented type. A text in place of a list or a
        boolean is refused.
    type: dict
    required: true
    suboptions:
      names:
        description: The names to decommission.
        type: list
        elements: str
        required: true
      include_subdomains:
        description: Whether to also decommission all names below O(wishes.names).
        type: bool
        default: false
      on_issued:
        description:
          - What to do with issued orders. V(keep) only reports them. V(lapse) turns off their renewal, so that they
            expire. V(revoke) revokes them if no server serves their certificates any more.
        type: str
        choices: [keep, lapse, revoke]
        default: keep
      product_types:
        description: The types of CertCentral products to handle. Orders of other types need a manual review.
        type: list
        elements: str
        default: [ssl_certificate, dv_ssl_certificate]
      shared:
        description:
          - The IDs of CertCentral orders, and the digests of Servertastic orders, that may be ended although they cover
            wildcards, or names that are not decommissioned.
        type: list
        elements: str
        default: []
      accept_unknown:
        description:
          - The IDs of orders that may be ended although CertCentral does not return all of their names or certificates.
            The names and certificates that CertCentral returns are checked as usual.
        type: list
        elements: str
        default: []
      protected:
        description:
          - Patterns of names whose orders are never changed, not even if O(wishes.shared) contains them.
            V(*.pay.example.com) also matches V(pay.example.com).
        type: list
        elements: str
        default: []
      stays:
        description:
          - More patterns with the same effect as O(wishes.protected). A pattern that matches nothing is not reported.
        type: list
        elements: str
        default: []
      lives_on:
        description:
          - The names in O(wishes.names) that stay in use with another certificate. An order that covers such a name is
            ended only if one of O(wishes.replacements) covers the name.
        type: list
        elements: str
        default: []
      replacements:
        description:
          - The IDs of CertCentral orders, and the digests of Servertastic orders, that replace other orders. These
            orders are not changed. They must be issued. To cancel a Servertastic order that has not been issued, it is
            sufficient that its replacement has been placed.
        type: list
        elements: str
        default: []
      mark_renewed:
        description:
          - Whether to mark migrated orders that have expired as renewed, so that they are no longer listed as due.
        type: bool
        default: false
      probe:
        description:
          - Whether to revoke an order only if a probe has shown that no server serves its certificates. If a name does
            not resolve from the controller, the plan lists the name, and the approver decides.
        type: bool
        default: true
      waiver:
        description:
          - The reason why no probe is needed. It is required if O(wishes.probe) is false. It is also required to revoke
            certificates for a name that does not resolve, if O(wishes.unapproved) is true.
        type: str
        default: ""
      unapproved:
        description: Whether the plan is applied without an approval.
        type: bool
        default: false
"""
