"""Scales: the same rules on structures of weeks, of months and of a year.

A scale stretches every length in bars by its factor, and the volatility unit by the root of it, as the range of a
random walk grows with the root of time.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar, cast

from wyckoff.model.kinds import Scale

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic_settings import BaseSettings

#: Lengths in bars, as a multiple of those of the intermediate scale.
BARS_FACTOR: Final[Mapping[Scale, float]] = {Scale.MINOR: 0.5, Scale.INTERMEDIATE: 1.0, Scale.MAJOR: 2.5}

Settings = TypeVar("Settings", bound="BaseSettings")


def unit_factor(scale: Scale) -> float:
    """Distances in units, as a multiple of those of the intermediate scale."""
    return math.sqrt(BARS_FACTOR[scale])


def at_scale(
    settings: Settings, scale: Scale, *, fixed: Collection[str] = (), never_shorter: Collection[str] = ()
) -> Settings:
    """Settings whose fields named ``*_bars`` are stretched to ``scale``, at least 1.

    Those in ``fixed`` stay, those in ``never_shorter`` are not shortened for a smaller scale. ``settings`` are frozen:
    equal ones give the very same object again.
    """
    return cast("Settings", _stretched(settings, scale, frozenset(fixed), frozenset(never_shorter)))


@lru_cache(maxsize=128)
def _stretched(
    settings: BaseSettings, scale: Scale, fixed: frozenset[str], never_shorter: frozenset[str]
) -> BaseSettings:
    factor = BARS_FACTOR[scale]
    stretched = {
        name: max(1, round(value * (max(1.0, factor) if name in never_shorter else factor))) if value else value
        for name, value in settings
        if name.endswith("_bars") and name not in fixed
    }
    return settings.model_copy(update=stretched)
