"""Second step: the structure must be far enough for the pattern, as read when the pattern was known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.risk.verdict import failed, passed
from wyckoff.model.evidence import Evidence
from wyckoff.model.kinds import Direction, PatternType, Phase, Side

if TYPE_CHECKING:
    from services.risk.case import Case
    from services.risk.verdict import Verdict
    from wyckoff.model.phases import PhaseState

SHAKEOUTS: Final = (PatternType.SPRING, PatternType.UTAD)
BREAKOUTS: Final = (PatternType.SOS, PatternType.SOW)

#: ``(phases that pass, phases that pass with a remark)``.
ALIGNMENT: Final = {
    **dict.fromkeys(SHAKEOUTS, ((Phase.C,), (Phase.D,))),
    **dict.fromkeys(BREAKOUTS, ((Phase.D,), (Phase.C,))),
    PatternType.LPS: ((Phase.D, Phase.E), ()),
    PatternType.LPSY: ((Phase.D, Phase.E), ()),
}


def validate_phase(case: Case) -> Verdict:
    """Confidence, the ban on early trades, the alignment of pattern and phase, and the test of a shakeout."""
    state = case.state
    if case.reading is None or state is None or state.phase is Phase.UNSPECIFIED:
        return failed(f"no phase was known when the {case.name} was; a phase is needed")
    return (
        _structure(case, state)
        or _sure_enough(case, state)
        or _not_early(case, state)
        or _tested(case)
        or _aligned(case, state)
    )


def _structure(case: Case, state: PhaseState) -> Verdict | None:
    reading = case.reading
    if reading is None:
        return None
    wanted = Side.ACCUMULATION if case.pattern.direction is Direction.LONG else Side.DISTRIBUTION
    # the side as it was read then: that of a range without a climax may change with its next event
    if state.side not in (wanted, Side.UNDETERMINED):
        return failed(f"a {case.name} belongs to {wanted.lower()}; the structure was {state.side.lower()}")
    if reading.failed_at_index is not None and reading.failed_at_index <= case.pattern.known_at_index:
        return failed(f"the structure had failed: {reading.failure_reason}; a standing structure is needed")
    return None


def _sure_enough(case: Case, state: PhaseState) -> Verdict | None:
    limit = case.settings.min_confidence
    if state.confidence >= limit:
        return None
    return failed(
        f"confidence of phase {state.phase} was {state.confidence}; at least {limit} is needed",
        limit,
        state.confidence,
        _evidence(state),
    )


def _not_early(case: Case, state: PhaseState) -> Verdict | None:
    if state.phase is Phase.A:
        return failed("phase A is never traded; phase C or later is needed", evidence=_evidence(state))
    limit = case.settings.min_phase_b_bars
    if state.phase is Phase.B and state.phase_b_bars < limit:
        return failed(
            f"phase B was {state.phase_b_bars} bars old; nothing is traded before {limit}",
            limit,
            state.phase_b_bars,
            _evidence(state),
        )
    return None


def _tested(case: Case) -> Verdict | None:
    if case.pattern.type in SHAKEOUTS and not case.pattern.tested:
        return failed(f"the {case.name} was not tested in time; a test on less volume is needed before the trade")
    return None


def _aligned(case: Case, state: PhaseState) -> Verdict:
    right, tolerated = ALIGNMENT[case.pattern.type]
    if state.phase in right:
        return passed(_evidence(state))
    needed = " or ".join(right)
    if state.phase not in tolerated:
        return failed(
            f"a {case.name} in phase {state.phase} is out of place; phase {needed} is needed",
            evidence=_evidence(state),
        )
    limit = case.settings.early_breakout_phase_confidence
    if case.pattern.type in BREAKOUTS and state.confidence < limit:
        return failed(
            f"a {case.name} in phase {state.phase} needs a phase confidence of at least {limit}; "
            f"it was {state.confidence}",
            limit,
            state.confidence,
            _evidence(state),
        )
    when = "late" if case.pattern.type in SHAKEOUTS else "early"
    return passed(_evidence(state), (f"the {case.name} is {when}: the phase is {state.phase}, not {needed}",))


def _evidence(state: PhaseState) -> tuple[Evidence, ...]:
    return (
        Evidence("phase_confidence", float(state.confidence)),
        Evidence("phase_b_bars", float(state.phase_b_bars)),
    )
