"""Run by alembic, on the connection and in the transaction of `connector.store.migrate`."""

from alembic import context

# SQLite has no ALTER for most changes: batch mode makes the table anew.
context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
