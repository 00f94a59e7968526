"""Words and numbers of a report, for the table and the page alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from wyckoff.backtest.ticket import Fate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wyckoff.backtest.metrics import Group
    from wyckoff.backtest.report import Report, Unfiltered

FATE_TEXT: Final = {
    Fate.CLOSED: "became trades",
    Fate.LAPSED: "lapsed unfilled",
    Fate.WITHDRAWN: "taken back because the pattern was withdrawn",
    Fate.TARGET_FIRST: "missed (the target came before the entry)",
    Fate.STOP_FIRST: "spent (the stop came before the entry)",
    Fate.CAMPAIGN_FAILED: "taken back because another trade of the campaign was stopped",
    Fate.UNFILLED_AT_END: "unfilled when the bars ended",
}

#: A heading with ``>`` in front is of numbers.
GROUP_HEADINGS: Final = (
    "pattern",
    ">trades",
    ">episodes",
    ">won",
    ">expectancy",
    "95 % interval",
    ">random",
    ">p",
    ">total",
    ">drawdown",
    ">bars held",
    ">exposure",
    ">profit or loss",
)


def group_row(group: Group) -> tuple[str, ...]:
    """One row under :data:`GROUP_HEADINGS`."""
    interval, against = group.interval_r, group.random
    return (
        group.name,
        str(group.trades),
        str(group.episodes),
        number(group.win_rate_pct, "{:.0f} %"),
        number(group.expectancy_r, "{:+.2f} R"),
        f"{interval.low:+.2f} to {interval.high:+.2f}" if interval else "too few",
        f"{against.mean_r:+.2f} R" if against else "",
        f"{against.p_value:.3f}" if against else "",
        f"{group.total_r:+.1f} R",
        f"{group.drawdown_r:.1f} R",
        number(group.mean_bars_held, "{:.0f}"),
        f"{group.exposure_pct:.1f} %",
        f"{group.pnl:+,.0f}",
    )


def number(value: float | None, form: str) -> str:
    """``value`` in ``form``; empty where it cannot be said."""
    return "" if value is None else form.format(value)


def date_text(time_ms: int, timeframe: str) -> str:
    """The date, with the time of day for bars shorter than a day."""
    form = "%Y-%m-%d" if timeframe[-1] in "dwM" else "%Y-%m-%d %H:%M"
    return datetime.fromtimestamp(time_ms / 1000, tz=UTC).strftime(form)


def curve_rows(report: Report) -> list[tuple[str, ...]]:
    """The account beside holding: return, deepest drawdown, mean and highest exposure, time in the market."""
    figures = (("this account", report.strategy), ("buy and hold, equal parts", report.hold))
    return [
        (
            name,
            f"{item.return_pct:+.1f} %",
            f"{item.max_drawdown_pct:.1f} %",
            f"{item.exposure_pct:.1f} %",
            f"{item.max_exposure_pct:.0f} %",
            f"{item.time_in_market_pct:.0f} %",
        )
        for name, item in figures
    ]


def notes(report: Report) -> list[str]:
    """How to read a table of groups, a line each."""
    return [
        "R: the money risked at the stop as planned; all results are after costs.",
        "Interval: 95 %, by drawing whole episodes; trades of one symbol that overlap in time are one episode.",
        f"Random: mean of {report.draws} sets of entries moved along the series together, same stops, exits and costs.",
        "p: share of these sets that do at least as well. Of twenty rows one is below 0.05 by chance.",
    ]


CURVE_HEADINGS: Final = ("", ">return", ">drawdown", ">exposure", ">at most", ">time in market")


def rule_texts(report: Report) -> list[str]:
    """How was traded, a line each."""
    rules, costs = report.rules, report.rules.costs
    parts = [f"{costs.commission_per_unit:g} a unit"]
    if costs.commission_pct:
        parts.append(f"{costs.commission_pct:g} % of the value")
    slippage = [f"{costs.slippage_bps:g} basis points"]
    if costs.slippage_range_pct:
        slippage.append(f"{costs.slippage_range_pct:g} % of the bar's range")
    return [
        f"commission {' and '.join(parts)}, at least {costs.commission_min:g} an order; "
        f"slippage {' and '.join(slippage)} on orders that take the market",
        f"entry orders rest {rules.order_bars} bars; stops "
        f"{'trail as the signal says' if rules.trailing else 'stay where they are'}; seed {report.seed}",
    ]


def orders_text(report: Report) -> str:
    """What became of the patterns and of the approved signals."""
    walk = report.walk
    said = f"{_count(len(walk.signals), 'signal')} approved{fates_text(walk.fates)}."
    if walk.withdrawn_when_known:
        said += f" {_count(walk.withdrawn_when_known, 'set-up')} withdrawn at the bar that made it known."
    return f"{said} {_count(len(walk.rejections), 'set-up')} refused."


def unfiltered_text(unfiltered: Unfiltered) -> str:
    """What became of the set-ups without the gates."""
    count = sum(unfiltered.fates.values())
    said = f"{_count(count, 'set-up')}{fates_text(unfiltered.fates)}."
    if unfiltered.out_of_order:
        said += f" {_count(unfiltered.out_of_order, 'set-up')} with stop, entry and target out of order left out."
    return said


def fates_text(fates: Mapping[Fate, int]) -> str:
    """``: 3 became trades, 2 lapsed unfilled``; empty when there is nothing to tell."""
    told = [f"{fates[fate]} {text}" for fate, text in FATE_TEXT.items() if fates.get(fate)]
    return f": {', '.join(told)}" if told else ""


def _count(number_of: int, noun: str) -> str:
    return f"{number_of} {noun}" if number_of == 1 else f"{number_of} {noun}s"
