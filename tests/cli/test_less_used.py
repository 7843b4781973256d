"""What is needed rarely and has to work then: undoing a create, init's questions, a backfill, a hub that is in use."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import World, now

# --- undo --delete-created -----------------------------------------------------------------------------------


@pytest.fixture
def created(world: World) -> World:
    """Two people entered in the MA, and made in the CRM by the last run."""
    world.in_step()
    world.edit("crm: {object: 取引先責任者, create: off", "crm: {object: 取引先責任者, create: on")
    for n, (family, given, email) in enumerate((("高橋", "健", "ken@new.example"), ("森", "明", "akira@new.example"))):
        row = (9 + n, family, given, email, "新会社", f"031111222{n}", "係長", 0, 5, now(), None)
        world.ma(f"INSERT INTO contacts VALUES ({','.join('?' * len(row))})", *row)
    assert world.run("sync", "--yes").code == 0
    assert len(_new(world)) == 2
    return world


def _new(world: World) -> list[tuple[object, ...]]:
    return world.crm("SELECT 姓, 役職 FROM 取引先責任者 WHERE 会社名 = '新会社' ORDER BY 姓")


def _may_delete(world: World) -> None:
    path = world.folder / "config.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('url: "sqlite:///crm.db"', 'url: "sqlite:///crm.db"\n    delete: true'), encoding="utf-8"
    )


def test_created_records_are_unlinked_and_stay(created: World) -> None:
    undone = created.run("undo", "last", "--yes")
    assert undone.code == 0, undone.out + undone.err
    assert len(_new(created)) == 2
    for command in (("diff",), ("sync", "--yes"), ("diff",)):
        assert "変更予定はありません" in created.run(*command).out, "they are not made again"
    holds = json.loads(created.run("holds", "--json").out)["holds"]
    assert {h["kind"] for h in holds} == {"undone"}


def test_created_records_are_deleted_when_asked_and_allowed(created: World) -> None:
    _may_delete(created)
    shown = created.run("undo", "last", "--delete-created", "--out", "plan")
    assert shown.code == 0 and "削除 2" in shown.out and len(_new(created)) == 2
    undone = created.run("apply", "plan")
    assert undone.code in (0, 4), undone.out + undone.err
    assert _new(created) == []
    assert "変更予定はありません" in created.run("sync", "--yes").out
    assert _new(created) == [], "and not made again"


def test_an_edited_record_is_not_deleted(created: World) -> None:
    _may_delete(created)
    created.crm("UPDATE 取引先責任者 SET 役職 = '社長', 更新日時 = ? WHERE 姓 = '森'", now())
    undone = created.run("undo", "last", "--delete-created", "--yes")
    assert undone.code == 0 and "1 件は、その後に編集されたか" in undone.out
    assert _new(created) == [("森", "社長")]


@pytest.mark.parametrize(("lang", "said"), [("ja", "delete: true がない"), ("en", "may not delete")])
def test_a_system_that_may_not_delete_is_named(created: World, lang: str, said: str) -> None:
    undone = created.run("undo", "last", "--delete-created", "--yes", lang=lang)
    assert undone.code == 0 and said in undone.out and "crm" in undone.out
    assert len(_new(created)) == 2


# --- backfill ------------------------------------------------------------------------------------------------


def test_a_new_field_reaches_the_existing_records_by_a_backfill(world: World) -> None:
    world.ma("ALTER TABLE contacts ADD COLUMN department TEXT")
    world.crm("ALTER TABLE 取引先責任者 ADD COLUMN 部署 TEXT")
    path = world.folder / "mappings" / "person.yaml"
    assert world.run("init", "--system", "ma=ma.db", "--system", "crm=crm.db").code == 0
    whole = path.read_text(encoding="utf-8").replace("enabled: false", "enabled: true")
    start = whole.index("  # 見出しの意味が同じ: ma の「department」")
    field = whole[start : whole.index("  #", start + 10)]
    path.write_text(whole.replace(field, ""), encoding="utf-8")
    assert world.run("sync", "--yes").code == 0 and world.run("sync", "--yes").code == 0
    world.ma("UPDATE contacts SET department = '営業部' WHERE id < 3")

    path.write_text(whole, encoding="utf-8")
    shown = world.run("diff")
    assert "変更予定はありません" in shown.out, "a field that was added sends nothing by itself"
    assert "connector backfill person department" in shown.out
    assert "backfill person department" in world.run("sync", "--yes", lang="en").out
    assert "backfill" not in world.run("diff").out, "said until a run knows the field"

    asked = world.run("backfill", "person", "department")
    assert asked.code == 2, "nobody can be asked"
    planned = world.run("backfill", "担当者", "department", "--out", "plan")
    assert planned.code == 0 and planned.out.count("(空欄) -> 営業部") == 2
    assert world.crm("SELECT 部署 FROM 取引先責任者 WHERE 部署 IS NOT NULL") == []
    assert world.run("apply", "plan").code == 0
    assert world.crm("SELECT id FROM 取引先責任者 WHERE 部署 = '営業部'") == [("C1",), ("C2",)]
    again = world.run("backfill", "person", "department", "--yes")
    assert again.code == 0 and "変更予定はありません" in again.out
    assert world.run("undo", "last", "--yes").code == 0
    assert world.crm("SELECT 部署 FROM 取引先責任者 WHERE 部署 IS NOT NULL") == []
    assert "変更予定はありません" in world.run("diff").out


# --- init asks -----------------------------------------------------------------------------------------------


def _at_a_terminal(folder: Path, words: list[str], answers: list[str], lang: str) -> tuple[int, str]:
    """The program with a terminal of its own; an answer is typed when the program has said all and waits."""
    parent, child = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "CONNECTOR_LANG": lang, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "connector", *words]
    program = subprocess.Popen(command, cwd=folder, stdin=child, stdout=child, stderr=child, env=env)
    os.close(child)
    said, waiting, deadline = b"", list(answers), time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([parent], [], [], 0.2)
        if ready:
            try:
                read = os.read(parent, 65536)
            except OSError:  # the program has ended
                break
            if not read:
                break
            said += read
        elif waiting and said.rstrip(b" ") and not said.endswith(b"\n"):
            os.write(parent, (waiting.pop(0) + "\n").encode())
            said += b"\n"
    code = program.wait(10)
    os.close(parent)
    return code, said.decode()


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_init_asks_for_the_systems(world: World, lang: str) -> None:
    answers = ["n", "", "ma", "ma.db", "", "crm", "crm.db", "取引先責任者", ""]
    code, said = _at_a_terminal(world.folder, ["init"], answers, lang)
    assert code == 0, said
    assert "Traceback" not in said
    config = (world.folder / "config.yaml").read_text(encoding="utf-8")
    assert "sqlite:///ma.db" in config and "取引先責任者" in config
    assert world.run("check").code == 0
    assert (world.folder / "mappings" / "person.yaml").exists()


def test_init_offers_the_demo(world: World) -> None:
    code, said = _at_a_terminal(world.folder, ["init"], ["y"], "ja")
    assert code == 0, said
    assert (world.folder / "demo" / "ma.db").exists() and world.run("check").code == 0


def test_init_offers_the_templates_for_vendors(world: World) -> None:
    code, said = _at_a_terminal(world.folder, ["init"], ["n", "9", "1"], "en")
    assert code == 0, said
    assert "from 1 to 4" in said and (world.folder / "setup.en.md").exists()
    assert "type: salesforce" in (world.folder / "config.yaml").read_text(encoding="utf-8")


def test_a_mistake_in_an_answer_is_asked_again(world: World) -> None:
    answers = ["n", "", "ma", "no-such.db", "", "ma", "ma.db", "", "crm", "crm.db", "", ""]
    code, said = _at_a_terminal(world.folder, ["init"], answers, "ja")
    assert code == 0, said
    assert "no-such.db" in said and (world.folder / "config.yaml").exists()


# --- somebody else is at work --------------------------------------------------------------------------------


def test_status_says_who_holds_the_hub(world: World) -> None:
    from connector.wiring import wire

    world.in_step()
    with wire(world.folder) as wired:
        fence = wired.hub.store.acquire("佐藤@keiri-pc pid 4711", timedelta(minutes=10))
        shown = world.run("status")
        assert shown.code == 0 and "佐藤@keiri-pc pid 4711" in shown.out
        assert json.loads(world.run("status", "--json").out)["locked_by"]["name"] == "佐藤@keiri-pc pid 4711"
        refused = world.run("sync", "--yes")
        assert refused.code == 6 and "佐藤@keiri-pc pid 4711" in refused.err
        wired.hub.store.release(fence)
    assert "4711" not in world.run("status").out
    assert json.loads(world.run("status", "--json").out)["locked_by"] is None
