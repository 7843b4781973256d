"""SOQL, as far as clients of a sync send it: parsed, checked against the schema and answered from the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

from tests.fakes.salesforce.org import Org, Row
from tests.fakes.salesforce.schema import Field, Table

TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
  | (?P<day>\d{4}-\d\d-\d\d)
  | (?P<number>-?\d+(?:\.\d+)?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_.]*(?::\d+)?)
  | (?P<sign><>|!=|<=|>=|[=<>(),])
)""",
    re.VERBOSE,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
LONGEST, LONGEST_STRING = 100_000, 4_000


class SoqlError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


Test: TypeAlias = Callable[[Row], bool | None]
Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    object: str
    fields: tuple[Path, ...]
    rows: list[Row]
    count: bool


@dataclass(slots=True)
class _Tokens:
    kinds: list[tuple[str, str]]
    place: int = 0

    def peek(self) -> tuple[str, str]:
        return self.kinds[self.place] if self.place < len(self.kinds) else ("end", "<EOF>")

    def word(self) -> str:
        kind, text = self.peek()
        return text.upper() if kind == "name" else ""

    def take(self) -> tuple[str, str]:
        found = self.peek()
        self.place += 1
        return found

    def sign(self, text: str) -> bool:
        if self.peek() == ("sign", text):
            self.place += 1
            return True
        return False

    def words(self, *wanted: str) -> bool:
        if all(
            self.place + n < len(self.kinds) and self.kinds[self.place + n][1].upper() == word
            for n, word in enumerate(wanted)
        ):
            self.place += len(wanted)
            return True
        return False

    def expect(self, *wanted: str) -> None:
        for one in wanted:
            if not self.sign(one) and not self.words(one):
                raise malformed(self.peek()[1])


def malformed(token: str) -> SoqlError:
    return SoqlError("MALFORMED_QUERY", f"unexpected token: '{token}'")


def tokens(query: str) -> _Tokens:
    if len(query) > LONGEST:
        raise SoqlError("MALFORMED_QUERY", "SOQL statements cannot be longer than 100000 characters.")
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(query.rstrip()):
        match = TOKEN.match(query, place)
        if match is None or match.lastgroup is None:
            raise malformed(query[place : place + 10])
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return _Tokens(found)


def answer(org: Org, query: str, *, deleted: bool = False) -> Answer:
    """The rows of a query. Raises SoqlError."""
    t = tokens(query)
    t.expect("SELECT")
    asked = _select(t)
    t.expect("FROM")
    object = t.take()[1]
    table = org.tables.get(object) or next((o for n, o in org.tables.items() if n.lower() == object.lower()), None)
    if table is None:
        words = (
            f"\nSELECT ... FROM {object}\n^\nERROR at Row:1:Column:1\nsObject type '{object}' is not supported. "
            "If you are attempting to use a custom object, be sure to append the '__c' after the entity name."
        )
        raise SoqlError("INVALID_TYPE", words)
    reader = _Reader(org, table)
    fields = tuple(tuple(step.name for step in reader.path(name)) for name in asked if name != "COUNT()")
    condition = reader.conditions(t) if t.words("WHERE") else None
    rows = (row for row in org.rows[table.name].values() if row.visible <= org.now and not row.purged)
    kept = [row for row in rows if (deleted or not row.deleted) and (condition is None or condition(row))]
    if t.words("ORDER", "BY"):
        reader.sort(t, kept)
    if t.words("LIMIT"):
        kept = kept[: int(t.take()[1])]
    if t.words("OFFSET"):
        offset = int(t.take()[1])
        if offset > 2000:
            raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        kept = kept[offset:]
    if t.peek()[0] != "end":
        raise malformed(t.peek()[1])
    return Answer(table.name, fields, kept, "COUNT()" in asked)


def _select(t: _Tokens) -> list[str]:
    asked: list[str] = []
    while True:
        kind, text = t.take()
        if kind != "name":
            raise malformed(text)
        if text.upper() == "COUNT" and t.sign("("):
            t.expect(")")
            text = "COUNT()"
        asked.append(text)
        if not t.sign(","):
            break
    if len({name.lower() for name in asked}) < len(asked):
        twice = next(n for n in asked if [a.lower() for a in asked].count(n.lower()) > 1)
        raise SoqlError("INVALID_FIELD", f"duplicate field selected: {twice}")
    return asked


class _Reader:
    """One query's names and conditions, against the schema."""

    def __init__(self, org: Org, table: Table) -> None:
        self.org, self.table = org, table

    def path(self, name: str) -> list[Field]:
        """The fields of a dotted name: relations, then a field."""
        steps: list[Field] = []
        table: Table | None = self.table
        *relations, last = name.split(".")
        if relations and relations[0].lower() == self.table.name.lower():
            relations = relations[1:]
        for relation in relations:
            found = next(
                (f for f in table.fields.values() if (f.relation or "").lower() == relation.lower()), None
            ) if table else None  # fmt: skip
            if found is None:
                raise self.no_field(relation, table, relation=True)
            steps.append(found)
            table = self.org.tables.get(found.targets[-1])
        found = next((f for f in table.fields.values() if f.name.lower() == last.lower()), None) if table else None
        if found is None:
            raise self.no_field(last, table)
        return [*steps, found]

    def no_field(self, name: str, table: Table | None, *, relation: bool = False) -> SoqlError:
        on = table.name if table else "Name"
        if relation:
            words = f"Didn't understand relationship '{name}' in field path."
        else:
            words = (
                f"\nSELECT {name} FROM {on}\n^\nERROR at Row:1:Column:8\nNo such column '{name}' on entity '{on}'. If "
                "you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "
                "Please reference your WSDL or the describe call for the appropriate names."
            )
        return SoqlError("INVALID_FIELD", words)

    def value(self, row: Row, path: list[Field]) -> Any:
        return value_at(self.org, row, [step.name for step in path], path)

    # --- WHERE

    def conditions(self, t: _Tokens) -> Test:
        first = self.one(t)
        joined = ""
        parts = [first]
        while t.word() in ("AND", "OR"):
            word = t.take()[1].upper()
            if joined and word != joined:
                raise malformed(word)  # AND and OR are mixed only within brackets
            joined = word
            parts.append(self.one(t))
        if not joined:
            return first
        every = all if joined == "AND" else any
        return lambda row: every(part(row) for part in parts)

    def one(self, t: _Tokens) -> Test:
        if t.words("NOT"):
            inner = self.one(t)
            return lambda row: not inner(row)
        if t.sign("("):
            inner = self.conditions(t)
            t.expect(")")
            return inner
        kind, name = t.take()
        if kind != "name":
            raise malformed(name)
        path = self.path(name)
        if not path[-1].has("F"):
            raise SoqlError("INVALID_FIELD", f"field '{path[-1].name}' can not be filtered in a query call")
        return self.compared(t, path)

    def compared(self, t: _Tokens, path: list[Field]) -> Test:
        described = path[-1]
        negative = t.words("NOT")
        if t.words("IN") or (not negative and t.word() in ("INCLUDES", "EXCLUDES")):
            word = t.take()[1].upper() if t.word() in ("INCLUDES", "EXCLUDES") else "IN"
            t.expect("(")
            wanted = [self.literal(t, described)]
            while t.sign(","):
                wanted.append(self.literal(t, described))
            t.expect(")")
            if word == "IN":
                among = {_folded(value) for value in wanted}
                return lambda row: (_folded(self.value(row, path)) in among) != negative
            return lambda row: _includes(self.value(row, path), wanted) == (word == "INCLUDES")
        if t.words("LIKE"):
            pattern = _like(str(self.literal(t, described)))
            return lambda row: pattern.fullmatch(str(self.value(row, path) or "")) is not None
        kind, sign = t.take()
        if kind != "sign" or sign in "(),":
            raise malformed(sign)
        wanted_one = _folded(self.literal(t, described))
        return lambda row: _compare(_folded(self.value(row, path)), sign, wanted_one)

    def literal(self, t: _Tokens, described: Field) -> Any:
        kind, text = t.take()
        wrong = SoqlError(
            "INVALID_FIELD",
            f"value of filter criterion for field '{described.name}' must be of type {described.type} and should "
            f"{'' if described.type in ('string', 'id', 'reference') else 'not '}be enclosed in quotes",
        )
        textual = described.type not in ("boolean", "int", "double", "currency", "percent", "date", "datetime")
        match kind:
            case "string" if textual:
                plain = re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[1]), text[1:-1], flags=re.DOTALL)
                if len(plain) > LONGEST_STRING:
                    raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", "filter string too long")
                if described.type in ("id", "reference") and plain:
                    return _id(described, plain)
                return plain
            case "moment" if described.type == "datetime":
                return datetime.fromisoformat(text).astimezone(UTC)
            case "day" if described.type == "date":
                return date.fromisoformat(text)
            case "number" if not textual and described.type not in ("date", "datetime", "boolean"):
                return float(text)
            case "name" if text.lower() == "null":
                return None
            case "name" if text.lower() in ("true", "false") and described.type == "boolean":
                return text.lower() == "true"
            case "name" if text.upper() == "TODAY" and described.type == "date":
                return self.org.now.date()
            case "name" if text.upper() == "TODAY" and described.type == "datetime":
                return self.org.now.replace(hour=0, minute=0, second=0, microsecond=0)
        raise wrong

    # --- ORDER BY

    def sort(self, t: _Tokens, rows: list[Row]) -> None:
        keys: list[tuple[list[Field], bool, bool]] = []
        while True:
            path = self.path(t.take()[1])
            if not path[-1].has("F"):
                raise SoqlError("MALFORMED_QUERY", f"field '{path[-1].name}' can not be sorted in a query call")
            down = t.words("DESC")
            if not down:
                t.words("ASC")
            last = down
            if t.words("NULLS"):
                last = t.take()[1].upper() == "LAST"
            keys.append((path, down, last))
            if not t.sign(","):
                break
        for path, down, last in reversed(keys):

            def key(row: Row, path: list[Field] = path, down: bool = down, last: bool = last) -> tuple[bool, Any]:
                value = _folded(self.value(row, path))
                return ((value is None) == (last != down), "" if value is None else value)

            blank = [row for row in rows if self.value(row, path) is None]
            filled = sorted((r for r in rows if self.value(r, path) is not None), key=key, reverse=down)
            rows[:] = filled + blank if last else blank + filled


def value_at(org: Org, row: Row, names: Iterable[str], path: list[Field] | None = None) -> Any:
    """The value at a dotted path, None where a relation leads nowhere."""
    *relations, last = list(names)
    here: Row | None = row
    for place, name in enumerate(relations):
        target = here.get(name) if here else None
        objects = path[place].targets if path else ()
        here = next(
            (org.rows[object][target] for object in objects or org.rows if target in org.rows.get(object, {})), None
        )
    return here.get(last) if here else None


def _id(described: Field, text: str) -> str:
    from tests.fakes.salesforce import ids

    whole = ids.known(text)
    if whole is None:
        raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
    return whole


def _folded(value: Any) -> Any:
    """Text is compared whatever its case; ids are not."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9a-zA-Z]{18}", value):
        return value.casefold()
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return float(value)


def _includes(value: Any, wanted: list[Any]) -> bool:
    chosen = set(str(value or "").split(";"))
    return any(set(str(one).split(";")) <= chosen for one in wanted)


def _like(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(%|_)", pattern)
    text = "".join({"%": ".*", "_": "."}.get(part, re.escape(part)) for part in parts)
    return re.compile(text, re.IGNORECASE | re.DOTALL)


def _compare(value: Any, sign: str, wanted: Any) -> bool:
    if sign == "=":
        return bool(value == wanted)
    if sign in ("!=", "<>"):
        return bool(value != wanted)
    if value is None or wanted is None:
        return False
    match sign:
        case "<":
            return bool(value < wanted)
        case ">":
            return bool(value > wanted)
        case "<=":
            return bool(value <= wanted)
    return bool(value >= wanted)


__all__ = ["Answer", "SoqlError", "answer", "timedelta", "value_at"]
