"""The disk under an embedded database: one that locks, is private to its owner, and has room."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from hub.store.engine import StorageError

NETWORK_KINDS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs"})
_MOUNTS = Path("/proc/self/mounts")


def has_room(folder: Path, least_mb: int) -> bool:
    """Say whether there is room to record what a purchase will bring."""
    return shutil.disk_usage(folder).free >= least_mb * 1_000_000


def keep_private(files: Iterable[Path]) -> None:
    """Let only the owner read these files, where they exist."""
    for file in files:
        if file.exists():
            os.chmod(file, 0o600)


def refuse_network_disk(folder: Path, mounts: str | None = None) -> None:
    """Raise `StorageError` on a disk shared over a network: SQLite's locks do not hold there.

    `mounts` is text in the form of /proc/mounts; where the system has none, nothing is checked.
    """
    if mounts is None:
        if not _MOUNTS.exists():
            return
        mounts = _MOUNTS.read_text()
    kind = _kind_of(folder.resolve(), mounts)
    if kind in NETWORK_KINDS:
        raise StorageError(
            f"{folder} is on a network disk ({kind}), where SQLite can lose orders; set HUB_HOME "
            "to a local folder, or HUB_DATABASE_URL to a PostgreSQL server"
        )


def _kind_of(folder: Path, mounts: str) -> str:
    """The innermost mount point above the folder decides; a later line covers an earlier one."""
    best, kind = Path("/"), ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        point = Path(fields[1].replace("\\040", " ")) if len(fields) > 2 else Path("//")
        if folder.is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, kind = point, fields[2]
    return kind
