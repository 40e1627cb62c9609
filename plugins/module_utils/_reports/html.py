# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The HTML page of a report: one file without scripts or network access, for light and dark mode, phones and print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from .._common.text import plural
from .._common.values import utc_text
from .charts import OUTCOME_TONES, STATUS_TONES, Node, clock, element, expiry_chart, status_chart, timeline
from .data import ACTIONS, OUTCOMES, Entry, Overview, Report

SOONEST = 100
# Maximum other names to show for an entry. The JSON report has all of them.
_MAX_NAMES = 20
_ROWS_PER_TABLE = 200
_PHASES: Mapping[str, tuple[str, str]] = {
    "report": ("Overview", "No order was changed."),
    "plan": ("Plan", "No order has been changed yet."),
    "apply": ("Applied", "These are the results of the plan."),
}
_TITLES: Mapping[str, tuple[str, str]] = {
    "left": ("Manual review", "The operator must decide on these orders."),
    "failed": ("Failed", "The change of these orders failed."),
    "unknown": ("Outcome unknown", "The change was sent, but its outcome is not known: check these orders."),
    "refused": ("Refused", "A rule or a guard does not allow the change."),
    "pending_approval": ("Waiting for approval", "The change was requested, and an approver must approve it."),
    "not_attempted": ("Not attempted", "The run stopped before it changed these orders."),
    "planned": ("Planned", "These changes are planned."),
    "done": ("Done", "This run changed these orders."),
    "waiting": ("Waiting for a later run", "A limit postpones these changes: run the role again."),
    "unchanged": ("Unchanged", "These orders needed no change."),
}
_CELL = {"role": "cell"}
_ROW = {"role": "row"}
_ROW_HEADER = {"scope": "row", "role": "rowheader"}
_GROUP = {"role": "rowgroup"}
STYLE = """
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#1a2330;--soft:#526071;--line:#dde2e8;
--good:#1a7043;--good-bg:#e3f4ea;--warn:#7d4e00;--warn-bg:#fdf0d5;--bad:#a8231c;--bad-bg:#fce8e6;
--info:#2457a6;--info-bg:#e5eefb;--calm:#566272;--calm-bg:#eceff3;
--good-bar:#2f8f5b;--warn-bar:#b97f0f;--bad-bar:#c94a41;--info-bar:#3f78cc;--calm-bar:#8b97a6}
@media screen and (prefers-color-scheme:dark){:root{--page:#10151b;--card:#181f28;--ink:#e6ebf1;--soft:#a4b0bf;
--line:#2c3642;--good:#74d3a0;--good-bg:#15392a;--warn:#f2c06b;--warn-bg:#40300f;--bad:#f59a92;--bad-bg:#4a1f1c;
--info:#93bbf8;--info-bg:#1b3357;--calm:#b3becb;--calm-bg:#2b3440;
--good-bar:#4fb583;--warn-bar:#d9a441;--bad-bar:#e07a70;--info-bar:#6f9fe8;--calm-bar:#7a8796}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);overflow-wrap:anywhere;
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif}
header,main,footer{max-width:70rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:3rem}
h1{font-size:1.9rem;line-height:1.2;letter-spacing:-.015em;margin:.6rem 0 .5rem;font-weight:650}
h2{font-size:1.3rem;line-height:1.3;margin:3.2rem 0 1rem;font-weight:650}
h3{font-size:1.05rem;margin:0;font-weight:650;line-height:1.4}
p{margin:0}
.lead{font-size:1.1rem;color:var(--soft);max-width:48rem}
.pill{display:inline-block;padding:.1rem .65rem;border-radius:1rem;font-size:.85rem;font-weight:600;white-space:nowrap}
.good{color:var(--good);background:var(--good-bg)}.warn{color:var(--warn);background:var(--warn-bg)}
.bad{color:var(--bad);background:var(--bad-bg)}.info{color:var(--info);background:var(--info-bg)}
.calm{color:var(--calm);background:var(--calm-bg)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem 2rem;margin:1.8rem 0 0;
padding:1.2rem 0;border:solid var(--line);border-width:1px 0}
.facts div{min-width:0}
dt{font-size:.8rem;color:var(--soft)}
dd{margin:0}
.wide{grid-column:1/-1}
code{font:.85em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.8rem;list-style:none;padding:0;
margin:1.8rem 0 0}
.tiles a{display:block;height:100%;padding:.85rem 1.1rem;border-radius:.7rem;text-decoration:none;font-size:.92rem;
line-height:1.35}
.tiles a:hover,.tiles a:focus{text-decoration:underline}
.tiles strong{display:block;font-size:1.7rem;line-height:1.2;font-weight:650;font-variant-numeric:tabular-nums}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(19rem,100%),1fr));gap:1.2rem;align-items:start}
.card{background:var(--card);border:1px solid var(--line);border-radius:.9rem;padding:1.3rem 1.4rem;margin:0 0 1.2rem;
min-width:0}
.charts .card{margin:0}
.note{color:var(--soft);font-size:.9rem;margin-top:.1rem}
svg{display:block;width:100%;max-width:25rem;height:auto;margin:1.1rem 0 .4rem;font-size:12.5px}
svg text{fill:var(--ink);font-variant-numeric:tabular-nums}svg .small{fill:var(--soft);font-size:11.5px}
svg .strong{font-weight:600}.grid{stroke:var(--line)}
.fill-good{fill:var(--good-bar)}.fill-warn{fill:var(--warn-bar)}.fill-bad{fill:var(--bad-bar)}
.fill-info{fill:var(--info-bar)}.fill-calm{fill:var(--calm-bar)}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;margin:.4rem 0 0;padding:0;font-size:.85rem}
.key svg{display:inline;width:.8em;height:.8em;margin:0 .45em 0 0;vertical-align:-.05em}
details{margin-top:.7rem;font-size:.9rem}
summary{color:var(--info);cursor:pointer}
table{border-collapse:collapse;width:100%;font-size:.94rem}
caption{text-align:left;color:var(--soft);font-size:.9rem;padding:0 0 .7rem}
th,td{text-align:left;vertical-align:top;padding:.6rem 1rem .6rem 0;border-top:1px solid var(--line);font-weight:400}
thead th{font-size:.8rem;color:var(--soft);border-top:0;padding:.3rem 1rem .3rem 0}
tbody th{font-weight:600}
small{display:block;font-size:.86rem;color:var(--soft);font-weight:400}
.number{text-align:right;font-variant-numeric:tabular-nums}
.entries{table-layout:fixed}.entries th:first-child{width:38%}.entries th:nth-child(2){width:25%}
.long{content-visibility:auto;contain-intrinsic-size:auto 800rem;margin-top:1.5rem}
section h3{display:flex;flex-wrap:wrap;gap:.3rem .7rem;align-items:center}
footer{color:var(--soft);font-size:.85rem;padding:2.5rem 1.5rem 3rem}
a:focus-visible,summary:focus-visible{outline:3px solid var(--info);outline-offset:2px;border-radius:.3rem}
@media screen and (max-width:40rem){
header,main,footer{padding-left:1rem;padding-right:1rem}header{padding-top:1.6rem}
h1{font-size:1.5rem}h2{margin-top:2.4rem}.card{padding:1.1rem 1rem}
.facts{grid-template-columns:1fr 1fr;gap:.8rem 1rem}.tiles{grid-template-columns:1fr 1fr}
.entries,.entries tbody,.entries tr,.entries th,.entries td{display:block;width:auto!important;border:0;padding:0}
.entries caption{display:block}
.entries thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.entries tbody tr{border-top:1px solid var(--line);padding:.8rem 0}.entries td{margin-top:.35rem}}
@media print{
@page{margin:14mm}
:root{--page:#fff}
body{font-size:9.5pt}header,main,footer{max-width:none;padding:0}
.card{border:0;padding:0;break-inside:auto}.charts .card{break-inside:avoid}
h2,h3,caption{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}
details{display:none}.long{content-visibility:visible}.tiles a{border:1px solid var(--line)}
.charts{grid-template-columns:1fr 1fr}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""


def to_html(report: Report) -> str:
    """Return the complete HTML page."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    # The policy allows this style sheet only, and no style that is injected through report data.
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("meta", {"name": "referrer", "content": "no-referrer"}),
        element("meta", {"name": "robots", "content": "noindex"}),
        element("meta", {"name": "format-detection", "content": "telephone=no, date=no, address=no, email=no"}),
        element("title", None, f"{report.title}: {report.headline}"),
        _style(),
    )
    overview = report.overview(SOONEST) if report.orders else None
    body = element("body", None, _header(report), _main(report, overview), _footer(report))
    page = element("html", {"lang": "en"}, head, body)
    return "<!DOCTYPE html>\n" + ElementTree.tostring(page, encoding="unicode", method="html") + "\n"


def _style() -> ElementTree.Element:
    style = ElementTree.Element("style")
    # Not through `element`, which would replace the line feeds.
    style.text = STYLE
    return style


def _header(report: Report) -> ElementTree.Element:
    phase, explained = _PHASES[report.phase]
    tone = {"report": "calm", "plan": "info", "apply": "good"}[report.phase]
    headline = report.headline[:1].upper() + report.headline[1:]
    return element(
        "header",
        None,
        element("p", {"class": f"pill {tone}"}, phase),
        element("h1", None, report.title),
        element("p", {"class": "lead"}, f"{headline}. {explained}"),
        _facts(report),
    )


def _facts(report: Report) -> ElementTree.Element:
    account = "" if report.account_id is None else str(report.account_id)
    facts: list[tuple[str, Node | None, str]] = [
        ("Created", element("time", {"datetime": utc_text(report.generated_at)}, _minute(report.generated_at)), ""),
        ("Account", account, ""),
        ("Service", report.api_host, ""),
        ("Ticket", report.ticket, ""),
        ("Job", report.job, ""),
        (plural(len(report.names), "name"), _some(report.names, _MAX_NAMES), "wide"),
        # All of them without a limit: the reader may be the approver of their removal.
        (plural(len(report.hosts), "server"), _servers(report), "wide"),
        ("Plan (SHA-256)", element("code", None, report.plan_sha256) if report.plan_sha256 else None, "wide"),
    ]
    shown = [
        element("div", {"class": kind} if kind else None, element("dt", None, label), element("dd", None, value))
        for label, value, kind in facts
        if value is not None and value != ""
    ]
    return element("dl", {"class": "facts"}, *shown)


def _servers(report: Report) -> str:
    """The servers, each with its names where they are known."""
    shown = [
        f"{host} ({', '.join(report.servers[host]) or 'no names'})" if host in report.servers else host
        for host in report.hosts
    ]
    return ", ".join(shown)


def _main(report: Report, overview: Overview | None) -> ElementTree.Element:
    parts: list[Node | None] = []
    if report.entries:
        parts.append(_tiles(report))
    parts.append(_pictures(report, overview))
    if report.entries:
        parts.append(element("h2", {"id": "orders"}, "Orders"))
        for outcome in report.counts:
            parts.append(_section(outcome, [entry for entry in report.entries if entry.outcome == outcome]))
    elif not report.orders:
        parts.append(element("p", {"class": "card"}, "The report contains no orders."))
    if overview is not None:
        parts += _soonest(overview)
    return element("main", None, *parts)


def _tiles(report: Report) -> ElementTree.Element:
    tiles = [
        element(
            "li",
            None,
            element(
                "a",
                {"href": f"#{outcome}", "class": OUTCOME_TONES[outcome]},
                element("strong", None, f"{count:,}"),
                _TITLES[outcome][0],
            ),
        )
        for outcome, count in report.counts.items()
    ]
    return element("nav", {"aria-label": "Outcomes"}, element("ul", {"class": "tiles"}, *tiles))


def _pictures(report: Report, overview: Overview | None) -> ElementTree.Element | None:
    cards = []
    run = timeline(report.entries)
    if run is not None:
        cards.append(_card("This run", "The times of the changes, in UTC.", run, None, _times(report.entries)))
    if overview is not None:
        cards += [_statuses(overview), _expiries(overview)]
    if not cards:
        return None
    heading = "Overview" if overview is not None else "The run"
    return element("div", None, element("h2", None, heading), element("div", {"class": "charts"}, *cards))


def _statuses(overview: Overview) -> ElementTree.Element:
    rows = [[status or "(none)", f"{count:,}"] for status, count in overview.statuses]
    numbers = _table("Orders by status", ("Status", "Orders"), rows)
    text = f"{plural(overview.total, 'order')} in the account."
    return _card("Orders by status", text, status_chart(overview), None, numbers)


def _expiries(overview: Overview) -> ElementTree.Element:
    rows = [[f"{month.first:%B %Y}", f"{month.due:,}", f"{month.renewed:,}"] for month in overview.months]
    numbers = _table(
        "Certificates that expire, by month; the first and the last month are incomplete",
        ("Month", "Not renewed", "Marked renewed"),
        rows,
    )
    more = [f"{overview.later:,} later"] if overview.later else []
    more += [f"{overview.expired:,} already expired"] if overview.expired else []
    text = f"{overview.expiring:,} in the next 12 months" + "".join(f", {each}" for each in more) + "."
    key = element(
        "ul",
        {"class": "key"},
        element("li", None, _swatch("info"), "Not renewed"),
        element("li", None, _swatch("calm"), "Marked renewed"),
    )
    return _card("Expiries", text, expiry_chart(overview), key, numbers)


def _times(entries: Iterable[Entry]) -> ElementTree.Element:
    spans: dict[str, list[datetime]] = {}
    for entry in entries:
        if entry.moment:
            spans.setdefault(entry.outcome, []).append(entry.moment)
    rows = [
        [_TITLES[outcome][0], f"{len(spans[outcome]):,}", clock(min(spans[outcome])), clock(max(spans[outcome]))]
        for outcome in OUTCOMES
        if outcome in spans
    ]
    return _table("This run, by outcome", ("Outcome", "Orders", "First", "Last"), rows)


def _card(title: str, text: str, picture: Node, key: Node | None, numbers: ElementTree.Element) -> ElementTree.Element:
    return element(
        "section",
        {"class": "card"},
        element("h3", None, title),
        element("p", {"class": "note"}, text),
        picture,
        key,
        element("details", None, element("summary", None, "As numbers"), numbers),
    )


def _swatch(tone: str) -> ElementTree.Element:
    square = element("rect", {"width": 10, "height": 10, "rx": 2, "class": f"fill-{tone}"})
    return element("svg", {"viewBox": "0 0 10 10", "aria-hidden": "true", "focusable": "false"}, square)


def _section(outcome: str, entries: Sequence[Entry]) -> ElementTree.Element:
    title, explained = _TITLES[outcome]
    heading = element(
        "h3",
        {"id": f"{outcome}-title"},
        title,
        element("span", {"class": f"pill {OUTCOME_TONES[outcome]}"}, f"{len(entries):,}"),
    )
    attributes = {"id": outcome, "class": "card", "aria-labelledby": f"{outcome}-title"}
    return element("section", attributes, heading, *_tables(explained, entries))


def _tables(explained: str, entries: Sequence[Entry]) -> Iterable[ElementTree.Element]:
    """Yield one table, or several for many entries: the browser lays out a table only when it becomes visible."""
    for start in range(0, len(entries), _ROWS_PER_TABLE):
        part = entries[start : start + _ROWS_PER_TABLE]
        within = f" {start + 1:,} to {start + len(part):,} of {len(entries):,}" if len(part) < len(entries) else ""
        caption = explained + within
        table = _stacking(caption, ("Order", "Change", "Reason"), [_entry(entry) for entry in part])
        yield element("div", {"class": "long"}, table) if start else table


def _entry(entry: Entry) -> list[Node]:
    others = [name for name in entry.domains if name != entry.name]
    known = " ".join(part for part in (_provider(entry.provider), entry.order) if part)
    also = f"with {_some(others, _MAX_NAMES)}" if others else ""
    change = " \u2192 ".join(dict.fromkeys(part for part in (entry.before, entry.after) if part))
    when = entry.moment
    last = ", ".join(part for part in (entry.contact, f"{clock(when)} UTC" if when else "") if part)
    # An entry without a name shows its order instead.
    name, number = (entry.name, known) if entry.name else (known, "")
    return [
        element("th", _ROW_HEADER, name, _small(number), _small(also)),
        element("td", _CELL, ACTIONS[entry.action], _small(change)),
        element("td", _CELL, entry.reason, _small(last)),
    ]


def _provider(word: str) -> str:
    return {"certcentral": "CertCentral", "servertastic": "Servertastic"}.get(word, word)


def _soonest(overview: Overview) -> list[Node]:
    heading = element("h2", None, "Next to expire")
    if not overview.soonest:
        return [heading, element("p", {"class": "card"}, "No certificate that is in use expires without a renewal.")]
    caption = f"{plural(len(overview.soonest), 'certificate')} in use and not renewed, sorted by expiry date."
    rows = [_expiring(row) for row in overview.soonest]
    return [heading, element("div", {"class": "card"}, _stacking(caption, ("Name", "Expires", "Order"), rows))]


def _expiring(row: Mapping[str, Any]) -> list[Node]:
    till = str(row.get("valid_till") or "")
    status = str(row.get("status") or "")
    order = ", ".join(str(row[key]) for key in ("order_id", "product_name", "organization_name") if row.get(key))
    pill = element("span", {"class": f"pill {STATUS_TONES.get(status, 'calm')}"}, status)
    return [
        element("th", _ROW_HEADER, str(row.get("common_name") or "(no name)")),
        element("td", _CELL, element("time", {"datetime": till}, till)),
        element("td", _CELL, f"{order} ", pill),
    ]


def _stacking(caption: str, columns: Sequence[str], rows: Iterable[Sequence[Node]]) -> ElementTree.Element:
    """Return a table with rows that stack on a phone. It sets ARIA roles, because the stacked layout removes them."""
    head = [element("th", {"scope": "col", "role": "columnheader"}, column) for column in columns]
    return element(
        "table",
        {"class": "entries", "role": "table"},
        element("caption", None, caption),
        element("thead", _GROUP, element("tr", _ROW, *head)),
        element("tbody", _GROUP, *[element("tr", _ROW, *cells) for cells in rows]),
    )


def _table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> ElementTree.Element:
    """Return a table of numbers with a text in the first column."""
    number: dict[str, object] = {"class": "number"}
    kinds: list[dict[str, object]] = [{}, *[number for _other in columns[1:]]]
    head = [element("th", {"scope": "col", **kind}, column) for kind, column in zip(kinds, columns)]
    body = [
        element(
            "tr",
            None,
            element("th", {"scope": "row"}, row[0]),
            *[element("td", kind, value) for kind, value in zip(kinds[1:], row[1:])],
        )
        for row in rows
    ]
    return element(
        "table",
        None,
        element("caption", None, caption),
        element("thead", None, element("tr", None, *head)),
        element("tbody", None, *body),
    )


def _footer(report: Report) -> ElementTree.Element:
    contacts = "" if report.contacts else " Contact data is omitted."
    return element(
        "footer",
        None,
        element(
            "p",
            None,
            f"Created by certops.orders.{contacts} Times are in UTC. This page loads no files and runs no scripts.",
        ),
    )


def _small(text: str) -> ElementTree.Element | None:
    return element("small", None, text) if text else None


def _some(names: Sequence[str], max_names: int) -> str:
    rest = len(names) - max_names
    return ", ".join(names[:max_names]) + (f" and {rest} more" if rest > 0 else "")


def _minute(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
