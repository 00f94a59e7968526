"""Where services keep what must survive a restart: engine, transactions, migrations, column types."""
