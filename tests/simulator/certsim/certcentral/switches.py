# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The switches of CertCentral: one for each UNCERTAIN fact of docs/development/reference/certcentral.md."""

from __future__ import annotations

from functools import lru_cache

from certsim import switches as sw

#: docs/development/reference/certcentral.md 3.
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
        doc="Canceling an order that waits for an approver.",
        reference="certcentral 2.3",
    ),
    _refused_or_accepted(
        "cancel_processing", default="refused", doc="Canceling a processing order.", reference="certcentral 2.3"
    ),
    _refused_or_accepted(
        "cancel_needs_csr",
        default="refused",
        doc="Canceling an order that waits for its CSR.",
        reference="certcentral 2.3",
    ),
    sw.boolean(
        "certcentral.error_on_double_cancel",
        default=True,
        doc="Whether canceling a canceled order is an error, or a 204 without effect.",
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
        "certcentral.error_body",
        ("list", "object", "several", "plain", "text"),
        default="list",
        doc="How errors show: as a list, as an object instead of it, as a list of two, as error and message, or as "
        "text.",
        reference="certcentral 1.2, 10",
    ),
    sw.choice(
        "certcentral.page_total",
        ("exact", "too_small", "too_large"),
        default="exact",
        doc="Whether page.total of a list is right, 1 where there are more, or 5 more than there are.",
        reference="certcentral 3",
    ),
    sw.choice(
        "certcentral.empty_list",
        ("key_absent", "empty_array", "bare_array"),
        default="key_absent",
        doc="How a list without results shows: without its key, with an empty array, or as an empty array alone.",
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
        "certcentral.list_names",
        ("all", "fewer", "null", "absent", "text"),
        default="all",
        doc="How rows of a list show the names: all, without the last one, null, not at all, or as one text.",
        reference="certcentral 2.1, 3",
    ),
    sw.boolean(
        "certcentral.certificate_id_before_issue",
        default=False,
        doc="Whether an order has a certificate.id before it is issued.",
        reference="certcentral 2.1",
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
    sw.choice(
        "certcentral.renewal_fields_when_off",
        ("shown", "absent"),
        default="shown",
        doc="How the detail shows renewal settings that are off or empty.",
        reference="certcentral 2.1",
    ),
    sw.boolean(
        "certcentral.notes_in_detail",
        default=True,
        doc="Whether an order's detail has its notes.",
        reference="certcentral 2.1",
    ),
    sw.choice(
        "certcentral.unknown_status_filter",
        ("matches", "refused", "empty"),
        default="matches",
        doc="Whether a status filter with a value that is not documented matches, is refused, or finds nothing.",
        reference="certcentral 2.2",
    ),
    sw.choice(
        "certcentral.certificate_filters_find",
        ("primary", "all"),
        default="primary",
        doc="Whether the certificate filters know primary certificates only, or duplicates and reissues as well.",
        reference="certcentral 3",
    ),
    sw.choice(
        "certcentral.unknown_parameters",
        ("ignored", "refused"),
        default="ignored",
        doc="Whether query parameters and body keys that are in no documentation, repeated or empty ones are ignored, "
        "or refused: a check of what a client sends.",
        reference="certcentral 10",
    ),
    sw.choice(
        "certcentral.other_filters",
        ("works", "ignored"),
        default="works",
        doc="Whether the filters of requests and domains filter.",
        reference="certcentral 4.3, 5",
    ),
    sw.choice(
        "certcentral.request_type_spelling",
        ("underscore", "space"),
        default="underscore",
        doc="How types of requests show: new_request, or new request as in an old sample.",
        reference="certcentral 4.3",
    ),
    sw.choice(
        "certcentral.revocation_comment",
        ("comments", "comment"),
        default="comments",
        doc="Which body field of a revocation is kept as its comment.",
        reference="certcentral 4.2",
    ),
    sw.choice(
        "certcentral.container_visibility",
        ("ids", "objects"),
        default="ids",
        doc="How GET /user/me shows the containers that are visible.",
        reference="certcentral 6, 10",
    ),
    sw.choice(
        "certcentral.request_list_paging",
        ("paged", "whole", "whole_without_page"),
        default="paged",
        doc="Whether the list of requests has pages; whole ones refuse limit and offset.",
        reference="certcentral 4.3",
    ),
    sw.whole_number(
        "certcentral.request_page_limit",
        default=1000,
        least=1,
        doc="How many requests a page has at most, and where no limit is given.",
        reference="certcentral 4.3",
    ),
    sw.boolean(
        "certcentral.error_on_double_decision",
        default=True,
        doc="Whether deciding about a request that is decided is an error, or a 204 without effect.",
        reference="certcentral 4.3",
    ),
    _refused_or_accepted(
        "approve_own_request",
        default="accepted",
        doc="Approving a request of the same user.",
        reference="certcentral 1.3",
    ),
    _refused_or_accepted(
        "skip_approval",
        default="accepted",
        doc="Revoking without an approval.",
        reference="certcentral 1.3, 4.2",
    ),
    sw.boolean(
        "certcentral.auto_approve_revocation",
        default=False,
        doc="Whether a request to revoke is approved at once.",
        reference="certcentral 4.2",
    ),
    sw.choice(
        "certcentral.revocation_reasons",
        ("snake_case", "any", "common_only"),
        default="snake_case",
        doc="Which reasons are accepted: those that one public client sends, any, or only unspecified and superseded.",
        reference="certcentral 4.2",
    ),
    sw.choice(
        "certcentral.revoke_while_pending",
        ("refused", "second_request"),
        default="second_request",
        doc="Revoking what a request to revoke waits for already.",
        reference="certcentral 4.2",
    ),
    sw.boolean(
        "certcentral.error_on_double_revoke",
        default=True,
        doc="Whether revoking what is revoked is an error, or a 204 without effect.",
        reference="certcentral 4.2",
    ),
    sw.choice(
        "certcentral.revoke_last_certificate",
        ("order_stays", "order_revoked"),
        default="order_stays",
        doc="What becomes of an order whose last live certificate is revoked by itself.",
        reference="certcentral 4.2",
    ),
    _refused_or_accepted(
        "revoke_expired",
        default="refused",
        doc="Revoking what has expired.",
        reference="certcentral 4.2",
    ),
    sw.choice(
        "certcentral.empty_certificates",
        ("key_absent", "empty_array", "bare_array"),
        default="empty_array",
        doc="How a list of reissues or duplicates without any shows; see certcentral.empty_list.",
        reference="certcentral 4.7, 10",
    ),
    *(
        sw.choice(
            f"certcentral.{kind}_list",
            ("whole", "repeats_primary", "short", "empty"),
            default="whole",
            doc=f"Whether the list of {kind}s has all of them, repeats the present certificate instead of them, "
            "lacks the last one, or is empty.",
            reference="certcentral 4.7",
        )
        for kind in ("duplicate", "reissue")
    ),
    sw.choice(
        "certcentral.copy_names",
        ("all", "null", "absent"),
        default="all",
        doc="How the lists of reissues and duplicates show names: all, null, or neither these nor a common name.",
        reference="certcentral 4.7",
    ),
    sw.boolean(
        "certcentral.reissue_list_has_primary",
        default=False,
        doc="Whether the list of reissues begins with the order's present certificate.",
        reference="certcentral 4.7",
    ),
    sw.choice(
        "certcentral.note_text",
        ("as_sent", "trimmed"),
        default="as_sent",
        doc="Whether a note's text is kept as it was sent, or without white space around it.",
        reference="certcentral 4.4",
    ),
    sw.choice(
        "certcentral.renewal_email_values",
        ("on_off", "enable_disable", "enabled_disabled", "true_false", "1_0"),
        default="on_off",
        doc="The path values that turn renewal e-mails on and off.",
        reference="certcentral 4.6",
    ),
    sw.choice(
        "certcentral.renewal_email_refusal",
        ("400", "404"),
        default="404",
        doc="The HTTP status of another path value.",
        reference="certcentral 4.6",
    ),
    _refused_or_accepted(
        "renewal_settings_of_ended_orders",
        default="refused",
        doc="Renewal settings of an order that is canceled, rejected or revoked.",
        reference="certcentral 4.6",
    ),
    sw.boolean(
        "certcentral.error_on_double_activation",
        default=False,
        doc="Whether activating an active domain (or deactivating an inactive one) is an error, or without effect.",
        reference="certcentral 5",
    ),
    sw.choice(
        "certcentral.status_changes_rows",
        ("latest", "each"),
        default="latest",
        doc="Whether the list of changes has an order once, with its status, or once for each change.",
        reference="certcentral 4.5",
    ),
    sw.choice(
        "certcentral.status_changes_order",
        ("oldest_first", "newest_first", "highest_id_first"),
        default="oldest_first",
        doc="How the list of changes is sorted: by when it happened, or by order, as in DigiCert's example.",
        reference="certcentral 4.5",
    ),
    sw.number(
        "certcentral.status_changes_lag_seconds",
        default=0.0,
        unit="virtual seconds",
        doc="How long a change stays out of the list of changes.",
        reference="certcentral 4.5",
    ),
    sw.boolean(
        "certcentral.status_changes_of_marks",
        default=False,
        doc="Whether a mark, or its undoing, is listed as a change.",
        reference="certcentral 2.2, 4.5",
    ),
    sw.boolean(
        "certcentral.status_changes_of_expiry",
        default=True,
        doc="Whether an order that expires is listed as a change.",
        reference="certcentral 4.5",
    ),
    sw.choice(
        "certcentral.status_changes_certificate_when_none",
        ("absent", "null", "zero"),
        default="absent",
        doc="How the list of changes shows that an order has no certificate.",
        reference="certcentral 4.5",
    ),
    sw.choice(
        "certcentral.user_me_roles",
        ("key", "user"),
        default="key",
        doc="Whether GET /user/me shows the roles of the key's restriction, or of its user.",
        reference="certcentral 1.1, 6",
    ),
    sw.boolean(
        "certcentral.annual_plans",
        default=True,
        doc="Whether new orders for public TLS certificates are annual plans: a 199-day certificate, a one-year order. "
        "Subscriptions have none. It counts when an order is made.",
        reference="certcentral 8",
    ),
    sw.choice(
        "certcentral.idn_names",
        ("as_ordered", "unicode", "punycode"),
        default="as_ordered",
        doc="How international domain names show. Filters compare them as they were ordered.",
        reference="certcentral 2.1",
    ),
    sw.choice(
        "certcentral.plan_flag",
        ("absent", "shown"),
        default="absent",
        doc="Whether is_multi_year_plan shows on every order that ends later than its certificate.",
        reference="certcentral 8",
    ),
    sw.choice(
        "certcentral.status_of_reissuable",
        ("issued", "expired"),
        default="issued",
        doc="The status of an order whose certificate has expired and which can still be reissued.",
        reference="certcentral 2.3, 8",
    ),
    sw.boolean(
        "certcentral.account_readable",
        default=True,
        doc="Whether GET /account is allowed.",
        reference="certcentral 6",
    ),
)
