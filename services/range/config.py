"""Settings of the range stage."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

#: Whether effort is measured against the instrument's own recent past, or by multiples that are the same for all.
ProfileName = Literal["adaptive", "classic"]


class RangeSettings(BaseSettings):
    """Thresholds of the range detectors, read from ``RANGE_*``.

    A *unit* is the volatility of the instrument in log price: the geometric mean of its mean true range over the
    last 20 and the last 100 bars. Fractions of the height refer to creek minus ice in log price. Lengths in bars are
    those of the intermediate scale; the minor and the major one stretch them, and the unit by the root of that.
    """

    model_config = SettingsConfigDict(env_prefix="RANGE_", frozen=True)

    #: Lengths that are the same on every scale: they belong to trading a range, not to finding it.
    FIXED: ClassVar[tuple[str, ...]] = ("active_bars", "medium_bars", "long_bars")

    profile: ProfileName = "adaptive"
    """``classic`` takes fixed multiples for climaxes, reactions and levels, whatever is set here for them; see
    ``classic.py``."""

    trend_lookback_bars: int = Field(default=80, ge=10)
    """Bars whose extreme the trend before a climax is measured from."""

    min_trend_units: float = Field(default=8.0, gt=0)
    """Shortest trend, in units, that a climax can stop."""

    min_trend_bars: int = Field(default=20, ge=1)
    """Shortest trend, in bars, that a climax can stop: an automatic reaction is no trend."""

    climax_extreme_bars: int = Field(default=20, ge=2)
    """A climax is the extreme of at least this many bars."""

    climax_slack_units: float = Field(default=1.0, ge=0)
    """How far, in units, the climax bar may stay short of that extreme."""

    min_climax_score: float = Field(default=0.5, ge=0)
    """Sum of the partial evidence of effort from which a bar is a climax; see ``climax.py``."""

    min_minor_unrest: float = Field(default=0.75)
    """Mean z-score of true range over ten bars from which a bar is a climax on the minor scale."""

    min_stopping_evidence: float = Field(default=1.38, ge=0)
    """Sum of the evidence of climax, trend and automatic reaction from which price was stopped; see ``climax.py``."""

    climax_zone_bars: int = Field(default=7, ge=0)
    """A climax moves to a new extreme within this many bars, whatever the volume of that bar."""

    min_reaction_units: float = Field(default=4.0, gt=0)
    """Shortest automatic reaction, in units."""

    min_reaction_pct: float = Field(default=0.03, gt=0)
    """Shortest automatic reaction, as a fraction of price."""

    reaction_max_bars: int = Field(default=40, ge=2)
    """Bars after the climax within which its automatic reaction must be confirmed."""

    reaction_retrace: float = Field(default=0.35, gt=0, lt=1)
    """Part of the automatic reaction that a close gives back to confirm it."""

    min_retrace_units: float = Field(default=1.0, ge=0)
    """Shortest giving back that confirms the automatic reaction, in units."""

    creek_between_close_and_extreme: float = Field(default=0.4, ge=0, le=1)
    """Where the far level lies between the last closes (0) and the extreme (1) of the automatic reaction."""

    contrary_height: float = Field(default=1.0, ge=0)
    """A climax of the other side is none unless it comes at least this part of the height beyond a living range."""

    failure_height: float = Field(default=0.6, gt=0)
    """A close this part of the height beyond the climax side ends the range."""

    failure_units: float = Field(default=3.0, gt=0)
    """The least distance beyond the climax that ends the range, in units."""

    breakout_pct: float = Field(default=0.01, gt=0)
    """How far beyond a level a close has to be to count as outside, as a fraction of price."""

    breakout_bars: int = Field(default=5, ge=1)
    """Bars that price stays outside before the range counts as left."""

    completion_bars: int = Field(default=100, ge=1)
    """Bars after the breakout at which the range is complete, jump reached or not."""

    max_range_bars: int = Field(default=260, ge=20)
    """A range that was not left after this many bars is archived."""

    active_bars: int = Field(default=15, ge=1)
    """Length from which a range is active and has targets."""

    medium_bars: int = Field(default=25, ge=1)
    """Length from which the medium jump factor holds."""

    long_bars: int = Field(default=40, ge=1)
    """Length from which the large jump factor holds."""

    short_jump_factor: float = Field(default=2.0, gt=0)
    """Widths that the jump adds to a range of ``active_bars``."""

    medium_jump_factor: float = Field(default=2.5, gt=0)
    """Widths that the jump adds to a range of ``medium_bars``."""

    long_jump_factor: float = Field(default=3.0, gt=0)
    """Widths that the jump adds to a range of ``long_bars``."""

    pivot_lookback_bars: int = Field(default=5, ge=1, le=100)
    """Bars on each side that a pivot exceeds strictly."""

    touch_pct: float = Field(default=0.015, gt=0)
    """Least distance within which a pivot touches a level, as a fraction of price."""

    touch_units: float = Field(default=0.5, gt=0)
    """Distance within which a pivot touches a level, in units, when that is more."""

    touch_height: float = Field(default=0.12, gt=0)
    """Distance within which a pivot touches a level, as a part of the height, when that is more."""

    test_pct: float = Field(default=0.02, gt=0)
    """Distance from a level within which a bar tests it, for the volume of tests."""

    cluster_lookback_bars: int = Field(default=100, ge=20)
    """Bars whose pivots may form a range without a climax."""

    min_cluster_bars: int = Field(default=15, ge=2)
    """Least length of a range without a climax."""

    min_width_pct: float = Field(default=0.03, gt=0)
    """Least width of a range, as a fraction of its support."""

    min_cluster_units: float = Field(default=3.0, gt=0)
    """Least width of a range without a climax, in units."""

    min_inside_closes: float = Field(default=0.7, gt=0, le=1)
    """Part of the closes that lie inside a range without a climax."""

    same_range_overlap: float = Field(default=0.4, gt=0, le=1)
    """Shared part of the prices that two ranges span from which they are the same range on two scales."""

    nested_height: float = Field(default=0.5, gt=0, lt=1)
    """Height up to which a range lies inside a larger one, as a part of the larger one's height."""

    zone_volume_ratio: float = Field(default=1.3, gt=0)
    """Volume from which a narrow bar makes a zone."""

    zone_spread_ratio: float = Field(default=0.8, gt=0)
    """Spread up to which a bar of high volume makes a zone."""

    zone_near_pct: float = Field(default=0.02, gt=0)
    """Distance within which a zone is near the level that it defends, as a fraction of price."""

    zone_break_volume_ratio: float = Field(default=1.5, gt=0)
    """Volume of a close through a zone that invalidates it."""
