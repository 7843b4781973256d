"""State and both systems in PostgreSQL, through the commands: init, check, diff, sync, undo; passwords stay outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from tests.cli.conftest import BEFORE, PEOPLE, Ran, World

PASSWORD = "hirakegoma-77"


class Remote:
    """A folder with no database in it: everything is on the server."""

    def __init__(self, folder: Path, pg_url: str) -> None:
        self.world = World.__new__(World)
        self.world.folder = folder
        self.engine = create_engine(pg_url)
        with self.engine.begin() as db:
            _tables(db)
            db.execute(text(f"CREATE ROLE app LOGIN SUPERUSER PASSWORD '{PASSWORD}'"))
        # the URL as an operator has it: no driver named, the user with a password of its own
        self.url = pg_url.replace("postgresql+psycopg://", "postgresql://").replace("//postgres:@", "//app@")
        assert "//app@" in self.url, self.url

    def run(self, *words: str, lang: str = "ja") -> Ran:
        done = self.world.run(
            *words, lang=lang, env={"MA_PASSWORD": PASSWORD, "CRM_PASSWORD": PASSWORD, "HUB": self.hub}
        )
        assert PASSWORD not in done.out + done.err, "a password is never shown"
        return done

    @property
    def hub(self) -> str:
        return self.url.replace("//app@", f"//app:{PASSWORD}@")

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with self.engine.begin() as db:
            found = db.execute(text(sql))
            return [tuple(row) for row in found] if found.returns_rows else []

    def close(self) -> None:
        with self.engine.begin() as db:
            db.execute(text("DROP OWNED BY app CASCADE"))
            db.execute(text("DROP ROLE app"))
        self.engine.dispose()


def _tables(db: Connection) -> None:
    for table, columns in (
        ("ma_contacts", "score integer"),
        ("crm_contacts", "score integer, owner text"),
    ):
        db.execute(
            text(
                f"CREATE TABLE {table} (id integer PRIMARY KEY, last_name text, first_name text, email text,"
                f" company text, phone text, title text, mail_optout integer, {columns},"
                f" updated_at timestamptz NOT NULL, connector_key text UNIQUE)"
            )
        )
    for n, (family, given, email, company, phone, title, _) in enumerate(PEOPLE, 1):
        known = {"n": n, "f": family, "g": given, "e": email, "c": company, "p": phone, "t": title, "at": BEFORE}
        into = (
            "INSERT INTO {} (id, last_name, first_name, email, company, phone, title, mail_optout, score, updated_at)"
        )
        values = " VALUES (:n, :f, :g, :e, :c, :p, {}, 0, {}, :at)"
        db.execute(text(into.format("ma_contacts") + values.format(":t", ":n * 10")), known)
        db.execute(text(into.format("crm_contacts") + values.format("NULL", "NULL")), known)


@pytest.fixture
def remote(tmp_path: Path, pg_url: str) -> Iterator[Remote]:
    made = Remote(tmp_path, pg_url)
    yield made
    made.close()


def test_everything_in_postgresql(remote: Remote) -> None:
    folder = remote.world.folder
    with_password = remote.hub
    made = remote.run(
        "init", "--system", f"ma={with_password}#ma_contacts", "--system", f"crm={with_password}#crm_contacts"
    )
    assert made.code == 0, made.out + made.err
    config = (folder / "config.yaml").read_text(encoding="utf-8")
    assert PASSWORD not in config and '"${env:MA_PASSWORD}"' in config and '"${env:CRM_PASSWORD}"' in config
    lines = [line for line in config.splitlines() if not line.startswith(("hub:", "  state:"))]
    (folder / "config.yaml").write_text('hub:\n  state: "${env:HUB}"\n' + "\n".join(lines) + "\n", encoding="utf-8")

    checked = remote.run("check")
    assert checked.code == 0, checked.out + checked.err
    remote.world.edit("enabled: false", "enabled: true")
    linking = remote.run("diff")
    assert linking.code == 0 and "紐づけ 4" in linking.out, linking.out + linking.err
    assert remote.run("sync", "--yes").code == 0
    assert remote.rows("SELECT title FROM crm_contacts WHERE title IS NOT NULL") == [], "the first run only links"

    filling = remote.run("diff", lang="en")
    assert "to update" in filling.out and "crm  title: (blank) -> 部長" in filling.out
    assert remote.run("sync", "--yes").code == 0
    assert remote.rows("SELECT title, score FROM crm_contacts ORDER BY id") == [
        ("部長", 10), ("課長", 20), (None, 30), ("CEO", 40),
    ]  # fmt: skip
    assert "変更予定はありません" in remote.run("diff").out

    remote.rows("UPDATE ma_contacts SET title = '取締役', updated_at = now() WHERE id = 2")
    assert remote.run("sync", "--yes").code == 0
    assert remote.rows("SELECT title FROM crm_contacts WHERE id = 2") == [("取締役",)]
    undone = remote.run("undo", "last", "--yes")
    assert undone.code == 0, undone.out + undone.err
    assert remote.rows("SELECT title FROM crm_contacts WHERE id = 2") == [("課長",)]
    assert "変更予定はありません" in remote.run("diff").out

    status = remote.run("status")
    assert status.code == 0 and "postgresql" in status.out
    assert not (folder / "state" / "hub.db").exists(), "nothing of the state is beside config.yaml"


def test_a_wrong_password_variable_is_said_before_anything_is_done(remote: Remote) -> None:
    made = remote.run("init", "--system", f"ma={remote.hub}#ma_contacts", "--system", f"crm={remote.hub}#crm_contacts")
    assert made.code == 0
    missing = remote.world.run("check")
    assert missing.code == 2 and "MA_PASSWORD" in missing.err
