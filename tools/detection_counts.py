"""What the analysis says of real bars, of the same bars in another order, and of generated cases."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import numpy as np

from orchestrator.cli.output import ProgressBar, messages_console, say
from orchestrator.evaluating import evaluate_cases
from tools.detection_analysis import analysis_of
from wyckoff.evaluation import find_cases, findings_of
from wyckoff.schematics import Case, block_shuffled, shuffled_case, write_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wyckoff.evaluation import CaseResult, Findings
    from wyckoff.market.bars import Bars

#: Longest blocks, in bars, of further copies: they leave more of the order of the bars as it was.
LONGER_BLOCKS: Final = (20, 60)
_MS_PER_YEAR: Final = 365.25 * 86_400_000
#: Resampled means of the copies.
_RESAMPLES: Final = 2000


@dataclass(frozen=True, slots=True)
class Comparison:
    """A count on real bars beside the counts on shuffled copies of them."""

    real: int
    copies: tuple[int, ...]

    @property
    def mean(self) -> float:
        return float(np.mean(self.copies))

    @property
    def deviation(self) -> float:
        return float(np.std(self.copies, ddof=1)) if len(self.copies) > 1 else 0.0

    @property
    def ratio(self) -> float:
        """Real count over the mean of the copies; infinite where none of them has any."""
        return self.real / self.mean if self.mean else math.inf

    @property
    def ratio_interval(self) -> tuple[float, float]:
        """Where the ratio lies in 95 of 100 other draws of as many copies: a bootstrap of their mean."""
        rng = np.random.default_rng(0)
        means = rng.choice(np.array(self.copies), (_RESAMPLES, len(self.copies))).mean(axis=1)
        high, low = map(float, np.percentile(means, [97.5, 2.5]))
        return self.real / high if high else math.inf, self.real / low if low else math.inf

    @property
    def as_many(self) -> int:
        """Copies with as many as the real bars, or more."""
        return sum(count >= self.real for count in self.copies)


@dataclass(frozen=True, slots=True)
class SeriesFigures:
    """What was said of a real series, and of its copies; ``withdrawn`` of its patterns were taken back later.

    ``longer`` are copies in longer blocks, by the longest block in bars.
    """

    symbol: str
    bars: int
    years: float
    real: Findings
    copies: tuple[Findings, ...]
    longer: Mapping[int, tuple[Findings, ...]]
    withdrawn: int

    def compared(self, count: Callable[[Findings], int], longest_block: int | None = None) -> Comparison:
        """With the copies in blocks of up to ``longest_block`` bars, one of ``longer``; without it those of 1 to 5."""
        copies = self.copies if longest_block is None else self.longer[longest_block]
        return Comparison(count(self.real), tuple(map(count, copies)))


def together(series: Iterable[SeriesFigures], count: Callable[[Findings], int]) -> Comparison:
    """Counts of several series added up, copy by copy."""
    compared = [item.compared(count) for item in series]
    copies = np.sum([item.copies for item in compared], axis=0).tolist()
    return Comparison(sum(item.real for item in compared), tuple(copies))


def by_scale(findings: Findings) -> tuple[Counter[str], Counter[str]]:
    """Events and patterns by scale, withdrawn ones too."""
    return Counter(item.scale for item in findings.events), Counter(item.scale for item in findings.patterns)


def read_series(bars: Bars, seed: int, copies: int, jobs: int = 1) -> SeriesFigures:
    """What is said of ``bars`` and of ``copies`` copies, shuffled as ``wyckoff generate --shuffle`` does it.

    And of half as many copies for each of :data:`LONGER_BLOCKS`.
    """
    years = float(bars.open_time_ms[-1] - bars.open_time_ms[0]) / _MS_PER_YEAR
    analysis = analysis_of(bars)
    withdrawn = sum(item.HasField("withdrawn_at_index") for item in analysis.patterns)
    short = _said((shuffled_case(bars, seed, number) for number in range(copies)), f"{bars.symbol}, shuffled", jobs)
    longer = {}
    for longest in LONGER_BLOCKS:
        shuffled = (block_shuffled(bars, 1000 * seed + number, longest) for number in range((copies + 1) // 2))
        cases = (_null(f"{bars.symbol}-{number:04d}", item) for number, item in enumerate(shuffled))
        longer[longest] = _said(cases, f"{bars.symbol}, blocks of up to {longest}", jobs)
    return SeriesFigures(bars.symbol, len(bars), years, findings_of(analysis), short, longer, withdrawn)


def _null(name: str, bars: Bars) -> Case:
    return Case(name, "null", "null", False, bars)


def _said(cases: Iterable[Case], title: str, jobs: int) -> tuple[Findings, ...]:
    return tuple(result.findings for result in read_cases(cases, title, jobs))


def read_cases(cases: Iterable[Case], title: str, jobs: int = 1) -> list[CaseResult]:
    """Results by name, of what ``wyckoff evaluate`` reads; raises RuntimeError where an analysis is incomplete."""
    messages = messages_console()
    with TemporaryDirectory(prefix="wyckoff-detection-") as folder:
        for case in cases:
            write_case(folder, case)
        found = find_cases(folder)
        if not messages.is_terminal:
            say(messages, f"{title}: {len(found)} series")
        results = []
        with ProgressBar(messages, title, len(found)).shown() as bar:
            for outcome in evaluate_cases(found, timeframe="1d", prefixes=0, jobs=jobs):
                if outcome.result.error:
                    raise RuntimeError(f"{outcome.result.case.name}: {outcome.result.error}")
                bar.advance(outcome.result.case.name)
                results.append(outcome.result)
    return sorted(results, key=lambda result: result.case.name)
