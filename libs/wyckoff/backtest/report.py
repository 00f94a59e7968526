"""A backtest summed up: by pattern type and in all, against random entries and against holding."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wyckoff.backtest.baselines import DEFAULT_DRAWS, buy_and_hold, random_entries
from wyckoff.backtest.metrics import ENOUGH_TRADES, CurveFigures, Group, curve_figures, exposure_of, group_figures
from wyckoff.backtest.plan import plan_of_pattern
from wyckoff.backtest.ticket import Fate, Ticket, Trade, run_alone
from wyckoff.model.kinds import PatternType, Scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from enum import StrEnum

    import numpy as np
    from numpy.typing import NDArray

    from wyckoff.backtest.engine import Rules
    from wyckoff.backtest.plan import Plan
    from wyckoff.backtest.result import Curve, Market, Walk
    from wyckoff.market.bars import Bars
    from wyckoff.model.signals import Rejection

    Floats = NDArray[np.float64]

#: Percent of the first equity that a set-up without the gates risks; its results are read in R.
UNFILTERED_RISK_PCT: Final = 0.5
TOTAL: Final = "all"
#: One-sided probability above which random entries explain a result well enough.
NO_SKILL_ABOVE: Final = 0.05
_NUMBER: Final = re.compile(r"(?<![A-Za-z])-?\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class SymbolSpan:
    """What was read of one symbol; times are UTC milliseconds."""

    symbol: str
    bars: int
    first_ms: int
    last_ms: int
    patterns: int
    hold_return_pct: float


@dataclass(frozen=True, slots=True)
class Refusals:
    """Set-ups that the risk stage refused for one kind of reason; ``#`` stands for the numbers in it."""

    stage: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class GroupTable:
    """One row a pattern type and one a scale that was traded, and the row of all."""

    by_type: tuple[Group, ...]
    by_scale: tuple[Group, ...]
    total: Group

    @property
    def rows(self) -> tuple[Group, ...]:
        """What is shown: the scales only where there are several, the row of all last."""
        return (*self.by_type, *(self.by_scale if len(self.by_scale) > 1 else ()), self.total)


@dataclass(frozen=True, slots=True)
class Unfiltered:
    """Every set-up by itself, without gates, account and limits; each risks the same money, no stop trails."""

    table: GroupTable
    trades: tuple[Trade, ...]
    fates: Mapping[Fate, int]
    out_of_order: int


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Everything that is printed, drawn or written."""

    timeframe: str
    spans: tuple[SymbolSpan, ...]
    rules: Rules
    seed: int
    draws: int
    walk: Walk
    table: GroupTable
    strategy: CurveFigures
    hold: CurveFigures
    hold_curve: Curve
    exposure: Floats
    random_r: Floats
    refusals: tuple[Refusals, ...]
    unfiltered: Unfiltered | None
    remarks: tuple[str, ...]


def make_report(
    markets: Sequence[Market],
    walk: Walk,
    rules: Rules,
    rng: np.random.Generator,
    *,
    seed: int,
    draws: int = DEFAULT_DRAWS,
    unfiltered: bool = False,
) -> Report:
    """Sum up ``walk``; ``rng`` draws, and ``seed`` is only named as what it was made from."""
    bars = {market.bars.symbol: market.bars for market in markets}
    for_trades, for_unfiltered = rng.spawn(2)
    table, random_r = _table(walk.trades, bars, walk.curve, rules, for_trades, draws)
    exposure = exposure_of(walk.trades, bars, walk.curve.time_ms, walk.curve.equity)
    hold = buy_and_hold(list(bars.values()), rules.equity, rules.costs, walk.curve.time_ms)
    strategy = curve_figures(rules.equity, walk.curve.equity, exposure)
    return Report(
        timeframe=markets[0].bars.timeframe,
        spans=tuple(_span(market, rules) for market in markets),
        rules=rules,
        seed=seed,
        draws=draws,
        walk=walk,
        table=table,
        strategy=strategy,
        hold=curve_figures(rules.equity, hold.equity, exposure * 0 + 1),
        hold_curve=hold,
        exposure=exposure,
        random_r=random_r,
        refusals=refusals(walk.rejections),
        unfiltered=_unfiltered(markets, bars, walk.curve, rules, for_unfiltered, draws) if unfiltered else None,
        remarks=remarks(table.total, strategy),
    )


def _span(market: Market, rules: Rules) -> SymbolSpan:
    bars = market.bars
    held = buy_and_hold([bars], rules.equity, rules.costs, bars.open_time_ms)
    return SymbolSpan(
        symbol=bars.symbol,
        bars=len(bars),
        first_ms=int(bars.open_time_ms[0]),
        last_ms=int(bars.open_time_ms[-1]),
        patterns=len(market.patterns),
        hold_return_pct=100 * (float(held.equity[-1]) / rules.equity - 1),
    )


def _table(
    trades: Sequence[Trade],
    bars: dict[str, Bars],
    curve: Curve,
    rules: Rules,
    rng: np.random.Generator,
    draws: int,
) -> tuple[GroupTable, Floats]:
    for_entries, for_intervals = rng.spawn(2)
    random_r = random_entries(trades, bars, rules.costs, for_entries, draws)

    def group(name: str, wanted: Sequence[int]) -> Group:
        chosen = [trades[number] for number in wanted]
        exposure = exposure_of(chosen, bars, curve.time_ms, curve.equity)
        return group_figures(name, chosen, random_r[:, list(wanted)], exposure, for_intervals)

    def groups(kinds: Iterable[StrEnum], kind_of: Callable[[Plan], StrEnum]) -> tuple[Group, ...]:
        members = {
            kind: [number for number, trade in enumerate(trades) if kind_of(trade.plan) is kind] for kind in kinds
        }
        return tuple(group(kind.value, wanted) for kind, wanted in members.items() if wanted)

    table = GroupTable(
        by_type=groups(PatternType, lambda plan: plan.pattern_type),
        by_scale=groups(Scale, lambda plan: plan.scale),
        total=group(TOTAL, range(len(trades))),
    )
    return table, random_r


def _unfiltered(
    markets: Sequence[Market],
    bars: dict[str, Bars],
    curve: Curve,
    rules: Rules,
    rng: np.random.Generator,
    draws: int,
) -> Unfiltered:
    risk = rules.equity * UNFILTERED_RISK_PCT / 100
    tickets: list[Ticket] = []
    out_of_order = 0
    for market in markets:
        for pattern in market.patterns:
            try:
                plan = plan_of_pattern(market.bars.symbol, pattern, risk)
            except ValueError:
                out_of_order += 1
                continue
            ticket = Ticket(plan, market.bars, rules.costs, rules.order_bars)
            tickets.append(run_alone(ticket, len(market.bars)))
    trades = sorted(
        (ticket.trade for ticket in tickets if ticket.trade is not None),
        key=lambda trade: (trade.exit_time_ms, trade.entry_time_ms),
    )
    table, _ = _table(trades, bars, curve, rules, rng, draws)
    return Unfiltered(table, tuple(trades), Counter(ticket.fate for ticket in tickets), out_of_order)


def refusals(rejections: Sequence[Rejection]) -> tuple[Refusals, ...]:
    """Counts by stage and reason, most frequent first; reasons that differ in their numbers only are one."""
    counted = Counter((item.stage, _NUMBER.sub("#", item.reason)) for item in rejections)
    return tuple(Refusals(stage, reason, count) for (stage, reason), count in counted.most_common())


def remarks(total: Group, strategy: CurveFigures) -> tuple[str, ...]:
    """What a reader must know before believing any figure of the account."""
    said = list(group_remarks(total))
    if strategy.max_exposure_pct > 100:
        said.append(
            f"up to {strategy.max_exposure_pct:.0f} % of equity was in the market; the limits bound risk, not value. "
            "No interest on the borrowed part is counted."
        )
    return tuple(said)


def group_remarks(total: Group) -> tuple[str, ...]:
    """What a reader must know before believing any figure of these trades."""
    said = []
    if not total.is_enough:
        count = f"{total.trades} trade is" if total.trades == 1 else f"{total.trades} trades are"
        said.append(
            f"{count} too few: below {ENOUGH_TRADES} the figures prove nothing, good or bad. "
            "No ratio per year is given."
        )
    interval = total.interval_r
    if interval is not None and interval.low <= 0 <= interval.high:
        said.append("the interval of the expectancy contains 0: neither a profit nor a loss is shown.")
    elif interval is not None and interval.high < 0:
        said.append("the whole interval of the expectancy is below 0: traded like this, it loses.")
    if total.best_r is not None and total.trades > 1 and total.total_r > 0 >= total.total_r - total.best_r:
        said.append(f"one trade of {total.best_r:+.1f} R made the profit; without it there is none.")
    if total.random is not None and total.random.p_value > NO_SKILL_ABOVE:
        said.append(
            f"random entries with the same exits do as well in {100 * total.random.p_value:.0f} % of the draws: "
            "no skill of the entries is shown."
        )
    return tuple(said)
