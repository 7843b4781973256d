"""The real commands on two small databases: init, check, diff, sync, edit, diff, apply, undo."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import PEOPLE, World, now


def test_from_init_to_undo(world: World) -> None:
    done = world.run("init", "--system", "ma=ma.db", "--system", "crm=crm.db")
    assert done.code == 0, done.err
    mapping = (world.folder / "mappings" / "person.yaml").read_text(encoding="utf-8")
    assert "crm: [姓, 名]" in mapping and "enabled: false" in mapping and "flow: ma -> crm" in mapping
    assert world.run("check").code == 0
    off = world.run("diff")
    assert off.code == 2 and "enabled: true" in off.err
    world.edit("enabled: false", "enabled: true")

    first = world.run("diff")
    assert first.code == 0 and "紐づけ 4" in first.out and "初回なので紐づけだけ" in first.out
    assert not (world.folder / "state").exists(), "a diff made a state file"
    linked = world.run("sync", "--yes")
    assert linked.code == 0 and "4 件を紐づけました" in linked.out
    assert world.crm("SELECT COUNT(スコア) FROM 取引先責任者") == [(0,)], "the first run wrote"
    again = world.run("sync", "--yes", lang="en")
    assert again.code == 0 and "(blank) -> 20" in again.out
    assert world.run("diff", "--detailed-exitcode").code == 0

    world.crm("UPDATE 取引先責任者 SET 電話番号 = '03-9999-0000', 更新日時 = ? WHERE id = 'C4'", now())
    assert world.run("diff", "--detailed-exitcode").code == 2
    shown = world.run("diff", "--out", "plan")
    assert "ma  phone: (空欄) -> 03-9999-0000   (crm で編集)" in shown.out
    assert (world.folder / "plan").stat().st_mode & 0o777 == 0o600
    assert world.ma("SELECT phone FROM contacts WHERE id = 4") == [(None,)]
    applied = world.run("apply", "plan")
    assert applied.code == 0, applied.err
    assert world.ma("SELECT phone FROM contacts WHERE id = 4") == [("03-9999-0000",)]
    stale = world.run("apply", "plan", lang="en")
    assert stale.code == 1 and "applied already" in stale.err
    undone = world.run("undo", "last", "--yes")
    assert undone.code == 0, undone.err
    assert world.ma("SELECT phone FROM contacts WHERE id = 4") == [(None,)]
    assert "変更予定はありません" in world.run("diff").out


@pytest.mark.parametrize(("lang", "said"), [("ja", "もしかして: title"), ("en", "did you mean title?")])
def test_a_typo_is_named_with_its_line_and_the_nearest_name(world: World, lang: str, said: str) -> None:
    world.set_up()
    world.edit("map: {ma: title,", "map: {ma: titel,")
    text = (world.folder / "mappings" / "person.yaml").read_text(encoding="utf-8")
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row == "  title:")
    checked = world.run("check", lang=lang)
    assert checked.code == 2
    assert said in checked.out and f"person.yaml:{line}" in checked.out
    for command in ("diff", "sync"):
        refused = world.run(command, *(["--yes"] if command == "sync" else []), lang=lang)
        assert refused.code == 2 and said in refused.err, command
    assert world.run("check", "--json").code == 2


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_mistake_of_a_file_is_said_at_once(world: World, lang: str) -> None:
    world.set_up()
    world.edit("type: phone", "type: fone")
    world.edit("flow: ma -> crm", "flow: ma -> crmm")
    done = world.run("diff", lang=lang)
    assert done.code == 2
    assert "phone" in done.err and "crmm" in done.err


def test_conflict_is_held_decided_revised_and_sent(world: World) -> None:
    world.in_step()
    world.conflict()
    held = world.run("sync", "--yes")
    assert held.code == 4, held.err
    hold = json.loads(world.run("holds", "--json").out)["holds"][0]
    assert hold["kind"] == "conflict" and set(hold["choices"]) >= {"ma", "crm", "keep", "value"}
    number = hold["number"]
    assert re.fullmatch(r"[BCDFGHJKMNPQRSTVWXZ][0-9BCDFGHJKMNPQRSTVWXZ]{5}", number)
    assert world.run("decide", number, "nobody").code == 2
    assert world.run("decide", number, "value").code == 2
    assert world.run("decide", number.lower(), "value", "--value", "理事").code == 0
    assert world.run("decide", number, "crm").code == 0, "a verdict may be revised"
    assert world.run("sync", "--yes").code == 0
    assert world.ma("SELECT title FROM contacts WHERE id = 1") == [("次長",)]
    assert "要確認はありません" in world.run("holds").out
    why = world.run("why", "担当者", "taro@aozora.example", "title")
    assert "社長 -> 次長" in why.out and "人の判断" in why.out


def test_decide_by_group(world: World) -> None:
    world.in_step()
    world.conflict()
    assert world.run("sync", "--yes").code == 4
    assert world.run("decide", "--kind", "conflict", "--choose", "ma").code == 2, "nobody can be asked"
    done = world.run("decide", "--kind", "conflict", "--choose", "ma", "--yes", "--json")
    assert done.code == 0 and json.loads(done.out)["decided"] == 1
    assert world.run("sync", "--yes").code == 0
    assert world.crm("SELECT 役職 FROM 取引先責任者 WHERE id = 'C1'") == [("社長",)]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_holds_go_out_as_sheets_and_come_back(world: World, suffix: str) -> None:
    world.in_step()
    world.conflict()
    world.ma("UPDATE contacts SET title = '本部長', updated_at = ? WHERE id = 2", now())
    world.crm("UPDATE 取引先責任者 SET 役職 = '係長', 更新日時 = ? WHERE id = 'C2'", now())
    assert world.run("sync", "--yes").code == 4
    assert world.run("holds", "--export", f"q{suffix}").code == 0
    files = sorted(world.folder.glob(f"q*{suffix}"))
    assert len(files) == (2 if suffix == ".csv" else 1), "a file per owner, or one workbook"
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o600
        _fill_in(file)
        done = world.run("decide", "--import", file.name)
        assert done.code == 0, done.out + done.err
    assert world.run("sync", "--yes").code == 0
    assert world.crm("SELECT 役職 FROM 取引先責任者 WHERE id IN ('C1', 'C2') ORDER BY id") == [("社長",), ("本部長",)]


def _fill_in(file: Path) -> None:
    """As Excel would: every row answered with `ma`, a CSV saved in CP932."""
    if file.suffix == ".csv":
        import csv

        with file.open(encoding="utf-8-sig", newline="") as out:
            rows = list(csv.reader(out))
        assert all(not cell.startswith(("=", "+", "@")) for row in rows for cell in row)
        place = rows[0].index("判断")
        for row in rows[1:]:
            row[place] = "ma"
        with file.open("w", encoding="cp932", newline="", errors="replace") as out:
            csv.writer(out).writerows(rows)
        return
    from openpyxl import load_workbook

    book = load_workbook(file)
    assert len(book.sheetnames) == 2, "a sheet per owner"
    for sheet in book.worksheets:
        place = [c.value for c in sheet[1]].index("判断") + 1
        for row in range(2, sheet.max_row + 1):
            sheet.cell(row, place, "MA")
            assert all(c.data_type != "f" for c in sheet[row])
    book.save(file)


def test_an_answer_to_an_older_question_is_not_taken(world: World) -> None:
    world.in_step()
    world.conflict()
    assert world.run("sync", "--yes").code == 4
    assert world.run("holds", "--export", "q.csv").code == 0
    world.crm("UPDATE 取引先責任者 SET 役職 = '専務', 更新日時 = ? WHERE id = 'C1'", now())
    world.run("sync", "--yes")
    _fill_in(world.folder / "q.csv")
    done = world.run("decide", "--import", "q.csv")
    assert done.code == 3 and "内容が変わりました" in done.out


def test_narrowed_trial(world: World) -> None:
    world.set_up()
    assert world.run("sync", "--yes").code == 0
    assert "更新 1 " in world.run("diff", "--first", "1").out
    done = world.run("sync", "--yes", "--first", "1", "--json")
    assert done.code == 0
    assert world.crm("SELECT COUNT(スコア) FROM 取引先責任者") == [(1,)]
    assert "更新 3 " in world.run("diff").out
    sent = world.crm("SELECT メール FROM 取引先責任者 WHERE スコア IS NOT NULL")[0][0]
    other = next(p[2] for p in PEOPLE if p[2] != sent)
    assert "更新 1 " in world.run("diff", "--who", other).out
    assert world.run("diff", "--first", "0").code == 2


def test_show_status_and_runs(world: World) -> None:
    world.in_step()
    shown = world.run("show", "person", "C2", lang="en")
    assert shown.code == 0 and "crm/取引先責任者/C2" in shown.out and "golden value" in shown.out
    several = world.run("show", "person", "example")
    assert several.code == 2 and several.err.count("\n") == 5
    assert world.run("show", "person", "nobody").code == 2
    assert world.run("why", "person", "C2", "titel").code == 2
    status = json.loads(world.run("status", "--json").out)
    assert status["counts"]["person"] == {"links": 4, "ma": 4, "crm": 4}
    runs = json.loads(world.run("runs", "--json").out)["runs"]
    assert [r["kind"] for r in runs] == ["sync", "link"]
    one = json.loads(world.run("runs", "last", "--json").out)
    assert len(one["steps"]) == 4 and one["counts"]["out"]["person"]["crm"]["applied"] == 4
    assert world.run("runs", "R0").code == 2
    assert world.run("retry").code == 0


def test_guard_stops_and_a_person_allows(world: World) -> None:
    for n in range(5, 60):
        world.ma(
            "INSERT INTO contacts VALUES (?, ?, 'A', ?, 'X', NULL, '部長', 0, 0, '2026-03-01T09:00:00Z', NULL)",
            n, f"N{n}", f"n{n}@x.example",
        )  # fmt: skip
        world.crm(
            "INSERT INTO 取引先責任者 VALUES (?, ?, 'A', ?, 'X', NULL, '部長', 0, 0, '', '2026-03-01T09:00:00Z', NULL)",
            f"C{n}", f"N{n}", f"n{n}@x.example",
        )  # fmt: skip
    world.in_step()
    world.ma("UPDATE contacts SET title = '異動', updated_at = ?", now())
    assert world.run("diff", "--out", "plan").code == 0
    stopped = world.run("apply", "plan")
    assert stopped.code == 5
    assert "「title」" in stopped.out and "書き換えようとしています" in stopped.out
    assert world.crm("SELECT COUNT(*) FROM 取引先責任者 WHERE 役職 = '異動'") == [(0,)]
    assert world.run("apply", "plan", "--accept").code == 0
    assert world.crm("SELECT COUNT(*) FROM 取引先責任者 WHERE 役職 = '異動'") == [(59,)]
    assert world.run("apply", "plan", "--accept").code == 1, "twice"


def test_a_second_process_is_told_who_holds_the_hub(world: World) -> None:
    from datetime import UTC, datetime, timedelta

    from connector.store.store import open_store

    world.in_step()
    with open_store(f"sqlite:///{world.folder}/state/hub.db", now=lambda: datetime.now(UTC)) as store:  # noqa: TID251
        store.acquire("tanaka@office pid 7", timedelta(minutes=5))
        done = world.run("sync", "--yes")
    assert done.code == 6 and "tanaka@office pid 7" in done.err


def test_a_wrong_link_is_parted(world: World) -> None:
    world.in_step()
    assert world.run("decide", "--part", "crm", "--entity", "person", "--who", "山田").code == 0
    world.run("sync", "--yes")
    world.crm("UPDATE 取引先責任者 SET 役職='社長', 更新日時=? WHERE id='C1'", "2026-03-05T09:00:00Z")
    world.run("sync", "--yes")
    assert world.ma("SELECT title FROM contacts WHERE id=1") == [("部長",)]
    assert world.run("decide", "--part", "crm").code == 2


def test_init_writes_no_password(world: World) -> None:
    ran = world.run("init", "--system", "ma=ma.db", "--system", "crm=postgresql+psycopg://u:s3cret@127.0.0.1:9/x")
    config = world.folder / "config.yaml"
    assert "s3cret" not in ran.out + ran.err + (config.read_text(encoding="utf-8") if config.exists() else "")


def test_why_names_a_run_that_exists(world: World) -> None:
    world.in_step()
    world.ma("UPDATE contacts SET title='本部長', updated_at=? WHERE id=1", "2026-03-05T09:00:00Z")
    world.run("sync", "--yes")
    [run] = [word for word in world.run("why", "person", "山田", "title").out.split() if word.startswith("R1")][:1]
    assert run.strip("()、。") in world.run("runs").out


def test_a_system_that_was_moved_on_purpose_is_accepted(world: World) -> None:
    world.in_step()
    (world.folder / "ma.db").rename(world.folder / "ma2.db")
    config = world.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("ma.db", "ma2.db"), encoding="utf-8")
    refused = world.run("sync", "--yes")
    assert refused.code == 1
    assert "check --moved ma" in refused.err
    assert world.run("check", "--moved", "ma", "--yes").code == 0
    assert world.run("sync", "--yes").code == 0
    assert world.run("check", "--moved", "maa", "--yes").code == 2
