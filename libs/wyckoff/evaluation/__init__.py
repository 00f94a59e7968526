"""How well analyses read series whose structures are known."""

from wyckoff.evaluation.as_json import as_json
from wyckoff.evaluation.cases import LabelledCase, Labels, find_cases, read_labels
from wyckoff.evaluation.findings import Detection, Findings, FoundRange, findings_of
from wyckoff.evaluation.matching import TOLERANCE_BARS, match
from wyckoff.evaluation.rewrites import Rewrite, RewriteCheck, check_rewrites, prefix_lengths
from wyckoff.evaluation.summary import CaseResult, Evaluation, summarise

__all__ = [
    "TOLERANCE_BARS",
    "CaseResult",
    "Detection",
    "Evaluation",
    "Findings",
    "FoundRange",
    "LabelledCase",
    "Labels",
    "Rewrite",
    "RewriteCheck",
    "as_json",
    "check_rewrites",
    "find_cases",
    "findings_of",
    "match",
    "prefix_lengths",
    "read_labels",
    "summarise",
]
