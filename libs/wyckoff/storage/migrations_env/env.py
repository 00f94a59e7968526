"""The alembic environment of every service; the connection, in its transaction, comes from the caller."""

from __future__ import annotations

from alembic import context

# batch mode, because SQLite can alter a table only by copying it
context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
