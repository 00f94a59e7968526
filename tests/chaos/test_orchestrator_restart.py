"""The orchestrator is killed while bars come in: what is stored in the end is what an undisturbed run stores."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from typing import TYPE_CHECKING, Final

from tests.e2e.test_up import System, running
from tests.support.databases import rows, system_database_url
from tools.sample_bars import sample_bars
from wyckoff.client import WyckoffClient

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wyckoff.market.bars import Bars
    from wyckoff.risk.v1 import risk_pb2

STORED_BARS: Final = 100
LIVE_BARS: Final = 500
#: The orchestrator is killed after so many live bars.
KILLED_AFTER: Final = (150, 350)
CAUGHT_UP_S: Final = 60
_POLL_S: Final = 0.05
_ENVIRONMENT: Final = {
    # all bars in every analysis: which ones are analysed when depends on speed, what is found must not
    "ORCHESTRATOR_DEFAULT_LOOKBACK_BARS": str(STORED_BARS + LIVE_BARS),
}


async def test_signals_are_those_of_an_undisturbed_run(tmp_path: Path) -> None:
    bars = sample_bars("IBM").head(2300).tail(STORED_BARS + LIVE_BARS)
    undisturbed = await _stored_after(tmp_path / "undisturbed", bars, killed_after=())
    disturbed = await _stored_after(tmp_path / "disturbed", bars, killed_after=KILLED_AFTER)
    assert undisturbed
    assert disturbed == undisturbed


async def _stored_after(folder: Path, bars: Bars, killed_after: Sequence[int]) -> dict[str, risk_pb2.TradeSignal]:
    with running(folder, _ENVIRONMENT) as system:
        pids = [_pid(system)]
        async with WyckoffClient.connect(system.services()["marketdata"]["address"], timeout_s=30) as marketdata:
            await marketdata.ingest_bars(bars.head(STORED_BARS))
            restarted: asyncio.Task[str] | None = None
            for count in range(1, LIVE_BARS + 1):
                await marketdata.ingest_bars(bars.head(STORED_BARS + count).tail(1))
                if count in killed_after:
                    if restarted is not None:
                        await restarted
                        pids.append(_pid(system))
                    os.kill(_pid(system), signal.SIGKILL)
                    # bars go on coming while there is no orchestrator
                    restarted = asyncio.create_task(asyncio.to_thread(system.wait_message, "orchestrator is back"))
            if restarted is not None:
                await restarted
                pids.append(_pid(system))
        assert len(set(pids)) == len(killed_after) + 1
        await _caught_up(folder, int(bars.open_time_ms[-1]))
        _check_nothing_recorded_twice(folder)
        return await _signals(system, bars.symbol)


def _pid(system: System) -> int:
    return int(system.services()["orchestrator"]["pid"])


async def _caught_up(folder: Path, last_bar_ms: int) -> None:
    """Returns once the last bar has been analysed; its signals are stored before that is recorded."""
    url = system_database_url(folder, "orchestrator")
    for _ in range(round(CAUGHT_UP_S / _POLL_S)):
        [(analysed_ms,)] = await rows(url, "SELECT max(bar_time_ms) FROM live_progress")
        if analysed_ms == last_bar_ms:
            return
        await asyncio.sleep(_POLL_S)
    raise AssertionError(f"the last bar analysed is that of {analysed_ms}, not of {last_bar_ms}")


def _check_nothing_recorded_twice(folder: Path) -> None:
    log = (folder / "data" / "logs" / "orchestrator.log").read_text()
    lines = [json.loads(line) for line in log.splitlines() if "live_analysis_recorded" in line]
    recorded = Counter(line["content_hash"] for line in lines)
    assert recorded
    assert set(recorded.values()) == {1}


async def _signals(system: System, symbol: str) -> dict[str, risk_pb2.TradeSignal]:
    """Stored signals by id, without what tells only when they were found."""
    async with WyckoffClient.connect(system.services()["orchestrator"]["address"], timeout_s=30) as client:
        signals = list((await client.list_signals(symbol=symbol, page_size=1000)).signals)
    for item in signals:
        item.ClearField("created_at")
        item.ClearField("correlation_id")
    stored = {item.signal_id: item for item in signals}
    assert len(stored) == len(signals)
    return stored
