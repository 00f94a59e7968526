"""What the orchestrator remembers of its own work, for its health report."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wyckoff.orchestrator.v1 import orchestrator_pb2

#: The mean time is over the last so many analyses.
REMEMBERED_ANALYSES: Final = 100


class Vitals:
    """Counts since the start, and the times of the last analyses."""

    def __init__(self) -> None:
        self.analysis_count = 0
        self.detector_failures: Counter[str] = Counter()
        self.last_errors: dict[str, str] = {}
        self._times_ms: deque[float] = deque(maxlen=REMEMBERED_ANALYSES)

    def record(self, analysis: orchestrator_pb2.Analysis, elapsed_ms: float) -> None:
        """One analysis has ended."""
        self.analysis_count += 1
        self._times_ms.append(elapsed_ms)
        for failed in analysis.failed_detectors:
            self.detector_failures[failed.detector] += 1
            self.last_errors[failed.detector] = failed.error

    @property
    def avg_analysis_time_ms(self) -> float | None:
        """Mean of the last analyses; None before the first."""
        return sum(self._times_ms) / len(self._times_ms) if self._times_ms else None
