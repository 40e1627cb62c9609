# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Apply a plan: what is in the approved plan and in a fresh one as well is changed, one order first, and verified.

The sequence: guards, then for each batch the time window, the re-order sheets and the change, then one more read of all
orders. Until one change of the run has succeeded, orders are changed one by one; if the first one does not succeed, the
run stops.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import unexpected
from .._common.providers import rows_by_order
from .._common.values import utc_text
from .._files.secure import UnsafeFile, file_problem
from .._plans.actions import CANCEL, REJECT, REVOKE, entry_key, orders_of
from .._plans.approval import agreed, guards, window
from .._plans.batches import batches, note
from .._plans.errors import PlanError
from .._plans.outcomes import DONE, LEFT, REFUSED, UNKNOWN, after_batch, continuing, new_run, outcomes, summary
from .._plans.reorder_sheets import has_sheet, same_order, sheets
from .._plans.store import save_new
from .._plans.verification import changed_since, reconciled, unverified
from .._role_options.checks import option_name
from .._runtime.workers import signals_stop
from .changes import CHANGES, Batch, ChangeOptions, check_options, make
from .services import RECENT_ROWS, ROWS

if TYPE_CHECKING:
    from .._common.context import Context
    from .services import Services

# Actions that end an order: it has a re-order sheet before.
_ENDING = (CANCEL, REJECT, REVOKE)
# Those of orders without a certificate. The others can get one after the plan has read the page, and it would end, too.
_UNISSUED = (CANCEL, REJECT)


@dataclass(frozen=True)
class ApplyOptions:
    """How a plan is applied; see the options of the role order_plan of the same names.

    limits: max_changes, max_revocations and expected_changes. approved: whether the plan was approved before.
    report_dir: the folder of re-order sheets, empty for none. text: of the note for the service. rehearse: check all
    guards, and change nothing.
    """

    kind: str
    limits: Mapping[str, Any]
    approved: bool
    not_before: str = ""
    not_after: str = ""
    report_dir: str = ""
    batch_size: int = 100
    text: str = ""
    job: str = ""
    rehearse: bool = False


def refusals(
    planned: Sequence[Mapping[str, Any]],
    execute: Iterable[Mapping[str, Any]],
    options: ApplyOptions,
    closed: str | None,
) -> list[str]:
    """Return why nothing of a plan is changed, an empty list if it can be applied.

    planned: the entries that the guards count. execute: those to carry out. closed: why the window forbids all of them.
    """
    reasons = guards(planned, options.limits, kind=options.kind, approved=options.approved)
    if any(entry["action"] in _ENDING for entry in execute) and not options.report_dir:
        reasons.append(
            f"{option_name(options.kind, 'report_dir')} is not set: set it to the directory for the re-order sheets, "
            "which the orders that the plan ends need"
        )
    return [*reasons, closed] if closed else reasons


class Apply:
    """One run that applies a plan. `result` may be called once.

    approved, fresh: the approved plan, and one of now. sha256: of the approved plan. now: the clock, in UTC.
    """

    def __init__(
        self,
        services: Services,
        approved: Mapping[str, Any],
        fresh: Mapping[str, Any],
        sha256: str,
        options: ApplyOptions,
        changes: ChangeOptions,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._context: Context = services.context
        self._services = services
        self._approved = approved["entries"]
        self._fresh = fresh["entries"]
        self._sha256 = sha256
        self._options = options
        self._changes = changes
        self._now = now
        self._run: dict[str, Any] = new_run()
        self._agreed: dict[str, int] = {}
        self._changed = False
        self._diffs: list[Mapping[str, str]] = []
        self._warnings: list[str] = []
        self._requested_at: dict[str, str] = {}
        # The entries of the batch whose changes have begun and are not noted yet.
        self._under_way: Sequence[Mapping[str, Any]] = ()

    def result(self) -> dict[str, Any]:
        """Apply the plan. Returns `changed`, `outcomes`, `result`, `violations`, `agreed`, `warnings`, and `diff`.

        Raises PlanError where an option or a plan is not valid; what goes wrong afterwards is an outcome.
        """
        execute, changed, new = agreed(self._approved, self._fresh)
        # Not valid is found out before the first change.
        closed = self._closed()
        # What a rehearsal permits, such as the teardown of a server, must not wait for the window afterwards.
        violations = refusals(self._approved, execute, self._options, closed if self._options.rehearse else None)
        self._agreed = {"execute": len(execute), "changed": len(changed), "new": len(new)}
        if violations:
            # All entries, so that the report of a refused run is complete.
            refused = outcomes(self._fresh, otherwise=REFUSED, reason="; ".join(violations))
            return self._summed_up(refused, violations)
        check_options(self._services, execute, self._changes)
        if self._options.rehearse:
            return self._summed_up(outcomes(self._fresh), [])
        with signals_stop(self._context.stop):
            self._make_all_changes(execute)
            records = self._all_verified(outcomes(changed, otherwise=LEFT))
        records += outcomes(new, otherwise=LEFT)
        return self._summed_up([*records, *outcomes(self._fresh, but=records)], [])

    def _closed(self) -> str | None:
        """Why no change is allowed now, by the window. Raises PlanError."""
        options = self._options
        return window(self._now(), options.not_before, options.not_after, kind=options.kind)

    # -- changes ---------------------------------------------------------------------------------------------------

    def _make_all_changes(self, entries: Sequence[Mapping[str, Any]]) -> None:
        try:
            self._make_changes(entries)
        except Exception as error:  # noqa: BLE001 - what was changed before must be reported
            why = unexpected(error)
            self._context.stop.set(why)
            begun = outcomes(self._under_way, otherwise=UNKNOWN, reason=why)
            self._run = {**self._run, "records": [*self._run["records"], *begun], "stopped": why}
            # Notes the others as not attempted.
            self._make_changes(entries)

    def _make_changes(self, entries: Sequence[Mapping[str, Any]]) -> None:
        # The groups by provider and action, revocations last of those of CertCentral.
        size = self._options.batch_size
        for group in batches(entries, size):
            several = group["entries"]
            if not self._run["proven"] and len(several) > 1:
                self._change_until_proven(several)
            for batch in batches(several, size, first=size, without=self._run["records"]):
                self._change(batch)

    def _change_until_proven(self, entries: Sequence[Mapping[str, Any]]) -> None:
        for batch in batches(entries, 1):
            if self._run["proven"] or self._run["stopped"]:
                return
            self._change(batch)

    def _change(self, planned: Mapping[str, Any]) -> None:
        """Change the orders of a batch, as far as each step before succeeded, and note what became of them."""
        entries = planned["entries"]
        stopped = self._run["stopped"] or self._closed() or self._context.stop.reason
        self._run = {**self._run, "stopped": stopped}
        results: list[dict[str, Any]] = []
        if not stopped:
            if planned["action"] in _ENDING:
                results.append(self._save_sheets(entries))
            # The steps of an action. An order for which a step failed does not go on to the next one.
            for change in CHANGES[planned["provider"], planned["action"]]:
                going = continuing(entries, results)
                if not going["orders"]:
                    break
                batch = self._batch(planned, going)
                self._under_way = entries
                results.append(make(change, self._services, batch, self._changes))
                self._changed = self._changed or bool(results[-1].get("changed"))
                self._diffs += [results[-1]["diff"]] if results[-1].get("diff") else []
                self._warnings += results[-1].get("warnings", [])
                self._requested_at.update(results[-1].get("requested_at") or {})
        self._run = after_batch(
            self._run, entries, results, time=utc_text(self._now()), check_mode=self._context.check_mode
        )
        self._under_way = ()

    def _batch(self, planned: Mapping[str, Any], going: Mapping[str, Sequence[Any]]) -> Batch:
        return Batch(
            planned["provider"],
            planned["action"],
            going["orders"],
            going["requests"],
            planned["drop_reissue"],
            planned["accept_unknown"],
            certificates=_certificates(planned["entries"]),
            note=note(self._options.text, self._changes.ticket, self._options.job, self._sha256),
            # A change that was verified shows that such changes take effect; the others are verified together.
            verify=not self._run["proven"],
        )

    def _save_sheets(self, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Compare the orders, by reads of now, with the plan, and save what is needed to order them again."""
        # These reads are younger than the approval: an order that has changed in between is not ended. All entries of a
        # batch have the same provider and action.
        provider, action = entries[0]["provider"], entries[0]["action"]
        read = RECENT_ROWS[provider] if action in _UNISSUED else ROWS[provider][-1]
        rows = rows_by_order(read(self._services, orders_of(entries)))
        differs = {one["order"]: changed_since(one, rows[one["order"]]) for one in entries if one["order"] in rows}
        unchanged = [one for one in entries if not differs.get(one["order"])]
        texts = sheets(
            unchanged, rows.values(), ticket=self._changes.ticket, sha256=self._sha256, time=utc_text(self._now())
        )
        try:
            save_new(
                self._options.report_dir,
                dict(texts.values()),
                dry=self._context.check_mode,
                is_same=same_order,
                sha256=self._sha256,
            )
        except (OSError, UnsafeFile) as error:
            return {"msg": file_problem(error)}
        except PlanError as error:
            return {"msg": str(error)}
        return {"orders": [has_sheet(one, one["order"] in texts, differs.get(one["order"], "")) for one in entries]}

    # -- afterwards ------------------------------------------------------------------------------------------------

    def _all_verified(self, earlier: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        try:
            return self._verified(earlier)
        except Exception as error:  # noqa: BLE001 - what was changed before must be reported
            self._warnings.append(f"the changes were not verified: {unexpected(error)}")
            return [*self._run["records"], *map(dict, earlier)]

    def _verified(self, earlier: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Read the orders once more, and correct what was noted. earlier: records of orders that changed before."""
        own = self._run["records"]
        if self._context.stop.reason:
            self._warnings.append(
                f"the changes were not verified, because the run was stopped: {self._context.stop.reason}"
            )
            return [*own, *earlier]
        mine = [] if self._context.check_mode else own
        before = len(self._services.messages)
        rows: list[dict[str, Any]] = []
        for provider, reads in ROWS.items():
            for read in reads:
                rows += read(self._services, unverified([*earlier, *mine], rows)[provider])
        why = "; ".join(dict.fromkeys(self._services.messages[before:]))
        records = own if self._context.check_mode else reconciled(own, rows, unreadable=why)
        # An effect that a read shows is a change, whatever became of the answer to the write.
        was = {entry_key(one): one["outcome"] for one in own}
        self._changed = self._changed or any(one["outcome"] == DONE != was[entry_key(one)] for one in records)
        return [*records, *reconciled(earlier, rows, earlier=True)]

    def _summed_up(self, records: Iterable[Mapping[str, Any]], violations: Sequence[str]) -> dict[str, Any]:
        result = {
            "changed": self._changed,
            "violations": list(violations),
            "agreed": self._agreed,
            "warnings": self._warnings,
            **summary(records, violations),
        }
        if self._requested_at:
            result["requested_at"] = self._requested_at
        if self._context.diff:
            result["diff"] = {name: "".join(diff[name] for diff in self._diffs) for name in ("before", "after")}
        return result


def _certificates(entries: Iterable[Mapping[str, Any]]) -> dict[Any, list[str]]:
    """Return the serial numbers that a plan has for revocations, by order. A plan made by hand may lack them."""
    known = [one for one in entries if isinstance(one["state"].get("certificates"), list)]
    return dict(zip(orders_of(known), (one["state"]["certificates"] for one in known)))
