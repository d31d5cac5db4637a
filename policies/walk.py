"""Walks over the parts of a pack with the place of each, so that a fault can name its line."""

from typing import Any

from pydantic import BaseModel

from policies.problems import Path


def parts(model: BaseModel, path: Path = ()) -> list[tuple[Path, BaseModel]]:
    """Every part in a part, itself first, with its place by the keys of the file."""
    found: list[tuple[Path, BaseModel]] = []
    _collect(model, path, found)
    return found


def _collect(value: Any, path: Path, found: list[tuple[Path, BaseModel]]) -> None:
    if isinstance(value, BaseModel):
        found.append((path, value))
        for name, field in type(value).model_fields.items():
            inner = getattr(value, name)
            if isinstance(inner, BaseModel | tuple | dict):
                _collect(inner, (*path, field.alias or name), found)
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            _collect(item, (*path, number), found)
    elif isinstance(value, dict):
        for key, item in value.items():
            _collect(item, (*path, str(key)), found)
