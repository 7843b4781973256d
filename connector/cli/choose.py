"""What several commands ask of their arguments: an entity by any of its names, one record, one hold, one run."""

from __future__ import annotations

import getpass
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

from connector.cli.session import USAGE, Session
from connector.model import Entity, HoldKind

if TYPE_CHECKING:
    from connector.engine.hub import Hub
    from connector.engine.narrow import Narrow
    from connector.model import Link
    from connector.report.words import Words
    from connector.store.records import StoredHold


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def refused(session: Session, message: str, /, **facts: object) -> typer.BadParameter:
    """A wrong argument, said in the reader's language."""
    error = typer.BadParameter(session.say(message, **facts))
    error.ours = True  # type: ignore[attr-defined]  # read by failure, which words it
    return error


def entity(session: Session, words: Words, text: str) -> Entity:
    """person, 担当者, or the word that this site uses."""
    from connector.mapping.leaf import nearest
    from connector.messages import say

    names = {folded(word): e for e in Entity for word in (str(e), words.entity(e), say("ja", f"entity.{e}"))}
    found = names.get(folded(text))
    if found is None:
        near = nearest(folded(text), names) or ""
        allowed = ", ".join(str(e) for e in Entity if e is not Entity.ACTIVITY)
        raise refused(session, "cli.no_entity", name=text, near=near, allowed=allowed)
    return found


def kind(session: Session, words: Words, text: str) -> HoldKind:
    names = {folded(word): k for k in HoldKind for word in (str(k), words.word("hold", str(k)))}
    found = names.get(folded(text))
    if found is None:
        raise refused(session, "cli.no_kind", name=text, allowed=", ".join(HoldKind))
    return found


def narrow(
    session: Session, words: Words, *, field: str, owner: str, who: str, first: int | None, about: str
) -> Narrow | None:
    """The part of a plan that was asked for; None when all of it is."""
    from connector.engine.narrow import Narrow

    if first is not None and first < 1:
        raise refused(session, "cli.first")
    chosen = entity(session, words, about) if about else None
    made = Narrow(field=field, owner=owner, who=who, first=first, entity=chosen)
    return None if made.all else made


def known_field(session: Session, hub: Hub, about: Entity | None, name: str) -> str:
    """A field of the mappings by its name; the nearest one is named otherwise."""
    from connector.mapping.leaf import nearest

    fields = {f: None for m in hub.mappings if about is None or m.entity is about for f in m.fields}
    for field in fields:
        if folded(field) == folded(name):
            return field
    raise refused(session, "cli.no_field", name=name, near=nearest(name, list(fields)) or "", allowed=", ".join(fields))


def record(session: Session, hub: Hub, words: Words, about: Entity, who: str) -> Link:
    """The record somebody means. Several: they are listed, and the command ends with 2."""
    keys = hub.store.find(about, who, 20)
    links = hub.store.links(keys)
    exact = [x for x in links.values() if _is(x, who)]
    found = exact if len(exact) == 1 else list(links.values())
    if not found:
        raise refused(session, "cli.no_record", entity=words.entity(about), who=who)
    if len(found) == 1:
        return found[0]
    session.tell_error("cli.several_records", who=who)
    labels = hub.store.labels([x.key for x in found])
    for link in found:
        places = ", ".join(f"{e.at.system} {e.at.id}" for e in link.ends)
        session.tell_error("cli.one_record", key=link.key, label=labels.get(link.key, ("", ""))[0], places=places)
    raise typer.Exit(USAGE)


def _is(link: Link, who: str) -> bool:
    wanted = folded(who)
    if folded(link.key) == wanted or any(e.at.id == who.strip() for e in link.ends):
        return True
    values = [*link.golden.values(), *(v for e in link.ends for v in e.base.values())]
    return any(isinstance(v, str) and folded(v) == wanted for v in values)


def hold(session: Session, holds: Iterable[StoredHold], text: str) -> StoredHold:
    """The open hold with this number."""
    from connector.report.holds import code, number, typed

    wanted = typed(text)
    found = [h for h in holds if len(wanted) >= 4 and code(h.hold.id).startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise refused(session, "cli.no_hold", number=text)
    listed = ", ".join(code(h.hold.id)[:10] for h in found[:5])
    raise refused(session, "cli.several_holds", number=number(found[0].hold.id), numbers=listed)


def run_id(session: Session, hub: Hub, text: str) -> str:
    """A run by its id, the end of its id, or `last`: the latest that wrote something."""
    from connector.store.records import RunKind, RunState

    runs = hub.store.runs(200)
    if folded(text) in ("last", "最後", "直前"):
        written = [
            r for r in runs
            if r.kind not in (RunKind.RETRY,) and r.state is not RunState.RUNNING and r.counts.get("done")
        ]  # fmt: skip
        if not written:
            raise refused(session, "cli.no_last_run")
        return written[0].id
    wanted = text.strip().upper()
    if hub.store.run(wanted) is not None:
        return wanted
    found = [r.id for r in runs if len(wanted) >= 3 and r.id.endswith(wanted)]
    if len(found) == 1:
        return found[0]
    raise refused(session, "cli.no_run", run=text)


def me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def agreed(session: Session, yes: bool, question: str, /, **facts: object) -> bool:
    """--yes, or a yes at the terminal. Without a terminal nobody can be asked: that is a usage error."""
    from connector.cli import screen

    if yes:
        return True
    if not screen.interactive() or session.format != "table":
        raise refused(session, "cli.needs_yes")
    return session.ask(question, **facts)


def chosen_holds(
    holds: Iterable[StoredHold], *, about: Entity | None = None, owner: str = "", who: str = "", field: str = ""
) -> list[StoredHold]:
    wanted = folded(who)
    return [
        h
        for h in holds
        if (about is None or h.entity is about)
        and (not owner or h.owner == owner)
        and (not wanted or wanted in folded(h.label))
        and (not field or str(h.hold.facts.get("field", "")) == field)
    ]


__all__: Sequence[str] = ("agreed", "chosen_holds", "entity", "hold", "kind", "me", "narrow", "record", "run_id")
