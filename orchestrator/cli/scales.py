"""Scales as options of the commands."""

from __future__ import annotations

from typing import Final

import typer

from wyckoff.model.kinds import Scale

SCALE_NAMES: Final = tuple(scale.value.lower() for scale in Scale)


def parse_scales(text: str) -> frozenset[str]:
    """Scales by name, between commas."""
    names = frozenset(name.strip() for name in text.split(","))
    if not names <= set(SCALE_NAMES):
        raise typer.BadParameter(
            f"{', '.join(sorted(names - set(SCALE_NAMES)))} is no scale; there are {', '.join(SCALE_NAMES)}"
        )
    return names
