"""`wyckoff signals`: the signals that an orchestrator has stored."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli.clients import TlsDir, client_tls
from orchestrator.cli.output import OutputFormat, json_line, results_console
from orchestrator.cli.tables import signals_table

if TYPE_CHECKING:
    from wyckoff.risk.v1.risk_pb2 import TradeSignal
    from wyckoff.rpc.tls.settings import TlsSettings

_PAGE: Final = 500

HELP: Final = """List stored trade signals, newest first.

Examples:

  wyckoff signals

  wyckoff signals --symbol AAPL --limit 5

  wyckoff signals --format json --target 10.0.0.7:50050
"""


def signals(
    target: Annotated[str, typer.Option(metavar="HOST:PORT", help="The orchestrator.")] = "127.0.0.1:50050",
    symbol: Annotated[str, typer.Option(help="Only this symbol.")] = "",
    timeframe: Annotated[str, typer.Option(help="Only this bar length.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 20,
    output: Annotated[
        OutputFormat, typer.Option("--format", help="table to read, json for one TradeSignal a line.")
    ] = OutputFormat.TABLE,
    tls_dir: TlsDir = None,
) -> None:
    asyncio.run(_signals(target, symbol, timeframe, limit, output, client_tls(tls_dir)))


async def _signals(
    target: str, symbol: str, timeframe: str, limit: int, output: OutputFormat, tls: TlsSettings | None
) -> None:
    from wyckoff.client import WyckoffClient

    found: list[TradeSignal] = []
    token = ""
    async with WyckoffClient.connect(target, tls=tls) as client:
        while True:
            page = await client.list_signals(
                symbol=symbol, timeframe=timeframe, page_size=min(_PAGE, limit - len(found)), page_token=token
            )
            found.extend(page.signals)
            token = page.next_page_token
            if not token or len(found) >= limit:
                break
    if output is OutputFormat.JSON:
        for signal in found:
            print(json_line(signal))
    elif found:
        results_console().print(signals_table(found, with_symbol=True))
    else:
        results_console().print("no signals are stored" + (f" for {symbol}" if symbol else ""))


signals.__doc__ = HELP
