# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The switches of CertCentral: one for each behaviour that reference/certcentral.md calls UNCERTAIN or inferred."""

from __future__ import annotations

from functools import lru_cache

from certsim import switches as sw

#: reference/certcentral.md 3.
FILTER_NAMES = (
    "id",
    "status",
    "organization_id",
    "product_name_id",
    "valid_till",
    "user_id",
    "common_name",
    "domain_name",
    "date_created",
    "container_id",
    "metadata_id",
    "is_renewed",
    "disable_renewal_notifications",
    "email",
    "certificate_id",
    "origin",
    "serial_number",
    "search",
)


@lru_cache
def parse_filter_names(value: str) -> frozenset[str]:
    """Read a comma list of filter names, or ``all``.

    Raises:
        ValueError: a name is no filter's.
    """
    if value == "all":
        return frozenset(FILTER_NAMES)
    names = frozenset(name.strip() for name in value.split(",") if name.strip())
    unknown = sorted(names - set(FILTER_NAMES))
    if unknown:
        raise ValueError(f"no such filter: {', '.join(unknown)}")
    return names


def _refused_or_accepted(name: str, *, default: str, doc: str, reference: str) -> sw.Switch:
    return sw.choice(f"certcentral.{name}", ("refused", "accepted"), default=default, doc=doc, reference=reference)


SWITCHES = (
    sw.choice(
        "certcentral.is_renewed_in",
        ("both", "list", "detail"),
        default="both",
        doc="Where is_renewed is shown: in the list's rows, in the order's detail, or in both.",
        reference="certcentral 2.2",
    ),
    sw.boolean(
        "certcentral.is_renewed_omitted_when_false",
        default=False,
        doc="Whether is_renewed is left out where it is false.",
        reference="certcentral 2.2",
    ),
    sw.choice(
        "certcentral.renewed_shows_as",
        ("flag", "status", "both"),
        default="flag",
        doc="How a mark shows: as is_renewed, as the status renewed, or as both.",
        reference="certcentral 2.2",
    ),
    _refused_or_accepted(
        "cancel_needs_approval",
        default="refused",
        doc="Cancelling an order that waits for an approver.",
        reference="certcentral 2.3",
    ),
    _refused_or_accepted(
        "cancel_processing", default="refused", doc="Cancelling a processing order.", reference="certcentral 2.3"
    ),
    _refused_or_accepted(
        "cancel_needs_csr",
        default="refused",
        doc="Cancelling an order that waits for its CSR.",
        reference="certcentral 2.3",
    ),
    sw.boolean(
        "certcentral.error_on_double_cancel",
        default=True,
        doc="Whether cancelling a canceled order is an error, or a 204 without effect.",
        reference="certcentral 1.3, 4.1",
    ),
    sw.boolean(
        "certcentral.error_on_double_mark",
        default=False,
        doc="Whether marking a renewed order renewed is an error, or a 204 without effect.",
        reference="certcentral 4.1",
    ),
    sw.boolean(
        "certcentral.error_on_unmarked_not_renewed",
        default=True,
        doc="Whether not_renewed on an order that is not marked is an error, or a 204 without effect.",
        reference="certcentral 1.3, 4.1",
    ),
    _refused_or_accepted(
        "undo_true_renewal",
        default="refused",
        doc="not_renewed on an order that another order has truly renewed.",
        reference="certcentral 2.2",
    ),
    _refused_or_accepted(
        "mark_reissue_pending",
        default="accepted",
        doc="Marking a migrated order with an unfinished reissue renewed.",
        reference="certcentral 4.1",
    ),
    _refused_or_accepted(
        "mark_revoked",
        default="refused",
        doc="Marking a migrated order that is revoked renewed.",
        reference="certcentral 4.1",
    ),
    sw.choice(
        "certcentral.refusal_status",
        ("400", "403", "404", "409", "422"),
        default="400",
        doc="The HTTP status of a refused transition.",
        reference="certcentral 1.3",
    ),
    sw.boolean(
        "certcentral.lenient_status",
        default=False,
        doc="Whether a status in upper case is accepted, as old clients send it.",
        reference="certcentral 4.1",
    ),
    sw.text(
        "certcentral.ignore_filters",
        default="",
        values="filter names with commas|all",
        check=parse_filter_names,
        doc="List filters that are accepted but not applied.",
        reference="certcentral 3",
    ),
    sw.choice(
        "certcentral.origin_filter",
        ("works", "ignored", "empty"),
        default="works",
        doc="Whether the origin filter filters, is ignored, or finds nothing ever.",
        reference="certcentral 2.2",
    ),
    sw.choice(
        "certcentral.empty_list",
        ("key_absent", "empty_array"),
        default="key_absent",
        doc="How a list without results shows.",
        reference="certcentral 3",
    ),
    sw.choice(
        "certcentral.dv_organization",
        ("empty_list", "object", "absent"),
        default="empty_list",
        doc="How the organization of a DV order shows in a list.",
        reference="certcentral 2.1",
    ),
    sw.choice(
        "certcentral.bool_style",
        ("bool", "string", "int"),
        default="bool",
        doc='How booleans show: true, "1" or 1.',
        reference="certcentral 2.1",
    ),
    sw.choice(
        "certcentral.renewed_order_id_when_none",
        ("absent", "zero"),
        default="absent",
        doc="How the detail's renewed_order_id shows where there is none.",
        reference="certcentral 2.1",
    ),
    sw.choice(
        "certcentral.list_row",
        ("full", "sparse"),
        default="full",
        doc="Whether rows of a list lack is_renewed and the certificate's validity.",
        reference="certcentral 2.2, 3",
    ),
    sw.choice(
        "certcentral.note_goes_to",
        ("notes", "nowhere"),
        default="notes",
        doc="Where the note of a cancellation or a mark is kept.",
        reference="certcentral 4.1",
    ),
    sw.number(
        "certcentral.mark_lag_seconds",
        default=0.0,
        unit="virtual seconds",
        doc="How long a mark, or its undoing, stays invisible.",
        reference="certcentral 2.2",
    ),
)
