"""The one place where a failing detector is kept from taking the rest down."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wyckoff.model.evidence import FailedDetector

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def run_isolated(detector: str, run: Callable[[], T]) -> tuple[T | None, FailedDetector | None]:
    """The result of ``run``, or None and what went wrong.

    Every exception but those that end the process is turned into a report; the caller logs, counts and
    returns it with the answer.
    """
    try:
        return run(), None
    except Exception as error:
        return None, FailedDetector(detector, f"{type(error).__name__}: {error}")
