"""The tables. Links and places have small numbers inside the store; keys and names are what everyone else sees.

Moments are microseconds since 1970 in UTC. JSON is text: the same on SQLite and PostgreSQL, and PostgreSQL's own JSON
refuses NUL characters. Measured for the layout: a link row is wider than a quarter page, so `link` keeps its rowid
(in a WITHOUT ROWID tree a wide row also fills the inner pages); `end` and `block` are narrow and do without.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text

# Every revision of connector/store/migrations/versions, oldest first; the last one is the schema below.
REVISIONS: Final = ("0001", "0002")
HEAD: Final = REVISIONS[-1]

# Stored numbers: never changed, only added to.
ENTITY: Final = {"company": 0, "person": 1, "deal": 2, "activity": 3}
STATE: Final = {"live": 0, "creating": 1, "out_of_scope": 2, "gone": 3, "duplicate": 4, "unlinked": 5, "buried": 6}

metadata = MetaData()

# SQLite makes a column the rowid only when its type reads INTEGER.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Short numbers for names that repeat in every row: places (system, object, part), systems, lenses, url shapes.
name = Table(
    "name",
    metadata,
    Column("code", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
)

lock = Table(
    "lock",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("fence", _NUMBER, nullable=False),
    Column("since", _NUMBER, nullable=False),
    Column("until", _NUMBER, nullable=False),
    sqlite_with_rowid=False,
)

link = Table(
    "link",
    metadata,
    Column("no", _NUMBER, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("entity", Integer, nullable=False),
    Column("version", _NUMBER, nullable=False),
    Column("dirty", Integer, nullable=False),
    Column("label", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("search", Text, nullable=False),  # label and e-mail addresses, folded, for `find`
    Column("updated", _NUMBER, nullable=False),
    Column("blocks", LargeBinary, nullable=False),  # its blocking keys, so that replacing them needs no second index
    Column("aliases", Text),
    Column("provenance", Text, nullable=False),
    Column("golden", Text, nullable=False),
    Column("shown", Text),  # what the bases are kept as differences from, where that is not the golden values
)
Index("link_key", link.c.key, unique=True)
Index("link_entity", link.c.entity)
Index("link_dirty", link.c.entity, link.c.no, sqlite_where=text("dirty = 1"), postgresql_where=text("dirty = 1"))

end = Table(
    "end",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, primary_key=True),
    Column("link", _NUMBER, ForeignKey("link.no"), nullable=False),
    Column("entity", Integer, nullable=False),
    Column("state", Integer, nullable=False),
    Column("lens", Integer, nullable=False),
    Column("seat", Integer, nullable=False),  # its turn among the link's ends
    Column("version", Text),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("modified", _NUMBER),
    Column("created", _NUMBER),
    Column("url", Text),
    Column("body", Text),  # base as its difference from the link's shown or golden, first contact, sent, accepted
    sqlite_with_rowid=False,
)
Index("end_link", end.c.link)

block = Table(
    "block",
    metadata,
    Column("entity", Integer, primary_key=True, autoincrement=False),
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("link", _NUMBER, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Records that were merged or moved away, and keys of links that were absorbed (place of system "", object "").
alias = Table(
    "alias",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, primary_key=True),
    Column("link", _NUMBER, ForeignKey("link.no"), nullable=False),
    sqlite_with_rowid=False,
)
Index("alias_link", alias.c.link)

cursor = Table(
    "cursor",
    metadata,
    Column("system", Text, primary_key=True),
    Column("object", Text, primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started", _NUMBER, nullable=False),
    Column("ended", _NUMBER),
    Column("plan", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Column("undone_by", Text, nullable=False),
    Column("message", Text, nullable=False),
)
Index("run_started", run.c.started)
Index("run_plan", run.c.plan, sqlite_where=text("plan <> ''"), postgresql_where=text("plan <> ''"))

journal = Table(
    "journal",
    metadata,
    Column("run", Text, primary_key=True),
    Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    Column("entity", Integer, nullable=False),
    Column("link", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("done", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("at", _NUMBER, nullable=False),
    Column("fields", Text, nullable=False),
    Column("native", Text, nullable=False),
)
Index("journal_link", journal.c.link)
Index(
    "journal_open",
    journal.c.run,
    journal.c.seq,
    sqlite_where=text("done = 'intended'"),
    postgresql_where=text("done = 'intended'"),
)

hold = Table(
    "hold",
    metadata,
    Column("link", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("awaits", Text),  # "system|object|id" of the parent a waiting hold waits for
    Column("facts", Text, nullable=False),
    Column("choices", Text, nullable=False),
    Column("seen", Text, nullable=False),
    Column("opened", _NUMBER, nullable=False),
    Column("opened_run", Text, nullable=False),
    Column("verdict", Text),
    Column("decided", _NUMBER),
    Column("closed", _NUMBER),  # kept after closing only where a person decided
)
Index(
    "hold_awaits", hold.c.awaits, sqlite_where=text("awaits IS NOT NULL"), postgresql_where=text("awaits IS NOT NULL")
)

# What people said about pairs of records; kept for ever, whatever becomes of the links. one < other.
pair = Table(
    "pair",
    metadata,
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("same", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", _NUMBER, nullable=False),
    sqlite_with_rowid=False,
)
Index("pair_other", pair.c.other)

revision = Table("alembic_version", metadata, Column("version_num", Text, primary_key=True))
