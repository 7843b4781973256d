"""The demo's story: link, diff, apply, a day's edits, diff, apply, nothing, undo, nothing; then a third system joins.

The story opens its hub through a function that the caller gives, so it knows nothing of files and faces. With the
same seed it happens in the same way every time: identities are counted and the clock is its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from connector.demo.edits import Edit, edit_world
from connector.demo.joining import join, weigh
from connector.demo.kintone import build_kintone
from connector.demo.truth import Score, Truth
from connector.demo.world import TODAY, Scale, build_world
from connector.engine import run
from connector.engine.hub import Hub
from connector.engine.planfile import PlanReader
from connector.engine.run import Outcome
from connector.engine.undo import UndoOptions
from connector.mapping.edit import switch_enabled
from connector.model import EndState, Entity, HoldKind, LinkPlan
from connector.store.records import RunKind

DAY = timedelta(days=1)
NAMED = 3

# how the two systems stand in config.yaml; {folder} is "" or ends in /
CONFIG = """\
# デモの2つのシステム / the demo's two systems
hub:
  state: state/hub.db
mappings: mappings
timezone: Asia/Tokyo
systems:
  ma:
    type: sql
    url: sqlite:///{folder}ma.db
    tables:
      contacts:
        table: contacts
        key: id
        modified: updated_at
        created: created_at
        external_key: connector_key
        tombstones: {{table: tombstones, key: id, deleted_at: deleted_at}}
  sfa:
    type: sql
    url: sqlite:///{folder}sfa.db
    tables:
      accounts:
        {{table: accounts, key: id, modified: updated_at, created: created_at, external_key: connector_key}}
      contacts:
        table: contacts
        key: id
        modified: updated_at
        created: created_at
        external_key: connector_key
        tombstones: {{table: tombstones, key: id, deleted_at: deleted_at}}
      opportunities: {{table: opportunities, key: id, modified: updated_at, created: created_at}}
"""


def templates() -> Path:
    """The shipped mappings: inside the installed package, or beside it in a checkout."""
    import connector

    package = Path(connector.__file__).parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "mappings"


def demo_mappings(*, enabled: bool = False) -> dict[str, str]:
    """The shipped mapping files of the demo: name -> text."""
    files = sorted((templates() / "sqlite-demo").glob("*.yaml"))
    texts = {file.name: file.read_text(encoding="utf-8") for file in files}
    return {name: switch_enabled(text, True) for name, text in texts.items()} if enabled else texts


class Clock:
    """The story's time: office hours of the world's days."""

    def __init__(self, start: datetime) -> None:
        self.at = start

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def next_day(self) -> None:
        self.at += DAY


def counted(prefix: str, digits: int) -> Callable[[], str]:
    """Identities in the order they are asked for."""
    numbers = iter(range(1, 10**digits))
    return lambda: f"{prefix}{next(numbers):0{digits}d}"


class Scene(StrEnum):
    WORLD = "world"
    LINK = "link"
    FIRST_DIFF = "first_diff"
    FIRST_APPLY = "first_apply"
    EDITS = "edits"
    SECOND_DIFF = "second_diff"
    SECOND_APPLY = "second_apply"
    QUIET = "quiet"
    UNDO = "undo"
    STILL_QUIET = "still_quiet"
    THIRD = "third"
    THIRD_DIFF = "third_diff"
    THIRD_APPLY = "third_apply"
    THIRD_QUIET = "third_quiet"


# the diffs that must be empty
QUIET = (Scene.QUIET, Scene.STILL_QUIET, Scene.THIRD_QUIET)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One scene as it happened; what does not belong to it is empty."""

    scene: Scene
    facts: Mapping[str, int] = field(default_factory=dict)
    plan: PlanReader | None = None
    outcome: Outcome | None = None
    edits: Sequence[Edit] = ()
    examples: Sequence[LinkPlan] = ()
    score: Score | None = None


Opened = Callable[[Path, Clock, Callable[[], str], Callable[[], str]], AbstractContextManager[Hub]]


def prepare(folder: Path) -> None:
    """config.yaml and the mappings, switched on."""
    (folder / "mappings").mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(CONFIG.format(folder=""), encoding="utf-8")
    for name, text in demo_mappings(enabled=True).items():
        (folder / "mappings" / name).write_text(text, encoding="utf-8")


def tell(folder: Path, opened: Opened, *, seed: int = 2026, scale: Scale | None = None) -> Iterator[Chapter]:
    """The chapters, one by one as they happen. `folder` is empty at the start and can be played with at the end."""
    scale = scale or Scale()
    truth = build_world(folder, seed, scale)
    prepare(folder)
    yield Chapter(Scene.WORLD, _world(folder, truth))
    clock = Clock(datetime.combine(TODAY, time(9), UTC))
    keys, runs = counted("L", 20), counted("R", 6)
    with opened(folder / "config.yaml", clock, keys, runs) as hub:
        yield from _scenes(folder, hub, clock, truth, seed)
    clock.next_day()
    build_kintone(folder, truth, seed, scale.kintone)
    join(folder, templates())
    yield Chapter(Scene.THIRD, {"rows": scale.kintone})
    with opened(folder / "config.yaml", clock, keys, runs) as hub:
        yield from _third(folder, hub)


def _scenes(folder: Path, hub: Hub, clock: Clock, truth: Truth, seed: int) -> Iterator[Chapter]:
    linked = run.sync(hub, folder / "plans" / "1-link")
    assert linked is not None, "nobody is asked"
    yield Chapter(Scene.LINK, _counts(linked.plan), outcome=linked, score=_score(hub, truth), plan=linked.plan)

    first = run.diff(hub, folder / "plans" / "2-diff")
    yield Chapter(Scene.FIRST_DIFF, _counts(first), plan=first, examples=_examples(first))
    done = run.apply(hub, folder / "plans" / "2-diff", accept=True)
    yield Chapter(Scene.FIRST_APPLY, dict(done.applied.done), plan=first, outcome=done)

    clock.next_day()
    edits = edit_world(folder, seed)
    yield Chapter(Scene.EDITS, Counter(e.what for e in edits), edits=edits)
    second = run.diff(hub, folder / "plans" / "3-diff")
    yield Chapter(Scene.SECOND_DIFF, _counts(second), plan=second, examples=_examples(second))
    day = run.apply(hub, folder / "plans" / "3-diff", accept=True)
    yield Chapter(Scene.SECOND_APPLY, dict(day.applied.done), plan=second, outcome=day)

    clock.next_day()
    quiet = run.diff(hub, folder / "plans" / "4-diff")
    yield Chapter(Scene.QUIET, _counts(quiet), plan=quiet)
    undo = run.undo(hub, folder / "plans" / "5-undo", day.run, UndoOptions())
    undone = run.apply(hub, folder / "plans" / "5-undo", accept=True)
    assert undone.kind is RunKind.UNDO, "an undo is applied as one"
    yield Chapter(Scene.UNDO, dict(undone.applied.done), plan=undo, outcome=undone, examples=_examples(undo))
    still = run.diff(hub, folder / "plans" / "6-diff")
    yield Chapter(Scene.STILL_QUIET, _counts(still), plan=still)


def _third(folder: Path, hub: Hub) -> Iterator[Chapter]:
    joining = run.diff(hub, folder / "plans" / "7-diff")
    facts = weigh(joining, hub.mappings).facts()
    yield Chapter(Scene.THIRD_DIFF, facts, plan=joining, examples=_examples(joining))
    joined = run.apply(hub, folder / "plans" / "7-diff", accept=True)
    yield Chapter(Scene.THIRD_APPLY, dict(joined.applied.done), plan=joining, outcome=joined)
    quiet = run.diff(hub, folder / "plans" / "8-diff")
    yield Chapter(Scene.THIRD_QUIET, _counts(quiet), plan=quiet)


def _world(folder: Path, truth: Truth) -> dict[str, int]:
    from connector.demo.database import MA_DB, SFA_DB, opened

    counts: dict[str, int] = {}
    for system, file, tables in (
        ("ma", MA_DB, ("contacts",)),
        ("sfa", SFA_DB, ("accounts", "contacts", "opportunities")),
    ):
        with opened(folder / file) as db:
            for table in tables:
                count = db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608  names from above
                counts[f"{system}_{table}"] = int(count)
    return counts | {"shared": len(truth.pairs), "duplicates": len(truth.duplicates), "junk": len(truth.junk)}


def _counts(plan: PlanReader) -> dict[str, int]:
    found: Mapping[str, Any] = plan.footer.totals.get("counts", {})
    return {name: int(n) for name, n in found.items()}


def _examples(plan: PlanReader) -> list[LinkPlan]:
    """The first records of the plan that change in different ways."""
    chosen: dict[str, LinkPlan] = {}
    for line in plan.lines():
        for kind in [f"step {s.changes[0].reason}" for s in line.plan.steps if hasattr(s, "changes") and s.changes] + [
            f"hold {h.id.kind}" for h in line.plan.opened
        ]:
            if line.plan.label and kind not in chosen:
                chosen[kind] = line.plan
    return list({p.after.key: p for p in chosen.values()}.values())[:NAMED]


def _score(hub: Hub, truth: Truth) -> Score:
    """The links of people against who they really are; questions put to a person count as found with review."""
    pairs: list[tuple[str, str]] = []
    for links in hub.store.every(Entity.PERSON, 1000):
        for link in links:
            live = {e.at.system: e.at.id for e in link.ends if e.state is EndState.LIVE}
            if "ma" in live and "sfa" in live:
                pairs.append((live["ma"], live["sfa"]))
    reviewed = []
    for held in hub.store.holds(kinds=[HoldKind.MATCH]):
        sides = dict(_side(str(held.hold.facts.get(name, ""))) for name in ("a", "b"))
        if {"ma", "sfa"} <= sides.keys():
            reviewed.append((sides["ma"], sides["sfa"]))
    return truth.score(pairs, reviewed)


def _side(end: str) -> tuple[str, str]:
    system, _, rest = end.partition("/")
    return system, rest.rpartition("/")[2].partition("#")[0]
