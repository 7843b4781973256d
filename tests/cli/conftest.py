"""Two small databases that an admin may have, and the program called as a script calls it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

PEOPLE = [
    ("山田", "太郎", "taro@aozora.example", "株式会社青空", "03-1234-5678", "部長", "岡部"),
    ("佐藤", "花子", "hanako@midori.example", "みどり商事", "06-1111-2222", "課長", "=cmd|' /C calc'!A0"),
    ("鈴木", "一郎", "ichiro@umi.example", "海運(株)", "045-222-3333", None, "岡部"),
    ("Smith", "John", "john@acme.example", "Acme", None, "CEO", ""),
]
BEFORE, AFTER = "2026-03-01T09:00:00Z", "2026-03-02T09:00:00Z"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def databases(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "ma.db")) as ma, ma:
        ma.execute(
            "CREATE TABLE contacts (id INTEGER PRIMARY KEY, last_name TEXT, first_name TEXT, email TEXT, company TEXT,"
            " phone TEXT, title TEXT, mail_optout INTEGER, score INTEGER, updated_at TEXT NOT NULL, connector_key TEXT)"
        )
        for n, (family, given, email, company, phone, title, _) in enumerate(PEOPLE, 1):
            digits = phone.replace("-", "") if phone else None
            row = (n, family, given, email, company, digits, title, 0, n * 10, BEFORE, None)
            ma.execute(f"INSERT INTO contacts VALUES ({','.join('?' * len(row))})", row)
    with closing(sqlite3.connect(folder / "crm.db")) as crm, crm:
        crm.execute(
            "CREATE TABLE 取引先責任者 (id TEXT PRIMARY KEY, 姓 TEXT, 名 TEXT, メール TEXT, 会社名 TEXT,"
            " 電話番号 TEXT,"
            " 役職 TEXT, メール配信停止 INTEGER, スコア INTEGER, 所有者 TEXT,"
            " 更新日時 TEXT NOT NULL, connector_key TEXT)"
        )
        for n, (family, given, email, company, phone, title, owner) in enumerate(PEOPLE, 1):
            row = (f"C{n}", family, given, email, company, phone, title, 0, None, owner, BEFORE, None)
            crm.execute(f"INSERT INTO 取引先責任者 VALUES ({','.join('?' * len(row))})", row)


class World:
    """A folder with two systems, and the program started in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        databases(folder)

    def run(self, *words: str, lang: str = "ja", env: dict[str, str] | None = None) -> Ran:
        """In this process: the same code path as the script, without the cost of a start."""
        import contextlib
        import io

        from connector.cli.app import run

        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        here = Path.cwd()
        saved = dict(os.environ)
        os.environ.update({"LANG": "ja_JP.UTF-8" if lang == "ja" else "en_US.UTF-8", "LC_ALL": ""} | (env or {}))
        os.chdir(self.folder)
        stdin, sys.stdin = sys.stdin, io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = run(list(words))
        finally:
            sys.stdin = stdin
            os.chdir(here)
            os.environ.clear()
            os.environ.update(saved)
        out.flush()
        err.flush()
        return Ran(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))  # type: ignore[attr-defined]

    def script(self, *words: str, env: dict[str, str] | None = None, binary: bool = False) -> tuple[int, bytes, bytes]:
        """In a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "connector", *words],
            cwd=self.folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=60,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **(env or {})},
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def set_up(self) -> None:
        """init, and the mapping switched on."""
        assert self.run("init", "--system", "ma=ma.db", "--system", "crm=crm.db").code == 0
        self.edit("enabled: false", "enabled: true")

    def edit(self, before: str, after: str) -> None:
        path = self.folder / "mappings" / "person.yaml"
        text = path.read_text(encoding="utf-8")
        assert before in text, before
        path.write_text(text.replace(before, after), encoding="utf-8")

    def in_step(self) -> None:
        """Set up, linked, and the first differences applied."""
        self.set_up()
        assert self.run("sync", "--yes").code == 0
        assert self.run("sync", "--yes").code == 0

    def ma(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        return self._do("ma.db", sql, values)

    def crm(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        return self._do("crm.db", sql, values)

    def _do(self, file: str, sql: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / file)) as db, db:
            return db.execute(sql, values).fetchall()

    def conflict(self) -> None:
        """山田's title edited on both sides."""
        self.ma("UPDATE contacts SET title = '社長', updated_at = ? WHERE id = 1", now())
        self.crm("UPDATE 取引先責任者 SET 役職 = '次長', 更新日時 = ? WHERE id = 'C1'", now())


def now() -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(__import__("time").time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


Make = Callable[[], World]
