"""What comes in: pulled, pushed by webhook, compared; translated, landed once."""
