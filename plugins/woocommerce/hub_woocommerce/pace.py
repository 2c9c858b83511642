"""How much to ask a shop for at once: a small host that takes long is asked for less."""

from hub.sdk import ConnectorError, NotSentError, TransientError

MOST, LEAST = 100, 10
"""Records a page: WooCommerce gives no more than 100; below 10 the calls themselves cost most."""

SLOW, QUICK = 5.0, 1.5
"""Seconds an answer may take. Measured on two cores: 100 orders in 0.8 s, 10 in 0.2 s; many hosts
end a request of PHP after 30 s."""


class Pace:
    """The page size of one shop: halved when an answer is slow or fails, doubled when it is quick.

    Threads may share it: a lost update only costs one page of the wrong size.
    """

    def __init__(self) -> None:
        self.size = MOST

    def took(self, seconds: float, records: int) -> None:
        """Learn from an answer; a page that was not full says nothing about speed."""
        if seconds > SLOW:
            self.size = max(LEAST, self.size // 2)
        elif seconds < QUICK and records >= self.size:
            self.size = min(MOST, self.size * 2)

    def failed(self, error: ConnectorError) -> bool:
        """Learn from a failure; tells whether less will be asked for next time."""
        broke_off = isinstance(error, TransientError) and not isinstance(error, NotSentError)
        if not broke_off or self.size == LEAST:
            return False
        self.size = max(LEAST, self.size // 2)
        return True
