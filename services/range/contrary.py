"""No climax against a living range: the two sides are read apart, here they are told about each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.model.kinds import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.range.config import RangeSettings
    from services.range.outline import Outline

    #: A range that a climax opened, and the bar that closed far beyond that climax, if one did.
    Anchored = tuple[Outline, int | None]


def without_contrary(anchored: Iterable[Anchored], settings: RangeSettings) -> list[Anchored]:
    """The ranges of both sides, by ``known_at_index``, without those that contradict one known before them.

    A rally inside a base, or just out of it, often looks like a buying climax: the volume of a breakout is high.
    Until price has gone ``contrary_height`` beyond the base, or the base has failed, such a climax is not
    believed. What is known first counts first; on one bar neither speaks against the other.
    """
    kept: list[Anchored] = []
    for item in sorted(anchored, key=lambda item: (item[0].known_at_index, item[0].side, item[0].start_index)):
        if not _is_contradicted(item[0], kept, settings):
            kept.append(item)
    return kept


def _is_contradicted(new: Outline, others: Sequence[Anchored], settings: RangeSettings) -> bool:
    """Whether one of ``others``, by ``known_at_index``, speaks against ``new``; only recent ones can."""
    for known, failed_at_index in reversed(others):
        if known.known_at_index < new.start_index - 2 * settings.max_range_bars:
            return False
        if contradicts(known, failed_at_index, new, settings):
            return True
    return False


def contradicts(known: Outline, failed_at_index: int | None, new: Outline, settings: RangeSettings) -> bool:
    """Whether the climax of ``new`` stands against ``known``, a range of the other side that has not failed and that
    price has not left far behind.
    """
    if known.climax_index is None or new.climax_index is None or known.side is new.side:
        return False
    if known.known_at_index >= new.known_at_index:
        return False
    if failed_at_index is not None and failed_at_index <= new.known_at_index:
        return False
    if new.climax_index - known.climax_index > settings.max_range_bars:
        return False
    reach = settings.contrary_height * (known.creek - known.ice)
    if known.side is Side.ACCUMULATION:
        return new.highest < known.creek + reach
    return new.lowest > known.ice - reach
