"""check: is everything that was configured right, and what is the next command?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.options import Yes
from connector.cli.session import DONE, ERROR, USAGE, Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.adapters.contract import Adapter, Shape
    from connector.engine.looking import Reacting
    from connector.errors import ConnectorError, Finding
    from connector.mapping.model import EntityMapping
    from connector.report.blocks import Block
    from connector.wiring import Wired

WARNING = "mapping.warn."


@dataclass(slots=True)
class _Checked:
    identities: dict[str, str] = field(default_factory=dict)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    failed: dict[str, ConnectorError] = field(default_factory=dict)
    findings: dict[str, list[Finding]] = field(default_factory=dict)  # mapping file -> findings
    users: dict[str, str] = field(default_factory=dict)  # system -> whom our writes show as, where it is known
    linked: set[str] = field(default_factory=set)
    reacting: list[Reacting] = field(default_factory=list)

    def wrong(self) -> bool:
        return any(not f.message.startswith(WARNING) for found in self.findings.values() for f in found)


def check(
    ctx: typer.Context,
    moved: Annotated[str, typer.Option("--moved", help="opt.moved", metavar="SYSTEM", show_default=False)] = "",
    sample: Annotated[int, typer.Option("--sample", help="opt.sample", metavar="N", min=0, max=100_000)] = 2_000,
    yes: Yes = False,
) -> None:
    from connector.report.blocks import Page

    session: Session = ctx.obj
    if moved:
        _moved(session, moved, yes=yes)
    with session.wired(read_only=True) as wired:
        checked = _checked(wired, sample)
        words = session.words(wired.settings, wired.hub)
        page = Page(
            session.say("check.title"),
            lambda: _blocks(session, wired, checked, words),
            lambda: _data(session, wired, checked),
            lambda: _rows(session, checked),
        )
        session.show(page)
    raise typer.Exit(USAGE if checked.wrong() else ERROR if checked.failed else DONE)


def _moved(session: Session, system: str, *, yes: bool) -> None:
    """A system was moved on purpose: its new place is the right one from now on."""
    from connector.cli import choose
    from connector.engine import run

    with session.wired(read_only=False) as wired:
        if system not in wired.hub.adapters:
            raise choose.refused(session, "check.moved_unknown", system=system)
        if yes or session.ask("check.moved_ask", system=system):
            run.pin(wired.hub, system)
            session.tell("check.moved_done", system=system)


def _checked(wired: Wired, most: int) -> _Checked:
    from connector.engine import looking
    from connector.errors import ConnectorError, Fatal, Finding
    from connector.mapping.shapes import check_shapes, resolve_labels

    hub, done = wired.hub, _Checked()
    kinds = {name: system.type for name, system in wired.settings.config.systems.items()}
    pinned: Mapping[str, str] = hub.store.get("identities") or {}
    done.linked = set(hub.store.get("linked") or ())
    for name, adapter in hub.adapters.items():
        try:
            identity = adapter.check()
            if name in pinned and pinned[name] != identity.id:
                facts = {"expected": pinned[name], "found": identity.id, "name": identity.name}
                raise Fatal("org.changed", system=name, **facts)
            done.identities[name] = identity.name or identity.id
            done.notes[name] = identity.notes
            done.users[name] = _user(adapter)
        except ConnectorError as error:
            done.failed[name] = error
    looked_at: set[tuple[str, str]] = set()
    for mapping in hub.mappings:
        shapes: dict[tuple[str, str], Shape] = {}
        found: list[Finding] = []
        for at in mapping.objects:
            if at.system not in done.identities:
                continue
            try:
                shapes[at.system, at.object] = hub.adapters[at.system].describe(at.object)
            except ConnectorError as error:
                facts = {k: v for k, v in error.facts.items() if k != "nearest"}
                near = str(error.facts.get("nearest") or "") or None
                found.append(Finding(error.message, mapping.file, facts=facts, nearest=near))
        reachable = _reachable(mapping, shapes)
        found += [f for f in check_shapes(reachable, shapes) if f not in found]
        done.findings[mapping.file] = found
        resolved = resolve_labels(reachable, shapes)
        found += looking.warnings(resolved, shapes, hub.adapters, kinds, most)
        new = [at for at in resolved.objects if (at.system, at.object) not in looked_at]
        looked_at |= {(at.system, at.object) for at in new}
        found += looking.stale_copies(resolved, new, hub.adapters, most)
        done.reacting += [r for r in looking.reacting(resolved, hub.adapters) if r not in done.reacting]
    return done


def _user(adapter: Adapter) -> str:
    from connector.adapters.contract import SignedIn
    from connector.errors import ConnectorError

    try:
        return adapter.user() if isinstance(adapter, SignedIn) else ""
    except ConnectorError:  # to know it is a help, and no condition
        return ""


def _reachable(mapping: EntityMapping, shapes: Mapping[tuple[str, str], Shape]) -> EntityMapping:
    """What cannot be described is reported once, by its system."""
    from dataclasses import replace

    return replace(mapping, objects=tuple(o for o in mapping.objects if (o.system, o.object) in shapes))


def _blocks(session: Session, wired: Wired, checked: _Checked, words: Any) -> Any:
    from connector.cli.failure import sentence
    from connector.mapping.load import render
    from connector.report.blocks import Heading, Line, Span, line, spans

    yield line(session.say("check.config", file=str(wired.settings.path)), "good")
    yield Line(())
    yield Heading(session.say("check.systems"))
    for name in wired.hub.adapters:
        if name in checked.failed:
            yield spans(Span(f"  ✗ {name}: ", "bad"), sentence(checked.failed[name], session.lang))
        else:
            yield spans(Span(f"  ✓ {name}: ", "good"), checked.identities[name])
            if checked.users.get(name):
                yield line(session.say("check.user", user=checked.users[name]), "dim", 6)
            for note in checked.notes[name]:
                yield line(session.say(note, system=name), "warn", 6)
    yield Line(())
    yield Heading(session.say("check.mappings"))
    for mapping in wired.hub.mappings:
        found = checked.findings[mapping.file]
        wrong = any(not f.message.startswith(WARNING) for f in found)
        phase = _phase(mapping, checked)
        yield spans(
            Span("  ✗ " if wrong else "  ✓ ", "bad" if wrong else "good"),
            f"{words.entity(mapping.entity)}  {mapping.file}  ",
            Span(session.say(phase), "dim"),
        )
        for f in found:
            yield line(render(f, session.lang), "warn" if f.message.startswith(WARNING) else "bad", 6)
            for more in _advice(session, wired, f):
                yield line(more, "dim", 8)
    if checked.reacting:
        yield Line(())
        yield Heading(session.say("check.reactions"))
        yield from _reactions(session, wired, checked)
    yield Line(())
    yield line(session.say(_next(wired, checked), file=_first_off(wired)), "strong")


def _advice(session: Session, wired: Wired, finding: Finding) -> Iterator[str]:
    """What to do about a field that is not there or cannot be written: make it, or let our user see it."""
    from connector.cli.vendors.fields import CUSTOM, KEYS

    system = wired.settings.config.systems.get(str(finding.facts.get("system")))
    if system is None or system.type not in KEYS:
        return
    if finding.message == "mapping.read_only":
        yield session.say(f"check.no_edit.{system.type}")
    if finding.message != "mapping.unknown_column":
        return
    for one in (*CUSTOM[system.type], KEYS[system.type]):
        if one.code == finding.facts["name"]:
            facts = {
                "label": one.ja if session.lang == "ja" else one.en,
                "kind": session.say(f"fields.kind.{system.type}.{one.kind}"),
                "length": one.length,
            }
            yield session.say("check.create_field_length" if one.length else "check.create_field", **facts)
    yield session.say(f"check.hidden.{system.type}")


def _reactions(session: Session, wired: Wired, checked: _Checked) -> Iterator[Block]:
    from connector.cli.failure import sentence
    from connector.report.blocks import line

    advised: dict[str, None] = {}
    for one in checked.reacting:
        facts: dict[str, Any] = {"system": one.system, "object": one.object, "count": len(one.found)}
        if one.found or one.unseen is None:
            yield line(session.say("check.reactions.of" if one.found else "check.reactions.none", **facts), "", 2)
        for reaction in one.found:
            kind = session.say(f"check.reaction.{reaction.kind}")
            yield line(f"{kind}: {reaction.name} ({reaction.what})", "warn", 6)
        if one.unseen is not None:
            why = sentence(one.unseen, session.lang)
            unseen = "check.reactions.partly" if one.found else "check.reactions.unseen"
            yield line(session.say(unseen, why=why, **facts), "dim", 2)
        if one.found:
            advised[one.system] = None
    for system in advised:
        user = checked.users.get(system) or session.say("check.user.ours")
        yield line(session.say(f"check.exclude.{wired.settings.config.systems[system].type}", user=user), "dim", 2)


def _phase(mapping: EntityMapping, checked: _Checked) -> str:
    if not mapping.enabled:
        return "check.off"
    return "check.on" if str(mapping.entity) in checked.linked else "check.unlinked"


def _next(wired: Wired, checked: _Checked) -> str:
    """The message that names the next command."""
    if checked.failed:
        return "check.next.system"
    if checked.wrong():
        return "check.next.mapping"
    if not wired.hub.enabled:
        return "check.next.enable"
    unlinked = any(str(m.entity) not in checked.linked for m in wired.hub.enabled)
    return "check.next.link" if unlinked else "check.next.diff"


def _first_off(wired: Wired) -> str:
    return next((m.file for m in wired.hub.mappings if not m.enabled), "")


def _data(session: Session, wired: Wired, checked: _Checked) -> dict[str, Any]:
    from connector.cli.failure import sentence

    return {
        "config": str(wired.settings.path),
        "systems": {
            name: {"ok": name in checked.identities, "identity": checked.identities.get(name, "")}
            | {"user": checked.users.get(name, "")}
            | {"notes": [session.say(note, system=name) for note in checked.notes.get(name, ())]}
            | ({"error": sentence(checked.failed[name], session.lang)} if name in checked.failed else {})
            for name in wired.hub.adapters
        },
        "mappings": [
            {"entity": str(m.entity), "file": m.file, "enabled": m.enabled, "linked": str(m.entity) in checked.linked}
            for m in wired.hub.mappings
        ],
        "findings": [
            dict(zip(("file", "line", "column", "level", "message", "text"), row, strict=True))
            for row in _rows(session, checked)[1]
        ],
        "reactions": [
            {
                "system": one.system,
                "object": one.object,
                "found": [{"kind": str(r.kind), "what": r.what, "name": r.name} for r in one.found],
            }
            | ({} if one.unseen is None else {"unseen": sentence(one.unseen, session.lang)})
            for one in checked.reacting
        ],
        "next": session.say(_next(wired, checked), file=_first_off(wired)),
    }


def _rows(session: Session, checked: _Checked) -> tuple[list[str], list[list[str]]]:
    from connector.mapping.load import render

    body = [
        [
            f.file or file,
            str(f.line or ""),
            str(f.column or ""),
            "warning" if f.message.startswith(WARNING) else "error",
            f.message,
            render(f, session.lang),
        ]
        for file, found in checked.findings.items()
        for f in found
    ]
    return [session.say(f"check.column.{c}") for c in ("file", "line", "column", "level", "id", "text")], body
