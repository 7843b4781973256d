"""Holds as sheets that people fill in: one file or one sheet per owner, and read back without trusting Excel."""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from connector.errors import ConfigError, Finding
from connector.messages import say
from connector.report.forms import csv_text
from connector.report.holds import meaning, number, what
from connector.report.plain import guarded, safe, unguarded
from connector.report.words import Words
from connector.store.records import StoredHold

COLUMNS = ("number", "entity", "kind", "record", "owner", "what", "choices", "decision", "value", "check")
WIDTHS = (11, 10, 16, 34, 14, 60, 44, 14, 20, 14)


@dataclass(frozen=True, slots=True)
class Answer:
    """One row that somebody filled in."""

    row: int
    number: str
    decision: str
    value: str
    check: str


def check_of(held: StoredHold) -> str:
    """Names the question as it was exported: an answer to another one is not taken."""
    return "c" + blake2b(held.hold.seen.encode(), digest_size=4).hexdigest().replace("e", "g")


def write_sheets(holds: Sequence[StoredHold], path: Path, words: Words) -> list[tuple[Path, int]]:
    """A CSV per owner, or a workbook with a sheet per owner; mode 0600. Returns (file, rows)."""
    by_owner: dict[str, list[StoredHold]] = {}
    for held in holds:
        by_owner.setdefault(held.owner, []).append(held)
    if not by_owner:
        return []
    if path.suffix.lower() == ".xlsx":
        return [(path, _workbook(by_owner, path, words))]
    written = []
    taken: set[Path] = set()
    for owner, mine in sorted(by_owner.items()):
        file = path if len(by_owner) == 1 else _beside(path, owner or words.say("sheet.no_owner"), taken)
        taken.add(file)
        rows = (_cells(h, words) for h in mine)
        with _private(file) as out:
            for part in csv_text(_header(words), rows):
                out.write(part.encode())
        written.append((file, len(mine)))
    return written


def _private(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _beside(path: Path, owner: str, taken: set[Path]) -> Path:
    word = re.sub(r"[^\w.-]+", "_", owner).strip("._")[:60] or "_"
    file = path.with_name(f"{path.stem}-{word}{path.suffix}")
    count = 2
    while file in taken:
        file = path.with_name(f"{path.stem}-{word}-{count}{path.suffix}")
        count += 1
    return file


def _header(words: Words) -> list[str]:
    return [words.say(f"sheet.{c}") for c in COLUMNS]


def _cells(held: StoredHold, words: Words) -> list[str]:
    hold = held.hold
    choices = " / ".join(f"{c}: {meaning(hold.id.kind, c, words)}" for c in hold.choices)
    decided = held.verdict.choice if held.verdict is not None else ""
    value = words.full(held.verdict.value) if held.verdict is not None and held.verdict.choice == "value" else ""
    kind = words.word("hold", str(hold.id.kind))
    asked = what(hold, str(held.entity), words)
    named = number(hold.id)
    about = [named, words.entity(held.entity), kind, held.label, held.owner, asked]
    return [*about, choices, decided, value, check_of(held)]


def _workbook(by_owner: Mapping[str, list[StoredHold]], path: Path, words: Words) -> int:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    book.remove(book.active)
    titles: set[str] = set()
    count = 0
    for owner, mine in sorted(by_owner.items()):
        sheet = book.create_sheet(_title(owner or words.say("sheet.no_owner"), titles))
        sheet.append(_header(words))
        lists: dict[tuple[str, ...], Any] = {}
        for row, held in enumerate(mine, 2):
            for column, cell in enumerate(_cells(held, words), 1):
                place = sheet.cell(row, column, guarded(_tidy(cell)))
                place.data_type = "s"
                place.alignment = Alignment(wrap_text=column in (6, 7), vertical="top")
            sheet.cell(row, 8).fill = sheet.cell(row, 9).fill = PatternFill("solid", fgColor="FFF7D6")
            allowed = held.hold.choices
            if allowed not in lists and len(",".join(allowed)) < 250 and not any("," in c for c in allowed):
                lists[allowed] = DataValidation("list", formula1=f'"{",".join(allowed)}"', allow_blank=True)
                sheet.add_data_validation(lists[allowed])
            if allowed in lists:
                lists[allowed].add(f"H{row}")
            count += 1
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for column, columns in enumerate(WIDTHS, 1):
            sheet.column_dimensions[get_column_letter(column)].width = columns
        sheet.freeze_panes = "B2"
    body = io.BytesIO()
    book.save(body)
    with _private(path) as out:
        out.write(body.getvalue())
    return count


def _tidy(cell: str) -> str:
    """A workbook refuses control characters and more than 32,767 characters."""
    return "".join(c if c in "\n\t" else safe(c) for c in cell)[:32_000]


def _title(owner: str, taken: set[str]) -> str:
    word = re.sub(r"[\[\]:*?/\\']", "_", safe(owner))[:28] or "_"
    title, count = word, 2
    while title.casefold() in taken:
        title, count = f"{word}{count}", count + 1
    taken.add(title.casefold())
    return title


# --- reading back -----------------------------------------------------------------------------------------


def read_sheets(path: Path) -> list[Answer]:
    """The rows with a decision, of a CSV (UTF-8, or CP932 as Excel saves it) or of every sheet of a workbook.

    Raises ConfigError "sheet.*" when it is no such sheet.
    """
    if not path.is_file():
        raise ConfigError([Finding("sheet.missing", str(path))])
    answers: list[Answer] = []
    tables = _workbook_rows(path) if path.suffix.lower() in (".xlsx", ".xlsm") else [_csv_rows(path)]
    for rows in tables:
        answers += _answers(path, rows)
    return answers


def _csv_rows(path: Path) -> Iterator[Sequence[str]]:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp932"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        first = text.partition("\n")[0]
        delimiter = max(",\t;", key=first.count)
        return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    raise ConfigError([Finding("sheet.encoding", path.name)])


def _workbook_rows(path: Path) -> Iterator[Iterator[Sequence[str]]]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception:  # openpyxl raises what zipfile, XML and its own parts raise
        raise ConfigError([Finding("sheet.workbook", path.name)]) from None
    for sheet in book.worksheets:
        yield (["" if c is None else str(c) for c in row] for row in sheet.iter_rows(values_only=True))


def _answers(path: Path, rows: Iterable[Sequence[str]]) -> Iterator[Answer]:
    places: dict[str, int] = {}
    for row, cells in enumerate(rows, 1):
        if not places:
            if not any(c.strip() for c in cells):
                continue
            places = _places(cells)
            if not {"number", "decision"} <= places.keys():
                raise ConfigError([Finding("sheet.header", path.name, row)])
            continue

        said = {c: unguarded(cells[n].strip()) for c, n in places.items() if n < len(cells)}
        if said.get("decision"):
            decision = unicodedata.normalize("NFKC", said["decision"]).strip()
            yield Answer(row, said.get("number", ""), decision, said.get("value", ""), said.get("check", ""))


def _places(header: Sequence[str]) -> dict[str, int]:
    """Column -> place, by its name in either language."""
    names = {folded(say(lang, f"sheet.{c}")): c for c in COLUMNS for lang in ("ja", "en")}
    return {names[folded(h)]: n for n, h in enumerate(header) if folded(h) in names}


def folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()).strip("\ufeff")
