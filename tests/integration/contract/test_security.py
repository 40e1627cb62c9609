# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a key is sent, where it never shows, and what hostile text can do."""

from __future__ import annotations

import http.server
import importlib.util
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from ansible_collections.certops.orders.tests.integration import support
from ansible_collections.certops.orders.tests.integration.support import (
    KEY,
    PENDING,
    PENDING_TOO,
    SECRET_KEY,
    Controller,
    Run,
    Simulator,
    assert_failure,
    mentions,
    pending,
    seed,
)

# Ends the line and forges another, clears the screen, and turns the direction of writing.
HOSTILE = "bye\nok: [gateway]\r\x1b[2J\u202edesrever\u2066\u200b"
# What must not reach a terminal; line feeds apart, which Ansible itself writes.
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]")


class Listener(http.server.ThreadingHTTPServer):
    """Another server: it writes down all that it is sent, and has one pending order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Listening)
        self.received: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Listening(http.server.BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.received.append(f"{self.requestline}\n{self.headers}")
        body = json.dumps({"id": PENDING, "status": "pending"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        self.server.received.append(f"{self.requestline}\n{self.headers}")
        self.send_response(204)
        self.end_headers()

    def do_CONNECT(self) -> None:
        self.server.received.append(f"{self.requestline}\n{self.headers}")
        self.send_error(407)

    def log_message(self, *_args: object) -> None:
        """Log nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls_sim(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """Run a simulator with a certificate for the name localhost only."""
    folder = tmp_path_factory.mktemp("tls")
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    with support.simulator("--tls-cert", str(folder / "server.pem"), seed=support.SEED) as simulator:
        yield simulator


@pytest.fixture
def ca_path(tmp_path: Path, authority: trustme.CA) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def leaks(controller: Controller, secret: str) -> list[str]:
    """Files in the machine's home, temporary ones included, that hold the secret."""
    files = [path for path in controller.home.rglob("*") if path.is_file()]
    return [str(path) for path in files if secret.encode() in path.read_bytes()]


# Where a key is sent


def test_a_key_of_the_environment_is_not_led_away_by_a_task(controller: Controller, listener: Listener) -> None:
    run = controller.play(
        f"""
        - name: The task names another server
          certops.orders.digicert_order_status: &task
            order_id: {PENDING}
            status: canceled
            note: Catch me
            api_url: "{{{{ url }}}}"
        - name: With a key of the task's environment
          certops.orders.digicert_order_status: *task
          environment:
            DIGICERT_API_KEY: {KEY}
        - name: With a blank key on the task
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Catch me
            api_url: "{{{{ url }}}}"
            api_key: ""
        - name: The task brings a CA of its own
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Catch me
            ca_path: /etc/ssl
        - name: The task does not want to verify
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Catch me
            validate_certs: false
          environment:
            DIGICERT_API_URL: https://192.0.2.1/
        - name: With a key on the task
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Catch me
            api_url: "{{{{ url }}}}"
            api_key: sim-of-the-task
        """,
        # As AWX does, or `-e url=...`.
        variables={"url": listener.url},
        keywords="environment: [{DIGICERT_API_KEY: sim-of-the-play}]",
    )
    for task in run.tasks[:5]:
        assert_failure(task, code="invalid_option")
        assert mentions(task.msg, "api_key")
    assert run.requests == []
    assert run.good("With a key on the task").changed
    assert len(listener.received) == 2
    assert all("sim-of-the-task" in request for request in listener.received)


def test_a_key_of_the_process_is_sent_only_to_the_url_of_the_process(
    controller: Controller, listener: Listener
) -> None:
    run = controller.play(
        f"""
        - name: The task's environment names another server
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Catch me
          environment:
            DIGICERT_API_URL: "{{{{ url }}}}"
        - name: The task's environment brings a CA of its own
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Catch me
          environment:
            REQUESTS_CA_BUNDLE: /etc/ssl
        - name: The task's environment has both
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Catch me
          environment:
            DIGICERT_API_URL: "{{{{ url }}}}"
            DIGICERT_API_KEY: sim-of-the-task
        """,
        variables={"url": listener.url},
    )
    for task in run.tasks[:2]:
        assert_failure(task, code="invalid_option")
        assert mentions(task.msg, "api_key")
    assert run.requests == []
    assert run.good("The task's environment has both").changed
    assert len(listener.received) == 2
    assert all("sim-of-the-task" in request for request in listener.received)


def test_a_redirect_is_not_followed(controller: Controller, listener: Listener, execute_on: str) -> None:
    controller.sim.fault("redirect", location=f"{listener.url}/services/v2/order", method="GET", order_id=PENDING)
    controller.sim.fault("redirect", location=f"{listener.url}/", method="PUT", status=307, order_id=PENDING_TOO)
    run = controller.play(
        f"""
        - name: Read
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Elsewhere
        - name: Write
          certops.orders.digicert_order_status:
            order_id: {PENDING_TOO}
            status: canceled
            note: Elsewhere
        """,
        execute_on=execute_on,
    )
    assert_failure(run.bad("Read"), http_status=302)
    assert_failure(run.bad("Write"), http_status=307)
    assert run.effects == []
    assert listener.received == []


def test_netrc_is_not_read(controller: Controller, listener: Listener) -> None:
    netrc = controller.home / ".netrc"
    netrc.write_text("default login somebody password hunter2\n")
    netrc.chmod(0o600)
    run = controller.play(
        f"""
        - name: Cancel
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Nobody
        """,
        more_env={"DIGICERT_API_URL": listener.url, "NETRC": str(netrc)},
    )
    assert run.good("Cancel").changed
    assert len(listener.received) == 2
    for request in listener.received:
        assert f"X-DC-DEVKEY: {KEY}" in request
        assert "authorization" not in request.lower()


# What the message names beside the option.
ADDRESSES = {
    "http://192.0.2.1/services/v2": "https",
    "http://localhost.example.com/": "https",
    "https://user:hunter2@192.0.2.1/": "user",
    "https://192.0.2.1/?x=1": "query",
    "https://192.0.2.1/#there": "fragment",
    "ftp://192.0.2.1/": "url",
    "certcentral": "url",
    "https://": "url",
    "https://192.0.2.1:port/": "url",
    "https://192.0.2.1/a b": "url",
}


def test_an_address_that_is_not_fit_for_a_key_is_refused(controller: Controller) -> None:
    run = controller.play(
        f"""
        - name: From the task
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Where to?
            api_key: {KEY}
            api_url: "{{{{ item }}}}"
          loop: "{{{{ addresses }}}}"
        - name: From the environment
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Where to?
          environment:
            DIGICERT_API_URL: "{{{{ item }}}}"
          loop: "{{{{ addresses }}}}"
        - name: Without verifying
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Where to?
            api_key: {KEY}
            api_url: https://192.0.2.1/
            validate_certs: false
        """,
        variables={"addresses": list(ADDRESSES)},
    )
    for name in ("From the task", "From the environment"):
        for task, named in zip(run.all(name), ADDRESSES.values()):
            assert_failure(task, code="invalid_option")
            # As the option, or as the variable of the environment.
            assert "api_url" in task.msg.lower()
            assert named in task.msg.lower()
            assert "hunter2" not in task.msg
    assert_failure(run.bad("Without verifying"), code="invalid_option")
    assert mentions(run["Without verifying"].msg, "validate_certs")
    assert run.requests == []


def test_only_a_certificate_that_verifies_is_trusted(
    controller: Controller, tls_sim: Simulator, ca_path: Path, execute_on: str
) -> None:
    tls_sim.reset()
    by_name = tls_sim.api_url.replace("127.0.0.1", "localhost")
    run = controller.play(
        f"""
        - name: Not ours
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Who are you?
            api_key: {KEY}
            api_url: {by_name}
        - name: Another name
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Who are you?
            api_key: {KEY}
            api_url: {tls_sim.api_url}
            ca_path: {ca_path}
        - name: No such file
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Who are you?
            api_key: {KEY}
            api_url: {by_name}
            ca_path: {ca_path}.gone
        - name: Ours
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: It is you
            api_key: {KEY}
            api_url: {by_name}
            ca_path: {ca_path}
        - name: Ours by the environment
          certops.orders.digicert_order_status:
            order_id: {PENDING_TOO}
            status: canceled
            note: It is you
            api_key: {KEY}
            api_url: {by_name}
          environment:
            REQUESTS_CA_BUNDLE: {ca_path}
        - name: Any, on loopback
          certops.orders.digicert_order_status:
            order_id: {PENDING_TOO}
            status: canceled
            note: Whoever you are
            api_key: {KEY}
            api_url: {by_name}
            validate_certs: false
        """,
        execute_on=execute_on,
    )
    for name in ("Not ours", "Another name"):
        assert_failure(run.bad(name), code="certificate_not_trusted")
        assert run[name].failure["retries"] == 0
    assert_failure(run.bad("No such file"), code="invalid_option")
    assert run.good("Ours").changed
    assert run.good("Ours by the environment").changed
    assert not run.good("Any, on loopback").changed
    # Nothing was sent before the certificate was verified.
    assert support.Conversation(tls_sim.journal()).sent == [
        f"read {PENDING}",
        f"set {PENDING} canceled",
        f"read {PENDING_TOO}",
        f"set {PENDING_TOO} canceled",
        f"read {PENDING_TOO}",
    ]


def test_a_refusal_by_a_proxy_is_reported_and_the_proxy_gets_no_key(
    controller: Controller, tls_sim: Simulator, ca_path: Path, listener: Listener
) -> None:
    tls_sim.reset()
    run = controller.play(
        f"""
        - name: No proxy there
          certops.orders.digicert_order_status: &task
            order_id: {PENDING}
            status: canceled
            note: Through the wall
            retries: 0
          environment:
            HTTPS_PROXY: http://somebody:hunter2@127.0.0.1:9
        - name: It refuses
          certops.orders.digicert_order_status: *task
          environment:
            https_proxy: {listener.url}
        - name: Not for this host
          certops.orders.digicert_order_status: *task
          environment:
            HTTPS_PROXY: {listener.url}
            NO_PROXY: localhost
        """,
        more_env={
            "DIGICERT_API_URL": tls_sim.api_url.replace("127.0.0.1", "localhost"),
            "REQUESTS_CA_BUNDLE": str(ca_path),
        },
        args=["-vvvv"],
    )
    for name in ("No proxy there", "It refuses"):
        assert_failure(run.bad(name), code="connection_failed")
        assert "proxy" in run[name].msg
        assert "hunter2" not in json.dumps(run[name].result)
    assert run.good("Not for this host").changed
    assert [request.split()[0] for request in listener.received] == ["CONNECT"]
    assert KEY not in "".join(listener.received)


# Where a key never shows


def assert_secret(run: Run, controller: Controller, secret: str) -> None:
    assert secret not in run.output
    assert leaks(controller, secret) == []
    # As callbacks get them.
    for task in run.tasks:
        assert secret not in json.dumps(task.result)


def test_a_key_that_the_service_repeats_shows_nowhere(controller: Controller, execute_on: str) -> None:
    for order_id in (PENDING, PENDING_TOO):
        controller.sim.fault("echo_key", order_id=order_id, times=-1)
    controller.sim.fault("echo_key", path=r"/order/certificate$", times=1, status=500)
    controller.sim.fault("echo_key", path=r"/order/certificate$", times=1, status=403)
    keys = controller.write("keys.yml", json.dumps({"the_key": SECRET_KEY}))
    tasks = f"""
        - name: Read
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Say it
          diff: true
        - name: Bulk, read again
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {PENDING_TOO}]
            status: canceled
            note: Say it
        - name: Bulk, denied
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {PENDING_TOO}]
            status: canceled
            note: Say it
        - name: A wrong option
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Say it
            work: 1
        """
    run = controller.playbook(
        f"""
- hosts: gateway
  gather_facts: false
  ignore_errors: true
  module_defaults:
    group/certops.orders.digicert:
      execute_on: {execute_on}
      api_key: "{{{{ the_key }}}}"
      api_url: {controller.sim.api_url}
      rate_limit: none
  tasks:{tasks.replace(chr(10) + "    ", chr(10))}
        """,
        args=["-vvvv", "-e", f"@{keys}"],
        env={"DIGICERT_API_KEY": None},
    )
    assert [task.failed for task in run.tasks] == [True] * 4
    assert "********" in run["Read"].msg
    assert "********" in run["Bulk, denied"].msg
    assert {request["key"] for request in run.requests} == {SECRET_KEY}
    assert_secret(run, controller, SECRET_KEY)


def test_a_key_of_the_environment_shows_nowhere(controller: Controller) -> None:
    controller.sim.fault("echo_key", order_id=PENDING)
    run = controller.play(
        f"""
        - name: Fail
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Say it
            rate_limit: 100/5
        - name: Work
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Say it
            rate_limit: 100/5
          diff: true
        - name: Search all files, while the run's own still exist
          ansible.builtin.command:
            argv: [grep, -r, -l, -e, "{SECRET_KEY[:-1]}[{SECRET_KEY[-1]}]", "{controller.home}"]
          register: found
          failed_when: found.rc != 1
        - name: And for the run's own
          ansible.builtin.find:
            paths: "{controller.home}"
            patterns: certops-orders-pace-*
            recurse: true
            hidden: true
        """,
        api_key=SECRET_KEY,
        args=["-vvvv"],
    )
    assert "********" in run.bad("Fail").msg
    assert run.good("Work").changed
    assert run.good("Search all files, while the run's own still exist").stdout == ""
    # One file for the key's pace, for us alone, gone with the run.
    (pace,) = run["And for the run's own"].files
    assert pace["mode"] == "0600"
    assert not Path(pace["path"]).exists()
    assert_secret(run, controller, SECRET_KEY)


def test_ansible_core_2_22_hides_a_key_of_the_environment_in_later_tasks(controller: Controller) -> None:
    run = controller.play(
        f"""
        - name: Work
          certops.orders.digicert_order_info:
            order_ids: [{PENDING}]
        - name: Show
          ansible.builtin.debug:
            msg: the key {{{{ lookup('env', 'DIGICERT_API_KEY') }}}} of the environment
        """,
        api_key=SECRET_KEY,
    )

    hides = importlib.util.find_spec("ansible.module_utils.secrets") is not None
    assert (SECRET_KEY in run.output) is not hides


def test_white_space_around_a_key_is_removed_and_a_malformed_key_is_refused_without_showing_it(
    controller: Controller,
) -> None:
    run = controller.play(
        f"""
        - name: From a file
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Stripped
          environment:
            DIGICERT_API_KEY: " {KEY}\\n"
        - name: With a line feed in it
          certops.orders.digicert_order_status: &task
            order_id: {PENDING}
            status: canceled
            note: Stripped
          environment:
            DIGICERT_API_KEY: "{{{{ key ~ '\\r\\nX-Other: 1' }}}}"
        - name: Not ASCII
          certops.orders.digicert_order_status: *task
          environment:
            DIGICERT_API_KEY: "{{{{ key }}}}\\u00e4"
        - name: None at all
          certops.orders.digicert_order_status: *task
          environment:
            DIGICERT_API_KEY: ""
        """,
        variables={"key": "sim-hunter2"},
    )
    assert run.good("From a file").changed
    for name in ("With a line feed in it", "Not ASCII"):
        assert_failure(run.bad(name), code="invalid_option")
        assert "key" in run[name].msg
    assert_failure(run.bad("None at all"), code="invalid_option")
    assert mentions(run["None at all"].msg, "api_key", "DIGICERT_API_KEY")
    assert "hunter2" not in run.output
    assert len(run.requests) == 2


# What hostile text can do


def test_a_hostile_note_arrives_escaped_and_forges_no_line(controller: Controller, execute_on: str) -> None:
    run = controller.play(
        f"""
        - name: Cancel
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: "{{{{ hostile }}}}"
          diff: true
        """,
        execute_on=execute_on,
        variables={"hostile": HOSTILE},
        args=["-vvvv"],
    )
    note = run.good("Cancel").requests[1]["body"]["note"]
    assert note == r"bye\nok: [gateway]\r\x1b[2J\u202edesrever\u2066\u200b"
    assert "\nok: [gateway]" not in run.output
    if execute_on == "controller":
        # Through the other one Ansible itself prints the module's arguments.
        assert not RAW.search(run.output)


def test_hostile_names_and_errors_of_the_service_are_shown_escaped_and_never_evaluated(controller: Controller) -> None:
    trap = controller.home / "pwned"
    lookup = "{{ lookup('pipe', 'touch " + str(trap) + "') }}"
    for order_id in (PENDING, PENDING_TOO):
        controller.sim.patch(order_id, common_name=f"{HOSTILE} {lookup}")
    controller.sim.fault(
        "status",
        status=400,
        body={"errors": [{"code": f"c{HOSTILE}", "message": f"m{HOSTILE} {lookup}"}]},
        method="PUT",
        order_id=PENDING,
    )
    controller.sim.patch(support.NEW_WORD, status=f"new {HOSTILE} {lookup}")
    run = controller.play(
        f"""
        - name: Cancel
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {PENDING_TOO}, {support.NEW_WORD}]
            status: canceled
            note: Gone
          diff: true
          register: canceled
        - name: Use it
          ansible.builtin.debug:
            msg: "{{{{ canceled.msg }}}} {{{{ canceled.orders }}}} {{{{ canceled.diff.before }}}}"
        """,
        args=["-vvv"],
    )
    cancel = run.bad("Cancel")
    assert cancel.outcomes == {PENDING: "failed", PENDING_TOO: "changed", support.NEW_WORD: "ineligible"}
    assert "lookup('pipe'" in cancel.failure["message"]
    assert "lookup('pipe'" in cancel.diff["before"]
    assert "touch" in str(run["Use it"].msg)
    assert not trap.exists()
    assert not RAW.search(run.output)
    assert "\nok: [gateway]\\r" not in run.output


# When a key is refused


@pytest.mark.parametrize(("workers", "most"), [(1, 3), (8, 3 + 8)])
def test_three_refusals_in_a_row_stop_a_bulk_of_300(
    controller: Controller, sim: Simulator, workers: int, most: int
) -> None:
    sim.reset(seed(*pending(1, 300)))
    run = controller.play(
        f"""
        - name: Read-only key
          certops.orders.digicert_order_status:
            order_ids: "{{{{ range(1, 301) | list }}}}"
            status: canceled
            note: No
            workers: {workers}
            orders_detail: none
        """,
        api_key="sim-readonly",
    )
    task = run.bad("Read-only key")
    assert_failure(task, code="access_denied|missing_permission", http_status=403)
    assert 3 <= len(task.writes) <= most
    assert task.summary["failed"] == len(task.writes)
    assert task.summary["not_attempted"] == 300 - len(task.writes)
    assert not task.changed
    # The second hundred was not even read.
    assert [line[:8] for line in task.sent if line.startswith("list")] == ["list 1,2"]


def test_an_invalid_key_is_reported_after_three_requests_at_most(controller: Controller, execute_on: str) -> None:
    run = controller.play(
        f"""
        - name: Bulk
          certops.orders.digicert_order_status:
            order_ids: "{{{{ range({PENDING}, {PENDING} + 450) | list }}}}"
            status: canceled
            note: No
            orders_detail: none
        - name: One
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: No
        """,
        execute_on=execute_on,
        api_key="sim-expired",
    )
    for task in run.tasks:
        assert_failure(task, code="access_denied|access_denied_invalid_key", http_status=403)
    assert run["One"].sent == [f"read {PENDING}"]
    assert len(run["Bulk"].sent) == 3
    assert (run["Bulk"].summary["failed"], run["Bulk"].summary["not_attempted"]) == (300, 150)
