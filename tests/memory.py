"""A folder in memory for what dies in tests: processes, and never a disk."""

import shutil
from pathlib import Path

_SHARED = Path("/dev/shm")
_ENOUGH_BYTES = 1 << 30

MEMORY = _SHARED if _SHARED.is_dir() and shutil.disk_usage(_SHARED).free > _ENOUGH_BYTES else None
"""None where there is no such folder, or too little room in it (containers may give 64 MB)."""
