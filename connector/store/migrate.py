"""Upgrades a state that an older version made, in the transaction of the caller."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection, to: str = "head") -> None:
    config = Config()
    config.set_main_option("script_location", "connector.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
