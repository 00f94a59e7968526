"""Which phase may follow which, and the segments that a history of phases makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wyckoff.model.kinds import Phase
from wyckoff.model.phases import PhaseSegment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wyckoff.model.phases import PhaseState

_UNSPECIFIED, _PHASE_B, _PHASE_C, _PHASE_D = Phase.UNSPECIFIED, Phase.B, Phase.C, Phase.D
#: Forward moves. A phase may also be skipped within one bar, when its event is only known together with the next.
FORWARD: Final = {
    Phase.UNSPECIFIED: frozenset({Phase.A, Phase.B}),
    Phase.A: frozenset({Phase.B}),
    Phase.B: frozenset({Phase.C, Phase.D}),
    Phase.C: frozenset({Phase.D}),
    Phase.D: frozenset({Phase.E}),
    Phase.E: frozenset[Phase](),
}
#: Moves that need something withdrawn, or a breakdown (UNSPECIFIED).
BACKWARD: Final = {
    Phase.UNSPECIFIED: frozenset[Phase](),
    Phase.A: frozenset({Phase.UNSPECIFIED}),
    Phase.B: frozenset({Phase.UNSPECIFIED}),
    Phase.C: frozenset({Phase.B, Phase.UNSPECIFIED}),
    Phase.D: frozenset({Phase.B, Phase.C, Phase.UNSPECIFIED}),
    Phase.E: frozenset({Phase.B, Phase.C, Phase.D, Phase.UNSPECIFIED}),
}


def allowed(before: Phase, after: Phase, *, withdrawn: bool) -> bool:
    """Whether ``after`` may follow ``before``; backward only when something was ``withdrawn`` on that bar."""
    return before is after or after in FORWARD[before] or (withdrawn and after in BACKWARD[before])


def segments(states: Sequence[PhaseState], tests: Mapping[int, int], last_index: int) -> tuple[PhaseSegment, ...]:
    """Phases passed, in order; a segment ends where the next begins, the last at ``last_index``.

    ``tests`` has the bars of tests by the bar at which each was known. One that is known together with phase D, after
    B, is a test without a spring: phase C in hindsight.
    """
    marks: list[tuple[Phase, int, int]] = []
    before: Phase | None = None
    for state in states:
        phase = state.phase
        if phase is before:
            continue
        if phase is _PHASE_D and before is _PHASE_B and state.known_at_index in tests:
            marks.append((_PHASE_C, tests[state.known_at_index], state.known_at_index))
        marks.append((phase, state.start_index, state.known_at_index))
        before = phase
    passed = []
    for following, (phase, start, known) in enumerate(marks, 1):
        if phase is not _UNSPECIFIED:
            end = max(start, marks[following][1] - 1) if following < len(marks) else last_index
            passed.append(PhaseSegment(phase, start, end, known))
    return tuple(passed)
