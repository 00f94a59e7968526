"""What the stages say of real and made bars, as one digest a series; ``python -m tests.support.stage_results``.

For comparing two ways to run them, each in a process of its own: the text of results is exact to the last bit.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from services import compiled
from services.pattern.config import PatternSettings
from services.pattern.detect import detect_patterns
from services.phase.config import PhaseSettings
from services.phase.detect import detect_phases
from services.range.config import RangeSettings
from services.range.detect import detect_ranges
from services.volume.analysis import analyze_volume
from services.volume.config import VolumeSettings
from tests.support.samples import wave_bars
from tools.sample_bars import sample_bars
from wyckoff.market.gate import inspect_bars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wyckoff.market.bars import Bars

SYMBOLS = ("SP500", "NASDAQ", "IBM", "AAPL")
WINDOW_BARS = 900
PROFILES = ("adaptive", "classic")


def series() -> Iterator[tuple[str, Bars]]:
    """Windows of real bars, a smooth market, and bars too few for any range."""
    yield "wave", wave_bars(400)
    yield "short", wave_bars(12)
    for symbol in SYMBOLS:
        bars = sample_bars(symbol)
        for stop in range(WINDOW_BARS, len(bars), WINDOW_BARS):
            yield f"{symbol} to {stop}", bars.head(stop).tail(WINDOW_BARS)


def digests() -> dict[str, str]:
    """Digest of all results by series and profile."""
    found = {}
    for name, bars in series():
        volume = analyze_volume(bars, inspect_bars(bars).volume_known, VolumeSettings())
        for profile in PROFILES:
            ranges = detect_ranges(bars, volume, RangeSettings.model_validate({"profile": profile}))
            phases = detect_phases(bars, volume, ranges.ranges, PhaseSettings.model_validate({"profile": profile}))
            patterns = detect_patterns(bars, volume, ranges.ranges, phases.phases, PatternSettings())
            said = repr((ranges, phases, patterns))
            found[f"{name}, {profile}"] = f"{len(ranges.ranges)} ranges {hashlib.sha256(said.encode()).hexdigest()}"
    return found


if __name__ == "__main__":
    print(json.dumps({"state": compiled.STATE, "results": digests()}))
