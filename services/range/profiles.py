"""What the range detectors measure effort by: the instrument's own recent past, or fixed multiples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from services.range.classic import FIXED, THRESHOLDS, classic_scores, find_classic_stopping_actions
from services.range.stopping import find_stopping_actions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.range.config import ProfileName, RangeSettings
    from services.range.scene import SeriesScene
    from services.range.stopping import SideBars, StoppingAction
    from wyckoff.market.bars import FloatArray


@dataclass(frozen=True, slots=True)
class Profile:
    """``scores`` is the effort of each bar as a climax on the upright and on the mirrored bars, ``find`` looks for
    stopping actions on one of them, ``thresholds`` stand in place of settings, and those in ``fixed`` are the same on
    all scales.
    """

    scores: Callable[[SeriesScene], tuple[FloatArray, FloatArray]]
    find: Callable[[SideBars, FloatArray, FloatArray, RangeSettings], list[StoppingAction]]
    thresholds: Mapping[str, Any]
    fixed: tuple[str, ...]

    def settings(self, settings: RangeSettings) -> RangeSettings:
        """The settings under this profile."""
        return settings.model_copy(update=dict(self.thresholds)) if self.thresholds else settings


def _adaptive_scores(scene: SeriesScene) -> tuple[FloatArray, FloatArray]:
    return scene.effort.scores, scene.effort.scores


PROFILES: Final[Mapping[ProfileName, Profile]] = {
    "adaptive": Profile(_adaptive_scores, find_stopping_actions, {}, ()),
    "classic": Profile(classic_scores, find_classic_stopping_actions, THRESHOLDS, FIXED),
}
