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
from wyckoff.schematics import shuffled_case, write_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wyckoff.evaluation import CaseResult, Findings
    from wyckoff.market.bars import Bars
    from wyckoff.schematics import Case

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
    """What was said of a real series, and of its copies; ``withdrawn`` of its patterns were taken back later."""

    symbol: str
    bars: int
    years: float
    real: Findings
    copies: tuple[Findings, ...]
    withdrawn: int

    def compared(self, count: Callable[[Findings], int]) -> Comparison:
        return Comparison(count(self.real), tuple(count(copy) for copy in self.copies))


def together(series: Iterable[SeriesFigures], count: Callable[[Findings], int]) -> Comparison:
    """Counts of several series added up, copy by copy."""
    compared = [item.compared(count) for item in series]
    copies = np.sum([item.copies for item in compared], axis=0).tolist()
    return Comparison(sum(item.real for item in compared), tuple(copies))


def by_scale(findings: Findings) -> tuple[Counter[str], Counter[str]]:
    """Events and patterns by scale, withdrawn ones too."""
    return Counter(item.scale for item in findings.events), Counter(item.scale for item in findings.patterns)


def read_series(bars: Bars, seed: int, copies: int, jobs: int = 1) -> SeriesFigures:
    """What is said of ``bars`` and of ``copies`` copies, shuffled as ``wyckoff generate --shuffle`` does it."""
    years = float(bars.open_time_ms[-1] - bars.open_time_ms[0]) / _MS_PER_YEAR
    analysis = analysis_of(bars)
    withdrawn = sum(item.HasField("withdrawn_at_index") for item in analysis.patterns)
    cases = (shuffled_case(bars, seed, number) for number in range(copies))
    found = tuple(result.findings for result in read_cases(cases, f"{bars.symbol}, shuffled", jobs))
    return SeriesFigures(bars.symbol, len(bars), years, findings_of(analysis), found, withdrawn)


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
