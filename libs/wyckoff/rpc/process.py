"""What every server process does alike, whatever it serves: arguments, telemetry, ready file, signals."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from wyckoff.rpc.errors import WyckoffError
from wyckoff.telemetry.settings import TelemetrySettings
from wyckoff.telemetry.setup import setup_telemetry

if TYPE_CHECKING:
    from collections.abc import Awaitable

_log = structlog.get_logger("wyckoff.runner")

EXIT_FAILURE: Final = 1


class Running:
    """A process that is to serve: where, how to say that it does, and how it learns that it shall end."""

    def __init__(self, name: str, address: str, ready_file: Path | None) -> None:
        self.name = name
        self.address = address
        self._ready_file = ready_file
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """It shall end."""
        self._stopped.set()

    async def serving(self, address: str) -> None:
        """Say that it serves on ``address``; returns once it shall end."""
        _log.info("service_started", service=self.name, address=address, pid=os.getpid())
        if self._ready_file is not None:
            _write_ready(self._ready_file, address)
        await self._stopped.wait()
        _log.info("service_stopping", service=self.name)


class Serve(Protocol):
    """Opens what a server needs, serves, awaits :meth:`Running.serving`, and closes all of it."""

    def __call__(self, running: Running) -> Awaitable[None]: ...


def run_process(name: str, serve: Serve, default_address: str) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    options = _parse(name, default_address)
    settings = TelemetrySettings() if options.log_level is None else TelemetrySettings(log_level=options.log_level)
    try:
        with closing(setup_telemetry(name, settings)) as telemetry:
            if telemetry.metrics_port:
                _log.info("metrics_served", service=name, port=telemetry.metrics_port)
            asyncio.run(_run(name, serve, options))
    except WyckoffError as error:
        _log.error("service_failed", service=name, reason=error.reason, error=error.message)
        return EXIT_FAILURE
    return 0


def _parse(name: str, default_address: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"wyckoff {name} service", description=f"Serves the {name} service.")
    parser.add_argument("--address", default=default_address, help="HOST:PORT; port 0 takes a free one")
    parser.add_argument("--ready-file", type=Path, help="write the address there as JSON once serving")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input is closed")
    parser.add_argument("--log-level", choices=["debug", "info", "warning", "error"])
    return parser.parse_args()


async def _run(name: str, serve: Serve, options: argparse.Namespace) -> None:
    running = Running(name, options.address, options.ready_file)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.stop)
    watcher = await _watch_parent(running) if options.exit_with_parent else None
    await serve(running)
    if watcher is not None:
        watcher.cancel()
    _log.info("service_stopped", service=name)


async def _watch_parent(running: Running) -> asyncio.Task[None]:
    """Standard input is a pipe held by the parent: its end is the parent's end, however it came."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def wait_for_end() -> None:
        while await reader.read(1024):
            pass
        running.stop()

    return asyncio.create_task(wait_for_end())


def _write_ready(path: Path, address: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps({"address": address, "pid": os.getpid()}) + "\n", encoding="utf-8")
    part.replace(path)
