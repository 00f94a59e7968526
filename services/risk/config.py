"""Settings of the risk stage. Risk and heat are percent of equity; ratios are multiples of the baseline."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from wyckoff.model.kinds import PatternType


class PatternRisk(BaseModel):
    """What one pattern may risk and must promise."""

    model_config = ConfigDict(frozen=True)

    risk_pct: Decimal = Field(ge=Decimal("0.1"), le=Decimal("2.0"))
    """Percent of equity lost if the stop is hit."""
    min_r: Decimal = Field(gt=0)
    """Smallest reward over risk."""
    ideal_r: Decimal = Field(gt=0)
    """Reward over risk below which there is a remark."""
    max_r: Decimal = Field(gt=0)
    """Reward over risk above which the terms are implausible."""


class VolumeGates(BaseModel):
    """Volume that a pattern bar needs; multiples of its baseline."""

    model_config = ConfigDict(frozen=True)

    spring_below: float = 0.7
    """A spring needs less."""
    test_below: float | None = None
    """A test needs less, besides less than its spring."""
    breakout_from: float = 1.5
    """A sign of strength or weakness needs at least this."""
    last_point_below: float = 1.0
    """A last point needs less."""
    upthrust_from: float = 1.5
    """An upthrust needs at least this."""


def _risk(risk_pct: str, min_r: str, ideal_r: str, max_r: str) -> PatternRisk:
    return PatternRisk(risk_pct=Decimal(risk_pct), min_r=Decimal(min_r), ideal_r=Decimal(ideal_r), max_r=Decimal(max_r))


def _per_pattern() -> dict[PatternType, PatternRisk]:
    return {
        PatternType.SPRING: _risk("0.5", "3.0", "4.0", "10"),
        PatternType.UTAD: _risk("0.5", "3.0", "5.0", "12"),
        PatternType.SOS: _risk("0.8", "2.0", "3.5", "8"),
        PatternType.SOW: _risk("0.8", "2.0", "3.5", "8"),
        PatternType.LPS: _risk("0.7", "2.5", "3.5", "8"),
        PatternType.LPSY: _risk("0.7", "2.5", "3.5", "8"),
    }


class RiskSettings(BaseSettings):
    """Gates, limits and sizes; every field can be set as ``RISK_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="RISK_", frozen=True)

    per_pattern: dict[PatternType, PatternRisk] = Field(default_factory=_per_pattern)
    """Risk and reward of each pattern: the one table; a pattern that is left out keeps its default."""

    stock_volume: VolumeGates = VolumeGates()
    """Volume gates of stocks and crypto currencies."""
    forex_volume: VolumeGates = VolumeGates(
        spring_below=0.85, test_below=0.60, breakout_from=1.80, last_point_below=1.0, upthrust_from=2.50
    )
    """Volume gates of currency pairs, whose volume counts ticks; sessions narrow them further."""
    accept_last_point_absorption: bool = False
    """Whether a last point on up to 1.5x volume passes when its bar absorbs: narrow, closing with the trade."""
    accept_upthrust_without_demand: bool = True
    """Whether an upthrust on less volume than a spring may have passes too: it is the mirror of a quiet spring."""

    min_confidence: int = Field(default=70, ge=0, le=100)
    """Of a pattern, of a phase and of the whole."""
    max_confidence: int = Field(default=95, ge=0, le=100)
    """The whole is never said to be surer."""
    early_breakout_phase_confidence: int = Field(default=85, ge=0, le=100)
    """From here on a breakout may be traded in phase C already."""
    min_phase_b_bars: int = Field(default=10, ge=0)
    """Phase B is not traded before."""

    min_range_quality: int = Field(default=70, ge=0, le=100)
    """Quality score of a range that is traded."""
    min_level_strength: int = Field(default=60, ge=0, le=100)
    """Strength of both levels."""
    min_range_bars: int = Field(default=15, ge=1)
    """Length of a range."""
    min_width_fraction: float = Field(default=0.03, gt=0)
    """Width of a range as a fraction of its ice."""
    jump_factor_tolerance: float = Field(default=0.1, ge=0)
    """Difference allowed between the jump factor and the one that the length gives."""
    remark_move_fraction: float = 0.8
    """A target nearer than this fraction of the projected move gets a remark."""
    max_move_fraction: float = 2.0
    """A target farther than this fraction of the projected move is refused."""

    bring_target_nearer: bool = True
    """Whether a jump that promises more than ``max_r`` gives way to the farthest nearer target that does not."""
    min_stop_fraction: Decimal = Decimal("0.01")
    """Nearest stop, fraction of the entry."""
    max_stop_fraction: Decimal = Decimal("0.10")
    """Farthest stop, fraction of the entry."""
    scale_breakout_risk: bool = False
    """Whether breakouts on less than 2.5x volume risk less."""
    max_trade_risk_pct: Decimal = Decimal("2.0")
    """Risk of one trade."""
    max_campaign_risk_pct: Decimal = Decimal("5.0")
    """Risk of the open positions of one campaign."""
    max_campaign_positions: int = 5
    """Open positions of one campaign."""
    max_heat_pct: Decimal = Decimal("10.0")
    """Risk of all open positions."""
    max_sector_risk_pct: Decimal = Decimal("6.0")
    """Risk of the open campaigns of one sector."""
    max_sector_campaigns: int = 3
    """Open campaigns of one sector."""
    max_asset_class_risk_pct: Decimal = Decimal("15.0")
    """Risk of the open positions of one asset class."""
    max_geography_risk_pct: Decimal = Decimal("20.0")
    """Risk of the open positions of one geography, where it is known."""
    remark_at_fraction: Decimal = Decimal("0.8")
    """From this fraction of a limit on there is a remark."""
    max_position_value_fraction: Decimal = Decimal("0.20")
    """Value of one position of stocks or coins, fraction of equity; caps the size."""
    max_day_loss_pct: Decimal = Decimal("3.0")
    """From this loss of the day on nothing new is opened."""
    max_drawdown_pct: Decimal = Decimal("15.0")
    """From this loss since the highest equity on nothing new is opened."""

    account_currency: str = "USD"
    """Currency of the account, for currency pairs."""
    forex_leverage: Decimal = Decimal(50)
    """Leverage of currency pairs."""
    max_forex_trade_risk_pct: Decimal = Decimal("1.5")
    """Risk of one trade in a currency pair."""
    max_forex_heat_pct: Decimal = Decimal("6.0")
    """Risk of all open positions when a currency pair is added."""
    max_forex_weekend_heat_pct: Decimal = Decimal("5.5")
    """The same from Friday noon UTC on, for bars shorter than a day."""
    max_forex_day_loss_pct: Decimal = Decimal("2.0")
    """From this loss of the day on no currency pair is opened."""
    max_forex_margin_fraction: Decimal = Decimal("0.10")
    """Margin of one position, fraction of equity; caps the size."""
    max_forex_notional_multiple: Decimal = Decimal(3)
    """Value of all currency positions, multiple of equity; caps the size."""
    asia_size_factor: Decimal = Decimal("0.70")
    """Size of currency trades decided in the Asian session."""
    friday_size_factor: Decimal = Decimal("0.50")
    """Size of currency trades decided on Friday from 13 UTC on."""

    direct_entry_confidence: int = Field(default=80, ge=0, le=100)
    """A breakout less sure than this is better entered at its last point."""
    direct_entry_volume_ratio: float = Field(default=2.0, gt=0)
    """A breakout on less volume than this is better entered at its last point."""
    refuse_weak_direct_entry: bool = False
    """Whether such a breakout is refused instead of getting a remark."""
    reentry_wait_days: int = Field(default=5, ge=0)
    """Days after a campaign of a stock or coin was invalidated before it is entered again."""
    forex_reentry_wait_days: int = Field(default=3, ge=0)
    """The same for currency pairs."""
    remark_missing_news_calendar: bool = True
    """Whether every signal says that no calendar of earnings and news was looked at."""
    override_confidence: int = Field(default=90, ge=0, le=100)
    """A pattern this sure turns remarks of the strategy step into a pass."""

    @field_validator("per_pattern")
    @classmethod
    def _keep_defaults(cls, table: dict[PatternType, PatternRisk]) -> dict[PatternType, PatternRisk]:
        return {**_per_pattern(), **table}
