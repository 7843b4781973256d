"""Damaged bytes never crash the reader, and never make a file that cannot be read back."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from connector.exports import plan_folder, write_folder
from tests.exports import files as f

PIECES = (b'"', b",", b"\n", b"\r\n", b"\t", b'="1"', b"=cmd()", "姓".encode(), b"{{", b"]: [", b"\xff", b"\0")


def damaged(rng: random.Random, raw: bytes) -> bytes:
    data = bytearray(raw)
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(4):
            case 0:
                del data[at : at + rng.randint(1, 40)]
            case 1:
                data[at:at] = rng.choice(PIECES)
            case 2:
                data[at:at] = data[max(0, at - 200) : at]
            case _:
                del data[at + rng.randint(0, 400) :]
    return bytes(data)


@pytest.mark.parametrize("seed", range(60))
def test_damaged_files(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    whole = tmp_path / "whole"
    whole.mkdir()
    sources = (
        f.salesforce_contacts(whole / "a.csv", f.people(20)),
        f.hubspot(whole / "b.csv", f.people(20)),
        f.kintone(whole / "c.csv", f.people(20)),
        f.eight(whole / "d.csv", f.people(20), "cp932"),
        f.hubspot(whole / "e.csv", f.people(9), f.HUBSPOT_EN, "utf-16"),
    )
    folder = tmp_path / "damaged"
    folder.mkdir()
    for source in sources:
        (folder / source.name).write_bytes(damaged(rng, source.read_bytes()))
    plan = plan_folder(folder, rng.choice(("ja", "en")))
    assert len(plan.files) == len(sources)
    write_folder(plan)
    for text in (*plan.mappings.values(), plan.config):
        YAML(typ="safe").load(text)


def test_a_workbook_that_breaks_in_the_middle(tmp_path: Path) -> None:
    import zipfile

    import openpyxl

    book = openpyxl.Workbook()
    for row in f.hubspot_rows(f.people(300), f.HUBSPOT_EN):
        book.active.append(row)
    book.save(tmp_path / "whole.xlsx")
    folder = tmp_path / "broken"
    folder.mkdir()
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(folder / "a.xlsx", "w") as broken:
        for name in whole.namelist():
            content = whole.read(name)
            broken.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    report = plan_folder(folder).files[0]
    assert report.findings[0].message == "exports.broken_workbook"
