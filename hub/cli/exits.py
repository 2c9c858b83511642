"""What the exit codes of `hub` mean."""

from enum import IntEnum


class Exit(IntEnum):
    """One number for each way a command can end."""

    FINE = 0
    FAILURE = 1
    WRONG_USAGE = 2
    NOT_FOUND = 3
    ACCESS = 4
    """Credentials or keys were refused."""
    CONFLICT = 5
    VENDOR_UNAVAILABLE = 6
    """Try later."""
    PARTIAL = 7
    """Some of it was done."""
    INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot do what was asked; its text is one sentence that says what to do."""

    exit = Exit.FAILURE


class UsageError(CommandError):
    """The command line itself is not complete or contradicts itself."""

    exit = Exit.WRONG_USAGE


class NotFoundError(CommandError):
    """What was named does not exist."""

    exit = Exit.NOT_FOUND


class ConflictError(CommandError):
    """Things stand otherwise than the command needs."""

    exit = Exit.CONFLICT


class AccessError(CommandError):
    """Credentials are missing or refused."""

    exit = Exit.ACCESS


class UnavailableError(CommandError):
    """A vendor does not answer at present."""

    exit = Exit.VENDOR_UNAVAILABLE
