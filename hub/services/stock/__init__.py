"""Stock: counted when the books open, moved by people, shown on every channel."""
