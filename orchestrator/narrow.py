"""An answer about some scales only: a part of the whole analysis, which stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.wire.enums import SCALE, scale_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wyckoff.model.kinds import Scale

#: What belongs to a range, by the field of the analysis that lists it.
_OF_RANGES = ("phases", "patterns", "signals", "rejections")


def asked_scales(numbers: Sequence[int]) -> frozenset[Scale]:
    """The scales of a request, none for all; raises InvalidArgumentError naming ``scales[i]``."""
    return frozenset(SCALE.value(number, f"scales[{at}]") for at, number in enumerate(numbers))


def narrowed(analysis: orchestrator_pb2.Analysis, scales: Collection[Scale]) -> orchestrator_pb2.Analysis:
    """The ranges of ``scales`` and what belongs to them; stages, warnings and failures stay whole.

    Without ``scales`` it is the analysis itself, otherwise a copy: others may hold the same one.
    """
    if not scales:
        return analysis
    copy = orchestrator_pb2.Analysis()
    copy.CopyFrom(analysis)
    kept = [item for item in analysis.ranges if scale_of(item.scale, "scale") in scales]
    _replace(copy, "ranges", kept)
    range_ids = {item.range_id for item in kept}
    for name in _OF_RANGES:
        _replace(copy, name, [item for item in getattr(analysis, name) if item.range_id in range_ids])
    return copy


def _replace(analysis: orchestrator_pb2.Analysis, name: str, items: Sequence[object]) -> None:
    analysis.ClearField(name)  # type: ignore[arg-type] # names of repeated fields
    getattr(analysis, name).extend(items)
