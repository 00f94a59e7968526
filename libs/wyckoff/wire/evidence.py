"""Evidence, findings and failures on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wyckoff.common.v1 import common_pb2
from wyckoff.model.evidence import Evidence, FailedDetector

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wyckoff.model.evidence import Finding


def evidence_to_proto(items: Iterable[Evidence]) -> list[common_pb2.Evidence]:
    return [
        common_pb2.Evidence(name=item.name, value=item.value, threshold=item.threshold, met=item.met) for item in items
    ]


def evidence_from_proto(messages: Iterable[common_pb2.Evidence]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            item.name,
            item.value if item.HasField("value") else None,
            item.threshold if item.HasField("threshold") else None,
            item.met if item.HasField("met") else None,
        )
        for item in messages
    )


def findings_to_proto(findings: Iterable[Finding], open_time_ms: Sequence[int]) -> list[common_pb2.Warning]:
    messages = []
    for finding in findings:
        message = common_pb2.Warning(
            code=finding.code,
            message=finding.message,
            bar_count=finding.bar_count,
            first_index=finding.first_index,
        )
        message.first_time.FromMilliseconds(int(open_time_ms[finding.first_index]))
        messages.append(message)
    return messages


def failed_to_proto(failed: Iterable[FailedDetector]) -> list[common_pb2.FailedDetector]:
    return [common_pb2.FailedDetector(detector=item.detector, error=item.error) for item in failed]
