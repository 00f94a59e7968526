"""Python in Markdown and in docstrings, run as it stands there."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Block:
    """Code and where it stands."""

    place: str
    code: str


def markdown_blocks(page: Path, language: str = "python") -> list[Block]:
    """The fenced blocks of a language, in order."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(f"{page.name}:{text.count(chr(10), 0, match.start()) + 2}", match[1]) for match in found]


def docstring_block(thing: object, name: str) -> Block:
    """The code behind the only ``::`` of a docstring."""
    _, _, behind = (inspect.getdoc(thing) or "").partition("::\n\n")
    lines = []
    for line in behind.splitlines():
        if line and not line.startswith(" "):
            break
        lines.append(line)
    return Block(name, textwrap.dedent("\n".join(lines)))


async def run_block(block: Block, names: dict[str, Any], replaced: Mapping[str, str]) -> None:
    """Run code that may await at its top level; ``replaced`` puts other texts in it, such as addresses."""
    code = block.code
    for old, new in replaced.items():
        code = code.replace(old, new)
    compiled = compile(code, block.place, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(compiled, names)
    if inspect.isawaitable(result):
        await result
