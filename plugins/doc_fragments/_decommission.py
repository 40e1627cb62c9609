# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

"""What the filters of the role decommission_domain share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wishes:
    description:
      - What goes away, and how. Lists have to be lists, and truths true or false. A text in their place is refused.
    type: dict
    required: true
    suboptions:
      names:
        description: The names that go away.
        type: list
        elements: str
        required: true
      include_subdomains:
        description: Whether everything below them goes away as well.
        type: bool
        default: false
      on_issued:
        description:
          - What is to become of issued orders. V(keep) tells of them, V(lapse) keeps them from being renewed, V(revoke)
            revokes them where nothing serves their certificates any more.
        type: str
        choices: [keep, lapse, revoke]
        default: keep
      product_types:
        description: Kinds of CertCentral products that count; other orders are left to a person.
        type: list
        elements: str
        default: [ssl_certificate, dv_ssl_certificate]
      shared:
        description:
          - Ids of orders, and digests of Servertastic's, that may go although they cover names that stay, or wildcards.
        type: list
        elements: str
        default: []
      accept_unknown:
        description:
          - Ids of orders that may be ended although CertCentral does not tell all of their names or certificates. Those
            that it tells count as ever.
        type: list
        elements: str
        default: []
      protected:
        description:
          - Patterns of names whose orders are never touched, not even those of O(wishes.shared). V(*.pay.example.com)
            is meant for V(pay.example.com) as well.
        type: list
        elements: str
        default: []
      stays:
        description:
          - More such patterns, which are not reported where they match nothing.
        type: list
        elements: str
        default: []
      lives_on:
        description:
          - Those of O(wishes.names) that go on being used with another certificate. Nothing that covers them is ended
            unless one of O(wishes.replacements) covers them.
        type: list
        elements: str
        default: []
      replacements:
        description:
          - Ids of orders, and digests of Servertastic's, that replace others. They are left alone, and have to be
            issued. Only where an order of Servertastic's is cancelled that is not issued itself, one that is placed is
            enough.
        type: list
        elements: str
        default: []
      mark_renewed:
        description:
          - Whether migrated orders that have expired are marked renewed, so that they are no longer listed as due.
        type: bool
        default: false
      probe:
        description:
          - Whether an order is only revoked where it was seen that nothing serves its certificates. A name that does
            not resolve from the controller is named in the plan, and whoever approves that decides.
        type: bool
        default: true
      waiver:
        description:
          - Why nobody has to look, without which O(wishes.probe) cannot be false; or why certificates may be revoked of
            which a name does not resolve, without which that is not done where O(wishes.unapproved) is true.
        type: str
        default: ""
      unapproved:
        description: Whether nobody approves the plan before it is carried out.
        type: bool
        default: false
"""
