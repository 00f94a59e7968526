"""Column types that mean the same on every database."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import String, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine


#: Text that is ordered by its bytes everywhere, as SQLite does: PostgreSQL would order by the language of the database.
PlainText: Final = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def plain_string(length: int) -> TypeEngine[str]:
    """The same for text of at most so many characters."""
    return String(length).with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql")


class DecimalText(TypeDecorator[Decimal]):
    """Finite decimals as plain text: every digit comes back, which SQLite's own numbers do not promise."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not value.is_finite():
            raise ValueError(f"{value} cannot be stored; a finite decimal is needed")
        return format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)
