"""The demo world's two databases: their tables, and how rows get in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

MA_DB, SFA_DB, KINTONE_DB = "ma.db", "sfa.db", "kintone.db"

Row = Mapping[str, Any]

_TOMBSTONES = {"object": "TEXT NOT NULL", "id": "TEXT NOT NULL", "deleted_at": "TEXT NOT NULL"}

MA_TABLES: dict[str, dict[str, str]] = {
    "contacts": {
        "id": "INTEGER PRIMARY KEY", "last_name": "TEXT", "first_name": "TEXT", "email": "TEXT", "company": "TEXT",
        "phone": "TEXT", "title": "TEXT", "mail_optout": "INTEGER", "score": "INTEGER", "stage": "TEXT",
        "lost_flag": "INTEGER", "lost_reason": "TEXT", "last_visit": "TEXT", "connector_key": "TEXT",
        "created_at": "TEXT NOT NULL", "updated_at": "TEXT NOT NULL",
    },
    "tombstones": _TOMBSTONES,
}  # fmt: skip

SFA_TABLES: dict[str, dict[str, str]] = {
    "accounts": {
        "id": "TEXT PRIMARY KEY", "name": "TEXT", "name_kana": "TEXT", "phone": "TEXT", "postal_code": "TEXT",
        "prefecture": "TEXT", "city": "TEXT", "street": "TEXT", "website": "TEXT", "industry": "TEXT",
        "corporate_number": "TEXT", "owner": "TEXT", "connector_key": "TEXT",
        "created_at": "TEXT NOT NULL", "updated_at": "TEXT NOT NULL",
    },
    "contacts": {
        "id": "TEXT PRIMARY KEY", "account_id": "TEXT", "last_name": "TEXT", "first_name": "TEXT", "email": "TEXT",
        "phone": "TEXT", "mobile": "TEXT", "title": "TEXT", "department": "TEXT", "ma_score": "INTEGER",
        "ma_last_visit": "TEXT", "mail_optout": "INTEGER", "owner": "TEXT", "connector_key": "TEXT",
        "created_at": "TEXT NOT NULL", "updated_at": "TEXT NOT NULL",
    },
    "opportunities": {
        "id": "TEXT PRIMARY KEY", "account_id": "TEXT", "contact_id": "TEXT", "name": "TEXT", "stage": "TEXT",
        "amount": "INTEGER", "close_date": "TEXT", "lost_reason": "TEXT", "owner": "TEXT",
        "created_at": "TEXT NOT NULL", "updated_at": "TEXT NOT NULL",
    },
    "tombstones": _TOMBSTONES,
}  # fmt: skip

KINTONE_TABLES: dict[str, dict[str, str]] = {
    "顧客管理": {
        "レコード番号": "INTEGER PRIMARY KEY", "会社名": "TEXT", "会社電話": "TEXT", "住所": "TEXT",
        "担当者名": "TEXT", "部署": "TEXT", "役職": "TEXT", "担当者メール": "TEXT", "担当者電話": "TEXT",
        "取引区分": "TEXT", "MAスコア": "INTEGER", "配信停止": "INTEGER", "connector_key": "TEXT",
        "connector_key_company": "TEXT", "作成日時": "TEXT NOT NULL", "更新日時": "TEXT NOT NULL",
    },
    "tombstones": _TOMBSTONES,
}  # fmt: skip


def stamp(day: date, seconds: int = 0) -> str:
    """A moment counted from 00:00 UTC of a day, as the systems store it."""
    moment = datetime.combine(day, time(), UTC) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def create(path: Path, tables: Mapping[str, Mapping[str, str]]) -> None:
    """A new database with empty tables; one that stands there already is replaced."""
    for old in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        old.unlink(missing_ok=True)
    with opened(path) as db:
        for table, columns in tables.items():
            body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            db.execute(f'CREATE TABLE "{table}" ({body})')
            modified = next((c for c in ("updated_at", "更新日時", "deleted_at") if c in columns), None)
            if modified:
                db.execute(f'CREATE INDEX "{table}_{modified}" ON "{table}" ("{modified}")')


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose work is committed at the end, or undone when something fails."""
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        with db:
            yield db


def insert(db: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    names = ", ".join(f'"{c}"' for c in columns)
    marks = ", ".join("?" for _ in columns)
    db.executemany(
        f'INSERT INTO "{table}" ({names}) VALUES ({marks})',  # noqa: S608  names come from the tables above
        (tuple(row.get(c) for c in columns) for row in rows),
    )
