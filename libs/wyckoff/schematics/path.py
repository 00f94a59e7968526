"""The path of a generated structure: legs between swings, in units of the range's height."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from wyckoff.model.kinds import EventType
from wyckoff.schematics.noise import ClimaxBar, Floats, clustered_volatility

if TYPE_CHECKING:
    from numpy.random import Generator


@dataclass(frozen=True, slots=True)
class Leg:
    """A swing of ``bars`` bars to ``level`` (0 support, 1 resistance); volume factors at its first and last bar.

    ``mark`` names the event that its end is. ``curve`` above 1 puts most of the move at the end. ``quiet``
    scales the noise.
    """

    bars: int
    level: float
    volume: tuple[float, float]
    mark: EventType | None = None
    curve: float = 1.0
    quiet: float = 1.0


@dataclass(slots=True)
class Path:
    """Log closes, the usual log move and the volume factor of each bar, and where the legs ended."""

    log_close: Floats
    sigma: Floats
    volume_factor: Floats
    leg_ends: list[int]
    marks: list[tuple[EventType, int]] = field(default_factory=list)
    climaxes: tuple[ClimaxBar, ...] = ()


def walk(rng: Generator, legs: list[Leg], start_level: float, height: float, noise: float) -> Path:
    """The path through ``legs``: log price relative to support, one value a bar.

    Each leg is a bridge: it ends exactly on its level, with noise of 1.2 % a bar times ``noise`` between.
    """
    total = 1 + sum(leg.bars for leg in legs)
    sigma = 0.012 * noise * clustered_volatility(rng, total, 0.92, 0.09)
    close, factor = np.empty(total), np.ones(total)
    close[0] = start_level * height
    path = Path(close, sigma, factor, [])
    at = 0
    for leg in legs:
        part = slice(at + 1, at + 1 + leg.bars)
        share = np.arange(1, leg.bars + 1) / leg.bars
        steps = np.cumsum(rng.normal(0.0, 1.0, leg.bars) * sigma[part]) * leg.quiet
        close[part] = close[at] + (leg.level * height - close[at]) * share**leg.curve + steps - share * steps[-1]
        factor[part] = leg.volume[0] + (leg.volume[1] - leg.volume[0]) * share ** (3.0 if leg.curve > 1 else 1.0)
        at += leg.bars
        path.leg_ends.append(at)
        if leg.mark is not None:
            path.marks.append((leg.mark, at))
            if leg.mark is EventType.SC:
                path.climaxes = (*path.climaxes, ClimaxBar(at, float(rng.uniform(0.25, 0.42))))
    return path
