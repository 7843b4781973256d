"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "block",
        sa.Column("entity", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("block", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("link", NUMBER, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cursor",
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("object", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hold",
        sa.Column("link", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("awaits", sa.Text),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("choices", sa.Text, nullable=False),
        sa.Column("seen", sa.Text, nullable=False),
        sa.Column("opened", NUMBER, nullable=False),
        sa.Column("opened_run", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text),
        sa.Column("decided", NUMBER),
        sa.Column("closed", NUMBER),
    )
    op.create_index(
        "hold_awaits",
        "hold",
        ["awaits"],
        sqlite_where=sa.text("awaits IS NOT NULL"),
        postgresql_where=sa.text("awaits IS NOT NULL"),
    )
    op.create_table(
        "journal",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("entity", sa.Integer, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("done", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("native", sa.Text, nullable=False),
    )
    op.create_index("journal_link", "journal", ["link"])
    op.create_index(
        "journal_open",
        "journal",
        ["run", "seq"],
        sqlite_where=sa.text("done = 'intended'"),
        postgresql_where=sa.text("done = 'intended'"),
    )
    op.create_table(
        "link",
        sa.Column("no", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("entity", sa.Integer, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("dirty", sa.Integer, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("updated", NUMBER, nullable=False),
        sa.Column("blocks", sa.LargeBinary, nullable=False),
        sa.Column("aliases", sa.Text),
        sa.Column("provenance", sa.Text, nullable=False),
        sa.Column("golden", sa.Text, nullable=False),
    )
    op.create_index(
        "link_dirty", "link", ["entity", "no"], sqlite_where=sa.text("dirty = 1"), postgresql_where=sa.text("dirty = 1")
    )
    op.create_index("link_entity", "link", ["entity"])
    op.create_index("link_key", "link", ["key"], unique=True)
    op.create_table(
        "lock",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("since", NUMBER, nullable=False),
        sa.Column("until", NUMBER, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "name",
        sa.Column("code", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "pair",
        sa.Column("one", sa.Text, primary_key=True),
        sa.Column("other", sa.Text, primary_key=True),
        sa.Column("same", sa.Integer, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("pair_other", "pair", ["other"])
    op.create_table(
        "run",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started", NUMBER, nullable=False),
        sa.Column("ended", NUMBER),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("undone_by", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_index(
        "run_plan", "run", ["plan"], sqlite_where=sa.text("plan <> ''"), postgresql_where=sa.text("plan <> ''")
    )
    op.create_index("run_started", "run", ["started"])
    op.create_table(
        "alias",
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("link", NUMBER, sa.ForeignKey("link.no"), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("alias_link", "alias", ["link"])
    op.create_table(
        "end",
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("link", NUMBER, sa.ForeignKey("link.no"), nullable=False),
        sa.Column("entity", sa.Integer, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("lens", sa.Integer, nullable=False),
        sa.Column("seat", sa.Integer, nullable=False),
        sa.Column("version", sa.Text),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("modified", NUMBER),
        sa.Column("created", NUMBER),
        sa.Column("url", sa.Text),
        sa.Column("body", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("end_link", "end", ["link"])
