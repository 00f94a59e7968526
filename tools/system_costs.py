"""What an analysis and a live bar cost each service of a running system, in processor time."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Final, Self

from tools.bench import ingest, symbols
from tools.bench_resources import usage
from tools.demo import running_services
from wyckoff.client import WyckoffClient
from wyckoff.client.following import ALL_KEPT_EVENTS
from wyckoff.orchestrator.v1 import orchestrator_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wyckoff.client import Bars

BARS: Final = 500
ANALYSES: Final = 400
#: Live bars of each of ten symbols.
LIVE_BARS: Final = 30
_AT_ONCE: Final = 8


class RunningSystem:
    """Every service as a process; nothing is answered from the cache."""

    def __init__(self, addresses: Mapping[str, str], pids: Mapping[str, int]) -> None:
        self._addresses = addresses
        self._pids = pids

    @classmethod
    @contextmanager
    def started(cls, folder: Path, *, live: bool) -> Iterator[Self]:
        settings = {"ORCHESTRATOR_ENABLE_CACHING": "false", "ORCHESTRATOR_LIVE": str(live).lower()}
        folder.mkdir()
        with running_services(folder, **settings) as addresses:
            content = json.loads((folder / "services.json").read_text(encoding="utf-8"))
            yield cls(addresses, {name: int(service["pid"]) for name, service in content.items()})

    async def analyses_ms(self) -> dict[str, float]:
        """Processor milliseconds of each service for one analysis of stored bars."""
        bars = symbols(0)
        await ingest(self._addresses["marketdata"], [bars])
        async with WyckoffClient.connect(self._addresses["orchestrator"], timeout_s=60) as client:
            await _analyse(client, bars, len(bars))
            before = self._used_ms()
            await _analyse(client, bars, ANALYSES)
            return self._each(before, ANALYSES)

    async def live_bars_ms(self) -> dict[str, float]:
        """Processor milliseconds of each service to store one bar, analyse its symbol and tell what was found."""
        bars = symbols(0)
        kinds = [orchestrator_pb2.EVENT_KIND_VOLUME_ANALYZED]
        async with (
            WyckoffClient.connect(self._addresses["marketdata"], timeout_s=60) as marketdata,
            WyckoffClient.connect(self._addresses["orchestrator"], timeout_s=60) as client,
            aclosing(client.follow_events(kinds=kinds, after_event_id=ALL_KEPT_EVENTS)) as events,
        ):

            async def store(parts: list[Bars]) -> None:
                for part in parts:
                    await marketdata.ingest_bars(part)
                missing = {part.symbol for part in parts}
                while missing:
                    missing.discard((await anext(events)).event.symbol)

            await store([item.head(len(item) - LIVE_BARS) for item in bars])
            before = self._used_ms()
            for left in reversed(range(LIVE_BARS)):
                await store([item.head(len(item) - left).tail(1) for item in bars])
            return self._each(before, LIVE_BARS * len(bars))

    def _used_ms(self) -> dict[str, float]:
        return {name: 1000 * usage(pid).cpu_s for name, pid in self._pids.items()}

    def _each(self, before: Mapping[str, float], count: int) -> dict[str, float]:
        return {name: (used - before[name]) / count for name, used in self._used_ms().items()}


async def _analyse(client: WyckoffClient, bars: list[Bars], count: int) -> None:
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            analysis = await client.analyze_symbol(bars[number % len(bars)].symbol, "1d", lookback_bars=BARS)
            if not analysis.complete:
                raise RuntimeError(f"an analysis of {analysis.symbol} is incomplete")

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(work())
