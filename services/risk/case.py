"""One pattern with everything that was known when it was: never the final state of its range or phase."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from services.risk.limits import asset_class_in
from services.risk.session import Session, session_at
from wyckoff.market.timeframes import timeframe_ms
from wyckoff.model.kinds import Direction, EffortResult
from wyckoff.model.signals import AssetClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.risk.config import RiskSettings, VolumeGates
    from wyckoff.model.patterns import Pattern
    from wyckoff.model.phases import PhaseReading, PhaseState
    from wyckoff.model.portfolio import Portfolio
    from wyckoff.model.ranges import RangeRevision, TradingRange
    from wyckoff.model.volume import VolumeAnalysis

DAY_MS = 86_400_000
#: The last moment that has a date.
LAST_MS = 253_402_300_799_999


@dataclass(frozen=True, slots=True)
class BarVolume:
    """Volume facts of the pattern bar; None when unknown. ``close_position`` is 0 to 1 as in the bar."""

    volume_ratio: float | None
    spread_ratio: float | None
    close_position: float
    effort: EffortResult


@dataclass(frozen=True, slots=True)
class Case:
    """What the chain judges. Times are UTC milliseconds; ``decided_at_ms`` is the close of the known-at bar."""

    symbol: str
    timeframe: str
    asset_class: AssetClass
    pattern: Pattern
    trading_range: TradingRange | None
    revision: RangeRevision | None
    reading: PhaseReading | None
    state: PhaseState | None
    volume: BarVolume
    portfolio: Portfolio
    campaign_id: str
    timestamp_ms: int
    decided_at_ms: int
    intraday: bool
    settings: RiskSettings

    @property
    def is_long(self) -> bool:
        return self.pattern.direction is Direction.LONG

    @property
    def is_forex(self) -> bool:
        return self.asset_class is AssetClass.FOREX

    @property
    def session(self) -> Session:
        return session_at(self.decided_at_ms) if self.intraday else Session.NONE

    @property
    def gates(self) -> VolumeGates:
        return self.settings.forex_volume if self.is_forex else self.settings.stock_volume

    @property
    def name(self) -> str:
        """The pattern's name in a sentence."""
        return str(self.pattern.type)


def make_case(
    symbol: str,
    timeframe: str,
    open_time_ms: Sequence[int],
    pattern: Pattern,
    trading_range: TradingRange | None,
    reading: PhaseReading | None,
    volume: VolumeAnalysis,
    portfolio: Portfolio,
    settings: RiskSettings,
) -> Case:
    """Collects what was known at ``pattern.known_at_index``; raises ValueError for an unreadable timeframe."""
    known, here = pattern.known_at_index, pattern.bar_index
    length_ms = timeframe_ms(timeframe)
    return Case(
        symbol=symbol,
        timeframe=timeframe,
        asset_class=asset_class_in(portfolio, symbol),
        pattern=pattern,
        trading_range=trading_range,
        revision=trading_range.as_of(known) if trading_range else None,
        reading=reading,
        state=reading.as_of(known) if reading else None,
        volume=BarVolume(
            volume_ratio=_known(float(volume.volume_ratio[here])),
            spread_ratio=_known(float(volume.spread_ratio[here])),
            close_position=float(volume.close_position[here]),
            effort=volume.effort(here),
        ),
        portfolio=portfolio,
        campaign_id=campaign_id_of(symbol, open_time_ms, trading_range),
        timestamp_ms=int(open_time_ms[known]),
        decided_at_ms=min(int(open_time_ms[known]) + length_ms, LAST_MS),
        intraday=length_ms < DAY_MS,
        settings=settings,
    )


def campaign_id_of(symbol: str, open_time_ms: Sequence[int], trading_range: TradingRange | None) -> str:
    """Symbol and date of the first bar of the range; empty without a range."""
    if trading_range is None:
        return ""
    start = datetime.fromtimestamp(int(open_time_ms[trading_range.start_index]) / 1000, tz=UTC)
    return f"{symbol}-{start:%Y-%m-%d}"


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
