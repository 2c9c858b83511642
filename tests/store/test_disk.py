"""The disk under an embedded database."""

from pathlib import Path

import pytest

from hub.store.disk import has_room, keep_private, refuse_network_disk
from hub.store.engine import StorageError

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/shops /data nfs4 rw 0 0
/dev/sdb1 /data/local\\040disk ext4 rw 0 0
"""


def test_a_network_disk_is_refused_with_what_to_do() -> None:
    with pytest.raises(StorageError, match="nfs4.*HUB_HOME"):
        refuse_network_disk(Path("/data/hub"), MOUNTS)


@pytest.mark.parametrize("folder", ["/srv/hub", "/data/local disk/hub", "/database"])
def test_a_local_disk_is_accepted_even_below_a_network_one(folder: str) -> None:
    refuse_network_disk(Path(folder), MOUNTS)


def test_room_is_measured_in_megabytes(tmp_path: Path) -> None:
    assert has_room(tmp_path, 0)
    assert not has_room(tmp_path, 10**9)


def test_files_become_private_and_missing_ones_are_no_matter(tmp_path: Path) -> None:
    file = tmp_path / "hub.db"
    file.write_text("")
    file.chmod(0o644)
    keep_private([file, tmp_path / "hub.db-wal"])
    assert file.stat().st_mode & 0o777 == 0o600
