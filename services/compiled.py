"""Compiled stages: extension modules in place of the sources that they were built from, never of newer ones.

``make compile`` builds them into ``services/_compiled``. They are used where all sources are still those that they
were built from and the interpreter is of the same kind; else, or with ``WYCKOFF_COMPILED=0``, all runs as plain Python.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from enum import StrEnum
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Final

import wyckoff.market
import wyckoff.model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

FOLDER: Final = Path(__file__).parent / "_compiled"
MANIFEST: Final = "manifest.json"
#: How the file names of extension modules of this interpreter end.
SUFFIX: Final = EXTENSION_SUFFIXES[0]
#: The stages that are compiled.
STAGES: Final = ("range", "phase")
#: Folders whose sources are compiled, or are read when the others are: their constants are built in.
SOURCES: Final = (
    *(Path(__file__).parent / stage for stage in STAGES),
    *(Path(package.__path__[0]) for package in (wyckoff.market, wyckoff.model)),
)


class State(StrEnum):
    """How the stages run, and why."""

    COMPILED = "compiled"
    PLAIN = "plain: nothing is compiled"
    OFF = "plain: WYCKOFF_COMPILED=0"
    STALE = "plain: what is compiled is of other sources or another Python; make compile"


class CompiledFinder:
    """Finds the extension modules of ``folder`` by the names of the modules that they stand for."""

    def __init__(self, folder: Path, modules: Iterable[str]) -> None:
        self._files = {name: folder / (name.replace(".", os.sep) + SUFFIX) for name in modules}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The extension module of that name, if there is one."""
        file = self._files.get(name)
        return None if file is None else spec_from_file_location(name, file)


def digest(folders: Iterable[Path]) -> str:
    """Of all Python sources in ``folders`` and the kind of interpreter."""
    hashed = hashlib.sha256(SUFFIX.encode())
    for folder in folders:
        for source in sorted(folder.glob("*.py")):
            hashed.update(f"\0{folder.name}/{source.name}\0".encode())
            hashed.update(source.read_bytes())
    return hashed.hexdigest()


def state_of(folder: Path = FOLDER, sources: Iterable[Path] = SOURCES) -> tuple[State, tuple[str, ...]]:
    """How the stages are to run with what is in ``folder``, and the names of its modules when it is to be used."""
    if os.environ.get("WYCKOFF_COMPILED") == "0":
        return State.OFF, ()
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        return State.PLAIN, ()
    if manifest["digest"] != digest(sources):
        return State.STALE, ()
    return State.COMPILED, tuple(manifest["modules"])


def _use() -> State:
    """Use what is compiled, if it fits; before any module of a stage is imported."""
    state, modules = state_of()
    if state is State.COMPILED:
        sys.meta_path.insert(0, CompiledFinder(FOLDER, modules))
    return state


#: How the stages of this process run.
STATE: Final = _use()
