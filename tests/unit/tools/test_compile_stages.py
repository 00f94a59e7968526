"""What is compiled: which text, and when it is used."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest

from services.compiled import MANIFEST, SOURCES, SUFFIX, CompiledFinder, State, digest, state_of
from tools.compile_stages import lowered

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = '''"""A module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.model.quick import quickly_made

if TYPE_CHECKING:
    import numpy as np

    from wyckoff.market.bars import Bars
    from wyckoff.model.kinds import Side as Which

    Pair = tuple[float, float]

LIMITS: Final = (0.5, 1.5)
LEVELS: Final[Pair] = (0.5, 1.5)
SIZE: Final = 3


@quickly_made
@dataclass(frozen=True, slots=True)
class Item:
    bars: Bars
    side: Which
'''


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "range"
    folder.mkdir()
    (folder / "detect.py").write_text("A = 1\n")
    return folder


def _manifest(folder: Path, of: str) -> None:
    (folder / MANIFEST).write_text(json.dumps({"digest": of, "modules": ["services.range.detect"]}))


def test_lowered_text_has_the_same_lines() -> None:
    before, after = SOURCE.split("\n"), lowered(SOURCE).split("\n")
    assert len(before) == len(after)
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [
        "globals().update(dict.fromkeys(('np', 'Bars', 'Which', 'Pair'), object))",
        "LIMITS = (0.5, 1.5)",
        "LEVELS: Pair = (0.5, 1.5)",
        "",
    ]


def test_no_room_for_what_is_written_in_is_refused() -> None:
    with pytest.raises(ValueError, match="line 3: an empty line is needed"):
        lowered("from typing import TYPE_CHECKING\nX = 1\nif TYPE_CHECKING:\n    import math\n")


def test_every_source_can_be_lowered() -> None:
    for folder in SOURCES:
        for path in folder.glob("*.py"):
            ast.parse(lowered(path.read_text()))


def test_what_fits_is_used(tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WYCKOFF_COMPILED", raising=False)
    _manifest(tmp_path, digest([sources]))
    assert state_of(tmp_path, [sources]) == (State.COMPILED, ("services.range.detect",))


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_changed_sources_run_as_plain_python(
    tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.delenv("WYCKOFF_COMPILED", raising=False)
    _manifest(tmp_path, digest([sources]))
    if change == "edited":
        (sources / "detect.py").write_text("A = 2\n")
    elif change == "added":
        (sources / "more.py").touch()
    else:
        (sources / "detect.py").unlink()
    assert state_of(tmp_path, [sources]) == (State.STALE, ())


def test_nothing_compiled_runs_as_plain_python(tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WYCKOFF_COMPILED", raising=False)
    assert state_of(tmp_path, [sources]) == (State.PLAIN, ())


def test_compiled_stages_can_be_left_aside(tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WYCKOFF_COMPILED", "0")
    _manifest(tmp_path, digest([sources]))
    assert state_of(tmp_path, [sources]) == (State.OFF, ())


def test_finder_gives_only_what_is_named(tmp_path: Path) -> None:
    finder = CompiledFinder(tmp_path, ["services.range.detect"])
    found = finder.find_spec("services.range.detect")
    assert found is not None
    assert found.origin == str(tmp_path / "services" / "range" / f"detect{SUFFIX}")
    assert finder.find_spec("services.range.config") is None
