"""Outward calls that spend or create, performed in three beats."""
