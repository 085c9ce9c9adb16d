"""The registry of source types."""

import inspect
import pkgutil
from importlib import import_module

import pytest

from digest import sources
from digest.config.tables import SOURCE_TYPES
from digest.sources.registry import READERS


def test_the_configuration_knows_the_same_types() -> None:
    assert sorted(READERS) == sorted(SOURCE_TYPES)


def test_every_module_with_a_read_function_is_registered() -> None:
    modules = [import_module(f"digest.sources.{module.name}") for module in pkgutil.iter_modules(sources.__path__)]
    readers = {module.__name__.rpartition(".")[2] for module in modules if hasattr(module, "read")}
    assert readers == set(READERS)


@pytest.mark.parametrize("source_type", SOURCE_TYPES)
def test_every_module_has_the_same_interface(source_type: str) -> None:
    read = import_module(f"digest.sources.{source_type}").read
    assert inspect.signature(read) == inspect.signature(READERS[source_type])
