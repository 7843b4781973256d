"""try: an admin's own exports, from files to a full diff, without any account. Nothing is applied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.options import Every
from connector.cli.session import DONE, PARTIAL, Session

if TYPE_CHECKING:
    from connector.engine.planfile import PlanReader
    from connector.exports import FileReport, Outcome, Proposal
    from connector.report.blocks import Block
    from connector.report.words import Words


def attempt(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="arg.folder", metavar="FOLDER", show_default=False)],
    every: Every = False,
) -> None:
    from connector.cli import choose
    from connector.exports import plan_folder, write_folder

    session: Session = ctx.obj
    if not folder.is_dir():
        raise choose.refused(session, "try.no_folder", folder=str(folder))
    with session.progress:
        proposal = plan_folder(folder, session.lang)
        if not proposal.files:
            raise choose.refused(session, "try.nothing", folder=str(folder))
        written = write_folder(proposal) if proposal.tables else None
        if written is None or len(proposal.systems) < 2 or not proposal.mappings:
            _show(session, proposal, written, None, every)
            session.tell("try.one_system")
            raise typer.Exit(PARTIAL)
        _compare(session, proposal, written, every)
    unread = any(str(f.status) in ("ask", "refused") for f in proposal.files)
    raise typer.Exit(PARTIAL if unread else DONE)


def _compare(session: Session, proposal: Proposal, written: Outcome, every: bool) -> None:
    """Links into the folder's own state, then plans everything that the mappings would do."""
    from dataclasses import replace

    from connector.engine import run
    from connector.wiring import read_settings, wire

    settings = read_settings(written.config)
    session.follow(settings)
    switched_on = replace(settings, mappings=tuple(replace(m, enabled=True) for m in settings.mappings))
    with wire(settings=switched_on, progress=session.progress) as wired, session.plan_path(None) as path:
        linked: PlanReader | None = None
        if run.unlinked(wired.hub):
            done = run.sync(wired.hub, path.with_name("links"), link_only=True)
            linked = done.plan if done is not None else None
        plan = run.diff(wired.hub, path)
        _show(session, proposal, written, (wired, linked, plan), every)
    session.tell("try.next", config=str(written.config.parent))


def _show(session: Session, proposal: Proposal, written: Outcome | None, compared: Any, every: bool) -> None:
    from connector.report.blocks import Page
    from connector.report.diff import diff_page
    from connector.report.words import Words

    if compared is None:
        words, page = Words(session.lang), None
    else:
        wired, _, plan = compared
        words = session.words(wired.settings, wired.hub)
        page = diff_page(plan, words, every=every)

    def blocks() -> Iterator[Block]:
        yield from _files(session, proposal)
        yield from _loaded(session, written)
        yield from _mappings(session, proposal, written)
        if compared is not None and page is not None:
            yield from _links(compared, words)
            yield from _problems(compared, words)
            from connector.report.blocks import Heading

            yield Heading(session.say("try.diff"))
            yield from page.blocks()
            if not proposal.applicable:
                from connector.report.blocks import line

                yield line(session.say("try.not_applicable"), "warn")

    def data() -> dict[str, Any]:
        return {
            "files": [_file_json(session, f) for f in proposal.files],
            "systems": list(proposal.systems),
            "mappings": dict(proposal.mappings),
            "applicable": proposal.applicable,
            "diff": page.data() if page is not None else None,
        }

    rows = page.rows if page is not None else (lambda: ((), ()))
    session.show(Page(session.say("try.title"), blocks, data, rows))


def _files(session: Session, proposal: Proposal) -> Iterator[Block]:
    from connector.mapping.load import render
    from connector.report.blocks import Heading, Line, line

    yield Heading(session.say("try.files"))
    for f in proposal.files:
        status = str(f.status)
        known = "try.file" if status == "accepted" else f"try.file_{status}"
        about = f.recognition
        facts: dict[str, Any] = {"name": f.name, "system": f.system or (about.vendor if about else "")}
        facts["object"] = session.say(f"try.object.{about.object}") if about and about.object else ""
        facts["rows"] = f"{f.rows:,}"
        yield line(session.say(known, **facts), "good" if status == "accepted" else "warn", 2)
        if about is not None and about.reasons:
            reasons = session.say("list.joiner").join(session.say(r.message, **r.facts) for r in about.reasons)
            yield line(session.say("try.why", reasons=reasons), "dim", 6)
        if f.encoding:
            yield line(session.say("try.read", encoding=f.encoding, columns=f.columns), "dim", 6)
        for finding in f.findings:
            yield line(render(finding, session.lang), "warn", 6)
    yield Line(())


def _loaded(session: Session, written: Outcome | None) -> Iterator[Block]:
    from connector.report.blocks import Line, line

    for (system, object_), c in (written.counts if written is not None else {}).items():
        facts = {"new": f"{c.new:,}", "changed": f"{c.changed:,}", "gone": f"{c.gone:,}", "same": f"{c.same:,}"}
        yield line(session.say("try.loaded", system=system, object=object_, **facts), "", 2)
    yield Line(())


def _mappings(session: Session, proposal: Proposal, written: Outcome | None) -> Iterator[Block]:
    """The proposed files as they are written, reasons included."""
    from connector.report.blocks import Heading, Line, line

    kept = {p.name for p in written.kept} if written is not None else set()
    for name, text in proposal.mappings.items():
        yield Heading(session.say("try.mapping", file=f"mappings/{name}"))
        if name in kept:
            yield line(session.say("try.kept", file=f"mappings/{name}"), "dim", 2)
            continue
        for row in text.splitlines():
            yield line(row, "dim" if row.lstrip().startswith("#") else "", 2)
        yield Line(())


def _links(compared: Any, words: Words) -> Iterator[Block]:
    from connector.report.blocks import Heading, Line, line
    from connector.report.diff import linked_examples, summary

    wired, linked, _ = compared
    yield Heading(words.say("try.links"))
    if linked is None:
        known = sum(wired.hub.store.counts(m.entity).get("", 0) for m in wired.hub.mappings)
        yield line(words.say("try.links_none", links=words.number(known)), "dim", 2)
    else:
        yield line(summary(linked, words), "strong", 2)
        yield from linked_examples(linked, words)
    yield Line(())


def _problems(compared: Any, words: Words) -> Iterator[Block]:
    """Values that cannot be read, counted by field and cause, with an example each."""
    from connector.model import HoldKind
    from connector.report.blocks import Heading, Line, line, table

    wired, _, plan = compared
    found: dict[tuple[str, str, str, str], list[str]] = {}
    seen = [(h.hold, str(h.entity), h.label) for h in wired.hub.store.holds(kinds=[HoldKind.INVALID])]
    seen += [(h, str(x.plan.after.entity), x.plan.label) for x in plan.lines() for h in x.plan.opened]
    taken = set()
    for hold, entity, label in seen:
        if hold.id.kind is not HoldKind.INVALID or hold.id in taken:
            continue
        taken.add(hold.id)
        facts = hold.facts
        key = (entity, str(facts.get("system")), str(facts.get("field")), str(facts.get("problem")))
        shown = words.value(facts.get("shown", facts.get("value")), columns=30)
        found.setdefault(key, []).append(f"{label}: {shown}")
    yield Heading(words.say("try.problems"))
    if found:
        header = [words.say(f"sheet.{c}") for c in ("entity", "system", "field", "reason")]
        header += [words.say("diff.column.count"), words.say("diff.column.samples")]
        body = [
            [words.entity(e), s, f, words.word("problem", p), words.number(len(examples)), " | ".join(examples[:3])]
            for (e, s, f, p), examples in sorted(found.items())
        ]
        yield table(header, body, (4,))
    else:
        yield line(words.say("try.no_problems"), "good", 2)
    yield Line(())


def _file_json(session: Session, f: FileReport) -> dict[str, Any]:
    from connector.mapping.load import render

    about = f.recognition
    return {
        "name": f.name,
        "status": str(f.status),
        "system": f.system,
        "object": f.object,
        "shape": about.shape if about else "",
        "reasons": [session.say(r.message, **r.facts) for r in about.reasons] if about else [],
        "encoding": f.encoding,
        "rows": f.rows,
        "columns": f.columns,
        "key": f.key,
        "applicable": f.applicable,
        "findings": [render(x, session.lang) for x in f.findings],
    }
