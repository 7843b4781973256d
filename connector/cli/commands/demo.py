"""demo: the whole story on two SQLite systems of its own, in under a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.session import DONE, ERROR, Session

if TYPE_CHECKING:
    from connector.demo.story import Chapter, Clock
    from connector.engine.hub import Hub
    from connector.report.blocks import Block
    from connector.report.words import Words


def demo(
    ctx: typer.Context,
    keep: Annotated[Path | None, typer.Option("--keep", help="opt.keep", metavar="DIR", show_default=False)] = None,
    seed: Annotated[int, typer.Option("--seed", help="opt.seed", metavar="N")] = 2026,
    scale: Annotated[float, typer.Option("--scale", help="opt.scale", metavar="X", min=0.01, max=20)] = 1.0,
) -> None:
    import tempfile

    from connector.cli import choose

    session: Session = ctx.obj
    if keep is not None:
        if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
            raise choose.refused(session, "demo.keep_not_empty", folder=str(keep))
        chapters = _play(session, keep.absolute(), seed, scale)
    else:
        with tempfile.TemporaryDirectory(prefix="connector-demo-") as folder:
            chapters = _play(session, Path(folder), seed, scale)
    if session.format != "table":
        from connector.report.blocks import Page

        data = {"seed": seed, "chapters": [_data(c) for c in chapters]}
        rows = [(str(c.scene), name, str(n)) for c in chapters for name, n in c.facts.items()]
        session.show(
            Page(
                session.say("demo.title"),
                lambda: [b for c in chapters for b in _chapter(session, _words(session), c)],
                lambda: data,
                lambda: (("scene", "what", "count"), rows),
            )
        )
    elif keep is not None:
        session.tell("demo.kept", folder=str(keep))
    else:
        session.tell("demo.next")
    raise typer.Exit(DONE if _as_told(chapters) else ERROR)


def _play(session: Session, folder: Path, seed: int, scale: float) -> list[Chapter]:
    """Tells each chapter as it happens."""
    from connector.cli import screen
    from connector.demo import Scale
    from connector.demo.story import tell
    from connector.report.forms import text_lines
    from connector.wiring import wire

    @contextmanager
    def opened(config: Path, clock: Clock, keys: Callable[[], str], runs: Callable[[], str]) -> Iterator[Hub]:
        with wire(config, now=clock, keys=keys, runs=runs, progress=session.progress) as wired:
            yield wired.hub

    words = _words(session)
    chapters = []
    with session.progress:
        for chapter in tell(folder, opened, seed=seed, scale=Scale().times(scale) if scale != 1 else None):
            chapters.append(chapter)
            if session.format == "table":
                session.progress.pause()
                for text in text_lines(_chapter(session, words, chapter), colour=screen.coloured()):
                    print(text, flush=True)
    return chapters


def _words(session: Session) -> Words:
    from connector.report.words import Words

    return Words(session.lang)


def _as_told(chapters: list[Chapter]) -> bool:
    """Whether the diffs that must be empty were, and the third system's joining kept to the rules."""
    from connector.demo.story import QUIET

    quiet = [c for c in chapters if c.scene in QUIET]
    still = not any(c.facts.get(n) for c in quiet for n in ("create", "update", "delete"))
    return len(quiet) == len(QUIET) and still and not any(c.facts.get("unruled") for c in chapters)


def _chapter(session: Session, words: Words, chapter: Chapter) -> Iterator[Block]:
    from connector.engine.planfile import Line as PlanLine
    from connector.report.blocks import Heading, Line, line
    from connector.report.diff import record_blocks, summary

    yield Heading(session.say(f"demo.scene.{chapter.scene}"))
    shown = {name: words.number(n) for name, n in chapter.facts.items()}
    match str(chapter.scene):
        case "world":
            yield line(session.say("demo.world", **shown), indent=2)
        case "third":
            yield line(session.say("demo.third", **shown), indent=2)
        case "edits":
            joiner = session.say("list.joiner")
            parts = [f"{session.say(f'demo.edit.{what}')} {n}" for what, n in shown.items()]
            yield line(joiner.join(parts), indent=2)
        case _:
            if chapter.outcome is None and chapter.plan is not None:
                yield line(summary(chapter.plan, words), "strong", 2)
                yield from _joined(session, words, chapter)
                yield from _brakes(chapter, words)
            for example in chapter.examples:
                for block in record_blocks(PlanLine(example), words):
                    yield Line(block.spans, block.indent + 4) if isinstance(block, Line) else block
            yield from _done(session, words, chapter)
    yield Line(())


def _joined(session: Session, words: Words, chapter: Chapter) -> Iterator[Block]:
    """What the third system's joining fills and overwrites, field by field, and whether a rule allows all of it."""
    from connector.report.blocks import Span, line, table
    from connector.report.diff import field_rows

    if "unruled" not in chapter.facts or chapter.plan is None:
        return
    facts = {name: words.number(n) for name, n in chapter.facts.items()}
    yield line(session.say("demo.joined", **facts), indent=2)
    header = [session.say(f"diff.column.{c}") for c in ("entity", "field", "to", "kind", "count")]
    body: list[list[str | Span]] = [
        [
            words.entity(r["entity"]),
            r["field"],
            f"→ {r['system']}",
            words.word("kind", r["kind"]),
            words.number(r["count"]),
        ]
        for r in field_rows(chapter.plan)
    ]
    yield table(header, body, (4,))
    broken = bool(chapter.facts["unruled"])
    yield line(
        session.say("demo.rules_broken" if broken else "demo.rules_kept", **facts), "bad" if broken else "good", 2
    )


def _brakes(chapter: Chapter, words: Words) -> Iterator[Block]:
    from connector.report.blocks import line
    from connector.report.diff import trip_lines

    if chapter.plan is not None and chapter.plan.footer.trips:
        yield from trip_lines(chapter.plan.footer.trips, words)
        yield line(words.say("demo.accepted"), "dim", 2)


def _done(session: Session, words: Words, chapter: Chapter) -> Iterator[Block]:
    from connector.report.blocks import line
    from connector.report.diff import summary

    if chapter.score is not None and chapter.plan is not None:
        s = chapter.score
        yield line(summary(chapter.plan, words), "strong", 2)
        facts: dict[str, Any] = {"linked": words.number(s.linked), "precision": f"{s.precision:.2%}"}
        facts |= {"recall": f"{s.recall:.2%}", "with_review": f"{s.recall_with_review:.2%}", "wrong": len(s.wrong)}
        yield line(session.say("demo.score", **facts), "good", 2)
    elif chapter.outcome is not None:
        done = {
            name: words.number(chapter.outcome.applied.done.get(name, 0)) for name in ("applied", "moved", "refused")
        }
        opened = words.number(chapter.outcome.applied.opened)
        yield line(session.say("demo.applied", opened=opened, **done), "good", 2)


def _data(chapter: Chapter) -> dict[str, Any]:
    from connector.report.diff import counts

    s = chapter.score
    return {
        "scene": str(chapter.scene),
        "facts": dict(chapter.facts),
        "plan": counts(chapter.plan) if chapter.plan is not None else None,
        "done": dict(chapter.outcome.applied.done) if chapter.outcome is not None else None,
        "score": None
        if s is None
        else {
            "precision": s.precision,
            "recall": s.recall,
            "recall_with_review": s.recall_with_review,
            "linked": s.linked,
        },
    }
