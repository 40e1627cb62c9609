# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The switches of Servertastic: one for each UNCERTAIN fact of docs/development/reference/servertastic.md."""

from __future__ import annotations

from certsim import switches as sw


def _choice(name: str, *values: str, default: str, doc: str, reference: str) -> sw.Switch:
    return sw.choice(f"servertastic.{name}", values, default=default, doc=doc, reference=f"servertastic {reference}")


def _refused_or_accepted(name: str, *, doc: str, reference: str) -> sw.Switch:
    return _choice(name, "refused", "accepted", default="refused", doc=doc, reference=reference)


def _boolean(name: str, *, default: bool, doc: str, reference: str) -> sw.Switch:
    return sw.boolean(f"servertastic.{name}", default=default, doc=doc, reference=f"servertastic {reference}")


def _duration(name: str, *, default: float, unit: str, doc: str, reference: str) -> sw.Switch:
    return sw.number(f"servertastic.{name}", default=default, unit=unit, doc=doc, reference=f"servertastic {reference}")


def _shape(name: str, things: str, *, reference: str) -> sw.Switch:
    doc = (
        f"How {things} show: a list under a wrapper key, a bare list, or under the wrapper key an object where there "
        "is only one."
    )
    return _choice(name, "wrapped", "list", "single_object", default="wrapped", doc=doc, reference=reference)


SWITCHES = (
    # Errors and verbs.
    _choice(
        "error_http_status",
        "as_code",
        "200",
        default="as_code",
        doc="The HTTP status of the service's own errors: the error's code, or 200.",
        reference="3.2",
    ),
    _choice(
        "error_shape",
        "object",
        "list",
        "several",
        "plain",
        default="object",
        doc="How an error shows: an object under error, a list of one, two under errors, or two texts.",
        reference="3.2",
    ),
    _choice(
        "unknown_token_status",
        "401",
        "400",
        "403",
        "404",
        default="401",
        doc="The status of an order token or API key that is not known.",
        reference="3.2",
    ),
    _choice(
        "refusal_status",
        "400",
        "403",
        "404",
        "409",
        "422",
        default="403",
        doc="The status of a refused cancellation.",
        reference="3.3",
    ),
    _choice(
        "wrong_verb_status",
        "405",
        "404",
        default="405",
        doc="The status of a call with another verb than it has.",
        reference="3.3",
    ),
    _choice(
        "unknown_arguments",
        "ignored",
        "refused",
        default="ignored",
        doc="An argument that a call does not have, or one that is given twice, of which the last one counts.",
        reference="3.3",
    ),
    _refused_or_accepted("post_cancel", doc="order/cancel by POST, with a form as its body.", reference="2, 8"),
    _boolean("debug_key", default=False, doc="Whether answers have an extra debug object.", reference="3.3"),
    # What a cancellation does.
    _choice(
        "success_text",
        "same",
        "distinct",
        default="same",
        doc="Whether the answer to a request for approval reads as that to a cancellation at once.",
        reference="5",
    ),
    _choice(
        "repeat_cancel_request",
        "re_mails",
        "silent",
        "refused",
        default="re_mails",
        doc="Canceling what a request for approval waits for: another e-mail, success without effect, or an error.",
        reference="5",
    ),
    _refused_or_accepted("cancel_of_cancelled", doc="Canceling a canceled order, without effect.", reference="3.3, 5"),
    _refused_or_accepted("cancel_roll_back", doc="Canceling an order in Roll Back, at once.", reference="4, 5"),
    _refused_or_accepted(
        "cancel_servertastic_review", doc="Canceling an order in Servertastic Review, at once.", reference="4, 5"
    ),
    _boolean(
        "roll_back_refunds",
        default=True,
        doc="Whether canceling an order in Roll Back credits its points.",
        reference="4, 5",
    ),
    _boolean(
        "servertastic_review_refunds",
        default=True,
        doc="Whether canceling an order in Servertastic Review credits its points.",
        reference="4, 5",
    ),
    _choice(
        "window_counts",
        "request",
        "approval",
        default="request",
        doc="Which must fall within the 30 days: the request alone, or its approval as well.",
        reference="5",
    ),
    _choice(
        "window_from",
        "first",
        "last",
        default="first",
        doc="Which completion the 30 days of a reissued order run from, where reissues count as completions.",
        reference="4, 8",
    ),
    _duration(
        "approval_lag_seconds",
        default=300.0,
        unit="virtual seconds",
        doc="How long after its approval a cancellation takes effect and credits the points.",
        reference="5",
    ),
    _duration(
        "approval_link_days",
        default=0.0,
        unit="virtual days",
        doc="How many days the link in an e-mail is valid; 0: no limit.",
        reference="5",
    ),
    # What a review shows.
    _duration(
        "review_lag_seconds",
        default=300.0,
        unit="virtual seconds",
        doc="How long reviews and lists show an order as it was before a cancellation.",
        reference="4",
    ),
    _choice(
        "request_shown_in",
        "nowhere",
        "further_info",
        "modification",
        default="nowhere",
        doc="Where a review shows that a request waits for approval.",
        reference="4, 5",
    ),
    _choice(
        "status_case",
        "as_documented",
        "lower",
        "mixed",
        default="as_documented",
        doc="How a status is spelled: mixed is as old clients compare it (Order placed, ServerTastic Review).",
        reference="4",
    ),
    _choice(
        "timestamps_zone",
        "utc_none",
        "iso",
        "plus_one_none",
        default="utc_none",
        doc="How times show: UTC without a zone, ISO 8601 with one, or an hour ahead of UTC without a zone.",
        reference="4, 8",
    ),
    _boolean(
        "reissue_adds_completed",
        default=False,
        doc="Whether a reissue adds another Order Completed to the history, which then counts as one.",
        reference="4, 8",
    ),
    _boolean(
        "modifications_shown", default=True, doc="Whether a review has the order's history at all.", reference="8"
    ),
    _shape("modifications_shape", "the events of an order's history", reference="4"),
    _shape("orders_shape", "orders in lists, and records of an audit,", reference="3.1"),
    _shape("showtokens_shape", "the tokens of order/showtokens", reference="3.1"),
    _choice(
        "empty_lists",
        "empty_list",
        "key_absent",
        "empty_string",
        default="empty_list",
        doc="How a list without anything shows.",
        reference="3.1",
    ),
    _choice(
        "blank_fields",
        "empty_string",
        "null",
        "absent",
        default="empty_string",
        doc="How a field shows that is blank at the order's stage.",
        reference="4",
    ),
    _choice(
        "certificate_list",
        "present",
        "empty",
        "null_expiration",
        "absent",
        default="present",
        doc="How the newer certificate_list of an issued order shows.",
        reference="4",
    ),
    _boolean(
        "admin_contact_shown",
        default=True,
        doc="Whether a review shows the administrative contact of a configured order, or leaves it blank.",
        reference="4",
    ),
    _boolean("echo_token_in_review", default=False, doc="Whether a review repeats the order token.", reference="4"),
    # Lists and money.
    _boolean(
        "account_review_has_completed",
        default=True,
        doc="Whether account/review lists completed orders as well.",
        reference="3.1",
    ),
    _boolean("points_as_string", default=False, doc="Whether points show as text instead of numbers.", reference="3.1"),
    _duration(
        "audit_lag_seconds",
        default=0.0,
        unit="virtual seconds",
        doc="How long a change of points stays out of the audit and the account's total.",
        reference="3.1, 5",
    ),
)
