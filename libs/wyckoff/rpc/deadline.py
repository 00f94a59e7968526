"""The time that a call has left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Kept back so that a partial answer still reaches the caller: a share of the budget, within these bounds.
RESERVE_SHARE: Final = 0.05
MIN_RESERVE_S: Final = 0.01
MAX_RESERVE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point on a monotonic clock. ``clock`` gives seconds."""

    expires_at_s: float
    clock: Callable[[], float]

    @classmethod
    def after(cls, budget_s: float, clock: Callable[[], float]) -> Deadline:
        """``budget_s`` from now, less a reserve for the answer itself."""
        reserve_s = min(max(budget_s * RESERVE_SHARE, MIN_RESERVE_S), MAX_RESERVE_S)
        return cls(clock() + budget_s - reserve_s, clock)

    def remaining_s(self) -> float:
        """Seconds left, 0 when the time is over."""
        return max(0.0, self.expires_at_s - self.clock())

    def share(self, part: float) -> Deadline:
        """The deadline of one step that may take ``part`` (0 to 1) of what is left; never later than this one."""
        return Deadline(self.clock() + self.remaining_s() * min(1.0, part), self.clock)
