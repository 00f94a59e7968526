"""From an analysis to the bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from orchestrator.events.from_analysis import events_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from orchestrator.context import AnalysisContext, PipelineState
    from orchestrator.events.bus import EventBus
    from wyckoff.orchestrator.v1 import orchestrator_pb2

_log = structlog.get_logger("wyckoff.events")


class Announcer:
    """Publishes what stored analyses found. ``now`` gives the time, UTC."""

    def __init__(self, bus: EventBus, now: Callable[[], datetime]) -> None:
        self._bus = bus
        self._now = now

    async def __call__(
        self, context: AnalysisContext, state: PipelineState, analysis: orchestrator_pb2.Analysis
    ) -> None:
        try:
            for event in events_of(context, state, analysis, self._now()):
                await self._bus.publish(event)
        except Exception as error:  # noqa: BLE001 - an analysis is an answer even when it cannot be announced
            _log.error("analysis_not_announced", symbol=context.symbol, exc_info=error)
