"""The demo's world: what stands in it, that the same seed gives the same rows, and a day's edits."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connector.demo import Scale, Truth, build_kintone, build_world, edit_world
from connector.demo.people import corporate_number


def rows(path: Path, sql: str, *args: Any) -> list[Any]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql, args).fetchall()


def dump(folder: Path) -> list[str]:
    lines: list[str] = []
    for name in sorted(p.name for p in folder.glob("*.db")):
        with closing(sqlite3.connect(folder / name)) as db:
            lines += db.iterdump()
    return lines


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth, float]:
    folder = tmp_path_factory.mktemp("world")
    start = time.perf_counter()
    truth = build_world(folder)
    return folder, truth, time.perf_counter() - start


def test_it_has_the_promised_size_and_is_made_quickly(world: tuple[Path, Truth, float]) -> None:
    folder, truth, took = world
    assert rows(folder / "ma.db", "SELECT COUNT(*) FROM contacts") == [(5000,)]
    for table, count in (("accounts", 800), ("contacts", 3500), ("opportunities", 1200)):
        assert rows(folder / "sfa.db", f"SELECT COUNT(*) FROM {table}") == [(count,)]
    assert len(truth.pairs) == 2000
    assert len(truth.duplicates) == 50 + 35
    assert took < 3


def test_the_same_seed_gives_the_same_rows(tmp_path: Path) -> None:
    scale = Scale().times(0.05)
    for name in ("a", "b"):
        truth = build_world(tmp_path / name, seed=7, scale=scale)
        build_kintone(tmp_path / name, truth, seed=7, rows=40)
        edit_world(tmp_path / name, seed=7, round=1)
    other = build_world(tmp_path / "c", seed=8, scale=scale)
    build_kintone(tmp_path / "c", other, seed=8, rows=40)
    assert dump(tmp_path / "a") == dump(tmp_path / "b") != dump(tmp_path / "c")
    assert (tmp_path / "a/truth.json").read_bytes() == (tmp_path / "b/truth.json").read_bytes()


def test_building_again_replaces_the_world(tmp_path: Path) -> None:
    scale = Scale().times(0.02)
    build_world(tmp_path, scale=scale)
    before = dump(tmp_path)
    edit_world(tmp_path)
    build_world(tmp_path, scale=scale)
    assert dump(tmp_path) == before


def test_shared_people_are_written_differently(world: tuple[Path, Truth, float]) -> None:
    _, truth, _ = world
    seen = Counter(name for names in truth.noise.values() for name in names)
    assert min(seen.values()) >= 30
    assert {"old_kanji", "width", "kana", "nickname", "swapped", "email_changed", "missing", "title_differs"} <= set(
        seen
    )
    assert sum(1 for names in truth.noise.values() if not names) > 400  # most are easy, as in life


def test_traps_are_there(world: tuple[Path, Truth, float]) -> None:
    folder, truth, _ = world
    shared_addresses = rows(
        folder / "ma.db",
        "SELECT email FROM contacts WHERE email LIKE 'info@%' GROUP BY email HAVING COUNT(DISTINCT last_name) > 1",
    )
    assert shared_addresses
    switchboards = rows(folder / "sfa.db", "SELECT phone FROM contacts GROUP BY phone HAVING COUNT(*) > 4")
    assert switchboards
    namesakes = rows(
        folder / "sfa.db",
        "SELECT last_name, first_name FROM contacts GROUP BY 1, 2 HAVING COUNT(DISTINCT account_id) > 2",
    )
    assert namesakes
    assert rows(
        folder / "ma.db", "SELECT 1 FROM contacts WHERE phone GLOB '[1-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'"
    )
    assert rows(folder / "ma.db", "SELECT 1 FROM contacts WHERE company LIKE '%㈱%' LIMIT 1")
    assert rows(folder / "ma.db", "SELECT 1 FROM contacts WHERE last_name LIKE '%髙%' LIMIT 1")
    assert rows(folder / "ma.db", "SELECT 1 FROM contacts WHERE mail_optout = 1 LIMIT 1")
    assert rows(
        folder / "sfa.db", "SELECT 1 FROM opportunities WHERE stage = '失注' AND lost_reason IS NOT NULL LIMIT 1"
    )
    assert {id for system, id in truth.junk if system == "ma"}


def test_addresses_cannot_reach_anybody(world: tuple[Path, Truth, float]) -> None:
    folder, _, _ = world
    for db in ("ma.db", "sfa.db"):
        for (email,) in rows(folder / db, "SELECT email FROM contacts WHERE email LIKE '%@%'"):
            assert email.lower().endswith((".example", "@example.com"))


def test_corporate_numbers_have_a_right_check_digit() -> None:
    import random

    # the National Tax Agency's rule, on a published number
    assert 9 - sum(int(d) * (1 if i % 2 == 0 else 2) for i, d in enumerate(reversed("000012050002"))) % 9 == 7
    number = corporate_number(random.Random(1))
    body = number[1:]
    assert int(number[0]) == 9 - sum(int(d) * (1 if i % 2 == 0 else 2) for i, d in enumerate(reversed(body))) % 9


def test_score_counts_right_wrong_missed_and_reviewed() -> None:
    from datetime import date

    from connector.demo import Duplicate

    truth = Truth(
        date(2026, 3, 2),
        (("1", "C1"), ("2", "C2"), ("3", "C3")),
        (Duplicate("ma", "9", "1"), Duplicate("sfa", "C9", "C8")),
        (),
    )
    score = truth.score([("9", "C1"), ("1", "C1"), ("2", "C3"), ("4", "C8")], reviewed=[("3", "C3")])
    assert score.linked == 4
    assert score.precision == 0.5
    assert score.recall == pytest.approx(1 / 3)
    assert score.recall_with_review == pytest.approx(2 / 3)
    assert set(score.wrong) == {("2", "C3"), ("4", "C8")}
    assert set(score.missed) == {("2", "C2"), ("3", "C3")}
    assert truth.score([]).precision == 1.0


def test_a_days_edits(tmp_path: Path) -> None:
    truth = build_world(tmp_path, scale=Scale().times(0.2))
    before = rows(tmp_path / "ma.db", "SELECT COUNT(*), MAX(updated_at) FROM contacts")[0]
    edits = edit_world(tmp_path, round=1)
    kinds = Counter(edit.what for edit in edits)
    assert set(kinds) == {
        "phone", "title", "both_differ", "both_agree", "score", "deal_lost", "opt_out", "blanked", "created",
        "created_twice", "deleted",
    }  # fmt: skip
    for edit in edits:
        if not edit.field:
            continue
        value, stamp = rows(
            tmp_path / f"{edit.system}.db", f"SELECT {edit.field}, updated_at FROM {edit.object} WHERE id = ?", edit.id
        )[0]
        assert value == edit.after
        assert stamp > before[1]
        assert stamp.startswith("2026-03-03")
    for edit in edits:
        gone = rows(tmp_path / f"{edit.system}.db", "SELECT 1 FROM tombstones WHERE id = ?", edit.id)
        assert bool(gone) == (edit.what == "deleted")
    later = edit_world(tmp_path, round=2)
    assert later != edits
    assert rows(tmp_path / "ma.db", "SELECT MAX(updated_at) FROM contacts")[0][0].startswith("2026-03-04")
    assert Truth.load(tmp_path) == truth


def test_kintone_holds_mostly_the_same_people(tmp_path: Path) -> None:
    truth = build_world(tmp_path, scale=Scale().times(0.2))
    known = build_kintone(tmp_path, truth)
    assert rows(tmp_path / "kintone.db", 'SELECT COUNT(*) FROM "顧客管理"') == [(300,)]
    assert len(known.person) == len(known.company) == 270
    number, contact = next(iter(known.person.items()))
    name = rows(tmp_path / "kintone.db", 'SELECT "担当者名" FROM "顧客管理" WHERE "レコード番号" = ?', number)[0][0]
    family = rows(tmp_path / "sfa.db", "SELECT last_name FROM contacts WHERE id = ?", contact)[0][0]
    assert name.startswith(family)


def test_western_people_need_no_faker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faker", None)
    build_world(tmp_path, scale=Scale().times(0.02))


def test_the_sql_adapter_sees_a_days_edits(tmp_path: Path) -> None:
    from connector.adapters.contract import Deleted
    from connector.adapters.sql import SqlAdapter, SqlSettings

    build_world(tmp_path, scale=Scale().times(0.2))
    contacts = {"table": "contacts", "modified": "updated_at", "created": "created_at", "external_key": "connector_key"}
    gone = {"table": "tombstones", "key": "id", "deleted_at": "deleted_at"}
    for system, count in (("ma", 1000), ("sfa", 700)):
        settings = {"url": f"sqlite:///{tmp_path / system}.db", "tables": {"contacts": contacts | {"tombstones": gone}}}
        adapter = SqlAdapter(system, SqlSettings.model_validate(settings))
        try:
            pages = list(adapter.pull("contacts", ["email", "phone"], None))
            assert sum(len(page.records) for page in pages) >= count
            edits = edit_world(tmp_path, round=1 if system == "ma" else 2)
            mine = {edit.id for edit in edits if edit.system == system and edit.object == "contacts"}
            later = list(adapter.pull("contacts", ["email", "phone"], pages[-1].cursor))
            deleted = {edit.id for edit in edits if edit.system == system and edit.what == "deleted"}
            assert deleted <= {one.id for page in later for one in page.gone if isinstance(one, Deleted)}
            assert mine - deleted <= {record.id for page in later for record in page.records}
        finally:
            adapter.close()
