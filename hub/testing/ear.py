"""What was logged during a test, for those who look for secrets in it."""

import logging


class Ear(logging.Handler):
    """Keeps every line that was logged, as it would have been printed."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(self.format(record))
