"""Labels, detections and results for the tests of the scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wyckoff.evaluation import CaseResult, Detection, Findings, LabelledCase, Labels, RewriteCheck
from wyckoff.model.kinds import EventType

NOT_CHECKED = RewriteCheck(0, 0, ())
STRUCTURE = (("SC", 100), ("AR", 110), ("ST", 120), ("SPRING", 150), ("TEST", 156), ("SOS", 170), ("LPS", 178))


def labels(*events: tuple[str, int], kind: str = "accumulation", **more: Any) -> Labels:
    """Labels of ``events``, those of a whole structure when there are none."""
    listed = [{"type": name, "index": index} for name, index in events or STRUCTURE]
    return Labels.model_validate({"kind": kind, "events": listed, **more})


def said(name: str, index: int, *, lag: int = 2, confidence: int = 80, scale: str = "") -> Detection:
    return Detection(EventType(name), index, index + lag, confidence, scale)


def result(name: str, of: Labels, findings: Findings, *, bars: int = 300, error: str = "") -> CaseResult:
    return CaseResult(LabelledCase(name, Path(f"{name}.csv"), of), bars, findings, NOT_CHECKED, error)


def null_labels() -> Labels:
    return Labels.model_validate({"kind": "null", "events": [], "range": None, "phases": []})
