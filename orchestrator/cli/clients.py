"""What the commands call: an orchestrator in this process or over gRPC, with the same methods."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Protocol

import typer

from wyckoff.model.portfolio import DEFAULT_EQUITY
from wyckoff.portfolio.v1 import portfolio_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection
    from contextlib import AbstractAsyncContextManager
    from decimal import Decimal

    from wyckoff.market.bars import Bars
    from wyckoff.market.provider import Fetcher
    from wyckoff.model.kinds import Scale
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
    from wyckoff.rpc.tls.settings import TlsSettings
    from wyckoff.rpc.transport import Transport

#: Time for one file: a person waits rather than miss a stage.
CALL_TIMEOUT_S: Final = 120.0

TlsDir = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        file_okay=False,
        help="Certificates of wyckoff certs, to call --target with TLS; else the WYCKOFF_TLS variables hold.",
        show_default=False,
    ),
]


def client_tls(folder: Path | None) -> TlsSettings | None:
    """How to call services: with the certificate of a client in ``folder``, None leaves it to the environment."""
    if folder is None:
        return None
    from wyckoff.rpc.edges import CLIENT
    from wyckoff.rpc.tls.settings import tls_of_folder

    return tls_of_folder(folder, CLIENT)


class Analyzer(Protocol):
    """The part of the client that analyses bars."""

    async def analyze_bars(
        self,
        bars: Bars,
        *,
        portfolio: portfolio_pb2.Portfolio | None = None,
        scales: Collection[Scale] = (),
        context_timeframe: str = "",
    ) -> Analysis:
        """Analyse bars as they are; raises :class:`wyckoff.rpc.errors.WyckoffError`."""
        ...


@asynccontextmanager
async def open_analyzer(
    target: str | None, equity: Decimal | None, tls: TlsSettings | None = None
) -> AsyncIterator[Analyzer]:
    """The orchestrator at ``target``, or one in this process that sizes for ``equity``."""
    if target is None:
        # imported here, because it brings every stage with it
        from orchestrator.embedded import embedded_orchestrator
        from wyckoff.telemetry.logs import configure_logs

        # what went wrong is said by the command itself; standard output is for results alone
        configure_logs("wyckoff", level="error")
        async with embedded_orchestrator(equity=equity or DEFAULT_EQUITY, timeout_s=CALL_TIMEOUT_S) as embedded:
            yield embedded
    else:
        from wyckoff.client import WyckoffClient

        async with WyckoffClient.connect(target, timeout_s=CALL_TIMEOUT_S, tls=tls) as client:
            yield client


def account_of(equity: Decimal | None) -> portfolio_pb2.Portfolio | None:
    """An account without positions; None leaves the account to the orchestrator."""
    if equity is None:
        return None
    text = format(equity, "f")
    return portfolio_pb2.Portfolio(account_id="default", equity=text, peak_equity=text, day_pnl="0")


def open_provider(name: str, source: Path | None) -> AbstractAsyncContextManager[Fetcher]:
    """A fetcher from the provider of that name; ``source`` is where the provider ``files`` reads."""
    from orchestrator.embedded import open_provider as embedded_provider

    return embedded_provider(name, source)


def open_stages() -> dict[str, Transport]:
    """The five stages in this process, by the full name of their service."""
    from orchestrator.embedded import stage_transports
    from wyckoff.telemetry.logs import configure_logs

    configure_logs("wyckoff", level="error")
    return stage_transports()
