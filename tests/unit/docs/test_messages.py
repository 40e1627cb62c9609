# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences of tests/messages.yml: each is compared by a test, and all follow the wording of CONTRIBUTING.md."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.certops.orders.tests.messages import known

TESTS = Path(__file__).resolve().parents[2]
# Words of CONTRIBUTING.md that have a plain one, and spellings that are not American.
AVOIDED = re.compile(
    r"\b(told|tells?|somebody|nobody|whoever|for ever|left to a person|goes away|lives on|a person|is no|what is no"
    r"|cancell(?:ed|ing)|recognis\w+|behaviour|licence)\b",
    re.IGNORECASE,
)


def test_each_subject_is_compared_by_one_test() -> None:
    calls = re.compile(r"check_messages\(\s*\"([^\"]+)\"")
    compared = [name for path in TESTS.rglob("test_*.py") for name in calls.findall(path.read_text(encoding="utf-8"))]
    assert sorted(compared) == sorted(known())


def test_sentences_follow_the_wording() -> None:
    wrong = {
        f"{subject}: {situation}": text
        for subject, several in known().items()
        for situation, text in several.items()
        if AVOIDED.search(text)
    }
    assert wrong == {}


def test_the_messages_of_the_troubleshooting_guide_exist() -> None:
    """A row begins with a message; an ellipsis in it stands for any text."""
    guide = (TESTS.parent / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    messages = re.findall(r"^\| `([^`]+)` \|", guide.partition("## Ansible and AWX")[0], re.MULTILINE)
    texts = [text for several in known().values() for text in several.values()]
    unknown = [
        message
        for message in messages
        if not any(re.search(".*".join(map(re.escape, message.split("…"))), text, re.DOTALL) for text in texts)
    ]
    assert len(messages) > 25
    assert unknown == []
