"""init: asks, or takes options, and writes config.yaml and mappings/ to start from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.options import Yes
from connector.cli.session import Session

if TYPE_CHECKING:
    from connector.cli.survey import Seen
    from connector.exports.mapping_text import Side

DEMO = "sqlite-demo"
MOST_SYSTEMS = 4
MA_NAMES = ("ma", "hubspot", "marketo", "pardot", "account_engagement", "satori", "mautic", "bowns")


@dataclass(frozen=True, slots=True)
class System:
    """NAME=URL, with #TABLE,TABLE where the tables are not to be guessed."""

    name: str
    url: str
    tables: tuple[str, ...] = ()


def init(
    ctx: typer.Context,
    template: Annotated[str, typer.Option("--from", help="opt.template", metavar="TEMPLATE", show_default=False)] = "",
    system: Annotated[
        list[str] | None, typer.Option("--system", help="opt.system", metavar="NAME=URL[#TABLE,..]", show_default=False)
    ] = None,
    folder: Annotated[Path, typer.Option("--dir", help="opt.dir", metavar="DIR", show_default=False)] = Path(),
    yes: Yes = False,
) -> None:
    from connector.cli import choose, screen
    from connector.cli.vendors.templates import NAMES

    session: Session = ctx.obj
    allowed = ", ".join((*NAMES, DEMO))
    systems = [_system(session, text) for text in system or ()]
    if template and systems:
        raise choose.refused(session, "init.either")
    if not template and not systems:
        if yes or not screen.interactive():
            raise choose.refused(session, "init.how", allowed=allowed)
        template, systems = _asked(session, folder)
    if template and template not in (*NAMES, DEMO):
        raise choose.refused(session, "init.no_template", name=template, allowed=allowed)
    if not template and len({s.name for s in systems}) < 2:
        raise choose.refused(session, "init.two_systems")
    texts = _from_template(session, folder, template) if template else _texts(session, folder, systems)
    texts[folder / "mappings" / "schema.json"] = _schema()
    _write(session, folder, texts, yes=yes)
    if template == DEMO:
        _demo_world(session, folder)
    if template in NAMES:
        session.tell("init.next_vendors", file=str(folder / f"setup.{session.lang}.md"))
    else:
        session.tell("init.next")


def _from_template(session: Session, folder: Path, template: str) -> dict[Path, str]:
    from connector.cli.vendors.templates import files
    from connector.demo.story import templates

    if template == DEMO:
        return _demo_texts(folder)
    return {folder / file: text for file, text in files(templates(), template, session.lang).items()}


def _system(session: Session, text: str) -> System:
    from connector.cli import choose

    name, equals, rest = text.partition("=")
    url, _, tables = rest.partition("#")
    if not equals or not name.strip() or not url.strip():
        raise choose.refused(session, "init.bad_system", value=text)
    return System(name.strip(), _url(url.strip()), tuple(t.strip() for t in tables.split(",") if t.strip()))


def _url(text: str) -> str:
    """A plain file is an SQLite database."""
    return text if "://" in text else f"sqlite:///{text}"


def _asked(session: Session, folder: Path) -> tuple[str, list[System]]:
    session.tell("init.hello")
    if session.ask("init.ask_demo"):
        return DEMO, []
    if template := _asked_template(session):
        return template, []
    systems: list[System] = []
    while len(systems) < MOST_SYSTEMS:
        print()
        name = input(session.say("init.ask_name", number=len(systems) + 1)).strip()
        if not name:
            break
        url = input(session.say("init.ask_url", name=name)).strip()
        tables = input(session.say("init.ask_tables")).strip()
        system = System(name, _url(url), tuple(t.strip() for t in tables.replace("、", ",").split(",") if t.strip()))
        if url and _found(session, system, folder):
            systems.append(system)
    return "", systems


def _asked_template(session: Session) -> str:
    """One of the vendors' templates, by its number; "" for databases."""
    from connector.cli.vendors.templates import NAMES

    choices = "  ".join(f"{n}) {name}" for n, name in enumerate(NAMES, 1))
    while answer := input(session.say("init.ask_template", choices=choices)).strip():
        if answer in NAMES:
            return answer
        if answer.isdecimal() and 1 <= int(answer) <= len(NAMES):
            return NAMES[int(answer) - 1]
        session.tell("init.no_number", most=len(NAMES))
    return ""


def _found(session: Session, system: System, folder: Path) -> bool:
    """Whether the system can be read and holds a table to work with; else it is said, to be asked again."""
    from connector.cli.survey import tables
    from connector.errors import ConfigError, Finding
    from connector.mapping.load import render

    try:
        seen = tables(_absolute(system.url, folder), system.tables)
        if not seen:
            raise ConfigError([Finding("init.no_tables", facts={"system": system.name})])
    except ConfigError as error:
        for finding in error.findings:
            session.tell("init.again", why=render(finding, session.lang))
        return False
    session.tell("init.found", tables=session.say("list.joiner").join(s.name for s in seen))
    return True


def _write(session: Session, folder: Path, texts: dict[Path, str], *, yes: bool) -> None:
    """All of the files, or none: nothing that stands there is replaced."""
    from connector.errors import ConfigError, Finding

    there = [p for p in texts if p.exists()]
    if there:
        raise ConfigError([Finding("init.exists", str(p)) for p in there])
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        session.tell("init.wrote", file=str(path))


# --- the demo ---------------------------------------------------------------------------------------------


def _demo_texts(folder: Path) -> dict[Path, str]:
    from connector.demo.story import CONFIG, demo_mappings

    texts = {folder / "config.yaml": CONFIG.format(folder="demo/")}
    for name, text in demo_mappings().items():
        texts[folder / "mappings" / name] = text.replace(
            "$schema=../../docs/schema/mapping.json", "$schema=schema.json"
        )
    return texts


def _schema() -> str:
    """What an editor with YAML support completes and checks the mapping with."""
    from connector.mapping.schema import mapping_schema

    return mapping_schema()


def _demo_world(session: Session, folder: Path) -> None:
    from connector.demo import build_world

    place = folder / "demo"
    if (place / "ma.db").exists() or (place / "sfa.db").exists():
        session.tell("init.demo_there", folder=str(place))
        return
    build_world(place)
    session.tell("init.demo_built", folder=str(place))


# --- from live schemas ------------------------------------------------------------------------------------


def _texts(session: Session, folder: Path, systems: list[System]) -> dict[Path, str]:
    from connector.cli.survey import tables
    from connector.errors import ConfigError, Finding
    from connector.exports.mapping_text import mapping_text
    from connector.model import Entity

    seen: dict[str, list[Seen]] = {}
    for system in systems:
        found = tables(_absolute(system.url, folder), system.tables)
        if not found:
            raise ConfigError([Finding("init.no_tables", facts={"system": system.name})])
        seen.setdefault(system.name, []).extend(found)
    texts: dict[Path, str] = {}
    for entity in (Entity.COMPANY, Entity.PERSON, Entity.DEAL):
        sides = [_side(name, first) for name, found in seen.items() if (first := _of(found, entity)) is not None]
        if text := mapping_text(entity, sides, session.lang):
            texts[folder / "mappings" / f"{entity}.yaml"] = text
    if not texts:
        shown = "; ".join(f"{n}: {', '.join(s.name for s in found)}" for n, found in seen.items())
        raise ConfigError([Finding("init.nothing_common", facts={"tables": shown})])
    config = _config(session, systems, seen)
    return {folder / "config.yaml": config, **texts}


def _of(found: list[Seen], entity: object) -> Seen | None:
    return next((s for s in found if s.entity is entity), None)


def _absolute(url: str, folder: Path) -> str:
    """Files are found from the new config.yaml's folder."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    from connector.errors import ConfigError, Finding

    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError([Finding("init.bad_url")]) from None
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        path = folder.absolute() / parsed.database
        if not path.is_file():
            raise ConfigError([Finding("init.no_file", facts={"file": str(path)})])
        return parsed.set(database=str(path)).render_as_string(hide_password=False)
    return url


def _side(system: str, seen: Seen) -> Side:
    from connector.exports.mapping_text import Side

    role = "ma" if any(n in system.casefold().split("_") or n == system.casefold() for n in MA_NAMES) else "sfa"
    consent = seen.concepts.get("optout") or seen.concepts.get("optin") or ""
    columns = {c: column for c, column in seen.concepts.items() if c not in ("optout", "optin", "consent_open")}
    return Side(
        system,
        "",
        seen.name,
        "",
        role,
        True,
        columns,
        consent if seen.consent else "",
        dict(seen.consent),
        seen.addresses,
    )


def _config(session: Session, systems: list[System], seen: dict[str, list[Seen]]) -> str:
    from sqlalchemy.engine import make_url

    from connector.exports.mapping_text import quoted

    lines = [f"# {session.say('init.config.intro')}", "systems:"]
    for system in {s.name: s for s in systems}.values():
        url = make_url(system.url)
        shown = url._replace(password=None).render_as_string(hide_password=False)  # `set` keeps it
        lines += [f"  {quoted(system.name)}:", "    type: sql", f"    url: {quoted(shown)}"]
        if url.password:
            variable = f"{system.name.upper()}_PASSWORD"
            lines.append(f'    password: "${{env:{variable}}}"   # {session.say("init.config.password")}')
        lines.append("    tables:")
        for table in seen[system.name]:
            keys = quoted(table.key[0]) if len(table.key) == 1 else f"[{', '.join(map(quoted, table.key))}]"
            facts = [f"table: {quoted(table.name)}", f"key: {keys}"]
            options = ("modified", "version", "created", "external_key", "deleted")
            facts += [f"{o}: {quoted(table.concepts[o])}" for o in options if o in table.concepts]
            lines.append(f"      {quoted(table.name)}: {{{', '.join(facts)}}}")
            if "external_key" not in table.concepts:
                lines.append(f"      # {session.say('init.config.external_key')}")
    return "\n".join(lines) + "\n"
