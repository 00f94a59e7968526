"""`wyckoff fetch`: bars from data vendors and folders, into the market data service or files."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli.clients import CALL_TIMEOUT_S, TlsDir, client_tls, open_provider
from orchestrator.cli.fetch_progress import FetchProgress
from orchestrator.cli.fetch_report import fetch_table, remarks, report_line
from orchestrator.cli.output import EXIT_BAD_INPUT, EXIT_FAILURE, EXIT_OK, messages_console, results_console, say
from wyckoff.market.file_columns import iso_ms
from wyckoff.market.provider import Adjustment, FetchReport, FetchRequest
from wyckoff.rpc.errors import InvalidArgumentError, WyckoffError

if TYPE_CHECKING:
    from rich.console import Console

    from orchestrator.cli.fetch_store import ServiceStore
    from wyckoff.market.provider import BarStore, Fetcher
    from wyckoff.rpc.tls.settings import TlsSettings

_FILE_ENDINGS: Final = frozenset({".csv", ".parquet", ".pq"})

HELP: Final = """Fetch bars from a provider and store them, or write them to files.

PROVIDER is files, polygon (Massive), alpaca, yahoo or binance. Keys come from the environment:
PROVIDER_POLYGON_API_KEY, PROVIDER_ALPACA_KEY_ID and PROVIDER_ALPACA_SECRET_KEY. Only closed bars are stored. What an
exchange calendar says is missing is listed and never filled in.

With --update, fetching goes on at the last stored bar; a few stored bars are fetched again, and where the provider
has other prices for them now (a split, a dividend, a correction) nothing is stored and the exit code is 1. Then
--replace fetches again from --from on and replaces what is there.

Ctrl-C ends with what is stored by then; the same command, or --update, goes on from there.

Examples:

  wyckoff fetch yahoo AAPL MSFT --from 2015-01-01

  wyckoff fetch polygon AAPL --from 2024-01-01 --to 2024-07-01 --timeframe 5m --out AAPL.parquet

  wyckoff fetch alpaca AAPL MSFT --update --calendar XNYS --target 127.0.0.1:50051

  wyckoff fetch binance BTCUSDT ETHUSDT --from 2023-01-01 --timeframe 1h --json

  wyckoff fetch files AAPL MSFT --source bars
"""


@dataclass(slots=True)
class _Job:
    request: FetchRequest
    report: FetchReport
    error: WyckoffError | None = None

    @property
    def exit_code(self) -> int:
        if isinstance(self.error, InvalidArgumentError):
            return EXIT_BAD_INPUT
        return EXIT_OK if self.error is None and self.report.restated is None else EXIT_FAILURE


@dataclass(frozen=True, slots=True)
class _Target:
    address: str
    tls: TlsSettings | None


def fetch(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="files, polygon, alpaca, yahoo or binance.")],
    symbols: Annotated[list[str], typer.Argument(metavar="SYMBOL", help="As the provider writes it.")],
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First date or time, in UTC.", show_default=False)
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DATE", help="Last date, included, or time, excluded.", show_default="now"),
    ] = None,
    timeframe: Annotated[str, typer.Option(help="Length of a bar: 15m, 1h, 1d, 1w.")] = "1d",
    adjustment: Annotated[
        Adjustment | None, typer.Option(help="For splits and dividends.", show_default="splits where there are any")
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Go on at the last stored bar.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace history from --from on.")] = False,
    calendar: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="XNYS and other exchanges, 24/7, forex or none.",
            show_default="by provider and symbol",
        ),
    ] = None,
    source: Annotated[
        Path | None, typer.Option(metavar="PATH", help="For files: a file, or a folder of SYMBOL.csv.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write FILE.csv or FILE.parquet, or SYMBOL.csv into a folder."),
    ] = None,
    target: Annotated[
        str, typer.Option("--target", "--store", metavar="HOST:PORT", help="The market data service.")
    ] = "127.0.0.1:50051",
    at_once: Annotated[int, typer.Option(min=1, max=32, help="Symbols under way at once.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a symbol.")] = False,
    tls_dir: TlsDir = None,
) -> None:
    names = list(dict.fromkeys(symbols))
    span = _span(first, last)
    jobs = [
        _Job(
            FetchRequest(name, timeframe, span[0], span[1], adjustment, calendar, update=update, replace=replace),
            FetchReport(provider, name, timeframe),
        )
        for name in names
    ]
    store = _Target(target, client_tls(tls_dir)) if out is None else _files(out, names)
    raise typer.Exit(asyncio.run(_fetch(provider, source, jobs, store, at_once, as_json=as_json)))


def _span(first: str | None, last: str | None) -> tuple[int | None, int]:
    end = round(datetime.now(UTC).timestamp() * 1000) if last is None else _time("to", last)
    if last is not None and len(last) in {len("20240131"), len("2024-01-31")}:
        # a date means all of it
        end += 86_400_000
    return None if first is None else _time("from", first), end


def _time(field: str, text: str) -> int:
    try:
        return iso_ms(text)
    except (ValueError, OverflowError) as error:
        raise InvalidArgumentError.of(field, f"{text!r} is no date; 2024-01-31 or 2024-01-31T14:30 is") from error


def _files(out: Path, names: list[str]) -> dict[str, Path]:
    """Where each symbol is written."""
    if out.suffix.lower() in _FILE_ENDINGS and not out.is_dir():
        if len(names) > 1:
            raise InvalidArgumentError.of("out", f"{out} is one file for {len(names)} symbols; name a folder")
        return {names[0]: out}
    for name in names:
        if "/" in name or "\\" in name or name.startswith("."):
            raise InvalidArgumentError.of("out", f"{name!r} is no file name; fetch it by itself into a named file")
    return {name: out / f"{name}.csv" for name in names}


async def _fetch(
    provider: str,
    source: Path | None,
    jobs: list[_Job],
    into: dict[str, Path] | _Target,
    at_once: int,
    *,
    as_json: bool,
) -> int:
    # brings the contracts, which the other commands need not wait for
    from orchestrator.cli.fetch_store import FileStore

    messages = messages_console()
    async with AsyncExitStack() as stack:
        store = FileStore(into) if isinstance(into, dict) else await _service(stack, into)
        fetcher = await stack.enter_async_context(open_provider(provider, source))
        progress = stack.enter_context(FetchProgress(messages, len(jobs)))
        try:
            await _run(fetcher, store, jobs, progress, at_once)
        except asyncio.CancelledError:
            progress.stop()
            _say_interrupted(messages, jobs, to_files=isinstance(into, dict))
            raise
    _print(messages, jobs, as_json=as_json)
    codes = {job.exit_code for job in jobs}
    return EXIT_FAILURE if EXIT_FAILURE in codes else max(codes)


async def _service(stack: AsyncExitStack, target: _Target) -> ServiceStore:
    from orchestrator.cli.fetch_store import ServiceStore
    from wyckoff.rpc.channel import GrpcTransport

    transport = GrpcTransport.connect(target.address, tls=target.tls)
    stack.push_async_callback(transport.close)
    return ServiceStore(transport, CALL_TIMEOUT_S)


async def _run(fetcher: Fetcher, store: BarStore, jobs: list[_Job], progress: FetchProgress, at_once: int) -> None:
    gate = asyncio.Semaphore(at_once)

    async def one(job: _Job) -> None:
        async with gate:
            bar = progress.begin(job.request)
            try:
                await fetcher.fetch(job.request, store, job.report, bar.page)
            except WyckoffError as error:
                job.error = error
            finally:
                bar.end()

    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(one(job))


def _say_interrupted(messages: Console, jobs: list[_Job], *, to_files: bool) -> None:
    for job in jobs:
        report = job.report
        if report.complete:
            say(messages, f"{report.symbol}: all {report.bar_count:,} bars are stored")
        elif to_files or not report.bar_count:
            say(messages, f"{report.symbol}: interrupted, nothing is written")
        else:
            stored = f"{report.bar_count:,} bars from {report.first_time} to {report.last_time} are stored"
            say(messages, f"{report.symbol}: interrupted, {stored}; --update goes on from there")


def _print(messages: Console, jobs: list[_Job], *, as_json: bool) -> None:
    for job in jobs:
        if as_json:
            print(report_line(job.report, job.error.message if job.error else None))
        if job.error is not None:
            stored = f" ({job.report.bar_count:,} bars were stored before)" if job.report.bar_count else ""
            say(messages, f"{job.report.symbol}: {job.error.message}{stored}")
        elif job.report.restated is not None:
            say(messages, f"{job.report.symbol}: {'; '.join(remarks(job.report))}")
    done = [job.report for job in jobs if job.error is None and job.report.restated is None]
    if done and not as_json:
        results_console().print(fetch_table(done))


fetch.__doc__ = HELP
