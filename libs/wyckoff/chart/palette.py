"""Colours of charts, for light and for dark ground.

Rising and falling, accumulation and distribution are blue-green against orange, which nearly all colour-blind people
tell apart, and never colour alone: rising candles are hollow, events of the two sides stand below and above the bars.
Texts have a contrast of at least 4.5 to 1 to the ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wyckoff.common.v1 import common_pb2


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as ``#rrggbb``. ``ground`` is what everything is drawn on, ``faint`` is for what is said by the way."""

    ground: str
    ink: str
    faint: str
    grid: str
    up: str
    down: str
    accumulation: str
    distribution: str
    undetermined: str
    entry: str
    withdrawn: str

    @property
    def halo(self) -> str:
        """Text shadow that keeps text readable on candles."""
        return ", ".join(f"{place} {self.ground}" for place in _HALO_PLACES)

    def side(self, side: int) -> str:
        """Colour of a side; grey where it is not known."""
        if side == common_pb2.SIDE_ACCUMULATION:
            return self.accumulation
        return self.distribution if side == common_pb2.SIDE_DISTRIBUTION else self.undetermined


_HALO_PLACES: Final = ("0 0 2px", "0 0 2px", "0 0 3px", "1px 0 1px", "-1px 0 1px")

LIGHT: Final = Palette(
    ground="#ffffff",
    ink="#26323a",
    faint="#66727a",
    grid="#eef1f2",
    up="#21808d",
    down="#c4572f",
    accumulation="#23757d",
    distribution="#a65430",
    undetermined="#66727a",
    entry="#2b59c3",
    withdrawn="#6d777d",
)

DARK: Final = Palette(
    ground="#12171b",
    ink="#e3e9ec",
    faint="#98a5ad",
    grid="#232b31",
    up="#4fb8c4",
    down="#ef8a5b",
    accumulation="#5fc4cc",
    distribution="#f09a6c",
    undetermined="#98a5ad",
    entry="#8fb3ff",
    withdrawn="#8d99a1",
)


def tint(colour: str, alpha: float) -> str:
    """``#rrggbb`` as rgba text."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"
