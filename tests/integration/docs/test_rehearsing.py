# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The export of docs/rehearsing.md is a seed of the simulator with the same orders, and has no real name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ansible_collections.certops.orders.tests.integration.docs.test_commands import RUNNABLE, Reader
from ansible_collections.certops.orders.tests.integration.support import Controller, Simulator

ROOT = Path(__file__).resolve().parents[3]
COMPARED = ("status", "origin", "is_renewed", "valid_till")


def orders_of(sim: Simulator) -> dict[int, dict[str, Any]]:
    return {order["id"]: order for order in sim.state()["certcentral"]["orders"]}


def test_an_export_is_a_seed_without_names(controller: Controller, sim: Simulator) -> None:
    seed = yaml.safe_load((ROOT / "tests" / "simulator" / "seeds" / "demo.yml").read_text(encoding="utf-8"))
    sim.reset({**seed, "switches": {"rate.enabled": False}})
    real = orders_of(sim)
    reader = Reader(controller, sim, next(block for block in RUNNABLE if block.file == "export.yml"))

    reader.run()

    text = (reader.folder / "my_orders.yml").read_text(encoding="utf-8")
    exported = yaml.safe_load(text)
    sim.reset({**exported, "switches": {"rate.enabled": False}})
    copies = orders_of(sim)
    assert sorted(copies) == sorted(real)
    different = [
        (number, key) for number in real for key in COMPARED if real[number].get(key) != copies[number].get(key)
    ]
    assert different == []
    names = {name for order in real.values() for name in order.get("dns_names") or []}
    assert len(names) > 20
    assert [name for name in names if name in text] == []
    # Each label has a stand-in, so that a name below another one is still below it.
    labels = {label for order in exported["orders"] for name in order["dns_names"] for label in name.split(".")}
    assert {len(label) for label in labels - {"*"}} == {len("n12345678")}
