"""Whether what was said stays said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wyckoff.evaluation.statements import statements_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from wyckoff.evaluation.statements import Statement
    from wyckoff.market.bars import Bars
    from wyckoff.orchestrator.v1.orchestrator_pb2 import Analysis


@dataclass(frozen=True, slots=True)
class Rewrite:
    """An item that the analysis up to ``last_index`` and the later one say differently.

    ``change`` is ``changed``, ``vanished`` (said then, not later) or ``backdated`` (later said to have
    been known then, and was not said).
    """

    kind: str
    key: str
    last_index: int
    change: str


@dataclass(frozen=True, slots=True)
class RewriteCheck:
    """``rewrites`` among ``items`` statements compared at ``prefixes`` earlier bars; an item is told once."""

    prefixes: int
    items: int
    rewrites: tuple[Rewrite, ...]


def prefix_lengths(bar_count: int, count: int) -> tuple[int, ...]:
    """``count`` lengths below ``bar_count``, evenly spaced and ascending; all of them where there are fewer."""
    lengths = {bar_count * number // (count + 1) for number in range(1, count + 1)}
    return tuple(sorted(length for length in lengths if 0 < length < bar_count))


async def check_rewrites(
    bars: Bars, full: Analysis, lengths: Sequence[int], analyze: Callable[[Bars], Awaitable[Analysis]]
) -> RewriteCheck:
    """Analyse the first bars for each of ``lengths`` with ``analyze`` and compare with ``full``, that of all bars."""
    later = statements_of(full)
    found: dict[tuple[str, str], Rewrite] = {}
    items = 0
    for length in lengths:
        earlier = statements_of(await analyze(bars.head(length)))
        items += len(earlier)
        for rewrite in compare(later, earlier, length - 1):
            found.setdefault((rewrite.kind, rewrite.key), rewrite)
    return RewriteCheck(len(lengths), items, tuple(found.values()))


def compare(later: Iterable[Statement], earlier: Iterable[Statement], last_index: int) -> tuple[Rewrite, ...]:
    """Differences between what was said up to ``last_index`` and what ``later`` says was known by then."""
    claimed = {item.identity: item for item in later if item.known_at_index <= last_index}
    said = {item.identity: item for item in earlier}
    rewrites = []
    for identity in sorted(said.keys() | claimed.keys()):
        then, now = said.get(identity), claimed.get(identity)
        if then != now:
            change = "vanished" if now is None else "backdated" if then is None else "changed"
            rewrites.append(Rewrite(*identity, last_index, change))
    return tuple(rewrites)
