"""Walks over the parts of a pack with the place of each, so that a fault can name its line."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from policies.problems import Path


def parts(model: BaseModel, path: Path = ()) -> Iterator[tuple[Path, BaseModel]]:
    """Every part in a part, itself first, with its place by the keys of the file."""
    yield path, model
    for name, field in type(model).model_fields.items():
        yield from _inside(getattr(model, name), (*path, field.alias or name))


def _inside(value: Any, path: Path) -> Iterator[tuple[Path, BaseModel]]:
    if isinstance(value, BaseModel):
        yield from parts(value, path)
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _inside(item, (*path, number))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _inside(item, (*path, str(key)))
