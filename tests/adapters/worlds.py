"""The worlds of the memory and SQL adapters, as the conformance suite wants them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connector.adapters.contract import Adapter, Column, ColumnKind
from connector.adapters.memory import MemoryAdapter, MemorySystem, Nature
from connector.adapters.sql import SqlAdapter, SqlSettings, sql_adapter
from connector.errors import Transient
from tests.adapters.contract import Failure, Names

COLUMNS = (
    Column("name"),
    Column("note"),
    Column("amount", kind=ColumnKind.NUMBER),
    Column("day", kind=ColumnKind.DATE),
    Column("moment", kind=ColumnKind.DATETIME),
)
ROLE = "sales_ops"
TOKEN = "canary-5ecret-t0ken"


class MemoryWorld:
    def __init__(self, nature: Nature | None = None, adapter: type[MemoryAdapter] = MemoryAdapter) -> None:
        self.object = "contacts"
        self.names = Names()
        self.secrets: tuple[str, ...] = (TOKEN,)
        self.system = MemorySystem(
            {"contacts": COLUMNS}, nature or Nature(page=3, read_batch=4, write_batch=5), token=TOKEN
        )
        self.kind = adapter
        self.adapter = adapter("crm", self.system, wire=self._wire, token=TOKEN)
        self._how: Failure | None = None
        self._skip = 0

    def seed(self, values: Mapping[str, Any]) -> str:
        return self.system.seed(self.object, values)

    def edit_behind(self, id: str, values: Mapping[str, Any], *, ago: timedelta = timedelta(0)) -> None:
        now = self.system.now
        self.system.now -= ago
        stamp = self.system.stamp()
        self.system.now = now
        self.system.store(self.system.rows[self.object][id], values, stamp)

    def delete_behind(self, id: str) -> None:
        self.system.delete_behind(self.object, id)

    def advance(self, by: timedelta) -> None:
        self.system.advance(by)

    def count(self) -> int:
        return len(self.system.rows.get(self.object, {}))

    def calls(self, call: str) -> int:
        return sum(1 for made, _, _ in self.system.calls if made == call)

    @contextmanager
    def failing(self, how: Failure, *, skip: int = 0) -> Iterator[None]:
        self._how, self._skip = how, skip
        if how == "denied":
            self.system.token = "revoked"
        try:
            yield
        finally:
            self._how = None
            self.system.token = TOKEN

    def _wire(self, moment: str, call: str, payload: object) -> None:
        if moment == "before" and call == "push" and self._skip:
            self._skip -= 1
        elif (moment, self._how) == ("before", "throttled"):
            raise Transient("adapter.throttled", retry_after=7.0, system="crm")
        elif (moment, call, self._how) == ("after", "push", "lost"):
            raise Transient("adapter.unreachable", system="crm")

    def stranger(self) -> Adapter:
        return self.kind("crm", self.system, token=TOKEN + "x")

    def fit(self, column: str, value: Any) -> Any:
        return self.system.nature.fit(column, value)


@dataclass
class Schema:
    """How the table of a SQL world is made, and what the adapter is told about it."""

    columns: str
    told: dict[str, Any]
    stamp: str = "text"  # text | zulu | tokyo | epoch | milliseconds | typed: how users' programs write stamps
    key: str = ""  # an expression for the key of a user's record; "" where the database makes it
    more: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


class SqlWorld:
    """A table with users at work on it. They stamp with the database's own clock, moved on by `advance`."""

    def __init__(self, url: str, schema: Schema, *, admin: str = "", host_secret: str = "") -> None:
        self.object, self.names = "contacts", Names()
        self.secrets = (host_secret,) if host_secret else ()
        self.schema, self.url = schema, url
        self.users = sa.create_engine(admin or url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        self.postgresql = self.users.dialect.name == "postgresql"
        # Users began yesterday, so that `advance` never leads beyond the database's clock.
        self._ahead = timedelta(days=-1)
        for left in sa.inspect(self.users).get_table_names():
            self._sql(f"DROP TABLE {left} CASCADE" if self.postgresql else f"DROP TABLE {left}")
        self._sql(f"CREATE TABLE people ({schema.columns})")
        for statement in schema.more:
            self._sql(statement)
        if self.postgresql:
            self._sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}")
            self._sql(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
        self.adapters: list[SqlAdapter] = []
        self._counts = {"pull": 0, "get": 0, "push": 0}
        self.adapter = self._adapter(self.url)

    def _adapter(self, url: str) -> SqlAdapter:
        told = {"table": "people", **self.schema.told}
        options = {"page": 3, "read_batch": 4, "write_batch": 5, "timeout": 0.2, "delete": True}
        settings = SqlSettings.model_validate(
            {"type": "sql", "url": url, "tables": {"contacts": told}, **options, **self.schema.settings}
        )
        adapter = sql_adapter("crm", settings)
        assert isinstance(adapter, SqlAdapter)
        sa.event.listen(adapter._writes, "begin", self._counted)
        self.adapters.append(adapter)
        return adapter

    def _counted(self, connection: Any) -> None:
        self._counts["push"] += 1

    def _sql(self, statement: str, **values: Any) -> Any:
        with self.users.connect() as connection:
            result = connection.execute(sa.text(statement), values)
            return result.fetchall() if result.returns_rows else None

    def close(self) -> None:
        for adapter in self.adapters:
            adapter.close()
        self.users.dispose()

    def _stamp(self, ago: timedelta = timedelta(0)) -> Any:
        now = self._sql(
            "SELECT extract(epoch from clock_timestamp())" if self.postgresql else "SELECT unixepoch('now')"
        )
        moment = datetime.fromtimestamp(int(now[0][0]), UTC) + self._ahead - ago
        match self.schema.stamp:
            case "zulu":
                return moment.strftime("%Y-%m-%dT%H:%M:%S.123Z")
            case "tokyo":
                return (moment + timedelta(hours=9)).strftime("%Y-%m-%d %H:%M:%S")
            case "epoch":
                return int(moment.timestamp())
            case "milliseconds":
                return int(moment.timestamp() * 1000)
            case "typed":
                return moment
        return moment.strftime("%Y-%m-%d %H:%M:%S")

    def _stamps(self, *names: str, ago: timedelta = timedelta(0)) -> dict[str, Any]:
        columns = [self.schema.told.get(name) for name in names]
        return {column: self._stamp(ago) for column in columns if column}

    def seed(self, values: Mapping[str, Any]) -> str:
        cells = {**values, **self._stamps("modified", "created")}
        if self.schema.key:
            number = self._sql("SELECT count(*) FROM people")[0][0]
            cells |= eval(self.schema.key, {"n": number})
        names = ", ".join(cells)
        keys = self.schema.told.get("key") or "id"
        listed = ", ".join([keys] if isinstance(keys, str) else keys)
        places = ", ".join(f":{name}" for name in cells)
        (row,) = self._sql(f"INSERT INTO people ({names}) VALUES ({places}) RETURNING {listed}", **cells)
        return "|".join(str(part) for part in row)

    def _where(self, id: str) -> tuple[str, dict[str, Any]]:
        keys = self.schema.told.get("key") or "id"
        names = [keys] if isinstance(keys, str) else keys
        parts = [int(p) if p.isdigit() and not self.schema.key else p for p in id.split("|")]
        kinds = {c["name"]: c["type"] for c in sa.inspect(self.users).get_columns("people")}
        cast = {
            f"k{n}": int(part) if isinstance(kinds[name], sa.Integer) else str(part)
            for n, (name, part) in enumerate(zip(names, parts, strict=True))
        }
        return " AND ".join(f"{name} = :k{n}" for n, name in enumerate(names)), cast

    def edit_behind(self, id: str, values: Mapping[str, Any], *, ago: timedelta = timedelta(0)) -> None:
        where, key = self._where(id)
        cells = {**values, **self._stamps("modified", ago=ago)}
        changes = [f"{name} = :{name}" for name in cells]
        if version := self.schema.told.get("version"):
            changes.append(f"{version} = {version} + 1")
        if changes:
            self._sql(f"UPDATE people SET {', '.join(changes)} WHERE {where}", **cells, **key)

    def delete_behind(self, id: str) -> None:
        where, key = self._where(id)
        flag = self.schema.told.get("deleted")
        if flag:
            stamps = self._stamps("modified")
            flags = {flag: True if "boolean" in self.schema.columns else self._stamp()}
            changes = ", ".join(f"{name} = :{name}" for name in {**stamps, **flags})
            self._sql(f"UPDATE people SET {changes} WHERE {where}", **stamps, **flags, **key)
        else:
            self._sql(f"DELETE FROM people WHERE {where}", **key)
        if tombs := self.schema.told.get("tombstones"):
            self._sql(
                f"INSERT INTO {tombs['table']} ({tombs['key']}, {tombs['deleted_at']}) VALUES (:id, :at)",
                id=int(id) if id.isdigit() else id,
                at=self._stamp(),
            )

    def advance(self, by: timedelta) -> None:
        self._ahead += by

    def count(self) -> int:
        flag = self.schema.told.get("deleted")
        living = f" WHERE {flag} IS NULL OR {flag} IN ({'false' if self.postgresql else '0'})" if flag else ""
        if flag and "boolean" not in self.schema.columns:
            living = f" WHERE {flag} IS NULL"
        return int(self._sql(f"SELECT count(*) FROM people{living}")[0][0])

    def calls(self, call: str) -> int:
        return self._counts[call]

    @contextmanager
    def failing(self, how: Failure, *, skip: int = 0) -> Iterator[None]:
        if how == "lost":
            with self._answer_lost():
                yield
        elif skip:
            with self._begins_fail(skip):
                yield
        elif how == "throttled":
            with self._locked():
                yield
        else:
            with self._shut_out():
                yield

    @contextmanager
    def _answer_lost(self) -> Iterator[None]:
        dialect: Any = self.adapter._writes.dialect
        commit = dialect.do_commit

        def commit_and_die(connection: Any) -> None:
            commit(connection)
            raise self._connection_error()

        dialect.do_commit = commit_and_die
        try:
            yield
        finally:
            dialect.do_commit = commit

    def _connection_error(self) -> Exception:
        if self.postgresql:
            import psycopg

            return psycopg.OperationalError("server closed the connection unexpectedly")
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode, error.sqlite_errorname = 10, "SQLITE_IOERR"
        return error

    @contextmanager
    def _begins_fail(self, skip: int) -> Iterator[None]:
        begun = 0

        def refuse(connection: Any) -> None:
            nonlocal begun
            begun += 1
            if begun > skip:
                original = sqlite3.OperationalError("database is locked")
                original.sqlite_errorcode = 5
                raise sa.exc.OperationalError("BEGIN", {}, original)

        sa.event.listen(self.adapter._writes, "begin", refuse)
        try:
            yield
        finally:
            sa.event.remove(self.adapter._writes, "begin", refuse)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Another program holds the table, for real."""
        with sa.create_engine(self.url, poolclass=sa.pool.NullPool).connect() as other:
            if self.postgresql:
                other.exec_driver_sql("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
            else:
                other.connection.dbapi_connection.isolation_level = None  # type: ignore[union-attr]
                other.exec_driver_sql("BEGIN EXCLUSIVE")
            try:
                yield
            finally:
                other.exec_driver_sql("ROLLBACK")

    @contextmanager
    def _shut_out(self) -> Iterator[None]:
        """The file is gone, or the role may not log in any more."""
        if self.postgresql:
            self._sql(f"REVOKE ALL ON people FROM {ROLE}")
            try:
                yield
            finally:
                self._sql(f"GRANT ALL ON people TO {ROLE}")
            return
        path = Path(str(sa.make_url(self.url).database))
        away = path.with_suffix(".away")
        path.rename(away)
        try:
            yield
        finally:
            away.rename(path)

    def stranger(self) -> Adapter:
        url = sa.make_url(self.url)
        if self.postgresql:
            url = url.set(username="nobody_knows_me", password=self.secrets[0])
            return self._adapter(url.render_as_string(hide_password=False))
        return self._adapter(f"sqlite:///{url.database}.no-such-file")

    def fit(self, column: str, value: Any) -> Any:
        return value
