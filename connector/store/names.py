"""Short numbers for the names that repeat in every row."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, insert, select

from connector.store import schema
from connector.store.database import Database
from connector.store.values import dumps, loads

PLACE: Final = "place"
SYSTEM: Final = "system"
LENS: Final = "lens"
URL: Final = "url"
FIELDS: Final = "fields"

# Urls are kept as a shape and the record's id, values without the names of their fields. A vendor whose urls, or
# records, have no common shape must not fill this table.
_MOST_SHAPES: Final = 200

_INSERT: Final = insert(schema.name)
_LAST: Final = select(func.max(schema.name.c.code))
_SELECT: Final = select(schema.name.c.code, schema.name.c.kind, schema.name.c.text)


class Names:
    """Name <-> number, read once and added to in the transaction that needs a new one."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._codes: dict[tuple[str, str], int] = {}
        self._texts: dict[int, str] = {}
        self._places: dict[int, tuple[str, str, str]] = {}
        self._at: dict[tuple[str, str, str], int] = {}
        self._shapes = 0
        self._fields: dict[tuple[str, ...], int] = {}
        self._lists: dict[int, tuple[str, ...]] = {}

    def read(self, connection: Connection) -> None:
        for code, kind, text in connection.execute(_SELECT):
            self._add(code, kind, text)

    def forget(self) -> None:
        """After a transaction that failed: what it had added is not there."""
        self._codes.clear()
        self._texts.clear()
        self._places.clear()
        self._at.clear()
        self._shapes = 0
        self._fields.clear()
        self._lists.clear()

    def _add(self, code: int, kind: str, text: str) -> None:
        if (kind, text) not in self._codes and kind == URL:
            self._shapes += 1
        self._codes[kind, text] = code
        self._texts[code] = text
        if kind == PLACE:
            system, object_, part = loads(text)
            self._places[code] = (system, object_, part)
            self._at[system, object_, part] = code
        elif kind == FIELDS:
            self._lists[code] = tuple(loads(text))
            self._fields[self._lists[code]] = code

    def find(self, connection: Connection, kind: str, text: str) -> int | None:
        """The number of a name, if it has one."""
        code = self._codes.get((kind, text))
        if code is None:
            self.read(connection)
            code = self._codes.get((kind, text))
        return code

    def code(self, connection: Connection, kind: str, text: str) -> int:
        """The number of a name; a new one inside a writing transaction."""
        code = self._codes.get((kind, text))
        if code is not None:
            return code
        code = self.find(connection, kind, text)
        if code is None:
            code = max(self._texts, default=0) + 1
            connection.execute(_INSERT, {"code": code, "kind": kind, "text": text})
            self._add(code, kind, text)
        return code

    def text(self, connection: Connection, code: int) -> str:
        if code not in self._texts:
            self.read(connection)
        return self._texts[code]

    # --- places

    def place(self, connection: Connection, system: str, object_: str, part: str = "") -> int:
        known = self._at.get((system, object_, part))
        return self.code(connection, PLACE, dumps([system, object_, part])) if known is None else known

    def at(self, connection: Connection, code: int) -> tuple[str, str, str]:
        if code not in self._places:
            self.read(connection)
        return self._places[code]

    def places(self, connection: Connection, system: str | None = None, object_: str | None = None) -> list[int]:
        """Every place, those of a system, or of one object of it; those that another process has added included."""
        if connection.execute(_LAST).scalar() != max(self._texts, default=None):
            self.read(connection)
        return [c for c, p in self._places.items() if system in (None, p[0]) and (object_ is None or p[1] == object_)]

    # --- lists of fields

    def fields_in(self, connection: Connection, fields: tuple[str, ...]) -> int | None:
        """The number of these names in this order; None when there are too many lists already."""
        code = self._fields.get(fields)
        if code is None and len(self._fields) < _MOST_SHAPES:
            return self.code(connection, FIELDS, dumps(fields))
        return code

    def fields_out(self, connection: Connection, code: int) -> tuple[str, ...]:
        if code not in self._lists:
            self.read(connection)
        return self._lists[code]

    # --- urls

    def url_in(self, connection: Connection, url: str | None, id_: str) -> str | None:
        """ "12" for shape 12 around the record's id, "=https://..." for any other."""
        if url is None:
            return None
        head, found, tail = url.rpartition(id_) if id_ else ("", "", "")
        if found:
            shape = f"{head}\x1f{tail}"
            if (URL, shape) in self._codes or self._shapes < _MOST_SHAPES:
                return str(self.code(connection, URL, shape))
        return f"={url}"

    def url_out(self, connection: Connection, stored: str | None, id_: str) -> str | None:
        if stored is None:
            return None
        if stored.startswith("="):
            return stored[1:]
        return self.text(connection, int(stored)).replace("\x1f", id_, 1)
