"""Cases through the pipeline, in this process or in several."""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

from orchestrator.cli.clients import open_analyzer
from wyckoff.evaluation import CaseResult, Findings, RewriteCheck, check_rewrites, findings_of, prefix_lengths
from wyckoff.market.files import read_bars
from wyckoff.rpc.errors import InternalError, InvalidArgumentError, WyckoffError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.cli.clients import Analyzer
    from wyckoff.evaluation import LabelledCase
    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis

_NOT_CHECKED = RewriteCheck(0, 0, ())


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one case; ``bad_input`` when its bars could not be read."""

    result: CaseResult
    bad_input: bool = False


def evaluate_cases(cases: Sequence[LabelledCase], *, timeframe: str, prefixes: int, jobs: int) -> Iterator[Outcome]:
    """Each case as soon as it is done, by ``jobs`` processes; one means this process."""
    if jobs == 1:
        for case in cases:
            yield evaluate_case(case, timeframe, prefixes)
        return
    # forked children would inherit threads of gRPC and telemetry
    with ProcessPoolExecutor(min(jobs, len(cases)), get_context("spawn"), _leave_interrupts_to_the_parent) as pool:
        try:
            for done in as_completed([pool.submit(evaluate_case, case, timeframe, prefixes) for case in cases]):
                yield done.result()
        except BaseException:
            # an interrupt, or a caller that has seen enough: what has not begun is not begun
            pool.shutdown(cancel_futures=True)
            raise


def evaluate_case(case: LabelledCase, timeframe: str, prefixes: int) -> Outcome:
    """Analyse the bars of ``case`` and, for rewrites, ``prefixes`` of its beginnings."""
    return asyncio.run(_evaluate(case, timeframe, prefixes))


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


async def _evaluate(case: LabelledCase, timeframe: str, prefixes: int) -> Outcome:
    try:
        bars = read_bars(case.bars_path, timeframe)
    except InvalidArgumentError as error:
        return Outcome(CaseResult(case, 0, Findings(), _NOT_CHECKED, error.message), bad_input=True)
    try:
        async with open_analyzer(None, None) as analyzer:

            async def analyze(part: Bars) -> Analysis:
                return await _complete(analyzer, part)

            full = await analyze(bars)
            checked = await check_rewrites(bars, full, prefix_lengths(len(bars), prefixes), analyze)
    except WyckoffError as error:
        return Outcome(CaseResult(case, len(bars), Findings(), _NOT_CHECKED, error.message))
    return Outcome(CaseResult(case, len(bars), findings_of(full), checked))


async def _complete(analyzer: Analyzer, bars: Bars) -> Analysis:
    """The analysis of ``bars``; raises InternalError when a stage or a detector failed: its silence is no finding."""
    analysis = await analyzer.analyze_bars(bars)
    failed = [f"stage {stage.stage}: {stage.error}" for stage in analysis.stages if not stage.success]
    failed += [f"detector {item.detector}: {item.error}" for item in analysis.failed_detectors]
    if failed:
        raise InternalError(f"the analysis of {len(bars)} bars is incomplete: {'; '.join(failed)}")
    return analysis
