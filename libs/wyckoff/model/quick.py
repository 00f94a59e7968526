"""Frozen data classes that are made many times a reading."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T")


def quickly_made(cls: type[T]) -> type[T]:
    """A frozen data class with slots whose objects take less than half the time to make; nothing else changes.

    What freezes a data class also stands in the way of its own ``__init__``, which has to go round it field by field.
    Here an object is for the length of its ``__init__`` one of a class with the same slots that is not frozen.

    Raises TypeError for what it does not know: default factories, ``__post_init__``, fields that are not given.
    """
    names = [item.name for item in fields(cls)]  # type: ignore[arg-type]  # what is no data class is refused there
    if hasattr(cls, "__post_init__") or tuple(names) != cls.__dict__.get("__slots__"):
        raise TypeError(f"{cls.__name__}: a data class with slots and without __post_init__ is needed")
    scope: dict[str, Any] = {
        "frozen": cls,
        "open_": type(cls.__name__, (), {"__slots__": tuple(names)}),
        "become": object.__dict__["__class__"].__set__,
    }
    parameters = []
    for item in fields(cls):  # type: ignore[arg-type]
        if item.default_factory is not MISSING or not item.init or item.kw_only:
            raise TypeError(f"{cls.__name__}.{item.name}: given by its place, with a plain default or none, is needed")
        scope[f"default_{item.name}"] = item.default
        parameters.append(item.name if item.default is MISSING else f"{item.name}=default_{item.name}")
    lines = ["become(self, open_)", *(f"self.{name} = {name}" for name in names), "self.__class__ = frozen"]
    exec(f"def __init__(self, {', '.join(parameters)}):\n  " + "\n  ".join(lines), scope)  # noqa: S102 - names only
    made = scope["__init__"]
    made.__qualname__, made.__annotations__ = f"{cls.__qualname__}.__init__", cls.__init__.__annotations__
    cls.__init__ = made  # type: ignore[method-assign]
    return cls
