"""The hub over HTTP: webhooks and health; console and API join here."""
