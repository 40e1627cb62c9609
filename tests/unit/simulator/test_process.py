# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process: its command line, its start and its end."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from servertastic_client import Reseller
from simulator_client import Api

from certsim import cli
from certsim.testing import Simulator, SimulatorError

SIMULATOR = Path(__file__).resolve().parents[2] / "simulator"
DEMO = SIMULATOR / "seeds" / "demo.yml"

#: docs/development/reference/certcentral.md 2.3.
REFERENCE_STATUSES = {
    "needs_approval",
    "pending",
    "processing",
    "waiting_pickup",
    "needs_csr",
    "issued",
    "reissue_pending",
    "expired",
    "revoked",
    "rejected",
    "canceled",
    "approved",
}

#: docs/development/reference/servertastic.md 4.
SERVERTASTIC_STATUSES = {
    "Order Placed",
    "Awaiting Customer Verification",
    "Awaiting Provider Approval",
    "Queued",
    "Completed",
    "Cancelled",
    "Roll Back",
    "Servertastic Review",
}


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "certsim", *arguments],
        env={**os.environ, "PYTHONPATH": str(SIMULATOR)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        **options,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "loopback addresses only"),
        (["--host", "example.com"], "loopback addresses only"),
        (["--set", "no.such=1"], "unknown switch: no.such"),
        (["--set", "nonsense"], "NAME=VALUE"),
        (["--seed", "no-such-file.yml"], "cannot read seed"),
        (["--port", "70000"], "cannot listen"),
    ],
)
def test_refusals(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_port_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("--port", str(taken.getsockname()[1]))
    assert result.returncode == 2
    assert "cannot listen on 127.0.0.1" in result.stderr


@pytest.mark.parametrize("content", ["- 1\n", "a: [\n", "orders: [{id: 1, colour: red}]\n"])
def test_unusable_seed_file(tmp_path: Path, content: str) -> None:
    seed = tmp_path / "seed.yml"
    seed.write_text(content, encoding="utf-8")
    result = run("--seed", str(seed))
    assert result.returncode == 2
    assert "seed" in result.stderr or "order 1" in result.stderr


@pytest.mark.parametrize(
    ("option", "table"), [("--list-switches", cli.switch_table()), ("--list-faults", cli.fault_table())]
)
def test_tables_are_listed_and_in_the_readme(option: str, table: str) -> None:
    result = run(option)
    assert result.returncode == 0
    assert result.stdout.strip() == table
    assert table in (SIMULATOR / "README.md").read_text(encoding="utf-8")


def test_examples_of_the_readme_work() -> None:
    readme = (SIMULATOR / "README.md").read_text(encoding="utf-8")
    examples = [line for line in readme.splitlines() if line.startswith("curl ")]
    with Simulator("--seed", DEMO) as sim:
        variables = {"S": sim.api_url, "T": sim.url, "C": f"{sim.url}/_sim", "PATH": os.environ["PATH"]}
        for example in examples:
            command = example.replace("rehearsal", sim.token).replace("curl -s", "curl -sS --noproxy '*' -f")
            result = subprocess.run(
                ["sh", "-c", command], env=variables, capture_output=True, text=True, timeout=10, check=False
            )
            assert (result.returncode, result.stderr) == (0, ""), example
    assert len(examples) >= 10


def test_seeds_of_the_readme_work(tmp_path: Path) -> None:
    readme = (SIMULATOR / "README.md").read_text(encoding="utf-8")
    blocks = [part.partition("```")[0] for part in readme.split("```yaml\n")[1:]]
    seeds = [tmp_path / f"{number}.yml" for number, _block in enumerate(blocks)]
    for seed, block in zip(seeds, blocks, strict=True):
        seed.write_text(block, encoding="utf-8")
    with Simulator(*(word for seed in seeds for word in ("--seed", seed))) as sim:
        assert list(sim.st_orders()) == ["sim-token-1", "sim-old", "sim-new"]
        assert sim.st_account("team")["points"] == 500
        assert sim.now().startswith("2026-11-01")
        assert Api(sim).orders(limit=1).json()["page"]["total"] == 30_003
        assert Api(sim).put(3, "not_renewed").status_code == 204


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ready_file_and_clean_stop(tmp_path: Path, number: signal.Signals) -> None:
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "certsim", "--port", "0", "--ready-file", str(ready)],
        env={**os.environ, "PYTHONPATH": str(SIMULATOR), "CERTSIM_TOKEN": "chosen"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        while not ready.exists():
            assert process.poll() is None
            time.sleep(0.01)
        content = json.loads(ready.read_text(encoding="utf-8"))
        assert (content["control_token"], content["pid"]) == ("chosen", process.pid)
        assert ready.stat().st_mode & 0o777 == 0o600
        assert requests.get(f"{content['url']}/services/v2/user/me", timeout=5).status_code == 403
        process.send_signal(number)
        output, _errors = process.communicate(timeout=5)
    finally:
        process.kill()
    assert process.returncode == 0
    assert f"{content['url']}/services/v2" in output
    assert "X-Sim-Token: chosen" in output
    assert f"kill {process.pid}" in output


def test_stops_at_once_whatever_hangs() -> None:
    with Simulator() as sim:
        sim.fault("hang", path="/user/me", times=-1)
        sim.fault("drip", path="/order/", bytes_per_second=0.1, times=-1)
        idle = requests.Session()
        assert idle.get(f"{sim.url}/_sim/clock", timeout=5).status_code == 403
        threads = [
            threading.Thread(target=_ignore_the_end, args=(Api(sim), path))
            for path in ("/user/me", "/order/certificate")
        ]
        for thread in threads:
            thread.start()
        while len(sim.journal()) < 2:
            time.sleep(0.01)
        begin = time.monotonic()
        os.kill(sim.pid, signal.SIGTERM)
        for thread in threads:
            thread.join(5)
        sim.stop()
        assert time.monotonic() - begin < 2
        idle.close()


def _ignore_the_end(api: Api, path: str) -> None:
    with pytest.raises(requests.RequestException):
        api.request("GET", path, timeout=30)


def test_several_seeds_and_settings(tmp_path: Path) -> None:
    seed = tmp_path / "more.json"
    seed.write_text(json.dumps({"orders": [{"id": 5}], "switches": {"latency": 0.5}}), encoding="utf-8")
    with Simulator("--seed", DEMO, "--seed", seed, switches={"latency": 0}) as sim:
        assert sim.order(5)["status"] == "issued"
        assert sim.order(1101)["status"] == "pending"
        assert sim.switches()["latency"] == 0
        sim.reset({"switches": {"latency": 0.001}})
        assert sim.switches()["latency"] == 0.001


def test_demo_seed() -> None:
    with Simulator("--seed", DEMO) as sim:
        api = Api(sim)
        orders = api.orders().json()["orders"]
        statuses = {order["status"] for order in orders}
        assert 40 <= len(orders) <= 50
        assert statuses >= REFERENCE_STATUSES
        names = [name for order in orders for name in order["certificate"]["dns_names"]]
        assert [name for name in names if not re.search(r"[.@]example(\.com)?$", name)] == []
        assert Api(sim, "sim-emea").ids() == [1106, 1508]
        assert api.put(1602, "renewed").status_code == 204
        assert api.put(1101, "canceled", "stale").status_code == 204
        assert api.put(1607, "renewed").status_code == 400
        sim.advance("5d")
        assert api.put(1607, "renewed").status_code == 204


def test_demo_seed_of_servertastic() -> None:
    with Simulator("--seed", DEMO) as sim:
        orders, reseller = sim.st_orders(), Reseller(sim)
        assert {order["status"] for order in orders.values()} == SERVERTASTIC_STATUSES
        names = [order["domain_name"] for order in orders.values()]
        assert [name for name in names if not name.endswith(".example")] == []
        tokens = [token.removeprefix("sim-") for token in orders]
        cancelled = [token for token in tokens if reseller.cancel(token).status_code == 200]
        assert cancelled == ["unused-1", "unused-2", "blog", "intranet", "www-old", "www-new", "mail", "shop"]
        assert [mail["to"].partition("@")[2] for mail in sim.outbox()] == [
            "www.northwind.example",
            "mail.northwind.example",
            "shop.northwind.example",
        ]
        for mail in sim.outbox():
            sim.approve(mail)
        sim.advance("5m")
        assert sim.st_account("northwind")["points"] == 5800


def test_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject, *files],
        check=True,
        capture_output=True,
    )
    with Simulator("--tls-cert", certificate, "--tls-key", key) as sim:
        assert sim.api_url.startswith("https://127.0.0.1:")
        headers = {"X-DC-DEVKEY": "sim-admin"}
        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(certificate)
            assert session.get(f"{sim.api_url}/user/me", headers=headers, timeout=5).status_code == 200
            sim.fault("reset_before")
            with pytest.raises(requests.ConnectionError):
                session.get(f"{sim.api_url}/user/me", headers=headers, timeout=5)


def test_helper_reports_why_it_did_not_start() -> None:
    with pytest.raises(SimulatorError, match="unknown switch"):
        Simulator(switches={"no.such": 1}).start()


def test_helper_leaves_no_process_behind() -> None:
    with Simulator() as sim:
        pid = sim.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_process_ends_with_the_one_that_started_it() -> None:
    script = (
        "import os, signal; from certsim.testing import Simulator; sim = Simulator(); sim.start();"
        "print(sim.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    variables = {**os.environ, "PYTHONPATH": str(SIMULATOR)}
    result = subprocess.run([sys.executable, "-c", script], env=variables, capture_output=True, check=False)
    end = time.monotonic() + 5
    while _is_running(int(result.stdout)):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_ids_are_found_without_a_scan() -> None:
    with Simulator(seed={"generate": {"count": 30_000}}, switches={"rate.enabled": False}) as sim:
        api = Api(sim)
        ids = [200_000_000 + 300 * number for number in range(100)]
        assert api.ids(filters={"id": ids}) == ids
        begin = _cpu_seconds(sim.pid)
        for _time in range(100):
            api.orders(filters={"id": ids})
        # A scan of 30,000 orders alone takes more; without one it is some 2 ms a list.
        assert _cpu_seconds(sim.pid) - begin < 1.0


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    # An orphan without a waiting parent stays behind as a zombie.
    return state != "Z"


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
