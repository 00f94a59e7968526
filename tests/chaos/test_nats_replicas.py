"""Two orchestrators share the bars over NATS; one is killed half-way, and each bar is still analysed exactly once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from orchestrator.cli.services import ORCHESTRATOR
from tests.e2e.test_up import System, running, wait_line
from tests.integration.marketdata.series import DAY_MS, some_bars
from tests.support.databases import database_environment, rows, system_database_url
from tests.support.nats_server import PROGRAM, nats_server
from wyckoff.client import WyckoffClient
from wyckoff.orchestrator.v1 import orchestrator_pb2 as pb
from wyckoff.orchestrator.v1.orchestrator_pb2_grpc import OrchestratorServiceStub
from wyckoff.rpc.channel import open_channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from grpc import aio

    Watch = aio.UnaryStreamCall[pb.WatchEventsRequest, pb.WatchEventsResponse]

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="nats-server is not installed")

SYMBOLS: Final = tuple(f"S{number}" for number in range(30))
STORED_BARS: Final = 60
LIVE_BARS_A_SYMBOL: Final = 10
LIVE_BARS: Final = len(SYMBOLS) * LIVE_BARS_A_SYMBOL
LAST_MS: Final = (STORED_BARS + LIVE_BARS_A_SYMBOL - 1) * DAY_MS
WATCH_S: Final = 90
ALL_TOLD_S: Final = 30
_POLL_S: Final = 0.05


@pytest.mark.parametrize("killed_after", [LIVE_BARS // 2, 47, 286])
async def test_each_of_300_bars_is_analysed_once_although_a_replica_dies(tmp_path: Path, killed_after: int) -> None:
    with nats_server(tmp_path / "nats") as url:
        environment = {"ORCHESTRATOR_EVENT_BUS_URL": url, "ORCHESTRATOR_EVENT_WORK_ACK_WAIT_S": "1"}
        with running(tmp_path, environment) as system, second_replica(system, environment) as second:
            await _feed(system, second, killed_after)
            await _all_told(tmp_path)
            # the first finishes what it is doing, and says so in its log
            system.process.send_signal(signal.SIGTERM)
            assert system.process.wait(30) == 0
    logs = [_recorded(path) for path in (tmp_path / "data" / "logs" / "orchestrator.log", tmp_path / "second.log")]
    expected = Counter(
        (symbol, day * DAY_MS) for symbol in SYMBOLS for day in range(STORED_BARS - 1, STORED_BARS + LIVE_BARS_A_SYMBOL)
    )
    assert len(expected) == LIVE_BARS + len(SYMBOLS)
    assert all(logs), "both replicas took part"
    # a recording that died before its log line was written counts as what the database says
    assert not (logs[0] + logs[1]) - expected, "nothing was recorded twice"
    assert await _progress(tmp_path) == dict.fromkeys(SYMBOLS, (LAST_MS, LIVE_BARS_A_SYMBOL + 1))


async def _feed(system: System, second: subprocess.Popen[str], killed_after: int) -> None:
    """Stores the live bars one by one, and kills the second replica at once after so many of them."""
    services = system.services()
    async with (
        WyckoffClient.connect(services["marketdata"]["address"], timeout_s=30) as marketdata,
        open_channel(services["orchestrator"]["address"]) as channel,
    ):
        stub: Any = OrchestratorServiceStub(channel)
        analysed = stub.WatchEvents(pb.WatchEventsRequest(kinds=[pb.EVENT_KIND_VOLUME_ANALYZED]), timeout=WATCH_S)
        await analysed.initial_metadata()
        for symbol in SYMBOLS:
            await marketdata.ingest_bars(some_bars(STORED_BARS, symbol=symbol))
        await _each_analysed(analysed)
        for number in range(LIVE_BARS_A_SYMBOL):
            for at, symbol in enumerate(SYMBOLS, start=1):
                await marketdata.ingest_bars(some_bars(1, symbol=symbol, first_day=STORED_BARS + number))
                if number * len(SYMBOLS) + at == killed_after:
                    os.kill(second.pid, signal.SIGKILL)
            await _each_analysed(analysed)
        analysed.cancel()


async def _each_analysed(analysed: Watch) -> None:
    """Reads the event of every symbol, none twice."""
    missing = set(SYMBOLS)
    while missing:
        response = await analysed.read()
        assert isinstance(response, pb.WatchEventsResponse)
        assert response.dropped_count == 0
        missing.remove(response.event.symbol)


@contextmanager
def second_replica(system: System, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Another orchestrator beside the system's own, with the same database."""
    addresses = {name: service["address"] for name, service in system.services().items() if name != "orchestrator"}
    settings = ORCHESTRATOR.environment(system.folder / "data", addresses)
    command = [sys.executable, "-P", "-m", ORCHESTRATOR.module, "--address", "127.0.0.1:0"]
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **settings, **database_environment(system.folder), **environment},
    ) as process:
        keeping = threading.Thread(target=_keep_log, args=(process, system.folder / "second.log"))
        try:
            wait_line(process.stderr, "live_feed_connected")
            keeping.start()
            yield process
        finally:
            process.kill()
            keeping.join()


def _keep_log(process: subprocess.Popen[str], path: Path) -> None:
    assert process.stderr is not None
    path.write_text(process.stderr.read())


def _recorded(path: Path) -> Counter[tuple[str, int]]:
    lines = [json.loads(line) for line in path.read_text().splitlines() if '"live_analysis_' in line]
    assert not [line for line in lines if line["event"] == "live_analysis_repeated"]
    return Counter((line["symbol"], line["bar_time_ms"]) for line in lines if line["event"] == "live_analysis_recorded")


async def _progress(folder: Path) -> dict[str, tuple[int, int]]:
    """Time of the last bar analysed and number of analyses, by symbol."""
    found = await rows(
        system_database_url(folder, "orchestrator"), "SELECT symbol, bar_time_ms, analysis_count FROM live_progress"
    )
    return {symbol: (last_ms, count) for symbol, last_ms, count in found}


async def _all_told(folder: Path) -> None:
    """Returns once nothing that was recorded is still to be announced; the killed one's is, when it is missed."""
    for _ in range(round(ALL_TOLD_S / _POLL_S)):
        if not await rows(system_database_url(folder, "orchestrator"), "SELECT 1 FROM untold_events"):
            return
        await asyncio.sleep(_POLL_S)
    raise AssertionError("events of recorded analyses were never announced")
