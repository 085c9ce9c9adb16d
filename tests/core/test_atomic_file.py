"""Files that are replaced in one step, or not at all."""

import os
from pathlib import Path

import pytest

from digest.core.atomic_file import AtomicFile
from digest.errors import SubscribersError


def replace(file: Path, text: str, *, mode: int | None = None, backup: Path | None = None) -> None:
    with AtomicFile(file, SubscribersError, mode=mode) as new:
        new.stream.write(text)
        new.commit(backup=backup)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_gets_the_mode(tmp_path: Path) -> None:
    replace(tmp_path / "list.csv", "new\n", mode=0o600)
    assert (tmp_path / "list.csv").read_text() == "new\n"
    assert (tmp_path / "list.csv").stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["list.csv"]


def test_an_old_file_is_kept_as_the_backup_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("old\n")
    file.chmod(0o640)
    replace(file, "new\r\n", mode=0o600, backup=tmp_path / "list.csv.bak")
    assert file.read_bytes() == b"new\r\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "list.csv.bak").read_text() == "old\n"
    assert (tmp_path / "list.csv.bak").stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == ["list.csv", "list.csv.bak"]


def test_without_a_commit_nothing_changes(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("old\n")
    with AtomicFile(file, SubscribersError) as new:
        new.stream.write("new\n")
    assert file.read_text() == "old\n"
    assert names(tmp_path) == ["list.csv"]


def test_the_target_of_a_link_is_replaced(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "list.csv"
    real.write_text("old\n")
    link.symlink_to(real)
    replace(link, "new\n")
    assert link.is_symlink()
    assert real.read_text() == "new\n"


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("old\n")
    with AtomicFile(file, SubscribersError) as new:
        new.stream.write("new\n")
        file.write_text("theirs\n")
        os.utime(file, ns=(1, 1))
        with pytest.raises(SubscribersError, match="changed by somebody else meanwhile"):
            new.commit()
    assert file.read_text() == "theirs\n"
    assert names(tmp_path) == ["list.csv"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubscribersError, match=r"nowhere/list\.csv: cannot be written: No such file"):
        replace(tmp_path / "nowhere" / "list.csv", "new\n")
