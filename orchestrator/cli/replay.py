"""`wyckoff replay`: what would have been said, bar by bar."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal  # noqa: TC003  # typer reads the annotations
from pathlib import Path  # noqa: TC003
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli.analyze import parse_equity
from orchestrator.cli.clients import TlsDir, account_of, client_tls, open_analyzer
from orchestrator.cli.output import EXIT_FAILURE, EXIT_OK, ProgressBar, messages_console, results_console, say
from orchestrator.cli.replay_output import ReplayFormat, print_replay
from orchestrator.cli.scales import SCALE_NAMES, parse_scales
from wyckoff.market.files import read_bars
from wyckoff.replay.entry import EntryKind
from wyckoff.replay.timeline import build_timeline
from wyckoff.replay.verify import prefix_lengths, verify

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from orchestrator.cli.clients import Analyzer
    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
    from wyckoff.replay.entry import Entry
    from wyckoff.replay.timeline import Timeline
    from wyckoff.replay.verify import Verification

HELP: Final = """Tell what would have been said of a file of bars, bar by bar, and how late.

Every range, event, phase, set-up, signal and refusal, and every withdrawal, stands at the bar at whose close it
became known; lag is the number of bars since the one it is about. With `--verify` the first bars alone are analysed
again, and whatever they say differently is a rewrite: it is listed, and the exit code is 1.

Examples:

  wyckoff replay AAPL.csv

  wyckoff replay AAPL.csv --from 2003-01-01 --to 2003-12-31 --kinds event,event-withdrawn,phase

  wyckoff replay AAPL.csv --html AAPL.html

  wyckoff replay AAPL.csv --verify 50

  wyckoff replay EURUSD.csv --timeframe 1h --format jsonl > timeline.jsonl
"""
_DAY: Final = ["%Y-%m-%d"]
_ALL: Final = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """Which entries are listed; times in UTC, ``to_time`` not included."""

    kinds: frozenset[EntryKind]
    scales: frozenset[str]
    from_time: datetime | None = None
    to_time: datetime | None = None

    def indices(self, bars: Bars) -> range:
        """The bars at whose close listed entries became known."""
        first = 0 if self.from_time is None else int(bars.open_time_ms.searchsorted(_ms(self.from_time)))
        end = len(bars) if self.to_time is None else int(bars.open_time_ms.searchsorted(_ms(self.to_time)))
        return range(first, end)

    def holds(self, entry: Entry) -> bool:
        """Whether an entry of these bars is listed."""
        return entry.kind in self.kinds and entry.scale in self.scales


def parse_kinds(text: str) -> frozenset[EntryKind]:
    """Kinds by name, between commas."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in set(EntryKind)]
    if unknown or not names:
        raise typer.BadParameter(f"{', '.join(unknown) or 'nothing'} is no kind; there are {', '.join(EntryKind)}")
    return frozenset(EntryKind(name) for name in names)


def parse_verify(text: str) -> int:
    """How many prefixes to analyse again; 0 for every one."""
    if text == "all":
        return _ALL
    if not text.isdecimal() or int(text) < 1:
        raise typer.BadParameter(f"{text!r} is neither a number from 1 nor all")
    return int(text)


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet file.")],
    output: Annotated[
        ReplayFormat, typer.Option("--format", help="table to read, json for one object, jsonl for one entry a line.")
    ] = ReplayFormat.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    symbol: Annotated[str | None, typer.Option(help="Name of the symbol; that of the file when not given.")] = None,
    timeframe: Annotated[str, typer.Option(help="Length of a bar: 15m, 1h, 1d, 1w.")] = "1d",
    from_day: Annotated[
        datetime | None, typer.Option("--from", metavar="DATE", formats=_DAY, help="List what became known from here.")
    ] = None,
    to_day: Annotated[
        datetime | None, typer.Option("--to", metavar="DATE", formats=_DAY, help="The same up to this day.")
    ] = None,
    kinds: Annotated[
        frozenset[EntryKind] | None,
        typer.Option(metavar="KIND,...", parser=parse_kinds, help=f"List only these: {', '.join(EntryKind)}."),
    ] = None,
    scales: Annotated[
        frozenset[str] | None,
        typer.Option("--scale", metavar="SCALE,...", parser=parse_scales, help=f"List only: {', '.join(SCALE_NAMES)}."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", dir_okay=False, help="Write a page with a chart and a slider over all bars there."
        ),
    ] = None,
    check: Annotated[
        int | None,
        typer.Option(
            "--verify",
            metavar="N|all",
            parser=parse_verify,
            help="Analyse so many first parts of the bars again and compare.",
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="A running orchestrator; without it, all runs in-process.")
    ] = None,
    equity: Annotated[
        Decimal | None,
        typer.Option(
            metavar="AMOUNT",
            parser=parse_equity,
            help="Account to size trades for; 100000 in-process, the account of the service with --target.",
        ),
    ] = None,
    tls_dir: TlsDir = None,
) -> None:
    bars = read_bars(file, timeframe, symbol=symbol)
    chosen = Choice(
        frozenset(EntryKind) if kinds is None else kinds,
        frozenset(SCALE_NAMES) if scales is None else scales,
        None if from_day is None else from_day.replace(tzinfo=UTC),
        None if to_day is None else to_day.replace(tzinfo=UTC) + timedelta(days=1),
    )
    opening = open_analyzer(target, equity, client_tls(tls_dir))
    form = ReplayFormat.JSON if as_json else output
    raise typer.Exit(asyncio.run(_replay(bars, form, chosen, html, check, opening, equity)))


async def _replay(
    bars: Bars,
    output: ReplayFormat,
    chosen: Choice,
    html: Path | None,
    check: int | None,
    opening: AbstractAsyncContextManager[Analyzer],
    equity: Decimal | None,
) -> int:
    async with opening as analyzer:

        async def analyze(part: Bars) -> Analysis:
            return await analyzer.analyze_bars(part, portfolio=account_of(equity))

        analysis = await analyze(bars)
        timeline = build_timeline(analysis)
        verification = None if check is None else await _verify(timeline, bars, check, analyze)
    indices = chosen.indices(bars)
    listed = [entry for entry in timeline.entries if entry.known_at_index in indices and chosen.holds(entry)]
    print_replay(results_console(), output, bars, analysis, listed, verification)
    if html is not None:
        _write_page(html, bars, analysis, timeline, indices if chosen.from_time else None)
    return _exit_code(analysis, verification)


async def _verify(
    timeline: Timeline, bars: Bars, check: int, analyze: Callable[[Bars], Awaitable[Analysis]]
) -> Verification:
    lengths = prefix_lengths(len(bars), None if check == _ALL else check)
    with ProgressBar(messages_console(), "verifying", len(lengths)).shown() as bar:
        return await verify(timeline, bars, lengths, analyze, lambda length: bar.advance(f"{length} bars"))


def _write_page(html: Path, bars: Bars, analysis: Analysis, timeline: Timeline, indices: range | None) -> None:
    # imported here, because it brings the chart library with it
    from wyckoff.replay.page import write_replay

    start = indices[0] if indices else None
    say(messages_console(), f"replay written to {write_replay(html, bars, analysis, timeline, start)}")


def _exit_code(analysis: Analysis, verification: Verification | None) -> int:
    messages = messages_console()
    for stage in analysis.stages:
        if not stage.success:
            say(messages, f"stage {stage.stage} has no result: {stage.error}")
    for failed in analysis.failed_detectors:
        say(messages, f"detector {failed.detector} failed: {failed.error}")
    rewritten = verification is not None and len(verification.rewrites) > 0
    if rewritten:
        say(messages, f"{len(verification.rewrites) if verification else 0} rewrites: what was said did not stand")
    return EXIT_FAILURE if rewritten or not analysis.complete else EXIT_OK


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)


replay.__doc__ = HELP
