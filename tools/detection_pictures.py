"""Draw the pictures of docs/detection.md from real bars. ``python -m tools.detection_pictures [NAME ...]``.

Each is the chart of an analysis of the bars up to its last one, so that it shows what could be said then and nothing
that was learnt later. It is drawn by the chart builder in a headless Chromium. Under each picture the page says when
its events were known. Ends with an error, after drawing, where an event that the page speaks of is not said any more.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from orchestrator.cli.output import messages_console, say
from tests.support.browser import CHROMIUM, browser_page
from tools.detection_analysis import analysis_of
from tools.detection_page import PAGE, filled
from tools.detection_scenes import PICTURES, Picture
from tools.sample_bars import sample_bars
from wyckoff.chart import build_chart
from wyckoff.chart.labels import event_name, scale_name
from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
from wyckoff.phase.v1 import phase_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plotly import graph_objects as go

    from tests.support.browser import Page
    from wyckoff.market.bars import Bars

IMAGES: Final = PAGE.parent / "images" / "detection"
WIDTH, HEIGHT = 860, 480
_Y_MARGIN: Final = 0.07
_NAMES: Final = {"SP500": "S&P 500"}
_MS_PER_DAY: Final = 86_400_000


class Drawn:
    """The bars of a picture and what was said of them at its last bar."""

    def __init__(self, picture: Picture) -> None:
        every = sample_bars(picture.symbol)
        days = [_day(time_ms) for time_ms in every.open_time_ms.tolist()]
        self.picture = picture
        self.bars: Bars = every.head(days.index(picture.last) + 1)
        self.first = days.index(picture.first)
        self.days = days
        self.analysis = self._of_structures(analysis_of(self.bars))

    def _of_structures(self, whole: Analysis) -> Analysis:
        """The ranges that the picture is about with their readings; set-ups and verdicts are left out."""
        wanted = {(scale.value.lower(), day) for scale, day in self.picture.starts.items()}
        kept = [item for item in whole.ranges if (scale_name(item.scale), self.days[item.start_index]) in wanted]
        ids = {item.range_id for item in kept}
        part = Analysis(symbol=_NAMES.get(whole.symbol, whole.symbol), timeframe=whole.timeframe)
        part.bar_count = whole.bar_count
        part.ranges.extend(kept)
        part.phases.extend(item for item in whole.phases if item.range_id in ids)
        return part

    def missing(self) -> list[str]:
        """What the page speaks of and the analysis does not say."""
        said = {(event_name(event.type), self.days[event.bar_index]) for _, event in self.events()}
        scales = {scale_name(item.scale) for item in self.analysis.ranges}
        wanted = ((scale.value.lower(), day) for scale, day in self.picture.starts.items())
        lost = [f"a {scale} range from {day} on" for scale, day in wanted if scale not in scales]
        return [*lost, *(f"{kind} {day}" for kind, day in self.picture.events if (kind.value, day) not in said)]

    def events(self) -> Iterator[tuple[int, phase_pb2.StructureEvent]]:
        """Events with the scale that said them, by the bar that they describe."""
        found = [(reading.scale, event) for reading in self.analysis.phases for event in reading.events]
        return iter(sorted(found, key=lambda item: (item[1].bar_index, item[1].known_at_index)))

    def figure(self) -> go.Figure:
        """The chart of the analysis, cut to the stretch of the picture."""
        figure = build_chart(self.bars, self.analysis)
        count = len(self.bars)
        part = slice(self.first, count)
        low, high = self._heights(figure)
        margin = _Y_MARGIN * (high - low)
        figure.layout.updatemenus = ()
        if not self.picture.counts:
            _leave_out_counts(figure)
        figure.update_layout(
            width=WIDTH,
            height=HEIGHT,
            showlegend=False,
            title_font_size=14,
            margin={"l": 8, "r": 124 if self.picture.counts else 84, "t": 34, "b": 26},
        )
        figure.update_xaxes(range=[self.first - 0.5, count - 0.5], nticks=7, showspikes=False)
        # on the left they leave the right edge to the names of the levels
        figure.update_yaxes(side="left")
        figure.update_yaxes(range=[low - margin, high + margin], row=1, col=1)
        figure.update_yaxes(range=[0, float(self.bars.volume[part].max()) * 1.05], row=3, col=1)
        return figure

    def _heights(self, figure: go.Figure) -> tuple[float, float]:
        """Lowest and highest price of bars, levels and marks of events in the stretch."""
        part, days = slice(self.first, len(self.bars)), set(self.days[self.first : len(self.bars)])
        prices = [float(self.bars.low[part].min()), float(self.bars.high[part].max())]
        prices += [level for item in self.analysis.ranges for level in (item.ice, item.creek)]
        for trace in figure.data:
            if (trace.name or "").startswith("events"):
                prices += [height for day, height in zip(trace.x, trace.y, strict=True) if day in days]
        return min(prices), max(prices)

    def caption(self) -> str:
        """The picture as the page shows it, and when each of its events was known."""
        picture, lines = self.picture, []
        for scale, event in self.events():
            known = self.days[event.known_at_index]
            text = f"{event_name(event.type)} {self.days[event.bar_index]} (known {known}"
            if event.status == phase_pb2.EVENT_STATUS_WITHDRAWN:
                text += f", withdrawn {self.days[event.withdrawn_at_index]}: {event.reason}"
            lines.append(f"{text}{f', {scale_name(scale)}' if len(picture.starts) > 1 else ''})")
        name = _NAMES.get(picture.symbol, picture.symbol)
        scales = " and ".join(scale.value.lower() for scale in picture.starts)
        image = f"![{name}, {picture.about}](images/detection/{picture.name}.png)"
        return f"{image}\n\n*{name}, {scales}, as known on {picture.last}: {'; '.join(lines)}.*"


def _leave_out_counts(figure: go.Figure) -> None:
    """Without the targets of the count: several labels on few pixels."""
    heights = {item.y for item in figure.layout.annotations if " count " in item.text}
    figure.layout.annotations = tuple(item for item in figure.layout.annotations if item.y not in heights)
    figure.layout.shapes = tuple(item for item in figure.layout.shapes if item.y0 not in heights)


def draw(page: Page, drawn: Drawn, folder: Path, target: Path) -> None:
    """Write the picture as PNG to ``target``; ``folder`` is for what the browser reads."""
    source = folder / f"{drawn.picture.name}.html"
    html = drawn.figure().to_html(include_plotlyjs=True, config={"staticPlot": True}, div_id="chart")
    source.write_text(html.replace("<body>", "<body style='margin:0'>"), encoding="utf-8")
    page.open(source)
    page.until("document.querySelectorAll('#chart .main-svg').length > 0")
    target.write_bytes(page.picture())


def main(names: Sequence[str]) -> int:
    messages = messages_console()
    if CHROMIUM is None:
        say(messages, "Chromium is needed to draw")
        return 2
    chosen = [picture for picture in PICTURES if not names or picture.name in names]
    IMAGES.mkdir(parents=True, exist_ok=True)
    captions: dict[str, str] = {}
    lost = []
    with TemporaryDirectory(prefix="wyckoff-pictures-") as folder, browser_page(Path(folder) / "profile") as page:
        page.size(WIDTH, HEIGHT)
        for picture in chosen:
            drawn = Drawn(picture)
            lost += [f"{picture.name}: {item} is not said any more" for item in drawn.missing()]
            target = IMAGES / f"{picture.name}.png"
            draw(page, drawn, Path(folder), target)
            captions[f"picture {picture.name}"] = drawn.caption()
            say(messages, f"{target.name}: {target.stat().st_size / 1000:.0f} kB")
    text = PAGE.read_text(encoding="utf-8")
    for name, caption in captions.items():
        text = filled(text, name, caption)
    PAGE.write_text(text, encoding="utf-8")
    for item in lost:
        say(messages, item)
    return 1 if lost else 0


def _day(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, tz=UTC).date().isoformat()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.detection_pictures", description="Draw the pictures.")
    parser.add_argument("names", nargs="*", help="only these")
    sys.exit(main(parser.parse_args().names))
