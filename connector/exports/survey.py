"""One reading of a whole file: how many rows, what is damaged, which ids, how dates are written, what a flag says."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from connector.errors import Finding
from connector.exports import kintone
from connector.exports.damage import KINDS, Damage, Fix, Kind, Watch, repair
from connector.exports.dates import Form, read, stamp
from connector.exports.labels import FALSE_WORDS, SAYS_ALLOWED, SAYS_BOUNCE, SAYS_REFUSED, TRUE_WORDS, concept, key
from connector.exports.recognise import Recognition
from connector.exports.table import Notes, Table
from connector.model import OPT_IN, OPT_OUT

MOST_BAD_ROWS = 0.2
MOST_DISTINCT = 30
ADDRESSES_KEPT = 50_000
LIKELY_CUT = (2_000, 1_048_575, 1_048_576)  # Salesforce's screen limit; the last row of a sheet


@dataclass(frozen=True, slots=True)
class Consent:
    """The column that says who may be mailed; `values` is empty where a person has to say what it means."""

    column: int
    values: Mapping[str, str]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    rows: int
    concepts: Mapping[str, int]  # what a column is about -> its place; the first of several
    fixes: Mapping[int, tuple[Fix, ...]]
    findings: tuple[Finding, ...]
    refused: bool
    keys: frozenset[bytes]  # of the ids, to compare two files of one kind
    addresses: frozenset[str]
    modified: int | None
    modified_form: Form
    newest: str
    consent: Consent | None
    table_columns: frozenset[int] = frozenset()
    choices: Mapping[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    app_codes: tuple[str, ...] = ()


def survey(table: Table, about: Recognition, answered: Mapping[str, str] | None = None) -> Survey:
    """Reads every row once. `answered` is what an admin said a consent column's values mean."""
    concepts: dict[str, int] = {}
    for place, label in enumerate(table.keys):
        if (what := concept(label)) and place != about.id_column:
            concepts.setdefault(what, place)
    watches = [_watch(table, about, place) for place in range(len(table.header))]
    kinds = kintone.choice_columns(table.header) if about.system == "kintone" else {}
    small: dict[int, set[str]] = {p: set() for p in _flag_places(concepts, kinds)}
    start = kintone.start_column(table) if about.system == "kintone" else None
    folds = kintone.Folds(start) if start is not None else None
    notes = Notes()
    ids = _Ids()
    addresses: set[str] = set()
    email = about.id_column if about.role == "optout" else concepts.get("email")
    for row in table.rows(notes):
        cells = row[1]
        for place, cell in enumerate(cells):
            if cell and (value := cell.strip()):
                watches[place].add(value)
        if folds is not None and not folds.add(row):
            continue
        for place, seen in small.items():
            if len(seen) <= MOST_DISTINCT and (value := cells[place].strip()):
                seen.add(value)
        if email is not None and cells[email] and len(addresses) < ADDRESSES_KEPT:
            addresses.add(address_key(cells[email]))
        ids.add(row[0], row_key(cells, about, concepts), about.id_column is None)
    fixes = {place: found for place, watch in enumerate(watches) if (found := watch.fixes())}
    findings, refused = _findings(table, about, notes, watches, ids, folds)
    modified = concepts.get("modified")
    form = watches[modified].date_form() if modified is not None else Form.NONE
    consent = _consent(concepts, small, answered or {})
    table_columns, rare = folds.table_columns() if folds else (frozenset(), frozenset())
    findings += [_finding(table, "exports.edited_by_hand", column=table.header[n]) for n in sorted(rare)]
    return Survey(
        rows=ids.rows,
        concepts=concepts,
        fixes=fixes,
        findings=tuple(findings),
        refused=refused,
        keys=frozenset(ids.seen),
        addresses=frozenset(addresses),
        modified=modified,
        modified_form=form,
        newest=_newest(table, modified, form, watches[modified].distinct_dates() if modified is not None else None),
        consent=consent,
        table_columns=table_columns,
        choices={name: places for name, places in kinds.items() if kintone.is_choice(small, places)},
        app_codes=tuple(sorted(ids.codes)) if about.system == "kintone" else (),
    )


def _watch(table: Table, about: Recognition, place: int) -> Watch:
    if place == about.id_column and about.role != "optout":
        salesforce = about.system == "salesforce"
        return Watch(table.header[place], Kind.ID, salesforce, about.system == "kintone", table.epoch_1904)
    kind = KINDS.get(concept(table.keys[place]), Kind.OTHER)
    return Watch(table.header[place], kind, epoch_1904=table.epoch_1904)


def _flag_places(concepts: Mapping[str, int], kinds: Mapping[str, Sequence[tuple[int, str]]]) -> set[int]:
    flags = {concepts[c] for c in ("optout", "optin", "consent_open", "bounce") if c in concepts}
    return flags | {place for places in kinds.values() for place, _ in places}


# --- ids ------------------------------------------------------------------------------------------------------


def address_key(address: str) -> str:
    """An address for comparison: NFKC, trimmed, lower case."""
    return unicodedata.normalize("NFKC", address).strip().lower()


def row_key(cells: Sequence[str], about: Recognition, concepts: Mapping[str, int]) -> str:
    """The id as it stands; without an id column, one made of what identifies the row (for matching only)."""
    if about.role == "optout" and about.id_column is not None:
        return address_key(cells[about.id_column])
    if about.id_column is not None:
        return repair(cells[about.id_column].strip(), ())

    def of(*names: str) -> str:
        return "|".join(address_key(cells[concepts[n]]) for n in names if n in concepts)

    who = of("email") or of("family", "given", "full_name", "deal_name", "company", "phone", "mobile", "direct_phone")
    text = who if who.strip("|") else "|".join(cells)
    return "~" + hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass(slots=True)
class _Ids:
    rows: int = 0
    seen: set[bytes] = field(default_factory=set)
    blank: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)

    def add(self, line: int, id: str, made: bool) -> None:
        self.rows += 1
        if not id:
            self.blank.append(line)
            return
        code, dash, digits = id.rpartition("-")
        if dash and digits.isdigit() and len(self.codes) < 5:
            self.codes.add(code)
        short = hashlib.blake2b(id.encode(), digest_size=8).digest()
        if short in self.seen and not made:
            self.repeated.append(line)
        self.seen.add(short)


# --- what is said about the file --------------------------------------------------------------------------------


def _finding(table: Table, message: str, line: int | None = None, **facts: object) -> Finding:
    return Finding(message, table.path.name, line, facts=facts)


def _findings(
    table: Table, about: Recognition, notes: Notes, watches: Sequence[Watch], ids: _Ids, folds: kintone.Folds | None
) -> tuple[list[Finding], bool]:
    found: list[Finding] = []
    refused = False
    for watch in watches:
        for damage in watch.damages():
            found.append(_damage(table, damage))
            refused |= damage.refuses
    if notes.ragged:
        lines = ", ".join(map(str, notes.ragged_lines))
        first = notes.ragged_lines[0]
        found.append(_finding(table, "exports.ragged", first, count=notes.ragged, lines=lines, width=len(table.header)))
        if notes.ragged > MOST_BAD_ROWS * (notes.rows + notes.ragged):
            found.append(_finding(table, "exports.too_ragged", count=notes.ragged))
            refused = True
    if notes.footer:
        found.append(_finding(table, "exports.footer_cut", count=notes.footer))
    if table.hidden:
        found.append(_finding(table, "exports.hidden_sheets", sheets=", ".join(table.hidden)))
    if notes.rows in LIKELY_CUT:
        found.append(_finding(table, "exports.likely_cut", rows=notes.rows))
    if ids.repeated:
        found.append(_finding(table, "exports.id_repeated", ids.repeated[0], count=len(ids.repeated)))
        if about.role != "optout" and len(ids.repeated) * 2 > ids.rows:
            refused = True  # a column that repeats so much is no id of these records
    if ids.blank:
        found.append(_finding(table, "exports.id_blank", ids.blank[0], count=len(ids.blank)))
    if folds is not None and folds.orphans:
        found.append(_finding(table, "exports.orphan_line", folds.orphans[0], count=len(folds.orphans)))
    repeats = [h for h in table.header if re.search(r" \(\d+\)$", h)]
    if repeats:
        found.append(_finding(table, "exports.repeated_labels", labels=", ".join(repeats)))
    return found, refused


def _damage(table: Table, damage: Damage) -> Finding:
    shown = ", ".join(f"{before} → {after}" if after else before for before, after in damage.samples)
    return _finding(table, damage.message, column=damage.column, count=damage.count, samples=shown)


def _newest(table: Table, modified: int | None, form: Form, distinct: Iterable[str] | None) -> str:
    """The newest stamp inside the file: what tells two exports of one kind apart, not the file's own date."""
    if modified is None or form in (Form.NONE, Form.AMBIGUOUS, Form.MIXED):
        return ""
    values = distinct if distinct is not None else (cells[modified].strip() for _, cells in table.rows())
    moments = (read(value, form, epoch_1904=table.epoch_1904) for value in values if value)
    newest = max((moment for moment in moments if moment is not None), default=None)
    return stamp(newest) if newest else ""


# --- consent ----------------------------------------------------------------------------------------------------


def _consent(concepts: Mapping[str, int], small: Mapping[int, set[str]], answered: Mapping[str, str]) -> Consent | None:
    """Polarity comes from the label, from values that say it themselves, or from a person; never from frequencies."""
    for what in ("optout", "optin", "consent_open"):
        place = concepts.get(what)
        if place is None:
            continue
        values, unread = {}, []
        for value in sorted(small[place]):
            meaning = answered.get(value) or _meaning(what, key(value))
            if meaning:
                values[value] = meaning
            else:
                unread.append(value)
        return Consent(place, {} if unread else _completed(what, values), tuple(unread[:10]))
    return None


# How a system that says one of these says the other: an opt-out must be writable where nobody opted out yet.
_PAIRS = (
    ("1", "0"), ("1.0", "0.0"), ("true", "false"), ("TRUE", "FALSE"), ("True", "False"), ("Yes", "No"), ("yes", "no"),
    ("はい", "いいえ"), ("○", "×"), ("〇", "×"), ("有", "無"), ("あり", "なし"), ("OK", "NG"),
    ("希望する", "希望しない"), ("配信可能", "配信停止"), ("配信可", "配信停止"), ("許可", "拒否"),
)  # fmt: skip


def _completed(what: str, values: Mapping[str, str]) -> dict[str, str]:
    """The values with the counterpart of one that never occurs; a column with none at all is a box to tick."""
    if not values:
        yes, no = (OPT_OUT, OPT_IN) if what == "optout" else (OPT_IN, OPT_OUT)
        return {} if what == "consent_open" else {"1": yes, "0": no}
    if set(values.values()) == {OPT_IN, OPT_OUT}:
        return dict(values)
    for one, other in _PAIRS:
        for here, there in ((one, other), (other, one)):
            if here in values:
                return {**values, there: OPT_IN if values[here] == OPT_OUT else OPT_OUT}
    return dict(values)


_SAYS = {key(v): OPT_OUT for v in SAYS_REFUSED} | {key(v): OPT_IN for v in SAYS_ALLOWED}
_YES = frozenset(key(v) for v in TRUE_WORDS) - {"ok"}
_NO = frozenset(key(v) for v in FALSE_WORDS) - {"ng"}


def _meaning(what: str, value: str) -> str:
    if value in SAYS_BOUNCE:
        return ""
    if value in ("ok", "ng") and what == "optout":
        return ""  # 配信停止 = OK: stopped, or fine to send? nobody can tell
    if value in _SAYS:
        return _SAYS[value]
    if what == "consent_open":
        return ""
    yes, no = (OPT_OUT, OPT_IN) if what == "optout" else (OPT_IN, OPT_OUT)
    return yes if value in _YES else no if value in _NO else ""
