"""`wyckoff analyze`: what the bars in files say."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli.clients import TlsDir, account_of, client_tls, open_analyzer
from orchestrator.cli.ordered import in_order
from orchestrator.cli.output import (
    EXIT_BAD_INPUT,
    EXIT_FAILURE,
    EXIT_OK,
    OutputFormat,
    ProgressBar,
    json_line,
    messages_console,
    results_console,
    say,
)
from orchestrator.cli.scales import SCALE_NAMES, parse_scales
from wyckoff.market.files import read_bars
from wyckoff.model.kinds import Scale
from wyckoff.rpc.errors import InvalidArgumentError, WyckoffError

if TYPE_CHECKING:
    from orchestrator.cli.clients import Analyzer
    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
    from wyckoff.rpc.tls.settings import TlsSettings

#: Files under way at once with ``--target``: enough to keep several services busy. In this process one after the
#: other is as fast, and no file waits with its clock running.
_AT_ONCE_REMOTE: Final = 4

HELP: Final = """Analyse files of price and volume bars.

A file is CSV or Parquet with the columns timestamp, open, high, low, close and volume, in any order; its name
without the ending is the symbol. A file that cannot be read is said so (file, line, column), the others are
analysed all the same, and the exit code is 2.

Examples:

  wyckoff analyze AAPL.csv

  wyckoff analyze bars/*.csv --chart charts

  wyckoff analyze bars/*.parquet --format json > analyses.jsonl

  wyckoff analyze AAPL.csv --scale minor,intermediate

  wyckoff analyze AAPL.csv --context 1w

  wyckoff analyze EURUSD.csv --timeframe 1h --context 1d --target 127.0.0.1:50050
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    timeframe: str
    equity: Decimal | None
    scales: frozenset[Scale]
    context: str
    tls: TlsSettings | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    path: Path
    bars: Bars | None = None
    analysis: Analysis | None = None
    error: WyckoffError | None = None

    @property
    def exit_code(self) -> int:
        if isinstance(self.error, InvalidArgumentError):
            return EXIT_BAD_INPUT
        complete = self.analysis is not None and self.analysis.complete
        return EXIT_OK if complete else EXIT_FAILURE


def parse_equity(text: str) -> Decimal:
    """Money above 0 as a decimal."""
    try:
        equity = Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text!r} is no number; an amount such as 100000 is needed") from error
    if not equity.is_finite() or equity <= 0:
        raise typer.BadParameter(f"{text} is not above 0; an amount such as 100000 is needed")
    return equity


def analyze(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV or Parquet files.")],
    output: Annotated[
        OutputFormat,
        typer.Option("--format", help="table to read, json for one Analysis a line in the order of files."),
    ] = OutputFormat.TABLE,
    timeframe: Annotated[str, typer.Option(help="Length of a bar: 15m, 1h, 1d, 1w.")] = "1d",
    target: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="A running orchestrator; without it, all runs in-process.")
    ] = None,
    chart: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Write one interactive HTML chart a symbol there."),
    ] = None,
    equity: Annotated[
        Decimal | None,
        typer.Option(
            metavar="AMOUNT",
            parser=parse_equity,
            help="Account to size trades for; 100000 in-process, the account of the service with --target.",
        ),
    ] = None,
    scales: Annotated[
        list[str] | None,
        typer.Option(
            "--scale",
            metavar="SCALE,...",
            help=f"Say only what belongs to these: {', '.join(SCALE_NAMES)}; all without it.",
        ),
    ] = None,
    context: Annotated[
        str,
        typer.Option(
            metavar="LENGTH",
            help="Read a longer bar length beside, such as 1w with 1d, made of the closed bars of the file.",
        ),
    ] = "",
    tls_dir: TlsDir = None,
) -> None:
    names = parse_scales(",".join(scales)) if scales else ()
    asked = _Asked(timeframe, equity, frozenset(Scale(name.upper()) for name in names), context, client_tls(tls_dir))
    code = asyncio.run(_analyze(files, output, asked, target, chart))
    raise typer.Exit(code)


async def _analyze(
    files: list[Path],
    output: OutputFormat,
    asked: _Asked,
    target: str | None,
    chart: Path | None,
) -> int:
    messages, results = messages_console(), results_console()
    codes = set()
    charts = None if chart is None else _ChartFolder(chart)
    async with open_analyzer(target, asked.equity, asked.tls) as analyzer:

        async def work(path: Path) -> _Outcome:
            return await _one(analyzer, path, asked)

        with ProgressBar(messages, "analysing", len(files)).shown() as bar:
            async with aclosing(in_order(files, work, at_once=1 if target is None else _AT_ONCE_REMOTE)) as outcomes:
                async for outcome in outcomes:
                    bar.advance(outcome.path.name)
                    codes.add(outcome.exit_code)
                    with bar.hidden():
                        _show(outcome, output, charts)
    results.file.flush()
    if EXIT_FAILURE in codes:
        return EXIT_FAILURE
    return EXIT_BAD_INPUT if EXIT_BAD_INPUT in codes else EXIT_OK


async def _one(analyzer: Analyzer, path: Path, asked: _Asked) -> _Outcome:
    try:
        bars = await asyncio.to_thread(read_bars, path, asked.timeframe)
        account = account_of(asked.equity)
        analysis = await analyzer.analyze_bars(
            bars, portfolio=account, scales=asked.scales, context_timeframe=asked.context
        )
        return _Outcome(path, bars, analysis)
    except WyckoffError as error:
        return _Outcome(path, error=error)


def _show(outcome: _Outcome, output: OutputFormat, charts: _ChartFolder | None) -> None:
    messages = messages_console()
    if outcome.error is not None:
        text = outcome.error.message
        say(messages, text if str(outcome.path) in text else f"{outcome.path}: {text}")
    if outcome.analysis is None or outcome.bars is None:
        return
    if output is OutputFormat.JSON:
        print(json_line(outcome.analysis), flush=True)
    else:
        from orchestrator.cli.report import print_report

        print_report(results_console(), outcome.analysis, outcome.bars)
    for stage in outcome.analysis.stages:
        if not stage.success:
            say(messages, f"{outcome.path}: stage {stage.stage} has no result: {stage.error}")
    for failed in outcome.analysis.failed_detectors:
        say(messages, f"{outcome.path}: detector {failed.detector} failed: {failed.error}")
    if charts is not None:
        say(messages, f"chart written to {charts.write(outcome.bars, outcome.analysis)}")


class _ChartFolder:
    """Charts of one run, one a file: a second file of the same symbol gets a number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: Counter[str] = Counter()

    def write(self, bars: Bars, analysis: Analysis) -> Path:
        from wyckoff.chart import write_chart

        self._written[bars.symbol] += 1
        number = self._written[bars.symbol]
        name = bars.symbol if number == 1 else f"{bars.symbol}-{number}"
        return write_chart(self._folder / f"{name}.html", bars, analysis)


analyze.__doc__ = HELP
