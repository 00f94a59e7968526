"""Time left, on a clock that the test moves."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from wyckoff.rpc.deadline import Deadline


@dataclass
class Clock:
    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(("budget_s", "usable_s"), [(5.0, 4.8), (1.0, 0.95), (0.1, 0.09), (600.0, 599.8)])
def test_a_reserve_is_kept_for_the_answer(budget_s: float, usable_s: float) -> None:
    assert Deadline.after(budget_s, Clock()).remaining_s() == pytest.approx(usable_s)


def test_remaining_time_shrinks_to_zero_and_not_below() -> None:
    clock = Clock()
    deadline = Deadline.after(1.0, clock)
    clock.now_s += 0.5
    assert deadline.remaining_s() == pytest.approx(0.45)
    clock.now_s += 10
    assert deadline.remaining_s() == 0.0
