"""What all layers of a chart share: the bars that are drawn, their labels and distances."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from wyckoff.chart.palette import LIGHT

if TYPE_CHECKING:
    from wyckoff.chart.palette import Palette
    from wyckoff.market.bars import Bars

#: A browser stays quick up to here; of longer series the newest bars are drawn.
MAX_BARS: Final = 5000
PRICE_ROW, PHASE_ROW, VOLUME_ROW = 1, 2, 3

#: When a point is seen, positions: since, until, and for one that moves along also settled and offset.
Moments = list[int | None]
#: Marks traces whose text is left out when many bars are shown.
LABELLED: Final = "labelled"
_YEAR_BARS: Final = 250
#: Share of the height of the price pane that a label takes.
_LABEL_SHARE: Final = 0.042
#: Marks the trace that a replay fills with what came later.
LATER: Final = "later"


def time_label(time_ms: int, timeframe: str) -> str:
    """The open time of a bar as people read it: the day, with the time of day where bars are shorter than one."""
    form = "%Y-%m-%d" if timeframe[-1:] in {"d", "w", "M"} else "%Y-%m-%d %H:%M"
    return datetime.fromtimestamp(time_ms / 1000, tz=UTC).strftime(form)


class Scene:
    """The newest bars of a series, each with a label that stands for it on the axis.

    The axis is one of categories: nights, weekends and holidays take no room. Bar indices of the analysis are
    those of the whole series; positions count the drawn bars from 0.

    With ``replay`` layers draw every state that a thing had, each point with the time for which it is to be seen
    (``seen``, ``growing``), and a page shows those of one bar; without it they draw the state at the last bar.
    """

    def __init__(self, bars: Bars, *, replay: bool = False, palette: Palette = LIGHT) -> None:
        self.replay = replay
        self.palette = palette
        self.bars = bars.tail(MAX_BARS)
        self.first_index = len(bars) - len(self.bars)
        self.labels = [time_label(time_ms, bars.timeframe) for time_ms in self.bars.open_time_ms.tolist()]
        #: Distance that keeps a label clear of its bar, price.
        self.usual_spread = float(np.median(self.bars.high - self.bars.low)) or float(self.bars.close[-1]) * 0.01

    def __len__(self) -> int:
        return len(self.bars)

    def shows(self, index: int) -> bool:
        """Whether the bar is drawn."""
        return self.first_index <= index < self.first_index + len(self)

    def position(self, index: int) -> int:
        """Position of a bar; the edge where it lies outside."""
        return min(max(index - self.first_index, 0), len(self) - 1)

    def label(self, index: int) -> str:
        """Axis label of a bar; that of the edge where it lies outside."""
        return self.labels[self.position(index)]

    def label_height(self, index: int) -> float:
        """About what a line of text takes, price, where the year up to ``index`` fills the pane."""
        at = self.position(index)
        part = slice(max(0, at - _YEAR_BARS + 1), at + 1)
        return max(
            float(self.bars.high[part].max() - self.bars.low[part].min()) * _LABEL_SHARE, self.usual_spread * 0.5
        )

    def seen(self, since: int, until: int | None = None) -> Moments:
        """For a point that is seen from bar ``since`` until the bar before ``until``."""
        return [since - self.first_index, None if until is None else until - self.first_index]

    def growing(self, since: int, settled: int | None, offset: int = 0, until: int | None = None) -> Moments:
        """For a point that moves along ``offset`` bars from the bar shown, until its place is known at ``settled``."""
        end = len(self) if settled is None else settled - self.first_index
        return [*self.seen(since, until), end, offset]

    def timed(self, moments: list[Moments]) -> list[Moments] | None:
        """What a trace carries as ``customdata``: the moments of its points in a replay, nothing otherwise."""
        return moments if self.replay else None
