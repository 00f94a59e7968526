from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portfolio.positions import closed, differing_fields, opened, position_id_of, realised_pnl, risk_amount
from tests.unit.portfolio.orders import LONG, SHORT, changed
from wyckoff.model.kinds import Direction, PatternType
from wyckoff.model.portfolio import PositionStatus
from wyckoff.rpc.errors import InvalidArgumentError

NOW_MS = 1_700_000_000_000
PRICES = st.decimals(min_value="0.00000001", max_value="99999", places=8)
SIZES = st.decimals(min_value="0.01", max_value="9999999", places=2)


def test_an_opened_position_has_risk_state_and_time() -> None:
    position = opened(changed(LONG, position_id=LONG.position_id.upper(), status=PositionStatus.CLOSED), NOW_MS)
    assert position.position_id == LONG.position_id
    assert position.risk_amount == Decimal(125)
    assert position.status is PositionStatus.OPEN
    assert position.open_time_ms == NOW_MS
    assert opened(changed(LONG, open_time_ms=5), NOW_MS).open_time_ms == 5


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"position_id": "1"}, "position.position_id"),
        ({"symbol": "BRK B"}, "position.symbol"),
        ({"symbol": "A" * 21}, "position.symbol"),
        ({"campaign_id": "AAPL 2009"}, "position.campaign_id"),
        ({"stop_loss": Decimal("50.25")}, "position.stop_loss"),
        ({"stop_loss": Decimal(51)}, "position.stop_loss"),
        ({"direction": Direction.SHORT}, "position.direction"),
        ({"pattern_type": PatternType.LPSY}, "position.direction"),
        ({"size": Decimal(10) ** 14}, "position.size"),
        ({"exit_price": Decimal(1)}, "position.exit_price"),
        ({"close_time_ms": 1}, "position.close_time"),
    ],
)
def test_a_position_that_cannot_be_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        opened(changed(LONG, **changes), NOW_MS)
    assert [item.field for item in caught.value.violations] == [field]


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        opened(changed(SHORT, position_id="", symbol="", stop_loss=Decimal(1)), NOW_MS)
    fields = {item.field for item in caught.value.violations}
    assert fields == {"position.position_id", "position.symbol", "position.stop_loss"}


@pytest.mark.parametrize(
    ("position", "exit_price", "expected"),
    [(LONG, "60.25", "1000"), (LONG, "49", "-125"), (SHORT, "40.25", "1000"), (SHORT, "51.5", "-125")],
)
def test_profit_and_loss_have_the_sign_of_the_direction(position: Any, exit_price: str, expected: str) -> None:
    assert realised_pnl(position, Decimal(exit_price)) == Decimal(expected)


@given(size=SIZES, entry=PRICES, stop=PRICES)
def test_the_loss_at_the_stop_is_the_risk_to_eight_places(size: Decimal, entry: Decimal, stop: Decimal) -> None:
    long = changed(LONG, size=size, entry_price=entry, stop_loss=stop)
    short = changed(SHORT, size=size, entry_price=entry, stop_loss=stop)
    gap = abs(abs(realised_pnl(long, stop)) - risk_amount(long))
    assert gap <= Decimal("0.00000001")
    assert risk_amount(long) >= abs(realised_pnl(long, stop))
    assert realised_pnl(long, stop) == -realised_pnl(short, stop)


def test_a_risk_too_fine_for_eight_places_is_rounded_up() -> None:
    position = changed(LONG, size=Decimal("0.3"), entry_price=Decimal("1.00000001"), stop_loss=Decimal(1))
    assert risk_amount(position) == Decimal("0.00000001")


def test_closing_keeps_what_was_opened() -> None:
    position = opened(LONG, NOW_MS)
    after = closed(position, Decimal(55), NOW_MS + 1)
    expected = changed(position, status=PositionStatus.CLOSED, exit_price=Decimal(55), close_time_ms=NOW_MS + 1)
    assert after == expected


def test_a_close_before_the_opening_or_beyond_all_money_is_refused() -> None:
    position = opened(LONG, NOW_MS)
    with pytest.raises(InvalidArgumentError, match="close_time: is before"):
        closed(position, Decimal(55), NOW_MS - 1)
    with pytest.raises(InvalidArgumentError, match="exit_price: makes"):
        closed(position, Decimal(10) ** 13, NOW_MS)


def test_an_order_is_told_from_another_by_what_was_ordered() -> None:
    stored = opened(LONG, NOW_MS)
    assert differing_fields(stored, opened(changed(LONG, entry_price=Decimal("50.250")), NOW_MS + 5)) == []
    assert differing_fields(stored, opened(changed(LONG, size=Decimal(99)), NOW_MS)) == ["size"]


def test_position_ids_have_one_form() -> None:
    assert position_id_of("{" + LONG.position_id.upper() + "}", "position_id") == LONG.position_id
    with pytest.raises(InvalidArgumentError, match="position_id: 'AAPL' is no UUID"):
        position_id_of("AAPL", "position_id")
