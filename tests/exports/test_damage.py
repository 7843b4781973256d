"""Every row of the damage table: found, counted, proposed or refused; never silently changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from connector.exports import Answer, FileReport, Status, plan_folder, record_answer, write_folder
from connector.exports.damage import phone_without_zero, postal_without_zero
from connector.exports.dates import Form, form_of, read, serial_text
from tests.exports import files as f


def hubspot(folder: Path, column: int, values: list[str]) -> FileReport:
    """A HubSpot file with one column's values replaced."""
    rows = f.hubspot_rows(f.people(len(values)), f.HUBSPOT_EN)
    for row, value in zip(rows[1:], values, strict=True):
        row[column] = value
    f.write(folder / "a.csv", f.text(rows))
    return plan_folder(folder).files[0]


def said(report: FileReport, message: str) -> dict[str, object]:
    found = [x for x in report.findings if x.message == f"exports.damage.{message}"]
    assert found, [x.message for x in report.findings]
    return dict(found[0].facts)


def stored(folder: Path, column: str, system: str = "hubspot", table: str = "contacts") -> list[str]:
    write_folder(plan_folder(folder))
    with closing(sqlite3.connect(folder / f".connector/{system}.db")) as db:
        return [row[0] for row in db.execute(f'SELECT "{column}" FROM "{table}" ORDER BY rowid')]


def test_scientific_ids_refuse_the_file(tmp_path: Path) -> None:
    report = hubspot(tmp_path, 0, ["1.23E+10", "10000000002", "10000000003"])
    assert report.status is Status.REFUSED
    assert said(report, "id_scientific")["samples"] == "1.23E+10"


def test_ids_rounded_after_the_15th_digit_refuse_the_file(tmp_path: Path) -> None:
    assert hubspot(tmp_path, 0, ["123456789012345000", "123456789012346000"]).status is Status.REFUSED
    assert hubspot(tmp_path, 0, ["123456789012345001", "123456789012346000"]).status is Status.ACCEPTED


def test_ids_that_lost_their_zeros_refuse_the_file(tmp_path: Path) -> None:
    report = hubspot(tmp_path, 0, ["0012", "13", "0014"])
    assert report.status is Status.REFUSED
    assert said(report, "id_lost_zero")["samples"] == "13 → 0013"
    assert hubspot(tmp_path, 0, ["12", "130", "1400"]).status is Status.ACCEPTED


def test_flattened_salesforce_ids_refuse_the_file(tmp_path: Path) -> None:
    rows = [f.SF_CONTACT[:4], *([p.sf15.upper(), p.company, p.family, p.given] for p in f.people(50))]
    f.write(tmp_path / "a.csv", f.text(rows) + f.SF_FOOTER_EN)
    report = plan_folder(tmp_path).files[0]
    assert report.status is Status.REFUSED
    assert said(report, "id_case_lost")


def test_flattened_18s_are_repaired_from_their_suffix(tmp_path: Path) -> None:
    rows = [["Id", "LastName", "Email", "OwnerId"], ["003000000032hmxraau".upper()[:18], "x", "a@b.example", "y"]]
    rows[1][0] = "00331000032HMXRAAU"
    f.write(tmp_path / "a.csv", f.text(rows))
    assert (
        said(plan_folder(tmp_path).files[0], "id_case_repaired")["samples"] == "00331000032HMXRAAU → 00331000032hMxRAAU"
    )
    assert stored(tmp_path, "Id", "salesforce") == ["00331000032hMxRAAU"]


def test_phones_and_postal_codes_are_counted_and_proposed_not_changed(tmp_path: Path) -> None:
    f.eight(tmp_path / "eight.csv", f.people(50), damaged=True)
    report = plan_folder(tmp_path).files[0]
    assert report.status is Status.ACCEPTED
    phones = [x for x in report.findings if x.message == "exports.damage.phone_lost_zero"]
    assert {x.facts["column"]: x.facts["count"] for x in phones} == {"TEL会社": 50, "携帯電話": 50}
    assert " → 03" in str(phones[0].facts["samples"])
    assert said(report, "postal_lost_zero")["count"] == 50
    assert all(not phone.startswith("0") for phone in stored(tmp_path, "TEL会社", "eight"))


@pytest.mark.parametrize(
    ("damaged", "whole"),
    [("312345678", "0312345678"), ("9012345678", "09012345678"), ("7012345678", "07012345678"),
     ("8012345678", "08012345678"),
     ("0312345678", None), ("6012345678", None), ("+81312345678", None), ("12345", None), ("３１２３４５６７８", None)],
)  # fmt: skip
def test_which_numbers_lost_a_zero(damaged: str, whole: str | None) -> None:
    assert phone_without_zero(damaged) == whole


def test_which_postal_codes_lost_zeros() -> None:
    assert postal_without_zero("600001") == "060-0001"
    assert postal_without_zero("1000001") is None
    assert postal_without_zero("100-0001") is None


def test_a_phone_held_as_a_number_in_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    rows: list[list[object]] = [list(row) for row in f.hubspot_rows(f.people(3), f.HUBSPOT_EN)]
    for row in rows[1:]:
        row[4] = 312345678.0
        row[0] = int(str(row[0]))
        row[13] = datetime(2026, 3, 5, 14, 15)
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    report = plan_folder(tmp_path).files[0]
    assert report.status is Status.ACCEPTED
    assert said(report, "phone_lost_zero")["samples"] == ", ".join(["312345678 → 0312345678"] * 3)
    assert stored(tmp_path, "updated_at") == ["2026-03-05T05:15:00Z"] * 3


def test_the_wrapper_is_taken_off_and_said(tmp_path: Path) -> None:
    report = hubspot(tmp_path, 4, ['="0312345678"', "=1+1"])
    assert said(report, "wrapped")["samples"] == '="0312345678" → 0312345678'
    # a formula is text: never evaluated, never changed
    assert stored(tmp_path, "Phone Number") == ["0312345678", "=1+1"]


def test_a_fraction_goes_only_when_every_value_has_it(tmp_path: Path) -> None:
    assert said(hubspot(tmp_path, 9, ["12.0", "13.0", ""]), "fraction")["count"] == 2
    assert stored(tmp_path, "HubSpot Score") == ["12", "13", None]
    report = hubspot(tmp_path, 9, ["12.0", "13.5", ""])
    assert said(report, "fraction_some")["count"] == 1
    assert stored(tmp_path, "HubSpot Score") == ["12.0", "13.5", None]
    hubspot(tmp_path, 0, ["123.0", "124.0"])
    assert stored(tmp_path, "Record ID - Contact") == ["123", "124"]


def test_codes_turned_into_dates_are_flagged(tmp_path: Path) -> None:
    report = hubspot(tmp_path, 5, ["3月5日", "5-Mar", "Mar-05", "部長"])
    assert said(report, "date_turned")["count"] == 3
    assert stored(tmp_path, "Job Title")[0] == "3月5日"


def test_day_numbers_become_dates_when_all_agree(tmp_path: Path) -> None:
    report = hubspot(tmp_path, 13, ["46086", "46087.5"])
    assert "2026-03-05" in str(said(report, "serial_days")["samples"])
    assert stored(tmp_path, "Last Modified Date") == ["2026-03-05", "2026-03-06 12:00"]
    assert stored(tmp_path, "updated_at") == ["2026-03-04T15:00:00Z", "2026-03-06T03:00:00Z"]
    assert said(hubspot(tmp_path, 13, ["46086", "2026-03-05"]), "dates_mixed")
    assert stored(tmp_path, "updated_at") == [None, None]
    assert serial_text("44624", epoch_1904=True) == "2026-03-05"


def test_a_workbook_of_1904(tmp_path: Path) -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    rows: list[list[object]] = [list(row) for row in f.hubspot_rows(f.people(2), f.HUBSPOT_EN)]
    for row in rows[1:]:
        row[13] = 44624
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert stored(tmp_path, "Last Modified Date") == ["2026-03-05"] * 2


def test_the_order_of_day_and_month_is_decided_per_column() -> None:
    assert form_of(["3/5/2026", "3/15/2026"]) == (Form.MONTH_FIRST, 0)
    assert form_of(["3/5/2026", "15/3/2026"]) == (Form.DAY_FIRST, 0)
    assert form_of(["3/5/2026", "4/6/2026"])[0] is Form.AMBIGUOUS
    assert form_of(["3/15/2026", "15/3/2026"])[0] is Form.MIXED
    # a US-style export opened in a day-first Excel: only days up to 12 became dates
    assert form_of(["2026-05-03", "3/15/2026, 2:15 PM"])[0] is Form.MIXED
    assert form_of(["2026年3月5日", "2026/03/05 14:15", "2026-03-05T05:15:00.000Z"]) == (Form.YEAR_FIRST, 0)
    afternoon = read("3/15/2026, 2:15 PM", Form.MONTH_FIRST)
    assert afternoon is not None
    assert afternoon.isoformat() == "2026-03-15T14:15:00+09:00"
    assert read("2026/02/30", Form.YEAR_FIRST) is None


def test_ambiguous_dates_are_not_guessed(tmp_path: Path) -> None:
    report = hubspot(tmp_path, 13, ["3/5/2026", "4/6/2026"])
    assert said(report, "dates_ambiguous")
    assert stored(tmp_path, "updated_at") == [None, None]


def test_excel_errors_and_cut_texts_are_counted(tmp_path: Path) -> None:
    report = hubspot(tmp_path, 5, ["#N/A", "#REF!", "########", "部長"])
    assert said(report, "excel_error")["count"] == 3
    assert said(hubspot(tmp_path, 5, ["長" * 255] * 3), "cut_at_255")["count"] == 3
    assert said(hubspot(tmp_path, 5, ["1.23E+12", "x"]), "scientific")["count"] == 1


def test_repeated_and_missing_ids_are_reported(tmp_path: Path) -> None:
    report = hubspot(tmp_path, 0, ["10", "11", "11", "", "12"])
    facts = {x.message: (x.line, x.facts) for x in report.findings}
    assert facts["exports.id_repeated"] == (4, {"count": 1})
    assert facts["exports.id_blank"] == (5, {"count": 1})
    assert stored(tmp_path, "Record ID - Contact") == ["10", "11", "12"]


def test_an_export_of_exactly_2000_rows_was_probably_cut(tmp_path: Path) -> None:
    report = hubspot(tmp_path, 0, [str(n) for n in range(2000)])
    assert "exports.likely_cut" in [x.message for x in report.findings]


def test_consent_never_guesses_polarity(tmp_path: Path) -> None:
    def proposed(label: str, values: list[str]) -> tuple[dict[str, str], list[str]]:
        rows = [
            ["Record ID - Contact", "Email", label],
            *([str(n), f"a{n}@b.example", v] for n, v in enumerate(values)),
        ]
        f.write(tmp_path / "a.csv", f.text(rows))
        plan = plan_folder(tmp_path)
        consent = plan.tables[0].files[0].survey.consent
        return dict(consent.values) if consent else {}, [x.message for x in plan.files[0].findings]

    assert proposed("Unsubscribed from all email", ["true", "false", ""])[0] == {"true": "opt_out", "false": "opt_in"}
    assert proposed("メール配信", ["OK", "NG", "1", "0"])[0] == {
        "OK": "opt_in",
        "NG": "opt_out",
        "1": "opt_in",
        "0": "opt_out",
    }
    assert proposed("配信停止", ["○", "はい", ""])[0] == {"○": "opt_out", "はい": "opt_out", "いいえ": "opt_in"}
    assert proposed("配信停止", ["0", ""])[0] == {"0": "opt_in", "1": "opt_out"}
    assert proposed("配信停止", ["", ""])[0] == {"1": "opt_out", "0": "opt_in"}
    assert proposed("配信状態", ["", ""])[0] == {}
    assert proposed("配信状態", ["配信可能", "配信停止", "配信禁止"])[0] == {
        "配信可能": "opt_in", "配信停止": "opt_out", "配信禁止": "opt_out",
    }  # fmt: skip
    for label, values in (
        ("配信区分", ["1", "0"]),
        ("配信停止", ["OK"]),
        ("配信停止", ["1", "たぶん"]),
        ("配信状態", ["配信不可"]),
    ):
        assert proposed(label, values)[0] == {}
        assert "exports.consent.ask" in proposed(label, values)[1]
    record_answer(tmp_path, "a.csv", Answer(consent={"1": "opt_out", "0": "opt_in"}))
    assert proposed("配信区分", ["1", "0"])[0] == {"1": "opt_out", "0": "opt_in"}
    assert "exports.consent.unknown" in proposed("Hard Bounced", ["1", "0"])[1]
