"""The whole orchestrator in front of a stage whose replicas are replaced: every analysis stays complete."""

from __future__ import annotations

from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from orchestrator.cli.child import Child
from orchestrator.cli.services import ORCHESTRATOR, STAGES
from tests.integration.scaling.conftest import PATTERN
from tests.integration.scaling.shares import WINDOW_CALLS, all_share
from tests.support.servers import stage_mounts
from tests.support.serving import serving
from tools.replicas import HOSTS, Replicas
from tools.sample_bars import sample_bars
from tools.stage_load import Load, StageCall
from wyckoff.model.portfolio import default_portfolio
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.rpc.catalogue import ANALYZE_BARS
from wyckoff.rpc.channel import GrpcTransport
from wyckoff.rpc.offload import ThreadOffload
from wyckoff.wire.bars import bars_to_proto
from wyckoff.wire.portfolio import portfolio_to_proto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

START_TIMEOUT_S: Final = 60.0
GRACE_S: Final = 10.0


async def test_analyses_stay_complete_while_every_replica_of_a_stage_is_replaced(tmp_path: Path) -> None:
    settings = {"WYCKOFF_DRAIN_S": "1", "WYCKOFF_MAX_CONNECTION_AGE_S": "1"}
    async with Replicas(PATTERN, tmp_path / "replicas", settings) as replicas:
        await replicas.add(HOSTS[0])
        async with orchestrator(tmp_path, replicas.target) as address:
            transport = GrpcTransport.connect(address, retries=0)
            try:
                async with Load(transport, _analysis(), complaint=_incomplete).running() as load:
                    await load.more(1)
                    # as a cluster does it: first one more, then one less, and no address is used again
                    for old, new in pairwise(HOSTS[:3]):
                        await replicas.add(new)
                        await all_share(replicas, load)
                        await replicas.remove(old)
                    await load.more(WINDOW_CALLS)
            finally:
                await transport.close()
    assert load.failures == []
    assert load.answered >= WINDOW_CALLS


@asynccontextmanager
async def orchestrator(folder: Path, pattern_target: str) -> AsyncIterator[str]:
    """An orchestrator process that calls the pattern stage there, and all others on a server in this process."""
    with ThreadOffload() as offload:
        async with serving(stage_mounts(offload)) as others:
            addresses = {stage.name: others.address for stage in STAGES} | {PATTERN.name: pattern_target}
            child = Child(ORCHESTRATOR.name, ORCHESTRATOR.module, folder, folder)
            settings = {
                **ORCHESTRATOR.environment(folder, addresses),
                # a kept result would hide that its stage is gone, and nothing is stored that could be followed
                "ORCHESTRATOR_ENABLE_CACHING": "false",
                "ORCHESTRATOR_LIVE": "false",
                # the name of the stage is none of loopback, its addresses are
                "WYCKOFF_ALLOW_PLAINTEXT": "true",
            }
            try:
                await child.start("127.0.0.1:0", settings)
                await child.wait_serving(START_TIMEOUT_S)
                yield child.address
            finally:
                await child.stop(GRACE_S)


def _analysis() -> StageCall:
    bars = bars_to_proto(sample_bars("IBM").tail(500))
    account = portfolio_to_proto(default_portfolio())
    return StageCall(ANALYZE_BARS, orchestrator_pb2.AnalyzeBarsRequest(bars=bars, portfolio=account))


def _incomplete(answer: Any) -> str:
    analysis = answer.analysis
    missing = [f"{stage.stage}: {stage.error}" for stage in analysis.stages if not stage.success]
    return "" if analysis.complete else ", ".join(missing) or "incomplete without a reason"
