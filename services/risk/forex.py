"""Currency pairs: lots of 100,000 units of the base currency, on margin."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from services.risk.limits import asset_class_in, open_positions
from services.risk.money import raised
from services.risk.session import FRIDAY, FRIDAY_CAUTION_HOUR, Session, session_at, utc
from services.risk.sizing import Cap, Instrument
from services.risk.verdict import failed, percent, shown
from wyckoff.model.signals import AssetClass, SizeUnit

if TYPE_CHECKING:
    from services.risk.config import RiskSettings
    from services.risk.stops import Terms
    from services.risk.verdict import Verdict
    from wyckoff.model.portfolio import Portfolio, Position

LOT_UNITS: Final = Decimal(100_000)
LOT_STEP: Final = Decimal("0.01")
MAX_LOTS: Final = Decimal(100)


def currency_pair(symbol: str) -> tuple[str, str]:
    """Base and quote currency; raises ValueError for a symbol that is no pair."""
    base, slash, quote = symbol.upper().partition("/")
    if not (slash and base and quote):
        raise ValueError(f"symbol: {symbol!r} is no currency pair; BASE/QUOTE, such as EUR/USD, is")
    return base, quote


def levered(symbol: str, terms: Terms, portfolio: Portfolio, settings: RiskSettings) -> Instrument | Verdict:
    """Lots; a pair without the account's currency cannot be sized, because its rate is not known here.

    The pip value needs no table: a lot moves 100,000 times the price move, in quote currency. Where the account's
    currency is the base, the loss is converted at the lower of entry and stop, so that it is never understated.
    """
    base, quote = currency_pair(symbol)
    if quote == settings.account_currency:
        per_lot, value = terms.distance * LOT_UNITS, terms.entry * LOT_UNITS
    elif base == settings.account_currency:
        per_lot, value = raised(terms.distance * LOT_UNITS / min(terms.entry, terms.stop)), LOT_UNITS
    else:
        return failed(
            f"{symbol} cannot be sized: its rate to {settings.account_currency} is not known; "
            f"a pair with {settings.account_currency} is needed"
        )
    margin_cap = portfolio.equity * settings.max_forex_margin_fraction * settings.forex_leverage
    open_value = sum((_value(item, settings) for item in _open_pairs(portfolio)), Decimal(0))
    multiple = settings.max_forex_notional_multiple
    return Instrument(
        unit=SizeUnit.LOTS,
        step=LOT_STEP,
        max_size=MAX_LOTS,
        risk_per_unit=per_lot,
        value_per_unit=value,
        leverage=settings.forex_leverage,
        caps=(
            Cap(margin_cap, f"a margin of {percent(settings.max_forex_margin_fraction)} of equity"),
            Cap(multiple * portfolio.equity - open_value, f"{shown(multiple)}x equity in currencies"),
        ),
    )


def session_factor(decided_at_ms: int, settings: RiskSettings) -> Decimal:
    """Share of the risk budget by time of decision, for bars shorter than a day."""
    moment = utc(decided_at_ms)
    factor = settings.asia_size_factor if session_at(decided_at_ms) is Session.ASIA else Decimal(1)
    if moment.weekday() == FRIDAY and moment.hour >= FRIDAY_CAUTION_HOUR:
        factor *= settings.friday_size_factor
    return factor


def heat_limit(decided_at_ms: int, *, intraday: bool, settings: RiskSettings) -> Decimal:
    """Heat that currency pairs may add to; less when the weekend is near."""
    moment = utc(decided_at_ms)
    weekend = moment.weekday() > FRIDAY or (moment.weekday() == FRIDAY and moment.hour >= 12)
    return settings.max_forex_weekend_heat_pct if intraday and weekend else settings.max_forex_heat_pct


def _open_pairs(portfolio: Portfolio) -> list[Position]:
    return [item for item in open_positions(portfolio) if asset_class_in(portfolio, item.symbol) is AssetClass.FOREX]


def _value(position: Position, settings: RiskSettings) -> Decimal:
    """Value in account currency; a pair without it counts at its entry."""
    base, _ = currency_pair(position.symbol)
    return position.size if base == settings.account_currency else position.size * position.entry_price
