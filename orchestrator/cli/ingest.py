"""`wyckoff ingest`: bars from files into the market data service."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli.clients import CALL_TIMEOUT_S, TlsDir, client_tls
from orchestrator.cli.ordered import in_order
from orchestrator.cli.output import (
    EXIT_BAD_INPUT,
    EXIT_FAILURE,
    EXIT_OK,
    ProgressBar,
    messages_console,
    results_console,
    say,
)
from orchestrator.cli.tables import open_table
from wyckoff.market.files import read_bars
from wyckoff.rpc.errors import InvalidArgumentError, WyckoffError

if TYPE_CHECKING:
    from wyckoff.client import WyckoffClient
    from wyckoff.market.bars import Bars
    from wyckoff.rpc.tls.settings import TlsSettings

#: Bars a call; a file may hold more than one call takes.
BATCH_BARS: Final = 20_000
MAX_FILE_BARS: Final = 10_000_000
#: Files that are read while others are stored.
READ_AHEAD_FILES: Final = 4

HELP: Final = """Store the bars of files in a running market data service.

The same bars may be sent again: what is there already is left alone, what differs is replaced. A file that
cannot be read is said so (file, line, column), the others are stored all the same, and the exit code is 2.

Examples:

  wyckoff ingest AAPL.csv MSFT.csv

  wyckoff ingest bars/*.parquet --timeframe 1h --target 127.0.0.1:50051
"""


def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV or Parquet files.")],
    target: Annotated[str, typer.Option(metavar="HOST:PORT", help="The market data service.")] = "127.0.0.1:50051",
    timeframe: Annotated[str, typer.Option(help="Length of a bar: 15m, 1h, 1d, 1w.")] = "1d",
    tls_dir: TlsDir = None,
) -> None:
    raise typer.Exit(asyncio.run(_ingest(files, target, timeframe, client_tls(tls_dir))))


async def _ingest(files: list[Path], target: str, timeframe: str, tls: TlsSettings | None) -> int:
    from wyckoff.client import WyckoffClient

    messages = messages_console()
    table = open_table("~symbol", ">bars", ">new", ">changed", ">unchanged", "data gate")
    codes = {EXIT_OK}

    async def read(path: Path) -> tuple[Path, Bars | WyckoffError]:
        try:
            return path, await asyncio.to_thread(read_bars, path, timeframe, max_bars=MAX_FILE_BARS)
        except WyckoffError as error:
            return path, error

    async with AsyncExitStack() as stack:
        connected = WyckoffClient.connect(target, timeout_s=CALL_TIMEOUT_S, tls=tls)
        client = await stack.enter_async_context(connected)
        bar = stack.enter_context(ProgressBar(messages, "storing", len(files)).shown())
        contents = in_order(files, read, at_once=READ_AHEAD_FILES)
        # stored one after the other: of two files with the same bar the later one holds
        async for path, content in await stack.enter_async_context(aclosing(contents)):
            outcome = await _stored(client, content)
            if isinstance(outcome, WyckoffError):
                with bar.hidden():
                    text = outcome.message
                    say(messages, text if str(path) in text else f"{path}: {text}")
                codes.add(EXIT_BAD_INPUT if isinstance(outcome, InvalidArgumentError) else EXIT_FAILURE)
            else:
                table.add_row(*outcome)
            bar.advance(path.name)
    if table.row_count:
        results_console().print(table)
    if EXIT_FAILURE in codes:
        return EXIT_FAILURE
    return EXIT_BAD_INPUT if EXIT_BAD_INPUT in codes else EXIT_OK


async def _stored(client: WyckoffClient, content: Bars | WyckoffError) -> tuple[str, ...] | WyckoffError:
    """The row that says what became of the content of a file, or why it is not stored."""
    if isinstance(content, WyckoffError):
        return content
    try:
        return await _store(client, content)
    except WyckoffError as error:
        return error


async def _store(client: WyckoffClient, bars: Bars) -> tuple[str, ...]:
    inserted = updated = unchanged = 0
    warnings: dict[str, int] = {}
    for start in range(0, len(bars), BATCH_BARS):
        answer = await client.ingest_bars(bars.head(start + BATCH_BARS).tail(min(BATCH_BARS, len(bars) - start)))
        inserted += answer.inserted_count
        updated += answer.updated_count
        unchanged += answer.unchanged_count
        for warning in answer.warnings:
            warnings[warning.message] = warnings.get(warning.message, 0) + warning.bar_count
    seen = "; ".join(f"{message} ({count} bars)" for message, count in warnings.items())
    return bars.symbol, f"{len(bars):,}", f"{inserted:,}", f"{updated:,}", f"{unchanged:,}", seen


ingest.__doc__ = HELP
