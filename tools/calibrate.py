"""Fit what confidences mean, and write it where the stages read it. ``python -m tools.calibrate [--dry-run]``.

Curves come from generated cases of one seed and are then checked on those of another. To be run again whenever the
detection has changed; docs/evaluation.md says for which mix of cases the numbers hold.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from orchestrator.cli.output import results_console
from services.pattern.calibration import mixed_points
from services.phase.calibration import Calibration, Climax
from tools.calibration_cases import gather
from tools.calibration_fit import KNOTS, fit_curve, fit_odds
from wyckoff.evaluation.reliability import Judged, reliability_of
from wyckoff.model.curve import said_pct
from wyckoff.model.kinds import EventType, PatternType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

    from tools.calibration_cases import Sample, Samples
    from wyckoff.model.curve import Curve

SEED: Final = 40_001
HELD_BACK_SEED: Final = 50_001
COUNT: Final = 75
HELD_BACK_COUNT: Final = 40
EVENT_KINDS: Final = (
    EventType.SC, EventType.AR, EventType.ST, EventType.SPRING, EventType.TEST, EventType.SOS, EventType.LPS,
)  # fmt: skip
PATTERN_KINDS: Final = (PatternType.SPRING, PatternType.SOS, PatternType.LPS)

_SERVICES: Final = Path(__file__).resolve().parent.parent / "services"
_HEAD: Final = '''"""{title}; written by ``python -m tools.calibrate``."""

from __future__ import annotations

from typing import Final

{imports}

_POINTS: Final = ({knots})
'''


def fit_events(samples: Iterable[Sample]) -> Calibration:
    """A curve for each type from ranges that began with a climax of its side, and factors on the odds for others."""
    curves: dict[EventType, Curve] = {}
    odds: dict[Climax, dict[EventType, float]] = {Climax.NONE: {}, Climax.AGAINST: {}}
    for kind in EVENT_KINDS:
        own = [sample for sample in samples if sample.kind is kind]
        points = np.array([sample.structure_points for sample in own])
        right = np.array([float(sample.right) for sample in own])
        climax = np.array([sample.climax for sample in own])
        curves[kind] = fit_curve(points[climax == Climax.FOR], right[climax == Climax.FOR])
        for other, factors in odds.items():
            if (climax == other).any():
                percent = np.array([curves[kind].at(value) for value in points[climax == other]])
                factors[kind] = float(f"{fit_odds(percent, right[climax == other]):.2g}")
    return Calibration(curves, odds)


def fit_patterns(samples: Sequence[Sample], calibration: Calibration) -> dict[PatternType, Curve]:
    """A curve for each type over what the event's confidence under ``calibration`` and the pattern's points give."""
    curves = {}
    for kind in PATTERN_KINDS:
        own = [sample for sample in samples if sample.kind.value == kind.value]
        points = np.array([_mixed(sample, calibration) for sample in own])
        curves[kind] = fit_curve(points, np.array([float(sample.right) for sample in own]))
    return curves


def _mixed(sample: Sample, calibration: Calibration) -> float:
    return mixed_points(_event_pct(sample, calibration), sample.points)


def _event_pct(sample: Sample, calibration: Calibration) -> int:
    return calibration.confidence(sample.kind, sample.structure_points, sample.climax)


def _pattern_pct(sample: Sample, calibration: Calibration, curves: Mapping[PatternType, Curve]) -> int:
    return said_pct(curves[PatternType(sample.kind.value)].at(_mixed(sample, calibration)))


def phase_table(calibration: Calibration) -> str:
    """The module that the phase stage reads."""
    imports = (
        "from services.phase.calibration import Calibration, Climax\n"
        "from wyckoff.model.curve import Curve\nfrom wyckoff.model.kinds import EventType"
    )
    odds = [
        line
        for climax, factors in calibration.odds.items()
        for line in (
            f"        Climax.{climax.name}: {{",
            *(f"            EventType.{kind.name}: {factor}," for kind, factor in factors.items()),
            "        },",
        )
    ]
    lines = [
        "#: Percent of events that are right, over the mean points of their structure.",
        "CALIBRATION: Final = Calibration(",
        "    curves={",
        *(f"        EventType.{kind.name}: {_curve(calibration.curves[kind])}," for kind in EVENT_KINDS),
        "    },",
        "    odds={",
        *odds,
        "    },",
        ")",
    ]
    return _module("What confidence in an event means", imports, lines)


def pattern_table(curves: Mapping[PatternType, Curve]) -> str:
    """The module that the pattern stage reads."""
    imports = "from wyckoff.model.curve import Curve\nfrom wyckoff.model.kinds import PatternType"
    lines = [
        "#: Percent of set-ups that are right, over the mixed points.",
        "CURVES: Final = {",
        *(f"    PatternType.{kind.name}: {_curve(curves[kind])}," for kind in PATTERN_KINDS),
        "}",
    ]
    return _module("How probable a set-up is", imports, lines)


def _curve(curve: Curve) -> str:
    return f"Curve(_POINTS, ({', '.join(map(str, curve.percent))}))"


def _module(title: str, imports: str, lines: Sequence[str]) -> str:
    head = _HEAD.format(title=title, imports=imports, knots=", ".join(map(str, KNOTS)))
    return "\n".join([head.rstrip(), *lines, ""])


def show_reliability(console: Console, name: str, said: Iterable[int], samples: Iterable[Sample]) -> None:
    """One line for each bin of ten, and the scores."""
    found = reliability_of(Judged(pct, sample.right) for pct, sample in zip(said, samples, strict=True))
    console.print(
        f"{name}: {found.count} said, Brier {found.brier:.3f}, calibration error {found.calibration_error:.3f}"
    )
    for part in found.bins:
        low, high = part.interval
        console.print(
            f"  {part.low:3} to {part.high:3} {part.count:6} said, mean {part.mean_confidence:3.0f}, "
            f"right {part.right_share:4.0%} ({low:.0%} to {high:.0%})"
        )


def show(console: Console, held_back: Samples, calibration: Calibration, curves: Mapping[PatternType, Curve]) -> None:
    """Reliability on held-back cases: of the points as if they were percent, of the tables in use, of the new ones."""
    events, patterns = held_back.events, held_back.patterns
    for name, samples, fitted in (
        ("events", events, [_event_pct(sample, calibration) for sample in events]),
        ("patterns", patterns, [_pattern_pct(sample, calibration, curves) for sample in patterns]),
    ):
        show_reliability(console, f"points of {name}", [int(sample.points) for sample in samples], samples)
        show_reliability(console, f"{name}, until now", [sample.said for sample in samples], samples)
        show_reliability(console, f"{name}, fitted", fitted, samples)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.calibrate", description="Fit what confidences mean.")
    parser.add_argument("--dry-run", action="store_true", help="show, but write nothing")
    parser.add_argument("--count", type=int, default=COUNT, help="cases of each labelled family to fit to")
    arguments = parser.parse_args()
    console = results_console()
    fitted = gather(SEED, arguments.count)
    calibration = fit_events(fitted.events)
    curves = fit_patterns(fitted.patterns, calibration)
    for folder, text in (("phase", phase_table(calibration)), ("pattern", pattern_table(curves))):
        console.print(text)
        if not arguments.dry_run:
            (_SERVICES / folder / "calibration_table.py").write_text(text, encoding="utf-8")
    show(console, gather(HELD_BACK_SEED, HELD_BACK_COUNT), calibration, curves)


if __name__ == "__main__":
    main()
