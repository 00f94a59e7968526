"""`wyckoff health`: how an orchestrator and the services behind it are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli.clients import TlsDir, client_tls
from orchestrator.cli.output import EXIT_FAILURE, EXIT_OK, OutputFormat, json_line, results_console
from orchestrator.cli.tables import health_table, own_health_lines
from wyckoff.chart.labels import health_name
from wyckoff.orchestrator.v1 import orchestrator_pb2

if TYPE_CHECKING:
    from wyckoff.rpc.tls.settings import TlsSettings

HELP: Final = """Ask an orchestrator how it and every service behind it are.

The exit code is 0 when all is healthy or degraded, 1 when no analysis can be answered.

Examples:

  wyckoff health

  wyckoff health --target 10.0.0.7:50050 --format json
"""


def health(
    target: Annotated[str, typer.Option(metavar="HOST:PORT", help="The orchestrator.")] = "127.0.0.1:50050",
    output: Annotated[OutputFormat, typer.Option("--format", help="table or json.")] = OutputFormat.TABLE,
    tls_dir: TlsDir = None,
) -> None:
    response = asyncio.run(_ask(target, client_tls(tls_dir)))
    if output is OutputFormat.JSON:
        print(json_line(response))
    else:
        console = results_console()
        console.print(f"{target}: {health_name(response.status)}")
        console.print(health_table(response))
        for line in own_health_lines(response):
            console.print(line, markup=False)
    unhealthy = response.status == orchestrator_pb2.HEALTH_STATUS_UNHEALTHY
    raise typer.Exit(EXIT_FAILURE if unhealthy else EXIT_OK)


async def _ask(target: str, tls: TlsSettings | None) -> orchestrator_pb2.GetHealthResponse:
    from wyckoff.client import WyckoffClient

    async with WyckoffClient.connect(target, tls=tls) as client:
        return await client.get_health()


health.__doc__ = HELP
