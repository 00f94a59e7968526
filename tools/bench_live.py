"""How fast live events reach many WebSocket clients: rate, latency, memory a client; with stalled clients among them.

::

    python -m tools.bench_live --clients 1000 --events 200
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.output import results_console
from orchestrator.cli.tables import open_table
from services.gateway.app import create_app
from services.gateway.config import GatewaySettings
from services.gateway.live.hub import EventHub
from services.gateway.live.settings import LiveSettings
from services.gateway.parts import open_parts
from services.gateway.serving import HttpServer
from tools.live_swarm import numbered_event, raise_file_limit, swarm
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.errors import NotFoundError
from wyckoff.telemetry.logs import configure_logs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement."""

    name: str
    clients: int
    messages_per_s: float
    latency_p50_ms: float
    latency_p99_ms: float
    cpu_us_per_message: float
    bytes_per_client: float
    outcome: str


class Source:
    """Events as an orchestrator tells them, made when they are told."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[orchestrator_pb2.Event] = asyncio.Queue()

    def tell(self, event: orchestrator_pb2.Event) -> None:
        self._queue.put_nowait(event)

    async def watch(self, after_event_id: str) -> AsyncGenerator[orchestrator_pb2.WatchEventsResponse]:
        if after_event_id.strip("0-"):
            raise NotFoundError("nothing is kept", reason="EVENT_NOT_KEPT", metadata={"log_id": "bench"})
        while True:
            yield orchestrator_pb2.WatchEventsResponse(event=await self._queue.get())


@asynccontextmanager
async def gateway(live: LiveSettings) -> AsyncIterator[tuple[str, Source, EventHub]]:
    """A gateway in this process whose events come from here."""
    source = Source()
    with tempfile.TemporaryDirectory() as folder:
        settings = GatewaySettings(
            data_dir=Path(folder),
            orchestrator_target="127.0.0.1:1",
            marketdata_target="127.0.0.1:1",
            rate_limit="1000000/minute",
            live=live,
        )
        async with (
            open_parts(settings) as parts,
            EventHub(source.watch, live) as hub,
            HttpServer(create_app(replace(parts, events=hub)), settings) as server,
        ):
            await server.start("127.0.0.1:0")
            yield server.address, source, hub


def resident_bytes() -> int:
    """Memory of this process."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status has no VmRSS")


async def measure(name: str, *, clients: int, stalled: int, events: int, size_bytes: int, every_ms: float) -> Run:
    """``events`` to all clients: as fast as it goes, or one every so many milliseconds."""
    live = LiveSettings(max_sockets=clients + stalled, max_waiting_messages=max(1_000, events))
    if stalled:
        small = {"max_waiting_messages": 40, "kernel_buffer_bytes": 16_384, "write_buffer_bytes": 16_384}
        live = live.model_copy(update=small)
    async with gateway(live) as (address, source, hub):
        before = resident_bytes()
        async with swarm(address, clients=clients, stalled=stalled) as order:
            await order("")
            per_client = (resident_bytes() - before) / (clients + stalled)
            started_s, cpu_s = time.perf_counter(), time.process_time()
            for number in range(events):
                source.tell(numbered_event(number, size_bytes))
                if every_ms:
                    await asyncio.sleep(every_ms / 1000)
            seen = await order(str(events))
            seconds, cpu_s = time.perf_counter() - started_s, time.process_time() - cpu_s
            if seen["wrong"]:
                raise RuntimeError(f"{name}: {seen['wrong'][0]}")
            latencies = statistics.quantiles(seen["latencies_ms"], n=100)
            outcome = f"all in order, {hub.metrics.dropped_clients} dropped"
    messages = clients * events
    return Run(
        name, clients, messages / seconds, latencies[49], latencies[98], cpu_s / messages * 1e6, per_client, outcome
    )


async def measure_all(clients: int, events: int, size_bytes: int) -> list[Run]:
    """Bursts, a steady flow, and bursts with stalled clients."""
    stalled = clients // 20
    return [
        await measure("burst", clients=clients, stalled=0, events=events, size_bytes=size_bytes, every_ms=0),
        await measure("10 a second", clients=clients, stalled=0, events=100, size_bytes=size_bytes, every_ms=100),
        await measure(
            "10 a second, 5 % stalled",
            clients=clients - stalled,
            stalled=stalled,
            events=100,
            size_bytes=8 * size_bytes,
            every_ms=100,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures live events over WebSockets.")
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--events", type=int, default=200, help="events of the burst")
    parser.add_argument("--bytes", type=int, default=1_024, help="size of an event")
    options = parser.parse_args()
    configure_logs("bench", level="error")
    if not raise_file_limit(options.clients + 200):
        parser.error(f"this process may not open {options.clients + 200} files")
    runs = asyncio.run(measure_all(options.clients, options.events, options.bytes))
    table = open_table(
        "live events", "clients", "messages/s", "p50 ms", "p99 ms", "CPU us/message", "KiB/client", "outcome"
    )
    for run in runs:
        table.add_row(
            run.name,
            str(run.clients),
            f"{run.messages_per_s:,.0f}",
            f"{run.latency_p50_ms:.1f}",
            f"{run.latency_p99_ms:.1f}",
            f"{run.cpu_us_per_message:.1f}",
            # later runs use the memory of those before
            f"{run.bytes_per_client / 1024:.1f}" if run is runs[0] else "",
            run.outcome,
        )
    results_console().print(table)


if __name__ == "__main__":
    main()
