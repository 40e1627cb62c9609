# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences about files that are not safe to use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.certops.orders.plugins.module_utils._files.secure import UnsafeFile, append_line
from ansible_collections.certops.orders.tests.messages import check_messages


def refusal(path: Path) -> str:
    with pytest.raises(UnsafeFile) as caught:
        append_line(str(path), "a line")
    return str(caught.value)


def test_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, shared, own = tmp_path / "pipe", tmp_path / "shared", tmp_path / "own"
    os.mkfifo(pipe)
    shared.touch()
    shared.chmod(0o666)
    own.touch(0o600)
    messages = {"a named pipe": refusal(pipe), "writable for others": refusal(shared)}
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    check_messages("private files", {**messages, "owned by another user": refusal(own)})
