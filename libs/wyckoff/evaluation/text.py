"""An evaluation as headline and tables of text, for a terminal and for a page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from wyckoff.evaluation.as_json import macro_f1
from wyckoff.evaluation.scores import Counts

if TYPE_CHECKING:
    from wyckoff.evaluation.lag import Lag
    from wyckoff.evaluation.reliability import Reliability
    from wyckoff.evaluation.summary import Evaluation

#: Rewrites that are told one by one.
_SHOWN_REWRITES: Final = 20
_RATE_HEADINGS: Final = (">labels", ">false", ">precision", ">recall", ">F1")


class Block(StrEnum):
    """What a block of tables is about."""

    EVENTS = "events"
    LAGS = "lags"
    FAMILIES = "families"
    SCALES = "scales"
    NULLS = "nulls"
    CONFIDENCE = "confidence"
    REWRITES = "rewrites"


@dataclass(frozen=True, slots=True)
class TextTable:
    """A heading with ``>`` in front is of numbers, one with ``~`` never wraps."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Tables under a title."""

    kind: Block
    title: str
    tables: tuple[TextTable, ...]


def headline(evaluation: Evaluation) -> list[str]:
    """The figures that sum it up, a line each; what was not measured is left out."""
    total, lines = evaluation.total, [f"{evaluation.cases} cases, {evaluation.total.labels} labelled events"]
    if evaluation.events:
        lines.append(
            f"F1 {total.f1:.3f} micro, {macro_f1(evaluation):.3f} macro; "
            f"precision {total.precision:.3f}, recall {total.recall:.3f}"
        )
    if evaluation.ranges.labelled:
        main, every = evaluation.main_ranges, evaluation.ranges
        lines.append(
            f"{main.recall:.3f} of the main ranges met (half of the bars in common), {main.level_share:.3f} of their "
            f"levels within 15 % of the height; {every.recall:.3f} of all {every.labelled} ranges"
        )
    if evaluation.nulls:
        nulls = evaluation.null_total
        lines.append(f"{nulls.per_thousand_bars:.2f} false patterns per 1000 of {nulls.bars:,} null bars")
    if evaluation.prefixes:
        lines.append(
            f"{len(evaluation.rewrites)} rewrites among {evaluation.items_compared:,} items "
            f"at {evaluation.prefixes} earlier bars"
        )
    if evaluation.failures:
        lines.append(f"{len(evaluation.failures)} cases without a result, counted as if nothing was said")
    return lines


def blocks(evaluation: Evaluation) -> list[TextBlock]:
    """Every block that has something to show."""
    confidence = tuple(
        _reliability_table(name, item)
        for name, item in (("events", evaluation.event_reliability), ("patterns", evaluation.pattern_reliability))
        if item.bins
    )
    every = [
        TextBlock(Block.EVENTS, "Events by type", (_events_table(evaluation),)),
        TextBlock(Block.LAGS, "Bars until an event is known", (_lags_table(evaluation),)),
        TextBlock(Block.FAMILIES, "Events by family", (_families_table(evaluation),)),
        TextBlock(Block.SCALES, "Events by the scale that said them", (_scales_table(evaluation),)),
        TextBlock(Block.NULLS, "Patterns where there is nothing to find", (_nulls_table(evaluation),)),
        TextBlock(Block.CONFIDENCE, "Confidence, and the share that is right", confidence),
        TextBlock(Block.REWRITES, "Rewrites", (_rewrites_table(evaluation),)),
    ]
    return [block for block in every if any(table.rows for table in block.tables)]


def _events_table(evaluation: Evaluation) -> TextTable:
    rows = tuple((kind.value, *_rates(counts)) for kind, counts in evaluation.events.items())
    return TextTable(("~type", *_RATE_HEADINGS), rows)


def _lags_table(evaluation: Evaluation) -> TextTable:
    rows = tuple((kind.value, str(lag.count), *_lag(lag)) for kind, lag in evaluation.lags.items())
    return TextTable(("~type", ">found", ">median", ">90th percentile"), rows)


def _families_table(evaluation: Evaluation) -> TextTable:
    rows = tuple((name, *_rates(counts)) for name, counts in evaluation.families.items())
    return TextTable(("~family", *_RATE_HEADINGS), rows)


def _scales_table(evaluation: Evaluation) -> TextTable:
    """By scale what was said of labelled series, and the rate of patterns on null series."""
    rows = []
    for name in sorted({*evaluation.scales, *evaluation.null_scales}):
        counts, null = evaluation.scales.get(name, Counts()), evaluation.null_scales.get(name)
        said = (str(counts.hits), str(counts.false_alarms), f"{counts.precision:.3f}")
        rate = "0.00" if null is None else f"{null.per_thousand_bars:.2f}"
        rows.append((name, *said, *_lag(evaluation.scale_lags.get(name)), rate if evaluation.nulls else ""))
    headings = (">right", ">false", ">precision", ">lag median", ">90th percentile", ">per 1000 null bars")
    return TextTable(("~scale", *headings), tuple(rows))


def _nulls_table(evaluation: Evaluation) -> TextTable:
    rows = tuple(
        (name, f"{item.bars:,}", str(item.patterns), f"{item.per_thousand_bars:.2f}")
        for name, item in evaluation.nulls.items()
    )
    return TextTable(("~family", ">bars", ">false patterns", ">per 1000 bars"), rows)


def _reliability_table(name: str, item: Reliability) -> TextTable:
    rows = []
    for part in item.bins:
        low, high = part.interval
        last = 100 if part.high == 100 else part.high - 1
        confidence = (f"{part.low} to {last}", str(part.count), f"{part.mean_confidence:.0f}")
        rows.append((*confidence, f"{part.right_share:.0%}", f"{low:.0%} to {high:.0%}"))
    scores = f"Brier {item.brier:.3f}, calibration error {item.calibration_error:.3f}"
    rows.append(("all", str(item.count), "", f"{item.right / max(1, item.count):.0%}", scores))
    return TextTable((f"~{name}", ">said", ">mean", ">right", "95 % interval"), tuple(rows))


def _rewrites_table(evaluation: Evaluation) -> TextTable:
    rows = tuple(
        (case, item.kind, item.key, item.change, str(item.last_index))
        for case, item in evaluation.rewrites[:_SHOWN_REWRITES]
    )
    return TextTable(("~case", "~item", "key", "~change", ">seen at bar"), rows)


def _rates(counts: Counts) -> tuple[str, ...]:
    rates = (f"{counts.precision:.3f}", f"{counts.recall:.3f}", f"{counts.f1:.3f}")
    return (str(counts.labels), str(counts.false_alarms), *rates)


def _lag(lag: Lag | None) -> tuple[str, str]:
    return ("", "") if lag is None else (f"{lag.median_bars:g}", f"{lag.p90_bars:.1f}")
