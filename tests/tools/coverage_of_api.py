# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection offers of CertCentral's calls: writes docs/certcentral_api.md, or with --check compares it.

The calls are those that are known, with who offers them. What the client makes is read from its docstrings, which begin
with the call: both have to agree.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "certcentral_api.md"
CLIENT = ROOT / "plugins" / "module_utils" / "_certcentral" / "client.py"
SOURCES = ROOT / "extensions" / "eda" / "plugins" / "event_source"
# "PUT /domain/{id}/activate, PUT /domain/{id}/deactivate (5)." names two.
_CALL = re.compile(r"(GET|PUT|POST|DELETE) (/[^\s,;]*[^\s,;.:])")


class Offered(NamedTuple):
    call: str
    purpose: str
    plugins: tuple[str, ...]


class Gap(NamedTuple):
    call: str
    purpose: str
    why: str = ""


OFFERED = (
    Offered(
        "GET /order/certificate",
        "List orders",
        (
            "certcentral_orders",
            "digicert_account_check",
            "digicert_certificate_revoke",
            "digicert_order_info",
            "digicert_order_status",
            "digicert_orders",
            "order_report",
        ),
    ),
    Offered(
        "GET /order/certificate/{id}",
        "Read an order",
        (
            "digicert_account_check",
            "digicert_certificate_revoke",
            "digicert_order_info",
            "digicert_order_renewal",
            "digicert_order_status",
            "digicert_orders",
            "digicert_request",
            "digicert_request_info",
        ),
    ),
    Offered(
        "GET /order/certificate/status-changes",
        "List recent status changes",
        ("certcentral_orders", "digicert_account_check"),
    ),
    Offered(
        "PUT /order/certificate/{id}/status",
        "Cancel an order, mark it renewed or not renewed",
        ("digicert_certificate_revoke", "digicert_order_status"),
    ),
    Offered(
        "PUT /order/certificate/{id}/revoke", "Revoke all certificates of an order", ("digicert_certificate_revoke",)
    ),
    Offered("PUT /certificate/{certificate}/revoke", "Revoke one certificate", ("digicert_certificate_revoke",)),
    Offered(
        "GET /order/certificate/{id}/reissue",
        "List the reissues of an order",
        ("digicert_account_check", "digicert_certificate_revoke"),
    ),
    Offered(
        "GET /order/certificate/{id}/duplicate",
        "List the duplicates of an order",
        ("digicert_account_check", "digicert_certificate_revoke"),
    ),
    Offered(
        "GET /order/certificate/{id}/note",
        "Read the notes of an order",
        ("digicert_account_check", "digicert_order_note"),
    ),
    Offered("POST /order/certificate/{id}/note", "Add a note to an order", ("digicert_order_note",)),
    Offered(
        "PUT /order/certificate/{id}/renewal-emails/{status}",
        "Switch renewal e-mails on or off",
        ("digicert_order_renewal",),
    ),
    Offered(
        "PUT /order/certificate/{id}/custom-renewal-message",
        "Set the text of renewal e-mails",
        ("digicert_order_renewal",),
    ),
    Offered(
        "PUT /order/certificate/{id}/auto-reissue",
        "Switch the automatic reissue on or off",
        ("digicert_order_renewal",),
    ),
    Offered("GET /request", "List requests", ("digicert_account_check", "digicert_request_info")),
    Offered("GET /request/{id}", "Read a request", ("digicert_request", "digicert_request_info")),
    Offered("PUT /request/{id}/status", "Approve or reject a request", ("digicert_request",)),
    Offered("GET /domain", "List domains", ("digicert_domain", "digicert_domain_info")),
    Offered("GET /domain/{id}", "Read a domain", ("digicert_domain", "digicert_domain_info")),
    Offered("PUT /domain/{id}/activate", "Activate a domain", ("digicert_domain",)),
    Offered("PUT /domain/{id}/deactivate", "Deactivate a domain", ("digicert_domain",)),
    Offered(
        "GET /user/me",
        "Read the user of the API key",
        (
            "digicert_account_check",
            "digicert_account_info",
            "digicert_certificate_revoke",
            "digicert_domain",
            "digicert_order_note",
            "digicert_order_renewal",
            "digicert_order_status",
            "digicert_request",
            "order_report",
        ),
    ),
    Offered("GET /account", "Read the account", ("digicert_account_check", "digicert_account_info", "order_report")),
)
GAPS = (
    Gap("GET /order/certificate/{id}/note/{note_id}", "Read one note", "The list has them all"),
    Gap("POST /order/certificate/{product}", "Order, or renew", "The collection places no orders"),
    Gap("POST /order/certificate/{id}/reissue", "Reissue", "The collection places no orders"),
    Gap("POST /order/certificate/{id}/duplicate", "Order a duplicate", "The collection places no orders"),
    Gap("PUT /order/certificate/{id}/check-dcv", "Check domain control", "The collection places no orders"),
    Gap(
        "PUT /order/certificate/{id}/dcv-method",
        "Choose how domain control is shown",
        "The collection places no orders",
    ),
    Gap("POST /order/certificate/{id}/custom-field", "Set a custom field"),
    Gap("GET /order/alternate/{alternative_order_id}", "Find an order by its alternative order ID"),
    Gap("GET /certificate/{id}/download/format/{format}", "Download a certificate"),
    Gap("GET /certificate/{id}/download/platform/{platform}", "Download a certificate for a platform"),
    Gap("GET /certificate/download/order/{id}/format/{format}", "Download the certificate of an order"),
    Gap("GET /report/order/{container}/expiring", "Count what expires", "The list of orders has the expiry dates"),
    Gap("POST /domain", "Add a domain"),
    Gap("POST /domain/{id}/validation", "Ask for a validation"),
    Gap("PUT /domain/{id}/dcv/validate-token", "Check domain control"),
    Gap("DELETE /domain/{id}", "Delete a domain", "Known from one client only"),
    Gap("GET /user", "List users"),
    Gap("GET /key/api-roles", "List the roles that a key can have"),
    Gap("GET /account/subaccount/order", "List orders of subaccounts"),
    Gap("GET /container", "List containers"),
    Gap("GET /organization", "List organizations"),
    Gap("GET /product", "List products"),
    Gap("GET /account/metadata", "List custom fields"),
    Gap("GET /account/balance", "Read the balance"),
    Gap("GET /audit", "Read CertCentral's own audit log"),
    Gap("POST /webhook", "Create a webhook", "Has no event for canceled or renewed, and needs a public address"),
)


def made() -> set[str]:
    """The calls that the client makes, by its docstrings."""
    tree = ast.parse(CLIENT.read_text(encoding="utf-8"))
    docs = (ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return {f"{verb} {path}" for doc in docs for verb, path in _CALL.findall(doc)}


def disagreements() -> list[str]:
    """What the table contains and the code does not do, or the other way round."""
    offered = {row.call for row in OFFERED}
    names = {name for row in OFFERED for name in row.plugins}
    folders = (ROOT / "plugins" / "modules", ROOT / "plugins" / "inventory", SOURCES)
    plugins = {file.stem for folder in folders for file in folder.glob("*.py")}
    return [
        *(f"the client makes {call}, and the table lacks it" for call in sorted(made() - offered)),
        *(f"the table says that {call} is made, and the client has no such docstring" for call in offered - made()),
        *(f"the table names {name}, and there is no such plugin" for name in sorted(names - plugins)),
        *(f"{name} is in no row of the table" for name in sorted(plugins - names) if name.startswith("digicert_")),
    ]


def page() -> str:
    """The page of the documentation."""
    lines = [
        "<!--",
        # The copyright and the license, copied from this file.
        *(line.removeprefix("# ") for line in Path(__file__).read_text(encoding="utf-8").splitlines()[:3]),
        "",
        "Generated by tests/tools/coverage_of_api.py, and compared with the code by its --check.",
        "-->",
        "",
        "# Calls of CertCentral's API",
        "",
        f"The collection makes {len(OFFERED)} of the {len(OFFERED) + len(GAPS)} calls that are known to us. The",
        "column *Made by* has the modules and plugins that make a call directly. The module `order_plan`, and with it",
        "the roles, makes the calls of the modules for the actions of its plan.",
        "",
        "| Call | Purpose | Made by |",
        "|---|---|---|",
        *(f"| `{row.call}` | {row.purpose} | {', '.join(f'`{name}`' for name in row.plugins)} |" for row in OFFERED),
        "",
        "## Not made",
        "",
        "| Call | Purpose | Why |",
        "|---|---|---|",
        *(f"| `{row.call}` | {row.purpose} | {row.why or 'Not needed yet'} |" for row in GAPS),
        "",
        "Whether an order renews itself (auto-renew) can be read, and no call is known that changes it.",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    wrong = disagreements()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        wrong.append(f"{PAGE.relative_to(ROOT)} is not up to date: run tests/tools/coverage_of_api.py")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
