"""Whether a saved plan may still be applied."""

from __future__ import annotations

from datetime import timedelta

from connector.engine.hub import Ready, hub_id, mappings_digest
from connector.engine.planfile import Header
from connector.errors import StalePlan
from connector.store.records import (
    RunState,
)

MAX_AGE = timedelta(hours=24)


def check_fresh(ready: Ready, header: Header) -> None:
    """Raises StalePlan when the plan may not be applied any more: as a whole, before anything is written."""
    hub = ready.hub
    if header.hub != hub_id(hub):
        raise StalePlan("plan.other_hub", expected=header.hub, found=hub_id(hub))
    if header.mappings != mappings_digest(ready.mappings):
        raise StalePlan("plan.mapping_changed")
    if header.schema != ready.schema:
        raise StalePlan("plan.schema_changed")
    if hub.store.run_of_plan(header.id) is not None and not stopped_before(ready, header):
        raise StalePlan("plan.applied", plan=header.id)
    if hub.now() - header.made_at > MAX_AGE:
        raise StalePlan("plan.old", made_at=header.made_at.isoformat(timespec="minutes"))


def stopped_before(ready: Ready, header: Header) -> bool:
    """Whether the guard, and nothing else, stopped this plan: a person may still allow it. Its opt-outs are done."""
    runs = [r for r in ready.hub.store.runs(500) if r.plan == header.id]  # a plan lives for a day
    return bool(runs) and all(r.state is RunState.STOPPED for r in runs)
