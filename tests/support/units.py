"""Results on bars in other units, compared field by field."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Final

from wyckoff.market.bars import PRICE_COLUMNS
from wyckoff.model.ranges import CauseCount, RangeRevision, TradingRange, Zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wyckoff.market.bars import Bars

#: Fields that are prices, by the class that has them; fields of other classes by name.
PRICES: Final[Mapping[type, frozenset[str]]] = {
    TradingRange: frozenset({"ice", "creek", "jump", "climax_price", "reaction_price"}),
    Zone: frozenset({"low", "high"}),
    RangeRevision: frozenset({"jump_up", "jump_down"}),
    CauseCount: frozenset({"low", "middle", "high", "count_line"}),
}
OTHER_PRICES: Final = frozenset({"price", "entry_price", "stop_loss", "target_price", "secondary_targets"})
#: Measured numbers are divided and added up in another order of rounding.
TOLERANCE: Final = 1e-9


def scaled(bars: Bars, price: float = 1.0, volume: float = 1.0) -> Bars:
    """The bars with prices and volumes in other units."""
    columns: dict[str, Any] = {name: getattr(bars, name) * price for name in PRICE_COLUMNS}
    return dataclasses.replace(bars, volume=bars.volume * volume, **columns)


def differences(one: object, two: object, price: float = 1.0, path: str = "") -> Iterator[str]:
    """Where ``two`` is not ``one`` with prices times ``price``: prices and measured numbers within 1e-9 of each other,
    everything else equal.
    """
    if dataclasses.is_dataclass(one) and type(one) is type(two):
        prices = PRICES.get(type(one), OTHER_PRICES)
        for field in dataclasses.fields(one):
            pair = getattr(one, field.name), getattr(two, field.name)
            if field.name in prices:
                yield from _prices(*pair, price, f"{path}.{field.name}")
            else:
                yield from differences(*pair, price, f"{path}.{field.name}")
    elif isinstance(one, tuple) and isinstance(two, tuple):
        if len(one) != len(two):
            yield f"{path}: {len(one)} and {len(two)} items"
        for at, (first, second) in enumerate(zip(one, two, strict=False)):
            yield from differences(first, second, price, f"{path}[{at}]")
    elif isinstance(one, float) and isinstance(two, float):
        if not math.isclose(one, two, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            yield f"{path}: {one!r} and {two!r}"
    elif one != two:
        yield f"{path}: {one!r} and {two!r}"


def _prices(one: object, two: object, factor: float, path: str) -> Iterator[str]:
    if isinstance(one, tuple) and isinstance(two, tuple) and len(one) == len(two):
        for at, (first, second) in enumerate(zip(one, two, strict=True)):
            yield from _prices(first, second, factor, f"{path}[{at}]")
    elif isinstance(one, float) and isinstance(two, float):
        if not math.isclose(one * factor, two, rel_tol=TOLERANCE):
            yield f"{path}: {one!r} times {factor!r} is not {two!r}"
    elif one != two:
        yield f"{path}: {one!r} and {two!r}"
