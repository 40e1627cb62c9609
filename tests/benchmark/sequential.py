# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users write today, without Ansible: cancel orders one after the other, in one session.

sequential.py FILE: a JSON file with `order_ids`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import requests


def main() -> None:
    base = os.environ["DIGICERT_API_URL"] + "/order/certificate"
    order_ids = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["order_ids"]
    with requests.Session() as session:
        session.headers["X-DC-DEVKEY"] = os.environ["DIGICERT_API_KEY"]
        for order_id in order_ids:
            read = session.get(f"{base}/{order_id}", timeout=30)
            read.raise_for_status()
            if read.json()["status"] != "pending":
                continue
            change = {"status": "canceled", "note": "Benchmark"}
            session.put(f"{base}/{order_id}/status", json=change, timeout=30).raise_for_status()
            print(order_id, "canceled")


if __name__ == "__main__":
    main()
