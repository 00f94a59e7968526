"""Parts of JSON answers, checked for their shape."""

from __future__ import annotations

from typing import Any

from services.marketdata.providers.answers import bad_answer


def object_of(provider: str, value: object) -> dict[str, Any]:
    """``value`` as an object; raises UnavailableError for anything else."""
    if not isinstance(value, dict):
        raise bad_answer(provider, f"an object is expected, it is {_kind(value)}")
    return value


def items_of(provider: str, answer: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The list of objects at ``key``; empty when it is missing or null."""
    rows = answer.get(key)
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise bad_answer(provider, f"a list of objects is expected at {key}")
    return rows


def text_of(answer: dict[str, Any], key: str) -> str | None:
    """Text at ``key``; None when there is none."""
    value = answer.get(key)
    return value if isinstance(value, str) and value else None


def _kind(value: object) -> str:
    return {list: "a list", str: "text", type(None): "null"}.get(type(value), type(value).__name__)
