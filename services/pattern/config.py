"""Settings of the pattern stage."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class PatternSettings(BaseSettings):
    """Distances and windows of the trade set-ups; every field can be set as ``PATTERN_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="PATTERN_", frozen=True)

    test_window_bars: int = Field(default=15, ge=1)
    """A test belongs to its spring when its bar is at most this many bars later."""
    test_first_bar: int = Field(default=3, ge=1)
    """A strict test is at least this many bars after its spring."""
    max_test_distance_fraction: float = Field(default=0.03, gt=0)
    """A strict test comes at least this near to the extreme of its spring, as a fraction of it."""
    test_confirm_bars: int = Field(default=2, ge=0)
    """Bars a test may take to be confirmed; after both windows a spring is said untested."""
    sos_wait_bars: int = Field(default=0, ge=0)
    """Bars a sign of strength waits for its last point before it is said as a set-up of its own."""

    min_range_activity: float = Field(default=0.1)
    """Mean z-score of true range, from the climax to the event, from which an event is a set-up."""

    sure_confidence: int = Field(default=95, ge=0)
    """Confidence from which an event in a range with a climax is a set-up whatever the market around it is like."""

    min_minor_volatility: float = Field(default=0.25)
    """Log of volatility over its usual level from which an event of a small range with a climax is a set-up."""

    shakeout_entry_fraction: float = Field(default=0.005, ge=0)
    """Entry inside the range, from the level shaken out, as a fraction of it."""
    last_point_entry_fraction: float = Field(default=0.01, ge=0)
    """Entry beyond the broken level, as a fraction of it."""
    last_point_stop_fraction: float = Field(default=0.03, gt=0)
    """Stop behind the broken level, as a fraction of it."""
    last_point_stop_atr: float = Field(default=1.5, ge=0)
    """Stop behind the broken level in average true ranges, when that is wider."""
    breakout_stop_fraction: float = Field(default=0.05, gt=0)
    """Stop behind the level just broken, as a fraction of it."""
    breakout_wide_stop_fraction: float = Field(default=0.03, gt=0)
    """The same for a wide range."""
    wide_range_fraction: float = Field(default=0.15, gt=0)
    """A range wider than this fraction of its lower level is wide."""
    shakeout_stop_atr: float = Field(default=0.5, ge=0)
    """The stop of a spring is never nearer to its extreme than so many average true ranges."""
    min_stop_fraction: float = Field(default=0.01, gt=0)
    """A stop nearer to the entry is moved out to exactly this fraction of it."""

    max_penetration_fraction: float = Field(default=0.05, gt=0)
    """Deepest penetration that counts as a spring, as a fraction of the level."""
    max_recovery_bars: int = Field(default=5, ge=0)
    """Latest close back inside the range, bars after the spring."""
    min_breakout_fraction: float = Field(default=0.01, gt=0)
    """Smallest distance of a breakout close beyond the level, as a fraction of it."""
    min_breakout_volume_ratio: float = Field(default=1.5, gt=0)
    """Volume of a breakout bar, multiple of its baseline; also lifts the confidence floor."""
    min_breakout_spread_ratio: float = Field(default=1.2, gt=0)
    """Spread of a breakout bar, multiple of its baseline; also lifts the confidence floor."""
    min_breakout_close_position: float = Field(default=0.5, ge=0, le=1)
    """Close of a breakout bar within the bar, 0 to 1 in the direction of the trade."""
    max_pullback_fraction: float = Field(default=0.03, gt=0)
    """Farthest end of a pullback beyond the broken level, as a fraction of it."""
    max_undercut_fraction: float = Field(default=0.02, gt=0)
    """Deepest end of a pullback back inside the range, as a fraction of the level."""
    max_pullback_volume_ratio: float = Field(default=1.0, gt=0)
    """Volume of the pullback bar, multiple of its baseline."""
    max_shakeout_volume_ratio: float = Field(default=0.7, gt=0)
    """Volume of a spring bar, multiple of its baseline."""
    min_upthrust_volume_ratio: float = Field(default=1.5, gt=0)
    """Volume of an upthrust bar, multiple of its baseline."""

    atr_bars: int = Field(default=14, ge=2)
    """Bars of the average true range."""
    adx_bars: int = Field(default=14, ge=2)
    """Period of the directional index."""
    adx_warmup_bars: int = Field(default=150, ge=30)
    """Bars that the directional index looks back; older ones weigh less than 1e-4."""
    trend_adx: float = Field(default=25.0, ge=0, le=100)
    """Above it the market trends."""
    trend_mean_bars: int = Field(default=20, ge=2)
    """Bars of the mean that tells the direction of a trend."""
    regime_lookback_bars: int = Field(default=252, ge=30)
    """Bars over which volatility and volume are ranked; at least a quarter of them must be there."""
    extreme_atr_percentile: float = Field(default=95.0, ge=0, le=100)
    """Volatility at or above this percentile is extreme."""
    extreme_volume_percentile: float = Field(default=85.0, ge=0, le=100)
    """Volume at or above this percentile is extreme."""
