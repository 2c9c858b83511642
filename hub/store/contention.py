"""Telling a database that was busy from one that is wrong."""

from sqlalchemy.exc import DBAPIError

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
