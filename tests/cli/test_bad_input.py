"""Bad input, each tried through the program: a sentence or a hold in both languages; nothing lost, no traceback."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.cli.conftest import AFTER, World

LANGS = ("ja", "en")


def said(ran: object) -> str:
    return f"{ran.out}\n{ran.err}"  # type: ignore[attr-defined]


def clean(world: World, text: str) -> None:
    """No traceback, no message id, no unfilled place; and no log of a defect was written."""
    assert "Traceback" not in text
    assert "予期しないエラー" not in text
    assert "unexpected error" not in text.lower()
    assert not list(world.folder.rglob("*error*.log"))


def config(world: World, before: str, after: str) -> None:
    path = world.folder / "config.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text, text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def drop_column(world: World) -> None:
    world.ma("ALTER TABLE contacts DROP COLUMN title")


def drop_table(world: World) -> None:
    world.ma("DROP TABLE contacts")


def not_a_database(world: World) -> None:
    (world.folder / "ma.db").write_bytes(b"this is no database at all" * 100)


def missing_database(world: World) -> None:
    (world.folder / "ma.db").unlink()


def unknown_key(world: World) -> None:
    config(world, "systems:", "sistems:")


def unknown_system(world: World) -> None:
    world.edit("crm:", "crmm:")


def wrong_type(world: World) -> None:
    world.edit("type: email", "type: emaill")


def yaml_broken(world: World) -> None:
    (world.folder / "mappings" / "person.yaml").write_text("entity: person\n  systems: [", encoding="utf-8")


def wrong_encoding(world: World) -> None:
    path = world.folder / "mappings" / "person.yaml"
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp932", "ignore"))


def two_mappings(world: World) -> None:
    folder = world.folder / "mappings"
    (folder / "person2.yaml").write_text((folder / "person.yaml").read_text(encoding="utf-8"), encoding="utf-8")


def state_newer(world: World) -> None:
    [state] = world.folder.rglob("hub.db")
    with closing(sqlite3.connect(state)) as db, db:
        db.execute("UPDATE alembic_version SET version_num='9999'")


def state_truncated(world: World) -> None:
    [state] = world.folder.rglob("hub.db")
    with closing(sqlite3.connect(state)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(state, 3000)


def table_without_key(world: World) -> None:
    world.ma("ALTER TABLE contacts RENAME TO old")
    world.ma("CREATE TABLE contacts AS SELECT * FROM old")
    config(world, "key: id", "key: nosuch")


BROKEN: list[tuple[Callable[[World], None], str, str]] = [
    (drop_column, "title", "title"),
    (drop_table, "contacts", "contacts"),
    (not_a_database, "ma", "ma"),
    (missing_database, "ma", "ma"),
    (unknown_key, "config.yaml:", "config.yaml:"),
    (unknown_system, "もしかして", "did you mean"),
    (wrong_type, "もしかして", "did you mean"),
    (yaml_broken, "person.yaml:", "person.yaml:"),
    (wrong_encoding, "UTF-8", "UTF-8"),
    (two_mappings, "person2.yaml", "person2.yaml"),
    (state_newer, "新しい", "newer"),
    (state_truncated, "hub.db", "hub.db"),
    (table_without_key, "nosuch", "nosuch"),
]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("break_it", "ja", "en"), BROKEN, ids=[b[0].__name__ for b in BROKEN])
def test_it_is_said_and_nothing_is_lost(
    world: World, break_it: Callable[[World], None], ja: str, en: str, lang: str
) -> None:
    world.in_step()
    kept = world.crm("SELECT * FROM 取引先責任者 ORDER BY id")
    break_it(world)
    ran = world.run("--lang", lang, "sync", "--yes", lang=lang)
    assert ran.code in (1, 2), said(ran)
    assert (ja if lang == "ja" else en) in said(ran), said(ran)
    clean(world, said(ran))
    assert world.crm("SELECT * FROM 取引先責任者 ORDER BY id") == kept


@pytest.mark.parametrize("lang", LANGS)
def test_a_read_only_database_is_said_and_the_work_is_kept(world: World, lang: str) -> None:
    world.in_step()
    world.ma("UPDATE contacts SET title='本部長', updated_at=? WHERE id=1", AFTER)
    config(world, "crm:", "crm:\n    read_only: true")
    ran = world.run("--lang", lang, "sync", "--yes", lang=lang)
    assert ran.code in (1, 3), said(ran)
    clean(world, said(ran))
    config(world, "crm:\n    read_only: true", "crm:")
    assert world.run("sync", "--yes").code in (0, 3)
    world.run("retry")
    world.run("sync", "--yes")
    assert world.crm("SELECT 役職 FROM 取引先責任者 WHERE id='C1'") == [("本部長",)]


@pytest.mark.parametrize("lang", LANGS)
def test_a_locked_database_is_said_and_the_next_run_goes_on(world: World, lang: str) -> None:
    world.in_step()
    world.ma("UPDATE contacts SET title='本部長', updated_at=? WHERE id=1", AFTER)
    with closing(sqlite3.connect(world.folder / "crm.db", isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        ran = world.run("--lang", lang, "sync", "--yes", lang=lang)
        db.execute("ROLLBACK")
    assert ran.code in (1, 3), said(ran)
    clean(world, said(ran))
    world.run("sync", "--yes")
    assert world.crm("SELECT 役職 FROM 取引先責任者 WHERE id='C1'") == [("本部長",)]


HOSTILE = {
    "a megabyte": "長" * 350_000,
    "NUL": "部\x00長",
    "a formula": "=cmd|' /C calc'!A0",
    "markup": "<script>alert(1)</script>",
    "right to left": "\u202e長部",
    "an escape": "\x1b[31m部長\x1b[0m",
    "not NFC": "は\u3099",
}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_are_carried_or_held(world: World, name: str, lang: str) -> None:
    world.in_step()
    world.ma("UPDATE contacts SET title=?, updated_at=? WHERE id=1", HOSTILE[name], AFTER)
    world.ma("UPDATE contacts SET title='次長', updated_at=? WHERE id=2", AFTER)
    ran = world.run("--lang", lang, "sync", "--yes", lang=lang)
    clean(world, said(ran))
    assert "\x1b[31m部長" not in said(ran)
    assert world.crm("SELECT 役職 FROM 取引先責任者 WHERE id='C2'") == [("次長",)], "the others go on"
    [(shown,)] = world.crm("SELECT 役職 FROM 取引先責任者 WHERE id='C1'")
    holds = world.run("--lang", lang, "holds", lang=lang)
    clean(world, said(holds))
    assert shown != "部長" or holds.out.strip(), "arrived, or held"
    assert world.run("sync", "--yes").code in (0, 3, 4)
    [(kept,)] = world.ma("SELECT title FROM contacts WHERE id=1")
    assert kept == HOSTILE[name], "the person's own value stays as typed"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("score", ["9" * 5000, "たくさん", "1e400", "NaN"])
def test_numbers_that_are_none_are_held(world: World, score: str, lang: str) -> None:
    world.in_step()
    world.ma("UPDATE contacts SET score=?, updated_at=? WHERE id=1", score, AFTER)
    ran = world.run("--lang", lang, "sync", "--yes", lang=lang)
    clean(world, said(ran))
    assert world.crm("SELECT スコア FROM 取引先責任者 WHERE id='C1'") == [(10,)], "what was known stays"
    assert "山田" in world.run("--lang", lang, "holds", "--kind", "invalid", lang=lang).out


@pytest.mark.parametrize("lang", LANGS)
def test_a_full_disk_is_said_before_anything_is_half_written(world: World, lang: str) -> None:
    world.in_step()
    with closing(sqlite3.connect(world.folder / "crm.db")) as db, db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    world.ma("UPDATE contacts SET title=?, updated_at=? WHERE id=1", "長" * 100_000, AFTER)
    from sqlalchemy import Engine, event

    def small(connection: object, record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    event.listen(Engine, "connect", small)
    try:
        ran = world.run("--lang", lang, "sync", "--yes", lang=lang)
    finally:
        event.remove(Engine, "connect", small)
    assert ran.code in (1, 3), said(ran)
    clean(world, said(ran))
    assert world.crm("SELECT 役職 FROM 取引先責任者 WHERE id='C1'") == [("部長",)]
    assert world.run("sync", "--yes").code in (0, 3, 4)
    assert len(world.crm("SELECT 役職 FROM 取引先責任者 WHERE id='C1'")[0][0]) > 10_000
