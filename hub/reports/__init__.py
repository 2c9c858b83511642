"""Read-only questions about the hub: SQL in, plain frozen rows out."""
