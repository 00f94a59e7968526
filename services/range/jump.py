"""Targets by cause and effect: the width of a range, projected beyond its levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.model.kinds import Side

if TYPE_CHECKING:
    from services.range.config import RangeSettings


def jump_factor(duration_bars: int, settings: RangeSettings) -> float:
    """Widths to project for a range of that length; 0 below the shortest length that has a target."""
    if duration_bars >= settings.long_bars:
        return settings.long_jump_factor
    if duration_bars >= settings.medium_bars:
        return settings.medium_jump_factor
    if duration_bars >= settings.active_bars:
        return settings.short_jump_factor
    return 0.0


def jump_up(ice: float, creek: float, factor: float) -> float:
    """``creek + factor * (creek - ice)``."""
    return creek + factor * (creek - ice)


def jump_down(ice: float, creek: float, factor: float) -> float:
    """``ice - factor * (creek - ice)``; projected in proportion where that would leave no tenth of the ice."""
    target = ice - factor * (creek - ice)
    return target if target > 0.1 * ice else float(ice * (ice / creek) ** factor)


def jump_of(side: Side, ice: float, creek: float, factor: float) -> float:
    """The target beyond the level through which a structure of that side should leave."""
    return jump_down(ice, creek, factor) if side is Side.DISTRIBUTION else jump_up(ice, creek, factor)
