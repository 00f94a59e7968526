"""Sample bars survive the way through a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tools.sample_bars import SYMBOLS, sample_bars
from tools.sample_files import write_sample_files
from wyckoff.market.files import read_bars

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    paths = write_sample_files(tmp_path / "bars")
    assert [path.stem for path in paths] == list(SYMBOLS)
    for path in paths:
        read, meant = read_bars(path), sample_bars(path.stem)
        for name in ("open_time_ms", "open", "high", "low", "close", "volume"):
            assert np.array_equal(getattr(read, name), getattr(meant, name))
