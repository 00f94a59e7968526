"""Values that are read when somebody asks for the metrics: breakers, caches, queues, certificates, readiness.

Who owns such a value registers a function that tells it. The function is called in the thread of the metrics
endpoint, so it must only read, and return a copy. Nothing is called while metrics are off.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Reading = TypeVar("Reading")


class BreakerReading(IntEnum):
    """State of a circuit breaker, as the metric shows it."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class CacheReading:
    """Counts of a cache since the process began, and its entries now."""

    hits: int
    misses: int
    entries: int


@dataclass(frozen=True, slots=True)
class QueueReading:
    """Events that wait for a subscriber now, and those dropped since the process began."""

    depth: int
    dropped: int


class Readers(Generic[Reading]):
    """Functions that tell readings by name; names of several are put together."""

    def __init__(self) -> None:
        self._readers: list[Callable[[], Mapping[str, Reading]]] = []

    def add(self, read: Callable[[], Mapping[str, Reading]]) -> Callable[[], None]:
        """Ask ``read`` from now on; call the result to stop."""
        self._readers.append(read)
        return lambda: self._readers.remove(read)

    def read(self) -> dict[str, Reading]:
        """All readings now."""
        return {name: value for read in tuple(self._readers) for name, value in read().items()}


@dataclass(frozen=True, slots=True)
class CertificateReading:
    """When a certificate ends, seconds since the epoch, and contents of its files that could not be used."""

    not_after_s: float
    failed_reloads: int


BREAKERS: Final[Readers[BreakerReading]] = Readers()
CACHES: Final[Readers[CacheReading]] = Readers()
QUEUES: Final[Readers[QueueReading]] = Readers()
CERTIFICATES: Final[Readers[CertificateReading]] = Readers()
READINESS: Final[Readers[bool]] = Readers()


def observe_breakers(read: Callable[[], Mapping[str, BreakerReading]]) -> Callable[[], None]:
    """Tell the state of breakers by target; call the result to stop."""
    return BREAKERS.add(read)


def observe_caches(read: Callable[[], Mapping[str, CacheReading]]) -> Callable[[], None]:
    """Tell the counts of caches by name; call the result to stop."""
    return CACHES.add(read)


def observe_queues(read: Callable[[], Mapping[str, QueueReading]]) -> Callable[[], None]:
    """Tell the queues of the event bus by subscriber; call the result to stop."""
    return QUEUES.add(read)


def observe_certificates(read: Callable[[], Mapping[str, CertificateReading]]) -> Callable[[], None]:
    """Tell the own certificates by file; call the result to stop."""
    return CERTIFICATES.add(read)


def observe_readiness(read: Callable[[], Mapping[str, bool]]) -> Callable[[], None]:
    """Tell by full service name whether it can answer; call the result to stop."""
    return READINESS.add(read)
