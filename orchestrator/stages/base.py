"""What a stage is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.context import AnalysisContext, PipelineState
    from wyckoff.common.v1 import common_pb2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StageOutput:
    """What a stage has to say beside its result, which it puts into the state."""

    warnings: Sequence[common_pb2.Warning] = ()
    failed_detectors: Sequence[common_pb2.FailedDetector] = ()
    cached: bool = False


@dataclass(frozen=True, slots=True)
class StageResult:
    """How a stage went. ``error`` is None on success; ``execution_time_ms`` is wall time."""

    stage: str
    success: bool
    execution_time_ms: float
    error: str | None = None
    exception: Exception | None = None
    output: StageOutput = field(default_factory=StageOutput)


class PipelineStage(ABC):
    """One step. ``needs`` names the stages whose output it reads; it is skipped when one is missing."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()

    def is_asked_for(self, context: AnalysisContext) -> bool:
        """Whether this analysis has the stage at all."""
        return True

    @abstractmethod
    async def process(self, state: PipelineState, context: AnalysisContext) -> StageOutput:
        """Read the state, add this stage's output to it; raise when there is none."""


def present(value: T | None, what: str) -> T:
    """``value``, which a stage named in ``needs`` has put into the state."""
    if value is None:
        raise LookupError(f"{what} is missing although its stage succeeded")
    return value
