"""Fifth step: confidence, market regime, way of entry, re-entry, news and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.risk.confidence import confidence_of
from services.risk.phase import BREAKOUTS, SHAKEOUTS
from services.risk.session import FRIDAY, FRIDAY_CAUTION_HOUR, FRIDAY_CLOSE_HOUR, WEDNESDAY, Session, utc
from services.risk.verdict import Verdict, failed, passed, shown
from wyckoff.model.evidence import Evidence
from wyckoff.model.kinds import MarketRegime

if TYPE_CHECKING:
    from services.risk.case import Case

DAY_MS = 86_400_000
#: A pass with a remark is to be looked at by a person below this confidence, or from so many remarks on.
REVIEW_BELOW_CONFIDENCE = 80
REVIEW_FROM_REMARKS = 2


def validate_strategy(case: Case) -> Verdict:
    """The last step: a FAIL by rule or by confidence, remarks otherwise."""
    refused = _confidence(case) or _regime(case) or _reentry(case) or _direct_entry(case) or _closing_hours(case)
    if refused is not None:
        return refused
    remarks = tuple(
        remark
        for remark in (_regime_remark(case), _direct_entry_remark(case), _news_remark(case), *_time_remarks(case))
        if remark
    )
    sure = case.pattern.confidence >= case.settings.override_confidence
    review = bool(remarks) and (
        case.pattern.confidence < REVIEW_BELOW_CONFIDENCE or len(remarks) >= REVIEW_FROM_REMARKS
    )
    evidence = (
        Evidence("pattern_confidence", float(case.pattern.confidence), float(case.settings.min_confidence), met=True),
        Evidence(
            "overall_confidence", float(confidence_of(case).overall), float(case.settings.min_confidence), met=True
        ),
        Evidence("human_review", float(review and not sure)),
        Evidence("remarks_overridden", float(len(remarks) if sure else 0)),
    )
    return passed(evidence, () if sure else remarks)


def _confidence(case: Case) -> Verdict | None:
    limit = case.settings.min_confidence
    if case.pattern.confidence < limit:
        return failed(
            f"confidence of the {case.name} is {case.pattern.confidence}; at least {limit} is needed",
            limit,
            case.pattern.confidence,
        )
    parts = confidence_of(case)
    if parts.overall < limit:
        return failed(
            f"overall confidence is {parts.overall} (pattern {parts.pattern}, phase {parts.phase}, "
            f"volume {parts.volume}); at least {limit} is needed",
            limit,
            parts.overall,
        )
    return None


def _regime(case: Case) -> Verdict | None:
    if case.pattern.type in SHAKEOUTS and case.pattern.regime is MarketRegime.HIGH_VOLATILITY:
        return failed(
            f"volatility and volume are extreme; a {case.name} is not traded then, because its stop means nothing"
        )
    return None


def _regime_remark(case: Case) -> str:
    regime = case.pattern.regime
    if case.pattern.type in BREAKOUTS and regime is MarketRegime.SIDEWAYS:
        return f"the market goes sideways, where a {case.name} often fails"
    against = MarketRegime.TRENDING_DOWN if case.is_long else MarketRegime.TRENDING_UP
    if case.pattern.type in SHAKEOUTS and regime is against:
        return f"the market still trends against the {case.name}"
    return ""


def _direct_entry_remark(case: Case) -> str:
    """A breakout is entered directly only when it is sure and heavy; otherwise its last point is the better entry."""
    if case.pattern.type not in BREAKOUTS:
        return ""
    ratio, settings = case.volume.volume_ratio, case.settings
    heavy = ratio is not None and round(ratio, 9) >= settings.direct_entry_volume_ratio
    if case.pattern.confidence >= settings.direct_entry_confidence and heavy:
        return ""
    point = "LPS" if case.is_long else "LPSY"
    return (
        f"the {point} is the better entry: a direct one wants confidence {settings.direct_entry_confidence} "
        f"and volume {shown(settings.direct_entry_volume_ratio)}x"
    )


def _direct_entry(case: Case) -> Verdict | None:
    remark = _direct_entry_remark(case) if case.settings.refuse_weak_direct_entry else ""
    return failed(remark, case.settings.direct_entry_confidence, case.pattern.confidence) if remark else None


def _reentry(case: Case) -> Verdict | None:
    days = case.settings.forex_reentry_wait_days if case.is_forex else case.settings.reentry_wait_days
    for campaign in case.portfolio.campaigns:
        if campaign.campaign_id != case.campaign_id or campaign.invalidated_time_ms is None:
            continue
        since = (case.decided_at_ms - campaign.invalidated_time_ms) / DAY_MS
        if 0 <= since < days:
            return failed(
                f"campaign {case.campaign_id} was invalidated {shown(since)} days ago; {days} days are needed",
                days,
                since,
            )
    return None


def _news_remark(case: Case) -> str:
    return "no calendar of earnings and news was looked at" if case.settings.remark_missing_news_calendar else ""


def _closing_hours(case: Case) -> Verdict | None:
    moment = utc(case.decided_at_ms)
    if case.is_forex and case.intraday and moment.weekday() == FRIDAY and moment.hour >= FRIDAY_CLOSE_HOUR:
        return failed(
            f"it is Friday {moment:%H:%M} UTC; currencies are not entered after {FRIDAY_CLOSE_HOUR}:00",
            FRIDAY_CLOSE_HOUR,
            moment.hour,
        )
    return None


def _time_remarks(case: Case) -> tuple[str, ...]:
    """Hours of thin or nervous currency trading; daily bars have none."""
    if not (case.is_forex and case.intraday):
        return ()
    moment = utc(case.decided_at_ms)
    remarks = []
    if moment.weekday() == FRIDAY and moment.hour >= FRIDAY_CAUTION_HOUR:
        remarks.append("the weekend is near")
    if moment.weekday() == WEDNESDAY and moment.hour >= FRIDAY_CLOSE_HOUR:
        remarks.append("triple swap is due on Wednesday evening")
    if case.session is Session.ASIA:
        remarks.append("the Asian session is thin")
    return tuple(remarks)
