"""SQLite tables of several kinds under the conformance suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.contract import AdapterContract
from tests.adapters.worlds import Schema, SqlWorld

VALUES = "name TEXT, note TEXT, amount NUMERIC(12,2), day DATE, moment DATETIME"
FULL = {"modified": "modified", "created": "created", "external_key": "outer_key"}
STAMPED = f"id INTEGER PRIMARY KEY, {VALUES}, outer_key TEXT, created TEXT, modified TEXT"

SCHEMAS: dict[str, Schema] = {
    "text stamps": Schema(STAMPED, FULL),
    "zulu stamps": Schema(STAMPED, FULL, stamp="zulu"),
    "Tokyo stamps": Schema(STAMPED, {**FULL, "zone": "Asia/Tokyo"}, stamp="tokyo"),
    "datetime columns": Schema(STAMPED.replace("modified TEXT", "modified DATETIME"), FULL),
    "seconds": Schema(STAMPED.replace("modified TEXT", "modified INTEGER"), {**FULL, "created": None}, stamp="epoch"),
    "milliseconds": Schema(
        STAMPED.replace("modified TEXT", "modified INTEGER"), {**FULL, "created": None}, stamp="milliseconds"
    ),
    "version column": Schema(STAMPED + ", version INTEGER DEFAULT 1", {**FULL, "version": "version"}),
    "no stamps": Schema(f"id INTEGER PRIMARY KEY, {VALUES}", {}),
    "no stamps, keyed, no deletes": Schema(
        f"id INTEGER PRIMARY KEY, {VALUES}, outer_key TEXT UNIQUE",
        {"external_key": "outer_key"},
        settings={"delete": False},
    ),
    "text key": Schema(
        f"code TEXT PRIMARY KEY, {VALUES}, outer_key TEXT, created TEXT, modified TEXT",
        {**FULL, "key": "code"},
        key="{'code': f'0{n:03}'}",
    ),
    "deleted flag": Schema(STAMPED + ", gone boolean DEFAULT 0", {**FULL, "deleted": "gone"}),
    "deleted stamp": Schema(STAMPED + ", gone_at TEXT", {**FULL, "deleted": "gone_at"}),
    "tombstones": Schema(
        STAMPED,
        {**FULL, "tombstones": {"table": "dead", "key": "id", "deleted_at": "at"}},
        more=("CREATE TABLE dead (id INTEGER, at TEXT)",),
        settings={"delete": False},
    ),
}


class TestSqlite(AdapterContract):
    @pytest.fixture(params=SCHEMAS)
    def world(self, request: pytest.FixtureRequest, tmp_path: Path) -> SqlWorld:
        path = tmp_path / "crm.db"
        path.touch()
        return SqlWorld(f"sqlite:///{path}", SCHEMAS[request.param])
