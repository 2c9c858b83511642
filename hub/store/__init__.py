"""The database: what the hub remembers, and the only way to change it."""
