# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps orders from living on by themselves: each setting is set once, however CertCentral spells it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    Controller,
    Simulator,
    assert_failure,
    mentions,
    seed,
)

PLAIN, SECOND, THIRD, PLAN, ENDED, REVOKED, LOUD = range(401, 408)
BOOK: list[dict[str, Any]] = [
    {"id": PLAIN},
    {"id": SECOND},
    {"id": THIRD, "disable_renewal_notifications": True},
    {"id": PLAN, "is_multi_year_plan": True, "auto_reissue": 1, "custom_renewal_message": "Ask Ada"},
    {"id": ENDED, "status": "canceled"},
    {"id": REVOKED, "status": "revoked"},
    {"id": LOUD, "auto_renew": 10},
]
# Written as a fact or as a word: auto_renew, auto-renew.
AUTO_RENEW = re.compile("auto.renew", re.IGNORECASE)
SPELLINGS = {
    "on_off": ("on", "off"),
    "enable_disable": ("enable", "disable"),
    "enabled_disabled": ("enabled", "disabled"),
    "true_false": ("true", "false"),
    "1_0": ("1", "0"),
}


def renewal(name: str, **arguments: Any) -> str:
    return f"- {json.dumps({'name': name, 'certops.orders.digicert_order_renewal': arguments})}\n"


@pytest.mark.story("digicert_order_renewal")
def test_each_setting_is_set_once(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    settings = {"renewal_emails": False, "auto_reissue": False, "custom_renewal_message": ""}
    run = controller.play(
        renewal("Let expire", order_id=PLAN, **settings)
        + renewal("Let expire again", order_id=PLAN, **settings)
        + renewal("Only the message", order_id=PLAN, custom_renewal_message="See the\nhandbook")
        + renewal("Only the message again", order_id=PLAN, custom_renewal_message="See the\nhandbook"),
    )
    done = run.good("Let expire")
    assert done.sent == [
        f"read {PLAN}",
        f"emails {PLAN} off",
        f"auto-reissue {PLAN} 0",
        f"message {PLAN}",
        f"read {PLAN}",
    ]
    assert done.orders[0]["before"] == {
        "status": "issued",
        "renewal_emails": True,
        "auto_reissue": True,
        "custom_renewal_message": "Ask Ada",
        "auto_renew": False,
    }
    assert done.orders[0]["after"] == {**done.orders[0]["before"], **settings}
    for name in ("Let expire again", "Only the message again"):
        assert (run.good(name).changed, run[name].sent) == (False, [f"read {PLAN}"])
    assert run.good("Only the message").writes == [f"message {PLAN}"]
    truth = sim.order(PLAN)
    assert truth["disable_renewal_notifications"] is True
    assert truth["auto_reissue"] == 0


@pytest.mark.parametrize("refusal", [400, 404])
def test_every_spelling_is_found_and_remembered(controller: Controller, refusal: int) -> None:
    tasks = []
    for values in SPELLINGS:
        switches = {"certcentral.renewal_email_values": values, "certcentral.renewal_email_refusal": str(refusal)}
        tasks.append(f"- {json.dumps({'certsim': {'reset': True, 'switches': switches}})}\n")
        for again in ("", " again"):
            off = {"order_ids": [PLAIN, SECOND, THIRD], "renewal_emails": False, "workers": 1}
            tasks.append(renewal(f"{values} off{again}", **off))
            tasks.append(renewal(f"{values} on{again}", order_id=THIRD, renewal_emails=True))
    controller.write("seed.json", json.dumps(seed(*BOOK)))
    run = controller.play("".join(tasks))
    for index, (values, (on, off)) in enumerate(SPELLINGS.items()):
        first = run.good(f"{values} off")
        assert first.effects == [f"emails {PLAIN} {off}", f"emails {SECOND} {off}"]
        # One is tried after the other, for the first order; the others are spared.
        assert len(first.writes) == index + 2
        assert first.summary == {**first.summary, "changed": 2, "unchanged": 1}
        assert run.good(f"{values} on").effects == [f"emails {THIRD} {on}"]
        again = run.good(f"{values} off again")
        assert again.effects == [f"emails {THIRD} {off}"]
        assert run.good(f"{values} on again").effects == [f"emails {THIRD} {on}"]


def test_a_setting_that_does_not_show_is_unknown(controller: Controller, sim: Simulator) -> None:
    # Something else than what we take it for was done: read again, the order does not show it.
    sim.reset(seed(*BOOK))
    sim.fault("html", path="/renewal-emails/", method="PUT", status=204, body="")
    run = controller.play(renewal("Off", order_id=PLAIN, renewal_emails=False))
    assert_failure(run.bad("Off"), code="not_verified")
    assert run["Off"].orders[0]["outcome"] == "unknown"
    assert run["Off"].changed


def test_auto_renew_causes_a_warning(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    run = controller.play(
        renewal("Off", order_ids=[LOUD, PLAIN], renewal_emails=False)
        + renewal("Off again", order_ids=[LOUD, PLAIN], renewal_emails=False)
        + renewal("Quiet", order_id=PLAIN, renewal_emails=False),
        quiet=False,
    )
    for name in ("Off", "Off again"):
        loud, plain = run.good(name).orders
        assert AUTO_RENEW.search(loud["reason"])
        assert not AUTO_RENEW.search(plain["reason"])
        assert loud["before"]["auto_renew"] is True
        (warning,) = run[name].warnings
        assert AUTO_RENEW.search(str(warning))
        assert str(LOUD) in str(warning)
        assert str(PLAIN) not in str(warning)
    assert run["Off"].warnings == run["Off again"].warnings
    assert "warnings" not in run.good("Quiet").result
    # Ansible shows the same words once.
    assert run.output.count("[WARNING]") == 1
    assert AUTO_RENEW.search(run.output.partition("[WARNING]")[2])
    assert not run["Off again"].changed


def test_what_has_ended_does_not_renew(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    run = controller.play(
        renewal("Ended", order_id=ENDED, renewal_emails=False)
        + renewal("Skip", order_ids=[ENDED, REVOKED, PLAIN], renewal_emails=False, ineligible="skip")
        + renewal("Nothing to set", order_id=PLAIN)
        + renewal("No order", renewal_emails=False)
    )
    assert_failure(run.bad("Ended"), code="ineligible")
    assert mentions(run["Ended"].msg, ENDED, "canceled")
    assert [one["outcome"] for one in run.good("Skip").orders] == ["ineligible", "ineligible", "changed"]
    assert run.effects == [f"emails {PLAIN} off"]
    for name in ("Nothing to set", "No order"):
        assert_failure(run.bad(name), code="invalid_option")
        assert run[name].sent == []


def test_settings_made_before_a_failure_are_reported(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    sim.fault("status", status=400, path="/auto-reissue$", method="PUT")
    sim.fault("reset_after", path=f"/{PLAIN}/custom-renewal-message$", method="PUT")
    run = controller.play(
        renewal("Half", order_id=PLAN, renewal_emails=False, auto_reissue=False)
        + renewal("The other half", order_id=PLAN, renewal_emails=False, auto_reissue=False)
        + renewal("Lost", order_id=PLAIN, renewal_emails=False, custom_renewal_message="Mine")
    )
    half = run.bad("Half")
    assert_failure(half, code="simulated_fault", http_status=400)
    assert half.changed
    assert half.effects == [f"emails {PLAN} off"]
    assert half.orders[0]["after"]["renewal_emails"] is False
    assert half.orders[0]["after"]["auto_reissue"] is True
    assert run.good("The other half").effects == [f"auto-reissue {PLAN} 0"]
    lost = run.good("Lost")
    assert lost.effects == lost.writes == [f"emails {PLAIN} off", f"message {PLAIN}"]
    assert lost.orders[0]["outcome"] == "changed"
