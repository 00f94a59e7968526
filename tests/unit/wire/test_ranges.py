"""Counts of a range survive the wire, and what is absent stays absent."""

from __future__ import annotations

from dataclasses import replace

from tests.support.pipeline import run_stages
from wyckoff.model.ranges import CauseCount
from wyckoff.schematics.structures import schematic
from wyckoff.wire.ranges import ranges_from_proto, ranges_to_proto


def test_ranges_come_back_as_they_were() -> None:
    bars = schematic("accumulation", shakeout=True, noise=0.7, seed=3).bars
    ranges = run_stages(bars).ranges
    first = ranges[0]
    count = CauseCount(low=120.0, middle=130.5, high=140.25, count_line=95.0, columns=7, box_fraction=0.0125)
    told = replace(first.revisions[0], count_up=count, count_down=None)
    changed = (replace(first, revisions=(told, *first.revisions[1:])), *ranges[1:])
    messages = ranges_to_proto(changed, bars.open_time_ms.tolist())
    assert messages[0].revisions[0].HasField("count_up")
    assert not messages[0].revisions[0].HasField("count_down")
    assert messages[0].revisions[0].count_up.columns == 7
    assert ranges_from_proto(messages, len(bars)) == changed
