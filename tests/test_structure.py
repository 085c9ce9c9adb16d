"""The house as the README draws it: who may know whom, which names are public, and what the documents promise."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import msgspec
import pytest

from digest import errors
from digest.cli import cli
from digest.config.tables import File

ROOT = Path(__file__).resolve().parents[1]

BASE = {"models", "errors", "resources", "replacing", "toml_file", "digest"}
STAGES = {"sources", "editorial", "audience", "render", "delivery", "ledger", "lint"}
KNOWS = {
    **dict.fromkeys(BASE, BASE),
    **dict.fromkeys(STAGES, BASE),
    "config": BASE | {"delivery", "sources"},
    "drafts": BASE | {"editorial", "sources"},
    "newsroom": BASE | STAGES | {"config", "drafts"},
    "desk": BASE | STAGES | {"config", "drafts", "newsroom"},
    "cli": BASE | STAGES | {"config", "drafts", "newsroom", "desk"},
    "__main__": {"cli"},
}
"""Each room of digest/ and the ones it may import from. The stages know none of each other."""


def imported(file: Path) -> Iterator[str]:
    """The rooms that a file imports from."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "digest":
            whole = [node.module] if node.module != "digest" else [f"digest.{name.name}" for name in node.names]
            yield from ((*module.split("."), "")[1] or "digest" for module in whole)


@pytest.mark.parametrize("room", sorted(KNOWS))
def test_a_room_knows_only_those_it_may(room: str) -> None:
    folder = ROOT / "digest"
    files = [folder / "__init__.py"] if room == "digest" else [*(folder / room).rglob("*.py"), folder / f"{room}.py"]
    found = {
        (str(file.relative_to(ROOT)), other)
        for file in files
        if file.exists()
        for other in imported(file)
        if other not in KNOWS[room] | {room, "__version__"}
    }
    assert found == set()


def test_every_room_has_its_place() -> None:
    rooms = {
        file.stem for file in (ROOT / "digest").iterdir() if file.suffix == ".py" or (file / "__init__.py").exists()
    }
    assert rooms - {"__init__"} == set(KNOWS) - {"digest"}


def test_the_tree_of_errors_is_the_one_that_is_drawn() -> None:
    def below(error: type[Exception]) -> Iterator[str]:
        for one in error.__subclasses__():
            if one.__module__ == errors.__name__:
                yield one.__name__
                yield from below(one)

    assert errors.__doc__
    assert sorted(re.findall(r"── (\w+)", errors.__doc__)) == sorted(below(errors.DigestError))


@pytest.mark.parametrize("room", sorted(STAGES | {"config", "drafts"}))
def test_what_a_room_offers_is_there(room: str) -> None:
    module = __import__(f"digest.{room}", fromlist=["__all__"])
    assert len(module.__all__) == len(set(module.__all__))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_every_command_is_in_the_readme() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, command in cli.commands.items():
        commands = command.commands.values() if isinstance(command, click.Group) else [command]
        for one in commands:
            told = name if one is command else f"{name} {one.name}"
            assert f"`digest {told}" in table or f"`{told}`" in table, told


def test_every_key_of_the_configuration_is_in_its_guide() -> None:
    guide = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    for table in msgspec.structs.fields(File):
        assert f"[{table.encode_name}]" in guide or f"[[{table.encode_name}]]" in guide
        for kind in (table.type, *get_args(table.type)):
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                for key in msgspec.structs.fields(kind):
                    assert f"`{key.encode_name}`" in guide or f".{key.encode_name}]" in guide, (table.name, key.name)
