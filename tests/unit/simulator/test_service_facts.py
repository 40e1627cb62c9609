# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of facts and switches is up to date: tests/tools/service_facts.py --check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import service_facts  # noqa: E402  (found by the line above)


def test_facts_tests_and_switches_agree() -> None:
    tool = ROOT / "tests" / "tools" / "service_facts.py"
    check = subprocess.run([sys.executable, str(tool), "--check"], capture_output=True, text=True, check=False)
    assert (check.returncode, check.stdout) == (0, ""), check.stdout + check.stderr


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ({"fact": "x"}, "name its tests"),
        ({"fact": "x", "tests": ["unit/simulator/test_notes.py::test_notes"], "untested": "why"}, "name its tests"),
        ({"fact": "x", "tests": ["unit/simulator/test_notes.py::test_nothing"]}, "there is no test"),
        ({"fact": "x", "tests": ["unit/simulator/test_nothing.py::test_notes"]}, "there is no test"),
    ],
)
def test_a_fact_without_its_test_is_noticed(fact: dict[str, object], words: str) -> None:
    known = service_facts.facts()
    known["certcentral"]["4.4"] = [fact]
    (wrong,) = service_facts.disagreements(known)
    assert words in wrong


def test_a_section_that_is_cited_and_missing_is_noticed() -> None:
    known = service_facts.facts()
    del known["certcentral"]["4.6"]
    wrong = service_facts.disagreements(known)
    assert any("the switch certcentral.renewal_email_values refers to certcentral 4.6" in each for each in wrong)
    assert any("renewal.py cites certcentral 4.6" in each for each in wrong)


def test_a_section_with_facts_is_on_the_reference_page() -> None:
    known = service_facts.facts()
    known["servertastic"]["9"] = known["servertastic"]["8"]
    assert service_facts.disagreements(known) == [
        "there are facts of servertastic 9, and servertastic.md has no such section"
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("`certcentral.mark_revoked`", "a switch", "the switch certcentral.mark_revoked is not on the page"),
        ("`rate.retry_after`", "`rate.retry_before`", "names a switch rate.retry_before"),
    ],
)
def test_the_reference_page_names_every_switch_and_no_other(
    monkeypatch: pytest.MonkeyPatch, old: str, new: str, words: str
) -> None:
    text = service_facts.reference("certcentral")
    changed = {"certcentral": text.replace(old, new), "servertastic": service_facts.reference("servertastic")}
    monkeypatch.setattr(service_facts, "reference", changed.__getitem__)
    assert any(words in each for each in service_facts.disagreements(service_facts.facts()))
