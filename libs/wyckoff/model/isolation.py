"""Detectors by themselves: one that fails takes no other down, and none starts when nobody waits any more."""

from __future__ import annotations

import traceback
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, TypeVar

from wyckoff.model.evidence import FailedDetector

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def _go_on() -> None:
    """By default somebody waits."""


#: Asked between detectors; raises to end a computation that nobody waits for. Set by whoever runs computations.
checkpoint_var: Final[ContextVar[Callable[[], None]]] = ContextVar("checkpoint", default=_go_on)


def checkpoint() -> None:
    """A good place to end early: raises what the runner of this computation wants raised, if it wants an end."""
    checkpoint_var.get()()


def run_isolated(detector: str, run: Callable[[], T]) -> tuple[T | None, FailedDetector | None]:
    """The result of ``run``, or None and what went wrong.

    Every exception but those that end the process is turned into a report; the caller logs, counts and
    returns it with the answer. Is a :func:`checkpoint`.
    """
    checkpoint()
    try:
        return run(), None
    except Exception as error:
        # an end that was wanted inside is no failure of the detector: it is raised again here
        checkpoint()
        trace = "".join(traceback.format_exception(error))
        return None, FailedDetector(detector, f"{type(error).__name__}: {error}", trace)
