"""From a folder of exports to a proposal: what each file is, which systems it makes, how their fields correspond."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from connector.errors import Finding, Rejected
from connector.exports.answers import IGNORE, Answer, read_answers
from connector.exports.layout import EXTERNAL, KEY, MODIFIED, STOPPED, VERSION, Layout, lay_out
from connector.exports.mapping_text import Side, mapping_text, quoted
from connector.exports.recognise import Grade, Recognition, recognise
from connector.exports.survey import Survey, survey
from connector.exports.table import Table, open_table
from connector.messages import Lang, say
from connector.model import OPT_OUT, Entity

STATE = ".connector"
READ = {".csv", ".tsv", ".txt", ".xlsx", ".xlsm"}
SEEN = READ | {".xls", ".zip", ".pdf", ".gz", ".7z", ".html", ".numbers", ".ods"}
MOST_OVERLAP = 0.5
STALE_DAYS = 3
TABLES = {"person": "contacts", "company": "companies", "deal": "deals", "optout": "addresses"}


class Status(StrEnum):
    ACCEPTED = "accepted"
    OLDER = "older"  # a newer export of the same kind is in the folder
    ASK = "ask"
    REFUSED = "refused"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class FileReport:
    name: str
    status: Status
    recognition: Recognition | None = None
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    rows: int = 0
    columns: int = 0
    newest: str = ""  # the newest stamp inside the file
    key: str = ""  # the id column, "" when there is none
    applicable: bool = False
    findings: tuple[Finding, ...] = ()
    system: str = ""
    object: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One accepted file, ready to be loaded."""

    table: Table = field(repr=False)
    about: Recognition
    survey: Survey = field(repr=False)


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table of one system, and the files whose rows it holds."""

    system: str
    object: str
    files: tuple[Read, ...]
    layout: Layout
    applicable: bool

    @property
    def about(self) -> Recognition:
        return self.files[0].about


@dataclass(frozen=True, slots=True)
class Proposal:
    folder: Path
    files: tuple[FileReport, ...]
    tables: tuple[TablePlan, ...]
    mappings: Mapping[str, str]
    config: str
    applicable: bool

    @property
    def systems(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(table.system for table in self.tables))


def plan_folder(folder: Path, lang: Lang = "ja") -> Proposal:
    """Reads every export in the folder and writes nothing. Raises ConfigError when the answers file is wrong."""
    answers = read_answers(folder)
    reports: dict[str, FileReport] = {}
    accepted: list[Read] = []
    for path in _paths(folder):
        report, read = _look_at(path, answers.get(path.name, Answer()))
        reports[path.name] = report
        if read is not None:
            accepted.append(read)
    tables = []
    for plan, older in _group(accepted):
        tables.append(plan)
        for read in plan.files:
            name = read.table.path.name
            reports[name] = replace(
                reports[name],
                system=plan.system,
                object=plan.object,
                findings=reports[name].findings + _about(plan, read),
            )
        for read, newer in older:
            name = read.table.path.name
            finding = Finding("exports.older", name, facts={"newer": newer.table.path.name})
            reports[name] = replace(reports[name], status=Status.OLDER, findings=(*reports[name].findings, finding))
    for finding in _across(tables):
        report = reports[finding.file]
        reports[finding.file] = replace(report, findings=(*report.findings, finding))
    return Proposal(
        folder=folder,
        files=tuple(reports.values()),
        tables=tuple(tables),
        mappings=_mappings(tables, lang),
        config=_config(folder, tables, lang),
        applicable=bool(tables) and any(table.applicable for table in tables),
    )


def _paths(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        # ~$ is what Excel leaves beside an open workbook
        if path.is_file() and path.suffix.lower() in SEEN and not path.name.startswith((".", "~$")):
            yield path


def _look_at(path: Path, answer: Answer) -> tuple[FileReport, Read | None]:
    if answer.shape == IGNORE:
        return FileReport(path.name, Status.IGNORED), None
    try:
        table = open_table(path, answer.sheet)
        about = recognise(table, answer.shape)
        if about.refused is not None:
            finding = Finding(about.refused.message, path.name, facts=about.refused.facts)
            return FileReport(path.name, Status.REFUSED, about, findings=(finding,)), None
        seen = survey(table, about, answer.consent)
    except Rejected as error:
        finding = Finding(error.message, path.name, error.facts.get("line"), facts=error.facts)
        ask = error.message == "exports.several_sheets"
        return FileReport(path.name, Status.ASK if ask else Status.REFUSED, findings=(finding,)), None
    if about.id_column is not None and seen.refused and about.grade is not Grade.CERTAIN:
        about = replace(about, grade=Grade.WEAK)
    status = Status.REFUSED if seen.refused else Status.ACCEPTED if about.accepted else Status.ASK
    report = FileReport(
        name=path.name,
        status=status,
        recognition=about,
        encoding=("ascii" if table.encoding.undetermined else table.encoding.name) if table.encoding else "xlsx",
        delimiter=table.delimiter,
        sheet=table.sheet,
        rows=seen.rows,
        columns=len(table.header),
        newest=seen.newest,
        key=table.header[about.id_column] if about.id_column is not None and about.role != "optout" else "",
        applicable=status is Status.ACCEPTED and about.id_column is not None and about.role != "optout",
        findings=seen.findings + (_question(path, about) if status is Status.ASK else ()),
    )
    return report, Read(table, about, seen) if status is Status.ACCEPTED else None


def _question(path: Path, about: Recognition) -> tuple[Finding, ...]:
    choices = ", ".join(filter(None, (about.shape, f"{about.runner_up}_{about.object}" if about.runner_up else "")))
    return (Finding("exports.ask_shape", path.name, facts={"choices": choices or "generic_person"}),)


def _about(plan: TablePlan, read: Read) -> tuple[Finding, ...]:
    """What an admin must know about a file that was taken."""
    name = read.table.path.name
    found: list[Finding] = []
    if not plan.applicable and read.about.role != "optout":
        found.append(Finding("exports.no_id_card" if read.about.role == "card" else "exports.no_id", name))
    if read.about.object == "person":
        consent = read.survey.consent
        if consent is None:
            found.append(Finding("exports.consent.unknown", name, facts={"system": plan.system}))
        elif consent.unread:
            label = read.table.header[consent.column]
            found.append(
                Finding("exports.consent.ask", name, facts={"column": label, "values": ", ".join(consent.unread)})
            )
    return tuple(found)


def _across(tables: Sequence[TablePlan]) -> Iterator[Finding]:
    """What shows only when the files are laid side by side."""
    reads = [read for plan in tables for read in plan.files]
    newest = max((read.survey.newest for read in reads), default="")
    for read in reads:
        stamp = read.survey.newest
        if stamp and (days := (datetime.fromisoformat(newest) - datetime.fromisoformat(stamp)).days) >= STALE_DAYS:
            facts = {"days": days, "newest": stamp[:10], "other": newest[:10]}
            yield Finding("exports.stale", read.table.path.name, facts=facts)
    elsewhere = frozenset[str]().union(*(r.survey.addresses for r in reads if r.about.role != "optout"))
    for read in reads:
        unknown = len(read.survey.addresses - elsewhere) if read.about.role == "optout" else 0
        if unknown:
            yield Finding("exports.optout_unmatched", read.table.path.name, facts={"count": unknown})
    for entity in Entity:
        for plan in tables:
            main = _main(tables, plan.system, entity)
            if main is not None and main is not plan and _side(plan, entity) is not None:
                facts = {"entity": entity.value, "other": main.files[0].table.path.name}
                yield Finding("exports.not_mapped", plan.files[0].table.path.name, facts=facts)


def _main(tables: Sequence[TablePlan], system: str, entity: Entity) -> TablePlan | None:
    """The table that holds an entity in a system: of several, the one with the most rows."""
    found = [plan for plan in tables if plan.system == system and _side(plan, entity) is not None]
    return max(found, key=lambda plan: sum(read.survey.rows for read in plan.files), default=None)


# --- files of one kind ----------------------------------------------------------------------------------------


def _group(reads: Sequence[Read]) -> Iterator[tuple[TablePlan, list[tuple[Read, Read]]]]:
    """Tables, each with its files and the older exports it replaces (with the newer one)."""
    kinds: dict[tuple[str, str, tuple[str, ...]], list[Read]] = {}
    for read in reads:
        kinds.setdefault((_system(read), str(read.about.object), read.table.keys), []).append(read)
    taken: dict[tuple[str, str], int] = {}
    for (system, object, _), files in kinds.items():
        current, older = _newest(files)
        name = _app(current[0]) if system == "kintone" else TABLES[object]
        taken[system, name] = taken.get((system, name), 0) + 1
        if taken[system, name] > 1:
            name = f"{name}_{taken[system, name]}"
        layout = lay_out(current[0].table, current[0].about, current[0].survey)
        own_id = current[0].about.id_column is not None and current[0].about.role != "optout"
        every = [lay_out(r.table, r.about, r.survey).stamped for r in current]
        yield TablePlan(system, name, tuple(current), replace(layout, stamped=all(every)), own_id), older


def _system(read: Read) -> str:
    return read.about.system or _word(read.table.path.stem)


def _app(read: Read) -> str:
    """A kintone file is named after its app, with the time of the export behind it."""
    if read.survey.app_codes and len(read.survey.app_codes) == 1 and read.survey.app_codes[0]:
        return read.survey.app_codes[0]
    return _word(read.table.path.stem)


def _word(stem: str) -> str:
    name = re.sub(r"[_\- ]*\(?\d[\d_\-T:]{5,}\)?$|\s*\(\d+\)$", "", stem).strip() or stem
    return re.sub(r"[^\w]+", "_", name).strip("_") or "file"


def _newest(files: Sequence[Read]) -> tuple[list[Read], list[tuple[Read, Read]]]:
    """Files of one kind are parts of one export when they share hardly a record, else newer and older ones."""
    order = sorted(files, key=lambda r: (r.survey.newest, _natural(r.table.path.stem)), reverse=True)
    current: list[Read] = []
    older: list[tuple[Read, Read]] = []
    for read in order:
        newer = next((c for c in current if _overlap(c.survey.keys, read.survey.keys) >= MOST_OVERLAP), None)
        if newer is None:
            current.append(read)
        else:
            older.append((read, newer))
    return current, older


def _natural(stem: str) -> tuple[tuple[str, int], ...]:
    """File names as people count them: (2) before (10)."""
    return tuple((text, int(number or 0)) for text, number in re.findall(r"(\D*)(\d*)", stem))


def _overlap(one: frozenset[bytes], other: frozenset[bytes]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


# --- the texts -----------------------------------------------------------------------------------------------


def _mappings(tables: Sequence[TablePlan], lang: Lang) -> dict[str, str]:
    texts = {}
    for entity in (Entity.COMPANY, Entity.PERSON, Entity.DEAL):
        systems = dict.fromkeys(plan.system for plan in tables)
        holders = [plan for system in systems if (plan := _main(tables, system, entity)) is not None]
        sides = [side for plan in holders if (side := _side(plan, entity)) is not None]
        if text := mapping_text(entity, sides, lang):
            texts[f"{entity.value}.yaml"] = text
    return texts


def _side(plan: TablePlan, entity: Entity) -> Side | None:
    """The place of an entity in a table; a kintone record may hold a company and a person side by side."""
    read = plan.files[0]
    about, seen = plan.about, read.survey
    columns = {c: name for c, place in seen.concepts.items() if (name := plan.layout.name_of(place))}
    both = about.system == "kintone" and about.object == "person" and "company" in columns
    both = both and bool({"phone", "address", "corporate_number", "url", "relation"} & set(columns))
    part = ""
    match entity, about.object:
        case (Entity.PERSON, "optout"):
            email = {"email": plan.layout.name_of(about.id_column)}
            place = (plan.system, about.vendor, plan.object, "", about.role, False)
            return Side(*place, email, STOPPED, {"1": OPT_OUT}, seen.addresses)
        case (Entity.PERSON, "person"):
            if both:
                part = "担当者"
                if "direct_phone" in columns:
                    columns.pop("phone", None)
        case (Entity.COMPANY, "person") if both:
            part = "会社"
            columns.pop("full_name", None)
        case (Entity.COMPANY, "company") | (Entity.DEAL, "deal"):
            pass
        case _:
            return None
    consent_column, consent_values = "", {}
    if entity is Entity.PERSON and seen.consent is not None and seen.consent.values:
        consent_column = plan.layout.name_of(seen.consent.column)
        consent_values = dict(seen.consent.values)
    place = (plan.system, about.vendor, plan.object, part, about.role, plan.applicable)
    # the company's name beside a contact or a deal is the account's, or the company part's, to write
    elsewhere = entity is Entity.DEAL or (entity is Entity.PERSON and (both or about.system == "salesforce"))
    borrowed = frozenset({"company"}) if elsewhere else frozenset[str]()
    return Side(*place, columns, consent_column, consent_values, seen.addresses, borrowed)


def _config(folder: Path, tables: Sequence[TablePlan], lang: Lang) -> str:
    lines = [f"# {say(lang, 'exports.config.intro')}", "systems:"]
    by_system: dict[str, list[TablePlan]] = {}
    for plan in tables:
        by_system.setdefault(plan.system, []).append(plan)
    for system, plans in by_system.items():
        lines += [f"  {quoted(system)}:", "    type: sql", f"    url: {quoted(_url(folder, system))}"]
        if not any(plan.applicable for plan in plans):
            lines += [f"    # {say(lang, 'exports.config.read_only')}", "    read_only: true"]
        lines.append("    tables:")
        for plan in plans:
            facts = [f"table: {quoted(plan.object)}", f"key: {quoted(plan.layout.key)}"]
            if plan.layout.stamped:
                facts.append(f"modified: {MODIFIED}")
            facts += [f"version: {VERSION}", f"external_key: {EXTERNAL}"]
            lines.append(f"      {quoted(plan.object)}: {{{', '.join(facts)}}}")
    return "\n".join(lines) + "\n" if tables else ""


def database(folder: Path, system: str) -> Path:
    return folder / STATE / f"{system}.db"


def _url(folder: Path, system: str) -> str:
    return f"sqlite:///{database(folder.absolute(), system)}"


__all__ = ["KEY", "FileReport", "Proposal", "Status", "TablePlan", "database", "plan_folder"]
