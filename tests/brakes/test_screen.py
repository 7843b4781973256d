"""What an admin reads when a brake trips, in both languages: which field, where, how many of how many, what to do."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import World, now

PEOPLE = 30
SAYS = {
    "blanks": ("ma の担当者の「title」を 30 件空欄にしようとしています(紐づけ 30 件、上限 10 %)",
               "'title' of 30 of 30 person records in ma would be blanked (limit 10 %)"),
    "changes": ("ma の担当者の「title」を 30 件書き換えようとしています(紐づけ 30 件、上限 50 %)",
                "'title' of 30 of 30 person records in ma would be overwritten (limit 50 %)"),
    "creates": ("crm に担当者を 25 件新しく作ろうとしています(紐づけ 30 件、上限 20 %)",
                "25 person records would be created in crm (30 are linked, limit 20 %)"),
    "left_scope": ("crm の担当者 30 件が対象条件(where)から外れます(紐づけ 30 件、上限 10 %)",
                   "30 of 30 person records in crm left the filter (limit 10 %)"),
    "empty_side": ("crm の担当者が1件も返ってきません(30 件が紐づいているのに)",
                   "crm returned no person records at all, though 30 are linked"),
    "hidden": ("crm の担当者のうち 27 件が見えません(紐づけ 30 件、上限 50 %)",
               "27 of 30 linked person records are no longer listed in crm (limit 50 %)"),
}  # fmt: skip
ADVICE = {
    "blanks": ("on_blank: keep", "on_blank: keep"),
    "changes": ("connector diff --field title", "connector diff --field title"),
    "creates": ("--first 20", "--first 20"),
    "left_scope": ("where", "where:"),
    "empty_side": ("参照権限", "what the API user may see"),
    "hidden": ("参照権限", "the right to see them"),
}


@pytest.fixture
def crowd(tmp_path: Path) -> World:
    """Thirty people known to both systems, in step."""
    world = World(tmp_path)
    world.ma("DELETE FROM contacts")
    world.crm("DELETE FROM 取引先責任者")
    add(world, range(PEOPLE))
    for i in range(PEOPLE):
        row = (f"C{i}", f"姓{i}", f"名{i}", f"p{i}@example.com", f"会社{i}", None, "課長", 0, None, "", now(), None)
        world.crm(f"INSERT INTO 取引先責任者 VALUES ({','.join('?' * len(row))})", *row)
    world.set_up()
    world.edit("  title:\n", "  title:\n    on_blank: clear\n")
    assert world.run("sync", "--yes").code == 0
    assert world.run("sync", "--yes").code == 0
    return world


def add(world: World, numbers: range) -> None:
    for i in numbers:
        row = (i, f"姓{i}", f"名{i}", f"p{i}@example.com", f"会社{i}", None, "課長", 0, i, now(), None)
        world.ma(f"INSERT INTO contacts VALUES ({','.join('?' * len(row))})", *row)


def strike(world: World, brake: str) -> list[str]:
    """The disaster, and the options that show it."""
    match brake:
        case "blanks":
            world.crm("UPDATE 取引先責任者 SET 役職 = NULL, 更新日時 = ?", now())
        case "changes":
            world.crm("UPDATE 取引先責任者 SET 役職 = '部長', 更新日時 = ?", now())
        case "creates":
            world.edit("crm: {object: 取引先責任者, create: off", "crm: {object: 取引先責任者, create: on")
            add(world, range(100, 125))
        case "left_scope":
            world.edit("crm: {object: 取引先責任者,", "crm: {object: 取引先責任者, where: {所有者: 営業一部},")
        case "empty_side":
            world.crm("DELETE FROM 取引先責任者")
            return ["--full"]
        case "hidden":
            world.crm("DELETE FROM 取引先責任者 WHERE CAST(substr(id, 2) AS INTEGER) >= 3")
            return ["--full"]
    return []


@pytest.mark.parametrize("brake", SAYS)
def test_the_stop_is_explained_in_both_languages(crowd: World, brake: str) -> None:
    options = strike(crowd, brake)
    before = crowd.ma("SELECT * FROM contacts"), crowd.crm("SELECT * FROM 取引先責任者")
    for lang, words, advice in zip(("ja", "en"), SAYS[brake], ADVICE[brake], strict=True):
        ran = crowd.run("sync", "--yes", *options, lang=lang)
        assert ran.code == 5, ran.out + ran.err
        shown = " ".join(ran.out.split())
        assert words in shown
        assert advice in shown
        assert "connector apply PLAN --accept" in shown
    assert (crowd.ma("SELECT * FROM contacts"), crowd.crm("SELECT * FROM 取引先責任者")) == before


@pytest.mark.parametrize("brake", ["blanks", "changes", "creates"])
def test_an_accepted_plan_is_done_and_nothing_newer(crowd: World, brake: str) -> None:
    strike(crowd, brake)
    assert crowd.run("diff", "--out", "big.plan").code == 0
    assert crowd.run("apply", "big.plan").code == 5
    # a minute later: within one second of its resolution a stamp cannot tell, and only the written columns are compared
    later = (datetime.fromisoformat(now()) + timedelta(minutes=1)).isoformat(" ")
    crowd.ma("UPDATE contacts SET phone = '0312345678', updated_at = ? WHERE id = 0", later)
    ran = crowd.run("apply", "big.plan", "--accept", "--json")
    assert crowd.crm("SELECT 電話番号 FROM 取引先責任者 WHERE id = 'C0'") == [(None,)], "newer than the plan"
    done = json.loads(ran.out)["done"]
    assert done == ({"applied": 25} if brake == "creates" else {"applied": PEOPLE - 1, "moved": 1})
    assert ran.code == (0 if brake == "creates" else 3)
    assert crowd.run("apply", "big.plan", "--accept").code not in (0, 5), "once"
    ran = crowd.run("sync", "--yes")
    assert ran.code == 0, "the next plan is an ordinary one: " + ran.out
    assert crowd.crm("SELECT 電話番号 FROM 取引先責任者 WHERE id = 'C0'") != [(None,)]


def test_an_undo_of_a_big_run_says_how_it_is_allowed(crowd: World) -> None:
    strike(crowd, "changes")
    assert crowd.run("diff", "--out", "big.plan").code == 0
    assert crowd.run("apply", "big.plan", "--accept").code == 0
    for lang, words in (
        ("ja", "--out PLAN、次に connector apply PLAN --accept"),
        ("en", "then connector apply PLAN --accept"),
    ):
        ran = crowd.run("undo", "last", "--yes", lang=lang)
        assert ran.code == 5, ran.out + ran.err
        assert words in ran.out
        assert SAYS["changes"][lang == "en"] in " ".join(ran.out.split())
    run = next(w for w in ran.out.split() if w.startswith("R") and len(w) > 8 and f"undo {w} --out" in ran.out)
    assert crowd.run("undo", run, "--out", "undo.plan").code == 0
    assert crowd.run("apply", "undo.plan", "--accept").code == 4, "what was undone is pinned as holds"
    assert crowd.ma("SELECT DISTINCT title FROM contacts") == [("課長",)]
