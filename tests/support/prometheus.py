"""A reader of the Prometheus endpoint."""

from __future__ import annotations

import asyncio
import http.client
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True)
class Page:
    """Every sample of one answer: name, labels, value."""

    samples: tuple[tuple[str, dict[str, str], float], ...]

    def value(self, name: str, **labels: str) -> float:
        """The one sample of that name with at least these labels."""
        (found,) = [value for sample, has, value in self.samples if sample == name and labels.items() <= has.items()]
        return found

    def has(self, name: str, **labels: str) -> bool:
        return any(sample == name and labels.items() <= has.items() for sample, has, _ in self.samples)


async def scrape(port: int) -> Page:
    """What the endpoint on loopback says now."""
    text = await asyncio.to_thread(_read, port)
    families = text_string_to_metric_families(text)
    return Page(tuple((s.name, s.labels, s.value) for family in families for s in family.samples))


def _read(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        assert response.status == 200
        return response.read().decode()
    finally:
        connection.close()
