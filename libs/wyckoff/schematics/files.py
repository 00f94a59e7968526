"""A case as two files: ``NAME.csv`` with the bars, ``NAME.json`` with the labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wyckoff.market.bars import COLUMNS
from wyckoff.schematics.phases import phases_of

if TYPE_CHECKING:
    from os import PathLike

    from wyckoff.market.bars import Bars
    from wyckoff.schematics.catalogue import Case
    from wyckoff.schematics.series import Label, LabelledSeries

_DAY_MS: Final = 86_400_000


def write_case(folder: str | PathLike[str], case: Case) -> Path:
    """Write both files of ``case`` into ``folder``, which is made; returns the path of the bars."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{case.name}.json").write_text(json.dumps(case_labels(case), indent=1) + "\n", encoding="utf-8")
    path = target / f"{case.name}.csv"
    path.write_text(csv_text(case.bars), encoding="utf-8")
    return path


def case_labels(case: Case) -> dict[str, Any]:
    """The labels as the JSON file has them; indices count bars from 0, prices are in quote currency."""
    head: dict[str, Any] = {
        "kind": case.kind,
        "difficulty": case.difficulty,
        "with_phase_c_shakeout": case.shakeout,
    }
    if case.series is None:
        return {**head, "events": [], "range": None, "phases": []}
    return {**head, **_series_labels(case.series)}


def csv_text(bars: Bars) -> str:
    """Bars as CSV. Times are ISO dates, with the time of day where one is not midnight; numbers keep every digit."""
    times = bars.open_time_ms.astype("datetime64[ms]")
    if (bars.open_time_ms % _DAY_MS).any():
        stamps = [f"{time}Z" for time in np.datetime_as_string(times, unit="ms").tolist()]
    else:
        stamps = np.datetime_as_string(times, unit="D").tolist()
    columns = [getattr(bars, name).tolist() for name in COLUMNS]
    lines = [",".join([stamp, *map(_number, row)]) for stamp, *row in zip(stamps, *columns, strict=True)]
    return "\n".join([",".join(["timestamp", *COLUMNS]), *lines, ""])


def _number(value: float) -> str:
    return repr(value).removesuffix(".0")


def _series_labels(series: LabelledSeries) -> dict[str, Any]:
    first, last = series.scored[0][0], series.scored[-1][1]
    labels: dict[str, Any] = {
        "events": _events(series.events),
        "range": {
            "start": series.range_start,
            "end": series.range_end,
            "support": series.support,
            "resistance": series.resistance,
        },
        "phases": [{"phase": phase.value, "start": start, "end": end} for phase, start, end in phases_of(series)],
        "scored_from": first,
        "scored_until": last,
    }
    if len(series.scored) > 1:
        labels["unscored_between"] = [series.scored[0][1], series.scored[1][0]]
    if series.more_ranges:
        labels["more_ranges"] = [
            {"start": item.start, "end": item.end, "support": item.support, "resistance": item.resistance}
            for item in series.more_ranges
        ]
    if series.unscored_types:
        labels["unscored_types"] = [kind.value for kind in series.unscored_types]
    if series.unscored_events:
        labels["unscored_events"] = _events(series.unscored_events)
    if series.broken_at is not None:
        labels["broken_at"] = series.broken_at
    return labels


def _events(events: tuple[Label, ...]) -> list[dict[str, Any]]:
    ordered = sorted(events, key=lambda label: label.bar_index)
    return [{"type": label.type.value, "index": label.bar_index} for label in ordered]
