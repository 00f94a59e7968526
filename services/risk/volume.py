"""First step: volume is a gate, never a remark. Unknown volume fails, because it is not low."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from services.risk.session import Session
from services.risk.verdict import failed, passed, shown
from wyckoff.model.evidence import Evidence
from wyckoff.model.kinds import EffortResult, PatternType

if TYPE_CHECKING:
    from services.risk.case import Case
    from services.risk.verdict import Verdict

#: Gates of currency pairs that a session narrows or widens.
ASIA_SPRING_BELOW = 0.60
ASIA_BREAKOUT_FROM = 2.00
UPTHRUST_FROM_BY_SESSION = {
    Session.OVERLAP: 2.20,
    Session.LONDON: 2.30,
    Session.NEW_YORK: 2.40,
    Session.ASIA: 2.80,
}
#: The absorption exception of a last point: at most so much volume, closing at least so far with the trade.
ABSORPTION_VOLUME_RATIO = 1.5
ABSORPTION_CLOSE_POSITION = 0.7


def validate_volume(case: Case) -> Verdict:
    """Volume of the pattern bar, and of the test where there was one."""
    ratio = case.volume.volume_ratio
    if ratio is None:
        return failed(f"volume of the {case.name} bar is unknown; a known volume ratio is needed")
    # Equal means equal: the mean behind a ratio leaves noise in the last binary digits.
    ratio = round(ratio, 9)
    return _pattern_bar(case, ratio) or _test_bar(case, ratio) or passed(volume_evidence(case))


def volume_evidence(case: Case) -> tuple[Evidence, ...]:
    """Volume facts of the pattern bar."""
    return (
        Evidence("volume_ratio", case.volume.volume_ratio),
        Evidence("spread_ratio", case.volume.spread_ratio),
        Evidence("close_position", case.volume.close_position),
        Evidence("test_volume_ratio", case.pattern.test_volume_ratio),
    )


def _pattern_bar(case: Case, ratio: float) -> Verdict | None:
    kind, gates = case.pattern.type, case.gates
    asia = case.is_forex and case.session is Session.ASIA
    if kind is PatternType.SPRING:
        return _below(case, ratio, ASIA_SPRING_BELOW if asia else gates.spring_below)
    if kind in (PatternType.SOS, PatternType.SOW):
        return _at_least(case, ratio, ASIA_BREAKOUT_FROM if asia else gates.breakout_from)
    if kind in (PatternType.LPS, PatternType.LPSY):
        return None if _absorbs(case, ratio) else _below(case, ratio, gates.last_point_below)
    return _upthrust(case, ratio)


def _upthrust(case: Case, ratio: float) -> Verdict | None:
    """Supply shows as effort that fails, or as a rise that nobody follows; in between nothing is shown."""
    quiet_below, limit = case.gates.spring_below, case.gates.upthrust_from
    if case.is_forex:
        limit = UPTHRUST_FROM_BY_SESSION.get(case.session, limit)
    if ratio >= limit:
        return None
    if not case.settings.accept_upthrust_without_demand:
        return _at_least(case, ratio, limit)
    if ratio < quiet_below:
        return None
    return failed(
        f"volume was {shown(ratio)}x its baseline; a {case.name} needs at least {shown(limit)}x, "
        f"or less than {shown(quiet_below)}x",
        limit,
        ratio,
        volume_evidence(case),
    )


def _test_bar(case: Case, ratio: float) -> Verdict | None:
    """The test must be quieter than what it tests; that there is one is a matter of phase."""
    if case.pattern.type not in (PatternType.SPRING, PatternType.UTAD) or not case.pattern.tested:
        return None
    if case.pattern.test_volume_ratio is None or math.isnan(case.pattern.test_volume_ratio):
        return failed(f"volume of the test of the {case.name} is unknown; a known volume ratio is needed")
    test = round(case.pattern.test_volume_ratio, 9)
    if test >= ratio:
        return failed(
            f"volume of the test was {shown(test)}x; less than the {shown(ratio)}x of the {case.name} is needed",
            ratio,
            test,
            volume_evidence(case),
        )
    limit = case.gates.test_below
    if limit is not None and test >= limit:
        return failed(
            f"volume of the test was {shown(test)}x; less than {shown(limit)}x is needed",
            limit,
            test,
            volume_evidence(case),
        )
    return None


def _absorbs(case: Case, ratio: float) -> bool:
    close = case.volume.close_position if case.is_long else 1.0 - case.volume.close_position
    return (
        case.settings.accept_last_point_absorption
        and ratio <= ABSORPTION_VOLUME_RATIO
        and close >= ABSORPTION_CLOSE_POSITION
        and case.volume.effort is EffortResult.ABSORPTION
    )


def _below(case: Case, ratio: float, limit: float) -> Verdict | None:
    if ratio < limit:
        return None
    return failed(
        f"volume was {shown(ratio)}x its baseline; a {case.name} needs less than {shown(limit)}x",
        limit,
        ratio,
        volume_evidence(case),
    )


def _at_least(case: Case, ratio: float, limit: float) -> Verdict | None:
    if ratio >= limit:
        return None
    return failed(
        f"volume was {shown(ratio)}x its baseline; a {case.name} needs at least {shown(limit)}x",
        limit,
        ratio,
        volume_evidence(case),
    )
