"""What an admin writes about a database: its URL, and the table that stands for each object."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

Name = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class TombstoneSettings(_Strict):
    """A table that lists deleted records; `into` names the column with the winner of a merge."""

    table: Name
    key: Name | list[Name]
    deleted_at: Name
    into: Name | None = None


class TableSettings(_Strict):
    """One table. `key` is its primary key unless given; several columns make a compound id."""

    table: Name
    key: Name | list[Name] | None = None
    modified: Name | None = None
    version: Name | None = None
    created: Name | None = None
    external_key: Name | None = None
    deleted: Name | None = None
    tombstones: TombstoneSettings | None = None
    zone: str = "UTC"  # of stamps that carry no zone
    resolution: float = Field(default=1.0, gt=0, le=86400)  # seconds
    touch: bool = True  # an update sets `modified` (and counts `version` up); off where a trigger does

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"unknown time zone {zone!r}") from None
        return zone

    @property
    def keys(self) -> tuple[str, ...]:
        return () if self.key is None else (self.key,) if isinstance(self.key, str) else tuple(self.key)


class SqlSettings(_Strict):
    """A database. The URL is a SQLAlchemy URL and counts as a secret, for it may carry the password."""

    type: Literal["sql"] = "sql"
    url: SecretStr
    tables: dict[Name, TableSettings] = Field(min_length=1)
    overlap: float = Field(default=300, ge=0)  # seconds that a pull reaches back on purpose
    read_only: bool = False
    delete: bool = False  # whether records may be deleted here
    page: int = Field(default=2000, ge=1, le=10_000)
    read_batch: int = Field(default=500, ge=1, le=5_000)
    write_batch: int = Field(default=200, ge=1, le=5_000)
    timeout: float = Field(default=10, gt=0, le=300)  # seconds to wait for a lock or a connection

    @model_validator(mode="after")
    def _usable_url(self) -> SqlSettings:
        try:
            url = make_url(self.url.get_secret_value())
        except ArgumentError:
            raise ValueError("this is not a database URL, such as sqlite:///crm.db") from None
        if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
            raise ValueError("a SQLite system needs a file: sqlite:///path/to/file.db")
        return self
