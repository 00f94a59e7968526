"""What the orchestrator is made of: each part made when it is first asked for, once, and closed at the end.

A mode says which parts: ``production`` (services over gRPC, a database, the bus of the settings), ``test`` (the stages
in this process, memory instead of database and bus) and ``mock`` (nothing is reached: the transports have to be given).
Any part can be replaced by passing a factory for its type.
"""

from __future__ import annotations

import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Self, TypeVar

import svcs

from orchestrator.parts import MODES
from orchestrator.settings import OrchestratorSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    #: Makes a part from the container: the part itself, an awaitable of it, or an async context manager around it.
    Factory = Callable[["OrchestratorContainer"], Any]

T = TypeVar("T")


@dataclass(slots=True)
class PartHealth:
    """A part: whether it was made, how long that took, and why it could not be."""

    part: str
    loaded: bool = False
    load_ms: float = 0.0
    error: str = ""


class OrchestratorContainer:
    """The parts of one orchestrator; an async context manager. ``overrides`` are factories by type."""

    def __init__(
        self, settings: OrchestratorSettings | None = None, overrides: Mapping[type, Factory] | None = None
    ) -> None:
        self.settings = settings or OrchestratorSettings()
        self._stack = AsyncExitStack()
        self._parts: dict[type, PartHealth] = {}
        registry = svcs.Registry()
        for kind, factory in {**MODES[self.settings.detector_mode], **(overrides or {})}.items():
            self._parts[kind] = PartHealth(kind.__name__)
            registry.register_factory(kind, self._tracked(kind, factory), enter=False)
        self._container = svcs.Container(registry)

    async def get(self, kind: type[T]) -> T:
        """The part of that type, made now if it is not there yet; raises what its factory raises."""
        part: T = await self._container.aget_abstract(kind)
        return part

    def health(self) -> list[PartHealth]:
        """Every part, made or not, by name."""
        return sorted(self._parts.values(), key=lambda item: item.part)

    async def aclose(self) -> None:
        """Close what was made, the last first."""
        await self._stack.aclose()
        await self._container.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    def _tracked(self, kind: type, factory: Factory) -> Callable[[], Any]:
        health = self._parts[kind]

        async def make() -> Any:  # noqa: ANN401 - of the type it is registered for
            started_s = time.perf_counter()
            try:
                part = factory(self)
                if isinstance(part, AbstractAsyncContextManager):
                    part = await self._stack.enter_async_context(part)
                elif isawaitable(part):
                    part = await part
            except Exception as error:
                health.error = f"{type(error).__name__}: {error}"
                raise
            health.loaded, health.error = True, ""
            health.load_ms = (time.perf_counter() - started_s) * 1000
            return part

        return make
