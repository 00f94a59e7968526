"""Figures of trades and curves. A figure that cannot be said is None, never 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.backtest.bootstrap import Interval, mean_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from wyckoff.backtest.ticket import Trade
    from wyckoff.market.bars import Bars

    Floats = NDArray[np.float64]

#: Below it, what is measured proves nothing.
ENOUGH_TRADES: Final = 30


@dataclass(frozen=True, slots=True)
class Against:
    """The expectancy against that of random entries; ``p_value`` one-sided, counting ours among the draws."""

    mean_r: float
    low_r: float
    high_r: float
    percentile: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of one group of trades. ``*_r`` in units of the planned risk after costs, ``*_pct`` in percent.

    ``interval_r`` bounds the expectancy with 95 % confidence; see :func:`episodes_of` for what it counts as evidence.
    """

    name: str
    trades: int
    episodes: int
    win_rate_pct: float | None
    expectancy_r: float | None
    interval_r: Interval | None
    mean_win_r: float | None
    mean_loss_r: float | None
    profit_factor: float | None
    best_r: float | None
    total_r: float
    drawdown_r: float
    mean_bars_held: float | None
    exposure_pct: float
    time_in_market_pct: float
    pnl: float
    commission: float
    random: Against | None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough trades to say anything."""
        return self.trades >= ENOUGH_TRADES


@dataclass(frozen=True, slots=True)
class CurveFigures:
    """Figures of an equity curve: percent of the first money, of the highest equity so far, and of equity."""

    return_pct: float
    max_drawdown_pct: float
    exposure_pct: float
    max_exposure_pct: float
    time_in_market_pct: float


def group_figures(
    name: str,
    trades: Sequence[Trade],
    random_r: Floats,
    exposure: Floats,
    rng: np.random.Generator,
) -> Group:
    """Figures of ``trades``, in order of exit; ``random_r`` has one row a draw, ``exposure`` one fraction a time."""
    r = np.array([trade.r for trade in trades])
    wins, losses = r[r > 0], r[r <= 0]
    lost = float(-losses.sum())
    episodes = episodes_of(trades)
    return Group(
        name=name,
        trades=len(trades),
        episodes=len(set(episodes)),
        win_rate_pct=_mean(r > 0, 100.0),
        expectancy_r=_mean(r),
        interval_r=mean_interval(r.tolist(), episodes, rng),
        mean_win_r=_mean(wins),
        mean_loss_r=_mean(losses),
        profit_factor=float(wins.sum()) / lost if lost > 0 else None,
        best_r=float(r.max()) if len(r) else None,
        total_r=float(r.sum()),
        drawdown_r=drawdown(np.cumsum(r)) if len(r) else 0.0,
        mean_bars_held=_mean(np.array([trade.bars_held for trade in trades])),
        exposure_pct=100 * float(exposure.mean()) if exposure.size else 0.0,
        time_in_market_pct=100 * float((exposure > 0).mean()) if exposure.size else 0.0,
        pnl=float(sum(trade.pnl for trade in trades)),
        commission=float(sum(trade.commission for trade in trades)),
        random=against_random(float(r.mean()), random_r) if len(r) else None,
    )


def against_random(expectancy_r: float, random_r: Floats) -> Against | None:
    """Where ``expectancy_r`` stands among the means of the draws; None without draws that could be made."""
    if not random_r.size or np.isnan(random_r).any():
        return None
    means = random_r.mean(axis=1)
    low, high = np.quantile(means, (0.05, 0.95))
    return Against(
        mean_r=float(means.mean()),
        low_r=float(low),
        high_r=float(high),
        percentile=100 * float((means < expectancy_r).mean()),
        p_value=float((1 + (means >= expectancy_r).sum()) / (1 + len(means))),
    )


def drawdown(results: Floats) -> float:
    """Deepest fall of a running sum below its highest value so far, which starts at 0; in the unit of the sum."""
    if not results.size:
        return 0.0
    return float((np.maximum(np.maximum.accumulate(results), 0.0) - results).max())


def drawdown_pct(equity: Floats) -> Floats:
    """Fall of ``equity`` below its highest value so far at each time, percent of that value."""
    peak = np.maximum.accumulate(equity)
    return 100 * (peak - equity) / peak


def curve_figures(first_equity: float, equity: Floats, exposure: Floats) -> CurveFigures:
    """Figures of ``equity``, which began with ``first_equity``; ``exposure`` is a fraction of equity at each time."""
    with_start = np.concatenate([[first_equity], equity])
    return CurveFigures(
        return_pct=100 * (float(equity[-1]) / first_equity - 1),
        max_drawdown_pct=float(drawdown_pct(with_start).max()),
        exposure_pct=100 * float(exposure.mean()),
        max_exposure_pct=100 * float(exposure.max()),
        time_in_market_pct=100 * float((exposure > 0).mean()),
    )


def exposure_of(
    trades: Sequence[Trade], bars_by_symbol: dict[str, Bars], time_ms: NDArray[np.int64], equity: Floats
) -> Floats:
    """Value of the open trades, long and short alike, as a fraction of equity at the close of each time."""
    value = np.zeros(len(time_ms))
    for trade in trades:
        bars = bars_by_symbol[trade.plan.symbol]
        first, last = np.searchsorted(time_ms, (trade.entry_time_ms, trade.exit_time_ms))
        at = np.searchsorted(bars.open_time_ms, time_ms[first:last], side="right") - 1
        value[first:last] += trade.plan.size * bars.close[at]
    # a fraction of an account that has lost everything is not known
    return np.divide(value, equity, out=np.zeros_like(value), where=equity > 0)


def episodes_of(trades: Sequence[Trade]) -> list[tuple[str, int]]:
    """A label of each trade: trades of one symbol that are open at the same time, or one through another, share it.

    They live on the same bars: two scales that say the same are not two proofs.
    """
    labels: list[tuple[str, int]] = [("", 0)] * len(trades)
    last: dict[str, tuple[int, int]] = {}
    for number in sorted(range(len(trades)), key=lambda each: trades[each].entry_time_ms):
        trade = trades[number]
        symbol = trade.plan.symbol
        first_ms, open_until_ms = last.get(symbol, (trade.entry_time_ms, trade.entry_time_ms))
        if trade.entry_time_ms > open_until_ms:
            first_ms = open_until_ms = trade.entry_time_ms
        last[symbol] = (first_ms, max(open_until_ms, trade.exit_time_ms))
        labels[number] = (symbol, first_ms)
    return labels


def _mean(values: NDArray[np.generic], scale: float = 1.0) -> float | None:
    return scale * float(np.mean(values.astype(np.float64))) if values.size else None
