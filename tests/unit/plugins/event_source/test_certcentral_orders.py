# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source without a service: what it takes, what it needs to run, and that all that describes it agrees.

Its life is in tests/integration/events/test_event_source.py.
"""

from __future__ import annotations

import asyncio
import json
import runpy
import subprocess
import sys
import textwrap
import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable
from unittest.mock import Mock

import pytest
import responses
import yaml

from ansible_collections.certops.orders.tests.messages import check_messages

COLLECTION = Path(__file__).resolve().parents[4]
EDA = COLLECTION / "extensions" / "eda"
SOURCE = EDA / "plugins" / "event_source" / "certcentral_orders.py"
SCHEMAS = SOURCE.parent / "schemas"
KEY = "sim-KEY-that-nobody-may-see"
URL = "https://www.digicert.com/services/v2/order/certificate/status-changes"


class Hasty:
    """asyncio for a source that is cancelled as soon as it would wait for the next poll."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, _seconds: float) -> None:
        raise asyncio.CancelledError


@pytest.fixture(scope="module")
def source() -> dict[str, Any]:
    """Run the file as ansible-rulebook does."""
    found = runpy.run_path(str(SOURCE))
    found["main"].__globals__["asyncio"] = Hasty()
    return found


def start(source: dict[str, Any], **args: Any) -> list[Any]:
    """Let it poll once; returns the events."""
    events: list[Any] = []

    async def put(event: Any) -> None:
        events.append(event)

    with pytest.raises((asyncio.CancelledError, source["SourceError"])) as caught:
        asyncio.run(source["main"](SimpleNamespace(put=put), {"api_key": KEY, **args}))
    assert KEY not in str(caught.value)
    if isinstance(caught.value, source["SourceError"]):
        raise caught.value
    return events


@responses.activate
def test_it_runs(source: dict[str, Any], tmp_path: Path) -> None:
    responses.get(URL, json={"orders": [{"order_id": 5, "status": "rejected"}]})
    responses.get(URL, json={"orders": [{"order_id": 7, "status": "Rejected"}, {"order_id": 8, "status": "issued"}]})

    (event,) = start(source, state_file=str(tmp_path / "state"), statuses=["rejected"], with_orders=False)

    assert (event["certcentral"]["order_id"], event["certcentral"]["status"]) == (7, "Rejected")
    week, since = (int(call.request.params["seconds"]) for call in responses.calls)
    # The second one only for what has passed meanwhile.
    assert (week, since < 60) == (604800, True)
    assert [call.request.headers["X-DC-DEVKEY"] for call in responses.calls] == [KEY, KEY]


@responses.activate
def test_an_answer_that_leaves_changes_out_is_a_gap(source: dict[str, Any], tmp_path: Path) -> None:
    responses.get(URL, json={})
    responses.get(URL, json={"orders": [{"order_id": 7, "status": "rejected"}], "page": {"total": 2}})

    events = [event["certcentral"] for event in start(source, state_file=str(tmp_path / "state"), with_orders=False)]

    assert [(event["event"], event.get("order_id")) for event in events] == [("gap", None), ("status_change", 7)]
    assert events[0]["reason"]


@responses.activate
def test_numbers_and_flags_may_come_as_text(source: dict[str, Any], tmp_path: Path) -> None:
    responses.get(URL, json={})

    start(
        source, state_file=str(tmp_path / "state"), interval="60", lookback="3599", validate_certs="True", retries=None
    )

    assert 3600 <= int(responses.calls[1].request.params["seconds"]) < 3660


class RuleEngine:
    """The queue of ansible-rulebook whose rule engine gives back what it has taken, in `feedback`."""

    def __init__(self) -> None:
        self.feedback: asyncio.Queue[Any] = asyncio.Queue(1)
        self.events: list[Any] = []
        self.is_stuck = False

    async def put(self, event: Any) -> None:
        """Take an event."""
        self.events.append(event["certcentral"])
        if not self.is_stuck:
            self.feedback.put_nowait(event)


@responses.activate
def test_an_event_without_feedback_is_emitted_again_with_the_same_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DIGICERT_API_KEY", KEY)
    main = runpy.run_path(str(SOURCE))["main"]
    monkeypatch.setitem(main.__globals__, "_FEEDBACK_WARNING_AFTER", 0.05)
    responses.get(URL, json={})
    responses.get(URL, json={"orders": [{"order_id": number, "status": "issued"} for number in (1, 2, 3)]})
    emitted: list[list[Any]] = []

    async def run(stuck_at: int) -> None:
        engine = RuleEngine()
        args = {"state_file": str(tmp_path / "state"), "with_orders": False, "feedback": True}
        source = asyncio.create_task(main(engine, {**args, "eda_feedback_queue": engine.feedback}))
        while len(engine.events) < 2:
            assert not source.done(), source.exception()
            engine.is_stuck = len(engine.events) + 1 == stuck_at
            await asyncio.sleep(0)
        await asyncio.sleep(0.2)
        source.cancel()
        with pytest.raises(asyncio.CancelledError):
            await source
        assert len(asyncio.all_tasks()) == 1
        emitted.append(engine.events)

    asyncio.run(run(stuck_at=2))
    asyncio.run(run(stuck_at=3))

    assert [[event["order_id"] for event in events] for events in emitted] == [[1, 2], [2, 3]]
    assert emitted[0][1] == {
        **emitted[1][0],
        **{name: emitted[0][1][name] for name in ("changed_after", "changed_before")},
    }
    assert [record.levelname for record in caplog.records if "ansible-rulebook" in record.message][:1] == ["WARNING"]


@responses.activate
@pytest.mark.parametrize(("statuses", "message"), [(["cancelled", "Issued"], "cancelled"), (["canceled"], "")])
def test_an_unknown_status_is_reported(
    source: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture, statuses: list[str], message: str
) -> None:
    responses.get(URL, json={})

    start(source, state_file=str(tmp_path / "state"), statuses=statuses)

    warnings = [record.message for record in caplog.records if "statuses" in record.message]
    assert [message in warning for warning in warnings] == [True] * bool(message)


@responses.activate
def test_the_events_of_a_poll_do_not_wait_for_the_disk_on_the_event_loop(
    source: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    responses.get(URL, json={})
    responses.get(URL, json={"orders": [{"order_id": 7, "status": "rejected"}]})
    files = source["main"].__globals__["_secure"]
    threads: list[str] = []
    replace = files.replace

    def noted(path: str, text: str) -> None:
        threads.append(threading.current_thread().name)
        replace(path, text)

    monkeypatch.setattr(files, "replace", noted)

    assert start(source, state_file=str(tmp_path / "state"), with_orders=False)

    # The one at the start may.
    assert threads[0] == "MainThread"
    assert len(threads) == 3
    assert "MainThread" not in threads[1:]


# Arguments that are refused, and the name of the option that the error has to contain.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"state_file": None}, "state_file"),
    ({"state_file": ["x"]}, "state_file"),
    ({"intervall": 60}, "intervall"),
    ({"feedback": True}, "feedback"),
    ({"state_file": ""}, "state_file"),
    ({"state_file": "/"}, "state_file"),
    ({"state_file": "."}, "state_file"),
    ({"state_file": "states/.."}, "state_file"),
    ({"state_file": "a\0b"}, "state_file"),
    ({"state_file": "~nosuchuser/x"}, "state_file"),
    ({"interval": 59.9}, "interval"),
    ({"interval": 302401}, "interval"),
    ({"interval": "often"}, "interval"),
    ({"interval": True}, "interval"),
    ({"interval": "nan"}, "interval"),
    ({"interval": float("inf")}, "interval"),
    ({"interval": "3e2"}, "interval"),
    ({"timeout": 3.9}, "timeout"),
    ({"retries": "1.5"}, "retries"),
    ({"lookback": -1}, "lookback"),
    ({"lookback": 604801}, "lookback"),
    ({"statuses": "issued"}, "statuses"),
    ({"statuses": []}, "statuses"),
    ({"statuses": [1]}, "statuses"),
    ({"statuses": ["issued", " "]}, "statuses"),
    ({"with_orders": "perhaps"}, "with_orders"),
    ({"region": "mars"}, "region"),
    ({"api_url": 5}, "api_url"),
    ({"api_url": "http://elsewhere.example"}, "api_url"),
    ({"api_key": 5}, "api_key"),
    ({"api_key": f"{KEY} {KEY}"}, "API key"),
    ({"timeout": 0}, "timeout"),
    ({"rate_limit": "much"}, "rate_limit"),
]


@pytest.mark.parametrize(("args", "option"), WRONG, ids=lambda value: str(value)[:40])
def test_what_it_does_not_take(source: dict[str, Any], tmp_path: Path, args: dict[str, Any], option: str) -> None:
    with pytest.raises(source["SourceError"], match=rf"\b{option}\b"):
        start(source, **{"state_file": str(tmp_path / "state"), **args})
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_required(source: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGICERT_API_KEY", raising=False)
    with pytest.raises(source["SourceError"], match=r"api_key.* DIGICERT_API_KEY"):
        start(source, state_file=str(tmp_path / "state"), api_key=None)


@pytest.mark.parametrize(
    ("interval", "failures", "longest"), [(300, 1, 600), (300, 5, 3600), (60, 999, 3600), (7200, 3, 7200)]
)
def test_how_long_it_waits_after_failures(
    source: dict[str, Any], interval: float, failures: int, longest: float
) -> None:
    drawn = {source["backoff"](interval, failures) for _number in range(50)}

    assert len(drawn) > 10
    assert 0.75 * longest <= min(drawn) <= max(drawn) <= longest


ALONE = """
    import asyncio, runpy, sys

    class Nothing:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in {missing}:
                raise ModuleNotFoundError(name)

    sys.meta_path.insert(0, Nothing())
    found = runpy.run_path(sys.argv[1])
    try:
        asyncio.run(found["main"](None, dict(api_key="k", state_file="/nowhere/state")))
    except found["SourceError"] as error:
        print(error)
    assert not [name for name in sys.modules if name.partition(".")[0] in ("ansible", "ansible_collections")]
"""


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (("ansible", "ansible_collections"), "state_file /nowhere/state "),
        (("ansible", "requests"), " requests "),
    ],
)
def test_it_needs_neither_ansible_nor_the_collections_path(
    missing: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    script = textwrap.dedent(ALONE).format(missing=missing)
    command = [sys.executable, "-I", "-W", "error", "-c", script, str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert message in done.stdout


def test_its_documentation_and_its_schema_match_its_options(source: dict[str, Any]) -> None:
    options = yaml.safe_load(source["DOCUMENTATION"])["options"]
    schema = json.loads((SCHEMAS / "certcentral_orders.json").read_text())
    takes = source["main"].__globals__["_DEFAULTS"]

    assert set(options) == set(schema["properties"]) == set(takes)
    assert [name for name in options if options[name].get("required")] == schema["required"] == ["state_file"]
    # The rate limit's own default is the client's.
    takes = {**takes, "rate_limit": "100/5, 1000/180"}
    assert {name: option.get("default") for name, option in options.items()} == takes
    assert {name: option.get("default") for name, option in schema["properties"].items()} == takes


@responses.activate
def test_every_event_matches_its_schema(source: dict[str, Any], tmp_path: Path) -> None:
    responses.get(URL, json={})
    responses.get(URL, json={})
    responses.get(URL, json={"orders": [{"order_id": 7, "status": "rejected"}]})
    row = {"id": 7, "status": "rejected", "certificate": {"common_name": "a.example"}}
    responses.get("https://www.digicert.com/services/v2/order/certificate", json={"orders": [row]})
    state = tmp_path / "state"
    start(source, state_file=str(state))
    state.write_text(json.dumps({**json.loads(state.read_text()), "since": "2019-01-01T00:00:00Z"}))

    events = [event["certcentral"] for event in start(source, state_file=str(state))]

    forms = json.loads((SCHEMAS / "certcentral_orders_event.json").read_text())["$defs"]
    assert [event["event"] for event in events] == ["gap", "status_change"]
    for event in events:
        form = forms[event["event"]]
        assert set(event) == set(form["properties"]) == set(form["required"])
        assert event["gap"] is form["properties"]["gap"]["const"]
    assert set(forms["status_change"]["properties"]["order"]["required"]) <= set(events[1]["order"])


@pytest.mark.parametrize("rulebook", sorted((EDA / "rulebooks").glob("*.yml")), ids=lambda rulebook: rulebook.stem)
def test_rulebooks_start_plans_and_notices_and_never_writes(source: dict[str, Any], rulebook: Path) -> None:
    takes = source["main"].__globals__["_DEFAULTS"]
    for ruleset in yaml.safe_load(rulebook.read_text()):
        for entry in ruleset["sources"]:
            assert set(entry["certops.orders.certcentral_orders"]) <= set(takes)
        for rule in ruleset["rules"]:
            (action,) = rule["action"].items()
            assert action[0] == "run_playbook"
            if action[1]["name"] != "{{ certops_notify }}":
                playbook = action[1]["name"].rpartition(".")[2]
                assert (COLLECTION / "playbooks" / f"{playbook}.yml").exists()
                # Written out, though it is the default, so that no reader has to know that.
                assert action[1]["extra_vars"][f"{playbook}_phase"] == "plan"
                assert not [name for name in action[1]["extra_vars"] if "confirm" in name]


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages_of_options(source: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(**args: Any) -> str:
        with pytest.raises(source["SourceError"]) as caught:
            start(source, **{"state_file": str(tmp_path / "state"), **args})
        return str(caught.value).replace(str(tmp_path), "/var/lib")

    def without_requests() -> str:
        module = source["main"].__globals__

        def fails(*_args: Any, **_more: Any) -> None:
            raise module["_errors"].LibraryMissing("requests", "Traceback")

        with monkeypatch.context() as patched:
            patched.setattr(module["_client"], "connect", fails)
            return refusal()

    shared = tmp_path / "shared"
    shared.touch()
    shared.chmod(0o666)
    check_messages(
        "event source, options",
        {
            "unknown option": refusal(intervall=60),
            "no state_file": refusal(state_file=None),
            "state_file is not text": refusal(state_file=["x"]),
            "state_file is a folder": refusal(state_file="/"),
            "state_file of an unknown user": refusal(state_file="~nosuchuser/x"),
            "state_file in a missing folder": refusal(state_file=str(tmp_path / "missing" / "state")),
            "state_file writable for others": refusal(state_file=str(shared)),
            "interval too short": refusal(interval=59.9),
            "interval is a word": refusal(interval="often"),
            "retries is a fraction": refusal(retries=1.5),
            "lookback too long": refusal(lookback=604801),
            "statuses is text": refusal(statuses="issued"),
            "with_orders is neither true nor false": refusal(with_orders="perhaps"),
            "unknown region": refusal(region="mars"),
            "feedback without support": refusal(feedback=True),
            "requests is missing": without_requests(),
        },
    )


class PatientAsyncio(Hasty):
    """asyncio for a source that is canceled at its second wait."""

    is_first = True

    async def sleep(self, seconds: float) -> None:
        if not self.is_first:
            await super().sleep(seconds)
        self.is_first = False


def logged(happens: Callable[[], Any], caplog: pytest.LogCaptureFixture, tmp_path: Path) -> str:
    """The last line that the source logs, with its level."""
    caplog.clear()
    happens()
    return f"{caplog.records[-1].levelname}: {caplog.records[-1].message}".replace(str(tmp_path), "/var/lib")


@responses.activate
def test_messages_of_the_state_file(source: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = source["main"].__globals__["_secure"]
    responses.get(URL, json={})

    def line(name: str = "state", **args: Any) -> str:
        start_here = partial(start, source, state_file=str(tmp_path / name), with_orders=False, **args)
        return logged(start_here, caplog, tmp_path)

    messages = {"new": line(), "new with lookback": line("second", lookback=86400)}
    with files.locked(files.beside(str(tmp_path / "state"))):
        messages["used by another source"] = line()
    unwritable = source["_State"](str(tmp_path / "none" / "state"), "x")
    messages["cannot be written"] = logged(unwritable.save, caplog, tmp_path)
    check_messages("event source, state_file", messages)


@responses.activate
def test_messages_of_polls(
    source: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    module = source["main"].__globals__
    monkeypatch.setitem(module, "random", SimpleNamespace(uniform=lambda _low, high: high))
    monkeypatch.setitem(module, "_FEEDBACK_WARNING_AFTER", 0.01)
    polled = partial(start, source, state_file=str(tmp_path / "state"), with_orders=False)

    def failing(error: Exception) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(module["_client"].CertCentral, "status_changes", Mock(side_effect=error))
            polled()

    def recovered() -> None:
        changes = Mock(side_effect=[module["_errors"].ServerError("no"), ([], True), ([], True)])
        with monkeypatch.context() as patched:
            patched.setitem(module, "asyncio", PatientAsyncio())
            patched.setattr(module["_client"].CertCentral, "status_changes", changes)
            polled()

    async def stuck() -> None:
        # Before Python 3.10 a queue belongs to the loop that runs when it is made.
        engine = RuleEngine()
        engine.is_stuck = True
        args = {"api_key": KEY, "state_file": str(tmp_path / "state"), "with_orders": False, "feedback": True}
        running = asyncio.create_task(module["main"](engine, {**args, "eda_feedback_queue": engine.feedback}))
        while not caplog.records:
            assert not running.done(), running.exception()
            await asyncio.sleep(0.001)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    happens = {
        "unknown status": partial(polled, statuses=["cancel", "issued"]),
        "API key refused": partial(failing, module["_errors"].Denied("CertCentral refused it (HTTP 403)")),
        "service failed": partial(failing, module["_errors"].ServerError("CertCentral failed (HTTP 500)")),
        "service answers again": recovered,
    }
    responses.get(URL, json={})
    responses.get(URL, json={})
    polled()
    messages = {situation: logged(poll, caplog, tmp_path) for situation, poll in happens.items()}
    responses.reset()
    responses.get(URL, json={"orders": [{"order_id": 7, "status": "issued"}]})
    messages["event not confirmed"] = logged(lambda: asyncio.run(stuck()), caplog, tmp_path)
    check_messages("event source, polls", messages)
