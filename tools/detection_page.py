"""The generated parts of docs/detection.md: blocks between markers, and the values of the settings it names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.pattern.config import PatternSettings
from services.phase.config import PhaseSettings
from services.range.config import RangeSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "detection.md"
SETTINGS: Final = {"RANGE": RangeSettings(), "PHASE": PhaseSettings(), "PATTERN": PatternSettings()}

_NAMED: Final = re.compile(r"`(RANGE|PHASE|PATTERN)_([A-Z0-9_]+)`( \| *[^|\n]+\|)?")


def filled(text: str, name: str, block: str) -> str:
    """``text`` with ``block`` between ``<!-- name -->`` and ``<!-- /name -->``; raises ValueError without them."""
    opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
    head, opened, rest = text.partition(opening)
    _, closed, tail = rest.partition(closing)
    if not opened or not closed:
        raise ValueError(f"the page has no place for {name!r}: {opening} and {closing} are needed")
    return f"{head}{opening}\n\n{block}\n\n{closing}{tail}"


def named_settings(text: str) -> dict[str, str | None]:
    """Settings by the name of their variable, with the value that the page gives in the next cell of a table.

    None where it gives no value. Raises KeyError for a name that is no setting.
    """
    found: dict[str, str | None] = {}
    for stage, name, value in _NAMED.findall(text):
        default(stage, name)
        found[f"{stage}_{name}"] = value.strip(" |") or found.get(f"{stage}_{name}")
    return found


def with_defaults(text: str) -> str:
    """``text`` with the default of every setting in the cell of the table after its name."""

    def replaced(match: re.Match[str]) -> str:
        stage, name, value = match.groups()
        now = default(stage, name)
        return f"`{stage}_{name}` | {now} |" if value else match[0]

    return _NAMED.sub(replaced, text)


def default(stage: str, name: str) -> str:
    """The default of the setting ``STAGE_NAME``; raises KeyError when there is none."""
    fields = type(SETTINGS[stage]).model_fields
    if name.lower() not in fields:
        raise KeyError(f"{stage}_{name} is no setting of the {stage.lower()} stage")
    value = fields[name.lower()].default
    return value if isinstance(value, str) else f"{value:g}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; columns after the first are of numbers."""
    rules = ["---", *(["---:"] * (len(headings) - 1))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, rules, *rows))
