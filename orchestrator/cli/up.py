"""`wyckoff up`: every service as its own process on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli.output import messages_console, results_console, say
from orchestrator.cli.supervisor import Supervisor, SupervisorSettings, locked_data_dir
from orchestrator.cli.tables import open_table

if TYPE_CHECKING:
    from orchestrator.cli.development_tls import DevelopmentTls

HELP: Final = """Start every service as its own process on loopback, and keep them running until Ctrl-C.

Ports: gateway 8080 (HTTP), orchestrator 50050, marketdata 50051, volume 50052, range 50053, phase 50054, pattern
50055, risk 50056, portfolio 50057, and alerts 50058 where ALERTS_CONFIG names their settings. A service that dies is
restarted. Ctrl-C or SIGTERM ends all, in order; a second one ends all at once.

Examples:

  wyckoff up

  wyckoff up --data-dir ./data --ephemeral-ports --ready-file services.json

  wyckoff up --tls
"""

_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHELL_SIGNAL_BASE: Final = 128


def default_data_dir() -> Path:
    """Where programs keep a user's data."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "wyckoff"


def tls_dir(data_dir: Path) -> Path:
    """Where the certificates of ``wyckoff up --tls`` are."""
    return data_dir / "tls"


def up(
    data_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Databases and logs; ~/.local/share/wyckoff when not given."),
    ] = None,
    ephemeral_ports: Annotated[bool, typer.Option("--ephemeral-ports", help="Take free ports.")] = False,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", dir_okay=False, help="Once all serve, write addresses and process ids there as JSON."
        ),
    ] = None,
    start_timeout: Annotated[float, typer.Option(metavar="SECONDS", min=1, help="How long a start may take.")] = 60.0,
    grace: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long a service may take to finish its calls.")
    ] = 10.0,
    tls: Annotated[
        bool,
        typer.Option("--tls", help="Mutual TLS among all, with certificates of a development CA in DIR/tls."),
    ] = False,
) -> None:
    folder = (data_dir or default_data_dir()).absolute()
    with locked_data_dir(folder):
        security = _development_tls(folder) if tls else None
        settings = SupervisorSettings(folder, ephemeral_ports, ready_file, start_timeout, grace, security)
        code = asyncio.run(_run(settings))
    raise typer.Exit(code)


def _development_tls(data_dir: Path) -> DevelopmentTls:
    # brings cryptography with it, which plain text on one machine has no use for
    from orchestrator.cli.development_tls import DevelopmentTls

    security = DevelopmentTls(tls_dir(data_dir))
    security.refresh()
    return security


async def _run(settings: SupervisorSettings) -> int:
    messages = messages_console()
    supervisor = Supervisor(settings, lambda text: say(messages, text))
    stopped = asyncio.Event()
    received: list[int] = []

    def on_signal(number: int) -> None:
        if received:
            supervisor.kill()
        received.append(number)
        stopped.set()

    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, on_signal, number)

    starting = asyncio.create_task(supervisor.start())
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        say(messages, "stopped while starting")
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return _SHELL_SIGNAL_BASE + received[0]
    try:
        await starting
        _print_services(supervisor, settings)
        await stopping
        say(messages, "stopping")
    finally:
        stopping.cancel()
        await supervisor.stop()
    return 0


def _print_services(supervisor: Supervisor, settings: SupervisorSettings) -> None:
    table = open_table("~service", "~address", ">pid", "~health")
    for child in supervisor.children.values():
        table.add_row(child.name, child.shown_address, str(child.pid), "serving")
    console = results_console()
    console.print(table)
    if settings.tls is not None:
        console.print(f"TLS: call with --tls-dir {settings.tls.folder}", markup=False, soft_wrap=True)
    console.print(f"data and logs in {settings.data_dir}; Ctrl-C stops all", markup=False, soft_wrap=True)
    console.file.flush()


up.__doc__ = HELP
