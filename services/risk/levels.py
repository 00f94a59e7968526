"""Third step: the range must be good enough to trade from, as known when the pattern was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.risk.verdict import failed, passed, percent, shown
from wyckoff.model.evidence import Evidence

if TYPE_CHECKING:
    from services.risk.case import Case
    from services.risk.config import RiskSettings
    from services.risk.verdict import Verdict
    from wyckoff.model.ranges import RangeRevision, TradingRange

#: ``(bars from, widths)``: the longer the cause, the farther the jump.
JUMP_FACTORS: Final = ((40, 3.0), (25, 2.5), (15, 2.0))


def expected_factor(duration_bars: int) -> float:
    """Widths that the jump adds for a length; 0 for a range too short to have a jump."""
    return next((factor for bars, factor in JUMP_FACTORS if duration_bars >= bars), 0.0)


def validate_levels(case: Case) -> Verdict:
    """Order of the levels, length, quality, strengths, and the plausibility of the target."""
    trading_range, revision = case.trading_range, case.revision
    if trading_range is None or revision is None:
        return failed(f"no range was known when the {case.name} was; a range with both levels is needed")
    return (
        _levels(trading_range, case.settings)
        or _length(revision, case.settings)
        or _strength(revision, case.settings)
        or _target(case, trading_range, revision)
    )


def _levels(trading_range: TradingRange, settings: RiskSettings) -> Verdict | None:
    ice, creek = trading_range.ice, trading_range.creek
    if not 0 < ice < creek:
        return failed(f"ice {shown(ice)} and creek {shown(creek)} are not in order; 0 < ice < creek is needed")
    width = (creek - ice) / ice
    if width < settings.min_width_fraction:
        limit = settings.min_width_fraction
        return failed(f"the range is {percent(width)} wide; at least {percent(limit)} is needed", limit, width)
    return None


def _length(revision: RangeRevision, settings: RiskSettings) -> Verdict | None:
    bars, limit = revision.duration_bars, settings.min_range_bars
    if bars >= limit:
        return None
    return failed(f"the range was {bars} bars long; at least {limit} are needed", limit, bars)


def _strength(revision: RangeRevision, settings: RiskSettings) -> Verdict | None:
    for name, value, limit in (
        ("quality of the range", revision.quality.score, settings.min_range_quality),
        ("strength of the ice", revision.ice_strength, settings.min_level_strength),
        ("strength of the creek", revision.creek_strength, settings.min_level_strength),
    ):
        if value < limit:
            return failed(
                f"{name} was {value}; at least {limit} is needed", limit, value, _evidence(revision, settings)
            )
    return None


def _target(case: Case, trading_range: TradingRange, revision: RangeRevision) -> Verdict:
    settings, evidence = case.settings, _evidence(revision, case.settings)
    factor = expected_factor(revision.duration_bars)
    # Written so that NaN fails too.
    if not abs(revision.jump_factor - factor) <= settings.jump_factor_tolerance:
        return failed(
            f"the jump factor is {shown(revision.jump_factor)}; "
            f"{revision.duration_bars} bars of cause give {shown(factor)}",
            factor,
            revision.jump_factor,
            evidence,
        )
    broken = trading_range.creek if case.is_long else trading_range.ice
    move = (case.pattern.target_price - broken) * (1 if case.is_long else -1)
    if not move > 0:
        side = "above the creek" if case.is_long else "below the ice"
        return failed(
            f"the target {shown(case.pattern.target_price)} is not {side} at {shown(broken)}; it has to be",
            broken,
            case.pattern.target_price,
            evidence,
        )
    share = move / (revision.jump_factor * (trading_range.creek - trading_range.ice))
    if share > settings.max_move_fraction:
        return failed(
            f"the target is {percent(share)} of the projected move; at most {percent(settings.max_move_fraction)} "
            "is plausible",
            settings.max_move_fraction,
            share,
            evidence,
        )
    if share < settings.remark_move_fraction:
        return passed(evidence, (f"the target is only {percent(share)} of the projected move",))
    return passed(evidence)


def _evidence(revision: RangeRevision, settings: RiskSettings) -> tuple[Evidence, ...]:
    facts = (
        ("range_quality", revision.quality.score, settings.min_range_quality),
        ("ice_strength", revision.ice_strength, settings.min_level_strength),
        ("creek_strength", revision.creek_strength, settings.min_level_strength),
        ("range_bars", revision.duration_bars, settings.min_range_bars),
    )
    return (
        *(Evidence(name, float(value), float(limit), met=value >= limit) for name, value, limit in facts),
        Evidence("jump_factor", revision.jump_factor),
    )
