"""undo: takes back what a run wrote, as a plan that is shown first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.options import Every, Out, Yes
from connector.cli.session import DONE, ERROR, Session

if TYPE_CHECKING:
    from connector.engine.hub import Hub
    from connector.engine.planfile import PlanReader


def undo(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(help="arg.run", metavar="RUN", show_default=False)],
    delete_created: Annotated[bool, typer.Option("--delete-created", help="opt.delete_created")] = False,
    out: Out = None,
    every: Every = False,
    yes: Yes = False,
) -> None:
    from connector.cli import choose, screen
    from connector.cli.commands.apply import exit_code
    from connector.engine import run as runs
    from connector.engine.undo import UndoOptions
    from connector.report.diff import counts, diff_page
    from connector.report.outcome import outcome_page

    session: Session = ctx.obj
    if not yes and out is None and (not screen.interactive() or session.format != "table"):
        raise choose.refused(session, "undo.needs_yes")
    with session.wired(read_only=False) as wired:
        words = session.words(wired.settings, wired.hub)
        which = choose.run_id(session, wired.hub, run)
        with session.plan_path(out) as path:
            plan = runs.undo(wired.hub, path, which, UndoOptions(delete_created=delete_created))
            if session.format == "table" or not yes:
                session.show(diff_page(plan, words, every=every, title=session.say("undo.title", run=which)))
            for fact in ("kept_opt_outs", "edited_since"):
                if plan.footer.totals.get(fact):
                    session.tell(f"undo.{fact}", count=plan.footer.totals[fact])
            if delete_created:
                for message, facts in _kept(wired.hub, plan):
                    session.tell(message, **facts)
            if not counts(plan)["links"]:
                session.tell("undo.nothing", run=which)
                raise typer.Exit(DONE)
            if out is not None and not yes:
                session.tell("diff.saved", file=str(out))
                raise typer.Exit(DONE)
            if not yes and not session.ask("undo.ask", run=which):
                session.tell("sync.declined")
                raise typer.Exit(ERROR)
            outcome = runs.apply(wired.hub, path)
            session.show(outcome_page(outcome, words))
    # the holds that pin undone fields are the undo itself, not a question that it raised
    code = exit_code(outcome)
    raise typer.Exit(DONE if code == 4 else code)


def _kept(hub: Hub, plan: PlanReader) -> Iterator[tuple[str, dict[str, Any]]]:
    """Records that the run made and that stay all the same: how many, where, and why."""
    from connector.model import Delete

    kept: Counter[str] = Counter()
    for line in plan.lines():
        deleted = {(s.at.system, s.at.object, s.at.id) for s in line.plan.steps if isinstance(s, Delete)}
        for hold in line.plan.opened:
            f = hold.facts
            if f.get("created") and (f["system"], f["object"], f["id"]) not in deleted:
                kept[str(f["system"])] += 1
    for system, count in sorted(kept.items()):
        can = hub.adapters[system].can.delete
        yield "undo.created_edited" if can else "undo.cannot_delete", {"system": system, "count": count}
