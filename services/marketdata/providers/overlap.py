"""Stored bars beside what the provider gives now: was history restated?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from services.marketdata.providers.sequence import selected
from services.marketdata.providers.spans import iso
from wyckoff.market.bars import PRICE_COLUMNS
from wyckoff.market.provider import Restated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wyckoff.market.bars import Bars

#: Stored bars that an update fetches again.
OVERLAP_BARS: Final = 5
#: Relative difference that rounding explains.
TOLERANCE: Final = 1e-6


class Overlap:
    """The last stored bars. Pages are compared with them as they come, before anything is stored."""

    def __init__(self, stored: Bars) -> None:
        self._stored = stored
        self._last_ms = int(stored.open_time_ms[-1])
        self.compared = 0
        self.volumes_corrected = 0

    def compare(self, page: Bars) -> Restated | None:
        """What was restated of the stored bars that are in ``page``; None when prices are as they were."""
        common, places, rows = np.intersect1d(
            self._stored.open_time_ms, page.open_time_ms, assume_unique=True, return_indices=True
        )
        if not len(common):
            return None
        self.compared += len(common)
        ratios = np.stack([getattr(page, name)[rows] / getattr(self._stored, name)[places] for name in PRICE_COLUMNS])
        moved = (np.abs(ratios - 1) > TOLERANCE).any(axis=0)
        if not moved.any():
            return None
        factor = float(np.median(ratios))
        # prices of data vendors are rounded, adjusted ones too
        uniform = bool(moved.all() and (np.abs(ratios / factor - 1) < 1e-3).all())
        return _restated(int(moved.sum()), iso(int(common[moved.argmax()])), factor if uniform else None)

    def to_save(self, page: Bars) -> Bars:
        """What is later than all stored bars, and stored bars whose volume was corrected."""
        return selected(page, (page.open_time_ms > self._last_ms) | self._corrected(page))

    def _corrected(self, page: Bars) -> NDArray[np.bool_]:
        places = np.minimum(np.searchsorted(self._stored.open_time_ms, page.open_time_ms), len(self._stored) - 1)
        known = self._stored.open_time_ms[places] == page.open_time_ms
        corrected: NDArray[np.bool_] = known & (self._stored.volume[places] != page.volume)
        self.volumes_corrected += int(corrected.sum())
        return corrected


def _restated(count: int, first: str, factor: float | None) -> Restated:
    if factor is None:
        return Restated(
            count,
            first,
            None,
            f"{count} of the last stored bars, from {first} on, have other prices now: corrected, or of another "
            "source or adjustment",
            "nothing was stored; fetch from there again with --from and --replace, or all of it if the adjustment "
            "or provider is another one",
        )
    return Restated(
        count,
        first,
        factor,
        f"the last {count} stored bars have all their prices times {factor:.6g} now: a split or dividend since then, "
        "or another adjustment",
        "nothing was stored; fetch the whole history again with --from and --replace, or stored and new bars do not "
        "fit together",
    )
