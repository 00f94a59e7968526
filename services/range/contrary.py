"""No climax against a living range: the two sides are read apart, here they are told about each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.range.config import RangeSettings
    from services.range.stopping import StoppingAction


def without_contrary(
    upright: Sequence[StoppingAction], mirrored: Sequence[StoppingAction], settings: RangeSettings
) -> tuple[list[StoppingAction], list[StoppingAction]]:
    """Both lists without the climaxes that contradict a range known before them.

    A rally inside a base, or just out of it, often looks like a buying climax: the volume of a breakout is high.
    Until price has gone ``contrary_height`` beyond the base, or the base has failed, such a climax is not
    believed. Actions known first count first; on one bar neither speaks against the other.
    """
    kept: tuple[list[StoppingAction], list[StoppingAction]] = ([], [])
    for action, side in sorted(
        [*((a, 0) for a in upright), *((a, 1) for a in mirrored)], key=lambda item: (item[0].known_at_index, item[1])
    ):
        if not _is_contradicted(action, kept[1 - side], settings):
            kept[side].append(action)
    return kept


def _is_contradicted(action: StoppingAction, others: Sequence[StoppingAction], settings: RangeSettings) -> bool:
    """Whether one of ``others``, by ``known_at_index``, speaks against ``action``; only recent ones can."""
    for other in reversed(others):
        if other.known_at_index < action.climax_index - 2 * settings.max_range_bars:
            return False
        if _contradicts(action, other, settings):
            return True
    return False


def _contradicts(action: StoppingAction, other: StoppingAction, settings: RangeSettings) -> bool:
    if other.known_at_index >= action.known_at_index:
        return False
    if other.failed_at_index is not None and other.failed_at_index <= action.known_at_index:
        return False
    if action.climax_index - other.climax_index > settings.max_range_bars:
        return False
    # The other side's log prices are the negated ones of this side.
    height = other.resistance - other.support
    return -action.extreme < other.resistance + settings.contrary_height * height
