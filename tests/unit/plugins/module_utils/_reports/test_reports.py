# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report is counted rightly, and nothing in it can break out of a page, a table or a line."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._plans import actions
from ansible_collections.certops.orders.plugins.module_utils._reports import data as _report
from ansible_collections.certops.orders.plugins.module_utils._reports import html as _report_html
from ansible_collections.certops.orders.plugins.module_utils._reports.data import ReportError, of_account, report_of
from ansible_collections.certops.orders.plugins.module_utils._reports.listing import DUE_COLUMNS, due_row
from ansible_collections.certops.orders.tests.messages import check_messages, known

NOW = "2026-11-22T10:42:05Z"


def entry(**more: Any) -> dict[str, Any]:
    return {
        "provider": "certcentral",
        "order": "1101",
        "name": "www.example.com",
        "domains": ["www.example.com", "example.com"],
        "action": "cancel",
        "outcome": "done",
        "reason": "left over",
        "before": "pending",
        "after": "canceled",
        "contact": "Ada <ada@example.com>",
        "time": "2026-11-22T10:40:00Z",
        **more,
    }


def order(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "order_id": number,
        "status": "issued",
        "is_renewed": False,
        "common_name": f"host-{number}.example.com",
        "domains": [f"host-{number}.example.com"],
        "valid_till": "2027-01-15",
        "product_type": "ssl_certificate",
        **more,
    }


def data(**more: Any) -> dict[str, Any]:
    return {"title": "Title", "generated_at": NOW, "phase": "apply", "entries": [entry()], "orders": [order()], **more}


def page(**more: Any) -> str:
    return _report_html.to_html(report_of(data(**more)))


def rows(**more: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_report.to_csv(report_of(data(**more))))))


# What is counted


def test_outcomes_are_counted_the_most_urgent_first() -> None:
    entries = [entry(outcome=outcome) for outcome in ("done", "left", "done", "unchanged")]
    report = report_of(data(entries=entries))
    assert list(report.counts.items()) == [("left", 1), ("done", 2), ("unchanged", 1)]


def test_the_headline_counts_what_is_kept_as_the_page_does() -> None:
    entries = [entry(outcome="left", action=action, time="") for action in ("leave", "keep", "keep")]
    report = report_of(data(entries=[*entries, entry()]))
    assert report.headline == "4 orders: 1 for manual review, 1 done, 2 kept (report only)"
    assert report.counts == {"left": 3, "done": 1}


def test_without_entries_the_account_is_the_headline() -> None:
    orders = [order(1, valid_till="2026-12-22"), order(2, valid_till="2026-12-23"), order(3, status="pending")]
    assert re.findall(r"\d+", report_of(data(entries=[], orders=orders)).headline) == ["3", "1", "30"]


def test_expiries_are_those_of_the_coming_12_months() -> None:
    days = ["2026-11-21", "2026-11-22", "2026-11-30", "2026-12-01", "2027-11-21", "2027-11-22"]
    orders = [order(number, valid_till=till) for number, till in enumerate(days)]
    orders += [
        order(10, valid_till="2026-12-05", is_renewed=True),
        order(11, valid_till="2026-12-05", status="renewed", is_renewed=None),
        order(12, valid_till="2026-12-05", status="reissue_pending"),
        order(13, valid_till="2026-12-05", status="revoked"),
        order(14, valid_till=""),
        order(15, valid_till="soon"),
    ]
    glance = report_of(data(orders=orders)).overview(soonest=3)
    counted = {f"{month.first:%Y-%m}": (month.due, month.renewed) for month in glance.months if month.total}
    assert counted == {"2026-11": (2, 0), "2026-12": (2, 2), "2027-11": (1, 0)}
    assert (glance.expired, glance.later, glance.expiring, glance.within_30_days) == (1, 1, 7, 4)
    assert [row["order_id"] for row in glance.soonest] == [1, 2, 3]
    assert len(glance.months) == 13
    assert (glance.months[0].first, glance.months[-1].first) == (date(2026, 11, 1), date(2027, 11, 1))
    assert dict(glance.statuses) == {"issued": 9, "renewed": 1, "reissue_pending": 1, "revoked": 1}


def test_a_leap_day_has_a_year_after_it() -> None:
    orders = [order(1, valid_till="2029-02-28"), order(2, valid_till="2029-03-01")]
    glance = report_of(data(generated_at="2028-02-29T00:00:00+00:00", orders=orders)).overview()
    assert (glance.expiring, glance.later) == (1, 1)


# By situation, as in tests/messages.yml.
NO_REPORTS: dict[str, Any] = {
    "not a dictionary": [],
    "no time": data(generated_at="yesterday"),
    "an unknown phase": data(phase="dream"),
    "an unknown outcome": data(entries=[entry(outcome="odd")]),
    "an unknown action": data(entries=[entry(action="explode")]),
    "entries that are not a list": data(entries="no list"),
    "orders that are not dictionaries": data(orders=["no row"]),
    "filters that are not a dictionary": data(filters=["status"]),
}


@pytest.mark.parametrize("situation", NO_REPORTS)
def test_what_is_no_report_is_refused(situation: str) -> None:
    with pytest.raises(ReportError) as refused:
        report_of(NO_REPORTS[situation])
    assert str(refused.value) == known()["report data"][situation]


def test_what_is_left_out_is_empty() -> None:
    report = report_of({"generated_at": NOW, "entries": [{"action": "keep", "outcome": "left"}]})
    assert (report.phase, report.orders) == ("report", ())
    assert report.title
    for text in (_report_html.to_html(report), _report.to_json(report), _report.to_csv(report)):
        assert "None" not in text


def test_an_account_becomes_a_report() -> None:
    listed = {"account": {"account_id": 7}, "api_url": "https://api.example:8443/services/v2"}
    made = of_account(listed, [order()], NOW, title="All", job="3")
    report = report_of(made)
    assert (report.account_id, report.api_host) == (7, "api.example:8443")
    assert (report.phase, report.title, report.job, len(report.orders)) == ("report", "All", "3", 1)
    assert report_of(of_account({}, [], NOW)).account_id is None


# JSON and CSV


def restored(read: Any) -> list[dict[str, Any]]:
    """Return the orders of a JSON file with what they leave out, as docs/report_files.md says."""
    found = []
    for row in read["orders"]:
        whole = {**read["order_defaults"], **row}
        tables = [
            read[table].get(str(whole.get(key)), {})
            for table, key in (
                *(("products", "product_name_id"), ("organizations", "organization_id")),
                ("containers", "container_id"),
            )
        ]
        of_tables = {name: value for table in tables for name, value in table.items()}
        names = {"domains": [row["common_name"].lower()]}
        found.append({**names, **read["order_defaults"], **of_tables, **row})
    return found


def test_json_has_all_of_it_on_a_line_each() -> None:
    servers = {"web2": ["b.example"], "web1": []}
    more = {"names": ["\u00fc\u202e"], "hosts": ["web1"], "servers": servers}
    text = _report.to_json(report_of(data(entries=[entry(), entry(order="2")], **more)))
    read = json.loads(text)
    assert text.isascii()
    assert read["schema_version"] == 1
    assert read["summary"] == {"total": 2, "done": 2}
    assert (read["names"], read["hosts"], read["servers"]) == (["\u00fc\u202e"], ["web1"], servers)
    assert read["entries"][0] == {key: value for key, value in entry().items() if key != "contact"}
    assert restored(read) == [order()]
    assert read["at_a_glance"]["expiries"][2] == {"month": "2027-01", "not_renewed": 1, "renewed": 0}
    assert len(re.findall(r'^\{"provider"', text, re.MULTILINE)) == 2


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\\t=1"),
        ("\r=1", "'\\r=1"),
        ("\uff1d1", "'\uff1d1"),
        ("x;=1", "x;'=1"),
        ("x, -1", "x, '-1"),
        ("a\nb", "a\\nb"),
        ("\u202eabc", "\\u202eabc"),
        ('say "hi"', 'say "hi"'),
        ("www.example-shop.com", "www.example-shop.com"),
        (["a.example", "b.example"], "a.example b.example"),
        (["=1"], "'=1"),
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (-5, "-5"),
    ],
)
def test_no_cell_is_a_formula(value: Any, cell: str) -> None:
    assert _report.cell(value) == cell


def test_a_table_has_the_entries_or_else_the_orders() -> None:
    assert list(rows()[0]) == list(_report.ENTRY_COLUMNS)
    assert rows()[0]["domains"] == "www.example.com example.com"
    assert rows(entries=[])[0]["order_id"] == "1"
    assert _report.to_csv(report_of(data(entries=[], orders=[]))).startswith('"provider","order"')


SHOWN: dict[str, Any] = {
    "order_id": 1,
    "status": "issued",
    "is_renewed": None,
    "common_name": "WWW.example.com",
    "domains": ["www.example.com"],
    "domains_known": True,
    "certificate_id": 9,
    "serial_number": "0A1B",
    "date_created": "2026-01-15T08:30:00Z",
    "valid_from": "2026-01-15",
    "valid_till": "2026-12-22",
    "days_remaining": 30,
    "order_valid_till": "",
    "is_multi_year_plan": False,
    "product_name_id": "ssl_plus",
    "product_name": "Standard SSL",
    "product_type": "ssl_certificate",
    "organization_id": 12,
    "organization_name": "Example Corp",
    "container_id": 3,
    "container_name": "Retail",
    "has_duplicates": True,
    "has_reissues": False,
    "disable_renewal_notifications": None,
}
PENDING = {**SHOWN, "order_id": 4, "status": "pending", "certificate_id": None, "has_duplicates": None}
PENDING.update(dict.fromkeys(("serial_number", "valid_from", "valid_till"), ""))


def test_an_order_of_the_json_file_leaves_out_what_can_be_restored() -> None:
    renamed = {**SHOWN, "order_id": 2, "organization_name": "Example Group", "is_renewed": False, "domains": []}
    dv = {**SHOWN, "order_id": 3, "organization_id": None, "organization_name": ""}
    orders = [SHOWN, renamed, dv, PENDING]
    read = json.loads(_report.to_json(report_of(data(orders=orders))))
    has = {"status": "issued", "common_name": "WWW.example.com", "date_created": "2026-01-15T08:30:00Z"}
    certificate = {
        "certificate_id": 9,
        "serial_number": "0A1B",
        "valid_from": "2026-01-15",
        "valid_till": "2026-12-22",
    }
    assert read["orders"] == [
        {"order_id": 1, **has, **certificate},
        {"order_id": 2, **has, **certificate, "is_renewed": False, "organization_name": "Example Group", "domains": []},
        {"order_id": 3, **has, **certificate, "organization_id": None, "organization_name": ""},
        {"order_id": 4, **has, "status": "pending", "has_duplicates": None},
    ]
    assert read["products"] == {"ssl_plus": {"product_name": "Standard SSL", "product_type": "ssl_certificate"}}
    assert read["organizations"] == {"12": {"organization_name": "Example Corp"}}
    assert read["containers"] == {"3": {"container_name": "Retail"}}
    lost = ("domains_known", "days_remaining")
    assert restored(read) == [{name: value for name, value in row.items() if name not in lost} for row in orders]


def test_orders_with_other_columns_and_types_stay_as_they_are() -> None:
    orders = [order(1, has_reissues=1), order(2, has_reissues=True), order(3), order(4, has_reissues=True)]
    read = json.loads(_report.to_json(report_of(data(orders=orders))))
    assert [one.get("has_reissues", "lacks it") for one in restored(read)] == [1, True, "lacks it", True]
    assert [type(one.get("has_reissues")) for one in restored(read)][:2] == [int, bool]


def test_an_account_of_30000_orders_is_a_json_file_of_less_than_10_mb() -> None:
    """Each with an annual plan, a serial number, and a name of its own."""
    plan = {**SHOWN, "order_valid_till": "2027-01-15"}
    several = []
    for number in range(200_000_000, 200_030_000):
        name, serial = f"host-{number}.corp.example.com", f"{number:032X}"
        several.append(
            {**plan, "order_id": number, "certificate_id": number + 700_000_000}
            | {"common_name": name, "domains": [name], "serial_number": serial}
        )
    due = [due_row(row, "none") for row in several[:6000]]
    text = _report.to_json(report_of(data(entries=[], orders=several, due_without_successor=due)))
    assert len(text.encode()) < 10_000_000
    assert json.loads(text)["orders"][-1]["order_id"] == 200_029_999


FOUND = {**SHOWN, "requester": "Ada Example", "requester_email": "ada@example.com", "auto_renew": False}
DUE = {
    "order_id": "1",
    "common_name": "WWW.example.com",
    "status": "issued",
    "serial_number": "0A1B",
    "expires": "2026-12-22",
    "days_remaining": "30",
    "organization": "Example Corp",
    "container": "Retail",
    "product": "Standard SSL",
    "requester": "Ada Example <ada@example.com>",
    "auto_renew": "no",
    "successor": "none",
}
LACKING = {
    **FOUND,
    **dict.fromkeys(("requester", "organization_name", "container_name", "product_name"), ""),
    **dict.fromkeys(("requester_email", "auto_renew", "organization_id"), None),
}


def selection(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    listed = [due_row(row, "none") for row in rows]
    given = {"entries": [], "orders": list(rows), "listed": listed, "due_without_successor": listed[:1]}
    return data(**given, filters={"expires_within_days": 60, "requester": "ada@example.com"}, **more)


def test_the_page_of_a_selection_shows_its_filters() -> None:
    filters = {"organizations": ["Example <Corp>", "12"], "expires_within_days": 60, "without_successor": True}
    text = _report_html.to_html(report_of({**selection(FOUND), "filters": filters}))
    shown = "organizations: Example &lt;Corp&gt;, 12; expires_within_days: 60; without_successor: yes"
    assert f"<dt>Filters</dt><dd>{shown}</dd>" in text
    assert "Filters" not in _report_html.to_html(report_of(data(orders=[FOUND])))


def test_the_page_of_a_selection_lists_its_orders_and_tells_nothing_of_the_account() -> None:
    rows = [
        {**FOUND, "order_id": number, "common_name": f"{number}.example", **facts}
        for number, facts in enumerate(
            (
                {"status": "pending", "valid_till": ""},
                {"status": "expired", "valid_till": "2026-01-01"},
                {"status": "expired", "valid_till": "2026-11-01"},
                {"status": "issued", "valid_till": "2027-11-01"},
                {"status": "issued", "valid_till": "2027-10-01", "organization_name": "<Corp>"},
            ),
            1,
        )
    ]
    given = {**selection(*rows), "due_without_successor": []}
    given["listed"][3]["successor"] = "4711"
    made = _report_html.to_html(report_of(given), {"csv": "due.csv"})
    found = sections(made)
    assert list(found)[:2] == ["selected", "by-status"]
    # First what expires, then what has no certificate, then what has expired.
    assert re.findall(r'rowheader">(\d)\.example<small>\1</small>', found["selected"]) == ["5", "4", "1", "3", "2"]
    assert re.findall(r"successor: (\w+)", found["selected"]) == ["none", "4711", "none", "none", "none"]
    assert "&lt;Corp&gt;" in found["selected"]
    assert not re.search(r"in the account|No certificate|due\.csv.*more", made)
    assert '<a href="#selected">Selected orders</a> 5' in made


def test_the_orders_of_a_selection_are_bounded_and_counted() -> None:
    rows = [{**FOUND, "order_id": number} for number in range(2_100)]
    found = sections(_report_html.to_html(report_of(selection(*rows)), {"csv": "due.csv"}))["selected"]
    assert found.count('scope="row"') == 2_000
    assert "Not listed here: 100 more." in found
    assert 'href="due.csv"' in found
    assert "201 to 400 of 2,100" in found


def test_the_page_of_a_selection_has_the_requesters_if_contacts_are_requested() -> None:
    shown, hidden = (_report_html.to_html(report_of(selection(FOUND, LACKING), contacts=one)) for one in (True, False))
    assert shown.count("<small>requester: ") == 1
    assert "<small>requester: Ada Example &lt;ada@example.com&gt;</small>" in shown
    assert "<small>requester: " not in hidden


def test_a_selection_is_a_table_of_what_its_owner_asks_for() -> None:
    (whole, lacking) = csv.DictReader(io.StringIO(_report.to_csv(report_of(selection(FOUND, LACKING), contacts=True))))
    assert whole == DUE
    assert tuple(whole) == DUE_COLUMNS
    # The names of organizations may be missing where their ids are there. What is not known is never empty.
    unknown = dict.fromkeys(("requester", "auto_renew", "organization"), "unknown")
    assert lacking == {**DUE, **unknown, "container": "3", "product": "ssl_plus"}


def test_the_requesters_of_a_selection_are_hidden() -> None:
    report = report_of(selection(FOUND, LACKING))
    (whole, lacking) = csv.DictReader(io.StringIO(_report.to_csv(report)))
    assert (whole["requester"], lacking["requester"]) == (_report.HIDDEN_NAME, "unknown")
    read = json.loads(_report.to_json(report))
    assert read["filters"] == {"expires_within_days": 60, "requester": _report.HIDDEN_ADDRESS}
    for text in (_report_html.to_html(report), _report.to_json(report), _report.to_csv(report)):
        assert "ada" not in text.lower().replace("data", "")


def test_a_selection_without_an_order_is_a_report() -> None:
    report = report_of(selection())
    assert re.findall(r"\d+", report.headline) == ["0", "0"]
    assert _report.to_csv(report) == ",".join(f'"{column}"' for column in DUE_COLUMNS) + "\n"
    assert json.loads(_report.to_json(report))["due_without_successor"] == []


def test_whether_orders_have_successors_may_not_be_known() -> None:
    report = report_of(data())
    assert (report.due_without_successor, report.filters) == (None, None)
    assert not {"due_without_successor", "filters"} & set(json.loads(_report.to_json(report)))


# Approvers


def test_contacts_are_hidden_wherever_they_are() -> None:
    personal = order(8, common_name="Grace Example", domains=[], product_type="client_certificate", notes=["call Ada"])
    mailbox = order(9, common_name="linus@example.com", domains=[], csr="-----BEGIN")
    entries = [
        entry(reason="approver ada@example.com has to look", name="ada@example.com"),
        entry(order="8", name="Grace Example"),
    ]
    given = data(entries=entries, orders=[personal, mailbox], title="for bob@example.com", ticket="bob@example.com")
    report = report_of(given)
    for text in (_report_html.to_html(report), _report.to_json(report), _report.to_csv(report)):
        assert not re.search(r"@example\.com|Grace|Ada|BEGIN", text)
    assert f"{_report.HIDDEN_ADDRESS} has to look" in _report.to_csv(report)

    asked = report_of(given, contacts=True)
    assert "Ada &lt;ada@example.com&gt;" in _report_html.to_html(asked)
    assert restored(json.loads(_report.to_json(asked))) == [personal, mailbox]
    assert json.loads(_report.to_json(asked))["entries"][1]["contact"] == "Ada <ada@example.com>"
    assert "Ada <ada@example.com>" in _report.to_csv(asked)


# The page

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "</style></title></svg></table><h1>owned</h1>",
    "&lt;b&gt;&#x3c;b>",
    "<!--",
    "]]>",
    "https://evil.example/",
    "a\u202eb\u2066\x00\x1b[2J\r\n\ud800\u200b",
    "x" * 5000,
]
VOID = {"meta", "link", "br", "img", "input"}


class Tags(HTMLParser):
    """Every tag and attribute of a page, and whether what is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.attributes: list[tuple[str, str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_hostile_text_is_only_text() -> None:
    count = range(len(HOSTILE))
    entries = [entry() for _other in count]
    plain = Tags(page(entries=entries, orders=[order(n) for n in count], names=["x"], violations=["x"]))
    entries = [
        entry(provider=text, order=text, name=text, domains=[text, text], reason=text, before=text, after=text)
        for text in HOSTILE
    ]
    orders = [
        order(n, status=text, common_name=text, domains=[text], product_name=text, organization_name=text)
        for n, text in enumerate(HOSTILE)
    ] + [order(99, common_name=HOSTILE[0], product_name=HOSTILE[1], container_name=HOSTILE[2])]
    for text in HOSTILE:
        more = {"title": text, "ticket": text, "job": text, "names": [text], "hosts": [text], "plan_sha256": text}
        more.update(servers={text: [text]}, violations=[text], kind=text)
        made = page(entries=entries, orders=orders, account={"account_id": None, "api_host": text}, **more)
        read = Tags(made)
        assert read.open == []
        assert set(read.tags) == set(plain.tags) | {"code"}
        assert read.tags["h1"] == read.tags["style"] == read.tags["head"] == 1
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u200b\u202e\u2066\ud800]", made)
        assert len(made) < 300_000


def test_no_text_becomes_a_link_or_a_handler() -> None:
    read = Tags(page(entries=[entry(reason=text, name=text) for text in HOSTILE], orders=[]))
    links = {value for _other, name, value in read.attributes if name in ("href", "src", "action", "data")}
    assert links == {"#irreversible"}
    assert not [name for _one, name, _two in read.attributes if name.startswith("on") or name == "style"]


def test_the_page_allows_its_own_style_alone() -> None:
    made = page()
    policy = next(value for tag, name, value in Tags(made).attributes if tag == "meta" and str(value)[:7] == "default")
    assert policy
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"<script|<link|<img|@import|url\(", made)


def test_the_page_is_built_of_headings_and_tables_with_captions() -> None:
    made = page(entries=[entry(), entry(outcome="left", time="")])
    levels = [int(level) for level in re.findall(r"<h(\d)", made)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:]))
    assert made.count("<table") == made.count("<caption")
    ids = re.findall(r' id="([^"]+)"', made)
    assert len(ids) == len(set(ids))
    for wanted in re.findall(r'aria-labelledby="([^"]+)"', made):
        assert set(wanted.split()) <= set(ids)
    # The numbers of each bar are beside it.
    assert made.count("<svg") == made.count('<svg class="bar"') == made.count('aria-hidden="true"') > 0


@pytest.mark.parametrize("phase", _report.PHASES)
def test_every_outcome_and_action_has_its_words(phase: str) -> None:
    entries = [entry(outcome=outcome, time="") for outcome in _report.OUTCOMES]
    entries += [entry(action=action, time="") for action in _report.ACTIONS]
    made = page(entries=entries, phase=phase, orders=[])
    for words in _report.ACTIONS.values():
        assert f">{words}<" in made
    assert "<svg" not in made
    assert set(_report_html.STATES) == {*_report.OUTCOMES, "kept", "done_before"}


def test_the_same_data_gives_the_same_bytes() -> None:
    assert page() == page()


def test_a_page_bears_odd_numbers() -> None:
    many = [order(n, status=f"status_of_a_long_name_{n:02}") for n in range(30)]
    assert "22 more" in page(orders=many)
    crowd = [entry(time=f"2026-11-22T10:{n % 60:02}:00Z") for n in range(500)]
    assert "10:00:00 to 10:59:00 UTC" in page(entries=crowd)
    long = [entry(domains=[f"{n}.example.com" for n in range(300)])]
    assert "and 280 more" in page(entries=long)
    assert "401 to 500 of 500" in page(entries=crowd)


# What is where on the page

SECTIONS = {
    "irreversible": [
        *({"action": action, "outcome": "planned"} for action in actions.IRREVERSIBLE),
        *({"action": "revoke", "outcome": outcome} for outcome in ("done", "failed", "unknown", "refused")),
        {"action": "revoke", "outcome": "pending_approval"},
        {"action": "lapse", "outcome": "done", "drop_reissue": True},
    ],
    "changes": [
        *({"action": action, "outcome": "planned"} for action in _report.REVERSIBLE),
        {"action": "lapse", "outcome": "not_attempted", "drop_reissue": False},
    ],
    "review": [{"action": "leave", "outcome": "left"}, {"action": "lapse", "outcome": "left"}],
    "unchanged": [
        {"action": "keep", "outcome": "left"},
        {"action": "wait", "outcome": "waiting"},
        {"action": "nothing", "outcome": "unchanged"},
        {"action": "cancel", "outcome": "unchanged"},
        {"action": "cancel", "outcome": "done", "time": ""},
    ],
}


def sections(made: str) -> dict[str, str]:
    """The markup of each section of a page, in the order of the page."""
    parts = re.split(r'<section class="card[^"]*" id="([^"]+)"', made)
    return dict(zip(parts[1::2], parts[2::2]))


@pytest.mark.parametrize("section", SECTIONS)
def test_entries_are_in_the_section_of_what_they_mean(section: str) -> None:
    report = report_of(data(entries=[entry(**one) for one in SECTIONS[section]]))
    assert [_report_html.section_of(one) for one in report.entries] == [section] * len(report.entries)


def test_what_cannot_be_undone_is_first_and_the_account_is_last() -> None:
    entries = [entry(**one) for name in reversed(list(SECTIONS)) for one in SECTIONS[name]]
    named = order(organization_name="A", container_name="B", product_name="C")
    found = list(sections(page(entries=entries, orders=[named], violations=["too many"])))
    account = ["due", "by-status", "expiries", "by-organization", "by-container", "by-product"]
    assert found == ["guards", *SECTIONS, *account]
    # Each of them can be reached from the table of contents.
    assert [f"#{name}" for name in found[1:]] == re.findall(
        r'<li><a href="(#[^"]+)">', page(entries=entries, orders=[named])
    )


def test_what_failed_is_before_what_was_done() -> None:
    entries = [entry(action="revoke", outcome=outcome) for outcome in reversed(list(_report.OUTCOMES))]
    states = re.findall(r'<h3 id="irreversible-(\w+)"', page(entries=entries))
    assert states == ["failed", "unknown", "refused", "pending_approval", "not_attempted", "planned", "done"]


def test_the_actions_are_those_of_plans() -> None:
    assert set(_report.IRREVERSIBLE) == set(actions.IRREVERSIBLE)
    assert {*_report.IRREVERSIBLE, *_report.REVERSIBLE} == set(actions.WRITING)


def test_a_requested_change_is_not_shown_as_done() -> None:
    requested, done = (
        sections(page(entries=[entry(outcome=one)]))["irreversible"] for one in ("pending_approval", "done")
    )
    badges = [re.findall(r'<span class="pill (\w+)">([^<\d]+)<', made) for made in (requested, done)]
    assert badges == [[("open", "requested, not approved")], [("good", "done")]]


def test_an_order_that_may_have_a_successor_is_not_shown_as_one_without() -> None:
    for due, words in ((None, "Due and not marked renewed"), ([], "Due without a successor")):
        made = page(entries=[], due_without_successor=due)
        assert f'<h2 id="due-title">{words} <' in made
        assert f'<a href="#due">{words}</a>' in made


def test_history_is_no_alarm() -> None:
    statuses = ("expired", "revoked", "canceled", "rejected")
    orders = [order(n, status=status, valid_till="2026-11-23") for n, status in enumerate(statuses)]
    made = page(entries=[entry(order=str(n)) for n in range(len(statuses))], orders=orders)
    assert 'class="fill-bad"' not in made
    assert '"pill bad"' not in made
    assert made.count('<span class="pill calm">1 day</span>') == len(statuses)


@pytest.mark.parametrize(
    ("till", "shown"),
    [
        ("2026-11-21", "expired 2026-11-21 bad 1 day ago"),
        ("2026-11-22", "expires 2026-11-22 bad today"),
        ("2026-11-29", "expires 2026-11-29 bad 7 days"),
        ("2026-11-30", "expires 2026-11-30 warn 8 days"),
        ("2026-12-22", "expires 2026-12-22 warn 30 days"),
        ("2027-02-20T12:00:00Z", "expires 2027-02-20 info 90 days"),
        ("2027-02-21", "expires 2027-02-21 calm 91 days"),
        ("soon", ""),
        (None, ""),
    ],
)
def test_an_entry_has_the_days_that_its_order_has_left(till: Any, shown: str) -> None:
    made = sections(page(entries=[entry(order="1")], orders=[order(1, valid_till=till)]))["irreversible"]
    found = re.findall(r'<small>(\w+) <time datetime="[\d-]+">(.+?)</time> <span class="pill (\w+)">(.+?)</span>', made)
    assert [" ".join(one) for one in found] == ([shown] if shown else [])


def test_an_order_of_another_service_has_no_days_of_an_order_with_the_same_id() -> None:
    assert "expires" not in sections(page(entries=[entry(order="1", provider="servertastic")]))["irreversible"]


def test_the_files_beside_a_page_are_linked() -> None:
    files = {one: f"weekly.{one}" for one in ("html", "json", "csv")}
    crowd = data(entries=[entry(outcome="unchanged")] * 300)
    for names in (files, {}):
        made = _report_html.to_html(report_of(crowd), names)
        links = re.findall(r'href="([^#][^"]*)"', made)
        # In the head, and where the page does not list all of them.
        assert links == (["weekly.json", "weekly.csv"] * 2 if names else [])
        assert "Not listed here: 100 more." in made
        assert made.count('<tr role="row">\n<th scope="row"') == 200 + 1


def test_the_orders_due_are_bounded_and_counted() -> None:
    orders = [order(n, valid_till="2026-12-01", organization_name=f"O{n}") for n in range(300)]
    found = sections(page(entries=[], orders=orders))
    assert found["due"].count('scope="row"') == 100
    assert "Not listed here: 200 more." in found["due"]
    assert found["by-organization"].count('scope="row"') == 50
    assert "Not listed here: 250 more." in found["by-organization"]


@pytest.mark.exhaustive
def test_ten_thousand_orders_and_entries_are_a_page_of_less_than_5_mb_in_a_second_or_two() -> None:
    reason = "Pending for 45 days, left over from a failed automation"
    entries = [entry(order=str(n), name=f"host-{n}.example.com", reason=reason) for n in range(10_000)]
    orders = [order(n) for n in range(10_000)]
    start = time.perf_counter()
    made = page(entries=entries, orders=orders)
    assert len(made.encode()) < 5_000_000
    assert time.perf_counter() - start < 10
    assert made.count("<tr") > 10_000


# Messages


class Texts(HTMLParser):
    """The texts of a page, one for each element, without the style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_style = tag == "style" and not attrs

    def handle_data(self, data: str) -> None:
        if not self._is_style and data.strip():
            self.found.append(data.strip())


def texts(**more: Any) -> list[str]:
    """Return the sentences and labels of a page, without numbers, names and months."""
    values = r"[\d:-]+( UTC)?|[A-Z][a-z]{2}|[A-Z][a-z]+ \d{4}(: \d.*)?|[\w-]+\.example\.com|with example.com|pending .*"
    # The headline is one of the messages about data.
    found = [re.sub(r"(?i)\d+ orders?: .*?(?=\. |$)", "HEADLINE", text) for text in Texts(page(**more)).found]
    return [text for text in dict.fromkeys(found) if not re.fullmatch(values, text)]


def test_messages_about_data() -> None:
    messages = {}
    for situation, wrong in NO_REPORTS.items():
        with pytest.raises(ReportError) as refused:
            report_of(wrong)
        messages[situation] = str(refused.value)
    with pytest.raises(ReportError) as no_orders:
        _report.registered_orders([], "my_orders")
    headlines = {
        "headline of every outcome": data(
            entries=[*(entry(outcome=outcome) for outcome in _report.OUTCOMES), entry(outcome="left", action="keep")]
        ),
        "headline of an account": data(entries=[]),
        "headline without orders": data(entries=[], orders=[]),
        "headline of a selection": selection(FOUND),
        "headline of an empty selection": selection(),
    }
    messages["a variable without orders"] = str(no_orders.value)
    check_messages("report data", {**messages, **{name: report_of(one).headline for name, one in headlines.items()}})


def test_messages_of_a_page() -> None:
    every = [entry(outcome=outcome, time="") for outcome in _report.OUTCOMES]
    every += [entry(action=action, time="") for action in _report.ACTIONS]
    pages = {
        "a plan with every outcome and action": texts(phase="plan", entries=every, orders=[]),
        "an applied plan": texts(account={"account_id": 7, "api_host": "www.digicert.com"}, hosts=["web1"]),
        "a plan for servers": texts(
            hosts=["cache", "db", "web1"], servers={"web1": ["a.example", "b.example"], "db": []}
        ),
        "an account": texts(title="", phase="report", entries=[], ticket="CHG1", job="3"),
        "an account where nothing expires": texts(phase="report", entries=[], orders=[order(status="pending")]),
        "no orders": texts(phase="report", entries=[], orders=[]),
        "guards": texts(violations=["REASON"], phase="plan") + texts(violations=["REASON"]),
        "more than the page lists": texts(entries=[entry(outcome="unchanged")] * 300),
        "a reissue that is dropped": texts(entries=[entry(action="lapse", drop_reissue=True)]),
        "groups": texts(entries=[], orders=[order(organization_name="A", product_name="B", container_name="C")]),
        "an old order that renews automatically": texts(
            orders=[order(auto_renew=True), order(2, status="pending", date_created="2026-01-01T00:00:00Z")]
        ),
        "many entries and orders": texts(
            entries=[entry()] * 500,
            orders=[order(1), order(2, valid_till="2026-11-01"), order(3, valid_till="2029-01-01")],
        ),
        "an account whose orders all have successors": texts(phase="report", entries=[], due_without_successor=[]),
        "an account with an order without a successor": texts(
            phase="report", entries=[], orders=[SHOWN], due_without_successor=[due_row(SHOWN, "none")]
        ),
        "selected orders": texts(
            **{**selection(FOUND, {**PENDING, "date_created": "2026-01-15T08:30:00Z"}), "phase": "report"}
        ),
    }
    # Each sentence once: with the first page that has it.
    seen: set[str] = set()
    messages = {}
    for situation, lines in pages.items():
        messages[situation] = "\n".join(line for line in lines if line not in seen)
        seen.update(lines)
    check_messages("report page", messages)
