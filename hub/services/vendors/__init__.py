"""Connections to vendors: made, kept well, watched, left."""
