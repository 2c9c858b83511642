"""Errors named by what the hub does next, not by where they came from."""


class HubError(Exception):
    """Any error the hub raises on purpose; its text tells a person what to do."""


class ConnectorError(HubError):
    """A call to a vendor did not end well; the subclass says what happens next."""

    after_effect = False
    """Something was bought or created before, by an earlier call of the same effect."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TransientError(ConnectorError):
    """Try again later: network, 5xx, timeout. `retry_after` is in seconds when the vendor said."""

    def __init__(
        self, reason: str, retry_after: float | None = None, code: str | None = None
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.code = code


class NotSentError(TransientError):
    """The request provably never reached the vendor: an effect may be sent again freely."""


class UnknownOutcomeError(TransientError):
    """The request was, or may have been, sent and nobody knows what became of it.

    For an effect this is a third outcome beside success and refusal: it is looked up, replayed
    under the same key, or given to a person. It is never retried blindly.
    """


class RateLimitedError(ConnectorError):
    """Told to slow down: the hub waits `retry_after` seconds; no attempt is consumed."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class AuthError(ConnectorError):
    """Credentials refused: the hub pauses the connection and tells the operator."""


class AccountStoppedError(AuthError):
    """The account itself is stopped: unpaid, frozen, locked, uninstalled. New credentials would
    not help: the hub pauses the connection with the reason until an operator resumes it."""


class RejectedError(ConnectorError):
    """The vendor understood and refused: shown to a person with the vendor's reason."""

    def __init__(self, reason: str, code: str | None = None) -> None:
        super().__init__(reason)
        self.code = code


class RedirectedError(RejectedError):
    """Sent elsewhere for good, which the hub never follows: a new address, or an attack."""


class MappingError(ConnectorError):
    """A record we do not understand: it is kept aside with its raw body, the page goes on.

    The text is stored in clear: never give a `value` that names a person.
    """

    def __init__(self, path: str, value: object, reason: str = "not understood") -> None:
        super().__init__(f"{path}: {reason}: {str(value)[:80]!r}")
        self.path = path


class SignatureError(ConnectorError):
    """A webhook whose signature is missing or wrong: answered 401, nothing is stored."""


class ConfigError(HubError):
    """A connection's configuration is not acceptable; the text names the field and the cure."""
