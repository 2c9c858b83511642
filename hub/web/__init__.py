"""The hub over HTTP: webhooks, health, and the first pages of the console; the API joins here."""
