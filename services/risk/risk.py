"""Fourth step: terms, stop, reward over risk, size and every limit of the account."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from services.risk import forex
from services.risk.limits import Limit, limits_for
from services.risk.r_multiple import check_r, r_multiple, realistic_terms
from services.risk.sizing import PositionSize, breakout_factor, risk_budget, size_position, unlevered
from services.risk.stops import check_order, check_stop, terms_of
from services.risk.verdict import Verdict, failed, passed, shown
from wyckoff.model.evidence import Evidence
from wyckoff.model.kinds import PatternType

if TYPE_CHECKING:
    from services.risk.case import Case
    from services.risk.config import PatternRisk
    from services.risk.stops import Terms


def validate_risk(case: Case) -> Verdict:
    """Sizes the trade once; a FAIL names the first limit that it breaks, a pass carries the size."""
    refused = check_account(case)
    if refused is not None:
        return refused
    try:
        terms = realistic_terms(case.pattern, case.settings)
    except ValueError as error:
        return failed(str(error))
    table = case.settings.per_pattern[case.pattern.type]
    refused = check_order(terms) or check_stop(terms, case.settings) or check_r(r_multiple(terms), table)
    if refused is not None:
        return refused
    sized = size_case(case, terms, table)
    if isinstance(sized, Verdict):
        return sized
    return _within_limits(case, terms, table, sized)


def check_account(case: Case) -> Verdict | None:
    """Equity above 0, and neither the loss of the day nor the drawdown at its halt."""
    portfolio, settings = case.portfolio, case.settings
    if portfolio.equity <= 0:
        return failed(f"equity is {portfolio.equity}; more than 0 is needed to size by", 0.0, portfolio.equity)
    start = portfolio.equity - portfolio.day_pnl
    day_loss = -portfolio.day_pnl * 100 / start if start > 0 else Decimal(100)
    peak = max(portfolio.peak_equity, portfolio.equity)
    drawdown = (peak - portfolio.equity) * 100 / peak
    day_limit = settings.max_forex_day_loss_pct if case.is_forex else settings.max_day_loss_pct
    for name, value, limit in (
        ("loss of the day", day_loss, day_limit),
        ("drawdown", drawdown, settings.max_drawdown_pct),
    ):
        if value >= limit:
            return failed(
                f"the {name} is {shown(value)} %; nothing new is opened from {shown(limit)} % on", limit, value
            )
    return None


def size_case(case: Case, terms: Terms, table: PatternRisk) -> PositionSize | Verdict:
    """Budget and instrument of the case, and the size that they give."""
    settings, equity = case.settings, case.portfolio.equity
    budget_pct = table.risk_pct
    ratio = case.volume.volume_ratio
    if settings.scale_breakout_risk and case.pattern.type in (PatternType.SOS, PatternType.SOW) and ratio is not None:
        budget_pct *= breakout_factor(round(ratio, 9))
    if not case.is_forex:
        return size_position(risk_budget(equity, budget_pct), unlevered(terms, case.asset_class, equity, settings))
    if case.intraday:
        budget_pct *= forex.session_factor(case.decided_at_ms, settings)
    instrument = forex.levered(case.symbol, terms, case.portfolio, settings)
    if isinstance(instrument, Verdict):
        return instrument
    return size_position(risk_budget(equity, budget_pct), instrument)


def _within_limits(case: Case, terms: Terms, table: PatternRisk, size: PositionSize) -> Verdict:
    settings, equity = case.settings, case.portfolio.equity
    risk_pct = size.risk_pct(equity)
    trade_limit = settings.max_forex_trade_risk_pct if case.is_forex else settings.max_trade_risk_pct
    heat = settings.max_heat_pct
    if case.is_forex:
        heat = min(heat, forex.heat_limit(case.decided_at_ms, intraday=case.intraday, settings=settings))
    limits = (
        Limit("trade risk", Decimal(0), risk_pct, trade_limit),
        *limits_for(case.symbol, case.campaign_id, risk_pct, case.portfolio, heat, settings),
    )
    evidence = (*_evidence(terms, size, risk_pct), *(limit.evidence() for limit in limits))
    for limit in limits:
        refused = limit.check()
        if refused is not None:
            return replace(refused, evidence=evidence)
    return replace(passed(evidence, _remarks(case, terms, table, size, limits[1:])), size=size)


def _remarks(
    case: Case, terms: Terms, table: PatternRisk, size: PositionSize, limits: tuple[Limit, ...]
) -> tuple[str, ...]:
    reward = r_multiple(terms)
    remarks = [limit.remark(case.settings.remark_at_fraction) for limit in limits]
    if reward < table.ideal_r:
        remarks.append(f"reward over risk is {shown(reward)}, below the ideal {shown(table.ideal_r)}")
    jump = terms_of(case.pattern)
    if terms.target != jump.target:
        far = shown(r_multiple(jump))
        remarks.append(f"the jump at {jump.target} would promise {far} times the risk; a nearer target is taken")
    if size.capped_by:
        remarks.append(f"size capped by {size.capped_by}")
    return tuple(remark for remark in remarks if remark)


def _evidence(terms: Terms, size: PositionSize, risk_pct: Decimal) -> tuple[Evidence, ...]:
    return (
        Evidence("r_multiple", float(r_multiple(terms))),
        Evidence("stop_distance_pct", float(terms.stop_fraction)),
        Evidence("position_size", float(size.size)),
        Evidence("position_value", float(size.value)),
        Evidence("risk_budget", float(size.budget)),
        Evidence("risk_amount", float(size.actual_risk)),
        Evidence("risk_pct", float(risk_pct)),
    )
