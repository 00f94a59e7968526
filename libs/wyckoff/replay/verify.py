"""Proof that nothing is rewritten: analyses of fewer bars must have said what the timeline says they did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wyckoff.replay.timeline import build_timeline
from wyckoff.rpc.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis
    from wyckoff.replay.entry import Entry
    from wyckoff.replay.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A difference between what was said at bar ``bar_index`` and what the timeline claims for it.

    ``then`` without ``claimed`` vanished later, ``claimed`` without ``then`` was put in later, both were changed.
    """

    bar_index: int
    then: Entry | None
    claimed: Entry | None

    @property
    def change(self) -> str:
        """``vanished``, ``backdated`` or ``changed``."""
        if self.claimed is None:
            return "vanished"
        return "backdated" if self.then is None else "changed"


@dataclass(frozen=True, slots=True)
class Verification:
    """``rewrites`` found at ``checked`` prefixes; one that many prefixes show is told once, at the first."""

    checked: int
    rewrites: tuple[Rewrite, ...]


def prefix_lengths(bar_count: int, count: int | None) -> tuple[int, ...]:
    """Lengths of ``count`` evenly spaced prefixes shorter than all bars, ascending; None for every one."""
    if count is None or count >= bar_count - 1:
        return tuple(range(1, bar_count))
    return tuple(sorted({max(1, round(bar_count * part / (count + 1))) for part in range(1, count + 1)}))


async def verify(
    timeline: Timeline,
    bars: Bars,
    lengths: Sequence[int],
    analyze: Callable[[Bars], Awaitable[Analysis]],
    on_checked: Callable[[int], None] = lambda length: None,
) -> Verification:
    """Analyse the first bars of ``bars`` for each of ``lengths`` and compare with ``timeline``, that of all bars.

    ``on_checked`` is told each length when it is done. Raises InternalError when an analysis is incomplete: it would
    look like a rewrite and is none.
    """
    found: dict[tuple[Entry | None, Entry | None], Rewrite] = {}
    for length in lengths:
        analysis = await analyze(bars.head(length))
        if not analysis.complete:
            missing = ", ".join(stage.stage for stage in analysis.stages if not stage.success)
            raise InternalError(f"the analysis of the first {length} bars is incomplete: no result of {missing}")
        for rewrite in rewrites_at(timeline, build_timeline(analysis), length - 1):
            found.setdefault((rewrite.then, rewrite.claimed), rewrite)
        on_checked(length)
    return Verification(len(lengths), tuple(found.values()))


def rewrites_at(timeline: Timeline, then: Timeline, bar_index: int) -> tuple[Rewrite, ...]:
    """Where ``timeline`` differs up to ``bar_index`` from ``then``, the timeline of the bars up to there."""
    claimed, said = Counter(timeline.until(bar_index)), Counter(then.entries)
    vanished, backdated = list((said - claimed).elements()), list((claimed - said).elements())
    rewrites = []
    for entry in vanished:
        match = next((other for other in backdated if _same_item(entry, other)), None)
        if match is not None:
            backdated.remove(match)
        rewrites.append(Rewrite(bar_index, entry, match))
    return (*rewrites, *(Rewrite(bar_index, None, entry) for entry in backdated))


def _same_item(left: Entry, right: Entry) -> bool:
    return all(getattr(left, name) == getattr(right, name) for name in ("kind", "bar_index", "range_id", "what"))
