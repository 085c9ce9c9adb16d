"""An export merged into subscribers.csv, of which every other byte stays as it was."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.core.atomic_file import AtomicFile
from digest.errors import SubscribersError
from digest.models import Problem, Subscriber, Suppression
from digest.subscribers import backup_of, current_status, merge, plan, read_subscribers
from digest.subscribers.csv_editor import editing
from digest.subscribers.csv_table import Row
from digest.subscribers.export_formats import ImportedSubscriber
from digest.subscribers.imports import Plan

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
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


def problem(line: int, what: str, step: str) -> Problem:
    return Problem(f"export.csv:{line}", what, step)


def told(status: str = "active", **values: str) -> ImportedSubscriber:
    return ImportedSubscriber(2, status, values)


def suppressed(email: str) -> Suppression:
    return Suppression(email, "complained", NOW)


def listed(tmp_path: Path, text: str = LIST) -> Path:
    file = tmp_path / "subscribers.csv"
    file.write_bytes(text.encode())
    return file


def test_what_is_empty_is_filled_new_readers_come_last_and_the_rest_stays_byte_for_byte(tmp_path: Path) -> None:
    file = listed(tmp_path)
    made = Plan(
        merge={
            "ada@example.com": told(name="Ada Penhale"),
            "kenji@example.org": told(name="Kenji; Ōta", timezone="Asia/Tokyo"),
            "new@example.com": told(name='The "New" One', language="de"),
        }
    )
    merged = merge(file, made)
    assert (merged.added, merged.changed, merged.there) == (1, 1, 1)
    assert (
        file.read_text()
        == LIST.replace("shoe size;Name;note\n", "shoe size;Name;note;timezone;language\n").replace(
            "KENJI@example.org;41\n", 'KENJI@example.org;41;"Kenji; Ōta";;Asia/Tokyo;\n'
        )
        + 'new@example.com;;"The ""New"" One";;;de\n'
    )
    assert backup_of(file).read_text() == LIST
    assert sorted(path.name for path in tmp_path.iterdir()) == ["subscribers.csv", "subscribers.csv.bak"]


def test_a_second_import_changes_nothing_not_even_the_backup(tmp_path: Path) -> None:
    file = listed(tmp_path)
    made = Plan(merge={"new@example.com": told(name="New")})
    merge(file, made)
    before = file.stat().st_mtime_ns, backup_of(file).read_bytes()
    again = merge(file, made)
    assert (again.added, again.changed, again.there) == (0, 0, 1)
    assert (file.stat().st_mtime_ns, backup_of(file).read_bytes()) == before


def test_who_left_is_marked_on_each_of_their_rows(tmp_path: Path) -> None:
    file = listed(tmp_path, "email,status\nada@example.com,\nzoe@example.com,active\nADA@example.com,pending")
    merged = merge(file, Plan(leave={"ada@example.com": "bounced"}))
    assert merged.changed == 1
    assert file.read_text() == "email,status\nada@example.com,bounced\nzoe@example.com,active\nADA@example.com,bounced"


def test_a_status_column_is_added_when_somebody_needs_it(tmp_path: Path) -> None:
    file = listed(tmp_path, "email\nada@example.com\nzoe@example.com")
    merge(file, Plan(leave={"zoe@example.com": "complained"}, merge={"new@example.com": told("pending")}))
    assert file.read_text() == "email,status\nada@example.com\nzoe@example.com,complained\nnew@example.com,pending\n"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_and_the_byte_order_mark_stay(tmp_path: Path, line_end: str, bom: bytes, *, last: bool) -> None:
    file = tmp_path / "subscribers.csv"
    text = line_end.join(["email,name", "ada@example.com,", "zoe@example.com,Zoë"]) + line_end * last
    file.write_bytes(bom + text.encode())
    merge(file, Plan(merge={"ada@example.com": told(name="Ada"), "new@example.com": told()}))
    lines = ["email,name", "ada@example.com,Ada", "zoe@example.com,Zoë", "new@example.com,", ""]
    assert file.read_bytes() == bom + line_end.join(lines).encode()


def test_a_list_that_is_not_there_is_made(tmp_path: Path) -> None:
    file = tmp_path / "subscribers.csv"
    merge(file, Plan(merge={"ada@example.com": told(name="Ada", cadence="weekly")}))
    assert list(read_subscribers(file)) == [Subscriber("ada@example.com", "Ada", cadence="weekly")]
    assert not backup_of(file).exists()


def test_an_address_that_begins_with_a_hash_is_no_comment(tmp_path: Path) -> None:
    file = listed(tmp_path, "email\n")
    merge(file, Plan(merge={"#ada@example.com": told()}))
    assert list(read_subscribers(file)) == [Subscriber("#ada@example.com")]


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    file = listed(tmp_path)
    merged = merge(file, Plan(merge={"new@example.com": told()}), write=False)
    assert merged.added == 1
    assert [path.name for path in tmp_path.iterdir()] == ["subscribers.csv"]
    assert file.read_text() == LIST


def test_rights_and_links_stay(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = listed(tmp_path / "real")
    real.chmod(0o640)
    link = tmp_path / "subscribers.csv"
    link.symlink_to(real)
    merge(link, Plan(merge={"new@example.com": told()}))
    assert link.is_symlink()
    assert "new@example.com" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_list_that_somebody_saved_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    file = listed(tmp_path)
    with AtomicFile(file, SubscribersError) as replacement:
        replacement.stream.write("email\n")
        file.write_text("email\nmine@example.com\n")
        os.utime(file, ns=(1, 1))
        with pytest.raises(SubscribersError, match="changed by somebody else meanwhile"):
            replacement.commit()
    assert file.read_text() == "email\nmine@example.com\n"
    assert [path.name for path in tmp_path.iterdir()] == ["subscribers.csv"]


def test_a_failure_half_way_leaves_the_old_list_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "subscribers.csv"
    text = b"email\n" + b"ada@example.com\n" * 20_000 + b"zo\xeb@example.com\n"
    file.write_bytes(text)
    with pytest.raises(SubscribersError, match="csv:20002: not UTF-8"):
        merge(file, Plan(merge={"new@example.com": told()}))
    assert file.read_bytes() == text
    assert [path.name for path in tmp_path.iterdir()] == ["subscribers.csv"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubscribersError, match="cannot be written: No such file"):
        merge(tmp_path / "nowhere" / "subscribers.csv", Plan(merge={"new@example.com": told()}))


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(deadline=None)  # it writes files, and waits until they are on the disk
@given(st.lists(st.lists(cells, max_size=5), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_any_list_is_copied_as_it_is_and_its_readers_stay(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], separator: str
) -> None:
    file = tmp_path_factory.mktemp("csv") / "subscribers.csv"
    lines = [separator.join(["email", "name", "x"]), *(separator.join(row) for row in rows)]
    text = "\n".join(lines)
    file.write_bytes(text.encode())
    with editing(file) as editor:
        assert "".join(editor.rows(lambda _: {})).encode() == text.encode()
    before = [row for row in read_subscribers(file) if isinstance(row, Subscriber)]
    merge(file, Plan(merge={"new@example.com": told()}))
    after = [row for row in read_subscribers(file) if isinstance(row, Subscriber)]
    assert after[: len(before)] == before


@settings(deadline=None)  # it writes files, and waits until they are on the disk
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=4), st.sampled_from([",", ";", "\t"]))
def test_cells_of_a_row_that_is_written_anew_come_back_as_they_were(
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
        with editing(file) as editor:

            def keep(row: Row) -> Mapping[str, str]:
                found.append(list(row.cells))
                return {}

            assert "".join(editor.rows(keep))
        return found

    before = read_cells()
    merge(file, Plan(merge={f"r{number}@example.com": told(language="de") for number in range(len(wild))}))
    assert read_cells() == [[*row[:3], "de"] for row in before]


# --- who is taken, and who stays out ----------------------------------------------------------------------------------


def test_who_left_on_either_s_word_stays_out_and_is_suppressed() -> None:
    made = plan(
        {
            "new@example.com": told(),
            "here@example.com": told(),
            "left-there@example.com": told("unsubscribed"),
            "left-there-listed@example.com": told("bounced"),
            "left-there-known@example.com": told("bounced"),
            "left-here@example.com": told(),
            "suppressed@example.com": told(),
            "erased@example.com": told(),
            "erased-left@example.com": told("unsubscribed"),
            "odd@example.com": told(),
            "pending@example.com": told(),
        },
        {
            "here@example.com": "active",
            "left-there-listed@example.com": "active",
            "left-here@example.com": "complained",
            "odd@example.com": "unknown",
            "pending@example.com": "pending",
        },
        {
            "left-there-known@example.com": suppressed("left-there-known@example.com"),
            "suppressed@example.com": suppressed("suppressed@example.com"),
            "erased@example.com": suppressed("erased:1:2"),
            "erased-left@example.com": suppressed("erased:1:3"),
        },
        problem,
    )
    assert set(made.merge) == {"new@example.com", "here@example.com", "pending@example.com"}
    assert made.leave == {"left-there-listed@example.com": "bounced"}
    assert made.suppress == {
        "left-there@example.com": "unsubscribed",
        "left-there-listed@example.com": "bounced",
        "left-here@example.com": "complained",
    }
    assert made.gone == 4
    assert [str(item).partition("; ")[0] for item in made.left_out] == [
        "export.csv:2: left-here@example.com is complained in the list",
        "export.csv:2: suppressed@example.com is suppressed since 23 Nov 2026 (complained)",
        "export.csv:2: erased@example.com asked to be forgotten on 23 Nov 2026",
        "export.csv:2: odd@example.com has an unknown status in the list",
    ]


def test_standing_is_the_worst_of_all_rows_and_only_of_who_is_asked_for(tmp_path: Path) -> None:
    file = listed(
        tmp_path,
        "email,status\na@example.com,active\nb@example.com,bounced\nb@example.com,pending\nB@example.com,\n"
        "c@example.com,dunno\nother@example.com,bounced\nno address,active\n",
    )
    emails = {f"{letter}@example.com" for letter in "abcd"}
    assert current_status(file, emails) == {
        "a@example.com": "active",
        "b@example.com": "bounced",
        "c@example.com": "unknown",
    }
