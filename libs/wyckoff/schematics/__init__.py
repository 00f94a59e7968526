"""Generated series whose structures are known: schematics of both sides, and hard negatives.

Everything is drawn from a seeded generator: the same arguments give the same bars.
"""

from wyckoff.schematics.catalogue import FAMILIES, LABELLED_FAMILIES, NULL_FAMILIES, Case, make_cases, shuffled_case
from wyckoff.schematics.files import write_case
from wyckoff.schematics.nulls import block_shuffled, random_walk
from wyckoff.schematics.series import (
    MIRROR_TYPES,
    SETTLING_BARS,
    Kind,
    Label,
    LabelledRange,
    LabelledSeries,
    mirrored,
    mirrored_bars,
)
from wyckoff.schematics.structures import accumulation_then_distribution, broken_base, schematic

__all__ = [
    "FAMILIES",
    "LABELLED_FAMILIES",
    "MIRROR_TYPES",
    "NULL_FAMILIES",
    "SETTLING_BARS",
    "Case",
    "Kind",
    "Label",
    "LabelledRange",
    "LabelledSeries",
    "accumulation_then_distribution",
    "block_shuffled",
    "broken_base",
    "make_cases",
    "mirrored",
    "mirrored_bars",
    "random_walk",
    "schematic",
    "shuffled_case",
    "write_case",
]
