"""Every vendor's file is taken for what it is; what cannot be told is asked; what is no source data is refused."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import openpyxl
import pytest

from connector.errors import Rejected
from connector.exports import Grade, Recognition, Status, open_table, plan_folder, recognise
from connector.exports.salesforce import flattened, to_18
from connector.exports.table import Notes
from tests.exports import files as f


def known(path: Path, answer: str = "") -> Recognition:
    return recognise(open_table(path), answer)


@pytest.mark.parametrize("footer", [f.SF_FOOTER_EN, f.SF_FOOTER_JA, ""], ids=["en", "ja", "none"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_a_salesforce_report(tmp_path: Path, footer: str, encoding: str) -> None:
    path = f.salesforce_contacts(tmp_path / "report1772687700000.csv", f.people(60), footer, encoding)
    table = open_table(path)
    notes = Notes()
    rows = list(table.rows(notes))
    about = recognise(table)
    assert (about.shape, about.object) == ("salesforce_report_person", "person")
    assert about.grade is (Grade.CERTAIN if footer else Grade.STRONG)
    assert about.id_column == 0
    assert len(rows) == notes.rows == 60
    assert notes.footer == (5 if footer else 0)
    assert rows[0][1][6] == "部長\r\n(兼) 室長"


def test_a_company_called_total_is_no_footer(tmp_path: Path) -> None:
    rows = [
        ["取引先 ID", "取引先名", "電話"],
        ["0015g00000AbCdE", "合計", "03-1111-2222"],
        ["0015g00000AbCdF", "Total", ""],
    ]
    table = open_table(f.write(tmp_path / "a.csv", f.text(rows)))
    assert [cells[1] for _, cells in table.rows()] == ["合計", "Total"]


def test_a_formatted_report(tmp_path: Path) -> None:
    """Title, filter and blank rows above the header, a blank column A, a group's subtotal below."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([None, "商談一覧 フォーマット済みレポート"])
    sheet.append([None, "条件: 完了予定日 = 今年度"])
    sheet.append([])
    sheet.append([None, "商談 ID", "商談名", "取引先名", "フェーズ", "金額", "完了予定日"])
    for n in range(5):
        sheet.append([None, f"0065g00000aBcD{n}", f"案件{n}", f.people(5)[n].company, "提案", 1000 * n, "2026/03/05"])
    sheet.append([None, "小計", None, None, None, 10000, None])
    sheet.append([])
    sheet.append([None, "Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."])
    book.save(tmp_path / "商談-2026-03-05-14-15-00.xlsx")
    table = open_table(tmp_path / "商談-2026-03-05-14-15-00.xlsx")
    notes = Notes()
    assert len(list(table.rows(notes))) == 5
    assert notes.footer == 2
    assert table.header[0] == "商談 ID"
    assert recognise(table).shape == "salesforce_report_deal"


def test_ids_that_differ_only_in_case_stay_two_records(tmp_path: Path) -> None:
    rows = [f.SF_CONTACT[:5], ["0035g00000AbCdE", "a", "佐藤", "x", ""], ["0035g00000AbCde", "b", "佐藤", "y", ""]]
    f.write(tmp_path / "r.csv", f.text(rows) + f.SF_FOOTER_EN)
    report = plan_folder(tmp_path).files[0]
    assert report.rows == 2
    assert not [x for x in report.findings if x.message == "exports.id_repeated"]
    assert to_18("0035g00000AbCdE") != to_18("0035g00000AbCde")


def test_flattened_ids_are_noticed() -> None:
    sound = [f"0035g00000aBcD{n}" for n in "abcdefghijkl"]
    assert not flattened(sound)
    assert flattened([id.upper() for id in sound])
    assert not flattened(["001000000000001"] * 50)  # no letters: nothing to tell


def test_data_loader_in_cp932(tmp_path: Path) -> None:
    rows = [["ID", "LASTNAME", "FIRSTNAME", "EMAIL", "ACCOUNTID", "SYSTEMMODSTAMP", "RANK__C"]]
    rows += [
        [to_18(p.sf15), p.family, p.given, p.email, "0015g00000AbCdEAAA", "2026-03-05T05:15:00.000Z", ""]
        for p in f.people(30)
    ]
    about = known(f.write(tmp_path / "contact.csv", f.text(rows, quote=csv.QUOTE_ALL), "cp932"))
    assert (about.shape, about.grade) == ("salesforce_api_person", Grade.CERTAIN)


@pytest.mark.parametrize(("encoding", "header"), [("utf-8-sig", f.HUBSPOT_JA), ("utf-8", f.HUBSPOT_EN)])
def test_hubspot_with_repeated_headers(tmp_path: Path, encoding: str, header: list[str]) -> None:
    path = f.hubspot(tmp_path / "export.csv", f.people(40), header, encoding)
    table = open_table(path)
    about = recognise(table)
    assert about.shape == "hubspot_person"
    assert about.grade is Grade.CERTAIN
    assert table.header[12] == header[11] + " (2)"
    assert next(table.rows())[1][11:13] == ("2025-03-05 14:15", "2025-03-05")


def test_hubspot_saved_as_unicode_text_by_excel(tmp_path: Path) -> None:
    content = f.text(f.hubspot_rows(f.people(40), f.HUBSPOT_JA), delimiter="\t")
    path = f.write(tmp_path / "a.txt", content, "utf-16")
    assert known(path).shape == "hubspot_person"


def test_hubspot_internal_names_companies_and_deals(tmp_path: Path) -> None:
    internal = [
        ["hs_object_id", "firstname", "lastname", "email", "lifecyclestage"],
        ["123456", "a", "b", "a@b.example", "lead"],
    ]
    assert known(f.write(tmp_path / "a.csv", f.text(internal))).shape == "hubspot_person"
    company = [
        ["Record ID", "Company name", "Company owner", "Phone Number", "Company Domain Name"],
        ["123", "x", "y", "03", "x.example"],
    ]
    assert known(f.write(tmp_path / "b.csv", f.text(company))).shape == "hubspot_company"
    deal = [
        ["レコードID", "取引名", "取引ステージ", "金額", "クローズ日", "取引の担当者"],
        ["12", "x", "提案", "1", "2026-03-05", "y"],
    ]
    assert known(f.write(tmp_path / "c.csv", f.text(deal))).shape == "hubspot_deal"


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ","), ("cp932", ","), ("utf-8", "\t")])
def test_eight(tmp_path: Path, encoding: str, delimiter: str) -> None:
    about = known(f.eight(tmp_path / "eight.csv", f.people(50), encoding, delimiter))
    assert (about.shape, about.grade, about.id_column) == ("eight_person", Grade.CERTAIN, None)


def test_sansan(tmp_path: Path) -> None:
    form = [
        ["名刺所有者ユーザID", "会社名", "氏名[姓]", "氏名[名]", "e-mail"],
        ["u1", "㈱例", "髙橋", "太郎", "a@b.example"],
    ]
    assert known(f.write(tmp_path / "a.csv", f.text(form), "cp932")).shape == "sansan_form_person"
    hub = [
        ["管理番号", "会社名", "氏名", "メール", "SOC", "SLC", "CI人物ID"],
        ["0001", "例", "髙橋 太郎", "a@b.example", "OC784", "1", "CH0101"],
    ]
    about = known(f.write(tmp_path / "b.csv", f.text(hub)))
    assert (about.shape, about.grade) == ("sansan_hub_person", Grade.CERTAIN)


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
def test_kintone(tmp_path: Path, encoding: str) -> None:
    about = known(f.kintone(tmp_path / "顧客管理_20260305T1415.csv", f.people(30), encoding))
    assert (about.shape, about.grade) == ("kintone_ui_person", Grade.CERTAIN)


def test_kintone_without_a_table_and_by_command_line(tmp_path: Path) -> None:
    plain = [
        ["レコード番号", "会社名", "担当者名", "作成者", "更新日時"],
        ["12", "例", "佐藤", "admin", "2026-03-05 14:15"],
    ]
    about = known(f.write(tmp_path / "a.csv", f.text(plain), "cp932"))
    assert (about.shape, about.grade) == ("kintone_ui_person", Grade.STRONG)
    cli = [["*", "$id", "会社名", "メール"], ["*", "1", "例", "a@b.example"], ["", "1", "例", "a@b.example"]]
    assert known(f.write(tmp_path / "b.csv", f.text(cli))).shape == "kintone_cli_person"
    lone = [["レコード番号", "会社名", "電話"], ["12", "例", "03-1234-5678"]]
    assert known(f.write(tmp_path / "c.csv", f.text(lone))).grade is Grade.WEAK


def test_marketing_tools(tmp_path: Path) -> None:
    for name, rows, shape in (
        (
            "p",
            [
                ["Prospect Id", "Email", "Score", "Grade", "Opted Out", "Do Not Email"],
                ["12", "a@b.example", "1", "A", "0", "0"],
            ],
            "pardot",
        ),
        (
            "m",
            [
                ["Id", "Email Address", "姓", "Unsubscribed", "リードのスコア"],
                ["12", "a@b.example", "佐藤", "false", "3"],
            ],
            "marketo",
        ),
        (
            "s",
            [
                ["苗字", "名前", "メールアドレス", "スター", "苗字(ふりがな)"],
                ["佐藤", "太郎", "a@b.example", "1", "さとう"],
            ],
            "satori",
        ),
        ("h", [["メールアドレス", "permission_type_master_id", "氏名"], ["a@b.example", "1", "佐藤"]], "shanon"),
        (
            "l",
            [["メールアドレス", "氏名", "会社名", "(*)配信除外フラグ", "x"], ["a@b.example", "佐藤", "例", "1", ""]],
            "list_finder",
        ),
    ):
        assert known(f.write(tmp_path / f"{name}.csv", f.text(rows))).shape == f"{shape}_person", name


def test_a_salesforce_report_with_pardot_columns_is_salesforce(tmp_path: Path) -> None:
    rows = [
        ["取引先責任者 ID", "姓", "メール", "Pardot Score", "Grade", "Score"],
        *([p.sf15, p.family, p.email, "1", "A", "2"] for p in f.people(20)),
    ]
    about = known(f.write(tmp_path / "a.csv", f.text(rows)))
    assert about.shape == "salesforce_report_person"
    assert about.accepted


def test_what_no_sign_decides_is_asked_once(tmp_path: Path) -> None:
    from connector.exports import Answer, record_answer

    rows = [
        ["会社名", "姓", "名", "役職", "ID"],
        *([p.company, p.family, p.given, p.title, str(p.number)] for p in f.people(20)),
    ]
    f.write(tmp_path / "名簿.csv", f.text(rows), "cp932")
    report = plan_folder(tmp_path).files[0]
    assert report.status is Status.ASK
    assert report.findings[-1].message == "exports.ask_shape"
    record_answer(tmp_path, "名簿.csv", Answer("hubspot_person"))
    silent = plan_folder(tmp_path).files[0]
    assert silent.status is Status.ACCEPTED
    assert silent.system == "hubspot"
    record_answer(tmp_path, "名簿.csv", Answer("generic_person"))
    generic = plan_folder(tmp_path).files[0]
    assert (generic.system, generic.key, generic.applicable) == ("名簿", "ID", True)
    record_answer(tmp_path, "名簿.csv", Answer("ignore"))
    assert plan_folder(tmp_path).files[0].status is Status.IGNORED


def test_a_wrong_answer_is_named(tmp_path: Path) -> None:
    from connector.errors import ConfigError

    (tmp_path / "connector-files.yaml").write_text("a.csv: {shape: hubspt_person}\nb.csv: 5\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        plan_folder(tmp_path)
    assert [x.message for x in caught.value.findings] == ["exports.answer_unknown"] * 2
    for text in ("- a\n- b\n", "a: [\n"):
        (tmp_path / "connector-files.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            plan_folder(tmp_path)
        assert [x.message for x in caught.value.findings] == ["exports.answers_unreadable"]


# --- opt-out lists ---------------------------------------------------------------------------------------------


def test_opt_out_lists(tmp_path: Path) -> None:
    addresses = "".join(f"{p.email}\r\n" for p in f.people(30))
    stopped = known(f.write(tmp_path / "配信停止リスト.txt", addresses))
    assert (stopped.shape, stopped.grade, stopped.object) == ("optout_list", Grade.CERTAIN, "optout")
    headed = known(
        f.write(tmp_path / "a.csv", "メールアドレス,停止日時\r\n" + addresses.replace("\r\n", ",2026/01/02\r\n"))
    )
    assert (headed.shape, headed.grade) == ("optout_list", Grade.CERTAIN)
    # a list of addresses that says nothing about itself may be the mailing list
    assert known(f.write(tmp_path / "list.txt", addresses)).grade is Grade.WEAK


# --- files that are refused ------------------------------------------------------------------------------------


def refusal(path: Path) -> str:
    about = known(path)
    assert about.refused is not None
    return about.refused.message


def test_result_files_and_summaries_are_refused_kindly(tmp_path: Path) -> None:
    result = [["ID", "LASTNAME", "STATUS"], ["0035g00000AbCdEAAA", "佐藤", "Item Created"]]
    assert refusal(f.write(tmp_path / "success030526.csv", f.text(result))) == "exports.refused.result_file"
    failed = [["ID", "LASTNAME", "ERROR"], ["", "佐藤", "REQUIRED_FIELD_MISSING"]]
    assert refusal(f.write(tmp_path / "x.csv", f.text(failed))) == "exports.refused.result_file"
    summary = [["フェーズ", "レコード件数", "合計 金額"], ["提案", "5", "1000"]]
    assert refusal(f.write(tmp_path / "s.csv", f.text(summary))) == "exports.refused.summary"
    assert refusal(f.write(tmp_path / "n.csv", "姓,名,メール\r\n")) == "exports.refused.no_rows"


def rejected(path: Path) -> str:
    with pytest.raises(Rejected) as caught:
        open_table(path)
    return caught.value.message


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    garbled = "氏名,会社名\r\n佐藤太郎,株式会社エグザンプル\r\n".encode().decode("cp932", "ignore")
    latin = "氏名,会社名\r\n佐藤太郎,株式会社エグザンプル\r\n".encode().decode("cp1252", "ignore")
    cases = {
        "empty.csv": (b"", "exports.empty_file"),
        "blank.csv": (b"\r\n , \r\n", "exports.empty_file"),
        "nul.csv": ("姓,名\r\n佐\0藤,太郎\r\n".encode(), "exports.nul"),
        "utf16.csv": ("姓,名\r\nab,cd\r\n".encode("utf-16-le"), None),
        "lost.csv": ("姓,名\r\n佐\ufffd,太郎\r\n".encode(), "exports.replacement_character"),
        "garbled.csv": (garbled.encode(), "exports.mojibake"),
        "latin.csv": (latin.encode(), "exports.mojibake"),
        "noise.csv": (b"a,b\r\n\x80\xff\xfe,\xfd\r\n", "exports.unknown_encoding"),
        "half.csv": ("\ufeff姓,名\r\n佐藤".encode()[:-1], "exports.unknown_encoding"),
        "old.xls": (b"\xd0\xcf\x11\xe0" + b"\0" * 100, "exports.old_or_locked_workbook"),
        "a.pdf": (b"%PDF-1.7", "exports.not_a_table"),
        "page.xls": (b"<html><table>", "exports.not_a_table"),
        "broken.xlsx": (b"PK\x03\x04rest", "exports.broken_workbook"),
    }
    for name, (content, message) in cases.items():
        (tmp_path / name).write_bytes(content)
        found = rejected(tmp_path / name)
        assert message is None or found == message, name
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("Contact.csv", "x")
    assert rejected(tmp_path / "a.zip") == "exports.archive"
    assert all(report.status is Status.REFUSED for report in plan_folder(tmp_path).files)


def test_several_sheets_are_a_question(tmp_path: Path) -> None:
    from connector.exports import Answer, record_answer

    book = openpyxl.Workbook()
    for number, title in enumerate(("今月", "先月", "控え")):
        sheet = book.active if number == 0 else book.create_sheet()
        sheet.title = title
        for row in f.hubspot_rows(f.people(5), f.HUBSPOT_EN):
            sheet.append(row)
    book["控え"].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    report = plan_folder(tmp_path).files[0]
    assert (report.status, report.findings[0].message) == (Status.ASK, "exports.several_sheets")
    record_answer(tmp_path, "a.xlsx", Answer(sheet="今月"))
    report = plan_folder(tmp_path).files[0]
    assert (report.status, report.sheet, report.rows) == (Status.ACCEPTED, "今月", 5)
    assert "exports.hidden_sheets" in [x.message for x in report.findings]


# --- odd tables ------------------------------------------------------------------------------------------------


def test_rows_with_a_wrong_number_of_cells_are_reported_by_line(tmp_path: Path) -> None:
    content = f.text(f.hubspot_rows(f.people(40), f.HUBSPOT_EN))
    lines = content.split("\r\n")
    lines[5] += ",extra"
    lines[9] = "10000000008,short"
    lines[12] += ",,"  # blank cells too many are harmless
    table = open_table(f.write(tmp_path / "a.csv", "\r\n".join(lines)))
    notes = Notes()
    assert len(list(table.rows(notes))) == 38
    assert notes.ragged_lines == [6, 10]


def test_a_cell_of_a_megabyte(tmp_path: Path) -> None:
    rows = f.hubspot_rows(f.people(10), f.HUBSPOT_EN)
    rows[3][5] = "長" * 1_000_000
    table = open_table(f.write(tmp_path / "a.csv", f.text(rows)))
    assert max(len(cells[5]) for _, cells in table.rows()) == 1_000_000


def test_a_cell_beyond_all_sense_is_refused(tmp_path: Path) -> None:
    path = f.write(tmp_path / "a.csv", 'Record ID - Contact,Email\n1,"' + "x" * (9 << 20) + '"\n')
    assert plan_folder(tmp_path).files[0].findings[0].message == "exports.unreadable_row", path


def test_semicolons_and_commas_in_cells(tmp_path: Path) -> None:
    rows = [["Record ID - Contact", "Email", "Tags"], *([str(n), f"a{n}@b.example", "x,y,z"] for n in range(60))]
    table = open_table(f.write(tmp_path / "a.csv", f.text(rows, delimiter=";")))
    assert (table.delimiter, len(table.header)) == (";", 3)


def test_labels_that_differ_only_in_case_are_two_columns(tmp_path: Path) -> None:
    table = open_table(f.write(tmp_path / "a.csv", "Email,EMAIL,\r\na@b.example,c@d.example,x\r\n"))
    assert table.header == ("Email", "EMAIL (2)")
