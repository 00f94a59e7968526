"""Positions to work with."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from wyckoff.model.kinds import Direction, PatternType
from wyckoff.model.portfolio import Position

LONG = Position(
    position_id="5f0c6f0e-6f6f-5d8e-9d8c-0a1b2c3d4e5f",
    symbol="AAPL",
    campaign_id="AAPL-2009-01-20",
    pattern_type=PatternType.SPRING,
    direction=Direction.LONG,
    size=Decimal(100),
    entry_price=Decimal("50.25"),
    stop_loss=Decimal("49.00"),
    risk_amount=Decimal(0),
)
SHORT = replace(
    LONG, pattern_type=PatternType.UTAD, direction=Direction.SHORT, stop_loss=Decimal("51.50"), position_id="6" * 32
)


def changed(position: Position, **changes: Any) -> Position:
    return replace(position, **changes)
