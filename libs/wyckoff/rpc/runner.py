"""A service as an operating-system process: arguments, ready file, signals."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog

from wyckoff.rpc.errors import WyckoffError
from wyckoff.rpc.faults import fault_interceptors, read_fault_settings
from wyckoff.rpc.server import Mount, Server
from wyckoff.telemetry.settings import TelemetrySettings
from wyckoff.telemetry.setup import setup_telemetry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

_log = structlog.get_logger("wyckoff.runner")

EXIT_FAILURE = 1


class OpenMounts(Protocol):
    """Opens what a service needs and gives its mounts; closed after the last call has ended."""

    def __call__(self) -> AbstractAsyncContextManager[Sequence[Mount]]: ...


def run_service(name: str, open_mounts: OpenMounts, default_address: str) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    options = _parse(name, default_address)
    settings = TelemetrySettings() if options.log_level is None else TelemetrySettings(log_level=options.log_level)
    try:
        with closing(setup_telemetry(name, settings)) as telemetry:
            if telemetry.metrics_port:
                _log.info("metrics_served", service=name, port=telemetry.metrics_port)
            asyncio.run(_serve(name, open_mounts, options))
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


async def _serve(name: str, open_mounts: OpenMounts, options: argparse.Namespace) -> None:
    faults = fault_interceptors(read_fault_settings())
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    watcher = await _watch_parent(stopped) if options.exit_with_parent else None
    async with open_mounts() as mounts:
        server = Server(mounts, interceptors=faults)
        await server.start(options.address)
        _log.info("service_started", service=name, address=server.address, pid=os.getpid())
        if options.ready_file is not None:
            _write_ready(options.ready_file, server.address)
        await stopped.wait()
        _log.info("service_stopping", service=name)
        await server.stop()
    if watcher is not None:
        watcher.cancel()
    _log.info("service_stopped", service=name)


async def _watch_parent(stopped: asyncio.Event) -> asyncio.Task[None]:
    """Standard input is a pipe held by the parent: its end is the parent's end, however it came."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def wait_for_end() -> None:
        while await reader.read(1024):
            pass
        stopped.set()

    return asyncio.create_task(wait_for_end())


def _write_ready(path: Path, address: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps({"address": address, "pid": os.getpid()}) + "\n", encoding="utf-8")
    part.replace(path)
