"""Equity of an account, its highest so far, and the result of the day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from services.portfolio.money import total

if TYPE_CHECKING:
    from typing import Self

_DAY_MS: Final = 86_400_000


def utc_day(time_ms: int) -> int:
    """The day of a time, counted in UTC from 1970-01-01."""
    return time_ms // _DAY_MS


@dataclass(frozen=True, slots=True)
class Account:
    """An account. ``day_pnl`` is the profit or loss of ``pnl_day`` only; the day after begins at 0."""

    account_id: str
    equity: Decimal
    peak_equity: Decimal
    day_pnl: Decimal
    pnl_day: int

    @classmethod
    def opened(cls, account_id: str, equity: Decimal, today: int) -> Self:
        """A new account."""
        return cls(account_id, equity, equity, Decimal(0), today)

    def day_pnl_on(self, today: int) -> Decimal:
        """Profit or loss of ``today``."""
        return self.day_pnl if self.pnl_day == today else Decimal(0)

    def with_equity(self, equity: Decimal) -> Account:
        """The account at another equity; a new high moves the peak."""
        return replace(self, equity=equity, peak_equity=max(self.peak_equity, equity))

    def with_day_pnl(self, day_pnl: Decimal, today: int) -> Account:
        """The account with a known result of ``today``."""
        return replace(self, day_pnl=day_pnl, pnl_day=today)

    def after_close(self, realised: Decimal, closed_on: int, today: int) -> Account:
        """The account after a profit or loss; it counts for the day only if the position was closed ``today``."""
        changed = self.with_equity(total(self.equity, realised))
        if closed_on != today:
            return changed
        return changed.with_day_pnl(total(self.day_pnl_on(today), realised), today)
