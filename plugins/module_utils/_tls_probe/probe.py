# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Probe names: which certificates their servers present, on each port and address, and whether one is sought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._common.errors import Stopped
from .._common.options import OptionError
from .._runtime.workers import pool
from .handshake import Prober
from .verdict import (
    MAX_NAMES,
    SMTP_PORTS,
    UNKNOWN,
    address_refusal,
    host_name,
    ports,
    result_row,
    serial,
    task_summary,
    verdict_of,
)

if TYPE_CHECKING:
    from .._common.context import Stop


def probe(
    names: Sequence[str],
    port_numbers: Sequence[int],
    serial_numbers: Sequence[str],
    *,
    timeout: float,
    workers: int,
    stop: Stop,
) -> dict[str, Any]:
    """Probe every name on every port. Returns `msg`, `verdict` and `results`, as served_certificate_info does.

    serial_numbers: hexadecimal; empty for any certificate. timeout: seconds for one address. workers: connections at a
    time, at most. Raises OptionError, LibraryMissing or Stopped.
    """
    hosts = dict.fromkeys(map(host_name, names))
    if not 1 <= len(hosts) <= MAX_NAMES:
        raise OptionError(f"names must contain between 1 and {MAX_NAMES} names")
    sought = {serial(text) for text in serial_numbers}
    jobs = [(*host, port) for host in hosts for port in ports(port_numbers)]
    prober = Prober(timeout, refuse=address_refusal)

    def one(name: str, refusal: str, port: int) -> dict[str, Any]:
        if stop:
            raise Stopped(stop.reason)
        if refusal:
            return result_row(name, port, (UNKNOWN, refusal))
        observations = prober.observe(name, port, starttls=port in SMTP_PORTS)
        return result_row(name, port, verdict_of(observations, sought), observations)

    with pool(min(workers, len(jobs))) as work:
        return task_summary(work(one, jobs))
