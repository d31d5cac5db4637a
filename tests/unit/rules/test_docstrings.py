"""The examples in the rules' docstrings hold."""

import doctest
import importlib
from pathlib import Path

import pytest

import rules

MODULES = sorted(path.stem for path in Path(rules.__path__[0]).glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("module", MODULES)
def test_examples_hold(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"rules.{module}")).failed == 0
