"""Alembic revisions; `connector.store.schema.REVISIONS` lists them, a test proves that both lead to the same tables."""
