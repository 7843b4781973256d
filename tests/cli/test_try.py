"""`try` on a folder of four tools' exports: what an admin reads, what a newer file changes, and every command after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import World
from tests.exports.many import Card, folder_of, hubspot, salesforce

ROWS = 200


@pytest.fixture
def files(world: World) -> Path:
    return folder_of(world.folder / "files", ROWS)


def _switch_on(folder: Path) -> None:
    path = folder / ".connector" / "mappings" / "person.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("enabled: false", "enabled: true"), encoding="utf-8")


HEADINGS = {
    "ja": ("ファイル", "変更予定(何も反映していません)", "紐づけ", "データの問題", "提案する対応表", "次にすること"),
    "en": (
        "Files",
        "What would change (nothing",
        "Links",
        "Problems in the data",
        "Proposed mapping",
        "What to do next",
    ),
}


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_goes_from_files_to_what_to_do_next(world: World, files: Path, lang: str) -> None:
    done = world.run("try", "files", lang=lang)
    assert done.code == 0, done.out + done.err
    lines = done.out.splitlines()
    places = [next(n for n, line in enumerate(lines) if line.startswith(heading)) for heading in HEADINGS[lang]]
    assert places == sorted(places)
    table = "\n".join(lines[places[1] : places[2]])
    assert "→ hubspot" in table and "→ salesforce" in table, "a row per field and direction"
    assert len(lines) < 90, "a page that is read, not scrolled"
    assert "enabled: true" in done.out and str(Path("files") / ".connector") in done.out


def test_a_value_that_cannot_be_read_is_named_with_file_and_line(world: World, files: Path) -> None:
    report = next(files.glob("report*.csv"))
    text = report.read_bytes().decode("cp932").split("\n")
    number = next(n for n, line in enumerate(text) if Card(ROWS // 2 + 20).id15 in line)
    cells = text[number].split(",")
    cells[4] = '"3月5日"'
    text[number] = ",".join(cells)
    report.write_bytes("\n".join(text).encode("cp932"))
    done = world.run("try", "files")
    assert f"{report.name}:{number + 1} 3月5日" in done.out
    data = json.loads(world.run("try", "files", "--json").out)
    assert [p["field"] for p in data["problems"]] == ["email"]


def test_a_newer_file_shows_what_changed(world: World, files: Path) -> None:
    assert world.run("try", "files").code == 0
    changed = frozenset(range(ROWS - 10, ROWS))
    hubspot(files / "hubspot-all-contacts (1).csv", 0, ROWS, changed)
    newer = world.run("try", "files")
    assert newer.code == 0, newer.out + newer.err
    assert "hubspot-all-contacts.csv: 古いので使いません" in newer.out
    assert f"変更 10 / なくなった 0 / 同じ {ROWS - 10}" in newer.out
    assert "変更 役職 10 件: " in newer.out and "→ 執行役員" in newer.out
    again = world.run("try", "files")
    assert f"変更 0 / なくなった 0 / 同じ {ROWS}" in again.out


def test_the_same_folder_works_with_every_command(world: World, files: Path) -> None:
    """From the folder that try made: the diff it showed is the one that a sync then does to the local copies."""
    tried = json.loads(world.run("try", "files", "--json").out)["diff"]["summary"]
    world.folder = files / ".connector"
    assert world.run("check").code == 0
    refused = world.run("diff")
    assert refused.code == 2 and "enabled: true" in refused.err
    _switch_on(files)
    assert "紐づけ" in world.run("status").out
    assert json.loads(world.run("diff", "--json").out)["summary"] == tried
    who = Card(ROWS // 2 + 20).id15
    found = world.run("show", "person", str(10_000_000_000 + ROWS // 2 + 20))
    assert found.code == 0 and who in found.out, "one person, both records"
    assert world.run("holds").code == 0
    plan = world.run("diff", "--out", "plan")
    assert plan.code == 0
    applied = world.run("apply", "plan", "--accept")
    assert applied.code in (0, 4), applied.out + applied.err
    assert "変更予定はありません" in world.run("diff").out
    why = world.run("why", "person", str(10_000_000_000 + ROWS // 2 + 20), "title")
    assert why.code == 0 and "title" in why.out
    assert world.run("undo", "last", "--yes").code == 5, "an undo has brakes as well"
    run = json.loads(world.run("runs", "--json").out)["runs"][0]["run"]
    assert world.run("undo", run, "--out", "back").code == 0
    assert world.run("apply", "back", "--accept").code in (0, 4)


@pytest.mark.parametrize(
    "header",
    [
        "レコードID,姓,名,Eメール,コンタクト担当者",
        "レコードID,姓,名,Eメール,ライフサイクルステージ",
        "レコードID,会社名,姓,名,役職,Eメール,電話番号,コンタクト担当者,ライフサイクルステージ,最終更新日時",
        "Record ID,First Name,Last Name,Email,Contact owner",
        "Record ID,First Name,Last Name,Email,Lifecycle Stage",
        "hs_object_id,firstname,lastname,email,hubspot_owner_id",
        "hs_object_id,firstname,lastname,email,lifecyclestage",
        # synchronised with Salesforce and scored: signs of other tools beside its own
        "Record ID,First Name,Last Name,Email,Contact owner,Lead Status,Unsubscribed,Score,Grade,Account Name,Stage",
        "レコードID,会社名,部署名,役職,姓,名,e-mail,郵便番号,住所,TEL会社,TEL直通,名刺交換日,コンタクト担当者",
    ],
)
def test_a_plain_hubspot_file_is_never_asked_about(world: World, header: str) -> None:
    folder = world.folder / "files"
    folder.mkdir()
    columns = header.split(",")
    ids = {"レコードID", "Record ID", "hs_object_id"}
    rows = [",".join(str(100 + n) if c in ids else f"x{n}@a.example" if "ail" in c or "メール" in c else f"v{n}" for c in columns) for n in range(5)]  # fmt: skip  # noqa: E501
    (folder / "export.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8-sig")
    salesforce(folder / "report1772690000000.csv", 0, 5)
    data = json.loads(world.run("try", "files", "--json").out)
    assert {f["name"]: (f["status"], f["shape"]) for f in data["files"]}["export.csv"] == (
        "accepted",
        "hubspot_person",
    )
