"""Which series a PromQL expression reads, and by which labels it chooses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: The series of this project begin like this; functions and labels do not, but for the two labels named here.
_SERIES: Final = re.compile(r"(?<![\w:\"/.])((?:rpc|http|wyckoff)[a-z0-9]*[_:][\w:]*|up)\s*(\{[^}]*\})?")
_LABELS: Final = frozenset({"rpc_service", "rpc_method"})
_MATCHER: Final = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")


@dataclass(frozen=True, slots=True)
class Use:
    """A series that is read, and the labels in its braces."""

    name: str
    labels: frozenset[str]


def uses_of(expression: str) -> list[Use]:
    """In the order of the text."""
    found = []
    for match in _SERIES.finditer(expression):
        name, braces = match.groups()
        if name not in _LABELS:
            found.append(Use(name, frozenset(_MATCHER.findall(braces or ""))))
    return found
