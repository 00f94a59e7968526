from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select
from sqlalchemy.dialects import sqlite

from wyckoff.storage.types import DecimalText

if TYPE_CHECKING:
    from pathlib import Path

metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("amount", DecimalText),
)


def test_decimals_come_back_exactly(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'types.db'}")
    metadata.create_all(engine)
    amounts = [Decimal("0.1"), Decimal("123456789012345678901234567890.12345678"), Decimal("-7.50"), Decimal("1E+3")]
    with engine.begin() as connection:
        connection.execute(insert(things), [{"amount": amount} for amount in amounts])
        connection.execute(insert(things), {"amount": None})
        rows = connection.execute(select(things.c.amount).order_by(things.c.id)).all()
    engine.dispose()
    assert [row.amount for row in rows] == [*amounts, None]
    assert str(rows[2].amount) == "-7.50"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_any_finite_decimal_survives(value: Decimal) -> None:
    column = DecimalText()
    dialect = sqlite.dialect()
    assert column.process_result_value(column.process_bind_param(value, dialect), dialect) == value


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity")])
def test_a_decimal_that_is_no_number_is_refused(value: Decimal) -> None:
    with pytest.raises(ValueError, match="finite decimal"):
        DecimalText().process_bind_param(value, sqlite.dialect())
