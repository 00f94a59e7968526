"""Measure the detection and write the figures into docs/detection.md. ``python -m tools.detection_figures``.

Generated cases are read as ``wyckoff evaluate`` reads them; the sample bars are compared with block-shuffled copies
of themselves. Values of settings that the page names are written into it, too. To be run again whenever the detection
has changed: some minutes.
"""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Final

from orchestrator.cli.output import messages_console, say
from tools.detection_counts import LONGER_BLOCKS, by_scale, read_cases, read_series, together
from tools.detection_page import PAGE, filled, table, with_defaults
from tools.sample_bars import INDICES, STOCKS, sample_bars
from wyckoff.evaluation import summarise
from wyckoff.model.kinds import EventType, Scale
from wyckoff.schematics import FAMILIES, make_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tools.detection_counts import Comparison, SeriesFigures
    from wyckoff.evaluation import Evaluation, Findings
    from wyckoff.evaluation.lag import Lag
    from wyckoff.market.bars import Bars

SEED: Final = 71
COUNT: Final = 24
COPIES: Final = 40
NAMES: Final = {"SP500": "S&P 500", "NASDAQ": "NASDAQ"}

_SCALES: Final = tuple(scale.value.lower() for scale in Scale)
#: Types that share a section of the page.
PAIRS: Final = (
    (EventType.PS, EventType.PSY),
    (EventType.SC, EventType.BC),
    (EventType.AR,),
    (EventType.ST,),
    (EventType.UT,),
    (EventType.SPRING, EventType.UTAD),
    (EventType.TEST,),
    (EventType.SOS, EventType.SOW),
    (EventType.LPS, EventType.LPSY),
)


def generated_blocks(evaluation: Evaluation, seed: int, count: int) -> dict[str, str]:
    """Blocks of the page on generated cases, by name."""
    total, nulls = evaluation.total, evaluation.null_total
    head = (
        f"`wyckoff generate cases --seed {seed} --count {count}`, then `wyckoff evaluate cases`: {evaluation.cases} "
        f"series, {total.labels} labelled events. All types together: precision {total.precision:.2f}, recall "
        f"{total.recall:.2f}, F1 {total.f1:.2f}."
    )
    events = [
        (kind.value, str(c.labels), _two(c.precision), _two(c.recall), _two(c.f1), *_lag(evaluation.lags.get(kind)))
        for kind, c in evaluation.events.items()
    ]
    families = [
        (f"`{name}`", str(c.labels), _two(c.precision), _two(c.recall), _two(c.f1))
        for name, c in evaluation.families.items()
    ]
    scales = [
        (name, str(c.hits), str(c.false_alarms), _two(c.precision))
        for name in _SCALES
        if (c := evaluation.scales.get(name)) is not None
    ]
    empty = [
        (f"`{name}`", f"{item.bars:,}", str(item.patterns), _two(item.per_thousand_bars))
        for name, item in evaluation.nulls.items()
    ]
    empty.append(("all", f"{nulls.bars:,}", str(nulls.patterns), _two(nulls.per_thousand_bars)))
    rates = ("precision", "recall", "F1")
    return {
        "generated": "\n\n".join([head, table(("event", "labels", *rates, "median lag", "90 % lag"), events)]),
        "families": table(("family", "labels", *rates), families),
        "scales": table(("scale that said it", "right", "false", "precision"), scales),
        "nulls": table(("family", "bars", "set-ups", "per 1000 bars"), empty),
    }


def real_blocks(series: Sequence[SeriesFigures]) -> dict[str, str]:
    """Blocks of the page on real bars, by name."""
    indices = [item for item in series if item.symbol in INDICES]
    stocks = [item for item in series if item.symbol not in INDICES]
    groups = [(name, group) for name, group in (("indices", indices), ("stocks", stocks)) if group]
    said = [_said_row(item) for item in series]
    compared = [(_name(item.symbol), *_comparison(item.compared(_setups))) for item in series]
    compared += [(f"{name} together", *_comparison(together(group, _setups))) for name, group in groups]
    blocks = [
        (_name(item.symbol), *(_ratio(item.compared(_setups, longest)) for longest in (None, *LONGER_BLOCKS)))
        for item in series
    ]
    parts = (*_SCALES, "all")
    events, setups = [f"events: {part}" for part in parts], [f"set-ups: {part}" for part in parts]
    against = ("set-ups", "mean of copies", "deviation", "least to most", "ratio", "95 % interval", "as many or more")
    lengths = [f"blocks of 1 to {longest}" for longest in (5, *LONGER_BLOCKS)]
    return {
        "real": table(("", "bars", *events, *setups, "withdrawn"), said),
        "shuffled": table(("", *against), compared),
        "blocks": table(("", *lengths), blocks),
        "types": _types(groups),
    }


def _types(groups: Sequence[tuple[str, list[SeriesFigures]]]) -> str:
    """Events of each type on real bars and on shuffled ones."""
    rows = []
    for kind in EventType:
        cells = [together(group, _events_of(kind)) for _, group in groups]
        rows.append((kind, *(text for item in cells for text in (str(item.real), f"{item.mean:.1f}", _ratio(item)))))
    return table(("", *(f"{name}: {what}" for name, _ in groups for what in ("real", "copies", "ratio"))), rows)


def rate_blocks(evaluation: Evaluation, series: Sequence[SeriesFigures]) -> dict[str, str]:
    """A line for the section of each pair of types, by the name of its block."""
    indices = [item for item in series if item.symbol in INDICES] or list(series)
    found = {}
    for pair in PAIRS:
        generated = "; ".join(_rate(evaluation, kind) for kind in pair)
        compared = [(kind, together(indices, _events_of(kind))) for kind in pair]
        real = "; ".join(f"{kind} {item.real} against {item.mean:.1f}" for kind, item in compared)
        found[f"rate {pair[0]}"] = f"*Generated cases:* {generated}. *Both indices against shuffled copies:* {real}."
    return found


def _rate(evaluation: Evaluation, kind: EventType) -> str:
    counts, lag = evaluation.events.get(kind), evaluation.lags.get(kind)
    if counts is None:
        return f"{kind} is not labelled"
    text = f"{kind} precision {counts.precision:.2f}, recall {counts.recall:.2f}"
    return text if lag is None else f"{text}, lag {lag.median_bars:g} bars (90 %: {lag.p90_bars:g})"


def _said_row(item: SeriesFigures) -> tuple[str, ...]:
    events, patterns = by_scale(item.real)
    per_year = [events[scale] / item.years for scale in _SCALES]
    counts = [patterns[scale] for scale in _SCALES]
    return (
        _name(item.symbol),
        f"{item.bars:,}",
        *(f"{value:.1f}" for value in (*per_year, sum(per_year))),
        *map(str, (*counts, sum(counts))),
        str(item.withdrawn),
    )


def _setups(findings: Findings) -> int:
    return len(findings.patterns)


def _events_of(kind: EventType) -> Callable[[Findings], int]:
    return lambda findings: sum(item.type is kind for item in findings.events)


def _comparison(item: Comparison) -> tuple[str, ...]:
    low, high = item.ratio_interval
    spread = f"{_number(low)} to {_number(high)}"
    return (
        str(item.real),
        f"{item.mean:.1f}",
        f"{item.deviation:.1f}",
        f"{min(item.copies)} to {max(item.copies)}",
        _ratio(item),
        spread,
        f"{item.as_many} of {len(item.copies)}",
    )


def _ratio(item: Comparison) -> str:
    return _number(item.ratio) if item.real or item.mean else "-"


def _number(value: float) -> str:
    return "none in copies" if math.isinf(value) else f"{value:.1f}"


def _two(value: float) -> str:
    return f"{value:.2f}"


def _lag(lag: Lag | None) -> tuple[str, str]:
    return ("-", "-") if lag is None else (f"{lag.median_bars:g}", f"{lag.p90_bars:g}")


def _name(symbol: str) -> str:
    return NAMES.get(symbol, symbol)


def write_figures(
    page: Path, series: Iterable[Bars], families: Sequence[str], seed: int, count: int, copies: int, jobs: int
) -> None:
    """Measure everything and write it into ``page``."""
    evaluation = summarise(read_cases(make_cases(seed, count, families), "generated cases", jobs))
    real = [read_series(bars, seed, copies, jobs) for bars in series]
    text = with_defaults(page.read_text(encoding="utf-8"))
    generated, rates = generated_blocks(evaluation, seed, count), rate_blocks(evaluation, real)
    for name, block in {**generated, **real_blocks(real), **rates}.items():
        text = filled(text, name, block)
    page.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.detection_figures", description="Figures of the detection.")
    parser.add_argument("--count", type=int, default=COUNT, help="generated cases of each family")
    parser.add_argument("--copies", type=int, default=COPIES, help="shuffled copies of each real series")
    parser.add_argument("--jobs", type=int, default=1, help="processes that analyse")
    arguments = parser.parse_args()
    real = [sample_bars(symbol) for symbol in (*INDICES, *STOCKS)]
    write_figures(PAGE, real, FAMILIES, SEED, arguments.count, arguments.copies, arguments.jobs)
    say(messages_console(), f"figures written to {PAGE}")


if __name__ == "__main__":
    main()
