"""A higher bar length as the bars of the analysis saw it: its states, and how each set-up stands to them."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from wyckoff.common.v1 import common_pb2
from wyckoff.market.timeframes import is_timeframe, timeframe_ms
from wyckoff.orchestrator.v1 import orchestrator_pb2
from wyckoff.replay.stand import stands
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wyckoff.pattern.v1 import pattern_pb2
    from wyckoff.replay.stand import OpenStructure

_POINTS_TO: Final = {
    common_pb2.SIDE_ACCUMULATION: common_pb2.DIRECTION_LONG,
    common_pb2.SIDE_DISTRIBUTION: common_pb2.DIRECTION_SHORT,
}


def asked_context(longer: str, timeframe: str) -> str:
    """The longer bar length of a request, empty for none; raises InvalidArgumentError naming ``context_timeframe``.

    Whether ``timeframe`` is a bar length at all is the gate's to say.
    """
    if not longer:
        return ""
    if not is_timeframe(longer):
        text = f"{longer!r} is no bar length; a number and one of m, h, d, w, M is, such as 1w"
        raise InvalidArgumentError.of("context_timeframe", text)
    if is_timeframe(timeframe) and timeframe_ms(longer) <= timeframe_ms(timeframe):
        text = f"is {longer}; a bar length above the {timeframe} of the analysis is needed, such as 1w with 1d"
        raise InvalidArgumentError.of("context_timeframe", text)
    return longer


def context_states(
    found: orchestrator_pb2.TimeframeContext, known_at_index: Sequence[int]
) -> list[orchestrator_pb2.ContextState]:
    """Every change of where the context stood, by the bars of the analysis.

    ``known_at_index[k]`` is the bar of the analysis at whose close bar ``k`` of the context is complete, below 0
    for those complete before the analysis begins: of these only the last state stands, from bar 0 on.
    """
    states: list[orchestrator_pb2.ContextState] = []
    if not known_at_index:
        return states
    for stand in stands(found):
        known_at = max(0, known_at_index[stand.known_at_index])
        if states and states[-1].known_at_index == known_at:
            states.pop()
        states.append(
            orchestrator_pb2.ContextState(
                known_at_index=known_at,
                context_bar_index=stand.known_at_index,
                open=[_structure(item) for item in stand.open],
            )
        )
    return states


def pattern_contexts(
    patterns: Sequence[pattern_pb2.Pattern], states: Sequence[orchestrator_pb2.ContextState]
) -> list[orchestrator_pb2.PatternContext]:
    """How each pattern stands to what was known of the context when the pattern became known."""
    moments = [state.known_at_index for state in states]
    found = []
    for pattern in patterns:
        known = bisect_right(moments, pattern.known_at_index)
        structure = _leading(states[known - 1]) if known else None
        found.append(
            orchestrator_pb2.PatternContext(
                pattern_id=pattern.pattern_id,
                alignment=_alignment(structure, pattern.direction),
                range_id="" if structure is None else structure.range_id,
            )
        )
    return found


def _structure(item: OpenStructure) -> orchestrator_pb2.ContextStructure:
    return orchestrator_pb2.ContextStructure(
        range_id=item.range_id,
        scale=item.scale_number,  # type: ignore[arg-type] # the number is one of the enum
        side=item.side,  # type: ignore[arg-type]
        phase=item.phase,  # type: ignore[arg-type]
        confidence=item.confidence,
        ice=item.ice,
        creek=item.creek,
    )


def _leading(state: orchestrator_pb2.ContextState) -> orchestrator_pb2.ContextStructure | None:
    """The largest structure whose side is known."""
    return next((item for item in state.open if item.side in _POINTS_TO), None)


def _alignment(
    structure: orchestrator_pb2.ContextStructure | None, direction: int
) -> orchestrator_pb2.Alignment.ValueType:
    if structure is None:
        return orchestrator_pb2.ALIGNMENT_NEUTRAL
    same = _POINTS_TO[structure.side] == direction
    return orchestrator_pb2.ALIGNMENT_WITH if same else orchestrator_pb2.ALIGNMENT_AGAINST
