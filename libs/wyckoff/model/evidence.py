"""Measured facts, and failures of single detectors."""

from __future__ import annotations

from dataclasses import dataclass, field

from wyckoff.model.quick import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True)
class Evidence:
    """One measured fact behind an event or a pattern.

    ``name`` is snake case with its unit (``volume_ratio``, ``penetration_pct``); ``value`` is None when
    unknown, ``threshold`` None when there is none, ``met`` None when either is.
    """

    name: str
    value: float | None
    threshold: float | None = None
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class FailedDetector:
    """A detector that raised; the rest of the result does not depend on it.

    ``stack_trace`` is for the log of the service only: it is not compared and not sent.
    """

    detector: str
    error: str
    stack_trace: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding that does not stop the analysis. ``first_index`` is the first of ``bar_count`` bars."""

    code: str
    message: str
    bar_count: int
    first_index: int
