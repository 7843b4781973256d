"""The adapter to a database: SQLite as shipped, PostgreSQL, and what else SQLAlchemy Core reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, SQLAlchemyError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from connector.adapters import cursor as cursors
from connector.adapters.contract import (
    Adapter,
    Capabilities,
    Cursor,
    Deleted,
    Gone,
    Identity,
    Native,
    Outcome,
    Page,
    Refusal,
    Refused,
    Remove,
    Shape,
    Unknown,
    Write,
)
from connector.adapters.sql import engines, failures, reading, stamps
from connector.adapters.sql.settings import SqlSettings
from connector.adapters.sql.table import Table, no_column, reflect
from connector.adapters.sql.writing import NotOneRecord, Writer
from connector.errors import ConnectorError, Fatal, Rejected, Transient

T = TypeVar("T")
Row = Sequence[Any]

ATTEMPTS = 3
# A compound key is looked up by an OR of ANDs; SQLite parses expressions up to a depth of 1,000.
COMPOUND_BATCH = 200
# Up to so many changed records are looked up by their keys, which an index on the stamps gives; asked for in the order
# of the key, a database walks the whole table for them. More of them are worth that walk.
FEW = 20_000


def sql_adapter(name: str, settings: SqlSettings) -> Adapter:
    """The adapter for the system `name`. Connects to nothing yet."""
    return SqlAdapter(name, settings)


class SqlAdapter:
    """Capabilities are those that every configured table has."""

    def __init__(self, name: str, settings: SqlSettings) -> None:
        tables = settings.tables.values()
        self.name = name
        self.can = Capabilities(
            delete=settings.delete and not settings.read_only,
            reports_deletes=all(table.deleted or table.tombstones for table in tables),
            version_check=all(table.version or table.modified for table in tables),
            compares_before=True,
            external_key=all(table.external_key for table in tables),
            history=0,
            incremental=all(table.modified for table in tables),
            page=settings.page,
            read_batch=settings.read_batch,
            write_batch=settings.write_batch,
            time_resolution=timedelta(seconds=max(table.resolution for table in tables)),
            visibility_lag=timedelta(0),
            overlap=timedelta(seconds=settings.overlap if any(table.modified for table in tables) else 0),
        )
        self._settings = settings
        self._secrets = engines.secrets(settings)
        self._reads = engines.reading(settings)
        self._writes = engines.writing(settings)
        self._tables: dict[str, Table] = {}

    def check(self) -> Identity:
        with self._reading() as connection:
            inspector = sa.inspect(connection)
            for object in self._settings.tables:
                self._reflect(inspector, object)
            return engines.identity(connection, inspector, self._settings)

    def describe(self, object: str) -> Shape:
        self._named(object)
        with self._reading(object=object) as connection:
            table = self._reflect(sa.inspect(connection), object)
            return Shape(object, tuple(table.columns.values()))

    # --- reading ----------------------------------------------------------------------------------------------

    def pull(self, object: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        settings = self._named(object)
        at = self._since(object, since)
        with self._reading(object=object) as connection:
            table = self._reflect(sa.inspect(connection), object)
            self._known(table, fields)
            front = reading.front(connection, table)
            if at is not None and at > front.now + timedelta(hours=1):
                raise Fatal("adapter.future_cursor", system=self.name, object=object, at=at.isoformat())
            conditions = reading.changed_since(table, at, front)
            changed = reading.keys_of(connection, table, conditions, FEW) if conditions else None
        cursor = cursors.encode("sql", self.name, object, table=settings.table, at=self._next(table, front))
        for rows, reader, last in self._batches(table, tuple(fields), conditions, changed):
            kept: Sequence[Row] = rows
            if at is not None and isinstance(front.last, str) and table.dialect != "sqlite":
                # Text stamps are compared by day there; see stamps.since.
                kept = [row for row in rows if reader.since(row, at)]
            records, deleted = reader.records(kept)
            gone: list[Gone] = [Deleted(id) for id in deleted]
            if last:
                yield Page(records, gone + self._buried(table, at), cursor)
            else:
                yield Page(records, gone)

    def _batches(
        self,
        table: Table,
        fields: tuple[str, ...],
        conditions: Sequence[stamps.Condition],
        changed: Sequence[tuple[Any, ...]] | None,
    ) -> Iterator[tuple[list[Row], reading.Reader, bool]]:
        """Rows a page at a time, and whether it is the last: by key where the keys are known, else in their order."""
        if changed is not None:
            size = min(self.can.page, COMPOUND_BATCH) if len(table.key) > 1 else self.can.page
            for begin in range(0, max(1, len(changed)), size):
                some = changed[begin : begin + size]
                rows, reader = self._page(table, fields, [reading.with_keys(table, some) if some else sa.false()], None)
                yield rows, reader, begin + size >= len(changed)
            return
        last: Row | None = None
        while True:
            either = [sa.or_(*conditions)] if conditions else []
            conditions_here = [*either, reading.after_key(table, last)] if last is not None else either
            rows, reader = self._page(table, fields, conditions_here)
            yield rows, reader, len(rows) < self.can.page
            if len(rows) < self.can.page:
                return
            last = rows[-1][: len(table.key)]

    def get(self, object: str, by: str, values: Sequence[str], fields: Sequence[str]) -> list[Native]:
        settings = self._named(object)
        if by not in ("id", "key") or (by == "key" and settings.external_key is None):
            raise Rejected("adapter.no_lookup", system=self.name, object=object, by=by)
        table = self._table(object)
        self._known(table, fields)
        wanted = list(dict.fromkeys(values))
        size = min(self.can.read_batch, COMPOUND_BATCH) if len(table.key) > 1 else self.can.read_batch
        found: list[Native] = []
        for begin in range(0, len(wanted), size):
            batch = wanted[begin : begin + size]
            if by == "id":
                keys = [key for id in batch if (key := table.key_of(id)) is not None]
                condition = reading.with_keys(table, keys) if keys else None
            else:
                held = [value for value in batch if _holdable(table, str(settings.external_key), value)]
                condition = table.core.c[str(settings.external_key)].in_(held) if held else None
            if condition is not None:
                rows, reader = self._page(table, tuple(fields), [condition], size=None)
                found += reader.records(rows)[0]
        return found

    def _page(
        self, table: Table, fields: tuple[str, ...], conditions: Sequence[stamps.Condition], size: int | None = -1
    ) -> tuple[list[Row], reading.Reader]:
        limit = self.can.page if size == -1 else size
        reader = reading.Reader(table, fields)
        with self._reading(object=table.object) as connection:
            try:
                return reading.page(connection, reader, conditions, limit), reader
            except (DataError, ValueError, OverflowError):
                # psycopg cannot make a Python date of "infinity" or of a year before 1, and loses the whole page.
                connection.rollback()
                reader = reading.Reader(table, fields, temporal=True)
                return reading.page(connection, reader, conditions, limit), reader
            except SQLAlchemyError as error:
                if "Could not decode to UTF-8" not in str(getattr(error, "orig", "")):
                    raise
        with self._reading(object=table.object, damaged_text=True) as connection:
            return reading.page(connection, reader, conditions, limit), reader

    def _buried(self, table: Table, at: datetime | None) -> list[Gone]:
        settings = table.settings.tombstones
        if settings is None:
            return []
        with self._reading(object=table.object) as connection:
            inspector = sa.inspect(connection)
            columns = engines.columns_of(inspector, settings.table, table.dialect)
            if columns is None:
                raise Fatal(
                    "adapter.no_object", system=self.name, object=table.object, table=settings.table, nearest="-"
                )
            keys = [settings.key] if isinstance(settings.key, str) else settings.key
            for name in (*keys, settings.deleted_at, *((settings.into,) if settings.into else ())):
                if name not in columns:
                    raise no_column(self.name, table.object, name, list(columns))
            return list(reading.buried(connection, table, columns, at, COMPOUND_BATCH))

    # --- writing ----------------------------------------------------------------------------------------------

    def push(self, object: str, writes: Sequence[Write]) -> list[Outcome]:
        self._named(object)
        if not writes:
            return []
        if self._settings.read_only:
            return [Refused(Refusal.DENIED, "this system is configured read-only")] * len(writes)
        table = self._table(object)
        for write in writes:
            if not isinstance(write, Remove):
                self._known(table, tuple(write.values))
        outcomes: list[Outcome] = []
        for begin in range(0, len(writes), self.can.write_batch):
            batch = writes[begin : begin + self.can.write_batch]
            try:
                outcomes += self._batch(table, batch)
            except (Transient, Fatal) as error:
                # Outcomes that are known must reach the caller: what follows is looked up, not repeated blindly.
                if not outcomes:
                    raise
                return outcomes + [Unknown(error.message)] * (len(writes) - len(outcomes))
        return outcomes

    def _batch(self, table: Table, batch: Sequence[Write]) -> list[Outcome]:
        """One transaction; written record by record when the whole is refused because of one of them."""
        try:
            return self._transaction(table, batch, careful=False)
        except (_Spoiled, NotOneRecord):
            pass
        try:
            return self._transaction(table, batch, careful=True)
        except NotOneRecord as several:
            if len(batch) == 1:
                words = f"{several.rows} records have this key: the configured key is not unique"
                return [Refused(Refusal.INVALID, words, table.key)]
        except _Spoiled as spoiled:
            # A constraint that is checked at the commit; which record broke it shows only one by one.
            if len(batch) == 1:
                return [spoiled.refused]
        return [self._batch(table, [write])[0] for write in batch]

    def _transaction(self, table: Table, batch: Sequence[Write], *, careful: bool) -> list[Outcome]:
        tries = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.05, max=0.5),
            retry=retry_if_exception_type(_Locked),
            reraise=True,
        )
        try:
            return tries(self._attempt, table, batch, careful)
        except _Locked as locked:
            raise locked.reaction from None

    def _attempt(self, table: Table, batch: Sequence[Write], careful: bool) -> list[Outcome]:
        writer = Writer(table, self._settings.delete, lambda error: failures.refusal(error, self._secrets))
        try:
            with self._writes.connect() as connection:
                transaction = connection.begin()
                try:
                    outcomes = writer.write(connection, batch, careful=careful)
                except BaseException:
                    transaction.rollback()
                    raise
                try:
                    transaction.commit()
                except SQLAlchemyError as error:
                    if engines.certainly_undone(connection, error):
                        connection.rollback()
                        raise
                    # The connection died while the database was committing: nobody knows.
                    return [Unknown(failures.words(error, self._secrets))] * len(batch)
                return outcomes
        except (SQLAlchemyError, UnicodeError, OverflowError, ValueError) as error:
            refused = failures.refusal(error, self._secrets)
            if refused is not None:
                raise _Spoiled(refused) from None
            reaction = self._reaction(error, table.object)
            if reaction.message == "adapter.locked":
                raise _Locked(reaction) from None
            raise reaction from None

    def close(self) -> None:
        self._reads.dispose()
        self._writes.dispose()

    # --- common -----------------------------------------------------------------------------------------------

    @contextmanager
    def _reading(self, *, object: str = "", damaged_text: bool = False) -> Iterator[Connection]:
        try:
            with self._reads.connect() as connection:
                if damaged_text:
                    engines.forgive_text(connection)
                yield connection
        except (SQLAlchemyError, UnicodeError, OverflowError) as error:
            raise self._reaction(error, object) from None

    def _reaction(self, error: BaseException, object: str) -> ConnectorError:
        facts = {"object": object, "table": self._settings.tables[object].table} if object else {}
        self._tables.pop(object, None)  # whatever failed, the table is looked at again before it is used again
        return failures.reaction(error, self.name, self._secrets, **facts)

    def _named(self, object: str) -> Any:
        if object not in self._settings.tables:
            near = engines.nearest(object, list(self._settings.tables))
            raise Fatal("adapter.no_object", system=self.name, object=object, table=object, nearest=near)
        return self._settings.tables[object]

    def _reflect(self, inspector: Any, object: str) -> Table:
        self._tables[object] = reflect(inspector, self.name, object, self._settings.tables[object])
        return self._tables[object]

    def _table(self, object: str) -> Table:
        if object not in self._tables:
            with self._reading(object=object) as connection:
                self._reflect(sa.inspect(connection), object)
        return self._tables[object]

    def _known(self, table: Table, fields: Sequence[str]) -> None:
        for name in fields:
            if name not in table.columns:
                raise no_column(self.name, table.object, name, list(table.columns))

    def _since(self, object: str, since: Cursor | None) -> datetime | None:
        if since is None:
            return None
        place = cursors.decode("sql", self.name, object, since)
        if place.get("table") != self._settings.tables[object].table:
            raise Fatal("adapter.foreign_cursor", system=self.name, object=object)
        if place.get("at") is None:
            return None
        return cursors.stamp("sql", self.name, object, place["at"])

    def _next(self, table: Table, front: reading.Front) -> str | None:
        """Where the next pull starts: the latest stamp, or the database's clock when a stamp is ahead of it."""
        latest = stamps.read(front.last, table.zone)
        return None if latest is None else (min(latest, front.now) - self.can.overlap).isoformat()


class _Locked(Exception):
    def __init__(self, reaction: ConnectorError) -> None:
        super().__init__(reaction.message)
        self.reaction = reaction


class _Spoiled(Exception):
    """One record's error ended the whole transaction."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused


def _holdable(table: Table, column: str, value: str) -> bool:
    try:
        table.cell(column, value)
    except ValueError:
        return False
    return True
