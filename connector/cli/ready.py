"""Before a run: there must be something that is switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.cli.session import Session
from connector.errors import ConfigError, Finding

if TYPE_CHECKING:
    from connector.engine.hub import Hub
    from connector.wiring import Wired


def new_fields(hub: Hub) -> list[tuple[str, str]]:
    """Entity and field of what no earlier run has read, in entities that are linked: a backfill would fill it."""
    lenses = (hub.store.get("lenses") or {}).values()
    seen = {name for lens in lenses for name in lens["fields"]}
    linked = set(hub.store.get("linked") or ())
    return [
        (str(m.entity), f.name)
        for m in hub.enabled
        if seen and str(m.entity) in linked
        for f in m.fields.values()
        if f.name not in seen and not f.computed
    ]


def ready_to_run(session: Session, wired: Wired) -> None:
    """Raises ConfigError when every mapping is off, and names those that are when some are."""
    hub = wired.hub
    off = [m for m in hub.mappings if not m.enabled]
    if off and len(off) == len(hub.mappings):
        raise ConfigError([Finding("cli.nothing_enabled", file=m.file) for m in off])
    for m in off:
        session.tell_note("cli.not_enabled", file=m.file)
