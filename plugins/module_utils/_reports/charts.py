# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""SVG charts of a report, and a helper that builds escaped markup.

All markup is built as an ElementTree of the standard library, which escapes texts and attributes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Union
from xml.etree import ElementTree

from .._common.text import plural
from .data import OUTCOMES, Entry, Overview, plain

Node = Union[ElementTree.Element, str]
_WIDTH = 320
# The color of a status, in addition to its text. Other statuses have a neutral color.
STATUS_TONES: Mapping[str, str] = {
    **dict.fromkeys(("issued", "renewed", "complete"), "good"),
    **dict.fromkeys(("pending", "needs_approval", "waiting_pickup", "processing", "reissue_pending"), "warn"),
    **dict.fromkeys(("needs_csr", "approved"), "warn"),
    **dict.fromkeys(("expired", "revoked"), "bad"),
}
OUTCOME_TONES: Mapping[str, str] = {
    "left": "warn",
    "failed": "bad",
    "unknown": "bad",
    "refused": "bad",
    "pending_approval": "warn",
    "not_attempted": "calm",
    "planned": "info",
    "done": "good",
    "waiting": "calm",
    "unchanged": "calm",
}


def element(tag: str, attributes: Mapping[str, object] | None = None, *children: Node | None) -> ElementTree.Element:
    """Return an element. Strings among the children become printable here and are escaped when the tree is written."""
    made = ElementTree.Element(tag, {name: str(value) for name, value in (attributes or {}).items()})
    last: ElementTree.Element | None = None
    for child in children:
        if child is None:
            continue
        if not isinstance(child, str):
            made.append(child)
            last = child
        elif last is None:
            made.text = (made.text or "") + plain(child)
        else:
            last.tail = (last.tail or "") + plain(child)
    return made


def status_chart(overview: Overview, max_rows: int = 9) -> ElementTree.Element:
    """Return a bar chart of the orders by status."""
    rows = [(status or "(none)", count, STATUS_TONES.get(status, "calm")) for status, count in overview.statuses]
    if len(rows) > max_rows:
        rest = rows[max_rows - 1 :]
        rows = [*rows[: max_rows - 1], (f"{len(rest)} more", sum(count for _one, count, _two in rest), "calm")]
    top = max((count for _one, count, _two in rows), default=1)
    left, step, right = 116, 27, 44
    bars: list[Node] = []
    for number, (status, count, tone) in enumerate(rows):
        y, length = 6 + number * step, max(2.0, (_WIDTH - left - right) * count / top)
        bars += [
            _label(left - 10, y + 14, _short(status, 16), "end"),
            _rect((left, y, length, 18), f"fill-{tone}", f"{status}: {plural(count, 'order')}", radius=3),
            _label(left + length + 7, y + 14, f"{count:,}", "start", "strong"),
        ]
    description = ", ".join(f"{count} {status}" for status, count, _other in rows)
    return _picture("by-status", "Orders by status", description, 10 + len(rows) * step, bars)


def expiry_chart(overview: Overview) -> ElementTree.Element:
    """Return a column chart of the expiries by month: renewed orders on top of orders that are not renewed."""
    left, base, height = 30, 170, 146
    top = _round_up(max((month.total for month in overview.months), default=0))
    step = (_WIDTH - left) / len(overview.months)
    parts: list[Node] = []
    for share in (0, 1, 2):
        y = base - height * share / 2
        parts.append(element("line", {"x1": left, "x2": _WIDTH, "y1": y, "y2": y, "class": "grid"}))
        parts.append(_label(left - 6, y + 4, f"{top * share // 2:,}", "end", "small"))
    for number, month in enumerate(overview.months):
        x, y = left + number * step + step * 0.18, float(base)
        for count, tone, words in ((month.due, "info", "not renewed"), (month.renewed, "calm", "marked renewed")):
            if count:
                bar_height = height * count / top
                y -= bar_height
                description = f"{month.first:%B %Y}: {count} {words}"
                parts.append(_rect((x, y, step * 0.64, bar_height), f"fill-{tone}", description, radius=1.5))
        middle = x + step * 0.32
        # Every other month, so that the labels do not overlap.
        if number % 2 == 0:
            parts.append(_label(middle, base + 17, f"{month.first:%b}", "middle", "small"))
        if number == 0 or (number % 2 == 0 and month.first.month <= 2):
            parts.append(_label(middle, base + 33, f"{month.first:%Y}", "middle", "small"))
    description = f"Certificates that expire within 12 months: {overview.expiring}. " + ", ".join(
        f"{month.first:%B %Y}: {month.total}" for month in overview.months if month.total
    )
    return _picture("expiries", "Expiries in the next 12 months", description, base + 40, parts)


def timeline(entries: Iterable[Entry], bins: int = 60) -> ElementTree.Element | None:
    """Return a timeline of the changes with one lane for each outcome, None if no entry has a time."""
    timed = [(when, entry.outcome) for entry in entries for when in [entry.moment] if when]
    if not timed:
        return None
    first, last = min(when for when, _other in timed), max(when for when, _other in timed)
    lanes = [outcome for outcome in OUTCOMES if any(outcome == each for _other, each in timed)]
    lane, width = 44, _WIDTH
    span = (last - first).total_seconds()
    counted: dict[tuple[str, int], int] = {}
    for when, outcome in timed:
        slot = min(bins - 1, int((when - first).total_seconds() / span * bins)) if span else bins // 2
        counted[outcome, slot] = counted.get((outcome, slot), 0) + 1
    top = max(counted.values())
    parts: list[Node] = []
    for number, outcome in enumerate(lanes):
        y = 8 + (number + 1) * lane
        # The label is above the line, where the longest label fits.
        parts.append(_label(0, y - 22, OUTCOMES[outcome], "start", "small"))
        parts.append(element("line", {"x1": 0, "x2": _WIDTH, "y1": y, "y2": y, "class": "grid"}))
    for (outcome, slot), count in sorted(counted.items()):
        # The height grows with the square root of the number, so that a single change stays visible.
        bar_height = 8 + 8 * math.sqrt((count - 1) / (top - 1)) if top > 1 else 14.0
        y = 8 + (lanes.index(outcome) + 1) * lane
        at = first + timedelta(seconds=span * (slot + 0.5) / bins)
        box = (width * slot / bins, y - bar_height, width / bins - 1.2, bar_height)
        description = f"{clock(at)}: {count} {OUTCOMES[outcome]}"
        parts.append(_rect(box, f"fill-{OUTCOME_TONES[outcome]}", description, radius=1.5))
    bottom = 8 + len(lanes) * lane + 18
    if span:
        parts += [_label(0, bottom, clock(first), "start", "small")]
        parts += [_label(_WIDTH, bottom, clock(last), "end", "small")]
    else:
        parts += [_label(width / 2, bottom, clock(first), "middle", "small")]
    description = f"From {clock(first)} to {clock(last)} UTC: " + ", ".join(
        f"{sum(count for (each, _other), count in counted.items() if each == outcome)} {OUTCOMES[outcome]}"
        for outcome in lanes
    )
    return _picture("timeline", "This run over time", description, bottom + 8, parts)


def clock(when: datetime) -> str:
    return f"{when:%H:%M:%S}"


def _picture(key: str, title: str, description: str, height: float, parts: Sequence[Node]) -> ElementTree.Element:
    return element(
        "svg",
        {
            "viewBox": f"0 0 {_WIDTH} {_number(height)}",
            "role": "img",
            "aria-labelledby": f"{key}-title {key}-desc",
            "focusable": "false",
        },
        element("title", {"id": f"{key}-title"}, title),
        element("desc", {"id": f"{key}-desc"}, description),
        *parts,
    )


def _rect(box: tuple[float, float, float, float], tone: str, description: str, radius: float) -> ElementTree.Element:
    place = dict(zip(("x", "y", "width", "height"), map(_number, box)))
    return element("rect", {**place, "rx": radius, "class": tone}, element("title", None, description))


def _label(x: float, y: float, text: str, anchor: str, kind: str = "") -> ElementTree.Element:
    attributes = {"x": _number(x), "y": _number(y), "text-anchor": anchor}
    return element("text", {**attributes, "class": kind} if kind else attributes, text)


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _short(text: str, max_length: int) -> str:
    shown = plain(text)
    return shown if len(shown) <= max_length else shown[: max_length - 1] + "\u2026"


def _round_up(value: int) -> int:
    """Return the next round number for the end of a scale. Its half is a whole number, for the label in the middle."""
    unit = 10 ** (len(str(value)) - 1)
    steps = (2, 4, 6, 8, 10) if unit == 1 else (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)
    return int(next(step * unit for step in steps if step * unit >= value))
