"""From a folder to systems and a mapping: loaded in place, explained field by field, quick on large files."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connector.exports import Proposal, Status, plan_folder, write_folder
from connector.messages import say
from connector.messages.exports import MESSAGES
from tests.exports import files as f


def rows(folder: Path, system: str, sql: str) -> list[Any]:
    with closing(sqlite3.connect(folder / f".connector/{system}.db")) as db:
        return db.execute(sql).fetchall()


def tree(text: str) -> Any:
    return YAML(typ="safe").load(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a company has lying about: the same people in five systems."""
    f.salesforce_contacts(tmp_path / "report1772687700000.csv", f.people(80))
    f.hubspot(tmp_path / "hubspot-crm-exports-all-contacts-2026-03-05.csv", f.people(80, 20))
    f.kintone(tmp_path / "顧客管理_20260305T1415.csv", f.people(60))
    f.eight(tmp_path / "eight.csv", f.people(40, 10), "cp932")
    f.write(tmp_path / "配信停止リスト.txt", "".join(f"{p.email.upper()}\r\n" for p in f.people(15)))
    return tmp_path


def test_a_folder_becomes_a_proposal(folder: Path) -> None:
    plan = plan_folder(folder)
    assert {x.name: x.status for x in plan.files} == {x.name: Status.ACCEPTED for x in plan.files}
    assert set(plan.systems) == {"salesforce", "hubspot", "kintone", "eight", "optout"}
    assert not (folder / ".connector").exists()  # planning writes nothing
    by_system = {x.system: x for x in plan.files}
    assert by_system["salesforce"].applicable
    assert not by_system["eight"].applicable
    assert "exports.no_id_card" in [x.message for x in by_system["eight"].findings]
    assert "exports.consent.unknown" in [x.message for x in by_system["eight"].findings]
    assert by_system["hubspot"].newest == "2026-03-01T00:00:00Z"
    assert plan.applicable


def test_the_mapping_is_complete_and_says_why(folder: Path) -> None:
    plan = plan_folder(folder)
    person = tree(plan.mappings["person.yaml"])
    assert person["entity"] == "person"
    assert person["enabled"] is False
    assert person["systems"]["kintone"]["object"] == "CRM"
    assert person["systems"]["kintone"]["part"] == "担当者"
    assert person["match"]["identifiers"] == ["email", ["name", "company", "phone"]]
    fields = person["fields"]
    assert len(fields) <= 12
    assert fields["name"]["map"]["salesforce"] == ["姓", "名"]
    assert fields["name"]["map"]["kintone"] == "担当者名"
    assert fields["phone"]["map"]["kintone"] == "担当者電話"
    assert fields["title"]["if_both_changed"] == "ask"
    assert fields["title"]["flow"] == "eight, hubspot, salesforce -> hubspot, salesforce"
    assert fields["score"]["flow"] == "hubspot -> kintone"
    assert fields["email"]["flow"] == "eight, hubspot, salesforce, kintone -> hubspot, salesforce, kintone"
    # 取引先名 beside a Salesforce contact is the account's, 会社名 of a kintone record the company part's
    assert fields["company"]["flow"] == "eight, hubspot, salesforce, kintone -> hubspot"
    assert fields["mail_optout"]["values"]["hubspot"] == {"true": "opt_out", "false": "opt_in"}
    assert fields["mail_optout"]["values"]["optout"] == {"1": "opt_out"}
    assert "eight" not in fields["mail_optout"]["map"]
    # every field carries its reason
    text = plan.mappings["person.yaml"]
    for name in fields:
        assert re.search(rf"^  # .+\n(?:  # .+\n)*  {name}:$", text, re.MULTILINE), name
    assert "hubspot と salesforce に共通のアドレス: 60 件" in text
    company = plan.mappings.get("company.yaml")
    assert company is None  # only kintone holds companies here
    assert "labels of one meaning" in plan_folder(folder, "en").mappings["person.yaml"]


def test_the_engine_can_load_what_is_proposed(folder: Path) -> None:
    from connector.cleanse import RULES
    from connector.config import load_config
    from connector.mapping.load import load_mappings

    f.write(
        folder / "取引先.csv", f.text([["取引先 ID", "取引先名", "電話"], ["0015g00000AbCdE", "例", "03-1111-2222"]])
    )
    plan = plan_folder(folder)
    assert set(plan.mappings) == {"company.yaml", "person.yaml"}
    config = load_config(plan.config, "config.yaml", {})
    compiled = load_mappings(plan.mappings, systems=config.systems.keys(), rules=set(RULES), computed=())
    assert [m.entity.value for m in compiled] == ["company", "person"]
    consent = compiled[1].fields["mail_optout"]
    assert consent.sources == {"hubspot", "salesforce", "kintone", "optout"}
    assert consent.receivers == {"hubspot", "salesforce", "kintone"}


def test_loading_fills_one_database_per_system(folder: Path) -> None:
    outcome = write_folder(plan_folder(folder))
    assert outcome.counts["salesforce", "contacts"].new == 80
    assert rows(
        folder,
        "salesforce",
        'SELECT COUNT(DISTINCT "取引先責任者 ID") FROM contacts WHERE length("取引先責任者 ID") = 18',
    ) == [(80,)]
    assert rows(folder, "hubspot", "SELECT updated_at, row_version FROM contacts LIMIT 1") == [
        ("2026-03-01T00:00:00Z", 1)
    ]
    record = rows(
        folder, "kintone", 'SELECT "レコード番号", "興味", "明細_品名", "備考" FROM CRM WHERE "レコード番号" = \'1\''
    )
    assert record == [("1", "製品A;その他", "品0\n品0b", "一行目\n二行目")]
    assert rows(folder, "kintone", "SELECT COUNT(*) FROM CRM") == [(60,)]
    assert rows(folder, "eight", "SELECT COUNT(*) FROM contacts WHERE record_key LIKE '~%'") == [(40,)]
    assert rows(folder, "optout", 'SELECT "配信停止", record_key FROM addresses LIMIT 1') == [
        ("1", f.people(1)[0].email)
    ]
    config = tree((folder / ".connector/config.yaml").read_text(encoding="utf-8"))
    assert config["systems"]["eight"]["read_only"] is True
    assert config["systems"]["salesforce"]["tables"]["contacts"] == {
        "table": "contacts", "key": "取引先責任者 ID", "modified": "updated_at", "version": "row_version",
        "external_key": "connector_key",
    }  # fmt: skip
    assert "modified" not in config["systems"]["eight"]["tables"]["contacts"]


def test_the_sql_adapter_reads_and_writes_what_was_loaded(folder: Path) -> None:
    from connector.adapters.contract import Change, Written
    from connector.adapters.sql import SqlAdapter, SqlSettings

    write_folder(plan_folder(folder))
    config = tree((folder / ".connector/config.yaml").read_text(encoding="utf-8"))
    for name, settings in config["systems"].items():
        adapter = SqlAdapter(name, SqlSettings.model_validate(settings))
        try:
            adapter.check()
            for object in settings["tables"]:
                columns = [c.name for c in adapter.describe(object).columns]
                pages = list(adapter.pull(object, columns, None))
                records = [r for page in pages for r in page.records]
                assert len(records) in (80, 60, 40, 15)
                if name == "hubspot":
                    first = records[0]
                    assert first.modified_at is not None
                    change = Change(first.id, {"役職": "室長"}, {"役職": first.values["役職"]}, first.version)
                    assert isinstance(adapter.push(object, [change])[0], Written)
        finally:
            adapter.close()
    assert rows(folder, "hubspot", "SELECT row_version FROM contacts WHERE \"役職\" = '室長'") == [(2,)]


def test_a_newer_file_changes_only_what_changed(tmp_path: Path) -> None:
    folk = f.people(30)
    f.hubspot(tmp_path / "contacts.csv", folk)
    first = write_folder(plan_folder(tmp_path)).counts["hubspot", "contacts"]
    assert (first.new, first.changed, first.gone) == (30, 0, 0)
    again = write_folder(plan_folder(tmp_path)).counts["hubspot", "contacts"]
    assert again.unchanged
    assert again.same == 30

    folk = f.people(32)[2:]  # two gone, two new
    folk[5].title = "室長"
    newer = f.hubspot_rows(folk, f.HUBSPOT_JA)
    newer[6][13] = "2026-03-20 09:00"
    f.write(tmp_path / "contacts (2).csv", f.text(newer), "utf-8-sig")
    plan = plan_folder(tmp_path)
    assert {x.name: x.status for x in plan.files} == {"contacts.csv": Status.OLDER, "contacts (2).csv": Status.ACCEPTED}
    counts = write_folder(plan).counts["hubspot", "contacts"]
    assert (counts.new, counts.changed, counts.gone, counts.same) == (2, 1, 2, 27)
    versions = rows(tmp_path, "hubspot", 'SELECT "役職", row_version, updated_at FROM contacts WHERE row_version > 1')
    assert versions == [("室長", 2, "2026-03-20T00:00:00Z")]


def test_one_export_in_two_parts_is_joined(tmp_path: Path) -> None:
    header = ["Prospect Id", "Email", "Score", "Grade", "Opted Out", "Do Not Email"]
    for part in (0, 1):
        body = [[str(p.number), p.email, "1", "A", "0", "0"] for p in f.people(20, part * 20)]
        f.write(tmp_path / f"prospects{part + 1}.csv", f.text([header, *body]), "utf-8-sig")
    plan = plan_folder(tmp_path)
    assert [len(t.files) for t in plan.tables] == [2]
    assert write_folder(plan).counts["pardot", "contacts"].new == 40


def test_two_kintone_apps_are_two_objects(tmp_path: Path) -> None:
    f.kintone(tmp_path / "顧客管理_20260305T1415.csv", f.people(20), code="")
    deals = [
        ["レコード番号", "案件名", "会社名", "作成者", "更新日時"],
        ["1", "導入", "例", "admin", "2026-03-05 14:15"],
    ]
    f.write(tmp_path / "案件管理.csv", f.text(deals), "cp932")
    plan = plan_folder(tmp_path)
    assert {(t.system, t.object, t.about.object) for t in plan.tables} == {
        ("kintone", "顧客管理", "person"), ("kintone", "案件管理", "deal"),
    }  # fmt: skip


def test_companies_of_two_systems_are_mapped(tmp_path: Path) -> None:
    f.kintone(tmp_path / "顧客管理.csv", f.people(20))
    header = ["取引先 ID", "取引先名", "電話", "業種", "最終更新日"]
    body = [
        [f"0015g00000aBcD{n % 10}"[:14] + "xyzABCDEFG"[n % 10], p.company, p.phone, "製造", "2026/03/05"]
        for n, p in enumerate(f.people(10))
    ]
    f.write(tmp_path / "r.csv", f.text([header, *body]) + f.SF_FOOTER_JA)
    plan = plan_folder(tmp_path)
    company = tree(plan.mappings["company.yaml"])
    assert company["systems"]["kintone"]["part"] == "会社"
    assert company["fields"]["name"]["map"] == {"kintone": "会社名", "salesforce": "取引先名"}
    assert company["fields"]["name"]["flow"] == "salesforce <-> kintone"
    assert "person.yaml" not in plan.mappings


def test_a_file_the_admin_edited_is_kept(folder: Path) -> None:
    write_folder(plan_folder(folder))
    path = folder / ".connector/mappings/person.yaml"
    edited = path.read_text(encoding="utf-8") + "# mine\n"
    path.write_text(edited, encoding="utf-8")
    outcome = write_folder(plan_folder(folder))
    assert outcome.kept == (path,)
    assert path.read_text(encoding="utf-8") == edited


def test_columns_with_our_names_do_not_collide(tmp_path: Path) -> None:
    header = ["Record ID - Contact", "Email", "updated_at", "connector_key", "Row_Version"]
    f.write(tmp_path / "a.csv", f.text([header, ["1", "a@b.example", "x", "y", "z"]]))
    write_folder(plan_folder(tmp_path))
    found = rows(
        tmp_path, "hubspot", 'SELECT "updated_at (2)", "connector_key (2)", "Row_Version (2)", updated_at FROM contacts'
    )
    assert found == [("x", "y", "z", None)]


def test_a_hostile_header_cannot_escape(tmp_path: Path) -> None:
    header = ["Record ID - Contact", "Email", 'x"); DROP TABLE contacts; --', "姓: [a, {b}]\n# c", "役職"]
    f.write(tmp_path / "a.csv", f.text([header, ["1", "a@b.example", "x", "佐藤", "長"]]))
    f.hubspot(tmp_path / "b.csv", f.people(3), f.HUBSPOT_JA)
    plan = plan_folder(tmp_path)
    write_folder(plan)
    assert rows(tmp_path, "hubspot", "SELECT COUNT(*) FROM contacts")[0][0] in (1, 3)
    for text in (*plan.mappings.values(), plan.config):
        tree(text)


def test_files_are_judged_side_by_side(tmp_path: Path) -> None:
    f.hubspot(tmp_path / "a.csv", f.people(20))
    f.hubspot(tmp_path / "b.csv", f.people(10, 5), f.HUBSPOT_EN)  # another view of the same tenant
    f.salesforce_contacts(tmp_path / "c.csv", f.people(30))
    f.write(tmp_path / "配信停止.txt", f"{f.people(1)[0].email}\r\nnobody@nowhere.example\r\n")
    plan = plan_folder(tmp_path)
    said = {(x.name, y.message): y.facts for x in plan.files for y in x.findings}
    assert said["b.csv", "exports.not_mapped"] == {"entity": "person", "other": "a.csv"}
    assert said["a.csv", "exports.stale"]["days"] == 26
    assert said["配信停止.txt", "exports.optout_unmatched"] == {"count": 1}
    assert tree(plan.mappings["person.yaml"])["fields"]["email"]["map"]["hubspot"] == "Eメール"


def test_an_empty_folder(tmp_path: Path) -> None:
    plan = plan_folder(tmp_path)
    assert plan == Proposal(tmp_path, (), (), {}, "", False)


def test_lines_before_the_first_record_are_reported(tmp_path: Path) -> None:
    f.kintone(tmp_path / "a.csv", f.people(5), "utf-8")
    lines = (tmp_path / "a.csv").read_bytes().decode().split("\r\n")
    head, first, *rest = lines
    f.write(tmp_path / "a.csv", "\r\n".join([head, first.removeprefix("*"), *rest]))
    report = plan_folder(tmp_path).files[0]
    assert "exports.orphan_line" in [x.message for x in report.findings]
    assert report.rows == 4


@pytest.mark.parametrize("count", [20_000])
def test_large_files_are_quick(tmp_path: Path, count: int) -> None:
    folk = f.people(200)
    body = [row for n in range(count // 200) for row in f.hubspot_rows(folk, f.HUBSPOT_JA)[1:]]
    for n, row in enumerate(body):
        body[n] = [str(10_000_000_000 + n), *row[1:]]
    f.write(tmp_path / "a.csv", f.text([f.HUBSPOT_JA, *body]), "utf-8-sig")
    start = time.perf_counter()
    counts = write_folder(plan_folder(tmp_path)).counts["hubspot", "contacts"]
    took = time.perf_counter() - start
    assert counts.new == count
    assert took < 10


def test_every_message_exists_and_fills_its_places() -> None:
    source = "".join(p.read_text(encoding="utf-8") for p in Path("connector/exports").glob("*.py"))
    used = set(re.findall(r'"(exports\.[a-z_0-9.]+)"', source))
    used |= {f"exports.damage.{name}" for name in re.findall(r'_(?:damage|note)\(\s*"(\w+)"', source)}
    assert used <= set(MESSAGES), used - set(MESSAGES)
    for ja, en in MESSAGES.values():
        assert set(re.findall(r"{(\w+)}", ja)) == set(re.findall(r"{(\w+)}", en))
    assert "?" not in say("ja", "exports.ragged", count=1, lines="3", width=4)
