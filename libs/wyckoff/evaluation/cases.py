"""Labelled cases in a folder: ``NAME.csv`` (or Parquet) with the bars, ``NAME.json`` with the labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wyckoff.model.kinds import EventType  # noqa: TC001  # pydantic reads the annotations
from wyckoff.rpc.errors import InvalidArgumentError

if TYPE_CHECKING:
    from os import PathLike

#: A label without ``scored_until`` is scored so many bars beyond its last event.
SETTLING_BARS: Final = 10
NULL_KIND: Final = "null"
_BAR_ENDINGS: Final = (".csv", ".parquet", ".pq")

Index = Annotated[int, Field(ge=0)]
Price = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class LabelledEvent(_Part):
    """An event that is really there."""

    type: EventType
    index: Index


class LabelledRange(_Part):
    """A range that is really there; ``support`` and ``resistance`` are prices."""

    start: Index
    end: Index
    support: Price
    resistance: Price


class Labels(_Part):
    """What is in a series. Indices count bars from 0."""

    kind: str
    difficulty: str = ""
    events: tuple[LabelledEvent, ...] = ()
    range: LabelledRange | None = None
    more_ranges: tuple[LabelledRange, ...] = ()
    scored_from: Index = 0
    """Detections before this bar are not counted."""
    scored_until: Index | None = None
    """Detections after this bar are not counted; None is ten bars after the last event."""
    unscored_between: tuple[Index, Index] = (0, 0)
    """Detections strictly between these bars are not counted."""
    unscored_types: tuple[EventType, ...] = ()
    """Detections of these types are not counted."""

    @property
    def is_null(self) -> bool:
        """Whether there is nothing to find."""
        return self.kind == NULL_KIND

    def scores(self, kind: EventType, bar_index: int) -> bool:
        """Whether a detection of ``kind`` at ``bar_index`` counts."""
        until = self.scored_until
        if until is None:
            until = max((event.index for event in self.events), default=0) + SETTLING_BARS
        after, before = self.unscored_between
        inside = self.scored_from <= bar_index <= until and not after < bar_index < before
        return inside and kind not in self.unscored_types


@dataclass(frozen=True, slots=True)
class LabelledCase:
    """Where the bars of a case are, and what is in them. The family is the first part of the name."""

    name: str
    bars_path: Path
    labels: Labels

    @property
    def family(self) -> str:
        return self.name.split("-")[0]


def find_cases(folder: str | PathLike[str]) -> tuple[LabelledCase, ...]:
    """The cases in ``folder`` by name; raises InvalidArgumentError when there is none, or one cannot be read."""
    place = Path(folder)
    if not place.is_dir():
        raise InvalidArgumentError.of("folder", f"{place} is no folder; one with NAME.csv and NAME.json is needed")
    files = sorted(place.glob("*.json"))
    if not files:
        raise InvalidArgumentError.of("folder", f"{place} has no NAME.json; wyckoff generate writes cases")
    return tuple(LabelledCase(file.stem, _bars_path(file), read_labels(file)) for file in files)


def read_labels(path: Path) -> Labels:
    """Labels from a JSON file; raises InvalidArgumentError naming file and field."""
    try:
        return Labels.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidArgumentError.of("labels", f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InvalidArgumentError.of("labels", f"{path}, {field}: {first['msg']}") from error


def _bars_path(labels: Path) -> Path:
    for ending in _BAR_ENDINGS:
        if (path := labels.with_suffix(ending)).exists():
            return path
    raise InvalidArgumentError.of("bars", f"{labels} has labels, and there is no {labels.with_suffix('.csv').name}")
