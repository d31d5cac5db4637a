"""Real neighbours for tests: a PostgreSQL server, a mailbox, a browser."""
