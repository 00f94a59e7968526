"""What the same money would have done without reading anything: random entries, and holding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.backtest.fills import ExitReason, Levels, exits
from wyckoff.backtest.result import Curve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from wyckoff.backtest.costs import Costs
    from wyckoff.backtest.ticket import Trade
    from wyckoff.market.bars import Bars

    Floats = NDArray[np.float64]

DEFAULT_DRAWS: Final = 500
#: True ranges in a unit of distance: a stop is as far in units as that of the trade that it stands for.
UNIT_BARS: Final = 20


@dataclass(frozen=True, slots=True)
class _Random:
    """Trades at random bars, one value each; signed prices. ``size`` in units for one currency unit of risk."""

    entry_index: NDArray[np.int64]
    target_r: Floats
    trail_from_r: Floats
    trail_by_r: Floats
    distance: Floats
    size: Floats
    risk: Floats
    takes_market: NDArray[np.bool_]


def volatility_units(bars: Bars) -> Floats:
    """Mean true range of the :data:`UNIT_BARS` bars up to each bar; NaN for the first ones."""
    before = np.concatenate([bars.close[:1], bars.close[:-1]])
    true_range = np.maximum(bars.high, before) - np.minimum(bars.low, before)
    units = np.full(len(bars), np.nan)
    if len(bars) >= UNIT_BARS:
        units[UNIT_BARS - 1 :] = np.lib.stride_tricks.sliding_window_view(true_range, UNIT_BARS).mean(axis=1)
    return units


def random_entries(
    trades: Sequence[Trade], bars_by_symbol: Mapping[str, Bars], costs: Costs, rng: np.random.Generator, draws: int
) -> Floats:
    """R of each trade entered at a random bar instead, shape ``(draws, trades)``.

    Each draw moves all entries along their series, each by the same part of the series' length and around its end to
    its start: how many there are and how they cluster stays, when they come is chance, and each bar is as likely as
    any other. Entries are at the open. Symbol, direction, stop in units of volatility, target and trailing in R, money
    risked and costs are those of the trade. NaN where the series is too short.
    """
    found = np.full((draws, len(trades)), np.nan)
    moved = rng.random(draws)
    for symbol in sorted({trade.plan.symbol for trade in trades}):
        bars = bars_by_symbol[symbol]
        for sign in (1, -1):
            columns = [
                number for number, trade in enumerate(trades) if (trade.plan.symbol, trade.plan.sign) == (symbol, sign)
            ]
            if columns and len(bars) > UNIT_BARS:
                drawn = _moved(np.array([trades[number].entry_index for number in columns]), moved, len(bars))
                batch = _batch([trades[number] for number in columns], bars, drawn)
                found[:, columns] = _simulate(batch, bars, sign, costs).reshape(drawn.shape)
    return found


def _moved(entry_index: NDArray[np.int64], moved: Floats, bar_count: int) -> NDArray[np.int64]:
    """Bars of entry, shape ``(draws, trades)``; the first :data:`UNIT_BARS` bars have no unit and are left out."""
    room = bar_count - UNIT_BARS
    steps = (moved * room).astype(np.int64)
    return UNIT_BARS + (np.maximum(entry_index - UNIT_BARS, 0) + steps[:, None]) % room


def _batch(trades: Sequence[Trade], bars: Bars, drawn: NDArray[np.int64]) -> _Random:
    units = volatility_units(bars)
    plans = [trade.plan for trade in trades]
    # a set-up from before the first unit is measured by that first one
    here = np.array([units[max(plan.known_at_index, UNIT_BARS - 1)] for plan in plans])
    distance = np.array([plan.distance for plan in plans])
    risk = np.array([plan.risk_amount for plan in plans])
    signs = np.array([plan.sign for plan in plans])
    entry = np.array([plan.entry for plan in plans])

    def in_r(prices: list[float]) -> Floats:
        found: Floats = signs * (np.array(prices) - entry) / distance
        return found

    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(here > 0, units[drawn - 1] / here, 1.0)
    far = np.maximum(distance * scale, np.finfo(float).tiny)
    shape = drawn.shape

    def spread(values: Floats) -> Floats:
        return np.broadcast_to(values, shape).ravel()

    return _Random(
        entry_index=drawn.ravel(),
        target_r=spread(in_r([plan.target for plan in plans])),
        trail_from_r=spread(in_r([plan.trail_from for plan in plans])),
        trail_by_r=spread(np.array([plan.trail_by for plan in plans]) / distance),
        distance=far.ravel(),
        size=(risk / far).ravel(),
        risk=spread(risk),
        takes_market=np.broadcast_to(np.array([trade.takes_market for trade in trades]), shape).ravel(),
    )


def _simulate(batch: _Random, bars: Bars, sign: int, costs: Costs) -> Floats:
    """R after costs of each trade, all at once: step ``k`` is the ``k``-th bar from each one's entry."""
    open_, close = sign * bars.open, sign * bars.close
    high, low = (bars.high, bars.low) if sign > 0 else (-bars.low, -bars.high)
    span = bars.high - bars.low
    entry = open_[batch.entry_index]
    levels = Levels.of(
        entry - batch.distance,
        entry + batch.target_r * batch.distance,
        entry + batch.trail_from_r * batch.distance,
        batch.trail_by_r * batch.distance,
        entry,
    )
    left, left_index = close[-1] + np.zeros(len(entry)), np.full(len(entry), len(bars) - 1)
    at_target = np.zeros(len(entry), bool)
    open_trades, index = np.arange(len(entry)), batch.entry_index.copy()
    while open_trades.size:
        prices, reasons = exits(levels, open_[index], high[index], low[index])
        ended = reasons > 0
        which = open_trades[ended]
        left[which], left_index[which] = prices[ended], index[ended]
        at_target[which] = reasons[ended] == ExitReason.TARGET
        levels.trail(high[index])
        kept = ~ended & (index + 1 < len(bars))
        levels, open_trades, index = levels.only(kept), open_trades[kept], index[kept] + 1
    paid = entry + np.where(batch.takes_market, costs.slippage(entry, span[batch.entry_index]), 0.0)
    got = left - np.where(at_target, 0.0, costs.slippage(left, span[left_index]))
    commission = costs.commission(batch.size, paid) + costs.commission(batch.size, got)
    result: Floats = ((got - paid) * batch.size - commission) / batch.risk
    return result


def buy_and_hold(all_bars: Sequence[Bars], equity: float, costs: Costs, time_ms: NDArray[np.int64]) -> Curve:
    """Equal parts of ``equity`` put into each symbol at its first open and sold at its last close, after costs."""
    total = np.zeros(len(time_ms))
    for bars in all_bars:
        total += _held(bars, equity / len(all_bars), costs, time_ms)
    return Curve(time_ms, total)


def _held(bars: Bars, money: float, costs: Costs, time_ms: NDArray[np.int64]) -> Floats:
    first, last = float(bars.open[0]), float(bars.close[-1])
    paid = first + costs.slippage(first, float(bars.high[0] - bars.low[0]))
    # one step is enough: what the commission takes from the size changes the commission by next to nothing
    units = max(0.0, money - float(costs.commission(money / paid, paid))) / paid
    cash = money - units * paid - float(costs.commission(units, paid))
    at = np.searchsorted(bars.open_time_ms, time_ms, side="right") - 1
    value = np.where(at >= 0, cash + units * bars.close[np.maximum(at, 0)], money)
    got = last - costs.slippage(last, float(bars.high[-1] - bars.low[-1]))
    ended = time_ms >= bars.open_time_ms[-1]
    return np.where(ended, cash + units * got - float(costs.commission(units, got)), value)
