"""One ascending series out of pages that may repeat or contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wyckoff.market.bars import COLUMNS, Bars, make_bars

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Sequence:
    """Takes pages in the order of their coming; of two rows for one time the first counts."""

    def __init__(self, start_ms: int, end_ms: int) -> None:
        self._start_ms, self._end_ms = start_ms, end_ms
        self._before: Bars | None = None
        self.duplicate_rows = 0
        self.conflicting_rows = 0

    def take(self, page: Bars) -> Bars:
        """What of ``page`` lies in the span and is later than all before."""
        page = selected(page, (page.open_time_ms >= self._start_ms) & (page.open_time_ms < self._end_ms))
        first_of_time = np.ones(len(page), dtype=np.bool_)
        first_of_time[1:] = np.diff(page.open_time_ms) > 0
        self._count(page, selected(page, first_of_time), ~first_of_time)
        page = selected(page, first_of_time)
        if self._before is not None and len(page):
            old = page.open_time_ms <= self._before.open_time_ms[-1]
            self._count(page, self._before, old)
            page = selected(page, ~old)
        if len(page):
            self._before = page
        return page

    def _count(self, page: Bars, known: Bars, repeated: NDArray[np.bool_]) -> None:
        rows = selected(page, repeated)
        same = same_bars(rows, known)
        self.duplicate_rows += int(same.sum())
        self.conflicting_rows += int((~same).sum())


def selected(bars: Bars, mask: NDArray[np.bool_]) -> Bars:
    """The bars where ``mask`` is true."""
    columns = (getattr(bars, name)[mask] for name in ("open_time_ms", *COLUMNS))
    return make_bars(bars.symbol, bars.timeframe, *columns)


def joined(parts: list[Bars]) -> Bars:
    """Parts that follow each other, as one; there must be one at least."""
    columns = (np.concatenate([getattr(part, name) for part in parts]) for name in ("open_time_ms", *COLUMNS))
    return make_bars(parts[0].symbol, parts[0].timeframe, *columns)


def same_bars(rows: Bars, known: Bars) -> NDArray[np.bool_]:
    """Which of ``rows`` are in ``known`` (strictly ascending) with the same values."""
    if not len(known):
        return np.zeros(len(rows), dtype=np.bool_)
    places = np.minimum(np.searchsorted(known.open_time_ms, rows.open_time_ms), len(known) - 1)
    same: NDArray[np.bool_] = known.open_time_ms[places] == rows.open_time_ms
    for name in COLUMNS:
        same &= getattr(known, name)[places] == getattr(rows, name)
    return same
