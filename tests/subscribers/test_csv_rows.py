"""subscribers.csv as newsrooms have it."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SubscribersError
from digest.models import Problem, Subscriber
from digest.subscribers.csv_rows import read_subscribers


def read(tmp_path: Path, content: str | bytes) -> tuple[list[Subscriber], list[str]]:
    file = tmp_path / "subscribers.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    rows = list(read_subscribers(file))
    problems = [str(row).removeprefix(f"{file}:") for row in rows if isinstance(row, Problem)]
    return [row for row in rows if isinstance(row, Subscriber)], problems


def test_every_column_in_any_order(tmp_path: Path) -> None:
    rows, problems = read(
        tmp_path,
        "Status;Language;TIMEZONE;cadence;categories;name;Email\n"
        "active;pt_BR;Asia/Tokyo;Weekly;World|Science ;Zoë;Zoe@Example.COM\n",
    )
    assert problems == []
    assert rows == [Subscriber("zoe@example.com", "Zoë", ("World", "Science"), "weekly", "Asia/Tokyo", "pt-BR")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_bom_line_ends_and_separators(tmp_path: Path, encoding: str, newline: str, separator: str) -> None:
    text = newline.join([f"name{separator}email", f"Ada{separator}ada@example.com", ""])
    assert read(tmp_path, text.encode(encoding))[0] == [Subscriber("ada@example.com", "Ada")]


def test_each_bad_row_is_reported_with_its_line_and_the_rest_are_read(tmp_path: Path) -> None:
    rows, problems = read(
        tmp_path,
        'email,name,cadence,status\nada@example.com,"Ada\nByron",daily,active\n\nnot an address,X,,\n,Y,,\n'
        "ADA@example.com,Again,,\nzoe@example.com,Z,hourly,\ngone@example.com,G,,asleep\nlast@example.com,L,,\na@example.com,b,c,d,e\n",
    )
    assert [row.email for row in rows] == ["ada@example.com", "zoe@example.com", "last@example.com"]
    assert rows[0].name == "Ada Byron"
    assert problems[0].startswith("5: `not an address` is not a valid email address")
    assert problems[1:] == [
        "6: has no address; left out",
        "7: ada@example.com is already on line 2; counted once",
        "8: unknown cadence `hourly`; read as daily; known: daily, weekdays, weekly",
        "9: unknown status `asleep`; left out; known: active, pending, unsubscribed, bounced, complained",
        "11: has 5 fields, the header 4; left out; quote a field that contains `,`",
    ]


def test_a_name_cannot_hold_a_line_break(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, 'email,name\nada@example.com,"Ada\r\nBcc: x@example.com\x00\x1b"\n')
    assert rows[0].name == "Ada Bcc: x@example.com"


def test_spellings_of_one_address_are_one_reader(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, "email\nada@bücher.example\nADA@xn--bcher-kva.example\n")
    assert len(rows) == 1
    assert "counted once" in problems[0]


def test_a_reader_unsubscribed_on_any_line_is_not_mailed(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, "email,status\nada@example.com,active\nADA@example.com,unsubscribed\n")
    assert [(row.email, row.status) for row in rows] == [("ada@example.com", "unsubscribed")]
    assert "counted once" in problems[0]


def test_a_row_with_an_unknown_status_stops_mail_for_the_address_s_other_row(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, "email,status\nada@example.com,active\nada@example.com,paused?\n")
    assert [row.status for row in rows] == ["unknown"]
    assert problems == ["3: ada@example.com is already on line 2; counted once"]


def test_an_unclosed_quote_loses_only_its_own_row(tmp_path: Path) -> None:
    rows, problems = read(
        tmp_path,
        'email,name\nada@example.com,"Ada\nkenji@example.com,Kenji\nzoe@example.com,"Zoë\nBrandão"\n'
        'bob@example.com,"Bob" Cole\nann@example.com,"Ann',
    )
    assert [(row.email, row.name) for row in rows] == [
        ("kenji@example.com", "Kenji"),
        ("zoe@example.com", "Zoë Brandão"),
    ]
    assert [problem.partition(": ")[0] for problem in problems] == ["2", "6", "7"]
    assert all("fix the row's quotes" in problem for problem in problems)


def test_an_unclosed_quote_in_a_long_list_loses_only_its_own_row(tmp_path: Path) -> None:
    many = "".join(f"r{number}@example.com,R\n" for number in range(500))
    rows, problems = read(tmp_path, f'email,name\nada@example.com,"Ada\n{many}')
    assert len(rows) == 500
    assert len(problems) == 1


def test_a_field_that_is_too_long_loses_only_its_own_row(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, f"email,name\nada@example.com,{'x' * 200_000}\nzoe@example.com,Zoë\n")
    assert [row.email for row in rows] == ["zoe@example.com"]
    assert problems[0].startswith("2: cannot be read")


def test_a_zero_byte_does_not_make_another_address(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, "email\na\0da@example.com\n\0\0\0\n")
    assert rows == []
    assert len(problems) == 1
    assert problems[0].startswith("2: `a da@example.com` is not a valid email address")


def test_reserved_domains_are_refused_except_the_example_domains(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "email\nada@example.com\nada@example.org\nada@newsroom.test\nada@localhost\n")
    assert [row.email for row in rows] == ["ada@example.com", "ada@example.org"]


def test_an_error_outside_the_address_keeps_the_reader_on_the_list(tmp_path: Path) -> None:
    rows, problems = read(
        tmp_path, "email,timezone,language\nada@example.com,Mars/Olympus,english\nzoe@example.com,../../etc/passwd,de\n"
    )
    assert rows == [Subscriber("ada@example.com"), Subscriber("zoe@example.com", language="de")]
    assert [problem.partition("`;")[0] for problem in problems[:1]] == [
        "2: `Mars/Olympus` is not a valid time zone; the publication's is used; write it as America/Chicago"
    ]
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("written", "tag"), [("PT_br", "pt-BR"), ("zh-HANS-cn", "zh-Hans-CN"), ("DE", "de"), ("es-419", "es-419")]
)
def test_spellings_of_a_language_become_one_tag(tmp_path: Path, written: str, tag: str) -> None:
    rows, _ = read(tmp_path, f"email,language\nada@example.com,{written}\n")
    assert rows[0].language == tag


@pytest.mark.parametrize("written", ["World|Science", "World;Science", '"World,Science"', '" World | Science|"'])
def test_categories_may_have_one_of_several_separators(tmp_path: Path, written: str) -> None:
    rows, problems = read(tmp_path, f"email,categories\nada@example.com,{written}\n")
    assert rows[0].categories == ("World", "Science")
    assert problems == []


def test_blank_lines_before_the_header_are_counted(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, "\n\nemail,shoe\nada@example.com,38\nno address,\n")
    assert [row.email for row in rows] == ["ada@example.com"]
    assert [problem.partition(": ")[0] for problem in problems] == ["3", "5"]


def test_unknown_columns_are_reported_once(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "email,shoe size\nada@example.com,38\nzoe@example.com,41\n")
    assert problems == [
        "1: unknown columns are ignored: shoe size; known: email, name, categories, cadence, timezone, language, status"
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"name,address\nAda,ada@example.com\n", "no `email` column"),
        (b"email,name\nada@example.com,Zo\xeb\n", "csv:2: not UTF-8 .byte 0xeb"),
        ("email\nada@example.com\n".encode("utf-16"), "csv:1: not UTF-8"),
        ("email\nada@example.com\n".encode("utf-16-le"), "csv:1: not UTF-8"),
        (b"Email Address;Name\nada@example.com;Ada\n", "separated by `;`: email address, name.*rename its column"),
        (b"ada@example.com,Ada\n", "first line is not a header"),
        (b"email,status,Status\nada@example.com,active,bounced\n", "more than one `status` column"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_hint(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(SubscribersError, match=words) as caught:
        read(tmp_path, content)
    assert caught.value.hint


def test_a_missing_list_is_refused_with_how_to_create_one(tmp_path: Path) -> None:
    with pytest.raises(SubscribersError, match="a header `email`"):
        list(read_subscribers(tmp_path / "subscribers.csv"))


@settings(deadline=None)  # it writes a file
@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=8))
def test_any_text_is_read_without_failing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    file = tmp_path_factory.mktemp("csv") / "subscribers.csv"
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["email", "name"])
    writer.writerow(["ada@example.com", "Ada"])
    for row in rows:
        writer.writerow([cell.encode("utf-8", "replace").decode() for cell in row])
    file.write_text(out.getvalue(), encoding="utf-8", newline="")
    found = list(read_subscribers(file))
    assert found[0] == Subscriber("ada@example.com", "Ada")
    assert all("\n" not in row.name for row in found if isinstance(row, Subscriber))


wild_names = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(deadline=None)  # it writes a file
@given(st.lists(wild_names, min_size=1, max_size=8), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]))
def test_names_survive_a_round_trip_on_one_line(
    tmp_path_factory: pytest.TempPathFactory, wild: list[str], separator: str, line_end: str
) -> None:
    file = tmp_path_factory.mktemp("csv") / "subscribers.csv"
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([["name", "email"], *([name, f"r{number}@example.com"] for number, name in enumerate(wild))])
    file.write_text(out.getvalue(), encoding="utf-8", newline="")
    found = list(read_subscribers(file))
    folded = [
        " ".join("".join(" " if ord(c) < 32 or 127 <= ord(c) < 160 else c for c in name).split()) for name in wild
    ]
    assert found == [Subscriber(f"r{number}@example.com", name) for number, name in enumerate(folded)]


@settings(deadline=None)  # it writes a file
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_message(tmp_path_factory: pytest.TempPathFactory, wild: bytes) -> None:
    file = tmp_path_factory.mktemp("csv") / "subscribers.csv"
    file.write_bytes(b"email,name,status,language\n" + wild)
    try:
        wild.decode()
    except UnicodeDecodeError:
        with pytest.raises(SubscribersError, match="not UTF-8") as caught:
            list(read_subscribers(file))
        assert caught.value.hint
    else:
        assert all(isinstance(row, Problem) or "@" in row.email for row in read_subscribers(file))


@pytest.mark.parametrize(
    ("text", "readers"),
    [
        ("Email,First name,Last name\nada@example.com,Joël,Müller-Schultheiß\n", ["ada@example.com"]),
        ('\ufeff"Email","First name"\r\n"ada@example.com","Ada"\r\n"zoe@example.org","Zoë"\r\n', ["ada@example.com", "zoe@example.org"]),
        ('Email, First name\nada@example.com, "Ada"\n"zoe@example.com","Zoë"\n', ["ada@example.com", "zoe@example.com"]),
        ('email,name,attributes\nada@example.com,Ada,"{""age"": 29, ""city"": ""Bath""}"\n', ["ada@example.com"]),
        ("Email,Status\nada@example.com,active\nout@example.com,unsubscribed\nbad@example.com,unreachable\n",
         ["ada@example.com", "out@example.com", "bad@example.com"]),
        ("Status,Email\n1,ada@example.com\n0,zoe@example.com\n", []),
    ],
    ids=["extra columns", "bom and quotes", "spaces before quotes", "json in a field", "statuses", "numbers for statuses"],
)  # fmt: skip
def test_an_export_can_be_read_as_our_own_list(tmp_path: Path, text: str, readers: list[str]) -> None:
    assert [row.email for row in read(tmp_path, text)[0]] == readers


@pytest.mark.parametrize("column", ["Email Address", "email_address"])
def test_a_list_whose_email_column_has_another_name_is_refused_with_a_hint(tmp_path: Path, column: str) -> None:
    with pytest.raises(SubscribersError, match="has no `email` column") as caught:
        read(tmp_path, f"{column},name\nada@example.com,Ada\n")
    assert caught.value.hint == f"rename its column `{column.lower()}` to `email`"


def test_lines_that_begin_with_a_hash_are_comments_except_numbers_and_a_column_of_that_name(tmp_path: Path) -> None:
    rows, problems = read(
        tmp_path, "# our list\nemail,name\n#ada@example.com,Ada\nzoe@example.com,Zoë\n# the end\n#1,Nobody\n"
    )
    assert [row.email for row in rows] == ["zoe@example.com"]
    assert [problem.partition(":")[0] for problem in problems] == ["6"]
    rows, _ = read(tmp_path, "#,email\n1,zoe@example.com\n")
    assert [row.email for row in rows] == ["zoe@example.com"]
