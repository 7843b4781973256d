"""The story twice with the same words, and an admin's own exports from files to a diff."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import World

HUBSPOT = """\
Record ID,First Name,Last Name,Email,Company Name,Phone Number,Job Title,Last Modified Date
101,太郎,山田,taro@aozora.example,株式会社青空,0312345678,部長,2026-03-01 09:00
102,花子,佐藤,hanako@midori.example,みどり商事,0611112222,課長,2026-03-01 09:10
103,John,Smith,john@acme.example,Acme,,CEO,2026-03-01 10:10
"""
SALESFORCE = """\
取引先責任者 ID,姓,名,メール,取引先名,電話,役職,最終更新日
0035g00000AbCdEAAV,山田,太郎,taro@aozora.example,(株)青空,03-1234-5678,,2026/03/01
0035g00000AbCdFAAV,佐藤,花子,hanako@midori.example,みどり商事,06-1111-2222,次長,2026/03/01
0035g00000AbCdGAAV,鈴木,一郎,no address,海運,045-222-3333,,2026/03/01
"""


def test_the_demo_tells_the_same_story_twice(world: World) -> None:
    told = [world.run("demo", "--scale", "0.05", "--seed", "7") for _ in range(2)]
    assert told[0].code == 0, told[0].err
    assert told[0].out == told[1].out
    assert told[0].out.count("変更予定はありません") == 3
    other = world.run("demo", "--scale", "0.05", "--seed", "8")
    assert other.code == 0 and other.out != told[0].out


def test_what_the_demo_keeps_can_be_played_with(world: World) -> None:
    kept = world.run("demo", "--scale", "0.05", "--keep", "play", "--json")
    assert kept.code == 0, kept.err
    scenes = {c["scene"]: c for c in json.loads(kept.out)["chapters"]}
    assert scenes["link"]["score"]["precision"] > 0.9
    assert scenes["first_apply"]["done"]["applied"] == scenes["first_diff"]["plan"]["update"]
    joined = scenes["third_diff"]["facts"]
    assert joined["people"] and joined["companies"] and joined["filled"] and joined["kept"]
    assert joined["unruled"] == 0 == scenes["third_diff"]["plan"]["create"] + scenes["third_diff"]["plan"]["delete"]
    assert not scenes["third_quiet"]["plan"]["update"]
    world.folder = world.folder / "play"
    status = world.run("status")
    assert status.code == 0 and "kintone (sql)" in status.out
    assert "変更予定はありません" in world.run("diff").out
    world.ma("UPDATE contacts SET title = '会長', updated_at = datetime('now') WHERE id = 1")
    assert world.run("check").code == 0
    assert world.run("sync", "--yes").code in (0, 4)
    world.folder = world.folder.parent
    assert world.run("demo", "--keep", "play").code == 2


def test_joining_leaves_what_stood_in_the_third_system(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every filled cell of kintone is as it was, but for the two fields that the rules give to others."""
    from connector.demo import story

    before: list[tuple[object, ...]] = []
    plain = story.join

    def watched(folder: Path, from_: Path) -> None:
        plain(folder, from_)
        before.extend(_rows(folder))

    monkeypatch.setattr(story, "join", watched)
    done = world.run("demo", "--scale", "0.05", "--keep", "play", "--json")
    assert done.code == 0, done.out + done.err
    after = _rows(world.folder / "play")
    untouchable = 7  # all but the score
    changed = 0
    for was, now in zip(before, after, strict=True):
        kept = [(a, b) for a, b in zip(was[:untouchable], now, strict=False) if a is not None]
        assert all(a == b for a, b in kept), (was, now)
        changed += was != now
    assert changed, "something was filled"


def _rows(folder: Path) -> list[tuple[object, ...]]:
    wanted = "会社電話, 住所, 部署, 役職, 担当者メール, 担当者電話, 取引区分, MAスコア"
    with closing(sqlite3.connect(folder / "kintone.db")) as db:
        return db.execute(f"SELECT {wanted} FROM 顧客管理 ORDER BY レコード番号").fetchall()


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_try_goes_from_files_to_a_diff_and_applies_nothing(world: World, lang: str) -> None:
    folder = world.folder / "files"
    folder.mkdir()
    (folder / "all-contacts.csv").write_text(HUBSPOT, encoding="utf-8-sig")
    (folder / "取引先責任者.csv").write_text(SALESFORCE, encoding="cp932")
    (folder / "connector-files.yaml").write_text("all-contacts.csv: hubspot_person\n", encoding="utf-8")
    before = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}
    done = world.run("try", "files", lang=lang)
    assert done.code == 0, done.out + done.err
    for said in ("hubspot/contacts/101 = salesforce/contacts/0035g00000AbCdEAAV", "-> 部長", "課長", "次長"):
        assert said in done.out, said
    assert "no address" in done.out, "a value that cannot be read is named"
    assert {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.is_file()} == before
    (folder / "取引先責任者.csv").write_text(SALESFORCE.replace("次長", "本部長"), encoding="cp932")
    newer = world.run("try", "files", lang=lang)
    assert newer.code == 0 and "次長 → 本部長" in newer.out and newer.out.count("次長") == 1
    _switch_on(folder / ".connector" / "mappings" / "person.yaml")
    assert "本部長" in world.run("diff", "--config", "files/.connector", lang=lang).out


def _switch_on(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("enabled: false", "enabled: true"), encoding="utf-8")


def test_try_with_one_system_says_what_is_missing(world: World) -> None:
    folder = world.folder / "files"
    folder.mkdir()
    assert world.run("try", "files").code == 2
    (folder / "取引先責任者.csv").write_text(SALESFORCE, encoding="cp932")
    done = world.run("try", "files")
    assert done.code == 3 and "もう一方" in done.out
