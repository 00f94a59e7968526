"""An evaluation as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wyckoff.evaluation import figures
from wyckoff.evaluation.text import Block, blocks, headline

if TYPE_CHECKING:
    from collections.abc import Callable

    from plotly import graph_objects as go

    from wyckoff.evaluation.summary import Evaluation

_CONFIG: Final[dict[str, Any]] = {"displaylogo": False, "responsive": True, "plotlyServerURL": ""}

#: The plot that goes with a block of the text.
_PLOTS: Final[dict[Block, Callable[[Evaluation], go.Figure]]] = {
    Block.EVENTS: figures.type_figure,
    Block.FAMILIES: figures.family_figure,
    Block.LAGS: figures.lag_figure,
    Block.NULLS: figures.null_figure,
    Block.CONFIDENCE: figures.reliability_figure,
}

#: The policy lets the browser ask for nothing from anywhere.
_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title>{title}</title>
<style>
body {{ margin: 24px auto; max-width: 1100px; padding: 0 16px; background: white; color: #26323a;
 font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }}
h1 {{ font-size: 22px; margin: 0 0 4px; }} h2 {{ font-size: 16px; margin: 32px 0 6px; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
th, td {{ padding: 3px 14px 3px 0; border-bottom: 1px solid #eef1f2; text-align: left; white-space: nowrap; }}
th {{ color: #66727a; font-weight: 500; }} .n {{ text-align: right; font-variant-numeric: tabular-nums; }}
ul {{ padding-left: 20px; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def write_page(path: str | os.PathLike[str], evaluation: Evaluation, name: str) -> Path:
    """Write the page to ``path`` (folders are made); ``name`` is that of the cases. Returns the path."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    part.write_text(page(evaluation, name), encoding="utf-8")
    part.replace(target)
    return target


def page(evaluation: Evaluation, name: str) -> str:
    """The whole page as text."""
    title = f"Evaluation: {name}"
    lines = "".join(f"<li>{escape(line)}</li>" for line in headline(evaluation))
    body = [f"<h1>{escape(title)}</h1>", f"<ul>{lines}</ul>"]
    scripts: bool = True
    for block in blocks(evaluation):
        body.append(f"<h2>{escape(block.title)}</h2>")
        plot = _PLOTS.get(block.kind)
        if plot is not None:
            # the first plot brings the library along
            body.append(_plot(plot(evaluation), block.kind, scripts=scripts))
            scripts = False
        body += [_table(table.headings, table.rows) for table in block.tables]
    return _PAGE.format(title=escape(title), body="\n".join(body))


def _plot(figure: go.Figure, kind: Block, *, scripts: bool) -> str:
    text: str = figure.to_html(full_html=False, include_plotlyjs=scripts, config=_CONFIG, div_id=kind.value)
    return text


def _table(headings: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    classes = [" class='n'" if heading.startswith(">") else "" for heading in headings]

    def line(tag: str, cells: tuple[str, ...]) -> str:
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for cell, kind in zip(cells, classes, strict=True))

    head = line("th", tuple(heading.lstrip(">~") for heading in headings))
    body = "".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
