"""A timeline as one HTML file: a chart with a slider over the bars that shows what was known at each."""

from __future__ import annotations

import json
from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any, Final

from wyckoff.chart import CHART_CONFIG, FIT_SCRIPT, build_chart
from wyckoff.chart.document import write_document
from wyckoff.chart.labels import price_text
from wyckoff.chart.scene import Scene
from wyckoff.chart.structure import stand_text
from wyckoff.replay.entry import FAILED, EntryKind
from wyckoff.replay.stand import stands
from wyckoff.replay.table import said_text, short_id

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
    from wyckoff.replay.entry import Entry
    from wyckoff.replay.stand import OpenStructure
    from wyckoff.replay.timeline import Timeline

#: Entries that are shown and hidden together.
_GROUPS: Final = {
    EntryKind.RANGE: "ranges",
    EntryKind.REVISION: "revisions",
    EntryKind.EVENT: "events",
    EntryKind.EVENT_WITHDRAWN: "events",
    EntryKind.PHASE: "phases",
    EntryKind.PATTERN: "patterns",
    EntryKind.PATTERN_WITHDRAWN: "patterns",
    EntryKind.SIGNAL: "trades",
    EntryKind.REJECTION: "trades",
}
_TAKEN_BACK: Final = {
    EntryKind.EVENT_WITHDRAWN: EntryKind.EVENT,
    EntryKind.PATTERN_WITHDRAWN: EntryKind.PATTERN,
}


def write_replay(
    path: str | os.PathLike[str], bars: Bars, analysis: Analysis, timeline: Timeline, start_index: int | None = None
) -> Path:
    """Write the replay of ``analysis`` to ``path`` (folders are made); returns the path.

    ``timeline`` is that of the analysis. The page opens at ``start_index``, the last bar when None.
    """
    scene = Scene(bars, replay=True)
    chart = build_chart(bars, analysis, replay=True).to_html(
        full_html=False,
        include_plotlyjs=True,
        config={**CHART_CONFIG, "displayModeBar": False},
        post_script=[FIT_SCRIPT, _asset("page.js")],
        default_height="100%",
        div_id="chart",
    )
    page = Template(_asset("page.html")).substitute(
        title=escape(f"{analysis.symbol} {analysis.timeframe} - Wyckoff replay"),
        style=_asset("page.css"),
        last=len(scene) - 1,
        data=_script_json(page_data(scene, analysis, timeline, start_index)),
        chart=chart,
    )
    return write_document(path, page)


def page_data(scene: Scene, analysis: Analysis, timeline: Timeline, start_index: int | None) -> dict[str, Any]:
    """What the script of the page reads; ``known`` and ``gone`` are bar indices of the whole series."""
    gone = _taken_back_at(timeline.entries)

    def date(index: int) -> str:
        return scene.label(index)

    return {
        "first_index": scene.first_index,
        "start": scene.position(timeline.bar_count - 1 if start_index is None else start_index),
        "groups": list(dict.fromkeys(_GROUPS.values())),
        "nothing": stand_text(None),
        "stands": [
            {"known": stand.known_at_index, "open": [_open_line(item) for item in stand.open]}
            for stand in stands(analysis)
        ],
        "entries": [_line(entry, gone.get(_item(entry)), date) for entry in timeline.entries],
    }


def _line(entry: Entry, gone: int | None, date: Callable[[int], str]) -> dict[str, Any]:
    about = [f"{entry.scale} range {short_id(entry.range_id)}"]
    if entry.lag_bars:
        about.append(f"of {date(entry.bar_index)}")
    if entry.price is not None:
        about.append(f"at {price_text(entry.price)}")
    if entry.confidence is not None:
        about.append(f"confidence {entry.confidence}")
    return {
        "known": entry.known_at_index,
        "gone": gone,
        "group": _GROUPS[entry.kind],
        "date": date(entry.known_at_index),
        "said": said_text(entry),
        "what": entry.what,
        "lag": f"{entry.lag_bars} bars" if entry.lag_bars else "",
        "why": ", ".join(about) + (f": {entry.reason}" if entry.reason else ""),
    }


def _taken_back_at(entries: Iterable[Entry]) -> dict[tuple[str, ...], int]:
    """The bar at which each thing was taken back, by what :func:`_item` says of it."""
    found = {}
    for entry in entries:
        if entry.kind in _TAKEN_BACK:
            found[_item(entry, _TAKEN_BACK[entry.kind])] = entry.known_at_index
        elif entry.kind is EntryKind.PHASE and entry.what == FAILED:
            found[(EntryKind.RANGE, entry.range_id)] = entry.known_at_index
    return found


def _item(entry: Entry, kind: EntryKind | None = None) -> tuple[str, ...]:
    if entry.kind is EntryKind.RANGE:
        return EntryKind.RANGE, entry.range_id
    return kind or entry.kind, entry.range_id, entry.what, str(entry.bar_index), str(entry.price)


def _open_line(item: OpenStructure) -> dict[str, str]:
    levels = f"{item.scale} scale, ice {price_text(item.ice)}, creek {price_text(item.creek)}"
    return {"text": item.text, "levels": levels}


def _script_json(value: object) -> str:
    """JSON that cannot end the script element that it stands in."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return resources.files("wyckoff.replay").joinpath("assets", name).read_text(encoding="utf-8")
