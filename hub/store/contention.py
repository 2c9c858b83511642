"""Telling a database that was busy from one that is wrong, away, or not there at all."""

from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

_BUSY_SQLSTATES = {
    "40001",  # serialization failure
    "40P01",  # deadlock detected
    "55P03",  # lock not available
}


def is_contention(error: BaseException) -> bool:
    """Whether the same statements may simply succeed when they are run again."""
    if not isinstance(error, DBAPIError):
        return False
    if getattr(error.orig, "sqlstate", None) in _BUSY_SQLSTATES:
        return True
    name = getattr(error.orig, "sqlite_errorname", "")
    return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def no_answer(error: BaseException) -> str | None:
    """Give what the database says, in a line, when it does not work; None for other errors."""
    if not isinstance(error, OperationalError):
        return None
    return str(error.orig or "nobody says why").partition("\n")[0]


def is_bad_address(error: BaseException) -> bool:
    """Whether the database's URL cannot be read."""
    return isinstance(error, ArgumentError)
