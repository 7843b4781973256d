"""A system that is a database: any table that SQLAlchemy Core reaches."""

from connector.adapters.sql.adapter import SqlAdapter, sql_adapter
from connector.adapters.sql.settings import SqlSettings, TableSettings, TombstoneSettings

__all__ = ["SqlAdapter", "SqlSettings", "TableSettings", "TombstoneSettings", "sql_adapter"]
