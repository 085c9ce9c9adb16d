"""The structure that the documents describe: public names, the tree of errors, commands and configuration keys."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import msgspec
import pytest

from digest import errors
from digest.cli import cli
from digest.config.tables import ConfigFile

ROOT = Path(__file__).resolve().parents[1]

PACKAGES = ("config", "delivery", "drafts", "editorial", "lint", "render", "sources", "storage", "subscribers")
"""Packages whose public names are listed in `__all__`."""


def test_the_tree_of_errors_is_the_one_that_is_drawn() -> None:
    def below(error: type[Exception]) -> Iterator[str]:
        for one in error.__subclasses__():
            if one.__module__ == errors.__name__:
                yield one.__name__
                yield from below(one)

    assert errors.__doc__
    assert sorted(re.findall(r"── (\w+)", errors.__doc__)) == sorted(below(errors.DigestError))


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_exist(package: str) -> None:
    module = __import__(f"digest.{package}", fromlist=["__all__"])
    assert len(module.__all__) == len(set(module.__all__))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_every_command_is_in_the_readme() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, command in cli.commands.items():
        commands = command.commands.values() if isinstance(command, click.Group) else [command]
        for one in commands:
            usage = name if one is command else f"{name} {one.name}"
            assert f"`digest {usage}" in table or f"`{usage}`" in table, usage


def test_every_key_of_the_configuration_is_in_its_guide() -> None:
    guide = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    for table in msgspec.structs.fields(ConfigFile):
        assert f"[{table.encode_name}]" in guide or f"[[{table.encode_name}]]" in guide
        for kind in (table.type, *get_args(table.type)):
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                for key in msgspec.structs.fields(kind):
                    assert f"`{key.encode_name}`" in guide or f".{key.encode_name}]" in guide, (table.name, key.name)


def test_every_file_and_name_in_the_architecture_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    found = re.findall(r"`([\w/]+\.py)(?:: ([\w.]+))?`", text)
    assert len(found) > 50
    for file, name in found:
        if "NAME" not in file:
            source = (ROOT / "digest" / file).read_text(encoding="utf-8")
            for part in filter(None, name.split(".")):
                assert re.search(rf"\b(def|class) {part}\b", source), (file, part)


def test_the_architecture_lists_the_packages_in_the_order_of_the_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.findall(r"^ (\w+)(?:/|\.py) +\w", text.split("```")[1], re.MULTILINE)
    assert drawn == [layer for layer in contract["layers"] if layer != "__main__"]
