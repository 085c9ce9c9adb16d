"""Caniemail's data, in a folder or in one file."""

import json
from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.lint import Support, load_support


def test_the_newest_answer_counts(support: Support) -> None:
    assert support.features["css-display-flex"].answers["gmail.ios"] == "a #1"
    assert support.features["css-display-flex"].answers["outlook.windows"] == "n"


def test_one_json_file_says_the_same_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "css-float.md").write_text(
        '---\ntitle: "float"\ncategory: css\nstats: {\n\tgmail: {\n\t\tios: {\n\t\t\t"2019": "y",\n\t\t\t"2020": "n #1",\n\t\t}\n\t}\n}\n---\n'
    )
    (tmp_path / "_template.md").write_text("no feature")
    data = {
        "data": [{"slug": "css-float", "title": "float", "stats": {"gmail": {"ios": {"2019": "y", "2020": "n #1"}}}}]
    }
    file = tmp_path / "data.json"
    file.write_text(json.dumps(data))
    assert load_support(tmp_path) == load_support(file)
    assert load_support(file).find_lacking("css-float", ["gmail.ios"]) == ["gmail.ios"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.json", None, "No such file"),
        ("data.json", "{", "is not caniemail's data.json"),
        ("data.json", '{"data": []}', "has no features"),
        ("folder", None, "has no features"),
        ("folder", "---\ntitle: [\n---\n", "is not a feature"),
        ("folder", "---\ntitle: x\n---\n", "is not a feature"),
    ],
)
def test_data_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    if content is not None:
        (path / "css-x.md" if name == "folder" else path).write_text(content)
    with pytest.raises(ConfigError, match=message) as error:
        load_support(path)
    assert str(path) in error.value.location
    assert error.value.hint
