"""An import carried out on a CSV list, of which every other byte stays as it was."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SubscribersError
from digest.models import Subscriber
from digest.subscribers import CsvSubscriberStore
from digest.subscribers.csv_editor import edit_csv
from digest.subscribers.csv_rows import read_subscribers
from digest.subscribers.csv_table import Row
from digest.subscribers.import_plan import ImportedSubscriber, ImportPlan, ImportResult

LIST = """\
# our list, since 2019

Email;shoe size;Name;note
ada@example.com;38;Ada;"says ""hello""
on two lines"
# kenji asked for the weekly
KENJI@example.org;41
broken@example.com;1;2;3;4;5
zoe@example.net;;Zoë;x
"""


def imported(status: str = "active", **values: str) -> ImportedSubscriber:
    return ImportedSubscriber(2, status, values)


def apply(file: Path, plan: ImportPlan, *, write: bool = True) -> ImportResult:
    return CsvSubscriberStore(file).apply(plan, write=write)


def listed(tmp_path: Path, text: str = LIST) -> Path:
    file = tmp_path / "subscribers.csv"
    file.write_bytes(text.encode())
    return file


def test_empty_fields_are_filled_new_readers_are_appended_and_the_rest_is_unchanged(tmp_path: Path) -> None:
    file = listed(tmp_path)
    plan = ImportPlan(
        merge={
            "ada@example.com": imported(name="Ada Penhale"),
            "kenji@example.org": imported(name="Kenji; Ōta", timezone="Asia/Tokyo"),
            "new@example.com": imported(name='The "New" One', language="de"),
        }
    )
    merged = apply(file, plan)
    assert merged == ImportResult(added=1, changed=1, unchanged=1)
    assert (
        file.read_text()
        == LIST.replace("shoe size;Name;note\n", "shoe size;Name;note;timezone;language\n").replace(
            "KENJI@example.org;41\n", 'KENJI@example.org;41;"Kenji; Ōta";;Asia/Tokyo;\n'
        )
        + 'new@example.com;;"The ""New"" One";;;de\n'
    )
    assert CsvSubscriberStore(file).backup.read_text() == LIST
    assert sorted(path.name for path in tmp_path.iterdir()) == ["subscribers.csv", "subscribers.csv.bak"]


def test_a_second_import_changes_nothing_not_even_the_backup(tmp_path: Path) -> None:
    file = listed(tmp_path)
    plan = ImportPlan(merge={"new@example.com": imported(name="New")})
    apply(file, plan)
    before = file.stat().st_mtime_ns, CsvSubscriberStore(file).backup.read_bytes()
    again = apply(file, plan)
    assert again == ImportResult(added=0, changed=0, unchanged=1)
    assert (file.stat().st_mtime_ns, CsvSubscriberStore(file).backup.read_bytes()) == before


def test_a_reader_who_opted_out_is_marked_on_each_of_their_rows(tmp_path: Path) -> None:
    file = listed(tmp_path, "email,status\nada@example.com,\nzoe@example.com,active\nADA@example.com,pending")
    merged = apply(file, ImportPlan(opt_out={"ada@example.com": "bounced"}))
    assert merged.changed == 1
    assert file.read_text() == "email,status\nada@example.com,bounced\nzoe@example.com,active\nADA@example.com,bounced"


def test_a_status_column_is_added_when_needed(tmp_path: Path) -> None:
    file = listed(tmp_path, "email\nada@example.com\nzoe@example.com")
    apply(file, ImportPlan(opt_out={"zoe@example.com": "complained"}, merge={"new@example.com": imported("pending")}))
    assert file.read_text() == "email,status\nada@example.com\nzoe@example.com,complained\nnew@example.com,pending\n"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_and_the_byte_order_mark_stay(tmp_path: Path, line_end: str, bom: bytes, *, last: bool) -> None:
    file = tmp_path / "subscribers.csv"
    text = line_end.join(["email,name", "ada@example.com,", "zoe@example.com,Zoë"]) + line_end * last
    file.write_bytes(bom + text.encode())
    apply(file, ImportPlan(merge={"ada@example.com": imported(name="Ada"), "new@example.com": imported()}))
    lines = ["email,name", "ada@example.com,Ada", "zoe@example.com,Zoë", "new@example.com,", ""]
    assert file.read_bytes() == bom + line_end.join(lines).encode()


def test_a_missing_list_is_created(tmp_path: Path) -> None:
    file = tmp_path / "subscribers.csv"
    apply(file, ImportPlan(merge={"ada@example.com": imported(name="Ada", cadence="weekly")}))
    assert list(read_subscribers(file)) == [Subscriber("ada@example.com", "Ada", cadence="weekly")]
    assert not CsvSubscriberStore(file).backup.exists()


def test_an_address_that_begins_with_a_hash_is_not_a_comment(tmp_path: Path) -> None:
    file = listed(tmp_path, "email\n")
    apply(file, ImportPlan(merge={"#ada@example.com": imported()}))
    assert list(read_subscribers(file)) == [Subscriber("#ada@example.com")]


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    file = listed(tmp_path)
    merged = apply(file, ImportPlan(merge={"new@example.com": imported()}), write=False)
    assert merged.added == 1
    assert [path.name for path in tmp_path.iterdir()] == ["subscribers.csv"]
    assert file.read_text() == LIST


def test_permissions_and_symlinks_are_kept(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = listed(tmp_path / "real")
    real.chmod(0o640)
    link = tmp_path / "subscribers.csv"
    link.symlink_to(real)
    apply(link, ImportPlan(merge={"new@example.com": imported()}))
    assert link.is_symlink()
    assert "new@example.com" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_failure_half_way_leaves_the_old_list_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "subscribers.csv"
    text = b"email\n" + b"ada@example.com\n" * 20_000 + b"zo\xeb@example.com\n"
    file.write_bytes(text)
    with pytest.raises(SubscribersError, match="csv:20002: not UTF-8"):
        apply(file, ImportPlan(merge={"new@example.com": imported()}))
    assert file.read_bytes() == text
    assert [path.name for path in tmp_path.iterdir()] == ["subscribers.csv"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubscribersError, match="cannot be written: No such file"):
        apply(tmp_path / "nowhere" / "subscribers.csv", ImportPlan(merge={"new@example.com": imported()}))


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(deadline=None)  # it writes files, and waits until they are on the disk
@given(st.lists(st.lists(cells, max_size=5), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_any_list_is_copied_unchanged_and_keeps_its_readers(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], separator: str
) -> None:
    file = tmp_path_factory.mktemp("csv") / "subscribers.csv"
    lines = [separator.join(["email", "name", "x"]), *(separator.join(row) for row in rows)]
    text = "\n".join(lines)
    file.write_bytes(text.encode())
    with edit_csv(file) as editor:
        assert "".join(editor.rows(lambda _: {})).encode() == text.encode()
    before = [row for row in read_subscribers(file) if isinstance(row, Subscriber)]
    apply(file, ImportPlan(merge={"new@example.com": imported()}))
    after = [row for row in read_subscribers(file) if isinstance(row, Subscriber)]
    assert after[: len(before)] == before


@settings(deadline=None)  # it writes files, and waits until they are on the disk
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=4), st.sampled_from([",", ";", "\t"]))
def test_the_cells_of_a_rewritten_row_are_unchanged(
    tmp_path_factory: pytest.TempPathFactory, wild: list[tuple[str, str]], separator: str
) -> None:
    file = tmp_path_factory.mktemp("csv") / "subscribers.csv"
    rows = [
        separator.join([f"r{number}@example.com", *('"' + cell.replace('"', '""') + '"' for cell in pair), ""])
        for number, pair in enumerate(wild)
    ]
    file.write_bytes("\n".join([separator.join(["email", "one", "two", "language"]), *rows, ""]).encode())

    def read_cells() -> list[list[str]]:
        found: list[list[str]] = []
        with edit_csv(file) as editor:

            def keep(row: Row) -> Mapping[str, str]:
                found.append(list(row.cells))
                return {}

            assert "".join(editor.rows(keep))
        return found

    before = read_cells()
    apply(file, ImportPlan(merge={f"r{number}@example.com": imported(language="de") for number in range(len(wild))}))
    assert read_cells() == [[*row[:3], "de"] for row in before]
