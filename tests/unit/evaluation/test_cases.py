"""Labels from files, and findings from an analysis."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wyckoff.common.v1 import common_pb2
from wyckoff.evaluation import Findings, FoundRange, find_cases, findings_of
from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
from wyckoff.pattern.v1.pattern_pb2 import Pattern
from wyckoff.phase.v1.phase_pb2 import PhaseReading, StructureEvent
from wyckoff.range.v1.range_pb2 import TradingRange
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pathlib import Path

    from wyckoff.evaluation import Detection

GOOD: dict[str, Any] = {"kind": "accumulation", "events": [{"type": "SC", "index": 3}], "phases": [], "note": "x"}


def put(folder: Path, name: str, content: object, ending: str = ".csv") -> None:
    (folder / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))
    (folder / f"{name}{ending}").write_text("")


def test_cases_are_found_by_name(tmp_path: Path) -> None:
    put(tmp_path, "dist-hard-0001", GOOD, ".parquet")
    put(tmp_path, "accu-easy-0000", GOOD)
    first, second = find_cases(tmp_path)
    assert (first.name, first.family, first.bars_path.name) == ("accu-easy-0000", "accu", "accu-easy-0000.csv")
    assert (second.family, second.bars_path.suffix) == ("dist", ".parquet")
    assert first.labels.events[0].index == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "bad.json, the file: Invalid JSON"),
        ({"events": []}, "bad.json, kind: Field required"),
        ({**GOOD, "events": [{"type": "SPRUNG", "index": 3}]}, "bad.json, events.0.type: Input should be 'PS'"),
        ({**GOOD, "events": [{"type": "SC", "index": -3}]}, "bad.json, events.0.index: Input should be greater"),
        ({**GOOD, "range": {"start": 1}}, "bad.json, range.end: Field required"),
    ],
)
def test_labels_that_cannot_be_read_name_file_and_field(tmp_path: Path, content: object, message: str) -> None:
    put(tmp_path, "bad", content)
    with pytest.raises(InvalidArgumentError) as caught:
        find_cases(tmp_path)
    assert message in caught.value.message


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"has no NAME\.json"):
        find_cases(tmp_path)
    with pytest.raises(InvalidArgumentError, match="is no folder"):
        find_cases(tmp_path / "missing")
    (tmp_path / "alone.json").write_text(json.dumps(GOOD))
    with pytest.raises(InvalidArgumentError, match=r"there is no alone\.csv"):
        find_cases(tmp_path)


def test_findings_are_what_an_analysis_said() -> None:
    analysis = Analysis(
        ranges=[
            TradingRange(range_id="r", start_index=5, end_index=50, ice=90, creek=110, scale=common_pb2.SCALE_MAJOR)
        ],
        phases=[
            PhaseReading(
                range_id="r",
                events=[
                    StructureEvent(type=common_pb2.EVENT_TYPE_SPRING, bar_index=8, known_at_index=9, confidence=70)
                ],
            )
        ],
        patterns=[
            Pattern(
                type=common_pb2.PATTERN_TYPE_SPRING,
                range_id="r",
                bar_index=8,
                known_at_index=11,
                confidence=95,
                probability_pct=80,
            )
        ],
    )
    found = findings_of(analysis)
    assert found.ranges == (FoundRange(5, 50, 90.0, 110.0, "major"),)
    assert [fields(item) for item in found.events] == [("SPRING", 8, 1, 70, "major")]
    assert [fields(item) for item in found.patterns] == [("SPRING", 8, 3, 80, "major")]
    assert found.said == found.events
    assert found.of_scales({"major", "minor"}) == found
    assert found.of_scales({"minor"}) == Findings()


def fields(item: Detection) -> tuple[str, int, int, int, str]:
    return item.type.value, item.bar_index, item.lag_bars, item.confidence, item.scale
