"""HTML files that need nothing else: no network, no other file."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: How plots behave on every page; no button sends anything anywhere.
PLOT_CONFIG: Final[dict[str, Any]] = {"displaylogo": False, "responsive": True, "plotlyServerURL": ""}

#: The look of a page of headings, tables and plots.
REPORT_STYLE: Final = """
body { margin: 24px auto; max-width: 1180px; padding: 0 16px; background: white; color: #26323a;
 font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 28px 0 6px; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: 3px 12px 3px 0; border-bottom: 1px solid #eef1f2; text-align: left; white-space: nowrap; }
th { color: #66727a; font-weight: 500; } .n { text-align: right; font-variant-numeric: tabular-nums; }
tr.total td { font-weight: 600; border-top: 1px solid #8b969c; }
ul { padding-left: 20px; }
.remarks { border-left: 4px solid #c8695f; padding: 4px 12px; background: #fbf3f2; }
.faint { color: #66727a; }
"""

#: The policy lets the browser ask for nothing from anywhere.
_DOCUMENT: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def document(title: str, body: str, style: str = REPORT_STYLE) -> str:
    """A whole page; ``title`` is plain text, ``body`` is markup."""
    return _DOCUMENT.format(title=escape(title), style=style, body=body)


def table(headings: Iterable[str], rows: Sequence[Sequence[str]], *, has_total: bool = False) -> str:
    """A table of plain texts; headings with ``>`` in front are of numbers, the last row may be a total."""
    names = list(headings)
    classes = [" class='n'" if name.startswith(">") else "" for name in names]

    def line(tag: str, cells: Sequence[str]) -> str:
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for cell, kind in zip(cells, classes, strict=True))

    lines = [f"<tr>{line('td', row)}</tr>" for row in rows]
    if has_total and lines:
        lines[-1] = lines[-1].replace("<tr>", "<tr class='total'>", 1)
    head = line("th", [name.lstrip(">~") for name in names])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def write_document(path: str | os.PathLike[str], text: str) -> Path:
    """Write a page to ``path`` (folders are made), whole or not at all; returns the path."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(target)
    return target
