"""Each service fails in each way while analyses run: every call is answered in time, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.chaos.storm import Storm, ask, check_answers, check_signals, recovered_after_s
from tests.e2e.test_up import System, running
from tools.sample_bars import sample_bars
from wyckoff.client import WyckoffClient
from wyckoff.rpc.channel import open_channel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from pathlib import Path

    from wyckoff.orchestrator.v1 import orchestrator_pb2

COOL_DOWN_S: Final = 1.0
RECOVERY_S: Final = COOL_DOWN_S + 2.0
CALLS: Final = 200
SYMBOLS: Final = 5
#: Which stage of the pipeline each service is needed for.
STAGE_OF: Final = {
    "marketdata": "data",
    "volume": "volume",
    "range": "range",
    "phase": "phase",
    "pattern": "pattern",
    "risk": "risk",
    "portfolio": "risk",
}
SERVICES: Final = list(STAGE_OF)
PLANNED: Final[dict[str, dict[str, Any]]] = {
    "refuse": {"error": "UNAVAILABLE"},
    "latency": {"latency_ms": 500},
    "garbage": {"garbage": True},
}


@dataclass(frozen=True)
class Lab:
    """A running system with a file that gives its services faults."""

    system: System
    fault_file: Path

    def address(self, name: str) -> str:
        return str(self.system.services()[name]["address"])

    def set_faults(self, faults: dict[str, dict[str, Any]]) -> None:
        part = self.fault_file.with_suffix(".part")
        part.write_text(json.dumps(faults))
        part.replace(self.fault_file)

    def signal(self, name: str, number: int) -> None:
        os.kill(self.system.services()[name]["pid"], number)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("chaos")
    fault_file = folder / "faults.json"
    environment = {
        "WYCKOFF_FAULTS_ENABLED": "1",
        "WYCKOFF_FAULTS_FILE": str(fault_file),
        "ORCHESTRATOR_CIRCUIT_BREAKER_COOL_DOWN_S": str(COOL_DOWN_S),
        # a cached result would hide that its service is gone
        "ORCHESTRATOR_ENABLE_CACHING": "false",
        # only what the storm asks for is analysed and stored
        "ORCHESTRATOR_LIVE": "false",
    }
    with running(folder, environment) as system:
        yield Lab(system, fault_file)


@asynccontextmanager
async def disturbed(lab: Lab, service: str, kind: str) -> AsyncIterator[None]:
    """The service fails inside the block and is back after it."""
    if kind == "kill":
        lab.signal(service, signal.SIGKILL)
        yield
        await asyncio.to_thread(lab.system.wait_message, f"{service} is back")
    elif kind == "stop":
        lab.signal(service, signal.SIGSTOP)
        try:
            yield
        finally:
            lab.signal(service, signal.SIGCONT)
    else:
        lab.set_faults({service: PLANNED[kind]})
        try:
            yield
        finally:
            lab.set_faults({})


async def fresh_symbols(lab: Lab, prefix: str) -> dict[str, orchestrator_pb2.Analysis]:
    """New symbols with stored bars, and what an undisturbed system says about them (which stores nothing)."""
    bars = sample_bars("IBM").head(2300).tail(600)
    undisturbed = {}
    async with (
        WyckoffClient.connect(lab.address("marketdata"), timeout_s=30) as marketdata,
        WyckoffClient.connect(lab.address("orchestrator"), timeout_s=30) as client,
    ):
        for number in range(SYMBOLS):
            own = replace(bars, symbol=f"{prefix}{number}")
            await marketdata.ingest_bars(own)
            undisturbed[own.symbol] = await client.analyze_bars(own)
    assert _unfinished(undisturbed.values()) == []
    assert all(analysis.complete and analysis.signals for analysis in undisturbed.values())
    return undisturbed


def _unfinished(analyses: Iterable[orchestrator_pb2.Analysis | None]) -> list[str]:
    """What is missing in which analysis, and why."""
    return [
        f"{analysis.symbol} {stage.stage} after {stage.execution_time_ms:.0f} ms: {stage.error}"
        for analysis in analyses
        if analysis is not None
        for stage in analysis.stages
        if not stage.success
    ]


@pytest.mark.parametrize("kind", ["kill", "stop", *PLANNED])
@pytest.mark.parametrize("service", SERVICES)
async def test_a_failing_service(lab: Lab, service: str, kind: str) -> None:
    undisturbed = await fresh_symbols(lab, f"{service}-{kind}-".upper())
    address = lab.address("orchestrator")
    async with open_channel(address) as channel, WyckoffClient.connect(address, timeout_s=30) as client:
        storm = Storm(channel, list(undisturbed))
        running_storm = asyncio.create_task(storm.run(CALLS))
        await storm.wait_answers(CALLS // 8)
        async with disturbed(lab, service, kind):
            await storm.wait_answers(CALLS // 2)
        recovery_s = await recovered_after_s(channel, next(iter(undisturbed)), RECOVERY_S)
        await running_storm
        # a breaker that opened once more while the storm passed has its cool-down, too
        for symbol in undisturbed:
            again_s = await recovered_after_s(channel, symbol, RECOVERY_S)
            assert again_s <= RECOVERY_S, _unfinished([(await ask(channel, symbol)).analysis])

        check_answers(storm.answers, STAGE_OF[service], undisturbed)
        hurt = sum(not answer.complete for answer in storm.answers)
        assert hurt or kind in {"kill", "latency"}
        assert recovery_s <= RECOVERY_S

        async def listed(symbol: str) -> list[str]:
            return [item.signal_id for item in (await client.list_signals(symbol=symbol)).signals]

        await check_signals(storm.answers, listed, undisturbed)
    worst_s = max(answer.elapsed_s for answer in storm.answers)
    print(f"{service} {kind}: {hurt} partial, slowest {worst_s:.3f} s, recovered after {recovery_s:.2f} s")
