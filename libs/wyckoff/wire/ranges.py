"""Trading ranges on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.model.ranges import CauseCount, QualityComponents, RangeRevision, TradingRange, Zone
from wyckoff.range.v1 import range_pb2
from wyckoff.rpc.errors import InvalidArgumentError
from wyckoff.wire.enums import RANGE_STATUS, SCALE, SIDE, ZONE_STATUS, ZONE_TYPE, scale_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def ranges_to_proto(ranges: Iterable[TradingRange], open_time_ms: Sequence[int]) -> list[range_pb2.TradingRange]:
    return [_range_to_proto(item, open_time_ms) for item in ranges]


def _range_to_proto(item: TradingRange, open_time_ms: Sequence[int]) -> range_pb2.TradingRange:
    first = item.revisions[0]
    message = range_pb2.TradingRange(
        range_id=item.range_id,
        side=SIDE.number(item.side),
        start_index=item.start_index,
        end_index=item.end_index,
        known_at_index=item.known_at_index,
        ice=item.ice,
        creek=item.creek,
        jump=item.jump,
        quality_score=first.quality.score,
        quality=_quality_to_proto(first.quality),
        ice_strength=first.ice_strength,
        creek_strength=first.creek_strength,
        status=RANGE_STATUS.number(item.status),
        climax_price=item.climax_price,
        climax_index=item.climax_index,
        reaction_index=item.reaction_index,
        reaction_price=item.reaction_price,
        zones=[_zone_to_proto(zone) for zone in item.zones],
        revisions=[_revision_to_proto(revision) for revision in item.revisions],
        scale=SCALE.number(item.scale),
    )
    message.start_time.FromMilliseconds(int(open_time_ms[item.start_index]))
    message.end_time.FromMilliseconds(int(open_time_ms[item.end_index]))
    return message


def _quality_to_proto(quality: QualityComponents) -> range_pb2.QualityComponents:
    return range_pb2.QualityComponents(
        duration=quality.duration, touches=quality.touches, tightness=quality.tightness, volume=quality.volume
    )


def _revision_to_proto(item: RangeRevision) -> range_pb2.RangeRevision:
    return range_pb2.RangeRevision(
        known_at_index=item.known_at_index,
        status=RANGE_STATUS.number(item.status),
        duration_bars=item.duration_bars,
        quality_score=item.quality.score,
        quality=_quality_to_proto(item.quality),
        ice_strength=item.ice_strength,
        creek_strength=item.creek_strength,
        ice_touches=item.ice_touches,
        creek_touches=item.creek_touches,
        jump_up=item.jump_up,
        jump_down=item.jump_down,
        jump_factor=item.jump_factor,
        reason=item.reason,
        count_up=_count_to_proto(item.count_up),
        count_down=_count_to_proto(item.count_down),
    )


def _count_to_proto(count: CauseCount | None) -> range_pb2.CauseCount | None:
    if count is None:
        return None
    return range_pb2.CauseCount(
        low=count.low,
        middle=count.middle,
        high=count.high,
        count_line=count.count_line,
        columns=count.columns,
        box_fraction=count.box_fraction,
    )


def _zone_to_proto(zone: Zone) -> range_pb2.Zone:
    return range_pb2.Zone(
        type=ZONE_TYPE.number(zone.type),
        bar_index=zone.bar_index,
        known_at_index=zone.known_at_index,
        low=zone.low,
        high=zone.high,
        significance=zone.significance,
        near_level=zone.near_level,
        touch_count=zone.touch_count,
        status=ZONE_STATUS.number(zone.status),
    )


def ranges_from_proto(messages: Iterable[range_pb2.TradingRange], bar_count: int) -> tuple[TradingRange, ...]:
    """Ranges over ``bar_count`` bars; raises InvalidArgumentError naming the field that cannot be."""
    return tuple(_range_from_proto(item, f"ranges[{index}]", bar_count) for index, item in enumerate(messages))


def _range_from_proto(message: range_pb2.TradingRange, path: str, bar_count: int) -> TradingRange:
    for name in ("start_index", "end_index", "known_at_index"):
        check_index(getattr(message, name), bar_count, f"{path}.{name}")
    if not 0 < message.ice < message.creek:
        raise InvalidArgumentError.of(f"{path}.ice", f"is {message.ice:g}; it must be above 0 and below the creek")
    if not message.revisions:
        raise InvalidArgumentError.of(f"{path}.revisions", "is empty; the first revision is from known_at_index")
    anchored = message.HasField("climax_index") and message.HasField("reaction_index")
    if anchored:
        check_index(message.climax_index, bar_count, f"{path}.climax_index")
        check_index(message.reaction_index, bar_count, f"{path}.reaction_index")
    return TradingRange(
        range_id=message.range_id,
        side=SIDE.value(message.side, f"{path}.side"),
        start_index=message.start_index,
        end_index=message.end_index,
        known_at_index=message.known_at_index,
        ice=message.ice,
        creek=message.creek,
        jump=message.jump,
        status=RANGE_STATUS.value(message.status, f"{path}.status"),
        climax_index=message.climax_index if anchored else None,
        climax_price=message.climax_price if anchored else None,
        reaction_index=message.reaction_index if anchored else None,
        reaction_price=message.reaction_price if anchored else None,
        zones=tuple(_zone_from_proto(zone, f"{path}.zones[{i}]") for i, zone in enumerate(message.zones)),
        revisions=tuple(
            _revision_from_proto(item, f"{path}.revisions[{i}]") for i, item in enumerate(message.revisions)
        ),
        scale=scale_of(message.scale, f"{path}.scale"),
    )


def _revision_from_proto(message: range_pb2.RangeRevision, path: str) -> RangeRevision:
    quality = message.quality
    return RangeRevision(
        known_at_index=message.known_at_index,
        status=RANGE_STATUS.value(message.status, f"{path}.status"),
        duration_bars=message.duration_bars,
        quality=QualityComponents(quality.duration, quality.touches, quality.tightness, quality.volume),
        ice_strength=message.ice_strength,
        creek_strength=message.creek_strength,
        ice_touches=message.ice_touches,
        creek_touches=message.creek_touches,
        jump_up=message.jump_up if message.HasField("jump_up") else None,
        jump_down=message.jump_down if message.HasField("jump_down") else None,
        jump_factor=message.jump_factor,
        reason=message.reason,
        count_up=_count_from_proto(message.count_up) if message.HasField("count_up") else None,
        count_down=_count_from_proto(message.count_down) if message.HasField("count_down") else None,
    )


def _count_from_proto(message: range_pb2.CauseCount) -> CauseCount:
    return CauseCount(
        low=message.low,
        middle=message.middle,
        high=message.high,
        count_line=message.count_line,
        columns=message.columns,
        box_fraction=message.box_fraction,
    )


def _zone_from_proto(message: range_pb2.Zone, path: str) -> Zone:
    return Zone(
        type=ZONE_TYPE.value(message.type, f"{path}.type"),
        bar_index=message.bar_index,
        known_at_index=message.known_at_index,
        low=message.low,
        high=message.high,
        significance=message.significance,
        near_level=message.near_level,
        touch_count=message.touch_count,
        status=ZONE_STATUS.value(message.status, f"{path}.status"),
    )


def check_index(index: int, bar_count: int, path: str) -> None:
    """Raise InvalidArgumentError unless ``index`` is a bar."""
    if not 0 <= index < bar_count:
        raise InvalidArgumentError.of(path, f"is {index}; a bar from 0 to {bar_count - 1} is needed")
