"""The strategies give bars that the data gate takes, and what they promise does occur."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings

from tests.support.strategies import MAX_STRATEGY_BARS, arbitrary_bars
from wyckoff.market.gate import check_bars, inspect_bars

if TYPE_CHECKING:
    from collections.abc import Callable

    from wyckoff.market.bars import Bars


@settings(max_examples=150)
@given(bars=arbitrary_bars)
def test_arbitrary_bars_pass_the_gate(bars: Bars) -> None:
    check_bars(bars)
    report = inspect_bars(bars)
    assert 1 <= len(bars) <= MAX_STRATEGY_BARS
    assert len(report.volume_known) == len(bars)
    assert not report.volume_known[bars.volume == 0].any()


@pytest.mark.parametrize(
    "holds",
    [
        pytest.param(lambda bars: len(bars) == 1, id="one bar"),
        pytest.param(lambda bars: len(bars) > 30 and np.ptp(bars.close) == 0.0, id="constant"),
        pytest.param(lambda bars: len(bars) > 30 and not bars.volume.any(), id="no volume"),
        pytest.param(lambda bars: (np.diff(bars.high) == 0.0).sum() > 5 and np.ptp(bars.high) > 0, id="equal highs"),
        pytest.param(lambda bars: len(bars) > 1 and np.abs(np.diff(np.log(bars.close))).max() > 0.6, id="jump"),
        pytest.param(lambda bars: bool((bars.close > bars.high).any()), id="close outside its bar"),
    ],
)
def test_hard_cases_do_occur(holds: Callable[[Bars], bool]) -> None:
    one_search = settings(max_examples=2000, derandomize=True, database=None, phases=[Phase.generate])
    assert holds(find(arbitrary_bars, holds, settings=one_search))
