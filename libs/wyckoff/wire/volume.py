"""Volume analysis on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wyckoff.model.volume import EFFORT_ORDER, VolumeAnalysis
from wyckoff.rpc.errors import FieldViolation, InvalidArgumentError
from wyckoff.volume.v1 import volume_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

_COLUMNS = ("volume_ratio", "spread_ratio", "close_position", "effort_result")


def volume_to_proto(volume: VolumeAnalysis) -> volume_pb2.VolumeAnalysis:
    return volume_pb2.VolumeAnalysis(
        volume_ratio=volume.volume_ratio.tolist(),
        spread_ratio=volume.spread_ratio.tolist(),
        close_position=volume.close_position.tolist(),
        effort_result=volume.effort_code.tolist(),
    )


def volume_from_proto(message: volume_pb2.VolumeAnalysis, bar_count: int) -> VolumeAnalysis:
    """Volume of ``bar_count`` bars; raises InvalidArgumentError naming a column of another length or content."""
    wrong = [
        FieldViolation(f"volume.{name}", f"has {len(getattr(message, name))} values; one a bar is needed: {bar_count}")
        for name in _COLUMNS
        if len(getattr(message, name)) != bar_count
    ]
    if wrong:
        raise InvalidArgumentError(wrong)
    effort = np.asarray(message.effort_result, dtype=np.int64)
    unknown = (effort < 1) | (effort > len(EFFORT_ORDER))
    if unknown.any():
        index = int(unknown.argmax())
        text = f"is {effort[index]}; a value from 1 to {len(EFFORT_ORDER)} is needed"
        raise InvalidArgumentError.of(f"volume.effort_result[{index}]", text)
    return VolumeAnalysis(
        np.asarray(message.volume_ratio, dtype=np.float64),
        np.asarray(message.spread_ratio, dtype=np.float64),
        np.asarray(message.close_position, dtype=np.float64),
        effort,
    )


def volume_records(volume: VolumeAnalysis) -> Iterator[volume_pb2.VolumeRecord]:
    """The same by row, what is unknown absent."""
    columns = zip(
        volume.volume_ratio.tolist(),
        volume.spread_ratio.tolist(),
        volume.close_position.tolist(),
        volume.effort_code.tolist(),
        strict=True,
    )
    for index, (volume_ratio, spread_ratio, close_position, effort) in enumerate(columns):
        yield volume_pb2.VolumeRecord(
            bar_index=index,
            # NaN is the only number that differs from itself
            volume_ratio=volume_ratio if volume_ratio == volume_ratio else None,
            spread_ratio=spread_ratio if spread_ratio == spread_ratio else None,
            close_position=close_position,
            effort_result=effort,
        )
