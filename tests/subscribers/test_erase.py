"""A reader taken out of subscribers.csv for good."""

from pathlib import Path

from digest.subscribers import erase

LIST = """\
# ada@example.com asked to be called Ada
email,name,referred by
ADA@example.com,Ada,
zoe@example.com,"Zoë
Brandão",ada@example.com
kenji@example.org,Kenji,bada@example.com
nobody,No Address,
ada@example.com,Again,
ada@example.com,1,2,3,4
"""


def test_every_row_of_theirs_goes_and_lines_that_name_them_still_are_told(tmp_path: Path) -> None:
    file = tmp_path / "subscribers.csv"
    file.write_text(LIST)
    taken, problems = erase(file, "ada@example.com")
    assert taken == 2
    assert file.read_text() == LIST.replace("ADA@example.com,Ada,\n", "").replace("ada@example.com,Again,\n", "")
    assert [str(problem).removeprefix(f"{file}:") for problem in problems] == [
        f"{line}: names ada@example.com still; take it out by hand" for line in (1, 4, 7)
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["subscribers.csv"]


def test_a_list_without_them_or_that_is_not_there_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "subscribers.csv"
    assert erase(file, "ada@example.com") == (0, [])
    assert not file.exists()
    file.write_text("email\nzoe@example.com\n")
    before = file.stat().st_mtime_ns
    assert erase(file, "ada@example.com") == (0, [])
    assert file.stat().st_mtime_ns == before
