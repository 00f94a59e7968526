"""`wyckoff backtest`: what trading the analysis would have brought, bar by bar."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal  # noqa: TC003  # typer reads the annotations
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli.analyze import parse_equity
from orchestrator.cli.clients import CALL_TIMEOUT_S, open_stages
from orchestrator.cli.output import (
    EXIT_BAD_INPUT,
    EXIT_FAILURE,
    EXIT_OK,
    OutputFormat,
    ProgressBar,
    messages_console,
    results_console,
    say,
)
from wyckoff.market.files import read_bars
from wyckoff.model.portfolio import DEFAULT_EQUITY
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from orchestrator.backtesting import BacktestDesk
    from wyckoff.backtest import Market, Report, Rules, Walk
    from wyckoff.market.bars import Bars

HELP: Final = """Trade what the analysis says on files of bars, as it was known at the time, and say what came of it.

All files are traded on one account. A signal is filled after the bar that made it known, the risk stage sizes and
limits it for the account as it is then, of a bar that touches stop and target the stop counts, gaps are filled at
the open, and every order costs commission and slippage. The result stands beside random entries with the same exits
and beside buying and holding. Rules in full: docs/backtest.md.

Examples:

  wyckoff backtest bars/*.csv

  wyckoff backtest bars/*.csv --html backtest.html --unfiltered

  wyckoff backtest AAPL.csv --commission-per-share 0 --commission-min 0 --slippage-bps 10

  wyckoff backtest bars/*.parquet --format json --seed 7 > backtest.json
"""


def backtest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV or Parquet files, one symbol each.")],
    output: Annotated[
        OutputFormat, typer.Option("--format", help="table to read, json for everything as one object.")
    ] = OutputFormat.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    timeframe: Annotated[str, typer.Option(help="Length of a bar: 15m, 1h, 1d, 1w.")] = "1d",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Write a report with the equity curve there.")
    ] = None,
    equity: Annotated[
        Decimal, typer.Option(metavar="AMOUNT", parser=parse_equity, help="Account at the start.")
    ] = DEFAULT_EQUITY,
    commission_per_share: Annotated[float, typer.Option(min=0.0, help="Commission of a share, in money.")] = 0.005,
    commission_min: Annotated[float, typer.Option(min=0.0, help="Least commission of an order, in money.")] = 1.0,
    commission_pct: Annotated[float, typer.Option(min=0.0, help="Commission in percent of the value.")] = 0.0,
    slippage_bps: Annotated[
        float, typer.Option(min=0.0, help="Slippage of orders that take the market, basis points of the price.")
    ] = 5.0,
    slippage_range_pct: Annotated[
        float, typer.Option(min=0.0, help="The same in percent of the bar's high less low, added.")
    ] = 0.0,
    order_bars: Annotated[int, typer.Option(min=1, help="Bars that an entry order rests.")] = 10,
    trailing: Annotated[bool, typer.Option(help="Stops trail as the signal says, or stay where they are.")] = True,
    unfiltered: Annotated[
        bool, typer.Option("--unfiltered", help="Also every set-up by itself, without the trade gates.")
    ] = False,
    draws: Annotated[int, typer.Option(min=1, max=100_000, help="Random sets of entries.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything that is drawn.")] = 1,
) -> None:
    import numpy as np

    from wyckoff.backtest import Costs, Rules, make_report

    try:
        costs = Costs(commission_per_share, commission_min, commission_pct, slippage_bps, slippage_range_pct)
        rules = Rules(float(equity), order_bars, trailing, costs)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    messages = messages_console()
    all_bars = _read(files, timeframe)
    if all_bars is None:
        raise typer.Exit(EXIT_BAD_INPUT)
    markets, done, failed = asyncio.run(_trade(all_bars, rules))
    rng = np.random.default_rng(seed)
    report = make_report(markets, done, rules, rng, seed=seed, draws=draws, unfiltered=unfiltered)
    if html is not None:
        from wyckoff.backtest import write_page

        # before the tables: a reader of those who goes away does not cost the page
        say(messages, f"report written to {write_page(html, report)}")
    _show(report, OutputFormat.JSON if as_json else output)
    for message in failed:
        say(messages, message)
    raise typer.Exit(EXIT_FAILURE if failed else EXIT_OK)


def _read(files: list[Path], timeframe: str) -> list[Bars] | None:
    """All files or None: an account without one of its symbols would be another account."""
    messages = messages_console()
    all_bars: list[Bars] = []
    wrong = False
    for path in files:
        try:
            bars = read_bars(path, timeframe)
        except InvalidArgumentError as error:
            say(messages, error.message if str(path) in error.message else f"{path}: {error.message}")
            wrong = True
            continue
        if any(bars.symbol == other.symbol for other in all_bars):
            say(messages, f"{path}: {bars.symbol} is there already; each symbol can be traded from one file")
            wrong = True
        all_bars.append(bars)
    return None if wrong else all_bars


async def _trade(all_bars: list[Bars], rules: Rules) -> tuple[list[Market], Walk, list[str]]:
    """Markets with their patterns, what came of them, and what is to be said of detectors that failed."""
    import numpy as np

    from orchestrator.backtesting import BacktestDesk
    from orchestrator.calls import ServiceCalls
    from wyckoff.backtest import walk

    messages = messages_console()
    desk = BacktestDesk(ServiceCalls(open_stages()), time.monotonic, CALL_TIMEOUT_S)
    markets = []
    with ProgressBar(messages, "analysing", len(all_bars)).shown() as bar:
        for bars in all_bars:
            markets.append(await desk.find(bars))
            bar.advance(bars.symbol)
    times = np.unique(np.concatenate([bars.open_time_ms for bars in all_bars]))
    with ProgressBar(messages, "trading", len(times)).shown() as bar:
        done = await walk(markets, desk.assess, rules, lambda time_ms: bar.advance(_day(time_ms)))
    return markets, done, _failures(desk)


def _day(time_ms: int) -> str:
    from wyckoff.backtest.text import date_text

    return date_text(time_ms, "1d")


def _failures(desk: BacktestDesk) -> list[str]:
    return [f"detector {failed.detector} failed: {failed.error}" for failed in desk.failed_detectors]


def _show(report: Report, output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        from wyckoff.backtest import report_as_dict

        print(json.dumps(report_as_dict(report), allow_nan=False), flush=True)
    else:
        from orchestrator.cli.backtest_report import print_backtest

        print_backtest(results_console(), report)


backtest.__doc__ = HELP
