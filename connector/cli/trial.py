"""The page of `try`: what the files are, what would change, what is wrong where, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.cli.session import Session

if TYPE_CHECKING:
    from connector.engine.planfile import PlanReader
    from connector.exports import FileReport, Outcome, Proposal
    from connector.model import Hold, Link
    from connector.report.blocks import Block, Page
    from connector.report.words import Words
    from connector.wiring import Wired

SAMPLES = 3
# said beside the file itself: how it was read; the rest is a problem of its data
NOTES = ("exports.footer_cut", "exports.repeated_labels", "exports.hidden_sheets", "exports.older")


@dataclass(frozen=True, slots=True)
class Compared:
    """The hub of the folder, the plan that linked (None: nothing new was to link), and the plan of everything."""

    wired: Wired
    linked: PlanReader | None
    plan: PlanReader


def trial_page(
    session: Session, proposal: Proposal, written: Outcome | None, compared: Compared | None, every: bool
) -> Page:
    from connector.report.blocks import Page
    from connector.report.diff import diff_page
    from connector.report.words import Words

    words = session.words(compared.wired.settings, compared.wired.hub) if compared else Words(session.lang)
    page = diff_page(compared.plan, words, every=every) if compared is not None else None

    def blocks() -> Iterator[Block]:
        yield from _files(session, proposal, written, compared)
        if compared is not None and page is not None:
            yield from _diff(session, page)
            yield from _links(compared, words)
        yield from _problems(session, proposal, compared, words)
        yield from _mappings(session, proposal, written, compared, words, every)
        yield from _next(session, proposal, written, compared)

    def data() -> dict[str, Any]:
        return {
            "files": [_file_json(session, f) for f in proposal.files],
            "systems": list(proposal.systems),
            "mappings": dict(proposal.mappings),
            "applicable": proposal.applicable,
            "problems": [
                {"entity": e, "system": s, "field": f, "problem": p, "count": len(found), "samples": found[:SAMPLES]}
                for (e, s, f, p), found in _unread(proposal, compared, words).items()
            ],
            "diff": page.data() if page is not None else None,
        }

    return Page(session.say("try.title"), blocks, data, page.rows if page is not None else lambda: ((), ()))


# --- the files --------------------------------------------------------------------------------------------


def _files(session: Session, proposal: Proposal, written: Outcome | None, compared: Compared | None) -> Iterator[Block]:
    from connector.mapping.load import render
    from connector.report.blocks import BLANK, Heading, line

    yield Heading(session.say("try.files"))
    for f in proposal.files:
        status = str(f.status)
        about = f.recognition
        facts: dict[str, Any] = {"name": f.name, "system": f.system or (about.vendor if about else "")}
        facts["object"] = session.say(f"try.object.{about.object}") if about and about.object else ""
        facts |= {"rows": f"{f.rows:,}", "columns": f.columns, "encoding": f.encoding}
        known = "try.file" if status == "accepted" else f"try.file_{status}"
        yield line(session.say(known, **facts), "good" if status == "accepted" else "warn", 2)
        if about is not None and about.reasons:
            reasons = session.say("list.joiner").join(session.say(r.message, **r.facts) for r in about.reasons)
            yield line(session.say("try.why", reasons=reasons), "dim", 6)
        for finding in f.findings:
            if status != "accepted" or finding.message in NOTES:
                yield line(_said(render(finding, session.lang), f), "dim" if status == "accepted" else "warn", 6)
    if written is not None:
        yield BLANK
        yield from _loaded(session, written)
        if any(c.changed for c in written.counts.values()) and compared is not None and _applied(compared):
            yield line(session.say("try.written_back"), "dim", 2)
    yield BLANK


def _applied(compared: Compared) -> bool:
    """Whether somebody let a run write to the local copies."""
    return any((r.counts.get("done") or {}).get("applied") for r in compared.wired.hub.store.runs(50))


def _said(text: str, f: FileReport) -> str:
    return text.removeprefix(f"{f.name}: ")


def _loaded(session: Session, written: Outcome) -> Iterator[Block]:
    """What is new since the last time, with examples."""
    from connector.report.blocks import line

    for (system, object_), c in written.counts.items():
        facts = {"new": f"{c.new:,}", "changed": f"{c.changed:,}", "gone": f"{c.gone:,}", "same": f"{c.same:,}"}
        first = not (c.changed or c.gone or c.same)
        yield line(
            session.say("try.loaded_first" if first else "try.loaded", system=system, object=object_, **facts), "", 2
        )
        for column, count in c.edits.items():
            shown = [s for s in c.samples if s.column == column]
            examples = " | ".join(f"{s.key}: {_cell(session, s.before)} → {_cell(session, s.after)}" for s in shown)
            yield line(session.say("try.edited", column=column, count=f"{count:,}", examples=examples), "change", 6)


def _cell(session: Session, text: str) -> str:
    flat = " ".join(text.split())
    return (flat if len(flat) <= 24 else flat[:23] + "…") or session.say("blank")


# --- what would change ------------------------------------------------------------------------------------


def _diff(session: Session, page: Page) -> Iterator[Block]:
    from connector.report.blocks import BLANK, Heading

    yield Heading(session.say("try.diff"))
    yield from page.blocks()
    yield BLANK


def _links(compared: Compared, words: Words) -> Iterator[Block]:
    from connector.report.blocks import BLANK, Heading, line
    from connector.report.diff import counts, linked_examples

    yield Heading(words.say("try.links"))
    store = compared.wired.hub.store
    if compared.linked is None:
        known = sum(store.counts(m.entity).get("", 0) for m in compared.wired.hub.mappings)
        yield line(words.say("try.links_none", links=words.number(known)), "dim", 2)
    else:
        c = {name: words.number(n) for name, n in counts(compared.linked).items()}
        yield line(words.say("try.linked", **c), "strong", 2)
        yield from linked_examples(compared.linked, words)
    yield BLANK


# --- what is wrong ----------------------------------------------------------------------------------------


def _problems(session: Session, proposal: Proposal, compared: Compared | None, words: Words) -> Iterator[Block]:
    """What is wrong with the files, and values that cannot be read: counted, with examples by file and line."""
    from connector.mapping.load import render
    from connector.report.blocks import BLANK, Heading, line, table

    said = [
        render(finding, session.lang)
        for f in proposal.files
        for finding in f.findings
        if str(f.status) == "accepted" and finding.message not in NOTES
    ]
    found = _unread(proposal, compared, words)
    yield Heading(words.say("try.problems"))
    for text in said:
        yield line(text, "warn", 2)
    if found:
        header = [words.say(f"sheet.{c}") for c in ("entity", "system", "field", "reason")]
        header += [words.say("diff.column.count"), words.say("diff.column.samples")]
        body = [
            [
                words.entity(e),
                s,
                f,
                words.word("problem", p),
                words.number(len(examples)),
                " | ".join(examples[:SAMPLES]),
            ]
            for (e, s, f, p), examples in found.items()
        ]
        yield table(header, body, (4,))
    elif not said:
        yield line(words.say("try.no_problems"), "good", 2)
    yield BLANK


def _unread(proposal: Proposal, compared: Compared | None, words: Words) -> dict[tuple[str, str, str, str], list[str]]:
    """entity, system, field, problem -> where it stands and what it shows; the first few with file and line."""
    if compared is None:
        return {}
    holds: dict[tuple[str, str, str, str], list[tuple[Hold, Link | None]]] = {}
    for hold, entity, link in _invalid(compared):
        facts = hold.facts
        key = (entity, str(facts.get("system")), str(facts.get("field")), str(facts.get("problem")))
        holds.setdefault(key, []).append((hold, link))
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for key, group in sorted(holds.items()):
        places = _places(proposal, key[1], [link for _, link in group[:SAMPLES]])
        for hold, link in group:
            shown = words.value(hold.facts.get("shown", hold.facts.get("value")), columns=30)
            found.setdefault(key, []).append(f"{places.get(_end(link, key[1]), '')}{shown}")
    return found


def _invalid(compared: Compared) -> Iterator[tuple[Hold, str, Link | None]]:
    """Each value once, whether it was held when linking or would be now."""
    from connector.model import HoldKind

    store = compared.wired.hub.store
    stored = list(store.holds(kinds=[HoldKind.INVALID]))
    links = store.links(list({h.hold.id.link for h in stored}))
    taken = set()
    for held in stored:
        taken.add(held.hold.id)
        yield held.hold, str(held.entity), links.get(held.hold.id.link)
    for one in compared.plan.lines():
        for hold in one.plan.opened:
            if hold.id.kind is HoldKind.INVALID and hold.id not in taken:
                taken.add(hold.id)
                yield hold, str(one.plan.after.entity), one.plan.after


def _end(link: Link | None, system: str) -> tuple[str, str]:
    """Object and id of the link's record in a system."""
    found = next((e.at for e in link.ends if e.at.system == system), None) if link is not None else None
    return (found.object, found.id) if found is not None else ("", "")


def _places(proposal: Proposal, system: str, links: list[Link | None]) -> dict[tuple[str, str], str]:
    """Object and id -> "file:line "."""
    from connector.exports import lines_of

    places: dict[tuple[str, str], str] = {}
    ends = {_end(link, system) for link in links}
    for plan in proposal.tables:
        wanted = {id for object_, id in ends if object_ == plan.object}
        if plan.system == system and wanted:
            for id, (file, number) in lines_of(plan, wanted).items():
                places[plan.object, id] = f"{file}:{number} "
    return places


# --- the mapping, and what comes next ---------------------------------------------------------------------


def _mappings(
    session: Session, proposal: Proposal, written: Outcome | None, compared: Compared | None, words: Words, every: bool
) -> Iterator[Block]:
    """Each field in one row; the file itself, with its reasons, when everything is asked for."""
    from connector.report.blocks import BLANK, Heading, line, table

    kept = {p.name for p in written.kept} if written is not None else set()
    for name, text in proposal.mappings.items():
        yield Heading(session.say("try.mapping", file=f"mappings/{name}"))
        mapping = None
        if compared is not None:
            mapping = next((m for m in compared.wired.hub.mappings if Path(m.file).name == name), None)
        if name in kept:
            yield line(session.say("try.kept", file=f"mappings/{name}"), "dim", 2)
        elif every or mapping is None:
            for row in text.splitlines():
                yield line(row, "dim" if row.lstrip().startswith("#") else "", 2)
        if mapping is not None and not (every and name not in kept):
            header = [session.say(f"try.column.{c}") for c in ("field", "columns", "flow", "both")]
            yield table(header, [_field_row(session, mapping, field, words) for field in mapping.fields])
            if name not in kept:
                yield line(session.say("try.mapping_why", file=f"mappings/{name}"), "dim", 2)
        yield BLANK


def _field_row(session: Session, mapping: Any, name: str, words: Words) -> list[str]:
    from connector.mapping.model import SameRecord, Wins

    field = mapping.fields[name]
    columns = []
    for at in mapping.objects:
        place = at.columns.get(name)
        if place is not None:
            written = place.part if isinstance(place, SameRecord) else "+".join(filter(None, place))
            columns.append(f"{at.system}: {written}")
    order = [s for s in mapping.systems if s in field.sources | field.receivers]
    sources = [s for s in order if s in field.sources] or sorted(field.sources)
    receivers = [s for s in order if s in field.receivers]
    both = ""
    if len(sources) > 1 and field.type.value != "consent":
        wins = isinstance(field.rule, Wins)
        both = session.say("try.wins", system=field.rule.system) if wins else session.say(f"try.rule.{field.rule}")
    elif field.type.value == "consent":
        both = session.say("try.rule.consent")
    flow = f"{', '.join(sources)} → {', '.join(receivers) or 'hub'}"
    return [name, words.say("list.joiner").join(columns), flow, both]


def _next(session: Session, proposal: Proposal, written: Outcome | None, compared: Compared | None) -> Iterator[Block]:
    from connector.report.blocks import Heading, line

    yield Heading(session.say("try.next_title"))
    steps: list[str] = []
    if any(str(f.status) == "ask" for f in proposal.files):
        steps.append(session.say("try.next_answer"))
    if any(str(f.status) == "refused" for f in proposal.files):
        steps.append(session.say("try.next_refused"))
    if compared is None or written is None:
        steps.append(session.say("try.one_system"))
    else:
        folder = str(written.config.parent)
        hub = compared.wired.hub
        asked = sum(1 for _ in hub.store.holds())
        off = [m for m in compared.wired.settings.mappings if not m.enabled]
        steps.append(session.say("try.next_cd", folder=folder))
        if asked:
            steps.append(session.say("try.next_holds", count=f"{asked:,}"))
        if _was_off(compared):
            steps.append(session.say("try.next_enable", files=", ".join(m.file for m in off or hub.mappings)))
        steps.append(session.say("try.next_diff"))
        steps.append(session.say("try.next_again", folder=str(proposal.folder)))
    for number, text in enumerate(steps, 1):
        yield line(f"{number}. {text}", "", 2)
    yield line(session.say("try.nothing_sent"), "good", 2)
    if compared is not None and not proposal.applicable:
        yield line(session.say("try.not_applicable"), "warn", 2)


def _was_off(compared: Compared) -> bool:
    """Whether a mapping file says `enabled: false`: here it was compared all the same."""
    from connector.wiring import read_settings

    return any(not m.enabled for m in read_settings(compared.wired.settings.path).mappings)


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
