"""A study as one JSON document: the figure and all that is said beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from services.gateway.page.findings import events, trades
from wyckoff.chart import DARK, LIGHT, build_chart
from wyckoff.chart.labels import phase_name, price_text, side_name
from wyckoff.chart.scene import Scene
from wyckoff.chart.structure import stand_text
from wyckoff.replay.entry import EntryKind
from wyckoff.replay.stand import stands
from wyckoff.replay.table import said_text
from wyckoff.replay.timeline import build_timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from plotly import graph_objects as go

    from services.gateway.page.study import Study
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
    from wyckoff.replay.entry import Entry
    from wyckoff.replay.stand import OpenStructure

#: What the lists of events and trades do not tell.
_SAYS_WHY: Final = frozenset(
    {EntryKind.RANGE, EntryKind.REVISION, EntryKind.PHASE, EntryKind.EVENT_WITHDRAWN, EntryKind.PATTERN_WITHDRAWN}
)

PALETTES: Final = {"light": LIGHT, "dark": DARK}


def chart_document(theme: str, *, replay: bool) -> Callable[[Study], bytes]:
    """What makes the document of a study: as it is now, or with ``replay`` every state that things had."""

    def make(study: Study) -> bytes:
        palette = PALETTES[theme]
        scene = Scene(study.bars, replay=replay, palette=palette)
        figure = build_chart(study.bars, study.analysis, replay=replay, palette=palette)
        said = {**_head(study, scene), "replay": replay, **_said(study.analysis, scene)}
        # the figure writes its own JSON
        return f'{{"figure":{_figure_json(figure)},{_json(said)[1:]}'.encode()

    return make


def open_structure(item: OpenStructure) -> dict[str, Any]:
    """An open structure in words."""
    return {
        "scale": item.scale,
        "side": side_name(item.side),
        "phase": phase_name(item.phase),
        "confidence": item.confidence,
        "text": item.text,
        "ice": price_text(item.ice),
        "creek": price_text(item.creek),
    }


def _head(study: Study, scene: Scene) -> dict[str, Any]:
    bars, analysis = study.bars, study.analysis
    return {
        "symbol": bars.symbol,
        "timeframe": bars.timeframe,
        "version": study.version,
        "bar_count": len(bars),
        "last_time": scene.labels[-1],
        "close": price_text(float(bars.close[-1])),
        "complete": analysis.complete,
        "nothing": stand_text(None),
    }


def _said(analysis: Analysis, scene: Scene) -> dict[str, Any]:
    def position(index: int) -> int:
        return max(0, index - scene.first_index)

    told = build_timeline(analysis).entries
    return {
        "stands": [
            {"known": position(stand.known_at_index), "open": [open_structure(item) for item in stand.open]}
            for stand in stands(analysis)
        ],
        "said": [{"known": position(entry.known_at_index), "text": _sentence(entry)} for entry in told],
        "events": events(scene, analysis),
        "trades": trades(scene, analysis),
        "stages": [
            {
                "stage": stage.stage,
                "success": stage.success,
                "error": stage.error,
                "ms": round(stage.execution_time_ms, 2),
                "cached": stage.cached,
            }
            for stage in analysis.stages
        ],
        "warnings": [warning.message for stage in analysis.stages for warning in stage.warnings],
        "failed_detectors": [{"detector": item.detector, "error": item.error} for item in analysis.failed_detectors],
    }


def _sentence(entry: Entry) -> str:
    """One thing said, such as ``event SOS (intermediate) at 114.38, confidence 53``; why is in the lists."""
    text = f"{said_text(entry)} {entry.what} ({entry.scale})"
    if entry.price is not None:
        text += f" at {price_text(entry.price)}"
    if entry.confidence is not None:
        text += f", confidence {entry.confidence}"
    if entry.kind in _SAYS_WHY:
        text += f": {entry.reason}" if entry.reason else ""
    return text


def _figure_json(figure: go.Figure) -> str:
    text: str = figure.to_json()
    return text


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
