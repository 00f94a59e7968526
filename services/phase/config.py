"""Settings of the phase stage."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

#: Whether evidence is measured against the instrument's own recent past, or by multiples that are the same for all.
ProfileName = Literal["adaptive", "classic"]


class PhaseSettings(BaseSettings):
    """Thresholds of the structural events, read from ``PHASE_*``, in the words of the accumulation side.

    Depths and heights are parts of the range's height in log price, *units* are the volatility of the instrument:
    the geometric mean of its mean true range over the last 20 and the last 100 bars.
    """

    model_config = SettingsConfigDict(env_prefix="PHASE_", frozen=True)

    #: Lengths that a smaller scale does not shorten: a rebound takes its days in a small range too.
    NEVER_SHORTER: ClassVar[tuple[str, ...]] = ("rebound_bars",)

    profile: ProfileName = "adaptive"
    """``classic`` takes fixed multiples as conditions, whatever is set here for them; see ``classic.py``."""

    preliminary_lookback_bars: int = Field(default=60, ge=1)
    """Bars before the climax in which preliminary support is looked for."""

    preliminary_volume_ratio: float = Field(default=1.5, gt=0)
    """Volume from which a bar of the decline that closes well is preliminary support."""

    secondary_test_zone: float = Field(default=0.4, gt=0, lt=1)
    """Lowest part of the range in which a secondary test may turn."""

    secondary_test_rebound: float = Field(default=0.12, gt=0)
    """Rebound from its low that confirms a secondary test."""

    secondary_test_turn_units: float = Field(default=1.3, gt=0)
    """Least rebound that confirms a secondary test, in units."""

    secondary_test_max_bars: int = Field(default=80, ge=1)
    """Bars after the automatic reaction within which a secondary test is looked for."""

    min_phase_b_bars: int = Field(default=10, ge=0)
    """Bars from the first secondary test before a spring or a sign of strength is believed."""

    spring_depth: float = Field(default=0.05, ge=0)
    """Least depth of a spring below the support."""

    spring_units: float = Field(default=0.7, ge=0)
    """Least depth of a spring below the support, in units."""

    recovery_max_bars: int = Field(default=5, ge=0)
    """Bars from its low within which a spring closes above the support again; 0 is the same bar."""

    rebound_bars: int = Field(default=6, ge=0)
    """Bars after the close that takes a dip back in which price may still be thrown so far that it is a spring."""

    min_spring_score: float = Field(default=0.7, ge=0)
    """Sum of the partial evidence from which a recovered low is a spring; see ``spring.py``."""

    failure_height: float = Field(default=0.6, gt=0)
    """Depth of a close below the support at which the structure fails."""

    failure_units: float = Field(default=3.0, gt=0)
    """Least depth of that close below the climax, in units."""

    failure_bars: int = Field(default=10, ge=1)
    """Closes in a row below both support and climax at which the structure fails."""

    test_first_bar: int = Field(default=3, ge=1)
    """First bar after a spring that can test it."""

    test_last_bar: int = Field(default=18, ge=1)
    """Last bar after a spring that can test it."""

    test_zone: float = Field(default=0.35, gt=0)
    """Lowest part of the range in which a spring can be tested."""

    test_confirmation_bars: int = Field(default=2, ge=1)
    """Bars within which a close above its high confirms a test."""

    quiet_test_lookback_bars: int = Field(default=20, ge=1)
    """Bars before a sign of strength in which the last low is looked for when there was no spring."""

    quiet_test_zone: float = Field(default=0.45, gt=0)
    """Lowest part of the range in which that low has to lie."""

    breakout_pct: float = Field(default=0.01, ge=0)
    """Least distance of a sign of strength beyond the creek, as a fraction of price."""

    breakout_height: float = Field(default=0.06, ge=0)
    """Least distance of a sign of strength beyond the creek."""

    min_strength_score: float = Field(default=0.76, ge=0)
    """Sum of the partial evidence from which a close beyond the creek is a sign of strength; see ``strength.py``."""

    strength_patience_bars: int = Field(default=3, ge=0)
    """Bars after the first close beyond the creek in which the evidence may still come."""

    fallback_height: float = Field(default=0.5, gt=0)
    """Depth of a close below the creek at which a sign of strength is withdrawn."""

    last_point_max_bars: int = Field(default=25, ge=1)
    """Bars after the sign of strength within which the last point is looked for."""

    last_point_min_bars: int = Field(default=3, ge=1)
    """Bars after the sign of strength before a low can be the last point."""

    last_point_turn_units: float = Field(default=1.15, gt=0)
    """Rise from its low that confirms the last point, in units."""

    last_point_above: float = Field(default=0.05, ge=0)
    """How far above the creek the last point may always lie."""

    last_point_retrace: float = Field(default=0.65, ge=0, le=1)
    """Part of the way from the high of the breakout back to the creek after which it may lie higher."""

    last_point_hold_bars: int = Field(default=4, ge=1)
    """Bars that a low holds which confirm it too: supply has dried up."""

    last_point_break_units: float = Field(default=0.8, ge=0)
    """Distance below a last point at which the pullback has gone on after all, in units."""

    last_point_pullback: float = Field(default=0.05, ge=0)
    """Least fall from the high of the breakout to the last point."""

    max_structure_bars: int = Field(default=280, ge=20)
    """Bars after the climax at which an unresolved structure is no longer followed."""
