"""What the page, the docstrings and the example scripts say works as it stands there."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.events.codec import signal_generated
from tests.support.code_blocks import Block, docstring_block, markdown_blocks, run_block
from tests.support.events import bar_event, base
from tests.support.samples import to_csv, wave_bars
from tests.support.watching import ObservedBus, telling_orchestrator
from tools.sample_bars import sample_bars
from wyckoff import client as client_package
from wyckoff.client import MarketDataClient, WyckoffClient
from wyckoff.risk.v1 import risk_pb2

if TYPE_CHECKING:
    import pytest

    from tests.support.system import System

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 60
SIGNAL = signal_generated(base("signal"), risk_pb2.TradeSignal(signal_id="s1", symbol="ACME", entry_price="10.25"))


def addresses(system: System) -> dict[str, str]:
    return {
        "127.0.0.1:50050": system.orchestrator_address,
        "127.0.0.1:50051": system.marketdata_address,
        "127.0.0.1:50057": system.portfolio_address,
    }


async def told_a_signal(block: Block, names: dict[str, Any]) -> None:
    """Run a block that waits for a signal from now on."""
    bus = ObservedBus()
    async with telling_orchestrator(bus) as server:
        running = asyncio.ensure_future(run_block(block, names, {"127.0.0.1:50050": server.address}))
        following = asyncio.ensure_future(bus.followed.wait())
        await asyncio.wait({running, following}, return_when=asyncio.FIRST_COMPLETED)
        await bus.publish(SIGNAL)
        async with asyncio.timeout(TIMEOUT_S):
            await running


async def test_the_blocks_of_the_page_run_in_their_order(
    system: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "IBM.csv"
    file.write_text(to_csv(sample_bars("IBM").head(2050)))
    replaced = addresses(system) | {'"IBM.csv"': f'"{file}"'}
    blocks = markdown_blocks(ROOT / "docs" / "client.md")
    assert len(blocks) == 6
    for block in blocks:
        if "follow_events" in block.code:
            await told_a_signal(block, {})
        else:
            await run_block(block, {}, replaced)
    printed = capsys.readouterr().out
    for part in ("2050 new bars", "timeframe ", "there is no signal", "ACME", "250000 0", "ranges"):
        assert part in printed


async def test_the_examples_of_the_docstrings_run(system: System) -> None:
    bars = wave_bars(200)
    names: dict[str, Any] = {"MarketDataClient": MarketDataClient, "WyckoffClient": WyckoffClient, "bars": bars}
    for thing in (MarketDataClient, WyckoffClient, client_package):
        await run_block(docstring_block(thing, str(thing)), names, addresses(system))
    assert names["analysis"].bar_count == len(bars)
    assert names["newest"].close[-1] == bars.close[-1]


async def script(name: str, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "examples" / name),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(TIMEOUT_S):
        out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode()


async def test_the_scripts_store_analyse_and_scan(system: System, tmp_path: Path) -> None:
    where = ["--orchestrator", system.orchestrator_address, "--marketdata", system.marketdata_address]
    assert "no bars of 1d" in await script("scan_symbols.py", *where)
    file = tmp_path / "IBM.csv"
    file.write_text(to_csv(sample_bars("IBM").head(2050)))
    printed = await script("analyze_file.py", str(file), *where)
    assert "IBM: 2050 bars are new" in printed
    assert "phase" in printed
    assert "entry" in printed
    assert "IBM: " in await script("scan_symbols.py", *where)


async def test_the_script_that_follows_prints_signals_behind_a_known_event() -> None:
    bus = ObservedBus()
    for event in (bar_event(0), bar_event(1), SIGNAL):
        await bus.publish(event)
    async with telling_orchestrator(bus) as server:
        arguments = ["--orchestrator", server.address, "--after", bar_event(0).event_id, "--count", "1"]
        assert (
            await script("follow_signals.py", *arguments) == f"{SIGNAL.event_id} ACME  UNSPECIFIED entry 10.25 stop \n"
        )


def test_every_name_that_is_exported_is_documented() -> None:
    page = (ROOT / "docs" / "client.md").read_text()
    for kind in (WyckoffClient, MarketDataClient, client_package.PortfolioClient):
        for name, method in vars(kind).items():
            if callable(method) and not name.startswith("_") and name not in {"ingest_bars", "connect"}:
                assert method.__doc__, name
                assert f"`{name}`" in page, name
    assert all(hasattr(client_package, name) for name in client_package.__all__)
