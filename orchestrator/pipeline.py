"""The pipeline: stages in order, each timed and isolated, none called without its input or without time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from orchestrator.stages.base import StageResult
from wyckoff.rpc.errors import WyckoffError
from wyckoff.telemetry.spans import span, stage_ended

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from orchestrator.context import AnalysisContext, PipelineState
    from orchestrator.stages.base import PipelineStage

_log = structlog.get_logger("wyckoff.orchestrator")


class Pipeline:
    """Runs stages one after the other. ``timer`` gives seconds for execution times.

    ``weights`` by stage name (1 where none is given) divide the time that is left among the stages that are left,
    so that a stage which hangs leaves the later ones their part. What a stage does not use goes to the next.
    ``given`` names stages whose output the state brings along.
    """

    def __init__(
        self,
        stages: Sequence[PipelineStage],
        timer: Callable[[], float],
        weights: Mapping[str, float] | None = None,
        given: Collection[str] = (),
    ) -> None:
        self._stages = tuple(stages)
        self._timer = timer
        self._given = frozenset(given)
        self._weights = dict(weights or {})

    async def run(self, state: PipelineState, context: AnalysisContext) -> list[StageResult]:
        """One result a stage, in order. A failure only takes those along that need what it would have given."""
        results: list[StageResult] = []
        succeeded = set(self._given)
        stages = [stage for stage in self._stages if stage.is_asked_for(context)]
        shares = _shares([self._weights.get(stage.name, 1.0) for stage in stages])
        for stage, share in zip(stages, shares, strict=True):
            missing = [name for name in stage.needs if name not in succeeded]
            if missing:
                result = StageResult(stage.name, success=False, execution_time_ms=0.0, error=_skipped(missing))
            else:
                terms = replace(context, deadline=context.deadline.share(share))
                result = await self._run_stage(stage, state, terms)
            if result.success:
                succeeded.add(stage.name)
            results.append(result)
            _log_result(result, context)
        return results

    async def _run_stage(self, stage: PipelineStage, state: PipelineState, context: AnalysisContext) -> StageResult:
        with span(f"stage.{stage.name}") as current:
            result = await self._timed(stage, state, context)
            if result.error is not None:
                current.fail(result.error)
        stage_ended(result.stage, success=result.success, execution_time_ms=result.execution_time_ms)
        return result

    async def _timed(self, stage: PipelineStage, state: PipelineState, context: AnalysisContext) -> StageResult:
        started_s = self._timer()
        try:
            output = await stage.process(state, context)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - a stage must not take the others down; it is reported below
            elapsed_ms = (self._timer() - started_s) * 1000
            if not isinstance(error, WyckoffError):
                _log.error("pipeline_stage_crashed", stage=stage.name, exc_info=error)
            return StageResult(
                stage.name, success=False, execution_time_ms=elapsed_ms, error=_told(error), exception=error
            )
        state.failed_detectors.extend(output.failed_detectors)
        elapsed_ms = (self._timer() - started_s) * 1000
        return StageResult(stage.name, success=True, execution_time_ms=elapsed_ms, output=output)


def _shares(weights: list[float]) -> list[float]:
    """Each weight as a part of itself and all that come after it; the last stage may have all that is left."""
    return [weight / sum(weights[index:]) if weight else 0.0 for index, weight in enumerate(weights)]


def _skipped(missing: list[str]) -> str:
    return f"skipped: no result of {', '.join(missing)}"


def _told(error: Exception) -> str:
    if isinstance(error, WyckoffError):
        return f"{error.reason}: {error.message}"
    return f"{type(error).__name__}: {error}"


def _log_result(result: StageResult, context: AnalysisContext) -> None:
    _log.info(
        "pipeline_stage_complete",
        stage=result.stage,
        success=result.success,
        execution_time_ms=round(result.execution_time_ms, 3),
        error=result.error,
        symbol=context.symbol,
        correlation_id=context.correlation_id,
    )
