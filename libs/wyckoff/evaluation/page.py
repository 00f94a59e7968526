"""An evaluation as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from wyckoff.chart.document import PLOT_CONFIG, document, table, write_document
from wyckoff.evaluation import figures
from wyckoff.evaluation.text import Block, blocks, headline

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

    from plotly import graph_objects as go

    from wyckoff.evaluation.summary import Evaluation

#: The plot that goes with a block of the text.
_PLOTS: Final[dict[Block, Callable[[Evaluation], go.Figure]]] = {
    Block.EVENTS: figures.type_figure,
    Block.FAMILIES: figures.family_figure,
    Block.LAGS: figures.lag_figure,
    Block.NULLS: figures.null_figure,
    Block.CONFIDENCE: figures.reliability_figure,
}


def write_page(path: str | os.PathLike[str], evaluation: Evaluation, name: str) -> Path:
    """Write the page to ``path`` (folders are made); ``name`` is that of the cases. Returns the path."""
    return write_document(path, page(evaluation, name))


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
        body += [table(item.headings, item.rows) for item in block.tables]
    return document(title, "\n".join(body))


def _plot(figure: go.Figure, kind: Block, *, scripts: bool) -> str:
    text: str = figure.to_html(full_html=False, include_plotlyjs=scripts, config=PLOT_CONFIG, div_id=kind.value)
    return text
