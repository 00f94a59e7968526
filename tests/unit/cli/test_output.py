"""JSON lines, ordered work, progress."""

from __future__ import annotations

import asyncio
import io
import json
from contextlib import aclosing

import pytest
from rich.console import Console

from orchestrator.cli.ordered import in_order
from orchestrator.cli.output import ProgressBar, json_line
from tests.support.samples import wave_analysis, wave_bars


def test_json_is_one_line_with_snake_case_enum_names_and_defaults() -> None:
    text = json_line(wave_analysis(wave_bars()))
    assert "\n" not in text
    content = json.loads(text)
    assert content["symbol"] == "AAPL"
    assert content["bar_count"] == 300
    assert content["failed_detectors"] == []
    assert content["phases"][1]["events"][0]["type"] == "EVENT_TYPE_SC"
    assert content["phases"][1]["events"][0]["reason"] == ""
    assert content["signals"][0]["pattern_type"] == "PATTERN_TYPE_SPRING"
    assert content["stages"][0]["cached"] is False


async def test_results_come_in_the_order_of_the_items() -> None:
    gates = {item: asyncio.Event() for item in "abcd"}
    under_way: set[str] = set()
    most = 0

    async def work(item: str) -> str:
        nonlocal most
        under_way.add(item)
        most = max(most, len(under_way))
        if item == "b":
            # the second ends before the first
            gates["a"].set()
        if item == "a":
            await gates["a"].wait()
        under_way.discard(item)
        return item.upper()

    results = [result async for result in in_order("abcd", work, at_once=2)]
    assert results == ["A", "B", "C", "D"]
    assert most == 2


async def test_what_is_under_way_ends_when_nobody_listens() -> None:
    cancelled = asyncio.Event()
    started = asyncio.Event()

    async def work(item: int) -> int:
        if item == 0:
            await started.wait()
            return item
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return item

    async with aclosing(in_order(range(2), work, at_once=2)) as results:
        assert await anext(results) == 0
    assert cancelled.is_set()


async def test_an_error_of_one_item_reaches_the_caller() -> None:
    async def work(item: int) -> int:
        if item == 1:
            raise ValueError("item 1")
        return item

    with pytest.raises(ValueError, match="item 1"):
        [result async for result in in_order(range(3), work, at_once=3)]


def test_progress_is_for_terminals_only() -> None:
    plain = Console(file=io.StringIO())
    with ProgressBar(plain, "analysing", 2).shown() as bar:
        bar.advance("one.csv")
        with bar.hidden():
            pass
    assert plain.file.getvalue() == ""  # type: ignore[attr-defined]
    terminal = Console(file=io.StringIO(), force_terminal=True, width=100)
    with ProgressBar(terminal, "analysing", 2).shown() as bar:
        bar.advance("one.csv")
        with bar.hidden():
            pass
    assert "analysing" in terminal.file.getvalue()  # type: ignore[attr-defined]
