"""Position size: as many units as the risk budget pays for, cut by caps, never rounded up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from services.risk.money import CENT, cut, whole_steps
from services.risk.verdict import failed, percent, shown
from wyckoff.model.signals import AssetClass, SizeUnit

if TYPE_CHECKING:
    from services.risk.config import RiskSettings
    from services.risk.stops import Terms
    from services.risk.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit of the value of the position in account currency, and how it is named."""

    value: Decimal
    name: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """What one unit costs and risks, in account currency."""

    unit: SizeUnit
    step: Decimal
    max_size: Decimal | None
    risk_per_unit: Decimal
    value_per_unit: Decimal
    leverage: Decimal
    caps: tuple[Cap, ...]


@dataclass(frozen=True, slots=True)
class PositionSize:
    """A size with its consequences in account currency; ``capped_by`` is empty when the risk budget decided."""

    size: Decimal
    unit: SizeUnit
    leverage: Decimal
    margin: Decimal
    value: Decimal
    budget: Decimal
    actual_risk: Decimal
    capped_by: str

    def risk_pct(self, equity: Decimal) -> Decimal:
        """Percent of equity lost if the stop is hit: after rounding and caps."""
        return self.actual_risk * 100 / equity


#: ``(volume ratio from, factor)``: a breakout on more volume may risk more.
_BREAKOUT_FACTORS: Final = (
    (2.5, Decimal("1.00")),
    (2.3, Decimal("0.95")),
    (2.0, Decimal("0.90")),
    (1.7, Decimal("0.85")),
    (1.5, Decimal("0.75")),
)


def breakout_factor(volume_ratio: float) -> Decimal:
    """Scale of the risk of a breakout; raises ValueError below 1.5, where there is none."""
    for bound, factor in _BREAKOUT_FACTORS:
        if volume_ratio >= bound:
            return factor
    raise ValueError(f"volume_ratio: {volume_ratio} is no breakout; 1.5 and more is")


def risk_budget(equity: Decimal, risk_pct: Decimal) -> Decimal:
    """Money that may be lost, cut to cents."""
    return cut(equity * risk_pct / 100, CENT)


def unlevered(terms: Terms, asset_class: AssetClass, equity: Decimal, settings: RiskSettings) -> Instrument:
    """Shares, or hundredths of coins, paid in full and capped by value."""
    share = asset_class is AssetClass.STOCK
    cap = Cap(
        equity * settings.max_position_value_fraction,
        f"{percent(settings.max_position_value_fraction)} of equity",
    )
    return Instrument(
        unit=SizeUnit.SHARES if share else SizeUnit.CONTRACTS,
        step=Decimal(1) if share else Decimal("0.01"),
        max_size=None,
        risk_per_unit=terms.distance,
        value_per_unit=terms.entry,
        leverage=Decimal(1),
        caps=(cap,),
    )


def size_position(budget: Decimal, instrument: Instrument) -> PositionSize | Verdict:
    """The size, or why there is none."""
    if instrument.risk_per_unit <= 0:
        return failed("entry and stop are equal; a distance is needed to size by")
    wanted = whole_steps(budget, instrument.risk_per_unit, instrument.step)
    size, capped_by = wanted, ""
    for cap in instrument.caps:
        allowed = max(Decimal(0), whole_steps(cap.value, instrument.value_per_unit, instrument.step))
        if allowed < size:
            size, capped_by = allowed, cap.name
    if instrument.max_size is not None and instrument.max_size < size:
        size, capped_by = instrument.max_size, f"{shown(instrument.max_size)} {instrument.unit.lower()}"
    if size < instrument.step:
        reach = f"{capped_by} allows" if capped_by else f"a risk of {budget} pays for"
        return failed(
            f"{reach} less than the smallest size of {instrument.step} {instrument.unit.lower()}",
            instrument.step,
            size,
        )
    value = size * instrument.value_per_unit
    return PositionSize(
        size=size,
        unit=instrument.unit,
        leverage=instrument.leverage,
        margin=cut(value / instrument.leverage) if instrument.leverage > 1 else Decimal(0),
        value=cut(value),
        budget=budget,
        actual_risk=size * instrument.risk_per_unit,
        capped_by=capped_by,
    )
