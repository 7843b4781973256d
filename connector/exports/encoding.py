"""The bytes of a file: what it really is, and in which character set. Strict throughout: nothing is replaced."""

from __future__ import annotations

import codecs
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from connector.errors import Rejected

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Encoding:
    """`name` is a Python codec; `undetermined` when every set would read the file alike (all ASCII)."""

    name: str
    bom: bool = False
    undetermined: bool = False


# first bytes -> what it is
_OLE = b"\xd0\xcf\x11\xe0"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# kana and kanji of UTF-8 read as cp932, and as Latin-1 or cp1252
_AS_CP932 = re.compile("[縺繧繝譁蜷莨髮]")
_AS_LATIN = re.compile("[ÃÂãäåæçèé][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_JAPANESE = re.compile("[ぁ-ヿ一-鿿ｦ-ﾟ]")
_KANA = re.compile("[ぁ-ヿ]")
# what Python's cp932 makes of bytes that no Japanese file holds
_NOT_CP932 = re.compile("[\u0080\u00a0\uf8f0-\uf8f3]")


def is_workbook(path: Path) -> bool:
    """Whether the file is an .xlsx. Refuses archives, old or locked workbooks, PDFs and web pages."""
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        raise Rejected("exports.empty_file")
    if head.startswith(_OLE):
        raise Rejected("exports.old_or_locked_workbook")
    if head.startswith(b"%PDF"):
        raise Rejected("exports.not_a_table", kind="PDF")
    if head.lstrip()[:1] == b"<" and b"<html" in head.lower() + path.read_bytes()[:4096].lower():
        raise Rejected("exports.not_a_table", kind="HTML")
    if not head.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        raise Rejected("exports.broken_workbook") from None
    if "xl/workbook.xml" in names:
        return True
    raise Rejected("exports.archive", names=", ".join(names[:5]))


def detect(path: Path) -> Encoding:
    """BOM, else strict UTF-8, else strict cp932 (plain Shift_JIS lacks ①, ㈱ and 髙), else refused."""
    with path.open("rb") as file:
        head = file.read(4)
    for bom, name in _BOMS:
        if head.startswith(bom):
            try:
                _read_through(path, name)
            except UnicodeDecodeError as error:
                raise Rejected("exports.unknown_encoding", byte=error.start) from None
            return Encoding(name, bom=True)
    try:
        if _read_through(path, "utf-8"):
            return Encoding("utf-8", undetermined=True)
        return Encoding("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        _read_through(path, "cp932")
    except UnicodeDecodeError as error:
        raise Rejected("exports.unknown_encoding", byte=error.start) from None
    return Encoding("cp932")


def _read_through(path: Path, name: str) -> bool:
    """Decodes the whole file and refuses what cannot be read back; whether it was all ASCII."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    ascii_only, garbled, latin, japanese, kana = True, 0, 0, 0, 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            text = decoder.decode(chunk, final=not chunk)
            if "\0" in text:
                raise Rejected("exports.nul")
            if not text.isascii():
                ascii_only = False
                if "\ufffd" in text:
                    raise Rejected("exports.replacement_character", count=text.count("\ufffd"))
                if name == "cp932" and (odd := _NOT_CP932.search(text)):
                    raise UnicodeDecodeError("cp932", odd.group().encode("utf-8"), odd.start(), odd.end(), "not cp932")
                garbled += len(_AS_CP932.findall(text))
                latin += len(_AS_LATIN.findall(text))
                japanese += len(_JAPANESE.findall(text))
                kana += len(_KANA.findall(text))
            if not chunk:
                break
    # three in a row of accidents do not happen; real Japanese text has far more kana than 縺 and 繧
    if (garbled >= 3 and garbled > kana) or (latin >= 3 and latin > japanese):
        raise Rejected("exports.mojibake")
    return ascii_only
