"""An analysis of bars by the whole pipeline in this process, as ``wyckoff analyze`` makes it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from orchestrator.cli.clients import open_analyzer

if TYPE_CHECKING:
    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis


def analysis_of(bars: Bars) -> Analysis:
    """Raises RuntimeError when a stage or a detector failed."""
    analysis = asyncio.run(_analysed(bars))
    failed = [stage.stage for stage in analysis.stages if not stage.success]
    failed += [item.detector for item in analysis.failed_detectors]
    if failed:
        raise RuntimeError(f"{bars.symbol}: {', '.join(failed)} failed")
    return analysis


async def _analysed(bars: Bars) -> Analysis:
    async with open_analyzer(None, None) as analyzer:
        return await analyzer.analyze_bars(bars)
